"""Where members say that something is broken: a page for each place, and the way to it from the place's sheet."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from innovation_station import clock, pictures
from innovation_station.bookings import beside
from innovation_station.bookings.beside import Looked, Part
from innovation_station.bookings.choice import place_title
from innovation_station.db import transaction
from innovation_station.errors import DomainError, NotFound
from innovation_station.i18n import gettext as _
from innovation_station.i18n import language
from innovation_station.repairs import queries, service, words
from innovation_station.repairs.forms import FaultForm, fault_form
from innovation_station.repairs.rules import PHOTO_BOX
from innovation_station.spaces.rules import Place
from innovation_station.web import actor, current_house, safe_next, signed_in, takes_up_to

pages = Blueprint("faults", __name__)
FORM_BESIDE = 64 * 1024


@pages.route("/spaces/<id:space_id>/fault", methods=["GET", "POST"])
@signed_in
@takes_up_to(pictures.LARGEST_UPLOAD + FORM_BESIDE)
def report(space_id: int) -> ResponseReturnValue:
    """Say what is broken in a place; back to where one came from."""
    place = current_house().places.get(space_id)
    if place is None:
        raise NotFound("space-unknown")
    form = fault_form()
    if request.method == "GET":
        return _page(place, form)
    try:
        photo = _photo()
        with transaction():
            service.report(
                actor(), space_id, sort=form.sort.data or "", text=form.text.data or "", photo=photo, now=clock.now()
            )  # fmt: skip
    except NotFound:
        raise
    except DomainError as error:
        form.blame(error.refusals)
        return _page(place, form), error.status
    flash(_("Thank you. Staff have been told, and you hear when it is mended."))
    return redirect(safe_next(request.form.get("next"), url_for("bookings.place", space_id=space_id)), 303)


def _photo() -> bytes | None:
    """Make the photo anew, before a lock is taken: that takes longer than all the rest. Raises Refused."""
    file = request.files.get("photo")
    data = file.read(pictures.LARGEST_UPLOAD + 1) if file and file.filename else b""
    return pictures.fitted(data, PHOTO_BOX, field="photo") if data else None


def _page(place: Place, form: FaultForm) -> str:
    page: dict[str, Any] = {
        "heading": place_title(place), "where": current_house().zone_name(place, language()),
        "back": safe_next(request.values.get("next"), url_for("bookings.place", space_id=place.id)),
        "action": url_for("faults.report", space_id=place.id),
        "known": [words.known(one) for one in queries.of_space(place.id)],
    }  # fmt: skip
    return render_template("repairs/report.html", form=form, page=page)


@beside.of_sheet
def on_sheet(looked: Looked) -> Part | None:
    """Show the way to the page on which one says that something is broken."""
    return Part("repairs/_of_sheet.html", {"href": f"/spaces/{looked.place.id}/fault"}, last=True)
