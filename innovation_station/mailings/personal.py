"""What mailings know of people: who wrote them, and who got them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, delete, or_, select, update

from innovation_station.db import db
from innovation_station.mailings import rules
from innovation_station.mailings.models import Mailing, MailingReceiver
from innovation_station.personal import Aged, DataClass, Personal, Record, Subject

personal = Personal()


def _records(member_id: int) -> Sequence[Record]:
    rows = db.session.execute(
        select(Mailing, MailingReceiver.way)
        .join(MailingReceiver, MailingReceiver.mailing_id == Mailing.id)
        .where(MailingReceiver.member_id == member_id)
        .order_by(Mailing.id)
    ).all()
    got = [
        Record(
            row.subject_sv or row.subject_en,
            {"kind": row.kind, "way": way, "sent": row.leaves_at and row.leaves_at.isoformat()},
            row.ended_at and row.ended_at + rules.KEPT_FOR,
        )
        for row, way in rows
    ]  # fmt: skip
    wrote = db.session.scalars(select(Mailing).where(Mailing.by_id == member_id).order_by(Mailing.id))
    return got + [
        Record(row.subject_sv or row.subject_en, {"wrote": row.created_at.isoformat()}, None) for row in wrote
    ]


def _erase(subject: Subject, _now: datetime) -> int:
    """Take somebody out of those who got mailings, and off those that they wrote."""
    theirs = or_(MailingReceiver.member_id == subject.id, MailingReceiver.email == subject.email)
    gone = db.session.execute(delete(MailingReceiver).where(theirs))
    wrote = db.session.execute(update(Mailing).where(Mailing.by_id == subject.id).values(by_id=None))
    return int(gone.rowcount + wrote.rowcount)  # type: ignore[attr-defined]


def _over(now: datetime, held: Collection[int]) -> ColumnElement[bool]:
    over = select(Mailing.id).where(Mailing.ended_at < now - rules.KEPT_FOR)
    free = or_(MailingReceiver.member_id.is_(None), MailingReceiver.member_id.not_in(held))
    return MailingReceiver.mailing_id.in_(over) & free


_aged = Aged(MailingReceiver.id, _over, batch=500)


personal.add(
    DataClass(
        name="mailings",
        tables=("mailing", "mailing_receiver"),
        title=_l("Mails of the house to groups that you were in"),
        holds=_l("Which of them you got, by which way; and those that you wrote, if you work for the house."),
        purpose=_l("So that nobody gets a mail twice, and the house can tell whom it reached."),
        basis="contract",
        retention=_l("Until 30 days after a mail has left. When your account is erased, your name goes at once."),
        ends="erase",
        records=_records,
        erase=_erase,
        expired=_aged.expired,
        purge=_aged.purge,
    )
)
