"""Reports that are shared by a link: made, ended, and found by who has it.

Every function that writes runs inside `db.transaction()`, flushes and never commits.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import select

from innovation_station.audit import service as audit
from innovation_station.db import db
from innovation_station.deeds.bearer import Bearer
from innovation_station.errors import NotFound
from innovation_station.figures.models import FigureReport
from innovation_station.members.rules import Actor

links = Bearer("figures", "/figures/")


def share(actor: Actor, month: date, *, organisations: bool, now: datetime) -> FigureReport:
    """Make a link to the report of a month. Another one beside it, where there is one: each is ended on its own."""
    row = FigureReport(
        uid=str(uuid.uuid4()), month=month.replace(day=1), organisations=organisations, made_at=now, ended_at=None
    )
    db.session.add(row)
    db.session.flush()
    after = {"month": f"{row.month:%Y-%m}", "organisations": organisations}
    audit.record("report.shared", subject=("report", row.id), actor=actor, now=now, after=after)
    return row


def end(actor: Actor, share_id: int, *, now: datetime) -> FigureReport:
    """Let a link lead nowhere from now on; twice is the same as once. Raises NotFound."""
    row = db.session.get(FigureReport, share_id, with_for_update=True)
    if row is None:
        raise NotFound
    if row.ended_at is None:
        row.ended_at = now
        db.session.flush()
        after = {"month": f"{row.month:%Y-%m}"}
        audit.record("report.ended", subject=("report", row.id), actor=actor, now=now, after=after)
    return row


def shared(month: date) -> Sequence[FigureReport]:
    """List the links to the report of a month that lead somewhere, the newest first; one statement."""
    return db.session.scalars(
        select(FigureReport)
        .where(FigureReport.month == month.replace(day=1), FigureReport.ended_at.is_(None))
        .order_by(FigureReport.id.desc())
    ).all()


def opened(token: str) -> FigureReport | None:
    """Give the report that a link is to; None where it is none of ours, or was ended."""
    found = links.read(token)
    row = db.session.get(FigureReport, found[0], populate_existing=True) if found else None
    return row if row is not None and found and row.uid == found[1] and row.ended_at is None else None
