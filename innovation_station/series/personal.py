"""What series know of people, and how they forget them: the dates are bookings, which have rules of their own."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, func, select

from innovation_station.bookings.models import Booking
from innovation_station.db import db
from innovation_station.personal import DataClass, Personal, Record, Subject
from innovation_station.series.models import Occurrence, Series
from innovation_station.spaces.models import Space

KEPT_FOR = timedelta(days=2 * 365)
BATCH = 100

personal = Personal()


def _records(member_id: int) -> Sequence[Record]:
    rows = db.session.execute(
        select(Series, Space.name)
        .join(Space, Space.id == Series.space_id)
        .where(Series.member_id == member_id)
        .order_by(Series.id)
    )
    return [
        Record(
            series.title or space,
            {
                "space": space, "rule": series.rule, "first_day": series.first_day.isoformat(),
                "starts": series.start_minute, "ends": series.end_minute, "zone": series.zone, "title": series.title,
                "shown_to_others": series.public, "ended": series.ended, "made": series.created_at.isoformat(),
            },
            series.changed_at + KEPT_FOR if series.ended else None,
        )
        for series, space in rows
    ]  # fmt: skip


def _forget(ids: Sequence[int]) -> int:
    db.session.execute(delete(Occurrence).where(Occurrence.series_id.in_(ids)))
    db.session.execute(delete(Series).where(Series.id.in_(ids)))
    db.session.expire_all()
    return len(ids)


def _erase(subject: Subject, _now: datetime) -> int:
    return _forget(db.session.scalars(select(Series.id).where(Series.member_id == subject.id)).all())


def _old(now: datetime, held: Collection[int]) -> Any:
    """Choose the series whose last date is as old as bookings grow."""
    last = (
        select(func.max(Booking.end))
        .join(Occurrence, Occurrence.booking_id == Booking.id)
        .where(Occurrence.series_id == Series.id)
        .scalar_subquery()
    )
    return (func.coalesce(last, Series.changed_at) < now - KEPT_FOR) & Series.member_id.not_in({0, *held})


def _expired(now: datetime, held: Collection[int]) -> int:
    return db.session.scalar(select(func.count()).select_from(Series).where(_old(now, held))) or 0


def _purge(now: datetime, held: Collection[int]) -> int:
    return _forget(db.session.scalars(select(Series.id).where(_old(now, held)).limit(BATCH)).all())


personal.add(
    DataClass(
        name="series",
        tables=("series", "occurrence"),
        title=_l("Your series"),
        holds=_l("Which place, how it repeats, and the title you gave it."),
        purpose=_l("To book all its dates, and to change them together."),
        basis="contract",
        retention=_l("Two years after its last date."),
        ends="erase",
        records=_records,
        erase=_erase,
        expired=_expired,
        purge=_purge,
    )
)
