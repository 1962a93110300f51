"""What happens to reports: made, seen, taken in hand, mended; and the place closed and opened meanwhile.

Locks are taken in one order: the report, members, spaces.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from innovation_station.audit import service as audit
from innovation_station.bookings import closing, making_way
from innovation_station.bookings import service as bookings
from innovation_station.bookings.closing import Shutting
from innovation_station.bookings.models import Booking
from innovation_station.bookings.ripple import CANCEL, MOVE, Hit, Ripple
from innovation_station.bookings.writes import lock_booker
from innovation_station.db import db
from innovation_station.errors import NotFound, Refusal, Refused, TooMany
from innovation_station.members import queries as members
from innovation_station.members.rules import Actor
from innovation_station.repairs import queries, rules, telling
from innovation_station.repairs.models import FaultNote, FaultPhoto, FaultReport
from innovation_station.repairs.rules import MOST, WAITING, WITHIN
from innovation_station.spaces.models import Closure
from innovation_station.spaces.queries import house as read_house
from innovation_station.spaces.rules import at_minute
from innovation_station.timespan import Span

REASONS = ("Här lagas något", "Something is being mended")


def report(
    actor: Actor, space_id: int, *, sort: str, text: str, now: datetime, photo: bytes | None = None
) -> FaultReport:
    """Say that something is broken, and tell staff; the same said twice is one report, and what somebody has reported
    before is joined to that. `photo` is one that `pictures` has made anew.

    Raises NotFound, Refused, and TooMany for who reports without end.
    """
    if space_id not in read_house().places:
        raise NotFound("space-unknown")
    text = "\n".join(text.strip().splitlines())
    if found := rules.report_refusals(sort, text):
        raise Refused(found)
    head = queries.head_of(space_id, sort) if rules.joins(sort) else None
    lock_booker(actor.id)  # two taps at once are one report
    if known := queries.same(actor.id, space_id, sort, text):
        if photo:
            _keep_photo(known, photo)
        return known
    if queries.made_since(actor.id, now - WITHIN) >= MOST:
        raise TooMany(Refusal("faults-many", None, {"most": MOST}), retry_after=int(WITHIN.total_seconds()))
    made = FaultReport(
        space_id=space_id, member_id=actor.id, sort=sort, text=text, at=now, same_as_id=head.id if head else None
    )
    db.session.add(made)
    db.session.flush()
    if photo:
        _keep_photo(made, photo)
    if head is None:
        telling.reported(made, now)
    return made


def _keep_photo(row: FaultReport, data: bytes) -> None:
    db.session.merge(FaultPhoto(report_id=row.id, body=data))
    db.session.flush()


def see(report_id: int, *, actor: Actor, now: datetime) -> FaultReport:
    """Say that it was read. Twice is the same as once. Raises NotFound, Refused for what is mended."""
    row = _open(report_id)
    if row.state == "open":
        row.state = "seen"
        _recorded(row, "open", actor, now)
    return row


def take(report_id: int, *, actor: Actor, now: datetime) -> FaultReport:
    """Say that somebody sees to it: who says so, where nobody does yet. Twice is the same as once.

    Raises NotFound, Refused for what is mended.
    """
    row = _open(report_id)
    if row.state != "hand":
        before, row.state = row.state, "hand"
        row.assignee_id = row.assignee_id or actor.id
        _recorded(row, before, actor, now)
    return row


def assign(report_id: int, member_id: int | None, *, actor: Actor, now: datetime) -> FaultReport:
    """Say who sees to it, None for nobody in particular. Raises NotFound, Refused."""
    row = _open(report_id)
    if member_id is not None and member_id not in members.staff():
        raise Refused([Refusal("fault-assignee", "assignee")])
    if row.assignee_id != member_id:
        before, row.assignee_id = row.assignee_id, member_id
        db.session.flush()
        audit.record(
            "fault.assigned", subject=("fault", row.id), actor=actor, before={"assignee": before},
            after={"assignee": member_id}, now=now,
        )  # fmt: skip
    return row


def note(report_id: int, text: str, *, actor: Actor, now: datetime) -> FaultNote:
    """Leave a note on a report, mended or not. Raises NotFound, Refused."""
    row = _found(report_id)
    text = "\n".join(text.strip().splitlines())
    if found := rules.note_refusals(text, queries.count_notes(row.id)):
        raise Refused(found)
    made = FaultNote(report_id=row.id, by_id=actor.id, at=now, text=text)
    db.session.add(made)
    db.session.flush()
    audit.record("fault.noted", subject=("fault", row.id), actor=actor, after={"letters": len(text)}, now=now)
    return made


def mend(report_id: int, *, actor: Actor, now: datetime, fault: bool = True) -> FaultReport:
    """Say that it is mended, or was no `fault`: all who reported it hear of it, and what is left of a closure is free.

    Twice is once. Raises NotFound.
    """
    row = _found(report_id)
    if row.state not in WAITING:
        return row
    before = row.state
    _reopen(row, now)
    state = "done" if fault else "void"
    made = queries.group(row.id)
    for one in made:
        one.state, one.done_at, one.done_by_id = state, now, actor.id
    _recorded(row, before, actor, now)
    telling.ended(made, actor, now)
    return row


def look(
    report_id: int, last: date | None, minute: int | None, *, actor: Actor, now: datetime, zone: ZoneInfo
) -> tuple[Ripple, str]:  # fmt: skip
    """Tell whom closing the space would hit, and the token of that; nothing is locked or written. Raises as `close`."""
    row = db.session.get(FaultReport, report_id)
    if row is None:
        raise NotFound("fault-unknown")
    what = Shutting((row.space_id,), _span(last, minute, "", now, zone))
    met = closing.look(actor, what, now=now, zone=zone)
    return met, closing.token(what, met)


def close(
    report_id: int, last: date | None, *, actor: Actor, now: datetime, zone: ZoneInfo, minute: int | None = None,
    reason: str = "", token: str = "", choices: Mapping[int, str] | None = None,
) -> Closure:  # fmt: skip
    """Close the space from now until the end of a day, or a minute of it, while it is mended; without a day for as long
    as may be. What is reported is in hand from then on.

    `token` names what `look` has shown, `choices` what becomes of each booking that is hit. Everything or nothing.
    Raises NotFound, Refused, and Conflict as `closing.shut`.
    """
    row, choices = _open(report_id), choices or {}
    what = Shutting((row.space_id,), _span(last, minute, reason, now, zone))
    kept, row.closure_id = row.closure_id, None
    db.session.flush()
    (closure,), hits = closing.shut(
        actor, what, reasons=(reason, reason) if reason else REASONS, choices=choices, shown=token, instead_of=kept,
        now=now, zone=zone,
    )  # fmt: skip
    before, row.state, row.closure_id = row.state, "hand", closure.id
    row.assignee_id = row.assignee_id or actor.id
    hit = [one.booking_id for one in hits]
    gone = [one for one in hit if choices.get(one) == CANCEL]
    moved = {one: db.session.get_one(Booking, one).space_id for one in hit if choices.get(one) == MOVE}
    row.moved = [[*pair] for pair in ({pair[0]: pair[1] for pair in row.moved} | moved).items()]
    _recorded(row, before, actor, now, closed=what.span.end, moved=len(moved), cancelled=len(gone))
    return closure


def _span(last: date | None, minute: int | None, reason: str, now: datetime, zone: ZoneInfo) -> Span:
    """Give from when until when a place is closed. Raises Refused."""
    today = now.astimezone(zone).date()
    last = last or today + timedelta(days=rules.CLOSED_AHEAD)
    start = now.replace(second=0, microsecond=0)
    if found := rules.close_refusals(last, today):
        raise Refused(found)
    end = at_minute(last, 24 * 60 if minute is None else minute, zone)
    if found := rules.closing_refusals(start, end, reason):
        raise Refused(found)
    return Span(start, end)


def reopen(report_id: int, *, actor: Actor, now: datetime) -> FaultReport:
    """Open the space again before it is mended. Twice is the same as once. Raises NotFound."""
    row = _found(report_id)
    if row.closure_id is not None:
        _reopen(row, now)
        _recorded(row, row.state, actor, now, opened=True)
    return row


def could_return(row: FaultReport, *, actor: Actor, now: datetime, zone: ZoneInfo) -> list[Hit]:
    """Give the bookings that were moved for a report and could have their place back, as `instead`; three statements at
    most."""
    house = read_house()
    put = making_way.hits_of({booking.id for booking in queries.moved_away(row, now)}, house)
    return making_way.could_return(actor, put, row.space_id, house, now=now, zone=zone)


def bring_back(report_id: int, booking_id: int, *, actor: Actor, now: datetime, zone: ZoneInfo) -> Booking:
    """Move a booking back to the place that was closed; its member is told. Raises NotFound, Refused, Conflict."""
    row = _found(report_id)
    found = next((one for one in queries.moved_away(row, now) if one.id == booking_id), None)
    if found is None:
        raise NotFound("booking-unknown")
    moved = bookings.move(actor, booking_id, space_id=row.space_id, span=found.span, now=now, zone=zone)
    row.moved = [pair for pair in row.moved if pair[0] != booking_id]
    db.session.flush()
    audit.record(
        "fault.returned", subject=("fault", row.id), actor=actor, member_id=moved.member_id,
        after={"booking": booking_id, "space": row.space_id}, now=now,
    )  # fmt: skip
    return moved


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
    if row.state not in WAITING:
        raise Refused([Refusal("fault-done")])
    return row


def _recorded(row: FaultReport, before: str, actor: Actor, now: datetime, **more: object) -> None:
    db.session.flush()
    audit.record(
        "fault.state", subject=("fault", row.id), actor=actor, before={"state": before},
        after={"state": row.state, "space": row.space_id, **more}, now=now,
    )  # fmt: skip
