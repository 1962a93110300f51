"""Reads about feeds. The statements of a poll are built once, so that it costs little more than its rows."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import LargeBinary, Select, and_, bindparam, cast, func, literal, or_, select

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
    bookings_revision: int
    house_revision: int


# The two reads of a poll go to the tables on a connection of their own: through the session they cost twice as much.
_feed, _member, _booking, _entry = (
    model.__table__ for model in (Feed, Member, Booking, BookingEntry)
)  # fmt: skip
_HOUSE_REVISION = func.coalesce(select(HouseRow.__table__.c.revision).scalar_subquery(), 0)
_BY_HASH = (
    select(
        _feed.c.id, _feed.c.member_id, _feed.c.name, _feed.c.language, _feed.c.changed_at, _feed.c.last_fetched_at,
        _member.c.bookings_revision, _HOUSE_REVISION,
    )
    .join(_member, _member.c.id == _feed.c.member_id)
    .where(_feed.c.token_hash == bindparam("token_hash"), _feed.c.revoked_at.is_(None), _member.c.active)
)  # fmt: skip


def by_hash(token_hash: bytes) -> Address | None:
    """Find the living feed of an address; one statement, the same for every kind of wrong address."""
    with db.engine.connect() as connection:
        row = connection.execute(_BY_HASH, {"token_hash": token_hash}).one_or_none()
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


_ROWS = _in_window(
    select(
        _booking.c.id.label("booking_id"), _booking.c.start, _entry.c.written_at, _entry.c.body
    ).outerjoin(
        _entry,
        and_(
            _entry.c.booking_id == _booking.c.id,
            _entry.c.language == bindparam("language"),
            _entry.c.revision == _booking.c.revision,
            _entry.c.stamp == bindparam("stamp"),
        ),
    )
)  # fmt: skip
Fragment = tuple[int, bytes | None]


@dataclass(frozen=True, slots=True)
class Joined:
    """The stored entries of a feed in one piece: how many bookings there are, how many have their entry, the bytes.

    `written_at` is that of the youngest entry. The bytes are whole only where `missing` is 0.
    """

    bookings_revision: int
    missing: int
    written_at: int
    body: bytes


@cache
def _joined(dialect: str) -> Select[Any]:
    rows = _ROWS.subquery()
    if dialect == "postgresql":
        joined_up = func.string_agg(rows.c.body, literal(b"", LargeBinary), type_=LargeBinary)
        body: Any = joined_up.aggregate_order_by(rows.c.start, rows.c.booking_id)
    else:
        # SQLite joins text, in the order of the subquery, which it keeps for this very function.
        body = cast(func.group_concat(rows.c.body, ""), LargeBinary)
    revision = select(_member.c.bookings_revision).where(_member.c.id == bindparam("member_id"))
    missing = func.count() - func.count(rows.c.body)
    youngest = func.coalesce(func.max(rows.c.written_at), 0)
    return select(revision.scalar_subquery(), missing, youngest, body).select_from(rows)


def joined(member_id: int, language: Language, stamp: str, window: Window) -> Joined:
    """Read a feed's entries by start and id in one piece; one statement and one row.

    Joined by the database they cost half of what a thousand rows do.
    """
    bounds = {**_bounds(member_id, window), "language": language, "stamp": stamp}
    with db.engine.connect() as connection:
        statement = _joined(connection.dialect.name)
        revision, missing, written_at, body = connection.execute(statement, bounds).one()
    return Joined(revision or 0, missing, written_at, bytes(body or b""))


def fragments(member_id: int, language: Language, stamp: str, window: Window) -> list[Fragment]:
    """List a feed's entries by start and id as (booking id, bytes or None where missing or out of date)."""
    bounds = {**_bounds(member_id, window), "language": language, "stamp": stamp}
    with db.engine.connect() as connection:
        return [(row.booking_id, row.body) for row in connection.execute(_ROWS, bounds)]


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
            select(func.count()).select_from(Feed).where(Feed.member_id == member_id, Feed.revoked_at.is_(None))
        )
        or 0
    )


_LANGUAGES = select(Feed.language).where(Feed.member_id == bindparam("member_id"), Feed.revoked_at.is_(None)).distinct()


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
