"""What happens to offers: made, taken back, accepted, declined, and over.

Every function runs inside `db.transaction()`, flushes and never commits. Both members are locked before anything is
decided, so that of accepting, cancelling, moving and taking back one comes first and the others see what it has left.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from innovation_station.audit import service as audit
from innovation_station.bookings import handing
from innovation_station.bookings import service as bookings
from innovation_station.bookings.models import Booking
from innovation_station.db import db
from innovation_station.errors import Conflict, NotFound, Refusal, Refused
from innovation_station.members import queries as members
from innovation_station.members.rules import Actor, Booker, is_email, is_staff, normal_email
from innovation_station.sharing import queries, rules, telling
from innovation_station.sharing.models import Offer

DAY = timedelta(days=1)


def make(actor: Actor, booking_id: int, *, to: int | str, now: datetime) -> Offer:
    """Offer a booking to a colleague of its member, by id, or to whoever has an address. Nobody learns whether that is
    a member's.

    Raises NotFound, Refused.
    """
    booking = _own(actor, booking_id)
    if found := rules.offer_refusals(booking, now):
        raise Refused(found)
    if queries.open_offer(booking.id) is not None:
        raise Refused([Refusal("offer-open")])
    if queries.offered_since(booking.member_id, now - DAY) >= rules.OFFERS_A_DAY:
        raise Refused([Refusal("offers-many", "email", {"most": rules.OFFERS_A_DAY})])
    to_id, email = _receiver(booking, to)
    offer = Offer(
        booking_id=booking.id, from_id=booking.member_id, to_id=to_id, email=email, sequence=booking.sequence,
        state="open", made_at=now, expires_at=rules.expires(booking, now), ended_at=None,
    )  # fmt: skip
    db.session.add(offer)
    db.session.flush()
    _noted("offer.made", actor, offer, now)
    if to_id is not None:
        telling.offered(offer, booking, now=now)
    return offer


def _own(actor: Actor, booking_id: int) -> Booking:
    """Give a booking behind its member's lock: only they, and staff, give it away. Raises NotFound."""
    booking = bookings.mine(actor, booking_id)
    if actor.id != booking.member_id and not is_staff(actor):
        raise NotFound("booking-unknown")
    return booking


def _receiver(booking: Booking, to: int | str) -> tuple[int | None, str]:
    if isinstance(to, int):
        if to not in {one.id for one in queries.colleagues(booking.member_id, among=[to])}:
            raise Refused([Refusal("member-unknown", "to")])
        return to, ""
    email = normal_email(to)
    if not is_email(email):
        raise Refused([Refusal("email-malformed", "email")])
    found = members.by_email(email)
    if found is not None and found.id == booking.member_id:
        raise Refused([Refusal("offer-self", "email")])
    return (found.id if found is not None and found.state == "active" else None), email


def take_back(actor: Actor, booking_id: int, *, now: datetime) -> None:
    """Take an offer back that nobody has answered. Twice is the same as once. Raises NotFound."""
    booking = _own(actor, booking_id)
    offer = queries.open_offer(booking.id)
    if offer is not None:
        _end(offer, "withdrawn", now)
        _noted("offer.withdrawn", actor, offer, now)


def accept(receiver: Booker, offer_id: int, *, now: datetime, zone: ZoneInfo) -> Booking:
    """Take a booking over that one was offered. Twice is the same as once.

    Raises NotFound for what was not offered to them, Conflict where it is over, and as `bookings.handing.hand`.
    """
    offer = _offered(receiver, offer_id)
    booking = offer.booking
    if offer.state == "accepted" and booking.member_id == receiver.id:
        return booking
    if not rules.stands(offer, booking, now):
        raise Conflict([Refusal("offer-closed")])
    handing.hand(offer.from_id, booking.id, receiver, now=now, zone=zone)
    _end(offer, "accepted", now)
    audit.record(
        "booking.handed", subject=("booking", booking.id), actor=receiver, member_id=offer.from_id,
        after={"offer": offer.id}, now=now,
    )  # fmt: skip
    telling.answered_offer(offer, booking, now=now)
    return booking


def decline(receiver: Actor, offer_id: int, *, now: datetime) -> Offer:
    """Say that one does not want what one was offered. Twice is the same as once. Raises NotFound, Conflict."""
    offer = _offered(receiver, offer_id)
    if offer.state == "declined":
        return offer
    if not rules.stands(offer, offer.booking, now):
        raise Conflict([Refusal("offer-closed")])
    _end(offer, "declined", now)
    _noted("offer.declined", receiver, offer, now)
    telling.answered_offer(offer, offer.booking, now=now)
    return offer


def _offered(receiver: Actor, offer_id: int) -> Offer:
    """Give what somebody was offered, as it stands behind the locks of both. Raises NotFound."""
    known = queries.offer(offer_id)
    if known is None or known.to_id != receiver.id:
        raise NotFound("offer-unknown")
    handing.lock(known.from_id, receiver.id)
    return queries.offer(offer_id) or known


def close(offer_id: int, *, now: datetime) -> bool:
    """End an offer whose time is over, or whose booking is not what was offered; tell whether it was one."""
    known = queries.offer(offer_id)
    if known is None:
        return False
    handing.lock(known.from_id)
    offer = queries.offer(offer_id)
    if offer is None or offer.state != "open" or rules.stands(offer, offer.booking, now):
        return False
    unanswered = rules.stands(offer, offer.booking, offer.made_at)
    _end(offer, "expired" if unanswered else "withdrawn", now)
    if unanswered:
        telling.answered_offer(offer, offer.booking, now=now)
    return True


def _end(offer: Offer, state: str, now: datetime) -> None:
    offer.state, offer.ended_at = state, now
    db.session.flush()
    if offer.to_id is not None:
        telling.offer_over(offer)


def _noted(action: str, actor: Actor, offer: Offer, now: datetime) -> None:
    audit.record(
        action, subject=("offer", offer.id), actor=actor, member_id=offer.from_id,
        after={"booking": offer.booking_id}, now=now,
    )  # fmt: skip
