"""The pages on which administrators divide, link and furnish spaces."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from innovation_station.bookings import service
from innovation_station.db import db, transaction
from innovation_station.members.models import Member
from innovation_station.spaces.queries import house
from innovation_station.spaces.rules import Place
from tests.conftest import NOW, TUESDAY, ZONE, Small, at, browser, log_in, post


@pytest.fixture
def admin(app: Flask) -> FlaskClient:
    return log_in(browser(app), "admin")


def place(app: Flask, space: int) -> Place:
    with app.app_context():
        return house().places[space]


NEW = {"what": "parts", "new-0-name": "Västra scenen", "new-0-capacity": "30", "new-1-name": "Östra scenen", "new-1-capacity": "20"}  # fmt: skip


def test_a_hall_is_divided_furnished_linked_and_made_whole(app: Flask, small: Small, admin: FlaskClient) -> None:
    path = f"/staff/spaces/{small.hall}"
    assert post(admin, path, NEW).status_code == 303
    west, east = place(app, small.hall).parts
    assert [place(app, part).capacity for part in (west, east)] == [30, 20]
    layouts = {"what": "layouts", "theatre-seats": "60", "islands-seats": "24", "islands-changeover": "45"}
    assert post(admin, path, layouts).status_code == 303
    assert [(own.name, own.seats, own.changeover) for own in place(app, small.hall).layouts] == [
        ("theatre", 60, 0), ("islands", 24, 45),
    ]  # fmt: skip
    assert post(admin, path, {"what": "links", "links": [small.room]}).status_code == 303
    assert place(app, small.room).takes == {west, east, small.room}
    page = admin.get(path).text
    for told in ("Västra scenen; Östra scenen", "islands: 24, 45 min; theatre: 60, 0 min", "Hågelby"):
        assert told in page, told
    assert re.search(rf'<input checked[^>]*name="parts"[^>]*value="{west}"', page)
    assert "delad i Västra scenen, Östra scenen" in admin.get("/staff/spaces").text
    assert post(admin, path, {"what": "parts"}).status_code == 303
    assert place(app, small.hall).parts == () and not place(app, west).bookable
    assert post(admin, path, {"what": "parts", "parts": [west, east]}).status_code == 303
    assert place(app, small.hall).parts == (west, east) and place(app, west).bookable


def test_what_stands_in_the_way_is_listed_with_the_way_to_it(app: Flask, small: Small, admin: FlaskClient) -> None:
    post(admin, f"/staff/spaces/{small.hall}", NEW)
    with app.app_context(), transaction():
        bo = db.session.get_one(Member, small.people["bo"])
        found = service.reserve(bo, house().places[small.hall].parts[0], at(TUESDAY, "09:00", "10:00"), now=NOW, zone=ZONE)  # fmt: skip
        booking_id = found.id
    answer = post(admin, f"/staff/spaces/{small.hall}", {"what": "parts"})
    assert answer.status_code == 409
    assert "Västra scenen är bokad tisdag 24 november, 09.00–10.00." in answer.text
    assert f'href="/bookings/{booking_id}"' in answer.text
    assert len(place(app, small.hall).parts) == 2


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"what": "parts", "new-0-name": "Ensam", "new-0-capacity": "3"}, "Dela den i två till 6 delar"),
        ({"what": "parts", "new-0-name": "V", "new-1-name": "O", "new-1-capacity": "3"}, "Skriv ett heltal"),
        ({"what": "parts", "new-0-name": "V", "new-0-capacity": "x"}, "Skriv ett heltal"),
        ({"what": "layouts", "theatre-seats": "20000"}, "rymmer 1 till 10000"),
        ({"what": "parts", "parts": ["999"]}, ""),
        ({"what": "nothing"}, ""),
        ({}, ""),
    ],
)
def test_what_cannot_be_is_refused(
    app: Flask, small: Small, admin: FlaskClient, data: dict[str, object], said: str
) -> None:
    answer = post(admin, f"/staff/spaces/{small.hall}", data)
    assert answer.status_code == 422 and said in answer.text
    assert place(app, small.hall).parts == () == place(app, small.hall).layouts


def test_there_is_no_page_of_what_is_no_space(admin: FlaskClient) -> None:
    assert admin.get("/staff/spaces/999").status_code == 404


def test_choices_leave_out_what_makes_no_sense(app: Flask, small: Small, admin: FlaskClient) -> None:
    post(admin, f"/staff/spaces/{small.hall}", NEW)
    west, _east = place(app, small.hall).parts
    page = admin.get(f"/staff/spaces/{west}").text
    offered = {
        name: set(map(int, re.findall(rf'name="{name}"[^>]*value="(\d+)"', page))) for name in ("parts", "links")
    }
    assert small.hall not in offered["parts"] | offered["links"] and west not in offered["parts"]
    assert small.room in offered["links"] and small.a1 not in offered["parts"]
