"""Checked in, reminded, released, ended, made longer, taken back: on both databases, and with every change in between."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select, update

from innovation_station.bookings import presence, queries, service, wish_queries
from innovation_station.bookings.models import Allocation, Booking, SpaceHold
from innovation_station.bookings.schedule import check_ins
from innovation_station.db import db, transaction
from innovation_station.errors import Conflict, DomainError, NotFound, Refused
from innovation_station.mail.models import Mail
from innovation_station.members.models import Member
from innovation_station.notices.models import Notice
from innovation_station.spaces import service as spaces
from innovation_station.spaces.models import Space
from innovation_station.spaces.queries import house
from innovation_station.timespan import Span
from tests.conftest import NOW, TUESDAY, ZONE, Small, at

MINUTE = timedelta(minutes=1)
NINE = at(TUESDAY, "09:00", "12:00")


def minutes(count: float) -> datetime:
    """Give an instant so many minutes after nine."""
    return NINE.start + count * MINUTE


def who(small: Small, name: str = "alva") -> Member:
    return db.session.get_one(Member, small.people[name])


def reserve(
    small: Small, space: int = 0, span: Span = NINE, name: str = "alva", now: datetime = NOW, **more: Any
) -> Booking:
    with transaction():
        return service.reserve(who(small, name), space or small.a1, span, now=now, zone=ZONE, **more)


def rule(small: Small, space: int = 0, **policy: int) -> None:
    with transaction():
        spaces.set_policy(space=db.session.get_one(Space, space or small.a1), **policy)


def codes(error: pytest.ExceptionInfo[DomainError]) -> list[str]:
    return [refusal.code for refusal in error.value.refusals]


def taken(space: int) -> list[Span]:
    rows = db.session.scalars(select(Allocation).where(Allocation.space_id == space).order_by(Allocation.start))
    return [Span(row.start, row.end) for row in rows]


def story(booking: Booking) -> list[tuple[str, str]]:
    return [(entry.action, entry.actor_role) for entry in queries.history(booking.id)]


def check_in(small: Small, booking: Booking, now: datetime, name: str = "alva") -> Booking:
    with transaction():
        return presence.check_in(who(small, name), booking.id, now=now)


def end(small: Small, booking: Booking, now: datetime, name: str = "alva") -> Booking:
    with transaction():
        return presence.end_now(who(small, name), booking.id, now=now, zone=ZONE)


def extend(small: Small, booking: Booking, to: datetime, now: datetime, name: str = "alva") -> Booking:
    with transaction():
        return presence.extend(who(small, name), booking.id, to, now=now, zone=ZONE)


def reclaim(small: Small, booking: Booking, now: datetime, name: str = "alva") -> Booking:
    with transaction():
        return presence.reclaim(who(small, name), booking.id, now=now, zone=ZONE)


def let_go(small: Small, space: int = 0) -> Booking:
    """Have a booking of nine to twelve released at a quarter past."""
    rule(small, space, check_in=15)
    booking = reserve(small, space)
    assert check_ins(minutes(10)) == "0 released, 1 reminded"
    assert check_ins(minutes(15)) == "1 released, 0 reminded"
    db.session.refresh(booking)
    return booking


# -- checking in ------------------------------------------------------------------------------------------------------


def test_check_in_is_written_down_once(context: Flask, small: Small) -> None:
    booking = reserve(small)
    for now in (minutes(-10), minutes(3)):
        check_in(small, booking, now)
    assert booking.checked_in_at == minutes(-10) and booking.sequence == 0
    assert story(booking) == [("reserved", "member"), ("checked-in", "member")]
    assert taken(small.a1) == [NINE]


def test_staff_check_in_for_a_member_and_others_know_no_such_booking(context: Flask, small: Small) -> None:
    booking = reserve(small)
    with pytest.raises(NotFound):
        check_in(small, booking, minutes(1), "bo")
    check_in(small, booking, minutes(1), "host")
    assert story(booking)[-1] == ("checked-in", "host")
    assert db.session.scalar(select(Notice)) is None, "nobody needs to be told that they are here"


def test_check_in_too_early_says_from_when(context: Flask, small: Small) -> None:
    with pytest.raises(Refused) as error:
        check_in(small, reserve(small), minutes(-20))
    assert error.value.refusals[0].values["at"] == minutes(-15)


def test_a_slip_is_taken_back_and_the_place_waits_on(context: Flask, small: Small) -> None:
    rule(small, check_in=15)
    booking = reserve(small)
    check_in(small, booking, minutes(1))
    with transaction():
        presence.undo_check_in(who(small), booking.id, now=minutes(2))
    assert booking.checked_in_at is None
    entries = queries.history(booking.id)
    assert [entry.after["checked_in"] for entry in entries[1:]] == [minutes(1).isoformat(), None]
    assert check_ins(minutes(10)) == "0 released, 1 reminded"


def test_who_is_here_cannot_cancel_and_hears_what_to_do(context: Flask, small: Small) -> None:
    booking = reserve(small)
    check_in(small, booking, minutes(1))
    with pytest.raises(Refused) as error, transaction():
        service.cancel(who(small), booking.id, now=minutes(2))
    assert codes(error) == ["checked-in"]


def test_a_move_keeps_who_is_here_unless_it_is_to_another_time(context: Flask, small: Small) -> None:
    booking = reserve(small)
    check_in(small, booking, minutes(-5))
    with transaction():
        service.move(who(small), booking.id, space_id=small.a2, span=NINE, now=minutes(-4), zone=ZONE)
    assert booking.checked_in_at == minutes(-5)
    with transaction():
        later = at(TUESDAY, "13:00", "14:00")
        service.move(who(small), booking.id, space_id=small.a2, span=later, now=minutes(-3), zone=ZONE)
    assert booking.checked_in_at is None and booking.expected_at == minutes(-3)


# -- by the clock -----------------------------------------------------------------------------------------------------


def test_no_show_frees_the_rest_and_keeps_the_record(context: Flask, small: Small) -> None:
    booking = let_go(small)
    assert (booking.state, booking.released_at, booking.span) == ("no-show", minutes(15), NINE)
    assert taken(small.a1) == [Span(minutes(0), minutes(15))] == [booking.takes]
    assert story(booking) == [("reserved", "member"), ("released", "house")]
    assert (booking.sequence, queries.upcoming(booking.member_id, minutes(16))) == (1, [])
    assert reserve(small, span=Span(minutes(15), minutes(60)), name="bo", now=minutes(16)).id


def test_nobody_is_released_where_nobody_asks(context: Flask, small: Small) -> None:
    rule(small, small.a2, check_in=15)
    reserve(small)
    assert check_ins(minutes(60)) == "0 released, 0 reminded"
    rule(small, small.a2, check_in=0)
    assert check_ins(minutes(60)) == "0 released, 0 reminded"


def test_who_has_checked_in_keeps_the_place(context: Flask, small: Small) -> None:
    rule(small, check_in=15)
    booking = reserve(small)
    check_ins(minutes(10))
    check_in(small, booking, minutes(12))
    assert check_ins(minutes(15)) == check_ins(minutes(100)) == "0 released, 0 reminded"
    assert db.session.scalar(select(Notice)) is None, "the reminder is answered"


def test_a_booking_made_while_it_runs_has_its_whole_grace(context: Flask, small: Small) -> None:
    rule(small, check_in=15)
    reserve(small, now=minutes(12))
    assert check_ins(minutes(21)) == "0 released, 0 reminded"
    assert check_ins(minutes(22)) == "0 released, 1 reminded"
    assert check_ins(minutes(26)) == "0 released, 0 reminded"
    assert check_ins(minutes(27)) == "1 released, 0 reminded"


def test_a_worker_that_stood_still_reminds_first(context: Flask, small: Small) -> None:
    rule(small, check_in=15)
    booking = reserve(small)
    assert check_ins(minutes(90)) == "0 released, 1 reminded"
    assert check_ins(minutes(93)) == "0 released, 0 reminded"
    assert check_ins(minutes(95)) == "1 released, 0 reminded"
    db.session.refresh(booking)
    assert booking.released_at == minutes(95)


def test_what_is_over_is_left_alone(context: Flask, small: Small) -> None:
    rule(small, check_in=15)
    reserve(small)
    assert check_ins(NINE.end) == "0 released, 0 reminded"


def test_a_job_that_runs_twice_does_no_harm(context: Flask, small: Small) -> None:
    booking = let_go(small)
    with transaction():
        assert not presence.release(booking.id, now=minutes(16), zone=ZONE)
        assert not presence.remind(booking.id, now=minutes(16))
    assert len(story(booking)) == 2


def test_what_one_is_told(context: Flask, small: Small) -> None:
    rule(small, check_in=15)
    booking = reserve(small)
    check_ins(minutes(10))
    [told] = db.session.scalars(select(Notice)).all()
    assert (told.kind, told.content["place"], told.content["by"]) == (
        "check-in-reminder",
        "A1",
        minutes(15).isoformat(),
    )
    check_ins(minutes(15))
    [told] = db.session.scalars(select(Notice)).all()
    assert (told.kind, told.content["at"]) == ("booking-released", minutes(15).isoformat())
    mails = db.session.scalars(select(Mail).where(Mail.member_id == booking.member_id)).all()
    kinds = [(mail.content or {})["notice"]["kind"] for mail in mails]
    assert kinds == ["booking-booked", "booking-released"], "a reminder that is too late is not sent"
    reclaim(small, booking, minutes(20))
    db.session.refresh(told)
    assert told.read_at == minutes(20)


def test_job_looks_with_one_statement_whatever_there_is(context: Flask, small: Small) -> None:
    from tests.conftest import statements

    rule(small, small.a1, check_in=15)
    for space, name in ((small.a1, "alva"), (small.a2, "bo"), (small.a3, "host")):
        reserve(small, space, name=name)
    house()
    db.session.rollback()
    with statements(context) as seen:
        check_ins(minutes(1))
    assert len(seen) == 2, seen  # the house's revision, and who is waited for


def test_a_divided_hall_is_released_in_all_its_parts(context: Flask, small: Small) -> None:
    from tests.bookings.test_occupancy import divide

    one, other = divide(small)
    booking = let_go(small, small.hall)
    assert taken(one) == taken(other) == [booking.takes]


def test_buffers_before_stay_and_those_after_go(context: Flask, small: Small) -> None:
    rule(small, small.room, check_in=15, setup=30, clearing=30)
    booking = reserve(small, small.room)
    check_ins(minutes(10))
    check_ins(minutes(15))
    db.session.refresh(booking)
    assert taken(small.room) == [Span(minutes(-30), minutes(15))] == [booking.takes]


# -- taken back -------------------------------------------------------------------------------------------------------


def test_a_released_place_is_had_back_and_waits_anew(context: Flask, small: Small) -> None:
    booking = let_go(small)
    for _twice in range(2):
        reclaim(small, booking, minutes(20))
    assert (booking.state, booking.released_at, taken(small.a1)) == ("confirmed", None, [NINE])
    assert story(booking)[-1] == ("restored", "member") and len(story(booking)) == 3
    assert check_ins(minutes(29)) == "0 released, 0 reminded"
    assert check_ins(minutes(30)) == "0 released, 1 reminded"
    assert check_ins(minutes(35)) == "1 released, 0 reminded"


def test_a_released_place_that_somebody_took_is_gone(context: Flask, small: Small) -> None:
    booking = let_go(small)
    reserve(small, span=Span(minutes(30), minutes(60)), name="bo", now=minutes(20))
    with pytest.raises(Conflict) as error:
        reclaim(small, booking, minutes(21))
    assert codes(error) == ["taken"]
    assert len(taken(small.a1)) == 2


def test_a_released_place_is_had_back_from_when_who_had_it_since_has_left(context: Flask, small: Small) -> None:
    booking = let_go(small)
    other = reserve(small, span=Span(minutes(15), minutes(60)), name="bo", now=minutes(16))
    end(small, other, minutes(21), name="bo")
    reclaim(small, booking, minutes(40))
    db.session.expire_all()
    assert booking.span == Span(minutes(21), NINE.end) and booking.state == "confirmed"
    assert taken(small.a1) == [other.takes, booking.takes] == [Span(minutes(15), minutes(21)), booking.span]
    assert check_ins(minutes(49)) == "0 released, 0 reminded"


@pytest.mark.parametrize(("now", "code"), [(NINE.end, "already-over"), (minutes(20), "not-released")])
def test_what_cannot_be_had_back(context: Flask, small: Small, now: datetime, code: str) -> None:
    booking = let_go(small) if code == "already-over" else reserve(small)
    if code == "not-released":
        with transaction():
            service.cancel(who(small), booking.id, now=minutes(1))
    with pytest.raises(Refused) as error:
        reclaim(small, booking, now)
    assert codes(error) == [code]


@pytest.mark.parametrize("act", ["move", "cancel", "end", "extend", "check in"])
def test_nothing_else_is_done_with_a_released_booking(context: Flask, small: Small, act: str) -> None:
    booking, now = let_go(small), minutes(20)
    acts = {
        "move": lambda: service.move(who(small), booking.id, space_id=small.a2, span=NINE, now=now, zone=ZONE),
        "cancel": lambda: service.cancel(who(small), booking.id, now=now),
        "end": lambda: presence.end_now(who(small), booking.id, now=now, zone=ZONE),
        "extend": lambda: presence.extend(who(small), booking.id, NINE.end + 60 * MINUTE, now=now, zone=ZONE),
        "check in": lambda: presence.check_in(who(small), booking.id, now=now),
    }
    with pytest.raises(Refused) as error, transaction():
        acts[act]()
    assert codes(error) == ["released"]


# -- early leave ------------------------------------------------------------------------------------------------------


def test_an_early_leave_frees_the_rest_at_once(context: Flask, small: Small) -> None:
    booking = reserve(small)
    for _twice in range(2):
        end(small, booking, minutes(61) + timedelta(seconds=20))
    assert (booking.end, booking.sequence, taken(small.a1)) == (minutes(62), 1, [Span(minutes(0), minutes(62))])
    assert story(booking) == [("reserved", "member"), ("ended", "member")]
    with pytest.raises(Refused) as error:
        end(small, booking, minutes(63))
    assert codes(error) == ["already-over"]


def test_a_place_that_was_left_is_booked_in_the_same_step(context: Flask, small: Small) -> None:
    """Left at two past ten, booked at ten past, from ten as the page says: it begins when it was free again."""
    end(small, reserve(small), minutes(61.5))
    later = Span(minutes(60), minutes(120))
    booking = reserve(small, span=later, name="bo", now=minutes(70))
    assert booking.span == Span(minutes(62), minutes(120))
    assert taken(small.a1) == [Span(minutes(0), minutes(62)), Span(minutes(62), minutes(120))]
    extend(small, booking, minutes(135), minutes(80), "bo")
    assert booking.end == minutes(135)
    mine = reserve(small, small.a2, later, now=minutes(70))  # the desk that was left does not count as a second one
    assert mine.span == later


def test_who_leaves_by_a_slip_comes_back_while_it_is_free(context: Flask, small: Small) -> None:
    booking = reserve(small)
    end(small, booking, minutes(60))
    extend(small, booking, NINE.end, minutes(60.2))
    assert taken(small.a1) == [NINE]
    end(small, booking, minutes(90))
    with pytest.raises(Refused) as error:
        extend(small, booking, NINE.end, minutes(100))
    assert codes(error) == ["already-over"]


def test_clearing_up_follows_an_early_leave(context: Flask, small: Small) -> None:
    rule(small, small.room, clearing=30)
    end(small, reserve(small, small.room), minutes(60))
    assert taken(small.room) == [Span(minutes(0), minutes(90))]


def test_a_booking_that_has_not_begun_is_cancelled_instead(context: Flask, small: Small) -> None:
    with pytest.raises(Refused) as error:
        end(small, reserve(small), minutes(-1))
    assert codes(error) == ["not-begun"]


def test_staff_who_end_a_booking_tell_its_member(context: Flask, small: Small) -> None:
    booking = reserve(small)
    end(small, booking, minutes(60), "host")
    [told] = db.session.scalars(select(Notice)).all()
    assert (told.member_id, told.content["action"]) == (booking.member_id, "ended")


# -- longer -----------------------------------------------------------------------------------------------------------


def test_a_booking_is_made_longer_where_what_follows_is_free(context: Flask, small: Small) -> None:
    booking = reserve(small)
    for _twice in range(2):
        extend(small, booking, NINE.end + 30 * MINUTE, minutes(100))
    assert (booking.sequence, taken(small.a1)) == (1, [Span(NINE.start, NINE.end + 30 * MINUTE)])
    assert story(booking)[-1] == ("extended", "member")


@pytest.mark.parametrize(
    ("to", "policy", "refused"),
    [
        (30, {"longest": 180}, "too-long"),
        (7, {}, "off-grid"),
        (7 * 60, {"longest": 24 * 60}, "closed-hours"),
        (-30, {}, "not-longer"),
        (30, {"approval": 60}, "not-answered"),
    ],
)
def test_the_rules_hold_for_a_longer_booking(
    context: Flask, small: Small, to: int, policy: dict[str, int], refused: str
) -> None:
    rule(small, **policy)
    booking = reserve(small)
    with pytest.raises(Refused) as error:
        extend(small, booking, NINE.end + to * MINUTE, minutes(60))
    assert codes(error) == [refused]


def test_where_staff_answer_they_are_asked_for_more_time(context: Flask, small: Small) -> None:
    booking = reserve(small)
    rule(small, approval=60)
    with pytest.raises(Refused) as error:
        extend(small, booking, NINE.end + 30 * MINUTE, minutes(60))
    assert codes(error) == ["extend-asks"]
    assert extend(small, booking, NINE.end + 30 * MINUTE, minutes(60), "host").end > NINE.end


def test_a_longer_booking_meets_the_next_one(context: Flask, small: Small) -> None:
    booking = reserve(small)
    reserve(small, span=Span(NINE.end + 15 * MINUTE, NINE.end + 75 * MINUTE), name="bo")
    with pytest.raises(Conflict) as error:
        extend(small, booking, NINE.end + 30 * MINUTE, minutes(60))
    assert codes(error) == ["taken"]
    assert extend(small, booking, NINE.end + 15 * MINUTE, minutes(60))


# -- the night the clocks go back -------------------------------------------------------------------------------------


def test_the_doubled_hour_is_two_hours_to_whoever_is_waited_for(context: Flask, small: Small) -> None:
    """From 01.30 of summer time to 04.00 of winter time: three and a half hours, and the grace runs in the first."""
    sunday = date(2027, 10, 31)
    with transaction():
        spaces.set_hours(dict.fromkeys(range(7), (0, 24 * 60)))
    rule(small, check_in=45, longest=24 * 60, horizon=400)
    span = Span(datetime(2027, 10, 30, 23, 30, tzinfo=UTC), datetime(2027, 10, 31, 3, 0, tzinfo=UTC))
    assert span == at(sunday, "01:30", "04:00") and span.length == timedelta(hours=3, minutes=30)
    booking = reserve(small, span=span)
    start = span.start
    assert check_ins(start + 29 * MINUTE) == "0 released, 0 reminded"
    assert check_ins(start + 30 * MINUTE) == "0 released, 1 reminded"  # 02.00, for the first time
    assert check_ins(start + 45 * MINUTE) == "1 released, 0 reminded"
    db.session.refresh(booking)
    assert taken(small.a1) == [Span(start, start + 45 * MINUTE)]
    reclaim(small, booking, start + 60 * MINUTE)  # 02.30, for the first time
    check_in(small, booking, start + 100 * MINUTE)  # 02.10, for the second
    end(small, booking, start + 121 * MINUTE)  # 02.31, for the second
    assert taken(small.a1) == [Span(start, start + 121 * MINUTE)]
    extend(small, booking, span.end, start + 125 * MINUTE)
    assert taken(small.a1) == [span]


# -- whatever happens, the allocations are what the booking says ------------------------------------------------------

Step = tuple[str, int, int]
steps = st.lists(
    st.tuples(
        st.sampled_from(
            ["reserve", "check in", "undo", "clock", "clock", "reclaim", "end", "extend", "cancel", "restore", "move"]
        ),
        st.integers(0, 2),
        st.integers(0, 11),
    ),
    min_size=4,
    max_size=14,
)


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(steps=steps)
def test_allocations_are_always_what_bookings_take(context: Flask, small: Small, steps: list[Step]) -> None:
    _clear(small)
    now = minutes(-30)
    for act, whose, number in steps:
        now += timedelta(minutes=number * 2, seconds=number)
        try:
            _do(small, act, ("alva", "bo", "host")[whose], number, now)
        except DomainError:
            db.session.expire_all()
        _sound(now)


def _clear(small: Small) -> None:
    with transaction():
        for table in (Allocation, SpaceHold):
            db.session.execute(delete(table))
        db.session.execute(update(Booking).values(state="cancelled", released_at=None, checked_in_at=None))
    db.session.expire_all()
    rule(small, small.a1, check_in=6, clearing=5)
    rule(small, small.a2, check_in=6, setup=10)


def _do(small: Small, act: str, name: str, number: int, now: datetime) -> None:
    space = (small.a1, small.a2)[number % 2]
    span = Span(minutes(15 * (number // 2)), minutes(15 * (number // 2) + 30 + 15 * (number % 3)))
    if act == "clock":
        check_ins(now)
        return
    if act == "reserve":
        reserve(small, space, span, name, now)
        return
    last = db.session.scalar(
        select(Booking)
        .where(Booking.member_id == small.people[name], Booking.created_at > minutes(-60))
        .order_by(Booking.id.desc())
        .limit(1)
    )
    if last is None:
        return
    member = who(small, name)
    common: dict[str, Any] = {"now": now, "zone": ZONE}
    acts = {
        "check in": lambda: presence.check_in(member, last.id, now=now),
        "undo": lambda: presence.undo_check_in(member, last.id, now=now),
        "reclaim": lambda: presence.reclaim(member, last.id, **common),
        "end": lambda: presence.end_now(member, last.id, **common),
        "extend": lambda: presence.extend(member, last.id, last.end + 15 * MINUTE * (number % 4), **common),
        "cancel": lambda: service.cancel(member, last.id, now=now),
        "restore": lambda: service.restore(member, last.id, **common),
        "move": lambda: service.move(member, last.id, space_id=space, span=span, **common),
    }
    with transaction():
        acts[act]()


def _sound(now: datetime) -> None:
    db.session.expire_all()
    places = house().places
    expected = {
        (space, part.start, part.end, booking.id)
        for booking in db.session.scalars(select(Booking))
        if booking.takes
        for part in booking.takes.by_local_day(ZONE)
        for space in places[booking.space_id].takes
    }
    rows = db.session.scalars(select(Allocation)).all()
    assert {(row.space_id, row.start, row.end, row.booking_id) for row in rows} == expected
    for booking in db.session.scalars(select(Booking)):
        assert (booking.state == "no-show") == (booking.released_at is not None)
        assert booking.state == "confirmed" or booking.checked_in_at is None
        last = queries.history(booking.id)
        facts: dict[str, Any] = {}
        for row in last:
            facts |= row.after
        assert facts["end"] == booking.end.isoformat() and facts["start"] == booking.start.isoformat()
    assert len(wish_queries.held(Span(minutes(-60), minutes(600)), list(places))) == len(rows)
    db.session.rollback()
