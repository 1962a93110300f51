"""Saying how an event was, by the link of the mail; and what its own page says once it is over."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from innovation_station import clock
from innovation_station.attendance import after, links, rules, telling
from innovation_station.attendance.models import Followup
from innovation_station.db import transaction
from innovation_station.deeds.registry import Over
from innovation_station.errors import Refusal, Refused
from innovation_station.events import beside
from innovation_station.events import queries as events
from innovation_station.events import words as event_words
from innovation_station.events.beside import Looked, Part
from innovation_station.events.rules import in_language
from innovation_station.i18n import language, sentence
from innovation_station.registration import queries as registrations
from innovation_station.registration import words as registration_words
from innovation_station.registration.models import Registration

pages = Blueprint("feedback", __name__)


@pages.app_template_global("thanks_letter")
def letter(said: Mapping[str, Any]) -> dict[str, str]:
    """Give the words of a mail after an event; its values have been made harmless."""
    return {"heading": telling.heading(said), "text": telling.text(said)}


@beside.of_event
def _box(looked: Looked) -> Part | None:
    """Put thanks and materials beside an event that is over; two statements then, none before."""
    event = looked.event
    if event.state != "published":
        return None
    settled = after.shown_after(event.id, event.end, looked.now)
    if settled is None:
        return None
    sessions = events.sessions_of([event.id]).get(event.id, [])
    materials = [
        {"title": event_words.said(row.titles), "links": row.materials} for row in sessions if row.materials
    ]  # fmt: skip
    thanks = event_words.said((settled.thanks_sv, settled.thanks_en))
    if not thanks["text"] and not materials:
        return None
    return Part("attendance/_after.html", {"thanks": thanks, "materials": materials})


@pages.route("/feedback/<token>", methods=["GET", "POST"])
def show(token: str) -> ResponseReturnValue:
    """Ask somebody who came how it was; kept without a name, once."""
    row, settled = _found(token)
    now = clock.now()
    if request.method != "POST":
        if not after.may_answer(row, now):
            return _page(row, settled, done=True)
        return _page(row, settled)
    chosen = request.form.get("rating", "")
    typed = {
        number: request.form.get(f"question-{number}", "")[: rules.ANSWER_LONGEST + 1]
        for number in range(len(settled.questions))
    }
    text = request.form.get("text", "")[: rules.ANSWER_LONGEST + 1]
    try:
        with transaction():
            rating = int(chosen) if chosen.isascii() and chosen.isdecimal() and len(chosen) == 1 else None
            after.answer(row, rating, text, typed, now=now)
    except Refused as error:
        said = [sentence(one) for one in error.refusals]
        return _page(row, settled, reasons=said, text=text, typed=typed, chosen=chosen, status=error.status)
    return redirect(url_for("feedback.show", token=token), 303)


def _found(token: str) -> tuple[Registration, Followup]:
    """Give whose link it is, and what is asked. Raises Over, the same whatever is wrong."""
    named = links.feedback.read(token)
    row = registrations.by_uid(named[1]) if named else None
    settled = after.followup(row.event_id) if row is not None else None
    over = row is None or row.event.end + rules.ASKED_FOR <= clock.now()
    if named is None or row is None or settled is None or row.id != named[0] or over or settled.sent_at is None:
        raise Over([Refusal("feedback-over")])
    return row, settled


def _page(row: Registration, settled: Followup, *, status: int = 200, **more: Any) -> ResponseReturnValue:
    questions = [in_language((sv, en), language()) for sv, en in settled.questions]
    page = {
        "title": event_words.said(row.event.titles), "when": event_words.when_text(row.event.span),
        "questions": [{"label": label, "lang": other} for label, other in questions],
        "href": registration_words.page_href(row.event), "longest": rules.ANSWER_LONGEST,
    }  # fmt: skip
    return _sealed(render_template("attendance/feedback.html", page=page, **more), status)


@pages.errorhandler(Over)
def refused(error: Over) -> ResponseReturnValue:
    """Say why not."""
    said = [sentence(refusal) for refusal in error.refusals]
    return _sealed(render_template("attendance/feedback.html", page=None, sentences=said), error.status)


def _sealed(html: str, status: int) -> ResponseReturnValue:
    answer = make_response(html, status)
    answer.headers["X-Robots-Tag"] = "noindex"
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer
