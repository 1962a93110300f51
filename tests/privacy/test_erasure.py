"""To be forgotten: asked for with the password, seven days to change one's mind, and then nothing is left."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Update, event

from innovation_station.audit import queries as trail
from innovation_station.bookings.models import Booking
from innovation_station.db import db, transaction
from innovation_station.errors import Refused
from innovation_station.members.models import Member
from innovation_station.privacy import queries, service
from innovation_station.privacy.models import Erasure
from innovation_station.spaces.models import Space
from tests.conftest import NOW, PASSWORD, Clock, Small, browser, log_in, post
from tests.privacy.conftest import EMAIL, NAME, TITLE, WORDS, Person, found_in, occupancy, run


def test_after_an_erasure_nothing_of_the_person_is_left_and_figures_stand(
    app: Flask, person: Person, clock: Clock, tmp_path: Path
) -> None:
    assert set(found_in(app, tmp_path)) == set(WORDS), "the search finds what is there"
    before = occupancy(app)
    answer = post(person.client, "/account/erase", {"password": PASSWORD})
    assert answer.status_code == 303
    assert "30 november" in person.client.get("/account/privacy").text
    clock.now = NOW + timedelta(days=7) - timedelta(minutes=1)
    assert run(app, "erasures") == "0 erased"
    clock.now = NOW + timedelta(days=7)
    assert run(app, "erasures") == "1 erased"
    assert found_in(app, tmp_path) == {}
    assert occupancy(app) == before
    assert person.client.get("/account").location.startswith("/login")
    assert person.client.get(f"/feeds/{person.feed}.ics").status_code == 404
    with app.app_context():
        case = queries.erasure_of(person.id)
        assert case and case.state == "done" and case.outcome
        assert not [name for name in case.outcome if name.startswith("left:")]
        assert case.outcome["bookings"] == 2 and case.outcome["account"] == 1
        assert trail.verify().faults == ()
        assert db.session.get_one(Booking, person.ahead).cancelled
        gone = db.session.get_one(Member, person.id)
        assert not gone.name.startswith("Ö") and gone.email.endswith("@erased.invalid")
    assert (tmp_path / "instance" / "outbox" / "other.eml").exists()


def test_spaces_are_locked_in_the_order_of_their_ids(app: Flask, small: Small, person: Person, clock: Clock) -> None:
    """As whoever books and moves does: on PostgreSQL two could wait for each other. What is ahead is let go first."""
    post(person.client, "/account/erase", {"password": PASSWORD})
    clock.now = NOW + timedelta(days=7)
    locked: list[int] = []

    def note(_connection: Any, clause: Any, _many: Any, values: Any, _options: Any) -> None:
        if isinstance(clause, Update) and clause.table.name == "space":
            given = values or clause.compile().params
            locked.append(next(value for name, value in given.items() if name in ("space", "id_1")))

    with app.app_context():
        event.listen(db.engine, "before_execute", note)
    assert run(app, "erasures") == "1 erased"
    assert list(dict.fromkeys(locked)) == [small.a1, small.room]


def test_address_is_free_again_and_knows_nothing(app: Flask, person: Person, clock: Clock) -> None:
    post(person.client, "/account/erase", {"password": PASSWORD})
    clock.now = NOW + timedelta(days=8)
    run(app, "erasures")
    refused = browser(app)
    page = refused.get("/login").text
    token = page.partition('name="csrf_token"')[2].partition('value="')[2].partition('"')[0]
    answer = refused.post("/login", data={"email": EMAIL, "password": PASSWORD, "csrf_token": token})
    assert answer.status_code == 403
    host = log_in(browser(app), "host")
    assert NAME not in host.get("/staff/privacy").text and TITLE not in host.get("/book?date=2026-11-20").text
    assert host.get(f"/bookings/{person.past}").status_code == 200


def test_wish_can_be_taken_back(app: Flask, person: Person, clock: Clock) -> None:
    post(person.client, "/account/erase", {"password": PASSWORD})
    assert post(person.client, "/account/erase/withdraw").status_code == 303
    clock.now = NOW + timedelta(days=9)
    assert run(app, "erasures") == "0 erased"
    with app.app_context():
        assert [entry.action for entry in trail.of_member(person.id, limit=2)] == [
            "privacy.erasure-withdrawn",
            "privacy.erasure-asked",
        ]
        assert db.session.get_one(Member, person.id).name == NAME


def test_password_is_asked_for(app: Flask, person: Person) -> None:
    answer = post(person.client, "/account/erase", {"password": "not the right one"})
    assert answer.status_code == 403
    assert post(person.client, "/account/erase").status_code == 422
    with app.app_context():
        assert queries.erasure_of(person.id) is None


def test_preview_tells_each_class_and_what_is_let_go(person: Person) -> None:
    page = person.client.get("/account/erase").text
    for words in (
        "Dina bokningar",
        "2 uppgifter",
        "Avidentifieras",
        "Raderas",
        "Kommande bokningar",
        TITLE,
        "30 november",
    ):
        assert words in page, words


def test_hold_keeps_everything_until_it_is_lifted(app: Flask, person: Person, clock: Clock) -> None:
    post(person.client, "/account/erase", {"password": PASSWORD})
    admin = log_in(browser(app), "admin")
    assert post(admin, "/staff/privacy", {"email": EMAIL.upper(), "reason": "Tvist om hyra"}).status_code == 303
    assert "Tvist om hyra" in admin.get("/staff/privacy").text
    clock.now = NOW + timedelta(days=8)
    admin = log_in(browser(app), "admin")
    assert run(app, "erasures") == "0 erased"
    with app.app_context():
        hold = queries.hold_of(person.id)
        assert hold
        hold_id = hold.id
    assert post(admin, f"/staff/privacy/holds/{hold_id}/lift").status_code == 303
    assert run(app, "erasures") == "1 erased"


def test_nobody_is_held_who_is_not_there(app: Flask) -> None:
    admin = log_in(browser(app), "admin")
    answer = post(admin, "/staff/privacy", {"email": "nobody@example.org", "reason": "x"})
    assert answer.status_code == 422 and "Det finns ingen sådan medlem" in answer.text


def test_last_administrator_stays(context: Flask, small: Small) -> None:
    admin = db.session.get_one(Member, small.people["admin"])
    with pytest.raises(Refused), transaction():
        service.ask_erasure(admin, admin.id, now=NOW)


def test_asking_twice_is_asking_once(context: Flask, small: Small) -> None:
    alva = db.session.get_one(Member, small.people["alva"])
    for _ in range(2):
        with transaction():
            service.ask_erasure(alva, alva.id, now=NOW)
    assert db.session.query(Erasure).count() == 1


def test_hosts_do_not_erase_and_see_no_other_staff(app: Flask, small: Small) -> None:
    host = log_in(browser(app), "host")
    assert host.get(f"/staff/members/{small.people['admin']}/privacy").status_code == 404
    assert host.get(f"/staff/members/{small.people['alva']}/privacy").status_code == 200
    assert post(host, f"/staff/members/{small.people['alva']}/erase").status_code == 403


def test_hosts_are_led_nowhere_they_may_not_go(app: Flask, small: Small) -> None:
    """Every link on the page of each account, and on that of what is to be erased, opens for who is shown it."""
    with app.app_context():
        for who in ("alva", "host"):
            member = db.session.get_one(Member, small.people[who])
            with transaction():
                service.ask_erasure(member, member.id, now=NOW)
    for who, led in (("host", {"alva", "bo"}), ("admin", set(small.people))):
        client, seen = log_in(browser(app), who), set()
        for page in ("/staff/privacy", *(f"/staff/members/{number}" for number in small.people.values())):
            answer = client.get(page)
            assert answer.status_code == 200
            seen |= set(re.findall(r'href="(/staff/members/[^"#?]+)"', answer.text))
        assert {link: client.get(link).status_code for link in seen} == dict.fromkeys(seen, 200)
        assert {f"/staff/members/{small.people[name]}/privacy" for name in led} == {
            link for link in seen if link.endswith("/privacy")
        }


def test_those_who_left_long_ago_are_forgotten_unasked(
    app: Flask, person: Person, clock: Clock, tmp_path: Path
) -> None:
    post(person.client, "/account/leave", {"kind": "end", "password": PASSWORD})
    clock.now = NOW + timedelta(days=366)
    assert "accounts 1" in run(app, "data-retention")
    assert run(app, "erasures") == "1 erased"
    assert found_in(app, tmp_path) == {}


def test_what_is_left_is_found_and_named(app: Flask, person: Person, small: Small, clock: Clock) -> None:
    with app.app_context(), transaction() as session:
        space = session.get_one(Space, small.a3)
        space.name = f"Plats för {NAME}"
    post(person.client, "/account/erase", {"password": PASSWORD})
    clock.now = NOW + timedelta(days=7)
    assert run(app, "erasures") == "1 erased"
    with app.app_context():
        case = queries.erasure_of(person.id)
        assert case and case.outcome and case.outcome["left:space"] == 1
    assert "left:space 1" in log_in(browser(app), "host").get("/staff/privacy").text
