"""What feeds know of people: their names and addresses, and the shelf of entries made of bookings."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, func, select, update

from innovation_station.bookings.models import Booking
from innovation_station.calendars import contents, queries, shelves
from innovation_station.calendars.ics import calendar_bytes
from innovation_station.calendars.installation import setting
from innovation_station.calendars.models import Feed, FeedContents
from innovation_station.db import db, in_turn
from innovation_station.i18n import language
from innovation_station.personal import DataClass, Farewell, Personal, Record, Subject
from innovation_station.spaces.queries import house as read_house

KEPT_FOR = timedelta(days=90)  # after the end of a feed: long enough to tell why a calendar went silent

personal = Personal()


def _records(member_id: int) -> Sequence[Record]:
    rows = db.session.scalars(select(Feed).where(Feed.member_id == member_id).order_by(Feed.id))
    return [
        Record(
            feed.name,
            {
                "name": feed.name, "of": feed.scope, "subject": feed.subject_id, "filters": feed.query,
                "says": feed.level, "reminds": feed.remind, "language": feed.language,
                "made": feed.created_at.isoformat(),
                "last_fetched": feed.last_fetched_at and feed.last_fetched_at.isoformat(),
                "program": feed.last_client, "entries": feed.last_items, "seconds_between": feed.usual_interval,
                "ended": feed.revoked_at and feed.revoked_at.isoformat(),
            },
            feed.revoked_at and feed.revoked_at + KEPT_FOR,
        )
        for feed in rows
    ]  # fmt: skip


def _files(member_id: int) -> Mapping[str, bytes]:
    """Give all bookings of a member as a calendar, in the language in force."""
    house, shared = read_house(), setting()
    book = contents.phrasebook(house, language(), shared)
    ids = db.session.scalars(
        select(Booking.id).where(Booking.member_id == member_id).order_by(Booking.start, Booking.id)
    )
    bodies = contents.bodies(queries.booked(list(ids)), book, shared)
    return {"bookings.ics": calendar_bytes(house.name, "", shared.zone, bodies.values())} if bodies else {}


def _execute(statement: Any) -> int:
    return int(db.session.execute(statement.execution_options(synchronize_session=False)).rowcount)  # type: ignore[attr-defined]


def _erase(subject: Subject, _now: datetime) -> int:
    # What is stored of places holds names and titles, compressed so that none could be found: it is made anew.
    in_turn(shelves.TURN)
    _execute(delete(FeedContents).where((FeedContents.member_id == subject.id) | FeedContents.member_id.is_(None)))
    return _execute(delete(Feed).where(Feed.member_id == subject.id))


def _over(now: datetime, held: Collection[int]) -> Any:
    return (Feed.revoked_at < now - KEPT_FOR) & Feed.member_id.not_in(held)


def _unread(now: datetime) -> Any:
    """Find what is stored of places and has not changed for as long: where somebody polls it is made anew."""
    return FeedContents.member_id.is_(None) & (FeedContents.written_at < int((now - KEPT_FOR).timestamp()))


def _expired(now: datetime, held: Collection[int]) -> int:
    feeds = db.session.scalar(select(func.count()).select_from(Feed).where(_over(now, held))) or 0
    return feeds + (db.session.scalar(select(func.count()).select_from(FeedContents).where(_unread(now))) or 0)


def _purge(now: datetime, held: Collection[int]) -> int:
    return _execute(delete(Feed).where(_over(now, held))) + _execute(delete(FeedContents).where(_unread(now)))


personal.add(
    DataClass(
        name="feeds",
        tables=("feed", "feed_contents", "feed_part"),
        title=_l("Your calendar feeds"),
        holds=_l(
            "The name of each feed and what it is of, when it was last fetched, by which program, how much it got and"
            " how often it comes, and a copy of your bookings."
        ),
        purpose=_l("So that your bookings stand in your own calendar."),
        basis="contract",
        retention=_l("Until you end the feed, and 90 days after."),
        ends="erase",
        records=_records,
        erase=_erase,
        files=_files,
        expired=_expired,
        purge=_purge,
    )
)


def _living(member_id: int) -> Any:
    return (Feed.member_id == member_id) & Feed.revoked_at.is_(None)


def _tell(member_id: int, _now: datetime, _until: datetime | None) -> Sequence[str]:
    return list(db.session.scalars(select(Feed.name).where(_living(member_id)).order_by(Feed.id)))


def _release(_actor: object, member_id: int, now: datetime, _until: datetime | None) -> int:
    _execute(delete(FeedContents).where(FeedContents.member_id == member_id))
    return _execute(update(Feed).where(_living(member_id)).values(revoked_at=now))


personal.lets_go(Farewell("feeds", _l("Calendar feeds"), tells=_tell, release=_release))
