"""What a member's membership leaves, what a contact sees of the organisation, and the spaces one manages."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from innovation_station import clock
from innovation_station.audit import queries as audit
from innovation_station.bookings import allowances, own_pages, presence_pages, queries, requests
from innovation_station.db import db
from innovation_station.errors import NotFound, Refusal
from innovation_station.i18n import day_short, language, local, sentence, zone
from innovation_station.members.models import Organisation
from innovation_station.organisations import queries as organisations
from innovation_station.organisations import words as organisation_words
from innovation_station.organisations.rules import may_see_inside
from innovation_station.plans import history, words
from innovation_station.plans import queries as plans
from innovation_station.plans.rules import UNLIMITED, Allowance, Left, Plan, Standing, reach
from innovation_station.web import actor, current_house, signed_in

pages = Blueprint("standing", __name__)
SHOWN = 100


@pages.get("/account/plan")
@signed_in
def plan() -> ResponseReturnValue:
    """Show my plan: what I may book, what is left of it, until when it holds, and what happened to it."""
    who, house, today = actor(), current_house(), local(clock.now()).date()
    found = allowances.standing(house, who.id, who.access)
    allowance = allowances.allowance(house, who, found, (today, today), zone()) if found else UNLIMITED
    organisation = db.session.get(Organisation, found.organisation_id) if found and found.organisation_id else None
    told = [entry for entry in audit.of_member(who.id, limit=200) if entry.subject_kind in ("membership", "desk")]
    mine = [entry for entry in told if entry.member_id == who.id]
    page = {
        "plans": bool(plans.catalogue(house).plans), "staff": who.is_staff, "current": _current(allowance, today),
        "lefts": [_left(left) for left in allowance.left(today)],
        "terms": [_term(found, index, today) for index in range(len(found.terms))] if found else [],
        "desks": [house.places[row.space_id].name for row in plans.dedicated(member_id=who.id) if _holds(row, today)],
        "organisation": organisation_words.shown(organisation, today) if organisation else None,
        "contact": bool(organisation and organisation.id in organisations.contact_of(who.id)),
        "managed": bool(organisations.managed_spaces(who.id)), "history": list(history.lines(mine, who.id)),
    }  # fmt: skip
    return render_template("account/plan.html", page=page)


def _holds(row: Any, today: date) -> bool:
    return row.starts <= today and (row.ends is None or today <= row.ends)


def _current(allowance: Allowance, today: date) -> dict[str, Any] | None:
    """Give the plan in force, or why there is none."""
    if allowance.catalogue is None:
        return None
    found = allowance.plan_on(today)
    if isinstance(found, Refusal):
        return {"refusal": sentence(found)}
    return _plan(found) if found else None


def _plan(plan: Plan) -> dict[str, Any]:
    return {
        "name": plan.names[language()], "text": plan.texts[language()],
        "reach": words.reach_text(plan, current_house()), "price": words.price_text(plan),
        "rates": words.rates_text(plan), "vat": f"{plan.vat / 100:g} %",
        "quotas": [words.quota_text(quota) for quota in plan.quotas],
    }  # fmt: skip


def _left(left: Left) -> dict[str, Any]:
    days = dict.fromkeys((left.first, left.last))
    return {
        "text": words.quota_text(left.quota), "shared": left.shared, "used": left.used, "amount": left.quota.amount,
        "left": words.amount_text(left.quota, left.left), "period": " – ".join(map(day_short, days)),
    }  # fmt: skip


def _term(found: Standing, index: int, today: date) -> dict[str, Any]:
    term = found.terms[index]
    plan = plans.catalogue(current_house()).plans[term.plan_id]
    return {
        "plan": plan.names[language()], "when": words.term_text(term, today), "trial": term.trial,
        "shared": term.shared, "valid": term.valid(today), "paused": term.paused(today),
    }  # fmt: skip


@pages.get("/account/spaces")
@signed_in
def spaces() -> ResponseReturnValue:
    """Show what is booked in the spaces I manage."""
    who, house, now = actor(), current_house(), clock.now()
    managed = sorted(organisations.managed_spaces(who.id) & house.places.keys())
    takes = {taken for space_id in managed for taken in house.places[space_id].takes}
    found = queries.coming_in(takes, now, limit=SHOWN) if takes else []
    ruled = presence_pages.ruled(found, house, now)
    rows = [
        own_pages.item(booking, house, now, ruled.get(booking.id))
        | {"owner": booking.member.name, "when": own_pages.when_short(booking.span)}
        for booking in found
    ]
    names = [house.places[space].name for space in managed]
    waiting = requests.lines(queries.requests(among=managed), house, now) if managed else []
    return render_template("account/spaces.html", spaces=names, bookings=rows, requests=waiting)


@pages.get("/organisations/<slug>/people")
@signed_in
def people(slug: str) -> ResponseReturnValue:
    """Show an organisation's people and shared quota to its contact and to staff; to others there is no such page."""
    who, row = actor(), organisations.by_slug(slug) if len(slug) <= 80 else None
    if row is None or not may_see_inside(who, row.id, organisations.contact_of(who.id)):
        raise NotFound
    house, today = current_house(), local(clock.now()).date()
    shared = plans.catalogue(house).shared.get(row.id, ())
    span = reach(today, today, shared, zone())
    uses = queries.shared_uses(row.id, span, zone()) if span else ()
    allowance = Allowance(zone(), plans.catalogue(house), Standing(0, row.id), (), uses)
    page = organisation_words.shown(row, today) | {
        "lefts": [_left(left) for left in allowance.left(today) if left.shared],
        "people": [member.name for member in organisations.members(row.id)],
        "held": [_held(one, today) for one in plans.memberships(organisation_id=row.id)],
    }
    return render_template("organisations/people.html", page=page)


def _held(row: Any, today: date) -> dict[str, Any]:
    term = plans.term_of(row)
    name = row.plan.name_sv if language() == "sv" else row.plan.name_en
    return {"plan": name, "when": words.term_text(term, today), "valid": term.valid(today)}
