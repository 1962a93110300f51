"""What notes know of people: who wrote them, and whom they name."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, delete, or_, select, update

from innovation_station.db import db
from innovation_station.hosting.models import HostNote
from innovation_station.personal import Aged, DataClass, Personal, Record, Subject

KEPT_FOR = timedelta(days=30)

personal = Personal()


def _records(member_id: int) -> Sequence[Record]:
    rows = db.session.scalars(select(HostNote).where(HostNote.by_id == member_id).order_by(HostNote.id))
    return [
        Record(
            f"{row.day:%Y-%m-%d}",
            {"text": row.text, "at": row.at.isoformat(), "done": row.done_at and row.done_at.isoformat()},
            row.done_at and row.done_at + KEPT_FOR,
        )
        for row in rows
    ]


def _erase(subject: Subject, _now: datetime) -> int:
    """Let notes go that name somebody, and leave those that they wrote, without their name."""
    naming = [
        row.id
        for row in db.session.scalars(select(HostNote).where(or_(*map(HostNote.text.contains, subject.spellings))))
        if subject.is_named_in(row.text)
    ]
    db.session.execute(delete(HostNote).where(HostNote.id.in_(naming)))
    done = 0
    for column in (HostNote.by_id, HostNote.done_by_id):
        theirs = update(HostNote).where(column == subject.id).values({column: None})
        done += int(db.session.execute(theirs).rowcount)  # type: ignore[attr-defined]
    db.session.expire_all()
    return len(naming) + done


def _over(now: datetime, held: Collection[int]) -> ColumnElement[bool]:
    return (HostNote.done_at < now - KEPT_FOR) & or_(HostNote.by_id.is_(None), HostNote.by_id.not_in(held))


_aged = Aged(HostNote.id, _over)


personal.add(
    DataClass(
        name="notes",
        tables=("host_note",),
        title=_l("Notes you left for other hosts"),
        holds=_l("What you wrote, when, and when it was ticked off."),
        purpose=_l("So that whoever has the house next knows what is to be seen to."),
        basis="interest",
        retention=_l("Thirty days after it was ticked off. When your account is erased, your name goes at once."),
        ends="anonymise",
        records=_records,
        erase=_erase,
        expired=_aged.expired,
        purge=_aged.purge,
    )
)
