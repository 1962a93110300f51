"""Events from a calendar file, as staff take them in: what the file says, what is known of it already, and a choice."""

from __future__ import annotations

from collections import Counter
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from innovation_station import clock
from innovation_station.db import db, transaction
from innovation_station.errors import DomainError, Refusal, Refused
from innovation_station.events import bringing, intake
from innovation_station.events import intake_words as words
from innovation_station.events.forms import FileForm
from innovation_station.events.intake import Row
from innovation_station.events.rules import may_manage_events
from innovation_station.external import jobs, safe
from innovation_station.external import words as external
from innovation_station.external.forms import zone_form
from innovation_station.external.pages import LARGEST_BODY
from innovation_station.external.reading import Reading
from innovation_station.i18n import NAMES, language, ngettext, sentence, zone
from innovation_station.i18n import gettext as _
from innovation_station.spaces.rules import House, Language
from innovation_station.web import actor, current_house, guard, takes_up_to

pages = Blueprint("staff_event_import", __name__, url_prefix="/staff/events/import")
guard(pages, may_manage_events)


@pages.get("")
def index() -> ResponseReturnValue:
    """Ask for a file, and show what the last one says as long as it is kept."""
    return _page()


@pages.post("")
@takes_up_to(LARGEST_BODY)
def take() -> ResponseReturnValue:
    """Look at a file, or at the last one in another zone; take what was chosen of it, or let it go: `act`."""
    wanted, now = request.form.get("act", "look"), clock.now()
    form = _form(sent=wanted == "look")
    try:
        if wanted == "look":
            return _look(form)
        if wanted == "drop":
            with transaction():
                bringing.forget(actor().id)
        elif wanted == "zone":
            with transaction():
                bringing.rezone(actor(), request.form.get("zone") or None, now=now)
        elif wanted == "take":
            return _take()
        else:
            raise Refused([Refusal("external-act", "act")])
    except DomainError as error:
        form.blame(error.refusals)
        return _page(form, error), error.status
    return _back()


def _back() -> ResponseReturnValue:
    return redirect(url_for("staff_event_import.index"), 303)


def _form(*, sent: bool) -> FileForm:
    form = FileForm() if sent else FileForm(formdata=None, language=language())
    form.language.choices = list(NAMES.items())
    form.zone.choices = external.zone_choices(zone())
    return form


def _look(form: FileForm) -> ResponseReturnValue:
    if not form.validate():
        return _page(form), 422
    file = request.files.get("file")
    if file is None or not file.filename:
        raise Refused([Refusal("file-missing", "file")])
    most = jobs.means().reach.size
    data = file.stream.read(most + 1)
    file.close()  # a large one lies in the file system
    body = bringing.packed(data, most)
    with transaction():
        bringing.keep(
            actor(), body, name=file.filename, language=form.language.data, zone=form.zone.data or None,
            now=clock.now(),
        )  # fmt: skip
    return _back()


def _read() -> tuple[Reading, Language]:
    """Read the file that is kept. Raises Refused, Unavailable."""
    now = clock.now()
    kept = bringing.held(actor(), now=now)
    body, wanted, spoken = kept.body, kept.zone, kept.language
    db.session.rollback()  # nothing is held while it is read
    reading = bringing.read(safe.unpacked(body), wanted, now=now, zone=zone())
    return reading, "sv" if spoken == "sv" else "en"


def _take() -> ResponseReturnValue:
    reading, spoken = _read()
    chosen = request.form.getlist("take")
    with transaction():
        told = bringing.take(
            actor(), reading, spoken, now=clock.now(), chosen=chosen, shown=request.form.get("token", "-")
        )
    flash(_told(told), "ok")
    return _back()


def _told(told: Counter[str]) -> str:
    said = [ngettext("%(num)d draft is made.", "%(num)d drafts are made.", told["made"])] if told["made"] else []
    if told["updated"]:
        count = told["updated"]
        said.append(ngettext("%(num)d draft is brought up to date.", "%(num)d drafts are brought up to date.", count))
    return " ".join(said) or _("Nothing was chosen, so nothing has changed.")


def _page(form: FileForm | None = None, error: DomainError | None = None) -> str:
    now = clock.now()
    kept = bringing.kept(actor(), now=now)
    found: dict[str, Any] | None = None
    if kept is not None:
        name, wanted = kept.name, kept.zone
        found = {"name": name, "zones": zone_form(wanted), **_said()}
    form = form or _form(sent=False)
    return render_template(
        "events/staff_import.html", form=form, found=found, mb=round(jobs.means().reach.size / 1_000_000),
        reasons=[sentence(one) for one in error.refusals] if error and not form.errors else [],
    )  # fmt: skip


def _said() -> dict[str, Any]:
    """Say what the kept file holds; only why, where it cannot be read."""
    try:
        reading, spoken = _read()
    except DomainError as error:
        return {"reasons": [sentence(one) for one in error.refusals], "ready": False}
    house = current_house()
    rows = bringing.rows(reading, spoken, house, now=clock.now())
    choice = [row for row in rows if row.state in intake.TAKEN]
    counts = Counter(row.state for row in rows)
    return {
        "reasons": [], "ready": True, "title": reading.name, "token": intake.token(rows), "events": reading.events,
        "choice": [_row(row, house) for row in choice[: intake.MOST]],
        "later": max(0, len(choice) - intake.MOST),
        "others": [_row(row, house) for row in rows if row.state in ("planned", "shown", "cancelled", "refused")],
        "same": counts["same"], "problems": external.problem_texts(reading.problems), "more": reading.more_problems,
        "zones_said": sorted(reading.zones), "unknown": sorted(reading.unknown), "floating": reading.floating,
        "floating_zone": reading.floating_zone, "stated": reading.stated,
    }  # fmt: skip


def _row(row: Row, house: House) -> dict[str, Any]:
    found, known = row.found, row.known
    place = house.places.get(found.space_id or 0)
    return {
        "key": found.key, "title": found.title or _("No title"), "when": words.when(found),
        "all_day": found.all_day, "recurring": found.recurring, "said": found.place,
        "place": place.name if place else None, "state": row.state, "tag": words.tag_of(row.state),
        "ticked": row.state in ("new", "changed"), "why": words.why(row, [sentence(one) for one in row.refusals]),
        "changes": [words.difference(*one) for one in row.differences],
        "href": url_for("staff_events.edit", event_id=known.event_id) if known else None,
    }  # fmt: skip
