"""What the pages share that ask people who they are."""

from __future__ import annotations

from typing import Any

from flask import Response, make_response, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from innovation_station import clock
from innovation_station.db import transaction
from innovation_station.errors import DomainError, TooMany
from innovation_station.forms import Form
from innovation_station.members import queries, rules, security, service
from innovation_station.members.models import Member
from innovation_station.members.queries import Counted
from innovation_station.members.service import Proof
from innovation_station.web import sign_in

HALF_WAY = "second"  # in the browser's session: the token of a log-in that waits for its code
NEXT = "second_next"


def prove(email: str, password: str) -> Proof:
    """Check a password that a request brings: not too often, and counted unless it is right.

    Opens transactions of its own. Raises NotAllowed, TooMany.
    """
    number = count_try(email, "password")
    try:
        proof = service.prove(email, password)
    except TooMany:  # nobody has looked at it
        not_counted(number)
        raise
    not_counted(number)
    return proof


def count_try(email: str, what: Counted) -> int:
    """Count a try of a password or code as a failure before it is made; give its number. Raises TooMany.

    Who has to wait is told so by a read: a flood of tries does not stand in the way of those who write.
    """
    address, now = request.remote_addr, clock.now()
    service.admit(email, address=address, now=now, what=what)
    with transaction():
        return service.begin_try(email, address=address, now=now, what=what)


def not_counted(number: int) -> None:
    """Take a try out of the count again."""
    with transaction():
        service.end_try(number)


def refused(template: str, form: Form, error: DomainError, **values: Any) -> Response:
    """Show a form again with what was refused, and when to come back where that is the reason."""
    form.blame(error.refusals)
    answer = make_response(render_template(template, form=form, **values), error.status)
    if isinstance(error, TooMany):
        answer.headers["Retry-After"] = str(error.retry_after)
    return answer


def enter(proof: Proof, following: str, *, remember: bool) -> ResponseReturnValue:
    """Let somebody in whose password was right, or ask for the second factor that is there or has to be."""
    member = proof.member
    if queries.has_second_factor(member.id):
        return _half_way(proof, following, "members.code", remember=remember)
    if rules.needs_second_factor(member.role, queries.admission().second_factor):
        return _half_way(proof, following, "members.enrol", remember=remember)
    target = after(member, following)  # read before: who is told that it failed must not be logged in
    open_session(proof, remember=remember)
    return redirect(target, 303)


def _half_way(proof: Proof, following: str, endpoint: str, *, remember: bool) -> ResponseReturnValue:
    with transaction():
        token = security.ask_code(proof, remember=remember, now=clock.now())
    session.clear()
    session[HALF_WAY], session[NEXT] = token, following
    return redirect(url_for(endpoint), 303)


def after(member: Member, following: str) -> str:
    """Give where somebody goes who has just come in: texts to accept, then the tour, then where they wanted to."""
    if queries.texts_to_accept(member.id):
        return url_for("members.accept", next=following)
    if member.tour_due and following == url_for("home.start"):
        return url_for("members.tour", step=1)
    return following


def open_session(proof: Proof, *, remember: bool) -> None:
    """Log the browser in that asks. Opens a transaction of its own."""
    with transaction():
        token, _row = service.log_in(
            proof, remember=remember, agent=request.user_agent.string, now=clock.now(), address=request.remote_addr
        )
    sign_in(token, proof.member, remember=remember)
