"""The ticket: a page and a picture for who comes, and for staff who open it the button that checks in."""

from __future__ import annotations

import io
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, abort, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from innovation_station import clock
from innovation_station.attendance import links, queries, rules, service, words
from innovation_station.db import transaction
from innovation_station.deeds.registry import Over
from innovation_station.errors import DomainError, NotFound, Refusal
from innovation_station.events import beside
from innovation_station.events.beside import Looked, Part
from innovation_station.events.rules import may_manage_events
from innovation_station.i18n import gettext as _
from innovation_station.i18n import sentence
from innovation_station.plates.staff import picture as drawn
from innovation_station.registration import links as registration_links
from innovation_station.registration import queries as registrations
from innovation_station.registration.models import Registration
from innovation_station.web import base_url, current_house, sessionless, visitor

pages = Blueprint("tickets", __name__)


@pages.app_template_global("ticket_by")
def ticket_by(token: str) -> str:
    """Give the address of the ticket of whoever has the link of a registration; empty where it is none."""
    named = registration_links.read(token)
    row = registrations.by_uid(named[1]) if named else None
    return links.path(row) if row is not None else ""


@beside.of_event
def _box(looked: Looked) -> Part | None:
    """Put the ticket beside an event that the reader has a place at; one statement for members, none for visitors."""
    if looked.reader is None or looked.event.state != "published" or looked.event.end <= looked.now:
        return None
    row = registrations.of_member(looked.reader.id, looked.event.id)
    if row is None or rules.ticket_refusals(row.state):
        return None
    return Part("attendance/_box.html", {"href": links.path(row)})


@pages.route("/tickets/<token>", methods=["GET", "POST"])
def show(token: str) -> ResponseReturnValue:
    """Show a ticket; staff check in with its button, and take back what was a slip (`act`)."""
    row = _found(token)
    known = visitor()
    staff = known is not None and may_manage_events(known.person)
    if request.method != "POST":
        return _page(row, token, staff)
    if known is None or not staff:
        abort(403)
    act, now = request.form.get("act", ""), clock.now()
    try:
        with transaction():
            if act == "undo":
                service.undo(known.person, row.id, now=now)
            elif act == "arrived":
                reason = request.form.get("reason", "")[:200]
                service.check_in(known.person, row.id, "ticket", now=now, reason=reason)
            else:
                abort(422)
    except NotFound:
        raise
    except DomainError as error:
        return _page(_found(token), token, staff, error)
    flash(_("%(name)s is here.", name=row.name) if act == "arrived" else _("Taken back: %(name)s.", name=row.name))
    return redirect(url_for("staff_door.door", event_id=row.event_id, scan=1), 303)


@pages.get("/tickets/<token>.png")
@sessionless
def picture(token: str) -> Response:
    """Give the picture of a ticket, to be kept on a phone: black and white, and nothing but its address."""
    import segno  # see plates.staff.picture

    row, body = _found(token), io.BytesIO()
    segno.make(base_url() + links.path(row), error="m", micro=False).save(body, kind="png", scale=8, border=4)
    answer = Response(body.getvalue(), mimetype="image/png")
    answer.headers["Cache-Control"] = "private, max-age=3600"
    answer.headers["X-Robots-Tag"] = "noindex"
    answer.headers["Content-Disposition"] = "inline; filename=ticket.png"
    return answer


def _found(token: str) -> Registration:
    """Give the registration of a ticket. Raises Over, the same whatever is wrong."""
    named = links.read(token)
    row = registrations.by_uid(named[1]) if named else None
    if named is None or row is None or row.id != named[0] or row.event.end + rules.AFTER <= clock.now():
        raise Over([Refusal("ticket-over")])
    return row


def _page(row: Registration, token: str, staff: bool, error: DomainError | None = None) -> Response:
    arrived, now = queries.arrival(row.id), clock.now()
    page: dict[str, Any] = words.ticket(row, row.event, arrived, current_house())
    page |= {
        "drawn": drawn(base_url() + links.path(row)),
        "staff": _staff(row, arrived is not None, now) if staff else None,
    }
    reasons = [sentence(one) for one in error.refusals] if error else []
    asks = error is not None and any(one.code == "event-taken-staff" for one in error.refusals)
    html = render_template("attendance/ticket.html", page=page, token=token, reasons=reasons, asks=asks)
    return _sealed(make_response(html, error.status if error else 200))


def _staff(row: Registration, here: bool, now: datetime) -> dict[str, Any]:
    shut = rules.door_refusals(row.event.state, row.event.span, now)
    return {
        "may": not here and not shut and (row.state == "registered" or (row.state != "cancelled" and bool(row.email))),
        "here": here, "shut": [sentence(one) for one in shut],
        "door": url_for("staff_door.door", event_id=row.event_id),
    }  # fmt: skip


@pages.errorhandler(Over)
def refused(error: Over) -> ResponseReturnValue:
    """Say why not."""
    said = [sentence(refusal) for refusal in error.refusals]
    return _sealed(make_response(render_template("attendance/ticket.html", page=None, sentences=said), error.status))


def _sealed(answer: Response) -> Response:
    answer.headers["X-Robots-Tag"] = "noindex"
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer
