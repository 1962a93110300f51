"""The public start: what the house is, and how full it is now. Numbers only, never a name."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import url_for

from innovation_station.announcements.views import shown as announced
from innovation_station.bookings import queries as bookings
from innovation_station.bookings.rules import Moment
from innovation_station.events import beside
from innovation_station.events import queries as events
from innovation_station.events.queries import Wanted
from innovation_station.events.rules import Reader
from innovation_station.events.words import card
from innovation_station.home import queries, rules, words
from innovation_station.i18n import clock, day_short, hours_summary, language, ngettext
from innovation_station.i18n import gettext as _
from innovation_station.news import queries as news
from innovation_station.news.views import feed_address
from innovation_station.news.words import card as news_card
from innovation_station.spaces.drawing import drawn
from innovation_station.spaces.rules import House, Place, Storey, open_span
from innovation_station.timespan import Span

INSTANT = timedelta(minutes=1)
BOARD_ROWS = 4
NEWS_SHOWN = 3


@dataclass(frozen=True)
class Counts:
    """How many desks and rooms there are on the plan, and how many of them are free."""

    desks: int
    free_desks: int
    rooms: int
    free_rooms: int


def page(house: House, moment: Moment) -> dict[str, Any]:
    """Give what templates/home/start.html shows; nine statements at most."""
    closures = queries.house_closures(Span(moment.now, moment.now + timedelta(days=rules.DAYS_AHEAD)))
    openings = rules.openings(house.hours, moment, [Span(c.start, c.end) for c in closures])
    opening = openings[0] if openings else None
    is_open = opening is not None and opening.start <= moment.now
    at = moment.now if is_open or opening is None else opening.start
    states = _states(house, moment, at)
    return {
        "house": house.name,
        "lead": _lead(house),
        "heading": _heading(_count(house, states), is_open),
        "when": f"{day_short(at)}, {clock(at)}",
        "state": words.state_sentence(opening, is_open=is_open),
        "floors": [_floor(house, floor, states) for floor in house.storeys],
        "hours": hours_summary(house.hours),
        "address": house.address[language()],
        "organisations": [o.name_sv if language() == "sv" else o.name_en for o in queries.organisations()],
        "css": url_for("spaces.plan_css", revision=house.revision),
        "next": _next(house, moment.now),
        "news": [news_card(item) for item in news.out(moment.now, limit=NEWS_SHOWN)],
        "news_feed": feed_address(),
        "announced": announced("start", house, moment.now),
    }


def _next(house: House, now: datetime) -> list[dict[str, Any]]:
    """List the next public events: when, what, where, and whether there is room."""
    found = events.listing(Reader(), Wanted(limit=BOARD_ROWS), now)
    spaces, notes = events.spaces_of([event.id for event in found]), beside.list_notes(found, now)
    rows = []
    for event in found:
        shown = card(event, house, spaces.get(event.id, ()), (), now)
        state = shown["tag"] or notes.get(event.id)
        rows.append({
            "title": shown["title"], "href": shown["href"], "where": shown["where"], "starts": shown["starts"],
            "day": day_short(event.start), "time": clock(event.start), "state": state[0] if state else "",
        })  # fmt: skip
    return rows


def _lead(house: House) -> str:
    if house.organisation:
        return _(
            "%(house)s is a meeting place, innovation hub and coworking space at %(organisation)s. "
            "For researchers and students, social entrepreneurs and creatives.",
            house=house.name, organisation=house.organisation,
        )  # fmt: skip
    return _(
        "%(house)s is a meeting place, innovation hub and coworking space. "
        "For researchers and students, social entrepreneurs and creatives.",
        house=house.name,
    )


def _states(house: House, moment: Moment, at: datetime) -> dict[int, str]:
    """Name each place's state at an instant: free, taken or closed."""
    busy = {row.space_id: row for row in bookings.taken(Span(at, at + INSTANT), house)}
    states = {}
    for place in house.places.values():
        row = busy.get(place.id)
        if not place.bookable or not _is_open(place, moment, at) or (row and row.closure):
            states[place.id] = "closed"
        else:
            states[place.id] = "taken" if row else "free"
    return states


def _is_open(place: Place, moment: Moment, at: datetime) -> bool:
    opened = open_span(place.hours, at.astimezone(moment.zone).date(), moment.zone, moment.holidays)
    return opened is not None and opened.start <= at < opened.end


def _count(house: House, states: dict[int, str], floor_id: int | None = None) -> Counts:
    there = (place for place in house.places.values() if place.archived_at is None)
    shown = [place for place in there if floor_id in (None, place.floor_id)]
    desks = [states[place.id] for place in shown if place.kind == "desk"]
    rooms = [states[place.id] for place in shown if place.kind == "room"]
    return Counts(len(desks), desks.count("free"), len(rooms), rooms.count("free"))


def _heading(counts: Counts, is_open: bool) -> str:
    desks = ngettext("%(num)d free desk", "%(num)d free desks", counts.free_desks)
    rooms = ngettext("%(num)d free room", "%(num)d free rooms", counts.free_rooms)
    if is_open:
        return _("Right now: %(desks)s, %(rooms)s", desks=desks, rooms=rooms)
    return _("When we open: %(desks)s, %(rooms)s", desks=desks, rooms=rooms)


def _floor(house: House, floor: Storey, states: dict[int, str]) -> dict[str, Any]:
    counts = _count(house, states, floor.id)
    apart = house.wholes.keys() | house.gone  # the plan of the parts is for those who book
    places = [place for place in house.places.values() if place.floor_id == floor.id and place.id not in apart]
    return {
        "floor": {
            "id": floor.id, "name": floor.names[language()], "width": floor.width, "height": floor.height,
            "shapes": drawn(house)[floor.id][0], "furniture": "", "labels": [],
        },
        "label": _(
            "Floor plan: %(free_desks)d of %(desks)d desks and %(free_rooms)d of %(rooms)d rooms are free",
            free_desks=counts.free_desks, desks=counts.desks,
            free_rooms=counts.free_rooms, rooms=counts.rooms,
        ),
        "places": [{"id": p.id, "kind": p.kind, "name": p.name, "state": states[p.id]} for p in places],
    }  # fmt: skip
