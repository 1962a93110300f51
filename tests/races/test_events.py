"""An event and a member, and two events, at one moment: one has the room, the other hears so, and nothing is half done."""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask
from sqlalchemy import text

from innovation_station.bookings import service as bookings
from innovation_station.bookings.models import Booking
from innovation_station.db import db, transaction
from innovation_station.events import service
from innovation_station.events.models import Event
from innovation_station.events.rules import Programme
from tests.conftest import NOW, TUESDAY, ZONE, at
from tests.events.conftest import Stage, stage, talk
from tests.races.arena import OVERLAPS
from tests.races.test_waits import TRIES, together

__all__ = ["stage"]
NINE, WHOLE = at(TUESDAY, "09:00", "11:00"), at(TUESDAY, "08:00", "17:00")
LOST = {"event-has-it", "event-hits"}


def planning(stage: Stage, event_id: int) -> Callable[[], object]:
    """Give what puts a session of an event into the hall."""

    def change(programme: Programme) -> Programme:
        return programme.with_item(talk(TUESDAY, "09:00", "11:00", stage.small.hall))

    return lambda: service.carry_out(stage.who(), event_id, change, now=NOW, zone=ZONE)


def freed(stage: Stage, *event_ids: int) -> int:
    """Give everything back; tell how many had the hall."""
    db.session.remove()
    assert db.session.scalar(text(OVERLAPS)) == 0
    had = 0
    for event_id in event_ids:
        for item in stage.whole(db.session.get_one(Event, event_id)).programme.items:
            had += 1
            with transaction():
                service.carry_out(
                    stage.who(), event_id, lambda p, one=item.id: p.without(item=one), now=NOW, zone=ZONE
                )  # fmt: skip
    for booking in db.session.scalars(db.select(Booking).where(Booking.state == "confirmed")).all():
        had += 1
        with transaction():
            bookings.cancel(stage.who("host"), booking.id, now=NOW)
    db.session.remove()
    assert db.session.scalar(text("SELECT count(*) FROM allocation")) == 0
    return had


def test_an_event_against_a_booking_of_a_part(app: Flask, stage: Stage) -> None:
    event_id = stage.event(WHOLE).id
    for _try in range(TRIES):
        db.session.remove()
        said = together(
            app,
            planning(stage, event_id),
            lambda: bookings.reserve(stage.who("alva"), stage.rooms["west"], NINE, now=NOW, zone=ZONE),
        )
        assert said.count("") == 1 and set(said) <= {"", *LOST}
        assert freed(stage, event_id) == 1


def test_two_events_want_one_hall(app: Flask, stage: Stage) -> None:
    first, second = stage.event(WHOLE).id, stage.event(WHOLE).id
    for _try in range(TRIES):
        db.session.remove()
        said = together(app, planning(stage, first), planning(stage, second))
        assert said.count("") == 1 and set(said) <= {"", *LOST}
        assert freed(stage, first, second) == 1
