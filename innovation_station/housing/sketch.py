"""The form of a floor: every place, zone, shape and label as a row of fields, read into a document and written from
one.

Names of fields are `kind-key-field`: `s` a place, `z` a zone, `h` a shape, `l` a label; the key is any word of the
page's own. A row with `gone` is taken away, a new one without a name is none. What was typed stands again, whatever it
was.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from innovation_station.errors import Refusal, Refused
from innovation_station.forms import parse_id
from innovation_station.housing import rules
from innovation_station.housing.rules import FloorDoc, SpaceDoc, ZoneDoc
from innovation_station.spaces.rules import SHAPES, TURN, Box

_FIELD = re.compile(r"([szhl])-([a-z0-9]{1,12})-([a-z0-9]{1,12})")
_NUMBER = re.compile(r"-?[0-9]{1,5}(\.[0-9]{1,3})?")
_SIDES, _TURNED = ("x", "y", "w", "h"), ("tx", "ty", "tw", "th")
MOST_FIELDS = 12_000
LONGEST_VALUE = rules.LONGEST_PATH
Row = dict[str, str]


@dataclass(frozen=True, slots=True)
class Sketch:
    """The form as it stands: what is said of the floor itself, and rows by kind, each with its `key`."""

    floor: Mapping[str, str]
    rows: Mapping[str, list[Row]]


def drawn(doc: FloorDoc) -> Sketch:
    """Write a document as a form."""
    zones = {number: f"z{number}" for number in range(len(doc.zones))}
    rows = {
        "z": [
            {
                "key": zones[number], "id": str(zone.id or ""), "sv": zone.names[0], "en": zone.names[1],
                **_box_fields(zone.label, _SIDES), **_box_fields(zone.turned, _TURNED),
            }
            for number, zone in enumerate(doc.zones)
        ],
        "s": [
            {
                "key": f"s{number}", "id": str(space.id or ""), "name": space.name, "kind": space.kind,
                "zone": zones.get(-1 if space.zone is None else space.zone, ""), "seats": str(space.capacity),
                **_box_fields(space.box, _SIDES),
            }
            for number, space in enumerate(doc.spaces)
        ],
        "h": [
            {"key": f"h{number}", **{name: _text(value) for name, value in shape.items()}}
            for number, shape in enumerate(doc.shapes)
        ],
        "l": [
            {
                "key": f"l{number}", "sv": label["text"]["sv"], "en": label["text"]["en"],
                **{side: str(label[side]) for side in _SIDES},
                **{f"t{side}": str(label["turned"][side]) if label.get("turned") else "" for side in _SIDES},
            }
            for number, label in enumerate(doc.labels)
        ],
    }  # fmt: skip
    floor = {
        "name_sv": doc.names[0], "name_en": doc.names[1], "width": str(doc.width), "height": str(doc.height),
    }  # fmt: skip
    return Sketch(floor, rows)


def typed(fields: Iterable[tuple[str, str]]) -> Sketch:
    """Take a form as it was typed, in its order. Raises Refused where there is too much of it."""
    floor = dict.fromkeys(("name_sv", "name_en", "width", "height"), "")
    rows: dict[str, dict[str, Row]] = {kind: {} for kind in "zshl"}
    for number, (name, value) in enumerate(fields):
        if number >= MOST_FIELDS:
            raise Refused([Refusal("drawing-many", None, {"most": rules.MOST_SPACES})])
        if name in floor:
            floor[name] = value.strip()[:200]
        elif found := _FIELD.fullmatch(name):
            row = rows[found[1]].setdefault(found[2], {"key": found[2]})
            row[found[3]] = value.strip()[:LONGEST_VALUE]
    return Sketch(floor, {kind: list(known.values()) for kind, known in rows.items()})


def document(sketch: Sketch, floor_id: int, before: FloorDoc) -> FloorDoc:
    """Read a form as a document; what it does not show is as `before`. Raises Refused for what is no number."""
    zone_rows = [row for row in sketch.rows["z"] if not row.get("gone") and (row.get("sv") or row.get("id"))]
    at = {row["key"]: number for number, row in enumerate(zone_rows)}
    return FloorDoc(
        (sketch.floor["name_sv"], sketch.floor["name_en"]),
        _int(sketch.floor["width"], "width"), _int(sketch.floor["height"], "height"),
        tuple(_shape(row) for row in sketch.rows["h"] if not row.get("gone") and _says(row)),
        tuple(_label(row) for row in sketch.rows["l"] if not row.get("gone") and row.get("sv")),
        before.fire_limit,
        tuple(_zone(row) for row in zone_rows),
        tuple(
            _space(row, at) for row in sketch.rows["s"]
            if not row.get("gone") and (row.get("name") or row.get("id"))
        ),
        floor_id,
    )  # fmt: skip


def _says(row: Row) -> bool:
    """Tell whether a shape has any measure: an empty row is none."""
    return any(row.get(name) for name in SHAPES.get(row.get("kind", ""), ()))


def _space(row: Row, zones: Mapping[str, int]) -> SpaceDoc:
    name = row.get("name", "")
    return SpaceDoc(
        name, row.get("kind", ""), _box(row, _SIDES, name), _int(row.get("seats", "1") or "1", name),
        zones.get(row.get("zone", "")), parse_id(row.get("id")),
    )  # fmt: skip


def _zone(row: Row) -> ZoneDoc:
    sv = row.get("sv", "")
    names = (sv, row.get("en", "") or sv)
    return ZoneDoc(names, _maybe_box(row, _SIDES, sv), _maybe_box(row, _TURNED, sv), parse_id(row.get("id")))


def _label(row: Row) -> dict[str, Any]:
    sv = row["sv"]
    found: dict[str, Any] = {"text": {"sv": sv, "en": row.get("en", "") or sv}} | _box_data(_box(row, _SIDES, sv))
    turned = _maybe_box(row, _TURNED, sv)
    return found | ({"turned": _box_data(turned)} if turned else {})


def _shape(row: Row) -> dict[str, Any]:
    kind = row.get("kind", "")
    found: dict[str, Any] = {"kind": kind, "class": row.get("class", "")}
    for name in (*SHAPES.get(kind, ()), TURN):
        value = row.get(name, "")
        if name == TURN and value in ("0", ""):
            continue
        if value:
            found[name] = value if name == "d" else _number(value, name)
    return found


def _box(row: Row, sides: tuple[str, ...], field: str) -> Box:
    return Box(*(_int(row.get(side, ""), field) for side in sides))


def _maybe_box(row: Row, sides: tuple[str, ...], field: str) -> Box | None:
    return _box(row, sides, field) if any(row.get(side) for side in sides) else None


def _box_data(box: Box) -> dict[str, int]:
    return {"x": box.x, "y": box.y, "w": box.w, "h": box.h}


def _box_fields(box: Box | None, names: tuple[str, ...]) -> dict[str, str]:
    return (
        dict.fromkeys(names, "")
        if box is None
        else dict(zip(names, map(str, (box.x, box.y, box.w, box.h)), strict=True))
    )


def _number(text: str, field: str) -> int | float:
    if not _NUMBER.fullmatch(text):
        raise Refused([Refusal("number-malformed", field)])
    return float(text) if "." in text else int(text)


def _int(text: str, field: str) -> int:
    value = _number(text, field)
    if isinstance(value, float):
        raise Refused([Refusal("number-malformed", field)])
    return value


def _text(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def laid(sketch: Sketch, given: Mapping[str, str], taken: Iterable[str]) -> Sketch:
    """Add several desks, numbered, in a row or an island: `prefix`, `count`, `across`, and where the first one lies.

    Raises Refused for what is no number, or too many.
    """
    count, across = (_int(given.get(name, "") or "1", name) for name in ("count", "across"))
    if not 1 <= count <= 100 or not 1 <= across <= 100:
        raise Refused([Refusal("drawing-many", "count", {"most": 100})])
    x, y, w, h = (_int(given.get(side, ""), side) for side in _SIDES)
    known = {*taken, *(row.get("name", "") for row in sketch.rows["s"])}
    names = rules.numbered(given.get("prefix", "").strip()[:20] or "A", count, known)
    boxes = rules.island(count, (x, y), across=across, size=(w, h))
    more = [
        {
            "key": f"n{len(sketch.rows['s']) + number}", "id": "", "name": name, "kind": "desk",
            "zone": given.get("zone", ""), "seats": "1", **_box_fields(box, _SIDES),
        }
        for number, (name, box) in enumerate(zip(names, boxes, strict=True))
    ]  # fmt: skip
    return Sketch(sketch.floor, {**sketch.rows, "s": [*sketch.rows["s"], *more]})


def joined(sketch: Sketch, doc: FloorDoc) -> Sketch:
    """Add to a form what has come to the floor since it was opened: what it speaks of, gone or not, is its own."""
    known = {kind: {row.get("id") for row in sketch.rows[kind]} for kind in "zs"}
    now = drawn(doc)
    keys = {row["key"]: row.get("id", "") for row in now.rows["z"]}
    own = {row.get("id"): row["key"] for row in sketch.rows["z"] if row.get("id")}
    zones = [row | {"key": f"o{row['key']}"} for row in now.rows["z"] if row["id"] not in known["z"]]
    named = {row["id"]: row["key"] for row in zones} | own
    spaces = [
        row | {"key": f"o{row['key']}", "zone": named.get(keys.get(row["zone"], ""), "")}
        for row in now.rows["s"] if row["id"] not in known["s"]
    ]  # fmt: skip
    rows = {**sketch.rows, "z": [*sketch.rows["z"], *zones], "s": [*sketch.rows["s"], *spaces]}
    return Sketch(sketch.floor, rows)
