"""A day as it is sent, kept for the next page: the same to the byte, nobody else's, and small on the wire."""

from __future__ import annotations

import gzip
import re
from datetime import timedelta

import brotli
import pytest
from flask import Flask
from flask.testing import FlaskClient

from innovation_station.assembled import Ready, Stock, assembled, hole, takes_gzip
from innovation_station.bookings import laid, views
from tests.conftest import MONDAY, TUESDAY, Clock, Small, at, browser, log_in, post, statements

PAGE = f"/book?date={TUESDAY}&from=09:00&to=11:00"
OWN = re.compile(r'(name="(?:csrf_token|key)" value=")[^"]+')


@pytest.fixture(autouse=True)
def nothing_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(laid, "_stock", Stock(laid.MOST))
    monkeypatch.setattr(laid, "_bars", Stock(laid.MOST_BARS))


def text(client: FlaskClient, page: str = PAGE) -> str:
    """Give a page without what is new on each."""
    return OWN.sub(r"\1", client.get(page).text)


def book(client: FlaskClient, space: int, start: str = "09:00", end: str = "11:00", day: object = TUESDAY) -> None:
    assert post(client, "/bookings", {"space": space, "date": str(day), "start": start, "end": end}).status_code == 303


def test_a_kept_day_is_the_same_to_the_byte(small: Small, alva: FlaskClient, bo: FlaskClient) -> None:
    book(bo, small.a2)
    book(bo, small.room)
    for page in (PAGE, f"{PAGE}&kind=room", f"{PAGE}&zone=1&with=screen", f"{PAGE}&lang=en"):
        first = text(alva, page)
        assert first == text(alva, page) and "<!--" not in first


def test_a_kept_day_offers_nothing_beside_what_one_has(
    small: Small, alva: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    last = at(TUESDAY - timedelta(weeks=1), "09:00", "11:00")
    monkeypatch.setattr(views, "_usual", lambda _now: ((small.a1, last.start, last.end),))
    assert ["again-side" in alva.get(PAGE).text for _look in range(3)] == [True] * 3
    book(alva, small.room)
    assert ["again-side" in alva.get(PAGE).text for _look in range(3)] == [False] * 3


def test_forms_of_a_kept_day_are_new(small: Small, alva: FlaskClient) -> None:
    """The key makes two taps one booking: on two pages it must not be the same."""
    keys = [re.findall(r'name="key" value="([^"]+)"', alva.get(PAGE).text) for _ in range(2)]
    assert keys[0] and set(keys[0]).isdisjoint(keys[1])


def test_who_has_something_there_sees_it_alone(app: Flask, small: Small, alva: FlaskClient, bo: FlaskClient) -> None:
    host = log_in(browser(app), "host")
    book(alva, small.a1)
    for _again in range(2):
        for client, state in ((bo, "taken"), (alva, "mine"), (host, "taken")):
            assert re.search(rf'id="p{small.a1}"[^>]*data-state="(\w+)"', text(client))[1] == state  # type: ignore[index]
    assert "data-move" in text(alva) and "data-move" not in text(bo)


def test_a_day_is_put_together_anew_only_where_that_shows(
    small: Small, alva: FlaskClient, bo: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = []
    compose = laid.DayPage.compose
    monkeypatch.setattr(laid.DayPage, "compose", lambda self: made.append(self.day.date) or compose(self))
    before = text(alva)
    book(bo, small.a1, day=TUESDAY + timedelta(days=1))
    assert text(alva).partition("</nav>")[2] != before and made == [TUESDAY]  # counts of the other day apart
    book(bo, small.a1)
    text(alva)
    assert "mine" in text(bo) and made == [TUESDAY] * 3
    book(bo, small.a2, "14:00", "15:00", TUESDAY + timedelta(days=2))
    for client in (alva, bo, alva, bo):
        text(client)
    assert made == [TUESDAY] * 3


def test_counts_of_days_follow_bookings_and_filters(small: Small, alva: FlaskClient, bo: FlaskClient) -> None:
    def free() -> str:
        return re.search(rf'href="/book\?date={TUESDAY}[^>]*>.*?<em>(.*?)</em>', text(alva))[1]  # type: ignore[index]

    before = free()
    book(bo, small.a1)
    assert free() != before


def test_habits_are_known_as_they_are(app: Flask, small: Small, alva: FlaskClient, clock: Clock) -> None:
    """What somebody mostly books is read once a day for each change of it."""
    book(alva, small.a1, "13:00", "17:00", MONDAY)
    week = f"/book?date={MONDAY + timedelta(days=7)}"
    assert "again-top" not in text(alva, week)  # it has not begun
    clock.now += timedelta(hours=7)
    assert "again-top" in text(alva, week) and "A1, 13–17" in text(alva, week)
    with statements(app) as seen:
        text(alva, week)
    assert len([each for each in seen if "booking" in each and "ORDER BY booking.start DESC" in each]) == 0
    book(alva, small.a2, "13:00", "17:00", MONDAY + timedelta(days=7))
    assert "again-top" not in text(alva, week)  # one desk at a time


def test_a_browser_gets_what_it_takes(small: Small, alva: FlaskClient) -> None:
    plain = text(alva)
    answer = alva.get(PAGE, headers={"Accept-Encoding": "gzip, deflate, br, zstd"})
    assert answer.headers["Content-Encoding"] == "gzip" and len(answer.data) < len(plain) / 3
    assert OWN.sub(r"\1", gzip.decompress(answer.data).decode()) == plain
    assert answer.headers["Content-Length"] == str(len(answer.data)) and "Accept-Encoding" in answer.headers["Vary"]
    answer = alva.get(PAGE, headers={"Accept-Encoding": "br"})
    assert OWN.sub(r"\1", brotli.decompress(answer.data).decode()) == plain
    assert "Content-Encoding" not in post(alva, "/bookings", {"date": "x"}).headers


def test_parts_go_where_their_holes_are(app: Flask) -> None:
    page = assembled(f"a{hole(1)}b{hole(0)}<!--0-->", [Ready("å"), Ready("ä")])
    assert page.get_data(as_text=True) == "aäbå<!--0-->"
    page.put_together(packed_up=True)
    assert gzip.decompress(page.get_data()).decode() == "aäbå<!--0-->"


def test_a_stock_lets_go_what_was_not_asked_for_the_longest() -> None:
    class Thing:
        def __init__(self, size: int) -> None:
            self.size = size

    stock: Stock[Thing] = Stock(10)
    for key in "abc":
        stock.put(key, Thing(3))
    assert stock.get("a") and not stock.get("d")
    stock.put("d", Thing(4))
    assert stock.get("a") and stock.get("c") and stock.get("d") and not stock.get("b")
    stock.put("a", Thing(1))
    stock.put("e", Thing(11))
    assert stock._size == 8 and not stock.get("e")


@pytest.mark.parametrize(
    ("accepted", "takes"), [("gzip, br", True), ("GZIP;q=0.5", True), ("br", False), ("", False), ("gzip;q=0", False)]
)
def test_gzip_is_sent_to_who_takes_it(accepted: str, takes: bool) -> None:
    assert takes_gzip(accepted) is takes
