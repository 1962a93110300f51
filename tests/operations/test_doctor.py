"""The doctor: what is well is said to be, and what is not is named with what to do."""

import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from innovation_station import doctor, postgres_tools, settings
from innovation_station.settings import Settings


def told(station: Settings, state: str) -> dict[str, str]:
    """Return what the doctor finds in a state, by subject; the assets are the checkout's affair."""
    found = [one for one in doctor.findings(station) if one.subject not in ("languages", "fonts")]
    return {one.subject: one.text for one in found if one.state == state}


def test_healthy_installation(station: Settings, database: Path) -> None:
    database.chmod(0o640)
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
    assert told(station, "wrong") == {}
    assert set(told(station, "ok")) >= {"instance directory", "secret key", "disk", "migrations", "SQLite"}
    assert list(told(station, "warning")) in (["base URL", "backup"], ["base URL", "disk", "backup"])
    with closing(sqlite3.connect(database)) as connection, connection:
        noted = (datetime.now(UTC) - timedelta(days=8)).replace(tzinfo=None).isoformat(" ")
        connection.execute("INSERT INTO backup (at, size, seconds, revision) VALUES (?, 1, 1, 'x')", (noted,))
    assert "the last is of" in told(station, "warning")["backup"]
    assert "backup" not in told(replace(station, backup_days=0), "warning")
    assert "the last is of" in told(replace(station, backup_days=9), "ok")["backup"]
    assert sorted(path.name for path in station.instance.iterdir() if path.suffix == ".db") == ["station.db"]


def test_no_database_is_not_made_by_looking(station: Settings) -> None:
    assert "db upgrade" in told(station, "wrong")["database"]
    assert list(station.instance.iterdir()) == []


def test_empty_old_and_newer_database(station: Settings, database: Path) -> None:
    for revision, advice in (("9999", "newer version"), (None, "empty")):
        with closing(sqlite3.connect(database)) as connection, connection:
            connection.execute("UPDATE alembic_version SET version_num = ?", (revision or "x",))
            if revision is None:
                connection.execute("DROP TABLE alembic_version")
        assert advice in told(station, "wrong")["migrations"]


def test_damaged_database(station: Settings, database: Path) -> None:
    with database.open("r+b") as file:
        file.seek(8192)
        file.write(b"\xa5" * 60_000)
    assert set(told(station, "wrong")) & {"database", "SQLite"}
    database.write_text("letter" * 100)
    assert "not a database" in told(station, "wrong")["database"]


def test_unreachable_postgresql_hides_the_password(tmp_path: Path) -> None:
    found = settings.load({"STATION_DATABASE_URL": "postgresql://u:hush@127.0.0.1:1/n"}, tmp_path)
    lines = told(found, "wrong")
    assert "cannot be used" in lines["database"]
    assert "hush" not in str(lines)


def test_open_permissions(station: Settings, database: Path) -> None:
    settings.ensure_secret_key(station.instance)
    (station.instance / "secret_key").chmod(0o644)
    database.chmod(0o644)
    assert "chmod 600" in told(station, "wrong")["secret key"]
    assert "chmod o-rwx" in told(station, "warning")["permissions"]


def test_instance_that_cannot_be_made(station: Settings, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    found = settings.load({}, tmp_path / "file" / "instance")
    assert "cannot be written" in told(found, "wrong")["instance directory"]


@pytest.mark.parametrize(("free", "state"), [(10, "wrong"), (500, "warning"), (5000, "ok")])
def test_disk_space(station: Settings, monkeypatch: pytest.MonkeyPatch, free: int, state: str) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=free * 2**20))
    assert told(station, state)["disk"] == f"{free:,} MiB free."


def test_settings_that_do_not_fit_together(tmp_path: Path) -> None:
    environ = {"STATION_BASE_URL": "https://station.example.org", "STATION_NAME": "x"}
    lines = told(settings.load(environ, tmp_path), "warning")
    assert "STATION_TRUSTED_PROXIES=1" in lines["proxies"]
    assert "STATION_NAME is not a setting" in lines["settings"]
    assert "serve" in lines["secret key"]


def test_missing_postgresql_program_names_the_command(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(postgres_tools, "DEBIAN", tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(postgres_tools.ToolError, match="apt-get install postgresql-client"):
        postgres_tools.find("pg_dump")


@pytest.mark.parametrize(
    ("output", "line"),
    [
        ("x: server version: 18.1; x\npg_dump: error: server version mismatch", "postgresql-client-18"),
        ("pg_restore: error: could not read from input file: end of file\n", "could not read"),
        ("", "failed"),
    ],
)  # fmt: skip
def test_what_a_postgresql_program_says_becomes_one_line(output: str, line: str) -> None:
    reason = postgres_tools._reason("pg_dump", output)
    assert line in reason
    assert len(reason.splitlines()) == 1
