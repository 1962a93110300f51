"""A feed as a whole: which bytes it has today, and what they are called."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import timedelta

from sqlalchemy.exc import SQLAlchemyError
from structlog import get_logger

from innovation_station.calendars import contents, packed, queries, rules, service
from innovation_station.calendars.ics import END, opening
from innovation_station.calendars.packed import Piece
from innovation_station.calendars.queries import Address, Contents
from innovation_station.calendars.rules import Today
from innovation_station.calendars.vtimezone import zone_text
from innovation_station.db import db, transaction
from innovation_station.errors import DomainError
from innovation_station.spaces.queries import house as read_house
from innovation_station.spaces.rules import House

log = get_logger(__name__)
_END = packed.packed(END)


@dataclass(frozen=True, slots=True)
class Document:
    """A whole calendar in pieces, and since when it has been so (whole seconds since 1970)."""

    pieces: Iterable[Piece]
    modified: int

    @property
    def plain(self) -> bytes:
        """Give it as it is."""
        return packed.opened(self.pieces)

    @property
    def gzipped(self) -> bytes:
        """Give it compressed, the same bytes each time."""
        return packed.gzipped(self.pieces)


def etag(address: Address, today: Today) -> str:
    """Name a feed's bytes without making them: all that they hang on, and nothing else."""
    return rules.digest(
        rules.VERSION, address.feed_id, address.name, address.changed_at, address.language,
        address.bookings_revision, address.house_revision, today.date, today.window.first,
        today.shared.base_url, zone_text(today.shared.zone).block,
    )  # fmt: skip


def document(address: Address, today: Today, found: Contents | None = None) -> tuple[str, Document]:
    """Give a feed's bytes and their ETag from what is stored, `found` where that has been read already.

    What is missing or out of date is made, and stored where the database can be written.
    """
    house = read_house(address.house_revision)
    book = contents.phrasebook(house, address.language, today.shared)
    found = found or queries.contents(address.member_id, address.language)
    wanted = rules.contents_name(book.stamp, today.window)
    if found.made_of != wanted or found.bookings_revision < address.bookings_revision:
        found = _renewed(address, house, today)
    # Somebody may have booked since the address was read: name what was read, not what was about to be.
    address = replace(address, bookings_revision=found.bookings_revision, house_revision=house.revision)
    filled = [local for local, piece in found.months.values() if piece.size]
    local = any(filled) if filled else None
    head = packed.packed(opening(address.name, rules.COLOUR, today.shared.zone, local=local))
    pieces = (head, *(piece for _, piece in found.months.values()), _END)
    return etag(address, today), Document(pieces, _since(found, address, today))


def _since(found: Contents, address: Address, today: Today) -> int:
    midnight = today.window.cancelled + timedelta(days=rules.CANCELLED_DAYS)  # then the window moved
    return max(int(midnight.timestamp()), int(address.changed_at.timestamp()), found.written_at)


def _renewed(address: Address, house: House, today: Today) -> Contents:
    try:
        with transaction():
            service.lock(address.member_id)
            contents.refresh(address.member_id, address.language, house, today)
    except (DomainError, SQLAlchemyError) as error:
        # A feed is read also while the database cannot be written; the next fetch tries again.
        db.session.rollback()
        log.info("contents not stored", reason=type(error).__name__)
        return _made_up(address, house, today)
    return queries.contents(address.member_id, address.language)


def _made_up(address: Address, house: House, today: Today) -> Contents:
    """Give what would have been stored."""
    new = contents.renewal(address.member_id, address.language, house, today)
    months = queries.contents(address.member_id, address.language).months
    months |= {name: (month.local, month.piece) for name, month in new.fresh.items()}
    kept = {name: months[name] for name in sorted(months) if name not in new.gone}
    return Contents(new.bookings_revision, new.made_of, new.written_at, kept)
