"""Calendars of places from outside, as staff look after them."""

from __future__ import annotations

from flask import Blueprint
from flask.typing import ResponseReturnValue

from innovation_station.external.pages import LARGEST_BODY, Pages
from innovation_station.external.rules import may_manage
from innovation_station.web import guard, takes_up_to

pages = Blueprint("staff_external", __name__, url_prefix="/staff/external")
guard(pages, may_manage)
_pages = Pages(own=False, base="staff_external")


@pages.get("")
def index() -> ResponseReturnValue:
    """List the calendars of places, and the bookings that they meet."""
    return _pages.index()


@pages.post("")
@takes_up_to(LARGEST_BODY)
def add() -> ResponseReturnValue:
    """Fetch an address or take a file, and show what it would take."""
    return _pages.add()


@pages.get("/drafts/<id:draft_id>")
def preview(draft_id: int) -> ResponseReturnValue:
    """Show what a calendar would take before it does."""
    return _pages.preview(draft_id)


@pages.post("/drafts/<id:draft_id>")
def decide(draft_id: int) -> ResponseReturnValue:
    """Let it count, read it in another zone, or let it go."""
    return _pages.decide(draft_id)


@pages.get("/<id:calendar_id>")
def edit(calendar_id: int) -> ResponseReturnValue:
    """Ask for another address, file, zone or name."""
    return _pages.edit(calendar_id)


@pages.post("/<id:calendar_id>")
@takes_up_to(LARGEST_BODY)
def act(calendar_id: int) -> ResponseReturnValue:
    """Fetch one now, let it rest, go on with it, change it, or remove it."""
    return _pages.act(calendar_id)
