"""Reads about bookings. All take what they need; none asks for the time or the request."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Integer, Select, and_, column, func, or_, select, values
from sqlalchemy.orm import joinedload

from innovation_station.bookings.models import LONGEST_ALLOCATION, Allocation, Booking, BookingHistory
from innovation_station.bookings.rules import Held
from innovation_station.db import UtcDateTime, db
from innovation_station.members.models import Member
from innovation_station.spaces.models import Closure, Space
from innovation_station.timespan import Span


@dataclass(frozen=True, slots=True)
class Taken:
    """One allocation of a day as pages show it. `name` and `title` are those of the booking, public or not."""

    space_id: int
    span: Span
    booking_id: int | None
    member_id: int | None
    name: str | None
    title: str
    public: bool
    reason_sv: str | None
    reason_en: str | None

    @property
    def held(self) -> Held:
        """Give what the rules need of it."""
        return Held(self.space_id, self.span, self.booking_id, self.member_id)


def _within(statement: Select, span: Span) -> Select:  # type: ignore[type-arg]
    # the lower bound on start is what keeps this the same price in a house with a million bookings
    return statement.where(
        Allocation.start > span.start - LONGEST_ALLOCATION,
        Allocation.start < span.end,
        Allocation.end > span.start,
    )


def taken(span: Span) -> list[Taken]:
    """List what takes any space within a span, ordered by start; one statement."""
    statement = (
        select(
            Allocation.space_id, Allocation.start, Allocation.end, Allocation.booking_id, Booking.member_id,
            Member.name, Booking.title, Booking.public, Closure.reason_sv, Closure.reason_en,
        )
        .outerjoin(Booking, Booking.id == Allocation.booking_id)
        .outerjoin(Member, Member.id == Booking.member_id)
        .outerjoin(Closure, Closure.id == Allocation.closure_id)
        .order_by(Allocation.start)
    )  # fmt: skip
    return [
        Taken(space, Span(start, end), booking, member, name, title or "", bool(public), reason_sv, reason_en)
        for space, start, end, booking, member, name, title, public, reason_sv, reason_en in db.session.execute(
            _within(statement, span)
        )
    ]


def held(span: Span, space_ids: Collection[int], *, without: int | None = None) -> list[Held]:
    """List what takes some spaces within a span, ordered by start; `without` leaves one booking out."""
    statement = (
        select(Allocation.space_id, Allocation.start, Allocation.end, Allocation.booking_id, Booking.member_id)
        .outerjoin(Booking, Booking.id == Allocation.booking_id)
        .where(Allocation.space_id.in_(space_ids))
        .order_by(Allocation.start)
    )
    if without is not None:
        statement = statement.where(or_(Allocation.booking_id.is_(None), Allocation.booking_id != without))
    return [
        Held(space, Span(start, end), booking, member)
        for space, start, end, booking, member in db.session.execute(_within(statement, span))
    ]


def held_by(member_id: int, span: Span, *, without: int | None = None) -> list[tuple[Held, str]]:
    """List a member's own confirmed bookings that meet a span, each with its space's name and kind."""
    statement = (
        select(Allocation.space_id, Allocation.start, Allocation.end, Booking.id, Space.name, Space.kind)
        .join(Booking, Booking.id == Allocation.booking_id)
        .join(Space, Space.id == Allocation.space_id)
        .where(Booking.member_id == member_id)
        .order_by(Allocation.start)
    )
    if without is not None:
        statement = statement.where(Booking.id != without)
    return [
        (Held(space, Span(start, end), booking, member_id, name), kind)
        for space, start, end, booking, name, kind in db.session.execute(_within(statement, span))
    ]


def busy_spaces(windows: Sequence[Span], space_ids: Collection[int]) -> dict[int, int]:
    """Count by a window's position how many of some spaces anything takes part of; one statement."""
    if not windows:
        return {}
    rows = [
        (index, window.start - LONGEST_ALLOCATION, window.start, window.end) for index, window in enumerate(windows)
    ]
    asked = values(
        column("position", Integer), column("bound", UtcDateTime), column("start", UtcDateTime),
        column("end", UtcDateTime), name="windows",
    ).data(rows).cte("asked")  # fmt: skip
    statement = (
        select(asked.c.position, func.count(Allocation.space_id.distinct()))
        .join(
            Allocation,
            and_(
                Allocation.start > asked.c.bound, Allocation.start < asked.c.end, Allocation.end > asked.c.start,
                Allocation.space_id.in_(space_ids),
            ),
        )
        .group_by(asked.c.position)
    )  # fmt: skip
    return {position: busy for position, busy in db.session.execute(statement)}  # noqa: C416  rows are not pairs to mypy


def get(booking_id: int) -> Booking | None:
    """Find a booking with its space and member loaded."""
    return db.session.scalar(
        select(Booking)
        .options(joinedload(Booking.space, innerjoin=True), joinedload(Booking.member, innerjoin=True))
        .where(Booking.id == booking_id)
    )


def same_request(member_id: int, request_key: str) -> Booking | None:
    """Find what an earlier copy of this submit made, whatever has become of it."""
    return db.session.scalar(select(Booking).where(Booking.member_id == member_id, Booking.request_key == request_key))


def same_span(member_id: int, space_id: int, span: Span) -> Booking | None:
    """Find the member's confirmed booking of exactly this span."""
    return db.session.scalar(
        select(Booking).where(
            Booking.member_id == member_id, Booking.space_id == space_id, Booking.state == "confirmed",
            Booking.start == span.start, Booking.end == span.end,
        )
    )  # fmt: skip


def upcoming(member_id: int, now: datetime, limit: int = 200) -> Sequence[Booking]:
    """List a member's confirmed bookings that have not ended, soonest first."""
    return db.session.scalars(
        select(Booking)
        .where(Booking.member_id == member_id, Booking.state == "confirmed", Booking.end > now)
        .order_by(Booking.start, Booking.id)
        .limit(limit)
    ).all()


def past(member_id: int, now: datetime, *, before: datetime | None = None, limit: int = 30) -> Sequence[Booking]:
    """List a member's bookings that have ended or were cancelled, latest first; `before` pages on by start."""
    statement = select(Booking).where(
        Booking.member_id == member_id, or_(Booking.end <= now, Booking.state == "cancelled")
    )
    if before is not None:
        statement = statement.where(Booking.start < before)
    return db.session.scalars(statement.order_by(Booking.start.desc(), Booking.id.desc()).limit(limit)).all()


def history(booking_id: int) -> Sequence[BookingHistory]:
    """List what happened to a booking, oldest first, actors loaded."""
    return db.session.scalars(
        select(BookingHistory)
        .options(joinedload(BookingHistory.actor))
        .where(BookingHistory.booking_id == booking_id)
        .order_by(BookingHistory.id)
    ).all()


def usual(member_id: int, kind: str, since: datetime, until: datetime) -> list[tuple[int, datetime, datetime]]:
    """List (space, start, end) of a member's kept bookings of a kind that began within a time, latest first."""
    rows = db.session.execute(
        select(Booking.space_id, Booking.start, Booking.end)
        .join(Space, Space.id == Booking.space_id)
        .where(
            Booking.member_id == member_id, Booking.state == "confirmed", Space.kind == kind,
            Booking.start >= since, Booking.start < until,
        )
        .order_by(Booking.start.desc())
        .limit(100)
    )  # fmt: skip
    return [(space, start, end) for space, start, end in rows]


def count() -> int:
    """Count all bookings."""
    return db.session.scalar(select(func.count()).select_from(Booking)) or 0
