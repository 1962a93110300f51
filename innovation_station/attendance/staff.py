"""The door of an event as staff work it: the list, the camera, who comes without a ticket, badges; and the house."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, abort, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from innovation_station import clock
from innovation_station.attendance import after, queries, rules, service, sheets, words
from innovation_station.attendance.after import Wish
from innovation_station.attendance.forms import AfterForm, WalkInForm
from innovation_station.attendance.models import Followup
from innovation_station.db import transaction
from innovation_station.errors import DomainError, NotFound
from innovation_station.events.forms import cleaned
from innovation_station.events.queries import Whole
from innovation_station.events.rules import in_language, may_manage_events
from innovation_station.events.showing import head, whole_of
from innovation_station.i18n import gettext as _
from innovation_station.i18n import language, local, sentence
from innovation_station.organisations.words import name_of
from innovation_station.registration import queries as registrations
from innovation_station.registration.rules import LIVE
from innovation_station.registration.words import answer_text, left_text, state_names
from innovation_station.sharing.rules import harmless
from innovation_station.web import actor, current_house, guard, safe_next, wants_part

pages = Blueprint("staff_door", __name__, url_prefix="/staff")
guard(pages, may_manage_events)
WORDS_LONGEST = 60
CAMERA = "camera=(self), microphone=(), geolocation=(), interest-cohort=()"


@pages.get("/events/<id:event_id>/door")
def door(event_id: int) -> ResponseReturnValue:
    """Show who is here and who is expected; a script asks for what changes alone, `304` when nothing did."""
    return _page(whole_of(event_id))


@pages.post("/events/<id:event_id>/door/<id:registration_id>")
def act(event_id: int, registration_id: int) -> ResponseReturnValue:
    """Check somebody in from the list, or take that back (`act`)."""
    whole, what, now = whole_of(event_id), request.form.get("act", ""), clock.now()
    row = registrations.get(registration_id)
    if row is None or row.event_id != event_id:
        raise NotFound("registration-unknown")
    if what not in ("arrived", "undo"):
        abort(422)
    try:
        with transaction():
            if what == "undo":
                service.undo(actor(), registration_id, now=now)
            else:
                reason = request.form.get("reason", "")[:200]
                service.check_in(actor(), registration_id, "list", now=now, reason=reason)
    except NotFound:
        raise
    except DomainError as error:
        return _page(whole, error=error)
    here = url_for("staff_door.door", event_id=event_id, q=_query() or None)
    return redirect(safe_next(request.form.get("next"), here), 303)


@pages.post("/events/<id:event_id>/walk-in")
def walk_in(event_id: int) -> ResponseReturnValue:
    """Give somebody without a registration a place and check them in."""
    whole, form = whole_of(event_id), WalkInForm()
    if not form.validate():
        return _page(whole, form, status=422)
    try:
        with transaction():
            service.walk_in(
                actor(), event_id, form.name.data or "", form.email.data or "", language=language(), now=clock.now(),
                reason=form.reason.data or "",
            )  # fmt: skip
    except NotFound:
        raise
    except DomainError as error:
        form.blame(error.refusals)
        return _page(whole, form, status=error.status)
    flash(_("%(name)s is here.", name=form.name.data))
    return redirect(url_for("staff_door.door", event_id=event_id), 303)


def _query() -> str:
    return " ".join(request.values.get("q", "")[:WORDS_LONGEST].split())


def _page(
    whole: Whole, form: WalkInForm | None = None, *, error: DomainError | None = None, status: int = 200
) -> Response:  # fmt: skip
    event = whole.event
    known = queries.arrivals(event.id)
    names = queries.names({row.by_id for row in known.values() if row.by_id})
    page = words.door(registrations.of_event(event.id, LIVE), known, names, _query())
    shut = rules.door_refusals(event.state, event.span, clock.now())
    settled = registrations.signup(event.id)
    page |= {"left": left_text(settled) if settled else ""}
    page |= {"id": event.id, "open": not shut, "shut": [sentence(one) for one in shut]}
    said = repr((page, language()))
    tag = hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest()[:32]
    if wants_part() == "day":
        fresh = request.if_none_match.contains_weak(tag)
        answer = Response(status=304) if fresh else make_response(render_template("attendance/_door.html", page=page))
        answer.set_etag(tag, weak=True)
        return answer
    html = render_template(
        "attendance/door.html", event=head(whole), page=page, etag=tag, form=form or WalkInForm(formdata=None),
        settled=settled is not None, reasons=[sentence(one) for one in error.refusals] if error else [],
        scan="scan" in request.args,
    )  # fmt: skip
    answer = make_response(html, error.status if error else status)
    answer.headers["Permissions-Policy"] = CAMERA
    return answer


@pages.get("/events/<id:event_id>/badges")
def badges(event_id: int) -> str:
    """Show a badge for everybody who takes part, several on a sheet when it is printed."""
    whole = whole_of(event_id)
    named = {member_id: name_of(row) for member_id, row in queries.organisations(event_id).items()}
    rows = registrations.of_event(event_id, ("registered",))
    settled = registrations.signup(event_id)
    found = words.badges(whole, rows, named, settled.terms.questions if settled else (), current_house())
    return render_template("attendance/badges.html", event=head(whole), badges=found)


@pages.get("/events/<id:event_id>/attendance.csv")
def attendance(event_id: int) -> Response:
    """Give who was registered and who came as a file for tables."""
    whole = whole_of(event_id)
    answer = Response("".join(_lines(whole)), mimetype="text/csv")
    answer.headers["Content-Disposition"] = f'attachment; filename="{whole.event.slug}-attendance.csv"'
    return answer


@pages.get("/events/<id:event_id>/attendance.xlsx")
def attendance_workbook(event_id: int) -> Response:
    """Give the same as a workbook."""
    whole = whole_of(event_id)
    body = sheets.workbook(whole.event.slug, _attended(whole))
    answer = Response(body, mimetype=sheets.MIMETYPE)
    answer.headers["Content-Disposition"] = f'attachment; filename="{whole.event.slug}-attendance.xlsx"'
    return answer


def _attended(whole: Whole) -> Iterator[list[sheets.Value]]:
    """Give the names of the columns, then who is registered, when (by the house's clock) and how they came, and what
    they answered, but not what they eat, which goes earlier."""
    rows = registrations.of_event(whole.event.id, LIVE)
    known, named = queries.arrivals(whole.event.id), queries.organisations(whole.event.id)
    states, ways, settled = state_names(), words.way_names(), registrations.signup(whole.event.id)
    asked = [one for one in settled.terms.questions if one.kind != "diet"] if settled else []
    labels = [in_language(one.labels, language())[0] for one in asked]
    yield [_("Number"), _("Name"), _("E-mail"), _("Organisation"), _("State"), _("Came"), _("How"), *labels]
    for row in rows:
        came, organisation = known.get(row.id), named.get(row.member_id or 0)
        yield [
            row.number, row.name, row.email, name_of(organisation) if organisation else "", states[row.state][0],
            local(came.at).replace(tzinfo=None, second=0, microsecond=0) if came else None,
            ways[came.way] if came else "", *(answer_text(row, one) for one in asked),
        ]  # fmt: skip


def _lines(whole: Whole) -> Iterable[str]:
    yield "\N{ZERO WIDTH NO-BREAK SPACE}"
    for row in _attended(whole):
        yield _line(*(f"{one:%Y-%m-%d %H:%M}" if isinstance(one, datetime) else str(one or "") for one in row))


def _line(*cells: str) -> str:
    line = io.StringIO()
    csv.writer(line, delimiter=";", lineterminator="\r\n").writerow(map(harmless, cells))
    return line.getvalue()


# -- afterwards --------------------------------------------------------------------------------------------------------


@pages.route("/events/<id:event_id>/after", methods=["GET", "POST"])
def afterwards(event_id: int) -> ResponseReturnValue:
    """Settle what is said and asked after an event, and show what was answered."""
    whole = whole_of(event_id)
    settled = after.followup(event_id)
    asked = "\n".join(" | ".join(filter(None, pair)) for pair in settled.questions) if settled else ""
    form = AfterForm(data=_said(settled, asked))

    def settle() -> None:
        thanks = cleaned(form.thanks_sv.data), cleaned(form.thanks_en.data)
        after.settle(actor(), event_id, Wish(thanks, form.asked(), bool(form.ask.data)), now=clock.now())

    answer = form.carry_out(settle)
    if answer.done:
        flash(_("Saved."))
        return redirect(url_for("staff_door.afterwards", event_id=event_id), 303)
    sent = words.moment(settled.sent_at) if settled and settled.sent_at else None
    result = words.result(after.answers(event_id), settled.questions if settled else ())
    return render_template(
        "attendance/after.html", event=head(whole), form=form, sent=sent, result=result
    ), answer.status


def _said(settled: Followup | None, asked: str) -> dict[str, Any]:
    if settled is None:
        return {}
    return {
        "thanks_sv": settled.thanks_sv, "thanks_en": settled.thanks_en, "ask": settled.ask, "questions": asked,
    }  # fmt: skip


@pages.get("/events/<id:event_id>/answers.csv")
def answers(event_id: int) -> Response:
    """Give the answers as a file for tables, in no order; none where there are too few to hide in."""
    whole, settled = whole_of(event_id), after.followup(event_id)
    found = after.answers(event_id)
    if settled is None or len(found) < rules.FEWEST:
        raise NotFound
    lines = [_line(_("Mark"), *(sv or en for sv, en in settled.questions), _("Anything else"))]
    lines += [_line(str(one.rating or ""), *map(str, one.answers), one.text) for one in found]
    answer = Response("\N{ZERO WIDTH NO-BREAK SPACE}" + "".join(lines), mimetype="text/csv")
    answer.headers["Content-Disposition"] = f'attachment; filename="{whole.event.slug}-answers.csv"'
    return answer


# -- the house ---------------------------------------------------------------------------------------------------------


@pages.get("/evacuation")
def evacuation() -> str:
    """Name everybody who is in the house now, to be printed or read out; it is stored nowhere."""
    now = clock.now()
    found = words.in_the_house(now, current_house())
    page: dict[str, Any] = {
        "people": [words.person(one) for one in found if one.sure],
        "expected": [words.person(one) for one in found if not one.sure], "at": words.moment(now),
    }  # fmt: skip
    return render_template("attendance/evacuation.html", page=page)
