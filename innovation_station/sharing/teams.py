"""Desks near each other for several people at once: who may sit where is looked at first, and all are booked or none.

`book` runs inside `db.transaction()`, flushes and never commits.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import select

from innovation_station.bookings import allowances, handing, wish_queries
from innovation_station.bookings import queries as booking_queries
from innovation_station.bookings import rules as booking_rules
from innovation_station.bookings import service as bookings
from innovation_station.bookings.models import Booking
from innovation_station.bookings.rules import HOLDING, Held, Wish
from innovation_station.db import db
from innovation_station.errors import Conflict, NotAllowed, Refusal, Refused
from innovation_station.members import queries as members
from innovation_station.members.rules import Booker, Person
from innovation_station.plans import queries as plans
from innovation_station.sharing import queries, rules, telling
from innovation_station.spaces.queries import house as read_house
from innovation_station.spaces.rules import House, Place
from innovation_station.timespan import Span


class Team(NamedTuple):
    """Who would sit where, in the order of their names; or nobody, and then those who cannot, with the reasons."""

    seats: Sequence[tuple[Person, Place]]
    cannot: Sequence[tuple[Person, Sequence[Refusal]]]


def seat(booker: Booker, holder_ids: Sequence[int], span: Span, *, now: datetime, zone: ZoneInfo) -> Team:
    """Find desks as near to each other as can be, for everybody one that they may have by their own membership.

    Statements grow with the people, who are few, and not with the desks. Raises NotAllowed where one of them does not
    let the booker, Refused where they are too few or too many.
    """
    people = _people(booker, holder_ids)
    house = read_house()
    desks = sorted(
        (one for one in house.places.values() if one.kind == "desk" and one.bookable), key=lambda one: one.id
    )
    taken: dict[int, list[Held]] = {}
    for row in booking_queries.taken(span, house, [desk.id for desk in desks]):
        taken.setdefault(row.space_id, []).append(row.held)
    free = [desk for desk in desks if not any(one.span.overlaps(span) for one in taken.get(desk.id, ()))]
    away = queries.away_among([one.id for one in people], *_days(span, zone))
    wanted, cannot = [], []
    for person in people:
        may, why = _desks_of(person, free, span, house, now, zone)
        if person.id in away:
            may, why = frozenset(), [Refusal("holder-away", "for", {"name": person.name})]
        wanted.append(may)
        if free and not may:
            cannot.append((person, why))
    found = None if cannot else rules.together(wanted, free)
    return Team(list(zip(people, found.desks, strict=True)) if found else [], cannot)


def _people(booker: Booker, holder_ids: Sequence[int]) -> list[Person]:
    ids = sorted(set(holder_ids))
    if not 2 <= len(ids) <= rules.TEAM_MOST:
        raise Refused([Refusal("team-size", "who", {"most": rules.TEAM_MOST})])
    others = [one for one in ids if one != booker.id]
    let = {one.id for one in queries.bookable_for(booker, limit=len(ids), among=others)}
    found = [members.person(one) for one in ids if one == booker.id or one in let]
    people = [one for one in found if one is not None]
    if len(people) < len(ids):
        raise NotAllowed([Refusal("no-consent", "who")])
    return sorted(people, key=lambda one: (one.name.casefold(), one.id))


def _desks_of(
    person: Person, free: Sequence[Place], span: Span, house: House, now: datetime, zone: ZoneInfo
) -> tuple[frozenset[int], list[Refusal]]:
    """Give the ids of the free desks that somebody may have, and where there is none why not the first."""
    moment = bookings.moment(now, zone, house)
    measured = allowances.measured(moment, house, person, plans.access_of(person.id), *_days(span, zone))
    own = wish_queries.held_by(person.id, span)
    refused = {desk.id: booking_rules.refusals(Wish(desk, span), measured, (), own) for desk in free}
    may = frozenset(number for number, why in refused.items() if not why)
    return may, ([] if may or not free else refused[free[0].id])


def _days(span: Span, zone: ZoneInfo) -> tuple[date, date]:
    return span.start.astimezone(zone).date(), span.end.astimezone(zone).date()


def book(
    booker: Booker, holder_ids: Sequence[int], span: Span, *, now: datetime, zone: ZoneInfo, title: str = ""
) -> list[Booking]:
    """Book a desk for each of several people, near each other: all of them or none. Twice is the same as once.

    Each is that member's, who is told. Raises NotAllowed, Refused, and Conflict where not everybody can have one.
    """
    handing.lock(*holder_ids)
    if done := _booked(booker, holder_ids, span):
        return done
    team = seat(booker, holder_ids, span, now=now, zone=zone)
    if not team.seats:
        raise Conflict([Refusal("team-full", "who")])
    bookings.locked(*(place.id for _person, place in team.seats))
    made = []
    for person, place in team.seats:
        mine = person.id == booker.id
        by = None if mine else booker
        booking = bookings.reserve(person, place.id, span, now=now, zone=zone, title=title, booker=by)
        if not mine:
            telling.booked_for(booking, now=now)
        made.append(booking)
    return made


def _booked(booker: Booker, holder_ids: Sequence[int], span: Span) -> list[Booking]:
    """Give what an earlier copy of this submit has made."""
    ids = set(holder_ids)
    made = db.session.scalars(
        select(Booking).where(
            Booking.member_id.in_(ids), Booking.start == span.start, Booking.end == span.end,
            Booking.state.in_(HOLDING), (Booking.booked_by_id == booker.id) | (Booking.member_id == booker.id),
        ).order_by(Booking.id)
    ).all()  # fmt: skip
    return list(made) if {one.member_id for one in made} == ids else []
