"""My notices, what I want to be told, and the link in mails that ends them."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from innovation_station import clock
from innovation_station.db import transaction
from innovation_station.errors import NotFound
from innovation_station.forms import parse_id
from innovation_station.i18n import clock as clock_text
from innovation_station.i18n import day_short, local
from innovation_station.i18n import gettext as _
from innovation_station.members.rules import Person
from innovation_station.notices import links, queries, service, words
from innovation_station.notices.forms import form_for
from innovation_station.notices.models import Notice
from innovation_station.notices.registry import Kind, kinds, kinds_for
from innovation_station.notices.rules import DIGEST, Said
from innovation_station.web import actor, csrf, signed_in

pages = Blueprint("notices", __name__)
pages.add_app_template_global(words.said_in_mail, "said_in_mail")
PAGE = 30


@pages.get("/notifications")
@signed_in
def index() -> ResponseReturnValue:
    """List what happened, the latest first; looking changes nothing."""
    before = parse_id(request.args.get("before"))
    found = queries.of_member(actor().id, before=before, limit=PAGE + 1)
    shown = found[:PAGE]
    said = words.said_all([(notice.kind, notice.content) for notice in shown])
    items = [_item(notice, text) for notice, text in zip(shown, said, strict=True)]
    older = url_for("notices.index", before=shown[-1].id) if len(found) > PAGE else None
    newest = shown[0].id if shown else None
    return render_template("notices/index.html", items=items, older=older, before=before, newest=newest)


def _item(notice: Notice, said: Said) -> dict[str, Any]:
    today = local(notice.created_at).date() == local(clock.now()).date()
    at = clock_text(notice.created_at)
    return {
        "id": notice.id, "said": said, "unread": notice.read_at is None,
        "when": at if today else f"{day_short(notice.created_at)} {at}", "instant": notice.created_at.isoformat(),
    }  # fmt: skip


@pages.post("/notifications/<id:notice_id>/open")
@signed_in
def open_one(notice_id: int) -> ResponseReturnValue:
    """Mark one as read and go to what it is about."""
    with transaction():
        notice = service.open_(actor().id, notice_id, now=clock.now())
    [said] = words.said_all([(notice.kind, notice.content)])
    return redirect(url_for(said.endpoint, **(said.parts or {})) if said.endpoint else url_for("notices.index"), 303)


@pages.post("/notifications/read")
@signed_in
def read() -> ResponseReturnValue:
    """Mark as read what the page showed, and nothing that came since."""
    until = parse_id(request.form.get("until"))
    if until is not None:
        with transaction():
            service.read_all(actor().id, until=until, now=clock.now())
    return redirect(url_for("notices.index"), 303)


@pages.route("/account/notifications", methods=["GET", "POST"])
@signed_in
def settings() -> ResponseReturnValue:
    """Choose by kind and way, how often the digest comes, and when it is to be quiet."""
    me: Person = actor()
    mine = kinds_for(me)
    form, rows = form_for(mine, queries.choices(me.id), *queries.settings(me.id))
    if not form.validate_on_submit():
        status = 422 if form.is_submitted() else 200
        return render_template("notices/settings.html", form=form, rows=rows), status
    with transaction():
        service.choose(me.id, form.chosen(mine), digest=form.digest.data, quiet=form.quiet)
    flash(_("Saved. You will be told as you chose."))
    return redirect(url_for("notices.settings"), 303)


@pages.route("/notifications/end/<token>", methods=["GET", "POST"])
@csrf.exempt  # type: ignore[untyped-decorator]  # a mail program presses it, from no page of ours
def end(token: str) -> ResponseReturnValue:
    """End mails of a kind by the link in one of them, without a login (RFC 8058); GET only asks."""
    found = links.read(token)
    kind = kinds().get(found[1]) if found else None
    if found is None or (kind is None and found[1] != DIGEST):
        raise NotFound("notice-link-unknown")
    if request.method == "POST":
        with transaction():
            service.end_mail(kind, found[0])
    return _ended(kind, done=request.method == "POST")


def _ended(kind: Kind | None, *, done: bool) -> Response:
    answer = make_response(render_template("notices/end.html", title=kind.title if kind else None, done=done))
    answer.headers["X-Robots-Tag"] = "noindex"
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer
