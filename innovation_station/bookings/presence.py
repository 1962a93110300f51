"""What happens to bookings while they run: checked in, reminded of, released, ended, made longer, taken back.

Every function runs inside `db.transaction()`, decides on rows it has locked (the member before the spaces, as all who
change a booking do), flushes and never commits. So of two who come at one moment one is first, and the other hears in
words what has become of the booking.

Decisions
- 2026-11: a no-show keeps its span: it is what was booked, counts against a quota and is paid whole. Its allocations,
  and what calendars show of it, end at `released_at`. Deleting it, as LibreBooking does, would lose who never comes.
- 2026-11: an early leave is a shorter booking: paid and counted until its end, as one that is shortened by its form is.
  Charging what was booked would leave nobody a reason to give the rest back (rejected).
- 2026-11: who has checked in ends the booking and does not cancel it: it was used. So of a cancellation and a check-in
  at one moment exactly one is done.
"""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from innovation_station.bookings import allowances, grace, rules, service, telling, writes
from innovation_station.bookings.models import Booking
from innovation_station.bookings.rules import HOLDING, Wish
from innovation_station.bookings.writes import facts
from innovation_station.db import db
from innovation_station.errors import NotFound, Refusal, Refused
from innovation_station.i18n import zone as local_zone
from innovation_station.members.rules import Actor, is_staff
from innovation_station.spaces.queries import house as read_house
from innovation_station.spaces.rules import House, Place
from innovation_station.timespan import Span


def check_in(actor: Actor, booking_id: int, *, now: datetime) -> Booking:
    """Write down that its member is here; staff may for others. Twice is the same as once.

    Possible from a quarter of an hour before the start and, as long as the place was not let go, until the end. Raises
    NotFound for what is not the actor's, Refused.
    """
    return _checked_in(service.mine(actor, booking_id), actor, now)


def check_in_at_door(booking_id: int, *, now: datetime) -> Booking:
    """Write down that somebody has come, where the house knows that they stand at the door but not who they are.

    Raises Refused.
    """
    return _checked_in(_awaited(booking_id), None, now)


def _checked_in(booking: Booking, actor: Actor | None, now: datetime) -> Booking:
    if found := grace.check_in_refusals(booking, now):
        raise Refused(found)
    if booking.checked_in_at is None:
        before = facts(booking)
        booking.checked_in_at = now
        service.record(booking, actor, "checked-in", now, before)
    return booking


def undo_check_in(actor: Actor, booking_id: int, *, now: datetime) -> Booking:
    """Take a check-in back that was a slip: the place waits for its member as before. Raises NotFound, Refused."""
    booking = service.mine(actor, booking_id)
    if found := rules.change_refusals(booking, now):
        raise Refused(found)
    if booking.checked_in_at is not None:
        before = facts(booking)
        booking.checked_in_at = None
        service.record(booking, actor, "checked-in", now, before)
    return booking


def remind(booking_id: int, *, now: datetime) -> bool:
    """Tell a member that the grace is running out, once; tell whether that was due."""
    booking = _awaited(booking_id)
    house = read_house()
    place, policy = house.places[booking.space_id], allowances.policy_of(house, booking, local_zone())
    if not grace.must_remind(booking, policy, now):
        return False
    booking.reminded_at = now
    db.session.flush()
    telling.remind(booking, place, by=grace.last_call(booking, policy, now), now=now)
    return True


def release(booking_id: int, *, now: datetime, zone: ZoneInfo) -> bool:
    """Let a place go that nobody has come to, from this minute on; tell whether that was due. The record stays."""
    booking = _awaited(booking_id)
    house = service.locked(booking.space_id)
    if not grace.must_release(booking, allowances.policy_of(house, booking, zone), now):
        return False
    _release(booking, None, now, zone, house)
    return True


def let_go(actor: Actor, booking_id: int, *, now: datetime, zone: ZoneInfo) -> Booking:
    """Let a place go that staff see nobody at, without waiting for the grace or where the rules ask for no check-in.

    Its member is told, and may take it back as after any release. Twice is the same as once. Raises NotFound for who is
    no staff, Refused.
    """
    if not is_staff(actor):
        raise NotFound("booking-unknown")
    booking = service.mine(actor, booking_id)
    house = service.locked(booking.space_id)
    if booking.state == "no-show":
        return booking
    if found := grace.let_go_refusals(booking, now):
        raise Refused(found)
    _release(booking, actor, now, zone, house)
    return booking


def _release(booking: Booking, actor: Actor | None, now: datetime, zone: ZoneInfo, house: House) -> None:
    before, place = facts(booking), house.places[booking.space_id]
    booking.state, booking.released_at = "no-show", grace.released_from(now)
    booking.sequence += 1
    _take(booking, place, zone)
    service.record(booking, actor, "released", now, before, house=house, tell=False)
    telling.released(booking, place, now, by_hand=actor is not None)


def _awaited(booking_id: int) -> Booking:
    """Give a booking behind its member's lock: nobody can check in to it before this transaction ends."""
    booking = db.session.get_one(Booking, booking_id)
    writes.lock_member(booking.member_id)
    db.session.refresh(booking)
    return booking


def reclaim(actor: Actor, booking_id: int, *, now: datetime, zone: ZoneInfo) -> Booking:
    """Give a member the place back that was let go, where it is still free; it waits anew. Twice is the same as once.

    Where somebody had it meanwhile and has left, it begins when they had. Raises NotFound, Refused, and Conflict where
    somebody has the time.
    """
    booking = service.mine(actor, booking_id)
    if booking.state in HOLDING:
        return booking
    house = service.locked(booking.space_id)
    if found := grace.reclaim_refusals(booking, now):
        raise Refused(found)
    place, standing = house.places[booking.space_id], service.standing_of(house, booking)
    wish = Wish(place, booking.span, booking.people, booking.layout)
    measured = service.measured_for(
        actor, standing, house, wish, service.moment(now, zone, house), without=booking.id
    )  # fmt: skip
    wish = service.check(wish, booking.member_id, measured, without=booking.id, started=booking.span)
    before = facts(booking)
    booking.state, booking.released_at, booking.expected_at = "confirmed", None, now
    booking.start, (booking.setup, booking.clearing) = wish.span.start, wish.buffers
    booking.sequence += 1
    _take(booking, place, zone)
    told = telling.reclaimed(booking, now)
    service.record(booking, actor, "restored", now, before, house=house, standing=standing, tell=told)
    return booking


def end_now(actor: Actor, booking_id: int, *, now: datetime, zone: ZoneInfo) -> Booking:
    """End a booking that runs, with this minute; the rest is free for others. Raises NotFound, Refused."""
    return _ended(service.mine(actor, booking_id), actor, now, zone)


def end_at_door(booking_id: int, *, now: datetime, zone: ZoneInfo) -> Booking:
    """End a booking that runs as `end_now` does, by somebody at the door whom nobody knows. Raises Refused."""
    return _ended(_awaited(booking_id), None, now, zone)


def _ended(booking: Booking, actor: Actor | None, now: datetime, zone: ZoneInfo) -> Booking:
    house = service.locked(booking.space_id)
    if found := grace.end_refusals(booking, now):
        raise Refused(found)
    end = grace.ended_at(booking, now)
    if end < booking.end:
        _end(booking, end, actor, "ended", now, zone, house)
    return booking


def go_on_at_door(booking_id: int, until: datetime, *, now: datetime, zone: ZoneInfo) -> Booking:
    """Let a booking that was ended at the door end when it did before. Raises Refused for one that has become another
    since, and Conflict where somebody has the time."""
    booking = _awaited(booking_id)
    house = service.locked(booking.space_id)
    if booking.end - grace.MINUTE > now or booking.end > until:
        raise Refused([Refusal("door-undo")])
    if found := grace.granted_refusals(booking, booking.end - grace.MINUTE):
        raise Refused(found)
    _end(booking, until, None, "extended", now, zone, house)
    return booking


def _end(
    booking: Booking, end: datetime, actor: Actor | None, action: str, now: datetime, zone: ZoneInfo, house: House
) -> None:  # fmt: skip
    before = facts(booking)
    booking.end = end
    booking.sequence += 1
    _take(booking, house.places[booking.space_id], zone)
    standing = service.standing_of(house, booking)
    service.record(booking, actor, action, now, before, house=house, standing=standing)


def extend(actor: Actor, booking_id: int, to: datetime, *, now: datetime, zone: ZoneInfo) -> Booking:
    """Let a booking end later, where what follows is free and every rule allows it. Twice is the same as once.

    Raises NotFound, Refused, Conflict where somebody has the time.
    """
    booking = service.mine(actor, booking_id)
    house = service.locked(booking.space_id)
    place, standing = house.places[booking.space_id], service.standing_of(house, booking)
    ruled = allowances.bare(house, actor, standing, zone).place_on(place, booking.start.astimezone(zone).date())
    if found := grace.extend_refusals(booking, to, now, must_ask=rules.must_ask(actor, ruled)):
        raise Refused(found)
    if to == booking.end:
        return booking
    wish = Wish(ruled, Span(booking.start, to), booking.people, booking.layout)
    measured = service.measured_for(
        actor, standing, house, wish, service.moment(now, zone, house), without=booking.id
    )  # fmt: skip
    service.check(wish, booking.member_id, measured, without=booking.id, started=booking.span)
    before = facts(booking)
    booking.end, (booking.setup, booking.clearing) = to, wish.buffers
    booking.sequence += 1
    _take(booking, place, zone)
    service.record(booking, actor, "extended", now, before, house=house, standing=standing)
    return booking


def _take(booking: Booking, place: Place, zone: ZoneInfo) -> None:
    """Have a booking's allocations say what it takes now. Raises Conflict where somebody has it, past the rules."""
    writes.free(booking)
    db.session.flush()
    if booking.takes is not None:
        service.allocate(place, booking.takes, zone, booking_id=booking.id)
