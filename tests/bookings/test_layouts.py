"""How a hall is furnished and divided, as members see it: on the sheet, the receipt, the booking, the plan, the rows."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from innovation_station.bookings import dividing, service
from innovation_station.bookings.dividing import NewPart
from innovation_station.bookings.models import Booking
from innovation_station.db import db, transaction
from innovation_station.members.models import Member
from innovation_station.spaces import service as spaces
from innovation_station.spaces.models import Space
from innovation_station.spaces.queries import house
from innovation_station.spaces.rules import Layout
from tests.conftest import NOW, TUESDAY, ZONE, Small, at, browser, log_in, post, statements

DAY = f"date={TUESDAY}"
NINE = {"date": str(TUESDAY), "start": "09:00", "end": "11:00"}


@pytest.fixture(autouse=True)
def furnished(app: Flask, small: Small) -> None:
    """Let the hall seat 60 as a theatre and 24 round islands, for which it takes 45 minutes to change over."""
    with app.app_context(), transaction():
        hall = db.session.get_one(Space, small.hall)
        spaces.set_layouts(hall, [Layout("theatre", 60), Layout("islands", 24, 45), Layout("standing", 100, 30)])


def booking(app: Flask, booking_id: int) -> Booking:
    with app.app_context():
        return db.session.get_one(Booking, booking_id)


def made(answer: object) -> int:
    assert answer.status_code == 303, answer.text  # type: ignore[attr-defined]
    return int(answer.location.rsplit("/", 1)[1])  # type: ignore[attr-defined]


def test_the_sheet_asks_for_people_and_furnishing_where_it_matters(small: Small, alva: FlaskClient) -> None:
    sheet = alva.get(f"/book/{small.hall}?{DAY}").text
    assert re.search(r'<details class="more"><summary>.*?Antal personer, möblering', sheet, re.DOTALL)
    assert 'name="people"' in sheet and 'name="layout" value="islands"' in sheet
    assert "24 platser, 45 minuter att möblera om" in sheet and "60 platser<" in sheet
    assert 'name="people"' not in alva.get(f"/book/{small.room}?{DAY}").text


def test_a_furnished_hall_from_wish_to_receipt(app: Flask, small: Small, alva: FlaskClient) -> None:
    made_id = made(post(alva, "/bookings", {**NINE, "space": small.hall, "people": "20", "layout": "islands"}))
    found = booking(app, made_id)
    assert (found.people, found.layout, found.setup) == (20, "islands", 45)
    page = alva.get(f"/bookings/{made_id}").text
    assert "Möblering: Öar, från 08.15." in page
    for fact in ("<dd>20</dd>", "Öar, 24 platser", "08.15–09.00 för att ställa i ordning"):
        assert fact in page, fact


def test_too_many_people_are_refused_and_what_was_typed_stays(small: Small, alva: FlaskClient) -> None:
    answer = post(
        alva, "/bookings", {**NINE, "space": small.hall, "people": "30", "layout": "islands", "preset": "own"}
    )
    assert answer.status_code == 422
    assert "Scenen rymmer 24. Välj en större lokal" in answer.text
    assert 'value="30"' in answer.text and re.search(r'value="islands" checked', answer.text)
    assert '<details class="more" open>' in answer.text


def test_a_number_that_is_none_is_refused(small: Small, alva: FlaskClient) -> None:
    answer = post(alva, "/bookings", {**NINE, "space": small.room, "people": "tio"})
    assert answer.status_code == 422 and 'value="tio"' in answer.text


def test_offers_keep_people_and_furnishing(app: Flask, small: Small, alva: FlaskClient) -> None:
    with app.app_context(), transaction():
        bo = db.session.get_one(Member, small.people["bo"])
        service.reserve(bo, small.hall, at(TUESDAY, "08:00", "10:00"), now=NOW, zone=ZONE)
    answer = post(alva, "/bookings", {**NINE, "space": small.hall, "people": "20", "layout": "islands"})
    assert answer.status_code == 409
    (offer, *_more) = re.findall(r'<form method="post" action="/bookings" data-part>.*?</form>', answer.text, re.DOTALL)
    assert 'name="people" value="20"' in offer and 'name="layout" value="islands"' in offer


def test_editing_changes_people_and_furnishing(app: Flask, small: Small, alva: FlaskClient) -> None:
    made_id = made(post(alva, "/bookings", {**NINE, "space": small.hall, "people": "20", "layout": "islands"}))
    form = alva.get(f"/bookings/{made_id}/edit").text
    assert "Öar: 24 platser, 45 minuter att möblera om" in form and 'value="20"' in form
    same = {**NINE, "space": small.hall}
    post(alva, f"/bookings/{made_id}/edit", same)  # a script that knows nothing of it takes nothing away
    assert (booking(app, made_id).people, booking(app, made_id).layout) == (20, "islands")
    answer = post(alva, f"/bookings/{made_id}/edit", {**same, "people": "55", "layout": "theatre"})
    assert answer.status_code == 303
    assert (booking(app, made_id).people, booking(app, made_id).layout, booking(app, made_id).setup) == (
        55,
        "theatre",
        0,
    )
    undo = re.search(r'<div class="toast".*?</form>', alva.get(f"/bookings/{made_id}").text, re.DOTALL)
    assert undo and 'name="people" value="20"' in undo[0] and 'name="layout" value="islands"' in undo[0]
    assert post(alva, f"/bookings/{made_id}/edit", {**same, "people": "61", "layout": "theatre"}).status_code == 422
    assert post(alva, f"/bookings/{made_id}/edit", {**same, "people": "60", "layout": "theatre"}).status_code == 303
    assert "Antal personer: 60" in alva.get(f"/bookings/{made_id}").text
    moved = {**NINE, "space": small.room, "people": "6", "layout": "theatre"}
    assert post(alva, f"/bookings/{made_id}/edit", moved).status_code == 303
    assert booking(app, made_id).layout is None


def test_seats_are_those_of_the_largest_layout(small: Small, alva: FlaskClient) -> None:
    for seats, shown in ((12, True), (100, True), (101, False)):
        page = alva.get(f"/book?{DAY}&kind=room&seats={seats}").text
        assert (f'id="l{small.hall}"' in page) == shown
    assert "upp till 100 platser" in alva.get(f"/book?{DAY}&kind=room").text


def test_a_divided_hall_and_its_parts_show_each_other(app: Flask, small: Small, alva: FlaskClient) -> None:
    with app.app_context():
        with transaction():
            admin = db.session.get_one(Member, small.people["admin"])
            new = [NewPart("Västra scenen", 20), NewPart("Östra scenen", 20)]
            dividing.divide(admin, small.hall, (), new=new, now=NOW, zone=ZONE)
        west, east = house().places[small.hall].parts
        with transaction():
            me, bo = (db.session.get_one(Member, small.people[name]) for name in ("alva", "bo"))
            service.reserve(me, west, at(TUESDAY, "09:00", "11:00"), now=NOW, zone=ZONE)
            service.reserve(bo, east, at(TUESDAY, "10:00", "12:00"), now=NOW, zone=ZONE)
            service.reserve(bo, small.hall, at(TUESDAY, "13:00", "14:00"), now=NOW, zone=ZONE)
    page = alva.get(f"/book?{DAY}&kind=room").text
    rows = {int(key): row for key, row in re.findall(r'data-track="(\d+)">(.*?)</div></div>', page, re.DOTALL)}
    assert re.search(r'class="tl-cell s36 e44 ln1of2" role="gridcell"><a class="tl-seg is-mine"', rows[small.hall])
    assert 'aria-label="Västra scenen: Du, Scenen 09–11"' in rows[small.hall]
    assert re.search(r's40 e48 ln2of2" .*?Östra scenen: Bokad, Scenen 10–12', rows[small.hall])
    assert re.search(r's52 e56" role="gridcell" aria-label="Bokad, Scenen 13–14"', rows[small.hall])
    for part, name in ((west, "Västra scenen"), (east, "Östra scenen")):
        assert f'aria-label="Scenen: Bokad, {name} 13–14"' in rows[part]
    assert "10–12" not in rows[west] and "09–11" not in rows[east].replace("Boka", "")
    assert f'id="p{small.hall}" class="room at sp-{small.hall}' in page and " is-whole" in page
    assert page.count(" is-inner") == 4  # on the plan and in the timeline
    assert f"sp-{west}" not in browser(app).get("/").text  # the picture for visitors shows the hall


def test_a_closed_part_takes_its_whole_and_not_its_neighbour(app: Flask, small: Small, alva: FlaskClient) -> None:
    with app.app_context():
        with transaction():
            admin = db.session.get_one(Member, small.people["admin"])
            dividing.divide(admin, small.hall, (), new=[NewPart("V", 2), NewPart("O", 2)], now=NOW, zone=ZONE)
        west, east = house().places[small.hall].parts
        with transaction():
            shut = at(TUESDAY, "08:00", "18:00")
            service.close(shut, reasons=("Städ", "Clean"), now=NOW, zone=ZONE, space_id=west)
    page = alva.get(f"/book?{DAY}&kind=room&from=09:00&to=10:00").text
    states = dict(re.findall(r'id="p(\d+)"[^>]*data-state="([a-z-]+)"', page))
    assert (states[str(small.hall)], states[str(west)], states[str(east)]) == ("closed", "closed", "free")


def test_booking_a_hall_on_two_parts_costs_no_statement_more(app: Flask, small: Small) -> None:
    """The page of the day reads the same however a hall is divided."""
    alva = log_in(browser(app))
    alva.get(f"/book?{DAY}&kind=room")
    with statements(app) as plain:
        alva.get(f"/book?{DAY}&kind=room&from=10:00&to=11:00")
    with app.app_context(), transaction():
        admin = db.session.get_one(Member, small.people["admin"])
        dividing.divide(
            admin, small.hall, (), new=[NewPart("V", 2), NewPart("O", 2)], now=NOW + timedelta(1), zone=ZONE
        )
    alva.get(f"/book?{DAY}&kind=room")
    with statements(app) as divided:
        alva.get(f"/book?{DAY}&kind=room&from=11:00&to=12:00")
    assert len(divided) == len(plain)
