"""Reads of mailings, and the one statement that finds whom a group is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Integer, Select, cast, exists, func, literal, null, or_, select, union_all

from innovation_station.announcements.rules import concerns
from innovation_station.bookings.models import Booking
from innovation_station.bookings.rules import GONE
from innovation_station.db import db
from innovation_station.events.models import Event
from innovation_station.mail.models import Mail
from innovation_station.mailings.models import Mailing, MailingReceiver
from innovation_station.mailings.rules import Group
from innovation_station.members.models import Member, Organisation
from innovation_station.notices.models import Notice
from innovation_station.plans.models import Membership, PlanRow
from innovation_station.registration.models import Registration
from innovation_station.spaces.rules import House
from innovation_station.timespan import local_day

LISTED = 50
NAMES_SHOWN = 200
COMING_MOST = 100


@dataclass(frozen=True, slots=True)
class Around:
    """What a group is looked up in: the house, today, and the zone of its days."""

    house: House
    today: date
    zone: ZoneInfo


def get(mailing_id: int) -> Mailing | None:
    """Find a mailing."""
    return db.session.get(Mailing, mailing_id)


def listing() -> Sequence[Mailing]:
    """List mailings, the latest first."""
    return db.session.scalars(select(Mailing).order_by(Mailing.id.desc()).limit(LISTED)).all()


def due(now: datetime) -> list[int]:
    """List the mailings that have something to send, or of which it is not known yet how it went."""
    waits = (Mailing.state == "waiting") & (Mailing.leaves_at <= now)
    return list(
        db.session.scalars(select(Mailing.id).where(or_(waits, Mailing.state == "leaving")).order_by(Mailing.id))
    )


def people(group: Group, around: Around, *, own: bool) -> Select[Any]:
    """Build the question who is in a group: email, name, language, member_id; each address once.

    Guests of an event, who have no account, are in it where it is about their own registration.
    """
    members: Any = select(Member.email, Member.name, Member.language, Member.id.label("member_id")).where(
        Member.state == "active", *_conditions(group, around)
    )
    if not (own and group.of_event_alone):
        return members
    known = exists().where(Member.email == Registration.email, Member.state == "active")
    guests = (
        select(
            Registration.email,
            func.min(Registration.name),
            func.min(Registration.language),
            cast(null(), Integer).label("member_id"),
        )
        .where(*_registered(group), Registration.member_id.is_(None), ~known)
        .group_by(Registration.email)
    )
    with_account = select(Member.email, Member.name, Member.language, Member.id.label("member_id")).where(
        Member.state == "active",
        exists().where(*_registered(group), Registration.member_id.is_(None), Registration.email == Member.email),
        ~exists().where(*_registered(group), Registration.member_id == Member.id),
    )
    every = union_all(members, with_account, guests).subquery()
    return select(every.c.email, every.c.name, every.c.language, every.c.member_id)


def _registered(group: Group) -> tuple[ColumnElement[bool], ...]:
    return Registration.event_id == group.event, Registration.state == "registered"


def _conditions(group: Group, around: Around) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if group.organisation is not None:
        found.append(Member.organisation_id == group.organisation)
    if group.role:
        found.append(Member.role == group.role)
    if group.plan is not None:
        found.append(_has_plan(group.plan, around.today))
    if group.first is not None:
        found.append(_has_booked(group, around))
    if group.event is not None:
        found.append(exists().where(*_registered(group), Registration.member_id == Member.id))
    return found


def _has_plan(plan_id: int, today: date) -> ColumnElement[bool]:
    """Tell who has a plan today: given to them or to their organisation; the standard one, who has none."""
    holds = (
        or_(Membership.member_id == Member.id, Membership.organisation_id == Member.organisation_id),
        Membership.starts <= today, or_(Membership.ends.is_(None), Membership.ends >= today),
    )  # fmt: skip
    standard = exists().where(PlanRow.id == plan_id, PlanRow.standard.is_(True))
    return or_(exists().where(Membership.plan_id == plan_id, *holds), standard & ~exists().where(*holds))


def _has_booked(group: Group, around: Around) -> ColumnElement[bool]:
    first = group.first or around.today
    start = local_day(first, around.zone).start
    end = local_day(group.last or first, around.zone).end
    which: list[ColumnElement[bool]] = [
        Booking.member_id == Member.id, Booking.state.not_in(GONE), Booking.start < end, Booking.end > start,
    ]  # fmt: skip
    if group.place is not None:
        here = [place for place in around.house.places.values() if concerns(group.place, place)]
        which.append(Booking.space_id.in_(sorted({other for place in here for other in place.touches})))
    return exists().where(*which)


def count(found: Select[Any]) -> int:
    """Count the people of a group."""
    return db.session.scalar(select(func.count()).select_from(found.subquery())) or 0


def names(found: Select[Any]) -> list[str]:
    """Name the people of a group, the first ones by name."""
    every = found.subquery()
    return list(db.session.scalars(select(every.c.name).order_by(every.c.name, every.c.email).limit(NAMES_SHOWN)))


def snapshot(mailing_id: int, found: Select[Any]) -> Select[Any]:
    """Build what is written down of a group when a mailing is sent."""
    every = found.subquery()
    return select(
        literal(mailing_id), every.c.email, every.c.name, every.c.language, every.c.member_id, literal("")
    )  # fmt: skip


def receivers(mailing_id: int) -> int:
    """Count the receivers that are written down."""
    return db.session.scalar(select(func.count()).where(MailingReceiver.mailing_id == mailing_id)) or 0


def batch(mailing_id: int, after: int, limit: int) -> Sequence[Any]:
    """List receivers after one of them, each with the account as it is now."""
    row = MailingReceiver
    return db.session.execute(
        select(
            row.id, row.email, row.name, row.language, row.member_id, Member.email.label("now_email"),
            Member.name.label("now_name"), Member.language.label("now_language"), Member.state,
        )
        .outerjoin(Member, Member.id == row.member_id)
        .where(row.mailing_id == mailing_id, row.id > after)
        .order_by(row.id)
        .limit(limit)
    ).all()  # fmt: skip


def result(mailing_id: int) -> dict[str, int]:
    """Count how it went: told by which way, and of the mails how many waited, left and could not leave."""
    row = MailingReceiver
    rows = db.session.execute(
        select(row.way, Mail.state, func.count())
        .outerjoin(Mail, Mail.message_id == row.message_id)
        .where(row.mailing_id == mailing_id)
        .group_by(row.way, Mail.state)
    )
    found: dict[str, int] = {}
    for way, state, number in rows:
        name = way or "left"
        if way == "mail":
            name = {"queued": "waits", "sending": "waits", "sent": "sent"}.get(state or "", "failed")
        found[name] = found.get(name, 0) + number
    return found


def was_told(member_id: int, mailing_id: int, kind: str) -> bool:
    """Tell whether a mailing stands in somebody's list of notices."""
    mine = (Notice.member_id == member_id, Notice.kind == kind, Notice.subject == subject_of(mailing_id))
    return db.session.scalar(select(Notice.id).where(*mine).limit(1)) is not None


def subject_of(mailing_id: int) -> str:
    """Name a mailing among what notices are about."""
    return f"mailing:{mailing_id}"


def choices(now: datetime) -> Mapping[str, Sequence[Any]]:
    """List what a group can be found by: plans, organisations and events that are not long over; three statements."""
    recent = Event.state.in_(("published", "cancelled")), Event.end > now - timedelta(days=7)
    return {
        "plans": db.session.scalars(select(PlanRow).order_by(PlanRow.id)).all(),
        "organisations": db.session.scalars(select(Organisation).order_by(Organisation.name_sv)).all(),
        "events": db.session.scalars(select(Event).where(*recent).order_by(Event.start).limit(COMING_MOST)).all(),
    }
