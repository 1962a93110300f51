"""Opening hours as staff set them: of the house and of places that differ, and what lies outside of them then."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from innovation_station.audit import queries as audit
from innovation_station.bookings import service as bookings
from innovation_station.bookings.models import Booking
from innovation_station.db import db, transaction
from innovation_station.errors import NotAllowed, NotFound, Refused
from innovation_station.mail.models import Mail
from innovation_station.members.models import Member
from innovation_station.notices.models import Notice
from innovation_station.policies import queries, service
from innovation_station.policies.rules import hours_refusals, open_days
from innovation_station.spaces import service as spaces
from innovation_station.spaces.queries import house
from innovation_station.waits.models import Wait
from tests.conftest import NOW, TUESDAY, ZONE, Small, at, browser, log_in, post

WEEKDAYS = dict.fromkeys(range(5), (8 * 60, 18 * 60))


@pytest.fixture
def admin(app: Flask) -> FlaskClient:
    return log_in(browser(app), "admin")


def week(**changed: tuple[str, str, str]) -> dict[str, str]:
    """Give what the form sends: weekdays from eight to six, the weekend closed, but for what is `changed` (day_0=...)."""
    fields = {}
    for weekday in range(7):
        given = ("open", "08:00", "18:00") if weekday < 5 else ("closed", "", "")
        for name, value in zip(("state", "opens", "closes"), changed.get(f"day_{weekday}", given), strict=True):
            fields[f"week-{weekday}-{name}"] = value
    return fields


def save(client: FlaskClient, act: str = "save", space: int | None = None, **changed: tuple[str, str, str]) -> Any:
    path = f"/staff/rules/hours?space={space}" if space else "/staff/rules/hours"
    return post(client, path, week(**changed) | {"act": act})


def token_of(page: str) -> dict[str, str]:
    found = re.search(r'name="token" value="(\w+)"', page)
    assert found
    return {"token": found[1]}


def book(app: Flask, small: Small, start: str, end: str) -> int:
    with app.app_context(), transaction() as session:
        alva = session.get_one(Member, small.people["alva"])
        return bookings.reserve(alva, small.a1, at(TUESDAY, start, end), now=NOW, zone=ZONE).id


def test_hours_are_as_the_house_where_a_place_says_nothing() -> None:
    known = {None: dict(WEEKDAYS), 5: {0: None, 5: (600, 840)}}
    assert open_days(known, 1) == WEEKDAYS
    assert open_days(known, 5) == {1: (480, 1080), 2: (480, 1080), 3: (480, 1080), 4: (480, 1080), 5: (600, 840)}


@pytest.mark.parametrize(("minutes", "fine"), [((480, 1080), True), ((0, 1440), True), ((600, 600), False), ((700, 600), False), ((0, 1441), False), (None, True)])  # fmt: skip
def test_days_close_after_they_open(minutes: tuple[int, int] | None, fine: bool) -> None:
    names = list("abcdefg")
    found = [(one.code, one.values["weekday"]) for one in hours_refusals({3: minutes}, names)]
    assert found == ([] if fine else [("hours-order", "d")])


def test_house_is_open_as_the_page_says(app: Flask, small: Small, admin: FlaskClient) -> None:
    page = admin.get("/staff/rules/hours").text
    assert page.count('value="08:00"') == 5 and "Som huset" not in page
    assert save(admin, day_0=("open", "07:00", "00:00"), day_4=("closed", "", "")).status_code == 303
    with app.app_context():
        hours = house().hours
        assert hours == {0: (420, 1440), 1: (480, 1080), 2: (480, 1080), 3: (480, 1080)}
    page = admin.get("/staff/rules/hours").text
    assert "Öppettider ändrades" in page and "Fredag 08.00–18.00 → stängt" in page
    assert "Måndag 08.00–18.00 → 07.00–24.00" in page
    assert "Öppet mån 07.00–24.00" in admin.get("/staff/rules").text


def test_place_differs_on_some_days(app: Flask, small: Small, admin: FlaskClient) -> None:
    as_house = {f"day_{weekday}": ("house", "", "") for weekday in range(7)}
    saved = save(
        admin, space=small.room, **{**as_house, "day_1": ("open", "10:00", "12:00"), "day_2": ("closed", "", "")}
    )
    assert (saved.status_code, saved.location) == (303, f"/staff/rules/hours?space={small.room}")
    with app.app_context():
        assert house().places[small.room].hours[1] == (600, 720) and 2 not in house().places[small.room].hours
        assert house().places[small.a1].hours == WEEKDAYS and house().places[small.room].hours[0] == (480, 1080)
        (told,) = audit.about("hours-space", small.room, limit=5)
        assert (told.action, told.after) == ("hours.changed", {"day-1": [600, 720], "day-2": "closed"})
    assert "tisdag 10.00–12.00, onsdag stängt" in admin.get("/staff/rules").text
    assert save(admin, space=small.room, **as_house).status_code == 303
    with app.app_context():
        assert small.room not in queries.hours()


def test_change_names_what_would_lie_outside_and_leaves_it(app: Flask, small: Small, admin: FlaskClient) -> None:
    early, late = book(app, small, "08:00", "09:00"), book(app, small, "12:00", "13:00")
    looked = save(admin, "look", day_1=("open", "10:00", "18:00"))
    assert looked.status_code == 200 and "1 kommande bokning skulle ligga utanför." in looked.text
    assert f'href="/bookings/{early}"' in looked.text and f'href="/bookings/{late}"' not in looked.text
    assert 'value="10:00"' in looked.text
    with app.app_context():
        assert house().hours == WEEKDAYS
    assert "Alla kommande bokningar ligger inom det." in save(admin, "look").text
    saved = save(admin, day_1=("open", "10:00", "18:00"))
    assert "1 kommande bokning ligger utanför; den står kvar." in admin.get(saved.location).text
    with app.app_context():
        assert db.session.get_one(Booking, early).state == "confirmed"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("open", "18:00", "08:00"), "Tisdag: det skulle stänga innan det öppnar."),
        (("open", "", "18:00"), "Skriv tider som timmar och minuter"),
        (("open", "25:00", "18:00"), "Skriv tider som timmar och minuter"),
    ],
)
def test_bad_hours_are_answered_in_words(
    app: Flask, small: Small, admin: FlaskClient, given: tuple[str, str, str], said: str
) -> None:
    answer = save(admin, day_1=given)
    assert answer.status_code == 422 and said in answer.text
    with app.app_context():
        assert house().hours == WEEKDAYS


def test_hosts_read_hours_and_change_none(app: Flask, small: Small) -> None:
    host = log_in(browser(app), "host")
    page = host.get("/staff/rules/hours").text
    assert "Måndag: 08.00–18.00" in page and "Söndag: stängt" in page and "<select" not in page
    assert save(host).status_code == 403
    with app.app_context():
        who, admin = (db.session.get_one(Member, small.people[name]) for name in ("host", "admin"))
        for actor, days, space, error in (
            (who, WEEKDAYS, None, NotAllowed), (admin, WEEKDAYS, 999, NotFound), (admin, {0: (9, 9)}, None, Refused),
        ):  # fmt: skip
            with pytest.raises(error), transaction():
                service.change_hours(days, actor=actor, now=NOW, space_id=space)


def test_hours_of_no_place_are_not_found(admin: FlaskClient) -> None:
    for space in ("999", "x"):
        assert admin.get(f"/staff/rules/hours?space={space}").status_code == 404


def test_who_is_shut_out_is_moved_cancelled_or_stays(app: Flask, small: Small, admin: FlaskClient) -> None:
    early, other = book(app, small, "08:00", "09:00"), book(app, small, "09:00", "09:30")
    third = book(app, small, "09:30", "10:00")
    as_house = {f"day_{weekday}": ("house", "", "") for weekday in range(7)} | {"day_1": ("open", "10:00", "18:00")}
    looked = save(admin, "look", space=small.a1, **as_house).text
    assert looked.count("Flytta den till Skrivbord A2") == 3 and looked.count("Låt den stå kvar") == 3
    path = f"/staff/rules/hours?space={small.a1}"
    chosen = {f"hit-{early}": "move", f"hit-{other}": "cancel", f"hit-{third}": "keep"} | token_of(looked)
    saved = post(admin, path, week(**as_house) | {"act": "save"} | chosen)
    assert saved.status_code == 303 and "1 kommande bokning ligger utanför; den står kvar." in admin.get(path).text
    with app.app_context():
        rows = {row.id: (row.space_id, row.state) for row in db.session.scalars(db.select(Booking))}
        assert rows == {
            early: (small.a2, "confirmed"), other: (small.a1, "cancelled"), third: (small.a1, "confirmed")
        }  # fmt: skip
        told = [row.content["cause"] for row in db.session.scalars(db.select(Notice)) if "cause" in row.content]
        assert told == ["hours", "hours"]


def test_what_was_shown_is_what_is_done_and_who_has_nowhere_to_go_comes_in_line(
    app: Flask, small: Small, admin: FlaskClient
) -> None:
    one, other = book(app, small, "08:00", "09:00"), book(app, small, "09:00", "10:00")
    as_house = {f"day_{weekday}": ("house", "", "") for weekday in range(7)} | {"day_1": ("open", "10:00", "18:00")}
    path, given = f"/staff/rules/hours?space={small.a1}", week(**as_house) | {"act": "save"}
    looked = save(admin, "look", space=small.a1, **as_house).text
    moves = given | {f"hit-{one}": "move", f"hit-{other}": "move"} | token_of(looked)
    for space, who, said in (
        (small.a2, "bo", "Flytta den till Skrivbord A3"), (small.a3, "host", "Ingen likvärdig plats är ledig"),
    ):  # fmt: skip
        with app.app_context(), transaction() as session:
            member = session.get_one(Member, small.people[who])
            bookings.reserve(member, space, at(TUESDAY, "08:00", "10:00"), now=NOW, zone=ZONE)
        answer = post(admin, path, moves)
        assert answer.status_code == 409 and answer.text.count(said) == 2, who
    again = post(admin, path, moves | token_of(answer.text))  # nobody can be moved any more, whatever was shown
    assert again.status_code == 409
    with app.app_context():
        assert queries.hours().get(small.a1) is None and db.session.get_one(Booking, one).space_id == small.a1
        mails = db.session.scalar(db.select(db.func.count(Mail.id)))
    cancels = given | {f"hit-{one}": "cancel", f"hit-{other}": "cancel"} | token_of(again.text)
    saved = post(admin, path, cancels)
    assert saved.status_code == 303 and "ligger utanför" not in admin.get(path).text
    with app.app_context():
        assert len(db.session.scalars(db.select(Wait)).all()) == 2
        assert db.session.scalar(db.select(db.func.count(Mail.id))) == (mails or 0) + 1  # one for both


def test_no_open_place_is_left_in_which_nothing_can_be_booked(app: Flask, small: Small, admin: FlaskClient) -> None:
    with app.app_context(), transaction():
        spaces.set_policy(kind="room", shortest=120)
    short = {f"day_{weekday}": ("open", "09:00", "10:00") for weekday in range(5)}
    refused = save(admin, **short)
    assert refused.status_code == 422 and "Inget skulle kunna bokas i Hågelby" in refused.text
    assert save(admin, **short | {"day_0": ("open", "09:00", "11:00")}).status_code == 303
    assert save(admin, **{f"day_{weekday}": ("closed", "", "") for weekday in range(7)}).status_code == 303
