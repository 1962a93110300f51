"""A look at what a change of a series would do: planned by the rules, measured against what the house has taken.

Pages preview with it and the service decides with it, so that both say the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from flask import current_app
from sqlalchemy import bindparam, or_, select

from innovation_station.bookings import allowances
from innovation_station.bookings import service as bookings
from innovation_station.bookings.rules import Moment, alike
from innovation_station.db import connection
from innovation_station.members.rules import Actor
from innovation_station.plans import queries as plans
from innovation_station.plans.rules import Standing
from innovation_station.series import changes, queries
from innovation_station.series.models import Series
from innovation_station.series.preview import Preview, Verdict, Wanted, wanted_by
from innovation_station.series.queries import Window
from innovation_station.series.rules import Shut
from innovation_station.series.steps import Answer, Change, Edit, Pattern, Scope
from innovation_station.sharing import queries as sharing
from innovation_station.spaces.holidays import Calendar
from innovation_station.spaces.models import Closure
from innovation_station.spaces.queries import house as read_house
from innovation_station.spaces.rules import House, Place
from innovation_station.timespan import Span, local_day

Answers = Mapping[date, Answer]
YEARS = timedelta(days=5 * 366)
_closure = Closure.__table__.c
_CLOSED = select(_closure.start, _closure.end).where(
    or_(_closure.space_id.is_(None), _closure.space_id.in_(bindparam("spaces", expanding=True))),
    _closure.end > bindparam("now"),
)


def most() -> int:
    """Give how many dates a series may have in this house."""
    return int(current_app.config["STATION"].series_most)


def beginning(
    pattern: Pattern, answers: Answers, *, now: datetime, zone: ZoneInfo, house: House | None = None
) -> Change:  # fmt: skip
    """Plan a new series; two statements, or one where the house has just been read."""
    house = house or read_house()
    change = changes.begin(pattern, now, zone, limit=most(), shut=_shut(house, pattern, now, zone))
    return changes.answered(change, answers, zone)


def changing(
    series: Series, edited: Edit, scope: Scope, at: date, answers: Answers, *, now: datetime, zone: ZoneInfo
) -> Change:  # fmt: skip
    """Plan an edit of a series; three statements."""
    house, pattern = read_house(), series.pattern
    known = queries.rows(series)
    wanted = replace(pattern, space_id=edited.space_id or pattern.space_id, rule=edited.rule or pattern.rule)
    shut = _shut(house, wanted, now, zone)
    change = changes.change(pattern, known, edited, scope, at, now, zone, limit=most(), shut=shut)
    return changes.answered(change, answers, zone)


def _shut(house: House, pattern: Pattern, now: datetime, zone: ZoneInfo) -> Shut | None:
    """Gather when the space is closed, where the rule leaves that out."""
    place = house.places.get(pattern.space_id)
    if place is None or not pattern.rule.skip_closed:
        return None
    rows = connection().execute(_CLOSED, {"spaces": sorted(place.takes), "now": now})
    return Shut.of(place, Calendar(house.holidays), zone, [Span(start, end) for start, end in rows])


def standing(house: House, member_id: int) -> Standing | None:
    """Give where a member stands, None in a house that measures nobody."""
    measures = plans.catalogue(house).measures
    return allowances.standing(house, member_id, plans.access_of(member_id)) if measures else None


def look(
    actor: Actor, member_id: int, change: Change, *, house: House, now: datetime, zone: ZoneInfo,
    needs: frozenset[str] = frozenset(), lock: bool = False,
) -> list[Verdict]:  # fmt: skip
    """Measure every date that wants time; without `lock` also with what could be had instead.

    One statement for what is taken, one for what the member has, one for when they are away, and what the membership
    needs, however many dates.
    """
    found = standing(house, member_id)
    bare = replace(
        bookings.moment(now, zone, house), allowance=allowances.bare(house, actor, found, zone), role=actor.role
    )
    wanted = [_ruled(one, bare) for one in wanted_by(change, house.places)]
    spans = [one.wish.padded for one in wanted if one.wish]
    if not spans:
        return Preview(bare, (), ()).judge(wanted)
    released = change.released
    whole = Span(min(span.start for span in spans), max(span.end for span in spans))
    moment = bare
    if found is not None:
        days = (bare.day(whole.start), bare.day(whole.end))
        allowed = allowances.allowance(house, actor, found, days, zone, without=released, lock=lock)
        moment = replace(bare, allowance=allowed)
    own = queries.own(member_id, whole, released)
    away = sharing.away(member_id, bare.day(whole.start), bare.day(whole.end))
    alone = Preview(moment, (), own, away).judge(wanted)
    windows = [_window(one, not (one.granted or lock), zone) for one in alone if one.wanted.wish]
    taken, busy = queries.met(windows, released)
    held = [one for one in taken if one.hold_id is None or one.member_id != member_id]
    preview = Preview(moment, held, own, away)  # what is kept for the member gives way
    verdicts = preview.met(alone)
    if lock or all(verdict.granted for verdict in verdicts):
        return verdicts
    preview.learn(busy)
    return preview.suggest(verdicts, _similar(change, bare.allowance.house_on(house, bare.day(whole.start)), needs))


def _similar(change: Change, house: House, needs: frozenset[str]) -> Sequence[Place]:
    space_id = change.pattern.space_id if change.pattern else next(iter(house.places))
    return alike(house.places[space_id], house.places.values(), needs)


def _window(one: Verdict, refused: bool, zone: ZoneInfo) -> Window:
    wish = one.wanted.wish
    assert wish is not None  # noqa: S101  the caller has looked
    return Window(wish.place.takes, local_day(wish.span.start.astimezone(zone).date(), zone), wish.padded, refused)


def _ruled(one: Wanted, moment: Moment) -> Wanted:
    """Put a date under the rules of the plan that is in force then."""
    wish = one.wish and moment.ruled(one.wish)
    return one if wish is one.wish else replace(one, wish=wish)
