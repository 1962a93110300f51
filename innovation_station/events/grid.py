"""A day of an event, place by place: its sessions are pulled to another time, place or length, by hand or by keys.

The server decides of each: where nobody is in the way it is done at once; where bookings are, the page that shows the
plan comes first; and what cannot be is told and the session is back where it was (static/js/move.js).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from innovation_station import clock
from innovation_station.bookings import claims
from innovation_station.bookings.hits import Sent
from innovation_station.bookings.rules import Held
from innovation_station.db import transaction
from innovation_station.errors import Conflict, DomainError, NotFound
from innovation_station.events import planning, rules, service, words
from innovation_station.events.forms import PlaceForm, given
from innovation_station.events.queries import Whole
from innovation_station.events.rules import Item, Oddity, may_manage_events
from innovation_station.events.service import Change
from innovation_station.events.showing import carry, head, plan_page, whole_of
from innovation_station.forms import parse_date
from innovation_station.i18n import capital, day_long, language, local, sentence, span_text, zone
from innovation_station.i18n import gettext as _
from innovation_station.spaces.holidays import Calendar
from innovation_station.spaces.rules import DAY_MINUTES, House, Place, open_span
from innovation_station.timespan import Span, local_day
from innovation_station.web import actor, current_house, guard, wants_part

pages = Blueprint("staff_grid", __name__, url_prefix="/staff/events")
guard(pages, may_manage_events)
MOST_LANES = 4


@pages.get("/<id:event_id>/grid")
def show(event_id: int) -> ResponseReturnValue:
    """Show a day of the programme, place by place; a script asks for what changes alone, `304` when nothing did."""
    whole = whole_of(event_id)
    day = _chosen(whole)
    part = render_template("events/_grid.html", page=_day(whole, day, current_house()))
    tag = hashlib.sha256(part.encode()).hexdigest()[:32]
    if wants_part() == "day":
        answer = Response(status=304) if request.if_none_match.contains_weak(tag) else Response(part)
        answer.set_etag(tag, weak=True)
        return answer
    return render_template(
        "events/staff_grid.html", event=head(whole), part=Markup(part), etag=tag, date=day.isoformat(),  # noqa: S704
        name=capital(day_long(day)), days=_days(whole, day),
        moves=url_for("staff_grid.move", event_id=event_id, event_session_id=0).replace("/0/", "/{id}/"),
    )  # fmt: skip


@pages.route("/<id:event_id>/sessions/<id:event_session_id>/move", methods=["GET", "POST"])
def move(event_id: int, event_session_id: int) -> ResponseReturnValue:
    """Give a session another time and place; `GET` shows what that would do. A script is told in a line."""
    whole = whole_of(event_id)
    item = next((one for one in whole.programme.items if one.id == event_session_id), None)
    if item is None:
        raise NotFound
    form = PlaceForm() if request.method == "POST" else PlaceForm(request.args, meta={"csrf": False})
    if not form.validate():
        if wants_part():
            return _told([str(error) for errors in form.errors.values() for error in errors]), 422
        return redirect(url_for("staff_events.session", event_id=event_id, event_session_id=event_session_id), 303)
    try:
        moved = replace(item, span=_span(form), space_id=form.space.data or None)
    except DomainError as error:
        if not wants_part():
            raise
        return _told([sentence(one) for one in error.refusals]), error.status

    def change(programme: rules.Programme) -> rules.Programme:
        return programme.with_item(moved)

    if request.method != "POST":
        plan = service.look(actor(), event_id, change, now=clock.now(), zone=zone())
        return plan_page(whole, plan, Sent.read())
    if wants_part():
        return _tried(whole, item, moved, change)
    back = url_for("staff_grid.show", event_id=event_id, date=given(form.date).isoformat())
    answer = carry(whole, change, back)
    assert answer is not None  # noqa: S101  without a form, what is refused is raised
    return answer


def _tried(whole: Whole, was: Item, item: Item, change: Change) -> ResponseReturnValue:
    """Carry a change out and say so with the way back; where bookings are in the way, lead to the plan."""
    title = rules.in_language(item.titles, language())[0]
    try:
        with transaction():
            service.carry_out(actor(), whole.event.id, change, now=clock.now(), zone=zone())
    except NotFound:
        raise
    except DomainError as error:
        codes = {refusal.code for refusal in error.refusals}
        shown = isinstance(error, Conflict) and codes == {"event-hits"}
        href = url_for("staff_grid.move", event_id=whole.event.id, event_session_id=item.id, **_asked(item))
        return _told([sentence(one) for one in error.refusals], href if shown else None), error.status
    where = current_house().places[item.space_id].name if item.space_id else _("No place of the house")
    receipt = {
        "message": _("«%(title)s»: %(place)s, %(span)s.", title=title, place=where, span=span_text(item.span)),
        "undo_action": url_for("staff_grid.move", event_id=whole.event.id, event_session_id=item.id),
        "fields": _asked(was),
    }  # fmt: skip
    return render_template("bookings/_receipt.html", receipt=receipt)


def _span(form: PlaceForm) -> Span:
    day = given(form.date)
    return rules.local_span(day, given(form.start), day, given(form.end), zone())


def _told(sentences: Sequence[str], href: str | None = None) -> str:
    return render_template("events/_not_moved.html", sentences=sentences, href=href)


def _asked(item: Item) -> dict[str, Any]:
    first, last = local(item.span.start), local(item.span.end)
    end = "24:00" if last.date() > first.date() and not last.hour and not last.minute else f"{last:%H:%M}"
    return {"space": item.space_id or 0, "date": f"{first:%Y-%m-%d}", "start": f"{first:%H:%M}", "end": end}


# -- the day -----------------------------------------------------------------------------------------------------------


def _all_days(whole: Whole) -> list[date]:
    found = set(rules.days_of(whole.event.span, zone()))
    return sorted(found | {local(row.start).date() for row in whole.sessions})


def _chosen(whole: Whole) -> date:
    days, today = _all_days(whole), local(clock.now()).date()
    asked = parse_date(request.args.get("date"))
    return asked if asked in days else today if today in days else days[0]


def _days(whole: Whole, day: date) -> list[dict[str, Any]]:
    return [
        {"label": capital(day_long(one)), "current": one == day,
         "href": url_for("staff_grid.show", event_id=whole.event.id, date=one.isoformat())}
        for one in _all_days(whole)
    ]  # fmt: skip


def _day(whole: Whole, day: date, house: House) -> dict[str, Any]:
    """Lay a day out: places that the event uses first, then all rooms, and what has no place at the end."""
    span = local_day(day, zone())
    items = [item for item in rules.in_order(whole.programme.items) if item.span.overlaps(span)]
    others = claims.taken(span, without=claims.id_of(planning.claimant(whole.event)))
    odd = rules.oddities(whole.programme, house.places, zone(), Calendar(house.holidays))
    warned = _warned(odd, whole, house)
    places = _places(whole, items, house)
    rows = [_row(whole, place, span, items, others, warned) for place in places]
    loose = [item for item in items if item.space_id not in house.places]
    rows.append(_loose(whole, span, loose, warned))
    opens = [
        opened for place in places if (opened := open_span(place.hours, day, zone(), Calendar(house.holidays)))
    ]  # fmt: skip
    uses = [use.span for use in whole.programme.uses]
    first, last = _window(span, [*(item.span for item in items), *uses, *opens])
    shown = {item.id for item in items}
    return {
        "rows": rows, "opening": first, "closing": last, "name": capital(day_long(day)),
        "warnings": [words.warning_text(one, whole, house) for one in odd if shown & {item.id for item in one.items}],
        "now": _quarter(clock.now(), span) if span.start <= clock.now() < span.end else None,
    }  # fmt: skip


def _places(whole: Whole, items: Iterable[Item], house: House) -> list[Place]:
    used = [item.space_id for item in items] + [use.space_id for use in whole.programme.uses]
    rooms = sorted(
        (place for place in house.places.values() if place.kind in ("hall", "room") and place.id not in house.gone),
        key=lambda place: (place.kind, place.name),
    )
    order = [space_id for space_id in used if space_id in house.places] + [place.id for place in rooms]
    return [house.places[space_id] for space_id in dict.fromkeys(order)]  # type: ignore[index]


def _warned(odd: Iterable[Oddity], whole: Whole, house: House) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for one in odd:
        for item in one.items:
            found.setdefault(item.id, []).append(words.warning_text(one, whole, house))
    return found


def _row(
    whole: Whole, place: Place, span: Span, items: Sequence[Item], others: Sequence[Held],
    warned: Mapping[int, Sequence[str]],
) -> dict[str, Any]:  # fmt: skip
    here = [item for item in items if item.space_id == place.id]
    cells = _lanes([_session(whole, item, place.name, span, warned) for item in here])
    spaces = {item.id: item.space_id for item in items}
    within = [item for item in items if spaces[item.id] != place.id and _takes(item, place)]
    cells += [_shut(item.span, span, "event", rules.in_language(item.titles, language())[0], place) for item in within]
    uses = [use for use in whole.programme.uses if use.space_id == place.id and use.span.overlaps(span)]
    cells += [_shut(use.span, span, "event", words.purpose_names()[use.purpose], place) for use in uses]
    cells += [
        _shut(held.span, span, "closed" if held.closure else "taken", _what(held), place)
        for held in others
        if held.space_id in place.takes
    ]
    return {"id": place.id, "name": place.name, "cells": sorted(cells, key=lambda cell: (cell["s"], cell["e"]))}


def _takes(item: Item, place: Place) -> bool:
    taken = current_house().places.get(item.space_id or 0)
    return taken is not None and bool(taken.takes & place.takes)


def _loose(
    whole: Whole, span: Span, items: Sequence[Item], warned: Mapping[int, Sequence[str]]
) -> dict[str, Any]:  # fmt: skip
    name = _("No place of the house")
    return {"id": 0, "name": name, "cells": _lanes([_session(whole, item, name, span, warned) for item in items])}


def _session(
    whole: Whole, item: Item, place: str, span: Span, warned: Mapping[int, Sequence[str]]
) -> dict[str, Any]:  # fmt: skip
    title = rules.in_language(item.titles, language())
    here = item.span.start >= span.start and item.span.end < span.end and item.span.end > clock.now()
    start, end = local(item.span.start), local(item.span.end)
    label = f"{title[0]}, {place} {span_text(item.span)}"
    return _extent(item.span, span) | {
        "state": "event", "text": title[0], "lang": title[1], "odd": bool(warned.get(item.id)),
        "label": ". ".join([label, *warned.get(item.id, ())]),
        "href": url_for("staff_events.session", event_id=whole.event.id, event_session_id=item.id),
        "move": {"id": item.id, "at": start.hour * 60 + start.minute, "till": end.hour * 60 + end.minute}
        if here else None,
    }  # fmt: skip


def _shut(held: Span, span: Span, state: str, text: str, place: Place) -> dict[str, Any]:
    return _extent(held, span) | {"state": state, "text": text, "label": f"{text}, {place.name} {span_text(held)}"}


def _what(held: Held) -> str:
    """Say what else takes a place; who has booked it stands on the page of the plan."""
    if held.claim is not None:
        return rules.in_language(held.claim, language())[0] or _("Event")
    return _("Closed") if held.closure else _("Booked")


def _lanes(cells: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Draw what is in one place at one time side by side, four at most."""
    ends: list[int] = []
    for cell in cells:
        lane = next((lane for lane, end in enumerate(ends) if end <= cell["s"]), len(ends))
        ends[lane : lane + 1] = [cell["e"]]
        cell["lane"] = lane
    count = min(len(ends), MOST_LANES)
    for cell in cells:
        cell["lane"] = f"ln{cell['lane'] % count + 1}of{count}" if count > 1 else ""
    return cells


def _quarter(at: Any, span: Span, *, up: bool = False) -> int:
    """Give the quarter of a day by the wall clock, within the day."""
    if at <= span.start:
        return 0
    if at >= span.end:
        return DAY_MINUTES // 15
    wall = local(at)
    return (wall.hour * 60 + wall.minute + (14 if up else 0)) // 15


def _extent(held: Span, span: Span) -> dict[str, Any]:
    s = _quarter(held.start, span)
    return {"s": s, "e": max(_quarter(held.end, span, up=True), s + 1)}


def _window(span: Span, seen: Iterable[Span]) -> tuple[int, int]:
    """Give the first and the last quarter that are shown: whole hours round all there is, and room to pull it."""
    shown = [part for one in seen if (part := one.intersection(span))]
    if not shown:
        return 8 * 4, 18 * 4
    hour = timedelta(hours=1)
    first = _quarter(min(one.start for one in shown) - hour, span) // 4 * 4
    return first, min(-(-_quarter(max(one.end for one in shown) + hour, span, up=True) // 4) * 4, DAY_MINUTES // 15)
