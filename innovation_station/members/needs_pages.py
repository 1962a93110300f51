"""The page where a member says what a place must have."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField

from innovation_station import clock
from innovation_station.db import transaction
from innovation_station.forms import Form
from innovation_station.i18n import gettext as _
from innovation_station.members import needs
from innovation_station.web import actor, own_needs, signed_in

pages = Blueprint("needs", __name__)


class NeedsForm(Form):
    """One box a need, named after it."""

    step_free = BooleanField(_l("Step-free: no stairs, room to turn"))
    hearing_loop = BooleanField(_l("Hearing loop"))
    quiet = BooleanField(_l("Quiet"))
    flicker_free = BooleanField(_l("Light that does not flicker"))
    height_adjustable = BooleanField(_l("A desk that can be raised and lowered"))

    @property
    def needed(self) -> list[str]:
        """Give what was ticked."""
        return [need for need in needs.NEEDS if self[need.replace("-", "_")].data]


@pages.route("/account/access", methods=["GET", "POST"])
@signed_in
def access() -> ResponseReturnValue:
    """Ask what is needed, and say what is done with it and what never is."""
    form = NeedsForm(data={need.replace("-", "_"): True for need in own_needs()})
    if not form.validate_on_submit():
        return render_template("account/access.html", form=form), 422 if form.is_submitted() else 200
    with transaction():
        needs.keep(actor().id, form.needed, now=clock.now())
    flash(_("Saved. Places that suit you now come first.") if form.needed else _("Saved. Nothing is kept."))
    return redirect(url_for("needs.access"), 303)
