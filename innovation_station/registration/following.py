"""What registration does when events change, in their transaction: it notes that registrants are to be told.

They are told by the job, when the time of an undo has passed: of several changes in a row there is one word then, of
what was changed back none, and an event of five hundred is moved as quickly as one of five.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import update

from innovation_station.bookings.models import Booking
from innovation_station.bookings.rules import HOLDING
from innovation_station.bookings.service import changed as booked
from innovation_station.db import db
from innovation_station.errors import Conflict, Refusal
from innovation_station.events import queries as events
from innovation_station.events.models import Event
from innovation_station.events.service import changed, copied
from innovation_station.i18n import zone
from innovation_station.registration import queries, rules, service, telling
from innovation_station.registration.models import SessionPlaces, Signup
from innovation_station.sharing.rules import UNDO
from innovation_station.spaces.queries import house as read_house
from innovation_station.spaces.rules import House
from innovation_station.timespan import Span, to_utc


@changed.connect
def follow(event: Event, *, now: datetime, was: Span | None = None) -> None:
    """Have registrants told what is new of an event, and the calendars made anew of who goes to it.

    Where all of it has moved, the hour moves along at which registration is to close.
    """
    if was is not None and was != event.span:
        _move_closing(event, was, now)
    db.session.execute(
        update(Signup).where(Signup.event_id == event.id).values(tell_at=now + UNDO, revision=Signup.revision + 1)
    )
    telling.restamp(queries.whose_calendars(event.id))
    _within_limits(event)


def _move_closing(event: Event, was: Span, now: datetime) -> None:
    begins, ends = (_wall(new) - _wall(old) for new, old in ((event.start, was.start), (event.end, was.end)))
    found = queries.locked(event.id) if begins == ends else None
    if found is not None and found[0].closes is not None and found[0].closes > now:
        wall = _wall(found[0].closes) + begins
        found[0].closes = to_utc(wall.date(), wall.time(), zone())
        db.session.flush()


def _wall(at: datetime) -> datetime:
    return at.astimezone(zone()).replace(tzinfo=None)


def _within_limits(event: Event) -> None:
    """Raise Conflict where an event that people have registered for would come to where there are too many already."""
    signup = queries.signup(event.id)
    if signup is None or not signup.taken or event.state != "published":
        return
    for floor in read_house().floors.values():
        if floor.fire_limit is not None:
            others, own = queries.floor_use(floor.id, event.span, event.id)
            if own and signup.taken + rules.most_at_once(others, own) > floor.fire_limit:
                raise Conflict([Refusal("floor-full", None, {"most": floor.fire_limit})])


@booked.connect
def keep_within_limit(booking: Booking, *, house: House | None = None, **_more: object) -> None:
    """Let nobody book a place on a floor that is as full as it may be; one statement where there is a limit, else none.

    Where only words have changed there is no house.
    """
    if house is None or booking.state not in HOLDING:
        return
    floor = house.floors[house.places[booking.space_id].floor_id]
    if floor.fire_limit is None:
        return
    try:
        service.keep_limit(floor.id, floor.fire_limit, booking.span)
    except Conflict:
        if not booking.revision:
            db.session.expunge(booking)  # it was put there as written, and a rollback knows nothing of it
        raise


@copied.connect
def copy(event: Event, *, of: Event, now: datetime) -> None:
    """Have one register for a copy and its sessions as for what it is a copy of; times move along, links do not."""
    found = queries.signup(of.id)
    if found is None:
        return
    by = event.start - of.start
    db.session.add(
        Signup(
            event_id=event.id, opens=found.opens and found.opens + by, closes=found.closes and found.closes + by,
            capacity=found.capacity, waitlist=found.waitlist, answer_hours=found.answer_hours, guests=found.guests,
            diet_days=found.diet_days, questions=found.questions, taken=0, over=0, line=0, revision=0, changed_at=now,
        )
    )  # fmt: skip
    db.session.flush()
    sessions = [events.sessions_of([one.id]).get(one.id, []) for one in (of, event)]
    places = {row.session_id: row.capacity for row in queries.session_places(of.id)}
    db.session.add_all(
        SessionPlaces(session_id=made.id, event_id=event.id, capacity=places[known.id], taken=0)
        for known, made in zip(*sessions, strict=True)
        if known.id in places
    )
    db.session.flush()
