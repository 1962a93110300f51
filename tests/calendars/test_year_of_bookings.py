"""A year of bookings as rows of the database, read back out of the feed by programs that know nothing of us."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import icalendar
import pytest
import recurring_ical_events
import vobject
from ical.calendar_stream import IcsCalendarStream
from sqlalchemy import insert, select

from innovation_station.bookings.models import Booking
from innovation_station.db import db, transaction
from innovation_station.timespan import Span
from tests.calendars.conftest import Feeds
from tests.conftest import NOW, ZONE

HOUR = timedelta(hours=1)
FIRST, LAST = NOW - timedelta(days=360), NOW + timedelta(days=390)  # well inside of what a feed covers
Read = Callable[[bytes], dict[str, Span]]


def changes() -> list[datetime]:
    """List the hours at which the clocks of the house change, from the first day to the last."""
    hours = [FIRST.replace(minute=0) + HOUR * number for number in range(int((LAST - FIRST) / HOUR))]
    return [after for before, after in pairwise(hours) if zone_offset(before) != zone_offset(after)]


def zone_offset(moment: datetime) -> timedelta | None:
    return moment.astimezone(ZONE).utcoffset()


def row(feeds: Feeds, start: datetime, space_id: int) -> dict[str, Any]:
    return {
        "uid": str(uuid.uuid4()), "member_id": feeds.small.people["alva"], "space_id": space_id, "start": start,
        "end": start + HOUR, "title": "", "created_at": NOW, "changed_at": NOW,
    }  # fmt: skip


def expanded_by_recurring_ical_events(data: bytes) -> dict[str, Span]:
    query = recurring_ical_events.of(icalendar.Calendar.from_ical(data))
    return {str(event["UID"]): Span(event.start, event.end) for event in query.between(FIRST, LAST)}


def expanded_by_ical(data: bytes) -> dict[str, Span]:
    timeline = IcsCalendarStream.calendar_from_ics(data.decode()).timeline_tz(UTC)
    return {str(event.uid): Span(event.dtstart, event.dtend) for event in timeline.overlapping(FIRST, LAST)}


def read_by_vobject(data: bytes) -> dict[str, Span]:
    events = vobject.readOne(data.decode()).vevent_list
    return {event.uid.value: Span(event.dtstart.value, event.dtend.value) for event in events}


@pytest.mark.parametrize("read", [expanded_by_recurring_ical_events, expanded_by_ical, read_by_vobject])
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_year_round_both_changes_is_that_of_the_database(feeds: Feeds, poll: Any, read: Read) -> None:
    """An hour each day at a later hour of the clock, and each half hour round every change of the clocks."""
    assert len(changes()) == 4
    feeds.insert(1, FIRST)
    starts = [(FIRST + timedelta(days=each, hours=each % 24), feeds.small.a1) for each in range(1, 735)]
    starts += [(each + timedelta(minutes=30 * half), feeds.small.a2) for each in changes() for half in range(-6, 7)]
    with feeds.app.app_context(), transaction() as session:
        session.execute(insert(Booking), [row(feeds, *each) for each in starts])
    data = poll(feeds.make()).data
    with feeds.app.app_context():
        rows = db.session.scalars(select(Booking).where(Booking.end > FIRST, Booking.start < LAST)).all()
        held = {f"booking-{row.uid}@innovation-station": Span(row.start, row.end) for row in rows}
    assert len(held) == len(starts) + 1
    found = {uid: Span(span.start.astimezone(UTC), span.end.astimezone(UTC)) for uid, span in read(data).items()}
    assert found == held
