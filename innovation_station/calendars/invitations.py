"""What mails about bookings tell calendar programs: an entry to put in, to change, to take out.

The UID, the SEQUENCE and the words are those of the feeds, so that a program that has the feed and the mail shows one
booking, and does not take a change of Tuesday for news on Wednesday.

Written when the mail leaves, from facts that were stored with it: those of the moment it was queued. A booking that has
been moved since is told of by the next mail, with the next SEQUENCE, and never by the one before.

Decisions
- 2026-11: a booking is sent to its own member as a REQUEST with PARTSTAT=ACCEPTED and RSVP=FALSE. Who booked has said
  yes already, and nobody reads answers. Gmail then shows it as accepted and puts it in; Outlook puts it in and may ask
  all the same (adamgibbons/ics#255), which does no harm. Rejected: METHOD:PUBLISH, which Outlook files away as an
  attachment and no program takes back (SergeyMosin/Appointments#647).
- 2026-11: guests are asked with PARTSTAT=NEEDS-ACTION, also with RSVP=FALSE: they answer by the link in the mail. Who
  queues their mail gives the words of the entry with it (`visit`): what a member reads of a booking is not for them.
- 2026-11: several bookings of one mail (a series, a membership that ends) go as one file with METHOD:PUBLISH. Each has
  a UID of its own, and a REQUEST with several is read up to the first (RFC 5546 3.2.2, grommunio/gromox#262). A mail
  for each would fill the inbox with what one tap did. Rejected: one VEVENT with an RRULE, whose dates could not be
  moved or cancelled one by one under the UIDs that the feed gives them.
- 2026-11: the organizer is who the mail is from (M05): Outlook drops what comes from somebody else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from flask import Flask, current_app

from innovation_station.calendars import contents, itip, rules
from innovation_station.calendars.itip import Person
from innovation_station.calendars.rules import Setting
from innovation_station.mail import calendar
from innovation_station.mail.calendar import Envelope
from innovation_station.mail.rules import CalendarPart
from innovation_station.spaces.queries import house as read_house

WRITER = "bookings"


@dataclass(frozen=True, slots=True)
class Booked:
    """A booking as it was when a mail about it was queued; what `rules.entry` needs."""

    id: int
    space_id: int
    uid: str
    start: datetime
    end: datetime
    title: str
    state: str
    sequence: int
    created_at: datetime
    changed_at: datetime
    revision: int = 0
    released_at: datetime | None = None

    @classmethod
    def read(cls, facts: Mapping[str, Any]) -> Booked:
        """Read what a mail was queued with; see `bookings.telling`."""
        instants = {
            name: datetime.fromisoformat(facts[name])
            for name in ("start", "end", "created_at", "changed_at", "released_at")
            if name in facts
        }
        return cls(**{**facts, **instants})


def init_app(app: Flask) -> None:
    """Have mails about bookings carry their calendar part."""
    calendar.register(app, WRITER, write)


def write(values: Mapping[str, Any], envelope: Envelope) -> CalendarPart:
    """Write the part of one mail: `values` are the facts of its bookings, and how its receiver has answered."""
    house, shared = read_house(), Setting(current_app.config["ZONE"], envelope.base_url)
    book = contents.phrasebook(house, envelope.language, shared)
    booked = [Booked.read(facts) for facts in values["bookings"]]
    entries = [rules.entry(one, book.words[one.space_id], shared.base_url) for one in booked]
    if visit := values.get("visit"):
        url = shared.base_url + visit["path"] if visit["path"] else ""
        words = {"summary": visit["summary"], "description": visit["description"], "url": url}
        entries = [replace(entry, **words) for entry in entries]
    name, email = envelope.sender
    text = itip.message(
        entries, shared.zone, made=envelope.written_at, organizer=Person(name or house.name, email),
        attendee=Person(*envelope.receiver), answer=values.get("answer", "ACCEPTED"),
    )  # fmt: skip
    return CalendarPart(itip.method_of(entries), text)
