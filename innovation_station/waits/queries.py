"""Reads about waits."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, exists, func, or_, select
from sqlalchemy.orm import aliased

from innovation_station.bookings.beside import FIRST, LAST, hint
from innovation_station.bookings.models import Booking
from innovation_station.bookings.rules import HOLDING
from innovation_station.db import connection, db
from innovation_station.spaces.models import Space
from innovation_station.timespan import Span
from innovation_station.waits.models import Wait
from innovation_station.waits.rules import LIVE, Stander, Wanted


def mine(member_id: int, wait_id: int) -> Wait | None:
    """Find a wait among a member's."""
    return db.session.scalar(select(Wait).where(Wait.id == wait_id, Wait.member_id == member_id))


def locked(wait_id: int) -> Wait:
    """Give a wait as it stands behind its lock, which comes after those of spaces and, of several, in order of ids."""
    statement = select(Wait).where(Wait.id == wait_id).with_for_update()
    return db.session.scalars(statement.execution_options(populate_existing=True)).one()


def same(member_id: int, wanted: Wanted, span: Span) -> Wait | None:
    """Find where a member stands already for the same place and time."""
    return db.session.scalar(
        select(Wait).where(
            Wait.member_id == member_id, Wait.state.in_(LIVE), Wait.space_id == wanted.space_id,
            Wait.kind == wanted.kind, Wait.zone_id == wanted.zone_id, Wait.start == span.start, Wait.end == span.end,
        )
    )  # fmt: skip


def count(member_id: int) -> int:
    """Count how many places in lines a member has."""
    statement = select(func.count()).select_from(Wait).where(Wait.member_id == member_id, Wait.state.in_(LIVE))
    return db.session.scalar(statement) or 0


def living(member_id: int) -> Sequence[Wait]:
    """List what a member waits for, the soonest first."""
    statement = select(Wait).where(Wait.member_id == member_id, Wait.state.in_(LIVE))
    return db.session.scalars(statement.order_by(Wait.start, Wait.id)).all()


def waiting(around: Span, space_ids: Collection[int]) -> Sequence[Wait]:
    """List who waits for one of some spaces, or for any of a kind, within a span, in the order of the line."""
    statement = select(Wait).where(
        Wait.state == "waiting", Wait.start < around.end, Wait.end > around.start,
        or_(Wait.space_id.in_(space_ids), Wait.kind.is_not(None)),
    )  # fmt: skip
    return db.session.scalars(statement.order_by(Wait.id)).all()


def all_waiting(after: datetime, limit: int) -> Iterator[Wait]:
    """Give everybody who waits for a time that begins after an instant, in the order of the line, `limit` at a time."""
    statement = select(Wait).where(Wait.state == "waiting", Wait.start > after).order_by(Wait.id).limit(limit)
    last = 0
    while page := db.session.scalars(statement.where(Wait.id > last)).all():
        yield from page
        last = page[-1].id


def last_waited_for() -> datetime | None:
    """Give when the last of all that is waited for ends."""
    return db.session.scalar(select(func.max(Wait.end)).where(Wait.state == "waiting"))


def ended_offers(now: datetime, limit: int) -> Sequence[int]:
    """List the ids of offers whose time is over, or whose hold is gone."""
    over = or_(Wait.offer_until <= now, Wait.hold_id.is_(None))
    statement = select(Wait.id).where(Wait.state == "offered", over)
    return db.session.scalars(statement.order_by(Wait.offer_until, Wait.id).limit(limit)).all()


def lost_offers(space_ids: Collection[int]) -> Sequence[int]:
    """List the ids of offers in some spaces whose hold is gone."""
    gone = (Wait.state == "offered", Wait.hold_id.is_(None), Wait.offered_id.in_(space_ids))
    return db.session.scalars(select(Wait.id).where(*gone).order_by(Wait.id)).all()


def too_late(now: datetime, limit: int) -> Sequence[int]:
    """List the ids of waits whose time has begun."""
    statement = select(Wait.id).where(Wait.state == "waiting", Wait.start <= now)
    return db.session.scalars(statement.order_by(Wait.id).limit(limit)).all()


def fulfilled(now: datetime, limit: int) -> list[tuple[int, int]]:
    """List waits of members who have booked by another way what they wait for, each with the booking."""
    right_place = or_(
        Wait.space_id == Booking.space_id,
        (Wait.kind == Space.kind) & or_(Wait.zone_id.is_(None), Wait.zone_id == Space.zone_id),
    )
    statement = (
        select(Wait.id, func.min(Booking.id))
        .join(Booking, (Booking.member_id == Wait.member_id) & Booking.state.in_(HOLDING))
        .join(Space, (Space.id == Booking.space_id) & right_place)
        .where(Wait.state == "waiting", Wait.start > now, Booking.start <= Wait.start, Booking.end >= Wait.end)
        .group_by(Wait.id)
        .limit(limit)
    )
    return [(wait, booking) for wait, booking in db.session.execute(statement)]


_STANDER = (Wait.id, Wait.member_id, Wait.space_id, Wait.kind, Wait.zone_id, Wait.start, Wait.end)
_LINE_AT = (
    select(*_STANDER)
    .where(Wait.state.in_(LIVE), Wait.start < bindparam("last"), Wait.end > bindparam("first"))
    .order_by(Wait.id)
)

_wait = Wait.__table__.c
ANY_LINE = hint("line", exists().where(_wait.state.in_(LIVE), _wait.start < LAST, _wait.end > FIRST))


def line_at(span: Span) -> list[Stander]:
    """List everybody who stands in a line for a time that meets a span, in order; one statement."""
    return [_stander(row) for row in connection().execute(_LINE_AT, {"first": span.start, "last": span.end})]


def _stander(row: Any) -> Stander:
    wanted, span = Wanted(row.space_id, row.kind, row.zone_id), Span(row.start, row.end)
    return Stander(row.id, row.member_id, wanted, span)


def beside(member_id: int) -> list[Stander]:
    """List everybody who stood in a line before a member and at a time the member waits for; one statement."""
    own = aliased(Wait)
    statement = (
        select(*_STANDER)
        .join(own, (own.start < Wait.end) & (own.end > Wait.start) & (own.id > Wait.id))
        .where(Wait.state.in_(LIVE), own.member_id == member_id, own.state.in_(LIVE))
        .distinct()
        .order_by(Wait.id)
    )
    return [_stander(row) for row in db.session.execute(statement)]
