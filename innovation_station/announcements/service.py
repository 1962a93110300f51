"""What happens to announcements: made, changed, withdrawn, hidden.

Every function runs inside `db.transaction()`, flushes and never commits.
"""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import select

from innovation_station.announcements import queries, rules
from innovation_station.announcements.models import Announcement, AnnouncementHidden
from innovation_station.announcements.rules import Facts
from innovation_station.audit import service as audit
from innovation_station.bookings import service as bookings
from innovation_station.db import db
from innovation_station.errors import NotAllowed, NotFound, Refusal, Refused
from innovation_station.members.rules import Actor
from innovation_station.spaces.queries import house as read_house
from innovation_station.spaces.rules import House


def announce(actor: Actor, facts: Facts, house: House, *, now: datetime) -> Announcement:
    """Put an announcement up. Raises NotAllowed, Refused."""
    _check(actor, facts, house)
    row = Announcement(
        uid=str(uuid.uuid4()), sequence=0, revision=0, created_at=now, changed_at=now, withdrawn_at=None
    )  # fmt: skip
    _write(row, facts)
    db.session.add(row)
    db.session.flush()
    _stamp(facts)
    audit.record("announcement.made", subject=("announcement", row.id), actor=actor, now=now, after=_facts(row))
    return row


def change(actor: Actor, announcement_id: int, facts: Facts, house: House, *, now: datetime) -> Announcement:
    """Change an announcement; who has hidden it sees it again. Raises NotFound, NotAllowed, Refused."""
    _check(actor, facts, house)
    row = _locked(announcement_id)
    if row.withdrawn_at is not None:
        raise Refused([Refusal("announcement-gone")])
    before = row.facts
    if before == facts:
        return row
    told = _facts(row)
    _write(row, facts)
    _changed(row, now)
    if _in_calendars(before) != _in_calendars(facts):
        row.sequence += 1
        _stamp(before, facts)
    queries.forget()
    db.session.flush()
    audit.record(
        "announcement.changed", subject=("announcement", row.id), actor=actor, now=now, before=told, after=_facts(row)
    )
    return row


def withdraw(actor: Actor, announcement_id: int, *, now: datetime) -> Announcement:
    """Take an announcement down; in calendars it is cancelled. Twice is the same as once. Raises NotFound."""
    if not rules.may_announce(actor):
        raise NotAllowed([Refusal("announcement-staff")])
    row = _locked(announcement_id)
    if row.withdrawn_at is None:
        row.withdrawn_at = now
        row.sequence += 1
        _changed(row, now)
        db.session.flush()
        _stamp(row.facts)
        audit.record(
            "announcement.withdrawn", subject=("announcement", row.id), actor=actor, now=now, before=_facts(row)
        )
    return row


def leave_zone(zone_id: int, floor_id: int, *, now: datetime) -> None:
    """Have what concerns a zone that goes concern its floor: it is told there, and in the floor's calendars."""
    rows = db.session.scalars(select(Announcement).where(Announcement.zone_id == zone_id).with_for_update()).all()
    for row in rows:
        row.zone_id, row.floor_id = None, floor_id
        row.sequence += 1
        row.changed_at = max(now, row.changed_at)
    db.session.flush()
    _stamp(*(row.facts for row in rows))


def hide(member_id: int, announcement_id: int, *, hidden: bool = True, now: datetime) -> Announcement:
    """Hide an announcement from a member, or show it again. Raises NotFound, Refused for one that is important."""
    row = db.session.get(Announcement, announcement_id)
    if row is None:
        raise NotFound
    if hidden and not rules.can_be_hidden(row.level):
        raise Refused([Refusal("announcement-important")])
    if hidden:
        db.session.merge(
            AnnouncementHidden(announcement_id=row.id, member_id=member_id, revision=row.revision, at=now)
        )  # fmt: skip
    elif (known := db.session.get(AnnouncementHidden, (row.id, member_id))) is not None:
        db.session.delete(known)
    db.session.flush()
    return row


def _check(actor: Actor, facts: Facts, house: House) -> None:
    if not rules.may_announce(actor):
        raise NotAllowed([Refusal("announcement-staff")])
    if found := rules.refusals(facts, house):
        raise Refused(found)


def _locked(announcement_id: int) -> Announcement:
    row = db.session.get(Announcement, announcement_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise NotFound
    return row


def _write(row: Announcement, given: Facts) -> None:
    row.text_sv, row.text_en = (" ".join(text.split()) for text in given.texts)
    row.level, row.in_feeds = given.level, given.in_feeds
    row.shown_from, row.shown_until = given.stands.start, given.stands.end
    row.on_start, row.on_today, row.on_book, row.on_display = (name in given.pages for name in rules.PAGES)
    kind, number = given.place or ("", None)
    row.floor_id, row.zone_id, row.space_id = (number if kind == name else None for name in rules.KINDS)
    row.start, row.end = (given.happens.start, given.happens.end) if given.happens else (None, None)


def _changed(row: Announcement, now: datetime) -> None:
    row.revision += 1
    row.changed_at = max(now, row.changed_at)


def _stamp(*told: Facts) -> None:
    """Have the calendars of the places that are concerned made anew: they know by the revisions of these."""
    queries.forget()
    places = read_house().places.values()
    spaces = {place.id for facts in told if facts.in_feeds for place in places if rules.concerns(facts.place, place)}
    if spaces:
        bookings.locked(*sorted(spaces))


def _in_calendars(facts: Facts) -> tuple[Any, ...]:
    """Give what calendars show of an announcement."""
    return facts.texts, facts.happens, facts.place, facts.in_feeds


def _facts(row: Announcement) -> dict[str, Any]:
    return {
        "level": row.level, "text_sv": row.text_sv, "text_en": row.text_en, "from": row.shown_from,
        "until": row.shown_until, "pages": sorted(row.facts.pages), "place": list(row.place or ()), "start": row.start,
        "end": row.end, "in_feeds": row.in_feeds,
    }  # fmt: skip
