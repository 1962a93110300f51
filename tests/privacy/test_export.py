"""All that is known of a member, in one file that programs and people can read, for its member alone."""

from __future__ import annotations

import io
import json
import re
import zipfile

import icalendar
import pytest
from flask import Flask
from flask.testing import FlaskClient

from innovation_station.members.models import Member
from innovation_station.privacy import rules
from tests.conftest import NOW, Clock, browser, log_in, post
from tests.privacy.conftest import EMAIL, FEED, NAME, TITLE, Person, known, run


def fetched(client: FlaskClient) -> zipfile.ZipFile:
    found = re.search(r'href="(/account/export/\d+)"', client.get("/account/export").text)
    assert found, "there is no file to fetch"
    answer = client.get(found[1])
    assert answer.status_code == 200 and answer.mimetype == "application/zip"
    assert answer.headers["Content-Disposition"] == "attachment; filename=innovation-station-2026-11-23.zip"
    assert answer.headers["Cache-Control"] == "no-store"
    return zipfile.ZipFile(io.BytesIO(answer.data))


def test_copy_holds_every_class_for_programs_calendars_and_people(app: Flask, person: Person) -> None:
    archive = fetched(person.client)
    assert archive.testzip() is None
    assert {"data.json", "index.html", "style.css", "feeds/bookings.ics"} <= set(archive.namelist())
    data = json.loads(archive.read("data.json"))
    classes = {entry["class"]: entry for entry in data["classes"]}
    assert classes.keys() == {entry.name for entry in known(app).classes}
    account = classes["account"]["records"][0]
    assert (account["email"], account["name"]) == (EMAIL, NAME)
    assert [booking["space"] for booking in classes["bookings"]["records"]] == ["Hågelby", "A1"]
    assert classes["bookings"]["records"][1]["kept_until"].startswith("2028-11-19")
    assert classes["feeds"]["records"][0]["name"] == FEED
    calendar = icalendar.Calendar.from_ical(archive.read("feeds/bookings.ics"))
    assert min(str(event["SUMMARY"]) for event in calendar.walk("VEVENT")).startswith(TITLE)
    assert len(calendar.walk("VEVENT")) == 2
    page = archive.read("index.html").decode()
    assert '<html lang="sv">' in page and NAME in page and TITLE in page and "Rättslig grund" in page
    assert "2028" in page and "<script" not in page and "style=" not in page


def test_copy_holds_no_secret(app: Flask, person: Person) -> None:
    archive = fetched(person.client)
    everything = "".join(archive.read(name).decode() for name in archive.namelist())
    for secret in ("argon2", person.feed, "token_hash", "password_hash"):
        assert secret not in everything


def test_copy_is_in_the_language_of_who_asks(app: Flask, person: Person) -> None:
    client = log_in(browser(app, "en"), EMAIL)
    post(client, "/account/export")
    page = fetched(client).read("index.html").decode()
    assert '<html lang="en">' in page and "Legal basis" in page and "Goes by itself on" in page


def test_copy_is_for_its_member_and_for_seven_days(app: Flask, person: Person, clock: Clock) -> None:
    path = "/account/export/1"
    assert person.client.get(path).status_code == 200
    assert log_in(browser(app), "admin").get(path).status_code == 404
    assert browser(app).get(path).location.startswith("/login")
    clock.now = NOW + rules.EXPORT_KEPT
    client = log_in(browser(app), EMAIL)
    assert client.get(path).status_code == 404
    run(app, "data-retention")
    assert "/account/export/" not in client.get("/account/export").text


def test_large_copy_is_made_by_the_worker_and_told_of(
    app: Flask, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "SMALL", 0)
    assert post(person.client, "/account/export").status_code == 303
    page = person.client.get("/account/export").text
    assert "Den håller på att sammanställas" in page
    assert run(app, "exports") == "1 made"
    assert fetched(person.client).testzip() is None
    with app.app_context():
        from innovation_station.db import db
        from innovation_station.mail.models import Mail

        assert db.session.query(Mail).filter_by(template="export-ready", member_id=person.id).count() == 1
        assert db.session.get(Member, person.id)


def test_what_people_wrote_stays_text(app: Flask, person: Person) -> None:
    post(person.client, "/calendars", {"name": "<script>alert(1)</script>", "language": "sv"})
    post(person.client, "/account/export")
    assert b"<script" not in fetched(person.client).read("index.html")
    assert "<script>alert" not in person.client.get("/account/privacy/data/feeds").text
