"""Logging in and out: what a cookie is worth, for how long, and what a log-in page gives away."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from innovation_station import settings
from innovation_station.db import db, transaction
from innovation_station.members import service
from innovation_station.members.models import LoginSession, Member
from tests.conftest import PASSWORD, Clock, Small, app_on, browser, log_in, post, token_in

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
COOKIES = ("session", "remember")


def copy_of(client: FlaskClient, *names: str) -> FlaskClient:
    """Give another browser with the same cookies, as a thief has it."""
    thief = browser(client.application)
    for name in names or COOKIES:
        if cookie := client.get_cookie(name):
            thief.set_cookie(name, cookie.value)
    return thief


def is_in(client: FlaskClient) -> bool:
    return client.get("/bookings").status_code == 200


def someone(small: Small, who: str = "alva") -> Member:
    found = db.session.get(Member, small.people[who])
    assert found
    return found


def ended_by_log_out(app: Flask, small: Small, client: FlaskClient) -> None:
    assert post(client, "/logout").status_code == 303


def ended_by_new_password(app: Flask, small: Small, client: FlaskClient) -> None:
    with app.app_context(), transaction():
        service.change_password(someone(small), "ett helt annat ord")


def ended_by_disabling(app: Flask, small: Small, client: FlaskClient) -> None:
    with app.app_context(), transaction():
        service.disable(someone(small))


@pytest.mark.parametrize("end", [ended_by_log_out, ended_by_new_password, ended_by_disabling])
@pytest.mark.parametrize("remember", [False, True])
def test_copied_cookie_dies(
    app: Flask, small: Small, end: Callable[[Flask, Small, FlaskClient], None], remember: bool
) -> None:
    client = log_in(browser(app), **({"remember": "y"} if remember else {}))
    thieves = [copy_of(client), copy_of(client, "session"), copy_of(client, "remember")]
    assert [is_in(thief) for thief in thieves] == [True, True, remember]
    end(app, small, client)
    assert [is_in(thief) for thief in (*thieves, client)] == [False] * 4
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(LoginSession)) == 0


@on_sqlite
def test_log_out_takes_both_cookies_away_and_leaves_other_browsers_in(app: Flask) -> None:
    client, phone = (log_in(browser(app), remember="y") for _ in range(2))
    answer = post(client, "/logout")
    assert any(re.match(r"remember=;.*(Max-Age=0|1970)", line) for line in answer.headers.getlist("Set-Cookie"))
    assert client.get_cookie("remember") is None and not is_in(client)
    assert is_in(phone)
    assert client.get("/bookings").location == "/login?next=/bookings"


@on_sqlite
def test_log_out_without_being_in_is_harmless(client: FlaskClient) -> None:
    token = token_in(client.get("/login").text)
    assert client.post("/logout", data={"csrf_token": token}).location == "/"


@on_sqlite
def test_session_ends_after_its_time_and_remembering_lasts_longer(app: Flask, clock: Clock) -> None:
    short, long = log_in(browser(app)), log_in(browser(app), remember="y")
    assert short.get_cookie("remember") is None
    clock.now += timedelta(hours=16)
    assert not is_in(short) and is_in(long)
    closed = copy_of(long, "remember")  # the browser was closed: its session cookie is gone
    assert is_in(closed)
    clock.now += timedelta(days=60)
    assert not is_in(long) and not is_in(closed)


@on_sqlite
def test_log_in_renews_session_and_form_tokens(app: Flask) -> None:
    client = browser(app)
    planted = token_in(client.get("/login").text)
    before = client.get_cookie("session")
    log_in(client)
    after = client.get_cookie("session")
    assert before and after and before.value != after.value
    assert client.post("/lang/en", data={"csrf_token": planted}).status_code == 400
    old = browser(app)
    old.set_cookie("session", before.value)
    assert not is_in(old)
    with client.session_transaction() as kept:
        assert set(kept) <= {"_user_id", "_fresh", "_id", "csrf_token", "_remember", "_remember_seconds"}


@on_sqlite
def test_log_out_renews_form_tokens_too(alva: FlaskClient) -> None:
    token = token_in(alva.get("/book").text)
    post(alva, "/logout")
    assert alva.post("/lang/en", data={"csrf_token": token}).status_code == 400


@on_sqlite
def test_log_in_needs_the_token_of_this_browser(app: Flask) -> None:
    fields = {"email": "alva@example.org", "password": PASSWORD}
    other = token_in(browser(app).get("/login").text)
    victim = browser(app)
    victim.get("/login")
    for token in ({}, {"csrf_token": ""}, {"csrf_token": other}, {"csrf_token": "x" * 90}):
        assert victim.post("/login", data={**fields, **token}).status_code == 400
        assert not is_in(victim)


@on_sqlite
def test_cookie_that_was_read_before_is_read_as_it_was_and_grows_old(
    app: Flask, alva: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    with alva.session_transaction() as session:
        session["_flashes"] = [("message", "Sagt en gång")]
    for _again in range(2):
        assert copy_of(alva, "session").get("/bookings").text.count("Sagt en gång") == 1
    assert is_in(copy_of(alva, "session"))
    late = time.time() + app.permanent_session_lifetime.total_seconds() + 1
    monkeypatch.setattr("innovation_station.web.time.time", lambda: late)
    assert not is_in(copy_of(alva, "session"))
    monkeypatch.setattr("innovation_station.web.time.time", lambda: 0)
    assert not is_in(copy_of(alva, "session"))


@on_sqlite
@pytest.mark.parametrize("value", ["", "x", "x" * 4000, "eyJfdXNlcl9pZCI6IjEifQ.aaaa.bbbb", "é\"';,", "1|" + "a" * 128])
def test_forged_cookie_is_nobody(app: Flask, value: str) -> None:
    client = browser(app)
    for name in COOKIES:
        client.set_cookie(name, value)
    assert client.get("/bookings").status_code == 303
    assert client.get("/login").status_code == 200


@on_sqlite
def test_cookie_of_another_key_is_nobody(app: Flask, database_url: str, tmp_path: Path) -> None:
    environ = {"STATION_DATABASE_URL": database_url, "STATION_SECRET_KEY": "another-key-" * 4}
    other = app_on(database_url, tmp_path / "other", STATION=settings.load(environ, tmp_path / "other"))
    thief = copy_of(log_in(browser(other), remember="y"))
    assert is_in(thief)
    here = browser(app)
    for name in COOKIES:
        here.set_cookie(name, thief.get_cookie(name).value)  # type: ignore[union-attr]
    assert not is_in(here)


def test_sessions_hold_over_restart_and_workers_and_end_in_all(app: Flask, database_url: str, tmp_path: Path) -> None:
    worker = app_on(database_url, tmp_path / "instance")
    client = log_in(browser(app))
    there = browser(worker)
    there.set_cookie("session", client.get_cookie("session").value)  # type: ignore[union-attr]
    assert is_in(there)
    post(there, "/logout")
    assert not is_in(client)
    with worker.app_context():
        db.engine.dispose()


@on_sqlite
def test_cookies_on_https_have_the_host_prefix(app: Flask, database_url: str, tmp_path: Path) -> None:
    environ = {"STATION_DATABASE_URL": database_url, "STATION_SECRET_KEY": "k" * 40}
    environ["STATION_BASE_URL"] = "https://station.example.org"
    made = app_on(database_url, tmp_path / "https", STATION=settings.load(environ, tmp_path / "https"))
    client, base = browser(made), "https://station.example.org"
    token = token_in(client.get("/login", base_url=base).text)
    data = {"email": "alva@example.org", "password": PASSWORD, "remember": "y", "csrf_token": token}
    referer = {"Referer": f"{base}/login"}
    answer = client.post("/login", data=data, base_url=base, headers=referer)
    assert answer.status_code == 303
    lines = answer.headers.getlist("Set-Cookie")
    assert sorted(line.split("=")[0] for line in lines) == ["__Host-remember", "__Host-session"]
    for line in lines:
        assert "; Secure" in line and "; HttpOnly" in line and "; Path=/" in line
        assert "SameSite=Lax" in line and "Domain" not in line
    data = {"csrf_token": token_in(client.get("/book", base_url=base).text)}
    language = client.post("/lang/en", data=data, base_url=base, headers=referer)
    assert "; Secure" in language.headers["Set-Cookie"] and "; HttpOnly" in language.headers["Set-Cookie"]


# -- what the log-in page gives away ----------------------------------------------------------------------------------


def try_in(client: FlaskClient, email: str, password: str = "fel-losenord-helt", **fields: str) -> TestResponse:
    token = token_in(client.get("/login").text)
    return client.post("/login", data={"email": email, "password": password, "csrf_token": token, **fields})


def said(answer: TestResponse, email: str) -> str:
    text = re.sub(r'name="csrf_token"[^>]*value="[^"]+"', "", answer.text)
    return text.replace(email, "EMAIL")


@on_sqlite
def test_known_unknown_and_disabled_get_the_same_answer(app: Flask, small: Small) -> None:
    with app.app_context(), transaction():
        service.disable(someone(small, "bo"))
    answers = {}
    for email in ("alva@example.org", "bo@example.org", "nobody@example.org", "ALVA@example.org"):
        for password in ("fel-losenord-helt", PASSWORD + "x"):
            answer = try_in(browser(app), email, password)
            answers[email, password] = (answer.status_code, said(answer, email), sorted(dict(answer.headers)))
    answers["bo", "right"] = None  # type: ignore[assignment]
    answer = try_in(browser(app), "bo@example.org", PASSWORD)
    answers["bo", "right"] = (answer.status_code, said(answer, "bo@example.org"), sorted(dict(answer.headers)))
    assert len({repr(value) for value in answers.values()}) == 1
    assert answer.status_code == 403 and "Adressen eller lösenordet stämmer inte" in answer.text


@on_sqlite
def test_one_hash_is_worked_out_for_every_try(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    known: list[str] = []
    genuine = service._hasher

    class Counting:
        def verify(self, stored: str, password: str) -> bool:
            known.append(stored)
            return genuine.verify(stored, password)

        def __getattr__(self, name: str) -> object:
            return getattr(genuine, name)

    monkeypatch.setattr(service, "_hasher", Counting())
    for email in ("alva@example.org", "nobody@example.org"):
        try_in(browser(app), email)
    assert len(known) == 2 and known[1] == service._nobody


@on_sqlite
def test_password_is_never_shown_again_nor_taken_from_the_address(app: Flask) -> None:
    client = browser(app)
    answer = try_in(client, "alva@example.org", "hemligt-hemligt-hemligt")
    assert "hemligt-hemligt" not in answer.text and 'value="alva@example.org"' in answer.text
    client.get(f"/login?email=alva@example.org&password={PASSWORD}")
    assert not is_in(client)


@on_sqlite
def test_password_managers_and_paste_are_welcome(client: FlaskClient) -> None:
    page = client.get("/login").text
    field = re.search(r'<input[^>]*name="password"[^>]*>', page)
    assert field and 'autocomplete="current-password"' in field[0]
    longest = re.search(r'maxlength="(\d+)"', field[0])
    assert longest is None or int(longest[1]) >= 64
    assert 'autocomplete="username"' in page and "onpaste" not in page


# -- where one lands --------------------------------------------------------------------------------------------------

ELSEWHERE = [
    "https://evil.example", "http://evil.example/x", "HTTPS://evil.example", "//evil.example", "///evil.example",
    "////evil.example", "/\\evil.example", "\\\\evil.example", "\\/evil.example", "/\\/evil.example", "/\t/evil.example",
    "/\n/evil.example", "/\r/evil.example", "\t//evil.example", " //evil.example", "/ /evil.example", "https:evil.example",
    "https:/evil.example", "https:///evil.example", "javascript:alert(1)", "data:text/html,x", "evil.example",
    "@evil.example", "//localhost@evil.example", "//evil.example:80@localhost", "/\x00/evil.example", "/\x0b/evil.example",
    "/\x0c//evil.example", "/x\r\nSet-Cookie: a=b", "/x\r\nLocation: https://evil.example", "/\u2028/evil.example\x7f",
    "/.//evil.example\\", "//[::1]", "//[", "http://[", "/" + "x" * 3000, "?next=//evil.example", "#//evil.example", "",
    "/\x85/evil.example", "\u00a0//evil.example", "/%5cevil.example\\", "//evil.example/%2e%2e", "/;@evil.example\x1f",
]  # fmt: skip
HERE = ["/book", "/book?date=2026-11-24&kind=room", "/bookings/7", "/bookings?before=2026-01-01#past", "/?x=//evil.example",
        "/a//b", "/%2F%2Fevil.example"]  # fmt: skip


def lands_here(answer: TestResponse) -> bool:
    where = answer.headers["Location"]
    parts = urlsplit(urljoin("http://localhost/login", where))
    return answer.status_code == 303 and parts.netloc == "localhost" and where.isprintable() and where.startswith("/")


@on_sqlite
def test_nobody_is_sent_elsewhere(app: Flask) -> None:
    client = log_in(browser(app))
    assert len(ELSEWHERE) > 26
    for target in ELSEWHERE:
        landed = post(client, "/lang/sv", {"next": target})
        assert lands_here(landed) and landed.location == "/", repr(target)
        landed = post(client, "/login", {"email": "alva@example.org", "password": PASSWORD, "next": target})
        assert lands_here(landed) and landed.location == "/", repr(target)
        landed = client.get("/login", query_string={"next": target})
        expected = 400 if "\x00" in target else 303
        assert landed.status_code == expected, repr(target)
        assert expected == 400 or landed.location == "/", repr(target)


@on_sqlite
def test_one_comes_back_to_where_one_was(app: Flask) -> None:
    for target in HERE:
        client = browser(app)
        token = token_in(client.get("/login", query_string={"next": target}).text)
        data = {"email": "alva@example.org", "password": PASSWORD, "csrf_token": token, "next": target}
        assert client.post("/login", data=data).location == target
        assert client.get("/login", query_string={"next": target}).location == target
        assert post(client, "/lang/en", {"next": target}).location == target


@on_sqlite
def test_next_is_carried_through_the_page(client: FlaskClient) -> None:
    where = client.get("/bookings/7?x=1").location
    assert where == "/login?next=/bookings/7?x%3D1"
    assert 'name="next" type="hidden" value="/bookings/7?x=1"' in client.get(where).text
