"""What is changed of several members at once: worked out line by line, shown, then done as it was shown or not at all.

A line is one member, what would change and why it may not. Refused lines are left out, as the page has said; all others
are done in one transaction. `stamp` names what was shown: where anything of it has changed in between, nothing is done.
Every function that writes runs inside `db.transaction()`, flushes and never commits.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import joinedload

from innovation_station.audit import service as audit
from innovation_station.db import db
from innovation_station.directory import service as directory
from innovation_station.errors import Conflict, NotFound, Refusal
from innovation_station.members import joining
from innovation_station.members.models import Member
from innovation_station.members.rules import ROLES, Language, Person, may_change_roles, may_look_after, name_refusals
from innovation_station.organisations import service as organisations
from innovation_station.people import rules, service
from innovation_station.people.models import MemberEdit
from innovation_station.plans import queries as plans
from innovation_station.plans import service as plan_service
from innovation_station.plans.models import Membership
from innovation_station.plans.rules import Catalogue, Term


@dataclass(frozen=True, slots=True)
class Change:
    """One thing of a member, as it is and as it would be; both as JSON has them."""

    field: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class Line:
    """One member, what would change, and why that is refused; `number` is the line of a file."""

    member: Member
    changes: tuple[Change, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    number: int = 0

    @property
    def counts(self) -> bool:
        """Tell whether something is to be done."""
        return bool(self.changes) and not self.refusals


@dataclass(frozen=True)
class Ground:
    """What all lines are worked out on: who changes, when, the plans, and own memberships by member."""

    actor: Person
    now: datetime
    today: date
    language: Language
    catalogue: Catalogue
    terms: Mapping[int, Sequence[Term]] = field(default_factory=dict)


def ground(
    actor: Person, member_ids: Sequence[int], catalogue: Catalogue, *, now: datetime, today: date, language: Language
) -> Ground:  # fmt: skip
    """Read what the lines of some members need; a statement for each five hundred."""
    found: dict[int, Sequence[Term]] = {}
    for first in range(0, len(member_ids), 500):
        for one, standing in plans.standings(member_ids[first : first + 500]).items():
            found[one] = [term for term in standing.terms if not term.shared]
    return Ground(actor, now, today, language, catalogue, found)


def locked(member_ids: Sequence[int], *, lock: bool = True) -> list[Member]:
    """Read some members anew, in order of their ids, organisations loaded; their rows are held until the end."""
    statement = select(Member).where(Member.id.in_(member_ids)).order_by(Member.id)
    statement = statement.options(joinedload(Member.organisation)).execution_options(populate_existing=True)
    return list(db.session.scalars(statement.with_for_update(of=Member) if lock else statement))


# -- working out ------------------------------------------------------------------------------------------------------

Wanted = Mapping[str, Any]
"""What is to become of a member: values by field. Of a plan [its id, from which day]; of an end its day."""


def line(on: Ground, member: Member, wanted: Wanted, number: int = 0) -> Line:
    """Work out what would become of a member."""
    if not may_look_after(on.actor, member):
        return Line(member, (), (Refusal("edit-not-yours"),), number)
    changes, refused = [], list[Refusal]()
    for name, value in wanted.items():
        change, why = _WORKED_OUT[name](on, member, value)
        refused += why
        if change is not None and not why:
            changes.append(change)
    return Line(member, tuple(changes), tuple(refused), number)


Outcome = tuple[Change | None, list[Refusal]]


def _closed(member: Member) -> list[Refusal]:
    if member.state == "applied":
        return [Refusal("member-applied")]
    return [Refusal("member-closed")] if member.state == "ended" else []


def _differing(name: str, before: Any, after: Any) -> Change | None:
    return Change(name, before, after) if before != after else None


def _organisation(_on: Ground, member: Member, value: int | None) -> Outcome:
    change = _differing("organisation", member.organisation_id, value)
    return change, _closed(member) if change else []


def _role(on: Ground, member: Member, value: str) -> Outcome:
    change = _differing("role", member.role, value)
    if change is None:
        return None, []
    if not may_change_roles(on.actor) or on.actor.id == member.id:
        return None, [Refusal("role-not-yours")]
    if value not in ROLES:
        return None, [Refusal("role-unknown", "role")]
    return change, [] if member.state == "active" else [Refusal("member-closed")]


def _plan(on: Ground, member: Member, value: tuple[int, date]) -> Outcome:
    plan_id, day = value
    terms = [term for term in on.terms.get(member.id, ()) if term.ends is None or term.ends >= day]
    running = [term for term in terms if term.starts < day or (term.starts == day and term.plan_id == plan_id)]
    if [term.plan_id for term in running] == [plan_id] and len(running) == len(terms):
        return None, []
    if len(running) < len(terms):
        return None, [Refusal("plan-later")]
    plan = on.catalogue.plans.get(plan_id)
    if plan is None or not plan.offered:
        return None, [Refusal("offer-gone", "plan")]
    before = [[term.id, term.plan_id, _iso(term.ends)] for term in running]
    return Change("plan", before, [plan_id, day.isoformat()]), _closed(member)


def _end(on: Ground, member: Member, value: date) -> Outcome:
    terms = [term for term in on.terms.get(member.id, ()) if term.ends is None or term.ends > value]
    if any(term.starts > value for term in terms):
        return None, [Refusal("plan-later")]
    if not terms:
        held = any(term.ends == value for term in on.terms.get(member.id, ()))
        return None, [] if held else [Refusal("plan-none-own")]
    before = [[term.id, term.plan_id, _iso(term.ends)] for term in terms]
    return Change("end", before, value.isoformat()), []


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _invite(_on: Ground, member: Member, _value: bool) -> Outcome:
    fine = member.state == "invited"
    return (Change("invite", False, True), []) if fine else (None, [Refusal("member-not-invited")])


def _note(_on: Ground, _member: Member, value: str) -> Outcome:
    return Change("note", None, value), []


def _name(_on: Ground, member: Member, value: str) -> Outcome:
    change = _differing("name", member.name, value)
    return change, [*name_refusals(value), *_closed(member)] if change else []


def _language(_on: Ground, member: Member, value: str | None) -> Outcome:
    change = _differing("language", member.language, value)
    wrong = [] if value in ("sv", "en", None) else [Refusal("language-unknown")]
    return change, [*wrong, *_closed(member)] if change else []


_WORKED_OUT: Mapping[str, Callable[[Ground, Member, Any], Outcome]] = {
    "organisation": _organisation, "role": _role, "plan": _plan, "end": _end, "invite": _invite, "note": _note,
    "name": _name, "language": _language,
}  # fmt: skip


def stamp(lines: Sequence[Line]) -> str:
    """Name what some lines say, so that it can be told whether they still say it."""
    said = [
        [one.member.id, one.number, [[change.field, change.before, change.after] for change in one.changes],
         [refusal.code for refusal in one.refusals]]
        for one in sorted(lines, key=lambda one: (one.member.id, one.number))
    ]  # fmt: skip
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:32]


# -- doing ------------------------------------------------------------------------------------------------------------


def carry_out(on: Ground, lines: Sequence[Line], shown: str, *, act: str = "") -> tuple[int, MemberEdit | None]:
    """Do what some lines say that were worked out behind the members' locks; give how many, and what can be undone.

    Raises Conflict where it is not what was shown.
    """
    if stamp(lines) != shown:
        raise Conflict([Refusal("people-changed")])
    done = [one for one in lines if one.counts]
    items: list[Any] = []
    for one in done:
        for change in one.changes:
            kept = _DONE[change.field](on, one.member, change)
            noted = change.field == "note"  # its number alone: a text that names somebody has one place to be erased in
            items.append([one.member.id, kept if noted else change.before, None if noted else change.after])
    if act not in rules.UNDONE or not items:
        return len(done), None
    db.session.execute(delete(MemberEdit).where(MemberEdit.at < on.now - rules.UNDO_FOR))
    row = MemberEdit(by_id=on.actor.id, at=on.now, act=act, items=items)
    db.session.add(row)
    db.session.flush()
    return len(done), row


def _do_organisation(on: Ground, member: Member, change: Change) -> None:
    organisations.join(member.id, change.after, actor=on.actor)


def _do_role(on: Ground, member: Member, change: Change) -> None:
    joining.change_role(member, change.after, actor=on.actor, now=on.now)


def _do_plan(on: Ground, member: Member, change: Change) -> None:
    plan_id, day = change.after[0], date.fromisoformat(change.after[1])
    for membership_id, known, _ends in change.before:
        if known != plan_id:
            _set_end(on, membership_id, day - timedelta(days=1))
    if all(known != plan_id for _id, known, _ends in change.before):
        plan_service.give(plan_id, starts=day, now=on.now, actor=on.actor, member_id=member.id)


def _do_end(on: Ground, _member: Member, change: Change) -> None:
    for membership_id, _plan_id, _ends in change.before:
        _set_end(on, membership_id, date.fromisoformat(change.after))


def _set_end(on: Ground, membership_id: int, ends: date | None) -> None:
    row = db.session.get_one(Membership, membership_id, populate_existing=True)
    plan_service.change_membership(
        membership_id, actor=on.actor, ends=ends, paused_from=row.paused_from, paused_until=row.paused_until
    )


def _do_invite(on: Ground, member: Member, _change: Change) -> None:
    joining.invite_again(member, actor=on.actor, now=on.now, language=on.language)


def _do_note(on: Ground, member: Member, change: Change) -> int:
    return service.write_note(on.actor, member.id, change.after, now=on.now).id


def _do_name(on: Ground, member: Member, change: Change) -> None:
    directory.rename(on.actor, member, change.after, now=on.now)


def _do_language(on: Ground, member: Member, change: Change) -> None:
    member.language = change.after
    db.session.flush()
    audit.record("member.language", subject=("member", member.id), member_id=member.id, actor=on.actor, now=on.now,
                 before={"language": change.before}, after={"language": change.after})  # fmt: skip


_DONE: Mapping[str, Callable[[Ground, Member, Change], int | None]] = {
    "organisation": _do_organisation, "role": _do_role, "plan": _do_plan, "end": _do_end, "invite": _do_invite,
    "note": _do_note, "name": _do_name, "language": _do_language,
}  # fmt: skip


# -- taking back ------------------------------------------------------------------------------------------------------


def undo(on: Ground, edit_id: int) -> int:
    """Take back what was changed of many at once, all of it or nothing; give how many.

    Raises NotFound for what is not one's own or too old, Conflict where somebody has changed one of them since.
    """
    row = db.session.get(MemberEdit, edit_id, with_for_update=True)
    if row is None or row.by_id != on.actor.id or row.at < on.now - rules.UNDO_FOR:
        raise NotFound("edit-gone")
    known = {member.id: member for member in locked([item[0] for item in row.items])}
    for member_id, before, after in row.items:
        member = known.get(member_id)
        if member is None or not may_look_after(on.actor, member):
            raise Conflict([Refusal("people-changed")])
        _UNDOES[row.act](on, member, before, after)
    db.session.delete(row)
    db.session.flush()
    return len(known)


def _same(still: bool) -> None:
    if not still:
        raise Conflict([Refusal("people-changed")])


def _undo_organisation(on: Ground, member: Member, before: Any, after: Any) -> None:
    _same(member.organisation_id == after)
    organisations.join(member.id, before, actor=on.actor)


def _undo_role(on: Ground, member: Member, before: Any, after: Any) -> None:
    _same(member.role == after)
    joining.change_role(member, before, actor=on.actor, now=on.now)


def _undo_end(on: Ground, _member: Member, before: Any, after: Any) -> None:
    for membership_id, _plan_id, ends in before:
        row = db.session.get(Membership, membership_id, populate_existing=True)
        _same(row is not None and _iso(row.ends) == after)
        _set_end(on, membership_id, date.fromisoformat(ends) if ends else None)


def _undo_note(on: Ground, member: Member, before: Any, _after: Any) -> None:
    service.remove_note(on.actor, member.id, before, now=on.now)


_UNDOES: Mapping[str, Callable[[Ground, Member, Any, Any], None]] = {
    "organisation": _undo_organisation, "role": _undo_role, "end": _undo_end, "note": _undo_note,
}  # fmt: skip
