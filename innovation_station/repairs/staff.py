"""What is broken, as staff see to it: new, in hand, mended, and the place closed meanwhile."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from innovation_station import clock
from innovation_station.bookings import own_pages
from innovation_station.bookings import queries as bookings
from innovation_station.db import transaction
from innovation_station.errors import DomainError, NotFound, Refusal, Refused
from innovation_station.i18n import gettext as _
from innovation_station.i18n import local, sentence, zone
from innovation_station.repairs import queries, service, words
from innovation_station.repairs.forms import CloseForm
from innovation_station.repairs.models import FaultReport
from innovation_station.repairs.rules import may_see_reports
from innovation_station.spaces.rules import at_minute
from innovation_station.web import actor, current_house, guard

pages = Blueprint("staff_faults", __name__, url_prefix="/staff/faults")
guard(pages, may_see_reports)
MENDED_FOR, MENDED_SHOWN, IN_THE_WAY = timedelta(days=30), 30, 10


@pages.get("")
def index() -> str:
    """List what is broken, the oldest first, and what was mended lately."""
    return _page()


@pages.post("/<id:report_id>")
def act(report_id: int) -> ResponseReturnValue:
    """Take one in hand, say that it is mended, or close the place for it and open it again; `act` says which."""
    form, wanted = CloseForm(), request.form.get("act")
    now, who = clock.now(), actor()
    try:
        with transaction():
            if wanted == "take":
                service.take(report_id, actor=who, now=now)
            elif wanted == "mend":
                service.mend(report_id, actor=who, now=now)
            elif wanted == "open":
                service.reopen(report_id, actor=who, now=now)
            elif wanted != "close":
                raise Refused([Refusal("fault-act", "act")])
            elif form.validate() and form.until.data is not None:
                service.close(report_id, form.until.data, actor=who, now=now, zone=zone())
            else:
                raise Refused([Refusal("date-malformed", "until")])
    except NotFound:
        raise
    except DomainError as error:
        return _page(report_id, error, form), error.status
    flash({
        "take": _("It is in hand."), "mend": _("It is mended. Who reported it has been told."),
        "close": _("The place is closed while it is mended."), "open": _("The place is open again."),
    }[wanted or ""])  # fmt: skip
    return redirect(url_for("staff_faults.index"), 303)


def _page(report_id: int | None = None, error: DomainError | None = None, form: CloseForm | None = None) -> str:
    now, house = clock.now(), current_house()
    waiting = queries.waiting()
    closures = queries.closures(waiting, now)
    rows = [words.shown(one, house, closures.get(one.id)) for one in waiting]
    if error is not None:
        found = next((one for one in waiting if one.id == report_id), None)
        for row in rows:
            if row["id"] == report_id:
                row["reasons"] = [sentence(refusal) for refusal in error.refusals]
        _name_in_the_way(rows, found, error, form)
    mended = [words.shown(one, house, None) for one in queries.mended(now - MENDED_FOR, MENDED_SHOWN)]
    alone = [] if error is None or any("reasons" in row for row in rows) else error.refusals
    return render_template(
        "staff/faults.html", rows=rows, mended=mended, today=local(now).date().isoformat(),
        reasons=[sentence(refusal) for refusal in alone],
    )  # fmt: skip


def _name_in_the_way(
    rows: list[dict[str, Any]], found: FaultReport | None, error: DomainError, form: CloseForm | None
) -> None:
    """Put on a line which bookings stand in the way of closing its place, so that they can be moved."""
    until = form.until.data if form else None
    if found is None or until is None or all(refusal.code != "closure-hits" for refusal in error.refusals):
        return
    place, last = current_house().places[found.space_id], at_minute(until, 24 * 60, zone())
    coming = bookings.coming_in(place.takes, clock.now(), IN_THE_WAY)
    line = next(row for row in rows if row["id"] == found.id)
    line["bookings"] = [
        {"href": url_for("bookings.show", booking_id=one.id), "text": own_pages.when_short(one.span)}
        for one in coming if one.start < last
    ]  # fmt: skip
