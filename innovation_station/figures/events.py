"""Who came to events. Registrations go ninety days after the event: how many they were is kept from the day after."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import ScalarSelect, func, select

from innovation_station.attendance.models import EventArrival
from innovation_station.db import db
from innovation_station.events import words
from innovation_station.events.models import Event
from innovation_station.figures.models import FigureEvent
from innovation_station.registration.models import Registration
from innovation_station.timespan import local_day

COUNTED_FOR = timedelta(days=80)  # after an event ended: registrations are there still


@dataclass(frozen=True, slots=True)
class Visited:
    """An event with how many had a place, and how many came."""

    title: str
    day: date
    registered: int
    came: int


def visited(first: date, last: date, zone: ZoneInfo) -> list[Visited]:
    """List the published events that begin in a period, soonest first; one statement."""
    begin, end = local_day(first, zone).start, local_day(last, zone).end
    rows = db.session.execute(
        select(Event, _registered(), _came(), FigureEvent.registered, FigureEvent.came)
        .outerjoin(FigureEvent, FigureEvent.event_id == Event.id)
        .where(Event.state == "published", Event.start >= begin, Event.start < end)
        .order_by(Event.start, Event.id)
    )
    return [
        Visited(
            words.title_of(event), event.start.astimezone(zone).date(), max(registered, kept or 0),
            max(came_, kept_came or 0),
        )
        for event, registered, came_, kept, kept_came in rows
    ]  # fmt: skip


def came(found: Iterable[Visited]) -> int:
    """Add up who came."""
    return sum(one.came for one in found)


def keep(now: datetime) -> int:
    """Write down how many had a place at the events that are over, and came, while that can be counted."""
    rows = db.session.execute(
        select(Event.id, _registered(), _came()).where(Event.end < now, Event.end >= now - COUNTED_FOR)
    ).all()
    known = {row.event_id: row for row in db.session.scalars(select(FigureEvent))}
    for event_id, registered, came_ in rows:
        row = known.get(event_id)
        if row is None:
            db.session.add(FigureEvent(event_id=event_id, registered=registered, came=came_))
        else:  # who is forgotten before the ninety days are over has been there all the same
            row.registered, row.came = max(row.registered, registered), max(row.came, came_)
    db.session.flush()
    return len(rows)


def _registered() -> ScalarSelect[int]:
    counted = select(func.count()).where(Registration.event_id == Event.id, Registration.state == "registered")
    return counted.correlate(Event).scalar_subquery()


def _came() -> ScalarSelect[int]:
    return select(func.count()).where(EventArrival.event_id == Event.id).correlate(Event).scalar_subquery()
