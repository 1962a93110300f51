"""The drawing of a floor: its shapes as SVG, and where everything lies as a style sheet.

The security policy allows no style in a page; positions are custom properties of classes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from markupsafe import Markup, escape

from innovation_station.spaces.rules import SHAPE_CLASSES, SHAPES, TURN, Box, House


def plan_css(house: House) -> str:
    """Give every floor, space, zone and label its place in plan units, as custom properties of its class.

    Classes: `fl-<floor>` holds the size W x H; `sp-<space>`, `zn-<zone>` and `lb-<floor>-<index>` hold x, y,
    w and h; `-turned` is where a name stands when the plan is turned for a phone.
    """
    return "".join(f"{line}\n" for line in _lines(house))


def _lines(house: House) -> Iterator[str]:
    for floor in house.floors.values():
        yield f".fl-{floor.id}{{--W:{floor.width};--H:{floor.height}}}"
        for index, label in enumerate(floor.labels):
            yield from _named(f"lb-{floor.id}-{index}", _label_box(label), _label_box(label.get("turned")))
    for zone in house.zones.values():
        yield from _named(f"zn-{zone.id}", zone.label, zone.label_turned)
    for place in house.places.values():
        yield _rule(f"sp-{place.id}", place.box)


def _named(name: str, box: Box | None, turned: Box | None) -> Iterator[str]:
    if box:
        yield _rule(name, box)
    if turned:
        yield _rule(f"{name}-turned", turned)


def _rule(name: str, box: Box) -> str:
    return f".{name}{{--x:{box.x};--y:{box.y};--w:{box.w};--h:{box.h}}}"


def _label_box(data: Any) -> Box | None:
    """Read a label's box; figures only, so that nothing else can get into the sheet."""
    if not isinstance(data, Mapping) or not all(isinstance(data.get(side), int) for side in "xywh"):
        return None
    return Box(data["x"], data["y"], data["w"], data["h"])


def svg_shapes(shapes: Iterable[Mapping[str, Any]]) -> Markup:
    """Draw shapes as SVG elements; only known kinds, classes and attributes get through, all values escaped."""
    return Markup("").join(_element(shape) for shape in shapes)


def _element(shape: Mapping[str, Any]) -> Markup:
    kind = shape["kind"]
    if kind not in SHAPES or shape.get("class") not in SHAPE_CLASSES:
        return Markup("")
    values = "".join(f' {name}="{escape(shape[name])}"' for name in SHAPES[kind] if shape.get(name) is not None)
    values += _turned(shape)
    return Markup(f'<{kind} class="p-{shape["class"]}"{values}/>')  # noqa: S704  every part is checked or escaped


def _turned(shape: Mapping[str, Any]) -> str:
    """Turn a rectangle about its middle; figures only."""
    sides: list[Any] = [shape.get(name) for name in (TURN, "x", "y", "width", "height")]
    if not all(isinstance(side, (int, float)) for side in sides) or not sides[0]:
        return ""
    turn, x, y, width, height = sides
    return f' transform="rotate({turn:g} {x + width / 2:g} {y + height / 2:g})"'


@lru_cache(maxsize=8)
def drawn(house: House) -> dict[int, tuple[Markup, Markup]]:
    """Draw each floor's shapes and the furniture of its spaces, once for a revision of the house."""
    return {
        floor.id: (
            svg_shapes(floor.shapes),
            svg_shapes(
                shape
                for place in house.places.values()
                if place.floor_id == floor.id and place.archived_at is None
                for shape in place.furniture
            ),
        )
        for floor in house.floors.values()
    }
