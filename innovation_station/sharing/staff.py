"""Who is expected today: guests with their hosts, and members with their places."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from innovation_station import clock
from innovation_station.bookings.choice import place_title
from innovation_station.bookings.models import Booking
from innovation_station.bookings.own_pages import day_heading
from innovation_station.db import transaction
from innovation_station.forms import parse_date
from innovation_station.i18n import clock as clock_text
from innovation_station.i18n import gettext as _
from innovation_station.i18n import local, span_text, zone
from innovation_station.members.rules import is_staff
from innovation_station.sharing import guests, queries
from innovation_station.sharing.queries import Arrival
from innovation_station.sharing.rules import harmless
from innovation_station.spaces.rules import House
from innovation_station.timespan import local_day
from innovation_station.web import actor, current_house, guard, safe_next

pages = Blueprint("staff_arrivals", __name__, url_prefix="/staff")
guard(pages, is_staff)
WORDS_LONGEST = 60
Mark = tuple[str, str | None, str | None]


@pages.get("/arrivals")
def index() -> ResponseReturnValue:
    """List who is expected on a day, by time; found by parts of names."""
    day, words = _day(), " ".join(request.args.get("q", "")[:WORDS_LONGEST].split())
    span, today = local_day(day, zone()), local(clock.now()).date()
    house = current_house()
    expected = queries.expected(span, words)
    page = {
        "heading": day_heading(day, today), "date": day.isoformat(), "today": day == today, "query": words,
        "guests": [_guest(one, house, may=day == today) for one in expected],
        "here": sum(one.guest.arrived_at is not None and one.guest.left_at is None for one in expected),
        "members": [_member(booking, house) for booking in queries.booked_on(span, words)],
        "previous": url_for("staff_arrivals.index", date=(day - timedelta(days=1)).isoformat()),
        "next": url_for("staff_arrivals.index", date=(day + timedelta(days=1)).isoformat()),
    }  # fmt: skip
    return render_template("sharing/arrivals.html", page=page)


def _day() -> date:
    return parse_date(request.values.get("date")) or local(clock.now()).date()


def _guest(one: Arrival, house: House, *, may: bool) -> dict[str, Any]:
    guest, booking = one.guest, one.booking
    acts: list[tuple[str, str, str | None]] = []
    if guest.arrived_at is None and may:
        acts = [("arrived", _("Has come"), "primary")]
    elif guest.arrived_at is not None and guest.left_at is None:
        acts = [("left", _("Has gone"), None), ("not-arrived", _("Not here yet"), "quiet")]
    elif guest.left_at is not None:
        acts = [("arrived", _("Is here still"), "quiet")] if may else []
    return {
        "id": guest.id, "name": guest.name, "host": one.host, "when": span_text(booking.span),
        "place": place_title(house.places[booking.space_id]), "href": url_for("bookings.show", booking_id=booking.id),
        "mark": _mark(one), "acts": acts,
    }  # fmt: skip


def _mark(one: Arrival) -> Mark | None:
    guest, booking = one.guest, one.booking
    if guest.left_at is not None:
        return _("Left %(time)s", time=clock_text(guest.left_at)), None, None
    if guest.arrived_at is not None:
        return _("Here since %(time)s", time=clock_text(guest.arrived_at)), "ok", "check"
    if guest.state == "declined":
        return _("Cannot come"), "no", "x"
    return (_("Waits for an answer"), "wait", "clock") if booking.state == "requested" else None


def _member(booking: Booking, house: House) -> dict[str, Any]:
    return {
        "name": booking.member.name, "when": span_text(booking.span),
        "place": place_title(house.places[booking.space_id]), "mark": _came(booking),
        "href": url_for("bookings.show", booking_id=booking.id),
    }  # fmt: skip


def _came(booking: Booking) -> Mark | None:
    if booking.checked_in_at is not None:
        return _("Checked in %(time)s", time=clock_text(booking.checked_in_at)), "ok", "check"
    return (_("Did not come"), "no", "x") if booking.state == "no-show" else None


@pages.post("/arrivals/<id:guest_id>")
def act(guest_id: int) -> ResponseReturnValue:
    """Note that a guest has come or gone, or that this was a slip."""
    done = {"arrived": guests.arrived, "left": guests.left, "not-arrived": guests.not_arrived}
    wish = request.form.get("act", "")
    if wish not in done:
        abort(422)
    with transaction():
        done[wish](actor(), guest_id, now=clock.now())
    words = " ".join(request.form.get("q", "")[:WORDS_LONGEST].split())
    here = url_for("staff_arrivals.index", date=_day().isoformat(), q=words or None)
    return redirect(safe_next(request.form.get("next"), here), 303)


@pages.get("/arrivals.csv")
def export() -> ResponseReturnValue:
    """Give the guests of a day as a file for tables."""
    day = _day()
    lines = _lines(queries.expected(local_day(day, zone())), current_house())
    answer = Response("".join(lines), mimetype="text/csv")
    answer.headers["Content-Disposition"] = f'attachment; filename="arrivals-{day.isoformat()}.csv"'
    return answer


def _lines(expected: Iterable[Arrival], house: House) -> Iterable[str]:
    yield "\N{ZERO WIDTH NO-BREAK SPACE}"
    yield _row(_("Time"), _("Guest"), _("Host"), _("Place"), _("State"))
    for one in expected:
        shown = _guest(one, house, may=False)
        mark = shown["mark"][0] if shown["mark"] else _("Expected")
        yield _row(shown["when"], shown["name"], shown["host"], shown["place"], mark)


def _row(*cells: str) -> str:
    line = io.StringIO()
    csv.writer(line, delimiter=";", lineterminator="\r\n").writerow(map(harmless, cells))
    return line.getvalue()
