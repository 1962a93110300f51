"""What happens at the door: somebody is checked in, that was a slip, somebody comes without a ticket.

Every function runs inside `db.transaction()`, decides behind the lock of the event's sign-up, flushes and never
commits.
"""

from __future__ import annotations

from datetime import datetime

from innovation_station.attendance import queries, rules
from innovation_station.attendance.models import EventArrival
from innovation_station.audit import service as audit
from innovation_station.db import db
from innovation_station.errors import Conflict, NotAllowed, NotFound, Refusal, Refused
from innovation_station.events.models import Event
from innovation_station.events.rules import may_manage_events
from innovation_station.members.rules import Actor
from innovation_station.registration import queries as registrations
from innovation_station.registration import service as registration
from innovation_station.registration.models import Registration
from innovation_station.spaces.rules import Language


def check_in(actor: Actor, registration_id: int, way: str, *, now: datetime, reason: str = "") -> EventArrival:
    """Note that somebody is here. Who only stands in line gets a place first, as staff give one.

    Raises NotFound, NotAllowed, Refused where the door is shut or the registration is over, and Conflict:
    `here-already` with when and by whom, or what keeps a place from being given.
    """
    row, event = _of(actor, registration_id)
    if found := rules.door_refusals(event.state, event.span, now):
        raise Refused(found)
    if (known := queries.arrival(row.id)) is not None:
        raise _already(known)
    if row.state in ("waiting", "offered", "pending") and row.email:
        row = registration.add(actor, event.id, row.name, row.email, language=_language(row), now=now, reason=reason)
    if found := rules.ticket_refusals(row.state):
        raise Refused(found)
    return _arrive(actor, row, way, now)


def undo(actor: Actor, registration_id: int, *, now: datetime) -> bool:
    """Take an arrival back that was a slip; tell whether there was one. Raises NotFound, NotAllowed."""
    row, event = _of(actor, registration_id)
    known = queries.arrival(row.id)
    if known is None:
        return False
    db.session.delete(known)
    db.session.flush()
    audit.record(
        "event.arrival-undone", subject=("event", event.id), actor=actor, member_id=row.member_id, now=now,
        before={"registration": row.id, "at": known.at},
    )  # fmt: skip
    return True


def walk_in(
    actor: Actor, event_id: int, name: str, email: str, *, language: Language, now: datetime, reason: str = ""
) -> EventArrival:  # fmt: skip
    """Give somebody who comes without a registration a place, and check them in at once.

    Raises as `check_in`; `event-taken-staff` where only a reason lets one more in, `house-full` where nothing does.
    """
    _may(actor)
    found = registrations.locked(event_id)
    if found is None:
        raise NotFound("registration-none")
    if wrong := rules.door_refusals(found[1].state, found[1].span, now):
        raise Refused(wrong)
    row = registration.add(actor, event_id, name, email, language=language, now=now, reason=reason)
    if (known := queries.arrival(row.id)) is not None:
        raise _already(known)
    return _arrive(actor, row, "walk-in", now)


def _arrive(actor: Actor, row: Registration, way: str, now: datetime) -> EventArrival:
    made = EventArrival(registration_id=row.id, event_id=row.event_id, at=now, by_id=actor.id, way=way)
    db.session.add(made)
    db.session.flush()
    audit.record(
        "event.arrived", subject=("event", row.event_id), actor=actor, member_id=row.member_id, now=now,
        after={"registration": row.id, "way": way},
    )  # fmt: skip
    return made


def _already(known: EventArrival) -> Conflict:
    by = queries.names([known.by_id]).get(known.by_id, "") if known.by_id else ""
    return Conflict([Refusal("here-already", None, {"at": known.at, "name": by or "–"})])


def _language(row: Registration) -> Language:
    return "en" if row.language == "en" else "sv"


def _may(actor: Actor) -> None:
    if not may_manage_events(actor):
        raise NotAllowed([Refusal("event-staff")])


def _of(actor: Actor, registration_id: int) -> tuple[Registration, Event]:
    """Give a registration, behind the lock of its event's sign-up."""
    _may(actor)
    known = registrations.get(registration_id)
    found = registrations.locked(known.event_id) if known else None
    row = registrations.fresh(registration_id) if found else None
    if found is None or row is None:
        raise NotFound("registration-unknown")
    return row, found[1]
