"""The rules of booking as tables of cases, and properties that hold for any house. No database, no app."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from innovation_station.bookings.rules import (
    Held,
    Moment,
    Wish,
    alike,
    alternatives,
    change_refusals,
    earliest_start,
    free_spans,
    may_change,
    may_see,
    preset_span,
    refusals,
    restore_refusals,
)
from innovation_station.spaces.rules import Box, Place, Policy, at_minute, open_span
from innovation_station.timespan import Span
from tests.conftest import MONDAY, NOW, TUESDAY, ZONE, at

WEEK = dict.fromkeys(range(5), (8 * 60, 18 * 60))
ALWAYS = dict.fromkeys(range(7), (0, 24 * 60))
NINE = at(TUESDAY, "09:00", "11:00")
DESK = Place(
    id=1,
    floor_id=1,
    zone_id=1,
    kind="desk",
    name="A1",
    capacity=1,
    box=Box(0, 0, 50, 48),
    amenities=frozenset(),
    furniture=(),
    photo=None,
    bookable=True,
    policy=Policy(),
    hours=WEEK,
)
ROOM = replace(DESK, id=5, kind="room", name="Hågelby", capacity=8)


def desk(number: int, **changes: object) -> Place:
    own = {"id": number, "name": f"A{number}", "box": Box(55 * number, 0, 50, 48), "takes": frozenset({number})}
    return replace(DESK, **{**own, **changes})  # type: ignore[arg-type]


def moment(now: datetime = NOW, holidays: dict[date, str] | None = None) -> Moment:
    return Moment(now, ZONE, holidays or {})


def codes(wish: Wish, when: Moment | None = None, held: tuple[Held, ...] = (), own: tuple[Held, ...] = ()) -> list[str]:
    pairs = [(one, "desk") for one in own]
    return [refusal.code for refusal in refusals(wish, when or moment(), held, pairs)]


# -- refusals ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "start", "end", "expected"),
    [
        (TUESDAY, "09:00", "11:00", []),
        (TUESDAY, "08:00", "18:00", []),
        (TUESDAY, "09:00", "09:15", []),
        (MONDAY, "08:00", "09:00", []),  # ten past eight: the running quarter
        (MONDAY, "07:45", "09:00", ["past", "closed-hours"]),
        (MONDAY, "07:00", "08:00", ["past", "closed-hours"]),
        (date(2026, 11, 20), "09:00", "11:00", ["past"]),
        (TUESDAY, "07:45", "09:00", ["closed-hours"]),
        (TUESDAY, "17:00", "18:15", ["closed-hours"]),
        (TUESDAY, "09:07", "10:00", ["off-grid"]),
        (TUESDAY, "09:00", "10:07", ["off-grid"]),
        (TUESDAY, "09:00", "09:05", ["off-grid", "too-short"]),
        (TUESDAY, "07:00", "18:00", ["too-long", "closed-hours"]),
        (date(2026, 11, 28), "09:00", "11:00", ["closed-day"]),
        (date(2026, 12, 25), "09:00", "11:00", ["holiday"]),
        (date(2027, 2, 19), "09:00", "11:00", []),
        (date(2027, 2, 22), "09:00", "11:00", ["too-far"]),
    ],
)
def test_every_reason_of_time(day: date, start: str, end: str, expected: list[str]) -> None:
    holidays = {date(2026, 12, 25): "Juldagen"}
    assert codes(Wish(DESK, at(day, start, end)), moment(holidays=holidays)) == expected


@pytest.mark.parametrize(
    ("policy", "start", "end", "expected"),
    [
        (Policy(notice=60), "09:00", "10:00", ["too-soon"]),
        (Policy(notice=60), "09:15", "10:00", []),
        (Policy(notice=20), "08:30", "09:00", []),
        (Policy(notice=21), "08:30", "09:00", ["too-soon"]),
        (Policy(granularity=30), "08:00", "09:00", []),
        (Policy(granularity=30), "09:15", "10:15", ["off-grid"]),
        (Policy(granularity=60), "08:00", "09:00", []),
        (Policy(shortest=60), "09:00", "09:45", ["too-short"]),
        (Policy(longest=120), "09:00", "11:15", ["too-long"]),
        (Policy(horizon=0), "09:00", "10:00", []),
        (Policy(granularity=30, shortest=60, longest=90), "09:15", "09:30", ["off-grid", "too-short"]),
    ],
)
def test_policies_today(policy: Policy, start: str, end: str, expected: list[str]) -> None:
    assert codes(Wish(replace(DESK, policy=policy), at(MONDAY, start, end))) == expected


def test_horizon_of_no_days_is_today_only() -> None:
    assert codes(Wish(replace(DESK, policy=Policy(horizon=0)), NINE)) == ["too-far"]


def test_all_reasons_come_at_once() -> None:
    place = replace(DESK, bookable=False, policy=Policy(shortest=240))
    held = (Held(1, NINE, 7, 9), Held(1, NINE, None))
    found = codes(Wish(place, at(TUESDAY, "07:07", "10:00")), held=held, own=(Held(2, NINE, 8, 1),))
    assert found == ["not-bookable", "off-grid", "too-short", "closed-hours", "closed-space", "taken", "own-desk"]


@pytest.mark.parametrize(
    ("span", "expected"),
    [
        (at(TUESDAY, "08:00", "09:00"), []),
        (at(TUESDAY, "11:00", "12:00"), []),
        (at(TUESDAY, "10:45", "12:00"), ["taken"]),
        (at(TUESDAY, "08:00", "18:00"), ["taken"]),
        (NINE, ["taken"]),
    ],
)
def test_taken_is_half_open(span: Span, expected: list[str]) -> None:
    assert codes(Wish(DESK, span), held=(Held(1, NINE, 7, 9),)) == expected


@pytest.mark.parametrize(
    ("place", "own", "expected"),
    [
        (DESK, Held(2, NINE, 7, 1, "A2"), ["own-desk"]),
        (DESK, Held(1, NINE, 7, 1, "A1"), []),  # the same desk: that is «taken», or the booking being moved
        (DESK, Held(2, at(TUESDAY, "11:00", "12:00"), 7, 1, "A2"), []),
        (ROOM, Held(2, NINE, 7, 1, "A2"), []),
    ],
)
def test_one_desk_at_a_time(place: Place, own: Held, expected: list[str]) -> None:
    assert codes(Wish(place, NINE), own=(own,)) == expected


def test_own_desk_is_named_and_not_numbered() -> None:
    (found,) = refusals(Wish(DESK, NINE), moment(), (), [(Held(2, NINE, 7, 1, "A2"), "desk")])
    assert found.values == {"span": NINE, "other": "A2"}


def test_room_of_ones_own_beside_a_desk_is_fine() -> None:
    assert refusals(Wish(DESK, NINE), moment(), (), [(Held(5, NINE, 7, 1), "room")]) == []


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        ((2026, 10, 24), (2026, 10, 25), []),  # 25 hours of Sunday and none of Saturday's
        ((2027, 3, 27), (2027, 3, 28), []),
    ],
)
def test_whole_days_over_the_changes_of_the_clock(
    start: tuple[int, int, int], end: tuple[int, int, int], expected: list[str]
) -> None:
    place = replace(ROOM, hours=ALWAYS, policy=Policy(longest=49 * 60))
    span = Span(at_minute(date(*start), 0, ZONE), at_minute(date(*end), 1440, ZONE))
    before = moment(datetime(start[0], start[1], 20, 8, tzinfo=UTC))
    assert codes(Wish(place, span), before) == expected
    assert codes(Wish(replace(place, policy=Policy(longest=46 * 60)), span), before) == ["too-long"]


def test_longest_is_measured_in_elapsed_time() -> None:
    place = replace(ROOM, hours=ALWAYS, policy=Policy(longest=60))
    before = moment(datetime(2026, 10, 20, 8, tzinfo=UTC))
    doubled = Span(datetime(2026, 10, 25, 0, 0, tzinfo=UTC), datetime(2026, 10, 25, 2, 0, tzinfo=UTC))  # 02.00 to 03.00
    assert codes(Wish(place, doubled), before) == ["too-long"]


# -- the earliest start -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "policy", "expected"),
    [
        ("07:10", Policy(), "07:00"),
        ("07:00", Policy(), "07:00"),
        ("07:14:59.999999", Policy(), "07:00"),
        ("07:15", Policy(), "07:15"),
        ("07:10", Policy(granularity=60), "07:00"),
        ("07:10", Policy(granularity=5), "07:10"),
        ("07:10", Policy(notice=5), "07:15"),
        ("07:10:00.000001", Policy(notice=5), "07:30"),
        ("07:10", Policy(notice=20), "07:30"),
        ("07:10", Policy(notice=21), "07:45"),
        ("07:10", Policy(notice=1440), "07:15"),
    ],
)
def test_earliest_start_is_on_the_grid(now: str, policy: Policy, expected: str) -> None:
    instant = datetime.combine(MONDAY, time.fromisoformat(now), tzinfo=UTC)
    assert f"{earliest_start(policy, moment(instant)):%H:%M}" == expected


def test_running_step_over_the_doubled_hour() -> None:
    for hour in (0, 1):  # 02.37 comes twice
        now = datetime(2026, 10, 25, hour, 37, 12, 5, tzinfo=UTC)
        assert earliest_start(Policy(), moment(now)) == now.replace(minute=30, second=0, microsecond=0)


instants = st.datetimes(datetime(2026, 10, 20), datetime(2027, 4, 5), timezones=st.just(UTC))  # noqa: DTZ001
policies = st.builds(
    Policy,
    granularity=st.sampled_from([5, 10, 15, 20, 30, 60]),
    shortest=st.sampled_from([5, 15, 30, 60]),
    longest=st.sampled_from([60, 120, 600, 1440]),
    notice=st.sampled_from([0, 0, 15, 60, 1440]),
    horizon=st.integers(0, 90),
)


@given(instants, policies)
def test_earliest_start_is_never_refused_and_a_step_earlier_always_is(now: datetime, policy: Policy) -> None:
    place = replace(ROOM, hours=ALWAYS, policy=replace(policy, horizon=90, shortest=5))
    when = moment(now)
    first, step = earliest_start(policy, when), timedelta(minutes=policy.granularity)
    assert not {"past", "too-soon", "off-grid"} & set(codes(Wish(place, Span(first, first + step)), when))
    assert {"past", "too-soon"} & set(codes(Wish(place, Span(first - step, first)), when))


# -- presets ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("preset", "day", "now", "expected"),
    [
        ("morning", TUESDAY, NOW, ("07:00", "11:00")),
        ("afternoon", TUESDAY, NOW, ("12:00", "16:00")),
        ("day", TUESDAY, NOW, ("07:00", "17:00")),
        ("morning", MONDAY, NOW, ("07:00", "11:00")),
        ("morning", MONDAY, NOW + timedelta(hours=1, minutes=7), ("08:15", "11:00")),
        ("morning", MONDAY, NOW.replace(hour=11, minute=0), None),
        ("day", MONDAY, NOW.replace(hour=16, minute=59), ("16:45", "17:00")),
        ("day", MONDAY, NOW.replace(hour=17, minute=0), None),
        ("day", date(2026, 11, 28), NOW, None),
    ],
)
def test_preset_is_what_is_left_of_it(preset: str, day: date, now: datetime, expected: tuple[str, str] | None) -> None:
    found = preset_span(preset, DESK, day, moment(now))
    assert (found and (f"{found.start:%H:%M}", f"{found.end:%H:%M}")) == expected


def test_preset_of_a_holiday_is_none() -> None:
    assert preset_span("day", DESK, TUESDAY, moment(holidays={TUESDAY: "Helgdag"})) is None


@pytest.mark.parametrize(
    ("day", "preset", "start", "end", "hours"),
    [
        (date(2026, 10, 24), "morning", "06:00", "10:00", 4),
        (date(2026, 10, 25), "morning", "07:00", "11:00", 4),
        (date(2027, 3, 27), "afternoon", "12:00", "16:00", 4),
        (date(2027, 3, 28), "afternoon", "11:00", "15:00", 4),
        (date(2026, 10, 25), "day", "22:00", "23:00", 25),
        (date(2027, 3, 28), "day", "23:00", "22:00", 23),
    ],
)
def test_presets_are_local_hours_in_the_weeks_of_the_change(
    day: date, preset: str, start: str, end: str, hours: int
) -> None:
    place = replace(DESK, hours=ALWAYS)
    span = preset_span(preset, place, day, moment(datetime(day.year, day.month, 19, 8, tzinfo=UTC)))
    assert span and (f"{span.start:%H:%M}", f"{span.end:%H:%M}", span.length) == (start, end, timedelta(hours=hours))


@given(
    st.dates(date(2026, 10, 20), date(2027, 4, 5)), instants, st.sampled_from(["morning", "afternoon", "day"]), policies
)
def test_preset_is_open_and_not_past(day: date, now: datetime, preset: str, policy: Policy) -> None:
    place = replace(DESK, policy=policy)
    span = preset_span(preset, place, day, moment(now))
    if span:
        opened = open_span(place.hours, day, ZONE, {})
        assert opened and opened.contains(span) and span.start >= earliest_start(policy, moment(now))
        assert not {"past", "too-soon", "closed-hours", "closed-day"} & set(codes(Wish(place, span), moment(now)))


# -- what is left, and what to offer ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("held", "first", "expected"),
    [
        ([], "08:00", [("08:00", "18:00")]),
        ([("09:00", "11:00")], "08:00", [("08:00", "09:00"), ("11:00", "18:00")]),
        ([("09:00", "11:00")], "10:00", [("11:00", "18:00")]),
        ([("06:00", "20:00")], "08:00", []),
        ([], "18:00", []),
    ],
)
def test_free_spans(held: list[tuple[str, str]], first: str, expected: list[tuple[str, str]]) -> None:
    opened = at(TUESDAY, "08:00", "18:00")
    found = free_spans(opened, [at(TUESDAY, *pair) for pair in held], at(TUESDAY, first, "23:00").start)
    assert found == [at(TUESDAY, *pair) for pair in expected]


def test_closed_day_has_nothing_free() -> None:
    assert free_spans(None, [], NOW) == []


def offers(
    wish: Wish, places: list[Place], held: list[Held], own: list[Held] | None = None
) -> list[tuple[str, str, str]]:
    pairs = [(one, "desk") for one in own or []]
    found = alternatives(wish, alike(wish.place, places), held, pairs, moment(), [TUESDAY, date(2026, 11, 25)])
    return [
        (a.place.name, f"{a.span.start.astimezone(ZONE):%d %H:%M}", f"{a.span.end.astimezone(ZONE):%H:%M}")
        for a in found
    ]


def test_two_neighbours_and_the_same_desk_later() -> None:
    places = [desk(n) for n in (1, 2, 3, 4)]
    assert offers(Wish(places[1], NINE), places, [Held(2, NINE, 7, 9)]) == [
        ("A1", "24 09:00", "11:00"),
        ("A3", "24 09:00", "11:00"),
        ("A2", "24 11:00", "13:00"),
    ]


def test_only_desk_is_offered_at_other_times() -> None:
    found = offers(Wish(DESK, NINE), [DESK], [Held(1, NINE, 7, 9)])
    assert found == [("A1", "24 11:00", "13:00"), ("A1", "24 16:00", "18:00"), ("A1", "25 08:00", "10:00")]


def test_full_house_offers_the_next_day() -> None:
    whole = at(TUESDAY, "08:00", "18:00")
    places = [desk(1), desk(2)]
    found = offers(Wish(places[0], NINE), places, [Held(1, whole, 7, 9), Held(2, whole, 8, 9)])
    assert found and {start[:2] for _name, start, _end in found} == {"25"}


def test_own_desk_elsewhere_is_no_reason_to_offer_a_third() -> None:
    places = [desk(1), desk(2), desk(3)]
    found = offers(Wish(places[0], NINE), places, [], own=[Held(2, NINE, 7, 1)])
    assert all(not (start.startswith("24") and start < "24 11:00") for name, start, _end in found if name != "A2")


def test_small_room_is_offered_last_and_a_desk_never() -> None:
    rooms = [replace(ROOM, id=n, name=f"R{n}", capacity=size) for n, size in ((10, 8), (11, 4), (12, 12), (13, 8))]
    found = offers(Wish(rooms[0], NINE), [*rooms, DESK], [Held(10, NINE, 7, 9)])
    assert [name for name, _start, _end in found[:2]] == ["R13", "R12"]
    assert "A1" not in {name for name, _start, _end in found}


def quarters(day: int, start: int, length: int) -> Span:
    begin = at_minute(TUESDAY + timedelta(days=day), 15 * start, ZONE)
    return Span(begin, begin + timedelta(minutes=15 * length))


quarter_spans = st.builds(quarters, st.integers(0, 2), st.integers(30, 70), st.integers(1, 16))


@st.composite
def houses(draw: st.DrawFn) -> tuple[Wish, list[Place], list[Held], list[tuple[Held, str]], Moment]:
    """Draw a few desks of different rules, what is taken of them, and a wish."""
    places = [
        desk(
            number,
            policy=draw(policies),
            zone_id=draw(st.integers(1, 2)),
            bookable=draw(st.integers(0, 9)) > 0,
            hours=draw(st.sampled_from([WEEK, ALWAYS])),
        )
        for number in range(1, 5)
    ]
    held = [
        Held(draw(st.integers(1, 4)), span, draw(st.sampled_from([None, index + 1])), 9)
        for index, span in enumerate(draw(st.lists(quarter_spans, max_size=8)))
    ]
    own = [
        (Held(draw(st.integers(1, 4)), span, 90, 1), draw(st.sampled_from(["desk", "room"])))
        for span in draw(st.lists(quarter_spans, max_size=1))
    ]
    when = moment(NOW + timedelta(minutes=draw(st.integers(0, 3000))))
    return Wish(draw(st.sampled_from(places)), draw(quarter_spans)), places, held, own, when


@settings(deadline=None, max_examples=150)
@given(houses())
def test_what_is_offered_is_granted_and_is_something_else(
    drawn: tuple[Wish, list[Place], list[Held], list[tuple[Held, str]], Moment],
) -> None:
    wish, places, held, own, when = drawn
    days = [TUESDAY + timedelta(days=n) for n in range(3)]
    found = alternatives(wish, alike(wish.place, places), held, own, when, days)
    assert len(found) <= 3
    assert len({(a.place.id, a.span) for a in found}) == len(found)
    refused = refusals(wish, when, [one for one in held if one.space_id == wish.place.id], own)
    for offer in found:
        theirs = [one for one in held if one.space_id == offer.place.id]
        assert refusals(Wish(offer.place, offer.span), when, theirs, own) == []
        assert offer.same_space == (offer.place.id == wish.place.id)
        assert offer.span.length == wish.span.length
        if refused:
            assert (offer.place.id, offer.span) != (wish.place.id, wish.span)


@settings(deadline=None, max_examples=150)
@given(quarter_spans, quarter_spans)
def test_refusal_of_taken_time_is_symmetric(one: Span, two: Span) -> None:
    place = replace(ROOM, hours=ALWAYS)
    first = "taken" in codes(Wish(place, one), held=(Held(5, two, 7, 9),))
    second = "taken" in codes(Wish(place, two), held=(Held(5, one, 7, 9),))
    assert first == second == one.overlaps(two)


@settings(deadline=None, max_examples=100)
@given(houses())
def test_more_that_is_taken_never_makes_a_wish_better(
    drawn: tuple[Wish, list[Place], list[Held], list[tuple[Held, str]], Moment],
) -> None:
    wish, _places, held, own, when = drawn
    theirs = [one for one in held if one.space_id == wish.place.id]
    everything = {refusal.code for refusal in refusals(wish, when, theirs, own)}
    for gone in range(len(theirs)):
        fewer = theirs[:gone] + theirs[gone + 1 :]
        assert {refusal.code for refusal in refusals(wish, when, fewer, own)} <= everything


# -- who, and in which state ------------------------------------------------------------------------------------------


class Person:
    def __init__(self, number: int, role: str) -> None:
        self.id, self.role = number, role


class Booked:
    def __init__(self, end: datetime, cancelled: bool = False, member_id: int = 1) -> None:
        self.end, self.cancelled, self.member_id, self.space_id = end, cancelled, member_id, 4
        self.state, self.booked_by_id = "cancelled" if cancelled else "confirmed", 3


@pytest.mark.parametrize(
    ("number", "role", "sees"),
    [(1, "member", True), (2, "member", False), (2, "host", True), (2, "admin", True), (2, "owner", False)],
)
def test_booking_is_seen_by_its_member_and_staff(number: int, role: str, sees: bool) -> None:
    assert may_see(Person(number, role), Booked(NOW)) is may_change(Person(number, role), Booked(NOW)) is sees


def test_booking_is_seen_and_not_changed_by_who_made_it() -> None:
    assert may_see(Person(3, "member"), Booked(NOW)) and not may_change(Person(3, "member"), Booked(NOW))


def test_booking_is_seen_by_who_manages_its_space() -> None:
    assert may_see(Person(2, "member"), Booked(NOW), {4, 5})
    assert not may_see(Person(2, "member"), Booked(NOW), {5})


@pytest.mark.parametrize(
    ("ends_in", "cancelled", "change", "restore"),
    [
        (1, False, [], ["not-cancelled"]),
        (1, True, ["already-cancelled"], []),
        (0, False, ["already-over"], ["already-over"]),
        (-1, True, ["already-over"], ["already-over"]),
    ],
)
def test_states_of_a_booking(ends_in: int, cancelled: bool, change: list[str], restore: list[str]) -> None:
    booking = Booked(NOW + timedelta(minutes=ends_in), cancelled)
    assert [refusal.code for refusal in change_refusals(booking, NOW)] == change
    assert [refusal.code for refusal in restore_refusals(booking, NOW)] == restore
