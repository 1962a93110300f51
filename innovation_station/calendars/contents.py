"""The entries of a member in one edition as they are stored: by the month, compressed, in step with the bookings.

One look at an index tells which bookings a feed holds and at which revision. Months whose bookings are still those
they were made of are left alone; of the others, entries that have not changed are taken over as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC
from itertools import groupby
from typing import Any, TypeVar

from sqlalchemy import delete, insert, update
from structlog import get_logger

from innovation_station.calendars import queries, rules
from innovation_station.calendars.ics import Entry, event_bytes, is_local
from innovation_station.calendars.models import FeedContents, FeedPart
from innovation_station.calendars.rules import Beside, Booked, Edition, Phrasebook, Setting, Today
from innovation_station.db import db
from innovation_station.packed import Piece, opened, packed
from innovation_station.spaces.rules import House, Language

log = get_logger(__name__)
MONTH = len("2026-11")
B = TypeVar("B", bound=Booked | Beside)


@dataclass(frozen=True, slots=True)
class Part:
    """The entries that begin in one month or week, and what they were made of (see models.FeedPart)."""

    made_of: str
    lengths: str
    entries: int
    local: bool
    piece: Piece

    @classmethod
    def of(cls, made_of: str, entries: Sequence[bytes]) -> Part:
        """Put entries together; empty ones could not be made."""
        data = b"".join(entries)
        lengths = " ".join(str(len(entry)) for entry in entries)
        return cls(made_of, lengths, sum(map(bool, entries)), is_local(data), packed(data))

    def row(self, contents_id: int, part: str) -> dict[str, object]:
        """Give it as a row."""
        piece = self.piece
        return {
            "contents_id": contents_id, "part": part, "made_of": self.made_of, "lengths": self.lengths,
            "entries": self.entries, "local": self.local, "size": piece.size, "crc": piece.crc, "body": piece.body,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Renewal:
    """What is to be written so that a member's contents are those of today: months made anew, months without bookings.

    `contents_id` is that of the contents there were, None where there were none.
    """

    revision: int
    made_of: str
    written_at: int
    contents_id: int | None
    fresh: Mapping[str, Part]
    gone: Iterable[str]


def renewal(member_id: int, edition: Edition, house: House, today: Today, booking: Booked | None = None) -> Renewal:
    """Compare what is stored with the bookings, and make what differs; two statements where nothing does.

    With `booking`, the one that the member's last change was about, only the months that it touches are looked at,
    provided that the contents were in step before.
    """
    book = phrasebook(house, edition.language, today.shared)
    name = rules.contents_name(book.stamp, today.window)
    stored = queries.made_of(member_id, edition)
    reach = _reach(booking, stored) if booking else None
    present = queries.present(member_id, edition, today.window, reach)
    if reach and (present.made_of != name or (present.known_revision or 0) < present.bookings_revision - 1):
        reach, present = None, queries.present(member_id, edition, today.window)
    wanted = {
        month: " ".join([book.stamp, *(token[MONTH + 1 :] for token in tokens)])
        for month, tokens in groupby(present.tokens, lambda token: token[:MONTH])
    }
    if reach:
        stored = {month: made_of for month, made_of in stored.items() if reach[0] <= month <= reach[1]}
    stale = {month: made_of for month, made_of in wanted.items() if stored.get(month) != made_of}
    gone = stored.keys() - wanted.keys()
    fresh = _made(member_id, edition, stale, book, today.shared)
    written_at = int(today.now.timestamp()) if fresh or gone else present.written_at
    return Renewal(present.bookings_revision, name, written_at, present.contents_id, fresh, gone)


def _reach(booking: Booked, stored: Mapping[str, str]) -> tuple[str, str]:
    """Give the first and the last month in which a booking is or was."""
    mark = f" {booking.id}."
    months = [month for month, made_of in stored.items() if mark in made_of]
    months.append(booking.start.astimezone(UTC).strftime("%Y-%m"))
    return min(months), max(months)


def refresh(member_id: int, edition: Edition, house: House, today: Today, booking: Booked | None = None) -> None:
    """Bring a member's contents up to date; the member is locked by the caller, in its transaction (see `renewal`)."""
    new = renewal(member_id, edition, house, today, booking)
    state = {"revision": new.revision, "made_of": new.made_of, "written_at": new.written_at}
    contents_id = new.contents_id
    if contents_id is None:
        row = {"member_id": member_id, **asdict(edition), **state}
        contents_id = db.session.execute(insert(FeedContents).returning(FeedContents.id), row).scalar_one()
    else:
        _execute(update(FeedContents).where(FeedContents.id == contents_id).values(state))
        if replaced := [*new.fresh, *new.gone]:
            _execute(delete(FeedPart).where(FeedPart.contents_id == contents_id, FeedPart.part.in_(replaced)))
    if new.fresh:
        db.session.execute(insert(FeedPart), [part.row(contents_id, name) for name, part in new.fresh.items()])


def forget(member_id: int, edition: Edition) -> None:
    """Throw away what is stored of a member in one edition."""
    _execute(delete(FeedContents).filter_by(member_id=member_id, **asdict(edition)))


def _execute(statement: Any) -> None:
    db.session.execute(statement.execution_options(synchronize_session=False))


def _made(
    member_id: int, edition: Edition, stale: Mapping[str, str], book: Phrasebook, shared: Setting
) -> dict[str, Part]:
    if not stale:
        return {}
    entries = _kept(member_id, edition, stale, book.stamp)
    tokens = {month: made_of.split()[1:] for month, made_of in stale.items()}
    missing = [_id(token) for month in tokens.values() for token in month if token not in entries]
    made = bodies(queries.booked(missing), book, shared, edition)
    return {
        month: Part.of(made_of, [entries.get(token) or made.get(_id(token), b"") for token in tokens[month]])
        for month, made_of in stale.items()
    }


def _kept(member_id: int, edition: Edition, months: Iterable[str], stamp: str) -> dict[str, bytes]:
    """Give the entries of some months that were made under the same stamp, by "id.revision"."""
    found: dict[str, bytes] = {}
    for row in queries.months(member_id, edition, months):
        made_for, *tokens = row.made_of.split()
        if made_for == stamp:
            found.update(zip(tokens, _cut(opened([Piece(row.size, row.crc, row.body)]), row.lengths), strict=True))
    return found


def _cut(data: bytes, lengths: str) -> Iterator[bytes]:
    first = 0
    for length in map(int, lengths.split()):
        yield data[first : first + length]
        first += length


def _id(token: str) -> int:
    return int(token.partition(".")[0])


def bodies(
    bookings: Iterable[Booked], book: Phrasebook, shared: Setting, edition: Edition | None = None
) -> dict[int, bytes]:  # fmt: skip
    """Make the entries of bookings that can be made, by their ids."""
    made = {
        booking.id: body(
            booking, shared, lambda one: rules.entry(one, book.words[one.space_id], shared.base_url, edition)
        )
        for booking in bookings
    }
    return {booking_id: data for booking_id, data in made.items() if data}


def body(row: B, shared: Setting, entry: Callable[[B], Entry]) -> bytes:
    """Make one entry; one that cannot be made is left out and logged: it must not take the others with it."""
    try:
        return event_bytes(entry(row), shared.zone)
    except (KeyError, ValueError) as error:  # a place may be newer than the house that was read
        which = getattr(row, "id", None) or getattr(row, "key", "")
        log.error("entry left out of feeds", entry=which, reason=repr(error))
        return b""


_phrasebooks: dict[tuple[str, Language, Setting], tuple[House, Phrasebook]] = {}


def phrasebook(house: House, language: Language, shared: Setting) -> Phrasebook:
    """Give the words of every place; kept until the house changes."""
    key = (str(db.engine.url), language, shared)
    kept = _phrasebooks.get(key)
    if kept is None or kept[0] is not house:
        if len(_phrasebooks) > 32:
            _phrasebooks.clear()
        kept = _phrasebooks[key] = (house, rules.phrasebook(house, language, shared))
    return kept[1]
