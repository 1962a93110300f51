"""A backup brings back who was erased since; the restore erases them again."""

from __future__ import annotations

import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask

from innovation_station.db import db
from innovation_station.members.models import Member
from innovation_station.privacy import replay
from tests.conftest import NOW, PASSWORD, Clock, post
from tests.privacy.conftest import NAME, Person, found_in, run

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def copied(source: Path, target: Path) -> None:
    with sqlite3.connect(source) as read, sqlite3.connect(target) as written:
        read.backup(written)
    read.close()
    written.close()


def test_who_was_erased_since_the_backup_is_erased_again(
    app: Flask, person: Person, clock: Clock, tmp_path: Path
) -> None:
    station, backup = tmp_path / "station.db", tmp_path / "backup.db"
    copied(station, backup)
    post(person.client, "/account/erase", {"password": PASSWORD})
    clock.now = NOW + timedelta(days=7)
    run(app, "erasures")
    known = replay.forgotten(app)
    assert [entry.member_id for entry in known] == [person.id]
    copied(backup, station)
    backup.unlink()
    assert NAME in found_in(app, tmp_path, (NAME,))
    assert replay.again(app, known, now=clock.now) == 1
    assert found_in(app, tmp_path) == {}
    assert replay.again(app, known, now=clock.now) == 0


def test_the_same_number_of_somebody_else_is_left_alone(app: Flask, person: Person) -> None:
    known = [replay.Forgotten(person.id, NOW - timedelta(days=1)), replay.Forgotten(999, NOW)]
    assert replay.again(app, known, now=NOW) == 0
    with app.app_context():
        assert db.session.get_one(Member, person.id).name == NAME
        db.session.remove()
