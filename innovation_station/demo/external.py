"""A calendar from outside in the demo house: a meeting room that the university's own system books as well."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from innovation_station.bookings import busy
from innovation_station.bookings.models import Booking
from innovation_station.db import db
from innovation_station.external import reading, rules, safe, service
from innovation_station.external.fetching import Validators
from innovation_station.external.models import ExternalCalendar
from innovation_station.external.reading import Ask
from innovation_station.external.service import Come
from innovation_station.members.models import Member
from innovation_station.spaces.models import Space
from innovation_station.timespan import Span, to_utc

PLACE, NAME = "Björnkulla", "TimeEdit"
LECTURES, DAYS_AHEAD = 6, 28
BEGIN, END = time(15), time(17)


def add(
    session: Session, members: Sequence[Member], spaces: Mapping[str, Space], today: date, now: datetime, zone: ZoneInfo
) -> None:  # fmt: skip
    """Add an uploaded calendar of a room, with times that meet no booking of these weeks."""
    space, file = spaces[PLACE], _file(spaces[PLACE].id, today, now, zone)
    calendar = ExternalCalendar(
        space_id=space.id, member_id=None, name=NAME, file=safe.packed(file), said={}, next_at=now, state="active",
        failures=0, made_by_id=next(member.id for member in members if member.role == "host"), made_at=now,
    )  # fmt: skip
    session.add(calendar)
    session.flush()
    found = reading.read(file, Ask(rules.window(now, zone), zone.key))
    service.came(calendar.id, Come(found, Validators()), now=now, zone=zone)
    calendar.next_at = rules.next_fetch(now, 4, roll=0.5)  # the same day gives the same house


def _was_booked(space_id: int, span: Span) -> bool:
    """Tell whether somebody has, or had, the place then: what was given back is told as it could be had."""
    met = select(Booking.id).where(Booking.space_id == space_id, Booking.start < span.end, Booking.end > span.start)
    return db.session.scalar(met.limit(1)) is not None


def _file(space_id: int, today: date, now: datetime, zone: ZoneInfo) -> bytes:
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//TimeEdit//demo//SV"]
    made = 0
    for ahead in range(1, DAYS_AHEAD):
        day = today + timedelta(days=ahead)
        span = Span(to_utc(day, BEGIN, zone), to_utc(day, END, zone))
        if made == LECTURES or day.weekday() > 4 or busy.meets(space_id, [span], now) or _was_booked(space_id, span):
            continue
        made += 1
        at = f"DTSTART;TZID={zone.key}:{day:%Y%m%d}T{BEGIN:%H%M%S}", f"DTEND;TZID={zone.key}:{day:%Y%m%d}T{END:%H%M%S}"
        lines += ["BEGIN:VEVENT", f"UID:lecture-{made}@example.org", "DTSTAMP:20260101T000000Z", *at, "END:VEVENT"]
    return "\r\n".join([*lines, "END:VCALENDAR", ""]).encode()
