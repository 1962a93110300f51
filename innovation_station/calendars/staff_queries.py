"""Reads about the subscriptions of the house: all of them, and when what they hold has changed last."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, or_, select

from innovation_station.bookings.models import Booking, BookingHistory
from innovation_station.calendars.models import Feed
from innovation_station.calendars.rules import EVENTS, OWN
from innovation_station.db import db
from innovation_station.events import queries as events
from innovation_station.members.models import Member, Organisation

LOOKED_THROUGH = 1000  # changes of bookings, the newest
NOT_FOR = timedelta(days=7)
_FACTS = (BookingHistory.before, BookingHistory.after)
SHOWN = ("never", "late", "Google Calendar", "Outlook", "Apple Calendar", "Thunderbird")


@dataclass(frozen=True, slots=True)
class Newest:
    """When bookings changed last, of members, of spaces and of organisations, and when events did."""

    members: Mapping[int, datetime] = field(default_factory=dict)
    spaces: dict[int, datetime] = field(default_factory=dict)
    organisations: dict[int, datetime] = field(default_factory=dict)
    events: datetime | None = None

    def of(self, feed: Feed, places: Collection[int]) -> datetime | None:
        """Give when what a feed holds changed last; `places` are those it is joined of."""
        if feed.scope == OWN:
            return self.members.get(feed.member_id)
        if feed.scope == EVENTS:
            return self.events
        if feed.scope == "organisation":
            return self.organisations.get(feed.subject_id or 0)
        return max((self.spaces[place] for place in places if place in self.spaces), default=None)


def newest(feeds: Iterable[Feed], now: datetime) -> Newest:
    """Tell when the bookings and events that some feeds hold changed last; three statements at most.

    Of places and organisations the last changes of the house are looked through: what is older was fetched long ago,
    or the feed is not fetched at all.
    """
    known = list(feeds)
    members = {feed.member_id for feed in known if feed.scope == OWN}
    told_of = events.last_change(now) if any(feed.scope == EVENTS for feed in known) else None
    found = Newest(_of_members(members) if members else {}, events=told_of)
    if any(feed.scope not in (OWN, EVENTS) for feed in known):
        told = select(BookingHistory.booking_id, BookingHistory.at, BookingHistory.action, *_FACTS)
        last = told.where(BookingHistory.action != "checked-in").order_by(BookingHistory.id.desc())
        changes = last.limit(LOOKED_THROUGH).subquery()
        rows = db.session.execute(
            select(changes.c.at, changes.c.action, changes.c.before, changes.c.after, Booking.space_id,
                   Booking.organisation_id)
            .join(Booking, Booking.id == changes.c.booking_id)
        )  # fmt: skip
        for at, action, before, after, space_id, organisation_id in rows:
            if action == "edited" and not {"title", "public"} & after.keys():
                continue  # how many come no feed tells
            for place in {space_id, after.get("space", space_id), (before or {}).get("space", space_id)}:
                found.spaces[place] = max(at, found.spaces.get(place, at))
            if organisation_id is not None:
                found.organisations[organisation_id] = max(at, found.organisations.get(organisation_id, at))
    return found


def _of_members(ids: Collection[int]) -> dict[int, datetime]:
    rows = db.session.execute(
        select(Booking.member_id, func.max(Booking.changed_at))
        .where(Booking.member_id.in_(ids))
        .group_by(Booking.member_id)
    )
    return {member_id: at for member_id, at in rows}  # noqa: C416  rows are no pairs to mypy


def organisation_names(language: str, ids: Collection[int] | None = None) -> dict[int, str]:
    """Name organisations, all or some, in their order; no statement for none."""
    if ids is not None and not ids:
        return {}
    name = Organisation.name_sv if language == "sv" else Organisation.name_en
    statement = select(Organisation.id, name).order_by(name, Organisation.id)
    rows = db.session.execute(statement if ids is None else statement.where(Organisation.id.in_(ids)))
    return {organisation_id: known for organisation_id, known in rows}  # noqa: C416  rows are no pairs to mypy


def _which(shown: str, words: str, now: datetime) -> list[ColumnElement[bool]]:
    which: list[ColumnElement[bool]] = [Feed.revoked_at.is_(None)]
    if shown == "never":
        which.append(Feed.last_fetched_at.is_(None))
    elif shown == "late":
        which.append(Feed.last_fetched_at < now - NOT_FOR)
    elif shown:
        which.append(Feed.last_client == shown)
    if words:
        named = (Member.name.icontains(words, autoescape=True), Feed.name.icontains(words, autoescape=True))
        which.append(or_(*named))
    return which


def subscriptions(
    *, shown: str, words: str, now: datetime, limit: int, offset: int
) -> tuple[int, Sequence[tuple[Feed, Member]]]:  # fmt: skip
    """List living feeds with whose they are, those that were not fetched for the longest first, and count them all.

    `shown` is one of SHOWN or "", `words` what the name of the member or of the feed holds. Two statements.
    """
    which = _which(shown, words, now)
    joined = select(Feed, Member).join(Member, Member.id == Feed.member_id).where(*which)
    total = db.session.scalar(select(func.count()).select_from(joined.subquery())) or 0
    rows = db.session.execute(
        joined.order_by(Feed.last_fetched_at.nulls_first(), Feed.id).limit(limit).offset(offset)
    )  # fmt: skip
    return total, [(feed, member) for feed, member in rows]


def any_living(feed_id: int) -> tuple[Feed, Member] | None:
    """Find a living feed with whose it is, anybody's."""
    statement = select(Feed, Member).join(Member, Member.id == Feed.member_id)
    row = db.session.execute(statement.where(Feed.id == feed_id, Feed.revoked_at.is_(None))).one_or_none()
    return None if row is None else (row[0], row[1])
