"""Reads of notices."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import ColumnElement, and_, func, or_, select

from innovation_station.db import db
from innovation_station.members.models import Member
from innovation_station.members.rules import short_name
from innovation_station.notices.models import Notice, NoticeChoice, NoticeSettings
from innovation_station.notices.rules import Choice, Frequency, Quiet

_notice, _member = Notice.__table__.c, Member.__table__.c
# What every page of a member shows, asked with the statement that finds the member.
UNREAD = (
    select(func.count())
    .select_from(Notice.__table__)
    .where(_notice.member_id == _member.id, _notice.read_at.is_(None))
    .correlate(Member.__table__)
    .scalar_subquery()
)


@dataclass(frozen=True, slots=True)
class Reader:
    """Whom a notice is for, and what this member chose; `choice` is None where nothing was."""

    id: int
    email: str
    name: str
    language: Literal["sv", "en"] | None
    choice: Choice | None
    digest: Frequency
    quiet: Quiet | None


def reader(member_id: int, kind: str) -> Reader | None:
    """Find an active member with the choices about a kind; one statement."""
    return next(iter(readers([member_id], kind)), None)


def readers(member_ids: Collection[int], kind: str) -> list[Reader]:
    """Find those of some members who are active, with their choices about a kind; one statement."""
    of_kind = and_(NoticeChoice.member_id == Member.id, NoticeChoice.kind == kind)
    rows = db.session.execute(
        select(
            Member.id, Member.email, Member.name, Member.language, NoticeChoice.mail, NoticeChoice.in_app,
            NoticeSettings.digest, NoticeSettings.quiet_start, NoticeSettings.quiet_end,
        )
        .outerjoin(NoticeChoice, of_kind)
        .outerjoin(NoticeSettings, NoticeSettings.member_id == Member.id)
        .where(Member.id.in_(member_ids), Member.state == "active")
    ).all()  # fmt: skip
    return [_reader(row) for row in rows]


def _reader(row: Any) -> Reader:
    choice = Choice(row.mail, row.in_app) if row.mail else None
    quiet = Quiet(row.quiet_start, row.quiet_end) if row.quiet_start is not None else None
    return Reader(row.id, row.email, row.name, row.language, choice, row.digest or "daily", quiet)


def choices(member_id: int) -> dict[str, Choice]:
    """Read what a member chose, by kind."""
    found = db.session.scalars(select(NoticeChoice).where(NoticeChoice.member_id == member_id))
    return {row.kind: Choice(row.mail, row.in_app) for row in found}


def settings(member_id: int) -> tuple[Frequency, Quiet | None]:
    """Read how often a member gets the digest, and the quiet hours."""
    row = db.session.get(NoticeSettings, member_id)
    if row is None:
        return "daily", None
    quiet = Quiet(row.quiet_start, row.quiet_end) if row.quiet_start is not None and row.quiet_end is not None else None
    return row.digest, quiet


def of_member(member_id: int, *, before: int | None = None, limit: int) -> Sequence[Notice]:
    """List a member's notices, the latest first; `before` pages on by id."""
    statement = select(Notice).where(Notice.member_id == member_id, Notice.in_app)
    if before is not None:
        statement = statement.where(Notice.id < before)
    return db.session.scalars(statement.order_by(Notice.id.desc()).limit(limit)).all()


def mine(member_id: int, notice_id: int) -> Notice | None:
    """Find a notice among a member's."""
    return db.session.scalar(select(Notice).where(Notice.id == notice_id, Notice.member_id == member_id))


def waiting(member_id: int) -> Sequence[Notice]:
    """List what waits for a member's digest, the earliest first."""
    where = (Notice.digest, Notice.member_id == member_id)
    return db.session.scalars(select(Notice).where(*where).order_by(Notice.id)).all()


def with_digest(frequencies: Collection[Frequency]) -> list[int]:
    """List the members for whom something waits and whose digest is of one of these frequencies."""
    wanted: ColumnElement[bool] = NoticeSettings.digest.in_(sorted(frequencies))
    if "daily" in frequencies:
        wanted = or_(wanted, NoticeSettings.member_id.is_(None))
    found = (
        select(Notice.member_id)
        .outerjoin(NoticeSettings, NoticeSettings.member_id == Notice.member_id)
        .where(Notice.digest, wanted)
        .distinct()
    )
    return sorted(db.session.scalars(found))


def names(ids: Collection[int]) -> dict[int, str]:
    """Give the short names of members, those who left excepted; one statement at most."""
    if not ids:
        return {}
    found = select(Member.id, Member.name).where(Member.id.in_(sorted(ids)), Member.state == "active")
    return {member_id: short_name(name) for member_id, name in db.session.execute(found)}
