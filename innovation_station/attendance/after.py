"""After an event: what staff say then, who is asked how it was, and what they answered, without a name.

Every function that writes runs inside `db.transaction()`, flushes and never commits. What is answered is kept apart
from who has answered: an answer has a number at random, and no time.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select

from innovation_station.attendance import rules, telling
from innovation_station.attendance.models import Answered, EventAnswer, EventArrival, Followup
from innovation_station.audit import service as audit
from innovation_station.db import db
from innovation_station.deeds.registry import Over
from innovation_station.errors import NotAllowed, NotFound, Refusal, Refused
from innovation_station.events import queries as events
from innovation_station.events.models import Event
from innovation_station.events.rules import may_manage_events
from innovation_station.members.rules import Actor
from innovation_station.registration import queries as registrations
from innovation_station.registration.models import Registration


@dataclass(frozen=True, slots=True)
class Wish:
    """What staff want said and asked after an event: thanks and questions as (sv, en)."""

    thanks: tuple[str, str] = ("", "")
    questions: tuple[tuple[str, str], ...] = ()
    ask: bool = False


def followup(event_id: int) -> Followup | None:
    """Find what is settled for the time after an event."""
    return db.session.get(Followup, event_id, populate_existing=True)


def settle(actor: Actor, event_id: int, wish: Wish, *, now: datetime) -> Followup:
    """Settle what is said and asked after an event; once people have been asked, the questions stay.

    Raises NotFound, NotAllowed, Refused.
    """
    if not may_manage_events(actor):
        raise NotAllowed([Refusal("event-staff")])
    if events.get(event_id) is None:
        raise NotFound
    if found := rules.wish_refusals(wish.thanks, wish.questions):
        raise Refused(found)
    row = followup(event_id) or Followup(event_id=event_id, sent_at=None)
    row.thanks_sv, row.thanks_en = wish.thanks
    if row.sent_at is None:
        row.questions, row.ask = [list(pair) for pair in wish.questions], wish.ask
    db.session.add(row)
    db.session.flush()
    audit.record(
        "event.after-settled", subject=("event", event_id), actor=actor, now=now,
        after={"ask": row.ask, "questions": len(row.questions)},
    )  # fmt: skip
    return row


def due(now: datetime, zone: ZoneInfo) -> list[int]:
    """List the events whose visitors are to be asked by now."""
    rows = db.session.execute(
        select(Event.id, Event.end)
        .join(Followup, Followup.event_id == Event.id)
        .where(
            Followup.ask, Followup.sent_at.is_(None), Event.state == "published", Event.end < now,
            Event.end > now - rules.ASKED_FOR,
        )
        .order_by(Event.end, Event.id)
    )  # fmt: skip
    return [event_id for event_id, end in rows if rules.asked_at(end, zone) <= now]


def ask(event_id: int, *, now: datetime) -> int:
    """Thank everybody who came to an event and ask how it was, once; give how many."""
    found = registrations.locked(event_id)
    settled = followup(event_id)
    if found is None or settled is None or settled.sent_at is not None or not settled.ask:
        return 0
    settled.sent_at = now
    rows = db.session.scalars(
        select(Registration)
        .join(EventArrival, EventArrival.registration_id == Registration.id)
        .where(EventArrival.event_id == event_id)
        .order_by(Registration.id)
    ).all()
    for row in rows:
        telling.thank(row, found[1], settled, now=now)
    db.session.flush()
    return len(rows)


def may_answer(row: Registration, now: datetime) -> bool:
    """Tell whether somebody who has the link can still answer."""
    settled = followup(row.event_id)
    over = row.event.end > now or row.event.end + rules.ASKED_FOR <= now
    return settled is not None and settled.sent_at is not None and not over and db.session.get(Answered, row.id) is None


def answer(row: Registration, rating: int | None, text: str, typed: Mapping[int, str], *, now: datetime) -> None:
    """Keep what somebody answers, and, apart from it, that they have. Raises Over, Refused."""
    registrations.locked(row.event_id)
    settled = followup(row.event_id)
    if settled is None or not may_answer(row, now):
        raise Over([Refusal("feedback-over")])
    answers = [typed.get(number, "").strip() for number in range(len(settled.questions))]
    if found := rules.answer_refusals(rating, text, answers):
        raise Refused(found)
    db.session.add(Answered(registration_id=row.id))
    db.session.add(
        EventAnswer(uid=secrets.token_hex(16), event_id=row.event_id, rating=rating, text=text.strip(), answers=answers)
    )
    db.session.flush()


def answers(event_id: int) -> Sequence[EventAnswer]:
    """List the answers, in an order that says nothing of when they came; one statement."""
    return db.session.scalars(
        select(EventAnswer).where(EventAnswer.event_id == event_id).order_by(EventAnswer.uid)
    ).all()


def shown_after(event_id: int, end: datetime, now: datetime) -> Followup | None:
    """Give what is said on the page of an event that is over; one statement, none before."""
    return followup(event_id) if end <= now else None
