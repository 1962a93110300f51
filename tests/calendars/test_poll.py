"""The short way of a feed: the same answers as the long one, and what is out of the ordinary goes the long way."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from io import StringIO
from types import SimpleNamespace

import pytest
from flask import Flask, request
from sqlalchemy import event, select, update
from werkzeug.test import TestResponse

from innovation_station import logs
from innovation_station.calendars import document
from innovation_station.calendars import poll as short_way
from innovation_station.calendars.models import Feed
from innovation_station.db import db, transaction
from innovation_station.members.models import Member
from tests.calendars.conftest import Feeds
from tests.conftest import NOW, TUESDAY, Clock, at, statements

MORNING = at(TUESDAY, "08:00", "12:00")
Poll = Callable[..., TestResponse]


@pytest.fixture(autouse=True)
def based(app: Flask) -> Flask:
    """Give the app its address: without one the short way is closed."""
    app.config["STATION"] = replace(app.config["STATION"], base_url="http://localhost")
    return app


@pytest.fixture
def long_way(app: Flask) -> list[str]:
    """List the requests that reach the page's code."""
    seen: list[str] = []
    app.before_request_funcs.setdefault(None, []).insert(0, lambda: seen.append(request.method))
    return seen


def headers(answer: TestResponse) -> dict[str, str]:
    """Give the headers that must not differ, without the request's own id."""
    return {name: value for name, value in answer.headers if name != "X-Request-Id"}


@pytest.fixture
def path(feeds: Feeds, poll: Poll) -> str:
    """Give a feed with a booking that has just been fetched."""
    made = feeds.make()
    feeds.book(MORNING)
    assert poll(made).status_code == 200
    return made


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("form", ["{}", "W/{}", '"other", {}', "*"])
def test_unchanged_feed_costs_one_statement(
    path: str, poll: Poll, app: Flask, long_way: list[str], method: str, form: str
) -> None:
    for encoding in ("gzip", "identity"):
        tag = poll(path, Accept_Encoding=encoding).headers["ETag"]
        with statements(app) as ran:
            answer = poll(path, method, If_None_Match=form.format(tag), Accept_Encoding=encoding)
        assert (answer.status_code, answer.data, len(ran), long_way) == (304, b"", 1, [])


def test_whole_feed_costs_one_statement_and_a_changed_one_two(
    path: str, poll: Poll, app: Flask, long_way: list[str]
) -> None:
    for asked, most in (({}, 1), ({"If_None_Match": '"other"'}, 2), ({"If_Modified_Since": "x"}, 1)):
        with statements(app) as ran:
            assert poll(path, **asked).data.count(b"BEGIN:VEVENT") == 1
        assert len(ran) == most
    assert long_way == []


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"Accept_Encoding": "gzip"},
        {"Accept_Encoding": "gzip", "User_Agent": "Microsoft Outlook"},
        {"If_None_Match": '"other"'},
        {"If_None_Match": "*"},
        {"If_Modified_Since": "Sat, 01 Jan 2028 00:00:00 GMT"},
        {"Cookie": "session=x; lang=en"},
    ],
)
def test_both_ways_give_the_same_answer(
    path: str, poll: Poll, long_way: list[str], clock: Clock, method: str, asked: dict[str, str]
) -> None:
    clock.now += timedelta(minutes=5)
    short = poll(path, method, **asked)
    assert long_way == []
    long = poll(path + "?way=long", method, **asked)
    assert long_way == [method]
    assert (short.status, short.data) == (long.status, long.data)
    assert headers(short) == headers(long)


def test_unknown_address_is_the_same_404_both_ways(path: str, poll: Poll, long_way: list[str]) -> None:
    wrong = "/feeds/" + "A" * 43 + ".ics"
    short, long = poll(wrong), poll(wrong + "?way=long")
    assert long_way == ["GET"]
    assert (short.status_code, short.data, headers(short)) == (404, long.data, headers(long))


def test_short_304_says_all_that_tells_a_program_of_the_feed(path: str, poll: Poll, long_way: list[str]) -> None:
    """The long way adds what pages carry."""
    tag = poll(path).headers["ETag"]
    short, long = poll(path, If_None_Match=tag), poll(path + "?way=long", If_None_Match=tag)
    assert long_way == ["GET"]
    said = headers(short)
    assert {name: long.headers.get(name) for name in said} == said
    assert set(said) == {
        "ETag", "Cache-Control", "Vary", "X-Robots-Tag", "X-Content-Type-Options", "Referrer-Policy",
    }  # fmt: skip
    assert short.status == long.status


def test_short_way_leaves_its_line_and_its_id(path: str, poll: Poll) -> None:
    tag, stream = poll(path).headers["ETag"], StringIO()
    logs.configure("json", "info", stream)
    try:
        answers = [poll(path, If_None_Match=tag), poll(path)]
    finally:
        logs.configure("auto", "error")
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [(line["method"], line["status"], line["rule"]) for line in lines] == [
        ("GET", 304, "/feeds/<path:rest>"), ("GET", 200, "/feeds/<path:rest>"),
    ]  # fmt: skip
    assert [line["request_id"] for line in lines] == [answer.headers["X-Request-Id"] for answer in answers]
    assert path.removeprefix("/feeds/")[:20] not in stream.getvalue()


def test_public_feed_goes_the_short_way_and_is_the_same_the_long_way(
    feeds: Feeds, poll: Poll, long_way: list[str]
) -> None:
    feeds.book(MORNING)
    address = f"/calendar/spaces/{feeds.small.a1}.ics"
    tag = poll(address).headers["ETag"]
    for asked in ({}, {"If_None_Match": tag}, {"Accept_Encoding": "gzip"}):
        long_way.clear()
        short = poll(address, **asked)
        assert long_way == []
        long = poll(address + "?language=", **asked)
        assert long_way == ["GET"]
        assert (short.status, short.data, short.headers["ETag"]) == (long.status, long.data, long.headers["ETag"])
        assert short.headers["Cache-Control"] == long.headers["Cache-Control"] == "public, max-age=300"
    assert poll("/calendar/spaces/999.ics").status_code == 404


def test_change_is_seen(path: str, poll: Poll, feeds: Feeds) -> None:
    tag = poll(path).headers["ETag"]
    feeds.book(at(TUESDAY, "13:00", "17:00"))
    answer = poll(path, If_None_Match=tag)
    assert answer.status_code == 200
    assert answer.data.count(b"BEGIN:VEVENT") == 2


def test_what_is_out_of_the_ordinary_goes_the_long_way(path: str, poll: Poll, app: Flask, long_way: list[str]) -> None:
    tag = poll(path).headers["ETag"]
    asked = {"If_None_Match": tag}
    assert poll(path, "POST", **asked).status_code == 405
    assert poll(path + "?x=1", **asked).status_code == 304
    assert poll(path.removesuffix(".ics"), **asked).status_code == 404
    assert poll(path.replace("/feeds/", "/feeds/x"), **asked).status_code == 404
    assert poll(path, Host="evil.example", **asked).status_code == 400
    assert len(long_way) == 5


def test_fault_of_ours_is_told_by_the_page_that_tells_of_faults(
    path: str, poll: Poll, long_way: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    monkeypatch.setattr(short_way, "log", SimpleNamespace(warning=lambda said, **_more: told.append(said)))
    monkeypatch.setattr(document, "document", lambda *_: 1 / 0)
    answer = poll(path)
    assert (answer.status_code, answer.mimetype, long_way) == (500, "text/html", ["GET"])
    assert told == ["feed handed on"]  # a fault that comes and goes is told too


def test_unknown_address_is_looked_up_once(poll: Poll, app: Flask) -> None:
    with statements(app) as seen:
        assert poll(f"/feeds/{'x' * 43}.ics", If_None_Match='"x"').status_code == 404
    assert len(seen) == 1


def test_revoked_feed_is_gone(path: str, poll: Poll, app: Flask) -> None:
    tag = poll(path).headers["ETag"]
    with app.app_context(), transaction() as session:
        session.execute(update(Feed).values(revoked_at=NOW))
    assert poll(path, If_None_Match=tag).status_code == 404


def test_closed_account_ends_it(path: str, poll: Poll, app: Flask) -> None:
    tag = poll(path).headers["ETag"]
    with app.app_context(), transaction() as session:
        session.execute(update(Member).values(state="paused"))
    assert poll(path, If_None_Match=tag).status_code == 404


def test_midnight_ends_it(path: str, poll: Poll, clock: Clock) -> None:
    tag = poll(path).headers["ETag"]
    clock.now += timedelta(days=1)
    assert poll(path, If_None_Match=tag).status_code == 200


def test_fetch_is_noted_every_ten_minutes(path: str, poll: Poll, app: Flask, clock: Clock, long_way: list[str]) -> None:
    tag = poll(path).headers["ETag"]
    for minutes, noted in ((9, 0), (10, 10), (19, 10), (20, 20)):
        clock.now = NOW + timedelta(minutes=minutes)
        assert poll(path, If_None_Match=tag, User_Agent=f"Program {minutes}").status_code == 304
        with app.app_context():
            feed = db.session.scalars(select(Feed)).one()
            assert feed.last_fetched_at == NOW + timedelta(minutes=noted)
            assert feed.last_client == (f"Program {noted}" if noted else "Werkzeug")
    assert long_way == []


def test_database_that_is_away_is_503(path: str, poll: Poll, app: Flask, long_way: list[str]) -> None:
    tag = poll(path).headers["ETag"]
    with app.app_context():
        db.engine.dispose()
        driver = db.engine.dialect.loaded_dbapi

        def fail(*_: object) -> None:
            raise driver.OperationalError("could not connect to server")

        event.listen(db.engine, "do_connect", fail)
    long_way.clear()
    answer = poll(path, If_None_Match=tag)
    assert (answer.status_code, answer.headers["Retry-After"], long_way) == (503, "30", [])


def test_without_an_address_of_its_own_a_house_answers_by_the_long_way(
    feeds: Feeds, poll: Poll, app: Flask, long_way: list[str]
) -> None:
    app.config["STATION"] = replace(app.config["STATION"], base_url=None)
    made = feeds.make()
    tag = poll(made).headers["ETag"]
    assert poll(made, If_None_Match=tag).status_code == 304
    assert len(long_way) == 2
