"""What happens when somebody is away: what they have booked then is released, and comes back where they do.

Every function runs inside `db.transaction()`, flushes and never commits.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from innovation_station.bookings import allowances, telling, writes
from innovation_station.bookings import rules as booking_rules
from innovation_station.bookings import service as bookings
from innovation_station.bookings.models import Booking
from innovation_station.db import db
from innovation_station.errors import DomainError, NotFound, Refusal, Refused
from innovation_station.members.rules import Actor
from innovation_station.sharing import queries, rules
from innovation_station.sharing.models import Absence, Released
from innovation_station.spaces.queries import house as read_house
from innovation_station.timespan import Span, local_day


class Look(NamedTuple):
    """What an absence would release, and what it would leave as it is, with the reason; both soonest first."""

    goes: Sequence[Booking]
    stays: Sequence[tuple[Booking, Refusal]]


def look(member: Actor, first: date, last: date, *, now: datetime, zone: ZoneInfo) -> Look:
    """Tell what becomes of a member's bookings while they are away from one day to another, both included.

    Dates of a series are bookings like any: the series itself goes on. Raises Refused.
    """
    if found := rules.absence_refusals(first, last, now.astimezone(zone).date()):
        raise Refused(found)
    known = queries.absences(member.id, now.astimezone(zone).date())
    if any(one.first <= last and first <= one.last for one in known):
        raise Refused([Refusal("absence-twice", "first")])
    if len(known) >= rules.ABSENCES_MOST:
        raise Refused([Refusal("absences-many", None, {"most": rules.ABSENCES_MOST})])
    span = Span(local_day(first, zone).start, local_day(last, zone).end)
    booked = queries.within(member.id, span, now)
    policies = allowances.policies_of(read_house(), booked, zone)
    goes, stays = [], []
    for booking, policy in zip(booked, policies, strict=True):
        if why := booking_rules.cancel_refusals(member, booking, policy, now):
            stays.append((booking, why[0]))
        else:
            goes.append(booking)
    return Look(goes, stays)


def leave(member: Actor, first: date, last: date, *, now: datetime, zone: ZoneInfo) -> Absence:
    """Note that a member is away, and release what they have booked then; they hear of all of it at once.

    Raises Refused.
    """
    writes.lock_member(member.id)
    found = look(member, first, last, now=now, zone=zone)
    absence = Absence(member_id=member.id, first=first, last=last, made_at=now, ended_at=None)
    db.session.add(absence)
    db.session.flush()
    if found.goes:
        bookings.locked(*{booking.space_id for booking in found.goes})  # all at once, in order: see `bookings.locked`
    with telling.gathered(now=now):
        for booking in found.goes:
            bookings.cancel(member, booking.id, now=now)
    db.session.add_all(Released(absence_id=absence.id, booking_id=booking.id) for booking in found.goes)
    db.session.flush()
    return absence


class Back(NamedTuple):
    """How many bookings came back, and which did not, with the reason."""

    restored: int
    lost: Sequence[tuple[Booking, Refusal]]


def come_back(member: Actor, absence_id: int, *, now: datetime, zone: ZoneInfo) -> Back:
    """End an absence before its time, or take it back: what it released and is free still is the member's again.

    Twice is the same as once. Raises NotFound.
    """
    writes.lock_member(member.id)
    absence = queries.absence(member.id, absence_id)
    if absence is None:
        raise NotFound("absence-unknown")
    if absence.ended_at is not None:
        return Back(0, ())
    absence.ended_at = now
    db.session.flush()
    found, lost = queries.released(absence.id, now), []
    if found:
        bookings.locked(*{booking.space_id for booking in found})
    with telling.gathered(now=now):
        for booking in found:
            try:
                with telling.gathered(now=now), db.session.begin_nested():
                    bookings.restore(member, booking.id, now=now, zone=zone)
            except DomainError as error:
                lost.append((booking, error.refusals[0]))
    return Back(len(found) - len(lost), lost)
