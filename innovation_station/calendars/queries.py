"""Reads about feeds. The statements of a poll are built once, so that it costs little more than its rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import String, and_, bindparam, case, cast, func, or_, select

from innovation_station.bookings.models import Booking
from innovation_station.bookings.rules import GONE
from innovation_station.calendars.models import Feed, FeedContents, FeedPart
from innovation_station.calendars.rules import EVENTS, OWN, Coverage, Edition, Level, Window
from innovation_station.db import at_once, connection, db, rows_at_once
from innovation_station.members.models import Member
from innovation_station.organisations.models import Grant
from innovation_station.packed import Piece
from innovation_station.registration.queries import goes_to_events
from innovation_station.spaces.models import HouseRow, Space
from innovation_station.spaces.rules import Language

LONGEST_BOOKING = timedelta(days=31)
"""No policy allows more: the lower bound on start that lets the index bound the past."""

NEVER = datetime(9999, 1, 1, tzinfo=UTC)
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
CHUNK = 500


@dataclass(frozen=True, slots=True)
class Address:
    """A living feed as its address finds it, with the revisions that its content hangs on and whose it is.

    Only a feed of other things than the own bookings knows of `spaces` ("id.revision" of each), of `grants` ("space.3")
    and, of an organisation's, which `stored` entries it has. What it is joined of is its `coverage`, once it is known
    that its member may have it; see `scopes`.
    """

    feed_id: int
    member_id: int
    name: str
    language: Language
    level: Level
    remind: int
    scope: str
    subject_id: int | None
    query: str
    changed_at: datetime
    last_fetched_at: datetime | None
    usual_interval: int | None
    last_etag: str
    bookings_revision: int
    house_revision: int
    role: str = "member"
    spaces: str | None = None
    grants: str | None = None
    stored: str | None = None
    coverage: Coverage | None = None

    @property
    def edition(self) -> Edition:
        """Give how its entries are written."""
        return Edition(self.language, self.level, self.remind)

    @property
    def is_public(self) -> bool:
        """Tell whether it is nobody's: the address is no secret."""
        return self.feed_id == 0

    @property
    def revisions(self) -> dict[int, int]:
        """Give the revision of each space."""
        pairs = (pair.split(".") for pair in (self.spaces or "").split())
        return {int(space_id): int(revision) for space_id, revision in pairs}


# The two reads of a poll go to the tables on a connection of their own: through the session they cost twice as much.
_feed, _contents, _part, _member, _booking, _space, _grant = (
    model.__table__ for model in (Feed, FeedContents, FeedPart, Member, Booking, Space, Grant)
)  # fmt: skip
_HOUSE_REVISION = func.coalesce(select(HouseRow.__table__.c.revision).scalar_subquery(), 0)
_SPACES = select(
    func.aggregate_strings(cast(_space.c.id, String) + "." + cast(_space.c.revision, String), " ")
).scalar_subquery()
_GRANTS = (
    select(func.aggregate_strings(_grant.c.kind + "." + cast(_grant.c.subject_id, String), " "))
    .where(_grant.c.member_id == _feed.c.member_id)
    .scalar_subquery()
)
_kept = _contents.alias("kept")
_STORED = (
    select(cast(_kept.c.revision, String) + "." + _kept.c.name)
    .where(
        _kept.c.organisation_id == _feed.c.subject_id, _kept.c.language == _feed.c.language,
        _kept.c.level == _feed.c.level,
    )
    .correlate(_feed)
    .scalar_subquery()
)  # fmt: skip
_other = _feed.c.scope != OWN
_BY_HASH = (
    select(
        _feed.c.id, _feed.c.member_id, _feed.c.name, _feed.c.language, _feed.c.level, _feed.c.remind, _feed.c.scope,
        _feed.c.subject_id, _feed.c.query, _feed.c.changed_at, _feed.c.last_fetched_at, _feed.c.usual_interval,
        _feed.c.last_etag, _member.c.bookings_revision, _HOUSE_REVISION, _member.c.role,
        case((_other, _SPACES)), case((_other, _GRANTS)), case((_feed.c.scope == "organisation", _STORED)),
    )
    .join(_member, _member.c.id == _feed.c.member_id)
    .where(_feed.c.token_hash == bindparam("token_hash"), _feed.c.revoked_at.is_(None), _member.c.state == "active")
)  # fmt: skip
_WIDTH = 19
_CONTENTS_COLUMNS = (
    _contents.c.revision, _contents.c.made_of, _contents.c.written_at,
    _part.c.part, _part.c.local, _part.c.entries, _part.c.size, _part.c.crc, _part.c.body,
    goes_to_events(_contents.c.member_id),
)  # fmt: skip
_OF_CONTENTS = _part.c.contents_id == _contents.c.id
_WITH_CONTENTS = (
    _BY_HASH.add_columns(*_CONTENTS_COLUMNS)
    .outerjoin(
        _contents,
        and_(
            _contents.c.member_id == _feed.c.member_id, _contents.c.language == _feed.c.language,
            _contents.c.level == _feed.c.level, _contents.c.remind == _feed.c.remind, _feed.c.scope == OWN,
        ),
    )
    .outerjoin(_part, _OF_CONTENTS)
    .order_by(_part.c.part)
)  # fmt: skip
_MINE = (
    _contents.c.member_id == bindparam("member_id"), _contents.c.language == bindparam("language"),
    _contents.c.level == bindparam("level"), _contents.c.remind == bindparam("remind"),
)  # fmt: skip
_CONTENTS = select(*_CONTENTS_COLUMNS).outerjoin(_part, _OF_CONTENTS).where(*_MINE).order_by(_part.c.part)


def _theirs(member_id: int, edition: Edition) -> dict[str, Any]:
    return {
        "member_id": member_id, "language": edition.language, "level": edition.level, "remind": edition.remind,
    }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Contents:
    """What is stored of a member in one edition; of each month whether it needs the VTIMEZONE, how many entries it has,
    and its bytes. `goes` tells whether the member goes to any event, which is not stored; None where nobody has asked.
    """

    revision: int
    made_of: str
    written_at: int
    months: dict[str, tuple[bool, int, Piece]]
    goes: bool | None = None

    @classmethod
    def of(cls, rows: Sequence[Any]) -> Contents:
        """Read rows of _CONTENTS_COLUMNS; without any, or with empty ones, nothing is stored."""
        if not rows or rows[0][0] is None:
            return cls(-1, "", 0, {})
        months = {
            month: (local, count, Piece(size, crc, body))
            for _, _, _, month, local, count, size, crc, body, _ in rows if month
        }  # fmt: skip
        revision, made_of, written_at = rows[0][:3]
        return cls(revision, made_of, written_at, months, bool(rows[0][-1]))


def by_hash(token_hash: bytes) -> Address | None:
    """Find the living feed of an address; one statement, the same for every kind of wrong address."""
    row: Any = at_once(_BY_HASH, {"token_hash": token_hash})
    return None if row is None else Address(*row)


def with_contents(token_hash: bytes) -> tuple[Address, Contents] | None:
    """Find the living feed of an address and, of the own bookings, all that is stored; one statement, a row a month."""
    rows: Sequence[Any] = rows_at_once(_WITH_CONTENTS, {"token_hash": token_hash})
    return (Address(*rows[0][:_WIDTH]), Contents.of([row[_WIDTH:] for row in rows])) if rows else None


_PUBLIC = select(_HOUSE_REVISION, _SPACES)


def public(space_id: int, language: Language) -> Address:
    """Give the feed of a space that has no address of its own: when it is taken, for everybody. One statement."""
    row: Any = at_once(_PUBLIC, {})
    return Address(
        0, 0, "", language, "busy", 0, "space", space_id, "", LONG_AGO, None, None, "", 0, row[0], spaces=row[1]
    )


def public_events(query: str, language: Language, name: str = "") -> Address:
    """Give the feed of the events that everybody may see, by their filters. One statement."""
    revision: Any = at_once(select(_HOUSE_REVISION), {})
    return Address(
        0, 0, name, language, "full", 0, EVENTS, None, query, LONG_AGO, None, None, "", 0, revision[0]
    )  # fmt: skip


def contents(member_id: int, edition: Edition) -> Contents:
    """Read all that is stored of a member in one edition, by month; one statement, a row for each month."""
    return Contents.of(rows_at_once(_CONTENTS, _theirs(member_id, edition)))


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
        _contents.c.id,
        _contents.c.revision,
        _contents.c.made_of,
        _contents.c.written_at,
        select(func.aggregate_strings(_IN_WINDOW.c.token, " ")).scalar_subquery(),
    )
    .outerjoin(_contents, and_(*_MINE))
    .where(_member.c.id == bindparam("member_id"))
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Present:
    """The bookings of a member's feed, as "2026-11/17.3" (month, id, revision) by start and id.

    Of the stored contents: their id, which bookings revision they are in step with, what they were made of, and when
    one of them changed last; None, None, "" and 0 without any.
    """

    bookings_revision: int
    contents_id: int | None
    known_revision: int | None
    made_of: str
    written_at: int
    tokens: list[str]


def present(member_id: int, edition: Edition, window: Window, months: tuple[str, str] | None = None) -> Present:
    """List the bookings that a feed holds, all or those of some months, and see how its contents stand; one statement.

    `months` are the first and the last one.
    """
    earliest, last = window.first - LONGEST_BOOKING, window.last
    if months:
        first_month, last_month = (datetime.strptime(f"{month}-01+0000", "%Y-%m-%d%z") for month in months)
        earliest = max(earliest, first_month - timedelta(microseconds=1))
        last = min(last, (last_month + timedelta(days=31)).replace(day=1))
    bounds = _theirs(member_id, edition) | {
        "first": window.first, "last": last, "earliest": earliest,
        "cancelled": NEVER if edition.level == "busy" else window.cancelled,
    }  # fmt: skip
    revision, known, known_revision, made_of, written_at, tokens = db.session.execute(_PRESENT, bounds).one()
    return Present(revision, known, known_revision, made_of or "", written_at or 0, (tokens or "").split())


_MADE_OF = select(_part.c.part, _part.c.made_of).join(_contents, _OF_CONTENTS).where(*_MINE)
_MONTHS = (
    select(_part)
    .join(_contents, _OF_CONTENTS)
    .where(*_MINE, _part.c.part.in_(bindparam("months", expanding=True)))
)  # fmt: skip


def made_of(member_id: int, edition: Edition) -> dict[str, str]:
    """Tell what each stored month was made of; one statement."""
    rows = db.session.execute(_MADE_OF, _theirs(member_id, edition))
    return {month: made_of for month, made_of in rows}  # noqa: C416  rows are no pairs to mypy


def months(member_id: int, edition: Edition, names: Iterable[str]) -> Sequence[Any]:
    """List the rows of some stored months; one statement."""
    return db.session.execute(_MONTHS, _theirs(member_id, edition) | {"months": list(names)}).all()


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


_EDITIONS = (
    select(_feed.c.language, _feed.c.level, _feed.c.remind)
    .where(_feed.c.member_id == bindparam("member_id"), _feed.c.revoked_at.is_(None), _feed.c.scope == OWN)
    .distinct()
)


def editions(member_id: int) -> Sequence[Edition]:
    """List how a member's living feeds of the own bookings are written; one statement."""
    found = [Edition(*row) for row in connection().execute(_EDITIONS, {"member_id": member_id})]
    return sorted(found, key=lambda edition: (edition.language, edition.level, edition.remind))


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
