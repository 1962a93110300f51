"""Public events as calendars: all of them, one of them, one session; no cookie, no account, the same for everybody.

An event of several days is an entry for each, from its first session to its last: one that lasts over the nights would
fill the calendar of who comes in the morning. The numbers of the days keep their UIDs when the event moves.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, Response, request, url_for
from flask.typing import ResponseReturnValue
from structlog import get_logger

from innovation_station import clock, markdown
from innovation_station.calendars.ics import Entry, calendar_bytes, event_bytes
from innovation_station.calendars.rules import COLOUR, UID_HOST
from innovation_station.errors import NotFound
from innovation_station.events import queries, rules
from innovation_station.events.models import Event, Session
from innovation_station.events.rules import Reader
from innovation_station.i18n import choose_language, local, zone
from innovation_station.spaces.queries import house as read_house
from innovation_station.spaces.rules import House, Language
from innovation_station.timespan import Span
from innovation_station.web import base_url, sessionless

pages = Blueprint("event_feeds", __name__)
log = get_logger(__name__)
PAST = timedelta(days=365)
CALENDAR = "text/calendar; charset=utf-8"
NAMES: dict[Language, str] = {"sv": "Evenemang", "en": "Events"}
CANCELLED: dict[Language, str] = {"sv": "Inställt: ", "en": "Cancelled: "}


@pages.get("/calendar/events.ics")
@sessionless
def every() -> ResponseReturnValue:
    """Give all public events, of the last year and to come; cancelled ones until they would have ended."""
    now, spoken = clock.now(), choose_language(request)
    found = queries.public_ahead(now, now - PAST)
    sessions, house = queries.sessions_of([event.id for event in found]), read_house()
    entries = [entry for event in found for entry in _entries(event, sessions.get(event.id, ()), house, spoken)]
    return _answer(entries, f"{NAMES[spoken]}, {house.name}", "evenemang")


@pages.get("/events/<event_slug>.ics")
@sessionless
def event(event_slug: str) -> ResponseReturnValue:
    """Give one event."""
    row, spoken = _open(event_slug), choose_language(request)
    sessions, house = queries.sessions_of([row.id]).get(row.id, []), read_house()
    return _answer(_entries(row, sessions, house, spoken), _title(row.titles, spoken), row.slug)


@pages.get("/events/<event_slug>/sessions/<id:event_session_id>.ics")
@sessionless
def session(event_slug: str, event_session_id: int) -> ResponseReturnValue:
    """Give one session of an event."""
    row, spoken = _open(event_slug), choose_language(request)
    found = next((one for one in queries.sessions_of([row.id]).get(row.id, []) if one.id == event_session_id), None)
    if found is None:
        raise NotFound
    return _answer([_session_entry(row, found, read_house(), spoken)], _title(found.titles, spoken), row.slug)


def _open(event_slug: str) -> Event:
    """Find an event that a program without a cookie may have: a public one, or by its link."""
    row = queries.by_slug(event_slug) if len(event_slug) <= 80 else None
    if row is None or not rules.may_see(Reader(key=request.args.get("key", "")[:64]), row):
        raise NotFound
    return row


def _title(texts: tuple[str, str], spoken: Language) -> str:
    return rules.in_language(texts, spoken)[0]


def _entries(row: Event, sessions: Sequence[Session], house: House, spoken: Language) -> list[Entry]:
    spans = _days(row, sessions)
    numbered = enumerate(spans, 1 if len(spans) > 1 else 0)
    return [_entry(row, span, number, house, spoken, sessions) for number, span in numbered]


def _days(row: Event, sessions: Sequence[Session]) -> list[Span]:
    """Give the hours of each day of an event: those of its sessions, cut to its own; of one day the event's."""
    days = rules.days_of(row.span, zone())
    if len(days) == 1:
        return [row.span]
    found = []
    for day in days:
        mine = [one.span for one in sessions if local(one.start).date() == day]
        if mine:
            found.append(Span(min(one.start for one in mine), max(one.end for one in mine)))
    return found or [row.span]


def _entry(
    row: Event, span: Span, number: int, house: House, spoken: Language, sessions: Sequence[Session]
) -> Entry:  # fmt: skip
    about = rules.in_language((row.summary_sv, row.summary_en), spoken)[0]
    mine = (one for one in sessions if span.contains(one.span))
    programme = [f"{local(one.start):%H:%M} {_title(one.titles, spoken)}" for one in mine]
    return Entry(
        uid=f"event-{row.uid}{f'-{number}' if number else ''}{UID_HOST}", start=span.start, end=span.end,
        summary=_prefix(row, spoken) + _title(row.titles, spoken), created=row.created_at, modified=row.changed_at,
        description="\n".join(filter(None, (about, *programme))), location=_where(row, sessions, house, spoken),
        url=_address(row), status="CANCELLED" if row.state == "cancelled" else "CONFIRMED", sequence=row.sequence,
        transparent=row.state == "cancelled",
    )  # fmt: skip


def _session_entry(row: Event, one: Session, house: House, spoken: Language) -> Entry:
    about = markdown.plain(rules.in_language((one.about_sv, one.about_en), spoken)[0])
    place = house.places[one.space_id].name if one.space_id in house.places else one.elsewhere  # type: ignore[index]
    return Entry(
        uid=f"session-{one.uid}{UID_HOST}", start=one.start, end=one.end,
        summary=_prefix(row, spoken) + _title(one.titles, spoken), created=row.created_at, modified=row.changed_at,
        description="\n".join(filter(None, (_title(row.titles, spoken), about))),
        location=", ".join(filter(None, (place, house.name))), url=_address(row),
        status="CANCELLED" if row.state == "cancelled" else "CONFIRMED", sequence=one.sequence,
        transparent=row.state == "cancelled",
    )  # fmt: skip


def _prefix(row: Event, spoken: Language) -> str:
    return CANCELLED[spoken] if row.state == "cancelled" else ""


def _where(row: Event, sessions: Sequence[Session], house: House, spoken: Language) -> str:
    if row.format == "online":
        return row.online_url
    used = dict.fromkeys(one.space_id for one in sessions if one.space_id in house.places)
    names = [house.places[space_id].name for space_id in used if space_id is not None]
    return ", ".join([*names[:3], house.name, house.address[spoken]]).strip(", ")


def _address(row: Event) -> str:
    more: dict[str, Any] = {"key": row.link_key} if row.visibility == "link" else {}
    return base_url() + url_for("events.show", event_slug=row.slug, **more)


def _answer(entries: Sequence[Entry], name: str, filename: str) -> Response:
    fragments = []
    for entry in entries:
        try:
            fragments.append(event_bytes(entry, zone()))
        except ValueError as error:
            log.error("entry left out of a feed of events", uid=entry.uid, reason=str(error))
    body = calendar_bytes(name, COLOUR, zone(), fragments)
    answer = Response(body, content_type=CALENDAR)
    answer.set_etag(hashlib.sha256(body).hexdigest()[:32])
    answer.headers["Cache-Control"] = "public, max-age=300"
    answer.headers["Content-Disposition"] = f'inline; filename="{filename}.ics"'
    answer.headers["X-Robots-Tag"] = "noindex"
    answer.vary.update(("Accept-Language",))
    changed = max((entry.modified for entry in entries), default=None)
    if changed is not None and changed < clock.now() - timedelta(seconds=2):
        answer.last_modified = _second(changed)
    return answer.make_conditional(request)  # type: ignore[return-value]


def _second(at: datetime) -> datetime:
    return at.replace(microsecond=0)
