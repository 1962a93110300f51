"""What sharing does when bookings change, in the transaction of the change."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from innovation_station.bookings.models import Booking
from innovation_station.bookings.service import changed, settled
from innovation_station.sharing import guests, telling


@changed.connect
def follow(booking: Booking, *, action: str, now: datetime, **_more: object) -> None:
    """Take back what was told of a booking that is undone."""
    if action == "cancelled" and booking.booked_by_id is not None:
        telling.undone(booking, now=now)


@settled.connect
def keep_guests_informed(bookings: Sequence[Booking]) -> None:
    """Tell guests what has become of their visits, all that one act has changed together; a new booking has none."""
    known = [booking for booking in bookings if booking.revision]
    if known:
        guests.follow(known, now=max(booking.changed_at for booking in known))
