"""When the house is open, a member's day as stops, and offers. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from innovation_station.bookings.rules import Held, Moment, Wish, refusals
from innovation_station.home.rules import DayTaken, Mine, openings, rooms_now, seat_offers, stops, ticket
from innovation_station.spaces.rules import Box, Place, Policy
from innovation_station.timespan import Span

ZONE = ZoneInfo("Europe/Stockholm")
DAY = date(2026, 11, 24)
HOURS = dict.fromkeys(range(5), (8 * 60, 18 * 60))
ME = 7


def instant(text: str, day: date = DAY) -> datetime:
    return datetime.combine(day, time.fromisoformat(text), tzinfo=ZONE).astimezone(UTC)


def span(start: str, end: str, day: date = DAY) -> Span:
    return Span(instant(start, day), instant(end, day))


def at(text: str, day: date = DAY) -> Moment:
    return Moment(instant(text, day), ZONE, {})


def place(space_id: int, kind: str = "desk", **policy: int) -> Place:
    return Place(
        id=space_id, floor_id=1, zone_id=None, kind=kind, name=f"{kind} {space_id}", capacity=1, box=Box(0, 0, 1, 1),
        amenities=frozenset(), furniture=(), photo=None, bookable=True, policy=Policy(**policy), hours=HOURS,
    )  # fmt: skip


A1, A2, ROOM = place(1), place(2), place(9, "room")
DESKS = (A1, A2)


def mine(where: Place, start: str, end: str, booking_id: int = 1) -> Mine:
    return Mine(booking_id, where, span(start, end), "", False)


def taken(others: Iterable[tuple[Place, str, str]] = (), own: Iterable[Mine] = ()) -> DayTaken:
    held: dict[int, list[Held]] = {}
    for number, (where, start, end) in enumerate(others):
        held.setdefault(where.id, []).append(Held(where.id, span(start, end), 100 + number, 1))
    owned = []
    for booking in own:
        row = Held(booking.place.id, booking.span, booking.booking_id, ME)
        held.setdefault(booking.place.id, []).append(row)
        owned.append((row, booking.place.kind))
    return DayTaken(held, owned)


def written(found: Span) -> str:
    return "-".join(f"{side.astimezone(ZONE):%H:%M}" for side in (found.start, found.end))


# -- openings ------------------------------------------------------------------------------------------------------


def test_openings_start_with_the_running_one() -> None:
    assert openings(HOURS, at("09:10"), [])[0] == span("08:00", "18:00")


def test_openings_after_closing_time_start_with_the_next_day() -> None:
    assert openings(HOURS, at("18:00"), [])[0] == span("08:00", "18:00", date(2026, 11, 25))


def test_openings_leap_weekends_holidays_and_closures() -> None:
    friday = date(2026, 12, 18)
    moment = Moment(instant("19:00", friday), ZONE, {date(2026, 12, 21): "x"})
    shut = [span("00:00", "23:59", date(2026, 12, 22)), span("08:00", "13:00", date(2026, 12, 23))]
    assert openings(HOURS, moment, shut)[0] == span("13:00", "18:00", date(2026, 12, 23))


def test_openings_of_a_house_without_hours_are_none() -> None:
    assert openings({}, at("09:00"), []) == []


def test_openings_keep_wall_time_over_the_clock_change() -> None:
    first = openings(dict.fromkeys(range(7), (480, 1080)), at("19:00", date(2026, 10, 24)), [])[0]
    assert first.start == datetime(2026, 10, 25, 7, tzinfo=UTC)


# -- the ticket ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "expected"), [("07:00", 1), ("08:00", 1), ("11:59", 1), ("12:00", 2), ("15:30", 2), ("16:00", None)]
)
def test_ticket_is_what_runs_or_comes(now: str, expected: int | None) -> None:
    day = [mine(A1, "08:00", "12:00", 1), mine(ROOM, "15:00", "16:00", 2)]
    found = ticket(day, instant(now))
    assert (found and found.booking_id) == expected


def test_ticket_is_the_desk_when_a_room_runs_too() -> None:
    found = ticket([mine(ROOM, "09:00", "10:00", 1), mine(A1, "09:00", "12:00", 2)], instant("09:30"))
    assert found and found.booking_id == 2


# -- the day -------------------------------------------------------------------------------------------------------


def day_of(own: list[Mine], now: str, habits: Iterable[tuple[int, datetime, datetime]] = ()) -> list[tuple[str, str]]:
    found = stops(own, span("08:00", "18:00"), at(now), DESKS, taken(own=own), list(habits))
    return [(stop.kind, f"{stop.at.astimezone(ZONE):%H:%M}") for stop in found]


def test_day_runs_from_bookings_over_gaps_to_closing() -> None:
    own = [mine(A1, "08:00", "12:00", 1), mine(ROOM, "15:00", "16:00", 2)]
    assert day_of(own, "09:10") == [("booking", "08:00"), ("gap", "12:00"), ("booking", "15:00"), ("closing", "18:00")]


def test_day_without_bookings_is_one_gap_from_the_running_step() -> None:
    assert day_of([], "09:10") == [("gap", "09:00"), ("closing", "18:00")]


def test_day_with_less_than_an_hour_left_has_no_gap() -> None:
    assert day_of([], "17:20") == [("closing", "18:00")]


def test_day_that_is_over_or_closed_keeps_its_bookings_only() -> None:
    own = [mine(A1, "08:00", "12:00")]
    assert day_of(own, "18:00") == [("booking", "08:00")]
    assert stops(own, None, at("19:00"), DESKS, taken(own=own), [])[0].kind == "booking"


# -- offers --------------------------------------------------------------------------------------------------------


def offered(
    gap: Span,
    now: str,
    own: Iterable[Mine] = (),
    others: Iterable[tuple[Place, str, str]] = (),
    habits: Iterable[tuple[int, datetime, datetime]] = (),
) -> list[tuple[int, str, bool]]:
    own = list(own)
    day = taken(others, own)
    found = seat_offers(gap, own, at(now), DESKS, day, list(habits))
    for offer in found:  # whatever is offered would be granted
        held = day.held.get(offer.wish.place.id, ())
        assert offer.extends or not refusals(offer.wish, at(now), held, day.own)
    return [(offer.wish.place.id, written(offer.wish.span), offer.extends is not None) for offer in found]


def habit(where: Place, start: str, end: str) -> tuple[int, datetime, datetime]:
    day = DAY - timedelta(days=7)
    return where.id, instant(start, day), instant(end, day)


def test_offer_follows_the_habit() -> None:
    habits = [habit(A2, "13:00", "17:00")] * 2 + [habit(A1, "08:00", "12:00")]
    assert offered(span("12:00", "18:00"), "09:10", habits=habits) == [(2, "13:00-17:00", False)]


def test_offer_without_habit_is_the_half_day_or_the_whole() -> None:
    assert offered(span("12:00", "18:00"), "09:10") == [(1, "13:00-17:00", False)]
    assert offered(span("08:00", "18:00"), "08:00") == [(1, "08:00-18:00", False)]
    assert offered(span("15:00", "18:00"), "15:10") == [(1, "15:00-18:00", False)]


def test_offer_goes_to_a_desk_that_is_free() -> None:
    others = [(A1, "14:00", "15:00")]
    assert offered(span("12:00", "18:00"), "09:10", others=others, habits=[habit(A1, "13:00", "17:00")]) == [
        (2, "13:00-17:00", False)
    ]


def test_offer_keeps_the_desk_one_has_where_it_stays_free() -> None:
    own = [mine(A1, "08:00", "12:00", 5)]
    assert offered(span("12:00", "18:00"), "09:10", own) == [(1, "13:00-17:00", False), (1, "08:00-17:00", True)]
    others = [(A1, "16:00", "17:00")]
    assert offered(span("12:00", "18:00"), "09:10", own, others) == [(2, "13:00-17:00", False)]


def test_offer_is_nothing_when_every_desk_is_taken() -> None:
    others = [(A1, "08:00", "18:00"), (A2, "08:00", "18:00")]
    assert offered(span("12:00", "18:00"), "09:10", others=others) == []


# -- rooms ---------------------------------------------------------------------------------------------------------


def rooms(
    now: str, others: list[tuple[Place, str, str]], room: Place = ROOM
) -> list[tuple[str, list[tuple[int, str]]]]:
    return [
        (
            f"{offer.until.astimezone(ZONE):%H:%M}",
            [(m, f"{w.span.end.astimezone(ZONE):%H:%M}") for m, w in offer.wishes],
        )
        for offer in rooms_now([room], at(now), taken(others))
    ]


def test_room_now_is_offered_for_at_least_the_time_that_is_said() -> None:
    assert rooms("09:00", []) == [("18:00", [(30, "09:30"), (60, "10:00")])]
    assert rooms("09:10", []) == [("18:00", [(30, "09:45"), (60, "10:15")])]


def test_room_now_is_offered_as_far_as_it_is_free() -> None:
    assert rooms("09:00", [(ROOM, "09:30", "11:00")]) == [("09:30", [(30, "09:30")])]
    assert rooms("09:10", [(ROOM, "09:30", "11:00")]) == []
    assert rooms("17:15", []) == [("18:00", [(30, "17:45")])]


def test_room_now_is_not_offered_when_taken_closed_or_wanting_notice() -> None:
    assert rooms("09:00", [(ROOM, "08:00", "10:00")]) == []
    assert rooms("07:00", []) == rooms("18:00", []) == []
    assert rooms("09:00", [], place(9, "room", notice=60)) == []


def test_room_now_keeps_to_its_longest_booking() -> None:
    assert rooms("09:00", [], place(9, "room", longest=30)) == [("18:00", [(30, "09:30")])]


def test_wish_from_now_is_granted_by_the_rules() -> None:
    for offer in rooms_now([ROOM], at("11:07"), taken()):
        for _minutes, wish in offer.wishes:
            assert refusals(Wish(wish.place, wish.span), at("11:07")) == []
