"""Reads about events. Lists cost the same number of statements however long they are."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, or_, select
from sqlalchemy.orm import joinedload

from innovation_station.db import db
from innovation_station.events.models import Cover, Event, Part, Party, Room, Session, Speaker
from innovation_station.events.rules import Facts, Filter, Item, Programme, Reader, Use, listed
from innovation_station.members.models import Member, Organisation
from innovation_station.members.rules import Actor, Person, is_staff
from innovation_station.organisations.models import Grant
from innovation_station.organisations.rules import is_partner
from innovation_station.timespan import Span

CALENDAR_MOST = 1_000  # events of a calendar: hundreds of them are an arena's year


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which events a list shows: those that meet a time, of a category or format, those in which an organisation has a
    part, upcoming or past."""

    span: Span | None = None
    category: str = ""
    format: str = ""
    past: bool = False
    limit: int = 100
    organisation: int | None = None


@dataclass
class Whole:
    """An event with all that belongs to it."""

    event: Event
    sessions: Sequence[Session] = ()
    speakers: Mapping[int, Speaker] = field(default_factory=dict)
    parts: Mapping[int, Sequence[Part]] = field(default_factory=dict)
    rooms: Sequence[Room] = ()
    parties: Sequence[Party] = ()

    @property
    def programme(self) -> Programme:
        """Give what has a time."""
        return Programme(
            self.event.span,
            tuple(
                Item(
                    row.id, row.kind, row.titles, row.span, row.space_id, row.layout, row.people, row.setup,
                    row.clearing, tuple(part.speaker_id for part in self.parts.get(row.id, ())),
                )
                for row in self.sessions
            ),
            tuple(Use(row.id, row.space_id, row.purpose, row.span) for row in self.rooms),
        )  # fmt: skip

    @property
    def facts(self) -> Facts:
        """Give what is said."""
        row = self.event
        return Facts(
            row.titles, (row.summary_sv, row.summary_en), (row.body_sv, row.body_en),
            (row.practical_sv, row.practical_en), row.category, row.format, row.visibility, row.online_url,
            row.contact_name, row.contact_email,
        )  # fmt: skip


def get(event_id: int) -> Event | None:
    """Find an event."""
    return db.session.get(Event, event_id)


def by_slug(slug: str) -> Event | None:
    """Find an event by its address."""
    return db.session.scalar(select(Event).where(Event.slug == slug))


def whole(event: Event) -> Whole:
    """Read all that belongs to an event; five statements."""
    sessions = db.session.scalars(
        select(Session).where(Session.event_id == event.id).order_by(Session.start, Session.end, Session.id)
    ).all()
    speakers = db.session.scalars(
        select(Speaker).where(Speaker.event_id == event.id).order_by(Speaker.name, Speaker.id)
    ).all()
    parts: dict[int, list[Part]] = {}
    rows = select(Part).join(Session, Session.id == Part.session_id).where(Session.event_id == event.id)
    for part in db.session.scalars(rows.order_by(Part.session_id, Part.speaker_id)):
        parts.setdefault(part.session_id, []).append(part)
    rooms = db.session.scalars(select(Room).where(Room.event_id == event.id).order_by(Room.start, Room.id)).all()
    return Whole(
        event, sessions, {row.id: row for row in speakers}, parts, rooms, parties([event.id]).get(event.id, [])
    )


def parties(event_ids: Collection[int]) -> dict[int, list[Party]]:
    """List the organisations of events, hosts first, loaded; one statement, none without events."""
    if not event_ids:
        return {}
    found: dict[int, list[Party]] = {}
    rows = db.session.scalars(
        select(Party)
        .options(joinedload(Party.organisation, innerjoin=True))
        .where(Party.event_id.in_(sorted(event_ids)))
        .order_by(Party.organisation_id)
    )
    for row in sorted(rows, key=lambda row: ("host", "co-host", "partner").index(row.role)):
        found.setdefault(row.event_id, []).append(row)
    return found


def spaces_of(event_ids: Collection[int]) -> dict[int, list[int]]:
    """List the places that events' sessions are in, by event, the first used first; one statement."""
    if not event_ids:
        return {}
    rows = db.session.execute(
        select(Session.event_id, Session.space_id, func.min(Session.start).label("first"))
        .where(Session.event_id.in_(sorted(event_ids)), Session.space_id.is_not(None))
        .group_by(Session.event_id, Session.space_id)
        .order_by("first", Session.space_id)
    )
    found: dict[int, list[int]] = {}
    for event_id, space_id, _first in rows:
        found.setdefault(event_id, []).append(space_id or 0)
    return found


def listing(reader: Reader, wanted: Wanted, now: datetime) -> Sequence[Event]:
    """List the events that stand in a reader's list, soonest first, past ones latest first; one statement."""
    statement = select(Event).where(Event.state.in_(("published", "cancelled")), Event.visibility.in_(listed(reader)))
    if wanted.span is not None:
        statement = statement.where(Event.start < wanted.span.end, Event.end > wanted.span.start)
    elif wanted.past:
        statement = statement.where(Event.end <= now)
    else:
        statement = statement.where(Event.end > now)
    if wanted.category:
        statement = statement.where(Event.category == wanted.category)
    if wanted.format:
        statement = statement.where(Event.format == wanted.format)
    if wanted.organisation is not None:
        statement = statement.where(_of(wanted.organisation))
    backwards = wanted.past and wanted.span is None
    order = (Event.start.desc(), Event.id.desc()) if backwards else (Event.start, Event.id)
    return db.session.scalars(statement.order_by(*order).limit(wanted.limit)).all()


def for_staff(now: datetime, limit: int = 200) -> Sequence[Event]:
    """List what staff have to do with: drafts, what is to come, templates, and what was lately; soonest first."""
    recent = or_(Event.end > now, Event.state.in_(("draft", "template")))
    ahead = db.session.scalars(select(Event).where(recent).order_by(Event.start, Event.id).limit(limit)).all()
    gone = select(Event).where(and_(Event.end <= now, Event.state.not_in(("draft", "template"))))
    return [*ahead, *db.session.scalars(gone.order_by(Event.start.desc()).limit(20)).all()]


def in_group(event: Event) -> Sequence[Event]:
    """List the other published events of a series, by time; of those by link each has a link of its own."""
    if event.group_uid is None or event.visibility == "link":
        return []
    statement = select(Event).where(
        Event.group_uid == event.group_uid, Event.id != event.id, Event.state == "published",
        Event.visibility == event.visibility,
    )  # fmt: skip
    return db.session.scalars(statement.order_by(Event.start).limit(50)).all()


def public_ahead(now: datetime, since: datetime) -> Sequence[Event]:
    """List the events that everybody may see and that have not ended before `since`, cancelled ones until their end."""
    return in_calendar(("public",), Filter(), now, since)


def in_calendar(seen: Collection[str], chosen: Filter, now: datetime, since: datetime) -> Sequence[Event]:
    """List the events of some visibilities that have not ended before `since`, cancelled ones until their end, by
    start; where there are too many, the latest."""
    return db.session.scalars(_in_calendar(select(Event), seen, chosen, now, since)).all()[::-1]


def versions(seen: Collection[str], chosen: Filter, now: datetime, since: datetime) -> str:
    """Name which events `in_calendar` lists and as they are; one statement, without reading them."""
    rows = db.session.execute(_in_calendar(select(Event.id, Event.revision), seen, chosen, now, since))
    return versions_of(list(rows)[::-1])


def versions_of(rows: Iterable[Any]) -> str:
    """Name some events as they are."""
    return " ".join(f"{row.id}.{row.revision}" for row in rows)


def _in_calendar(
    statement: Any, seen: Collection[str], chosen: Filter, now: datetime, since: datetime
) -> Any:  # fmt: skip
    shown = or_(Event.state == "published", and_(Event.state == "cancelled", Event.end > now))
    statement = statement.where(shown, Event.visibility.in_(sorted(seen)), Event.end > since)
    if chosen.category:
        statement = statement.where(Event.category == chosen.category)
    if chosen.format:
        statement = statement.where(Event.format == chosen.format)
    if chosen.organisation is not None:
        statement = statement.where(_of(chosen.organisation))
    return statement.order_by(Event.start.desc(), Event.id.desc()).limit(CALENDAR_MOST)


def _of(organisation_id: int) -> ColumnElement[bool]:
    """Find the events in which an organisation has a part, as host, co-host or partner."""
    return Event.id.in_(select(Party.event_id).where(Party.organisation_id == organisation_id))


def last_change(now: datetime) -> datetime | None:
    """Tell when the events that were ever shown changed last, one that was taken back or cancelled and over too."""
    over = case((and_(Event.state == "cancelled", Event.end <= now), Event.end))
    statement = select(func.max(Event.changed_at), func.max(over)).where(Event.published_at.is_not(None))
    return max(filter(None, db.session.execute(statement).one()), default=None)


def seen_by(actor: Actor, day: date) -> tuple[str, ...]:
    """Name the visibilities that stand in a member's lists; one statement, none for staff."""
    if is_staff(actor):
        return listed(Reader(actor))
    return listed(Reader(actor, _is_partner(actor.id, day)))


def _is_partner(member_id: int, day: date) -> bool:
    organisation = db.session.scalar(
        select(Organisation).join(Member, Member.organisation_id == Organisation.id).where(Member.id == member_id)
    )
    return organisation is not None and is_partner(organisation, day)


def sessions_of(event_ids: Collection[int]) -> dict[int, list[Session]]:
    """List the sessions of events, by event, in order; one statement."""
    if not event_ids:
        return {}
    found: dict[int, list[Session]] = {}
    rows = select(Session).where(Session.event_id.in_(sorted(event_ids))).order_by(Session.start, Session.id)
    for row in db.session.scalars(rows):
        found.setdefault(row.event_id, []).append(row)
    return found


def cover(event_id: int) -> Cover | None:
    """Find an event's picture."""
    return db.session.get(Cover, event_id)


def reader_of(person: Person | None, today: date, key: str = "") -> Reader:
    """Gather what a person may see of events; two statements for a member, none for a visitor."""
    if person is None:
        return Reader(key=key)
    granted = select(Grant.subject_id).where(Grant.member_id == person.id, Grant.kind == "event")
    hosted = (
        select(Party.event_id)
        .join(Grant, and_(Grant.subject_id == Party.organisation_id, Grant.kind == "contact"))
        .where(Grant.member_id == person.id, Party.role.in_(("host", "co-host")))
    )
    looks_after = frozenset(db.session.scalars(granted.union(hosted)))
    return Reader(person, _is_partner(person.id, today), looks_after, key)


def slugs_like(slug: str) -> set[str]:
    """Give the addresses that begin like one."""
    return set(db.session.scalars(select(Event.slug).where(Event.slug.startswith(slug, autoescape=True))))
