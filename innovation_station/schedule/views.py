"""The staff's schedule: the places of a day or a week, and the pages on which something is done about them.

A script does the same by drag and by keys (static/js/move.js); it is told in a line what became of it.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, cast
from urllib.parse import urlsplit

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from innovation_station import clock
from innovation_station.bookings import own_pages
from innovation_station.bookings import queries as bookings
from innovation_station.bookings.models import Booking
from innovation_station.bookings.rules import local_span, may_pass
from innovation_station.db import db
from innovation_station.errors import DomainError, NotFound, Refusal, Refused
from innovation_station.forms import Form, parse_date, parse_time
from innovation_station.i18n import clock as clock_text
from innovation_station.i18n import day_short, language, local, minute_long, sentence, zone
from innovation_station.i18n import gettext as _
from innovation_station.members import queries as members
from innovation_station.members.rules import is_staff
from innovation_station.schedule import service
from innovation_station.schedule.board import Board, act_text
from innovation_station.schedule.choice import Look
from innovation_station.schedule.drawing import PATH
from innovation_station.schedule.forms import BookForm, CloseForm, MoveForm, PlaceForm
from innovation_station.schedule.models import ScheduleAct
from innovation_station.sharing import queries as sharing
from innovation_station.spaces.holidays import Calendar
from innovation_station.spaces.models import Closure
from innovation_station.spaces.rules import DAY_MINUTES
from innovation_station.timespan import Span
from innovation_station.web import actor, current_house, guard, revisions, safe_next, wants_part

pages = Blueprint("schedule", __name__, url_prefix=PATH)
guard(pages, is_staff)
FOUND, IN_THE_WAY = 10, 10
CLOCKS = [(f"{minute // 60:02}:{minute % 60:02}", minute) for minute in range(0, DAY_MINUTES + 1, 15)]


@pages.get("")
def index() -> ResponseReturnValue:
    """Show the places of a day or a week; with `X-Part: day` what changes of them, 304 where nothing has."""
    now = clock.now()
    look = Look.read(request.args, local(now).date())
    stamp = revisions()
    board = Board(actor(), current_house(), look, now)
    tag = board.tag(stamp, request.query_string.decode("latin-1"))
    if wants_part() == "day":
        answer = Response(status=304)
        if not request.if_none_match.contains_weak(tag):
            answer = Response(render_template("schedule/_board.html", page=board.compose()))
        answer.set_etag(tag, weak=True)
        return answer
    return render_template(
        "schedule/index.html", page=board.compose(), frame=board.frame(), look=look, etag=f'W/"{tag}"',
        moves=url_for("schedule.move", held_id=0).replace("/0/", "/{id}/"),
    )  # fmt: skip


# -- something new -----------------------------------------------------------------------------------------------------


@pages.get("/new")
@pages.get("/new/<id:space_id>", endpoint="new_at")
def new(space_id: int | None = None) -> str:
    """Show the forms by which a place is booked for somebody, or closed."""
    if space_id is not None and space_id not in current_house().places:
        raise NotFound("space-unknown")
    day = parse_date(request.args.get("date")) or local(clock.now()).date()
    given = {
        "space": space_id, "date": day, "start": parse_time(request.args.get("from")),
        "end": parse_time(request.args.get("to")), "key": secrets.token_urlsafe(12),
    }  # fmt: skip
    return _new_page(BookForm(formdata=None, data=given), CloseForm(formdata=None, data=given, prefix="close-"))


def _new_page(form: BookForm, closing: CloseForm, **more: Any) -> str:
    for one in (form, closing):
        _offer_choices(one)
    return render_template("schedule/new.html", form=form, closing=closing, back=_back(), **more)


@pages.post("/bookings")
def book() -> ResponseReturnValue:
    """Book for somebody; of several who are called so, ask which."""
    form = BookForm()
    _offer_choices(form)
    found = _people(form.who.data or "")
    several = found if len(found) > 1 else []
    form.holder.choices = [(number, f"{name}, {email}") for number, name, email in several]
    if not form.validate():
        return _refused_new(form, several=several), 422
    chosen = [one for one in found if one[0] == form.holder.data] or (found if len(found) == 1 else [])
    if not chosen:
        form.blame([Refusal("holder-several", "holder") if several else Refusal("member-unknown", "who")])
        return _refused_new(form, several=several), 422
    holder_id, name, _email = chosen[0]
    now = clock.now()
    try:
        span = _span(form)
        with service.acting():
            booking, act = service.book(
                actor(), holder_id, form.space.data or 0, span, now=now, zone=zone(), title=form.title.data or "",
                people=form.people.data or None, reason=form.reason.data or "", request_key=form.key.data or None,
            )  # fmt: skip
    except NotFound:
        raise
    except DomainError as error:
        _blame(form, error, name if holder_id != actor().id else None)
        return _refused_new(form, several=several, passable=may_pass(error.refusals)), error.status
    if act:
        _say(act, name)
    else:
        flash(_("It is as it was."))
    return redirect(_back(booking.start), 303)


def _refused_new(form: BookForm, **more: Any) -> str:
    closing = CloseForm(formdata=None, data=_given(form), prefix="close-")
    return _new_page(form, closing, **more)


def _people(words: str) -> list[tuple[int, str, str]]:
    """Find members by an address or by parts of a name, oneself among them."""
    words = " ".join(words.split())
    if not words:
        return []
    if "@" in words:
        row = members.by_email(words)
        return [(row.id, row.name, row.email)] if row is not None and row.state == "active" else []
    found = [(one.id, one.name, one.email) for one in sharing.bookable_for(actor(), words, limit=FOUND)]
    me = actor()
    mine = all(word in me.name.casefold() for word in words.casefold().split())
    return [*found, (me.id, me.name, me.email)] if mine else found


@pages.post("/closures")
def close() -> ResponseReturnValue:
    """Close a place for a while; `409` with the bookings that stand in the way."""
    form = CloseForm(prefix="close-")
    _offer_choices(form)
    if not form.validate():
        return _refused_closing(form), 422
    now, span = clock.now(), None
    try:
        span = _span(form, form.until.data)
        with service.acting():
            reasons = (form.because.data or "", form.because_en.data or "")
            act = service.close(actor(), form.space.data or 0, span, reasons, now=now, zone=zone())
    except NotFound:
        raise
    except DomainError as error:
        form.blame(error.refusals)
        return _refused_closing(form, span, error), error.status
    _say(act)
    return redirect(_back(span.start), 303)


def _refused_closing(form: CloseForm, span: Span | None = None, error: DomainError | None = None) -> str:
    hit = []
    place = current_house().places.get(form.space.data or 0)
    if span and place and error and any(refusal.code == "closure-hits" for refusal in error.refusals):
        coming = bookings.coming_in(place.takes, max(span.start, clock.now()), IN_THE_WAY)
        hit = [
            {"href": url_for("schedule.booking", held_id=one.id),
             "text": f"{one.member.name}, {own_pages.when_short(one.span)}"}
            for one in coming if one.start < span.end
        ]  # fmt: skip
    return _new_page(BookForm(formdata=None, data=_given(form) | {"key": secrets.token_urlsafe(12)}), form, hit=hit)


# -- what there is -----------------------------------------------------------------------------------------------------


@pages.get("/bookings/<id:held_id>")
def booking(held_id: int) -> str:
    """Show a booking with the form that moves it; an address may hold where it is to go."""
    row = _booking(held_id)
    form = MoveForm(formdata=None, data=own_pages.edit_values(row) | _asked())
    return _booking_page(row, form)


def _asked() -> dict[str, Any]:
    args = request.args
    given = {
        "space": args.get("space", type=int), "date": parse_date(args.get("date")),
        "start": parse_time(args.get("start")), "end": parse_time(args.get("end")),
    }  # fmt: skip
    return {name: value for name, value in given.items() if value is not None}


def _booking_page(row: Booking, form: MoveForm, **more: Any) -> str:
    _offer_choices(form, row.space_id)
    page = own_pages.shown(row, current_house(), actor(), clock.now())
    return render_template("schedule/booking.html", page=page, form=form, back=_back(row.start), **more)


@pages.post("/bookings/<id:held_id>/move")
def move(held_id: int) -> ResponseReturnValue:
    """Give a booking another place, time or length; refused, all reasons, and the field for one of staff's own."""
    row, now = _booking(held_id), clock.now()
    form = MoveForm()
    _offer_choices(form, row.space_id)
    if not form.validate():
        sentences = [str(error) for errors in form.errors.values() for error in errors]
        return (_told(sentences) if wants_part() else _booking_page(row, form)), 422
    whose = own_pages.owner(row, actor())
    try:
        span = _span_of(form, row)
        with service.acting():
            _row, act = service.move(
                actor(), held_id, space_id=form.space.data or 0, span=span, now=now, zone=zone(),
                reason=form.reason.data or "",
            )  # fmt: skip
    except NotFound:
        raise
    except DomainError as error:
        row, passable = _booking(held_id), may_pass(error.refusals)
        if wants_part():
            return _told(_reasons(error, whose), form if passable else None, held_id), error.status
        _blame(form, error, whose)
        return _booking_page(row, form, passable=passable), error.status
    return _done(act, whose or actor().name, span.start)


@pages.post("/bookings/<id:held_id>/cancel")
def cancel(held_id: int) -> ResponseReturnValue:
    """Give a booking's time back."""
    row = _booking(held_id)
    whose, start = row.member.name, row.start
    with service.acting():
        _row, act = service.cancel(actor(), held_id, now=clock.now())
    return _done(act, whose, start)


@pages.get("/closures/<id:shut_id>")
def closure(shut_id: int) -> str:
    """Show why and until when a place is closed, with the button that opens it."""
    row = db.session.get(Closure, shut_id)
    if row is None:
        raise NotFound("closure-unknown")
    refused, now = service.foreign(row), clock.now()
    place = current_house().places.get(row.space_id or 0)
    shown = {
        "id": row.id, "place": place.name if place else current_house().name, "over": row.end <= now,
        "reason": row.reason_sv if language() == "sv" else row.reason_en,
        "start": f"{day_short(row.start)} {clock_text(row.start)}",
        "end": f"{day_short(row.end)} {clock_text(row.end)}", "refused": sentence(refused) if refused else None,
    }  # fmt: skip
    return render_template("schedule/closure.html", closure=shown, back=_back(row.start))


@pages.post("/closures/<id:shut_id>/open")
def open_again(shut_id: int) -> ResponseReturnValue:
    """Open a place that is closed, from now on."""
    with service.acting():
        act = service.open_again(actor(), shut_id, now=clock.now())
    return _done(act, "", datetime.fromisoformat((act.before or {})["start"]))


@pages.post("/acts/<id:act_id>/undo")
def undo(act_id: int) -> ResponseReturnValue:
    """Take back what one has done here; refused, why."""
    now = clock.now()
    try:
        with service.acting():
            act = service.undo(actor(), act_id, now=now, zone=zone())
    except DomainError as error:
        why = [sentence(refusal) for refusal in own_pages.named(error.refusals, current_house())]
        sentences = [_("It cannot be taken back."), *why]
        if wants_part():
            return _told(sentences), error.status
        board = Board(actor(), current_house(), Look.read(request.args, local(now).date()), now)
        return _index_with(board, sentences), error.status
    said = _("Taken back. Nobody has been told.")
    if wants_part():
        return render_template("bookings/_receipt.html", receipt={"message": said})
    flash({"message": said}, "toast")  # type: ignore[arg-type]
    facts = act.before or act.after
    return redirect(_back(datetime.fromisoformat(facts["start"])), 303)


def _index_with(board: Board, sentences: Sequence[str]) -> str:
    return render_template(
        "schedule/index.html", page=board.compose(), frame=board.frame(), look=board.look, etag="", reasons=sentences,
        moves=url_for("schedule.move", held_id=0).replace("/0/", "/{id}/"),
    )  # fmt: skip


# -- parts -------------------------------------------------------------------------------------------------------------


def _booking(booking_id: int) -> Booking:
    row = bookings.get(booking_id)
    if row is None:
        raise NotFound("booking-unknown")
    return row


def _offer_choices(form: PlaceForm, current: int = 0) -> None:
    form.space.choices = own_pages.choices(current_house(), current)
    known = [(text, minute_long(minute)) for text, minute in CLOCKS]
    odd = {form[name].data for name in ("start", "end")} - {minute for _text, minute in CLOCKS} - {None}
    more = [(f"{minute // 60:02}:{minute % 60:02}", minute_long(minute)) for minute in odd]
    form.start.choices = form.end.choices = sorted([*known, *more])


def _given(form: PlaceForm) -> dict[str, Any]:
    return {name: form[name].data for name in ("space", "date", "start", "end")}


def _span(form: PlaceForm, until: date | None = None) -> Span:
    """Read a form's time, until a later day where one is given. Raises Refused."""
    day, start, end = cast(date, form.date.data), cast(int, form.start.data), cast(int, form.end.data)
    if form.space.data not in current_house().places:
        raise Refused([Refusal("space-unknown", "space")])
    if until is None or until <= day:
        span = local_span(day, start, end, zone())
    else:
        last = local_span(until, 0, end or DAY_MINUTES, zone())
        span = Span(local_span(day, start, DAY_MINUTES, zone()).start, last.end)
    Calendar(current_house().holidays).learn(local(span.start), local(span.end))
    return span


def _span_of(form: MoveForm, row: Booking) -> Span:
    """Read where a booking goes; a time left as it was stays so, also in a doubled hour."""
    had = own_pages.edit_values(row)
    return row.span if all(form[name].data == had[name] for name in ("date", "start", "end")) else _span(form)


def _blame(form: Form, error: DomainError, whose: str | None) -> None:
    said = list(error.refusals)
    if whose is not None:
        said = own_pages.for_holder(said, whose, staff=True)
    form.blame(own_pages.named(said, current_house(), whose))


def _reasons(error: DomainError, whose: str | None) -> list[str]:
    said = list(error.refusals) if whose is None else own_pages.for_holder(error.refusals, whose, staff=True)
    return own_pages.reasons(said, current_house(), whose)


def _told(sentences: Sequence[str], form: MoveForm | None = None, booking_id: int = 0) -> str:
    """Say to a script why something was not done, with the form that does it all the same."""
    fields = {}
    if form is not None:
        fields = {
            "space": form.space.data, "date": form.date._value(), "start": form.start._value(),
            "end": form.end._value(),
        }  # fmt: skip
    return render_template("schedule/_refused.html", sentences=sentences, fields=fields, booking_id=booking_id)


def _receipt(act: ScheduleAct, name: str) -> dict[str, Any]:
    action = url_for("schedule.undo", act_id=act.id)
    return {"message": act_text(act, name, current_house()) + ".", "undo_action": action}


def _say(act: ScheduleAct, name: str = "") -> None:
    flash(_receipt(act, name), "toast")  # type: ignore[arg-type]


def _done(act: ScheduleAct | None, name: str, at: datetime) -> ResponseReturnValue:
    """Say what was done, with the way back; nothing where nothing was."""
    if wants_part():
        receipt = _receipt(act, name) if act else {"message": _("It is as it was.")}
        return render_template("bookings/_receipt.html", receipt=receipt)
    if act:
        _say(act, name)
    return redirect(_back(at), 303)


def _back(at: datetime | None = None) -> str:
    """Give the look from which one came, or the day of what it is about."""
    came = urlsplit(request.referrer or "")
    here = f"{came.path}?{came.query}" if came.path == PATH and came.netloc == request.host and came.query else ""
    day = local(at).date() if at else parse_date(request.args.get("date")) or local(clock.now()).date()
    wanted = request.form.get("next") or here
    return safe_next(wanted if wanted.startswith(f"{PATH}?") else None, f"{PATH}?{Look(day).query()}")
