"""What the tests of operations share: an installation in a folder of its own, made by the migrations."""

import logging
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import click.testing
import pytest
from flask import Flask

from innovation_station import db, schema, settings
from innovation_station.cli import cli
from innovation_station.settings import Settings
from tests.shared import once_a_run

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def station(tmp_path: Path) -> Settings:
    """Give the settings of a new SQLite installation; nothing is made yet."""
    instance = tmp_path / "instance"
    instance.mkdir()
    return settings.load({"STATION_SECRET_KEY": "k" * 40}, instance)


@pytest.fixture(scope="session")
def made_once() -> Path:
    """Give the file of a database as the migrations make it, for copying."""

    def make(path: Path) -> None:
        migrated(f"sqlite:///{path}")
        with sqlite3.connect(path) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.close()

    return once_a_run("empty.db", make)


def migrated(url: str) -> None:
    """Let the migrations make what they make of a database without tables."""
    plain = Flask("made")
    plain.config.update(SQLALCHEMY_DATABASE_URI=url)
    db.db.init_app(plain)
    schema.upgrade(plain)
    with plain.app_context():
        db.db.engine.dispose()


@pytest.fixture
def database(station: Settings, made_once: Path) -> Path:
    """Give the file of the installation's database: current, in use as far as SQLite can tell, empty."""
    path = Path(station.database_url.removeprefix("sqlite:///"))
    path.write_bytes(made_once.read_bytes())
    return path


@pytest.fixture
def program(station: Settings) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Give a function that runs the program with arguments in this installation."""

    def run(
        *arguments: str, given: str = "", environment: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "innovation_station.cli", *arguments],
            env=environment_of(station) | (environment or {}),
            input=given,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            cwd=ROOT,
        )

    return run


@pytest.fixture
def command(station: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., click.testing.Result]]:
    """Give a function that runs a command in this process, in this installation."""
    for name in [name for name in os.environ if name.startswith(("STATION_", "FLASK_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("STATION_INSTANCE", str(station.instance))
    root = logging.getLogger()
    before, level = list(root.handlers), root.level

    def run(*arguments: str, given: str | None = None) -> click.testing.Result:
        return click.testing.CliRunner().invoke(cli, arguments, input=given)

    yield run
    root.handlers[:] = before
    root.setLevel(level)


def environment_of(station: Settings) -> dict[str, str]:
    """Return the environment of a process of this installation, without settings of the tests' own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("STATION_", "FLASK_"))}
    return kept | {"STATION_INSTANCE": str(station.instance)}


@pytest.fixture
def started() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Give a function that starts a process; those that still run at the end are killed."""
    processes: list[subprocess.Popen[str]] = []

    def start(command: list[str], **options: object) -> subprocess.Popen[str]:
        process = subprocess.Popen(  # type: ignore[call-overload]
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT, **options
        )
        processes.append(process)
        return process

    yield start
    for process in processes:
        if process.poll() is None:
            process.kill()
        process.communicate()
