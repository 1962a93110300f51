"""How what is arranged is said on pages, in the language of the one who reads."""

from __future__ import annotations

from typing import Any

from flask import url_for

from innovation_station.bookings.choice import SIGNS, amenity_names, layout_names, place_title, seats_text
from innovation_station.housing.rules import Altered, Change
from innovation_station.housing.sketch import Sketch
from innovation_station.i18n import day_short, language, ngettext
from innovation_station.i18n import gettext as _
from innovation_station.spaces.drawing import drawn
from innovation_station.spaces.rules import SHAPES, House, Place, Storey

LISTED = 40


def kind_names() -> dict[str, str]:
    """Name the kinds of place, each alone."""
    return {"desk": _("Desk"), "room": _("Meeting room"), "booth": _("Phone booth"), "hall": _("Hall")}


def shape_names() -> dict[str, str]:
    """Name the kinds of shape."""
    return {"rect": _("Rectangle"), "circle": _("Circle"), "line": _("Line"), "path": _("Path")}


def class_names() -> dict[str, str]:
    """Name what a shape stands for."""
    return {
        "floor": _("Floor area"), "wall": _("Wall"), "glass": _("Glass wall"), "win": _("Window"),
        "win2": _("Window line"), "opening": _("Opening"), "door": _("Door"), "furn": _("Furniture"),
        "chair": _("Chair"), "soft": _("Sofa or rug"), "step": _("Step"),
    }  # fmt: skip


def title(place: Place) -> str:
    """Name a place in full."""
    return place_title(place)


def index_page(house: House) -> dict[str, Any]:
    """Give the floors with their places, and what is archived."""
    said = language()
    floors = [
        {
            "id": floor.id, "name": floor.names[said],
            "text": _count(sum(p.floor_id == floor.id and p.id not in house.gone for p in house.places.values())),
            "zones": [area.names[said] for area in house.zones.values() if area.floor_id == floor.id],
            "places": [
                {"href": url_for("staff_house.space", space_id=place.id), "name": place.name}
                for place in house.places.values() if place.floor_id == floor.id and place.archived_at is None
            ],
        }
        for floor in house.storeys
    ]  # fmt: skip
    archived = [
        {"id": place.id, "name": place_title(place), "where": house.zone_name(place, said),
         "since": day_short(place.archived_at), "floor_gone": house.floors[place.floor_id].archived}
        for place in house.places.values() if place.archived_at is not None
    ]  # fmt: skip
    gone = [{"id": floor.id, "name": floor.names[said]} for floor in house.floors.values() if floor.archived]
    return {"floors": floors, "archived": archived, "floors_gone": gone}


def _count(count: int) -> str:
    return ngettext("%(num)d place", "%(num)d places", count)


def space_page(place: Place, house: House) -> dict[str, Any]:
    """Give what stands on the page of a place beside its form."""
    return {
        "id": place.id, "name": place_title(place), "icon": SIGNS.get(place.kind), "short": place.name,
        "where": house.zone_name(place, language()), "seats": seats_text(place),
        "archived": place.archived_at is not None,
        "photo": place.photo, "photo_text": place.photo_texts[0 if language() == "sv" else 1],
        "floor_id": place.floor_id, "floor_gone": house.floors[place.floor_id].archived,
    }  # fmt: skip


def plan_options(sketch: Sketch) -> dict[str, Any]:
    """Give what can be chosen in the rows of a floor's form."""
    zones = [(row["key"], row.get("sv", "")) for row in sketch.rows["z"] if not row.get("gone")]
    return {
        "kinds": list(kind_names().items()), "zones": [("", _("No zone")), *zones],
        "shapes": shape_names(), "classes": list(class_names().items()), "fields": SHAPES,
        "zone_names": dict(zones),
    }  # fmt: skip


def saved_plan(floor: Storey, house: House) -> dict[str, Any]:
    """Give the plan as it is saved, for who has no script: see templates/_plan.html."""
    places = [place for place in house.places.values() if place.floor_id == floor.id and place.id not in house.gone]
    return {
        "floor": {
            "id": floor.id, "name": floor.names[language()], "width": floor.width, "height": floor.height,
            "shapes": drawn(house)[floor.id][0], "furniture": "", "labels": [],
        },
        "places": [{"id": one.id, "kind": one.kind, "name": one.name, "state": "free"} for one in places],
    }  # fmt: skip


def change_lines(change: Change, house: House) -> list[str]:
    """Say what a document does, a line for each thing."""
    lines = [_("Added floor: %(name)s", name=name) for name in change.floors]
    lines += [_("Floor that goes: %(name)s", name=house.floors[one].names[language()]) for one in change.floors_gone]
    lines += [_("Changed drawing, zones or order: %(name)s", name=name) for name in change.drawings]
    lines += [_("Zone that goes: %(name)s", name=house.zones[one].names[language()]) for one in change.zones_gone]
    lines += [_("Added: %(name)s", name=name) for name in change.added]
    lines += [_("Comes back: %(name)s", name=name) for name in change.back]
    lines += [_("Goes: %(name)s", name=house.places[one].name) for one in change.gone]
    lines += [_altered(one, house) for one in change.altered]
    facts = {
        "name": _("the name of the house"), "organisation": _("its organisation"), "address": _("its address"),
        "holidays": _("its public holidays"), "hours": _("its opening hours"), "rules": _("the rules of kinds"),
    }  # fmt: skip
    lines += [_("Changed: %(name)s", name=facts[name]) for name in change.facts]
    more = len(lines) - LISTED
    return lines[:LISTED] + ([ngettext("And %(num)d more.", "And %(num)d more.", more)] if more > 0 else [])


def _altered(one: Altered, house: House) -> str:
    names = {
        "name": _("name"), "kind": _("kind"), "capacity": _("seats"), "box": _("where it lies"), "zone": _("zone"),
        "floor": _("floor"), "furniture": _("furniture"), "amenities": _("equipment"), "bookable": _("bookable"),
        "layouts": _("layouts"), "hours": _("opening hours"), "rule": _("rules"), "parts": _("parts"),
        "links": _("never together with"),
    }  # fmt: skip
    plain = ("name", "kind", "capacity", "box", "zone")
    said = [
        f"{names[name]} {_value(name, was, house)} → {_value(name, now, house)}" if name in plain else names[name]
        for name, (was, now) in one.fields.items()
    ]  # fmt: skip
    return _("Changed: %(name)s", name=f"{one.name}: {', '.join(said)}")


def _value(name: str, value: Any, _house: House) -> str:
    if name == "kind":
        return kind_names().get(value, str(value))
    if name == "box":
        return "{}, {}, {} × {}".format(*value)
    return "–" if value is None else str(value)


def amenity_choices() -> list[tuple[str, str]]:
    """List all there can be in a place."""
    return list(amenity_names().items())


def layouts_said(place: Place) -> list[str]:
    """Name the ways in which a place can be furnished."""
    names = layout_names()
    return [f"{names[layout.name]} ({layout.seats})" for layout in place.layouts]
