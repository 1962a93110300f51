"""Reads about the house."""

from __future__ import annotations

from collections.abc import Mapping
from weakref import WeakKeyDictionary

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from innovation_station.db import connection, db
from innovation_station.spaces.models import (
    Floor,
    HouseRow,
    OpeningHours,
    PolicyRow,
    Space,
    SpaceLayout,
    SpaceLink,
    SpacePart,
    Zone,
)
from innovation_station.spaces.rules import (
    Area,
    Box,
    Hours,
    House,
    Language,
    Layout,
    Place,
    Policy,
    Scope,
    Storey,
    occupancy,
    scopes,
)

CHANGED = "house changed"
"""Where a session's `info` holds the last of its transactions that has changed the house."""

_kept: WeakKeyDictionary[Engine, House] = WeakKeyDictionary()  # the newest; replaced whole, so threads may race


def house(revision: int | None = None) -> House:
    """Give the house at its present revision: one statement when it is known already, ten when it changed.

    `revision` spares that statement where the caller has just read it. Inside a transaction that changes the house, it
    is read each time and not kept: taken back, the change leaves its revision to the next one.
    """
    if revision is None:
        revision = connection().execute(_HOUSE_REVISION).scalar_one()
    key = db.engine
    kept = _kept.get(key)
    if kept is None or kept.revision != revision:
        session = db.session()
        kept = _read(session)
        if not changes_house():
            _kept[key] = kept
    return kept


def changes_house() -> bool:
    """Tell whether the open transaction has changed the house: it may be taken back, so nothing read in it is kept."""
    session = db.session()
    return CHANGED in session.info and session.info[CHANGED] is session.get_transaction()


def known_house() -> House:
    """Give the house as this process has read it last, which may be older than the database's; mostly no statement."""
    return _kept.get(db.engine) or house()


# Together they name the state of every day: both only rise, and a snapshot sees each commit whole, so an equal pair
# means that nothing changed.
HOUSE_REVISION = func.coalesce(select(HouseRow.__table__.c.revision).scalar_subquery(), 0)
SPACES_REVISION = func.coalesce(select(func.sum(Space.__table__.c.revision)).scalar_subquery(), 0)
_HOUSE_REVISION, _REVISIONS = select(HOUSE_REVISION), select(HOUSE_REVISION, SPACES_REVISION)


def revisions() -> tuple[int, int]:
    """Give the house's revision and the sum of all spaces' revisions: together they name the state of every day."""
    house, spaces = connection().execute(_REVISIONS).one()
    return house, spaces


_OF_SPACES = select(Space.__table__.c.id, Space.__table__.c.revision)


def space_revisions() -> dict[int, int]:
    """Give each space's revision: it names what takes the space, on every day. One statement."""
    return {space_id: revision for space_id, revision in db.session.connection().execute(_OF_SPACES)}  # noqa: C416


def _box(data: Mapping[str, int] | None) -> Box | None:
    return Box(data["x"], data["y"], data["w"], data["h"]) if data else None


def _read(session: Session) -> House:
    row = session.scalar(select(HouseRow))
    hours: dict[int | None, dict[int, tuple[int, int]]] = {}
    for entry in session.scalars(select(OpeningHours)):
        hours.setdefault(entry.space_id, {})[entry.weekday] = (entry.opens, entry.closes)
    rules = {Scope(kind=row.kind, space=row.space_id): row.rule() for row in session.scalars(select(PolicyRow))}
    floors = session.scalars(select(Floor).order_by(Floor.position, Floor.id))
    zones = session.scalars(select(Zone).order_by(Zone.position, Zone.id))
    spaces = session.scalars(select(Space).order_by(Space.position, Space.id)).all()
    parts: dict[int, list[int]] = {}
    for part in session.scalars(select(SpacePart).order_by(SpacePart.part_id)):
        parts.setdefault(part.whole_id, []).append(part.part_id)
    links = [(link.one_id, link.other_id) for link in session.scalars(select(SpaceLink))]
    linked: dict[int, list[int]] = {}
    for one, other in sorted(links):
        linked.setdefault(one, []).append(other)
        linked.setdefault(other, []).append(one)
    taking = occupancy((space.id for space in spaces), parts, links)
    layouts: dict[int, list[Layout]] = {}
    for layout in session.scalars(select(SpaceLayout).order_by(SpaceLayout.seats.desc(), SpaceLayout.name)):
        layouts.setdefault(layout.space_id, []).append(Layout(layout.name, layout.seats, layout.changeover))
    return House(
        revision=row.revision if row else 0,
        name=row.name if row else "Innovation Station",
        organisation=row.organisation if row else "",
        address={"sv": row.address_sv if row else "", "en": row.address_en if row else ""},
        holidays=row.holidays if row else None,
        hours=_open(hours.get(None, {})),
        floors={floor.id: _storey(floor) for floor in floors},
        zones={zone.id: _area(zone) for zone in zones},
        places={
            space.id: _place(
                space,
                Policy.merged(rules.get(scope, {}) for scope in scopes(space.kind, space.id)),
                _open(hours.get(None, {}) | hours.get(space.id, {})),
                taking[space.id],
                tuple(layouts.get(space.id, ())),
                (tuple(parts.get(space.id, ())), tuple(linked.get(space.id, ()))),
            )
            for space in spaces
        },
        rules=rules,
    )


def _open(hours: Mapping[int, tuple[int, int]]) -> Hours:
    return {weekday: minutes for weekday, minutes in hours.items() if minutes[0] < minutes[1]}


def _storey(row: Floor) -> Storey:
    names: dict[Language, str] = {"sv": row.name_sv, "en": row.name_en}
    archived = row.archived_at is not None
    return Storey(row.id, names, row.width, row.height, row.shapes, row.labels, row.fire_limit, archived)


def _area(row: Zone) -> Area:
    return Area(row.id, row.floor_id, {"sv": row.name_sv, "en": row.name_en}, _box(row.label), _box(row.label_turned))


def _place(
    row: Space, policy: Policy, hours: Hours, taking: tuple[frozenset[int], tuple[int, ...]],
    layouts: tuple[Layout, ...], bound: tuple[tuple[int, ...], tuple[int, ...]],
) -> Place:  # fmt: skip
    place = Place(
        id=row.id, floor_id=row.floor_id, zone_id=row.zone_id, kind=row.kind, name=row.name, capacity=row.capacity,
        box=Box(row.x, row.y, row.w, row.h), amenities=frozenset(row.amenities), furniture=row.furniture,
        photo=row.photo, bookable=row.bookable, policy=policy, hours=hours,
        takes=taking[0], touches=taking[1], layouts=layouts, parts=bound[0], links=bound[1],
        worded_at=row.worded_at, photo_texts=(row.photo_sv, row.photo_en), archived_at=row.archived_at,
    )  # fmt: skip
    return place.ruled(policy)
