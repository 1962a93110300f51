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
from tests.conftest import NOW, Template, app_on, furnish_old

CHANGED = (
    "feed", "feed_contents", "feed_part", "member", "login_session", "ticket", "second_factor", "recovery_code", "admission",
    "house_text", "acceptance",
)  # fmt: skip


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def old(request: pytest.FixtureRequest, station: Settings, tmp_path: Path) -> Flask:
    """Give an app on a database without tables."""
    url = f"sqlite:///{tmp_path / 'old.db'}"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres_server").create_database(f"old_{tmp_path.name}")
    return app_on(url, station.instance)


def put_feed(app: Flask, alva: int, token: str) -> None:
    """Store a booking and a feed, whose entries stand one by one."""
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


def test_filled_database_of_each_version_before_keeps_what_it_holds(
    old: Flask, sqlite_template: Template, tmp_path: Path
) -> None:
    """It gets the outbox; feeds are read on, at their address; accounts are as open as they were.

    Entries of feeds stored one by one go with the upgrade, and the first fetch makes them anew.
    """
    app, token = old, "t" * 43
    schema.upgrade(app, "0003")
    people = furnish_old(app, tmp_path, sqlite_template).people
    schema.upgrade(app, "0004")
    put_feed(app, people["alva"], token)
    schema.upgrade(app, "0009")
    with app.app_context(), db.transaction() as session:
        session.execute(text("UPDATE member SET active = :no WHERE id = :id"), {"no": False, "id": people["bo"]})
    schema.upgrade(app)
    for _ in range(2):
        said = app.test_client().get(f"/feeds/{token}.ics").text
        assert said.count("BEGIN:VEVENT\r\n") == said.count("SUMMARY:Kvar") == 1
    with app.app_context():
        engine = inspect(db.db.engine)
        tables = engine.get_table_names()
        assert {"mail", "job"} <= set(tables) and "booking_entry" not in tables
        for table in CHANGED:
            columns = {column["name"] for column in engine.get_columns(table)}
            assert columns == set(db.Base.metadata.tables[table].columns.keys())
        assert db.db.session.execute(text("SELECT count(*) FROM member")).scalar() == len(people)
        states = {key: db.db.session.get_one(Member, number).state for key, number in people.items()}
        assert states == {"alva": "active", "bo": "paused", "host": "active", "admin": "active"}
        with pytest.raises(IntegrityError):
            db.db.session.execute(text("UPDATE member SET state = 'gone'"))
        db.db.session.remove()
        db.db.engine.dispose()
