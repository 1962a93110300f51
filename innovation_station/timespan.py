"""Spans of time: aware, half-open, and how they meet the local calendar.

Everything that is stored or compared is UTC; local wall time is only read and shown. Pure: no clock, no database.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import Enum
from functools import lru_cache
from typing import TypeVar
from zoneinfo import ZoneInfo


class WallTime(Enum):
    """How often a local wall time happens on its day."""

    ONCE = "once"
    NEVER = "never"
    TWICE = "twice"


def wall_time(local: datetime, zone: ZoneInfo) -> WallTime:
    """Tell whether the naive wall time `local` happens once, never (spring gap) or twice (autumn) in `zone`.

    zoneinfo moves a time in the gap silently forward, so callers must ask before they convert.
    """
    if zone.utcoffset(local) == zone.utcoffset(local.replace(fold=1 - local.fold)):
        return WallTime.ONCE
    back = local.replace(tzinfo=zone).astimezone(UTC).astimezone(zone).replace(tzinfo=None)
    return WallTime.TWICE if back == local else WallTime.NEVER


def to_utc(day: date, clock: time, zone: ZoneInfo) -> datetime:
    """Turn a local date and wall time into an aware UTC instant (the first of two, the later side of a gap)."""
    return datetime.combine(day, clock, tzinfo=zone).astimezone(UTC)


@lru_cache(maxsize=1024)  # a hundred dates of a series are asked for their days again and again
def local_day(day: date, zone: ZoneInfo) -> Span:
    """Give the span of one local calendar day: 23, 24 or 25 hours long, in UTC."""
    midnight = time()
    return Span(to_utc(day, midnight, zone), to_utc(day + timedelta(days=1), midnight, zone))


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A half-open stretch of time [start, end) of aware datetimes; the end belongs to what comes next.

    Raises ValueError where a side is naive or the span is empty or backwards.
    """

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        if self.start.tzinfo is None or self.end.tzinfo is None:
            raise ValueError("a span needs aware datetimes")
        if self.end <= self.start:
            raise ValueError("a span must end after it starts")

    @property
    def length(self) -> timedelta:
        """Give the elapsed time, which over a daylight-saving change is not the difference of the wall clocks."""
        if self.start.tzinfo is UTC and self.end.tzinfo is UTC:
            return self.end - self.start
        return self.end.astimezone(UTC) - self.start.astimezone(UTC)

    def overlaps(self, other: Span) -> bool:
        """Tell whether the two share time; spans that only touch do not."""
        return self.start < other.end and other.start < self.end

    def contains(self, other: Span) -> bool:
        """Tell whether `other` lies wholly inside."""
        return self.start <= other.start and other.end <= self.end

    def intersection(self, other: Span) -> Span | None:
        """Give the time both share, or None."""
        start, end = max(self.start, other.start), min(self.end, other.end)
        return Span(start, end) if start < end else None

    def shifted(self, by: timedelta) -> Span:
        """Give the same length of elapsed time, moved."""
        return Span(self.start + by, self.end + by)

    def by_local_day(self, zone: ZoneInfo) -> Iterator[Span]:
        """Split at local midnights, in order; each part lies in one local day."""
        start = self.start.astimezone(UTC)
        end = self.end.astimezone(UTC)
        while start < end:
            midnight = local_day(start.astimezone(zone).date(), zone).end
            yield Span(start, min(midnight, end))
            start = midnight


def union(spans: Iterable[Span]) -> list[Span]:
    """Merge spans that overlap or touch; sorted by start."""
    merged: list[Span] = []
    for span in sorted(spans):
        if merged and span.start <= merged[-1].end:
            merged[-1] = Span(merged[-1].start, max(merged[-1].end, span.end))
        else:
            merged.append(span)
    return merged


def subtract(whole: Iterable[Span], taken: Iterable[Span]) -> list[Span]:
    """Give what is left of `whole` when `taken` is cut out; sorted, merged, never empty spans."""
    held = sorted((span.start, span.end) for span in taken)
    return [Span(start, end) for span in union(whole) for start, end in gaps(span.start, span.end, held)]


Point = TypeVar("Point", int, datetime)


def gaps(first: Point, last: Point, held: Iterable[tuple[Point, Point]]) -> list[tuple[Point, Point]]:
    """Give what is left between two points, in order; `held` comes in order of its starts and may overlap."""
    found = []
    for start, end in held:
        if start >= last:
            break
        if first < start:
            found.append((first, start))
        if first < end:
            first = end
    if first < last:
        found.append((first, last))
    return found
