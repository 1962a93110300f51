"""What happens to reports: made, taken in hand, mended; and the place closed and opened meanwhile."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from innovation_station.audit import service as audit
from innovation_station.bookings import service as bookings
from innovation_station.bookings.writes import lock_booker
from innovation_station.db import db
from innovation_station.errors import NotFound, Refusal, Refused, TooMany
from innovation_station.members.rules import Actor
from innovation_station.repairs import queries, telling
from innovation_station.repairs.models import FaultReport
from innovation_station.repairs.rules import MOST, WITHIN, close_refusals, report_refusals
from innovation_station.spaces.models import Closure
from innovation_station.spaces.queries import house as read_house
from innovation_station.spaces.rules import at_minute
from innovation_station.timespan import Span

REASONS = ("Här lagas något", "Something is being mended")


def report(actor: Actor, space_id: int, *, sort: str, text: str, now: datetime) -> FaultReport:
    """Say that something is broken, and tell staff; the same said twice is one report.

    Raises NotFound, Refused, and TooMany for who reports without end.
    """
    if space_id not in read_house().places:
        raise NotFound("space-unknown")
    text = "\n".join(text.strip().splitlines())
    if found := report_refusals(sort, text):
        raise Refused(found)
    lock_booker(actor.id)  # two taps at once are one report
    if known := queries.same(actor.id, space_id, sort, text):
        return known
    if queries.made_since(actor.id, now - WITHIN) >= MOST:
        raise TooMany(Refusal("faults-many", None, {"most": MOST}), retry_after=int(WITHIN.total_seconds()))
    made = FaultReport(space_id=space_id, member_id=actor.id, sort=sort, text=text, at=now)
    db.session.add(made)
    db.session.flush()
    telling.reported(made, now)
    return made


def take(report_id: int, *, actor: Actor, now: datetime) -> FaultReport:
    """Say that somebody sees to it. Twice is the same as once. Raises NotFound, Refused for what is mended."""
    row = _open(report_id)
    if row.state == "open":
        row.state = "hand"
        _recorded(row, "open", actor, now)
    return row


def mend(report_id: int, *, actor: Actor, now: datetime) -> FaultReport:
    """Say that it is mended: who reported it hears of it, and what is left of a closure is free. Twice is once.

    Raises NotFound.
    """
    row = _found(report_id)
    if row.state == "done":
        return row
    before = row.state
    _reopen(row, now)
    row.state, row.done_at, row.done_by_id = "done", now, actor.id
    _recorded(row, before, actor, now)
    telling.mended(row, now)
    return row


def close(report_id: int, last: date, *, actor: Actor, now: datetime, zone: ZoneInfo) -> Closure:
    """Close the space from now until the end of a day while it is mended; what is reported is in hand from then on.

    Raises NotFound, Refused, and Conflict where bookings stand in the way: they are never overwritten.
    """
    row = _open(report_id)
    if found := close_refusals(last, now.astimezone(zone).date()):
        raise Refused(found)
    _reopen(row, now)
    start = now.replace(second=0, microsecond=0)
    closure = bookings.close(
        Span(start, at_minute(last, 24 * 60, zone)), reasons=REASONS, now=now, zone=zone, space_id=row.space_id
    )
    before, row.state, row.closure_id = row.state, "hand", closure.id
    _recorded(row, before, actor, now, closed=last.isoformat())
    return closure


def reopen(report_id: int, *, actor: Actor, now: datetime) -> FaultReport:
    """Open the space again before it is mended. Twice is the same as once. Raises NotFound."""
    row = _found(report_id)
    if row.closure_id is not None:
        _reopen(row, now)
        _recorded(row, row.state, actor, now, opened=True)
    return row


def _reopen(row: FaultReport, now: datetime) -> None:
    if row.closure_id is None:
        return
    closure_id, row.closure_id = row.closure_id, None
    db.session.flush()
    bookings.reopen(closure_id, now=now)


def _found(report_id: int) -> FaultReport:
    """Give a report behind its lock. Raises NotFound."""
    row = db.session.get(FaultReport, report_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise NotFound("fault-unknown")
    return row


def _open(report_id: int) -> FaultReport:
    row = _found(report_id)
    if row.state == "done":
        raise Refused([Refusal("fault-done")])
    return row


def _recorded(row: FaultReport, before: str, actor: Actor, now: datetime, **more: object) -> None:
    db.session.flush()
    audit.record(
        "fault.state", subject=("fault", row.id), actor=actor, before={"state": before},
        after={"state": row.state, "space": row.space_id, **more}, now=now,
    )  # fmt: skip
