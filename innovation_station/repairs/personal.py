"""What reports know of people: who made them, and what they wrote."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, Delete, Update, delete, or_, select, update

from innovation_station.db import db
from innovation_station.personal import Aged, DataClass, Personal, Record, Subject
from innovation_station.repairs.models import FaultNote, FaultPhoto, FaultReport
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


def _photos(member_id: int) -> Mapping[str, bytes]:
    rows = db.session.execute(
        select(FaultPhoto.report_id, FaultPhoto.body)
        .join(FaultReport, FaultReport.id == FaultPhoto.report_id)
        .where(FaultReport.member_id == member_id)
        .order_by(FaultPhoto.report_id)
    )
    return {f"fault-{report_id}.webp": body for report_id, body in rows}


def _erase(subject: Subject, _now: datetime) -> int:
    """Leave what is broken, without who said so, in which words and with which photo; and notes, but those that name
    the member."""
    mine = select(FaultReport.id).where(FaultReport.member_id == subject.id)
    _run(delete(FaultPhoto).where(FaultPhoto.report_id.in_(mine)))
    done = _run(update(FaultReport).where(FaultReport.member_id == subject.id).values(member_id=None, text=""))
    for column in (FaultReport.done_by_id, FaultReport.assignee_id):
        _run(update(FaultReport).where(column == subject.id).values({column: None}))
    naming = [
        row.id
        for row in db.session.scalars(select(FaultNote).where(or_(*map(FaultNote.text.contains, subject.spellings))))
        if subject.is_named_in(row.text)
    ]
    _run(delete(FaultNote).where(FaultNote.id.in_(naming)))
    done += _run(update(FaultNote).where(FaultNote.by_id == subject.id).values(by_id=None)) + len(naming)
    db.session.expire_all()
    return done


def _run(statement: Update | Delete) -> int:
    return int(db.session.execute(statement.execution_options(synchronize_session=False)).rowcount)  # type: ignore[attr-defined]


def _over(now: datetime, held: Collection[int]) -> ColumnElement[bool]:
    spared = or_(FaultReport.member_id.is_(None), FaultReport.member_id.not_in(held))
    return (FaultReport.done_at < now - KEPT_FOR) & spared


_aged = Aged(FaultReport.id, _over)


personal.add(
    DataClass(
        name="faults",
        tables=("fault_report", "fault_photo", "fault_note"),
        title=_l("Faults you reported"),
        holds=_l(
            "Which place, what was wrong, what you wrote, your photo, when, and when it was seen to; what staff noted."
        ),
        purpose=_l("So that what is broken is mended, and you hear of it."),
        basis="interest",
        retention=_l(
            "A year after it was seen to. When your account is erased, your name, your words and your photo go at once."
        ),
        ends="anonymise",
        records=_records,
        erase=_erase,
        files=_photos,
        expired=_aged.expired,
        purge=_aged.purge,
    )
)
