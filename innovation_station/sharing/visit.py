"""The page behind a guest's link: the visit, how to find the house, and the button that says one cannot come."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from innovation_station import clock
from innovation_station.audit.origin import MAIL_LINK, way
from innovation_station.bookings.choice import place_title
from innovation_station.bookings.models import Booking
from innovation_station.bookings.own_pages import when_full, when_short
from innovation_station.db import db, transaction
from innovation_station.deeds.registry import Over
from innovation_station.errors import DomainError, NotFound, Refusal
from innovation_station.i18n import gettext as _
from innovation_station.i18n import language, sentence
from innovation_station.members.models import Member
from innovation_station.notices.words import instant
from innovation_station.sharing import guests, letters, links, queries
from innovation_station.sharing.models import Guest
from innovation_station.timespan import Span
from innovation_station.web import current_house

pages = Blueprint("visits", __name__)


@pages.app_template_global("visit_time")
def visit_time(start: str, end: str) -> str:
    """Write when a visit is, in a mail whose values have been made harmless."""
    return when_short(Span(instant(start), instant(end)))


@pages.route("/visit/<token>", methods=["GET", "POST"])
def visit(token: str) -> ResponseReturnValue:
    """Show a guest the visit, without a login; POST says that one cannot come, or can after all."""
    guest, booking = _found(token)
    if request.method == "POST":
        wish = request.form.get("act")
        if wish in ("come", "decline"):
            try:
                with way(MAIL_LINK), transaction():
                    guests.answer(guest.id, comes=wish == "come", now=clock.now())
            except NotFound:
                raise _over() from None
        return redirect(url_for("visits.visit", token=token), 303)
    return _page(page=_shown(guest, booking))


def _found(token: str) -> tuple[Guest, Booking]:
    """Give guest and booking of a link. Raises Over, the same whatever is wrong."""
    named = links.read(token)
    guest = queries.guest(named[0]) if named else None
    booking = db.session.get(Booking, guest.booking_id) if guest is not None else None
    now: datetime = clock.now()
    if named is None or guest is None or booking is None or guest.uid != named[1]:
        raise _over()
    if not guests.open_to(guest, booking, now):
        raise _over()
    return guest, booking


def _over() -> Over:
    return Over([Refusal("visit-over")])


def _shown(guest: Guest, booking: Booking) -> dict[str, Any]:
    house = current_house()
    place = house.places[booking.space_id]
    when = when_full(booking.span)
    return {
        "title": booking.title or _("Your visit"), "when": when[:1].upper() + when[1:], "what": place_title(place),
        "where": house.address_of(place, language()), "host": db.session.get_one(Member, booking.member_id).name,
        "directions": letters.directions(), "declined": guest.state == "declined",
    }  # fmt: skip


@pages.errorhandler(DomainError)
def refused(error: DomainError) -> ResponseReturnValue:
    """Say why not."""
    title = _("This link is over") if isinstance(error, Over) else _("That could not be done")
    return _page(error.status, title=title, sentences=[sentence(refusal) for refusal in error.refusals])


def _page(status: int = 200, **said: Any) -> Response:
    answer = make_response(render_template("sharing/visit.html", **said), status)
    answer.headers["X-Robots-Tag"] = "noindex"
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer
