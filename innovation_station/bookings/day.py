"""One day of the house as pages show it: what takes each place, what is free, and which state that makes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property

from innovation_station.bookings import queries
from innovation_station.bookings.queries import Taken
from innovation_station.bookings.rules import Moment, earliest_start, free_spans
from innovation_station.i18n import gettext as _
from innovation_station.i18n import hours_short, language
from innovation_station.members.rules import short_name
from innovation_station.spaces.rules import House, Place, at_minute, open_span
from innovation_station.timespan import Span, union

MOSTLY = 0.75  # from here on a place counts as taken: what is left helps nobody
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Day:
    """What is taken on one local day, seen by one member, for one chosen part of the day."""

    house: House
    date: date
    moment: Moment
    member_id: int
    sees_all: bool
    chosen: Span
    taken: Mapping[int, Sequence[Taken]]

    @cached_property
    def midnight(self) -> datetime:
        """Give the start of the local day in UTC."""
        return at_minute(self.date, 0, self.moment.zone)

    @cached_property
    def _even(self) -> bool:
        """Tell whether the wall clock runs evenly this day: on all days but two a year."""
        return at_minute(self.date, 24 * 60, self.moment.zone) - self.midnight == timedelta(days=1)

    def minute(self, instant: datetime) -> int:
        """Give the minute of the day that the wall clock shows at an instant, 0 to 1440; other days are cut off."""
        if self._even:
            return max(0, min(24 * 60, (instant - self.midnight) // MINUTE))
        local = instant.astimezone(self.moment.zone)
        if local.date() != self.date:
            return 0 if local.date() < self.date else 24 * 60
        return local.hour * 60 + local.minute

    def quarter(self, instant: datetime, *, up: bool = False) -> int:
        """Give the quarter of the wall clock's day that holds an instant, 0 to 96; `up` rounds to its end."""
        return (self.minute(instant) + (14 if up else 0)) // 15

    def hours(self, span: Span) -> str:
        """Write the part of a span that lies in this day, for a label: 13–17."""
        return hours_short(self.minute(span.start), self.minute(span.end))

    @cached_property
    def _opened(self) -> dict[tuple[int, int] | None, Span | None]:
        return {}

    def opened(self, place: Place) -> Span | None:
        """Give when the place is open this day; places share their hours, so each pair is worked out once."""
        minutes = place.hours.get(self.date.weekday())
        if minutes not in self._opened:
            self._opened[minutes] = open_span(place.hours, self.date, self.moment.zone, self.moment.holidays)
        return self._opened[minutes]

    @cached_property
    def window(self) -> tuple[int, int]:
        """Give the first and last quarter that pages draw: the widest hours of any place, or 08 to 18."""
        opened = [span for place in self.house.places.values() if (span := self.opened(place))]
        if not opened:
            return 32, 72
        return self.quarter(min(span.start for span in opened)), self.quarter(max(s.end for s in opened), up=True)

    @cached_property
    def now_quarter(self) -> int | None:
        """Give the running quarter where the day is today."""
        today = self.moment.now.astimezone(self.moment.zone).date() == self.date
        return self.quarter(self.moment.now) if today else None

    def free(self, place: Place) -> list[Span]:
        """Give the stretches of a place that can still be booked."""
        if not place.bookable:
            return []
        held = [taken.span for taken in self.taken.get(place.id, ())]
        return free_spans(self.opened(place), held, earliest_start(place.policy, self.moment))

    def state(self, place: Place) -> str:
        """Name the state of a place for the chosen time: free, part, taken, mine, closed.

        A desk is wanted for the whole of that time; a room for some of it, so what counts is whether one can go in.
        A desk that the member has at another time of the day is theirs too: it shows where a booking went that was
        made for another part of the day than the one that is looked at.
        """
        opened = self.opened(place)
        chosen = opened and opened.intersection(self.chosen)
        if chosen is None or not place.bookable:
            return "closed"
        if place.kind != "desk":
            return self._state_at(place, self.looking_at(chosen))
        rows = self.taken.get(place.id, ())
        if any(taken.member_id == self.member_id and taken.span.end > self.moment.now for taken in rows):
            return "mine"
        busy = [taken for taken in rows if taken.span.overlaps(chosen)]
        if not busy:
            return "free"
        share = self._share(busy, chosen)
        if share < MOSTLY:
            return "part"
        return "closed" if all(taken.booking_id is None for taken in busy) else "taken"

    def looking_at(self, chosen: Span) -> datetime:
        """Give the instant a room is judged at: now where it lies in the chosen time, else when that begins."""
        return self.moment.now if chosen.start <= self.moment.now < chosen.end else chosen.start

    def _state_at(self, place: Place, instant: datetime) -> str:
        running = next((row for row in self.taken.get(place.id, ()) if row.span.start <= instant < row.span.end), None)
        return self.state_of(running) if running else "free"

    @staticmethod
    def _share(busy: Sequence[Taken], chosen: Span) -> float:
        parts = union(part for taken in busy if (part := taken.span.intersection(chosen)))
        return sum((part.length for part in parts), timedelta()) / chosen.length

    def state_of(self, taken: Taken) -> str:
        """Name what a taken stretch is to the member: closed, mine or taken."""
        if taken.booking_id is None:
            return "closed"
        return "mine" if taken.member_id == self.member_id else "taken"

    @cached_property
    def _words(self) -> tuple[str, str]:
        return _("You"), _("Booked")

    def who(self, taken: Taken) -> str:
        """Say in a word or two what takes a stretch, telling other members only what its owner shows."""
        if taken.booking_id is None:
            reason = taken.reason_sv if language() == "sv" else taken.reason_en
            return _("Closed: %(reason)s", reason=reason)
        if taken.member_id == self.member_id:
            return _("You: %(title)s", title=taken.title) if taken.title else self._words[0]
        if taken.public or self.sees_all:
            return taken.title or short_name(taken.name or "")
        return self._words[1]

    def said(self, place: Place) -> str:
        """List what takes a place, for its accessible name: «08–12 Maja Ö.; 13–15 Booked»."""
        return "; ".join(f"{self.hours(taken.span)} {self.who(taken)}" for taken in self.taken.get(place.id, ()))

    def strip(self, place: Place) -> str:
        """Draw the place's day as an SVG path, one unit a quarter from the window's start."""
        first, last = self.window
        parts = []
        for span in union(taken.span for taken in self.taken.get(place.id, ())):
            start = max(self.quarter(span.start), first) - first
            end = min(self.quarter(span.end, up=True), last) - first
            if start < end:
                parts.append(f"M{start} 0H{end}V1H{start}z")
        return "".join(parts)


def read(house: House, day: date, moment: Moment, *, member_id: int, sees_all: bool, chosen: Span) -> Day:
    """Read what is taken on a day; one statement."""
    span = Span(at_minute(day, 0, moment.zone), at_minute(day, 24 * 60, moment.zone))
    taken: dict[int, list[Taken]] = {}
    for row in queries.taken(span):
        taken.setdefault(row.space_id, []).append(row)
    return Day(house, day, moment, member_id, sees_all, chosen, taken)
