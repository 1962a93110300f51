"""When a member is busy elsewhere, on the pages where they book: for their eyes alone, and in no booking's way."""

from __future__ import annotations

from flask import Flask
from flask.testing import FlaskClient

from innovation_station.external import beside
from innovation_station.external.queries import Busy
from tests.conftest import MONDAY, TUESDAY, ZONE, Clock, at, browser, log_in, post, statements
from tests.external.conftest import Hand, local

SHEET = "/book/{}?date=2026-11-24&from={}&to={}"
THEN, THAT_DAY = "Då är du upptagen på annat håll:", "Den dagen är du upptagen på annat håll: 09.00–10.00 Jobbet."


def test_the_sheet_says_that_its_reader_is_busy_then(
    app: Flask, hand: Hand, alva: FlaskClient, bo: FlaskClient
) -> None:
    hand.add(local("0900", "1000", more="SUMMARY:Secret"), own=True, who="alva", name="Jobbet")
    page = alva.get(SHEET.format(hand.small.a1, "09:00", "12:00")).text
    assert THEN in page and "09.00–10.00 Jobbet" in page and "Secret" not in page
    page = alva.get(SHEET.format(hand.small.a1, "10:00", "12:00")).text
    assert THEN not in page and THAT_DAY in page
    assert "Jobbet" not in alva.get(SHEET.format(hand.small.a1, "09:00", "12:00").replace("-24", "-25")).text
    for other in (bo, log_in(browser(app), "admin")):
        page = other.get(SHEET.format(hand.small.a1, "09:00", "12:00")).text
        assert "Jobbet" not in page and THEN not in page


def test_who_is_busy_elsewhere_may_book_and_is_told_on_the_booking(app: Flask, hand: Hand, alva: FlaskClient) -> None:
    hand.add(local("0900", "1000"), own=True, who="alva", name="Jobbet")
    wish = {"space": str(hand.small.a1), "date": "2026-11-24", "start": "09:00", "end": "11:00"}
    answer = post(alva, "/bookings", wish)
    assert answer.status_code == 303
    page = alva.get(answer.location).text
    assert THEN in page and "Jobbet" in page
    host = log_in(browser(app), "host")
    assert "Jobbet" not in host.get(answer.location).text


def test_what_is_found_says_when_its_reader_is_busy(app: Flask, hand: Hand, alva: FlaskClient, bo: FlaskClient) -> None:
    hand.add(local("0800", "1800"), own=True, who="alva", name="Jobbet")
    path = "/find?kind=room&people=2&length=60&date=2026-11-24&until=2026-11-24&from=09:00&to=12:00"
    assert "Då är du upptagen: Jobbet" in alva.get(path).text
    assert "Jobbet" not in bo.get(path).text


def test_today_says_when_one_is_busy_elsewhere(app: Flask, hand: Hand, alva: FlaskClient, bo: FlaskClient) -> None:
    hand.add(local("0900", "1000", day="20261123"), own=True, who="alva", name="Jobbet")
    assert "Upptagen på annat håll: 09.00–10.00 Jobbet." in alva.get("/").text
    assert "Jobbet" not in bo.get("/").text


def test_the_sheet_costs_the_same_whatever_one_is_busy_with(app: Flask, hand: Hand, alva: FlaskClient) -> None:
    path = SHEET.format(hand.small.a1, "09:00", "12:00")
    costs = []
    for number in range(3):
        alva.get(path)
        with statements(app) as seen:
            alva.get(path)
        costs.append(len(seen))
        hand.add(local("0900", "1000", str(number)), local("1300", "1400", f"x{number}"), own=True, who="alva")
    assert costs == [costs[0], costs[0] + 1, costs[0] + 1]  # who has no calendar pays nothing for it


def test_times_are_cut_to_the_day(app: Flask, clock: Clock) -> None:
    day = at(TUESDAY, "00:00", "23:59")
    long = Busy(at(MONDAY, "22:00", "23:00"), "A")._replace(
        span=beside.Span(at(MONDAY, "22:00", "23:00").start, day.end)
    )
    with app.test_request_context(headers={"Accept-Language": "en"}):
        [line] = beside.lines([long], day)
        assert line.endswith(" A") and beside.during([long], at(TUESDAY, "10:00", "11:00")) == "You are busy then: A"
        assert beside.during([long], at(MONDAY, "10:00", "11:00")) is None
    assert day.start.astimezone(ZONE).date() == TUESDAY
