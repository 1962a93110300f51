"""Reads of erasures, holds, exports and leaves, and of what is kept of a member by class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import JSON, Select, String, Text, cast, func, or_, select
from sqlalchemy.orm import undefer

from innovation_station.db import Base, db
from innovation_station.members.models import Member
from innovation_station.personal import DataClass, Personal, Subject
from innovation_station.privacy.models import Erasure, Export, Hold, Leave
from innovation_station.privacy.rules import ENDED_KEPT


def member(member_id: int) -> Member | None:
    """Find a member, forgotten ones too."""
    return db.session.get(Member, member_id)


def erasure_of(member_id: int) -> Erasure | None:
    """Give the erasure that waits, or the one that was done."""
    mine = select(Erasure).where(Erasure.member_id == member_id, Erasure.state != "withdrawn")
    return db.session.scalar(mine.order_by(Erasure.id.desc()).limit(1))


def due(now: datetime) -> list[int]:
    """List the erasures whose time has come and that no hold stands against."""
    waiting = (Erasure.state == "waiting", Erasure.due_at <= now, Erasure.member_id.not_in(_held()))
    return list(db.session.scalars(select(Erasure.id).where(*waiting).order_by(Erasure.due_at, Erasure.id)))


def _held() -> Select[int]:
    return select(Hold.member_id).where(Hold.lifted_at.is_(None))


def held() -> frozenset[int]:
    """Give the members whose data may not go."""
    return frozenset(db.session.scalars(_held()))


def holds() -> Sequence[tuple[Hold, Member]]:
    """List the holds that stand, oldest first, with their members."""
    statement = select(Hold, Member).join(Member, Member.id == Hold.member_id).where(Hold.lifted_at.is_(None))
    return [(hold, member) for hold, member in db.session.execute(statement.order_by(Hold.id))]


def hold_of(member_id: int) -> Hold | None:
    """Give the hold that stands for a member."""
    return db.session.scalar(select(Hold).where(Hold.member_id == member_id, Hold.lifted_at.is_(None)).limit(1))


def cases(*, limit: int) -> Sequence[tuple[Erasure, Member]]:
    """List erasures with their members: those that wait first, by their time, then the others, newest first."""
    order = (Erasure.state != "waiting", Erasure.due_at.desc(), Erasure.id.desc())
    statement = select(Erasure, Member).join(Member, Member.id == Erasure.member_id).order_by(*order).limit(limit)
    return [(case, member) for case, member in db.session.execute(statement)]


def exports(member_id: int) -> Sequence[Export]:
    """List a member's exports, newest first, without their bodies."""
    return list(db.session.scalars(select(Export).where(Export.member_id == member_id).order_by(Export.id.desc())))


def export(member_id: int, export_id: int) -> Export | None:
    """Find an export of a member, with its body."""
    mine = select(Export).where(Export.id == export_id, Export.member_id == member_id)
    return db.session.scalar(mine.options(undefer(Export.body)).execution_options(populate_existing=True))


def waiting_exports() -> list[int]:
    """List the exports that are to be made, oldest first."""
    return list(db.session.scalars(select(Export.id).where(Export.state == "waiting").order_by(Export.id)))


def leave_of(member_id: int) -> Leave | None:
    """Give the leave that a member is on."""
    mine = select(Leave).where(Leave.member_id == member_id, Leave.back_at.is_(None))
    return db.session.scalar(mine.order_by(Leave.id.desc()).limit(1))


def pauses_over(now: datetime) -> list[int]:
    """List the pauses that are over."""
    over = (Leave.kind == "pause", Leave.back_at.is_(None), Leave.until <= now)
    return list(db.session.scalars(select(Leave.id).where(*over).order_by(Leave.id)))


def long_ended(now: datetime) -> list[int]:
    """List the members who left for good a year ago and that nobody has asked to forget yet."""
    asked = select(Erasure.member_id).where(Erasure.state != "withdrawn")
    ended = (Leave.kind == "end", Leave.back_at.is_(None), Leave.at <= now - ENDED_KEPT)
    return sorted(set(db.session.scalars(select(Leave.member_id).where(*ended, Leave.member_id.not_in(asked)))))


@dataclass(frozen=True, slots=True)
class Overdue:
    """How much of a class has outlived its time."""

    data: DataClass
    count: int


def overdue(known: Personal, now: datetime) -> list[Overdue]:
    """Count what retention would take now, by class, without taking it."""
    spared = held()
    return [Overdue(data, data.expired(now, spared)) for data in known.in_reading_order]


def left_of(subject: Subject) -> dict[str, int]:
    """Search every text of every table for a person's address and whole name; give the tables that hold them.

    Reads everything: for the end of an erasure, which is to be sure.
    """
    found: dict[str, int] = {}
    for table in Base.metadata.sorted_tables:
        texts = [cast(c, String) if isinstance(c.type, JSON) else c for c in table.columns if _holds_text(c.type)]
        if not texts:
            continue
        narrowed = or_(*(text.icontains(word, autoescape=True) for text in texts for word in subject.spellings))
        rows = db.session.execute(select(*texts).where(narrowed))
        if count := sum(any(subject.is_named_in(str(text or "")) for text in row) for row in rows):
            found[table.name] = count
    return found


def _holds_text(kind: object) -> bool:
    return isinstance(kind, (String, Text, JSON))


def last_admin(member_id: int, living: object) -> bool:
    """Tell whether nobody would administrate the house without this member; `living` says who can log in."""
    others = select(func.count()).where(Member.role == "admin", Member.id != member_id, living)  # type: ignore[arg-type]
    mine = db.session.get(Member, member_id)
    return mine is not None and mine.role == "admin" and not db.session.scalar(others)
