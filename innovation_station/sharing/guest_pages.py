"""The guests of a booking: on its page, on a page of their own, and in the form that books."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from innovation_station import clock
from innovation_station.bookings import extras
from innovation_station.bookings import queries as booking_queries
from innovation_station.bookings import rules as booking_rules
from innovation_station.bookings.beside import Part, of_booking
from innovation_station.bookings.extras import Typed
from innovation_station.bookings.models import Booking
from innovation_station.bookings.own_pages import item, when_full
from innovation_station.db import transaction
from innovation_station.errors import DomainError, NotFound
from innovation_station.i18n import clock as clock_text
from innovation_station.i18n import gettext as _
from innovation_station.i18n import language
from innovation_station.members.rules import Person
from innovation_station.sharing import guests, queries, rules
from innovation_station.sharing.forms import GuestForm
from innovation_station.sharing.models import Guest
from innovation_station.sharing.views import pages
from innovation_station.spaces.rules import Place
from innovation_station.web import actor, current_house, signed_in


@pages.route("/bookings/<id:booking_id>/guests", methods=["GET", "POST"], endpoint="guests")
@signed_in
def of_one(booking_id: int) -> ResponseReturnValue:
    """Show who is invited to a booking, and invite somebody."""
    booking = _hosted(booking_id)
    form = GuestForm(data={"language": language()})
    status = 200
    if request.method == "POST":
        status = 422
        if form.validate():
            try:
                with transaction():
                    person = (form.name.data or "", form.email.data or "")
                    guests.invite(actor(), booking_id, [person], language=form.language.data, now=clock.now())
                return redirect(url_for("sharing.guests", booking_id=booking_id), 303)
            except NotFound:
                raise
            except DomainError as error:
                form.blame(error.refusals)
                status = error.status
                booking = _hosted(booking_id)
    return _page(booking, form), status


@pages.post("/bookings/<id:booking_id>/guests/<id:guest_id>/remove")
@signed_in
def remove(booking_id: int, guest_id: int) -> ResponseReturnValue:
    """Take a guest off; one who knew of the visit is told by mail."""
    with transaction():
        guests.remove(actor(), booking_id, guest_id, now=clock.now())
    return redirect(url_for("sharing.guests", booking_id=booking_id), 303)


def _hosted(booking_id: int) -> Booking:
    """Find a booking whose guests the reader may know. Raises NotFound."""
    booking = booking_queries.get(booking_id)
    if booking is None or not guests.may_host(actor(), booking):
        raise NotFound("booking-unknown")
    return booking


def _page(booking: Booking, form: GuestForm) -> str:
    now, house = clock.now(), current_house()
    place = house.places[booking.space_id]
    found = queries.guests(booking.id)
    page = {
        "id": booking.id, "heading": item(booking, house, now)["label"], "when": when_full(booking.span),
        "guests": [_guest(guest) for guest in found], "open": not booking_rules.change_refusals(booking, now),
        "room": rules.seats(place, booking.layout) - 1 - sum(guest.state == "invited" for guest in found),
        "waits": booking.state == "requested",
    }  # fmt: skip
    return render_template("sharing/guests.html", page=page, form=form)


def _guest(guest: Guest) -> dict[str, Any]:
    mark: tuple[str, str | None, str | None] = _("Invited"), None, None
    if guest.state == "declined":
        mark = _("Cannot come"), "no", "x"
    if guest.arrived_at is not None:
        mark = _("Here since %(time)s", time=clock_text(guest.arrived_at)), "ok", "check"
    if guest.left_at is not None:
        mark = _("Left %(time)s", time=clock_text(guest.left_at)), None, None
    return {"id": guest.id, "name": guest.name, "email": guest.email, "mark": mark}


@of_booking
def _beside(booking: Booking, reader: Person, now: datetime) -> Part | None:
    """Say on the page of a booking who comes to it; where there is room for one nothing is asked."""
    place = current_house().places[booking.space_id]
    if rules.seats(place, booking.layout) < 2 or not guests.may_host(reader, booking):
        return None
    found = queries.guests(booking.id)
    may = not booking_rules.change_refusals(booking, now)
    if not found and not may:
        return None
    return Part(
        "sharing/_guests.html", {"id": booking.id, "guests": [_guest(guest) for guest in found], "may": may}
    )  # fmt: skip


extras.keep("guests")


@extras.in_sheet
def _in_sheet(_booker: Person, place: Place, typed: Typed, _glance: object) -> Part | None:
    """Ask for guests where there is room for them."""
    if place.seats < 2:
        return None
    text = typed.get("guests", "")[: rules.GUESTS_TEXT_LONGEST]
    return Part("sharing/_with.html", {"text": text, "most": min(place.seats - 1, rules.GUESTS_MOST)})


@extras.with_booking
def _invited(booker: Person, booking: Booking, typed: Typed, now: datetime) -> None:
    """Invite whom the form names, in the language of the page."""
    if people := rules.read_guests(typed.get("guests", "")):
        fresh = not booking.revision and booking.created_at == now
        guests.add(booker, booking, people, language=language(), now=now, fresh=fresh)
