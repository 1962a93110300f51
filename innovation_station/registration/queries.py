"""Reads about registrations. Lists cost the same number of statements however long they are."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, CompoundSelect, and_, case, func, or_, select
from sqlalchemy.orm import aliased, joinedload

from innovation_station.bookings.models import LONGEST_ALLOCATION, Allocation, Booking, Claim
from innovation_station.db import db
from innovation_station.events.models import Event, Part, Session, Speaker
from innovation_station.registration.models import PartnerLink, Registration, SessionPlace, SessionPlaces, Signup
from innovation_station.registration.rules import LIVE, Presence
from innovation_station.spaces.models import Space
from innovation_station.timespan import Span, union


def signup(event_id: int) -> Signup | None:
    """Find what is settled for an event."""
    return db.session.get(Signup, event_id)


def signups(event_ids: Collection[int]) -> dict[int, Signup]:
    """Give what is settled for events, by event; one statement, none without events."""
    if not event_ids:
        return {}
    return {row.event_id: row for row in db.session.scalars(select(Signup).where(Signup.event_id.in_(event_ids)))}


def unsure(event_ids: Collection[int]) -> dict[int, int]:
    """Count by event the places that are held for guests who have not confirmed; one statement."""
    statement = select(Registration.event_id, func.count()).where(
        Registration.event_id.in_(event_ids), Registration.state == "pending", Registration.holds
    )
    found = db.session.execute(statement.group_by(Registration.event_id))
    return {event_id: number for event_id, number in found}  # noqa: C416


def locked(event_id: int) -> tuple[Signup, Event] | None:
    """Give what is settled for an event behind its lock, and the event as it is then; two statements."""
    row = db.session.get(Signup, event_id, with_for_update=True, populate_existing=True)
    if row is None:
        return None
    return row, db.session.get_one(Event, event_id, populate_existing=True)


def get(registration_id: int) -> Registration | None:
    """Find a registration."""
    return db.session.get(Registration, registration_id)


def fresh(registration_id: int) -> Registration | None:
    """Find a registration as it is behind the lock of its event's sign-up."""
    return db.session.get(Registration, registration_id, populate_existing=True)


def by_uid(uid: str) -> Registration | None:
    """Find a registration by what names it in links and calendars, with its event."""
    statement = select(Registration).options(joinedload(Registration.event)).where(Registration.uid == uid)
    return db.session.scalar(statement)


def live(event_id: int, member_id: int | None, email: str) -> Registration | None:
    """Find a person's live registration for an event, by account, else by address."""
    whose = or_(
        and_(Registration.email == email, Registration.email != ""),
        Registration.member_id == member_id if member_id is not None else Registration.id < 0,
    )
    statement = select(Registration).where(Registration.event_id == event_id, Registration.state.in_(LIVE), whose)
    theirs = case((Registration.member_id == member_id, 0), else_=1) if member_id is not None else Registration.id
    return db.session.scalars(statement.order_by(theirs, Registration.id).limit(1)).first()


def of_member(member_id: int, event_id: int) -> Registration | None:
    """Find a member's live registration for an event."""
    statement = select(Registration).where(
        Registration.event_id == event_id, Registration.member_id == member_id, Registration.state.in_(LIVE)
    )
    return db.session.scalars(statement.limit(1)).first()


def mine(member_id: int, since: datetime) -> Sequence[Registration]:
    """List a member's registrations for events that have not ended before an instant, soonest first, with the events:
    the live ones, and those that have ended; one statement."""
    statement = (
        select(Registration)
        .join(Registration.event)
        .options(joinedload(Registration.event))
        .where(Registration.member_id == member_id, Event.end > since)
        .order_by(Event.start, Registration.id)
    )
    return db.session.scalars(statement).all()


def first_waiting(event_id: int) -> Registration | None:
    """Find who is first in line for an event."""
    statement = select(Registration).where(Registration.event_id == event_id, Registration.state == "waiting")
    return db.session.scalars(statement.order_by(Registration.number).limit(1)).first()


def position(registration: Registration) -> int:
    """Give somebody's number in line: the first is 1."""
    statement = select(func.count()).select_from(Registration).where(
        Registration.event_id == registration.event_id, Registration.state == "waiting",
        Registration.number < registration.number,
    )  # fmt: skip
    return 1 + (db.session.scalar(statement) or 0)


def positions(registrations: Iterable[Registration]) -> dict[int, int]:
    """Give the numbers in line of those who wait, by registration; one statement, none where nobody does."""
    waiting = [row.id for row in registrations if row.state == "waiting"]
    if not waiting:
        return {}
    before = aliased(Registration)
    ahead = and_(
        before.event_id == Registration.event_id, before.state == "waiting", before.number < Registration.number
    )
    statement = select(Registration.id, func.count(before.id)).outerjoin(before, ahead)
    found = db.session.execute(statement.where(Registration.id.in_(waiting)).group_by(Registration.id))
    return {registration_id: 1 + number for registration_id, number in found}


def counts(event_id: int) -> dict[str, int]:
    """Count an event's registrations by state; one statement."""
    statement = select(Registration.state, func.count()).where(Registration.event_id == event_id)
    return {state: number for state, number in db.session.execute(statement.group_by(Registration.state))}  # noqa: C416


def of_event(event_id: int, states: Collection[str] = LIVE, words: str = "") -> Sequence[Registration]:
    """List an event's registrations, in the order in which people came; `words` are looked for in name and address."""
    statement = (
        select(Registration)
        .options(joinedload(Registration.member))
        .where(Registration.event_id == event_id, Registration.state.in_(states))
    )
    for word in words.casefold().split()[:5]:
        columns = (Registration.name, Registration.email)
        statement = statement.where(or_(*(func.lower(column).contains(word, autoescape=True) for column in columns)))
    nobody = case((Registration.number.is_(None), 1), else_=0)
    return db.session.scalars(statement.order_by(nobody, Registration.number, Registration.id)).all()


def every(event_id: int) -> Sequence[Registration]:
    """List an event's registrations as they are behind the lock of its sign-up, those that have ended too."""
    statement = select(Registration).where(Registration.event_id == event_id).order_by(Registration.id)
    return db.session.scalars(statement, execution_options={"populate_existing": True}).all()


def after(event_id: int, registration_id: int, limit: int) -> Sequence[Registration]:
    """List an event's live registrations whose number of the row is above one, by that."""
    statement = select(Registration).where(
        Registration.event_id == event_id, Registration.id > registration_id, Registration.state.in_(LIVE)
    )
    return db.session.scalars(statement.order_by(Registration.id).limit(limit)).all()


def session_places(event_id: int) -> Sequence[SessionPlaces]:
    """List the sessions of an event that one chooses, as they come."""
    statement = select(SessionPlaces).join(Session, Session.id == SessionPlaces.session_id)
    return db.session.scalars(
        statement.where(SessionPlaces.event_id == event_id).order_by(Session.start, Session.id),
        execution_options={"populate_existing": True},
    ).all()


def chosen(registration_ids: Collection[int]) -> dict[int, list[int]]:
    """Give the sessions that registrations have chosen; one statement, none without any."""
    if not registration_ids:
        return {}
    found: dict[int, list[int]] = {}
    rows = select(SessionPlace.registration_id, SessionPlace.session_id)
    for registration_id, session_id in db.session.execute(
        rows.where(SessionPlace.registration_id.in_(registration_ids)).order_by(SessionPlace.session_id)
    ):
        found.setdefault(registration_id, []).append(session_id)
    return found


def session_titles(session_ids: Collection[int]) -> Mapping[int, Session]:
    """Read sessions by id; one statement, none without any."""
    if not session_ids:
        return {}
    return {row.id: row for row in db.session.scalars(select(Session).where(Session.id.in_(session_ids)))}


def links(event_id: int) -> Sequence[PartnerLink]:
    """List the links of an event, oldest first."""
    return db.session.scalars(
        select(PartnerLink).where(PartnerLink.event_id == event_id).order_by(PartnerLink.id)
    ).all()


def link(event_id: int, token_hash: bytes) -> PartnerLink | None:
    """Find a link that has not ended."""
    return db.session.scalar(
        select(PartnerLink).where(
            PartnerLink.event_id == event_id, PartnerLink.token_hash == token_hash, PartnerLink.ended_at.is_(None)
        ),
        execution_options={"populate_existing": True},
    )


# -- the house ---------------------------------------------------------------------------------------------------------


def floor_use(floor_id: int, span: Span, event_id: int) -> tuple[list[Presence], list[Span]]:
    """Give who is on a floor besides an event within a span, and when the event itself is; one statement.

    Of a booking of a room without a number of people its seats count, of a desk one; of an event those who hold a place
    at it, once, wherever on the floor it is.
    """
    rows = db.session.execute(
        select(
            Allocation.start, Allocation.end, Allocation.booking_id, Allocation.hold_id, Claim.subject_id,
            func.coalesce(Booking.people, case((Space.kind.in_(("desk", "booth")), 1), else_=Space.capacity)),
            func.coalesce(Signup.taken, 0),
        )
        .join_from(Allocation, Space, Space.id == Allocation.space_id)
        .outerjoin(Booking, Booking.id == Allocation.booking_id)
        .outerjoin(Claim, Claim.id == Allocation.claim_id)
        .outerjoin(Signup, and_(Claim.kind == "event", Signup.event_id == Claim.subject_id))
        .where(
            Space.floor_id == floor_id, Allocation.start < span.end, Allocation.end > span.start,
            Allocation.start > span.start - LONGEST_ALLOCATION,
            or_(Allocation.booking_id.is_not(None), Allocation.hold_id.is_not(None), Allocation.claim_id.is_not(None)),
        )
        .order_by(Allocation.id)
    )  # fmt: skip
    spans: dict[tuple[str, int], list[Span]] = {}
    people: dict[tuple[str, int], int] = {}
    for start, end, booking_id, hold_id, claimed, seats, taken in rows:
        whose = ("event", claimed) if claimed is not None else ("booking", booking_id or -hold_id)
        spans.setdefault(whose, []).append(Span(start, end))
        people[whose] = taken if claimed is not None else max(seats, people.get(whose, 0)) if booking_id else 1
    own = union(spans.pop(("event", event_id), []))
    return [Presence(one, people[whose]) for whose, found in spans.items() for one in union(found)], own


# -- calendars ---------------------------------------------------------------------------------------------------------


def goes_to_events(member_id: int | ColumnElement[int | None]) -> ColumnElement[bool]:
    """Tell in a statement whether a member has registered for anything or speaks anywhere."""
    registered = select(Registration.id).where(Registration.member_id == member_id).correlate_except(Registration)
    speaks = select(Speaker.id).where(Speaker.member_id == member_id).correlate_except(Speaker)
    return or_(registered.exists(), speaks.exists())


def attended(member_id: int, first: datetime, cancelled: datetime) -> Sequence[Registration]:
    """List a member's places at events that end after an instant, and those given back since another, with events; none
    of what has been taken back to a draft: nobody is told of that until it is shown again."""
    gone = and_(Registration.state == "cancelled", Registration.changed_at >= cancelled)
    statement = (
        select(Registration)
        .join(Registration.event)
        .options(joinedload(Registration.event))
        .where(
            Registration.member_id == member_id,
            Event.end > first,
            Event.state.in_(("published", "cancelled")),
            or_(Registration.state == "registered", gone),
        )
        .order_by(Event.start, Registration.id)
    )
    rows = db.session.scalars(statement).all()
    return [row for row in rows if row.state == "registered" or "days" in (row.knew or {})]


def spoken(member_id: int, first: datetime, cancelled: datetime) -> Sequence[tuple[Session, Event]]:
    """List the sessions that end after an instant in which a member speaks, of events that others may see."""
    shown = or_(Event.state == "published", and_(Event.state == "cancelled", Event.changed_at >= cancelled))
    rows = db.session.execute(
        select(Session, Event)
        .join(Event, Event.id == Session.event_id)
        .join(Part, Part.session_id == Session.id)
        .join(Speaker, Speaker.id == Part.speaker_id)
        .where(Speaker.member_id == member_id, Session.end > first, shown)
        .order_by(Session.start, Session.id)
    )
    return list(dict.fromkeys((session, event) for session, event in rows))


def whose_calendars(event_id: int) -> CompoundSelect[Any]:
    """Select the members in whose own calendars an event stands, also as one that they do not come to."""
    registered = select(Registration.member_id).where(
        Registration.event_id == event_id, Registration.state.in_(("registered", "cancelled")),
        Registration.member_id.is_not(None),
    )  # fmt: skip
    speaks = select(Speaker.member_id).where(Speaker.event_id == event_id, Speaker.member_id.is_not(None))
    return registered.union(speaks)


# -- what falls due ----------------------------------------------------------------------------------------------------


def unconfirmed(now: datetime, older_than: datetime, limit: int) -> Sequence[tuple[int, int]]:
    """List registrations that nobody has confirmed in time, by id and event: whose place goes, or who go themselves."""
    due = or_(and_(Registration.holds, Registration.hold_until <= now), Registration.made_at <= older_than)
    statement = select(Registration.id, Registration.event_id).where(Registration.state == "pending", due)
    rows = db.session.execute(statement.order_by(Registration.id).limit(limit))
    return [(registration_id, event_id) for registration_id, event_id in rows]


def ended_offers(now: datetime, limit: int) -> Sequence[int]:
    """List the registrations whose offer is over."""
    statement = select(Registration.id).where(Registration.state == "offered", Registration.offer_until <= now)
    return db.session.scalars(statement.order_by(Registration.offer_until, Registration.id).limit(limit)).all()


def lines(now: datetime, limit: int) -> Sequence[int]:
    """List the events ahead in whose line somebody stands while there may be room."""
    statement = (
        select(Signup.event_id)
        .join(Event, Event.id == Signup.event_id)
        .join(Registration, and_(Registration.event_id == Event.id, Registration.state == "waiting"))
        .where(
            Event.end > now, Event.state == "published",
            or_(Signup.capacity.is_(None), Signup.taken < Signup.capacity),
        )
        .group_by(Signup.event_id)
    )  # fmt: skip
    return db.session.scalars(statement.order_by(Signup.event_id).limit(limit)).all()


def to_tell(now: datetime) -> Sequence[tuple[int, datetime]]:
    """List the events whose registrants are to be told of a change, with the instant that was settled for it."""
    statement = select(Signup.event_id, Signup.tell_at).where(Signup.tell_at <= now).order_by(Signup.tell_at)
    return [(event_id, at) for event_id, at in db.session.execute(statement) if at is not None]


def to_remind(now: datetime, until: datetime, made_before: datetime, limit: int) -> Sequence[tuple[int, int]]:
    """List who has a place at an event that begins soon and has not been reminded, by id and event."""
    statement = (
        select(Registration.id, Registration.event_id)
        .join(Event, Event.id == Registration.event_id)
        .where(
            Registration.state == "registered", Registration.reminded_at.is_(None), Registration.made_at < made_before,
            Event.state == "published", Event.start > now, Event.start <= until,
        )
        .order_by(Event.start, Registration.id)
        .limit(limit)
    )  # fmt: skip
    return [(registration_id, event_id) for registration_id, event_id in db.session.execute(statement)]
