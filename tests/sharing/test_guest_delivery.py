"""The calendar mails of a guest through a real server: invited, moved, called off, in this order and each part right."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage

import icalendar
import pytest
import vobject
from flask import Flask
from ical.calendar_stream import IcsCalendarStream

from innovation_station.bookings import service as bookings
from innovation_station.db import db, transaction
from innovation_station.mail.postman import Postman
from innovation_station.mail.transport import transport
from innovation_station.timespan import Span
from tests.calendars.conftest import all_faults
from tests.calendars.test_invitations import OF_MESSAGES
from tests.conftest import TUESDAY, ZONE, Clock, Small, at
from tests.mail.server import Behaviour, serving
from tests.mail.test_calendar import shape
from tests.sharing.conftest import AFTERNOON, MORNING, member, reserve
from tests.sharing.test_guests import KARIN, SENDER, invite

RETRIED = timedelta(minutes=2)


@pytest.fixture
def behaviour() -> Behaviour:
    return Behaviour()


@pytest.fixture
def post(app: Flask, behaviour: Behaviour) -> Iterator[Callable[[], None]]:
    """Give what sends all that is due to the server."""
    with serving(behaviour) as port:
        one = Postman(app, transport(f"smtp://127.0.0.1:{port}"), lambda: SENDER)
        yield lambda: one.round(lambda: False)


def part_of(message: EmailMessage) -> bytes:
    """Give the calendar part of a mail to a guest, whose structure is checked part by part (M01 to M08, M10)."""
    texts = ["text/plain", "text/html", "text/calendar"]
    assert shape(message) == ("multipart/mixed", [("multipart/alternative", texts), "application/ics"])
    [calendar] = [part for part in message.walk() if part.get_content_type() == "text/calendar"]
    data = calendar.get_payload(decode=True)
    assert isinstance(data, bytes)
    read = icalendar.Calendar.from_ical(data)
    [event] = read.walk("VEVENT")
    assert calendar["Content-Type"].params == {"charset": "UTF-8", "method": read["METHOD"]}
    assert calendar["Content-Transfer-Encoding"] == "base64"
    assert f"<{str(event['ORGANIZER']).removeprefix('mailto:')}>" in message["From"]
    assert f"<{str(event['ATTENDEE']).removeprefix('mailto:')}>" in message["To"]
    assert event["ATTENDEE"].params["PARTSTAT"] == "NEEDS-ACTION" and event["ATTENDEE"].params["RSVP"] == "FALSE"
    assert message["Auto-Submitted"] and message["Message-ID"] and message["Date"]
    assert set(all_faults(data)) <= OF_MESSAGES
    return data


def read_by_all(data: bytes) -> tuple[str, str, int, str, Span]:
    """Give method, UID, number, state and times as three programs read them, which must be the same."""
    one, other = icalendar.Calendar.from_ical(data), vobject.readOne(data.decode())
    third = IcsCalendarStream.calendar_from_ics(data.decode())
    [event], [parsed] = one.walk("VEVENT"), third.events
    found = other.vevent
    readings = {
        (str(one["METHOD"]), str(event["UID"]), int(event["SEQUENCE"]), str(event["STATUS"]), span(event.start, event.end)),
        (other.method.value, found.uid.value, int(found.sequence.value), found.status.value,
         span(found.dtstart.value, found.dtend.value)),
        (str(third.method), str(parsed.uid), parsed.sequence or 0, parsed.status.value if parsed.status else "",
         span(parsed.start_datetime, parsed.end_datetime)),
    }  # fmt: skip
    [same] = readings
    return same


def span(start: datetime, end: datetime) -> Span:
    return Span(start.astimezone(UTC), end.astimezone(UTC))


def test_guest_hears_each_thing_once_and_in_its_order(
    context: Flask, small: Small, clock: Clock, behaviour: Behaviour, post: Callable[[], None]
) -> None:
    """What the server puts off is put together with what comes after it: the guest never hears of the last move."""
    booking = reserve(small, title="Planering")
    invite(small, booking, KARIN)
    post()
    assert behaviour.received == []  # it may still be undone
    wait(clock, post)
    alter(small, booking.id, clock, MORNING)
    wait(clock, post)
    behaviour.rcpt["karin@guest.example"] = ["451 later"]
    alter(small, booking.id, clock, at(TUESDAY, "16:00", "17:00"))
    wait(clock, post)
    alter(small, booking.id, clock, None)
    wait(clock, post)
    wait(clock, post)

    mails = [one.message for one in behaviour.received if one.receiver == "karin@guest.example"]
    told = [read_by_all(part_of(message)) for message in mails]
    [uid] = {one[1] for one in told}
    assert told == [
        ("REQUEST", uid, 0, "CONFIRMED", AFTERNOON),
        ("REQUEST", uid, 1, "CONFIRMED", MORNING),
        ("CANCEL", uid, 2, "CANCELLED", MORNING),
    ]


def wait(clock: Clock, post: Callable[[], None]) -> None:
    clock.now += RETRIED
    db.session.rollback()
    post()


def alter(small: Small, booking_id: int, clock: Clock, to: Span | None) -> None:
    """Move the booking, or cancel it where no time is given."""
    alva = member(small, "alva")
    with transaction():
        if to:
            bookings.move(alva, booking_id, space_id=small.room, span=to, now=clock.now, zone=ZONE)
        else:
            bookings.cancel(alva, booking_id, now=clock.now)
