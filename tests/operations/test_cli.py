"""The commands: what they print, what they refuse, and how they end."""

import http.client
import json
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import Result

from innovation_station import settings
from innovation_station.settings import Settings
from tests.conftest import hand_compiled
from tests.operations.conftest import environment_of

Command = Callable[..., Result]
Started = Callable[..., subprocess.Popen[str]]
PASSWORD = "ett långt lösenord"


def refused(result: Result) -> str:
    """Return the one line that a command ended with, having failed as it should."""
    assert result.exit_code == 1, result.output
    lines = [line for line in result.stderr.splitlines() if line.startswith("Error: ")]
    assert len(lines) == 1
    assert "Traceback" not in result.output
    return lines[0]


def test_version_and_usage(command: Command) -> None:
    assert re.fullmatch(r"innovation-station [\w. ]+\n", command("--version").output)
    assert command("--help").exit_code == 0
    assert command("dance").exit_code == 2
    assert command("backup").exit_code == 2
    assert command("serve", "--port", "99999").exit_code == 2
    assert command("member", "create", "--email", "a@example.org").exit_code == 2


def test_no_options_of_flask_that_mean_nothing(command: Command) -> None:
    told = command("--help").output
    assert re.findall(r"(?m)^ +(?:-\w, )?(--[\w-]+)", told) == ["--version", "--help"]
    for option in (["--app", "other"], ["-A", "other"], ["--env-file", "x"], ["-e", "x"], ["--debug"]):
        assert command(*option, "doctor").exit_code == 2


def test_wrong_settings_are_lines_not_tracebacks(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STATION_LOCALE", "de")
    monkeypatch.setenv("STATION_TRUSTED_PROXIES", "many")
    for arguments in (["db", "upgrade"], ["doctor"], ["serve"], ["backup", "b"], ["routes"]):
        result = command(*arguments)
        assert result.exit_code == 1
        assert [line.split(" must")[0] for line in result.stderr.splitlines()] == [
            "Error: STATION_TRUSTED_PROXIES",
            "Error: STATION_LOCALE",
        ]


def test_upgrade_makes_the_database(command: Command, station: Settings) -> None:
    for _ in range(2):
        result = command("db", "upgrade")
        assert result.exit_code == 0, result.output
        assert "The schema is at" in result.output


def test_member_create(command: Command, database: Path) -> None:
    arguments = ("member", "create", "--email", "Ada@Example.org", "--name", "Ada Ö", "--role", "host")
    result = command(*arguments, "--password-stdin", given=f"{PASSWORD}\r\n")
    assert (result.exit_code, result.output) == (0, "Made host ada@example.org, number 1.\n")
    with closing(sqlite3.connect(database)) as connection:
        row = connection.execute("SELECT email, name, role, password_hash FROM member").fetchone()
    assert row[:3] == ("ada@example.org", "Ada Ö", "host")
    assert row[3].startswith("$argon2id$")
    assert "already" in refused(command(*arguments, "--password-stdin", given=PASSWORD))


def test_member_create_asks_twice_without_showing(command: Command, database: Path) -> None:
    arguments = ("member", "create", "--email", "a@example.org", "--name", "A")
    result = command(*arguments, given=f"{PASSWORD}\nother\n{PASSWORD}\n{PASSWORD}\n")
    assert result.exit_code == 0
    assert PASSWORD not in result.output


def test_audit_verify_names_what_was_changed(command: Command, database: Path) -> None:
    assert "0 entries, unbroken" in command("audit", "verify").output
    for number in range(2):
        at = f"2026-11-23 07:10:0{number}.000000"
        with closing(sqlite3.connect(database)) as connection, connection:
            connection.execute(
                "INSERT INTO audit_entry (id, at, action, subject_kind, actor_role, outcome, reason, request_id, "
                "what_hash, where_hash) VALUES (?, ?, 'house.named', 'house', 'house', 'done', '', '', x'00', x'00')",
                (number + 1, at),
            )
    told = command("audit", "verify")
    assert told.exit_code == 1 and "entry 2: written past the program" in told.stderr


def test_audit_verify_knows_a_hash_noted_down(command: Command, database: Path) -> None:
    assert "written anew or cut" in refused(command("audit", "verify", "--expect", "ab" * 32))
    assert command("audit", "verify", "--expect", "no hash").exit_code == 2


@pytest.mark.parametrize(
    ("email", "name", "password", "told"),
    [
        ("a@example.org", "A", "fourteen chars", "at least 15"),
        ("a@example.org", "A", "", "at least 15"),
        ("nobody", "A", PASSWORD, "address"),
        ("a@example.org", "A\nB", PASSWORD, "name"),
        ("a@example.org", "", PASSWORD, "name"),
    ],
)
def test_member_create_refuses_in_one_line(
    command: Command, database: Path, email: str, name: str, password: str, told: str
) -> None:
    arguments = ("member", "create", "--email", email, "--name", name, "--password-stdin")
    assert told in refused(command(*arguments, given=password))
    with closing(sqlite3.connect(database)) as connection:
        assert connection.execute("SELECT count(*) FROM member").fetchone() == (0,)


def test_command_without_a_database_says_so(command: Command, tmp_path: Path) -> None:
    arguments = ("member", "create", "--email", "a@example.org", "--name", "A", "--password-stdin")
    assert "no database" in refused(command("backup", str(tmp_path / "b")))
    assert "db upgrade" in refused(command(*arguments, given=PASSWORD))
    assert "is empty" in refused(command("backup", str(tmp_path / "b")))


def test_command_without_even_a_folder_names_the_remedy(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STATION_INSTANCE", str(tmp_path / "none"))
    arguments = ("member", "create", "--email", "a@example.org", "--name", "A", "--password-stdin")
    for line in (refused(command(*arguments, given=PASSWORD)), refused(command("demo", "load"))):
        assert "no database" in line and line.endswith("innovation-station db upgrade")
    assert command("db", "upgrade").exit_code == 0
    assert command(*arguments, given=PASSWORD).exit_code == 0


def test_command_on_a_server_that_is_away_says_where_to_look(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("psycopg")
    monkeypatch.setenv("STATION_DATABASE_URL", f"postgresql://a:hush@127.0.0.1:{free_port()}/station")
    arguments = ("member", "create", "--email", "a@example.org", "--name", "A", "--password-stdin")
    line = refused(command(*arguments, given=PASSWORD))
    assert "refused" in line and "innovation-station doctor" in line and "hush" not in line


def test_command_on_a_busy_database_says_so(command: Command, database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("innovation_station.db.BUSY_MILLISECONDS", 50)
    arguments = ("member", "create", "--email", "a@example.org", "--name", "A", "--password-stdin")
    with closing(sqlite3.connect(database, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert "Another process" in refused(command(*arguments, given=PASSWORD))


def test_demo_goes_into_an_empty_database_only(command: Command, database: Path) -> None:
    made = command("member", "create", "--email", "a@example.org", "--name", "A", "--password-stdin", given=PASSWORD)
    assert made.exit_code == 0
    assert "empty" in refused(command("demo", "load"))


def test_backup_and_restore(command: Command, database: Path, tmp_path: Path) -> None:
    file = tmp_path / "b"
    result = command("backup", str(file))
    assert result.exit_code == 0
    assert result.stdout == f"{file}: {file.stat().st_size:,} bytes, checked.\n"
    with closing(sqlite3.connect(database)) as connection:
        assert connection.execute("SELECT size FROM backup").fetchall() == [(file.stat().st_size,)]
    result = command("restore", str(file))
    assert result.exit_code == 0
    assert "before-restore" in result.stdout
    file.write_text("letter")
    assert "not a backup" in refused(command("restore", str(file)))
    assert "not a backup" in refused(command("backup", str(file)))


def test_doctor_shows_settings_and_no_secret(
    command: Command, station: Settings, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STATION_SECRET_KEY", "s3cret-" * 6)
    monkeypatch.setenv("STATION_REDIS_URL", "redis://:hush@cache/0")
    monkeypatch.setenv("STATION_MAIL_URL", "smtp://u:hush@mail/")
    monkeypatch.setenv("STATION_TIME_ZONE", "x")
    (station.instance / "config.toml").write_text('locale = "en"\n')
    result = command("doctor")
    assert "s3cret" not in result.output
    assert "hush" not in result.output
    shown = {line.split()[0]: line.split(maxsplit=1)[1] for line in result.stdout.splitlines() if "  [" in line}
    assert list(shown) == ["STATION_INSTANCE", *(definition.name for definition in settings.DEFINITIONS)]
    assert shown["STATION_SECRET_KEY"] == "(set, 42 characters)  [environment]"
    assert shown["STATION_REDIS_URL"] == "redis://:***@cache/0  [environment]"
    assert shown["STATION_LOCALE"] == "en  [config.toml]"
    assert shown["STATION_TIMEZONE"] == "Europe/Stockholm  [default]"
    assert "did you mean STATION_TIMEZONE?" in result.output


def test_serve_without_a_key(command: Command, database: Path) -> None:
    assert "STATION_SECRET_KEY" in refused(command("serve"))
    assert not (database.parent / "secret_key").exists()


def test_serve_without_a_current_database(command: Command, station: Settings) -> None:
    settings.ensure_secret_key(station.instance)
    port = free_port()
    assert "db upgrade" in refused(command("serve", "--port", str(port)))


def test_port_in_use(command: Command, database: Path) -> None:
    settings.ensure_secret_key(database.parent)
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = str(taken.getsockname()[1])
        for name in ("serve", "run"):
            assert f"Port {port} on 127.0.0.1 is in use" in refused(command(name, "--port", port))


def free_port() -> int:
    """Return a port that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def ask(port: int, path: str) -> tuple[int, bytes]:
    """Ask a server of ours, waiting for it to start."""
    deadline = time.monotonic() + 20
    while True:
        try:
            with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=20)) as connection:
                connection.request("GET", path)
                answer = connection.getresponse()
                return answer.status, answer.read()
        except ConnectionError:
            assert time.monotonic() < deadline
            time.sleep(0.05)


def test_run_sets_up_and_serves(station: Settings, started: Started) -> None:
    hand_compiled(station.instance)
    port = str(free_port())
    command = [sys.executable, "-m", "innovation_station.cli", "run", "--empty", "--port", port]
    process = started(command, env=environment_of(station))
    assert ask(int(port), "/healthz") == (200, b"ok")
    status, body = ask(int(port), "/readyz")
    assert (status, json.loads(body)) == (200, {"ready": True, "reasons": [], "warnings": []})
    process.send_signal(signal.SIGINT)
    told, trouble = process.communicate(timeout=10)
    assert process.returncode == 0, trouble
    assert told.splitlines()[0] == f"Innovation Station: http://127.0.0.1:{port}"
    assert "Demo" not in told
    assert "Traceback" not in trouble
    assert (station.instance / "secret_key").stat().st_mode & 0o777 == 0o600
    assert (station.instance / "station.db").stat().st_mode & 0o007 == 0
