"""What happens to bookings: reserved, moved, edited, cancelled, restored; and spaces closed.

Every function runs inside `db.transaction()`, decides on rows it has locked, flushes and never commits.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from blinker import Signal
from sqlalchemy import select

from innovation_station.audit import service as audit
from innovation_station.bookings import allowances, extras, grace, rules, telling, wish_queries, writes
from innovation_station.bookings.models import TITLE_LONGEST, Booking, RulesPassed, SpaceHold
from innovation_station.bookings.rules import CONFLICTS, HOLDING, Furnished, Held, Moment, Passing, Wish
from innovation_station.bookings.writes import facts
from innovation_station.db import db
from innovation_station.errors import Conflict, DomainError, NotFound, Refusal, Refused
from innovation_station.i18n import zone as local_zone
from innovation_station.members.rules import Actor, Booker, booking_refusals
from innovation_station.organisations.queries import managed_spaces
from innovation_station.plans import queries as plans
from innovation_station.plans.rules import Standing
from innovation_station.spaces.holidays import Calendar
from innovation_station.spaces.models import Closure
from innovation_station.spaces.queries import house as read_house
from innovation_station.spaces.queries import known_house
from innovation_station.spaces.rules import House, Place
from innovation_station.text import fits_a_line
from innovation_station.timespan import Span, subtract

STEP_BACK = 2 * telling.UNDO  # for so long an undo comes before what others were offered: its press has to travel
changed = Signal(
    """Sent with each changed Booking inside its transaction, with `action` and `now`.

    Where its time has changed also with the `house` as it was read, and, but for a cancellation, with `standing`: where
    its member stands among the plans. `before` is what history says that it was; a new booking comes without."""
)
settled = Signal(
    """Sent after `changed` with all Bookings that one act has changed, as a tuple: for what is worked out once for
    them together."""
)
reopened = Signal("""Sent with the ids of spaces that are open again, as a tuple, behind their locks, with `now`.""")


def moment(now: datetime, zone: ZoneInfo, house: House, passing: Passing | None = None) -> Moment:
    """Gather what rules are measured against."""
    return Moment(now, zone, Calendar(house.holidays), passing=passing)


def reserve(
    actor: Booker, space_id: int, span: Span, *, now: datetime, zone: ZoneInfo, title: str = "",
    public: bool | None = None, request_key: str | None = None, people: int | None = None, layout: str | None = None,
    digest: str | None = None, booker: Booker | None = None, passing: Passing | None = None,
) -> Booking:  # fmt: skip
    """Book a space, or ask for it where its rules want staff to answer.

    Repeating the same request gives the booking that the first one made; `digest` binds it where the request named no
    space.
    `public` shows name and title to other members (None: as the member chose for themselves). What is held for the
    member gives way. A `booker` makes it for the member, who is the `actor` that every rule is measured for but the one
    that asks for a role; that they may is for the caller to know. Of staff, `passing` lets some rules pass. Raises
    NotFound for an unknown space, Refused with every rule that says no, Conflict where somebody has the time.
    """
    by = booker or actor
    if due := booking_refusals(by):
        raise Refused(due)
    _check_passing(by, passing)
    key = digest or (request_key and request_digest(request_key, space_id, span))
    wish, found, house = _locked_wish(actor, space_id, span, key, people=people, layout=layout)
    if found.same_request and key and (earlier := wish_queries.same_request(actor.id, key)):
        return earlier
    title = clean_title(title)
    earlier = wish_queries.same_span(actor.id, space_id, span) if found.held and found.own else None
    if earlier is not None and earlier.end > now:
        if booker is not None and earlier.booked_by_id == booker.id:
            return earlier
        if booker is not None:
            raise Conflict([Refusal("holder-has-it", "space", {"space": wish.place.name, "span": span})])
        return _reword(earlier, actor, title or earlier.title, earlier.public if public is None else public, now)
    standing = allowances.standing(house, actor.id, found.access)
    measured = measured_for(actor, standing, house, wish, moment(now, zone, house, passing), role=by.role)
    asked_for, wish = wish, measured.ruled(wish)
    if wish.padded != asked_for.padded:  # the plan keeps more free round it, or less
        found = wish_queries.standing(actor.id, wish, key)
    if found.held or found.own:
        wish = check(wish, actor.id, measured, found=found)
    elif refused := rules.refusals(wish, measured):
        raise Refused(refused)
    setup, clearing = wish.buffers
    state, answer_by = rules.asked(by, wish, now)
    booking = Booking(
        uid=str(uuid.uuid4()), member_id=actor.id, space_id=space_id, start=wish.span.start, end=wish.span.end,
        title=title, public=actor.visible if public is None else public, state=state,
        sequence=0, revision=0, setup=setup, clearing=clearing, people=people, layout=layout,
        booked_by_id=booker.id if booker else None, answer_by=answer_by, checked_in_at=None, released_at=None,
        expected_at=None, reminded_at=None,
        request_key=key, created_at=now, changed_at=now, organisation_id=found.organisation,
    )  # fmt: skip
    said = _passed(wish, measured)
    writes.reserved(booking, wish.place, list(wish.padded.by_local_day(zone)), by, said)
    _note_passing(booking, by, passing, said, now)
    if booker is None:
        telling.booked(booking, wish.place.name, now)
    _announce([booking], now, house=house, standing=standing)
    return booking


def _locked_wish(
    actor: Booker, space_id: int, span: Span, key: str | None, *, people: int | None, layout: str | None
) -> tuple[Wish, wish_queries.Standing, House]:  # fmt: skip
    """Lock what a wish takes and look what it meets.

    What to lock is known from the house as this process has read it. Where it has changed since, the wish is looked at
    anew: those who change what a space takes lock it too, so behind the lock it stands.
    """
    house = _knowing(space_id)
    wish = Wish(house.places[space_id], span, people, layout)
    writes.lock(actor.id, wish.place.touches)
    found = wish_queries.standing(actor.id, wish, key)
    if found.house_revision != house.revision:
        house = read_house(found.house_revision)
        known, wish = wish, Wish(house.places[space_id], span, people, layout)
        writes.stamp(sorted(set(wish.place.touches) - set(known.place.touches)))
        found = wish_queries.standing(actor.id, wish, key)
    return wish, found, house


def consider(
    actor: Booker, space_id: int, span: Span, *, now: datetime, zone: ZoneInfo, request_key: str | None = None
) -> None:
    """Refuse what somebody has already, without a lock: where many want the same, all but one are refused, and they
    need not queue with those who write.

    Raises as `reserve`, which decides on whatever comes through.
    """
    key = request_key and request_digest(request_key, space_id, span)
    house = _knowing(space_id)
    wish = Wish(house.places[space_id], span)
    found = wish_queries.standing(actor.id, wish, key, before=house)
    if not found.held or found.same_request or (found.own and wish_queries.same_span(actor.id, space_id, span)):
        return
    days = [side.astimezone(zone).date() for side in (span.start, span.end)]
    measured = allowances.measured(moment(now, zone, house), house, actor, found.access, *days)
    _granted(measured.ruled(wish), actor.id, measured, found=found)


def answer(who: Actor, space_id: int, span: Span, *, now: datetime, zone: ZoneInfo) -> list[Refusal]:
    """Tell every reason against what somebody might wish for now; no lock is taken and nothing written.

    Raises NotFound for an unknown space.
    """
    house = _knowing(space_id)
    days = [side.astimezone(zone).date() for side in (span.start, span.end)]
    measured = allowances.measured(moment(now, zone, house), house, who, plans.access_of(who.id), *days)
    return _reasons(measured.ruled(Wish(house.places[space_id], span)), who.id, measured)[0]


def move(
    actor: Actor, booking_id: int, *, space_id: int, span: Span, now: datetime, zone: ZoneInfo,
    title: str | None = None, public: bool | None = None, furnished: Furnished | None = None,
    passing: Passing | None = None,
) -> Booking:  # fmt: skip
    """Give a booking another space, time, title, visibility or furniture; None keeps what it has.

    All or nothing. A change of words or of the number of people alone touches no time and is measured by no rule on
    time; another layout may take other minutes before. A layout that the new space does not have is let go. Of staff,
    `passing` lets some rules pass. Raises NotFound for what is not the actor's, Refused, Conflict.
    """
    _check_passing(actor, passing)
    booking = mine(actor, booking_id)
    house = locked(booking.space_id, space_id)
    if found := rules.change_refusals(booking, now):
        raise Refused(found)
    before = facts(booking)
    booking.title = booking.title if title is None else clean_title(title)
    booking.public = booking.public if public is None else public
    asked, place = furnished or Furnished(booking.people, booking.layout), house.places[space_id]
    layout = asked.layout if asked.layout != booking.layout or place.layout(asked.layout) else None
    wish = Wish(place, span, asked.people, layout)
    moves = (space_id, span, asked.layout) != (booking.space_id, booking.span, booking.layout)
    standing, said = None, None
    if asked.people != booking.people and not moves and (found := rules.size_refusals(wish)):
        raise Refused(found)
    booking.people = asked.people
    if moves:
        standing = standing_of(house, booking)
        _regain(booking, wish, now)
        measured = measured_for(actor, standing, house, wish, moment(now, zone, house, passing), without=booking.id)
        wish = check(wish, booking.member_id, measured, without=booking.id, started=booking.span)
        span, said = wish.span, _passed(wish, measured)
        granted = booking.span if booking.space_id == space_id else None
        booking.state, booking.answer_by = rules.asked(actor, wish, now, booking.state, granted)
        booking.space_id, booking.start, booking.end, booking.layout = space_id, span.start, span.end, layout
        expect(booking, now)
        booking.setup, booking.clearing = wish.buffers
        booking.sequence += 1
        writes.free(booking)
        db.session.flush()
        allocate(place, wish.padded, zone, booking_id=booking.id)
    if facts(booking) != before:
        if moves:
            record(booking, actor, "moved", now, before, house=house, standing=standing, said=said)
            _note_passing(booking, actor, passing, said, now)
        else:
            record(booking, actor, "edited", now, before)
    return booking


def _check_passing(actor: Actor, passing: Passing | None) -> None:
    if passing is not None and (found := rules.passing_refusals(actor, passing)):
        raise Refused(found)


def _passed(wish: Wish, measured: Moment) -> dict[str, Any] | None:
    """Give what history keeps of the rules that were passed; None where none was, or a step was taken back."""
    passing = measured.passing
    if passing is None or passing is rules.UNDOING or not (found := rules.passed(wish, measured)):
        return None
    return {"passed": list(dict.fromkeys(refusal.code for refusal in found))}


def _note_passing(
    booking: Booking, actor: Actor, passing: Passing | None, said: Mapping[str, Any] | None, now: datetime
) -> None:  # fmt: skip
    """Keep why rules were passed: beside the history, which nobody could strike a name out of."""
    if passing is None or said is None:
        return
    reason = passing.reason.strip()
    db.session.add(RulesPassed(booking_id=booking.id, at=now, by_id=actor.id, codes=said["passed"], reason=reason))
    db.session.flush()
    audit.record(
        "booking.rules-passed", subject=("booking", booking.id), actor=actor, member_id=booking.member_id,
        after={"start": booking.start, "end": booking.end, "reason": reason, **said}, now=now,
    )  # fmt: skip


def _regain(booking: Booking, wish: Wish, now: datetime) -> None:
    """Let go what was kept for others since a step that is taken back within its time: of that, nobody knows yet."""
    if now - booking.changed_at > max(STEP_BACK, telling.patience()):
        return
    if booking.cancelled or wish_queries.moved_from(booking) == (wish.place.id, wish.span):
        for hold_id in wish_queries.holds_since(wish, booking.changed_at):
            release(hold_id)


def _reword(booking: Booking, actor: Actor, title: str, public: bool, now: datetime) -> Booking:
    """Give a booking the words of a later request for the same span; no time is touched."""
    before = facts(booking)
    booking.title, booking.public = title, public
    if facts(booking) != before:
        record(booking, actor, "edited", now, before)
    return booking


def cancel(actor: Actor, booking_id: int, *, now: datetime, late: bool = False) -> Booking:
    """Give a booking's time back; the record stays. Cancelling twice is the same as once.

    `late` gives it back however late it is: a membership that ends takes its bookings along. Raises NotFound for what
    is not the actor's and Refused for what is over.
    """
    booking = mine(actor, booking_id, booker=True)
    if booking.cancelled:
        return booking
    house = locked(booking.space_id)
    policy = allowances.policy_of(house, booking, local_zone())
    if found := rules.change_refusals(booking, now) if late else rules.cancel_refusals(actor, booking, policy, now):
        raise Refused(found)
    before = facts(booking)
    booking.state, booking.checked_in_at = "cancelled", None
    booking.sequence += 1
    writes.free(booking)
    record(booking, actor, "cancelled", now, before, house=house)
    return booking


def restore(
    actor: Actor, booking_id: int, *, now: datetime, zone: ZoneInfo, tell: bool = True, passing: Passing | None = None
) -> Booking:  # fmt: skip
    """Take a cancellation back while the time is still free; what staff had granted is granted still.

    Who booked for the member may take back what they have cancelled themselves, as long as they may book for them.
    `tell` is False where one mail says more than this booking. Of staff, `passing` lets some rules pass. Raises
    NotFound, Refused, Conflict.
    """
    _check_passing(actor, passing)
    booking = mine(actor, booking_id, booker=True)
    if not _may_change(actor, booking):
        if wish_queries.cancelled_by(booking.id) != actor.id:
            raise NotFound("booking-unknown")
        extras.check_restore(actor, booking, zone)
    if booking.state in HOLDING:
        return booking
    house = locked(booking.space_id)
    place = house.places[booking.space_id]
    if found := rules.restore_refusals(booking, now):
        raise Refused(found)
    layout = booking.layout if place.layout(booking.layout) else None
    wish, standing = Wish(place, booking.span, booking.people, layout), standing_of(house, booking)
    _regain(booking, wish, now)
    measured = measured_for(actor, standing, house, wish, moment(now, zone, house, passing))
    wish = check(wish, booking.member_id, measured, started=booking.span)
    before = facts(booking)
    booking.start = wish.span.start
    expect(booking, now)
    booking.layout, (booking.setup, booking.clearing) = layout, wish.buffers
    had = wish_queries.cancelled_from(booking.id) if wish.place.policy.approval else ""
    booking.state, booking.answer_by = rules.asked(actor, wish, now, had, booking.span)
    booking.sequence += 1
    db.session.flush()
    allocate(place, wish.padded, zone, booking_id=booking.id)
    record(booking, actor, "restored", now, before, house=house, standing=standing, tell=tell)
    return booking


def close(
    span: Span, *, reasons: tuple[str, str], now: datetime, zone: ZoneInfo, space_id: int | None = None,
    keep: Collection[int] = (),
) -> Closure:  # fmt: skip
    """Shut the house, or one space, for a span; `reasons` is (sv, en).

    Time that is shut already stays with the closure that shut it, and so does what another calendar has. Bookings that
    are to `keep` stand, and what they give back later is shut too (see `closing`). Raises Conflict where others stand
    in the way: they are never overwritten.
    """
    places = locked(*(read_house().places if space_id is None else [space_id])).places
    ids = sorted({taken for one in (places if space_id is None else [space_id]) for taken in places[one].takes})
    standing = wish_queries.held(span, ids)
    for hold_id in {held.hold_id for held in standing if held.hold_id is not None}:
        release(hold_id)
    booked = {held.booking_id for held in standing if held.booking_id is not None} - set(keep)
    if booked:  # of one that is over the place is only being cleared
        booked = set(db.session.scalars(select(Booking.id).where(Booking.id.in_(booked), Booking.end > now)))
    if booked:
        raise Conflict([Refusal("closure-hits", "start", {"count": len(booked)})])
    if claimed := next((held for held in standing if held.claim is not None), None):
        event = dict(zip(("sv", "en"), claimed.claim or ("", ""), strict=True))
        values = {"space": places[claimed.space_id].name, "event": event, "span": claimed.span}
        raise Conflict([Refusal("event-has-it", "start", values)])
    closure = Closure(
        space_id=space_id,
        start=span.start,
        end=span.end,
        reason_sv=reasons[0],
        reason_en=reasons[1],
        created_at=now,
    )
    db.session.add(closure)
    db.session.flush()
    for place_id in ids:
        stays = [held.span for held in standing if held.space_id == place_id and held.hold_id is None]
        for part in subtract([span], stays):
            writes.allocate_on(places[place_id], list(part.by_local_day(zone)), closure_id=closure.id)
    return closure


def reopen(closure_id: int, *, now: datetime) -> None:
    """Open what was shut, from this minute on; what is past of it stays as it was. Twice is the same as once."""
    closure = db.session.get(Closure, closure_id)
    if closure is None:
        return
    shut = tuple(read_house().places if closure.space_id is None else [closure.space_id])
    locked(*shut)
    closure = db.session.get(Closure, closure_id, populate_existing=True)  # somebody may have opened it while we waited
    if closure is None or closure.end <= (cut := max(closure.start, now.replace(second=0, microsecond=0))):
        return
    writes.shut_until(closure_id, cut)
    if cut > closure.start:
        closure.end, closure.changed_at = cut, now
        closure.sequence += 1
    else:
        db.session.delete(closure)
    db.session.flush()
    reopened.send(shut, now=now)


def hold(
    member_id: int, space_id: int, span: Span, *, until: datetime, now: datetime, zone: ZoneInfo,
    padded: Span | None = None,
) -> SpaceHold:  # fmt: skip
    """Keep a span free for a member until an instant; `padded` is it with what the member's plan keeps free round it.

    Raises NotFound, and Conflict where somebody has the time.
    """
    house = locked(space_id)
    place = house.places[space_id]
    padded = padded or Wish(place, span).padded
    if any(held.span.overlaps(padded) for held in wish_queries.held(padded, place.takes)):
        raise Conflict([Refusal("taken", "space", {"space": place.name, "span": span})])
    kept = SpaceHold(
        member_id=member_id, space_id=space_id, start=span.start, end=span.end, until=until, created_at=now
    )
    db.session.add(kept)
    db.session.flush()
    allocate(place, padded, zone, hold_id=kept.id)
    return kept


def release(hold_id: int) -> None:
    """Give back what is held. Releasing twice is the same as once."""
    kept = db.session.get(SpaceHold, hold_id)
    if kept is None:
        return
    locked(kept.space_id)
    writes.let_go(hold_id)
    db.session.expunge(kept)


def clean_title(text: str) -> str:
    """Give a title fit for one line anywhere. Raises Refused where it is too long or holds control characters."""
    title = text.strip()
    if len(title) > TITLE_LONGEST:
        raise Refused([Refusal("title-long", "title", {"longest": TITLE_LONGEST})])
    if not fits_a_line(title):
        raise Refused([Refusal("title-characters", "title")])
    return title


def request_digest(request_key: str, space_id: int, span: Span) -> str:
    """Bind a submit's key to what it asks for: the same key with another wish is another wish."""
    text = f"{request_key}\n{space_id}\n{span.start.isoformat()}\n{span.end.isoformat()}"
    return hashlib.sha256(text.encode()).hexdigest()


def redraw(member_id: int) -> None:
    """Stamp the spaces where a member has or had something: pages and feeds that say the name go by the stamp, and
    feeds look back for as long as the house likes."""
    theirs = select(Booking.space_id).where(Booking.member_id == member_id).distinct()
    places = read_house().places
    writes.stamp(sorted({one for space_id in db.session.scalars(theirs) for one in places[space_id].touches}))


def _knowing(*space_ids: int) -> House:
    """Give the house as it was known last, with some spaces in it. Raises NotFound where there is no such space."""
    house = known_house()
    if any(space_id not in house.places for space_id in space_ids):
        house = read_house()
        if any(space_id not in house.places for space_id in space_ids):
            raise NotFound("space-unknown")
    return house


def locked(*space_ids: int) -> House:
    """Lock what spaces touch and stamp it changed; gives the house as it stands behind the locks. Raises NotFound."""
    house = _knowing(*space_ids)
    touched = {other for space_id in space_ids for other in house.places[space_id].touches}
    writes.stamp(sorted(touched))
    behind = read_house()
    if behind is not house:
        more = {other for space_id in space_ids for other in behind.places[space_id].touches}
        writes.stamp(sorted(more - touched))
    return behind


def mine(actor: Actor, booking_id: int, *, booker: bool = False) -> Booking:
    """Give a booking that the actor may change, or with `booker` has made and may still make, behind its member's lock.
    Raises NotFound, and Conflict where it was handed over while we waited."""
    booking = db.session.get(Booking, booking_id)
    if booking is None or not _may_touch(actor, booking, booker=booker):
        raise NotFound("booking-unknown")
    locked_id = booking.member_id
    writes.lock_member(locked_id)
    db.session.refresh(booking)  # what it was before the lock may have changed while we waited
    if booking.member_id != locked_id:
        if not _may_touch(actor, booking, booker=booker):
            raise NotFound("booking-unknown")
        raise Conflict([Refusal("booking-handed")])
    return booking


def _may_touch(actor: Actor, booking: Booking, *, booker: bool) -> bool:
    if _may_change(actor, booking):
        return True
    return booker and rules.may_see(actor, booking) and extras.holder(actor, booking.member_id) is not None


def _may_change(actor: Actor, booking: Booking) -> bool:
    return rules.may_change(actor, booking) or rules.may_change(actor, booking, managed_spaces(actor.id))


def standing_of(house: House, booking: Booking) -> Standing | None:
    """Give where a booking's member stands, behind the member's lock; nothing is asked where nobody is measured."""
    if not plans.catalogue(house).measures:
        return None
    return allowances.standing(house, booking.member_id, plans.access_of(booking.member_id))


def measured_for(
    actor: Actor, standing: Standing | None, house: House, wish: Wish, measured: Moment, *, without: int | None = None,
    role: str | None = None,
) -> Moment:  # fmt: skip
    """Add who asks, and what plan and quotas let them book, counted behind the locks.

    `without` leaves out what is being moved; `role` is that of who books, where it is not the actor.
    """
    role = role or actor.role
    if standing is None:
        return measured if role == measured.role else replace(measured, role=role)
    first, last = (side.astimezone(measured.zone).date() for side in (wish.span.start, wish.span.end))
    allowed = allowances.allowance(house, actor, standing, (first, last), measured.zone, without=without, lock=True)
    return replace(measured, allowance=allowed, role=role)


def check(
    wish: Wish,
    member_id: int,
    measured: Moment,
    *,
    without: int | None = None,
    started: Span | None = None,
    found: wish_queries.Standing | None = None,
) -> Wish:
    """Refuse by every rule at once; give what of the wish is to be had, under the rules of its day.

    Of a place that others had for a part of it that is over, that is the rest (see `rules.what_is_left`).
    `started` is the span a booking has: it may keep a start that has passed. What is `found` already to be nothing is
    not read again.
    """
    wish = measured.ruled(wish)
    held, kept = _granted(wish, member_id, measured, without=without, started=started, found=found)
    for hold_id in kept:
        release(hold_id)
    return rules.what_is_left(wish, measured, held)


def _granted(
    wish: Wish, member_id: int, measured: Moment, *, without: int | None = None, started: Span | None = None,
    found: wish_queries.Standing | None = None,
) -> tuple[list[Held], set[int]]:  # fmt: skip
    """Refuse by every rule at once and write nothing; give what takes the time, and the holds that give way."""
    refused, held, kept = _reasons(wish, member_id, measured, without=without, found=found)
    if started and started.start == wish.span.start and wish.span.end > measured.now:
        refused = [refusal for refusal in refused if (refusal.code, refusal.field) not in rules.KEPT_START]
    if refused:
        kind: type[DomainError] = Conflict if CONFLICTS.issuperset(r.code for r in refused) else Refused
        raise kind(refused)
    return held, kept


def _reasons(
    wish: Wish, member_id: int, measured: Moment, *, without: int | None = None,
    found: wish_queries.Standing | None = None,
) -> tuple[list[Refusal], list[Held], set[int]]:  # fmt: skip
    """Read what a wish meets and ask the rules.

    Give their reasons, what takes the time, and the holds for the member that give way.
    """
    own = wish_queries.held_by(member_id, wish.span, without=without) if found is None or found.own else ()
    held = wish_queries.met(found, wish.padded, wish.place.takes, without=without)
    kept = {one.hold_id for one in held if one.hold_id is not None and one.member_id == member_id}
    others = [one for one in held if one.hold_id not in kept or one.hold_id is None]
    return rules.refusals(wish, measured, others, own), others, kept


def allocate(place: Place, span: Span, zone: ZoneInfo, **owner: int) -> None:
    """Take the time of what a space takes, day by day. Raises Conflict where somebody has it, past the rules."""
    writes.allocate(place, list(span.by_local_day(zone)), **owner)


def expect(booking: Booking, now: datetime) -> None:
    """Have a booking whose time was set anew wait for its member from now; who is here stays so while it runs."""
    booking.expected_at = now
    if booking.state != "confirmed" or not grace.is_in_time(booking.span, now):
        booking.checked_in_at = None


def record(
    booking: Booking, actor: Actor | None, action: str, now: datetime, before: Mapping[str, Any],
    *, house: House | None = None, standing: Standing | None = None, tell: bool = True,
    said: Mapping[str, Any] | None = None,
) -> None:  # fmt: skip
    """Write the history row, stamp what calendars and pages key on, and tell later features.

    Without a `house` only words have changed. `tell` is False where one mail says more than this booking. Without an
    actor it was the house itself, which tells of it in words of its own. `said` is kept in history besides.
    """
    record_all([(booking, before)], actor, action, now, house=house, standing=standing, tell=tell, said=said)


def _tells(before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """Tell whether a change is one that calendars tell of: who has come and how many come they do not say."""
    return any(before[name] != after[name] for name in ("title", "public", "state"))


def record_all(
    changes: Sequence[tuple[Booking, Mapping[str, Any]]], actor: Actor | None, action: str, now: datetime,
    *, house: House | None = None, standing: Standing | None = None, tell: bool = False,
    said: Mapping[str, Any] | None = None,
) -> None:  # fmt: skip
    """Record what one act did to many bookings, each with what it was before: all are written before any is told."""
    if not changes:
        return
    for booking, before in changes:
        booking.revision += 1
        if action not in ("checked-in", "edited") or _tells(before, facts(booking)):
            booking.changed_at = max(now, booking.changed_at)
    writes.happened(changes, actor, action, now, said)
    for booking, before in changes:
        if house is not None or action == "checked-in":
            telling.unremind(booking)
        if tell and actor is not None:
            telling.tell(booking, actor, action, before, now)
        changed.send(booking, action=action, now=now, house=house, standing=standing, before=before)
    settled.send(tuple(booking for booking, _before in changes))


def reserved_all(taken: Sequence[writes.Taken], actor: Actor, now: datetime, **where: Any) -> None:
    """Write many new bookings, with `house` and `standing`, and tell later features of them."""
    writes.reserved_all(taken, actor)
    _announce([one.booking for one in taken], now, **where)


def _announce(bookings: Sequence[Booking], now: datetime, **where: Any) -> None:
    for booking in bookings:
        changed.send(booking, action="reserved", now=now, **where)
    if bookings:
        settled.send(tuple(bookings))
