"""Announcements as staff put them up."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from innovation_station import clock
from innovation_station.announcements import queries, rules, service, words
from innovation_station.announcements.forms import AnnouncementForm
from innovation_station.announcements.models import Announcement
from innovation_station.announcements.rules import Facts
from innovation_station.bookings.choice import place_title
from innovation_station.db import transaction
from innovation_station.errors import NotFound, Refusal, Refused
from innovation_station.events.rules import at_wall
from innovation_station.forms import parse_id
from innovation_station.i18n import gettext as _
from innovation_station.i18n import language, local, zone
from innovation_station.spaces.rules import House
from innovation_station.timespan import Span
from innovation_station.web import actor, current_house, guard

pages = Blueprint("staff_announcements", __name__, url_prefix="/staff/announcements")
guard(pages, rules.may_announce)


@pages.route("", methods=["GET", "POST"])
def index() -> ResponseReturnValue:
    """List announcements, and put one up."""
    form = _form()
    sent = form.carry_out(lambda: service.announce(actor(), _read(form), current_house(), now=clock.now()))
    if sent.done:
        flash(_("The announcement is up."))
        return redirect(url_for("staff_announcements.index"), 303)
    rows = [words.staff_row(row, current_house(), clock.now()) for row in queries.for_staff(clock.now())]
    return render_template("announcements/staff_index.html", form=form, rows=rows), sent.status


@pages.route("/<id:announcement_id>", methods=["GET", "POST"])
def edit(announcement_id: int) -> ResponseReturnValue:
    """Show an announcement and change it."""
    row = queries.get(announcement_id)
    if row is None:
        raise NotFound
    form = _form(row)
    sent = form.carry_out(
        lambda: service.change(actor(), announcement_id, _read(form), current_house(), now=clock.now())
    )
    if sent.done:
        flash(_("Saved."))
        return redirect(url_for("staff_announcements.index"), 303)
    shown = words.staff_row(row, current_house(), clock.now())
    return render_template("announcements/staff_edit.html", form=form, row=shown), sent.status


@pages.post("/<id:announcement_id>/withdraw")
def withdraw(announcement_id: int) -> ResponseReturnValue:
    """Take an announcement down."""
    with transaction():
        service.withdraw(actor(), announcement_id, now=clock.now())
    flash(_("The announcement is withdrawn."))
    return redirect(url_for("staff_announcements.index"), 303)


def _form(row: Announcement | None = None) -> AnnouncementForm:
    """Give the form, of an announcement or of a new one that stands until tonight."""
    now = local(clock.now())
    data: dict[str, Any] = {"from_date": now.date(), "until_date": now.date(), "pages": ["today", "book"]}
    if row is not None:
        facts = row.facts
        data = {
            "text_sv": row.text_sv, "text_en": row.text_en, "level": row.level, "pages": sorted(facts.pages),
            "place": f"{row.place[0]}:{row.place[1]}" if row.place else "", "in_feeds": row.in_feeds,
            **_side("from", row.shown_from), **_side("until", row.shown_until),
        }  # fmt: skip
        if facts.happens:
            data |= _side("start", facts.happens.start) | _side("end", facts.happens.end)
    form = AnnouncementForm(data=data)
    form.place.choices = places(current_house())
    return form


def _side(name: str, at: datetime) -> dict[str, Any]:
    shown = local(at)
    return {f"{name}_date": shown.date(), f"{name}_time": shown.time()}


def places(house: House) -> dict[str, list[tuple[str, str]]]:
    """List the parts of the house that something can concern, by group."""
    there = [place for place in house.places.values() if place.id not in house.gone]
    return {
        "": [("", _("The whole house"))],
        _("Floors"): [(f"floor:{floor.id}", floor.names[language()]) for floor in house.storeys],
        _("Zones"): [(f"zone:{area.id}", area.names[language()]) for area in house.zones.values()],
        _("Places"): [(f"space:{place.id}", place_title(place)) for place in there],
    }


def _read(form: AnnouncementForm) -> Facts:
    """Read what was typed. Raises Refused for times that there are not, or in the wrong order."""
    stands = _span(form, "from", "until")
    if stands is None:
        raise Refused([Refusal("date-malformed", "from_date")])
    kind, _colon, number = (form.place.data or "").partition(":")
    place = (kind, parse_id(number) or 0) if kind else None
    return Facts(
        (form.text_sv.data or "", form.text_en.data or ""), stands, form.level.data or "",
        frozenset(form.pages.data or ()), place, _span(form, "start", "end"), bool(form.in_feeds.data),
    )  # fmt: skip


def _span(form: AnnouncementForm, first: str, last: str) -> Span | None:
    """Read two local days and times: without a time the day begins at its midnight, and ends with it."""
    begins = form[f"{first}_date"].data
    if begins is None:
        if form[f"{first}_time"].data is not None or form[f"{last}_time"].data is not None:
            raise Refused([Refusal("date-malformed", f"{first}_date")])
        return None
    start = _instant(begins, form[f"{first}_time"].data or 0, f"{first}_time")
    until = form[f"{last}_time"].data
    end = _instant(form[f"{last}_date"].data or begins, 24 * 60 if until is None else until, f"{last}_time")
    if end <= start:
        raise Refused([Refusal("end-before-start", f"{last}_time")])
    return Span(start, end)


def _instant(day: date, minute: int, field: str) -> datetime:
    wall = datetime(day.year, day.month, day.day) + timedelta(minutes=minute)  # noqa: DTZ001  a wall time
    return at_wall(wall, zone(), field)
