"""Booking rules, opening hours and the shape of the house. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import date, datetime, time, timedelta
from functools import cached_property, lru_cache
from typing import Any, Literal, Protocol, TypeVar
from zoneinfo import ZoneInfo

from innovation_station.errors import Outdated
from innovation_station.timespan import Span, to_utc

Language = Literal["sv", "en"]
KINDS = ("desk", "room", "booth", "hall")
AMENITIES = (
    "window", "screen", "height-adjustable", "quiet", "whiteboard", "video", "projector", "hearing-loop", "step-free",
    "flicker-free",
)  # fmt: skip
SHAPES: Mapping[str, tuple[str, ...]] = {
    "rect": ("x", "y", "width", "height", "rx"),
    "circle": ("cx", "cy", "r"),
    "line": ("x1", "y1", "x2", "y2"),
    "path": ("d",),
}
TURN = "turn"  # of a rectangle: degrees clockwise about its middle
SHAPE_CLASSES = frozenset({"floor", "wall", "glass", "win", "win2", "opening", "chair", "furn", "step", "soft", "door"})
LAYOUTS = ("theatre", "classroom", "islands", "standing", "boardroom")
DAY_MINUTES = 24 * 60
HEAD, EDGE = 50, 6  # plan units: where a divided space has its name, and what its parts keep from its edge
MOST_PARTS = 6


class Holidays(Protocol):
    """The days the house is shut by custom, each with its names by language; a plain mapping will do."""

    def __contains__(self, day: object, /) -> bool: ...
    def __getitem__(self, day: date, /) -> Mapping[Language, str]: ...


@dataclass(frozen=True, slots=True)
class Policy:
    """Booking rules in force: minutes, but the horizon in days.

    `setup` and `clearing` are kept free before and after a booking. `approval` is how long staff have to
    answer a request (0: nobody is asked), `check_in` how late one may come before the place is let go (0: nobody has to
    check in), `cancel_by` how long before its start a booking may be cancelled at the latest. `at_once` is how many
    places of its kind a member may have at the same time (0: any number), `booked_by` the lowest role that may book,
    `opens` and `closes` the minutes of the local day that narrow the opening hours.
    """

    granularity: int = 15
    shortest: int = 15
    longest: int = 10 * 60
    notice: int = 0
    horizon: int = 90
    setup: int = 0
    clearing: int = 0
    approval: int = 0
    check_in: int = 0
    cancel_by: int = 0
    at_once: int = 0
    booked_by: str = "member"
    opens: int = 0
    closes: int = DAY_MINUTES

    @classmethod
    def merged(cls, layers: Iterable[Mapping[str, int | str | None]]) -> Policy:
        """Lay policies over the default, the most specific last; None means «as below»."""
        values: dict[str, Any] = dict(POLICY_DEFAULTS)
        for layer in layers:
            values.update({name: value for name, value in layer.items() if value is not None})
        return cls(**values)


POLICY_DEFAULTS: Mapping[str, int | str] = {one.name: one.default for one in fields(Policy)}  # type: ignore[misc]
POLICY_FIELDS = tuple(POLICY_DEFAULTS)
BOOKERS = ("member", "host", "admin")  # who may book, the lowest first
# What the database takes of each field; the rest of what is wrong with a rule says `rule_refusals`.
POLICY_RANGES: Mapping[str, tuple[int, int]] = {
    "granularity": (5, 1440), "shortest": (1, 44_640), "longest": (1, 44_640), "notice": (0, 525_600),
    "horizon": (0, 1100), "setup": (0, 720), "clearing": (0, 720), "approval": (0, 44_640), "check_in": (0, 1440),
    "cancel_by": (0, 44_640), "at_once": (0, 100), "opens": (0, 1440), "closes": (0, 1440),
}  # fmt: skip
Rule = Mapping[str, int | str]


@dataclass(frozen=True, slots=True, order=True)
class Scope:
    """For what a rule is made: a kind, a space, what a later feature numbers as a plan, or that plan in one of them.

    Without anything it is the default, for all.
    """

    plan: int | None = None
    kind: str | None = None
    space: int | None = None


def scopes(kind: str, space_id: int, plan: int | None = None) -> tuple[Scope, ...]:
    """List the scopes whose rules hold for a space, the most specific last."""
    one, own = (Scope(), Scope(kind=kind)), Scope(space=space_id)
    if plan is None:
        return (*one, own)
    return (*one, Scope(plan), Scope(plan, kind=kind), own, Scope(plan, space=space_id))


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in plan units of its floor."""

    x: int
    y: int
    w: int
    h: int

    def distance(self, other: Box) -> float:
        """Give the distance between the middles, in plan units."""
        across = (self.x + self.w / 2) - (other.x + other.w / 2)
        down = (self.y + self.h / 2) - (other.y + other.h / 2)
        return float((across**2 + down**2) ** 0.5)

    def holds(self, other: Box) -> bool:
        """Tell whether a smaller one lies within."""
        across = self.x <= other.x and other.x + other.w <= self.x + self.w
        return across and self.y <= other.y and other.y + other.h <= self.y + self.h and self != other

    def divided(self, count: int) -> list[Box]:
        """Cut it into so many parts side by side, along its longer side.

        They leave the upper and the left edge free: there the whole has its name, as the plan lies and as it is turned.
        """
        lead_x, lead_y = min(HEAD, self.w // 3), min(HEAD, self.h // 3)
        edge = min(EDGE, self.w // 20, self.h // 20)
        x, y = self.x + lead_x, self.y + lead_y
        w, h = self.w - lead_x - edge, self.h - lead_y - edge
        if w >= h:
            each = max(1, (w - edge * (count - 1)) // count)
            return [Box(x + (each + edge) * index, y, each, h) for index in range(count)]
        each = max(1, (h - edge * (count - 1)) // count)
        return [Box(x, y + (each + edge) * index, w, each) for index in range(count)]


Hours = Mapping[int, tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Layout:
    """A way to furnish a space: how many it seats then, and the minutes it takes to change over."""

    name: str
    seats: int
    changeover: int = 0


@dataclass(frozen=True, slots=True)
class Place:
    """One space as pages and rules see it: its effective policy and hours, detached from the database.

    `hours` maps weekday (Monday is 0) to opening and closing minute of the local day; no entry means closed.
    `takes` are the ids of the spaces whose time a booking takes: of a hall its parts, of a linked room both rooms, else
    its own. `touches` are those whose day looks different then, ascending; both are its own id where they are left out.
    `parts` are the ids it is divided into, `links` those of the rooms that are never booked together with it.
    `doors` are the hours it is open where its policy narrows those in which it may be booked. `worded_at` is when what
    calendars say of it changed last. `photo_texts` say what its picture shows, (sv, en). `archived_at` is since when it
    is there no more: whoever has had it still finds it here.
    """

    id: int
    floor_id: int
    zone_id: int | None
    kind: str
    name: str
    capacity: int
    box: Box
    amenities: frozenset[str]
    furniture: Sequence[Mapping[str, object]]
    photo: str | None
    bookable: bool
    policy: Policy
    hours: Hours
    takes: frozenset[int] = frozenset()
    touches: tuple[int, ...] = ()
    layouts: tuple[Layout, ...] = ()
    parts: tuple[int, ...] = ()
    links: tuple[int, ...] = ()
    doors: Hours | None = None
    worded_at: datetime | None = None
    photo_texts: tuple[str, str] = ("", "")
    archived_at: datetime | None = None

    def __post_init__(self) -> None:
        if not self.takes:
            object.__setattr__(self, "takes", frozenset((self.id,)))
        if not self.touches:
            object.__setattr__(self, "touches", (self.id,))

    def ruled(self, policy: Policy) -> Place:
        """Give it under another policy, its hours narrowed by that."""
        doors = self.hours if self.doors is None else self.doors
        hours = narrowed(doors, policy)
        return replace(self, policy=policy, hours=hours, doors=None if hours == doors else doors)

    def layout(self, name: str | None) -> Layout | None:
        """Find a way to furnish it by name."""
        if name is None or not self.layouts:  # of most places, and asked for each date of a series
            return None
        return next((layout for layout in self.layouts if layout.name == name), None)

    @property
    def seats(self) -> int:
        """Give how many it takes, furnished for the most."""
        return max(layout.seats for layout in self.layouts) if self.layouts else self.capacity


@dataclass(frozen=True, slots=True)
class Area:
    """A zone: a named part of a floor; `label` and `label_turned` say where its name is written."""

    id: int
    floor_id: int
    names: Mapping[Language, str]
    label: Box | None
    label_turned: Box | None


@dataclass(frozen=True, slots=True)
class Storey:
    """A floor and its drawing in plan units. `fire_limit` is how many people may be on it, None where nobody said."""

    id: int
    names: Mapping[Language, str]
    width: int
    height: int
    shapes: Sequence[Mapping[str, object]]
    labels: Sequence[Mapping[str, Any]]
    fire_limit: int | None = None
    archived: bool = False


T = TypeVar("T")


class ById(dict[int, T]):
    """Things by id, as they were at one revision. Raises Outdated where one is asked for that came later."""

    def __missing__(self, key: int) -> T:
        raise Outdated(key)


@dataclass(frozen=True, eq=False)
class House:
    """The whole house at one revision. Floors, zones and places raise Outdated for an id of a later one.

    `rules` are those that its places' policies are merged from. In `kept` later features keep what they have read of
    this revision: it goes when the house goes.
    """

    revision: int
    name: str
    organisation: str
    address: Mapping[Language, str]
    holidays: str | None
    hours: Hours
    floors: Mapping[int, Storey]
    zones: Mapping[int, Area]
    places: Mapping[int, Place]
    rules: Mapping[Scope, Rule] = field(default_factory=dict)
    kept: dict[str, Any] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        for name in ("floors", "zones", "places"):
            object.__setattr__(self, name, ById(getattr(self, name)))

    @classmethod
    def unknown(cls) -> House:
        """Give an empty house, for the page that says the database is away."""
        return cls(0, "Innovation Station", "", {"sv": "", "en": ""}, None, {}, {}, {}, {})

    @cached_property
    def weekdays(self) -> frozenset[int]:
        """Name the weekdays on which any place is open, Monday as 0."""
        return frozenset(weekday for place in self.places.values() for weekday in place.hours)

    @cached_property
    def open_between(self) -> tuple[int, int]:
        """Give the first and the last minute of a day at which any place is open, the whole day where none ever is."""
        hours = [minutes for place in self.places.values() for minutes in place.hours.values()]
        return min((h[0] for h in hours), default=0), max((h[1] for h in hours), default=DAY_MINUTES)

    @cached_property
    def wholes(self) -> Mapping[int, int]:
        """Give by part the space that it is a part of."""
        return {part: place.id for place in self.places.values() for part in place.parts}

    @cached_property
    def gone(self) -> frozenset[int]:
        """Name the places that are shown nowhere: archived ones, and those that lie inside another, are no part of it
        and cannot be booked, being parts it once had."""
        archived = frozenset(place.id for place in self.places.values() if place.archived_at is not None)
        out = [place for place in self.places.values() if not place.bookable and place.id not in self.wholes]
        return archived | frozenset(
            place.id
            for place in out
            if any(other.floor_id == place.floor_id and other.box.holds(place.box) for other in self.places.values())
        )

    @cached_property
    def storeys(self) -> tuple[Storey, ...]:
        """List the floors that are shown, in order."""
        return tuple(floor for floor in self.floors.values() if not floor.archived)

    @cached_property
    def by_policy(self) -> Mapping[Policy, tuple[Place, ...]]:
        """Give the places by the rules that hold for them: few rules for many places."""
        found: dict[Policy, list[Place]] = {}
        for place in self.places.values():
            found.setdefault(place.policy, []).append(place)
        return {policy: tuple(places) for policy, places in found.items()}

    @cached_property
    def shared(self) -> Mapping[int, tuple[int, ...]]:
        """Give by space those whose day shows that its time is taken, where that is not itself alone."""
        found: dict[int, list[int]] = {}
        for place in self.places.values():
            for space_id in place.takes:
                found.setdefault(space_id, []).append(place.id)
        return {space_id: tuple(shown) for space_id, shown in found.items() if shown != [space_id]}

    def under(self, rules: Mapping[Scope, Rule], plan: int | None = None) -> House:
        """Give the house as its places are under other rules, those of a plan too; itself where none differs.

        `kept` is shared: whoever keeps there what depends on rules must not.
        """
        places = {}
        for place in self.places.values():
            layers = (rules[scope] for scope in scopes(place.kind, place.id, plan) if scope in rules)
            policy = Policy.merged(layers)
            places[place.id] = place if policy == place.policy else place.ruled(policy)
        same = all(places[id_] is place for id_, place in self.places.items())
        return self if same else replace(self, places=places)

    def zone_name(self, place: Place, language: Language) -> str:
        """Name the zone of a space, or its floor where it lies in none."""
        if place.zone_id is not None:
            return self.zones[place.zone_id].names[language]
        return self.floors[place.floor_id].names[language]

    def address_of(self, place: Place, language: Language) -> str:
        """Write floor and address of a space; many addresses name the floor already."""
        floor, address = self.floors[place.floor_id].names[language], self.address[language]
        named = re.search(rf"\b{re.escape(floor)}\b", address, re.IGNORECASE)
        return address if named else f"{floor}, {address}" if address else floor


def occupancy(
    ids: Iterable[int], parts: Mapping[int, Collection[int]], links: Iterable[tuple[int, int]]
) -> dict[int, tuple[frozenset[int], tuple[int, ...]]]:
    """Give by space whose time a booking of it takes, and whose day that touches.

    `parts` are those a whole is divided into, which may be divided again; `links` pairs that are never booked together.
    A linked pair takes the time of both, so that the one table refuses it like any other overlap.
    """
    linked: dict[int, set[int]] = {}
    for one, other in links:
        linked.setdefault(one, set()).add(other)
        linked.setdefault(other, set()).add(one)

    def smallest(space_id: int) -> frozenset[int]:
        divided = parts.get(space_id)
        return frozenset().union(*map(smallest, divided)) if divided else frozenset((space_id,))

    takes = {}
    for space_id in ids:
        own = smallest(space_id)
        takes[space_id] = own.union(*(smallest(other) for other in linked.get(space_id, ())))
    return {
        one: (taken, tuple(sorted(other for other, theirs in takes.items() if taken & theirs)))
        for one, taken in takes.items()
    }


def narrowed(hours: Hours, policy: Policy) -> Hours:
    """Give the part of opening hours that a policy lets be booked; a weekday of which nothing is left is not in it."""
    if not policy.opens and policy.closes >= DAY_MINUTES:
        return hours
    bounded = {day: (max(opens, policy.opens), min(closes, policy.closes)) for day, (opens, closes) in hours.items()}
    return {day: minutes for day, minutes in bounded.items() if minutes[0] < minutes[1]}


def open_span(hours: Hours, day: date, zone: ZoneInfo, holidays: Holidays) -> Span | None:
    """Give the UTC span a place is open on a local day, None where it is closed that day or it is a holiday."""
    if day in holidays or (minutes := hours.get(day.weekday())) is None:
        return None
    opens, closes = (at_minute(day, minute, zone) for minute in minutes)
    return Span(opens, closes)


@lru_cache(maxsize=2048)  # opening hours are asked for by every place and every date that is measured
def at_minute(day: date, minute: int, zone: ZoneInfo) -> datetime:
    """Give the UTC instant of a minute of the local day's wall clock; 1440 is the next midnight."""
    if minute >= DAY_MINUTES:
        day, minute = day + timedelta(days=1), minute - DAY_MINUTES
    return to_utc(day, time(minute // 60, minute % 60), zone)
