"""The part of a place's sheet where one stands in line: only where the time that is looked at is taken."""

from __future__ import annotations

from datetime import timedelta
from functools import lru_cache
from typing import Any

from flask import url_for

from innovation_station.bookings import beside
from innovation_station.bookings.beside import Looked, Part
from innovation_station.bookings.choice import clock_of
from innovation_station.bookings.rules import earliest_start
from innovation_station.bookings.sheets import selected
from innovation_station.i18n import gettext as _
from innovation_station.i18n import language, minute_long, span_short
from innovation_station.spaces.rules import DAY_MINUTES, Language, Place
from innovation_station.timespan import Span
from innovation_station.waits import queries, words
from innovation_station.waits.rules import Stander, Wanted, last_moment, offer_end, position


@beside.of_sheet
def line(looked: Looked) -> Part | None:
    """Offer to stand in line, or say where one stands; one statement where anybody does that day, else none."""
    span = _askable(looked)
    if span is None or not _taken(looked, span):
        return None
    found = queries.line_at(span) if looked.glance[queries.ANY_LINE] else []
    places, place, me = looked.day.house.places, looked.place, looked.reader.id
    mine = [stander for stander in found if stander.member_id == me and stander.wanted.fits(place)]
    if mine:
        return Part("waits/_of_sheet.html", {"mine": [_mine(one, found, looked) for one in mine]})
    last = max((stander.id for stander in found), default=0) + 1
    waiting = position(Stander(last, me, Wanted(place.id), span), found, places) - 1
    return Part("waits/_of_sheet.html", _form(looked, span, waiting))


def _askable(looked: Looked) -> Span | None:
    """Give what of the time may be waited for: within the hours, not too long, not too late."""
    day = looked.day
    place = day.house.places[looked.place.id]  # under the rules that hold for the reader that day
    if place.id in day.barred or not place.bookable or (opened := day.opened(place)) is None:
        return None
    hours = day.span(opened)
    start = max(looked.span.start, hours.start, earliest_start(place.policy, day.moment))
    end = min(looked.span.end, hours.end, start + timedelta(minutes=place.policy.longest))
    if end - start < timedelta(minutes=place.policy.shortest):
        return None
    span = Span(start, end)
    late = offer_end(day.moment.now, last_moment(place, span), day.moment.zone) is None
    return None if late else span


def _taken(looked: Looked, span: Span) -> bool:
    """Tell whether somebody else has any of the time, and the reader nothing of it."""
    rows = [row for row in looked.day.taken.get(looked.place.id, ()) if row.span.overlaps(span)]
    return bool(rows) and all(row.member_id != looked.reader.id for row in rows)


def _mine(stander: Stander, others: list[Stander], looked: Looked) -> dict[str, Any]:
    return {
        "when": span_short(stander.span), "href": url_for("waits.show", wait_id=stander.id),
        "text": words.number(position(stander, others, looked.day.house.places)),
    }  # fmt: skip


def _form(looked: Looked, span: Span, waiting: int) -> dict[str, Any]:
    day = looked.day
    place = day.house.places[looked.place.id]
    first, last = day.opened(place) or (0, DAY_MINUTES)
    minutes = range(first, last + 1, min(place.policy.granularity, last - first))
    start, end = day.minute(span.start), day.minute(span.end)
    full = _("Full, %(count)d waiting. Join the list", count=waiting)
    return {
        "mine": [], "action": "/waits", "heading": full if waiting else _("Tell me when it becomes free"),
        "fields": {"space": place.id, "date": day.date.isoformat()}, "what": _choices(looked),
        "starts": selected(_options(language(), minutes[:-1]), clock_of(start)),
        "ends": selected(_options(language(), minutes[1:]), clock_of(end)),
        "open": looked.refused or not day.free(place),
    }  # fmt: skip


@lru_cache(maxsize=64)
def _options(_language: Language, minutes: range) -> str:
    """Draw the times of a day to choose from, once a process: there are eighty, the same for nearly all places."""
    return "".join(f'<option value="{clock_of(minute)}">{minute_long(minute)}</option>' for minute in minutes)


def _choices(looked: Looked) -> list[tuple[str, str]]:
    """List what will do: this place, and where there are several of its kind, any in the zone or anywhere."""
    house, place = looked.day.house, looked.place
    alike = [one for one in house.places.values() if one.kind == place.kind and one.bookable]
    found = [("space", words.what(Wanted(place.id), house))]
    if len(alike) < 2:
        return []
    if place.zone_id is not None and 1 < _in_zone(alike, place) < len(alike):
        found.append(("zone", words.what(Wanted(kind=place.kind, zone_id=place.zone_id), house)))
    return [*found, ("kind", words.what(Wanted(kind=place.kind), house))]


def _in_zone(alike: list[Place], place: Place) -> int:
    return sum(one.zone_id == place.zone_id for one in alike)
