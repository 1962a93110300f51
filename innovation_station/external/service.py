"""What happens to external calendars: looked at, added, read anew, paused, removed.

Fetching and reading take time and touch no row: `gather` and `read` come before the transaction that writes what they
found. Every other function runs inside `db.transaction()`, flushes and never commits.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import delete, insert, select, update

from innovation_station.audit import service as audit
from innovation_station.bookings import busy
from innovation_station.bookings import service as bookings
from innovation_station.bookings.models import Booking, SpaceBusy
from innovation_station.bookings.writes import lock_booker, stamp
from innovation_station.db import at_end, db
from innovation_station.errors import NotFound, Refusal, Refused, TooMany
from innovation_station.external import apart, fetching, queries, rules, safe, telling
from innovation_station.external.fetching import Reach, Validators
from innovation_station.external.models import ExternalCalendar, ExternalDraft, ExternalEntry
from innovation_station.external.reading import Ask, Reading
from innovation_station.external.rules import Changes
from innovation_station.i18n import zone as house_zone
from innovation_station.members.rules import Actor
from innovation_station.spaces.queries import house as read_house
from innovation_station.spaces.rules import House

_BATCH = 400
PAST_FOR = timedelta(days=7)  # so long times that are over are kept where nothing is read any more


@dataclass(frozen=True, slots=True)
class Means:
    """With what calendars are got: where may be gone, and the house's key and zone."""

    reach: Reach
    key: str
    zone: ZoneInfo


@dataclass(frozen=True, slots=True)
class Gathered:
    """What is kept of a file that came, packed, and from where; an upload has no address."""

    file: bytes
    address: str | None = None
    validators: Validators = field(default_factory=Validators)


@dataclass(frozen=True, slots=True)
class Come:
    """What a try has brought: a reading, or None where nothing is new."""

    reading: Reading | None
    validators: Validators


# -- what takes time, and no transaction ------------------------------------------------------------------------------


def gather(address: str, means: Means) -> Gathered:
    """Fetch a calendar that is not known yet. Raises Refused as `fetching.fetch` and `apart.kept`."""
    plain = fetching.parse_address(address)
    answer = fetching.fetch(plain, means.reach)
    return Gathered(apart.kept(answer.data or b"", words=True), plain, answer.validators)


def uploaded(data: bytes, means: Means) -> Gathered:
    """Take an uploaded file. Raises Refused where it is too large, and as `apart.kept`."""
    if len(data) > means.reach.size:
        raise Refused([Refusal("fetch-large", "file", {"mb": round(means.reach.size / 1_000_000, 1)})])
    return Gathered(apart.kept(data, words=True))


def source_of(calendar: ExternalCalendar, means: Means) -> Gathered:
    """Give what a calendar that there is says now: its file, or what its address has. Raises Refused as `gather`."""
    if calendar.file is not None:
        return Gathered(calendar.file)
    address = safe.unlocked(calendar.address or b"", means.key)
    if address is None:
        raise Refused([Refusal("address-lost", "address")])
    return gather(address, means)


def wordless(draft: ExternalDraft) -> bytes | None:
    """Give what stays of the file of a draft once it counts; nothing of what is fetched again. Raises Refused."""
    return None if draft.address else apart.kept(safe.unpacked(draft.file), words=False)


def read(data: bytes, zone: str | None, means: Means, *, now: datetime) -> Reading:
    """Read a file for the time that counts. Raises Refused as `apart.read`."""
    return apart.read(data, Ask(rules.window(now, means.zone), means.zone.key, zone))


def try_again(calendar: ExternalCalendar, means: Means, *, now: datetime) -> Come:
    """Fetch what a calendar's address has, or take its file, and read it. Raises Refused.

    Once in a while all is read though nothing is new: what repeats goes on, and the days that count have moved.
    """
    if calendar.file is not None:
        return Come(read(safe.unpacked(calendar.file), calendar.zone, means, now=now), Validators())
    address = safe.unlocked(calendar.address or b"", means.key)
    if address is None:
        raise Refused([Refusal("address-lost", "address")])
    fresh = calendar.read_at is not None and calendar.read_at > now - rules.WHOLE_AFTER
    known = Validators(calendar.etag, calendar.last_modified) if fresh else None
    answer = fetching.fetch(address, means.reach, known)
    if answer.data is None:
        return Come(None, answer.validators)
    return Come(read(answer.data, calendar.zone, means, now=now), answer.validators)


# -- looked at before it counts ---------------------------------------------------------------------------------------


def begin(actor: Actor, *, now: datetime) -> int:
    """Make room for a calendar that somebody is about to look at; gives its number.

    Raises TooMany for who looks without end: each look may have us ask some server. NotFound for a closed account.
    """
    lock_booker(actor.id)
    if queries.looks(actor.id, now) >= rules.MOST_LOOKS:
        refusal = Refusal("external-looks", None, {"most": rules.MOST_LOOKS})
        raise TooMany(refusal, retry_after=int(rules.DRAFT_FOR.total_seconds()))
    draft = ExternalDraft(made_by_id=actor.id, name="", file=b"", made_at=now)
    db.session.add(draft)
    db.session.flush()
    return draft.id


def keep_draft(
    actor: Actor, draft_id: int, gathered: Gathered, *, name: str, space_id: int | None, zone: str | None, means: Means,
    now: datetime, calendar_id: int | None = None,
) -> ExternalDraft:  # fmt: skip
    """Keep a calendar for somebody to look at, in the room made for it; with a `calendar_id` it is what that one is to
    be. Raises NotFound, Refused."""
    name = name.strip()
    if refused := [*rules.name_refusals(name), *rules.zone_refusals(zone)]:
        raise Refused(refused)
    if space_id is not None and space_id not in read_house().places:
        raise NotFound("space-unknown")
    draft = queries.draft(draft_id, actor.id, now)
    if draft is None:
        raise NotFound("external-draft-gone")
    if calendar_id is not None:
        space_id = found(actor, calendar_id, own=space_id is None).space_id
    draft.space_id, draft.name, draft.zone, draft.calendar_id = space_id, name, zone, calendar_id
    draft.address = safe.locked(gathered.address, means.key) if gathered.address else None
    draft.host = fetching.shown_address(gathered.address)[:255] if gathered.address else None
    draft.file = gathered.file
    draft.etag, draft.last_modified = gathered.validators.etag, gathered.validators.last_modified
    db.session.flush()
    return draft


def drafted(actor: Actor, draft_id: int, *, now: datetime) -> ExternalDraft:
    """Give what somebody is looking at. Raises NotFound."""
    found = queries.draft(draft_id, actor.id, now)
    if found is None or not found.file:
        raise NotFound("external-draft-gone")
    return found


def rezone(actor: Actor, draft_id: int, zone: str | None, *, now: datetime) -> ExternalDraft:
    """Choose the zone in which times without one are read. Raises NotFound, Refused."""
    draft = drafted(actor, draft_id, now=now)
    if refused := rules.zone_refusals(zone):
        raise Refused(refused)
    draft.zone = zone
    db.session.flush()
    return draft


def drop_draft(actor: Actor, draft_id: int) -> None:
    """Let go what somebody was looking at. Twice is the same as once."""
    db.session.execute(delete(ExternalDraft).where(ExternalDraft.id == draft_id, ExternalDraft.made_by_id == actor.id))


def take(
    actor: Actor, draft_id: int, reading: Reading, file: bytes | None, *, now: datetime, zone: ZoneInfo
) -> ExternalCalendar:  # fmt: skip
    """Let a calendar count that was looked at: all of it, or nothing.

    `reading` is of its file, in its zone, and `file` what is `wordless` of it. Taking twice finds nothing the second
    time. Raises NotFound, Refused.
    """
    draft = drafted(actor, draft_id, now=now)
    if refused := rules.read_refusals(reading, draft.zone):
        raise Refused(refused)
    own = draft.space_id is None
    if draft.calendar_id is not None:
        return _replace(actor, draft, reading, file, now=now, zone=zone)
    if own:
        lock_booker(actor.id)
    else:
        stamp([draft.space_id or 0])
    if queries.counted(draft.space_id, actor.id) >= rules.MOST_OF_ONE:
        raise Refused([Refusal("external-limit", None, {"most": rules.MOST_OF_ONE})])
    calendar = ExternalCalendar(
        space_id=draft.space_id, member_id=actor.id if own else None, name=draft.name, address=draft.address,
        host=draft.host, file=None if draft.address else file, zone=draft.zone, said={},
        next_at=now, made_by_id=actor.id, made_at=now, state="active", failures=0,
    )  # fmt: skip
    db.session.add(calendar)
    db.session.flush()
    come = Come(reading, Validators(draft.etag, draft.last_modified))
    db.session.delete(draft)
    count = _write(calendar, come, now=now, zone=zone)
    _audit("external.added", calendar, actor, now, after=_facts(calendar) | {"times": count})
    return calendar


def _replace(
    actor: Actor, draft: ExternalDraft, reading: Reading, file: bytes | None, *, now: datetime, zone: ZoneInfo
) -> ExternalCalendar:  # fmt: skip
    """Let a calendar be from now on what was looked at: the times that both have stay as they are."""
    calendar = found(actor, draft.calendar_id or 0, own=draft.space_id is None)
    before = _facts(calendar)
    calendar.address, calendar.host, calendar.zone = draft.address, draft.host, draft.zone
    calendar.file = None if draft.address else file
    _call(calendar, draft.name)
    come = Come(reading, Validators(draft.etag, draft.last_modified))
    db.session.delete(draft)
    count = _write(calendar, come, now=now, zone=zone)
    _audit("external.edited", calendar, actor, now, before=before, after=_facts(calendar) | {"times": count})
    return calendar


def rename(actor: Actor, calendar_id: int, name: str, *, own: bool, now: datetime) -> ExternalCalendar:
    """Call a calendar something else; nothing of it is read. Raises NotFound, Refused."""
    name = name.strip()
    if refused := rules.name_refusals(name):
        raise Refused(refused)
    calendar = found(actor, calendar_id, own=own)
    if calendar.name != name:
        before = _facts(calendar)
        _call(calendar, name)
        db.session.flush()
        _audit("external.edited", calendar, actor, now, before=before, after=_facts(calendar))
    return calendar


def _call(calendar: ExternalCalendar, name: str) -> None:
    """Give a calendar its name, also where it is said of what takes its time."""
    calendar.name = name
    theirs = select(ExternalEntry.busy_id).where(ExternalEntry.calendar_id == calendar.id)
    db.session.execute(
        update(SpaceBusy).where(SpaceBusy.id.in_(theirs)).values(source=name)
        .execution_options(synchronize_session=False)
    )  # fmt: skip


# -- read again -------------------------------------------------------------------------------------------------------


def came(calendar_id: int, come: Come, *, now: datetime, zone: ZoneInfo) -> int:
    """Write what a try has brought; give how many times have changed. What is as it was is not touched."""
    calendar = queries.get(calendar_id, lock=True)
    if calendar is None or calendar.state == "paused":
        return 0
    return _write(calendar, come, now=now, zone=zone)


def failed(calendar_id: int, refusal: Refusal, *, now: datetime) -> None:
    """Write why a try has failed. What the calendar had said stands; after many failures it is tried no more."""
    calendar = queries.get(calendar_id, lock=True)
    if calendar is None or calendar.state == "paused":
        return
    calendar.failures += 1
    calendar.error = {"code": refusal.code, "values": dict(refusal.values)}
    calendar.tried_at = now
    calendar.next_at = rules.next_fetch(now, calendar.failures, _roll())
    if calendar.failures >= rules.STOP_AFTER and calendar.state == "active":
        calendar.state = "stopped"
        telling.stopped(calendar, now)
    db.session.flush()


def _write(calendar: ExternalCalendar, come: Come, *, now: datetime, zone: ZoneInfo) -> int:
    calendar.tried_at = calendar.succeeded_at = now
    calendar.error, calendar.failures, calendar.state = None, 0, "active"
    calendar.next_at = rules.next_fetch(now, 0 if calendar.file is None else 4, _roll())
    calendar.etag, calendar.last_modified = come.validators.etag, come.validators.last_modified
    if come.reading is None:
        db.session.flush()
        return 0
    calendar.read_at, calendar.said = now, _said(come.reading)
    found = rules.changes(queries.entries(calendar.id), come.reading)
    if found.any:
        if calendar.space_id is not None:
            busy.lock([calendar.space_id])  # before any row of it: bookings that give time back come the same way
        _apply(calendar, found, now)
    # what says the same leaves its space as it is: to settle stamps it, and all that is made of it is made anew
    if calendar.space_id is not None and (found.any or busy.contested_on([calendar.space_id], now)):
        before = busy.contested(now)
        busy.settle([calendar.space_id], now=now, zone=zone)
        if busy.contested(now) > before:
            telling.contested(calendar, now)
    db.session.flush()
    return len(found.new) + len(found.moved) + len(found.gone)


def _apply(calendar: ExternalCalendar, found: Changes, now: datetime) -> None:
    _forget([one.id for one in found.gone])
    for one, entry in found.moved:
        row = db.session.get_one(ExternalEntry, one.id)
        row.start, row.end = entry.start, entry.end
        if row.busy_id is not None:
            kept = db.session.get_one(SpaceBusy, row.busy_id)
            kept.start, kept.end = entry.start, entry.end
            kept.sequence, kept.changed_at = kept.sequence + 1, now
    db.session.flush()
    ids: Sequence[int | None] = [None] * len(found.new)
    if calendar.space_id is not None:
        ids = busy.add(calendar.space_id, [entry.span for entry in found.new], calendar.name, now=now)
    rows = [
        {
            "calendar_id": calendar.id, "key": entry.key, "event": rules.event_key(entry.uid), "start": entry.start,
            "end": entry.end, "busy_id": busy_id,
        }
        for entry, busy_id in zip(found.new, ids, strict=True)
    ]  # fmt: skip
    if rows:
        db.session.execute(insert(ExternalEntry), rows)


def _forget(entry_ids: Sequence[int]) -> None:
    for first in range(0, len(entry_ids), _BATCH):
        some = entry_ids[first : first + _BATCH]
        theirs = select(ExternalEntry.busy_id).where(ExternalEntry.id.in_(some), ExternalEntry.busy_id.is_not(None))
        busy_ids = [one for one in db.session.scalars(theirs) if one is not None]
        db.session.execute(
            delete(ExternalEntry).where(ExternalEntry.id.in_(some)).execution_options(synchronize_session=False)
        )
        busy.drop(busy_ids)


def _said(reading: Reading) -> dict[str, Any]:
    """Give what is kept of a reading's remarks; no words of the file that people may have written."""
    told = [problem for problem in reading.problems if not (problem.note and problem.code == "line-unreadable")]
    return {
        "problems": [
            [problem.line, problem.code, "" if problem.code == "line-unreadable" else problem.text]
            for problem in told[: rules.TOLD]
        ],
        "more": reading.more_problems + max(0, len(told) - rules.TOLD),
        "floating": reading.floating, "floating_zone": reading.floating_zone, "zones": reading.zones,
    }  # fmt: skip


def _roll() -> float:
    return random.random()  # noqa: S311  it spreads requests, and guards nothing


# -- what people do ---------------------------------------------------------------------------------------------------


def pause(actor: Actor, calendar_id: int, *, own: bool, now: datetime) -> ExternalCalendar:
    """Let a calendar rest: it keeps what it has said and is read no more. Twice is once. Raises NotFound."""
    return _turn(actor, calendar_id, "paused", own=own, now=now)


def resume(actor: Actor, calendar_id: int, *, own: bool, now: datetime) -> ExternalCalendar:
    """Have a calendar read again, at once. Twice is once. Raises NotFound."""
    return _turn(actor, calendar_id, "active", own=own, now=now)


def _turn(actor: Actor, calendar_id: int, state: str, *, own: bool, now: datetime) -> ExternalCalendar:
    calendar = found(actor, calendar_id, own=own)
    if calendar.state != state:
        before = calendar.state
        calendar.state, calendar.failures = state, 0
        calendar.next_at = now
        db.session.flush()
        action = "external.resumed" if state == "active" else "external.paused"
        _audit(action, calendar, actor, now, before={"state": before}, after={"state": state})
    return calendar


def remove(actor: Actor, calendar_id: int, *, own: bool, now: datetime, zone: ZoneInfo) -> None:
    """Take a calendar away, and give all its time back. Raises NotFound."""
    calendar = found(actor, calendar_id, own=own)
    facts, space_id = _facts(calendar), calendar.space_id
    _audit("external.removed", calendar, actor, now, before=facts)
    if space_id is not None:
        busy.lock([space_id])
    _delete(calendar)
    if space_id is not None:
        busy.settle([space_id], now=now, zone=zone)


def remove_all(member_id: int) -> int:
    """Take all calendars of a member away, and what they look at; give how many."""
    mine = queries.of_member(member_id)
    for calendar in mine:
        _delete(calendar)
    db.session.execute(delete(ExternalDraft).where(ExternalDraft.made_by_id == member_id))
    return len(mine)


def disown(member_id: int) -> None:
    """Forget who added calendars of spaces: they stay."""
    db.session.execute(
        update(ExternalCalendar)
        .where(ExternalCalendar.made_by_id == member_id)
        .values(made_by_id=None)
        .execution_options(synchronize_session=False)
    )
    db.session.expire_all()


def _delete(calendar: ExternalCalendar) -> None:
    _forget([one.id for one in queries.entries(calendar.id)])
    db.session.delete(calendar)
    db.session.flush()


def sweep(now: datetime) -> int:
    """Let go what nobody looks at any more; give how many."""
    old = delete(ExternalDraft).where(ExternalDraft.made_at <= now - rules.DRAFT_FOR)
    return int(db.session.execute(old).rowcount)  # type: ignore[attr-defined]


def found(actor: Actor, calendar_id: int, *, own: bool) -> ExternalCalendar:
    """Give a calendar behind its lock: of a space, or with `own` the actor's. Raises NotFound."""
    calendar = queries.get(calendar_id, lock=True)
    theirs = calendar is not None and (calendar.member_id == actor.id if own else calendar.space_id is not None)
    if calendar is None or not theirs:
        raise NotFound("external-unknown")
    return calendar


def _facts(calendar: ExternalCalendar) -> dict[str, Any]:
    return {"name": calendar.name, "space": calendar.space_id, "host": calendar.host, "zone": calendar.zone}


def _audit(action: str, calendar: ExternalCalendar, actor: Actor, now: datetime, **what: Any) -> None:
    audit.record(
        action, subject=("external", calendar.id), actor=actor, now=now, member_id=calendar.member_id, **what
    )  # fmt: skip


# -- what follows from bookings ---------------------------------------------------------------------------------------


@bookings.changed.connect
def follow(
    booking: Booking, *, now: datetime, house: House | None, before: Any = None, **_more: object
) -> None:  # fmt: skip
    """Let other calendars have what a booking gives back, at the end of its transaction and behind its locks."""
    if house is None or before is None:
        return
    was = house.places.get(before["space"])
    if was is not None:
        at_end(_settle_again, (frozenset((*was.touches, *house.places[booking.space_id].touches)), now))


def _settle_again(items: Sequence[tuple[frozenset[int], datetime]]) -> None:
    """Settle what the locks of the transaction are enough for; the job, which looks every minute, does the rest."""
    now = max(at for _spaces, at in items)
    locked = frozenset().union(*(spaces for spaces, _at in items))
    met = busy.contested_on(locked, now)
    if enough := [space_id for space_id in met if locked.issuperset(busy.locks([space_id]))]:
        busy.settle(enough, now=now, zone=house_zone())
