"""What stands on pages: the parts that later pages show, and hiding one."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from innovation_station import clock
from innovation_station.announcements import queries, service, words
from innovation_station.announcements.queries import Page
from innovation_station.announcements.rules import concerns
from innovation_station.bookings import beside
from innovation_station.bookings.beside import Looked, Part
from innovation_station.db import transaction
from innovation_station.i18n import gettext as _
from innovation_station.members.rules import Person
from innovation_station.spaces.rules import House
from innovation_station.web import actor, current_house, safe_next, signed_in

pages = Blueprint("announcements", __name__)
PART = "announcements/_of_page.html"


@pages.post("/announcements/<id:announcement_id>/hide")
@signed_in
def hide(announcement_id: int) -> ResponseReturnValue:
    """Hide an announcement from who asks, or with `undo` show it again."""
    undo = "undo" in request.form
    with transaction():
        service.hide(actor().id, announcement_id, hidden=not undo, now=clock.now())
    back = safe_next(request.form.get("next"), url_for("home.start"))
    if not undo:
        action = url_for("announcements.hide", announcement_id=announcement_id)
        toast = {"message": _("Hidden."), "undo_action": action, "fields": {"undo": "1", "next": back}}
        flash(toast, "toast")  # type: ignore[arg-type]
    return redirect(back, 303)


def shown(
    page: Page, house: House, now: datetime, reader: Person | None = None, back: str = ""
) -> list[dict[str, Any]]:
    """Give what stands on a page for who looks at it, None for a visitor."""
    found = queries.standing(now, page, reader=reader.id if reader else None)
    return words.lines(found, house, reads=reader is not None, back=back)


@beside.of_book
def on_book(reader: Person, now: datetime) -> Part | None:
    """Stand over the plan."""
    found = shown("book", current_house(), now, reader, "/book")
    return Part(PART, {"items": found}) if found else None


@beside.of_sheet
def on_sheet(looked: Looked) -> Part | None:
    """Stand on the sheet of each place that an announcement concerns by name."""
    found = [
        row
        for row in queries.standing(looked.day.moment.now, "book", reader=looked.reader.id)
        if row.place is not None and concerns(row.place, looked.place)
    ]
    back = url_for("bookings.place", space_id=looked.place.id)
    return Part(PART, {"items": words.lines(found, looked.day.house, reads=True, back=back)}) if found else None
