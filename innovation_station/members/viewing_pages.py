"""Where seeing the house as a member begins and ends."""

from __future__ import annotations

from flask import Blueprint, abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from innovation_station import clock
from innovation_station.db import transaction
from innovation_station.errors import Refused
from innovation_station.i18n import gettext as _
from innovation_station.i18n import sentence
from innovation_station.members import viewing
from innovation_station.members.rules import is_staff
from innovation_station.web import actor, signed_in, visitor

pages = Blueprint("viewing", __name__)


@pages.post("/staff/members/<id:member_id>/view")
@signed_in
def begin(member_id: int) -> ResponseReturnValue:
    """See the house as a member from now on, for a reason."""
    known = visitor()
    if known is None or not is_staff(actor()):
        abort(403)
    try:
        with transaction():
            viewing.begin(actor(), known.token, member_id, request.form.get("reason", ""), now=clock.now())
    except Refused as error:
        for refusal in error.refusals:
            flash(sentence(refusal), "error")
        return redirect(url_for("staff.member", member_id=member_id, _anchor="view"), 303)
    return redirect(url_for("home.start"), 303)


@pages.post("/viewing/end")
@signed_in
def end() -> ResponseReturnValue:
    """Be oneself again."""
    known = visitor()
    if known is None or known.view is None:
        return redirect(url_for("home.start"), 303)
    with transaction():
        viewing.end(known.view, known.token, now=clock.now())
    flash(_("You are yourself again."))
    return redirect(url_for("staff.member", member_id=known.view.member.id), 303)
