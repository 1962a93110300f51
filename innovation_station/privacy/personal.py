"""What privacy itself keeps of people: the cases, the copies, the leaves."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, and_, delete, func, select, update

from innovation_station.db import db
from innovation_station.personal import DataClass, Personal, Record, Subject
from innovation_station.privacy import queries
from innovation_station.privacy.models import Erasure, Export, Hold, Leave
from innovation_station.privacy.rules import CASES_KEPT

personal = Personal()


def _execute(statement: Any) -> int:
    return int(db.session.execute(statement.execution_options(synchronize_session=False)).rowcount)  # type: ignore[attr-defined]


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def _copies(member_id: int) -> Sequence[Record]:
    return [
        Record(export.state, {"asked": _iso(export.asked_at), "state": export.state}, export.expires_at)
        for export in queries.exports(member_id)
    ]


def _erase_copies(subject: Subject, _now: datetime) -> int:
    return _execute(delete(Export).where(Export.member_id == subject.id))


def _expired_copies(now: datetime, _held: Collection[int]) -> int:
    return db.session.scalar(select(func.count()).select_from(Export).where(Export.expires_at <= now)) or 0


def _purge_copies(now: datetime, _held: Collection[int]) -> int:
    return _execute(delete(Export).where(Export.expires_at <= now))


personal.add(
    DataClass(
        name="copies",
        tables=("data_export",),
        title=_l("Copies you asked for"),
        holds=_l("The files with everything that is known of you, which you asked for."),
        purpose=_l("So that you can take your data with you, as the law gives you the right to."),
        basis="legal-duty",
        retention=_l("Seven days after a file was made."),
        ends="erase",
        records=_copies,
        erase=_erase_copies,
        expired=_expired_copies,
        purge=_purge_copies,
    )
)


def _cases(member_id: int) -> Sequence[Record]:
    cases = db.session.scalars(select(Erasure).where(Erasure.member_id == member_id).order_by(Erasure.id))
    leaves = db.session.scalars(select(Leave).where(Leave.member_id == member_id).order_by(Leave.id))
    return [
        *(
            Record(
                case.state, {"asked": _iso(case.asked_at), "due": _iso(case.due_at), "state": case.state},
                case.ended_at and case.ended_at + CASES_KEPT,
            )
            for case in cases
        ),
        *(
            Record(
                leave.kind, {"kind": leave.kind, "at": _iso(leave.at), "until": _iso(leave.until)},
                leave.back_at and leave.back_at + CASES_KEPT,
            )
            for leave in leaves
        ),
    ]  # fmt: skip


def _erase_cases(subject: Subject, _now: datetime) -> int:
    """Leave the erasure itself, a number with dates; the words of holds and the leaves go."""
    gone = _execute(delete(Leave).where(Leave.member_id == subject.id))
    gone += _execute(delete(Hold).where(Hold.member_id == subject.id))
    return gone + _execute(update(Erasure).where(Erasure.asked_by_id == subject.id).values(asked_by_id=None))


def _over(now: datetime, held: Collection[int]) -> list[tuple[Any, ColumnElement[bool]]]:
    last = now - CASES_KEPT
    return [
        (Erasure, and_(Erasure.ended_at < last, Erasure.member_id.not_in(held))),
        (Leave, and_(Leave.back_at < last, Leave.member_id.not_in(held))),
        (Hold, and_(Hold.lifted_at < last, Hold.member_id.not_in(held))),
    ]


def _expired_cases(now: datetime, held: Collection[int]) -> int:
    return sum(db.session.scalar(select(func.count()).select_from(t).where(w)) or 0 for t, w in _over(now, held))


def _purge_cases(now: datetime, held: Collection[int]) -> int:
    return sum(_execute(delete(table).where(where)) for table, where in _over(now, held))


personal.add(
    DataClass(
        name="cases",
        tables=("erasure", "hold", "leave"),
        title=_l("Pauses, endings and erasures"),
        holds=_l("When you paused or ended your membership or asked to be erased, and what stood against it."),
        purpose=_l("So that the house can show that it did what you asked for."),
        basis="legal-duty",
        retention=_l("Three years. Of an erasure only a number with dates remains."),
        ends="anonymise",
        records=_cases,
        erase=_erase_cases,
        expired=_expired_cases,
        purge=_purge_cases,
    )
)
