"""What links in mails do to bookings: cancel one, and take that back.

The stamp is the booking's sequence: a link dies when the time or the state has changed, and outlives a new title.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from innovation_station.bookings import own_pages, queries, rules, service, writes
from innovation_station.bookings.allowances import policy_of
from innovation_station.bookings.models import Booking
from innovation_station.bookings.rules import HOLDING
from innovation_station.db import db
from innovation_station.deeds.registry import Action, Asked, Deed, Done, over
from innovation_station.errors import Refused
from innovation_station.i18n import gettext as _
from innovation_station.i18n import zone
from innovation_station.members import queries as members
from innovation_station.members.rules import Person
from innovation_station.spaces.queries import house as read_house

WAY_BACK = timedelta(hours=1)  # that the page which says it is done can lie about


def cancelling(member_id: int, booking_id: int, sequence: int, until: datetime) -> Deed:
    """Give the deed that cancels a booking as it stands at a sequence; `until` is its end."""
    return Deed("booking-cancel", member_id, booking_id, str(sequence), until)


def restoring(member_id: int, booking_id: int, sequence: int, until: datetime) -> Deed:
    """Give the deed that takes a cancellation back as it stands at a sequence."""
    return Deed("booking-restore", member_id, booking_id, str(sequence), until)


def _of(deed: Deed, booking: Booking | None, now: datetime) -> Booking | None:
    """Give the booking where it is still the member's and not over."""
    return booking if booking is not None and booking.member_id == deed.member_id and booking.end > now else None


def _stands(deed: Deed, booking: Booking, *states: str) -> bool:
    return str(booking.sequence) == deed.stamp and booking.state in states


def _followed(deed: Deed, booking: Booking, *states: str) -> bool:
    """Tell whether the change that the deed makes is the last that was made."""
    return str(booking.sequence - 1) == deed.stamp and booking.state in states


def _look_cancel(person: Person, deed: Deed, now: datetime) -> Asked | Done | None:
    booking = _of(deed, queries.get(deed.subject), now)
    if booking is None:
        return None
    house = read_house()
    place, when = house.places[booking.space_id], own_pages.when_short(booking.span)
    if _followed(deed, booking, "cancelled"):
        back = restoring(deed.member_id, booking.id, booking.sequence, min(now + WAY_BACK, booking.end))
        title = _("%(place)s is cancelled, %(when)s", place=place.name, when=when)
        return Done(title, (_("The place is free for others now."),), (_("Take the cancellation back"), back))
    if not _stands(deed, booking, *HOLDING):
        return None
    if found := rules.cancel_refusals(person, booking, policy_of(house, booking, zone()), now):
        raise Refused(found)
    return Asked(
        _("Cancel %(place)s?", place=place.name),
        (_said(booking), _("The place becomes free for others. Nothing has happened yet.")),
        _("Cancel %(what)s", what=f"{place.name}, {when}"),
        danger=True,
    )


def _look_restore(_person: Person, deed: Deed, now: datetime) -> Asked | Done | None:
    booking = _of(deed, queries.get(deed.subject), now)
    if booking is None:
        return None
    name, when = read_house().places[booking.space_id].name, own_pages.when_short(booking.span)
    if _followed(deed, booking, *HOLDING):
        return Done(_("%(place)s is yours again, %(when)s", place=name, when=when))
    if not _stands(deed, booking, "cancelled"):
        return None
    title = _("Take the cancellation of %(place)s back?", place=name)
    return Asked(title, (_said(booking),), _("Take the cancellation back"))


def _said(booking: Booking) -> str:
    when = own_pages.when_full(booking.span)
    text = f"{when}: {booking.title}" if booking.title else when
    return text[:1].upper() + text[1:]


def _locked(deed: Deed, now: datetime) -> Booking:
    """Give the booking as it stands behind its member's lock, which all who change it take first. Raises Over."""
    writes.lock_member(deed.member_id)
    booking = _of(deed, db.session.get(Booking, deed.subject, populate_existing=True), now)
    if booking is None or members.person(deed.member_id) is None:
        raise over()
    return booking


def _cancel(person: Person, deed: Deed, now: datetime) -> None:
    booking = _locked(deed, now)
    if _followed(deed, booking, "cancelled"):
        return
    if not _stands(deed, booking, *HOLDING):
        raise over()
    service.cancel(person, booking.id, now=now)


def _restore(person: Person, deed: Deed, now: datetime) -> None:
    booking = _locked(deed, now)
    if _followed(deed, booking, *HOLDING):
        return
    if not _stands(deed, booking, "cancelled"):
        raise over()
    service.restore(person, booking.id, now=now, zone=zone())


ACTIONS = (Action("booking-cancel", _look_cancel, _cancel), Action("booking-restore", _look_restore, _restore))
