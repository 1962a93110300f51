"""Access needs: they order and mark what one member is shown, and nobody else is shown anything of them."""

from __future__ import annotations

import io
import logging
import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from innovation_station import personal
from innovation_station.bookings.models import Booking
from innovation_station.db import db, transaction
from innovation_station.logs import configure
from innovation_station.members import needs
from innovation_station.members.needs import AccessNeeds
from innovation_station.personal import Subject
from innovation_station.spaces import service as spaces
from innovation_station.spaces.models import Space
from innovation_station.spaces.rules import AMENITIES
from tests.conftest import NOW, PEOPLE, TUESDAY, Small, browser, log_in, post, statements
from tests.trust.conftest import station, tour  # noqa: F401  the fixture

FIELDS = {"step_free": "y", "quiet": "y"}


def furnish(app: Flask, small: Small) -> None:
    """Make A3 the only step-free and quiet desk, A2 step-free."""
    with app.app_context(), transaction():
        for space_id, has in ((small.a2, ["screen", "step-free"]), (small.a3, ["quiet", "step-free"])):
            db.session.get_one(Space, space_id).amenities = has
        spaces.changed()


def need(app: Flask, small: Small, who: str = "alva", *what: str) -> None:
    with app.app_context(), transaction():
        needs.keep(small.people[who], what or ("step-free", "quiet"), now=NOW)


def places(page: str) -> list[str]:
    return re.findall(r'<li id="l(\d+)">', page)


def test_needs_are_things_that_a_place_can_have() -> None:
    assert set(needs.NEEDS) <= set(AMENITIES)


def test_they_are_kept_by_consent_and_gone_when_unticked(app: Flask, small: Small, alva: FlaskClient) -> None:
    assert "samtycker" in alva.get("/account/access").text
    assert post(alva, "/account/access", FIELDS).status_code == 303
    page = alva.get("/account/access").text
    assert page.count(" checked") == 2 and "kommer först" in page
    with app.app_context():
        row = needs.of_member(small.people["alva"])
        assert row and (row.needs, row.agreed_at) == ("step-free quiet", NOW)
    post(alva, "/account/access", {"step_free": "", "unknown": "y"})
    with app.app_context():
        assert db.session.scalar(select(AccessNeeds)) is None
    assert " checked" not in alva.get("/account/access").text
    assert "Agree and save" in log_in(browser(app, "en")).get("/account/access").text


def test_list_begins_with_what_suits_and_says_so_to_the_member_alone(
    app: Flask, small: Small, alva: FlaskClient, bo: FlaskClient
) -> None:
    furnish(app, small)
    path = f"/book?date={TUESDAY}&from=08:00&to=18:00"
    before = places(bo.get(path).text)
    assert before == [str(small.a1), str(small.a2), str(small.a3)] == places(alva.get(path).text)
    need(app, small)
    page = alva.get(path).text
    assert places(page) == [str(small.a3), str(small.a2), str(small.a1)]
    assert "Ledigt, passar dig" in page and "Andra lediga platser" in page
    others = bo.get(path).text
    assert places(others) == before and "passar dig" not in others  # what is drawn once for all stays as it was
    assert "passar dig" not in log_in(browser(app), "host").get(path).text


def test_unchanged_day_is_not_unchanged_for_whoever_needs_something_else(
    app: Flask, small: Small, alva: FlaskClient
) -> None:
    path, headers = f"/book?date={TUESDAY}", {"X-Part": "day"}
    headers["If-None-Match"] = alva.get(path, headers=headers).headers["ETag"]
    assert alva.get(path, headers=headers).status_code == 304
    furnish(app, small)
    headers["If-None-Match"] = alva.get(path, headers={"X-Part": "day"}).headers["ETag"]
    need(app, small)
    answer = alva.get(path, headers=headers)
    assert answer.status_code == 200 and "passar dig" in answer.text


def test_sheet_says_that_a_place_suits(app: Flask, small: Small, alva: FlaskClient, bo: FlaskClient) -> None:
    furnish(app, small)
    need(app, small)
    path = f"/book/{small.a3}?date={TUESDAY}"
    assert "Passar dig" in alva.get(path).text and "Passar dig" not in bo.get(path).text
    assert "Passar dig" not in alva.get(f"/book/{small.a2}?date={TUESDAY}").text


def test_alternatives_come_in_the_order_of_what_is_needed(
    app: Flask, small: Small, alva: FlaskClient, bo: FlaskClient
) -> None:
    furnish(app, small)
    wish = {"space": small.a1, "date": str(TUESDAY), "start": "09:00", "end": "11:00", "preset": "own"}
    post(log_in(browser(app), "host"), "/bookings", wish)
    assert re.findall(r"Boka (A\d)[ ,]", post(bo, "/bookings", wish).text)[0] == "A2"
    need(app, small)
    assert re.findall(r"Boka (A\d)[ ,]", post(alva, "/bookings", wish).text)[0] == "A3"


def test_staff_who_move_a_members_booking_are_not_led_to_see_the_needs(
    app: Flask, small: Small, alva: FlaskClient
) -> None:
    furnish(app, small)
    host = log_in(browser(app), "host")
    hours = {"date": str(TUESDAY), "start": "09:00", "end": "11:00", "preset": "own"}
    post(host, "/bookings", {**hours, "space": small.a1})
    post(alva, "/bookings", {**hours, "space": small.room})
    with app.app_context():
        mine = db.session.scalar(select(Booking.id).where(Booking.member_id == small.people["alva"]))
    moved = {"space": small.a1, "date": str(TUESDAY), "start": "09:00", "end": "11:00", "title": ""}
    without = re.findall(r"\bA[123]\b", post(host, f"/bookings/{mine}/edit", moved).text)
    need(app, small)
    need(app, small, "host", "quiet", "step-free")
    assert re.findall(r"\bA[123]\b", post(host, f"/bookings/{mine}/edit", moved).text) == without
    assert re.findall(r"\bA[123]\b", post(alva, f"/bookings/{mine}/edit", moved).text) != without


def test_today_offers_what_suits_first(app: Flask, small: Small, alva: FlaskClient, bo: FlaskClient) -> None:
    furnish(app, small)
    need(app, small)
    offer = f'name="space" value="{small.a3}"'
    assert offer in alva.get("/").text and offer not in bo.get("/").text


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_nothing_that_others_get_is_made_of_them(app: Flask, small: Small, request: pytest.FixtureRequest) -> None:
    """Everything that anybody gets is the same with and without somebody else's needs, but for what is random."""
    made = request.getfixturevalue("station")
    paths = ["/", "/book?date=2026-11-24", f"/book/{small.a1}?date=2026-11-24", "/bookings", "/notifications", "/account",
             "/staff", "/staff/operations", "/privacy", f"/bookings/{made.ids['mine']}", made.feed]  # fmt: skip

    def seen() -> list[tuple[int, str]]:
        found = []
        for who in ("visitor", "bo", "host"):
            for path in paths:
                answer = made.client(who).get(path, buffered=True)
                found.append((answer.status_code, re.sub(r'value="[^"]{12,}"', "", answer.text)))
        return found

    made.visitor.get(made.feed)
    before = seen()
    need(app, small, "alva", *needs.NEEDS)
    assert seen() == before


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_only_the_visitors_own_statement_reads_them_and_no_log_names_them(
    app: Flask, request: pytest.FixtureRequest
) -> None:
    """Over a tour of all pages: the table is read in the statement that finds who asks, and nowhere else."""
    made = request.getfixturevalue("station")
    need(app, made.small, "alva", "flicker-free")
    stream = io.StringIO()
    configure("json", "debug", stream)
    try:
        with statements(app) as asked:
            tour(made)
            post(made.alva, "/account/access", {"hearing_loop": "y"})
    finally:
        logging.getLogger().handlers = [
            h for h in logging.getLogger().handlers if getattr(h, "stream", None) is not stream
        ]
        configure("auto", "error")
    touching = [statement for statement in asked if "access_needs" in statement]
    reads = {statement for statement in touching if statement.startswith("SELECT") and "login_session" not in statement}
    assert touching and all("WHERE access_needs.member_id = ?" in statement for statement in reads), reads
    assert "flicker" not in stream.getvalue() and "hearing" not in stream.getvalue() and stream.getvalue()


def test_they_are_in_the_members_own_copy_and_go_with_the_member(app: Flask, small: Small) -> None:
    need(app, small)
    data = next(data for data in personal.known(app).classes if data.name == "access-needs")
    with app.app_context(), transaction():
        [record] = data.records(small.people["alva"])
        assert record.fields["needs"] == ["step-free", "quiet"] and data.records(small.people["bo"]) == []
        assert data.erase(Subject(small.people["alva"], *PEOPLE["alva"][:2]), NOW) == 1
        assert data.records(small.people["alva"]) == []


def test_no_audit_entry_says_that_somebody_needs_something(app: Flask, small: Small, alva: FlaskClient) -> None:
    post(alva, "/account/access", FIELDS)
    with app.app_context():
        rows = db.session.execute(db.text("SELECT action, subject_kind FROM audit_entry")).all()
    assert not [row for row in rows if "need" in str(row) or "access" in str(row)]
