"""Describe a time zone as a VTIMEZONE that every calendar program reads alike.

The text comes from the POSIX footer of the zone's TZif data (RFC 9636 section 3.3), which is the rule in
force from now on, written as yearly RRULE observances. Standard library only; no clock.
"""

from __future__ import annotations

import calendar
import re
import zoneinfo
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from importlib import resources
from pathlib import Path
from zoneinfo import ZoneInfo

FIRST_YEAR = 1971
"""The observances start in 1970; from this year on each of them has happened at least once."""

_NOT_IANA = frozenset({"localtime", "posixrules", "Factory"})
_DAYS = ("SU", "MO", "TU", "WE", "TH", "FR", "SA")
_NAME = r"(?:<([A-Za-z0-9+-]+)>|([A-Za-z]{3,}))"
_OFFSET = r"([+-]?\d{1,3}(?::\d{2}){0,2})"
_RULE = r"M(\d{1,2})\.([1-5])\.([0-6])(?:/" + _OFFSET + ")?"
_POSIX = re.compile(rf"{_NAME}{_OFFSET}(?:{_NAME}{_OFFSET}?,{_RULE},{_RULE})?")


class ZoneNotExpressibleError(ValueError):
    """The zone has no rule that yearly RRULE observances can carry; write its times in UTC instead."""


@dataclass(frozen=True, slots=True)
class Onset:
    """The moment of the year at which one observance begins, in the wall time that ends there."""

    month: int
    week: int
    weekday: int
    seconds: int

    def wall(self, year: int) -> datetime:
        """Return the naive wall time of this onset in `year`."""
        last = calendar.monthrange(year, self.month)[1]
        first = datetime(year, self.month, 1).isoweekday() % 7  # noqa: DTZ001 - a wall time
        day = 1 + (self.weekday - first) % 7 + 7 * (self.week - 1)
        if day > last:
            day -= 7
        return datetime(year, self.month, day) + timedelta(seconds=self.seconds)  # noqa: DTZ001

    def rrule(self) -> str:
        """Return the RRULE value, or raise ZoneNotExpressibleError when the day can leave its month."""
        shift = self.seconds // 86400
        if not shift:
            ordinal = -1 if self.week == 5 else self.week
            return f"FREQ=YEARLY;BYMONTH={self.month};BYDAY={ordinal}{_DAYS[self.weekday]}"
        last = calendar.monthrange(1970, self.month)[1]
        final = last if self.week == 5 else 7 * self.week
        low, high = final - 6 + shift, final + shift
        if low < 1 or high > last or (self.month == 2 and self.week == 5):
            raise ZoneNotExpressibleError(f"an onset {shift} days from its weekday leaves month {self.month}")
        days = ",".join(str(day) for day in range(low, high + 1))
        weekday = _DAYS[(self.weekday + shift) % 7]
        return f"FREQ=YEARLY;BYMONTH={self.month};BYMONTHDAY={days};BYDAY={weekday}"


@dataclass(frozen=True, slots=True)
class ZoneRule:
    """The offsets of a zone from now on; `onsets` is (daylight, standard), or empty without either."""

    names: tuple[str, ...]
    offsets: tuple[timedelta, ...]
    onsets: tuple[Onset, ...]

    def changes(self, year: int) -> list[tuple[datetime, timedelta]]:
        """Return the changes of `year` in order, as (aware UTC instant, the offset that begins)."""
        if not self.onsets:
            return []
        (standard, daylight), (to_daylight, to_standard) = self.offsets, self.onsets
        return sorted(
            [
                ((to_daylight.wall(year) - standard).replace(tzinfo=UTC), daylight),
                ((to_standard.wall(year) - daylight).replace(tzinfo=UTC), standard),
            ]
        )


def footer(key: str) -> str:
    """Return the POSIX TZ string at the end of the zone's TZif data, from the place where zoneinfo finds it.

    Raises ZoneNotExpressibleError when there is no such file or it is too old to have a footer.
    """
    for data in _tzif_candidates(key):
        if data[:4] == b"TZif" and data[4:5] >= b"2" and data[-1:] == b"\n":
            return data[:-1].rpartition(b"\n")[2].decode("ascii", "replace")
    raise ZoneNotExpressibleError(f"{key!r} has no POSIX rule")


def _tzif_candidates(key: str) -> list[bytes]:
    parts = key.split("/")
    if not all(re.fullmatch(r"[A-Za-z0-9_+-]+", part) for part in parts):
        return []
    for root in zoneinfo.TZPATH:
        path = Path(root, *parts)
        if path.is_file():
            return [path.read_bytes()]
    try:
        return [resources.files("tzdata.zoneinfo").joinpath(*parts).read_bytes()]
    except (ModuleNotFoundError, OSError):
        return []


def parse_footer(text: str) -> ZoneRule:
    """Return the rule written in a POSIX TZ string such as `CET-1CEST,M3.5.0,M10.5.0/3`.

    Offsets are east of Greenwich. Raises ZoneNotExpressibleError for all but M-rules, the only kind in use.
    """
    match = _POSIX.fullmatch(text)
    if match is None:
        raise ZoneNotExpressibleError(f"cannot read the rule {text!r}")
    quoted, plain, offset, quoted_dst, plain_dst, offset_dst, *rules = match.groups()
    standard = timedelta(seconds=-_seconds(offset))
    if not rules[0]:
        return ZoneRule((quoted or plain,), (standard,), ())
    daylight = timedelta(seconds=-_seconds(offset_dst)) if offset_dst else standard + timedelta(hours=1)
    onsets = tuple(
        Onset(int(month), int(week), int(day), _seconds(at) if at else 7200)
        for month, week, day, at in (rules[:4], rules[4:])
    )
    return ZoneRule((quoted or plain, quoted_dst or plain_dst), (standard, daylight), onsets)


def _seconds(text: str) -> int:
    sign = -1 if text.startswith("-") else 1
    parts = [int(part) for part in text.lstrip("+-").split(":")] + [0, 0]
    return sign * (parts[0] * 3600 + parts[1] * 60 + parts[2])


class ZoneText:
    """How one zone is written: its name, its VTIMEZONE, and the years for which that text tells the truth."""

    def __init__(self, zone: ZoneInfo) -> None:
        """Read the zone's rule; `block` stays empty when times must go out as UTC."""
        self._zone = zone
        self._holds: dict[int, bool] = {}
        self.tzid = ""
        self.block = b""
        if not zone.key or zone.key in _NOT_IANA:
            return
        try:
            rule = parse_footer(footer(zone.key))
            if rule.names != ("UTC",):
                self.block = _block(zone.key, rule)
                self.tzid = zone.key
                self._rule = rule
        except ZoneNotExpressibleError:
            return

    def holds(self, year: int) -> bool:
        """Tell whether the VTIMEZONE gives the zone's own offsets all through `year`.

        A rule that was changed lately, or Morocco's Ramadan, is in the zone's data but not in its footer;
        entries of such a year go out in UTC.
        """
        known = self._holds.get(year)
        if known is None:
            known = self._holds[year] = bool(self.block) and FIRST_YEAR <= year <= 9000 and self._agrees(year)
        return known

    def _agrees(self, year: int) -> bool:
        instant = datetime(year, 1, 1, tzinfo=UTC) - timedelta(days=1)
        changes = [change for each in (year - 1, year, year + 1) for change in self._rule.changes(each)]
        probes = [instant + timedelta(days=day) for day in range(368)]
        probes += [moment + step for moment, _ in changes for step in (timedelta(seconds=-1), timedelta(0))]
        first, final = probes[0], probes[367]
        return all(
            probe.astimezone(self._zone).utcoffset() == self._offset(probe, changes)
            for probe in probes
            if first <= probe <= final
        )

    def _offset(self, instant: datetime, changes: list[tuple[datetime, timedelta]]) -> timedelta:
        offset = self._rule.offsets[0]
        for moment, begins in changes:
            if instant < moment:
                break
            offset = begins
        return offset


@lru_cache(maxsize=64)
def zone_text(zone: ZoneInfo) -> ZoneText:
    """Return the cached text of `zone`; the cost (under a millisecond) is paid once a process and year."""
    return ZoneText(zone)


def vtimezone_bytes(zone: ZoneInfo) -> bytes:
    """Return the VTIMEZONE of `zone`, CRLF-terminated, with one RRULE observance for each half of the year.

    Raises ZoneNotExpressibleError for UTC, for a zone without an IANA name and for one whose rule has no
    RRULE form; times in such a zone are written in UTC and need no VTIMEZONE.
    """
    block = zone_text(zone).block
    if not block:
        raise ZoneNotExpressibleError(f"{zone.key!r} is written in UTC")
    return block


def utc_block() -> bytes:
    """Return a VTIMEZONE for UTC, the one component of an empty calendar whose zone cannot be written."""
    return _block("Etc/UTC", ZoneRule(("UTC",), (timedelta(0),), ()))


def _block(key: str, rule: ZoneRule) -> bytes:
    lines = ["BEGIN:VTIMEZONE", f"TZID:{key}"]
    if not rule.onsets:
        lines += _observance("STANDARD", rule.names[0], rule.offsets[0], rule.offsets[0], "19700101T000000", None)
    else:
        (standard, daylight), (to_daylight, to_standard) = rule.offsets, rule.onsets
        # Ireland's data calls winter the daylight half; programs expect DAYLIGHT to be the larger offset.
        summer, winter = ("DAYLIGHT", "STANDARD") if daylight > standard else ("STANDARD", "DAYLIGHT")
        for kind, name, before, after, onset in (
            (summer, rule.names[1], standard, daylight, to_daylight),
            (winter, rule.names[0], daylight, standard, to_standard),
        ):
            start = onset.wall(1970).strftime("%Y%m%dT%H%M%S")
            lines += _observance(kind, name, before, after, start, onset.rrule())
    lines.append("END:VTIMEZONE")
    return "".join(line + "\r\n" for line in lines).encode("ascii")


def _observance(kind: str, name: str, before: timedelta, after: timedelta, start: str, rrule: str | None) -> list[str]:
    lines = [f"BEGIN:{kind}", f"DTSTART:{start}", f"TZOFFSETFROM:{_utc_offset(before)}"]
    lines += [f"TZOFFSETTO:{_utc_offset(after)}", f"TZNAME:{name}"]
    if rrule:
        lines.append(f"RRULE:{rrule}")
    return [*lines, f"END:{kind}"]


def _utc_offset(offset: timedelta) -> str:
    total = int(offset.total_seconds())
    sign, total = ("-", -total) if total < 0 else ("+", total)
    text = f"{sign}{total // 3600:02}{total % 3600 // 60:02}"
    return text + (f"{total % 60:02}" if total % 60 else "")
