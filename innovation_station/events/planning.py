"""What a change of an event would do: read without a lock for the page, and behind the locks when it is done."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from innovation_station.bookings import making_way
from innovation_station.bookings.claims import Claimant
from innovation_station.errors import Refusal, Refused
from innovation_station.events import rules
from innovation_station.events.models import Event
from innovation_station.events.rules import Plan, Programme
from innovation_station.members.rules import Actor
from innovation_station.spaces.rules import House

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
    wanted = [(hold.space_id, hold.span) for hold in wants]
    met = making_way.met_by(actor, wanted, house, now=now, zone=zone, of=claimant(event))
    return replace(made, hits=met.hits, walls=met.walls, kept_for=met.kept_for)
