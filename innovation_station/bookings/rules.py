"""When a booking may be made, moved and cancelled, and what to offer instead. Pure.

One function, `refusals`, answers for create, move and the grey desk on the floor plan alike.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property, lru_cache
from itertools import islice
from typing import Protocol
from zoneinfo import ZoneInfo

from innovation_station.errors import Refusal, Refused
from innovation_station.members.rules import ROLES, STAFF, Actor, is_staff
from innovation_station.plans.rules import UNLIMITED, Allowance
from innovation_station.spaces.rules import (
    DAY_MINUTES,
    POLICY_RANGES,
    Holidays,
    House,
    Place,
    Policy,
    at_minute,
    open_span,
)
from innovation_station.timespan import Span, WallTime, gaps, local_day, wall_time

PRESETS: Mapping[str, tuple[int, int]] = {
    "morning": (8 * 60, 12 * 60),
    "afternoon": (13 * 60, 17 * 60),
    "day": (0, 24 * 60),
}
CONFLICTS = frozenset({"taken", "closed-space", "busy-elsewhere", "held", "event-has-it", "too-close"})
# what a start that has passed, or begins when the place was free again, is refused by as that of a new booking
KEPT_START = frozenset({("past", "start"), ("too-soon", "start"), ("off-grid", "start")})
HOLDING = ("requested", "confirmed")  # the states in which a booking takes its time
GONE = ("cancelled", "declined", "expired")  # those in which it is as if nobody had booked
REGRET = timedelta(minutes=10)  # so long one may take a booking back, whatever the rules say of cancelling
SEATS = frozenset({"desk"})  # kinds of which a person uses one at a time
# What staff may pass with a reason: when, how long and how much. Never what others have, what is past, who else's own
# place it is, how many it seats.
PASSABLE = frozenset({
    "too-soon", "too-far", "off-grid", "too-short", "too-long", "whole-days", "holiday", "closed-day", "closed-hours",
    "outside-rule", "day-outside-rule", "no-plan", "plan-begins", "plan-ended", "plan-paused", "plan-resting",
    "not-in-plan", "quota-hours", "quota-bookings", "shared-hours", "shared-bookings", "limit-hours", "limit-bookings",
    "limit-shared-hours", "limit-shared-bookings",
})  # fmt: skip
PASSING_LONGEST = 300
LONGEST_CLOSURE = timedelta(days=400)


@dataclass(frozen=True, slots=True)
class Held:
    """A span that is taken on a space: by a booking of `member_id`, by a hold for them, by what another calendar has
    there, by a claim or, without any of these, by a closure.

    `claim` is what the reader may know of a claim, (sv, en), both empty where that is nothing. `space` is
    the space's name where the reader needs it: for what a member holds elsewhere.
    """

    space_id: int
    span: Span
    booking_id: int | None = None
    member_id: int | None = None
    space: str = ""
    hold_id: int | None = None
    busy_id: int | None = None
    claim: tuple[str, str] | None = None

    @property
    def closure(self) -> bool:
        """Tell whether the space is shut then."""
        alone = self.booking_id is None and self.hold_id is None
        return alone and self.busy_id is None and self.claim is None


@dataclass(frozen=True, slots=True)
class Wish:
    """A span of a space that somebody wants, for how many people and furnished how, where they say so."""

    place: Place
    span: Span
    people: int | None = None
    layout: str | None = None

    @property
    def buffers(self) -> tuple[int, int]:
        """Give the minutes that are kept free before and after it: to set up, to change the furniture, to clean."""
        policy, layout = self.place.policy, self.place.layout(self.layout)
        return policy.setup + (layout.changeover if layout else 0), policy.clearing

    @property
    def padded(self) -> Span:
        """Give the time it takes, with what is kept free round it."""
        policy = self.place.policy
        if self.layout is None and not policy.setup and not policy.clearing:  # of most, and asked all the time
            return self.span
        before, after = self.buffers
        if not before and not after:
            return self.span
        return Span(self.span.start - timedelta(minutes=before), self.span.end + timedelta(minutes=after))


@dataclass(frozen=True, slots=True)
class Furnished:
    """For how many people a place is booked and how it is furnished; None where nobody has said."""

    people: int | None = None
    layout: str | None = None


@dataclass(frozen=True, slots=True)
class Alternative:
    """An offer that would be granted right now: the same space at another time, or another at the same time."""

    place: Place
    span: Span
    same_space: bool


@dataclass(frozen=True, slots=True)
class Passing:
    """Leave to pass some rules, by the codes of their refusals, and the reason that is kept with the booking.

    A step that is taken back has one without a reason: what was granted once is granted still.
    """

    reason: str
    codes: frozenset[str] = PASSABLE

    def covers(self, refusal: Refusal, wish: Wish) -> bool:
        """Tell whether a refusal is passed; not that of a wish longer than anything the database takes."""
        most = timedelta(minutes=POLICY_RANGES["longest"][1])
        return refusal.code in self.codes and (refusal.code != "too-long" or wish.span.length <= most)


UNDOING = Passing("", PASSABLE | {"past"})


@dataclass(frozen=True)
class Moment:
    """What every rule is measured against: the instant, the house's zone, its public holidays, and who asks.

    `allowance` is what the member may book by plan; it must know the days that are asked about. `role` is that of the
    one who books, who may be another. `passing` is what staff let pass.
    """

    now: datetime
    zone: ZoneInfo
    holidays: Holidays
    allowance: Allowance = UNLIMITED
    role: str = "member"
    passing: Passing | None = None

    def day(self, instant: datetime) -> date:
        """Give the local day of an instant."""
        return instant.astimezone(self.zone).date()

    @cached_property
    def today(self) -> date:
        """The local day of the moment itself."""
        return self.day(self.now)

    def ruled(self, wish: Wish) -> Wish:
        """Give a wish under the rules of the plan that is in force on its day."""
        if self.allowance.catalogue is None:
            return wish
        place = self.allowance.place_on(wish.place, self.day(wish.span.start))
        return wish if place is wish.place else replace(wish, place=place)


class Owned(Protocol):
    """What the rules need to know of a booking."""

    @property
    def member_id(self) -> int: ...
    @property
    def booked_by_id(self) -> int | None: ...
    @property
    def space_id(self) -> int: ...
    @property
    def end(self) -> datetime: ...
    @property
    def state(self) -> str: ...
    @property
    def cancelled(self) -> bool: ...


def must_ask(actor: Actor, place: Place) -> bool:
    """Tell whether somebody's wish waits for an answer of the staff."""
    return bool(place.policy.approval) and not is_staff(actor)


def answer_by(wish: Wish, now: datetime) -> datetime:
    """Give until when staff must have answered a request: in their time, and before it begins; where it runs, ends."""
    last = wish.span.start if now < wish.span.start else wish.span.end
    return max(now, min(now + timedelta(minutes=wish.place.policy.approval), last))


def asked(
    actor: Actor, wish: Wish, now: datetime, had: str = "", granted: Span | None = None
) -> tuple[str, datetime | None]:  # fmt: skip
    """Give the state of a booking whose time is being set, and until when it waits where that is a request.

    `had` is the state it was in, `granted` the span that it had of the same space. What was granted may be shortened
    without asking again; a request that staff move stays one, for that is no answer.
    """
    shortened = had == "confirmed" and granted is not None and granted.contains(wish.span)
    asks = not shortened and (must_ask(actor, wish.place) or had == "requested")
    return ("requested", answer_by(wish, now)) if asks and wish.place.policy.approval else ("confirmed", None)


class Booked(Owned, Protocol):
    """What more they need to know to cancel one."""

    @property
    def start(self) -> datetime: ...
    @property
    def created_at(self) -> datetime: ...
    @property
    def checked_in_at(self) -> datetime | None: ...


def refusals(
    wish: Wish, moment: Moment, held: Iterable[Held] = (), own: Iterable[tuple[Held, str]] = ()
) -> list[Refusal]:
    """List every reason against a wish, empty when it may be had.

    It is measured by the rules of its day, whichever the wish was made with. `held` is what takes time on the spaces
    that the wished one takes, and `own` the member's other bookings with their space's kind; both may hold more than
    what overlaps, and must leave out the booking that is being moved and what is held for the member.
    """
    wish = moment.ruled(wish)
    place, span = wish.place, wish.span
    found = [] if place.bookable else [Refusal("not-bookable", "space", {"space": place.name})]
    if bar := _role_bar(place, moment.role):
        found.append(bar)
    found += _time_refusals(span, place.policy, moment)
    found += _length_refusals(span, place.policy, moment.zone)
    found += _hours_refusals(span, place, moment)
    found += size_refusals(wish)
    found += held_refusals(wish, moment, held)
    sitting = [(taken, kind) for taken, kind in own if not _is_gone_by(taken, wish, moment)]
    found += _own_refusals(wish, moment.role, sitting) if sitting else ()
    found += moment.allowance.refusals(place, span)
    passing = moment.passing
    return [refusal for refusal in found if not passing.covers(refusal, wish)] if passing and found else found


def passed(wish: Wish, moment: Moment) -> list[Refusal]:
    """List the reasons against a wish that the moment lets pass."""
    passing = moment.passing
    if passing is None:
        return []
    wish = moment.ruled(wish)
    found = refusals(wish, replace(moment, passing=None))
    return [refusal for refusal in found if passing.covers(refusal, wish)]


def passing_refusals(actor: Actor, passing: Passing) -> list[Refusal]:
    """List why somebody may not pass rules: only staff may, and they say why."""
    if not is_staff(actor):
        return [Refusal("passing-staff", "reason")]
    if passing is UNDOING:
        return []
    if not passing.reason.strip():
        return [Refusal("passing-reason", "reason")]
    too_long = len(passing.reason) > PASSING_LONGEST
    return [Refusal("passing-long", "reason", {"most": PASSING_LONGEST})] if too_long else []


def may_pass(found: Iterable[Refusal]) -> bool:
    """Tell whether a reason of staff would pass all of some refusals."""
    codes = {refusal.code for refusal in found}
    return bool(codes) and codes <= PASSABLE


def _role_bar(place: Place, role: str) -> Refusal | None:
    lowest = place.policy.booked_by
    if lowest == ROLES[0] or ROLES.index(role) >= ROLES.index(lowest):
        return None
    return Refusal("not-your-role", "space", {"space": place.name, "who": lowest})


def bar(place: Place, day: date, moment: Moment) -> Refusal | None:
    """Say why nothing of a place is for this reader on a day, whatever is taken there; None where something may be.

    The first of the reasons that `refusals` gives for any time of that day, so that a plan can show it in a word.
    """
    policy = place.policy
    if found := _role_bar(place, moment.role) or moment.allowance.bar(place, day):
        return found
    today = moment.today
    if policy.notice and day >= today:
        opened = open_span(place.hours, day, moment.zone, moment.holidays)
        if opened and moment.now < opened.end <= earliest_start(policy, moment):
            return Refusal("too-soon", "start", {"minutes": policy.notice})
    return _too_far(policy, moment) if (day - today).days > policy.horizon else None


def bars(house: House, day: date, moment: Moment) -> dict[int, str]:
    """Give the code of the reason by space, for those of which nothing is for this reader on a day."""
    ahead = (day - moment.today).days
    limited = moment.allowance.catalogue is not None
    asked = (
        places
        for policy, places in house.by_policy.items()
        if limited or policy.booked_by != ROLES[0] or policy.notice or ahead > policy.horizon
    )
    return {place.id: found.code for places in asked for place in places if (found := bar(place, day, moment))}


def _own_refusals(wish: Wish, role: str, own: Iterable[tuple[Held, str]]) -> list[Refusal]:
    """Say what the member has already stands against more at that time."""
    place, span = wish.place, wish.span
    same = [held for held, kind in own if kind == place.kind and held.span.overlaps(span)]
    found = []
    if place.kind in SEATS and (seat := next((held for held in same if held.space_id != place.id), None)):
        found.append(Refusal("own-desk", "space", {"span": seat.span, "other": seat.space}))
    most = place.policy.at_once
    begins = [max(span.start, one.span.start) for one in same] if most and role not in STAFF else []
    if any(sum(one.span.start <= begin < one.span.end for one in same) >= most for begin in begins):
        found.append(Refusal("too-many-at-once", "start", {"count": most}))
    return found


def size_refusals(wish: Wish) -> list[Refusal]:
    """List why so many people do not fit, or not so furnished."""
    place, layout = wish.place, wish.place.layout(wish.layout)
    if wish.layout is not None and layout is None:
        return [Refusal("layout-unknown", "layout")]
    seats = layout.seats if layout else place.seats
    if wish.people is not None and wish.people > seats:
        return [Refusal("too-small", "people", {"space": place.name, "seats": seats})]
    return []


def _is_gone_by(taken: Held, wish: Wish, moment: Moment) -> bool:
    """Tell whether what took a place is over, and so stands only in the part of a wish that is over too.

    Who was there until 9.05 keeps nobody out who comes at 9.10 and books from 9, as one does, or who has a place back
    that was let go; see `what_is_left`. Where the place is set up first, that takes its time.
    """
    return taken.span.end <= moment.now and not wish.buffers[0]


def what_is_left(wish: Wish, moment: Moment, held: Iterable[Held]) -> Wish:
    """Let a wish begin when the place was free again, where others had a part of it that is over.

    Give the wish as it is where nobody had.
    """
    over = [taken.span.end for taken in held if taken.span.overlaps(wish.span) and _is_gone_by(taken, wish, moment)]
    return replace(wish, span=Span(max(over), wish.span.end)) if over else wish


def held_refusals(wish: Wish, moment: Moment, held: Iterable[Held]) -> list[Refusal]:
    """List what takes the time that is wished for, or the time that is kept free round it: the part of `refusals` that
    hangs on who has the space. The wish must be under the rules of its day."""
    padded, name = wish.padded, wish.place.name
    found: dict[str, Refusal] = {}
    for taken in held:
        if not taken.span.overlaps(padded) or _is_gone_by(taken, wish, moment):
            continue
        if not taken.span.overlaps(wish.span):
            minutes = wish.buffers[0 if taken.span.end <= wish.span.start else 1]
            found.setdefault("too-close", Refusal("too-close", "space", {"space": name, "minutes": minutes}))
        elif taken.closure:
            found.setdefault("closed-space", Refusal("closed-space", "space", {"space": name}))
        elif taken.busy_id is not None:
            values = {"space": name, "span": taken.span}
            found.setdefault("busy-elsewhere", Refusal("busy-elsewhere", "space", values))
        elif taken.claim is not None:
            values = {"space": name, "event": dict(zip(("sv", "en"), taken.claim, strict=True)), "span": taken.span}
            found.setdefault("event-has-it", Refusal("event-has-it", "space", values))
        elif taken.booking_id is None:
            found.setdefault("held", Refusal("held", "space", {"space": name}))
        else:
            values = {"space": name, "span": taken.span, "booking": taken.booking_id}
            found.setdefault("taken", Refusal("taken", "space", values))
    told = ("closed-space", "event-has-it", "taken", "busy-elsewhere", "held", "too-close")
    return [found[code] for code in told if code in found]


def earliest_start(policy: Policy, moment: Moment) -> datetime:
    """Give the first instant that may be booked now, on the place's grid.

    Without notice that is the step that is running: who walks in at ten past nine books from nine.
    """
    if not policy.notice:
        return _running(moment.now, policy.granularity, moment.zone)
    noticed = moment.now + timedelta(minutes=policy.notice)
    floor = _on_grid(noticed, policy.granularity, moment.zone)
    return floor if floor == noticed else floor + timedelta(minutes=policy.granularity)


@lru_cache(maxsize=64)
def _running(now: datetime, granularity: int, zone: ZoneInfo) -> datetime:
    """Give the start of the step that is running: the same for all that is measured at one moment."""
    return _on_grid(now, granularity, zone)


def _on_grid(instant: datetime, step: int, zone: ZoneInfo) -> datetime:
    """Give the last instant of the grid of so many minutes, which begins at local midnight."""
    if not _off(instant, step, zone):
        return instant
    into = timedelta(minutes=_minute(instant, zone) % step, seconds=instant.second, microseconds=instant.microsecond)
    return instant - into


def _off(instant: datetime, step: int, zone: ZoneInfo) -> bool:
    """Tell whether an instant lies beside that grid."""
    return bool(_minute(instant, zone) % step or instant.second or instant.microsecond)


def _time_refusals(span: Span, policy: Policy, moment: Moment) -> list[Refusal]:
    running = _running(moment.now, policy.granularity, moment.zone)
    if span.end <= moment.now or span.start < running:
        return [Refusal("past", "start")]
    found = []
    if policy.notice and span.start < earliest_start(policy, moment):
        found.append(Refusal("too-soon", "start", {"minutes": policy.notice}))
    too_far = (moment.day(span.start) - moment.today).days > policy.horizon
    return [*found, _too_far(policy, moment)] if too_far else found


def _too_far(policy: Policy, moment: Moment) -> Refusal:
    last = moment.today + timedelta(days=policy.horizon)
    return Refusal("too-far", "date", {"days": policy.horizon, "last": last})


def _length_refusals(span: Span, policy: Policy, zone: ZoneInfo) -> list[Refusal]:
    found, step = [], policy.granularity
    if step < DAY_MINUTES and (_off(span.end, step, zone) or _off(span.start, step, zone)):
        side = "end" if _off(span.end, step, zone) else "start"
        found.append(Refusal("off-grid", side, {"minutes": step}))
    length = span.length
    if length < timedelta(minutes=policy.shortest):
        found.append(Refusal("too-short", "end", {"minutes": policy.shortest}))
    if length > timedelta(minutes=policy.longest):
        found.append(Refusal("too-long", "end", {"minutes": policy.longest}))
    return found


def _minute(instant: datetime, zone: ZoneInfo) -> int:
    local = instant.astimezone(zone)
    return local.hour * 60 + local.minute


def _hours_refusals(span: Span, place: Place, moment: Moment) -> list[Refusal]:
    found: dict[str, Refusal] = {}
    whole = local_day(moment.day(span.start), moment.zone)
    for part in (span,) if span.end <= whole.end else span.by_local_day(moment.zone):
        if refusal := _day_refusal(part, place, moment):
            found.setdefault(refusal.code, refusal)
    return list(found.values())


def _day_refusal(part: Span, place: Place, moment: Moment) -> Refusal | None:
    """Say what the hours of a local day have against the part of a wish that lies within it."""
    day, policy = moment.day(part.start), place.policy
    if day in moment.holidays:
        return Refusal("holiday", "date", {"day": day, "holiday": moment.holidays[day]})
    opened = open_span(place.hours, day, moment.zone, moment.holidays)
    if opened is None:
        if place.doors is not None and day.weekday() in place.doors:
            return Refusal("day-outside-rule", "date", {"space": place.name, "day": day})
        return Refusal("closed-day", "date", {"day": day})
    if policy.granularity >= DAY_MINUTES and part != opened:
        return Refusal("whole-days", "start", {"span": opened})
    if opened.contains(part):
        return None
    doors = open_span(place.doors or place.hours, day, moment.zone, moment.holidays)
    if doors and doors.contains(part):
        return Refusal("outside-rule", "start", {"space": place.name, "span": opened})
    return Refusal("closed-hours", "start", {"span": opened})


class Kept(Protocol):
    """What tells until when a booking kept its place."""

    @property
    def start(self) -> datetime: ...
    @property
    def end(self) -> datetime: ...
    @property
    def state(self) -> str: ...
    @property
    def released_at(self) -> datetime | None: ...


def kept_until(booking: Kept) -> datetime:
    """Give until when a booking's time stayed its own: of a no-show until it was released."""
    until = booking.released_at if booking.state == "no-show" else None
    return until if until is not None and booking.start < until else booking.end


def is_shown(public: bool, *, sees_all: bool) -> bool:
    """Tell whether title and name of a booking are for somebody else: its member shows them, or one `sees_all`.

    That do who works for the house, and whoever the place or the organisation was put in charge of.
    """
    return public or sees_all


def may_see(actor: Actor, booking: Owned, managed: Container[int] = ()) -> bool:
    """Tell whether the person may open a booking: who may change it, and who has made it for its member."""
    return actor.id == booking.booked_by_id or may_change(actor, booking, managed)


def may_change(actor: Actor, booking: Owned, managed: Container[int] = ()) -> bool:
    """Tell whether the person may change a booking: its member, staff, and who manages its space.

    `managed` are the ids of the spaces the person was granted. Who made it for its member may give it back and no more.
    """
    return actor.id == booking.member_id or is_staff(actor) or booking.space_id in managed


def closing_refusals(span: Span, field: str) -> list[Refusal]:
    """List why nothing can be closed for so long, wherever it is closed; a `field` asks for its end."""
    if span.length <= LONGEST_CLOSURE:
        return []
    return [Refusal("closure-long", field, {"days": LONGEST_CLOSURE.days})]


def change_refusals(booking: Owned, now: datetime) -> list[Refusal]:
    """List why a booking can no longer be moved, edited or cancelled."""
    if booking.end <= now:
        return [Refusal("already-over")]
    if booking.state == "no-show":
        return [Refusal("released")]
    return [Refusal("already-cancelled")] if booking.cancelled else []


def cancel_refusals(actor: Actor, booking: Booked, policy: Policy, now: datetime) -> list[Refusal]:
    """List why a booking cannot be cancelled: it is over, somebody came, or its member is later than the rules allow.

    Who has just booked may take it back in any case, and staff are never late.
    """
    if found := change_refusals(booking, now):
        return found
    if now - booking.created_at <= REGRET:
        return []
    if booking.checked_in_at is not None:
        return [Refusal("checked-in")]
    latest = booking.start - timedelta(minutes=policy.cancel_by)
    if now <= latest or not policy.cancel_by or is_staff(actor):
        return []
    return [Refusal("cancel-late", None, {"minutes": policy.cancel_by})]


class Asked(Owned, Protocol):
    """What more they need to know to answer a request."""

    @property
    def answer_by(self) -> datetime | None: ...


def may_answer(actor: Actor, booking: Owned, managed: Container[int] = ()) -> bool:
    """Tell whether the person may answer a request: staff, and who manages its space."""
    return is_staff(actor) or booking.space_id in managed


def answer_refusals(booking: Asked, now: datetime) -> list[Refusal]:
    """List why a request can no longer be answered: somebody was faster, it was taken back, or its time is over."""
    over = booking.state == "requested" and booking.answer_by is not None and booking.answer_by <= now
    codes = {
        "confirmed": "answer-confirmed", "declined": "answer-declined", "cancelled": "already-cancelled",
        "no-show": "already-over", "expired": "answer-late",
    }  # fmt: skip
    code = "answer-late" if over else codes.get(booking.state)
    return [Refusal(code)] if code else []


def restore_refusals(booking: Owned, now: datetime) -> list[Refusal]:
    """List why a cancelled booking cannot be taken back."""
    if booking.end <= now:
        return [Refusal("already-over")]
    return [] if booking.state == "cancelled" else [Refusal("not-cancelled")]


def preset_span(preset: str, place: Place, day: date, moment: Moment) -> Span | None:
    """Give the part of a preset that may still be had on a local day, None when it is over or the place is shut.

    A morning that has begun is booked from the running step, so that the record stays true.
    """
    opened = open_span(place.hours, day, moment.zone, moment.holidays)
    if opened is None:
        return None
    begin, end = (at_minute(day, minute, moment.zone) for minute in PRESETS[preset])
    start = max(begin, opened.start, earliest_start(place.policy, moment))
    stop = min(end, opened.end)
    return Span(start, stop) if start < stop else None


def free_spans(opened: Span | None, held: Iterable[Span], first: datetime) -> list[Span]:
    """Give what can still be had of an open day, in order."""
    if opened is None or opened.end <= first:
        return []
    taken = sorted((span.start, span.end) for span in held)
    return [Span(start, end) for start, end in gaps(max(opened.start, first), opened.end, taken)]


def alternatives(
    wish: Wish, places: Iterable[Place], held: Sequence[Held], own: Sequence[tuple[Held, str]], moment: Moment,
    days: Sequence[date], wanted: int = 3,
) -> list[Alternative]:  # fmt: skip
    """Offer up to `wanted` ways forward, every one of which `refusals` grants now, the nearest first.

    Two go to other `places` (see `alike`) at the same time and one to the same space at another time of `days`,
    then whatever is left of either.
    """
    by_space: dict[int, list[Held]] = {}
    for taken in held:
        by_space.setdefault(taken.space_id, []).append(taken)

    def taking(place: Place) -> Sequence[Held]:
        if len(place.takes) == 1:
            return by_space.get(place.id, ())
        return sorted((taken for one in place.takes for taken in by_space.get(one, ())), key=lambda taken: taken.span)

    def granted(place: Place, span: Span) -> bool:
        asked = wish.layout if place.layout(wish.layout) else None
        return not refusals(Wish(place, span, wish.people, asked), moment, taking(place), own)

    elsewhere = (Alternative(place, wish.span, False) for place in places if granted(place, wish.span))
    later = (
        Alternative(wish.place, span, True)
        for span in _nearest_times(wish, taking(wish.place), moment, days)
        if granted(wish.place, span)
    )
    same_time, other_time = list(islice(elsewhere, wanted)), list(islice(later, wanted))
    mixed = same_time[: wanted - 1] + other_time[:1]
    return (mixed + same_time[wanted - 1 :] + other_time[1:])[:wanted]


def alike(wished: Place, places: Iterable[Place], needs: frozenset[str] = frozenset()) -> list[Place]:
    """List the bookable places that may stand in for one: first those that have what the member who asks `needs`, among
    them the most alike."""
    similar = (place for place in places if place.id != wished.id and place.bookable and place.kind == wished.kind)
    return sorted(similar, key=lambda place: unlike(place, wished, needs))


def unlike(place: Place, wished: Place, needs: frozenset[str]) -> tuple[float, ...]:
    """Rank a place by how little it stands in for the wished one, for sorting."""
    too_small = max(0, wished.seats - place.seats)
    return (
        len(needs - place.amenities),
        too_small,
        place.zone_id != wished.zone_id,
        len(wished.amenities - place.amenities),
        place.floor_id != wished.floor_id,
        abs(place.seats - wished.seats),
        place.box.distance(wished.box),
    )


def _nearest_times(wish: Wish, held: Sequence[Held], moment: Moment, days: Sequence[date]) -> list[Span]:
    """Find spans of the wished length on the same space: those that touch what is in the way, nearest first."""
    length = wish.span.length
    first = earliest_start(wish.place.policy, moment)
    before, after = (timedelta(minutes=minutes) for minutes in wish.buffers)
    found: set[Span] = set()

    for day in days:
        opened = open_span(wish.place.hours, day, moment.zone, moment.holidays)
        if opened and wish.place.policy.granularity >= DAY_MINUTES:
            found.add(opened)
            continue
        around = [
            Span(taken.span.start - after, taken.span.end + before) if before or after else taken.span for taken in held
        ]
        for free in free_spans(opened, around, first):
            if free.length < length:
                continue
            fits = within_grid(free, wish.place.policy, moment.zone)
            if fits is None or fits.length < length:
                continue
            found.add(Span(fits.start, fits.start + length))
            found.add(Span(fits.end - length, fits.end))
            if fits.start <= wish.span.start and wish.span.end <= fits.end:
                found.add(wish.span)
    found.update(same_clock(wish.span, day, moment.zone) for day in days)
    told = [span for span in found if _clear(span.start, moment.zone) and _clear(span.end, moment.zone)]
    return sorted(told, key=lambda span: (abs(span.start - wish.span.start), span.start))


def within_grid(free: Span, policy: Policy, zone: ZoneInfo) -> Span | None:
    """Give what may be booked of a free span: what is kept free round another booking need not end on the grid."""
    if policy.granularity >= DAY_MINUTES:
        return free
    step = policy.granularity
    start, end = _on_grid(free.start, step, zone), _on_grid(free.end, step, zone)
    start = start if start == free.start else start + timedelta(minutes=step)
    return Span(start, end) if start < end else None


def _clear(instant: datetime, zone: ZoneInfo) -> bool:
    """Tell whether the wall clock names an instant alone: an hour that comes twice cannot be asked for by name."""
    return wall_time(instant.astimezone(zone).replace(tzinfo=None), zone) is WallTime.ONCE


def same_clock(span: Span, day: date, zone: ZoneInfo) -> Span:
    """Give a span of the same length that begins at the same wall time on another day."""
    local = span.start.astimezone(zone)
    start = datetime.combine(day, local.timetz()).astimezone(span.start.tzinfo)
    return Span(start, start + span.length)


def local_span(day: date, start: int, end: int, zone: ZoneInfo) -> Span:
    """Turn minutes of a local day's wall clock into a UTC span.

    Raises Refused: end-before-start, time-skipped (the spring gap) and time-doubled (the autumn hour), because
    guessing which of two hours was meant is how people come an hour late.
    """
    if end <= start:
        raise Refused([Refusal("end-before-start", "end")])
    return Span(_instant(day, start, zone, "start"), _instant(day, end, zone, "end"))


def _instant(day: date, minute: int, zone: ZoneInfo, field: str) -> datetime:
    if minute == DAY_MINUTES:
        day, minute = day + timedelta(days=1), 0
    clock = time(minute // 60, minute % 60)
    local = datetime.combine(day, clock)
    happens = wall_time(local, zone)
    if happens is not WallTime.ONCE:
        code = "time-skipped" if happens is WallTime.NEVER else "time-doubled"
        raise Refused([Refusal(code, field, {"time": f"{clock:%H:%M}", "day": day})])
    return local.replace(tzinfo=zone).astimezone(UTC)
