"""What other calendars have of a space: as much of it as nobody has here is taken, day by day.

A booking is never overwritten: where it stands, the other calendar gets no allocation, and its row is contested until
the booking is gone or the other calendar says otherwise. What is shut stays with the closure that shut it, and of two
calendars that say the same the first has it. An offer that is being held gives way, as before a closure. So there is
one answer to what is kept for each row, whatever came first, and `settle` finds it anew whenever something has changed.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, delete, func, insert, select
from sqlalchemy.orm import joinedload

from innovation_station.bookings import service
from innovation_station.bookings.models import LONGEST_ALLOCATION, Allocation, Booking, SpaceBusy
from innovation_station.db import connection, db
from innovation_station.i18n import zone as house_zone
from innovation_station.spaces.queries import house as read_house
from innovation_station.spaces.rules import House
from innovation_station.timespan import Span, subtract

_BATCH = 400  # of ids in one statement


class Clash(NamedTuple):
    """A booking that stands where another calendar has the space too."""

    busy: SpaceBusy
    booking: Booking


class _Kept(NamedTuple):
    """An allocation as it stands, or as it is to stand."""

    start: datetime
    end: datetime
    busy_id: int | None = None
    booking_id: int | None = None
    hold_id: int | None = None

    @property
    def span(self) -> Span:
        return Span(self.start, self.end)


def add(space_id: int, spans: Sequence[Span], source: str, *, now: datetime) -> list[int]:
    """Write down when another calendar has a space; gives the rows' ids in order. `settle` takes the time.

    Behind `lock`: so all rows of the space that come after the last one are these.
    """
    if not spans:
        return []
    last = db.session.scalar(select(func.max(SpaceBusy.id)).where(SpaceBusy.space_id == space_id)) or 0
    rows = [
        {"space_id": space_id, "start": span.start, "end": span.end, "source": source, "contested": False,
         "changed_at": now, "sequence": 0}
        for span in spans
    ]  # fmt: skip
    connection().execute(insert(SpaceBusy.__table__), rows)  # type: ignore[arg-type]
    made = select(SpaceBusy.id).where(SpaceBusy.space_id == space_id, SpaceBusy.id > last).order_by(SpaceBusy.id)
    return list(db.session.scalars(made))


def drop(busy_ids: Collection[int]) -> None:
    """Forget rows and give their time back. Who waits for it, or is kept from it, is for `settle` to see."""
    for some in _batches(sorted(busy_ids)):
        db.session.execute(delete(Allocation).where(Allocation.busy_id.in_(some)))
        db.session.execute(delete(SpaceBusy).where(SpaceBusy.id.in_(some)).execution_options(synchronize_session=False))
    db.session.expire_all()


def step_aside(now: datetime) -> None:
    """Give all time that is to come back, to be settled anew: what spaces take is about to change."""
    rows = select(SpaceBusy.id).where(SpaceBusy.end > now)
    db.session.execute(
        delete(Allocation).where(Allocation.busy_id.in_(rows)).execution_options(synchronize_session=False)
    )


def locks(space_ids: Collection[int]) -> set[int]:
    """Give the spaces that have to be locked to settle some."""
    house = read_house()
    return {one for space_id in _sharing(space_ids, house) for one in house.places[space_id].touches}


def lock(space_ids: Collection[int]) -> House:
    """Lock what `settle` will, before rows of spaces are touched; gives the house behind the locks."""
    return service.locked(*_sharing(space_ids, read_house()))


def settle(space_ids: Collection[int], *, now: datetime, zone: ZoneInfo) -> None:
    """Take what can be taken for each row to come of some spaces, and of those that share time with them.

    What is as it should be is not touched. Locks the spaces.
    """
    if not space_ids:
        return
    house = lock(space_ids)
    shared = _sharing(space_ids, house)
    rows = db.session.scalars(
        select(SpaceBusy)
        .where(SpaceBusy.space_id.in_(sorted(shared)), SpaceBusy.end > now)
        .order_by(SpaceBusy.start, SpaceBusy.id)
        .execution_options(populate_existing=True)
    ).all()
    if rows:
        _Ground(rows, house, zone).settle()


@service.reopened.connect
def _take_over(space_ids: Sequence[int], *, now: datetime) -> None:
    """Let other calendars have what a closure kept them from."""
    theirs = select(SpaceBusy.space_id).where(SpaceBusy.space_id.in_(space_ids), SpaceBusy.end > now)
    settle(sorted(set(db.session.scalars(theirs))), now=now, zone=house_zone())


def _sharing(space_ids: Iterable[int], house: House) -> set[int]:
    """Give some spaces with all that take time of theirs."""
    takes = {one for space_id in space_ids for one in house.places[space_id].takes}
    return {place.id for place in house.places.values() if not takes.isdisjoint(place.takes)}


class _Ground:
    """What stands on the spaces that some rows take, as it is and as it is to be."""

    def __init__(self, rows: Sequence[SpaceBusy], house: House, zone: ZoneInfo) -> None:
        self.rows, self.house, self.zone = rows, house, zone
        first, last = min(row.start for row in rows), max(row.end for row in rows)
        leaves = {leaf for row in rows for leaf in house.places[row.space_id].takes}
        self.standing: dict[int, list[_Kept]] = defaultdict(list)
        self.old: dict[tuple[int, int], list[_Kept]] = defaultdict(list)
        meets = (Allocation.start < last, Allocation.end > first, Allocation.start > first - LONGEST_ALLOCATION)
        theirs = Allocation.busy_id.in_(
            select(SpaceBusy.id).where(SpaceBusy.space_id.in_({row.space_id for row in rows}))
        )
        found = {*_read(Allocation.space_id.in_(leaves), *meets), *_read(theirs)}  # theirs may lie where they were
        for leaf, kept in sorted(found, key=lambda pair: (pair[0], pair[1].start, pair[1].end)):
            self.standing[leaf].append(kept)
        self.new: dict[tuple[int, int], list[_Kept]] = {}

    def settle(self) -> None:
        self._let_go()
        self._clip()
        for row in self.rows:
            contested = False
            for leaf in sorted(self.house.places[row.space_id].takes):
                met = self._meeting(leaf, row.span)
                contested = contested or any(kept.booking_id is not None for kept in met)
                self._keep(row, leaf, [kept.span for kept in met if kept.busy_id != row.id])
            if row.contested != contested:
                row.contested = contested
        self._write()

    def _let_go(self) -> None:
        """Release the offers that are in the way."""
        gone = set()
        for row in self.rows:
            for leaf in self.house.places[row.space_id].takes:
                gone |= {kept.hold_id for kept in self._meeting(leaf, row.span) if kept.hold_id is not None}
        for hold_id in sorted(gone):
            service.release(hold_id)
        for leaf, standing in self.standing.items():
            self.standing[leaf] = [kept for kept in standing if kept.hold_id not in gone or kept.hold_id is None]

    def _clip(self) -> None:
        """Leave of each row what lies in its time and its space: what moved away makes room for the others."""
        rows = {row.id: row for row in self.rows}
        for leaf, standing in self.standing.items():
            stays = []
            for kept in standing:
                row = rows.get(kept.busy_id or 0)
                if row is not None:
                    self.old[row.id, leaf].append(kept)
                    if not row.span.contains(kept.span) or leaf not in self.house.places[row.space_id].takes:
                        continue
                stays.append(kept)
            self.standing[leaf] = stays

    def _meeting(self, leaf: int, span: Span) -> list[_Kept]:
        """List what meets a span on a space; nothing is longer than a local day, so little has to be looked at."""
        standing = self.standing[leaf]
        index = bisect_left(standing, span.start - LONGEST_ALLOCATION, key=lambda kept: kept.start)
        found = []
        while index < len(standing) and standing[index].start < span.end:
            if standing[index].end > span.start:
                found.append(standing[index])
            index += 1
        return found

    def _keep(self, row: SpaceBusy, leaf: int, others: Sequence[Span]) -> None:
        """Give a row on one space what the others leave of its time."""
        left = subtract([row.span], others)
        kept = [_Kept(part.start, part.end, row.id) for span in left for part in span.by_local_day(self.zone)]
        self.new[row.id, leaf] = kept
        standing = self.standing[leaf]
        first = bisect_left(standing, row.start - LONGEST_ALLOCATION, key=lambda one: one.start)
        last = bisect_left(standing, row.end, key=lambda one: one.start)
        near = [one for one in standing[first:last] if one.busy_id != row.id] + kept
        standing[first:last] = sorted(near, key=lambda one: (one.start, one.end))

    def _write(self) -> None:
        changed = {key for key in self.old.keys() | self.new.keys() if self.old.get(key, []) != self.new.get(key, [])}
        by_leaf: dict[int, list[int]] = defaultdict(list)
        for busy_id, leaf in changed:
            if self.old.get((busy_id, leaf)):
                by_leaf[leaf].append(busy_id)
        for leaf, ids in sorted(by_leaf.items()):
            for some in _batches(sorted(ids)):
                db.session.execute(delete(Allocation).where(Allocation.space_id == leaf, Allocation.busy_id.in_(some)))
        made = [
            {"space_id": leaf, "start": kept.start, "end": kept.end, "busy_id": busy_id}
            for busy_id, leaf in sorted(changed)
            for kept in self.new.get((busy_id, leaf), [])
        ]
        db.session.flush()
        if made:
            connection().execute(insert(Allocation.__table__), made)  # type: ignore[arg-type]


def _read(*where: ColumnElement[bool]) -> Iterator[tuple[int, _Kept]]:
    rows = db.session.execute(
        select(
            Allocation.space_id, Allocation.start, Allocation.end, Allocation.busy_id, Allocation.booking_id,
            Allocation.hold_id,
        ).where(*where)
    )  # fmt: skip
    for leaf, *kept in rows:
        yield leaf, _Kept._make(kept)


def contested(now: datetime) -> int:
    """Count the rows to come that meet a booking."""
    found = select(func.count()).select_from(SpaceBusy).where(SpaceBusy.contested, SpaceBusy.end > now)
    return db.session.scalar(found) or 0


def contested_on(space_ids: Collection[int], now: datetime) -> list[int]:
    """List those of some spaces, or of spaces that share time with them, on which rows to come meet a booking."""
    shared = _sharing(space_ids, read_house())
    found = select(SpaceBusy.space_id).where(
        SpaceBusy.space_id.in_(sorted(shared)), SpaceBusy.contested, SpaceBusy.end > now
    )
    return sorted(set(db.session.scalars(found)))


def outdated(now: datetime) -> list[int]:
    """List the spaces where a row is contested and meets no booking any more."""
    rows = db.session.scalars(select(SpaceBusy).where(SpaceBusy.contested, SpaceBusy.end > now)).all()
    if not rows:
        return []
    met = {id(clash.busy) for clash in _met(rows, read_house(), _hull(rows), len(rows) * 10)}
    return sorted({row.space_id for row in rows if id(row) not in met})


def clashes(now: datetime, limit: int = 100) -> list[Clash]:
    """List the bookings that other calendars meet, soonest first, with their members; two statements."""
    house = read_house()
    rows = db.session.scalars(
        select(SpaceBusy)
        .where(SpaceBusy.contested, SpaceBusy.end > now)
        .order_by(SpaceBusy.start, SpaceBusy.id)
        .limit(limit)
    ).all()
    if not rows:
        return []
    return _met(rows, house, _hull(rows), limit)


def _hull(rows: Sequence[SpaceBusy]) -> Span:
    return Span(min(row.start for row in rows), max(row.end for row in rows))


def meets(space_id: int, spans: Sequence[Span], now: datetime, limit: int = 100) -> list[Clash]:
    """List the bookings that times of another calendar would meet on a space; writes and locks nothing."""
    coming = sorted(span for span in spans if span.end > now)
    if not coming:
        return []
    rows = [SpaceBusy(space_id=space_id, start=span.start, end=span.end, source="") for span in coming]
    return _met(rows, read_house(), _hull(rows), limit)


def _met(rows: Sequence[SpaceBusy], house: House, hull: Span, limit: int) -> list[Clash]:
    leaves = {leaf for row in rows for leaf in house.places[row.space_id].takes}
    taken: dict[int, list[tuple[Span, int]]] = defaultdict(list)
    booked = (
        Allocation.space_id.in_(leaves), Allocation.booking_id.is_not(None), Allocation.end > hull.start,
        Allocation.start < hull.end, Allocation.start > hull.start - LONGEST_ALLOCATION,
    )  # fmt: skip
    for leaf, kept in _read(*booked):
        taken[leaf].append((kept.span, kept.booking_id or 0))
    pairs: dict[tuple[int, int], SpaceBusy] = {}
    for number, row in enumerate(rows):
        for leaf in house.places[row.space_id].takes:
            for span, booking_id in taken[leaf]:
                if span.overlaps(row.span):
                    pairs.setdefault((number, booking_id), row)
    ids = sorted({booking_id for _number, booking_id in pairs})[:limit]
    known = {
        booking.id: booking
        for booking in db.session.scalars(
            select(Booking).where(Booking.id.in_(ids)).options(joinedload(Booking.member, innerjoin=True))
        )
    }
    return [Clash(row, known[booking_id]) for (_number, booking_id), row in pairs.items() if booking_id in known]


def _batches(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    for first in range(0, len(ids), _BATCH):
        yield ids[first : first + _BATCH]
