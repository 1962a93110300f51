"""What the tests of waits share: a desk that is taken, and hands that book, wait and take."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask, has_app_context
from sqlalchemy import select

from innovation_station.bookings import service as bookings
from innovation_station.bookings.models import Allocation, Booking, SpaceHold
from innovation_station.bookings.rules import Wish
from innovation_station.db import db, transaction
from innovation_station.members import service as member_service
from innovation_station.members.models import Member
from innovation_station.spaces.models import Closure
from innovation_station.spaces.queries import house
from innovation_station.timespan import Span
from innovation_station.waits import jobs, service
from innovation_station.waits.models import Wait
from innovation_station.waits.rules import Wanted
from tests.conftest import NOW, PASSWORD, TUESDAY, ZONE, Small, at

SPAN = at(TUESDAY, "09:00", "12:00")
HOUR = timedelta(hours=1)


@dataclass
class Line:
    """The small house with more people, and what they do in it at `now`."""

    app: Flask
    small: Small
    now: datetime = NOW

    @contextmanager
    def _open(self) -> Iterator[None]:
        """Open an app context where none is: a test of pages must not have one, or its requests would share it."""
        if has_app_context():
            yield
            return
        with self.app.app_context():
            yield

    def who(self, name: str) -> Member:
        return db.session.get_one(Member, self.small.people[name])

    def book(self, name: str = "host", space: int | None = None, span: Span = SPAN, **more: Any) -> int:
        with self._open(), transaction():
            made = bookings.reserve(self.who(name), space or self.small.a1, span, now=self.now, zone=ZONE, **more)
            return made.id

    def cancel(self, booking_id: int, name: str = "host") -> None:
        with self._open(), transaction():
            bookings.cancel(self.who(name), booking_id, now=self.now)

    def restore(self, booking_id: int, name: str = "host") -> Booking:
        with self._open(), transaction():
            return bookings.restore(self.who(name), booking_id, now=self.now, zone=ZONE)

    def move(self, booking_id: int, space: int, span: Span, name: str = "host") -> Booking:
        with self._open(), transaction():
            return bookings.move(self.who(name), booking_id, space_id=space, span=span, now=self.now, zone=ZONE)

    def join(self, name: str, wanted: Wanted | int | None = None, span: Span = SPAN) -> int:
        if not isinstance(wanted, Wanted):
            wanted = Wanted(wanted or self.small.a1)
        with self._open(), transaction():
            return service.join(self.who(name), wanted, span, now=self.now, zone=ZONE).id

    def take(self, name: str, wait_id: int) -> Booking:
        with self._open(), transaction():
            return service.take(self.who(name), wait_id, now=self.now, zone=ZONE)

    def pass_on(self, name: str, wait_id: int) -> None:
        with self._open(), transaction():
            service.pass_on(self.who(name), wait_id, now=self.now, zone=ZONE)

    def leave(self, name: str, wait_id: int) -> None:
        with self._open(), transaction():
            service.leave(self.who(name), wait_id, now=self.now, zone=ZONE)

    def look(self) -> str:
        with self._open():
            return jobs.look(self.now) or ""

    def state(self, wait_id: int) -> str:
        with self._open():
            db.session.expire_all()
            found = db.session.get_one(Wait, wait_id).state
            db.session.rollback()
            return found

    def states(self, *wait_ids: int) -> list[str]:
        return [self.state(wait_id) for wait_id in wait_ids]

    def sound(self) -> None:
        """See that allocations say exactly what bookings, holds and closures do, and that each offer has its hold."""
        db.session.expire_all()
        places, wanted = house().places, set()
        for booking in db.session.scalars(select(Booking)):
            if taken := booking.takes:
                wanted |= _rows(places[booking.space_id].takes, taken, "booking", booking.id)
        for hold in db.session.scalars(select(SpaceHold)):
            place = places[hold.space_id]
            wanted |= _rows(place.takes, Wish(place, hold.span).padded, "hold", hold.id)
        closures = {closure.id: Span(closure.start, closure.end) for closure in db.session.scalars(select(Closure))}
        rows = db.session.scalars(select(Allocation)).all()
        for row in (row for row in rows if row.closure_id):  # what was shut before stays with the closure before
            assert closures[row.closure_id].contains(Span(row.start, row.end))
        found = {
            (row.space_id, row.start, row.end, "booking" if row.booking_id else "hold", row.booking_id or row.hold_id)
            for row in rows if not row.closure_id
        }  # fmt: skip
        assert found == wanted
        waits = db.session.scalars(select(Wait)).all()
        offered = [wait for wait in waits if wait.state == "offered"]
        holds = {hold.id: hold for hold in db.session.scalars(select(SpaceHold))}
        assert sorted(wait.hold_id or 0 for wait in offered) == sorted(holds)
        for wait in offered:
            hold = holds[wait.hold_id or 0]
            facts = (hold.member_id, hold.space_id, hold.span, hold.until)
            assert facts == (wait.member_id, wait.offered_id, wait.span, wait.offer_until)
        db.session.rollback()


def _rows(spaces: Any, span: Span, kind: str, number: int) -> set[tuple[Any, ...]]:
    return {(space, part.start, part.end, kind, number) for space in spaces for part in span.by_local_day(ZONE)}


@pytest.fixture
def line(app: Flask, small: Small) -> Line:
    """Give the small house with five more members."""
    made = Line(app, small)
    with app.app_context(), transaction():
        for name in ("cia", "dan", "eva", "fia", "gun"):
            email = f"{name}@example.org"
            person = member_service.create_member(email=email, name=f"{name.title()} Ek", password=PASSWORD, now=NOW)
            small.people[name] = person.id
    return made
