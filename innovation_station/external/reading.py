"""From the bytes of an iCalendar file to when somebody is busy, and what of it cannot be read. Pure.

A file is read for a stretch of time. What repeats is followed through it; one key (UID and RECURRENCE-ID) has one
entry, of the newest that the file has: the higher SEQUENCE, then the later DTSTAMP. Times are UTC. The zone of a time
is the one it names; times that name none, and days, are of the zone that was chosen, else of the file's X-WR-TIMEZONE,
else of the house. A zone that nothing explains takes the chosen one; without a choice its event is left out, told.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from typing import Any

from innovation_station.external.lines import MOST_PROBLEMS, Component, Line, Problem, components, shown, text_of
from innovation_station.external.recurring import MOST_LISTED, Rule, Unreadable, duration_of, moment_of, parse_rule
from innovation_station.external.zones import FIRST, LAST, UTC_CLOCK, Clock, defined, known_zone, named
from innovation_station.timespan import Span

MOST_TIMES = 5_000  # of a whole file, within the time that is read
MOST_LISTED_BUSY = 20_000  # of lists of busy times, whenever they are
MOST_TEXT = 1_000_000  # characters that all events of a file say of themselves
MOST_UNKNOWN = 50  # names of zones that are told
MOST_OF_ONE = 1_500  # of one event: four a day for a year
LONGEST = timedelta(days=400)  # of one entry
DAY = timedelta(days=1)
TITLE_LONGEST = 120
BUSY_UID = "freebusy"
_ONCE = ("DTSTART", "DTEND", "DURATION", "RRULE", "RECURRENCE-ID")


@dataclass(frozen=True, slots=True)
class Ask:
    """What is read for: the stretch of time, the zone that was chosen for times without one, and the house's; with
    `texts` also what events say of themselves, and those that take no time are told."""

    within: Span
    house: str
    zone: str | None = None
    texts: bool = False


@dataclass(frozen=True, slots=True, order=True)
class Entry:
    """One time of one event, UTC. `recurrence` is its RECURRENCE-ID, empty where it does not repeat; `zone` the name of
    the clock it was read off; `key` stands for UID and RECURRENCE-ID and tells neither.

    `status` is "confirmed", "tentative", or "doubtful": a date that was moved to where cannot be read, at its old time.
    `place`, `about` and `url` are what it says of itself, where that was asked for.
    """

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
    place: str = ""
    about: str = ""
    url: str = ""

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

    `cancelled` are the UIDs that a METHOD:CANCEL takes back; the file then says nothing of what it does not name. Where
    texts were asked for they are also those that the file says are cancelled.
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
    text_left: int = MOST_TEXT

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
    for calendar in components(data, result.problems, texts=ask.texts):
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

    lengths: tuple[timedelta, timedelta] | None = None  # its own, where it is a period

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
        self.lost: dict[str, list[_Time]] = {}  # by UID the dates whose change cannot be read
        self.told: dict[int, tuple[str, str, str]] = {}  # by event what it says of itself

    def read(self) -> None:
        result = self.result
        name = self.component.first("X-WR-CALNAME") or self.component.first("NAME")
        result.name = result.name or (shown(name.value, TITLE_LONGEST) if name else "")
        result.stated, result.floating_zone = result.stated or self.stated, self.floating.name
        cancelling = self.component.says("METHOD") == "CANCEL"
        groups: dict[str, list[_Event]] = {}
        lists = [part for part in self.component.parts if part.name == "VFREEBUSY"]
        result.events += len(lists)
        self._free_busy(lists)
        for part in self.component.parts:
            if part.name != "VEVENT":
                continue
            result.events += 1
            try:
                event = self._event(part)
            except Unreadable as unreadable:
                self._problem(_told(part, unreadable))
                if lost := self._lost(part):
                    self.lost.setdefault(part.uid, []).append(lost)
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
        recurrence, stamp = part.first("RECURRENCE-ID"), part.first("DTSTAMP")
        event = _Event(
            part, part.uid, _count(part.first("SEQUENCE")), stamp.value.strip() if stamp else "",
            self._time(start), part.says("STATUS") == "CANCELLED",
        )  # fmt: skip
        event.recurrence = self._time(recurrence) if recurrence else None
        if recurrence and recurrence.parameters.get("RANGE"):
            self._problem(Problem(recurrence.number, "this-and-future", event.uid, note=True))
        self._count_zone(event.start, start)
        return event

    def _lost(self, part: Component) -> _Time | None:
        """Give which date of its event a part changes that cannot be read; None where that cannot be read either."""
        recurrence = part.first("RECURRENCE-ID")
        try:
            return self._time(recurrence) if recurrence else None
        except Unreadable:
            return None

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
        if shown(tzid) in self.result.unknown or len(self.result.unknown) < MOST_UNKNOWN:
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
        if newest is not None and newest.cancelled:
            if self.ask.texts:
                self.result.cancelled |= {newest.uid}
            return
        days = newest is not None and newest.start.all_day
        changed: dict[tuple[bool, datetime], _Event] = {}
        for event in events:
            if event.recurrence is not None:
                try:
                    place = _place(_as_day(event.recurrence) if days else event.recurrence)
                except (OverflowError, ValueError):
                    self._problem(_told(event.component, Unreadable("bad-time")))
                    continue
                if place not in changed or changed[place].rank < event.rank:
                    changed[place] = event
        unread = {
            place for place, event in changed.items()
            if not event.cancelled and not self._attempt(event, iter([(event.start, _written(place))]))
        }  # fmt: skip
        if newest is not None:
            # a date that went where cannot be read is not free at its old time: it stays there, in doubt
            with suppress(OverflowError, ValueError):
                lost = {_place(_as_day(at) if days else at) for at in self.lost.get(newest.uid, ())} - changed.keys()
                unread |= lost
            self._attempt(newest, self._repeats(newest, changed.keys() - unread), frozenset(map(_written, unread)))

    def _attempt(
        self, event: _Event, times: Iterable[tuple[_Time, str]], doubtful: frozenset[str] = frozenset()
    ) -> bool:  # fmt: skip
        """Add the times of an event, all of them or, where one cannot be read, none; tell whether they could be.

        Once a file has had too many, no more of its rules are expanded: what is told is the same, and costs nothing.
        """
        made: list[Entry] = []
        try:
            if self.result.full and event.component.first("RRULE"):
                raise Unreadable("too-many-times", str(MOST_TIMES))
            lengths = self._lengths(event)
            with self.guard():
                for at, recurrence in times:
                    if entry := self._entry(event, at, recurrence, at.lengths or lengths):
                        made.append(replace(entry, status="doubtful") if recurrence in doubtful else entry)
                    if len(made) > MOST_OF_ONE:
                        raise Unreadable("too-many-times", str(MOST_OF_ONE))
        except Unreadable as unreadable:
            self._problem(_told(event.component, unreadable))
            return False
        except TimeoutError:
            self._problem(_told(event.component, Unreadable("rule-too-costly")))
            return False
        except (OverflowError, ValueError):
            self._problem(_told(event.component, Unreadable("bad-time")))
            return False
        if len(self.result.entries) + len(made) > MOST_TIMES:
            self.result.full = True
            self._problem(_told(event.component, Unreadable("too-many-times", str(MOST_TIMES))))
            return False
        self.result.entries += made
        return True

    def _entry(
        self, event: _Event, at: _Time, recurrence: str, lengths: tuple[timedelta, timedelta]
    ) -> Entry | None:  # fmt: skip
        days, exact = lengths
        end = at.clock.instant(at.wall + days) + exact if days else at.instant + exact
        start = at.instant
        if end - start > LONGEST:
            raise Unreadable("bad-length")
        part = event.component
        if end <= start and self.ask.texts and self.ask.within.start <= start < self.ask.within.end:
            raise Unreadable("no-length")
        if end <= start or not Span(start, end).overlaps(self.ask.within):
            return None
        title, status = part.first("SUMMARY"), part.says("STATUS").lower()
        transparent = part.says("TRANSP") == "TRANSPARENT" or part.says("X-MICROSOFT-CDO-BUSYSTATUS") == "FREE"
        return Entry(
            start, end, key_of(event.uid, recurrence), event.uid, recurrence, event.sequence, at.all_day,
            status if status == "tentative" else "confirmed", transparent, at.clock.name,
            shown(title.value, TITLE_LONGEST) if title else "", *self._texts(part),
        )  # fmt: skip

    def _texts(self, part: Component) -> tuple[str, str, str]:
        """Give where an event is, what it says of itself and its address, where that was asked for and is not told
        already more often than anybody reads."""
        if not self.ask.texts:
            return "", "", ""
        if part.number not in self.told:
            place, about, url = (part.first(name) for name in ("LOCATION", "DESCRIPTION", "URL"))
            said = (
                shown(text_of(place.value), TITLE_LONGEST) if place else "", text_of(about.value) if about else "",
                shown(url.value, TITLE_LONGEST * 2) if url else "",
            )  # fmt: skip
            self.result.text_left -= sum(map(len, said))
            if self.result.text_left < 0:
                self._problem(Problem(part.number, "text-left-out", part.uid, note=True))
                said = said[0], "", ""
            self.told[part.number] = said
        return self.told[part.number]

    # -- what repeats -------------------------------------------------------------------------------------------------

    def _repeats(
        self, event: _Event, changed: AbstractSet[tuple[bool, datetime]]
    ) -> Iterator[tuple[_Time, str]]:  # fmt: skip
        """Give the times of an event and what stands for each; those of a changed date are left to the change."""
        rule = event.component.first("RRULE")
        listed, off = self._listed(event, "RDATE"), self._listed(event, "EXDATE")
        if rule is None and not listed and not off and not changed:
            yield event.start, ""
            return
        without = {_place(at) for at in off} | changed
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
                at = self._period(value, line) if "/" in value and name == "RDATE" else self._one(value, line)
                if at.all_day and not event.start.all_day and name == "RDATE":
                    raise _at(line, "mixed-times")
                if at.lengths and event.start.all_day:
                    raise _at(line, "mixed-times")
                found.append(_as_day(at) if event.start.all_day else at)
        return found

    def _one(self, value: str, line: Line) -> _Time:
        """Read one of the times that a line lists. Raises Unreadable: bad-time, unknown-zone."""
        moment = moment_of(value.partition("/")[0])
        if moment is None or not FIRST <= moment.year <= LAST:
            raise _at(line, "bad-time", value)
        return self._of(moment, Line(line.name, _without_value(line.parameters), value, line.number))

    def _period(self, value: str, line: Line) -> _Time:
        """Read a period, which has a length of its own. Raises Unreadable."""
        at, (_start, _slash, rest) = self._one(value, line), value.partition("/")
        if at.all_day:
            raise _at(line, "mixed-times", value)
        if found := duration_of(rest):
            return replace(at, lengths=found)
        until = self._one(rest, line)
        if until.all_day:
            raise _at(line, "mixed-times", value)
        exact = until.instant - at.instant
        if exact < timedelta():
            raise _at(line, "end-before-start", value)
        return replace(at, lengths=(timedelta(), exact))

    # -- busy times without events ------------------------------------------------------------------------------------

    def _free_busy(self, parts: list[Component]) -> None:
        """Add the times of lists that say when somebody is busy and by nothing (VFREEBUSY), as if they were events.

        Times that overlap are one: each is known by when it begins, from one reading to the next. What cannot be read
        leaves the others, and lets nothing go that was known.
        """
        found: list[tuple[Span, str]] = []
        left = MOST_LISTED_BUSY
        for part in parts:
            for line in part.broken:
                self._problem(_told(part, _at(line, "line-unreadable")))
            for line in part.all("FREEBUSY"):
                kind = line.parameters.get("FBTYPE", "").upper()
                if kind == "FREE":
                    continue
                for value in filter(str.strip, line.value.split(",")):
                    left -= 1
                    if left < 0:
                        self._problem(_told(part, _at(line, "too-many-times", str(MOST_LISTED_BUSY))))
                        return self._add_busy(found)
                    try:
                        span = self._busy(value, line)
                    except Unreadable as unreadable:
                        self._problem(_told(part, unreadable))
                        continue
                    if span is not None and span.overlaps(self.ask.within):
                        found.append((span, "tentative" if kind == "BUSY-TENTATIVE" else "confirmed"))
        return self._add_busy(found)

    def _busy(self, value: str, line: Line) -> Span | None:
        at = self._period(value, line)
        days, exact = at.lengths or (timedelta(), timedelta())
        try:
            start, end = at.instant, at.clock.instant(at.wall + days) + exact
        except (OverflowError, ValueError):
            raise _at(line, "bad-time", value) from None
        if end - start > LONGEST:
            raise _at(line, "bad-length", value)
        return Span(start, end) if start < end else None

    def _add_busy(self, found: list[tuple[Span, str]]) -> None:
        merged: list[tuple[Span, str]] = []
        for span, status in sorted(found, key=lambda one: (one[0].start, one[0].end)):
            if merged and (last := merged[-1][0]).end > span.start:
                merged[-1] = (Span(last.start, max(last.end, span.end)), min(status, merged[-1][1]))
            else:
                merged.append((span, status))
        room = MOST_TIMES - len(self.result.entries)
        if len(merged) > room:
            self.result.full = True
            self._problem(Problem(self.component.number, "too-many-times", BUSY_UID, str(MOST_TIMES)))
        for span, status in merged[:room]:
            at = _written((False, span.start))
            self.result.entries.append(
                Entry(span.start, span.end, key_of(BUSY_UID, at), BUSY_UID, at, 0, False, status, False, "UTC", "")
            )  # fmt: skip


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


def _told(part: Component, unreadable: Unreadable) -> Problem:
    number = unreadable.number if isinstance(unreadable, _AtLine) else part.number
    return Problem(number, unreadable.code, part.uid, shown(unreadable.text))


def packed(result: Reading) -> dict[str, Any]:
    """Write a reading as what JSON can carry: what is of an event stands there once, whatever it has of dates."""
    events: dict[tuple[Any, ...], int] = {}
    return {
        "entries": [
            [
                entry.start.isoformat(),
                entry.end.isoformat(),
                *(getattr(entry, name) for name in _OF_DATE),
                events.setdefault(tuple(getattr(entry, name) for name in _OF_EVENT), len(events)),
            ]
            for entry in result.entries
        ],
        "about": list(events),
        "problems": [[p.line, p.code, p.uid, p.text, p.note] for p in result.problems],
        "cancelled": sorted(result.cancelled),
        **{name: getattr(result, name) for name in _FACTS},
    }


def unpacked(data: Mapping[str, Any]) -> Reading:
    """Read what `packed` wrote."""
    events = [dict(zip(_OF_EVENT, one, strict=True)) for one in data["about"]]
    return Reading(
        entries=[
            Entry(
                datetime.fromisoformat(start),
                datetime.fromisoformat(end),
                **dict(zip(_OF_DATE, rest, strict=True)),
                **events[event],
            )
            for start, end, *rest, event in data["entries"]
        ],
        problems=[Problem(*one) for one in data["problems"]],
        cancelled=frozenset(data["cancelled"]),
        **{name: data[name] for name in _FACTS},
    )


_OF_DATE = ("key", "recurrence", "all_day", "status", "zone")
_OF_EVENT = ("uid", "sequence", "transparent", "title", "place", "about", "url")
_FACTS = (
    "more_problems", "name", "partial", "full", "events", "zones", "unknown", "floating", "floating_zone", "stated",
)  # fmt: skip
