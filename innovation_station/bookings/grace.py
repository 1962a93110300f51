"""When one checks in, is reminded of it, and loses a place by not coming. Pure.

The *grace* is how long a place waits for its member, in minutes of the booking rules that hold now: a house that stops
asking lets nobody's place go any more. It counts from the start, or from when the booking was made, moved or taken back
where that was later. Two thirds into it the member is reminded, and nobody loses a place who was not: where the clock
that does both has stood still, or the rule is new, whoever sits there hears of it first.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Protocol

from innovation_station.bookings.rules import Booked, change_refusals
from innovation_station.errors import Refusal
from innovation_station.spaces.rules import Policy
from innovation_station.timespan import Span

EARLY = timedelta(minutes=15)  # before its start, from when on one may check in
LATE = timedelta(minutes=10)  # after its end, until when it may be made longer: who left by a slip is still there
MINUTE = timedelta(minutes=1)
STEPS = (15, 30, 60)  # minutes that a booking is offered to be made longer by


class Expected(Booked, Protocol):
    """What the rules need to know of a booking that somebody may come to."""

    @property
    def expected_at(self) -> datetime | None: ...
    @property
    def reminded_at(self) -> datetime | None: ...
    @property
    def released_at(self) -> datetime | None: ...


def counted_from(booking: Expected) -> datetime:
    """Give the instant that the grace counts from."""
    return max(booking.start, booking.created_at, booking.expected_at or booking.start)


def check_in_by(booking: Expected, policy: Policy) -> datetime | None:
    """Give until when somebody has to check in, None where nobody has to: the rules do not ask for it, or it is over
    by then."""
    latest = counted_from(booking) + timedelta(minutes=policy.check_in)
    return latest if policy.check_in and latest < booking.end else None


def awaited(booking: Expected) -> bool:
    """Tell whether a booking holds its time and nobody has come to it yet."""
    return booking.state == "confirmed" and booking.checked_in_at is None


def is_reminded(booking: Expected) -> bool:
    """Tell whether its member was reminded since the grace counts."""
    return booking.reminded_at is not None and booking.reminded_at >= counted_from(booking)


def must_remind(booking: Expected, policy: Policy, now: datetime) -> bool:
    """Tell whether the grace is running out and its member does not know yet."""
    latest = check_in_by(booking, policy)
    if latest is None or not awaited(booking) or is_reminded(booking) or booking.end <= now:
        return False
    return now >= latest - _last_third(policy)


def must_release(booking: Expected, policy: Policy, now: datetime) -> bool:
    """Tell whether its place is to be let go: nobody has come, and the member was told in time."""
    latest = check_in_by(booking, policy)
    if latest is None or not awaited(booking) or not is_reminded(booking) or booking.end <= now:
        return False
    warned = booking.reminded_at or now
    return now >= max(latest, warned + _last_third(policy) - MINUTE)  # the clock that reminded comes by once a minute


def last_call(booking: Expected, policy: Policy, now: datetime) -> datetime:
    """Give until when somebody who is reminded now has to come."""
    return max(check_in_by(booking, policy) or now, now + _last_third(policy))


def _last_third(policy: Policy) -> timedelta:
    return timedelta(minutes=policy.check_in) / 3


def is_in_time(span: Span, now: datetime) -> bool:
    """Tell whether one who comes now comes to this time: it runs, or begins in a moment."""
    return span.start - EARLY <= now < span.end


def check_in_refusals(booking: Expected, now: datetime) -> list[Refusal]:
    """List why nobody can check in now."""
    if found := granted_refusals(booking, now):
        return found
    opens = booking.start - EARLY
    return [Refusal("check-in-early", None, {"at": opens})] if now < opens else []


def granted_refusals(booking: Expected, now: datetime) -> list[Refusal]:
    """List why nothing can be done with a booking any more, or not before it is answered."""
    if found := change_refusals(booking, now):
        return found
    return [Refusal("not-answered")] if booking.state == "requested" else []


def end_refusals(booking: Expected, now: datetime) -> list[Refusal]:
    """List why a booking cannot end now."""
    if found := granted_refusals(booking, now):
        return found
    return [Refusal("not-begun")] if now < booking.start else []


def ended_at(booking: Expected, now: datetime) -> datetime:
    """Give the new end of a booking that ends now: the minute that runs is still its own, and so is the first."""
    whole = now.replace(second=0, microsecond=0)
    return max(whole if whole == now else whole + MINUTE, booking.start + MINUTE)


def released_from(now: datetime) -> datetime:
    """Give the minute from which a place is free that is let go now."""
    return now.replace(second=0, microsecond=0)


def extend_refusals(booking: Expected, to: datetime, now: datetime, *, must_ask: bool) -> list[Refusal]:
    """List why a booking cannot be made longer, whatever stands in the way; `must_ask` where staff answer each wish."""
    just_over = booking.end <= now < booking.end + LATE
    if found := granted_refusals(booking, booking.end - MINUTE if just_over else now):
        return found
    if to < booking.end:
        return [Refusal("not-longer", "end")]
    return [Refusal("extend-asks", "end")] if must_ask else []


def let_go_refusals(booking: Expected, now: datetime) -> list[Refusal]:
    """List why staff cannot let a place go because nobody has come."""
    if found := end_refusals(booking, now):
        return found
    return [Refusal("has-come", None, {"at": booking.checked_in_at})] if booking.checked_in_at else []


def reclaim_refusals(booking: Expected, now: datetime) -> list[Refusal]:
    """List why a place that was let go cannot be taken back."""
    if booking.end <= now:
        return [Refusal("already-over")]
    return [] if booking.state == "no-show" else [Refusal("not-released")]


def longer(rest: Span) -> list[datetime]:
    """Give the ends that a booking may be offered, soonest first: some minutes more, and all that is free after it.

    `rest` is what is free, from its end on, on the place's grid.
    """
    ends = {rest.start + step * MINUTE for step in STEPS}
    return sorted({end for end in ends if end < rest.end} | {rest.end})
