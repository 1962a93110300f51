"""Events in other people's pages: one, or the list, in a frame without cookies; and oEmbed, by which programs find it.

What stands in a frame reads no session and sets none, asks nothing back, and runs no script: it may be shut in a
sandbox. Only what everybody may see is ever shown here.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

from flask import Blueprint, Response, abort, current_app, g, jsonify, make_response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import escape

from innovation_station import clock
from innovation_station.errors import NotFound
from innovation_station.events import queries, rules, words
from innovation_station.events.models import Event
from innovation_station.events.queries import Wanted
from innovation_station.events.rules import Reader
from innovation_station.i18n import LANGUAGES, language
from innovation_station.i18n import gettext as _
from innovation_station.web import base_url, cookieless, current_house, sessionless

pages = Blueprint("embeds", __name__)
POLICY = (
    "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors {ancestors}"
)
WIDTH, HEIGHT, LIST_HEIGHT = 600, 360, 600
SHOWN = 20
_PAGE = re.compile(r"/events/([a-z0-9-]{1,80})")
_NUMBER = re.compile(r"[0-9]{1,5}")
SANDBOX = "allow-popups allow-popups-to-escape-sandbox"


@pages.get("/events/<event_slug>/embed")
@cookieless
def one(event_slug: str) -> Response:
    """Show an event that everybody may see, to stand in a frame."""
    event = _open(event_slug)
    house, now = current_house(), clock.now()
    spaces, parties = queries.spaces_of([event.id]), queries.parties([event.id])
    card = words.card(event, house, spaces.get(event.id, ()), parties.get(event.id, ()), now)
    return _framed([card], words.title_of(event))


@pages.get("/embed/events")
@cookieless
def several() -> Response:
    """Show what is to come, of a `category` if wished, to stand in a frame."""
    now, category = clock.now(), request.args.get("category", "")
    wanted = Wanted(category=category if category in rules.CATEGORIES else "", limit=SHOWN)
    found = queries.listing(Reader(), wanted, now)
    ids = [event.id for event in found]
    parties, spaces, house = queries.parties(ids), queries.spaces_of(ids), current_house()
    cards = [words.card(one, house, spaces.get(one.id, ()), parties.get(one.id, ()), now) for one in found]
    return _framed(cards, _("Events"))


@pages.get("/oembed")
@sessionless
def oembed() -> ResponseReturnValue:
    """Describe the frame of a page of ours, as oembed.com has it: `url`, `maxwidth`, `maxheight`; JSON alone."""
    if request.args.get("format", "json") != "json":
        abort(501)
    address = request.args.get("url", "")[:500]
    try:
        parts = urlsplit(address)
    except ValueError:  # brackets that are no address
        raise NotFound from None
    if not address.isprintable() or f"{parts.scheme}://{parts.netloc}" != base_url():
        raise NotFound
    spoken = parse_qs(parts.query).get("lang", [""])[0]
    more: dict[str, Any] = {"lang": spoken} if spoken in LANGUAGES else {}
    width, height = _bounded("maxwidth", WIDTH), _bounded("maxheight", HEIGHT)
    if parts.path == "/events":
        title, source = _("Events"), url_for("embeds.several", **more)
    elif found := _PAGE.fullmatch(parts.path):
        event = _open(found[1])
        title, source = words.title_of(event), url_for("embeds.one", event_slug=event.slug, **more)
    else:
        raise NotFound
    house = current_house()
    answer = jsonify({
        "version": "1.0", "type": "rich", "title": title, "provider_name": house.name, "provider_url": base_url() + "/",
        "cache_age": 3600, "width": width, "height": height, "html": frame(base_url() + source, title, width, height),
    })  # fmt: skip
    answer.headers["Cache-Control"] = "public, max-age=3600"
    return answer


def frame(source: str, title: str, width: int = WIDTH, height: int = HEIGHT) -> str:
    """Write the element that shows a frame of ours."""
    return (
        f'<iframe src="{escape(source)}" title="{escape(title)}" width="{width}" height="{height}" loading="lazy" '
        f'sandbox="{SANDBOX}" referrerpolicy="no-referrer" style="border:0;max-width:100%"></iframe>'
    )


def of_page(event: Event) -> dict[str, Any] | None:
    """Give what the page of an event says of its frame: the element, and where programs ask; None where it is not open
    to everybody."""
    if not _shown(event):
        return None
    source = base_url() + url_for("embeds.one", event_slug=event.slug, lang=language())
    page = base_url() + url_for("events.show", event_slug=event.slug)
    return {
        "html": frame(source, words.title_of(event)),
        "asked": base_url() + url_for("embeds.oembed", url=page, format="json"),
    }  # fmt: skip


def of_list(category: str) -> str:
    """Give the element that shows the list."""
    more: dict[str, Any] = {"category": category} if category else {}
    return frame(base_url() + url_for("embeds.several", lang=language(), **more), _("Events"), WIDTH, LIST_HEIGHT)


def _shown(event: Event) -> bool:
    return event.visibility == "public" and rules.may_see(Reader(), event)


def _open(event_slug: str) -> Event:
    event = queries.by_slug(event_slug) if len(event_slug) <= 80 else None
    if event is None or not _shown(event):
        raise NotFound
    return event


def _bounded(name: str, most: int) -> int:
    text = request.args.get(name, "")
    return max(1, min(int(text), most)) if _NUMBER.fullmatch(text) else most


def _framed(cards: list[dict[str, Any]], heading: str) -> Response:
    answer = make_response(render_template("events/embed.html", cards=cards, heading=heading, base=base_url()))
    g.framed = True
    ancestors = current_app.config["STATION"].embed_hosts
    answer.headers["Content-Security-Policy"] = POLICY.format(ancestors=ancestors)
    answer.headers["Cache-Control"] = "public, max-age=300"
    answer.headers["X-Robots-Tag"] = "noindex"
    return answer
