"""Waits on a real database, both kinds: standing in line, offers, what frees time, what ends."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from innovation_station import personal
from innovation_station.bookings import answers, deadlines
from innovation_station.bookings import service as bookings
from innovation_station.bookings.models import Allocation, Booking, SpaceHold
from innovation_station.db import db, transaction
from innovation_station.errors import Conflict, DomainError, NotFound, Refused
from innovation_station.mail.models import Mail
from innovation_station.notices.models import Notice
from innovation_station.personal import Subject
from innovation_station.plans import service as plans
from innovation_station.plans.rules import Quota
from innovation_station.plans.service import Contents
from innovation_station.spaces import service as spaces
from innovation_station.spaces.models import Floor, Space
from innovation_station.spaces.queries import house
from innovation_station.spaces.rules import Box
from innovation_station.timespan import Span
from innovation_station.waits import jobs as waits_jobs
from innovation_station.waits import queries, service
from innovation_station.waits.models import Wait
from innovation_station.waits.rules import WAITS_MOST, Wanted, position
from innovation_station.waits.words import stander
from tests.conftest import MONDAY, NOW, TUESDAY, ZONE, at, statements
from tests.waits.conftest import HOUR, SPAN, Line

pytestmark = pytest.mark.usefixtures("context")
LATER = at(TUESDAY, "13:00", "15:00")
MINUTE = timedelta(minutes=1)
ANY = Wanted(kind="desk")


def codes(error: pytest.ExceptionInfo[DomainError]) -> list[str]:
    return [refusal.code for refusal in error.value.refusals]


def wait(wait_id: int) -> Wait:
    db.session.expire_all()
    return db.session.get_one(Wait, wait_id)


# -- standing in line -------------------------------------------------------------------------------------------------


def test_joining_twice_is_once_and_numbers_are_told(line: Line) -> None:
    line.book()
    first, second = line.join("alva"), line.join("bo")
    assert line.join("alva") == first
    others = queries.line_at(SPAN)
    assert [position(stander(wait(one)), others, house().places) for one in (first, second)] == [1, 2]
    line.leave("alva", first)
    assert [one.id for one in queries.beside(line.small.people["bo"])] == []


@pytest.mark.parametrize(
    ("name", "span", "code"),
    [
        ("alva", LATER, "wait-free"),
        ("alva", at(MONDAY, "06:00", "07:00"), "past"),
        ("alva", at(TUESDAY, "07:00", "09:30"), "closed-hours"),
        ("alva", at(TUESDAY, "09:05", "12:00"), "off-grid"),
        ("host", SPAN, "wait-yours"),
    ],
)
def test_nobody_stands_in_line_for_nothing(line: Line, name: str, span: Span, code: str) -> None:
    line.book()
    with pytest.raises(Refused) as error:
        line.join(name, span=span)
    assert codes(error)[0] == code
    with pytest.raises(NotFound):
        line.join("alva", 10_000)


def test_what_begins_now_is_not_waited_for(line: Line) -> None:
    line.book(span=at(MONDAY, "08:15", "10:00"))
    with pytest.raises(Refused) as error:
        line.join("alva", span=at(MONDAY, "08:15", "10:00"))
    assert codes(error) == ["wait-late"]


def test_own_desk_at_the_time_and_too_many_lines_are_refused(line: Line) -> None:
    line.book()
    line.book("alva", line.small.a2)
    with pytest.raises(Refused) as error:
        line.join("alva")
    assert codes(error) == ["own-desk"]
    for index in range(WAITS_MOST):
        span = SPAN.shifted(timedelta(days=7 * (1 + index // 10), minutes=15 * (index % 10)))
        if index % 10 == 0:
            line.book(span=Span(span.start, span.start + 6 * HOUR))
        line.join("bo", span=span)
    with pytest.raises(Refused) as error:
        line.join("bo")
    assert codes(error) == ["wait-many"]


# -- offers -----------------------------------------------------------------------------------------------------------


def test_first_in_line_is_offered_what_is_cancelled(line: Line) -> None:
    booking = line.book()
    first, second = line.join("alva"), line.join("bo")
    line.cancel(booking)
    assert line.states(first, second) == ["offered", "waiting"]
    assert (wait(first).offer_until, wait(first).offered_id) == (NOW + 2 * HOUR, line.small.a1)
    line.sound()
    with pytest.raises(Conflict) as error:
        line.book("host")  # nobody comes in between
    assert codes(error) == ["held"]
    made = line.take("alva", first)
    assert (made.state, made.span, line.state(first)) == ("confirmed", SPAN, "taken")
    assert line.take("alva", first).id == made.id
    line.sound()


def test_passing_leaving_and_silence_go_to_the_next(line: Line) -> None:
    booking = line.book()
    waits = [line.join(name) for name in ("alva", "bo", "cia", "dan")]
    line.cancel(booking)
    line.pass_on("alva", waits[0])
    assert line.states(*waits) == ["passed", "offered", "waiting", "waiting"]
    line.leave("bo", waits[1])
    assert line.states(*waits) == ["passed", "left", "offered", "waiting"]
    line.now = NOW + 2 * HOUR
    assert line.look() == "1 ended, 0 offered"
    assert line.states(*waits) == ["passed", "left", "expired", "offered"]
    line.sound()
    for name, one in zip(("alva", "bo", "cia"), waits, strict=False):
        with pytest.raises(Conflict) as error:
            line.take(name, one)
        assert codes(error) == ["offer-over"]
        line.leave(name, one)  # out already
    assert line.states(*waits[:3]) == ["passed", "left", "expired"]


def test_offer_is_over_when_it_is_over_whether_or_not_the_job_has_run(line: Line) -> None:
    booking = line.book()
    first = line.join("alva")
    line.cancel(booking)
    line.now = NOW + 2 * HOUR
    with pytest.raises(Conflict) as error:
        line.take("alva", first)
    assert codes(error) == ["offer-over"]


Free = Callable[[Line, int], object]


@pytest.mark.parametrize(
    ("free", "offered"),
    [
        (lambda line, one: line.move(one, line.small.a1, LATER), True),
        (lambda line, one: line.move(one, line.small.a2, SPAN), True),
        (lambda line, one: line.move(one, line.small.a1, Span(SPAN.start, SPAN.end - HOUR)), False),
        (lambda line, one: line.move(one, line.small.a1, Span(SPAN.end, SPAN.end + HOUR)), True),
        (lambda line, one: line.move(one, line.small.a1, SPAN), False),
    ],
)
def test_whole_span_is_offered_or_nothing(line: Line, free: Free, offered: bool) -> None:
    booking = line.book()
    first = line.join("alva")
    free(line, booking)
    assert line.state(first) == ("offered" if offered else "waiting")
    line.sound()


def test_half_that_is_free_goes_to_who_waits_for_the_half(line: Line) -> None:
    booking = line.book()
    whole, half = line.join("alva"), line.join("bo", span=Span(SPAN.end - HOUR, SPAN.end))
    line.move(booking, line.small.a1, Span(SPAN.start, SPAN.end - HOUR))
    assert line.states(whole, half) == ["waiting", "offered"]


def test_several_are_offered_what_does_not_meet(line: Line) -> None:
    booking = line.book()
    early, late = (Span(SPAN.start, SPAN.start + HOUR), Span(SPAN.start + HOUR, SPAN.end))
    waits = [line.join("alva", span=early), line.join("bo"), line.join("cia", span=late)]
    line.cancel(booking)
    assert line.states(*waits) == ["offered", "waiting", "offered"]
    line.sound()
    line.pass_on("alva", waits[0])
    assert line.states(*waits) == ["passed", "waiting", "offered"]
    line.pass_on("cia", waits[2])
    assert line.states(*waits) == ["passed", "offered", "passed"]


def test_declined_and_expired_requests_free_their_time(line: Line) -> None:
    with transaction():
        spaces.set_policy(space=db.session.get_one(Space, line.small.hall), approval=60)
    hall = line.small.hall
    first, second = line.book("cia", hall), line.book("dan", hall, LATER)
    waits = [line.join("alva", hall), line.join("bo", hall, LATER)]
    with transaction():
        answers.decline(line.who("host"), first, now=NOW)
    deadlines.expire(NOW + HOUR)
    assert line.states(*waits) == ["offered", "offered"]
    assert db.session.get_one(Booking, second).state == "expired"
    line.now = NOW + HOUR + MINUTE
    made = line.take("alva", waits[0])
    assert made.state == "requested"  # the rules hold for who has waited too
    line.sound()


def test_any_desk_is_the_first_that_frees(line: Line) -> None:
    small = line.small
    taken = [line.book(name, space) for name, space in (("cia", small.a1), ("dan", small.a2), ("eva", small.a3))]
    anywhere, here, second = line.join("alva", ANY), line.join("bo", small.a2), line.join("fia", ANY)
    line.cancel(taken[1], "dan")
    assert line.states(anywhere, here, second) == ["offered", "waiting", "waiting"]
    assert wait(anywhere).offered_id == small.a2
    line.cancel(taken[2], "eva")
    assert line.states(anywhere, here, second) == ["offered", "waiting", "offered"]
    line.pass_on("alva", anywhere)
    assert line.states(anywhere, here, second) == ["passed", "offered", "offered"]
    line.sound()
    with pytest.raises(Refused) as error:
        line.join("gun", Wanted(kind="room"))
    assert codes(error) == ["wait-free"]


def test_taking_leaves_the_lines_that_it_answers(line: Line) -> None:
    small = line.small
    taken = [line.book(name, space) for name, space in (("cia", small.a1), ("dan", small.a2), ("eva", small.a3))]
    waits = [
        line.join("alva"),
        line.join("alva", ANY),
        line.join("alva", small.a2),
        line.join("alva", span=Span(SPAN.start, SPAN.end - HOUR)),
    ]
    line.cancel(taken[0], "cia")
    line.cancel(taken[2], "eva")
    assert line.states(*waits) == ["offered", "offered", "waiting", "waiting"]
    line.take("alva", waits[0])
    assert line.states(*waits) == ["taken", "left", "waiting", "left"]
    line.sound()


def test_who_may_not_book_it_is_passed_over_and_told_why_once(line: Line) -> None:
    booking = line.book()
    first, second = line.join("alva"), line.join("bo")
    line.book("alva", line.small.a2)
    line.cancel(booking)
    assert line.states(first, second) == ["waiting", "offered"]
    assert wait(first).skipped == {
        "code": "own-desk",
        "sv": "Du har redan A2 09.00–12.00. Ett skrivbord i taget räcker.",
        "en": "You already have A2 09:00–12:00. One desk at a time is enough.",
    }
    line.pass_on("bo", second)
    for _ in range(2):
        line.look()
    told = db.session.scalars(select(Notice).where(Notice.kind == "wait-news")).all()
    assert [(row.member_id, row.content["action"]) for row in told] == [(line.small.people["alva"], "skipped")]
    db.session.rollback()
    line.sound()


def test_what_a_plan_leaves_out_is_passed_over(line: Line) -> None:
    with transaction():
        plan = plans.add_plan(
            Contents(names=("Alla", "All"), quotas=(Quota("desk", "week", "hours", 300),), standard=True), actor=None
        )
        for name in ("alva", "bo", "cia"):
            plans.give(plan.id, member_id=line.small.people[name], starts=MONDAY, now=NOW, actor=None)
    booking = line.book()
    first, second = line.join("alva"), line.join("bo")
    line.book("alva", line.small.a2, at(TUESDAY, "13:00", "17:00"))
    line.cancel(booking)
    assert line.states(first, second) == ["waiting", "offered"]
    assert (wait(first).skipped or {})["code"] == "quota-hours"


def test_offer_keeps_free_what_the_plan_keeps_free(line: Line) -> None:
    """What is set up before a member's booking hangs on the plan: it is held with the offer, or there is none."""
    with transaction():
        plan = plans.add_plan(Contents(names=("Alla", "All"), standard=True), actor=None)
        plans.set_policy(plan.id, kind="room", setup=30, notice=60)
        for name in ("alva", "bo"):
            plans.give(plan.id, member_id=line.small.people[name], starts=MONDAY, now=NOW, actor=None)
    room = line.small.room
    booking, before = line.book("host", room), line.book("admin", room, at(TUESDAY, "08:00", "09:00"))
    first = line.join("alva", room)
    line.cancel(booking)
    assert (line.state(first), wait(first).skipped) == ("waiting", None)
    line.cancel(before)
    assert line.state(first) == "offered"
    rows = db.session.scalars(select(Allocation).where(Allocation.space_id == room)).all()
    assert [Span(row.start, row.end) for row in rows] == [Span(SPAN.start - HOUR / 2, SPAN.end)]
    line.take("alva", first)
    line.now = at(TUESDAY, "11:55", "12:00").start
    line.book("bo", room, at(TUESDAY, "14:00", "15:00"))
    line.join("alva", room, at(TUESDAY, "14:00", "15:00"))
    line.now = at(TUESDAY, "12:55", "13:00").start
    with pytest.raises(Refused) as error:
        line.join("cia", room, at(TUESDAY, "14:00", "15:00"))
    assert codes(error)[0] in ("wait-late", "no-plan")


def test_what_nobody_told_of_is_found_by_the_look(line: Line) -> None:
    with transaction():
        closure = bookings.close(SPAN, reasons=("Lampan", "Lamp"), now=NOW, zone=ZONE, space_id=line.small.a1)
    first = line.join("alva")
    assert line.look() == "0 ended, 0 offered"
    with transaction():
        db.session.execute(
            db.delete(bookings.writes._allocation).where(bookings.writes._allocation.c.closure_id == closure.id)
        )
        db.session.delete(db.session.get_one(type(closure), closure.id))
    assert line.look() == "0 ended, 1 offered"
    assert line.state(first) == "offered"


def test_a_look_that_changes_nothing_locks_nothing(line: Line) -> None:
    booking = line.book()
    line.join("alva"), line.join("bo")
    line.book("alva", line.small.a2)
    line.look()

    def revision() -> int:
        db.session.expire_all()
        return db.session.get_one(Space, line.small.a1).revision

    before = revision()
    line.look()
    assert revision() == before
    line.cancel(booking)
    before = revision()
    line.look()
    assert revision() == before


def test_closure_over_an_offer_takes_it_back_into_the_line(line: Line) -> None:
    booking = line.book()
    first = line.join("alva")
    line.cancel(booking)
    with transaction():
        bookings.close(SPAN, reasons=("Lampan", "Lamp"), now=NOW, zone=ZONE, space_id=line.small.a1)
    with pytest.raises(Conflict):
        line.take("alva", first)
    assert line.look() == "1 ended, 0 offered"
    assert line.state(first) == "waiting"
    line.sound()


def test_booking_it_by_another_way_ends_the_wait(line: Line) -> None:
    booking = line.book()
    first = line.join("alva")
    line.cancel(booking)
    made = line.book("alva")  # what is held is held for her
    line.look()
    line.look()
    assert (line.state(first), wait(first).booking_id) == ("taken", made)
    line.sound()


def test_time_that_comes_ends_the_wait(line: Line) -> None:
    line.book()
    first = line.join("alva")
    line.now = SPAN.start
    assert line.look() == "1 ended, 0 offered"
    assert line.state(first) == "over"


def test_too_late_is_not_offered(line: Line) -> None:
    booking = line.book()
    first = line.join("alva")
    line.now = SPAN.start - 5 * MINUTE
    line.cancel(booking)
    assert line.state(first) == "waiting"
    assert line.book("bo")


def test_parts_of_a_hall_wait_for_the_whole(line: Line) -> None:
    """Which of two parts has the lower id decides nothing: what a transaction has not locked is left to the look."""
    small = line.small
    with transaction():
        hall = db.session.get_one(Space, small.hall)
        parts = [
            spaces.add_space(
                floor=db.session.get_one(Floor, hall.floor_id), kind="hall", name=name, capacity=20,
                box=Box(hall.x, hall.y, hall.w // 2, hall.h),
            ).id
            for name in ("Del A", "Del B")
        ]  # fmt: skip
        spaces.set_parts(hall, [db.session.get_one(Space, one) for one in parts])
    taken = line.book("cia", parts[0])
    whole, part = line.join("alva", small.hall), line.join("bo", parts[0])
    line.cancel(taken, "cia")
    assert line.states(whole, part) == ["waiting", "offered"]
    line.pass_on("bo", part)
    line.look()
    assert line.state(whole) == "offered"
    line.sound()


# -- the step back ----------------------------------------------------------------------------------------------------


def test_an_undo_comes_before_an_offer(line: Line) -> None:
    booking = line.book()
    first = line.join("alva")
    line.cancel(booking)
    assert line.state(first) == "offered"
    line.now += timedelta(seconds=9)
    assert line.restore(booking).state == "confirmed"
    assert line.state(first) == "waiting"
    line.sound()
    assert db.session.scalars(select(Notice)).all() == []
    assert {mail.template for mail in db.session.scalars(select(Mail))} == {"booking"}  # of the booking itself
    db.session.rollback()
    line.move(booking, line.small.a2, SPAN)
    assert line.state(first) == "offered"
    line.now += timedelta(seconds=9)
    line.move(booking, line.small.a1, SPAN)
    assert line.state(first) == "waiting"
    line.sound()


def test_later_the_offer_stands(line: Line) -> None:
    booking = line.book()
    first = line.join("alva")
    line.cancel(booking)
    line.now += bookings.STEP_BACK + MINUTE
    with pytest.raises(Conflict) as error:
        line.restore(booking)
    assert codes(error) == ["held"]
    assert line.state(first) == "offered"


def test_nobody_takes_an_offer_by_moving_there(line: Line) -> None:
    booking, other = line.book(), line.book("bo", line.small.a2)
    first = line.join("alva")
    line.move(other, line.small.a3, SPAN, "bo")
    line.cancel(booking)
    with pytest.raises(Conflict):
        line.move(other, line.small.a1, SPAN, "bo")
    assert line.state(first) == "offered"


# -- people -----------------------------------------------------------------------------------------------------------


def test_offer_is_told_by_mail_with_two_links_and_taken_back(line: Line) -> None:
    booking = line.book()
    first = line.join("alva")
    line.cancel(booking)
    mail = db.session.scalars(select(Mail)).one()
    assert mail.member_id == line.small.people["alva"] and mail.due_at >= NOW + bookings.STEP_BACK
    line.pass_on("alva", first)
    assert db.session.scalars(select(Mail)).all() == [] and db.session.scalars(select(Notice)).all() == []
    db.session.rollback()


def test_who_leaves_the_house_leaves_the_line(line: Line) -> None:
    booking = line.book()
    first, second, later = line.join("alva"), line.join("bo"), None
    line.book(span=LATER)
    later = line.join("alva", span=LATER)
    line.cancel(booking)
    farewell = next(one for one in personal.known(line.app).farewells if one.name == "waits")
    alva = line.small.people["alva"]
    with line.app.test_request_context(headers={"Accept-Language": "sv"}):
        assert farewell.tells(alva, NOW, None) == ["Skrivbord A1, tis 24 nov 09–12", "Skrivbord A1, tis 24 nov 13–15"]
    with transaction():
        assert farewell.release(line.who("alva"), alva, NOW, None) == 2
    assert line.states(first, second, later) == ["left", "offered", "left"]
    line.sound()


def test_who_is_gone_is_passed_over_in_silence(line: Line) -> None:
    booking = line.book()
    first, second = line.join("alva"), line.join("bo")
    with transaction():
        line.who("alva").state = "paused"
    line.cancel(booking)
    assert line.states(first, second) == ["waiting", "offered"]


def test_what_is_known_is_told_forgotten_and_goes_by_itself(line: Line) -> None:
    booking = line.book()
    line.join("alva"), line.join("bo")
    line.cancel(booking)
    data = next(one for one in personal.known(line.app).classes if one.name == "waits")
    alva = line.who("alva")
    (record,) = data.records(alva.id)
    assert (record.title, record.fields["state"]) == ("A1", "offered")
    later = SPAN.end + timedelta(days=91)
    assert data.expired(later, set()) == 2 and data.expired(later, {alva.id}) == 1
    with transaction():
        assert data.erase(Subject(alva.id, alva.email, alva.name), NOW) == 1
    assert [one.state for one in db.session.scalars(select(Wait))] == ["offered"]  # Bo's turn
    line.sound()
    with transaction():
        assert data.purge(later, set()) == 1


def test_cancelling_costs_one_statement_where_nobody_waits(line: Line, app: Flask) -> None:
    booking, other = line.book(), line.book("bo", line.small.a2)
    bookings.changed.disconnect(service.follow)
    with statements(app) as before:
        line.cancel(booking)
    bookings.changed.connect(service.follow)
    with statements(app) as after:
        line.cancel(other, "bo")
    assert len(after) <= len(before) + 2


def test_holds_are_what_offers_are(line: Line) -> None:
    booking = line.book()
    line.join("alva")
    line.cancel(booking)
    hold = db.session.scalars(select(SpaceHold)).one()
    assert (hold.member_id, hold.span) == (line.small.people["alva"], SPAN)
    db.session.rollback()


def test_who_waits_for_two_times_beside_each_other_is_offered_one_and_nobody_is_kept_from_cancelling(
    line: Line,
) -> None:
    """What is kept free before the second would meet what is kept for the first."""
    room, times = line.small.room, (at(TUESDAY, "09:00", "10:00"), at(TUESDAY, "10:00", "11:00"))
    with transaction():
        spaces.set_policy(space=db.session.get_one(Space, room), setup=15)
    booking = line.book("host", room, Span(times[0].start, times[1].end))
    first, second = (line.join("alva", room, span) for span in times)
    line.cancel(booking)
    assert line.states(first, second) == ["offered", "waiting"]
    line.sound()


def test_look_finds_what_more_wait_for_than_it_reads_at_once(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waits_jobs, "BATCH", 2)
    for hour in (8, 9, 10):
        line.book("host", line.small.a2, at(TUESDAY, f"{hour:02}:00", f"{hour:02}:30"))
        line.join("bo", line.small.a2, at(TUESDAY, f"{hour:02}:00", f"{hour:02}:30"))
    with transaction():
        closure = bookings.close(SPAN, reasons=("Lampan", "Lamp"), now=NOW, zone=ZONE, space_id=line.small.a1)
        closure_id = closure.id
    last = line.join("alva")
    with transaction():
        bookings.reopen(closure_id, now=line.now)
    assert waits_jobs.look(line.now).endswith("1 offered")
    assert line.state(last) == "offered"
