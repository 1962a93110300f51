"""Logging in and out."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from innovation_station import clock
from innovation_station.db import transaction
from innovation_station.errors import NotAllowed
from innovation_station.members import service
from innovation_station.members.forms import LoginForm
from innovation_station.web import safe_next, sign_in, sign_out

pages = Blueprint("members", __name__)


@pages.route("/login", methods=["GET", "POST"])
def login() -> ResponseReturnValue:
    """Ask for address and password; a wrong pair says nothing about which was wrong."""
    start = url_for("home.start")
    if request.method == "GET" and current_user.is_authenticated:
        return redirect(safe_next(request.args.get("next"), start), 303)
    form = LoginForm(next=request.args.get("next", "")[:2000])
    if not form.validate_on_submit():
        return render_template("members/login.html", form=form), 422 if form.is_submitted() else 200
    try:
        proof = service.prove(form.email.data or "", form.password.data or "")
    except NotAllowed as refused:
        form.blame(refused.refusals)
        return render_template("members/login.html", form=form), refused.status
    remember = bool(form.remember.data)
    with transaction():
        agent = request.user_agent.string
        token, _row = service.log_in(proof, remember=remember, agent=agent, now=clock.now())
    sign_in(token, proof.member, remember=remember)
    return redirect(safe_next(form.next.data, start), 303)


@pages.post("/logout")
def logout() -> ResponseReturnValue:
    """End the session here and on the server."""
    sign_out()
    return redirect(url_for("home.start"), 303)
