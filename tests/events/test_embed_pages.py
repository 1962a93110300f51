"""Events in other people's pages: without a session, only what everybody may see; and what oEmbed says of them."""

from __future__ import annotations

import html
from dataclasses import replace
from urllib.parse import unquote

import pytest
from flask import Flask
from flask.testing import FlaskClient

from innovation_station.db import transaction
from innovation_station.events import service
from innovation_station.events.models import Event
from tests.conftest import NOW, TUESDAY, ZONE, at, browser, log_in
from tests.events.conftest import FACTS, Stage
from tests.events.test_event_pages import each_request_by_itself

assert each_request_by_itself


@pytest.fixture
def shown(stage: Stage, two_days: Event) -> Event:
    return stage.publish(two_days)


def test_a_frame_has_no_session_and_may_stand_anywhere(app: Flask, shown: Event) -> None:
    alva = log_in(browser(app), "alva")
    for path in (f"/events/{shown.slug}/embed", "/embed/events", "/embed/events?category=conference"):
        for client in (browser(app), alva):
            answer = client.get(path)
            assert answer.status_code == 200 and "Samverkansdagarna" in answer.text, path
            assert "Set-Cookie" not in answer.headers and "X-Frame-Options" not in answer.headers
            policy = answer.headers["Content-Security-Policy"]
            assert "frame-ancestors *" in policy and "default-src 'none'" in policy and "script" not in policy
            assert "<script" not in answer.text and "<form" not in answer.text and "Alva" not in answer.text
            assert answer.headers["Cache-Control"] == "public, max-age=300"
            assert f'href="http://localhost/events/{shown.slug}" target="_blank" rel="noopener"' in answer.text
    assert "Samverkansdagarna" not in browser(app).get("/embed/events?category=kickoff").text
    assert "Collaboration Days" in browser(app).get(f"/events/{shown.slug}/embed?lang=en").text
    wrong = browser(app).get("/events/none/embed")
    assert wrong.status_code == 404 and wrong.headers["X-Frame-Options"] == "DENY"
    assert browser(app).get(f"/events/{shown.slug}").headers["X-Frame-Options"] == "DENY"


def test_whose_pages_may_show_it_is_a_setting(app: Flask, shown: Event, monkeypatch: pytest.MonkeyPatch) -> None:
    hosts = "https://www.example.org https://*.example.com"
    monkeypatch.setitem(app.config, "STATION", replace(app.config["STATION"], embed_hosts=hosts))
    policy = browser(app).get("/embed/events").headers["Content-Security-Policy"]
    assert policy.endswith(f"frame-ancestors {hosts}")


@pytest.mark.parametrize("visibility", ["members", "partners", "link"])
def test_what_not_everybody_may_see_is_not_shown(app: Flask, stage: Stage, shown: Event, visibility: str) -> None:
    with transaction():
        service.say(stage.who(), shown.id, replace(FACTS, visibility=visibility), now=NOW, zone=ZONE)
    draft = stage.event(at(TUESDAY, "18:00", "19:00"), replace(FACTS, titles=("Utkast", "Draft")))
    host = log_in(browser(app), "host")
    for client in (browser(app), host):
        for event in (shown, draft):
            path = f"/events/{event.slug}"
            assert client.get(f"{path}/embed?key={event.link_key}").status_code == 404
            assert client.get(f"/oembed?url=http://localhost{path}").status_code == 404
        assert "Samverkansdagarna" not in client.get("/embed/events").text
        assert "Utkast" not in client.get("/embed/events").text
    page = host.get(f"/events/{shown.slug}").text
    assert "oembed" not in page and "&lt;iframe" not in page


def test_oembed_says_what_to_show(client: FlaskClient, shown: Event) -> None:
    page = client.get(f"/events/{shown.slug}").text
    asked = f'type="application/json+oembed" href="http://localhost/oembed?url=http://localhost/events/{shown.slug}&format=json"'
    assert asked in unquote(html.unescape(page))
    assert "&lt;iframe" in page and f"/events/{shown.slug}/embed?lang=sv" in html.unescape(page)
    answer = client.get(f"/oembed?url=http://localhost/events/{shown.slug}?lang=en&maxwidth=400&maxheight=99999")
    said = answer.json
    assert said and (said["version"], said["type"], said["width"], said["height"]) == ("1.0", "rich", 400, 360)
    assert (
        said["html"].startswith(f'<iframe src="http://localhost/events/{shown.slug}/embed')
        and 'width="400"' in said["html"]
    )
    assert 'sandbox="allow-popups' in said["html"] and "Set-Cookie" not in answer.headers
    listed = client.get("/oembed?url=http://localhost/events").json
    assert listed and "/embed/events" in listed["html"]
    assert client.get(f"/oembed?url=http://localhost/events/{shown.slug}&format=xml").status_code == 501
    for wrong in ("", "x", f"https://evil.example/events/{shown.slug}", "http://localhost/staff", "http://localhost/events/none",
                  f"http://localhost@evil.example/events/{shown.slug}", "http://[", f"javascript:/events/{shown.slug}"):  # fmt: skip
        assert client.get("/oembed", query_string={"url": wrong}).status_code == 404, wrong
