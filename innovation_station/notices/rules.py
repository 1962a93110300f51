"""What reaches a member by which way, and when mail has to wait. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from innovation_station.errors import Refusal

MailWay = Literal["now", "digest", "off"]
MAIL_WAYS: tuple[MailWay, ...] = ("now", "digest", "off")
Frequency = Literal["daily", "weekly", "off"]
FREQUENCIES: tuple[Frequency, ...] = ("daily", "weekly", "off")
DIGEST_AT = time(7, 30)
DIGEST_WEEKDAY = 0
DIGEST_LONGEST = 20
KEPT_FOR = timedelta(days=90)
DAY_MINUTES = 24 * 60
DIGEST = "digest"  # stands where else a kind does, in the link that ends the digest itself
Values = Mapping[str, Any]
Names = Mapping[int, str]


@dataclass(frozen=True, slots=True)
class Said:
    """What a notice says in one language: a title, a sentence, and where its one button leads.

    `links` are what a mail has in the button's place, the most likely first: words, and the path of a signed link that
    does the thing (see `deeds`).
    """

    title: str
    text: str = ""
    action: str = ""
    endpoint: str = ""
    parts: Mapping[str, Any] | None = None
    links: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Choice:
    """What a member wants of a kind."""

    mail: MailWay
    in_app: bool


@dataclass(frozen=True, slots=True)
class Quiet:
    """Hours without mail, in minutes of the wall clock; they may go past midnight."""

    start: int
    end: int


def quiet_refusals(start: int | None, end: int | None) -> list[Refusal]:
    """List why hours cannot be quiet ones; both or none must be given, and they must differ."""
    if (start is None) != (end is None):
        return [Refusal("quiet-half", "quiet_end" if end is None else "quiet_start")]
    if start is not None and start % DAY_MINUTES == (end or 0) % DAY_MINUTES:
        return [Refusal("quiet-all-day", "quiet_end")]
    return []


def quiet_until(quiet: Quiet | None, now: datetime, zone: ZoneInfo) -> datetime | None:
    """Give when the quiet hours end that run now, in UTC; None where none do.

    What counts is the wall clock: an hour that the clocks skip is not quiet and one that comes twice is quiet twice.
    """
    if quiet is None:
        return None
    local = now.astimezone(zone)
    minute = local.hour * 60 + local.minute
    start, end = quiet.start % DAY_MINUTES, quiet.end % DAY_MINUTES
    running = start <= minute < end if start < end else minute >= start or minute < end
    if not running:
        return None
    day = local.date() if minute < end else local.date() + timedelta(days=1)
    return _last(day, end, zone)


def _last(day: date, minute: int, zone: ZoneInfo) -> datetime:
    """Give the instant of a minute of a local day, the later one where there are two."""
    wall = datetime.combine(day, time(minute // 60, minute % 60), tzinfo=zone)
    return max(wall.astimezone(UTC), wall.replace(fold=1).astimezone(UTC))


def digest_on(frequency: Frequency, day: date) -> bool:
    """Tell whether a digest goes out on a local day."""
    return frequency == "daily" or (frequency == "weekly" and day.weekday() == DIGEST_WEEKDAY)


def frequencies_on(day: date) -> frozenset[Frequency]:
    """Name the frequencies of the digests that go out on a local day."""
    return frozenset(frequency for frequency in FREQUENCIES if digest_on(frequency, day))


def people_of(values: Iterable[Values]) -> frozenset[int]:
    """Give the ids of everybody whom notices name."""
    return frozenset(person for value in values for person in value.get("people", ()))
