"""Where staff begin; guarded once, for hosts and administrators."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from innovation_station.members.rules import is_staff
from innovation_station.web import guard

pages = Blueprint("staff", __name__, url_prefix="/staff")
guard(pages, is_staff)


@pages.get("")
def overview() -> ResponseReturnValue:
    """Show what waits for somebody of the house."""
    return render_template("staff/overview.html")
