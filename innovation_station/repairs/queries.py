"""Reads of reports."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from innovation_station.db import db
from innovation_station.repairs.models import FaultReport
from innovation_station.spaces.models import Closure


def waiting() -> Sequence[FaultReport]:
    """List what is not mended, the oldest first, with who reported it; one statement."""
    return db.session.scalars(
        select(FaultReport)
        .options(joinedload(FaultReport.member))
        .where(FaultReport.state.in_(("open", "hand")))
        .order_by(FaultReport.at, FaultReport.id)
    ).all()


def mended(since: datetime, limit: int) -> Sequence[FaultReport]:
    """List what has been mended since then, the latest first, with who reported it; one statement."""
    return db.session.scalars(
        select(FaultReport)
        .options(joinedload(FaultReport.member))
        .where(FaultReport.state == "done", FaultReport.done_at >= since)
        .order_by(FaultReport.done_at.desc(), FaultReport.id.desc())
        .limit(limit)
    ).all()


def of_space(space_id: int) -> Sequence[FaultReport]:
    """List what is broken in a space and not mended yet, the oldest first; one statement."""
    return db.session.scalars(
        select(FaultReport)
        .where(FaultReport.space_id == space_id, FaultReport.state.in_(("open", "hand")))
        .order_by(FaultReport.at, FaultReport.id)
    ).all()


def same(member_id: int, space_id: int, sort: str, text: str) -> FaultReport | None:
    """Find what a member has reported in these words already, where that is not mended yet."""
    return db.session.scalar(
        select(FaultReport).where(
            FaultReport.member_id == member_id, FaultReport.space_id == space_id, FaultReport.sort == sort,
            FaultReport.text == text, FaultReport.state != "done",
        ).limit(1)
    )  # fmt: skip


def made_since(member_id: int, since: datetime) -> int:
    """Count what a member has reported since then."""
    mine = (FaultReport.member_id == member_id, FaultReport.at > since)
    return db.session.scalar(select(func.count()).select_from(FaultReport).where(*mine)) or 0


def closures(reports: Sequence[FaultReport], now: datetime) -> dict[int, Closure]:
    """Give by report what keeps its space closed still; one statement, none where nothing is closed."""
    ids = {report.closure_id for report in reports if report.closure_id is not None}
    if not ids:
        return {}
    found = {row.id: row for row in db.session.scalars(select(Closure).where(Closure.id.in_(ids), Closure.end > now))}
    return {report.id: found[report.closure_id] for report in reports if report.closure_id in found}
