"""Where staff begin, and where they let people in; guarded once, for hosts and administrators."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, BinaryIO, cast

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from innovation_station import clock
from innovation_station.db import transaction
from innovation_station.errors import Refusal, Refused
from innovation_station.i18n import gettext as _
from innovation_station.i18n import language, sentence
from innovation_station.members import asking, bringing, csv_lines, joining, queries, rules
from innovation_station.members.bringing import Import
from innovation_station.members.forms import AdmissionForm, ConfirmForm, ImportForm, InviteForm, TextForm
from innovation_station.members.models import Member
from innovation_station.members.reception import reception
from innovation_station.members.rules import is_staff
from innovation_station.members.words import role_name, state_name, text_name
from innovation_station.web import actor, guard, takes_up_to

pages = Blueprint("staff", __name__, url_prefix="/staff")
guard(pages, is_staff)
LARGEST_FILE = 1000 * 1000  # below what the server takes in
PROBLEMS_SHOWN = 100
# What later features add to a member's page, each a function from the member to (template, values); None for nothing.
sections: list[Callable[[Member], tuple[str, dict[str, object]] | None]] = []


# -- members ----------------------------------------------------------------------------------------------------------


@pages.get("/members")
def members() -> ResponseReturnValue:
    """Lead to the list of people, which is found by what this page was found by."""
    known: dict[str, Any] = {name: request.args[name] for name in ("q", "state") if request.args.get(name)}
    return redirect(url_for("people.index", **known), 308)


@pages.get("/members/<id:member_id>")
def member(member_id: int) -> ResponseReturnValue:
    """Show one account, and what can be done with it."""
    account = queries.by_id(member_id)
    roles = [(role, role_name(role)) for role in rules.ROLES]
    return render_template(
        "staff/member.html", account=account, role=role_name(account.role), roles=roles,
        state=state_name(account.state),
        may_roles=rules.may_change_roles(actor()) and account.id != actor().id and account.state == "active",
        factor=queries.has_second_factor(account.id), form=ConfirmForm(),
        wish=reception().wished(account.id) if account.state == "applied" else None,
        may_help=rules.may_change_roles(actor()), may_look_after=rules.may_look_after(actor(), account),
        sections=[found for section in sections if (found := section(account))],
    )  # fmt: skip


@pages.post("/members/<id:member_id>")
def act(member_id: int) -> ResponseReturnValue:
    """Do what a button says: approve, decline, invite, uninvite, role, factor."""
    wish, now = request.form.get("act", ""), clock.now()
    with transaction():
        account = queries.by_id(member_id)
        said = _done(wish, account, now)
    if said is None:
        abort(422)
    flash(said)
    if wish in ("decline", "uninvite"):
        return redirect(url_for("people.index", state="applied" if wish == "decline" else None), 303)
    return redirect(url_for("staff.member", member_id=member_id), 303)


def _done(wish: str, account: Member, now: Any) -> str | None:
    """Do it and say what was done; None for what is no wish."""
    who = {"actor": actor(), "now": now}
    name = account.name
    if wish == "approve":
        joining.approve(account, **who)
        return _("%(name)s is a member now and has been told by mail.", name=name)
    if wish == "decline":
        joining.decline(account, **who)
        return _("The application of %(name)s was turned down. Its data is gone, and a mail tells so.", name=name)
    if wish == "invite":
        joining.invite_again(account, language=language(), **who)
        return _("%(name)s has been invited once more.", name=name)
    if wish == "uninvite":
        joining.withdraw_invitation(account, **who)
        return _("The invitation of %(name)s is taken back.", name=name)
    if wish == "role":
        joining.change_role(account, request.form.get("role", ""), **who)
        return _("%(name)s is now: %(role)s.", name=name, role=role_name(account.role))
    if wish == "factor":
        joining.help_in(account, **who)
        return _("The second factor of %(name)s is off, and every browser logged out.", name=name)
    return None


@pages.route("/invitations", methods=["GET", "POST"])
def invitations() -> ResponseReturnValue:
    """Invite people by their addresses, several at once, and say what came of each."""
    form = InviteForm()
    if not form.validate_on_submit():
        return render_template("staff/invitations.html", form=form, report=[]), 422 if form.is_submitted() else 200
    try:
        with transaction():
            people = rules.read_invitations(form.people.data or "")
            found = joining.invite(people, actor=actor(), now=clock.now(), language=language())
    except Refused as error:
        return asking.refused("staff/invitations.html", form, error, report=[])
    report = [(one.email, one.outcome, sentence(one.refusal) if one.refusal else "") for one in found]
    form.people.data = "\n".join(one.email for one in found if one.refusal)
    return render_template("staff/invitations.html", form=form, report=report)


@pages.route("/members/import", methods=["GET", "POST"])
@takes_up_to(LARGEST_FILE)
def bring_in() -> ResponseReturnValue:
    """Read members from a file: first only to see what would happen, then, from the file that was kept, in earnest."""
    form, now = ImportForm(), clock.now()
    shown: dict[str, Any] = {"counts": None, "problems": [], "more": 0, "tried": False}
    if not form.validate_on_submit():
        return render_template("staff/import.html", form=form, **shown), 422 if form.is_submitted() else 200
    try:
        file, fresh = _chosen(now)
        run = Import(actor(), language(), only_try=bool(form.only_try.data) and fresh, invite=bool(form.invite.data))
        shown = {"problems": _read(run, file), "tried": run.only_try}
        with transaction():
            bringing.keep(actor(), _whole(file), now=now) if run.only_try else bringing.forget(actor().id)
    except Refused as error:
        return asking.refused("staff/import.html", form, error, **shown)
    names = ("new", "known", "double", "refused")
    shown |= {
        "counts": {name: run.counts[name] for name in names},
        "more": run.counts["refused"] - len(shown["problems"]),
    }
    return render_template("staff/import.html", form=form, **shown)


def _chosen(now: datetime) -> tuple[BinaryIO, bool]:
    """Give the file that a request brings, or the one that was kept; tell whether it is a new one. Raises Refused."""
    file = request.files.get("file")
    if file is not None and file.filename:
        return cast(BinaryIO, file.stream), True
    if "kept" not in request.form:
        raise Refused([Refusal("file-missing", "file")])
    return bringing.kept(actor(), now=now), False


def _whole(file: BinaryIO) -> bytes:
    file.seek(0)
    return file.read(LARGEST_FILE)


def _read(run: Import, file: BinaryIO) -> list[tuple[int, str]]:
    """Take a file in, a batch a transaction; give number and reason of the first lines that cannot be read."""
    problems: list[tuple[int, str]] = []
    for batch in csv_lines.batches(file):
        with transaction():
            outcomes = run.take(batch, now=clock.now())
        wrong = [(row.number, sentence(row.refusal)) for row, _outcome in outcomes if row.refusal]
        problems += wrong[: PROBLEMS_SHOWN - len(problems)]
    return problems


# -- what administrators settle ---------------------------------------------------------------------------------------


def _admins_only() -> None:
    if not rules.is_admin(actor()):
        abort(403)


@pages.route("/admission", methods=["GET", "POST"])
def admission() -> ResponseReturnValue:
    """Settle whose people need no approval, and who needs a second factor."""
    _admins_only()
    row = queries.admission()
    form = AdmissionForm(domains=row.domains, second_factor=row.second_factor)
    if not form.validate_on_submit():
        return render_template("staff/admission.html", form=form), 422 if form.is_submitted() else 200
    try:
        with transaction():
            joining.settle_admission(
                form.domains.data or "", form.second_factor.data or "", actor=actor(), now=clock.now()
            )
    except Refused as error:
        return asking.refused("staff/admission.html", form, error)
    flash(_("That is settled."))
    return redirect(url_for("staff.admission"), 303)


@pages.get("/texts")
def texts() -> ResponseReturnValue:
    """List the texts of the house and their versions."""
    _admins_only()
    current = queries.current_texts(rules.TEXT_KINDS)
    rows = [{"kind": kind, "name": text_name(kind), "text": current.get(kind)} for kind in rules.TEXT_KINDS]
    return render_template("staff/texts.html", rows=rows)


@pages.route("/texts/<any(rules, privacy, directions):kind>", methods=["GET", "POST"])
def text(kind: str) -> ResponseReturnValue:
    """Write a new version of a text, in both languages; hosts write how guests find the house."""
    if kind in rules.ACCEPTED_TEXTS:
        _admins_only()
    now_in_force = queries.current_texts([kind]).get(kind)
    form = TextForm(obj=now_in_force)
    shown = {"name": text_name(kind), "kind": kind}
    if not form.validate_on_submit():
        return render_template("staff/text.html", form=form, **shown), 422 if form.is_submitted() else 200
    try:
        with transaction():
            bodies = (form.body_sv.data or "", form.body_en.data or "")
            joining.publish_text(kind, *bodies, actor=actor(), now=clock.now())
    except Refused as error:
        return asking.refused("staff/text.html", form, error, **shown)
    if kind not in rules.ACCEPTED_TEXTS:
        flash(_("Saved. It stands in each invitation from now on."))
        return redirect(url_for("staff.text", kind=kind), 303)
    flash(_("The new version is in force. Members accept it when they log in, and new rules before they book."))
    return redirect(url_for("staff.texts"), 303)
