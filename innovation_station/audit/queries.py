"""Reads of the trail."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, func, or_, select
from sqlalchemy.orm import Session, aliased

from innovation_station.audit import rules
from innovation_station.audit.models import AuditEntry, AuditErasure, AuditPart
from innovation_station.audit.rules import NOBODY, Link, Sealable, Verdict
from innovation_station.db import db

_AT_ONCE = 500
_UNPLACED = 2**31 - 1
_entry = AuditEntry.__table__.c


def last(session: Session) -> tuple[int, bytes]:
    """Give place and hash of the last entry of the chain; behind the lock of who seals."""
    found = session.execute(
        select(_entry.position, _entry.hash)
        .where(_entry.position.is_not(None))
        .order_by(_entry.position.desc())
        .limit(1)
    ).first()
    return (found[0], bytes(found[1])) if found else (0, NOBODY)


def unsealed(session: Session, ids: Sequence[int]) -> list[Row[Any]]:
    """Read those of some entries that are still there, in the order they were written."""
    found: list[Row[Any]] = []
    for first in range(0, len(ids), _AT_ONCE):
        some = ids[first : first + _AT_ONCE]
        found += session.execute(
            select(*AuditEntry.__table__.c).where(_entry.id.in_(some), _entry.hash.is_(None)).order_by(_entry.id)
        )
    return found


def sealable(row: Row[Any]) -> Sealable:
    """Give what an entry's hash is of."""
    return Sealable(
        row.at, row.action, row.subject_kind, row.subject_id, row.member_id, row.actor_id, row.actor_role, row.outcome,
        row.reason, row.request_id, bytes(row.what_hash), bytes(row.where_hash),
    )  # fmt: skip


def verify() -> Verdict:
    """Go through the whole chain, some hundred entries at a time."""
    return rules.verified(_links())


def _links() -> Iterator[Link]:
    """Give all entries in the order of their places, those without a place last."""
    columns = list(AuditEntry.__table__.c)
    statement = select(*columns).order_by(func.coalesce(_entry.position, _UNPLACED), _entry.id)
    for part in rules.PARTS:
        stored, erasure, decision = aliased(AuditPart), aliased(AuditErasure), aliased(AuditEntry)
        statement = (
            statement.add_columns(stored.salt, stored.content, decision.id)
            .outerjoin(stored, and_(stored.entry_id == _entry.id, stored.part == part))
            .outerjoin(erasure, and_(erasure.entry_id == _entry.id, erasure.part == part))
            .outerjoin(decision, and_(decision.id == erasure.by_id, decision.action.like("%.erased")))
        )
    for row in db.session.execute(statement.execution_options(yield_per=_AT_ONCE)):
        parts, erased = {}, set()
        for number, part in enumerate(rules.PARTS):
            salt, content, decided_by = row[len(columns) + 3 * number :][:3]
            parts[part] = None if content is None else rules.part_hash(bytes(salt), content)
            if decided_by is not None:
                erased.add(part)
        previous, digest = (None if value is None else bytes(value) for value in (row.previous, row.hash))
        yield Link(row.id, row.position, previous, digest, sealable(row), parts, frozenset(erased))


def has_hash(digest: bytes) -> bool:
    """Tell whether an entry of the chain has this hash."""
    return db.session.scalar(select(_entry.id).where(_entry.hash == digest).limit(1)) is not None


@dataclass(frozen=True, slots=True)
class Told:
    """One entry as it is shown: `before`, `after` and `where` are empty where they were erased."""

    id: int
    at: datetime
    action: str
    subject_kind: str
    subject_id: int | None
    member_id: int | None
    actor_id: int | None
    actor_role: str
    outcome: str
    reason: str
    request_id: str
    before: dict[str, Any]
    after: dict[str, Any]
    where: dict[str, str]


def of_member(member_id: int, *, limit: int, before: int | None = None) -> list[Told]:
    """List what was done to a member's data or by the member, newest first; `before` is the last one seen.

    Of what the member did to the data of others, only the action is told; of what others did, not from where.
    """
    mine = select(_entry.id).where(or_(_entry.member_id == member_id, _entry.actor_id == member_id))
    if before is not None:
        mine = mine.where(_entry.id < before)
    ids = list(db.session.scalars(mine.order_by(_entry.id.desc()).limit(limit)))
    return [_for(told, member_id) for told in _told(ids)]


def about(kind: str, subject_id: int | None, *, limit: int) -> list[Told]:
    """List what was done to one thing, newest first; without a number to the one of its kind."""
    mine = select(_entry.id).where(_entry.subject_kind == kind, _entry.subject_id == subject_id)
    return _told(list(db.session.scalars(mine.order_by(_entry.id.desc()).limit(limit))))


@dataclass(frozen=True, slots=True)
class Sought:
    """Which entries a list shows: by whom (`actors`), whose data (`members`), what was done (the whole name of an
    `action`, or its beginning), to which `kind` of thing and which one, when, how it ended, and a `text` that stands in
    what was changed. "" and None for all; of the ids an empty tuple finds nothing."""

    actors: tuple[int, ...] | None = None
    members: tuple[int, ...] | None = None
    action: str = ""
    kind: str = ""
    subject: int | None = None
    start: datetime | None = None
    end: datetime | None = None
    outcome: str = ""
    text: str = ""


def search(sought: Sought, *, before: int | None = None, limit: int) -> list[Told]:
    """List entries, newest first; `before` is the last one seen. Three statements, one where there are none."""
    found = select(_entry.id).where(*_wanted(sought))
    if before is not None:
        found = found.where(_entry.id < before)
    return _told(list(db.session.scalars(found.order_by(_entry.id.desc()).limit(limit))))


def _wanted(sought: Sought) -> Iterator[ColumnElement[bool]]:
    if sought.actors is not None:
        yield _entry.actor_id.in_(sought.actors)
    if sought.members is not None:
        itself = and_(_entry.subject_kind == "member", _entry.subject_id.in_(sought.members))
        yield or_(_entry.member_id.in_(sought.members), itself)
    if sought.action:
        yield _entry.action.startswith(sought.action, autoescape=True)
    if sought.kind:
        yield _entry.subject_kind == sought.kind
    if sought.subject is not None:
        yield _entry.subject_id == sought.subject
    if sought.start is not None:
        yield _entry.at >= sought.start
    if sought.end is not None:
        yield _entry.at < sought.end
    if sought.outcome:
        yield _entry.outcome == sought.outcome
    if sought.text:
        says = AuditPart.content.icontains(sought.text, autoescape=True)
        yield select(AuditPart.entry_id).where(AuditPart.entry_id == _entry.id, AuditPart.part == "what", says).exists()


def _for(told: Told, member_id: int) -> Told:
    about_them = told.member_id in (member_id, None)
    return Told(
        told.id, told.at, told.action, told.subject_kind, told.subject_id, told.member_id, told.actor_id,
        told.actor_role, told.outcome, told.reason, told.request_id,
        told.before if about_them else {}, told.after if about_them else {},
        told.where if told.actor_id == member_id else {},
    )  # fmt: skip


def _told(ids: Sequence[int]) -> list[Told]:
    if not ids:
        return []
    parts: dict[tuple[int, str], dict[str, Any]] = {}
    for entry_id, part, content in db.session.execute(
        select(AuditPart.entry_id, AuditPart.part, AuditPart.content).where(AuditPart.entry_id.in_(ids))
    ):
        parts[entry_id, part] = json.loads(content)
    rows = db.session.execute(select(*AuditEntry.__table__.c).where(_entry.id.in_(ids)).order_by(_entry.id.desc()))
    found = []
    for row in rows:
        what = parts.get((row.id, "what"), {})
        found.append(
            Told(
                row.id, row.at, row.action, row.subject_kind, row.subject_id, row.member_id, row.actor_id,
                row.actor_role, row.outcome, row.reason, row.request_id, what.get("before", {}), what.get("after", {}),
                parts.get((row.id, "where"), {}),
            )
        )  # fmt: skip
    return found
