"""Reads that finding needs: each one statement, for a whole range of days."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import bindparam, func, or_, select

from innovation_station.bookings.models import LONGEST_ALLOCATION, Allocation, Booking, SpaceHold
from innovation_station.bookings.rules import GONE, HOLDING
from innovation_station.db import UtcDateTime, connection
from innovation_station.spaces.models import Space
from innovation_station.timespan import Span

_allocation, _booking, _hold, _space = (model.__table__.c for model in (Allocation, Booking, SpaceHold, Space))
_TAKEN = (
    select(_allocation.space_id, _allocation.start, _allocation.end)
    .outerjoin_from(Allocation.__table__, SpaceHold.__table__, _hold.id == _allocation.hold_id)
    .where(
        _allocation.space_id.in_(bindparam("spaces", expanding=True)),
        _allocation.start > bindparam("bound", type_=UtcDateTime),
        _allocation.start < bindparam("end", type_=UtcDateTime),
        _allocation.end > bindparam("start", type_=UtcDateTime),
        or_(_hold.member_id.is_(None), _hold.member_id != bindparam("member")),
    )
    .order_by(_allocation.start)
)
_USED = (
    select(_booking.space_id, func.count())
    .where(
        _booking.member_id == bindparam("member"), _booking.state.not_in(GONE),
        _booking.start >= bindparam("since", type_=UtcDateTime), _booking.start < bindparam("until", type_=UtcDateTime),
    )
    .group_by(_booking.space_id)
)  # fmt: skip
_MEETINGS = (
    select(_booking.start, _booking.end)
    .join_from(Booking.__table__, Space.__table__, _space.id == _booking.space_id)
    .where(
        _booking.member_id.in_(bindparam("members", expanding=True)), _booking.public, _booking.state.in_(HOLDING),
        _space.kind != "desk", _booking.start < bindparam("end", type_=UtcDateTime),
        _booking.end > bindparam("start", type_=UtcDateTime), _booking.start > bindparam("bound", type_=UtcDateTime),
    )
)  # fmt: skip


def taken(span: Span, space_ids: Collection[int], member_id: int) -> Sequence[tuple[int, datetime, datetime]]:
    """List (space, start, end) of what takes some spaces within a span, in order, but for what is held for a member."""
    given = {
        "spaces": sorted(space_ids), "bound": span.start - LONGEST_ALLOCATION, "start": span.start, "end": span.end,
        "member": member_id,
    }  # fmt: skip
    return connection().execute(_TAKEN, given).all()


def used(member_id: int, since: datetime, until: datetime) -> Mapping[int, int]:
    """Count a member's bookings that were kept, by space, of those that began within a time."""
    rows = connection().execute(_USED, {"member": member_id, "since": since, "until": until})
    return {space_id: count for space_id, count in rows}  # noqa: C416  rows, no pairs


def shown_meetings(member_ids: Collection[int], span: Span) -> list[Span]:
    """List when some members meet within a span, as far as they show it to others; desks are no meetings."""
    given = {
        "members": sorted(member_ids), "start": span.start, "end": span.end, "bound": span.start - LONGEST_ALLOCATION,
    }  # fmt: skip
    return [Span(start, end) for start, end in connection().execute(_MEETINGS, given)]
