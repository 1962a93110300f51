"""Who stands in line in the demo house: for meeting rooms that somebody has in the days to come."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from innovation_station.bookings.models import Booking
from innovation_station.demo.habits import ALVA, Draft
from innovation_station.members.models import Member
from innovation_station.spaces.rules import at_minute
from innovation_station.waits.models import Wait

ROOMS = ("Flottsbro", "Hågelby")
LINES = ((21, ALVA), (7,))  # who stands in them, in order, as indices of PEOPLE


def add(
    session: Session, members: Sequence[Member], drafts: Sequence[Draft], bookings: Sequence[Booking], today: date,
    zone: ZoneInfo,
) -> None:  # fmt: skip
    """Let a few members have joined lines yesterday, as the service would have it."""
    soon = sorted(
        (booking.start, booking.id, draft.member, booking)
        for draft, booking in zip(drafts, bookings, strict=True)
        if draft.spot in ROOMS and draft.day > today and not booking.cancelled
    )
    taken: set[int] = set()
    for number, line in enumerate(LINES):
        found = next((row for row in soon if row[2] not in line and row[1] not in taken), None)
        if found is None:
            return
        booking = found[3]
        taken.add(booking.id)
        for place, index in enumerate(line):
            joined = at_minute(today - timedelta(days=1), 16 * 60 + 20 * number + 7 * place, zone)
            session.add(
                Wait(
                    member_id=members[index].id,
                    space_id=booking.space_id,
                    start=booking.start,
                    end=booking.end,
                    state="waiting",
                    joined_at=joined,
                )
            )
            session.flush()
