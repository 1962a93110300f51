"""The schedule of a day: what it shows, and what becomes of a session that is pulled elsewhere."""

from __future__ import annotations

import html
import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from innovation_station.bookings.models import Booking
from innovation_station.db import db
from innovation_station.events import queries
from innovation_station.events.models import Event
from tests.conftest import TUESDAY, at, browser, log_in, post, statements
from tests.events.conftest import Stage, talk
from tests.events.test_event_pages import each_request_by_itself, main

assert each_request_by_itself
PART = {"X-Part": "sheet"}


@pytest.fixture
def host(app: Flask) -> FlaskClient:
    return log_in(browser(app), "host")


def session_of(event: Event, name: str) -> int:
    return next(row.id for row in queries.whole(event).sessions if row.title_sv == name)


def pull(client: FlaskClient, event: Event, session: int, space: int, start: str, end: str, part: bool = True):  # type: ignore[no-untyped-def]
    sent = {"space": space, "date": TUESDAY.isoformat(), "start": start, "end": end}
    return post(client, f"/staff/events/{event.id}/sessions/{session}/move", sent, headers=PART if part else {})


def test_the_grid_shows_the_day_place_by_place(app: Flask, host: FlaskClient, stage: Stage, two_days: Event) -> None:
    stage.book("alva", stage.rooms["Björnkulla"], at(TUESDAY, "10:00", "11:00"), "Styrelsen")
    stage.add(two_days, talk(TUESDAY, "09:30", "10:00", titles=("Kaffe", ""), kind="mingle"))
    path = f"/staff/events/{two_days.id}/grid"
    answer = host.get(f"{path}?date={TUESDAY}")
    text = main(answer.text)
    for said in (
        "Tisdag 24 november",
        "Huvudtal",
        "Kaffe",
        "Ingen av husets platser",
        "Bokad",
        "Lunch",
        "Onsdag 25 november",
    ):
        assert said in text, said
    hall = re.search(rf'id="row-{stage.rooms["hall"]}".*?</div></div>', answer.text, re.DOTALL)
    assert hall and 'class="tl-cell s36 e48"' in hall[0] and 'data-at="540" data-till="720"' in hall[0]
    part = re.search(rf'id="row-{stage.rooms["west"]}".*?</div></div>', answer.text, re.DOTALL)
    assert part and "Huvudtal" in part[0] and "data-move" not in part[0], "a part is taken with the whole"
    assert "Styrelsen" not in text and "Alva" not in text
    tag = html.unescape(re.search(r'data-etag="([^"]+)"', answer.text)[1])  # type: ignore[index]
    asked = {"X-Part": "day", "If-None-Match": tag}
    assert host.get(f"{path}?date={TUESDAY}", headers=asked).status_code == 304
    with statements(app) as small:
        host.get(path)
    for hour in range(8, 14):
        stage.add(
            two_days, talk(TUESDAY, f"{hour:02}:00", f"{hour:02}:30", stage.rooms["Alby" if hour == 8 else "Visättra"])
        )
    with statements(app) as large:
        host.get(path)
    assert len(large) == len(small)


def test_what_is_odd_stands_in_the_grid(host: FlaskClient, stage: Stage, two_days: Event) -> None:
    stage.add(two_days, talk(TUESDAY, "10:00", "11:00", stage.rooms["hall"], titles=("Dubbel", ""), people=90))
    page = host.get(f"/staff/events/{two_days.id}/grid").text
    assert "«Huvudtal» och «Dubbel» har Scenen samtidigt." in main(page) and "is-odd" in page
    assert "ln1of2" in page and "ln2of2" in page
    label = re.search(r'aria-label="(Dubbel, [^"]+)"', page)
    assert label and "samtidigt" in label[1] and "90" in label[1]


def test_a_pull_is_done_at_once_where_nobody_is_in_the_way(host: FlaskClient, stage: Stage, two_days: Event) -> None:
    talks = session_of(two_days, "Huvudtal")
    answer = pull(host, two_days, talks, stage.rooms["Alby"], "09:15", "11:45")
    assert answer.status_code == 200 and "«Huvudtal»: Alby, 09.15–11.45." in html.unescape(answer.text)
    assert stage.held(two_days)[stage.rooms["Alby"]] == [at(TUESDAY, "09:15", "11:45"), at(TUESDAY, "12:00", "13:00")]
    for name, value in (("space", stage.rooms["hall"]), ("start", "09:00"), ("end", "12:00")):
        assert f'name="{name}" value="{value}"' in answer.text, "the way back"
    back = pull(host, two_days, talks, stage.rooms["hall"], "09:00", "12:00", part=False)
    assert back.status_code == 303 and back.location.endswith(f"/staff/events/{two_days.id}/grid?date={TUESDAY}")
    assert stage.held(two_days)[stage.rooms["west"]][0] == at(TUESDAY, "09:00", "12:00")
    out = pull(host, two_days, talks, 0, "09:00", "12:00")
    assert out.status_code == 200 and "Ingen av husets platser" in out.text
    assert stage.rooms["west"] not in {
        space for space, spans in stage.held(two_days).items() if at(TUESDAY, "09:00", "12:00") in spans
    }


def test_a_pull_onto_a_booking_leads_to_the_plan(host: FlaskClient, stage: Stage, two_days: Event) -> None:
    booked = stage.book("alva", stage.rooms["Björnkulla"], at(TUESDAY, "10:00", "11:00"))
    talks = session_of(two_days, "Huvudtal")
    before = stage.held(two_days)
    answer = pull(host, two_days, talks, stage.rooms["Björnkulla"], "09:00", "12:00")
    assert answer.status_code == 409 and "data-refused" in answer.text
    href = html.unescape(re.search(r'data-go="([^"]+)"', answer.text)[1])  # type: ignore[index]
    assert stage.held(two_days) == before
    page = host.get(href)
    assert page.status_code == 200 and "En bokning drabbas" in page.text and 'name="start" value="09:00"' in page.text
    fields = dict(re.findall(r'type="hidden" name="(space|date|start|end|token)" value="([^"]*)"', page.text))
    done = post(host, href.partition("?")[0], {**fields, f"hit-{booked.id}": "move"})
    assert done.status_code == 303, done.text
    db.session.expire_all()
    assert db.session.get_one(Booking, booked.id).space_id != stage.rooms["Björnkulla"]
    assert stage.held(two_days)[stage.rooms["Björnkulla"]][0] == at(TUESDAY, "09:00", "12:00")


def test_a_pull_that_cannot_be_is_told_in_a_line(host: FlaskClient, stage: Stage, two_days: Event) -> None:
    other = stage.event(at(TUESDAY, "08:00", "18:00"))
    stage.add(other, talk(TUESDAY, "16:00", "17:00", stage.rooms["Alby"]))
    talks = session_of(two_days, "Huvudtal")
    before = stage.held(two_days)
    cases = (
        (stage.rooms["Alby"], "16:00", "17:00", 409, "Alby"), (999_999, "09:00", "10:00", 422, "finns"),
        (stage.rooms["hall"], "12:00", "09:00", 422, "Slutet"), (stage.rooms["hall"], "9", "10:00", 422, "tid"),
    )  # fmt: skip
    for space, start, end, status, said in cases:
        answer = pull(host, two_days, talks, space, start, end)
        assert answer.status_code == status and "data-refused" in answer.text, (space, start, answer.text)
        assert "data-go" not in answer.text and said.lower() in html.unescape(answer.text).lower(), answer.text
    assert stage.held(two_days) == before
    assert pull(host, two_days, 999_999, 0, "09:00", "10:00").status_code == 404
