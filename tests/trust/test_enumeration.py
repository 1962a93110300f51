"""Whether an address is known, nobody learns who does not read its mail: not by words, not by status, not by time."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import pytest
from argon2 import PasswordHasher
from flask import Flask
from sqlalchemy import delete, event

from innovation_station.db import db, transaction
from innovation_station.mail.models import Mail
from innovation_station.members import service
from innovation_station.members.models import Member, SignInFailure
from tests.conftest import Small, browser, token_in

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
KNOWN, UNKNOWN = "alva@example.org", "olga@example.org"
STATES = ("active", "invited", "applied", "paused", "ended")
Form = tuple[str, dict[str, str]]
FORMS: dict[str, Form] = {
    "login": ("/login", {"password": "fel-losenord-helt"}),
    "join": ("/join", {"name": "Någon Annan"}),
    "reset": ("/password/reset", {}),
}


def ask(app: Flask, form: Form, email: str, language: str = "sv") -> tuple[int, str, list[tuple[str, str]]]:
    """Send a form in a fresh browser; give status, page and headers without what differs from one to the next."""
    client, (path, fields) = browser(app, language), form
    token = token_in(client.get(path).text)
    answer = client.post(path, data={"csrf_token": token, "email": email, **fields})
    page = answer.text.replace(token_in(answer.text), "").replace(email, "")
    headers = [(name, value) for name, value in answer.headers if name not in ("Set-Cookie", "X-Request-Id")]
    return answer.status_code, page, headers


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("language", ["sv", "en"])
def test_same_words_and_status(app: Flask, form: str, language: str) -> None:
    assert ask(app, FORMS[form], KNOWN, language) == ask(app, FORMS[form], UNKNOWN, language)


@on_sqlite
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("state", STATES)
def test_same_for_accounts_in_every_state(app: Flask, small: Small, form: str, state: str) -> None:
    with app.app_context(), transaction():
        member = db.session.get_one(Member, small.people["alva"])
        member.state = state
        if state == "invited":
            member.password_hash = "!"
    assert ask(app, FORMS[form], KNOWN) == ask(app, FORMS[form], UNKNOWN)


@on_sqlite
@pytest.mark.parametrize("form", ["join", "reset"])
@pytest.mark.parametrize("state", STATES)
def test_both_write_as_much(app: Flask, small: Small, form: str, state: str) -> None:
    """A ticket, a mail, a count: whoever measures the database's work finds the same."""
    with app.app_context(), transaction():
        db.session.get_one(Member, small.people["alva"]).state = state
        engine = db.engine
    written: dict[str, list[str]] = {}
    for email in (KNOWN, UNKNOWN):
        seen: list[str] = []

        def note(_c: object, _cursor: object, statement: str, *_rest: object, seen: list[str] = seen) -> None:
            if statement.startswith(("INSERT", "UPDATE", "DELETE")):
                seen.append(statement)

        event.listen(engine, "before_cursor_execute", note)
        ask(app, FORMS[form], email)
        event.remove(engine, "before_cursor_execute", note)
        written[email] = seen
    assert written[KNOWN] == written[UNKNOWN] and len(written[KNOWN]) >= 4


@on_sqlite
def test_log_in_hashes_for_unknown_addresses_too(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """A real hash, slow enough to measure: the medians lie together, and far above a request without one."""
    slow = PasswordHasher(time_cost=2, memory_cost=8192, parallelism=1)
    with app.app_context(), transaction():
        db.session.query(Member).update({"password_hash": slow.hash("ordna-himlen-gul")})
    monkeypatch.setattr(service, "_hasher", slow)
    monkeypatch.setattr(service, "_nobody", slow.hash("nobody at all"))
    told = times(app, FORMS["login"], rounds=12)
    assert 0.7 < told[KNOWN] / told[UNKNOWN] < 1.4, told


@on_sqlite
@pytest.mark.parametrize("form", ["join", "reset"])
def test_mails_take_the_same_time(app: Flask, form: str) -> None:
    told = times(app, FORMS[form], rounds=25)
    assert 0.7 < told[KNOWN] / told[UNKNOWN] < 1.4, told


def times(app: Flask, form: Form, rounds: int) -> dict[str, float]:
    """Measure both by turns, in this process's own time, and give the medians; what is counted is forgotten between."""
    path, fields = form
    spent: dict[str, list[float]] = {KNOWN: [], UNKNOWN: []}
    for number in range(rounds):
        for email in (KNOWN, UNKNOWN) if number % 2 else (UNKNOWN, KNOWN):
            client = browser(app)
            token = token_in(client.get(path).text)
            spent[email].append(_timed(lambda: client.post(path, data={"csrf_token": token, "email": email, **fields})))  # noqa: B023
            with app.app_context(), transaction():
                db.session.execute(delete(SignInFailure))
                db.session.execute(delete(Mail))
    return {email: statistics.median(found) for email, found in spent.items()}


def _timed(work: Callable[[], object]) -> float:
    begun = time.process_time()
    work()
    return time.process_time() - begun
