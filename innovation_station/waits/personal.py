"""What waits know of people, and how they are let go."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, delete, func, select

from innovation_station.db import db
from innovation_station.i18n import zone
from innovation_station.personal import DataClass, Farewell, Personal, Record, Subject
from innovation_station.spaces.queries import house as read_house
from innovation_station.waits import queries, service, words
from innovation_station.waits.models import Wait

KEPT_FOR = timedelta(days=90)
BATCH = 500

personal = Personal()


def _records(member_id: int) -> Sequence[Record]:
    places = read_house().places
    rows = db.session.scalars(select(Wait).where(Wait.member_id == member_id).order_by(Wait.id.desc()))
    return [
        Record(
            places[wait.space_id].name if wait.space_id else str(wait.kind),
            {
                "space": places[wait.space_id].name if wait.space_id else None, "kind": wait.kind,
                "start": wait.start.isoformat(), "end": wait.end.isoformat(), "state": wait.state,
                "joined": wait.joined_at.isoformat(), "ended": wait.ended_at.isoformat() if wait.ended_at else None,
            },
            wait.end + KEPT_FOR,
        )
        for wait in rows
    ]  # fmt: skip


def _erase(subject: Subject, now: datetime) -> int:
    service.leave_all(subject.id, now=now, zone=zone())
    return int(db.session.execute(delete(Wait).where(Wait.member_id == subject.id)).rowcount)  # type: ignore[attr-defined]


def _old(now: datetime, held: Collection[int]) -> ColumnElement[bool]:
    return (Wait.end < now - KEPT_FOR) & Wait.member_id.not_in(held)


def _expired(now: datetime, held: Collection[int]) -> int:
    return db.session.scalar(select(func.count()).select_from(Wait).where(_old(now, held))) or 0


def _purge(now: datetime, held: Collection[int]) -> int:
    found = db.session.scalars(select(Wait.id).where(_old(now, held)).order_by(Wait.id).limit(BATCH)).all()
    return int(db.session.execute(delete(Wait).where(Wait.id.in_(found))).rowcount) if found else 0  # type: ignore[attr-defined]


personal.add(
    DataClass(
        name="waits",
        tables=("wait",),
        title=_l("Places you wait for"),
        holds=_l("For which place and when you stood in line, what you were offered, and what became of it."),
        purpose=_l("To offer you the place when it becomes free, and to ask everybody in their turn."),
        basis="contract",
        retention=_l("Ninety days after the time you waited for. Then it is deleted."),
        ends="erase",
        records=_records,
        erase=_erase,
        expired=_expired,
        purge=_purge,
    )
)


def _ahead(member_id: int, until: datetime | None) -> Sequence[Wait]:
    return [wait for wait in queries.living(member_id) if until is None or wait.start < until]


def _tell(member_id: int, now: datetime, until: datetime | None) -> Sequence[str]:
    house = read_house()
    return [words.shown(wait, (), house, now)["label"] for wait in _ahead(member_id, until)]


def _release(_actor: Any, member_id: int, now: datetime, until: datetime | None) -> int:
    return service.leave_all(member_id, now=now, zone=zone(), until=until)


personal.lets_go(Farewell("waits", _l("Places in line"), tells=_tell, release=_release))
