"""The pages of waits: standing in line, what became of it, and the offer with its one button."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from innovation_station import clock
from innovation_station.bookings import beside, sheets
from innovation_station.bookings.beside import Part
from innovation_station.bookings.choice import place_title
from innovation_station.bookings.offers import alternatives_for
from innovation_station.bookings.rules import Wish
from innovation_station.bookings.service import moment
from innovation_station.db import transaction
from innovation_station.errors import DomainError, NotFound, Refusal, Refused
from innovation_station.i18n import day_long, local, sentence, zone
from innovation_station.members.rules import Person, booking_refusals
from innovation_station.spaces.holidays import Calendar
from innovation_station.spaces.rules import Place
from innovation_station.waits import queries, service, words
from innovation_station.waits.forms import WaitForm
from innovation_station.waits.models import Wait
from innovation_station.web import actor, current_house, own_needs, reason, signed_in

pages = Blueprint("waits", __name__)


@pages.post("/waits")
@signed_in
def join() -> ResponseReturnValue:
    """Stand in line: 303 to one's place in it, or why not and what instead."""
    form, house = WaitForm(), current_house()
    place = house.places.get(form.space.data or 0)
    if place is None:
        raise NotFound("space-unknown")
    wish = None
    try:
        if not form.validate():
            raise Refused([Refusal("form", name) for name in form.errors])
        wish = Wish(place, form.span(zone()))
        Calendar(house.holidays).learn(local(wish.span.start), local(wish.span.end))
        with transaction():
            wait = service.join(actor(), form.wanted(place), wish.span, now=clock.now(), zone=zone())
    except NotFound:
        raise
    except DomainError as error:
        said: list[Any] = [str(one) for errors in form.errors.values() for one in errors]
        return _refused(place, wish, said or [sentence(refusal) for refusal in error.refusals]), error.status
    return redirect(url_for("waits.show", wait_id=wait.id), 303)


def _refused(place: Place, wish: Wish | None, reasons: list[Any]) -> str:
    day = local(wish.span.start).date() if wish else local(clock.now()).date()
    page = {
        "heading": place_title(place) + (f", {day_long(day)}" if wish else ""),
        "back": url_for("bookings.place", space_id=place.id, date=day.isoformat()), "reasons": reasons,
        "alternatives": _alternatives(wish) if wish else [],
    }  # fmt: skip
    return render_template("waits/refused.html", page=page)


def _alternatives(wish: Wish) -> list[dict[str, Any]]:
    who, house = actor(), current_house()
    if booking_refusals(who):
        return []
    now = moment(clock.now(), zone(), house)
    found = alternatives_for(house, who, who.id, wish, now, access=who.access, needs=own_needs())
    return [sheets.offer(way, wish) for way in found]


@pages.get("/waits/<id:wait_id>")
@signed_in
def show(wait_id: int) -> ResponseReturnValue:
    """Show one's place in a line, or the offer."""
    return _page(_mine(wait_id), clock.now())


@pages.post("/waits/<id:wait_id>/take")
@signed_in
def take(wait_id: int) -> ResponseReturnValue:
    """Book what is offered: 303 to the booking, or why that could not be done and what instead."""
    now = clock.now()
    wait = _mine(wait_id)
    Calendar(current_house().holidays).learn(local(wait.start), local(wait.end))
    try:
        with transaction():
            booking = service.take(actor(), wait_id, now=now, zone=zone())
    except NotFound:
        raise
    except DomainError as error:
        here = url_for("waits.show", wait_id=wait_id)
        return _page(_mine(wait_id), now, [reason(refusal, here) for refusal in error.refusals]), error.status
    return redirect(url_for("bookings.show", booking_id=booking.id), 303)


@pages.post("/waits/<id:wait_id>/pass")
@signed_in
def pass_on(wait_id: int) -> ResponseReturnValue:
    """Say no to the offer: the next is asked."""
    with transaction():
        wait = service.pass_on(actor(), wait_id, now=clock.now(), zone=zone())
    return _gone(wait)


@pages.post("/waits/<id:wait_id>/leave")
@signed_in
def leave(wait_id: int) -> ResponseReturnValue:
    """Leave the line."""
    with transaction():
        wait = service.leave(actor(), wait_id, now=clock.now(), zone=zone())
    return _gone(wait)


def _gone(wait: Wait) -> ResponseReturnValue:
    flash(words.shown(wait, (), current_house(), clock.now())["state"])
    return redirect(url_for("bookings.mine"), 303)


def _mine(wait_id: int) -> Wait:
    """Find one of the member's waits; another's is as unknown as one that never was."""
    wait = queries.mine(actor().id, wait_id)
    if wait is None:
        raise NotFound("wait-unknown")
    return wait


def _page(wait: Wait, now: datetime, reasons: list[Any] | None = None) -> str:
    others = queries.line_at(wait.span) if wait.state == "waiting" else []
    page = words.shown(wait, others, current_house(), now)
    place = current_house().places.get(wait.offered_id or wait.space_id or 0)
    ways = _alternatives(Wish(place, wait.span)) if reasons and place and wait.start > now else []
    return render_template("waits/show.html", page=page, reasons=reasons, alternatives=ways)


@beside.of_member
def listed(reader: Person, now: datetime) -> Part | None:
    """List what a member waits for under the own bookings, offers first; two statements where there is anything."""
    found = queries.living(reader.id)
    if not found:
        return None
    others, house = queries.beside(reader.id), current_house()
    shown = [words.shown(wait, others, house, now) for wait in found]
    return Part("waits/_of_member.html", {"items": sorted(shown, key=lambda one: not one["offer"])})
