"""Events that one goes to, in calendars: what mails tell, to put in, to change, to take out (see `invitations`), and a
member's own feed, which has them under the same UIDs.

An event of one day is a REQUEST, and a CANCEL when it is off. One of several days is an entry a day, as in the feeds of
events, and these go as one file with METHOD:PUBLISH: a REQUEST with several UIDs is read up to the first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from flask import Flask, current_app

from innovation_station.calendars import itip
from innovation_station.calendars.event_entries import Telling, entries, session_entry
from innovation_station.calendars.event_entries import fragments as event_fragments
from innovation_station.calendars.ics import Entry
from innovation_station.calendars.itip import Person
from innovation_station.calendars.rules import UID_HOST, WORDS, Edition, Today
from innovation_station.events import queries as events
from innovation_station.events.models import Session
from innovation_station.events.rules import is_web
from innovation_station.i18n import gettext as _
from innovation_station.i18n import speaking
from innovation_station.mail import calendar
from innovation_station.mail.calendar import Envelope
from innovation_station.mail.rules import CalendarPart
from innovation_station.registration import queries
from innovation_station.registration.models import Registration
from innovation_station.spaces.queries import house as read_house
from innovation_station.spaces.rules import House, Language

WRITER = "registrations"


def init_app(app: Flask) -> None:
    """Have mails about registrations carry their calendar part."""
    calendar.register(app, WRITER, write)


def write(values: Mapping[str, Any], envelope: Envelope) -> CalendarPart:
    """Write the part of one mail; `values` are what `registration.telling` queued it with."""
    found = [
        _entry(values, day, number, envelope.language, envelope.base_url, off=values["off"])
        for number, day in enumerate(values["days"])
    ]
    known = len(found)
    found += [
        _entry(values, day, known + number, envelope.language, envelope.base_url, off=True)
        for number, day in enumerate(values["gone"])
    ]
    name, email = envelope.sender
    text = itip.message(
        found, current_app.config["ZONE"], made=envelope.written_at,
        organizer=Person(name or read_house().name, email), attendee=Person(*envelope.receiver),
    )  # fmt: skip
    return CalendarPart(itip.method_of(found), text)


def fragments(member_id: int, edition: Edition, house: House, today: Today) -> list[bytes]:
    """Write what a member goes to, and where they speak; four statements."""
    since = today.window.first, today.window.cancelled
    rows, spoken = queries.attended(member_id, *since), queries.spoken(member_id, *since)
    sessions = events.sessions_of({row.event_id for row in rows})
    how = Telling(house, edition.language, today.shared)
    found = [entry for row in rows for entry in _attended(row, sessions.get(row.event_id, ()), how)]
    found += [
        replace(session_entry(event, one, how), uid=f"speaking-{one.uid}{UID_HOST}") for one, event in spoken
    ]  # fmt: skip
    return event_fragments([_as_edition(entry, edition) for entry in found], today.shared)


def _attended(row: Registration, sessions: Sequence[Session], how: Telling) -> list[Entry]:
    """Say an event as one that a member has a place at, or has no more."""
    off = row.state == "cancelled"
    made, said = [], entries(row.event, sessions, how)
    if off:  # as the mail has taken it out: on the days that it was to be, wherever its event has gone since
        days = (tuple(map(datetime.fromisoformat, day)) for day in (row.knew or {})["days"])
        said = [replace(said[0], start=start, end=end, description="") for start, end in days]
    for number, entry in enumerate(said):
        given_back = off and row.event.state != "cancelled"
        summary = how.words["given_back"] + entry.summary if given_back else entry.summary
        made.append(replace(
            entry, uid=uid_of(row.uid, number), sequence=row.sequence, created=row.made_at, summary=summary,
            modified=max(entry.modified, row.changed_at), transparent=off or entry.transparent,
            status="CANCELLED" if off else entry.status,
        ))  # fmt: skip
    return made


def _as_edition(entry: Entry, edition: Edition) -> Entry:
    """Leave out what a feed does not tell, and have it remind."""
    if edition.level == "busy":
        return replace(entry, summary=WORDS[edition.language]["booked"], description="", location="", url="",
                       categories=())  # fmt: skip
    off = entry.status == "CANCELLED"
    return replace(entry, alarm=edition.remind if edition.remind and not off else None)


def uid_of(uid: str, number: int) -> str:
    """Name the entry of a day of a registration; that of the first keeps its name when an event gets longer."""
    return f"registration-{uid}{f'-{number + 1}' if number else ''}{UID_HOST}"


def _entry(
    values: Mapping[str, Any], day: list[str], number: int, spoken: Language, base_url: str, *, off: bool
) -> Entry:  # fmt: skip
    start, end = (datetime.fromisoformat(side) for side in day)
    title, where = values["titles"][spoken], values["where"]
    if where and not is_web(where):  # what is on the net has no street
        where = ", ".join(filter(None, (where, read_house().address[spoken])))
    with speaking(spoken):
        summary = _("Cancelled: %(title)s", title=title) if off else title
    return Entry(
        uid=uid_of(values["uid"], number), start=start, end=end, summary=summary,
        created=datetime.fromisoformat(values["created_at"]), modified=datetime.fromisoformat(values["changed_at"]),
        description="" if off else values["about"][spoken],
        location=where, url="" if off else base_url + values["path"],
        status="CANCELLED" if off else "CONFIRMED", sequence=values["sequence"], transparent=off,
    )  # fmt: skip
