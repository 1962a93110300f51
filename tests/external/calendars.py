"""Calendars as others write them, for the tests of reading and of what stands on it."""

from __future__ import annotations

from datetime import UTC, datetime

from innovation_station.external import reading
from innovation_station.external.reading import Ask, Reading
from innovation_station.timespan import Span

STOCKHOLM = "Europe/Stockholm"
WITHIN = Span(datetime(2026, 3, 1, tzinfo=UTC), datetime(2027, 4, 1, tzinfo=UTC))
ASK = Ask(WITHIN, STOCKHOLM)
ODD_ZONE = (
    "BEGIN:VTIMEZONE\nTZID:Customized Time Zone\nBEGIN:STANDARD\nDTSTART:16010101T030000\nTZOFFSETFROM:+0200\n"
    "TZOFFSETTO:+0100\nRRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10\nEND:STANDARD\nBEGIN:DAYLIGHT\nDTSTART:16010101T020000\n"
    "TZOFFSETFROM:+0100\nTZOFFSETTO:+0200\nRRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=3\nEND:DAYLIGHT\n"
    "END:VTIMEZONE\n"
)


def event(text: str, uid: str = "one@example.org") -> str:
    """Write a VEVENT of the lines given; without a UID where that is empty."""
    own = f"UID:{uid}\n" if uid else ""
    return f"BEGIN:VEVENT\n{own}DTSTAMP:20260101T000000Z\n{text.strip()}\nEND:VEVENT\n"


def calendar(*parts: str, head: str = "") -> bytes:
    """Write a calendar of components."""
    head = head and head.strip() + "\n"
    text = f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//elsewhere//EN\n{head}{''.join(parts)}END:VCALENDAR\n"
    return text.replace("\n", "\r\n").encode()


def read(*parts: str, head: str = "", zone: str | None = None, within: Span = WITHIN) -> Reading:
    """Read a calendar of components."""
    return reading.read(calendar(*parts, head=head), Ask(within, STOCKHOLM, zone))


def times(result: Reading) -> list[str]:
    """Give the busy times of a reading as text, UTC."""
    return [f"{entry.start:%Y-%m-%d %H:%M}/{entry.end:%Y-%m-%d %H:%M}" for entry in result.busy]


def codes(result: Reading) -> list[str]:
    """Give the codes of a reading's problems."""
    return [problem.code for problem in result.problems]
