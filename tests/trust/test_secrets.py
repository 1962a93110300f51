"""Nothing that opens a door gets into logs, pages of errors or addresses."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask

from innovation_station import logs
from innovation_station.bookings import queries
from tests.conftest import PASSWORD, browser, post, token_in
from tests.trust.conftest import Station, tour

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """Collect all log lines at the finest level."""
    stream, root = io.StringIO(), logging.getLogger()
    level = root.level
    logs.configure("json", "debug", stream)
    yield stream
    logs.configure("json", "error")
    root.setLevel(level)


def break_down(*_args: Any, **_more: Any) -> Any:
    raise RuntimeError("broken on purpose")


def test_logs_of_everything_hold_no_secret(
    app: Flask, station: Station, written: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    logs.configure("json", "debug", written)
    cookies = [station.client(who).get_cookie("session").value for who in ("alva", "bo", "host")]  # type: ignore[union-attr]
    tour(station)
    client = browser(app)
    for password in ("fel-losenord-helt", PASSWORD):
        token = token_in(client.get("/login").text)
        client.post(
            "/login", data={"email": "alva@example.org", "password": password, "csrf_token": token, "remember": "y"}
        )
    cookies += [client.get_cookie(name).value for name in ("session", "remember")]  # type: ignore[union-attr]
    monkeypatch.setattr(queries, "upcoming", break_down)
    assert client.get(f"/bookings?token={token}&x={station.feed}").status_code == 500
    client.get(station.feed + "x")
    lines = written.getvalue()
    assert "broken on purpose" in lines and lines.count('"request"') > 50
    secrets = {"password": PASSWORD, "wrong password": "fel-losenord-helt", "form token": token, "feed": station.feed[7:-4],
               "key": app.config["SECRET_KEY"], **{f"cookie {n}": value for n, value in enumerate(cookies)}}  # fmt: skip
    assert [name for name, value in secrets.items() if value in lines] == []
    assert "argon2" not in lines and "<x-title" not in lines and "alva@example.org" not in lines


def test_page_of_a_fault_says_nothing_of_the_program(
    station: Station, monkeypatch: pytest.MonkeyPatch, written: io.StringIO
) -> None:
    monkeypatch.setattr(queries, "upcoming", break_down)
    for headers in ({}, {"X-Part": "day"}, {"Accept": "application/json"}):
        answer = station.alva.get("/bookings?__debugger__=yes&cmd=resource&f=debugger.js", headers=headers)
        assert answer.status_code == 500 and "Något gick sönder hos oss" in answer.text
        for word in (
            "broken on purpose",
            "RuntimeError",
            "Traceback",
            "innovation_station/",
            ".py",
            "sqlalchemy",
            "Werkzeug",
        ):
            assert word not in answer.text, word
        assert answer.headers["Cache-Control"] == "no-store" and "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("path", ["/console", "/__debug__", "/metrics", "/admin", "/debug", "/style", "/.env", "/.git/config", "/config.toml",
                                  "/instance/secret_key", "/static/../innovation_station/web.py", "/static/%2e%2e/station", "/server-status",
                                  "/static/..%2fpyproject.toml", "/static//etc/passwd", "/static/css/../../README.md"])  # fmt: skip
def test_nothing_is_served_that_is_not_meant_to_be(station: Station, path: str) -> None:
    for client in (station.visitor, station.host):
        answer = client.get(path, follow_redirects=True)
        assert answer.status_code == 404, path
        assert "import " not in answer.text and "[project]" not in answer.text


def test_health_tells_nothing_but_health(station: Station) -> None:
    assert station.visitor.get("/healthz").text == "ok"
    assert station.visitor.get("/readyz").json == {"ready": True, "reasons": [], "warnings": []}


def test_secrets_are_in_no_address_that_leaves(station: Station) -> None:
    page = station.alva.get("/calendars")
    assert page.headers["Referrer-Policy"] in ("same-origin", "no-referrer")
    assert station.visitor.get(station.feed).headers["Referrer-Policy"] == "no-referrer"
    for line in page.text.splitlines():
        assert 'href="http' not in line or 'rel="noopener noreferrer"' in line or "localhost" in line, line
    assert post(station.alva, "/calendars", {"name": "Ny", "language": "sv"}).location.startswith("/calendars#feed-")
    assert "feed" not in station.visitor.get("/robots.txt").text
