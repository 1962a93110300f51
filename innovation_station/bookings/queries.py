"""Reads about bookings. All take what they need; none asks for the time or the request."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from sqlalchemy import BindParameter, CompoundSelect, Select, bindparam, func, literal, or_, select, union_all
from sqlalchemy.orm import joinedload

from innovation_station.bookings.models import LONGEST_ALLOCATION, Allocation, Booking, BookingHistory
from innovation_station.bookings.rules import Held
from innovation_station.db import UtcDateTime, db
from innovation_station.members.models import Member
from innovation_station.spaces.models import Closure, Space
from innovation_station.timespan import Span

HABIT = timedelta(weeks=8)  # how far back a member's habits are looked for


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


def busy_spaces(
    windows: Sequence[Span], kinds: Sequence[str], *, among: Collection[int] | None = None
) -> dict[int, int]:
    """Count by a window's position how many bookable spaces of some kinds anything takes part of; one statement.

    `among` narrows it to some spaces.
    """
    if not windows or not kinds:
        return {}
    statement = _busy_spaces(len(windows), tuple(kinds), tuple(among) if among is not None else None)
    given: dict[str, datetime] = {}
    for index, window in enumerate(windows):
        given[f"bound{index}"] = window.start - LONGEST_ALLOCATION
        given[f"start{index}"], given[f"end{index}"] = window.start, window.end
    return {position: busy for position, busy in db.session.execute(statement, given)}  # noqa: C416  rows, no pairs


@lru_cache(maxsize=64)
def _busy_spaces(windows: int, kinds: tuple[str, ...], among: tuple[int, ...] | None) -> CompoundSelect[int, int]:
    """Build the statement once: doing it for every page costs ten times what the database takes to answer."""

    def at(name: str, index: int) -> BindParameter[datetime]:
        return bindparam(f"{name}{index}", type_=UtcDateTime)

    parts = [
        select(literal(index).label("position"), func.count(Allocation.space_id.distinct()).label("busy"))
        .join(Space, Space.id == Allocation.space_id)
        .where(
            Space.bookable,
            or_(*(Space.kind == kind for kind in kinds)),
            Allocation.start > at("bound", index),
            Allocation.start < at("end", index),
            Allocation.end > at("start", index),
        )
        for index in range(windows)
    ]
    if among is not None:
        parts = [part.where(Allocation.space_id.in_(among)) for part in parts]
    return union_all(*parts)


def made_since(booking_id: int, instant: datetime) -> bool:
    """Tell whether a booking was made, or last changed, after an instant."""
    statement = select(Booking.id).where(Booking.id == booking_id, Booking.changed_at > instant)
    return db.session.scalar(statement) is not None


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
        .limit(40)
    )  # fmt: skip
    return [(space, start, end) for space, start, end in rows]


def count() -> int:
    """Count all bookings."""
    return db.session.scalar(select(func.count()).select_from(Booking)) or 0
