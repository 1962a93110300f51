"""What has been kept long enough goes: counted first, then taken, and nothing of those that are held."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update

from innovation_station.bookings import personal as bookings
from innovation_station.bookings.models import Booking
from innovation_station.db import db, transaction
from innovation_station.mail.models import Mail
from innovation_station.members.models import Member
from innovation_station.privacy import jobs, queries, service
from tests.conftest import NOW, Clock, Small, browser, log_in
from tests.privacy.conftest import EMAIL, FEED, NAME, TITLE, Person, found_in, known, occupancy, run

LONG = timedelta(days=3 * 365)


def overdue(app: Flask, clock: Clock) -> dict[str, int]:
    with app.app_context():
        return {entry.data.name: entry.count for entry in queries.overdue(known(app), clock.now) if entry.count}


def test_dry_run_counts_what_the_job_takes(app: Flask, person: Person, clock: Clock, tmp_path: Path) -> None:
    before = occupancy(app)
    assert overdue(app, clock) == {}
    with app.app_context(), transaction():  # what says what was booked has left
        db.session.execute(
            update(Mail).where(Mail.template == "booking").values(state="sent", content=None, ended_at=NOW)
        )
    clock.now = NOW + LONG
    counted = overdue(app, clock)
    assert counted["bookings"] == 2 and counted["sessions"] == 1 and counted["copies"] == 1 and counted["trail"] >= 2
    assert overdue(app, clock) == counted, "looking changes nothing"
    with app.app_context():
        gone = jobs.retain(clock.now)
    assert {name: count for name, count in gone.items() if name in counted} == counted
    assert overdue(app, clock) == {}
    assert set(found_in(app, tmp_path, (TITLE,))) == set()
    assert set(found_in(app, tmp_path, (EMAIL, NAME, FEED))) >= {EMAIL, NAME}, "the account stands"
    assert occupancy(app) == before
    assert run(app, "data-retention") == "nothing"


def test_held_members_are_spared(app: Flask, person: Person, small: Small, clock: Clock) -> None:
    with app.app_context(), transaction():
        service.hold(db.session.get_one(Member, small.people["admin"]), EMAIL, "Tvist", now=NOW)
    clock.now = NOW + LONG
    counted = overdue(app, clock)
    assert "bookings" not in counted
    run(app, "data-retention")
    with app.app_context():
        assert db.session.get_one(Booking, person.past).title == TITLE


def test_each_record_shows_the_day_it_goes(person: Person) -> None:
    page = person.client.get("/account/privacy/data/bookings").text
    assert "Försvinner av sig självt söndag 19 november 2028" in page and TITLE in page
    assert "Finns kvar så länge" in person.client.get("/account/privacy/data/account").text
    assert person.client.get("/account/privacy/data/none").status_code == 404


def test_own_page_counts_each_class_and_tells_what_happened(person: Person) -> None:
    page = person.client.get("/account/privacy").text
    assert "Kopia av alla uppgifter begärd" in page and "2 uppgifter" in page
    trail = person.client.get("/account/privacy/trail").text
    assert "127.0.0.0/24" in trail and "En administratör" in trail and NAME in trail


def test_trail_of_others_is_not_shown(app: Flask, person: Person, alva: FlaskClient) -> None:
    page = alva.get("/account/privacy/trail").text
    assert NAME not in page and "Inget ännu" in page


def test_staff_see_counts_and_cases(app: Flask, person: Person, clock: Clock) -> None:
    clock.now = NOW + LONG
    host = log_in(browser(app), "host")
    page = host.get("/staff/privacy").text
    assert "Sparat länge nog" in page and '<span class="num">2</span>' in page
    assert "Undanta från radering" not in page, "only administrators hold"
    inside = host.get(f"/staff/members/{person.id}/privacy").text
    assert "2 uppgifter" in inside and "Hej" not in inside


def test_forgotten_bookings_belong_to_nobody_in_particular(app: Flask, person: Person, clock: Clock) -> None:
    clock.now = NOW + LONG
    run(app, "data-retention")
    with app.app_context():
        owners = {booking.member_id for booking in db.session.query(Booking)}
        assert len(owners) == 1
        assert db.session.get_one(Member, owners.pop()).email == bookings.NOBODY
