"""The pages of external calendars, alike for those of places, which staff look after, and a member's own."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from innovation_station import clock
from innovation_station.bookings import busy
from innovation_station.db import db, transaction
from innovation_station.errors import DomainError, NotFound, Refusal, Refused, TooMany
from innovation_station.external import jobs, queries, rules, safe, service, words
from innovation_station.external.forms import CalendarForm, calendar_form, zone_form
from innovation_station.external.models import ExternalCalendar, ExternalDraft
from innovation_station.external.reading import Reading
from innovation_station.external.service import Means
from innovation_station.i18n import gettext as _
from innovation_station.i18n import sentence, zone
from innovation_station.spaces.rules import House
from innovation_station.web import actor, current_house

LARGEST_BODY = 51_000_000  # what a form may bring: a file of the largest size a house may set, and the fields
PATIENCE = 20.0  # seconds that somebody waits for a page, and a thread of the server with them
FIRST_SHOWN = 12
AGAIN_AFTER = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Pages:
    """One of the two sets of pages: `own` are those of a member, `base` is what their endpoints begin with."""

    own: bool
    base: str

    def url(self, name: str, **values: Any) -> str:
        """Give the address of one of them."""
        return url_for(f"{self.base}.{name}", **values)

    @property
    def key(self) -> str:
        """Name what their addresses call the number of a calendar."""
        return "own_id" if self.own else "calendar_id"

    # -- the list -----------------------------------------------------------------------------------------------------

    def index(self, form: CalendarForm | None = None, error: DomainError | None = None) -> str:
        """List the calendars, and ask for another."""
        now, house = clock.now(), current_house()
        form = form or calendar_form(None if self.own else house)
        if error is not None:
            form.blame(error.refusals)
        calendars = queries.of_member(actor().id) if self.own else queries.of_spaces()
        counts = queries.coming([calendar.id for calendar in calendars], now)
        rows = [self._row(calendar, *counts.get(calendar.id, (0, 0))) for calendar in calendars]
        clashes = [] if self.own else [_clash(clash, house) for clash in busy.clashes(now)]
        return render_template(
            "external/own.html" if self.own else "staff/external.html", form=form, rows=rows, clashes=clashes,
            full=self.own and len(rows) >= rules.MOST_OF_ONE, action=self.url("index"),
        )  # fmt: skip

    def _row(self, calendar: ExternalCalendar, coming: int, met: int) -> dict[str, Any]:
        said = calendar.said
        return {
            "id": calendar.id, "name": calendar.name, "place": calendar.space.name if calendar.space else None,
            "space_id": calendar.space_id, "source": calendar.host or _("an uploaded file"),
            "fetched": calendar.host is not None, "state": calendar.state, "mark": words.state_mark(calendar),
            "error": words.error_text(calendar), "last": words.instant_text(calendar.succeeded_at),
            "tried": words.instant_text(calendar.tried_at), "coming": coming, "met": met,
            "by": calendar.made_by.name if not self.own and calendar.made_by else None,
            "zone": calendar.zone or said.get("floating_zone") or "",
            "problems": [words.problem_text(*one) for one in said.get("problems", ())], "more": said.get("more", 0),
            "action": self.url("act", **{self.key: calendar.id}), "edit": self.url("edit", **{self.key: calendar.id}),
        }  # fmt: skip

    def add(self) -> ResponseReturnValue:
        """Fetch an address or take a file, and show what it says before it counts."""
        form, now = calendar_form(None if self.own else current_house()), clock.now()
        if not form.validate_on_submit():
            return self.index(form), 422
        try:
            space_id, source = self._space(form), _source(form)
            with transaction():
                draft_id = service.begin(actor(), now=now)
            found = service.gather(source, means()) if isinstance(source, str) else service.uploaded(source, means())
            with transaction():
                service.keep_draft(
                    actor(), draft_id, found, name=form.name.data or "", space_id=space_id,
                    zone=form.zone.data or None, means=means(), now=now,
                )  # fmt: skip
        except NotFound:
            raise
        except DomainError as error:
            later = {"Retry-After": str(error.retry_after)} if isinstance(error, TooMany) else {}
            return self.index(form, error), error.status, later
        return redirect(self.url("preview", draft_id=draft_id), 303)

    def _space(self, form: CalendarForm) -> int | None:
        if self.own:
            return None
        text = form.space.data or ""
        if not (text.isascii() and text.isdigit() and len(text) < 10):
            raise NotFound("space-unknown")
        return int(text)

    # -- looked at before it counts -----------------------------------------------------------------------------------

    def preview(self, draft_id: int, error: DomainError | None = None) -> ResponseReturnValue:
        """Show what a calendar would take, what stands in its way and what cannot be read of it."""
        draft, reading, refused = self._looked_at(draft_id)
        refused = error or refused
        space_id, name = draft.space_id, draft.name
        zones = zone_form(draft.zone)
        found: dict[str, Any] = {}
        if reading is not None:
            if asked := rules.read_refusals(reading, draft.zone):
                refused = refused or Refused(asked)
            found = _shown(reading, space_id)
        house = current_house()
        db.session.rollback()
        shown = render_template(
            "external/preview.html" if self.own else "staff/external_preview.html", name=name,
            place=house.places[space_id].name if space_id else None, zones=zones,
            action=self.url("decide", draft_id=draft_id), reading=reading is not None, found=found,
            reasons=[sentence(one) for one in refused.refusals] if refused else [], section=f"{self.base}.index",
            ready=reading is not None and refused is None,
        )  # fmt: skip
        return shown, error.status if error else 200

    def _looked_at(self, draft_id: int) -> tuple[ExternalDraft, Reading | None, DomainError | None]:
        draft = service.drafted(actor(), draft_id, now=clock.now())
        if (draft.space_id is None) != self.own:
            raise NotFound("external-draft-gone")
        try:
            return draft, service.read(safe.unpacked(draft.file), draft.zone, means(), now=clock.now()), None
        except Refused as refused:
            return draft, None, refused

    def decide(self, draft_id: int) -> ResponseReturnValue:
        """Let it count, read it in another zone, or let it go; `act` says which."""
        wanted, now = request.form.get("act"), clock.now()
        try:
            service.drafted(actor(), draft_id, now=now)
            if wanted == "drop":
                with transaction():
                    service.drop_draft(actor(), draft_id)
                return redirect(self.url("index"), 303)
            if wanted == "zone":
                self._looked_at(draft_id)
                with transaction():
                    service.rezone(actor(), draft_id, request.form.get("zone") or None, now=now)
                return redirect(self.url("preview", draft_id=draft_id), 303)
            if wanted != "take":
                raise Refused([Refusal("external-act", "act")])
            draft, reading, refused = self._looked_at(draft_id)
            if refused is not None or reading is None:
                return self.preview(draft_id, refused)
            file = service.wordless(draft)
            db.session.rollback()
            with transaction():
                made = service.take(actor(), draft_id, reading, file, now=now, zone=zone())
                name = made.name
        except NotFound:
            raise
        except DomainError as error:
            return self.preview(draft_id, error)
        flash(_("%(calendar)s counts from now on.", calendar=name), "ok")
        return redirect(self.url("index"), 303)

    # -- what there is ------------------------------------------------------------------------------------------------

    def act(self, calendar_id: int) -> ResponseReturnValue:
        """Fetch one now, let it rest, go on with it, or remove it; `act` says which."""
        wanted, now, who = request.form.get("act"), clock.now(), actor()
        try:
            if wanted == "fetch":
                return self._fetch(calendar_id)
            if wanted == "edit":
                return self._edit(calendar_id)
            with transaction():
                if wanted == "pause":
                    service.pause(who, calendar_id, own=self.own, now=now)
                elif wanted == "resume":
                    service.resume(who, calendar_id, own=self.own, now=now)
                elif wanted == "remove":
                    service.remove(who, calendar_id, own=self.own, now=now, zone=zone())
                else:
                    service.found(who, calendar_id, own=self.own)
                    raise Refused([Refusal("external-act", "act")])
        except NotFound:
            raise
        except DomainError as error:
            return self.index(error=error), error.status
        flash({
            "pause": _("It rests. What it has said stands."), "resume": _("It is fetched again within a minute."),
            "remove": _("It is removed, and its time is free."),
        }[wanted or ""])  # fmt: skip
        return redirect(self.url("index"), 303)

    def edit(self, calendar_id: int, form: CalendarForm | None = None) -> str:
        """Show how a calendar is called and read, and from where."""
        calendar = service.found(actor(), calendar_id, own=self.own)
        if form is None:
            form = calendar_form(None, filled=False)
            form.name.data, form.zone.data = calendar.name, calendar.zone or ""
        return render_template(
            "external/edit.html" if self.own else "staff/external_edit.html", form=form, name=calendar.name,
            place=current_house().places[calendar.space_id].name if calendar.space_id else None, host=calendar.host,
            action=self.url("act", **{self.key: calendar_id}), back=self.url("index"),
        )  # fmt: skip

    def _edit(self, calendar_id: int) -> ResponseReturnValue:
        """Look at what a calendar is to be: from another address or file, or the same one read anew; a name alone
        counts at once."""
        form, now = calendar_form(None), clock.now()
        calendar = service.found(actor(), calendar_id, own=self.own)
        space_id, zone_now = calendar.space_id, calendar.zone
        if not form.validate():
            return self.edit(calendar_id, form), 422
        try:
            source = _new_source(form)
            if source is None and (form.zone.data or None) == zone_now:
                with transaction():
                    service.rename(actor(), calendar_id, form.name.data or "", own=self.own, now=now)
                flash(_("Saved."))
                return redirect(self.url("index"), 303)
            with transaction():
                draft_id = service.begin(actor(), now=now)
            found = self._come(calendar_id, source)
            with transaction():
                service.keep_draft(
                    actor(), draft_id, found, name=form.name.data or "", space_id=space_id,
                    zone=form.zone.data or None, means=means(), now=now, calendar_id=calendar_id,
                )  # fmt: skip
        except NotFound:
            raise
        except DomainError as error:
            form.blame(error.refusals)
            return self.edit(calendar_id, form), error.status
        return redirect(self.url("preview", draft_id=draft_id), 303)

    def _come(self, calendar_id: int, source: str | bytes | None) -> service.Gathered:
        """Get what a calendar is to be read from; nothing is held while a server takes its time."""
        if isinstance(source, bytes):
            return service.uploaded(source, means())
        if source is not None:
            return service.gather(source, means())
        calendar = service.found(actor(), calendar_id, own=self.own)
        db.session.expunge(calendar)
        db.session.rollback()
        return service.source_of(calendar, means())

    def _fetch(self, calendar_id: int) -> ResponseReturnValue:
        now = clock.now()
        calendar = service.found(actor(), calendar_id, own=self.own)
        tried, resting = calendar.tried_at, calendar.state == "paused"
        db.session.rollback()
        if resting:
            flash(_("It rests. Let it go on first."))
        elif tried is not None and now - tried < AGAIN_AFTER:
            flash(_("It was fetched just now. Try again in a minute."))
        elif jobs.fetch_one(calendar_id, now, means()) is None:
            flash(_("It could not be fetched. The reason stands beside it."), "no")
        else:
            flash(_("Fetched. What it says counts."), "ok")
        return redirect(self.url("index"), 303)


def means() -> Means:
    """Give with what calendars are got while somebody waits for the page."""
    given = jobs.means()
    return replace(given, reach=replace(given.reach, seconds=min(PATIENCE, given.reach.seconds)))


def _new_source(form: CalendarForm) -> str | bytes | None:
    """Give the address or the bytes of the file that a form brings, None where it brings neither. Raises Refused."""
    file = request.files.get("file")
    has_file = file is not None and bool(file.filename)
    return _source(form) if has_file or (form.address.data or "").strip() else None


def _source(form: CalendarForm) -> str | bytes:
    """Give the address or the bytes of the file that a form brings. Raises Refused."""
    file, address, data = request.files.get("file"), (form.address.data or "").strip(), b""
    has_file = file is not None and bool(file.filename)
    if file is not None:
        data = file.stream.read(means().reach.size + 1)
        file.close()  # a large one lies in the file system
    if has_file == bool(address):
        raise Refused([Refusal("external-source", "address")])
    return address or data


def _clash(clash: busy.Clash, house: House) -> dict[str, Any]:
    return {
        "place": house.places[clash.busy.space_id].name, "source": clash.busy.source,
        "busy": words.times_text(clash.busy.span), "booked": words.times_text(clash.booking.span),
        "who": clash.booking.member.name, "href": url_for("bookings.show", booking_id=clash.booking.id),
    }  # fmt: skip


def _shown(reading: Reading, space_id: int | None) -> dict[str, Any]:
    now = clock.now()
    coming = [entry for entry in reading.busy if entry.end > now]
    met = busy.meets(space_id, [entry.span for entry in coming], now) if space_id else []
    return {
        "title": reading.name, "count": len(coming), "events": reading.events,
        "first": [
            {
                "when": words.times_text(entry.span), "title": entry.title, "zone": entry.zone,
                "all_day": entry.all_day,
            }
            for entry in coming[:FIRST_SHOWN]
        ],
        "clashes": [_clash(clash, current_house()) for clash in met],
        "problems": words.problem_texts(reading.problems), "more": reading.more_problems,
        "zones": sorted(reading.zones), "unknown": sorted(reading.unknown), "floating": reading.floating,
        "floating_zone": reading.floating_zone, "stated": reading.stated,
    }  # fmt: skip
