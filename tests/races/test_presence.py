"""Cancel against check-in, check-in against release: two come at one moment, one is first, the other hears what is."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from innovation_station.bookings import presence, queries, service
from innovation_station.bookings.models import Allocation, Booking
from innovation_station.db import db, transaction
from innovation_station.errors import DomainError
from innovation_station.members.models import Member
from innovation_station.spaces import service as spaces
from innovation_station.spaces.models import Space
from innovation_station.timespan import Span
from tests.conftest import NOW, TUESDAY, ZONE, Small, at

MINUTE = timedelta(minutes=1)
NINE = at(TUESDAY, "09:00", "12:00")
LATE = NINE.start + 15 * MINUTE
TRIES = 4
Act = Callable[[Member, int], object]


@pytest.fixture
def booked(app: Flask, small: Small) -> Callable[[], int]:
    """Give a way to book a desk that is about to be let go: its member was reminded."""
    with app.app_context(), transaction():
        spaces.set_policy(space=db.session.get_one(Space, small.a1), check_in=15)

    def book() -> int:
        with app.app_context():
            with transaction():
                alva = db.session.get_one(Member, small.people["alva"])
                made = service.reserve(alva, small.a1, NINE, now=NOW, zone=ZONE).id
            with transaction():
                assert presence.remind(made, now=NINE.start + 10 * MINUTE)
            return made

    return book


def both(app: Flask, small: Small, booking: int, *acts: Act) -> list[str]:
    """Do two things at one moment, in threads of their own; give what each heard, "" where it was done."""
    start, heard = threading.Barrier(len(acts)), [""] * len(acts)

    def run(number: int, act: Act) -> None:
        with app.app_context():
            alva = db.session.get_one(Member, small.people["alva"])
            db.session.rollback()
            start.wait(30)
            try:
                with transaction():
                    done = act(alva, booking)
                heard[number] = "" if done else "not done"
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


def state(app: Flask, booking_id: int) -> tuple[str, bool, list[Span]]:
    with app.app_context():
        booking = db.session.get_one(Booking, booking_id)
        rows = db.session.scalars(select(Allocation).where(Allocation.booking_id == booking_id)).all()
        found = booking.state, booking.checked_in_at is not None, [Span(row.start, row.end) for row in rows]
        assert found[2] == ([booking.takes] if booking.takes else [])
        return found


def clear(app: Flask, booking_id: int) -> None:
    """Free the desk for the next round, and see that its story has no second ending."""
    with app.app_context(), transaction() as session:
        actions = Counter(row.action for row in queries.history(booking_id))
        assert max(actions.values()) == 1, actions
        for row in session.scalars(select(Allocation).where(Allocation.booking_id == booking_id)):
            session.delete(row)
        session.get_one(Booking, booking_id).state = "cancelled"


def check_in(alva: Member, booking: int) -> object:
    return presence.check_in(alva, booking, now=LATE)


def cancel(alva: Member, booking: int) -> object:
    return service.cancel(alva, booking, now=LATE)


def release(_alva: Member, booking: int) -> object:
    return presence.release(booking, now=LATE, zone=ZONE)


def test_cancel_against_check_in_has_one_winner(app: Flask, small: Small, booked: Callable[[], int]) -> None:
    for number in range(TRIES):
        booking = booked()
        acts = (cancel, check_in) if number % 2 else (check_in, cancel)
        heard = dict(zip(acts, both(app, small, booking, *acts), strict=True))
        assert list(heard.values()).count("") == 1
        cancelled = ("cancelled", False, [])
        here = ("confirmed", True, [NINE])
        assert state(app, booking) == (here if heard[check_in] == "" else cancelled)
        assert heard[cancel] in ("", "checked-in") and heard[check_in] in ("", "already-cancelled")
        clear(app, booking)


def test_check_in_against_release_has_one_winner(app: Flask, small: Small, booked: Callable[[], int]) -> None:
    for number in range(TRIES):
        booking = booked()
        acts = (release, check_in) if number % 2 else (check_in, release)
        heard = dict(zip(acts, both(app, small, booking, *acts), strict=True))
        assert list(heard.values()).count("") == 1
        gone = ("no-show", False, [Span(NINE.start, LATE)])
        here = ("confirmed", True, [NINE])
        assert state(app, booking) == (here if heard[check_in] == "" else gone)
        assert heard[release] in ("", "not done") and heard[check_in] in ("", "released")
        clear(app, booking)


def test_two_workers_release_once(app: Flask, small: Small, booked: Callable[[], int]) -> None:
    booking = booked()
    assert sorted(both(app, small, booking, release, release)) == ["", "not done"]
    assert state(app, booking)[0] == "no-show"
    clear(app, booking)


def test_whoever_books_what_is_left_meets_who_makes_it_longer(app: Flask, small: Small) -> None:
    """The rest of an early leave goes to one of two, and the database holds one row for each minute."""
    with app.app_context(), transaction():
        alva, bo = (db.session.get_one(Member, small.people[name]) for name in ("alva", "bo"))
        booking = service.reserve(alva, small.a1, NINE, now=NOW, zone=ZONE).id
    with app.app_context(), transaction():
        presence.end_now(alva, booking, now=LATE, zone=ZONE)
    rest = Span(LATE, LATE + 60 * MINUTE)
    acts: tuple[Act, Act] = (
        lambda alva, number: presence.extend(alva, number, rest.end, now=LATE - MINUTE, zone=ZONE),
        lambda _alva, _number: service.reserve(bo, small.a1, rest, now=LATE, zone=ZONE),
    )
    assert sorted(both(app, small, booking, *acts)) == ["", "taken"]
