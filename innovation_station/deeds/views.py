"""The page behind a link in a mail: what it would do, that it is done, or that it is over."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from innovation_station import clock
from innovation_station.audit.origin import MAIL_LINK, way
from innovation_station.db import transaction
from innovation_station.deeds import links
from innovation_station.deeds.registry import Action, Deed, Done, Over, known, over
from innovation_station.errors import DomainError
from innovation_station.i18n import gettext as _
from innovation_station.i18n import sentence
from innovation_station.members import queries as members
from innovation_station.members.rules import Person

pages = Blueprint("deeds", __name__)


@pages.route("/do/<token>", methods=["GET", "POST"])
def deed(token: str) -> ResponseReturnValue:
    """Ask whether to do what the link is for, without a login; POST does it and comes back to say so."""
    asked, action, person = _read(token)
    if request.method == "POST":
        with way(MAIL_LINK), transaction():
            action.act(person, asked, clock.now())
        return redirect(url_for("deeds.deed", token=token), 303)
    found = action.look(person, asked, clock.now())
    if found is None:
        raise over()
    return _page(found=found, back=_back(found) if isinstance(found, Done) else None)


def _read(token: str) -> tuple[Deed, Action, Person]:
    """Give a deed, its action and who acts. Raises Over, the same whatever is wrong."""
    asked = links.read(token, now=clock.now())
    action = known(asked.action) if asked else None
    person = members.person(asked.member_id) if asked else None
    if asked is None or action is None or person is None:
        raise over()
    return asked, action, person


def _back(done: Done) -> tuple[str, str] | None:
    return (done.back[0], links.path(done.back[1])) if done.back else None


@pages.errorhandler(DomainError)
def refused(error: DomainError) -> ResponseReturnValue:
    """Say why not, with the way on that there always is: to log in."""
    title = _("This link is over") if isinstance(error, Over) else _("That could not be done")
    return _page(error.status, title=title, sentences=[sentence(refusal) for refusal in error.refusals])


def _page(status: int = 200, **said: Any) -> Response:
    answer = make_response(render_template("deeds/deed.html", **said), status)
    answer.headers["X-Robots-Tag"] = "noindex"
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer
