"""What the house announces at a time, in the calendars of the places that it concerns."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from innovation_station.announcements import service
from innovation_station.announcements.rules import Facts
from innovation_station.db import db, transaction
from innovation_station.members.models import Member
from innovation_station.spaces.queries import house
from tests.calendars.conftest import Feeds
from tests.conftest import MONDAY, NOW, TUESDAY, Clock, Small, at

STANDS = at(MONDAY, "08:00", "20:00")
DRILL = at(TUESDAY, "10:00", "11:00")
Poll = Callable[..., Any]


@pytest.fixture
def told(app: Flask, small: Small) -> Callable[..., int]:
    """Give a function that announces a fire drill, or changes one."""

    def made(number: int = 0, **more: Any) -> int:
        with app.app_context(), transaction():
            host = db.session.get_one(Member, small.people["host"])
            facts = Facts(
                **{"texts": ("Brandövning", ""), "stands": STANDS, "happens": DRILL, "in_feeds": True, **more}
            )
            if number:
                return service.change(host, number, facts, house(), now=NOW + timedelta(minutes=1)).id
            return service.announce(host, facts, house(), now=NOW).id

    return made


def entries(answer: Any) -> list[str]:
    text = answer.text.replace("\r\n ", "")
    return [part for part in text.split("BEGIN:VEVENT")[1:] if "UID:announcement-" in part]


def test_it_is_in_the_calendars_of_what_it_concerns(
    app: Flask,
    small: Small,
    feeds: Feeds,
    poll: Poll,
    told: Callable[..., int],
    ics_faults: Callable[[bytes], list[str]],
) -> None:
    with app.app_context():
        zone, floor = house().places[small.a1].zone_id, house().places[small.a1].floor_id
    desk, room = feeds.of("space", small.a1), feeds.of("space", small.room)
    busy, english = feeds.of("space", small.a1, level="busy"), feeds.of("zone", zone, language="en")
    staff = feeds.of("staff", who="host")
    for place, in_desk, in_room in (
        (None, 1, 1), (("floor", floor), 1, 1), (("zone", zone), 1, 0), (("space", small.room), 0, 1),
    ):  # fmt: skip
        number = told(place=place)
        assert [len(entries(poll(path))) for path in (desk, room)] == [in_desk, in_room], place
        assert len(entries(poll(english))) == in_desk and len(entries(poll(staff))) == 1
        # who learns no more than that the time is taken learns nothing of it: it takes none
        assert entries(poll(busy)) == entries(poll(f"/calendar/spaces/{small.room}.ics")) == []
        told(number, place=place, in_feeds=False, pages=frozenset({"today"}))
        assert entries(poll(desk)) == entries(poll(room)) == []
    told(in_feeds=False, pages=frozenset({"today"}))
    assert entries(poll(desk)) == []
    told()
    answer = poll(english)
    (entry,) = entries(answer)
    assert "SUMMARY:Brandövning\r\n" in entry and "TRANSP:TRANSPARENT" in entry and ics_faults(answer.data) == []
    assert "DTSTART;TZID=Europe/Stockholm:20261124T100000" in entry


def test_it_changes_under_its_uid_and_is_cancelled_when_withdrawn(
    app: Flask, small: Small, feeds: Feeds, poll: Poll, told: Callable[..., int], clock: Clock,
    ics_faults: Callable[[bytes], list[str]],
) -> None:  # fmt: skip
    path, number = feeds.of("space", small.a1), told()
    first = poll(path)
    (entry,) = entries(first)
    uid = next(line for line in entry.split("\r\n") if line.startswith("UID:"))
    assert "SEQUENCE:0" in entry and "STATUS:CONFIRMED" in entry
    tag = {"If_None_Match": first.headers["ETag"]}
    assert poll(path, **tag).status_code == 304
    told(number, level="important")  # says the same in calendars
    assert poll(path, **tag).status_code == 304
    told(number, happens=at(TUESDAY, "13:00", "14:00"))
    moved = poll(path, **tag)
    (entry,) = entries(moved)
    assert moved.status_code == 200 and uid in entry and "SEQUENCE:1" in entry and "T130000" in entry
    with app.app_context(), transaction():
        host = db.session.get_one(Member, small.people["host"])
        service.withdraw(host, number, now=NOW + timedelta(minutes=2))
    answer = poll(path)
    (entry,) = entries(answer)
    assert uid in entry and "SEQUENCE:2" in entry and "STATUS:CANCELLED" in entry
    assert "SUMMARY:Inställt: Brandövning" in entry and ics_faults(answer.data) == []
