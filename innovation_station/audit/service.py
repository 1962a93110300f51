"""What happens to the trail: entries are recorded and sealed; their personal parts erased. Nothing else can."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import event, insert, text, update
from sqlalchemy.orm import Session, SessionTransaction

from innovation_station import clock
from innovation_station.audit import queries, rules
from innovation_station.audit.models import AuditEntry, AuditErasure, AuditPart
from innovation_station.audit.origin import current
from innovation_station.audit.rules import Actor, Outcome, Part
from innovation_station.db import db

HOUSE = "house"  # the role of who acts where it is nobody: a job, the program
_UNSEALED = "audit_unsealed"
_LOCK = 7268422  # of PostgreSQL, taken last by whoever seals


def record(
    action: str,
    *,
    subject: tuple[str, int | None],
    actor: Actor | None,
    member_id: int | None = None,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    outcome: Outcome = "done",
    reason: str = "",
    now: datetime | None = None,
) -> AuditEntry:
    """Write one entry into the caller's transaction.

    `action` is "subject.verb" in small letters; `subject` a kind and a row's number; `member_id` whose data it is
    about, so that this member sees it; `actor` who acts, None for the house itself. Of `before` and `after` the
    fields that differ are kept; `reason` is a refusal's code. Raises ValueError for an action that is none.
    """
    if not rules.is_action(action):
        raise ValueError(f"{action!r} is no name for an action")
    origin = current()
    parts = {"what": _part(rules.differences(before, after)), "where": _part(origin.facts())}
    entry = AuditEntry(
        at=_milliseconds(now or clock.now()), action=action, subject_kind=subject[0], subject_id=subject[1],
        member_id=member_id, actor_id=actor.id if actor else None, actor_role=actor.role if actor else HOUSE,
        outcome=outcome, reason=reason[:60], request_id=origin.request_id[:64],
        what_hash=parts["what"][0], where_hash=parts["where"][0],
    )  # fmt: skip
    db.session.add(entry)
    db.session.flush()
    rows = [
        {"entry_id": entry.id, "part": name, "salt": salt, "content": content}
        for name, (_digest, salt, content) in parts.items()
    ]
    db.session.execute(insert(AuditPart.__table__), rows)  # type: ignore[arg-type]
    db.session.info.setdefault(_UNSEALED, []).append(entry.id)
    return entry


def _milliseconds(at: datetime) -> datetime:
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


def _part(content: Mapping[str, Any]) -> tuple[bytes, bytes, str]:
    salt, written = secrets.token_bytes(16), rules.canonical(content)
    return rules.part_hash(salt, written), salt, written


def erase(parts: Iterable[tuple[int, Part | str]], *, by: AuditEntry) -> int:
    """Erase personal parts of entries, given by entry and part; `by` is the entry that tells of the decision.

    Gives how many there were. The entries stand, and so does the chain.
    """
    gone = 0
    for entry_id, part in parts:
        stored = db.session.get(AuditPart, (entry_id, part))
        if stored is None:
            continue
        db.session.add(AuditErasure(entry_id=entry_id, part=part, by_id=by.id))
        db.session.flush()  # the database lets a part go only after this row
        db.session.delete(stored)
        gone += 1
    db.session.flush()
    return gone


@event.listens_for(Session, "before_commit")
def _seal(session: Session) -> None:
    """Give the entries of this transaction their places in the chain; those of undone savepoints are not there."""
    if session.in_nested_transaction():  # a savepoint is released: the end is still to come
        return
    mine = session.info.pop(_UNSEALED, None)
    if not mine:
        return
    session.flush()
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    position, previous = queries.last(session)
    for entry in queries.unsealed(session, mine):
        position += 1
        digest = rules.seal(queries.sealable(entry), position=position, previous=previous)
        values = {"position": position, "previous": previous, "hash": digest}
        session.execute(
            update(AuditEntry)
            .where(AuditEntry.id == entry.id)
            .values(values)
            .execution_options(synchronize_session=False)
        )
        previous = digest


@event.listens_for(Session, "after_soft_rollback")
def _forget(session: Session, undone: SessionTransaction) -> None:
    if not undone.nested:
        session.info.pop(_UNSEALED, None)
