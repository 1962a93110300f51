"""What the calendar tests share: a strict reader of iCalendar that trusts none of our code, and feeds."""

from __future__ import annotations

import re
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from innovation_station import clock
from innovation_station.bookings import service as bookings
from innovation_station.bookings.models import Allocation, Booking
from innovation_station.calendars import feed_views, service
from innovation_station.calendars.rules import Setting, Today, feed_token
from innovation_station.calendars.scopes import Chosen
from innovation_station.calendars.service import MINE
from innovation_station.db import db, transaction
from innovation_station.members.models import Member
from innovation_station.spaces.models import Space
from innovation_station.timespan import Span
from tests.conftest import NOW, ZONE, Small

_PARAMETERS = rb"((?:;[A-Za-z0-9-]+=(?:\"[^\"]*\"|[^\";:,]*))*)"
LINE = re.compile(rb"([A-Za-z0-9-]+)" + _PARAMETERS + rb":(.*)", re.DOTALL)
TEXT_PROPERTIES = frozenset(
    b"SUMMARY DESCRIPTION LOCATION NAME X-WR-CALNAME X-WR-CALDESC CATEGORIES UID TZNAME".split()
)
ONE_EACH = b"UID DTSTAMP CREATED LAST-MODIFIED SEQUENCE DTSTART DTEND SUMMARY URL STATUS TRANSP".split()
FORBIDDEN = {b"METHOD": "F08", b"X-WR-TIMEZONE": "1.5", b"ATTENDEE": "E16", b"ORGANIZER": "E16"}
Property = tuple[bytes, bytes, bytes]


def unfolded(data: bytes) -> list[Property]:
    """Return the (name, parameters, value) of every content line; fail on a line that has no such form."""
    properties = []
    for line in data.replace(b"\r\n ", b"").removesuffix(b"\r\n").split(b"\r\n"):
        match = LINE.fullmatch(line)
        assert match, f"no content line: {line!r}"
        properties.append(match.groups())
    return properties


def components(properties: list[Property], kind: bytes) -> list[list[Property]]:
    """Return the direct properties of every component of `kind`, in order."""
    found: list[list[Property]] = []
    stack: list[bytes] = []
    for name, parameters, value in properties:
        if name == b"BEGIN":
            stack.append(value)
            if value == kind:
                found.append([])
        elif name == b"END":
            assert stack.pop() == value, "F06 components are not nested"
        elif stack[-1] == kind:
            found[-1].append((name, parameters, value))
    assert not stack, "F06 a component is not closed"
    return found


def file_faults(data: bytes) -> list[str]:
    """Name what is wrong with the bytes themselves (F01 to F06)."""
    faults = []
    if re.search(rb"(?<!\r)\n|\r(?!\n)", data) or not data.endswith(b"\r\n"):
        faults.append("F01 line ends")
    for number, line in enumerate(data.split(b"\r\n")[:-1], 1):
        if len(line) > 75:
            faults.append(f"F02 line {number} has {len(line)} octets")
        if not line.strip():
            faults.append(f"F06 line {number} is empty")
        try:
            line.decode("utf-8")
        except UnicodeDecodeError:
            faults.append(f"F04 line {number} breaks a character")
    if data.startswith(b"\xef\xbb\xbf"):
        faults.append("F03 byte order mark")
    if re.search(r"[\x00-\x09\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029]", data.decode("utf-8", "replace")):
        faults.append("F05 control character")
    return faults


def time_faults(first: tuple[bytes, bytes], last: tuple[bytes, bytes], zones: set[bytes]) -> list[str]:
    """Name what is wrong with the parameters and values of DTSTART and DTEND."""
    faults = []
    (start_zone, start), (end_zone, end) = first, last
    if start_zone != end_zone or start.endswith(b"Z") != end.endswith(b"Z"):
        faults.append("E04 ends of two types")
    if not start_zone and not start.endswith(b"Z"):
        faults.append("Z06 floating time")
    if start_zone == b";VALUE=DATE":
        if not (re.fullmatch(rb"\d{8}", start) and re.fullmatch(rb"\d{8}", end) and start < end):
            faults.append("E04 not whole days")
    elif start_zone and (not start_zone.startswith(b";TZID=") or start_zone[6:] not in zones):
        faults.append(f"Z01 {start_zone!r} is not defined")
    return faults


def event_faults(event: list[Property], zones: set[bytes]) -> list[str]:
    """Name what is wrong with one VEVENT (E and Z checks)."""
    faults = []
    names = Counter(name for name, _, _ in event)
    faults += [f"E17 {name!r} x {names[name]}" for name in ONE_EACH if names[name] != 1]
    values = {name: (parameters, value) for name, parameters, value in event}
    for name in (b"DTSTAMP", b"CREATED", b"LAST-MODIFIED"):
        if not re.fullmatch(rb"\d{8}T\d{6}Z", values[name][1]):
            faults.append(f"E03 {name!r} is not UTC")
    if values[b"DTSTAMP"] != values[b"LAST-MODIFIED"] or values[b"CREATED"] > values[b"LAST-MODIFIED"]:
        faults.append("E19 stamps out of order")
    faults += time_faults(values[b"DTSTART"], values[b"DTEND"], zones)
    if not values[b"SUMMARY"][1].strip():
        faults.append("E06 empty summary")
    if values[b"STATUS"][1] not in (b"CONFIRMED", b"CANCELLED", b"TENTATIVE"):
        faults.append("E07 status")
    if len(values[b"UID"][1]) > 255 or b"/" in values[b"UID"][1]:
        faults.append("E01 uid")
    return faults


def text_faults(properties: list[Property]) -> list[str]:
    """Name TEXT values that are not escaped exactly once, and properties that have no place in a feed."""
    faults = [f"{FORBIDDEN[name]} {name!r}" for name, _, _ in properties if name in FORBIDDEN]
    for name, _, value in properties:
        listed = rb",|" if name == b"CATEGORIES" else b""
        if name in TEXT_PROPERTIES and not re.fullmatch(
            rb"(?:" + listed + rb"\\[\\;,n]|[^\\;,\n\r])*", value, re.DOTALL
        ):
            faults.append(f"E08 {name!r} is not escaped once")
    return faults


def all_faults(data: bytes) -> list[str]:
    """Return every rule of the calendar checklist that `data` breaks; an empty list is a good calendar."""
    faults = file_faults(data)
    properties = unfolded(data)
    calendars = components(properties, b"VCALENDAR")
    events = components(properties, b"VEVENT")
    zones = {value for zone in components(properties, b"VTIMEZONE") for name, _, value in zone if name == b"TZID"}
    if len(calendars) != 1:
        faults.append("F06 not one calendar")
    head = {name: value for name, _, value in calendars[0]}
    faults += [f"F07 {name}" for name in ("VERSION", "PRODID") if name.encode() not in head]
    if head.get(b"NAME") != head.get(b"X-WR-CALNAME"):
        faults.append("F09 two names")
    if (b"REFRESH-INTERVAL", b";VALUE=DURATION", b"PT1H") not in calendars[0]:
        faults.append("F10 refresh interval")
    if head.get(b"X-PUBLISHED-TTL") != b"PT1H" or head.get(b"CALSCALE") != b"GREGORIAN":
        faults.append("F10 F11 head")
    if b"UID" in head:
        faults.append("F16 the calendar has a UID")
    if not events and not zones:
        faults.append("F15 no component")
    used = {parameters[6:] for event in events for name, parameters, _ in event if name == b"DTSTART"} - {b"", b"=DATE"}
    if events and zones - used:
        faults.append(f"Z02 unused {zones - used}")
    twins = Counter(tuple(line for line in event if line[0] != b"UID") for event in events)
    faults += ["F17 twins but for UID" for count in twins.values() if count > 1]
    uids = Counter(value for event in events for name, _, value in event if name == b"UID")
    faults += [f"E01 {uid!r} twice" for uid, count in uids.items() if count > 1]
    for event in events:
        faults += event_faults(event, zones)
    return faults + text_faults(properties)


@pytest.fixture(scope="session")
def ics_faults() -> Callable[[bytes], list[str]]:
    """Return the checker: bytes of a calendar in, names of broken rules out."""
    return all_faults


@pytest.fixture(scope="session")
def ics_properties() -> Callable[[bytes], list[Property]]:
    """Return the strict reader: bytes in, unfolded (name, parameters, value) out."""
    return unfolded


@dataclass
class Feeds:
    """Feeds of the small house, made without the page."""

    app: Flask
    small: Small

    def make(
        self, who: str = "alva", language: str = "sv", name: str = "Mina bokningar", chosen: Chosen = MINE
    ) -> str:  # fmt: skip
        """Make a feed and give the path of its address."""
        now = clock.now()
        base_url = self.app.config["STATION"].base_url or "http://localhost"
        today = Today.at(now, Setting(ZONE, base_url), 12)
        key = self.app.config["SECRET_KEY"]
        with self.app.app_context(), transaction():
            member = self.member(who)
            feed = service.create_feed(
                member,
                name=name,
                language=language,  # type: ignore[arg-type]
                secret_key=key,
                today=today,
                chosen=chosen,
            )
            return f"/feeds/{feed_token(key, member.id, feed.nonce)}.ics"

    def member(self, who: str = "alva") -> Member:
        """Give a person; only within an app context."""
        found = db.session.get(Member, self.small.people[who])
        assert found
        return found

    def book(self, span: Span, who: str = "alva", space: int = 0, title: str = "") -> int:
        """Book as the service does and give the booking's id; space 0 is the first desk."""
        with self.app.app_context(), transaction():
            booked = bookings.reserve(
                self.member(who), space or self.small.a1, span, now=clock.now(), zone=ZONE, title=title
            )
            return booked.id

    def of(self, scope: str, subject_id: int | None = None, who: str = "alva", **more: str | int) -> str:
        """Make a feed of something else than the own bookings, by default as much as all members may know."""
        level = "full" if scope in ("staff", "organisation") else "public"
        wanted: dict[str, Any] = {"scope": scope, "subject_id": subject_id, "level": level, **more}
        return self.make(who, str(wanted.pop("language", "sv")), scope, Chosen(**wanted))

    def take(self, count: int, first: datetime, space: int = 0, who: str = "alva", **changes: object) -> list[int]:
        """Write `count` bookings of an hour, an hour apart, with the time they take, as `insert` does."""
        ids = []
        space = space or self.small.a1
        with self.app.app_context(), transaction() as session:
            session.get_one(Space, space).revision += 1
            for number in range(count):
                start = first + timedelta(hours=number)
                values: dict[str, object] = {
                    "uid": str(uuid.uuid4()), "member_id": self.small.people[who], "space_id": space,
                    "start": start, "end": start + timedelta(hours=1), "title": f"Timme {number}",
                    "created_at": NOW, "changed_at": NOW,
                }  # fmt: skip
                booking = Booking(**{**values, **changes})
                session.add(booking)
                session.flush()
                for part in Span(booking.start, booking.end).by_local_day(ZONE):
                    session.add(Allocation(space_id=space, start=part.start, end=part.end, booking_id=booking.id))
                ids.append(booking.id)
        return ids

    def insert(self, count: int, first: datetime, who: str = "alva", **changes: object) -> None:
        """Write `count` bookings of an hour, a day apart, past the rules and without telling anybody."""
        with self.app.app_context(), transaction() as session:
            session.get_one(Member, self.small.people[who]).bookings_revision += 1
            for number in range(count):
                start = first + timedelta(days=number)
                values: dict[str, object] = {
                    "uid": str(uuid.uuid4()), "member_id": self.small.people[who], "space_id": self.small.a1,
                    "start": start, "end": start + timedelta(hours=1), "title": f"Dag {number}",
                    "created_at": NOW, "changed_at": NOW,
                }  # fmt: skip
                session.add(Booking(**{**values, **changes}))


@pytest.fixture
def feeds(app: Flask, small: Small) -> Feeds:
    """Give a maker of feeds and bookings; nothing is kept from the test before."""
    feed_views._tried.clear()
    return Feeds(app, small)


@pytest.fixture
def poll(app: Flask) -> Callable[..., TestResponse]:
    """Give a calendar program: it keeps no cookies and sends the headers it is given."""

    def fetch(path: str, method: str = "GET", **headers: str) -> TestResponse:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return app.test_client(use_cookies=False).open(path, method=method, headers=named)

    return fetch
