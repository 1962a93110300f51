"""What finding says: why a place was picked, and in which one thing a near miss is not what was looked for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from innovation_station.bookings.choice import SIGNS, amenities, amenity_names, layout_names, place_title, seats_text
from innovation_station.bookings.offers import booking_fields
from innovation_station.bookings.own_pages import when_short
from innovation_station.bookings.rules import Moment
from innovation_station.external.beside import during
from innovation_station.external.queries import Busy
from innovation_station.finding.looking import wish_of
from innovation_station.finding.rules import Found, Hit, Search
from innovation_station.i18n import capital, day_long, day_short, duration, hours_short, language, ngettext
from innovation_station.i18n import gettext as _
from innovation_station.spaces.rules import House, Place


def shown(
    found: Found, search: Search, house: House, moment: Moment, busy: Sequence[Busy] = ()
) -> dict[str, Any]:  # fmt: skip
    """Give an answer as its template shows it; `busy` is when its reader is busy elsewhere."""
    return {
        "exact": [_hit(hit, search, house, moment, busy) for hit in found.exact],
        "near": [_hit(hit, search, house, moment, busy) for hit in found.near],
        "small": [_small(place, missing) for place, missing in found.small],
    }


def _hit(hit: Hit, search: Search, house: House, moment: Moment, busy: Sequence[Busy]) -> dict[str, Any]:
    wish = wish_of(hit, search, moment)
    place = hit.place
    detail = [house.zone_name(place, language()), *([seats_text(place)] if place.kind != "desk" else [])]
    detail += [amenity["text"] for amenity in amenities(place)]
    return {
        "icon": SIGNS.get(place.kind), "short": place.name, "name": place_title(place),
        "when": f"{capital(day_short(hit.day))}, {hours_short(hit.start, hit.end)}",
        "busy": during(busy, wish.span),
        "miss": _missed(hit, search), "detail": ", ".join(detail), "layout": layout_names().get(wish.layout or ""),
        "button": _("Book %(what)s", what=hours_short(hit.start, hit.end)),
        "label": _("Book %(what)s", what=f"{place.name}, {when_short(wish.span)}"),
        "fields": booking_fields(wish), "href": f"/book/{place.id}?date={hit.day.isoformat()}",
    }  # fmt: skip


def _missed(hit: Hit, search: Search) -> str | None:
    """Say the one thing in which a hit is not what was looked for."""
    miss = hit.miss
    if miss is None:
        return None
    if miss.kind == "earlier":
        return _("%(minutes)s earlier", minutes=duration(miss.by))
    if miss.kind == "later":
        return _("%(minutes)s later", minutes=duration(miss.by))
    if miss.kind == "other-day":
        return _("the same place on %(day)s", day=day_long(hit.day))
    if miss.kind == "shorter":
        return _("%(minutes)s instead of %(wanted)s", minutes=duration(miss.by), wanted=duration(search.length))
    if miss.kind == "without":
        return _("all but %(what)s", what=amenity_names()[miss.amenity])
    return _("in %(place)s instead", place=hit.place.name)


def _small(place: Place, missing: int) -> str:
    return ngettext(
        "%(place)s is too small: one seat is missing.", "%(place)s is too small: %(num)d seats are missing.", missing,
        place=place.name,
    )  # fmt: skip
