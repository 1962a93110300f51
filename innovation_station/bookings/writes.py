"""The rows that a booking consists of, written by statements built once and without the unit of work.

A booking costs mostly what these cost. PostgreSQL takes those that belong together in one round trip; SQLite, which
is in the same process and lets no statement write two tables, takes them one by one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple, cast

from sqlalchemy import Table, bindparam, delete, exists, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import make_transient_to_detached
from structlog.contextvars import get_contextvars

from innovation_station.audit.origin import MAIL_LINK, by_mail_link
from innovation_station.bookings.models import Allocation, Booking, BookingHistory, SpaceHold
from innovation_station.db import connection, db, is_overlap
from innovation_station.errors import Conflict, NotFound, Refusal
from innovation_station.members.models import Member
from innovation_station.members.rules import Actor
from innovation_station.spaces.models import Space
from innovation_station.spaces.rules import Place
from innovation_station.timespan import Span

HOUSE = "house"  # the role of who acts where it is nobody: what ends by itself
_booking, _allocation, _history, _hold, _member, _space = (
    cast(Table, model.__table__) for model in (Booking, Allocation, BookingHistory, SpaceHold, Member, Space)
)
_COLUMNS = tuple(column.name for column in _booking.c if column.name != "id")
_INSERT_BOOKING, _INSERT_HISTORY = insert(_booking), insert(_history)
_IDS = select(_booking.c.uid, _booking.c.id).where(_booking.c.uid.in_(bindparam("uids", expanding=True)))
_INSERT_ALLOCATION = insert(_allocation).inline()
_FREE = delete(_allocation).where(_allocation.c.booking_id == bindparam("booking"))
_FREE_ALL = delete(_allocation).where(_allocation.c.booking_id.in_(bindparam("bookings", expanding=True)))
_FREE_HOLD = delete(_allocation).where(_allocation.c.hold_id == bindparam("hold"))
_DELETE_HOLD = delete(_hold).where(_hold.c.id == bindparam("hold"))
_OPEN = delete(_allocation).where(
    _allocation.c.closure_id == bindparam("closure"), _allocation.c.start >= bindparam("cut")
)
_SHORTEN = (
    update(_allocation)
    .where(_allocation.c.closure_id == bindparam("closure"), _allocation.c.end > bindparam("cut"))
    .values(end=bindparam("until"))
)
_LOCK_MEMBER = (
    update(_member)
    .where(_member.c.id == bindparam("member"))
    .values(bookings_revision=_member.c.bookings_revision + 1)
)  # fmt: skip
_LOCK_BOOKER = _LOCK_MEMBER.where(_member.c.state == "active")
_STAMP_SPACE = update(_space).where(_space.c.id == bindparam("space")).values(revision=_space.c.revision + 1)


class Taken(NamedTuple):
    """A booking, the place it is of, and the time it takes there, by local days."""

    booking: Booking
    place: Place
    parts: Sequence[Span]


def _lock_together() -> Any:
    """Build the lock of a member and then of a space: whether there is a row to lock hangs on the member's lock."""
    locked = _LOCK_BOOKER.returning(_member.c.id).cte("locked")
    return _STAMP_SPACE.where(exists(select(locked.c.id)))


def _insert_together() -> Any:
    """Build the insert of a booking that takes one space on one local day, its allocation and its first history row."""

    def given(table: Table, *without: str) -> dict[str, Any]:
        names = [name for name in table.c.keys() if name not in ("id", "booking_id", *without)]  # noqa: SIM118
        return {name: bindparam(name, type_=table.c[name].type) for name in names}

    made = insert(_booking).values(given(_booking)).returning(_booking.c.id, _booking.c.space_id).cte("made")
    start, end = (bindparam(f"a_{name}", type_=_allocation.c[name].type) for name in ("start", "end"))
    taken = insert(_allocation).from_select(
        ["booking_id", "space_id", "start", "end"], select(made.c.id, made.c.space_id, start, end)
    )
    past = given(_history)
    told = insert(_history).from_select(["booking_id", *past], select(made.c.id, *past.values()))
    return select(made.c.id).add_cte(taken.cte("taken"), told.cte("told"))


_LOCK_TOGETHER, _INSERT_TOGETHER = _lock_together(), _insert_together()


def lock_member(member_id: int) -> None:
    """Lock the member, before any space: one member's bookings are decided one after the other."""
    connection().execute(_LOCK_MEMBER, {"member": member_id})


def lock_booker(member_id: int) -> None:
    """Lock a member who books. Raises NotFound for an account that was closed, as `lock` does."""
    if connection().execute(_LOCK_BOOKER, {"member": member_id}).rowcount == 0:
        raise NotFound("member-unknown")


def stamp(space_ids: Iterable[int]) -> None:
    """Lock spaces in the order given (ascending, or two writers may wait for each other) and stamp them changed.

    Raises NotFound for one that there is not.
    """
    for space_id in space_ids:
        if connection().execute(_STAMP_SPACE, {"space": space_id}).rowcount == 0:
            raise NotFound("space-unknown")


def lock(member_id: int, space_ids: Sequence[int]) -> None:
    """Lock a member, then spaces in the order given, and stamp all changed.

    Raises NotFound, also for a member whose account was closed while the request waited for its turn: what the account
    held is let go then, and nothing may come after.
    """
    if connection().dialect.name != "postgresql":
        lock_booker(member_id)
        stamp(space_ids)
        return
    if connection().execute(_LOCK_TOGETHER, {"member": member_id, "space": space_ids[0]}).rowcount == 0:
        is_open = connection().execute(_LOCK_BOOKER, {"member": member_id}).rowcount
        raise NotFound("space-unknown" if is_open else "member-unknown")
    stamp(space_ids[1:])


def reserved(
    booking: Booking, place: Place, parts: Sequence[Span], actor: Actor, said: Mapping[str, Any] | None = None
) -> None:  # fmt: skip
    """Write a new booking, its allocations and its first history row, with what is `said` there besides; its id is
    known from then on.

    The session then holds it as if it had been read. Raises Conflict where somebody has the time, past the rules.
    """
    row = _row(booking)
    past = _happened(booking, actor, "reserved", booking.created_at, before=None, said=said)
    with overlap_told(place, booking.span):
        if len(parts) == len(place.takes) == 1 and connection().dialect.name == "postgresql":
            past |= {"a_start": parts[0].start, "a_end": parts[0].end}
            booking.id = connection().execute(_INSERT_TOGETHER, row | past).scalar_one()
        else:
            booking.id = connection().execute(_INSERT_BOOKING, row).inserted_primary_key[0]  # type: ignore[index]
            connection().execute(_INSERT_ALLOCATION, _allocations(place, parts, booking_id=booking.id))
            connection().execute(_INSERT_HISTORY, past | {"booking_id": booking.id})
    _read_as_written(booking)


def reserved_all(taken: Sequence[Taken], actor: Actor) -> None:
    """Write many new bookings as `reserved` does, by one statement a table and one that asks for their ids."""
    if not taken:
        return
    connection().execute(_INSERT_BOOKING, [_row(one.booking) for one in taken])
    found = connection().execute(_IDS, {"uids": [one.booking.uid for one in taken]})
    ids = {row.uid: row.id for row in found}
    past = []
    for one in taken:
        one.booking.id = ids[one.booking.uid]
        past.append(_happened(one.booking, actor, "reserved", one.booking.created_at, before=None))
    allocate_all(taken)
    connection().execute(_INSERT_HISTORY, past)
    for one in taken:
        _read_as_written(one.booking)


def _row(booking: Booking) -> dict[str, Any]:
    known = vars(booking)  # asked one by one, the attributes of a mapped object cost three times as much
    return {name: known.get(name) for name in _COLUMNS}


def _read_as_written(booking: Booking) -> None:
    make_transient_to_detached(booking)
    db.session.add(booking)


def allocate_all(taken: Sequence[Taken]) -> None:
    """Take the time of many bookings by one statement. Raises Conflict as `allocate`, naming the first of them."""
    if not taken:
        return
    rows = [row for one in taken for row in _allocations(one.place, one.parts, booking_id=one.booking.id)]
    with overlap_told(taken[0].place, taken[0].booking.span):
        connection().execute(_INSERT_ALLOCATION, rows)


def free_all(booking_ids: Collection[int]) -> None:
    """Give the time of many bookings back."""
    if booking_ids:
        connection().execute(_FREE_ALL, {"bookings": sorted(booking_ids)})


def allocate(place: Place, parts: Sequence[Span], **owner: int) -> None:
    """Take the time of what a space takes. Raises Conflict where somebody has it, past the rules."""
    with overlap_told(place, Span(parts[0].start, parts[-1].end)):
        connection().execute(_INSERT_ALLOCATION, _allocations(place, parts, **owner))


def allocate_on(place: Place, parts: Sequence[Span], **owner: int) -> None:
    """Take the time of one space alone, whatever else it takes. Raises Conflict where somebody has it."""
    allocate(replace(place, takes=frozenset((place.id,))), parts, **owner)


def free(booking: Booking) -> None:
    """Give the time of a booking back."""
    connection().execute(_FREE, {"booking": booking.id})


def let_go(hold_id: int) -> None:
    """Give back the time that is held."""
    connection().execute(_FREE_HOLD, {"hold": hold_id})
    connection().execute(_DELETE_HOLD, {"hold": hold_id})


def shut_until(closure_id: int, cut: datetime) -> None:
    """Give back the time of a closure that comes after an instant."""
    connection().execute(_OPEN, {"closure": closure_id, "cut": cut})
    connection().execute(_SHORTEN, {"closure": closure_id, "cut": cut, "until": cut})


def happened(
    changes: Sequence[tuple[Booking, Mapping[str, Any]]], actor: Actor | None, action: str, now: datetime,
    said: Mapping[str, Any] | None = None,
) -> None:  # fmt: skip
    """Write a history row for each booking, beside what it was before and what is `said` besides, after what the
    session has changed; without an actor it was the house itself."""
    db.session.flush()
    connection().execute(
        _INSERT_HISTORY, [_happened(booking, actor, action, now, before, said) for booking, before in changes]
    )


def facts(booking: Booking) -> dict[str, Any]:
    """Give what history tells of a booking."""
    return {
        "space": booking.space_id, "start": booking.start.isoformat(), "end": booking.end.isoformat(),
        "title": booking.title, "public": booking.public, "state": booking.state,
        "people": booking.people, "layout": booking.layout,
        "checked_in": booking.checked_in_at and booking.checked_in_at.isoformat(),
    }  # fmt: skip


def _allocations(place: Place, parts: Sequence[Span], **owner: int) -> list[dict[str, Any]]:
    return [
        {
            "space_id": space_id, "start": part.start, "end": part.end,
            "booking_id": None, "closure_id": None, "hold_id": None, "busy_id": None, "claim_id": None, **owner,
        }
        for space_id in sorted(place.takes)
        for part in parts
    ]  # fmt: skip


def _happened(
    booking: Booking, actor: Actor | None, action: str, now: datetime, before: Mapping[str, Any] | None,
    said: Mapping[str, Any] | None = None,
) -> dict[str, Any]:  # fmt: skip
    after = facts(booking)
    known = before and {name: value for name, value in before.items() if name in after}  # `changed` may be told more
    old = {name: value for name, value in known.items() if value != after[name]} if known else None
    more = ({"way": MAIL_LINK} if by_mail_link() else {}) | dict(said or {})
    return {
        "booking_id": booking.id, "at": now, "actor_id": actor.id if actor else None,
        "actor_role": actor.role if actor else HOUSE, "action": action,
        "before": old, "after": (after if old is None else {name: after[name] for name in old}) | more,
        "request_id": get_contextvars().get("request_id", ""),
    }  # fmt: skip


@contextmanager
def overlap_told(place: Place, span: Span) -> Iterator[None]:
    """Turn the database's own refusal of an overlap into a Conflict that names a place."""
    try:
        yield
    except IntegrityError as error:
        if is_overlap(error):
            raise Conflict([Refusal("taken", "space", {"space": place.name, "span": span})]) from error
        raise
