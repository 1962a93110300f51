"""What a calendar program sees on the wire. Names carry the handles of the rules: H."""

from __future__ import annotations

import gzip
import sqlite3
from collections.abc import Callable
from datetime import timedelta
from email.utils import parsedate_to_datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, select
from werkzeug.test import TestResponse

from innovation_station import db as database
from innovation_station.calendars import rules
from innovation_station.calendars.models import Feed, FeedPart
from innovation_station.db import db, transaction
from tests.calendars.conftest import Feeds
from tests.conftest import NOW, TUESDAY, Clock, at, statements

MORNING, AFTERNOON = at(TUESDAY, "08:00", "12:00"), at(TUESDAY, "13:00", "17:00")
Poll = Callable[..., TestResponse]
# What travels on the wire is the same on both databases; what lies behind it is tested on both elsewhere.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def headers(answer: TestResponse) -> dict[str, str]:
    """Give the headers that must not differ, without the request's own id."""
    return {name: value for name, value in answer.headers if name != "X-Request-Id"}


def test_h01_h07_h09_h14_headers_of_a_feed(feeds: Feeds, poll: Poll, ics_faults: Callable[[bytes], list[str]]) -> None:
    path = feeds.make()
    feeds.book(MORNING, title="Skriva; klart, nu")
    answer = poll(path)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert answer.headers["Content-Disposition"] == 'inline; filename="innovation-station.ics"'
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert answer.headers["Vary"] == "Accept-Encoding"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["X-Robots-Tag"] == "noindex"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert "Set-Cookie" not in answer.headers
    assert ics_faults(answer.data) == []
    assert b"URL:http://localhost/bookings/1\r\n" in answer.data


def test_h02_a_logged_in_browser_gets_the_same(feeds: Feeds, poll: Poll, alva: FlaskClient) -> None:
    """No cookie is set, none is looked at, and the answer does not vary by one."""
    path = feeds.make()
    plain, logged_in = poll(path), alva.get(path)
    assert logged_in.data == plain.data
    assert headers(logged_in) == headers(plain)


@pytest.mark.parametrize(
    "asked",
    [
        {"User_Agent": "Google-Calendar-Importer"},
        {"User_Agent": "Microsoft.Exchange/15.20", "Accept": "text/html"},
        {"Accept": "application/json"},
        {"Accept_Language": "en"},
        {"Cookie": "lang=en; session=x"},
    ],
)
def test_h15_the_same_bytes_whoever_asks(feeds: Feeds, poll: Poll, asked: dict[str, str]) -> None:
    path = feeds.make()
    feeds.book(MORNING)
    plain, other = poll(path), poll(path, **asked)
    assert other.data == plain.data
    assert headers(other) == headers(plain)


def test_h08_bytes_are_the_same_twice_and_from_a_cold_start(feeds: Feeds, poll: Poll, clock: Clock) -> None:
    path = feeds.make()
    feeds.book(MORNING)
    first = poll(path)
    clock.now += timedelta(hours=3)
    second = poll(path)
    assert second.data == first.data
    assert second.headers["ETag"] == first.headers["ETag"]


def test_h05_head_says_what_get_would(feeds: Feeds, poll: Poll) -> None:
    path = feeds.make()
    got, head = poll(path), poll(path, "HEAD")
    assert head.data == b""
    assert headers(head) == headers(got)
    assert int(head.headers["Content-Length"]) == len(got.data)


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_h16_other_methods_are_405(feeds: Feeds, poll: Poll, method: str) -> None:
    answer = poll(feeds.make(), method)
    assert answer.status_code == 405
    assert answer.headers["Allow"] == "GET, HEAD"
    assert "Set-Cookie" not in answer.headers


def test_h03_unchanged_feed_costs_one_statement_and_no_bookings(feeds: Feeds, poll: Poll, app: Flask) -> None:
    path = feeds.make()
    feeds.book(MORNING)
    first = poll(path)
    with statements(app) as ran:
        answer = poll(path, If_None_Match=first.headers["ETag"])
    assert (answer.status_code, answer.data) == (304, b"")
    assert answer.headers["ETag"] == first.headers["ETag"]
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert answer.headers["Vary"] == "Accept-Encoding"
    assert "Content-Type" not in answer.headers
    assert len(ran) == 1
    assert "booking" not in ran[0].replace("bookings_revision", "")


@pytest.mark.parametrize("form", ["{}", "W/{}", '"x", {}', 'W/"a",W/{}', "*"])
def test_h03_if_none_match_takes_lists_weak_tags_and_star(feeds: Feeds, poll: Poll, form: str) -> None:
    path = feeds.make()
    tag = poll(path).headers["ETag"]
    assert poll(path, If_None_Match=form.format(tag)).status_code == 304
    assert not tag.startswith("W/")


@pytest.mark.parametrize("form", ['"other"', "garbage", "", '"', 'W/"x", "y"', "{}x"])
def test_h03_other_tags_get_the_whole(feeds: Feeds, poll: Poll, form: str) -> None:
    path = feeds.make()
    tag = poll(path).headers["ETag"].strip('"')
    assert poll(path, If_None_Match=form.format(tag)).status_code == 200


def test_h04_if_none_match_goes_before_the_date(feeds: Feeds, poll: Poll, clock: Clock) -> None:
    path = feeds.make()
    clock.now += timedelta(minutes=1)
    first = poll(path)
    late = "Sat, 01 Jan 2028 00:00:00 GMT"
    assert poll(path, If_Modified_Since=first.headers["Last-Modified"]).status_code == 304
    assert poll(path, If_Modified_Since=late).status_code == 304
    assert poll(path, If_Modified_Since=late, If_None_Match='"other"').status_code == 200
    assert poll(path, If_Modified_Since="Sat, 01 Jan 2022 00:00:00 GMT").status_code == 200
    assert poll(path, If_Modified_Since="yesterday").status_code == 200


def test_h04_a_change_in_the_same_second_is_not_lost(feeds: Feeds, poll: Poll, clock: Clock) -> None:
    """There is no date to ask with until the second of the last change is over."""
    path = feeds.make()
    feeds.book(MORNING)
    assert "Last-Modified" not in poll(path).headers
    clock.now += timedelta(minutes=5)
    answer = poll(path)
    assert parsedate_to_datetime(answer.headers["Last-Modified"]) == NOW
    feeds.book(AFTERNOON)
    asked = poll(path, If_Modified_Since=answer.headers["Last-Modified"])
    assert asked.status_code == 200
    assert asked.data.count(b"BEGIN:VEVENT") == 2


def test_h06_gzip_only_when_asked_with_a_tag_of_its_own(feeds: Feeds, poll: Poll) -> None:
    path = feeds.make()
    feeds.book(MORNING)
    plain, zipped = poll(path), poll(path, Accept_Encoding="br, gzip;q=0.8")
    assert "Content-Encoding" not in plain.headers
    assert zipped.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(zipped.data) == plain.data
    assert zipped.headers["ETag"] == plain.headers["ETag"][:-1] + '-gz"'
    assert poll(path, Accept_Encoding="gzip", If_None_Match=zipped.headers["ETag"]).status_code == 304
    assert poll(path, Accept_Encoding="gzip", If_None_Match=plain.headers["ETag"]).status_code == 200
    for encoding in ("gzip;q=0", "identity", "*", "br"):
        assert "Content-Encoding" not in poll(path, Accept_Encoding=encoding).headers
    assert poll(path, Accept_Encoding="gzip").data == zipped.data


@pytest.mark.parametrize("agent", ["Microsoft Outlook 16.0", "Microsoft.Exchange/15.20", "Exchange"])
def test_h06_outlook_is_spared_gzip(feeds: Feeds, poll: Poll, agent: str) -> None:
    path = feeds.make()
    assert "Content-Encoding" not in poll(path, Accept_Encoding="gzip", User_Agent=agent).headers


def test_h10_wrong_malformed_and_revoked_are_one_answer(feeds: Feeds, poll: Poll, app: Flask) -> None:
    path, revoked = feeds.make(), feeds.make()
    with app.app_context(), transaction() as session:
        session.scalars(select(Feed)).all()[1].revoked_at = NOW
    token = path.removeprefix("/feeds/").removesuffix(".ics")
    wrong = [
        revoked, "/feeds/" + "A" * 43 + ".ics", "/feeds/x.ics", "/feeds/.ics",
        "/feeds/" + "A" * 5000 + ".ics", "/feeds/%ff%fe.ics", "/feeds/../feeds/x.ics", "/feeds/a/b.ics",
        f"/feeds/{token}", f"/feeds/{token}.ICS",
        f"/feeds/{token}.ics.ics", f"/feeds/{token[:-1]}.ics", f"/feeds/{token.swapcase()}.ics",
        "/feeds/' OR 1=1 --.ics", "/feeds/ünï.ics",
    ]  # fmt: skip
    answers = [poll(address) for address in wrong]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.data for answer in answers}) == 1
    assert len({tuple(sorted(headers(answer).items())) for answer in answers}) == 1
    assert "Set-Cookie" not in answers[0].headers
    assert "Location" not in answers[0].headers
    with statements(app) as ran:
        for address in wrong:
            poll(address)
    assert len(set(ran)) == 1, "the database is asked the same, once for each"
    assert len(ran) == len(wrong)


def test_h10_feed_needs_nobody_logged_in_and_a_conditional_404_stays_404(feeds: Feeds, poll: Poll) -> None:
    assert poll(feeds.make()).status_code == 200
    assert poll("/feeds/x.ics", If_None_Match="*").status_code == 404


def test_h12_a_thousand_bookings_are_small_enough(feeds: Feeds, poll: Poll) -> None:
    feeds.insert(380, NOW - timedelta(days=300))
    answer = poll(feeds.make())
    assert answer.data.count(b"BEGIN:VEVENT") == 380
    assert len(answer.data) / 380 * 1000 < 1_000_000


def test_midnight_moves_the_window_and_the_tag(feeds: Feeds, poll: Poll, clock: Clock) -> None:
    """A cancellation leaves the feed on the fifteenth day without anybody touching the booking."""
    path = feeds.make()
    feeds.insert(1, NOW + timedelta(days=30), title="Borta", state="cancelled", changed_at=NOW)
    first = poll(path)
    assert "Avbokad: Borta" in first.text
    clock.now += timedelta(days=14)
    assert "Avbokad: Borta" in poll(path, If_None_Match=first.headers["ETag"]).text
    clock.now += timedelta(days=1)
    last = poll(path, If_Modified_Since="Mon, 07 Dec 2026 12:00:00 GMT")
    assert last.status_code == 200
    assert "Borta" not in last.text


def test_fetch_is_noted_once_in_ten_minutes(feeds: Feeds, poll: Poll, app: Flask, clock: Clock) -> None:
    path = feeds.make()

    def noted() -> tuple[object, str]:
        with app.app_context():
            feed = db.session.scalars(select(Feed)).one()
            return feed.last_fetched_at, feed.last_client

    poll(path, User_Agent="Google-Calendar-Importer")
    assert noted() == (NOW, "Google Calendar")
    clock.now += timedelta(minutes=9)
    poll(path, User_Agent="curl/8")
    assert noted() == (NOW, "Google Calendar")
    clock.now += timedelta(minutes=1)
    tag = poll(path).headers["ETag"]
    poll(path, User_Agent="curl/8", If_None_Match=tag)
    assert noted()[0] == clock.now


def test_feed_is_read_while_nothing_can_be_written(feeds: Feeds, poll: Poll, app: Flask) -> None:
    """A read-only database costs the note of the fetch and the storing of entries, nothing else."""
    path = feeds.make()
    feeds.insert(3, NOW)
    with app.app_context():
        engine = db.engine
        engine.dispose()
        event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA query_only = ON"))
    answer = poll(path)
    assert answer.status_code == 200
    assert answer.data.count(b"BEGIN:VEVENT") == 3
    assert poll(path, If_None_Match=answer.headers["ETag"]).status_code == 304
    with app.app_context():
        assert db.session.scalars(select(FeedPart)).all() == []
        assert db.session.scalars(select(Feed)).one().last_fetched_at is None


def test_feed_is_read_while_another_holds_the_lock(
    feeds: Feeds, poll: Poll, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "BUSY_MILLISECONDS", 20)
    path = feeds.make()
    feeds.insert(1, NOW)
    with app.app_context():
        db.engine.dispose()
        file = db.engine.url.database
    assert file
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        assert poll(path).data.count(b"BEGIN:VEVENT") == 1
        assert poll(path).status_code == 200
    finally:
        other.close()


def test_database_that_is_away_is_503_without_a_page(feeds: Feeds, poll: Poll, app: Flask) -> None:
    path = feeds.make()

    def fail(*_: object) -> None:
        raise sqlite3.OperationalError("unable to open database file")

    with app.app_context():
        db.engine.dispose()
        event.listen(db.engine, "do_connect", fail)
    answer = poll(path)
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "30"
    assert answer.headers["Content-Type"].startswith("text/plain")


def test_poisoned_title_stays_in_its_line(feeds: Feeds, poll: Poll, ics_faults: Callable[[bytes], list[str]]) -> None:
    path = feeds.make(name="Mina; bokningar, \\n")
    feeds.insert(1, NOW, title="a\r\nEND:VEVENT\r\nX-EVIL:1\x1b")
    data = poll(path).data
    assert ics_faults(data) == []
    assert b"\nX-EVIL" not in data


def test_token_is_long_and_ends_in_ics(feeds: Feeds) -> None:
    """H13: 256 bits, no query."""
    path = feeds.make()
    token = path.removeprefix("/feeds/").removesuffix(".ics")
    assert len(token) == 43
    assert path.endswith(".ics")
    assert rules.token_hash(token)
