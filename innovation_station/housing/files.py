"""Reads what a file says of a house: every type, size and depth is looked at before anything is believed. Pure.

A file is refused at the first place that cannot be read, named as a path (`floors[0].spaces[3].name`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn, TypeVar

from innovation_station.errors import Refusal, Refused
from innovation_station.housing.rules import (
    FORMAT,
    MOST_FLOORS,
    MOST_LABELS,
    MOST_SHAPES,
    MOST_SPACES,
    MOST_ZONES,
    VERSION,
    FloorDoc,
    Hours,
    HouseDoc,
    HouseFacts,
    Names,
    SpaceDoc,
    ZoneDoc,
)
from innovation_station.spaces.rules import (
    AMENITIES,
    BOOKERS,
    DAY_MINUTES,
    KINDS,
    LAYOUTS,
    POLICY_FIELDS,
    Box,
    Layout,
    Rule,
)

LARGEST_FILE = 2 * 1024 * 1024
DEEPEST = 12
_BIG = 100_000
T = TypeVar("T")


def read(data: bytes) -> HouseDoc:
    """Read a house file. Raises Refused: `house-file-large`, `house-file` with where, `house-file-version`."""
    if len(data) > LARGEST_FILE:
        raise Refused([Refusal("house-file-large", "file", {"megabytes": LARGEST_FILE // 1024**2})])
    _check_depth(data)
    try:
        parsed = json.loads(
            data.decode("utf-8-sig"), object_pairs_hook=_once, parse_constant=lambda _name: _wrong("NaN"),
            parse_int=_int, parse_float=_float,
        )  # fmt: skip
    except (ValueError, RecursionError):
        _wrong("JSON")
    top = _mapping(parsed, "", {"format", "version", "house", "floors"}, {"format", "version", "floors"})
    if top["format"] != FORMAT:
        _wrong("format")
    if top["version"] != VERSION or isinstance(top["version"], bool):
        raise Refused([Refusal("house-file-version", "file", {"version": VERSION})])
    floors = _list(top["floors"], "floors", MOST_FLOORS, _floor)
    facts = _facts(top["house"], "house") if "house" in top else None
    return HouseDoc(floors, facts)


def _wrong(where: str) -> NoReturn:
    raise Refused([Refusal("house-file", "file", {"where": where[:120]})])


def _check_depth(data: bytes) -> None:
    """Refuse nesting before it is parsed: brackets within texts are counted too, and there are few of them."""
    depth = 0
    text = False
    skip = False
    for letter in data:
        if skip:
            skip = False
        elif text:
            skip, text = letter == 0x5C, letter != 0x22
        elif letter == 0x22:
            text = True
        elif letter in b"[{":
            depth += 1
            if depth > DEEPEST:
                _wrong("JSON")
        elif letter in b"]}":
            depth -= 1


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Make a mapping whose names stand in it once."""
    if len({name for name, _value in pairs}) < len(pairs):
        _wrong("JSON")
    return dict(pairs)


def _int(text: str) -> int:
    return int(text) if len(text) < 12 else _wrong("JSON")


def _float(text: str) -> float:
    return float(text) if len(text) < 24 else _wrong("JSON")


def _mapping(value: Any, where: str, known: set[str], needed: set[str]) -> dict[str, Any]:
    if not isinstance(value, dict) or set(value) - known or needed - set(value):
        extra = sorted(set(value) - known) if isinstance(value, dict) else []
        missing = sorted(needed - set(value)) if isinstance(value, dict) else []
        name = next(iter(missing or extra), "")
        _wrong(f"{where}.{name}" if where and name else where or name or "JSON")
    return value


def _list(value: Any, where: str, most: int, read_one: Callable[[Any, str], T]) -> tuple[T, ...]:
    if not isinstance(value, list) or len(value) > most:
        _wrong(where)
    return tuple(read_one(one, f"{where}[{number}]") for number, one in enumerate(value))


def _text(value: Any, where: str, longest: int = 300) -> str:
    if not isinstance(value, str) or len(value) > longest:
        _wrong(where)
    return value


def _number(value: Any, where: str, least: int = -_BIG, most: int = _BIG) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        _wrong(where)
    return value


def _one_of(value: Any, where: str, known: Sequence[str]) -> str:
    if not isinstance(value, str) or value not in known:
        _wrong(where)
    return value


def _names(value: Any, where: str) -> Names:
    given = _mapping(value, where, {"sv", "en"}, {"sv", "en"})
    return _text(given["sv"], f"{where}.sv"), _text(given["en"], f"{where}.en")


def _box(value: Any, where: str) -> Box:
    given = _mapping(value, where, set("xywh"), set("xywh"))
    return Box(*(_number(given[side], f"{where}.{side}") for side in "xywh"))


def _maybe_box(value: Any, where: str) -> Box | None:
    return None if value is None else _box(value, where)


def _plain(value: Any, where: str) -> Mapping[str, Any]:
    """Take a shape or a label as it is; what it may hold say the rules."""
    if not isinstance(value, dict) or len(value) > 12:
        _wrong(where)
    return value


def _floor(value: Any, where: str) -> FloorDoc:
    known = {"names", "width", "height", "fire_limit", "shapes", "labels", "zones", "spaces"}
    given = _mapping(value, where, known, {"names", "width", "height", "spaces"})
    zones = _list(given.get("zones", []), f"{where}.zones", MOST_ZONES, _zone)
    at = {zone.names[0]: number for number, zone in enumerate(zones)}
    if len(at) < len(zones):
        _wrong(f"{where}.zones")
    limit = given.get("fire_limit")
    return FloorDoc(
        _names(given["names"], f"{where}.names"),
        _number(given["width"], f"{where}.width"), _number(given["height"], f"{where}.height"),
        _list(given.get("shapes", []), f"{where}.shapes", MOST_SHAPES, _plain),
        _list(given.get("labels", []), f"{where}.labels", MOST_LABELS, _plain),
        None if limit is None else _number(limit, f"{where}.fire_limit"), zones,
        _list(given["spaces"], f"{where}.spaces", MOST_SPACES, lambda one, path: _space(one, path, at)),
    )  # fmt: skip


def _zone(value: Any, where: str) -> ZoneDoc:
    given = _mapping(value, where, {"names", "label", "label_turned"}, {"names"})
    return ZoneDoc(
        _names(given["names"], f"{where}.names"), _maybe_box(given.get("label"), f"{where}.label"),
        _maybe_box(given.get("label_turned"), f"{where}.label_turned"),
    )  # fmt: skip


def _space(value: Any, where: str, zones: Mapping[str, int]) -> SpaceDoc:
    needed = {"name", "kind", "box"}
    more = {"capacity", "zone", "amenities", "furniture", "bookable", "layouts", "hours", "rule", "parts", "links"}
    given = _mapping(value, where, needed | more, needed)
    zone = given.get("zone")
    if zone is not None and (not isinstance(zone, str) or zone not in zones):
        _wrong(f"{where}.zone")

    def said(name: str, read_it: Callable[[Any, str], T]) -> T | None:
        return read_it(given[name], f"{where}.{name}") if name in given else None

    def listed(most: int, one: Callable[[Any, str], T]) -> Callable[[Any, str], tuple[T, ...]]:
        return lambda found, path: _list(found, path, most, one)

    amenities = said("amenities", listed(30, lambda one, path: _one_of(one, path, AMENITIES)))
    return SpaceDoc(
        _text(given["name"], f"{where}.name"), _one_of(given["kind"], f"{where}.kind", KINDS),
        _box(given["box"], f"{where}.box"), _number(given.get("capacity", 1), f"{where}.capacity"),
        None if zone is None else zones[zone], None,
        None if amenities is None else frozenset(amenities), said("furniture", listed(100, _plain)),
        said("bookable", _yes), _sorted_layouts(said("layouts", listed(len(LAYOUTS), _layout))),
        said("hours", _hours), said("rule", _rule), _sorted(said("parts", listed(20, _text))),
        _sorted(said("links", listed(50, _text))),
    )  # fmt: skip


def _sorted(names: tuple[str, ...] | None) -> tuple[str, ...] | None:
    return None if names is None else tuple(sorted(set(names)))


def _sorted_layouts(layouts: tuple[Layout, ...] | None) -> tuple[Layout, ...] | None:
    return None if layouts is None else tuple(sorted(layouts, key=lambda one: one.name))


def _yes(value: Any, where: str) -> bool:
    return value if isinstance(value, bool) else _wrong(where)


def _layout(value: Any, where: str) -> Layout:
    given = _mapping(value, where, {"name", "seats", "changeover"}, {"name", "seats"})
    return Layout(
        _one_of(given["name"], f"{where}.name", LAYOUTS), _number(given["seats"], f"{where}.seats"),
        _number(given.get("changeover", 0), f"{where}.changeover"),
    )  # fmt: skip


def _hours(value: Any, where: str) -> Hours:
    days = {str(day) for day in range(7)}
    given = _mapping(value, where, days, set())
    return {int(day): _minutes(minutes, f"{where}.{day}") for day, minutes in given.items()}


def _minutes(value: Any, where: str) -> tuple[int, int] | None:
    if value is None:
        return None
    pair = _list(value, where, 2, lambda one, path: _number(one, path, 0, DAY_MINUTES))
    return (pair[0], pair[1]) if len(pair) == 2 and pair[0] < pair[1] else _wrong(where)


def _rule(value: Any, where: str) -> Rule:
    given = _mapping(value, where, set(POLICY_FIELDS), set())
    return {
        name: _one_of(one, f"{where}.{name}", BOOKERS) if name == "booked_by" else _number(one, f"{where}.{name}")
        for name, one in given.items()
    }


def _facts(value: Any, where: str) -> HouseFacts:
    needed = {"name", "organisation", "address", "holidays", "hours", "rules"}
    given = _mapping(value, where, needed, needed)
    rules = _mapping(given["rules"], f"{where}.rules", set(KINDS), set())
    holidays = given["holidays"]
    return HouseFacts(
        _text(given["name"], f"{where}.name", 100), _text(given["organisation"], f"{where}.organisation", 100),
        _names(given["address"], f"{where}.address"),
        None if holidays is None else _text(holidays, f"{where}.holidays", 10),
        _hours(given["hours"], f"{where}.hours"),
        {kind: _rule(rule, f"{where}.rules.{kind}") for kind, rule in rules.items()},
    )  # fmt: skip
