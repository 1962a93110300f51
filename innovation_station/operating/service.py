"""What those do who run the house: mails sent again or given up, jobs run by hand. Each stands in the trail."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, select

from innovation_station.audit import service as audit
from innovation_station.db import db
from innovation_station.errors import Refused
from innovation_station.mail import service as mail
from innovation_station.mail.models import Mail
from innovation_station.members.rules import Actor
from innovation_station.operating import rules
from innovation_station.operating.models import Backup


def retry(mail_id: int, *, actor: Actor, now: datetime) -> Mail:
    """Send a parked mail again. Raises NotFound."""
    row = mail.retry(mail_id, now=now)
    _recorded("mail.retried", row, actor, now)
    return row


def retry_all(*, actor: Actor, now: datetime) -> int:
    """Send all parked mails again, the oldest first, as many as may be at once; give how many."""
    count = mail.retry_all(now=now, limit=rules.MOST_RETRIED)
    if count:
        audit.record("mail.all-retried", subject=("mail", None), actor=actor, after={"mails": count}, now=now)
    return count


def discard(mail_id: int, reason: str, *, actor: Actor, now: datetime) -> Mail:
    """Give a parked mail up, and say why. Raises NotFound, Refused."""
    reason = reason.strip()
    if found := rules.discard_refusals(reason):
        raise Refused(found)
    row = mail.discard(mail_id, now=now)
    _recorded("mail.discarded", row, actor, now, reason=reason)
    return row


def _recorded(action: str, row: Mail, actor: Actor, now: datetime, **more: str) -> None:
    audit.record(
        action, subject=("mail", row.id), member_id=row.member_id, actor=actor,
        after={"kind": row.kind, "problem": row.problem, **more}, now=now,
    )  # fmt: skip


def asked_for(name: str, *, actor: Actor, now: datetime) -> None:
    """Write down who has a job run."""
    audit.record("job.run", subject=("job", None), actor=actor, after={"job": name}, now=now)


def backed_up(size: int, *, seconds: float, revision: str, now: datetime) -> Backup:
    """Note that a copy of the database was written and is whole; the oldest notes go."""
    row = Backup(at=now, size=size, seconds=round(seconds), revision=revision)
    db.session.add(row)
    db.session.flush()
    old = select(Backup.id).order_by(Backup.id.desc()).offset(rules.BACKUPS_KEPT)
    db.session.execute(delete(Backup).where(Backup.id.in_(db.session.scalars(old).all())))
    return row
