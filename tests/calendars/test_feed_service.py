"""Feeds and stored entries on a real database, both kinds."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update

from innovation_station.bookings import presence
from innovation_station.bookings import service as bookings
from innovation_station.bookings.schedule import check_ins
from innovation_station.calendars import document, queries, rules, service
from innovation_station.calendars.models import Feed, FeedContents, FeedPart
from innovation_station.calendars.rules import Setting, Today
from innovation_station.db import db, transaction
from innovation_station.errors import NotFound, Refused
from innovation_station.packed import Piece, opened
from innovation_station.spaces import service as spaces
from innovation_station.spaces.models import HouseRow, Space
from tests.calendars.conftest import Feeds
from tests.conftest import NOW, TUESDAY, ZONE, at, statements

MORNING, AFTERNOON = at(TUESDAY, "08:00", "12:00"), at(TUESDAY, "13:00", "17:00")
KEY = "k" * 40


@pytest.fixture
def based(app: Flask) -> Flask:
    """Give the app a public address, so that entries are written with the booking."""
    app.config["STATION"] = replace(app.config["STATION"], base_url="https://station.example")
    return app


def today() -> Today:
    return Today.at(NOW, Setting(ZONE, "https://station.example"), 12)


def entries() -> list[tuple[int, str, int]]:
    """List what is stored as (booking, language, revision)."""
    rows = db.session.execute(
        select(FeedContents.language, FeedPart.made_of).join(FeedContents, FeedContents.id == FeedPart.contents_id)
    ).all()
    found = [(entry.split("."), row.language) for row in rows for entry in row.made_of.split()[1:]]
    return sorted((int(number), language, int(revision)) for (number, revision), language in found)


def stored() -> bytes:
    """Give the bytes of all stored entries."""
    rows = db.session.scalars(select(FeedPart).order_by(FeedPart.contents_id, FeedPart.part))
    return b"".join(opened([Piece(row.size, row.crc, row.body)]) for row in rows)


def text_of(feeds: Feeds, path: str) -> str:
    """Give a feed's text straight from the database."""
    address = queries.by_hash(rules.token_hash(path.removeprefix("/feeds/").removesuffix(".ics")))
    assert address
    return document.document(address, today())[1].plain.decode()


def test_entry_is_written_with_the_booking_in_the_languages_asked_for(based: Flask, feeds: Feeds) -> None:
    feeds.make(language="en")
    first = feeds.book(MORNING)
    feeds.book(MORNING, who="bo", space=feeds.small.a2)
    with based.app_context():
        assert entries() == [(first, "en", 0)]


def test_without_a_base_url_the_request_says_where_the_house_is(app: Flask, feeds: Feeds) -> None:
    path = feeds.make()
    feeds.book(MORNING)
    with app.app_context():
        assert entries() == []
    with app.test_request_context(base_url="http://localhost"), transaction():
        bookings.reserve(feeds.member(), feeds.small.a1, AFTERNOON, now=NOW, zone=ZONE)
    with app.app_context():
        assert entries() == [(1, "sv", 0), (2, "sv", 0)], "what was left out before is made up for"
        assert stored().count(b"\r\nURL:http://localhost/bookings/2\r\n") == 1
    assert app.test_client().get(path).data.count(b"BEGIN:VEVENT") == 2


def test_entry_of_a_booking_that_nobody_came_to_ends_when_the_place_was_released(based: Flask, feeds: Feeds) -> None:
    path = feeds.make(language="en")
    booked = feeds.book(MORNING)
    with based.app_context(), transaction():
        spaces.set_policy(kind="desk", check_in=30)
    with based.app_context():
        check_ins(MORNING.start + timedelta(minutes=20))
        check_ins(MORNING.start + timedelta(minutes=30))
        assert entries() == [(booked, "en", 1)]
        said = text_of(feeds, path)
        assert "SUMMARY:Released: " in said and "STATUS:CONFIRMED" in said and "SEQUENCE:1" in said
        assert "DTSTART;TZID=Europe/Stockholm:20261124T080000" in said
        assert "DTEND;TZID=Europe/Stockholm:20261124T083000" in said
        with transaction():
            presence.reclaim(feeds.member(), booked, now=MORNING.start + timedelta(minutes=40), zone=ZONE)
        said = text_of(feeds, path)
        assert "DTEND;TZID=Europe/Stockholm:20261124T120000" in said and "SEQUENCE:2" in said
        with transaction():
            presence.check_in(feeds.member(), booked, now=MORNING.start + timedelta(minutes=41))
        assert "SEQUENCE:2" in text_of(feeds, path), "who is here is no news to a calendar"
        with transaction():
            presence.end_now(feeds.member(), booked, now=MORNING.start + timedelta(minutes=60), zone=ZONE)
        said = text_of(feeds, path)
        assert "DTEND;TZID=Europe/Stockholm:20261124T090000" in said and "SEQUENCE:3" in said


def test_entry_follows_move_words_cancel_and_restore(based: Flask, feeds: Feeds) -> None:
    path = feeds.make()
    booked = feeds.book(MORNING)
    with based.app_context():
        seen = []
        for change in (
            lambda member: bookings.move(member, booked, space_id=feeds.small.a2, span=AFTERNOON, now=NOW, zone=ZONE),
            lambda member: bookings.move(
                member, booked, space_id=feeds.small.a2, span=AFTERNOON, now=NOW, zone=ZONE, title="Nytt"
            ),
            lambda member: bookings.cancel(member, booked, now=NOW),
            lambda member: bookings.restore(member, booked, now=NOW, zone=ZONE),
        ):
            with transaction():
                change(feeds.member())
            with statements(based) as ran:
                seen.append(text_of(feeds, path))
            assert len(ran) == 2, "the entry was made at the fetch and not with the booking"
    assert "DTSTART;TZID=Europe/Stockholm:20261124T130000" in seen[0]
    assert "SEQUENCE:1" in seen[0]
    assert "SUMMARY:Nytt (Skrivbord A2)" in seen[1]
    assert "SEQUENCE:1" in seen[1]
    assert "STATUS:CANCELLED" in seen[2]
    assert "SEQUENCE:2" in seen[2]
    assert "STATUS:CONFIRMED" in seen[3]
    assert "SEQUENCE:3" in seen[3]
    assert len({text.split("UID:")[1].split("\r\n")[0] for text in seen}) == 1


def test_entry_goes_with_a_booking_that_is_rolled_back(based: Flask, feeds: Feeds) -> None:
    feeds.make()
    with based.app_context():
        with pytest.raises(NotFound), transaction():
            bookings.reserve(feeds.member(), feeds.small.a1, MORNING, now=NOW, zone=ZONE)
            assert len(entries()) == 1
            bookings.cancel(feeds.member("bo"), 1, now=NOW)
        assert entries() == []


def test_booking_without_a_feed_costs_one_statement_more(based: Flask, feeds: Feeds) -> None:
    with based.app_context():
        with statements(based) as ran, transaction():
            bookings.reserve(feeds.member(), feeds.small.a1, MORNING, now=NOW, zone=ZONE)
        assert [sql for sql in ran if "feed" in sql or "booking_entry" in sql][1:] == []


def test_new_feed_has_its_entries_at_once(based: Flask, feeds: Feeds) -> None:
    feeds.insert(30, NOW)
    path = feeds.make()
    with based.app_context():
        assert len(entries()) == 30
        with statements(based) as ran:
            assert text_of(feeds, path).count("BEGIN:VEVENT") == 30
    assert len(ran) == 2


def test_missing_and_old_entries_are_made_at_the_fetch(based: Flask, feeds: Feeds) -> None:
    path = feeds.make()
    feeds.insert(3, NOW)
    with based.app_context():
        assert text_of(feeds, path).count("BEGIN:VEVENT") == 3
        assert len(entries()) == 3
        with transaction() as session:
            session.execute(update(Space).where(Space.id == feeds.small.a1).values(name="Ny plats"))
            session.execute(update(HouseRow).values(revision=HouseRow.revision + 1))
        assert text_of(feeds, path).count("LOCATION:Ny plats") == 3
        with statements(based) as ran:
            text_of(feeds, path)
        assert len(ran) == 2


def test_one_impossible_booking_leaves_the_others_standing(based: Flask, feeds: Feeds) -> None:
    path = feeds.make()
    feeds.insert(2, NOW)
    feeds.insert(1, NOW + timedelta(days=5), uid="a/b", title="Omöjlig")
    feeds.insert(1, NOW + timedelta(days=6), title="\x00\x07\r\nX-EVIL:1\ud7ff"[1:])
    with based.app_context():
        text = text_of(feeds, path)
    assert text.count("BEGIN:VEVENT") == 3
    assert "Omöjlig" not in text
    assert "\r\nX-EVIL" not in text


def test_window_holds_a_year_back_and_400_days_ahead(based: Flask, feeds: Feeds) -> None:
    path = feeds.make()
    window = today().window
    for name, start in (
        ("förr", window.first - timedelta(hours=2)),
        ("först", window.first - timedelta(minutes=30)),
        ("sist", window.last - timedelta(hours=1)),
        ("sedan", window.last),
    ):
        feeds.insert(1, start, title=name)
    with based.app_context():
        text = text_of(feeds, path)
    assert [name in text for name in ("förr", "först", "sist", "sedan")] == [False, True, True, False]


def test_cancelled_booking_stays_fourteen_days(based: Flask, feeds: Feeds) -> None:
    path = feeds.make()
    start = NOW + timedelta(days=1)
    feeds.insert(1, start, title="nyss", state="cancelled", changed_at=NOW - timedelta(days=14))
    feeds.insert(1, start, title="länge", state="cancelled", changed_at=NOW - timedelta(days=15))
    with based.app_context():
        text = text_of(feeds, path)
    assert "SUMMARY:Avbokad: nyss (Skrivbord A1)" in text
    assert "länge" not in text


def test_feed_shows_nobody_else(based: Flask, feeds: Feeds) -> None:
    path = feeds.make()
    feeds.book(MORNING, who="bo", title="Bos hemlighet")
    with based.app_context():
        assert "Bos hemlighet" not in text_of(feeds, path)


def test_database_keeps_only_the_hash(context: Flask, feeds: Feeds) -> None:
    path = feeds.make()
    row = db.session.execute(select(Feed.__table__)).one()
    token = path.removeprefix("/feeds/").removesuffix(".ics")
    assert token not in str(tuple(row))
    assert row.token_hash == rules.token_hash(token)


def test_twenty_feeds_are_enough(context: Flask, feeds: Feeds) -> None:
    for _ in range(rules.FEEDS_MOST):
        feeds.make()
    with pytest.raises(Refused) as error:
        feeds.make()
    assert [refusal.code for refusal in error.value.refusals] == ["feed-limit"]
    feeds.make("bo")


def test_names_are_refused_by_the_service_too(context: Flask, feeds: Feeds) -> None:
    with pytest.raises(Refused):
        feeds.make(name="x" * 61)
    feeds.make()
    with transaction(), pytest.raises(Refused):
        service.rename_feed(feeds.member(), queries.of_member(feeds.member().id)[0].id, name=" ", now=NOW)


def test_renewed_address_replaces_the_old_one(context: Flask, feeds: Feeds) -> None:
    path = feeds.make()
    (feed,) = queries.of_member(feeds.member().id)
    old = feed.token_hash
    with transaction():
        service.renew_feed(feeds.member(), feed.id, secret_key=KEY)
    assert queries.by_hash(old) is None
    assert queries.by_hash(rules.token_hash(rules.feed_token(KEY, feed.member_id, feed.nonce)))
    assert path


def test_revoked_feed_forgets_entries_nobody_reads(based: Flask, feeds: Feeds) -> None:
    feeds.make(language="sv")
    feeds.make(language="en")
    feeds.book(MORNING)
    with based.app_context():
        swedish = queries.of_member(feeds.member().id)[0]
        assert len(entries()) == 2
        with transaction():
            service.revoke_feed(feeds.member(), swedish.id, now=NOW)
        assert [language for _, language, _ in entries()] == ["en"]
        assert queries.by_hash(swedish.token_hash) is None


@pytest.mark.parametrize("verb", ["rename", "renew", "revoke"])
def test_other_peoples_feeds_are_not_there(context: Flask, feeds: Feeds, verb: str) -> None:
    feeds.make("bo")
    theirs = queries.of_member(feeds.member("bo").id)[0].id
    calls = {
        "rename": lambda: service.rename_feed(feeds.member(), theirs, name="min", now=NOW),
        "renew": lambda: service.renew_feed(feeds.member(), theirs, secret_key=KEY),
        "revoke": lambda: service.revoke_feed(feeds.member(), theirs, now=NOW),
    }
    with pytest.raises(NotFound), transaction():
        calls[verb]()
    assert queries.of_member(feeds.member("bo").id)[0].name == "Mina bokningar"


def test_feed_of_a_closed_account_is_dead(context: Flask, feeds: Feeds) -> None:
    path = feeds.make()
    with transaction():
        feeds.member().state = "paused"
    assert queries.by_hash(rules.token_hash(path.removeprefix("/feeds/").removesuffix(".ics"))) is None


def test_etag_hangs_on_everything_it_should(context: Flask, feeds: Feeds) -> None:
    path = feeds.make()
    address = queries.by_hash(rules.token_hash(path.removeprefix("/feeds/").removesuffix(".ics")))
    assert address
    day = today()
    names = [
        document.etag(address, day),
        document.etag(replace(address, bookings_revision=99), day),
        document.etag(replace(address, house_revision=99), day),
        document.etag(replace(address, language="en"), day),
        document.etag(replace(address, name="Annat"), day),
        document.etag(replace(address, feed_id=99), day),
        document.etag(address, Today.at(NOW + timedelta(days=1), day.shared, 12)),
        document.etag(address, Today.at(NOW, day.shared, 6)),
        document.etag(address, Today.at(NOW, Setting(ZONE, "https://other.example"), 12)),
    ]
    assert len(set(names)) == len(names)
    later = Today.at(NOW + timedelta(hours=3), day.shared, 12)
    fetched = replace(address, last_fetched_at=NOW)
    assert document.etag(fetched, later) == names[0]


def test_span_of_daylight_saving_weeks_reaches_the_feed(based: Flask, feeds: Feeds) -> None:
    """Nine in the morning is nine before and after both changes; the doubled hour is written in UTC."""
    path = feeds.make()
    for day in ("2026-10-24", "2026-10-26", "2027-03-27", "2027-03-29"):
        feeds.insert(1, at(date.fromisoformat(day), "09:00", "10:00").start, title=day)
    with based.app_context():
        text = text_of(feeds, path)
    for day in ("20261024", "20261026", "20270327", "20270329"):
        assert f"DTSTART;TZID=Europe/Stockholm:{day}T090000" in text
