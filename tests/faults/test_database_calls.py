"""An error at any database call of a write: all of it or nothing, a clear page, and the next try works."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.exc import OperationalError

from innovation_station.db import db
from tests.conftest import Small
from tests.faults.conftest import facts, on_calls, send, token_of, wish


class Broken(Exception):
    """A fault that nobody foresaw."""


def lost(_statement: str) -> BaseException:
    """Give what the driver says when the database goes away."""
    with_driver = db.engine.dialect.loaded_dbapi  # type: ignore[attr-defined]
    return with_driver.OperationalError("server closed the connection unexpectedly")


def bug(_statement: str) -> BaseException:
    return Broken("on purpose")


def break_at(app: Flask, number: int, kind: Callable[[str], BaseException]) -> Any:
    def act(call: int, _cursor: Any, statement: str) -> None:
        if call == number:
            with app.app_context():
                error = kind(statement)
            if statement == "COMMIT" and kind is lost:
                raise OperationalError("COMMIT", {}, error)
            raise error

    return act


Prepare = Callable[[FlaskClient, Small, str], tuple[str, dict[str, Any]]]


def to_book(_client: FlaskClient, small: Small, _token: str) -> tuple[str, dict[str, Any]]:
    return "/bookings", wish(small)


def to_move(client: FlaskClient, small: Small, token: str) -> tuple[str, dict[str, Any]]:
    made = send(client, "/bookings", wish(small), token)
    return f"{made.location}/edit", wish(small, space=small.room, start="13:00", end="14:00", title="Annat")


def to_cancel(client: FlaskClient, small: Small, token: str) -> tuple[str, dict[str, Any]]:
    return f"{send(client, '/bookings', wish(small), token).location}/cancel", {}


def to_restore(client: FlaskClient, small: Small, token: str) -> tuple[str, dict[str, Any]]:
    made = send(client, "/bookings", wish(small), token).location
    assert send(client, f"{made}/cancel", {}, token).status_code == 303
    return f"{made}/restore", {}


@pytest.mark.parametrize("prepare", [to_book, to_move, to_cancel, to_restore])
def test_error_at_every_call_leaves_nothing_half_done(
    app: Flask, small: Small, subscribed: FlaskClient, prepare: Prepare
) -> None:
    token = token_of(subscribed)
    path, data = prepare(subscribed, small, token)
    before = facts(app)
    number, commits = 0, 0
    while True:
        number += 1
        for kind, statuses in ((lost, (503,)), (bug, (500,))):
            with on_calls(app, break_at(app, number, kind)) as seen:
                answer = send(subscribed, path, data, token)
            if len(seen) < number:
                break
            assert answer.status_code in statuses, (number, seen[number - 1][:80], answer.status_code)
            assert facts(app) == before, (number, seen[number - 1][:80])
        else:
            commits += seen[-1] == "COMMIT"
            continue
        break
    assert number > 6 and commits >= 1, (number, commits)
    assert answer.status_code == 303  # the last round met no error any more
    after = facts(app)
    assert after != before
    again = send(subscribed, path, data, token)
    assert again.status_code in (303, 422) and facts(app) == after


def test_key_of_a_failed_try_is_still_good(app: Flask, small: Small, alva: FlaskClient) -> None:
    token = token_of(alva)
    with on_calls(app, break_at(app, 5, lost)):
        assert send(alva, "/bookings", wish(small), token).status_code == 503
    answers = {send(alva, "/bookings", wish(small), token).location for _ in range(2)}
    assert len(answers) == 1 and len(facts(app)["bookings"]) == 1


def test_log_in_that_fails_half_way_signs_nobody_in(app: Flask, client: FlaskClient) -> None:
    token = token_of(client)
    data = {"email": "alva@example.org", "password": "plats-for-nasta-ide"}
    number = 0
    while True:
        number += 1
        with on_calls(app, break_at(app, number, lost)) as seen:
            answer = send(client, "/login", data, token)
        if len(seen) < number:
            break
        assert answer.status_code == 503, number
        assert client.get("/bookings").status_code == 303, number
    assert number > 3 and answer.status_code == 303 and client.get("/bookings").status_code == 200
