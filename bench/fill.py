"""Fill an empty database with a house and a long history of bookings, for measuring.

Usage: ``python -m bench.fill sqlite:////tmp/big.db --bookings 1000000 --spaces 50``. Each space has four
bookings every weekday, the last of them six weeks ahead of NOW. Rows are written as the service would have left
them (booking, allocation, history), in bulk; the refusal of overlap is in force while they are written (SQLite)
or checked over all of them afterwards (PostgreSQL).
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from flask import Flask
from sqlalchemy import select, text

from bench.moment import NOW, SECRET
from innovation_station import create_app, db, schema, settings
from innovation_station.bookings.models import Booking
from innovation_station.db import transaction
from innovation_station.demo.floor import SHAPES
from innovation_station.figures import service as figures
from innovation_station.members import service as member_service
from innovation_station.members.models import Member
from innovation_station.spaces import service
from innovation_station.spaces.models import Floor, Space, Zone
from innovation_station.spaces.rules import Box, at_minute

ZONE = ZoneInfo("Europe/Stockholm")
PASSWORD = "plats-for-nasta-ide"
AHEAD = timedelta(days=42)
CLIENTS, MEMBERS = 16, 600
HOST = "host0"  # of the staff, and without a booking
SMALL_FEEDS = [f"feed1000-{number}" for number in range(8)]
FEEDS = dict.fromkeys(SMALL_FEEDS, 1_000) | {"feed10000": 10_000}
# Minutes of four bookings a day, alternating, so that not every track of the timeline looks the same.
SLOTS = (
    ((480, 570), (600, 720), (780, 870), (900, 1020)),
    ((480, 600), (630, 690), (780, 900), (930, 1020)),
)
FLOOR = [("desk", 40), ("room", 6), ("booth", 3), ("hall", 1)]
CHUNK = 20_000


@dataclass(frozen=True)
class Column:
    """A table and the columns that are filled."""

    table: str
    names: tuple[str, ...]


BOOKING = Column(
    "booking",
    ("id", "uid", "member_id", "space_id", "start", "end", "title", "public", "state", "sequence", "revision",
     "created_at", "changed_at"),
)  # fmt: skip
ALLOCATION = Column("allocation", ("id", "space_id", "start", "end", "booking_id"))
HISTORY = Column(
    "booking_history", ("id", "booking_id", "at", "actor_id", "actor_role", "action", "after", "request_id")
)


def make_app(url: str, instance: Path, **environ: str) -> Flask:
    """Make the application on a database."""
    instance.mkdir(parents=True, exist_ok=True)
    given = {"STATION_SECRET_KEY": SECRET, "STATION_DATABASE_URL": url, **environ}
    return create_app({"STATION": settings.load(given, instance)})


def fill(app: Flask, bookings: int, spaces: int, say: Callable[[str], None] = lambda _: None) -> None:
    """Make schema, house, members and history in an empty database."""
    schema.upgrade(app)
    with app.app_context():
        with transaction() as session:
            place_ids = _house(spaces)
            member_ids = _members(session)
        days = list(_days(-(-bookings // (4 * spaces))))
        rows = _Rows(days, place_ids, member_ids, bookings)
        _write(rows, say)
        with transaction() as session:
            session.execute(text(f"update space set revision = {bookings // spaces}"))
            session.execute(text("update member set bookings_revision = 1"))
        with transaction() as session:  # all at once, instead of mark by mark
            session.execute(text("delete from figure_mark"))
            figures.mark_all()
        figures.refresh(now=NOW, zone=ZONE)
        db.db.session.remove()
        settle()
        db.db.engine.dispose()


def _house(spaces: int) -> list[int]:
    service.set_up_house(name="Bench", organisation="Bench", address=("", ""), holidays="SE")
    service.set_hours(dict.fromkeys(range(5), (480, 1080)))
    service.set_policy(kind="desk", granularity=15, shortest=15, longest=600, horizon=180)
    kinds = [kind for kind, count in FLOOR for _ in range(count)]
    ids: list[int] = []
    for number in range(spaces):
        where = number % len(kinds)
        if where == 0:
            floor, zones = _floor(number // len(kinds) + 1)
        ids.append(_space(number, kinds[where], floor, zones[where % 3]).id)
    return ids


def _floor(number: int) -> tuple[Floor, list[Zone]]:
    names, sign = (f"Plan {number}", f"Floor {number}"), Box(34, 90, 99, 20)
    labels = [{"text": {"sv": "Köket", "en": "Kitchen"}, "x": 312, "y": 352, "w": 150, "h": 22}]
    floor = service.add_floor(names=names, width=960, height=500, shapes=SHAPES, labels=labels, position=number)
    return floor, [
        service.add_zone(floor=floor, names=(f"Zon {number}{letter}", f"Zone {number}{letter}"), label=sign)
        for letter in "ABC"
    ]


def _space(number: int, kind: str, floor: Floor, zone: Zone) -> Space:
    where = number % 50
    name = f"{'ABCDEFGH'[where // 5 % 8]}{number + 1}" if kind == "desk" else f"{kind.capitalize()} {number + 1}"
    box = Box(20 + 92 * (where % 10), 20 + 92 * (where // 10), 50, 48)
    seats = {"desk": 1, "room": 8, "booth": 1, "hall": 60}[kind]
    kit = (["screen"] if number % 2 else []) + (["height-adjustable"] if number % 3 else [])
    return service.add_space(
        floor=floor, kind=kind, name=name, box=box, capacity=seats, amenities=kit, position=number,
        zone=zone if kind == "desk" else None,
    )  # fmt: skip


def _members(session: Any) -> dict[str, int]:
    hashed = member_service.hashed(PASSWORD)
    names = [f"client{number}" for number in range(CLIENTS)] + list(FEEDS)
    names += [*(f"member{number}" for number in range(MEMBERS)), HOST]
    people = [
        Member(
            email=f"{name}@example.org", name=f"{name.capitalize()} Bänk", password_hash=hashed,
            role="host" if name == HOST else "member",
            visible=index % 5 < 3, state="active", created_at=NOW - timedelta(days=9000), bookings_revision=0,
        )
        for index, name in enumerate(names)
    ]  # fmt: skip
    session.add_all(people)
    session.flush()
    return {name: person.id for name, person in zip(names, people, strict=True)}


def _days(count: int) -> Iterator[date]:
    """Give weekdays, oldest first, the last of them six weeks ahead."""
    last = (NOW + AHEAD).date()
    days = (last - timedelta(days=back) for back in range(count * 2 + 7))
    yield from reversed(list(islice((day for day in days if day.weekday() < 5), count)))


class _Rows:
    """The history, as tuples for each table; ids count from one in the order of time."""

    def __init__(self, days: list[date], places: list[int], members: dict[str, int], limit: int) -> None:
        self.days, self.places, self.members, self.limit = days, places, members, limit
        self.others = [member for name, member in members.items() if name.startswith("member")]
        self.first = (NOW - timedelta(days=360)).date()
        covered = min(4 * len(places) * sum(day >= self.first for day in days), limit)
        owners = [members[name] for name, wanted in FEEDS.items() for _ in range(wanted)][:covered]
        turns = Random(1).sample(range(covered), len(owners))
        self.feeds = dict(zip(turns, owners, strict=True))
        self.seen = 0

    def chunks(self) -> Iterator[list[tuple[Any, ...]]]:
        """Give (id, member, space, start, end, made) in chunks."""
        rows = islice(self._all(), self.limit)
        while chunk := list(islice(rows, CHUNK)):
            yield chunk

    def _all(self) -> Iterator[tuple[Any, ...]]:
        number = 0
        for day in self.days:
            instants = {minute: _spelt(day, minute) for slots in SLOTS for slot in slots for minute in slot}
            made = _spelt(day - timedelta(days=90 if day > NOW.date() else 3), 600)
            for index, place in enumerate(self.places):
                for start, end in SLOTS[index % 2]:
                    number += 1
                    yield number, self._member(number, day), place, instants[start], instants[end], made

    def _member(self, number: int, day: date) -> int:
        """Spread the feeds' bookings evenly over the year that a feed covers, the other members' over all."""
        if day >= self.first:
            self.seen += 1
            return self.feeds.get(self.seen) or self.others[number * 7919 % len(self.others)]
        return self.others[number * 7919 % len(self.others)]


def _spelt(day: date, minute: int) -> str:
    return at_minute(day, minute, ZONE).strftime("%Y-%m-%d %H:%M:%S.%f")


def _booking(row: tuple[Any, ...]) -> tuple[Any, ...]:
    number, member, space, start, end, made = row
    uid = f"{number:08x}-0000-4000-8000-{number:012x}"
    title = "Projektmöte" if number % 4 == 0 else ""
    return number, uid, member, space, start, end, title, number % 5 < 3, "confirmed", 0, 0, made, made


def _allocation(row: tuple[Any, ...]) -> tuple[Any, ...]:
    number, _, space, start, end, _ = row
    return number, space, start, end, number


def _history(row: tuple[Any, ...]) -> tuple[Any, ...]:
    number, member, space, start, end, made = row
    facts = {"space": space, "start": start, "end": end, "title": "", "public": True, "state": "confirmed"}
    return number, number, made, member, "member", "reserved", json.dumps(facts), ""


TABLES = ((BOOKING, _booking), (ALLOCATION, _allocation), (HISTORY, _history))


def _write(rows: _Rows, say: Callable[[str], None]) -> None:
    done = 0
    put = _copy if db.db.engine.dialect.name == "postgresql" else _insert
    with db.db.engine.connect() as connection, connection.begin():
        if put is _copy:
            connection.execute(text("ALTER TABLE allocation DROP CONSTRAINT ex_allocation_overlap"))
        for chunk in rows.chunks():
            for column, shape in TABLES:
                put(connection, column, map(shape, chunk))
            done += len(chunk)
            say(f"{done:,} of {rows.limit:,}")
        if put is _copy:
            _make_lawful(connection)


def _insert(connection: Any, column: Column, rows: Iterable[tuple[Any, ...]]) -> None:
    names = ", ".join(f'"{name}"' for name in column.names)
    marks = ", ".join("?" * len(column.names))
    statement = f"INSERT INTO {column.table} ({names}) VALUES ({marks})"
    connection.connection.driver_connection.executemany(statement, rows)


def _copy(connection: Any, column: Column, rows: Iterable[tuple[Any, ...]]) -> None:
    names = ", ".join(f'"{name}"' for name in column.names)
    cursor = connection.connection.driver_connection.cursor()
    with cursor.copy(f"COPY {column.table} ({names}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def _make_lawful(connection: Any) -> None:
    """Put the constraint back, which reads all rows, and let ids go on where the rows end."""
    connection.execute(text("SET statement_timeout = 0"))
    connection.execute(
        text(
            "ALTER TABLE allocation ADD CONSTRAINT ex_allocation_overlap "
            "EXCLUDE USING gist (space_id WITH =, tstzrange(start, \"end\", '[)') WITH &&)"
        )
    )
    for column, _ in TABLES:
        sequence = f"pg_get_serial_sequence('{column.table}', 'id')"
        connection.execute(text(f"SELECT setval({sequence}, (SELECT max(id) FROM {column.table}))"))


def settle() -> None:
    """Leave the database as it would be after a quiet night: PostgreSQL analyses by itself, SQLite never does."""
    connection = db.db.engine.raw_connection()
    try:
        driver = connection.driver_connection
        if db.db.engine.dialect.name == "postgresql":
            driver.autocommit = True
            driver.execute("VACUUM ANALYZE")
        else:
            driver.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        connection.close()


def count(app: Flask) -> int:
    """Count the bookings of a filled database."""
    with app.app_context():
        found = db.db.session.scalar(select(db.db.func.count()).select_from(Booking)) or 0
        db.db.session.remove()
        return found


def main() -> None:
    """Fill the database that is named."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url")
    parser.add_argument("--bookings", type=int, default=100_000)
    parser.add_argument("--spaces", type=int, default=50, choices=(50, 200, 250))
    options = parser.parse_args()
    start = time.monotonic()
    app = make_app(options.url, Path("instance"))
    fill(app, options.bookings, options.spaces, lambda line: print(f"\r{line}", end="", file=sys.stderr))
    print(f"\n{count(app):,} bookings in {time.monotonic() - start:.0f} s", file=sys.stderr)


if __name__ == "__main__":
    main()
