"""What the tests of faults share: a look at whether anything is half done, and Alva's wish for a desk."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, text
from werkzeug.test import TestResponse

from innovation_station.db import db
from tests.conftest import TUESDAY, Small, token_in

BUSY = "Det är mycket på gång just nu"
READ_ONLY = "Bokningar kan inte ändras just nu"
AWAY = "Stationens uppgifter går inte att nå just nu"


def facts(app: Flask) -> dict[str, list[Any]]:
    """Give what a booking consists of, and fail where a part of one stands without the others."""
    with app.app_context():
        ask = {
            "bookings": "SELECT id, state, space_id, title, revision, sequence FROM booking ORDER BY id",
            "allocations": "SELECT booking_id, space_id FROM allocation ORDER BY booking_id",
            "history": "SELECT booking_id, action FROM booking_history ORDER BY id",
            "entries": "SELECT part, made_of FROM feed_part ORDER BY part",
        }
        rows = {name: [tuple(row) for row in db.session.execute(text(sql))] for name, sql in ask.items()}
        db.session.rollback()
    confirmed = [row[0] for row in rows["bookings"] if row[1] == "confirmed"]
    assert [row[0] for row in rows["allocations"]] == confirmed
    assert {row[0] for row in rows["history"]} == {row[0] for row in rows["bookings"]}
    for number, _state, _space, _title, revision, _sequence in rows["bookings"]:
        assert len([row for row in rows["history"] if row[0] == number]) == revision + 1
    revisions = {row[0]: row[4] for row in rows["bookings"]}
    entries = [entry.split(".") for _, made_of in rows["entries"] for entry in made_of.split()[1:]]
    assert all(revisions[int(number)] == int(revision) for number, revision in entries)
    return rows


def wish(small: Small, **changes: Any) -> dict[str, Any]:
    """Give the form of a desk for Tuesday morning."""
    return {
        "space": small.a1,
        "date": str(TUESDAY),
        "start": "09:00",
        "end": "11:00",
        "title": "Skriva",
        "key": "k1",
        **changes,
    }


def send(client: FlaskClient, path: str, data: dict[str, Any], token: str, **headers: str) -> TestResponse:
    """Post a form with a token fetched before the fault."""
    return client.post(path, data={**data, "csrf_token": token}, headers=headers)


def token_of(client: FlaskClient) -> str:
    """Give the form token of a browser."""
    return token_in(client.get("/accessibility").text)


def assert_unavailable(answer: TestResponse, said: str) -> None:
    """See that an answer is the clear page of a database that cannot be used now."""
    assert answer.status_code == 503, (answer.status_code, answer.text[-1500:])
    assert said in answer.text, re.sub(r"\s+", " ", answer.text)[-1500:]
    assert int(answer.headers["Retry-After"]) > 0
    assert answer.headers["Cache-Control"] == "no-store"
    for word in ("sqlite", "psycopg", "SELECT", "UPDATE", "Traceback", "locked", "readonly"):
        assert word not in answer.text, word


@contextmanager
def on_calls(app: Flask, act: Any) -> Iterator[list[str]]:
    """Run `act(number, cursor, statement)` before each database call inside; it may raise or answer the call."""
    seen: list[str] = []

    def note(cursor: Any, statement: str, _parameters: Any, context: Any = None) -> None:
        seen.append(statement)
        act(len(seen), cursor, statement)

    def ended(connection: Any) -> None:
        seen.append("COMMIT")
        act(len(seen), None, "COMMIT")

    with app.app_context():
        engine = db.engine
    event.listen(engine, "do_execute", note)
    event.listen(engine, "commit", ended)
    try:
        yield seen
    finally:
        event.remove(engine, "do_execute", note)
        event.remove(engine, "commit", ended)


@pytest.fixture
def subscribed(app: Flask, alva: FlaskClient) -> FlaskClient:
    """Give Alva's browser after she has made a feed, so that bookings write their entries too."""
    answer = send(alva, "/calendars", {"name": "Telefon", "language": "sv"}, token_of(alva))
    assert answer.status_code == 303
    return alva
