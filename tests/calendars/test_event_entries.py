"""Events as entries: a calendar that was read by eye, and the same table in four programs over both changes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from innovation_station.calendars import event_entries, rules
from innovation_station.calendars.event_entries import Telling
from innovation_station.calendars.ics import calendar_bytes
from innovation_station.calendars.rules import Setting
from innovation_station.events.models import Event, Session
from innovation_station.spaces.rules import House, Language
from tests.calendars.conftest import all_faults
from tests.calendars.test_ics_engines import ENGINES, Times

GOLDEN = Path(__file__).parent / "golden" / "events.ics"
STOCKHOLM = ZoneInfo("Europe/Stockholm")
MADE = datetime(2026, 10, 1, 7, tzinfo=UTC)
HOUSE = replace(House.unknown(), name="Innovation Station Flemingsberg", address={"sv": "Moas båge, plan 6", "en": ""})


def how(language: Language = "sv") -> Telling:
    return Telling(HOUSE, language, Setting(STOCKHOLM, "https://station.example"))


def made(number: int, start: datetime, end: datetime, **more: Any) -> Event:
    """Give an event that is in no database."""
    given: dict[str, Any] = {
        "id": number, "uid": f"00000000-0000-4000-8000-{number:012}", "slug": f"evenemang-{number}",
        "state": "published", "visibility": "public", "category": "workshop", "format": "on-site", "link_key": "",
        "title_sv": f"Verkstad nr {number}", "title_en": "", "summary_sv": "", "summary_en": "", "online_url": "",
        "start": start, "end": end, "sequence": 0, "created_at": MADE, "changed_at": MADE, **more,
    }  # fmt: skip
    return Event(**given)


def session(number: int, start: datetime, end: datetime, title: str) -> Session:
    return Session(id=number, uid=f"s-{number}", start=start, end=end, title_sv=title, title_en="", space_id=None)


def written(found: list[Any], language: Language = "sv") -> bytes:
    told = how(language)
    name = event_entries.name_of(event_entries.filter_of(""), HOUSE, language)
    return calendar_bytes(name, rules.COLOUR, STOCKHOLM, event_entries.fragments(found, told.shared))


def golden() -> bytes:
    """Write what a house has in a week: two days with sessions, one that is off, one on the net, and a whole day."""
    at = datetime(2026, 11, 24, 8, tzinfo=UTC)
    days, hour = timedelta(days=1), timedelta(hours=1)
    two = made(1, at, at + days + 7 * hour, category="conference", title_sv="Innovations- och samverkansdagarna",
               summary_sv="Två dagar; keynote, panel och invigning.", sequence=2)  # fmt: skip
    sessions = [
        session(1, at, at + hour, "Keynote"),
        session(2, at + 3 * hour, at + 4 * hour, "Panel, fyra organisationer"),
        session(3, at + days + 5 * hour, at + days + 6 * hour, "Invigning"),
    ]
    told = how()
    found = event_entries.entries(two, sessions, told)
    off = made(2, at + 3 * days, at + 3 * days + hour, state="cancelled", sequence=1)
    net = made(3, at + 2 * days, at + 2 * days + hour, format="online", online_url="https://mote.example/r?a=1,2")
    night = datetime(2026, 11, 28, 23, tzinfo=UTC)
    whole = made(4, night, night + days, category="other", title_sv="Öppet hus")
    for event in (off, net, whole):
        found += event_entries.entries(event, [], told)
    return written(found)


def test_golden_events_are_unchanged_and_without_fault() -> None:
    """Compare with a file that was read by eye; a change of bytes makes every subscriber fetch again."""
    data = golden()
    assert all_faults(data) == []
    assert data == GOLDEN.read_bytes()


@pytest.mark.parametrize("read", ENGINES, ids=lambda read: read.__name__)
def test_every_hour_of_both_changes_is_read_alike(read: Callable[[bytes], Times]) -> None:
    events = [
        made(number, moment, moment + timedelta(hours=length))
        for number, (moment, length) in enumerate(
            (change + timedelta(minutes=30 * half), length)
            for change in (datetime(2026, 10, 25, 1, tzinfo=UTC), datetime(2027, 3, 28, 1, tzinfo=UTC))
            for half in range(-8, 9)
            for length in (1, 3)
        )
    ]
    told = how()
    data = written([entry for event in events for entry in event_entries.entries(event, [], told)])
    assert all_faults(data) == []
    seen = {uid: (start.astimezone(UTC), end.astimezone(UTC)) for uid, (start, end) in read(data).items()}
    assert seen == {f"event-{event.uid}{rules.UID_HOST}": (event.start, event.end) for event in events}
