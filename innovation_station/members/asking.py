"""What the pages share that ask people who they are."""

from __future__ import annotations

from typing import Any

from flask import Response, make_response, render_template, request

from innovation_station import clock
from innovation_station.db import transaction
from innovation_station.errors import DomainError, NotAllowed, TooMany
from innovation_station.forms import Form
from innovation_station.members import service
from innovation_station.members.service import Proof
from innovation_station.web import sign_in


def prove(email: str, password: str) -> Proof:
    """Check a password that a request brings: not too often, and counted when it is wrong.

    Opens a transaction of its own. Raises NotAllowed, TooMany.
    """
    address = request.remote_addr
    service.admit(email, address=address, now=clock.now())
    try:
        return service.prove(email, password)
    except NotAllowed:
        with transaction():
            service.count_failure(email, address=address, now=clock.now())
        raise


def refused(template: str, form: Form, error: DomainError, **values: Any) -> Response:
    """Show a form again with what was refused, and when to come back where that is the reason."""
    form.blame(error.refusals)
    answer = make_response(render_template(template, form=form, **values), error.status)
    if isinstance(error, TooMany):
        answer.headers["Retry-After"] = str(error.retry_after)
    return answer


def open_session(proof: Proof, *, remember: bool) -> None:
    """Log the browser in that asks. Opens a transaction of its own."""
    with transaction():
        token, _row = service.log_in(
            proof, remember=remember, agent=request.user_agent.string, now=clock.now(), address=request.remote_addr
        )
    sign_in(token, proof.member, remember=remember)
