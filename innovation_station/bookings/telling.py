"""What members are told when somebody else changes their booking."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from flask_babel import lazy_gettext as _l

from innovation_station.bookings.models import Booking
from innovation_station.i18n import day_short, span_short
from innovation_station.i18n import gettext as _
from innovation_station.mail.rules import intact
from innovation_station.members.rules import Actor
from innovation_station.notices import service as notices
from innovation_station.notices.registry import Kind
from innovation_station.notices.rules import Names, Said, Values
from innovation_station.notices.words import instant
from innovation_station.spaces.queries import house as read_house
from innovation_station.timespan import Span

UNDO = timedelta(seconds=10)  # how long pages offer to take a step back


def say(values: Values, _names: Names) -> Said:
    """Say what became of a booking: «A3 is cancelled, Tue 24 Nov 9–11»."""
    action, place = intact(values["action"]), values["place"]
    when = _when(values["start"], values["end"])
    title, text = {
        "cancelled": (
            _("%(place)s is cancelled, %(when)s", place=place, when=when),
            _("Somebody at the station cancelled your booking."),
        ),
        "restored": (
            _("%(place)s is yours again, %(when)s", place=place, when=when),
            _("Somebody at the station took the cancellation back."),
        ),
        "moved": (
            _("Your booking is now %(place)s, %(when)s", place=place, when=when),
            _("Somebody at the station moved it. Before, it was %(before)s.", before=_before(values)),
        ),
    }.get(
        action,
        (
            _("Your booking of %(place)s has changed, %(when)s", place=place, when=when),
            _("Somebody at the station changed its title or who sees it."),
        ),
    )
    return Said(title, text, _("Show the booking"), "bookings.show", {"booking_id": values["booking"]})


def _when(start: str, end: str) -> str:
    span = Span(instant(start), instant(end))
    return f"{day_short(span.start)} {span_short(span)}"


def _before(values: Values) -> str:
    before = values.get("before")
    if before is None:
        return ""
    return f"{before['place']}, {_when(before['start'], before['end'])}"


CHANGED = Kind(
    "booking-changed",
    _l("The station changes my booking"),
    _l("When somebody who works here moves, changes or cancels a booking of yours."),
    say,
)
KINDS = (CHANGED,)


def tell(booking: Booking, actor: Actor, action: str, before: Mapping[str, Any] | None, now: datetime) -> None:
    """Tell the member of a booking what somebody else did to it; of one's own doing nobody needs to be told.

    A step that is taken back within the time of an undo is as if it had not been.
    """
    if actor.id == booking.member_id:
        return
    subject = f"booking-{booking.id}"
    if action == "restored" and notices.withdraw(booking.member_id, subject, since=now - UNDO):
        return
    places = read_house().places
    values: dict[str, Any] = {
        "action": action, "booking": booking.id, "place": places[booking.space_id].name,
        "start": booking.start.isoformat(), "end": booking.end.isoformat(),
    }  # fmt: skip
    if before:
        values["before"] = {**before, "place": places[before["space"]].name}
    notices.notify(CHANGED, booking.member_id, values, now=now, subject=subject, hold_until=now + UNDO)
