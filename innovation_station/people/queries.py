"""Reads of members as staff look for them, and of what stands on one member's page."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, literal, or_, select
from sqlalchemy.orm import joinedload

from innovation_station.bookings.models import Booking
from innovation_station.db import db
from innovation_station.events.models import Event
from innovation_station.ledger.models import LedgerEntry
from innovation_station.mail.models import Mail
from innovation_station.members.models import Member, Organisation, SecondFactor
from innovation_station.people import rules
from innovation_station.people.folding import Plain, Sortable
from innovation_station.people.models import MemberNote
from innovation_station.people.rules import Filter
from innovation_station.plans.models import Membership
from innovation_station.registration.models import Registration
from innovation_station.waits.models import Wait

_LIKE = str.maketrans({"!": "!!", "%": "!%", "_": "!_"})
_BETWEEN = "-.@"
_BLANKS = str.maketrans(dict.fromkeys(_BETWEEN, " "))
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Found:
    """One page of members: how many there are in each state, and the ids to page on by, None where there is no more."""

    members: Sequence[Member]
    states: dict[str, int]
    before: int | None
    after: int | None


def _spread(*columns: Any) -> Any:
    """Write texts as words between blanks: each is folded once, however many words are looked for in it."""
    text: Any = literal(" ")
    for column in columns:
        text = text + column + " "
    for mark in _BETWEEN:
        text = func.replace(text, mark, " ")
    return text


_MEMBER = _spread(Plain(Member.name), Member.email)
_ORGANISATION = _spread(Plain(Organisation.name_sv), Plain(Organisation.name_en))


def _named(terms: Sequence[str]) -> list[ColumnElement[bool]]:
    """Give the conditions that a word of a member's name, address or organisation begins with each term."""
    where: list[ColumnElement[bool]] = []
    for term in terms:
        part = f"% {term.translate(_BLANKS).lstrip().translate(_LIKE)}%"
        theirs = select(Organisation.id).where(_ORGANISATION.like(part, escape="!"))
        where.append(or_(_MEMBER.like(part, escape="!"), Member.organisation_id.in_(theirs)))
    return where


def _held(chosen: Filter, today: date) -> list[ColumnElement[bool]]:
    """Give the condition that members have a plan today, their own or their organisation's; or none at all."""
    if not chosen.plan:
        return []
    theirs = or_(Membership.member_id == Member.id, Membership.organisation_id == Member.organisation_id)
    valid = (Membership.starts <= today, or_(Membership.ends.is_(None), Membership.ends >= today))
    if chosen.plan == rules.NONE:
        return [~exists(Membership.id).where(theirs, *valid)]
    return [exists(Membership.id).where(theirs, *valid, Membership.plan_id == int(chosen.plan))]


def _seen(chosen: Filter, now: datetime) -> list[ColumnElement[bool]]:
    at = Member.logged_in_at
    asked: dict[str, list[ColumnElement[bool]]] = {
        "recent": [at >= now - timedelta(days=rules.RECENT_DAYS)],
        "long-ago": [at < now - timedelta(days=rules.LONG_DAYS)],
        "never": [at.is_(None)],
    }
    return asked.get(chosen.seen, [])


def conditions(chosen: Filter, now: datetime, today: date) -> list[ColumnElement[bool]]:
    """Give what a filter asks of members, but for their state. `today` is the house's day."""
    where: list[ColumnElement[bool]] = [Member.email.not_like("%@erased.invalid")]
    where += _named(chosen.terms)
    where += [Member.role == chosen.role] if chosen.role else []
    if chosen.organisation:
        none = chosen.organisation == rules.NONE
        column = Member.organisation_id
        where.append(column.is_(None) if none else column == int(chosen.organisation))
    where += _held(chosen, today) + _seen(chosen, now)
    if chosen.factor:
        on = exists(SecondFactor.member_id).where(
            SecondFactor.member_id == Member.id, SecondFactor.confirmed_at.is_not(None)
        )
        where.append(on if chosen.factor == "on" else ~on)
    if chosen.booked:
        booked = exists(Booking.id).where(Booking.member_id == Member.id)
        where.append(~booked if chosen.booked == "never" else booked)
    if chosen.waiting:
        where.append(exists(Wait.id).where(Wait.member_id == Member.id, Wait.state.in_(("waiting", "offered"))))
    return where


def _order(sort: str) -> tuple[Any, bool]:
    """Give what a list is sorted by, beside the id, and whether it goes down."""
    if sort == "newest":
        return Member.created_at, True
    if sort == "seen":
        return func.coalesce(Member.logged_in_at, literal(_LONG_AGO, Member.logged_in_at.type)), True
    return Sortable(Member.name), False


def _beyond(sort: str, member_id: int, *, back: bool) -> ColumnElement[bool]:
    """Give the condition that members come after one of the list, or before; the row's own value is asked for."""
    key, down = _order(sort)
    there = select(_order(sort)[0]).where(Member.id == member_id).correlate(None).scalar_subquery()
    if down != back:
        return or_(key < there, and_(key == there, Member.id < member_id))
    return or_(key > there, and_(key == there, Member.id > member_id))


def _sorted(statement: Select[Member], sort: str, *, back: bool = False) -> Select[Member]:
    key, down = _order(sort)
    return statement.order_by(*(part.desc() if down != back else part.asc() for part in (key, Member.id)))


def page(
    chosen: Filter, now: datetime, today: date, *, after: int | None = None, before: int | None = None
) -> Found:  # fmt: skip
    """Find one page of members, organisations loaded; `after` and `before` are members of the page one comes from.

    Two statements. Who comes in between, or goes, moves nobody to another page.
    """
    where = conditions(chosen, now, today)
    counted = db.session.execute(select(Member.state, func.count()).where(*where).group_by(Member.state))
    states: dict[str, int] = {row[0]: row[1] for row in counted}
    if chosen.state:
        where.append(Member.state == chosen.state)
    back = before is not None and after is None
    if (edge := before if back else after) is not None:
        where.append(_beyond(chosen.sort, edge, back=back))
    statement = select(Member).options(joinedload(Member.organisation)).where(*where)
    rows = list(db.session.scalars(_sorted(statement, chosen.sort, back=back).limit(rules.PAGE + 1)))
    more, rows = len(rows) > rules.PAGE, rows[: rules.PAGE]
    if back:
        rows.reverse()
    earlier, later = (more, True) if back else (edge is not None, more)
    return Found(
        rows, states, rows[0].id if rows and earlier else None, rows[-1].id if rows and later else None
    )  # fmt: skip


def every(chosen: Filter, now: datetime, today: date, *, limit: int) -> Sequence[Member]:
    """List the members of a filter in its order, organisations loaded; one statement."""
    where = conditions(chosen, now, today)
    if chosen.state:
        where.append(Member.state == chosen.state)
    statement = select(Member).options(joinedload(Member.organisation)).where(*where).limit(limit)
    return db.session.scalars(_sorted(statement, chosen.sort)).all()


def with_factor(member_ids: Collection[int]) -> frozenset[int]:
    """Give which of some members log in with a second factor; one statement, none for none."""
    if not member_ids:
        return frozenset()
    mine = (SecondFactor.member_id.in_(sorted(member_ids)), SecondFactor.confirmed_at.is_not(None))
    return frozenset(db.session.scalars(select(SecondFactor.member_id).where(*mine)))


def booked(member_ids: Collection[int]) -> dict[int, int]:
    """Count the bookings of some members, those who have any; one statement, none for none."""
    if not member_ids:
        return {}
    mine = Booking.member_id.in_(sorted(member_ids))
    rows = db.session.execute(select(Booking.member_id, func.count()).where(mine).group_by(Booking.member_id))
    return {member_id: count for member_id, count in rows}  # noqa: C416  rows, no pairs


def organisations() -> Sequence[Organisation]:
    """List all organisations by Swedish name."""
    order = (Sortable(Organisation.name_sv), Organisation.id)
    return db.session.scalars(select(Organisation).order_by(*order)).all()


# -- one member -------------------------------------------------------------------------------------------------------


def notes(member_id: int) -> Sequence[MemberNote]:
    """List the notes about a member with who wrote them, the newest first."""
    mine = select(MemberNote).options(joinedload(MemberNote.by)).where(MemberNote.member_id == member_id)
    return db.session.scalars(mine.order_by(MemberNote.id.desc()).limit(200)).all()


def note(member_id: int, note_id: int) -> MemberNote | None:
    """Find a note about a member."""
    return db.session.scalar(select(MemberNote).where(MemberNote.id == note_id, MemberNote.member_id == member_id))


def registrations(member_id: int, limit: int) -> Sequence[Registration]:
    """List a member's registrations with their events, the latest event first."""
    statement = (
        select(Registration)
        .join(Registration.event)
        .options(joinedload(Registration.event))
        .where(Registration.member_id == member_id)
    )
    return db.session.scalars(statement.order_by(Event.start.desc(), Registration.id.desc()).limit(limit)).all()


@dataclass(frozen=True, slots=True)
class Month:
    """What a member used in a month: amount without VAT in öre, by what was counted and taken back."""

    month: str
    bookings: int
    amount: int


def months(member_id: int, limit: int) -> list[Month]:
    """List the months in which a member used what is counted, the latest first."""
    statement = (
        select(LedgerEntry.month, func.sum(LedgerEntry.bookings), func.sum(LedgerEntry.amount))
        .where(LedgerEntry.member_id == member_id)
        .group_by(LedgerEntry.month)
    )
    rows = db.session.execute(statement.order_by(LedgerEntry.month.desc()).limit(limit))
    return [Month(month, int(bookings), int(amount)) for month, bookings, amount in rows]


def mails(member_id: int, limit: int) -> Sequence[Mail]:
    """List the mails to a member, the newest first."""
    statement = select(Mail).where(Mail.member_id == member_id)
    return db.session.scalars(statement.order_by(Mail.id.desc()).limit(limit)).all()
