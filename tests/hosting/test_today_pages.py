"""The host's day: who comes, check-in from the list, what waits, notes, and that it stays fresh."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from innovation_station.bookings import service as bookings
from innovation_station.bookings.models import Allocation, Booking
from innovation_station.db import db, transaction
from innovation_station.errors import NotFound
from innovation_station.events import service as events
from innovation_station.events.rules import Item
from innovation_station.hosting import service
from innovation_station.hosting.models import HostNote
from innovation_station.members.models import Member
from innovation_station.notices.models import Notice
from innovation_station.registration import service as registration
from innovation_station.registration.rules import Terms
from innovation_station.repairs import service as repairs
from innovation_station.sharing import guests
from tests.conftest import MONDAY, NOW, TUESDAY, ZONE, Clock, Small, at, browser, log_in, post, statements
from tests.events.conftest import FACTS

MORNING = at(MONDAY, "08:15", "12:00")


def member(small: Small, who: str) -> Member:
    return db.session.get_one(Member, small.people[who])


@pytest.fixture
def host(app: Flask) -> FlaskClient:
    return log_in(browser(app), "host")


@pytest.fixture
def morning(app: Flask, small: Small) -> dict[str, int]:
    """Have Alva come to a desk, with a guest to a room later; Bo in the afternoon."""
    with app.app_context(), transaction():
        alva, bo = member(small, "alva"), member(small, "bo")
        desk = bookings.reserve(alva, small.a1, MORNING, now=NOW, zone=ZONE)
        room = bookings.reserve(alva, small.room, at(MONDAY, "09:00", "10:00"), now=NOW, zone=ZONE)
        late = bookings.reserve(bo, small.a2, at(MONDAY, "13:00", "15:00"), now=NOW, zone=ZONE)
        (karin,) = guests.invite(alva, room.id, [("Karin Ek", "karin@example.org")], language="sv", now=NOW)
        return {"desk": desk.id, "room": room.id, "late": late.id, "karin": karin.id}


def main_of(page: str) -> str:
    return page.partition('<div class="side-main">')[2].partition("</main>")[0]


def figures(page: str) -> list[int]:
    return [int(number) for number in re.findall(r"<dd>(\d+)</dd>", page)]


def test_the_day_lists_who_comes_and_checks_them_in(
    app: Flask, small: Small, host: FlaskClient, morning: dict[str, int]
) -> None:  # fmt: skip
    page = main_of(host.get("/staff").text)
    assert page.index("Alva Lindqvist") < page.index("Karin Ek")
    assert "Gäst till Alva Lindqvist" in page and "Bo Ek" not in page  # who comes in the afternoon is no matter now
    assert figures(page)[:2] == [0, 3]
    everybody = main_of(host.get("/staff?show=all").text)
    assert everybody.index("Karin Ek") < everybody.index("Bo Ek")

    answer = post(host, f"/bookings/{morning['desk']}/check-in", {"next": "/staff"})
    assert answer.status_code == 303 and answer.location == "/staff"
    page = main_of(host.get("/staff").text)
    assert "Här 08.10" in page and figures(page)[:2] == [1, 2]
    answer = post(host, f"/staff/arrivals/{morning['karin']}", {"act": "arrived", "next": "/staff"})
    assert answer.location == "/staff"
    page = main_of(host.get("/staff").text)
    assert page.count("Här 08.10") == 2 and figures(page)[:2] == [2, 1] and "Har gått" in page
    # nowhere else than within the house
    assert post(
        host, f"/staff/arrivals/{morning['karin']}", {"act": "left", "next": "//evil.example"}
    ).location.startswith("/staff/arrivals")


def test_names_places_and_organisations_are_found(host: FlaskClient, morning: dict[str, int]) -> None:
    page = main_of(host.get("/staff?q=ek").text)
    assert "Karin Ek" in page and "Bo Ek" in page and "<b>Alva" not in page  # at any time of the day
    page = main_of(host.get("/staff?q=lindqvist+a1").text)
    assert "<b>Alva Lindqvist</b>" in page and page.count('<li class="arr') == 1
    assert re.search(r'<button class="btn btn-s"[^>]*autofocus>', page)  # Enter checks in
    assert "Ingen med det namnet idag" in main_of(host.get("/staff?q=nobody").text)
    assert host.get("/staff?q=%F0%9F%25&show=<").status_code == 200


def test_who_did_not_come_and_what_waits(
    app: Flask, small: Small, host: FlaskClient, morning: dict[str, int], clock: Clock
) -> None:  # fmt: skip
    with app.app_context(), transaction():
        repairs.report(member(small, "bo"), small.booth, sort="light", text="Lampan blinkar", now=NOW)
        row = db.session.get_one(Booking, morning["desk"])
        row.state, row.released_at = "no-show", NOW + timedelta(minutes=40)
    clock.now = NOW + timedelta(hours=1)
    page = main_of(host.get("/staff").text)
    assert "Alva L." in page and "Släppt 08.50" in page
    assert "Lampan blinkar" in page and "/staff/faults" in page


def test_a_place_nobody_came_to_is_let_go_by_hand_and_taken_back(
    app: Flask, small: Small, host: FlaskClient, morning: dict[str, int], clock: Clock
) -> None:  # fmt: skip
    path = f"/staff/bookings/{morning['desk']}/no-show"
    with app.app_context():
        begins = db.session.get_one(Booking, morning["desk"]).start
    clock.now = begins - timedelta(minutes=1)
    page = host.get(post(host, path, {"next": "/staff"}).location).text
    assert "har inte börjat än" in page and path not in page
    clock.now = begins + timedelta(minutes=12)
    assert path in main_of(host.get("/staff").text)
    page = host.get(post(host, path, {"next": "/staff"}).location).text
    assert "A1 är ledig för andra nu." in page and f"/bookings/{morning['desk']}/restore" in page
    with app.app_context():
        row = db.session.get_one(Booking, morning["desk"])
        assert (row.state, row.released_at) == ("no-show", clock.now)
        taken = select(Allocation).where(Allocation.booking_id == row.id, Allocation.end > clock.now)
        assert not db.session.scalars(taken).all()
        told = [one.kind for one in db.session.scalars(select(Notice).where(Notice.member_id == small.people["alva"]))]
        assert "booking-released" in told
        db.session.remove()
    clock.now += timedelta(seconds=5)
    assert post(host, f"/bookings/{morning['desk']}/restore", {"next": "/staff"}).location == "/staff"
    with app.app_context():  # what was taken back at once is told to nobody
        left = [one.kind for one in db.session.scalars(select(Notice).where(Notice.member_id == small.people["alva"]))]
        assert sorted(left) == sorted(set(told) - {"booking-released"})
    post(host, f"/bookings/{morning['desk']}/check-in", {"next": "/staff"})
    page = host.get(post(host, path, {"next": "//evil.example"}).location).text
    assert "Någon har checkat in" in page and path not in page


def test_an_event_of_today_says_where_when_and_how_the_room_is_to_stand(
    app: Flask, small: Small, host: FlaskClient, clock: Clock
) -> None:  # fmt: skip
    with app.app_context():
        leader, span = member(small, "host"), at(MONDAY, "09:00", "11:00")
        with transaction():
            event = events.create(leader, replace(FACTS, titles=("Kickoff", "Kickoff")), span, now=NOW)
        item = Item(0, "talk", ("Tal", "Talk"), span, small.hall, people=30)
        with transaction():
            events.carry_out(leader, event.id, lambda known: known.with_item(item), now=NOW, zone=ZONE)
        assert "Kickoff" not in host.get("/staff").text  # a draft is no matter of the day
        with transaction():
            events.publish(leader, event.id, now=NOW, zone=ZONE)
    page = main_of(host.get("/staff").text)
    assert "<b>Kickoff</b>" in page and "börjar 09.00, om 50 minuter" in page
    assert "30 personer, klart 09.00" in page
    with app.app_context(), transaction():
        leader = member(small, "host")
        registration.settle(leader, event.id, Terms(capacity=9), now=NOW, zone=ZONE)
        gina = registration.add(leader, event.id, "Gina Gäst", "", language="sv", now=NOW).id
    page = main_of(host.get("/staff").text)
    assert "Gina Gäst" in page and "Besökare" in page and "0 av 1" in page and figures(page)[:2] == [0, 1]
    answer = post(host, f"/staff/events/{event.id}/door/{gina}", {"act": "arrived", "next": "/staff"})
    assert answer.status_code == 303 and answer.location == "/staff"
    page = main_of(host.get("/staff").text)
    assert "1 av 1" in page and "Här 08.10" in page and figures(page)[:2] == [1, 0]
    clock.now = NOW + timedelta(hours=1)
    assert "pågår till 11.00" in host.get("/staff").text


def test_the_page_stays_fresh_for_next_to_nothing(
    app: Flask, small: Small, host: FlaskClient, morning: dict[str, int]
) -> None:  # fmt: skip
    whole = host.get("/staff")
    tag = re.search(r'data-etag="([^"]+)"', whole.text)
    assert tag
    named = {"X-Part": "day", "If-None-Match": tag[1].replace("&#34;", '"')}
    assert host.get("/staff", headers=named).status_code == 304
    assert host.get("/staff?show=all", headers=named).status_code == 200
    post(host, f"/bookings/{morning['desk']}/check-in", {})
    fresh = host.get("/staff", headers=named)
    assert fresh.status_code == 200 and "Här 08.10" in fresh.text and "<main" not in fresh.text


def test_however_many_come_it_asks_as_much(
    app: Flask, small: Small, host: FlaskClient, morning: dict[str, int]
) -> None:  # fmt: skip
    host.get("/staff")
    with statements(app) as few:
        host.get("/staff?show=all")
    with app.app_context(), transaction():
        alva = member(small, "alva")
        for hour in range(10, 17):
            row = bookings.reserve(alva, small.room, at(MONDAY, f"{hour}:00", f"{hour}:30"), now=NOW, zone=ZONE)
            people = [(f"Gäst {hour}", f"g{hour}@example.org")]
            guests.invite(alva, row.id, people, language="sv", now=NOW)
            repairs.report(alva, small.a3, sort="other", text=f"fel {hour}", now=NOW + timedelta(hours=hour))
            service.write(member(small, "host"), f"Sak {hour}", MONDAY, today=MONDAY, now=NOW)
    host.get("/staff?show=all")
    with statements(app) as many:
        page = host.get("/staff?show=all")
    assert "Gäst 16" in page.text and "Sak 16" in page.text
    assert len(many) == len(few) <= 18, many


def test_notes_are_left_seen_to_and_opened_again(app: Flask, small: Small, host: FlaskClient, clock: Clock) -> None:
    assert post(host, "/staff/notes", {"text": "  Lunch   12.30 "}).status_code == 303
    assert post(host, "/staff/notes", {"text": "Nycklar", "day": f"{TUESDAY}"}).status_code == 303
    page = main_of(host.get("/staff").text)
    assert "Lunch 12.30" in page and "Nycklar" not in page and "Hanna L., 08.10" in page
    for bad, said in (
        ({"text": ""}, "Skriv vad"),
        ({"text": "x" * 301}, "300"),
        ({"text": "x", "day": "2026-11-01"}, "över"),
    ):
        answer = post(host, "/staff/notes", bad)
        assert answer.status_code == 422 and said in answer.text
    assert "2026-11-01" in answer.text  # what was typed stays
    with app.app_context():
        note = db.session.query(HostNote).filter_by(text="Lunch 12.30").one().id
    assert post(host, f"/staff/notes/{note}", {}).status_code == 303
    assert "<s>Lunch 12.30</s>" in host.get("/staff").text
    post(host, f"/staff/notes/{note}", {"undo": "1"})
    assert "<s>" not in host.get("/staff").text
    clock.now = NOW + timedelta(days=1)
    page = main_of(log_in(browser(app), "host").get("/staff").text)
    assert "Nycklar" in page and "Lunch 12.30" in page  # what nobody has seen to stays
    with app.app_context(), transaction():
        service.tick(member(small, "host"), note, done=True, now=clock.now)
    clock.now = NOW + timedelta(days=2)
    assert "Lunch 12.30" not in log_in(browser(app), "host").get("/staff").text
    with app.app_context(), transaction(), pytest.raises(NotFound, match="note-unknown"):
        service.tick(member(small, "host"), 999, done=True, now=NOW)
