"""Backup and restore on PostgreSQL, through its own programs."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Connection, Engine, create_engine, text

from innovation_station import db, doctor, operations, schema, settings
from innovation_station.operations import OperationError, backup, restore
from innovation_station.settings import Settings


@pytest.fixture
def on_postgresql(postgres_server: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    """Give the settings of an installation with a current, empty PostgreSQL database of its own."""
    if postgres_server.programs:
        monkeypatch.setenv("PATH", str(postgres_server.programs), prepend=os.pathsep)
    if not shutil.which("pg_dump"):
        pytest.skip("no pg_dump: apt-get install postgresql-client")
    name = f"operations_{os.getpid()}"
    url = postgres_server.create_database(name)
    app = Flask("made")
    app.config["SQLALCHEMY_DATABASE_URI"] = url
    db.db.init_app(app)
    schema.upgrade(app)
    with app.app_context():
        db.db.engine.dispose()
    yield settings.load({"STATION_DATABASE_URL": url.replace("+psycopg", "")}, tmp_path / "instance")
    postgres_server.drop_database(name)


@pytest.fixture
def engine(on_postgresql: Settings) -> Iterator[Engine]:
    """Give a way into its database."""
    engine = create_engine(on_postgresql.database_url)
    yield engine
    engine.dispose()


def execute(engine: Engine, *statements: str) -> None:
    """Run statements in a transaction of their own."""
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))


def state(connection: Connection) -> tuple[str, int]:
    """Return the name of the house and the number of organisations."""
    row = connection.execute(text("SELECT (SELECT name FROM house), (SELECT count(*) FROM organisation)")).one()
    return row[0], row[1]


def fill(engine: Engine, house: str, organisations: int) -> None:
    """Put a house and some organisations into the database."""
    rows = f"SELECT n, n::text, 'x', 'company' FROM generate_series(1, {organisations}) AS n"
    execute(
        engine,
        "DELETE FROM house",
        "DELETE FROM organisation",
        f"INSERT INTO house (id, revision, name, organisation, address_sv, address_en)"
        f" VALUES (1, 7, '{house}', '', '', '')",
        f"INSERT INTO organisation (id, name_sv, name_en, kind) {rows}",
    )


def test_backup_and_restore(on_postgresql: Settings, engine: Engine, tmp_path: Path) -> None:
    fill(engine, "B", 70)
    file = tmp_path / "b"
    assert backup(on_postgresql, file) == file.stat().st_size
    assert file.stat().st_mode & 0o777 == 0o600
    fill(engine, "A", 30)
    execute(engine, "UPDATE house SET revision = 90")
    done = restore(on_postgresql, file)
    assert done.safety is not None
    with engine.connect() as connection:
        assert state(connection) == ("B", 70)
        assert connection.execute(text("SELECT revision FROM house")).scalar_one() > 90
    restore(on_postgresql, done.safety)
    with engine.connect() as connection:
        assert state(connection) == ("A", 30)
    assert not [one for one in doctor.findings(on_postgresql) if one.subject == "PostgreSQL" and one.state != "ok"]


def test_restore_refuses_doubtful_files(on_postgresql: Settings, engine: Engine, tmp_path: Path) -> None:
    fill(engine, "A", 3)
    good = tmp_path / "good"
    execute(engine, "UPDATE alembic_version SET version_num = '9999'")
    backup(on_postgresql, tmp_path / "newer")
    execute(engine, f"UPDATE alembic_version SET version_num = '{schema.known_revisions()[-1]}'")
    backup(on_postgresql, good)
    (tmp_path / "letter").write_text("dear")
    (tmp_path / "lite").write_bytes(operations.SQLITE_HEADER + bytes(100))
    (tmp_path / "cut").write_bytes(good.read_bytes()[:3000])
    cases = {
        "letter": "not a backup",
        "lite": "SQLite",
        "newer": "newer version",
        "cut": "pg_restore|could not|no table",
    }
    for name, reason in cases.items():
        with pytest.raises(OperationError, match=reason) as caught:
            restore(on_postgresql, tmp_path / name)
        assert len(str(caught.value).splitlines()) == 1
    with engine.connect() as connection:
        assert state(connection) == ("A", 3)


def test_restore_cut_short_leaves_the_database_as_it_was(
    on_postgresql: Settings, engine: Engine, tmp_path: Path
) -> None:
    """A dump whose list is whole and whose data is not fails in the middle; the transaction undoes it all."""
    fill(engine, "A", 5000)
    backup(on_postgresql, tmp_path / "b")
    whole = (tmp_path / "b").read_bytes()
    (tmp_path / "b").write_bytes(whole[: len(whole) - 9000])
    fill(engine, "B", 3)
    with pytest.raises(OperationError):
        restore(on_postgresql, tmp_path / "b")
    with engine.connect() as connection:
        assert state(connection) == ("B", 3)
