"""The page that the picture on a place opens: check in, book now, leave, stay, say what is broken."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from innovation_station import clock, vain
from innovation_station.bookings import own_pages, service
from innovation_station.bookings.rules import Wish
from innovation_station.db import transaction
from innovation_station.errors import DomainError, NotFound, Refusal, Refused
from innovation_station.forms import parse_instant
from innovation_station.i18n import local, zone
from innovation_station.plates.looking import Plate
from innovation_station.repairs.forms import fault_form
from innovation_station.spaces import codes
from innovation_station.spaces.holidays import Calendar
from innovation_station.timespan import Span
from innovation_station.web import actor, current_house, signed_in

pages = Blueprint("plates", __name__)
LONGEST_KEY = 100


@pages.get("/q/<code>")
@signed_in
def show(code: str) -> str:
    """Show the place before which somebody stands, and what may be done here now. Changes nothing."""
    return _page(code, _space(code))


@pages.post("/q/<code>/book")
@signed_in
def book(code: str) -> ResponseReturnValue:
    """Book what was offered, and back to the page; or why not, and what instead."""
    space_id, wish = _space(code), None
    try:
        start, end = (parse_instant(request.form.get(name)) for name in ("start", "end"))
        if start is None or end is None:
            raise Refused([Refusal("time-malformed", "start")])
        if end <= start:
            raise Refused([Refusal("end-before-start", "end")])
        wish = Wish(current_house().places[space_id], Span(start, end))
        Calendar(current_house().holidays).learn(local(start), local(end))
        with transaction():
            booking = service.reserve(
                actor(), space_id, wish.span, now=clock.now(), zone=zone(),
                request_key=request.form.get("key", "")[:LONGEST_KEY] or None,
            )  # fmt: skip
    except NotFound:
        raise
    except DomainError as error:
        if wish is not None:
            codes, today = [one.code for one in error.refusals], local(clock.now()).date()
            vain.note(local(wish.span.start).date(), wish.place.kind, codes, today=today)
        return _page(code, space_id, error, wish), error.status
    flash(own_pages.booked_receipt(booking, current_house().places[space_id], None), "toast")  # type: ignore[arg-type]
    return redirect(url_for("plates.show", code=code), 303)


def _space(code: str) -> int:
    """Find the place that a code stands on; what is typed may be in capitals. Raises NotFound."""
    space_id = codes.space_of(code.lower())
    if space_id is None or space_id not in current_house().places:
        raise NotFound("plate-unknown")
    return space_id


def _page(code: str, space_id: int, error: DomainError | None = None, wish: Wish | None = None) -> str:
    plate = Plate(code, space_id, actor(), current_house(), clock.now())
    page = plate.page(error.refusals if error else (), wish)
    return render_template("plates/show.html", page=page, form=fault_form())
