"""Who came in the weeks that are past, whose phone booth was let go, and what is broken.

With a random source of its own: what is booked stays as it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from innovation_station.bookings.models import Allocation, Booking, BookingHistory
from innovation_station.demo.bookings import BROKEN
from innovation_station.demo.floor import CHECK_IN
from innovation_station.demo.habits import Draft
from innovation_station.members.models import Member
from innovation_station.repairs.models import FaultReport
from innovation_station.spaces.models import Closure, Space
from innovation_station.spaces.queries import house

COMES = {"desk": 0.6, "booth": 0.85}  # how many check in: at desks nobody has to
GRACE = timedelta(minutes=CHECK_IN)
MINUTE = timedelta(minutes=1)
REPORTERS = (7, 21)  # indices of PEOPLE
SCREEN = "Flottsbro"


def add(
    session: Session, members: Sequence[Member], spaces: Mapping[str, Space], drafts: Sequence[Draft],
    bookings: Sequence[Booking], today: date,
) -> None:  # fmt: skip
    """Have members come, or not, to what they had booked until yesterday, and report what is broken."""
    rng = Random(f"presence {today}")  # noqa: S311  a plausible house, no secrets
    rows: list[BookingHistory] = []
    places = house().places
    for draft, booking in zip(drafts, bookings, strict=True):
        kind = places[booking.space_id].kind
        if draft.day >= today or booking.state != "confirmed" or kind not in COMES:
            continue
        chance, after = rng.random(), timedelta(minutes=rng.randint(-8, CHECK_IN - 3))
        if chance < COMES[kind]:
            rows.append(_came(booking, members[draft.member], max(booking.start + after, booking.created_at + MINUTE)))
        elif kind == "booth" and booking.end - booking.start > GRACE + MINUTE:
            rows.append(_did_not(session, booking, spaces[draft.spot]))
            members[draft.member].bookings_revision += 1
    rows.sort(key=lambda row: (row.at, row.booking_id))
    session.add_all(rows)
    session.flush()
    _faults(session, members, spaces)


def _came(booking: Booking, member: Member, at: datetime) -> BookingHistory:
    booking.checked_in_at = booking.changed_at = max(at, booking.changed_at)
    booking.revision += 1
    member.bookings_revision += 1
    after = {"checked_in": booking.checked_in_at.isoformat()}
    return _row(booking, booking.checked_in_at, "checked-in", {"checked_in": None}, after, member)


def _did_not(session: Session, booking: Booking, space: Space) -> BookingHistory:
    at = booking.start + GRACE
    booking.state, booking.reminded_at = "no-show", at - GRACE / 3
    booking.released_at = booking.changed_at = at
    booking.revision += 1
    booking.sequence += 1
    space.revision += 1
    session.flush()
    session.execute(delete(Allocation).where(Allocation.booking_id == booking.id))
    session.add(Allocation(space_id=space.id, start=booking.start, end=at, booking_id=booking.id))
    return _row(booking, at, "released", {"state": "confirmed"}, {"state": "no-show"}, None)


def _row(
    booking: Booking, at: datetime, action: str, before: dict[str, Any], after: dict[str, Any], member: Member | None
) -> BookingHistory:
    return BookingHistory(
        booking_id=booking.id, at=at, actor_id=member.id if member else None,
        actor_role=member.role if member else "house", action=action, before=before, after=after,
    )  # fmt: skip


def _faults(session: Session, members: Sequence[Member], spaces: Mapping[str, Space]) -> None:
    """Report the lamp for which a desk is closed, and a screen that nobody has seen to yet."""
    closure = session.scalars(select(Closure)).one()
    lamp, screen = (members[index].id for index in REPORTERS)
    session.add_all([
        FaultReport(
            space_id=spaces[BROKEN].id, member_id=lamp, sort="light", text="Lampan över skrivbordet blinkar.",
            at=closure.created_at - timedelta(minutes=25), state="hand", closure_id=closure.id,
        ),
        FaultReport(
            space_id=spaces[SCREEN].id, member_id=screen, sort="screen", text="Skärmen hittar inte datorn.",
            at=closure.created_at + timedelta(minutes=30),
        ),
    ])  # fmt: skip
    session.flush()
