"""What the schedule knows of people: who of the staff has done what, for a day."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, delete, select

from innovation_station.db import db
from innovation_station.personal import Aged, DataClass, Personal, Record, Subject
from innovation_station.schedule.models import ScheduleAct

KEPT_FOR = timedelta(days=1)

personal = Personal()


def _records(member_id: int) -> Sequence[Record]:
    rows = db.session.scalars(
        select(ScheduleAct).where(ScheduleAct.actor_id == member_id).order_by(ScheduleAct.at, ScheduleAct.id)
    )
    return [
        Record(row.kind, {"kind": row.kind, "at": row.at.isoformat(), "booking": row.booking_id}, row.at + KEPT_FOR)
        for row in rows
    ]


def _erase(subject: Subject, _now: datetime) -> int:
    gone = db.session.execute(delete(ScheduleAct).where(ScheduleAct.actor_id == subject.id))
    return int(gone.rowcount)  # type: ignore[attr-defined]


def _over(now: datetime, _held: Collection[int]) -> ColumnElement[bool]:
    return ScheduleAct.at < now - KEPT_FOR


_aged = Aged(ScheduleAct.id, _over)


personal.add(
    DataClass(
        name="schedule",
        tables=("schedule_act",),
        title=_l("What you did in the schedule of the staff"),
        holds=_l("Which booking or place you changed, when, and how it was before."),
        purpose=_l("So that you can take it back."),
        basis="interest",
        retention=_l("One day."),
        ends="erase",
        records=_records,
        erase=_erase,
        expired=_aged.expired,
        purge=_aged.purge,
    )
)
