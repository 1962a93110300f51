"""What links in mails to staff do to requests: approve one, or decline it.

The stamp is the booking's sequence: a request that has been given another time is asked about anew.
"""

from __future__ import annotations

from datetime import datetime

from innovation_station.bookings import answers, own_pages, queries, rules
from innovation_station.bookings.asking import APPROVE, DECLINE
from innovation_station.bookings.models import Booking
from innovation_station.deeds.registry import Action, Asked, Deed, Done, over
from innovation_station.errors import Conflict, NotFound
from innovation_station.i18n import gettext as _
from innovation_station.members.rules import Person
from innovation_station.organisations.queries import managed_spaces
from innovation_station.spaces.queries import house as read_house


def _of(person: Person, deed: Deed) -> Booking | None:
    """Give the booking where the person may answer it and it is still what was asked for, or has its answer."""
    booking = queries.get(deed.subject)
    if booking is None or not rules.may_answer(person, booking, managed_spaces(person.id)):
        return None
    answered = booking.state != "requested" and str(booking.sequence - 1) == deed.stamp
    return booking if answered or str(booking.sequence) == deed.stamp else None


def _look_approve(person: Person, deed: Deed, now: datetime) -> Asked | Done | None:
    booking = _of(person, deed)
    if booking is None:
        return None
    place, when = read_house().places[booking.space_id].name, own_pages.when_short(booking.span)
    if booking.state == "confirmed":
        return Done(_("%(place)s is booked for %(name)s, %(when)s.", place=place, name=booking.member.name, when=when))
    _still_open(booking, now)
    title = _("Approve %(place)s for %(name)s?", place=place, name=booking.member.name)
    return Asked(title, _said(booking), _("Approve"))


def _look_decline(person: Person, deed: Deed, now: datetime) -> Asked | Done | None:
    booking = _of(person, deed)
    if booking is None:
        return None
    place, when = read_house().places[booking.space_id].name, own_pages.when_short(booking.span)
    if booking.state == "declined":
        title = _("%(place)s was declined, %(when)s.", place=place, when=when)
        return Done(title, (_("The place is free for others now."),))
    _still_open(booking, now)
    title = _("Decline %(place)s for %(name)s?", place=place, name=booking.member.name)
    why = _("To say why, log in and answer on the page of the booking.")
    return Asked(title, (*_said(booking), why), _("Decline"), danger=True)


def _still_open(booking: Booking, now: datetime) -> None:
    if found := rules.answer_refusals(booking, now):
        raise Conflict(found)


def _said(booking: Booking) -> tuple[str, ...]:
    when = own_pages.when_full(booking.span)
    text = f"{when}: {booking.title}" if booking.title else when
    return (text[:1].upper() + text[1:], _("Nothing has happened yet."))


def _approve(person: Person, deed: Deed, now: datetime) -> None:
    _act(person, deed, now, yes=True)


def _decline(person: Person, deed: Deed, now: datetime) -> None:
    _act(person, deed, now, yes=False)


def _act(person: Person, deed: Deed, now: datetime, *, yes: bool) -> None:
    """Answer on the row behind its lock; a request that has another time by now is not what the link was for."""
    try:
        booking = answers.asked(person, deed.subject)
    except NotFound:
        raise over() from None
    if booking.state == "requested" and str(booking.sequence) != deed.stamp:
        raise over()
    if yes:
        answers.approve(person, booking.id, now=now)
    else:
        answers.decline(person, booking.id, now=now)


ACTIONS = (Action(APPROVE, _look_approve, _approve), Action(DECLINE, _look_decline, _decline))
