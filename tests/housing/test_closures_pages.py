"""The page on which the house is closed: whom it hits is shown, decided about, and told; and it is opened again."""

from __future__ import annotations

import re

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from innovation_station.audit import queries as audit
from innovation_station.audit.models import AuditEntry
from innovation_station.bookings import service
from innovation_station.bookings.models import Allocation, Booking
from innovation_station.db import db, transaction
from innovation_station.members.models import Member
from innovation_station.repairs import service as repairs
from innovation_station.spaces.models import Closure
from tests.conftest import NOW, TUESDAY, ZONE, Clock, Small, at, browser, log_in, post

PATH = "/staff/house/closures"
DAY = {
    "first": "2026-11-24", "start": "00:00", "last": "2026-11-24", "end": "00:00",
    "reason_sv": "Golvet slipas", "reason_en": "The floor is sanded",
}  # fmt: skip


def booked(app: Flask, small: Small, space: int, start: str, end: str, who: str = "alva") -> int:
    with app.app_context(), transaction():
        member = db.session.get_one(Member, small.people[who])
        return service.reserve(member, space, at(TUESDAY, start, end), now=NOW, zone=ZONE).id


def send(client: FlaskClient, **data: str) -> tuple[int, str]:
    answer = post(client, PATH, DAY | data)
    return answer.status_code, answer.text


def token_of(page: str) -> str:
    found = re.search(r'name="token" value="(\w+)"', page)
    assert found
    return found[1]


def test_a_zone_is_closed_once_everybody_in_it_is_decided_about(app: Flask, small: Small) -> None:
    host = log_in(browser(app, "en"), "host")
    first, second = booked(app, small, small.a1, "09:00", "10:00"), booked(app, small, small.a2, "13:00", "14:00", "bo")
    status, page = send(host, where="zone-1", act="look")
    assert status == 200 and "It hits 2 bookings" in page and "Bo E.</span>" in page
    assert page.count("No place like it is free.") == 2  # all three desks of the zone are closed
    status, page = send(host, where="zone-1", act="close")
    assert status == 409 and "It hits 2 bookings" in page
    token = token_of(page)
    half = {f"hit-{first}": "cancel", f"hit-{second}": "", "hit-987654": "cancel"}
    status, page = send(host, where="zone-1", act="close", token=token, **half)
    assert status == 409 and "It would hit bookings: 1" in page and f'id="hit-{first}-cancel"' in page
    status, _page = send(host, where="zone-1", act="close", token=token, **half | {f"hit-{second}": "keep"})
    assert status == 303
    page = host.get(PATH).text
    assert "Desk A1, Desk A2, Desk A3" in page and "The floor is sanded" in page and "Tue 24 Nov 00:00–24:00" in page
    with app.app_context():
        states = dict(db.session.execute(select(Booking.id, Booking.state)).all())  # type: ignore[arg-type]
        assert states == {first: "cancelled", second: "confirmed"}
        (entry,) = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "house.closed"))
        closure = entry.subject_id
        (told,) = audit.about("closure", closure, limit=2)
        assert (told.after["cancel"], told.after["keep"]) == (1, 1)  # what was done, whatever else was sent
    # the Book page says it at once
    assert "Golvet slipas" in log_in(browser(app)).get("/book?date=2026-11-24").text
    answer = post(host, f"{PATH}/{closure}/open", {})
    assert answer.status_code == 303 and "Nothing is closed." in host.get(PATH).text
    with app.app_context():
        assert list(db.session.scalars(select(Closure))) == []
        assert list(db.session.scalars(select(Allocation).where(Allocation.closure_id.is_not(None)))) == []


def test_what_hits_nobody_is_closed_at_once(app: Flask, small: Small) -> None:
    host = log_in(browser(app, "en"), "host")
    assert send(host, where="house", act="close")[0] == 303
    assert "The whole house" in host.get(PATH).text
    assert send(host, where=f"space-{small.room}", act="close", last="2026-11-25")[0] == 303


def test_what_cannot_be_closed_is_said(app: Flask, small: Small, clock: Clock) -> None:
    host = log_in(browser(app, "en"), "host")
    for data, said in (
        ({"where": "house", "first": "2026-11-20", "last": "2026-11-20"}, "That time is over."),
        ({"where": "house", "last": "2028-11-24"}, "Take it out of booking instead."),
        ({"where": "house", "reason_sv": "", "reason_en": " "}, "Write why it is closed"),
        ({"where": "house", "first": "2026-11-25"}, "The end must come after the start."),
        ({"where": "house", "first": "x"}, "Write the date as"),
        ({"where": "house", "first": "2027-03-28", "last": "2027-03-28", "start": "02:30"}, "does not exist"),
        ({"where": "cellar-1"}, "Not a valid choice"),
    ):
        status, page = send(host, act="close", **data)
        assert status == 422 and said in page, data
        assert 'value="2026-11-24"' in page or "first" in data  # what was typed stands
    assert post(host, f"{PATH}/987654/open", {}).status_code == 404


def test_what_a_fault_has_closed_opens_with_it(app: Flask, small: Small, clock: Clock) -> None:
    host = log_in(browser(app, "en"), "host")
    with app.app_context(), transaction() as session:
        actor = session.get_one(Member, small.people["host"])
        report = repairs.report(actor, small.a1, sort="light", text="", now=clock.now)
        closure = repairs.close(report.id, TUESDAY, actor=actor, now=clock.now, zone=ZONE).id
    assert f"{PATH}/{closure}/open" not in host.get(PATH).text
    answer = post(host, f"{PATH}/{closure}/open", {})
    assert answer.status_code == 422 and "It opens when that is mended" in answer.text
    with app.app_context():
        assert db.session.get(Closure, closure) is not None
