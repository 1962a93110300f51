"""Reads that a wish is decided by: what stands in its way, and what the same submit has made before."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import bindparam, exists, or_, select, union_all

from innovation_station.bookings.models import LONGEST_ALLOCATION, LONGEST_BOOKING, Allocation, Booking
from innovation_station.bookings.rules import Held
from innovation_station.db import UtcDateTime, at_once, connection, db
from innovation_station.members.models import Member
from innovation_station.spaces.models import Space
from innovation_station.spaces.queries import HOUSE_REVISION
from innovation_station.spaces.rules import Place
from innovation_station.timespan import Span

# Of tables, and built once: through the session they cost four times as much. The lower bounds on start let an index
# bound the past.
_allocation, _booking, _member, _space = (model.__table__.c for model in (Allocation, Booking, Member, Space))
_MEETS = (
    _allocation.start > bindparam("bound"),
    _allocation.start < bindparam("last"),
    _allocation.end > bindparam("first"),
)
_OWN_MEETS = (
    _booking.member_id == bindparam("member"),
    _booking.state == "confirmed",
    _booking.start > bindparam("earliest"),
    _booking.start < bindparam("last"),
    _booking.end > bindparam("first"),
)
_OTHERS = or_(_allocation.booking_id.is_(None), _allocation.booking_id != bindparam("without"))
_HELD_BASE = select(
    _allocation.space_id, _allocation.start, _allocation.end, _allocation.booking_id, _booking.member_id
).outerjoin_from(Allocation.__table__, Booking.__table__, _booking.id == _allocation.booking_id)
_HELD = _HELD_BASE.where(_allocation.space_id.in_(bindparam("spaces", expanding=True)), *_MEETS, _OTHERS).order_by(
    _allocation.start
)
_HELD_BY = (
    select(_allocation.space_id, _allocation.start, _allocation.end, _booking.id, _space.name, _space.kind)
    .join_from(Booking.__table__, Allocation.__table__, _allocation.booking_id == _booking.id)
    .join(Space.__table__, _space.id == _allocation.space_id)
    .where(*_OWN_MEETS, *_MEETS, _booking.id != bindparam("without"))
    .order_by(_allocation.start)
)
_NEAR = union_all(
    _HELD_BASE.where(_allocation.space_id == bindparam("space"), *_MEETS, _OTHERS),
    _HELD_BASE.join(Space.__table__, _space.id == _allocation.space_id).where(
        _space.kind == bindparam("kind"),
        _space.id != bindparam("space"),
        _allocation.start > bindparam("wish_bound", type_=UtcDateTime),
        _allocation.start < bindparam("wish_end", type_=UtcDateTime),
        _allocation.end > bindparam("wish_start", type_=UtcDateTime),
        _OTHERS,
    ),
)
_STANDING = select(
    HOUSE_REVISION,
    select(_booking.id)
    .where(_booking.member_id == bindparam("member"), _booking.request_key == bindparam("key"))
    .scalar_subquery(),
    exists().where(_allocation.space_id == bindparam("space"), *_MEETS),
    exists().where(*_OWN_MEETS),
    select(_member.access_revision).where(_member.id == bindparam("member")).scalar_subquery(),
)


_SAME_REQUEST = select(Booking).where(
    Booking.member_id == bindparam("member"), Booking.request_key == bindparam("key")
)  # fmt: skip
_SAME_SPAN = select(Booking).where(
    Booking.member_id == bindparam("member"), Booking.space_id == bindparam("space"), Booking.state == "confirmed",
    Booking.start == bindparam("start"), Booking.end == bindparam("end"),
)  # fmt: skip
_MADE_SINCE = select(_booking.id).where(_booking.id == bindparam("booking"), _booking.changed_at > bindparam("instant"))


def _bounds(span: Span) -> dict[str, object]:
    return {
        "first": span.start, "last": span.end, "bound": span.start - LONGEST_ALLOCATION,
        "earliest": span.start - LONGEST_BOOKING,
    }  # fmt: skip


class Standing(NamedTuple):
    """What a wish meets: the house's revision, what the same submit made before, and whether anything is in the way.

    `held` tells of the wished space, `own` of the member's bookings anywhere; `access` is the revision of what
    the member may book.
    """

    house_revision: int
    same_request: int | None
    held: bool
    own: bool
    access: int


def standing(
    member_id: int, space_id: int, span: Span, request_key: str | None, *, before: bool = False
) -> Standing:  # fmt: skip
    """Look what a wish meets; one statement, and mostly the last that is needed to grant it.

    `before` looks outside of any transaction, behind no lock.
    """
    values = {**_bounds(span), "member": member_id, "space": space_id, "key": request_key}
    row = at_once(_STANDING, values) if before else connection().execute(_STANDING, values).one()
    return Standing._make(row or ())


def held(span: Span, space_ids: Collection[int], *, without: int | None = None) -> list[Held]:
    """List what takes some spaces within a span, ordered by start; `without` leaves one booking out."""
    values = {**_bounds(span), "spaces": list(space_ids), "without": without or 0}
    return [
        Held(space, Span(start, end), booking, member)
        for space, start, end, booking, member in connection().execute(_HELD, values)
    ]


def near(place: Place, around: Span, span: Span, *, without: int | None = None) -> list[Held]:
    """List what takes a space within `around`, and all others of its kind within `span`; one statement."""
    values = {
        **_bounds(around), "space": place.id, "kind": place.kind, "wish_start": span.start, "wish_end": span.end,
        "wish_bound": span.start - LONGEST_ALLOCATION, "without": without or 0,
    }  # fmt: skip
    return [
        Held(space, Span(start, end), booking, member)
        for space, start, end, booking, member in connection().execute(_NEAR, values)
    ]


def held_by(member_id: int, span: Span, *, without: int | None = None) -> list[tuple[Held, str]]:
    """List a member's own confirmed bookings that meet a span, each with its space's name and kind."""
    values = {**_bounds(span), "member": member_id, "without": without or 0}
    return [
        (Held(space, Span(start, end), booking, member_id, name), kind)
        for space, start, end, booking, name, kind in connection().execute(_HELD_BY, values)
    ]


def made_since(booking_id: int, instant: datetime) -> bool:
    """Tell whether a booking was made, or last changed, after an instant."""
    return connection().execute(_MADE_SINCE, {"booking": booking_id, "instant": instant}).first() is not None


def same_request(member_id: int, request_key: str) -> Booking | None:
    """Find what an earlier copy of this submit made, whatever has become of it."""
    return db.session.scalar(_SAME_REQUEST, {"member": member_id, "key": request_key})


def same_span(member_id: int, space_id: int, span: Span) -> Booking | None:
    """Find the member's confirmed booking of exactly this span."""
    given = {"member": member_id, "space": space_id, "start": span.start, "end": span.end}
    return db.session.scalar(_SAME_SPAN, given)
