"""What a booking takes beside its own time and place: buffers, parts of a divided space, linked rooms, time held."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from innovation_station.bookings import queries, service, wish_queries
from innovation_station.bookings.models import Allocation, Booking, SpaceHold
from innovation_station.bookings.offers import alternatives_for
from innovation_station.bookings.rules import Wish
from innovation_station.db import db, transaction
from innovation_station.errors import Conflict, DomainError, Refused
from innovation_station.members.models import Member
from innovation_station.spaces import service as spaces
from innovation_station.spaces.models import Floor, Space
from innovation_station.spaces.queries import house
from innovation_station.spaces.rules import Box, Layout, occupancy
from innovation_station.timespan import Span
from tests.conftest import NOW, TUESDAY, ZONE, Small, at

NINE = at(TUESDAY, "09:00", "10:00")
MINUTE = timedelta(minutes=1)


def who(small: Small, name: str = "alva") -> Member:
    return db.session.get_one(Member, small.people[name])


def reserve(small: Small, space: int, span: Span = NINE, name: str = "alva", **more: object) -> Booking:
    with transaction():
        return service.reserve(who(small, name), space, span, now=NOW, zone=ZONE, **more)  # type: ignore[arg-type]


def codes(error: pytest.ExceptionInfo[DomainError]) -> list[str]:
    return [refusal.code for refusal in error.value.refusals]


def taken_by_space() -> dict[int, list[Span]]:
    found: dict[int, list[Span]] = defaultdict(list)
    for row in db.session.scalars(select(Allocation).order_by(Allocation.start)):
        found[row.space_id].append(Span(row.start, row.end))
    return dict(found)


def divide(small: Small) -> tuple[int, int]:
    """Divide the hall in two."""
    with transaction():
        hall = db.session.get_one(Space, small.hall)
        floor = db.session.get_one(Floor, hall.floor_id)
        parts = [
            spaces.add_space(
                floor=floor, kind="hall", name=name, box=Box(hall.x, hall.y, hall.w // 2, hall.h), capacity=20
            )
            for name in ("Del A", "Del B")
        ]
        spaces.set_parts(hall, parts)
        return parts[0].id, parts[1].id


@pytest.mark.parametrize(
    ("parts", "links", "takes", "touches"),
    [
        ({}, [], {1: {1}, 2: {2}, 3: {3}}, {1: (1,), 2: (2,), 3: (3,)}),
        ({1: [2, 3]}, [], {1: {2, 3}, 2: {2}, 3: {3}}, {1: (1, 2, 3), 2: (1, 2), 3: (1, 3)}),
        ({}, [(1, 2)], {1: {1, 2}, 2: {1, 2}, 3: {3}}, {1: (1, 2), 2: (1, 2), 3: (3,)}),
        ({1: [2, 4], 4: [5, 6]}, [], {1: {2, 5, 6}, 4: {5, 6}, 5: {5}}, {1: (1, 2, 4, 5, 6), 5: (1, 4, 5)}),
        ({1: [2, 3]}, [(1, 4)], {1: {2, 3, 4}, 4: {2, 3, 4}, 2: {2}}, {2: (1, 2, 4)}),
    ],
)
def test_occupancy(
    parts: dict[int, list[int]], links: list[tuple[int, int]], takes: dict[int, set[int]],
    touches: dict[int, tuple[int, ...]],
) -> None:  # fmt: skip
    found = occupancy(range(1, 7), parts, links)
    assert {space_id: set(found[space_id][0]) for space_id in takes} == takes
    assert {space_id: found[space_id][1] for space_id in touches} == touches


def test_a_divided_hall_takes_its_parts_and_its_parts_take_it(context: None, small: Small) -> None:
    one, other = divide(small)
    before = {space.id: space.revision for space in db.session.scalars(select(Space))}
    booking = reserve(small, small.hall)
    assert taken_by_space() == {one: [NINE], other: [NINE]}
    for space in (one, other, small.hall):
        with pytest.raises(Conflict) as error:
            reserve(small, space, name="bo")
        assert codes(error) == ["taken"]
    db.session.expire_all()
    stamped = {s.id for s in db.session.scalars(select(Space)) if s.revision > before[s.id]}
    assert {small.hall, one, other} <= stamped and small.a1 not in stamped
    with transaction():
        service.cancel(who(small), booking.id, now=NOW)
    assert taken_by_space() == {}
    reserve(small, one)
    reserve(small, other, name="bo")
    with pytest.raises(Conflict):
        reserve(small, small.hall, name="host")


def test_pages_show_a_whole_by_its_parts_and_a_booking_once(context: None, small: Small) -> None:
    one, other = divide(small)
    booking = reserve(small, small.hall)
    day = at(TUESDAY, "00:00", "23:59")
    rows = queries.taken(day, house())
    assert sorted((row.space_id, row.booking_id, row.booked_id) for row in rows) == [
        (space, booking.id, small.hall) for space in sorted((small.hall, one, other))
    ]
    assert [row.space_id for row in queries.taken(day, house(), {small.hall})] == [small.hall]
    assert queries.busy_spaces([NINE], ["hall"], house()) == {0: 3}
    with transaction():
        service.move(who(small), booking.id, space_id=one, span=NINE, now=NOW, zone=ZONE)
    assert {row.space_id for row in queries.taken(day, house())} == {small.hall, one}
    assert queries.busy_spaces([NINE], ["hall"], house()) == {0: 2}


def test_the_other_part_is_offered_where_one_is_taken(context: None, small: Small) -> None:
    one, other = divide(small)
    reserve(small, one, name="bo")
    known = house()
    wish = Wish(known.places[one], NINE)
    found = alternatives_for(known, who(small), small.people["alva"], wish, service.moment(NOW, ZONE, known))
    assert other in {way.place.id for way in found}
    assert small.hall not in {way.place.id for way in found}


def test_linked_rooms_are_never_booked_together(context: None, small: Small) -> None:
    with transaction():
        spaces.set_links(db.session.get_one(Space, small.room), [db.session.get_one(Space, small.booth)])
    reserve(small, small.room)
    with pytest.raises(Conflict):
        reserve(small, small.booth, at(TUESDAY, "09:30", "10:00"), name="bo")
    assert taken_by_space() == {small.room: [NINE], small.booth: [NINE]}


def test_a_buffer_is_part_of_what_is_taken(context: None, small: Small) -> None:
    with transaction():
        spaces.set_policy(space=db.session.get_one(Space, small.room), setup=15, clearing=30)
    booking = reserve(small, small.room)
    assert taken_by_space()[small.room] == [Span(NINE.start - 15 * MINUTE, NINE.end + 30 * MINUTE)]
    assert booking.takes == Span(NINE.start - 15 * MINUTE, NINE.end + 30 * MINUTE)
    with pytest.raises(Conflict) as error:
        reserve(small, small.room, at(TUESDAY, "10:30", "11:00"), name="bo")
    assert codes(error) == ["too-close"]
    reserve(small, small.room, at(TUESDAY, "10:45", "11:00"), name="bo")
    known = house()
    found = alternatives_for(
        known, who(small), small.people["alva"], Wish(known.places[small.room], NINE), service.moment(NOW, ZONE, known)
    )
    assert found
    with transaction():  # the rules of the day it was made on stay with a booking until it is moved
        spaces.set_policy(space=db.session.get_one(Space, small.room), setup=0, clearing=0)
    with transaction():
        service.move(who(small), booking.id, space_id=small.room, span=NINE, now=NOW, zone=ZONE, title="Ny")
    assert taken_by_space()[small.room][0].start == NINE.start - 15 * MINUTE


def test_a_layout_sets_seats_and_changeover(context: None, small: Small) -> None:
    with transaction():
        hall = db.session.get_one(Space, small.hall)
        spaces.set_layouts(hall, [Layout("theatre", 60, 30), Layout("islands", 24, 45)])
    with pytest.raises(Refused) as error:
        reserve(small, small.hall, people=30, layout="islands")
    assert codes(error) == ["too-small"]
    with pytest.raises(Refused) as error:
        reserve(small, small.hall, layout="boardroom")
    assert codes(error) == ["layout-unknown"]
    reserve(small, small.hall, people=30, layout="theatre")
    assert taken_by_space()[small.hall] == [Span(NINE.start - 30 * MINUTE, NINE.end)]


def test_what_is_held_is_for_one_member(context: None, small: Small) -> None:
    with transaction():
        service.hold(small.people["bo"], small.room, NINE, until=NOW + 20 * MINUTE, now=NOW, zone=ZONE)
    with pytest.raises(Conflict) as error:
        reserve(small, small.room)
    assert codes(error) == ["held"]
    with pytest.raises(Conflict), transaction():
        service.hold(small.people["alva"], small.room, NINE, until=NOW + 20 * MINUTE, now=NOW, zone=ZONE)
    booking = reserve(small, small.room, name="bo")
    assert db.session.scalar(select(SpaceHold)) is None
    assert [held.booking_id for held in wish_queries.held(NINE, [small.room])] == [booking.id]


def test_a_hold_that_is_released_or_closed_over_frees_its_time(context: None, small: Small) -> None:
    with transaction():
        kept = service.hold(small.people["bo"], small.room, NINE, until=NOW + 20 * MINUTE, now=NOW, zone=ZONE).id
    for _twice in range(2):
        with transaction():
            service.release(kept)
    assert taken_by_space() == {}
    with transaction():
        service.hold(small.people["bo"], small.room, NINE, until=NOW + 20 * MINUTE, now=NOW, zone=ZONE)
    with transaction():
        service.close(NINE, reasons=("Städning", "Cleaning"), now=NOW, zone=ZONE, space_id=small.room)
    assert db.session.scalar(select(SpaceHold)) is None


def test_a_request_holds_the_time_until_it_is_answered(context: None, small: Small) -> None:
    with transaction():
        spaces.set_policy(space=db.session.get_one(Space, small.hall), approval=48 * 60)
    booking = reserve(small, small.hall)
    assert (booking.state, booking.answer_by) == ("requested", NINE.start)
    with pytest.raises(Conflict):
        reserve(small, small.hall, name="bo")
    asked_by_staff = reserve(small, small.hall, at(TUESDAY, "12:00", "13:00"), name="host")
    assert asked_by_staff.state == "confirmed"


def test_who_is_late_may_not_cancel(context: None, small: Small) -> None:
    with transaction():
        spaces.set_policy(space=db.session.get_one(Space, small.hall), cancel_by=24 * 60)
    booking = reserve(small, small.hall)
    with transaction():
        service.cancel(who(small), booking.id, now=NOW + 5 * MINUTE)  # just booked: a slip may be taken back
    booking = reserve(small, small.hall)
    with pytest.raises(Refused) as error, transaction():
        service.cancel(who(small), booking.id, now=NINE.start - 60 * MINUTE)
    assert codes(error) == ["cancel-late"]
    with transaction():
        service.cancel(who(small, "host"), booking.id, now=NINE.start - 60 * MINUTE)
    assert booking.cancelled


def test_a_place_by_whole_days_is_booked_as_long_as_it_is_open(context: Flask, small: Small) -> None:
    with transaction():
        spaces.set_policy(space=db.session.get_one(Space, small.a1), granularity=24 * 60)
    with pytest.raises(Refused) as error:
        reserve(small, small.a1)
    assert codes(error) == ["whole-days"]
    reserve(small, small.a1, at(TUESDAY, "08:00", "18:00"))
