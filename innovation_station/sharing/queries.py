"""Reads of sharing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Integer, Select, and_, bindparam, exists, func, or_, select
from sqlalchemy.orm import aliased, contains_eager, joinedload

from innovation_station.bookings.models import Booking, BookingHistory
from innovation_station.bookings.rules import HOLDING
from innovation_station.db import connection, db
from innovation_station.members.models import Member
from innovation_station.members.rules import Actor, initials, is_staff
from innovation_station.sharing.circle import are_colleagues
from innovation_station.sharing.models import Absence, Consent, Guest, Named, Offer, Released
from innovation_station.timespan import Span

WORDS_ASKED = 5
CHUNK = 500
_LIKE = str.maketrans({"!": "!!", "%": "!%", "_": "!_"})


def _named(words: str, *columns: Any) -> list[ColumnElement[bool]]:
    """Give the conditions that each of some words stands in one of some columns.

    SQLite knows small and capital letters of the English alphabet only; a name begins with the capital.
    """
    found = []
    for word in words.split()[:WORDS_ASKED]:
        small, *others = (f"%{one.translate(_LIKE)}%" for one in (word.casefold(), word, word.capitalize()))
        alike = [func.lower(column).like(small, escape="!") for column in columns]
        found.append(or_(*alike, *(column.like(part, escape="!") for column in columns for part in others)))
    return found


# -- who may be booked for ---------------------------------------------------------------------------------------------

# Whether anybody lets anybody but staff book for them: in many houses nobody does.
LETTING = or_(exists(select(Consent.__table__.c.member_id)), exists(select(Named.__table__.c.member_id)))


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody for whom one may book."""

    id: int
    name: str
    email: str

    @property
    def initials(self) -> str:
        """Give the capitals that stand beside the name."""
        return initials(self.name)


def consent(member_id: int) -> Consent | None:
    """Read what a member says about who may book for them; None says nobody."""
    return db.session.get(Consent, member_id)


def named(member_id: int) -> list[str]:
    """List the addresses that a member lets book for them, by the alphabet."""
    return list(db.session.scalars(select(Named.email).where(Named.member_id == member_id).order_by(Named.email)))


@cache
def _may_be_booked_for(*, by_staff: bool) -> ColumnElement[bool]:
    """Give the condition that `booker` may book for a member: staff for everybody, others for who has said so.

    With a parameter, and kept: to build it anew for every sheet costs more than the database takes to answer it.
    """
    booker = bindparam("booker", type_=Integer)
    others = and_(Member.state == "active", Member.id != booker)
    if by_staff:
        return others
    mine = aliased(Member)
    same = exists().where(mine.id == booker, mine.organisation_id == Member.organisation_id)
    said = exists().where(
        Consent.member_id == Member.id,
        or_(and_(Consent.organisation, same), and_(Consent.colleagues, are_colleagues(Member.id, booker))),
    )
    by_name = exists().where(Named.member_id == Member.id, mine.id == booker, Named.email == mine.email)
    return and_(others, or_(said, by_name))


def may_book_for(booker: Actor, holder_id: int) -> bool:
    """Tell whether somebody may book for a member; one statement."""
    asked = select(Member.id).where(Member.id == holder_id, _may_be_booked_for(by_staff=is_staff(booker)))
    return db.session.scalar(asked, {"booker": booker.id}) is not None


def bookable_for(
    booker: Actor, words: str = "", *, limit: int, among: Sequence[int] | None = None
) -> list[Colleague]:  # fmt: skip
    """List those for whom somebody may book, by name, found by parts of it; one statement."""
    statement, given = _bookable_for(by_staff=is_staff(booker)), {"booker": booker.id, "most": limit}
    if among is not None:
        statement = statement.where(Member.id.in_(among))
    if words:
        statement = statement.where(*_named(words, Member.name))
    return [Colleague(*row) for row in connection().execute(statement, given)]


@cache
def _bookable_for(*, by_staff: bool) -> Select[int, str, str]:
    found = select(Member.id, Member.name, Member.email).where(_may_be_booked_for(by_staff=by_staff))
    return found.order_by(func.lower(Member.name), Member.id).limit(bindparam("most", type_=Integer))


def made_for_others(booker: Actor, now: datetime, limit: int = 100) -> Sequence[Booking]:
    """List what somebody has booked for whom they may still book for and is not over, soonest first, members loaded."""
    return db.session.scalars(
        select(Booking)
        .join(Booking.member)
        .options(contains_eager(Booking.member))
        .where(
            Booking.booked_by_id == booker.id, Booking.state.in_(HOLDING), Booking.end > now,
            _may_be_booked_for(by_staff=is_staff(booker)),
        )
        .order_by(Booking.start, Booking.id)
        .limit(limit),
        {"booker": booker.id},
    ).all()  # fmt: skip


# -- guests ------------------------------------------------------------------------------------------------------------


def guest(guest_id: int) -> Guest | None:
    """Find a guest as the row is now."""
    return db.session.get(Guest, guest_id, populate_existing=True)


def guests(booking_id: int) -> Sequence[Guest]:
    """List the guests of a booking in the order in which they were invited, without those who were taken off."""
    return db.session.scalars(
        select(Guest).where(Guest.booking_id == booking_id, Guest.state != "removed").order_by(Guest.id)
    ).all()


def ever_invited(booking_id: int) -> Sequence[Guest]:
    """List all that were ever invited to a booking, as the rows are now."""
    found = select(Guest).where(Guest.booking_id == booking_id).order_by(Guest.id)
    return db.session.scalars(found.execution_options(populate_existing=True)).all()


def guests_of(booking_ids: Iterable[int]) -> dict[int, list[Guest]]:
    """List by booking all that were ever invited to some bookings; one statement at most."""
    found: dict[int, list[Guest]] = {}
    ids = sorted(booking_ids)
    for first in range(0, len(ids), CHUNK):
        asked = select(Guest).where(Guest.booking_id.in_(ids[first : first + CHUNK])).order_by(Guest.id)
        for guest in db.session.scalars(asked):
            found.setdefault(guest.booking_id, []).append(guest)
    return found


def invited_since(member_id: int, since: datetime, email: str = "") -> int:
    """Count whom a member has invited since an instant, taken off again or not; only one address where it is given."""
    where = [Guest.invited_by_id == member_id, Guest.created_at > since]
    if email:
        where.append(Guest.email == email)
    return db.session.scalar(select(func.count()).select_from(Guest).where(*where)) or 0


@dataclass(frozen=True, slots=True)
class Arrival:
    """A guest who is expected, with the booking and the host."""

    guest: Guest
    booking: Booking
    host: str


def expected(day: Span, words: str = "", limit: int = 500) -> list[Arrival]:
    """List the guests of what begins within a day, by time and name; one statement."""
    where = [Booking.start >= day.start, Booking.start < day.end, Guest.state != "removed"]
    where.append(or_(Booking.state.in_((*HOLDING, "no-show")), Guest.arrived_at.is_not(None)))
    where += _named(words, Guest.name, Member.name)
    rows = db.session.execute(
        select(Guest, Booking, Member.name)
        .join(Booking, Booking.id == Guest.booking_id)
        .join(Member, Member.id == Booking.member_id)
        .where(*where)
        .order_by(Booking.start, func.lower(Guest.name), Guest.id)
        .limit(limit)
    )
    return [Arrival(*row) for row in rows]


def booked_on(day: Span, words: str = "", limit: int = 500) -> Sequence[Booking]:
    """List what begins within a day and is not gone, by time, members loaded; one statement."""
    where = [Booking.start >= day.start, Booking.start < day.end, Booking.state.in_((*HOLDING, "no-show"))]
    where += _named(words, Member.name)
    return db.session.scalars(
        select(Booking)
        .join(Booking.member)
        .options(joinedload(Booking.member, innerjoin=True))
        .where(*where)
        .order_by(Booking.start, func.lower(Member.name), Booking.id)
        .limit(limit)
    ).all()


# -- handing over ------------------------------------------------------------------------------------------------------


def offer(offer_id: int) -> Offer | None:
    """Find an offer with its booking, as the rows are now."""
    found = select(Offer).options(joinedload(Offer.booking, innerjoin=True)).where(Offer.id == offer_id)
    return db.session.scalar(found.execution_options(populate_existing=True))


def open_offer(booking_id: int) -> Offer | None:
    """Find the offer of a booking that waits for an answer, with whom it is to."""
    found = select(Offer).options(joinedload(Offer.to)).where(Offer.booking_id == booking_id, Offer.state == "open")
    return db.session.scalar(found.execution_options(populate_existing=True))


def offered_to(member_id: int, now: datetime) -> Sequence[Offer]:
    """List what waits for a member's answer, soonest first, bookings and members loaded."""
    return db.session.scalars(
        select(Offer)
        .join(Offer.booking)
        .options(joinedload(Offer.booking, innerjoin=True).joinedload(Booking.member, innerjoin=True))
        .where(Offer.to_id == member_id, Offer.state == "open", Offer.expires_at > now)
        .order_by(Booking.start, Offer.id)
    ).all()


def offered_since(member_id: int, since: datetime) -> int:
    """Count the offers of a member's bookings since an instant, answered or not."""
    made = select(func.count()).select_from(Offer).where(Offer.from_id == member_id, Offer.made_at > since)
    return db.session.scalar(made) or 0


def ended_offers(now: datetime, limit: int = 200) -> Sequence[int]:
    """List the open offers whose time is over, or whose booking is not what was offered."""
    changed = or_(Booking.sequence != Offer.sequence, Booking.member_id != Offer.from_id, Booking.state.not_in(HOLDING))
    return db.session.scalars(
        select(Offer.id)
        .join(Offer.booking)
        .where(Offer.state == "open", or_(Offer.expires_at <= now, changed))
        .order_by(Offer.id)
        .limit(limit)
    ).all()


def colleagues(member_id: int, limit: int = 100, among: Sequence[int] | None = None) -> list[Colleague]:
    """List a member's colleagues, by name."""
    where = [Member.state == "active", Member.id != member_id, are_colleagues(Member.id, member_id)]
    if among is not None:
        where.append(Member.id.in_(among))
    found = select(Member.id, Member.name, Member.email).where(*where)
    rows = db.session.execute(found.order_by(func.lower(Member.name), Member.id).limit(limit))
    return [Colleague(*row) for row in rows]


def name_of(member_id: int) -> str:
    """Give a member's name."""
    return db.session.get_one(Member, member_id).name


# -- absences ----------------------------------------------------------------------------------------------------------


_absence = Absence.__table__.c
_AWAY = select(_absence.first, _absence.last).where(
    _absence.member_id == bindparam("member"), _absence.last >= bindparam("from_day"),
    _absence.first <= bindparam("to_day"), _absence.ended_at.is_(None),
)  # fmt: skip


def away(member_id: int, first: date, last: date) -> frozenset[date]:
    """Give the days, of those between two, both included, on which a member is away; one statement."""
    rows = connection().execute(_AWAY, {"member": member_id, "from_day": first, "to_day": last})
    return frozenset(
        date.fromordinal(day)
        for begins, ends in rows
        for day in range(max(begins, first).toordinal(), min(ends, last).toordinal() + 1)
    )


def away_among(member_ids: Sequence[int], first: date, last: date) -> frozenset[int]:
    """Give those of some members who are away on a day between two, both included; one statement."""
    rows = db.session.scalars(
        select(Absence.member_id).where(
            Absence.member_id.in_(member_ids), Absence.last >= first, Absence.first <= last, Absence.ended_at.is_(None)
        )
    )
    return frozenset(rows)


def absences(member_id: int, today: date) -> Sequence[Absence]:
    """List when a member is or will be away, soonest first."""
    return db.session.scalars(
        select(Absence)
        .where(Absence.member_id == member_id, Absence.last >= today, Absence.ended_at.is_(None))
        .order_by(Absence.first, Absence.id)
    ).all()


def absence(member_id: int, absence_id: int) -> Absence | None:
    """Find an absence among a member's, as the row is now."""
    mine = select(Absence).where(Absence.id == absence_id, Absence.member_id == member_id)
    return db.session.scalar(mine.execution_options(populate_existing=True))


def within(member_id: int, span: Span, now: datetime) -> Sequence[Booking]:
    """List what a member has that begins within a span and has not begun, soonest first."""
    return db.session.scalars(
        select(Booking)
        .where(
            Booking.member_id == member_id, Booking.state.in_(HOLDING), Booking.start >= span.start,
            Booking.start < span.end, Booking.start > now,
        )
        .order_by(Booking.start, Booking.id)
    ).all()  # fmt: skip


def released(absence_id: int, now: datetime) -> Sequence[Booking]:
    """List what an absence has released, is cancelled still and has not begun, soonest first."""
    return db.session.scalars(
        select(Booking)
        .join(Released, Released.booking_id == Booking.id)
        .join(Absence, Absence.id == Released.absence_id)
        .where(Released.absence_id == absence_id, *_to_be_had_back(now))
        .order_by(Booking.start, Booking.id)
    ).all()


def _to_be_had_back(now: datetime) -> tuple[ColumnElement[bool], ...]:
    """Pick what the absence alone has cancelled: what was had back since, and given up again, was given up by hand."""
    had_back = exists().where(
        BookingHistory.booking_id == Booking.id, BookingHistory.action == "restored",
        BookingHistory.at >= Absence.made_at,
    )  # fmt: skip
    return Booking.state == "cancelled", Booking.start > now, ~had_back


def released_counts(absence_ids: Sequence[int], now: datetime) -> dict[int, int]:
    """Count what absences have released, is cancelled still and has not begun; one statement."""
    rows = db.session.execute(
        select(Released.absence_id, func.count())
        .join(Booking, Booking.id == Released.booking_id)
        .join(Absence, Absence.id == Released.absence_id)
        .where(Released.absence_id.in_(absence_ids), *_to_be_had_back(now))
        .group_by(Released.absence_id)
    )
    return {row[0]: row[1] for row in rows}
