"""A database that is away, restarts or hangs up, and a clock that goes back."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import QueuePool

from innovation_station.db import db
from tests.conftest import Clock, Small, app_on, browser
from tests.faults.conftest import AWAY, BUSY, assert_unavailable, facts, on_calls, send, token_of, wish

PAGES = ("/", "/book", "/bookings", "/calendars", "/login", "/accessibility", "/no/such/page")
on_postgresql = pytest.mark.parametrize(
    "database_url", [pytest.param("postgresql", marks=pytest.mark.postgres)], indirect=True
)


def hang_up(server: Any, url: str) -> None:
    """End every connection to a database, as its restart does."""
    name = url.rsplit("/", 1)[1]
    server._execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")


@on_postgresql
def test_restarted_database_is_found_again_at_once(
    app: Flask, small: Small, alva: FlaskClient, database_url: str, postgres_server: Any
) -> None:
    token = token_of(alva)
    for number in range(3):
        hang_up(postgres_server, database_url)
        assert alva.get("/book").status_code == 200
        hang_up(postgres_server, database_url)
        data = wish(small, start=f"{9 + number:02}:00", end=f"{10 + number}:00", key=str(number))
        assert send(alva, "/bookings", data, token).status_code == 303
    assert len(facts(app)["bookings"]) == 3


@on_postgresql
def test_hang_up_at_any_call_is_503_and_nothing_half_done(
    app: Flask, small: Small, alva: FlaskClient, database_url: str, postgres_server: Any
) -> None:
    token, number = token_of(alva), 0
    while True:
        number += 1

        def act(call: int, _cursor: Any, _statement: str, at: int = number) -> None:
            if call == at:
                hang_up(postgres_server, database_url)

        before = facts(app)
        with on_calls(app, act) as seen:
            answer = send(alva, "/bookings", wish(small, key=str(number)), token)
        if len(seen) < number:
            break
        if answer.status_code == 303:  # only at the first call, a read that is tried once more
            facts(app)
            send(alva, f"{answer.location}/cancel", {}, token)
            continue
        assert_unavailable(answer, AWAY)
        assert facts(app) == before
    assert number > 6 and answer.status_code == 303


@on_postgresql
def test_closed_database_is_a_clear_page_until_it_opens(
    app: Flask, small: Small, alva: FlaskClient, database_url: str, postgres_server: Any
) -> None:
    token, name = token_of(alva), database_url.rsplit("/", 1)[1]
    postgres_server._execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
    hang_up(postgres_server, database_url)
    try:
        for path in PAGES:
            assert_unavailable(alva.get(path), AWAY)
        assert_unavailable(send(alva, "/bookings", wish(small), token), AWAY)
        assert_unavailable(send(alva, "/login", {"email": "alva@example.org", "password": "x" * 15}, token), AWAY)
        assert alva.get("/healthz").text == "ok"
        found = alva.get("/readyz").json
        assert found == {"ready": False, "reasons": ["database-unreachable"], "warnings": []}
        assert alva.get("/static/css/station.css", buffered=True).status_code == 200
    finally:
        postgres_server._execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')
    assert alva.get("/book").status_code == 200
    assert send(alva, "/bookings", wish(small), token).status_code == 303


@pytest.mark.postgres
def test_server_that_is_not_there(tmp_path: Path) -> None:
    away = app_on("postgresql+psycopg://nobody:hemligt@127.0.0.1:1/none", tmp_path / "instance")
    client = browser(away)
    for path in (path for path in PAGES if client.get(path).status_code != 303):  # a visitor's 303 asks no database
        answer = client.get(path)
        assert_unavailable(answer, AWAY)
        assert "hemligt" not in answer.text and "127.0.0.1" not in answer.text
    assert "The station" in client.get("/login?lang=en").text


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_file_that_is_gone(app: Flask, alva: FlaskClient, database_url: str) -> None:
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
    path = Path(database_url.removeprefix("sqlite:///"))
    path.rename(path.with_suffix(".kept"))
    path.mkdir()
    for page in ("/", "/book", "/login"):
        assert_unavailable(alva.get(page), AWAY)
    path.rmdir()
    path.with_suffix(".kept").rename(path)
    assert alva.get("/bookings").status_code == 200


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_pool_that_is_used_up_is_busy_and_no_fault(
    app: Flask, alva: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_self: QueuePool) -> None:
        raise PoolTimeout("QueuePool limit of size 5 overflow 10 reached, connection timed out, timeout 30.00")

    monkeypatch.setattr(QueuePool, "_do_get", full)
    answer = alva.get("/book")
    assert_unavailable(answer, BUSY)
    assert "QueuePool" not in answer.text


@pytest.mark.parametrize("back", [timedelta(minutes=1), timedelta(hours=1), timedelta(days=1), timedelta(days=400)])
def test_clock_set_back_breaks_nothing(
    app: Flask, small: Small, alva: FlaskClient, clock: Clock, back: timedelta
) -> None:
    token = token_of(alva)
    made = send(alva, "/bookings", wish(small), token).location
    assert send(alva, "/calendars", {"name": "Telefon", "language": "sv"}, token).status_code == 303
    feed = alva.get("/calendars").text.partition("<code>http://localhost")[2].partition("<")[0]
    assert alva.get(feed).status_code == 200
    before = clock.now
    clock.now -= back
    for path in ("/", "/book", "/bookings", made, f"{made}/edit", "/calendars", feed):
        assert alva.get(path).status_code == 200, path
    moved = send(alva, f"{made}/edit", wish(small, start="10:00", end="12:00"), token)
    assert moved.status_code in (303, 422)  # 400 days earlier the day lies beyond the horizon
    assert send(alva, f"{made}/cancel", {}, token).status_code == 303
    text_of_feed = alva.get(feed).text
    assert back > timedelta(days=300) or "STATUS:CANCELLED" in text_of_feed
    clock.now = before
    assert alva.get(made).status_code == 200 and "STATUS:CANCELLED" in alva.get(feed).text
    rows = facts(app)["history"]
    assert [action for _booking, action in rows] == [
        "reserved",
        *(["moved"] if moved.status_code == 303 else []),
        "cancelled",
    ]
    with app.app_context():
        ordered = "SELECT count(*) FROM booking WHERE changed_at < created_at"
        assert db.session.execute(text(ordered)).scalar_one() == 0
