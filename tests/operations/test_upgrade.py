"""A filled database of the version before keeps what it holds and gets what is new."""

from __future__ import annotations

import uuid
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import bindparam, inspect, text
from sqlalchemy.exc import IntegrityError

from innovation_station import db, schema
from innovation_station.calendars import rules
from innovation_station.members.models import Member
from innovation_station.settings import Settings
from tests.conftest import NOW, app_on, furnish_old


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def old(request: pytest.FixtureRequest, station: Settings, tmp_path: Path) -> Flask:
    """Give an app on a database without tables."""
    url = f"sqlite:///{tmp_path / 'old.db'}"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres_server").create_database(f"old_{tmp_path.name}")
    return app_on(url, station.instance)


def test_filled_database_of_the_version_before_gets_the_outbox(old: Flask, tmp_path: Path) -> None:
    app = old
    schema.upgrade(app, "0003")
    people = furnish_old(app, tmp_path).people
    schema.upgrade(app)
    with app.app_context():
        assert {"mail", "job"} <= set(inspect(db.db.engine).get_table_names())
        kept = db.db.session.execute(text("SELECT count(*) FROM member")).scalar()
        assert kept == len(people)
        db.db.session.remove()
        db.db.engine.dispose()


def test_feeds_of_the_version_before_are_read_on(old: Flask, tmp_path: Path) -> None:
    """Entries stored one by one go with the upgrade; the feed keeps its address, and the first fetch makes them anew."""
    app, token = old, "t" * 43
    schema.upgrade(app, "0004")
    alva = furnish_old(app, tmp_path).people["alva"]
    with app.app_context(), db.transaction() as session:
        hour = {"start": NOW, "end": NOW + timedelta(hours=1), "created_at": NOW, "changed_at": NOW}
        kept = {"uid": str(uuid.uuid4()), "member_id": alva, "space_id": 1, "title": "Kvar", **hour}
        session.execute(
            text(
                'INSERT INTO booking (uid, member_id, space_id, start, "end", title, public, state, sequence, revision,'
                " created_at, changed_at) VALUES (:uid, :member_id, :space_id, :start, :end, :title, :no, 'confirmed',"
                " 0, 0, :created_at, :changed_at)"
            ).bindparams(*(bindparam(name, type_=db.UtcDateTime) for name in hour)),
            {**kept, "no": False},
        )
        made = {"created_at": NOW, "changed_at": NOW}
        session.execute(
            text(
                "INSERT INTO feed (member_id, name, language, scope, nonce, token_hash, created_at, changed_at,"
                " last_client) VALUES (:member_id, 'Min', 'sv', 'my-bookings', 'n', :token_hash, :created_at,"
                " :changed_at, '')"
            ).bindparams(*(bindparam(name, type_=db.UtcDateTime) for name in made)),
            {"member_id": alva, "token_hash": rules.token_hash(token), **made},
        )
        session.execute(
            text("INSERT INTO booking_entry VALUES (1, 'sv', 0, 'before', 0, :body)"), {"body": b"BEGIN:VEVENT\r\n"}
        )
    schema.upgrade(app)
    for _ in range(2):
        said = app.test_client().get(f"/feeds/{token}.ics").text
        assert said.count("BEGIN:VEVENT\r\n") == said.count("SUMMARY:Kvar") == 1
    with app.app_context():
        assert not inspect(db.db.engine).has_table("booking_entry")
        for table in ("feed", "feed_contents", "feed_part"):
            columns = {column["name"] for column in inspect(db.db.engine).get_columns(table)}
            assert columns == set(db.Base.metadata.tables[table].columns.keys())
        db.db.session.remove()
        db.db.engine.dispose()


def test_accounts_of_the_version_before_keep_whether_they_are_open(old: Flask, tmp_path: Path) -> None:
    schema.upgrade(old, "0009")
    people = furnish_old(old, tmp_path).people
    with old.app_context(), db.transaction() as session:
        session.execute(text("UPDATE member SET active = :no WHERE id = :id"), {"no": False, "id": people["bo"]})
    schema.upgrade(old)
    with old.app_context():
        states = {key: db.db.session.get_one(Member, number).state for key, number in people.items()}
        assert states == {"alva": "active", "bo": "paused", "host": "active", "admin": "active"}
        for table in (
            "member",
            "login_session",
            "ticket",
            "second_factor",
            "recovery_code",
            "admission",
            "house_text",
            "acceptance",
        ):
            columns = {column["name"] for column in inspect(db.db.engine).get_columns(table)}
            assert columns == set(db.Base.metadata.tables[table].columns.keys())
        with pytest.raises(IntegrityError):
            db.db.session.execute(text("UPDATE member SET state = 'gone'"))
        db.db.session.remove()
        db.db.engine.dispose()
