"""Places are closed for a time: whom it hits, what becomes of each, and the closures themselves.

Who is hit is moved to a place like it, loses the booking, or keeps it: then the place is closed round it, and when such
a booking gives time back, that is closed too, so that nobody else comes into a closed house through the hole.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import or_, select

from innovation_station.bookings import making_way, ripple, service, telling, wish_queries, writes
from innovation_station.bookings.models import Booking
from innovation_station.bookings.ripple import CANCEL, KEEP, Hit, Ripple
from innovation_station.bookings.telling import Cause
from innovation_station.db import at_end, db
from innovation_station.errors import Conflict, NotFound, Refusal, Refused
from innovation_station.i18n import zone as house_zone
from innovation_station.members.rules import Actor
from innovation_station.spaces.models import Closure
from innovation_station.spaces.queries import house as read_house
from innovation_station.spaces.rules import House, Place
from innovation_station.timespan import Span, subtract

CHOICES = (*ripple.CHOICES, KEEP)
MOST_HITS = 500  # that are listed and decided about at once; who closes more does it in parts


@dataclass(frozen=True, slots=True)
class Shutting:
    """What is to be closed: some spaces, or the house (None), for a span."""

    space_ids: tuple[int, ...] | None
    span: Span

    def wanted(self, house: House) -> list[tuple[int, Span]]:
        """Give the spaces with the time that each is closed. Raises NotFound for one that there is not."""
        ids = tuple(house.places) if self.space_ids is None else self.space_ids
        if any(one not in house.places for one in ids):
            raise NotFound("space-unknown")
        return [(one, self.span) for one in ids]


def look(actor: Actor, what: Shutting, *, now: datetime, zone: ZoneInfo) -> Ripple:
    """Tell whom it would hit; no lock is taken and nothing written. Raises NotFound, Refused where it hits too many."""
    house = read_house()
    met = making_way.met_by(actor, what.wanted(house), house, now=now, zone=zone, closes=True)
    if len(met.hits) > MOST_HITS:
        raise Refused([Refusal("hits-many", "start", {"most": MOST_HITS})])
    return met


def token(what: Shutting, met: Ripple) -> str:
    """Name all that was shown: where that changes, it is shown again.

    When it begins is not part of it: what begins now begins a minute later by the time that is read.
    """
    ids = None if what.space_ids is None else sorted(what.space_ids)
    said = [ids, what.span.end.isoformat(), *ripple.written(met)]
    return hashlib.sha256(repr(said).encode()).hexdigest()[:32]


def shut(
    actor: Actor, what: Shutting, *, reasons: tuple[str, str], now: datetime, zone: ZoneInfo,
    choices: Mapping[int, str] | None = None, shown: str = "", instead_of: int | None = None,
) -> tuple[list[Closure], tuple[Hit, ...]]:  # fmt: skip
    """Close what is to be closed, one closure for each space or one for the house, once everybody who is hit is decided
    about; gives these, and those who were hit.

    `shown` names what was looked at (see `token`), `choices` what becomes of each booking: `move`, `cancel`, `keep`.
    Who is cancelled and could have no other place comes in line for one. `instead_of` is a closure that ends with it,
    so that nobody comes in between. `reasons` is (sv, en). Who has rows of their own to lock does so before.

    Raises NotFound, Refused, and Conflict: `plan-changed` where it would hit others by now, `hits-undecided` where
    nothing was said of somebody, `event-has-it`.
    """
    choices = choices or {}
    looked = look(actor, what, now=now, zone=zone)
    making_way.lock(looked.hits, [space_id for space_id, _span in what.wanted(read_house())])
    met = look(actor, what, now=now, zone=zone)
    if shown and shown != token(what, met):
        raise Conflict([Refusal("plan-changed")])
    if met.walls:
        raise Conflict(list(met.walls))
    if left := ripple.undecided(met.hits, choices, CHOICES):
        raise Conflict([Refusal("hits-undecided", "start", {"count": len(left)})])
    # what runs ends with the minute that runs, and is cleared after: the closure goes round that
    keep = met.over | {
        hit.booking_id for hit in met.hits
        if (choice := choices[hit.booking_id]) == KEEP or (choice == CANCEL and hit.span.start < now)
    }  # fmt: skip
    with telling.gathered(now=now):
        placeless = making_way.carry_out(actor, met.hits, choices, Cause("closed", reasons), now=now, zone=zone)
        if instead_of is not None:
            service.reopen(instead_of, now=now)
        made = [
            service.close(what.span, reasons=reasons, now=now, zone=zone, space_id=space_id, keep=keep)
            for space_id in ([None] if what.space_ids is None else what.space_ids)
        ]
        making_way.stand_in_line(placeless, now=now, zone=zone)
    return made, met.hits


@service.changed.connect
def _close_behind(
    _booking: Booking, *, now: datetime, house: House | None = None, before: Mapping[str, Any] | None = None,
    **_more: object,
) -> None:  # fmt: skip
    """Close what a booking gives back of a time for which its place is closed, behind its locks."""
    if house is None or before is None or before["space"] not in house.places:
        return
    span = Span(*map(datetime.fromisoformat, (before["start"], before["end"])))
    if span.end > now:
        at_end(_close_all, (house, house.places[before["space"]], Span(max(span.start, now), span.end), now))


def _close_all(given: Sequence[tuple[House, Place, Span, datetime]]) -> None:
    """Look once for the closures of all that a transaction gives back: a series gives back a hundred dates."""
    touched = frozenset().union(*(was.touches for _house, was, _span, _now in given))
    rows = db.session.scalars(
        select(Closure).where(
            or_(Closure.space_id.is_(None), Closure.space_id.in_(touched)),
            Closure.start < max(span.end for _house, _was, span, _now in given),
            Closure.end > min(span.start for _house, _was, span, _now in given),
        ).order_by(Closure.id)
    ).all()  # fmt: skip
    house, _was, _span, now = given[-1]
    for row in rows:
        meant = house.places[row.space_id] if row.space_id else None
        freed = [
            was.takes & meant.takes if meant else was.takes
            for _house, was, span, _now in given
            if row.start < span.end and row.end > span.start and (meant is None or meant.id in was.touches)
        ]
        fill(row, frozenset().union(*freed), house, now=now, zone=house_zone())


def fill(closure: Closure, leaves: Collection[int], house: House, *, now: datetime, zone: ZoneInfo) -> None:
    """Take for a closure what of its time to come nobody has on some spaces, behind their locks."""
    start = max(closure.start, now.replace(second=0, microsecond=0))
    if closure.end <= start or not leaves:
        return
    span = Span(start, closure.end)
    standing = wish_queries.held(span, sorted(leaves))
    for leaf in sorted(leaves):
        for part in subtract([span], [held.span for held in standing if held.space_id == leaf]):
            writes.allocate_on(house.places[leaf], list(part.by_local_day(zone)), closure_id=closure.id)


def running(now: datetime, until: datetime | None = None) -> Sequence[Closure]:
    """List the closures that are not over yet, the next first; one statement."""
    statement = select(Closure).where(Closure.end > now).order_by(Closure.start, Closure.space_id, Closure.id)
    if until is not None:
        statement = statement.where(Closure.start < until)
    return db.session.scalars(statement).all()
