"""What a change of an event would do: read without a lock for the page, and behind the locks when it is done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from innovation_station.bookings import claims
from innovation_station.bookings import service as bookings
from innovation_station.bookings.claims import Claimant
from innovation_station.bookings.models import LONGEST_ALLOCATION, Booking
from innovation_station.bookings.rules import Held
from innovation_station.errors import Refusal, Refused
from innovation_station.events import queries, rules
from innovation_station.events.models import Event
from innovation_station.events.rules import Hit, Hold, Plan, Programme
from innovation_station.members.rules import Actor
from innovation_station.spaces.rules import House
from innovation_station.timespan import Span

HOLDING = ("draft", "published")  # the states in which an event has its rooms


def claimant(event: Event) -> Claimant:
    """Say who takes the time: of a published event that everybody sees with its titles."""
    shown = event.state == "published" and event.visibility == "public"
    sv, en = event.title_sv or event.title_en, event.title_en or event.title_sv
    return Claimant("event", event.id, (sv, en) if shown else ("", ""))


def plan(
    actor: Actor, event: Event, before: Programme, after: Programme, house: House, *, now: datetime, zone: ZoneInfo
) -> Plan:  # fmt: skip
    """Work out what a change of an event's programme does to places and bookings; four statements at most.

    Raises Refused for a programme that cannot be, and for what is over.
    """
    if found := rules.programme_refusals(after, house.places):
        raise Refused(found)
    holding = event.state in HOLDING
    had = rules.holds(before, house.places) if holding else []
    wants = rules.holds(after, house.places) if holding else []
    released, taken = rules.difference(had, wants)
    begun = now.replace(second=0, microsecond=0)
    if holding and any(hold.span.end <= begun for hold in (*released, *taken)):
        raise Refused([Refusal("event-over")])
    made = Plan(before, after, released, taken, revision=event.revision)
    if not taken:
        return made
    met = claims.in_the_way(claimant(event), [(hold.space_id, hold.span) for hold in wants], house)
    return _met(made, actor, event, wants, met, house, now, zone)


def _met(
    made: Plan, actor: Actor, event: Event, wants: list[Hold], met: list[Held], house: House, now: datetime,
    zone: ZoneInfo,
) -> Plan:  # fmt: skip
    walls: dict[tuple[object, ...], Refusal] = {}
    for held in met:
        if held.booking_id is None and held.hold_id is None:
            refusal = _wall(held, house)
            walls.setdefault((refusal.code, held.space_id, held.span), refusal)
    rows = queries.hit_bookings({held.booking_id for held in met if held.booking_id is not None})
    hits = [_hit(row, house) for row in rows]
    if hits:
        hits = _equivalents(actor, event, hits, wants, house, now, zone)
    kept = {held.hold_id for held in met if held.hold_id is not None}
    return replace(made, hits=tuple(hits), walls=tuple(walls.values()), kept_for=len(kept))


def _wall(held: Held, house: House) -> Refusal:
    name = house.places[held.space_id].name
    if held.busy_id is not None:
        return Refusal("busy-elsewhere", "space", {"space": name, "span": held.span})
    if held.claim is None:
        return Refusal("closed-space", "space", {"space": name})
    event = dict(zip(("sv", "en"), held.claim, strict=True))
    return Refusal("event-has-it", "space", {"space": name, "event": event, "span": held.span})


def _hit(row: Booking, house: House) -> Hit:
    return Hit(
        row.id, row.revision, house.places[row.space_id], row.span, row.people, row.layout, row.member_id,
        row.member.name, row.title,
    )  # fmt: skip


def _equivalents(
    actor: Actor, event: Event, hits: list[Hit], wants: list[Hold], house: House, now: datetime, zone: ZoneInfo
) -> list[Hit]:  # fmt: skip
    """Find where each could be instead: what the event leaves is free then, what it takes is not.

    What bookings that are hit leave counts as taken: they are moved one after the other.
    """
    around = Span(min(hit.span.start for hit in hits), max(hit.span.end for hit in hits))
    wide = Span(around.start - LONGEST_ALLOCATION, around.end + LONGEST_ALLOCATION)
    others = claims.taken(wide, without=claims.id_of(claimant(event)))
    own = _own(others, house)
    leaves = claims.by_leaf([(hold.space_id, hold.span) for hold in wants], house.places)
    ours = [Held(leaf, span, claim=("", "")) for leaf, spans in leaves.items() for span in spans]
    moment = replace(bookings.moment(now, zone, house), role=actor.role)
    return rules.equivalents(hits, house.places, [*others, *ours], moment, own)


def _own(taken: list[Held], house: House) -> Mapping[int, list[tuple[Held, str]]]:
    found: dict[int, list[tuple[Held, str]]] = {}
    for held in taken:
        if held.booking_id is not None and held.member_id is not None:
            found.setdefault(held.member_id, []).append((held, house.places[held.space_id].kind))
    return found
