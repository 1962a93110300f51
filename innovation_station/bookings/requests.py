"""The requests that wait for an answer: all of them for staff, and the answer of whoever may give it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from innovation_station import clock
from innovation_station.bookings import answers, own_pages, queries
from innovation_station.bookings.models import Booking
from innovation_station.bookings.views import pages as bookings
from innovation_station.db import transaction
from innovation_station.errors import DomainError, NotFound
from innovation_station.i18n import gettext as _
from innovation_station.i18n import ngettext
from innovation_station.members.rules import is_staff
from innovation_station.spaces.rules import House
from innovation_station.web import actor, current_house, guard, signed_in

pages = Blueprint("requests", __name__, url_prefix="/staff")
guard(pages, is_staff)
BACK = {"staff": "requests.index", "spaces": "standing.spaces"}  # the pages an answer goes back to


@pages.get("/requests")
def index() -> ResponseReturnValue:
    """List the requests that wait, the most urgent first."""
    return render_template("staff/requests.html", requests=lines(queries.requests(), current_house(), clock.now()))


@bookings.post("/bookings/<id:booking_id>/answer")
@signed_in
def answer(booking_id: int) -> ResponseReturnValue:
    """Approve a request or decline it; where somebody was faster, its page says what has become of it."""
    now, yes = clock.now(), request.form.get("answer") == "yes"
    try:
        with transaction():
            if yes:
                answers.approve(actor(), booking_id, now=now)
            else:
                answers.decline(actor(), booking_id, now=now, reason=request.form.get("reason", "")[:1000])
    except NotFound:
        raise
    except DomainError as error:
        return _too_late(booking_id, error, now), error.status
    flash(_("Approved. The member has been told.") if yes else _("Declined. The member has been told."))
    endpoint = BACK.get(request.form.get("from", ""))
    return redirect(url_for(endpoint) if endpoint else url_for("bookings.show", booking_id=booking_id), 303)


def _too_late(booking_id: int, error: DomainError, now: datetime) -> str:
    booking = queries.get(booking_id)
    if booking is None:
        raise NotFound("booking-unknown")
    page = own_pages.shown(booking, current_house(), actor(), now)
    reasons = own_pages.reasons(error.refusals, current_house(), page["owner"])
    return render_template("bookings/show.html", page=page, reasons=reasons)


def lines(found: Iterable[Booking], house: House, now: datetime) -> list[dict[str, Any]]:
    """Give what a list of requests shows; members have to be loaded."""
    return [
        own_pages.item(booking, house, now) | {
            "owner": booking.member.name, "when": own_pages.when_short(booking.span),
            "people": booking.people and ngettext("%(num)d person", "%(num)d persons", booking.people),
        }
        for booking in found
    ]  # fmt: skip
