"""Whether each date of a series may be had, and what to take instead. Pure.

Every date is asked of `bookings.rules.refusals`, like any booking. What the dates of one series take from each other
(the member's quotas, the one desk at a time) is counted as they are granted, in the order they are given.

What is taken is sorted by space and day once. So a date costs the same in a house of two hundred spaces and years of
bookings: it looks at its own space's day, and at others only where something is in the way.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import islice
from typing import Generic, TypeVar

from innovation_station.bookings.rules import (
    KEPT_START,
    SEATS,
    Alternative,
    Held,
    Moment,
    Wish,
    alternatives,
    held_refusals,
    refusals,
)
from innovation_station.errors import Refusal
from innovation_station.plans.rules import Use
from innovation_station.series.steps import Change
from innovation_station.spaces.rules import Place
from innovation_station.timespan import Span

DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
_PLAN = frozenset({
    "no-plan", "plan-begins", "plan-ended", "plan-paused", "plan-resting", "quota-hours", "quota-bookings",
    "shared-hours", "shared-bookings",
})  # fmt: skip
# Reasons that no other space takes away, and those that no other time of the day does: nothing is looked for then.
_EVERYWHERE = _PLAN | {"away", "past", "holiday", "own-desk", "too-many-at-once"}
_ALL_DAY = _PLAN | {
    "away", "holiday", "closed-day", "whole-days", "too-far", "too-short", "too-long", "too-small", "layout-unknown",
    "not-bookable", "not-in-plan", "dedicated", "not-your-role", "day-outside-rule",
    "limit-hours", "limit-bookings", "limit-shared-hours", "limit-shared-bookings",
}  # fmt: skip
# Reasons that another space has too where its rules, or its hours, are the same.
_BY_POLICY = frozenset({"too-soon", "too-far", "too-short", "too-long", "off-grid", "whole-days", "not-your-role"})
_BY_HOURS = frozenset({"closed-day", "closed-hours", "day-outside-rule", "outside-rule"})

Item = TypeVar("Item")
Own = tuple[Held, str]


@dataclass(frozen=True, slots=True)
class Wanted:
    """A date of a series and what it asks for; without a wish where its time is unclear, with the `refusals` then.

    `started` is the span it has: it may keep a start that has passed, as any booking may.
    """

    day: date
    wish: Wish | None
    refusals: tuple[Refusal, ...] = ()
    started: Span | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """A date with every reason against it, none when it may be had, and what would be granted instead.

    Each of the `offers` is granted beside all dates that are. Several of them together may exceed a quota, or want the
    same: the next look says so.
    """

    wanted: Wanted
    refusals: tuple[Refusal, ...] = ()
    offers: tuple[Alternative, ...] = ()

    @property
    def granted(self) -> bool:
        """Tell whether the date may be had as it is."""
        return not self.refusals


def wanted_by(change: Change, places: Mapping[int, Place]) -> list[Wanted]:
    """List the dates of a change that want time which must be free, in the order of their `original`.

    Each for its people and furnished as it was; a space that cannot be furnished so is taken as it stands.
    """
    wanted = []
    for step in change.of("wants"):
        after = step.after
        place, span = places[after.space_id], after.span
        layout = after.layout if place.layout(after.layout) else None
        wish = Wish(place, span, after.people, layout) if span else None
        started = step.before.span if step.before is not None and step.moved else None
        wanted.append(Wanted(step.after.original, wish, step.refusals, started))
    return wanted


class Preview:
    """A look at the dates of a series: what is taken, what the member has, and what the dates take themselves.

    `held` is what takes the wanted spaces (what their `takes` name) on the days from the first to the last, `own` what
    the member has then, both without what the series itself gives back. `moment.allowance` must know those days, and
    `away` are those on which the member is.
    """

    def __init__(
        self, moment: Moment, held: Iterable[Held], own: Iterable[Own], away: Container[date] = ()
    ) -> None:  # fmt: skip
        self.moment, self.away = moment, away
        self.taken: _Days[Held] = _Days()
        self.anywhere: _Days[Held] = _Days()
        self.own: _Days[Own] = _Days()
        self.series: _Days[tuple[date, Wish]] = _Days()
        self.counted = _Counted(moment)
        self.busy: dict[Span, frozenset[int]] = {}
        for one in held:
            self.taken.add(one.space_id, one.span, one)
            self.anywhere.add(0, one.span, one)
        for pair in own:
            self.own.add(0, pair[0].span, pair)

    def met(self, free: Sequence[Verdict]) -> list[Verdict]:
        """Measure the dates of a look at which nothing was `held` against what is.

        What was granted beside all other dates is granted beside fewer of them, but for who has the space: no rule
        counts what is not had. So where all was, only that is asked; else every date is measured anew.
        """
        if not all(verdict.granted for verdict in free):
            return self.judge(verdict.wanted for verdict in free)
        verdicts = []
        for one in free:
            wish = one.wanted.wish
            held = self._taken(wish) if wish else []
            if wish and held and (found := held_refusals(self.moment.ruled(wish), self.moment, held)):
                verdicts.append(Verdict(one.wanted, tuple(found)))
                continue
            if wish:
                self._grant(one.wanted.day, wish)
            verdicts.append(one)
        return verdicts

    def learn(self, busy: Mapping[Span, frozenset[int]]) -> None:
        """Add which spaces are taken at the time of the dates that collide, by what the wishes take (`Wish.padded`)."""
        self.busy.update(busy)

    def judge(self, wanted: Iterable[Wanted]) -> list[Verdict]:
        """Measure every date, in order; what is granted counts against those after it."""
        verdicts = []
        for one in wanted:
            if one.wish is None:
                verdicts.append(Verdict(one, one.refusals))
            elif found := (*self._twice(one.wish), *self._absent(one.wish), *self._due(one, one.wish)):
                verdicts.append(Verdict(one, found))
            else:
                self._grant(one.day, one.wish)
                verdicts.append(Verdict(one))
        return verdicts

    def suggest(self, verdicts: Iterable[Verdict], similar: Sequence[Place], *, most: int = 3) -> list[Verdict]:
        """Add up to `most` ways forward to each date that may not be had: other spaces then, its own at another time.

        `similar` are the places that may stand in, the most alike first (`bookings.rules.alike`).
        """
        others = _Others(similar)
        return [replace(one, offers=self._offers(one, others, most)) if one.refusals else one for one in verdicts]

    def _offers(self, verdict: Verdict, similar: _Others, most: int) -> tuple[Alternative, ...]:
        wish, codes = verdict.wanted.wish, {refusal.code for refusal in verdict.refusals}
        if wish is None:
            return ()
        other_time = [] if codes & _ALL_DAY else self._other_times(wish, 1)
        same_time: list[Alternative] = []
        if not codes & _EVERYWHERE:
            free = (place for place in self._free(wish, similar) if _helps(place, wish, codes))
            granted = (place for place in free if self._grants(place, wish))
            same_time = [Alternative(place, wish.span, False) for place in islice(granted, most - len(other_time))]
        if other_time and len(same_time) + 1 < most:
            other_time = self._other_times(wish, most - len(same_time))
        return (*same_time, *other_time)

    def _other_times(self, wish: Wish, most: int) -> list[Alternative]:
        day = wish.span.start.astimezone(self.moment.zone).date()
        held, own = self._held(wish), list(self.own.near(0, wish.span))
        if wish.place.kind in SEATS:  # the hours beside the desk one has elsewhere are times worth trying
            held += [replace(other, space_id=min(wish.place.takes)) for other, kind in own if kind in SEATS]
        return alternatives(wish, (), held, own, self.counted.around(wish.span), [day], most)

    def _grant(self, day: date, wish: Wish) -> None:
        place, span = wish.place, wish.span
        self.series.add(0, wish.padded, (day, wish))
        self.own.add(0, span, (Held(place.id, span, 0, None, place.name), place.kind))
        self.counted.add(place, span)

    def _due(self, wanted: Wanted, wish: Wish) -> list[Refusal]:
        found, started = self._refusals(wish), wanted.started
        if started is None or started.start != wish.span.start or wish.span.end <= self.moment.now:
            return found
        return [refusal for refusal in found if (refusal.code, refusal.field) not in KEPT_START]

    def _refusals(self, wish: Wish) -> list[Refusal]:
        return refusals(wish, self.counted.around(wish.span), self._taken(wish), self.own.on(0, wish.span))

    def _free(self, wish: Wish, similar: _Others) -> Iterator[Place]:
        """Give the other places that nothing takes then: what is plainly taken is not measured by every rule."""
        span = wish.span
        busy = self.busy.get(wish.padded, frozenset())
        known = {one.space_id for one in self.anywhere.on(0, span) if one.span.overlaps(span)}
        busy = busy if known <= busy else busy | known
        return (place for place in similar.beside(busy) if place.id != wish.place.id)

    def _grants(self, place: Place, wish: Wish) -> bool:
        """Tell whether another place would be granted beside all dates that are."""
        other = replace(wish, place=place, layout=wish.layout if place.layout(wish.layout) else None)
        return not refusals(other, self.counted.around(wish.span), self._held(other), self.own.on(0, wish.span))

    def _taken(self, wish: Wish) -> list[Held]:
        """Give what takes a space on the days of a wish."""
        padded = wish.padded
        return [one for space_id in wish.place.takes for one in self.taken.on(space_id, padded)]

    def _held(self, wish: Wish) -> list[Held]:
        """Give what takes a space near a span, with the dates that were granted there."""
        taken = [one for space_id in wish.place.takes for one in self.taken.near(space_id, wish.span)]
        granted = [
            Held(space_id, other.padded, 0)
            for _day, other in self.series.near(0, wish.span)
            for space_id in other.place.takes & wish.place.takes
        ]
        return taken + granted

    def _absent(self, wish: Wish) -> list[Refusal]:
        day = wish.span.start.astimezone(self.moment.zone).date()
        return [Refusal("away", "date", {"day": day})] if day in self.away else []

    def _twice(self, wish: Wish) -> list[Refusal]:
        """Say which other date of the series has the space then: one of them was moved to the other."""
        for day, other in self.series.on(0, wish.padded):
            if other.padded.overlaps(wish.padded) and not other.place.takes.isdisjoint(wish.place.takes):
                return [Refusal("series-twice", "start", {"day": day})]
        return []


def _helps(place: Place, wish: Wish, codes: set[str]) -> bool:
    """Tell whether a place is not refused by the very rule that refuses the wished one."""
    if codes & _BY_POLICY and place.policy == wish.place.policy:
        return False
    return not (codes & _BY_HOURS and place.hours == wish.place.hours)


class _Others:
    """Places that may stand in, the most alike first; on a day on which all are taken that is told by their numbers."""

    def __init__(self, places: Sequence[Place]) -> None:
        self.places = places
        self.takes = frozenset().union(*(place.takes for place in places))

    def beside(self, busy: frozenset[int]) -> Iterator[Place]:
        """Give those of which nothing is taken."""
        if busy >= self.takes:
            return iter(())
        return (place for place in self.places if place.takes.isdisjoint(busy))


class _Days(Generic[Item]):
    """Things by a key and the days of UTC they touch."""

    def __init__(self) -> None:
        self.items: dict[tuple[int, int], list[Item]] = {}
        self.long = False

    def add(self, key: int, span: Span, item: Item) -> None:
        first, last = span.start.toordinal(), span.end.toordinal()
        if first == last:
            self.items.setdefault((key, first), []).append(item)
            return
        self.long = True
        for day in range(first, last + 1):
            self.items.setdefault((key, day), []).append(item)

    def on(self, key: int, span: Span) -> Sequence[Item]:
        """Give what touches the days of a span, once each: all that overlaps it is among that."""
        first, last = span.start.toordinal(), span.end.toordinal()
        return self.items.get((key, first), ()) if first == last else self._between(key, first, last)

    def near(self, key: int, span: Span) -> Sequence[Item]:
        """Give what touches those days or one beside them, once each: among that is all of the local day."""
        return self._between(key, span.start.toordinal() - 1, span.end.toordinal() + 1) if self.items else ()

    def _between(self, key: int, first: int, last: int) -> Sequence[Item]:
        """Give it once each, however many of the days it touches: rules count it."""
        found = [item for day in range(first, last + 1) for item in self.items.get((key, day), ())]
        return [*{id(item): item for item in found}.values()] if self.long else found


class _Counted:
    """What counts towards quotas, in sums no finer than any quota asks: by week and month, else by the day."""

    def __init__(self, moment: Moment) -> None:
        self.moment, self.allowance = moment, moment.allowance
        catalogue = self.allowance.catalogue
        quotas = list(catalogue.quotas) if catalogue else []
        daily, spaces = any(quota.per == "day" for quota in quotas), any(quota.space for quota in quotas)
        uses = (self.allowance.uses, self.allowance.shared_uses)
        self.own, self.shared = (_Sums(one, daily=daily, spaces=spaces) for one in uses)

    def add(self, place: Place, span: Span) -> None:
        """Count a date that is granted, but for one on the member's own desk."""
        catalogue = self.allowance.catalogue
        if catalogue is None:
            return
        day = span.start.astimezone(self.moment.zone).date()
        if catalogue.owner(place.id, day) != self.allowance.standing.member_id:
            use = Use(day, place.kind, span.length // MINUTE, space=place.id)
            self.own.add(use)
            self.shared.add(use)

    def around(self, span: Span) -> Moment:
        """Give the moment with what counts in the month and the week in which a span begins."""
        if self.allowance.catalogue is None:
            return self.moment
        day = span.start.astimezone(self.moment.zone).date()
        own, shared = self.own.around(day), self.shared.around(day)
        return replace(self.moment, allowance=replace(self.allowance, uses=own, shared_uses=shared))


class _Sums:
    """Uses added up by kind, week and month, or `daily` by the day; `spaces` are told apart where that is asked."""

    def __init__(self, uses: Iterable[Use], *, daily: bool = False, spaces: bool = False) -> None:
        self.daily, self.spaces = daily, spaces
        self.months: dict[int, dict[tuple[int, str, int | None], tuple[date, int, int]]] = {}
        self.made: dict[int, tuple[Use, ...]] = {}
        for use in uses:
            self.add(use)

    def add(self, use: Use) -> None:
        month = _month(use.day)
        sums = self.months.setdefault(month, {})
        first = use.day.toordinal() - (0 if self.daily else use.day.weekday())
        key = (first, use.kind, use.space if self.spaces else None)
        day, minutes, bookings = sums.get(key) or (use.day, 0, 0)
        sums[key] = (day, minutes + use.minutes, bookings + use.bookings)
        self.made.pop(month, None)

    def around(self, day: date) -> tuple[Use, ...]:
        """Give the sums of a day's month, and of those that its week reaches into."""
        monday = day - DAY * day.weekday()
        found: tuple[Use, ...] = ()
        for month in {_month(one) for one in (day, monday, monday + 6 * DAY)}:
            if month not in self.made:
                sums = self.months.get(month, {})
                self.made[month] = tuple(
                    Use(day, kind, minutes, bookings, space)
                    for (_first, kind, space), (day, minutes, bookings) in sums.items()
                )
            found += self.made[month]
        return found


def _month(day: date) -> int:
    return day.year * 12 + day.month
