"""What may be taken at a door, when a screen looks again, how far a room is, and what codes and addresses look like."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from innovation_station.bookings.rules import Held
from innovation_station.displays import rules
from innovation_station.displays.rules import Use
from innovation_station.displays.service import Anybody
from innovation_station.spaces.rules import Box, House, Place, Policy
from innovation_station.timespan import Span
from tests.bookings.test_rules import ROOM, moment
from tests.conftest import MONDAY, ZONE, at


def instant(text: str) -> datetime:
    return at(MONDAY, text, "23:59").start


def test_a_walk_up_ends_on_the_grid_and_is_hardly_shorter_than_its_minutes() -> None:
    table = [
        (15, "10:42", 15, "11:00"), (15, "10:45", 15, "11:00"), (15, "10:50", 15, "11:00"), (15, "10:51", 15, "11:15"),
        (15, "10:42", 60, "11:45"), (30, "10:42", 15, "11:00"), (5, "10:42", 15, "10:55"), (60, "10:10", 15, "11:00"),
        (30, "10:58", 30, "11:30"),
    ]  # fmt: skip
    for step, now, minutes, end in table:
        place = ROOM.ruled(replace(Policy(), granularity=step))
        wish = rules.walk_up(place, minutes, moment(instant(now)))
        assert f"{wish.span.end.astimezone(ZONE):%H:%M}" == end, (step, now, minutes)
        assert wish.span.start <= instant(now) and wish.span.end - instant(now) >= timedelta(minutes=minutes - 5)


def test_each_length_is_offered_once_with_what_stands_against_it() -> None:
    now = moment(instant("10:50"))
    found = rules.lengths(ROOM, now, [Held(ROOM.id, at(MONDAY, "11:15", "12:00"), 7, 7)], Anybody())
    assert [(one.minutes, [refusal.code for refusal in one.refusals]) for one in found] == [
        (15, []), (30, []), (60, ["taken"])
    ]  # fmt: skip
    hourly = ROOM.ruled(replace(Policy(), granularity=60, shortest=60))
    assert [one.minutes for one in rules.lengths(hourly, moment(instant("10:10")), [], Anybody())] == [15, 60]
    for policy, code in ((Policy(approval=60), "door-asks"), (Policy(booked_by="host"), "not-your-role"),
                         (Policy(shortest=120), "too-short"), (Policy(notice=30), "too-soon")):  # fmt: skip
        offered = rules.lengths(ROOM.ruled(policy), now, [], Anybody())
        assert all(code in [refusal.code for refusal in one.refusals] for one in offered), code
    late = rules.lengths(ROOM, moment(instant("17:40")), [], Anybody())
    assert [bool(one.refusals) for one in late] == [False, True, True]


def test_it_takes_the_time_from_the_minute_that_runs_and_what_is_kept_free_after() -> None:
    now = moment(instant("10:42") + timedelta(seconds=31))
    place = ROOM.ruled(Policy(clearing=10))
    wish = rules.walk_up(place, 30, now)
    assert rules.taken_span(wish, now, []) == at(MONDAY, "10:42", "11:25")


def test_a_room_is_free_when_nothing_follows_at_once() -> None:
    uses = [Use(at(MONDAY, start, end), "booking") for start, end in (("10:00", "11:00"), ("11:00", "12:00"), ("12:30", "13:00"))]  # fmt: skip
    assert rules.free_from(uses, instant("10:30")) == instant("12:00")
    assert rules.running(uses, instant("12:00")) is None and rules.running(uses, instant("11:00")) == uses[1]
    assert rules.next_use(uses, instant("11:00")) == uses[2]
    assert rules.look_again(instant("10:58"), [instant("10:59"), instant("10:00")]) == instant("10:59")
    assert rules.look_again(instant("10:58"), []) == instant("11:00")


def test_the_nearest_room_comes_first_and_another_floor_last() -> None:
    def room(id_: int, name: str, box: Box, floor: int = 1, **more: object) -> Place:
        return replace(
            ROOM, id=id_, name=name, box=box, floor_id=floor, takes=frozenset((id_,)), touches=(id_,), **more
        )

    here = room(1, "Här", Box(0, 0, 100, 100))
    others = [
        room(2, "Bort", Box(500, 0, 100, 100)), room(3, "Upp", Box(0, 0, 100, 100), 2),
        room(4, "Bredvid", Box(110, 0, 100, 100)), room(5, "Stängt", Box(0, 110, 9, 9), bookable=False),
        room(6, "Skrivbord", Box(0, 0, 9, 9), kind="desk"),
    ]  # fmt: skip
    house = replace(House.unknown(), places={place.id: place for place in (here, *others)})
    found = rules.by_nearness(here, house)
    assert [(place.name, rules.way(here, place)) for place in found] == [
        ("Bredvid", "beside"), ("Bort", "floor"), ("Upp", "away")
    ]  # fmt: skip


def test_codes_are_typed_as_people_type_and_tokens_are_whole_or_nothing() -> None:
    assert rules.typed_code(" abc-23 4 ") == "ABC234" and rules.shown_code("ABC234") == "ABC-234"
    assert len(rules.typed_code("x" * 90)) == rules.CODE_LENGTH + 1
    token = rules.display_token("key", "nonce")
    assert len(token) == 43 and rules.token_hash(token) and token != rules.display_token("other", "nonce")
    assert [rules.token_hash(wrong) for wrong in ("", token[:-1], token + "x", "ä" * 43, token[:-1] + "/")] == [
        None
    ] * 5
    assert rules.is_silent(None, datetime.now(UTC))
    assert Span(instant("10:00"), instant("11:00")).length == timedelta(hours=1)
