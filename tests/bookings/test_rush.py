"""What was asked for a moment ago, and how soon that is forgotten."""

from __future__ import annotations

import pytest

from innovation_station.bookings import rush
from innovation_station.bookings.rush import Rush


def test_the_second_who_wishes_for_the_same_joins_the_first() -> None:
    asked = Rush()
    assert not asked.joined("A1") and not asked.joined("A2")
    assert asked.joined("A1") and asked.joined("A1")


def test_a_wish_is_forgotten_after_a_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    asked, now = Rush(lasts=10), 100.0
    monkeypatch.setattr(rush.time, "monotonic", lambda: now)
    assert not asked.joined("A1")
    now += 9
    assert asked.joined("A1")
    now += 11
    assert not asked.joined("A1")


def test_of_many_wishes_the_last_are_remembered() -> None:
    asked = Rush(most=2)
    for wish in ("A1", "A2", "A3"):
        assert not asked.joined(wish)
    assert asked.joined("A3") and asked.joined("A2") and not asked.joined("A1")
