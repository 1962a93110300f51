"""What is kept of a day between pages: always as fresh as the database, and nobody's but the reader's."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from innovation_station.bookings import drawings
from innovation_station.bookings.drawings import Drawn, Shelf
from innovation_station.db import transaction
from innovation_station.spaces import service as spaces
from tests.conftest import MONDAY, TUESDAY, Clock, Small, at, browser, log_in, post, statements

PAGE = f"/book?date={TUESDAY}&from=09:00&to=11:00"


def book(client: FlaskClient, space: int, start: str = "09:00", end: str = "11:00", **fields: Any) -> None:
    fields = {"space": space, "date": TUESDAY.isoformat(), "start": start, "end": end, **fields}
    assert post(client, "/bookings", fields).status_code == 303


def seen(client: FlaskClient, space: int, page: str = PAGE) -> tuple[str, str, str, str]:
    """Give a place's state and label on the plan, its item in the list and its row in the timeline."""
    text = client.get(page).text
    plan = re.search(rf'<a id="p{space}"[^>]*data-state="([\w-]+)"[^>]*aria-label="([^"]*)"', text)
    item = re.search(rf'<li id="l{space}">.*?</li>', text)
    row = re.search(rf'data-track="{space}">.*?</div></div>', text)
    assert plan and row
    return plan[1], plan[2], item[0] if item else "", row[0]


def test_each_reader_sees_their_own_in_any_order(app: Flask, small: Small, alva: FlaskClient, bo: FlaskClient) -> None:
    host = log_in(browser(app), "host")
    assert seen(alva, small.a1) == seen(bo, small.a1)  # drawn for all, while it was free
    book(alva, small.a1, title="Hemligt möte", preset="09:00-11:00")
    for _again in range(2):
        state, label, item, row = seen(alva, small.a1)
        assert state == "mine" and "Hemligt" in label and "is-mine" in item and 'href="/bookings/' in row
        state, label, item, row = seen(bo, small.a1)
        assert state == "taken" and "Hemligt" not in label + item + row and "/bookings/" not in row
        state, label, item, row = seen(host, small.a1)
        assert state == "taken" and "Hemligt möte" in label and "Hemligt möte" in row


def test_what_changes_is_drawn_again_and_alone(
    app: Flask, small: Small, alva: FlaskClient, bo: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = []
    draw = drawings.Draughtsman.draw
    monkeypatch.setattr(
        drawings.Draughtsman, "draw", lambda self, place, at: drawn.append(place.id) or draw(self, place, at)
    )
    bo.get(PAGE)
    drawn.clear()
    bo.get(PAGE)
    assert drawn == []
    book(alva, small.a2)
    drawn.clear()
    assert seen(bo, small.a2)[0] == "taken" and drawn == [small.a2]


def test_a_page_of_an_unchanged_day_reads_no_allocations(
    app: Flask, small: Small, alva: FlaskClient, bo: FlaskClient
) -> None:
    book(alva, small.a2)
    bo.get(PAGE)
    with statements(app) as asked:
        bo.get(PAGE)
    assert len(asked) == 1 and not [statement for statement in asked if "allocation" in statement]


def test_house_language_and_hour_are_part_of_what_is_kept(
    app: Flask, small: Small, alva: FlaskClient, bo: FlaskClient, clock: Clock
) -> None:
    book(alva, small.a2)
    swedish = seen(bo, small.a2)
    assert "09–11 Bokad" in swedish[1]
    assert "09–11 Booked" in seen(bo, small.a2, f"{PAGE}&lang=en")[1]
    assert seen(bo, small.a2) == swedish
    with app.app_context(), transaction():
        spaces.set_bookable(small.a3, False)
    assert seen(bo, small.a3)[0] == "closed" and seen(bo, small.a2) == swedish
    assert "from=08:00&amp;to=09:00" in swedish[3]
    clock.now = at(TUESDAY, "08:00", "09:00").end
    assert "from=08:00" not in seen(log_in(browser(app), "bo"), small.a2)[3]


def test_notice_is_part_of_what_is_kept(app: Flask, small: Small, alva: FlaskClient, clock: Clock) -> None:
    """Of another day nothing but the notice that a place asks for hangs on the hour."""
    with app.app_context(), transaction():
        spaces.set_policy(kind="room", notice=24 * 60)
    page = f"/book?date={TUESDAY}&from=08:00&to=18:00&kind=room"
    assert "from=08:15" in seen(alva, small.room, page)[3]
    clock.now = at(MONDAY, "08:00", "12:00").end
    assert "from=12:00" in seen(alva, small.room, page)[3]


def test_texts_of_people_are_escaped_wherever_a_place_is_drawn(app: Flask, small: Small, alva: FlaskClient) -> None:
    book(alva, small.a1, title="<b onmouseover=x>&\"'", preset="09:00-11:00")
    for who in (alva, log_in(browser(app), "host")):
        text = "".join(seen(who, small.a1))
        assert "<b onmouseover" not in text and "&lt;b onmouseover=x&gt;&amp;&#34;&#39;" in text


def test_a_shelf_lets_the_oldest_page_go() -> None:
    drawn = Drawn(1, (), "free", "", "", "")
    shelf = Shelf(most=7)
    for key in "abc":
        shelf.page(key).update({1: drawn, 2: drawn})
        shelf.page("a")  # asked for all the time
    assert len(shelf.page("a")) == 2 and len(shelf.page("c")) == 2
    assert shelf.page("b") == {}


def test_pages_of_which_nothing_can_be_kept_do_not_pile_up() -> None:
    shelf = Shelf(most=4)
    for key in range(100):
        shelf.page(key)
    assert len(shelf._pages) <= 5
