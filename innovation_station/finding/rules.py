"""Which place is the best for somebody, and which times come nearest to what they look for. Pure.

Times are minutes of the local day, as the wall clock shows them: a month of two hundred places is 6,000 looks.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import chain, zip_longest
from typing import Literal
from zoneinfo import ZoneInfo

from innovation_station.bookings.rules import Furnished, Moment, earliest_start
from innovation_station.spaces.rules import DAY_MINUTES, Place, Policy, at_minute
from innovation_station.timespan import gaps

Minutes = tuple[int, int]
Why = Literal["favourite", "often", "suits", "near", "quiet", "free"]
MOST_DAYS = 31
SHIFTS = 60  # minutes that a near miss lies earlier or later at most
AROUND = 5  # other days that are looked at for the same room
NEAR_DAYS = 7  # of the days that are asked for, so many are looked at for near misses
NEAR = 130  # plan units: beside somebody, or at the next table
EXACT_SHOWN, NEAR_SHOWN, ALIKE_SHOWN, SMALL_SHOWN = 40, 8, 3, 3
MOST_REFUSED = 300
OUT = 99
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of who asks.

    `used` is how often each place was booked lately, `needs` what a place must have, `usual` what most of them had.
    """

    favourites: frozenset[int] = frozenset()
    used: Mapping[int, int] = field(default_factory=dict)
    needs: frozenset[str] = frozenset()
    usual: frozenset[str] = frozenset()


def usual_kit(used: Mapping[int, int], places: Mapping[int, Place]) -> frozenset[str]:
    """Give what most of the places that somebody used had."""
    counted: dict[str, int] = defaultdict(int)
    for space_id, times in used.items():
        for amenity in places[space_id].amenities if space_id in places else ():
            counted[amenity] += times
    return frozenset(amenity for amenity, times in counted.items() if times * 2 > sum(used.values()))


# -- any free place ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Company:
    """Where others sit at the time: colleagues who show it, and everybody."""

    colleagues: tuple[Place, ...] = ()
    everybody: tuple[Place, ...] = ()


def ranked(places: Iterable[Place], known: Known, company: Company) -> list[tuple[Place, Why]]:
    """Order free places, the best first, each with the first thing that speaks for it.

    What is needed comes before everything; then a favourite, what was used most lately, what it has of what one mostly
    had, near a colleague, and far from everybody else.
    """
    rows = []
    for position, place in enumerate(places):
        near = any(_distance(place, other) <= NEAR for other in company.colleagues)
        alone = min((_distance(place, other) for other in company.everybody), default=float("inf"))
        had, kit = known.used.get(place.id, 0), len(known.usual & place.amenities)
        order = (
            len(known.needs - place.amenities), place.id not in known.favourites, -had, -kit, not near,
            -min(alone, NEAR), position,
        )  # fmt: skip
        rows.append((order, place, _why(place, known, had, near=near, alone=alone > NEAR)))
    return [(place, why) for _order, place, why in sorted(rows, key=lambda row: row[0])]


def _why(place: Place, known: Known, had: int, *, near: bool, alone: bool) -> Why:
    if place.id in known.favourites:
        return "favourite"
    if had:
        return "often"
    if (known.needs or known.usual) and known.needs | known.usual <= place.amenities:
        return "suits"
    return "near" if near else "quiet" if alone else "free"


def _distance(one: Place, other: Place) -> float:
    return one.box.distance(other.box) if one.floor_id == other.floor_id else float("inf")


# -- a time -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for: `length` minutes between two minutes of some days, in ascending order.

    `space` is one place that is wanted, if any is; `kit` what the place must have.
    """

    days: tuple[date, ...]
    between: Minutes
    length: int
    kinds: frozenset[str]
    people: int | None = None
    layout: str | None = None
    kit: frozenset[str] = frozenset()
    zone: int | None = None
    space: int | None = None

    @property
    def furnished(self) -> Furnished:
        """Give for how many, and furnished how."""
        return Furnished(self.people, self.layout)


@dataclass(frozen=True, slots=True)
class Miss:
    """The one thing in which a hit is not what was looked for.

    `by` is how many minutes it is earlier or later, how many it lasts, or how many days away it is.
    """

    kind: Literal["earlier", "later", "other-day", "elsewhere", "shorter", "without"]
    by: int = 0
    amenity: str = ""

    @property
    def cost(self) -> float:
        """Give how far it is from what was wanted, for sorting."""
        weights = {"earlier": 1 / 15, "later": 1 / 15, "other-day": 1.0}
        fixed = {"elsewhere": 1.0, "without": 3.0, "shorter": 5.0, "other-day": 2.0}
        return fixed.get(self.kind, 0.0) + abs(self.by) * weights.get(self.kind, 0.0)


@dataclass(frozen=True, slots=True)
class Hit:
    """A time that may be had in a place; without a miss it is all that was looked for."""

    place: Place
    day: date
    start: int
    end: int
    miss: Miss | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """The answer: exact hits and near misses, each the best first, and rooms that are too small with how many by."""

    exact: tuple[Hit, ...] = ()
    near: tuple[Hit, ...] = ()
    small: tuple[tuple[Place, int], ...] = ()


class Taken:
    """What takes spaces, by space and local day in minutes of it; built once of the rows of a range, in their order."""

    def __init__(self, rows: Iterable[tuple[int, datetime, datetime]], days: Sequence[date], zone: ZoneInfo) -> None:
        self._found: dict[tuple[int, date], list[Minutes]] = {}
        ahead = iter(days)
        day: date | None = None
        midnight = after = even = None
        for space_id, start, end in rows:
            while after is None or start >= after:
                if (day := next(ahead, None)) is None:
                    return
                midnight, after = at_minute(day, 0, zone), at_minute(day, DAY_MINUTES, zone)
                even = after - midnight == ONE_DAY
            if day is None or midnight is None or start < midnight:
                continue
            since = (start - midnight).seconds // 60
            minutes = (
                (since, min(since + (end - start).seconds // 60, DAY_MINUTES) if end < after else DAY_MINUTES)
                if even
                else (_wall(start, day, zone), _wall(end, day, zone))
            )
            self._found.setdefault((space_id, day), []).append(minutes)

    def of(self, place: Place, day: date) -> list[Minutes]:
        """Give what takes a place on a day, in order."""
        found = self._found
        if len(place.takes) == 1:
            return found.get((place.id, day), [])
        return sorted(chain.from_iterable(found.get((space_id, day), ()) for space_id in place.takes))


def _wall(instant: datetime, day: date, zone: ZoneInfo) -> int:
    local = instant.astimezone(zone)
    return local.hour * 60 + local.minute if local.date() == day else DAY_MINUTES


Grant = Callable[[Hit], bool]


class Finder:
    """Looks through places and days for a search.

    `own` is what who looks has elsewhere, and others who are to be free, by day. `grant` has the last word on each hit
    that is offered. `taken` must know the days asked for and `others`, on which the same room is looked at too. `on`
    gives the places of a day under the rules that hold then, `barred` those of which nothing is to be had.
    """

    def __init__(
        self, search: Search, places: Sequence[Place], taken: Taken, moment: Moment, known: Known, *, grant: Grant,
        own: Mapping[date, Sequence[Minutes]], others: Sequence[date] = (), barred: Callable[[date], Iterable[int]],
        on: Callable[[date], Mapping[int, Place]],
    ) -> None:  # fmt: skip
        self.search, self.taken, self.moment, self.known, self.grant = search, taken, moment, known, grant
        self.own, self.others = own, others
        self.today = moment.now.astimezone(moment.zone).date()
        self.places = places
        self._seated: dict[int, int] = {}
        self._first: dict[Policy, tuple[date, int]] = {}
        self._barred = {day: frozenset(barred(day)) for day in (*search.days, *others)}
        self._on = {day: on(day) for day in self._barred}
        lacks = {place.id: self._lacks(place) for place in places}
        self.fitting = [place for place in places if lacks[place.id] == 0]
        self.lacking = [place for place in places if lacks[place.id] == 1]
        self._liked = {place.id: self._likes(place) for place in places if lacks[place.id] < OUT}

    def find(self) -> Found:
        """Give the answer."""
        search = self.search
        wanted = [place for place in self.fitting if search.space in (None, place.id)]
        exact = self._exact(wanted)
        near = self._near(wanted, {(hit.place.id, hit.day) for hit in exact}) if len(exact) < EXACT_SHOWN else []
        return Found(tuple(exact), tuple(near), tuple(self._small()))

    # -- which places --------------------------------------------------------------------------------------------------

    def _lacks(self, place: Place) -> int:
        """Count what a place does not have of what it must; OUT where it is out of the question."""
        search = self.search
        asked = (
            place.bookable
            and place.kind in search.kinds
            and search.zone in (None, place.zone_id)
            and (search.layout is None or place.layout(search.layout) is not None)
            and (search.people is None or search.people <= self._seats(place))
        )
        return len(search.kit - place.amenities) if asked else OUT

    def _seats(self, place: Place) -> int:
        found = self._seated.get(place.id)
        if found is None:
            layout = place.layout(self.search.layout)
            found = self._seated[place.id] = layout.seats if layout else place.seats
        return found

    def _small(self) -> Iterator[tuple[Place, int]]:
        """Name rooms that would do if they were larger, the largest first."""
        people = self.search.people
        if people is None:
            return
        small = [
            (place, people - self._seats(place))
            for place in self.places
            if place.bookable and place.kind in self.search.kinds and self.search.kit <= place.amenities
            and self._seats(place) < people and (self.search.layout is None or place.layout(self.search.layout))
        ]  # fmt: skip
        yield from sorted(small, key=lambda row: row[1])[:SMALL_SHOWN]

    # -- which times ---------------------------------------------------------------------------------------------------

    def _starts(self, place: Place, day: date, between: Minutes, length: int) -> Iterator[Minutes]:
        """Give the first stretch of a length in each gap of a place's day."""
        place = self._on[day][place.id]
        length = self._length(place, day, length)
        if place.policy.granularity >= DAY_MINUTES:  # it is had for the whole day, or not at all
            between = (0, DAY_MINUTES)
        step = place.policy.granularity if place.policy.granularity < DAY_MINUTES else 1
        for start, end in self._gaps(place, day, between) if length else ():
            start = -(-start // step) * step
            if start + length <= end:
                yield start, start + length

    def _gaps(self, place: Place, day: date, between: Minutes) -> Iterable[Minutes]:
        """Give what of a place's day can be booked between two minutes, with what is kept free round a booking."""
        opened = None if day in self.moment.holidays else place.hours.get(day.weekday())
        policy = place.policy
        if opened is None or place.id in self._barred[day] or (day - self.today).days > policy.horizon:
            return ()
        first_day, first = self._earliest(policy)
        if day < first_day:
            return ()
        low, high = max(between[0], opened[0], first if day == first_day else 0), min(between[1], opened[1])
        if low >= high:
            return ()
        held = self.taken.of(place, day)
        layout = place.layout(self.search.layout) if self.search.layout else None
        before, after = policy.setup + (layout.changeover if layout else 0), policy.clearing
        if before or after:
            held = [(start - after, end + before) for start, end in held]
        if own := self.own.get(day):
            held = sorted([*held, *own])
        return gaps(low, high, held)

    def _length(self, place: Place, day: date, length: int) -> int:
        """Give how long a place is booked for a wish: on its grid and within its rules; 0 where it cannot be."""
        policy = place.policy
        if policy.granularity >= DAY_MINUTES:
            opens, closes = place.hours.get(day.weekday(), (0, 0))
            return closes - opens
        length = max(-(-length // policy.granularity) * policy.granularity, policy.shortest)
        return length if length <= policy.longest else 0

    def _earliest(self, policy: Policy) -> tuple[date, int]:
        found = self._first.get(policy)
        if found is None:
            local = earliest_start(policy, self.moment).astimezone(self.moment.zone)
            found = self._first[policy] = (local.date(), local.hour * 60 + local.minute)
        return found

    # -- what is exactly that ------------------------------------------------------------------------------------------

    def _exact(self, places: Sequence[Place]) -> list[Hit]:
        """Give exact hits: the best of each day, then the second best of each."""
        by_day: list[list[Hit]] = []
        for day in self.search.days:
            hits = [
                Hit(place, day, start, end)
                for place in places
                for start, end in self._starts(place, day, self.search.between, self.search.length)
            ]
            by_day.append(sorted(hits, key=self._order))
        turns = (hit for hits in zip_longest(*by_day) for hit in hits if hit is not None)
        return self._granted(turns, EXACT_SHOWN)

    def _order(self, hit: Hit) -> tuple[float, ...]:
        """Rank hits of one day: what suits who asks, then what fits best, then what is earliest."""
        return (*self._liked[hit.place.id], hit.start, hit.place.id)

    def _likes(self, place: Place) -> tuple[float, ...]:
        known, spare = self.known, self._seats(place) - (self.search.people or 1)
        starred = place.id not in known.favourites
        return len(known.needs - place.amenities), starred, spare, -known.used.get(place.id, 0)

    def _granted(self, hits: Iterable[Hit], most: int) -> list[Hit]:
        found: list[Hit] = []
        refused = 0  # where a quota is used up that is all of them: it is not asked about each of thousands
        for hit in hits:
            if len(found) == most or refused == MOST_REFUSED:
                break
            if self.grant(hit):
                found.append(hit)
            else:
                refused += 1
        return found

    # -- what comes near -----------------------------------------------------------------------------------------------

    def _near(self, wanted: Sequence[Place], found: set[tuple[int, date]]) -> list[Hit]:
        """Give near misses of places and days that have no exact hit, the nearest first, few of each kind."""
        days = self.search.days[:NEAR_DAYS]
        missing = [(place, day) for day in days for place in wanted if (place.id, day) not in found]
        hits = [*self._shifted(missing), *self._shorter(missing), *self._without(days)]
        if self.search.space is not None:
            hits += self._elsewhere(days)
        answered = {space for space, _day in found}
        hits += self._other_days([place for place in wanted if place.id not in answered])
        hits.sort(key=lambda hit: (hit.miss.cost if hit.miss else 0, *self._order(hit)))
        return self._granted(self._mixed(hits), NEAR_SHOWN)

    def _mixed(self, hits: Iterable[Hit]) -> Iterator[Hit]:
        """Leave out what is too much of the same: one of each kind a place, and a few of each kind."""
        kinds: dict[str, int] = defaultdict(int)
        told: set[tuple[str, int]] = set()
        for hit in hits:
            kind = hit.miss.kind if hit.miss else ""
            if kinds[kind] < ALIKE_SHOWN and (kind, hit.place.id) not in told:
                kinds[kind] += 1
                told.add((kind, hit.place.id))
                yield hit

    def _shifted(self, missing: Iterable[tuple[Place, date]]) -> Iterator[Hit]:
        low, high = self.search.between
        for asked, day in missing:
            place = self._on[day][asked.id]
            step, length = place.policy.granularity, self._length(place, day, self.search.length)
            if step >= DAY_MINUTES or not length:
                continue
            found = []
            for start, end in self._gaps(place, day, (max(0, low - SHIFTS), min(DAY_MINUTES, high + SHIFTS))):
                earlier = min(end - length, low - 1) // step * step
                later = -(-max(start, high - length + 1) // step) * step
                if start <= earlier and earlier + length <= high:
                    found.append((low - earlier, earlier, "earlier"))
                if later + length <= end and later >= low:
                    found.append((later + length - high, later, "later"))
            if found:
                by, begins, kind = min(found)
                yield Hit(asked, day, begins, begins + length, Miss("earlier" if kind == "earlier" else "later", by))

    def _shorter(self, missing: Iterable[tuple[Place, date]]) -> Iterator[Hit]:
        for place, day in missing:
            policy = self._on[day][place.id].policy
            step, least = policy.granularity, max(policy.shortest, self.search.length // 2)
            for length in range(self.search.length - step, least - 1, -step):
                found = next(self._starts(place, day, self.search.between, length), None)
                if found and found[1] - found[0] < self.search.length:
                    yield Hit(place, day, *found, Miss("shorter", found[1] - found[0]))
                    break

    def _without(self, days: Sequence[date]) -> Iterator[Hit]:
        for place in self.lacking:
            (amenity,) = self.search.kit - place.amenities
            yield from self._first_of(place, days, Miss("without", amenity=amenity))

    def _elsewhere(self, days: Sequence[date]) -> Iterator[Hit]:
        for place in self.fitting:
            if place.id != self.search.space:
                yield from self._first_of(place, days, Miss("elsewhere"))

    def _other_days(self, places: Sequence[Place]) -> Iterator[Hit]:
        first, last = self.search.days[0], self.search.days[-1]
        for place in places:
            for day in self.others:
                away = (first - day).days if day < first else (day - last).days if day > last else 0
                yield from self._first_of(place, [day], Miss("other-day", away))

    def _first_of(self, place: Place, days: Iterable[date], miss: Miss) -> Iterator[Hit]:
        for day in days:
            for start, end in self._starts(place, day, self.search.between, self.search.length):
                yield Hit(place, day, start, end, miss)
                return
