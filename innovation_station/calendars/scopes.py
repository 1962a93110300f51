"""What feeds there are of other things than the own bookings, what each is joined of, and who may have it.

A registry: a feature adds its kinds of feeds to `SCOPES`, and they are made, polled and ended like all others; which of
them a member is offered stands in `shown.offers`, what is said of them in `words`. Both questions are asked at every
fetch, for what holds then: a feed whose member has lost the right to it has no address any more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from typing import Protocol
from urllib.parse import parse_qsl

from werkzeug.datastructures import MultiDict

from innovation_station.bookings.choice import Choice, filtered
from innovation_station.calendars.event_entries import filter_of
from innovation_station.calendars.queries import Address
from innovation_station.calendars.rules import EVENTS, OWN, REMINDERS, Coverage, Level
from innovation_station.errors import Refusal
from innovation_station.members.rules import is_staff
from innovation_station.organisations.rules import may_see_inside
from innovation_station.plans import queries as plans
from innovation_station.spaces.queries import house as read_house
from innovation_station.spaces.rules import House, Place


class Wanted(Protocol):
    """What a feed is to be of: the model, an address and what a form asks for all have it."""

    @property
    def scope(self) -> str: ...
    @property
    def level(self) -> str: ...
    @property
    def subject_id(self) -> int | None: ...
    @property
    def query(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Chosen:
    """What a feed is asked to be of."""

    scope: str = OWN
    level: Level = "full"
    subject_id: int | None = None
    query: str = ""
    remind: int = 0


@dataclass(frozen=True, slots=True)
class Reader:
    """Who subscribes: role, and the spaces and organisations that they were put in charge of."""

    id: int
    role: str
    manages: frozenset[int] = frozenset()
    contact_of: frozenset[int] = frozenset()

    @classmethod
    def of(cls, member_id: int, role: str, grants: Iterable[tuple[str, int]]) -> Reader:
        """Give a member with what was granted (kind, id)."""
        known = list(grants)
        spaces, organisations = (
            frozenset(subject for kind, subject in known if kind == wanted) for wanted in ("space", "contact")
        )
        return cls(member_id, role, spaces, organisations)


@dataclass(frozen=True, slots=True)
class Scope:
    """One kind of feed.

    `covers` gives whose entries it is joined of, None where there is no such thing in the house. `may` tells whether
    somebody may have it. `levels` are those it comes in, `subject` what its `subject_id` is an id of ("" for none).
    `filters` gives what its `query` filters by, always alike; "" where it has no filters.
    """

    name: str
    levels: tuple[Level, ...]
    covers: Callable[[Wanted, House], Coverage | None]
    may: Callable[[Reader, Wanted, Coverage], bool]
    subject: str = ""
    filters: Callable[[str], str] = lambda _query: ""


def _joined(places: Iterable[Place]) -> Coverage:
    """Join all that takes the time of some places: of a part also what its whole is booked for."""
    return Coverage("space", tuple(sorted({other for place in places for other in place.touches})))


def _space(wanted: Wanted, house: House) -> Coverage | None:
    place = house.places.get(wanted.subject_id or 0)
    return None if place is None or place.id in house.gone else _joined([place])


def _zone(wanted: Wanted, house: House) -> Coverage | None:
    if wanted.subject_id not in house.zones:
        return None
    return _joined(_standing(house, lambda place: place.zone_id == wanted.subject_id))


def _view(wanted: Wanted, house: House) -> Coverage | None:
    return _joined(_standing(house, choice_of(wanted.query).shows))


def _staff(_wanted: Wanted, house: House) -> Coverage | None:
    return Coverage("space", tuple(sorted(house.places)))


def _events(_wanted: Wanted, _house: House) -> Coverage | None:
    return Coverage("events")


def _organisation(wanted: Wanted, _house: House) -> Coverage | None:
    return None if wanted.subject_id is None else Coverage("organisation", (wanted.subject_id,))


def _standing(house: House, which: Callable[[Place], bool]) -> Iterable[Place]:
    return (place for place in house.places.values() if place.id not in house.gone and which(place))


def _may_places(reader: Reader, wanted: Wanted, coverage: Coverage) -> bool:
    """Let every member know when places are taken and by what that is shown to all, as on the pages of a day."""
    if wanted.level != "full" or is_staff(reader):
        return True
    return bool(coverage.ids) and reader.manages.issuperset(coverage.ids)  # of nothing nobody is in charge


def _may_staff(reader: Reader, _wanted: Wanted, _coverage: Coverage) -> bool:
    return is_staff(reader)


def _may_events(_reader: Reader, _wanted: Wanted, _coverage: Coverage) -> bool:
    return True  # which events somebody sees is asked where they are read


def _may_organisation(reader: Reader, wanted: Wanted, _coverage: Coverage) -> bool:
    return may_see_inside(reader, wanted.subject_id or 0, reader.contact_of)


@lru_cache(maxsize=256)
def choice_of(query: str) -> Choice:
    """Read the filters of a view."""
    return filtered(date.min, MultiDict(parse_qsl(query)))


_EVERY: tuple[Level, ...] = ("public", "busy", "full")
SCOPES: dict[str, Scope] = {
    scope.name: scope
    for scope in (
        Scope("space", _EVERY, _space, _may_places, "space"),
        Scope("zone", _EVERY, _zone, _may_places, "zone"),
        Scope("view", _EVERY, _view, _may_places, filters=lambda query: choice_of(query).filters),
        Scope(EVENTS, ("full",), _events, _may_events, filters=lambda query: filter_of(query).query),
        Scope("organisation", ("full", "busy"), _organisation, _may_organisation, "organisation"),
        Scope("staff", ("full", "busy"), _staff, _may_staff),
    )
}


def coverage(reader: Reader, wanted: Wanted, house: House) -> Coverage | None:
    """Tell what a feed is joined of for somebody, None where there is no such thing or it is not for them."""
    scope = SCOPES.get(wanted.scope)
    if scope is None or wanted.level not in scope.levels:
        return None
    found = scope.covers(wanted, house)
    return found if found is not None and scope.may(reader, wanted, found) else None


def settled(reader: Reader, chosen: Chosen, house: House) -> Chosen | None:
    """Give what is asked for without what does not belong to it, None where it cannot be had."""
    if chosen.scope == OWN:
        fine = chosen.level in ("full", "busy") and chosen.remind in REMINDERS
        return Chosen(level=chosen.level, remind=chosen.remind if chosen.level == "full" else 0) if fine else None
    if coverage(reader, chosen, house) is None:
        return None
    scope = SCOPES[chosen.scope]
    return Chosen(chosen.scope, chosen.level, chosen.subject_id if scope.subject else None, scope.filters(chosen.query))


def asked_refusals(chosen: Chosen) -> list[Refusal]:
    """List what is asked of a feed that it does not do, so that nobody waits for it in vain."""
    found = []
    if chosen.remind and (chosen.scope != OWN or chosen.level != "full"):
        found.append(Refusal("feed-remind", "remind"))
    if chosen.scope == EVENTS and chosen.level == "busy":
        found.append(Refusal("feed-detail", "detail"))
    return found


def most(reader: Reader, chosen: Chosen, house: House) -> Chosen:
    """Ask for as much as somebody may have, where all was asked for."""
    if chosen.scope == OWN or chosen.level == "busy" or coverage(reader, chosen, house) is not None:
        return chosen
    return replace(chosen, level="public")


def may_be_public(house: House, space_id: int) -> bool:
    """Tell whether everybody may know when a space is taken: it can be booked, by all members, and is nobody's own.

    When somebody's own desk is taken is when that person is in.
    """
    place = house.places.get(space_id)
    if place is None or not place.bookable or place.policy.booked_by != "member":
        return False
    return not plans.catalogue(house).dedications.get(space_id)


def admitted(address: Address | None) -> Address | None:
    """Give an address with what it is joined of, None where its member may not have that now.

    No statement more than the address itself took, but after a change of the house.
    """
    if address is None or address.scope == OWN:
        return address
    if address.is_public and address.scope == EVENTS:
        return replace(address, coverage=Coverage("events"))
    house = read_house(address.house_revision)
    if address.is_public:
        found = _space(address, house) if may_be_public(house, address.subject_id or 0) else None
    else:
        pairs = (pair.split(".") for pair in (address.grants or "").split())
        reader = Reader.of(address.member_id, address.role, ((kind, int(subject)) for kind, subject in pairs))
        found = coverage(reader, address, house)
    return None if found is None else replace(address, coverage=found)
