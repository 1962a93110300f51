"""My own account: the overview and what keeps it safe. Other pages under /account stand with their feature."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from innovation_station import clock
from innovation_station.audit import service as audit
from innovation_station.db import transaction
from innovation_station.delivery import shows_secret
from innovation_station.errors import DomainError, NotAllowed, Refused, TooMany
from innovation_station.i18n import gettext as _
from innovation_station.i18n import language
from innovation_station.members import asking, queries, security, service
from innovation_station.members.agents import described
from innovation_station.members.enrolment import enrolment
from innovation_station.members.forms import ChangePasswordForm, CodeForm, EmailForm, PasswordForm
from innovation_station.members.models import Member
from innovation_station.members.queries import token_hash
from innovation_station.members.service import Proof
from innovation_station.members.words import role_name
from innovation_station.web import actor, guard, sign_out, visitor

pages = Blueprint("account", __name__, url_prefix="/account")
guard(pages)


@pages.get("")
def overview() -> ResponseReturnValue:
    """Show what the house has of me, and where to change it."""
    account = queries.by_id(actor().id)
    return render_template("account/overview.html", account=account, role=role_name(account.role))


@pages.get("/security")
def safety() -> ResponseReturnValue:
    """Show how the account is protected, and where it is logged in."""
    account, here = queries.by_id(actor().id), _session_hash()
    sessions = [
        {"id": row.id, "browser": described(row.agent), "opened": row.created_at, "until": row.expires_at,
         "address": row.address, "here": row.token_hash == here}
        for row in queries.sessions_of(account.id, clock.now())
    ]  # fmt: skip
    return render_template(
        "account/security.html", account=account, sessions=sessions, factor=queries.has_second_factor(account.id),
        codes_left=queries.recovery_codes_left(account.id),
    )  # fmt: skip


def _session_hash() -> bytes:
    known = visitor()
    return token_hash(known.token if known else "")


@pages.post("/security/sessions/<id:session_id>/end")
def end_session(session_id: int) -> ResponseReturnValue:
    """Log one browser out."""
    with transaction():
        service.end_session(queries.by_id(actor().id), session_id)
        audit.record("session.end", subject=("session", session_id), member_id=actor().id, actor=actor())
    flash(_("That browser is logged out."))
    return redirect(url_for("account.safety"), 303)


@pages.post("/security/sign-out")
def sign_out_everywhere() -> ResponseReturnValue:
    """Log every browser out, this one too."""
    with transaction():
        service.end_sessions(queries.by_id(actor().id))
        audit.record("session.end-all", subject=("member", actor().id), member_id=actor().id, actor=actor())
    sign_out()
    flash(_("You are logged out everywhere."))
    return redirect(url_for("members.login"), 303)


@pages.route("/security/password", methods=["GET", "POST"])
def password() -> ResponseReturnValue:
    """Change the password; every other browser is logged out."""
    account, form = queries.by_id(actor().id), ChangePasswordForm()
    shown: dict[str, Any] = {"account": account, "shortest": queries.password_shortest(account.id)}
    if not form.validate_on_submit():
        page = render_template("account/password.html", form=form, **shown)
        return page, 422 if form.is_submitted() else 200
    try:
        asking.prove(account.email, form.current.data or "")
    except (NotAllowed, TooMany) as error:
        return asking.refused("account/password.html", form, _of_current(error), **shown)
    try:
        service.check_password(account, form.password.data or "")
        made = service.hashed(form.password.data or "")
    except (Refused, TooMany) as error:
        return asking.refused("account/password.html", form, error, **shown)
    with transaction():
        security.change_password(account, made, now=clock.now())
    asking.open_session(Proof(account, None), remember=False)
    flash(_("The new password is in force. Every other browser is logged out."))
    return redirect(url_for("account.safety"), 303)


def _of_current(error: DomainError) -> DomainError:
    return security.wrong_password("current") if isinstance(error, NotAllowed) else error


def _proven(form: PasswordForm | EmailForm, account: Member) -> None:
    """Check the password of a form. Raises NotAllowed, TooMany."""
    try:
        asking.prove(account.email, form.password.data or "")
    except NotAllowed:
        raise security.wrong_password("password") from None


@pages.route("/security/email", methods=["GET", "POST"])
def email() -> ResponseReturnValue:
    """Ask for another address; it is changed by the link that is sent there."""
    account, form = queries.by_id(actor().id), EmailForm()
    if not form.validate_on_submit():
        page = render_template("account/email.html", form=form, account=account)
        return page, 422 if form.is_submitted() else 200
    try:
        _proven(form, account)
        with transaction():
            service.admit_mail(account.email, address=request.remote_addr, now=clock.now())
            security.ask_email(account, form.email.data or "", now=clock.now(), language=language())
    except (NotAllowed, Refused, TooMany) as error:
        return asking.refused("account/email.html", form, error, account=account)
    flash(_("We have sent a link to the new address. It is changed when you have followed it."))
    return redirect(url_for("account.safety"), 303)


# -- second factor ----------------------------------------------------------------------------------------------------


@pages.get("/security/second-factor")
@shows_secret
def factor() -> ResponseReturnValue:
    """Show the second factor: none, begun, or in use."""
    return render_template("account/factor.html", **_factor(PasswordForm()))


def _factor(form: PasswordForm | CodeForm) -> dict[str, Any]:
    """Gather what the page of the second factor shows: its state, and the picture where an app is to read it."""
    account = queries.by_id(actor().id)
    found = queries.second_factor_of(account.id)
    state = "off" if found is None else "on" if found.confirmed_at else "begun"
    shown = {"form": form, "account": account, "state": state, "codes_left": queries.recovery_codes_left(account.id)}
    if state == "begun":
        picture = enrolment(account)
        shown |= picture or {"state": "off"}
    return shown


@pages.post("/security/second-factor")
def begin_factor() -> ResponseReturnValue:
    """Make a secret for an app, after the password."""
    form = PasswordForm()
    if (stop := _stopped(form)) is not None:
        return stop
    with transaction():
        account = queries.by_id(actor().id)
        security.begin_second_factor(account, key=str(current_app.secret_key), now=clock.now())
    return redirect(url_for("account.factor"), 303)


def _stopped(form: PasswordForm) -> ResponseReturnValue | None:
    """Give the page again where the password is missing or wrong, None where it is right."""
    if not form.validate_on_submit():
        return render_template("account/factor.html", **_factor(form)), 422
    try:
        _proven(form, queries.by_id(actor().id))
    except (NotAllowed, TooMany) as error:
        shown = _factor(form)
        return asking.refused("account/factor.html", shown.pop("form"), error, **shown)
    return None


@pages.post("/security/second-factor/confirm")
def confirm_factor() -> ResponseReturnValue:
    """Turn it on with a first code; the answer shows the recovery codes, this once."""
    form, account = CodeForm(), queries.by_id(actor().id)
    security.begun_secret(account.id, key=str(current_app.secret_key))
    if not form.validate_on_submit():
        return render_template("account/factor.html", **_factor(form)), 422
    try:
        with transaction():
            key = str(current_app.secret_key)
            codes = security.confirm_second_factor(account, form.code.data or "", key=key, now=clock.now())
            service.end_sessions(account, but=_session_hash())
    except Refused as error:
        shown = _factor(form)
        return asking.refused("account/factor.html", shown.pop("form"), error, **shown)
    return render_template("account/codes.html", codes=codes, fresh=True)


@pages.post("/security/second-factor/codes")
def new_codes() -> ResponseReturnValue:
    """Make new recovery codes, after the password; the old ones end."""
    form = PasswordForm()
    if (stop := _stopped(form)) is not None:
        return stop
    with transaction():
        codes = security.renew_recovery_codes(queries.by_id(actor().id), now=clock.now())
    return render_template("account/codes.html", codes=codes, fresh=False)


@pages.post("/security/second-factor/end")
def end_factor() -> ResponseReturnValue:
    """Turn it off, after a password that is long enough to stand alone."""
    form = PasswordForm()
    if (stop := _stopped(form)) is not None:
        return stop
    try:
        with transaction():
            account = queries.by_id(actor().id)
            security.may_end(account, form.password.data or "")
            security.end_second_factor(account, actor=actor(), now=clock.now())
    except Refused as error:
        shown = _factor(form)
        return asking.refused("account/factor.html", shown.pop("form"), error, **shown)
    flash(_("The second factor is off."))
    return redirect(url_for("account.safety"), 303)
