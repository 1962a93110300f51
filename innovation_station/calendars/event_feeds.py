"""Public events as calendars: all of them or some, one of them, one session; no cookie, no account, the same for
everybody who asks in the same language."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from flask import Blueprint, Response, current_app, request
from flask.typing import ResponseReturnValue

from innovation_station.calendars import feed_views, rules
from innovation_station.calendars.event_entries import Telling, entries, fragments, name_of, session_entry
from innovation_station.calendars.ics import Entry, calendar_bytes
from innovation_station.calendars.installation import today as read_today
from innovation_station.errors import NotFound
from innovation_station.events import queries
from innovation_station.events.models import Event
from innovation_station.events.rules import Filter, Reader, may_see
from innovation_station.i18n import LANGUAGES
from innovation_station.organisations import queries as organisations
from innovation_station.spaces.queries import house as read_house
from innovation_station.spaces.rules import Language
from innovation_station.web import sessionless

pages = Blueprint("event_feeds", __name__)


@pages.get("/calendar/events.ics")
@sessionless
def every() -> ResponseReturnValue:
    """Give all public events, or those of the filters of the list; of the last year and to come, cancelled ones until
    they would have ended."""
    chosen, spoken, name = Filter.of(request.args), _language(), ""
    if chosen.organisation is not None:
        row = organisations.get(chosen.organisation)
        if row is None:
            raise NotFound
        name = name_of(chosen, read_house(), spoken, row.name_sv if spoken == "sv" else row.name_en)
    return feed_views.answer_events(request, chosen.query, spoken, name)


@pages.get("/events/<event_slug>.ics")
@sessionless
def event(event_slug: str) -> ResponseReturnValue:
    """Give one event."""
    row, how = _open(event_slug), _telling()
    sessions = queries.sessions_of([row.id]).get(row.id, [])
    return _answer(entries(row, sessions, how), how.title(row.titles), row.slug)


@pages.get("/events/<event_slug>/sessions/<id:event_session_id>.ics")
@sessionless
def session(event_slug: str, event_session_id: int) -> ResponseReturnValue:
    """Give one session of an event."""
    row, how = _open(event_slug), _telling()
    found = next((one for one in queries.sessions_of([row.id]).get(row.id, []) if one.id == event_session_id), None)
    if found is None:
        raise NotFound
    return _answer([session_entry(row, found, how)], how.title(found.titles), row.slug)


def _open(event_slug: str) -> Event:
    """Find an event that a program without a cookie may have: a public one, or by its link."""
    row = queries.by_slug(event_slug) if len(event_slug) <= 80 else None
    if row is None or not may_see(Reader(key=request.args.get("key", "")[:64]), row):
        raise NotFound
    return row


def _language() -> Language:
    """Give the language that the address names, else the house's: a program's own would make other bytes of one
    address."""
    asked = request.args.get("lang") or request.args.get("language")
    return asked if asked in LANGUAGES else current_app.config["STATION"].locale


def _telling() -> Telling:
    return Telling(read_house(), _language(), read_today().shared)


def _answer(found: Sequence[Entry], name: str, filename: str) -> Response:
    today = read_today()
    body = calendar_bytes(name, rules.COLOUR, today.shared.zone, fragments(found, today.shared))
    return feed_views.answer_file(request, body, _since(found), filename)


def _since(found: Iterable[Entry]) -> int | None:
    return max((int(entry.modified.timestamp()) for entry in found), default=None)
