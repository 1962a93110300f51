"""A search answered: everything it needs is read once for the whole range, a statement a table."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, timedelta

from innovation_station.bookings import allowances, favourites, rules, wish_queries
from innovation_station.bookings import queries as bookings
from innovation_station.bookings.rules import Held, Moment, Wish, local_span
from innovation_station.errors import Refused
from innovation_station.finding import queries
from innovation_station.finding.rules import AROUND, Finder, Found, Hit, Known, Minutes, Search, Taken, usual_kit
from innovation_station.members.rules import Person
from innovation_station.spaces.rules import House, at_minute
from innovation_station.timespan import Span


def known(member_id: int, house: House, moment: Moment, needs: frozenset[str]) -> Known:
    """Gather what is known of who asks; two statements."""
    used = queries.used(member_id, moment.now - bookings.HABIT, moment.now)
    return Known(favourites.of(member_id), used, needs, usual_kit(used, house.places))


def look(
    who: Person,
    search: Search,
    *,
    house: House,
    moment: Moment,
    needs: frozenset[str],
    colleagues: Collection[int] = (),
) -> Found:
    """Find times. `colleagues` are members who are to be free as well, as far as they show when they are not."""
    others = _others(search.days, moment)
    days = sorted({*search.days, *others})
    moment = allowances.measured(moment, house, who, who.access, days[0], days[-1])
    whole = Span(at_minute(days[0], 0, moment.zone), at_minute(days[-1], 24 * 60, moment.zone))
    places = [place for place in house.places.values() if place.kind in search.kinds and place.bookable]
    taken = Taken(queries.taken(whole, {one for place in places for one in place.takes}, who.id), days, moment.zone)
    own = wish_queries.held_by(who.id, whole)
    elsewhere = [held.span for held, kind in own if kind in search.kinds]
    if colleagues:
        elsewhere += queries.shown_meetings(colleagues, whole)

    def grant(hit: Hit) -> bool:
        try:
            wish = wish_of(hit, search, moment)
        except Refused:
            return False
        return not rules.refusals(wish, moment, _held(taken, hit, moment), own)

    ruled = {day: moment.allowance.house_on(house, day) for day in days}
    finder = Finder(
        search, places, taken, moment, known(who.id, house, moment, needs), grant=grant,
        own=_by_day(elsewhere, moment), others=others,
        barred=lambda day: rules.bars(ruled[day], day, moment), on=lambda day: ruled[day].places,
    )  # fmt: skip
    return finder.find()


def wish_of(hit: Hit, search: Search, moment: Moment) -> Wish:
    """Make a wish of a hit. Raises Refused where the clocks change and its time is not clear."""
    span = local_span(hit.day, hit.start, hit.end, moment.zone)
    layout = search.layout if hit.place.layout(search.layout) else None
    return Wish(hit.place, span, search.people, layout)


def _held(taken: Taken, hit: Hit, moment: Moment) -> list[Held]:
    """Give what takes the hit's place on its day, as the rules know it."""
    spans = (
        Span(at_minute(hit.day, start, moment.zone), at_minute(hit.day, end, moment.zone))
        for start, end in taken.of(hit.place, hit.day)
        if start < end
    )
    return [Held(hit.place.id, span, booking_id=0) for span in spans]


def _others(days: Sequence[date], moment: Moment) -> list[date]:
    """Give the days nearest to those that are asked for, and not among them: the same room may be free then."""
    today = moment.now.astimezone(moment.zone).date()
    around = (
        side + timedelta(days=away * turn)
        for away in range(1, AROUND + 1)
        for side, turn in ((days[-1], 1), (days[0], -1))
    )
    inside = (days[0] + timedelta(days=ahead) for ahead in range((days[-1] - days[0]).days))
    asked = set(days)
    found = [day for day in (*inside, *around) if day >= today and day not in asked]
    return sorted(found[: 2 * AROUND])


def _by_day(spans: Iterable[Span], moment: Moment) -> Mapping[date, Sequence[Minutes]]:
    found: dict[date, list[Minutes]] = defaultdict(list)
    for span in spans:
        for part in span.by_local_day(moment.zone):
            start, end = (side.astimezone(moment.zone) for side in (part.start, part.end))
            until = end.hour * 60 + end.minute if end.date() == start.date() else 24 * 60
            found[start.date()].append((start.hour * 60 + start.minute, until))
    return found
