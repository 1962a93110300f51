"""What has to make way for something that takes places: read for the page without a lock, and behind the locks when it
is done.

The one lister of what an event, a closure, other hours or a place that goes would hit, and the one way in which those
who are hit are moved or cancelled, and told. Who uses it decides what it takes, and takes it afterwards.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from blinker import Signal
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from innovation_station.bookings import claims, presence, ripple, service, telling, writes
from innovation_station.bookings.claims import Claimant, Wanted
from innovation_station.bookings.models import LONGEST_ALLOCATION, Booking
from innovation_station.bookings.ripple import CANCEL, MOVE, Hit, Ripple
from innovation_station.bookings.rules import Held
from innovation_station.bookings.telling import Cause
from innovation_station.db import db
from innovation_station.errors import Refusal
from innovation_station.members.rules import Actor
from innovation_station.spaces.rules import House
from innovation_station.timespan import Span

displaced = Signal(
    """Sent with a Booking that was cancelled because its place is closed and none like it was free, behind its member's
    lock and inside the transaction that has closed it, with `now` and `zone`. A receiver that has put its member in
    line gives True."""
)


def met_by(
    actor: Actor, wanted: Sequence[tuple[int, Span]], house: House, *, now: datetime, zone: ZoneInfo,
    of: Claimant | None = None, closes: bool = False, gone: Collection[int] = (),
) -> Ripple:  # fmt: skip
    """List what stands where something wants places, each booking with where it could be instead; four statements.

    `of` says whose claim is no hindrance, being the one that changes. With `closes`, what is shut already, and what
    another calendar has, is no wall: it stays as it is, and so does the clearing after what is over. `gone` are places
    that nobody may be moved to. No lock is taken.
    """
    met = claims.in_the_way(of, wanted, house)
    walls: dict[tuple[object, ...], Refusal] = {}
    for held in met:
        if held.booking_id is None and held.hold_id is None and not (closes and held.claim is None):
            refusal = wall(held, house)
            walls.setdefault((refusal.code, held.space_id, held.span), refusal)
    hits = hits_of({held.booking_id for held in met if held.booking_id is not None}, house)
    over = frozenset(hit.booking_id for hit in hits if closes and hit.span.end <= now)
    hits = [hit for hit in hits if hit.booking_id not in over]
    if hits:
        hits = offered(actor, hits, wanted, house, now=now, zone=zone, of=of, gone=gone)
    kept = {held.hold_id for held in met if held.hold_id is not None}
    return Ripple(tuple(hits), tuple(walls.values()), len(kept), over)


def wall(held: Held, house: House) -> Refusal:
    """Say what stands there that is no booking."""
    name = house.places[held.space_id].name
    if held.busy_id is not None:
        return Refusal("busy-elsewhere", "space", {"space": name, "span": held.span})
    if held.claim is None:
        return Refusal("closed-space", "space", {"space": name})
    event = dict(zip(("sv", "en"), held.claim, strict=True))
    return Refusal("event-has-it", "space", {"space": name, "event": event, "span": held.span})


def hits_of(booking_ids: Collection[int], house: House) -> list[Hit]:
    """Read bookings that are hit, with their members, in order of their ids; one statement, none for none."""
    if not booking_ids:
        return []
    rows = db.session.scalars(
        select(Booking)
        .options(joinedload(Booking.member, innerjoin=True))
        .where(Booking.id.in_(sorted(booking_ids)))
        .order_by(Booking.id)
        .execution_options(populate_existing=True)  # what was read before the locks may be another by now
    )
    return [
        Hit(
            row.id, row.revision, house.places[row.space_id], row.span, row.people, row.layout, row.member_id,
            row.member.name, row.title,
        )
        for row in rows
    ]  # fmt: skip


def offered(
    actor: Actor, hits: Sequence[Hit], wanted: Wanted, house: House, *, now: datetime, zone: ZoneInfo,
    of: Claimant | None = None, gone: Collection[int] = (),
) -> list[Hit]:  # fmt: skip
    """Find where each that is hit could be instead; one statement.

    What the claim that changes leaves is free then, what is wanted is not. What bookings that are hit leave counts as
    taken: they are moved one after the other.
    """
    around = Span(min(hit.span.start for hit in hits), max(hit.span.end for hit in hits))
    wide = Span(around.start - LONGEST_ALLOCATION, around.end + LONGEST_ALLOCATION)
    others = claims.taken(wide, without=claims.id_of(of) if of else None)
    leaves = claims.by_leaf(wanted, house.places)
    ours = [Held(leaf, span, claim=("", "")) for leaf, spans in leaves.items() for span in spans]
    moment = replace(service.moment(now, zone, house), role=actor.role)
    places = {id_: place for id_, place in house.places.items() if id_ not in gone}
    return ripple.equivalents(hits, places, [*others, *ours], moment, _own(others, house))


def _own(taken: Iterable[Held], house: House) -> Mapping[int, list[tuple[Held, str]]]:
    found: dict[int, list[tuple[Held, str]]] = {}
    for held in taken:
        if held.booking_id is not None and held.member_id is not None:
            found.setdefault(held.member_id, []).append((held, house.places[held.space_id].kind))
    return found


def lock(hits: Iterable[Hit], space_ids: Iterable[int] = ()) -> None:
    """Lock whom it hits, in the order that all who book keep to: members, then all places at once, more of them too."""
    hits = list(hits)
    for member_id in sorted({hit.member_id for hit in hits}):
        writes.lock_member(member_id)
    spaces = {*space_ids, *(hit.place.id for hit in hits), *(hit.instead.id for hit in hits if hit.instead)}
    if spaces:
        service.locked(*sorted(spaces))


def carry_out(
    actor: Actor, hits: Iterable[Hit], choices: Mapping[int, str], cause: Cause, *, now: datetime, zone: ZoneInfo
) -> list[Booking]:  # fmt: skip
    """Let those who are hit have the place that was shown, or cancel what they have; the mails that there are tell them
    why. Of whom another choice is made, what they have stands.

    Where a place closes or goes, what runs there is not cancelled but ends with this minute: who has come has been
    there. Who has come early is cancelled however late it is. Gives the bookings that were cancelled and could have had
    no other place.
    """
    placeless = []
    with telling.giving_way(cause):
        for hit in hits:
            choice = choices.get(hit.booking_id)
            if choice == MOVE and hit.instead is not None:
                service.move(actor, hit.booking_id, space_id=hit.instead.id, span=hit.span, now=now, zone=zone)
            elif choice == CANCEL and cause.kind in ("closed", "gone") and _runs(hit, now):
                presence.end_now(actor, hit.booking_id, now=now, zone=zone)
            elif choice == CANCEL:
                booking = service.cancel(actor, hit.booking_id, now=now, late=True)
                placeless += [booking] if hit.instead is None else []
    return placeless


def _runs(hit: Hit, now: datetime) -> bool:
    """Tell whether somebody may be there; what nobody has answered yet was never theirs."""
    return hit.span.start < now and db.session.get_one(Booking, hit.booking_id).state == "confirmed"


def stand_in_line(placeless: Iterable[Booking], *, now: datetime, zone: ZoneInfo) -> None:
    """Put those who were left without a place in line for one; inside of `telling.gathered`, and after it was taken:
    what is free still nobody waits for."""
    for booking in placeless:
        if any(answer for _receiver, answer in displaced.send(booking, now=now, zone=zone)):
            telling.add(booking, waits=True)


def could_return(
    actor: Actor, hits: Sequence[Hit], space_id: int, house: House, *, now: datetime, zone: ZoneInfo
) -> list[Hit]:  # fmt: skip
    """Of bookings that were moved away from a place, give those that could have it back now, as `instead`; one
    statement, none for none."""
    if not hits:
        return []
    back = offered(actor, hits, (), house, now=now, zone=zone, gone=house.places.keys() - {space_id})
    return [hit for hit in back if hit.instead is not None]
