"""Organisations as everybody sees them, and from the inside for their contacts."""

from __future__ import annotations

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue

from innovation_station import clock, pictures
from innovation_station.delivery import A_YEAR
from innovation_station.errors import NotFound
from innovation_station.i18n import local
from innovation_station.members.models import Organisation
from innovation_station.organisations import queries, words
from innovation_station.organisations.rules import may_see_inside
from innovation_station.web import sessionless, visitor

pages = Blueprint("organisations", __name__)


@pages.get("/organisations")
def index() -> ResponseReturnValue:
    """List the house's partners, and who else works here."""
    today = local(clock.now()).date()
    shown = [words.shown(row, today) for row, _members in queries.every()]
    shown.sort(key=lambda one: (not one["partner"], one["name"].casefold()))
    return render_template("organisations/index.html", organisations=shown)


@pages.get("/organisations/<slug>")
def show(slug: str) -> ResponseReturnValue:
    """Show an organisation to everybody."""
    row, known = _found(slug), visitor()
    inside = known is not None and may_see_inside(known.person, row.id, queries.contact_of(known.person.id))
    page = words.shown(row, local(clock.now()).date())
    return render_template("organisations/show.html", page=page, inside=inside)


@pages.get("/organisations/<slug>/logo")
@sessionless
def logo(slug: str) -> Response:
    """Give an organisation's logo; for ever under the revision it has."""
    row = _found(slug)
    stored = queries.logo(row.id)
    if stored is None:
        raise NotFound
    answer = Response(stored.body, mimetype=pictures.TYPE)
    current = request.args.get("v") == str(row.logo_revision)
    answer.headers["Cache-Control"] = A_YEAR if current else "public, max-age=300"
    answer.headers["Content-Disposition"] = "inline; filename=logo.webp"
    return answer


def _found(slug: str) -> Organisation:
    row = queries.by_slug(slug) if len(slug) <= 80 else None
    if row is None:
        raise NotFound
    return row
