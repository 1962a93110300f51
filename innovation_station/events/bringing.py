"""Events from a calendar file: looked at before they are taken in, and taken in as drafts, all that was chosen or none.

Nothing is published, and no place is held: where the file says that an event is stands beside its plan as a wish. The
file is read apart, as calendars from outside are; what reads or packs it comes before the transaction that writes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta
from typing import cast
from uuid import NAMESPACE_OID, uuid5
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, delete, exists, or_, select

from innovation_station.db import db, in_turn
from innovation_station.errors import Conflict, NotAllowed, Refusal, Refused
from innovation_station.events import intake, service
from innovation_station.events.intake import Known, Row
from innovation_station.events.models import Event, EventFile, Room, Session, Source
from innovation_station.events.rules import may_manage_events
from innovation_station.external import apart, safe
from innovation_station.external import rules as external
from innovation_station.external.reading import Ask, Reading
from innovation_station.i18n import zone as house_zone
from innovation_station.members.rules import Actor
from innovation_station.personal import Subject
from innovation_station.spaces.queries import house as read_house
from innovation_station.spaces.rules import House, Language

TURN = b"event-files"
"""Who takes events in does so in turn: two who have the same file would make each of its events twice."""
KEPT_FOR = timedelta(hours=1)
_SOME = 400  # keys in one statement
Progress = Callable[[int, int], None]


# -- what takes time, and no transaction -------------------------------------------------------------------------------


def packed(data: bytes, most: int) -> bytes:
    """Give what is kept of an uploaded file. Raises Refused where it is too large, and as `apart.kept`."""
    if len(data) > most:
        raise Refused([Refusal("fetch-large", "file", {"mb": round(most / 1_000_000, 1)})])
    return apart.kept(data, words=True, texts=True)


def read(data: bytes, wanted: str | None, *, now: datetime, zone: ZoneInfo) -> Reading:
    """Read a file, with what events say of themselves. Raises Refused and Unavailable as `apart.read`."""
    return apart.read(data, Ask(intake.window(now), zone.key, wanted, texts=True))


def rows(reading: Reading, language: Language, house: House, *, now: datetime) -> list[Row]:
    """Lay what was read beside what was taken in before; one statement for each 400 events, two where some are new."""
    found = intake.found_in(reading.entries, house)
    known = _known(Source.key, [one.key for one in found])
    new = [one for one in found if one.key not in known]
    lost = _known(Source.uid_key, sorted({external.event_key(one.uid) for one in new}))
    ahead = (one for key, one in lost.items() if key not in known and one.span.end > now)
    known |= intake.renamed(new, ahead, house_zone())
    cancelled = _known(Source.uid_key, [external.event_key(uid) for uid in reading.cancelled])
    read_now = {one.key for one in found}
    gone = [one for key, one in cancelled.items() if key not in read_now]
    return intake.compare(found, known, gone, language)


def _known(column: object, keys: Sequence[str]) -> dict[str, Known]:
    planned = or_(
        exists().where(Session.event_id == Event.id), exists().where(Room.event_id == Event.id)
    )  # fmt: skip
    found = {}
    for first in range(0, len(keys), _SOME):
        statement = select(Source, Event, planned.label("planned")).join(Event, Event.id == Source.event_id)
        some = cast("ColumnElement[str]", column).in_(keys[first : first + _SOME])
        for source, event, has_plan in db.session.execute(statement.where(some)):
            language = cast(Language, source.language)
            found[source.key] = Known(
                event.id, source.key, source.uid_key, source.stamp, event.state, event.revision,
                event.revision != source.revision, has_plan, language,
                event.titles[0 if language == "sv" else 1], event.span, source.place,
            )  # fmt: skip
    return found


# -- the file between its look and its taking --------------------------------------------------------------------------


def keep(actor: Actor, body: bytes, *, name: str, language: Language, zone: str | None, now: datetime) -> None:
    """Keep a file for its member to look at, one for each. Raises NotAllowed, Refused."""
    _may(actor)
    if refused := external.zone_refusals(zone):
        raise Refused(refused)
    forget(actor.id)
    sweep(now=now)
    db.session.add(
        EventFile(
            member_id=actor.id, name=name[: intake.PLACE_LONGEST], body=body, language=language, zone=zone, kept_at=now
        )
    )
    db.session.flush()


def kept(actor: Actor, *, now: datetime) -> EventFile | None:
    """Give the file that somebody looks at."""
    mine = (EventFile.member_id == actor.id, EventFile.kept_at > now - KEPT_FOR)
    return db.session.scalar(select(EventFile).where(*mine))


def held(actor: Actor, *, now: datetime) -> EventFile:
    """Give the file that somebody looks at. Raises Refused where there is none any more."""
    found = kept(actor, now=now)
    if found is None:
        raise Refused([Refusal("file-gone", "file")])
    return found


def rezone(actor: Actor, zone: str | None, *, now: datetime) -> None:
    """Choose the zone in which times without one are read. Raises Refused."""
    if refused := external.zone_refusals(zone):
        raise Refused(refused)
    held(actor, now=now).zone = zone
    db.session.flush()


def forget(member_id: int) -> int:
    """Delete the file that somebody looks at; give how many."""
    return _deleted(EventFile.member_id == member_id)


def forget_naming(subject: Subject) -> int:
    """Delete the files that hold somebody's address or name; give how many."""
    found = [
        row.member_id
        for row in db.session.scalars(select(EventFile))
        if subject.is_named_in(safe.unpacked(row.body).decode("utf-8", "replace"))
    ]
    return _deleted(EventFile.member_id.in_(found)) if found else 0


def sweep(*, now: datetime) -> int:
    """Delete files that are too old; give how many."""
    return _deleted(EventFile.kept_at <= now - KEPT_FOR)


def _deleted(where: ColumnElement[bool]) -> int:
    return int(db.session.execute(delete(EventFile).where(where)).rowcount)  # type: ignore[attr-defined]


# -- taken in ----------------------------------------------------------------------------------------------------------


def take(
    actor: Actor | None, reading: Reading, language: Language, *, now: datetime, only_try: bool = False,
    chosen: Collection[str] | None = None, shown: str = "", progress: Progress = lambda _done, _total: None,
) -> Counter[str]:  # fmt: skip
    """Make drafts of events of a file, and bring those up to date that were taken in before; all of it, or nothing.

    `chosen` are keys, None for all that are new or have changed there alone; `shown` names what was looked at. Without
    an actor it is the house's own doing. `only_try` writes nothing. Give how many there are of each state, and how many
    were "made", "updated" and are "left" for another time. Raises NotAllowed, Refused, and Conflict where it is not
    what was shown any more.
    """
    if actor is not None:
        _may(actor)
    in_turn(TURN)
    house = read_house()
    found = rows(reading, language, house, now=now)
    if shown and shown != intake.token(found):
        raise Conflict([Refusal("plan-changed")])
    wanted = [row for row in found if _is_wanted(row, chosen)]
    if chosen is not None and {row.found.key for row in wanted} != set(chosen):
        raise Conflict([Refusal("plan-changed")])
    told: Counter[str] = Counter(row.state for row in found)
    for done, row in enumerate(wanted[: intake.MOST], 1):
        if not only_try:
            _take_one(actor, row, language, now)
        told["updated" if row.known else "made"] += 1
        progress(done, min(len(wanted), intake.MOST))
    told["left"] = max(0, len(wanted) - intake.MOST)
    return told


def _is_wanted(row: Row, chosen: Collection[str] | None) -> bool:
    if chosen is None:
        return row.state in ("new", "changed")
    return row.state in intake.TAKEN and row.found.key in chosen


def _take_one(actor: Actor | None, row: Row, language: Language, now: datetime) -> None:
    found, known = row.found, row.known
    if known is None:
        event = service.draft(actor, found.facts(language), found.span, now=now)
        if found.recurring:
            event.group_uid = str(uuid5(NAMESPACE_OID, found.uid))  # its dates are one series here too
        source = Source(
            event_id=event.id, key=found.key, uid_key=external.event_key(found.uid), stamp=found.stamp,
            language=language, place=found.place, space_id=found.space_id, revision=event.revision, taken_at=now,
        )  # fmt: skip
        db.session.add(source)
        db.session.flush()
        return
    event = service.rewrite(
        actor, known.event_id, lambda facts: found.facts(known.language, facts), found.span, now=now
    )
    source = db.session.get_one(Source, event.id)
    source.key, source.stamp, source.place, source.space_id = found.key, found.stamp, found.place, found.space_id
    source.revision, source.taken_at = event.revision, now
    db.session.flush()


def wish(event_id: int) -> Source | None:
    """Tell where the file that an event came from says that it is."""
    return db.session.get(Source, event_id)


def _may(actor: Actor) -> None:
    if not may_manage_events(actor):
        raise NotAllowed([Refusal("event-staff")])
