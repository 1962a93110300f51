"""What happens to feeds: made, named, renewed, revoked, fetched; and entries kept in step with bookings.

Every function runs inside `db.transaction()`, flushes and never commits.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import update

from innovation_station.audit import service as audit
from innovation_station.bookings.models import Booking
from innovation_station.bookings.service import changed, settled
from innovation_station.calendars import queries, rules, scopes, staff_queries, telling
from innovation_station.calendars.contents import forget, refresh
from innovation_station.calendars.installation import today
from innovation_station.calendars.models import Feed
from innovation_station.calendars.rules import Today
from innovation_station.calendars.scopes import Chosen, Reader
from innovation_station.db import db
from innovation_station.errors import NotAllowed, NotFound, Refusal, Refused
from innovation_station.members.models import Member
from innovation_station.members.rules import Actor, may_look_after
from innovation_station.organisations import queries as organisations
from innovation_station.spaces.queries import house as read_house
from innovation_station.spaces.rules import Language

MINE = Chosen()


def create_feed(
    member: Actor, *, name: str, language: Language, secret_key: str, today: Today, chosen: Chosen = MINE
) -> Feed:  # fmt: skip
    """Make a feed of what is chosen; of the own bookings its entries with it, so that the first fetch only reads.

    Raises Refused for a name that is none, for what the member may not have, and for one feed too many.
    """
    lock(member.id)
    found = rules.name_refusals(name)
    if queries.count(member.id) >= rules.FEEDS_MOST:
        found.append(Refusal("feed-limit", "name", {"most": rules.FEEDS_MOST}))
    house = read_house()
    wanted = scopes.settled(reader(member), chosen, house)
    if odd := scopes.asked_refusals(chosen):
        found += odd
    elif wanted is None or (wanted.scope == "organisation" and not organisations.get(wanted.subject_id or 0)):
        found.append(Refusal("feed-not-there", "of"))
    if found or wanted is None:
        raise Refused(found)
    nonce, digest = _fresh(secret_key, member.id)
    feed = Feed(
        member_id=member.id, name=name.strip(), language=language, **asdict(wanted), nonce=nonce,
        token_hash=digest, created_at=today.now, changed_at=today.now, last_client="",
    )  # fmt: skip
    db.session.add(feed)
    db.session.flush()
    if feed.scope == rules.OWN:
        refresh(member.id, feed.edition, house, today)
    return feed


def reader(member: Actor) -> Reader:
    """Give a member with what they were put in charge of."""
    return Reader.of(member.id, member.role, organisations.grants(member.id))


def rename_feed(member: Actor, feed_id: int, *, name: str, now: datetime) -> Feed:
    """Give a feed another name. Raises NotFound for what is not the member's, Refused for no name."""
    feed = _mine(member, feed_id)
    if found := rules.name_refusals(name):
        raise Refused(found)
    feed.name, feed.changed_at = name.strip(), now
    db.session.flush()
    return feed


def renew_feed(member: Actor, feed_id: int, *, secret_key: str) -> Feed:
    """Give a feed a new address; the old one is dead with the commit. Raises NotFound."""
    feed = _mine(member, feed_id)
    feed.nonce, feed.token_hash = _fresh(secret_key, member.id)
    feed.last_fetched_at, feed.last_client, feed.last_items, feed.usual_interval = None, "", None, None
    feed.last_etag = ""
    db.session.flush()
    return feed


def revoke_feed(member: Actor, feed_id: int, *, now: datetime) -> None:
    """End a feed, and forget the entries that no other feed of the member uses. Raises NotFound."""
    feed = _mine(member, feed_id)
    feed.revoked_at = now
    db.session.flush()
    if feed.scope == rules.OWN and feed.edition not in queries.editions(member.id):
        forget(member.id, feed.edition)


def revoke_for(actor: Actor, feed_id: int, *, now: datetime) -> Feed:
    """End somebody's feed for the house, and tell them. Raises NotFound, and NotAllowed where the rules say no."""
    found = staff_queries.any_living(feed_id)
    if found is None:
        raise NotFound
    feed, member = found
    if not may_look_after(actor, member):
        raise NotAllowed([Refusal("feed-admin")])
    audit.record(
        "feed.revoked", subject=("feed", feed.id), actor=actor, member_id=member.id, now=now,
        before={"name": feed.name, "scope": feed.scope, "program": feed.last_client},
    )  # fmt: skip
    revoke_feed(member, feed_id, now=now)
    telling.revoked(feed, now)
    return feed


def note_fetch(
    feed_id: int, *, program: str, now: datetime, entries: int | None, interval: int | None, etag: str
) -> None:  # fmt: skip
    """Write down that a program has come, for so many `entries` (None: for nothing new), so many seconds apart as a
    rule, and has now the bytes of this `etag`; the caller sees to it that this does not happen at every fetch."""
    noted: dict[str, Any] = {
        "last_fetched_at": now,
        "last_client": program,
        "usual_interval": interval,
        "last_etag": etag,
    }
    if entries is not None:
        noted["last_items"] = entries
    db.session.execute(
        update(Feed).where(Feed.id == feed_id).values(noted).execution_options(synchronize_session=False)
    )


@settled.connect
def keep_in_step(bookings: Sequence[Booking]) -> None:
    """Renew the stored entries of changed bookings' members, within the transaction, in the editions subscribed to.

    Most members have no feed: they pay one small statement and no row. Where no address of the house is known
    (see `installation.setting`) the fetch does it.
    """
    alone = bookings[0] if len(bookings) == 1 else None
    for member_id in {booking.member_id: True for booking in bookings}:
        editions = queries.editions(member_id)
        if editions and (now := today()).shared.base_url:
            for edition in editions:
                refresh(member_id, edition, read_house(), now, alone)


@changed.connect
def leave(_booking: Booking, *, action: str, before: Mapping[str, Any] | None = None, **_more: object) -> None:
    """Take a booking that was handed over out of what its giver subscribes to."""
    if action != "handed" or before is None:
        return
    editions = queries.editions(before["member"])
    if editions and (now := today()).shared.base_url:
        for edition in editions:
            refresh(before["member"], edition, read_house(), now)


def _fresh(secret_key: str, member_id: int) -> tuple[str, bytes]:
    nonce = secrets.token_hex(16)
    return nonce, rules.token_hash(rules.feed_token(secret_key, member_id, nonce))


def lock(member_id: int) -> None:
    """Take turns with the same member's other writes, so that the count of feeds holds."""
    db.session.execute(
        update(Member)
        .where(Member.id == member_id)
        .values(state=Member.state)
        .execution_options(synchronize_session=False)
    )


def _mine(member: Actor, feed_id: int) -> Feed:
    lock(member.id)
    feed = queries.living(member.id, feed_id)
    if feed is None:
        raise NotFound
    return feed
