"""When a door is open, who may be let in, and who counts as in the house. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from innovation_station.errors import Refusal
from innovation_station.timespan import Span

WAYS = ("ticket", "list", "walk-in")
BEFORE, AFTER = timedelta(hours=12), timedelta(hours=12)  # so long round an event people are checked in
LINGERING = timedelta(hours=1)  # after its end who came to an event is still counted as in the house
PLACED = frozenset({"registered"})


def door_refusals(state: str, span: Span, now: datetime) -> list[Refusal]:
    """List why nobody is checked in to an event: it is not published, or not around now."""
    if state != "published":
        return [Refusal("event-state")]
    if not span.start - BEFORE <= now < span.end + AFTER:
        return [Refusal("door-shut", None, {"at": span.start})]
    return []


def ticket_refusals(state: str) -> list[Refusal]:
    """List why a registration lets nobody in."""
    return [] if state in PLACED else [Refusal("ticket-none")]


@dataclass(frozen=True, slots=True)
class Present:
    """Somebody who is in the house, or should be: `sure` where that was noted. A person has one `key`."""

    key: str
    name: str
    why: str
    where: str
    since: datetime | None = None
    sure: bool = False


def once(found: Iterable[Present]) -> list[Present]:
    """Name each person once, with all that is known of where they are, by name; who is sure to be here stays so."""
    people: dict[str, Present] = {}
    for one in found:
        known = people.get(one.key)
        if known is None:
            people[one.key] = one
            continue
        where = ", ".join(dict.fromkeys(filter(None, (*known.where.split(", "), one.where))))
        starts = [at for at in (known.since, one.since) if at is not None]
        why = known.why if known.why == one.why else f"{known.why}, {one.why}"
        people[one.key] = Present(
            one.key, known.name, why, where, min(starts, default=None), known.sure or one.sure
        )  # fmt: skip
    return sorted(people.values(), key=lambda one: (one.name.casefold(), one.key))
