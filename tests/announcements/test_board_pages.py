"""Announcements where they stand: on which pages, for whom, how long, and hidden by whom."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from innovation_station.announcements import personal, queries, service
from innovation_station.announcements.models import Announcement, AnnouncementHidden
from innovation_station.announcements.rules import Facts
from innovation_station.db import db, transaction
from innovation_station.errors import DomainError
from innovation_station.members.models import Member
from innovation_station.personal import Subject
from innovation_station.spaces.queries import house
from tests.conftest import MONDAY, NOW, TUESDAY, Clock, Small, at, browser, log_in, post, statements

TODAY = at(MONDAY, "08:00", "18:00")
EVERYWHERE = frozenset({"start", "today", "book", "display"})
Announce = Callable[..., int]


@pytest.fixture
def announce(app: Flask, small: Small) -> Announce:
    """Give a function that puts an announcement up."""

    def made(sv: str = "Hissen står", en: str = "The lift stands still", **more: Any) -> int:
        with app.app_context(), transaction():
            facts = Facts((sv, en), **{"stands": TODAY, "pages": EVERYWHERE, **more})
            return service.announce(host(small), facts, house(), now=NOW).id

    return made


def host(small: Small) -> Member:
    return db.session.get_one(Member, small.people["host"])


def changed(app: Flask, small: Small, number: int, **more: Any) -> Announcement:
    with app.app_context(), transaction():
        facts = Facts(**{"texts": ("Hissen står", ""), "stands": TODAY, "pages": EVERYWHERE, **more})
        return service.change(host(small), number, facts, house(), now=NOW)


def test_it_stands_where_and_as_long_as_was_chosen(
    app: Flask, small: Small, client: FlaskClient, announce: Announce, clock: Clock
) -> None:
    alva, english = log_in(browser(app), "alva"), log_in(browser(app, "en"), "alva")
    pages = {"start": (client, "/"), "today": (alva, "/"), "book": (alva, "/book")}
    for page in pages:
        text = f"Bara på {page}"
        announce(text, "", pages=frozenset({page}))
        for other, (reader, path) in pages.items():
            assert (text in reader.get(path).text) == (page == other), (page, other)
    announce(happens=at(TUESDAY, "10:00", "11:00"))
    told = english.get("/").text
    assert "The lift stands still" in told and "Tuesday 24 November, 10:00–11:00" in told
    assert '<span class="said" lang="sv">Bara på today</span>' in told  # said in Swedish alone
    clock.now = TODAY.end
    assert "Hissen står" not in client.get("/").text
    clock.now = NOW - timedelta(minutes=11)
    assert "Hissen står" not in client.get("/").text


def test_what_concerns_a_place_says_so_and_stands_on_its_sheet(app: Flask, small: Small, announce: Announce) -> None:
    alva, room, desk = log_in(browser(app), "alva"), f"/book/{small.room}", f"/book/{small.a1}"
    with app.app_context():
        places = house().places
        zone, floor = places[small.a1].zone_id, places[small.a1].floor_id
        db.session.rollback()  # SQLite shows the pages below what stood when this began
        for place, on_room, on_desk in (
            (("space", small.room), 1, 0),
            (("zone", zone), 0, 1),
            (("floor", floor), 1, 1),
        ):
            number = announce(f"Stör {place[0]}", "", place=place)
            for path, stands in ((room, on_room), (desk, on_desk)):
                sheet = alva.get(path, headers={"X-Part": "sheet"}).text
                assert sheet.count(f"Stör {place[0]}</span>") == stands, (place, path)
            assert len(queries.on_door(NOW, places[small.room])) == on_room
            with transaction():
                service.withdraw(host(small), number, now=NOW)
        announce("Trasig", "", place=("space", small.room))
    assert '<b class="said">Hågelby:</b>' in alva.get("/book").text
    assert "Trasig" not in alva.get(desk, headers={"X-Part": "sheet"}).text


def test_who_has_read_it_hides_it_until_it_says_something_else(app: Flask, small: Small, announce: Announce) -> None:
    alva, bo = log_in(browser(app), "alva"), log_in(browser(app), "bo")
    number, urgent = announce(), announce("Vattnet är avstängt", "", level="important")
    page = alva.get("/").text
    assert page.index("Vattnet är avstängt") < page.index("Hissen står") and page.count('/hide"') == 1
    answer = post(alva, f"/announcements/{number}/hide", {"next": "/book"})
    assert answer.status_code == 303 and answer.location == "/book"
    assert "Hissen står" not in alva.get("/").text and "Hissen står" in bo.get("/").text
    assert post(alva, f"/announcements/{number}/hide", {"undo": "1", "next": "//evil.example"}).location == "/"
    assert "Hissen står" in alva.get("/").text
    post(alva, f"/announcements/{number}/hide")
    post(alva, f"/announcements/{number}/hide")
    changed(app, small, number, texts=("Hissen går igen", ""))
    assert "Hissen går igen" in alva.get("/").text
    refused = post(alva, f"/announcements/{urgent}/hide")
    assert refused.status_code == 422 and "Låt det stå kvar tills det är över" in refused.text
    with app.app_context(), transaction():
        assert personal.personal.classes[0].records(small.people["alva"])[0].title == "Hissen går igen"
        assert personal.personal.classes[0].purge(NOW + timedelta(days=60), []) == 1
        post_hidden = service.hide(small.people["alva"], number, now=NOW)
        assert post_hidden and personal.personal.classes[0].erase(Subject(small.people["alva"], "", ""), NOW) == 1
        assert db.session.query(AnnouncementHidden).count() == 0


def test_what_cannot_be_announced_says_why(app: Flask, small: Small, announce: Announce) -> None:
    number = announce()
    long = at(MONDAY, "08:00", "09:00")
    for more, code in (
        ({"texts": (" ", "")}, "announcement-empty"), ({"texts": ("x" * 301, "")}, "event-text-long"),
        ({"level": "loud"}, "event-choice"), ({"pages": frozenset()}, "announcement-nowhere"),
        ({"pages": frozenset({"moon"})}, "announcement-nowhere"), ({"in_feeds": True}, "announcement-timeless"),
        ({"place": ("space", 999)}, "space-unknown"), ({"place": ("moon", 1)}, "space-unknown"),
        ({"stands": type(long)(long.start, long.start + timedelta(days=400))}, "announcement-long"),
    ):  # fmt: skip
        with pytest.raises(DomainError) as found:
            changed(app, small, number, **more)
        assert [refusal.code for refusal in found.value.refusals] == [code]
    with app.app_context(), transaction():
        service.withdraw(host(small), number, now=NOW)
        assert service.withdraw(host(small), number, now=NOW).sequence == 1  # twice is the same as once
    for who, code in (("host", "announcement-gone"), ("alva", "announcement-staff")):
        with app.app_context(), pytest.raises(DomainError) as found, transaction():
            by = db.session.get_one(Member, small.people[who])
            service.change(by, number, Facts(("x", ""), TODAY, pages=EVERYWHERE), house(), now=NOW)
        assert found.value.refusals[0].code == code


def test_staff_put_up_change_and_withdraw(app: Flask, small: Small, client: FlaskClient) -> None:
    staff, to = log_in(browser(app), "host"), "/staff/announcements"
    assert post(staff, to, {"text_sv": ""}).status_code == 422
    form = {
        "text_sv": "Brandövning", "level": "information", "place": f"space:{small.room}", "pages": ["start", "today"],
        "from_date": "2026-11-23", "from_time": "08:00", "until_date": "2026-11-24", "until_time": "12:00",
    }  # fmt: skip
    for wrong in (
        {"until_time": "07:00", "until_date": "2026-11-23"}, {"from_date": "x"}, {"start_time": "10:00"},
        {"start_date": "2026-11-24", "start_time": "10:00", "end_time": "09:00"}, {"pages": ["moon"]},
        {"until_date": "2027-03-28", "until_time": "02:30"}, {"place": "space:x"}, {"in_feeds": "1"},
    ):  # fmt: skip
        assert post(staff, to, form | wrong).status_code == 422, wrong
    times = {"start_date": "2026-11-24", "start_time": "10:00", "end_time": "11:00", "in_feeds": "1"}
    assert post(staff, to, form | times).status_code == 303
    with app.app_context():
        (row,) = queries.for_staff(NOW)
        assert row.happens == at(TUESDAY, "10:00", "11:00") and row.place == ("space", small.room) and row.in_feeds
        assert row.facts.pages == {"start", "today"} and row.shown_until == at(TUESDAY, "11:00", "12:00").end
    shown = staff.get(f"{to}/{row.id}").text
    assert f'selected value="space:{small.room}"' in shown and 'value="11:00"' in shown
    assert post(staff, f"{to}/{row.id}", form | times).status_code == 303
    with app.app_context():
        assert db.session.get_one(Announcement, row.id).revision == 0  # nothing was changed
    assert post(staff, f"{to}/{row.id}", form | times | {"start_time": "10:30"}).status_code == 303
    assert "Brandövning" in client.get("/").text
    assert post(staff, f"{to}/{row.id}/withdraw").status_code == 303
    assert "Brandövning" not in client.get("/").text and "Nedtaget" in staff.get(to).text
    with app.app_context():
        said = [action for (action,) in db.session.execute(db.text("select action from audit_entry order by id"))]
        kept = db.session.get_one(Announcement, row.id)
        assert (kept.sequence, kept.revision) == (2, 2)
    assert [one for one in said if one.startswith("announcement.")] == [
        "announcement.made", "announcement.changed", "announcement.withdrawn",
    ]  # fmt: skip


def test_pages_ask_once_at_most_however_much_is_announced(app: Flask, client: FlaskClient, announce: Announce) -> None:
    alva = log_in(browser(app), "alva")
    asked = ((client, "/"), (alva, "/"), (alva, "/book"))

    def cost() -> list[int]:
        found = []
        for reader, path in asked:
            reader.get(path)
            with statements(app) as seen:
                assert reader.get(path).status_code == 200
            found.append(len([one for one in seen if "announcement" in one]))
        return found

    assert cost() == [0, 0, 0]  # known for a quarter of a minute
    announce()
    assert cost() == [0, 1, 1]  # what the reader has hidden
    for number in range(12):
        announce(f"Nummer {number}", "")
    assert cost() == [0, 1, 1]
    assert client.get("/").text.count("announced") == queries.MOST
