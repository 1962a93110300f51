"""The same calendar read by four programs that know nothing of each other: all must see our own table.

icalendar, allenporter's ical and vobject parse; recurring-ical-events expands. Each reads the file twice: as
it is, where most trust the IANA name, and with the zone renamed, where they must believe our VTIMEZONE.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import icalendar
import pytest
import recurring_ical_events
import vobject
from hypothesis import given, settings
from hypothesis import strategies as st
from ical.calendar_stream import IcsCalendarStream

from innovation_station.calendars.ics import Entry, calendar_bytes, clean, clean_line, event_bytes

Times = dict[str, tuple[datetime, datetime]]
ZONES = ["Europe/Stockholm", "Australia/Sydney", "Australia/Lord_Howe", "Asia/Tokyo"]


def made(number: int, start: datetime, minutes: int) -> Entry:
    """Return entry `number`, with an address of its own."""
    return Entry(
        uid=f"booking-{number}@station.example",
        start=start,
        end=start + timedelta(minutes=minutes),
        summary=f"Skrivbord A{number}",
        created=datetime(2026, 1, 1, tzinfo=UTC),
        modified=datetime(2026, 1, 2, tzinfo=UTC),
        url=f"https://station.example/bookings/{number}",
    )


def year_of_entries(zone: ZoneInfo) -> list[Entry]:
    """Return entries in every half hour round each change of a year, and one a day through it."""
    first = datetime(2026, 6, 1, tzinfo=UTC)
    hours = [first + timedelta(hours=hour) for hour in range(24 * 366)]
    entries = [made(day, first + timedelta(days=day, hours=day % 24), 60) for day in range(366)]
    for before, after in pairwise(hours):
        if before.astimezone(zone).utcoffset() != after.astimezone(zone).utcoffset():
            for half in range(-8, 9):
                for minutes in (30, 90):
                    entries.append(made(len(entries), after + timedelta(minutes=30 * half), minutes))
    return entries


def by_icalendar(data: bytes) -> Times:
    """Read with icalendar."""
    calendar = icalendar.Calendar.from_ical(data)
    assert not calendar.errors
    return {str(event["UID"]): (event.start, event.end) for event in calendar.walk("VEVENT")}


def by_recurring_ical_events(data: bytes) -> Times:
    """Expand with recurring-ical-events."""
    query = recurring_ical_events.of(icalendar.Calendar.from_ical(data))
    found = query.between(datetime(2026, 1, 1, tzinfo=UTC), datetime(2028, 1, 1, tzinfo=UTC))
    return {str(event["UID"]): (event.start, event.end) for event in found}


def by_ical(data: bytes) -> Times:
    """Read with allenporter's ical."""
    calendar = IcsCalendarStream.calendar_from_ics(data.decode())
    return {event.uid: (event.dtstart, event.dtend) for event in calendar.events}


def by_vobject(data: bytes) -> Times:
    """Read with vobject, which resolves zones by dateutil."""
    calendar = vobject.readOne(data.decode())
    return {event.uid.value: (event.dtstart.value, event.dtend.value) for event in calendar.vevent_list}


ENGINES: list[Callable[[bytes], Times]] = [by_icalendar, by_recurring_ical_events, by_ical, by_vobject]


@pytest.fixture(scope="module")
def years() -> dict[str, tuple[list[Entry], bytes]]:
    """Return the year of each zone with its calendar, made once."""
    result = {}
    for key in ZONES:
        entries = year_of_entries(ZoneInfo(key))
        fragments = [event_bytes(each, ZoneInfo(key)) for each in entries]
        result[key] = (entries, calendar_bytes("År", "seagreen", ZoneInfo(key), fragments))
    return result


@pytest.mark.parametrize("renamed", [False, True], ids=["iana-name", "our-vtimezone"])
@pytest.mark.parametrize("read", ENGINES, ids=lambda read: read.__name__)
@pytest.mark.parametrize("key", ZONES)
def test_every_hour_of_both_changes_is_read_alike(
    key: str, read: Callable[[bytes], Times], renamed: bool, years: dict[str, tuple[list[Entry], bytes]]
) -> None:
    """Z09: the table of the application and that of the program are the same, in UTC."""
    if renamed and read is by_ical and key == "Asia/Tokyo":
        pytest.skip("ical 14.3 takes no onset from a DTSTART without RRULE; it knows the IANA name, which it reads")
    entries, data = years[key]
    if renamed:
        # A name for each zone: icalendar and vobject remember zones by name as long as the process lives.
        data = data.replace(key.encode(), b"X-" + key[-9:].encode())
    seen = {uid: (start.astimezone(UTC), end.astimezone(UTC)) for uid, (start, end) in read(data).items()}
    assert seen == {each.uid: (each.start, each.end) for each in entries}


@pytest.mark.parametrize("read", ENGINES, ids=lambda read: read.__name__)
def test_empty_calendar_is_read(read: Callable[[bytes], Times]) -> None:
    """F15: a VTIMEZONE alone."""
    data = calendar_bytes("Tom", "seagreen", ZoneInfo("Europe/Stockholm"), [])
    if read is by_vobject:
        assert not hasattr(vobject.readOne(data.decode()), "vevent_list")
    else:
        assert read(data) == {}


TEXT = st.text(max_size=150) | st.text(alphabet=',;:\\\n\r nN="aå漢😀\x00\u2028', max_size=80)


@settings(max_examples=120, deadline=None)
@given(summary=TEXT, description=TEXT, location=TEXT)
def test_text_round_trips_through_icalendar(summary: str, description: str, location: str) -> None:
    """E14: what a person wrote, cleaned, is what a program reads."""
    stockholm = ZoneInfo("Europe/Stockholm")
    plain = made(1, datetime(2026, 11, 24, 12, tzinfo=UTC), 60)
    written = Entry(
        plain.uid,
        plain.start,
        plain.end,
        summary,
        plain.created,
        plain.modified,
        description,
        location,
        plain.url,
    )
    data = calendar_bytes("n", "seagreen", stockholm, [event_bytes(written, stockholm)])
    (event,) = icalendar.Calendar.from_ical(data).walk("VEVENT")
    assert str(event["SUMMARY"]) == (clean_line(summary) or clean_line(location) or "Innovation Station")
    assert str(event.get("DESCRIPTION", "")) == clean(description)
    assert str(event.get("LOCATION", "")) == clean(location)
    assert not event.errors


def test_all_properties_reach_three_programs() -> None:
    """Status, sequence, categories and address arrive with the times."""
    stockholm = ZoneInfo("Europe/Stockholm")
    start = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    entry = Entry(
        "b-1@station.example",
        start,
        start + timedelta(hours=1),
        "Avbokad: A3, Perrongen",
        start - timedelta(days=9),
        start - timedelta(days=2),
        url="https://station.example/bookings/1",
        status="CANCELLED",
        sequence=4,
        categories=("Skrivbord", "tyst, ljus"),
    )
    data = calendar_bytes("n", "seagreen", stockholm, [event_bytes(entry, stockholm)])
    (first,) = icalendar.Calendar.from_ical(data).walk("VEVENT")
    assert (first["SEQUENCE"], str(first["STATUS"]), str(first["TRANSP"])) == (4, "CANCELLED", "TRANSPARENT")
    assert [str(item) for item in first["CATEGORIES"].cats] == ["Skrivbord", "tyst, ljus"]
    (second,) = IcsCalendarStream.calendar_from_ics(data.decode()).events
    assert (second.sequence, second.status, second.transparency) == (4, "CANCELLED", "TRANSPARENT")
    assert str(second.url) == "https://station.example/bookings/1"
    third = vobject.readOne(data.decode()).vevent
    assert (third.sequence.value, third.status.value, third.summary.value) == (
        "4",
        "CANCELLED",
        entry.summary,
    )
