"""A mailing as a page, for who finds it in the list of notices."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from innovation_station.errors import NotFound
from innovation_station.events.words import marked, said
from innovation_station.i18n import capital, day_full
from innovation_station.mailings import letters, queries
from innovation_station.mailings.rules import may_mail
from innovation_station.mailings.telling import NEWS
from innovation_station.web import actor, signed_in

pages = Blueprint("mailings", __name__)
pages.add_app_template_global(letters.said, "mailing_said")


@pages.get("/mailings/<id:mailing_id>")
@signed_in
def show(mailing_id: int) -> ResponseReturnValue:
    """Show news to whom they were told."""
    row = queries.get(mailing_id)
    if row is None or not (may_mail(actor()) or queries.was_told(actor().id, mailing_id, NEWS.name)):
        raise NotFound
    page = {
        "subject": said((row.subject_sv, row.subject_en)), "body": marked((row.body_sv, row.body_en), heading=2),
        "day": capital(day_full(row.leaves_at or row.changed_at)),
    }  # fmt: skip
    return render_template("mailings/show.html", page=page)
