"""Changing several members at once: choose, see line by line what would happen, do exactly that, take it back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from urllib.parse import parse_qsl

from flask import flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from innovation_station import clock
from innovation_station.db import transaction
from innovation_station.errors import Conflict, DomainError, Refusal, Refused
from innovation_station.forms import parse_id
from innovation_station.i18n import language, local, ngettext, sentence
from innovation_station.members.rules import may_change_roles
from innovation_station.organisations.words import name_of
from innovation_station.people import editing, queries, rules, staff
from innovation_station.people.editing import Ground, Line, Wanted
from innovation_station.people.forms import EditForm
from innovation_station.people.rules import Filter
from innovation_station.people.staff import pages
from innovation_station.people.words import Names
from innovation_station.plans import queries as plans
from innovation_station.web import actor, current_house


@pages.post("/people/edit")
def edit() -> ResponseReturnValue:
    """Show what would become of the chosen members, or with `shown`, which names what was shown, do it."""
    form, chosen = _choices(EditForm()), Filter.of(dict(parse_qsl(request.form.get("list", "")[:2000])))
    now = clock.now()
    today = local(now).date()
    try:
        ids = _ids(chosen)
        if "act" not in request.form:  # one comes from the list
            form.day.data = today
            return _page(form, chosen, ids, [])
        wanted = _wanted(form, today)
        if shown := request.form.get("shown"):
            return _done(form, chosen, ids, wanted, shown)
        ground = ground_of(ids)
        lines = [editing.line(ground, member, wanted) for member in editing.locked(ids, lock=False)]
        return _page(form, chosen, ids, lines)
    except Conflict as error:  # shown again as it is now, to be said again
        ground = ground_of(ids)
        lines = [editing.line(ground, member, wanted) for member in editing.locked(ids, lock=False)]
        return _page(form, chosen, ids, lines, error)
    except Refused as error:
        ids = [] if error.refusals[0].code.startswith("people-") else ids
        return _page(form, chosen, ids, [], error)


def _ids(chosen: Filter) -> list[int]:
    """Give whom it is about: those who were ticked, or all of a filter. Raises Refused for nobody, or too many."""
    most = rules.EDITED_MOST
    if "all" in request.form:
        now = clock.now()
        ids = [member.id for member in queries.every(chosen, now, local(now).date(), limit=most + 1)]
    else:
        ids = sorted({number for text in request.form.getlist("id")[: most + 1] if (number := parse_id(text))})
    if not ids:
        raise Refused([Refusal("people-none")])
    if len(ids) > most:
        raise Refused([Refusal("people-many", None, {"most": most})])
    return ids


def ground_of(ids: Sequence[int]) -> Ground:
    """Give what the lines of some members are worked out on, now."""
    now, catalogue = clock.now(), plans.catalogue(current_house())
    return editing.ground(actor(), ids, catalogue, now=now, today=local(now).date(), language=language())


def _wanted(form: EditForm, today: date) -> Wanted:
    """Read what is to be done. Raises Refused."""
    act, day = form.act.data, form.day.data
    if act in ("plan", "end") and (found := rules.day_refusals(day, today)):
        raise Refused(found)
    if act == "plan" and (plan := parse_id(form.plan.data)):
        return {"plan": (plan, day)}
    if act == "end":
        return {"end": day}
    if act == "organisation" and (form.organisation.data == rules.NONE or parse_id(form.organisation.data)):
        known = dict(form.organisation.choices or ())
        if form.organisation.data in known:
            return {"organisation": parse_id(form.organisation.data)}
    if act == "invite":
        return {"invite": True}
    if act == "note":
        text = rules.note_text(form.text.data or "")
        if found := rules.note_refusals(text):
            raise Refused(found)
        return {"note": text}
    if act == "role" and "role" in form and form.role.data:
        return {"role": form.role.data}
    raise Refused([Refusal("edit-unknown", "act")])


def _done(form: EditForm, chosen: Filter, ids: list[int], wanted: Wanted, shown: str) -> ResponseReturnValue:
    with transaction():
        members = editing.locked(ids)
        ground = ground_of(ids)
        lines = [editing.line(ground, member, wanted) for member in members]
        count, kept = editing.carry_out(ground, lines, shown, act=form.act.data)
    tell(count, kept.id if kept else None)
    return redirect(staff.link(chosen), 303)


def tell(count: int, edit_id: int | None = None) -> None:
    """Say how many were changed, with the way back where there is one."""
    said = ngettext("%(num)d member is changed.", "%(num)d members are changed.", count)
    toast: dict[str, Any] = {"message": said}
    if edit_id is not None:
        toast["undo_action"] = url_for("people.undo", member_edit_id=edit_id)
    flash(toast, "toast")  # type: ignore[arg-type]


@pages.post("/people/edits/<id:member_edit_id>/undo")
def undo(member_edit_id: int) -> ResponseReturnValue:
    """Take back what was changed of many at once."""
    try:
        with transaction():
            count = editing.undo(ground_of([]), member_edit_id)
    except Conflict as error:
        flash(sentence(error.refusals[0]), "error")
        return redirect(url_for("people.index"), 303)
    flash(ngettext("%(num)d member is as before.", "%(num)d members are as before.", count))
    return redirect(url_for("people.index"), 303)


# -- the page ---------------------------------------------------------------------------------------------------------


def _choices(form: EditForm) -> EditForm:
    every = staff.choices()
    form.plan.choices = [
        (str(plan.id), plan.names[language()])
        for plan in plans.catalogue(current_house()).plans.values() if plan.offered
    ]  # fmt: skip
    form.organisation.choices = every["organisation"]
    form.role.choices = every["role"]
    if not may_change_roles(actor()):
        form.act.choices = [choice for choice in form.act.choices or () if choice.value != "role"]
        del form.role
    return form


def names() -> Names:
    """Give the names of plans and organisations; one statement."""
    catalogue = plans.catalogue(current_house())
    return Names(
        {plan.id: plan.names[language()] for plan in catalogue.plans.values()},
        {row.id: name_of(row) for row in queries.organisations()},
    )


def told(lines: Sequence[Line]) -> dict[str, Any]:
    """Give what a page says of lines: each with its changes or reasons, counts, and the name of the whole."""
    known = names()
    rows = [
        {"name": one.member.name, "email": one.member.email, "number": one.number,
         "href": url_for("staff.member", member_id=one.member.id),
         "changes": [] if one.refusals else [known.written(change) for change in one.changes],
         "reasons": [sentence(refusal) for refusal in one.refusals]}
        for one in sorted(lines, key=lambda one: (one.number, rules.sortable(one.member.name)))
    ]  # fmt: skip
    counts = (
        sum(one.counts for one in lines), sum(not one.changes and not one.refusals for one in lines),
        sum(bool(one.refusals) for one in lines),
    )  # fmt: skip
    return {"rows": rows, "counts": counts, "stamp": editing.stamp(lines)}


def _page(
    form: EditForm, chosen: Filter, ids: Sequence[int], lines: Sequence[Line], error: DomainError | None = None
) -> ResponseReturnValue:  # fmt: skip
    if error:
        form.blame(error.refusals)
    page = render_template(
        "people/edit.html", form=form, chosen=chosen, ids=ids, told=told(lines) if lines else None,
        undoable=form.act.data in rules.UNDONE,
    )  # fmt: skip
    return make_response(page, error.status if error else 200)
