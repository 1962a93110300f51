"""Reads about bookings. All take what they need; none asks for the time or the request."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, datetime, time, timedelta
from functools import lru_cache
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    CompoundSelect,
    Integer,
    Select,
    and_,
    bindparam,
    case,
    cast,
    exists,
    extract,
    false,
    func,
    literal,
    null,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import joinedload

from innovation_station.bookings.models import (
    LONGEST_ALLOCATION,
    LONGEST_BOOKING,
    Allocation,
    Booking,
    BookingHistory,
    Claim,
    RulesPassed,
    SpaceBusy,
    SpaceHold,
)
from innovation_station.bookings.rules import GONE, HOLDING, Held
from innovation_station.db import UtcDateTime, connection, db, rows_at_once
from innovation_station.members.models import Member
from innovation_station.members.rules import STAFF
from innovation_station.organisations.models import Grant
from innovation_station.plans.rules import Use
from innovation_station.spaces.models import Closure, Space
from innovation_station.spaces.rules import House
from innovation_station.timespan import Span, to_utc

AT_ONCE = timedelta(hours=1)  # what is not longer is mostly taken by what began before it
HABIT = timedelta(weeks=8)  # how far back a member's habits are looked for


class Taken(NamedTuple):
    """One allocation of a day as pages show it. `name` and `title` are those of the booking, public or not.

    `space_id` is the space that is looked at; it may be a part of what was booked, or a whole of which a part was.
    `booked_id` is the one that was booked. `booked_start` and `booked_end` are known where time is kept free round a
    booking. Without a booking it is a closure, held for `member_id`, taken by the calendar that is its `title`, or an
    event's: of that the claim's titles are those that everybody may read, empty where nobody may, and None of all else.
    """

    space_id: int
    start: datetime
    end: datetime
    booking_id: int | None
    member_id: int | None
    name: str | None
    title: str
    public: bool
    reason_sv: str | None
    reason_en: str | None
    hold_id: int | None
    booked_id: int | None
    booked_start: datetime | None
    booked_end: datetime | None
    busy_id: int | None
    claim_sv: str | None = None
    claim_en: str | None = None
    closure_id: int | None = None
    claim_kind: str | None = None

    @property
    def span(self) -> Span:
        """Give its time."""
        return Span(self.start, self.end)

    @property
    def booked(self) -> Span | None:
        """Give the part of its time that was booked, without what is kept free round it."""
        start, end = max(self.start, self.booked_start or self.start), min(self.end, self.booked_end or self.end)
        return Span(start, end) if start < end else None

    @property
    def closure(self) -> bool:
        """Tell whether the space is shut then."""
        alone = self.booking_id is None and self.hold_id is None
        return alone and self.busy_id is None and self.claim_sv is None

    @property
    def claim(self) -> tuple[str, str] | None:
        """Give what everybody may know of the event that takes it, (sv, en); None where it is no event's."""
        return None if self.claim_sv is None or self.claim_en is None else (self.claim_sv, self.claim_en)

    @property
    def held(self) -> Held:
        """Give what the rules need of it."""
        return Held(
            self.space_id, self.span, self.booking_id, self.member_id, hold_id=self.hold_id, busy_id=self.busy_id,
            claim=self.claim,
        )  # fmt: skip


def _within(statement: Select, span: Span) -> Select:  # type: ignore[type-arg]
    # the lower bound on start is what keeps this the same price in a house with a million bookings
    return statement.where(
        Allocation.start > span.start - LONGEST_ALLOCATION,
        Allocation.start < span.end,
        Allocation.end > span.start,
    )


# Built once, and of tables, not of classes: a page spends more on building a statement, and on what the ORM does for
# each row, than the database on answering it.
_allocation, _booking, _hold, _member, _closure, _busy, _claim = (
    model.__table__.c for model in (Allocation, Booking, SpaceHold, Member, Closure, SpaceBusy, Claim)
)
_buffered = _booking.setup + _booking.clearing > 0
_TAKEN = (
    select(
        _allocation.space_id, _allocation.start, _allocation.end, _allocation.booking_id,
        func.coalesce(_booking.member_id, _hold.member_id), _member.name,
        func.coalesce(_booking.title, _busy.source, ""),
        func.coalesce(_booking.public, false()), _closure.reason_sv, _closure.reason_en, _allocation.hold_id,
        _booking.space_id, case((_buffered, _booking.start)), case((_buffered, _booking.end)), _allocation.busy_id,
        _claim.title_sv, _claim.title_en, _allocation.closure_id, _claim.kind,
    )
    .select_from(
        Allocation.__table__.outerjoin(Booking.__table__, _booking.id == _allocation.booking_id)
        .outerjoin(Member.__table__, _member.id == _booking.member_id)
        .outerjoin(Closure.__table__, _closure.id == _allocation.closure_id)
        .outerjoin(SpaceHold.__table__, _hold.id == _allocation.hold_id)
        .outerjoin(SpaceBusy.__table__, _busy.id == _allocation.busy_id)
        .outerjoin(Claim.__table__, _claim.id == _allocation.claim_id)
    )
    .where(
        _allocation.start > bindparam("bound", type_=UtcDateTime),
        _allocation.start < bindparam("end", type_=UtcDateTime),
        _allocation.end > bindparam("start", type_=UtcDateTime),
    )
    .order_by(_allocation.start)
)  # fmt: skip


_TAKEN_OF = _TAKEN.where(_allocation.space_id.in_(bindparam("spaces", expanding=True)))


def taken(span: Span, house: House, spaces: Collection[int] | None = None) -> list[Taken]:
    """List what takes the spaces of a house, or some, within a span, ordered by start; one statement at most.

    A space that is divided shows what its parts are taken by, once for each booking.
    """
    given: dict[str, object] = {"bound": span.start - LONGEST_ALLOCATION, "start": span.start, "end": span.end}
    if spaces is None:
        found = db.session.connection().execute(_TAKEN, given)
    elif spaces:
        known = [house.places[space_id] for space_id in spaces if space_id in house.places]
        takes = sorted({taken for place in known for taken in place.takes})
        found = db.session.connection().execute(_TAKEN_OF, given | {"spaces": takes})
    else:
        return []
    rows = [Taken._make(row) for row in found.all()]
    return _seen_from(house, rows, spaces) if house.shared else rows


def _seen_from(house: House, rows: Sequence[Taken], spaces: Collection[int] | None) -> list[Taken]:
    seen: dict[tuple[object, ...], Taken] = {}
    for row in rows:
        for space_id in house.shared.get(row.space_id, (row.space_id,)):
            if spaces is None or space_id in spaces:
                key = (
                    space_id, row.booking_id, row.hold_id, row.busy_id, row.reason_sv, row.claim_sv, row.start, row.end
                )  # fmt: skip
                seen.setdefault(key, row._replace(space_id=space_id))
    return list(seen.values())


def busy_spaces(
    windows: Sequence[Span], kinds: Sequence[str], house: House, *, among: Collection[int] | None = None
) -> dict[int, int]:
    """Count by a window's position how many bookable spaces of some kinds anything takes part of; one statement.

    `among` narrows it to some spaces.
    """
    if not windows or not kinds:
        return {}
    wholes = tuple((place.id, place.takes) for place in house.places.values() if place.id not in place.takes)
    wide = all(window.end - window.start > AT_ONCE for window in windows)
    statement = _busy_spaces(len(windows), wide, tuple(kinds), tuple(among) if among is not None else None, wholes)
    given: dict[str, datetime] = {}
    for index, window in enumerate(windows):
        given[f"bound{index}"] = window.start - LONGEST_ALLOCATION
        given[f"start{index}"], given[f"end{index}"] = window.start, window.end
    return {position: busy for position, busy in connection().execute(statement, given)}  # noqa: C416  rows, no pairs


@lru_cache(maxsize=64)
def _busy_spaces(
    windows: int, wide: bool, kinds: tuple[str, ...], among: tuple[int, ...] | None,
    wholes: tuple[tuple[int, frozenset[int]], ...],
) -> CompoundSelect[int, int]:  # fmt: skip
    """Build the statement once: doing it for every page costs ten times what the database takes to answer.

    Where windows are `wide`, something mostly begins in them: that is looked for first, and found in the index alone.
    """
    space = Space.__table__.c
    divided = [and_(space.id == whole, _allocation.space_id.in_(takes)) for whole, takes in wholes]
    there = or_(_allocation.space_id == space.id, *divided)

    def at(name: str, index: int) -> BindParameter[datetime]:
        return bindparam(f"{name}{index}", type_=UtcDateTime)

    def taken(index: int) -> ColumnElement[bool]:
        bound, start, end = (at(name, index) for name in ("bound", "start", "end"))
        if not wide:
            return exists().where(
                there, _allocation.start > bound, _allocation.start < end, _allocation.end > start
            )  # fmt: skip
        begins = exists().where(there, _allocation.start >= start, _allocation.start < end)
        lasts = exists().where(there, _allocation.start > bound, _allocation.start < start, _allocation.end > start)
        return or_(begins, lasts)

    parts = [
        select(literal(index).label("position"), func.count().label("busy"))
        .select_from(Space.__table__)
        .where(space.bookable, or_(*(space.kind == kind for kind in kinds)), taken(index))
        for index in range(windows)
    ]
    if among is not None:
        parts = [part.where(space.id.in_(among)) for part in parts]
    return union_all(*parts)


def get(booking_id: int) -> Booking | None:
    """Find a booking with its space and member loaded."""
    return db.session.scalar(
        select(Booking)
        .options(joinedload(Booking.space, innerjoin=True), joinedload(Booking.member, innerjoin=True))
        .where(Booking.id == booking_id)
    )


def upcoming(member_id: int, now: datetime, limit: int = 200) -> Sequence[Booking]:
    """List a member's bookings, confirmed or requested, that have not ended, soonest first."""
    return db.session.scalars(
        select(Booking)
        .where(Booking.member_id == member_id, Booking.state.in_(HOLDING), Booking.end > now)
        .order_by(Booking.start, Booking.id)
        .limit(limit)
    ).all()


def coming_in(space_ids: Collection[int], now: datetime, limit: int) -> Sequence[Booking]:
    """List the bookings that take some spaces and have not ended, soonest first, members loaded."""
    return db.session.scalars(
        select(Booking)
        .join(Allocation, Allocation.booking_id == Booking.id)
        .options(joinedload(Booking.member, innerjoin=True))
        .where(
            Allocation.space_id.in_(space_ids), Allocation.start > now - LONGEST_ALLOCATION, Allocation.end > now
        )
        .order_by(Allocation.start, Booking.id)
        .limit(limit)
    ).unique().all()  # fmt: skip


def awaited(space_ids: Collection[int], now: datetime) -> Sequence[Booking]:
    """List the bookings of some spaces that run now and to which nobody has come, in order of id; one statement."""
    running = (Allocation.start > now - LONGEST_ALLOCATION, Allocation.start <= now, Allocation.end > now)
    waiting = (Booking.state == "confirmed", Booking.checked_in_at.is_(None), Booking.start < now, Booking.end > now)
    return db.session.scalars(
        select(Booking)
        .join(Allocation, Allocation.booking_id == Booking.id)
        .where(*running, *waiting, Booking.space_id.in_(space_ids))
        .order_by(Booking.id)
    ).unique().all()  # fmt: skip


def running(member_id: int, span: Span) -> Sequence[Booking]:
    """List a member's bookings that meet a span and are confirmed, or were until nobody came, by start."""
    return db.session.scalars(
        select(Booking)
        .where(
            Booking.member_id == member_id, Booking.start > span.start - LONGEST_BOOKING, Booking.start < span.end,
            Booking.end > span.start, Booking.state.in_(("confirmed", "no-show")),
        )
        .order_by(Booking.start, Booking.id)
    ).all()  # fmt: skip


def past(member_id: int, now: datetime, *, before: datetime | None = None, limit: int = 30) -> Sequence[Booking]:
    """List a member's bookings that have ended or were cancelled, latest first; `before` pages on by start."""
    statement = select(Booking).where(
        Booking.member_id == member_id, or_(Booking.end <= now, Booking.state.not_in(HOLDING))
    )
    if before is not None:
        statement = statement.where(Booking.start < before)
    return db.session.scalars(statement.order_by(Booking.start.desc(), Booking.id.desc()).limit(limit)).all()


def history(booking_id: int) -> Sequence[BookingHistory]:
    """List what happened to a booking, oldest first, actors loaded."""
    return db.session.scalars(
        select(BookingHistory)
        .options(joinedload(BookingHistory.actor))
        .where(BookingHistory.booking_id == booking_id)
        .order_by(BookingHistory.id)
    ).all()


def rules_passed(booking_id: int) -> Sequence[RulesPassed]:
    """List why staff let a booking pass rules, oldest first."""
    return db.session.scalars(
        select(RulesPassed).where(RulesPassed.booking_id == booking_id).order_by(RulesPassed.id)
    ).all()


def requests(*, among: Collection[int] | None = None, limit: int = 200) -> Sequence[Booking]:
    """List the requests that wait for an answer, the most urgent first, members loaded; `among` narrows the spaces."""
    statement = select(Booking).options(joinedload(Booking.member, innerjoin=True)).where(Booking.state == "requested")
    if among is not None:
        statement = statement.where(Booking.space_id.in_(among))
    return db.session.scalars(statement.order_by(Booking.answer_by, Booking.id).limit(limit)).all()


def unanswered(now: datetime, limit: int) -> Sequence[int]:
    """List the ids of requests whose time to be answered is over, the longest first."""
    late = select(Booking.id).where(Booking.state == "requested", Booking.answer_by <= now)
    return db.session.scalars(late.order_by(Booking.answer_by, Booking.id).limit(limit)).all()


def answerers(space_id: int) -> list[tuple[int, bool]]:
    """List the ids of those who may answer a request for a space, staff and who manages it, each with whether staff."""
    manages = exists().where(Grant.member_id == Member.id, Grant.kind == "space", Grant.subject_id == space_id)
    who = select(Member.id, Member.role).where(Member.state == "active", or_(Member.role.in_(STAFF), manages))
    return [(member_id, role in STAFF) for member_id, role in db.session.execute(who.order_by(Member.id))]


def states_from(member_id: int, space_id: int, since: datetime) -> dict[int, str]:
    """Give the ids and states of a member's bookings of a space that begin after an instant."""
    found = select(Booking.id, Booking.state).where(
        Booking.member_id == member_id, Booking.space_id == space_id, Booking.start > since
    )
    return {row.id: row.state for row in db.session.execute(found)}


_USUAL = (
    select(Booking.space_id, Booking.start, Booking.end)
    .join(Space, Space.id == Booking.space_id)
    .where(
        Booking.member_id == bindparam("member"), Booking.state == "confirmed", Space.kind == bindparam("kind"),
        Booking.start >= bindparam("since", type_=UtcDateTime),
        Booking.start < bindparam("until", type_=UtcDateTime),
    )
    .order_by(Booking.start.desc())
    .limit(40)
)  # fmt: skip


def usual(member_id: int, kind: str, since: datetime, until: datetime) -> list[tuple[int, datetime, datetime]]:
    """List (space, start, end) of a member's kept bookings of a kind that began within a time, latest first."""
    given = {"member": member_id, "kind": kind, "since": since, "until": until}
    return [(space, start, end) for space, start, end in db.session.connection().execute(_USUAL, given)]


HABITS_KEPT = 256  # members, some kilobytes each
HABITS = "habits"
"""Where a house keeps what its members mostly book."""


def habit(house: House, member_id: int, revision: int | None, now: datetime) -> list[tuple[int, datetime, datetime]]:
    """Give `usual` desks of the last weeks, read once a day for a `revision` of what the member has booked."""
    if revision is None:
        return usual(member_id, "desk", now - HABIT, now)
    begins = datetime.combine(now.date(), time(), UTC)
    kept: dict[tuple[int, int, datetime], list[tuple[int, datetime, datetime]]] = house.kept.setdefault(HABITS, {})
    rows = kept.get((member_id, revision, begins))
    if rows is None:
        if len(kept) >= HABITS_KEPT:
            kept.clear()
        given = {"member": member_id, "kind": "desk", "since": begins - HABIT, "until": begins + timedelta(days=1)}
        rows = [tuple(row) for row in rows_at_once(_USUAL, given)]
        kept[member_id, revision, begins] = rows
    return [row for row in rows if now - HABIT <= row[1] < now]


_space = Space.__table__.c
_BOOKED = (
    select(_booking.id, _booking.space_id, _space.kind, _booking.start, _booking.end)
    .select_from(Booking.__table__.join(Space.__table__, _space.id == _booking.space_id))
    .where(
        _booking.member_id == bindparam("member"), _booking.state.not_in(GONE),
        _booking.start >= bindparam("since", type_=UtcDateTime),
        _booking.start < bindparam("until", type_=UtcDateTime),
    )
)  # fmt: skip


def booked(member_id: int, span: Span) -> list[tuple[int, int, str, datetime, datetime]]:
    """List (id, space, kind, start, end) of a member's bookings that begin within a span and are not gone."""
    given = {"member": member_id, "since": span.start, "until": span.end}
    return [tuple(row) for row in connection().execute(_BOOKED, given)]


def shared_uses(
    organisation_id: int, span: Span, zone: ZoneInfo, *, without: Collection[int] = (), daily: bool = False,
    spaces: bool = False,
) -> tuple[Use, ...]:  # fmt: skip
    """Add up what the members of an organisation have booked within a span, by kind and stretch; one statement.

    Stretches end where a week or a month does, or `daily` where each day does, so that all can be counted from them; a
    Use carries the first day of its stretch. `spaces` tells the spaces apart too. Booked on behalf of the organisation
    is what was booked while the member belonged to it.
    """
    first, last = (side.astimezone(zone).date() for side in (span.start, span.end))
    days = (first + timedelta(days=ahead) for ahead in range(1, (last - first).days))
    begins = [first] + [day for day in days if daily or day.day == 1 or day.weekday() == 0]
    given: dict[str, Any] = {f"from{index}": to_utc(day, time(), zone) for index, day in enumerate(begins)}
    given |= {"organisation": organisation_id, "without": sorted(without), "until": span.end}
    rows = connection().execute(_shared_uses(len(begins), spaces), given)
    return tuple(
        Use(begins[stretch], kind, int(seconds) // 60, count, space) for stretch, kind, space, seconds, count in rows
    )


@lru_cache(maxsize=32)
def _shared_uses(stretches: int, spaces: bool) -> Select[Any]:
    begins = [bindparam(f"from{index}", type_=UtcDateTime) for index in range(stretches)]
    later = [(_booking.start >= begins[index], literal(index)) for index in range(stretches - 1, 0, -1)]
    stretch = (case(*later, else_=literal(0)) if later else literal(0)).label("stretch")
    length = extract("epoch", _booking.end) - extract("epoch", _booking.start)
    space = (_space.id if spaces else cast(null(), Integer)).label("space")
    parts = (
        select(stretch, _space.kind.label("kind"), space, length.label("length"))
        .select_from(Booking.__table__.join(Space.__table__, _space.id == _booking.space_id))
        .where(
            _booking.organisation_id == bindparam("organisation"), _booking.state.not_in(GONE),
            _booking.start >= begins[0], _booking.start < bindparam("until", type_=UtcDateTime),
            _booking.id.not_in(bindparam("without", expanding=True)),
        )
        .subquery()
    )  # fmt: skip
    groups = (parts.c.stretch, parts.c.kind, parts.c.space)
    return select(*groups, func.sum(parts.c.length), func.count()).group_by(*groups)


def count() -> int:
    """Count all bookings."""
    return db.session.scalar(select(func.count()).select_from(Booking)) or 0
