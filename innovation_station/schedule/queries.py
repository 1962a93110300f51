"""Reads for the schedule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    CompoundSelect,
    Integer,
    bindparam,
    case,
    cast,
    literal_column,
    null,
    or_,
    select,
    text,
    union_all,
)

from innovation_station.bookings.models import LONGEST_BOOKING, Booking, SpaceBusy
from innovation_station.db import UtcDateTime, connection, db
from innovation_station.members.models import Member
from innovation_station.repairs.models import FaultReport
from innovation_station.repairs.rules import WAITING
from innovation_station.schedule.models import ScheduleAct
from innovation_station.schedule.rules import stands
from innovation_station.timespan import Span


class Fresh(NamedTuple):
    """An act that can be taken back, whose booking it is of, and whether that stands as the act left it."""

    id: int
    at: datetime
    kind: str
    before: Mapping[str, Any] | None
    after: Mapping[str, Any]
    name: str | None
    stands: bool


def fresh(actor_id: int, since: datetime) -> Sequence[Fresh]:
    """List what somebody has done since then and not taken back, the latest first; one statement."""
    found = []
    for act_id, at, kind, booking_id, before, after, name, *booking in connection().execute(
        _FRESH, {"actor": actor_id, "since": since}
    ):
        space_id, start, end, state = booking
        as_it_is = booking_id is None or stands(
            after, {"space": space_id, "start": start.isoformat(), "end": end.isoformat(), "state": state}
        )
        found.append(Fresh(act_id, at, kind, before, after, name, as_it_is))
    return found


_act, _booking = ScheduleAct.__table__.c, Booking.__table__.c
_FRESH = (
    select(
        _act.id, _act.at, _act.kind, _act.booking_id, _act.before, _act.after, Member.__table__.c.name,
        _booking.space_id, _booking.start, _booking.end, _booking.state,
    )
    .select_from(
        ScheduleAct.__table__.outerjoin(Booking.__table__, _booking.id == _act.booking_id)
        .outerjoin(Member.__table__, Member.__table__.c.id == _booking.member_id)
    )
    .where(
        _act.actor_id == bindparam("actor"), _act.at >= bindparam("since", type_=UtcDateTime), _act.undone_at.is_(None)
    )
    .order_by(_act.at.desc(), _act.id.desc())
    .limit(50)
)  # fmt: skip


def booked_by(booking_id: int, actor_id: int) -> ScheduleAct | None:
    """Find the act of a member's that a booking was made by."""
    made = (
        ScheduleAct.booking_id == booking_id, ScheduleAct.actor_id == actor_id, ScheduleAct.kind == "booked"
    )  # fmt: skip
    return db.session.scalar(select(ScheduleAct).where(*made).limit(1))


class Marked(NamedTuple):
    """What somebody has to see to: `what` is waiting (a booking that waits for an answer), gone (nobody came to it),
    contested (another calendar has it too) or fault (something is broken in the space)."""

    what: str
    space_id: int
    booking_id: int | None


def marked(span: Span) -> frozenset[Marked]:
    """List what has to be seen to within a span; faults at any time. One statement."""
    given = {"bound": span.start - LONGEST_BOOKING, "start": span.start, "end": span.end}
    return frozenset(Marked(*row) for row in connection().execute(_MARKED, given))


def _marked() -> CompoundSelect[str, int, int | None]:
    bound, start, end = (bindparam(name, type_=UtcDateTime) for name in ("bound", "start", "end"))
    nothing, same = cast(null(), Integer), literal_column
    # in these words the conditions are those of ix_booking_to_see_to and ix_space_busy_contested
    unsettled = text("booking.state in ('requested', 'no-show')")
    what = case((Booking.state == same("'requested'"), same("'waiting'")), else_=same("'gone'"))
    return union_all(
        select(what, Booking.space_id, Booking.id).where(
            unsettled, Booking.start > bound, Booking.start < end, Booking.end > start
        ),
        select(same("'contested'"), SpaceBusy.space_id, nothing).where(
            text("space_busy.contested"), SpaceBusy.start < end, SpaceBusy.end > start
        ),
        select(same("'fault'"), FaultReport.space_id, nothing).where(
            or_(*(FaultReport.state == same(f"'{one}'") for one in WAITING))
        ),
    )


_MARKED = _marked()
