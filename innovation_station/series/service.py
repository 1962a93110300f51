"""What happens to series: begun, changed, cancelled. All dates of it, or none.

Every function runs inside `db.transaction()`: it locks the member and all spaces that the dates want or give back,
plans and measures everything anew behind the locks, and then writes. So what was previewed holds, or is refused as a
whole with what has come in between.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import delete, select

from innovation_station.bookings import service as bookings
from innovation_station.bookings import wish_queries, writes
from innovation_station.bookings.models import Booking
from innovation_station.bookings.rules import Wish, asked, cancel_refusals, what_is_left
from innovation_station.db import db
from innovation_station.errors import Conflict, NotFound, Refusal, Refused
from innovation_station.members.rules import Actor, Booker, booking_refusals, is_staff
from innovation_station.plans.rules import Standing
from innovation_station.series import changes, looking, queries, telling
from innovation_station.series.models import Occurrence, Series
from innovation_station.series.preview import Verdict
from innovation_station.series.steps import Answer, Change, Edit, Pattern, Row, Scope, Step
from innovation_station.spaces.queries import house as read_house
from innovation_station.spaces.rules import House

Answers = Mapping[date, Answer]


def begin(
    actor: Booker, pattern: Pattern, answers: Answers, *, now: datetime, zone: ZoneInfo, public: bool | None = None,
    request_key: str | None = None,
) -> Series:  # fmt: skip
    """Book every date of a series. Repeating the same request gives the series that the first one made.

    Raises NotFound for an unknown space, Refused for what is wrong with the rule, and Conflict (series-dates) where a
    date may not be had and nothing was answered for it.
    """
    if due := booking_refusals(actor):
        raise Refused(due)
    pattern = replace(pattern, title=bookings.clean_title(pattern.title))
    planned = looking.beginning(pattern, answers, now=now, zone=zone)
    _lock(actor.id, planned, read_house())
    key = request_key and _digest(request_key, pattern)
    if key and (earlier := queries.same_request(actor.id, key)):
        return earlier
    house = read_house()
    change = looking.beginning(pattern, answers, now=now, zone=zone)
    _measure(actor, actor.id, change, house, now, zone)
    series = Series(
        uid=str(uuid.uuid4()), member_id=actor.id, zone=zone.key, request_key=key, created_at=now,
        public=actor.visible if public is None else public, ended=False, revision=0, changed_at=now,
    )  # fmt: skip
    _follow(series, change.pattern or pattern, zone)
    db.session.add(series)
    db.session.flush()
    _write(actor, series, change, house, now, zone)
    telling.begun(series, change, actor, now)
    return series


def edit(
    actor: Actor, series_id: int, edited: Edit, scope: Scope, at: date, answers: Answers, *, now: datetime,
    zone: ZoneInfo,
) -> Series:  # fmt: skip
    """Change one date, those from it on, or all that are to come; give the series that holds what was changed.

    Raises as `begin`.
    """
    if edited.title is not None:
        edited = replace(edited, title=bookings.clean_title(edited.title))
    series = mine(actor, series_id)
    planned = looking.changing(series, edited, scope, at, answers, now=now, zone=zone)
    _lock(series.member_id, planned, read_house())
    db.session.expire_all()
    house, series = read_house(), mine(actor, series_id)
    change = looking.changing(series, edited, scope, at, answers, now=now, zone=zone)
    _measure(actor, series.member_id, change, house, now, zone)
    series = _divided(series, change, now, zone)
    _write(actor, series, change, house, now, zone)
    if scope != "this":
        _pattern_of(series, change, now, zone)
    telling.changed(series, change, actor, now)
    return series


def cancel(actor: Actor, series_id: int, scope: Scope, at: date, *, now: datetime, zone: ZoneInfo) -> Change:
    """Give back one date, those from it on, or all that are to come. Raises NotFound and Refused."""
    series = mine(actor, series_id)
    planned = changes.cancel(series.pattern, queries.rows(series), scope, at, now)
    _lock(series.member_id, planned, read_house())
    db.session.expire_all()
    house, series = read_house(), mine(actor, series_id)
    change = changes.cancel(series.pattern, queries.rows(series), scope, at, now)
    if change.refusals:
        raise Refused(change.refusals)
    _check_late(actor, change, house, now)
    _write(actor, series, change, house, now, zone)
    if scope != "this":
        _pattern_of(series, change, now, zone)
    telling.cancelled(series, change, actor, now)
    return change


def mine(actor: Actor, series_id: int) -> Series:
    """Give a series that the actor may change. Raises NotFound."""
    series = queries.get(series_id)
    if series is None or not (actor.id == series.member_id or is_staff(actor)):
        raise NotFound("series-unknown")
    return series


@bookings.changed.connect
def follow(booking: Booking, *, action: str, **_more: object) -> None:
    """Note that a date was given a time, a space or a title of its own, by itself."""
    if action not in ("moved", "ended", "extended", "edited") or (found := queries.of_booking(booking.id)) is None:
        return
    occurrence, series = found
    if action != "edited":
        occurrence.moved = True
    occurrence.retitled = occurrence.retitled or booking.title != series.title


def refused(verdicts: Iterable[Verdict]) -> list[Verdict]:
    """List the dates that may not be had as they are asked for."""
    return [verdict for verdict in verdicts if not verdict.granted]


# -- behind the locks -------------------------------------------------------------------------------------------------


def _lock(member_id: int, change: Change, house: House) -> None:
    """Lock the member, then all spaces that a change wants or gives back, in the order of their ids."""
    if change.refusals:
        raise Refused(change.refusals)
    rows = [row for step in change.steps for row in (step.before, step.after) if row is not None]
    spaces = {row.space_id for row in rows}
    if unknown := spaces - house.places.keys():
        raise NotFound("space-unknown" if unknown else "not-found")
    writes.lock(member_id, sorted({one for space_id in spaces for one in house.places[space_id].touches}))


def _measure(actor: Actor, member_id: int, change: Change, house: House, now: datetime, zone: ZoneInfo) -> None:
    if change.refusals:
        raise Refused(change.refusals)
    verdicts = looking.look(actor, member_id, change, house=house, now=now, zone=zone, lock=True)
    if wrong := refused(verdicts):
        raise Conflict([Refusal("series-dates", None, {"count": len(wrong)})])
    if not any(step.after.booked for step in change.steps):
        raise Refused([Refusal("series-empty", "until")])


def _check_late(actor: Actor, change: Change, house: House, now: datetime) -> None:
    given = {step.before.id for step in change.steps if step.cancelled or step.dropped if step.before}
    for booking in _bookings(given).values():
        if found := cancel_refusals(actor, booking, house.places[booking.space_id].policy, now):
            raise Refused(found)


def _bookings(ids: Iterable[int | None]) -> dict[int, Booking]:
    known = [one for one in ids if one is not None]
    return {row.id: row for row in db.session.scalars(select(Booking).where(Booking.id.in_(known)))}


def _write(actor: Actor, series: Series, change: Change, house: House, now: datetime, zone: ZoneInfo) -> None:
    """Give back what is given back, then take what is wanted: dates may change places with each other."""
    known = _bookings(step.before.id for step in change.steps if step.before)
    standing = None
    for step in change.steps:
        booking = known.get(step.before.id or 0) if step.before else None
        if booking is not None and (step.dropped or step.cancelled):
            _cancelled(actor, booking, now, house)
        elif booking is not None and step.moved:
            writes.free(booking)
    if any(step.wants for step in change.steps):
        standing = looking.standing(house, series.member_id)
    kept = {row.original: row for row in queries.occurrences(series.id)}
    for step in change.steps:
        booking = known.get(step.before.id or 0) if step.before else None
        if step.added:
            booking = _added(actor, series, step.after, house, now, zone, standing)
        elif booking is not None and step.moved:
            _moved(actor, booking, step.after, house, now, zone, standing)
        elif booking is not None and step.retitled:
            before = writes.facts(booking)
            booking.title = step.after.title
            bookings.record(booking, actor, "edited", now, before, tell=False)
        _note(series, step, booking, kept)
    db.session.flush()


def _note(series: Series, step: Step, booking: Booking | None, kept: Mapping[date, Occurrence]) -> None:
    """Write down what became of a date."""
    after = step.after
    row = kept.get(after.original)
    if row is None:
        row = Occurrence(series_id=series.id, original=after.original)
        db.session.add(row)
    row.booking_id = booking.id if booking else row.booking_id
    row.state, row.moved, row.retitled = after.state, after.moved, after.retitled


def _cancelled(actor: Actor, booking: Booking, now: datetime, house: House) -> None:
    before = writes.facts(booking)
    booking.state = "cancelled"
    booking.sequence += 1
    writes.free(booking)
    bookings.record(booking, actor, "cancelled", now, before, house=house, tell=False)


def _moved(
    actor: Actor, booking: Booking, row: Row, house: House, now: datetime, zone: ZoneInfo, standing: Standing | None
) -> None:  # fmt: skip
    wish = _wish(row, house, now, zone, booking)
    before = writes.facts(booking)
    span = wish.span
    granted = booking.span if booking.space_id == row.space_id else None
    booking.space_id, booking.start, booking.end, booking.layout = row.space_id, span.start, span.end, wish.layout
    booking.setup, booking.clearing = wish.buffers
    bookings.expect(booking, now)
    booking.title = row.title
    booking.state, booking.answer_by = asked(actor, wish, now, booking.state, granted)
    booking.sequence += 1
    db.session.flush()
    bookings.allocate(wish.place, wish.padded, zone, booking_id=booking.id)
    bookings.record(booking, actor, "moved", now, before, house=house, standing=standing, tell=False)


def _added(
    actor: Actor, series: Series, row: Row, house: House, now: datetime, zone: ZoneInfo, standing: Standing | None
) -> Booking:  # fmt: skip
    wish = _wish(row, house, now, zone)
    setup, clearing = wish.buffers
    state, answer_by = asked(actor, wish, now)
    booking = Booking(
        uid=str(uuid.uuid4()), member_id=series.member_id, space_id=row.space_id, start=wish.span.start,
        end=wish.span.end, title=row.title, public=series.public, state=state,
        sequence=0, revision=0, setup=setup, clearing=clearing, people=None, layout=None,
        booked_by_id=None if actor.id == series.member_id else actor.id,
        answer_by=answer_by, checked_in_at=None, released_at=None, expected_at=None, reminded_at=None, request_key=None,
        created_at=now, changed_at=now, organisation_id=standing.organisation_id if standing else None,
    )  # fmt: skip
    writes.reserved(booking, wish.place, list(wish.padded.by_local_day(zone)), actor)
    bookings.changed.send(booking, action="reserved", now=now, house=house, standing=standing)
    return booking


def _wish(row: Row, house: House, now: datetime, zone: ZoneInfo, booking: Booking | None = None) -> Wish:
    if row.span is None:
        raise Conflict([Refusal("series-dates", None, {"count": 1})])
    place = house.places[row.space_id]
    layout = booking.layout if booking and place.layout(booking.layout) else None
    wish = Wish(place, row.span, booking.people if booking else None, layout)
    if row.span.start > now:
        return wish
    held = wish_queries.held(wish.padded, place.takes, without=booking.id if booking else None)
    return what_is_left(wish, bookings.moment(now, zone, house), held)


# -- what a series says -----------------------------------------------------------------------------------------------


def _follow(series: Series, pattern: Pattern, zone: ZoneInfo) -> None:
    series.rule, series.skip_closed = pattern.rule.rrule(zone), pattern.rule.skip_closed
    series.first_day, series.space_id, series.title = pattern.first_day, pattern.space_id, pattern.title
    series.start_minute, series.end_minute = pattern.times.start, pattern.times.end


def _divided(series: Series, change: Change, now: datetime, zone: ZoneInfo) -> Series:
    """Give the series that the dates go on in: a new one where those before stay with the old pattern."""
    if change.left is None or change.pattern is None:
        return series
    _follow(series, change.left, zone)
    series.revision, series.changed_at = series.revision + 1, now
    going = Series(
        uid=str(uuid.uuid4()), member_id=series.member_id, zone=series.zone, created_at=now, changed_at=now,
        public=series.public, ended=False, revision=0,
    )  # fmt: skip
    _follow(going, change.pattern, zone)
    db.session.add(going)
    db.session.flush()
    names = [step.after.original for step in change.steps]
    moving = {row.original: row for row in queries.occurrences(series.id) if row.original in names}
    held = {original: (row.booking_id, row.state, row.moved, row.retitled) for original, row in moving.items()}
    db.session.execute(
        delete(Occurrence).where(Occurrence.series_id == series.id, Occurrence.original.in_(list(moving)))
    )
    for original, (booking_id, state, moved, retitled) in held.items():
        db.session.add(Occurrence(
            series_id=going.id, original=original, booking_id=booking_id, state=state, moved=moved, retitled=retitled,
        ))  # fmt: skip
    db.session.flush()
    series.ended = not any(row.booked and not row.begun(now) for row in queries.rows(series))
    return going


def _pattern_of(series: Series, change: Change, now: datetime, zone: ZoneInfo) -> None:
    if change.pattern is not None:
        _follow(series, change.pattern, zone)
    series.ended = not any(row.booked and not row.begun(now) for row in queries.rows(series))
    series.revision, series.changed_at = series.revision + 1, now
    db.session.flush()


def _digest(request_key: str, pattern: Pattern) -> str:
    """Bind a submit's key to what it asks for."""
    return hashlib.sha256(f"{request_key}\n{pattern}".encode()).hexdigest()
