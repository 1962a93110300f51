"""The house: hours, rules, and floor six with its drawing, zones and places. Coordinates are plan units."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from innovation_station.spaces import service
from innovation_station.spaces.codes import LETTERS, LONG
from innovation_station.spaces.models import Floor, Space, Zone
from innovation_station.spaces.rules import Box, Layout

Shape = dict[str, Any]

OPENS, CLOSES = 8 * 60, 18 * 60
STAGE_EVENING = 21 * 60
STAGE_WEEKDAY = 3  # Thursday
WIDTH, HEIGHT = 960, 500
HOUSE = "Innovation Station Flemingsberg"
UNIVERSITY = "Södertörns högskola"
ADDRESS = (
    "Plan 6, Moas båge, Campus Flemingsberg, Huddinge",
    "Floor 6, Moas båge, Campus Flemingsberg, Huddinge, Sweden",
)
CHECK_IN = 10  # minutes that a phone booth waits
POLICIES: Mapping[str, dict[str, Any]] = {
    "desk": {"granularity": 15, "shortest": 30, "longest": 600, "notice": 0, "horizon": 180},
    "room": {"granularity": 15, "shortest": 15, "longest": 480, "notice": 0, "horizon": 180},
    "booth": {"granularity": 15, "shortest": 15, "longest": 120, "notice": 0, "horizon": 180, "check_in": CHECK_IN},
    "hall": {"granularity": 30, "shortest": 30, "longest": 600, "notice": 0, "horizon": 180, "approval": 2 * 24 * 60},
}


@dataclass(frozen=True, slots=True)
class Quarters:
    """A zone before it is stored; its boxes say where the name is written, lying and turned."""

    letter: str
    names: tuple[str, str]
    label: Box
    turned: Box


@dataclass(frozen=True, slots=True)
class Spot:
    """A place before it is stored; `letter` names its zone."""

    name: str
    kind: str
    box: Box
    capacity: int = 1
    letter: str = ""
    amenities: Sequence[str] = ()
    furniture: Sequence[Shape] = ()


def _rect(css: str, x: float, y: float, width: float, height: float, rx: float = 0) -> Shape:
    return {"kind": "rect", "class": css, "x": x, "y": y, "width": width, "height": height, "rx": rx}


def _circle(css: str, cx: float, cy: float, r: float) -> Shape:
    return {"kind": "circle", "class": css, "cx": cx, "cy": cy, "r": r}


def _path(css: str, d: str) -> Shape:
    return {"kind": "path", "class": css, "d": d}


def _circles(css: str, r: float, xs: Sequence[float], ys: Sequence[float]) -> list[Shape]:
    return [_circle(css, x, y, r) for x in xs for y in ys]


def _chairs(xs: Sequence[int], ys: Sequence[int], *, upright: bool = False) -> list[Shape]:
    width, height = (11, 22) if upright else (22, 11)
    return [_rect("chair", x, y, width, height, 5) for x in xs for y in ys]


SHAPES: list[Shape] = [
    _rect("floor", 8, 8, 944, 484, 6),
    # kitchen: counter with hob and sink, and the long table
    _rect("furn", 312, 462, 150, 26, 2),
    *_circles("step", 7, (338, 358), (475,)),
    _rect("step", 420, 467, 30, 16, 3),
    _rect("furn", 336, 404, 104, 30, 4),
    *_circles("chair", 7, (348, 374, 400, 426), (395, 443)),
    # lounge, host's counter, printers
    _rect("soft", 506, 292, 188, 88, 44),
    *_circles("furn", 18, (566, 634), (336,)),
    _path("furn", "M604 418h84v22h-62v40h-22z"),
    _rect("furn", 416, 160, 44, 96, 3),
    _rect("step", 424, 170, 28, 24, 3),
    _rect("step", 424, 204, 28, 24, 3),
    # a chair to each desk
    *_chairs((48, 103, 158, 213, 268, 323, 378, 433), (73,)),
    *_chairs((553, 630), (35, 90, 145, 200), upright=True),
    *_chairs((70, 123, 250, 303), (144, 260)),
    # the quiet coach's glass with its door, the outer wall with the entrance, the windows
    _path("glass", "M488 10v238h218V10"),
    _path("opening", "M572 248h50"),
    _path("door", "M572 248a50 50 0 0 1 50 50"),
    _path("wall", "M596 492h356V8H8v484h532"),
    *(
        shape
        for x in (30, 140, 250, 360)
        for shape in (_path("win", f"M{x} 8h88"), _path("win2", f"M{x} 6.5h88M{x} 9.5h88"))
    ),
]
LABELS: list[dict[str, Any]] = [
    {"text": {"sv": "Köket", "en": "Kitchen"}, "x": 312, "y": 352, "w": 150, "h": 22},
    {"text": {"sv": "Värd", "en": "Host"}, "x": 612, "y": 386, "w": 76, "h": 26},
    {"text": {"sv": "Entré", "en": "Entrance"}, "x": 520, "y": 462, "w": 72, "h": 22},
]
ZONES = (
    Quarters("A", ("Perrongen", "The Platform"), Box(34, 90, 100, 20), Box(11, 10, 20, 116)),
    Quarters("B", ("Tysta kupén", "The Quiet Coach"), Box(564, 74, 66, 78), Box(566, 84, 62, 62)),
    Quarters("C", ("Verkstan", "The Workshop"), Box(340, 188, 76, 40), Box(352, 158, 52, 92)),
)


def _desks() -> list[Spot]:
    row = [("A", number, 34 + 55 * (number - 1), 22) for number in range(1, 9)]
    coach = [("B", number, (500, 644)[number > 4], 22 + 55 * ((number - 1) % 4)) for number in range(1, 9)]
    islands = [
        ("C", number, (56, 236)[number > 4] + 53 * ((number - 1) % 2), (158, 209)[(number - 1) % 4 > 1])
        for number in range(1, 9)
    ]
    return [
        Spot(f"{letter}{number}", "desk", Box(x, y, 50, 48), 1, letter, _desk_kit(letter, number))
        for letter, number, x, y in row + coach + islands
    ]


def _desk_kit(letter: str, number: int) -> list[str]:
    always = {"A": ["window"], "B": ["quiet"], "C": []}[letter]
    some: dict[str, dict[str, tuple[int, ...]]] = {
        "screen": {"A": (1, 2, 3, 4, 6), "B": (), "C": (1, 3, 5, 6)},
        "height-adjustable": {"A": (3, 4, 5, 8), "B": (2, 3, 6, 8), "C": (1, 2, 5, 7)},
        "step-free": {"A": (1, 8), "B": (4, 8), "C": (4, 6, 8)},
        "flicker-free": {"A": (), "B": (1, 2, 3, 4), "C": ()},
    }
    return always + [kit for kit, numbers in some.items() if number in numbers[letter]]


STAGE = Box(16, 306, 276, 178)
SPOTS: list[Spot] = [
    *_desks(),
    Spot(
        "Hågelby", "room", Box(716, 16, 228, 124), 8,
        amenities=("window", "screen", "whiteboard", "video", "hearing-loop", "step-free"),
        furniture=[_rect("step", 864, 60, 62, 22, 3), *_circles("chair", 5.5, (874, 895, 916), (51, 91))],
    ),
    Spot(
        "Flottsbro", "room", Box(716, 148, 228, 146), 12,
        amenities=("screen", "whiteboard", "video", "projector", "hearing-loop", "step-free"),
        furniture=[
            _rect("step", 908, 170, 20, 88, 3), *_circles("chair", 5.5, (899, 937), (181, 203, 225, 247)),
        ],
    ),
    Spot(
        "Visättra", "room", Box(716, 302, 110, 182), 4,
        amenities=("screen", "whiteboard", "step-free", "flicker-free"),
        furniture=[
            _circle("step", 771, 430, 18),
            *_circles("chair", 5.5, (745, 797), (430,)), *_circles("chair", 5.5, (771,), (404, 456)),
        ],
    ),
    Spot(
        "Björnkulla", "room", Box(834, 302, 110, 182), 2, amenities=("quiet", "step-free"),
        furniture=[_rect("step", 862, 412, 22, 34, 7), _rect("step", 898, 412, 22, 34, 7)],
    ),
    # small, for the name must be readable inside: 62 units are 44 px where a phone turns the plan
    Spot("Alby", "booth", Box(330, 280, 62, 58), amenities=("quiet",)),
    Spot("Lida", "booth", Box(398, 280, 62, 58), amenities=("quiet", "step-free")),
    Spot(
        "Scenen", "hall", STAGE, 60,
        amenities=("screen", "projector", "hearing-loop", "step-free"),
        furniture=[_path("door", "M177 350v128")],  # the folding wall between the parts
    ),
    *(
        Spot(name, "hall", box, 30, amenities=("screen", "projector", "hearing-loop", "step-free"))
        for name, box in zip(("Västra scenen", "Östra scenen"), STAGE.divided(2), strict=True)
    ),
]  # fmt: skip
PARTS: Mapping[str, Sequence[str]] = {"Scenen": ("Västra scenen", "Östra scenen")}
LAYOUTS = {
    "Scenen": (
        Layout("standing", 100, 30), Layout("theatre", 60), Layout("classroom", 40, 30), Layout("islands", 32, 45),
    ),
    "Västra scenen": (Layout("theatre", 30), Layout("islands", 16, 15)),
    "Östra scenen": (Layout("theatre", 30), Layout("islands", 16, 15)),
}  # fmt: skip


FIRE_LIMIT = 220  # people on the floor at once


def build() -> dict[str, Space]:
    """Store the house with its floor; gives the places by name. Must run inside `db.transaction()`."""
    service.set_up_house(name=HOUSE, organisation=UNIVERSITY, address=ADDRESS, holidays="SE")
    service.set_hours(dict.fromkeys(range(5), (OPENS, CLOSES)))
    for kind, policy in POLICIES.items():
        service.set_policy(kind=kind, **policy)
    floor = service.add_floor(
        names=("Plan 6", "Floor 6"), width=WIDTH, height=HEIGHT, shapes=SHAPES, labels=LABELS, position=6
    )
    service.set_fire_limit(floor.id, FIRE_LIMIT)
    zones = {
        zone.letter: service.add_zone(
            floor=floor, names=zone.names, label=zone.label, label_turned=zone.turned, position=position
        )
        for position, zone in enumerate(ZONES)
    }
    spaces = {spot.name: _add(spot, floor, zones, position) for position, spot in enumerate(SPOTS)}
    for whole, parts in PARTS.items():
        service.set_parts(spaces[whole], [spaces[part] for part in parts])
        for name in (whole, *parts):
            service.set_hours({STAGE_WEEKDAY: (OPENS, STAGE_EVENING)}, space=spaces[name])
    for name, layouts in LAYOUTS.items():
        service.set_layouts(spaces[name], layouts)
    return spaces


def _add(spot: Spot, floor: Floor, zones: Mapping[str, Zone], position: int) -> Space:
    return service.add_space(
        floor=floor, zone=zones.get(spot.letter), kind=spot.kind, name=spot.name, box=spot.box,
        position=position, capacity=spot.capacity, amenities=spot.amenities, furniture=spot.furniture,
        code="".join(Random(spot.name).choices(LETTERS, k=LONG)),  # noqa: S311  the same picture in every demo
    )  # fmt: skip
