"""A booking goes over to another member, who has said yes; that they have is for the caller to know.

Runs inside `db.transaction()`, flushes and never commits.
"""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from innovation_station.bookings import allowances, rules, service, telling, writes
from innovation_station.bookings.models import Booking
from innovation_station.bookings.rules import Wish
from innovation_station.bookings.writes import facts
from innovation_station.db import db
from innovation_station.errors import NotFound, Refused
from innovation_station.members.rules import Booker, booking_refusals
from innovation_station.plans import queries as plans


def lock(*member_ids: int) -> None:
    """Lock members in the order of their ids, as everybody does who locks several."""
    for member_id in sorted(set(member_ids)):
        writes.lock_member(member_id)


def hand(giver_id: int, booking_id: int, receiver: Booker, *, now: datetime, zone: ZoneInfo) -> Booking:
    """Give a booking of one member to another, both locked by the caller: time and place stay, all else is theirs.

    Measured by the receiver's rules, plan and quota: what staff had granted the giver they are asked for anew. That
    there is little time left until it begins speaks against nobody, the place was kept all along. Raises NotFound where
    it is the giver's no more or the receiver's account was closed, Refused, Conflict.
    """
    if due := booking_refusals(receiver):
        raise Refused(due)
    writes.lock_booker(receiver.id)
    booking = db.session.get(Booking, booking_id, populate_existing=True)
    if booking is None or booking.member_id != giver_id:
        raise NotFound("booking-unknown")
    house = service.locked(booking.space_id)
    if found := rules.change_refusals(booking, now):
        raise Refused(found)
    place = house.places[booking.space_id]
    layout = booking.layout if place.layout(booking.layout) else None
    wish = Wish(place, booking.span, booking.people, layout)
    standing = allowances.standing(house, receiver.id, plans.access_of(receiver.id))
    moment = service.moment(now, zone, house)
    measured = service.measured_for(receiver, standing, house, wish, moment, without=booking.id)
    wish = service.check(wish, receiver.id, measured, without=booking.id, started=booking.span)
    before = facts(booking) | {"member": giver_id}
    telling.unremind(booking)
    booking.member_id, booking.booked_by_id, booking.request_key = receiver.id, None, None
    booking.organisation_id = allowances.organisation_of(receiver.id, standing)
    booking.public = booking.public and receiver.visible  # what one has hidden the other's choice does not show
    booking.layout, (booking.setup, booking.clearing) = layout, wish.buffers
    booking.state, booking.answer_by = rules.asked(receiver, wish, now)
    booking.answer_reason = None
    service.expect(booking, now)
    booking.sequence += 1
    writes.free(booking)
    db.session.flush()
    service.allocate(wish.place, wish.padded, zone, booking_id=booking.id)
    service.record(booking, receiver, "handed", now, before, house=house, standing=standing, tell=False)
    telling.booked(booking, place.name, now)
    return booking
