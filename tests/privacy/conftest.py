"""What the tests of privacy share: somebody with a name that is nowhere else, and a look at every byte that is kept."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from innovation_station import clock as clock_module
from innovation_station import personal
from innovation_station.audit import service as audit
from innovation_station.bookings import service as bookings
from innovation_station.db import Base, db, transaction
from innovation_station.jobs.registry import tasks
from innovation_station.mail import service as mail
from innovation_station.mail.rules import Receiver
from innovation_station.members import service as members
from innovation_station.members.models import Member, Organisation
from tests.conftest import MONDAY, NOW, PASSWORD, TUESDAY, ZONE, Small, at, browser, log_in, post

NAME, EMAIL = "Özgül Överfält-Kvist", "ozgul.overfalt@example.org"
TITLE, FEED = "Rådslag om kvastskaft", "Klockans kalender"
WORDS = (NAME, EMAIL, TITLE, FEED)
LATER = TUESDAY + timedelta(weeks=2)
PAST = at(date(2026, 11, 20), "09:00", "12:00")


@dataclass
class Person:
    """Somebody who uses all there is."""

    id: int
    client: FlaskClient
    feed: str
    past: int
    ahead: int


@pytest.fixture
def person(app: Flask, small: Small) -> Person:
    """Give a member with bookings behind and ahead, a feed that was fetched, mail, and a trail."""
    with app.app_context():
        with transaction():
            made = members.create_member(email=EMAIL, name=NAME, password=PASSWORD, now=NOW, language="sv")
            made.visible = True
        with transaction():
            behind = bookings.reserve(made, small.a1, PAST, now=PAST.start - timedelta(days=1), zone=ZONE, title=TITLE)
            ahead = bookings.reserve(
                made, small.room, at(LATER, "13:00", "15:00"), now=NOW, zone=ZONE, title=TITLE + " 2"
            )
            bookings.move(
                made, ahead.id, space_id=small.room, span=at(LATER, "14:00", "16:00"), now=NOW, zone=ZONE, title=TITLE
            )
            admin = db.session.get_one(Member, small.people["admin"])
            audit.record("member.name", subject=("member", made.id), member_id=made.id, actor=admin, now=NOW,
                         before={"name": "Ö"}, after={"name": NAME})  # fmt: skip
            audit.record("house.noted", subject=("house", 1), actor=admin, now=NOW, after={"note": f"Ring {NAME}!"})
            hers = Organisation(name_sv="Kvasten", name_en="The Broom", kind="company", contact=EMAIL)
            db.session.add(hers)
            mail.queue(Receiver(EMAIL, NAME, "sv"), "test", {}, now=NOW, member_id=made.id)
            mail.queue(Receiver("host@example.org", "Hanna"), "test", {"who": NAME}, now=NOW)
        ids = made.id, behind.id, ahead.id
    outbox = Path(app.config["STATION"].mail_url.removeprefix("file://"))
    outbox.mkdir(parents=True, exist_ok=True)
    written = {"to": f"To: {NAME} <{EMAIL}>\n\nHej", "about": f"To: host@example.org\nSubject: x\n\nHej {EMAIL}"}
    for name, body in {**written, "other": "To: bo@example.org\n\nHej"}.items():
        (outbox / f"{name}.eml").write_text(body, "utf-8")
    client = log_in(browser(app), EMAIL)
    post(client, "/calendars", {"name": FEED, "language": "sv"})
    feed = client.get("/calendars").text.partition("/feeds/")[2].partition(".ics")[0]
    assert TITLE in client.get(f"/feeds/{feed}.ics").text
    post(client, "/account/export")
    return Person(ids[0], client, feed, ids[1], ids[2])


def run(app: Flask, name: str) -> str:
    """Run a job as the worker does."""
    with app.app_context():
        try:
            return tasks(app)[name].run(clock_module.now()) or ""
        finally:
            db.session.remove()


def kept(app: Flask, folder: Path) -> Iterator[tuple[str, bytes]]:
    """Give every byte that the house keeps: each row of each table, and each file with the database's own."""
    with app.app_context():
        db.session.remove()
        with db.engine.connect() as connection:
            for table in Base.metadata.sorted_tables:
                for row in connection.execute(text(f'SELECT * FROM "{table.name}"')):
                    yield table.name, repr([_bytes(value) for value in row]).encode()
        db.engine.dispose()
    for path in folder.rglob("*"):
        if path.is_file():
            yield path.name, path.read_bytes()


def _bytes(value: Any) -> Any:
    return bytes(value) if isinstance(value, (bytes, memoryview)) else value


def spellings(word: str) -> set[bytes]:
    """Give a word as it may stand in a database or a file."""
    escaped = json.dumps(word)[1:-1]
    plain = {word, escaped, escaped.replace("\\", "\\\\"), word.replace(" ", "_")}
    return {spelling.encode() for spelling in plain} | {word.encode("utf-16-le"), word.encode("latin-1", "replace")}


def found_in(app: Flask, folder: Path, words: tuple[str, ...] = WORDS) -> dict[str, set[str]]:
    """Search everything that is kept; give the words that were found and where."""
    found: dict[str, set[str]] = {}
    for where, content in kept(app, folder):
        for word in words:
            if any(spelling in content for spelling in spellings(word)):
                found.setdefault(word, set()).add(where)
    return found


def occupancy(app: Flask, until: date = MONDAY) -> list[tuple[Any, ...]]:
    """Give how much each place was taken up to a day."""
    with app.app_context(), db.engine.connect() as connection:
        query = text('SELECT space_id, start, "end" FROM allocation WHERE start < :until ORDER BY 1, 2')
        rows = [tuple(map(str, row)) for row in connection.execute(query, {"until": f"{until} 00:00:00.000000"})]
        counted = text("SELECT count(*) FROM booking WHERE state = 'confirmed' AND start < :until")
        return [*rows, (connection.execute(counted, {"until": f"{until} 00:00:00.000000"}).scalar(),)]


def known(app: Flask) -> personal.Personal:
    """Give the classes."""
    return personal.known(app)
