"""The commands that look after mail and jobs, and what doctor and /readyz say of them."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import click.testing
import pytest

from innovation_station import doctor, settings
from innovation_station.jobs import registry
from innovation_station.settings import Settings

Command = Callable[..., click.testing.Result]


def told(station: Settings, subject: str) -> list[tuple[str, str]]:
    return [(one.state, one.text) for one in doctor.findings(station) if one.subject == subject]


def test_jobs_are_listed_and_run(command: Command, database: Path, station: Settings) -> None:
    assert "mail-retention           daily 03:10, not run yet\n" in command("jobs", "list").output
    done = command("jobs", "run", "mail-retention")
    assert (done.exit_code, done.stdout) == (0, "mail-retention: 0 deleted\n")
    listed = command("jobs", "list").output
    assert "ok after 0." in listed and ": 0 deleted; next " in listed


def test_job_that_is_unknown_or_running_is_refused(command: Command, database: Path) -> None:
    done = command("jobs", "run", "mail-retantion")
    assert done.exit_code == 1 and "There is no job 'mail-retantion'" in done.output
    command("jobs", "run", "mail-retention")
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("UPDATE job SET claimed_by = 'x', claimed_until = datetime('2026-11-23 07:10:30')")
        connection.commit()
    done = command("jobs", "run", "mail-retention")
    assert done.exit_code == 1 and done.output == "Error: mail-retention is running at the moment.\n"


def test_job_that_fails_says_why(command: Command, database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(app: object) -> dict[str, registry.Task]:
        jobs = registry.Jobs()

        @jobs.every(registry.timedelta(hours=1), "broken")
        def run(_now: object) -> str:
            raise ValueError("no such thing as alva@example.org\nsecond line")

        return jobs.tasks

    monkeypatch.setattr(registry, "tasks", broken)
    monkeypatch.setattr("innovation_station.jobs.runner.tasks", broken)
    done = command("jobs", "run", "broken")
    assert done.exit_code == 1
    assert done.output.splitlines()[-1] == "Error: broken failed: ValueError: no such thing as …"
    assert "FAILED" in command("jobs", "list").output


def test_mail_is_queued(command: Command, database: Path) -> None:
    assert command("mail", "test", "someone@example.org").exit_code == 0
    with closing(sqlite3.connect(database)) as connection:
        assert connection.execute("SELECT receiver, template, state FROM mail").fetchall() == [
            ("someone@example.org", "test", "queued")
        ]
    done = command("mail", "test", "someone")
    assert (done.exit_code, done.output) == (1, "Error: 'someone' is not an address that mail can be sent to.\n")


def test_worker_without_a_current_database(command: Command, station: Settings) -> None:
    done = command("worker")
    assert done.exit_code == 1 and "innovation-station db upgrade" in done.output


def test_doctor_tries_the_way_out(station: Settings, database: Path, tmp_path: Path) -> None:
    outbox = station.instance / "outbox"
    assert told(station, "mail") == [("ok", f"files in {outbox}, which the first one makes.")]
    outbox.mkdir()
    assert told(station, "mail") == [("ok", f"files in {outbox}.")]
    assert list(outbox.iterdir()) == []
    given = {"STATION_SECRET_KEY": "k" * 40, "STATION_MAIL_URL": "smtp://u:very-secret@127.0.0.1:9"}
    ((state, text),) = told(settings.load(given, station.instance), "mail")
    assert state == "wrong" and text == "cannot leave: [Errno 111] Connection refused"
    given = {"STATION_SECRET_KEY": "k" * 40, "STATION_BASE_URL": "https://house.example"}
    assert told(settings.load(given, station.instance), "mail")[0][0] == "warning"


def test_doctor_tells_of_late_jobs_and_parked_mails(station: Settings, database: Path, command: Command) -> None:
    assert told(station, "worker") == [("ok", "no job is late.")]
    command("jobs", "run", "mail-retention")
    command("mail", "test", "someone@example.org")
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("UPDATE job SET next_at = '2026-11-20 02:10:00.000000'")
        connection.execute("UPDATE mail SET state = 'parked'")
        connection.commit()
    ((state, text),) = told(station, "worker")
    assert state == "warning" and text.startswith("jobs wait since 2026-11-20 02:10 UTC: is a worker running?")
    assert told(station, "mail")[1] == ("warning", "1 could not be delivered: see /staff/operations.")
