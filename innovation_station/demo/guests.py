"""Who visits the demo house: guests of what is booked in meeting rooms today and tomorrow."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from innovation_station.bookings.models import Booking
from innovation_station.demo.habits import ALVA, Draft
from innovation_station.sharing.letters import fact_of
from innovation_station.sharing.models import Guest
from innovation_station.spaces.rules import at_minute

ROOMS = ("Flottsbro", "Hågelby", "Björnkulla")
PARTIES = (
    (("Karin Ekström", "karin.ekstrom@guest.example"), ("Jonas Ahl", "jonas.ahl@guest.example")),
    (("Priya Raman", "priya.raman@guest.example"),),
    (("Lotta Sandgren", "lotta.sandgren@guest.example"), ("Mikko Laine", "mikko.laine@guest.example")),
)


def add(
    session: Session, drafts: Sequence[Draft], bookings: Sequence[Booking], today: date, zone: ZoneInfo
) -> None:  # fmt: skip
    """Have a few bookings of rooms expect guests, who were invited yesterday and know of it."""
    soon = sorted(
        (booking.start, booking.id, draft.day, booking)
        for draft, booking in zip(drafts, bookings, strict=True)
        if draft.spot in ROOMS and today <= draft.day <= today + timedelta(days=1)
        if draft.member != ALVA and booking.state == "confirmed"
    )
    invited = at_minute(today - timedelta(days=1), 15 * 60, zone)
    now, then = ([row[-1] for row in soon if (row[2] == today) is first] for first in (True, False))
    for booking, party in zip([*now[-2:], *then][: len(PARTIES)], PARTIES, strict=False):
        for name, email in party:
            uid = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{booking.uid}/{email}"))
            guest = Guest(
                booking_id=booking.id, uid=uid, name=name, email=email, language="sv", state="invited", sequence=0,
                invited_by_id=booking.member_id, created_at=invited, changed_at=invited,
            )  # fmt: skip
            guest.knew = fact_of(guest, booking)
            session.add(guest)
    session.flush()
