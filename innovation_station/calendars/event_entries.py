"""Events as entries of calendars: what is said of one, of its days and of its sessions, in a calendar's language.

An event of several days is an entry for each, from its first session to its last: one that lasts over the nights would
fill the calendar of who comes in the morning. The numbers of the days keep their UIDs when the event moves,
and the first has that of the event, so that one which gets longer is there once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from urllib.parse import parse_qsl

from structlog import get_logger

from innovation_station import markdown
from innovation_station.calendars.ics import Entry, event_bytes
from innovation_station.calendars.rules import EVENT_WORDS, UID_HOST, Setting
from innovation_station.events import rules
from innovation_station.events.models import Event, Session
from innovation_station.events.rules import Filter
from innovation_station.registration.rules import days
from innovation_station.spaces.rules import House, Language
from innovation_station.timespan import Span

log = get_logger(__name__)
PAST = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Telling:
    """With what events are told: the house, in which language, and what all entries share."""

    house: House
    language: Language
    shared: Setting

    @property
    def words(self) -> Mapping[str, str]:
        """Give the words of the language."""
        return EVENT_WORDS[self.language]

    def title(self, texts: tuple[str, str]) -> str:
        """Give a text in the language, or in the other where it is missing."""
        return rules.in_language(texts, self.language)[0]


@lru_cache(maxsize=256)
def filter_of(query: str) -> Filter:
    """Read the filters of a calendar."""
    return Filter.of(dict(parse_qsl(query)))


def name_of(chosen: Filter, house: House, language: Language, organisation: str = "") -> str:
    """Name a calendar of events that nobody has named."""
    words = EVENT_WORDS[language]
    kinds = [words[f"{one}-many"] for one in (chosen.category, chosen.format) if one]
    return ", ".join(filter(None, (*(kinds or [words["events"]]), organisation, house.name)))


def fragments(found: Iterable[Entry], shared: Setting) -> list[bytes]:
    """Write entries; one that cannot be written is left out and logged: it must not take the others with it."""
    written = []
    for entry in found:
        try:
            written.append(event_bytes(entry, shared.zone))
        except ValueError as error:
            log.error("entry left out of a feed of events", uid=entry.uid, reason=str(error))
    return written


def entries(row: Event, sessions: Sequence[Session], how: Telling) -> list[Entry]:
    """Say an event, an entry for each of its days."""
    return [_entry(row, span, number, how, sessions) for number, span in enumerate(_days(row, sessions, how))]


def _days(row: Event, sessions: Sequence[Session], how: Telling) -> list[Span]:
    """Give the hours of each day of an event: those of its sessions, cut to its own; of one day the event's."""
    return days(row.span, [one.span for one in sessions], how.shared.zone)


def _entry(row: Event, span: Span, number: int, how: Telling, sessions: Sequence[Session]) -> Entry:
    about = how.title((row.summary_sv, row.summary_en))
    mine = (one for one in sessions if span.contains(one.span))
    programme = [f"{one.start.astimezone(how.shared.zone):%H:%M} {how.title(one.titles)}" for one in mine]
    used = [one.space_id for one in sessions if one.space_id is not None]
    return Entry(
        uid=f"event-{row.uid}{f'-{number + 1}' if number else ''}{UID_HOST}", start=span.start, end=span.end,
        summary=_prefix(row, how) + how.title(row.titles), created=row.created_at,
        modified=_modified(row, used, how.house),
        description="\n".join(filter(None, (about, *programme))), location=_where(row, used, how),
        url=address(row, how.shared.base_url), status="CANCELLED" if row.state == "cancelled" else "CONFIRMED",
        sequence=row.sequence, categories=(how.words[row.category],), transparent=row.state == "cancelled",
    )  # fmt: skip


def session_entry(row: Event, one: Session, how: Telling) -> Entry:
    """Say one session of an event."""
    about = markdown.plain(how.title((one.about_sv, one.about_en)))
    place = how.house.places.get(one.space_id or 0)
    return Entry(
        uid=f"session-{one.uid}{UID_HOST}", start=one.start, end=one.end,
        summary=_prefix(row, how) + how.title(one.titles), created=row.created_at,
        modified=_modified(row, [place.id] if place else [], how.house),
        description="\n".join(filter(None, (how.title(row.titles), about))),
        location=", ".join(filter(None, (place.name if place else one.elsewhere, how.house.name))),
        url=address(row, how.shared.base_url), status="CANCELLED" if row.state == "cancelled" else "CONFIRMED",
        sequence=one.sequence, transparent=row.state == "cancelled",
    )  # fmt: skip


def _prefix(row: Event, how: Telling) -> str:
    return how.words["cancelled"] if row.state == "cancelled" else ""


def _modified(row: Event, used: Iterable[int], house: House) -> datetime:
    """Give when what is said of an event changed last: the new name of a place is a change of what says it."""
    worded = (house.places[space_id].worded_at for space_id in used if space_id in house.places)
    return max([row.changed_at, *(at for at in worded if at is not None)])


def _where(row: Event, used: Iterable[int], how: Telling) -> str:
    if row.format == "online":
        return row.online_url
    house = how.house
    names = [house.places[space_id].name for space_id in dict.fromkeys(used) if space_id in house.places]
    return ", ".join([*names[:3], house.name, house.address[how.language]]).strip(", ")


def address(row: Event, base_url: str) -> str:
    """Give the whole address of an event's page; "" where the house has none."""
    key = f"?key={row.link_key}" if row.visibility == "link" else ""
    return f"{base_url}/events/{row.slug}{key}" if base_url else ""
