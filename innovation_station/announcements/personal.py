"""What announcements know of people: who has hidden which."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, delete, select

from innovation_station.announcements.models import Announcement, AnnouncementHidden
from innovation_station.db import db
from innovation_station.personal import Aged, DataClass, Personal, Record, Subject

KEPT_FOR = timedelta(days=30)

personal = Personal()
personal.impersonal("announcement")


def _records(member_id: int) -> Sequence[Record]:
    rows = db.session.execute(
        select(Announcement, AnnouncementHidden.at)
        .join(AnnouncementHidden, AnnouncementHidden.announcement_id == Announcement.id)
        .where(AnnouncementHidden.member_id == member_id)
        .order_by(Announcement.id)
    )
    return [
        Record(row.text_sv or row.text_en, {"hidden": at.isoformat()}, row.shown_until + KEPT_FOR) for row, at in rows
    ]


def _erase(subject: Subject, _now: datetime) -> int:
    gone = db.session.execute(delete(AnnouncementHidden).where(AnnouncementHidden.member_id == subject.id))
    return int(gone.rowcount)  # type: ignore[attr-defined]


def _over(now: datetime, held: Collection[int]) -> ColumnElement[bool]:
    over = select(Announcement.id).where(Announcement.shown_until < now - KEPT_FOR)
    return AnnouncementHidden.announcement_id.in_(over) & AnnouncementHidden.member_id.not_in(held)


_aged = Aged(AnnouncementHidden.announcement_id, _over)


personal.add(
    DataClass(
        name="announcements",
        tables=("announcement_hidden",),
        title=_l("Announcements you have hidden"),
        holds=_l("Which announcements of the house you have hidden, and when."),
        purpose=_l("So that what you have read does not stand in your way."),
        basis="contract",
        retention=_l("Until 30 days after the announcement is over."),
        ends="erase",
        records=_records,
        erase=_erase,
        expired=_aged.expired,
        purge=_aged.purge,
    )
)
