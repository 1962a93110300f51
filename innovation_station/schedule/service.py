"""What staff do in the schedule: book for somebody, move, cancel, close and open a place, and take each back.

Every function runs inside `acting()`, which is a transaction in which all that is told waits for the time of an undo;
it flushes and never commits.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from innovation_station.audit import service as audit
from innovation_station.bookings import grace, presence, telling, writes
from innovation_station.bookings import service as bookings
from innovation_station.bookings.models import Booking
from innovation_station.bookings.rules import UNDOING, Furnished, Passing
from innovation_station.db import db, transaction
from innovation_station.errors import NotFound, Refusal, Refused
from innovation_station.members.rules import Booker, Person
from innovation_station.repairs.queries import of_faults
from innovation_station.schedule import queries, rules
from innovation_station.schedule.models import ScheduleAct
from innovation_station.sharing import service as sharing
from innovation_station.spaces.models import Closure
from innovation_station.timespan import Span

_KEPT = ("space", "start", "end", "state", "people", "layout", "checked_in")


@contextmanager
def acting() -> Iterator[None]:
    """Open a transaction of the schedule: what is told of its acts waits until they can no longer be taken back."""
    with telling.patient(rules.TOLD_AFTER), transaction():
        yield


def passing(reason: str) -> Passing | None:
    """Give the leave that a reason is: none without one."""
    return Passing(reason.strip()) if reason.strip() else None


def book(
    actor: Person, holder_id: int, space_id: int, span: Span, *, now: datetime, zone: ZoneInfo, title: str = "",
    people: int | None = None, reason: str = "", request_key: str | None = None,
) -> tuple[Booking, ScheduleAct | None]:  # fmt: skip
    """Book for a member, or for oneself; what they had already is no act. Raises as `bookings.service.reserve`."""
    more: dict[str, Any] = {"title": title, "people": people, "passing": passing(reason), "request_key": request_key}
    if holder_id == actor.id:
        booking = bookings.reserve(actor, space_id, span, now=now, zone=zone, **more)
    else:
        booking = sharing.book_for(actor, holder_id, space_id, span, now=now, zone=zone, **more)
    known = queries.booked_by(booking.id, actor.id)
    return booking, known or (_keep(actor, "booked", now, booking=booking) if booking.created_at == now else None)


def move(
    actor: Booker, booking_id: int, *, space_id: int, span: Span, now: datetime, zone: ZoneInfo, reason: str = ""
) -> tuple[Booking, ScheduleAct | None]:  # fmt: skip
    """Give a booking another place, time or length; what is as it was is no act. Raises as `bookings.service.move`."""
    booking = bookings.mine(actor, booking_id)
    before = _facts(booking)
    bookings.move(actor, booking_id, space_id=space_id, span=span, now=now, zone=zone, passing=passing(reason))
    if rules.stands(before, _facts(booking)):
        return booking, None
    return booking, _keep(actor, "moved", now, booking=booking, before=before)


def cancel(actor: Booker, booking_id: int, *, now: datetime) -> tuple[Booking, ScheduleAct | None]:
    """Give a booking's time back. Twice is the same as once. Raises as `bookings.service.cancel`."""
    booking = bookings.mine(actor, booking_id)
    if booking.cancelled:
        return booking, None
    before = _facts(booking)
    bookings.cancel(actor, booking_id, now=now)
    return booking, _keep(actor, "cancelled", now, booking=booking, before=before)


def close(
    actor: Booker, space_id: int, span: Span, reasons: tuple[str, str], *, now: datetime, zone: ZoneInfo
) -> ScheduleAct:  # fmt: skip
    """Shut a place for a span; `reasons` is (sv, en), of which one may be empty and is then as the other.

    Raises Refused, NotFound, and Conflict where bookings stand in the way.
    """
    sv, en = (reason.strip() for reason in reasons)
    if found := rules.closing_refusals(span, (sv, en), now):
        raise Refused(found)
    closure = bookings.close(span, reasons=(sv or en, en or sv), now=now, zone=zone, space_id=space_id)
    audit.record(
        "closure.made", subject=("closure", closure.id), actor=actor, after=_facts_of(closure), now=now
    )  # fmt: skip
    return _keep(actor, "closed", now, closure=closure)


def open_again(actor: Booker, closure_id: int, *, now: datetime) -> ScheduleAct:
    """Open a place that was shut, from now on. Raises NotFound, and Refused for what was shut somewhere else."""
    closure = _closure(closure_id)
    if closure is None:
        raise NotFound("closure-unknown")
    if found := foreign(closure):
        raise Refused([found])
    before = _open(actor, closure, now)
    act = ScheduleAct(
        actor_id=actor.id, at=now, kind="opened", booking_id=None, closure_id=closure_id, before=before, after={}
    )
    return _added(act)


def foreign(closure: Closure) -> Refusal | None:
    """Say why a closure is not to be opened here: it shuts the whole house, or goes with a fault."""
    if closure.space_id is None:
        return Refusal("closure-house")
    return Refusal("closure-fault") if of_faults([closure.id]) else None


def undo(actor: Booker, act_id: int, *, now: datetime, zone: ZoneInfo) -> ScheduleAct:
    """Take one's own act back; mails that tell of it have not left, and never do.

    Raises NotFound, Refused where it is too late or things have changed since, Conflict where somebody has the time.
    """
    act = db.session.get(ScheduleAct, act_id, with_for_update=True, populate_existing=True)
    if act is None or act.actor_id != actor.id:
        raise NotFound("act-unknown")
    if found := rules.undo_refusals(act, now):
        raise Refused(found)
    if act.booking_id is not None:
        _undo_of_booking(actor, act, act.booking_id, now, zone)
    elif act.kind == "closed":
        closure = _closure(act.closure_id or 0)
        if closure is None or not rules.stands(act.after, _facts_of(closure)) or foreign(closure):
            raise Refused([Refusal("act-changed")])
        _open(actor, closure, now)
    else:
        _shut_again(actor, act, now, zone)
    act.undone_at = now
    db.session.flush()
    return act


def _undo_of_booking(actor: Booker, act: ScheduleAct, booking_id: int, now: datetime, zone: ZoneInfo) -> None:
    booking = bookings.mine(actor, booking_id)
    if not rules.stands(act.after, _facts(booking)):
        raise Refused([Refusal("act-changed")])
    if act.kind == "booked":
        bookings.cancel(actor, booking_id, now=now, late=True)
        return
    before = act.before or {}
    if act.kind == "cancelled":
        bookings.restore(actor, booking_id, now=now, zone=zone, passing=UNDOING)
    else:
        bookings.move(
            actor, booking_id, space_id=before["space"], span=_span(before), now=now, zone=zone,
            furnished=Furnished(booking.people, before.get("layout")), passing=UNDOING,
        )  # fmt: skip
    came = before.get("checked_in") and booking.checked_in_at is None
    if came and booking.state == "confirmed" and grace.is_in_time(booking.span, now):
        presence.check_in(actor, booking_id, now=now)


def _shut_again(actor: Booker, act: ScheduleAct, now: datetime, zone: ZoneInfo) -> None:
    before = act.before or {}
    span = _span(before)
    span = Span(max(span.start, now.replace(second=0, microsecond=0)), span.end) if span.end > now else span
    if found := rules.closing_refusals(span, (before["sv"], before["en"]), now):
        raise Refused(found)
    closure = bookings.close(
        span, reasons=(before["sv"], before["en"]), now=now, zone=zone, space_id=before["space"]
    )  # fmt: skip
    audit.record(
        "closure.made", subject=("closure", closure.id), actor=actor, after=_facts_of(closure), now=now
    )  # fmt: skip


def _open(actor: Booker, closure: Closure, now: datetime) -> dict[str, Any]:
    """Open what was shut; give what it was."""
    before, closure_id = _facts_of(closure), closure.id
    bookings.reopen(closure_id, now=now)
    audit.record("closure.opened", subject=("closure", closure_id), actor=actor, before=before, now=now)
    return before


def _keep(
    actor: Booker, kind: str, now: datetime, *, booking: Booking | None = None, closure: Closure | None = None,
    before: Mapping[str, Any] | None = None,
) -> ScheduleAct:  # fmt: skip
    after = _facts(booking) if booking is not None else _facts_of(closure) if closure is not None else {}
    act = ScheduleAct(
        actor_id=actor.id, at=now, kind=kind, booking_id=booking and booking.id, closure_id=closure and closure.id,
        before=dict(before) if before is not None else None, after=after,
    )  # fmt: skip
    return _added(act)


def _added(act: ScheduleAct) -> ScheduleAct:
    db.session.add(act)
    db.session.flush()
    return act


def _facts(booking: Booking) -> dict[str, Any]:
    """Give what an act keeps of a booking: no words, and nobody's name."""
    known = writes.facts(booking)
    return {name: known[name] for name in _KEPT}


def _facts_of(closure: Closure) -> dict[str, Any]:
    return {
        "space": closure.space_id, "start": closure.start.isoformat(), "end": closure.end.isoformat(),
        "sv": closure.reason_sv, "en": closure.reason_en,
    }  # fmt: skip


def _span(facts: Mapping[str, Any]) -> Span:
    return Span(datetime.fromisoformat(facts["start"]), datetime.fromisoformat(facts["end"]))


def _closure(closure_id: int) -> Closure | None:
    return db.session.get(Closure, closure_id, populate_existing=True)
