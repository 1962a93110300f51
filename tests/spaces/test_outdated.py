"""A space, or a plan, that comes while a page is being made: other processes change the house all the time."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from innovation_station import visits
from innovation_station.bookings import service as bookings
from innovation_station.db import db, transaction
from innovation_station.errors import Outdated
from innovation_station.members.models import Member
from innovation_station.plans import service as plans
from innovation_station.plans.service import Contents
from innovation_station.spaces import queries
from innovation_station.spaces import service as spaces
from innovation_station.spaces.models import Floor
from innovation_station.spaces.rules import Box
from tests.conftest import MONDAY, NOW, TUESDAY, ZONE, Small, at, browser, log_in

Meanwhile = Callable[[Callable[[], None]], None]


@pytest.fixture
def meanwhile(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Meanwhile:
    """Do something as another process does, once, right after the next request has found who asks and how it stands."""

    def arrange(what: Callable[[], None]) -> None:
        find, waiting = visits.find, [what]

        def found(*values: object) -> visits.Visit | None:
            visit = find(*values)  # type: ignore[arg-type]
            if waiting:
                thread = threading.Thread(target=elsewhere, args=(waiting.pop(),))
                kept = queries.house()  # this process hears of nothing
                thread.start()
                thread.join()
                queries._kept[db.engine] = kept
                db.session.rollback()
            return visit

        monkeypatch.setattr(visits, "find", found)

    def elsewhere(what: Callable[[], None]) -> None:
        with app.app_context():
            with transaction():
                what()
            db.session.remove()

    return arrange


def book_new_room(small: Small) -> Callable[[], None]:
    def book() -> None:
        floor = db.session.query(Floor).first()
        assert floor
        room = spaces.add_space(floor=floor, kind="room", name="Nybygget", box=Box(300, 400, 60, 60), capacity=4)
        alva = db.session.get_one(Member, small.people["alva"])
        bookings.reserve(alva, room.id, at(TUESDAY, "09:00", "10:00"), now=NOW, zone=ZONE)
        bookings.reserve(alva, room.id, at(MONDAY, "09:00", "10:00"), now=NOW, zone=ZONE)

    return book


@pytest.mark.parametrize("path", ["/", "/bookings", f"/book?date={TUESDAY}&kind=room", "/calendars", "/account/plan"])
def test_pages_know_what_came_while_they_were_made(
    app: Flask, small: Small, alva: FlaskClient, meanwhile: Meanwhile, path: str
) -> None:
    alva.get(path)
    meanwhile(book_new_room(small))
    assert alva.get(path).status_code == 200
    after = alva.get(path)
    assert after.status_code == 200 and ("Nybygget" in after.text) is (path != "/account/plan")


def test_day_that_is_refreshed_is_named_by_what_it_shows(
    app: Flask, small: Small, alva: FlaskClient, meanwhile: Meanwhile
) -> None:
    """A page that was made anew is not kept under the name of the day before it."""
    path, part = f"/book?date={TUESDAY}&kind=room", {"X-Part": "day"}
    before = alva.get(path, headers=part)
    meanwhile(book_new_room(small))
    during = alva.get(path, headers=part)
    after = alva.get(path, headers={**part, "If-None-Match": during.headers["ETag"]})
    assert before.headers["ETag"] != after.headers["ETag"] and "Nybygget" not in before.text
    assert (after.status_code == 304) is ("Nybygget" in during.text)
    assert "Nybygget" in (during if after.status_code == 304 else after).text


def test_plan_that_is_given_while_a_page_is_made(app: Flask, small: Small, meanwhile: Meanwhile) -> None:
    with app.app_context(), transaction():
        plans.add_plan(Contents(names=("Allt", "Everything"), standard=True), actor=None)
    alva = log_in(browser(app))

    def give() -> None:
        row = plans.add_plan(Contents(names=("Student", "Student")), actor=None)
        plans.give(row.id, starts=MONDAY, now=NOW, actor=None, member_id=small.people["alva"])

    meanwhile(give)
    assert alva.get("/account/plan").status_code == 200
    assert "Student" in alva.get("/account/plan").text


def test_what_changes_something_says_so(app: Flask, alva: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def outdated(**_values: object) -> str:
        raise Outdated(99)

    monkeypatch.setitem(app.view_functions, "directory.index", outdated)
    monkeypatch.setitem(app.view_functions, "language.choose", outdated)
    answers = [alva.get("/members")]
    token = alva.get("/book").text.split('name="csrf_token" value="', 1)[1].split('"', 1)[0]
    answers.append(alva.post("/lang/sv", data={"csrf_token": token}))
    assert [answer.status_code for answer in answers] == [409, 409]
    assert all("Huset har just ändrats." in answer.text for answer in answers)
