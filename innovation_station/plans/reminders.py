"""What plans do by themselves: tell in time that a membership ends."""

from __future__ import annotations

from datetime import date, datetime, time

from flask_babel import lazy_gettext as _l

from innovation_station.db import transaction
from innovation_station.i18n import local
from innovation_station.jobs.registry import Jobs
from innovation_station.mail import service as mail
from innovation_station.mail.service import Receiver
from innovation_station.members.models import Member
from innovation_station.organisations.queries import grants_on
from innovation_station.plans import queries
from innovation_station.plans.models import Membership
from innovation_station.plans.rules import REMIND_BEFORE

jobs = Jobs()


@jobs.daily(time(8, 5), "plan-reminders", _l("Tell members that their membership ends"))
def remind(now: datetime) -> str:
    """Write to those whose membership ends in two weeks or in two days; of an organisation's, to its contacts.

    Once for each of the two times and each last day: a membership that is made longer is told of again. A run that was
    missed is made up for by the next.
    """
    sent, today = 0, local(now).date()
    with transaction():
        for row in queries.ending(today, REMIND_BEFORE[0]):
            for member in _told(row):
                sent += _queue(row, member, today, now)
    return f"{sent} reminded"


def _told(row: Membership) -> list[Member]:
    if row.member is not None:
        return [row.member] if row.member.state == "active" else []
    return [member for _grant, member in grants_on("contact", row.organisation_id or 0) if member.state == "active"]


def _queue(row: Membership, member: Member, today: date, now: datetime) -> bool:
    ends = row.ends or today
    ahead = min((days for days in REMIND_BEFORE if (ends - today).days <= days), default=REMIND_BEFORE[0])
    key = f"plan-ends-{row.id}-{ends.isoformat()}-{ahead}-{member.id}"
    language = member.language if member.language in ("sv", "en") else None
    queued = mail.queue(
        Receiver(member.email, member.name, language),  # type: ignore[arg-type]
        "plan-ends",
        {
            "plan_sv": row.plan.name_sv, "plan_en": row.plan.name_en, "ends": ends.isoformat(), "trial": row.trial,
            "organisation_sv": row.organisation.name_sv if row.organisation else "",
            "organisation_en": row.organisation.name_en if row.organisation else "",
        },
        now=now, key=key, member_id=member.id, kind="plan",
    )  # fmt: skip
    return queued.created_at == now
