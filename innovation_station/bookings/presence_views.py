"""What a member who is here presses, or who is not coming: check in, end now, stay longer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from innovation_station import clock
from innovation_station.bookings import own_pages, presence
from innovation_station.bookings.models import Booking
from innovation_station.bookings.own import owner_of, seen
from innovation_station.bookings.rules import Wish
from innovation_station.bookings.views import pages
from innovation_station.db import transaction
from innovation_station.errors import DomainError, NotFound, Refusal, Refused
from innovation_station.forms import parse_instant
from innovation_station.i18n import clock as clock_text
from innovation_station.i18n import gettext as _
from innovation_station.i18n import local, zone
from innovation_station.spaces.holidays import Calendar
from innovation_station.web import actor, current_house, safe_next, signed_in


@pages.post("/bookings/<id:booking_id>/check-in")
@signed_in
def check_in(booking_id: int) -> ResponseReturnValue:
    """Write down that its member is here, and offer to take that back; with `undo` do that."""
    whose, undo = owner_of(booking_id), "undo" in request.form
    act = presence.undo_check_in if undo else presence.check_in
    try:
        with transaction():
            booking = act(actor(), booking_id, now=clock.now())
    except NotFound:
        raise
    except DomainError as error:
        return _refused(booking_id, error)
    name = current_house().places[booking.space_id].name
    if undo:
        return _told(booking, _("The check-in was taken back."))
    said = _("You are checked in: %(place)s until %(time)s.", place=name, time=clock_text(booking.end))
    if whose is not None:
        said = _("%(name)s is checked in: %(place)s.", name=whose, place=name)
    return _told(booking, said, "bookings.check_in", {"undo": "1"})


@pages.post("/bookings/<id:booking_id>/end")
@signed_in
def end(booking_id: int) -> ResponseReturnValue:
    """End a booking that runs; the way back is to have it end when it did."""
    before = seen(booking_id).end
    try:
        with transaction():
            booking = presence.end_now(actor(), booking_id, now=clock.now(), zone=zone())
    except NotFound:
        raise
    except DomainError as error:
        return _refused(booking_id, error)
    name = current_house().places[booking.space_id].name
    said = _("%(place)s is free for others from %(time)s.", place=name, time=clock_text(booking.end))
    return _told(booking, said, "bookings.extend", {"to": before.isoformat()})


@pages.post("/bookings/<id:booking_id>/extend")
@signed_in
def extend(booking_id: int) -> ResponseReturnValue:
    """Let a booking end later, at the instant `to`; the way back is the form that changes it."""
    before, to = _edited(seen(booking_id)), parse_instant(request.form.get("to"))
    try:
        if to is None:
            raise Refused([Refusal("time-malformed", "to")])
        Calendar(current_house().holidays).learn(local(to))
        with transaction():
            booking = presence.extend(actor(), booking_id, to, now=clock.now(), zone=zone())
    except NotFound:
        raise
    except DomainError as error:
        return _refused(booking_id, error)
    name = current_house().places[booking.space_id].name
    said = _("%(place)s is booked until %(time)s.", place=name, time=clock_text(booking.end))
    return _told(booking, said, "bookings.edit", before)


def _edited(booking: Booking) -> dict[str, object]:
    """Give the fields that make a booking again what it is."""
    wish = Wish(current_house().places[booking.space_id], booking.span)
    return own_pages.edit_fields(wish, title=booking.title, public=booking.public)


def _told(
    booking: Booking, said: str, undo: str | None = None, fields: Mapping[str, Any] | None = None
) -> ResponseReturnValue:  # fmt: skip
    """Go back to where the button was pressed, and say what was done and how to take it back."""
    back = safe_next(request.form.get("next"), "")
    toast: dict[str, Any] = {"message": said}
    if undo:
        action = url_for(undo, booking_id=booking.id)
        toast |= {"undo_action": action, "fields": {**(fields or {}), **({"next": back} if back else {})}}
    flash(toast, "toast")  # type: ignore[arg-type]
    return redirect(back or url_for("bookings.show", booking_id=booking.id), 303)


def _refused(booking_id: int, error: DomainError) -> ResponseReturnValue:
    """Show the booking as it stands now, and why not."""
    booking, house = seen(booking_id), current_house()
    page = own_pages.shown(booking, house, actor(), clock.now())
    reasons = own_pages.reasons(error.refusals, house, page["owner"])
    return render_template("bookings/show.html", page=page, reasons=reasons, offers=[]), error.status
