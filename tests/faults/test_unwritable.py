"""A database that cannot be written: locked, read-only, full. Pages are read, writes say so, nothing is half done."""

from __future__ import annotations

import shutil
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import create_engine, event, text

from innovation_station import db as database
from innovation_station.db import db
from tests.conftest import PASSWORD, TUESDAY, Small, app_on, browser, log_in
from tests.faults.conftest import BUSY, READ_ONLY, assert_unavailable, facts, send, token_of, wish

PAGES = ("/", "/book", f"/book?date={TUESDAY}", "/bookings", "/calendars", "/accessibility", "/login")


def writes(client: FlaskClient, small: Small, token: str) -> dict[str, dict[str, Any]]:
    """Make a booking, a cancelled one and a feed, and give every form that would change something."""
    made = send(client, "/bookings", wish(small, key="made"), token).location
    gone = send(
        client, "/bookings", wish(small, space=small.room, start="15:00", end="16:00", key="gone"), token
    ).location
    assert send(client, f"{gone}/cancel", {}, token).status_code == 303
    assert send(client, "/calendars", {"name": "Telefon", "language": "sv"}, token).status_code == 303
    return {
        "/bookings": wish(small, start="14:00", end="15:00", key="new"),
        f"{made}/edit": wish(small, start="09:30"), f"{made}/cancel": {}, f"{gone}/restore": {},
        "/calendars": {"name": "Ny", "language": "sv"}, "/calendars/1/name": {"name": "Ny"}, "/calendars/1/renew": {},
        "/calendars/1/revoke": {}, "/logout": {},
    }  # fmt: skip


def stands_still(app: Flask, client: FlaskClient, forms: dict[str, dict[str, Any]], token: str, said: str) -> None:
    """See that pages open and that every write is refused with a sentence and changes nothing."""
    before = facts(app)
    for path in PAGES:
        assert client.get(path).status_code in (200, 303), path
    for path, data in forms.items():
        for headers in ({}, {"X-Part": "sheet"}) if path == "/bookings" else ({},):
            answer = send(client, path, data, token, **headers)
            assert_unavailable(answer, said)
    visitor = browser(app)
    log_in = {"email": "bo@example.org", "password": PASSWORD}
    assert_unavailable(send(visitor, "/login", log_in, token_of(visitor)), said)
    wrong = send(visitor, "/login", {**log_in, "password": "fel-losenord-helt"}, token_of(visitor))
    if wrong.status_code != 403:  # reading is enough to say no; but where the try cannot be counted, no is not said
        assert_unavailable(wrong, said)
    assert send(visitor, "/lang/en", {"next": "/book"}, token_of(visitor)).location == "/book"
    assert client.get("/bookings").status_code == 200, "still logged in"
    assert facts(app) == before


def works_again(app: Flask, client: FlaskClient, forms: dict[str, dict[str, Any]], token: str) -> None:
    """See that everything goes through once the fault is over, without a restart."""
    for path, data in forms.items():
        assert send(client, path, data, token).status_code == 303, path
    facts(app)


# -- locked -----------------------------------------------------------------------------------------------------------


@contextmanager
def locked(url: str) -> Iterator[None]:
    """Hold what every write needs: SQLite's write lock, or the rows of members and spaces."""
    engine = create_engine(url)
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            connection.exec_driver_sql("COMMIT")
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        else:
            for table in ("member", "space", "feed", "login_session"):
                connection.execute(text(f"LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE"))
        yield
        connection.rollback()
    engine.dispose()


@pytest.fixture
def impatient(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Flask]:
    """Give an app that waits a fifth of a second for a lock instead of five or ten."""
    monkeypatch.setattr(database, "BUSY_MILLISECONDS", 200)
    options = database.engine_options(database_url)
    arguments = options["connect_args"]
    if "options" in arguments:
        arguments["options"] = arguments["options"].replace("lock_timeout=10000", "lock_timeout=200")
    made = app_on(database_url, tmp_path / "instance", SQLALCHEMY_ENGINE_OPTIONS=options)
    yield made
    with made.app_context():
        db.session.remove()
        db.engine.dispose()


def test_locked_database(impatient: Flask, app: Flask, small: Small, database_url: str) -> None:
    client = log_in(browser(impatient))
    token = token_of(client)
    forms = writes(client, small, token)
    began = time.monotonic()
    with locked(database_url):
        stands_still(impatient, client, forms, token, BUSY)
    assert time.monotonic() - began < 15
    works_again(impatient, client, forms, token)


def test_short_lock_is_waited_for(app: Flask, small: Small, alva: FlaskClient, database_url: str) -> None:
    token, release = token_of(alva), threading.Event()
    holding = threading.Event()

    def hold() -> None:
        with locked(database_url):
            holding.set()
            release.wait(5)

    holder = threading.Thread(target=hold)
    holder.start()
    assert holding.wait(5)
    threading.Timer(0.3, release.set).start()
    assert send(alva, "/bookings", wish(small), token).status_code == 303
    holder.join(5)
    facts(app)


def test_waits_are_bounded() -> None:
    assert database.BUSY_MILLISECONDS <= 5000
    assert "lock_timeout=10000" in database.engine_options("postgresql+psycopg://h/n")["connect_args"]["options"]


# -- read-only --------------------------------------------------------------------------------------------------------

ReadOnly = Callable[[Flask, str], None]


def by_pragma(app: Flask, _url: str) -> None:
    with app.app_context():
        db.engine.dispose()
        event.listen(db.engine, "connect", lambda connection, _record: connection.execute("PRAGMA query_only = ON"))


def by_setting(app: Flask, url: str) -> None:
    name = url.rsplit("/", 1)[1]
    with app.app_context(), db.engine.connect() as connection:
        connection.execute(text(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on'))
        connection.commit()
    with app.app_context():
        db.engine.dispose()


def test_read_only_database(app: Flask, small: Small, alva: FlaskClient, database_url: str) -> None:
    token = token_of(alva)
    forms = writes(alva, small, token)
    (by_pragma if database_url.startswith("sqlite") else by_setting)(app, database_url)
    stands_still(app, alva, forms, token, READ_ONLY)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_read_only_file(app: Flask, small: Small, alva: FlaskClient, database_url: str, tmp_path: Path) -> None:
    token = token_of(alva)
    forms = writes(alva, small, token)
    path = database_url.removeprefix("sqlite:///")
    address = {"SQLALCHEMY_DATABASE_URI": f"sqlite:///file:{path}?mode=ro&uri=true"}
    reading = app_on(database_url, tmp_path / "instance", **address)
    client = browser(reading)
    client.set_cookie("session", alva.get_cookie("session").value)  # type: ignore[union-attr]
    stands_still(reading, client, forms, token, READ_ONLY)
    with reading.app_context():
        db.session.remove()
        db.engine.dispose()
    works_again(app, alva, forms, token)


# -- full -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_full_disk(app: Flask, small: Small, alva: FlaskClient) -> None:
    token = token_of(alva)
    assert send(alva, "/bookings", wish(small), token).status_code == 303

    def limit(connection: sqlite3.Connection, _record: object) -> None:
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count = {pages}")

    with app.app_context():
        db.engine.dispose()
        event.listen(db.engine, "connect", limit)
    statuses = []
    for number in range(200):
        start = 8 * 60 + 15 * (number % 38)
        times = {"start": f"{start // 60:02}:{start % 60:02}", "end": f"{(start + 15) // 60:02}:{(start + 15) % 60:02}"}
        data = wish(
            small,
            space=(small.room, small.hall, small.booth)[number // 38 % 3],
            key=str(number),
            title="x" * 120,
            **times,
        )
        answer = send(alva, "/bookings", data, token)
        statuses.append(answer.status_code)
        if answer.status_code == 503:
            assert_unavailable(answer, READ_ONLY)
            break
        assert answer.status_code == 303, answer.text
    assert statuses[-1] == 503
    assert len(facts(app)["bookings"]) == len(statuses)
    for path in PAGES:
        assert alva.get(path).status_code in (200, 303)
    with app.app_context():
        event.remove(db.engine, "connect", limit)
        db.engine.dispose()
    assert send(alva, "/bookings", data, token).status_code == 303
    facts(app)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_damaged_file_is_an_error_page_and_no_more(
    app: Flask, alva: FlaskClient, database_url: str, tmp_path: Path
) -> None:
    path = Path(database_url.removeprefix("sqlite:///"))
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    shutil.copy(path, tmp_path / "kept")
    path.write_bytes(b"\xa5" * path.stat().st_size)
    for page in ("/", "/book", "/login"):
        answer = alva.get(page)
        assert answer.status_code in (500, 503) and "<h1" in answer.text and "malformed" not in answer.text
    assert alva.get("/healthz").status_code == 200 and alva.get("/readyz").status_code == 503
    with app.app_context():
        db.engine.dispose()
    shutil.copy(tmp_path / "kept", path)
    assert alva.get("/bookings").status_code == 200
