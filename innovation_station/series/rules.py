"""The rule of a series, and the dates it makes in local time. Pure.

A rule is a subset of RFC 5545's RRULE. It is expanded over local dates, and the wall time is laid on each of them: so a
series stays at nine over the changes of the clocks, and no date can be more than one local day.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Literal, get_args
from zoneinfo import ZoneInfo

from dateutil.rrule import DAILY, MO, MONTHLY, WEEKLY, rrule, weekday

from innovation_station.bookings.rules import local_span
from innovation_station.errors import Refusal, Refused
from innovation_station.spaces.rules import DAY_MINUTES, Holidays, Hours, Place
from innovation_station.timespan import Span, local_day

Frequency = Literal["daily", "weekly", "monthly"]
FREQUENCIES: tuple[Frequency, ...] = get_args(Frequency)
WEEKDAYS = frozenset(range(5))
ORDINALS = (1, 2, 3, 4, -1)  # a fifth Tuesday is missing in most months; the last one never
LIMIT = 200  # occurrences, where the house has set nothing else
MOST_APART = 99  # days, weeks or months
LONGEST_YEARS = 5
DAY = timedelta(days=1)

_NAMES = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_NAME = "|".join(_NAMES)
# Numbers have few digits, so that nobody makes us read or count to long ones; what they may be the rules say.
_PARTS: Mapping[str, str] = {
    "FREQ": "DAILY|WEEKLY|MONTHLY",
    "INTERVAL": r"[1-9][0-9]{0,5}",
    "COUNT": r"[1-9][0-9]{0,8}",
    "UNTIL": r"[0-9]{8}T[0-9]{6}Z",
    "BYDAY": rf"(?:{_NAME})(?:,(?:{_NAME})){{0,6}}|(?:[1-4]|-1)(?:{_NAME})",
    "BYMONTHDAY": r"[1-9]|[12][0-9]|3[01]",
    "WKST": "MO",
}
_LONGEST_TEXT = 200
_FREQUENCIES = {"daily": DAILY, "weekly": WEEKLY, "monthly": MONTHLY}


@dataclass(frozen=True, slots=True)
class Times:
    """When of the local day a series begins and ends, in minutes of the wall clock; 1440 is the day's end."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Rule:
    """How a series repeats: every `interval` days, weeks or months, until a local date (with it) or `count` times.

    `weekdays` (Monday is 0) are those of a weekly rule; a monthly one has a `month_day` or the `nth` (1 to 4, -1 the
    last) of a weekday. What the frequency has no use for is left out: a form without script sends all its fields.
    `skip_closed` leaves out what the house is closed on, without a shift of the rhythm and beyond the `count`.
    """

    frequency: Frequency
    interval: int = 1
    weekdays: frozenset[int] = frozenset()
    month_day: int | None = None
    nth: tuple[int, int] | None = None
    until: date | None = None
    count: int | None = None
    skip_closed: bool = False

    def __post_init__(self) -> None:
        if self.frequency != "weekly":
            object.__setattr__(self, "weekdays", frozenset())
        if self.frequency != "monthly":
            object.__setattr__(self, "month_day", None)
            object.__setattr__(self, "nth", None)

    def fits(self, day: date) -> bool:
        """Tell whether a date is of its weekdays or its day of the month, whatever the interval."""
        if self.frequency == "daily":
            return True
        if self.frequency == "weekly":
            return day.weekday() in self.weekdays
        if self.nth is None:
            return day.day == self.month_day
        number, on = self.nth
        left = monthrange(day.year, day.month)[1] - day.day
        return day.weekday() == on and (left < 7 if number < 0 else (day.day - 1) // 7 == number - 1)

    def rrule(self, zone: ZoneInfo) -> str:
        """Write the rule as RFC 5545 has it; UNTIL is the last second of its local day, in UTC.

        What is closed is no part of it: a calendar that shows the whole series as one needs EXDATEs, and a rule that
        ends by date (see `ending`), because COUNT counts them. The rule must be one that `rule_refusals` grants.
        """
        parts = [f"FREQ={self.frequency.upper()}"]
        if self.interval > 1:
            parts.append(f"INTERVAL={self.interval}")
        if self.weekdays:
            parts.append("BYDAY=" + ",".join(_NAMES[number] for number in sorted(self.weekdays)))
        elif self.nth:
            parts.append(f"BYDAY={self.nth[0]}{_NAMES[self.nth[1]]}")
        elif self.month_day:
            parts.append(f"BYMONTHDAY={self.month_day}")
        if self.until:
            last = local_day(self.until, zone).end - timedelta(seconds=1)
            parts.append(f"UNTIL={last:%Y%m%dT%H%M%SZ}")
        if self.count:
            parts.append(f"COUNT={self.count}")
        if self.frequency == "weekly" and self.interval > 1:
            parts.append("WKST=MO")  # the default, but not of every program
        return ";".join(parts)

    @classmethod
    def parse(cls, text: str, zone: ZoneInfo, *, skip_closed: bool = False) -> Rule:
        """Read what `rrule` writes, in any order of its parts. Raises Refused (rrule-unknown) for anything else.

        Nothing is expanded; whether it repeats too often or for too long, `rule_refusals` tells from the numbers.
        """
        parts = _parts(text)
        named = parts.get("BYDAY", "")
        nth = (int(named[:-2]), _NAMES.index(named[-2:])) if named and named[0] in "-1234" else None
        rule = cls(
            frequency=next(name for name in FREQUENCIES if name.upper() == parts.get("FREQ")),
            interval=int(parts.get("INTERVAL", "1")),
            weekdays=frozenset(_NAMES.index(name) for name in named.split(",") if name and not nth),
            month_day=int(parts["BYMONTHDAY"]) if "BYMONTHDAY" in parts else None,
            nth=nth,
            until=_until(parts["UNTIL"], zone) if "UNTIL" in parts else None,
            count=int(parts["COUNT"]) if "COUNT" in parts else None,
            skip_closed=skip_closed,
        )
        given = (bool(rule.weekdays or rule.nth), rule.month_day is not None)
        if given != ("BYDAY" in parts, "BYMONTHDAY" in parts):
            raise _unknown(text)  # a limit that this frequency would pass over in silence
        return rule

    def ending(self, last: date) -> Rule:
        """Give the same rule that ends on a date."""
        return replace(self, until=last, count=None)


def _parts(text: str) -> dict[str, str]:
    if len(text) > _LONGEST_TEXT:
        raise _unknown(text)
    found: dict[str, str] = {}
    for part in text.split(";"):
        name, _, value = part.partition("=")
        if name in found or name not in _PARTS or not re.fullmatch(_PARTS[name], value, re.ASCII):
            raise _unknown(part)
        found[name] = value
    if "FREQ" not in found:
        raise _unknown(text)
    return found


def _until(text: str, zone: ZoneInfo) -> date:
    try:
        last = datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        day = last.astimezone(zone).date()
        if last + timedelta(seconds=1) == local_day(day, zone).end:
            return day
    except (ValueError, OverflowError):
        pass
    raise _unknown(f"UNTIL={text}")


def _unknown(part: str) -> Refused:
    return Refused([Refusal("rrule-unknown", "rule", {"part": part[:40]})])


# -- what may be a rule -----------------------------------------------------------------------------------------------


def rule_refusals(rule: Rule, first_day: date, *, limit: int = LIMIT) -> list[Refusal]:
    """List every reason against a rule that begins on a date, before anything is expanded."""
    found = []
    if not 1 <= rule.interval <= MOST_APART:
        found.append(Refusal("series-interval", "interval", {"most": MOST_APART}))
    if rule.frequency == "weekly" and not (rule.weekdays and rule.weekdays <= frozenset(range(7))):
        found.append(Refusal("series-weekdays", "weekdays"))
    if rule.frequency == "monthly" and not _has_month_day(rule):
        found.append(Refusal("series-month-day", "month_day"))
    return found + _end_refusals(rule, first_day, limit)


def _has_month_day(rule: Rule) -> bool:
    by_date = rule.month_day is not None and 1 <= rule.month_day <= 31
    by_weekday = rule.nth is not None and rule.nth[0] in ORDINALS and 0 <= rule.nth[1] < 7
    return by_date != by_weekday and (rule.month_day is None or rule.nth is None)


def _end_refusals(rule: Rule, first_day: date, limit: int) -> list[Refusal]:
    if rule.until is None and rule.count is None:
        return [Refusal("series-endless", "until")]
    if rule.until is not None and rule.count is not None:
        return [Refusal("series-two-ends", "until")]
    if rule.count is not None:
        if rule.count < 1:
            return [Refusal("series-count", "count")]
        return [Refusal("series-too-long", "count", {"limit": limit})] if rule.count > limit else []
    if rule.until is not None and rule.until < first_day:
        return [Refusal("series-ends-early", "until")]
    if rule.until is not None and rule.until > _last_of_all(first_day):
        return [Refusal("series-far", "until", {"years": LONGEST_YEARS})]
    return []


def _last_of_all(first_day: date) -> date:
    """Give the last day that a series may have: also the bound of every walk through the calendar."""
    return date.fromordinal(min(first_day.toordinal() + LONGEST_YEARS * 366, date.max.toordinal()))


def times_refusals(times: Times) -> list[Refusal]:
    """List what is wrong with times of the day. They end on the day on which they begin, at 24:00 at the latest."""
    sides = (("start", times.start, DAY_MINUTES - 1), ("end", times.end, DAY_MINUTES))
    found = [Refusal("time-malformed", name) for name, minute, last in sides if not 0 <= minute <= last]
    return found or ([] if times.start < times.end else [Refusal("end-before-start", "end")])


# -- what is closed ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Shut:
    """When a space is closed: weekdays without hours, holidays, and its closures by local day (`Shut.of`)."""

    name: str
    hours: Hours
    holidays: Holidays
    closures: Mapping[date, Sequence[Span]] = field(default_factory=dict)

    @classmethod
    def of(cls, place: Place, holidays: Holidays, zone: ZoneInfo, closures: Iterable[Span] = ()) -> Shut:
        """Gather it for a space. `closures` are those of the space and of the house that meet the series' time."""
        by_day: dict[date, list[Span]] = {}
        for closure in closures:
            for part in closure.by_local_day(zone):
                by_day.setdefault(part.start.astimezone(zone).date(), []).append(part)
        return cls(place.name, place.hours, holidays, by_day)

    def on(self, day: date, span: Span | None) -> Refusal | None:
        """Say why nobody comes on a date; a closure of some hours counts where it meets the span."""
        if day in self.holidays:
            return Refusal("holiday", "date", {"day": day, "holiday": self.holidays[day]})
        if day.weekday() not in self.hours:
            return Refusal("closed-day", "date", {"day": day})
        if any(span is None or part.overlaps(span) for part in self.closures.get(day, ())):
            return Refusal("closed-space", "space", {"space": self.name})
        return None


# -- the dates --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Occurrence:
    """A date of a series with its time, UTC.

    Where the wall time does not exist on it, or twice, there is no `span` but the `refusals` that say so: nobody
    guesses which of two hours was meant, the date waits for a time of its own.
    """

    day: date
    span: Span | None
    refusals: tuple[Refusal, ...] = ()


@dataclass(frozen=True, slots=True)
class Expansion:
    """What a rule makes: its occurrences in order, the dates left out as closed, each with the reason, and what is
    against it.

    `missing` are the months (their first day) that lack the rule's date, such as a 31st, and are passed over.
    """

    occurrences: tuple[Occurrence, ...] = ()
    skipped: tuple[tuple[date, Refusal], ...] = ()
    missing: tuple[date, ...] = ()
    refusals: tuple[Refusal, ...] = ()

    @property
    def unclear(self) -> tuple[Occurrence, ...]:
        """Give the dates whose time must be chosen by hand."""
        return tuple(occurrence for occurrence in self.occurrences if occurrence.span is None)


def anchored(rule: Rule, day: date) -> date:
    """Give the first date on or after a day that a rule fits: there a new series begins, and its rhythm.

    Who asks on a Wednesday for every other Tuesday means the next Tuesday, not the one after it. The day itself where
    the rule fits none.
    """
    return next((ahead for ahead in (day + DAY * n for n in range(63)) if rule.fits(ahead)), day)


def dates(rule: Rule, first_day: date) -> Iterator[date]:
    """Give a rule's dates in order until its last day, for five years at most; nothing is counted or left out.

    The rhythm is that of `first_day`'s week (from Monday) or month, as RFC 5545 has it.
    """
    last = min(rule.until or date.max, _last_of_all(first_day))
    by: dict[str, Any] = {}
    if rule.weekdays:
        by["byweekday"] = sorted(rule.weekdays)
    elif rule.nth:
        by["byweekday"] = weekday(rule.nth[1])(rule.nth[0])
    elif rule.month_day:
        by["bymonthday"] = rule.month_day
    first, end = (datetime.combine(day, time()) for day in (first_day, last))
    found = rrule(_FREQUENCIES[rule.frequency], dtstart=first, interval=rule.interval, wkst=MO, until=end, **by)
    return (moment.date() for moment in found)


def occurrences(
    rule: Rule, first_day: date, times: Times, zone: ZoneInfo, *, limit: int = LIMIT, shut: Shut | None = None,
    begin: date | None = None,
) -> Expansion:  # fmt: skip
    """Expand a rule from `first_day`, each date at the same wall time.

    `shut` says what is left out where the rule skips what is closed. Dates before `begin` keep the rhythm but are
    neither given nor counted. With `refusals` the rest is what was found until then, `limit` occurrences at most.
    """
    if refused := (*rule_refusals(rule, first_day, limit=limit), *times_refusals(times)):
        return Expansion(refusals=refused)
    found: list[Occurrence] = []
    skipped: list[tuple[date, Refusal]] = []
    refusals: list[Refusal] = []
    for day in dates(rule, first_day):
        if begin is not None and day < begin:
            continue
        occurrence = at_times(day, times, zone)
        if rule.skip_closed and shut is not None and (reason := shut.on(day, occurrence.span)):
            skipped.append((day, reason))
            continue
        if len(found) == limit:
            refusals.append(Refusal("series-too-long", "until", {"limit": limit}))
            break
        found.append(occurrence)
        if len(found) == rule.count:
            break
    if not found:
        refusals.append(Refusal("series-empty", "until" if rule.until else "count"))
    elif rule.count is not None and len(found) < rule.count:
        refusals.append(Refusal("series-far", "count", {"years": LONGEST_YEARS}))
    last = rule.until or (found[-1].day if found else first_day)
    since = (begin or first_day).replace(day=1)
    missing = tuple(month for month in _missing(rule, first_day, last) if month >= since)
    return Expansion(tuple(found), tuple(skipped), missing, tuple(refusals))


def at_times(day: date, times: Times, zone: ZoneInfo) -> Occurrence:
    """Lay wall times on a date."""
    try:
        return Occurrence(day, local_span(day, times.start, times.end, zone))
    except Refused as unclear:
        return Occurrence(day, None, unclear.refusals)


def _missing(rule: Rule, first_day: date, last: date) -> Iterator[date]:
    if rule.month_day is None or rule.month_day <= 28:
        return
    month = first_day.replace(day=1)
    while month <= last:
        days = monthrange(month.year, month.month)[1]
        if days < rule.month_day and month.replace(day=days) <= last:
            yield month
        ahead = month.month - 1 + rule.interval
        month = date(month.year + ahead // 12, ahead % 12 + 1, 1)
