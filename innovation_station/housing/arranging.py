"""A document of a floor, or of the house, becomes what there is: looked at first, then all of it or nothing.

Every function runs inside `db.transaction()`, decides on rows it has locked, flushes and never commits.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import or_, select, update

from innovation_station.announcements import service as announcements
from innovation_station.audit import service as audit
from innovation_station.bookings import dividing, making_way, ripple, telling
from innovation_station.bookings.ripple import Ripple
from innovation_station.bookings.telling import Cause
from innovation_station.db import db
from innovation_station.errors import Conflict, NotAllowed, NotFound, Refusal, Refused
from innovation_station.housing import rules
from innovation_station.housing.rules import Change, FloorDoc, HouseDoc, HouseFacts, SpaceDoc
from innovation_station.members.rules import Actor, is_admin
from innovation_station.plans.models import DedicatedDesk
from innovation_station.policies import queries as policies
from innovation_station.policies import service as ruling
from innovation_station.spaces import service as spaces
from innovation_station.spaces.models import Floor, Space, Zone
from innovation_station.spaces.queries import house as read_house
from innovation_station.spaces.rules import KINDS, Box, House, Scope
from innovation_station.timespan import Span
from innovation_station.waits.models import Wait

Row = TypeVar("Row", Space, Floor)
FURTHEST = timedelta(days=1200)  # further ahead nobody can book
MOST_HITS = 500
TOLD = 60  # changes that the trail names


@dataclass(frozen=True, slots=True)
class Looked:
    """What a document would do: the change, whom it hits, and the token of both."""

    doc: HouseDoc
    change: Change
    met: Ripple
    token: str


def look(
    actor: Actor, doc: HouseDoc, *, now: datetime, zone: ZoneInfo, base: str = "", overlaps: bool = False
) -> Looked:
    """Tell what a resolved document would do, and whom it hits; no lock is taken and nothing written.

    `base` is the digest of the one floor that it was made from. Raises NotAllowed, NotFound, Refused with everything
    that is wrong, and Conflict `floor-changed` where somebody has saved the floor since.
    """
    if not is_admin(actor):
        raise NotAllowed([Refusal("rule-admin")])
    house, hours = read_house(), policies.hours()
    _check_ids(doc, house)
    if base and base != rules.digest(rules.floor_of(house, doc.floors[0].id or 0)):
        raise Conflict([Refusal("floor-changed")])
    if found := rules.refusals(doc, house, overlaps=overlaps):
        raise Refused(found)
    change = rules.change(doc, house, hours)
    gone = set(change.gone)
    today = now.astimezone(zone).date()
    if found := rules.archive_refusals(gone, house, _owned(today) if gone else ()):
        raise Refused(found)
    met = Ripple()
    if gone:
        span = Span(now.replace(second=0, microsecond=0), now + FURTHEST)
        wanted = [(space_id, span) for space_id in sorted(gone)]
        met = making_way.met_by(actor, wanted, house, now=now, zone=zone, closes=True, gone=gone)
        if len(met.hits) > MOST_HITS:
            raise Refused([Refusal("hits-many", None, {"most": MOST_HITS})])
    written = repr([repr(change), *ripple.written(met)])
    return Looked(doc, change, met, hashlib.sha256(written.encode()).hexdigest()[:32])


def _check_ids(doc: HouseDoc, house: House) -> None:
    """Refuse what speaks of rows that there are not, or twice of one. Raises NotFound."""
    for floor in doc.floors:
        zones = {area.id for area in house.zones.values() if area.floor_id == floor.id}
        if floor.id is not None and floor.id not in house.floors:
            raise NotFound
        if any(zone.id is not None and zone.id not in zones for zone in floor.zones):
            raise NotFound
    ids = [space.id for floor in doc.floors for space in floor.spaces if space.id is not None]
    if any(one not in house.places for one in ids) or len(set(ids)) < len(ids):
        raise NotFound("space-unknown")


def _owned(today: date) -> set[int]:
    """Name the places that are somebody's own, now or later."""
    statement = select(DedicatedDesk.space_id).where(or_(DedicatedDesk.ends.is_(None), DedicatedDesk.ends >= today))
    return set(db.session.scalars(statement))


def save(
    actor: Actor, doc: HouseDoc, *, now: datetime, zone: ZoneInfo, base: str = "", overlaps: bool = False,
    choices: Mapping[int, str] | None = None, shown: str = "",
) -> Looked:  # fmt: skip
    """Have the house be what a resolved document says, once everybody who is hit is decided about.

    All or nothing; what is as it was is not touched. Raises as `look`, and Conflict: `plan-changed` where it would do
    something else by now than what was `shown`, `hits-undecided` where nothing was said of somebody.
    """
    choices = choices or {}
    before = look(actor, doc, now=now, zone=zone, base=base, overlaps=overlaps)
    binds = any(space.parts is not None or space.links is not None for floor in doc.floors for space in floor.spaces)
    making_way.lock(before.met.hits, read_house().places if binds else before.change.gone)
    spaces.changed()  # the house's row is the lock of what it looks like
    looked = look(actor, doc, now=now, zone=zone, base=base, overlaps=overlaps)
    if shown and shown != looked.token:
        raise Conflict([Refusal("plan-changed")])
    if looked.met.walls:
        raise Conflict(list(looked.met.walls))
    if left := ripple.undecided(looked.met.hits, choices):
        raise Conflict([Refusal("hits-undecided", None, {"count": len(left)})])
    if looked.change.nothing:
        return looked
    house, names = read_house(), _names(looked.change, read_house())
    with telling.gathered(now=now):
        placeless = making_way.carry_out(actor, looked.met.hits, choices, Cause("gone"), now=now, zone=zone)
        _arrange(actor, doc, looked.change, house, now, zone)
        making_way.stand_in_line(placeless, now=now, zone=zone)
    audit.record("house.arranged", subject=("house", 1), actor=actor, now=now, **names)
    return looked


def _names(change: Change, house: House) -> dict[str, Any]:
    """Say for the trail what is added, altered and gone, field by field."""
    altered = change.altered[:TOLD]
    before: dict[str, Any] = {one.name: {name: _said(pair[0]) for name, pair in one.fields.items()} for one in altered}
    after: dict[str, Any] = {one.name: {name: _said(pair[1]) for name, pair in one.fields.items()} for one in altered}
    if change.gone:
        before["gone"] = rules.names_of(change.gone, house)
    for name in ("added", "back", "floors", "drawings", "facts"):
        if said := getattr(change, name):
            after[name] = list(said)
    if change.floors_gone:
        before["floors gone"] = [house.floors[one].names["sv"] for one in change.floors_gone]
    if change.zones_gone:
        before["zones gone"] = [house.zones[one].names["sv"] for one in change.zones_gone]
    return {"before": before, "after": after}


def _said(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _said(one) for key, one in value.items()}
    if isinstance(value, (list, tuple, frozenset)):
        return [asdict(one) if hasattr(one, "seats") else _said(one) for one in value]
    return value


# -- as it is to be ----------------------------------------------------------------------------------------------------


def _arrange(actor: Actor, doc: HouseDoc, change: Change, house: House, now: datetime, zone: ZoneInfo) -> None:
    for space_id in change.gone:
        spaces.archive(db.session.get_one(Space, space_id), now)
    for floor_id in change.floors_gone:
        spaces.hide_floor(db.session.get_one(Floor, floor_id), True, now)
    spoken = [space for floor in doc.floors for space in floor.spaces]
    spaces.rename(
        {space.id: space.name for space in spoken if space.id and house.places[space.id].name != space.name}
    )  # fmt: skip
    made: dict[str, Space] = {}
    for position, floor in enumerate(doc.floors):
        row = _floor(floor, position if doc.facts is not None else None, now)
        zones = _zones(floor, row)
        for number, space in enumerate(floor.spaces):
            made[space.name] = _space(space, row, zones, house, number)
        _drop_zones(change.zones_gone, row.id, now)
    db.session.flush()
    _say_more(actor, spoken, made, house, now, zone)
    if doc.facts is not None and change.facts:
        _say_facts(actor, doc.facts, now)
    spaces.changed()


def _floor(doc: FloorDoc, position: int | None, now: datetime) -> Floor:
    if doc.id is None:
        last = max((floor.position for floor in db.session.scalars(select(Floor))), default=0)
        row = spaces.add_floor(
            names=doc.names, width=doc.width, height=doc.height, shapes=doc.shapes, labels=doc.labels,
            position=last + 1 if position is None else position,
        )  # fmt: skip
    else:
        row = db.session.get_one(Floor, doc.id)
        if row.archived_at is not None:
            spaces.hide_floor(row, False, now)
        row.name_sv, row.name_en = doc.names
        row.width, row.height = doc.width, doc.height
        row.shapes, row.labels = [dict(one) for one in doc.shapes], [dict(one) for one in doc.labels]
    row.fire_limit = doc.fire_limit
    return row


def _zones(doc: FloorDoc, floor: Floor) -> list[Zone]:
    found = []
    for position, zone in enumerate(doc.zones):
        if zone.id is None:
            row = spaces.add_zone(
                floor=floor, names=zone.names, label=zone.label, label_turned=zone.turned, position=position
            )
        else:
            row = db.session.get_one(Zone, zone.id)
            row.name_sv, row.name_en = zone.names
            row.position = position
            row.label, row.label_turned = spaces.as_dict(zone.label), spaces.as_dict(zone.turned)
        found.append(row)
    return found


def _drop_zones(zone_ids: Sequence[int], floor_id: int, now: datetime) -> None:
    """Forget zones: who waits for a place in one waits for any of that kind; what is told of it is of its floor."""
    for zone_id in zone_ids:
        row = db.session.get_one(Zone, zone_id)
        if row.floor_id == floor_id:
            db.session.execute(update(Wait).where(Wait.zone_id == zone_id).values(zone_id=None))
            announcements.leave_zone(zone_id, floor_id, now=now)
            spaces.drop_zone(row)


def _space(doc: SpaceDoc, floor: Floor, zones: Sequence[Zone], house: House, position: int) -> Space:
    zone = zones[doc.zone] if doc.zone is not None else None
    if doc.id is None:
        row = spaces.add_space(
            floor=floor, kind=doc.kind, name=doc.name, box=doc.box, zone=zone, capacity=doc.capacity,
            amenities=sorted(doc.amenities or ()), furniture=doc.furniture or (), position=position,
        )  # fmt: skip
        row.bookable = doc.bookable is not False
        return row
    row = db.session.get_one(Space, doc.id)
    if row.archived_at is not None:
        row.archived_at, row.bookable = None, True
    row.floor_id, row.zone_id, row.kind, row.capacity = floor.id, zone.id if zone else None, doc.kind, doc.capacity
    row.position = position
    _place(row, doc.box)
    if doc.amenities is not None and doc.amenities != house.places[doc.id].amenities:
        row.amenities = spaces.in_order(doc.amenities)
    if doc.furniture is not None:
        row.furniture = [dict(one) for one in doc.furniture]
    if doc.bookable is not None:
        row.bookable = doc.bookable
    return row


def _place(row: Space, box: Box) -> None:
    row.x, row.y, row.w, row.h = box.x, box.y, box.w, box.h


def _say_more(
    actor: Actor, docs: Sequence[SpaceDoc], made: Mapping[str, Space], house: House, now: datetime, zone: ZoneInfo
) -> None:
    """Say what a file says of furniture, hours, rules, parts and links, where that is another."""
    known = policies.hours()
    for doc in docs:
        row, was = made[doc.name], house.places.get(doc.id or 0)
        if doc.layouts is not None and tuple(sorted(was.layouts if was else (), key=_by_name)) != doc.layouts:
            dividing.furnish(actor, row.id, doc.layouts, now=now)
        if doc.hours is not None and doc.hours != known.get(row.id, {}):
            ruling.change_hours(doc.hours, actor=actor, now=now, space_id=row.id)
        if doc.rule is not None and doc.rule != house.rules.get(Scope(space=row.id), {}):
            ruling.change(Scope(space=row.id), doc.rule, actor=actor)
    _bind(actor, docs, made, now, zone)
    for doc in docs:  # parts are drawn anew where a place is divided: they lie where the document has them
        row = made[doc.name]
        _place(row, doc.box)
        if doc.bookable is not None:
            row.bookable = doc.bookable
    db.session.flush()


def _bind(actor: Actor, docs: Sequence[SpaceDoc], made: Mapping[str, Space], now: datetime, zone: ZoneInfo) -> None:
    """Divide and link places as a file says. Raises Conflict where what is booked stands in the way."""
    bound = [doc for doc in docs if doc.parts is not None]
    for doc in sorted(bound, key=lambda one: len(one.parts or ())):  # what is made whole frees its parts first
        row = made[doc.name]
        wanted = {_named(part, made) for part in doc.parts or ()}
        if wanted != set(read_house().places[row.id].parts):
            dividing.divide(actor, row.id, sorted(wanted), now=now, zone=zone)
    for doc in docs:
        if doc.links is not None:
            others = {_named(name, made) for name in doc.links}
            if others != set(read_house().places[made[doc.name].id].links):
                dividing.link(actor, made[doc.name].id, sorted(others), now=now, zone=zone)


def _by_name(layout: Any) -> str:
    return str(layout.name)


def _named(name: str, made: Mapping[str, Space]) -> int:
    if name not in made:
        raise Refused([Refusal("space-unnamed", name, {"space": name})])
    return made[name].id


def _say_facts(actor: Actor, facts: HouseFacts, now: datetime) -> None:
    spaces.set_up_house(
        name=facts.name, organisation=facts.organisation, address=facts.address, holidays=facts.holidays
    )
    if dict(facts.hours) != policies.hours().get(None, {}):
        ruling.change_hours(facts.hours, actor=actor, now=now)
    for kind in KINDS:
        rule = facts.rules.get(kind, {})
        if rule != read_house().rules.get(Scope(kind=kind), {}):
            ruling.change(Scope(kind=kind), rule, actor=actor)


# -- one place or floor ------------------------------------------------------------------------------------------------


def without_space(house: House, space_id: int) -> HouseDoc:
    """Give the floor of a space as it is without it. Raises NotFound."""
    place = house.places.get(space_id)
    if place is None or place.archived_at is not None:
        raise NotFound("space-unknown")
    floor = rules.floor_of(house, place.floor_id)
    return HouseDoc((replace(floor, spaces=tuple(one for one in floor.spaces if one.id != space_id)),))


def with_space(house: House, space_id: int) -> HouseDoc:
    """Give the floor of an archived space as it is with it where it lay. Raises NotFound."""
    place = house.places.get(space_id)
    if place is None or place.archived_at is None:
        raise NotFound("space-unknown")
    floor = rules.floor_of(house, place.floor_id)
    zones = [zone.id for zone in floor.zones]
    zone = zones.index(place.zone_id) if place.zone_id in zones else None
    back = SpaceDoc(place.name, place.kind, place.box, place.capacity, zone, place.id)
    return HouseDoc((replace(floor, spaces=(*floor.spaces, back)),))


def say_pictured(actor: Actor, space_id: int, texts: tuple[str, str], *, now: datetime) -> None:
    """Say what the photograph of a space shows, (sv, en). Raises NotAllowed, NotFound."""
    row = _admins_row(actor, Space, space_id)
    if (row.photo_sv, row.photo_en) != texts:
        before = {"photo_sv": row.photo_sv, "photo_en": row.photo_en}
        row.photo_sv, row.photo_en = texts
        db.session.flush()
        spaces.changed()
        after = {"photo_sv": texts[0], "photo_en": texts[1]}
        audit.record("space.pictured", subject=("space", space_id), actor=actor, now=now, before=before, after=after)


def order_floor(actor: Actor, floor_id: int, *, up: bool, now: datetime) -> None:
    """Show a floor one place earlier or later. Raises NotAllowed, NotFound."""
    _admins_row(actor, Floor, floor_id)
    spaces.changed()
    rows = list(db.session.scalars(select(Floor).where(Floor.archived_at.is_(None)).order_by(Floor.position, Floor.id)))
    before = [row.name_sv for row in rows]
    at = next((number for number, row in enumerate(rows) if row.id == floor_id), None)
    if at is None:
        raise NotFound
    rows.insert(max(0, at - 1) if up else at + 1, rows.pop(at))
    for position, row in enumerate(rows):
        row.position = position
    db.session.flush()
    audit.record(
        "house.arranged", subject=("house", 1), actor=actor, now=now, before={"order": before},
        after={"order": [row.name_sv for row in rows]},
    )  # fmt: skip


def restore_floor(actor: Actor, floor_id: int, *, now: datetime, zone: ZoneInfo) -> None:
    """Show an archived floor again, with the places that went with it. Raises NotAllowed, NotFound, Refused."""
    row = _admins_row(actor, Floor, floor_id)
    if row.archived_at is None:
        return
    house = read_house()
    lay = [place for place in house.places.values() if place.floor_id == floor_id]
    went = [place for place in lay if place.archived_at == row.archived_at]
    doc = rules.floor_of(house, floor_id)
    zones = {area.id: number for number, area in enumerate(doc.zones)}
    back = tuple(
        SpaceDoc(place.name, place.kind, place.box, place.capacity, zones.get(place.zone_id), place.id)
        for place in went
    )  # fmt: skip
    save(actor, HouseDoc((replace(doc, spaces=back),)), now=now, zone=zone, overlaps=True)


def _admins_row(actor: Actor, table: type[Row], row_id: int) -> Row:
    if not is_admin(actor):
        raise NotAllowed([Refusal("rule-admin")])
    row = db.session.get(table, row_id)
    if row is None:
        raise NotFound
    return row
