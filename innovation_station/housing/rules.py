"""What a house may look like, how one document of it differs from another, and how it is written as a file. Pure."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

from innovation_station.errors import Refusal
from innovation_station.spaces.rules import (
    AMENITIES,
    KINDS,
    SHAPE_CLASSES,
    SHAPES,
    TURN,
    Box,
    House,
    Layout,
    Place,
    Rule,
    Scope,
)
from innovation_station.text import fits_a_line

GRID = 10
SMALLEST_SIDE, LARGEST_SIDE = 200, 4000  # of a floor, in plan units
LEAST = 20  # a side of a place: less is no target for a finger
MOST_SPACES, MOST_SHAPES, MOST_ZONES, MOST_LABELS, MOST_FLOORS = 300, 500, 50, 60, 20
NAME_LONGEST, SPACE_NAME_LONGEST, MOST_PEOPLE = 100, 60, 10_000
TURNS = 15  # degrees that a shape turns by
LONGEST_PATH = 2000
_PATH = re.compile(r"[MmLlHhVvCcSsQqTtAaZz0-9 ,.\-]{1,2000}")
_DIGEST = 24

Hours = Mapping[int, tuple[int, int] | None]
Names = tuple[str, str]


@dataclass(frozen=True, slots=True)
class SpaceDoc:
    """A place in a document. `zone` is the place of its zone in the floor's list.

    What is None is not said: it stays as it is. `rule` and `hours` are what the place says itself; `parts` and `links`
    name other places.
    """

    name: str
    kind: str
    box: Box
    capacity: int = 1
    zone: int | None = None
    id: int | None = None
    amenities: frozenset[str] | None = None
    furniture: tuple[Mapping[str, Any], ...] | None = None
    bookable: bool | None = None
    layouts: tuple[Layout, ...] | None = None
    hours: Hours | None = None
    rule: Rule | None = None
    parts: tuple[str, ...] | None = None
    links: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class ZoneDoc:
    """A zone in a document, (sv, en), with where its name is written."""

    names: Names
    label: Box | None = None
    turned: Box | None = None
    id: int | None = None


@dataclass(frozen=True, slots=True)
class FloorDoc:
    """A floor in a document: its drawing, its zones and its places."""

    names: Names
    width: int
    height: int
    shapes: tuple[Mapping[str, Any], ...] = ()
    labels: tuple[Mapping[str, Any], ...] = ()
    fire_limit: int | None = None
    zones: tuple[ZoneDoc, ...] = ()
    spaces: tuple[SpaceDoc, ...] = ()
    id: int | None = None


@dataclass(frozen=True, slots=True)
class HouseDoc:
    """A whole house, or some of its floors; without `facts` only those floors are spoken of, and `gone` ones."""

    floors: tuple[FloorDoc, ...]
    facts: HouseFacts | None = None
    gone: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class HouseFacts:
    """What is said of the house as a whole."""

    name: str
    organisation: str
    address: Names
    holidays: str | None
    hours: Hours
    rules: Mapping[str, Rule]


# -- what there is -----------------------------------------------------------------------------------------------------


def floor_of(house: House, floor_id: int, hours: Mapping[int | None, Hours] | None = None) -> FloorDoc:
    """Write a floor as a document; with all `hours` by space, also what its places say of hours, rules and parts."""
    floor = house.floors[floor_id]
    areas = [area for area in house.zones.values() if area.floor_id == floor_id]
    at = {area.id: number for number, area in enumerate(areas)}
    places = [place for place in house.places.values() if place.floor_id == floor_id and place.archived_at is None]
    return FloorDoc(
        (floor.names["sv"], floor.names["en"]), floor.width, floor.height, tuple(floor.shapes), tuple(floor.labels),
        floor.fire_limit,
        tuple(ZoneDoc((one.names["sv"], one.names["en"]), one.label, one.label_turned, one.id) for one in areas),
        tuple(_space(place, at, house, hours) for place in places),
        floor.id,
    )  # fmt: skip


def _space(place: Place, at: Mapping[int, int], house: House, hours: Mapping[int | None, Hours] | None) -> SpaceDoc:
    zone = at.get(place.zone_id) if place.zone_id is not None else None
    plain = SpaceDoc(
        place.name, place.kind, place.box, place.capacity, zone, place.id, place.amenities, tuple(place.furniture),
        place.bookable,
    )  # fmt: skip
    if hours is None:
        return plain
    named = {one: house.places[one].name for one in (*place.parts, *place.links)}
    return replace(
        plain, layouts=tuple(sorted(place.layouts, key=lambda one: one.name)), hours=hours.get(place.id, {}),
        rule=house.rules.get(Scope(space=place.id), {}),
        parts=tuple(sorted(named[one] for one in place.parts)), links=tuple(sorted(named[one] for one in place.links)),
    )  # fmt: skip


def house_of(house: House, hours: Mapping[int | None, Hours]) -> HouseDoc:
    """Write the whole house as a document, without what is archived."""
    floors = tuple(floor_of(house, floor.id, hours) for floor in house.storeys)
    return HouseDoc(floors, facts_of(house, hours))


def facts_of(house: House, hours: Mapping[int | None, Hours]) -> HouseFacts:
    """Write down what is said of the house as a whole."""
    rules = {kind: rule for kind in KINDS if (rule := house.rules.get(Scope(kind=kind), {}))}
    address = (house.address["sv"], house.address["en"])
    return HouseFacts(house.name, house.organisation, address, house.holidays, hours.get(None, {}), rules)


def digest(doc: FloorDoc) -> str:
    """Name all that the editor shows of a floor: where it is another, somebody has saved since."""
    said = floor_data(replace(doc, spaces=tuple(_drawn(space) for space in doc.spaces)))
    ids = [zone.id for zone in doc.zones], [space.id for space in doc.spaces]
    return hashlib.sha256(json.dumps([said, ids], sort_keys=True).encode()).hexdigest()[:_DIGEST]


def _drawn(space: SpaceDoc) -> SpaceDoc:
    """Give what the editor shows of a place."""
    return SpaceDoc(space.name, space.kind, space.box, space.capacity, space.zone, space.id)


def resolved(doc: HouseDoc, house: House) -> HouseDoc:
    """Find by their names the floors, zones and places that a file speaks of; what is archived comes back by its name.

    Floors and zones are known by their Swedish name.
    """
    places = {place.name: place.id for place in house.places.values()}
    floors = {floor.names["sv"]: floor.id for floor in reversed(list(house.floors.values()))}
    floors |= {floor.names["sv"]: floor.id for floor in reversed(house.storeys)}
    found = []
    for floor in doc.floors:
        floor_id = floors.get(floor.names[0])
        zones = {area.names["sv"]: area.id for area in house.zones.values() if area.floor_id == floor_id}
        found.append(
            replace(
                floor, id=floor_id,
                zones=tuple(replace(zone, id=zones.get(zone.names[0])) for zone in floor.zones),
                spaces=tuple(replace(space, id=places.get(space.name)) for space in floor.spaces),
            )
        )  # fmt: skip
    return replace(doc, floors=tuple(found))


# -- what is wrong with one --------------------------------------------------------------------------------------------


def refusals(doc: HouseDoc, house: House, *, overlaps: bool = False) -> list[Refusal]:
    """List everything that is wrong with a resolved document; `overlaps` lets places lie over each other."""
    found: list[Refusal] = []
    if len(doc.floors) > MOST_FLOORS:
        found.append(Refusal("drawing-many", None, {"most": MOST_FLOORS}))
    for floor in doc.floors:
        found += floor_refusals(floor, house, overlaps=overlaps)
    spoken = {space.id for floor in doc.floors for space in floor.spaces}
    taken = Counter(space.name for floor in doc.floors for space in floor.spaces)
    taken.update(place.name for place in house.places.values() if place.id not in spoken)
    named = {space.name for floor in doc.floors for space in floor.spaces}
    found += [Refusal("space-name-taken", name, {"space": name}) for name in sorted(named) if taken[name] > 1]
    twice = Counter(floor.names[0] for floor in doc.floors if doc.facts is not None)
    found += [Refusal("floor-twice", None, {"floor": name}) for name, count in twice.items() if count > 1]
    return found


def floor_refusals(doc: FloorDoc, house: House, *, overlaps: bool = False) -> list[Refusal]:
    """List what is wrong with a floor and all that lies on it."""
    found = []
    if not (SMALLEST_SIDE <= doc.width <= LARGEST_SIDE and SMALLEST_SIDE <= doc.height <= LARGEST_SIDE):
        found.append(Refusal("drawing-size", "width", {"least": SMALLEST_SIDE, "most": LARGEST_SIDE}))
    if not all(_is_name(name, NAME_LONGEST) for name in doc.names):
        found.append(Refusal("floor-name", "name_sv", {"longest": NAME_LONGEST}))
    if doc.fire_limit is not None and not 1 <= doc.fire_limit <= MOST_PEOPLE:
        found.append(Refusal("fire-limit", "fire_limit", {"most": MOST_PEOPLE}))
    if any(not all(_is_name(name, NAME_LONGEST) for name in zone.names) for zone in doc.zones):
        found.append(Refusal("zone-name", "zones", {"longest": NAME_LONGEST}))
    for count, most in (
        (len(doc.spaces), MOST_SPACES), (len(doc.shapes), MOST_SHAPES), (len(doc.zones), MOST_ZONES),
        (len(doc.labels), MOST_LABELS),
    ):  # fmt: skip
        if count > most:
            found.append(Refusal("drawing-many", None, {"most": most}))
    if not all(_is_shape(shape) for shape in doc.shapes) or not all(_is_label(label) for label in doc.labels):
        found.append(Refusal("shape-unknown", "shapes"))
    for space in doc.spaces:
        found += _space_refusals(space, doc)
    return found if overlaps else found + _overlaps(doc, house)


def _space_refusals(space: SpaceDoc, floor: FloorDoc) -> Iterator[Refusal]:
    box, name = space.box, space.name
    if not _is_name(name, SPACE_NAME_LONGEST):
        yield Refusal("space-name", name, {"longest": SPACE_NAME_LONGEST})
    if space.kind not in KINDS:
        yield Refusal("kind-unknown", name)
    if unknown := sorted((space.amenities or frozenset()) - set(AMENITIES)):
        yield Refusal("amenity-unknown", name, {"amenity": unknown[0]})
    if not 1 <= space.capacity <= MOST_PEOPLE:
        yield Refusal("space-seats", name, {"space": name, "most": MOST_PEOPLE})
    if box.w < LEAST or box.h < LEAST:
        yield Refusal("drawing-small", name, {"space": name, "least": LEAST})
    if box.x < 0 or box.y < 0 or box.x + box.w > floor.width or box.y + box.h > floor.height:
        yield Refusal("drawing-outside", name, {"space": name})
    if not all(_is_shape(shape) for shape in space.furniture or ()):
        yield Refusal("shape-unknown", name)


def _overlaps(doc: FloorDoc, house: House) -> list[Refusal]:
    """Find places that lie over each other and did not: one may lie wholly within another, as a part of a hall does."""
    before = {place.id: place.box for place in house.places.values()}
    return [
        Refusal("drawing-overlap", one.name, {"one": one.name, "other": other.name})
        for one, other in combinations(sorted(doc.spaces, key=lambda space: space.box.x), 2)
        if overlap(one.box, other.box)
        and not (one.box.holds(other.box) or other.box.holds(one.box))
        and not (before.get(one.id or 0) == one.box and before.get(other.id or 0) == other.box)
        and not _in_one_whole(one, other, house)
    ]


def _in_one_whole(one: SpaceDoc, other: SpaceDoc, house: House) -> bool:
    """Tell whether one is a part of the other: they may be drawn alike."""
    return house.wholes.get(one.id or 0) == (other.id or -1) or house.wholes.get(other.id or 0) == (one.id or -1)


def overlap(one: Box, other: Box) -> bool:
    """Tell whether two boxes share more than an edge."""
    across = one.x < other.x + other.w and other.x < one.x + one.w
    return across and one.y < other.y + other.h and other.y < one.y + one.h


def _is_name(text: object, longest: int) -> bool:
    return isinstance(text, str) and 0 < len(text.strip()) == len(text) <= longest and fits_a_line(text)


def _is_number(value: object, least: int = -LARGEST_SIDE, most: int = 2 * LARGEST_SIDE) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and least <= value <= most


def _is_shape(shape: Mapping[str, Any]) -> bool:
    kind = shape.get("kind")
    allowed = SHAPES.get(kind, ()) if isinstance(kind, str) else ()
    known = {"kind", "class", *allowed, *((TURN,) if kind == "rect" else ())}
    if not allowed or shape.get("class") not in SHAPE_CLASSES or set(shape) - known:
        return False
    for name in set(shape) - {"kind", "class"}:
        value = shape[name]
        if name == "d":
            if not isinstance(value, str) or not _PATH.fullmatch(value):
                return False
        elif not _is_number(value, 0 if name in ("width", "height", "r", "rx") else -LARGEST_SIDE):
            return False
    return bool(set(shape) & set(allowed))


def _is_label(label: Mapping[str, Any]) -> bool:
    if set(label) - {"text", "x", "y", "w", "h", "turned"}:
        return False
    text, turned = label.get("text"), label.get("turned")
    texts = isinstance(text, Mapping) and set(text) == {"sv", "en"} and all(_is_name(t, 60) for t in text.values())
    boxes = [label] if turned is None else [label, turned]
    return texts and all(
        isinstance(box, Mapping) and all(isinstance(box.get(side), int) and _is_number(box[side]) for side in "xywh")
        for box in boxes
    )


# -- what differs ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Altered:
    """A place that a document says other things of than there are: which, from what, to what."""

    name: str
    fields: Mapping[str, tuple[Any, Any]]


@dataclass(frozen=True, slots=True)
class Change:
    """What a document does to a house: names of what comes, what is altered, and the ids of places that go.

    `back` are the places that were archived and come back; `floors_gone` the floors that go with all that is on them.
    """

    floors: tuple[str, ...] = ()
    floors_gone: tuple[int, ...] = ()
    drawings: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    altered: tuple[Altered, ...] = ()
    back: tuple[str, ...] = ()
    gone: tuple[int, ...] = ()
    zones_gone: tuple[int, ...] = ()
    facts: tuple[str, ...] = ()

    @property
    def nothing(self) -> bool:
        """Tell whether everything is as it was."""
        return self == Change()


def change(doc: HouseDoc, house: House, hours: Mapping[int | None, Hours]) -> Change:
    """Work out what a resolved document does. What it says nothing of stays; floors go where it tells the whole house.

    `hours` are all opening hours as they are set.
    """
    kept = {floor.id for floor in doc.floors}
    gone_floors = [floor.id for floor in house.storeys if floor.id not in kept] if doc.facts else list(doc.gone)
    spoken = {space.id for floor in doc.floors for space in floor.spaces}
    shown = [place for place in house.places.values() if place.archived_at is None]
    gone = [p.id for p in shown if p.id not in spoken and (p.floor_id in kept or p.floor_id in gone_floors)]
    added, back, altered, drawings, new = [], [], [], [], []
    for floor in doc.floors:
        if floor.id is None:
            new.append(floor.names[0])
            before = FloorDoc(("", ""), 0, 0)
        else:
            before = floor_of(house, floor.id, hours)
            if _frame(floor) != _frame(before) or _reordered(floor, before) or house.floors[floor.id].archived:
                drawings.append(floor.names[0])
        for space in floor.spaces:
            place = house.places.get(space.id) if space.id is not None else None
            if place is None:
                added.append(space.name)
            elif place.archived_at is not None:
                back.append(space.name)
            elif fields := _differing(space, floor, place, house, hours):
                altered.append(Altered(place.name, fields))
    known = {zone.id for floor in doc.floors for zone in floor.zones}
    zones_gone = [area.id for area in house.zones.values() if area.id not in known and area.floor_id in kept]
    return Change(
        tuple(new), tuple(gone_floors), tuple(drawings), tuple(added), tuple(altered), tuple(back), tuple(gone),
        tuple(zones_gone), _facts_differing(doc, house, hours),
    )  # fmt: skip


def _frame(doc: FloorDoc) -> tuple[Any, ...]:
    """Give what a floor is without its places."""
    return (
        doc.names, doc.width, doc.height, [dict(one) for one in doc.shapes], [dict(one) for one in doc.labels],
        doc.fire_limit, [(zone.names, zone.label, zone.turned) for zone in doc.zones],
    )  # fmt: skip


def _reordered(doc: FloorDoc, before: FloorDoc) -> bool:
    """Tell whether the places that both have stand in another order."""
    ids, was = ([space.id for space in one.spaces if space.id is not None] for one in (doc, before))
    return [one for one in ids if one in was] != [one for one in was if one in ids]


def _differing(
    space: SpaceDoc, floor: FloorDoc, place: Place, house: House, hours: Mapping[int | None, Hours]
) -> dict[str, tuple[Any, Any]]:  # fmt: skip
    areas = {area.id: area.names["sv"] for area in house.zones.values()}
    was = _space(place, {}, house, hours)
    lies = floor.zones[space.zone] if space.zone is not None else None
    same = lies is not None and lies.id == place.zone_id  # by another name, maybe
    zone = areas[place.zone_id or 0] if same else lies.names[0] if lies else None
    pairs: dict[str, tuple[Any, Any]] = {
        "name": (was.name, space.name), "kind": (was.kind, space.kind), "capacity": (was.capacity, space.capacity),
        "box": (_sides(was.box), _sides(space.box)), "zone": (areas.get(place.zone_id or 0), zone),
        "floor": (place.floor_id, floor.id),
    }  # fmt: skip
    if space.furniture is not None:
        pairs["furniture"] = ([dict(one) for one in was.furniture or ()], [dict(one) for one in space.furniture])
    for name in ("amenities", "bookable", "layouts", "hours", "rule", "parts", "links"):
        if (said := getattr(space, name)) is not None:
            pairs[name] = (_plain(getattr(was, name)), _plain(said))
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: tuple(one) if isinstance(one, (list, tuple)) else one for key, one in value.items()}
    return sorted(value) if isinstance(value, frozenset) else value


def _sides(box: Box) -> tuple[int, int, int, int]:
    return box.x, box.y, box.w, box.h


def _facts_differing(doc: HouseDoc, house: House, hours: Mapping[int | None, Hours]) -> tuple[str, ...]:
    if doc.facts is None:
        return ()
    was = facts_of(house, hours)
    names = ("name", "organisation", "address", "holidays", "hours", "rules")
    return tuple(name for name in names if _plain(getattr(doc.facts, name)) != _plain(getattr(was, name)))


def archive_refusals(gone: Collection[int], house: House, owned: Collection[int] = ()) -> list[Refusal]:
    """Say which places cannot go: a hall that is divided is made whole first, and a place of somebody's own given back.

    `owned` are places that are somebody's own.
    """
    places = [house.places[one] for one in sorted(gone)]
    found = [Refusal("archive-divided", place.name, {"space": place.name}) for place in places if place.parts]
    found += [
        Refusal("archive-divided", place.name, {"space": place.name}) for place in places
        if place.id in house.wholes and house.wholes[place.id] not in gone
    ]  # fmt: skip
    return found + [Refusal("archive-own", one.name, {"space": one.name}) for one in places if one.id in owned]


# -- as a file ---------------------------------------------------------------------------------------------------------

FORMAT, VERSION = "innovation-station-house", 1


def house_data(doc: HouseDoc) -> dict[str, Any]:
    """Write a document as plain data for a file."""
    data: dict[str, Any] = {"format": FORMAT, "version": VERSION}
    if doc.facts is not None:
        facts = doc.facts
        data["house"] = {
            "name": facts.name, "organisation": facts.organisation, "address": _names(facts.address),
            "holidays": facts.holidays, "hours": _hours_data(facts.hours),
            "rules": {kind: dict(rule) for kind, rule in sorted(facts.rules.items())},
        }  # fmt: skip
    data["floors"] = [floor_data(floor) for floor in doc.floors]
    return data


def floor_data(doc: FloorDoc) -> dict[str, Any]:
    """Write a floor as plain data."""
    return {
        "names": _names(doc.names), "width": doc.width, "height": doc.height, "fire_limit": doc.fire_limit,
        "shapes": [dict(shape) for shape in doc.shapes], "labels": [dict(label) for label in doc.labels],
        "zones": [
            {"names": _names(zone.names), "label": _box_data(zone.label), "label_turned": _box_data(zone.turned)}
            for zone in doc.zones
        ],
        "spaces": [_space_data(space, doc) for space in doc.spaces],
    }  # fmt: skip


def _space_data(space: SpaceDoc, floor: FloorDoc) -> dict[str, Any]:
    data: dict[str, Any] = {
        "name": space.name, "kind": space.kind, "capacity": space.capacity, "box": _box_data(space.box),
        "zone": floor.zones[space.zone].names[0] if space.zone is not None else None,
    }  # fmt: skip
    if space.amenities is not None:
        data["amenities"] = sorted(space.amenities, key=AMENITIES.index)
    if space.furniture is not None:
        data["furniture"] = [dict(shape) for shape in space.furniture]
    if space.layouts is not None:
        layouts = [{"name": one.name, "seats": one.seats, "changeover": one.changeover} for one in space.layouts]
        data["layouts"] = layouts
    if space.hours is not None:
        data["hours"] = _hours_data(space.hours)
    for name in ("bookable", "rule", "parts", "links"):
        if (said := getattr(space, name)) is not None:
            data[name] = dict(said) if name == "rule" else list(said) if name != "bookable" else said
    return data


def _names(names: Names) -> dict[str, str]:
    return {"sv": names[0], "en": names[1]}


def _box_data(box: Box | None) -> dict[str, int] | None:
    return None if box is None else {"x": box.x, "y": box.y, "w": box.w, "h": box.h}


def _hours_data(hours: Hours) -> dict[str, list[int] | None]:
    return {str(day): list(minutes) if minutes else None for day, minutes in sorted(hours.items())}


def names_of(ids: Iterable[int], house: House) -> list[str]:
    """Name places, for a trail."""
    return [house.places[one].name for one in ids]


def numbered(prefix: str, count: int, taken: Collection[str]) -> list[str]:
    """Give so many names that nobody has: A1, A2, …"""
    found: list[str] = []
    number = 1
    while len(found) < count:
        if (name := f"{prefix}{number}") not in taken:
            found.append(name)
        number += 1
    return found


def island(count: int, at: tuple[int, int], *, across: int, size: tuple[int, int], gap: int = GRID) -> list[Box]:
    """Lay out desks in rows of so many, from a corner, on the grid: a row where `across` is their number."""
    x, y = at
    w, h = size
    return [Box(x + (n % across) * (w + gap), y + (n // across) * (h + gap), w, h) for n in range(count)]
