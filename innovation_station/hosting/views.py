"""Where hosts and administrators begin."""

from __future__ import annotations

import hashlib
import json

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from innovation_station import clock
from innovation_station.bookings import presence
from innovation_station.db import transaction
from innovation_station.errors import Conflict, DomainError, Refused
from innovation_station.hosting import service
from innovation_station.hosting.forms import NoteForm
from innovation_station.hosting.today import Today
from innovation_station.i18n import gettext as _
from innovation_station.i18n import language, local, sentence, zone
from innovation_station.members.rules import is_staff
from innovation_station.web import actor, current_house, guard, safe_next

pages = Blueprint("hosting", __name__, url_prefix="/staff")
guard(pages, is_staff)
WORDS_LONGEST = 60


@pages.get("")
def today() -> ResponseReturnValue:
    """Show the day; with `X-Part: day` the part of it that changes, 304 where nothing has."""
    return _shown(NoteForm(formdata=None))


def _shown(form: NoteForm, error: DomainError | None = None) -> ResponseReturnValue:
    words = " ".join(request.args.get("q", "")[:WORDS_LONGEST].split())
    page = Today(actor(), current_house(), clock.now(), words, near=request.args.get("show") != "all").page()
    tag = hashlib.sha256(json.dumps([page, language(), actor().id], default=str).encode()).hexdigest()[:24]
    if request.headers.get("X-Part") == "day":
        answer = make_response(render_template("hosting/_today.html", page=page, form=form))
        answer.set_etag(tag, weak=True)
        return answer.make_conditional(request)
    page["etag"] = f'W/"{tag}"'
    if error:
        form.blame(error.refusals)
    return render_template("hosting/today.html", page=page, form=form), 422 if form.errors else 200


@pages.post("/bookings/<id:booking_id>/no-show")
def let_go(booking_id: int) -> ResponseReturnValue:
    """Let a place go to which nobody has come; the way back is that of any release."""
    back = safe_next(request.form.get("next"), url_for("hosting.today"))
    try:
        with transaction():
            booking = presence.let_go(actor(), booking_id, now=clock.now(), zone=zone())
    except (Conflict, Refused) as error:
        flash(" ".join(sentence(refusal) for refusal in error.refusals), "error")
        return redirect(back, 303)
    said = _("%(place)s is free for others now.", place=current_house().places[booking.space_id].name)
    action = url_for("bookings.restore", booking_id=booking_id)
    flash({"message": said, "undo_action": action, "fields": {"next": back}}, "toast")  # type: ignore[arg-type]
    return redirect(back, 303)


@pages.post("/notes")
def write() -> ResponseReturnValue:
    """Leave a note for whoever has the house next."""
    form, now = NoteForm(), clock.now()
    today = local(now).date()
    if not form.validate():
        return _shown(form)
    try:
        with transaction():
            service.write(actor(), form.text.data or "", form.day.data or today, today=today, now=now)
    except DomainError as error:
        return _shown(form, error)
    flash(_("The note is kept."))
    return redirect(url_for("hosting.today", _anchor="notes"), 303)


@pages.post("/notes/<id:note_id>")
def tick(note_id: int) -> ResponseReturnValue:
    """Tick a note off, or with `undo` open it again."""
    undo = "undo" in request.form
    with transaction():
        row = service.tick(actor(), note_id, done=not undo, now=clock.now())
    said = _("Open again: %(text)s", text=row.text) if undo else _("Seen to: %(text)s", text=row.text)
    toast = {"message": said}
    if not undo:
        action = url_for("hosting.tick", note_id=note_id)
        toast |= {"undo_action": action, "fields": {"undo": "1", "next": request.form.get("next", "")}}  # type: ignore[dict-item]
    flash(toast, "toast")  # type: ignore[arg-type]
    return redirect(safe_next(request.form.get("next"), url_for("hosting.today")), 303)
