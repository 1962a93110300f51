"""A filled database of the version before keeps what it holds and gets what is new."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import inspect, text

from innovation_station import db, schema
from innovation_station.settings import Settings
from tests.conftest import app_on, furnish


@pytest.mark.parametrize("database_url", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def test_filled_database_of_the_version_before_gets_the_outbox(
    database_url: str, request: pytest.FixtureRequest, station: Settings, tmp_path: Path
) -> None:
    url = f"sqlite:///{tmp_path / 'old.db'}"
    if database_url == "postgresql":
        url = request.getfixturevalue("postgres_server").create_database(f"old_{tmp_path.name}")
    app: Flask = app_on(url, station.instance)
    schema.upgrade(app, "0003")
    people = furnish(app).people
    schema.upgrade(app)
    with app.app_context():
        assert {"mail", "job"} <= set(inspect(db.db.engine).get_table_names())
        kept = db.db.session.execute(text("SELECT count(*) FROM member")).scalar()
        assert kept == len(people)
        db.db.session.remove()
        db.db.engine.dispose()
