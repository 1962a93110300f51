"""To pause or end a membership: listed first, then released, revoked and closed; and the way back."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from innovation_station.audit import queries as trail
from innovation_station.bookings.models import Allocation, Booking
from innovation_station.db import db, transaction
from innovation_station.mail.models import Mail
from innovation_station.members.models import Member
from innovation_station.privacy import queries, rules
from tests.conftest import NOW, PASSWORD, Clock, Small, browser, log_in, post
from tests.privacy.conftest import EMAIL, FEED, TITLE, Person, run


def test_what_is_let_go_is_listed_first(person: Person) -> None:
    page = person.client.get("/account/leave").text
    assert "Kommande bokningar (1)" in page and f"tisdag 8 december 14.00–16.00 · {TITLE}" in page
    assert f"<li>{FEED}</li>" in page and "Ställen där du är inloggad (1)" in page


def test_end_releases_revokes_and_closes(app: Flask, person: Person) -> None:
    copied = browser(app)
    for cookie in person.client._cookies.values():
        copied.set_cookie(cookie.key, cookie.value)
    assert post(person.client, "/account/leave", {"kind": "end", "password": PASSWORD}).status_code == 303
    assert copied.get("/account").location.startswith("/login")
    assert browser(app).get(f"/feeds/{person.feed}.ics").status_code == 404
    with app.app_context():
        assert db.session.get_one(Booking, person.ahead).cancelled
        assert not db.session.get_one(Booking, person.past).cancelled
        assert db.session.scalar(select(Allocation.id).where(Allocation.booking_id == person.ahead)) is None
        left = queries.leave_of(person.id)
        assert left and left.released == {"sessions": 1, "bookings": 1, "feeds": 1} | left.released
        entry = trail.about("member", person.id, limit=1)[0]
        assert (entry.action, entry.after["bookings"]) == ("member.ended", 1)
        assert db.session.scalar(select(Mail.id).where(Mail.template == "membership-left"))
    page = browser(app).get("/login").text
    token = page.partition('name="csrf_token"')[2].partition('value="')[2].partition('"')[0]
    refused = browser(app).post("/login", data={"email": EMAIL, "password": PASSWORD, "csrf_token": token})
    assert refused.status_code in (400, 403)


def test_pause_lets_go_what_lies_within_it_and_ends_by_itself(app: Flask, person: Person, clock: Clock) -> None:
    given = {"kind": "pause", "until": "2026-12-05", "password": PASSWORD}
    assert post(person.client, "/account/leave", given).status_code == 303
    with app.app_context():
        assert not db.session.get_one(Booking, person.ahead).cancelled
    clock.now = NOW + timedelta(days=11)
    assert run(app, "pauses") == "0 opened"
    clock.now = NOW + timedelta(days=12)
    assert run(app, "pauses") == "1 opened"
    assert log_in(browser(app), EMAIL).get("/account").status_code == 200


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"kind": "pause"}, "Välj dagen då du kommer tillbaka"),
        ({"kind": "pause", "until": "2026-11-23"}, "Välj en dag efter i dag"),
        ({"kind": "pause", "until": "2028-01-01"}, "Välj en dag efter i dag"),
        ({"kind": "pause", "until": "tomorrow"}, "Skriv datumet"),
        ({}, "Välj ett av de två"),
    ],
)
def test_wrong_wishes_are_told(app: Flask, person: Person, given: dict[str, str], told: str) -> None:
    answer = post(person.client, "/account/leave", {**given, "password": PASSWORD})
    assert answer.status_code == 422 and told in answer.text
    assert person.client.get("/account").status_code == 200


def test_password_is_asked_for(app: Flask, person: Person) -> None:
    answer = post(person.client, "/account/leave", {"kind": "end", "password": "not the right one"})
    assert answer.status_code == 403
    assert person.client.get("/account").status_code == 200


def test_staff_end_a_membership_and_open_it_again(app: Flask, person: Person) -> None:
    host = log_in(browser(app), "host")
    assert TITLE in host.get(f"/staff/members/{person.id}/leave").text
    assert post(host, f"/staff/members/{person.id}/leave", {"kind": "end"}).status_code == 303
    assert "Avslutat måndag 23 november" in host.get(f"/staff/members/{person.id}/privacy").text
    assert post(host, f"/staff/members/{person.id}/return").status_code == 303
    assert log_in(browser(app), EMAIL).get("/account").status_code == 200
    assert post(host, f"/staff/members/{person.id}/return").status_code == 404


def test_last_administrator_does_not_leave(app: Flask, small: Small) -> None:
    admin = log_in(browser(app), "admin")
    answer = post(admin, "/account/leave", {"kind": "end", "password": PASSWORD})
    assert answer.status_code == 422 and "den enda administratören" in answer.text
    assert timedelta(days=366) == rules.LONGEST_PAUSE


def test_rooms_are_handed_over_and_what_is_refused_is_given_back(app: Flask, person: Person, small: Small) -> None:
    host = log_in(browser(app), "host")
    given = {"kind": "end", "to": "bo@example.org"}
    with app.app_context(), transaction() as session:
        session.get_one(Booking, person.ahead).public = True
        session.get_one(Member, small.people["bo"]).visible = False
    assert post(host, f"/staff/members/{person.id}/leave", given).status_code == 303
    with app.app_context():
        taken = db.session.scalars(select(Booking).where(Booking.member_id == small.people["bo"])).one()
        assert (taken.space_id, taken.title, taken.state) == (small.room, TITLE, "confirmed")
        assert not taken.public, "who takes over has not chosen to be seen"
        assert db.session.get_one(Booking, person.ahead).cancelled
        left = queries.leave_of(person.id)
        assert left and left.released["handed-over:bookings"] == 1 and left.released["bookings"] == 0
        mail = db.session.scalars(select(Mail).where(Mail.template == "handed-over")).one()
        assert (mail.receiver, mail.content) == ("bo@example.org", {"count": 1})


@pytest.mark.parametrize("to", [EMAIL, "nobody@example.org"])
def test_nobody_takes_over_who_cannot(app: Flask, person: Person, to: str) -> None:
    answer = post(person.client, "/account/leave", {"kind": "end", "to": to, "password": PASSWORD})
    assert answer.status_code == 422 and "Det finns ingen sådan medlem" in answer.text
    assert person.client.get("/account").status_code == 200
