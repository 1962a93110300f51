"""Registration as staff run it: what is settled, what is asked, who comes, and what is set aside for partners."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from innovation_station import clock
from innovation_station.db import transaction
from innovation_station.errors import DomainError, NotFound, Refusal, Refused
from innovation_station.events import queries as events
from innovation_station.events import rules as event_rules
from innovation_station.events import words as event_words
from innovation_station.events.models import Event
from innovation_station.events.rules import may_manage_events
from innovation_station.events.showing import head
from innovation_station.forms import parse_id
from innovation_station.i18n import gettext as _
from innovation_station.i18n import language, local, sentence, zone
from innovation_station.members.rules import short_name
from innovation_station.registration import queries, rules, service, words
from innovation_station.registration.forms import AddForm, LinkForm, TermsForm
from innovation_station.registration.models import PartnerLink, Registration, Signup
from innovation_station.registration.rules import Question, Terms
from innovation_station.web import actor, base_url, guard

pages = Blueprint("staff_registration", __name__, url_prefix="/staff/events")
guard(pages, may_manage_events)
SHOWN = 500
KINDS = ("text", "choice", "check", "diet")


@pages.route("/<id:event_id>/signup", methods=["GET", "POST"])
def settle(event_id: int) -> ResponseReturnValue:
    """Show how one registers for an event, and settle it."""
    event = _event(event_id)
    form = TermsForm(data=_terms_data(event))

    def take() -> None:
        terms, sessions = _read_terms(form, event)
        service.settle(actor(), event_id, terms, now=clock.now(), zone=zone(), sessions=sessions)

    sent = form.carry_out(take)
    if sent.done:
        flash(_("Saved."))
        return redirect(url_for("staff_registration.settle", event_id=event_id), 303)
    return _settle_page(event_id, form), sent.status


def _event(event_id: int) -> Event:
    event = events.get(event_id)
    if event is None or event.state == "template":
        raise NotFound
    return event


def _terms_data(event: Event) -> dict[str, Any]:
    known = queries.signup(event.id)
    terms = known.terms if known else Terms()
    data: dict[str, Any] = {
        "capacity": terms.capacity, "guests": terms.guests, "waitlist": terms.waitlist,
        "answer_hours": terms.answer_hours, "diet_days": terms.diet_days,
    }  # fmt: skip
    for name, at in (("opens", terms.opens), ("closes", terms.closes)):
        if at is not None:
            data |= {f"{name}_date": local(at).date(), f"{name}_time": local(at).time()}
    return data


def _standing(event_id: int) -> Terms:
    """Give what is settled behind its lock, so that what another changes at this moment stays."""
    found = queries.locked(event_id)
    return found[0].terms if found else Terms()


def _read_terms(form: TermsForm, event: Event) -> tuple[Terms, dict[int, int | None]]:
    terms = replace(
        _standing(event.id), capacity=form.capacity.data, guests=bool(form.guests.data),
        waitlist=bool(form.waitlist.data), answer_hours=form.answer_hours.data or 0,
        diet_days=0 if form.diet_days.data is None else form.diet_days.data,
        opens=_instant("opens_date", form.opens_date.data, form.opens_time.data),
        closes=_instant("closes_date", form.closes_date.data, form.closes_time.data),
    )  # fmt: skip
    sessions: dict[int, int | None] = {}
    for number in request.form.getlist("chosen")[:200]:
        places = request.form.get(f"places-{number}", "").strip()
        if not number.isdecimal() or (places and (not places.isdecimal() or len(places) > 5)):
            raise Refused([Refusal("number-malformed", "sessions")])
        sessions[parse_id(number) or 0] = int(places) if places else None
    return terms, sessions


def _instant(field: str, day: date | None, minute: int | None) -> datetime | None:
    """Read a day and an hour, midnight where none is given; None where no day is."""
    if day is None:
        return None
    wall = datetime.combine(day, event_rules.clock_of(minute or 0))
    return event_rules.at_wall(wall, zone(), field)


def _settle_page(
    event_id: int, form: TermsForm, *, link_form: LinkForm | None = None, address: str | None = None,
    reasons: Sequence[str] = (),
) -> str:  # fmt: skip
    event = _event(event_id)
    whole, signup = events.whole(event), queries.signup(event_id)
    chosen = {row.session_id: row for row in queries.session_places(event_id)}
    room = service.house_room(signup, event, looks=True) if signup else None
    page = {
        "signup": _shown(signup, room) if signup else None, "address": address, "reasons": reasons,
        "sessions": [
            {"id": row.id, "title": event_words.said(row.titles), "when": event_words.when_text(row.span),
             "chosen": row.id in chosen, "places": chosen[row.id].capacity if row.id in chosen else None}
            for row in whole.sessions
        ],
        "links": [_link(row) for row in queries.links(event_id)] if signup else [],
    }  # fmt: skip
    return render_template(
        "registration/staff_settle.html", event=head(whole), page=page, form=form,
        link_form=link_form or LinkForm(formdata=None),
    )  # fmt: skip


def _shown(signup: Signup, room: int | None) -> dict[str, Any]:
    return {
        "taken": signup.taken, "capacity": signup.capacity, "over": signup.over, "left": words.left_text(signup),
        "house": None if room is None else room, "questions": len(signup.questions),
    }  # fmt: skip


def _link(row: PartnerLink) -> dict[str, Any]:
    return {"id": row.id, "name": row.name, "used": row.used, "quota": row.quota, "ended": row.ended_at is not None}


@pages.post("/<id:event_id>/signup/links")
def link(event_id: int) -> ResponseReturnValue:
    """Set places aside for a partner and show the link, this once; or end one: `end`."""
    event, form = _event(event_id), LinkForm()
    ended = parse_id(request.form.get("end"))
    try:
        if not form.validate():
            raise Refused([Refusal("form", name) for name in form.errors])
        with transaction():
            if ended is not None:
                service.end_link(actor(), event_id, ended, now=clock.now(), zone=zone())
            else:
                name, quota = form.name.data or "", form.quota.data or 0
                _row, token = service.make_link(actor(), event_id, name, quota, now=clock.now())
    except NotFound:
        raise
    except DomainError as error:
        if error.refusals[0].code != "form":
            form.blame(error.refusals)
        return _settle_page(event_id, _fresh(event), link_form=form), error.status
    if ended is not None:
        flash(_("Saved."))
        return redirect(url_for("staff_registration.settle", event_id=event_id, _anchor="links"), 303)
    more: dict[str, Any] = {"key": event.link_key} if event.visibility == "link" else {}
    address = base_url() + url_for("events.show", event_slug=event.slug, via=token, **more)
    return _settle_page(event_id, _fresh(event), address=address)


def _fresh(event: Event) -> TermsForm:
    """Give the form as it stands where another one of the page was sent."""
    return TermsForm(formdata=None, data=_terms_data(event))


# -- what is asked -----------------------------------------------------------------------------------------------------


@pages.route("/<id:event_id>/signup/questions", methods=["GET", "POST"])
def questions(event_id: int) -> ResponseReturnValue:
    """Show what is asked, and change it: all questions are sent together, the last one is empty until it is written."""
    event = _event(event_id)
    signup = queries.signup(event_id)
    if signup is None:
        return redirect(url_for("staff_registration.settle", event_id=event_id), 303)
    if request.method != "POST":
        return _questions_page(event, signup.terms.questions)
    asked = _read_questions()
    try:
        with transaction():
            terms = replace(_standing(event_id), questions=asked)
            service.settle(actor(), event_id, terms, now=clock.now(), zone=zone())
    except NotFound:
        raise
    except DomainError as error:
        return _questions_page(event, asked, error), error.status
    flash(_("Saved."))
    return redirect(url_for("staff_registration.questions", event_id=event_id), 303)


def _read_questions() -> tuple[Question, ...]:
    """Read the rows of the form; one without a text is none."""
    found = []
    for row in range(rules.MOST_QUESTIONS + 1):
        labels = (_line(f"sv-{row}"), _line(f"en-{row}"))
        if not any(labels):
            continue
        kind = request.form.get(f"kind-{row}", "text")[:20]
        lines = request.form.get(f"choices-{row}", "")[:4000].splitlines() if kind == "choice" else []
        choices = tuple(_choice(line) for line in lines if line.replace("|", "").strip())
        name = request.form.get(f"name-{row}", "")
        if not (name.isalnum() and name.isascii() and len(name) <= 20):
            name = f"q{secrets.token_hex(4)}"
        found.append(Question(name, kind, labels, choices, f"required-{row}" in request.form))
    return tuple(found)


def _line(name: str) -> str:
    text = " ".join(request.form.get(name, "").split())[: rules.LABEL_LONGEST + 1]
    return "".join(letter for letter in text if letter.isprintable())


def _choice(line: str) -> tuple[str, str]:
    """Read an answer to choose: in both languages with a bar between them, or one for both."""
    sv, _bar, en = ("".join(letter for letter in line if letter.isprintable())[:200]).partition("|")
    return sv.strip() or en.strip(), en.strip() or sv.strip()


def _questions_page(event: Event, asked: Sequence[Question], error: DomainError | None = None) -> str:
    rows = [
        {"number": number, "name": one.name, "kind": one.kind, "sv": one.labels[0], "en": one.labels[1],
         "required": one.required,
         "choices": "\n".join(sv if sv == en else f"{sv} | {en}" for sv, en in one.choices)}
        for number, one in enumerate(asked)
    ]  # fmt: skip
    if len(rows) < rules.MOST_QUESTIONS:
        empty = {"number": len(rows), "name": "", "kind": "text", "sv": "", "en": "", "required": False, "choices": ""}
        rows.append(empty)
    kinds = {
        "text": _("A line of text"), "choice": _("One of several answers"), "check": _("A box to tick"),
        "diet": _("Food wishes, which are erased early"),
    }  # fmt: skip
    return render_template(
        "registration/staff_questions.html", event=head(events.whole(event)), rows=rows, kinds=kinds,
        reasons=[sentence(one) for one in error.refusals] if error else [],
    )  # fmt: skip


# -- who comes ---------------------------------------------------------------------------------------------------------


@pages.route("/<id:event_id>/registrations", methods=["GET", "POST"])
def index(event_id: int) -> ResponseReturnValue:
    """List who has registered, found by parts of names; add somebody by hand."""
    _event(event_id)
    form = AddForm()
    sent = form.carry_out(
        lambda: service.add(
            actor(), event_id, form.name.data or "", form.email.data or "", language=form.language.data,
            now=clock.now(), reason=form.reason.data or "",
        )
    )  # fmt: skip
    if sent.done:
        flash(_("%(name)s has a place.", name=form.name.data))
        return redirect(url_for("staff_registration.index", event_id=event_id), 303)
    return _list_page(event_id, form), sent.status


@pages.post("/<id:event_id>/registrations/<id:registration_id>/cancel")
def cancel(event_id: int, registration_id: int) -> ResponseReturnValue:
    """Take somebody off the list; they are told, and the next in line is asked."""
    row = queries.get(registration_id)
    if row is None or row.event_id != event_id:
        raise NotFound("registration-unknown")
    with transaction():
        service.cancel_for(actor(), registration_id, now=clock.now(), zone=zone())
    flash(_("%(name)s is off the list.", name=row.name))
    return redirect(url_for("staff_registration.index", event_id=event_id), 303)


def _list_page(event_id: int, form: AddForm) -> str:
    event = _event(event_id)
    signup, searched = queries.signup(event_id), request.args.get("q", "")[:100]
    asked = request.args.get("state", "")
    states = (asked,) if asked in rules.STATES else rules.LIVE
    rows = queries.of_event(event_id, states, searched) if signup else []
    chosen = queries.chosen([row.id for row in rows[:SHOWN]])
    titles = queries.session_titles({one for found in chosen.values() for one in found})
    names = {one: event_words.said(row.titles)["text"] for one, row in titles.items()}
    asks = signup.terms.questions if signup else ()
    counts = queries.counts(event_id)
    left = words.left_text(signup) if signup else ""
    page = {
        "rows": [_row(row, asks, [names[one] for one in chosen.get(row.id, ())]) for row in rows[:SHOWN]],
        "more": max(0, len(rows) - SHOWN), "q": searched, "state": asked, "left": left,
        "signup": signup is not None, "open": event.state == "published" and event.end > clock.now(),
        "states": [
            {"label": f"{words.state_names()[state][0]} {counts.get(state, 0)}", "pressed": state == asked,
             "href": url_for("staff_registration.index", event_id=event_id, q=searched or None,
                             state=None if state == asked else state)}
            for state in rules.STATES if counts.get(state)
        ],
    }  # fmt: skip
    return render_template("registration/staff_list.html", event=head(events.whole(event)), page=page, form=form)


def _row(row: Registration, asks: Sequence[Question], sessions: Sequence[str]) -> dict[str, Any]:
    answers = [
        (event_rules.in_language(one.labels, language())[0], said)
        for one in asks
        if (said := words.answer_text(row, one))
    ]
    return {
        "id": row.id, "name": row.name, "short": short_name(row.name), "email": row.email, "number": row.number,
        "member": row.member_id, "tag": words.state_names()[row.state], "sessions": ", ".join(sessions),
        "answers": answers, "live": row.state in rules.LIVE,
        "until": words.instant(row.offer_until) if row.state == "offered" and row.offer_until else None,
    }  # fmt: skip
