"""The page on which members say that they are away: what that releases is shown first."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from innovation_station import clock
from innovation_station.bookings.models import Booking
from innovation_station.bookings.own_pages import when_short
from innovation_station.db import transaction
from innovation_station.errors import DomainError
from innovation_station.forms import parse_date
from innovation_station.i18n import day_full, day_long, local, ngettext, sentence, zone
from innovation_station.i18n import gettext as _
from innovation_station.sharing import absences, queries, rules
from innovation_station.sharing.absences import Look
from innovation_station.sharing.forms import AwayForm
from innovation_station.sharing.views import pages
from innovation_station.web import actor, current_house, signed_in


@pages.get("/account/away")
@signed_in
def away() -> ResponseReturnValue:
    """Show when I am away, and what an absence would release before it does."""
    form = AwayForm(formdata=request.args if "first" in request.args else None)
    if "first" not in request.args:
        return _page(form, None)
    found, status = None, 422
    if form.validate() and form.first.data and form.last.data:
        try:
            found = absences.look(actor(), form.first.data, form.last.data, now=clock.now(), zone=zone())
            status = 200
        except DomainError as error:
            form.blame(error.refusals)
    return _page(form, found), status


@pages.post("/account/away")
@signed_in
def leave() -> ResponseReturnValue:
    """Be away: what I have booked on these days is released."""
    first, last = (parse_date(request.form.get(name)) for name in ("first", "last"))
    if first is None or last is None:
        return redirect(url_for("sharing.away", first=_typed("first"), last=_typed("last")), 303)
    form = AwayForm(formdata=None, data={"first": first, "last": last})
    now = clock.now()
    try:
        with transaction():
            absence = absences.leave(actor(), first, last, now=now, zone=zone())
            gone = queries.released(absence.id, now)
    except DomainError as error:
        form.blame(error.refusals)
        return _page(form, None), error.status
    said = ngettext("%(num)d booking is released.", "%(num)d bookings are released.", len(gone))
    flash(_("You are away %(days)s.", days=_days(first, last)) + (f" {said}" if gone else ""))
    return redirect(url_for("sharing.away"), 303)


@pages.post("/account/away/<id:absence_id>/end")
@signed_in
def come_back(absence_id: int) -> ResponseReturnValue:
    """Be back, or take it back: what is free still is mine again."""
    with transaction():
        back = absences.come_back(actor(), absence_id, now=clock.now(), zone=zone())
        lost = [f"{_what(booking)}: {sentence(why)}" for booking, why in back.lost]
    if back.restored:
        flash(ngettext("%(num)d booking is yours again.", "%(num)d bookings are yours again.", back.restored))
    else:
        flash(_("You are no longer away."))
    for text in lost:
        flash(_("Not yours again: %(what)s", what=text))
    return redirect(url_for("sharing.away"), 303)


def _typed(name: str) -> str:
    return request.form.get(name, "")[:20]


def _page(form: AwayForm, found: Look | None) -> str:
    now = clock.now()
    known = queries.absences(actor().id, local(now).date())
    counts = queries.released_counts([one.id for one in known], now)
    page: dict[str, Any] = {
        "known": [{"id": one.id, "days": _days(one.first, one.last), "count": counts.get(one.id, 0)} for one in known],
        "today": local(now).date().isoformat(), "longest": rules.ABSENCE_LONGEST.days, "look": None,
    }  # fmt: skip
    if found is not None and form.first.data and form.last.data:
        page["look"] = {
            "days": _days(form.first.data, form.last.data), "goes": [_shown(one) for one in found.goes],
            "fields": {"first": form.first.data.isoformat(), "last": form.last.data.isoformat()},
            "stays": [_shown(one) | {"why": sentence(why)} for one, why in found.stays],
        }  # fmt: skip
    return render_template("sharing/away.html", page=page, form=form)


def _shown(booking: Booking) -> dict[str, Any]:
    return {"id": booking.id, "what": _what(booking), "title": booking.title}


def _what(booking: Booking) -> str:
    return f"{current_house().places[booking.space_id].name}, {when_short(booking.span)}"


def _days(first: date, last: date) -> str:
    """Write the days of an absence: «Tuesday 3 – Saturday 14 March 2026»."""
    if first == last:
        return day_full(first)
    return f"{day_long(first)} – {day_full(last)}"
