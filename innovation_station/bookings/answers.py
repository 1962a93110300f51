"""What happens to requests: approved, declined, or expired because nobody answered.

A request holds its time like any booking, so an answer meets no conflict; what it can meet is another answer. Whoever
comes second finds, behind the lock of the requester, what has become of it and is told.

Every function runs inside `db.transaction()`, flushes and never commits.
"""

from __future__ import annotations

from datetime import datetime

from innovation_station.audit import service as audit
from innovation_station.bookings import asking, queries, rules, service, writes
from innovation_station.bookings.models import REASON_LONGEST, Booking
from innovation_station.bookings.writes import facts
from innovation_station.db import db
from innovation_station.errors import Conflict, NotFound, Refusal, Refused
from innovation_station.members.rules import Actor
from innovation_station.organisations.queries import managed_spaces
from innovation_station.text import fits_a_line


def approve(actor: Actor, booking_id: int, *, now: datetime) -> Booking:
    """Say yes: the booking is confirmed from now on, and enters the ledger at today's price.

    A second yes of the same person is the same as one. Raises NotFound for what is not the actor's to answer, Conflict
    where it has been answered, taken back or not been answered in time.
    """
    booking = asked(actor, booking_id)
    if _said_before(actor, booking, "approved", "confirmed"):
        return booking
    return _answer(actor, booking, "approved", "confirmed", now)


def decline(actor: Actor, booking_id: int, *, now: datetime, reason: str = "") -> Booking:
    """Say no, with a reason that the requester reads; the time is free again. Raises as `approve`, and Refused."""
    said = clean_reason(reason)
    booking = asked(actor, booking_id)
    if _said_before(actor, booking, "declined", "declined"):
        return booking
    return _answer(actor, booking, "declined", "declined", now, said)


def expire(booking_id: int, *, now: datetime) -> bool:
    """Free the time of a request that nobody has answered in time; tell whether it was one."""
    booking = db.session.get(Booking, booking_id)
    if booking is None:
        return False
    _lock(booking)
    if booking.state != "requested" or booking.answer_by is None or booking.answer_by > now:
        return False
    _settle(None, booking, "expired", "expired", now)
    return True


def clean_reason(text: str) -> str:
    """Give a reason fit for one line. Raises Refused where it is too long or holds control characters."""
    reason = " ".join(text.split())
    if len(reason) > REASON_LONGEST or not fits_a_line(reason):
        raise Refused([Refusal("reason-malformed", "reason", {"longest": REASON_LONGEST})])
    return reason


def asked(actor: Actor, booking_id: int) -> Booking:
    """Give a request that the actor may answer, or what has become of it, behind its member's lock. Raises NotFound."""
    booking = db.session.get(Booking, booking_id)
    if booking is None or not _may_answer(actor, booking):
        raise NotFound("booking-unknown")
    _lock(booking)
    if not _may_answer(actor, booking):  # it was moved out of reach while we waited
        raise NotFound("booking-unknown")
    return booking


def _may_answer(actor: Actor, booking: Booking) -> bool:
    return rules.may_answer(actor, booking) or rules.may_answer(actor, booking, managed_spaces(actor.id))


def _lock(booking: Booking) -> None:
    writes.lock_member(booking.member_id)
    db.session.refresh(booking)  # what it was before the lock may have changed while we waited


def _said_before(actor: Actor, booking: Booking, action: str, state: str) -> bool:
    if booking.state != state:
        return False
    last = queries.history(booking.id)[-1]
    return (last.action, last.actor_id) == (action, actor.id)


def _answer(actor: Actor, booking: Booking, action: str, state: str, now: datetime, reason: str = "") -> Booking:
    if found := rules.answer_refusals(booking, now):
        raise Conflict(found)
    booking.answer_reason = reason or None
    _settle(actor, booking, action, state, now)
    audit.record(
        f"booking.{action}", subject=("booking", booking.id), member_id=booking.member_id, actor=actor, now=now,
        after={"state": state, **({"reason": reason} if reason else {})},
    )  # fmt: skip
    return booking


def _settle(actor: Actor | None, booking: Booking, action: str, state: str, now: datetime) -> None:
    """Give a request its answer: state, time, history, and word to the requester."""
    house = service.locked(booking.space_id)
    before = facts(booking)
    booking.state = state
    booking.sequence += 1
    if state == "confirmed":
        booking.answer_by = None
    else:
        writes.free(booking)
    standing = service.standing_of(house, booking) if state == "confirmed" else None
    service.record(booking, actor, action, now, before, house=house, standing=standing, tell=False)
    asking.tell_answer(booking, action, now)
