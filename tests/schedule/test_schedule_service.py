"""What staff do in the schedule: rules passed with a reason that is kept, and each act taken back with nobody told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from innovation_station.audit import queries as audit
from innovation_station.bookings import queries, rules, wish_queries
from innovation_station.bookings import service as bookings
from innovation_station.bookings.models import Booking, BookingHistory, RulesPassed
from innovation_station.bookings.personal import personal as forgetting
from innovation_station.db import db, transaction
from innovation_station.errors import Conflict, DomainError, NotFound, Refused
from innovation_station.mail import service as outbox
from innovation_station.mail.models import Mail
from innovation_station.mail.rules import SENT
from innovation_station.members import queries as members
from innovation_station.members.models import Member
from innovation_station.members.rules import Person
from innovation_station.notices.models import Notice
from innovation_station.personal import Subject
from innovation_station.repairs import service as repairs
from innovation_station.schedule import service
from innovation_station.schedule.models import ScheduleAct
from innovation_station.schedule.personal import personal as acts
from innovation_station.sharing import guests
from innovation_station.spaces import service as spaces
from innovation_station.spaces.models import Closure
from innovation_station.timespan import Span
from innovation_station.waits import service as waits
from innovation_station.waits.rules import Wanted
from tests.conftest import MONDAY, NOW, TUESDAY, ZONE, Small, at

MORNING, NOON = at(TUESDAY, "09:00", "11:00"), at(TUESDAY, "11:00", "13:00")
EVENING = at(TUESDAY, "18:00", "20:00")
MINUTE = timedelta(minutes=1)


class Host:
    """Hanna at the schedule, at an instant; she books for Alva."""

    def __init__(self, small: Small) -> None:
        self.small, self.now = small, NOW

    def who(self, name: str = "host") -> Person:
        found = members.person(self.small.people[name])
        assert found
        return found

    def do(self, act: Callable[..., Any], *wish: Any, by: str = "host", zoned: bool = True, **more: Any) -> Any:
        zone: dict[str, Any] = {"zone": ZONE} if zoned else {}
        with service.acting():
            return act(self.who(by), *wish, now=self.now, **zone, **more)

    def book(self, span: Any = MORNING, space: int = 0, who: str = "alva", **more: Any) -> tuple[int, int]:
        booking, act = self.do(service.book, self.small.people[who], space or self.small.a1, span, **more)
        return booking.id, act and act.id

    def move(self, made: int, span: Any = NOON, space: int = 0, **more: Any) -> int:
        _booking, act = self.do(service.move, made, space_id=space or self.small.a1, span=span, **more)
        return act.id

    def cancel(self, made: int) -> int:
        return self.do(service.cancel, made, zoned=False)[1].id

    def undo(self, act: int, **more: Any) -> None:
        self.do(service.undo, act, **more)

    def later(self, minutes: float) -> None:
        self.now += timedelta(minutes=minutes)

    def booking(self, made: int) -> Booking:
        db.session.expire_all()
        return db.session.get_one(Booking, made)

    def told(self) -> tuple[int, int]:
        """Count the mails and the notices that there are of bookings, sent or waiting."""
        counted = tuple(db.session.scalar(select(func.count()).select_from(table)) or 0 for table in (Mail, Notice))
        db.session.rollback()
        return counted  # type: ignore[return-value]

    def due(self) -> list[float]:
        """List after how many minutes of now each mail that waits may leave."""
        rows = db.session.scalars(select(Mail.due_at).where(Mail.state == "queued").order_by(Mail.due_at)).all()
        db.session.rollback()
        return [(due - self.now) / MINUTE for due in rows]

    def leave(self) -> int:
        """Have all mails sent that are due; give how many."""
        sent = 0
        while True:
            with transaction():
                mail = outbox.claim("test", now=self.now)
                if mail is None:
                    return sent
                outbox.settle(mail.id, "test", SENT, now=self.now)
                sent += 1


@pytest.fixture
def host(context: Flask, small: Small) -> Host:
    return Host(small)


def codes(error: pytest.ExceptionInfo[DomainError]) -> list[str]:
    return [refusal.code for refusal in error.value.refusals]


def test_rules_are_passed_with_a_reason_that_is_kept(host: Host, small: Small) -> None:
    with transaction():
        spaces.set_policy(kind="desk", horizon=0, longest=60)
    with pytest.raises(Refused) as refused:
        host.book(EVENING)
    assert codes(refused) == ["too-far", "too-long", "closed-hours"] and rules.may_pass(refused.value.refusals)
    for reason, code in ((" ", "too-far"), ("x" * 301, "passing-long")):
        with pytest.raises(Refused) as refused:
            host.book(EVENING, reason=reason)
        assert codes(refused)[0] == code
    with pytest.raises(Refused) as refused, transaction():
        bookings.reserve(host.who(), small.a1, EVENING, now=NOW, zone=ZONE, passing=rules.Passing(" "))
    assert codes(refused) == ["passing-reason"]
    made, _act = host.book(EVENING, reason=" Sena gäster, vakten vet ")
    with pytest.raises(Refused):
        host.move(made, at(TUESDAY, "19:00", "21:00"))
    host.move(made, at(TUESDAY, "19:00", "21:00"), reason="Tåget är försenat")

    kept = queries.rules_passed(made)
    assert [(row.reason, row.codes) for row in kept] == [
        ("Sena gäster, vakten vet", ["too-far", "too-long", "closed-hours"]),
        ("Tåget är försenat", ["too-far", "too-long", "closed-hours"]),
    ]
    assert all(row.by_id == small.people["host"] for row in kept)
    told = [row.after.get("passed") for row in queries.history(made)]
    assert told == [kept[0].codes, kept[1].codes]
    trail = audit.about("booking", made, limit=9)
    assert [entry.action for entry in trail] == ["booking.rules-passed"] * 2
    assert {entry.after["reason"] for entry in trail} == {row.reason for row in kept}
    # what passes every rule needs no reason, and keeps none
    spare, _act = host.book(at(MONDAY, "16:00", "17:00"), small.a2, who="bo", reason="Utifall att")
    assert queries.rules_passed(spare) == [] and "passed" not in queries.history(spare)[0].after
    # the row, and not the history, forgets with whoever it is about
    with transaction():
        alva = db.session.get_one(Member, small.people["alva"])
        [held] = [one for one in forgetting.classes if one.name == "bookings"]
        held.erase(Subject(alva.id, alva.name, alva.email), NOW)
    assert {row.reason for row in db.session.scalars(select(RulesPassed))} == {""}


def test_no_reason_passes_what_others_have_or_who_may_not(host: Host, small: Small) -> None:
    made, _act = host.book()
    own, _act = host.book(MORNING, small.a2, who="bo")
    with pytest.raises(Conflict) as met:
        host.book(at(TUESDAY, "07:00", "10:00"), who="admin", reason="Viktigt")
    assert codes(met) == ["taken"]
    with pytest.raises(DomainError) as met:
        host.move(own, MORNING, small.a1, reason="Viktigt")
    assert codes(met) == ["taken"] and not rules.may_pass(met.value.refusals)
    for span, space, code in ((at(MONDAY, "06:00", "07:00"), small.a3, "past"), (MORNING, small.a3, "own-desk")):
        with pytest.raises(DomainError) as met:
            host.book(span, space, reason="Viktigt")
        assert code in codes(met), code
    # members pass nothing, whatever they send
    with pytest.raises(Refused) as refused, transaction():
        bookings.reserve(
            host.who("alva"), small.a3, EVENING, now=NOW, zone=ZONE, passing=rules.Passing("Jag vill")
        )  # fmt: skip
    assert codes(refused) == ["passing-staff"]
    assert host.booking(made).span == MORNING


def test_what_is_taken_back_has_been_told_to_nobody(host: Host, small: Small) -> None:
    """Each kind of act, with a guest at the booking and somebody in line for the place."""
    made, booked = host.book(space=small.room)
    assert host.due() == [10.5] and host.leave() == 0
    host.later(9.5)
    host.undo(booked)
    assert host.booking(made).state == "cancelled" and host.told() == (0, 0)

    made, _act = host.book(space=small.room)
    with transaction():
        guests.invite(host.who("alva"), made, [("Karin Ek", "karin@example.org")], language="sv", now=host.now)
    with transaction():
        waits.join(host.who("bo"), Wanted(small.room), MORNING, now=host.now, zone=ZONE)
    host.later(60)
    told = host.leave()
    assert told == 2
    stands, before = host.told(), host.booking(made).sequence
    for act in (lambda: host.move(made, NOON, small.room), lambda: host.move(made, at(TUESDAY, "09:00", "10:00"), small.room),
                lambda: host.move(made, NOON, small.hall), lambda: host.cancel(made)):  # fmt: skip
        done = act()
        assert host.told() > stands and min(host.due()) >= 10
        host.later(9)
        assert host.leave() == 0
        host.undo(done)
        found = host.booking(made)
        assert (found.span, found.space_id, found.state) == (MORNING, small.room, "confirmed")
        assert host.told() == stands and host.due() == []
        assert found.sequence == before + 2  # calendars have seen both steps
        before = found.sequence
    with pytest.raises(Refused) as refused:
        host.undo(done)
    assert codes(refused) == ["act-undone"]
    # what is not taken back is told once, with where it was at first
    host.move(made, NOON, small.room)
    host.move(made, at(TUESDAY, "14:00", "15:00"), small.room)
    host.later(11)
    assert host.leave() == 3  # Alva, her guest, and Bo, whose turn it is
    [told] = [one.content for one in db.session.scalars(select(Notice).where(Notice.kind == "booking-changed"))]
    assert told["heard"]["start"] == MORNING.start.isoformat()


def test_what_the_member_does_meanwhile_comes_before_what_was_held(host: Host, small: Small) -> None:
    """A mail of an act that waits would otherwise leave after that of the later step, with an older sequence."""
    made, _act = host.book(space=small.room)
    host.later(60)
    host.leave()
    host.move(made, NOON, small.room)
    host.later(3)
    with transaction():
        bookings.cancel(host.who("alva"), made, now=host.now)
    [mail] = db.session.scalars(select(Mail).where(Mail.state == "queued"))
    told = (mail.content or {})["notice"]["values"]
    assert told["action"] == "cancelled" and told["knew"]["start"] == MORNING.start.isoformat()


def test_what_stood_before_is_no_act(host: Host, small: Small) -> None:
    with transaction():
        before = bookings.reserve(host.who("host"), small.a2, MORNING, now=NOW, zone=ZONE).id
    host.later(1)
    made, act = host.book(MORNING, who="host", space=small.a2)
    assert made == before and act is None and host.booking(before).state == "confirmed"


def test_an_undo_comes_too_late_or_finds_somebody_there(host: Host, small: Small) -> None:
    made, booked = host.book()
    moved = host.move(made)
    with pytest.raises(Refused) as refused:
        host.undo(booked)  # first what came after it
    assert codes(refused) == ["act-changed"]
    taken, _act = host.book(MORNING, who="bo")
    with pytest.raises(Conflict) as met:
        host.undo(moved)
    assert codes(met) == ["taken"] and host.booking(made).span == NOON
    host.cancel(taken)
    with pytest.raises(NotFound) as missing:
        host.undo(moved, by="admin")  # somebody else's
    assert codes(missing) == ["act-unknown"]
    host.undo(moved)
    host.undo(booked)
    assert host.booking(made).state == "cancelled"
    late = host.cancel(host.book(at(TUESDAY, "14:00", "15:00"))[0])
    host.later(10.1)
    with pytest.raises(Refused) as refused:
        host.undo(late)
    assert codes(refused) == ["act-late"]


def test_what_was_granted_once_is_granted_when_a_step_is_taken_back(host: Host, small: Small) -> None:
    """A step that began before a start that has passed, from a time that no rule would give."""
    early = at(MONDAY, "08:00", "12:00")
    with transaction():
        made = bookings.reserve(host.who("alva"), small.a1, early, now=NOW, zone=ZONE).id
        spaces.set_policy(kind="desk", longest=60)
    host.later(25)
    moved = host.move(made, at(MONDAY, "14:00", "15:00"))
    host.later(9)
    host.undo(moved)
    assert host.booking(made).span == early
    gone = host.cancel(made)
    host.later(9)
    host.undo(gone)
    assert host.booking(made).span == early and host.booking(made).state == "confirmed"
    assert queries.rules_passed(made) == []


def test_a_place_is_closed_and_opened_and_both_are_taken_back(host: Host, small: Small) -> None:
    closed = host.do(service.close, small.room, MORNING, ("Målning", ""))
    [row] = db.session.scalars(select(Closure))
    assert (row.reason_sv, row.reason_en, row.start) == ("Målning", "Målning", MORNING.start)
    with pytest.raises(Conflict):
        host.book(MORNING, small.room, reason="Ändå")
    host.undo(closed.id)
    assert db.session.scalars(select(Closure)).all() == []
    host.do(service.close, small.room, MORNING, ("Målning", "Painting"))
    [row] = db.session.scalars(select(Closure))
    opened = host.do(service.open_again, row.id, zoned=False)
    assert wish_queries.held(MORNING, [small.room]) == []
    host.undo(opened.id)
    assert [held.closure for held in wish_queries.held(MORNING, [small.room])] == [True]
    actions = {entry.action for entry in audit.about("closure", opened.closure_id, limit=9)}
    assert actions == {"closure.made", "closure.opened"}

    made, _act = host.book(NOON, small.room)
    for span, reasons, code in (
        (NOON, ("Målning", ""), "closure-hits"), (at(MONDAY, "06:00", "07:00"), ("Målning", ""), "past"),
        (MORNING, ("", " "), "closing-reason"), (MORNING, ("x" * 201, ""), "closing-reason-long"),
    ):  # fmt: skip
        with pytest.raises(DomainError) as refused:
            host.do(service.close, small.room, span, reasons)
        assert code in codes(refused)
    assert host.booking(made).state == "confirmed"
    year = Span(NOON.start, NOON.start + timedelta(days=401))
    with pytest.raises(Refused) as refused:
        host.do(service.close, small.room, year, ("Målning", ""))
    assert codes(refused) == ["closure-long"]
    with transaction():  # what was closed elsewhere for as long as may be is opened here, and that is taken back
        long = Span(NOON.start, NOON.start + timedelta(days=400))
        longest = bookings.close(long, reasons=("Bygge", "Works"), now=NOW, zone=ZONE, space_id=small.booth).id
    act = host.do(service.open_again, longest, zoned=False)
    host.undo(act.id)
    assert db.session.scalar(select(Closure.end).where(Closure.space_id == small.booth)) == long.end
    with transaction():
        bookings.reopen(db.session.scalars(select(Closure.id).where(Closure.space_id == small.booth)).one(), now=NOW)
    with transaction():
        whole = bookings.close(at(TUESDAY, "16:00", "17:00"), reasons=("Jul", "Yule"), now=NOW, zone=ZONE).id
    with pytest.raises(Refused) as refused:
        host.do(service.open_again, whole, zoned=False)
    assert codes(refused) == ["closure-house"]
    # what a fault has closed opens with it
    with transaction():
        report = repairs.report(host.who("alva"), small.booth, sort="light", text="Mörkt", now=NOW)
        shut = repairs.close(report.id, TUESDAY, actor=host.who(), now=NOW, zone=ZONE).id
    with pytest.raises(Refused) as refused:
        host.do(service.open_again, shut, zoned=False)
    assert codes(refused) == ["closure-fault"]
    with pytest.raises(NotFound) as missing:
        host.do(service.open_again, 10**6, zoned=False)
    assert codes(missing) == ["closure-unknown"]


def test_acts_are_kept_for_a_day_and_booking_twice_is_once(host: Host, small: Small) -> None:
    made, act = host.book(request_key="k1")
    assert host.book(request_key="k1") == (made, act)
    own, _act = host.book(MORNING, small.a2, who="host", title="Städning")
    assert host.booking(own).title == "Städning" and host.booking(own).booked_by_id is None
    assert host.do(service.move, made, space_id=small.a1, span=MORNING)[1] is None
    host.cancel(made)
    assert host.do(service.cancel, made, zoned=False)[1] is None
    assert db.session.scalar(select(func.count()).select_from(ScheduleAct)) == 3
    assert {row.action for row in db.session.scalars(select(BookingHistory))} == {"reserved", "cancelled"}
    [kept] = acts.classes
    assert kept.expired(host.now + timedelta(hours=23), ()) == 0
    with transaction():
        assert kept.purge(host.now + timedelta(hours=25), ()) == 3
