"""Reads about feeds. The statements of a poll are built once, so that it costs little more than its rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import String, and_, bindparam, cast, func, or_, select

from innovation_station.bookings.models import Booking
from innovation_station.bookings.rules import GONE
from innovation_station.calendars.models import Feed, FeedContents, FeedMonth
from innovation_station.calendars.packed import Piece
from innovation_station.calendars.rules import WORDS, Window
from innovation_station.db import at_once, connection, db, rows_at_once
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
_feed, _contents, _month, _member, _booking = (
    model.__table__ for model in (Feed, FeedContents, FeedMonth, Member, Booking)
)  # fmt: skip
_HOUSE_REVISION = func.coalesce(select(HouseRow.__table__.c.revision).scalar_subquery(), 0)
_BY_HASH = (
    select(
        _feed.c.id, _feed.c.member_id, _feed.c.name, _feed.c.language, _feed.c.changed_at, _feed.c.last_fetched_at,
        _member.c.bookings_revision, _HOUSE_REVISION,
    )
    .join(_member, _member.c.id == _feed.c.member_id)
    .where(_feed.c.token_hash == bindparam("token_hash"), _feed.c.revoked_at.is_(None), _member.c.state == "active")
)  # fmt: skip
_CONTENTS_COLUMNS = (
    _contents.c.bookings_revision, _contents.c.made_of, _contents.c.written_at,
    _month.c.month, _month.c.local, _month.c.size, _month.c.crc, _month.c.body,
)  # fmt: skip
_OF_CONTENTS = and_(_month.c.member_id == _contents.c.member_id, _month.c.language == _contents.c.language)
_WITH_CONTENTS = (
    _BY_HASH.add_columns(*_CONTENTS_COLUMNS)
    .outerjoin(_contents, and_(_contents.c.member_id == _feed.c.member_id, _contents.c.language == _feed.c.language))
    .outerjoin(_month, _OF_CONTENTS)
    .order_by(_month.c.month)
)
_CONTENTS = (
    select(*_CONTENTS_COLUMNS)
    .outerjoin(_month, _OF_CONTENTS)
    .where(_contents.c.member_id == bindparam("member_id"), _contents.c.language == bindparam("language"))
    .order_by(_month.c.month)
)


@dataclass(frozen=True, slots=True)
class Contents:
    """What is stored of a member in one language; of each month whether it needs the VTIMEZONE, and its bytes."""

    bookings_revision: int
    made_of: str
    written_at: int
    months: dict[str, tuple[bool, Piece]]

    @classmethod
    def of(cls, rows: Sequence[Any]) -> Contents:
        """Read rows of _CONTENTS_COLUMNS; without any, or with empty ones, nothing is stored."""
        if not rows or rows[0][0] is None:
            return cls(-1, "", 0, {})
        months = {month: (local, Piece(size, crc, body)) for _, _, _, month, local, size, crc, body in rows if month}
        revision, made_of, written_at = rows[0][:3]
        return cls(revision, made_of, written_at, months)


def by_hash(token_hash: bytes) -> Address | None:
    """Find the living feed of an address; one statement, the same for every kind of wrong address."""
    row: Any = at_once(_BY_HASH, {"token_hash": token_hash})
    return None if row is None else Address(*row)


def with_contents(token_hash: bytes) -> tuple[Address, Contents] | None:
    """Find the living feed of an address and all that is stored of it; one statement, a row for each month."""
    rows: Sequence[Any] = rows_at_once(_WITH_CONTENTS, {"token_hash": token_hash})
    return (Address(*rows[0][:8]), Contents.of([row[8:] for row in rows])) if rows else None


def contents(member_id: int, language: Language) -> Contents:
    """Read all that is stored of a member in one language, by month; one statement, a row for each month."""
    return Contents.of(rows_at_once(_CONTENTS, {"member_id": member_id, "language": language}))


# Which bookings a feed holds, in one row: a thousand rows of two numbers would cost four times as much. The index on
# bookings for feeds has all of it.
_IN_WINDOW = (
    select(
        (func.substr(cast(_booking.c.start, String), 1, 7) + "/" + cast(_booking.c.id, String) + "."
         + cast(_booking.c.revision, String)).label("token"),
    )
    .where(
        _booking.c.member_id == bindparam("member_id"),
        _booking.c.start > bindparam("earliest"),
        _booking.c.start < bindparam("last"),
        _booking.c.end > bindparam("first"),
        or_(and_(*(_booking.c.state != gone for gone in GONE)), _booking.c.changed_at >= bindparam("cancelled")),
    )
    .order_by(_booking.c.start, _booking.c.id)
    .subquery()
)  # fmt: skip
_PRESENT = (
    select(
        _member.c.bookings_revision,
        _contents.c.bookings_revision,
        _contents.c.made_of,
        _contents.c.written_at,
        select(func.aggregate_strings(_IN_WINDOW.c.token, " ")).scalar_subquery(),
    )
    .outerjoin(
        _contents, and_(_contents.c.member_id == _member.c.id, _contents.c.language == bindparam("language"))
    )
    .where(_member.c.id == bindparam("member_id"))
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Present:
    """The bookings of a member's feed, as "2026-11/17.3" (month, id, revision) by start and id.

    Of the stored contents: which bookings revision they are in step with, what they were made of, and when one of
    them changed last; None, "" and 0 without any.
    """

    bookings_revision: int
    known_revision: int | None
    made_of: str
    written_at: int
    tokens: list[str]


def present(member_id: int, language: Language, window: Window, months: tuple[str, str] | None = None) -> Present:
    """List the bookings that a feed holds, all or those of some months, and see how its contents stand; one statement.

    `months` are the first and the last one.
    """
    earliest, last = window.first - LONGEST_BOOKING, window.last
    if months:
        first_month, last_month = (datetime.strptime(f"{month}-01+0000", "%Y-%m-%d%z") for month in months)
        earliest = max(earliest, first_month - timedelta(microseconds=1))
        last = min(last, (last_month + timedelta(days=31)).replace(day=1))
    bounds = {
        "member_id": member_id, "language": language, "first": window.first, "last": last, "earliest": earliest,
        "cancelled": window.cancelled,
    }  # fmt: skip
    revision, known, made_of, written_at, tokens = db.session.execute(_PRESENT, bounds).one()
    return Present(revision, known, made_of or "", written_at or 0, (tokens or "").split())


_THEIRS = (_month.c.member_id == bindparam("member_id"), _month.c.language == bindparam("language"))
_MADE_OF = select(_month.c.month, _month.c.made_of).where(*_THEIRS)
_MONTHS = select(_month).where(*_THEIRS, _month.c.month.in_(bindparam("months", expanding=True)))


def made_of(member_id: int, language: Language) -> dict[str, str]:
    """Tell what each stored month was made of; one statement."""
    rows = db.session.execute(_MADE_OF, {"member_id": member_id, "language": language})
    return {month: made_of for month, made_of in rows}  # noqa: C416  rows are no pairs to mypy


def months(member_id: int, language: Language, names: Iterable[str]) -> Sequence[Any]:
    """List the rows of some stored months; one statement."""
    wanted = {"member_id": member_id, "language": language, "months": list(names)}
    return db.session.execute(_MONTHS, wanted).all()


_BOOKED = select(
    Booking.id, Booking.uid, Booking.space_id, Booking.start, Booking.end, Booking.title, Booking.state,
    Booking.sequence, Booking.created_at, Booking.changed_at, Booking.released_at,
).where(Booking.id.in_(bindparam("ids", expanding=True)))  # fmt: skip


def booked(booking_ids: Sequence[int]) -> Iterator[Any]:
    """Read what entries need of some bookings, in no order; one statement for each 500."""
    for first in range(0, len(booking_ids), CHUNK):
        yield from db.session.execute(_BOOKED, {"ids": booking_ids[first : first + CHUNK]})


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


_LANGUAGES = (
    select(_feed.c.language).where(_feed.c.member_id == bindparam("member_id"), _feed.c.revoked_at.is_(None)).distinct()
)  # fmt: skip


def languages(member_id: int) -> Sequence[Language]:
    """List the languages a member's living feeds speak, in order; one statement."""
    found = set(connection().execute(_LANGUAGES, {"member_id": member_id}).scalars())
    return [language for language in WORDS if language in found]


def soon(member_id: int, now: datetime, cancelled_since: datetime, limit: int = 3) -> Sequence[Booking]:
    """List the next bookings as a feed shows them, fresh cancellations included, soonest first."""
    return db.session.scalars(
        select(Booking)
        .where(
            Booking.member_id == member_id,
            Booking.end > now,
            or_(Booking.state.not_in(GONE), Booking.changed_at >= cancelled_since),
        )
        .order_by(Booking.start, Booking.id)
        .limit(limit)
    ).all()
