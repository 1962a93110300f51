"""Closing the house, a floor, a zone or a place for a time: whom it hits is shown before, and decided about."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any, cast

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from innovation_station import clock
from innovation_station.bookings import closing, hits
from innovation_station.bookings.choice import place_title
from innovation_station.bookings.closing import Shutting
from innovation_station.bookings.hits import Sent
from innovation_station.bookings.ripple import KEEP
from innovation_station.bookings.rules import local_span
from innovation_station.db import transaction
from innovation_station.errors import Conflict, DomainError, NotFound, Refusal, Refused
from innovation_station.forms import parse_id
from innovation_station.housing import service
from innovation_station.housing.forms import ClosureForm
from innovation_station.i18n import clock as clock_text
from innovation_station.i18n import day_short, language, local, ngettext, sentence, span_text, zone
from innovation_station.i18n import gettext as _
from innovation_station.members.rules import is_staff
from innovation_station.repairs.queries import of_faults
from innovation_station.spaces.models import Closure
from innovation_station.spaces.rules import DAY_MINUTES, House
from innovation_station.timespan import Span
from innovation_station.web import actor, current_house, guard

pages = Blueprint("staff_closures", __name__, url_prefix="/staff/house/closures")
guard(pages, is_staff)
MINUTE = timedelta(minutes=1)


@pages.route("", methods=["GET", "POST"])
def index() -> ResponseReturnValue:
    """List what is closed and will be; close more, once it is shown whom that hits."""
    form = _form(current_house())
    if request.method == "GET":
        return _page(form)
    if not form.validate():
        return _page(form), 422
    now, sent = clock.now(), Sent.read()
    try:
        what = _what(form, current_house())
        if request.form.get("act") == "look":
            return _look(form, what, sent, now)
        with transaction():
            made = service.close(
                actor(), what, reasons=(form.reason_sv.data or "", form.reason_en.data or ""), choices=sent.choices,
                shown=sent.token, now=now, zone=zone(),
            )  # fmt: skip
    except NotFound:
        raise
    except DomainError as error:
        if isinstance(error, Conflict):
            return _look(form, what, sent, now, [sentence(one) for one in error.refusals]), 409
        form.blame(error.refusals)
        return _page(form), error.status
    flash(_closed_text(what, len(made)))
    return redirect(url_for("staff_closures.index"), 303)


@pages.post("/<id:closure_id>/open")
def reopen(closure_id: int) -> ResponseReturnValue:
    """Open again what was closed; who lost a place by it is not moved back by itself."""
    try:
        with transaction():
            service.reopen(actor(), closure_id, now=clock.now())
    except Refused as error:
        return _page(_form(current_house()), reasons=[sentence(one) for one in error.refusals]), error.status
    flash(_("It is open again."))
    return redirect(url_for("staff_closures.index"), 303)


def _closed_text(what: Shutting, count: int) -> str:
    if what.space_ids is None:
        return _("The house is closed then.")
    return ngettext("%(num)d place is closed then.", "%(num)d places are closed then.", count)


def _form(house: House) -> ClosureForm:
    today = local(clock.now()).date()
    chosen = request.args.get("where", "house")
    form = ClosureForm(data={"where": chosen, "first": today, "last": today, "start": 0, "end": 0})
    form.where.choices = choices(house)
    return form


def choices(house: House) -> dict[str, list[tuple[str, str]]]:
    """List what can be closed, by what it is."""
    said = language()
    places = [place for place in house.places.values() if place.id not in house.gone]
    return {
        _("The house"): [("house", _("The whole house"))],
        _("Floors"): [(f"floor-{floor.id}", floor.names[said]) for floor in house.storeys],
        _("Zones"): [(f"zone-{area.id}", area.names[said]) for area in house.zones.values()],
        _("Places"): [(f"space-{place.id}", place_title(place)) for place in places],
    }


def _what(form: ClosureForm, house: House) -> Shutting:
    """Read what is to be closed. Raises Refused for times that are none, NotFound for what has no place."""
    first, last, starts = (cast(Any, one.data) for one in (form.first, form.last, form.start))
    zoned, ends = zone(), form.end.data or DAY_MINUTES  # 00:00 is the end of the day, as where hours are set
    if (first, starts) >= (last, ends):
        raise Refused([Refusal("end-before-start", "last")])
    start = local_span(first, min(starts, DAY_MINUTES - 1), DAY_MINUTES, zoned).start
    span = Span(start, local_span(last, 0, ends, zoned).end)
    kind, _dash, number = form.where.data.partition("-")
    if kind == "house":
        return Shutting(None, span)
    return Shutting(_of(kind, parse_id(number) or 0, house), span)


def _of(kind: str, number: int, house: House) -> tuple[int, ...]:
    """List the places of a floor, a zone, or the one; of a divided hall the whole, which takes its parts."""
    alive = [place for place in house.places.values() if place.id not in house.gone]
    found = {
        "floor": [place.id for place in alive if place.floor_id == number and place.id not in house.wholes],
        "zone": [place.id for place in alive if place.zone_id == number],
        "space": [place.id for place in alive if place.id == number],
    }.get(kind, [])
    if not found:
        raise NotFound
    return tuple(found)


def _look(form: ClosureForm, what: Shutting, sent: Sent, now: datetime, reasons: Sequence[str] = ()) -> str:
    met, token = service.look_at_closing(actor(), what, now=now, zone=zone())
    if reasons and not sent.token and not met.hits and not met.walls:  # what stood in the way has gone meanwhile
        reasons = ()
    page = hits.shown(met, sent.choices, KEEP) | {"token": token}
    walls = set(page["walls"])
    return _page(form, page, [reason for reason in reasons if sent.token and reason not in walls])


def _page(form: ClosureForm, ripple: dict[str, Any] | None = None, reasons: Sequence[str] = ()) -> str:
    return render_template(
        "housing/closures.html", form=form, ripple=ripple, reasons=list(reasons), rows=_rows(current_house()),
    )  # fmt: skip


def _rows(house: House) -> list[dict[str, Any]]:
    """Show each act of closing as one line, however many places it closed."""

    def act(row: Closure) -> tuple[Any, ...]:
        return row.start, row.end, row.created_at, row.reason_sv, row.reason_en

    found = sorted(closing.running(clock.now()), key=lambda row: (*act(row), row.space_id or 0))
    faults = of_faults(row.id for row in found)
    return [_row(list(rows), house, faults) for _act, rows in groupby(found, key=act)]


def _row(rows: Sequence[Closure], house: House, faults: Collection[int]) -> dict[str, Any]:
    first = rows[0]
    names = [place_title(house.places[row.space_id]) if row.space_id else _("The whole house") for row in rows]
    return {
        "id": first.id, "where": ", ".join(names[:6]) + (" …" if len(names) > 6 else ""), "when": when(first),
        "reason": first.reason_sv if language() == "sv" else first.reason_en,
        "fault": any(row.id in faults for row in rows),
    }  # fmt: skip


def when(row: Closure) -> str:
    """Write when something is closed."""
    span = Span(row.start, row.end)
    if local(span.start).date() == local(span.end - MINUTE).date():
        return f"{day_short(span.start)} {span_text(span)}"
    return f"{day_short(span.start)} {clock_text(span.start)} – {day_short(span.end)} {clock_text(span.end)}"
