"""Which place is the best, and which times come nearest: tables, and what must hold for any house."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

import pytest

from innovation_station.bookings.rules import Held, Moment, Wish, local_span, refusals
from innovation_station.finding.rules import (
    MOST_DAYS,
    MOST_REFUSED,
    Company,
    Finder,
    Found,
    Hit,
    Known,
    Minutes,
    Search,
    Taken,
    ranked,
    usual_kit,
)
from innovation_station.spaces.rules import Box, Layout, Place, Policy, at_minute
from innovation_station.timespan import Span
from tests.conftest import MONDAY, NOW, TUESDAY, ZONE

WEEK = dict.fromkeys(range(5), (8 * 60, 18 * 60))
WEDNESDAY = TUESDAY + timedelta(days=1)
MOMENT = Moment(NOW, ZONE, {})
ROOM = frozenset({"room", "hall", "booth"})


def place(number: int, kind: str = "room", **more: Any) -> Place:
    given: dict[str, Any] = {
        "id": number, "floor_id": 1, "zone_id": 1, "kind": kind, "name": f"R{number}", "capacity": 8,
        "box": Box(number * 300, 0, 50, 50), "amenities": frozenset(), "furniture": (), "photo": None, "bookable": True,
        "policy": Policy(), "hours": WEEK, **more,
    }  # fmt: skip
    return Place(**given)


def taken(*rows: tuple[int, date, str, str]) -> list[tuple[int, datetime, datetime]]:
    spans = [(space, local_span(day, minute(start), minute(end), ZONE)) for space, day, start, end in rows]
    return sorted(((space, span.start, span.end) for space, span in spans), key=lambda row: row[1])


def minute(clock: str) -> int:
    return int(clock[:2]) * 60 + int(clock[3:])


def search(**more: Any) -> Search:
    given: dict[str, Any] = {"days": (TUESDAY,), "between": (13 * 60, 14 * 60), "length": 60, "kinds": ROOM, **more}
    return Search(**given)


def find(
    asked: Search,
    places: Sequence[Place],
    rows: Sequence[tuple[int, datetime, datetime]] = (),
    known: Known = Known(),  # noqa: B008  frozen
    others: Sequence[date] = (),
    own: dict[date, list[Minutes]] | None = None,
    barred: dict[date, list[int]] | None = None,
    moment: Moment = MOMENT,
    grant: Callable[[Hit], bool] | None = None,
) -> Found:
    days = sorted({*asked.days, *others})

    def granted(hit: Hit) -> bool:
        span = local_span(hit.day, hit.start, hit.end, ZONE)
        held = [Held(one, Span(start, end), 1) for one, start, end in rows if one in hit.place.takes]
        layout = asked.layout if hit.place.layout(asked.layout) else None
        assert refusals(Wish(hit.place, span, asked.people, layout), moment, held) == [], hit
        return True

    finder = Finder(
        asked, places, Taken(rows, days, ZONE), moment, known, grant=grant or granted, own=own or {}, others=others,
        barred=lambda day: (barred or {}).get(day, ()), on=lambda _day: {place.id: place for place in places},
    )  # fmt: skip
    return finder.find()


def told(hits: Sequence[Hit]) -> list[tuple[Any, ...]]:
    return [
        (hit.place.name, hit.day.day, f"{hit.start // 60:02}:{hit.start % 60:02}", hit.end - hit.start)
        + ((hit.miss.kind, hit.miss.by or hit.miss.amenity) if hit.miss else ())
        for hit in hits
    ]


# -- any free place ------------------------------------------------------------------------------------------------------


def desks(*more: dict[str, Any]) -> list[Place]:
    return [place(number, "desk", **given) for number, given in enumerate(more, 1)]


@pytest.mark.parametrize(
    ("known", "company", "best", "why"),
    [
        (Known(), Company(), 1, "quiet"),
        (Known(favourites=frozenset({3})), Company(), 3, "favourite"),
        (Known(favourites=frozenset({2, 3}), used={3: 1, 1: 9}), Company(), 3, "favourite"),
        (Known(used={1: 2, 2: 5}), Company(), 2, "often"),
        (Known(used={2: 1}, favourites=frozenset({1}), needs=frozenset({"quiet"})), Company(), 3, "suits"),
        (Known(usual=frozenset({"screen"})), Company(), 2, "suits"),
        (Known(), Company(colleagues=(place(3, "desk"),), everybody=(place(3, "desk"),)), 3, "near"),
        (Known(), Company(everybody=(place(1, "desk"), place(2, "desk"))), 3, "quiet"),
        (Known(), Company(everybody=tuple(place(n, "desk") for n in (1, 2, 3))), 1, "free"),
        (Known(), Company(everybody=(place(1, "desk", floor_id=2),)), 1, "quiet"),
    ],
)
def test_the_best_of_a_pool_and_why(known: Known, company: Company, best: int, why: str) -> None:
    pool = desks({}, {"amenities": frozenset({"screen"})}, {"amenities": frozenset({"quiet"})})
    assert next((one.id, said) for one, said in ranked(pool, known, company)) == (best, why)


def test_a_pool_is_ordered_whole_and_the_same_each_time() -> None:
    rng, pool = Random(5), [place(number, "desk") for number in range(20)]
    known = Known(frozenset({4, 7}), {7: 3, 9: 2}, frozenset(), frozenset())
    order = [one.id for one, _why in ranked(pool, known, Company())]
    assert order[:3] == [7, 4, 9] and sorted(order) == list(range(20))
    for _again in range(5):
        shuffled = rng.sample(pool, len(pool))
        assert [one.id for one, _why in ranked(shuffled, known, Company())][:3] == order[:3]


def test_usual_kit_is_what_most_of_the_used_places_had() -> None:
    places = {1: place(1, amenities=frozenset({"screen", "quiet"})), 2: place(2, amenities=frozenset({"screen"}))}
    assert usual_kit({1: 1, 2: 2, 99: 1}, places) == {"screen"}
    assert usual_kit({}, places) == frozenset()


# -- a time --------------------------------------------------------------------------------------------------------------


def test_exact_answers_come_first_and_the_best_fit_first_among_them() -> None:
    rooms = [place(1, capacity=60), place(2, capacity=8), place(3, capacity=12), place(4, capacity=4)]
    found = find(search(people=6), rooms)
    assert told(found.exact) == [("R2", 24, "13:00", 60), ("R3", 24, "13:00", 60), ("R1", 24, "13:00", 60)]
    assert [(small.name, missing) for small, missing in found.small] == [("R4", 2)]


def test_each_day_has_its_best_before_any_has_its_second() -> None:
    rooms = [place(1, capacity=6), place(2, capacity=8)]
    found = find(search(people=6, days=(MONDAY, TUESDAY)), rooms)
    assert [(hit.place.name, hit.day) for hit in found.exact] == [
        ("R1", MONDAY), ("R1", TUESDAY), ("R2", MONDAY), ("R2", TUESDAY),
    ]  # fmt: skip


def test_each_gap_gives_its_first_stretch() -> None:
    rows = taken((1, TUESDAY, "13:30", "14:05"), (1, TUESDAY, "15:30", "16:00"))
    found = find(search(between=(13 * 60, 18 * 60)), [place(1)], rows)
    assert told(found.exact) == [("R1", 24, "14:15", 60), ("R1", 24, "16:00", 60)]


@pytest.mark.parametrize(
    ("rows", "more", "near"),
    [
        ([(1, TUESDAY, "13:45", "15:00")], {}, ("R1", 24, "12:45", 60, "earlier", 15)),
        ([(1, TUESDAY, "11:00", "13:30")], {}, ("R1", 24, "13:30", 60, "later", 30)),
        ([(1, TUESDAY, "08:00", "18:00")], {}, ("R1", 25, "13:00", 60, "other-day", 1)),
        ([(1, TUESDAY, "12:00", "13:30"), (1, TUESDAY, "14:00", "16:00")], {}, ("R1", 24, "13:30", 30, "shorter", 30)),
        ([(1, TUESDAY, "08:00", "18:00")], {"space": 1}, ("R2", 24, "13:00", 60, "elsewhere", "")),
        (
            [(1, TUESDAY, "08:00", "18:00")],
            {"kit": frozenset({"screen"})},
            ("R3", 24, "13:00", 60, "without", "screen"),
        ),
    ],
)
def test_what_comes_near_is_said(
    rows: list[tuple[int, date, str, str]], more: dict[str, Any], near: tuple[Any, ...]
) -> None:
    first = place(1, amenities=frozenset({"screen"}))
    rooms = [first]
    if "space" in more:
        rooms.append(place(2))
    if "kit" in more:
        rooms.append(place(3))
    others = (WEDNESDAY,) if near[4] == "other-day" else ()
    found = find(search(**more), rooms, taken(*rows), others=others)
    assert near in told(found.near)
    assert (1, TUESDAY) not in {(hit.place.id, hit.day) for hit in found.exact}


def test_near_misses_are_ordered_and_mixed() -> None:
    """The nearest first, a few of each kind, and one of each kind a room."""
    rooms = [place(number) for number in range(1, 9)]
    rows = taken(*((number, TUESDAY, "13:15", "14:15") for number in range(1, 9)))
    found = find(search(), rooms, rows, others=(MONDAY, WEDNESDAY))
    kinds = [hit.miss.kind for hit in found.near if hit.miss]
    assert not found.exact and kinds.count("earlier") <= 3 and kinds.count("other-day") <= 3
    costs = [hit.miss.cost for hit in found.near if hit.miss]
    assert costs == sorted(costs) and len({(hit.miss.kind, hit.place.id) for hit in found.near if hit.miss}) == len(
        kinds
    )


def test_a_place_that_is_booked_by_whole_days_is_found_whatever_hours_are_asked_for() -> None:
    whole = place(1, policy=Policy(granularity=1440, longest=1440), hours={1: (7 * 60, 19 * 60)})
    found = find(search(between=(8 * 60, 18 * 60)), [whole], [])
    assert told(found.exact) == [("R1", 24, "07:00", 720)]


def test_where_everything_is_refused_not_everything_is_asked_about() -> None:
    asked: list[Hit] = []

    def grant(hit: Hit) -> bool:
        asked.append(hit)
        return False

    days = tuple(TUESDAY + timedelta(days=ahead) for ahead in range(4))
    find(search(days=days, between=(8 * 60, 18 * 60), length=15), [place(n) for n in range(1, 200)], [], grant=grant)
    assert len(asked) < 4 * MOST_REFUSED


@pytest.mark.parametrize(
    ("given", "hits"),
    [
        ({"policy": Policy(setup=15, clearing=30)}, [("R1", 24, "14:45", 60)]),
        ({"layouts": (Layout("islands", 8, 45),)}, [("R1", 24, "15:15", 60)]),
        ({"hours": {1: (8 * 60, 15 * 60)}}, []),
        ({"policy": Policy(longest=30)}, []),
        ({"policy": Policy(shortest=90)}, [("R1", 24, "14:30", 90)]),
        ({"policy": Policy(granularity=30)}, [("R1", 24, "14:30", 60)]),
        ({"policy": Policy(granularity=1440)}, []),
        ({"policy": Policy(horizon=0)}, []),
        ({"bookable": False}, []),
        ({"kind": "desk"}, []),
        ({"hours": {}}, []),
    ],
)
def test_rules_of_the_place_are_kept(given: dict[str, Any], hits: list[tuple[Any, ...]]) -> None:
    layout = "islands" if "layouts" in given else None
    rows = taken((1, TUESDAY, "12:00", "14:30"))
    found = find(search(between=(13 * 60, 17 * 60), layout=layout), [place(1, **given)], rows)
    assert told(found.exact) == hits


def test_what_is_not_for_the_member_and_what_they_have_themselves_is_left_out() -> None:
    both = [place(1), place(2)]
    assert [hit.place.id for hit in find(search(), both, barred={TUESDAY: [1]}).exact] == [2]
    assert find(search(), both, own={TUESDAY: [(13 * 60 + 30, 15 * 60)]}).exact == ()
    assert find(search(days=(MONDAY,), between=(8 * 60, 9 * 60), length=30), [place(1)]).exact[0].start == 8 * 60
    late = replace(MOMENT, now=at_minute(MONDAY, 8 * 60 + 20, ZONE))
    assert told(find(search(days=(MONDAY,), between=(8 * 60, 9 * 60), length=30), [place(1)], moment=late).exact) == [
        ("R1", 23, "08:15", 30)
    ]
    assert find(search(), both, moment=replace(MOMENT, holidays={TUESDAY: {"sv": "x", "en": "x"}})).exact == ()


def test_a_hall_is_found_by_what_its_parts_are_taken_by() -> None:
    hall = place(1, kind="hall", takes=frozenset({2, 3}), parts=(2, 3))
    rows = taken((2, TUESDAY, "13:00", "13:30"), (3, TUESDAY, "14:00", "14:30"))
    found = find(search(between=(13 * 60, 17 * 60)), [hall, place(2, kind="hall"), place(3, kind="hall")], rows)
    assert sorted(told(found.exact)) == [("R1", 24, "14:30", 60), ("R2", 24, "13:30", 60), ("R3", 24, "13:00", 60), ("R3", 24, "14:30", 60)]  # fmt: skip


@pytest.mark.parametrize("day", [date(2027, 3, 28), date(2026, 10, 25)])
def test_days_on_which_the_clocks_change_are_looked_at_by_the_wall_clock(day: date) -> None:
    open_all = dict.fromkeys(range(7), (0, 24 * 60))
    rows = taken((1, day, "08:00", "13:00"))
    policy = Policy(horizon=1000)
    moment = replace(MOMENT, now=at_minute(day - timedelta(days=3), 480, ZONE))
    asked = search(days=(day,), between=(8 * 60, 18 * 60))
    assert told(find(asked, [place(1, hours=open_all, policy=policy)], rows, moment=moment).exact) == [("R1", day.day, "13:00", 60)]  # fmt: skip


@pytest.mark.parametrize("seed", range(12))
def test_any_house_answers_what_the_rules_grant_and_misses_nothing(seed: int) -> None:
    """Every hit is granted by the rules (see `find`), and where a place has an hour that they grant, it is found."""
    rng = Random(seed)
    rooms = [
        place(
            number, capacity=rng.choice((4, 8, 20)), amenities=frozenset(rng.sample(("screen", "video", "quiet"), 2)),
            policy=Policy(
                granularity=rng.choice((15, 30)), setup=rng.choice((0, 0, 15)), clearing=rng.choice((0, 0, 10)),
                notice=rng.choice((0, 0, 24 * 60)),
            ),
            hours=rng.choice((WEEK, {1: (10 * 60, 14 * 60), 2: (8 * 60, 18 * 60)})),
        )
        for number in range(1, 7)
    ]  # fmt: skip
    days = (MONDAY, TUESDAY, WEDNESDAY)
    rows = []
    for room in rooms:
        for day in days:
            clock = 8 * 60
            while (clock := clock + 5 * rng.randrange(0, 30)) < 17 * 60:
                length = 5 * rng.randrange(3, 30)
                rows.append((room.id, *map(lambda m, day=day: at_minute(day, m, ZONE), (clock, min(clock + length, 18 * 60)))))  # fmt: skip
                clock += length
    rows.sort(key=lambda row: row[1])
    between = rng.choice(((9 * 60, 12 * 60), (13 * 60, 15 * 60), (8 * 60, 18 * 60)))
    asked = search(days=days, between=between, length=rng.choice((30, 60)), people=rng.choice((None, 6)))
    found = find(asked, rooms, rows)
    answered = {(hit.place.id, hit.day) for hit in found.exact}
    for room in rooms:
        held = [Held(room.id, Span(start, end), 1) for space, start, end in rows if space == room.id]
        for day in days:
            possible = any(
                not refusals(Wish(room, local_span(day, start, start + asked.length, ZONE), asked.people), MOMENT, held)
                for start in range(between[0], between[1] - asked.length + 1, 15)
            )
            assert ((room.id, day) in answered) == possible or (possible and len(found.exact) == 40), (room, day)
    assert len(found.near) <= 8 and len(found.exact) <= 40


def test_a_range_is_bounded() -> None:
    assert MOST_DAYS == 31
