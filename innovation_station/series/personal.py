"""What series know of people, and how they forget them: the dates are bookings, which have rules of their own."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import ScalarSelect, delete, func, select

from innovation_station.bookings.models import Booking
from innovation_station.bookings.personal import give, lock, spaces_of
from innovation_station.db import db
from innovation_station.i18n import zone
from innovation_station.personal import DataClass, Farewell, Personal, Record, Subject
from innovation_station.series import queries, service, words
from innovation_station.series.models import Occurrence, Series
from innovation_station.spaces.models import Space
from innovation_station.spaces.queries import house

KEPT_FOR = timedelta(days=2 * 365)
BATCH = 100

personal = Personal()


def _records(member_id: int) -> Sequence[Record]:
    rows = db.session.execute(
        select(Series, Space.name, _last())
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
            (series.changed_at if last is None else last) + KEPT_FOR,
        )
        for series, space, last in rows
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
    return (func.coalesce(_last(), Series.changed_at) < now - KEPT_FOR) & Series.member_id.not_in({0, *held})


def _last() -> ScalarSelect[Any]:
    """Give when the last date of a series ends."""
    return (
        select(func.max(Booking.end))
        .join(Occurrence, Occurrence.booking_id == Booking.id)
        .where(Occurrence.series_id == Series.id)
        .correlate(Series)
        .scalar_subquery()
    )


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


def _tell(member_id: int, now: datetime, _until: datetime | None) -> Sequence[str]:
    known = house()
    return [
        " · ".join(filter(None, (words.heading(series.pattern, known), series.title)))
        for series in queries.running(member_id, now)
    ]


def _release(_actor: Any, member_id: int, now: datetime, _until: datetime | None) -> int:
    """Note which series are over now that their dates were given back, which are bookings and go with them."""
    running = {series.id for series in queries.running(member_id, now)}
    theirs = select(Series).where(Series.member_id == member_id, Series.ended.is_(False), Series.id.not_in(running))
    over = db.session.scalars(theirs).all()
    for series in over:
        series.ended, series.revision, series.changed_at = True, series.revision + 1, now
    db.session.flush()
    return len(over)


def _hand_over(actor: Any, member_id: int, to_id: int, now: datetime, until: datetime | None) -> int:
    """Give another member the dates to come, as a series again; gives how many. The others are released."""
    lock([member_id, to_id], spaces_of(member_id))
    count = 0
    for series in queries.running(member_id, now):
        ahead = [
            row
            for row in queries.occurrences(series.id)
            if row.booking and row.booking.takes and row.booking.start > now
            if until is None or row.booking.start < until
        ]
        made = {row.original: give(actor, row.booking, to_id, now) for row in ahead if row.booking}
        given = {original: booking for original, booking in made.items() if booking is not None}
        if given:
            service.handed(series, to_id, given, now=now, zone=zone())
        count += len(given)
    return count


personal.lets_go(Farewell("series", _l("Series"), tells=_tell, release=_release, hand_over=_hand_over))
