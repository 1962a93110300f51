"""Write iCalendar messages from the house to one person (RFC 5546): put this into your calendar, take it out.

Pure and deterministic, as ics.py is: what is retried is the same bytes. Texts are cleaned and never raise.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from urllib.parse import quote
from zoneinfo import ZoneInfo

from innovation_station.calendars.ics import END, PRODID, Entry, clean_line, event_bytes, folded, is_local
from innovation_station.calendars.vtimezone import zone_text

Method = Literal["REQUEST", "CANCEL", "PUBLISH"]
Answer = Literal["ACCEPTED", "NEEDS-ACTION"]
_LOCAL_PART = "!$'*+-._~"  # what a mailto: address may hold as it is (RFC 6068)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with an address; the name may be empty."""

    name: str
    email: str


def method_of(entries: Sequence[Entry]) -> Method:
    """Give the method that a message about some entries has: several things fit into no REQUEST."""
    if len(entries) != 1:
        return "PUBLISH"
    return "CANCEL" if entries[0].status == "CANCELLED" else "REQUEST"


def message(
    entries: Sequence[Entry], zone: ZoneInfo, *, made: datetime, organizer: Person, attendee: Person,
    answer: Answer = "ACCEPTED",
) -> str:  # fmt: skip
    """Return a whole iCalendar object about some entries, for `attendee`, from `organizer`; see `method_of`.

    `made` is when the message was written (DTSTAMP, which with a METHOD is no longer that of the last change:
    RFC 5545 3.8.7.2). Raises ValueError for no entry at all.
    """
    if not entries:
        raise ValueError("a message about nothing")
    method = method_of(entries)
    people = [_who("ORGANIZER", organizer)]
    if method != "PUBLISH":  # which has an organizer and nobody else (RFC 5546 3.2.1)
        parameters = f";CUTYPE=INDIVIDUAL;ROLE=REQ-PARTICIPANT;PARTSTAT={answer};RSVP=FALSE"
        people.append(_who("ATTENDEE", attendee, parameters))
    body = b"".join(event_bytes(entry, zone, made=made, people=people) for entry in entries)
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", f"PRODID:{PRODID}", "CALSCALE:GREGORIAN", f"METHOD:{method}", ""]
    zones = zone_text(zone).block if is_local(body) else b""
    return (folded(lines) + zones + body + END).decode("utf-8")


def _who(name: str, person: Person, parameters: str = "") -> str:
    called = clean_line(person.name)
    common = f";CN={_quoted(called)}" if called else ""
    local, _, domain = person.email.rpartition("@")
    return f"{name}{parameters}{common}:mailto:{quote(local, safe=_LOCAL_PART)}@{quote(domain, safe=_LOCAL_PART)}"


def _quoted(text: str) -> str:
    """Quote the value of a parameter; what quotes cannot hold is written as RFC 6868 says."""
    return '"' + text.replace("^", "^^").replace('"', "^'") + '"'
