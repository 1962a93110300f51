"""A feed as a whole: which bytes it has today, and what they are called."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from sqlalchemy.exc import SQLAlchemyError
from structlog import get_logger

from innovation_station import packed
from innovation_station.calendars import attending, contents, event_entries, queries, rules, service, shelves
from innovation_station.calendars.ics import END, is_local, opening
from innovation_station.calendars.queries import Address, Contents
from innovation_station.calendars.rules import OWN, Coverage, Today
from innovation_station.calendars.scopes import Reader
from innovation_station.calendars.vtimezone import zone_text
from innovation_station.db import db, others_write, transaction
from innovation_station.errors import DomainError
from innovation_station.events import queries as events
from innovation_station.events.rules import Filter
from innovation_station.packed import Piece
from innovation_station.spaces.queries import house as read_house
from innovation_station.spaces.rules import House
from innovation_station.timespan import local_day

log = get_logger(__name__)
_END = packed.packed(END)


@dataclass(frozen=True, slots=True)
class Document:
    """A whole calendar in pieces, how many entries are in it, and since when it has been so (whole seconds since 1970).

    The last is None where it cannot be told.
    """

    pieces: Iterable[Piece]
    entries: int
    modified: int | None

    @property
    def plain(self) -> bytes:
        """Give it as it is."""
        return packed.opened(self.pieces)

    @property
    def gzipped(self) -> bytes:
        """Give it compressed, the same bytes each time."""
        return packed.gzipped(self.pieces)


def etag(address: Address, today: Today) -> str | None:
    """Name a feed's bytes without making them: all that they hang on, and nothing else.

    None where that takes more than was read with the address: entries of an organisation have to be compared first,
    whenever anybody has booked.
    """
    if address.scope == OWN:
        return _name(address, today, address.bookings_revision, today.date, today.window.first)
    found = address.coverage
    assert found is not None, "an address that was not let in"  # noqa: S101
    if found.kind == "events":
        return _events_name(address, today, events.versions(*_asked(address, today)))
    wanted = shelves.wanted_revisions(found, address.revisions)
    if found.kind == "space":
        return _place_name(address, today, wanted)
    revision, _, name = (address.stored or "").partition(".")
    return _place_name(address, today, {}, name) if revision == str(wanted[found.ids[0]]) else None


def _place_name(address: Address, today: Today, revisions: Mapping[int, int], name: str = "") -> str:
    of = ",".join(f"{space_id}.{revision}" for space_id, revision in sorted(revisions.items()))
    return _name(address, today, of, name, today.weeks.first, today.weeks.last)


def _name(address: Address, today: Today, *state: object) -> str:
    return rules.digest(
        rules.VERSION, address.feed_id, address.scope, address.subject_id, address.name, address.changed_at,
        address.language, address.level, address.remind, *state, address.house_revision,
        today.shared.base_url, zone_text(today.shared.zone).block,
    )  # fmt: skip


def document(address: Address, today: Today, found: Contents | None = None) -> tuple[str, Document]:
    """Give a feed's bytes and their ETag from what is stored, `found` where that has been read already.

    What is missing or out of date is made, and stored where the database can be written.
    """
    if address.coverage is not None and address.coverage.kind == "events":
        return _of_events(address, today)
    if address.coverage is not None:
        return _of_places(address, address.coverage, today)
    house = read_house(address.house_revision)
    book = contents.phrasebook(house, address.language, today.shared)
    found = found or queries.contents(address.member_id, address.edition)
    wanted = rules.contents_name(book.stamp, today.window)
    if found.made_of != wanted or found.revision < address.bookings_revision:
        found = _renewed(address, house, today)
    # Somebody may have booked since the address was read: name what was read, not what was about to be.
    address = replace(address, bookings_revision=found.revision, house_revision=house.revision)
    filled = [local for local, _count, piece in found.months.values() if piece.size]
    going = [] if found.goes is False else attending.fragments(address.member_id, address.edition, house, today)
    filled += [is_local(b"".join(going))] if going else []
    local = any(filled) if filled else None
    head = packed.packed(opening(address.name, rules.COLOUR, today.shared.zone, local=local))
    more = [packed.packed(b"".join(going))] if going else []
    pieces = (head, *(piece for _local, _count, piece in found.months.values()), *more, _END)
    entries = sum(count for _local, count, _piece in found.months.values()) + len(going)
    name = _name(address, today, address.bookings_revision, today.date, today.window.first)
    # nothing dates what one goes to: it is not stored, and what is no more leaves no trace
    return name, Document(pieces, entries, None if going else _since(found, address, today))


def _asked(address: Address, today: Today) -> tuple[tuple[str, ...], Filter, datetime, datetime]:
    """Give which events are in a feed: those that its member may see now, or everybody."""
    seen = ("public",) if address.is_public else events.seen_by(Reader(address.member_id, address.role), today.date)
    return seen, event_entries.filter_of(address.query), today.now, _past(today)


def _past(today: Today) -> datetime:
    """Give from when on events are in a feed; it moves at midnight, as all that a day's bytes hang on."""
    return local_day(today.date, today.shared.zone).start - event_entries.PAST


def _events_name(address: Address, today: Today, versions: str) -> str:
    return _name(address, today, versions)


def _of_events(address: Address, today: Today) -> tuple[str, Document]:
    house = read_house(address.house_revision)
    address = replace(address, house_revision=house.revision)
    rows = events.in_calendar(*_asked(address, today))
    sessions = events.sessions_of([row.id for row in rows])
    how = event_entries.Telling(house, address.language, today.shared)
    found = [entry for row in rows for entry in event_entries.entries(row, sessions.get(row.id, ()), how)]
    body = b"".join(event_entries.fragments(found, today.shared))
    title = address.name or event_entries.name_of(event_entries.filter_of(address.query), house, address.language)
    head = opening(title, rules.COLOUR, today.shared.zone, local=is_local(body) if body else None)
    made = Document([packed.packed(head + body + END)], len(found), _events_since(address, house, today))
    return _events_name(address, today, events.versions_of(rows)), made


def _events_since(address: Address, house: House, today: Today) -> int | None:
    """Tell since when a calendar of events has been so; None for a member's: nothing dates what they may see."""
    if not address.is_public:
        return None
    midnight = local_day(today.date, today.shared.zone).start  # then the window moved
    worded = (place.worded_at for place in house.places.values())
    return int(max(filter(None, (midnight, events.last_change(today.now), *worded))).timestamp())


def _of_places(address: Address, coverage: Coverage, today: Today) -> tuple[str, Document]:
    house = read_house(address.house_revision)
    joined = shelves.joined(coverage, address.edition, address.revisions, house, today)
    title = address.name or _title(house, address)
    said = rules.covered(joined.weeks, address.language, is_cut=joined.is_cut)
    head = packed.packed(opening(title, rules.COLOUR, today.shared.zone, local=joined.local, description=said))
    read = joined.revisions if coverage.kind == "space" else {}
    name = _place_name(address, today, read, joined.name if coverage.kind == "organisation" else "")
    monday = rules.midnight(rules.monday(today.now.astimezone(UTC).date()))  # then the weeks moved
    since = max(int(monday.timestamp()), int(address.changed_at.timestamp()), joined.written_at)
    return name, Document((head, *joined.pieces, _END), joined.entries, since)


def _title(house: House, address: Address) -> str:
    """Name the feed of a space that nobody has named."""
    how = rules.wording(house.places[address.subject_id or 0], house, address.language)
    return f"{how.label}, {house.name}"


def _since(found: Contents, address: Address, today: Today) -> int:
    midnight = today.window.cancelled + timedelta(days=rules.CANCELLED_DAYS)  # then the window moved
    return max(int(midnight.timestamp()), int(address.changed_at.timestamp()), found.written_at)


def _renewed(address: Address, house: House, today: Today) -> Contents:
    if others_write():  # no fetch waits for its turn
        return _made_up(address, house, today)
    try:
        with transaction():
            service.lock(address.member_id)
            contents.refresh(address.member_id, address.edition, house, today)
    except (DomainError, SQLAlchemyError) as error:
        # A feed is read also while the database cannot be written; the next fetch tries again.
        db.session.rollback()
        log.info("contents not stored", reason=type(error).__name__)
        return _made_up(address, house, today)
    return queries.contents(address.member_id, address.edition)


def _made_up(address: Address, house: House, today: Today) -> Contents:
    """Give what would have been stored."""
    new = contents.renewal(address.member_id, address.edition, house, today)
    months = queries.contents(address.member_id, address.edition).months
    months |= {name: (month.local, month.entries, month.piece) for name, month in new.fresh.items()}
    kept = {name: months[name] for name in sorted(months) if name not in new.gone}
    return Contents(new.revision, new.made_of, new.written_at, kept)
