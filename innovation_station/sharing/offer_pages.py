"""Handing a booking over: the form of who has it, the page of who is asked, and where both stand."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from innovation_station import clock
from innovation_station.bookings import queries as booking_queries
from innovation_station.bookings import service as bookings
from innovation_station.bookings.beside import Part, of_booking, of_member
from innovation_station.bookings.choice import place_title
from innovation_station.bookings.models import Booking
from innovation_station.bookings.own_pages import item, named, when_full, when_short
from innovation_station.db import transaction
from innovation_station.errors import DomainError, NotFound, Refusal
from innovation_station.i18n import clock as clock_text
from innovation_station.i18n import day_short, sentence, zone
from innovation_station.i18n import gettext as _
from innovation_station.members.rules import Person, booking_refusals, is_staff
from innovation_station.sharing import handing, queries, rules
from innovation_station.sharing.forms import OfferForm
from innovation_station.sharing.models import Offer
from innovation_station.sharing.views import pages
from innovation_station.web import actor, current_house, signed_in


@pages.route("/bookings/<id:booking_id>/hand-over", methods=["GET", "POST"])
@signed_in
def hand_over(booking_id: int) -> ResponseReturnValue:
    """Offer a booking to somebody else; it goes over when they say yes."""
    booking = _own(booking_id)
    form = OfferForm()
    people = queries.colleagues(booking.member_id) if booking.member_id == actor().id else []  # not for staff to know
    form.to.choices = [("", _("Somebody else, by e-mail")), *((str(one.id), one.name) for one in people)]
    if not form.validate_on_submit():
        return _offering(booking, form), 422 if form.is_submitted() else 200
    try:
        with transaction():
            to: int | str = int(form.to.data) if form.to.data else form.email.data or ""
            handing.make(actor(), booking_id, to=to, now=clock.now())
    except NotFound:
        raise
    except DomainError as error:
        form.blame(error.refusals)
        return _offering(_own(booking_id), form), error.status
    flash(_("Offered. It stays yours until they say yes."))
    return redirect(url_for("bookings.show", booking_id=booking_id), 303)


@pages.post("/bookings/<id:booking_id>/hand-over/withdraw")
@signed_in
def take_back(booking_id: int) -> ResponseReturnValue:
    """Take an offer back that nobody has answered."""
    with transaction():
        handing.take_back(actor(), booking_id, now=clock.now())
    return redirect(url_for("bookings.show", booking_id=booking_id), 303)


def _own(booking_id: int) -> Booking:
    """Find a booking that the reader may give away. Raises NotFound."""
    booking = booking_queries.get(booking_id)
    if booking is None or not _may_give(actor(), booking):
        raise NotFound("booking-unknown")
    return booking


def _may_give(who: Person, booking: Booking) -> bool:
    return who.id == booking.member_id or is_staff(who)


def _offering(booking: Booking, form: OfferForm) -> str:
    now = clock.now()
    why = rules.offer_refusals(booking, now) or ([Refusal("offer-open")] if queries.open_offer(booking.id) else [])
    page = {
        "id": booking.id, "heading": item(booking, current_house(), now)["label"], "reasons": [*map(sentence, why)],
        "guests": len(queries.guests(booking.id)), "until": _moment(rules.expires(booking, now)),
    }  # fmt: skip
    return render_template("sharing/hand_over.html", page=page, form=form)


@pages.route("/offers/<id:offer_id>", methods=["GET", "POST"])
@signed_in
def offer(offer_id: int) -> ResponseReturnValue:
    """Show what one was offered; POST with `act` accepts or declines it."""
    found = queries.offer(offer_id)
    if found is None or found.to_id != actor().id:
        raise NotFound("offer-unknown")
    if request.method == "GET":
        return _offered(found, [])
    now, booking_id = clock.now(), found.booking_id
    try:
        with transaction():
            if request.form.get("act") == "accept":
                handing.accept(actor(), offer_id, now=now, zone=zone())
                return redirect(url_for("bookings.show", booking_id=booking_id), 303)
            if request.form.get("act") == "decline":
                handing.decline(actor(), offer_id, now=now)
    except NotFound:
        raise
    except DomainError as error:
        again = queries.offer(offer_id)
        if again is None:
            raise NotFound("offer-unknown") from None
        why = named(error.refusals, current_house())
        return _offered(again, [sentence(refusal) for refusal in why]), error.status
    return redirect(url_for("sharing.offer", offer_id=offer_id), 303)


def _offered(found: Offer, reasons: list[str]) -> str:
    booking, now = found.booking, clock.now()
    house = current_house()
    place = house.places[booking.space_id]
    stands, mine = rules.stands(found, booking, now), booking.member_id == actor().id
    known = stands or mine  # what has become of another's booking since is theirs to know
    page = {
        "id": found.id, "heading": place_title(place) if known else _("The offer"),
        "when": when_full(booking.span) if known else "", "stands": stands,
        "title": booking.title if stands else "", "giver": queries.name_of(found.from_id) if stands else "",
        "until": _moment(found.expires_at), "guests": len(queries.guests(booking.id)) if stands else 0,
        "state": found.state, "booking_id": booking.id if mine else None,
        "against": _against(booking, now) if stands and not reasons else [],
        "asks": stands and bool(place.policy.approval) and not is_staff(actor()),
    }  # fmt: skip
    return render_template("sharing/offer.html", page=page, reasons=reasons)


def _against(booking: Booking, now: datetime) -> list[str]:
    """List what would speak against it by the reader's rules, but for that the giver has the place."""
    who = actor()
    found = booking_refusals(who) or bookings.answer(who, booking.space_id, booking.span, now=now, zone=zone())
    known = named([refusal for refusal in found if refusal.code not in rules.NOT_AGAINST], current_house())
    return [sentence(refusal) for refusal in known]


def _moment(at: datetime) -> str:
    return f"{day_short(at)} {clock_text(at)}"


@of_booking
def _beside(booking: Booking, reader: Person, now: datetime) -> Part | None:
    """Say on the page of a booking to whom it is offered, or how it is."""
    if not _may_give(reader, booking) or rules.offer_refusals(booking, now):
        return None
    found = queries.open_offer(booking.id)
    shown: dict[str, Any] = {"id": booking.id, "to": None}
    if found is not None:
        to = found.email or (found.to.name if found.to else "")
        shown |= {"to": to, "until": _moment(found.expires_at), "stands": rules.stands(found, booking, now)}
    return Part("sharing/_handing.html", shown)


@of_member
def _to_answer(reader: Person, now: datetime) -> Part | None:
    """List over one's own bookings what one is offered."""
    house = current_house()
    items = [
        {"id": one.id, "what": house.places[one.booking.space_id].name, "when": when_short(one.booking.span),
         "giver": one.booking.member.name, "until": _moment(one.expires_at)}
        for one in queries.offered_to(reader.id, now) if rules.stands(one, one.booking, now)
    ]  # fmt: skip
    return Part("sharing/_offered.html", {"items": items}) if items else None
