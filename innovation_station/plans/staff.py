"""Plans as the house looks after them: what they hold, who has them, and which desks are somebody's own."""

from __future__ import annotations

from datetime import date
from typing import Any, cast

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from innovation_station import clock
from innovation_station.audit import queries as audit
from innovation_station.db import transaction
from innovation_station.errors import DomainError, NotAllowed, NotFound, Refusal, Refused
from innovation_station.i18n import gettext as _
from innovation_station.i18n import language, local
from innovation_station.members import queries as members
from innovation_station.members.models import Member, Organisation
from innovation_station.organisations import queries as organisations
from innovation_station.organisations import service as organisation_service
from innovation_station.organisations import staff as organisation_pages
from innovation_station.organisations.words import name_of
from innovation_station.plans import history, queries, service, words
from innovation_station.plans.forms import (
    DeskForm,
    GiveForm,
    ManagerForm,
    MembershipForm,
    PlanForm,
    QuotasForm,
    label_quotas,
    plan_values,
    quota_rows,
)
from innovation_station.plans.models import Membership, PlanRow
from innovation_station.plans.rules import Plan, Term, may_change_plans, may_see_plans
from innovation_station.web import actor, current_house, guard

pages = Blueprint("staff_plans", __name__, url_prefix="/staff")
guard(pages, may_see_plans)


@pages.route("/plans", methods=["GET", "POST"])
def index() -> ResponseReturnValue:
    """List the plans; an administrator makes one."""
    form, status = _plan_form(PlanForm()), 200
    if request.method == "POST":
        _admins_only()
        status = 422
        if form.validate():
            try:
                with transaction():
                    row = service.add_plan(form.contents(), actor=actor())
                return redirect(url_for("staff_plans.plan", plan_id=row.id), 303)
            except DomainError as error:
                form.blame(error.refusals)
                status = error.status
    held = queries.holders(local(clock.now()).date())
    known = queries.catalogue(current_house()).plans.values()
    shown = [_shown(plan) | {"members": held.get(plan.id, 0)} for plan in known]
    return render_template("staff/plans.html", form=form, plans=shown, may=may_change_plans(actor())), status


@pages.route("/plans/<id:plan_id>", methods=["GET", "POST"])
def plan(plan_id: int) -> ResponseReturnValue:
    """Show a plan, who has it and what happened to it; an administrator changes it."""
    row, status = _plan(plan_id), 200
    form = _plan_form(PlanForm(data=plan_values(service.contents(row))))
    if request.method == "POST":
        _admins_only()
        status = 422
        if form.validate():
            try:
                with transaction():
                    service.change_plan(plan_id, form.contents(row.position), actor=actor())
                flash(_("Saved."))
                return redirect(url_for("staff_plans.plan", plan_id=plan_id), 303)
            except DomainError as error:
                form.blame(error.refusals)
                status = error.status
    return _plan_page(row, form), status


@pages.post("/plans/<id:plan_id>/give")
def give(plan_id: int) -> ResponseReturnValue:
    """Give a plan to a member."""
    row, form = _plan(plan_id), _give_form(GiveForm())
    form.plan.data = plan_id
    try:
        _given(form, member=True)
    except DomainError as error:
        form.blame(error.refusals)
        return _plan_page(
            row, _plan_form(PlanForm(formdata=None, data=plan_values(service.contents(row)))), form
        ), error.status
    return redirect(url_for("staff_plans.plan", plan_id=plan_id, _anchor="holders"), 303)


@pages.post("/organisations/<id:organisation_id>/plan")
def give_organisation(organisation_id: int) -> ResponseReturnValue:
    """Give a plan to everybody of an organisation."""
    _organisation(organisation_id)
    _given(_give_form(GiveForm()), organisation_id=organisation_id)
    return redirect(url_for("staff_organisations.edit", organisation_id=organisation_id, _anchor="plan"), 303)


@pages.post("/organisations/<id:organisation_id>/quota")
def share(organisation_id: int) -> ResponseReturnValue:
    """Set what an organisation's members may book together."""
    _admins_only()
    _organisation(organisation_id)
    form = QuotasForm()
    label_quotas(form)
    if not form.validate():
        raise Refused([Refusal("number-malformed", "quotas")])
    with transaction():
        service.set_shared(organisation_id, form.given(), actor=actor())
    flash(_("Saved."))
    return redirect(url_for("staff_organisations.edit", organisation_id=organisation_id, _anchor="plan"), 303)


@pages.route("/memberships/<id:membership_id>", methods=["GET", "POST"])
def membership(membership_id: int) -> ResponseReturnValue:
    """Show a membership; end it, pause it, open it again."""
    row = queries.membership(membership_id)
    if row is None:
        raise NotFound
    form, status = MembershipForm(obj=row), 200
    if request.method == "POST":
        status = 422
        if form.validate():
            try:
                with transaction():
                    service.change_membership(
                        membership_id, actor=actor(), ends=form.ends.data, paused_from=form.paused_from.data,
                        paused_until=form.paused_until.data,
                    )  # fmt: skip
                flash(_("Saved."))
                return redirect(url_for("staff_plans.membership", membership_id=membership_id), 303)
            except DomainError as error:
                form.blame(error.refusals)
                status = error.status
    told = history.lines(audit.about("membership", membership_id, limit=50), actor().id)
    return render_template("staff/membership.html", form=form, page=_held(row), history=told), status


@pages.route("/desks", methods=["GET", "POST"])
def desks() -> ResponseReturnValue:
    """List the places that are somebody's own and the spaces that members manage; add one of either."""
    managing = request.form.get("what") == "manager"
    form = _desk_form(DeskForm(formdata=None) if managing else DeskForm())
    managers = _desk_form(ManagerForm() if managing else ManagerForm(formdata=None))
    asked: DeskForm | ManagerForm = managers if managing else form
    status = 200
    if request.method == "POST":
        status = 422
        if asked.validate():
            try:
                _dedicate(form) if not managing else _manage(managers)
                return redirect(url_for("staff_plans.desks"), 303)
            except DomainError as error:
                asked.blame(error.refusals)
                status = error.status
    house = current_house()
    rows = [
        {"id": row.id, "name": house.places[row.space_id].name, "member": row.member.name,
         "when": words.term_text(Term(0, 0, row.starts, row.ends), local(clock.now()).date())}
        for row in queries.dedicated() if row.space_id in house.places
    ]  # fmt: skip
    managed = [
        {"id": grant.id, "name": place.name, "member": member.name}
        for place in house.places.values()
        for grant, member in organisations.grants_on("space", place.id)
    ]  # fmt: skip
    return render_template("staff/desks.html", form=form, manager_form=managers, desks=rows, managers=managed), status


@pages.post("/desks/<id:desk_id>/release")
def release(desk_id: int) -> ResponseReturnValue:
    """Give a place back to everybody."""
    with transaction():
        service.release(desk_id, today=local(clock.now()).date(), actor=actor())
    return redirect(url_for("staff_plans.desks"), 303)


@pages.post("/managers/<id:manager_id>/revoke")
def revoke(manager_id: int) -> ResponseReturnValue:
    """Take back that a member manages a space."""
    with transaction():
        organisation_service.revoke(manager_id, actor=actor(), kind="space")
    return redirect(url_for("staff_plans.desks"), 303)


# -- parts ------------------------------------------------------------------------------------------------------------


def _admins_only() -> None:
    if not may_change_plans(actor()):
        raise NotAllowed([Refusal("plan-admin")])


def _given(form: GiveForm, *, member: bool = False, organisation_id: int | None = None) -> Membership:
    if not form.validate():
        raise Refused([Refusal("date-malformed", "starts")])
    with transaction():
        holder = _member(form.email.data).id if member else None
        return service.give(
            form.plan.data, starts=cast(date, form.starts.data), ends=form.ends.data, trial=form.trial.data,
            now=clock.now(), actor=actor(), member_id=holder, organisation_id=organisation_id,
        )  # fmt: skip


def _dedicate(form: DeskForm) -> None:
    with transaction():
        service.dedicate(
            form.space.data,
            _member(form.email.data).id,
            starts=cast(date, form.starts.data),
            ends=form.ends.data,
            actor=actor(),
        )


def _manage(form: ManagerForm) -> None:
    with transaction():
        organisation_service.grant(form.email.data, "space", form.space.data, actor=actor(), now=clock.now())


def _member(email: str | None) -> Member:
    found = members.by_email(email or "")
    if found is None:
        raise Refused([Refusal("address-unknown", "email")])
    return found


def _organisation(organisation_id: int) -> Organisation:
    row = organisations.get(organisation_id)
    if row is None:
        raise NotFound
    return row


def _plan(plan_id: int) -> PlanRow:
    if plan_id not in queries.catalogue(current_house()).plans:
        raise NotFound
    return queries.plan_row(plan_id)


def _plan_form(form: PlanForm) -> PlanForm:
    house = current_house()
    form.kinds.choices = words.kind_names()
    form.zones.choices = {zone.id: zone.names[language()] for zone in house.zones.values()}
    form.spaces.choices = {place.id: place.name for place in house.places.values()}
    label_quotas(form)
    return form


def _give_form(form: GiveForm) -> GiveForm:
    plans = queries.catalogue(current_house()).plans.values()
    form.plan.choices = {plan.id: plan.names[language()] for plan in plans if plan.offered}
    if not form.is_submitted() and form.starts.data is None:
        form.starts.data = local(clock.now()).date()
    return form


def _desk_form(form: Any) -> Any:
    form.space.choices = {place.id: place.name for place in current_house().places.values()}
    return form


def _shown(plan: Plan) -> dict[str, Any]:
    return {
        "id": plan.id, "name": plan.names[language()], "text": plan.texts[language()], "standard": plan.standard,
        "offered": plan.offered, "self_service": plan.self_service, "price": words.price_text(plan),
        "reach": words.reach_text(plan, current_house()),
        "quotas": [words.quota_text(quota) for quota in plan.quotas],
    }  # fmt: skip


def _plan_page(row: PlanRow, form: PlanForm, give_form: GiveForm | None = None) -> str:
    held = [_held(one) for one in queries.memberships(plan_id=row.id)]
    told = list(history.lines(audit.about("plan", row.id, limit=20), actor().id))
    plan = queries.catalogue(current_house()).plans[row.id]
    return render_template(
        "staff/plan.html", form=form, page=_shown(plan), held=held, history=told, may=may_change_plans(actor()),
        give_form=give_form or _give_form(GiveForm(formdata=None)),
    )  # fmt: skip


def _held(row: Membership) -> dict[str, Any]:
    term = queries.term_of(row)
    today = local(clock.now()).date()
    return {
        "id": row.id, "plan_id": row.plan_id, "trial": row.trial, "paused": term.paused(today),
        "holder": row.member.name if row.member else name_of(row.organisation) if row.organisation else "",
        "plan": row.plan.name_sv if language() == "sv" else row.plan.name_en, "valid": term.valid(today),
        "when": words.term_text(term, today), "organisation": row.organisation_id,
    }  # fmt: skip


def _section(row: Organisation) -> tuple[str, dict[str, object]]:
    """Add plan and shared quota to an organisation's page."""
    quotas = queries.catalogue(current_house()).shared.get(row.id, ())
    form = QuotasForm(formdata=None, data={"quotas": quota_rows(quotas)})
    label_quotas(form)
    return "staff/_organisation_plan.html", {
        "organisation": row.id, "form": form, "give_form": _give_form(GiveForm(formdata=None)),
        "held": [_held(one) for one in queries.memberships(organisation_id=row.id)],
        "may": may_change_plans(actor()),
    }  # fmt: skip


organisation_pages.sections.append(_section)
