"""People as staff look for them, as a page and as a file; guarded once, for hosts and administrators."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from innovation_station import clock
from innovation_station.audit import service as audit
from innovation_station.db import transaction
from innovation_station.errors import Refused
from innovation_station.forms import parse_id
from innovation_station.i18n import gettext as _
from innovation_station.i18n import language, local
from innovation_station.members import rules as members
from innovation_station.members.models import Member
from innovation_station.members.words import role_name, state_name
from innovation_station.organisations.rules import Wanted
from innovation_station.organisations.staff import sought
from innovation_station.organisations.words import kind_names, name_of
from innovation_station.people import one, queries, rules, service, words
from innovation_station.people.forms import NoteForm
from innovation_station.people.rules import Filter
from innovation_station.people.words import Known
from innovation_station.plans import queries as plans
from innovation_station.plans.rules import Catalogue, Standing
from innovation_station.plans.words import quota_text, reach_text
from innovation_station.web import actor, current_house, guard

pages = Blueprint("people", __name__, url_prefix="/staff")
guard(pages, members.is_staff)
MOST_LINES = rules.FILE_LINES - 1  # of a file, which can come back


@pages.get("/people")
def index() -> ResponseReturnValue:
    """List members: found by words, narrowed down, in an order; the address says it all."""
    chosen, now = Filter.of(request.args), clock.now()
    today = local(now).date()
    found = queries.page(
        chosen, now, today, after=parse_id(request.args.get("after")), before=parse_id(request.args.get("before"))
    )
    total = found.states.get(chosen.state, 0) if chosen.state else sum(found.states.values())
    return render_template(
        "people/index.html", chosen=chosen, rows=rows_of(found.members, today), total=total,
        states=_states(found.states, chosen), pages=_pages(found, chosen), choices=choices(),
        columns=[(name, said, name in words.STANDARD) for name, said in words.column_names().items()],
    )  # fmt: skip


def rows_of(found: Sequence[Member], today: date) -> list[dict[str, Any]]:
    """Give what the list shows of some members; two statements."""
    ids = [member.id for member in found]
    standings, factors = standings_of(ids), queries.with_factor(ids)
    catalogue = plans.catalogue(current_house())
    return [
        words.row_of(
            member, plans=words.plan_names(standings[member.id], catalogue, today), factor=member.id in factors,
            names={"may": members.may_look_after(actor(), member)},
        )
        for member in found
    ]  # fmt: skip


def standings_of(ids: Sequence[int]) -> dict[int, Standing]:
    """Give where some members stand; a statement for each thousand, none for none."""
    found: dict[int, Standing] = {}
    for first in range(0, len(ids), 1000):
        found |= plans.standings(ids[first : first + 1000])
    return found


def _states(counted: dict[str, int], chosen: Filter) -> list[dict[str, Any]]:
    whole = {"label": _("All %(num)d", num=sum(counted.values())), "href": link(chosen.of_state("")),
             "pressed": not chosen.state}  # fmt: skip
    return [whole] + [
        {"label": f"{state_name(state)} {counted[state]}", "href": link(chosen.of_state(state)),
         "pressed": chosen.state == state}
        for state in members.STATES
        if state in counted
    ]  # fmt: skip


def link(chosen: Filter, **more: int) -> str:
    """Give the address of a list."""
    values: dict[str, Any] = {**chosen.query, **more}
    return url_for("people.index", **values)


def _pages(found: queries.Found, chosen: Filter) -> dict[str, Any]:
    return {
        "previous_href": link(chosen, before=found.before) if found.before else None,
        "next_href": link(chosen, after=found.after) if found.after else None, "text": "",
    }  # fmt: skip


def choices() -> dict[str, list[tuple[str, str]]]:
    """Give what the list may be narrowed down by; one statement."""
    offered = plans.catalogue(current_house()).plans.values()
    return {
        "role": [(role, role_name(role)) for role in members.ROLES],
        "plan": [(rules.NONE, _("None")), *((str(plan.id), plan.names[language()]) for plan in offered)],
        "organisation": [(rules.NONE, _("None")), *((str(row.id), name_of(row)) for row in queries.organisations())],
        "seen": words.seen_names(),
        "factor": [("on", _("On")), ("off", _("Off"))],
        "booked": [("never", _("Never")), ("some", _("At least once"))],
        "sort": words.sort_names(),
    }  # fmt: skip


# -- a file -----------------------------------------------------------------------------------------------------------


@pages.post("/people.csv")
def export() -> ResponseReturnValue:
    """Give exactly the list as a file for tables, with the columns that were chosen.

    A form and no link: the trail tells who took it, and reading changes nothing.
    """
    chosen, now = Filter.of(request.form), clock.now()
    columns = [name for name in words.COLUMNS if name in request.form.getlist("column")] or list(words.STANDARD)
    found = queries.every(chosen, now, local(now).date(), limit=MOST_LINES)
    lines = "".join(_lines(known_of(found, now, columns), columns))
    after = {"filter": rules.facts_of(chosen), "columns": columns, "count": len(found)}
    with transaction():
        audit.record("people.exported", subject=("house", None), actor=actor(), now=now, after=after)
    answer = Response(lines, mimetype="text/csv")
    answer.headers["Content-Disposition"] = f'attachment; filename="members-{local(now).date()}.csv"'
    return answer


def known_of(found: Sequence[Member], now: datetime, columns: Sequence[str]) -> Iterator[Known]:
    """Give what is known of members for the columns of a file; what no column asks for is not read."""
    ids, today = [member.id for member in found], local(now).date()
    catalogue: Catalogue = plans.catalogue(current_house())
    standings = standings_of(ids) if {"plan", "shared"} & set(columns) else {}
    factors = queries.with_factor(ids) if "factor" in columns else frozenset()
    booked = queries.booked(ids) if "bookings" in columns else {}
    for member in found:
        standing = standings.get(member.id, Standing(member.id))
        own = words.plan_names(standing, catalogue, today, shared=False)
        theirs = Standing(member.id, None, [term for term in standing.terms if term.shared])
        yield Known(
            member, own, words.plan_names(theirs, catalogue, today), member.id in factors, booked.get(member.id, 0)
        )


def _lines(known: Iterable[Known], columns: Sequence[str]) -> Iterator[str]:
    yield "\N{ZERO WIDTH NO-BREAK SPACE}"
    yield _row([words.column_names()[name] for name in columns])
    yield from (_row(words.line_of(one_known, columns)) for one_known in known)


def _row(cells: Sequence[str]) -> str:
    line = io.StringIO()
    csv.writer(line, delimiter=";", lineterminator="\r\n").writerow(map(rules.harmless, cells))
    return line.getvalue()


@pages.post("/organisations.csv")
def organisations_file() -> ResponseReturnValue:
    """Give the list of organisations as a file for tables; whom to write to is in it, so the trail tells it."""
    chosen, now = Wanted.of(request.form), clock.now()
    found = sought(chosen)
    heads = [_("Name"), _("Name in English"), _("Kind"), _("Partner from"), _("Partner until"), _("Members"),
             _("Contact"), _("Website"), _("Cost centre")]  # fmt: skip
    kinds = kind_names()
    rows = [
        [row.name_sv, row.name_en, kinds[row.kind], str(row.partner_from or ""), str(row.partner_until or ""),
         str(count), row.contact, row.website, row.cost_centre]
        for row, count in found
    ]  # fmt: skip
    after = {"kind": chosen.kind, "partner": chosen.partner, "count": len(found)}
    with transaction():
        audit.record("organisations.exported", subject=("house", None), actor=actor(), now=now, after=after)
    return _file("organisations", [heads, *rows])


@pages.post("/plans.csv")
def plans_file() -> ResponseReturnValue:
    """Give the list of plans as a file for tables: nothing of it is about people."""
    held = plans.holders(local(clock.now()).date())
    heads = [_("Name"), _("Price a month"), _("VAT %"), _("What may be booked"), _("Quotas"), _("Given"), _("Members")]
    rows = [
        [plan.names[language()], decimal(plan.price), decimal(plan.vat), reach_text(plan, current_house()),
         ", ".join(map(quota_text, plan.quotas)), _("Yes") if plan.offered else _("No"), str(held.get(plan.id, 0))]
        for plan in plans.catalogue(current_house()).plans.values()
    ]  # fmt: skip
    return _file("plans", [heads, *rows])


def decimal(amount: int) -> str:
    """Write hundredths as tables of the reader's language read them."""
    return f"{amount // 100}{',' if language() == 'sv' else '.'}{amount % 100:02}"


def _file(name: str, rows: Iterable[Sequence[str]]) -> Response:
    answer = Response("\N{ZERO WIDTH NO-BREAK SPACE}" + "".join(map(_row, rows)), mimetype="text/csv")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}-{local(clock.now()).date()}.csv"'
    return answer


# -- notes ------------------------------------------------------------------------------------------------------------


@pages.post("/people/<id:member_id>/notes")
def note(member_id: int) -> ResponseReturnValue:
    """Write something down about a member, or with `remove` take a note away."""
    back = url_for("staff.member", member_id=member_id, _anchor="notes-h")
    if "remove" in request.form:
        with transaction():
            service.remove_note(actor(), member_id, parse_id(request.form["remove"]) or 0, now=clock.now())
        flash(_("The note is removed."))
        return redirect(back, 303)
    form = NoteForm()
    try:
        with transaction():
            service.write_note(actor(), member_id, form.text.data or "", now=clock.now())
    except Refused as error:
        form.blame(error.refusals)
        return one.page(member_id, form), error.status
    flash(_("The note is kept."))
    return redirect(back, 303)
