"""What bookings know of people, and how they forget them: the time that was taken stays, who took it and for what goes.

Bookings that are forgotten belong to one account that is nobody's, all of them together: the bookings of one person
could otherwise be told by their pattern. The history of a booking keeps when what happened; the database allows that
its title is struck out and its actor left blank, and nothing else (`booking_history_is_kept`).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, delete, func, select, update

from innovation_station.bookings import service, telling
from innovation_station.bookings.models import Booking, BookingHistory, Favourite, RulesPassed, SpaceHold
from innovation_station.bookings.rules import HOLDING
from innovation_station.db import db
from innovation_station.errors import DomainError
from innovation_station.i18n import day_long, local, span_text, zone
from innovation_station.members.models import Member
from innovation_station.members.personal import FORMER
from innovation_station.personal import DataClass, Farewell, Personal, Record, Subject
from innovation_station.spaces.models import Space
from innovation_station.spaces.queries import house as read_house

KEPT_FOR = timedelta(days=2 * 365)
BATCH = 200
NOBODY = "nobody@erased.invalid"

personal = Personal()
personal.impersonal("allocation")


def _records(member_id: int) -> Sequence[Record]:
    rows = db.session.execute(
        select(Booking, Space.name)
        .join(Space, Space.id == Booking.space_id)
        .where(Booking.member_id == member_id)
        .order_by(Booking.start.desc(), Booking.id.desc())
    )
    passed = _passed(member_id)
    return [
        Record(
            booking.title or space,
            {
                "space": space, "start": booking.start.isoformat(), "end": booking.end.isoformat(),
                "title": booking.title, "shown_to_others": booking.public, "state": booking.state,
                "checked_in": booking.checked_in_at and booking.checked_in_at.isoformat(),
                "released": booking.released_at and booking.released_at.isoformat(),
                "reason": booking.answer_reason, "booked": booking.created_at.isoformat(),
                "changed": booking.changed_at.isoformat(), "past_the_rules": passed.get(booking.id, []),
            },
            booking.end + KEPT_FOR,
        )
        for booking, space in rows
    ]  # fmt: skip


def _passed(member_id: int) -> dict[int, list[str]]:
    """Give by booking why staff let a member's pass rules."""
    found: dict[int, list[str]] = {}
    rows = select(RulesPassed).join(Booking, Booking.id == RulesPassed.booking_id).where(Booking.member_id == member_id)
    for row in db.session.scalars(rows.order_by(RulesPassed.id)):
        found.setdefault(row.booking_id, []).append(row.reason)
    return found


def nobody(now: datetime) -> int:
    """Give the number of the account that forgotten bookings belong to; nobody can log in to it."""
    known = db.session.scalar(select(Member.id).where(Member.email == NOBODY))
    if known is None:
        blank = {"role": "member", "visible": False, "state": "ended", "created_at": now}
        member = Member(email=NOBODY, name=FORMER, password_hash="!", **blank)  # noqa: S106  no hash is like it
        db.session.add(member)
        db.session.flush()
        known = member.id
    return known


def _forget(which: ColumnElement[bool], now: datetime) -> int:
    """Take name and title off one batch of bookings; give how many."""
    found = db.session.execute(select(Booking.id, Booking.space_id).where(which).order_by(Booking.id).limit(BATCH))
    spaces = {row.id: row.space_id for row in found}
    if not spaces:
        return 0
    for space_id in sorted(set(spaces.values())):  # pages name what they show by it
        db.session.execute(update(Space).where(Space.id == space_id).values(revision=Space.revision + 1))
    ids = sorted(spaces)
    owner = select(Booking.member_id).where(Booking.id == BookingHistory.booking_id).scalar_subquery()
    _strike(BookingHistory.booking_id.in_(ids), BookingHistory.actor_id == owner)
    db.session.execute(update(RulesPassed).where(RulesPassed.booking_id.in_(ids)).values(reason=""))
    blank: dict[str, Any] = {
        "member_id": nobody(now), "title": "", "public": False, "request_key": None, "answer_reason": None,
        "revision": Booking.revision + 1,
    }  # fmt: skip
    db.session.execute(
        update(Booking).where(Booking.id.in_(ids)).values(blank).execution_options(synchronize_session=False)
    )
    return len(ids)


def _strike(which: ColumnElement[bool], theirs: ColumnElement[bool]) -> None:
    rows = db.session.execute(
        select(BookingHistory.id, BookingHistory.before, BookingHistory.after, theirs.label("theirs")).where(which)
    ).all()
    for row in rows:
        left = {name: _untitled(value) for name, value in (("before", row.before), ("after", row.after))}
        if row.theirs:
            left["actor_id"] = None
        db.session.execute(
            update(BookingHistory)
            .where(BookingHistory.id == row.id)
            .values(left)
            .execution_options(synchronize_session=False)
        )


def _untitled(facts: dict[str, Any] | None) -> dict[str, Any] | None:
    return facts and {name: None if name == "title" else value for name, value in facts.items()}


def _erase(subject: Subject, now: datetime) -> int:
    lock([subject.id], spaces_of(subject.id))
    count = 0
    while done := _forget(Booking.member_id == subject.id, now):
        count += done
    for hold_id in db.session.scalars(select(SpaceHold.id).where(SpaceHold.member_id == subject.id)).all():
        service.release(hold_id)
    for_others = update(Booking).where(Booking.booked_by_id == subject.id).values(booked_by_id=None)
    db.session.execute(for_others.execution_options(synchronize_session=False))
    acted = update(BookingHistory).where(BookingHistory.actor_id == subject.id).values(actor_id=None)
    db.session.execute(acted.execution_options(synchronize_session=False))
    passed = update(RulesPassed).where(RulesPassed.by_id == subject.id).values(by_id=None)
    db.session.execute(passed.execution_options(synchronize_session=False))
    db.session.execute(
        update(Member).where(Member.id == subject.id).values(bookings_revision=Member.bookings_revision + 1)
    )
    db.session.expire_all()
    return count


def _old(now: datetime, held: Collection[int]) -> ColumnElement[bool]:
    spared = {*held, db.session.scalar(select(Member.id).where(Member.email == NOBODY)) or 0}
    return (Booking.end < now - KEPT_FOR) & Booking.member_id.not_in(spared)


def _expired(now: datetime, held: Collection[int]) -> int:
    return db.session.scalar(select(func.count()).select_from(Booking).where(_old(now, held))) or 0


def _purge(now: datetime, held: Collection[int]) -> int:
    return _forget(_old(now, held), now)


personal.add(
    DataClass(
        name="bookings",
        tables=("booking", "booking_history", "space_hold", "rules_passed"),
        title=_l("Your bookings"),
        holds=_l(
            "Which place, when, the title you gave it, whether others see it, each change, and what you were answered."
        ),
        purpose=_l("To keep the place for you, and to see how the house is used."),
        basis="contract",
        retention=_l("Two years after the booking ended. Then name and title go, and only the time taken remains."),
        ends="anonymise",
        records=_records,
        erase=_erase,
        expired=_expired,
        purge=_purge,
    )
)


def _favourites(member_id: int) -> Sequence[Record]:
    rows = db.session.execute(
        select(Space.name, Favourite.made_at)
        .join(Favourite, Favourite.space_id == Space.id)
        .where(Favourite.member_id == member_id)
        .order_by(Space.name)
    )
    return [Record(name, {"space": name, "since": made_at.isoformat()}) for name, made_at in rows]


def _erase_favourites(subject: Subject, _now: datetime) -> int:
    return db.session.execute(delete(Favourite).where(Favourite.member_id == subject.id)).rowcount  # type: ignore[attr-defined]


personal.add(
    DataClass(
        name="favourites",
        tables=("favourite",),
        title=_l("Your favourites"),
        holds=_l("Which places you have starred."),
        purpose=_l("To pick a place that you like when you ask for any that is free."),
        basis="contract",
        retention=_l("Until you take the star away."),
        ends="erase",
        records=_favourites,
        erase=_erase_favourites,
    )
)


def _ahead(member_id: int, now: datetime, until: datetime | None) -> Sequence[tuple[Booking, str]]:
    statement = (
        select(Booking, Space.name)
        .join(Space, Space.id == Booking.space_id)
        .where(Booking.member_id == member_id, Booking.state.in_(HOLDING), Booking.start > now)
        .order_by(Booking.start, Booking.id)
    )
    if until is not None:
        statement = statement.where(Booking.start < until)
    return [(booking, space) for booking, space in db.session.execute(statement)]


def _tell(member_id: int, now: datetime, until: datetime | None) -> Sequence[str]:
    return [
        " · ".join(filter(None, (space, f"{day_long(local(booking.start))} {span_text(booking.span)}", booking.title)))
        for booking, space in _ahead(member_id, now, until)
    ]


def lock(member_ids: Collection[int], space_ids: Collection[int]) -> None:
    """Lock members, then spaces, each in the order of their ids, as all writers do: or two may wait for each other."""
    for member_id in sorted(member_ids):
        db.session.execute(
            update(Member).where(Member.id == member_id).values(bookings_revision=Member.bookings_revision + 1)
        )
    places = read_house().places
    for space_id in sorted({other for one in space_ids for other in places[one].touches}):
        db.session.execute(update(Space).where(Space.id == space_id).values(revision=Space.revision + 1))


def spaces_of(member_id: int) -> Collection[int]:
    """Give the spaces of all bookings: an erasure lets go what is ahead, and goes on to the rest with these locked, and
    who hands over does with what is released then."""
    return db.session.scalars(select(Booking.space_id).where(Booking.member_id == member_id).distinct()).all()


def _release(actor: Any, member_id: int, now: datetime, until: datetime | None) -> int:
    lock([member_id], spaces_of(member_id))
    found = [booking.id for booking, _space in _ahead(member_id, now, until)]
    with telling.gathered(now=now):
        for booking_id in found:
            service.cancel(actor, booking_id, now=now, late=True)
    return len(found)


def _hand_over(actor: Any, member_id: int, to_id: int, now: datetime, until: datetime | None) -> int:
    """Book for another member what is no desk; what that member may not book stays, to be released."""
    lock([member_id, to_id], spaces_of(member_id))
    ahead = [booking for booking, _space in _ahead(member_id, now, until)]
    with telling.gathered(now=now):
        return sum(give(actor, booking, to_id, now) is not None for booking in ahead)


def give(actor: Any, booking: Booking, to_id: int, now: datetime) -> Booking | None:
    """Book for another member what somebody who leaves has; None where it is a desk, or that member may not book it."""
    if db.session.get_one(Space, booking.space_id).kind == "desk":
        return None
    receiver = db.session.get_one(Member, to_id)
    try:
        with telling.gathered(now=now), db.session.begin_nested():
            service.cancel(actor, booking.id, now=now, late=True)
            return service.reserve(
                receiver, booking.space_id, booking.span, now=now, zone=zone(), title=booking.title,
                public=booking.public and receiver.visible, people=booking.people, layout=booking.layout,
            )  # fmt: skip
    except DomainError:
        return None


personal.lets_go(Farewell("bookings", _l("Bookings ahead"), tells=_tell, release=_release, hand_over=_hand_over))
