"""What links in reminders do: check in, give back what one is not coming to, and have back what was released.

The stamp is the booking's sequence, as for all deeds of bookings: what was moved, or let go, is another thing.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from innovation_station.bookings import grace, own_pages, presence, queries, writes
from innovation_station.bookings.models import Booking
from innovation_station.bookings.telling import CHECK_IN, END, RECLAIM
from innovation_station.db import db
from innovation_station.deeds.registry import Action, Asked, Deed, Done, over
from innovation_station.errors import Refused
from innovation_station.i18n import clock, zone
from innovation_station.i18n import gettext as _
from innovation_station.members import queries as members
from innovation_station.members.rules import Person
from innovation_station.spaces.queries import house as read_house

SAID_FOR = timedelta(hours=1)  # that the page which says it is done outlives what it did


def _of(deed: Deed, booking: Booking | None, now: datetime) -> Booking | None:
    mine = booking is not None and booking.member_id == deed.member_id and booking.end > now - SAID_FOR
    return booking if mine else None


def _stands(deed: Deed, booking: Booking) -> bool:
    return str(booking.sequence) == deed.stamp


def _followed(deed: Deed, booking: Booking) -> bool:
    """Tell whether one change was made since, and nothing else."""
    return str(booking.sequence - 1) == deed.stamp


def _ended(deed: Deed, booking: Booking, now: datetime) -> bool:
    """Tell whether it was ended since, and not moved or made longer."""
    return _followed(deed, booking) and booking.state == "confirmed" and booking.end <= now + grace.MINUTE


def _locked(deed: Deed, now: datetime) -> Booking:
    """Give the booking as it stands behind its member's lock. Raises Over."""
    writes.lock_member(deed.member_id)
    booking = _of(deed, db.session.get(Booking, deed.subject, populate_existing=True), now)
    if booking is None or members.person(deed.member_id) is None:
        raise over()
    return booking


def _name(booking: Booking) -> str:
    return read_house().places[booking.space_id].name


def _when(booking: Booking) -> str:
    when = own_pages.when_full(booking.span)
    return when[:1].upper() + when[1:]


def _look_check_in(_person: Person, deed: Deed, now: datetime) -> Asked | Done | None:
    booking = _of(deed, queries.get(deed.subject), now)
    if booking is None or not _stands(deed, booking):
        return None
    place = _name(booking)
    if booking.checked_in_at is not None:
        return Done(_("You are checked in: %(place)s until %(time)s.", place=place, time=clock(booking.end)))
    if found := grace.check_in_refusals(booking, now):
        raise Refused(found)
    return Asked(_("Check in to %(place)s?", place=place), (_when(booking),), _("Check in"))


def _look_end(_person: Person, deed: Deed, now: datetime) -> Asked | Done | None:
    booking = _of(deed, queries.get(deed.subject), now)
    if booking is None:
        return None
    place = _name(booking)
    if _ended(deed, booking, now):
        return Done(_("%(place)s is free for others from %(time)s.", place=place, time=clock(booking.end)))
    if not _stands(deed, booking):
        return None
    if found := grace.end_refusals(booking, now):
        raise Refused(found)
    text = _("What is left of it becomes free for others. Nothing has happened yet.")
    return Asked(_("Give %(place)s back?", place=place), (_when(booking), text), _("Give it back"), danger=True)


def _look_reclaim(_person: Person, deed: Deed, now: datetime) -> Asked | Done | None:
    booking = _of(deed, queries.get(deed.subject), now)
    if booking is None:
        return None
    place, when = _name(booking), own_pages.when_short(booking.span)
    if _followed(deed, booking) and booking.state == "confirmed":
        return Done(_("%(place)s is yours again, %(when)s", place=place, when=when))
    if not _stands(deed, booking):
        return None
    if found := grace.reclaim_refusals(booking, now):
        raise Refused(found)
    text = _("You have it back if nobody else has taken it, and it waits for you anew.")
    return Asked(_("Get %(place)s back?", place=place), (_when(booking), text), _("Get the place back"))


def _check_in(person: Person, deed: Deed, now: datetime) -> None:
    if not _stands(deed, _locked(deed, now)):
        raise over()
    presence.check_in(person, deed.subject, now=now)


def _end(person: Person, deed: Deed, now: datetime) -> None:
    booking = _locked(deed, now)
    if _ended(deed, booking, now):
        return
    if not _stands(deed, booking):
        raise over()
    presence.end_now(person, deed.subject, now=now, zone=zone())


def _reclaim(person: Person, deed: Deed, now: datetime) -> None:
    booking = _locked(deed, now)
    if _followed(deed, booking) and booking.state == "confirmed":
        return
    if not _stands(deed, booking):
        raise over()
    presence.reclaim(person, deed.subject, now=now, zone=zone())


ACTIONS = (
    Action(CHECK_IN, _look_check_in, _check_in),
    Action(END, _look_end, _end),
    Action(RECLAIM, _look_reclaim, _reclaim),
)
