"""What later features add to the form of a booking: bookings know nothing of them.

A feature may add fields to the sheet (`in_sheet`), book for somebody else (`booked_for`) and have a word in taking that
back (`restored_for`), and do more with a booking in the transaction that makes it (`with_booking`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from innovation_station.bookings.beside import Part
from innovation_station.bookings.models import Booking
from innovation_station.errors import NotAllowed, Refusal
from innovation_station.members.rules import Actor, Person
from innovation_station.spaces.rules import Place

Typed = Mapping[str, str]
InSheet = Callable[[Person, Place, Typed, Mapping[str, Any]], Part | None]
HolderOf = Callable[[Actor, int], Person | None]
BookedFor = Callable[..., Booking]
RestoredFor = Callable[[Actor, Booking, ZoneInfo], None]
WithBooking = Callable[[Person, Booking, Typed, datetime], None]
_in_sheet: list[InSheet] = []
_holder_of: list[HolderOf] = []
_booked_for: list[BookedFor] = []
_restored_for: list[RestoredFor] = []
_with_booking: list[WithBooking] = []
_fields: list[str] = []
FIELD_LONGEST = 20_000


def in_sheet(make: InSheet) -> InSheet:
    """Have a function asked for fields in the sheet: given who books, the place, what was typed, and the glance."""
    _in_sheet.append(make)
    return make


def keep(*names: str) -> None:
    """Have fields of the sheet go along to what is offered instead of a refused wish."""
    _fields.extend(names)


def kept(typed: Typed) -> dict[str, str]:
    """Give what was typed into those fields."""
    return {name: text[:FIELD_LONGEST] for name in _fields if (text := typed.get(name, ""))}


def holder_of(find: HolderOf) -> HolderOf:
    """Have a function find whom somebody may book for: given the booker and an id, None where they may not."""
    _holder_of[:] = [find]
    return find


def booked_for(reserve: BookedFor) -> BookedFor:
    """Have a function book for somebody else: given the booker, the id of the holder and what `reserve` takes."""
    _booked_for[:] = [reserve]
    return reserve


def restored_for(check: RestoredFor) -> RestoredFor:
    """Have a function refuse what a booker may not take back for its member: given both, and the house's zone."""
    _restored_for[:] = [check]
    return check


def with_booking(follow: WithBooking) -> WithBooking:
    """Have a function do more with what was booked: given who booked, the booking, what was typed, and now."""
    _with_booking.append(follow)
    return follow


def sheet_parts(booker: Person, place: Place, typed: Typed, glance: Mapping[str, Any]) -> list[Part]:
    """Gather what stands in the sheet besides its own fields; see `beside.glance`."""
    return [part for make in _in_sheet if (part := make(booker, place, typed, glance))]


def holder(booker: Actor, holder_id: int) -> Person | None:
    """Find whom somebody may book for; None where they may not, or there is nobody."""
    return _holder_of[0](booker, holder_id) if _holder_of else None


def reserve_for(booker: Person, holder_id: int, *wish: Any, **more: Any) -> Booking:
    """Book for somebody else. Raises NotAllowed where that is not for the booker to do."""
    if not _booked_for:
        raise NotAllowed([Refusal("no-consent", "for")])
    return _booked_for[0](booker, holder_id, *wish, **more)


def check_restore(booker: Actor, booking: Booking, zone: ZoneInfo) -> None:
    """Ask whether a booker may take back what they have cancelled for somebody else. Raises NotFound, Refused."""
    for one in _restored_for:
        one(booker, booking, zone)


def follow(booker: Person, booking: Booking, typed: Typed, now: datetime) -> None:
    """Do what else a form asked for with its booking."""
    for one in _with_booking:
        one(booker, booking, typed, now)
