"""Reads about series. The dates of a preview are asked for together: one statement a table, however many there are."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Integer, String, TextClause, bindparam, column, exists, select, text
from sqlalchemy.orm import aliased, joinedload

from innovation_station.bookings.models import (
    LONGEST_ALLOCATION,
    LONGEST_BOOKING,
    Allocation,
    Booking,
    BookingHistory,
    Claim,
    SpaceHold,
)
from innovation_station.bookings.rules import GONE, HOLDING, Held, Wish
from innovation_station.db import UtcDateTime, connection, db
from innovation_station.series.models import Occurrence, Series
from innovation_station.series.steps import Row
from innovation_station.spaces.models import Space
from innovation_station.timespan import Span


def get(series_id: int) -> Series | None:
    """Find a series."""
    return db.session.get(Series, series_id)


def same_request(member_id: int, request_key: str) -> Series | None:
    """Find what an earlier copy of this submit made."""
    return db.session.scalar(select(Series).where(Series.member_id == member_id, Series.request_key == request_key))


def of_booking(booking_id: int) -> tuple[Occurrence, Series] | None:
    """Find the date of a series that a booking is."""
    found = db.session.execute(
        select(Occurrence, Series)
        .join(Series, Series.id == Occurrence.series_id)
        .where(Occurrence.booking_id == booking_id)
    ).one_or_none()
    return (found[0], found[1]) if found else None


def running(member_id: int, now: datetime) -> Sequence[Series]:
    """List a member's series that have a date running or to come, the oldest first."""
    left = (
        select(Occurrence.series_id)
        .join(Booking, Booking.id == Occurrence.booking_id)
        .where(Booking.member_id == member_id, Booking.state.in_(HOLDING), Booking.end > now)
    )
    return db.session.scalars(
        select(Series).where(Series.member_id == member_id, Series.id.in_(left)).order_by(Series.id)
    ).all()


def occurrences(series_id: int) -> Sequence[Occurrence]:
    """List the dates of a series in order, with their bookings; one statement."""
    return db.session.scalars(
        select(Occurrence)
        .options(joinedload(Occurrence.booking))
        .where(Occurrence.series_id == series_id)
        .order_by(Occurrence.original)
    ).all()


def row_of(occurrence: Occurrence, series: Series) -> Row:
    """Give a date as the rules see it; its `id` is that of its booking."""
    booking, state = occurrence.booking, occurrence.state
    if booking is None:
        return Row(occurrence.original, None, series.space_id, series.title, state, occurrence.moved)  # type: ignore[arg-type]
    if state == "confirmed" and booking.state in GONE:
        state = "cancelled"
    return Row(
        occurrence.original, booking.kept, booking.space_id, booking.title, state,  # type: ignore[arg-type]
        occurrence.moved, occurrence.retitled, booking.id, booking.people, booking.layout,
    )  # fmt: skip


def rows(series: Series) -> list[Row]:
    """List the dates of a series as the rules see them, in order."""
    return [row_of(occurrence, series) for occurrence in occurrences(series.id)]


def given_back(series_id: int, at: datetime) -> list[tuple[Booking, date, bool]]:
    """List what was cancelled of a series at an instant, in order: the booking, its `original`, and whether nothing has
    happened to it since; one statement."""
    later = aliased(BookingHistory)
    untouched = ~exists().where(later.booking_id == Booking.id, later.id > BookingHistory.id)
    found = db.session.execute(
        select(Booking, Occurrence.original, untouched)
        .join(Occurrence, Occurrence.booking_id == Booking.id)
        .join(BookingHistory, BookingHistory.booking_id == Booking.id)
        .where(Occurrence.series_id == series_id, BookingHistory.action == "cancelled", BookingHistory.at == at)
        .order_by(Booking.start, Booking.id)
    )
    return [(booking, original, bool(same)) for booking, original, same in found]


# -- what dates meet --------------------------------------------------------------------------------------------------

_booking, _space = Booking.__table__.c, Space.__table__.c
_OWN = (
    select(_booking.id, _booking.space_id, _booking.start, _booking.end, _space.name, _space.kind)
    .join_from(Booking.__table__, Space.__table__, _space.id == _booking.space_id)
    .where(
        _booking.member_id == bindparam("member"),
        _booking.state.in_(HOLDING),
        _booking.start > bindparam("earliest", type_=UtcDateTime),
        _booking.start < bindparam("last", type_=UtcDateTime),
        _booking.end > bindparam("first", type_=UtcDateTime),
    )
    .order_by(_booking.start)
)


def own(member_id: int, span: Span, without: Collection[int]) -> list[tuple[Held, str]]:
    """List what a member has within a span, each with the kind of its space; one statement."""
    given = {"member": member_id, "first": span.start, "last": span.end, "earliest": span.start - LONGEST_BOOKING}
    return [
        (Held(space, Span(start, end), booking, member_id, name), kind)
        for booking, space, start, end, name, kind in connection().execute(_OWN, given)
        if booking not in without
    ]


_allocation, _hold = Allocation.__table__.c, SpaceHold.__table__.c
_HOLDS = (
    select(_hold.id, _allocation.space_id, _allocation.start, _allocation.end)
    .join_from(SpaceHold.__table__, Allocation.__table__, _allocation.hold_id == _hold.id)
    .where(_hold.member_id == bindparam("member"))
)


def holds_met(member_id: int, wishes: Iterable[Wish]) -> list[int]:
    """List what is held for a member and meets one of some wishes; one statement, most members have no row."""
    held = connection().execute(_HOLDS, {"member": member_id}).all()
    wanted = list(wishes) if held else []
    return sorted({
        hold_id
        for hold_id, space_id, start, end in held
        for wish in wanted
        if space_id in wish.place.takes and wish.padded.overlaps(Span(start, end))
    })  # fmt: skip


@dataclass(frozen=True, slots=True)
class Window:
    """A date that wants time: the local day and the very span of it on each space it takes, and whether something else
    than who has the space speaks against it."""

    spaces: frozenset[int]
    day: Span
    span: Span
    refused: bool


# A date reads its own spaces for the day, for other times of it. Where its time is taken or `refused` it also asks
# which other spaces are taken then, and gets their numbers in one row: to read each of them, in a house of two hundred
# desks, was half of what a preview cost. The windows go along as one JSON text, so that the statement is the same for
# one date and for two hundred; SQLAlchemy's VALUES would write, and have compiled, a parameter for each figure.
_WITHOUT_OFFSET = len("2026-11-24 08:30:00.000000")
_WINDOWS = {
    "sqlite": """
        SELECT json_extract(value, '$[0]') AS space_id, json_extract(value, '$[1]') AS day_bound,
            json_extract(value, '$[2]') AS day_start, json_extract(value, '$[3]') AS day_end,
            json_extract(value, '$[4]') AS bound, json_extract(value, '$[5]') AS first,
            json_extract(value, '$[6]') AS last, json_extract(value, '$[7]') AS refused
        FROM json_each(:windows)
    """,
    "postgresql": """
        SELECT (value->>0)::int AS space_id, (value->>1)::timestamptz AS day_bound,
            (value->>2)::timestamptz AS day_start, (value->>3)::timestamptz AS day_end,
            (value->>4)::timestamptz AS bound, (value->>5)::timestamptz AS first,
            (value->>6)::timestamptz AS last, (value->>7)::int AS refused
        FROM jsonb_array_elements(cast(:windows AS jsonb)) AS w (value)
    """,
}
_MET = """
    WITH wanted AS MATERIALIZED ({windows}),
    beside AS MATERIALIZED (
        SELECT DISTINCT w.bound, w.first, w.last FROM wanted w
        WHERE w.refused = 1 OR EXISTS (
            SELECT 1 FROM allocation
            WHERE allocation.space_id = w.space_id AND allocation.start >= w.bound AND allocation.start < w.last
                AND allocation."end" > w.first
        )
    )
    SELECT m.space_id, m.start, m."end", m.booking_id,
        (SELECT space_hold.member_id FROM space_hold WHERE space_hold.id = m.hold_id) AS held_for,
        m.hold_id, m.busy_id, m.claim_id, NULL AS busy
    FROM (
        SELECT DISTINCT allocation.id, allocation.space_id, allocation.start, allocation."end", allocation.booking_id,
            allocation.hold_id, allocation.busy_id, allocation.claim_id
        FROM {days}
    ) m
    UNION ALL
    SELECT NULL, b.first, b.last, NULL, NULL, NULL, NULL, NULL, (
        SELECT {joined} FROM allocation
        WHERE allocation.start >= b.bound AND allocation.start < b.last AND allocation."end" > b.first
    )
    FROM beside b
"""
_ON_DAY = (
    "allocation.space_id = w.space_id AND allocation.start >= w.day_bound AND allocation.start < w.day_end "
    'AND allocation."end" > w.day_start'
)
# Of a hundred windows PostgreSQL expects so many rows that it would rather read both tables whole and join them; what
# it may not pull up (OFFSET 0, and the members asked for one by one) it looks up.
_DAYS = {
    "sqlite": f"wanted w JOIN allocation ON {_ON_DAY}",
    "postgresql": f"wanted w CROSS JOIN LATERAL (SELECT * FROM allocation WHERE {_ON_DAY} OFFSET 0) allocation",  # noqa: S608  ours
}
_JOINED = {
    "sqlite": "group_concat(allocation.space_id)",
    "postgresql": "trim(array_agg(allocation.space_id)::text, '{}')",
}


def _met(dialect: str) -> TextClause:
    filled = _MET.format(windows=_WINDOWS[dialect], days=_DAYS[dialect], joined=_JOINED[dialect])
    return text(filled).bindparams(bindparam("windows"))


_MET_BY = {
    dialect: _met(dialect).columns(
        column("space_id", Integer), column("start", UtcDateTime), column("end", UtcDateTime),
        column("booking_id", Integer), column("held_for", Integer), column("hold_id", Integer),
        column("busy_id", Integer), column("claim_id", Integer), column("busy", String),
    )
    for dialect in _WINDOWS
}  # fmt: skip


_claim = Claim.__table__.c
_CLAIMS = select(_claim.id, _claim.title_sv, _claim.title_en).where(_claim.id.in_(bindparam("ids", expanding=True)))


def met(windows: Iterable[Window], without: Collection[int]) -> tuple[list[Held], dict[Span, frozenset[int]]]:
    """List what takes the spaces of dates on their days, without whose booking it is; and by span, for dates that may
    not be had, all spaces that anything takes then.

    One statement, and one for the events among it, which look at the days of the dates and at nothing else. `without`
    leaves bookings out of the first: what they hold comes free with the change, but where they are no other date is
    led.
    """
    given = json.dumps([row for window in windows for row in _window_rows(window)])
    held, busy = [], {}
    alike: dict[str, frozenset[int]] = {}  # many days are: each text is read once
    rows = connection().execute(_MET_BY[connection().dialect.name], {"windows": given}).all()
    claims = _claims({row[7] for row in rows} - {None})
    for space, start, end, booking, held_for, hold, busy_id, claim_id, spaces in rows:
        span = Span(start, end)
        if space is None:
            spaces = spaces or ""
            if spaces not in alike:
                alike[spaces] = frozenset(json.loads(f"[{spaces}]"))
            busy[span] = alike[spaces]
        elif booking is None or booking not in without:
            claim = claims.get(claim_id)
            held.append(Held(space, span, booking, held_for, hold_id=hold, busy_id=busy_id, claim=claim))
    return sorted(held, key=lambda one: one.span), busy


def _claims(ids: Collection[int]) -> dict[int, tuple[str, str]]:
    """Give the titles of claims; one statement where dates meet any, which few do."""
    if not ids:
        return {}
    found = connection().execute(_CLAIMS, {"ids": sorted(ids)})
    return {claim_id: (title_sv, title_en) for claim_id, title_sv, title_en in found}


def _window_rows(window: Window) -> Iterable[list[Any]]:
    day, span = window.day, window.span
    longest, begin, stop = _written_day(day)
    # what takes time is cut where a local day begins, so that nothing of the day before reaches into this one
    bound = begin if span.start >= day.start else longest
    bounds = (longest, begin, stop, bound, _written(span.start), _written(span.end), int(window.refused))
    return ([space_id, *bounds] for space_id in sorted(window.spaces))


def _written(instant: datetime) -> str:
    """Write an instant as SQLite keeps it, which PostgreSQL reads as well where its session is in UTC."""
    return instant.astimezone(UTC).isoformat(" ", "microseconds")[:_WITHOUT_OFFSET]


@lru_cache(maxsize=1024)  # as `local_day`
def _written_day(day: Span) -> tuple[str, str, str]:
    return _written(day.start - LONGEST_ALLOCATION), _written(day.start), _written(day.end)
