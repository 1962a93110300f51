"""Who is here, who is not coming and who stays longer, as the pages say it and their buttons do it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from innovation_station.bookings import presence, queries, service
from innovation_station.bookings.schedule import check_ins
from innovation_station.db import db, transaction
from innovation_station.members.models import Member
from innovation_station.spaces import service as spaces
from innovation_station.timespan import Span
from tests.conftest import MONDAY, NOW, ZONE, Clock, Small, at, browser, log_in, post, statements
from tests.home.test_pages import forms, tap, words

MINUTE = timedelta(minutes=1)
NINE = at(MONDAY, "09:00", "12:00")


def minutes(count: float) -> datetime:
    """Give an instant so many minutes after nine."""
    return NINE.start + count * MINUTE


@pytest.fixture
def asked(app: Flask) -> None:
    """Have the house ask for a check-in at desks, a quarter of an hour after the start at the latest."""
    with app.app_context(), transaction():
        spaces.set_policy(kind="desk", check_in=15, granularity=15)


@pytest.fixture
def booked(app: Flask, small: Small, asked: None) -> int:
    return reserve(app, small)


def reserve(app: Flask, small: Small, span: Span = NINE, who: str = "alva", space: int = 0, **more: Any) -> int:
    with app.app_context(), transaction() as session:
        member = session.get_one(Member, small.people[who])
        return service.reserve(member, space or small.a1, span, now=NOW, zone=ZONE, **more).id


def run(app: Flask, *instants: datetime) -> None:
    """Have the clock's job run."""
    with app.app_context():
        for now in instants:
            check_ins(now)
        db.session.remove()


def stored(app: Flask, booking_id: int) -> tuple[str, bool, Span]:
    with app.app_context():
        booking = queries.get(booking_id)
        assert booking
        db.session.rollback()
        return booking.state, booking.checked_in_at is not None, booking.span


def test_page_says_until_when_and_the_button_checks_in(
    app: Flask, small: Small, alva: FlaskClient, clock: Clock, booked: int
) -> None:
    path = f"/bookings/{booked}"
    text = words(alva.get(path).text)
    assert "Checka in Före 09.15. Sedan släpps platsen." in text
    assert "Checka in" not in forms(alva.get(path).text)
    clock.now = minutes(-10)
    page = alva.get(path).text
    assert "Checka in före 09.15" in words(page)
    answer = tap(alva, page, "Checka in")
    assert (answer.status_code, answer.location) == (303, path)
    page = alva.get(path).text
    assert "Du är incheckad: A1 till 12.00." in words(page) and "Incheckad 08.50" in words(page)
    assert "Avboka bokningen" not in forms(page) and "Checka in" not in forms(page)
    assert "Incheckad · Du" in words(page)
    assert tap(alva, page, "Ångra").status_code == 303
    page = alva.get(path).text
    assert "Incheckningen ångrades." in words(page) and "Checka in" in forms(page)


def test_where_nobody_asks_there_is_no_button(app: Flask, small: Small, alva: FlaskClient, clock: Clock) -> None:
    booking = reserve(app, small, space=small.room)
    clock.now = minutes(1)
    page = alva.get(f"/bookings/{booking}").text
    assert "Checka in" not in words(page) and "Avsluta nu" in forms(page)
    assert post(alva, f"/bookings/{booking}/check-in").status_code == 303, "whoever says so is here all the same"


def test_too_early_is_said_on_the_page_of_the_booking(alva: FlaskClient, booked: int) -> None:
    answer = post(alva, f"/bookings/{booked}/check-in")
    assert answer.status_code == 422
    assert "Det är för tidigt. Du kan checka in från mån 23 nov 08.45." in words(answer.text)
    assert "Skrivbord A1" in words(answer.text)


def test_no_show_is_said_and_the_place_had_back(
    app: Flask, alva: FlaskClient, clock: Clock, booked: int
) -> None:  # fmt: skip
    run(app, minutes(10), minutes(15))
    clock.now = minutes(20)
    page = alva.get(f"/bookings/{booked}").text
    assert "A1 släpptes 09.15. Behöver du den ändå?" in words(page) and "Släppt 09.15" in words(page)
    assert "Släppt, för ingen hade checkat in · Stationen" in words(page)
    assert {"Ändra", "Avboka bokningen"}.isdisjoint(forms(page))
    listed = alva.get("/bookings").text
    assert "Släppt 09.15" in words(listed)
    assert tap(alva, listed, "Ta tillbaka platsen, Skrivbord A1").status_code == 303
    assert stored(app, booked) == ("confirmed", False, NINE)
    assert "Checka in före 09.35" in words(alva.get(f"/bookings/{booked}").text)


def test_place_that_somebody_took_meanwhile_is_answered_with_others(
    app: Flask, small: Small, alva: FlaskClient, clock: Clock, booked: int
) -> None:
    run(app, minutes(10), minutes(15))
    clock.now = minutes(30)
    page = alva.get(f"/bookings/{booked}").text
    with app.app_context(), transaction() as session:
        bo = session.get_one(Member, small.people["bo"])
        service.reserve(bo, small.a1, Span(minutes(30), minutes(90)), now=minutes(30), zone=ZONE)
    answer = tap(alva, page, "Ta tillbaka platsen")
    assert answer.status_code == 409
    assert "A1 togs nyss." in words(answer.text) and "Boka A2, 09.30–12 bredvid" in forms(answer.text)
    assert "Ta tillbaka platsen" not in forms(answer.text)


def test_end_now_frees_the_rest_and_is_taken_back(
    app: Flask, small: Small, alva: FlaskClient, clock: Clock, booked: int
) -> None:
    clock.now = minutes(60)
    answer = tap(alva, alva.get(f"/bookings/{booked}").text, "Avsluta nu")
    assert answer.status_code == 303
    assert stored(app, booked) == ("confirmed", False, Span(NINE.start, minutes(60)))
    clock.now = minutes(60.2)
    page = alva.get(f"/bookings/{booked}").text
    assert "A1 är ledig för andra från 10.00." in words(page)
    assert tap(alva, page, "Ångra").status_code == 303
    assert stored(app, booked)[2] == NINE
    assert "A1 är bokad till 12.00." in words(alva.get(f"/bookings/{booked}").text)


def test_longer_is_offered_as_far_as_it_is_free_and_taken_back(
    app: Flask, small: Small, alva: FlaskClient, clock: Clock, booked: int
) -> None:
    assert "Stanna längre" not in alva.get(f"/bookings/{booked}").text
    reserve(app, small, at(MONDAY, "12:45", "14:00"), who="bo")
    clock.now = minutes(100)
    page = alva.get(f"/bookings/{booked}").text
    offered = [text for text in forms(page) if text.startswith("Till ")]
    assert offered == ["Till 12.15", "Till 12.30", "Till 12.45"]
    assert tap(alva, page, "Till 12.45").status_code == 303
    assert stored(app, booked)[2] == at(MONDAY, "09:00", "12:45")
    page = alva.get(f"/bookings/{booked}").text
    assert "Stanna längre" not in page
    assert tap(alva, page, "Ångra").status_code == 303
    assert stored(app, booked)[2] == NINE


@pytest.mark.parametrize("to", ["", "12:30", "2026-11-23T12:30", "2026-13-23T12:30:00Z", "9999-12-31T23:59:59-14:00"])
def test_an_end_that_is_none_is_refused(alva: FlaskClient, clock: Clock, booked: int, to: str) -> None:
    clock.now = minutes(60)
    assert post(alva, f"/bookings/{booked}/extend", {"to": to}).status_code == 422


def test_longer_than_is_free_is_said_in_words(
    app: Flask, small: Small, alva: FlaskClient, clock: Clock, booked: int
) -> None:
    reserve(app, small, at(MONDAY, "12:15", "14:00"), who="bo")
    clock.now = minutes(60)
    answer = post(alva, f"/bookings/{booked}/extend", {"to": "2026-11-23T12:30:00+01:00"})
    assert answer.status_code == 409 and "A1 är bokad 12.15–14.00." in words(answer.text)


def test_today_has_check_in_as_its_one_button(
    app: Flask, small: Small, alva: FlaskClient, clock: Clock, booked: int
) -> None:
    clock.now = minutes(2)
    page = alva.get("/").text
    seat = page.partition('class="seat"')[2].partition("</section>")[0]
    assert "Din plats till 12 Skrivbord A1, Perrongen. Checka in före 09.15." in words(page)
    assert seat.count("<button") == 1 and "Visa bokningen" not in seat
    answer = tap(alva, page, "Checka in")
    assert answer.location == "/"
    page = alva.get("/").text
    assert "Skrivbord A1, Perrongen. Incheckad 09.02." in words(page) and "Visa bokningen" in page
    assert tap(alva, page, "Ångra").location == "/"


def test_today_offers_back_what_was_let_go(
    app: Flask, small: Small, alva: FlaskClient, clock: Clock, booked: int
) -> None:
    run(app, minutes(10), minutes(15))
    clock.now = minutes(20)
    page = alva.get("/").text
    assert "A1 släpptes 09.15. Behöver du den ändå?" in words(page)
    assert "Perrongen. Släppt 09.15" in words(page)
    reserve(app, small, Span(minutes(30), minutes(60)), who="bo")
    assert "Behöver du den ändå?" not in alva.get("/").text
    with app.app_context(), transaction() as session:
        bo = session.get_one(Member, small.people["bo"])
        service.cancel(bo, queries.upcoming(bo.id, minutes(20))[0].id, now=minutes(20))
    assert tap(alva, alva.get("/").text, "Ta tillbaka platsen").location == "/"
    assert "Din plats till 12" in words(alva.get("/").text)


def test_sheet_of_ones_own_place_has_the_buttons(
    small: Small, alva: FlaskClient, clock: Clock, booked: int
) -> None:  # fmt: skip
    clock.now = minutes(1)
    path = f"/book/{small.a1}?date={MONDAY}&from=09:00&to=12:00"
    page = alva.get(path).text
    assert "Checka in före 09.15" in words(page) and "Avsluta nu, Skrivbord A1" in forms(page)
    assert tap(alva, page, "Checka in, Skrivbord A1").status_code == 303
    clock.now = minutes(30)
    page = alva.get(path).text
    assert "Incheckad 09.01" in words(page) and not [text for text in forms(page) if text.startswith("Avboka")]


def test_list_asks_no_more_for_more_bookings(
    app: Flask, small: Small, alva: FlaskClient, clock: Clock, booked: int
) -> None:
    clock.now = minutes(1)
    counts = []
    for hour in (13, 15):
        with statements(app) as seen:
            alva.get("/bookings")
        counts.append(len(seen))
        reserve(app, small, at(MONDAY, f"{hour}:00", f"{hour + 1}:00"))
    assert counts[0] == counts[1]


def test_staff_check_in_for_a_member_by_name(app: Flask, clock: Clock, booked: int) -> None:
    host = log_in(browser(app, "en"), "host")
    clock.now = minutes(3)
    page = host.get(f"/bookings/{booked}").text
    tap(host, page, "Check in")
    page = words(host.get(f"/bookings/{booked}").text)
    assert "Alva Lindqvist is checked in: A1." in page and "Checked in 09:03" in page


@pytest.mark.parametrize("act", ["check-in", "end", "extend"])
def test_another_members_booking_is_as_unknown_as_none(bo: FlaskClient, clock: Clock, booked: int, act: str) -> None:
    clock.now = minutes(1)
    answer = post(bo, f"/bookings/{booked}/{act}", {"to": "2026-11-23T12:30:00+01:00"})
    assert (answer.status_code, "Alva" in answer.text) == (404, False)


def test_who_leaves_the_house_for_good_lets_go_of_what_was_checked_in_early(
    app: Flask, small: Small, booked: int
) -> None:
    from innovation_station.bookings import personal

    with app.app_context(), transaction() as session:
        alva = session.get_one(Member, small.people["alva"])
        presence.check_in(alva, booked, now=minutes(-10))
        assert personal._release(alva, alva.id, minutes(-9), None) == 1
    assert stored(app, booked)[0] == "cancelled"
