"""What happens to series: begun, changed, cancelled. All dates of it, or none.

Every function runs inside `db.transaction()`: it locks the member, plans, locks all spaces that the dates want or give
back in the order of their ids, measures everything behind the locks, and then writes. So what was previewed holds, or
is refused as a whole with what has come in between.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cached_property
from types import MappingProxyType
from zoneinfo import ZoneInfo

from sqlalchemy import delete, select

from innovation_station.bookings import service as bookings
from innovation_station.bookings import wish_queries, writes
from innovation_station.bookings.allowances import bare, organisation_of, policy_of
from innovation_station.bookings.models import Booking
from innovation_station.bookings.rules import Wish, asked, cancel_refusals, change_refusals, what_is_left
from innovation_station.bookings.writes import Taken
from innovation_station.db import db
from innovation_station.errors import Conflict, DomainError, NotFound, Refusal, Refused
from innovation_station.members.rules import Actor, Booker, booking_refusals, is_staff
from innovation_station.organisations.queries import managed_spaces
from innovation_station.plans.rules import Allowance, Standing
from innovation_station.series import changes, looking, queries, telling
from innovation_station.series.models import Occurrence, Series
from innovation_station.series.preview import Verdict
from innovation_station.series.steps import Answer, Change, Edit, Pattern, Row, Scope, Step
from innovation_station.spaces.rules import House
from innovation_station.timespan import Span

Answers = Mapping[date, Answer]
_NONE: Mapping[int, Booking] = MappingProxyType({})
_BY_ITSELF = frozenset({"moved", "edited", "ended", "extended", "restored", "handed"})
_writing: ContextVar[bool] = ContextVar("series_writing", default=False)  # what is written here is no date by itself


def begin(
    actor: Booker, pattern: Pattern, answers: Answers, *, now: datetime, zone: ZoneInfo, public: bool | None = None,
    request_key: str | None = None,
) -> Series:  # fmt: skip
    """Book every date of a series. Repeating the same request gives the series that the first one made, while it has
    dates: who gave all of them back and books again means it.

    Raises NotFound for an unknown space, Refused for what is wrong with the rule, and Conflict (series-dates) where a
    date may not be had and nothing was answered for it.
    """
    if due := booking_refusals(actor):
        raise Refused(due)
    pattern = replace(pattern, title=bookings.clean_title(pattern.title))
    writes.lock_booker(actor.id)
    key = request_key and _digest(request_key, pattern)
    if key and (earlier := queries.same_request(actor.id, key)):
        if any(row.booked for row in queries.rows(earlier)):
            return earlier
        earlier.request_key = None
        db.session.flush()
    change, house = _locked(lambda: looking.beginning(pattern, answers, now=now, zone=zone))
    _measure(actor, actor.id, change, house, now, zone)
    series = Series(
        uid=str(uuid.uuid4()), member_id=actor.id, zone=zone.key, request_key=key, created_at=now,
        public=actor.visible if public is None else public, ended=False, revision=0, changed_at=now,
    )  # fmt: skip
    _follow(series, change.pattern or pattern, zone)
    db.session.add(series)
    db.session.flush()
    touched = _write(actor, series, change, house, now, zone)
    telling.begun(series, change, touched, actor, now)
    return series


def edit(
    actor: Actor, series_id: int, edited: Edit, scope: Scope, at: date, answers: Answers, *, now: datetime,
    zone: ZoneInfo, request_key: str | None = None,
) -> Series:  # fmt: skip
    """Change one date, those from it on, or all that are to come; give the series that holds what was changed.

    Repeating a request that has divided the series gives the one that the first made. Raises as `begin`.
    """
    if edited.title is not None:
        edited = replace(edited, title=bookings.clean_title(edited.title))
    series = mine_locked(actor, series_id)
    if going := divided_by(series, request_key):
        return going
    change, house = _locked(lambda: looking.changing(series, edited, scope, at, answers, now=now, zone=zone))
    known = _bookings(change)
    _check_given(actor, series, change, known, house, now, zone)
    _measure(actor, series.member_id, change, house, now, zone)
    series = _divided(series, change, request_key, now, zone)
    touched = _write(actor, series, change, house, now, zone, known)
    if scope != "this":
        _pattern_of(series, change, now, zone)
    telling.changed(series, change, touched, actor, now)
    return series


def cancel(actor: Actor, series_id: int, scope: Scope, at: date, *, now: datetime, zone: ZoneInfo) -> Change:
    """Give back one date, those from it on, or all that are to come. Cancelling twice is the same as once.

    Raises NotFound and Refused.
    """
    series = mine_locked(actor, series_id)
    rows = queries.rows(series)
    if changes.cancelled_before(rows, scope, at, now):
        return Change(series.pattern)
    change, house = _locked(lambda: changes.cancel(series.pattern, rows, scope, at, now))
    known = _bookings(change)
    _check_given(actor, series, change, known, house, now, zone)
    touched = _write(actor, series, change, house, now, zone, known)
    if scope != "this":
        _pattern_of(series, change, now, zone)
    telling.cancelled(series, change, touched, actor, now)
    return change


@dataclass(frozen=True, slots=True)
class TakenBack:
    """The bookings that a member has back, and the times of those that may not be had any more, each with why."""

    had: tuple[Booking, ...] = ()
    lost: tuple[tuple[Span, tuple[Refusal, ...]], ...] = ()


def restore(actor: Actor, series_id: int, at: datetime, *, now: datetime, zone: ZoneInfo) -> TakenBack:
    """Take back what was cancelled of a series at an instant, as far as it is to be had; the series ends with it again.

    What has changed since is left alone, so twice is the same as once. Raises NotFound, and Conflict or Refused where
    nothing of it may be had.
    """
    series = mine_locked(actor, series_id)
    given = [(booking, day) for booking, day, same in queries.given_back(series.id, at) if same and booking.cancelled]
    if not given:
        return TakenBack()
    bookings.locked(*{booking.space_id for booking, _day in given})
    had: list[tuple[Booking, date]] = []
    lost: list[tuple[Span, tuple[Refusal, ...]]] = []
    refused: DomainError | None = None
    for booking, day in given:
        span = booking.span
        try:
            with db.session.begin_nested():
                bookings.restore(actor, booking.id, now=now, zone=zone, tell=False)
        except (Conflict, Refused) as error:
            refused = error
            lost.append((span, tuple(error.refusals)))
        else:
            had.append((booking, day))
    if refused is not None and not had:
        raise refused
    pattern, last = series.pattern, max(day for _booking, day in had)
    if pattern.rule.until and pattern.rule.until < last:
        _follow(series, replace(pattern, rule=pattern.rule.ending(last)), zone)
    series.revision, series.changed_at = series.revision + 1, now
    db.session.flush()
    back = [booking for booking, _day in had]
    telling.restored(series, back, actor, at, now, whole=not lost)
    return TakenBack(tuple(back), tuple(lost))


def mine(actor: Actor, series_id: int) -> Series:
    """Give a series that the actor may change: its member's, for staff any, and for who manages the spaces of all its
    dates. Raises NotFound."""
    series = queries.get(series_id)
    if series is None or not (actor.id == series.member_id or is_staff(actor) or _manages(actor, series)):
        raise NotFound("series-unknown")
    return series


def _manages(actor: Actor, series: Series) -> bool:
    managed = managed_spaces(actor.id)
    return series.space_id in managed and all(row.space_id in managed for row in queries.rows(series) if row.booked)


def divided_by(series: Series, request_key: str | None) -> Series | None:
    """Give the series that an earlier copy of a submit has divided off from this one."""
    return queries.same_request(series.member_id, _digest(request_key, series.id)) if request_key else None


@bookings.changed.connect
def follow(booking: Booking, *, action: str, **_more: object) -> None:
    """Note what somebody did to a date by itself: gave it a time, a space or a title of its own, or took it back."""
    if action not in _BY_ITSELF or _writing.get() or (found := queries.of_booking(booking.id)) is None:
        return
    occurrence, series = found
    if action == "handed":  # somebody else's: the series goes on without it, and does not book it again
        occurrence.state, occurrence.booking_id = "skipped", None
        return
    if action != "edited":  # a step that is taken back leaves nothing of its own
        plain = changes.plain(series.pattern, occurrence.original, ZoneInfo(series.zone))
        own = (booking.span, booking.space_id) != (plain, series.space_id)
        occurrence.moved = own or (action == "restored" and occurrence.moved)
    if action == "restored":
        occurrence.state, series.ended = "confirmed", False
    occurrence.retitled = booking.title != series.title


def refused(verdicts: Iterable[Verdict]) -> list[Verdict]:
    """List the dates that may not be had as they are asked for."""
    return [verdict for verdict in verdicts if not verdict.granted]


# -- behind the locks -------------------------------------------------------------------------------------------------


def mine_locked(actor: Actor, series_id: int) -> Series:
    """Give a series that the actor may change, behind the lock of its member, which whoever changes a date takes.

    An account that is closed does not stop it: what a member had is given back when the membership has ended, too.
    """
    writes.lock_member(mine(actor, series_id).member_id)
    db.session.expire_all()
    return mine(actor, series_id)


def _locked(plan: Callable[[], Change]) -> tuple[Change, House]:
    """Plan, lock the spaces that are wanted or given back, and plan again: what is closed is known for sure then.

    The dates themselves are the member's, who is locked, so both plans have the same spaces. Raises Refused, NotFound.
    """
    planned = _granted(plan())
    house = bookings.locked(*{row.space_id for step in planned.steps for row in (step.before, step.after) if row})
    return _granted(plan()), house


def _granted(change: Change) -> Change:
    if change.refusals:
        raise Refused(change.refusals)
    return change


def _measure(actor: Actor, member_id: int, change: Change, house: House, now: datetime, zone: ZoneInfo) -> None:
    """Refuse what may not be had; what was held for the member gives way to what may."""
    verdicts = looking.look(actor, member_id, change, house=house, now=now, zone=zone, lock=True)
    if wrong := refused(verdicts):
        raise Conflict([Refusal("series-dates", None, {"count": len(wrong)})])
    if not any(step.after.booked or step.cancelled or step.dropped for step in change.steps):
        raise Refused([Refusal("series-empty", "until")])
    wishes = [verdict.wanted.wish for verdict in verdicts if verdict.wanted.wish]
    for hold_id in queries.holds_met(member_id, wishes) if wishes else ():
        bookings.release(hold_id)


def _check_given(
    actor: Actor, series: Series, change: Change, known: Mapping[int, Booking], house: House, now: datetime,
    zone: ZoneInfo,
) -> None:  # fmt: skip
    """Refuse to touch what is over, as a place that was let go is, and to give back what is due too soon."""
    standing = looking.standing(house, series.member_id)
    for step in change.steps:
        booking = known.get(step.before.id or 0) if step.before else None
        if booking is None or not step.stood or step.kept:
            continue
        found = change_refusals(booking, now)
        if step.dropped or step.cancelled:
            found = cancel_refusals(actor, booking, policy_of(house, booking, zone, standing), now)
        if found:
            raise Refused(found)


def _bookings(change: Change) -> dict[int, Booking]:
    """Give the bookings of dates that stood before, by id."""
    ids = {step.before.id for step in change.steps if step.before and step.before.id is not None}
    if not ids:
        return {}
    return {row.id: row for row in db.session.scalars(select(Booking).where(Booking.id.in_(ids)))}


def _write(
    actor: Actor, series: Series, change: Change, house: House, now: datetime, zone: ZoneInfo,
    known: Mapping[int, Booking] = _NONE,
) -> list[Booking]:  # fmt: skip
    """Give back what is given back, then take what is wanted: dates may change places with each other.

    Gives the bookings that are other than they were, those that are new among them.
    """
    hand = _Hand(actor, series, house, now, zone)
    kept = {row.original: row for row in queries.occurrences(series.id)}
    steps = [(step, known.get(step.before.id or 0) if step.before else None) for step in change.steps]
    by_itself = _writing.set(True)
    try:
        hand.give_back([booking for step, booking in steps if booking and (step.dropped or step.cancelled)])
        hand.move([(booking, step.after) for step, booking in steps if booking and step.moved])
        hand.retitle([
            (booking, step.after) for step, booking in steps if booking and step.retitled and not step.moved
        ])  # fmt: skip
        added = hand.add([step.after for step, _booking in steps if step.added])
    finally:
        _writing.reset(by_itself)
    for step, booking in steps:
        _note(series, step, added.get(step.after.original) if step.added else booking, kept)
    db.session.flush()
    touched = [
        booking for step, booking in steps
        if booking and (step.dropped or step.cancelled or step.moved or step.retitled)
    ]  # fmt: skip
    return [*added.values(), *touched]


def _note(series: Series, step: Step, booking: Booking | None, kept: Mapping[date, Occurrence]) -> None:
    """Write down what became of a date."""
    after = step.after
    row = kept.get(after.original)
    if row is None:
        row = Occurrence(series_id=series.id, original=after.original)
        db.session.add(row)
    row.booking_id = booking.id if booking else row.booking_id
    row.state, row.moved, row.retitled = after.state, after.moved, after.retitled


@dataclass(frozen=True)
class _Hand:
    """Whoever changes the bookings of a series, behind the locks: one statement a table, however many they are."""

    actor: Actor
    series: Series
    house: House
    now: datetime
    zone: ZoneInfo

    @cached_property
    def standing(self) -> Standing | None:
        return looking.standing(self.house, self.series.member_id)

    @cached_property
    def organisation_id(self) -> int | None:
        return organisation_of(self.series.member_id, self.standing)

    @cached_property
    def _allowed(self) -> Allowance:
        """What the dates were measured by, as far as their rules hang on it."""
        return bare(self.house, self.actor, self.standing, self.zone)

    def give_back(self, given: Sequence[Booking]) -> None:
        before = [(booking, writes.facts(booking)) for booking in given]
        for booking in given:
            booking.state = "cancelled"
            booking.sequence += 1
        writes.free_all([booking.id for booking in given])
        bookings.record_all(before, self.actor, "cancelled", self.now, house=self.house)

    def move(self, moved: Sequence[tuple[Booking, Row]]) -> None:
        before, taken = [], []
        writes.free_all([booking.id for booking, _row in moved])
        for booking, row in moved:
            before.append((booking, writes.facts(booking)))
            wish = self._wish(row, booking)
            granted = booking.span if booking.space_id == row.space_id else None
            booking.state, booking.answer_by = asked(self.actor, wish, self.now, booking.state, granted)
            booking.space_id, booking.start, booking.end = row.space_id, wish.span.start, wish.span.end
            booking.layout, (booking.setup, booking.clearing) = wish.layout, wish.buffers
            bookings.expect(booking, self.now)
            booking.title = row.title
            booking.sequence += 1
            taken.append(self._taken(booking, wish))
        db.session.flush()
        writes.allocate_all(taken)
        standing = self.standing if moved else None
        bookings.record_all(before, self.actor, "moved", self.now, house=self.house, standing=standing)

    def retitle(self, retitled: Sequence[tuple[Booking, Row]]) -> None:
        before = [(booking, writes.facts(booking)) for booking, _row in retitled]
        for booking, row in retitled:
            booking.title = row.title
        bookings.record_all(before, self.actor, "edited", self.now)

    def add(self, rows: Sequence[Row]) -> dict[date, Booking]:
        taken = {row.original: self._booked(row) for row in rows}
        standing = self.standing if rows else None
        bookings.reserved_all(list(taken.values()), self.actor, self.now, house=self.house, standing=standing)
        return {original: one.booking for original, one in taken.items()}

    def _booked(self, row: Row) -> Taken:
        wish, series = self._wish(row), self.series
        setup, clearing = wish.buffers
        state, answer_by = asked(self.actor, wish, self.now)
        booking = Booking(
            uid=str(uuid.uuid4()), member_id=series.member_id, space_id=row.space_id, start=wish.span.start,
            end=wish.span.end, title=row.title, public=series.public, state=state,
            sequence=0, revision=0, setup=setup, clearing=clearing, people=None, layout=None,
            booked_by_id=None if self.actor.id == series.member_id else self.actor.id,
            answer_by=answer_by, checked_in_at=None, released_at=None, expected_at=None, reminded_at=None,
            request_key=None, created_at=self.now, changed_at=self.now,
            organisation_id=self.organisation_id,
        )  # fmt: skip
        return self._taken(booking, wish)

    def _taken(self, booking: Booking, wish: Wish) -> Taken:
        return Taken(booking, wish.place, list(wish.padded.by_local_day(self.zone)))

    def _wish(self, row: Row, booking: Booking | None = None) -> Wish:
        if row.span is None:
            raise Conflict([Refusal("series-dates", None, {"count": 1})])
        day = row.span.start.astimezone(self.zone).date()
        place = self._allowed.place_on(self.house.places[row.space_id], day)
        layout = booking.layout if booking and place.layout(booking.layout) else None
        wish = Wish(place, row.span, booking.people if booking else None, layout)
        if row.span.start > self.now:
            return wish
        held = wish_queries.held(wish.padded, place.takes, without=booking.id if booking else None)
        return what_is_left(wish, bookings.moment(self.now, self.zone, self.house), held)


# -- what a series says -----------------------------------------------------------------------------------------------


def handed(series: Series, member_id: int, given: Mapping[date, Booking], *, now: datetime, zone: ZoneInfo) -> Series:
    """Make the series of a member who was given some dates of another's, by `original`."""
    made = Series(
        uid=str(uuid.uuid4()), member_id=member_id, zone=series.zone, created_at=now, changed_at=now,
        public=series.public, ended=False, revision=0,
    )  # fmt: skip
    _follow(made, changes.since(series.pattern, queries.rows(series), min(given)), zone)
    db.session.add(made)
    db.session.flush()
    for original, row in ((row.original, row) for row in queries.occurrences(series.id) if row.original in given):
        booking_id, moved, retitled = given[original].id, row.moved, row.retitled
        db.session.add(Occurrence(
            series_id=made.id, original=original, booking_id=booking_id, state="confirmed", moved=moved,
            retitled=retitled,
        ))  # fmt: skip
    db.session.flush()
    return made


def _follow(series: Series, pattern: Pattern, zone: ZoneInfo) -> None:
    series.rule, series.skip_closed = pattern.rule.rrule(zone), pattern.rule.skip_closed
    series.first_day, series.space_id, series.title = pattern.first_day, pattern.space_id, pattern.title
    series.start_minute, series.end_minute = pattern.times.start, pattern.times.end


def _divided(series: Series, change: Change, request_key: str | None, now: datetime, zone: ZoneInfo) -> Series:
    """Give the series that the dates go on in: a new one where those before stay with the old pattern."""
    if change.left is None or change.pattern is None:
        return series
    _follow(series, change.left, zone)
    series.revision, series.changed_at = series.revision + 1, now
    going = Series(
        uid=str(uuid.uuid4()), member_id=series.member_id, zone=series.zone, created_at=now, changed_at=now,
        public=series.public, ended=False, revision=0,
        request_key=_digest(request_key, series.id) if request_key else None,
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


def _digest(request_key: str, asked: Pattern | int) -> str:
    """Bind a submit's key to what it asks for: a new series, or that one is divided."""
    return hashlib.sha256(f"{request_key}\n{asked}".encode()).hexdigest()
