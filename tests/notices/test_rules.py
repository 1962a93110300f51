"""When mail has to wait, and on which days the digest goes."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from innovation_station.notices.rules import Quiet, digest_on, frequencies_on, people_of, quiet_refusals, quiet_until

ZONE = ZoneInfo("Europe/Stockholm")
NIGHT = Quiet(22 * 60, 7 * 60)


def wall(text: str, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE, fold=fold).astimezone(UTC)


@pytest.mark.parametrize(
    ("quiet", "now", "until"),
    [
        (None, "2026-11-23 23:00", None),
        (NIGHT, "2026-11-23 21:59", None),
        (NIGHT, "2026-11-23 22:00", "2026-11-24 07:00"),
        (NIGHT, "2026-11-24 06:59", "2026-11-24 07:00"),
        (NIGHT, "2026-11-24 07:00", None),
        (Quiet(12 * 60, 13 * 60), "2026-11-23 12:30", "2026-11-23 13:00"),
        (Quiet(12 * 60, 13 * 60), "2026-11-23 13:00", None),
        (Quiet(18 * 60, 24 * 60), "2026-11-23 23:59", "2026-11-24 00:00"),
        (Quiet(0, 6 * 60), "2026-11-24 00:00", "2026-11-24 06:00"),
        # the night when summer time begins is an hour shorter, the one when it ends an hour longer
        (NIGHT, "2026-03-28 23:00", "2026-03-29 07:00"),
        (NIGHT, "2026-10-24 23:00", "2026-10-25 07:00"),
        (Quiet(22 * 60, 2 * 60 + 30), "2026-03-28 23:00", "2026-03-29 03:30"),  # 02:30 does not come that night
    ],
)
def test_mail_waits_for_the_end_of_quiet_hours(quiet: Quiet | None, now: str, until: str | None) -> None:
    assert quiet_until(quiet, wall(now), ZONE) == (wall(until) if until else None)


def test_hour_that_comes_twice_is_quiet_twice() -> None:
    quiet = Quiet(22 * 60, 2 * 60 + 30)
    for fold in (0, 1):
        assert quiet_until(quiet, wall("2026-10-25 02:10", fold), ZONE) == wall("2026-10-25 02:30", 1)
    assert quiet_until(quiet, wall("2026-10-25 02:30", 1), ZONE) is None


@given(start=st.integers(0, 1440), end=st.integers(0, 1440), minute=st.integers(0, 366 * 1440))
def test_what_waits_leaves_after_now_within_a_day_and_outside_quiet_hours(start: int, end: int, minute: int) -> None:
    if quiet_refusals(start, end):
        return
    instant, quiet = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minute), Quiet(start, end)
    until = quiet_until(quiet, instant, ZONE)
    if until is not None:
        assert instant < until <= instant + timedelta(hours=25)
        again = quiet_until(quiet, until, ZONE)  # where the clocks skip the end, what is left of the night may go on
        assert again is None or again > until


def test_quiet_hours_are_two_times_that_differ() -> None:
    assert quiet_refusals(None, None) == [] == quiet_refusals(1320, 420)
    assert [r.code for r in quiet_refusals(1320, None)] == ["quiet-half"] == [r.code for r in quiet_refusals(None, 420)]
    assert [r.code for r in quiet_refusals(420, 420)] == ["quiet-all-day"] == [r.code for r in quiet_refusals(0, 1440)]


def test_weekly_digest_goes_on_mondays() -> None:
    assert [digest_on("weekly", date(2026, 11, 23 + day)) for day in range(7)] == [True] + [False] * 6
    assert digest_on("daily", date(2026, 11, 24)) and not digest_on("off", date(2026, 11, 23))
    assert frequencies_on(date(2026, 11, 23)) == {"daily", "weekly"}
    assert people_of([{"people": [1, 2]}, {}, {"people": [2]}]) == {1, 2}
