"""Reads about feeds. The statements of a poll are built once, so that it costs little more than its rows."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, and_, bindparam, func, or_, select

from innovation_station.bookings.models import Booking
from innovation_station.calendars.models import BookingEntry, Feed
from innovation_station.calendars.rules import WORDS, Window
from innovation_station.db import db
from innovation_station.members.models import Member
from innovation_station.spaces.models import HouseRow
from innovation_station.spaces.rules import Language

LONGEST_BOOKING = timedelta(days=31)
"""No policy allows more: the lower bound on start that lets the index bound the past."""

CHUNK = 500


@dataclass(frozen=True, slots=True)
class Address:
    """A living feed as its address finds it, with the revisions that its content hangs on."""

    feed_id: int
    member_id: int
    name: str
    language: Language
    changed_at: datetime
    last_fetched_at: datetime | None
    last_client: str
    bookings_revision: int
    house_revision: int


@dataclass(frozen=True, slots=True)
class Fragment:
    """One booking of a feed with its stored entry: None where it is missing or of an older revision."""

    booking_id: int
    space_id: int
    bookings_revision: int
    stamp: str | None
    written_at: int | None
    body: bytes | None


_BY_HASH = (
    select(
        Feed.id, Feed.member_id, Feed.name, Feed.language, Feed.changed_at, Feed.last_fetched_at,
        Feed.last_client, Member.bookings_revision,
        func.coalesce(select(HouseRow.revision).scalar_subquery(), 0),
    )
    .join(Member, Member.id == Feed.member_id)
    .where(Feed.token_hash == bindparam("token_hash"), Feed.revoked_at.is_(None), Member.active)
)  # fmt: skip


def by_hash(token_hash: bytes) -> Address | None:
    """Find the living feed of an address; one statement, the same for every kind of wrong address."""
    row = db.session.execute(_BY_HASH, {"token_hash": token_hash}).one_or_none()
    return None if row is None else Address(*row)


def _in_window(statement: Any) -> Select[Any]:
    return statement.where(
        Booking.member_id == bindparam("member_id"),
        Booking.start > bindparam("earliest"),
        Booking.start < bindparam("last"),
        Booking.end > bindparam("first"),
        or_(Booking.state == "confirmed", Booking.changed_at >= bindparam("cancelled")),
    ).order_by(Booking.start, Booking.id)


def _bounds(member_id: int, window: Window) -> dict[str, Any]:
    return {
        "member_id": member_id, "first": window.first, "last": window.last, "cancelled": window.cancelled,
        "earliest": window.first - LONGEST_BOOKING,
    }  # fmt: skip


_FRAGMENTS = _in_window(
    select(
        Booking.id, Booking.space_id, Member.bookings_revision, BookingEntry.stamp, BookingEntry.written_at,
        BookingEntry.body,
    )
    .join(Member, Member.id == Booking.member_id)
    .outerjoin(
        BookingEntry,
        and_(
            BookingEntry.booking_id == Booking.id,
            BookingEntry.language == bindparam("language"),
            BookingEntry.revision == Booking.revision,
        ),
    )
)  # fmt: skip


def fragments(member_id: int, language: Language, window: Window) -> list[Fragment]:
    """List a member's bookings of a window with their stored entries, by start and id; one statement."""
    bounds = {**_bounds(member_id, window), "language": language}
    return [Fragment(*row) for row in db.session.execute(_FRAGMENTS, bounds)]


_BOOKED = select(
    Booking.id, Booking.uid, Booking.space_id, Booking.start, Booking.end, Booking.title, Booking.state,
    Booking.sequence, Booking.revision, Booking.created_at, Booking.changed_at,
)  # fmt: skip
_BOOKED_IN_WINDOW = _in_window(_BOOKED)


def booked(booking_ids: Collection[int]) -> list[Any]:
    """List what entries need of some bookings, in no order; one statement for each 500."""
    ids = list(booking_ids)
    chunks = [ids[first : first + CHUNK] for first in range(0, len(ids), CHUNK)]
    statements = [_BOOKED.where(Booking.id.in_(chunk)) for chunk in chunks]
    return [row for statement in statements for row in db.session.execute(statement)]


def booked_in(member_id: int, window: Window) -> Sequence[Any]:
    """List what entries need of a member's bookings of a window, by start; one statement."""
    return db.session.execute(_BOOKED_IN_WINDOW, _bounds(member_id, window)).all()


def of_member(member_id: int) -> Sequence[Feed]:
    """List a member's living feeds, oldest first."""
    return db.session.scalars(
        select(Feed).where(Feed.member_id == member_id, Feed.revoked_at.is_(None)).order_by(Feed.id)
    ).all()


def living(member_id: int, feed_id: int) -> Feed | None:
    """Find one living feed of a member, nobody else's."""
    return db.session.scalar(
        select(Feed).where(Feed.id == feed_id, Feed.member_id == member_id, Feed.revoked_at.is_(None))
    )


def count(member_id: int) -> int:
    """Count a member's living feeds."""
    return (
        db.session.scalar(
            select(func.count())
            .select_from(Feed)
            .where(Feed.member_id == member_id, Feed.revoked_at.is_(None))
        )
        or 0
    )


_LANGUAGES = (
    select(Feed.language)
    .where(Feed.member_id == bindparam("member_id"), Feed.revoked_at.is_(None))
    .distinct()
)


def languages(member_id: int) -> Sequence[Language]:
    """List the languages a member's living feeds speak, in order; one statement."""
    found = set(db.session.scalars(_LANGUAGES, {"member_id": member_id}))
    return [language for language in WORDS if language in found]


def soon(member_id: int, now: datetime, cancelled_since: datetime, limit: int = 3) -> Sequence[Booking]:
    """List the next bookings as a feed shows them, fresh cancellations included, soonest first."""
    return db.session.scalars(
        select(Booking)
        .where(
            Booking.member_id == member_id,
            Booking.end > now,
            or_(Booking.state == "confirmed", Booking.changed_at >= cancelled_since),
        )
        .order_by(Booking.start, Booking.id)
        .limit(limit)
    ).all()
