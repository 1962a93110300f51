"""A member's own calendars from outside: when they are busy elsewhere, for their eyes alone."""

from __future__ import annotations

from flask import Blueprint
from flask.typing import ResponseReturnValue

from innovation_station.external.pages import LARGEST_BODY, Pages
from innovation_station.web import signed_in, takes_up_to

pages = Blueprint("external", __name__, url_prefix="/calendars/external")
_pages = Pages(own=True, base="external")


@pages.get("")
@signed_in
def index() -> ResponseReturnValue:
    """List one's own calendars."""
    return _pages.index()


@pages.post("")
@signed_in
@takes_up_to(LARGEST_BODY)
def add() -> ResponseReturnValue:
    """Fetch an address or take a file, and show what it says."""
    return _pages.add()


@pages.get("/drafts/<id:draft_id>")
@signed_in
def preview(draft_id: int) -> ResponseReturnValue:
    """Show what a calendar says before it counts."""
    return _pages.preview(draft_id)


@pages.post("/drafts/<id:draft_id>")
@signed_in
def decide(draft_id: int) -> ResponseReturnValue:
    """Let it count, read it in another zone, or let it go."""
    return _pages.decide(draft_id)


@pages.get("/<id:own_id>")
@signed_in
def edit(own_id: int) -> ResponseReturnValue:
    """Ask for another address, file, zone or name."""
    return _pages.edit(own_id)


@pages.post("/<id:own_id>")
@signed_in
@takes_up_to(LARGEST_BODY)
def act(own_id: int) -> ResponseReturnValue:
    """Fetch one now, let it rest, go on with it, change it, or remove it."""
    return _pages.act(own_id)
