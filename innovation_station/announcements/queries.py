"""Reads of announcements; each is one statement at the most, and one more where something can be hidden."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal
from weakref import WeakKeyDictionary

from sqlalchemy import Engine, ScalarSelect, case, func, select

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


KEPT = timedelta(seconds=15)
"""For how long a process goes by what it has read of announcements: pages on which nothing stands, nearly always, then
ask for nothing. Whoever announces sees it at once."""

_kept: WeakKeyDictionary[Engine, tuple[datetime, Sequence[Announcement]]] = WeakKeyDictionary()


def standing(now: datetime, page: Page, *, reader: int | None = None, most: int = MOST) -> Sequence[Announcement]:
    """List what stands on a kind of page now, what is important first, then the latest; without what its reader has
    hidden. May be `KEPT` old."""
    kept = _kept.get(db.engine)
    if kept is None or not kept[0] <= now < kept[0] + KEPT:
        found = _to_come(now)
        for row in found:
            db.session.expunge(row)
        kept = _kept[db.engine] = now, found
    return _of_page(kept[1], now, page, reader)[:most]


def forget() -> None:
    """Have this process read announcements anew."""
    _kept.pop(db.engine, None)


def _to_come(now: datetime) -> Sequence[Announcement]:
    first = case((Announcement.level == "important", 0), else_=1)
    order = first, Announcement.shown_from.desc(), Announcement.id.desc()
    which = Announcement.withdrawn_at.is_(None), Announcement.shown_until > now
    return db.session.scalars(select(Announcement).where(*which).order_by(*order)).all()


def _of_page(
    known: Sequence[Announcement], now: datetime, page: Page, reader: int | None = None
) -> Sequence[Announcement]:  # fmt: skip
    found = [row for row in known if getattr(row, f"on_{page}") and row.shown_from <= now < row.shown_until]
    if reader is None or all(row.level == "important" for row in found):
        return found
    hidden = AnnouncementHidden.announcement_id, AnnouncementHidden.revision
    mine = {tuple(row) for row in db.session.execute(select(*hidden).where(AnnouncementHidden.member_id == reader))}
    return [row for row in found if row.level == "important" or (row.id, row.revision) not in mine]


def on_displays(now: datetime) -> Sequence[Announcement]:
    """List what stands on displays now. Read afresh: what they draw is kept under the `stamp` of this very moment."""
    return _of_page(_to_come(now), now, "display")


def on_door(now: datetime, place: Place) -> list[Announcement]:
    """List what stands on the display of a place now."""
    return [row for row in on_displays(now) if concerns(row.place, place)]


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
