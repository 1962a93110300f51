"""The pictures for all places, to be printed, cut out and stuck on; one is made anew where it has gone about."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from innovation_station.bookings.choice import SIGNS, place_title
from innovation_station.db import transaction
from innovation_station.forms import parse_id
from innovation_station.i18n import LANGUAGES, language, speaking
from innovation_station.i18n import gettext as _
from innovation_station.members.rules import is_staff
from innovation_station.spaces import codes
from innovation_station.web import actor, base_url, current_house, guard

pages = Blueprint("staff_plates", __name__, url_prefix="/staff/plates")
guard(pages, is_staff)


@pages.get("")
def index() -> str:
    """Show the picture of every place, or of one (`space`): each on a sheet of its own when it is printed."""
    house, known = current_house(), codes.every()
    only = parse_id(request.args.get("space"))
    shown = (place for place in house.places.values() if place.id in known and place.id not in house.gone)
    places = [place for place in shown if only in (None, place.id)]
    plates = [
        {
            "id": place.id, "name": place.name, "icon": SIGNS.get(place.kind), "title": place_title(place),
            "where": house.zone_name(place, language()), "address": f"{base_url()}/q/{known[place.id]}",
            "picture": picture(f"{base_url()}/q/{known[place.id]}"),
        }
        for place in places
    ]  # fmt: skip
    return render_template("plates/sheets.html", plates=plates, words=_words(), only=only)


def _words() -> list[tuple[str, str]]:
    """Say in both languages what the picture is for: it hangs there for everybody."""
    said: list[tuple[str, str]] = []
    for spoken in LANGUAGES:
        with speaking(spoken):
            said.append((spoken, _("Scan to check in, to book, or to say what is broken")))
    return said


@pages.post("/<id:space_id>/renew")
def renew(space_id: int) -> ResponseReturnValue:
    """Give a place another code: the picture that hangs there opens nothing any more."""
    with transaction():
        codes.renew(space_id, actor=actor())
    flash(_("The old code opens nothing any more. Print the new one."))
    return redirect(url_for("staff_plates.index", space=space_id), 303)


def picture(address: str) -> Markup:
    """Draw an address as a QR code: lines of an SVG, without a style of its own."""
    import segno  # 4 MiB in every process, for a page that staff need once

    drawn: Any = segno.make(address, error="m", micro=False)
    lines = drawn.svg_inline(omitsize=True, svgclass=None, lineclass=None, border=2, dark="#000", light="#fff")
    return Markup(lines)  # noqa: S704  lines and numbers only
