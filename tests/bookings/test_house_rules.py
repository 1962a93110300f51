"""New house rules are accepted before the next booking; until then everything can be looked at and taken back."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from innovation_station.bookings import service
from innovation_station.db import db, transaction
from innovation_station.errors import Refused
from innovation_station.members import joining, rules
from innovation_station.members.models import Member
from innovation_station.members.rules import Person
from tests.conftest import NOW, TUESDAY, ZONE, Small, at, browser, log_in, post, statements, token_in

SAID = {
    "sv": "Huset har nya regler. Godkänn dem innan du bokar.",
    "en": "The house has new rules. Accept them before you book.",
}
LINK = {"sv": "Läs och godkänn dem", "en": "Read and accept them"}


def publish(app: Flask, kind: str = "rules", body: str = "Släck lampan.") -> None:
    with app.app_context(), transaction():
        joining.publish_text(kind, body, "Turn off the light.", actor=None, now=NOW)


def wish(small: Small, hour: int = 9, **more: Any) -> dict[str, str]:
    return {"space": str(small.a1), "date": str(TUESDAY), "start": f"{hour:02}:00", "end": f"{hour + 1:02}:00", **more}


def accept(client: FlaskClient) -> TestResponse:
    page = client.get("/rules/accept")
    return client.post("/rules/accept", data={"csrf_token": token_in(page.text), "accept": "y", "next": "/book"})


@pytest.mark.parametrize("language", ["sv", "en"])
def test_booking_waits_until_new_rules_are_accepted(app: Flask, small: Small, language: str) -> None:
    alva = log_in(browser(app, language))
    publish(app)
    refused = post(alva, "/bookings", wish(small))
    assert refused.status_code == 422 and SAID[language] in refused.text and LINK[language] in refused.text
    way = re.search(rf'<a href="([^"]+)">{LINK[language]}', refused.text)
    assert way and way[1].startswith("/rules/accept?next=/book") and 'value="09:00"' not in way[1]
    page = alva.get(way[1].replace("&amp;", "&"))
    assert page.status_code == 200 and ("Släck lampan." if language == "sv" else "Turn off the light.") in page.text
    assert accept(alva).location == "/book"
    assert post(alva, "/bookings", wish(small)).status_code == 303


def test_part_that_a_script_asks_for_has_the_way_too(app: Flask, small: Small, alva: FlaskClient) -> None:
    publish(app)
    answer = post(alva, "/bookings", wish(small), headers={"X-Part": "sheet"})
    assert answer.status_code == 422 and "/rules/accept" in answer.text and "<html" not in answer.text


def test_reading_and_cancelling_go_on(app: Flask, small: Small, alva: FlaskClient) -> None:
    path = post(alva, "/bookings", wish(small)).location
    publish(app)
    day = alva.get(f"/book?date={TUESDAY}")
    assert day.status_code == 200 and SAID["sv"] in day.text
    assert f"/rules/accept?next=/book?date%3D{TUESDAY}" in day.text.replace("%3F", "?")
    for page in ("/", "/bookings", path, f"{path}/edit", f"/book/{small.a2}?date={TUESDAY}", "/calendars", "/members"):
        assert alva.get(page).status_code == 200, page
    assert post(alva, f"{path}/cancel").status_code == 303
    assert post(alva, f"{path}/restore").status_code == 303  # what was one's own already
    assert post(alva, "/bookings", wish(small, 11)).status_code == 422


def test_series_wait_too_and_lose_nothing_of_what_was_typed(app: Flask, small: Small, alva: FlaskClient) -> None:
    typed = {
        **wish(small),
        "title": "Möte",
        "repeat": "weekly",
        "interval": "1",
        "weekdays": "1",
        "ends": "count",
        "count": "3",
    }
    publish(app)
    refused = post(alva, "/series", typed)
    way = re.search(rf'<a href="([^"]+)">{LINK["sv"]}', refused.text)
    assert refused.status_code == 422 and way and SAID["sv"] in refused.text
    page = alva.get(html.unescape(way[1]))
    following = re.findall(r'name="next" value="([^"]+)"', page.text)[-1]  # the first is that of the language
    assert "M%C3%B6te" in following and "csrf" not in following
    accept(alva)
    assert "Möte" in alva.get(html.unescape(following)).text
    assert post(alva, "/series", typed).status_code == 303


def test_each_version_is_accepted_anew_and_staff_are_asked_too(app: Flask, small: Small, alva: FlaskClient) -> None:
    publish(app)
    accept(alva)
    assert SAID["sv"] not in alva.get("/book").text
    publish(app, body="Släck alla lampor.")
    host = log_in(browser(app), "host")
    for client in (alva, host):
        assert post(client, "/bookings", wish(small)).status_code == 422
        accept(client)
    assert post(alva, "/bookings", wish(small)).status_code == 303
    assert post(host, "/bookings", wish(small, 11)).status_code == 303


def test_what_is_said_about_privacy_stops_nobody(app: Flask, small: Small, alva: FlaskClient) -> None:
    publish(app, "privacy")
    assert post(alva, "/bookings", wish(small)).status_code == 303
    publish(app)
    assert "Du kan se allt" in alva.get("/rules/accept").text
    accept(alva)
    publish(app, "privacy", "Mer.")
    assert "Du kan se allt" not in alva.get("/rules/accept").text
    assert post(alva, "/bookings", wish(small, 11)).status_code == 303


def test_service_refuses_too(context: Flask, small: Small) -> None:
    due = Person(small.people["alva"], "member", "Alva", "alva@example.org", False, rules_due=True)
    with statements(context) as seen, pytest.raises(Refused) as error, transaction():
        service.reserve(due, small.a1, at(TUESDAY, "09:00", "10:00"), now=NOW, zone=ZONE)
    assert [refusal.code for refusal in error.value.refusals] == ["rules-new"] and seen == []
    assert rules.booking_refusals(db.session.get_one(Member, small.people["alva"])) == []


def test_it_is_known_without_a_further_statement(app: Flask, small: Small, alva: FlaskClient) -> None:
    def costs(hour: int) -> tuple[int, int, int]:
        path, part = f"/book?date={TUESDAY}", {"X-Part": "day"}
        alva.get(path)
        token = token_in(alva.get(path).text)
        with statements(app) as page:
            tag = alva.get(path, headers=part).headers["ETag"]
        with statements(app) as unchanged:
            alva.get(path, headers={**part, "If-None-Match": tag})
        with statements(app) as booking:
            assert alva.post("/bookings", data={**wish(small, hour), "csrf_token": token}).status_code == 303
        return len(page), len(unchanged), len(booking)

    costs(9)  # the day has a booking from now on
    without = costs(11)
    publish(app)
    accept(alva)
    assert costs(13) == without and without[1] == 1


def test_it_is_looked_up_by_keys(app: Flask, alva: FlaskClient, request: pytest.FixtureRequest) -> None:
    if "sqlite" not in request.node.callspec.id:
        pytest.skip("PostgreSQL scans small tables whatever the index")
    publish(app)
    with statements(app) as seen:
        alva.get("/accessibility")
    with app.app_context():
        raw = db.engine.raw_connection()
        plan = raw.cursor().execute("EXPLAIN QUERY PLAN " + seen[0], ("x",) * seen[0].count("?")).fetchall()
        raw.close()
    lines = [str(row[3]) for row in plan]
    assert any(re.search(r"SEARCH (house_text|.*uq_house_text)", line) for line in lines), lines
    assert not [line for line in lines if line.startswith("SCAN") and ("acceptance" in line or "house_text" in line)], (
        lines
    )
