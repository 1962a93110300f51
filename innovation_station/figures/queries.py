"""Reads: what was counted of a period, exact at any moment."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple, cast
from zoneinfo import ZoneInfo

from sqlalchemy import Select, Table, func, literal, select

from innovation_station.bookings.models import LONGEST_ALLOCATION, Allocation, Booking, Claim, SpaceBusy
from innovation_station.bookings.rules import kept_until
from innovation_station.db import connection
from innovation_station.figures.models import FigureDay, FigureMark, FigureMonth, FigureShape
from innovation_station.figures.rules import (
    TIMES,
    Booked,
    Shape,
    Shapes,
    Taken,
    Tally,
    book,
    day_of,
    epoch,
    offered,
    read,
    take,
)
from innovation_station.spaces.holidays import Calendar
from innovation_station.spaces.queries import house as read_house
from innovation_station.spaces.rules import House, open_span
from innovation_station.timespan import Span, local_day

GAP = timedelta(days=7)  # marks that are nearer are counted by one statement, with what lies between
_day, _month, _mark, _shape, _allocation, _booking, _busy, _claim = (
    cast(Table, model.__table__)
    for model in (FigureDay, FigureMonth, FigureMark, FigureShape, Allocation, Booking, SpaceBusy, Claim)
)
_KEPT = "figures-shapes"
MOST = 20_000  # marks that are looked at one by one
_MARKS = select(_mark.c.id, _mark.c.space_id, _mark.c.start, _mark.c.end).order_by(_mark.c.id)
_SPACES = select(literal(0), _mark.c.space_id, func.min(_mark.c.start), func.max(_mark.c.end)).group_by(
    _mark.c.space_id
)
_SHAPES = select(_shape.c.day, _shape.c.shape).order_by(_shape.c.day)


def _columns(table: Table) -> list[Any]:
    return [table.c[name] for name in (*TIMES, "numbers", "organisations")]


class Mark(NamedTuple):
    """Something of a space has changed within a span."""

    id: int
    space_id: int
    start: datetime
    end: datetime


Stretch = tuple[date, date]
"""A first and a last day."""


def marks() -> list[Mark]:
    """List what has changed since it was counted. One statement; a second where that is so much, as after an import,
    that of each space only the first and the last instant are given."""
    found = first_marks(MOST + 1)
    return found if len(found) <= MOST else [Mark(*row) for row in connection().execute(_SPACES)]


def first_marks(count: int) -> list[Mark]:
    """List the oldest marks, at most so many. One statement."""
    return [Mark(*row) for row in connection().execute(_MARKS.limit(count))]


def stretches(found: Iterable[Mark], zone: ZoneInfo, within: Stretch | None = None) -> dict[int, list[Stretch]]:
    """Give by space the local days that marks lie in, merged, as far as they are within a period."""
    by_space: dict[int, list[Stretch]] = {}
    for mark in found:
        first, last = mark.start.astimezone(zone).date(), mark.end.astimezone(zone).date()
        if within:
            first, last = max(first, within[0]), min(last, within[1])
        if first <= last:
            by_space.setdefault(mark.space_id, []).append((first, last))
    return {space_id: merged(days) for space_id, days in by_space.items()}


def merged(days: Iterable[Stretch], gap: timedelta = timedelta(days=1)) -> list[Stretch]:
    """Merge stretches of days that overlap or are no further apart than a gap; by day."""
    found: list[Stretch] = []
    for first, last in sorted(days):
        if found and first <= found[-1][1] + gap:
            found[-1] = (found[-1][0], max(found[-1][1], last))
        else:
            found.append((first, last))
    return found


def shapes(house: House, today: date) -> tuple[Shapes, date | None]:
    """Give what the house has offered, and from which day on that is not written down yet; None where all is.

    What it offers now holds from today on, or for ever before where nothing was ever written down.
    """
    if (kept := house.kept.get(_KEPT)) is not None:
        return cast(Shapes, kept), None
    known = [(row.day, Shape.from_written(row.shape)) for row in connection().execute(_SHAPES)]
    now = Shape.of(house)
    if known and known[-1][1] == now:  # stays so as long as the house stays as it is
        house.kept[_KEPT] = Shapes(known)
        return Shapes(known), None
    since = today if known else date.min
    return Shapes([*(pair for pair in known if pair[0] < since), (since, now)]), since


# -- counting from the rows -------------------------------------------------------------------------------------------


def count(
    space_ids: Collection[int] | None, first: date, last: date, known: Shapes, zone: ZoneInfo
) -> dict[tuple[date, int], Tally]:  # fmt: skip
    """Count some spaces, or all, from first to last day, from the rows: by day and space, without those of nothing.

    Two statements.
    """
    whole = Span(local_day(first, zone).start, local_day(last, zone).end)
    tallies: dict[tuple[date, int], Tally] = {}
    opened = _Opened(known, zone)
    for taken in _taken(space_ids, whole):
        for day in _days(taken.start, taken.end, zone):
            if first <= day <= last:
                tally = tallies.setdefault((day, taken.space_id), Tally())
                take(tally, taken, day_of(day, zone), *opened.of(taken.space_id, day))
    for day, booked in _booked(space_ids, whole, zone):
        book(tallies.setdefault((day, booked.space_id), Tally()), booked)
    return {key: tally for key, tally in tallies.items() if tally}


class _Opened:
    """When leaves are open, in seconds since 1970, and what they are within; kept for a day and hours."""

    def __init__(self, known: Shapes, zone: ZoneInfo) -> None:
        self.known, self.zone = known, zone
        self.calendars: dict[str | None, Calendar] = {}
        self.kept: dict[tuple[date, int], tuple[tuple[int, int] | None, frozenset[int]]] = {}

    def of(self, space_id: int, day: date) -> tuple[tuple[int, int] | None, frozenset[int]]:
        if (day, space_id) not in self.kept:
            self.kept[day, space_id] = self._of(space_id, day)
        return self.kept[day, space_id]

    def _of(self, space_id: int, day: date) -> tuple[tuple[int, int] | None, frozenset[int]]:
        shape = self.known.on(day)
        leaf = shape.leaves.get(space_id)
        if leaf is None:  # divided by now: what it had before that on the same day stays its own
            return None, frozenset((space_id,))
        calendar = self.calendars.setdefault(shape.holidays, Calendar(shape.holidays))
        span = open_span(leaf.hours, day, self.zone, calendar)
        return (epoch(span.start), epoch(span.end)) if span else None, leaf.within


def _days(start: int, end: int, zone: ZoneInfo) -> Iterator[date]:
    """Give the local days that seconds lie in: mostly one."""
    day = datetime.fromtimestamp(start, zone).date()
    while day_of(day, zone).start < end:
        yield day
        day += timedelta(days=1)


def _taken(space_ids: Collection[int] | None, whole: Span) -> Iterator[Taken]:
    a, b = _allocation.c, _booking.c
    statement = (
        select(
            a.space_id, a.start, a.end, a.booking_id, a.closure_id, a.claim_id,
            b.space_id.label("booked"), b.start.label("since"), b.end.label("until"), b.checked_in_at,
            _busy.c.space_id.label("busy"), _claim.c.kind,
        )
        .select_from(_allocation)
        .outerjoin(_booking, b.id == a.booking_id)
        .outerjoin(_busy, _busy.c.id == a.busy_id)
        .outerjoin(_claim, _claim.c.id == a.claim_id)
        .where(
            a.hold_id.is_(None), a.start > whole.start - LONGEST_ALLOCATION, a.start < whole.end, a.end > whole.start
        )
    )  # fmt: skip
    for row in connection().execute(_of(statement, a.space_id, space_ids)):
        start, end = epoch(row.start), epoch(row.end)
        if row.booking_id is not None:
            yield Taken(
                row.space_id, start, end, "booking", row.booked, epoch(row.since), epoch(row.until),
                row.checked_in_at is not None,
            )  # fmt: skip
        elif row.kind == "door":  # whoever takes a room at its door stands there
            yield Taken(row.space_id, start, end, "booking", row.space_id, start, end, True)
        elif row.claim_id is not None:
            yield Taken(row.space_id, start, end, "claim")
        elif row.closure_id is not None:
            yield Taken(row.space_id, start, end, "closure")
        else:
            yield Taken(row.space_id, start, end, "busy", row.busy)


def _booked(space_ids: Collection[int] | None, whole: Span, zone: ZoneInfo) -> Iterator[tuple[date, Booked]]:
    b = _booking.c
    statement = select(
        b.space_id, b.start, b.end, b.state, b.released_at, b.created_at, b.checked_in_at, b.organisation_id
    ).where(b.start >= whole.start, b.start < whole.end)
    for row in connection().execute(_of(statement, b.space_id, space_ids)):
        kept = kept_until(cast(Any, row))
        yield (
            row.start.astimezone(zone).date(),
            Booked(
                row.space_id, epoch(row.start), epoch(kept), epoch(row.end), epoch(row.created_at), row.state,
                row.checked_in_at is not None, row.organisation_id or 0,
            ),
        )  # fmt: skip


def _of(statement: Select[Any], column: Any, space_ids: Collection[int] | None) -> Select[Any]:
    return statement if space_ids is None else statement.where(column.in_(sorted(space_ids)))


def ends() -> Stretch | None:
    """Give the first and the last day, nearly, of which anything is booked, taken or counted; None without any.

    Six statements, each answered from an index.
    """
    days: list[date] = []
    for column in (_allocation.c.start, _booking.c.start, _day.c.day):
        for side in (func.min(column), func.max(column)):
            value = connection().execute(select(side)).scalar()
            if value is not None:
                days.append(value.date() if isinstance(value, datetime) else value)
    around = timedelta(days=2)
    return (min(days) - around, max(days) + around) if days else None


# -- the summary ------------------------------------------------------------------------------------------------------


def tally_of(cells: Sequence[Any]) -> Tally:
    """Give the tally that a row's columns hold."""
    booked, used, events, elsewhere, withheld, numbers, organisations = cells
    return Tally(
        read(booked), read(used), read(events), read(elsewhere), read(withheld), read(numbers),
        {int(key): (value[0], value[1]) for key, value in organisations.items()} if organisations else {},
    )  # fmt: skip


def days(space_ids: Collection[int] | None, first: date, last: date) -> Iterator[tuple[date, int, Tally]]:
    """Give what the summary has of some spaces, or all, by day. One statement."""
    statement = select(_day.c.day, _day.c.space_id, *_columns(_day)).where(_day.c.day.between(first, last))
    for row in connection().execute(_of(statement, _day.c.space_id, space_ids)):
        yield row[0], row[1], tally_of(row[2:])


def months(wanted: Collection[date]) -> Iterator[tuple[date, int, Tally]]:
    """Give what the summary has of some months. One statement."""
    statement = select(_month.c.month, _month.c.space_id, *_columns(_month))
    for row in connection().execute(statement.where(_month.c.month.in_(sorted(wanted)))):
        yield row[0], row[1], tally_of(row[2:])


@dataclass
class Counted:
    """A period as it was counted: the tally of each space, and of each bucket (a day, or a month by its first).

    `spaces` has leaves and, for their bookings, those that are divided. `open` are the seconds by hour of the week in
    which a leaf is open, without regard to what is withheld.
    """

    first: date
    last: date
    spaces: dict[int, Tally] = field(default_factory=dict)
    buckets: dict[date, Tally] = field(default_factory=dict)
    open: dict[int, int] = field(default_factory=dict)
    opened: dict[date, int] = field(default_factory=dict)

    def add(self, bucket: date, space_id: int, tally: Tally, weekday: int | None, chosen: Collection[int]) -> None:
        """Add what was counted of a space in a bucket; that is of the `chosen` ones alone."""
        self.spaces.setdefault(space_id, Tally()).add(tally, weekday)
        if space_id in chosen:
            self.buckets.setdefault(bucket, Tally()).add(tally, weekday)

    def total(self, chosen: Iterable[int]) -> Tally:
        """Add up some spaces."""
        whole = Tally()
        for space_id in chosen:
            if tally := self.spaces.get(space_id):
                whole.add(tally)
        return whole

    def offered(self, chosen: Iterable[int]) -> int:
        """Give the seconds by hour of the week in which some leaves could be had: open, and nothing withheld."""
        found = 0
        for space_id in chosen:
            tally = self.spaces.get(space_id)
            found += self.open.get(space_id, 0) - (tally.withheld if tally else 0)
        return found


def counted(
    first: date, last: date, chosen: Collection[int], *, by_month: bool, now: datetime, zone: ZoneInfo,
    house: House | None = None,
) -> Counted:  # fmt: skip
    """Count a period, day by day or, what is cheaper, month by month where whole months are in it.

    At most seven statements, and two more for each stretch of days that is marked.
    """
    house = house or read_house()
    changed = marks()
    known, since = shapes(house, now.astimezone(zone).date())
    if since is not None:  # what the house offers has changed just now, and with it what is within its hours
        begin = local_day(max(since, date(1970, 1, 1)), zone).start
        until = local_day(max(last, first), zone).end
        if begin < until:
            every = {*house.places, *(one for _since, shape in known.known for one in shape.leaves)}
            changed += [Mark(0, space_id, begin, until) for space_id in every]
    dirty = stretches(changed, zone, (first, last))
    found = Counted(first, last)
    whole = _whole_months(first, last, dirty) if by_month else []
    for month, space_id, tally in months(whole) if whole else ():
        found.add(month, space_id, tally, None, chosen)
    for begin_day, end_day in _between(first, last, whole):
        for day, space_id, tally in days(None, begin_day, end_day):
            if not _holds(dirty.get(space_id), day):
                found.add(day.replace(day=1) if by_month else day, space_id, tally, day.weekday(), chosen)
    for begin_day, end_day in merged((each for some in dirty.values() for each in some), GAP):
        near = [one for one, some in dirty.items() if any(a <= end_day and begin_day <= b for a, b in some)]
        for (day, space_id), tally in count(near, begin_day, end_day, known, zone).items():
            if _holds(dirty[space_id], day):
                found.add(day.replace(day=1) if by_month else day, space_id, tally, day.weekday(), chosen)
    _open(found, known, chosen, by_month, zone)
    return found


def _holds(some: Sequence[Stretch] | None, day: date) -> bool:
    return some is not None and any(first <= day <= last for first, last in some)


def _whole_months(first: date, last: date, dirty: Mapping[int, Sequence[Stretch]]) -> list[date]:
    """List the months that lie wholly in a period and have nothing marked, by their first days."""
    found = []
    month = first if first.day == 1 else following(first)
    while following(month) - timedelta(days=1) <= last:
        end = following(month) - timedelta(days=1)
        if not any(a <= end and month <= b for some in dirty.values() for a, b in some):
            found.append(month)
        month = following(month)
    return found


def following(day: date) -> date:
    """Give the first day of the month after that of a day."""
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)


def _between(first: date, last: date, whole: Sequence[date]) -> Iterator[Stretch]:
    """Give the stretches of a period that are not in some of its months."""
    begin = first
    for month in whole:
        if begin < month:
            yield begin, month - timedelta(days=1)
        begin = following(month)
    if begin <= last:
        yield begin, last


def _open(found: Counted, known: Shapes, chosen: Collection[int], by_month: bool, zone: ZoneInfo) -> None:
    """Add when leaves were open: for each in the whole period, for the chosen ones together in each bucket."""
    for begin, end, shape in known.within(found.first, found.last):
        calendar = Calendar(shape.holidays)
        alike: dict[tuple[tuple[int, tuple[int, int]], ...], list[int]] = {}
        for space_id, leaf in shape.leaves.items():
            alike.setdefault(tuple(sorted(leaf.hours.items())), []).append(space_id)
        for hours, leaves in alike.items():
            mine = sum(space_id in chosen for space_id in leaves)
            total = 0
            for first, last in _buckets(begin, end, by_month):
                seconds = offered(dict(hours), first, last, zone, calendar)
                total += seconds
                if mine:
                    key = first.replace(day=1) if by_month else first
                    found.opened[key] = found.opened.get(key, 0) + mine * seconds
            for space_id in leaves:
                found.open[space_id] = found.open.get(space_id, 0) + total


def _buckets(first: date, last: date, by_month: bool) -> Iterator[Stretch]:
    while first <= last:
        end = min(following(first) - timedelta(days=1), last) if by_month else first
        yield first, end
        first = end + timedelta(days=1)
