"""Periods that figures are shown of, and those that they are compared with. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

PRESETS = ("week", "month", "quarter", "year")
LONGEST = 1100  # days
DAILY, WEEKLY = 35, 100  # up to so many days a period is drawn by day, by week; a longer one by month
DAY, WEEK = timedelta(days=1), timedelta(days=7)
EARLIEST, LATEST = date(2000, 1, 1), date(2199, 12, 31)


@dataclass(frozen=True, slots=True)
class Period:
    """Whole local days, first and last. `kind` is one of the presets, or "own"."""

    kind: str
    first: date
    last: date

    @property
    def length(self) -> int:
        """Give the number of its days."""
        return (self.last - self.first).days + 1

    @property
    def step(self) -> str:
        """Say by what it is drawn: "day", "week" or "month"."""
        return "day" if self.length <= DAILY else "week" if self.length <= WEEKLY else "month"

    @property
    def previous(self) -> Period:
        """Give the one before: the month before a month, and as many days before days of one's own."""
        if self.kind in PRESETS:
            return of(self.kind, self.first - DAY)
        return Period(self.kind, self.first - timedelta(days=self.length), self.first - DAY)

    @property
    def following(self) -> Period:
        """Give the one after."""
        if self.kind in PRESETS:
            return of(self.kind, self.last + DAY)
        return Period(self.kind, self.last + DAY, self.last + timedelta(days=self.length))

    @property
    def year_before(self) -> Period:
        """Give the same a year before: of a month that month, else the days 52 weeks before, on the same weekdays."""
        if self.kind in ("month", "quarter", "year"):
            return of(self.kind, self.first.replace(year=self.first.year - 1))
        return Period(self.kind, self.first - 52 * WEEK, self.last - 52 * WEEK)

    def bucket(self, day: date) -> date:
        """Give the first day of the part of the drawing that a day is in."""
        if self.step == "day":
            return day
        if self.step == "week":
            return max(day - timedelta(days=day.weekday()), self.first)
        return max(day.replace(day=1), self.first)

    def buckets(self) -> Iterator[date]:
        """Give the parts of the drawing, by their first days."""
        seen, day = None, self.first
        while day <= self.last:
            if (bucket := self.bucket(day)) != seen:
                yield bucket
            seen, day = bucket, day + DAY


def of(kind: str, day: date) -> Period:
    """Give the week, month, quarter or year that a day is in."""
    if kind == "week":
        first = day - timedelta(days=day.weekday())
        return Period(kind, first, first + 6 * DAY)
    months = {"month": 1, "quarter": 3, "year": 12}[kind]
    first = date(day.year, (day.month - 1) // months * months + 1, 1)
    end = first.month - 1 + months
    return Period(kind, first, date(first.year + end // 12, end % 12 + 1, 1) - DAY)


def own(first: date, last: date) -> Period | None:
    """Give days of one's own; None where they are the wrong way round, too many, or in another century."""
    fits = EARLIEST <= first <= last <= LATEST and (last - first).days < LONGEST
    return Period("own", first, last) if fits else None
