"""What links in mails do to offers of bookings: accept one, or decline it. The stamp is the booking's sequence."""

from __future__ import annotations

from datetime import datetime

from innovation_station.bookings.own_pages import when_full
from innovation_station.deeds.registry import Action, Asked, Deed, Done, over
from innovation_station.errors import Conflict, NotFound, Refused
from innovation_station.i18n import gettext as _
from innovation_station.i18n import zone
from innovation_station.members.rules import Person, booking_refusals
from innovation_station.sharing import handing, queries, rules
from innovation_station.sharing.letters import summary
from innovation_station.sharing.models import Offer
from innovation_station.sharing.telling import ACCEPT, DECLINE


def _mine(person: Person, deed: Deed) -> Offer | None:
    offer = queries.offer(deed.subject)
    return offer if offer is not None and offer.to_id == person.id and str(offer.sequence) == deed.stamp else None


def _look_accept(person: Person, deed: Deed, now: datetime) -> Asked | Done | None:
    offer = _mine(person, deed)
    if offer is None:
        return None
    what = summary(offer.booking)
    if offer.state == "accepted" and offer.booking.member_id == person.id:
        return Done(_("%(what)s is yours.", what=what))
    if not rules.stands(offer, offer.booking, now):
        return None
    if due := booking_refusals(person):
        raise Refused(due)
    counts = _("It becomes yours and counts on your membership. Nothing has happened yet.")
    return Asked(_("Take %(what)s over?", what=what), (_said(offer), counts), _("Take it over"))


def _look_decline(person: Person, deed: Deed, now: datetime) -> Asked | Done | None:
    offer = _mine(person, deed)
    if offer is None:
        return None
    if offer.state == "declined":
        return Done(_("You have declined it."), (_("Whoever offered it knows."),))
    if not rules.stands(offer, offer.booking, now):
        return None
    return Asked(_("Decline %(what)s?", what=summary(offer.booking)), (_said(offer),), _("Not for me, thanks"))


def _said(offer: Offer) -> str:
    booking = offer.booking
    text = f"{when_full(booking.span)}: {booking.title}" if booking.title else when_full(booking.span)
    return text[:1].upper() + text[1:]


def _accept(person: Person, deed: Deed, now: datetime) -> None:
    if _mine(person, deed) is None:
        raise over()
    try:
        handing.accept(person, deed.subject, now=now, zone=zone())
    except NotFound:
        raise over() from None
    except Conflict as error:
        if any(refusal.code == "offer-closed" for refusal in error.refusals):
            raise over() from None
        raise


def _decline(person: Person, deed: Deed, now: datetime) -> None:
    if _mine(person, deed) is None:
        raise over()
    try:
        handing.decline(person, deed.subject, now=now)
    except (NotFound, Conflict):
        raise over() from None


ACTIONS = (Action(ACCEPT, _look_accept, _accept), Action(DECLINE, _look_decline, _decline))
