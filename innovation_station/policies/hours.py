"""Opening hours by weekday, of the house and of places that differ, as the house looks after them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from innovation_station import clock
from innovation_station.audit import queries as audit
from innovation_station.bookings import hits, ripple
from innovation_station.bookings.hits import Sent
from innovation_station.bookings.ripple import KEEP, Hit
from innovation_station.db import transaction
from innovation_station.errors import Conflict, DomainError, NotAllowed, NotFound, Refusal
from innovation_station.forms import parse_id
from innovation_station.i18n import gettext as _
from innovation_station.i18n import ngettext, zone
from innovation_station.policies import queries, rules, service, words
from innovation_station.policies.forms import HoursForm, hours_form
from innovation_station.policies.rules import Coming, Days, may_change_rules
from innovation_station.policies.staff import HISTORY, LISTED, pages
from innovation_station.spaces.holidays import Calendar
from innovation_station.spaces.rules import Place, Scope
from innovation_station.web import actor, current_house


@pages.route("/hours", methods=["GET", "POST"])
def hours() -> ResponseReturnValue:
    """Show when the house, or a place (`space`), is open; an administrator looks what a change would shut out, and
    saves it."""
    place, known = _place(), queries.hours()
    days = known.get(place.id if place else None, {})
    form = hours_form(days, house=place is None)
    if request.method == "GET":
        return _page(place, form, days)
    if not may_change_rules(actor()):
        raise NotAllowed([Refusal("rule-admin")])
    if not form.validate():
        return _page(place, form, days), 422
    wanted = form.days()
    if found := rules.hours_refusals(wanted, words.weekday_names()):
        form.blame(found)
        return _page(place, form, days), 422
    now = clock.now()
    after = {**known, (place.id if place else None): wanted}
    sent, space_id = Sent.read(), place.id if place else None

    def look() -> tuple[list[Coming], list[Hit], dict[str, Any]]:
        shut, more = _shut(place, known, after)
        listed = service.hit_by_hours(actor(), shut[:LISTED], current_house(), after, now=now, zone=zone())
        token = service.hours_token(wanted, space_id, listed)
        return shut, listed, _touched(shut, listed, sent.choices, more=more) | {"token": token}

    shut, listed, touched = look()
    if request.form.get("act") == "look":
        if found := rules.unbookable(current_house(), known, after):
            form.blame(found)
        return _page(place, form, days, touched)
    try:
        with transaction():
            done = service.change_hours(
                wanted, actor=actor(), space_id=space_id, now=now, hits=listed, choices=sent.choices,
                shown=sent.token, zone=zone(),
            )  # fmt: skip
    except DomainError as error:
        form.blame(error.refusals)
        return _page(place, form, days, look()[2] if isinstance(error, Conflict) else None), error.status
    left = len(shut) - done
    flash(
        ngettext(
            "Saved. %(num)d booking to come lies outside of it; it stands.",
            "Saved. %(num)d bookings to come lie outside of it; they stand.",
            left,
        )
        if left
        else _("Saved.")
    )
    return redirect(_href(place), 303)


def _href(place: Place | None) -> str:
    return url_for("staff_rules.hours", space=place.id if place else None)


def _place() -> Place | None:
    given = request.args.get("space")
    if not given:
        return None
    place = current_house().places.get(parse_id(given) or 0)
    if place is None:
        raise NotFound
    return place


def _shut(
    place: Place | None, known: Mapping[int | None, Days], after: Mapping[int | None, Days]
) -> tuple[list[Coming], bool]:
    """Find the bookings to come that would lie outside; tell whether there were too many to look at."""
    now, house = clock.now(), current_house()
    found, more = queries.coming(Scope(space=place.id) if place else Scope(), now)
    ahead = [one for one in found if one.span.start > now]
    return rules.shut_out(ahead, house, known, after, zone=zone(), holidays=Calendar(house.holidays)), more


def _page(
    place: Place | None, form: HoursForm, days: Days, touched: dict[str, Any] | None = None
) -> str:  # fmt: skip
    name = place.name if place else _("The house")
    told = audit.about(*service.hours_subject(place.id if place else None), limit=HISTORY)
    return render_template(
        "staff/hours.html", form=form, may=may_change_rules(actor()), name=name, action=_href(place),
        rows=list(zip(words.weekday_names(), form.week, strict=True)), said=words.week_text(days, house=place is None),
        touched=touched,
        history=list(words.history(told, actor().id)),
    )  # fmt: skip


def _touched(found: list[Coming], listed: list[Hit], choices: Mapping[int, str], *, more: bool) -> dict[str, Any]:
    count = len(found)
    text = ngettext(
        "%(num)d booking to come would lie outside of it.", "%(num)d bookings to come would lie outside of it.", count
    )
    # nothing becomes of them unless it is chosen, and can be done still
    kept = dict(choices) | {hit.booking_id: KEEP for hit in ripple.undecided(listed, choices, (*ripple.CHOICES, KEEP))}
    return {
        "count": count, "more": more, "most": queries.MOST, "hits": hits.rows(listed, kept),
        "text": text if count else _("All bookings to come lie within it."),
    }  # fmt: skip
