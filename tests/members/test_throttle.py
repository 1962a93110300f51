"""Guessing passwords is slow, for one account and from one address, and nobody else notices."""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, inspect, select, text
from werkzeug.test import TestResponse

from innovation_station import clock as clock_module
from innovation_station import schema, settings
from innovation_station.db import Base, db, transaction
from innovation_station.errors import DomainError, NotAllowed, TooMany
from innovation_station.members import asking, queries, rules, service
from innovation_station.members.models import SignInFailure
from tests.conftest import (
    NOW,
    PASSWORD,
    Clock,
    Small,
    Template,
    app_on,
    browser,
    furnish_old,
    log_in,
    statements,
    token_in,
    token_of,
)

ALVA, BO, NOBODY = "alva@example.org", "bo@example.org", "nobody@example.org"
MINUTE = timedelta(minutes=1)
WAIT = {"sv": "Vänta 1 minut och försök igen.", "en": "Wait 1 minute and try again."}


def try_with(
    client: FlaskClient, email: str, password: str = "fel-losenord-helt", address: str = "192.0.2.1", **headers: str
) -> TestResponse:
    token = token_of(client)
    data = {"email": email, "password": password, "csrf_token": token}
    return client.post("/login", data=data, environ_overrides={"REMOTE_ADDR": address}, headers=headers)


def fail(email: str = ALVA, times: int = 1, address: str = "192.0.2.1") -> None:
    """Count failures past the page, as they happen now."""
    with transaction():
        for _ in range(times):
            service.count_failure(email, address=address, now=clock_module.now())


def waits(email: str = ALVA, address: str = "192.0.2.1") -> int:
    """Give the seconds that a log-in has to wait now."""
    db.session.rollback()
    try:
        service.admit(email, address=address, now=clock_module.now())
    except TooMany as refused:
        return refused.retry_after
    return 0


def failures() -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(SignInFailure)) or 0


# -- one account ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["sv", "en"])
def test_after_ten_failures_an_account_waits(app: Flask, clock: Clock, language: str) -> None:
    client = browser(app, language)
    assert [try_with(client, ALVA).status_code for _ in range(10)] == [403] * 10
    for password in ("fel-losenord-helt", PASSWORD):
        answer = try_with(client, " ALVA@example.org", password, address="198.51.100.7")
        assert (answer.status_code, answer.headers["Retry-After"]) == (429, "60")
        assert WAIT[language] in answer.text and "Cookie" in answer.headers["Vary"]
        assert answer.headers["Cache-Control"] == "no-store" and PASSWORD not in answer.text
    assert try_with(client, BO, PASSWORD).status_code == 303
    clock.now += MINUTE
    assert try_with(browser(app), ALVA, PASSWORD).status_code == 303


def test_unknown_accounts_wait_like_known_ones(app: Flask) -> None:
    told = []
    for email in (ALVA, NOBODY):
        client = browser(app)
        answers = [try_with(client, email) for _ in range(12)]
        pages = [answer.text.replace(email, "").replace(token_in(answer.text), "") for answer in answers]
        told.append(
            [(a.status_code, a.headers.get("Retry-After"), page) for a, page in zip(answers, pages, strict=True)]
        )
    assert told[0] == told[1]


def test_wait_grows_and_ends(context: Flask, clock: Clock) -> None:
    fail(times=9)
    assert waits() == 0
    seen = []
    for _ in range(7):
        fail()
        seen.append(waits())
        clock.now += timedelta(seconds=seen[-1] - 1)
        assert waits() == 1
        clock.now += timedelta(seconds=1)
        assert waits() == 0
    assert seen == [60, 120, 240, 480, 900, 900, 900]
    clock.now += timedelta(hours=1)
    fail(times=9)
    assert waits() == 0
    assert failures() == 9


def test_tries_that_wait_are_not_counted(app: Flask) -> None:
    client = browser(app)
    for _ in range(20):
        try_with(client, ALVA)
    with app.app_context():
        assert failures() == 10


def test_success_forgets_the_failures_of_this_account(app: Flask) -> None:
    with app.app_context():
        fail(ALVA, 9)
        fail(BO, 3)
    log_in(browser(app))
    with app.app_context():
        assert failures() == 3
        fail(ALVA, 9)
        assert waits() == 0


def test_success_does_not_forget_the_failures_of_the_address(context: Flask) -> None:
    for number in range(rules.NETWORK_FAILURES_FREE):
        fail(f"{number}@example.org")
    proof = service.prove(ALVA, PASSWORD)
    with transaction():
        service.log_in(proof, remember=False, agent="", now=NOW)
    assert waits(ALVA) == 15 * 60


def test_no_address_of_a_stranger_is_kept(context: Flask) -> None:
    fail("Secret@Example.org", address="203.0.113.9")
    row = db.session.execute(text("SELECT account, network FROM sign_in_failure")).one()
    assert [len(bytes(value)) for value in row] == [32, 32]


# -- one client address -----------------------------------------------------------------------------------------------


def test_office_is_not_slowed_and_a_machine_is(context: Flask, clock: Clock) -> None:
    for number in range(rules.NETWORK_FAILURES_FREE - 1):
        fail(f"{number}@example.org")
        clock.now += timedelta(seconds=1)
    assert waits(ALVA) == 0
    fail("last@example.org")
    assert waits(ALVA) == 15 * 60 - (rules.NETWORK_FAILURES_FREE - 1)  # until the first of them is out of the window
    assert waits(ALVA, address="192.0.2.2") == 0
    clock.now += timedelta(seconds=15 * 60 - (rules.NETWORK_FAILURES_FREE - 1))
    assert waits(ALVA) == 0
    fail("next@example.org")
    assert waits(ALVA) == 1


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8:1:2::5", "2001:db8:1:2:ffff::9", True), ("2001:db8:1:2::5", "2001:db8:1:3::5", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True), ("fe80::1%eth0", "fe80::2%eth1", True),
        ("192.0.2.1", "192.0.2.2", False), ("", None, True), ("unknown", "elsewhere", False), ("x" * 999, "x" * 998, True),
    ],
)  # fmt: skip
def test_whom_an_address_stands_for(one: str, other: str | None, same: bool) -> None:
    assert (rules.network_of(one) == rules.network_of(other)) is same


@pytest.mark.parametrize(("hops", "status"), [("0", 429), ("1", 403)])
def test_forwarded_addresses_count_behind_a_trusted_proxy_alone(
    database_url: str, tmp_path: Path, hops: str, status: int
) -> None:
    environ = {"STATION_DATABASE_URL": database_url, "STATION_LOG_LEVEL": "error", "STATION_TRUSTED_PROXIES": hops,
               "STATION_SECRET_KEY": "test-" * 10}  # fmt: skip
    app = app_on(database_url, tmp_path / "instance", STATION=settings.load(environ, tmp_path / "instance"))
    with app.app_context():
        for number in range(rules.NETWORK_FAILURES_FREE):
            fail(f"{number}@example.org", address="192.0.2.1")
    answer = try_with(browser(app), ALVA, **{"X-Forwarded-For": "203.0.113.5"})
    assert answer.status_code == status
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


# -- several processes, a database that is not well, a clock that jumps ------------------------------------------------


def test_failures_count_in_every_process(app: Flask, database_url: str, tmp_path: Path) -> None:
    other = app_on(database_url, tmp_path / "instance")
    first, second = browser(app), browser(other)
    for _ in range(5):
        assert try_with(first, ALVA).status_code == try_with(second, ALVA).status_code == 403
    assert try_with(first, ALVA).status_code == try_with(second, ALVA).status_code == 429
    with other.app_context():
        db.session.remove()
        db.engine.dispose()


def test_clock_that_was_wrong_locks_nobody_out(context: Flask, clock: Clock) -> None:
    clock.now += timedelta(days=900)
    fail(times=14)
    fail(BO, times=rules.NETWORK_FAILURES_FREE, address="192.0.2.9")
    clock.now = NOW
    assert waits() == waits(NOBODY, address="192.0.2.9") == 15 * 60


@pytest.fixture
def unwritable(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Flask]:
    """Give the app on a database that another holds, or that takes no writes."""
    monkeypatch.setattr("innovation_station.db.BUSY_MILLISECONDS", 50)
    with app.app_context():
        db.engine.dispose()
        url = db.engine.url
        if url.get_backend_name() == "sqlite":
            other = sqlite3.connect(str(url.database), isolation_level=None)
            other.execute("BEGIN IMMEDIATE")
        else:
            with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.execute(text(f'ALTER DATABASE "{url.database}" SET default_transaction_read_only = on'))
            db.engine.dispose()
    yield app
    if url.get_backend_name() == "sqlite":
        other.close()


def test_database_that_takes_no_writes_tells_nothing(unwritable: Flask) -> None:
    """What cannot be counted is not told: right and wrong passwords get the same answer, and it is no 500."""
    pages = set()
    for email, password in ((ALVA, PASSWORD), (ALVA, "fel-losenord-helt"), (NOBODY, PASSWORD)):
        answer = try_with(browser(unwritable), email, password)
        assert answer.status_code == 503 and "Retry-After" in answer.headers
        pages.add(answer.text)
    assert len(pages) == 1


def test_statements_of_a_log_in(app: Flask) -> None:
    client = browser(app)
    try_with(client, ALVA)
    token = token_of(client)
    data = {"email": ALVA, "password": "fel-losenord-helt", "csrf_token": token}
    with statements(app) as failed:
        client.post("/login", data=data)
    assert len([one for one in failed if "sign_in_failure" in one]) == 4  # read, read behind the lock, swept, counted
    with app.app_context():
        fail(times=20)
    with statements(app) as waiting:
        assert client.post("/login", data=data).status_code == 429
    assert len([one for one in waiting if "sign_in_failure" in one]) == 1
    assert not [one for one in waiting if "FROM member" in one]


# -- a burst ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def no_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take both turns to hash, as two slow log-ins do."""
    monkeypatch.setattr(service, "_hashing", threading.BoundedSemaphore(2))
    monkeypatch.setattr(service, "_waiting", threading.BoundedSemaphore(4))
    for _ in range(2):
        service._hashing.acquire()


@pytest.mark.parametrize("language", ["sv", "en"])
def test_beyond_those_who_wait_the_answer_comes_at_once(app: Flask, no_turn: None, language: str) -> None:
    for _ in range(4):
        service._waiting.acquire()
    client = browser(app, language)
    begun = time.monotonic()
    answer = try_with(client, ALVA, PASSWORD)
    assert time.monotonic() - begun < 1.5 < service.WAIT_SECONDS
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "3")
    assert {"sv": "Många loggar in just nu.", "en": "Many are logging in"}[language] in answer.text
    with app.app_context():
        assert failures() == 0


def test_waiting_ends(context: Flask, no_turn: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "WAIT_SECONDS", 0.05)
    for _ in range(6):  # a place that is not given back would run out
        with pytest.raises(TooMany) as error:
            service.prove(ALVA, PASSWORD)
        assert [refusal.code for refusal in error.value.refusals] == ["login-busy"]
    service._hashing.release()
    for _ in range(6):
        assert service.prove(ALVA, PASSWORD)
        with pytest.raises(NotAllowed):
            service.prove(ALVA, "fel-losenord-helt")


# -- many at one moment -----------------------------------------------------------------------------------------------

AT_ONCE = 8


def all_at_once(app: Flask, what: Callable[[], object]) -> Counter[str]:
    """Do something in threads at one moment; count what came of it."""
    barrier, told = threading.Barrier(AT_ONCE), Counter[str]()

    def run() -> None:
        with app.test_request_context(environ_base={"REMOTE_ADDR": "192.0.2.1"}):
            barrier.wait()
            try:
                what()
                told["fine"] += 1
            except DomainError as error:
                told[error.refusals[0].code] += 1
            db.session.remove()

    threads = [threading.Thread(target=run) for _ in range(AT_ONCE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return told


@pytest.fixture
def turns(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let all hash at once: what is asked for is whether they are let in."""
    monkeypatch.setattr(service, "_hashing", threading.BoundedSemaphore(AT_ONCE))
    monkeypatch.setattr(service, "_waiting", threading.BoundedSemaphore(AT_ONCE))


@pytest.mark.parametrize(("before", "tried"), [(9, 1), (5, 5), (10, 0)])
def test_passwords_that_come_at_once_are_tried_as_often_as_is_free(
    app: Flask, turns: None, before: int, tried: int
) -> None:
    with app.app_context():
        fail(times=before)
    told = all_at_once(app, lambda: asking.prove(ALVA, "fel-losenord-helt"))
    assert told == +Counter({"login-wrong": tried, "login-wait": AT_ONCE - tried})
    with app.app_context():
        assert failures() == 10


def test_one_machine_with_many_addresses_is_stopped_at_its_bound(app: Flask, turns: None) -> None:
    with app.app_context():
        for number in range(rules.NETWORK_FAILURES_FREE - 2):
            fail(f"{number}@example.org")
    names = iter(range(AT_ONCE))
    told = all_at_once(app, lambda: asking.prove(f"nobody-{next(names)}@example.org", "fel-losenord-helt"))
    assert told == {"login-wrong": 2, "login-wait": AT_ONCE - 2}


def test_right_passwords_that_come_at_once_leave_no_count(app: Flask, turns: None) -> None:
    assert all_at_once(app, lambda: asking.prove(ALVA, PASSWORD)) == {"fine": AT_ONCE}
    with app.app_context():
        assert failures() == 0


def test_codes_that_come_at_once_are_tried_as_often_as_is_free(app: Flask) -> None:
    with app.app_context(), transaction():
        for _ in range(8):
            service.count_failure(ALVA, address=None, now=NOW, what="code")
    assert all_at_once(app, lambda: asking.count_try(ALVA, "code")) == {"fine": 2, "login-wait": AT_ONCE - 2}


def test_mails_that_are_asked_for_at_once_are_as_many_as_are_free(app: Flask) -> None:
    def ask() -> None:
        with transaction():
            service.admit_mail(ALVA, address="192.0.2.1", now=NOW)

    assert all_at_once(app, ask) == {"fine": rules.MAILS_FREE, "mail-wait": AT_ONCE - rules.MAILS_FREE}


# -- the table --------------------------------------------------------------------------------------------------------


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Give the address of a database without tables."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
        return
    server, name = request.getfixturevalue("postgres_server"), f"throttle_{os.getpid()}"
    yield server.create_database(name)
    server.drop_database(name)


def test_filled_database_of_the_revision_before_gets_the_table(
    empty_url: str, sqlite_template: Template, tmp_path: Path
) -> None:
    app = app_on(empty_url, tmp_path / "instance")
    schema.upgrade(app, "0002")
    kept = furnish_old(app, tmp_path, sqlite_template).people["alva"]
    with app.app_context():
        assert not inspect(db.engine).has_table("sign_in_failure")
        db.engine.dispose()
    schema.upgrade(app)
    with app.app_context():
        found = queries.by_email(ALVA)
        assert found and found.id == kept
        fail(times=10)
        assert waits() == 60
        made = {index["name"] for index in inspect(db.engine).get_indexes("sign_in_failure")}
        assert made == {index.name for index in Base.metadata.tables["sign_in_failure"].indexes}
        db.session.remove()
        db.engine.dispose()


def test_upgrade_ends_at_the_newest_revision(app: Flask, small: Small) -> None:
    assert schema.known_revisions()[-1] >= "0003" and schema.is_current(app)
