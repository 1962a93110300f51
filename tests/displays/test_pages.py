"""What screens show, to whom they tell what, what a look costs, and that their addresses stay theirs."""

from __future__ import annotations

import io
import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from innovation_station import logs
from innovation_station.announcements import rules as announcements
from innovation_station.announcements import service as announcing
from innovation_station.bookings import service as bookings
from innovation_station.bookings.models import Allocation
from innovation_station.db import db, transaction
from innovation_station.displays import rules, service
from innovation_station.displays.models import Display, WalkUp
from innovation_station.displays.service import Settings
from innovation_station.events import service as events
from innovation_station.events.rules import Facts, Item
from innovation_station.members.models import Member
from innovation_station.spaces import service as spaces
from innovation_station.spaces.models import Floor, Space
from innovation_station.spaces.queries import house as read_house
from innovation_station.spaces.rules import Box
from tests.conftest import MONDAY, NOW, ZONE, Clock, Small, at, browser, log_in, post, statements
from tests.home.test_pages import words

MINUTE = timedelta(minutes=1)
PART = {"X-Part": "door", "X-Ask": "7"}


class House:
    """The small house with a screen by its room, and who looks at it."""

    def __init__(self, app: Flask, small: Small, clock: Clock) -> None:
        self.app, self.small, self.clock = app, small, clock
        self.screen = browser(app)
        self.now("10:02")

    def now(self, text: str) -> datetime:
        self.clock.now = at(MONDAY, text, "23:59").start
        return self.clock.now

    def put_up(self, wanted: Settings | None = None) -> str:
        """Put up a screen; give its address."""
        key = str(self.app.config["SECRET_KEY"])
        with self.app.app_context(), transaction():
            host = db.session.get_one(Member, self.small.people["host"])
            row = service.add(host, wanted or Settings("room", self.small.room), secret_key=key, now=self.clock.now)
            return f"/door/{rules.display_token(key, row.nonce)}"

    def book(self, start: str, end: str, who: str = "alva", space: int = 0, **more: Any) -> int:
        with self.app.app_context(), transaction():
            member = db.session.get_one(Member, self.small.people[who])
            span = at(MONDAY, start, end)
            return bookings.reserve(member, space or self.small.room, span, now=NOW, zone=ZONE, **more).id

    def room(self, name: str, x: int, **more: Any) -> int:
        with self.app.app_context(), transaction():
            floor = db.session.scalars(select(Floor)).one()
            return spaces.add_space(floor=floor, kind="room", name=name, box=Box(x, 200, 60, 60), capacity=4, **more).id

    def see(self, address: str) -> str:
        return words(self.screen.get(address).text)

    def look(self, address: str, etag: str = "") -> TestResponse:
        """Look as the script of a screen does."""
        return self.screen.get(address, headers=PART | ({"If-None-Match": etag} if etag else {}))

    def press(self, address: str, **fields: Any) -> TestResponse:
        return self.screen.post(address, data=fields)

    def rows(self, model: type[Any]) -> list[Any]:
        with self.app.app_context():
            return list(db.session.scalars(select(model)))


@pytest.fixture
def house(app: Flask, small: Small, clock: Clock) -> House:
    return House(app, small, clock)


# -- put up and taken down --------------------------------------------------------------------------------------------


def test_a_screen_shows_a_code_then_its_room_and_taken_down_the_way_to_another_address(
    house: House, small: Small
) -> None:
    staff = log_in(browser(house.app), "host")
    assert "Det här är skärmen" in house.see("/door") and house.rows(Display) == []
    begun = post(house.screen, "/door")
    address = begun.location
    assert begun.status_code == 303 and re.fullmatch(r"/door/[\w-]{43}", address)
    new = house.screen.get(address)
    code = re.search(r'id="code">([A-Z0-9]{3}-[A-Z0-9]{3})<', new.text)
    assert new.status_code == 404 and code and "10.12" in new.text
    house.now("10:13")
    late = house.screen.get(address).text
    assert 'id="code"' not in late and "Dess kod är för gammal nu" in late
    assert house.press(address, act="code").status_code == 303
    code = re.search(r'id="code">([^<]+)<', house.screen.get(address).text)
    assert code
    asked = {"code": code[1].lower(), "where": str(small.room), "language": "sv", "touch": "y", "names": "y"}
    wrong = post(staff, "/staff/displays", asked | {"code": "AAA-AAA"})
    assert wrong.status_code == 422 and "Ingen skärm visar den koden nu" in wrong.text
    assert post(staff, "/staff/displays", asked).status_code == 303
    assert "Ledigt till 18.00" in house.see(address)
    listed = words(staff.get("/staff/displays").text)
    assert "Hågelby Har kontakt" in listed and "Senast sedd 10.13" in listed
    one = staff.get(f"/staff/displays/{house.rows(Display)[0].id}")
    assert address in one.text, "staff can copy the address, and have it as a picture"
    assert post(staff, f"/staff/displays/{house.rows(Display)[0].id}", asked | {"language": "en"}).status_code == 303
    assert "Free until 18:00" in house.see(address)
    assert post(staff, f"/staff/displays/{house.rows(Display)[0].id}/take-down").status_code == 303
    gone = house.look(address)
    assert gone.status_code == 404 and 'id="part"' in gone.text and "nedtagen" in gone.text
    assert "Hågelby" not in gone.text and 'id="code"' not in gone.text and 'href="/door"' in gone.text
    assert house.press(address, act="code").status_code == 404
    again = post(house.screen, "/door").location
    shown = re.search(r'id="code">([^<]+)<', house.screen.get(again).text)
    assert shown and post(staff, "/staff/displays", asked | {"code": shown[1]}).status_code == 303
    assert "Ledigt till 18.00" in house.see(again), "the screen hangs again"
    assert house.screen.get(address).status_code == 404, "and its former address stays dead"
    house.now("10:20")
    assert post(staff, "/staff/displays", asked | {"code": "", "where": "foyer"}).location.startswith(
        "/staff/displays/"
    )
    assert "Inte öppnad än" in words(staff.get("/staff/displays").text)


def test_the_address_is_a_secret(house: House) -> None:
    address, written = house.put_up(), io.StringIO()
    token = address.removeprefix("/door/")
    logs.configure("json", "debug", written)
    try:
        answers = [house.look(address), house.press(address, act="take", minutes="15"), house.press(address, act="x")]
        house.screen.get(f"{address}x?token={token}")
        logs.structlog.get_logger("x").warning("odd", at=f"http://localhost{address}?ask=end")
    finally:
        logs.configure("json", "error")
    assert "/door/" in written.getvalue() and token not in written.getvalue()
    for answer in answers:
        assert answer.headers["Referrer-Policy"] == "no-referrer" and answer.headers["X-Robots-Tag"] == "noindex"
        assert "Set-Cookie" not in answer.headers and answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Now"].isdigit() and "Content-Encoding" not in answer.headers
    row = house.rows(Display)[0]
    assert token not in str(vars(row)) and row.token_hash == rules.token_hash(token)
    for wrong in (token[:-1], "a" * 43, "..", "x" * 400):
        assert house.screen.get(f"/door/{wrong}").status_code == 404
    elsewhere = {"Origin": "https://evil.example"}
    assert house.screen.post(address, data={"act": "take", "minutes": "15"}, headers=elsewhere).status_code == 400


# -- what the screen by a door shows ----------------------------------------------------------------------------------


def test_a_taken_room_says_by_what_until_when_and_where_else_to_go(house: House, small: Small) -> None:
    house.book("10:00", "11:00", title="Styrelsen", public=True)
    house.book("11:00", "12:00", "bo", title="Löner", public=False)
    beside = house.room("Visättra", 650)
    house.room("Björnkulla", 20)
    address = house.put_up()
    page = house.screen.get(address).text
    said = words(page)
    assert 'class="screen is-taken"' in page and 'class="disc"' in page and 'class="ring"' not in page
    assert "Upptaget till 12.00" in said, "what follows at once counts with it"
    assert "Nu Styrelsen 10.00–11.00, Alva L." in said and "Öppet 08.00–18.00 idag" in said
    assert "11.00 Bokad till 12.00" in said and "Löner" not in said and "Bo E" not in said
    assert "12.00 Ledigt till 18.00" in said and "Ledigt rum just nu: Visättra , 4 platser" in said
    house.book("10:00", "11:00", "bo", space=beside)
    assert "Ledigt rum just nu: Björnkulla" in house.see(address)
    quiet = house.put_up(Settings("room", small.room, names=False))
    assert "Styrelsen" not in house.see(quiet) and "Alva" not in house.see(quiet)
    both = house.see(house.put_up(Settings("room", small.room, language="both")))
    assert "Upptaget Taken till 12.00 until 12:00" in both
    ink = house.screen.get(house.put_up(Settings("room", small.room, language="en", ink=True))).text
    assert "is-ink" in ink and 'id="clock"' not in ink and 'data-poll="60"' in ink and "Taken" in ink


def test_a_closed_room_says_so_and_what_is_its_event(house: House, small: Small) -> None:
    with house.app.app_context(), transaction():
        host = db.session.get_one(Member, small.people["host"])
        event = events.create(host, Facts(("Kickoffen", "The kickoff")), at(MONDAY, "13:00", "15:00"), now=NOW)
        item = Item(0, "talk", ("Start", "Start"), at(MONDAY, "13:00", "15:00"), small.room)
        events.carry_out(host, event.id, lambda programme: programme.with_item(item), now=NOW, zone=ZONE)
        events.publish(host, event.id, now=NOW, zone=ZONE)
    address = house.put_up()
    assert "Ledigt till 13.00" in house.see(address) and "13.00 Kickoffen till 15.00" in house.see(address)
    house.now("14:00")
    assert "Upptaget till 15.00" in house.see(address) and "Nu Kickoffen" in house.see(address)
    house.now("19:00")
    page = house.screen.get(address).text
    assert "Stängt för idag" in words(page) and 'value="take"' not in page


def test_a_room_is_taken_and_ended_at_its_door_without_a_script(house: House, small: Small) -> None:
    house.book("11:00", "12:00")
    address = house.put_up()
    page = house.screen.get(address).text
    offers = re.findall(r'name="minutes" value="(\d+)"><button class="press "( disabled)?>', page)
    assert offers == [("15", ""), ("30", ""), ("60", "")], offers
    house.now("10:20")
    page = house.screen.get(address).text
    assert re.findall(r'value="(\d+)"><button class="press "( disabled)?>', page)[-1] == ("60", " disabled")
    assert "Hågelby är bokad 11.00–12.00." in words(page), "and says why"
    assert house.press(address, act="take", minutes="30").status_code == 303
    said = house.see(address)
    assert "Upptaget till 10.45" in said and "Nu Bokad vid dörren 10.20–10.45" in said
    with house.app.test_request_context():
        shown = log_in(browser(house.app), "bo").get(f"/book?date={MONDAY}&kind=room").text
    assert "Drop-in vid dörren" in shown and "tl-seg is-event" not in shown
    assert house.press(address, act="take", minutes="60").status_code in (303, 409)
    house.now("10:25")
    late = house.press(address, act="take", minutes="15")
    assert late.status_code == 409 and 'role="alert"' in late.text and "10.20–10.45" in late.text
    assert f'href="{address}?ask=end"' in house.screen.get(address).text
    sure = house.screen.get(f"{address}?ask=end").text
    ended = re.search(r'value="walk-up"><input type="hidden" name="id" value="(\d+)"', sure)
    assert "Avsluta nu? Då kan andra ta rummet." in words(sure) and ended
    assert house.press(address, act="end", kind="walk-up", id=ended[1]).status_code == 303
    assert "Fortsätt ändå" in house.see(address) and "Ledigt till 11.00" in house.see(address)
    assert house.press(address, act="undo").status_code == 303 and "Upptaget till 10.45" in house.see(address)
    assert [row.display_id for row in house.rows(WalkUp)] == [house.rows(Display)[0].id]
    for nonsense in ({"act": "take", "minutes": "x"}, {"act": "end", "id": "9" * 30}, {}):
        assert house.press(address, **nonsense).status_code == 422
    looks = house.put_up(Settings("room", small.room, touch=False))
    assert house.press(looks, act="take", minutes="15").status_code == 403
    assert 'method="post"' not in house.screen.get(looks).text
    with house.app.app_context(), transaction():
        db.session.get_one(Space, small.room).archived_at = NOW
        db.session.get_one(Space, small.room).bookable = False
        spaces.changed()
    house.now("10:50")
    assert "Stängt" in house.see(looks), "a room that is there no more"
    assert log_in(browser(house.app), "host").get("/staff/displays").status_code == 200


def test_who_has_booked_checks_in_at_the_door(house: House) -> None:
    booking = house.book("10:15", "11:00", title="Möte", public=True)
    address = house.put_up()
    assert "Ledigt till 10.15" in house.see(address) and "Bokat 10.15–11.00. Checka in" in house.see(address)
    assert house.press(address, act="check-in", id=booking).status_code == 303
    house.now("10:20")
    assert "Incheckad 10.02" in house.see(address) and "Avsluta nu" in house.see(address)
    assert house.press(address, act="end", kind="booking", id=booking).status_code == 303
    with house.app.app_context():
        assert db.session.scalars(select(Allocation.end)).one() == house.clock.now


# -- the foyer --------------------------------------------------------------------------------------------------------


def test_the_foyer_shows_what_everybody_may_know_and_no_more(house: House, small: Small) -> None:
    house.book("10:00", "11:00", title="Öppet möte", public=True)
    house.book("12:00", "13:00", "bo", title="Hemligt", public=False)
    house.book("10:00", "12:00", "bo", space=small.a1, title="Skrivbord", public=False)
    address = house.put_up(Settings("foyer"))
    said = house.see(address)
    assert "Pågår nu 10.00 Öppet möte Hågelby , till 11.00" in said and "Alva L." in said
    assert "Scenen" in said and "ledigt till 18.00" in said
    assert "Hemligt" not in said and "Bo E" not in said and "Skrivbord" not in said
    assert "Alva" not in house.see(house.put_up(Settings("foyer", names=False)))
    with house.app.app_context(), transaction():
        above = spaces.add_floor(names=("Plan 7", "Floor 7"), width=100, height=100, shapes=[])
        spaces.add_space(floor=above, kind="room", name="Takrummet", box=Box(0, 0, 50, 50), capacity=4)
    said = house.see(address)
    assert "Öppet möte Hågelby, Plan 6" in said and "Plan 7 Takrummet 4 platser, ledigt till 18.00" in said
    with statements(house.app) as first:
        house.see(address)
    for number in range(3):
        house.book(f"{13 + number}:00", f"{14 + number}:00", title=f"Nummer {number}", public=True)
    with statements(house.app) as more:
        house.see(address)
    assert len(more) == len(first) <= 7, more
    assert house.press(address, act="take", minutes="15").status_code == 404


def test_what_is_announced_stands_on_the_screens_that_it_concerns_as_long_as_it_holds(
    house: House, small: Small
) -> None:
    def announce(text: tuple[str, str], until: str = "18:00", **more: Any) -> int:
        with house.app.app_context(), transaction():
            host, stands = db.session.get_one(Member, small.people["host"]), at(MONDAY, "10:00", until)
            facts = announcements.Facts(text, stands, pages=frozenset({"display"}), **more)
            return announcing.announce(host, facts, read_house(), now=NOW).id

    door, foyer = house.put_up(Settings("room", small.room, language="both")), house.put_up(Settings("foyer"))
    etags = {one: house.look(one).headers["ETag"] for one in (door, foyer)}
    lift = announce(("Hissen står", "The lift stands still"), "10:04", level="important")
    announce(("Bordet är målat", ""), place=("space", small.a1))
    at_door, in_foyer = (house.look(one, etags[one]) for one in (door, foyer))
    assert at_door.status_code == in_foyer.status_code == 200, "what is announced is a change"
    assert "Viktigt: Important: Hissen står The lift stands still" in words(at_door.text)
    assert "Bordet är målat" not in at_door.text and "A1 : Bordet är målat" in words(in_foyer.text)
    announce(("", "Paint is wet"), place=("space", small.room), happens=at(MONDAY, "11:00", "12:00"))
    again = house.look(door, at_door.headers["ETag"])
    assert '<span class="main" lang="en">Paint is wet</span>' in again.text and "11.00–12.00" in words(again.text)
    house.now("10:04")
    over = house.look(door, again.headers["ETag"])
    assert over.status_code == 200 and "Hissen" not in over.text and "Paint is wet" in over.text
    urgent = announce(("Utrym", "Leave"))
    assert urgent > lift and "Utrym" in house.see(foyer)
    with house.app.app_context(), transaction():
        announcing.withdraw(db.session.get_one(Member, small.people["host"]), urgent, now=house.clock.now)
    assert "Utrym" not in house.see(foyer)


# -- what a look costs ------------------------------------------------------------------------------------------------


def test_an_unchanged_screen_costs_one_statement_and_what_changed_is_told(house: House, small: Small) -> None:
    address = house.put_up(Settings("room", small.room, ink=True))
    with statements(house.app) as first:
        shown = house.look(address)
    assert shown.status_code == 200 and "<html" not in shown.text and shown.headers["X-Asked"] == "7"
    assert len([one for one in first if not one.startswith("UPDATE display")]) <= 7, first
    etag = shown.headers["ETag"]
    with statements(house.app) as again:
        same = house.look(address, etag)
    assert same.status_code == 304 and len(again) == 1, again
    assert same.headers["X-Until"] == shown.headers["X-Until"]
    assert same.headers["X-Asked"] == "7" and same.headers["X-Now"] == shown.headers["X-Now"]
    house.now("10:08")
    assert house.look(address, etag).status_code == 304, "five minutes on nothing is other, and nothing is drawn anew"
    house.book("12:00", "13:00")
    changed = house.look(address, etag)
    assert changed.status_code == 200 and "till 12.00" in words(changed.text)
    until = re.search(r'data-until="(\d+)"', changed.text)
    assert until and int(until[1]) == at(MONDAY, "11:45", "12:00").start.timestamp() * 1000, "one may check in then"
    house.now("12:00")
    assert "Upptaget till 13.00" in words(house.look(address, changed.headers["ETag"]).text)
    with statements(house.app) as busy:
        house.look(address)
    assert len(busy) <= 7, busy


def test_that_a_screen_was_seen_is_written_once_a_minute(house: House) -> None:
    address = house.put_up()
    etag = house.look(address).headers["ETag"]
    seen = house.rows(Display)[0]
    assert seen.last_seen_at == house.clock.now and seen.shows == etag[3:-1]
    house.clock.now += timedelta(seconds=30)
    house.look(address, etag)
    assert house.rows(Display)[0].last_seen_at == seen.last_seen_at
    house.clock.now += timedelta(seconds=40)
    house.look(address, etag)
    assert house.rows(Display)[0].last_seen_at == house.clock.now


def test_a_screen_that_waits_for_its_code_is_not_forgotten(house: House) -> None:
    address = post(house.screen, "/door").location
    for _days in range(2):
        house.clock.now += rules.NEW_KEPT - timedelta(days=1)
        assert "för gammal" in house.look(address).text
    assert house.rows(Display)[0].last_seen_at == house.clock.now
    post(house.screen, "/door")
    assert house.look(address).status_code == 404 and 'id="part"' in house.look(address).text
