"""Who counts as here and as expected, and what a note may be."""

from __future__ import annotations

from datetime import timedelta

import pytest

from innovation_station.hosting.rules import NOTE_LONGEST, Arrival, here_and_awaited, note_refusals
from tests.conftest import MONDAY, NOW, TUESDAY, at

HOUR = timedelta(hours=1)
NINE = at(MONDAY, "09:00", "12:00")  # NOW is 08.10


@pytest.mark.parametrize(
    ("arrival", "near"),
    [
        (Arrival(("member", 1), NINE), True),  # due within the hour
        (Arrival(("member", 1), at(MONDAY, "09:15", "12:00")), False),  # five minutes later than that
        (Arrival(("member", 1), at(MONDAY, "06:30", "12:00")), False),  # nobody comes any more, most likely
        (Arrival(("member", 1), at(MONDAY, "07:00", "12:00")), True),
        (Arrival(("member", 1), at(MONDAY, "07:00", "08:00")), False),  # over
        (Arrival(("member", 1), NINE, expected=False), False),  # cannot come, or is not answered
        (Arrival(("member", 1), at(MONDAY, "08:00", "12:00"), came=NOW), True),  # stays under the finger
        (Arrival(("member", 1), at(MONDAY, "06:00", "12:00"), came=NOW - 2 * HOUR), False),
        (Arrival(("guest", 1), at(MONDAY, "08:00", "12:00"), came=NOW, left=NOW), False),
    ],
)
def test_the_short_list_holds_whom_the_door_has_to_do_with(arrival: Arrival, near: bool) -> None:
    assert arrival.near(NOW) is near


def test_everybody_counts_once() -> None:
    twice = [Arrival(("member", 1), NINE), Arrival(("member", 1), at(MONDAY, "13:00", "14:00"))]
    here = Arrival(("member", 2), at(MONDAY, "08:00", "12:00"), came=NOW)
    again = Arrival(("member", 2), at(MONDAY, "13:00", "14:00"))
    guest = Arrival(("guest", 2), NINE)
    gone = Arrival(("guest", 3), at(MONDAY, "08:00", "12:00"), came=NOW, left=NOW)
    assert here_and_awaited([*twice, here, again, guest, gone], NOW) == (1, 2)
    assert here_and_awaited([here], NOW + 5 * HOUR) == (0, 0)  # who has not gone is not there for ever


def test_notes_say_something_and_not_too_much() -> None:
    assert note_refusals("x" * NOTE_LONGEST, MONDAY, MONDAY) == []
    codes = [one.code for one in note_refusals("x" * (NOTE_LONGEST + 1), MONDAY, TUESDAY)]
    assert codes == ["note-long", "note-past"]
    assert [one.code for one in note_refusals("", MONDAY, MONDAY)] == ["note-empty"]
