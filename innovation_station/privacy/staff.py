"""What staff look after: erasures, holds, retention, and members who leave. Guarded once; what erases is for admins."""

from __future__ import annotations

from functools import partial
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from innovation_station import clock
from innovation_station.audit import queries as trail
from innovation_station.db import transaction
from innovation_station.errors import DomainError
from innovation_station.i18n import gettext as _
from innovation_station.i18n import zone
from innovation_station.members.models import Member
from innovation_station.members.rules import may_look_after
from innovation_station.privacy import queries, rules, service
from innovation_station.privacy.account import farewells, known, line, preview
from innovation_station.privacy.forms import HoldForm, LeaveForm, PlainForm
from innovation_station.privacy.service import Wish
from innovation_station.privacy.words import day
from innovation_station.web import actor, guard

pages = Blueprint("privacy_staff", __name__, url_prefix="/staff")
guard(pages, lambda person: person.is_staff)
MOST_CASES = 100


@pages.route("/privacy", methods=["GET", "POST"])
def index() -> ResponseReturnValue:
    """Show erasures, holds and what retention would take now; an admin keeps somebody's data from going."""
    form, status = HoldForm(), 200
    if form.is_submitted():
        if not rules.may_hold(actor()):
            abort(403)
        status = 422
        if form.validate_on_submit():
            try:
                with transaction():
                    service.hold(actor(), form.email.data or "", form.reason.data or "", now=clock.now())
            except DomainError as refused:
                form.blame(refused.refusals)
                status = refused.status
            else:
                return redirect(url_for("privacy_staff.index"), 303)
    return render_template(
        "privacy/staff.html", cases=queries.cases(limit=MOST_CASES), holds=queries.holds(), form=form, day=day,
        overdue=queries.overdue(known(), clock.now()), may_hold=rules.may_hold(actor()), held=queries.held(),
        may_open=partial(may_look_after, actor()),
    ), status  # fmt: skip


@pages.post("/privacy/holds/<id:hold_id>/lift")
def lift(hold_id: int) -> ResponseReturnValue:
    """Let somebody's data go again."""
    with transaction():
        service.lift(actor(), hold_id, now=clock.now())
    return redirect(url_for("privacy_staff.index"), 303)


def _member(member_id: int) -> Member:
    found = queries.member(member_id)
    if found is None or not may_look_after(actor(), found):
        abort(404)
    return found


@pages.get("/members/<id:member_id>/privacy")
def member(member_id: int) -> ResponseReturnValue:
    """Show how much is kept of a member, by class, and what was done; never what is in it."""
    found = _member(member_id)
    entries: list[Any] = trail.about("member", member_id, limit=20)
    return render_template(
        "privacy/staff_member.html", person=found, form=PlainForm(), may_erase=rules.may_hold(actor()),
        lines=[line(told, actor().id) for told in entries], on_leave=queries.leave_of(member_id),
        **preview(member_id),
    )  # fmt: skip


@pages.post("/members/<id:member_id>/erase")
def erase(member_id: int) -> ResponseReturnValue:
    """Have a member forgotten who asked for it in another way."""
    with transaction():
        service.ask_erasure(actor(), member_id, now=clock.now())
    return redirect(url_for("privacy_staff.member", member_id=member_id), 303)


@pages.post("/members/<id:member_id>/erase/withdraw")
def withdraw(member_id: int) -> ResponseReturnValue:
    """Take that back."""
    with transaction():
        service.withdraw_erasure(actor(), member_id, now=clock.now())
    flash(_("Nothing will be erased. Everything is as it was."))
    return redirect(url_for("privacy_staff.member", member_id=member_id), 303)


@pages.route("/members/<id:member_id>/leave", methods=["GET", "POST"])
def leave(member_id: int) -> ResponseReturnValue:
    """Show what a leave lets go, and pause or end a membership."""
    found, form, status = _member(member_id), LeaveForm(), 200
    if form.is_submitted():
        status = 422
        if form.validate_on_submit():
            wish = Wish(form.kind.data, form.until.data, form.to.data or "")
            try:
                with transaction():
                    service.leave(actor(), member_id, wish, known(), now=clock.now(), zone=zone())
            except DomainError as refused:
                form.blame(refused.refusals)
                status = refused.status
            else:
                flash(_("The membership is paused.") if wish.kind == "pause" else _("The membership has ended."))
                return redirect(url_for("privacy_staff.member", member_id=member_id), 303)
    told = farewells(member_id, "end", None)
    return render_template("privacy/staff_leave.html", form=form, person=found, farewells=told), status


@pages.post("/members/<id:member_id>/return")
def come_back(member_id: int) -> ResponseReturnValue:
    """Open a membership again."""
    with transaction():
        service.come_back(actor(), member_id, now=clock.now())
    flash(_("The account is open again."))
    return redirect(url_for("privacy_staff.member", member_id=member_id), 303)
