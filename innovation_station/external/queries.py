"""Reads about external calendars."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import bindparam, exists, func, select
from sqlalchemy.orm import joinedload, undefer

from innovation_station.bookings import beside
from innovation_station.bookings.models import SpaceBusy
from innovation_station.db import UtcDateTime, connection, db
from innovation_station.external.models import ExternalCalendar, ExternalDraft, ExternalEntry
from innovation_station.external.reading import LONGEST
from innovation_station.external.rules import DRAFT_FOR, Known
from innovation_station.members.rules import Actor
from innovation_station.spaces.models import Space
from innovation_station.timespan import Span


class Busy(NamedTuple):
    """When a member is busy by a calendar of their own, and which."""

    span: Span
    name: str


_calendar, _entry = ExternalCalendar.__table__.c, ExternalEntry.__table__.c
_BUSY_OF = (
    select(_entry.start, _entry.end, _calendar.name)
    .join_from(ExternalCalendar.__table__, ExternalEntry.__table__, _entry.calendar_id == _calendar.id)
    .where(
        _calendar.member_id == bindparam("member"),
        _entry.start > bindparam("bound", type_=UtcDateTime),
        _entry.start < bindparam("last", type_=UtcDateTime),
        _entry.end > bindparam("first", type_=UtcDateTime),
    )
    .order_by(_entry.start)
    .limit(200)
)
OWN_CALENDARS = beside.hint("calendars", exists().where(_calendar.member_id == beside.MEMBER))


def of_spaces() -> Sequence[ExternalCalendar]:
    """List the calendars of spaces, with space and who added them, by the space's name; one statement."""
    return db.session.scalars(
        select(ExternalCalendar)
        .join(Space, Space.id == ExternalCalendar.space_id)
        .options(joinedload(ExternalCalendar.space), joinedload(ExternalCalendar.made_by))
        .order_by(Space.name, ExternalCalendar.name, ExternalCalendar.id)
    ).all()


def of_member(member_id: int) -> Sequence[ExternalCalendar]:
    """List a member's own calendars, by name."""
    return db.session.scalars(
        select(ExternalCalendar)
        .where(ExternalCalendar.member_id == member_id)
        .order_by(ExternalCalendar.name, ExternalCalendar.id)
    ).all()


def counted(space_id: int | None, member_id: int | None) -> int:
    """Count the calendars of a space or a member."""
    found = select(func.count()).select_from(ExternalCalendar)
    mine = ExternalCalendar.space_id == space_id if space_id else ExternalCalendar.member_id == member_id
    return db.session.scalar(found.where(mine)) or 0


def get(calendar_id: int, *, lock: bool = False) -> ExternalCalendar | None:
    """Find a calendar with its file, with `lock` as it is behind its row's lock."""
    return db.session.get(
        ExternalCalendar, calendar_id, options=[undefer(ExternalCalendar.file)], with_for_update=lock or None,
        populate_existing=True,
    )  # fmt: skip


def due(now: datetime, limit: int) -> Sequence[int]:
    """List the ids of calendars whose time to be read has come, the longest waiting first."""
    waiting = select(ExternalCalendar.id).where(ExternalCalendar.state == "active", ExternalCalendar.next_at <= now)
    return db.session.scalars(waiting.order_by(ExternalCalendar.next_at, ExternalCalendar.id).limit(limit)).all()


def stopped() -> int:
    """Count the calendars of spaces that stopped by themselves."""
    found = select(func.count()).select_from(ExternalCalendar)
    return (
        db.session.scalar(found.where(ExternalCalendar.state == "stopped", ExternalCalendar.space_id.is_not(None))) or 0
    )


def entries(calendar_id: int) -> list[Known]:
    """List what is stored of a calendar."""
    rows = db.session.execute(
        select(ExternalEntry.id, ExternalEntry.key, ExternalEntry.event, ExternalEntry.start, ExternalEntry.end).where(
            ExternalEntry.calendar_id == calendar_id
        )
    )
    return [Known(row.id, row.key, row.event, Span(row.start, row.end)) for row in rows]


def coming(calendar_ids: Collection[int], now: datetime) -> Mapping[int, tuple[int, int]]:
    """Count by calendar the times to come, and how many of them meet a booking; one statement."""
    if not calendar_ids:
        return {}
    rows = db.session.execute(
        select(ExternalEntry.calendar_id, func.count(), func.count(SpaceBusy.id))
        .outerjoin(SpaceBusy, (SpaceBusy.id == ExternalEntry.busy_id) & SpaceBusy.contested)
        .where(ExternalEntry.calendar_id.in_(calendar_ids), ExternalEntry.end > now)
        .group_by(ExternalEntry.calendar_id)
    )
    return {calendar_id: (count, met) for calendar_id, count, met in rows}


def draft(draft_id: int, made_by_id: int, now: datetime) -> ExternalDraft | None:
    """Find what somebody is looking at; None for what is another's, or too old."""
    return db.session.scalar(
        select(ExternalDraft).where(
            ExternalDraft.id == draft_id, ExternalDraft.made_by_id == made_by_id,
            ExternalDraft.made_at > now - DRAFT_FOR,
        )
    )  # fmt: skip


def looks(made_by_id: int, now: datetime) -> int:
    """Count what somebody has begun to look at lately."""
    mine = (ExternalDraft.made_by_id == made_by_id, ExternalDraft.made_at > now - DRAFT_FOR)
    return db.session.scalar(select(func.count()).select_from(ExternalDraft).where(*mine)) or 0


def own_busy(reader: Actor, within: Span) -> list[Busy]:
    """List when a reader is busy elsewhere within a span, for their own eyes: nothing where staff look as that member.

    One statement at most.
    """
    return [] if getattr(reader, "looked_at", False) else busy_of(reader.id, within)


def busy_of(member_id: int, within: Span) -> list[Busy]:
    """List when a member is busy elsewhere within a span, by start; one statement."""
    given = {
        "member": member_id, "first": within.start, "last": within.end,
        "bound": within.start - LONGEST - timedelta(days=1),
    }  # fmt: skip
    return [Busy(Span(start, end), name) for start, end, name in connection().execute(_BUSY_OF, given)]
