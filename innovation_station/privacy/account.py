"""My own data: what there is, what happened to it, a copy, a way out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, abort, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import logout_user

from innovation_station import clock, personal
from innovation_station.audit import queries as trail
from innovation_station.audit.queries import Told
from innovation_station.db import transaction
from innovation_station.errors import DomainError, NotAllowed, TooMany
from innovation_station.forms import Form, parse_id
from innovation_station.i18n import gettext as _
from innovation_station.i18n import language, zone
from innovation_station.members import asking
from innovation_station.personal import DataClass, Personal
from innovation_station.privacy import queries, rules, service, takeout
from innovation_station.privacy.forms import ConfirmForm, OwnLeaveForm, PlainForm
from innovation_station.privacy.service import Wish
from innovation_station.privacy.words import action_name, actor_name, basis_name, day, end_name, moment, readable
from innovation_station.privacy.words import way_name as way_words
from innovation_station.web import actor, guard

pages = Blueprint("own_data", __name__, url_prefix="/account")
guard(pages)
SHOWN = 5
AT_ONCE = 50


def known() -> Personal:
    """Give the classes of this house."""
    return personal.known(current_app)


@dataclass(frozen=True, slots=True)
class Line:
    """One entry of the trail as a page shows it."""

    id: int
    at: str
    datetime: str
    what: str
    who: str
    where: str
    changes: list[tuple[str, str]]


def line(told: Told, reader: int) -> Line:
    """Put an entry of the trail into words for a reader."""
    who = _("You") if told.actor_id == reader else actor_name(told.actor_role)
    if told.actor_id is None and told.actor_role != "house":
        who = _("Somebody without account")
    place = [way_words(told.where.get("way", "")), told.where.get("network", "")]
    changes = readable({"before": told.before, "after": told.after})
    return Line(
        told.id, moment(told.at), told.at.isoformat(timespec="seconds"), action_name(told.action), who,
        ", ".join(filter(None, place)), changes,
    )  # fmt: skip


@pages.get("/privacy")
def overview() -> ResponseReturnValue:
    """Show what is known of me by class, what happened, and the ways to take it along and to leave."""
    me = actor().id
    classes = [
        {"name": data.name, "title": data.title, "count": len(data.records(me)), "retention": data.retention}
        for data in known().in_reading_order
    ]
    return render_template(
        "privacy/overview.html", classes=classes, lines=[line(told, me) for told in trail.of_member(me, limit=SHOWN)],
        case=queries.erasure_of(me), hold=queries.hold_of(me), form=PlainForm(), day=day,
    )  # fmt: skip


@pages.get("/privacy/data/<of>")
def records(of: str) -> ResponseReturnValue:
    """Show each record of a class, with the day it goes."""
    data = class_of(of)
    shown, rest = _page(data, actor().id)
    return render_template(
        "privacy/records.html", data=data, basis=basis_name(data.basis), end=end_name(data.ends), records=shown,
        more=rest,
    )  # fmt: skip


def class_of(name: str) -> DataClass:
    """Find a class by its name; 404 where there is none."""
    found = next((data for data in known().classes if data.name == name), None)
    return found or abort(404)


def _page(data: DataClass, member_id: int) -> tuple[list[dict[str, Any]], str | None]:
    first = parse_id(request.args.get("after")) or 0
    every = data.records(member_id)
    shown = [
        {"title": record.title, "facts": readable(record.fields), "until": record.until and day(record.until)}
        for record in every[first : first + AT_ONCE]
    ]
    following = first + AT_ONCE
    more = url_for("own_data.records", of=data.name, after=following) if following < len(every) else None
    return shown, more


@pages.get("/privacy/trail")
def events() -> ResponseReturnValue:
    """Show what was done with my account and data, newest first."""
    me = actor().id
    found = trail.of_member(me, limit=AT_ONCE + 1, before=parse_id(request.args.get("before")))
    older = url_for("own_data.events", before=found[AT_ONCE - 1].id) if len(found) > AT_ONCE else None
    return render_template("privacy/trail.html", lines=[line(told, me) for told in found[:AT_ONCE]], older=older)


# -- a copy -----------------------------------------------------------------------------------------------------------


@pages.route("/export", methods=["GET", "POST"])
def export() -> ResponseReturnValue:
    """Ask for a copy of everything; small ones are there at once, large ones are made by the worker."""
    form = PlainForm()
    if form.validate_on_submit():
        with transaction():
            made = service.ask_export(actor(), language=language(), now=clock.now())
        if takeout.size(actor().id, known()) <= rules.SMALL:
            takeout.make(made.id, known(), now=clock.now(), tell=False)
        return redirect(url_for("own_data.export"), 303)
    made_before = [
        {"id": found.id, "ready": found.state == "ready", "asked": moment(found.asked_at),
         "until": found.expires_at and day(found.expires_at), "kilobytes": -(-found.size // 1024)}
        for found in queries.exports(actor().id)
    ]  # fmt: skip
    return render_template("privacy/export.html", form=form, exports=made_before)


@pages.get("/export/<id:export_id>")
def download(export_id: int) -> ResponseReturnValue:
    """Hand out my copy; nobody else's, and none that is over."""
    found = queries.export(actor().id, export_id)
    if found is None or found.body is None or (found.expires_at and found.expires_at <= clock.now()):
        abort(404)
    answer = Response(found.body, mimetype="application/zip")
    answer.headers["Content-Disposition"] = f"attachment; filename=innovation-station-{found.asked_at:%Y-%m-%d}.zip"
    return answer


# -- to be forgotten --------------------------------------------------------------------------------------------------


@pages.route("/erase", methods=["GET", "POST"])
def erase() -> ResponseReturnValue:
    """Show by class what erasure does, and ask for it with the password."""
    form = ConfirmForm()
    status = 200
    if form.is_submitted():
        status = 422
        if form.validate_on_submit() and (status := confirm(form)) == 200:
            try:
                with transaction():
                    service.ask_erasure(actor(), actor().id, now=clock.now())
            except DomainError as refused:
                form.blame(refused.refusals)
                status = refused.status
            else:
                return redirect(url_for("own_data.overview"), 303)
    return render_template("privacy/erase.html", form=form, **preview(actor().id)), status


def preview(member_id: int) -> dict[str, Any]:
    """Gather what an erasure would do, by class, and what would be let go first."""
    now = clock.now()
    classes = [
        {"title": data.title, "count": len(data.records(member_id)), "end": end_name(data.ends), "ends": data.ends}
        for data in known().in_reading_order
    ]
    return {
        "classes": classes, "farewells": farewells(member_id, "end", None), "due": day(now + rules.COOLING),
        "case": queries.erasure_of(member_id), "hold": queries.hold_of(member_id), "day": day,
    }  # fmt: skip


def farewells(member_id: int, kind: str, until: datetime | None) -> list[dict[str, Any]]:
    """List what would be let go, by feature, without what there is none of."""
    found = [
        {"title": farewell.title, "lines": farewell.tells(member_id, clock.now(), until)}
        for farewell in known().farewells
        if kind in farewell.when
    ]
    return [entry for entry in found if entry["lines"]]


@pages.post("/erase/withdraw")
def withdraw() -> ResponseReturnValue:
    """Take the wish to be forgotten back."""
    with transaction():
        service.withdraw_erasure(actor(), actor().id, now=clock.now())
    flash(_("Nothing will be erased. Everything is as it was."))
    return redirect(url_for("own_data.overview"), 303)


def confirm(form: Form) -> int:
    """Check the password of who asks, with the throttle of a log-in; 200 where it is right, else the status."""
    try:
        asking.prove(actor().email, form["password"].data or "")
    except (NotAllowed, TooMany) as refused:
        form.blame(refused.refusals)
        return refused.status
    return 200


# -- to leave ---------------------------------------------------------------------------------------------------------


@pages.route("/leave", methods=["GET", "POST"])
def leave() -> ResponseReturnValue:
    """Show what a leave lets go, and pause or end the membership with the password."""
    form = OwnLeaveForm()
    status = 200
    if form.is_submitted():
        status = 422
        if form.validate_on_submit() and (status := confirm(form)) == 200:
            wish = Wish(form.kind.data, form.until.data, form.to.data or "")
            try:
                with transaction():
                    service.leave(actor(), actor().id, wish, known(), now=clock.now(), zone=zone())
            except DomainError as refused:
                form.blame(refused.refusals)
                status = refused.status
            else:
                logout_user()
                flash(_("Your membership is paused.") if wish.kind == "pause" else _("Your membership has ended."))
                return redirect(url_for("home.start"), 303)
    return render_template("privacy/leave.html", form=form, farewells=farewells(actor().id, "end", None)), status
