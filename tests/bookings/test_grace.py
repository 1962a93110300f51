"""When somebody may check in, is reminded and loses the place: tables, and what holds for every rule."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from innovation_station.bookings import grace
from innovation_station.bookings.rules import GONE, Held, Moment, Wish, cancel_refusals, refusals, what_is_left
from innovation_station.spaces.rules import Box, Place, Policy
from innovation_station.timespan import Span
from tests.conftest import NOW, TUESDAY, ZONE, at

NINE = at(TUESDAY, "09:00", "12:00")
MINUTE = timedelta(minutes=1)
QUARTER = Policy(check_in=15)


@dataclass
class Booked:
    """A booking as the rules see it."""

    start: datetime = NINE.start
    end: datetime = NINE.end
    state: str = "confirmed"
    created_at: datetime = NOW
    expected_at: datetime | None = None
    checked_in_at: datetime | None = None
    reminded_at: datetime | None = None
    released_at: datetime | None = None
    member_id: int = 1
    space_id: int = 1

    @property
    def cancelled(self) -> bool:
        return self.state in GONE


class Person:
    def __init__(self, role: str = "member") -> None:
        self.id, self.role = 1, role


def minutes(count: float) -> datetime:
    """Give an instant so many minutes after nine."""
    return NINE.start + count * MINUTE


@pytest.mark.parametrize(
    ("booking", "policy", "latest"),
    [
        (Booked(), QUARTER, minutes(15)),
        (Booked(), Policy(), None),  # nobody asks
        (Booked(created_at=minutes(7)), QUARTER, minutes(22)),  # booked while it ran
        (Booked(expected_at=minutes(40)), QUARTER, minutes(55)),  # moved or taken back
        (Booked(expected_at=NOW), QUARTER, minutes(15)),
        (Booked(end=minutes(15)), QUARTER, None),  # over by then
        (Booked(), Policy(check_in=24 * 60), None),
    ],
)
def test_grace_counts_from_when_one_could_have_come(booking: Booked, policy: Policy, latest: datetime | None) -> None:
    assert grace.check_in_by(booking, policy) == latest


@pytest.mark.parametrize(
    ("state", "now", "codes"),
    [
        ("confirmed", minutes(-16), ["check-in-early"]),
        ("confirmed", minutes(-15), []),
        ("confirmed", minutes(90), []),  # late, but the place was not let go
        ("confirmed", NINE.end, ["already-over"]),
        ("requested", minutes(1), ["not-answered"]),
        ("cancelled", minutes(1), ["already-cancelled"]),
        ("no-show", minutes(20), ["released"]),
        ("no-show", NINE.end, ["already-over"]),
    ],
)
def test_who_may_check_in(state: str, now: datetime, codes: list[str]) -> None:
    assert [refusal.code for refusal in grace.check_in_refusals(Booked(state=state), now)] == codes


def test_one_is_reminded_at_two_thirds_and_let_go_at_the_end() -> None:
    booking = Booked()
    assert not grace.must_remind(booking, QUARTER, minutes(9.9))
    assert grace.must_remind(booking, QUARTER, minutes(10))
    assert not grace.must_release(booking, QUARTER, minutes(30)), "nobody who was not told"
    booking.reminded_at = minutes(10.5)
    assert not grace.must_remind(booking, QUARTER, minutes(11))
    assert not grace.must_release(booking, QUARTER, minutes(14.9))
    assert grace.must_release(booking, QUARTER, minutes(15))


def test_whoever_was_told_late_has_the_last_third_left() -> None:
    """The worker stood still until ten, or the house began to ask then."""
    booking = Booked(reminded_at=minutes(60))
    assert grace.last_call(Booked(), QUARTER, minutes(60)) == minutes(65)
    assert not grace.must_release(booking, QUARTER, minutes(63.9))
    assert grace.must_release(booking, QUARTER, minutes(64))


@pytest.mark.parametrize(
    "booking",
    [Booked(checked_in_at=minutes(2)), Booked(state="requested"), Booked(state="no-show"), Booked(state="cancelled")],
)
def test_who_is_here_or_gone_is_not_waited_for(booking: Booked) -> None:
    for now in (minutes(10), minutes(20), minutes(100)):
        assert not grace.must_remind(booking, QUARTER, now)
        assert not grace.must_release(replace(booking, reminded_at=minutes(10)), QUARTER, now)


def test_a_reminder_of_before_a_move_counts_for_nothing() -> None:
    booking = Booked(reminded_at=minutes(10), expected_at=minutes(12))
    assert not grace.must_release(booking, QUARTER, minutes(20))
    assert grace.must_remind(booking, QUARTER, minutes(22))


@pytest.mark.parametrize(
    ("now", "end"),
    [
        (minutes(30), minutes(30)),
        (minutes(30) + timedelta(seconds=1), minutes(31)),
        (minutes(0), minutes(1)),
        (minutes(0.5), minutes(1)),
    ],
)
def test_an_end_is_a_whole_minute_and_not_before_the_first(now: datetime, end: datetime) -> None:
    assert grace.ended_at(Booked(), now) == end


def test_ends_that_are_offered_are_steps_and_all_that_is_free() -> None:
    assert grace.longer(Span(minutes(0), minutes(120))) == [minutes(15), minutes(30), minutes(60), minutes(120)]
    assert grace.longer(Span(minutes(0), minutes(30))) == [minutes(15), minutes(30)]


def test_who_has_checked_in_ends_the_booking_and_does_not_cancel_it() -> None:
    here = Booked(checked_in_at=minutes(1))
    for role in ("member", "host"):
        assert [r.code for r in cancel_refusals(Person(role), here, Policy(), minutes(20))] == ["checked-in"]
    just_booked = replace(here, created_at=minutes(0))
    assert cancel_refusals(Person(), just_booked, Policy(cancel_by=60), minutes(5)) == []


# -- the step that runs -----------------------------------------------------------------------------------------------


def place(**policy: int) -> Place:
    return Place(
        id=1, floor_id=1, zone_id=None, kind="desk", name="A1", capacity=1, box=Box(0, 0, 1, 1), amenities=frozenset(),
        furniture=(), photo=None, bookable=True, policy=Policy(**policy), hours=dict.fromkeys(range(7), (0, 1440)),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("policy", "until", "codes", "start"),
    [
        ({}, 5, [], 5),  # somebody left at five past: whoever comes at ten past books the quarter, from then on
        ({}, 10, [], 10),
        ({}, 11, ["taken"], 0),
        ({"setup": 10}, 5, ["taken"], 0),
        ({"granularity": 5}, 5, [], 5),  # the step that runs began at ten past: only a booking that has it keeps nine
    ],
)
def test_what_is_over_of_the_running_step_keeps_nobody_out(
    policy: dict[str, int], until: int, codes: list[str], start: int
) -> None:
    moment = Moment(minutes(10), ZONE, {})
    wish = Wish(place(**policy), Span(minutes(0), minutes(60)))
    held = [Held(1, Span(minutes(-60), minutes(until)), 7, 2)]
    found = [refusal.code for refusal in refusals(wish, moment, held) if refusal.code != "past"]
    assert found == codes
    if not codes:
        assert what_is_left(wish, moment, held).span == Span(minutes(start), minutes(60))


instants = st.floats(-30, 200).map(minutes)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(
    st.integers(0, 240), instants, instants, st.none() | instants, st.none() | instants, st.none() | instants,
    st.sampled_from(["confirmed", "requested", "no-show", "cancelled"]),
)  # fmt: skip
def test_whoever_is_let_go_could_have_checked_in_and_was_told(
    asked: int, now: datetime, created: datetime, expected: datetime | None, checked: datetime | None,
    reminded: datetime | None, state: str,
) -> None:  # fmt: skip
    booking = Booked(
        created_at=created, expected_at=expected, checked_in_at=checked, reminded_at=reminded, state=state
    )  # fmt: skip
    policy = Policy(check_in=asked)
    if grace.must_release(booking, policy, now):
        assert asked and booking.state == "confirmed" and booking.checked_in_at is None
        assert grace.check_in_refusals(booking, now) == []
        assert booking.reminded_at and booking.reminded_at >= grace.counted_from(booking)
        assert now >= grace.counted_from(booking) + asked * MINUTE
        assert not grace.must_remind(booking, policy, now)
        assert booking.start <= grace.released_from(now) < booking.end
