"""What a tally is, how the seconds of a day come into it, and what may be shown of few. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from innovation_station.spaces.rules import Holidays, Hours, House, at_minute
from innovation_station.timespan import local_day

CELL = 40  # bits of a cell: 34,000 years of seconds, more than all spaces of all houses have in one hour of the week
HOURS, WEEK = 24, 7 * 24
_MASK = (1 << CELL) - 1
# The seconds of a tally by hour. Those of the first five are within the hours in which a space is open.
TIMES = ("booked", "used", "events", "elsewhere", "withheld")
# How long before its start a booking was made: up to these many seconds, the last without an end.
LEADS = (3600, 86_400, 2 * 86_400, 7 * 86_400, 14 * 86_400, 28 * 86_400)
COUNTS = (
    "bookings", "cancelled", "declined", "came", "no_shows", "lost", "outside",
    *(f"lead{number}" for number in range(len(LEADS) + 1)),
)  # fmt: skip
FEW = 5  # who belongs to a group of fewer is not shown by what the group did
STEPS = (20, 40, 60, 80)  # per cent, at which the next of five shades begins


# -- numbers of many cells --------------------------------------------------------------------------------------------


def cells(number: int, count: int) -> list[int]:
    """Give what the cells of a number hold, the first cell first."""
    width = CELL // 8
    raw = number.to_bytes(count * width, "little")
    return [int.from_bytes(raw[at : at + width], "little") for at in range(0, len(raw), width)]


def stored(number: int) -> bytes:
    """Give a number as bytes, without the empty cells at its end."""
    return number.to_bytes((number.bit_length() + 7) // 8, "little")


def read(raw: bytes) -> int:
    """Give the number that was stored."""
    return int.from_bytes(raw, "little")


def total(number: int) -> int:
    """Add up all cells of a number.

    2 to the power of a cell's bits leaves 1 when it is divided by one less; so does every power of it, and the number
    leaves the sum of its cells.
    """
    return number % _MASK


def counts(**given: int) -> int:
    """Write counts as one number."""
    return sum(value << (COUNTS.index(name) * CELL) for name, value in given.items())


# -- tallies ----------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Tally:
    """What was counted: numbers of cells that add up.

    Of a day the cells of the `TIMES` are its 24 hours, of anything longer the 168 of a week, Monday's first; they hold
    seconds. `numbers` has the `COUNTS`. `organisations` gives bookings and seconds by organisation, 0 for none.
    """

    booked: int = 0
    used: int = 0
    events: int = 0
    elsewhere: int = 0
    withheld: int = 0
    numbers: int = 0
    organisations: dict[int, tuple[int, int]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.booked or self.events or self.elsewhere or self.withheld or self.numbers)

    def add(self, other: Tally, weekday: int | None = None) -> None:
        """Add another; `weekday` (Monday is 0) where that is of a day and this one of more."""
        shift = 0 if weekday is None else weekday * HOURS * CELL
        self.booked += other.booked << shift
        self.used += other.used << shift
        self.events += other.events << shift
        self.elsewhere += other.elsewhere << shift
        self.withheld += other.withheld << shift
        self.numbers += other.numbers
        for organisation, (bookings, seconds) in other.organisations.items():
            self.give(organisation, bookings, seconds)

    def give(self, organisation: int, bookings: int, seconds: int) -> None:
        """Add what an organisation has booked."""
        had = self.organisations.get(organisation, (0, 0))
        self.organisations[organisation] = (had[0] + bookings, had[1] + seconds)

    @property
    def taken(self) -> int:
        """Give the cells of what was taken by anybody, within opening hours."""
        return self.booked + self.events + self.elsewhere

    def count(self, *names: str) -> int:
        """Give one of the counts, or the sum of some."""
        return sum((self.numbers >> (COUNTS.index(name) * CELL)) & _MASK for name in names)


# -- what the house offers --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Leaf:
    """A space that is not divided: when it can be booked, and the spaces that it is a part of, itself among them."""

    hours: Hours
    within: frozenset[int]


@dataclass(frozen=True, slots=True)
class Shape:
    """What the house offers: its leaves by id, and the country whose holidays close it."""

    holidays: str | None
    leaves: Mapping[int, Leaf]

    @classmethod
    def of(cls, house: House) -> Shape:
        """Give what a house offers as it stands."""
        found = {}
        for place in house.places.values():
            if place.parts:
                continue
            above, space_id = [place.id], place.id
            while (whole := house.wholes.get(space_id)) is not None:
                above.append(whole)
                space_id = whole
            places = [house.places[one] for one in above]
            offered = next((one for one in places if one.bookable and one.archived_at is None), None)
            found[place.id] = Leaf(dict(offered.hours) if offered else {}, frozenset(above))
        return cls(house.holidays, found)

    def written(self) -> dict[str, object]:
        """Give it as JSON has it."""
        leaves = {
            str(space_id): {
                "hours": {str(day): list(minutes) for day, minutes in sorted(leaf.hours.items())},
                "within": sorted(leaf.within),
            }
            for space_id, leaf in sorted(self.leaves.items())
        }
        return {"holidays": self.holidays, "leaves": leaves}

    @classmethod
    def from_written(cls, given: Mapping[str, object]) -> Shape:
        """Read what `written` gave."""
        leaves: Mapping[str, Mapping[str, Mapping[str, Sequence[int]]]] = given["leaves"]  # type: ignore[assignment]
        holidays: str | None = given["holidays"]  # type: ignore[assignment]
        return cls(
            holidays,
            {
                int(space_id): Leaf(
                    {int(day): (minutes[0], minutes[1]) for day, minutes in leaf["hours"].items()},
                    frozenset(leaf["within"]),  # type: ignore[arg-type]
                )
                for space_id, leaf in leaves.items()
            },
        )


@dataclass(frozen=True, slots=True)
class Shapes:
    """The shapes of the house, each with the local day from which it holds, oldest first; the first holds for ever
    before."""

    known: Sequence[tuple[date, Shape]]

    def on(self, day: date) -> Shape:
        """Give the shape of a day."""
        return next((shape for since, shape in reversed(self.known) if since <= day), self.known[0][1])

    def within(self, first: date, last: date) -> Iterable[tuple[date, date, Shape]]:
        """Give the shapes of a period, each with the first and the last day that it holds for."""
        for number, (since, shape) in enumerate(self.known):
            begins = first if number == 0 else max(first, since)
            following = self.known[number + 1][0] if number + 1 < len(self.known) else None
            ends = last if following is None else min(last, following - timedelta(days=1))
            if begins <= ends:
                yield begins, ends, shape


def offered(hours: Hours, first: date, last: date, zone: ZoneInfo, holidays: Holidays) -> int:
    """Give the seconds of a period by weekday and hour of the wall clock in which something with these hours is open.

    Days of one weekday are alike but for holidays and those on which the clock changes; only these are looked at alone.
    """
    found = 0
    length = (last - first).days + 1
    for weekday, (opens, closes) in hours.items():
        offset = (weekday - first.weekday()) % 7
        if offset >= length:
            continue
        days = [first + timedelta(days=number) for number in range(offset, length, 7)]
        alike = 0
        for day in days:
            if day in holidays:
                continue
            if is_regular(day, zone):
                alike += 1
            else:
                found += _open(day, opens, closes, zone) << (weekday * HOURS * CELL)
        found += (alike * _plain(opens, closes)) << (weekday * HOURS * CELL)
    return found


@lru_cache(maxsize=256)
def _plain(opens: int, closes: int) -> int:
    """Give the seconds by hour of a day of 24 hours between two minutes."""
    return sum(
        (min(closes, (hour + 1) * 60) - max(opens, hour * 60)) * 60 << (hour * CELL)
        for hour in range(opens // 60, -(-closes // 60))
    )


def _open(day: date, opens: int, closes: int, zone: ZoneInfo) -> int:
    start, end = (epoch(at_minute(day, minute, zone)) for minute in (opens, closes))
    return spread(start, end, day_of(day, zone)) if start < end else 0


# -- days -------------------------------------------------------------------------------------------------------------


class Day(NamedTuple):
    """A local day in seconds since 1970: its start, its end, and its hours (start, end, hour of the wall clock).

    `hours` is None where they are 24 of 3600 seconds each.
    """

    start: int
    end: int
    hours: Sequence[tuple[int, int, int]] | None


def epoch(instant: datetime) -> int:
    """Give an instant as whole seconds since 1970."""
    return int(instant.timestamp() // 1)


@lru_cache(maxsize=4096)
def day_of(day: date, zone: ZoneInfo) -> Day:
    """Give a local day: 23, 24 or 25 hours, in autumn with one that comes twice."""
    span = local_day(day, zone)
    start, end = epoch(span.start), epoch(span.end)
    if end - start == 86_400 and _offset(start, zone) == _offset(end - 1, zone):
        return Day(start, end, None)
    hours, at = [], start
    while at < end:
        wall = datetime.fromtimestamp(at, UTC).astimezone(zone)
        until = at + 60
        while until < end and datetime.fromtimestamp(until, UTC).astimezone(zone).hour == wall.hour:
            until += 60
        hours.append((at, until, wall.hour))
        at = until
    return Day(start, end, hours)


def _offset(at: int, zone: ZoneInfo) -> timedelta | None:
    return datetime.fromtimestamp(at, UTC).astimezone(zone).utcoffset()


def is_regular(day: date, zone: ZoneInfo) -> bool:
    """Tell whether the clock stays as it is all day."""
    return day_of(day, zone).hours is None


def spread(start: int, end: int, day: Day) -> int:
    """Give the seconds between two instants of a day by hour of the wall clock."""
    if day.hours is not None:
        return sum(
            (min(end, until) - max(start, since)) << (hour * CELL)
            for since, until, hour in day.hours
            if since < end and start < until
        )
    found = 0
    first, last = start - day.start, end - day.start
    for hour in range(first // 3600, -(-last // 3600)):
        found += (min(last, (hour + 1) * 3600) - max(first, hour * 3600)) << (hour * CELL)
    return found


# -- counting ---------------------------------------------------------------------------------------------------------


class Taken(NamedTuple):
    """An allocation: the space whose time it takes, its seconds since 1970, and whose it is.

    `owner` is "booking", "claim", "closure" or "busy"; `of` the space that was booked or is busy, None where nobody
    knows. A booking's own time is between `since` and `until`, `came` whether its member checked in.
    """

    space_id: int
    start: int
    end: int
    owner: str
    of: int | None = None
    since: int = 0
    until: int = 0
    came: bool = False


class Booked(NamedTuple):
    """A booking: its space, when it begins and until when its time was kept, when it ends by the record, and was made.

    All in seconds since 1970.
    """

    space_id: int
    start: int
    kept: int
    end: int
    made: int
    state: str
    came: bool
    organisation: int


def take(tally: Tally, taken: Taken, day: Day, opened: tuple[int, int] | None, within: Collection[int]) -> None:
    """Count an allocation of a leaf on one day. `opened` are the seconds between which it is open.

    What keeps a space from being had without being use of it is withheld: a closure, the time round a booking that
    is kept free for it, and what a linked space takes.
    """
    start, end = max(taken.start, day.start), min(taken.end, day.end)
    if start >= end:
        return
    if taken.owner == "closure" or (taken.of is not None and taken.of not in within):
        tally.withheld += _inside(start, end, day, opened)
        return
    if taken.owner != "booking":
        seconds = _inside(start, end, day, opened)
        if taken.owner == "claim":
            tally.events += seconds
        else:
            tally.elsewhere += seconds
        tally.numbers += counts(outside=_outside(start, end, opened))
        return
    since, until = max(start, taken.since), min(end, taken.until)
    if since >= until:
        tally.withheld += _inside(start, end, day, opened)
        return
    seconds = _inside(since, until, day, opened)
    tally.booked += seconds
    if taken.came:
        tally.used += seconds
    tally.numbers += counts(outside=_outside(since, until, opened))
    if start < since:
        tally.withheld += _inside(start, since, day, opened)
    if until < end:
        tally.withheld += _inside(until, end, day, opened)


def _inside(start: int, end: int, day: Day, opened: tuple[int, int] | None) -> int:
    if opened is None:
        return 0
    start, end = max(start, opened[0]), min(end, opened[1])
    return spread(start, end, day) if start < end else 0


def _outside(start: int, end: int, opened: tuple[int, int] | None) -> int:
    within = 0 if opened is None else max(0, min(end, opened[1]) - max(start, opened[0]))
    return end - start - within


def book(tally: Tally, booked: Booked) -> None:
    """Count a booking, on the day that it begins."""
    if booked.state == "cancelled":
        tally.numbers += counts(cancelled=1)
    elif booked.state in ("declined", "expired"):
        tally.numbers += counts(declined=1)
    else:
        found = {"bookings": 1, f"lead{lead(booked.start - booked.made)}": 1}
        if booked.state == "no-show":
            found |= {"no_shows": 1, "lost": booked.end - booked.kept}
        elif booked.came:
            found["came"] = 1
        tally.numbers += counts(**found)
        tally.give(booked.organisation, 1, booked.kept - booked.start)


def lead(seconds: int) -> int:
    """Give the number of the time before its start in which a booking was made."""
    return next((number for number, most in enumerate(LEADS) if seconds < most), len(LEADS))


# -- what is shown ----------------------------------------------------------------------------------------------------


def share(part: int, whole: int) -> int | None:
    """Give a part of a whole in whole per cent, half a one upwards; None of nothing."""
    return (200 * part + whole) // (2 * whole) if whole > 0 else None


def step(percent: int) -> int:
    """Give which of five shades a percentage has, from 1."""
    return 1 + sum(percent >= least for least in STEPS)


def few_apart(organisations: Mapping[int, tuple[int, int]], people: Mapping[int, int]) -> dict[int, tuple[int, int]]:
    """Put those organisations that few belong to together, under -1; 0, without any organisation, stays.

    What an organisation of two has booked is what one person has booked, to whoever knows the other. Where five belong
    to it, nobody outside can say which of them it was. Numbers of bookings tell nothing of that: one may make many.
    """
    found: dict[int, tuple[int, int]] = {}
    for organisation, (bookings, seconds) in organisations.items():
        key = organisation if not organisation or people.get(organisation, 0) >= FEW else -1
        had = found.get(key, (0, 0))
        found[key] = (had[0] + bookings, had[1] + seconds)
    return found
