"""Writes about the house. Each bumps the house's revision, so that every process reads it anew."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Connection, delete, event, inspect, select, true, update

from innovation_station import clock
from innovation_station.db import db
from innovation_station.errors import NotFound, Refusal, Refused
from innovation_station.spaces import codes, rules
from innovation_station.spaces.models import (
    Floor,
    HouseRow,
    OpeningHours,
    PolicyRow,
    Space,
    SpaceCode,
    SpaceLayout,
    SpaceLink,
    SpacePart,
    Zone,
)
from innovation_station.spaces.queries import CHANGED
from innovation_station.spaces.rules import Box, Layout
from innovation_station.text import fits_a_line

NAME_LONGEST = 60
MOST_PEOPLE = 10_000
MOST_SEATS, MOST_CHANGEOVER = 10_000, 480
Minutes = tuple[int, int]
Row = TypeVar("Row", Floor, Zone, Space)


def set_up_house(
    *, name: str, organisation: str = "", address: tuple[str, str] = ("", ""), holidays: str | None = None
) -> HouseRow:
    """Name the house, or rename it; `address` is (sv, en), `holidays` the country whose holidays close it."""
    row = db.session.get(HouseRow, 1)
    if row is None:
        row = HouseRow(id=1, revision=0, name=name)
        db.session.add(row)
    row.name, row.organisation, row.holidays = name, organisation, holidays
    row.address_sv, row.address_en = address
    db.session.flush()
    changed()
    return row


def add_floor(
    *, names: tuple[str, str], width: int, height: int, shapes: Sequence[Mapping[str, Any]] = (),
    labels: Sequence[Mapping[str, Any]] = (), position: int = 0,
) -> Floor:  # fmt: skip
    """Add a floor with its drawing; `names` is (sv, en). Raises Refused for a shape the drawing cannot hold."""
    _check_shapes(shapes)
    row = Floor(
        name_sv=names[0], name_en=names[1], width=width, height=height, position=position,
        shapes=[dict(shape) for shape in shapes], labels=[dict(label) for label in labels],
    )  # fmt: skip
    return _added(row)


def add_zone(
    *,
    floor: Floor,
    names: tuple[str, str],
    label: Box | None = None,
    label_turned: Box | None = None,
    position: int = 0,
) -> Zone:
    """Add a zone; the boxes say where its name is written on the drawing, lying and turned."""
    row = Zone(
        floor_id=floor.id, name_sv=names[0], name_en=names[1], position=position,
        label=as_dict(label), label_turned=as_dict(label_turned),
    )  # fmt: skip
    return _added(row)


def add_space(
    *, floor: Floor, kind: str, name: str, box: Box, zone: Zone | None = None, capacity: int = 1,
    amenities: Sequence[str] = (), furniture: Sequence[Mapping[str, Any]] = (), photo: str | None = None,
    position: int = 0, code: str | None = None,
) -> Space:  # fmt: skip
    """Add a space, with the code of its picture. Raises Refused for an unknown kind, amenity or shape."""
    if kind not in rules.KINDS:
        raise Refused([Refusal("kind-unknown", "kind")])
    if unknown := sorted(set(amenities) - set(rules.AMENITIES)):
        raise Refused([Refusal("amenity-unknown", "amenities", {"amenity": unknown[0]})])
    _check_shapes(furniture)
    row = Space(
        floor_id=floor.id, zone_id=zone.id if zone else None, kind=kind, name=name, capacity=capacity, photo=photo,
        x=box.x, y=box.y, w=box.w, h=box.h, amenities=in_order(amenities),
        furniture=[dict(shape) for shape in furniture], position=position,
    )  # fmt: skip
    _added(row)
    db.session.add(SpaceCode(space_id=row.id, code=code or codes.fresh()))
    db.session.flush()
    return row


def set_fire_limit(floor_id: int, limit: int | None) -> int | None:
    """Say how many people may be on a floor at once, None for nobody says; give what it was.

    Raises NotFound, Refused.
    """
    row = db.session.get(Floor, floor_id)
    if row is None:
        raise NotFound
    if limit is not None and not 1 <= limit <= MOST_PEOPLE:
        raise Refused([Refusal("fire-limit", "fire_limit", {"most": MOST_PEOPLE})])
    before, row.fire_limit = row.fire_limit, limit
    db.session.flush()
    changed()
    return before


def set_hours(hours: Mapping[int, Minutes | None], space: Space | None = None) -> None:
    """Replace the opening hours of the house, or of one space; None says closed that weekday.

    Weekdays left out are closed for the house and as the house for a space.
    """
    space_id = space.id if space else None
    for row in db.session.scalars(select(OpeningHours).where(OpeningHours.space_id.is_not_distinct_from(space_id))):
        db.session.delete(row)
    db.session.flush()
    for weekday, minutes in hours.items():
        opens, closes = minutes or (0, 0)
        db.session.add(OpeningHours(space_id=space_id, weekday=weekday, opens=opens, closes=closes))
    db.session.flush()
    changed()


def set_policy(*, kind: str | None = None, space: Space | None = None, **values: int | str | None) -> PolicyRow:
    """Set booking rules for a kind or a space (exactly one); fields left out are as below it."""
    scope = PolicyRow.space_id == space.id if space else PolicyRow.kind == kind
    row = db.session.scalar(select(PolicyRow).where(scope))
    if row is None:
        row = PolicyRow(kind=kind, space_id=space.id if space else None)
        db.session.add(row)
    for name in rules.POLICY_FIELDS:
        setattr(row, name, values.get(name))
    db.session.flush()
    changed()
    return row


def set_parts(whole: Space, parts: Sequence[Space]) -> None:
    """Say what a space is divided into. Raises Refused where a part is divided into the whole again, or lies elsewhere.

    Nothing may be booked in the whole yet: `bookings.dividing.divide` is for a house that is in use.
    """
    wholes = {row.part_id: row.whole_id for row in db.session.scalars(select(SpacePart))}
    inside = {part.id for part in parts}
    above: int | None = whole.id
    while above is not None:
        if above in inside:
            raise Refused([Refusal("parts-circular", "parts")])
        above = wholes.get(above)
    if any(wholes.get(part.id, whole.id) != whole.id or part.floor_id != whole.floor_id for part in parts):
        raise Refused([Refusal("part-elsewhere", "parts")])
    db.session.execute(delete(SpacePart).where(SpacePart.whole_id == whole.id))
    db.session.add_all(SpacePart(whole_id=whole.id, part_id=part_id) for part_id in sorted(inside))
    db.session.flush()
    changed()


def add_part(whole: Space, name: str, capacity: int) -> Space:
    """Add a space that lies in another and is open and ruled as that is; `set_parts` makes it a part.

    Raises Refused where its name cannot be taken.
    """
    name = name.strip()
    if not name or len(name) > NAME_LONGEST or not fits_a_line(name):
        raise Refused([Refusal("space-name", "parts", {"longest": NAME_LONGEST})])
    if db.session.scalar(select(Space.id).where(Space.name == name)) is not None:
        raise Refused([Refusal("space-name-taken", "parts", {"space": name})])
    floor, zone = db.session.get_one(Floor, whole.floor_id), whole.zone_id and db.session.get(Zone, whole.zone_id)
    part = add_space(
        floor=floor, zone=zone or None, kind=whole.kind, name=name, box=Box(whole.x, whole.y, whole.w, whole.h),
        capacity=capacity, amenities=whole.amenities, position=whole.position,
    )  # fmt: skip
    hours = db.session.scalars(select(OpeningHours).where(OpeningHours.space_id == whole.id)).all()
    if hours:
        set_hours({row.weekday: (row.opens, row.closes) for row in hours}, space=part)
    ruled = db.session.scalar(select(PolicyRow).where(PolicyRow.space_id == whole.id))
    if ruled is not None:
        set_policy(space=part, **{name: getattr(ruled, name) for name in rules.POLICY_FIELDS})
    return part


def arrange_parts(whole: Space, parts: Sequence[Space]) -> None:
    """Draw parts side by side in a space: those that lie in it; others have a place of their own on the plan."""
    box = Box(whole.x, whole.y, whole.w, whole.h)
    inside = [part for part in parts if (own := Box(part.x, part.y, part.w, part.h)) == box or box.holds(own)]
    for part, own in zip(inside, box.divided(len(inside)) if inside else (), strict=True):
        part.x, part.y, part.w, part.h = own.x, own.y, own.w, own.h
    db.session.flush()
    changed()


def set_links(space: Space, others: Sequence[Space]) -> None:
    """Say which spaces are never booked together with one.

    Raises Refused for what it is a part of, or has as a part: those are not booked together anyway. Nothing may be
    booked in them yet: `bookings.dividing.link` is for a house that is in use.
    """
    pairs_of_parts = {(row.whole_id, row.part_id) for row in db.session.scalars(select(SpacePart))}
    if any({(space.id, other.id), (other.id, space.id)} & pairs_of_parts for other in others):
        raise Refused([Refusal("link-inside", "links")])
    own = (SpaceLink.one_id == space.id) | (SpaceLink.other_id == space.id)
    db.session.execute(delete(SpaceLink).where(own))
    pairs = {tuple(sorted((space.id, other.id))) for other in others if other.id != space.id}
    db.session.add_all(SpaceLink(one_id=one, other_id=other) for one, other in sorted(pairs))
    db.session.flush()
    changed()


def set_layouts(space: Space, layouts: Sequence[Layout]) -> None:
    """Say how a space can be furnished. Raises Refused for a layout there is not."""
    if any(layout.name not in rules.LAYOUTS for layout in layouts):
        raise Refused([Refusal("layout-unknown", "layout")])
    if any(not (1 <= layout.seats <= MOST_SEATS and 0 <= layout.changeover <= MOST_CHANGEOVER) for layout in layouts):
        raise Refused([Refusal("layout-numbers", "layouts", {"seats": MOST_SEATS, "minutes": MOST_CHANGEOVER})])
    db.session.execute(delete(SpaceLayout).where(SpaceLayout.space_id == space.id))
    db.session.add_all(
        SpaceLayout(space_id=space.id, name=layout.name, seats=layout.seats, changeover=layout.changeover)
        for layout in layouts
    )
    db.session.flush()
    changed()


def set_bookable(space_id: int, bookable: bool) -> Space:
    """Take a space out of booking or back. Raises NotFound."""
    row = db.session.get(Space, space_id)
    if row is None:
        raise NotFound
    row.bookable = bookable
    return _added(row)


def changed() -> None:
    """Raise the house's revision: pages and feeds that show the house are read anew."""
    session = db.session()
    session.execute(update(HouseRow).values(revision=HouseRow.revision + 1))
    session.info[CHANGED] = session.get_transaction()


_WORDS = {
    Space: ("name", "kind", "zone_id"), Zone: ("name_sv", "name_en"), HouseRow: ("name", "address_sv", "address_en"),
}  # fmt: skip


@event.listens_for(Space, "before_update")
@event.listens_for(Zone, "before_update")
@event.listens_for(HouseRow, "before_update")
def _reword(_mapper: object, connection: Connection, row: Space | Zone | HouseRow) -> None:
    """Note since when places are called as they are, wherever it is changed: nobody has to remember."""
    known: Any = inspect(row)
    if not any(known.attrs[name].history.has_changes() for name in _WORDS[type(row)]):
        return
    if isinstance(row, Space):
        row.worded_at = clock.now()
        return
    meant = Space.zone_id == row.id if isinstance(row, Zone) else true()
    connection.execute(update(Space).where(meant).values(worded_at=clock.now()))


def _added(row: Row) -> Row:
    db.session.add(row)
    db.session.flush()
    changed()
    return row


def as_dict(box: Box | None) -> dict[str, int] | None:
    """Write a box as the database keeps it."""
    return {"x": box.x, "y": box.y, "w": box.w, "h": box.h} if box else None


def _check_shapes(shapes: Sequence[Mapping[str, Any]]) -> None:
    for shape in shapes:
        allowed = rules.SHAPES.get(shape.get("kind", ""), ())
        known = {"kind", "class", rules.TURN, *allowed}
        if not allowed or shape.get("class") not in rules.SHAPE_CLASSES or set(shape) - known:
            raise Refused([Refusal("shape-unknown", "shapes")])


def in_order(amenities: Iterable[str]) -> list[str]:
    """Give amenities in the order in which they are named everywhere."""
    return sorted(amenities, key=rules.AMENITIES.index)


def hide_floor(floor: Floor, hidden: bool, now: datetime) -> None:
    """Show a floor no more, or again; what lies on it is for the caller to see to."""
    floor.archived_at = now if hidden else None
    db.session.flush()
    changed()


def archive(space: Space, now: datetime) -> None:
    """Take a space away from every page; what was booked in it still names it. Nothing may be booked in it yet to come:
    who is hit is for the caller to see to."""
    space.archived_at, space.bookable = now, False
    links = (SpaceLink.one_id == space.id) | (SpaceLink.other_id == space.id)
    db.session.execute(delete(SpaceLink).where(links))
    db.session.flush()
    changed()


def drop_zone(zone: Zone) -> None:
    """Forget a zone: its spaces lie in none."""
    rows = update(Space).where(Space.zone_id == zone.id).values(zone_id=None, worded_at=clock.now())
    db.session.execute(rows.execution_options(synchronize_session="fetch"))
    db.session.delete(zone)
    db.session.flush()
    changed()


def rename(renamed: Mapping[int, str]) -> None:
    """Give spaces other names, by id; two may change theirs with each other."""
    rows = [db.session.get_one(Space, space_id) for space_id in sorted(renamed)]
    for row in rows:
        row.name = f"\x01{row.id}"  # no name that anybody can write
    db.session.flush()
    for row in rows:
        row.name = renamed[row.id]
    db.session.flush()
    changed()
