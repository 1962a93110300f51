"""Where everything lies on the plan, as a style sheet: the security policy allows no style in a page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from innovation_station.spaces.rules import Box, House


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
