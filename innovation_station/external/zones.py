"""Which clock a time of a file was read off: names of zones as programs write them, and zones a file defines. Pure.

A name that nothing explains is not guessed at: whoever reads says which zone it means, or its times are left out.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

from babel.core import get_global
from dateutil.rrule import YEARLY, rrule, weekday

from innovation_station.external.lines import Component

FIRST, LAST = 1900, 2200  # the years that a time may lie in
_OFFSET = re.compile(r"([+-])([0-9]{2})([0-9]{2})([0-9]{2})?")
_YEARLY = re.compile(r"(?:[1-4]|-[1-4])?(MO|TU|WE|TH|FR|SA|SU)")
_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_MOST_OBSERVANCES = 200
_WIDEST = timedelta(days=2)  # no wall is further from its instant


class Clock:
    """Turns wall times into instants, by the zone of a name."""

    def __init__(self, name: str, zone: ZoneInfo) -> None:
        self.name = name
        self._zone = zone

    def instant(self, wall: datetime) -> datetime:
        """Give the instant of a naive wall time: the first of two; one in a gap as before it (RFC 5545, 3.3.5).

        Raises OverflowError and ValueError for what no instant is.
        """
        return wall.replace(tzinfo=self._zone).astimezone(UTC)

    def wall(self, instant: datetime) -> datetime:
        """Give the naive wall time of an instant."""
        return instant.astimezone(self._zone).replace(tzinfo=None)


@dataclass(frozen=True, slots=True)
class Period:
    """From when on an offset holds."""

    onset: datetime
    offset: timedelta


class FileClock(Clock):
    """A zone that a file defines itself, by its VTIMEZONE."""

    def __init__(self, name: str, before: timedelta, periods: Sequence[Period]) -> None:
        self.name = name
        self._before = before
        self._periods = sorted(periods, key=lambda period: period.onset)

    def instant(self, wall: datetime) -> datetime:
        """Give the instant of a naive wall time, by the first period that has not ended at it."""
        offset, later = self._at(wall.replace(tzinfo=UTC) - _WIDEST)
        for period in later:
            before, after = ((wall - one).replace(tzinfo=UTC) for one in (offset, period.offset))
            if before < period.onset or after < period.onset:  # it has not begun, or the time is in the gap before it
                break
            offset = period.offset
        return (wall - offset).replace(tzinfo=UTC)

    def wall(self, instant: datetime) -> datetime:
        """Give the naive wall time of an instant."""
        offset, _later = self._at(instant)
        return (instant + offset).replace(tzinfo=None)

    def _at(self, instant: datetime) -> tuple[timedelta, list[Period]]:
        """Give the offset at an instant, and the next periods after it."""
        index = bisect_right(self._periods, instant, key=lambda period: period.onset)
        offset = self._periods[index - 1].offset if index else self._before
        return offset, self._periods[index : index + 8]


UTC_CLOCK = Clock("UTC", ZoneInfo("UTC"))


@lru_cache(maxsize=1)
def _names() -> dict[str, str]:
    known = {name.lower(): name for name in available_timezones() if name not in ("localtime", "Factory")}
    windows = {name.lower(): zone for name, zone in get_global("windows_zone_mapping").items()}
    return {**windows, **known}


@lru_cache(maxsize=256)
def known_zone(text: str) -> str | None:
    """Give the zone a name stands for: one of the common database, of Windows, or either behind a vendor's prefix."""
    name = text.strip().strip('"').strip().lower()
    if found := _names().get(name.strip("/")):
        return found
    parts = [part for part in name.split("/") if part]
    if not name.startswith(("/", "tzone:")) or len(parts) < 2:
        return None
    for length in (3, 2, 1):
        tail = "/".join(parts[-length:])
        if length < len(parts) and (found := _names().get(tail)) and (length > 1 or found in ("UTC", "Etc/UTC")):
            return found
    return None


def named(text: str) -> Clock | None:
    """Give the clock of a zone's name, None where nothing explains it."""
    key = known_zone(text)
    if key is None:
        return None
    try:
        return Clock(key, ZoneInfo(key))
    except (KeyError, ValueError, OSError):
        return None


def defined(component: Component) -> FileClock | None:
    """Give the clock that a VTIMEZONE defines; None where it does not say enough, or more than it may cost."""
    tzid = component.first("TZID")
    periods: list[Period] = []
    first: tuple[datetime, timedelta] | None = None
    if tzid is None or component.broken or len(component.parts) > _MOST_OBSERVANCES:
        return None
    for part in component.parts:
        found = _observance(part)
        if found is None:
            return None
        before, begun = found
        periods += begun
        if begun and (first is None or begun[0].onset < first[0]):
            first = (begun[0].onset, before)
    return FileClock(tzid.word, first[1], periods) if first else None


def _observance(part: Component) -> tuple[timedelta, list[Period]] | None:
    start, before, after = part.first("DTSTART"), part.first("TZOFFSETFROM"), part.first("TZOFFSETTO")
    if start is None or before is None or after is None or part.broken:
        return None
    was, will = _offset(before.value), _offset(after.value)
    try:
        begin = _onset(start.value)
        dates = ",".join(line.value for line in part.all("RDATE"))
        if was is None or will is None or len(dates) > 4000:
            return None
        walls = [begin, *(_onset(one) for one in dates.split(",") if one)]
        if rule := part.first("RRULE"):
            walls += _yearly(rule.value, begin)
        return was, [Period((wall - was).replace(tzinfo=UTC), will) for wall in sorted(set(walls))]
    except (ValueError, OverflowError):
        return None


def _onset(text: str) -> datetime:
    return datetime.strptime(text.strip()[:15], "%Y%m%dT%H%M%S")  # noqa: DTZ007  a wall time


def _yearly(text: str, begin: datetime) -> list[datetime]:
    """Give the onsets of a yearly rule within the years that count. Raises ValueError for any other rule."""
    parts = dict(part.split("=", 1) for part in text.strip().upper().split(";") if part)
    given = set(parts) - {"FREQ", "BYMONTH", "BYDAY", "BYMONTHDAY", "UNTIL", "INTERVAL", "WKST"}
    if given or parts.get("FREQ") != "YEARLY" or parts.get("INTERVAL", "1") != "1":
        raise ValueError(text)
    kwargs: dict[str, object] = {}
    if month := parts.get("BYMONTH"):
        kwargs["bymonth"] = _number(month, 1, 12)
    if day := parts.get("BYMONTHDAY"):
        kwargs["bymonthday"] = [_number(one, -31, 31) for one in day.split(",")[:31]]
    if by_day := parts.get("BYDAY"):
        if not _YEARLY.fullmatch(by_day):
            raise ValueError(text)
        ordinal = by_day[:-2]
        on = weekday(_DAYS.index(by_day[-2:]))
        kwargs["byweekday"] = on(int(ordinal)) if ordinal else on
    until = datetime(LAST, 1, 1)  # noqa: DTZ001
    if limit := parts.get("UNTIL"):
        until = min(until, datetime.strptime(limit[:8], "%Y%m%d") + timedelta(days=1))  # noqa: DTZ007
    # Microsoft's rules begin in 1601; the day of a rule does not hang on the year it began in
    first = begin
    if begin.year < FIRST:
        first = begin.replace(year=FIRST, day=begin.day if len(kwargs) < 2 else 1)
    return list(rrule(YEARLY, dtstart=first, until=until, **kwargs))


def _number(text: str, lowest: int, highest: int) -> int:
    if not re.fullmatch(r"-?[0-9]{1,3}", text) or not lowest <= int(text) <= highest or int(text) == 0:
        raise ValueError(text)
    return int(text)


def _offset(text: str) -> timedelta | None:
    found = _OFFSET.fullmatch(text.strip())
    if found is None:
        return None
    sign, hours, minutes, seconds = found.groups()
    total = timedelta(hours=int(hours), minutes=int(minutes), seconds=int(seconds or 0))
    return None if total >= timedelta(hours=24) else total if sign == "+" else -total
