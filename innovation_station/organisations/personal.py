"""What is kept of members for organisations: what they were granted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, select

from innovation_station.db import db
from innovation_station.organisations import service
from innovation_station.organisations.models import Grant
from innovation_station.personal import DataClass, Farewell, Personal, Record, Subject

personal = Personal()
personal.impersonal("organisation_logo")


def _rows(member_id: int) -> Sequence[Grant]:
    return db.session.scalars(select(Grant).where(Grant.member_id == member_id).order_by(Grant.id)).all()


def _records(member_id: int) -> Sequence[Record]:
    return [
        Record(
            f"{row.kind} {row.subject_id}",
            {"kind": row.kind, "id": row.subject_id, "since": row.granted_at.isoformat()},
        )
        for row in _rows(member_id)
    ]  # fmt: skip


def _erase(subject: Subject, _now: datetime) -> int:
    gone = db.session.execute(delete(Grant).where(Grant.member_id == subject.id))
    return int(gone.rowcount)  # type: ignore[attr-defined]


personal.add(
    DataClass(
        name="grants",
        tables=("member_grant",),
        title=_l("What you look after"),
        holds=_l("Which organisation you are the contact of, and which places or events you manage."),
        purpose=_l("So that you see and do what goes with it."),
        basis="contract",
        retention=_l("As long as it is yours to look after."),
        ends="erase",
        records=_records,
        erase=_erase,
    )
)


def _tell(member_id: int, _now: datetime, _until: datetime | None) -> Sequence[str]:
    return [f"{row.kind} {row.subject_id}" for row in _rows(member_id)]


def _release(actor: Any, member_id: int, _now: datetime, _until: datetime | None) -> int:
    return service.revoke_all(member_id, actor=actor)


personal.lets_go(Farewell("grants", _l("What you look after"), tells=_tell, release=_release, when=frozenset({"end"})))
