"""A feed as a whole: which bytes it has today, what they are called, and how those that repeat are kept."""

from __future__ import annotations

import gzip
from collections import OrderedDict
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cached_property
from threading import Lock

from sqlalchemy.exc import SQLAlchemyError
from structlog import get_logger

from innovation_station.calendars import queries, rules, service
from innovation_station.calendars.ics import calendar_bytes
from innovation_station.calendars.queries import Address, Joined
from innovation_station.calendars.rules import Setting
from innovation_station.calendars.vtimezone import zone_text
from innovation_station.db import db, transaction
from innovation_station.errors import DomainError
from innovation_station.spaces.queries import house as read_house

log = get_logger(__name__)
KEPT_BYTES = 8 * 1024 * 1024
GZIP_LEVEL = 1  # 23 kB against 15 kB at level 6 for 1,000 bookings, for less than half of the time


@dataclass(frozen=True)
class Document:
    """A whole calendar, and since when it has been so (whole seconds since 1970)."""

    plain: bytes
    modified: int

    @cached_property
    def gzipped(self) -> bytes:
        """Give it compressed, the same bytes each time; made when first asked for."""
        return gzip.compress(self.plain, GZIP_LEVEL, mtime=0)


@dataclass(frozen=True, slots=True)
class Today:
    """The local date, and what it makes of a feed."""

    now: datetime
    date: date
    window: rules.Window
    shared: Setting

    @classmethod
    def at(cls, now: datetime, shared: Setting, past_months: int) -> Today:
        """Give the day of an instant."""
        day = now.astimezone(shared.zone).date()
        return cls(now, day, rules.window(day, shared.zone, past_months), shared)


def etag(address: Address, today: Today) -> str:
    """Name a feed's bytes without making them: all that they hang on, and nothing else."""
    return rules.digest(
        rules.VERSION, address.feed_id, address.name, address.changed_at, address.language,
        address.bookings_revision, address.house_revision, today.date, today.window.first,
        today.shared.base_url, zone_text(today.shared.zone).block,
    )  # fmt: skip


class Shelf:
    """The documents that were asked for last, up to a number of bytes; safe between threads."""

    def __init__(self, limit: int) -> None:
        """Keep at most `limit` bytes of bodies."""
        self._limit = limit
        self._size = 0
        self._kept: OrderedDict[str, Document] = OrderedDict()
        self._lock = Lock()

    def get(self, name: str) -> Document | None:
        """Give a kept document."""
        with self._lock:
            found = self._kept.get(name)
            if found is not None:
                self._kept.move_to_end(name)
            return found

    def put(self, name: str, document: Document) -> None:
        """Keep a document, unless it takes half of the shelf; what was asked for longest ago makes room."""
        size = _weight(document)
        with self._lock:
            if name in self._kept or size > self._limit // 2:
                return
            self._kept[name] = document
            self._size += size
            while self._size > self._limit:
                _, gone = self._kept.popitem(last=False)
                self._size -= _weight(gone)

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._kept.clear()
            self._size = 0


def _weight(document: Document) -> int:
    return len(document.plain) + len(document.plain) // 8  # and its compressed form, where that is made


shelf = Shelf(KEPT_BYTES)


def document(address: Address, today: Today) -> tuple[str, Document]:
    """Give a feed's bytes and their ETag, from the shelf or from the stored entries.

    Entries that are missing or out of date are made, and stored where the database can be written.
    """
    name = etag(address, today)
    if (found := shelf.get(name)) is not None:
        return name, found
    book = service.phrasebook(read_house(address.house_revision), address.language, today.shared)
    read = queries.joined(address.member_id, address.language, book.stamp, today.window)
    if read.bookings_revision != address.bookings_revision:
        # Somebody booked between the two statements: name what was read, not what was about to be.
        address = replace(address, bookings_revision=read.bookings_revision)
        name = etag(address, today)
    body, since = _completed(address, today, book.stamp) if read.missing else _stored(read, address, today)
    made = Document(calendar_bytes(address.name, rules.COLOUR, today.shared.zone, [body]), since)
    shelf.put(name, made)
    return name, made


def _stored(read: Joined, address: Address, today: Today) -> tuple[bytes, int]:
    midnight = today.window.cancelled + timedelta(days=rules.CANCELLED_DAYS)  # then the window moved
    return read.body, max(int(midnight.timestamp()), int(address.changed_at.timestamp()), read.written_at)


def _completed(address: Address, today: Today, stamp: str) -> tuple[bytes, int]:
    rows = queries.fragments(address.member_id, address.language, stamp, today.window)
    fresh = _made_anew([booking_id for booking_id, body in rows if body is None], address, today)
    parts = [fresh.get(booking_id, b"") if body is None else body for booking_id, body in rows]
    return b"".join(parts), int(today.now.timestamp())


def _made_anew(stale: Collection[int], address: Address, today: Today) -> dict[int, bytes]:
    house = read_house(address.house_revision)
    made = service.bodies(queries.booked(stale), house, address.language, today.shared)
    try:
        with transaction():
            service.store(made, address.language, today.now)
    except (DomainError, SQLAlchemyError) as error:
        # A feed is read also while the database cannot be written; the next fetch tries again.
        db.session.rollback()
        log.info("entries not stored", reason=type(error).__name__)
    return {booking_id: body for booking_id, _, _, body in made}
