"""A booking moved in the timeline: what the day lets a script move, and what the script is told."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from markupsafe import Markup

from innovation_station.bookings import service
from innovation_station.bookings.day import Stretch
from innovation_station.bookings.rows import Line, Pen
from innovation_station.db import db, transaction
from innovation_station.members.models import Member
from tests.bookings.test_own_pages import SHEET, forms, reserve, stored
from tests.conftest import NOW, TUESDAY, Clock, Small, at, browser, log_in, post

DAY = f"/book?date={TUESDAY}"


def movable(client: FlaskClient, path: str = DAY) -> dict[int, tuple[int, int, int]]:
    """Give what a script may move: id to minutes and step."""
    found = re.findall(r'data-move="(\d+)" data-at="(\d+)" data-till="(\d+)" data-step="(\d+)"', client.get(path).text)
    return {int(key): (int(start), int(end), int(step)) for key, start, end, step in found}


def move(client: FlaskClient, booking: int, space: int, start: str, end: str, **more: Any) -> Any:
    data = {"space": space, "date": str(TUESDAY), "start": start, "end": end, **more}
    return post(client, f"/bookings/{booking}/edit", data, headers=SHEET)


def test_one_moves_ones_own_and_staff_everybodys(app: Flask, small: Small, alva: FlaskClient) -> None:
    own = reserve(app, small, "alva", small.a1, at(TUESDAY, "09:00", "11:00"))
    other = reserve(app, small, "bo", small.a2, at(TUESDAY, "09:15", "11:00"))
    assert movable(alva) == {own: (540, 660, 15)}
    assert f'href="/bookings/{other}"' not in alva.get(DAY).text
    host = browser(app)
    log_in(host, "host@example.org")
    assert movable(host) == {own: (540, 660, 15), other: (555, 660, 15)}
    assert f'href="/bookings/{other}"' in host.get(DAY).text


def test_what_is_over_is_left(app: Flask, small: Small, alva: FlaskClient, clock: Clock) -> None:
    reserve(app, small, "alva", small.a1, at(TUESDAY, "08:00", "09:00"))
    ahead = reserve(app, small, "alva", small.a1, at(TUESDAY, "14:00", "15:00"))
    clock.now = at(TUESDAY, "10:00", "11:00").start
    log_in(alva, "alva@example.org")
    assert set(movable(alva)) == {ahead}


@pytest.mark.parametrize(
    ("stretch", "moves"),
    [
        (Stretch(540, 600, "mine", Markup("Du"), 7), True),
        (Stretch(540, 600, "mine", Markup("Du"), 7, here=False), False),  # another place was booked
        (Stretch(0, 600, "mine", Markup("Du"), 7), False),  # it may have begun the day before
        (Stretch(540, 1440, "mine", Markup("Du"), 7), False),
        (Stretch(540, 600, "taken", Markup("Bo"), 7), False),
        (Stretch(540, 600, "closed", Markup("Stängd"), None), False),
    ],
)
def test_only_what_was_booked_here_and_on_this_day_moves(app: Flask, stretch: Stretch, moves: bool) -> None:
    line = Line(1, "desk", False, "A1", "A1", "", "", "")
    with app.test_request_context():
        row = Pen("sv", "", "", (32, 72)).row(line, (), [stretch], (480, 1080))
    assert ("data-move" in row) == moves


def test_a_move_keeps_the_words_and_gives_the_way_back(app: Flask, small: Small, alva: FlaskClient) -> None:
    booking = reserve(app, small, "alva", small.a1, at(TUESDAY, "09:00", "11:00"), title="Läsro", public=True)
    answer = move(alva, booking, small.a2, "13:00", "15:00")
    assert answer.status_code == 200 and "<html" not in answer.text and "data-refused" not in answer.text
    assert "A2 är din, tis 24 nov 13–15." in answer.text
    moved = stored(app, booking)
    assert (moved.space_id, moved.span, moved.title, moved.public) == (
        small.a2, at(TUESDAY, "13:00", "15:00"), "Läsro", True,
    )  # fmt: skip
    (undo,) = forms(answer.text, f"/bookings/{booking}/edit")
    back = alva.post(f"/bookings/{booking}/edit", data=undo, headers=SHEET)
    assert "A1 är din, tis 24 nov 09–11." in back.text
    moved = stored(app, booking)
    assert (moved.space_id, moved.span, moved.title, moved.public) == (
        small.a1, at(TUESDAY, "09:00", "11:00"), "Läsro", True,
    )  # fmt: skip
    assert "data-toast" not in alva.get("/bookings").text  # nothing is said a second time


@pytest.mark.parametrize(
    ("start", "end", "status", "said"),
    [
        ("13:30", "15:30", 409, "A2 är bokad"),
        ("06:00", "08:00", 422, "öppet 08.00–18.00"),
        ("13:00", "x", 422, ""),
    ],
)
def test_a_refusal_says_why_and_moves_nothing(
    app: Flask, small: Small, alva: FlaskClient, start: str, end: str, status: int, said: str
) -> None:
    booking = reserve(app, small, "alva", small.a1, at(TUESDAY, "09:00", "11:00"), title="Läsro")
    reserve(app, small, "bo", small.a2, at(TUESDAY, "13:00", "15:00"))
    answer = move(alva, booking, small.a2, start, end)
    assert answer.status_code == status and said in answer.text, answer.text
    assert "<html" not in answer.text and "data-refused" in answer.text
    kept = stored(app, booking)
    assert (kept.space_id, kept.span, kept.title) == (small.a1, at(TUESDAY, "09:00", "11:00"), "Läsro")
    if status == 409:
        (offer,) = forms(answer.text, f"/bookings/{booking}/edit")
        assert alva.post(f"/bookings/{booking}/edit", data=offer, headers=SHEET).status_code == 200
        assert stored(app, booking).title == "Läsro"


def test_what_is_over_is_not_moved_and_anothers_is_unknown(
    app: Flask, small: Small, alva: FlaskClient, clock: Clock
) -> None:
    booking = reserve(app, small, "alva", small.a1, at(TUESDAY, "09:00", "11:00"))
    other = reserve(app, small, "bo", small.a2, at(TUESDAY, "09:00", "11:00"))
    assert move(alva, other, small.a3, "13:00", "15:00").status_code == 404
    with app.app_context(), transaction():
        service.cancel(db.session.get_one(Member, small.people["alva"]), booking, now=NOW)
    answer = move(alva, booking, small.a1, "13:00", "15:00")
    assert answer.status_code == 422 and "avbokad" in answer.text and "data-refused" in answer.text
