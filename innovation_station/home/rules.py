"""When the house is open, the stops of a member's day, and what one tap may book. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from innovation_station.bookings.rules import Held, Moment, Wish, earliest_start, refusals
from innovation_station.spaces.rules import Hours, Place, at_minute, open_span
from innovation_station.timespan import Span, subtract

DAYS_AHEAD = 35
SHORTEST_GAP = timedelta(hours=1)
HALF_DAYS = ((8 * 60, 12 * 60), (13 * 60, 17 * 60))
ROOM_MINUTES = (30, 60)
STARTED = frozenset({"past", "too-soon"})  # what a booking that has begun is not measured by when it grows
Habit = tuple[int, datetime, datetime]


@dataclass(frozen=True, slots=True)
class Mine:
    """One of the member's bookings as its day shows it."""

    booking_id: int
    place: Place
    span: Span
    title: str
    public: bool


@dataclass(frozen=True, slots=True)
class Offer:
    """A booking that would be granted now; `extends` is the booking that grows instead."""

    wish: Wish
    extends: Mine | None = None


@dataclass(frozen=True, slots=True)
class Stop:
    """One line of a day: a booking, a gap without a desk, or the closing of the house."""

    kind: Literal["booking", "gap", "closing"]
    at: datetime
    until: datetime
    mine: Mine | None = None
    offers: tuple[Offer, ...] = ()


@dataclass(frozen=True, slots=True)
class RoomOffer:
    """A room that is free now, until when, and what of 30 and 60 minutes may be had: (minutes, wish)."""

    place: Place
    until: datetime
    wishes: tuple[tuple[int, Wish], ...]


@dataclass(frozen=True, slots=True)
class DayTaken:
    """What is taken on the day, by space, and the member's own part of it with each space's kind."""

    held: Mapping[int, Sequence[Held]]
    own: Sequence[tuple[Held, str]]

    def grants(self, wish: Wish, moment: Moment, *, without: Mine | None = None) -> bool:
        """Tell whether the rules grant a wish; `without` is the booking that it replaces."""
        gone = without.booking_id if without else None
        held = [taken for taken in self.held.get(wish.place.id, ()) if gone is None or taken.booking_id != gone]
        own = [(taken, kind) for taken, kind in self.own if gone is None or taken.booking_id != gone]
        found = {refusal.code for refusal in refusals(wish, moment, held, own)}
        return not (found - STARTED if without else found)


def openings(hours: Hours, moment: Moment, closures: Iterable[Span]) -> list[Span]:
    """List when the house is open from now on, today's running opening included, for five weeks."""
    today = moment.now.astimezone(moment.zone).date()
    days = (today + timedelta(days=ahead) for ahead in range(DAYS_AHEAD))
    opened = [span for day in days if (span := open_span(hours, day, moment.zone, moment.holidays))]
    return [span for span in subtract(opened, closures) if span.end > moment.now]


def ticket(mine: Sequence[Mine], now: datetime) -> Mine | None:
    """Choose the place the member has now, a desk before a room, else the next one of the day."""
    left = [booking for booking in mine if booking.span.end > now]
    running = [booking for booking in left if booking.span.start <= now]
    if running:
        return min(running, key=lambda booking: booking.place.kind != "desk")
    return min(left, key=lambda booking: booking.span.start, default=None)


def stops(
    mine: Sequence[Mine], opened: Span | None, moment: Moment, desks: Sequence[Place], taken: DayTaken,
    habits: Sequence[Habit],
) -> list[Stop]:  # fmt: skip
    """Lay out a member's day in order: bookings, the gaps that are left of it, the closing."""
    found = [Stop("booking", booking.span.start, booking.span.end, booking) for booking in mine]
    if opened and opened.end > moment.now:
        seats = [booking.span for booking in mine if booking.place.kind == "desk"]
        first = max(opened.start, min((earliest_start(desk.policy, moment) for desk in desks), default=moment.now))
        left = subtract([Span(first, opened.end)], seats) if first < opened.end else []
        for gap in left:
            if gap.length >= SHORTEST_GAP:
                offers = tuple(seat_offers(gap, mine, moment, desks, taken, habits))
                found.append(Stop("gap", gap.start, gap.end, offers=offers))
        found.append(Stop("closing", opened.end, opened.end))
    return sorted(found, key=lambda stop: (stop.at, stop.kind != "booking"))


def seat_offers(
    gap: Span, mine: Sequence[Mine], moment: Moment, desks: Sequence[Place], taken: DayTaken,
    habits: Sequence[Habit],
) -> list[Offer]:  # fmt: skip
    """Offer a desk for a gap, the habitual one first, and to keep the desk that ends where it begins."""
    offers: list[Offer] = []
    for span in _spans(gap, moment, habits):
        favourites = [space for space, _count in Counter(habit[0] for habit in habits).most_common()]
        order = sorted(desks, key=lambda p: favourites.index(p.id) if p.id in favourites else len(favourites))
        wishes = (Wish(place, part) for place in order if (part := _while_open(place, span, moment)))
        wish = next((wish for wish in wishes if taken.grants(wish, moment)), None)
        if wish:
            offers.append(Offer(wish))
            break
    until = offers[0].wish.span.end if offers else gap.end
    before = next(
        (m for m in mine if m.place.kind == "desk" and m.span.end == gap.start and m.span.end > moment.now),
        None,
    )
    if before:
        wish = Wish(before.place, Span(before.span.start, until))
        if taken.grants(wish, moment, without=before):
            offers.append(Offer(wish, before))
    return offers


def _while_open(place: Place, span: Span, moment: Moment) -> Span | None:
    """Give the part of a span in which a place may be booked, None where that is not worth coming for."""
    opened = open_span(place.hours, moment.day(span.start), moment.zone, moment.holidays)
    if opened is None or opened.contains(span):
        return opened and span
    start, end = max(span.start, opened.start), min(span.end, opened.end)
    return Span(start, end) if end - start >= SHORTEST_GAP else None


def _spans(gap: Span, moment: Moment, habits: Sequence[Habit]) -> list[Span]:
    """List what of a gap is worth offering: the usual hours, then a half day or the whole of it."""
    day = gap.start.astimezone(moment.zone).date()
    usual = Counter(_minutes(habit, moment) for habit in habits).most_common(3)
    wished = [_on(day, minutes, moment) for minutes, _count in usual]
    halves = [_on(day, minutes, moment) for minutes in HALF_DAYS]
    inside = [half for half in halves if half and gap.contains(half)]
    wished += [gap] if len(inside) == len(HALF_DAYS) else [*inside, gap]
    return [span for span in wished if span and gap.contains(span)]


def _minutes(habit: Habit, moment: Moment) -> tuple[int, int]:
    start, end = (side.astimezone(moment.zone) for side in habit[1:])
    return start.hour * 60 + start.minute, end.hour * 60 + end.minute


def _on(day: date, minutes: tuple[int, int], moment: Moment) -> Span | None:
    start, end = (at_minute(day, minute, moment.zone) for minute in minutes)
    return Span(start, end) if start < end else None


def rooms_now(rooms: Iterable[Place], moment: Moment, taken: DayTaken) -> list[RoomOffer]:
    """List rooms that can be taken at once, until when they are free, and for how long they may be had."""
    found = []
    for place in rooms:
        if earliest_start(place.policy, moment) > moment.now:
            continue  # wants notice: cannot be had now
        until = _free_until(place, moment, taken)
        wishes = tuple(
            (minutes, wish)
            for minutes in ROOM_MINUTES
            if until and (wish := _from_now(place, minutes, moment)).span.end <= until and taken.grants(wish, moment)
        )
        if until and wishes:
            found.append(RoomOffer(place, until, wishes))
    return found


def _free_until(place: Place, moment: Moment, taken: DayTaken) -> datetime | None:
    today = moment.now.astimezone(moment.zone).date()
    opened = open_span(place.hours, today, moment.zone, moment.holidays)
    free = subtract([opened] if opened else [], [held.span for held in taken.held.get(place.id, ())])
    return next((span.end for span in free if span.start <= moment.now < span.end), None)


def _from_now(place: Place, minutes: int, moment: Moment) -> Wish:
    """Make a wish for at least so many minutes from now: from the running step to the end of a later one."""
    step = timedelta(minutes=place.policy.granularity)
    start = earliest_start(place.policy, moment)
    steps = -((start - moment.now - timedelta(minutes=minutes)) // step)
    return Wish(place, Span(start, start + steps * step))
