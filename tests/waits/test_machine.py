"""Whatever people do in whatever order: offers never meet, lie over nothing, and go to whoever is first in line."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from itertools import combinations, pairwise

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import delete, select, text

from innovation_station.bookings import answers, deadlines, rules, wish_queries
from innovation_station.bookings import service as bookings
from innovation_station.bookings.models import Allocation, Booking
from innovation_station.bookings.rules import Wish
from innovation_station.db import db, transaction
from innovation_station.errors import DomainError
from innovation_station.members import queries as members
from innovation_station.spaces import service as spaces
from innovation_station.spaces.models import Closure, Space
from innovation_station.spaces.queries import house
from innovation_station.spaces.rules import Place
from innovation_station.timespan import Span
from innovation_station.waits import service, telling
from innovation_station.waits.models import Wait
from innovation_station.waits.rules import LIVE, Wanted
from tests.conftest import NOW, TUESDAY, ZONE, at
from tests.waits.conftest import Line

pytestmark = pytest.mark.usefixtures("context")
MORE = int(os.environ.get("STATION_TEST_EXAMPLES", "0"))
PEOPLE = ("alva", "bo", "cia", "dan", "eva")
HOURS = st.sampled_from([at(TUESDAY, f"{first:02}:00", f"{last:02}:00") for first in range(9, 12) for last in range(first + 1, 13)])  # fmt: skip
PERSON = st.sampled_from(PEOPLE)
PLACE = st.sampled_from(("a1", "a2", "room", "hall"))
PICK = st.integers(0, 100)


class Waiting(RuleBasedStateMachine):
    """A house with two desks that matter, a room, and a stage that is asked for."""

    line: Line  # given by the test

    @initialize()
    def begin(self) -> None:
        """Empty the house: the database itself is made once."""
        self.line.now = NOW
        with transaction() as session:
            for model in (Wait, Allocation, Closure):
                session.execute(delete(model))
            session.execute(text("DELETE FROM space_hold"))
            session.execute(text("UPDATE booking SET state = 'cancelled'"))
        db.session.expire_all()

    def space(self, name: str) -> int:
        return int(getattr(self.line.small, name))

    def one(self, pick: int, *states: str) -> Wait | None:
        found = db.session.scalars(select(Wait).where(Wait.state.in_(states)).order_by(Wait.id)).all()
        db.session.rollback()
        return found[pick % len(found)] if found else None

    def booking(self, pick: int, *states: str) -> Booking | None:
        found = db.session.scalars(
            select(Booking).where(Booking.state.in_(states), Booking.changed_at >= NOW).order_by(Booking.id)
        ).all()
        db.session.rollback()
        return found[pick % len(found)] if found else None

    def name(self, member_id: int) -> str:
        return next(name for name, one in self.line.small.people.items() if one == member_id)

    @rule(name=PERSON, place=PLACE, span=HOURS)
    def book(self, name: str, place: str, span: Span) -> None:
        with suppress(DomainError):
            self.line.book(name, self.space(place), span)

    @rule(pick=PICK)
    def cancel(self, pick: int) -> None:
        if found := self.booking(pick, "confirmed", "requested"):
            with suppress(DomainError):
                self.line.cancel(found.id)

    @rule(pick=PICK)
    def undo(self, pick: int) -> None:
        if found := self.booking(pick, "cancelled"):
            with suppress(DomainError):
                self.line.restore(found.id)

    @rule(pick=PICK, place=PLACE, span=HOURS)
    def move(self, pick: int, place: str, span: Span) -> None:
        if found := self.booking(pick, "confirmed", "requested"):
            with suppress(DomainError):
                self.line.move(found.id, self.space(place), span)

    @rule(pick=PICK, yes=st.booleans())
    def answer(self, pick: int, yes: bool) -> None:
        if found := self.booking(pick, "requested"):
            with suppress(DomainError), transaction():
                (answers.approve if yes else answers.decline)(self.line.who("host"), found.id, now=self.line.now)

    @rule(name=PERSON, place=PLACE, span=HOURS, what=st.sampled_from(("space", "space", "kind")))
    def join(self, name: str, place: str, span: Span, what: str) -> None:
        wanted = Wanted(kind="desk") if what == "kind" else Wanted(self.space(place))
        with suppress(DomainError):
            self.line.join(name, wanted, span)

    @rule(pick=PICK)
    def take(self, pick: int) -> None:
        if found := self.one(pick, "offered"):
            with suppress(DomainError):
                self.line.take(self.name(found.member_id), found.id)

    @rule(pick=PICK, act=st.sampled_from(("pass_on", "leave")))
    def give_up(self, pick: int, act: str) -> None:
        if found := self.one(pick, *LIVE):
            getattr(self.line, act)(self.name(found.member_id), found.id)

    @rule(place=PLACE, span=HOURS)
    def close(self, place: str, span: Span) -> None:
        with suppress(DomainError), transaction():
            bookings.close(span, reasons=("Lampan", "Lamp"), now=self.line.now, zone=ZONE, space_id=self.space(place))

    @rule(pick=PICK)
    def lift(self, pick: int) -> None:
        with transaction() as session:
            found = session.scalars(select(Closure.id).order_by(Closure.id)).all()
            if found:
                one = found[pick % len(found)]
                session.execute(delete(Allocation).where(Allocation.closure_id == one))
                session.execute(delete(Closure).where(Closure.id == one))

    @rule(minutes=st.sampled_from((1, 20, 60, 120)))
    def time_passes(self, minutes: int) -> None:
        self.line.now += timedelta(minutes=minutes)

    @rule()
    def look(self) -> None:
        """Have the jobs run: after that nobody waits for what they could have, and no offer is without its hold."""
        deadlines.expire(self.line.now)
        self.line.look()
        self.line.look()  # a wait that went back into the line in the first is offered in the second
        self.line.sound()
        db.session.expire_all()
        for wait in db.session.scalars(select(Wait).where(Wait.state == "waiting")).all():
            places = [place for place in house().places.values() if wait.wanted.fits(place)]
            assert not any(self.could_have(wait, place, None) for place in places), (wait.id, wait.span)
        db.session.rollback()

    def could_have(self, wait: Wait, place: Place, beside: int | None) -> bool:
        """Tell whether a wait could have a place if one hold were not there."""
        person = members.person(wait.member_id)
        if person is None or service.lines.offer_end(self.line.now, wait.start, ZONE) is None:
            return False
        wish = Wish(place, wait.span)
        held = [one for one in wish_queries.held(wish.padded, place.takes) if beside is None or one.hold_id != beside]
        own = wish_queries.held_by(wait.member_id, wait.span)
        return not held and not rules.refusals(wish, bookings.moment(self.line.now, ZONE, house()), held, own)

    @invariant()
    def offers_meet_nothing(self) -> None:
        db.session.expire_all()
        offered = db.session.scalars(select(Wait).where(Wait.state == "offered", Wait.hold_id.is_not(None))).all()
        places = house().places
        for one, two in combinations(offered, 2):
            share = places[one.offered_id or 0].takes & places[two.offered_id or 0].takes
            assert not share or not one.span.overlaps(two.span)
        for booking in db.session.scalars(select(Booking)):
            taken = booking.takes
            for wait in offered:
                share = places[booking.space_id].takes & places[wait.offered_id or 0].takes
                assert not (taken and share and taken.overlaps(wait.span))
        rows = db.session.scalars(select(Allocation).order_by(Allocation.space_id, Allocation.start)).all()
        for before, after in pairwise(rows):
            assert before.space_id != after.space_id or before.end <= after.start
        db.session.rollback()

    @invariant()
    def only_lost_offers_are_without_a_hold(self) -> None:
        db.session.expire_all()
        held = {wait.hold_id for wait in db.session.scalars(select(Wait).where(Wait.state == "offered"))} - {None}
        found = set(db.session.scalars(text("SELECT id FROM space_hold")))
        assert held == found
        db.session.rollback()


@pytest.fixture
def fair(line: Line, monkeypatch: pytest.MonkeyPatch) -> Callable[[], Waiting]:
    """Give machines in which every offer is looked at as it is made: nobody who came earlier could have had it."""
    with transaction():
        hall = db.session.get_one(Space, line.small.hall)
        spaces.set_policy(space=hall, approval=120, setup=30)
        db.session.get_one(Space, line.small.a3).bookable = False
        spaces.changed()
    offered = telling.offered

    def look(wait: Wait, place: Place, now: object) -> None:
        earlier = db.session.scalars(select(Wait).where(Wait.state == "waiting", Wait.id < wait.id)).all()
        for other in earlier:
            if other.wanted.fits(place) and Wish(place, other.span).padded.overlaps(Wish(place, wait.span).padded):
                assert not machine.could_have(other, place, wait.hold_id), (other.id, wait.id)
        offered(wait, place, now)  # type: ignore[arg-type]

    monkeypatch.setattr(telling, "offered", look)
    Waiting.line = line
    machine = Waiting()
    return Waiting


def test_whatever_happens_offers_are_sound_and_fair(fair: Callable[[], Waiting]) -> None:
    run_state_machine_as_test(
        fair, settings=settings(max_examples=MORE or 8, stateful_step_count=30, deadline=None, phases=[Phase.generate])
    )
