"""What happens to waits: joined, offered, taken, passed on, expired, left.

Every function runs inside `db.transaction()`, decides on rows it has locked, flushes and never commits. Locks are taken
in one order: the member, the spaces by their ids, the waits by theirs.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from innovation_station.bookings import allowances, making_way, rules, wish_queries, writes
from innovation_station.bookings import service as bookings
from innovation_station.bookings.models import Booking
from innovation_station.bookings.rules import Held, Wish
from innovation_station.db import at_end, db
from innovation_station.errors import Conflict, DomainError, NotFound, Refusal, Refused
from innovation_station.i18n import zone as house_zone
from innovation_station.members import queries as members
from innovation_station.members.rules import Actor, Booker, Person
from innovation_station.spaces.queries import house as read_house
from innovation_station.spaces.rules import House, Place
from innovation_station.timespan import Span
from innovation_station.waits import queries, telling
from innovation_station.waits import rules as lines
from innovation_station.waits.models import Wait
from innovation_station.waits.rules import SILENT, WAITED_FOR, WAITS_MOST, Wanted

A_DAY = timedelta(days=1)  # wider than any time that is kept free round a booking


def join(actor: Actor, wanted: Wanted, span: Span, *, now: datetime, zone: ZoneInfo) -> Wait:
    """Stand in line for a time that is taken. Joining twice is the same as once.

    Raises NotFound for an unknown space, Refused with what will not change by waiting, and where it is free already.
    """
    house = read_house()
    places = _wanted(house, wanted)
    if wanted.space_id is not None:
        writes.lock(actor.id, places[0].touches)
    else:
        writes.lock_member(actor.id)
    house = read_house()
    if earlier := queries.same(actor.id, wanted, span):
        return earlier
    person = members.person(actor.id)
    if person is None:
        raise NotFound("member-unknown")
    if found := _join_refusals(person, _wanted(house, wanted), span, house, now, zone):
        raise Refused(found)
    if queries.count(actor.id) >= WAITS_MOST:
        raise Refused([Refusal("wait-many", None, {"most": WAITS_MOST})])
    wait = Wait(
        member_id=actor.id, space_id=wanted.space_id, kind=wanted.kind, zone_id=wanted.zone_id, start=span.start,
        end=span.end, state="waiting", joined_at=now,
    )  # fmt: skip
    db.session.add(wait)
    db.session.flush()
    return wait


def _wanted(house: House, wanted: Wanted) -> list[Place]:
    found = [place for place in house.places.values() if wanted.fits(place)]
    if not found:
        raise NotFound("space-unknown")
    return found


def _join_refusals(
    person: Person, places: Sequence[Place], span: Span, house: House, now: datetime, zone: ZoneInfo
) -> list[Refusal]:  # fmt: skip
    """List why nobody needs to wait for any of some places: it is free, or waiting changes nothing."""
    looked = _Look(person, places, span, house, now, zone)
    verdicts = {place.id: looked.at(place) for place in places}
    for place in places:
        if looked.has(place):
            return [Refusal("wait-yours", "space", {"space": place.name})]
        if not verdicts[place.id]:
            return [Refusal("wait-free", "space", {"space": place.name})]
    hopeful = [place for place in places if WAITED_FOR.issuperset(one.code for one in verdicts[place.id])]
    if not hopeful:
        return [one for one in verdicts[places[0].id] if one.code not in WAITED_FOR]
    if all(looked.offer_end(place) is None for place in hopeful):
        return [Refusal("wait-late", "start")]
    return []


@making_way.displaced.connect
def stand_in(booking: Booking, *, now: datetime, zone: ZoneInfo) -> bool:
    """Put the member of a booking whose place was closed in line for any of its kind; False where waiting is no use."""
    person, place = members.person(booking.member_id), read_house().places[booking.space_id]
    if person is None:
        return False
    try:
        join(person, Wanted(kind=place.kind), booking.span, now=now, zone=zone)
    except DomainError:
        return False
    return True


class _Look:
    """What one member meets on some places at one time, read once: two statements and what the membership takes.

    What is held for the member is in nobody's way.
    """

    def __init__(
        self, person: Person, places: Iterable[Place], span: Span, house: House, now: datetime, zone: ZoneInfo
    ) -> None:
        self.person, self.span = person, span
        wide = Span(span.start - A_DAY, span.end + A_DAY)
        found = wish_queries.held(wide, sorted({one for place in places for one in place.takes}))
        self.held = [one for one in found if one.hold_id is None or one.member_id != person.id]
        self.kept = [one for one in found if one.hold_id is not None and one.member_id == person.id]
        self.own = wish_queries.held_by(person.id, span)
        first, last = (side.astimezone(zone).date() for side in (span.start, span.end))
        moment = bookings.moment(now, zone, house)
        self.moment = allowances.measured(moment, house, person, person.access, first, last)

    def wish(self, place: Place) -> Wish:
        """Give what the member would book, under the rules of their plan that day."""
        return self.moment.ruled(Wish(place, self.span))

    def at(self, place: Place) -> list[Refusal]:
        """List why the member may not book a place."""
        held = [one for one in self.held if one.space_id in place.takes]
        return rules.refusals(self.wish(place), self.moment, held, self.own)

    def has(self, place: Place) -> bool:
        """Tell whether the member has booked any of the time of a place already."""
        mine = (one for one in self.held if one.booking_id is not None and one.member_id == self.person.id)
        return any(one.space_id in place.takes and one.span.overlaps(self.span) for one in mine)

    def keeps(self, place: Place) -> bool:
        """Tell whether another offer keeps some of the time for the member, or of what is kept free round it."""
        padded = self.wish(place).padded
        return any(one.space_id in place.takes and one.span.overlaps(padded) for one in self.kept)

    def offer_end(self, place: Place) -> datetime | None:
        """Give until when an offer of a place would stand."""
        return lines.offer_end(self.moment.now, lines.last_moment(self.wish(place).place, self.span), self.moment.zone)


# -- offers -----------------------------------------------------------------------------------------------------------


class Freed(NamedTuple):
    """Time that may have become free: near a span, on spaces that the transaction has locked."""

    spaces: frozenset[int]
    span: Span
    now: datetime


@bookings.changed.connect
def follow(
    booking: Booking, *, now: datetime, house: House | None, before: Mapping[str, Any] | None = None, **_more: object
) -> None:  # fmt: skip
    """Have whoever waits asked at the end of a transaction in which a booking has given time back."""
    if house is None or before is None:
        return
    was = house.places.get(before["space"])
    if was is None:
        return
    spaces = frozenset((*was.touches, *house.places[booking.space_id].touches))
    at_end(_offer_freed, Freed(spaces, Span(*map(datetime.fromisoformat, (before["start"], before["end"]))), now))


def _offer_freed(freed: Sequence[Freed]) -> None:
    spaces = frozenset().union(*(one.spaces for one in freed))
    now, zone = max(one.now for one in freed), house_zone()
    for wait_id in queries.lost_offers(spaces):
        _back_in_line(queries.locked(wait_id))
    span = Span(min(one.span.start for one in freed), max(one.span.end for one in freed))
    offer_in_line(spaces, span, now=now, zone=zone)


def offer_in_line(spaces: Collection[int], near: Span, *, now: datetime, zone: ZoneInfo) -> int:
    """Offer what is free near a span to whoever is first in line for it, one after the other; give how many.

    Only places whose every lock the caller has, `spaces`, are offered.
    """
    near = Span(near.start - A_DAY, near.end + A_DAY)
    waiting = [wait for wait in queries.waiting(near, sorted(spaces)) if wait.start > now]
    if not waiting:
        return 0
    house, locked = read_house(), frozenset(spaces)
    known = (house.places[one] for one in sorted(locked & house.places.keys()))
    places = [place for place in known if locked.issuperset(place.touches)]
    made, held = 0, taken(places, waiting)
    for wait in waiting:
        if free := free_places(wait, places, held, now, zone):
            offered = _offer(wait.id, free, house, now, zone)
            held += offered
            made += bool(offered)
    return made


def taken(places: Iterable[Place], waits: Sequence[Wait]) -> list[Held]:
    """Read what takes some places at the times that are waited for; one statement."""
    hull = Span(min(wait.start for wait in waits) - A_DAY, max(wait.end for wait in waits) + A_DAY)
    return wish_queries.held(hull, sorted({one for place in places for one in place.takes}))


def free_places(
    wait: Wait, places: Iterable[Place], held: Sequence[Held], now: datetime, zone: ZoneInfo
) -> list[Place]:  # fmt: skip
    """List the places at which nothing stands in a wait's time; what the member's rules say of them is not asked."""
    if lines.offer_end(now, wait.start, zone) is None:
        return []
    met = {one.space_id for one in held if one.span.overlaps(wait.span)}
    return [place for place in places if wait.wanted.fits(place) and met.isdisjoint(place.takes)]


def _offer(wait_id: int, places: Sequence[Place], house: House, now: datetime, zone: ZoneInfo) -> list[Held]:
    """Offer a wait the first of some free places that the member may book; give what is held then."""
    wait = queries.locked(wait_id)
    if wait.state != "waiting":
        return []
    chosen, refused = choose(wait, places, house, now, zone)
    if chosen is None:
        _skip(wait, places[0], refused, now)
        return []
    place, until = chosen.wish.place, chosen.until
    hold = bookings.hold(
        wait.member_id, place.id, wait.span, until=until, now=now, zone=zone, padded=chosen.wish.padded
    )  # fmt: skip
    wait.state, wait.hold_id, wait.offered_id, wait.offer_until = "offered", hold.id, place.id, until
    wait.skipped = None
    db.session.flush()
    telling.offered(wait, place, now)
    return [Held(one, chosen.wish.padded, member_id=wait.member_id, hold_id=hold.id) for one in place.takes]


class Chosen(NamedTuple):
    """What a wait can be offered, under the rules that hold for its member, and until when."""

    wish: Wish
    until: datetime


def choose(
    wait: Wait, places: Sequence[Place], house: House, now: datetime, zone: ZoneInfo
) -> tuple[Chosen | None, list[Refusal]]:  # fmt: skip
    """Find the first of some free places that a wait's member may book; without one, why not."""
    person = members.person(wait.member_id)
    if person is None:
        return None, []
    looked = _Look(person, places, wait.span, house, now, zone)
    passed: list[Refusal] = []
    for place in places:
        found, until = looked.at(place), looked.offer_end(place)
        if not found and until is not None and not looked.keeps(place):
            return Chosen(looked.wish(place), until), []
        passed = passed or [one for one in found if one.code not in SILENT]
    return None, passed


def _skip(wait: Wait, place: Place, refused: Sequence[Refusal], now: datetime) -> None:
    """Keep why a member was passed over, and tell it once."""
    if not refused or (wait.skipped or {}).get("code") == refused[0].code:
        return
    wait.skipped = telling.reason(refused[0])
    db.session.flush()
    telling.skipped(wait, place, now)


def _back_in_line(wait: Wait) -> None:
    """Take an offer back whose hold is gone: somebody took a step back, or the place was shut."""
    if wait.state != "offered" or wait.hold_id is not None:
        return
    wait.state, wait.offered_id, wait.offer_until = "waiting", None, None
    db.session.flush()
    telling.withdrawn(wait)


def end_offer(wait_id: int, *, now: datetime, zone: ZoneInfo) -> bool:
    """End an offer whose time is over, and ask the next; tell whether it was one."""
    house, wait = _behind_locks(wait_id)
    if wait.state != "offered":
        return False
    if wait.hold_id is None:
        _back_in_line(wait)
        return True
    if wait.offer_until is None or wait.offer_until > now:
        return False
    place = house.places[wait.offered_id or 0]
    _end(wait, "expired", now)
    telling.expired(wait, place, now)
    offer_in_line(place.touches, wait.span, now=now, zone=zone)
    return True


def end_wait(wait_id: int, *, now: datetime) -> bool:
    """End a wait whose time has begun; tell whether it was one."""
    wait = queries.locked(wait_id)
    if wait.state != "waiting" or wait.start > now:
        return False
    _end(wait, "over", now)
    return True


def settle(wait_id: int, booking_id: int, *, now: datetime) -> bool:
    """End a wait of somebody who has booked by another way what was waited for; tell whether it was one."""
    wait = queries.locked(wait_id)
    if wait.state != "waiting":
        return False
    wait.booking_id = booking_id
    _end(wait, "taken", now)
    return True


def offer_at(space_id: int, *, now: datetime, zone: ZoneInfo) -> int:
    """Offer whatever is free of a space to whoever waits for it; give how many."""
    house = bookings.locked(space_id)
    last = queries.last_waited_for() or now
    return offer_in_line(house.places[space_id].touches, Span(now, max(now, last)), now=now, zone=zone)


def _end(wait: Wait, state: str, now: datetime) -> None:
    if wait.hold_id is not None:
        writes.let_go(wait.hold_id)
    wait.state, wait.hold_id, wait.ended_at = state, None, now
    db.session.flush()


def _behind_locks(wait_id: int, *more: int) -> tuple[House, Wait]:
    """Lock the space that a wait is for, or is offered, then the wait itself; `more` are spaces to lock with it.

    Which space it is can change until the wait is locked. It is let go then and tried again: to lock a space after a
    wait would be the wrong way round.
    """
    while True:
        spaces = {*more, *_space_of(db.session.get_one(Wait, wait_id, populate_existing=True))}
        with db.session.begin_nested() as attempt:
            house = bookings.locked(*spaces) if spaces else read_house()
            wait = queries.locked(wait_id)
            if spaces.issuperset(_space_of(wait)):
                return house, wait
            attempt.rollback()


def _space_of(wait: Wait) -> set[int]:
    found = wait.offered_id if wait.state == "offered" else wait.space_id
    return {found} if found is not None else set()


# -- what the member does ---------------------------------------------------------------------------------------------


def take(actor: Booker, wait_id: int, *, now: datetime, zone: ZoneInfo) -> Booking:
    """Book what is offered. Taking twice is the same as once.

    Raises NotFound for what is not the actor's, Conflict where the offer is over, Refused where the rules have since
    come to say no.
    """
    wait = _mine(actor, wait_id)
    writes.lock_member(actor.id)
    others = [one for one in queries.living(actor.id) if one.id != wait_id and one.span.overlaps(wait.span)]
    house, wait = _behind_locks(wait_id, *(one for other in others for one in _space_of(other)))
    if wait.state == "taken" and wait.booking_id is not None:
        return db.session.get_one(Booking, wait.booking_id)
    stands = wait.state == "offered" and wait.hold_id is not None and wait.offer_until is not None
    if not stands or wait.offered_id is None or wait.offer_until <= now:  # type: ignore[operator]
        raise Conflict([Refusal("offer-over")])
    booking = bookings.reserve(actor, wait.offered_id, wait.span, now=now, zone=zone)
    wait.state, wait.hold_id, wait.booking_id, wait.ended_at = "taken", None, booking.id, now
    db.session.flush()
    telling.withdrawn(wait)
    for other in others:
        if other.wanted.fits(house.places[booking.space_id]):
            _leave(other.id, "left", now, zone)
    return booking


def pass_on(actor: Actor, wait_id: int, *, now: datetime, zone: ZoneInfo) -> Wait:
    """Say no to an offer, so that the next is asked. Passing twice is the same as once. Raises NotFound."""
    return _give_up(actor, wait_id, "passed", now, zone)


def leave(actor: Actor, wait_id: int, *, now: datetime, zone: ZoneInfo) -> Wait:
    """Leave the line, and give back what is offered. Leaving twice is the same as once. Raises NotFound."""
    return _give_up(actor, wait_id, "left", now, zone)


def leave_all(member_id: int, *, now: datetime, zone: ZoneInfo, until: datetime | None = None) -> int:
    """Take a member out of all lines, or of those for times before an instant; give how many."""
    writes.lock_member(member_id)
    found = [wait for wait in queries.living(member_id) if until is None or wait.start < until]
    if spaces := {one for wait in found for one in _space_of(wait)}:
        bookings.locked(*spaces)
    for wait in sorted(found, key=lambda one: one.id):
        _leave(wait.id, "left", now, zone)
    return len(found)


def _give_up(actor: Actor, wait_id: int, state: str, now: datetime, zone: ZoneInfo) -> Wait:
    _mine(actor, wait_id)
    writes.lock_member(actor.id)
    return _leave(wait_id, state, now, zone)


def _leave(wait_id: int, state: str, now: datetime, zone: ZoneInfo) -> Wait:
    house, wait = _behind_locks(wait_id)
    if not wait.live:
        return wait
    offered = house.places[wait.offered_id] if wait.state == "offered" and wait.offered_id is not None else None
    _end(wait, state, now)
    telling.withdrawn(wait)
    if offered is not None:
        offer_in_line(offered.touches, wait.span, now=now, zone=zone)
    return wait


def _mine(actor: Actor, wait_id: int) -> Wait:
    wait = queries.mine(actor.id, wait_id)
    if wait is None:
        raise NotFound("wait-unknown")
    return wait
