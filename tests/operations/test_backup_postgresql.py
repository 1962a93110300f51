"""Backup and restore on PostgreSQL, through its own programs."""

import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.engine import make_url

from innovation_station import doctor, operations, schema, settings
from innovation_station.operations import OperationError, backup, restore
from innovation_station.settings import Settings
from tests.operations.conftest import migrated
from tests.shared import once_a_run


@pytest.fixture
def on_postgresql(postgres_server: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    """Give the settings of an installation with a current, empty PostgreSQL database of its own."""
    if postgres_server.programs:
        monkeypatch.setenv("PATH", str(postgres_server.programs), prepend=os.pathsep)
    if not shutil.which("pg_dump"):
        pytest.skip("no pg_dump: apt-get install postgresql-client")
    name = f"operations_{os.getpid()}"
    url = copied(postgres_server, name)
    yield settings.load({"STATION_DATABASE_URL": url.replace("+psycopg", "")}, tmp_path / "instance")
    postgres_server.drop_database(name)


def copied(server: Any, name: str) -> str:
    """Make a current, empty database; the migrations run once for the whole run."""

    def make(noted: Path) -> None:
        migrated(server.create_database("migrated"))
        noted.touch()

    once_a_run("postgresql-migrated", make)
    server.drop_database(name)
    server._execute(f'CREATE DATABASE "{name}" TEMPLATE migrated STRATEGY file_copy')
    return str(server.database_url(name))


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
    """Return the name of the house and the number of floors."""
    row = connection.execute(text("SELECT (SELECT name FROM house), (SELECT count(*) FROM floor)")).one()
    return row[0], row[1]


def fill(engine: Engine, house: str, floors: int) -> None:
    """Put a house and some floors into the database."""
    rows = f"SELECT n, n::text, 'x', 0, 1, 1, '[]'::json, '[]'::json FROM generate_series(1, {floors}) AS n"
    execute(
        engine,
        "DELETE FROM house",
        "DELETE FROM floor",
        f"INSERT INTO house (id, revision, name, organisation, address_sv, address_en)"
        f" VALUES (1, 7, '{house}', '', '', '')",
        f"INSERT INTO floor (id, name_sv, name_en, position, width, height, shapes, labels) {rows}",
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


@pytest.fixture
def without_rights(postgres_server: Any, on_postgresql: Settings, tmp_path: Path) -> Iterator[Settings]:
    """Give a current installation whose role owns its tables, while a superuser has installed the extension."""
    name = f"plain_{os.getpid()}"
    url = make_url(postgres_server.create_database(name)).set(username=name, password="plain")
    owned = create_engine(postgres_server.database_url(name))
    execute(
        owned,
        f"CREATE ROLE {name} LOGIN PASSWORD 'plain'",
        "CREATE EXTENSION btree_gist",
        f"GRANT CREATE ON SCHEMA public TO {name}",
    )
    owned.dispose()
    address = url.render_as_string(hide_password=False)
    engine = create_engine(address)
    schema_of(engine)
    engine.dispose()
    yield settings.load({"STATION_DATABASE_URL": address.replace("+psycopg", "")}, tmp_path / "plain")
    postgres_server.drop_database(name)
    postgres_server._execute(f"DROP ROLE {name}")


def schema_of(engine: Engine, revision: str = "head") -> None:
    """Bring a database to a revision."""
    with engine.connect() as connection:
        schema.upgrade_connection(connection, revision)


def put_member(engine: Engine, token: str) -> None:
    """Put a member with a session into the database."""
    execute(
        engine,
        "INSERT INTO member (id, email, name, role, password_hash, visible, state, created_at, bookings_revision)"
        " VALUES (1, 'a@example.org', 'A', 'member', '!', false, 'active', now(), 40)",
        "INSERT INTO login_session (member_id, token_hash, created_at, expires_at, agent)"
        f" VALUES (1, '{token}', now(), now(), '')",
    )


def test_restore_needs_no_rights_on_the_extension(without_rights: Settings, tmp_path: Path) -> None:
    engine = create_engine(without_rights.database_url)
    try:
        fill(engine, "B", 70)
        backup(without_rights, tmp_path / "b")
        fill(engine, "A", 30)
        restore(without_rights, tmp_path / "b")
        with engine.connect() as connection:
            assert state(connection) == ("B", 70)
            owner = "SELECT rolsuper FROM pg_extension JOIN pg_roles r ON r.oid = extowner WHERE extname = 'btree_gist'"
            assert connection.execute(text(owner)).scalar_one() is True
    finally:
        engine.dispose()


def test_restore_installs_the_extension_where_it_is_missing(
    postgres_server: Any, on_postgresql: Settings, engine: Engine, tmp_path: Path
) -> None:
    fill(engine, "B", 7)
    backup(on_postgresql, tmp_path / "b")
    name = f"empty_{os.getpid()}"
    url = postgres_server.create_database(name).replace("+psycopg", "")
    try:
        empty = settings.load({"STATION_DATABASE_URL": url}, tmp_path / "empty")
        assert restore(empty, tmp_path / "b").safety is None
        other = create_engine(empty.database_url)
        with other.connect() as connection:
            assert state(connection) == ("B", 7)
        other.dispose()
        assert list((tmp_path / "empty").iterdir()) == []
    finally:
        postgres_server.drop_database(name)


def test_sessions_and_revisions_change_with_the_content(
    on_postgresql: Settings, engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever becomes of the program after the content has changed, no session of the backup lives again."""
    fill(engine, "B", 3)
    put_member(engine, "old")
    execute(
        engine,
        "INSERT INTO feed_contents"
        " (member_id, language, level, remind, revision, made_of, name, first, last, written_at)"
        " VALUES (1, 'sv', 'full', 0, 40, '', '', '', '', 1)",
    )
    backup(on_postgresql, tmp_path / "b")
    fill(engine, "A", 3)
    execute(engine, "UPDATE house SET revision = 90", "UPDATE member SET bookings_revision = 41")

    def killed(_connect: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(operations, "_upgrade", killed)
    with pytest.raises(KeyboardInterrupt):
        restore(on_postgresql, tmp_path / "b")
    with engine.connect() as connection:
        assert state(connection) == ("B", 3)
        assert connection.execute(text("SELECT count(*) FROM login_session")).scalar_one() == 0
        assert connection.execute(text("SELECT revision FROM house")).scalar_one() > 90
        assert connection.execute(text("SELECT bookings_revision FROM member")).scalar_one() > 41
        assert time.time() - 60 < connection.execute(text("SELECT written_at FROM feed_contents")).scalar_one()


def test_older_backup_goes_over_a_newer_database(
    postgres_server: Any, on_postgresql: Settings, engine: Engine, tmp_path: Path
) -> None:
    """Tables that the backup knows nothing of go with the rest, and come back empty."""
    name = f"older_{os.getpid()}"
    old = create_engine(postgres_server.create_database(name))
    try:
        schema_of(old, "0001")
        fill(old, "B", 7)
        older = settings.load(
            {"STATION_DATABASE_URL": old.url.render_as_string(hide_password=False).replace("+psycopg", "")},
            tmp_path / "older",
        )
        backup(older, tmp_path / "b")
    finally:
        old.dispose()
        postgres_server.drop_database(name)
    fill(engine, "A", 3)
    assert restore(on_postgresql, tmp_path / "b").revision == "0001"
    with engine.connect() as connection:
        assert state(connection) == ("B", 7)
        assert (
            connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
            == (schema.known_revisions()[-1])
        )


def test_restore_waits_for_a_lock_only_so_long(
    on_postgresql: Settings, engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    backup(on_postgresql, tmp_path / "b")
    monkeypatch.setattr(operations.postgres_tools, "LOCK_TIMEOUT", "200ms")
    with engine.begin() as connection:
        connection.execute(text("LOCK TABLE house IN ACCESS SHARE MODE"))
        with pytest.raises(OperationError, match="lock timeout"):
            restore(on_postgresql, tmp_path / "b")
