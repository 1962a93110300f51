"""What reports know of people: who made them, and what they wrote."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, or_, select, update

from innovation_station.db import db
from innovation_station.personal import Aged, DataClass, Personal, Record, Subject
from innovation_station.repairs.models import FaultReport
from innovation_station.spaces.models import Space

KEPT_FOR = timedelta(days=365)

personal = Personal()


def _records(member_id: int) -> Sequence[Record]:
    rows = db.session.execute(
        select(FaultReport, Space.name)
        .join(Space, Space.id == FaultReport.space_id)
        .where(FaultReport.member_id == member_id)
        .order_by(FaultReport.id)
    )
    return [
        Record(
            f"{space}, {report.at:%Y-%m-%d}",
            {
                "space": space, "sort": report.sort, "text": report.text, "at": report.at.isoformat(),
                "state": report.state,
                "done": report.done_at and report.done_at.isoformat(),
            },
            report.done_at and report.done_at + KEPT_FOR,
        )
        for report, space in rows
    ]  # fmt: skip


def _erase(subject: Subject, _now: datetime) -> int:
    """Leave what is broken, without who said so and in which words."""
    theirs = update(FaultReport).where(FaultReport.member_id == subject.id).values(member_id=None, text="")
    done = db.session.execute(theirs.execution_options(synchronize_session=False))
    seen_to = update(FaultReport).where(FaultReport.done_by_id == subject.id).values(done_by_id=None)
    db.session.execute(seen_to.execution_options(synchronize_session=False))
    db.session.expire_all()
    return int(done.rowcount)  # type: ignore[attr-defined]


def _over(now: datetime, held: Collection[int]) -> ColumnElement[bool]:
    spared = or_(FaultReport.member_id.is_(None), FaultReport.member_id.not_in(held))
    return (FaultReport.done_at < now - KEPT_FOR) & spared


_aged = Aged(FaultReport.id, _over)


personal.add(
    DataClass(
        name="faults",
        tables=("fault_report",),
        title=_l("Faults you reported"),
        holds=_l("Which place, what was wrong, what you wrote, when, and when it was seen to."),
        purpose=_l("So that what is broken is mended, and you hear of it."),
        basis="interest",
        retention=_l("A year after it was seen to. When your account is erased, your name and your words go at once."),
        ends="anonymise",
        records=_records,
        erase=_erase,
        expired=_aged.expired,
        purge=_aged.purge,
    )
)
