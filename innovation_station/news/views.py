"""News as everybody reads them: the list, the page, the picture, the feed."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime

from flask import Blueprint, Response, current_app, redirect, request, url_for
from flask.typing import ResponseReturnValue

from innovation_station import clock, markdown, pictures
from innovation_station.delivery import A_YEAR
from innovation_station.errors import NotFound
from innovation_station.events import beside
from innovation_station.events.rules import in_language
from innovation_station.events.views import conditional
from innovation_station.i18n import LANGUAGES, language, speaking
from innovation_station.i18n import gettext as _
from innovation_station.news import queries, rules, words
from innovation_station.news.atom import TYPE, Channel, Told, feed
from innovation_station.news.models import NewsItem
from innovation_station.web import base_url, current_house, sessionless, visitor

pages = Blueprint("news", __name__)
MOST_PAGES = 500
STYLE = "css/news.css"


@pages.get("/news")
def index() -> ResponseReturnValue:
    """List what is told, the latest first."""
    asked = request.args.get("page", "1")
    number = max(1, min(int(asked), MOST_PAGES)) if asked.isascii() and asked.isdecimal() and len(asked) < 5 else 1
    now = clock.now()
    found = queries.out(now, limit=rules.LISTED + 1, skip=(number - 1) * rules.LISTED)
    page = {
        "items": [words.card(item) for item in found[: rules.LISTED]], "feed": feed_address(),
        "canonical": base_url() + url_for("news.index"), "manage": _manages(),
        "pages": {
            "previous_href": url_for("news.index", page=number - 1) if number > 1 else None,
            "next_href": url_for("news.index", page=number + 1) if len(found) > rules.LISTED else None,
            "text": _("Page %(number)d", number=number),
        },
    }  # fmt: skip
    return conditional("news/index.html", page, STYLE)


@pages.get("/news/<news_slug>")
def show(news_slug: str) -> ResponseReturnValue:
    """Show a news item to whom it is for; what it was called before leads to what it is called now."""
    item = _known(news_slug)
    known = visitor()
    if not rules.may_see(known.person if known else None, item, clock.now()):
        raise NotFound
    if item.slug != news_slug:
        asked = request.args.get("lang")
        return redirect(url_for("news.show", news_slug=item.slug, lang=asked if asked in LANGUAGES else None), 301)
    page = words.page(item, current_house(), clock.now())
    page |= {"manage": url_for("staff_news.edit", news_id=item.id) if _manages() else None, "feed": feed_address()}
    return conditional("news/show.html", page, STYLE)


@pages.get("/news/<news_slug>/picture")
@sessionless
def picture(news_slug: str) -> Response:
    """Give its picture to whom the item is for; for ever under the revision it has."""
    item = _known(news_slug)
    right = request.args.get("v", "") == str(item.picture_revision)
    shown = rules.may_see(None, item, clock.now())
    stored = queries.picture(item.id) if shown or _manages() else None
    if stored is None:
        raise NotFound
    answer = Response(stored.body, mimetype=pictures.TYPE)
    answer.headers["Cache-Control"] = A_YEAR if shown and right else "private, no-cache"
    answer.headers["Content-Disposition"] = "inline; filename=news.webp"
    return answer


@pages.get("/news.atom")
@sessionless
def atom() -> Response:
    """Give the latest news as a feed, in the language that the address names, else the house's; 304 where it is the
    same."""
    asked = request.args.get("lang")
    spoken = asked if asked in LANGUAGES else current_app.config["STATION"].locale
    with speaking(spoken):
        found = queries.out(clock.now(), limit=rules.IN_FEED, whole=True)
        body = feed(_channel(found), [_told(item) for item in found])
    answer = Response(body, content_type=TYPE)
    answer.headers["Cache-Control"] = "public, max-age=300"
    # no Last-Modified: when something is archived the feed changes, and no instant in it is later than before
    answer.set_etag(hashlib.sha256(body).hexdigest()[:32])
    answer.make_conditional(request)
    return answer


def feed_address() -> str:
    """Give the address of the feed in the reader's language."""
    return base_url() + url_for("news.atom", lang=language())


def _channel(found: Sequence[NewsItem]) -> Channel:
    house = current_house()
    began = datetime.fromisoformat("2026-01-01T00:00:00+00:00")  # of a house that has told nothing yet
    return Channel(
        f"{base_url()}/news#{language()}", _("News from %(house)s", house=house.name), feed_address(),
        base_url() + url_for("news.index", lang=language()), house.organisation or house.name or "Innovation Station",
        language(), max((rules.updated(item, item.changed_at) for item in found), default=began),
    )  # fmt: skip


def _told(item: NewsItem) -> Told:
    spoken = language()
    body, other = in_language((item.body_sv, item.body_en), spoken)
    shown = item.shown_from or item.changed_at
    return Told(
        item.uid, words.title_of(item), in_language((item.summary_sv, item.summary_en), spoken)[0],
        str(markdown.html(body)), words.address_of(item.slug, lang=spoken), other or spoken, shown,
        rules.updated(item, item.changed_at),
    )  # fmt: skip


def _known(slug: str) -> NewsItem:
    item = (queries.by_slug(slug) or queries.moved(slug)) if len(slug) <= rules.SLUG_LONGEST else None
    if item is None:
        raise NotFound
    return item


def _manages() -> bool:
    known = visitor()
    return known is not None and rules.may_tell(known.person)


@beside.of_map
def _mapped(now: datetime) -> list[tuple[str, datetime | None]]:
    """Name the pages that search engines may know."""
    found = queries.out(now, limit=200)
    listed: list[tuple[str, datetime | None]] = [(base_url() + url_for("news.index"), None)]
    return listed + [(words.address_of(item.slug), rules.updated(item, item.changed_at)) for item in found]
