"""Reads about what is stored of places and organisations. Each is one statement, however many of them there are."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import lru_cache
from typing import Any, Literal

from sqlalchemy import (
    ColumnElement,
    Select,
    String,
    and_,
    bindparam,
    case,
    cast,
    exists,
    func,
    literal,
    or_,
    select,
    union_all,
)

from innovation_station.announcements.models import Announcement
from innovation_station.bookings.models import Allocation, Booking, Claim, SpaceBusy
from innovation_station.bookings.rules import GONE
from innovation_station.calendars.models import FeedContents, FeedPart
from innovation_station.calendars.rules import (
    AHEAD_MOST,
    BACK_MOST,
    OVERRUN,
    Coverage,
    Edition,
    Today,
    Weeks,
    monday,
    part_of,
    weeks,
)  # fmt: skip
from innovation_station.db import UtcDateTime, at_once, connection, rows_at_once
from innovation_station.events.models import Room, Session
from innovation_station.members.models import Member
from innovation_station.packed import Piece
from innovation_station.spaces.models import Closure, Space
from innovation_station.spaces.rules import House

BUFFERED = timedelta(days=1)  # no booking keeps its place free for longer before it begins
BESIDE_MOST = 3_000  # entries of one feed that are no bookings, the first ones
_contents, _part, _allocation, _booking, _member, _space, _closure, _claim, _busy, _session, _room, _told = (
    model.__table__
    for model in (
        FeedContents, FeedPart, Allocation, Booking, Member, Space, Closure, Claim, SpaceBusy, Session, Room,
        Announcement,
    )
)  # fmt: skip
_sibling = _allocation.alias("sibling")
_HOLDERS = {"space": _contents.c.space_id, "organisation": _contents.c.organisation_id}


@dataclass(frozen=True, slots=True)
class Stored:
    """A stored part: what it was made of, and its bytes."""

    made_of: str
    local: bool
    entries: int
    piece: Piece


@dataclass(frozen=True, slots=True)
class Shelf:
    """What is stored of one holder, and of that the parts that were asked for, by week."""

    id: int
    revision: int
    made_of: str
    name: str
    first: str
    last: str
    written_at: int
    parts: dict[str, Stored] = field(default_factory=dict)


@lru_cache(maxsize=4)
def _reading(kind: str) -> Select[Any]:
    holder = _HOLDERS[kind]
    within = or_(
        _part.c.part.between(bindparam("first"), bindparam("last")),
        _part.c.part.in_(bindparam("running", expanding=True)),
    )
    return (
        select(
            holder, _contents.c.id, _contents.c.revision, _contents.c.made_of, _contents.c.name, _contents.c.first,
            _contents.c.last, _contents.c.written_at, _part.c.part, _part.c.made_of, _part.c.local, _part.c.entries,
            _part.c.size, _part.c.crc, _part.c.body,
        )
        .outerjoin(_part, and_(_part.c.contents_id == _contents.c.id, within))
        .where(
            holder.in_(bindparam("ids", expanding=True)), _contents.c.language == bindparam("language"),
            _contents.c.level == bindparam("level"),
        )
        .order_by(_part.c.part, holder)
    )  # fmt: skip


def shelves(coverage: Coverage, edition: Edition, covered: Weeks) -> dict[int, Shelf]:
    """Read what is stored of the holders of a feed within its weeks, by holder."""
    given = _of(coverage.ids, edition) | {
        "first": str(covered.first), "last": str(covered.until), "running": covered.running,
    }  # fmt: skip
    found: dict[int, Shelf] = {}
    row: Any
    for row in rows_at_once(_reading(coverage.kind), given):
        holder, contents_id, revision, made_of, name, first, last, written_at, part, *stored = row
        shelf = found.get(holder)
        if shelf is None:
            shelf = found[holder] = Shelf(contents_id, revision, made_of, name, first, last, written_at)
        if part is not None:
            of, local, entries, size, crc, body = stored
            shelf.parts[part] = Stored(of, local, entries, Piece(size, crc, body))
    return found


def _of(ids: Iterable[int], edition: Edition) -> dict[str, Any]:
    return {"ids": list(ids), "language": edition.language, "level": edition.level}


@dataclass(frozen=True, slots=True)
class Known:
    """Which parts are stored of one holder, wherever they lie, and what each was made of."""

    id: int
    revision: int
    first: str
    last: str
    parts: dict[str, str] = field(default_factory=dict)


@lru_cache(maxsize=4)
def _knowing(kind: str) -> Select[Any]:
    holder = _HOLDERS[kind]
    return (
        select(
            holder, _contents.c.id, _contents.c.revision, _contents.c.first, _contents.c.last, _part.c.part,
            _part.c.made_of,
        )
        .outerjoin(_part, _part.c.contents_id == _contents.c.id)
        .where(
            holder.in_(bindparam("ids", expanding=True)), _contents.c.language == bindparam("language"),
            _contents.c.level == bindparam("level"),
        )
    )  # fmt: skip


def known(kind: str, ids: Collection[int], edition: Edition) -> dict[int, Known]:
    """Tell what is stored of some holders, by holder."""
    found: dict[int, Known] = {}
    for holder, contents_id, revision, first, last, part, made_of in connection().execute(
        _knowing(kind), _of(ids, edition)
    ):
        one = found.setdefault(holder, Known(contents_id, revision, first, last))
        if part is not None:
            one.parts[part] = made_of
    return found


_REVISIONS = select(_space.c.id, _space.c.revision)


def revisions() -> dict[int, int]:
    """Give the revision of each space as it is within this transaction."""
    return {space_id: revision for space_id, revision in connection().execute(_REVISIONS)}  # noqa: C416  rows, no pairs


_ENTRY = (
    _booking.c.id, _booking.c.uid, _booking.c.space_id, _booking.c.start, _booking.c.end, _booking.c.title,
    _booking.c.public, _booking.c.state, _booking.c.sequence, _booking.c.revision, _booking.c.created_at,
    _booking.c.changed_at, _booking.c.released_at, _member.c.name.label("member"),
)  # fmt: skip
_WITHIN = (
    _booking.c.start >= bindparam("first", type_=UtcDateTime),
    _booking.c.start < bindparam("last", type_=UtcDateTime),
)
_TAKING = (
    select(_booking.c.space_id.label("holder"), *_ENTRY)
    .join(_booking, _booking.c.id == _allocation.c.booking_id)
    .join(_member, _member.c.id == _booking.c.member_id)
    .where(
        _allocation.c.space_id.in_(bindparam("leaves", expanding=True)),
        _allocation.c.start >= bindparam("earliest", type_=UtcDateTime),
        _allocation.c.start < bindparam("last", type_=UtcDateTime),
        _booking.c.space_id.in_(bindparam("ids", expanding=True)),
        *_WITHIN,
    )
    .distinct()
    .order_by(_booking.c.start, _booking.c.id)
)
_TAKEN_BY = (
    select(_booking.c.organisation_id.label("holder"), *_ENTRY)
    .join(_member, _member.c.id == _booking.c.member_id)
    .where(
        _booking.c.organisation_id.in_(bindparam("ids", expanding=True)), _booking.c.state.not_in(GONE), *_WITHIN,
    )
    .order_by(_booking.c.start, _booking.c.id)
)  # fmt: skip


_MET = bindparam("last", type_=UtcDateTime), bindparam("first", type_=UtcDateTime)
# The places are named once: a house has hundreds, and each list of them costs its client and the server.
_here = select(_space.c.id).where(_space.c.id.in_(bindparam("ids", expanding=True))).cte("here")
_HERE = select(_here.c.id)
_nothing = literal("")
_SHUT = select(
    literal("closure").label("sort"), cast(_closure.c.id, String).label("key"), _closure.c.space_id,
    _closure.c.start, _closure.c.end, _closure.c.reason_sv.label("said_sv"), _closure.c.reason_en.label("said_en"),
    _closure.c.sequence, _closure.c.created_at,
    _closure.c.changed_at,
).where(
    _closure.c.start < _MET[0], _closure.c.end > _MET[1],
    or_(_closure.c.space_id.is_(None), _closure.c.space_id.in_(_HERE)),
)  # fmt: skip


def _of_events(table: Any, sort: str, key: ColumnElement[str], sequence: ColumnElement[int]) -> Select[Any]:
    return (
        select(
            literal(sort), key, table.c.space_id, table.c.start, table.c.end, _claim.c.title_sv, _claim.c.title_en,
            sequence, _claim.c.created_at, _claim.c.changed_at,
        )
        .join(_claim, and_(_claim.c.kind == "event", _claim.c.subject_id == table.c.event_id))
        .where(table.c.start < _MET[0], table.c.end > _MET[1], table.c.space_id.in_(_HERE))
    )  # fmt: skip


_ELSEWHERE = (
    select(
        literal("busy"), cast(_busy.c.id, String), _busy.c.space_id, _busy.c.start, _busy.c.end, _nothing, _nothing,
        _busy.c.sequence, _busy.c.changed_at, _busy.c.changed_at,
    )
    .where(_busy.c.start < _MET[0], _busy.c.end > _MET[1], _busy.c.space_id.in_(_HERE))
)  # fmt: skip
_concerned = select(_space.c.id).where(
    _space.c.id.in_(_HERE),
    or_(_told.c.space_id == _space.c.id, _told.c.zone_id == _space.c.zone_id, _told.c.floor_id == _space.c.floor_id),
)
_ANNOUNCED = (
    select(
        case((_told.c.withdrawn_at.is_(None), "announcement"), else_="withdrawn"), _told.c.uid, _told.c.space_id,
        _told.c.start, _told.c.end, _told.c.text_sv, _told.c.text_en, _told.c.sequence, _told.c.created_at,
        _told.c.changed_at,
    )
    .where(
        _told.c.in_feeds.is_(True), _told.c.start < _MET[0], _told.c.end > _MET[1],
        or_(
            exists(_concerned.correlate(_told)),
            and_(_told.c.space_id.is_(None), _told.c.zone_id.is_(None), _told.c.floor_id.is_(None)),
        ),
    )
)  # fmt: skip
_BESIDE = union_all(
    _SHUT,
    _of_events(_session, "session", _session.c.uid, _session.c.sequence),
    _of_events(_room, "room", cast(_room.c.id, String), _claim.c.revision),
    _ELSEWHERE,
    _ANNOUNCED,
).order_by("start", "sort", "key").limit(BESIDE_MOST)  # fmt: skip


def beside(coverage: Coverage, covered: Weeks) -> Sequence[Any]:
    """List what takes the places of a feed and is no booking: closures, also of all, what events have of them, and what
    other calendars have; and what the house announces of them. By start, one statement. Nobody books for an
    organisation then."""
    if coverage.kind != "space":
        return ()
    first, last = covered.span
    return rows_at_once(_BESIDE, {"first": first, "last": last, "ids": list(coverage.ids)})


def taking(kind: str, ids: Collection[int], house: House, covered: Weeks) -> dict[int, dict[str, list[Any]]]:
    """List what takes the time of some holders, by holder and week: of a space what itself was booked for.

    Bookings that were given back take none. What began before and runs on into the first week is there too.
    """
    first, last = covered.span
    first -= timedelta(weeks=OVERRUN)
    given: dict[str, Any] = {"ids": sorted(ids), "first": first, "last": last}
    if kind == "space":
        leaves = {leaf for space_id in ids for leaf in (space_id, *house.places[space_id].takes)}
        given |= {"leaves": sorted(leaves), "earliest": first - BUFFERED}
    found: dict[int, dict[str, list[Any]]] = {}
    for row in connection().execute(_TAKING if kind == "space" else _TAKEN_BY, given):
        part = part_of(row.start, row.end)
        if covered.hold(part):
            found.setdefault(row.holder, {}).setdefault(part, []).append(row)
    return found


@lru_cache(maxsize=8)
def _bounding(kind: str, among: Literal["", "few", "many"]) -> Select[Any]:
    """Build the question when the first bookings begin that are too many, in the past and ahead.

    Few spaces are looked up one by one. Of many that would sort all that they are taken by; the index on start has it
    in order, and the sum keeps the database from choosing the other one. Of the rows that a booking takes its time by,
    days and parts of a whole, one counts.
    """
    table = _allocation if kind == "space" else _booking
    which: list[ColumnElement[bool]] = []
    if kind == "space":
        least = select(func.min(_sibling.c.id)).where(_sibling.c.booking_id == _allocation.c.booking_id)
        if among:
            holder = _allocation.c.space_id + 0 if among == "many" else _allocation.c.space_id
            which += [
                holder.in_(bindparam("leaves", expanding=True)), _booking.c.id == _allocation.c.booking_id,
                _booking.c.space_id.in_(bindparam("ids", expanding=True)),
            ]  # fmt: skip
        which += [_allocation.c.booking_id.is_not(None), _allocation.c.id == least.scalar_subquery()]
    else:
        which += [_booking.c.organisation_id.in_(bindparam("ids", expanding=True)), _booking.c.state.not_in(GONE)]
    now = bindparam("now", type_=UtcDateTime)
    ends = (bindparam(name, type_=UtcDateTime) for name in ("first", "last"))
    first, last = ends
    past = select(table.c.start).where(*which, table.c.start < now, table.c.start >= first)
    ahead = select(table.c.start).where(*which, table.c.start >= now, table.c.start < last)
    return select(
        past.order_by(table.c.start.desc()).limit(1).offset(BACK_MOST).scalar_subquery(),
        ahead.order_by(table.c.start).limit(1).offset(AHEAD_MOST).scalar_subquery(),
    )


def weeks_of(coverage: Coverage, house: House, today: Today) -> Weeks:
    """Give the weeks that a feed has room for; one statement, which looks at no more bookings than go into a feed."""
    widest, now = today.weeks, today.now
    first, last = widest.span
    share = len(coverage.ids) / max(1, len(house.places))
    among: Literal["", "few", "many"] = "few" if coverage.kind != "space" or share < 1 / 3 else "many"
    among = "" if coverage.kind == "space" and share == 1 else among
    given: dict[str, Any] = {"first": first, "last": last, "now": Weeks(monday(now.date()), widest.last).span[0]}
    if among:
        given["ids"] = list(coverage.ids)
    if among and coverage.kind == "space":
        given["leaves"] = sorted({leaf for space_id in coverage.ids for leaf in house.places[space_id].takes})
    row: Any = at_once(_bounding(coverage.kind, among), given)
    return weeks(now, today.past_months, row[0], row[1])
