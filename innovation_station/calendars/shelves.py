"""The entries of places and organisations as they are stored: by the week, compressed, made when somebody asks.

A booking writes none of them. The fetch compares the revision that each place is stored at with its own, makes of those
that differ the weeks that are others now, joins all, and stores what it has made where the database can be written.
"""

from __future__ import annotations

import zlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import Table, bindparam, delete, insert, update
from sqlalchemy.exc import SQLAlchemyError
from structlog import get_logger

from innovation_station.calendars import rules, shelf_queries
from innovation_station.calendars.contents import Part, body, phrasebook
from innovation_station.calendars.ics import Entry
from innovation_station.calendars.models import FeedContents, FeedPart
from innovation_station.calendars.rules import Coverage, Edition, Phrasebook, Today, Weeks
from innovation_station.calendars.shelf_queries import Known, Shelf, Stored
from innovation_station.db import connection, db, in_turn, others_write, transaction
from innovation_station.errors import DomainError
from innovation_station.packed import Piece
from innovation_station.spaces.rules import House

log = get_logger(__name__)
TURN = b"feed-shelves"
"""Who writes them, or forgets what is in them, does so in turn."""

_contents, _part = (cast(Table, model.__table__) for model in (FeedContents, FeedPart))
_OLD = delete(_part).where(_part.c.contents_id == bindparam("shelf"), _part.c.part == bindparam("old"))
_STATE = (
    update(_contents)
    .where(_contents.c.id == bindparam("shelf"))
    .values({name: bindparam(f"new_{name}") for name in ("revision", "made_of", "name", "first", "last", "written_at")})
)


@dataclass(frozen=True, slots=True)
class Joined:
    """What a feed is joined of: its pieces by week, whether one needs the VTIMEZONE, how many entries there are.

    `revisions` are those of what was read, by holder, `name` is another where anything is. `is_cut` tells whether weeks
    were left out because there are too many bookings. `written_at`, in seconds since 1970, is when any of it was made.
    """

    weeks: Weeks
    pieces: list[Piece]
    local: bool | None
    entries: int
    revisions: Mapping[int, int]
    name: str
    is_cut: bool
    written_at: int


@dataclass(frozen=True, slots=True)
class _Renewed:
    """What is to be written of one holder: parts made anew, parts that are none any more, and its state."""

    fresh: Mapping[str, Part]
    gone: Collection[str]
    state: Mapping[str, Any]


def joined(coverage: Coverage, edition: Edition, revisions: Mapping[int, int], house: House, today: Today) -> Joined:
    """Join a feed of what is stored, and of closures, events and what is busy elsewhere, which are few and not stored;
    three statements where all is in step, and no more for more places.

    `revisions` are those of the spaces; they must have been read before.
    """
    covered = shelf_queries.weeks_of(coverage, house, today)
    book = phrasebook(house, edition.language, today.shared)
    wanted, of = wanted_revisions(coverage, revisions), _made_of(book, house)
    shelves = shelf_queries.shelves(coverage, edition, covered)
    stale = [holder for holder in coverage.ids if not _in_step(shelves.get(holder), wanted[holder], of, covered)]
    if stale:
        known = shelf_queries.known(coverage.kind, stale, edition)
        renewal = _Renewal((coverage, edition), book, of, today, covered, known)
        taking = shelf_queries.taking(coverage.kind, stale, house, renewal.weeks)
        new = {
            holder: renewal.of(holder, shelves.get(holder), taking.get(holder, {}), wanted[holder]) for holder in stale
        }
        shelves |= {holder: shelf for holder, (shelf, _written) in new.items()}
        _store(coverage, edition, known, {holder: written for holder, (_shelf, written) in new.items()})
    parts = sorted((week, holder) for holder, shelf in shelves.items() for week in shelf.parts)
    found: list[Stored | Part] = [shelves[holder].parts[week] for week, holder in parts]
    found.append(_beside(coverage, edition, (house, book, today, covered)))
    filled = [one.local for one in found if one.piece.size]
    return Joined(
        covered, [one.piece for one in found], any(filled) if filled else None,
        sum(one.entries for one in found),
        {holder: shelf.revision for holder, shelf in shelves.items()},
        shelves[coverage.ids[0]].name if coverage.kind == "organisation" else "",
        covered != today.weeks,
        max((shelf.written_at for shelf in shelves.values()), default=0),
    )  # fmt: skip


def _beside(coverage: Coverage, edition: Edition, around: tuple[House, Phrasebook, Today, Weeks]) -> Part:
    """Make the entries of what takes a feed's places and is no booking: one each, also where all of the house is shut;
    and of what is announced, but where no more is told than that the time is taken."""
    house, book, today, covered = around
    all_of_it = rules.Wording(house.name, house.name, "", edition.language)

    def entry(row: Any) -> Entry:
        return rules.entry_beside(row, book.words.get(row.space_id, all_of_it), edition.level)

    rows = shelf_queries.beside(coverage, covered)
    told = [row for row in rows if edition.level != "busy" or row.sort not in rules.ANNOUNCED]
    return Part.of("", [body(row, today.shared, entry) for row in told])


def wanted_revisions(coverage: Coverage, revisions: Mapping[int, int]) -> dict[int, int]:
    """Give the revision that each holder's entries hang on: of an organisation that of all spaces together."""
    if coverage.kind == "organisation":
        return dict.fromkeys(coverage.ids, sum(revisions.values()))
    return {space_id: revisions.get(space_id, 0) for space_id in coverage.ids}


def _made_of(book: Phrasebook, house: House) -> str:
    """Name the words, and the house: with it changes which places a feed is joined of."""
    return f"{book.stamp}.{house.revision}"


def _in_step(shelf: Shelf | None, revision: int, made_of: str, covered: Weeks) -> bool:
    return (
        shelf is not None
        and shelf.revision >= revision
        and shelf.made_of == made_of
        and shelf.first <= str(covered.first)
        and shelf.last >= str(covered.last)
    )


class _Renewal:
    """Makes what differs of some holders, within the weeks of a feed and within those that are stored already."""

    def __init__(
        self, wanted: tuple[Coverage, Edition], book: Phrasebook, made_of: str, today: Today, covered: Weeks,
        known: Mapping[int, Known],
    ):  # fmt: skip
        self.edition, self.book, self.made_of, self.today, self.known = wanted[1], book, made_of, today, known
        self.is_of_all = wanted[0].kind == "organisation"  # its revision is that of all spaces, booked by anybody
        self.covered, widest = covered, today.weeks
        for one in known.values():
            covered = covered.joined(one.first, one.last)
        self.weeks = Weeks(max(covered.first, widest.first), min(covered.last, widest.last))

    def of(
        self, holder: int, shelf: Shelf | None, taking: Mapping[str, list[Any]], revision: int
    ) -> tuple[Shelf, _Renewed]:  # fmt: skip
        """Compare what is stored of a holder with what takes its time; give it as it is then, and what to write."""
        known, in_hand = self.known.get(holder), shelf.parts if shelf else {}
        made_of = {week: " ".join([self.book.stamp, *map(self._token, rows)]) for week, rows in taking.items()}
        fresh: dict[str, Part] = {}
        parts: dict[str, Stored] = {}
        for week, of in made_of.items():
            held, asked_for = in_hand.get(week), self.covered.hold(week)
            if asked_for and held is not None and held.made_of == of:
                parts[week] = held
            elif asked_for or known is None or known.parts.get(week) != of:
                made = fresh[week] = Part.of(of, [self._entry(row) for row in taking[week]])
                if asked_for:
                    parts[week] = Stored(of, made.local, made.entries, made.piece)
        gone = [week for week in (known.parts if known else ()) if week not in made_of]
        same = shelf is not None and shelf.made_of == self.made_of and not (fresh or gone)
        same = same and (self.is_of_all or shelf is None or shelf.revision == revision)  # a closure is in no part
        state: dict[str, Any] = {
            "revision": revision, "made_of": self.made_of,
            "name": rules.digest(*(text for week in sorted(made_of) for text in (week, made_of[week]))),
            "first": str(self.weeks.first), "last": str(self.weeks.last),
            "written_at": shelf.written_at if shelf is not None and same else int(self.today.now.timestamp()),
        }  # fmt: skip
        return Shelf(shelf.id if shelf else 0, **state, parts=parts), _Renewed(fresh, gone, state)

    def _token(self, row: Any) -> str:
        """Name a booking as it is told: who has it may be renamed without the booking's knowing."""
        token = f"{row.id}.{row.revision}"
        return f"{token}.{zlib.crc32(row.member.encode()):x}" if self.edition.level == "full" else token

    def _entry(self, row: Any) -> bytes:
        words, shared, level = self.book.words, self.today.shared, self.edition.level
        base_url = "" if self.is_of_all else shared.base_url  # an organisation's contact may not open its bookings
        return body(row, shared, lambda one: rules.entry_of_place(one, words[one.space_id], base_url, level))


def _store(coverage: Coverage, edition: Edition, known: Mapping[int, Known], new: Mapping[int, _Renewed]) -> None:
    """Write what was made, unless somebody else has written it meanwhile, or writes now: no fetch waits for its turn.

    What has changed since it was read is not written either: it may say the name of somebody who has been forgotten
    since, and nobody might ever poll it again. The next fetch finds out what is missing.
    """
    if others_write():
        return
    try:
        with transaction():
            in_turn(TURN)
            if shelf_queries.known(coverage.kind, new, edition) != known:
                return
            wanted = wanted_revisions(coverage, shelf_queries.revisions())
            still = {holder: one for holder, one in new.items() if one.state["revision"] == wanted[holder]}
            if still:
                _write(coverage.kind, edition, {holder: known[holder] for holder in still if holder in known}, still)
    except (DomainError, SQLAlchemyError) as error:
        db.session.rollback()
        log.info("contents not stored", reason=type(error).__name__)


def _write(kind: str, edition: Edition, known: Mapping[int, Known], new: Mapping[int, _Renewed]) -> None:
    ids = {holder: one.id for holder, one in known.items()}
    if added := [holder for holder in new if holder not in ids]:
        holder_key = f"{kind}_id"
        same = {"language": edition.language, "level": edition.level, "remind": 0}
        rows = [{holder_key: holder, **same, **new[holder].state} for holder in added]
        made = connection().execute(insert(_contents).returning(_contents.c.id, _contents.c[holder_key]), rows)
        ids |= {holder: contents_id for contents_id, holder in made}
    kept = [holder for holder in new if holder not in added]
    replaced = [(holder, week) for holder in kept for week in (*new[holder].fresh, *new[holder].gone)]
    if replaced:
        connection().execute(_OLD, [{"shelf": ids[holder], "old": week} for holder, week in replaced])
    if fresh := [part.row(ids[holder], week) for holder, one in new.items() for week, part in one.fresh.items()]:
        connection().execute(insert(_part), fresh)
    if kept:
        states = [{f"new_{name}": value for name, value in new[holder].state.items()} for holder in kept]
        connection().execute(
            _STATE, [state | {"shelf": ids[holder]} for holder, state in zip(kept, states, strict=True)]
        )
