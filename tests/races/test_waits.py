"""One offer and several hands at one moment: exactly one has it, the others hear so, and nobody is offered it twice."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import delete, select, text, update

from innovation_station.bookings import service as bookings
from innovation_station.bookings.models import Allocation, Booking
from innovation_station.db import db, transaction
from innovation_station.errors import DomainError
from innovation_station.members.models import Member
from innovation_station.waits import jobs, service
from innovation_station.waits.models import Wait
from innovation_station.waits.rules import Wanted
from tests.conftest import NOW, TUESDAY, ZONE, Small, at
from tests.waits.conftest import Line
from tests.waits.conftest import line as line

pytestmark = pytest.mark.usefixtures("context")
TRIES = 4
SPAN = at(TUESDAY, "09:00", "12:00")
OVER = NOW + timedelta(hours=2)
BEFORE = OVER - timedelta(seconds=1)
Act = Callable[[], object]


@contextmanager
def offered(line: Line) -> Iterator[tuple[int, int]]:
    """Give an offer to Alva with Bo behind her; after it, see that all is sound, and empty the house."""
    booking = line.book()
    waits = line.join("alva"), line.join("bo")
    line.cancel(booking)
    db.session.remove()
    yield waits
    line.sound()
    clear()


def clear() -> None:
    with transaction() as session:
        for model in (Wait, Allocation):
            session.execute(delete(model))
        session.execute(text("DELETE FROM space_hold"))
        session.execute(update(Booking).values(state="cancelled", checked_in_at=None))
    db.session.remove()


def together(app: Flask, *acts: Act) -> list[str]:
    """Do several things at one moment, in threads of their own; give what each heard, "" where it was done."""
    start, heard = threading.Barrier(len(acts)), ["?"] * len(acts)

    def run(number: int, act: Act) -> None:
        with app.app_context():
            try:
                start.wait(30)
                with transaction():
                    done = act()
                heard[number] = "nothing" if done is False else ""
            except DomainError as error:
                heard[number] = error.refusals[0].code
            finally:
                db.session.remove()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return heard


def who(small: Small, name: str) -> Member:
    return db.session.get_one(Member, small.people[name])


def taking(small: Small, name: str, wait: int, now: datetime = NOW) -> Act:
    return lambda: service.take(who(small, name), wait, now=now, zone=ZONE)


def reserving(small: Small, name: str) -> Act:
    return lambda: bookings.reserve(who(small, name), small.a1, SPAN, now=NOW, zone=ZONE)


def state(wait: int) -> str:
    found = db.session.get_one(Wait, wait).state
    db.session.remove()
    return found


def confirmed() -> int:
    found = Counter(db.session.scalars(select(Booking.state)))
    db.session.remove()
    return found["confirmed"]


def test_two_taps_of_one_taker_are_one_booking(line: Line) -> None:
    for _ in range(TRIES):
        with offered(line) as (first, _second):
            assert together(line.app, *[taking(line.small, "alva", first)] * 3) == ["", "", ""]
            assert (confirmed(), state(first)) == (1, "taken")


def test_take_against_expiry_has_one_winner(line: Line) -> None:
    """Two machines whose clocks differ by a second."""
    for number in range(TRIES):
        with offered(line) as (first, second):
            acts = [
                taking(line.small, "alva", first, BEFORE),
                lambda one=first: service.end_offer(one, now=OVER, zone=ZONE),
            ]
            if number % 2:
                acts.reverse()
            heard = dict(
                zip(("end", "take") if number % 2 else ("take", "end"), together(line.app, *acts), strict=True)
            )
            assert heard in ({"take": "", "end": "nothing"}, {"take": "offer-over", "end": ""})
            won = heard["take"] == ""
            assert (state(first), state(second)) == (("taken", "waiting") if won else ("expired", "offered"))
            assert confirmed() == won


def test_take_against_staff_booking_has_one_winner(line: Line) -> None:
    for _ in range(TRIES):
        with offered(line) as (first, _second):
            heard = together(line.app, reserving(line.small, "host"), taking(line.small, "alva", first))
            assert heard in (["held", ""], ["taken", ""])
            assert (confirmed(), state(first)) == (1, "taken")


def test_two_takers_at_once_are_one(line: Line) -> None:
    """The first says no and the second says yes before it is theirs; or the first comes late."""
    small = line.small
    for _ in range(TRIES):
        with offered(line) as (first, second):
            heard = together(
                line.app,
                taking(small, "alva", first, BEFORE),
                taking(small, "bo", second),
                lambda one=first: service.pass_on(who(small, "alva"), one, now=NOW, zone=ZONE),
            )
            states = state(first), state(second)
            assert confirmed() == states.count("taken") <= 1
            assert states in (("taken", "waiting"), ("passed", "offered"), ("passed", "taken"))
            assert heard[0] in ("", "offer-over") and heard[1] in ("", "offer-over")


def test_expiry_runs_once_and_asks_one(line: Line) -> None:
    for _ in range(TRIES):
        with offered(line) as (first, second):
            heard = together(line.app, *[lambda one=first: service.end_offer(one, now=OVER, zone=ZONE)] * 4)
            assert Counter(heard) == {"": 1, "nothing": 3}
            assert (state(first), state(second)) == ("expired", "offered")


def test_cancel_against_joining_leaves_nobody_behind(line: Line) -> None:
    """Who joins while it becomes free is told that it is free, or is offered it."""
    small = line.small
    for _ in range(TRIES):
        booking = line.book()
        db.session.remove()
        heard = together(
            line.app,
            lambda one=booking: bookings.cancel(who(small, "host"), one, now=NOW),
            lambda: service.join(who(small, "alva"), Wanted(small.a1), SPAN, now=NOW, zone=ZONE),
        )
        found = db.session.scalars(select(Wait)).all()
        assert heard[0] == "" and heard[1] in ("", "wait-free")
        assert [wait.state for wait in found] == (["offered"] if heard[1] == "" else [])
        line.sound()
        clear()


def test_looks_of_two_workers_offer_each_place_once(line: Line) -> None:
    """Any desk: two places at which the same people wait, looked at by two at one moment."""
    small = line.small
    for _ in range(TRIES):
        taken = [line.book(name, space) for name, space in (("host", small.a1), ("cia", small.a2), ("dan", small.a3))]
        waits = [line.join(name, Wanted(kind="desk")) for name in ("alva", "bo", "eva")]
        db.session.remove()
        heard = together(
            line.app,
            lambda one=taken[0]: bookings.cancel(who(small, "host"), one, now=NOW),
            lambda one=taken[1]: bookings.cancel(who(small, "host"), one, now=NOW),
            lambda: service.offer_at(small.a1, now=NOW, zone=ZONE) >= 0,
            lambda: service.offer_at(small.a2, now=NOW, zone=ZONE) >= 0,
        )
        assert heard == ["", "", "", ""]
        jobs.look(NOW)
        assert [state(wait) for wait in waits] == ["offered", "offered", "waiting"]
        line.sound()
        clear()


def test_crossing_takes_and_passes_wait_for_nobody_in_a_circle(line: Line) -> None:
    """Members with several lines take, pass and leave at once: the locks have one order."""
    small = line.small
    for _ in range(TRIES):
        taken = [line.book(name, space) for name, space in (("host", small.a1), ("cia", small.a2), ("dan", small.a3))]
        mine = {
            name: [line.join(name, wanted) for wanted in (small.a1, small.a2, Wanted(kind="desk"))]
            for name in ("alva", "bo", "eva")
        }
        for one in taken:
            line.cancel(one)
        db.session.remove()
        acts: list[Act] = []
        acts += [taking(small, name, wait) for name, waits in mine.items() for wait in waits]
        acts += [lambda: service.leave_all(small.people["bo"], now=NOW, zone=ZONE) >= 0]
        heard = together(line.app, *acts)
        assert set(heard) <= {"", "offer-over", "own-desk"}, heard
        line.sound()
        clear()
