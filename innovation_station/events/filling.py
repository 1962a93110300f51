"""A programme from a file: shown line by line with all that is wrong, then taken in as one change, or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from innovation_station import clock
from innovation_station.errors import DomainError, Refusal, Refused
from innovation_station.events import rules, service, sheet, words
from innovation_station.events.forms import ProgrammeFileForm
from innovation_station.events.queries import Whole
from innovation_station.events.rules import Programme, may_manage_events
from innovation_station.events.service import Details
from innovation_station.events.sheet import Piece
from innovation_station.events.showing import carry, head, whole_of
from innovation_station.i18n import day_short as day_of
from innovation_station.i18n import gettext as _
from innovation_station.i18n import local, sentence, span_text, zone
from innovation_station.web import actor, current_house, guard

pages = Blueprint("staff_programme_file", __name__, url_prefix="/staff/events")
guard(pages, may_manage_events)


@pages.get("/<id:event_id>/programme.csv")
def written(event_id: int) -> Response:
    """Give the programme as a file that can be changed and read again."""
    whole = whole_of(event_id)
    answer = Response(sheet.written(whole, current_house().places, zone()), mimetype="text/csv")
    answer.headers["Content-Disposition"] = f'attachment; filename="{whole.event.slug}.csv"'
    return answer


@pages.route("/<id:event_id>/programme/file", methods=["GET", "POST"])
def read(event_id: int) -> ResponseReturnValue:
    """Show what a file would make of the programme; with `take`, and the file's text, take it in."""
    whole, form = whole_of(event_id), ProgrammeFileForm()
    if request.method != "POST":
        return _page(whole, form)
    if not form.validate():
        return _page(whole, form), 422
    try:
        data = _sent()
        lines = sheet.read(data, zone(), current_house().places)
        pieces = [_judged(piece, whole) for piece in sheet.compared(lines, whole, zone())]
        wrong = any(piece.line.refusals for piece in pieces)
        if "take" not in request.form or wrong:
            plan = None if wrong else _looked(whole, pieces)
            return _page(whole, form, pieces, _text(data), plan), 422 if wrong else 200
    except DomainError as error:
        form.blame(error.refusals)
        return _page(whole, form), error.status
    return _take_in(whole, pieces, form)


def _sent() -> bytes:
    """Give what was sent: a file, or the text of one that was shown. Raises Refused."""
    file = request.files.get("file")
    if file is not None and file.filename:
        return file.stream.read(sheet.LARGEST_FILE + 1)
    if not (text := request.form.get("text", "")):
        raise Refused([Refusal("file-missing", "file")])
    return text.encode("utf-8", "replace")


def _judged(piece: Piece, whole: Whole) -> Piece:
    """Say of its own line what a session cannot be."""
    if piece.line.refusals:
        return piece
    alone = Programme(whole.event.span, (piece.item,))
    found = rules.programme_refusals(alone, current_house().places)
    return replace(piece, line=replace(piece.line, refusals=tuple(found))) if found else piece


def _text(data: bytes) -> str:
    return data.decode(sheet.encoding_of(data), "replace").lstrip("\ufeff")


def _changing(pieces: Sequence[Piece]) -> service.Change:
    def change(programme: Programme) -> Programme:
        for piece in pieces:
            programme = programme if piece.same else programme.with_item(piece.item)
        return programme

    return change


def _looked(whole: Whole, pieces: Sequence[Piece]) -> rules.Plan | None:
    """Look what it does to places; None where it changes nothing."""
    if all(piece.same for piece in pieces):
        return None
    return service.look(actor(), whole.event.id, _changing(pieces), now=clock.now(), zone=zone())


def _take_in(whole: Whole, pieces: Sequence[Piece], form: ProgrammeFileForm) -> ResponseReturnValue:
    back = url_for("staff_events.programme", event_id=whole.event.id)
    if all(piece.same for piece in pieces):
        flash(_("Nothing is changed: the programme is as the file says."))
        return redirect(back, 303)

    def first() -> list[Details]:
        changed = [piece for piece in pieces if not piece.same]
        ids = service.people_of(
            actor(),
            whole.event.id,
            [(one.name, one.what, one.where) for piece in changed for one in piece.people or ()],
        )
        return [_details(piece, ids) for piece in changed]

    answer = carry(whole, _changing(pieces), back, form=form, first=first)
    return answer if answer is not None else (_page(whole, form), 422)


def _details(piece: Piece, ids: dict[str, int]) -> Details:
    texts, was = piece.texts, piece.was
    return Details(
        piece.item.id, (texts["about_sv"], texts["about_en"]), texts["track"], texts["elsewhere"],
        tuple((said, href) for said, href in was.materials) if was else (),
        None if piece.people is None else {ids[one.name.casefold()]: one.role for one in piece.people},
    )  # fmt: skip


# -- pages -------------------------------------------------------------------------------------------------------------


def _page(
    whole: Whole, form: ProgrammeFileForm, pieces: Sequence[Piece] | None = None, text: str = "",
    plan: rules.Plan | None = None,
) -> str:  # fmt: skip
    rows = [_row(piece) for piece in pieces or ()]
    states = [row["state"] for row in rows]
    shown = words.plan_page(plan, current_house(), {}) if plan else None
    return render_template(
        "events/staff_file.html", event=head(whole), form=form, rows=rows, text=text, plan=shown,
        counts={state: states.count(state) for state in ("new", "changed", "same", "wrong")}, read=pieces is not None,
        columns=", ".join(sheet.COLUMNS),
    )  # fmt: skip


def _row(piece: Piece) -> dict[str, Any]:
    span, item = piece.line.said.get("span"), piece.item
    place = current_house().places.get(item.space_id or 0)
    state = "wrong" if piece.line.refusals else "same" if piece.same else "changed" if piece.was else "new"
    named = words.file_states()
    return {
        "number": piece.line.number, "title": words.said(item.titles), "state": state, "tag": named[state],
        "when": f"{day_of(local(span.start).date())} {span_text(span)}" if span else "",
        "where": place.name if place else piece.texts["elsewhere"],
        "why": [sentence(one) for one in piece.line.refusals],
    }  # fmt: skip
