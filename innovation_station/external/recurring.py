"""When a rule of a foreign calendar repeats: checked before it is expanded, and bounded while it is. Pure.

A rule is text from anybody. dateutil expands what is left of it; a rule that never matches would keep it busy to the
year 9999, so impossible days are refused here, and whoever reads whole files gives every rule a little time only.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from dateutil.rrule import DAILY, MONTHLY, WEEKLY, YEARLY, rrule, weekday

from innovation_station.external.zones import Clock

LONGEST_RULE = 600
MOST_STEPS = 30_000  # of one rule from its first date on: each day for eighty years
MOST_LISTED = 2_000  # dates that an event may name one by one
_MOST_A_DAY = 24
_FREQUENCIES = {"DAILY": DAILY, "WEEKLY": WEEKLY, "MONTHLY": MONTHLY, "YEARLY": YEARLY}
_TOO_FINE = frozenset({"HOURLY", "MINUTELY", "SECONDLY"})
_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_BY_DAY = re.compile(r"([+-]?[0-9]{1,2})?(MO|TU|WE|TH|FR|SA|SU)")
# name of the part: dateutil's, lowest, highest, how many at most
_LISTS: Mapping[str, tuple[str, int, int, int]] = {
    "BYMONTH": ("bymonth", 1, 12, 12),
    "BYMONTHDAY": ("bymonthday", -31, 31, 62),
    "BYYEARDAY": ("byyearday", -366, 366, 60),
    "BYWEEKNO": ("byweekno", -53, 53, 53),
    "BYSETPOS": ("bysetpos", -366, 366, 31),
    "BYHOUR": ("byhour", 0, 23, 24),
    "BYMINUTE": ("byminute", 0, 59, 24),
    "BYSECOND": ("bysecond", 0, 59, 24),
}
_MOMENT = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})(?:T([0-9]{2})([0-9]{2})([0-9]{2})(Z?))?")
_FROM_NONE = frozenset({"BYHOUR", "BYMINUTE", "BYSECOND"})


class Unreadable(Exception):
    """What cannot be read of an event: `code` is a problem's."""

    def __init__(self, code: str, text: str = "") -> None:
        super().__init__(code)
        self.code, self.text = code, text


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule that may be expanded: what dateutil is given, and its end as a date, a wall time or an instant."""

    frequency: int
    given: Mapping[str, Any]
    until: date | datetime | None
    count: int | None

    def walls(self, first: datetime, clock: Clock) -> Iterator[datetime]:
        """Give the naive wall times from the first on, in order; without an end where the rule has none.

        The first one counts though the rule may not fit it: that is when the event begins (RFC 5545, 3.8.5.3).
        Raises Unreadable (rule-too-long) where it goes on for more than can be followed.
        """
        found = rrule(self.frequency, dtstart=first, count=self.count, **self.given)
        told = False
        for step, wall in enumerate(found):
            if step >= MOST_STEPS:
                raise Unreadable("rule-too-long")
            if not told:
                told = True
                if wall != first:
                    yield first
            if self._ended(wall, clock):
                return
            yield wall
        if not told:
            yield first

    def _ended(self, wall: datetime, clock: Clock) -> bool:
        if self.until is None:
            return False
        if not isinstance(self.until, datetime):
            return wall.date() > self.until
        return wall > self.until if self.until.tzinfo is None else clock.instant(wall) > self.until


def parse_rule(text: str) -> Rule:
    """Read a rule. Raises Unreadable: rule-unreadable, rule-too-fine, rule-never."""
    parts = _parts(text)
    frequency = parts.pop("FREQ", "")
    if frequency in _TOO_FINE:
        raise Unreadable("rule-too-fine", frequency)
    if frequency not in _FREQUENCIES:
        raise Unreadable("rule-unreadable", text)
    given: dict[str, Any] = {"interval": _number(parts.pop("INTERVAL", "1"), 1, 1000, text)}
    count = _number(parts.pop("COUNT"), 1, 100_000, text) if "COUNT" in parts else None
    until = _until(parts.pop("UNTIL"), text) if "UNTIL" in parts else None
    if week_start := parts.pop("WKST", ""):
        if week_start not in _DAYS:
            raise Unreadable("rule-unreadable", text)
        given["wkst"] = _DAYS.index(week_start)
    if by_day := parts.pop("BYDAY", ""):
        given["byweekday"] = _weekdays(by_day, text)
    for name, value in parts.items():
        if name not in _LISTS:
            raise Unreadable("rule-unreadable", text)
        key, lowest, highest, most = _LISTS[name]
        given[key] = _numbers(value, lowest, highest, most, text, name in _FROM_NONE)
    _check(frequency, given, text)
    return Rule(_FREQUENCIES[frequency], given, until, count)


def _parts(text: str) -> dict[str, str]:
    if len(text) > LONGEST_RULE:
        raise Unreadable("rule-unreadable", text)
    found: dict[str, str] = {}
    for part in text.strip().upper().split(";"):
        if not part:
            continue
        name, equals, value = part.partition("=")
        if not equals or not value or name.strip() in found:
            raise Unreadable("rule-unreadable", text)
        found[name.strip()] = value.strip()
    return found


def _check(frequency: str, given: Mapping[str, Any], text: str) -> None:
    """Refuse what would come more often than hourly, and days that no month has."""
    a_day = 1
    for key in ("byhour", "byminute", "bysecond"):
        a_day *= len(set(given.get(key, (0,))))
    if a_day > _MOST_A_DAY:
        raise Unreadable("rule-too-fine", text)
    if "byweekno" in given and frequency != "YEARLY":
        raise Unreadable("rule-unreadable", text)
    months, days = given.get("bymonth", range(1, 13)), given.get("bymonthday", ())
    if days and all(abs(day) > monthrange(2024, month)[1] for month in months for day in days):
        raise Unreadable("rule-never", text)


def _number(value: str, lowest: int, highest: int, text: str) -> int:
    if not re.fullmatch(r"[+-]?[0-9]{1,6}", value) or not lowest <= int(value) <= highest:
        raise Unreadable("rule-unreadable", text)
    return int(value)


def _numbers(value: str, lowest: int, highest: int, most: int, text: str, from_none: bool) -> list[int]:
    listed = value.split(",")
    numbers = [_number(one.strip(), lowest, highest, text) for one in listed[: most + 1]]
    if len(listed) > most or (0 in numbers and not from_none):
        raise Unreadable("rule-unreadable", text)
    return numbers


def _weekdays(value: str, text: str) -> list[weekday]:
    found = []
    listed = value.split(",")
    if len(listed) > 60:
        raise Unreadable("rule-unreadable", text)
    for one in listed:
        match = _BY_DAY.fullmatch(one.strip())
        if match is None or (match[1] and not 1 <= abs(int(match[1])) <= 53):
            raise Unreadable("rule-unreadable", text)
        on = weekday(_DAYS.index(match[2]))
        found.append(on(int(match[1])) if match[1] else on)
    return found


def _until(value: str, text: str) -> date | datetime:
    moment = moment_of(value)
    if moment is None:
        raise Unreadable("rule-unreadable", text)
    return moment


def moment_of(value: str) -> date | datetime | None:
    """Read a date, a wall time (naive) or an instant (aware) as iCalendar writes them; None for anything else."""
    found = _MOMENT.fullmatch(value.strip().upper())
    if found is None:
        return None
    year, month, day, hour, minute, second, utc = found.groups()
    try:
        on = date(int(year), int(month), int(day))
        if hour is None:
            return on
        # a leap second is the one before it: no wall clock here shows it
        at = datetime.combine(on, time(int(hour), int(minute), 59 if second == "60" else int(second)))
    except ValueError:
        return None
    return at.replace(tzinfo=UTC) if utc else at


_DURATION = re.compile(
    r"([+-]?)P(?:([0-9]{1,4})W)?(?:([0-9]{1,5})D)?(?:T(?:([0-9]{1,6})H)?(?:([0-9]{1,7})M)?(?:([0-9]{1,8})S)?)?"
)


def duration_of(value: str) -> tuple[timedelta, timedelta] | None:
    """Read a length of time as days of the calendar and exact time; None for anything else and what is negative."""
    found = _DURATION.fullmatch(value.strip().upper())
    if found is None or not any(found.groups()[1:]) or value.strip().upper().endswith("T") or found[1] == "-":
        return None
    weeks, days, hours, minutes, seconds = (int(one or 0) for one in found.groups()[1:])
    return timedelta(days=7 * weeks + days), timedelta(hours=hours, minutes=minutes, seconds=seconds)
