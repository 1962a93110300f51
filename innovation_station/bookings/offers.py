"""What a member can take with one tap: the usual place again, and ways forward when something was taken."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

from innovation_station.bookings import allowances, queries, rules, wish_queries
from innovation_station.bookings.beside import ANY
from innovation_station.bookings.choice import LOOK_AHEAD, Choice, clock_of, next_open_days, presets
from innovation_station.bookings.day import Day
from innovation_station.bookings.queries import Taken
from innovation_station.bookings.rules import Held, Moment, Wish, bar, bars, earliest_start
from innovation_station.i18n import gettext as _
from innovation_station.i18n import hours_short, language, local, span_short, weekday_definite
from innovation_station.members.rules import Actor
from innovation_station.plans import queries as plans
from innovation_station.spaces.rules import AMENITIES, DAY_MINUTES, House, Place, at_minute, open_span
from innovation_station.timespan import Span

DAYS_AWAY = frozenset({"too-far", "too-soon"})  # on another day the place is to be had


class Repeat:
    """The offer on top of the Book page: what the member had last, on a day where it is free."""

    def __init__(self, day: Day, choice: Choice, usual: Sequence[tuple[int, datetime, datetime]]):
        self.day, self.choice, self.usual = day, choice, usual

    def compose(self) -> dict[str, Any] | None:
        """Offer what the member mostly books on this weekday, else at all, where it can be had today."""
        same = [row for row in self.usual if local(row[1]).weekday() == self.choice.day.weekday()]
        for rows in (same, self.usual):
            wishes = Counter((space, local(start).time(), local(end).time()) for space, start, end in rows)
            for (space_id, start, end), _count in wishes.most_common(3):
                wish = self._granted(space_id, start.hour * 60 + start.minute, end.hour * 60 + end.minute)
                if wish:
                    return self._offer(wish, last_week=rows is same)
        return None

    def _granted(self, space_id: int, start: int, end: int) -> Wish | None:
        place = self.day.house.places.get(space_id)
        if place is None or not self.choice.shows(place) or end <= start:
            return None
        zone = self.day.moment.zone
        wish = Wish(place, Span(at_minute(self.choice.day, start, zone), at_minute(self.choice.day, end, zone)))
        rows = [row for rows in self.day.taken.values() for row in rows]
        held = [row.held for row in rows]
        own = [
            (row.held, self.day.house.places[row.space_id].kind)
            for row in rows
            if row.member_id == self.day.member_id and row.space_id == row.booked_id
        ]
        refused = rules.refusals(wish, self.day.moment, [row for row in held if row.space_id == space_id], own)
        return None if refused or any(row.span.overlaps(wish.span) for row, _kind in own) else wish

    def _offer(self, wish: Wish, *, last_week: bool) -> dict[str, Any]:
        what = f"{wish.place.name}, {span_short(wish.span)}"
        weekday = weekday_definite(self.choice.day)
        return {
            "text": _("Same as last %(weekday)s", weekday=weekday) if last_week else _("Your usual place"),
            "title": what,
            "button": _("Book %(what)s", what=what),
            "action": "/bookings",
            "fields": booking_fields(wish),
        }  # fmt: skip


class AnyPlace:
    """The offer to have any free desk of the day's chosen time, anywhere or in a zone; the house picks it."""

    def __init__(self, house: House, choice: Choice, moment: Moment):
        self.house, self.choice, self.moment = house, choice, moment

    def compose(self) -> dict[str, Any] | None:
        """Give the form; None where the chosen time is over, or for rooms, of which one wants a certain one."""
        choice, zone = self.choice, self.moment.zone
        if choice.kind != "desk" or choice.start is None or choice.end is None:
            return None
        if at_minute(choice.day, choice.end, zone) <= self.moment.now:
            return None
        zones = {place.zone_id for place in self.house.places.values() if place.kind == "desk"}
        named = [area for area in self.house.zones.values() if area.id in zones]
        parts = presets(choice, self.house)
        preset = next((name for name in parts if parts[name] == (choice.start, choice.end)), None)
        hours = hours_short(choice.start, choice.end)
        return {
            "fields": {
                "space": ANY, "kind": choice.kind, "date": choice.day.isoformat(), "key": secrets.token_urlsafe(12),
                **({"preset": preset} if preset else {"start": clock_of(choice.start), "end": clock_of(choice.end)}),
            },
            "kit": [amenity for amenity in AMENITIES if amenity in choice.amenities],
            "zones": [
                {"id": area.id, "name": area.names[language()], "chosen": area.id == choice.zone} for area in named
            ] if len(named) > 1 else [],
            "button": _("Book %(hours)s", hours=hours),
        }  # fmt: skip


def find_href(choice: Choice) -> str:
    """Lead to a search that begins with what is chosen: a desk for all of it, a room for an hour."""
    length = (choice.end or 0) - (choice.start or 0) if choice.kind == "desk" else 0
    people = f"&people={choice.seats}" if choice.seats else ""
    return f"/find?{replace(choice, seats=None).query()}&length={length or 60}{people}"


def find_around(wish: Wish) -> str:
    """Lead to a search for what comes near a wish: other times and days of its place, other places at its time."""
    start, end = local(wish.span.start), local(wish.span.end)
    minutes = [side.hour * 60 + side.minute for side in (start, end)]
    until = start.date() + timedelta(days=6)
    clocks = [clock_of(minutes[0]), clock_of(minutes[1] or 24 * 60)]
    given = {
        "kind": "desk" if wish.place.kind == "desk" else "room", "space": wish.place.id,
        "date": start.date().isoformat(), "until": until.isoformat(), "from": clocks[0], "to": clocks[1],
        "length": wish.span.length // timedelta(minutes=1), "people": wish.people, "layout": wish.layout,
    }  # fmt: skip
    return "/find?" + urlencode({name: value for name, value in given.items() if value}) + "#found"


def booking_fields(wish: Wish) -> dict[str, object]:
    """Give the hidden fields that book a wish with one tap; the key makes a second tap the same booking."""
    start, end = local(wish.span.start), local(wish.span.end)
    return {
        "space": wish.place.id, "date": start.date().isoformat(), "start": f"{start:%H:%M}",
        "end": "24:00" if end.date() > start.date() else f"{end:%H:%M}", "key": secrets.token_urlsafe(12),
        **({"people": wish.people} if wish.people else {}), **({"layout": wish.layout} if wish.layout else {}),
    }  # fmt: skip


def in_shape(wish: Wish, moment: Moment) -> Wish:
    """Bring a wish onto its place's grid and to a length it may have, so that something can be offered."""
    policy, day = wish.place.policy, moment.day(wish.span.start)
    if policy.granularity >= DAY_MINUTES:
        opened = open_span(wish.place.hours, day, moment.zone, moment.holidays)
        return replace(wish, span=opened) if opened else wish
    midnight = at_minute(day, 0, moment.zone)
    step, shortest, longest = (timedelta(minutes=m) for m in (policy.granularity, policy.shortest, policy.longest))
    start = midnight + (wish.span.start - midnight) // step * step
    length = -(-min(max(wish.span.end - start, shortest), longest) // step) * step
    return replace(wish, span=Span(start, start + length))


def fitted(wish: Wish, place: Place, span: Span) -> Wish:
    """Carry a wish to another place or time: for as many people, and furnished alike where the place can be."""
    return Wish(place, span, wish.people, wish.layout if place.layout(wish.layout) else None)


@lru_cache(maxsize=64)
def _alike(house: House, place_id: int, needs: frozenset[str]) -> Sequence[Place]:
    return rules.alike(house.places[place_id], house.places.values(), needs)


@lru_cache(maxsize=8)
def _near(
    _stamp: tuple[int, int], house: House, place_id: int, needs: frozenset[str], around: Span, span: Span
) -> Sequence[Held]:  # fmt: skip
    """Read once for a state of the house what stands near a wish: its stamp names all that takes its spaces."""
    return wish_queries.near(house.places[place_id], _alike(house, place_id, needs), around, span)


@lru_cache(maxsize=16)
def _rows(_stamp: tuple[int, int], house: House, place_id: int, day: Span) -> Sequence[Taken]:
    """Read once for a state of the house what takes a place on a day."""
    return queries.taken(day, house, {place_id})


@lru_cache(maxsize=32)
def _changed_at(_house: House, _stamp: tuple[int, int], booking_id: int) -> datetime | None:
    """Read once for a state of the house when a booking has last changed: that stamps its spaces."""
    return wish_queries.changed_at(booking_id)


class Known:
    """What one answer has read already, and what several that are refused the same have in common.

    The `stamp` names the state of all spaces of the `house`, and must have been read before anything that is asked for
    here.
    """

    def __init__(self, house: House, stamp: tuple[int, int]) -> None:
        self.house, self.stamp = house, stamp
        self._own: dict[int, tuple[Span, list[tuple[Held, str]]]] = {}

    def near(self, house: House, wish: Wish, needs: frozenset[str], around: Span) -> Sequence[Held]:
        """Give what stands near a wish, see `wish_queries.near`; one statement at most."""
        return _near(self.stamp, house, wish.place.id, needs, around, wish.padded)

    def read(self, day: Day, place_id: int) -> Day:
        """Give a day that knows what takes a place; one statement at most."""
        return replace(day, taken={place_id: _rows(self.stamp, day.house, place_id, day.whole)})

    def changed_at(self, booking_id: int) -> datetime | None:
        """Tell when a booking was made, or last changed; one statement at most."""
        return _changed_at(self.house, self.stamp, booking_id)

    def held_by(self, member_id: int, span: Span) -> list[tuple[Held, str]]:
        """Give a member's own bookings in a span, see `wish_queries.held_by`; no statement for what was read before."""
        whole, found = self._own.get(member_id, (None, []))
        if whole is None or not whole.contains(span):
            found = wish_queries.held_by(member_id, span)
            self._own[member_id] = span, found
        return [one for one in found if one[0].span.overlaps(span)]


def alternatives_for(
    house: House,
    actor: Actor,
    member_id: int,
    wish: Wish,
    moment: Moment,
    *,
    access: int | None = None,
    without: int | None = None,
    needs: frozenset[str] = frozenset(),
    role: str | None = None,
    known: Known | None = None,
) -> list[rules.Alternative]:
    """Find three ways forward near a wish that the actor has for a member, each of which would be granted now.

    Two statements, and what the membership needs. A wish off the grid, too short, too long or too far ahead is first
    brought to what could be had. Where a quota is used up or a membership does not hold, later or earlier days are
    looked at too; what is not for the member gives way to the place most like it that is. `without` leaves out a
    booking that is being moved. `needs` are those of the member who asks, where the booking is theirs. `role` is that
    of who books, where it is not the actor. What is `known` already is not read again.
    """
    today, asked = moment.today, moment.day(wish.span.start)
    found = allowances.standing(house, member_id, plans.access_of(member_id) if access is None else access)
    bare = allowances.bare(house, actor, found, moment.zone)
    moment = replace(moment, allowance=bare, role=role or actor.role)
    house = bare.house_on(house, asked)
    wish = in_shape(moment.ruled(wish), moment)
    last = today + timedelta(days=wish.place.policy.horizon)
    soonest = max(asked, today, moment.day(earliest_start(wish.place.policy, moment)))
    first = min(soonest, max(today, last - timedelta(days=6)))
    ahead = [day for day in next_open_days(house, first, moment, LOOK_AHEAD if found else 5) if day <= last]
    if found is not None:
        counted = (min(first, asked, *ahead[:1]), max(asked, moment.day(wish.span.end), *ahead[-1:]))
        allowed = allowances.allowance(house, actor, found, counted, moment.zone, without=without)
        moment = replace(moment, allowance=allowed)
    if moment.allowance.catalogue is not None or bar(wish.place, asked, moment):
        wish = _within_reach(house, wish, moment, needs)
        ahead = _granted_days(house, wish, moment, ahead, today)
    days = ahead[:3] or [asked]
    around = Span(at_minute(min(first, days[0]), 0, moment.zone), at_minute(days[-1], DAY_MINUTES, moment.zone))
    similar = _alike(house, wish.place.id, needs)
    if known is not None and without is None:
        held, own = known.near(house, wish, needs, around), known.held_by(member_id, around)
    else:
        held = wish_queries.near(wish.place, similar, around, wish.padded, without=without)
        own = wish_queries.held_by(member_id, around, without=without)
    return rules.alternatives(wish, similar, held, own, moment, days)


def _within_reach(house: House, wish: Wish, moment: Moment, needs: frozenset[str]) -> Wish:
    """Keep a wish for a place that is for the member; else put the nearest one that is, if there is any."""
    found = bars(house, moment.day(wish.span.start), moment)
    barred = {space_id for space_id, code in found.items() if code not in DAYS_AWAY}
    if wish.place.id not in barred:
        return wish
    places = [place for place in house.places.values() if place.bookable and place.id not in barred]
    if not places:
        return wish
    nearest = min(places, key=lambda place: (place.kind != wish.place.kind, *rules.unlike(place, wish.place, needs)))
    return in_shape(fitted(wish, nearest, wish.span), moment)


def _granted_days(house: House, wish: Wish, moment: Moment, ahead: list[date], today: date) -> list[date]:
    """List the days on which the membership grants the wish; the nearest earlier ones where no later one does."""

    def granted(day: date) -> bool:
        return not moment.allowance.refusals(wish.place, rules.same_clock(wish.span, day, moment.zone))

    if later := [day for day in ahead if granted(day)]:
        return later
    until = local(wish.span.start).date() - today
    earlier = next_open_days(house, today, moment, LOOK_AHEAD)
    return [day for day in earlier if day - today < until and granted(day)][-3:]
