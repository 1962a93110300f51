"""The short way of an unchanged feed: the same answer as the long one, and everything else goes the long way."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from io import StringIO

import pytest
from flask import Flask, request
from sqlalchemy import event, select, update
from werkzeug.test import TestResponse

from innovation_station import logs
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


@pytest.fixture
def path(feeds: Feeds, poll: Poll) -> str:
    """Give a feed with a booking that has just been fetched."""
    made = feeds.make()
    feeds.book(MORNING)
    assert poll(made).status_code == 200
    return made


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("form", ["{}", "W/{}"])
def test_unchanged_feed_goes_the_short_way(
    path: str, poll: Poll, app: Flask, long_way: list[str], method: str, form: str
) -> None:
    for encoding in ("gzip", "identity"):
        tag = poll(path, Accept_Encoding=encoding).headers["ETag"]
        long_way.clear()
        with statements(app) as ran:
            answer = poll(path, method, If_None_Match=form.format(tag), Accept_Encoding=encoding)
        assert (answer.status_code, answer.data, long_way, len(ran)) == (304, b"", [], 1)


def test_both_ways_say_the_same(path: str, poll: Poll, long_way: list[str]) -> None:
    """The long way adds what pages carry; nothing that tells a program of the feed differs."""
    tag = poll(path).headers["ETag"]
    short = poll(path, If_None_Match=tag)
    assert long_way == ["GET"]
    long = poll(path, If_None_Match=f'"other", {tag}')
    assert long_way == ["GET", "GET"]
    said = {name: value for name, value in short.headers if name != "X-Request-Id"}
    assert {name: long.headers.get(name) for name in said} == said
    assert set(said) >= {"ETag", "Cache-Control", "Vary", "X-Robots-Tag", "X-Content-Type-Options", "Referrer-Policy"}
    assert short.status == long.status
    assert not {"Set-Cookie", "Content-Type", "Content-Length", "Last-Modified"} & set(short.headers.keys())


def test_short_way_leaves_its_line_and_its_id(path: str, poll: Poll) -> None:
    tag, stream = poll(path).headers["ETag"], StringIO()
    logs.configure("json", "info", stream)
    try:
        answer = poll(path, If_None_Match=tag)
    finally:
        logs.configure("auto", "error")
    line = json.loads(stream.getvalue())
    assert (line["method"], line["status"], line["rule"]) == ("GET", 304, "/feeds/<path:rest>")
    assert line["request_id"] == answer.headers["X-Request-Id"]
    assert path.removeprefix("/feeds/")[:20] not in stream.getvalue()


def test_change_ends_it(path: str, poll: Poll, feeds: Feeds) -> None:
    tag = poll(path).headers["ETag"]
    feeds.book(at(TUESDAY, "13:00", "17:00"))
    answer = poll(path, If_None_Match=tag)
    assert answer.status_code == 200
    assert answer.data.count(b"BEGIN:VEVENT") == 2


@pytest.mark.parametrize("asked", ['"other"', "*", '"a", "b"', "", "x"])
def test_other_tags_go_the_long_way(path: str, poll: Poll, long_way: list[str], asked: str) -> None:
    assert poll(path, If_None_Match=asked).status_code == (304 if asked == "*" else 200)
    assert long_way == ["GET"]


def test_other_requests_go_the_long_way(path: str, poll: Poll, app: Flask, long_way: list[str]) -> None:
    tag = poll(path).headers["ETag"]
    asked = {"If_None_Match": tag}
    assert poll(path, "POST", **asked).status_code == 405
    assert poll(path + "?x=1", **asked).status_code == 304
    assert poll(path.removesuffix(".ics"), **asked).status_code == 404
    assert poll("/feeds/" + "A" * 43 + ".ics", **asked).status_code == 404
    assert poll(path, Host="evil.example", **asked).status_code == 400
    with app.app_context(), transaction() as session:
        session.execute(update(Feed).values(revoked_at=NOW))
    assert poll(path, **asked).status_code == 404
    assert len(long_way) == 7


def test_closed_account_ends_it(path: str, poll: Poll, app: Flask) -> None:
    tag = poll(path).headers["ETag"]
    with app.app_context(), transaction() as session:
        session.execute(update(Member).values(active=False))
    assert poll(path, If_None_Match=tag).status_code == 404


def test_midnight_ends_it(path: str, poll: Poll, clock: Clock) -> None:
    tag = poll(path).headers["ETag"]
    clock.now += timedelta(days=1)
    assert poll(path, If_None_Match=tag).status_code == 200


def test_fetch_is_still_noted_every_ten_minutes(
    path: str, poll: Poll, app: Flask, clock: Clock, long_way: list[str]
) -> None:
    tag = poll(path).headers["ETag"]
    for minutes, ways in ((9, 1), (10, 2), (19, 2), (20, 3)):
        clock.now = NOW + timedelta(minutes=minutes)
        assert poll(path, If_None_Match=tag, User_Agent=f"Program {minutes}").status_code == 304
        assert len(long_way) == ways, minutes
    with app.app_context():
        noted = db.session.scalars(select(Feed)).one()
        assert (noted.last_fetched_at, noted.last_client) == (clock.now, "Program 20")


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
    assert (answer.status_code, answer.headers["Retry-After"], long_way) == (503, "30", ["GET"])


def test_without_an_address_of_its_own_a_house_answers_by_the_long_way(
    feeds: Feeds, poll: Poll, app: Flask, long_way: list[str]
) -> None:
    app.config["STATION"] = replace(app.config["STATION"], base_url=None)
    made = feeds.make()
    tag = poll(made).headers["ETag"]
    assert poll(made, If_None_Match=tag).status_code == 304
    assert len(long_way) == 2
