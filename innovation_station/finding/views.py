"""Any free place, and a time for several."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from innovation_station import clock, vain
from innovation_station.bookings import beside, service, wish_queries
from innovation_station.bookings.choice import Choice, next_open_days
from innovation_station.bookings.models import Booking
from innovation_station.bookings.rules import Moment
from innovation_station.db import transaction
from innovation_station.directory import queries as directory
from innovation_station.errors import Conflict, DomainError, Refusal, Refused
from innovation_station.external.queries import busy_of
from innovation_station.finding import looking, pools, words
from innovation_station.finding.forms import AnyForm, FindForm, kinds_of
from innovation_station.finding.rules import Search, Why
from innovation_station.forms import parse_id
from innovation_station.i18n import day_long, language, local, sentence, zone
from innovation_station.i18n import gettext as _
from innovation_station.members.rules import booking_refusals
from innovation_station.spaces.holidays import Calendar
from innovation_station.spaces.rules import at_minute
from innovation_station.timespan import Span
from innovation_station.web import actor, current_house, own_needs, signed_in, wants_part, way_on

pages = Blueprint("finding", __name__)
OPENS, CLOSES = 8 * 60, 18 * 60
WEEK = timedelta(days=6)


# -- any free place ---------------------------------------------------------------------------------------------------


@beside.anywhere
def anywhere() -> ResponseReturnValue:
    """Book the best free place: 303 to the booking, which says why that one; or what comes near, with every reason."""
    form, house = AnyForm(), current_house()
    if not form.validate():
        sentences = [str(error) for errors in form.errors.values() for error in errors]
        return _none(None, sentences), 422
    if form.holder.data not in (None, actor().id):  # what is best for somebody is picked by what only they may see
        return _none(None, [_("Choose a place.")]), 422
    choice, now = form.choice(request.form.getlist("with")), clock.now()
    if due := booking_refusals(actor()):
        return _none(choice, [sentence(one) for one in due], Refused(due)), Refused.status
    Calendar(house.holidays).learn(choice.day)
    moment = service.moment(now, zone(), house)
    digest = pools.digest(form.key.data, choice, form) if form.key.data else None
    if digest and (earlier := wish_queries.same_request(actor().id, digest)):
        return _to(earlier, None)
    picked = pools.pick(actor(), form, choice, house=house, moment=moment, needs=own_needs())
    error: DomainError = Refused(picked.refusals) if picked.refusals else Conflict([Refusal("none-free")])
    for wish, why in picked.wishes[: pools.TRIES]:
        try:
            with transaction():
                booking = service.reserve(
                    actor(), wish.place.id, wish.span, now=now, zone=zone(), title=form.title.data or "",
                    people=wish.people, layout=wish.layout, digest=digest,
                )  # fmt: skip
        except Conflict:
            continue  # somebody was faster: the next best
        except Refused as refused:
            error = refused
            break
        return _to(booking, why if booking.space_id == wish.place.id else None)
    codes = [refusal.code for refusal in error.refusals]
    vain.note(choice.day, choice.kind, codes, today=moment.today)
    if codes == ["none-free"]:
        error = Conflict(error.refusals)
    return _none(choice, [sentence(one) for one in error.refusals], error, picked), error.status


def _to(booking: Booking, why: Why | None) -> ResponseReturnValue:
    return redirect(url_for("bookings.show", booking_id=booking.id, why=why), 303)


def _none(
    choice: Choice | None,
    sentences: list[str],
    error: DomainError | None = None,
    picked: pools.Picked | None = None,
) -> str:
    """Say why there is none, and what comes near: elsewhere, earlier, later, another day."""
    found: dict[str, Any] = {"exact": [], "near": [], "small": []}
    ways = [way for refusal in error.refusals if (way := way_on(refusal))] if error else []
    find_href = url_for("finding.find")
    if choice is not None and picked is not None and picked.asked is not None and not ways:
        start, end = (local(side) for side in (picked.asked.span.start, picked.asked.span.end))
        between = (start.hour * 60 + start.minute, end.hour * 60 + end.minute or 24 * 60)
        search = Search(
            (choice.day,), between, between[1] - between[0], kinds_of(choice.kind), picked.asked.people,
            picked.asked.layout, choice.amenities,
        )  # fmt: skip
        found = _answer(search, _moment())
        find_href += "?" + urlencode(query_of(search), doseq=True)
    page = {
        "title": _("Any free desk") if choice is None or choice.kind == "desk" else _("Any free room"),
        "heading": _("Nothing free"), "when": day_long(choice.day) if choice else None, "sentences": sentences,
        "ways": ways, "close_href": f"/book?{choice.query()}" if choice else "/book", "found": found,
        "find_href": find_href,
    }  # fmt: skip
    template = "finding/_none.html" if wants_part() == "sheet" else "finding/none.html"
    return render_template(template, page=page)


# -- a time for several -----------------------------------------------------------------------------------------------


@pages.get("/find")
@signed_in
def find() -> ResponseReturnValue:
    """Find a time: exact answers first, then what comes near, each said in words and booked by one press."""
    moment, house = _moment(), current_house()
    today = local(moment.now).date()
    first = next(iter(next_open_days(house, today, moment, 1)), today)
    form = FindForm(request.args or None, data={"start": OPENS, "end": CLOSES, "date": first, "until": first + WEEK})
    form.label(house)
    form.zone.choices = [
        ("", _("Anywhere")),
        *((str(key), area.names[language()]) for key, area in house.zones.items()),
    ]
    colleagues = directory.colleagues(actor().id)
    asked = {found for text in request.args.getlist("colleague")[:20] if (found := parse_id(text))}
    accepted = [item for item in colleagues if item.relation == "colleagues"]
    page: dict[str, Any] = {
        "asked": bool(request.args), "found": None, "cut": False,
        "due": [(sentence(one), way_on(one, request.full_path.rstrip("?"))) for one in booking_refusals(actor())],
        "colleagues": [{"id": item.id, "name": item.name, "checked": item.id in asked} for item in accepted],
    }  # fmt: skip
    if request.args and form.validate():
        search, page["cut"] = form.search(first, today)
        with_them = asked & {item.id for item in accepted}
        page["found"] = _answer(search, moment, with_them)
        hour = moment.now.replace(minute=0, second=0, microsecond=0)
        wanted = sorted(query_of(search).items())
        if not page["found"]["exact"] and vain.is_new(hour, actor().id, wanted, sorted(with_them)):
            kind = "desk" if "desk" in search.kinds else "room"
            vain.note(search.days[0], kind, ["too-small" if page["found"]["small"] else "no-hit"], today=today)
        page["book_href"] = _book_href(search)
    return render_template("finding/find.html", page=page, form=form)


def _answer(search: Search, moment: Moment, colleagues: Collection[int] = ()) -> dict[str, Any]:
    house = current_house()
    Calendar(house.holidays).learn(search.days[0], search.days[-1])
    found = looking.look(
        actor(), search, house=house, moment=moment, needs=own_needs(), colleagues=colleagues
    )  # fmt: skip
    days = [hit.day for hit in (*found.exact, *found.near)]
    busy = []
    if days:
        within = Span(at_minute(min(days), 0, moment.zone), at_minute(max(days), 24 * 60, moment.zone))
        busy = busy_of(actor().id, within)
    return words.shown(found, search, house, moment, busy)


def query_of(search: Search) -> dict[str, Any]:
    """Write a search as the parameters of its address."""
    clocks = [f"{minute // 60:02}:{minute % 60:02}" for minute in search.between]
    given = {
        "kind": "desk" if "desk" in search.kinds else "room", "people": search.people, "length": search.length,
        "date": search.days[0].isoformat(), "until": search.days[-1].isoformat(), "from": clocks[0], "to": clocks[1],
        "with": sorted(search.kit), "layout": search.layout, "zone": search.zone, "space": search.space,
    }  # fmt: skip
    return {name: value for name, value in given.items() if value}


def _book_href(search: Search) -> str:
    kind = "desk" if "desk" in search.kinds else "room"
    choice = Choice(search.days[0], kind, *search.between, zone=search.zone, seats=search.people, amenities=search.kit)
    return "/book?" + choice.query()


def _moment() -> Moment:
    return service.moment(clock.now(), zone(), current_house())
