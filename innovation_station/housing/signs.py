"""Signs for doors and desks as pages to be printed: name, seats, what is there, and the picture that opens its page."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, request, url_for

from innovation_station.bookings.choice import amenity_names, place_title, seats_text
from innovation_station.forms import parse_id
from innovation_station.housing import words
from innovation_station.i18n import LANGUAGES, speaking
from innovation_station.i18n import gettext as _
from innovation_station.members.rules import is_staff
from innovation_station.plates.staff import picture
from innovation_station.spaces import codes
from innovation_station.spaces.rules import KINDS, House, Language, Place
from innovation_station.web import base_url, current_house, guard

pages = Blueprint("staff_signs", __name__, url_prefix="/staff/house/signs")
guard(pages, is_staff)
SIZES = ("a4", "a5", "a6")
SPOKEN = ("both", "sv", "en")


@pages.get("")
def index() -> str:
    """Show a sign for each place, of a `kind` or one `space`, in a `size` and a `lang`; a page each when printed."""
    house, known = current_house(), codes.every()
    size, spoken = _chosen("size", SIZES, "a5"), _chosen("lang", SPOKEN, "both")
    kind, only = _chosen("kind", ("", *KINDS), "room"), parse_id(request.args.get("space"))
    shown = (place for place in house.places.values() if place.id in known and place.id not in house.gone)
    if only is not None:
        kind = ""
    places = [place for place in shown if (place.id == only if only else kind in ("", place.kind))]
    languages: list[Language] = [one for one in LANGUAGES if spoken in ("both", one)]
    return render_template(
        "housing/signs.html", size=size, signs=[_sign(place, house, known[place.id], languages) for place in places],
        switches=_switches(size, spoken, kind, only),
    )  # fmt: skip


def _chosen(name: str, known: tuple[str, ...], otherwise: str) -> str:
    given = request.args.get(name, otherwise)
    return given if given in known else otherwise


def _sign(place: Place, house: House, code: str, languages: list[Language]) -> dict[str, Any]:
    address = f"{base_url()}/q/{code}"
    texts = []
    for spoken in languages:
        with speaking(spoken):
            kit = ", ".join(amenity_names()[one] for one in sorted(place.amenities))
            texts.append({
                "lang": spoken, "where": house.zone_name(place, spoken), "seats": seats_text(place), "kit": kit,
                "scan": _("Scan to check in, to book, or to say what is broken"),
                "title": place_title(place),
            })  # fmt: skip
    return {"id": place.id, "name": place.name, "texts": texts, "address": address, "picture": picture(address)}


def _switches(size: str, spoken: str, kind: str, only: int | None) -> list[dict[str, Any]]:
    """Give the switches over the signs, each a name and links."""

    def href(**other: str) -> str:
        given: dict[str, Any] = {"size": size, "lang": spoken, "kind": kind, **other}
        if only and "kind" not in other:
            given["space"] = only
        return url_for("staff_signs.index", **given)

    kinds = {"": _("All"), **words.kind_names()}
    said = {"both": _("Both languages"), "sv": "Svenska", "en": "English"}
    return [
        {"name": _("Size"), "links": [
            {"label": one.upper(), "href": href(size=one), "current": one == size} for one in SIZES
        ]},
        {"name": _("Language"), "links": [
            {"label": said[one], "href": href(lang=one), "current": one == spoken} for one in SPOKEN
        ]},
        {"name": _("Places"), "links": [
            {"label": name, "href": href(kind=one), "current": one == kind and not only} for one, name in kinds.items()
        ]},
    ]  # fmt: skip
