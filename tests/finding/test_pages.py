"""Any free place and a time for several, through the pages: what is booked, what is said, and how much is read."""

from __future__ import annotations

import re
import time
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from innovation_station.bookings import favourites, service
from innovation_station.bookings.models import Allocation, Booking
from innovation_station.db import db, transaction
from innovation_station.directory.models import Colleagues
from innovation_station.errors import Conflict, Refusal
from innovation_station.finding import views
from innovation_station.members.models import Member
from innovation_station.spaces import service as spaces
from innovation_station.spaces.models import Floor, Space
from innovation_station.spaces.rules import Box
from tests.conftest import NOW, TUESDAY, ZONE, Small, at, post, statements

ANY = {"space": "any", "kind": "desk", "date": str(TUESDAY), "start": "13:00", "end": "17:00"}
FIND = f"/find?kind=room&length=60&date={TUESDAY}&until={TUESDAY}&from=13:00&to=14:00"


def book(app: Flask, small: Small, name: str, space: int, start: str, end: str, **more: Any) -> None:
    with app.app_context(), transaction():
        member = db.session.get_one(Member, small.people[name])
        service.reserve(member, space, at(TUESDAY, start, end), now=NOW, zone=ZONE, **more)


def mine(app: Flask, small: Small) -> list[Booking]:
    with app.app_context():
        rows = select(Booking).where(Booking.member_id == small.people["alva"]).order_by(Booking.id)
        return list(db.session.scalars(rows))


def texts(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


# -- favourites ----------------------------------------------------------------------------------------------------------


def test_a_star_is_set_and_taken_away_on_the_sheet(app: Flask, small: Small, alva: FlaskClient) -> None:
    path = f"/book/{small.a2}"
    assert 'aria-pressed="false" aria-label="Favorit"' in alva.get(path).text
    for _twice in range(2):
        answer = post(alva, f"{path}/favourite", {"keep": "1", "next": f"{path}?date={TUESDAY}"})
        assert (answer.status_code, answer.location) == (303, f"{path}?date={TUESDAY}")
    assert 'aria-pressed="true" aria-label="Favorit"' in alva.get(path).text
    with app.app_context():
        assert favourites.of(small.people["alva"]) == {small.a2} and favourites.of(small.people["bo"]) == frozenset()
    assert post(alva, f"{path}/favourite", {"next": "//evil.example"}).location == path
    with app.app_context():
        assert favourites.of(small.people["alva"]) == frozenset()
    assert post(alva, "/book/999/favourite", {"keep": "1"}).status_code == 404


def test_weekdays_that_are_not_among_the_days_are_said(alva: FlaskClient) -> None:
    asked = "/find?kind=room&date=2026-11-24&until=2026-11-26&weekday={}&length=60&from=08:00&to=18:00"
    assert "Ingen av de här veckodagarna ligger mellan de två dagarna." in alva.get(asked.format(0)).text
    assert "Ingen av de här veckodagarna" not in alva.get(asked.format(2)).text


# -- any free place ------------------------------------------------------------------------------------------------------


def test_book_offers_any_free_desk_of_the_chosen_time(small: Small, alva: FlaskClient) -> None:
    page = alva.get(f"/book?date={TUESDAY}&from=13:00&to=17:00&with=screen").text
    (form,) = re.findall(r'<form method="post" action="/bookings" id="anywhere".*?</form>', page, re.DOTALL)
    for part in (
        'name="space" value="any"',
        'name="preset" value="afternoon"',
        'name="with" value="screen"',
        "Boka 13–17",
    ):
        assert part in form
    assert f'href="/find?date={TUESDAY}&kind=desk&from=13:00&to=17:00&with=screen&length=240"' in page.replace(
        "&amp;", "&"
    )
    assert 'id="anywhere"' not in alva.get("/book?date=2026-11-20").text  # that day is over
    assert 'id="anywhere"' not in alva.get(f"/book?date={TUESDAY}&kind=room").text


def test_the_favourite_is_picked_and_the_receipt_says_so(app: Flask, small: Small, alva: FlaskClient) -> None:
    post(alva, f"/book/{small.a2}/favourite", {"keep": "1"})
    answer = post(alva, "/bookings", ANY)
    (booked,) = mine(app, small)
    assert (answer.status_code, answer.location) == (303, f"/bookings/{booked.id}?why=favourite")
    assert booked.space_id == small.a2
    assert "A2 är din, tis 24 nov 13–17. Den är en av dina favoriter." in alva.get(answer.location).text
    part = alva.get(answer.location, headers={"X-Part": "sheet"}).text
    assert "en av dina favoriter" in part and f'data-space="{small.a2}"' in part
    assert "favoriter" not in alva.get(f"/bookings/{booked.id}?why=<b>").text


def test_what_is_used_often_is_picked_where_the_favourite_is_taken(app: Flask, small: Small, alva: FlaskClient) -> None:
    with app.app_context(), transaction():
        favourites.keep(small.people["alva"], small.a2, now=NOW)
        past = at(TUESDAY, "08:00", "12:00").shifted(-timedelta(days=7))
        db.session.add(Booking(
            uid="u", member_id=small.people["alva"], space_id=small.a3, start=past.start, end=past.end, public=False,
            created_at=NOW, changed_at=NOW,
        ))  # fmt: skip
    book(app, small, "bo", small.a2, "15:00", "16:00")
    answer = post(alva, "/bookings", {**ANY, "preset": "afternoon"})
    assert answer.location.endswith("?why=often") and mine(app, small)[-1].space_id == small.a3


def test_a_colleague_is_near_only_where_the_booking_is_shown(app: Flask, small: Small, alva: FlaskClient) -> None:
    with app.app_context(), transaction():
        low, high = sorted((small.people["alva"], small.people["bo"]))
        db.session.add(Colleagues(low_id=low, high_id=high, asked_by=low, state="accepted", changed_at=NOW))
        floor = db.session.scalars(select(Floor)).one()
        far = spaces.add_space(floor=floor, kind="desk", name="Z1", box=Box(800, 400, 50, 48)).id
        near = spaces.add_space(floor=floor, kind="desk", name="Z2", box=Box(740, 400, 50, 48)).id
    book(app, small, "bo", far, "13:00", "17:00", public=False)
    assert post(alva, "/bookings", ANY).location.endswith("?why=quiet")
    assert mine(app, small)[-1].space_id not in (far, near)
    with app.app_context(), transaction():
        me = db.session.get_one(Member, small.people["alva"])
        service.cancel(me, mine(app, small)[-1].id, now=NOW)
        db.session.scalars(select(Booking).where(Booking.space_id == far)).one().public = True
    assert post(alva, "/bookings", ANY).location.endswith("?why=near")
    assert mine(app, small)[-1].space_id == near


def test_the_same_submit_books_once_whatever_it_gets(app: Flask, small: Small, alva: FlaskClient) -> None:
    first = post(alva, "/bookings", {**ANY, "key": "tap"})
    again = post(alva, "/bookings", {**ANY, "key": "tap"})
    assert first.location.partition("?")[0] == again.location.partition("?")[0] and len(mine(app, small)) == 1
    post(alva, "/bookings", {**ANY, "key": "tap", "start": "08:00", "end": "10:00"})
    assert len(mine(app, small)) == 2


def test_the_next_best_is_booked_where_somebody_was_faster(
    app: Flask, small: Small, alva: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody takes each of the first two places between the look and the booking."""
    real, tried = service.reserve, []

    def reserve(actor: Any, space_id: int, *args: Any, **more: Any) -> Booking:
        tried.append(space_id)
        if len(tried) < 3:
            raise Conflict([Refusal("taken", "space", {"space": "A1", "span": at(TUESDAY, "13:00", "17:00")})])
        return real(actor, space_id, *args, **more)

    monkeypatch.setattr(service, "reserve", reserve)
    assert post(alva, "/bookings", ANY).status_code == 303
    assert len(set(tried)) == 3 and mine(app, small)[0].space_id == tried[-1]


def test_nothing_free_says_so_and_offers_what_comes_near(app: Flask, small: Small, alva: FlaskClient) -> None:
    for desk in (small.a1, small.a2, small.a3):
        book(app, small, {small.a1: "bo", small.a2: "host", small.a3: "admin"}[desk], desk, "13:00", "17:00")
    answer = post(alva, "/bookings", {**ANY, "start": "13:00", "end": "14:00"})
    assert answer.status_code == 409 and mine(app, small) == []
    assert "Inget sådant är ledigt då." in answer.text and "1 timme tidigare" in answer.text
    assert f'href="/find?kind=desk&amp;length=60&amp;date={TUESDAY}' in answer.text
    part = alva.post("/bookings", data={**ANY, "csrf_token": token(alva)}, headers={"X-Part": "sheet"})
    assert part.status_code == 409 and '<section class="sheet' in part.text and "<main" not in part.text


def token(client: FlaskClient) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/book").text)
    assert found
    return found[1]


@pytest.mark.parametrize(
    ("data", "status", "said"),
    [
        ({"date": "2026-11-28"}, 422, "Stationen är stängd lördag 28 november"),
        ({"date": "2026-11-20"}, 422, "passerat"),
        ({"zone": "99"}, 422, "Det finns ingen sådan plats"),
        ({"with": "projector"}, 422, "Det finns ingen sådan plats"),
        ({"start": "17:00", "end": "13:00"}, 422, "Slutet"),
        ({"date": "x"}, 422, ""),
        ({"zone": "x"}, 422, ""),
        ({"kind": "spaceship"}, 303, ""),
        ({"for": "2"}, 422, "Välj en plats"),  # for others a place is chosen
    ],
)
def test_what_cannot_be_had_is_refused(
    app: Flask, small: Small, alva: FlaskClient, data: dict[str, str], status: int, said: str
) -> None:
    answer = post(alva, "/bookings", {**ANY, **data})
    assert answer.status_code == status and said in answer.text


def test_a_desk_at_the_same_time_is_enough(app: Flask, small: Small, alva: FlaskClient) -> None:
    book(app, small, "alva", small.a1, "13:00", "17:00")
    answer = post(alva, "/bookings", {**ANY, "start": "12:00", "end": "14:00"})
    assert answer.status_code in (409, 422) and len(mine(app, small)) == 1


# -- a time --------------------------------------------------------------------------------------------------------------


def test_find_starts_empty_and_takes_what_book_hands_on(small: Small, alva: FlaskClient) -> None:
    assert "En tid för er alla" in alva.get("/find").text
    page = alva.get(f"/find?date={TUESDAY}&kind=room&from=13:00&to=17:00").text
    assert '<option selected value="13:00">' in page and "tider är precis det" in page
    refused = alva.get(
        "/find?people=x&date=2026-13-40&from=25:99&kind=boat&length=-3&zone=a&space=b&weekday=9&layout=x"
    )
    assert refused.status_code == 200 and 'aria-invalid="true"' in refused.text


def test_find_answers_exact_times_and_what_comes_near(app: Flask, small: Small, alva: FlaskClient) -> None:
    book(app, small, "bo", small.room, "13:45", "15:00")
    page = texts(alva.get(f"{FIND}&people=6&space={small.room}").text)
    assert "Inget är precis det" in page
    for said in (
        "12.45–13.45 , Hågelby 15 minuter tidigare",
        "i Scenen i stället",
        "Bås 1 är för liten: det saknas 5 platser.",
    ):
        assert said in page, said
    page = texts(alva.get(f"/find?kind=room&length=60&date={TUESDAY}&until=2026-11-26&from=13:00&to=14:00&people=6&weekday=1").text)  # fmt: skip
    assert "1 tid är precis det" in page and "samma plats måndag 23 november" in page


def test_what_is_found_is_booked_by_one_press(app: Flask, small: Small, alva: FlaskClient) -> None:
    page = alva.get(f"{FIND}&people=7").text
    (form, *_more) = re.findall(r'<form method="post" action="/bookings">.*?</form>', page, re.DOTALL)
    data = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form))
    assert alva.post("/bookings", data=data).status_code == 303
    (booked,) = mine(app, small)
    assert (booked.space_id, booked.span, booked.people) == (small.room, at(TUESDAY, "13:00", "14:00"), 7)
    assert "14.00" not in data["start"] and "precis det" in alva.get(f"{FIND}&people=7").text


def test_colleagues_count_as_far_as_they_show_it(app: Flask, small: Small, alva: FlaskClient) -> None:
    with app.app_context(), transaction():
        low, high = sorted((small.people["alva"], small.people["bo"]))
        db.session.add(Colleagues(low_id=low, high_id=high, asked_by=low, state="accepted", changed_at=NOW))
    bo = small.people["bo"]
    assert "Kollegor som ska vara lediga" in alva.get("/find").text
    book(app, small, "bo", small.booth, "13:00", "14:00", public=False)
    with_bo = f"{FIND}&people=6&colleague={bo}"
    assert "tider är precis det" in alva.get(with_bo).text  # what is not shown is not told
    with app.app_context(), transaction():
        db.session.scalars(select(Booking).where(Booking.member_id == bo)).one().public = True
    assert "Inget är precis det" in alva.get(with_bo).text
    assert "tider är precis det" in alva.get(f"{FIND}&people=6&colleague={small.people['host']}").text  # no colleague


def test_own_meetings_are_in_the_way(app: Flask, small: Small, alva: FlaskClient) -> None:
    book(app, small, "alva", small.booth, "13:00", "14:00")
    assert "Inget är precis det" in alva.get(f"{FIND}&people=6").text
    book(app, small, "bo", small.a1, "13:00", "14:00")
    assert "precis det" in alva.get(FIND.replace("room", "desk")).text


def test_a_refused_booking_leads_to_a_search(app: Flask, small: Small, alva: FlaskClient) -> None:
    book(app, small, "bo", small.room, "13:00", "15:00")
    answer = post(
        alva, "/bookings", {"space": small.room, "date": str(TUESDAY), "start": "13:00", "end": "14:00", "people": "6"}
    )
    found = re.search(r'href="(/find\?[^"]+)"', answer.text)
    assert answer.status_code == 409 and found
    page = texts(alva.get(found[1].replace("&amp;", "&").partition("#")[0]).text)
    assert "1 timme tidigare" in page and "precis det" in page


def test_a_range_is_cut_to_31_days_and_says_so(small: Small, alva: FlaskClient) -> None:
    assert "De första 31 dagarna" in alva.get(f"/find?kind=room&length=60&date={TUESDAY}&until=2027-03-01").text
    assert "De första 31 dagarna" not in alva.get(FIND).text


def enlarge(app: Flask, small: Small) -> None:
    """Add rooms and desks until there are 200 places, each taken four times a day for a month."""
    with app.app_context(), transaction():
        floor = db.session.scalars(select(Floor)).one()
        for number in range(194):
            kind = "room" if number % 2 else "desk"
            spaces.add_space(floor=floor, kind=kind, name=f"P{number}", box=Box(number, 1, 20, 20), capacity=4)
        ids = list(db.session.scalars(select(Space.id)))
        rows = [
            (space, day, hour) for space in ids for day in range(31) for hour in (8, 10, 13, 15)
            if (TUESDAY + timedelta(days=day)).weekday() < 5
        ]  # fmt: skip
        db.session.execute(Booking.__table__.insert(), [
            {"id": number, "uid": f"u{number}", "member_id": small.people["bo"], "space_id": space, "title": "",
             "start": (span := at(TUESDAY + timedelta(days=day), f"{hour:02}:00", f"{hour + 1:02}:30")).start,
             "end": span.end, "public": False, "state": "confirmed", "setup": 0, "clearing": 0, "sequence": 0,
             "revision": 0, "created_at": NOW, "changed_at": NOW}
            for number, (space, day, hour) in enumerate(rows, 1)
        ])  # fmt: skip
        db.session.execute(Allocation.__table__.insert(), [
            {"space_id": space, "booking_id": number,
             "start": (span := at(TUESDAY + timedelta(days=day), f"{hour:02}:00", f"{hour + 1:02}:30")).start, "end": span.end}
            for number, (space, day, hour) in enumerate(rows, 1)
        ])  # fmt: skip


MONTH = f"/find?kind=room&people=4&length=60&date={TUESDAY}&until=2026-12-24&from=08:00&to=18:00"


def test_a_month_of_two_hundred_places_takes_a_statement_a_table(
    app: Flask, small: Small, alva: FlaskClient, record_property: Any
) -> None:
    alva.get(FIND)
    with statements(app) as few:
        alva.get(FIND)
    enlarge(app, small)
    assert "Precis det, de 40 bästa" in alva.get(MONTH).text
    began = time.process_time()
    with statements(app) as many:
        alva.get(MONTH)
    record_property("cpu_ms", round((time.process_time() - began) * 1000))
    assert len(many) == len(few), (few, many)
    for table in ("FROM allocation", "FROM favourite", "FROM colleagues"):
        assert sum(table in statement for statement in many) <= 1, table
    assert sum("FROM booking" in statement for statement in many) <= 2, many  # what one has ahead, and what one used


def test_new_house_rules_are_accepted_before_anything_is_picked(
    app: Flask, small: Small, alva: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "booking_refusals", lambda _actor: [Refusal("rules-new")])
    answer = post(alva, "/bookings", ANY)
    assert answer.status_code == 422 and "/rules" in answer.text and mine(app, small) == []
    assert "1 timme" not in texts(answer.text)  # nothing is offered that would be refused as well
    assert "/rules" in alva.get("/find").text
