"""What members are told of their bookings: that somebody else has changed one, or that nobody has come to it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from flask_babel import lazy_gettext as _l

from innovation_station.bookings.models import Booking
from innovation_station.i18n import clock, day_short, span_short
from innovation_station.i18n import gettext as _
from innovation_station.mail.rules import intact
from innovation_station.members.rules import Actor
from innovation_station.notices import service as notices
from innovation_station.notices.registry import Kind
from innovation_station.notices.rules import Names, Said, Values
from innovation_station.notices.words import instant
from innovation_station.spaces.queries import house as read_house
from innovation_station.spaces.rules import Place
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
        "ended": (
            _("Your booking of %(place)s ends earlier, %(when)s", place=place, when=when),
            _("Somebody at the station ended it."),
        ),
        "extended": (
            _("Your booking of %(place)s ends later, %(when)s", place=place, when=when),
            _("Somebody at the station made it longer."),
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


def _say_reminder(values: Values, _names: Names) -> Said:
    """Say that the grace is running out: «Check in to A3 before 09:15»."""
    return Said(
        _("Check in to %(place)s before %(time)s", place=values["place"], time=clock(instant(values["by"]))),
        _("Then the place is let go, so that somebody else can have it."),
        _("Check in"), "bookings.show", {"booking_id": values["booking"]},
    )  # fmt: skip


def _say_released(values: Values, _names: Names) -> Said:
    """Say that a place was let go, and that it may be had back: «A3 was released at 09:30. Still need it?»"""
    at = clock(instant(values["at"]))
    return Said(
        _("%(place)s was released at %(time)s. Still need it?", place=values["place"], time=at),
        _("Nobody had checked in. As long as nobody else has taken it, you can have it back."),
        _("Get the place back"), "bookings.show", {"booking_id": values["booking"]},
    )  # fmt: skip


REMINDER = Kind(
    "check-in-reminder",
    _l("I have not checked in"),
    _l("When a place of yours is about to be let go because nobody has checked in."),
    _say_reminder,
)
RELEASED = Kind(
    "booking-released",
    _l("My place was released"),
    _l("When nobody checked in to a booking of yours in time, and the rest of it is free for others."),
    _say_released,
)
KINDS = (CHANGED, REMINDER, RELEASED)
UNTOLD = frozenset({"checked-in"})  # nobody needs to be told that they are here


def remind(booking: Booking, place: Place, *, by: datetime, now: datetime) -> None:
    """Tell a member until when to check in."""
    values = {"booking": booking.id, "place": place.name, "by": by.isoformat()}
    notices.notify(REMINDER, booking.member_id, values, now=now, subject=_waiting(booking))


def unremind(booking: Booking) -> None:
    """Take a reminder back that has been answered, or is too late."""
    if booking.reminded_at is not None:
        notices.withdraw(booking.member_id, _waiting(booking), since=booking.reminded_at)


def _waiting(booking: Booking) -> str:
    return f"check-in-{booking.id}"


def released(booking: Booking, place: Place, now: datetime) -> None:
    """Tell a member that the place was let go."""
    at = (booking.released_at or now).isoformat()
    values = {"booking": booking.id, "place": place.name, "at": at}
    notices.notify(RELEASED, booking.member_id, values, now=now, subject=f"released-{booking.id}")


def reclaimed(booking: Booking, now: datetime) -> None:
    """Mark as read what a member was told of a place that is theirs again."""
    notices.settle(booking.member_id, kind=RELEASED, subject=f"released-{booking.id}", now=now)


def tell(booking: Booking, actor: Actor | None, action: str, before: Mapping[str, Any] | None, now: datetime) -> None:
    """Tell the member of a booking what somebody else did to it; of one's own doing nobody needs to be told.

    A step that is taken back within the time of an undo is as if it had not been.
    """
    if action in UNTOLD or (actor is not None and actor.id == booking.member_id):
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
