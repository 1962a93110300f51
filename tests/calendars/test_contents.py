"""What is stored of a feed: in step with the bookings whatever happens to them, and no more work than that takes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from random import Random
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import select, update

from innovation_station.bookings import service as bookings
from innovation_station.bookings.models import Booking
from innovation_station.calendars import contents, document, queries, rules
from innovation_station.calendars.invitations import Booked
from innovation_station.calendars.models import FeedContents, FeedPart
from innovation_station.calendars.rules import Phrasebook, Setting, Today, Wording
from innovation_station.db import db, transaction
from innovation_station.errors import DomainError
from innovation_station.members.models import Member
from innovation_station.packed import Piece, opened, packed
from innovation_station.timespan import Span
from tests.calendars.conftest import Feeds
from tests.conftest import NOW, TUESDAY, ZONE, Clock, at, statements

MORNING, AFTERNOON = at(TUESDAY, "08:00", "12:00"), at(TUESDAY, "13:00", "17:00")


@pytest.fixture(autouse=True)
def based(app: Flask) -> Flask:
    """Give the app a public address, so that entries are written with the booking."""
    app.config["STATION"] = replace(app.config["STATION"], base_url="https://station.example")
    return app


def today(days: int = 0) -> Today:
    return Today.at(NOW + timedelta(days=days), Setting(ZONE, "https://station.example"), 12)


def text_of(path: str, days: int = 0) -> str:
    address = queries.by_hash(rules.token_hash(path.removeprefix("/feeds/").removesuffix(".ics")))
    assert address
    return document.document(address, today(days))[1].plain.decode()


def months() -> dict[str, list[str]]:
    """List the stored months with their bookings as "id.revision"."""
    rows = db.session.execute(select(FeedPart.part, FeedPart.made_of).order_by(FeedPart.part)).all()
    return {row.part: row.made_of.split()[1:] for row in rows}


def test_place_that_is_newer_than_the_house_that_was_read_leaves_out_its_booking_alone() -> None:
    shared, when = Setting(ZONE, ""), NOW + timedelta(days=1)
    book = Phrasebook({1: Wording("A1", "A1", "Skrivbord", "sv")}, "x")
    known, newer = (
        Booked(number, number, str(uuid4()), when, when + timedelta(hours=1), "", "confirmed", 0, NOW, NOW)
        for number in (1, 2)
    )
    assert list(contents.bodies([newer, known], book, shared)) == [1]


def test_entries_lie_by_month_in_the_order_of_the_feed(based: Flask, feeds: Feeds) -> None:
    feeds.make()
    feeds.insert(2, NOW + timedelta(days=40))
    feeds.insert(3, NOW)
    with based.app_context():
        path = feeds.make(name="Två")
        assert months() == {"2026-11": ["3.0", "4.0", "5.0"], "2027-01": ["1.0", "2.0"]}
        numbers = [line for line in text_of(path).split("\r\n") if line.startswith("URL:")]
        assert [line.rpartition("/")[2] for line in numbers] == ["3", "4", "5", "1", "2"]


def test_only_what_changed_is_made_anew(based: Flask, feeds: Feeds) -> None:
    """The entry beside the changed one, and the other month, keep the bytes they have, whatever these are."""
    feeds.insert(1, NOW + timedelta(days=2), title="granne")
    feeds.insert(1, NOW + timedelta(days=40), title="annan")
    path, booked = feeds.make(), feeds.book(MORNING, title="min")
    with based.app_context():
        with transaction() as session:
            for row in session.scalars(select(FeedPart)):
                marked = opened([Piece(row.size, row.crc, row.body)]).replace(b"granne", b"GRANNE")
                piece = packed(marked.replace(b"annan", b"ANNAN"))
                row.body, row.crc = piece.body, piece.crc
        with transaction():
            bookings.move(
                feeds.member(), booked, space_id=feeds.small.a1, span=AFTERNOON, now=NOW, zone=ZONE, title="Nytt"
            )
        said = text_of(path)
    assert [word in said for word in ("GRANNE", "ANNAN", "SUMMARY:Nytt", "SUMMARY:min")] == [True, True, True, False]


def test_booking_that_moves_to_another_month_leaves_the_old_one(based: Flask, feeds: Feeds) -> None:
    feeds.make()
    booked = feeds.book(MORNING)
    later = Span(*(moment + timedelta(days=14) for moment in (MORNING.start, MORNING.end)))
    with based.app_context():
        with transaction():
            bookings.move(feeds.member(), booked, space_id=feeds.small.a1, span=later, now=NOW, zone=ZONE)
        assert months() == {"2026-12": ["1.1"]}


def test_unchanged_contents_are_read_in_one_statement(based: Flask, feeds: Feeds) -> None:
    path = feeds.make()
    feeds.book(MORNING)
    with based.app_context():
        address = queries.by_hash(rules.token_hash(path.removeprefix("/feeds/").removesuffix(".ics")))
        assert address
        with statements(based) as ran:
            document.document(address, today())
    assert len(ran) == 1 and "booking " not in ran[0]


def test_calendar_whose_only_entry_cannot_be_made_has_its_zone(
    based: Flask, feeds: Feeds, ics_faults: Callable[[bytes], list[str]]
) -> None:
    path = feeds.make()
    feeds.insert(1, NOW, uid="a/b")
    with based.app_context():
        for _ in range(2):
            said = text_of(path)
            assert "BEGIN:VTIMEZONE" in said and "BEGIN:VEVENT" not in said
            assert ics_faults(said.encode()) == []


def test_next_day_looks_again_and_writes_only_what_it_names(based: Flask, feeds: Feeds) -> None:
    feeds.insert(1, NOW, title="kvar")
    feeds.insert(1, NOW + timedelta(days=40), title="borta", state="cancelled", changed_at=NOW)
    path = feeds.make()
    with based.app_context():
        written = db.session.scalar(select(FeedContents.written_at))
        assert "borta" in text_of(path, 14)
        assert db.session.scalar(select(FeedContents.written_at)) == written, "no byte has changed"
        assert "borta" not in text_of(path, 15)
        assert months() == {"2026-11": ["1.0"]}
        assert db.session.scalar(select(FeedContents.written_at)) == int(today(15).now.timestamp())


def test_revision_that_rose_for_nothing_costs_a_look(based: Flask, feeds: Feeds) -> None:
    """A repeated submit raises it too; the next fetch sees that nothing has changed, and says so to the next but one."""
    path, _ = feeds.make(), feeds.book(MORNING)
    with based.app_context():
        before = text_of(path)
        with transaction() as session:
            session.execute(update(Member).values(bookings_revision=Member.bookings_revision + 1))
        assert text_of(path) == before
        with statements(based) as ran:
            assert text_of(path) == before
    assert len(ran) == 2


def test_change_looks_at_the_months_it_touches_and_at_all_after_a_gap(based: Flask, feeds: Feeds) -> None:
    path, booked = feeds.make(), feeds.book(MORNING)
    later = Span(*(moment + timedelta(days=70) for moment in (MORNING.start, MORNING.end)))
    with based.app_context():
        for gap in (False, True):
            if gap:
                feeds.insert(1, NOW + timedelta(days=40), title="ohörd")
            with statements(based) as ran, transaction():
                span = MORNING if gap else later
                bookings.move(feeds.member(), booked, space_id=feeds.small.a1, span=span, now=NOW, zone=ZONE)
            assert sum("FROM booking " in sql and "substr" in sql for sql in ran) == 1 + gap
        assert months() == {"2026-11": [f"{booked}.2"], "2027-01": ["2.0"]}
        assert text_of(path).count("BEGIN:VEVENT") == 2


def test_address_is_named_after_what_was_read(based: Flask, feeds: Feeds) -> None:
    """Somebody books between the look for the address and the reading of the contents: the tag is the later one."""
    path = feeds.make()
    with based.app_context():
        digest = rules.token_hash(path.removeprefix("/feeds/").removesuffix(".ics"))
        early = queries.by_hash(digest)
        feeds.book(MORNING)
        late = queries.by_hash(digest)
        assert early and late
        name, found = document.document(early, today())
        assert name == document.etag(late, today()) != document.etag(early, today())
        assert found.plain.count(b"BEGIN:VEVENT") == 1


def test_contents_after_any_history_are_those_made_from_nothing(based: Flask, feeds: Feeds, clock: Clock) -> None:
    """Two feeds, a hundred changes drawn by lot on many days: what is stored equals what is made of the bookings."""
    draw = Random(7)
    paths = {language: feeds.make(language=language) for language in ("sv", "en")}
    feeds.insert(20, NOW - timedelta(days=364), title="gammal")
    with based.app_context():
        for _ in range(100):
            if draw.random() < 0.2:
                clock.now += timedelta(days=draw.randint(1, 9))
            change(feeds, draw, clock)
            if draw.random() < 0.2:
                text_of(paths["sv"], (clock.now - NOW).days)
        days = (clock.now - NOW).days
        stored = {language: text_of(path, days) for language, path in paths.items()}
        with transaction():
            for language in paths:
                contents.forget(feeds.small.people["alva"], rules.Edition(language))
        assert {language: text_of(path, days) for language, path in paths.items()} == stored
        assert stored["sv"].count("BEGIN:VEVENT") > 20


def change(feeds: Feeds, draw: Random, clock: Clock) -> None:
    """Do one of what people do; half of it is refused."""
    start = clock.now.replace(hour=8, minute=0) + timedelta(days=draw.randint(0, 25), hours=draw.randint(0, 7))
    span = Span(start, start + timedelta(hours=1))
    ids = list(db.session.scalars(select(Booking.id))) or [1]
    chosen, space = draw.choice(ids), draw.choice((feeds.small.a1, feeds.small.a2))
    more = {"now": clock.now, "zone": ZONE}
    member = feeds.member()
    try:
        with transaction():
            match draw.choice(("reserve", "reserve", "move", "cancel", "restore")):
                case "reserve":
                    bookings.reserve(member, space, span, **more, title=f"Nr {draw.random()}")  # type: ignore[arg-type]
                case "move":
                    bookings.move(member, chosen, space_id=space, span=span, **more)  # type: ignore[arg-type]
                case "cancel":
                    bookings.cancel(member, chosen, now=clock.now)
                case "restore":
                    bookings.restore(member, chosen, **more)  # type: ignore[arg-type]
    except DomainError:
        return
