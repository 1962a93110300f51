"""Logging in and out."""

from __future__ import annotations

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from innovation_station import clock
from innovation_station.db import transaction
from innovation_station.errors import DomainError, NotAllowed, TooMany
from innovation_station.members import service
from innovation_station.members.forms import LoginForm
from innovation_station.web import safe_next, sign_in, sign_out

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
    email, address = form.email.data or "", request.remote_addr
    try:
        service.admit(email, address=address, now=clock.now())
        proof = service.prove(email, form.password.data or "")
    except NotAllowed as refused:
        with transaction():
            service.count_failure(email, address=address, now=clock.now())
        return _refused(form, refused)
    except TooMany as refused:
        answer = make_response(_refused(form, refused))
        answer.headers["Retry-After"] = str(refused.retry_after)
        return answer
    remember = bool(form.remember.data)
    with transaction():
        agent = request.user_agent.string
        token, _row = service.log_in(proof, remember=remember, agent=agent, now=clock.now())
    sign_in(token, proof.member, remember=remember)
    return redirect(safe_next(form.next.data, start), 303)


def _refused(form: LoginForm, refused: DomainError) -> tuple[str, int]:
    form.blame(refused.refusals)
    return render_template("members/login.html", form=form), refused.status


@pages.post("/logout")
def logout() -> ResponseReturnValue:
    """End the session here and on the server."""
    sign_out()
    return redirect(url_for("home.start"), 303)
