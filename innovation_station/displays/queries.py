"""Reads about displays."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import func, select

from innovation_station.announcements import queries as announcements
from innovation_station.audit.models import AuditEntry
from innovation_station.bookings.models import Booking
from innovation_station.db import db
from innovation_station.displays.models import Display, WalkUp
from innovation_station.displays.rules import NEW_WITHIN, WALK_UPS_WITHIN, WRONG_WITHIN
from innovation_station.spaces.queries import HOUSE_REVISION, SPACES_REVISION

PAIR = "display.pair"  # the action of the audit trail


class Seen(NamedTuple):
    """A display, the revisions of the house and of all its spaces at that moment, and a stamp of what is announced."""

    display: Display
    house: int
    spaces: int
    told: int


def by_hash(token_hash: bytes, now: datetime) -> Seen | None:
    """Find a display by its token, whatever has become of it; one statement."""
    statement = select(Display, HOUSE_REVISION, SPACES_REVISION, announcements.stamp(now)).where(
        Display.token_hash == token_hash
    )
    row = db.session.execute(statement.execution_options(populate_existing=True)).one_or_none()
    return None if row is None else Seen(*row)


def put_up() -> Sequence[Display]:
    """List the displays that hang somewhere, by name."""
    rows = select(Display).where(Display.kind != "new").order_by(func.lower(Display.name), Display.id)
    return db.session.scalars(rows).all()


def hanging(display_id: int) -> Display | None:
    """Find one that hangs somewhere."""
    return db.session.scalar(select(Display).where(Display.id == display_id, Display.kind != "new"))


def waiting(code: str, now: datetime) -> Display | None:
    """Find the new display that shows a code now."""
    return db.session.scalar(
        select(Display)
        .where(Display.code == code, Display.code_until > now, Display.kind == "new", Display.revoked_at.is_(None))
        .with_for_update()
    )  # fmt: skip


def made_from(network: bytes, now: datetime) -> int:
    """Count the displays that were set up from a network lately."""
    mine = (Display.network == network, Display.created_at > now - NEW_WITHIN)
    return db.session.scalar(select(func.count()).select_from(Display).where(*mine)) or 0


def forgotten(before: datetime) -> Sequence[Display]:
    """List new displays that have not asked since an instant, and at which nothing was ever taken."""
    used = select(WalkUp.id).where(WalkUp.display_id == Display.id).exists()
    asked = func.coalesce(Display.last_seen_at, Display.created_at)
    return db.session.scalars(select(Display).where(Display.kind == "new", asked < before, ~used)).all()


def mistyped(actor_id: int, now: datetime) -> int:
    """Count the codes that somebody has typed lately and that no display showed."""
    theirs = (
        AuditEntry.actor_id == actor_id, AuditEntry.action == PAIR, AuditEntry.outcome == "refused",
        AuditEntry.at > now - WRONG_WITHIN,
    )  # fmt: skip
    return db.session.scalar(select(func.count()).select_from(AuditEntry).where(*theirs)) or 0


def walk_up_at(space_id: int, now: datetime) -> WalkUp | None:
    """Find the walk-up that a space is taken by now."""
    running = (WalkUp.space_id == space_id, WalkUp.start <= now, WalkUp.end > now)
    return db.session.scalar(select(WalkUp).where(*running).order_by(WalkUp.start.desc()).limit(1))


def walk_ups_since(display_id: int, now: datetime) -> Sequence[datetime]:
    """List when walk-ups were made at a display lately, the first of them first."""
    since = (WalkUp.display_id == display_id, WalkUp.made_at > now - WALK_UPS_WITHIN)
    return db.session.scalars(select(WalkUp.made_at).where(*since).order_by(WalkUp.made_at)).all()


def bookings(ids: Sequence[int]) -> Sequence[Booking]:
    """List some bookings by start; no statement for none."""
    if not ids:
        return []
    return db.session.scalars(select(Booking).where(Booking.id.in_(ids)).order_by(Booking.start)).all()
