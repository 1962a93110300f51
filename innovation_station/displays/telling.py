"""What a member is told of what somebody did at a door: that their booking was ended there."""

from __future__ import annotations

from datetime import datetime

from flask_babel import lazy_gettext as _l

from innovation_station.bookings.models import Booking
from innovation_station.bookings.telling import calendar
from innovation_station.displays.rules import UNDO
from innovation_station.i18n import clock
from innovation_station.i18n import gettext as _
from innovation_station.notices import service as notices
from innovation_station.notices.registry import Kind
from innovation_station.notices.rules import Names, Said, Values
from innovation_station.notices.words import instant
from innovation_station.spaces.queries import house as read_house


def _ended(values: Values, _names: Names) -> Said:
    at = clock(instant(values["at"]))
    return Said(
        _("%(place)s was ended at the door at %(time)s", place=values["place"], time=at),
        _("Somebody pressed End now on the screen there. If you still need it, make it longer, or book it again."),
        _("Show the booking"), "bookings.show", {"booking_id": values["booking"]},
    )  # fmt: skip


ENDED = Kind(
    "ended-at-door", _l("My booking was ended at the door"),
    _l("When somebody has ended a booking of yours on the screen by the door."), _ended,
)  # fmt: skip
KINDS = (ENDED,)


def ended(booking: Booking, now: datetime) -> None:
    """Tell a member that somebody at the door has ended their booking; a mail waits as long as that can be undone."""
    place = read_house().places[booking.space_id].name
    values = {"booking": booking.id, "place": place, "at": booking.end.isoformat()}
    notices.notify(
        ENDED, booking.member_id, values, now=now, subject=_subject(booking), hold_until=now + UNDO,
        calendar=calendar(booking),
    )  # fmt: skip


def goes_on(booking: Booking) -> None:
    """Take that back before it is sent or read."""
    notices.recall(ENDED, booking.member_id, _subject(booking))


def _subject(booking: Booking) -> str:
    return f"ended-at-door-{booking.id}"
