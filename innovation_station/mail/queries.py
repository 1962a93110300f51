"""Reads of the outbox."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import aliased, defer

from innovation_station.db import db
from innovation_station.mail import rules
from innovation_station.mail.models import Mail

PARKED = select(func.count()).select_from(Mail).where(Mail.state == "parked")


def by_key(key: str) -> Mail | None:
    """Find the mail with this key."""
    return db.session.scalar(select(Mail).where(Mail.key == key))


def waiting(member_id: int, template: str) -> Sequence[Mail]:
    """List what waits to be sent to a member under a template, the earliest first, and lock it.

    Nothing of it leaves until the caller's transaction ends, so that it can be changed or taken back.
    """
    mine = (Mail.member_id == member_id, Mail.template == template, Mail.state == "queued")
    found = select(Mail).where(*mine).order_by(Mail.id).with_for_update().execution_options(populate_existing=True)
    return db.session.scalars(found).all()


def _due(now: datetime) -> ColumnElement[bool]:
    """Tell what may be tried: its time has come, or the lease of who tried has passed.

    A lease that ends later than any can is of a time before the clock was set back.
    """
    earlier = aliased(Mail)
    before = or_(
        earlier.ordered_at < Mail.ordered_at, and_(earlier.ordered_at == Mail.ordered_at, earlier.id < Mail.id)
    )
    blocked = exists().where(earlier.receiver == Mail.receiver, earlier.state.in_(rules.OPEN), before)
    lapsed = and_(Mail.state == "sending", Mail.due_at > now + 2 * rules.LEASE)
    return and_(Mail.state.in_(rules.OPEN), or_(Mail.due_at <= now, lapsed), ~blocked)


def is_due(now: datetime) -> bool:
    """Tell whether any mail can be tried, without taking it: a read that holds up nobody."""
    return db.session.scalar(select(Mail.id).where(_due(now)).limit(1)) is not None


def next_due(now: datetime) -> Mail | None:
    """Give the first mail in turn and lock it; on PostgreSQL those that others have locked are passed over."""
    first = select(Mail).where(_due(now)).order_by(Mail.ordered_at, Mail.id).limit(1)
    return db.session.scalar(first.with_for_update(skip_locked=True).execution_options(populate_existing=True))


@dataclass(frozen=True, slots=True)
class Load:
    """How full the outbox is: waiting (held ones too), the time since the oldest should have left, parked."""

    waiting: int
    oldest: datetime | None
    parked: int


def load(now: datetime) -> Load:
    """Read how full the outbox is (one statement)."""
    open_, late = Mail.state.in_(rules.OPEN), and_(Mail.state.in_(rules.OPEN), Mail.ordered_at <= now)
    row = db.session.execute(
        select(
            func.count().filter(open_),
            func.min(Mail.ordered_at).filter(late),
            func.count().filter(Mail.state == "parked"),
        ).where(Mail.state.in_((*rules.OPEN, "parked")))
    ).one()
    return Load(row[0], row[1], row[2])


def parked(*, limit: int) -> list[Mail]:
    """List parked mails, those parked last first."""
    order = (Mail.ended_at.desc(), Mail.id.desc())
    return list(db.session.scalars(select(Mail).where(Mail.state == "parked").order_by(*order).limit(limit)))


@dataclass(frozen=True, slots=True)
class Sought:
    """Which mails a list shows: in some states, of a kind, to whom a text names; "" and () for all."""

    states: tuple[str, ...] = ()
    kind: str = ""
    text: str = ""


def found(sought: Sought, *, before: int | None = None, limit: int) -> list[Mail]:
    """List mails, those queued last first; `before` is the last one seen. One statement."""
    statement = select(Mail).options(defer(Mail.content))
    if sought.states:
        statement = statement.where(Mail.state.in_(sought.states))
    if sought.kind:
        statement = statement.where(Mail.kind == sought.kind)
    if sought.text:
        named = (column.icontains(sought.text, autoescape=True) for column in (Mail.receiver, Mail.name))
        statement = statement.where(or_(*named))
    if before is not None:
        statement = statement.where(Mail.id < before)
    return list(db.session.scalars(statement.order_by(Mail.id.desc()).limit(limit)))


def kinds() -> list[str]:
    """List the kinds of mail that there are."""
    return list(db.session.scalars(select(Mail.kind).distinct().order_by(Mail.kind)))


def counts() -> dict[str, int]:
    """Count the mails by state."""
    rows = db.session.execute(select(Mail.state, func.count()).group_by(Mail.state))
    return {row[0]: row[1] for row in rows}
