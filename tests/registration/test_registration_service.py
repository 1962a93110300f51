"""Registering: places, the line, offers, guests, partners' links, the house; each number right after each step."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from innovation_station.db import db, transaction
from innovation_station.errors import Conflict, DomainError, NotAllowed, Refused
from innovation_station.events import service as events
from innovation_station.members.models import Member
from innovation_station.registration import queries, rules, service
from innovation_station.registration.models import Registration, SessionPlaces
from innovation_station.registration.rules import Question
from innovation_station.registration.service import Form
from innovation_station.spaces.models import Floor, HouseRow
from innovation_station.timespan import Span
from tests.conftest import TUESDAY, ZONE
from tests.events.conftest import WEDNESDAY, talk
from tests.registration.conftest import Desk, move


def code(error: pytest.ExceptionInfo[DomainError]) -> str:
    return error.value.refusals[0].code


def test_members_get_places_then_a_line_and_the_next_is_asked(desk: Desk) -> None:
    alva, bo, host = (desk.join(name) for name in ("alva", "bo", "host"))
    assert [desk.state(row) for row in (alva, bo, host)] == ["registered", "registered", "waiting"]
    assert desk.join("alva").id == alva.id, "twice is once"
    admin = desk.join("admin")
    assert queries.position(desk.of(admin)) == 2
    desk.sound()
    desk.cancel(alva)
    assert desk.state(host) == "offered" and desk.state(admin) == "waiting", "exactly the next"
    assert desk.sound().taken == 2
    with transaction():
        service.take(host.id, now=desk.now)
        service.take(host.id, now=desk.now)
    assert desk.state(host) == "registered"
    with pytest.raises(Conflict) as error, transaction():
        service.take(admin.id, now=desk.now)
    assert code(error) == "offer-over"
    desk.sound()


def test_an_offer_that_nobody_answers_goes_to_the_next(desk: Desk) -> None:
    desk.settle(capacity=1, answer_hours=3)
    first, second, third = (desk.join(name) for name in ("alva", "bo", "host"))
    desk.cancel(first)
    offered = desk.of(second)
    assert offered.offer_until == desk.now + timedelta(hours=2), "the day before it stands for two hours"
    desk.wait(hours=1).work()
    assert desk.state(second) == "offered"
    desk.wait(hours=1).work()
    assert (desk.state(second), desk.of(second).ended_by) == ("cancelled", "expired")
    assert desk.state(third) == "offered"
    desk.sound()


def test_more_places_are_offered_to_who_waits(desk: Desk) -> None:
    rows = [desk.join(name) for name in ("alva", "bo", "host", "admin")]
    desk.settle(capacity=3)
    assert [desk.state(row) for row in rows] == ["registered", "registered", "offered", "waiting"]
    with pytest.raises(Refused) as error:
        desk.settle(capacity=2)
    assert code(error) == "registration-below"
    with pytest.raises(NotAllowed), transaction():
        service.settle(desk.stage.who("alva"), desk.event.id, rules.Terms(), now=desk.now, zone=ZONE)
    desk.sound()


def test_a_guest_holds_a_place_for_half_an_hour_and_may_confirm_for_a_day(desk: Desk) -> None:
    gina = desk.guest("Gina@Example.org ")
    assert (desk.state(gina), desk.sound().taken, desk.news("gina@example.org")) == ("pending", 1, ["confirm"])
    assert desk.guest("gina@example.org").id == gina.id
    assert desk.news("gina@example.org") == ["confirm", "confirm"]
    desk.wait(minutes=30).work()
    assert desk.sound().taken == 0 and desk.state(gina) == "pending"
    for name in ("alva", "bo"):
        desk.join(name)
    assert desk.confirm(gina).state == "waiting", "its place has gone meanwhile"
    assert desk.confirm(gina).state == "waiting"
    late = desk.guest("late@example.org")
    assert not late.holds
    desk.wait(hours=24).work()
    assert db.session.get(Registration, late.id) is None
    desk.sound()


def test_a_guest_who_is_registered_hears_so_by_mail_and_the_page_says_the_same(desk: Desk) -> None:
    gina = desk.come("gina@example.org")
    assert desk.state(gina) == "registered"
    assert desk.guest("gina@example.org").id == gina.id
    assert desk.news("gina@example.org")[-1] == "known"
    desk.join("alva")
    assert desk.guest("alva@example.org").member_id == desk.stage.small.people["alva"]
    assert desk.news("alva@example.org") == ["known"]
    bo = desk.come("bo@example.org")
    assert bo.member_id == desk.stage.small.people["bo"], "who has the mailbox has the account"
    assert desk.join("bo").id == bo.id


def test_what_keeps_one_out_is_said(desk: Desk) -> None:
    start = desk.event.start
    for terms, found in (
        ({"opens": desk.now + timedelta(hours=1)}, "registration-early"),
        ({"opens": None, "closes": desk.now - timedelta(hours=1)}, "registration-closed"),
        ({"closes": None, "guests": False}, "registration-members"),
    ):
        desk.settle(**terms)
        with pytest.raises(Refused) as error:
            desk.guest("gina@example.org")
        assert code(error) == found
    desk.settle(guests=True, waitlist=False, capacity=1)
    desk.join("alva")
    for who in (lambda: desk.join("bo"), lambda: desk.guest("gina@example.org")):
        with pytest.raises(Conflict) as full:
            who()
        assert code(full) == "event-taken"
    desk.now = start
    with pytest.raises(Refused) as error:
        desk.join("bo")
    assert code(error) == "registration-closed"
    desk.sound()


def test_answers_are_read_and_what_one_eats_goes_by_itself(desk: Desk) -> None:
    desk.settle(questions=(
        Question("why", "text", ("Varför?", "Why?"), required=True),
        Question("day", "choice", ("Dag", "Day"), (("Ett", "One"), ("Två", "Two"))),
        Question("photo", "check", ("Foto", "Photo")),
        Question("food", "diet", ("Mat", "Food")),
    ))  # fmt: skip
    with pytest.raises(Refused) as error:
        desk.join("alva", typed={"day": "7"})
    assert [refusal.code for refusal in error.value.refusals] == ["answer-missing", "answer-malformed"]
    row = desk.join("alva", typed={"why": " Nyfiken ", "day": "1", "photo": "on", "food": "Vegan", "other": "x"})
    assert (row.answers, row.diet) == ({"why": "Nyfiken", "day": "1", "photo": "1"}, "Vegan")
    with transaction():
        service.change(row.id, Form({"why": "Kunskap"}), now=desk.now)
    assert (desk.of(row).answers, desk.of(row).diet) == ({"why": "Kunskap"}, "")


def test_what_one_chose_stays_when_the_answers_to_choose_from_change(desk: Desk) -> None:
    meat, fish, vegan = ("Kött", "Meat"), ("Fisk", "Fish"), ("Vegan", "Vegan")
    for before, after, said in (
        ((meat, vegan), (fish, meat, vegan), {"0": "1", "1": "2"}),
        ((meat, vegan), (meat, ("Växtbaserat", "Plants")), {"0": "0", "1": "1"}),
        ((meat, fish, vegan), (vegan, ("Kött", "Beef")), {"0": "1", "1": "Fisk", "2": "0"}),
        ((("1", "1"), meat), (meat, vegan), {"0": "«1»", "1": "0"}),
    ):
        asked = [(Question("food", "choice", ("Mat", "Food"), choices),) for choices in (before, after)]
        assert rules.renamed_answers(*asked) == {"food": said}
    choices = [(meat, vegan), (fish, meat, vegan), (fish, meat)]
    asked = [
        (Question("food", "choice", ("Mat", "Food"), one), Question("why", "text", ("Varför", ""))) for one in choices
    ]
    desk.settle(questions=asked[0])
    alva, bo = desk.join("alva", typed={"food": "0", "why": "1"}), desk.join("bo", typed={"food": "1"})
    desk.settle(questions=asked[1])
    assert (desk.of(alva).answers, desk.of(bo).answers) == ({"food": "1", "why": "1"}, {"food": "2"})
    desk.settle(questions=asked[2])
    assert (desk.of(alva).answers["food"], desk.of(bo).answers["food"]) == ("1", "Vegan")
    desk.settle(capacity=5)
    assert desk.of(alva).answers["food"] == "1"


def test_a_full_session_keeps_out_and_the_others_stay(desk: Desk) -> None:
    desk.stage.add(desk.event, talk(TUESDAY, "15:00", "16:00"), talk(TUESDAY, "16:00", "17:00"))
    first, second = [row.id for row in desk.stage.whole(desk.event).sessions][1:]
    desk.settle(capacity=10, sessions={first: 1, second: None})
    alva = desk.join("alva", sessions=[first, second])
    with pytest.raises(Refused) as error:
        desk.join("bo", sessions=[first, second])
    assert code(error) == "session-full"
    bo = desk.join("bo", sessions=[second])
    with transaction():
        service.change(alva.id, Form(sessions=[second]), now=desk.now)
        service.change(bo.id, Form(sessions=[first]), now=desk.now)
    taken = {row.session_id: row.taken for row in queries.session_places(desk.event.id)}
    assert taken == {first: 1, second: 1}
    desk.cancel(bo)
    assert db.session.get_one(SessionPlaces, first, populate_existing=True).taken == 0


def test_a_partners_link_has_places_of_its_own(desk: Desk) -> None:
    desk.settle(capacity=3)
    with transaction():
        link, token = service.make_link(desk.stage.who(), desk.event.id, "Botkyrka", 2, now=desk.now)
    assert desk.sound().left == 1
    desk.join("alva")
    assert desk.join("bo").state == "waiting"
    gina, gunn = desk.come("gina@example.org", link=token), desk.guest("gunn@example.org", link=token)
    assert desk.state(gina) == "registered" and gunn.holds
    assert desk.come("gurli@example.org", link=token).state == "waiting", "its places are gone: in line like all"
    desk.cancel(gunn)
    assert db.session.get_one(type(link), link.id, populate_existing=True).used == 1
    with pytest.raises(Conflict) as error, transaction():
        service.make_link(desk.stage.who(), desk.event.id, "Huddinge", 1, now=desk.now)
    assert code(error) == "link-large"
    with transaction():
        service.end_link(desk.stage.who(), desk.event.id, link.id, now=desk.now, zone=ZONE)
    assert queries.counts(desk.event.id)["offered"] == 1, "what is left of it is offered to who waits"
    desk.cancel(gina)
    desk.sound()


def test_who_came_above_what_is_settled_is_above_it_no_more_when_a_link_has_ended(desk: Desk) -> None:
    desk.settle(capacity=3)
    with transaction():
        link, _token = service.make_link(desk.stage.who(), desk.event.id, "Botkyrka", 2, now=desk.now)
    desk.join("alva")
    with transaction():
        service.add(desk.stage.who(), desk.event.id, "Gäst", "", language="sv", now=desk.now, reason="Talare")
    assert desk.sound().over == 1
    with transaction():
        service.end_link(desk.stage.who(), desk.event.id, link.id, now=desk.now, zone=ZONE)
    assert (desk.sound().taken, desk.sound().over) == (2, 0)
    with pytest.raises(Refused) as error:
        desk.settle(capacity=1)
    assert code(error) == "registration-below"


def test_who_lost_the_place_of_a_link_is_counted_where_they_have_one_now(desk: Desk) -> None:
    with transaction():
        link, token = service.make_link(desk.stage.who(), desk.event.id, "Botkyrka", 1, now=desk.now)
    slow = desk.guest("slow@example.org", link=token)
    desk.wait(minutes=31).work()
    quick = desk.come("quick@example.org", link=token)
    assert desk.confirm(slow).state == "registered", "one of the places for all"
    assert desk.sound().left == 0
    desk.cancel(slow)
    assert desk.sound().left == 1, "it is everybody's again, and the partner's place is still taken"
    assert db.session.get_one(type(link), link.id, populate_existing=True).used == 1
    desk.cancel(quick)
    assert desk.sound().left == 1


def test_who_has_registered_by_account_and_by_another_address_keeps_what_is_the_accounts(desk: Desk) -> None:
    desk.settle(capacity=10)
    desk.come("ny@example.org")
    alva = desk.join("alva")
    with transaction() as session:
        session.get_one(Member, desk.stage.small.people["alva"]).email = "ny@example.org"
    assert desk.join("alva").id == alva.id
    assert desk.sound().taken == 2


def test_no_more_people_than_the_floor_may_hold(desk: Desk) -> None:
    with transaction():
        db.session.scalars(db.select(Floor)).one().fire_limit = 9
        db.session.scalars(db.select(HouseRow)).one().revision += 1
    desk.settle(capacity=60)
    desk.stage.book("alva", desk.stage.small.a1, talk(TUESDAY, "14:00", "15:00").span)
    desk.stage.book("bo", desk.stage.small.room, talk(TUESDAY, "12:00", "13:30").span)  # seats 8, until half past one
    assert service.house_room(desk.sound(), desk.event) == 1
    assert desk.join("alva").state == "registered"
    assert desk.join("bo").state == "waiting"
    with pytest.raises(Conflict) as error, transaction():
        service.add(desk.stage.who(), desk.event.id, "Gina", "", language="sv", now=desk.now, reason="VIP")
    assert code(error) == "house-full"
    desk.settle(waitlist=False)
    with pytest.raises(Conflict) as full:
        desk.join("host")
    assert code(full) == "house-full"
    with pytest.raises(Conflict) as booked:
        desk.stage.book("bo", desk.stage.small.a2, talk(TUESDAY, "13:00", "14:00").span)
    assert code(booked) == "floor-full", "nor is a desk booked above it"
    desk.stage.book("bo", desk.stage.small.a2, talk(TUESDAY, "15:00", "16:00").span)
    desk.stage.book("host", desk.stage.small.room, talk(WEDNESDAY, "13:00", "15:00").span)
    desk.stage.book("alva", desk.stage.small.a1, talk(WEDNESDAY, "13:00", "15:00").span)
    with pytest.raises(Conflict) as moved:
        move(desk, 1)
    assert code(moved) == "floor-full", "nor is an event moved to where it would be too many"


def test_staff_give_places_above_what_is_settled_with_a_reason(desk: Desk) -> None:
    desk.settle(capacity=1)
    desk.join("alva")
    waits = desk.join("bo")
    with pytest.raises(Conflict) as error, transaction():
        service.add(desk.stage.who(), desk.event.id, "Gina", "g@example.org", language="sv", now=desk.now)
    assert code(error) == "event-taken-staff"
    with transaction():
        row = service.add(
            desk.stage.who(), desk.event.id, "Bo Ek", "bo@example.org", language="sv", now=desk.now, reason="Talare"
        )
    assert row.id == waits.id and row.state == "registered" and desk.sound().over == 1
    with transaction():
        service.cancel_for(desk.stage.who(), row.id, now=desk.now, zone=ZONE)
    assert desk.sound().over == 0


def test_registrants_of_a_moved_event_are_told_once(desk: Desk) -> None:
    gina, alva = desk.come("gina@example.org"), desk.join("alva")
    desk.wait(minutes=5)
    move(desk, 1)
    desk.wait(seconds=5)
    move(desk, 1)
    desk.work()
    assert desk.news("gina@example.org") == ["confirm", "registered"], "not within the time of an undo"
    desk.wait(minutes=1).work()
    desk.wait(minutes=1).work()
    assert desk.news("gina@example.org") == ["confirm", "registered", "changed"], "two moves, one mail"
    assert desk.notices("alva") == ["registered", "changed"]
    said = desk.mails("gina@example.org")[-1]
    assert said["said"]["before"]["start"].startswith("2026-11-24") and said["said"]["start"].startswith("2026-11-26")
    sequence = desk.of(gina).sequence
    desk.wait(minutes=1)
    move(desk, -1)
    move(desk, 1)
    desk.wait(minutes=1).work()
    assert desk.of(gina).sequence == sequence and desk.of(alva).sequence == sequence - 1, "moved back is no news"


def test_the_hour_at_which_registration_closes_moves_along(desk: Desk) -> None:
    before = desk.event.start - timedelta(days=1)
    desk.settle(closes=before)
    for days in (7, -7):
        move(desk, days)
        before += timedelta(days=days)
        assert desk.sound().closes == before
    with transaction():  # longer, not moved
        span = Span(desk.event.start - timedelta(hours=1), desk.event.end)
        events.carry_out(
            desk.stage.who(), desk.event.id, lambda p: replace(p, span=span), now=desk.now, zone=ZONE
        )  # fmt: skip
    assert desk.sound().closes == before
    desk.now = before + timedelta(hours=1)
    move(desk, 7)
    assert desk.sound().closes == before, "what is closed is not opened again"


def test_all_are_off_when_an_event_is_cancelled(desk: Desk) -> None:
    gina, alva, bo = desk.come("gina@example.org"), desk.join("alva"), desk.join("bo")
    desk.wait(minutes=5)
    with transaction():
        events.cancel(desk.stage.who(), desk.event.id, ("Storm.", "A storm."), now=desk.now, zone=ZONE)
    desk.wait(minutes=1).work()
    assert [desk.state(row) for row in (gina, alva, bo)] == ["cancelled"] * 3
    assert desk.news("gina@example.org")[-1] == "off" and desk.notices("alva")[-1] == desk.notices("bo")[-1] == "off"
    assert desk.sound().taken == 0


def test_what_is_undone_at_once_was_never_said(desk: Desk) -> None:
    alva = desk.join("alva")
    assert desk.notices("alva") == ["registered"]
    desk.wait(seconds=5)
    desk.cancel(alva)
    assert desk.notices("alva") == [] and desk.of(alva).knew is None
    gina = desk.come("gina@example.org")
    desk.wait(seconds=5)
    desk.cancel(gina)
    assert desk.news("gina@example.org") == ["confirm"]


def test_a_copy_of_an_event_is_registered_for_like_it(desk: Desk) -> None:
    desk.stage.add(desk.event, talk(TUESDAY, "15:00", "16:00"), talk(TUESDAY, "15:00", "16:00"))
    _first, second, third = [row.id for row in desk.stage.whole(desk.event).sessions]
    desk.settle(closes=desk.event.start - timedelta(days=1), sessions={second: 7, third: None})
    with transaction():
        made = events.copy(desk.stage.who(), desk.event.id, TUESDAY + timedelta(days=7), now=desk.now, zone=ZONE)
    found = queries.signup(made.id)
    assert found is not None and found.closes == made.start - timedelta(days=1) and found.taken == 0
    chosen = {row.session_id: row.capacity for row in queries.session_places(made.id)}
    sessions = [row.id for row in desk.stage.whole(made).sessions]
    assert chosen == {sessions[1]: 7, sessions[2]: None}, "one chooses of the copy's sessions as of its own"
    with transaction():
        events.discard(desk.stage.who(), made.id, now=desk.now, zone=ZONE)
    assert db.session.get(type(found), made.id, populate_existing=True) is None


def test_who_is_forgotten_gives_the_place_back(desk: Desk) -> None:
    desk.settle(capacity=1)
    alva, bo = desk.join("alva"), desk.join("bo")
    with transaction():
        service.forget(alva.id, now=desk.now, zone=ZONE)
    assert desk.state(bo) == "offered"
    assert db.session.get(Member, desk.stage.small.people["alva"]) is not None
    desk.sound()
