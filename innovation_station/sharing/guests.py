"""What happens to guests: invited, taken off, told what becomes of their visit, answering, arriving.

Every function runs inside `db.transaction()`, flushes and never commits.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from innovation_station.audit import service as audit
from innovation_station.bookings import rules as booking_rules
from innovation_station.bookings import service as bookings
from innovation_station.bookings import writes
from innovation_station.bookings.models import Booking
from innovation_station.db import db
from innovation_station.errors import NotFound, Refusal, Refused
from innovation_station.i18n import local
from innovation_station.members.rules import Actor, normal_email
from innovation_station.sharing import letters, queries, rules, telling
from innovation_station.sharing.models import Guest
from innovation_station.spaces.queries import house as read_house

DAY = timedelta(days=1)


def invite(
    actor: Actor, booking_id: int, people: Sequence[tuple[str, str]], *, language: str, now: datetime
) -> list[Guest]:  # fmt: skip
    """Invite people, given as name and address, to a booking of the actor's own, or as staff. Who is invited stays so.

    All or none. Raises NotFound, Refused.
    """
    return add(actor, _hosted(actor, booking_id), people, language=language, now=now)


def may_host(actor: Actor, booking: Booking) -> bool:
    """Tell whether somebody may know and change who comes to a booking: its member, and staff.

    Who manages the place may change bookings of it; whom their members meet is none of their business.
    """
    return booking_rules.may_change(actor, booking)


def _hosted(actor: Actor, booking_id: int) -> Booking:
    """Give a booking whose guests the actor may change, behind its member's lock. Raises NotFound."""
    booking = bookings.mine(actor, booking_id)
    if not may_host(actor, booking):
        raise NotFound("booking-unknown")
    return booking


def add(
    actor: Actor, booking: Booking, people: Sequence[tuple[str, str]], *, language: str, now: datetime,
    fresh: bool = False,
) -> list[Guest]:  # fmt: skip
    """Invite people to a booking whose member is locked by the caller, who knows that the actor may.

    With `fresh` it was made in this transaction: that they come is a part of it and no change. Raises Refused.
    """
    if found := booking_rules.change_refusals(booking, now):
        raise Refused(found)
    wanted = {normal_email(email): " ".join(name.split()) for name, email in people}
    if found := [refusal for email, name in wanted.items() for refusal in rules.guest_refusals(name, email)]:
        raise Refused(list({refusal.code: refusal for refusal in found}.values()))
    known = [guest for guest in queries.ever_invited(booking.id) if guest.state != "removed"]
    new = {email: name for email, name in wanted.items() if email not in {guest.email for guest in known}}
    if not new:
        return []
    going = sum(guest.state == "invited" for guest in known)
    _check_many(actor, booking, list(new), going, now)
    made = [
        Guest(
            booking_id=booking.id, uid=str(uuid.uuid4()), name=name, email=email, language=language, state="invited",
            sequence=0, knew=None, invited_by_id=actor.id, created_at=now, changed_at=now,
        )
        for email, name in new.items()
    ]  # fmt: skip
    db.session.add_all(made)
    if fresh:
        booking.people = rules.people_with(booking.people, going, going + len(made))
    else:
        _count(actor, booking, going, going + len(made), now)
    db.session.flush()
    audit.record(
        "guest.invited", subject=("booking", booking.id), actor=actor, member_id=booking.member_id,
        after={"guests": [guest.id for guest in made]}, now=now,
    )  # fmt: skip
    letters.tell_all(booking, made, now=now)
    return made


def _check_many(actor: Actor, booking: Booking, emails: Sequence[str], going: int, now: datetime) -> None:
    """Refuse more guests than a place holds, and more invitations than anybody writes by hand."""
    place = read_house().places[booking.space_id]
    found = rules.crowd_refusals(place, booking.layout, going + len(emails))
    if queries.invited_since(actor.id, now - DAY) + len(emails) > rules.GUESTS_A_DAY:
        found.append(Refusal("guests-day", "guests", {"most": rules.GUESTS_A_DAY}))
    elif any(queries.invited_since(actor.id, now - DAY, email) >= rules.SAME_A_DAY for email in emails):
        found.append(Refusal("guests-same", "email", {"most": rules.SAME_A_DAY}))
    if found:
        raise Refused(found)


def _count(actor: Actor, booking: Booking, before: int, after: int, now: datetime) -> None:
    """Let a booking be for as many as come, so that it can be moved to no place that is too small."""
    people = rules.people_with(booking.people, before, after)
    if people != booking.people:
        facts = writes.facts(booking)
        booking.people = people
        bookings.record(booking, actor, "edited", now, facts, tell=False)


def remove(actor: Actor, booking_id: int, guest_id: int, *, now: datetime) -> None:
    """Take a guest off a booking of the actor's own, or as staff; who knew of the visit is told. Raises NotFound."""
    booking = _hosted(actor, booking_id)
    found = queries.ever_invited(booking.id)
    guest = next((one for one in found if one.id == guest_id and one.state != "removed"), None)
    if guest is None:
        raise NotFound("guest-unknown")
    going = sum(one.state == "invited" for one in found)
    was = guest.state
    guest.state, guest.changed_at = "removed", now
    if was == "invited":
        _count(actor, booking, going, going - 1, now)
    db.session.flush()
    audit.record(
        "guest.removed", subject=("booking", booking.id), actor=actor, member_id=booking.member_id,
        after={"guests": [guest.id]}, now=now,
    )  # fmt: skip
    letters.tell_all(booking, [guest], now=now)


def follow(booked: Iterable[Booking], *, now: datetime) -> None:
    """Tell the guests of bookings that have changed what is new to them; one statement where there are none."""
    known = {booking.id: booking for booking in booked}
    for booking_id, found in queries.guests_of(known).items():
        letters.tell_all(known[booking_id], found, now=now)


# -- by the guest ------------------------------------------------------------------------------------------------------


def answer(guest_id: int, *, comes: bool, now: datetime) -> Guest:
    """Note that a guest cannot come, or can after all; the host is told. Twice is the same as once.

    Raises NotFound for one who is no guest any more, Refused where there is no room left.
    """
    known = queries.guest(guest_id)
    if known is None:
        raise NotFound("guest-unknown")
    booking = db.session.get_one(Booking, known.booking_id)
    writes.lock_member(booking.member_id)
    db.session.refresh(booking)
    guest = queries.guest(guest_id)
    if guest is None or not open_to(guest, booking, now):
        raise NotFound("guest-unknown")
    state = "invited" if comes else "declined"
    if guest.state == state:
        return guest
    going = sum(one.state == "invited" for one in queries.ever_invited(booking.id))
    if comes and rules.crowd_refusals(read_house().places[booking.space_id], booking.layout, going + 1):
        raise Refused([Refusal("guest-full")])
    guest.state, guest.changed_at = state, now
    db.session.flush()
    letters.tell_all(booking, [guest], now=now)
    telling.answered(guest, booking, now=now)
    return guest


def open_to(guest: Guest, booking: Booking, now: datetime) -> bool:
    """Tell whether a guest may still answer: the visit stands and is not over."""
    return guest.state != "removed" and booking.state in booking_rules.HOLDING and booking.end > now


# -- at the door -------------------------------------------------------------------------------------------------------


def arrived(actor: Actor, guest_id: int, *, now: datetime) -> Guest:
    """Note that a guest has come; the host is told, once. Raises NotFound, Refused on another day than the visit's."""
    guest, booking = _at_door(guest_id)
    if local(booking.start).date() != local(now).date():
        raise Refused([Refusal("guest-day", None, {"day": local(booking.start).date()})])
    if guest.arrived_at is None:
        guest.arrived_at, guest.changed_at = now, now
        _noted("guest.arrived", actor, guest, booking, now)
        telling.arrived(guest, booking, now=now)
    elif guest.left_at is not None:
        guest.left_at, guest.changed_at = None, now
        _noted("guest.stayed", actor, guest, booking, now)
    return guest


def left(actor: Actor, guest_id: int, *, now: datetime) -> Guest:
    """Note that a guest has gone; of one who had not come nothing is noted. Raises NotFound."""
    guest, booking = _at_door(guest_id)
    if guest.arrived_at is not None and guest.left_at is None:
        guest.left_at, guest.changed_at = max(now, guest.arrived_at), now
        _noted("guest.left", actor, guest, booking, now)
    return guest


def not_arrived(actor: Actor, guest_id: int, *, now: datetime) -> Guest:
    """Take back that a guest has come; it was a slip. Raises NotFound."""
    guest, booking = _at_door(guest_id)
    if guest.arrived_at is not None:
        guest.arrived_at, guest.left_at, guest.changed_at = None, None, now
        _noted("guest.not-arrived", actor, guest, booking, now)
        telling.not_arrived(guest, booking)
    return guest


def _at_door(guest_id: int) -> tuple[Guest, Booking]:
    guest = db.session.get(Guest, guest_id, with_for_update=True, populate_existing=True)
    if guest is None or guest.state == "removed":
        raise NotFound("guest-unknown")
    return guest, db.session.get_one(Booking, guest.booking_id)


def _noted(action: str, actor: Actor, guest: Guest, booking: Booking, now: datetime) -> None:
    db.session.flush()
    audit.record(
        action, subject=("guest", guest.id), actor=actor, member_id=booking.member_id, after={"booking": booking.id},
        now=now,
    )  # fmt: skip
