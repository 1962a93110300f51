"""Health: alive without a database, ready only with a current one."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from innovation_station import db, health
from innovation_station.settings import Settings


@pytest.fixture
def client(station: Settings) -> Iterator[FlaskClient]:
    """Give a client of an app with nothing but health."""
    app = Flask("small")
    app.config.update(
        SQLALCHEMY_DATABASE_URI=station.database_url,
        SQLALCHEMY_ENGINE_OPTIONS=db.engine_options(station.database_url),
    )
    db.db.init_app(app)
    app.register_blueprint(health.pages)
    yield app.test_client()
    with app.app_context():
        db.db.engine.dispose()


def ready(client: FlaskClient) -> tuple[int, list[str]]:
    """Return the status and the reasons of /readyz."""
    answer = client.get("/readyz")
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in answer.headers
    assert answer.json is not None
    assert answer.json["ready"] == (answer.status_code == 200)
    return answer.status_code, answer.json["reasons"]


def test_alive_without_a_database(client: FlaskClient, station: Settings) -> None:
    answer = client.get("/healthz")
    assert (answer.status_code, answer.text, answer.mimetype) == (200, "ok", "text/plain")
    assert answer.headers["Cache-Control"] == "no-store"
    assert list(station.instance.iterdir()) == []


def test_ready_follows_the_database(client: FlaskClient, database: Path) -> None:
    for _ in range(2):
        assert ready(client) == (200, [])
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()
        assert ready(client) == (503, ["migrations-pending"])
        connection.execute("DELETE FROM alembic_version")
        connection.commit()
        assert ready(client) == (503, ["migrations-pending"])


def test_not_ready_without_tables(client: FlaskClient, station: Settings) -> None:
    assert ready(client) == (503, ["migrations-pending"])


def test_not_ready_when_the_database_cannot_be_read(client: FlaskClient, database: Path) -> None:
    database.write_text("letter" * 1000)
    assert ready(client) == (503, ["database-unreachable"])


def test_late_jobs_are_a_warning_and_no_reason(client: FlaskClient, database: Path) -> None:
    assert client.get("/readyz").json == {"ready": True, "reasons": [], "warnings": []}
    with closing(sqlite3.connect(database)) as connection:
        insert = "INSERT INTO job (name, next_at, result, failures) VALUES ('x', '2026-11-20 02:10:00.000000', '', 0)"
        connection.execute(insert)
        connection.commit()
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json) == (200, {"ready": True, "reasons": [], "warnings": ["jobs-late"]})
