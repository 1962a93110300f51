"""Announcements in the reader's language."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from flask import url_for

from innovation_station.announcements.models import Announcement
from innovation_station.announcements.rules import can_be_hidden
from innovation_station.events.words import said, when_text
from innovation_station.i18n import clock, day_short, language
from innovation_station.i18n import gettext as _
from innovation_station.spaces.rules import House


def place_name(place: tuple[str, int] | None, house: House) -> str:
    """Name what an announcement concerns, "" for all of the house, and for what is there no more."""
    kind, number = place or ("", 0)
    if kind == "floor":
        return house.floors[number].names[language()] if number in house.floors else ""
    if kind == "zone":
        return house.zones[number].names[language()] if number in house.zones else ""
    return house.places[number].name if kind == "space" and number in house.places else ""


def line(row: Announcement, house: House, *, reads: bool, back: str = "") -> dict[str, Any]:
    """Give an announcement as it stands on a page; `reads` where a member looks, who may hide it and comes `back`."""
    return {
        "text": said(row.texts), "important": row.level == "important", "place": place_name(row.place, house),
        "when": when_text(row.happens) if row.happens else "",
        "hide": url_for("announcements.hide", announcement_id=row.id) if reads and can_be_hidden(row.level) else None,
        "back": back,
    }  # fmt: skip


def lines(rows: Iterable[Announcement], house: House, *, reads: bool, back: str = "") -> list[dict[str, Any]]:
    """Give announcements as they stand on a page."""
    return [line(row, house, reads=reads, back=back) for row in rows]


def staff_row(row: Announcement, house: House, now: datetime) -> dict[str, Any]:
    """Give an announcement as it stands in the staff's list."""
    state = (
        "withdrawn"
        if row.withdrawn_at
        else "over"
        if row.shown_until <= now
        else "ahead"
        if row.shown_from > now
        else "now"
    )
    tags = {
        "withdrawn": (_("Withdrawn"), "", "x"), "over": (_("Is over"), "", "check"),
        "ahead": (_("Waits for its hour"), "event", "clock"), "now": (_("Stands now"), "ok", "check"),
    }  # fmt: skip
    names = {
        "today": _("Members' Today"), "book": _("The Book page"), "start": _("The start page"),
        "display": _("Displays"),
    }  # fmt: skip
    where = [name for page, name in names.items() if page in row.facts.pages]
    where += [_("Calendars")] if row.in_feeds else []
    return {
        "id": row.id, "text": said(row.texts), "important": row.level == "important", "state": state,
        "tag": tags[state], "where": ", ".join(where), "place": place_name(row.place, house),
        "when": " – ".join(f"{day_short(at)} {clock(at)}" for at in (row.shown_from, row.shown_until)),
    }  # fmt: skip
