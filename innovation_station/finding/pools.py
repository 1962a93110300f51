"""Any free place: the best one for who asks is booked in one go, and the next best where somebody was faster."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from innovation_station.bookings import allowances, rules, wish_queries
from innovation_station.bookings import queries as bookings
from innovation_station.bookings.choice import Choice
from innovation_station.bookings.forms import BookingForm
from innovation_station.bookings.queries import Taken
from innovation_station.bookings.rules import Moment, Wish
from innovation_station.directory import queries as directory
from innovation_station.errors import Refusal, Refused
from innovation_station.finding.looking import known
from innovation_station.finding.rules import Company, Why, ranked
from innovation_station.members.rules import Person
from innovation_station.spaces.rules import House, Place, at_minute
from innovation_station.timespan import Span

TRIES = 8  # so many places may be taken between the look and the booking before one is told


@dataclass(frozen=True, slots=True)
class Picked:
    """Places that are free for somebody, the best first, and what was wished for."""

    wishes: tuple[tuple[Wish, Why], ...]
    refusals: tuple[Refusal, ...]
    asked: Wish | None


def pick(
    who: Person, form: BookingForm, choice: Choice, *, house: House, moment: Moment, needs: frozenset[str]
) -> Picked:  # fmt: skip
    """Look which places of a pool are free and which of them is the best; seven statements at most.

    Without any, the refusals say why: what speaks against all of them, or that none is free.
    """
    day = choice.day
    moment = allowances.measured(moment, house, who, who.access, day)
    whole = Span(at_minute(day, 0, moment.zone), at_minute(day, 24 * 60, moment.zone))
    house = moment.allowance.house_on(house, day)
    rows: dict[int, list[Taken]] = {}
    for row in bookings.taken(whole, house):
        rows.setdefault(row.space_id, []).append(row)
    own = wish_queries.held_by(who.id, whole)
    granted: dict[int, Wish] = {}
    refused: list[Sequence[Refusal]] = []
    asked = None
    for place in house.places.values():
        if not choice.shows(place) or not place.bookable:
            continue
        try:
            wish = Wish(place, form.span(place, moment), form.furnished.people, form.furnished.layout)
        except Refused as error:
            refused.append(error.refusals)
            continue
        asked = asked or wish
        held = [row.held for row in rows.get(place.id, ()) if row.hold_id is None or row.member_id != who.id]
        if found := rules.refusals(wish, moment, held, own):
            refused.append(found)
        else:
            granted[place.id] = wish
    if not granted:
        return Picked((), _why_not(refused), asked)
    company = _company(who, rows, house, next(iter(granted.values())).span)
    order = ranked(
        (wish.place for wish in granted.values()), known(who.id, house, moment, needs), company
    )  # fmt: skip
    return Picked(tuple((granted[place.id], why) for place, why in order), (), asked)


def _why_not(refused: Sequence[Sequence[Refusal]]) -> tuple[Refusal, ...]:
    """Give what speaks against all places alike, and is no fault of any; else that none is free."""
    if not refused:
        return (Refusal("none-such"),)
    codes = frozenset.intersection(*(frozenset(one.code for one in found) for found in refused))
    common = tuple(one for one in refused[0] if one.code in codes and "space" not in one.values)
    return common or (Refusal("none-free"),)


def _company(who: Person, rows: Mapping[int, Iterable[Taken]], house: House, span: Span) -> Company:
    """Give where others sit then: colleagues as far as they show the booking; one statement."""
    others = [
        row
        for taken in rows.values()
        for row in taken
        if row.booking_id is not None and row.space_id == row.booked_id and row.member_id != who.id
        and row.span.overlaps(span)
    ]  # fmt: skip
    shown = {row.member_id for row in others if row.public and row.member_id is not None}
    colleagues = directory.company(who.id, shown).colleagues if shown else frozenset()

    def places(chosen: Iterable[Taken]) -> tuple[Place, ...]:
        return tuple(house.places[row.space_id] for row in chosen)

    return Company(places(row for row in others if row.public and row.member_id in colleagues), places(others))


def digest(key: str, choice: Choice, form: BookingForm) -> str:
    """Bind a submit's key to what it asks for, which is no space: whichever it gets, the same again is the same."""
    asked = (form.preset.data or "", form.start.data, form.end.data)
    text = f"{key}\nany\n{choice.query()}\n{asked}"
    return hashlib.sha256(text.encode()).hexdigest()
