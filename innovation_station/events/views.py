"""Events as everybody reads them: the list, the month, the page, the picture, and the map for search engines."""

from __future__ import annotations

import hashlib
import re
from calendar import monthrange
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any

from flask import Blueprint, Response, make_response, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from innovation_station import clock, pictures
from innovation_station.delivery import A_YEAR, static_url
from innovation_station.errors import NotFound
from innovation_station.events import beside, embeds, linked, queries, rules, words
from innovation_station.events.beside import Looked
from innovation_station.events.models import Event
from innovation_station.events.queries import Wanted
from innovation_station.events.rules import Filter, Reader
from innovation_station.i18n import capital, language, local, month_name, weekday_short, zone
from innovation_station.i18n import gettext as _
from innovation_station.organisations import queries as organisations
from innovation_station.organisations.words import name_of
from innovation_station.timespan import Span, to_utc
from innovation_station.web import base_url, current_house, sessionless, visitor

pages = Blueprint("events", __name__)
_MONTH = re.compile(r"(20[0-9]{2})-(0[1-9]|1[0-2])")


@pages.get("/events")
def index() -> ResponseReturnValue:
    """List what is to come, what was, or a month of it."""
    now = clock.now()
    month = _month(request.args.get("month"), local(now).date())
    chosen, organisation = _chosen()
    wanted = Wanted(
        category=chosen.category, format=chosen.format, organisation=chosen.organisation,
        past=request.args.get("when") == "past", span=_span_of(month) if month else None,
    )  # fmt: skip
    found = queries.listing(_reader(), wanted, now)
    ids = [event.id for event in found]
    parties, spaces, house = queries.parties(ids), queries.spaces_of(ids), current_house()
    cards = [
        words.card(event, house, spaces.get(event.id, ()), parties.get(event.id, ()), now) for event in found
    ]  # fmt: skip
    notes = beside.list_notes(found, now)
    cards = [card | {"note": notes.get(card["id"])} for card in cards]
    page = {
        "cards": cards, "filters": _filters(wanted, month, organisation), "views": _views(wanted, month, now),
        "month": _calendar(month, found, cards, local(now).date()) if month else None,
        "embed": embeds.of_list(wanted.category), "feed": _feed(chosen, organisation), "past": wanted.past,
        "canonical": base_url() + url_for("events.index"),
        "heading": capital(month_name(month)) if month else _("Past events") if wanted.past else _("Events"),
    }  # fmt: skip
    return conditional("events/index.html", page)


@pages.get("/events/<event_slug>")
def show(event_slug: str) -> ResponseReturnValue:
    """Show an event to whom it is for."""
    return conditional("events/show.html", page_of(readable(event_slug)))


def page_of(event: Event, typed: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Gather what the page of an event shows; `typed` is what was sent from it and could not be done, and why."""
    key = request.args.get("key", "")[:64]
    whole, house, now = queries.whole(event), current_house(), clock.now()
    page = words.page(whole, house, now, key if event.visibility == "link" else "")
    others = [words.brief(one) for one in queries.in_group(event) if one.end > now]
    known = visitor()
    page |= {
        "others": others, "head": linked.head(whole, house),
        "manage": url_for("staff_events.edit", event_id=event.id)
        if known and rules.may_manage_events(known.person) else None,
        "embed": embeds.of_page(event),
        "parts": beside.event_parts(Looked(event, known.person if known else None, now, page["more"], typed)),
    }  # fmt: skip
    return page


@pages.get("/events/<event_slug>/cover")
@sessionless
def cover(event_slug: str) -> Response:
    """Give an event's picture to whom the event is for; for ever under the revision it has."""
    event = _known(event_slug)
    right, is_open = request.args.get("v", "") == str(event.cover_revision), rules.may_see(Reader(None), event)
    stored = queries.cover(event.id) if is_open or rules.may_see(_reader(), event) else None
    if stored is None:
        raise NotFound
    answer = Response(stored.body, mimetype=pictures.TYPE)
    answer.headers["Cache-Control"] = A_YEAR if is_open and right else "private, no-cache"
    answer.headers["Content-Disposition"] = "inline; filename=cover.webp"
    return answer


@pages.get("/sitemap.xml")
@sessionless
def sitemap() -> Response:
    """Name the pages that search engines may know."""
    now = clock.now()
    found = queries.public_ahead(now, now - timedelta(days=365))
    base = base_url()
    addresses: list[tuple[str, datetime | None]] = [(base + "/", None), (base + url_for("events.index"), None)]
    addresses += [(linked.address_of(event.slug), event.changed_at) for event in found]
    addresses += beside.map_pages(now)
    answer = Response(linked.map_of(addresses), content_type="application/xml; charset=utf-8")
    answer.headers["Cache-Control"] = "public, max-age=3600"
    return answer


def readable(event_slug: str) -> Event:
    """Find an event that the reader may see. Raises NotFound, alike for what there is not and what is not theirs."""
    event = _known(event_slug)
    if not rules.may_see(_reader(), event):
        raise NotFound
    return event


def _known(event_slug: str) -> Event:
    event = queries.by_slug(event_slug) if len(event_slug) <= 80 else None
    if event is None:
        raise NotFound
    return event


def _reader() -> Reader:
    known = visitor()
    key = request.args.get("key", "")[:64]
    return queries.reader_of(known.person if known else None, local(clock.now()).date(), key)


def conditional(template: str, page: dict[str, Any], style: str = "css/events.css") -> ResponseReturnValue:
    """Render a page, or tell a visitor's browser that it has it already.

    Its tag is of all that it shows, in what language, and the form token that it carries. What is made for a member is
    kept nowhere, as all pages are that say who reads them.
    """
    if visitor() is not None:
        return render_template(template, page=page)
    said = [
        page, language(), current_house().revision, session.get("csrf_token", ""), template,
        static_url("css/station.css"), static_url(style), request.full_path,
    ]  # fmt: skip
    tag = hashlib.sha256(repr(said).encode("utf-8", "surrogatepass")).hexdigest()[:32]
    if request.if_none_match.contains_weak(tag) and not session.get("_flashes"):
        answer = Response(status=304, content_type="text/html; charset=utf-8")
    else:
        answer = make_response(render_template(template, page=page))
    answer.set_etag(tag, weak=True)
    answer.headers["Cache-Control"] = "private, no-cache"
    return answer


# -- the list ----------------------------------------------------------------------------------------------------------


def _month(text: str | None, today: date) -> date | None:
    if request.args.get("view") == "month" and not text:
        return today.replace(day=1)
    found = _MONTH.fullmatch(text or "")
    return date(int(found[1]), int(found[2]), 1) if found else None


def _span_of(month: date) -> Span:
    last = month + timedelta(days=monthrange(month.year, month.month)[1])
    return Span(to_utc(month, time(), zone()), to_utc(last, time(), zone()))


def _href(**given: str) -> str:
    chosen: dict[str, Any] = {name: value for name, value in given.items() if value}
    return url_for("events.index", **chosen)


def _chosen() -> tuple[Filter, str]:
    """Give what the list is filtered by, and what the organisation among it is called."""
    chosen = Filter.of(request.args)
    row = organisations.get(chosen.organisation) if chosen.organisation is not None else None
    return (chosen, name_of(row)) if row is not None else (replace(chosen, organisation=None), "")


def _kept(wanted: Wanted, month: date | None) -> dict[str, str]:
    return {
        "category": wanted.category, "format": wanted.format, "when": "past" if wanted.past else "",
        "organisation": str(wanted.organisation or ""), "month": f"{month:%Y-%m}" if month else "",
    }  # fmt: skip


def _filters(wanted: Wanted, month: date | None, organisation: str) -> list[dict[str, Any]]:
    kept = _kept(wanted, month)
    found: list[dict[str, Any]] = []
    if organisation:
        found.append({"label": organisation, "pressed": True, "href": _href(**kept | {"organisation": ""})})
    for name, names in (("category", words.category_names()), ("format", words.format_names())):
        for value, label in names.items():
            pressed = kept[name] == value
            found.append({"label": label, "pressed": pressed, "href": _href(**kept | {name: "" if pressed else value})})
    return found


def _feed(chosen: Filter, organisation: str) -> dict[str, Any]:
    """Give the calendar of what the list shows, whatever its month: the address, how programs open it, what is in it,
    and for who is logged in where to make one of all that they may see."""
    given: dict[str, Any] = dict(chosen.chosen)
    url = base_url() + url_for("event_feeds.every", lang=language(), **given)
    names = words.category_names() | words.format_names()
    what = [names[value] for value in (chosen.category, chosen.format) if value]
    return {
        "url": url, "webcal": "webcal" + url[url.index(":") :], "what": [*what, organisation] if organisation else what,
        "own": url_for("calendars.index", of="events", _anchor="new", **given) if visitor() else None,
    }  # fmt: skip


def _views(wanted: Wanted, month: date | None, now: datetime) -> list[dict[str, Any]]:
    kept = _kept(wanted, None) | {"when": ""}
    this = f"{local(now):%Y-%m}"
    return [
        {"label": _("To come"), "href": _href(**kept), "current": month is None and not wanted.past},
        {"label": _("Month"), "href": _href(**kept | {"month": this}), "current": month is not None},
        {"label": _("Past"), "href": _href(**kept | {"when": "past"}), "current": wanted.past},
    ]


def _calendar(month: date, found: Sequence[Event], cards: Sequence[dict[str, Any]], today: date) -> dict[str, Any]:
    """Lay a month out in weeks; each day names the events that touch it."""
    on: dict[date, list[dict[str, Any]]] = {}
    for event, card in zip(found, cards, strict=True):
        for day in rules.days_of(event.span, zone()):
            on.setdefault(day, []).append(card)
    first = month - timedelta(days=month.weekday())
    end = month + timedelta(days=monthrange(month.year, month.month)[1])
    weeks = []
    while first < end:
        days = [first + timedelta(days=ahead) for ahead in range(7)]
        weeks.append([
            {"date": day.isoformat(), "number": day.day, "out": day.month != month.month, "today": day == today,
             "events": on.get(day, []) if day.month == month.month else []}
            for day in days
        ])  # fmt: skip
        first += timedelta(days=7)
    before, after = (month - timedelta(days=1)).replace(day=1), end
    kept: dict[str, Any] = Filter.of(request.args).chosen
    return {
        "weeks": weeks, "weekdays": [weekday_short(date(2024, 1, 1 + number)) for number in range(7)],
        "previous_href": _href(**kept | {"month": f"{before:%Y-%m}"}),
        "next_href": _href(**kept | {"month": f"{after:%Y-%m}"}), "text": capital(month_name(month)),
    }  # fmt: skip
