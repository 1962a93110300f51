"""Events as staff plan them: what is said, the programme, people, rooms, and moving all of it at once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from innovation_station import clock, pictures
from innovation_station.bookings.choice import place_title
from innovation_station.bookings.models import Booking
from innovation_station.db import db, transaction
from innovation_station.errors import DomainError, NotFound, Refusal, Refused
from innovation_station.events import queries, rules, service, words
from innovation_station.events.forms import (
    AttachForm,
    CancelForm,
    CopyForm,
    CoverForm,
    FactsForm,
    MoveForm,
    NewEventForm,
    PartyForm,
    RoomForm,
    SessionForm,
    SpeakerForm,
    TimesForm,
    cleaned,
    given,
)
from innovation_station.events.models import Event, Session
from innovation_station.events.queries import Whole
from innovation_station.events.rules import Item, Programme, Use, may_manage_events
from innovation_station.events.service import Details
from innovation_station.events.showing import carry, head, whole_of
from innovation_station.forms import Form, parse_id
from innovation_station.i18n import gettext as _
from innovation_station.i18n import local, ngettext, sentence, span_text, zone
from innovation_station.organisations import queries as organisations
from innovation_station.organisations.words import name_of
from innovation_station.spaces.holidays import Calendar
from innovation_station.spaces.rules import House
from innovation_station.timespan import Span
from innovation_station.web import actor, current_house, guard, takes_up_to

pages = Blueprint("staff_events", __name__, url_prefix="/staff/events")
guard(pages, may_manage_events)


@pages.route("", methods=["GET", "POST"])
def index() -> ResponseReturnValue:
    """List events, and make a draft."""
    form = NewEventForm()
    form.category.choices = _pairs(words.category_names())

    def create() -> int:
        last = form.last.data or given(form.date)
        span = rules.local_span(given(form.date), given(form.start), last, given(form.end), zone())
        titles = (form.title_sv.data or "", form.title_en.data or "")
        facts = rules.Facts(titles, category=form.category.data)
        return service.create(actor(), facts, span, now=clock.now()).id

    sent = form.carry_out(create)
    if sent.done:
        return redirect(url_for("staff_events.edit", event_id=sent.made), 303)
    rows = [words.staff_row(event, clock.now()) for event in queries.for_staff(clock.now())]
    return render_template("events/staff_index.html", form=form, events=rows), sent.status


@pages.route("/<id:event_id>", methods=["GET", "POST"])
def edit(event_id: int) -> ResponseReturnValue:
    """Show an event and change what is said of it."""
    whole = whole_of(event_id)
    form = _facts_form(whole.event)
    sent = form.carry_out(lambda: service.say(actor(), event_id, form.facts(), now=clock.now(), zone=zone()))
    if sent.done:
        flash(_("Saved."))
        return redirect(url_for("staff_events.edit", event_id=event_id), 303)
    return _edit_page(event_id, form), sent.status


@pages.post("/<id:event_id>/state")
def turn(event_id: int) -> ResponseReturnValue:
    """Publish, withdraw, cancel or delete: `act`."""
    whole_of(event_id)
    act, form, now = request.form.get("act", ""), CancelForm(), clock.now()
    try:
        with transaction():
            if act == "publish":
                service.publish(actor(), event_id, now=now, zone=zone())
            elif act == "withdraw":
                service.withdraw(actor(), event_id, now=now, zone=zone())
            elif act == "cancel" and form.validate():
                reasons = (form.cancel_sv.data or "", form.cancel_en.data or "")
                service.cancel(actor(), event_id, reasons, now=now, zone=zone())
            elif act == "discard":
                service.discard(actor(), event_id, now=now, zone=zone())
            else:
                raise Refused([Refusal("event-choice")])
    except NotFound:
        raise
    except DomainError as error:
        return _edit_page(event_id, _facts_form(queries.get(event_id), fresh=True), error), error.status
    if act == "discard":
        return redirect(url_for("staff_events.index"), 303)
    flash(_("Saved."))
    return redirect(url_for("staff_events.edit", event_id=event_id), 303)


@pages.post("/<id:event_id>/times")
def times(event_id: int) -> ResponseReturnValue:
    """Change when an event begins and ends; its sessions stay."""
    whole, form = whole_of(event_id), TimesForm()
    if not form.validate():
        return _edit_page(event_id, _facts_form(whole.event, fresh=True), times_form=form), 422
    try:
        span = rules.local_span(
            given(form.date), given(form.start), form.last.data or given(form.date), given(form.end), zone()
        )

        def change(programme: Programme) -> Programme:
            return Programme(span, programme.items, programme.uses)

        with transaction():
            service.carry_out(actor(), event_id, change, now=clock.now(), zone=zone())
    except NotFound:
        raise
    except DomainError as error:
        form.blame(error.refusals)
        return _edit_page(event_id, _facts_form(whole.event, fresh=True), times_form=form), error.status
    flash(_("Saved."))
    return redirect(url_for("staff_events.edit", event_id=event_id), 303)


@pages.post("/<id:event_id>/cover")
@takes_up_to(pictures.LARGEST_UPLOAD + 64 * 1024)
def cover(event_id: int) -> ResponseReturnValue:
    """Store a picture, or take it away."""
    whole, file = whole_of(event_id), request.files.get("cover")
    picture = file.read(pictures.LARGEST_UPLOAD + 1) if file and file.filename else None
    try:
        if picture is None and "remove" not in request.form:
            raise Refused([Refusal("picture-none", "cover")])
        with transaction():
            service.set_cover(actor(), event_id, picture, now=clock.now())
    except DomainError as error:
        return _edit_page(event_id, _facts_form(whole.event, fresh=True), error), error.status
    return redirect(url_for("staff_events.edit", event_id=event_id), 303)


@pages.post("/<id:event_id>/parties")
def party(event_id: int) -> ResponseReturnValue:
    """Give an organisation its part, or take it back: `remove`."""
    whole, form = whole_of(event_id), PartyForm()
    form.role.choices = _pairs(words.party_names())
    try:
        if not form.validate():
            raise Refused([Refusal("event-choice", "role")])
        role = "" if "remove" in request.form else form.role.data
        with transaction():
            organisation_id = parse_id(str(form.organisation.data)) or 0
            service.set_party(actor(), event_id, organisation_id, role, now=clock.now())
    except NotFound:
        raise
    except DomainError as error:
        return _edit_page(event_id, _facts_form(whole.event, fresh=True), error), error.status
    return redirect(url_for("staff_events.edit", event_id=event_id, _anchor="parties"), 303)


# -- programme and people ----------------------------------------------------------------------------------------------


@pages.get("/<id:event_id>/programme")
def programme(event_id: int) -> ResponseReturnValue:
    """Show the programme with all that is odd in it, and the people."""
    return _programme_page(event_id)


@pages.route("/<id:event_id>/sessions", methods=["GET", "POST"])
def new_session(event_id: int) -> ResponseReturnValue:
    """Add a session."""
    return _session(whole_of(event_id), None)


@pages.route("/<id:event_id>/sessions/<id:event_session_id>", methods=["GET", "POST"])
def session(event_id: int, event_session_id: int) -> ResponseReturnValue:
    """Change a session, or take it out: `remove`."""
    whole = whole_of(event_id)
    row = next((row for row in whole.sessions if row.id == event_session_id), None)
    if row is None:
        raise NotFound
    if request.method == "POST" and "remove" in request.form:
        back = url_for(".programme", event_id=event_id)
        answer = carry(whole, lambda programme: programme.without(item=event_session_id), back)
        return answer or _programme_page(event_id)
    return _session(whole, row)


def _session(whole: Whole, row: Session | None) -> ResponseReturnValue:
    form = _session_form(whole, row)
    roles = {part.speaker_id: part.role for part in whole.parts.get(row.id, ())} if row else {}
    if request.method == "GET":
        return _session_page(whole, row, form, roles)
    roles = _roles(request.form)
    if not form.validate():
        return _session_page(whole, row, form, roles), 422
    try:
        item, details = _read_session(form, row, roles)
        service.check_details(item, details)
    except DomainError as error:
        form.blame(error.refusals)
        return _session_page(whole, row, form, roles), error.status
    back = url_for(".programme", event_id=whole.event.id)
    answer = carry(whole, lambda programme: programme.with_item(item), back, details, form=form)
    return answer if answer is not None else (_session_page(whole, row, form, roles), 422)


@pages.post("/<id:event_id>/speakers")
def speaker(event_id: int) -> ResponseReturnValue:
    """Add a person, or take one off: `remove`."""
    whole_of(event_id)
    form = SpeakerForm()
    removed = request.form.get("remove", "")
    try:
        with transaction():
            if removed:
                service.drop_speaker(actor(), event_id, parse_id(removed) or 0, now=clock.now())
            elif form.validate():
                service.add_speaker(
                    actor(), event_id, name=form.name.data or "", title=form.title.data or "",
                    affiliation=form.affiliation.data or "", email=form.email.data or "", now=clock.now(),
                )  # fmt: skip
            else:
                raise Refused([Refusal("form")])
    except NotFound:
        raise
    except DomainError as error:
        form.blame([refusal for refusal in error.refusals if refusal.code != "form"])
        return _programme_page(event_id, form), error.status
    return redirect(url_for("staff_events.programme", event_id=event_id, _anchor="people"), 303)


@pages.route("/<id:event_id>/speakers/<id:speaker_id>", methods=["GET", "POST"])
def one_speaker(event_id: int, speaker_id: int) -> ResponseReturnValue:
    """Change what is said of a person."""
    whole = whole_of(event_id)
    if (row := whole.speakers.get(speaker_id)) is None:
        raise NotFound
    form = SpeakerForm(data={"name": row.name, "title": row.title, "affiliation": row.affiliation})
    sent = form.carry_out(
        lambda: service.change_speaker(
            actor(), event_id, speaker_id, name=form.name.data or "", title=form.title.data or "",
            affiliation=form.affiliation.data or "", email=form.email.data or "",
            unlink="unlink" in request.form, now=clock.now(),
        )
    )  # fmt: skip
    if sent.done:
        flash(_("Saved."))
        return redirect(url_for("staff_events.programme", event_id=event_id, _anchor="people"), 303)
    linked = row.member_id is not None
    return render_template("events/staff_speaker.html", event=head(whole), form=form, linked=linked), sent.status


# -- rooms and moving --------------------------------------------------------------------------------------------------


@pages.route("/<id:event_id>/rooms", methods=["GET", "POST"])
def rooms(event_id: int) -> ResponseReturnValue:
    """Show all that an event holds; hold a place beside the programme (`add`), let one go (`remove`), or take over the
    time of a booking (`attach`)."""
    whole, back = whole_of(event_id), url_for("staff_events.rooms", event_id=event_id)
    if request.method == "GET":
        return _rooms_page(whole)
    if removed := request.form.get("remove", ""):
        number = parse_id(removed) or 0
        return carry(whole, lambda programme: programme.without(use=number), back) or _rooms_page(whole)
    attach = "booking" in request.form
    form: Form = _attach_form(sent=True) if attach else _room_form(sent=True)
    if not form.validate():
        return _rooms_page(whole, form), 422
    try:
        use = _attached(form) if isinstance(form, AttachForm) else _read_room(form)
    except DomainError as error:
        form.blame(error.refusals)
        return _rooms_page(whole, form), error.status
    answer = carry(whole, lambda programme: programme.with_use(use), back, form=form)
    return answer if answer is not None else (_rooms_page(whole, form), 422)


@pages.route("/<id:event_id>/move", methods=["GET", "POST"])
def move(event_id: int) -> ResponseReturnValue:
    """Move all of an event by the wall clock: first what that does to whom, then, with the plan's token, do it."""
    whole = whole_of(event_id)
    begins = local(whole.event.start)
    form = MoveForm(data={"date": begins.date(), "start": begins.time()})
    if request.method == "GET":
        return _move_page(whole, form)
    if not form.validate():
        return _move_page(whole, form), 422
    days = (given(form.date) - begins.date()).days
    minutes = given(form.start) - (begins.hour * 60 + begins.minute)
    back = url_for("staff_events.edit", event_id=event_id)

    def change(programme: Programme) -> Programme:
        return programme.moved(days, minutes, zone())

    answer = carry(whole, change, back, form=form, always=True)
    return answer if answer is not None else (_move_page(whole, form), 422)


@pages.route("/<id:event_id>/copy", methods=["GET", "POST"])
def copy(event_id: int) -> ResponseReturnValue:
    """Make a copy, a series of them, or a template."""
    whole, form, now = whole_of(event_id), CopyForm(), clock.now()
    form.what.choices = _pairs(_copies())
    if request.method == "GET":
        return _copy_page(whole, form)
    if not form.validate():
        return _copy_page(whole, form), 422
    try:
        with transaction():
            made = [_copied(event_id, day, form.what.data, now) for day in _days(form)]
    except NotFound:
        raise
    except DomainError as error:
        form.blame(error.refusals)
        return _copy_page(whole, form), error.status
    flash(ngettext("%(num)d draft is made.", "%(num)d drafts are made.", len(made)))
    back = url_for("staff_events.edit", event_id=made[0].id) if len(made) == 1 else url_for("staff_events.index")
    return redirect(back, 303)


def _copied(event_id: int, day: date, what: str, now: datetime) -> Event:
    state = "template" if what == "template" else "draft"
    return service.copy(
        actor(), event_id, day, now=now, zone=zone(), state=state, group=what in ("monthly", "weekly")
    )  # fmt: skip


def _days(form: CopyForm) -> list[date]:
    """List the first days of the copies that were asked for. Raises Refused."""
    first, count = given(form.date), form.count.data or 1
    if form.what.data in ("copy", "template"):
        return [first]
    if not 1 <= count <= rules.MOST_COPIES:
        raise Refused([Refusal("event-copies", "count", {"most": rules.MOST_COPIES})])
    if form.what.data == "weekly":
        return [first + timedelta(days=7 * ahead) for ahead in range(count)]
    return [first, *rules.monthly(first, count - 1)]


# -- pages -------------------------------------------------------------------------------------------------------------


def _pairs(names: Mapping[str, str]) -> list[tuple[str, str]]:
    return list(names.items())


def _facts_form(event: Event | None, *, fresh: bool = False) -> FactsForm:
    form = FactsForm(formdata=None, obj=event) if fresh else FactsForm(obj=event)
    form.category.choices = _pairs(words.category_names())
    form.format.choices = _pairs(words.format_names())
    form.visibility.choices = _pairs(words.visibility_names())
    return form


def _edit_page(
    event_id: int, form: FactsForm, error: DomainError | None = None, times_form: TimesForm | None = None
) -> str:  # fmt: skip
    whole = whole_of(event_id)
    first, last = local(whole.event.start), local(whole.event.end - words.A_MOMENT)
    end = local(whole.event.end).time()
    kept = {"date": first.date(), "last": last.date(), "start": first.time(), "end": end}
    parties = PartyForm(formdata=None)
    parties.role.choices = _pairs(words.party_names())
    parties.organisation.choices = [(row.id, name_of(row)) for row, _count in organisations.every()]
    return render_template(
        "events/staff_edit.html", event=head(whole), form=form, page=words.page(whole, current_house(), clock.now()),
        times_form=times_form or TimesForm(formdata=None, data=kept), party_form=parties,
        cover_form=CoverForm(formdata=None), cancel_form=CancelForm(formdata=None),
        reasons=[sentence(one) for one in error.refusals] if error else [],
    )  # fmt: skip


def _programme_page(event_id: int, form: SpeakerForm | None = None) -> str:
    whole, house = whole_of(event_id), current_house()
    page = words.page(whole, house, clock.now())
    odd = rules.oddities(whole.programme, house.places, zone(), Calendar(house.holidays))
    return render_template(
        "events/staff_programme.html", event=head(whole), page=page,
        warnings=[words.warning_text(one, whole, house) for one in odd], form=form or SpeakerForm(formdata=None),
    )  # fmt: skip


def _session_form(whole: Whole, row: Session | None) -> SessionForm:
    house, event = current_house(), whole.event
    last = whole.sessions[-1].end if whole.sessions else event.start
    begins = local(row.start if row else last)
    ends = local(row.end if row else last + timedelta(hours=1))
    data: dict[str, Any] = {"date": begins.date(), "start": begins.time(), "end": ends.time(), "space": 0, "layout": ""}
    if row is not None:
        data |= {
            "kind": row.kind, "title_sv": row.title_sv, "title_en": row.title_en, "space": row.space_id or 0,
            "layout": row.layout or "", "elsewhere": row.elsewhere, "people": row.people, "setup": row.setup or None,
            "clearing": row.clearing or None, "track": row.track, "about_sv": row.about_sv, "about_en": row.about_en,
            "materials": "\n".join(f"{said} {address}" for said, address in row.materials),
        }  # fmt: skip
    form = SessionForm(data=data)
    form.kind.choices = _pairs(words.kind_names())
    form.space.choices = [(0, _("No place of the house")), *_places(house)]
    form.layout.choices = [("", _("As it stands")), *words.layouts_of(house)]
    return form


def _places(house: House) -> list[tuple[int, str]]:
    order = {"hall": 0, "room": 1, "booth": 2, "desk": 3}
    shown = [place for place in house.places.values() if place.id not in house.gone]
    return [(place.id, place_title(place)) for place in sorted(shown, key=lambda place: order[place.kind])]


def _roles(sent: MultiDict[str, str]) -> dict[int, str]:
    return {
        number: value
        for name, value in sent.items()
        if name.startswith("role-") and (number := parse_id(name[5:])) is not None and value in rules.ROLES
    }


def _read_session(form: SessionForm, row: Session | None, roles: Mapping[int, str]) -> tuple[Item, Details]:
    span = rules.local_span(given(form.date), given(form.start), given(form.date), given(form.end), zone())
    setup, clearing = (field.data or 0 for field in (form.setup, form.clearing))
    if max(setup, clearing) > rules.MOST_BUFFER:
        raise Refused([Refusal("piece-long", "setup")])
    item = Item(
        row.id if row else 0, form.kind.data, (form.title_sv.data or "", form.title_en.data or ""), span,
        form.space.data or None, form.layout.data or None, form.people.data or None, setup, clearing,
        tuple(sorted(roles)),
    )  # fmt: skip
    details = Details(
        item.id, (cleaned(form.about_sv.data), cleaned(form.about_en.data)), form.track.data or "",
        form.elsewhere.data or "", form.links(), roles,
    )  # fmt: skip
    return item, details


def _session_page(whole: Whole, row: Session | None, form: SessionForm, roles: Mapping[int, str]) -> str:
    people = [
        {"id": one.id, "name": one.name, "what": one.affiliation, "role": roles.get(one.id, "")}
        for one in whole.speakers.values()
    ]
    return render_template(
        "events/staff_session.html", event=head(whole), form=form, session_id=row.id if row else None, people=people,
        roles=_pairs(words.role_names()),
    )  # fmt: skip


def _room_form(*, sent: bool) -> RoomForm:
    form = RoomForm() if sent else RoomForm(formdata=None)
    form.purpose.choices = _pairs(words.purpose_names())
    form.space.choices = _places(current_house())
    return form


def _attach_form(*, sent: bool) -> AttachForm:
    return AttachForm() if sent else AttachForm(formdata=None)


def _read_room(form: Form) -> Use:
    assert isinstance(form, RoomForm)  # noqa: S101  the caller has made it
    span = rules.local_span(given(form.date), given(form.start), given(form.date), given(form.end), zone())
    return Use(0, form.space.data, form.purpose.data, span)


def _attached(form: AttachForm) -> Use:
    """Give what a booking has, to be the event's."""
    row = db.session.get(Booking, form.booking.data or 0)
    if row is None or row.cancelled or row.end <= clock.now():
        raise Refused([Refusal("booking-unknown", "booking")])
    return Use(0, row.space_id, "other", row.span)


def _rooms_page(whole: Whole, form: Form | None = None) -> str:
    house = current_house()
    rows = {room.id: room for room in whole.rooms}
    titles = {row.id: words.said(row.titles) for row in whole.sessions}
    held = []
    for hold in rules.holds(whole.programme, house.places):
        sort, row_id = hold.for_
        purpose = words.purpose_names()[rows[row_id].purpose] if sort == "use" else None
        held.append({
            "text": words.hold_text(hold, house), "for": purpose or titles[row_id]["text"],
            "lang": None if purpose else titles[row_id]["lang"], "room": row_id if sort == "use" else None,
        })  # fmt: skip
    room = form if isinstance(form, RoomForm) else _room_form(sent=False)
    if not isinstance(form, RoomForm):
        room.date.data = local(whole.event.start).date()
    return render_template(
        "events/staff_rooms.html", event=head(whole), held=held, form=room, refused=form,
        attach_form=form if isinstance(form, AttachForm) else _attach_form(sent=False),
    )  # fmt: skip


def _move_page(whole: Whole, form: MoveForm) -> str:
    return render_template("events/staff_move.html", event=head(whole), form=form, count=len(whole.programme.items))


def _copies() -> dict[str, str]:
    return {
        "copy": _("A copy on another day"), "monthly": _("A series, every month on the same weekday"),
        "weekly": _("A series, every week"), "template": _("A template, which holds no rooms"),
    }  # fmt: skip


def _copy_page(whole: Whole, form: CopyForm) -> str:
    return render_template("events/staff_copy.html", event=head(whole), form=form, when=_when(whole.event.span))


def _when(span: Span) -> str:
    return f"{words.when_text(span)} {span_text(span)}"
