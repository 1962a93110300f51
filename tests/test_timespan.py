"""Spans and wall clocks: tables for what is easily got wrong, properties for the rest."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from innovation_station.timespan import Span, WallTime, local_day, subtract, to_utc, union, wall_time

STOCKHOLM = ZoneInfo("Europe/Stockholm")
ZONES = [
    STOCKHOLM,
    ZoneInfo("America/New_York"),
    ZoneInfo("Australia/Lord_Howe"),
    ZoneInfo("Africa/Cairo"),
    ZoneInfo("UTC"),
    ZoneInfo("Asia/Kathmandu"),
    ZoneInfo("America/Santiago"),
]
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


def hours(start: float, end: float) -> Span:
    return Span(NOON + timedelta(hours=start), NOON + timedelta(hours=end))


instants = st.datetimes(datetime(2026, 10, 20), datetime(2027, 4, 5), timezones=st.just(UTC))  # noqa: DTZ001
lengths = st.timedeltas(timedelta(microseconds=1), timedelta(days=9))
spans = st.builds(lambda start, length: Span(start, start + length), instants, lengths)
quarters = st.builds(
    lambda start, length: hours(start / 4, (start + length) / 4), st.integers(0, 60), st.integers(1, 20)
)
several = st.lists(quarters, max_size=8)
zones = st.sampled_from(ZONES)


def covered(parts: list[Span]) -> set[int]:
    """Give the quarters, counted from noon, that some spans cover: a second way to say the same."""
    return {
        quarter
        for span in parts
        for quarter in range((span.start - NOON) // timedelta(minutes=15), (span.end - NOON) // timedelta(minutes=15))
    }


# -- one span ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (NOON, NOON),
        (NOON, NOON - timedelta(microseconds=1)),
        (datetime(2026, 11, 24), NOON),  # noqa: DTZ001
        (NOON, datetime(2026, 11, 25)),  # noqa: DTZ001
    ],
)
def test_span_that_is_none_cannot_be_made(start: datetime, end: datetime) -> None:
    with pytest.raises(ValueError, match="span"):
        Span(start, end)


@pytest.mark.parametrize(
    ("other", "overlaps"),
    [
        (hours(-2, 0), False),
        (hours(-2, 0.001), True),
        (hours(-2, 1), True),
        (hours(-2, 9), True),
        (hours(0, 1), True),
        (hours(0, 2), True),
        (hours(0.5, 1), True),
        (hours(1, 2), True),
        (hours(1.999, 3), True),
        (hours(2, 3), False),
        (hours(3, 4), False),
    ],
)
def test_spans_that_touch_do_not_overlap(other: Span, overlaps: bool) -> None:
    span = hours(0, 2)
    assert span.overlaps(other) is other.overlaps(span) is overlaps
    assert (span.intersection(other) is not None) is overlaps


@pytest.mark.parametrize(
    ("other", "inside"),
    [
        (hours(0, 2), True),
        (hours(0.5, 1), True),
        (hours(0, 1), True),
        (hours(1, 2), True),
        (hours(-1, 1), False),
        (hours(1, 3), False),
        (hours(-1, 3), False),
        (hours(2, 3), False),
    ],
)
def test_contains_takes_both_ends(other: Span, inside: bool) -> None:
    assert hours(0, 2).contains(other) is inside


def test_length_is_elapsed_time_also_between_wall_clocks() -> None:
    night = Span(datetime(2026, 10, 25, 0, 30, tzinfo=STOCKHOLM), datetime(2026, 10, 25, 6, 30, tzinfo=STOCKHOLM))
    assert night.length == timedelta(hours=7)
    spring = Span(datetime(2027, 3, 28, 0, 30, tzinfo=STOCKHOLM), datetime(2027, 3, 28, 6, 30, tzinfo=STOCKHOLM))
    assert spring.length == timedelta(hours=5)


@given(spans, spans)
def test_overlap_is_what_both_share(one: Span, two: Span) -> None:
    shared = one.intersection(two)
    assert shared == two.intersection(one)
    assert one.overlaps(two) == two.overlaps(one) == (shared is not None)
    if shared:
        assert one.contains(shared) and two.contains(shared)
    assert one.contains(two) == (one.intersection(two) == two)


@given(spans, st.timedeltas(timedelta(days=-30), timedelta(days=30)))
def test_shift_keeps_the_length_and_goes_back(span: Span, by: timedelta) -> None:
    assert span.shifted(by).length == span.length
    assert span.shifted(by).shifted(-by) == span


# -- many spans -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("parts", "merged"),
    [
        ([], []),
        ([hours(0, 1)], [hours(0, 1)]),
        ([hours(1, 2), hours(0, 1)], [hours(0, 2)]),
        ([hours(0, 1), hours(2, 3)], [hours(0, 1), hours(2, 3)]),
        ([hours(0, 9), hours(1, 2), hours(3, 4)], [hours(0, 9)]),
        ([hours(0, 2), hours(0, 2)], [hours(0, 2)]),
    ],
)
def test_union(parts: list[Span], merged: list[Span]) -> None:
    assert union(parts) == merged


@pytest.mark.parametrize(
    ("whole", "taken", "left"),
    [
        ([hours(0, 8)], [], [hours(0, 8)]),
        ([hours(0, 8)], [hours(2, 3)], [hours(0, 2), hours(3, 8)]),
        ([hours(0, 8)], [hours(0, 8)], []),
        ([hours(0, 8)], [hours(-1, 9)], []),
        ([hours(0, 8)], [hours(-1, 2), hours(7, 9)], [hours(2, 7)]),
        ([hours(0, 8)], [hours(8, 9)], [hours(0, 8)]),
        ([hours(0, 2), hours(4, 6)], [hours(1, 5)], [hours(0, 1), hours(5, 6)]),
        ([hours(0, 4), hours(2, 6)], [hours(3, 4)], [hours(0, 3), hours(4, 6)]),
        ([], [hours(0, 1)], []),
    ],
)
def test_subtract(whole: list[Span], taken: list[Span], left: list[Span]) -> None:
    assert subtract(whole, taken) == left


@given(several)
def test_union_covers_the_same_in_order_and_with_gaps_between(parts: list[Span]) -> None:
    merged = union(parts)
    assert covered(merged) == covered(parts)
    assert all(one.end < two.start for one, two in pairwise(merged))
    assert union(merged) == merged == union(reversed(parts))


@given(several, several)
def test_subtract_leaves_what_is_not_taken(whole: list[Span], taken: list[Span]) -> None:
    left = subtract(whole, taken)
    assert covered(left) == covered(whole) - covered(taken)
    assert not any(one.overlaps(two) for one in left for two in taken)
    assert union([*left, *taken]) == union([*whole, *taken])
    assert subtract(left, taken) == left


# -- the local calendar -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("local", "happens"),
    [
        (datetime(2027, 3, 28, 1, 59), WallTime.ONCE),  # noqa: DTZ001
        (datetime(2027, 3, 28, 2, 0), WallTime.NEVER),  # noqa: DTZ001
        (datetime(2027, 3, 28, 2, 59), WallTime.NEVER),  # noqa: DTZ001
        (datetime(2027, 3, 28, 3, 0), WallTime.ONCE),  # noqa: DTZ001
        (datetime(2026, 10, 25, 1, 59), WallTime.ONCE),  # noqa: DTZ001
        (datetime(2026, 10, 25, 2, 0), WallTime.TWICE),  # noqa: DTZ001
        (datetime(2026, 10, 25, 2, 59), WallTime.TWICE),  # noqa: DTZ001
        (datetime(2026, 10, 25, 3, 0), WallTime.ONCE),  # noqa: DTZ001
        (datetime(2026, 11, 24, 9, 0), WallTime.ONCE),  # noqa: DTZ001
    ],
)
def test_wall_time_round_the_changes(local: datetime, happens: WallTime) -> None:
    assert wall_time(local, STOCKHOLM) is happens


@given(st.datetimes(datetime(2020, 1, 1), datetime(2035, 12, 31)), zones)  # noqa: DTZ001
def test_wall_time_counts_the_instants_that_show_it(local: datetime, zone: ZoneInfo) -> None:
    candidates = {local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)}
    shown = [instant for instant in candidates if instant.astimezone(zone).replace(tzinfo=None, fold=0) == local]
    assert wall_time(local, zone) is {0: WallTime.NEVER, 1: WallTime.ONCE, 2: WallTime.TWICE}[len(shown)]


@pytest.mark.parametrize(
    ("day", "length"), [(date(2026, 10, 25), 25), (date(2027, 3, 28), 23), (date(2026, 11, 24), 24)]
)
def test_local_day_is_as_long_as_it_is(day: date, length: int) -> None:
    assert local_day(day, STOCKHOLM).length == timedelta(hours=length)


@pytest.mark.parametrize(
    ("day", "clock", "utc"),
    [
        (date(2026, 10, 24), time(10), "08:00"),
        (date(2026, 10, 25), time(10), "09:00"),
        (date(2026, 10, 25), time(2, 30), "00:30"),
        (date(2027, 3, 27), time(10), "09:00"),
        (date(2027, 3, 28), time(10), "08:00"),
        (date(2027, 3, 28), time(2, 30), "01:30"),
    ],
)
def test_to_utc(day: date, clock: time, utc: str) -> None:
    assert f"{to_utc(day, clock, STOCKHOLM):%H:%M}" == utc
    assert to_utc(day, clock, STOCKHOLM).tzinfo is UTC


@given(spans, zones)
def test_split_by_local_day_joins_to_the_same(span: Span, zone: ZoneInfo) -> None:
    parts = list(span.by_local_day(zone))
    assert union(parts) == [span]
    assert [part.start for part in parts[1:]] == [part.end for part in parts[:-1]]
    days = [part.start.astimezone(zone).date() for part in parts]
    assert days == sorted(set(days))
    for part, day in zip(parts, days, strict=True):
        assert local_day(day, zone).contains(part)
        assert part.length <= timedelta(hours=25)
        assert part.start.tzinfo is UTC


@pytest.mark.parametrize(
    ("start", "end", "parts"),
    [
        ("2026-10-24T22:00", "2026-10-25T23:00", ["2026-10-24T22:00/25"]),
        ("2026-10-24T20:00", "2026-10-25T01:00", ["2026-10-24T20:00/2", "2026-10-24T22:00/3"]),
        ("2027-03-27T23:00", "2027-03-29T22:00", ["2027-03-27T23:00/23", "2027-03-28T22:00/24"]),
    ],
)
def test_split_over_the_changes(start: str, end: str, parts: list[str]) -> None:
    span = Span(datetime.fromisoformat(start).replace(tzinfo=UTC), datetime.fromisoformat(end).replace(tzinfo=UTC))
    found = [
        f"{part.start:%Y-%m-%dT%H:%M}/{part.length // timedelta(hours=1)}" for part in span.by_local_day(STOCKHOLM)
    ]
    assert found == parts
