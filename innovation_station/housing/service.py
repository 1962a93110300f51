"""What happens to the house: it is closed and opened.

Every function runs inside `db.transaction()`, decides on rows it has locked, flushes and never commits.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select

from innovation_station.audit import service as audit
from innovation_station.bookings import closing
from innovation_station.bookings import service as bookings
from innovation_station.bookings.closing import Shutting
from innovation_station.bookings.ripple import Ripple
from innovation_station.bookings.rules import closing_refusals
from innovation_station.db import db
from innovation_station.errors import NotAllowed, NotFound, Refusal, Refused
from innovation_station.members.rules import Actor, is_staff
from innovation_station.repairs.queries import of_faults
from innovation_station.spaces.models import Closure
from innovation_station.spaces.queries import house as read_house
from innovation_station.timespan import Span

REASON_LONGEST = 200


def look_at_closing(actor: Actor, what: Shutting, *, now: datetime, zone: ZoneInfo) -> tuple[Ripple, str]:
    """Tell whom it would hit to close something, and the token of that. No lock is taken. Raises as `close`."""
    what = _checked(actor, what, now)
    met = closing.look(actor, what, now=now, zone=zone)
    return met, closing.token(what, met)


def close(
    actor: Actor, what: Shutting, *, reasons: tuple[str, str], choices: Mapping[int, str], shown: str, now: datetime,
    zone: ZoneInfo,
) -> list[Closure]:  # fmt: skip
    """Close some places or the house for a time; a reason in one language stands for both.

    Raises NotFound, NotAllowed, Refused, and Conflict as `closing.shut`.
    """
    what = _checked(actor, what, now)
    sv, en = (text.strip()[:REASON_LONGEST] for text in reasons)
    if not sv and not en:
        raise Refused([Refusal("closure-reason", "reason_sv")])
    made, hits = closing.shut(
        actor, what, reasons=(sv or en, en or sv), choices=choices, shown=shown, now=now, zone=zone
    )  # fmt: skip
    decided = Counter(choices[hit.booking_id] for hit in hits)
    audit.record(
        "house.closed", subject=_subject(made[0]), actor=actor, now=now,
        after={
            "spaces": "house" if what.space_ids is None else sorted(what.space_ids),
            "from": what.span.start.isoformat(), "until": what.span.end.isoformat(), "reason": sv or en,
            **{choice: decided[choice] for choice in closing.CHOICES if choice in decided},
        },
    )  # fmt: skip
    return made


def reopen(actor: Actor, closure_id: int, *, now: datetime) -> list[Closure]:
    """Open again what was closed in one act with a closure; twice is the same as once.

    Raises NotAllowed, NotFound, and Refused for what is closed for a fault: it opens when that is mended.
    """
    if not is_staff(actor):
        raise NotAllowed([Refusal("role-not-yours")])
    row = db.session.get(Closure, closure_id)
    if row is None:
        raise NotFound
    same = select(Closure).where(
        Closure.created_at == row.created_at, Closure.start == row.start, Closure.end == row.end,
        Closure.reason_sv == row.reason_sv,
    ).order_by(Closure.space_id)  # fmt: skip
    together = db.session.scalars(same).all()
    if of_faults(one.id for one in together):
        raise Refused([Refusal("closure-fault")])
    named = [one.space_id for one in together if one.space_id is not None]
    # all at once, in the order that everybody keeps to: one after the other, two who open would wait for each other
    bookings.locked(*(named if len(named) == len(together) else read_house().places))
    together = db.session.scalars(same.execution_options(populate_existing=True)).all()
    if not together:  # somebody else has opened it while we waited
        return []
    audit.record(
        "house.opened", subject=_subject(row), actor=actor, now=now,
        before={
            "from": row.start.isoformat(), "until": row.end.isoformat(), "reason": row.reason_sv,
            "spaces": named or "house",
        },
    )  # fmt: skip
    for closure_id in [one.id for one in together]:
        bookings.reopen(closure_id, now=now)
    return list(together)


def _checked(actor: Actor, what: Shutting, now: datetime) -> Shutting:
    """Give it from this minute on. Raises NotAllowed, Refused for what is over, or too long."""
    if not is_staff(actor):
        raise NotAllowed([Refusal("role-not-yours")])
    start = max(what.span.start, now.replace(second=0, microsecond=0))
    if what.span.end <= start:
        raise Refused([Refusal("closure-over", "last")])
    span = Span(start, what.span.end)
    if found := closing_refusals(span, "last"):
        raise Refused(found)
    return Shutting(what.space_ids, span)


def _subject(row: Closure) -> tuple[str, int | None]:
    return ("closure", row.id)
