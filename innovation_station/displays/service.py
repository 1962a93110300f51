"""What happens to displays: set up, put up, changed, taken down, seen; and what is done at them.

Every function runs inside `db.transaction()`, flushes and never commits.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import update

from innovation_station.audit import service as audit
from innovation_station.bookings import claims, presence, service, wish_queries
from innovation_station.bookings.claims import Claimant
from innovation_station.bookings.models import Booking
from innovation_station.bookings.rules import CONFLICTS
from innovation_station.db import db, in_turn
from innovation_station.displays import queries, rules, telling
from innovation_station.displays.models import Display, WalkUp
from innovation_station.errors import Conflict, DomainError, NotAllowed, NotFound, Refusal, Refused, TooMany
from innovation_station.members.rules import Actor, network_of
from innovation_station.spaces.queries import house as read_house
from innovation_station.timespan import Span

TITLES = ("Drop-in vid dörren", "Walk-in at the door")  # what everybody may know of a walk-up
_TURN = b"displays"


@dataclass(frozen=True, slots=True)
class Anybody:
    """Who stands at a door: whom nobody knows, and who may what any member may."""

    id: int = 0
    role: str = "member"


@dataclass(frozen=True, slots=True)
class Settings:
    """Where a display hangs and how it speaks; `space_id` is None in the foyer."""

    kind: str
    space_id: int | None = None
    name: str = ""
    language: str = "sv"
    ink: bool = False
    touch: bool = True
    names: bool = True


# -- screens ----------------------------------------------------------------------------------------------------------


def set_up(*, address: str | None, secret_key: str, now: datetime) -> str:
    """Make a new display with a code, and give its token. Raises TooMany where one network makes too many."""
    network = hmac.digest(secret_key.encode(), f"display {network_of(address)}".encode(), "sha256")
    in_turn(_TURN, network)
    for row in queries.forgotten(now - rules.NEW_KEPT):
        db.session.delete(row)
    if queries.made_from(network, now) >= rules.NEW_MOST:
        raise TooMany(Refusal("displays-new"), retry_after=int(rules.NEW_WITHIN.total_seconds()))
    row, token = _made(Settings("new"), secret_key, now)
    row.network, row.code, row.code_until = network, _code(), now + rules.CODE_LIVES
    db.session.flush()
    return token


def renew_code(display_id: int, *, now: datetime) -> None:
    """Give a new display another code. Raises NotFound for one that hangs somewhere, or was taken down."""
    row = db.session.get(Display, display_id, with_for_update=True, populate_existing=True)
    if row is None or row.kind != "new" or row.revoked_at is not None:
        raise NotFound("display-unknown")
    row.code, row.code_until = _code(), now + rules.CODE_LIVES
    row.revision += 1
    db.session.flush()


def pair(actor: Actor, code: str, wanted: Settings, *, now: datetime) -> Display:
    """Put up the new display that shows a code. Raises Refused for a code that none shows, TooMany."""
    _may(actor)
    if queries.mistyped(actor.id, now) >= rules.WRONG_MOST:
        raise TooMany(Refusal("display-codes"), retry_after=int(rules.WRONG_WITHIN.total_seconds()))
    _check(wanted)
    row = queries.waiting(rules.typed_code(code), now)
    if row is None:
        raise Refused([Refusal("display-code", "code")])
    _hang(row, wanted)
    audit.record(queries.PAIR, subject=("display", row.id), actor=actor, after=asdict(wanted), now=now)
    return row


def mistyped(actor: Actor, *, now: datetime) -> None:
    """Write down that a code was typed that no display shows."""
    audit.record(
        queries.PAIR, subject=("display", None), actor=actor, outcome="refused", reason="display-code", now=now
    )  # fmt: skip


def add(actor: Actor, wanted: Settings, *, secret_key: str, now: datetime) -> Display:
    """Make a display for an address that is carried to its screen. Raises Refused."""
    _may(actor)
    _check(wanted)
    row, _token = _made(wanted, secret_key, now)
    _hang(row, wanted)
    audit.record("display.add", subject=("display", row.id), actor=actor, after=asdict(wanted), now=now)
    return row


def change(actor: Actor, display_id: int, wanted: Settings, *, now: datetime) -> Display:
    """Hang a display elsewhere, or let it speak otherwise. Raises NotFound, Refused."""
    row = _mine(actor, display_id)
    before = _settings(row)
    _check(wanted, besides=row)
    _hang(row, wanted)
    audit.record(
        "display.change", subject=("display", row.id), actor=actor, before=before, after=_settings(row), now=now
    )  # fmt: skip
    return row


def take_down(actor: Actor, display_id: int, *, now: datetime) -> Display:
    """Let a display show nothing of the house any more: its address is dead for good, for whoever has it. What was done
    at it keeps its row. Raises NotFound."""
    row = _mine(actor, display_id)
    before = _settings(row)
    row.kind, row.space_id, row.name = "new", None, ""
    row.code, row.code_until, row.revoked_at = None, None, now
    row.ended_kind = row.ended_id = row.ended_end = row.ended_at = None
    row.revision += 1
    db.session.flush()
    audit.record("display.take-down", subject=("display", row.id), actor=actor, before=before, now=now)
    return row


def note_seen(display_id: int, *, shows: str, now: datetime) -> None:
    """Write down that a display has asked, and what it shows; the caller sees to it that this is not at every look."""
    seen = update(Display).where(Display.id == display_id).values(last_seen_at=now, shows=shows)
    db.session.execute(seen.execution_options(synchronize_session=False))


def _may(actor: Actor) -> None:
    if not rules.may_manage(actor):
        raise NotAllowed([Refusal("display-staff")])


def _mine(actor: Actor, display_id: int) -> Display:
    _may(actor)
    row = db.session.get(Display, display_id, with_for_update=True)
    if row is None or row.kind == "new":
        raise NotFound("display-unknown")
    return row


def _check(wanted: Settings, besides: Display | None = None) -> None:
    found = rules.name_refusals(wanted.name)
    house = read_house()
    if wanted.kind not in ("room", "foyer") or (wanted.kind == "room" and wanted.space_id not in house.places):
        found.append(Refusal("display-where", "where"))
    if besides is None and len(queries.put_up()) >= rules.DISPLAYS_MOST:
        found.append(Refusal("displays-many", None, {"most": rules.DISPLAYS_MOST}))
    if found:
        raise Refused(found)


def _hang(row: Display, wanted: Settings) -> None:
    row.kind, row.space_id = wanted.kind, wanted.space_id if wanted.kind == "room" else None
    row.name = wanted.name or (read_house().places[wanted.space_id].name if wanted.space_id else "")
    row.language, row.ink, row.touch, row.names = wanted.language, wanted.ink, wanted.touch, wanted.names
    row.code = row.code_until = None
    row.revision += 1
    db.session.flush()


def _settings(row: Display) -> Mapping[str, Any]:
    names = ("kind", "space_id", "name", "language", "ink", "touch", "names")
    return {name: getattr(row, name) for name in names}


def _made(wanted: Settings, secret_key: str, now: datetime) -> tuple[Display, str]:
    nonce = secrets.token_hex(16)
    token = rules.display_token(secret_key, nonce)
    row = Display(
        kind=wanted.kind, space_id=wanted.space_id, name=wanted.name, nonce=nonce, token_hash=rules.token_hash(token),
        created_at=now, network=b"", revision=0, shows="",
    )  # fmt: skip
    db.session.add(row)
    db.session.flush()
    return row, token


def _code() -> str:
    return "".join(secrets.choice(rules.LETTERS) for _ in range(rules.CODE_LENGTH))


# -- what is done at a door -------------------------------------------------------------------------------------------


def take(display_id: int, minutes: int, *, now: datetime, zone: ZoneInfo) -> WalkUp:
    """Take the room of a display for some minutes from now on. Pressed twice it is taken once.

    Raises NotFound, TooMany, Refused with every rule that says no, and Conflict where somebody has the time.
    """
    row = _at_door(display_id)
    if minutes not in rules.LENGTHS:
        raise Refused([Refusal("door-length")])
    house = service.locked(row.space_id or 0)
    place = house.places[row.space_id or 0]
    earlier = queries.walk_up_at(place.id, now)
    if earlier is not None and earlier.display_id == row.id and now - earlier.made_at < rules.MINUTE:
        return earlier
    made = queries.walk_ups_since(row.id, now)
    if len(made) >= rules.WALK_UPS_MOST:
        wait = made[0] + rules.WALK_UPS_WITHIN - now
        raise TooMany(Refusal("door-many", None, {"most": rules.WALK_UPS_MOST}), retry_after=int(wait.total_seconds()))
    moment = service.moment(now, zone, house)
    wish = rules.walk_up(place, minutes, moment)
    held = wish_queries.held(wish.padded, place.takes)
    if found := rules.walk_up_refusals(wish, moment, held, Anybody()):
        kind: type[DomainError] = Conflict if CONFLICTS.issuperset(one.code for one in found) else Refused
        raise kind(found)
    span = rules.taken_span(wish, moment, held)
    made_ = WalkUp(display_id=row.id, space_id=place.id, start=span.start, end=wish.span.end, made_at=now)
    db.session.add(made_)
    db.session.flush()
    claims.take(_claimant(made_), [(place.id, span)], now=now, zone=zone)
    _forget_ended(row)
    _told("display.take", row, now, after={"space": place.name, "until": made_.end.isoformat()})
    return made_


def check_in(display_id: int, booking_id: int, *, now: datetime) -> Booking:
    """Write down that somebody has come to a booking of the display's room. Raises NotFound, Refused."""
    row = _at_door(display_id)
    _of_room(row, booking_id)
    booking = presence.check_in_at_door(booking_id, now=now)
    row.revision += 1
    _told("display.check-in", row, now, booking=booking)
    return booking


def end(display_id: int, kind: str, ended_id: int, *, now: datetime, zone: ZoneInfo) -> None:
    """End what a display's room is used for now: a walk-up, or a booking that somebody has come to.

    For a minute it can be taken back. Raises NotFound, Refused.
    """
    row = _at_door(display_id)
    if kind == "booking":
        if _of_room(row, ended_id).checked_in_at is None:
            raise Refused([Refusal("door-not-here")])
        was = db.session.get_one(Booking, ended_id).end
        booking = presence.end_at_door(ended_id, now=now, zone=zone)
        telling.ended(booking, now)
        _told("display.end", row, now, booking=booking, after={"until": booking.end.isoformat()})
    else:
        service.locked(row.space_id or 0)
        walk_up = _walk_up(row, ended_id)
        was = walk_up.end
        if walk_up.end <= now:
            raise Refused([Refusal("already-over")])
        until = max(now.replace(second=0, microsecond=0), walk_up.start + rules.MINUTE)
        _shift(walk_up, until, now, zone)
        service.reopened.send((walk_up.space_id,), now=now)
        _told("display.end", row, now, after={"until": until.isoformat()})
    row.ended_kind, row.ended_id, row.ended_end, row.ended_at = kind, ended_id, was, now
    row.revision += 1
    db.session.flush()


def undo(display_id: int, *, now: datetime, zone: ZoneInfo) -> None:
    """Let what was ended at a display last go on as before. Raises Refused after a minute, and Conflict where somebody
    has the time by now."""
    row = _at_door(display_id)
    kind, ended_id, was = row.ended_kind, row.ended_id, row.ended_end
    if row.ended_at is None or ended_id is None or was is None or now - row.ended_at > rules.UNDO:
        raise Refused([Refusal("door-undo")])
    if kind == "booking":
        booking = presence.go_on_at_door(ended_id, was, now=now, zone=zone)
        telling.goes_on(booking)
        _told("display.undo", row, now, booking=booking)
    else:
        service.locked(row.space_id or 0)
        _shift(_walk_up(row, ended_id), was, now, zone)
        _told("display.undo", row, now)
    _forget_ended(row)


def _shift(walk_up: WalkUp, until: datetime, now: datetime, zone: ZoneInfo) -> None:
    """Give a walk-up another end, with what is kept free after it. Raises Conflict where somebody has the time."""
    clearing = rules.MINUTE * read_house().places[walk_up.space_id].policy.clearing
    walk_up.end = until
    db.session.flush()
    claims.take(_claimant(walk_up), [(walk_up.space_id, Span(walk_up.start, until + clearing))], now=now, zone=zone)


def _at_door(display_id: int) -> Display:
    row = db.session.get(Display, display_id, with_for_update=True, populate_existing=True)
    if row is None or row.kind != "room":
        raise NotFound("display-unknown")
    if not row.touch:
        raise NotAllowed([Refusal("door-looks")])
    return row


def _of_room(row: Display, booking_id: int) -> Booking:
    booking = db.session.get(Booking, booking_id)
    touched = read_house().places[row.space_id or 0].takes
    if booking is None or not read_house().places[booking.space_id].takes & touched:
        raise NotFound("booking-unknown")
    return booking


def _walk_up(row: Display, walk_up_id: int) -> WalkUp:
    found = db.session.get(WalkUp, walk_up_id, populate_existing=True)
    if found is None or found.space_id != row.space_id:
        raise NotFound("booking-unknown")
    return found


def _forget_ended(row: Display) -> None:
    row.ended_kind = row.ended_id = row.ended_end = row.ended_at = None
    row.revision += 1
    db.session.flush()


def _claimant(walk_up: WalkUp) -> Claimant:
    return Claimant("door", walk_up.id, TITLES)


def _told(
    action: str, row: Display, now: datetime, *, booking: Booking | None = None, after: Mapping[str, Any] | None = None
) -> None:  # fmt: skip
    more = {"booking": booking.id} if booking is not None else {}
    audit.record(
        action, subject=("display", row.id), actor=None, member_id=booking.member_id if booking else None,
        after={"display": row.name, **more, **(after or {})}, now=now,
    )  # fmt: skip
