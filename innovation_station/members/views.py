"""Logging in and out."""

from __future__ import annotations

from flask import Blueprint, current_app, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from innovation_station import clock
from innovation_station.db import transaction
from innovation_station.errors import NotAllowed, NotFound, TooMany
from innovation_station.members import asking, queries, security, service
from innovation_station.members.forms import CodeForm, LoginForm, RecoveryForm
from innovation_station.members.service import Proof
from innovation_station.web import safe_next, sign_out

pages = Blueprint("members", __name__)
HALF_WAY = "second"  # in the browser's session: the token of a log-in that waits for its code
NEXT = "second_next"


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
    following, remember = safe_next(form.next.data, start), bool(form.remember.data)
    if queries.has_second_factor(proof.member.id):
        return _ask_code(proof, following, remember=remember)
    asking.open_session(proof, remember=remember)
    return redirect(following, 303)


def _ask_code(proof: Proof, following: str, *, remember: bool) -> ResponseReturnValue:
    with transaction():
        token = security.ask_code(proof, remember=remember, now=clock.now())
    session.clear()
    session[HALF_WAY], session[NEXT] = token, following
    return redirect(url_for("members.code"), 303)


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
    email, address = waiting.member.email, request.remote_addr
    try:
        service.admit(email, address=address, now=clock.now(), what="code")
        with transaction():
            key = str(current_app.secret_key)
            security.check_code(waiting.member, form.code.data or "", key=key, now=clock.now())
            security.code_came(session[HALF_WAY], now=clock.now())
    except (NotAllowed, TooMany) as error:
        if isinstance(error, NotAllowed):
            with transaction():
                service.count_failure(email, address=address, now=clock.now(), what="code")
        return asking.refused("members/code.html", form, error, recovery=recovery)
    following = safe_next(session.get(NEXT), url_for("home.start"))
    asking.open_session(Proof(waiting.member, None), remember=waiting.remember)
    return redirect(following, 303)


@pages.post("/logout")
def logout() -> ResponseReturnValue:
    """End the session here and on the server."""
    sign_out()
    return redirect(url_for("home.start"), 303)
