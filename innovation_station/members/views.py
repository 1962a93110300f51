"""Logging in and out."""

from __future__ import annotations

from flask import Blueprint, current_app, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from innovation_station import clock
from innovation_station.db import transaction
from innovation_station.delivery import shows_secret
from innovation_station.errors import NotAllowed, NotFound, Refused, TooMany
from innovation_station.members import asking, queries, security
from innovation_station.members.asking import HALF_WAY, NEXT
from innovation_station.members.enrolment import enrolment
from innovation_station.members.forms import CodeForm, LoginForm, RecoveryForm
from innovation_station.members.service import Proof
from innovation_station.web import safe_next, sign_out

pages = Blueprint("members", __name__)


@pages.route("/login", methods=["GET", "POST"])
def login() -> ResponseReturnValue:
    """Ask for address and password; a wrong pair says nothing about which was wrong, and too many are to wait."""
    start = url_for("home.start")
    if request.method == "GET" and current_user.is_authenticated:
        return redirect(safe_next(request.args.get("next"), start), 303)
    form = LoginForm(next=request.args.get("next", "")[:2000])
    if not form.validate_on_submit():
        return render_template("members/login.html", form=form), 422 if form.is_submitted() else 200
    try:
        proof = asking.prove(form.email.data or "", form.password.data or "")
    except (NotAllowed, TooMany) as error:
        return asking.refused("members/login.html", form, error)
    return asking.enter(proof, safe_next(form.next.data, start), remember=bool(form.remember.data))


@pages.route("/login/code", methods=["GET", "POST"])
def code() -> ResponseReturnValue:
    """Ask for the code of the app, or a recovery code; each is good once."""
    try:
        waiting = security.half_way(session.get(HALF_WAY, ""), now=clock.now())
    except NotFound:  # the password is too long ago, or somebody else's link led here
        return redirect(url_for("members.login"), 303)
    recovery = request.args.get("with") == "recovery"
    form = RecoveryForm() if recovery else CodeForm()
    if not form.validate_on_submit():
        page = render_template("members/code.html", form=form, recovery=recovery)
        return page, 422 if form.is_submitted() else 200
    try:
        asking.count_try(waiting.member.email, "code")  # forgotten with the others when it is right
        with transaction():
            key = str(current_app.secret_key)
            security.check_code(waiting.member, form.code.data or "", key=key, now=clock.now())
            security.code_came(session[HALF_WAY], now=clock.now())
    except (NotAllowed, TooMany) as error:
        return asking.refused("members/code.html", form, error, recovery=recovery)
    target = asking.after(waiting.member, safe_next(session.get(NEXT), url_for("home.start")))
    asking.open_session(Proof(waiting.member, None), remember=waiting.remember)
    return redirect(target, 303)


@pages.route("/login/second-factor", methods=["GET", "POST"])
@shows_secret
def enrol() -> ResponseReturnValue:
    """Have somebody turn a second factor on whose house asks for one; only then the log-in is done."""
    try:
        waiting = security.half_way(session.get(HALF_WAY, ""), now=clock.now())
    except NotFound:
        return redirect(url_for("members.login"), 303)
    account, key, form = waiting.member, str(current_app.secret_key), CodeForm()
    if queries.has_second_factor(account.id):
        return redirect(url_for("members.code"), 303)
    if request.method == "POST" and "begin" in request.form:
        with transaction():
            security.begin_second_factor(account, key=key, now=clock.now())
        return redirect(url_for("members.enrol"), 303)
    shown = enrolment(account)
    if not shown or not form.validate_on_submit():
        status = 422 if form.is_submitted() else 200
        return render_template("members/enrol.html", form=form, account=account, **shown), status
    try:
        with transaction():
            codes = security.confirm_second_factor(account, form.code.data or "", key=key, now=clock.now())
            security.code_came(session[HALF_WAY], now=clock.now())
    except Refused as error:
        return asking.refused("members/enrol.html", form, error, account=account, **shown)
    target = asking.after(account, safe_next(session.get(NEXT), url_for("home.start")))
    asking.open_session(Proof(account, None), remember=waiting.remember)
    return render_template("account/codes.html", codes=codes, fresh=True, following=target)


@pages.post("/logout")
def logout() -> ResponseReturnValue:
    """End the session here and on the server."""
    sign_out()
    return redirect(url_for("home.start"), 303)
