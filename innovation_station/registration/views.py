"""Registering on the page of an event, one's own registrations, and the page behind a guest's link."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from innovation_station import clock
from innovation_station.audit.origin import MAIL_LINK, way
from innovation_station.bookings import beside as bookings
from innovation_station.db import patiently, transaction
from innovation_station.deeds.registry import Over
from innovation_station.errors import DomainError, NotFound, Refusal, Refused, TooMany
from innovation_station.events import beside
from innovation_station.events import queries as events
from innovation_station.events import words as event_words
from innovation_station.events.beside import Looked, Note, Part
from innovation_station.events.models import Event
from innovation_station.events.queries import Wanted
from innovation_station.events.views import page_of, readable
from innovation_station.forms import parse_id
from innovation_station.i18n import gettext as _
from innovation_station.i18n import language, local, sentence, zone
from innovation_station.members import service as members
from innovation_station.members.rules import Person, normal_email
from innovation_station.registration import links, queries, rules, service, telling, words
from innovation_station.registration.models import Registration, Signup
from innovation_station.registration.service import Form
from innovation_station.web import actor, signed_in, visitor

pages = Blueprint("registration", __name__)
LONGEST_TYPED = 1000
SHOWN_PAST = timedelta(days=90)


@pages.app_template_global("registration_letter")
def letter(said: Mapping[str, Any]) -> dict[str, str]:
    """Give the words of a mail about a registration; its values have been made harmless."""
    return {"heading": telling.heading(said), "text": telling.text(said), "when": telling.when(said)}


@beside.of_event
def _box(looked: Looked) -> Part | None:
    """Put the box beside an event that one registers for; three statements, and those of what is chosen."""
    event = looked.event
    signup = queries.signup(event.id)
    if signup is None or event.state not in ("published", "cancelled") or event.end <= looked.now:
        return None
    mine = queries.of_member(looked.reader.id, event.id) if looked.reader else None
    if event.state == "cancelled" and mine is None:
        return None
    shown = words.box(looked, signup, mine, _via())
    if not shown["mine"] and (shown["reasons"] or not shown["form"]):
        shown["others"] = _others(looked)
    return Part("registration/_box.html", shown, "registration/_bar.html" if shown["form"] else "")


def _others(looked: Looked) -> list[dict[str, Any]]:
    """Give up to three other events that the reader may come to, those of the same kind first; five statements."""
    today = local(looked.now).date()
    found = events.listing(events.reader_of(looked.reader, today), Wanted(limit=20), looked.now)
    others = [one for one in found if one.id != looked.event.id and one.state == "published"]
    notes = _notes(others, looked.now)
    likely = sorted(
        (one for one in others if one.id in notes and notes[one.id][1] == "ok"),
        key=lambda one: (one.category != looked.event.category, one.start),
    )
    return [event_words.brief(one) | {"note": notes[one.id]} for one in likely[:3]]


@beside.of_list
def _notes(found: Sequence[Event], now: datetime) -> dict[int, Note]:
    """Say of each event of a list whether one can register; two statements."""
    settled = queries.signups([event.id for event in found])
    unsure = queries.unsure(settled) if settled else {}
    said = {
        event.id: words.note_of(settled[event.id], event, now, unsure.get(event.id, 0))
        for event in found if event.id in settled
    }  # fmt: skip
    return {event_id: note for event_id, note in said.items() if note is not None}


@bookings.of_member
def _ahead(reader: Person, now: datetime) -> bookings.Part | None:
    """List the events ahead under the own bookings; two statements, one where there is nothing."""
    found = [row for row in queries.mine(reader.id, now) if row.state in rules.LIVE]
    return bookings.Part("registration/_of_member.html", {"items": words.owns(found, now)}) if found else None


def _via() -> str:
    return request.values.get("via", "")[:64]


@pages.post("/events/<event_slug>/register")
def register(event_slug: str) -> ResponseReturnValue:
    """Register a member with one tap, a guest by name and address: 303 to the event, or why not and what instead."""
    event, known, now = readable(event_slug), visitor(), clock.now()
    form = _form(event)
    try:
        if known is not None:
            row = patiently(lambda: service.register(known.person, event.id, form, now=now, zone=zone()))
            said = words.own(row, event, now)["text"]
        else:
            name, email = request.form.get("name", "")[:LONGEST_TYPED], request.form.get("email", "")[:LONGEST_TYPED]
            email = normal_email(email)
            patiently(lambda: _guest(name, email, event, form, now))
            said = _("Look into your mail: open the link we have sent to %(email)s, and confirm.", email=email)
    except NotFound:
        raise
    except DomainError as error:
        return _again(event, form, error)
    flash(said)
    return _back(event)


def _guest(name: str, email: str, event: Event, form: Form, now: datetime) -> None:
    if not rules.person_refusals(" ".join(name.split()), email):
        members.admit_mail(email, address=request.remote_addr, now=now, what="event")
    service.register_guest(name, email, event.id, form, now=now, zone=zone())


@pages.post("/events/<event_slug>/registration")
@signed_in
def act(event_slug: str) -> ResponseReturnValue:
    """Do something with one's own registration: `act` is cancel, take, pass or change."""
    (event, row), now = _own(event_slug), clock.now()
    form = _form(event)
    try:
        with transaction():
            done = _do(request.form.get("act", ""), row, form, now)
    except NotFound:
        raise
    except DomainError as error:
        return _again(readable(event_slug), form, error)
    flash(_("Saved.") if request.form.get("act") == "change" else words.own(done, event, now)["text"])
    if request.form.get("back") == "mine":
        return redirect(url_for("registration.own"), 303)
    return _back(event)


def _own(event_slug: str) -> tuple[Event, Registration]:
    """Find one's own registration, also for an event that is no longer for oneself: a place can always be given back.

    Raises NotFound, alike for what there is not and what is not theirs.
    """
    event = events.by_slug(event_slug) if len(event_slug) <= 80 else None
    row = queries.of_member(actor().id, event.id) if event is not None else None
    if event is None or row is None:
        raise NotFound("registration-unknown")
    return event, row


def _do(what: str, row: Registration, form: Form, now: datetime) -> Registration:
    """Do what a button says. Raises Refused for a button that there is not."""
    if what == "confirm":
        return service.confirm(row.id, now=now, zone=zone())
    if what in ("cancel", "pass"):
        return service.cancel(row.id, now=now, zone=zone())
    if what == "take":
        return service.take(row.id, now=now)
    if what == "change":
        return service.change(row.id, form, now=now)
    raise Refused([Refusal("event-choice")])


def _back(event: Event) -> ResponseReturnValue:
    more: dict[str, Any] = {name: request.args[name][:64] for name in ("key",) if name in request.args}
    return redirect(url_for("events.show", event_slug=event.slug, _anchor="registration", **more), 303)


def _form(event: Event) -> Form:
    signup = queries.signup(event.id)
    questions = signup.terms.questions if signup else ()
    typed = {one.name: request.form.get(f"q-{one.name}", "")[:LONGEST_TYPED] for one in questions}
    sessions = [parse_id(text) or 0 for text in request.form.getlist("session")[:200]]
    return Form(typed, sessions, _via(), language())


def _again(event: Event, form: Form, error: DomainError) -> ResponseReturnValue:
    """Show the page again with what was typed and why it could not be done."""
    page = page_of(event, typed_of(form, error))
    answer = make_response(render_template("events/show.html", page=page), error.status)
    if isinstance(error, TooMany):
        answer.headers["Retry-After"] = str(error.retry_after)
    return answer


def typed_of(form: Form, error: DomainError) -> dict[str, Any]:
    """Give what was typed, what is wrong with each field, and the reasons of the whole."""
    fields = {"name", "email", *form.typed}
    return {
        "name": request.form.get("name", "")[:200], "email": request.form.get("email", "")[:300],
        "answers": dict(form.typed), "sessions": list(form.sessions),
        "errors": {one.field: sentence(one) for one in error.refusals if one.field in fields},
        "reasons": [sentence(one) for one in error.refusals if one.field not in fields],
    }  # fmt: skip


@pages.get("/events/mine")
@signed_in
def own() -> str:
    """List the events that one has registered for, to come and lately."""
    now = clock.now()
    found = queries.mine(actor().id, now - SHOWN_PAST)
    rows = words.owns(found, now)
    ahead = [row for row in rows if not row["past"] and row["state"] != "cancelled"]
    rest = [row for row in rows if row not in ahead]
    return render_template("registration/mine.html", ahead=ahead, past=rest[::-1])


# -- by a guest's link -------------------------------------------------------------------------------------------------


@pages.route("/registrations/<token>", methods=["GET", "POST"])
def mine(token: str) -> ResponseReturnValue:
    """Show somebody their registration without a login; POST confirms, changes, answers or cancels it."""
    row, signup = _found(token)
    if request.method == "POST":
        form = _form(row.event)
        try:
            with way(MAIL_LINK), transaction():
                _do(request.form.get("act", ""), row, form, clock.now())
        except NotFound:
            raise _over() from None
        except DomainError as error:
            page = words.page(*_found(token), clock.now(), typed_of(form, error))
            return _page(error.status, page=page, token=token)
        return redirect(url_for("registration.mine", token=token), 303)
    return _page(page=words.page(row, signup, clock.now()), token=token)


def _found(token: str) -> tuple[Registration, Signup]:
    """Give the registration of a link. Raises Over, the same whatever is wrong."""
    named = links.read(token)
    row = queries.by_uid(named[1]) if named else None
    signup = queries.signup(row.event_id) if row is not None else None
    if named is None or row is None or signup is None or row.id != named[0] or row.event.end <= clock.now():
        raise _over()
    return row, signup


def _over() -> Over:
    return Over([Refusal("registration-over")])


@pages.errorhandler(Over)
def refused(error: Over) -> ResponseReturnValue:
    """Say why not."""
    said = [sentence(refusal) for refusal in error.refusals]
    return _page(error.status, title=_("This link is over"), sentences=said)


def _page(status: int = 200, **said: Any) -> Response:
    answer = make_response(render_template("registration/by_link.html", **said), status)
    answer.headers["X-Robots-Tag"] = "noindex"
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer
