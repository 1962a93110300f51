"""What registration knows of people: who comes to which event, and what they have answered."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, and_, delete, func, literal, or_, select, update
from sqlalchemy.orm import joinedload

from innovation_station.db import db
from innovation_station.events.models import Event
from innovation_station.i18n import zone
from innovation_station.personal import DataClass, Farewell, Personal, Record, Subject
from innovation_station.registration import queries, rules, service
from innovation_station.registration.models import Registration, Signup

BATCH = 500

personal = Personal()
personal.impersonal("event_signup", "event_signup_session", "event_signup_link")


def _records(member_id: int) -> Sequence[Record]:
    rows = db.session.scalars(
        select(Registration)
        .options(joinedload(Registration.event))
        .where(Registration.member_id == member_id)
        .order_by(Registration.id.desc())
    ).all()
    return [
        Record(
            row.event.title_sv or row.event.title_en,
            {
                "event": row.event.start.isoformat(), "name": row.name, "email": row.email, "state": row.state,
                "made": row.made_at.isoformat(), "answers": dict(row.answers), "diet": row.diet,
            },
            row.event.end + rules.KEPT_FOR,
        )
        for row in rows
    ]  # fmt: skip


def _erase(subject: Subject, now: datetime) -> int:
    """Forget what somebody has registered for, by account and by address; the next in line is asked."""
    theirs = or_(Registration.member_id == subject.id, Registration.email == subject.email)
    found = list(db.session.scalars(select(Registration.id).where(theirs).order_by(Registration.event_id)))
    for registration_id in found:
        service.forget(registration_id, now=now, zone=zone())
    db.session.execute(
        update(Registration).where(Registration.added_by_id == subject.id).values(added_by_id=None)
        .execution_options(synchronize_session=False)
    )  # fmt: skip
    return len(found)


def _of_old_events(now: datetime, held: Collection[int]) -> ColumnElement[bool]:
    old = select(Event.id).where(Event.end < now - rules.KEPT_FOR)
    spared = or_(Registration.member_id.is_(None), Registration.member_id.not_in(held))
    return and_(Registration.event_id.in_(old), spared)


def _hungry(now: datetime, held: Collection[int]) -> ColumnElement[bool]:
    """Find what people eat at events whose time for it is over: each event says how many days it keeps that."""
    days = db.session.scalars(select(Signup.diet_days).distinct()).all()
    over = [
        select(Event.id).join(Signup, Signup.event_id == Event.id).where(
            Signup.diet_days == day, Event.end < now - timedelta(days=day)
        )
        for day in days
    ]  # fmt: skip
    spared = or_(Registration.member_id.is_(None), Registration.member_id.not_in(held))
    any_of = or_(literal(False), *(Registration.event_id.in_(one) for one in over))
    return and_(Registration.diet != "", any_of, spared)


def _expired(now: datetime, held: Collection[int]) -> int:
    both = or_(_of_old_events(now, held), _hungry(now, held))
    return db.session.scalar(select(func.count()).select_from(Registration).where(both)) or 0


def _purge(now: datetime, held: Collection[int]) -> int:
    fed = update(Registration).where(_hungry(now, held)).values(diet="").execution_options(synchronize_session=False)
    erased = int(db.session.execute(fed).rowcount)  # type: ignore[attr-defined]
    found = db.session.scalars(
        select(Registration.id).where(_of_old_events(now, held)).order_by(Registration.id).limit(BATCH)
    ).all()
    if found:
        db.session.execute(delete(Registration).where(Registration.id.in_(found)))
    return erased + len(found)


personal.add(
    DataClass(
        name="registrations",
        tables=("registration", "registration_session"),
        title=_l("Events you have registered for"),
        holds=_l("Name and address, where you stand, which sessions you chose, and what you have answered."),
        purpose=_l("So that you have a place, hear of changes, and those who arrange it know how many come."),
        basis="contract",
        retention=_l("Ninety days after the event; what you eat as long as the form says, two weeks as a rule."),
        ends="erase",
        records=_records,
        erase=_erase,
        expired=_expired,
        purge=_purge,
    )
)


def _ahead(member_id: int, now: datetime, until: datetime | None) -> list[Registration]:
    return [
        row for row in queries.mine(member_id, now)
        if row.state in rules.LIVE and (until is None or row.event.start < until)
    ]  # fmt: skip


def _tell(member_id: int, now: datetime, until: datetime | None) -> Sequence[str]:
    return [row.event.title_sv or row.event.title_en for row in _ahead(member_id, now, until)]


def _release(_actor: object, member_id: int, now: datetime, until: datetime | None) -> int:
    found = _ahead(member_id, now, until)
    for row in sorted(found, key=lambda one: one.event_id):
        service.cancel(row.id, now=now, zone=zone())
    return len(found)


personal.lets_go(Farewell("registrations", _l("Places at events"), tells=_tell, release=_release))
