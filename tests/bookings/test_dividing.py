"""A house in use is divided and linked: what is booked follows, what collides is named, and no room is taken twice."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise
from random import Random
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from innovation_station.audit import queries as audit
from innovation_station.bookings import dividing, service
from innovation_station.bookings.dividing import NewPart
from innovation_station.bookings.models import Allocation, Booking
from innovation_station.bookings.rules import Furnished
from innovation_station.db import db, transaction
from innovation_station.errors import Conflict, DomainError, Refused
from innovation_station.members.models import Member
from innovation_station.spaces import service as spaces
from innovation_station.spaces.models import Space
from innovation_station.spaces.queries import house
from innovation_station.spaces.rules import Box, Layout
from innovation_station.timespan import Span
from tests.conftest import NOW, TUESDAY, ZONE, Small, at

NINE = at(TUESDAY, "09:00", "10:00")
TWO = (NewPart("Östra scenen", 30), NewPart("Västra scenen", 30))


def who(small: Small, name: str = "alva") -> Member:
    return db.session.get_one(Member, small.people[name])


def reserve(small: Small, space: int, span: Span = NINE, name: str = "alva", **more: object) -> Booking:
    with transaction():
        return service.reserve(who(small, name), space, span, now=NOW, zone=ZONE, **more)  # type: ignore[arg-type]


def divide(small: Small, *parts: int, new: tuple[NewPart, ...] = ()) -> tuple[int, ...]:
    with transaction():
        dividing.divide(who(small, "admin"), small.hall, parts, new=new, now=NOW, zone=ZONE)
    return house().places[small.hall].parts


def link(small: Small, space: int, *others: int) -> None:
    with transaction():
        dividing.link(who(small, "admin"), space, others, now=NOW, zone=ZONE)


def taken() -> dict[int, list[Span]]:
    found = defaultdict(list)
    for row in db.session.scalars(select(Allocation).order_by(Allocation.start)):
        found[row.space_id].append(Span(row.start, row.end))
    return dict(found)


def codes(error: pytest.ExceptionInfo[DomainError]) -> list[str]:
    return [refusal.code for refusal in error.value.refusals]


def test_what_is_booked_held_and_shut_follows_to_the_parts_and_back(context: None, small: Small) -> None:
    running = at(NOW.astimezone(ZONE).date(), "08:00", "12:00")
    later, shut = at(TUESDAY, "12:00", "13:00"), at(TUESDAY, "14:00", "16:00")
    reserve(small, small.hall, running)
    reserve(small, small.hall)
    with transaction():
        service.hold(small.people["bo"], small.hall, later, until=NOW + timedelta(hours=1), now=NOW, zone=ZONE)
        service.close(shut, reasons=("Städning", "Cleaning"), now=NOW, zone=ZONE, space_id=small.hall)
    before = taken()
    one, other = divide(small, new=TWO)
    assert taken() == {one: before[small.hall], other: before[small.hall]}
    places = house().places
    assert places[small.hall].box.holds(places[one].box) and places[small.hall].box.holds(places[other].box)
    assert places[one].hours == places[small.hall].hours and places[one].kind == "hall"
    with pytest.raises(Conflict):
        reserve(small, one, name="bo")
    assert divide(small) == ()
    assert taken() == before
    assert not house().places[one].bookable and house().gone == {one, other}
    assert divide(small, one, other) == (one, other)  # and again, by the same places
    assert house().places[one].bookable and house().gone == frozenset()
    (entry, *_rest) = audit.about("space", small.hall, limit=5)
    assert entry.action == "space.divided" and entry.after["parts"] == [TWO[0].name, TWO[1].name]


def test_the_house_shut_shuts_new_parts_too(context: None, small: Small) -> None:
    shut = at(TUESDAY, "14:00", "16:00")
    with transaction():
        service.close(at(TUESDAY, "13:00", "15:00"), reasons=("a", "b"), now=NOW, zone=ZONE, space_id=small.hall)
        service.close(shut, reasons=("Städning", "Cleaning"), now=NOW, zone=ZONE)
    one, other = divide(small, new=TWO)
    assert taken()[one] == taken()[other] == [at(TUESDAY, "13:00", "15:00"), at(TUESDAY, "15:00", "16:00")]
    assert small.hall not in taken()
    divide(small)
    assert taken()[small.hall] == [at(TUESDAY, "13:00", "15:00"), at(TUESDAY, "15:00", "16:00")]


def test_what_collides_is_named_and_nothing_is_changed(context: None, small: Small) -> None:
    """Two rooms become parts of the hall while both are booked at once with it."""
    reserve(small, small.hall)
    reserve(small, small.booth, at(TUESDAY, "09:30", "10:00"), "bo")
    before, revision = taken(), house().revision
    with pytest.raises(Conflict) as error:
        divide(small, small.booth, small.room)
    assert codes(error) == ["parts-hit"]
    assert {error.value.refusals[0].values[side] for side in ("one", "other")} == {"Scenen", "Bås 1"}
    assert (taken(), house().revision) == (before, revision)


def test_a_part_that_is_booked_stays_a_part(context: None, small: Small) -> None:
    one, other = divide(small, new=TWO)
    mine = reserve(small, one)
    with pytest.raises(Conflict) as error:
        divide(small)
    assert codes(error) == ["part-booked"] and error.value.refusals[0].values["bookings"] == [mine.id]
    with transaction():
        service.cancel(who(small), mine.id, now=NOW)
    assert divide(small) == ()
    with pytest.raises(Refused) as refused:
        reserve(small, other)
    assert codes(refused) == ["not-bookable"]


def test_linking_refuses_what_is_booked_at_once(context: None, small: Small) -> None:
    reserve(small, small.room)
    reserve(small, small.booth, name="bo")
    with pytest.raises(Conflict) as error:
        link(small, small.room, small.booth)
    assert codes(error) == ["parts-hit"]
    reserve(small, small.hall, at(TUESDAY, "12:00", "13:00"))
    link(small, small.room, small.hall)
    assert taken()[small.room] == [NINE, at(TUESDAY, "12:00", "13:00")]
    link(small, small.room)
    assert taken() == {small.room: [NINE], small.booth: [NINE], small.hall: [at(TUESDAY, "12:00", "13:00")]}


@pytest.mark.parametrize(
    ("parts", "code"),
    [((NewPart("Hela", 5),), "parts-count"), ((NewPart("A1", 5), NewPart("B", 5)), "space-name-taken"),
     ((NewPart(" ", 5), NewPart("B", 5)), "space-name")],
)  # fmt: skip
def test_parts_that_cannot_be(context: None, small: Small, parts: tuple[NewPart, ...], code: str) -> None:
    with pytest.raises(Refused) as error:
        divide(small, new=parts)
    assert codes(error) == [code]


def test_a_place_is_not_linked_with_its_own_part_nor_made_whole_over_a_divided_one(context: None, small: Small) -> None:
    one, _other = divide(small, new=TWO)
    with pytest.raises(Refused) as error:
        link(small, small.hall, one)
    assert codes(error) == ["link-inside"]
    with transaction():
        dividing.divide(
            who(small, "admin"), one, (), new=(NewPart("a", 1), NewPart("b", 2)), now=NOW, zone=ZONE
        )  # fmt: skip
    with pytest.raises(Refused) as error:
        divide(small)
    assert codes(error) == ["part-divided"]


@pytest.mark.parametrize("box", [Box(16, 306, 276, 178), Box(0, 0, 100, 300), Box(10, 10, 12, 12)])
def test_parts_lie_side_by_side_within_the_whole(box: Box) -> None:
    for count in (2, 3, 6):
        boxes = box.divided(count)
        assert all(box.holds(part) and part.w > 0 and part.h > 0 for part in boxes)
        for one, other in pairwise(boxes):
            assert one.x + one.w <= other.x or one.y + one.h <= other.y


def test_another_layout_takes_other_minutes_before(context: None, small: Small) -> None:
    with transaction():
        spaces.set_layouts(db.session.get_one(Space, small.hall), [Layout("theatre", 60), Layout("islands", 32, 45)])
    mine = reserve(small, small.hall, people=20, layout="theatre")
    reserve(small, small.hall, at(TUESDAY, "08:00", "08:30"), "bo")

    def move(furnished: Furnished) -> Booking:
        with transaction():
            return service.move(who(small), mine.id, space_id=small.hall, span=NINE, now=NOW, zone=ZONE, furnished=furnished)  # fmt: skip

    with pytest.raises(Conflict) as error:
        move(Furnished(20, "islands"))
    assert codes(error) == ["too-close"]
    with pytest.raises(Refused) as refused:
        move(Furnished(61, "theatre"))
    assert codes(refused) == ["too-small"]
    with transaction():
        dividing.furnish(who(small, "admin"), small.hall, [Layout("theatre", 60), Layout("islands", 32, 15)], now=NOW)
    moved = move(Furnished(30, "islands"))
    assert (moved.people, moved.layout, moved.setup) == (30, "islands", 15)
    assert Span(NINE.start - timedelta(minutes=15), NINE.end) in taken()[small.hall]
    sequence = moved.sequence
    assert move(Furnished(31, "islands")).sequence == sequence  # no calendar need notice


# -- whatever happens, no room is taken twice ----------------------------------------------------------------------------


class Model:
    """The smallest rooms, and who is in each of them when; told by brute force, minute by minute."""

    def __init__(self) -> None:
        self.parts: dict[int, tuple[int, ...]] = {}
        self.once: dict[int, tuple[int, ...]] = {}  # what a space was divided into before it was made whole
        self.links: set[frozenset[int]] = set()
        self.booked: dict[int, tuple[int, Span]] = {}

    def rooms(self, space: int) -> set[int]:
        found, own = set(), self.leaves(space)
        for pair in self.links:
            if space in pair:
                found |= self.leaves(next(iter(pair - {space})))
        return own | found

    def leaves(self, space: int) -> set[int]:
        return set().union(*map(self.leaves, self.parts[space])) if self.parts.get(space) else {space}

    def fits(self, space: int, span: Span, without: int | None = None) -> bool:
        return all(
            not (self.rooms(space) & self.rooms(other)) or not held.overlaps(span)
            for key, (other, held) in self.booked.items()
            if key != without
        )

    def holds_together(self) -> bool:
        """Tell whether no two bookings are in one room at once."""
        rows = list(self.booked.values())
        return all(
            not (self.rooms(one) & self.rooms(other)) or not span.overlaps(held)
            for index, (one, span) in enumerate(rows)
            for other, held in rows[:index]
        )

    def allocations(self) -> dict[int, list[Span]]:
        found = defaultdict(list)
        for space, span in self.booked.values():
            for room in self.rooms(space):
                found[room].append(span)
        return {room: sorted(spans) for room, spans in found.items()}


@pytest.mark.parametrize("seed", range(3))
def test_whatever_is_booked_moved_divided_and_linked_no_room_is_taken_twice(
    context: Flask, small: Small, seed: int
) -> None:
    rng, model = Random(seed), Model()
    parts = divide(small, new=TWO)
    model.parts[small.hall] = parts
    with transaction():
        dividing.divide(who(small, "admin"), parts[0], (), new=(NewPart("a", 1), NewPart("b", 1)), now=NOW, zone=ZONE)
    deepest = model.parts[parts[0]] = model.once[parts[0]] = house().places[parts[0]].parts
    everything = [small.hall, *parts, *deepest, small.room, small.booth]
    granted = refused = 0
    for _step in range(120):
        space, begins = rng.choice(everything), 32 + rng.randrange(36)
        ends = min(begins + rng.choice((2, 4, 8)), 72)
        span = at(TUESDAY, f"{begins // 4:02}:{begins % 4 * 15:02}", f"{ends // 4:02}:{ends % 4 * 15:02}")
        deed = rng.choice(("book", "book", "book", "move", "cancel", "link", "divide"))
        key = rng.choice(list(model.booked)) if model.booked else 0
        done = _do(deed, small, model, space, span, key, rng)
        granted, refused = granted + bool(done), refused + (done is False)
        assert model.holds_together()
        assert {room: sorted(spans) for room, spans in taken().items()} == model.allocations(), (deed, seed)
    assert granted > 15 and refused > 10


def _do(deed: str, small: Small, model: Model, space: int, span: Span, key: int, rng: Random) -> bool | None:
    """Do one thing to the house and to the model; tell whether both granted it. None: nothing to be done."""
    if deed in ("move", "cancel") and not key:
        return None
    if deed == "cancel":
        with transaction():
            service.cancel(who(small), key, now=NOW)
        del model.booked[key]
        return None
    if deed == "book":
        wanted = model.fits(space, span) and house().places[space].bookable
        found = _granted(lambda: service.reserve(who(small), space, span, now=NOW, zone=ZONE))
        if (space, span) in model.booked.values():
            return None  # the same again is the same booking
        assert (found is not None) == wanted
        if found:
            model.booked[found.id] = (space, span)
        return wanted
    if deed == "move":
        wanted = model.fits(space, span, without=key) and house().places[space].bookable
        same = model.booked[key] == (space, span)
        found = _granted(lambda: service.move(who(small), key, space_id=space, span=span, now=NOW, zone=ZONE))
        assert (found is not None) == (wanted or same)
        if found:
            model.booked[key] = (space, span)
        return wanted
    return _rearrange(deed, small, model, rng)


def _rearrange(deed: str, small: Small, model: Model, rng: Random) -> bool:
    trial = Model()
    trial.parts, trial.links, trial.booked = dict(model.parts), set(model.links), model.booked
    if deed == "link":
        other = rng.choice((small.booth, small.hall, None))
        trial.links = {frozenset((small.room, other))} if other else set()
        wanted = trial.holds_together()
        done = _granted(
            lambda: dividing.link(who(small, "admin"), small.room, [other] if other else [], now=NOW, zone=ZONE) or True
        )
    else:
        whole = next(space for space, parts in model.parts.items() if space != small.hall)
        kept = () if model.parts[whole] else model.once[whole]
        trial.parts[whole] = kept
        dropped = set(model.parts[whole]) - set(kept)
        wanted = trial.holds_together() and not any(space in dropped for space, _span in model.booked.values())
        done = _granted(lambda: dividing.divide(who(small, "admin"), whole, kept, now=NOW, zone=ZONE) or True)
    assert (done is not None) == wanted
    if wanted:
        model.parts, model.links = trial.parts, trial.links
    return wanted


def _granted(do: Callable[[], Any]) -> Any:
    try:
        with transaction():
            return do()
    except DomainError:
        db.session.expire_all()
        return None
