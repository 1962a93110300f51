"""What is broken, as staff see to it: new, in hand, mended, and the place closed meanwhile with all whom that hits."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from innovation_station import clock
from innovation_station.audit import queries as audit
from innovation_station.bookings import hits
from innovation_station.bookings.hits import Sent
from innovation_station.db import db, transaction
from innovation_station.errors import Conflict, DomainError, NotFound, Refusal, Refused
from innovation_station.forms import parse_id
from innovation_station.i18n import gettext as _
from innovation_station.i18n import local, sentence, zone
from innovation_station.members.rules import short_name
from innovation_station.pictures import TYPE
from innovation_station.repairs import queries, service, words
from innovation_station.repairs.forms import CloseForm, NoteForm
from innovation_station.repairs.models import FaultReport
from innovation_station.repairs.rules import ENDED, may_see_reports
from innovation_station.web import actor, current_house, guard

pages = Blueprint("staff_faults", __name__, url_prefix="/staff/faults")
guard(pages, may_see_reports)
HITS = {"hits-undecided", "plan-changed", "event-has-it"}  # by which a closing is refused, and whom it hits is shown
MENDED_FOR, MENDED_SHOWN, HISTORY = timedelta(days=30), 30, 200
_PLAIN = {"see": service.see, "take": service.take, "mend": service.mend, "open": service.reopen}


@pages.get("")
def index() -> str:
    """List what is broken, the oldest first, and what was mended lately."""
    return _list()


@pages.get("/<id:report_id>")
def show(report_id: int) -> str:
    """Show a report with all that was said and done about it."""
    return _page(report_id)


@pages.get("/<id:report_id>/photo")
def photo(report_id: int) -> ResponseReturnValue:
    """Send the photo of a report."""
    data = queries.photo(report_id)
    if data is None:
        abort(404)
    answer = Response(data, mimetype=TYPE)
    answer.headers["Content-Disposition"] = 'inline; filename="photo.webp"'
    return answer


@pages.post("/<id:report_id>")
def act(report_id: int) -> ResponseReturnValue:
    """Do one thing about a report; `act` says which. Back to it, or with `list` to the list."""
    wanted, now, who = request.form.get("act", ""), clock.now(), actor()
    form = CloseForm()
    try:
        with transaction():
            if wanted in _PLAIN:
                _PLAIN[wanted](report_id, actor=who, now=now)
            elif wanted == "void":
                service.mend(report_id, actor=who, now=now, fault=False)
            elif wanted == "note":
                service.note(report_id, NoteForm().note.data or "", actor=who, now=now)
            elif wanted == "assign":
                service.assign(report_id, parse_id(request.form.get("assignee")), actor=who, now=now)
            elif wanted == "back":
                booking_id = parse_id(request.form.get("booking")) or 0
                service.bring_back(report_id, booking_id, actor=who, now=now, zone=zone())
            elif wanted == "close":
                _close(report_id, form)
            else:
                raise Refused([Refusal("fault-act", "act")])
    except NotFound:
        raise
    except DomainError as error:
        return _refused(report_id, wanted, form, error)
    flash(_done(wanted))
    if "list" in request.form:
        return redirect(url_for("staff_faults.index"), 303)
    return redirect(url_for("staff_faults.show", report_id=report_id), 303)


def _done(wanted: str) -> str:
    return {
        "see": _("It is seen."), "take": _("It is in hand."), "mend": _("It is mended. Who reported it has been told."),
        "void": _("It is no fault. Who reported it has been told."), "note": _("The note is there."),
        "close": _("The place is closed while it is mended."), "open": _("The place is open again."),
        "assign": _("Saved."), "back": _("The booking is back. Its member is told."),
    }[wanted]  # fmt: skip


def _close(report_id: int, form: CloseForm) -> None:
    _check(form)
    sent = Sent.read()
    last = None if form.whole.data else form.until.data
    service.close(
        report_id, last, minute=None if form.whole.data else form.time.data, reason=(form.reason.data or "").strip(),
        token=sent.token, choices=sent.choices, actor=actor(), now=clock.now(), zone=zone(),
    )  # fmt: skip


def _check(form: CloseForm) -> None:
    """Raise Refused for a day or time that is none."""
    form.validate()
    if form.time.errors and not form.whole.data:
        raise Refused([Refusal("time-malformed", "time")])
    if form.until.data is None and not form.whole.data:
        raise Refused([Refusal("date-malformed", "until")])


def _refused(report_id: int, wanted: str, form: CloseForm, error: DomainError) -> ResponseReturnValue:
    """Show why not: whom a closing hits, with what can become of each, or the page that was asked from."""
    codes = {refusal.code for refusal in error.refusals}
    if wanted == "close" and isinstance(error, Conflict) and codes & HITS:
        return _hits(report_id, form, error), error.status
    if "list" in request.form:
        return _list(report_id, error), error.status
    return _page(report_id, error, form), error.status


def _hits(report_id: int, form: CloseForm, error: DomainError) -> str:
    """Show whom closing the place hits: the first time asked, and again where that has changed."""
    last, minute = (None, None) if form.whole.data else (form.until.data, form.time.data)
    met, token = service.look(report_id, last, minute, actor=actor(), now=clock.now(), zone=zone())
    sent = Sent.read()
    page = hits.shown(met, sent.choices) | {"token": token, "none": any(one.instead is None for one in met.hits)}
    reasons = [sentence(one) for one in error.refusals if sent.token]
    given = ((name, request.form.get(name, "")) for name in ("until", "time", "reason", "whole"))
    return render_template(
        "staff/fault_close.html", place=_place(report_id), report_id=report_id, page=page,
        fields=[one for one in given if one[1]], reasons=[one for one in reasons if one not in page["walls"]],
    )  # fmt: skip


def _place(report_id: int) -> str:
    return current_house().places[db.session.get_one(FaultReport, report_id).space_id].name


def _list(report_id: int | None = None, error: DomainError | None = None) -> str:
    now, house = clock.now(), current_house()
    waiting, ended = queries.waiting(), queries.ended(now - MENDED_FOR, MENDED_SHOWN)
    closures = queries.closures(waiting, now)
    ids = [one.id for one in waiting]
    others, photos = queries.joined(ids), queries.with_photo(ids)
    rows = [words.shown(one, house, closures.get(one.id), others.get(one.id, 0)) for one in waiting]
    for row in rows:
        row["photo"] = row["id"] in photos
    reasons = [sentence(refusal) for refusal in error.refusals] if error else []
    for row in rows:
        if row["id"] == report_id:
            row["reasons"], reasons = reasons, []
    return render_template(
        "staff/faults.html", rows=rows, mended=[words.shown(one, house, None) for one in ended], reasons=reasons
    )


def _page(report_id: int, error: DomainError | None = None, form: CloseForm | None = None) -> str:
    now, house, report = clock.now(), current_house(), queries.whole(report_id)
    if report is None:
        raise NotFound("fault-unknown")
    if report.same_as_id is not None:
        report = queries.whole(report.same_as_id) or report
    closure = queries.closures([report], now).get(report.id)
    same, staff = queries.group(report.id), queries.staff()
    photos = queries.with_photo([one.id for one in same])
    names = {one.id: short_name(one.name) for one in staff}
    back = [] if closure else service.could_return(report, actor=actor(), now=now, zone=zone())
    page: dict[str, Any] = words.shown(report, house, closure, len(same) - 1)
    page |= {
        "ended": report.state in ENDED, "assignee": report.assignee_id,
        "made": [
            {"id": one.id, "who": words.who(one.member), "text": one.text, "at": words.when(one.at),
             "photo": one.id in photos}
            for one in same
        ],
        "staff": [(one.id, one.name) for one in staff],
        "history": words.history(audit.about("fault", report.id, limit=HISTORY), queries.notes(report.id), names),
        "back": hits.rows(back, {}), "today": local(now).date().isoformat(),
        "reasons": [sentence(refusal) for refusal in error.refusals] if error else [],
        "until": (form and request.form.get("until")) or local(now).date().isoformat(),
        "time": request.form.get("time", ""), "reason": request.form.get("reason", ""),
        "note": request.form.get("note", ""),
    }  # fmt: skip
    return render_template("staff/fault.html", page=page)
