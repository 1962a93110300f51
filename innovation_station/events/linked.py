"""What machines read of an event's page: schema.org in JSON, and what those show who link to it.

A block of data is no script: a Content-Security-Policy that allows none lets it stand, since nothing is executed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from flask import url_for
from markupsafe import Markup

from innovation_station import markdown
from innovation_station.events import rules
from innovation_station.events.queries import Whole
from innovation_station.i18n import LANGUAGES, language, local
from innovation_station.organisations.words import name_of
from innovation_station.spaces.rules import House
from innovation_station.web import base_url

DESCRIPTION_LONGEST = 300
_ATTENDANCE = {
    "on-site": "OfflineEventAttendanceMode", "online": "OnlineEventAttendanceMode",
    "hybrid": "MixedEventAttendanceMode",
}  # fmt: skip


def address_of(slug: str, **more: Any) -> str:
    """Give the whole address of an event's page."""
    return base_url() + url_for("events.show", event_slug=slug, **more)


def block(data: dict[str, Any]) -> Markup:
    """Write data so that no text in it can end the element it stands in, or a line of a script."""
    text = json.dumps(data, ensure_ascii=False, sort_keys=True)
    text = re.sub(r"\\(.)", lambda pair: r"\u0022" if pair[1] == '"' else pair[0], text)
    for letter in "<>&'\u2028\u2029":
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    return Markup(text)  # noqa: S704  nothing is left in it that HTML reads as anything


def event(whole: Whole, house: House) -> dict[str, Any]:
    """Describe an event as schema.org's Event."""
    row, spoken = whole.event, language()
    data: dict[str, Any] = {
        "@context": "https://schema.org", "@type": "Event", "name": rules.in_language(row.titles, spoken)[0],
        "description": description(whole), "startDate": _local(row.start), "endDate": _local(row.end),
        "eventStatus": "https://schema.org/" + _status(whole),
        "eventAttendanceMode": "https://schema.org/" + _ATTENDANCE[row.format],
        "location": _location(whole, house), "organizer": _organizers(whole, house), "url": address_of(row.slug),
        "isAccessibleForFree": True, "inLanguage": [name for name in LANGUAGES if getattr(row, f"title_{name}")],
        "offers": {
            "@type": "Offer", "price": "0", "priceCurrency": "SEK", "url": address_of(row.slug),
        },
    }  # fmt: skip
    if row.previous_start is not None and row.state == "published":
        data["previousStartDate"] = _local(row.previous_start)
    if performers := [_performer(one) for one in whole.speakers.values()]:
        data["performer"] = performers
    if row.cover_revision:
        data["image"] = [cover_address(row.slug, row.cover_revision)]
    return data


def _performer(speaker: Any) -> dict[str, Any]:
    found: dict[str, Any] = {"@type": "Person", "name": speaker.name}
    if speaker.title:
        found["jobTitle"] = speaker.title
    if speaker.affiliation:
        found["affiliation"] = {"@type": "Organization", "name": speaker.affiliation}
    return found


def _status(whole: Whole) -> str:
    if whole.event.state == "cancelled":
        return "EventCancelled"
    return "EventRescheduled" if whole.event.previous_start is not None else "EventScheduled"


def _location(whole: Whole, house: House) -> Any:
    row = whole.event
    used = (one.space_id for one in whole.sessions if one.space_id is not None)
    names = [house.places[space_id].name for space_id in used if space_id in house.places]
    first = f"{names[0]}, {house.name}" if names else house.name
    place = {
        "@type": "Place", "name": first,
        "address": {"@type": "PostalAddress", "streetAddress": house.address[language()], "addressCountry": "SE"},
    }  # fmt: skip
    online = {"@type": "VirtualLocation", "url": row.online_url or address_of(row.slug)}
    return {"on-site": place, "online": online, "hybrid": [place, online]}[row.format]


def _organizers(whole: Whole, house: House) -> list[dict[str, str]]:
    parties = [party for party in whole.parties if party.role in ("host", "co-host")]
    found = [
        {
            "@type": "Organization", "name": name_of(party.organisation),
            "url": party.organisation.website
            or base_url() + url_for("organisations.show", slug=party.organisation.slug),
        }
        for party in parties
    ]  # fmt: skip
    return found or [{"@type": "Organization", "name": house.organisation or house.name, "url": base_url() + "/"}]


def _local(at: datetime) -> str:
    return local(at).isoformat(timespec="seconds")


def description(whole: Whole) -> str:
    """Give what is said of an event in a few lines, without marks."""
    row, spoken = whole.event, language()
    summary = rules.in_language((row.summary_sv, row.summary_en), spoken)[0]
    text = summary or markdown.plain(rules.in_language((row.body_sv, row.body_en), spoken)[0])
    text = " ".join(text.split()) or rules.in_language(row.titles, spoken)[0]
    return text if len(text) <= DESCRIPTION_LONGEST else text[: DESCRIPTION_LONGEST - 1].rstrip() + "…"


def cover_address(slug: str, revision: int) -> str:
    """Give the whole address of an event's picture."""
    return base_url() + url_for("events.cover", event_slug=slug, v=revision)


def head(whole: Whole, house: House) -> dict[str, Any]:
    """Give what stands in the head of an event's page."""
    row, spoken = whole.event, language()
    indexed = row.visibility == "public" and row.state in ("published", "cancelled")
    return {
        "indexed": indexed, "canonical": address_of(row.slug, lang=spoken), "plain": address_of(row.slug),
        "others": [(name, address_of(row.slug, lang=name)) for name in LANGUAGES], "description": description(whole),
        "title": rules.in_language(row.titles, spoken)[0], "locale": {"sv": "sv_SE", "en": "en_GB"}[spoken],
        "image": cover_address(row.slug, row.cover_revision) if row.cover_revision else None,
        "data": block(event(whole, house)) if indexed else None, "site": house.name,
    }  # fmt: skip


def map_of(addresses: Sequence[tuple[str, datetime | None]]) -> str:
    """Write a map of pages for search engines, each in both languages: addresses are whole and without a query."""
    rows = []
    for address, changed in addresses:
        escaped = Markup.escape(address)
        links = "".join(
            f'<xhtml:link rel="alternate" hreflang="{name}" href="{escaped}?lang={name}"/>' for name in LANGUAGES
        )
        said = f"<lastmod>{changed:%Y-%m-%d}</lastmod>" if changed else ""
        rows.append(f"<url><loc>{escaped}</loc>{said}{links}</url>")
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
        ' xmlns:xhtml="http://www.w3.org/1999/xhtml">' + "\n".join(rows) + "</urlset>\n"
    )
