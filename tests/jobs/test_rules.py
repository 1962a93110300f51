"""When jobs run."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest

from innovation_station.jobs.registry import Jobs
from innovation_station.jobs.rules import RETRY, Schedule, next_run
from tests.conftest import NOW, ZONE

FIVE = Schedule(every=timedelta(minutes=5))
NIGHTLY = Schedule(daily=time(3, 10))
MINUTE = timedelta(minutes=1)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_first_run() -> None:
    assert FIVE.first(NOW, ZONE) == NOW
    assert NIGHTLY.first(NOW, ZONE) == utc("2026-11-24 02:10")


@pytest.mark.parametrize(
    ("started", "following"),
    [
        ("2026-11-24 02:10", "2026-11-25 02:10"),
        ("2026-11-24 02:09", "2026-11-24 02:10"),
        ("2026-10-24 01:10", "2026-10-25 02:10"),  # the night the clocks go back
        ("2026-03-28 02:10", "2026-03-29 01:10"),  # the night they go forward
    ],
)
def test_daily_is_by_the_wall_clock(started: str, following: str) -> None:
    assert NIGHTLY.following(utc(started), ZONE) == utc(following)


def test_hour_that_the_clocks_skip_or_repeat_is_run_once() -> None:
    half_past = Schedule(daily=time(2, 30))
    assert half_past.following(utc("2026-03-28 12:00"), ZONE) == utc("2026-03-29 01:30")
    assert half_past.following(utc("2026-10-24 12:00"), ZONE) == utc("2026-10-25 00:30")
    assert half_past.following(utc("2026-10-25 00:30"), ZONE) == utc("2026-10-26 01:30")


def test_missed_times_are_made_up_for_once() -> None:
    ended = NOW + 17 * MINUTE
    assert next_run(FIVE, started=NOW, ended=NOW, succeeded=True, zone=ZONE) == NOW + 5 * MINUTE
    assert next_run(FIVE, started=NOW, ended=ended, succeeded=True, zone=ZONE) == ended
    assert next_run(NIGHTLY, started=NOW, ended=NOW + timedelta(days=2), succeeded=True, zone=ZONE) == utc("2026-11-26 02:10")  # fmt: skip


def test_failed_run_is_tried_again_soon() -> None:
    assert next_run(NIGHTLY, started=NOW, ended=NOW, succeeded=False, zone=ZONE) == NOW + RETRY
    assert next_run(FIVE, started=NOW, ended=NOW, succeeded=False, zone=ZONE) == NOW + 5 * MINUTE


def test_time_set_before_the_clock_was_put_back_counts_as_due() -> None:
    assert not FIVE.is_due(NOW + MINUTE, NOW)
    assert FIVE.is_due(NOW, NOW)
    assert FIVE.is_due(NOW + timedelta(hours=5), NOW)
    assert not NIGHTLY.is_due(NOW + timedelta(hours=25), NOW)
    assert NIGHTLY.is_due(NOW + timedelta(days=9), NOW)


def test_wrong_schedules_and_names_are_refused() -> None:
    for wrong in ({}, {"every": MINUTE, "daily": time(1)}, {"every": timedelta()}):
        with pytest.raises(ValueError, match="a job runs"):
            Schedule(**wrong)
    jobs = Jobs()
    jobs.every(MINUTE, "one")(lambda now: None)
    for name in ("one", "Two", "three_four", ""):
        with pytest.raises(ValueError, match="no name"):
            jobs.daily(time(1), name)
