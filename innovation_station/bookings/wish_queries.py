"""Reads that a wish is decided by: what stands in its way, and what the same submit has made before."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import Select, bindparam, exists, func, or_, select, union_all

from innovation_station.bookings.models import (
    LONGEST_ALLOCATION,
    LONGEST_BOOKING,
    Allocation,
    Booking,
    BookingHistory,
    Claim,
    SpaceHold,
)
from innovation_station.bookings.rules import HOLDING, Held, Wish
from innovation_station.db import UtcDateTime, at_once, connection, db, rows_at_once
from innovation_station.members.models import Member
from innovation_station.spaces.models import Space
from innovation_station.spaces.queries import HOUSE_REVISION, SPACES_REVISION
from innovation_station.spaces.rules import House, Place
from innovation_station.timespan import Span

# Of tables, and built once: through the session they cost four times as much. The lower bounds on start let an index
# bound the past.
_allocation, _booking, _hold, _member, _space, _claim = (
    model.__table__.c for model in (Allocation, Booking, SpaceHold, Member, Space, Claim)
)
_MEETS = (
    _allocation.start > bindparam("bound"),
    _allocation.start < bindparam("last"),
    _allocation.end > bindparam("first"),
)
_OWN_MEETS = (
    _booking.member_id == bindparam("member"),
    or_(_booking.state == "confirmed", _booking.state == "requested"),
    _booking.start > bindparam("earliest"),
    _booking.start < bindparam("last"),
    _booking.end > bindparam("first"),
)
_OTHERS = or_(_allocation.booking_id.is_(None), _allocation.booking_id != bindparam("without"))
_HELD_BASE = (
    select(
        _allocation.space_id, _allocation.start, _allocation.end, _allocation.booking_id,
        func.coalesce(_booking.member_id, _hold.member_id), _allocation.hold_id, _allocation.busy_id,
        _claim.title_sv, _claim.title_en,
    )
    .outerjoin_from(Allocation.__table__, Booking.__table__, _booking.id == _allocation.booking_id)
    .outerjoin(SpaceHold.__table__, _hold.id == _allocation.hold_id)
    .outerjoin(Claim.__table__, _claim.id == _allocation.claim_id)
)  # fmt: skip
_HELD = _HELD_BASE.where(_allocation.space_id.in_(bindparam("spaces", expanding=True)), *_MEETS, _OTHERS).order_by(
    _allocation.start
)
_HELD_BY = (
    select(_booking.space_id, _booking.start, _booking.end, _booking.id, _space.name, _space.kind)
    .join_from(Booking.__table__, Space.__table__, _space.id == _booking.space_id)
    .where(*_OWN_MEETS, _booking.id != bindparam("without"))
    .order_by(_booking.start)
)
_NEAR = union_all(
    _HELD_BASE.where(_allocation.space_id.in_(bindparam("spaces", expanding=True)), *_MEETS, _OTHERS),
    _HELD_BASE.join(Space.__table__, _space.id == _allocation.space_id).where(
        or_(_space.kind == bindparam("kind"), _space.id.in_(bindparam("parts", expanding=True))),
        _space.id.not_in(bindparam("spaces", expanding=True)),
        _allocation.start > bindparam("wish_bound", type_=UtcDateTime),
        _allocation.start < bindparam("wish_end", type_=UtcDateTime),
        _allocation.end > bindparam("wish_start", type_=UtcDateTime),
        _OTHERS,
    ),
)


@lru_cache(maxsize=32)
def _standing(spaces: int, *, before: bool) -> Select[Any]:
    taking = or_(*(_allocation.space_id == bindparam(f"space{index}") for index in range(spaces)))
    return select(
        HOUSE_REVISION,
        select(_booking.id)
        .where(_booking.member_id == bindparam("member"), _booking.request_key == bindparam("key"))
        .scalar_subquery(),
        exists().where(taking, *_MEETS),
        exists().where(*_OWN_MEETS),
        select(_member.access_revision).where(_member.id == bindparam("member")).scalar_subquery(),
        select(_member.organisation_id).where(_member.id == bindparam("member")).scalar_subquery(),
        *([SPACES_REVISION] if before else []),
    )


_SAME_REQUEST = select(Booking).where(
    Booking.member_id == bindparam("member"), Booking.request_key == bindparam("key")
)  # fmt: skip
_SAME_SPAN = select(Booking).where(
    Booking.member_id == bindparam("member"), Booking.space_id == bindparam("space"), Booking.state.in_(HOLDING),
    Booking.start == bindparam("start"), Booking.end == bindparam("end"),
)  # fmt: skip
_CHANGED_AT = select(_booking.changed_at).where(_booking.id == bindparam("booking"))


def _bounds(span: Span) -> dict[str, object]:
    return {
        "first": span.start, "last": span.end, "bound": span.start - LONGEST_ALLOCATION,
        "earliest": span.start - LONGEST_BOOKING,
    }  # fmt: skip


class Standing(NamedTuple):
    """What a wish meets: the house's revision, what the same submit made before, and whether anything is in the way.

    `held` tells of what the wished space takes, `own` of the member's bookings anywhere; `access` is the revision of
    what the member may book, `organisation` whose member it is. Where it was looked outside of any transaction,
    `spaces` is the revision of all spaces together, which names all that takes those of the `house`.
    """

    house_revision: int
    same_request: int | None
    held: bool
    own: bool
    access: int
    organisation: int | None
    spaces: int | None = None
    house: House | None = None


def standing(
    member_id: int, wish: Wish, request_key: str | None, *, before: House | None = None
) -> Standing:  # fmt: skip
    """Look what a wish meets; one statement, and mostly the last that is needed to grant it.

    With a house, as it is known, outside of any transaction, `before` there is a lock.
    """
    values = {**_bounds(wish.padded), "member": member_id, "key": request_key}
    values |= {f"space{index}": space_id for index, space_id in enumerate(wish.place.takes)}
    statement = _standing(len(wish.place.takes), before=before is not None)
    if before is None:
        return Standing(*connection().execute(statement, values).one())
    return Standing(*(at_once(statement, values) or ()))._replace(house=before)


def held(span: Span, space_ids: Collection[int], *, without: int | None = None) -> list[Held]:
    """List what takes some spaces within a span, ordered by start; `without` leaves one booking out."""
    values = {**_bounds(span), "spaces": list(space_ids), "without": without or 0}
    return [_held(*row) for row in connection().execute(_HELD, values)]


@lru_cache(maxsize=32)
def _held_at(_house: House, _stamp: tuple[int, int], span: Span, space_ids: frozenset[int]) -> Sequence[Held]:
    # not in a read that is open: it may show what was before the stamp
    rows: Sequence[Any] = rows_at_once(_HELD, {**_bounds(span), "spaces": sorted(space_ids), "without": 0})
    return [_held(*row) for row in rows]


def met(found: Standing | None, span: Span, space_ids: frozenset[int], *, without: int | None = None) -> Sequence[Held]:
    """List as `held` what a wish meets that stands as `found`; no statement where nothing does, or where somebody else
    was refused the same a moment ago."""
    if found is not None and not found.held:
        return ()
    if found is None or found.spaces is None or found.house is None or without is not None:
        return held(span, space_ids, without=without)
    return _held_at(found.house, (found.house_revision, found.spaces), span, space_ids)


def _held(
    space: int, start: datetime, end: datetime, booking: int | None, member: int | None, hold: int | None,
    busy: int | None, title_sv: str | None, title_en: str | None,
) -> Held:  # fmt: skip
    claim = None if title_sv is None or title_en is None else (title_sv, title_en)
    return Held(space, Span(start, end), booking, member, hold_id=hold, busy_id=busy, claim=claim)


def near(place: Place, alike: Iterable[Place], around: Span, span: Span, *, without: int | None = None) -> list[Held]:
    """List what takes a space within `around`, and those `alike`, all of its kind, within `span`; one statement."""
    values = {
        **_bounds(around), "spaces": sorted(place.takes), "kind": place.kind, "wish_start": span.start,
        "wish_end": span.end, "wish_bound": span.start - LONGEST_ALLOCATION, "without": without or 0,
        "parts": sorted({part for other in alike if len(other.takes) > 1 for part in other.takes}),
    }  # fmt: skip
    return [_held(*row) for row in connection().execute(_NEAR, values)]


def held_by(member_id: int, span: Span, *, without: int | None = None) -> list[tuple[Held, str]]:
    """List a member's own confirmed bookings that meet a span, each with its space's name and kind."""
    values = {**_bounds(span), "member": member_id, "without": without or 0}
    return [
        (Held(space, Span(start, end), booking, member_id, name), kind)
        for space, start, end, booking, name, kind in connection().execute(_HELD_BY, values)
    ]


def changed_at(booking_id: int) -> datetime | None:
    """Tell when a booking was made, or last changed."""
    return connection().execute(_CHANGED_AT, {"booking": booking_id}).scalar()


def same_request(member_id: int, request_key: str) -> Booking | None:
    """Find what an earlier copy of this submit made, whatever has become of it."""
    return db.session.scalar(_SAME_REQUEST, {"member": member_id, "key": request_key})


def same_span(member_id: int, space_id: int, span: Span) -> Booking | None:
    """Find the member's confirmed booking of exactly this span."""
    given = {"member": member_id, "space": space_id, "start": span.start, "end": span.end}
    return db.session.scalar(_SAME_SPAN, given)


def holds_since(wish: Wish, instant: datetime) -> list[int]:
    """List the ids of holds in the way of a wish that were made at an instant or later."""
    held_in_the_way = {one.hold_id for one in held(wish.padded, wish.place.takes) if one.hold_id is not None}
    if not held_in_the_way:
        return []
    made = select(SpaceHold.id).where(SpaceHold.id.in_(sorted(held_in_the_way)), SpaceHold.created_at >= instant)
    return list(db.session.scalars(made))


def moved_from(booking: Booking) -> tuple[int, Span] | None:
    """Give space and span that a booking had before its last change, where that was a move."""
    last = select(BookingHistory.action, BookingHistory.before).where(BookingHistory.booking_id == booking.id)
    row = db.session.execute(last.order_by(BookingHistory.id.desc()).limit(1)).one_or_none()
    if row is None or row.action != "moved" or not row.before:
        return None
    start, end = (row.before.get(name) for name in ("start", "end"))
    span = Span(
        datetime.fromisoformat(start) if start else booking.start, datetime.fromisoformat(end) if end else booking.end
    )
    return row.before.get("space", booking.space_id), span


def cancelled_by(booking_id: int) -> int | None:
    """Give who has cancelled a booking last, None where that is not known."""
    last = select(BookingHistory.actor_id).where(
        BookingHistory.booking_id == booking_id, BookingHistory.action == "cancelled"
    )
    return db.session.scalar(last.order_by(BookingHistory.id.desc()).limit(1))


def cancelled_from(booking_id: int) -> str:
    """Give the state that a cancelled booking was in before, "" where that is not known."""
    last = select(BookingHistory.before).where(BookingHistory.booking_id == booking_id)
    before = db.session.scalar(
        last.where(BookingHistory.action == "cancelled").order_by(BookingHistory.id.desc()).limit(1)
    )
    return str((before or {}).get("state") or "")
