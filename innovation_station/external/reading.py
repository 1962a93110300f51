"""From the bytes of an iCalendar file to when somebody is busy, and what of it cannot be read. Pure.

A file is read for a stretch of time. What repeats is followed through it; one key (UID and RECURRENCE-ID) has one
entry, of the newest that the file has: the higher SEQUENCE, then the later DTSTAMP. Times are UTC. The zone of a time
is the one it names; times that name none, and days, are of the zone that was chosen, else of the file's X-WR-TIMEZONE,
else of the house. A zone that nothing explains takes the chosen one; without a choice its event is left out, told.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from innovation_station.external.lines import MOST_PROBLEMS, Component, Line, Problem, components, shown
from innovation_station.external.recurring import MOST_LISTED, Rule, Unreadable, duration_of, moment_of, parse_rule
from innovation_station.external.zones import FIRST, LAST, UTC_CLOCK, Clock, defined, known_zone, named
from innovation_station.timespan import Span

MOST_TIMES = 5_000  # of a whole file, within the time that is read
MOST_OF_ONE = 1_500  # of one event: four a day for a year
LONGEST = timedelta(days=400)  # of one entry
DAY = timedelta(days=1)
TITLE_LONGEST = 120
_ONCE = ("DTSTART", "DTEND", "DURATION", "RRULE", "RECURRENCE-ID")


@dataclass(frozen=True, slots=True)
class Ask:
    """What is read for: the stretch of time, the zone that was chosen for times without one, and the house's."""

    within: Span
    house: str
    zone: str | None = None


@dataclass(frozen=True, slots=True, order=True)
class Entry:
    """One time of one event, UTC. `recurrence` is its RECURRENCE-ID, empty where it does not repeat; `zone` the name of
    the clock it was read off; `key` stands for UID and RECURRENCE-ID and tells neither."""

    start: datetime
    end: datetime
    key: str
    uid: str
    recurrence: str
    sequence: int
    all_day: bool
    status: str
    transparent: bool
    zone: str
    title: str

    @property
    def span(self) -> Span:
        """Give its time."""
        return Span(self.start, self.end)

    @property
    def busy(self) -> bool:
        """Tell whether it takes anybody's time."""
        return not self.transparent


@dataclass(slots=True)
class Reading:
    """All of a file: entries in order of time, what is wrong with it in order of line, and how it was read.

    `cancelled` are the UIDs that a METHOD:CANCEL takes back; the file then says nothing of what it does not name.
    `zones` counts events by the clock they were read off, `unknown` those of zones that nothing explains, `floating`
    those without a zone, which were read in `floating_zone`; `stated` is what X-WR-TIMEZONE says.
    """

    entries: list[Entry] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    more_problems: int = 0
    name: str = ""
    cancelled: frozenset[str] = frozenset()
    partial: bool = False
    full: bool = False
    events: int = 0
    zones: dict[str, int] = field(default_factory=dict)
    unknown: dict[str, int] = field(default_factory=dict)
    floating: int = 0
    floating_zone: str = ""
    stated: str = ""

    @property
    def busy(self) -> list[Entry]:
        """List the entries that take time."""
        return [entry for entry in self.entries if entry.busy]

    @property
    def unread(self) -> frozenset[str]:
        """Give the UIDs of events that are in the file and could not be read."""
        return frozenset(problem.uid for problem in self.problems if problem.uid and not problem.note)


Guard = Callable[[], AbstractContextManager[None]]


def key_of(uid: str, recurrence: str) -> str:
    """Give what stands for an event's time: the same from one reading to the next, and telling nothing of it."""
    return hashlib.sha256(f"{uid}\n{recurrence}".encode("utf-8", "surrogatepass")).hexdigest()


def read(data: bytes, ask: Ask, guard: Guard = nullcontext) -> Reading:
    """Read a file. Each rule is expanded within a `guard`, which may raise TimeoutError where it takes too long.

    Raises Refused as `lines.components`: then nothing of it can be believed.
    """
    result = Reading()
    for calendar in components(data, result.problems):
        _Calendar(calendar, ask, guard, result).read()
    result.entries.sort()
    unique = sorted(set(result.problems), key=lambda problem: problem.line)
    result.more_problems += max(0, len(unique) - MOST_PROBLEMS)
    result.problems = unique[:MOST_PROBLEMS]
    return result


@dataclass(frozen=True, slots=True)
class _Time:
    """A time as it stands in a file: a day, or a wall time with its clock."""

    wall: datetime
    all_day: bool
    clock: Clock
    zoned: str  # "utc", "named", "floating"

    @property
    def instant(self) -> datetime:
        return self.clock.instant(self.wall)


@dataclass(slots=True)
class _Event:
    """One VEVENT with what all of it hangs on."""

    component: Component
    uid: str
    sequence: int
    stamp: str
    start: _Time
    cancelled: bool
    recurrence: _Time | None = None

    @property
    def rank(self) -> tuple[int, str]:
        return self.sequence, self.stamp


class _Calendar:
    """Reads one VCALENDAR into a result that several may share."""

    def __init__(self, component: Component, ask: Ask, guard: Guard, result: Reading) -> None:
        self.component, self.ask, self.guard, self.result = component, ask, guard, result
        self.zones: dict[str, Clock | None] = {}
        self.definitions = {
            tzid.value.strip(): part
            for part in component.parts
            if part.name == "VTIMEZONE" and (tzid := part.first("TZID"))
        }
        stated = component.first("X-WR-TIMEZONE")
        self.stated = stated.word if stated else ""
        known = known_zone(stated.value) if stated else None
        if stated and known is None and ask.zone is None:
            self._problem(Problem(stated.number, "zone-stated-unknown", text=self.stated, note=True))
        self.floating = named(ask.zone or known or ask.house) or UTC_CLOCK
        self.counted: set[tuple[str, str]] = set()

    def read(self) -> None:
        result = self.result
        name = self.component.first("X-WR-CALNAME") or self.component.first("NAME")
        result.name = result.name or (shown(name.value, TITLE_LONGEST) if name else "")
        result.stated, result.floating_zone = result.stated or self.stated, self.floating.name
        cancelling = self.component.says("METHOD") == "CANCEL"
        groups: dict[str, list[_Event]] = {}
        for part in self.component.parts:
            if part.name == "VFREEBUSY":
                self._problem(Problem(part.number, "freebusy", note=True))
            if part.name != "VEVENT":
                continue
            result.events += 1
            try:
                event = self._event(part)
            except Unreadable as unreadable:
                self._problem(_told(part, unreadable))
                continue
            event.cancelled = event.cancelled or cancelling
            groups.setdefault(event.uid, []).append(event)
        if cancelling:
            result.cancelled |= groups.keys()
            result.partial = True
        for group in groups.values():
            self._group(group)

    def _problem(self, problem: Problem) -> None:
        if len(self.result.problems) < 5 * MOST_PROBLEMS:
            self.result.problems.append(problem)
        else:
            self.result.more_problems += 1

    # -- one event ----------------------------------------------------------------------------------------------------

    def _event(self, part: Component) -> _Event:
        if part.broken:
            raise _at(part.broken[0], "line-unreadable")
        for name in _ONCE:
            if len({line.value for line in part.all(name)}) > 1:
                raise _at(part.all(name)[1], "given-twice")
        if rule := part.first("EXRULE"):
            raise _at(rule, "rule-except")
        start = part.first("DTSTART")
        if start is None:
            raise Unreadable("no-start")
        uid, recurrence, stamp = part.first("UID"), part.first("RECURRENCE-ID"), part.first("DTSTAMP")
        title = part.first("SUMMARY")
        made = f"{start.value}|{title.value if title else ''}" if uid is None or not uid.value.strip() else uid.value
        event = _Event(
            part, made.strip(), _count(part.first("SEQUENCE")), stamp.value.strip() if stamp else "",
            self._time(start), part.says("STATUS") == "CANCELLED",
        )  # fmt: skip
        event.recurrence = self._time(recurrence) if recurrence else None
        if recurrence and recurrence.parameters.get("RANGE"):
            self._problem(Problem(recurrence.number, "this-and-future", event.uid, note=True))
        self._count_zone(event.start, start)
        return event

    def _count_zone(self, at: _Time, line: Line) -> None:
        if at.zoned == "floating":
            self.result.floating += 1
        else:
            self.result.zones[at.clock.name] = self.result.zones.get(at.clock.name, 0) + 1

    def _time(self, line: Line) -> _Time:
        """Read one time. Raises Unreadable: bad-time, unknown-zone."""
        moment = moment_of(line.value)
        if moment is None or not FIRST <= moment.year <= LAST:
            raise _at(line, "bad-time")
        return self._of(moment, line)

    def _of(self, moment: date | datetime, line: Line) -> _Time:
        if not isinstance(moment, datetime):
            return _Time(datetime.combine(moment, time()), True, self.floating, "floating")
        if line.parameters.get("VALUE", "").upper() == "DATE":
            raise _at(line, "bad-time")
        if moment.tzinfo is not None:
            return _Time(moment.replace(tzinfo=None), False, UTC_CLOCK, "utc")
        tzid = line.parameters.get("TZID", "").strip()
        if not tzid:
            return _Time(moment, False, self.floating, "floating")
        return _Time(moment, False, self._clock(tzid, line), "named")

    def _clock(self, tzid: str, line: Line) -> Clock:
        if tzid not in self.zones:
            definition = self.definitions.get(tzid)
            self.zones[tzid] = named(tzid) or (defined(definition) if definition else None)
        clock = self.zones[tzid]
        if clock is not None:
            return clock
        self.result.unknown[shown(tzid)] = self.result.unknown.get(shown(tzid), 0) + 1
        if self.ask.zone is None:
            raise _at(line, "unknown-zone", tzid)
        return self.floating

    def _lengths(self, event: _Event) -> tuple[timedelta, timedelta]:
        """Give how long an event is, in days of the calendar and in exact time. Raises Unreadable."""
        end, length = event.component.first("DTEND"), event.component.first("DURATION")
        nothing = timedelta()
        if end is not None:
            until = self._time(end)
            if until.all_day != event.start.all_day:
                raise _at(end, "mixed-times")
            if until.all_day:
                days = until.wall - event.start.wall
                if days < nothing:
                    raise _at(end, "end-before-start")
                return max(days, DAY), nothing  # what ends where it starts is that day
            exact = until.instant - event.start.instant
            if exact < nothing:
                raise _at(end, "end-before-start")
            return nothing, exact
        if length is not None:
            found = duration_of(length.value)
            if found is None:
                raise _at(length, "bad-length")
            days, exact = found
            return (max(days + timedelta(days=exact.days), DAY), nothing) if event.start.all_day else (days, exact)
        return (DAY, nothing) if event.start.all_day else (nothing, nothing)

    # -- all events of one UID ----------------------------------------------------------------------------------------

    def _group(self, events: list[_Event]) -> None:
        masters = [event for event in events if event.recurrence is None]
        newest = max(masters, key=lambda event: event.rank) if masters else None
        changed: dict[tuple[bool, datetime], _Event] = {}
        for event in events:
            if event.recurrence is not None:
                try:
                    place = _place(_as_day(event.recurrence) if newest and newest.start.all_day else event.recurrence)
                except (OverflowError, ValueError):
                    self._problem(_told(event.component, Unreadable("bad-time")))
                    continue
                if place not in changed or changed[place].rank < event.rank:
                    changed[place] = event
        if newest is not None:
            if newest.cancelled:
                return
            self._attempt(newest, self._repeats(newest, changed))
        for place, event in changed.items():
            if not event.cancelled:
                self._attempt(event, iter([(event.start, _written(place))]))

    def _attempt(self, event: _Event, times: Iterable[tuple[_Time, str]]) -> None:
        """Add the times of an event, all of them or, where one cannot be read, none.

        Once a file has had too many, no more of its rules are expanded: what is told is the same, and costs nothing.
        """
        made: list[Entry] = []
        try:
            if self.result.full and event.component.first("RRULE"):
                raise Unreadable("too-many-times", str(MOST_TIMES))
            lengths = self._lengths(event)
            with self.guard():
                for at, recurrence in times:
                    if entry := self._entry(event, at, recurrence, lengths):
                        made.append(entry)
                    if len(made) > MOST_OF_ONE:
                        raise Unreadable("too-many-times", str(MOST_OF_ONE))
        except Unreadable as unreadable:
            self._problem(_told(event.component, unreadable, event.uid))
            return
        except TimeoutError:
            self._problem(_told(event.component, Unreadable("rule-too-costly"), event.uid))
            return
        except (OverflowError, ValueError):
            self._problem(_told(event.component, Unreadable("bad-time"), event.uid))
            return
        if len(self.result.entries) + len(made) > MOST_TIMES:
            self.result.full = True
            self._problem(_told(event.component, Unreadable("too-many-times", str(MOST_TIMES)), event.uid))
            return
        self.result.entries += made

    def _entry(
        self, event: _Event, at: _Time, recurrence: str, lengths: tuple[timedelta, timedelta]
    ) -> Entry | None:  # fmt: skip
        days, exact = lengths
        end = at.clock.instant(at.wall + days) + exact if days else at.instant + exact
        start = at.instant
        if end - start > LONGEST:
            raise Unreadable("bad-length")
        if end <= start or not Span(start, end).overlaps(self.ask.within):
            return None
        part = event.component
        title, status = part.first("SUMMARY"), part.says("STATUS").lower()
        transparent = part.says("TRANSP") == "TRANSPARENT" or part.says("X-MICROSOFT-CDO-BUSYSTATUS") == "FREE"
        return Entry(
            start, end, key_of(event.uid, recurrence), event.uid, recurrence, event.sequence, at.all_day,
            status if status == "tentative" else "confirmed", transparent, at.clock.name,
            shown(title.value, TITLE_LONGEST) if title else "",
        )  # fmt: skip

    # -- what repeats -------------------------------------------------------------------------------------------------

    def _repeats(
        self, event: _Event, changed: Mapping[tuple[bool, datetime], _Event]
    ) -> Iterator[tuple[_Time, str]]:  # fmt: skip
        """Give the times of an event and what stands for each; those of a changed date are left to the change."""
        rule = event.component.first("RRULE")
        listed, off = self._listed(event, "RDATE"), self._listed(event, "EXDATE")
        if rule is None and not listed and not off and not changed:
            yield event.start, ""
            return
        without = {_place(at) for at in off} | changed.keys()
        days = {moment for all_day, moment in without if all_day}
        seen: set[tuple[bool, datetime]] = set()
        last = self.ask.within.end
        for at in self._all(event, parse_rule(rule.value) if rule else None, listed):
            place = _place(at)
            late = at.instant >= last
            if late and at not in listed:
                return
            if place in seen or place in without or datetime.combine(at.wall.date(), time()) in days or late:
                continue
            seen.add(place)
            yield at, _written(place)

    def _all(self, event: _Event, rule: Rule | None, listed: list[_Time]) -> Iterator[_Time]:
        start = event.start
        yield from listed
        if rule is None:
            yield start
            return
        try:
            for wall in rule.walls(start.wall, start.clock):
                if wall.year > LAST:
                    return
                yield _Time(wall, start.all_day, start.clock, start.zoned)
        except (ValueError, ArithmeticError, TypeError, IndexError) as error:
            raise Unreadable("rule-never") from error

    def _listed(self, event: _Event, name: str) -> list[_Time]:
        """Read the dates that an event names one by one. Raises Unreadable: too-many-dates, bad-time."""
        found: list[_Time] = []
        for line in event.component.all(name):
            values = line.value.split(",", MOST_LISTED + 1)
            if len(found) + len(values) > MOST_LISTED:
                raise _at(line, "too-many-dates", str(MOST_LISTED))
            for value in values:
                if not value.strip():
                    continue
                moment = moment_of(value.partition("/")[0])  # of a period its start; the length is the event's
                if moment is None or not FIRST <= moment.year <= LAST:
                    raise _at(line, "bad-time")
                at = self._of(moment, Line(line.name, _without_value(line.parameters), value, line.number))
                if at.all_day and not event.start.all_day and name == "RDATE":
                    raise _at(line, "mixed-times")
                found.append(_as_day(at) if event.start.all_day else at)
        return found


def _as_day(at: _Time) -> _Time:
    return _Time(datetime.combine(at.wall.date(), time()), True, at.clock, at.zoned)


def _without_value(parameters: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in parameters.items() if name != "VALUE"}


def _place(at: _Time) -> tuple[bool, datetime]:
    """Give what tells one date of an event from the others: its day, or its instant."""
    return (True, at.wall) if at.all_day else (False, at.instant)


def _written(place: tuple[bool, datetime]) -> str:
    all_day, moment = place
    return f"{moment:%Y%m%d}" if all_day else f"{moment:%Y%m%dT%H%M%SZ}"


def _count(line: Line | None) -> int:
    text = line.value.strip() if line else ""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


class _AtLine(Unreadable):
    def __init__(self, line: Line, code: str, text: str) -> None:
        super().__init__(code, text)
        self.number = line.number


def _at(line: Line, code: str, text: str | None = None) -> Unreadable:
    return _AtLine(line, code, line.value if text is None else text)


def _told(part: Component, unreadable: Unreadable, uid: str = "") -> Problem:
    own = part.first("UID")
    number = unreadable.number if isinstance(unreadable, _AtLine) else part.number
    return Problem(number, unreadable.code, uid or (own.value.strip() if own else ""), shown(unreadable.text))


def packed(result: Reading) -> dict[str, Any]:
    """Write a reading as what JSON can carry."""
    return {
        "entries": [
            [entry.start.isoformat(), entry.end.isoformat(), *(getattr(entry, name) for name in _PLAIN)]
            for entry in result.entries
        ],
        "problems": [[p.line, p.code, p.uid, p.text, p.note] for p in result.problems],
        "cancelled": sorted(result.cancelled),
        **{name: getattr(result, name) for name in _FACTS},
    }


def unpacked(data: Mapping[str, Any]) -> Reading:
    """Read what `packed` wrote."""
    return Reading(
        entries=[
            Entry(datetime.fromisoformat(start), datetime.fromisoformat(end), *rest)
            for start, end, *rest in data["entries"]
        ],
        problems=[Problem(*one) for one in data["problems"]],
        cancelled=frozenset(data["cancelled"]),
        **{name: data[name] for name in _FACTS},
    )


_PLAIN = ("key", "uid", "recurrence", "sequence", "all_day", "status", "transparent", "zone", "title")
_FACTS = (
    "more_problems", "name", "partial", "full", "events", "zones", "unknown", "floating", "floating_zone", "stated",
)  # fmt: skip
