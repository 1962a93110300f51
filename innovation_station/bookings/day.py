"""One day of the house as pages show it: what takes each place, what is free, and which state that makes.

Pages think in minutes of the local day, 0 to 1440, as the wall clock shows them: a day of 200 places is 2,000
comparisons, and those of integers cost a tenth of those of instants.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import cached_property, lru_cache
from typing import NamedTuple, Self

from markupsafe import Markup, escape

from innovation_station.bookings import queries
from innovation_station.bookings.queries import Taken
from innovation_station.bookings.rules import Moment, bars, earliest_start, is_shown
from innovation_station.i18n import gettext as _
from innovation_station.i18n import language
from innovation_station.members.rules import short_name
from innovation_station.spaces.rules import House, Language, Place, Policy, at_minute
from innovation_station.timespan import Span, gaps

MOSTLY = 0.75  # from here on a place counts as taken: what is left helps nobody
MIDNIGHT = 24 * 60
LANES = 4  # sides of a divided place that are told apart in one row
Minutes = tuple[int, int]
escaped = lru_cache(maxsize=1024)(escape)  # a few names and words, again and again
_short = lru_cache(maxsize=1024)(short_name)


class Stretch(NamedTuple):
    """What takes a part of a place's day, as the reader sees it.

    `state` is taken, mine, event or closed; `who` says it in a word or two. `here` tells that this very place was
    booked, and not what it is a part of. `lane` names the side of a divided place that is taken, as «1of2»; empty for
    all of it. `closure_id` is that of a closure.
    """

    start: int
    end: int
    state: str
    who: Markup
    booking_id: int | None
    here: bool = True
    lane: str = ""
    closure_id: int | None = None


@dataclass(frozen=True)
class Day:
    """What is taken on one local day, seen by one member, for one chosen part of the day.

    The `house` is that under the rules which hold for the member that day (see `allowances.house_for`).
    `taken` knows the places that were read, see `read`.
    """

    house: House
    date: date
    moment: Moment
    member_id: int
    sees_all: bool
    chosen: Span
    taken: Mapping[int, Sequence[Taken]] = field(default_factory=dict)

    @cached_property
    def barred(self) -> Mapping[int, str]:
        """Give the places of which nothing is for the reader this day, each with the code of the reason."""
        return bars(self.house, self.date, self.moment)

    @cached_property
    def midnight(self) -> datetime:
        """Give the start of the local day in UTC."""
        return at_minute(self.date, 0, self.moment.zone)

    @cached_property
    def _even(self) -> bool:
        """Tell whether the wall clock runs evenly this day: on all days but two a year."""
        return at_minute(self.date, MIDNIGHT, self.moment.zone) - self.midnight == timedelta(days=1)

    def minute(self, instant: datetime) -> int:
        """Give the minute of the day that the wall clock shows at an instant, 0 to 1440; other days are cut off."""
        if self._even:
            since = instant - self.midnight
            days = since.days
            return since.seconds // 60 if not days else 0 if days < 0 else MIDNIGHT
        local = instant.astimezone(self.moment.zone)
        if local.date() != self.date:
            return 0 if local.date() < self.date else MIDNIGHT
        return local.hour * 60 + local.minute

    def span(self, minutes: Minutes) -> Span:
        """Give the span between two minutes of the day."""
        return Span(*(at_minute(self.date, minute, self.moment.zone) for minute in minutes))

    @property
    def whole(self) -> Span:
        """Give the span of the local day."""
        return self.span((0, MIDNIGHT))

    @cached_property
    def _weekday(self) -> int | None:
        """Give the weekday whose hours hold, None on a public holiday."""
        return None if self.date in self.moment.holidays else self.date.weekday()

    def opened(self, place: Place) -> Minutes | None:
        """Give when the place is open this day."""
        return None if self._weekday is None else place.hours.get(self._weekday)

    @cached_property
    def window(self) -> Minutes:
        """Give the first and last quarter that pages draw: the widest hours of any place, or 08 to 18."""
        opened = {hours for place in self.house.places.values() if (hours := self.opened(place))}
        if not opened:
            return 32, 72
        return min(start for start, _end in opened) // 15, -(-max(end for _start, end in opened) // 15)

    @cached_property
    def now(self) -> int:
        """Give the running minute; of a day to come 0, of a past one 1440."""
        return self.minute(self.moment.now)

    @cached_property
    def begins(self) -> frozenset[tuple[Policy, int]]:
        """Give the first minute that may be booked, by policy: with a notice, the hour moves it on days to come too."""
        return frozenset(self._earliest.items())

    @cached_property
    def now_quarter(self) -> int | None:
        """Give the running quarter where the day is today."""
        today = self.moment.now.astimezone(self.moment.zone).date() == self.date
        return self.now // 15 if today else None

    @cached_property
    def asked(self) -> Minutes:
        """Give the chosen part of the day."""
        return self.minute(self.chosen.start), self.minute(self.chosen.end)

    # -- what takes a place, and what is free --------------------------------------------------------------------------

    @cached_property
    def _stretches(self) -> dict[int, list[Stretch]]:
        return {}

    def of(self, place: Place) -> Sequence[Stretch]:
        """Give what takes one place, in order of time."""
        found = self._stretches.get(place.id)
        if found is None:
            minute = self.minute
            found = self._stretches[place.id] = []
            for row in self.taken.get(place.id, ()):
                if row.booked_start is not None:
                    found += self._buffered(row)
                    continue
                found.append(self._stretch(row, minute(row.start), minute(row.end)))
            if len(place.takes) > 1:
                # two parts may be taken at once, each with what is kept free round it
                found.sort(key=lambda stretch: (stretch.start, stretch.end))
        return found

    def _stretch(self, row: Taken, start: int, end: int) -> Stretch:
        if row.booked_id == row.space_id and row.member_id != self.member_id:  # what nearly all are: another's booking
            return Stretch(start, end, "taken", escaped(self._other(row)), row.booking_id)
        here = row.booked_id in (None, row.space_id)
        lane = "" if here else self._lane(row)
        who = escaped(self.who(row))
        return Stretch(start, end, self.state_of(row), who, row.booking_id, here, lane, row.closure_id)

    def _lane(self, row: Taken) -> str:
        """Name the side of a divided place that a booking of one of its parts takes."""
        leaves = sorted(self.house.places[row.space_id].takes)
        taken = self.house.places[row.booked_id or 0].takes
        sides = [number for number, leaf in enumerate(leaves, 1) if leaf in taken]
        return f"{sides[0]}of{len(leaves)}" if len(sides) == 1 and len(leaves) <= LANES else ""

    def _buffered(self, row: Taken) -> Iterator[Stretch]:
        """Give a booking and, as stretches of their own, what is kept free before and after it."""
        start, end, booked = self.minute(row.start), self.minute(row.end), row.booked
        first, last = (self.minute(booked.start), self.minute(booked.end)) if booked else (end, end)
        if start < first:
            yield self._stretch(row, start, first)._replace(state="taken", who=escaped(_("Set-up")), booking_id=None)
        if first < last:
            yield self._stretch(row, first, last)
        if last < end and booked:
            yield self._stretch(row, last, end)._replace(state="taken", who=escaped(_("Clearing up")), booking_id=None)

    @cached_property
    def _earliest(self) -> dict[Policy, int]:
        return {policy: self.minute(earliest_start(policy, self.moment)) for policy in self.house.by_policy}

    @cached_property
    def _first(self) -> dict[int, int]:
        earliest = self._earliest
        return {place.id: earliest[policy] for policy, places in self.house.by_policy.items() for place in places}

    def first(self, place: Place) -> int:
        """Give the first minute of the day that may be booked by the rules of a place, whenever it is open."""
        return self._first[place.id]

    def free(self, place: Place) -> list[Minutes]:
        """Give the stretches of a place that the reader can still book."""
        return [] if place.id in self.barred else self.left(place)

    def left(self, place: Place) -> list[Minutes]:
        """Give the stretches of a place that anybody can still book, from the running step on.

        What took a part of that step and is over keeps nobody out (see `bookings.rules.what_is_left`).
        """
        opened = self.opened(place)
        if opened is None or not place.bookable:
            return []
        first = max(opened[0], self.first(place))
        over = -1 if place.policy.setup else self.now
        return gaps(first, opened[1], [(held.start, held.end) for held in self.of(place) if held.end > over])

    def state(self, place: Place) -> str:
        """Name the state of a place for the chosen time: free, part, taken, mine, event, closed, not-for-me.

        A desk is wanted for the whole of that time; a room for some of it, so what counts is whether one can go in.
        A desk that the member has at another time of the day is theirs too: it shows where a booking went that was
        made for another part of the day than the one that is looked at.
        """
        found = self._state(place)
        return "not-for-me" if place.id in self.barred and found in ("free", "part") else found

    def _state(self, place: Place) -> str:
        chosen = self.looked_at(place)
        if chosen is None or not place.bookable:
            return "closed"
        held = self.of(place)
        if not held:
            return "free"
        if place.kind != "desk":
            running = self.running(place, chosen)
            return running.state if running else "free"
        if any(stretch.state == "mine" and stretch.end > self.now for stretch in held):
            return "mine"
        busy = [stretch for stretch in held if stretch.start < chosen[1] and chosen[0] < stretch.end]
        if not busy:
            return "free"
        left = sum(end - start for start, end in gaps(*chosen, [(stretch.start, stretch.end) for stretch in busy]))
        if left > (1 - MOSTLY) * (chosen[1] - chosen[0]):
            return "part"
        states = {stretch.state for stretch in busy}
        return states.pop() if states in ({"closed"}, {"event"}) else "taken"

    def looked_at(self, place: Place) -> Minutes | None:
        """Give the chosen time as far as the place is open then."""
        opened = self.opened(place)
        if opened is None:
            return None
        start, end = max(opened[0], self.asked[0]), min(opened[1], self.asked[1])
        return (start, end) if start < end else None

    def judged_at(self, chosen: Minutes) -> int:
        """Give the minute a room is judged at: now where it lies in the chosen time, else when that begins."""
        return self.now if chosen[0] <= self.now < chosen[1] else chosen[0]

    def running(self, place: Place, chosen: Minutes) -> Stretch | None:
        """Give what takes a room at the minute it is judged at."""
        at = self.judged_at(chosen)
        return next((stretch for stretch in self.of(place) if stretch.start <= at < stretch.end), None)

    # -- in words ------------------------------------------------------------------------------------------------------

    def state_of(self, taken: Taken) -> str:
        """Name what a taken stretch is to the member: closed, event, mine or taken."""
        if taken.closure:
            return "closed"
        if taken.claim_sv is not None:
            return "event" if taken.claim_kind == "event" else "taken"
        if taken.booking_id is None:
            return "taken"
        return "mine" if taken.member_id == self.member_id else "taken"

    @cached_property
    def _language(self) -> Language:
        return language()

    @cached_property
    def _words(self) -> tuple[str, str, str]:
        return _("You"), _("Booked"), _("Event")

    def who(self, taken: Taken) -> str:
        """Say in a word or two what takes a stretch, telling other members only what its owner shows.

        Where another place was booked, of which this is a part or that is linked with it, its name comes first.
        """
        if taken.booked_id in (None, taken.space_id):
            return self._who(taken)
        own = taken.member_id == self.member_id
        said = (taken.title or self._words[0]) if own else self._who(taken)
        return _("%(place)s: %(who)s", place=self.house.places[taken.booked_id or 0].name, who=said)

    def _who(self, taken: Taken) -> str:
        if taken.busy_id is not None:
            return _("Busy in %(calendar)s", calendar=taken.title) if self.sees_all else self._words[1]
        if taken.claim_sv is not None:
            title = taken.claim_sv if self._language == "sv" else taken.claim_en
            return title or self._words[2]
        if taken.booking_id is None and not taken.closure:
            return _("Kept for you") if taken.member_id == self.member_id else _("Kept for somebody")
        if taken.closure:
            reason = taken.reason_sv if self._language == "sv" else taken.reason_en
            return _("Closed: %(reason)s", reason=reason)
        if taken.member_id == self.member_id:
            return _("You: %(title)s", title=taken.title) if taken.title else self._words[0]
        return self._other(taken)

    def _other(self, taken: Taken) -> str:
        if is_shown(taken.public, sees_all=self.sees_all):
            return taken.title or _short(taken.name or "")
        return self._words[1]

    def strip(self, place: Place) -> str:
        """Draw the place's day as an SVG path, one unit a quarter from the window's start."""
        first, last = self.window
        path, reached = "", first
        for held in self.of(place):
            start, end = max(held.start // 15, reached), min(-(-held.end // 15), last)
            if start < end:
                path += f"M{start - first} 0H{end - first}V1H{start - first}z"
                reached = end
        return path

    def read(self, places: Collection[int]) -> Self:
        """Read what takes some places, by their ids; one statement at most."""
        taken: dict[int, list[Taken]] = {}
        for row in queries.taken(self.whole, self.house, None if len(places) == len(self.house.places) else places):
            taken.setdefault(row.space_id, []).append(row)
        return replace(self, taken=taken)
