"""A house in use is divided and linked anew: what is booked keeps its time on what its space now takes, or nothing
changes.

All spaces are locked, in the order of their ids: what one takes may hang on any other, and whoever books meanwhile
waits and reads the house anew behind the locks. It happens a few times a year.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import delete, func, select

from innovation_station.audit import service as audit
from innovation_station.bookings import busy, writes
from innovation_station.bookings.models import LONGEST_ALLOCATION, Allocation, Booking, Claim, SpaceHold
from innovation_station.bookings.rules import GONE
from innovation_station.db import db
from innovation_station.errors import Conflict, NotFound, Refusal, Refused
from innovation_station.members.rules import Actor
from innovation_station.spaces import service as spaces
from innovation_station.spaces.models import Closure, Space
from innovation_station.spaces.queries import house as read_house
from innovation_station.spaces.rules import MOST_PARTS, Box, House, Layout
from innovation_station.timespan import Span, subtract

LONGEST_CLEARING = timedelta(days=1)
TOLD = 20  # conflicts that are named; who has moved these sees the rest


@dataclass(frozen=True, slots=True)
class NewPart:
    """A part that is not there yet."""

    name: str
    capacity: int


@dataclass(frozen=True, slots=True)
class Taking:
    """What takes time: a booking, a hold or a closure, by its row; `space_id` was booked, held or shut."""

    kind: str  # the column of an allocation that names it
    id: int
    space_id: int | None
    span: Span


def divide(
    actor: Actor, whole_id: int, part_ids: Collection[int], *, now: datetime, zone: ZoneInfo,
    new: Sequence[NewPart] = (),
) -> None:  # fmt: skip
    """Say what a space is divided into, parts there are already and `new` ones; without any it is whole again.

    What is booked, held and shut from now on follows. A part that is taken away is booked no more: its room is the
    whole's. Raises NotFound, Refused, and Conflict with everything that stands in the way.
    """
    old, whole = _locked(), _space(whole_id)
    if (count := len(set(part_ids)) + len(new)) > MOST_PARTS or count == 1:
        raise Refused([Refusal("parts-count", "parts", {"most": MOST_PARTS})])
    before = old.places[whole_id].parts
    dropped = sorted(set(before) - set(part_ids))
    if divided := [old.places[part] for part in dropped if old.places[part].parts]:
        raise Refused([Refusal("part-divided", "parts", {"space": divided[0].name})])
    kept = [_space(part_id) for part_id in sorted(set(part_ids))]
    parts = kept + [spaces.add_part(whole, part.name, part.capacity) for part in new]
    spaces.set_parts(whole, parts)
    box = Box(whole.x, whole.y, whole.w, whole.h)
    for part in kept:
        if part.id not in before and box.holds(Box(part.x, part.y, part.w, part.h)):
            spaces.set_bookable(part.id, True)
    for part_id in dropped:
        spaces.set_bookable(part_id, False)
    if set(before) != {part.id for part in parts}:
        spaces.arrange_parts(whole, parts)
    places = _followed(old, dropped, now, zone).places
    audit.record(
        "space.divided", subject=("space", whole_id), actor=actor, now=now,
        before={"parts": [old.places[part].name for part in before]},
        after={"parts": [places[part].name for part in places[whole_id].parts]},
    )  # fmt: skip


def link(actor: Actor, space_id: int, other_ids: Collection[int], *, now: datetime, zone: ZoneInfo) -> None:
    """Say which spaces are never booked together with one. Raises NotFound, Refused, and Conflict where they are."""
    old, space = _locked(), _space(space_id)
    spaces.set_links(space, [_space(other) for other in sorted(set(other_ids))])
    places = _followed(old, (), now, zone).places
    audit.record(
        "space.linked", subject=("space", space_id), actor=actor, now=now,
        before={"links": [old.places[other].name for other in old.places[space_id].links]},
        after={"links": [places[other].name for other in places[space_id].links]},
    )  # fmt: skip


def furnish(actor: Actor, space_id: int, layouts: Sequence[Layout], *, now: datetime) -> None:
    """Say how a space can be furnished. What is booked keeps the minutes it was given. Raises NotFound, Refused."""
    space, before = _space(space_id), read_house().places[space_id].layouts
    spaces.set_layouts(space, layouts)
    audit.record(
        "space.furnished", subject=("space", space_id), actor=actor, now=now,
        before={"layouts": _written(before)}, after={"layouts": _written(layouts)},
    )  # fmt: skip


def _written(layouts: Iterable[Layout]) -> list[str]:
    return sorted(f"{layout.name}: {layout.seats}, {layout.changeover} min" for layout in layouts)


def _space(space_id: int) -> Space:
    space = db.session.get(Space, space_id)
    if space is None:
        raise NotFound("space-unknown")
    return space


def _locked() -> House:
    """Lock every space; gives the house as it stands behind the locks."""
    writes.stamp(sorted(read_house().places))
    return read_house()


def _followed(old: House, dropped: Collection[int], now: datetime, zone: ZoneInfo) -> House:
    """Let what is booked follow what its space takes now; gives the house as it is now. Raises Conflict."""
    new = read_house()
    busy.step_aside(now)
    changed = {place.id for place in old.places.values() if new.places[place.id].takes != place.takes}
    bookings = _bookings({*changed, *dropped}, now)
    refused = [_booked(one, new) for one in bookings if one.space_id in dropped]
    refused += _claimed({leaf for one in changed for leaf in old.places[one].takes}, old, now)
    follow = [one for one in bookings if one.space_id in changed] + _holds(changed)
    shut = _closures(old, new, now)
    _free(follow, shut)
    wanted = [(leaf, one) for one in follow for leaf in sorted(new.places[one.space_id or 0].takes)]
    leaves = {leaf for leaf, _one in wanted} | {leaf for _one, _lost, gained in shut for leaf in gained}
    since = min((one.span.start for one in [*follow, *(one for one, _lost, _gained in shut)]), default=now)
    standing = _standing(leaves, since)
    for leaf, one in wanted:
        standing[leaf].append(one)
    for one, _lost, gained in shut:
        for leaf in sorted(gained):  # time that is shut already stays with the closure that shut it
            free = subtract([one.span], [other.span for other in standing[leaf] if other.kind == one.kind])
            parts = [Taking(one.kind, one.id, one.space_id, part) for part in free]
            standing[leaf] += parts
            wanted += [(leaf, part) for part in parts]
    clashes = {pair for taken in standing.values() for pair in _clashes(taken)}
    refused += [_both(*pair, new) for pair in sorted(clashes, key=lambda pair: (pair[1].span, pair[0].span))]
    if refused:
        raise Conflict(refused[:TOLD])
    for leaf, one in wanted:
        writes.allocate_on(new.places[leaf], list(one.span.by_local_day(zone)), **{one.kind: one.id})
    busy.settle(new.places.keys(), now=now, zone=zone)
    return new


def _bookings(space_ids: Collection[int], now: datetime) -> list[Taking]:
    """List the bookings of some spaces that take time from now on."""
    rows = db.session.scalars(
        select(Booking).where(
            Booking.space_id.in_(sorted(space_ids)), Booking.state.not_in(GONE), Booking.end > now - LONGEST_CLEARING
        )
    )
    found = [Taking("booking_id", row.id, row.space_id, row.takes) for row in rows if row.takes]
    return [one for one in found if one.span.end > now]


def _holds(space_ids: Collection[int]) -> list[Taking]:
    """List what is held on some spaces, with what is kept free round it."""
    rows = db.session.execute(
        select(SpaceHold.id, SpaceHold.space_id, func.min(Allocation.start), func.max(Allocation.end))
        .join(Allocation, Allocation.hold_id == SpaceHold.id)
        .where(SpaceHold.space_id.in_(sorted(space_ids)))
        .group_by(SpaceHold.id, SpaceHold.space_id)
    )
    return [Taking("hold_id", hold_id, space_id, Span(start, end)) for hold_id, space_id, start, end in rows]


def _claimed(leaves: Collection[int], house: House, now: datetime) -> list[Refusal]:
    """Say which events have some spaces from now on: those are moved first, by who plans them."""
    rows = db.session.execute(
        select(Allocation.space_id, Allocation.start, Allocation.end, Claim.title_sv, Claim.title_en)
        .join(Claim, Claim.id == Allocation.claim_id)
        .where(Allocation.space_id.in_(sorted(leaves)), Allocation.end > now)
        .order_by(Allocation.start)
    )
    return [
        Refusal(
            "event-has-it", "parts",
            {"space": house.places[leaf].name, "event": {"sv": sv, "en": en}, "span": Span(start, end)},
        )
        for leaf, start, end, sv, en in rows
    ]  # fmt: skip


def _closures(old: House, new: House, now: datetime) -> list[tuple[Taking, set[int], set[int]]]:
    """List the closures from now on that shut other spaces than before, with those they let go and those they gain."""

    def shut(house: House, space_id: int | None) -> set[int]:
        places = house.places.values() if space_id is None else [house.places[space_id]]
        return {leaf for place in places for leaf in place.takes}

    found = []
    for row in db.session.scalars(select(Closure).where(Closure.end > now).order_by(Closure.id)):
        before, after = shut(old, row.space_id), shut(new, row.space_id)
        if before != after:
            one = Taking("closure_id", row.id, row.space_id, Span(row.start, row.end))
            found.append((one, before - after, after - before))
    return found


def _free(follow: Sequence[Taking], shut: Sequence[tuple[Taking, set[int], set[int]]]) -> None:
    for kind in ("booking_id", "hold_id"):
        ids = [one.id for one in follow if one.kind == kind]
        db.session.execute(delete(Allocation).where(getattr(Allocation, kind).in_(ids)))
    for one, lost, _gained in shut:
        db.session.execute(
            delete(Allocation).where(Allocation.closure_id == one.id, Allocation.space_id.in_(sorted(lost)))
        )


def _standing(leaves: Collection[int], since: datetime) -> defaultdict[int, list[Taking]]:
    """List by space what takes it and stays where it is."""
    rows = db.session.execute(
        select(
            Allocation.space_id, Allocation.start, Allocation.end, Allocation.booking_id, Allocation.hold_id,
            Allocation.closure_id, Allocation.claim_id,
            func.coalesce(Booking.space_id, SpaceHold.space_id, Closure.space_id, Allocation.space_id),
        )
        .outerjoin(Booking, Booking.id == Allocation.booking_id)
        .outerjoin(SpaceHold, SpaceHold.id == Allocation.hold_id)
        .outerjoin(Closure, Closure.id == Allocation.closure_id)
        .where(
            Allocation.space_id.in_(sorted(leaves)), Allocation.start > since - LONGEST_ALLOCATION,
            Allocation.busy_id.is_(None),  # what other calendars have comes after all of it
        )
    )  # fmt: skip
    found = defaultdict[int, list[Taking]](list)
    for leaf, start, end, booking_id, hold_id, closure_id, claim_id, space_id in rows:
        ids = {"booking_id": booking_id, "hold_id": hold_id, "closure_id": closure_id, "claim_id": claim_id}
        kind, row_id = next((kind, row_id) for kind, row_id in ids.items() if row_id is not None)
        found[leaf].append(Taking(kind, row_id, space_id, Span(start, end)))
    return found


def _clashes(taken: Sequence[Taking]) -> Iterator[tuple[Taking, Taking]]:
    """Give each pair that would take a space at once."""
    before: list[Taking] = []
    for one in sorted(taken, key=lambda one: (one.span, one.kind, one.id)):
        before = [other for other in before if other.span.end > one.span.start]
        for other in before:
            if (other.kind, other.id) != (one.kind, one.id):
                yield other, one
        before.append(one)


def _both(one: Taking, other: Taking, house: House) -> Refusal:
    first, second = (house.places[side.space_id].name if side.space_id else house.name for side in (one, other))
    bookings = [side.id for side in (one, other) if side.kind == "booking_id"]
    values = {"one": first, "other": second, "day": other.span.start, "span": other.span, "bookings": bookings}
    return Refusal("parts-hit", "parts", values)


def _booked(one: Taking, house: House) -> Refusal:
    name = house.places[one.space_id or 0].name
    values = {"space": name, "day": one.span.start, "span": one.span, "bookings": [one.id]}
    return Refusal("part-booked", "parts", values)
