"""Who is checked in, by whom and once; what staff may pass and what not; who is in the house."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import delete

from innovation_station.attendance import queries, rules, service, words
from innovation_station.attendance.models import EventArrival
from innovation_station.attendance.personal import personal
from innovation_station.attendance.rules import Present
from innovation_station.audit.models import AuditEntry
from innovation_station.bookings.models import Booking
from innovation_station.db import db, transaction
from innovation_station.errors import Conflict, DomainError, NotAllowed, NotFound, Refused
from innovation_station.events import service as events
from innovation_station.personal import Subject
from innovation_station.registration.models import Registration
from innovation_station.sharing import guests
from innovation_station.spaces.models import Floor
from innovation_station.spaces.queries import house
from innovation_station.timespan import Span
from tests.attendance.conftest import LATER
from tests.conftest import MONDAY, NOW, ZONE, at
from tests.registration.conftest import Desk


def arrive(desk: Desk, row: Registration, who: str = "host", **more: object) -> EventArrival:
    with transaction():
        return service.check_in(desk.stage.who(who), row.id, "list", now=LATER, **more)  # type: ignore[arg-type]


def codes(error: pytest.ExceptionInfo[DomainError]) -> list[str]:
    return [one.code for one in error.value.refusals]


def test_a_registration_is_checked_in_once_and_the_second_door_is_told(desk: Desk) -> None:
    row = desk.join("alva")
    made = arrive(desk, row)
    assert (made.at, made.by_id, made.way, made.event_id) == (
        LATER,
        desk.stage.small.people["host"],
        "list",
        desk.event.id,
    )
    with pytest.raises(Conflict) as refused:
        arrive(desk, row, "admin")
    assert codes(refused) == ["here-already"]
    assert refused.value.refusals[0].values == {"at": LATER, "name": "Hanna Lund"}
    assert queries.came(desk.event.id) == 1
    with transaction():
        assert service.undo(desk.stage.who("admin"), row.id, now=LATER)
        assert not service.undo(desk.stage.who("admin"), row.id, now=LATER)
    assert queries.came(desk.event.id) == 0
    arrive(desk, row, "admin")
    actions = [entry.action for entry in db.session.scalars(db.select(AuditEntry).order_by(AuditEntry.id))]
    assert [one for one in actions if one.startswith("event.arriv")] == [
        "event.arrived", "event.arrival-undone", "event.arrived",
    ]  # fmt: skip


def test_only_staff_and_only_round_the_event(desk: Desk) -> None:
    row, gone = desk.join("alva"), desk.join("bo")
    desk.cancel(gone)
    with pytest.raises(NotAllowed):
        arrive(desk, row, "bo")
    with pytest.raises(Refused) as refused:
        arrive(desk, gone)
    assert codes(refused) == ["ticket-none"]
    for now in (desk.event.start - timedelta(hours=13), desk.event.end + timedelta(hours=12)):
        with pytest.raises(Refused) as refused, transaction():
            service.check_in(desk.stage.who(), row.id, "list", now=now)
        assert codes(refused) == ["door-shut"]
    with pytest.raises(NotFound), transaction():
        service.check_in(desk.stage.who(), 99_999, "list", now=LATER)
    assert queries.came(desk.event.id) == 0


def test_somebody_without_a_registration_gets_a_place_above_what_is_settled_only_with_a_reason(desk: Desk) -> None:
    def walk(name: str, reason: str = "") -> EventArrival:
        with transaction():
            return service.walk_in(desk.stage.who(), desk.event.id, name, "", language="sv", now=LATER, reason=reason)

    desk.settle(capacity=1)
    assert walk("Kim Sand").way == "walk-in"
    with pytest.raises(Conflict) as refused:
        walk("Lo Berg")
    assert codes(refused) == ["event-taken-staff"]
    walk("Lo Berg", "Kommer med talaren")
    with transaction():
        db.session.scalars(db.select(Floor)).one().fire_limit = 2
        db.session.flush()
        from innovation_station.spaces import service as spaces

        spaces.changed()
    with pytest.raises(Conflict) as refused:
        walk("Mio Ek", "Också med talaren")
    assert codes(refused) == ["house-full"], "the fire limit is never passed"
    assert desk.sound().taken == 2 and queries.came(desk.event.id) == 2


def test_who_stands_in_line_gets_a_place_at_the_door(desk: Desk) -> None:
    desk.settle(capacity=1)
    desk.join("bo")
    waiting = desk.join("alva")
    assert waiting.state == "waiting"
    with pytest.raises(Conflict) as refused:
        arrive(desk, waiting)
    assert codes(refused) == ["event-taken-staff"]
    arrive(desk, waiting, reason="En stol till")
    assert desk.state(waiting) == "registered" and queries.came(desk.event.id) == 1
    desk.sound()


def test_everybody_in_the_house_is_named_once(desk: Desk) -> None:
    stage, now = desk.stage, LATER + timedelta(minutes=30)
    mine = stage.book("alva", stage.small.a1, at(MONDAY, "08:30", "12:00"))
    with transaction():
        db.session.get_one(Booking, mine.id).checked_in_at = LATER
    theirs = stage.book("bo", stage.rooms["Alby"], at(MONDAY, "09:00", "11:00"))
    with transaction():
        people = [("Gun Gäst", "gun@example.org"), ("Gro Gäst", "gro@example.org")]
        first, _second = guests.invite(stage.who("bo"), theirs.id, people, language="sv", now=NOW)
        guests.arrived(stage.who(), first.id, now=LATER)
        events.add_speaker(stage.who(), desk.event.id, name="Ida Alm", title="", affiliation="", now=NOW)
    arrive(desk, desk.join("alva"))
    found = words.in_the_house(now, house())
    by_name = {one.name: one for one in found}
    assert len(found) == len(by_name) == 5, found
    assert {name for name, one in by_name.items() if one.sure} == {"Alva Lindqvist", "Gun Gäst"}
    assert "A1" in by_name["Alva Lindqvist"].where and "Scenen" in by_name["Alva Lindqvist"].where
    assert by_name["Ida Alm"].where == "Scenen" and "Alby" in by_name["Gro Gäst"].where
    late = at(MONDAY, "14:00", "15:00").start
    assert {one.name for one in words.in_the_house(late, house())} == {"Gun Gäst"}, "who came has not gone"


def test_who_came_on_the_first_day_of_several_may_be_there_on_the_next(desk: Desk) -> None:
    with transaction():
        span = Span(desk.event.start, desk.event.end + timedelta(days=1))
        events.carry_out(
            desk.stage.who(), desk.event.id, lambda found: replace(found, span=span), now=NOW, zone=ZONE
        )  # fmt: skip
    arrive(desk, desk.join("alva"))
    for later, sure in ((1, True), (24, False)):
        (found,) = words.in_the_house(LATER + timedelta(hours=later), house())
        assert (found.name, found.sure, found.since is not None) == ("Alva Lindqvist", sure, sure)


def test_a_person_is_named_once_whatever_is_known_of_them() -> None:
    found = rules.once([
        Present("m1", "Alva", "Member", "A1", None), Present("m1", "Alva", "Kickoff", "Scenen", NOW, True),
        Present("x", "Bo", "Guest", "A1"), Present("m1", "Alva", "Kickoff", "A1", LATER, True),
    ])  # fmt: skip
    assert [(one.name, one.where, one.since, one.sure) for one in found] == [
        ("Alva", "A1, Scenen", NOW, True), ("Bo", "A1", None, False),
    ]  # fmt: skip


def test_what_is_known_of_people_is_told_and_forgotten(desk: Desk) -> None:
    row, other = desk.join("alva"), desk.join("bo")
    arrive(desk, row)
    arrive(desk, other, "admin")
    (data,) = personal.classes
    alva, admin = desk.stage.small.people["alva"], desk.stage.small.people["admin"]
    assert [record.fields["way"] for record in data.records(alva)] == ["list"]
    with transaction():
        assert data.erase(Subject(alva, "alva@example.org", "Alva Lindqvist"), NOW) == 1
        data.erase(Subject(admin, "admin@example.org", "Adam Berg"), NOW)
    assert queries.arrivals(desk.event.id).keys() == {other.id}
    assert db.session.get_one(EventArrival, other.id, populate_existing=True).by_id is None
    with transaction():
        db.session.execute(delete(Registration).where(Registration.id == other.id))
    assert queries.came(desk.event.id) == 0, "it goes with the registration"
