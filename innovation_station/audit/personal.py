"""What the trail knows of people."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, Select, and_, func, or_, select

from innovation_station.audit import queries, service
from innovation_station.audit.models import AuditEntry, AuditPart
from innovation_station.db import db
from innovation_station.personal import DataClass, Personal, Record, Subject

KEPT_FOR = timedelta(days=2 * 365)
BATCH = 200
MOST_EXPORTED = 10_000

personal = Personal()


def _records(member_id: int) -> Sequence[Record]:
    return [
        Record(
            told.action,
            {
                "at": told.at.isoformat(), "action": told.action, "by_yourself": told.actor_id == member_id,
                "role": told.actor_role, "outcome": told.outcome, "reason": told.reason, "before": told.before,
                "after": told.after, "from": told.where,
            },
            told.at + KEPT_FOR,
        )
        for told in queries.of_member(member_id, limit=MOST_EXPORTED)
    ]  # fmt: skip


def _parts(*where: ColumnElement[bool]) -> Select[int, str, str]:
    return (
        select(AuditPart.entry_id, AuditPart.part, AuditPart.content)
        .join(AuditEntry, AuditEntry.id == AuditPart.entry_id)
        .where(AuditPart.content != "{}", *where)
        .order_by(AuditPart.entry_id, AuditPart.part)
    )


def _erase(subject: Subject, now: datetime) -> int:
    """Erase what is about the member, from where they acted, and what else names them."""
    what, where = AuditPart.part == "what", AuditPart.part == "where"
    theirs = or_(
        and_(what, AuditEntry.member_id == subject.id),
        and_(what, AuditEntry.subject_kind == "member", AuditEntry.subject_id == subject.id),
        and_(where, AuditEntry.actor_id == subject.id),
    )
    named = or_(*(AuditPart.content.icontains(word, autoescape=True) for word in subject.spellings))
    found = {(entry_id, part) for entry_id, part, _content in db.session.execute(_parts(theirs))}
    found |= {
        (entry_id, part)
        for entry_id, part, content in db.session.execute(_parts(named))
        if subject.is_named_in(content)
    }
    return _forget(found, "member", subject.id, now)


def _forget(parts: Collection[tuple[int, str]], kind: str, subject_id: int | None, now: datetime) -> int:
    if not parts:
        return 0
    by = service.record("audit.erased", subject=(kind, subject_id), actor=None, after={"parts": len(parts)}, now=now)
    return service.erase(sorted(parts), by=by)


def _old(now: datetime, held: Collection[int]) -> ColumnElement[bool]:
    spared = [or_(column.is_(None), column.not_in(held)) for column in (AuditEntry.member_id, AuditEntry.actor_id)]
    return and_(AuditEntry.at < now - KEPT_FOR, *(spared if held else ()))


def _expired(now: datetime, held: Collection[int]) -> int:
    return db.session.scalar(select(func.count()).select_from(_parts(_old(now, held)).subquery())) or 0


def _purge(now: datetime, held: Collection[int]) -> int:
    found = db.session.execute(_parts(_old(now, held)).limit(BATCH))
    return _forget([(entry_id, part) for entry_id, part, _content in found], "house", None, now)


personal.add(
    DataClass(
        name="trail",
        tables=("audit_entry", "audit_part", "audit_erasure"),
        title=_l("Trail of events"),
        holds=_l("Who did what with your account and your data, when, from which session and part of the internet."),
        purpose=_l("So that you and the house can see what happened, and misuse is found."),
        basis="interest",
        retention=_l("Two years; then only the fact that something was done remains, without names or details."),
        ends="anonymise",
        records=_records,
        erase=_erase,
        expired=_expired,
        purge=_purge,
    )
)
