"""Two doors and one ticket, at one moment: one checks in, the other is told when it was and by whom."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from flask import Flask

from innovation_station.attendance import queries, service
from innovation_station.attendance.models import EventArrival
from innovation_station.db import db, transaction
from tests.attendance.conftest import MORNING
from tests.conftest import MONDAY, NOW
from tests.events.conftest import Stage, stage, talk
from tests.races.test_waits import TRIES, together
from tests.registration.conftest import Desk

__all__ = ["stage"]
LATER = NOW + timedelta(hours=1)


def at_a_door(stage: Stage, who: str, registration_id: int) -> Callable[[], object]:
    """Give what checks a ticket in at one of the doors."""
    return lambda: service.check_in(stage.who(who), registration_id, "ticket", now=LATER)


def test_two_doors_check_one_ticket_in_once(app: Flask, stage: Stage) -> None:
    event = stage.event(MORNING)
    stage.add(event, talk(MONDAY, "09:00", "12:00", stage.small.hall))
    stage.publish(event)
    desk = Desk(stage, event)
    desk.settle(capacity=2)
    registration_id, event_id = desk.join("alva").id, event.id
    for _try in range(TRIES):
        db.session.remove()
        said = together(app, at_a_door(stage, "host", registration_id), at_a_door(stage, "admin", registration_id))
        assert sorted(said) == ["", "here-already"], said
        assert queries.came(event_id) == 1
        with transaction():
            db.session.execute(db.delete(EventArrival))
