"""Reads about arrivals. Lists cost the same number of statements however long they are."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from innovation_station.attendance.models import EventArrival
from innovation_station.attendance.rules import LINGERING
from innovation_station.bookings.models import LONGEST_ALLOCATION, Booking
from innovation_station.db import db
from innovation_station.events.models import Event, Session, Speaker
from innovation_station.members.models import Member, Organisation
from innovation_station.registration.models import Registration
from innovation_station.sharing.models import Guest


def arrival(registration_id: int) -> EventArrival | None:
    """Find an arrival as it is now."""
    return db.session.get(EventArrival, registration_id, populate_existing=True)


def arrivals(event_id: int) -> dict[int, EventArrival]:
    """Give the arrivals at an event, by registration; one statement."""
    rows = db.session.scalars(select(EventArrival).where(EventArrival.event_id == event_id))
    return {row.registration_id: row for row in rows}


def came(event_id: int) -> int:
    """Count the arrivals at an event."""
    statement = select(func.count()).select_from(EventArrival).where(EventArrival.event_id == event_id)
    return db.session.scalar(statement) or 0


def organisations(event_id: int) -> dict[int, Organisation]:
    """Give the organisations of the members who have registered for an event, by member; one statement."""
    rows = db.session.execute(
        select(Member.id, Organisation)
        .join(Organisation, Organisation.id == Member.organisation_id)
        .join(Registration, Registration.member_id == Member.id)
        .where(Registration.event_id == event_id)
    )
    return {row[0]: row[1] for row in rows}


def names(member_ids: Collection[int]) -> dict[int, str]:
    """Name members; one statement, none for none."""
    if not member_ids:
        return {}
    rows = db.session.execute(select(Member.id, Member.name).where(Member.id.in_(sorted(member_ids))))
    return {member_id: name for member_id, name in rows}  # noqa: C416


# -- who is in the house -----------------------------------------------------------------------------------------------


def booked_now(now: datetime) -> Sequence[Booking]:
    """List the bookings that run, with their members; one statement."""
    statement = (
        select(Booking)
        .options(joinedload(Booking.member, innerjoin=True))
        .where(
            Booking.state == "confirmed", Booking.start <= now, Booking.end > now,
            Booking.start > now - LONGEST_ALLOCATION,
        )
        .order_by(Booking.id)
    )  # fmt: skip
    return db.session.scalars(statement).all()


def guests_now(now: datetime) -> Sequence[Guest]:
    """List the guests who have come and not gone, within a day, and those of bookings that run; one statement."""
    statement = (
        select(Guest)
        .join(Guest.booking)
        .options(joinedload(Guest.booking, innerjoin=True))
        .where(Guest.left_at.is_(None), Guest.state.not_in(("removed", "declined")) | Guest.arrived_at.is_not(None))
        .where(
            (Guest.arrived_at > now - timedelta(hours=18))
            | ((Booking.state == "confirmed") & (Booking.start <= now) & (Booking.end > now))
        )
        .order_by(Guest.id)
    )
    return db.session.scalars(statement).all()


def visitors_now(now: datetime) -> Sequence[tuple[Registration, EventArrival, Event]]:
    """List who has come to events that are on, or were an hour ago, on whichever of their days; one statement."""
    rows = db.session.execute(
        select(Registration, EventArrival, Event)
        .join(EventArrival, EventArrival.registration_id == Registration.id)
        .join(Event, Event.id == EventArrival.event_id)
        .where(Event.end > now - LINGERING, Event.state == "published")
        .order_by(Registration.id)
    )
    return [(row[0], row[1], row[2]) for row in rows]


def speakers_now(now: datetime) -> Sequence[tuple[Speaker, Event]]:
    """List who takes part in events that are on; one statement."""
    rows = db.session.execute(
        select(Speaker, Event)
        .join(Event, Event.id == Speaker.event_id)
        .where(Event.state == "published", Event.format != "online", Event.start <= now, Event.end > now)
        .order_by(Speaker.id)
    )
    return [(row[0], row[1]) for row in rows]


def places_of(event_ids: Collection[int], now: datetime) -> dict[int, list[int]]:
    """List the places where events are at a moment, by event; one statement, none without events."""
    if not event_ids:
        return {}
    found: dict[int, list[int]] = {}
    rows = db.session.execute(
        select(Session.event_id, Session.space_id)
        .where(
            Session.event_id.in_(sorted(event_ids)), Session.space_id.is_not(None), Session.start <= now,
            Session.end > now,
        )
        .order_by(Session.event_id, Session.id)
    )  # fmt: skip
    for event_id, space_id in rows:
        found.setdefault(event_id, []).append(space_id or 0)
    return found
