"""What plans do by themselves: tell in time that a membership ends."""

from __future__ import annotations

from datetime import date, datetime, time

from flask_babel import lazy_gettext as _l

from innovation_station.db import transaction
from innovation_station.i18n import local
from innovation_station.jobs.registry import Jobs
from innovation_station.members.models import Member
from innovation_station.organisations.queries import grants_on
from innovation_station.plans import queries, telling
from innovation_station.plans.models import Membership
from innovation_station.plans.rules import REMIND_BEFORE

jobs = Jobs()


@jobs.daily(time(8, 5), "plan-reminders", _l("Tell members that their membership ends"))
def remind(now: datetime) -> str:
    """Tell those whose membership ends in two weeks or in two days, as they chose; of an organisation's, its contacts.

    Once for each of the two times and each last day: a membership that is made longer is told of again. A run that was
    missed is made up for by the next.
    """
    sent, today = 0, local(now).date()
    with transaction():
        for row in queries.ending(today, REMIND_BEFORE[0]):
            for member in _told(row):
                sent += _tell(row, member, today, now)
    return f"{sent} reminded"


def _told(row: Membership) -> list[Member]:
    if row.member is not None:
        return [row.member] if row.member.state == "active" else []
    return [member for _grant, member in grants_on("contact", row.organisation_id or 0) if member.state == "active"]


def _tell(row: Membership, member: Member, today: date, now: datetime) -> bool:
    last = row.ends or today
    ahead = min((days for days in REMIND_BEFORE if (last - today).days <= days), default=REMIND_BEFORE[0])
    return telling.ends(row, member.id, last=last, ahead=ahead, now=now)
