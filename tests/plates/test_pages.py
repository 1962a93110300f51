"""The page that the picture on a place opens, and the sheets on which the pictures are printed."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from innovation_station.bookings import service as bookings
from innovation_station.bookings.models import Booking
from innovation_station.db import db, transaction
from innovation_station.members.models import Member
from innovation_station.plates.rules import free_next, offers
from innovation_station.spaces import codes
from innovation_station.spaces import service as spaces
from innovation_station.spaces.rules import Place, Policy
from innovation_station.timespan import Span
from tests.bookings.test_rules import NINE, ROOM, moment
from tests.conftest import (  # fmt: skip
    MONDAY,
    NOW,
    PASSWORD,
    PEOPLE,
    TUESDAY,
    ZONE,
    Clock,
    Small,
    at,
    browser,
    log_in,
    statements,
    token_in,
)
from tests.home.test_pages import forms, tap, words

TEN = at(MONDAY, "10:00", "11:00").start


@pytest.fixture
def code(app: Flask, small: Small) -> str:
    """Give the code that stands on A1."""
    with app.app_context():
        return codes.every()[small.a1]


@pytest.fixture
def host(app: Flask) -> FlaskClient:
    return log_in(browser(app), "host")


def reserve(app: Flask, small: Small, start: str, end: str, who: str = "bo", space: int = 0) -> int:
    with app.app_context(), transaction() as session:
        member = session.get_one(Member, small.people[who])
        return bookings.reserve(member, space or small.a1, at(MONDAY, start, end), now=NOW, zone=ZONE).id


def booked(app: Flask) -> list[tuple[int, Span, bool]]:
    with app.app_context():
        rows = db.session.scalars(db.select(Booking).order_by(Booking.id)).all()
        return [(row.member_id, row.span, row.checked_in_at is not None) for row in rows]


def act(client: FlaskClient, page: str, text: str) -> Any:
    return tap(client, page, text)


# -- which hours are offered ------------------------------------------------------------------------------------------


def spans(place: Place, now: datetime, *taken: Span) -> list[str]:
    from innovation_station.bookings.rules import Held

    held = [Held(place.id, span, 90 + number, 7) for number, span in enumerate(taken)]
    found = offers(place, moment(now), held, ())
    return [f"{wish.span.start.astimezone(ZONE):%H:%M}-{wish.span.end.astimezone(ZONE):%H:%M}" for wish in found]


@pytest.mark.parametrize(
    ("taken", "expected"),
    [
        ([], ["09:00-10:00", "09:00-11:00", "09:00-18:00"]),
        (["09:30-12:00"], ["09:00-09:30"]),
        (["10:00-12:00"], ["09:00-10:00"]),
        (["11:30-12:00"], ["09:00-10:00", "09:00-11:00", "09:00-11:30"]),
        (["08:00-12:00"], ["12:00-13:00", "12:00-14:00", "12:00-18:00"]),
        (["08:00-18:00"], []),
    ],
)
def test_next_hours_that_are_free_are_offered(taken: list[str], expected: list[str]) -> None:
    now = at(TUESDAY, "09:05", "10:00").start
    assert spans(ROOM, now, *(at(TUESDAY, *text.split("-")) for text in taken)) == expected


def test_offers_keep_to_the_rules_of_the_place() -> None:
    from dataclasses import replace

    now = at(TUESDAY, "09:05", "10:00").start
    assert spans(replace(ROOM, policy=Policy(longest=90)), now) == ["09:00-10:00", "09:00-10:30"]
    assert spans(replace(ROOM, policy=Policy(shortest=90)), now) == ["09:00-11:00", "09:00-18:00"]
    assert spans(replace(ROOM, policy=Policy(notice=60)), now) == ["10:15-11:15", "10:15-12:15", "10:15-18:00"]
    assert spans(replace(ROOM, policy=Policy(booked_by="host")), now) == []
    assert spans(replace(ROOM, policy=Policy(setup=30)), now, at(TUESDAY, "08:00", "09:00"))[0] == "09:30-10:30"
    days = replace(ROOM, policy=Policy(granularity=1440))
    assert spans(days, now) == ["08:00-18:00"]


def test_closed_days_offer_nothing() -> None:
    saturday = at(TUESDAY + timedelta(days=4), "09:00", "10:00").start
    assert free_next(ROOM, moment(saturday), ()) is None
    assert free_next(ROOM, moment(at(TUESDAY, "19:00", "20:00").start), ()) is None
    assert free_next(ROOM, moment(NINE.start), ()) is not None


# -- the page ---------------------------------------------------------------------------------------------------------


def test_visitor_logs_in_and_comes_back(app: Flask, code: str) -> None:
    client = browser(app)
    answer = client.get(f"/q/{code}")
    assert (answer.status_code, answer.location) == (303, f"/login?next=/q/{code}") and "A1" not in answer.text
    page = client.get(answer.location).text
    data = {"email": PEOPLE["alva"][0], "password": PASSWORD, "csrf_token": token_in(page), "next": f"/q/{code}"}
    assert client.post(answer.location, data=data).location == f"/q/{code}"


def test_opening_changes_nothing(app: Flask, small: Small, alva: FlaskClient, code: str, clock: Clock) -> None:
    reserve(app, small, "10:00", "12:00", "alva")
    clock.now = TEN
    before = booked(app)
    with statements(app) as seen:
        alva.get(f"/q/{code}")
    assert booked(app) == before
    assert not [text for text in seen if re.match(r"(?i)(insert|update|delete)", text)]
    assert alva.get(f"/q/{code}/book").status_code == 405


def test_unknown_codes_are_said(app: Flask, small: Small, alva: FlaskClient, code: str) -> None:
    for wrong in ("x", "a" * 12, code[:-1], code + "a"):
        answer = alva.get(f"/q/{wrong}")
        assert answer.status_code == 404, wrong
    assert "Koden är inte vår" in answer.text
    assert alva.get(f"/q/{code.upper()}").status_code == 200
    admin = log_in(browser(app), "admin")
    token = token_in(admin.get("/staff/plates").text)
    admin.post(f"/staff/plates/{small.a1}/renew", data={"csrf_token": token})
    assert alva.get(f"/q/{code}").status_code == 404


def test_free_place_is_booked_with_one_button_and_once(
    app: Flask, small: Small, alva: FlaskClient, code: str, clock: Clock
) -> None:
    clock.now = TEN + timedelta(minutes=5)
    page = alva.get(f"/q/{code}").text
    assert "Ledigt till 18.00" in words(page)
    assert list(forms(page))[:1] and {"Boka nu, till 11.00", "Boka nu, till 12.00", "Boka nu, till 18.00"} <= set(forms(page))  # fmt: skip
    first = act(alva, page, "Boka nu, till 11.00")
    again = act(alva, page, "Boka nu, till 11.00")
    assert (first.status_code, first.location) == (again.status_code, again.location) == (303, f"/q/{code}")
    assert booked(app) == [(small.people["alva"], Span(TEN, TEN + timedelta(hours=1)), False)]
    page = alva.get(f"/q/{code}").text
    assert "Din till 11.00" in words(page) and "Boka nu" not in words(page) and "Checka in" in forms(page)


def test_who_stands_there_checks_in_leaves_and_stays(
    app: Flask, small: Small, alva: FlaskClient, code: str, clock: Clock
) -> None:
    """Also where no rule asks for a check-in, and from a quarter of an hour before."""
    made = reserve(app, small, "10:00", "12:00", "alva")
    clock.now = TEN - timedelta(minutes=20)
    assert "Checka in" not in forms(alva.get(f"/q/{code}").text)
    clock.now = TEN - timedelta(minutes=10)
    page = alva.get(f"/q/{code}").text
    assert "Din bokning, 10.00–12.00" in words(page)
    answer = act(alva, page, "Checka in")
    assert (answer.status_code, answer.location) == (303, f"/q/{code}")
    clock.now = TEN + timedelta(hours=1)
    page = alva.get(f"/q/{code}").text
    assert "Incheckad 09.50" in words(page) and "Checka in" not in forms(page) and "Till 12.30" in forms(page)
    assert act(alva, page, "Till 12.30").location == f"/q/{code}"
    assert act(alva, alva.get(f"/q/{code}").text, "Avsluta nu").location == f"/q/{code}"
    with app.app_context():
        assert db.session.get_one(Booking, made).end == TEN + timedelta(hours=1)


def test_taken_place_says_until_when_and_what_is_free(
    app: Flask, small: Small, alva: FlaskClient, code: str, clock: Clock
) -> None:
    reserve(app, small, "10:00", "12:00")
    clock.now = TEN
    page = alva.get(f"/q/{code}").text
    assert "Bokat till 12.00" in words(page) and "Bo " not in words(page).split("Bokat till")[1][:40]
    assert "Boka 12.00–13.00" in forms(page) and "Din bokning" not in page
    reserve(app, small, "12:00", "18:00")
    page = alva.get(f"/q/{code}").text
    assert "Ledigt i stället" in words(page) and "A2" in words(page)


def test_place_that_is_taken_meanwhile_says_so_and_what_instead(
    app: Flask, small: Small, alva: FlaskClient, code: str, clock: Clock
) -> None:
    clock.now = TEN
    page = alva.get(f"/q/{code}").text
    reserve(app, small, "10:00", "18:00")
    answer = act(alva, page, "Boka nu, till 11.00")
    assert answer.status_code == 409 and "A1 är bokad" in answer.text and "Ledigt i stället" in words(answer.text)


@pytest.mark.parametrize(
    ("start", "end", "status", "said"),
    [
        ("x", "y", 422, "Skriv tider som"),
        ("2026-11-23T11:00:00+00:00", "2026-11-23T10:00:00+00:00", 422, "Slutet måste komma efter början."),
        ("2026-11-23T05:00:00+00:00", "2026-11-23T06:00:00+00:00", 422, "Den tiden har passerat."),
    ],
)
def test_what_the_page_would_not_send_is_refused_in_words(
    app: Flask, alva: FlaskClient, code: str, clock: Clock, start: str, end: str, status: int, said: str
) -> None:
    clock.now = TEN
    token = token_in(alva.get(f"/q/{code}").text)
    answer = alva.post(f"/q/{code}/book", data={"csrf_token": token, "start": start, "end": end})
    assert answer.status_code == status and said in answer.text and booked(app) == []


def test_booking_takes_a_token(app: Flask, alva: FlaskClient, code: str, clock: Clock) -> None:
    clock.now = TEN
    data = {"start": TEN.isoformat(), "end": (TEN + timedelta(hours=1)).isoformat()}
    assert alva.post(f"/q/{code}/book", data=data).status_code == 400
    assert booked(app) == []


def test_fault_is_reported_from_the_page_and_back_to_it(app: Flask, small: Small, alva: FlaskClient, code: str) -> None:
    page = alva.get(f"/q/{code}").text
    token = token_in(page)
    assert f'action="/spaces/{small.a1}/fault"' in page
    sent = {"csrf_token": token, "sort": "light", "text": "", "next": f"/q/{code}"}
    assert alva.post(f"/spaces/{small.a1}/fault", data=sent).location == f"/q/{code}"
    assert "Ljus: ny" in alva.get(f"/q/{code}").text


def test_place_that_cannot_be_had_says_why(app: Flask, small: Small, code: str, clock: Clock) -> None:
    with app.app_context(), transaction():
        spaces.set_policy(kind="desk", booked_by="host")
    clock.now = TEN
    page = words(log_in(browser(app)).get(f"/q/{code}").text)
    assert "A1 bokas bara av" in page and "Boka nu" not in page
    english = words(log_in(browser(app, "en"), "host").get(f"/q/{code}").text)
    assert "Book now, until 11:00" in english


def test_page_costs_the_same_for_an_empty_and_a_full_day(
    app: Flask, small: Small, alva: FlaskClient, code: str, clock: Clock
) -> None:
    def cost() -> int:
        alva.get(f"/q/{code}")
        with statements(app) as seen:
            assert alva.get(f"/q/{code}").status_code == 200
        return len(seen)

    clock.now = TEN
    empty = cost()
    for start, end in (("12:00", "13:00"), ("13:00", "14:00"), ("15:00", "16:00")):
        reserve(app, small, start, end)
    assert cost() == empty <= 6


# -- the sheets -------------------------------------------------------------------------------------------------------


def test_every_place_has_its_picture(app: Flask, small: Small, host: FlaskClient, code: str) -> None:
    page = host.get("/staff/plates").text
    assert page.count('class="plate card pad"') == 6 and f"/q/{code}" in page
    assert "Skanna för att checka in" in page and "Scan to check in" in page
    assert "style=" not in page and page.count("<svg") >= 6
    alone = host.get(f"/staff/plates?space={small.a1}").text
    assert alone.count('class="plate card pad"') == 1 and f"/q/{code}" in alone


def test_picture_holds_the_address(app: Flask, host: FlaskClient, code: str) -> None:
    """Read it back: the modules are those of the address and no other."""
    from innovation_station.plates.staff import picture

    page = host.get("/staff/plates").text
    address = re.search(rf"https?://[^<]*/q/{code}", page)
    assert address and str(picture(address[0])) in page
    assert picture(address[0]) != picture(address[0] + "x")
