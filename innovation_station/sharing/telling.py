"""What members are told: that somebody has booked for them, of guests, and of offers to take a booking over."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext as _l

from innovation_station.bookings import telling
from innovation_station.bookings.models import Booking
from innovation_station.i18n import gettext as _
from innovation_station.mail.rules import intact
from innovation_station.notices import service as notices
from innovation_station.notices.registry import Kind
from innovation_station.notices.rules import Names, Said, Values
from innovation_station.sharing.models import Guest
from innovation_station.sharing.rules import UNDO
from innovation_station.spaces.queries import house as read_house


def facts_of(booking: Booking) -> dict[str, Any]:
    """Give what a notice needs to know of a booking."""
    return telling.values_of("", booking, read_house().places[booking.space_id].name)


def what(values: Values) -> str:
    """Say place and time: «A3, Tue 24 Nov 9–11»."""
    return f"{values['place']}, {telling.when_of(values, short=True)}"


def _say_booked(values: Values, names: Names) -> Said:
    title = _("%(name)s has booked %(what)s for you", name=names[values["people"][0]], what=what(values))
    text = _("It is yours: you can change it, and cancel it.")
    if intact(values["state"]) == "requested":
        text = _("It waits for an answer of the station. You can change it, and cancel it.")
    return Said(title, text, _("Show the booking"), "bookings.show", {"booking_id": values["booking"]})


BOOKED_FOR = Kind(
    "booked-for-me", _l("Somebody books for me"), _l("When somebody whom you let, or the station, books in your name."),
    _say_booked, template=telling.TEMPLATE,
)  # fmt: skip


def _say_answered(values: Values, _names: Names) -> Said:
    title = _("A guest of yours comes after all: %(what)s") if values["comes"] else _("A guest cannot come: %(what)s")
    return Said(title % {"what": what(values)}, "", *_way(values))


def _say_arrived(values: Values, _names: Names) -> Said:
    text = _("The guest has been received at the desk of the station.")
    return Said(_("A guest of yours is here: %(what)s", what=what(values)), text, *_way(values))


def _way(values: Values) -> tuple[str, str, dict[str, Any]]:
    return _("Show the guests"), "sharing.guests", {"booking_id": values["booking"]}


ANSWERED = Kind(
    "guest-answered", _l("A guest cannot come"), _l("When somebody whom you have invited says so, or can after all."),
    _say_answered,
)  # fmt: skip
ARRIVED = Kind(
    "guest-arrived", _l("A guest is here"), _l("When a guest of yours has come and waits to be met."), _say_arrived,
)  # fmt: skip
KINDS = (BOOKED_FOR, ANSWERED, ARRIVED)


def booked_for(booking: Booking, *, now: datetime) -> None:
    """Tell a member that somebody has booked for them, once."""
    values = facts_of(booking) | {"people": [booking.booked_by_id]}
    notices.notify(
        BOOKED_FOR, booking.member_id, values, now=now, subject=_booked_for(booking), once=True, hold_until=now + UNDO,
        calendar=telling.calendar(booking),
    )  # fmt: skip


def _booked_for(booking: Booking) -> str:
    return f"booked-for-{booking.id}"


def undone(booking: Booking, *, now: datetime) -> None:
    """Take back what a member was told of a booking that was made for them and cancelled at once: nothing has been."""
    if notices.withdraw(booking.member_id, _booked_for(booking), since=now - UNDO):
        notices.withdraw(booking.member_id, f"booking-{booking.id}", since=now)


def answered(guest: Guest, booking: Booking, *, now: datetime) -> None:
    """Tell the host that a guest cannot come, or can after all; what is taken back at once is not told."""
    subject = f"guest-answer-{guest.id}"
    if not notices.withdraw(booking.member_id, subject, since=now - UNDO):
        values = facts_of(booking) | {"comes": guest.state == "invited"}
        notices.notify(ANSWERED, booking.member_id, values, now=now, subject=subject, hold_until=now + UNDO)


def arrived(guest: Guest, booking: Booking, *, now: datetime) -> None:
    """Tell the host that a guest is here."""
    notices.notify(ARRIVED, booking.member_id, facts_of(booking), now=now, subject=_arrival(guest))


def not_arrived(guest: Guest, booking: Booking) -> None:
    """Take back that a guest is here."""
    notices.recall(ARRIVED, booking.member_id, _arrival(guest))


def _arrival(guest: Guest) -> str:
    return f"guest-arrival-{guest.id}"
