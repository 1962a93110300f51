"""What an announcement is, whom it concerns, and what is wrong with one. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

from innovation_station.errors import Refusal
from innovation_station.members.rules import Actor, is_staff
from innovation_station.spaces.rules import House, Place
from innovation_station.timespan import Span

LEVELS = ("information", "important")
PAGES = ("start", "today", "book", "display")
KINDS = ("floor", "zone", "space")
TEXT_LONGEST = 300
LONGEST = timedelta(days=366)
LONGEST_HAPPENING = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Facts:
    """What an announcement says, (sv, en), and where: on `pages`, of all the house or of one `place` (kind, id).

    `happens` is when what it is about takes place, told in calendars where it is `in_feeds`.
    """

    texts: tuple[str, str]
    stands: Span
    level: str = "information"
    pages: frozenset[str] = field(default_factory=frozenset)
    place: tuple[str, int] | None = None
    happens: Span | None = None
    in_feeds: bool = False


def may_announce(actor: Actor) -> bool:
    """Tell whether somebody announces: staff."""
    return is_staff(actor)


def refusals(given: Facts, house: House) -> list[Refusal]:
    """List what is wrong with an announcement."""
    found = []
    if not any(text.strip() for text in given.texts):
        found.append(Refusal("announcement-empty", "text_sv"))
    for language, text in zip(("sv", "en"), given.texts, strict=True):
        if len(text) > TEXT_LONGEST:
            found.append(Refusal("event-text-long", f"text_{language}", {"longest": TEXT_LONGEST}))
    if given.level not in LEVELS:
        found.append(Refusal("event-choice", "level"))
    if given.stands.length > LONGEST:
        found.append(Refusal("announcement-long", "until_date", {"days": LONGEST.days}))
    if given.happens is not None and given.happens.length > LONGEST_HAPPENING:
        found.append(Refusal("announcement-long", "end_date", {"days": LONGEST_HAPPENING.days}))
    if given.in_feeds and given.happens is None:
        found.append(Refusal("announcement-timeless", "in_feeds"))
    if not given.pages <= frozenset(PAGES) or not (given.pages or given.in_feeds):
        found.append(Refusal("announcement-nowhere", "pages"))
    if given.place is not None and not is_there(given.place, house):
        found.append(Refusal("space-unknown", "place"))
    return found


def is_there(place: tuple[str, int], house: House) -> bool:
    """Tell whether the house has a part."""
    kind, number = place
    known = {"floor": house.floors, "zone": house.zones, "space": house.places}.get(kind, {})
    return number in known


def concerns(of: tuple[str, int] | None, place: Place) -> bool:
    """Tell whether what concerns a part of the house, or all of it (None), concerns a place."""
    if of is None:
        return True
    kind, number = of
    return {"floor": place.floor_id, "zone": place.zone_id, "space": place.id}.get(kind) == number


def can_be_hidden(level: str) -> bool:
    """Tell whether a member may hide an announcement."""
    return level != "important"
