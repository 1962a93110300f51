"""The figures counted slowly and obviously: minute by minute, over all rows there are.

Nothing of how the summary is made is used here, but what the house offered on a day (`Shapes`), which is what it was told.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

from innovation_station.bookings.models import Allocation, Booking, SpaceBusy
from innovation_station.db import db
from innovation_station.figures import queries
from innovation_station.figures.queries import Counted
from innovation_station.figures.rules import COUNTS, HOURS, TIMES, WEEK, Shapes, cells
from innovation_station.spaces.holidays import Calendar

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
Times = dict[int, Counter[tuple[int, int, str]]]
Numbers = dict[int, Counter[str]]
Owners = dict[int, dict[int, tuple[int, int]]]


def is_open(known: Shapes, space_id: int, wall: datetime) -> bool:
    """Look one minute of the wall clock up."""
    shape = known.on(wall.date())
    if space_id not in shape.leaves or wall.date() in Calendar(shape.holidays):
        return False
    opens, closes = shape.leaves[space_id].hours.get(wall.weekday(), (0, 0))
    return opens <= wall.hour * 60 + wall.minute < closes


def is_within(known: Shapes, leaf: int, space_id: int, day: date) -> bool:
    """Tell whether a leaf is a space or a part of it."""
    shape = known.on(day)
    return space_id == leaf if leaf not in shape.leaves else space_id in shape.leaves[leaf].within


def minutes(start: datetime, end: datetime, zone: ZoneInfo) -> list[tuple[datetime, datetime]]:
    """List the minutes between two instants, each with what the clock on the wall says."""
    assert start.second == end.second == 0
    found = []
    while start < end:
        found.append((start, start.astimezone(zone)))
        start += MINUTE
    return found


def recount(first: date, last: date, known: Shapes, zone: ZoneInfo) -> tuple[Times, Numbers, Owners]:
    """Count a period over everything that stands in the tables."""
    times: Times = defaultdict(Counter)
    numbers: Numbers = defaultdict(Counter)
    owners: Owners = defaultdict(dict)
    bookings = {row.id: row for row in db.session.scalars(select(Booking).execution_options(populate_existing=True))}
    busy = {row.id: row for row in db.session.scalars(select(SpaceBusy).execution_options(populate_existing=True))}
    for row in db.session.scalars(select(Allocation).execution_options(populate_existing=True)):
        for instant, wall in minutes(row.start, row.end, zone):
            if row.hold_id is None and first <= wall.date() <= last:
                names = used_for(row, instant, wall.date(), known, bookings, busy)
                if is_open(known, row.space_id, wall):
                    for name in names or {"withheld"}:
                        times[row.space_id][wall.weekday(), wall.hour, name] += 60
                elif names:
                    numbers[row.space_id]["outside"] += 60
    for booking in bookings.values():
        if first <= booking.start.astimezone(zone).date() <= last:
            count_booking(booking, numbers[booking.space_id], owners[booking.space_id])
    return times, numbers, owners


def used_for(
    row: Allocation, instant: datetime, day: date, known: Shapes, bookings: dict[int, Booking],
    busy: dict[int, SpaceBusy],
) -> set[str]:  # fmt: skip
    """Say what a minute of a space is used for; nothing where it is only withheld."""
    if row.booking_id is not None:
        booking = bookings[row.booking_id]
        own = is_within(known, row.space_id, booking.space_id, day)
        if own and booking.start <= instant < booking.end:
            return {"booked", "used"} if booking.checked_in_at else {"booked"}
        return set()
    if row.busy_id is not None:
        return {"elsewhere"} if is_within(known, row.space_id, busy[row.busy_id].space_id, day) else set()
    return {"events"} if row.claim_id is not None else set()


def count_booking(booking: Booking, found: Counter[str], owners: dict[int, tuple[int, int]]) -> None:
    """Count a booking, and what its organisation has booked."""
    if booking.state in ("cancelled", "declined", "expired"):
        found["cancelled" if booking.state == "cancelled" else "declined"] += 1
        return
    kept = booking.end
    found["bookings"] += 1
    if booking.state == "no-show":
        assert booking.released_at
        kept = booking.released_at if booking.released_at > booking.start else booking.end
        found["no_shows"] += 1
        found["lost"] += int((booking.end - kept).total_seconds())
    else:
        found["came"] += booking.checked_in_at is not None
    ahead = booking.start - booking.created_at
    found[f"lead{sum(ahead >= limit for limit in (HOUR, DAY, 2 * DAY, 7 * DAY, 14 * DAY, 28 * DAY))}"] += 1
    had = owners.get(booking.organisation_id or 0, (0, 0))
    seconds = int((kept - booking.start).total_seconds())
    owners[booking.organisation_id or 0] = (had[0] + 1, had[1] + seconds)


def said(found: Counted) -> tuple[Times, Numbers, Owners]:
    """Give what the summary says in the same form."""
    times: Times = {}
    for space_id, tally in found.spaces.items():
        times[space_id] = Counter(
            {
                (cell // HOURS, cell % HOURS, name): seconds
                for name in TIMES
                for cell, seconds in enumerate(cells(getattr(tally, name), WEEK))
            }
        )
    numbers = {
        space_id: Counter({name: tally.count(name) for name in COUNTS}) for space_id, tally in found.spaces.items()
    }
    return times, numbers, {space_id: tally.organisations for space_id, tally in found.spaces.items()}


def difference(ours: dict[int, Any], theirs: dict[int, Any]) -> list[Any]:
    """Name what is not counted alike: the space, the cell, and both counts."""
    return [
        (one, cell, ours.get(one, {}).get(cell, 0), theirs.get(one, {}).get(cell, 0))
        for one in ours.keys() | theirs.keys()
        for cell in ours.get(one, {}).keys() | theirs.get(one, {}).keys()
        if ours.get(one, {}).get(cell, 0) != theirs.get(one, {}).get(cell, 0)
    ]


def check(now: datetime, first: date, last: date, zone: ZoneInfo) -> Counted:
    """See that the figures of a period are those of the recount, day by day and month by month; give them."""
    house = queries.read_house()
    known, _since = queries.shapes(house, now.astimezone(zone).date())
    *slow, kept = recount(first, last, known, zone)
    wanted = [{one: +each for one, each in some.items() if +each} for some in slow]
    owners = {one: each for one, each in kept.items() if each}
    found = None
    for by_month in (False, True):
        found = queries.counted(first, last, list(house.places), by_month=by_month, now=now, zone=zone, house=house)
        times, numbers, organisations = said(found)
        assert {one: +each for one, each in times.items() if +each} == wanted[0], (
            by_month,
            difference(times, wanted[0]),
        )
        assert {one: +each for one, each in numbers.items() if +each} == wanted[1], (
            by_month,
            difference(numbers, wanted[1]),
        )
        assert {one: each for one, each in organisations.items() if each} == owners, by_month
        total, buckets = found.total(house.places), found.total(())
        for bucket in found.buckets.values():
            buckets.add(bucket)
        assert total == buckets, by_month
        opened = [found.open.get(one, 0) for one in house.places]
        assert sum(opened) == sum(found.opened.values()), by_month
    assert found
    return found


def open_minutes(first: date, last: date, known: Shapes, zone: ZoneInfo) -> dict[int, Counter[tuple[int, int]]]:
    """Count when each leaf is open, minute by minute."""
    found: dict[int, Counter[tuple[int, int]]] = defaultdict(Counter)
    at = datetime.combine(first, datetime.min.time(), zone).astimezone(UTC)
    end = datetime.combine(last + DAY, datetime.min.time(), zone).astimezone(UTC)
    leaves = {one for _since, shape in known.known for one in shape.leaves}
    for _instant, wall in minutes(at, end, zone):
        for leaf in leaves:
            if is_open(known, leaf, wall):
                found[leaf][wall.weekday(), wall.hour] += 60
    return found
