"""Five hundred register for sixty places at one moment: sixty have one, the others stand in line in one order.

Three programs with eight threads each, through the pages, so that what one hears is what a browser would.
"""

from __future__ import annotations

import threading
import traceback
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, text

from innovation_station import clock
from innovation_station.db import db, transaction
from innovation_station.members.models import Member
from innovation_station.members.rules import Person
from innovation_station.registration import queries, service
from innovation_station.registration.models import Registration, Signup
from innovation_station.registration.rules import Terms
from innovation_station.registration.service import Form
from tests.conftest import NOW, TUESDAY, ZONE, Clock, app_on, at, browser, token_in
from tests.events.conftest import Stage, stage, talk
from tests.races.arena import forks
from tests.races.test_waits import together
from tests.registration.conftest import Desk, desk

__all__ = ["desk", "stage"]
PROGRAMS, THREADS, PLACES, WANTED = 3, 8, 60, 500
CONFIRMED = 80  # of those who came first: the sixty, and the head of the line


def register_all(number: int, url: str, folder: str, slug: str, emails: Sequence[str], start: Any, told: Any) -> None:
    """Register guests through the page, all from one network; tell how many got which status."""
    try:
        clock.now = Clock(NOW)  # type: ignore[assignment]
        app = app_on(url, Path(folder))
        found: Counter[int] = Counter()

        def run(mine: Sequence[str]) -> None:
            client = browser(app)
            token = token_in(client.get(f"/events/{slug}").text)
            for email in mine:
                data = {"name": "Gina Gäst", "email": email, "csrf_token": token}
                status = client.post(f"/events/{slug}/register", data=data).status_code
                found[status] += 1

        threads = [threading.Thread(target=run, args=(emails[first::THREADS],)) for first in range(THREADS)]
        start.wait(60)
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(300)
        told.put((number, dict(found)))
    except BaseException:
        told.put((number, traceback.format_exc()))
        raise


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def test_five_hundred_for_sixty_places(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    template = request.getfixturevalue(f"{kind}_template")
    url, folder = template.copy(tmp_path), tmp_path / "instance"
    app = app_on(url, folder)
    with app.app_context():
        made = Stage(app, template.small, {})
        event = made.event(at(TUESDAY, "13:00", "17:00"))
        made.add(event, talk(TUESDAY, "13:00", "15:00", template.small.hall))
        made.publish(event)
        with transaction():
            service.settle(made.who(), event.id, Terms(capacity=PLACES), now=NOW, zone=ZONE)
        slug, event_id = event.slug, event.id
        db.session.remove()
        db.engine.dispose()
    emails = [f"gast{number}@example.org" for number in range(WANTED)]
    context = forks()
    start, told = context.Barrier(PROGRAMS), context.Queue()
    programs = [
        context.Process(
            target=register_all, args=(number, url, str(folder), slug, emails[number::PROGRAMS], start, told)
        )
        for number in range(PROGRAMS)
    ]  # fmt: skip
    for program in programs:
        program.start()
    heard = dict(told.get(timeout=300) for _program in programs)
    for program in programs:
        program.join(30)
    with app.app_context():
        assert heard.values() and all(set(found) == {303} for found in heard.values()), heard
        assert sum(found[303] for found in heard.values()) == WANTED
        rows = db.session.scalars(select(Registration).order_by(Registration.id)).all()
        assert len(rows) == len({row.email for row in rows}) == WANTED
        assert sum(row.holds for row in rows) == PLACES == db.session.get_one(Signup, event_id).taken
        assert [row.holds for row in rows] == [True] * PLACES + [False] * (WANTED - PLACES), "who came first has one"
        with transaction():
            for row in rows[:CONFIRMED]:
                service.confirm(row.id, now=NOW, zone=ZONE)
        line = [row for row in queries.of_event(event_id) if row.state == "waiting"]
        assert [row.number for row in line] == list(range(PLACES + 1, CONFIRMED + 1))
        with transaction():
            service.cancel(rows[7].id, now=NOW, zone=ZONE)
        offered = db.session.scalars(select(Registration).where(Registration.state == "offered")).all()
        assert [row.id for row in offered] == [line[0].id], "exactly the next"
        db.session.remove()
        db.engine.dispose()


@pytest.mark.usefixtures("context")
def test_a_place_that_two_give_back_goes_to_the_next_two(app: Flask, desk: Desk) -> None:
    people = [desk.join(name) for name in ("alva", "bo")]
    waiting = [desk.come(f"gast{number}@example.org").id for number in range(4)]
    db.session.remove()
    said = together(app, *(lambda one=row.id: service.cancel(one, now=NOW, zone=ZONE) for row in people))
    assert said == ["", ""]
    assert [db.session.get_one(Registration, one).state for one in waiting] == [
        "offered",
        "offered",
        "waiting",
        "waiting",
    ]
    desk.sound()
    db.session.remove()
    said = together(
        app, lambda: service.take(waiting[0], now=NOW), lambda: service.cancel(waiting[0], now=NOW, zone=ZONE),
        lambda: service.end_offer(waiting[1], now=desk.wait(hours=3).now, zone=ZONE),
    )  # fmt: skip
    assert set(said) <= {"", "offer-over"}
    desk.sound()
    assert db.session.scalar(text("SELECT count(*) FROM registration WHERE holds")) == 2


@pytest.mark.usefixtures("context")
def test_one_person_taps_twice(app: Flask, desk: Desk) -> None:
    row = db.session.get_one(Member, desk.stage.small.people["alva"])
    who = Person(row.id, row.role, row.name, row.email, row.visible)
    event_id = desk.event.id
    db.session.remove()
    said = together(app, *[lambda: service.register(who, event_id, Form(), now=NOW, zone=ZONE)] * 4)
    assert said == [""] * 4
    assert db.session.scalar(text("SELECT count(*) FROM registration")) == 1
    assert desk.sound().taken == 1
