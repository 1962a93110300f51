"""Reads for the host's day."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from innovation_station.attendance.models import EventArrival
from innovation_station.db import db
from innovation_station.events.models import Event
from innovation_station.hosting.models import HostNote
from innovation_station.members.models import Member, Organisation
from innovation_station.registration.models import Registration
from innovation_station.timespan import Span


def notes(day: date, since: datetime) -> Sequence[HostNote]:
    """List the notes that stand on a day: those that are open and due by then, and those ticked off since an instant.

    With who wrote them; one statement.
    """
    open_or_fresh = (HostNote.done_at.is_(None)) | (HostNote.done_at >= since)
    return db.session.scalars(
        select(HostNote)
        .options(joinedload(HostNote.by))
        .where(HostNote.day <= day, open_or_fresh)
        .order_by(HostNote.day, HostNote.id)
        .limit(100)
    ).all()


def events_on(span: Span) -> Sequence[Event]:
    """List the published events that touch a span, soonest first; one statement."""
    statement = select(Event).where(Event.state == "published", Event.start < span.end, Event.end > span.start)
    return db.session.scalars(statement.order_by(Event.start, Event.id)).all()


def visitors(event_ids: Collection[int], limit: int = 1000) -> list[tuple[Registration, datetime | None]]:
    """List who has a place at some events, each with since when they are here; one statement, none for none."""
    if not event_ids:
        return []
    rows = db.session.execute(
        select(Registration, EventArrival.at)
        .outerjoin(EventArrival, EventArrival.registration_id == Registration.id)
        .where(Registration.event_id.in_(sorted(event_ids)), Registration.state == "registered")
        .order_by(Registration.event_id, Registration.number)
        .limit(limit)
    )
    return [(registration, at) for registration, at in rows]


def organisations_of(member_ids: Collection[int]) -> dict[int, Organisation]:
    """Give the organisation of those members who have one; one statement, none for none."""
    if not member_ids:
        return {}
    rows = db.session.execute(
        select(Member.id, Organisation)
        .join(Organisation, Organisation.id == Member.organisation_id)
        .where(Member.id.in_(sorted(member_ids)))
    )
    return {member_id: organisation for member_id, organisation in rows}  # noqa: C416  rows, no pairs
