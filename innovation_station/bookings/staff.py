"""Spaces as administrators arrange them: divided into parts, linked with others, furnished in several ways."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from innovation_station import clock
from innovation_station.audit import queries as audit
from innovation_station.audit import service as audit_service
from innovation_station.audit.queries import Told
from innovation_station.bookings import dividing
from innovation_station.bookings.choice import SIGNS, layout_names, layout_text, place_title, seats_text
from innovation_station.bookings.staff_forms import LayoutsForm, LinksForm, PartsForm, layout_values
from innovation_station.db import transaction
from innovation_station.errors import DomainError, NotFound, Refusal, Refused
from innovation_station.forms import Form
from innovation_station.i18n import clock as clock_text
from innovation_station.i18n import day_short, language, sentence, zone
from innovation_station.i18n import gettext as _
from innovation_station.members.rules import is_admin
from innovation_station.spaces import service as spaces
from innovation_station.spaces.rules import House, Place
from innovation_station.web import actor, current_house, guard

pages = Blueprint("staff_spaces", __name__, url_prefix="/staff/spaces")
guard(pages, is_admin)
HISTORY = 20


@pages.get("")
def index() -> str:
    """List all spaces, those that are arranged somehow with how."""
    house = current_house()
    rows = [_shown(place, house) for place in house.places.values() if place.id not in house.gone]
    return _spaces_page(rows)


def _spaces_page(rows: list[dict[str, Any]], reasons: list[str] | None = None) -> str:
    floors = [
        {"id": floor.id, "name": floor.names[language()], "limit": floor.fire_limit}
        for floor in current_house().floors.values()
    ]
    return render_template("staff/spaces.html", spaces=rows, floors=floors, reasons=reasons)


@pages.post("/floors/<id:floor_id>")
def floor(floor_id: int) -> ResponseReturnValue:
    """Say how many people may be on a floor at once; nothing for no limit."""
    typed = request.form.get("fire_limit", "").strip()
    try:
        limit = int(typed) if typed.isascii() and typed.isdecimal() and len(typed) <= 6 else 0 if typed else None
        with transaction():
            before = spaces.set_fire_limit(floor_id, limit)
            audit_service.record(
                "floor.limit", subject=("floor", floor_id), actor=actor(), now=clock.now(),
                before={"fire_limit": before}, after={"fire_limit": limit},
            )  # fmt: skip
    except Refused as error:
        house = current_house()
        rows = [_shown(place, house) for place in house.places.values() if place.id not in house.gone]
        return _spaces_page(rows, [sentence(refusal) for refusal in error.refusals]), error.status
    flash(_("Saved."))
    return redirect(url_for("staff_spaces.index"), 303)


@pages.route("/<id:space_id>", methods=["GET", "POST"])
def edit(space_id: int) -> ResponseReturnValue:
    """Show how a space is divided, linked and furnished; `what` says which of the three a form changes."""
    place = current_house().places.get(space_id)
    if place is None:
        raise NotFound("space-unknown")
    what = request.form.get("what", "")
    forms = _forms(place, what)
    if request.method == "GET":
        return _page(place, forms)
    if what not in forms:
        raise Refused([Refusal("not-found")])
    form = forms[what]
    if not form.validate():
        return _page(place, forms, refused=form), 422
    try:
        with transaction():
            _change(place, form)
    except NotFound:
        raise
    except DomainError as error:
        return _page(place, forms, error, refused=form), error.status
    flash(_("Saved."))
    return redirect(url_for("staff_spaces.edit", space_id=space_id), 303)


def _change(place: Place, form: Form) -> None:
    who, now = actor(), clock.now()
    if isinstance(form, PartsForm):
        dividing.divide(who, place.id, form.parts.data or (), new=form.added(), now=now, zone=zone())
    elif isinstance(form, LinksForm):
        dividing.link(who, place.id, form.links.data or (), now=now, zone=zone())
    elif isinstance(form, LayoutsForm):
        dividing.furnish(who, place.id, form.given(), now=now)


def _forms(place: Place, what: str) -> dict[str, Form]:
    """Make the three forms, the one that was sent with what was typed."""
    sent: dict[str, Any] = {name: {} if name == what else {"formdata": None} for name in ("parts", "links", "layouts")}
    house = current_house()
    parts = PartsForm(data={"parts": list(place.parts)}, **sent["parts"])
    parts.parts.choices = [(other.id, _offered(other)) for other in _possible_parts(place, house)]
    links = LinksForm(data={"links": list(place.links)}, **sent["links"])
    links.links.choices = [(other.id, _offered(other)) for other in _possible_links(place, house)]
    layouts = LayoutsForm(data=layout_values(place.layouts), **sent["layouts"])
    return {"parts": parts, "links": links, "layouts": layouts}


def _possible_parts(place: Place, house: House) -> list[Place]:
    """List what may become a part: its parts, those it had, and other rooms of the floor that are nobody's part."""
    return [
        other
        for other in house.places.values()
        if other.id in place.parts
        or (
            other.floor_id == place.floor_id
            and other.id != place.id
            and other.kind != "desk"
            and other.id not in house.wholes
            and (other.id not in house.gone or place.box.holds(other.box))
            and house.wholes.get(place.id) != other.id
        )
    ]


def _possible_links(place: Place, house: House) -> list[Place]:
    """List what a place may be linked with: anything but itself, its parts and what it is a part of."""
    own = {place.id, *place.parts, house.wholes.get(place.id)}
    rooms = [other for other in house.places.values() if other.id not in own and other.id not in house.gone]
    return [other for other in rooms if other.kind != "desk" or other.id in place.links]


def _offered(place: Place) -> str:
    return f"{place_title(place)}, {seats_text(place)}"


def _page(
    place: Place, forms: dict[str, Form], error: DomainError | None = None, refused: Form | None = None
) -> str:  # fmt: skip
    house = current_house()
    return render_template(
        "staff/space.html", page=_shown(place, house), forms=forms, refused=refused,
        conflicts=[_conflict(refusal) for refusal in error.refusals] if error else [],
        history=[_told(entry) for entry in audit.about("space", place.id, limit=HISTORY)],
    )  # fmt: skip


def _conflict(refusal: Refusal) -> dict[str, Any]:
    """Say what stands in the way, with the way to each booking."""
    bookings = refusal.values.get("bookings", [])
    hrefs = [url_for("bookings.show", booking_id=one) for one in bookings] if isinstance(bookings, list) else []
    return {"text": sentence(refusal), "hrefs": hrefs}


def _shown(place: Place, house: House) -> dict[str, Any]:
    names, whole = layout_names(), house.wholes.get(place.id)
    return {
        "id": place.id, "name": place_title(place), "icon": SIGNS.get(place.kind), "short": place.name,
        "where": house.zone_name(place, language()), "seats": seats_text(place), "bookable": place.bookable,
        "whole": house.places[whole].name if whole else None,
        "parts": [house.places[part].name for part in place.parts],
        "links": [house.places[other].name for other in place.links],
        "layouts": [f"{names[layout.name]}: {layout_text(layout)}" for layout in place.layouts],
    }  # fmt: skip


def _told(entry: Told) -> dict[str, Any]:
    names = {
        "space.divided": _("Divided"), "space.linked": _("Linked"), "space.furnished": _("Layouts changed"),
    }  # fmt: skip
    values = [value for name in ("parts", "links", "layouts") for value in entry.after.get(name, ())]
    return {
        "datetime": entry.at.isoformat(timespec="seconds"), "at": f"{day_short(entry.at)} {clock_text(entry.at)}",
        "what": names.get(entry.action, entry.action), "details": "; ".join(map(str, values)) or "–",
        "who": _("You") if entry.actor_id == actor().id else _("Staff"),
    }  # fmt: skip
