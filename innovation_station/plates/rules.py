"""Which hours a place offers to whoever stands before it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta

from innovation_station.bookings.rules import Held, Moment, Wish, earliest_start, refusals, within_grid
from innovation_station.spaces.rules import DAY_MINUTES, Place, open_span
from innovation_station.timespan import Span, subtract

LENGTHS = (60, 120)  # minutes that are offered, and as long as it is free


def free_next(place: Place, moment: Moment, held: Iterable[Held]) -> Span | None:
    """Give the next stretch of today that is free and long enough to be booked, on the place's grid."""
    opened = open_span(place.hours, moment.day(moment.now), moment.zone, moment.holidays)
    if opened is None:
        return None
    start = max(opened.start, earliest_start(place.policy, moment))
    if place.policy.granularity >= DAY_MINUTES:
        start = opened.start
    if start >= opened.end:
        return None
    setup, clearing = (timedelta(minutes=minutes) for minutes in (place.policy.setup, place.policy.clearing))
    taken = [Span(one.span.start - clearing, one.span.end + setup) for one in held]
    shortest = timedelta(minutes=place.policy.shortest)
    for gap in subtract([Span(start, opened.end)], taken):
        found = within_grid(gap, place.policy, moment.zone)
        if found and found.length >= shortest:
            return found
    return None


def offers(
    place: Place, moment: Moment, held: Sequence[Held], own: Sequence[tuple[Held, str]]
) -> list[Wish]:  # fmt: skip
    """Give up to three wishes from the next free instant on, the shortest first, each of which is granted now."""
    free = free_next(place, moment, held)
    if free is None:
        return []
    longest = timedelta(minutes=place.policy.longest)
    ends = {min(free.start + timedelta(minutes=minutes), free.end) for minutes in LENGTHS}
    ends |= {min(free.end, free.start + longest)}
    wishes = (Wish(place, Span(free.start, end)) for end in sorted(ends))
    return [wish for wish in wishes if not refusals(wish, moment, held, own)][:3]
