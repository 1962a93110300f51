"""People who want to become members and wait for an answer: invented, like all others."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from innovation_station.demo.people import address
from innovation_station.demo.plans import MEMBER, RESIDENT, STUDENT
from innovation_station.demo.texts import accept
from innovation_station.members.models import Admission, HouseText, Member
from innovation_station.members.rules import STAFF
from innovation_station.notices.models import Notice
from innovation_station.plans.models import PlanRow, PlanWish
from innovation_station.plans.telling import APPLIED, application
from innovation_station.timespan import to_utc

# name, how many days ago and when, the language of the application, the plan that was chosen
WAITING = (
    ("Moa Silfverfalk", 3, time(16, 42), "sv", STUDENT),
    ("Dejan Rosengren", 1, time(9, 5), "sv", RESIDENT),
    ("Priya Holmvall", 1, time(21, 17), "en", None),
)
DOMAINS = "sh.se\nstudent.sh.se"  # whose people need no approval
AT_ONCE = MEMBER  # the plan that is had without it, on trial


def add(
    session: Session, members: Sequence[Member], plans: Sequence[PlanRow], texts: Sequence[HouseText], nobody: str,
    today: date, zone: ZoneInfo,
) -> None:  # fmt: skip
    """Store the applications, and that staff were told of them; `nobody` is the hash of a password nobody knows."""
    session.add(Admission(id=1, domains=DOMAINS, second_factor="nobody"))
    plans[AT_ONCE].self_service = True
    staff = [member for member in members if member.role in STAFF]
    for name, days, when, language, plan in WAITING:
        at = to_utc(today - timedelta(days=days), when, zone)
        member = Member(
            email=address(name), name=name, password_hash=nobody, language=language, state="applied", created_at=at,
            tour_due=True, bookings_revision=0,
        )  # fmt: skip
        session.add(member)
        session.flush()
        accept(session, member, texts, at)
        if plan is not None:
            session.add(PlanWish(member_id=member.id, plan_id=plans[plan].id, wished_at=at))
        subject, content = application(member.id)
        for reader in staff:
            session.add(
                Notice(
                    member_id=reader.id, kind=APPLIED.name, subject=subject, content=content, in_app=True, digest=False,
                    created_at=at,
                )
            )  # fmt: skip
        session.flush()
