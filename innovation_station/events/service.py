"""What happens to events: made, said, planned, published, moved, cancelled, copied.

Every function runs inside `db.transaction()`, decides on rows it has locked, flushes and never commits. What changes
the programme goes through `carry_out`: a plan that was shown, or that hits nobody.
"""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from blinker import Signal
from sqlalchemy import delete, update

from innovation_station import pictures
from innovation_station.audit import service as audit
from innovation_station.bookings import claims, making_way
from innovation_station.bookings.telling import Cause
from innovation_station.db import db
from innovation_station.errors import Conflict, NotAllowed, NotFound, Refusal, Refused
from innovation_station.events import planning, queries, rules
from innovation_station.events.models import Cover, Event, Part, Party, Room, Session, Source, Speaker
from innovation_station.events.rules import Facts, Item, Plan, Programme, Use
from innovation_station.members import queries as members
from innovation_station.members.models import Organisation
from innovation_station.members.rules import Actor, slug_of
from innovation_station.spaces.queries import house as read_house
from innovation_station.timespan import Span

Change = Callable[[Programme], Programme]
changed = Signal(
    """Sent with an Event that has changed, behind its lock and inside its transaction, with `now`; one whose
    programme has changed also with when it `was`."""
)
copied = Signal("""Sent with an Event that is a copy, inside its transaction, with the event it is `of` and `now`.""")


@dataclass(frozen=True, slots=True)
class Details:
    """What is said of a session beside its time and place; `session` is its id, 0 or below of a new one."""

    session: int = 0
    abouts: tuple[str, str] = ("", "")
    track: str = ""
    elsewhere: str = ""
    materials: tuple[tuple[str, str], ...] = ()
    roles: Mapping[int, str] | None = None


def create(actor: Actor, facts: Facts, span: Span, *, now: datetime) -> Event:
    """Make a draft without a programme. Raises NotAllowed, Refused."""
    _may(actor)
    return draft(actor, facts, span, now=now)


def draft(actor: Actor | None, facts: Facts, span: Span, *, now: datetime) -> Event:
    """Make a draft for who may, or for the house itself. Raises Refused."""
    _check(facts)
    if found := rules.programme_refusals(Programme(span), {}):
        raise Refused(found)
    event = Event(
        uid=str(uuid.uuid4()), slug=_free_slug(facts.titles), state="draft", link_key=secrets.token_urlsafe(18),
        start=span.start, end=span.end, created_at=now, changed_at=now, cover_revision=0, sequence=0, revision=0,
        cancel_sv="", cancel_en="",
    )  # fmt: skip
    _write(event, facts)
    db.session.add(event)
    db.session.flush()
    audit.record("event.created", subject=("event", event.id), actor=actor, now=now, after=_facts(event))
    return event


def say(actor: Actor, event_id: int, facts: Facts, *, now: datetime, zone: ZoneInfo) -> Event:
    """Change what is said of an event. Raises NotFound, NotAllowed, Refused."""
    event = _mine(actor, event_id)
    _check(facts)
    before, shown = _facts(event), planning.claimant(event)
    _write(event, facts)
    _changed(event, now)
    if planning.claimant(event) != shown:
        _hold(event, queries.whole(event).programme, now, zone)
    audit.record("event.edited", subject=("event", event.id), actor=actor, now=now, before=before, after=_facts(event))
    changed.send(event, now=now)
    return event


def rewrite(actor: Actor | None, event_id: int, said: Callable[[Facts], Facts], span: Span, *, now: datetime) -> Event:
    """Say a draft without a programme anew, and when it is, for who may or for the house itself.

    Raises NotFound, Refused, and Conflict where it is more than such a draft by now.
    """
    event = _locked(event_id)
    whole = queries.whole(event)
    if event.state != "draft" or whole.sessions or whole.rooms:
        raise Conflict([Refusal("plan-changed")])
    facts = said(whole.facts)
    _check(facts)
    if found := rules.programme_refusals(Programme(span), {}):
        raise Refused(found)
    before = _facts(event)
    _write(event, facts)
    if span != event.span:
        _store_span(event, span)
    _changed(event, now)
    audit.record("event.edited", subject=("event", event.id), actor=actor, now=now, before=before, after=_facts(event))
    return event


# -- the programme -----------------------------------------------------------------------------------------------------


def look(actor: Actor, event_id: int, change: Change, *, now: datetime, zone: ZoneInfo) -> Plan:
    """Tell what a change of the programme would do; no lock is taken and nothing written. Raises as `carry_out`."""
    event = _event(actor, event_id)
    before = queries.whole(event).programme
    return planning.plan(actor, event, before, change(before), read_house(), now=now, zone=zone)


def carry_out(
    actor: Actor, event_id: int, change: Change, *, now: datetime, zone: ZoneInfo, token: str = "",
    choices: Mapping[int, str] | None = None, details: Details | Sequence[Details] = (),
) -> Plan:  # fmt: skip
    """Change the programme and all time that goes with it, or nothing.

    `token` names the plan that was shown, `choices` what becomes of each booking that is hit; a change that hits nobody
    needs neither. `details` are those of the sessions that change. Raises NotFound, NotAllowed, Refused, and Conflict:
    `plan-changed` where it is another plan by now, `event-hits` where somebody is in the way of whom nothing was said.
    """
    choices = choices or {}
    event = _event(actor, event_id)
    looked = look(actor, event_id, change, now=now, zone=zone)
    _lock(event, looked)
    db.session.refresh(event)
    before = queries.whole(event).programme
    plan = planning.plan(actor, event, before, change(before), read_house(), now=now, zone=zone)
    if token and token != plan.token:
        raise Conflict([Refusal("plan-changed")])
    if found := rules.choice_refusals(plan, choices):
        raise Conflict(found)
    if not token and not plan.clear:
        raise Conflict([Refusal("event-hits", None, {"count": len(plan.hits)})])
    if plan.hits:
        _give_way(actor, event, plan, choices, now, zone)
    _store(event, plan, [details] if isinstance(details, Details) else details)
    _changed(event, now)
    _hold(event, plan.after, now, zone)
    audit.record(
        "event.moved" if plan.before.span != plan.after.span else "event.planned", subject=("event", event.id),
        actor=actor, now=now, before=_programme_facts(plan.before), after=_programme_facts(plan.after),
    )  # fmt: skip
    changed.send(event, now=now, was=plan.before.span)
    return plan


def _lock(event: Event, looked: Plan) -> None:
    """Lock whom a plan touches, in the order that all who book keep to: the event, members, then all places at once."""
    db.session.execute(
        update(Event).where(Event.id == event.id).values(revision=Event.revision)
        .execution_options(synchronize_session=False)
    )  # fmt: skip
    spaces = {hold.space_id for hold in (*looked.released, *looked.taken)}
    making_way.lock(looked.hits, spaces | claims.held_by(planning.claimant(event)).keys())


def _give_way(
    actor: Actor, event: Event, plan: Plan, choices: Mapping[int, str], now: datetime, zone: ZoneInfo
) -> None:
    """Let those who are hit have the place that was shown, or cancel what they have; the mails that there are tell
    them. The event's own time is given back before: some move to where it was."""
    claims.take(planning.claimant(event), [], now=now, zone=zone)
    cause = Cause("event", planning.claimant(event).titles)
    making_way.carry_out(actor, plan.hits, choices, cause, now=now, zone=zone)


def _store(event: Event, plan: Plan, details: Sequence[Details]) -> None:
    """Write what has changed of the programme."""
    whole = queries.whole(event)
    sessions, before = {row.id: row for row in whole.sessions}, {item.id: item for item in plan.before.items}
    by_session = {one.session: one for one in details}
    for item in plan.after.items:
        meant = by_session.get(item.id)
        if meant is not None or before.get(item.id) != item:
            _store_session(event, sessions.get(item.id), item, meant)
    for gone in sessions.keys() - {item.id for item in plan.after.items}:
        db.session.delete(sessions[gone])
    _store_rooms(event, whole.rooms, plan)
    if plan.after.span != event.span:
        _store_span(event, plan.after.span)
    elif [_timed(one) for one in plan.before.items] != [_timed(one) for one in plan.after.items]:
        event.sequence += 1
    db.session.flush()


def _store_span(event: Event, span: Span) -> None:
    """Set when it is; who knew of it learns when it was to begin, until it begins then again."""
    if event.state == "published" and event.start != span.start:
        event.previous_start = event.previous_start or event.start
    if event.previous_start == span.start:
        event.previous_start = None
    event.start, event.end = span.start, span.end
    event.sequence += 1


def _store_rooms(event: Event, known: Sequence[Room], plan: Plan) -> None:
    rooms, used = {row.id: row for row in known}, {use.id: use for use in plan.before.uses}
    for use in plan.after.uses:
        if used.get(use.id) != use:
            room = rooms.get(use.id) or Room(event_id=event.id)
            room.space_id, room.purpose, room.start, room.end = use.space_id, use.purpose, use.span.start, use.span.end
            db.session.add(room)
    for gone in rooms.keys() - {use.id for use in plan.after.uses}:
        db.session.delete(rooms[gone])


def _timed(item: Item) -> tuple[int, Span, int | None]:
    return item.id, item.span, item.space_id


def _store_session(event: Event, row: Session | None, item: Item, details: Details | None) -> None:
    if row is None:
        row = Session(event_id=event.id, uid=str(uuid.uuid4()), sequence=0, materials=[])
        db.session.add(row)
    elif (row.span, row.space_id) != (item.span, item.space_id):
        row.sequence += 1
    row.kind, (row.title_sv, row.title_en) = item.kind, item.titles
    row.start, row.end, row.space_id, row.layout = item.span.start, item.span.end, item.space_id, item.layout
    row.people, row.setup, row.clearing = item.people, item.setup, item.clearing
    if details is not None:
        row.about_sv, row.about_en = details.abouts
        row.track, row.elsewhere = details.track, details.elsewhere
        row.materials = [list(pair) for pair in details.materials]
    db.session.flush()
    if details is not None and details.roles is not None:
        db.session.execute(delete(Part).where(Part.session_id == row.id))
        known = queries.whole(event).speakers
        db.session.add_all(
            Part(session_id=row.id, speaker_id=speaker_id, role=role)
            for speaker_id, role in sorted(details.roles.items())
            if speaker_id in known and role in rules.ROLES
        )
        db.session.flush()


def _hold(event: Event, programme: Programme, now: datetime, zone: ZoneInfo) -> None:
    """Have places taken for an event as its programme says; of what is over, nothing moves, and its title is told."""
    if event.end <= now:
        claims.rename(planning.claimant(event), now=now)
        return
    holds = rules.holds(programme, read_house().places) if event.state in planning.HOLDING else []
    claims.take(planning.claimant(event), [(hold.space_id, hold.span) for hold in holds], now=now, zone=zone)


# -- what is said of sessions and people -------------------------------------------------------------------------------


def check_details(item: Item, details: Details) -> None:
    """Raise Refused for a session that cannot be said so."""
    found = []
    if not any(title.strip() for title in item.titles):
        found.append(Refusal("event-nameless", "title_sv"))
    if item.kind not in rules.KINDS:
        found.append(Refusal("event-choice", "kind"))
    if len(details.materials) > rules.MOST_MATERIALS or not all(rules.is_web(url) for _said, url in details.materials):
        found.append(Refusal("materials-malformed", "materials", {"most": rules.MOST_MATERIALS}))
    if found:
        raise Refused(found)


def add_speaker(
    actor: Actor, event_id: int, *, name: str, title: str, affiliation: str, email: str = "", now: datetime
) -> Speaker:  # fmt: skip
    """Add a person to an event; `email` is that of a member who has agreed to be linked. Raises Refused."""
    event = _mine(actor, event_id)
    if not name.strip():
        raise Refused([Refusal("speaker-nameless", "name")])
    if len(queries.whole(event).speakers) >= rules.MOST_SPEAKERS:
        raise Refused([Refusal("event-full", None, {"most": rules.MOST_SPEAKERS})])
    member = members.by_email(email) if email else None
    if email and (member is None or member.state != "active"):
        raise Refused([Refusal("address-unknown", "email")])
    row = Speaker(
        event_id=event.id, name=name.strip(), title=title.strip(), affiliation=affiliation.strip(),
        member_id=member.id if member else None,
    )  # fmt: skip
    db.session.add(row)
    db.session.flush()
    _changed(event, now)
    changed.send(event, now=now)
    after = {"event": event.id, "speakers": len(queries.whole(event).speakers)}
    audit.record("event.speaker-added", subject=("event", event.id), actor=actor, now=now, after=after)
    return row


def people_of(actor: Actor, event_id: int, people: Sequence[tuple[str, str, str]]) -> dict[str, int]:
    """Have people of a name, title and organisation each in an event; give their ids by name in small letters.

    Who is there already is known by the name; what is said of them is changed where it is said. The event's revision
    stays: the plan was made of it, and carrying it out counts. Raises Refused for too many.
    """
    event = _mine(actor, event_id)
    known = {row.name.casefold(): row for row in queries.whole(event).speakers.values()}
    for name, title, affiliation in people:
        row = known.get(name.casefold())
        if row is None:
            row = Speaker(event_id=event.id, name=name, title="", affiliation="", member_id=None)
            known[name.casefold()] = row
            db.session.add(row)
        row.title, row.affiliation = title or row.title, affiliation or row.affiliation
    if len(known) > rules.MOST_SPEAKERS:
        raise Refused([Refusal("event-full", None, {"most": rules.MOST_SPEAKERS})])
    db.session.flush()
    return {name: row.id for name, row in known.items()}


def change_speaker(
    actor: Actor, event_id: int, speaker_id: int, *, name: str, title: str, affiliation: str, email: str = "",
    unlink: bool = False, now: datetime,
) -> Speaker:  # fmt: skip
    """Change what is said of a person; `email` links them to a member who has agreed, `unlink` ends that.

    Raises NotFound, Refused.
    """
    event = _mine(actor, event_id)
    row = db.session.get(Speaker, speaker_id)
    if row is None or row.event_id != event.id:
        raise NotFound
    if not name.strip():
        raise Refused([Refusal("speaker-nameless", "name")])
    member = members.by_email(email) if email else None
    if email and (member is None or member.state != "active"):
        raise Refused([Refusal("address-unknown", "email")])
    changed.send(event, now=now)  # while it is known whose calendar the event leaves
    row.name, row.title, row.affiliation = name.strip(), title.strip(), affiliation.strip()
    row.member_id = None if unlink else member.id if member else row.member_id
    _changed(event, now)
    changed.send(event, now=now)
    audit.record("event.speaker-changed", subject=("event", event.id), actor=actor, now=now)
    return row


def drop_speaker(actor: Actor, event_id: int, speaker_id: int, *, now: datetime) -> None:
    """Take a person off an event. Raises NotFound."""
    event = _mine(actor, event_id)
    row = db.session.get(Speaker, speaker_id)
    if row is None or row.event_id != event.id:
        raise NotFound
    changed.send(event, now=now)  # while it is known whose calendar the event leaves
    db.session.execute(delete(Part).where(Part.speaker_id == row.id))
    db.session.delete(row)
    _changed(event, now)
    audit.record("event.speaker-removed", subject=("event", event.id), actor=actor, now=now)


def set_party(actor: Actor, event_id: int, organisation_id: int, role: str, *, now: datetime) -> None:
    """Give an organisation its part in an event; without a role it has none. Raises NotFound, Refused."""
    event = _mine(actor, event_id)
    if db.session.get(Organisation, organisation_id) is None:
        raise Refused([Refusal("organisation-unknown", "organisation")])
    if role and role not in rules.PARTIES:
        raise Refused([Refusal("event-choice", "role")])
    row = db.session.get(Party, (event.id, organisation_id))
    before = row.role if row else None
    if row is not None and not role:
        db.session.delete(row)
    elif role:
        row = row or Party(event_id=event.id, organisation_id=organisation_id)
        row.role = role
        db.session.add(row)
    _changed(event, now)
    audit.record(
        "event.party-changed", subject=("event", event.id), actor=actor, now=now,
        before={"organisation": organisation_id, "role": before},
        after={"organisation": organisation_id, "role": role or None},
    )  # fmt: skip


def set_cover(actor: Actor, event_id: int, data: bytes | None, *, now: datetime) -> None:
    """Store a picture, made anew of what was uploaded, or take it away. Raises NotFound, Refused."""
    event = _mine(actor, event_id)
    row = queries.cover(event.id)
    if data is None:
        if row is not None:
            db.session.delete(row)
        event.cover_revision = 0
    else:
        body = pictures.fitted(data, rules.COVER_BOX, field="cover")
        row = row or Cover(event_id=event.id)
        row.body = body
        db.session.add(row)
        event.cover_revision = event.revision + 1  # what was under an address never comes back under it
    _changed(event, now)
    audit.record(
        "event.cover-changed", subject=("event", event.id), actor=actor, now=now, after={"cover": data is not None}
    )


# -- what becomes of it ------------------------------------------------------------------------------------------------


def publish(actor: Actor, event_id: int, *, now: datetime, zone: ZoneInfo) -> Event:
    """Show an event to whom it is for. Raises Refused where it is cancelled, over or a template."""
    event = _mine(actor, event_id)
    if event.state == "published":
        return event
    if event.state != "draft":
        raise Refused([Refusal("event-state")])
    if event.end <= now:
        raise Refused([Refusal("event-over")])
    event.state, event.published_at = "published", event.published_at or now
    return _turned(actor, event, "event.published", "draft", now, zone)


def withdraw(actor: Actor, event_id: int, *, now: datetime, zone: ZoneInfo) -> Event:
    """Take an event back to a draft; it keeps its rooms. Raises Refused."""
    event = _mine(actor, event_id)
    if event.state == "draft":
        return event
    if event.state != "published" or event.start <= now:
        raise Refused([Refusal("event-state")])
    event.state = "draft"
    return _turned(actor, event, "event.withdrawn", "published", now, zone)


def cancel(
    actor: Actor, event_id: int, reasons: tuple[str, str], *, now: datetime, zone: ZoneInfo
) -> Event:  # fmt: skip
    """Cancel an event: its page and its calendars say so until its end, and its rooms are free. Raises Refused."""
    event = _mine(actor, event_id)
    if event.state == "cancelled":
        return event
    if event.state != "published":
        raise Refused([Refusal("event-state")])
    if event.end <= now:
        raise Refused([Refusal("event-over")])
    if any(len(reason) > rules.REASON_LONGEST for reason in reasons):
        raise Refused([Refusal("event-text-long", "cancel_sv", {"longest": rules.REASON_LONGEST})])
    event.state, (event.cancel_sv, event.cancel_en) = "cancelled", reasons
    event.sequence += 1
    for row in queries.whole(event).sessions:
        row.sequence += 1
    return _turned(actor, event, "event.cancelled", "published", now, zone)


def discard(actor: Actor, event_id: int, *, now: datetime, zone: ZoneInfo) -> None:
    """Delete a draft or a template that nobody but staff has ever seen, and free its rooms. Raises Refused."""
    event = _mine(actor, event_id)
    if event.state not in ("draft", "template") or event.published_at is not None:
        raise Refused([Refusal("event-seen")])
    claims.take(planning.claimant(event), [], now=now, zone=zone)
    audit.record("event.discarded", subject=("event", event.id), actor=actor, now=now, before=_facts(event))
    whole = queries.whole(event)
    db.session.execute(delete(Part).where(Part.session_id.in_([row.id for row in whole.sessions])))
    for model in (Session, Speaker, Room, Party, Cover, Source):
        db.session.execute(delete(model).where(model.event_id == event.id))
    db.session.delete(event)
    db.session.flush()


def _turned(actor: Actor, event: Event, action: str, was: str, now: datetime, zone: ZoneInfo) -> Event:
    _changed(event, now)
    _hold(event, queries.whole(event).programme, now, zone)
    audit.record(
        action, subject=("event", event.id), actor=actor, now=now, before={"state": was}, after={"state": event.state}
    )
    changed.send(event, now=now)
    return event


# -- copies ------------------------------------------------------------------------------------------------------------


def copy(
    actor: Actor, event_id: int, first: date, *, now: datetime, zone: ZoneInfo, state: str = "draft",
    group: bool = False,
) -> Event:  # fmt: skip
    """Make a draft like an event that begins on another day, with programme, people, parties and rooms.

    As a `template` it holds no rooms and is never shown. `group` has both in one series. Raises NotFound, Refused, and
    Conflict where a room is taken then.
    """
    source = _mine(actor, event_id)
    whole = queries.whole(source)
    if len(whole.sessions) > rules.MOST_SESSIONS:
        raise Refused([Refusal("event-full", None, {"most": rules.MOST_SESSIONS})])
    days = (first - source.start.astimezone(zone).date()).days
    programme = whole.programme.moved(days, 0, zone)
    if programme.span.end <= now and state != "template":
        raise Refused([Refusal("past", "date")])
    if group and source.group_uid is None:
        source.group_uid = str(uuid.uuid4())
    made = Event(
        uid=str(uuid.uuid4()), slug=_free_slug(source.titles), state=state, link_key=secrets.token_urlsafe(18),
        start=programme.span.start, end=programme.span.end, created_at=now, changed_at=now, sequence=0, revision=0,
        group_uid=source.group_uid if group else None, cover_revision=0, cancel_sv="", cancel_en="",
    )  # fmt: skip
    _write(made, whole.facts)
    db.session.add(made)
    db.session.flush()
    _copy_people(whole, made, programme)
    if (cover := queries.cover(source.id)) is not None:
        db.session.add(Cover(event_id=made.id, body=cover.body))
        made.cover_revision = 1
    db.session.flush()
    if state == "draft":
        _free_of_others(actor, made, now, zone)
        _hold(made, queries.whole(made).programme, now, zone)
    audit.record(
        "event.copied", subject=("event", made.id), actor=actor, now=now, after=_facts(made) | {"of": source.id}
    )
    copied.send(made, of=source, now=now)
    return made


def _free_of_others(actor: Actor, made: Event, now: datetime, zone: ZoneInfo) -> None:
    """Refuse a copy whose rooms others have, with all that stands in the way."""
    programme = queries.whole(made).programme
    bare = replace(programme, items=(), uses=())
    plan = planning.plan(actor, made, bare, programme, read_house(), now=now, zone=zone)
    taken = [
        Refusal("taken", "date", {"space": hit.place.name, "span": hit.span, "booking": hit.booking_id})
        for hit in plan.hits
    ]
    if found := [*plan.walls, *taken]:
        raise Conflict(found[: claims.TOLD])


def _copy_people(whole: queries.Whole, made: Event, programme: Programme) -> None:
    speakers = {}
    for row in whole.speakers.values():
        speakers[row.id] = Speaker(
            event_id=made.id, name=row.name, title=row.title, affiliation=row.affiliation, member_id=row.member_id
        )
    db.session.add_all(speakers.values())
    db.session.add_all(
        Party(event_id=made.id, organisation_id=row.organisation_id, role=row.role) for row in whole.parties
    )
    db.session.flush()
    spans = {item.id: item.span for item in programme.items}
    for old in whole.sessions:
        session = Session(
            event_id=made.id, uid=str(uuid.uuid4()), kind=old.kind, title_sv=old.title_sv, title_en=old.title_en,
            about_sv=old.about_sv, about_en=old.about_en, start=spans[old.id].start, end=spans[old.id].end,
            track=old.track, space_id=old.space_id, elsewhere=old.elsewhere, layout=old.layout, people=old.people,
            setup=old.setup, clearing=old.clearing, materials=old.materials, sequence=0,
        )  # fmt: skip
        db.session.add(session)
        db.session.flush()
        db.session.add_all(
            Part(session_id=session.id, speaker_id=speakers[part.speaker_id].id, role=part.role)
            for part in whole.parts.get(old.id, ())
        )
    db.session.add_all(
        Room(
            event_id=made.id, space_id=use.space_id, purpose=use.purpose, start=use.span.start, end=use.span.end
        )
        for use in programme.uses
    )  # fmt: skip
    db.session.flush()


# -- underneath --------------------------------------------------------------------------------------------------------


def _may(actor: Actor) -> None:
    if not rules.may_manage_events(actor):
        raise NotAllowed([Refusal("event-staff")])


def _event(actor: Actor, event_id: int) -> Event:
    _may(actor)
    event = queries.get(event_id)
    if event is None:
        raise NotFound
    return event


def _mine(actor: Actor, event_id: int) -> Event:
    """Give an event behind its lock."""
    _may(actor)
    return _locked(event_id)


def _locked(event_id: int) -> Event:
    event = queries.get(event_id)
    if event is None:
        raise NotFound
    db.session.execute(
        update(Event).where(Event.id == event_id).values(revision=Event.revision)
        .execution_options(synchronize_session=False)
    )  # fmt: skip
    db.session.refresh(event)
    return event


def _check(facts: Facts) -> None:
    if found := rules.facts_refusals(facts):
        raise Refused(found)


def _changed(event: Event, now: datetime) -> None:
    event.revision += 1
    event.changed_at = max(now, event.changed_at)
    db.session.flush()


def _write(event: Event, given: Facts) -> None:
    event.title_sv, event.title_en = (text.strip() for text in given.titles)
    event.summary_sv, event.summary_en = (text.strip() for text in given.summaries)
    event.body_sv, event.body_en = given.bodies
    event.practical_sv, event.practical_en = given.practical
    event.category, event.format, event.visibility = given.category, given.format, given.visibility
    event.online_url, event.contact_name, event.contact_email = (
        given.online_url, given.contact_name, given.contact_email,
    )  # fmt: skip


def _free_slug(titles: tuple[str, str]) -> str:
    wanted = slug_of(titles[0] or titles[1])
    taken, number, slug = queries.slugs_like(wanted) | rules.RESERVED_SLUGS, 1, wanted
    while slug in taken:
        number += 1
        slug = f"{wanted}-{number}"
    return slug


def _facts(event: Event) -> dict[str, Any]:
    """Give what the trail tells of an event; who is to be asked about it is no business of the trail."""
    return {
        "title_sv": event.title_sv, "title_en": event.title_en, "state": event.state, "category": event.category,
        "format": event.format, "visibility": event.visibility, "start": event.start, "end": event.end,
        "summary_sv": event.summary_sv, "summary_en": event.summary_en, "body_sv": len(event.body_sv),
        "body_en": len(event.body_en), "practical_sv": len(event.practical_sv), "practical_en": len(event.practical_en),
    }  # fmt: skip


def _programme_facts(programme: Programme) -> dict[str, Any]:
    pieces: Sequence[Item | Use] = [*rules.in_order(programme.items), *programme.uses]
    told = [f"{one.id}: {one.space_id or '-'} {one.span.start:%FT%RZ} {one.span.end:%FT%RZ}" for one in pieces]
    return {"start": programme.span.start, "end": programme.span.end, "pieces": told}
