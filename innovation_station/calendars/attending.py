"""What mails about registrations tell calendar programs: an entry to put in, to change, to take out; see `invitations`.

An event of one day is a REQUEST, and a CANCEL when it is off. One of several days is an entry a day, as in the feeds of
events, and these go as one file with METHOD:PUBLISH: a REQUEST with several UIDs is read up to the first.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask import Flask, current_app

from innovation_station.calendars import itip
from innovation_station.calendars.ics import Entry
from innovation_station.calendars.itip import Person
from innovation_station.calendars.rules import UID_HOST
from innovation_station.i18n import gettext as _
from innovation_station.i18n import speaking
from innovation_station.mail import calendar
from innovation_station.mail.calendar import Envelope
from innovation_station.mail.rules import CalendarPart
from innovation_station.spaces.queries import house as read_house
from innovation_station.spaces.rules import Language

WRITER = "registrations"


def init_app(app: Flask) -> None:
    """Have mails about registrations carry their calendar part."""
    calendar.register(app, WRITER, write)


def write(values: Mapping[str, Any], envelope: Envelope) -> CalendarPart:
    """Write the part of one mail; `values` are what `registration.telling` queued it with."""
    entries = [
        _entry(values, day, number, envelope.language, envelope.base_url, off=values["off"])
        for number, day in enumerate(values["days"])
    ]
    known = len(entries)
    entries += [
        _entry(values, day, known + number, envelope.language, envelope.base_url, off=True)
        for number, day in enumerate(values["gone"])
    ]
    name, email = envelope.sender
    text = itip.message(
        entries, current_app.config["ZONE"], made=envelope.written_at,
        organizer=Person(name or read_house().name, email), attendee=Person(*envelope.receiver),
    )  # fmt: skip
    return CalendarPart(itip.method_of(entries), text)


def uid_of(uid: str, number: int) -> str:
    """Name the entry of a day of a registration; that of the first keeps its name when an event gets longer."""
    return f"registration-{uid}{f'-{number + 1}' if number else ''}{UID_HOST}"


def _entry(
    values: Mapping[str, Any], day: list[str], number: int, spoken: Language, base_url: str, *, off: bool
) -> Entry:  # fmt: skip
    start, end = (datetime.fromisoformat(side) for side in day)
    house = read_house()
    title = values["titles"][spoken]
    with speaking(spoken):
        summary = _("Cancelled: %(title)s", title=title) if off else title
    return Entry(
        uid=uid_of(values["uid"], number), start=start, end=end, summary=summary,
        created=datetime.fromisoformat(values["created_at"]), modified=datetime.fromisoformat(values["changed_at"]),
        description="" if off else values["about"][spoken],
        location=", ".join(filter(None, (values["where"], house.address[spoken]))),
        url="" if off else base_url + values["path"], status="CANCELLED" if off else "CONFIRMED",
        sequence=values["sequence"], transparent=off,
    )  # fmt: skip
