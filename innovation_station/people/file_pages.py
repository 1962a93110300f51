"""A file of members that comes back changed: shown line by line, kept in between, done as shown or not at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from innovation_station import clock
from innovation_station.db import db, transaction
from innovation_station.errors import Conflict, DomainError, Refusal, Refused
from innovation_station.i18n import LANGUAGES, sentence, speaking
from innovation_station.members import bringing
from innovation_station.members.models import Member
from innovation_station.members.staff import LARGEST_FILE
from innovation_station.people import editing, queries, reading, rules, staff
from innovation_station.people.editing import Line
from innovation_station.people.editing_pages import ground_of, tell, told
from innovation_station.people.forms import FileForm
from innovation_station.people.reading import Row, Sheet
from innovation_station.people.staff import pages
from innovation_station.people.words import Known
from innovation_station.plans import queries as plans
from innovation_station.web import actor, current_house, takes_up_to


@pages.route("/people/file", methods=["GET", "POST"])
@takes_up_to(LARGEST_FILE)
def bring_back() -> ResponseReturnValue:
    """Show what a file would change, or with `shown`, which names what was shown of the one that is kept, do it."""
    form, now = FileForm(), clock.now()
    if not form.is_submitted():
        return render_template("people/file.html", form=form, told=None, unread=[])
    try:
        if shown := request.form.get("shown"):
            return _done(shown)
        body = _chosen()
        sheet = reading.read(body)
        with transaction():
            bringing.keep(actor(), body, now=now)
        return _page(form, sheet)
    except Conflict as error:
        return _page(form, reading.read(bringing.kept(actor(), now=now).read()), error)
    except Refused as error:
        form.blame(error.refusals)
        return make_response(render_template("people/file.html", form=form, told=None, unread=[]), error.status)


def _chosen() -> bytes:
    file = request.files.get("file")
    if file is None or not file.filename:
        raise Refused([Refusal("file-missing", "file")])
    return file.read(LARGEST_FILE)


def _members(sheet: Sheet, *, lock: bool) -> dict[str, Member]:
    """Find the members of a file by their addresses; a statement or two for each five hundred lines."""
    emails = sorted({row.email for row in sheet.rows if not row.refusal})
    ids: list[int] = []
    for first in range(0, len(emails), 500):
        ids += db.session.scalars(select(Member.id).where(Member.email.in_(emails[first : first + 500])))
    found: list[Member] = []
    for first in range(0, len(ids), 500):
        found += editing.locked(sorted(ids)[first : first + 500], lock=lock)
    return {member.email: member for member in found}


def _lines(sheet: Sheet, members: Mapping[str, Member]) -> tuple[editing.Ground, list[Line], list[tuple[Row, Refusal]]]:
    """Work a file out: what it changes and why not, and the lines that are nobody's."""
    ground = ground_of([member.id for member in members.values()])
    known = reading.names(plans.catalogue(current_house()), queries.organisations())
    said: dict[str, dict[int, Known]] = {}
    for one in LANGUAGES:
        with speaking(one):
            every = staff.known_of(list(members.values()), ground.now, sheet.columns)
            said[one] = {line.member.id: line for line in every}
    lines, lost = [], []
    for row in sheet.rows:
        member = members.get(row.email)
        if row.refusal or member is None:
            lost.append((row, row.refusal or Refusal("address-unknown", "email")))
            continue
        now_said = reading.written({one: said[one][member.id] for one in LANGUAGES})
        asked, refused = reading.wanted(row, now_said, known, ground.today)
        worked = editing.line(ground, member, asked, row.number) if asked else Line(member, number=row.number)
        lines.append(Line(member, worked.changes, (*refused, *worked.refusals), row.number))
    if sum(one.counts for one in lines) > rules.EDITED_MOST:
        raise Refused([Refusal("people-many", None, {"most": rules.EDITED_MOST})])
    return ground, lines, lost


def _done(shown: str) -> ResponseReturnValue:
    sheet = reading.read(bringing.kept(actor(), now=clock.now()).read())
    with transaction():
        ground, lines, _lost = _lines(sheet, _members(sheet, lock=True))
        count, _kept = editing.carry_out(ground, lines, shown)
        bringing.forget(actor().id)
    tell(count)
    return redirect(url_for("people.index"), 303)


def _page(form: FileForm, sheet: Sheet, error: DomainError | None = None) -> ResponseReturnValue:
    _ground, lines, lost = _lines(sheet, _members(sheet, lock=False))
    page: dict[str, Any] = told(lines)
    rows: Sequence[dict[str, Any]] = [row for row in page["rows"] if row["changes"] or row["reasons"]]
    rows = [*rows, *({"name": row.email, "email": "", "number": row.number, "href": "", "changes": [],
                      "reasons": [sentence(why)]} for row, why in lost)]  # fmt: skip
    does, same, refused = page["counts"]
    page |= {"rows": rows[: rules.SHOWN_MOST], "more": max(0, len(rows) - rules.SHOWN_MOST),
             "counts": (does, same, refused + len(lost))}  # fmt: skip
    if error:
        form.blame(error.refusals)
    answer = render_template("people/file.html", form=form, told=page, unread=sheet.unread)
    return make_response(answer, error.status if error else 200)
