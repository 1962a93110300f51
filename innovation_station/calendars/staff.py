"""All subscriptions of the house, as staff see them: how they fare, and an end to one that should not be."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from innovation_station import clock
from innovation_station.calendars import service, shown, staff_queries, words
from innovation_station.db import transaction
from innovation_station.forms import parse_id
from innovation_station.i18n import gettext as _
from innovation_station.members.models import Organisation
from innovation_station.members.rules import is_staff, may_look_after
from innovation_station.organisations import queries as organisations
from innovation_station.organisations import staff as organisation_pages
from innovation_station.web import actor, current_house, guard

pages = Blueprint("staff_feeds", __name__, url_prefix="/staff/feeds")
guard(pages, is_staff)
PAGE = 50


@pages.get("")
def index() -> str:
    """List all subscriptions, those that were not fetched for the longest first, a page at a time."""
    looked_for = request.args.get("q", "").strip()[:100]
    chosen = request.args.get("shown", "")
    chosen = chosen if chosen in staff_queries.SHOWN else ""
    page, now = parse_id(request.args.get("page")) or 1, clock.now()
    total, rows = staff_queries.subscriptions(
        shown=chosen, words=looked_for, now=now, limit=PAGE, offset=(page - 1) * PAGE
    )
    members = {member.id: member for _feed, member in rows}
    readers = shown.readers(members.values(), organisations.grants_of(members))
    told = shown.Told.of([feed for feed, _member in rows], readers, current_house(), now)
    lines = [
        told.line(feed) | {
            "who": member.name, "member_id": member.id,
            "may": may_look_after(actor(), member) and member.id != actor().id,
        }
        for feed, member in rows
    ]  # fmt: skip
    return render_template(
        "staff/feeds.html", rows=lines, words=looked_for, shown=chosen, chips=_chips(chosen, looked_for), total=total,
        pages=_pages(page, total, chosen, looked_for),
    )  # fmt: skip


@pages.post("/<id:subscription_id>/revoke")
def revoke(subscription_id: int) -> ResponseReturnValue:
    """End somebody's feed; they are told."""
    with transaction():
        feed = service.revoke_for(actor(), subscription_id, now=clock.now())
    flash(_("%(name)s is ended, and its member is told.", name=feed.name))
    return redirect(url_for("staff_feeds.index"), 303)


def _of_organisation(row: Organisation) -> tuple[str, dict[str, object]]:
    """Lead from an organisation to a calendar of what it has booked."""
    href = url_for("calendars.index", of=f"organisation:{row.id}", _anchor="new")
    return "calendars/_of_organisation.html", {"href": href}


organisation_pages.sections.append(_of_organisation)


def _link(chosen: str, looked_for: str, page: int = 1) -> str:
    return url_for("staff_feeds.index", shown=chosen or None, q=looked_for or None, page=page if page > 1 else None)


def _chips(chosen: str, looked_for: str) -> list[dict[str, Any]]:
    names = {"": _("All"), "never": _("Never fetched"), "late": _("Not for a week")}
    return [
        {"label": names.get(one) or words.program_name(one), "href": _link(one, looked_for), "pressed": one == chosen}
        for one in ("", *staff_queries.SHOWN)
    ]


def _pages(page: int, total: int, chosen: str, looked_for: str) -> dict[str, Any]:
    first, last = (page - 1) * PAGE + 1, min(page * PAGE, total)
    return {
        "previous_href": _link(chosen, looked_for, page - 1) if page > 1 else None,
        "next_href": _link(chosen, looked_for, page + 1) if last < total else None,
        "text": _("%(first)d–%(last)d of %(total)d", first=min(first, last), last=last, total=total),
    }
