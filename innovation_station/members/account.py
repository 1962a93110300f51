"""My own account: the overview. The pages under /account that belong to one feature stand with it."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from innovation_station.members import queries
from innovation_station.members.words import role_name
from innovation_station.web import actor, guard

pages = Blueprint("account", __name__, url_prefix="/account")
guard(pages)


@pages.get("")
def overview() -> ResponseReturnValue:
    """Show what the house has of me, and where to change it."""
    member = queries.by_id(actor().id)
    return render_template("account/overview.html", account=member, role=role_name(member.role))
