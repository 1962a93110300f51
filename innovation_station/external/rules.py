"""What an external calendar may be, when it is fetched, and what changes by a reading. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from innovation_station.errors import Refusal
from innovation_station.external.reading import Entry, Reading, key_of
from innovation_station.external.zones import known_zone
from innovation_station.members.rules import Actor, is_staff
from innovation_station.text import fits_a_line
from innovation_station.timespan import Span, local_day

STATES = ("active", "paused", "stopped")  # stopped by itself, after failures
NAME_LONGEST = 80
MOST_OF_ONE = 5  # calendars of one space, and of one member
EVERY = timedelta(hours=1)
LONGEST_WAIT = timedelta(hours=24)
STOP_AFTER = 10  # failures in a row: with the waits between them most of a week
WHOLE_AFTER = timedelta(hours=20)  # then a file is read whole though its server says that nothing is new: days pass
AHEAD = timedelta(days=400)
DRAFT_FOR = timedelta(hours=1)
MOST_LOOKS = 20  # of one person within DRAFT_FOR
TOLD = 50  # problems that are kept of a reading
SPREAD = 0.2  # of a wait, so that calendars of one server are not all asked at once
_INCOMPLETE = frozenset({"too-many-events", "too-many-times"})


@dataclass(frozen=True, slots=True)
class Known:
    """An entry as it is stored: its key, that of its event, and its time."""

    id: int
    key: str
    event: str
    span: Span


@dataclass(frozen=True, slots=True)
class Changes:
    """What a reading changes: entries that are new, those that have another time, and what is gone."""

    new: Sequence[Entry]
    moved: Sequence[tuple[Known, Entry]]
    gone: Sequence[Known]

    @property
    def any(self) -> bool:
        """Tell whether there is anything to write."""
        return bool(self.new or self.moved or self.gone)


def may_manage(actor: Actor) -> bool:
    """Tell whether a person looks after the calendars of spaces."""
    return is_staff(actor)


def window(now: datetime, zone: ZoneInfo) -> Span:
    """Give the time that files are read for: from the local day before on, so that what runs now is among it."""
    first = local_day((now - timedelta(days=1)).astimezone(zone).date(), zone).start
    return Span(first, first + AHEAD)


def name_refusals(name: str) -> list[Refusal]:
    """List what is wrong with a name."""
    fits = 0 < len(name) <= NAME_LONGEST and fits_a_line(name)
    return [] if fits else [Refusal("external-name", "name", {"longest": NAME_LONGEST})]


def zone_refusals(zone: str | None) -> list[Refusal]:
    """List what is wrong with a zone that was chosen."""
    return [] if zone is None or known_zone(zone) == zone else [Refusal("external-zone", "zone")]


def read_refusals(reading: Reading, zone: str | None) -> list[Refusal]:
    """List why a reading cannot block anything yet: a zone in it is not known, and nobody has said what it means."""
    if not reading.unknown or zone is not None:
        return []
    return [Refusal("external-zone-asked", "zone", {"names": ", ".join(sorted(reading.unknown)[:3])})]


def event_key(uid: str) -> str:
    """Give what stands for an event with all its times, and tells nothing of it."""
    return key_of(uid, "")


def changes(known: Sequence[Known], reading: Reading) -> Changes:
    """Compare what is stored with what was read.

    What could not be read stays as it was, a date that was moved to where cannot be read stays where it was known to
    be, and what a file says of some events only says nothing of the others.
    """
    wanted: Mapping[str, Entry] = {entry.key: entry for entry in reading.busy}
    stored = {one.key: one for one in known}
    unread = {event_key(uid) for uid in reading.unread}
    cancelled = {event_key(uid) for uid in reading.cancelled}
    partial = reading.partial or any(problem.code in _INCOMPLETE for problem in reading.problems)

    def goes(one: Known) -> bool:
        if one.key in wanted or one.event in unread:
            return False
        return one.event in cancelled if partial else True

    return Changes(
        [entry for key, entry in wanted.items() if key not in stored],
        [
            (stored[key], entry)
            for key, entry in wanted.items()
            if key in stored and stored[key].span != entry.span and entry.status != "doubtful"
        ],
        [one for one in known if goes(one)],
    )


def next_fetch(now: datetime, failures: int, roll: float) -> datetime:
    """Give when to fetch again: hourly, after failures twice as late each time; `roll` of 0 to 1 spreads it."""
    wait = min(EVERY * 2 ** min(failures, 10), LONGEST_WAIT)
    return now + wait * (1 + SPREAD * (roll - 0.5))
