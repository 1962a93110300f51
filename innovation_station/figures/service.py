"""Keeps the summary: counts anew what is marked, and writes down what the house offers.

`refresh` opens transactions of its own, a short one for each month: nobody waits for long, and it may be cut off at any
point. What it has seen of marks goes with the last of them, so that until then whoever reads counts for themselves.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any, cast
from zoneinfo import ZoneInfo

from sqlalchemy import Table, bindparam, delete, insert

from innovation_station.db import connection, in_turn, transaction
from innovation_station.figures import queries
from innovation_station.figures.models import FigureDay, FigureMark, FigureMonth, FigureShape
from innovation_station.figures.queries import Stretch, following
from innovation_station.figures.rules import TIMES, Shapes, Tally, stored
from innovation_station.spaces.queries import house as read_house
from innovation_station.timespan import local_day

EVER = (datetime(1970, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC))
BATCH = 500
_TURN = b"figures\0"
_day, _month, _mark, _shape = (
    cast(Table, model.__table__) for model in (FigureDay, FigureMonth, FigureMark, FigureShape)
)
_FORGET = delete(_mark).where(_mark.c.id.in_(bindparam("ids", expanding=True)))


def mark_all() -> None:
    """Have everything counted anew."""
    every = [{"space_id": space_id, "start": EVER[0], "end": EVER[1]} for space_id in sorted(read_house().places)]
    if every:
        connection().execute(insert(_mark), every)


def refresh(*, now: datetime, zone: ZoneInfo) -> int:
    """Count anew what is marked; give how many days of spaces were. Only outside of a transaction."""
    done = 0
    while queries.first_marks(1) or queries.shapes(read_house(), now.astimezone(zone).date())[1] is not None:
        done += _refresh_some(now, zone)
    return done


def _refresh_some(now: datetime, zone: ZoneInfo) -> int:
    """Count anew what the oldest marks are of."""
    with transaction():
        in_turn(_TURN)
        settle(now=now, zone=zone)
        seen = queries.first_marks(queries.MOST)
        ends = queries.ends()
    dirty = queries.stretches(seen, zone, ends) if ends else {}
    done = 0
    for first, last in _months(dirty):
        with transaction():
            in_turn(_TURN)
            known, _since = queries.shapes(read_house(), now.astimezone(zone).date())
            some = {one: _clipped(days, first, last) for one, days in dirty.items()}
            done += _count_anew({one: days for one, days in some.items() if days}, first, last, known, zone)
    with transaction():
        for at in range(0, len(seen), BATCH):
            connection().execute(_FORGET, {"ids": [mark.id for mark in seen[at : at + BATCH]]})
    return done


def settle(*, now: datetime, zone: ZoneInfo) -> None:
    """Write down what the house offers, where that has changed; what is from then on is marked."""
    house = read_house()
    known, since = queries.shapes(house, now.astimezone(zone).date())
    if since is None:
        return
    connection().execute(delete(_shape).where(_shape.c.day >= since))
    connection().execute(insert(_shape), {"day": since, "shape": known.known[-1][1].written()})
    begin = EVER[0] if since == date.min else local_day(since, zone).start
    leaves = {one for _since, shape in known.known for one in shape.leaves}
    every = [{"space_id": one, "start": begin, "end": EVER[1]} for one in sorted({*leaves, *house.places})]
    if every:
        connection().execute(insert(_mark), every)


def _months(dirty: Mapping[int, Iterable[Stretch]]) -> Iterable[Stretch]:
    """Give the months in which anything is marked, as first and last day."""
    seen: set[date] = set()
    for first, last in queries.merged(each for some in dirty.values() for each in some):
        month = first.replace(day=1)
        while month <= last:
            seen.add(month)
            month = following(month)
    return [(month, following(month) - timedelta(days=1)) for month in sorted(seen)]


def _clipped(some: Iterable[Stretch], first: date, last: date) -> list[Stretch]:
    return [(max(a, first), min(b, last)) for a, b in some if a <= last and first <= b]


def _count_anew(
    dirty: Mapping[int, Collection[Stretch]], first: date, last: date, known: Shapes, zone: ZoneInfo
) -> int:  # fmt: skip
    """Write the marked days of a month anew, and its sums."""
    begin, end = (side(day for some in dirty.values() for pair in some for day in pair) for side in (min, max))
    found = queries.count(dirty, begin, end, known, zone)
    own = {
        key: tally for key, tally in found.items() if any(a <= key[0] <= b for a, b in dirty[key[1]])
    }  # fmt: skip
    connection().execute(
        delete(_day).where(
            _day.c.space_id == bindparam("space"), _day.c.day.between(bindparam("first"), bindparam("last"))
        ),
        [{"space": one, "first": a, "last": b} for one, some in dirty.items() for a, b in some],
    )
    if own:
        connection().execute(insert(_day), [{"day": day, **_row(one, tally)} for (day, one), tally in own.items()])
    sums: dict[int, Tally] = {}
    for day, space_id, tally in queries.days(dirty, first, last):
        sums.setdefault(space_id, Tally()).add(tally, day.weekday())
    connection().execute(delete(_month).where(_month.c.month == first, _month.c.space_id.in_(sorted(dirty))))
    if sums:
        connection().execute(insert(_month), [{"month": first, **_row(one, tally)} for one, tally in sums.items()])
    return len(own)


def _row(space_id: int, tally: Tally) -> dict[str, Any]:
    return {
        "space_id": space_id,
        **{name: stored(getattr(tally, name)) for name in (*TIMES, "numbers")},
        "organisations": {str(key): list(value) for key, value in sorted(tally.organisations.items())} or None,
    }
