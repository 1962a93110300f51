"""What the staff's page about one member shows beside the account: notes, bookings, events, plans, mails, the trail."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import g, url_for

from innovation_station import clock
from innovation_station.audit import queries as trail
from innovation_station.bookings import queries as bookings
from innovation_station.events.words import title_of
from innovation_station.i18n import language, local, money, month_name
from innovation_station.members import staff
from innovation_station.members.models import Member
from innovation_station.members.rules import may_look_after, may_view_as
from innovation_station.notices.registry import kinds
from innovation_station.people import queries, words
from innovation_station.people.forms import NoteForm
from innovation_station.plans import queries as plans
from innovation_station.plans.words import term_text
from innovation_station.privacy.account import line
from innovation_station.registration.words import state_names
from innovation_station.web import actor, current_house

FEW = 5
MAILS_SHOWN = 20
TRAIL_SHOWN = 15


def page(member_id: int, form: NoteForm) -> str:
    """Give the page of a member again, with a note that was refused."""
    g.member_note = form
    return str(staff.member(member_id))


def section(member: Member) -> tuple[str, dict[str, object]] | None:
    """Give what is kept of a member, to whom looks after them; nothing about who has not come in yet."""
    if not may_look_after(actor(), member) or member.state == "applied":
        return None
    notes = [
        {"id": row.id, "text": row.text, "by": row.by.name if row.by else "", "at": words.day_of(row.at)}
        for row in queries.notes(member.id)
    ]  # fmt: skip
    form = g.get("member_note") or NoteForm(formdata=None)
    return "people/_member.html", {
        "id": member.id, "name": member.name, "may_view": may_view_as(actor(), member) and member.state == "active",
        "form": form, "notes": notes, "bookings": _bookings(member.id), "plans": _plans(member.id),
        "registrations": _registrations(member.id), "months": _months(member.id), "mails": _mails(member.id),
        "lines": [line(told, actor().id) for told in trail.of_member(member.id, limit=TRAIL_SHOWN)],
    }  # fmt: skip


def _bookings(member_id: int) -> list[dict[str, Any]]:
    now, house = clock.now(), current_house()
    found = [*bookings.upcoming(member_id, now, FEW), *bookings.past(member_id, now, limit=FEW)]
    return [
        {"place": words.place_of(row, house), "when": words.when_of(row), "state": words.booking_state(row),
         "href": url_for("bookings.show", booking_id=row.id)}
        for row in found
    ]  # fmt: skip


def _plans(member_id: int) -> list[dict[str, Any]]:
    today, catalogue = local(clock.now()).date(), plans.catalogue(current_house())
    terms = plans.standings([member_id])[member_id].terms
    return [
        {"name": catalogue.plans[term.plan_id].names[language()], "when": term_text(term, today), "shared": term.shared,
         "href": url_for("staff_plans.membership", membership_id=term.id)}
        for term in sorted(terms, key=lambda term: (term.starts, term.id), reverse=True)
    ]  # fmt: skip


def _registrations(member_id: int) -> list[dict[str, Any]]:
    names = state_names()
    return [
        {"title": title_of(row.event), "when": words.day_of(row.event.start), "tag": names[row.state],
         "href": url_for("staff_events.edit", event_id=row.event_id)}
        for row in queries.registrations(member_id, FEW)
    ]  # fmt: skip


def _months(member_id: int) -> list[dict[str, Any]]:
    return [
        {"name": month_name(date.fromisoformat(f"{row.month}-01")), "bookings": row.bookings,
         "amount": money(row.amount)}
        for row in queries.months(member_id, 3)
    ]  # fmt: skip


def _mails(member_id: int) -> list[dict[str, Any]]:
    titles = {kind.name: kind.title for kind in kinds().values()}
    return [
        {"title": words.mail_title(row, titles), "at": words.day_of(row.created_at), "state": words.mail_state(row)}
        for row in queries.mails(member_id, MAILS_SHOWN)
    ]  # fmt: skip


staff.sections.append(section)
