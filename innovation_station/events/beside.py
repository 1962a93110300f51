"""What later features have to say on the pages of events, and which of theirs search engines may know: events know
nothing of them.

A feature names a template part and what it shows on the page of an event (`of_event`), and a short note on each of a
list (`of_list`). Parts stand in the order in which the features were registered.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from innovation_station.events.models import Event
from innovation_station.members.rules import Person


@dataclass(frozen=True, slots=True)
class Part:
    """A template that the page includes, and what it shows, under the name `part`; `foot` is one for its lower end."""

    template: str
    shown: Mapping[str, Any]
    foot: str = ""


@dataclass(frozen=True, slots=True)
class Looked:
    """What somebody looks at: an event, who it is (None for a visitor), and now.

    `more` goes into addresses about the event, `typed` is what was sent from its page and could not be done.
    """

    event: Event
    reader: Person | None
    now: datetime
    more: Mapping[str, Any] = field(default_factory=dict)
    typed: Mapping[str, Any] | None = None


Note = tuple[str, str | None, str | None]
"""A text, its colour and its sign, as tags have them."""

OfEvent = Callable[[Looked], Part | None]
OfList = Callable[[Sequence[Event], datetime], Mapping[int, Note]]
OfMap = Callable[[datetime], Sequence[tuple[str, datetime | None]]]
_of_event: list[OfEvent] = []
_of_list: list[OfList] = []
_of_map: list[OfMap] = []


def of_event(make: OfEvent) -> OfEvent:
    """Have a function asked for a part of each event's page."""
    _of_event.append(make)
    return make


def of_list(make: OfList) -> OfList:
    """Have a function asked for notes on the events of a list, by event; it costs the same however many there are."""
    _of_list.append(make)
    return make


def event_parts(looked: Looked) -> list[Part]:
    """Gather what stands beside an event."""
    return [part for make in _of_event if (part := make(looked))]


def list_notes(events: Sequence[Event], now: datetime) -> dict[int, Note]:
    """Gather the notes on a list of events."""
    found: dict[int, Note] = {}
    for make in _of_list:
        found.update(make(events, now))
    return found


def of_map(make: OfMap) -> OfMap:
    """Have a function asked which pages of its feature search engines may know: whole addresses, and when each changed
    last."""
    _of_map.append(make)
    return make


def map_pages(now: datetime) -> list[tuple[str, datetime | None]]:
    """Gather the pages of later features that search engines may know."""
    return [page for make in _of_map for page in make(now)]
