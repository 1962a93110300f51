"""What takes spaces and is no booking, such as an event: all the time that is its own, taken and given back together.

A later feature says which spans of which spaces it wants; what it had before is given back in the same transaction.
All of it is had or nothing, and what others have is never overwritten. It may want a space twice at once, as two items
of one programme in one hall do: of each space the union is taken.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, delete, func, insert, select

from innovation_station.bookings import service, writes
from innovation_station.bookings.models import LONGEST_ALLOCATION, Allocation, Booking, Claim, SpaceHold
from innovation_station.bookings.rules import Held
from innovation_station.db import connection, db
from innovation_station.errors import Conflict, Refusal
from innovation_station.spaces.rules import House, Place
from innovation_station.timespan import Span, union

TOLD = 20  # reasons that are named: who has moved these sees the rest
Wanted = Iterable[tuple[int, Span]]
_allocation, _booking, _hold, _claim = (model.__table__.c for model in (Allocation, Booking, SpaceHold, Claim))


@dataclass(frozen=True, slots=True)
class Claimant:
    """The row of a later feature that a claim is for, and what everybody may know of it, (sv, en)."""

    kind: str
    id: int
    titles: tuple[str, str] = ("", "")


def by_leaf(wanted: Wanted, places: Mapping[int, Place]) -> dict[int, list[Span]]:
    """Give by space whose time is taken the spans that a wish for spaces comes to, merged."""
    found: dict[int, list[Span]] = {}
    for space_id, span in wanted:
        for leaf in places[space_id].takes:
            found.setdefault(leaf, []).append(span)
    return {leaf: union(spans) for leaf, spans in sorted(found.items())}


def in_the_way(of: Claimant | None, wanted: Wanted, house: House) -> list[Held]:
    """List what others have of the time that is wanted, by start; one statement, none where nothing is wanted.

    Without a claimant, all are others.
    """
    leaves = by_leaf(wanted, house.places)
    if not leaves:
        return []
    spans = [span for found in leaves.values() for span in found]
    whole = Span(min(span.start for span in spans), max(span.end for span in spans))
    met = [
        held
        for held in taken(whole, leaves, without=id_of(of) if of else None)
        if any(span.overlaps(held.span) for span in leaves[held.space_id])
    ]
    return sorted(met, key=lambda held: (held.span, held.space_id))


def id_of(of: Claimant) -> ColumnElement[int]:
    """Give the id of somebody's claim, for a statement; 0 where there is none: NULL would be that of all bookings."""
    found = select(_claim.id).where(_claim.kind == of.kind, _claim.subject_id == of.id)
    return func.coalesce(found.scalar_subquery(), 0)


def taken(span: Span, leaves: Iterable[int] | None = None, *, without: ColumnElement[int] | None = None) -> list[Held]:
    """List what takes some spaces, or all, within a span; `without` leaves out a claim, by its id. One statement."""
    statement = (
        select(
            _allocation.space_id, _allocation.start, _allocation.end, _allocation.booking_id, _booking.member_id,
            _hold.member_id.label("waits"), _allocation.hold_id, _allocation.busy_id,
            _claim.title_sv, _claim.title_en,
        )
        .outerjoin_from(Allocation.__table__, Booking.__table__, _booking.id == _allocation.booking_id)
        .outerjoin(SpaceHold.__table__, _hold.id == _allocation.hold_id)
        .outerjoin(Claim.__table__, _claim.id == _allocation.claim_id)
        .where(
            _allocation.start > span.start - LONGEST_ALLOCATION, _allocation.start < span.end,
            _allocation.end > span.start,
        )
        .order_by(_allocation.start, _allocation.space_id)
    )  # fmt: skip
    if leaves is not None:
        statement = statement.where(_allocation.space_id.in_(sorted(leaves)))
    if without is not None:
        statement = statement.where(_allocation.claim_id.is_distinct_from(without))
    return [
        Held(
            row.space_id, Span(row.start, row.end), row.booking_id, row.member_id or row.waits, hold_id=row.hold_id,
            busy_id=row.busy_id,
            claim=None if row.title_sv is None else (row.title_sv, row.title_en),
        )
        for row in connection().execute(statement)
    ]  # fmt: skip


def held_by(of: Claimant) -> dict[int, list[Span]]:
    """Give what is taken for somebody, by space; of a divided one its parts."""
    rows = connection().execute(
        select(_allocation.space_id, _allocation.start, _allocation.end)
        .join_from(Allocation.__table__, Claim.__table__, _claim.id == _allocation.claim_id)
        .where(_claim.kind == of.kind, _claim.subject_id == of.id)
        .order_by(_allocation.space_id, _allocation.start)
    )
    found: dict[int, list[Span]] = {}
    for space_id, start, end in rows:
        found.setdefault(space_id, []).append(Span(start, end))
    return {space_id: union(spans) for space_id, spans in found.items()}


def take(of: Claimant, wanted: Sequence[tuple[int, Span]], *, now: datetime, zone: ZoneInfo) -> None:
    """Take all that is wanted and nothing else, in place of what was had before; wanting nothing gives all back.

    What is kept for somebody who waited gives way, as for a closure. Raises NotFound for an unknown space, and Conflict
    with every reason where bookings, closures or others stand in the way.
    """
    had = held_by(of)
    house = service.locked(*sorted({space_id for space_id, _span in wanted} | had.keys()))
    leaves = by_leaf(wanted, house.places)
    claim = _claim_of(of, now)
    if leaves != had:
        db.session.execute(delete(Allocation).where(Allocation.claim_id == claim.id))
        _clear(of, wanted, house)
        rows: list[dict[str, Any]] = [
            {
                "space_id": leaf, "start": part.start, "end": part.end,
                "booking_id": None, "closure_id": None, "hold_id": None, "busy_id": None, "claim_id": claim.id,
            }
            for leaf, spans in leaves.items()
            for span in spans
            for part in span.by_local_day(zone)
        ]  # fmt: skip
        if rows:
            first = house.places[rows[0]["space_id"]]
            with writes.overlap_told(first, Span(rows[0]["start"], rows[0]["end"])):
                connection().execute(insert(Allocation.__table__), rows)  # type: ignore[arg-type]
    if not leaves:
        db.session.delete(claim)
    db.session.flush()


def rename(of: Claimant, *, now: datetime) -> None:
    """Say anew what may be known of a claim, of what is over too; what it takes is stamped. Nothing where there is
    none."""
    if had := held_by(of):
        service.locked(*sorted(had))
        _claim_of(of, now)


def _claim_of(of: Claimant, now: datetime) -> Claim:
    claim = db.session.scalar(select(Claim).where(Claim.kind == of.kind, Claim.subject_id == of.id))
    if claim is None:
        claim = Claim(kind=of.kind, subject_id=of.id, created_at=now, revision=0)
        db.session.add(claim)
    claim.title_sv, claim.title_en = of.titles
    claim.changed_at = max(now, claim.changed_at or now)
    claim.revision += 1
    db.session.flush()
    return claim


def _clear(of: Claimant, wanted: Wanted, house: House) -> None:
    """Let go what is kept for those who wait. Raises Conflict where anything else stands in the way."""
    met = in_the_way(of, wanted, house)
    for hold_id in sorted({held.hold_id for held in met if held.hold_id is not None}):
        service.release(hold_id)
    if found := [_refusal(held, house) for held in met if held.hold_id is None]:
        raise Conflict(found[:TOLD])


def _refusal(held: Held, house: House) -> Refusal:
    name = house.places[held.space_id].name
    if held.closure:
        return Refusal("closed-space", "space", {"space": name})
    if held.busy_id is not None:
        return Refusal("busy-elsewhere", "space", {"space": name, "span": held.span})
    if held.claim is not None:
        values = {"space": name, "event": dict(zip(("sv", "en"), held.claim, strict=True)), "span": held.span}
        return Refusal("event-has-it", "space", values)
    return Refusal("taken", "space", {"space": name, "span": held.span, "booking": held.booking_id})
