"""The Book page, the sheet of a place, and the booking itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from innovation_station import clock, vain
from innovation_station.assembled import Ready, assembled
from innovation_station.bookings import (
    allowances,
    beside,
    extras,
    favourites,
    laid,
    own_pages,
    queries,
    refresh,
    service,
    sheets,
    wish_queries,
)
from innovation_station.bookings.choice import Choice, filtered, next_open_days, opens_on, presets
from innovation_station.bookings.day import Day
from innovation_station.bookings.drawings import drawings
from innovation_station.bookings.forms import BookingForm
from innovation_station.bookings.offers import AnyPlace, Known, Repeat, alternatives_for, find_href
from innovation_station.bookings.pages import DayPage
from innovation_station.bookings.rules import PRESETS, Alternative, Moment, Wish, bars
from innovation_station.bookings.rush import rush
from innovation_station.db import others_write, transaction
from innovation_station.errors import Conflict, DomainError, NotFound, Refusal, Refused
from innovation_station.forms import parse_date, parse_id, parse_time
from innovation_station.i18n import day_long, language, local, sentence, zone
from innovation_station.members.rules import Person, booking_refusals
from innovation_station.spaces.holidays import Calendar
from innovation_station.spaces.queries import HOUSE_REVISION, SPACES_REVISION, space_revisions
from innovation_station.spaces.rules import House, Place, at_minute
from innovation_station.timespan import Span
from innovation_station.web import (
    actor,
    booked_revision,
    current_house,
    own_needs,
    revisions,
    safe_next,
    signed_in,
    wants_part,
    way_on,
)

pages = Blueprint("bookings", __name__)
STRIP_DAYS = 6
Usual = Sequence[tuple[int, datetime, datetime]]
A_MOMENT = timedelta(minutes=10)
_HOUSE, _SPACES = beside.hint("house", HOUSE_REVISION), beside.hint("spaces", SPACES_REVISION)


@pages.get("/book")
@pages.get("/book/<id:space_id>", endpoint="place")
@signed_in
def book(space_id: int | None = None) -> ResponseReturnValue:
    """Show a day; with a space, its sheet beside the plan. X-Part asks for the day or the sheet alone."""
    if space_id is None:
        space_id = parse_id(request.args.get("space"))
    part = wants_part()
    if part == "day":
        return _day_part()
    place = _place(space_id) if space_id is not None else None
    if part == "sheet" and place is not None:
        choice, moment = _choice()
        sheet = _sheet(_day(choice, moment).read({place.id}), choice, place)
        return render_template("bookings/_sheet_part.html", page={"sheet": sheet})
    return _page(place)


@pages.post("/bookings")
@signed_in
def create() -> ResponseReturnValue:
    """Book: 303 to the booking, or the form again with every reason and three ways forward."""
    if request.form.get("space") == beside.ANY:
        return beside.chosen()
    form = BookingForm()
    if request.form.get("repeat", "none") not in ("", "none"):  # all of its dates are shown first
        return redirect(url_for("series.new", **_repeated()), 303)
    if not form.validate():
        return _again(form, Refused([Refusal("form", name) for name in form.errors]), None)
    place = _place(form.space.data or 0)
    now = clock.now()
    wish = None
    try:
        asked = form.furnished
        house = allowances.house_for(current_house(), actor(), actor().access, form.day, zone())
        wish = Wish(place, form.span(house.places[place.id], _moment(now)), asked.people, asked.layout)
        Calendar(current_house().holidays).learn(local(wish.span.start), local(wish.span.end))
        key, holder_id = form.key.data or None, _holder_id(form)
        rushed = rush.joined((house, place.id, wish.span.start))
        if (rushed or others_write()) and holder_id is None:
            service.consider(actor(), place.id, wish.span, now=now, zone=zone(), request_key=key)
        more: dict[str, Any] = {
            "now": now, "zone": zone(), "title": form.title.data or "", "public": _visibility(form),
            "request_key": key, "people": wish.people, "layout": wish.layout,
        }  # fmt: skip
        with transaction():
            if holder_id is None:
                booking = service.reserve(actor(), place.id, wish.span, **more)
            else:
                booking = extras.reserve_for(actor(), holder_id, place.id, wish.span, **more)
            extras.follow(actor(), booking, request.form, now)
    except NotFound:
        raise
    except DomainError as error:
        if wish is not None:
            codes, today = [one.code for one in error.refusals], local(now).date()
            vain.note(local(wish.span.start).date(), place.kind, codes, today=today)
        return _again(form, error, wish)
    return redirect(url_for("bookings.show", booking_id=booking.id), 303)


def _holder_id(form: BookingForm) -> int | None:
    """Tell whom a booking is for, None where it is for who books."""
    return None if form.holder.data == actor().id else form.holder.data


def _repeated() -> dict[str, Any]:
    """Give what the form of a series starts with."""
    named = ("space", "date", "start", "end", "title", "repeat", "interval", "ends", "count", "until")
    return {name: request.form[name][:120] for name in named if name in request.form}


@pages.post("/book/<id:space_id>/favourite")
@signed_in
def favourite(space_id: int) -> ResponseReturnValue:
    """Make a place a favourite, or no longer; back to its sheet."""
    with transaction():
        if request.form.get("keep"):
            favourites.keep(actor().id, space_id, now=clock.now())
        else:
            favourites.let_go(actor().id, space_id)
    back = safe_next(request.form.get("next"), url_for("bookings.place", space_id=space_id))
    return redirect(back, 303)


def _visibility(form: BookingForm) -> bool | None:
    """Tell what the sheet's box said; a one-tap form has no box and follows the member's own choice."""
    return bool(form.visible.data) if form.preset.data else None


def _again(form: BookingForm, error: DomainError, wish: Wish | None) -> ResponseReturnValue:
    """Show the sheet once more with what was typed, why not, and what instead."""
    place = _place(form.space.data) if form.space.data else None
    typed = {
        "preset": form.preset.data, "start": request.form.get("start", "")[:5], "end": request.form.get("end", "")[:5],
        "title": form.title.data, "title_error": next(iter(form.title.errors), None),
        "key": (form.key.data or "")[:100], "visible": bool(form.visible.data),
        "people": form.people._value(), "layout": form.layout.data,
    }  # fmt: skip
    choice, moment = _choice(form.date.data, _typed_minutes(form))
    near = wish or (form.near(place, moment.zone) if place else None)
    holder_id = _holder_id(form)
    holder = extras.holder(actor(), holder_id) if holder_id else None
    may = (holder_id is None or holder is not None) and not booking_refusals(actor())
    if place is None:
        return _page(None, choice=choice, sentences=_form_sentences(form)), error.status
    day = _day(choice, moment)
    glance = beside.glance(actor().id, place.id, day.whole)
    known = Known(current_house(), (glance[_HOUSE], glance[_SPACES]))
    offers = _offers(near, moment, holder, known) if near and may else []
    refused = isinstance(error, Conflict) and wish is not None
    read = glance, known
    sheet = _sheet(known.read(day, place.id), choice, place, typed, wish.span if wish and refused else None, read)
    if form.errors:
        sheet["refusals"] = [{"text": said, "field": None} for said in _form_sentences(form)]
    else:
        if holder is not None:
            said = own_pages.for_holder(error.refusals, holder.name, staff=actor().is_staff)
            error.refusals = tuple(own_pages.named(said, current_house(), holder.name))
        sheet = sheets.refused(sheet, error, near, offers, just_taken=_just_taken(error, moment.now, known))
        for offered in sheet["alternatives"]:
            offered["fields"] |= _typed_fields(form, holder)
        for shown, refusal in zip(sheet["refusals"], error.refusals, strict=True):
            shown["way"] = way_on(refusal, sheet["close_href"])
    if wants_part() == "sheet":
        return render_template("bookings/_sheet_part.html", page={"sheet": sheet}), error.status
    heading = f"{sheet['title']}, {day_long(choice.day)}"
    page = {"sheet": sheet, "heading": heading, "day_href": sheet["close_href"]}
    return render_template("bookings/refused.html", page=page), error.status


def _typed_fields(form: BookingForm, holder: Person | None) -> dict[str, Any]:
    """Give the hidden fields that carry to another place or time what was typed besides: one press loses nothing."""
    typed: dict[str, Any] = {"for": holder.id} if holder is not None else {}
    if form.title.data and not form.title.errors:
        typed["title"] = form.title.data
    if form.preset.data:  # only a form with the box says who sees it
        typed |= {"preset": "own"} | ({"visible": "1"} if form.visible.data else {})
    return typed | extras.kept(request.form)


def _just_taken(error: DomainError, now: datetime, known: Known) -> bool:
    """Tell whether what stands in the way was booked a moment ago, while the member was looking."""
    takers = (refusal.values.get("booking") for refusal in error.refusals if refusal.code == "taken")
    changes = (known.changed_at(taker) for taker in takers if isinstance(taker, int))
    return any(changed is not None and changed > now - A_MOMENT for changed in changes)


def _form_sentences(form: BookingForm) -> list[str]:
    return [str(error) for errors in form.errors.values() for error in errors]


def _typed_minutes(form: BookingForm) -> tuple[int, int] | None:
    start, end = form.start.data, form.end.data
    return (start, end) if isinstance(start, int) and isinstance(end, int) and start < end else None


# -- parts of the page ------------------------------------------------------------------------------------------------


def _day_part() -> ResponseReturnValue:
    """Answer what changes when others book; 304 for the price of one statement when nothing did."""
    stamp = revisions()
    now = clock.now()
    etag = _etag(stamp, now)
    answer = Response(status=304)
    if not request.if_none_match.contains_weak(etag):
        usual = _usual(now)
        choice, moment = _choice(usual=usual)
        _read, page, ready = _compose_day(_day(choice, moment), usual, choice, None, stamp)
        answer = assembled(render_template("bookings/_day.html", page=page), ready)
    answer.set_etag(etag, weak=True)
    return answer


def _etag(stamp: tuple[int, int], now: datetime) -> str:
    return refresh.tag(stamp, actor(), own_needs(), language(), now, request.query_string.decode("latin-1"))


def _page(
    place: Place | None,
    *,
    choice: Choice | None = None,
    sentences: Sequence[str] = (),
) -> Response:
    stamp = revisions()
    now = clock.now()
    usual = _usual(now)
    choice = choice or _choice(usual=usual)[0]
    moment = _moment(now)
    day, page, ready = _compose_day(_day(choice, moment), usual, choice, place, stamp)
    strip = _strip(choice.day, now)
    bar = laid.bar(day, choice, local(now).date(), _free(strip, day, choice, stamp), strip)
    page |= {
        "heading": bar.heading, "closed_reason": bar.closed_reason or _no_plan(day), "due": _due(),
        "etag": f'W/"{_etag(stamp, now)}"', "sheet": _sheet(day, choice, place) if place else None,
        "refusals": list(sentences), "parts": beside.book_parts(actor(), now),
    }  # fmt: skip
    text = render_template("bookings/book.html", page=page, asset_floor_css=_floor_css(stamp[0]))
    return assembled(text, [*ready, bar.ready])


def _compose_day(
    day: Day, usual: Usual, choice: Choice, place: Place | None, stamp: tuple[int, int]
) -> tuple[Day, dict[str, Any], Sequence[Ready]]:
    """Compose the part of the page that changes; give it with the day as far as it had to be read, and what fills its
    holes. What is kept of the day spares it being read, but for the places that the member mostly has, and, since that
    is offered where they have nothing else at the time, those where they have something."""
    selected, also, needs = place.id if place else None, {space for space, _s, _e in usual}, own_needs()
    name = laid.name(day, choice, needs) if selected is None else None
    kept, drawn = laid.find(name, stamp, day.member_id) if name else None, None
    if kept is not None:
        day = day.read(also | kept.places_of(day.member_id, day.house) if also else also)
    else:
        day, drawn = drawings(day, choice, space_revisions(), selected=selected, also=also)
    again = Repeat(day, choice, usual).compose()
    most = 3 if again else 4
    if kept is None or most not in kept.lists:
        drawn = drawn or drawings(day, choice, space_revisions(), selected=selected, also=also)[1]
        kept = laid.lay_out(DayPage(day, choice, drawn, needs), most, name, stamp)
    page = {
        "date": choice.day.isoformat(), "href": f"/book?{choice.query()}", "day_long": day_long(choice.day),
        "sheet": None, "again": again, "anywhere": AnyPlace(day.house, choice, day.moment).compose(),
        "find_href": find_href(choice), "view": choice.filters,
    }  # fmt: skip
    return day, page | laid.HOLES, kept.parts(most)


def _no_plan(day: Day) -> str | None:
    """Say where the reader has no plan on a day that would let anything be booked."""
    allowance = day.moment.allowance
    found = allowance.plan_on(day.date)
    return sentence(found) if isinstance(found, Refusal) else None


def _due() -> list[dict[str, Any]]:
    """List what the reader has to see to before booking anything, each with its way on."""
    here = request.full_path.rstrip("?") if request.method == "GET" else None
    return [{"text": sentence(refusal), "way": way_on(refusal, here)} for refusal in booking_refusals(actor())]


def _usual(now: datetime) -> Usual:
    return queries.habit(current_house(), actor().id, booked_revision(), now)


def _strip(shown: date, now: datetime) -> list[date]:
    """List the days of the strip: the next open ones, and the shown one where it lies further ahead."""
    today = local(now).date()
    strip = [*_next_days(current_house(), today)]
    return strip if shown in strip or shown < today else sorted({*strip[: STRIP_DAYS - 1], shown})


@lru_cache(maxsize=32)
def _next_days(house: House, today: date) -> Sequence[date]:
    """Give the next open days; once a day for a revision of the house."""
    return next_open_days(house, today, _moment(clock.now()), STRIP_DAYS)


def _floor_css(revision: int) -> str:
    return _css_at(request.script_root, revision)


@lru_cache(maxsize=32)
def _css_at(_root: str, revision: int) -> str:
    return url_for("spaces.plan_css", revision=revision)


def _sheet(
    day: Day, choice: Choice, place: Place, typed: dict[str, Any] | None = None, refused: Span | None = None,
    read: tuple[Mapping[str, Any], Known] | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Compose the sheet of a place; `typed` is what a form held, `refused` the time of it that somebody has, and `read`
    what has been read for it already."""
    place = day.house.places[place.id]
    glance = read[0] if read else beside.glance(actor().id, place.id, day.whole)
    own = read[1].held_by(day.member_id, day.whole) if read else wish_queries.held_by(day.member_id, day.whole)
    sheet = sheets.Sheet(day, choice, place, own, visible=actor().visible, needs=own_needs()).compose(typed)
    if sheet["mode"] == "mine":
        found = queries.running(day.member_id, day.whole)
        sheets.come(sheet, {booking.id: booking for booking in found}, place, day.moment.now)
    sheet["star"] = {
        "kept": glance[favourites.STARRED], "action": f"/book/{place.id}/favourite",
        "back": f"/book/{place.id}?{choice.query()}",
    }  # fmt: skip
    if place.id in day.barred and sheet["mode"] == "closed":
        wish = Wish(place, day.chosen)
        sheet["alternatives"] = [sheets.offer(way, wish) for way in _offers(wish, day.moment)]
    if typed is None or refused:
        looked = beside.Looked(day, place, refused or day.chosen, actor(), glance, refused=refused is not None)
        sheet["parts"] = beside.sheet_parts(looked)
    if sheet["mode"] == "book":
        sheet["asks"] = extras.sheet_parts(actor(), place, request.values, glance)
        if request.values.get("for"):
            sheet["repeat_href"] = None  # a series is the reader's own
    return sheet


def _offers(
    wish: Wish, moment: Moment, holder: Person | None = None, known: Known | None = None
) -> list[Alternative]:  # fmt: skip
    who, needs = holder or actor(), frozenset[str]() if holder else own_needs()
    return alternatives_for(
        current_house(), who, who.id, wish, moment, access=who.access, needs=needs, role=actor().role, known=known
    )  # fmt: skip


def _begin(whole: Span, now: datetime) -> Span:
    """Give the instant a room is judged at, as the plan does: now, or when the chosen time begins."""
    start = now if whole.start <= now < whole.end else whole.start
    return Span(start, start + timedelta(minutes=1))


@lru_cache(maxsize=128)
def _busy(
    house: House, _stamp: tuple[int, int], windows: tuple[Span, ...], kinds: tuple[str, ...],
    among: tuple[int, ...] | None,
) -> Mapping[int, int]:  # fmt: skip
    """Count once for a state of the house: its stamp names all that takes its spaces."""
    return queries.busy_spaces(windows, kinds, house, among=among)


def _free(strip: Sequence[date], shown: Day, choice: Choice, stamp: tuple[int, int]) -> dict[date, int]:
    """Count the places that the reader can have in the chosen part of each day.

    One statement at most, and one more wherever within these days other places are left out.
    """
    moment = shown.moment
    found: dict[date, int] = {}
    alike: dict[tuple[House, tuple[int, ...]], list[date]] = {}
    for day in strip:
        house = moment.allowance.house_on(shown.house, day)
        if opens_on(house, day, moment):
            alike.setdefault((house, tuple(bars(house, day, moment))), []).append(day)
    for (house, barred), days in alike.items():
        found |= _free_but(house, barred, days, choice, moment, stamp)
    return found


def _free_but(
    house: House, barred: Sequence[int], strip: Sequence[date], choice: Choice, moment: Moment, stamp: tuple[int, int]
) -> dict[date, int]:  # fmt: skip
    now = moment.now
    kinds, among, open_on = _counted(house, replace(choice, day=date.min, start=None, end=None), frozenset(barred))
    windows = []
    for day in strip:
        minutes = (choice.start, choice.end) if choice.end else presets(Choice(day), house)["day"]
        whole = Span(*(at_minute(day, minute or 0, zone()) for minute in minutes))
        windows.append(whole if choice.kind == "desk" else _begin(whole, now))
    busy = _busy(house, stamp, tuple(windows), kinds, among) if kinds else {}
    return {day: max(0, open_on[day.weekday()] - busy.get(index, 0)) for index, day in enumerate(strip)}


@lru_cache(maxsize=64)
def _counted(
    house: House, choice: Choice, left_out: frozenset[int]
) -> tuple[tuple[str, ...], tuple[int, ...] | None, Counter[int]]:
    """Give the kinds of places that a choice shows, their ids where they are not all of those kinds, and how many are
    open on each weekday; once for a revision of the house, whatever the day of the choice."""
    shown = [place for place in house.places.values() if choice.shows(place) and place.bookable]
    places = [place for place in shown if place.id not in left_out]
    among = tuple(place.id for place in places) if choice.filtered or len(places) < len(shown) else None
    kinds = tuple(sorted({place.kind for place in places}))
    return kinds, among, Counter(weekday for place in places for weekday in place.hours)


# -- what is asked for ------------------------------------------------------------------------------------------------


def _moment(now: datetime) -> Moment:
    return service.moment(now, zone(), current_house())


def _choice(
    wanted: date | None = None,
    minutes: tuple[int, int] | None = None,
    usual: Usual = (),
) -> tuple[Choice, Moment]:
    """Read the address: what cannot be read is as if it was not there, so that no link is a dead end."""
    now, house, args = clock.now(), current_house(), request.args
    day = wanted or parse_date(args.get("date")) or _first_day(house, now)
    choice = filtered(day, args)
    start, end = minutes or (parse_time(args.get("from")), parse_time(args.get("to")))
    if start is None or end is None or end <= start:
        start, end = _usual_part(choice, house, usual, now)
    choice = Choice(day, choice.kind, start, end, choice.zone, choice.seats, choice.amenities)
    return choice, _moment(now)


def _first_day(house: House, now: datetime) -> date:
    """Give today, or after closing time the next open day."""
    today = local(now).date()
    moment = _moment(now)
    hours = house.hours.get(today.weekday())
    if hours and now >= at_minute(today, hours[1], zone()):
        today += timedelta(days=1)
    return next(iter(next_open_days(house, today, moment, 1)), today)


def _usual_part(choice: Choice, house: House, usual: Usual, now: datetime) -> tuple[int, int]:
    """Give the part of the day the member mostly books, as far as it is not over."""
    parts = presets(choice, house)
    habit = Counter(
        name for _space, start, _end in usual for name in ("morning", "afternoon")
        if parts[name] == (_minute(start), _minute(_end))
    )  # fmt: skip
    names = [name for name, count in habit.most_common(1) if count * 2 > len(usual)] + ["day", "afternoon"]
    for name in names:
        if at_minute(choice.day, parts[name][1], zone()) > now and not (
            name == "day" and at_minute(choice.day, PRESETS["morning"][1], zone()) <= now
        ):
            return parts[name]
    return parts["day"]


def _minute(instant: datetime) -> int:
    return local(instant).hour * 60 + local(instant).minute


def _day(choice: Choice, moment: Moment) -> Day:
    chosen = Span(*(at_minute(choice.day, minute, zone()) for minute in (choice.start or 0, choice.end or 1440)))
    who, house = actor(), current_house()
    measured = allowances.measured(moment, house, who, who.access, choice.day)
    return Day(measured.allowance.house_on(house, choice.day), choice.day, measured, who.id, who.is_staff, chosen)


def _place(space_id: int) -> Place:
    if (place := current_house().places.get(space_id)) is None:
        raise NotFound("space-unknown")
    return place
