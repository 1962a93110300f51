"""What a member needs of a place to be able to use it: kept once, used for that member alone, shown to nobody.

It tells of people's health, so it is kept by their explicit consent, apart from the account, and every use of it is
listed here. It comes with the statement that finds who asks (`visits`), for that member only; it orders what is
suggested to them and marks what suits them (`bookings.rules.alternatives`, the list and the sheet of the Book page,
today). No page, feed, export or trail of anybody else's is made of it, staff's included: a host who changes a member's
booking gets suggestions without it, and saving it writes no entry that says so.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ForeignKey, String, delete, select
from sqlalchemy.orm import Mapped, mapped_column

from innovation_station.db import Base, Instant, db
from innovation_station.members.models import Member

# Names of things a place may have (`spaces.rules.AMENITIES`); a test holds the two together.
NEEDS = ("step-free", "hearing-loop", "quiet", "flicker-free", "height-adjustable")


class AccessNeeds(Base):
    """The needs of one member, as words; no row where there are none."""

    __tablename__ = "access_needs"

    member_id: Mapped[int] = mapped_column(ForeignKey("member.id", ondelete="CASCADE"), primary_key=True)
    needs: Mapped[str] = mapped_column(String(200))
    agreed_at: Mapped[Instant]


NEEDS_OF_MEMBER = (
    select(AccessNeeds.__table__.c.needs)
    .where(AccessNeeds.__table__.c.member_id == Member.__table__.c.id)
    .correlate(Member.__table__)
    .scalar_subquery()
)


def read(text: str | None) -> frozenset[str]:
    """Read what is stored, leaving out what the program no longer knows."""
    return frozenset(text.split()) & frozenset(NEEDS) if text else frozenset()


def keep(member_id: int, needs: Collection[str], *, now: datetime) -> None:
    """Store what a member needs, with the time of the consent; nothing needed is nothing stored."""
    known = [need for need in NEEDS if need in needs]
    if known:
        db.session.merge(AccessNeeds(member_id=member_id, needs=" ".join(known), agreed_at=now))
    else:
        db.session.execute(delete(AccessNeeds).where(AccessNeeds.member_id == member_id))
    db.session.flush()


def of_member(member_id: int) -> AccessNeeds | None:
    """Find what is kept of a member, for this member's own copy of everything."""
    return db.session.get(AccessNeeds, member_id)


def forget(member_id: int) -> int:
    """Delete what is kept of a member and give how many rows there were."""
    gone = db.session.execute(delete(AccessNeeds).where(AccessNeeds.member_id == member_id))
    return int(gone.rowcount)  # type: ignore[attr-defined]
