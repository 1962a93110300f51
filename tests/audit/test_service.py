"""Entries are written with what they tell of, cannot be changed, and lose their personal parts only by decision."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from innovation_station import db as database
from innovation_station.audit import queries, service
from innovation_station.audit.models import AuditEntry, AuditPart
from innovation_station.audit.origin import session_name
from innovation_station.db import db, transaction
from innovation_station.members.models import LoginSession, Member
from innovation_station.web import actor, signed_in
from tests.conftest import NOW, Small


def member(small: Small, who: str = "alva") -> Member:
    found = db.session.get(Member, small.people[who])
    assert found
    return found


def record(small: Small, who: str = "alva", by: str = "admin", **given: Any) -> AuditEntry:
    given = {"before": {"role": "member"}, "after": {"role": "host"}} | given
    return service.record("member.role", subject=("member", small.people[who]), member_id=small.people[who],
                          actor=member(small, by), now=NOW, **given)  # fmt: skip


def test_entry_tells_who_what_when_and_is_sealed(context: Flask, small: Small) -> None:
    with transaction():
        record(small, before={"role": "member", "password_hash": "a"}, after={"role": "host", "password_hash": "b"})
        record(small, "bo")
    (told,) = queries.of_member(small.people["alva"], limit=10)
    assert (told.at, told.action, told.actor_id, told.actor_role) == (
        NOW,
        "member.role",
        small.people["admin"],
        "admin",
    )
    assert told.before == {"role": "member", "password_hash": "[hidden]"}
    assert told.after == {"role": "host", "password_hash": "[hidden]"}
    assert (told.outcome, told.reason, told.where) == ("done", "", {})
    verdict = queries.verify()
    assert (verdict.entries, verdict.faults) == (2, ())
    assert queries.has_hash(verdict.last) and not queries.has_hash(b"n" * 32)
    assert [entry.action for entry in queries.about("member", small.people["bo"], limit=5)] == ["member.role"]


def test_nothing_is_written_of_what_was_undone(context: Flask, small: Small) -> None:
    with pytest.raises(RuntimeError), transaction():
        record(small)
        raise RuntimeError
    with transaction() as session:
        record(small)
        savepoint = session.begin_nested()
        record(small, "bo")
        savepoint.rollback()
        with session.begin_nested():
            record(small, "host")
    assert [link.position for link in queries._links()] == [1, 2]
    assert queries.verify().faults == ()
    assert queries.of_member(small.people["bo"], limit=5) == []


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entry SET actor_role = 'member'",
        "DELETE FROM audit_entry",
        "UPDATE audit_part SET content = '{}'",
        "DELETE FROM audit_part",
        "UPDATE audit_erasure SET by_id = 1",
        "DELETE FROM audit_erasure",
    ],
)
def test_database_refuses_to_change_and_to_delete(context: Flask, small: Small, statement: str) -> None:
    with transaction():
        entry = record(small)
        decided = service.record("privacy.erased", subject=("member", 1), actor=None, now=NOW)
    with transaction():
        service.erase([(entry.id, "where")], by=decided)
    with pytest.raises(DBAPIError, match="audit_is_kept"), transaction() as session:
        session.execute(text(statement))
    assert queries.verify().faults == ()


def test_postgresql_refuses_to_truncate(context: Flask, small: Small) -> None:
    if db.engine.dialect.name != "postgresql":
        pytest.skip("SQLite has no TRUNCATE")
    with pytest.raises(DBAPIError, match="audit_is_kept"), transaction() as session:
        session.execute(text("TRUNCATE audit_part"))


def without_triggers(session: Any, statement: str) -> None:
    """Do what only the owner of the database can."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SET LOCAL session_replication_role = replica"))
    else:
        names = session.scalars(text("SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'audit%'"))
        for name in list(names):
            session.execute(text(f"DROP TRIGGER {name}"))
        session.connection().exec_driver_sql("PRAGMA defer_foreign_keys = ON")
    session.execute(text(statement))


@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        ("UPDATE audit_entry SET actor_role = 'member' WHERE position = 2", "entry 2: was changed"),
        ("UPDATE audit_part SET content = '{\"after\":{}}' WHERE entry_id = 2 AND part = 'what'", "entry 2: its part 'what' was changed"),
        ("DELETE FROM audit_part WHERE entry_id = 2 AND part = 'where'", "entry 2: its part 'where' is gone"),
    ],
)  # fmt: skip
def test_verify_names_what_was_changed_past_the_triggers(app: Flask, small: Small, statement: str, fault: str) -> None:
    with app.app_context():
        for _ in range(3):
            with transaction():
                record(small)
        with transaction() as session:
            without_triggers(session, statement)
        (found,) = queries.verify().faults
        assert found.startswith(fault)


def test_part_is_erased_and_the_chain_stays_whole(context: Flask, small: Small) -> None:
    with transaction():
        entry = record(small, before={"name": "Alva Lindqvist"}, after={"name": "Alva Ek"})
    with transaction():
        decided = service.record("privacy.erased", subject=("member", small.people["alva"]), actor=None, now=NOW)
        assert service.erase([(entry.id, "what"), (entry.id, "where"), (999, "what")], by=decided) == 2
    told = queries.about("member", small.people["alva"], limit=5)[-1]
    assert (told.action, told.before, told.after) == ("member.role", {}, {})
    assert queries.verify().faults == ()
    contents = "".join(db.session.scalars(db.select(AuditPart.content)))
    assert "Alva" not in contents


def test_members_see_what_was_done_and_not_where_others_were(app: Flask, small: Small) -> None:
    with app.test_request_context("/", environ_base={"REMOTE_ADDR": "192.0.2.77"}), transaction():
        record(small)
    with app.app_context():
        (theirs,) = queries.of_member(small.people["alva"], limit=5)
        (own,) = queries.of_member(small.people["admin"], limit=5)
    assert theirs.after == {"role": "host"} and theirs.where == {}
    assert own.after == {} and own.where == {"way": "web", "network": "192.0.2.0/24"}


def test_session_and_request_are_named(app: Flask, small: Small, alva: Any) -> None:
    def look() -> str:
        alva_id = small.people["alva"]
        with transaction():
            service.record("member.looked", subject=("member", alva_id), actor=actor(), now=NOW)
        return "seen"

    app.view_functions["bookings.mine"] = signed_in(look)
    answer = alva.get("/bookings", headers={"X-Forwarded-For": "198.51.100.1"})
    with app.app_context():
        (told,) = queries.about("member", small.people["alva"], limit=1)
        kept = db.session.scalars(db.select(LoginSession.token_hash)).one()
    assert told.request_id == answer.headers["X-Request-Id"]
    assert told.where == {"way": "web", "network": "127.0.0.0/24", "session": session_name(bytes(kept))}


def test_writers_at_once_make_one_chain(app: Flask, small: Small) -> None:
    def write() -> None:
        with app.app_context():
            for _ in range(5):
                with transaction():
                    record(small)
            db.session.remove()

    writers = [threading.Thread(target=write) for _ in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    with app.app_context():
        verdict = queries.verify()
        assert (verdict.entries, verdict.faults) == (20, ())
        database.db.session.remove()


def test_names_of_actions_are_asked_for(context: Flask, small: Small) -> None:
    with pytest.raises(ValueError, match="no name for an action"), transaction():
        service.record("Member", subject=("member", 1), actor=None)
