"""What later features have to say on the pages of bookings: bookings know nothing of them.

A feature names a template part and what it shows: on the page of a booking (`of_booking`), under the list of one's own
(`of_member`), over the plan of the Book page (`of_book`), and on the sheet of a place (`of_sheet`). Parts stand in the
order in which the features were registered.
One feature answers a form that names no space (`anywhere`).

Most readers are told nothing by most features. So a feature says with `hint` how to find out whether it has anything to
say on a sheet, and one statement asks for all of them (`glance`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from flask.typing import ResponseReturnValue
from sqlalchemy import ColumnElement, Integer, Select, bindparam, select

from innovation_station.bookings.day import Day
from innovation_station.bookings.models import Booking
from innovation_station.db import UtcDateTime, connection
from innovation_station.errors import NotFound
from innovation_station.members.rules import Person
from innovation_station.spaces.rules import Place
from innovation_station.timespan import Span


@dataclass(frozen=True, slots=True)
class Part:
    """A template that the page includes, and what it shows, under the name `part`; on a sheet `last` below the rest."""

    template: str
    shown: Mapping[str, Any]
    last: bool = False


@dataclass(frozen=True, slots=True)
class Looked:
    """What somebody looks at on a sheet: a place on a day, as far as that has been read, and the time they want of it.

    `refused` where they have just asked for it and somebody else had it. `glance` tells which features have anything to
    say to the reader, by their hints.
    """

    day: Day
    place: Place
    span: Span
    reader: Person
    glance: Mapping[str, Any]
    refused: bool = False


ANY = "any"
"""What a form says in place of a space, where any will do."""

Answer = Callable[[], ResponseReturnValue]
OfBooking = Callable[[Booking, Person, datetime], Part | None]
OfMember = Callable[[Person, datetime], Part | None]
OfSheet = Callable[["Looked"], Part | None]
_of_booking: list[OfBooking] = []
_of_member: list[OfMember] = []
_of_book: list[OfMember] = []
_of_sheet: list[OfSheet] = []
_anywhere: list[Answer] = []
_hints: dict[str, ColumnElement[Any]] = {}
MEMBER, SPACE = bindparam("glance_member", type_=Integer), bindparam("glance_space", type_=Integer)
FIRST, LAST = bindparam("glance_first", type_=UtcDateTime), bindparam("glance_last", type_=UtcDateTime)


def anywhere(answer: Answer) -> Answer:
    """Have a function answer a booking's form that leaves the space to the house."""
    _anywhere.append(answer)
    return answer


def chosen() -> ResponseReturnValue:
    """Answer such a form. Raises NotFound where no feature does."""
    if not _anywhere:
        raise NotFound("space-unknown")
    return _anywhere[-1]()


def of_booking(make: OfBooking) -> OfBooking:
    """Have a function asked for a part of each booking's page: given the booking, who looks at it, and now."""
    _of_booking.append(make)
    return make


def of_member(make: OfMember) -> OfMember:
    """Have a function asked for a part of the page of one's own bookings: given whose, and now."""
    _of_member.append(make)
    return make


def of_book(make: OfMember) -> OfMember:
    """Have a function asked for a part over the plan of the Book page: given who looks at it, and now."""
    _of_book.append(make)
    return make


def of_sheet(make: OfSheet) -> OfSheet:
    """Have a function asked for a part of the sheet of each place: given what is looked at."""
    _of_sheet.append(make)
    return make


def hint(name: str, found: ColumnElement[Any]) -> str:
    """Have `glance` tell something under a name; `found` may use MEMBER, SPACE, and FIRST and LAST of the local day."""
    _hints[name] = found
    return name


def glance(member_id: int, space_id: int, day: Span) -> Mapping[str, Any]:
    """Look what there is to say to a member on the sheet of a space; one statement for all features."""
    given = {
        "glance_member": member_id, "glance_space": space_id, "glance_first": day.start, "glance_last": day.end,
    }  # fmt: skip
    row = connection().execute(_glance(tuple(_hints)), given).one()
    return dict(zip(_hints, row, strict=True))


@cache
def _glance(names: tuple[str, ...]) -> Select[Any]:
    return select(*(_hints[name].label(name) for name in names))


def booking_parts(booking: Booking, reader: Person, now: datetime) -> list[Part]:
    """Gather what stands beside a booking."""
    return [part for make in _of_booking if (part := make(booking, reader, now))]


def member_parts(reader: Person, now: datetime) -> list[Part]:
    """Gather what stands under a member's own bookings."""
    return [part for make in _of_member if (part := make(reader, now))]


def book_parts(reader: Person, now: datetime) -> list[Part]:
    """Gather what stands over the plan."""
    return [part for make in _of_book if (part := make(reader, now))]


def sheet_parts(looked: Looked) -> list[Part]:
    """Gather what stands on the sheet of a place."""
    return [part for make in _of_sheet if (part := make(looked))]
