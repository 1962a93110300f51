"""People of a house that is full of everything can be given out and forgotten, whatever features have added since."""

from __future__ import annotations

import json
import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from innovation_station import clock as clock_module
from innovation_station.db import db, transaction
from innovation_station.members.models import Member
from innovation_station.privacy import jobs, queries, service, takeout
from tests.conftest import NOW, Clock, _dispose, app_on
from tests.privacy.conftest import found_in, known, occupancy


@pytest.fixture
def house(tmp_path: Path, demo_house: Path) -> Flask:
    shutil.copy(demo_house, tmp_path / "station.db")
    return app_on(f"sqlite:///{tmp_path / 'station.db'}", tmp_path / "instance")


def test_people_of_the_demo_can_be_forgotten(house: Flask, clock: Clock, tmp_path: Path) -> None:
    with house.app_context():
        admin = db.session.scalars(select(Member).where(Member.role == "admin")).first()
        assert admin
        others = select(Member).where(Member.id != admin.id, Member.state == "active").order_by(Member.id)
        people = list(db.session.scalars(others))[::7]
        words = tuple(word for person in people for word in (person.name, person.email))
        for person in people:
            with transaction():
                service.ask_erasure(admin, person.id, now=NOW)
        db.session.remove()
    before = occupancy(house)
    assert set(found_in(house, tmp_path, words)) == set(words)
    clock.now = NOW + timedelta(days=7)
    with house.app_context():
        assert jobs.erasures(clock_module.now()) == f"{len(people)} erased"
        for person in people:
            case = queries.erasure_of(person.id)
            assert case and case.outcome
            assert [name for name in case.outcome if name.startswith("left:")] == []
    assert found_in(house, tmp_path, words) == {}
    assert occupancy(house) == before
    _dispose(house)


def test_everybody_of_the_demo_can_have_a_copy(house: Flask) -> None:
    with house.app_context():
        for member_id in db.session.scalars(select(Member.id).limit(5)):
            classes = takeout.contents(member_id, known(house))
            assert json.dumps(classes) and len(takeout.packed(member_id, known(house), NOW)) > 1000
        assert all(entry.count >= 0 for entry in queries.overdue(known(house), NOW + timedelta(days=4000)))
    _dispose(house)
