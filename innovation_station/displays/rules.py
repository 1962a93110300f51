"""What may be taken at a door and for how long, when a screen has to look again, and what codes look like. Pure."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from innovation_station.bookings.rules import Held, Moment, Wish, earliest_start, must_ask, refusals, what_is_left
from innovation_station.errors import Refusal
from innovation_station.members.rules import STAFF, Actor
from innovation_station.spaces.rules import DAY_MINUTES, Box, House, Place
from innovation_station.timespan import Span

KINDS = ("new", "room", "foyer")
LANGUAGES = ("sv", "en", "both")
NAME_LONGEST = 60
LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # nothing that is read as something else
CODE_LENGTH = 6
CODE_LIVES = timedelta(minutes=10)
NEW_MOST, NEW_WITHIN = 20, timedelta(hours=1)  # screens that one network may set up
NEW_KEPT = timedelta(days=30)  # since it asked last; it has its own page as long as that
WRONG_MOST, WRONG_WITHIN = 10, timedelta(minutes=10)  # codes that one member of staff may mistype
DISPLAYS_MOST = 300
SEEN_EVERY = timedelta(minutes=1)
SILENT = timedelta(minutes=5)  # since it asked last, from when on a screen counts as out of touch
LENGTHS = (15, 30, 60)  # minutes for which a room may be taken at its door
EARLIER = timedelta(minutes=5)  # that a walk-up may end before its minutes are over, to end on the grid
WALK_UPS_MOST, WALK_UPS_WITHIN = 6, timedelta(hours=1)  # at one door
UNDO = timedelta(seconds=60)
STEP = timedelta(minutes=5)
MINUTE = timedelta(minutes=1)
BESIDE = 40  # plan units between the walls of two rooms that lie side by side
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")


def may_manage(actor: Actor) -> bool:
    """Tell who may put up screens and take them down: who works for the house."""
    return actor.role in STAFF


# -- addresses and codes ----------------------------------------------------------------------------------------------


def display_token(secret_key: str, nonce: str) -> str:
    """Derive the secret part of a screen's address: 256 bits as 43 characters; the nonce alone tells nothing."""
    secret = hmac.digest(secret_key.encode(), f"display:{nonce}".encode(), "sha256")
    return base64.urlsafe_b64encode(secret).rstrip(b"=").decode()


def token_hash(token: str) -> bytes | None:
    """Give what the database keeps of a token, None for what cannot be one. It is random: one fast hash is enough."""
    return hashlib.sha256(token.encode()).digest() if _TOKEN.fullmatch(token) else None


def typed_code(text: str) -> str:
    """Read a code as it is typed: small or capital, with blanks and lines."""
    return re.sub(r"[\s-]", "", text).upper()[: CODE_LENGTH + 1]


def shown_code(code: str) -> str:
    """Write a code so that it can be read aloud: ABC-123."""
    return f"{code[: CODE_LENGTH // 2]}-{code[CODE_LENGTH // 2 :]}"


# -- what is on -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Use:
    """What takes a room for a while: `kind` is booking, walk-up, event, kept, closed or busy.

    `title` and `who` are what everybody may read, in the reader's language.
    """

    span: Span
    kind: str
    title: str = ""
    who: str = ""
    booking_id: int | None = None


def running(uses: Iterable[Use], now: datetime) -> Use | None:
    """Give what a room is used for now."""
    return next((use for use in uses if use.span.start <= now < use.span.end), None)


def free_from(uses: Sequence[Use], now: datetime) -> datetime:
    """Give when a room that is used now is free again: what follows at once counts with it. `uses` are by start."""
    end = now
    for use in uses:
        if use.span.start <= end < use.span.end:
            end = use.span.end
    return end


def next_use(uses: Iterable[Use], now: datetime) -> Use | None:
    """Give what begins next."""
    return next((use for use in uses if use.span.start > now), None)


def look_again(now: datetime, changes: Iterable[datetime]) -> datetime:
    """Give when a screen may say something else though nothing was booked: at the next change of its day, and on each
    step of five minutes, for what can be taken hangs on the minute."""
    step = now - timedelta(minutes=now.minute % 5, seconds=now.second, microseconds=now.microsecond) + STEP
    return min([step, *(change for change in changes if change > now)])


# -- walk-ups ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Length:
    """A length for which a room may be taken at its door, until when that is, and why not."""

    minutes: int
    wish: Wish
    refusals: Sequence[Refusal] = ()


def walk_up(place: Place, minutes: int, moment: Moment) -> Wish:
    """Give the wish for a room from now on: on its grid, and not shorter than its minutes by more than five."""
    step = place.policy.granularity
    start = earliest_start(replace(place.policy, notice=0), moment)  # the rules say what is too soon
    if step >= DAY_MINUTES:
        return Wish(place, Span(start, start + minutes * MINUTE))
    end = moment.now + minutes * MINUTE - EARLIER
    end = (end + MINUTE - timedelta(microseconds=1)).replace(second=0, microsecond=0)
    local = end.astimezone(moment.zone)
    return Wish(place, Span(start, max(end + -(local.hour * 60 + local.minute) % step * MINUTE, start + step * MINUTE)))


def walk_up_refusals(wish: Wish, moment: Moment, held: Sequence[Held], person: Actor) -> list[Refusal]:
    """List why a room cannot be taken at its door; `person` is anybody, in the role of a member."""
    found = refusals(wish, moment, held)
    if must_ask(person, wish.place):
        found.append(Refusal("door-asks", "space", {"space": wish.place.name}))
    return found


def lengths(place: Place, moment: Moment, held: Sequence[Held], person: Actor) -> list[Length]:
    """List the lengths that a door offers, each with the reasons against it; of two that end alike the longer goes."""
    found: list[Length] = []
    for minutes in LENGTHS:
        wish = walk_up(place, minutes, moment)
        if not found or wish.span.end > found[-1].wish.span.end:
            found.append(Length(minutes, wish, walk_up_refusals(wish, moment, held, person)))
    return found


def taken_span(wish: Wish, moment: Moment, held: Iterable[Held]) -> Span:
    """Give the time that a walk-up takes: from the minute that runs, with what is kept free after it."""
    left = what_is_left(wish, moment, held)
    start = max(left.span.start, moment.now.replace(second=0, microsecond=0))
    return Span(start, max(left.padded.end, start + MINUTE))


# -- the way to another room ------------------------------------------------------------------------------------------


def apart(one: Box, other: Box) -> int:
    """Give what lies between the walls of two rooms, in plan units."""
    across = max(0, max(one.x, other.x) - min(one.x + one.w, other.x + other.w))
    down = max(0, max(one.y, other.y) - min(one.y + one.h, other.y + other.h))
    return max(across, down)


def by_nearness(place: Place, house: House) -> list[Place]:
    """List the other rooms that anybody may go into, the nearest first, those of its own floor before others."""
    within = house.wholes.keys() | house.gone | place.takes | set(place.touches)
    others = [
        one
        for one in house.places.values()
        if one.kind == place.kind and one.bookable and one.id not in within and one.id != place.id
    ]
    return sorted(
        others, key=lambda one: (one.floor_id != place.floor_id, round(place.box.distance(one.box)), one.name)
    )


def way(place: Place, other: Place) -> str:
    """Name how far it is: beside, floor (the same one) or away."""
    if place.floor_id != other.floor_id:
        return "away"
    return "beside" if apart(place.box, other.box) <= BESIDE else "floor"


def name_refusals(name: str) -> list[Refusal]:
    """List what is wrong with the name of a screen."""
    return [Refusal("display-name", "name", {"longest": NAME_LONGEST})] if len(name) > NAME_LONGEST else []


def is_silent(last_seen_at: datetime | None, now: datetime) -> bool:
    """Tell whether a screen has not asked for so long that it shows that it is out of touch."""
    return last_seen_at is None or now - last_seen_at > SILENT
