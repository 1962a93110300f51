"""Who may be booked for, which guests a booking takes, what an offer comes to, and when one is away. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal, Protocol

from innovation_station.bookings.rules import HOLDING
from innovation_station.errors import Refusal
from innovation_station.members.rules import is_email, name_refusals, normal_email
from innovation_station.spaces.rules import Place

GUEST_STATES = ("invited", "declined", "removed")
OFFER_STATES = ("open", "accepted", "declined", "withdrawn", "expired")
GUESTS_MOST = 50  # of one booking
GUESTS_TEXT_LONGEST = 20_000
GUESTS_A_DAY = 100  # that one member invites within a day, taken off again or not
SAME_A_DAY = 10  # invitations to one address from one member within a day
LANGUAGES = ("sv", "en")
KEPT_FOR = timedelta(days=30)  # guests after their visit; offers and absences after their end
OFFER_LASTS = timedelta(days=3)
OFFERS_A_DAY = 20  # that are made of one member's bookings within a day
# What the giver's booking itself says against another wish for its time, and what is no matter of who has it.
NOT_AGAINST = frozenset({"taken", "too-close", "too-soon", "past", "off-grid"})
ABSENCE_LONGEST = timedelta(days=366)
ABSENCES_MOST = 20
TEAM_MOST = 12
NAMED_MOST = 20  # addresses that a member lets book for them
NAMED_TEXT_LONGEST = NAMED_MOST * 300
UNDO = timedelta(seconds=10)
# So long a mail about a change waits, the more of them there have been: who moves a booking to and fro fills no inbox.
PATIENCE = ((10, timedelta(hours=1)), (4, timedelta(minutes=10)))
LONGEST_PATIENCE = PATIENCE[0][1]
ELSEWHERE = (10_000.0, 200.0)  # what another floor and another zone count for, in units of the plan


# -- who may book for me -----------------------------------------------------------------------------------------------


def read_addresses(text: str) -> list[str]:
    """Read the addresses that stand in a text, a line each or between commas, each once."""
    return list(dict.fromkeys(normal_email(word) for word in re.split(r"[\s,;]+", text[:NAMED_TEXT_LONGEST]) if word))


def named_refusals(emails: Sequence[str]) -> list[Refusal]:
    """List what is wrong with the addresses of who may book for a member."""
    if not all(is_email(email) for email in emails):
        return [Refusal("email-malformed", "people")]
    return [Refusal("consent-many", "people", {"most": NAMED_MOST})] if len(emails) > NAMED_MOST else []


# -- guests ------------------------------------------------------------------------------------------------------------


def guest_refusals(name: str, email: str) -> list[Refusal]:
    """List what is wrong with a guest's name and address."""
    return name_refusals(name) + ([] if is_email(email) else [Refusal("email-malformed", "email")])


def read_guests(text: str) -> list[tuple[str, str]]:
    """Read name and address of each line: «Karin Ek karin@example.org», the address in angle brackets or not, also
    between commas; either may be missing."""
    lines = (part.split() for part in re.split(r"[\n,;]+", text[:GUESTS_TEXT_LONGEST]))
    return [(" ".join(words[:-1]).strip('"'), words[-1].strip('<>"')) for words in lines if words]


def seats(place: Place, layout: str | None) -> int:
    """Give how many a place takes, furnished as it is booked."""
    chosen = place.layout(layout)
    return chosen.seats if chosen else place.seats


def crowd_refusals(place: Place, layout: str | None, guests: int) -> list[Refusal]:
    """List why so many guests, beside their host, are too many for a place."""
    most = min(seats(place, layout) - 1, GUESTS_MOST)
    if guests <= most:
        return []
    return [Refusal("guests-many" if most > 0 else "guests-none", "guests", {"space": place.name, "most": most})]


def people_with(people: int | None, before: int, after: int) -> int | None:
    """Give for how many a booking is when its guests become more or fewer: a number that we have set follows them."""
    ours = before + 1 if before else None
    if people is None or people == ours:
        return after + 1 if after else None
    return max(people, after + 1)


News = Literal["invited", "moved", "off"]


def news(knew: Mapping[str, Any] | None, now: Mapping[str, Any]) -> News | None:
    """Tell what is new to a guest who last heard `knew` of a visit that is `now` so; None where nothing is."""
    came, comes = bool(knew and knew["going"]), bool(now["going"])
    if not (came and comes):
        return "invited" if comes else "off" if came else None
    return "moved" if any((knew or {}).get(name) != now[name] for name in ("space", "start", "end", "host")) else None


def patience(sequence: int) -> timedelta:
    """Give how long a mail to a guest waits, by how many there have been."""
    return next((wait for number, wait in PATIENCE if sequence >= number), UNDO)


def harmless(text: str) -> str:
    """Give a text that no program of tables takes for a formula."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


# -- handing over ------------------------------------------------------------------------------------------------------


class Held(Protocol):
    """What the rules need of a booking that is offered."""

    @property
    def member_id(self) -> int: ...
    @property
    def start(self) -> datetime: ...
    @property
    def state(self) -> str: ...
    @property
    def sequence(self) -> int: ...


class Offered(Protocol):
    """What they need of an offer."""

    @property
    def from_id(self) -> int: ...
    @property
    def sequence(self) -> int: ...
    @property
    def state(self) -> str: ...
    @property
    def expires_at(self) -> datetime: ...


def offer_refusals(booking: Held, now: datetime) -> list[Refusal]:
    """List why a booking cannot be offered to somebody."""
    if booking.state not in HOLDING:
        return [Refusal("already-cancelled" if booking.state != "no-show" else "already-over")]
    return [Refusal("already-begun")] if booking.start <= now else []


def expires(booking: Held, now: datetime) -> datetime:
    """Give until when an offer that is made now can be accepted: three days, and before the booking begins."""
    return min(now + OFFER_LASTS, booking.start)


def stands(offer: Offered, booking: Held, now: datetime) -> bool:
    """Tell whether an offer can be accepted: nobody has answered, and the booking is what was offered."""
    unchanged = booking.member_id == offer.from_id and booking.sequence == offer.sequence and booking.state in HOLDING
    return offer.state == "open" and now < offer.expires_at and unchanged


# -- absences ----------------------------------------------------------------------------------------------------------


def absence_refusals(first: date, last: date, today: date) -> list[Refusal]:
    """List why somebody cannot be away from one day to another, both included."""
    if first < today:
        return [Refusal("absence-past", "first")]
    if last < first:
        return [Refusal("absence-order", "last")]
    return [Refusal("absence-long", "last")] if last - first > ABSENCE_LONGEST else []


def days_between(first: date, last: date) -> list[date]:
    """List days from the first to the last."""
    return [first + timedelta(days=ahead) for ahead in range((last - first).days + 1)]


# -- a team ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Seating:
    """Who sits where, in the order in which the people were given, and how far apart they are."""

    desks: tuple[Place, ...]
    spread: float


def together(wanted: Sequence[frozenset[int]], desks: Sequence[Place]) -> Seating | None:
    """Seat each of some people at one of the desks that they may have, as near to each other as can be.

    `wanted` are the ids of those desks, one set a person. From each desk outwards the nearest are taken until everybody
    has one; the closest of all these seatings is given, None where there is none.
    """
    best: Seating | None = None
    for anchor in desks:
        around = sorted(((_far(anchor, desk), desk.id, desk) for desk in desks), key=lambda item: item[:2])
        found = _seated(wanted, around, best.spread if best else float("inf"))
        if found is not None:
            best = found
    return best


def _far(one: Place, other: Place) -> float:
    floor, zone = ELSEWHERE
    return (
        one.box.distance(other.box)
        + (floor if one.floor_id != other.floor_id else 0)
        + (zone if one.zone_id != other.zone_id else 0)
    )


def _seated(
    wanted: Sequence[frozenset[int]], around: Iterable[tuple[float, int, Place]], bound: float
) -> Seating | None:  # fmt: skip
    """Give a seating of the nearest desks that is closer than a bound: each desk in turn finds whom it may seat."""
    seat_of: dict[int, int] = {}  # person by desk
    known: dict[int, tuple[float, Place]] = {}
    spread = 0.0
    for far, desk_id, desk in around:
        if spread + far >= bound:
            return None
        known[desk_id] = far, desk
        if not _seats(desk_id, wanted, seat_of):
            del known[desk_id]
            continue
        spread += far
        if len(seat_of) == len(wanted):
            by_person = {person: known[number][1] for number, person in seat_of.items()}
            return Seating(tuple(by_person[person] for person in range(len(wanted))), spread)
    return None


def _seats(desk_id: int, wanted: Sequence[frozenset[int]], seat_of: dict[int, int]) -> bool:
    """Find somebody for a desk; those who sit may move on to it, so that theirs can seat another (see Kuhn)."""
    sitting = {person: number for number, person in seat_of.items()}
    came_from: dict[int, int] = {}  # desk that becomes free: the desk its person moves to
    queue = [desk_id]
    for free in queue:
        for person, may in enumerate(wanted):
            if free not in may:
                continue
            if person not in sitting:
                _shift(free, person, came_from, seat_of)
                return True
            left = sitting[person]
            if left != desk_id and left not in came_from:
                came_from[left] = free
                queue.append(left)
    return False


def _shift(free: int, person: int, came_from: Mapping[int, int], seat_of: dict[int, int]) -> None:
    """Seat the newcomer, and everybody along the chain one further."""
    while True:
        leaving = seat_of.get(free)
        seat_of[free] = person
        if leaving is None or free not in came_from:
            return
        free, person = came_from[free], leaving
