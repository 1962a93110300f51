"""What mails tell calendar programs: byte by byte, as four programs read it, and beside the feed of the same booking."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from itertools import count
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import icalendar
import pytest
import vobject
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st
from ical.calendar_stream import IcsCalendarStream

from innovation_station.bookings import service as bookings
from innovation_station.bookings.models import Booking
from innovation_station.calendars.ics import Entry, clean_line
from innovation_station.calendars.invitations import WRITER
from innovation_station.calendars.itip import Person, message, method_of
from innovation_station.db import db, transaction
from innovation_station.mail import service as outbox
from innovation_station.mail.compose import Sender, compose
from innovation_station.mail.rules import CalendarFacts, CalendarPart, Receiver
from tests.calendars.conftest import Feeds, all_faults, components, unfolded
from tests.calendars.test_ics_engines import ENGINES, Times, by_icalendar
from tests.conftest import NOW, TUESDAY, ZONE, Small, at

STOCKHOLM = ZoneInfo("Europe/Stockholm")
GOLDEN = Path(__file__).parent / "golden"
HOUSE = Person("Innovation Station Flemingsberg", "hej@station.example")
ALVA = Person("Alva Lindqvist", "alva@example.org")
MADE = datetime(2026, 10, 12, 7, 10, 3, tzinfo=UTC)
# What a feed must not have and a message must, or need not.
OF_MESSAGES = {"F08 b'METHOD'", "E16 b'ORGANIZER'", "E16 b'ATTENDEE'", "F10 refresh interval", "F10 F11 head",
               "E19 stamps out of order"}  # fmt: skip


def entry(start: str, end: str, **changes: Any) -> Entry:
    """Return a booking of A3 between two local times."""
    begin, stop = (datetime.fromisoformat(text).replace(tzinfo=STOCKHOLM).astimezone(UTC) for text in (start, end))
    plain = Entry(
        uid="booking-0b7c8f0e-5d1b-4a7e-9a52-1f2f3a4b5c6d@innovation-station",
        start=begin, end=stop, summary="Skrivbord A3", created=MADE - timedelta(days=2), modified=MADE,
        description="Ändra eller avboka: https://station.example/bookings/17",
        location="A3, Perrongen, Innovation Station Flemingsberg, Moas båge, plan 6",
        url="https://station.example/bookings/17", categories=("Skrivbord",),
    )  # fmt: skip
    return replace(plain, **changes)


def said(*entries: Entry, organizer: Person = HOUSE, attendee: Person = ALVA, **options: Any) -> bytes:
    return message(entries, STOCKHOLM, made=MADE, organizer=organizer, attendee=attendee, **options).encode()


def series() -> list[Entry]:
    first = entry("2026-10-13T09:00", "2026-10-13T12:00")
    return [
        entry(f"2026-10-{day}T09:00", f"2026-10-{day}T12:00", uid=f"booking-{number}@innovation-station",
              summary="Skrivgrupp (Hågelby)", url=f"https://station.example/bookings/{number}", created=first.created)
        for number, day in zip(count(30), (13, 20, 27), strict=False)
    ]  # fmt: skip


EVIL = 'x"\r\nATTENDEE:mailto:evil@example.org\r\n;X=1:y^z,\\n\u2028BEGIN:VALARM\x00'
CASES: dict[str, Callable[[], bytes]] = {
    "booked": lambda: said(entry("2026-10-20T13:00", "2026-10-20T17:00")),
    "moved-over-the-change": lambda: said(entry("2026-10-26T09:00", "2026-10-26T12:00", sequence=1)),
    "doubled-hour": lambda: said(entry("2026-10-25T01:30", "2026-10-25T02:30", sequence=2)),
    "spring": lambda: said(entry("2027-03-28T01:30", "2027-03-28T04:00")),
    "cancelled": lambda: said(
        entry("2026-10-20T13:00", "2026-10-20T17:00", status="CANCELLED", sequence=3, summary="Avbokad: Skrivbord A3")
    ),
    "awaiting": lambda: said(entry("2026-10-20T13:00", "2026-10-20T17:00", status="TENTATIVE", summary="Hågelby")),
    "guest": lambda: said(
        entry("2026-10-20T13:00", "2026-10-20T17:00"), attendee=Person("Bo Ek", "bo@example.org"), answer="NEEDS-ACTION"
    ),
    "series": lambda: said(*series()),
    "attack": lambda: said(
        entry("2026-10-20T13:00", "2026-10-20T17:00", summary=EVIL, location=EVIL, description=EVIL, url=f"https://x/{EVIL}"),
        organizer=Person(EVIL, "hej@station.example"), attendee=Person(EVIL, 'al;"va\r\nX:%41@example.org'),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(CASES))
def test_golden_message_is_unchanged_and_without_fault(name: str) -> None:
    """Compare with a file that was read by eye."""
    data = CASES[name]()
    assert set(all_faults(data)) <= OF_MESSAGES
    assert data == (GOLDEN / f"invitation-{name}.ics").read_bytes()


def people(data: bytes) -> list[tuple[bytes, bytes, bytes]]:
    return [line for line in unfolded(data) if line[0] in (b"ORGANIZER", b"ATTENDEE")]


def test_own_booking_is_accepted_and_asks_nothing() -> None:
    """M04 to M06: one UID, from the house, to the one who booked, who has said yes."""
    data = CASES["booked"]()
    assert people(data) == [
        (b"ORGANIZER", b';CN="Innovation Station Flemingsberg"', b"mailto:hej@station.example"),
        (b"ATTENDEE", b';CUTYPE=INDIVIDUAL;ROLE=REQ-PARTICIPANT;PARTSTAT=ACCEPTED;RSVP=FALSE;CN="Alva Lindqvist"',
         b"mailto:alva@example.org"),
    ]  # fmt: skip
    head = {name: value for name, _, value in unfolded(data)[:6]}
    assert head[b"METHOD"] == b"REQUEST" and b"X-WR-CALNAME" not in head and b"UID" not in head
    [event] = components(unfolded(data), b"VEVENT")
    values = {name: value for name, _, value in event}
    assert values[b"DTSTAMP"] == b"20261012T071003Z" and values[b"SEQUENCE"] == b"0"


def test_guest_is_asked_and_answers_elsewhere() -> None:
    assert b";PARTSTAT=NEEDS-ACTION;RSVP=FALSE" in people(CASES["guest"]())[1][1]


def test_method_follows_what_there_is_to_say() -> None:
    """M08: a cancellation says so twice and has the higher number."""
    one = entry("2026-10-20T13:00", "2026-10-20T17:00")
    gone = replace(one, status="CANCELLED", sequence=1)
    assert [method_of(some) for some in ([one], [gone], [one, gone])] == ["REQUEST", "CANCEL", "PUBLISH"]
    data = said(gone)
    assert b"METHOD:CANCEL\r\n" in data and b"STATUS:CANCELLED\r\n" in data and b"SEQUENCE:1\r\n" in data
    with pytest.raises(ValueError, match="nothing"):
        said()


def test_many_have_an_organizer_and_no_attendee() -> None:
    """RFC 5546 3.2.1."""
    data = CASES["series"]()
    assert [line[0] for line in people(data)] == [b"ORGANIZER"] * 3 and b"METHOD:PUBLISH\r\n" in data
    assert data.count(b"BEGIN:VTIMEZONE") == 1
    CalendarPart("PUBLISH", data.decode())


def test_zone_stands_there_where_it_is_used() -> None:
    """Z01, Z02."""
    assert b"VTIMEZONE" in CASES["booked"]() and b"VTIMEZONE" not in CASES["doubled-hour"]()
    assert message([entry("2026-10-20T13:00", "2026-10-20T17:00")], ZoneInfo("UTC"), made=MADE, organizer=HOUSE,
                   attendee=ALVA).count("TZID") == 0  # fmt: skip


@pytest.mark.parametrize("read", ENGINES, ids=lambda read: read.__name__)
@pytest.mark.parametrize("name", sorted(CASES))
def test_programs_read_the_times(name: str, read: Callable[[bytes], Times]) -> None:
    data = CASES[name]()
    seen = {uid: (start.astimezone(UTC), end.astimezone(UTC)) for uid, (start, end) in read(data).items()}
    expected = {uid: (start.astimezone(UTC), end.astimezone(UTC)) for uid, (start, end) in by_icalendar(data).items()}
    assert seen == expected and len(seen) == (3 if name == "series" else 1)
    if name == "booked":
        assert list(seen.values()) == [(datetime(2026, 10, 20, 11, tzinfo=UTC), datetime(2026, 10, 20, 15, tzinfo=UTC))]


def test_programs_read_who_and_what() -> None:
    data = CASES["cancelled"]()
    first = icalendar.Calendar.from_ical(data)
    [event] = first.walk("VEVENT")
    assert (str(first["METHOD"]), event["SEQUENCE"], str(event["STATUS"])) == ("CANCEL", 3, "CANCELLED")
    assert str(event["ATTENDEE"]) == "mailto:alva@example.org" and event["ATTENDEE"].params["RSVP"] == "FALSE"
    assert str(event["ORGANIZER"]) == "mailto:hej@station.example"
    second = IcsCalendarStream.calendar_from_ics(data.decode())
    assert second.method == "CANCEL" and str(second.events[0].attendees[0].uri) == "mailto:alva@example.org"
    third = vobject.readOne(data.decode())
    assert third.method.value == "CANCEL" and third.vevent.attendee.params["PARTSTAT"] == ["ACCEPTED"]


NAMES = st.text(max_size=60) | st.text(alphabet="\"^;:,\r\n\\nN' åä\x00\u2028", max_size=40)


@settings(max_examples=150, deadline=None)
@given(name=NAMES)
def test_names_stay_inside_of_their_quotes(name: str) -> None:
    """E18: nothing that a name holds becomes a parameter, a line or an address."""
    data = said(entry("2026-10-20T13:00", "2026-10-20T17:00"), attendee=Person(name, ALVA.email))
    assert set(all_faults(data)) <= OF_MESSAGES
    [event] = icalendar.Calendar.from_ical(data).walk("VEVENT")
    assert str(event["ATTENDEE"]) == "mailto:alva@example.org"
    assert set(event["ATTENDEE"].params) - {"CN"} == {"CUTYPE", "ROLE", "PARTSTAT", "RSVP"}
    [written] = re.findall(rb';CN="([^"]*)"$|$', people(data)[1][1])[:1]
    assert re.sub(r"\^(.)", lambda found: {"'": '"', "^": "^"}[found[1]], written.decode()) == clean_line(name)


def test_addresses_are_addresses() -> None:
    data = said(
        entry("2026-10-20T13:00", "2026-10-20T17:00"), attendee=Person("", "åsa+a?b&c=%@xn--sterker-exa.example")
    )
    assert people(data)[1][2] == b"mailto:%C3%A5sa+a%3Fb%26c%3D%25@xn--sterker-exa.example"
    assert b"CN=" not in people(data)[1][1]


# -- of real bookings --------------------------------------------------------------------------------------------------

SENDER = Sender("Stationen <hej@station.example>", "http://localhost")  # where the tests ask for feeds


def facts(booking: Booking) -> dict[str, Any]:
    instants = {name: getattr(booking, name).isoformat() for name in ("start", "end", "created_at", "changed_at")}
    names = ("id", "space_id", "uid", "title", "state", "sequence")
    return {name: getattr(booking, name) for name in names} | instants


def mailed(app: Flask, *booked: Booking, language: Any = "sv", **values: Any) -> EmailMessage:
    told = CalendarFacts(WRITER, {"bookings": [facts(booking) for booking in booked], **values})
    mail = outbox.queue(Receiver("alva@example.org", "Alva Lindqvist", language), "test", {}, now=NOW, calendar=told)
    return compose(app, mail, SENDER)


def calendar_in(message: EmailMessage) -> bytes:
    [found] = [part for part in message.walk() if part.get_content_type() == "application/ics"]
    return bytes(found.get_content())


def same_in_both(event: list[Any]) -> dict[bytes, Any]:
    """Give what of an entry must not differ between feed and mail."""
    return {name: (parameters, value) for name, parameters, value in event
            if name not in (b"DTSTAMP", b"ORGANIZER", b"ATTENDEE")}  # fmt: skip


@pytest.mark.parametrize("language", ["sv", "en"])
def test_feed_and_mail_say_the_same(app: Flask, small: Small, feeds: Feeds, poll: Any, language: Any) -> None:
    """A program that has both shows one booking, whichever comes first."""
    path = feeds.make(language=language)
    made = feeds.book(at(TUESDAY, "13:00", "17:00"), title="Möte; plan, 2")
    for step in ("booked", "moved", "cancelled"):
        with app.app_context(), transaction():
            alva = feeds.member()
            if step == "moved":
                bookings.move(alva, made, space_id=small.room, span=at(TUESDAY, "08:00", "09:00"), now=NOW, zone=ZONE)
            elif step == "cancelled":
                bookings.cancel(alva, made, now=NOW)
        with app.app_context(), transaction():
            message = mailed(app, db.session.get_one(Booking, made), language=language)
        [sent] = components(unfolded(calendar_in(message)), b"VEVENT")
        [fed] = components(unfolded(poll(path).data), b"VEVENT")
        assert same_in_both(sent) == same_in_both(fed), step
        assert set(all_faults(calendar_in(message))) <= OF_MESSAGES


def test_organizer_and_attendee_are_the_headers(app: Flask, feeds: Feeds) -> None:
    made = feeds.book(at(TUESDAY, "13:00", "17:00"))
    with app.app_context(), transaction():
        message = mailed(app, db.session.get_one(Booking, made))
    [event] = icalendar.Calendar.from_ical(calendar_in(message)).walk("VEVENT")
    assert str(event["ORGANIZER"]) == f"mailto:{message['From'].addresses[0].addr_spec}"
    assert str(event["ATTENDEE"]) == f"mailto:{message['To'].addresses[0].addr_spec}"
    assert event["ORGANIZER"].params["CN"] == "Stationen"
    [alternative] = [part for part in message.walk() if part.get_content_type() == "text/calendar"]
    assert alternative["Content-Type"].params["method"] == "REQUEST"


def test_mail_says_what_was_when_it_was_queued(app: Flask, small: Small, feeds: Feeds) -> None:
    made = feeds.book(at(TUESDAY, "13:00", "17:00"))
    with app.app_context(), transaction():
        told = CalendarFacts(WRITER, {"bookings": [facts(db.session.get_one(Booking, made))]})
        mail = outbox.queue(Receiver("alva@example.org", "A", "sv"), "test", {}, now=NOW, calendar=told)
        first = calendar_in(compose(app, mail, SENDER))
        bookings.move(feeds.member(), made, space_id=small.a2, span=at(TUESDAY, "08:00", "09:00"), now=NOW, zone=ZONE)
        assert calendar_in(compose(app, mail, SENDER)) == first
    assert b"SEQUENCE:0\r\n" in first and b"T130000\r\n" in first


def test_many_bookings_are_one_file(app: Flask, feeds: Feeds) -> None:
    made = [feeds.book(at(TUESDAY + timedelta(days=7 * week), "13:00", "17:00")) for week in range(3)]
    with app.app_context(), transaction():
        message = mailed(app, *(db.session.get_one(Booking, one) for one in made))
    assert len(by_icalendar(calendar_in(message))) == 3
    assert not [part for part in message.walk() if part.get_content_type() == "text/calendar"]


def test_house_without_a_sender_name_signs_with_its_own(app: Flask, feeds: Feeds) -> None:
    made = feeds.book(at(TUESDAY, "13:00", "17:00"))
    with app.app_context(), transaction():
        told = CalendarFacts(WRITER, {"bookings": [facts(db.session.get_one(Booking, made))]})
        mail = outbox.queue(Receiver("alva@example.org", "A"), "test", {}, now=NOW, calendar=told)
        data = calendar_in(compose(app, mail, Sender("hej@station.example", "https://station.example")))
    assert people(data)[0][1] == b';CN="Teststationen"'
