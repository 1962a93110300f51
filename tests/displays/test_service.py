"""Screens put up and taken down, rooms taken at their doors, and two who want the same minute."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from innovation_station.audit.models import AuditEntry
from innovation_station.bookings import service as bookings
from innovation_station.bookings.models import Allocation, Booking, BookingHistory, Claim
from innovation_station.db import db, transaction
from innovation_station.displays import queries, rules, service
from innovation_station.displays.models import Display, WalkUp
from innovation_station.displays.service import Settings
from innovation_station.errors import Conflict, DomainError, NotAllowed, NotFound, Refused, TooMany
from innovation_station.figures import queries as counted
from innovation_station.figures import service as figures
from innovation_station.figures.rules import total
from innovation_station.members.models import Member
from innovation_station.notices.models import Notice
from innovation_station.spaces import service as spaces
from innovation_station.spaces.models import Space
from innovation_station.timespan import Span
from innovation_station.waits import service as waits
from innovation_station.waits.rules import Wanted
from tests.conftest import MONDAY, NOW, ZONE, Small, at
from tests.races.test_waits import together

KEY = "k" * 40
TEN = at(MONDAY, "10:02", "10:03").start
MINUTE = timedelta(minutes=1)


class Hand:
    """Acts at doors and on the staff's page, each act in a transaction of its own."""

    def __init__(self, small: Small) -> None:
        self.small = small

    def who(self, name: str = "host") -> Member:
        return db.session.get_one(Member, self.small.people[name])

    def code(self, now: datetime = NOW, address: str = "10.0.0.1") -> tuple[int, str]:
        with transaction():
            token = service.set_up(address=address, secret_key=KEY, now=now)
        seen = queries.by_hash(rules.token_hash(token) or b"", NOW)
        assert seen
        return seen.display.id, seen.display.code or ""

    def pair(self, code: str, wanted: Settings | None = None, who: str = "host", now: datetime = NOW) -> Display:
        with transaction():
            return service.pair(self.who(who), code, wanted or Settings("room", self.small.room), now=now)

    def door(self, **more: Any) -> int:
        with transaction():
            wanted = Settings("room", self.small.room, **more)
            return service.add(self.who(), wanted, secret_key=KEY, now=NOW).id

    def take(self, door: int, minutes: int = 15, now: datetime = TEN) -> WalkUp:
        with transaction():
            return service.take(door, minutes, now=now, zone=ZONE)

    def end(self, door: int, kind: str, ended_id: int, now: datetime = TEN) -> None:
        with transaction():
            service.end(door, kind, ended_id, now=now, zone=ZONE)

    def undo(self, door: int, now: datetime = TEN) -> None:
        with transaction():
            service.undo(door, now=now, zone=ZONE)

    def book(self, start: str, end: str, who: str = "alva") -> int:
        with transaction():
            return bookings.reserve(self.who(who), self.small.room, at(MONDAY, start, end), now=NOW, zone=ZONE).id

    def taken(self) -> list[tuple[str, str]]:
        db.session.expire_all()
        rows = db.session.scalars(select(Allocation).where(Allocation.space_id == self.small.room)).all()
        return sorted((f"{r.start.astimezone(ZONE):%H:%M}", f"{r.end.astimezone(ZONE):%H:%M}") for r in rows)


@pytest.fixture
def hand(context: Flask, small: Small) -> Hand:
    return Hand(small)


def codes(act: Callable[[], object], kind: type[DomainError] = Refused) -> list[str]:
    with pytest.raises(kind) as caught:
        act()
    return [refusal.code for refusal in caught.value.refusals]


def told(action: str) -> list[AuditEntry]:
    return list(db.session.scalars(select(AuditEntry).where(AuditEntry.action == action)))


def notices(kind: str) -> list[Notice]:
    return list(db.session.scalars(select(Notice).where(Notice.kind == kind)))


# -- screens ----------------------------------------------------------------------------------------------------------


def test_a_screen_is_put_up_by_its_code_for_ten_minutes_and_once(hand: Hand, small: Small) -> None:
    screen, code = hand.code()
    assert codes(lambda: hand.pair(code, who="alva"), NotAllowed) == ["display-staff"]
    assert codes(lambda: hand.pair(code, Settings("room", 99_999))) == ["display-where"]
    assert codes(lambda: hand.pair(code, Settings("room", small.room, "x" * 61))) == ["display-name"]
    assert codes(lambda: hand.pair(code, now=NOW + rules.CODE_LIVES)) == ["display-code"]
    row = hand.pair(f"{code[:3].lower()} - {code[3:]}")
    assert (row.id, row.kind, row.space_id, row.name, row.code) == (screen, "room", small.room, "Hågelby", None)
    assert codes(lambda: hand.pair(code)) == ["display-code"]
    assert [entry.actor_id for entry in told("display.pair")] == [small.people["host"]]
    with transaction():
        service.take_down(hand.who(), screen, now=NOW)
    row = db.session.get_one(Display, screen)
    assert (row.kind, row.code, row.revoked_at) == ("new", None, NOW)
    assert codes(lambda: hand.take(screen), NotFound) == ["display-unknown"]
    with transaction():
        assert codes(lambda: service.renew_code(screen, now=NOW), NotFound) == ["display-unknown"], "dead for good"


def test_codes_are_not_guessed_and_screens_not_made_without_end(hand: Hand, monkeypatch: pytest.MonkeyPatch) -> None:
    for _try in range(rules.WRONG_MOST):
        assert codes(lambda: hand.pair("AAAAAA")) == ["display-code"]
        with transaction():
            service.mistyped(hand.who(), now=NOW)
    screen, code = hand.code()
    assert codes(lambda: hand.pair(code), TooMany) == ["display-codes"]
    assert hand.pair(code, who="admin").id == screen
    for _more in range(rules.NEW_MOST - 1):
        hand.code()
    assert codes(hand.code, TooMany) == ["displays-new"]
    hand.code(address="10.9.9.9")
    later = NOW + rules.NEW_KEPT + timedelta(hours=1)
    hand.code(later)
    assert db.session.query(Display).count() == 2, "what never hung anywhere is gone with time"
    monkeypatch.setattr(rules, "DISPLAYS_MOST", 1)
    assert codes(lambda: hand.door()) == ["displays-many"]


# -- at the door ------------------------------------------------------------------------------------------------------


def test_a_room_is_taken_by_nobody_for_a_while(hand: Hand, small: Small) -> None:
    door = hand.door()
    made = hand.take(door, 30)
    assert hand.taken() == [("10:02", "10:30")] and made.end == at(MONDAY, "10:00", "10:30").end
    assert hand.take(door, 30, TEN + timedelta(seconds=20)).id == made.id, "pressed twice"
    claim = db.session.scalars(select(Claim)).one()
    assert (claim.kind, claim.subject_id, claim.title_en) == ("door", made.id, "Walk-in at the door")
    assert db.session.query(Booking).count() == 0
    entry = told("display.take")[0]
    assert (entry.subject_id, entry.actor_id, entry.member_id) == (door, None, None)
    assert codes(lambda: hand.take(door, 15, TEN + 5 * MINUTE), Conflict) == ["event-has-it"]
    assert codes(lambda: hand.take(door, 20), Refused) == ["door-length"]
    assert codes(lambda: hand.book("10:00", "11:00"), Conflict) == ["event-has-it"]
    hand.book("10:30", "11:00")
    assert codes(lambda: hand.take(door, 60, TEN + 30 * MINUTE), Conflict) == ["taken"]


def test_a_walk_up_counts_as_use_of_its_room_and_as_no_event(hand: Hand, small: Small) -> None:
    hand.take(hand.door(), 30)
    figures.refresh(now=TEN + timedelta(days=1), zone=ZONE)
    (tally,) = [tally for _day, space, tally in counted.days(None, MONDAY, MONDAY) if space == small.room]
    assert [total(one) for one in (tally.booked, tally.used, tally.events)] == [28 * 60, 28 * 60, 0]


def test_the_rules_of_the_room_hold_at_its_door(hand: Hand, small: Small) -> None:
    door = hand.door()
    assert "closed-hours" in codes(lambda: hand.take(door, 60, at(MONDAY, "17:30", "17:31").start))
    with transaction():
        spaces.set_policy(space=db.session.get_one(Space, small.room), approval=60)
    assert codes(lambda: hand.take(door)) == ["door-asks"]
    looks = hand.door(touch=False)
    assert codes(lambda: hand.take(looks), NotAllowed) == ["door-looks"]


def test_one_door_does_not_keep_a_room_for_ever(hand: Hand) -> None:
    door, now = hand.door(), TEN
    for _time in range(rules.WALK_UPS_MOST):
        made = hand.take(door, 15, now)
        hand.end(door, "walk-up", made.id, now)
        now += 2 * MINUTE
    assert codes(lambda: hand.take(door, 15, now), TooMany) == ["door-many"]
    hand.take(door, 15, TEN + rules.WALK_UPS_WITHIN + MINUTE)


def test_what_was_ended_goes_on_within_a_minute_unless_somebody_has_it(hand: Hand, small: Small) -> None:
    door = hand.door()
    made = hand.take(door, 60)
    now = TEN + 4 * MINUTE
    with transaction():
        waits.join(hand.who("bo"), Wanted(small.room), at(MONDAY, "10:45", "11:00"), now=TEN, zone=ZONE)
    hand.end(door, "walk-up", made.id, now)
    assert ("10:02", "10:06") in hand.taken()
    with transaction():
        assert waits.offer_at(small.room, now=now, zone=ZONE) == 1, "who waits is asked, as the job does each minute"
    assert codes(lambda: hand.end(door, "walk-up", made.id, now)) == ["already-over"]
    assert codes(lambda: hand.undo(door, now + rules.UNDO + MINUTE)) == ["door-undo"]
    hand.undo(door, now + timedelta(seconds=30))
    assert hand.taken() == [("10:02", "11:00")], "an offer that nobody has read yet is let go"
    assert codes(lambda: hand.undo(door, now)) == ["door-undo"]
    hand.end(door, "walk-up", made.id, now)
    hand.book("10:15", "10:30", "bo")
    assert codes(lambda: hand.undo(door, now), Conflict) == ["taken"]


def test_a_booking_is_checked_in_and_ended_at_its_door(hand: Hand, small: Small) -> None:
    door, booking = hand.door(), hand.book("10:00", "11:00")
    other = hand.book("12:00", "13:00", "bo")
    assert codes(lambda: hand.end(door, "booking", booking)) == ["door-not-here"]
    with transaction():
        service.check_in(door, booking, now=TEN)
    assert codes(lambda: service.check_in(door, other, now=TEN)) == ["check-in-early"]
    hand.end(door, "booking", booking, TEN + 10 * MINUTE)
    assert hand.taken() == [("10:00", "10:12"), ("12:00", "13:00")]
    (notice,) = notices("ended-at-door")
    assert notice.member_id == small.people["alva"] and notice.content["place"] == "Hågelby"
    hand.undo(door, TEN + 10 * MINUTE)
    assert hand.taken() == [("10:00", "11:00"), ("12:00", "13:00")] and notices("ended-at-door") == []
    rows = db.session.scalars(select(BookingHistory).where(BookingHistory.booking_id == booking)).all()
    assert [(row.action, row.actor_id, row.actor_role) for row in rows[1:]] == [
        (action, None, "house") for action in ("checked-in", "ended", "extended")
    ]  # fmt: skip
    assert [e.member_id for name in ("display.check-in", "display.end", "display.undo") for e in told(name)] == [
        small.people["alva"]
    ] * 3  # fmt: skip
    hand.end(door, "booking", booking, TEN + 20 * MINUTE)
    with transaction():
        bookings.reserve(hand.who("bo"), small.room, at(MONDAY, "10:30", "11:00"), now=TEN + 20 * MINUTE, zone=ZONE)
    assert codes(lambda: hand.undo(door, TEN + 20 * MINUTE), Conflict) == ["taken"]
    with transaction():
        elsewhere = bookings.reserve(hand.who(), small.booth, at(MONDAY, "10:00", "11:00"), now=NOW, zone=ZONE).id
    assert codes(lambda: service.check_in(door, elsewhere, now=TEN), NotFound) == ["booking-unknown"]


def test_of_two_who_want_one_minute_one_has_it(app: Flask, hand: Hand, small: Small) -> None:
    """Two screens by one room, and a member: a Conflict, which the page answers with 409, for all but one."""
    doors = [hand.door(), hand.door()]
    alva = small.people["alva"]

    def books() -> object:
        member = db.session.get_one(Member, alva)
        return bookings.reserve(member, small.room, at(MONDAY, "10:00", "10:30"), now=TEN, zone=ZONE)

    db.session.remove()
    takes = [lambda door=door: service.take(door, 15, now=TEN, zone=ZONE) for door in doors]
    said = together(app, *takes, books)
    assert said.count("") == 1 and set(said) - {""} <= {"taken", "event-has-it"}, said
    assert len(hand.taken()) == 1
    spans = [Span(row.start, row.end) for row in db.session.scalars(select(Allocation))]
    assert not any(one.overlaps(other) for one in spans for other in spans if one is not other)
