"""What happens to feeds: made, named, renewed, revoked, fetched; and entries kept in step with bookings.

Every function runs inside `db.transaction()`, flushes and never commits.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import datetime
from importlib import import_module

from sqlalchemy import delete, select, update
from structlog import get_logger

from innovation_station import clock
from innovation_station.bookings.models import Booking
from innovation_station.bookings.service import changed
from innovation_station.calendars import queries, rules
from innovation_station.calendars.ics import event_bytes
from innovation_station.calendars.installation import setting
from innovation_station.calendars.models import BookingEntry, Feed
from innovation_station.calendars.rules import Booked, Phrasebook, Setting, Window
from innovation_station.db import db
from innovation_station.errors import NotFound, Refusal, Refused
from innovation_station.members.models import Member
from innovation_station.spaces.queries import house as read_house
from innovation_station.spaces.rules import House, Language

log = get_logger(__name__)


def create_feed(
    member: Member,
    *,
    name: str,
    language: Language,
    secret_key: str,
    now: datetime,
    window: Window,
    shared: Setting,
) -> Feed:
    """Make a feed of the member's bookings, and its entries with it, so that the first fetch only reads.

    Raises Refused for a name that is none and for one feed too many.
    """
    _lock(member.id)
    found = rules.name_refusals(name)
    if queries.count(member.id) >= rules.FEEDS_MOST:
        found.append(Refusal("feed-limit", "name", {"most": rules.FEEDS_MOST}))
    if found:
        raise Refused(found)
    nonce, digest = _fresh(secret_key, member.id)
    feed = Feed(
        member_id=member.id, name=name.strip(), language=language, scope="my-bookings", nonce=nonce,
        token_hash=digest, created_at=now, changed_at=now, last_client="",
    )  # fmt: skip
    db.session.add(feed)
    db.session.flush()
    house = read_house()
    store(bodies(queries.booked_in(member.id, window), house, language, shared), language, now)
    return feed


def rename_feed(member: Member, feed_id: int, *, name: str, now: datetime) -> Feed:
    """Give a feed another name. Raises NotFound for what is not the member's, Refused for no name."""
    feed = _mine(member, feed_id)
    if found := rules.name_refusals(name):
        raise Refused(found)
    feed.name, feed.changed_at = name.strip(), now
    db.session.flush()
    return feed


def renew_feed(member: Member, feed_id: int, *, secret_key: str) -> Feed:
    """Give a feed a new address; the old one is dead with the commit. Raises NotFound."""
    feed = _mine(member, feed_id)
    feed.nonce, feed.token_hash = _fresh(secret_key, member.id)
    feed.last_fetched_at, feed.last_client = None, ""
    db.session.flush()
    return feed


def revoke_feed(member: Member, feed_id: int, *, now: datetime) -> None:
    """End a feed, and forget the entries that no other feed of the member uses. Raises NotFound."""
    feed = _mine(member, feed_id)
    feed.revoked_at = now
    db.session.flush()
    if feed.language not in queries.languages(member.id):
        theirs = select(Booking.id).where(Booking.member_id == member.id)
        db.session.execute(
            delete(BookingEntry)
            .where(BookingEntry.language == feed.language, BookingEntry.booking_id.in_(theirs))
            .execution_options(synchronize_session=False)
        )


def note_fetch(feed_id: int, *, program: str, now: datetime) -> None:
    """Write down that a program has come; the caller sees to it that this happens once in ten minutes."""
    db.session.execute(
        update(Feed)
        .where(Feed.id == feed_id)
        .values(last_fetched_at=now, last_client=program)
        .execution_options(synchronize_session=False)
    )


@changed.connect
def keep_in_step(booking: Booking) -> None:
    """Write the entries of a changed booking, within its transaction, in the languages its member subscribes
    in.

    Most members have no feed: they pay one small statement and no row. Where no address of the house is known
    (see `installation.setting`) the fetch makes the entry.
    """
    languages = queries.languages(booking.member_id)
    shared = setting()
    if languages and shared.base_url:
        house = read_house()
        for language in languages:
            store(bodies([booking], house, language, shared), language, clock.now())


Made = tuple[int, int, str, bytes]


def bodies(bookings: Iterable[Booked], house: House, language: Language, shared: Setting) -> list[Made]:
    """Make the entries of bookings as (booking id, revision, stamp, bytes).

    An entry that cannot be made is left out and logged: it must not take the others with it.
    """
    made: list[Made] = []
    book = phrasebook(house, language, shared)
    for booking in bookings:
        try:
            entry = rules.entry(booking, book.words[booking.space_id], shared.base_url)
            body = event_bytes(entry, shared.zone)
        except ValueError as error:
            log.error("entry left out of feeds", booking=booking.id, reason=str(error))
            continue
        made.append((booking.id, booking.revision, book.stamp, body))
    return made


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


def store(made: Iterable[Made], language: Language, now: datetime) -> None:
    """Keep entries, over older ones of the same booking; two that write at once both succeed."""
    rows = [
        {
            "booking_id": booking_id, "language": language, "revision": revision, "stamp": stamp,
            "body": body, "written_at": int(now.timestamp()),
        }
        for booking_id, revision, stamp, body in sorted(made)
    ]  # fmt: skip
    if not rows:
        return
    # by name: either one brings every driver's dialect along, 4 MiB and a tenth of a start that the other never uses
    dialect = import_module(f"sqlalchemy.dialects.{db.engine.dialect.name}")
    statement = dialect.insert(BookingEntry)
    db.session.execute(
        statement.on_conflict_do_update(
            index_elements=["booking_id", "language"],
            set_={name: statement.excluded[name] for name in ("revision", "stamp", "written_at", "body")},
            where=BookingEntry.revision <= statement.excluded.revision,
        ),
        rows,
    )


def _fresh(secret_key: str, member_id: int) -> tuple[str, bytes]:
    nonce = secrets.token_hex(16)
    return nonce, rules.token_hash(rules.feed_token(secret_key, member_id, nonce))


def _lock(member_id: int) -> None:
    """Take turns with the same member's other writes, so that the count of feeds holds."""
    db.session.execute(
        update(Member)
        .where(Member.id == member_id)
        .values(active=Member.active)
        .execution_options(synchronize_session=False)
    )


def _mine(member: Member, feed_id: int) -> Feed:
    _lock(member.id)
    feed = queries.living(member.id, feed_id)
    if feed is None:
        raise NotFound
    return feed
