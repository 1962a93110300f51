"""What sharing knows of people: who may book for them, their guests, what was offered, and when they are away."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, and_, delete, func, or_, select, update

from innovation_station.bookings.models import Booking
from innovation_station.db import db
from innovation_station.i18n import local
from innovation_station.personal import Aged, DataClass, Personal, Record, Subject
from innovation_station.sharing.models import Absence, Consent, Guest, Named, Offer, Released
from innovation_station.sharing.queries import named
from innovation_station.sharing.rules import KEPT_FOR

BATCH = 200

personal = Personal()


def _delete(statement: Any) -> int:
    return int(db.session.execute(statement.execution_options(synchronize_session=False)).rowcount)  # type: ignore[attr-defined]


# -- consent -----------------------------------------------------------------------------------------------------------


def _consent(member_id: int) -> Sequence[Record]:
    known = db.session.get(Consent, member_id)
    if known is None:
        return []
    said = {
        "organisation": known.organisation, "colleagues": known.colleagues, "people": named(member_id),
        "since": known.changed_at.isoformat(),
    }  # fmt: skip
    return [Record("consent", said)]


def _erase_consent(subject: Subject, _now: datetime) -> int:
    _delete(delete(Named).where(or_(Named.member_id == subject.id, Named.email == subject.email)))
    return _delete(delete(Consent).where(Consent.member_id == subject.id))


personal.add(
    DataClass(
        name="booking-consent",
        tables=("booking_consent", "booking_consent_person"),
        title=_l("Who may book for you"),
        holds=_l("Whether people of your organisation, your colleagues, or people that you name may book for you."),
        purpose=_l("So that nobody books in your name whom you have not let."),
        basis="consent",
        retention=_l("Until you take it back."),
        ends="erase",
        records=_consent,
        erase=_erase_consent,
    )
)


# -- guests ------------------------------------------------------------------------------------------------------------


def _guests(member_id: int) -> Sequence[Record]:
    rows = db.session.execute(
        select(Guest, Booking.start, Booking.end)
        .join(Booking, Booking.id == Guest.booking_id)
        .where(Booking.member_id == member_id)
        .order_by(Guest.id.desc())
    )
    return [
        Record(
            guest.name,
            {
                "name": guest.name, "email": guest.email, "visit": start.isoformat(), "state": guest.state,
                "invited": guest.created_at.isoformat(), "arrived": guest.arrived_at and guest.arrived_at.isoformat(),
                "left": guest.left_at and guest.left_at.isoformat(),
            },
            end + KEPT_FOR,
        )
        for guest, start, end in rows
    ]  # fmt: skip


def _erase_guests(subject: Subject, now: datetime) -> int:
    """Delete the guests of a member, and the member where somebody else had them as a guest."""
    theirs = select(Booking.id).where(Booking.member_id == subject.id)
    over = select(Booking.id).where(Booking.end < now)
    named = and_(Guest.name == subject.name, Guest.booking_id.in_(over))
    gone = _delete(delete(Guest).where(or_(Guest.booking_id.in_(theirs), Guest.email == subject.email, named)))
    _delete(update(Guest).where(Guest.invited_by_id == subject.id).values(invited_by_id=None))
    return gone


def _old_guests(now: datetime, held: Collection[int]) -> ColumnElement[bool]:
    over = select(Booking.id).where(Booking.end < now - KEPT_FOR, Booking.member_id.not_in({0, *held}))
    return Guest.booking_id.in_(over)


_aged_guests = Aged(Guest.id, _old_guests)


personal.add(
    DataClass(
        name="guests",
        tables=("guest",),
        title=_l("Your guests"),
        holds=_l("Name and address of whom you invite to a booking, whether they come, and when they came and left."),
        purpose=_l("So that they are invited, find the house, and are received."),
        basis="interest",
        retention=_l("30 days after the visit."),
        ends="erase",
        records=_guests,
        erase=_erase_guests,
        expired=_aged_guests.expired,
        purge=_aged_guests.purge,
    )
)


# -- offers ------------------------------------------------------------------------------------------------------------


def _offers(member_id: int) -> Sequence[Record]:
    """List what a member has offered and was offered; who the other is, is the other's own."""
    rows = db.session.scalars(
        select(Offer).where(or_(Offer.from_id == member_id, Offer.to_id == member_id)).order_by(Offer.id.desc())
    )
    return [
        Record(
            "offer",
            {
                "booking": row.booking_id, "given": row.from_id == member_id, "state": row.state,
                "to": row.email if row.from_id == member_id else "", "made": row.made_at.isoformat(),
                "ended": row.ended_at and row.ended_at.isoformat(),
            },
            row.ended_at and row.ended_at + KEPT_FOR,
        )
        for row in rows
    ]  # fmt: skip


def _erase_offers(subject: Subject, _now: datetime) -> int:
    whose = or_(Offer.from_id == subject.id, Offer.to_id == subject.id, Offer.email == subject.email)
    return _delete(delete(Offer).where(whose))


def _old_offers(now: datetime, held: Collection[int]) -> ColumnElement[bool]:
    spared = {0, *held}
    free = and_(Offer.from_id.not_in(spared), or_(Offer.to_id.is_(None), Offer.to_id.not_in(spared)))
    return and_(Offer.ended_at < now - KEPT_FOR, free)


_aged_offers = Aged(Offer.id, _old_offers)


personal.add(
    DataClass(
        name="booking-offers",
        tables=("booking_offer",),
        title=_l("Bookings you hand over"),
        holds=_l("Which booking was offered to whom, and what came of it."),
        purpose=_l("So that a booking changes hands only where both want it."),
        basis="contract",
        retention=_l("30 days after the answer."),
        ends="erase",
        records=_offers,
        erase=_erase_offers,
        expired=_aged_offers.expired,
        purge=_aged_offers.purge,
    )
)


# -- absences ----------------------------------------------------------------------------------------------------------


def _absences(member_id: int) -> Sequence[Record]:
    rows = db.session.scalars(select(Absence).where(Absence.member_id == member_id).order_by(Absence.id.desc()))
    return [
        Record(
            f"{row.first.isoformat()} – {row.last.isoformat()}",
            {
                "first": row.first.isoformat(), "last": row.last.isoformat(), "said": row.made_at.isoformat(),
                "ended": row.ended_at and row.ended_at.isoformat(),
            },
        )
        for row in rows
    ]  # fmt: skip


def _erase_absences(subject: Subject, _now: datetime) -> int:
    return _forget_absences(Absence.member_id == subject.id)


def _forget_absences(which: ColumnElement[bool]) -> int:
    _delete(delete(Released).where(Released.absence_id.in_(select(Absence.id).where(which))))
    return _delete(delete(Absence).where(which))


def _old_absences(now: datetime, held: Collection[int]) -> ColumnElement[bool]:
    return and_(Absence.last < local(now - KEPT_FOR).date(), Absence.member_id.not_in({0, *held}))


def _expired_absences(now: datetime, held: Collection[int]) -> int:
    return db.session.scalar(select(func.count()).select_from(Absence).where(_old_absences(now, held))) or 0


def _purge_absences(now: datetime, held: Collection[int]) -> int:
    batch = db.session.scalars(select(Absence.id).where(_old_absences(now, held)).limit(BATCH)).all()
    return _forget_absences(Absence.id.in_(batch)) if batch else 0


personal.add(
    DataClass(
        name="absences",
        tables=("absence", "absence_booking"),
        title=_l("When you are away"),
        holds=_l("From which day to which you said that you are away, and what was released for it."),
        purpose=_l("So that others get the places that you do not need."),
        basis="contract",
        retention=_l("30 days after the last day."),
        ends="erase",
        records=_absences,
        erase=_erase_absences,
        expired=_expired_absences,
        purge=_purge_absences,
    )
)
