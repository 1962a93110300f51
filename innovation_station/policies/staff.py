"""Rules as the house looks after them: all at a glance, one to be changed, and which holds for whom and why."""

from __future__ import annotations

from datetime import date
from typing import Any, cast

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from innovation_station import clock
from innovation_station.audit import queries as audit
from innovation_station.bookings import allowances, own_pages
from innovation_station.bookings import service as bookings
from innovation_station.db import db, transaction
from innovation_station.errors import DomainError, NotAllowed, NotFound, Refusal
from innovation_station.forms import parse_date, parse_id
from innovation_station.i18n import day_long, hours_summary, language, local, ngettext, sentence, zone
from innovation_station.i18n import gettext as _
from innovation_station.members import queries as members
from innovation_station.members.models import Member
from innovation_station.members.rules import EMAIL_LONGEST
from innovation_station.plans import queries as plans
from innovation_station.plans.rules import Limit, Plan
from innovation_station.plans.words import kind_names, left_sentence
from innovation_station.policies import queries, rules, service, words
from innovation_station.policies.forms import ExplainForm, RuleForm, rule_form
from innovation_station.policies.rules import Ruling, Struck, may_change_rules, may_see_rules
from innovation_station.spaces.holidays import Calendar
from innovation_station.spaces.rules import KINDS, POLICY_DEFAULTS, POLICY_FIELDS, Place, Rule, Scope, at_minute
from innovation_station.timespan import Span
from innovation_station.web import actor, current_house, guard

pages = Blueprint("staff_rules", __name__, url_prefix="/staff/rules")
guard(pages, may_see_rules)
HISTORY, LISTED = 20, 50
HOUR = (9 * 60, 10 * 60)  # a wish where none is named


@pages.get("")
def index() -> str:
    """Show the rules of every kind side by side, and the places and plans that differ."""
    ruling = queries.ruling(current_house())
    return render_template("staff/rules.html", page=_matrix(ruling), may=may_change_rules(actor()))


@pages.route("/edit", methods=["GET", "POST"])
def edit() -> ResponseReturnValue:
    """Show what a kind, a place or a plan says; an administrator looks what a change would refuse, and saves it."""
    ruling = queries.ruling(current_house())
    scope = _scope(ruling)
    form = rule_form(scope, ruling)
    if request.method == "GET":
        return _edit_page(scope, ruling, form)
    if not may_change_rules(actor()):
        raise NotAllowed([Refusal("rule-admin")])
    if not form.validate():
        return _edit_page(scope, ruling, form), 422
    rule = form.rule()
    limits = form.given_limits(scope, ruling) if scope.plan is None else None
    if found := rules.rule_refusals(scope, rule, ruling):
        form.blame(found)
        return _edit_page(scope, ruling, form), 422
    touched = _struck(scope, ruling, rule, limits)
    if request.form.get("act") == "look":
        return _edit_page(scope, ruling, form, touched)
    try:
        with transaction():
            service.change(scope, rule, actor=actor(), limits=limits)
    except NotFound:
        raise
    except DomainError as error:
        form.blame(error.refusals)
        return _edit_page(scope, ruling, form), error.status
    flash(_saved(len(touched[0])))
    return redirect(_edit_href(scope), 303)


@pages.get("/explain")
def explain() -> ResponseReturnValue:
    """Show for a member, a place and a day which rule holds, where it comes from, and what a wish would meet."""
    ruling = queries.ruling(current_house())
    form = _explain_form(ruling)
    asked = bool(request.args.get("space"))
    page: dict[str, Any] | None = None
    status = 200
    if asked and form.validate():
        member = _member(form.member.data)
        if form.member.data and member is None:
            form.blame([Refusal("address-unknown", "member")])
        else:
            page = _explained(ruling, form, member, ruling.house.places[form.space.data])
    if asked and form.errors:
        status = 422
    return render_template("staff/rules_explain.html", form=form, page=page), status


# -- all rules --------------------------------------------------------------------------------------------------------


def _matrix(ruling: Ruling) -> dict[str, Any]:
    names, meanings, kinds = words.field_names(), words.meanings(), kind_names()
    base: dict[str, Rule] = {kind: ruling.rule(Scope(kind=kind)) for kind in KINDS}
    rows = [
        {
            "name": names[name], "meaning": meanings[name],
            "cells": [
                {
                    "text": words.value_text(name, base[kind].get(name, POLICY_DEFAULTS[name])),
                    "default": name not in base[kind],
                }
                for kind in KINDS
            ],
        }
        for name in POLICY_FIELDS
    ]  # fmt: skip
    spaces = {scope: rule for scope, rule in ruling.house.rules.items() if scope.space is not None and rule}
    limited = {Scope(space=limit.quota.space) for limit in ruling.catalogue.limits if limit.quota.space is not None}
    spaces |= {scope: {} for scope in limited if scope not in spaces}
    return {
        "kinds": [{"name": words.capital(kinds[kind]), "href": _edit_href(Scope(kind=kind))} for kind in KINDS],
        "rows": rows,
        "limits": [[words.limit_text(limit) for limit in ruling.limits(Scope(kind=kind))] for kind in KINDS],
        "spaces": [_row(row, ruling) for row in words.listed(spaces, ruling)],
        "plans": [_row(row, ruling) for row in words.listed(ruling.catalogue.rules, ruling)],
        "all_limits": [words.limit_text(limit) for limit in ruling.limits(Scope())],
        "all_href": _edit_href(Scope()),
        "hours": hours_summary(ruling.house.hours) or _("Closed all week"),
        "hours_of": [
            {"name": ruling.house.places[space].name, "href": url_for("staff_rules.hours", space=space),
             "text": ", ".join(words.own_days(days))}
            for space, days in queries.hours().items() if space is not None and days
        ],
        "choices": {
            "space": [(place.id, place.name) for place in ruling.house.places.values()],
            "plan": [(plan.id, plan.names[language()]) for plan in ruling.catalogue.plans.values()],
            "kind": [(kind, kinds[kind]) for kind in KINDS],
        },
    }  # fmt: skip


def _row(row: dict[str, Any], ruling: Ruling) -> dict[str, Any]:
    scope = row["scope"]
    limits = [words.limit_text(limit) for limit in ruling.limits(scope)] if scope.plan is None else []
    text = "; ".join(part for part in (row["text"], *limits) if part)
    return {"name": row["name"], "text": text, "href": _edit_href(scope)}


# -- one scope --------------------------------------------------------------------------------------------------------


def _scope(ruling: Ruling) -> Scope:
    """Read the scope of the address. Raises NotFound where there is no such thing."""
    given = {name: request.args.get(name) or None for name in ("kind", "space", "plan")}
    numbers = {name: parse_id(given[name]) for name in ("space", "plan")}
    scope = Scope(numbers["plan"], given["kind"], numbers["space"])
    if any(given[name] and numbers[name] is None for name in numbers) or not rules.scope_is_known(scope, ruling):
        raise NotFound
    return scope


def _edit_href(scope: Scope) -> str:
    return url_for("staff_rules.edit", plan=scope.plan, kind=scope.kind, space=scope.space)


def _edit_page(
    scope: Scope, ruling: Ruling, form: RuleForm, touched: tuple[list[Struck], bool] | None = None
) -> str:  # fmt: skip
    meanings, rule = words.meanings(), ruling.rule(scope)
    return render_template(
        "staff/rule.html", form=form, may=may_change_rules(actor()), name=words.scope_name(scope, ruling),
        action=_edit_href(scope), has_rule=scope != rules.DEFAULT, has_limits=scope.plan is None, fields=[
            {"field": form[name], "help": f"{meanings[name]} {_below(scope, name, ruling)}".strip()}
            for name in POLICY_FIELDS if name in form
        ],
        said=words.rule_text(rule), limits=[words.limit_text(limit) for limit in ruling.limits(scope)],
        touched=_touched(touched, ruling) if touched else None,
        history=list(words.history(audit.about(*service.subject(scope), limit=HISTORY), actor().id)),
    )  # fmt: skip


def _below(scope: Scope, name: str, ruling: Ruling) -> str:
    """Say what holds where the field is left empty."""
    found = rules.below(ruling, scope, name)
    if found is None:
        return _("Empty: as for the kind.")
    value, source = words.value_text(name, found[0]), words.source_text(found[1], ruling)
    return _("Empty: %(value)s, by %(source)s.", value=value, source=source)


def _struck(
    scope: Scope, ruling: Ruling, rule: Rule, limits: list[Limit] | None
) -> tuple[list[Struck], bool]:  # fmt: skip
    """Find the bookings to come that a change would not grant any more; tell whether there were too many to look at."""
    now = clock.now()
    found, more = queries.coming(scope, now)
    after = ruling.changed(scope, rule, limits)
    standings = plans.standings({booking.member_id for booking in found}) if found else {}
    holidays = Calendar(ruling.house.holidays)
    return rules.struck(found, ruling, after, standings, now=now, zone=zone(), holidays=holidays), more


def _touched(touched: tuple[list[Struck], bool], ruling: Ruling) -> dict[str, Any]:
    found, more = touched
    count = len(found)
    return {
        "count": count, "more": more, "most": queries.MOST,
        "text": ngettext(
            "%(num)d booking to come would not be granted any more.",
            "%(num)d bookings to come would not be granted any more.", count,
        ) if count else _("All that were looked at would still be granted.") if more
        else _("All bookings to come would still be granted."),
        "rows": [
            {
                "href": url_for("bookings.show", booking_id=one.booking.id), "name": one.booking.name,
                "what": f"{ruling.house.places[one.booking.space_id].name}, {own_pages.when_short(one.booking.span)}",
                "reasons": [sentence(refusal) for refusal in one.refusals],
            }
            for one in found[:LISTED]
        ],
    }  # fmt: skip


def _saved(count: int) -> str:
    if not count:
        return _("Saved.")
    return ngettext(
        "Saved. %(num)d booking to come would not be granted by it; it stands.",
        "Saved. %(num)d bookings to come would not be granted by it; they stand.",
        count,
    )


# -- which rule holds -------------------------------------------------------------------------------------------------


def _explain_form(ruling: Ruling) -> ExplainForm:
    args = request.args
    form = ExplainForm(formdata=args) if args.get("space") else ExplainForm(formdata=None)
    form.space.choices = {place.id: place.name for place in ruling.house.places.values()}
    if not args.get("space"):
        form.date.data = parse_date(args.get("date")) or local(clock.now()).date()
        form.member.data = args.get("member", "")[:EMAIL_LONGEST]
    if not args.get("start") and not args.get("end"):
        form.start.data, form.end.data = HOUR
    return form


def _member(given: str | None) -> Member | None:
    """Find a member by address, or by the number that links carry."""
    if not given:
        return None
    number = parse_id(given)
    return db.session.get(Member, number) if number else members.by_email(given)


def _explained(ruling: Ruling, form: ExplainForm, member: Member | None, place: Place) -> dict[str, Any]:
    day = cast(date, form.date.data)
    standing = allowances.standing(ruling.house, member.id, member.access_revision) if member else None
    bare = allowances.bare(ruling.house, member, standing, zone()) if member else None
    plan = bare.plan_on(day) if bare else None
    number = plan.id if isinstance(plan, Plan) else None
    return {
        "member": member.name if member else None, "place": place.name, "day": day_long(day),
        "plan": _plan_text(member, plan), "rows": [
            words.effective_row(one, ruling) for one in rules.effective(ruling, place.kind, place.id, number)
        ],
        "lefts": _lefts(ruling, member, place, day), "answer": _answer(form, member, place),
    }  # fmt: skip


def _plan_text(member: Member | None, plan: Plan | Refusal | None) -> str:
    if member is None:
        return _("Nobody is named: these are the rules for all, without those of plans.")
    if member.role != "member":
        return _("%(name)s works for the house: no plan and no quota holds.", name=member.name)
    if plan is None:
        return _("The house has no plans.")
    if isinstance(plan, Refusal):
        return _("No plan is in force that day: %(reason)s", reason=sentence(plan))
    return _("The plan %(plan)s is in force that day.", plan=plan.names[language()])


def _lefts(ruling: Ruling, member: Member | None, place: Place, day: date) -> list[str]:
    """Say what is left of each quota that a booking would take from."""
    if member is None:
        return []
    standing = allowances.standing(ruling.house, member.id, member.access_revision)
    allowance = allowances.allowance(ruling.house, member, standing, (day, day), zone())
    return [left_sentence(left) for left in allowance.left(day) if left.quota.counts(place.kind, place.id)]


def _answer(form: ExplainForm, member: Member | None, place: Place) -> dict[str, Any] | None:
    """Ask the engine, as the member would; without a time or a member there is no wish."""
    start, end = form.start.data, form.end.data
    if member is None or start is None or end is None:
        return None
    if end <= start:
        late = Refusal("end-before-start", "end")
        return {"wish": None, "reasons": [{"text": sentence(late), "code": late.code}]}
    span = Span(*(at_minute(cast(date, form.date.data), minute, zone()) for minute in (start, end)))
    Calendar(current_house().holidays).learn(local(span.start), local(span.end))
    found = bookings.answer(member, place.id, span, now=clock.now(), zone=zone())
    named = own_pages.named(found, current_house(), member.name)
    return {
        "wish": f"{place.name}, {own_pages.when_short(span)}",
        "reasons": [{"text": sentence(one), "code": one.code} for one in named],
    }  # fmt: skip
