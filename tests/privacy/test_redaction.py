"""The history of a booking can lose its title and its actor, and cannot be changed in any other way."""

from __future__ import annotations

import json

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from innovation_station.bookings import personal, service
from innovation_station.bookings.models import Booking, BookingHistory
from innovation_station.db import db, transaction
from innovation_station.members.models import Member
from innovation_station.personal import Subject
from tests.conftest import NOW, TUESDAY, ZONE, Small, at


@pytest.fixture
def booking(context: Flask, small: Small) -> int:
    alva = db.session.get(Member, small.people["alva"])
    assert alva
    with transaction():
        made = service.reserve(alva, small.a1, at(TUESDAY, "09:00", "11:00"), now=NOW, zone=ZONE, title="Möte om Ö")
        service.move(
            alva, made.id, space_id=small.a2, span=made.span, now=NOW, zone=ZONE, title='Möte \\ "a": null, "b" \\'
        )
        return made.id


def change(**values: str | None) -> None:
    assigned = ", ".join(f'"{name}" = :{name}' for name in values)
    with transaction() as session:
        session.execute(text(f"UPDATE booking_history SET {assigned} WHERE action = 'moved'"), values)


@pytest.mark.parametrize(
    "values",
    [
        {"action": "edited"},
        {"actor_role": "admin"},
        {"request_id": "x"},
        {"actor_id": 2},
        {"after": json.dumps({"space": 1, "title": "Möte"})},
        {"after": json.dumps({"space": 3})},
        {"after": json.dumps({"title": "Annat", "space": 2})},
        {"after": json.dumps({"space": 2})},
        {"after": json.dumps({"title": None})},
        {"after": json.dumps({"space": None, "title": None})},
        {"before": "null"},
        {"before": json.dumps({})},
    ],
)
def test_nothing_but_titles_and_actors_can_be_taken_out(booking: int, values: dict[str, str]) -> None:
    with pytest.raises(DBAPIError, match="booking_history_is_kept"):
        change(**values)


def test_history_cannot_be_deleted(booking: int) -> None:
    with pytest.raises(DBAPIError, match="booking_history_is_kept"), transaction() as session:
        session.execute(text("DELETE FROM booking_history"))


def test_booking_is_forgotten_and_its_time_stays(booking: int, small: Small) -> None:
    alva = small.people["alva"]
    with transaction():
        assert personal._erase(Subject(alva, "alva@example.org", "Alva Lindqvist"), NOW) == 1
    kept = db.session.get_one(Booking, booking, populate_existing=True)
    assert (kept.title, kept.public, kept.request_key, kept.space_id) == ("", False, None, small.a2)
    owner = db.session.get_one(Member, kept.member_id)
    assert (owner.email, owner.state) == (personal.NOBODY, "ended")
    rows = list(db.session.scalars(select(BookingHistory).order_by(BookingHistory.id)))
    assert [(row.action, row.actor_id) for row in rows] == [("reserved", None), ("moved", None)]
    assert [row.after.get("title") for row in rows] == [None, None]
    assert rows[1].before == {"space": small.a1, "title": None} and rows[1].after == {"space": small.a2, "title": None}
    assert rows[0].after["space"] == small.a1
