"""The pages of series: a new one with its preview, what there is, changing and cancelling it."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from functools import partial
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict
from wtforms.fields.choices import SelectChoice

from innovation_station import clock
from innovation_station.bookings import beside, own_pages
from innovation_station.bookings.beside import Part
from innovation_station.bookings.models import Booking
from innovation_station.bookings.telling import kept_for
from innovation_station.db import db, transaction
from innovation_station.errors import DomainError, NotFound
from innovation_station.forms import parse_date
from innovation_station.i18n import capital, local, ngettext, sentence, zone
from innovation_station.i18n import gettext as _
from innovation_station.members.models import Member
from innovation_station.members.rules import Person
from innovation_station.series import changes, drawing, looking, queries, service, words
from innovation_station.series.forms import ANSWER, EditSeriesForm, NewSeriesForm, RuleForm, answers
from innovation_station.series.models import Series
from innovation_station.series.preview import Verdict
from innovation_station.series.steps import SCOPES, Answer, Change, Edit, Row, Scope, Step
from innovation_station.spaces.holidays import Calendar
from innovation_station.web import actor, current_house, own_needs, reason, signed_in

pages = Blueprint("series", __name__)
LISTED = 60  # dates of a list that are shown before the rest is folded


@pages.get("/series/new")
@signed_in
def new() -> ResponseReturnValue:
    """Show the form of a new series and, once it is filled in, every date with what stands in its way."""
    form = _new_form(request.args)
    if "repeat" not in request.args:
        return render_template("series/new.html", page=_new_page(form))
    return _previewed(form, request.args)


@pages.post("/series")
@signed_in
def create() -> ResponseReturnValue:
    """Book every date: 303 to the series, or the preview again with what is still to be answered."""
    form = _new_form(request.form)
    if not form.validate():
        return render_template("series/new.html", page=_new_page(form)), 422
    pattern, given = form.pattern(), answers(request.form, looking.most())
    try:
        with transaction():
            series = service.begin(
                actor(), pattern, given, now=clock.now(), zone=zone(), public=bool(form.visible.data),
                request_key=form.key.data or None,
            )  # fmt: skip
            made = [row.booking for row in queries.occurrences(series.id) if row.state == "confirmed" and row.booking]
    except NotFound:
        raise
    except DomainError as error:
        return _previewed(form, request.form, error)
    flash({"message": _booked(made)}, "toast")  # type: ignore[arg-type]
    return redirect(url_for("series.show", series_id=series.id), 303)


@pages.get("/series/<id:series_id>")
@signed_in
def show(series_id: int) -> ResponseReturnValue:
    """Show a series: how it repeats and each of its dates."""
    series, house, now = service.mine(actor(), series_id), current_house(), clock.now()
    rows = queries.rows(series)
    ahead = [row for row in rows if row.booked and not row.begun(now)]
    dates = words.Dates(house)
    page = {
        "id": series.id, "heading": words.heading(series.pattern, house),
        "facts": words.summary(series.pattern, house),
        "ended": not any(row.booked and row.span is not None and row.span.end > now for row in rows),
        "owner": None if series.member_id == actor().id else db.session.get_one(Member, series.member_id).name,
        "ahead": [dates.item(row) for row in ahead],
        "rest": [dates.item(row) for row in rows if row not in ahead],
        "at": ahead[0].original.isoformat() if ahead else None,
    }  # fmt: skip
    return render_template("series/show.html", page=page)


@pages.route("/series/<id:series_id>/edit", methods=["GET", "POST"])
@signed_in
def edit(series_id: int) -> ResponseReturnValue:
    """Change a date, those from it on or all that are to come; first what that would do, then, by POST, do it."""
    series = service.mine(actor(), series_id)
    typed = request.form if request.method == "POST" else request.args
    rows = queries.rows(series)  # read once: an edit that comes meanwhile may take dates along
    if request.method == "POST" and (going := service.divided_by(series, _submit(typed))):
        return redirect(url_for("series.show", series_id=going.id), 303)
    at = _at(rows, typed.get("at"))
    scope: Scope = typed.get("scope", "this") if typed.get("scope") in SCOPES else "this"  # type: ignore[assignment]
    form = _edit_form(series, rows, at, scope, typed)
    if "scope" not in typed:
        page, status = _edit_page(form, series, rows, at, None), 422 if request.method == "POST" else 200
        return render_template("series/edit.html", page=page), status
    if not form.validate():
        return render_template("series/edit.html", page=_edit_page(form, series, rows, at, scope)), 422
    edited, given = _edited(form, series, rows, at, scope), answers(typed, looking.most())
    error = None
    if request.method == "POST":
        try:
            with transaction():
                changed = service.edit(
                    actor(), series_id, edited, scope, at, given, now=clock.now(), zone=zone(),
                    request_key=_submit(typed),
                )  # fmt: skip
        except NotFound:
            raise
        except DomainError as wrong:
            error = wrong
        else:
            flash({"message": _("The series is changed.")}, "toast")  # type: ignore[arg-type]
            return redirect(url_for("series.show", series_id=changed.id), 303)
    change = looking.changing(series, edited, scope, at, given, now=clock.now(), zone=zone())
    page = _edit_page(form, series, rows, at, scope) | _seen(change, series.member_id, typed, error)
    page["counts"] = words.counts(change)
    return render_template("series/edit.html", page=page), error.status if error else 422 if change.refusals else 200


@pages.route("/series/<id:series_id>/cancel", methods=["GET", "POST"])
@signed_in
def cancel(series_id: int) -> ResponseReturnValue:
    """Give back a date, those from it on or all that are to come, each choice with the dates it means."""
    series, now = service.mine(actor(), series_id), clock.now()
    rows = queries.rows(series)
    at = _at(rows, request.values.get("at"))
    touched = changes.touched(rows, at, now)
    reasons = []
    if request.method == "POST":
        scope = request.form.get("scope")
        if scope in SCOPES:
            try:
                with transaction():
                    done = service.cancel(actor(), series_id, scope, at, now=now, zone=zone())
            except NotFound:
                raise
            except DomainError as error:
                reasons = [sentence(refusal) for refusal in error.refusals]
            else:
                flash(_cancelled(series_id, done, now), "toast")  # type: ignore[arg-type]
                return redirect(url_for("series.show", series_id=series_id), 303)
        else:
            reasons = [_("Choose which dates.")]
    page = {
        "id": series.id, "heading": words.heading(series.pattern, current_house()), "at": at.isoformat(),
        "choices": words.scope_choices(touched, at, cancelling=True), "reasons": reasons,
    }  # fmt: skip
    return render_template("series/cancel.html", page=page), 422 if reasons else 200


@pages.post("/series/<id:series_id>/restore")
@signed_in
def restore(series_id: int) -> ResponseReturnValue:
    """Take back what one act has cancelled, as far as it is to be had, and say what is not."""
    service.mine(actor(), series_id)
    since, done = _instant(request.form.get("since")), service.TakenBack()
    try:
        if since is not None:
            with transaction():
                done = service.restore(actor(), series_id, since, now=clock.now(), zone=zone())
    except NotFound:
        raise
    except DomainError as error:
        flash(" ".join(sentence(refusal) for refusal in error.refusals), "error")
        return redirect(url_for("series.show", series_id=series_id), 303)
    count = len(done.had)
    text = ngettext("%(num)d date is yours again.", "%(num)d dates are yours again.", count)
    flash({"message": text if count else _("There is nothing left to take back.")}, "toast")  # type: ignore[arg-type]
    if done.lost:
        lost = words.spans([span for span, _why in done.lost])
        why = dict.fromkeys(sentence(refusal) for _span, refusals in done.lost for refusal in refusals)
        flash(" ".join((_("Not to be had any more: %(dates)s", dates=f"{lost}."), *why)), "error")
    return redirect(url_for("series.show", series_id=series_id), 303)


@beside.of_booking
def _part(booking: Booking, _reader: Person, now: datetime) -> Part | None:
    """Say on the page of a booking which series it is of, and lead to the rest of it."""
    found = queries.of_booking(booking.id)
    if found is None:
        return None
    occurrence, series = found
    return Part("series/_of_booking.html", {
        "id": series.id, "heading": words.heading(series.pattern, current_house()),
        "at": occurrence.original.isoformat(), "changeable": not booking.cancelled and booking.end > now,
    })  # fmt: skip


@beside.of_member
def _list(reader: Person, now: datetime) -> Part | None:
    """List the series that a member has running."""
    found = queries.running(reader.id, now)
    house = current_house()
    items = [
        {
            "id": series.id,
            "heading": words.heading(series.pattern, house),
            "facts": words.summary(series.pattern, house),
        }
        for series in found
    ]
    return Part("series/_of_member.html", {"items": items}) if items else None


def _cancelled(series_id: int, done: Change, now: datetime) -> dict[str, Any]:
    """Say how many dates are cancelled; the way back is to take just these back."""
    count = len(done.of("dropped")) + len(done.of("cancelled"))
    if not count:
        return {"message": _("It is cancelled already.")}
    text = ngettext("%(num)d date is cancelled.", "%(num)d dates are cancelled.", count)
    action = url_for("series.restore", series_id=series_id)
    return {"message": text, "undo_action": action, "fields": {"since": now.isoformat()}}


def _instant(text: str | None) -> datetime | None:
    """Read when something was done; None for what is no instant."""
    try:
        found = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return found if found.tzinfo else None


def _booked(made: Sequence[Booking]) -> str:
    """Say how many dates are booked, or asked for where the station answers first."""
    count, asked = len(made), sum(1 for booking in made if booking.state == "requested")
    if asked == count:
        text = ngettext("Asked for, %(num)d time.", "Asked for, %(num)d times.", count)
    else:
        text = ngettext("Booked, %(num)d time.", "Booked, %(num)d times.", count)
    return f"{text} {kept_for(asked, count)}".strip()


# -- parts ------------------------------------------------------------------------------------------------------------


def _new_form(typed: MultiDict[str, str]) -> NewSeriesForm:
    house, known = current_house(), bool(typed.get("repeat"))
    data = {"title": "", "visible": actor().visible, "key": secrets.token_urlsafe(12), "skip_closed": True}
    form = NewSeriesForm(formdata=typed if known else _started(typed), data=data)
    if not known:
        form.visible.data, form.skip_closed.data, form.key.data = actor().visible, True, data["key"]
        form.repeat.data, form.interval.data, form.count.data, form.ends.data = (
            "weekly",
            1,
            min(10, looking.most()),
            "count",
        )
    form.key.data = form.key.data or data["key"]
    form.space.choices = own_pages.choices(house, form.space.data or 0)
    form.start.choices = form.end.choices = own_pages.clocks(house, form.start.data, form.end.data)
    _name_days(form)
    if not form.weekdays.data and form.date.data:
        form.weekdays.data = [form.date.data.weekday()]
    return form


def _started(typed: MultiDict[str, str]) -> MultiDict[str, str]:
    """Give what the form starts with: what the address names, else tomorrow morning in the first room."""
    first = next((place for place in current_house().places.values() if place.kind == "room"), None)
    start = {"date": local(clock.now()).date().isoformat(), "start": "09:00", "end": "10:00", "repeat": "weekly"}
    if first:
        start["space"] = str(first.id)
    named = {name: typed[name] for name in ("space", "date", "start", "end", "title") if typed.get(name)}
    return MultiDict(start | named)


def _name_days(form: RuleForm) -> None:
    """Name the days of the week and their places in the month, in the language in force."""
    form.weekdays.choices = [SelectChoice(number, name) for number, name in enumerate(words.weekday_names())]
    left_open = SelectChoice("", _("As the first day"))
    ordinals = [SelectChoice(number, capital(name)) for number, name in words.ordinals().items() if number > 0]
    days = [SelectChoice(number, capital(name)) for number, name in enumerate(words.weekday_names())]
    form.nth.choices, form.weekday.choices = [left_open, *ordinals], [left_open, *days]


def _new_page(form: NewSeriesForm) -> dict[str, Any]:
    return {"form": form, "limit": looking.most()}


def _previewed(
    form: NewSeriesForm, typed: MultiDict[str, str], error: DomainError | None = None
) -> ResponseReturnValue:  # fmt: skip
    if error is None and not form.validate():
        return render_template("series/new.html", page=_new_page(form)), 422
    pattern, house = form.pattern(), current_house()
    if pattern.space_id not in house.places:
        raise NotFound("space-unknown")
    change = looking.beginning(pattern, answers(typed, looking.most()), now=clock.now(), zone=zone(), house=house)
    form.blame([refusal for refusal in change.refusals if refusal.field in form])
    page = _new_page(form) | _seen(change, actor().id, typed, error)
    page["rule"] = capital(words.rule_text(pattern.rule)) if not change.refusals else None
    return render_template("series/new.html", page=page), error.status if error else 422 if change.refusals else 200


def _seen(change: Change, member_id: int, typed: MultiDict[str, str], error: DomainError | None) -> dict[str, Any]:
    """Compose what a change would do: its dates, what stands in their way, and what may be answered."""
    if change.refusals:
        return {"reasons": [sentence(refusal) for refusal in change.refusals]}
    house = current_house()
    Calendar(house.holidays).learn(*(step.after.original for step in change.steps))
    verdicts = looking.look(
        actor(), member_id, change, house=house, now=clock.now(), zone=zone(), needs=own_needs(),
    )  # fmt: skip
    by_day = {verdict.wanted.day: verdict for verdict in verdicts}
    given = answers(typed, looking.most())
    wrong = service.refused(verdicts)
    said = typed.to_dict()  # of what is not in it, a MultiDict makes an error each time
    dates = words.Dates(house)
    items = [_item(step, by_day.get(step.after.original), dates, said, given) for step in change.steps]
    fields = [(name, value) for name, value in typed.items(multi=True) if _kept(name)]
    here = f"{url_for('series.new')}?{urlencode(fields)}" if request.endpoint == "series.create" else None
    told = [] if error is None else [reason(r, here) for r in error.refusals if r.code != "series-dates" or wrong]
    return {
        "draw": partial(drawing.drawn, items), "open": len(wrong), "left_out": words.left_out(change),
        "reasons": told, "seen": True, "free": sum(1 for step in change.steps if step.after.booked) - len(wrong),
        "fields": fields,
        "listed": LISTED,
    }  # fmt: skip


def _kept(name: str) -> bool:
    return name != "csrf_token" and not name.startswith((ANSWER, "from-", "to-"))


def _item(
    step: Step, verdict: Verdict | None, dates: words.Dates, typed: Mapping[str, str], given: Mapping[date, Answer]
) -> dict[str, Any]:  # fmt: skip
    day = step.after.original
    named = day.isoformat()
    chosen = typed.get(f"{ANSWER}{named}", "")
    times = typed.get(f"from-{named}", "")[:5], typed.get(f"to-{named}", "")[:5]
    if verdict is None or verdict.granted:
        answer = chosen if day in given else ""
        return dates.item(step.after) | {"refusals": [], "answer": answer, "typed": times}
    return words.verdict_item(verdict, step, dates, chosen, times)


def _submit(typed: MultiDict[str, str]) -> str | None:
    """Give what a submit and its copies have alike, and no other; None where the form has no key."""
    said = sorted((name, value) for name, value in typed.items(multi=True) if name != "csrf_token")
    return f"{said}" if typed.get("key") else None


def _at(rows: Sequence[Row], text: str | None) -> date:
    """Read which date of a series is meant; its next one where none is named. Raises NotFound for one it has not."""
    now = clock.now()
    if text is not None:
        day = parse_date(text)
        if day is None or all(row.original != day for row in rows):
            raise NotFound("date-unknown")
        return day
    ahead = [row.original for row in rows if row.booked and not row.begun(now)]
    return ahead[0] if ahead else rows[-1].original


def _edit_form(
    series: Series, rows: Sequence[Row], at: date, scope: Scope, typed: MultiDict[str, str]
) -> EditSeriesForm:  # fmt: skip
    house, pattern = current_house(), series.pattern
    row = next(row for row in rows if row.original == at)
    span = row.span
    times = changes.times_of(span, zone()) if span else pattern.times
    data = RuleForm.said(changes.ended_by_date(pattern, rows)) | {
        "space": row.space_id, "date": local(span.start).date() if span else at, "start": times.start,
        "end": times.end, "title": row.title, "scope": scope,
    }  # fmt: skip
    form = EditSeriesForm(formdata=typed if "title" in typed else None, data=data)
    form.key.data = form.key.data or secrets.token_urlsafe(12)
    form.space.choices = own_pages.choices(house, form.space.data or 0)
    form.start.choices = form.end.choices = own_pages.clocks(house, form.start.data, form.end.data)
    _name_days(form)
    return form


def _edited(form: EditSeriesForm, series: Series, rows: Sequence[Row], at: date, scope: Scope) -> Edit:
    """Tell what was changed: a field that says what the date says already is left alone."""
    pattern = series.pattern
    row = next(row for row in rows if row.original == at)
    span = row.span
    had = changes.times_of(span, zone()) if span else pattern.times
    asked = type(had)(int(form.start.data or 0), int(form.end.data or 0))
    day = form.date.data if scope == "this" else None
    rule = None
    if scope != "this":
        known = changes.ended_by_date(pattern, rows)
        rule = form.rule(at, known)
        rule = None if rule in (known, pattern.rule) else rule
    return Edit(
        title=None if form.title.data == row.title else form.title.data or "",
        times=None if asked == had else asked,
        space_id=None if form.space.data == row.space_id else form.space.data,
        day=day if day and span and day != local(span.start).date() else None,
        rule=rule,
    )


def _edit_page(
    form: EditSeriesForm, series: Series, rows: Sequence[Row], at: date, scope: Scope | None
) -> dict[str, Any]:  # fmt: skip
    touched = changes.touched(rows, at, clock.now())
    return {
        "form": form, "id": series.id, "at": at.isoformat(), "scope": scope or "this",
        "heading": words.heading(series.pattern, current_house()), "rule": words.rule_text(series.pattern.rule),
        "choices": words.scope_choices(touched, at, cancelling=False), "limit": looking.most(),
    }  # fmt: skip
