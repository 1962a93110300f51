"""What notices know of people: what a member was told, and what a member wants to be told."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from innovation_station.db import db
from innovation_station.notices import queries, rules, service, words
from innovation_station.notices.models import Notice
from innovation_station.personal import Aged, DataClass, Personal, Record, Subject

personal = Personal()


def _records(member_id: int) -> Sequence[Record]:
    return [_wishes(member_id), *_told(member_id)]


def _wishes(member_id: int) -> Record:
    digest, quiet = queries.settings(member_id)
    chosen = {kind: {"mail": choice.mail, "list": choice.in_app} for kind, choice in queries.choices(member_id).items()}
    hours = [quiet.start, quiet.end] if quiet else None
    return Record("settings", {"digest": digest, "quiet_minutes": hours, "kinds": chosen})


def _told(member_id: int) -> Sequence[Record]:
    rows = db.session.scalars(select(Notice).where(Notice.member_id == member_id).order_by(Notice.id.desc())).all()
    said = words.said_all([(row.kind, row.content) for row in rows])
    return [
        Record(
            text.title,
            {
                "kind": row.kind, "text": text.text, "at": row.created_at.isoformat(),
                "read": row.read_at and row.read_at.isoformat(),
            },
            row.created_at + rules.KEPT_FOR,
        )
        for row, text in zip(rows, said, strict=True)
    ]  # fmt: skip


def _erase(subject: Subject, _now: datetime) -> int:
    return service.forget(subject.id)


def _over(now: datetime, held: Collection[int]) -> Any:
    return (Notice.created_at < now - rules.KEPT_FOR) & Notice.member_id.not_in(held)


_aged = Aged(Notice.id, _over, batch=500)


personal.add(
    DataClass(
        name="notices",
        tables=("notice", "notice_choice", "notice_settings"),
        title=_l("Your notifications"),
        holds=_l("What you were told and when, what you want to be told, and your quiet hours."),
        purpose=_l("So that you hear of what concerns you, in the way you choose."),
        basis="contract",
        retention=_l("Notifications for 90 days, your choices as long as you are a member."),
        ends="erase",
        records=_records,
        erase=_erase,
        expired=_aged.expired,
        purge=_aged.purge,
    )
)
