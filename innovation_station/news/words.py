"""News in the reader's language: what pages show, one dictionary for each."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import url_for

from innovation_station import markdown
from innovation_station.events.linked import DESCRIPTION_LONGEST, block
from innovation_station.events.rules import in_language
from innovation_station.events.words import marked, said
from innovation_station.i18n import LANGUAGES, capital, clock, day_full, language, local
from innovation_station.i18n import gettext as _
from innovation_station.news import rules
from innovation_station.news.models import NewsItem
from innovation_station.spaces.rules import House
from innovation_station.web import base_url


def phase_names() -> dict[str, tuple[str, str, str]]:
    """Name where a news item stands, with the colour and the sign of its tag."""
    return {
        "draft": (_("Draft"), "wait", "edit"), "ahead": (_("Waits for its hour"), "event", "clock"),
        "published": (_("Published"), "ok", "check"), "archived": (_("Archived"), "", "list"),
    }  # fmt: skip


def title_of(item: NewsItem) -> str:
    """Name a news item."""
    return in_language(item.titles, language())[0]


def address_of(slug: str, **more: Any) -> str:
    """Give the whole address of its page."""
    return base_url() + url_for("news.show", news_slug=slug, **more)


def card(item: NewsItem) -> dict[str, Any]:
    """Give a news item as it stands in a list."""
    at = item.shown_from or item.changed_at
    return {
        "title": said(item.titles), "summary": said((item.summary_sv, item.summary_en)),
        "href": url_for("news.show", news_slug=item.slug), "day": day_full(at), "at": local(at).date().isoformat(),
    }  # fmt: skip


def staff_row(item: NewsItem, now: datetime) -> dict[str, Any]:
    """Give a news item as it stands in the staff's list."""
    phase = rules.phase(item, now)
    when = _("Changed %(day)s", day=day_full(item.changed_at))
    if phase == "ahead" and item.shown_from:
        when = _("From %(day)s, %(time)s", day=day_full(item.shown_from), time=clock(item.shown_from))
    return {
        "id": item.id, "title": said(item.titles), "tag": phase_names()[phase], "phase": phase, "when": when,
        "state": item.state, "seen": item.shown_from is not None, "href": url_for("news.show", news_slug=item.slug),
        "picture": item.picture_revision, "slug": item.slug, "missing": _missing(item),
    }  # fmt: skip


def _missing(item: NewsItem) -> str | None:
    """Name the language that nothing is said in, while something is in the other."""
    swedish, english = item.title_sv and item.body_sv, item.title_en and item.body_en
    if bool(swedish) == bool(english):
        return None
    return _("English") if swedish else _("Swedish")


def page(item: NewsItem, house: House, now: datetime) -> dict[str, Any]:
    """Give what the page of a news item shows."""
    spoken, phase = language(), rules.phase(item, now)
    at = item.shown_from or item.changed_at
    changed = item.changed_at if local(item.changed_at).date() > local(at).date() else None
    body = marked((item.body_sv, item.body_en), heading=2)
    return {
        "title": said(item.titles), "summary": said((item.summary_sv, item.summary_en)), "body": body,
        "other": _other(body["lang"]), "day": capital(day_full(at)), "at": local(at).isoformat(timespec="minutes"),
        "changed": day_full(changed) if changed else None, "phase": phase, "tag": phase_names()[phase],
        "slug": item.slug, "picture": item.picture_revision, "alt": said((item.alt_sv, item.alt_en)),
        "head": head(item, house, now), "spoken": spoken,
        "waits": f"{day_full(at)}, {clock(at)}" if phase == "ahead" else None,
    }  # fmt: skip


def _other(lang: str | None) -> str | None:
    """Say that there is no text in the reader's language."""
    return {"sv": _("This is told in Swedish only."), "en": _("This is told in English only.")}[lang] if lang else None


def description(item: NewsItem) -> str:
    """Give what is told in a few lines, without marks."""
    spoken = language()
    text = in_language((item.summary_sv, item.summary_en), spoken)[0]
    text = text or markdown.plain(in_language((item.body_sv, item.body_en), spoken)[0])
    text = " ".join(text.split()) or title_of(item)
    return text if len(text) <= DESCRIPTION_LONGEST else text[: DESCRIPTION_LONGEST - 1].rstrip() + "…"


def picture_address(item: NewsItem) -> str:
    """Give the whole address of its picture."""
    return base_url() + url_for("news.picture", news_slug=item.slug, v=item.picture_revision)


def head(item: NewsItem, house: House, now: datetime) -> dict[str, Any]:
    """Give what stands in the head of its page."""
    spoken = language()
    indexed = rules.phase(item, now) == "published"
    return {
        "indexed": indexed, "canonical": address_of(item.slug, lang=spoken), "plain": address_of(item.slug),
        "others": [(name, address_of(item.slug, lang=name)) for name in LANGUAGES], "description": description(item),
        "title": title_of(item), "locale": {"sv": "sv_SE", "en": "en_GB"}[spoken],
        "image": picture_address(item) if item.picture_revision else None,
        "image_alt": in_language((item.alt_sv, item.alt_en), spoken)[0], "site": house.name,
        "published": item.shown_from.isoformat() if item.shown_from else None,
        "modified": rules.updated(item, item.changed_at).isoformat(),
        "data": block(linked(item, house)) if indexed else None,
    }  # fmt: skip


def linked(item: NewsItem, house: House) -> dict[str, Any]:
    """Describe a news item as schema.org's NewsArticle."""
    address = address_of(item.slug)
    publisher = {"@type": "Organization", "name": house.organisation or house.name, "url": base_url() + "/"}
    data: dict[str, Any] = {
        "@context": "https://schema.org", "@type": "NewsArticle", "headline": title_of(item),
        "description": description(item), "url": address, "mainEntityOfPage": address,
        "dateModified": local(rules.updated(item, item.changed_at)).isoformat(timespec="seconds"),
        "inLanguage": [name for name in LANGUAGES if getattr(item, f"title_{name}") and getattr(item, f"body_{name}")],
        "author": publisher, "publisher": publisher, "isAccessibleForFree": True,
    }  # fmt: skip
    if item.shown_from:
        data["datePublished"] = local(item.shown_from).isoformat(timespec="seconds")
    if item.picture_revision:
        data["image"] = [picture_address(item)]
    return data
