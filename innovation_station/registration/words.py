"""Registration in the reader's language: the box on the page of an event, one's own registrations, the form."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from flask import url_for

from innovation_station.events import words as events
from innovation_station.events.beside import Looked, Note
from innovation_station.events.models import Event, Session
from innovation_station.events.rules import in_language
from innovation_station.i18n import clock, day_short, language, ngettext, span_text
from innovation_station.i18n import gettext as _
from innovation_station.registration import queries, rules, telling
from innovation_station.registration.models import Registration, SessionPlaces, Signup
from innovation_station.registration.rules import Question


def instant(at: datetime) -> str:
    """Write a day and an hour: «Tue 22 Aug 12:00»."""
    return f"{day_short(at)} {clock(at)}"


def state_names() -> dict[str, Note]:
    """Name where a registration stands, with the colour and the sign of its tag."""
    return {
        "pending": (_("Not confirmed"), "wait", "bell"), "registered": (_("Has a place"), "ok", "check"),
        "offered": (_("Place is offered"), "wait", "clock"), "waiting": (_("In line"), "wait", "people"),
        "cancelled": (_("Cancelled"), "no", "x"),
    }  # fmt: skip


def left_of(signup: Signup, unsure: int) -> int | None:
    """Give how many places are left as everybody may know it: those of guests who have not confirmed count as free.

    Else the number would tell whoever types an address whether it had a place already.
    """
    return None if signup.capacity is None else max(0, signup.capacity - signup.taken + unsure)


def left_text(signup: Signup, unsure: int = 0) -> str:
    """Say how many places are left."""
    number = left_of(signup, unsure)
    if number is None:
        return _("There is room.")
    if not number:
        return _("All %(count)s places are taken.", count=signup.capacity)
    left = ngettext("%(num)d place left", "%(num)d places left", number)
    return _("%(left)s of %(count)s.", left=left, count=signup.capacity)


def note_of(signup: Signup, event: Event, now: datetime, unsure: int) -> Note | None:
    """Say in a list whether one can register: open, full, or not any more."""
    if event.state != "published" or event.end <= now:
        return None
    phase = rules.phase(signup.terms, event.span, now)
    if phase != "open":
        return (_("Registration closed"), None, None) if phase == "closed" else None
    left = left_of(signup, unsure)
    if left == 0:
        return (_("Full, with a line"), "wait", "people") if signup.waitlist else (_("Full"), "no", "x")
    if left is None:
        return _("Open"), "ok", "check"
    return ngettext("%(num)d place left", "%(num)d places left", left), "ok", "check"


def box(looked: Looked, signup: Signup, mine: Registration | None, via: str) -> dict[str, Any]:
    """Give what the box on an event's page shows: how it stands, the own registration, or the form."""
    event, now, terms = looked.event, looked.now, signup.terms
    phase = rules.phase(terms, event.span, now) if event.state == "published" else "closed"
    unsure = queries.unsure([event.id]).get(event.id, 0) if phase == "open" else 0
    full = left_of(signup, unsure) == 0 and not via
    may = phase == "open" and (looked.reader is not None or terms.guests) and not (full and not terms.waitlist)
    known = own(mine, event, now) if mine is not None else None
    sessions = queries.session_places(event.id) if may or known else []
    left = left_text(signup, unsure) if phase == "open" else ""
    return {
        "tag": _tag(phase, full, terms.waitlist), "full": full, "left": left,
        "bar": {"taken": min(signup.taken - unsure, signup.capacity), "of": signup.capacity}
        if signup.capacity and phase == "open" else None,
        "until": _until(phase, signup, event), "mine": known,
        "form": None if known or not may else form(
            terms.questions, sessions, looked.typed, guest=looked.reader is None, diet_days=terms.diet_days
        ),
        "change": form(
            terms.questions, sessions, looked.typed or _typed(mine, terms.questions), guest=False,
            diet_days=terms.diet_days,
        ) if known and known["open"] and (terms.questions or sessions) else None,
        "members_only": phase == "open" and looked.reader is None and not terms.guests,
        "login": url_for("members.login", next=url_for("events.show", event_slug=event.slug, **looked.more)),
        "action": url_for("registration.register", event_slug=event.slug, **looked.more),
        "act": url_for("registration.act", event_slug=event.slug, **looked.more),
        "button": _("Join the line") if full else _("Register me"), "via": via,
        "reasons": list((looked.typed or {}).get("reasons", ())), "others": [],
    }  # fmt: skip


def _tag(phase: str, full: bool, waitlist: bool) -> Note:
    if phase == "before":
        return _("Not yet open"), "wait", "clock"
    if phase == "closed":
        return _("Closed"), "no", "x"
    if full:
        return (_("Full"), "wait", "people") if waitlist else (_("Full"), "no", "x")
    return _("Open"), "ok", "check"


def _until(phase: str, signup: Signup, event: Event) -> str:
    terms = signup.terms
    if phase == "before" and terms.opens is not None:
        return _("Registration opens %(at)s.", at=instant(terms.opens))
    if event.state != "published":
        return ""
    last = instant(terms.last(event.span))
    return _("Registration closed %(at)s.", at=last) if phase == "closed" else _("Last moment: %(at)s.", at=last)


def owns(rows: Sequence[Registration], now: datetime) -> list[dict[str, Any]]:
    """Give what a list says of one's own registrations, whose events are loaded."""
    places = queries.positions(rows)
    return [own(row, row.event, now, places.get(row.id)) | {"past": row.event.end <= now} for row in rows]


def page_href(event: Event) -> str:
    """Lead to the page of an event who has registered for it: they have been let in, by its link too."""
    return url_for("events.show", event_slug=event.slug, **_key(event))


def _key(event: Event) -> dict[str, Any]:
    return {"key": event.link_key} if event.visibility == "link" else {}


def own(row: Registration, event: Event, now: datetime, place: int | None = None) -> dict[str, Any]:
    """Give what pages say of one's own registration; `place` in line, where that is known already."""
    offered = row.state == "offered" and row.offer_until is not None and row.offer_until > now
    return {
        "id": row.id, "state": row.state, "tag": state_names()[row.state], "text": _text(row, now, place),
        "offer": instant(row.offer_until) if offered and row.offer_until else None,
        "open": row.state in rules.LIVE and event.end > now, "title": events.said(event.titles),
        "when": events.when_text(event.span), "href": page_href(event),
        "act": url_for("registration.act", event_slug=event.slug, **_key(event)),
        "name": in_language(event.titles, language())[0],
    }  # fmt: skip


def _text(row: Registration, now: datetime, place: int | None) -> str:
    if row.state == "waiting":
        return telling.number(place or queries.position(row))
    if row.state == "offered" and row.offer_until is not None:
        if row.offer_until <= now:
            return _("The offer is over.")
        return _("A place is free for you. It is kept until %(until)s.", until=instant(row.offer_until))
    if row.state == "cancelled":
        return {
            "event": _("The event is cancelled."), "expired": _("The offer ran out without an answer."),
            "staff": _("The staff have taken you off the list."),
        }.get(row.ended_by) or _("You have given your place back.")  # fmt: skip
    return {"pending": _("Your registration waits for you to confirm it.")}.get(row.state) or _("You have a place.")


def answer_text(row: Registration, question: Question) -> str:
    """Write what somebody has answered to a question, nothing where they have not."""
    said = row.diet if question.kind == "diet" else str(row.answers.get(question.name, ""))
    if question.kind == "choice" and said.isdecimal() and int(said) < len(question.choices):
        return in_language(question.choices[int(said)], language())[0]
    return _("Yes") if said and question.kind == "check" else said


def form(
    questions: Sequence[Question], sessions: Sequence[SessionPlaces], typed: Mapping[str, Any] | None, *, guest: bool,
    diet_days: int,
) -> dict[str, Any]:  # fmt: skip
    """Give the fields of a form, filled with what was typed, and what is wrong with each."""
    typed = typed or {}
    rows = queries.session_titles([place.session_id for place in sessions])
    return {
        "guest": guest, "name": typed.get("name", ""), "email": typed.get("email", ""),
        "errors": dict(typed.get("errors", {})),
        "questions": [_question(one, typed, diet_days) for one in questions],
        "sessions": [_session(place, rows[place.session_id], typed.get("sessions", ())) for place in sessions],
    }  # fmt: skip


def _question(question: Question, typed: Mapping[str, Any], diet_days: int) -> dict[str, Any]:
    label, other = in_language(question.labels, language())
    choices = [(str(number), in_language(pair, language())[0]) for number, pair in enumerate(question.choices)]
    return {
        "name": f"q-{question.name}", "kind": question.kind, "label": label, "lang": other, "choices": choices,
        "required": question.required, "value": typed.get("answers", {}).get(question.name, ""),
        "error": typed.get("errors", {}).get(question.name),
        "help": ngettext(
            "Erased %(num)d day after the event.", "Erased %(num)d days after the event.", diet_days
        ) if question.kind == "diet" else "",
    }  # fmt: skip


def _session(place: SessionPlaces, row: Session, chosen: Collection[int]) -> dict[str, Any]:
    mine = place.session_id in chosen
    left = "" if place.left is None else ngettext("%(num)d place left", "%(num)d places left", place.left)
    when = f"{day_short(row.start)} {span_text(row.span)}"
    return {
        "id": place.session_id, "title": events.said(row.titles), "when": when,
        "left": _("Full") if place.left == 0 else left, "full": place.left == 0 and not mine, "chosen": mine,
    }  # fmt: skip


def _typed(row: Registration | None, questions: Sequence[Question]) -> dict[str, Any]:
    """Give what somebody has answered as if it had just been typed."""
    if row is None:
        return {}
    given = dict(row.answers) | {one.name: row.diet for one in questions if one.kind == "diet"}
    return {"answers": given, "sessions": queries.chosen([row.id]).get(row.id, [])}


def page(row: Registration, signup: Signup, now: datetime, typed: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Give the page behind a link."""
    event, terms = row.event, signup.terms
    sessions = queries.session_places(event.id)
    open_ = row.state in rules.LIVE and event.start > now and event.state == "published"
    return own(row, event, now) | {
        "form": form(
            terms.questions, sessions, typed or _typed(row, terms.questions), guest=False, diet_days=terms.diet_days
        ) if open_ and (terms.questions or sessions) else None,
        "reasons": list((typed or {}).get("reasons", ())), "who": row.name,
        "where": (row.knew or {}).get("where", ""),
    }  # fmt: skip
