"""What a member's own calendars say on the pages of booking: when they are busy elsewhere. It hinders nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from innovation_station.bookings import beside
from innovation_station.bookings.beside import Looked, Part
from innovation_station.bookings.models import Booking
from innovation_station.external import queries
from innovation_station.external.queries import Busy
from innovation_station.external.words import times_text
from innovation_station.i18n import clock, day_short
from innovation_station.i18n import gettext as _
from innovation_station.members.rules import Person
from innovation_station.timespan import Span

TOLD = 3


@beside.of_sheet
def on_sheet(looked: Looked) -> Part | None:
    """Say on the sheet of a place when its reader is busy elsewhere that day; one statement, none without calendars."""
    if not looked.glance[queries.OWN_CALENDARS]:
        return None
    busy = queries.own_busy(looked.reader, looked.day.whole)
    return _part(busy, looked.span, looked.day.whole)


@beside.of_booking
def on_booking(booking: Booking, reader: Person, now: datetime) -> Part | None:
    """Say on the page of one's own booking when one is busy elsewhere at its time; one statement."""
    if booking.member_id != reader.id or booking.end <= now or booking.cancelled:
        return None
    return _part(queries.own_busy(reader, booking.span), booking.span, booking.span)


def during(busy: Iterable[Busy], span: Span) -> str | None:
    """Say by which calendar somebody is busy at a time, None where by none."""
    found = next((one for one in busy if one.span.overlaps(span)), None)
    return _("You are busy then: %(calendar)s", calendar=found.name) if found else None


def lines(busy: Iterable[Busy], day: Span) -> list[str]:
    """Say when on a day, and by which calendar."""
    return [f"{_hours(one.span, day)} {one.name}" for one in busy]


def _hours(span: Span, day: Span) -> str:
    """Write a time of a day; what goes beyond it is cut off, what takes all of it says so."""
    part = span.intersection(day)
    if part is None or day_short(part.start) != day_short(part.end):
        return _("All day") if part == day else times_text(span)
    return f"{clock(part.start)}–{clock(part.end)}"


def _part(busy: Sequence[Busy], span: Span, day: Span) -> Part | None:
    if not busy:
        return None
    then = [one for one in busy if one.span.overlaps(span)]
    shown = {"then": lines(then[:TOLD], day), "day": [] if then else lines(busy[:TOLD], day)}
    return Part("external/_beside.html", shown)
