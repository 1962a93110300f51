"""Reads for the schedule."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Integer, cast, literal, null, or_, select, union_all

from innovation_station.bookings.models import LONGEST_BOOKING, Booking, SpaceBusy
from innovation_station.db import connection, db
from innovation_station.members.models import Member
from innovation_station.repairs.models import FaultReport
from innovation_station.schedule.models import ScheduleAct
from innovation_station.schedule.rules import stands
from innovation_station.timespan import Span


class Fresh(NamedTuple):
    """An act that can be taken back, whose booking it is of, and whether that stands as the act left it."""

    act: ScheduleAct
    name: str | None
    stands: bool


def fresh(actor_id: int, since: datetime) -> Sequence[Fresh]:
    """List what somebody has done since then and not taken back, the latest first; one statement."""
    rows = db.session.execute(
        select(ScheduleAct, Member.name, Booking.space_id, Booking.start, Booking.end, Booking.state)
        .outerjoin(Booking, Booking.id == ScheduleAct.booking_id)
        .outerjoin(Member, Member.id == Booking.member_id)
        .where(ScheduleAct.actor_id == actor_id, ScheduleAct.at >= since, ScheduleAct.undone_at.is_(None))
        .order_by(ScheduleAct.at.desc(), ScheduleAct.id.desc())
        .limit(50)
    )
    found = []
    for act, name, space_id, start, end, state in rows:
        as_it_is = act.booking_id is None or stands(
            act.after, {"space": space_id, "start": start.isoformat(), "end": end.isoformat(), "state": state}
        )
        found.append(Fresh(act, name, as_it_is))
    return found


def booked_by(booking_id: int) -> ScheduleAct | None:
    """Find the act that a booking was made by."""
    made = (ScheduleAct.booking_id == booking_id, ScheduleAct.kind == "booked")
    return db.session.scalar(select(ScheduleAct).where(*made).limit(1))


def is_of_fault(closure_id: int) -> bool:
    """Tell whether a closure goes with a report of something broken."""
    return db.session.scalar(select(FaultReport.id).where(FaultReport.closure_id == closure_id).limit(1)) is not None


class Marked(NamedTuple):
    """What somebody has to see to: `what` is waiting (a booking that waits for an answer), gone (nobody came to it),
    contested (another calendar has it too) or fault (something is broken in the space)."""

    what: str
    space_id: int
    booking_id: int | None


def marked(span: Span) -> frozenset[Marked]:
    """List what has to be seen to within a span; faults at any time. One statement."""
    of_span = (Booking.start > span.start - LONGEST_BOOKING, Booking.start < span.end, Booking.end > span.start)
    nothing = cast(null(), Integer)
    statement = union_all(
        select(literal("waiting"), Booking.space_id, Booking.id).where(*of_span, Booking.state == "requested"),
        select(literal("gone"), Booking.space_id, Booking.id).where(*of_span, Booking.state == "no-show"),
        select(literal("contested"), SpaceBusy.space_id, nothing).where(
            SpaceBusy.contested, SpaceBusy.start < span.end, SpaceBusy.end > span.start
        ),
        select(literal("fault"), FaultReport.space_id, nothing).where(or_(*(FaultReport.state == one for one in OPEN))),
    )
    return frozenset(Marked(*row) for row in connection().execute(statement))


OPEN = ("open", "hand")
