"""Reads of reports."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from sqlalchemy import Select, func, select
from sqlalchemy.orm import joinedload

from innovation_station.bookings.models import Booking
from innovation_station.bookings.rules import HOLDING
from innovation_station.db import db
from innovation_station.members.models import Member
from innovation_station.members.rules import STAFF
from innovation_station.repairs.models import FaultNote, FaultPhoto, FaultReport
from innovation_station.repairs.rules import ENDED, WAITING
from innovation_station.spaces.models import Closure


def waiting() -> Sequence[FaultReport]:
    """List what is not mended, the oldest first, with who reported it and who sees to it; one statement.

    What is joined to another is left out, see `joined`.
    """
    return db.session.scalars(
        _heads(WAITING).options(joinedload(FaultReport.assignee)).order_by(FaultReport.at, FaultReport.id)
    ).all()


def ended(since: datetime, limit: int) -> Sequence[FaultReport]:
    """List what has been mended, or found to be no fault, since then, the latest first, with who reported it; one
    statement."""
    return db.session.scalars(
        _heads(ENDED)
        .where(FaultReport.done_at >= since)
        .order_by(FaultReport.done_at.desc(), FaultReport.id.desc())
        .limit(limit)
    ).all()


def _heads(states: Collection[str]) -> Select[FaultReport]:
    head = select(FaultReport).options(joinedload(FaultReport.member))
    return head.where(FaultReport.state.in_(states), FaultReport.same_as_id.is_(None))


def of_faults(closure_ids: Iterable[int]) -> set[int]:
    """Give those of some closures that go with a report: they open when that is mended, and nowhere else; one
    statement."""
    rows = db.session.scalars(select(FaultReport.closure_id).where(FaultReport.closure_id.in_(sorted(closure_ids))))
    return {one for one in rows if one is not None}


def of_space(space_id: int) -> Sequence[FaultReport]:
    """List what is broken in a space and not mended yet, the oldest first; one statement."""
    return db.session.scalars(
        select(FaultReport)
        .where(FaultReport.space_id == space_id, FaultReport.state.in_(WAITING), FaultReport.same_as_id.is_(None))
        .order_by(FaultReport.at, FaultReport.id)
    ).all()


def whole(report_id: int) -> FaultReport | None:
    """Find a report with who made it, who ended it and who sees to it; one statement."""
    people = (joinedload(FaultReport.member), joinedload(FaultReport.done_by), joinedload(FaultReport.assignee))
    return db.session.scalar(select(FaultReport).options(*people).where(FaultReport.id == report_id))


def joined(report_ids: Collection[int]) -> dict[int, int]:
    """Count by report how many others tell of the same; one statement, none for none."""
    if not report_ids:
        return {}
    same = FaultReport.same_as_id.in_(sorted(report_ids))
    counted = select(FaultReport.same_as_id, func.count()).where(same).group_by(FaultReport.same_as_id)
    return {head: count for head, count in db.session.execute(counted) if head is not None}


def group(report_id: int) -> Sequence[FaultReport]:
    """List a report and those that are joined to it, the oldest first, with who made them; one statement."""
    same = (FaultReport.id == report_id) | (FaultReport.same_as_id == report_id)
    made = select(FaultReport).options(joinedload(FaultReport.member)).where(same)
    return db.session.scalars(made.order_by(FaultReport.at, FaultReport.id)).all()


def with_photo(report_ids: Collection[int]) -> set[int]:
    """Name the reports that have a photo; one statement, none for none."""
    if not report_ids:
        return set()
    has = select(FaultPhoto.report_id).where(FaultPhoto.report_id.in_(sorted(report_ids)))
    return set(db.session.scalars(has))


def photo(report_id: int) -> bytes | None:
    """Give the photo of a report."""
    return db.session.scalar(select(FaultPhoto.body).where(FaultPhoto.report_id == report_id))


def notes(report_id: int) -> Sequence[FaultNote]:
    """List what was noted on a report, the latest first, with who did; one statement."""
    of_it = select(FaultNote).options(joinedload(FaultNote.by)).where(FaultNote.report_id == report_id)
    return db.session.scalars(of_it.order_by(FaultNote.at.desc(), FaultNote.id.desc())).all()


def count_notes(report_id: int) -> int:
    """Count what was noted on a report."""
    return db.session.scalar(select(func.count()).where(FaultNote.report_id == report_id)) or 0


def staff() -> Sequence[Member]:
    """List who may see to a fault, by name; one statement."""
    works = (Member.role.in_(sorted(STAFF)), Member.state == "active")
    return db.session.scalars(select(Member).where(*works).order_by(Member.name, Member.id)).all()


def same(member_id: int, space_id: int, sort: str, text: str) -> FaultReport | None:
    """Find what a member has reported in these words already, where that is not mended yet."""
    return db.session.scalar(
        select(FaultReport).where(
            FaultReport.member_id == member_id, FaultReport.space_id == space_id, FaultReport.sort == sort,
            FaultReport.text == text, FaultReport.state.in_(WAITING),
        ).limit(1)
    )  # fmt: skip


def head_of(space_id: int, sort: str) -> FaultReport | None:
    """Find the first report of a sort on a space that is not mended yet, and lock it: it may end in this moment."""
    return db.session.scalar(
        select(FaultReport)
        .where(
            FaultReport.space_id == space_id, FaultReport.sort == sort, FaultReport.state.in_(WAITING),
            FaultReport.same_as_id.is_(None),
        )
        .order_by(FaultReport.id)
        .limit(1)
        .with_for_update()
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


def moved_away(report: FaultReport, now: datetime) -> Sequence[Booking]:
    """List the bookings that were moved for a report, are still where they were put and not over, by their time; one
    statement, none where nobody was moved."""
    put = {pair[0]: pair[1] for pair in report.moved}
    if not put:
        return []
    ahead = (Booking.id.in_(sorted(put)), Booking.end > now, Booking.state.in_(HOLDING))
    rows = db.session.scalars(select(Booking).where(*ahead).order_by(Booking.start, Booking.id))
    return [row for row in rows if row.space_id == put[row.id]]
