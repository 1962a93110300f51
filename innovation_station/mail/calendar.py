"""The calendar part of a mail: what lets programs put a booking into a calendar, change it and take it out (RFC 6047).

A feature that can write one registers its writer by name; whoever queues a mail gives the facts under that name (see
`rules.CalendarFacts`). A mail whose writer is not there leaves without the part.

Decisions
- 2026-11: a REQUEST or CANCEL goes out twice, as Google Calendar sends it: as the last of the alternatives, which is
  what Outlook and Gmail act on, and as a file `invite.ics` for programs that only look at files (nodemailer#1202: "some
  clients support one, some the other"). Both are the same bytes, so that a program that reads both finds one thing.
  The file is application/ics, a type that no program takes for a second invitation.
- 2026-11: a PUBLISH is a file alone. It may hold many things, and as an alternative programs show the first one
  (gromox#262, ical.net#486); to import a file they all know how.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from typing import Any, Literal, cast

from flask import Flask

from innovation_station.mail.rules import CALENDAR, CalendarPart

_KEY = "station-mail-calendar"


@dataclass(frozen=True, slots=True)
class Envelope:
    """Who a mail is from and to (name, address), as its calendar part has to name them, and what else it hangs on.

    `written_at` is when the mail was queued: the same in each try.
    """

    sender: tuple[str, str]
    receiver: tuple[str, str]
    language: Literal["sv", "en"]
    base_url: str
    written_at: datetime


Writer = Callable[[Mapping[str, Any], Envelope], CalendarPart]


def register(app: Flask, name: str, writer: Writer) -> None:
    """Have calendar parts under this name written by this function; it runs in an app context."""
    app.extensions.setdefault(_KEY, {})[name] = writer


def part_of(app: Flask, content: Mapping[str, Any] | None, envelope: Envelope) -> CalendarPart | None:
    """Give the calendar part that a mail was queued with, None where it has none. Raises what its writer raises."""
    stored = (content or {}).get(CALENDAR)
    if stored is None:
        return None
    if "text" in stored:
        return CalendarPart(stored["method"], stored["text"])
    writers = cast(Mapping[str, Writer], app.extensions.get(_KEY, {}))
    writer = writers.get(stored["writer"])
    return writer(stored["values"], envelope) if writer else None


def attach(message: EmailMessage, part: CalendarPart) -> None:
    """Add a calendar part to a message that has its text and its HTML already."""
    data = part.text.encode("utf-8")  # as bytes: a text would lose its CRLF
    if part.method != "PUBLISH":
        parameters = {"charset": "UTF-8", "method": part.method}
        message.add_alternative(data, maintype="text", subtype="calendar", cte="base64", params=parameters)
    name = "bookings.ics" if part.method == "PUBLISH" else "invite.ics"
    message.add_attachment(
        data, maintype="application", subtype="ics", cte="base64", filename=name, params={"name": name}
    )
