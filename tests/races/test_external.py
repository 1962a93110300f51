"""A calendar from outside and a member at one moment: one has the time, and the other hears so."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import text

from innovation_station.bookings import busy
from innovation_station.bookings import service as bookings
from innovation_station.bookings.models import Booking
from innovation_station.db import db, transaction
from innovation_station.external import service
from innovation_station.external.service import Come
from tests.conftest import NOW, TUESDAY, ZONE, Small, at
from tests.external.conftest import Hand, fetching_nothing, local
from tests.races.arena import OVERLAPS
from tests.races.test_waits import TRIES, together, who

pytestmark = pytest.mark.usefixtures("context")
SPAN = at(TUESDAY, "09:00", "11:00")


def test_a_calendar_against_a_booking(app: Flask, small: Small) -> None:
    hand = Hand(app, small)
    calendar_id = hand.add(local("1500", "1600", "other"))
    reading = hand.read(local("0900", "1200"), local("1500", "1600", "other"))
    heard = set()
    for _try in range(TRIES):
        db.session.remove()
        said = together(
            app,
            lambda: service.came(calendar_id, Come(reading, fetching_nothing()), now=NOW, zone=ZONE),
            lambda: bookings.reserve(who(small, "alva"), small.a1, SPAN, now=NOW, zone=ZONE),
        )
        assert said[0] == "" and said[1] in ("", "busy-elsewhere")
        heard.add(said[1])
        _sound(hand, booked=said[1] == "")
        _empty(hand, calendar_id, small)
    assert heard <= {"", "busy-elsewhere"}


def test_two_readings_of_one_calendar_and_a_cancellation(app: Flask, small: Small) -> None:
    hand = Hand(app, small)
    calendar_id = hand.add(local("1500", "1600", "other"))
    first = hand.read(local("0900", "1200"), local("1500", "1600", "other"))
    second = hand.read(local("0930", "1130"), local("1500", "1600", "other"))
    for _try in range(TRIES):
        booking = hand.book("10:00", "11:00")
        db.session.remove()
        said = together(
            app,
            lambda: service.came(calendar_id, Come(first, fetching_nothing()), now=NOW, zone=ZONE),
            lambda: service.came(calendar_id, Come(second, fetching_nothing()), now=NOW, zone=ZONE),
            lambda booking=booking: bookings.cancel(who(small, "alva"), booking, now=NOW),
        )
        assert said == ["", "", ""]
        with app.app_context(), transaction():
            for space_id in busy.outdated(NOW):
                busy.settle([space_id], now=NOW, zone=ZONE)
        assert hand.taken()[0] in ("09:00-12:00", "09:30-11:30") and len(hand.taken()) == 2
        assert db.session.scalar(text(OVERLAPS)) == 0
        _empty(hand, calendar_id, small)


def _sound(hand: Hand, *, booked: bool) -> None:
    db.session.remove()
    assert db.session.scalar(text(OVERLAPS)) == 0
    taken = hand.taken()
    assert taken == (["11:00-12:00", "15:00-16:00"] if booked else ["09:00-12:00", "15:00-16:00"])
    assert len(hand.clashes()) == int(booked)


def _empty(hand: Hand, calendar_id: int, small: Small) -> None:
    db.session.remove()
    for booking in db.session.scalars(db.select(Booking).where(Booking.state == "confirmed")).all():
        hand.cancel(booking.id)
    db.session.remove()
    hand.again(calendar_id, local("1500", "1600", "other"))
    db.session.remove()
    assert hand.taken() == ["15:00-16:00"]
