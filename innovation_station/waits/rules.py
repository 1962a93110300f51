"""How long an offer stands, who stands where in a line, and what may be waited for. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from innovation_station.bookings.rules import CONFLICTS
from innovation_station.spaces.rules import Place
from innovation_station.timespan import Span, to_utc

LIVE = ("waiting", "offered")
STATES = (*LIVE, "taken", "passed", "expired", "left", "over")
WAITS_MOST = 20  # of one member at a time
WAITED_FOR = CONFLICTS  # what keeps a wish from being granted today and may be gone tomorrow
SILENT = WAITED_FOR | {"past", "too-soon"}  # what nobody who is passed over needs to be told
# How long an offer stands, by how far off the last moment is at which the time may be booked.
LENGTHS = (
    (timedelta(days=2), timedelta(hours=12)),
    (timedelta(hours=4), timedelta(hours=2)),
    (timedelta(minutes=10), timedelta(minutes=20)),
)
MORNING, EVENING = time(7), time(22)  # nobody is asked to answer in between


def last_moment(place: Place, span: Span) -> datetime:
    """Give until when a span may be booked at the latest: with a notice that is before it begins."""
    return span.start - timedelta(minutes=place.policy.notice)


def offer_end(
    now: datetime, last: datetime, zone: ZoneInfo, longest: timedelta = LENGTHS[0][1]
) -> datetime | None:  # fmt: skip
    """Give until when an offer that is made now stands, None where it is too late for one.

    It stands for `longest` where there is time, and shrinks as the last moment nears, which it never passes: 12 hours,
    2 hours, 20 minutes. At night the clock of an offer stands still: one that came and went while everybody slept would
    be none.
    """
    for number, (lead, length) in enumerate(LENGTHS):
        if last - now >= lead:
            return min(_awake(now, min(length, longest) if number else longest, zone), last)
    return None


def _awake(now: datetime, length: timedelta, zone: ZoneInfo) -> datetime:
    """Give when so much time of day has passed."""
    at = now
    while True:
        day = at.astimezone(zone).date()
        at = max(at, to_utc(day, MORNING, zone))
        evening = to_utc(day, EVENING, zone)
        if at + length <= evening:
            return at + length
        length -= max(evening - at, timedelta())
        at = max(at, _midnight(day, zone))


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return to_utc(day + timedelta(days=1), time(), zone)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is waited for: one space, or any of a kind, within a zone or anywhere."""

    space_id: int | None = None
    kind: str | None = None
    zone_id: int | None = None

    def fits(self, place: Place) -> bool:
        """Tell whether a place is what is wanted."""
        if self.space_id is not None:
            return place.id == self.space_id
        return place.bookable and place.kind == self.kind and self.zone_id in (None, place.zone_id)


@dataclass(frozen=True, slots=True)
class Stander:
    """Who stands in a line: for what, and when. Numbers rise in the order in which people joined."""

    id: int
    member_id: int
    wanted: Wanted
    span: Span


def ahead(mine: Stander, other: Stander, places: Mapping[int, Place]) -> bool:
    """Tell whether somebody else is asked before me wherever I could be: earlier in line, at a time and place we share.

    Who waits for one place of many is not ahead of who takes any: the next one that is free may be another.
    """
    if other.id >= mine.id or other.member_id == mine.member_id or not other.span.overlaps(mine.span):
        return False
    if mine.wanted.space_id is None:
        zones = {mine.wanted.zone_id, other.wanted.zone_id}
        return other.wanted.kind == mine.wanted.kind and (None in zones or len(zones) == 1)
    place = places.get(mine.wanted.space_id)
    if place is None:
        return False
    return other.wanted.fits(place) if other.wanted.space_id is None else other.wanted.space_id in place.touches


def position(mine: Stander, others: Iterable[Stander], places: Mapping[int, Place]) -> int:
    """Give somebody's number in line: the first is 1."""
    return 1 + sum(ahead(mine, other, places) for other in others)
