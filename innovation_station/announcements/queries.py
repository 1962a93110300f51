"""Reads of announcements; each is one statement."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from sqlalchemy import ColumnElement, ScalarSelect, case, exists, func, select

from innovation_station.announcements.models import Announcement, AnnouncementHidden
from innovation_station.announcements.rules import concerns
from innovation_station.db import db
from innovation_station.spaces.rules import Place

MOST = 10  # that stand on one page at a time
STAFF_MOST = 100
Page = Literal["start", "today", "book", "display"]


def get(announcement_id: int) -> Announcement | None:
    """Find an announcement."""
    return db.session.get(Announcement, announcement_id)


def standing(now: datetime, page: Page, *, reader: int | None = None, most: int = MOST) -> Sequence[Announcement]:
    """List what stands on a kind of page now, what is important first, then the latest; without what its reader has
    hidden."""
    on = {
        "start": Announcement.on_start, "today": Announcement.on_today, "book": Announcement.on_book,
        "display": Announcement.on_display,
    }[page]  # fmt: skip
    which: list[ColumnElement[bool]] = [
        on.is_(True), Announcement.withdrawn_at.is_(None), Announcement.shown_from <= now,
        Announcement.shown_until > now,
    ]  # fmt: skip
    if reader is not None:
        hidden = exists().where(
            AnnouncementHidden.announcement_id == Announcement.id, AnnouncementHidden.member_id == reader,
            AnnouncementHidden.revision == Announcement.revision, Announcement.level != "important",
        )  # fmt: skip
        which.append(~hidden)
    first = case((Announcement.level == "important", 0), else_=1)
    order = first, Announcement.shown_from.desc(), Announcement.id.desc()
    return db.session.scalars(select(Announcement).where(*which).order_by(*order).limit(most)).all()


def on_door(now: datetime, place: Place) -> list[Announcement]:
    """List what stands on the display of a place now."""
    return [row for row in standing(now, "display", most=STAFF_MOST) if concerns(row.place, place)]


def stamp(now: datetime) -> ScalarSelect[int]:
    """Give, as a part of a statement, a number that is another once something else stands on displays."""
    stands = (
        Announcement.on_display.is_(True), Announcement.withdrawn_at.is_(None), Announcement.shown_from <= now,
        Announcement.shown_until > now,
    )  # fmt: skip
    each = Announcement.id * 1000 + Announcement.revision
    return select(func.coalesce(func.sum(each), 0)).where(*stands).scalar_subquery()


def for_staff(now: datetime) -> Sequence[Announcement]:
    """List what stands or is to stand, then what is over, the latest first."""
    over = case((Announcement.withdrawn_at.is_not(None), 1), (Announcement.shown_until <= now, 1), else_=0)
    order = over, Announcement.shown_from.desc(), Announcement.id.desc()
    return db.session.scalars(select(Announcement).order_by(*order).limit(STAFF_MOST)).all()
