"""Booking desks for a team: who, and when; where they would sit is shown before anything is booked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any, cast

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from innovation_station import clock
from innovation_station.bookings import service as bookings
from innovation_station.bookings.own_pages import for_holder, named, when_full
from innovation_station.bookings.rules import PRESETS, local_span, preset_span
from innovation_station.db import transaction
from innovation_station.errors import DomainError, Refusal
from innovation_station.forms import parse_id
from innovation_station.i18n import gettext as _
from innovation_station.i18n import local, sentence, zone
from innovation_station.members.rules import Person, is_staff
from innovation_station.sharing import queries, rules, teams
from innovation_station.sharing.forms import TeamForm
from innovation_station.sharing.teams import Team
from innovation_station.sharing.views import WORDS_LONGEST, pages
from innovation_station.spaces.rules import House
from innovation_station.timespan import Span
from innovation_station.web import actor, current_house, signed_in

LISTED = 20


@pages.get("/book/team")
@signed_in
def team() -> ResponseReturnValue:
    """Choose people, a day and a part of it; with all three, show who would sit where."""
    given = request.args
    form = TeamForm(formdata=given if "date" in given else None)
    if not form.date.data and "date" not in given:
        form.date.data = local(clock.now()).date()
    who = _who(given.getlist("who"))
    if "look" not in given:
        return _page(form, who, None, [])
    if not form.validate():
        return _page(form, who, None, []), 422
    span = _span(form)
    try:
        found = teams.seat(actor(), who, span, now=clock.now(), zone=zone())
    except DomainError as error:
        return _page(form, who, None, [sentence(refusal) for refusal in error.refusals]), error.status
    return _page(form, who, found, [], span)


@pages.post("/book/team")
@signed_in
def book_team() -> ResponseReturnValue:
    """Book a desk for each of them, or none: 303 to my bookings, or the page again with what stands in the way."""
    form, who = TeamForm(formdata=request.form), _who(request.form.getlist("who"))
    if not form.validate():
        return _page(form, who, None, []), 422
    span, now = _span(form), clock.now()
    try:
        with transaction():
            made = teams.book(actor(), who, span, now=now, zone=zone(), title=form.title.data or "")
            places = current_house().places
            said = ", ".join(f"{queries.name_of(one.member_id)} {places[one.space_id].name}" for one in made)
    except DomainError as error:
        return _page(form, who, None, [sentence(refusal) for refusal in error.refusals]), error.status
    flash(_("Booked: %(who)s.", who=said))
    return redirect(url_for("bookings.mine"), 303)


def _who(given: list[str]) -> list[int]:
    found = (parse_id(text) for text in given[: 4 * rules.TEAM_MOST])
    return list(dict.fromkeys(number for number in found if number))


def _span(form: TeamForm) -> Span:
    """Give the part of the day as a desk can have it; where none can, its hours: the rules say why not."""
    day, part = cast(date, form.date.data), form.part.data
    house = current_house()
    moment = bookings.moment(clock.now(), zone(), house)
    desk = next((one for one in house.places.values() if one.kind == "desk" and one.bookable), None)
    found = preset_span(part, desk, day, moment) if desk else None
    start, end = PRESETS[part]
    return found or local_span(day, max(start, 8 * 60), min(end, 18 * 60), zone())


def _first(who: list[int]) -> Callable[[int], bool]:
    """Order those who are chosen before the others, which stay as they are."""
    return lambda one: one not in who


def _cannot(person: Person, why: Sequence[Refusal], house: House) -> dict[str, str]:
    """Say why somebody cannot have a desk; of others no more than they may know. A name is not said twice."""
    me = actor()
    worded = why if person.id == me.id else for_holder(why, person.name, staff=is_staff(me))
    said = named(worded, house, None if person.id == me.id else person.name)
    names = any(refusal.values.get("name") == person.name for refusal in said)
    return {"name": "" if names else person.name, "why": " ".join(map(sentence, said))}


def _page(form: TeamForm, who: list[int], found: Team | None, reasons: list[str], span: Span | None = None) -> str:
    me, words = actor(), " ".join(request.values.get("q", "")[:WORDS_LONGEST].split())
    listed = queries.bookable_for(me, words, limit=LISTED + 1)
    known = {one.id: one.name for one in listed[:LISTED]}
    if missing := [one for one in who if one not in known and one != me.id]:
        known |= {one.id: one.name for one in queries.bookable_for(me, limit=len(missing), among=missing)}
    names = {me.id: _("Myself")} | known
    page: dict[str, Any] = {
        "people": [{"id": one, "name": names[one], "chosen": one in who} for one in sorted(names, key=_first(who))],
        "more": len(listed) > LISTED or bool(words) or is_staff(me), "query": words, "most": rules.TEAM_MOST,
        "today": local(clock.now()).date().isoformat(), "look": None, "alone": not known,
    }  # fmt: skip
    if found is not None and span is not None:
        house = current_house()
        page["look"] = {
            "when": when_full(span),
            "seats": [{"name": person.name, "place": place.name} for person, place in found.seats],
            "cannot": [_cannot(person, why, house) for person, why in found.cannot],
            "who": [person.id for person, _place in found.seats],
        }
    return render_template("sharing/team.html", page=page, form=form, reasons=reasons)
