"""Organisations as the house looks after them: particulars, logo, who belongs to one, and grants."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from innovation_station import clock, pictures
from innovation_station.db import transaction
from innovation_station.errors import DomainError, NotFound, Refusal, Refused
from innovation_station.i18n import gettext as _
from innovation_station.i18n import local
from innovation_station.members import queries as members
from innovation_station.members.models import Member, Organisation
from innovation_station.organisations import queries, service, words
from innovation_station.organisations.forms import BelongForm, GrantForm, LogoForm, OrganisationForm
from innovation_station.organisations.rules import Wanted, is_partner, may_change_organisations
from innovation_station.web import actor, guard, takes_up_to

pages = Blueprint("staff_organisations", __name__, url_prefix="/staff/organisations")
guard(pages, may_change_organisations)
# What later features add to an organisation's page, each a function from the organisation to (template, values).
sections: list[Callable[[Organisation], tuple[str, dict[str, object]]]] = []


@pages.route("", methods=["GET", "POST"])
def index() -> ResponseReturnValue:
    """List organisations, and make one."""
    form = _form(OrganisationForm())
    sent = form.carry_out(lambda: service.create(form.particulars(), actor=actor()).id)
    if sent.done:
        return redirect(url_for("staff_organisations.edit", organisation_id=sent.made), 303)
    chosen = Wanted.of(request.args)
    rows = [words.shown(row, _today()) | {"members": count} for row, count in sought(chosen)]
    return render_template(
        "staff/organisations.html", form=form, organisations=rows, chosen=chosen, kinds=words.kind_names().items()
    ), sent.status  # fmt: skip


def sought(chosen: Wanted) -> list[tuple[Organisation, int]]:
    """List the organisations that fit, by name, each with how many active members it has; one statement."""
    today = _today()
    return [
        (row, count) for row, count in queries.every()
        if chosen.fits((row.name_sv, row.name_en), row.kind, partner=is_partner(row, today))
    ]  # fmt: skip


@pages.route("/<id:organisation_id>", methods=["GET", "POST"])
def edit(organisation_id: int) -> ResponseReturnValue:
    """Show an organisation and change its particulars."""
    row = _found(organisation_id)
    form = _form(OrganisationForm(obj=row))
    sent = form.carry_out(lambda: service.change(organisation_id, form.particulars(), actor=actor()))
    if sent.done:
        flash(_("Saved."))
        return redirect(url_for("staff_organisations.edit", organisation_id=organisation_id), 303)
    return _page(organisation_id, form), sent.status


@pages.post("/<id:organisation_id>/logo")
@takes_up_to(pictures.LARGEST_UPLOAD + 64 * 1024)
def logo(organisation_id: int) -> ResponseReturnValue:
    """Store a logo, or take it away."""
    row, file = _found(organisation_id), request.files.get("logo")
    picture = file.read(pictures.LARGEST_UPLOAD + 1) if file and file.filename else None
    try:
        if picture is None and "remove" not in request.form:
            raise Refused([Refusal("picture-unknown", "logo")])
        with transaction():
            service.set_logo(organisation_id, picture, actor=actor())
    except DomainError as error:
        return _page(organisation_id, _form(OrganisationForm(formdata=None, obj=row)), error), error.status
    return redirect(url_for("staff_organisations.edit", organisation_id=organisation_id), 303)


@pages.post("/<id:organisation_id>/members")
def belong(organisation_id: int) -> ResponseReturnValue:
    """Let a member belong to the organisation (by e-mail), or no longer (by id)."""
    row, form = _found(organisation_id), BelongForm()
    try:
        with transaction():
            if form.member.data:
                member = _member_of(form.member.data, organisation_id)
                service.join(member.id, None, actor=actor())
            else:
                found = members.by_email(form.email.data or "")
                if found is None:
                    raise Refused([Refusal("address-unknown", "email")])
                service.join(found.id, organisation_id, actor=actor())
    except NotFound:
        raise
    except DomainError as error:
        return _page(organisation_id, _form(OrganisationForm(formdata=None, obj=row)), error), error.status
    return redirect(url_for("staff_organisations.edit", organisation_id=organisation_id, _anchor="members"), 303)


@pages.post("/<id:organisation_id>/contacts")
def contacts(organisation_id: int) -> ResponseReturnValue:
    """Make a member the organisation's contact."""
    row, form = _found(organisation_id), GrantForm()
    try:
        with transaction():
            service.grant(form.email.data or "", "contact", organisation_id, actor=actor(), now=clock.now())
    except DomainError as error:
        return _page(organisation_id, _form(OrganisationForm(formdata=None, obj=row)), error), error.status
    return redirect(url_for("staff_organisations.edit", organisation_id=organisation_id, _anchor="contacts"), 303)


@pages.post("/<id:organisation_id>/contacts/<id:grant_id>/revoke")
def revoke(organisation_id: int, grant_id: int) -> ResponseReturnValue:
    """Take back that a member is the contact."""
    _found(organisation_id)
    with transaction():
        service.revoke(grant_id, actor=actor(), kind="contact", subject_id=organisation_id)
    return redirect(url_for("staff_organisations.edit", organisation_id=organisation_id, _anchor="contacts"), 303)


def _page(organisation_id: int, form: OrganisationForm, error: DomainError | None = None) -> str:
    row = _found(organisation_id)
    return render_template(
        "staff/organisation.html", form=form, logo_form=LogoForm(formdata=None), page=words.shown(row, _today()),
        members=queries.members(organisation_id), contacts=queries.grants_on("contact", organisation_id),
        belong_form=BelongForm(formdata=None), grant_form=GrantForm(formdata=None),
        refusals=error.refusals if error else (), sections=[section(row) for section in sections],
    )  # fmt: skip


def _today() -> date:
    return local(clock.now()).date()


def _form(form: OrganisationForm) -> OrganisationForm:
    form.kind.choices = words.kind_names()
    return form


def _found(organisation_id: int) -> Organisation:
    row = queries.get(organisation_id)
    if row is None:
        raise NotFound
    return row


def _member_of(member_id: int, organisation_id: int) -> Member:
    member = members.by_id(member_id)
    if member.organisation_id != organisation_id:
        raise NotFound
    return member
