"""Desks for several: near each other, each by the membership of who sits there, all or none."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from innovation_station.bookings import service as bookings
from innovation_station.bookings.models import Booking
from innovation_station.db import db, transaction
from innovation_station.errors import Conflict, NotAllowed, Refused
from innovation_station.notices.models import Notice
from innovation_station.sharing import absences, rules, teams
from innovation_station.sharing.rules import Seating
from innovation_station.spaces.queries import house as read_house
from innovation_station.spaces.rules import Place
from tests.conftest import MONDAY, NOW, TUESDAY, ZONE, Small, at, post, statements
from tests.sharing.conftest import MORNING, allow, codes, friends, member, newcomer, person, reserve, school

DAY = {"date": str(TUESDAY), "part": "morning"}


def seat(small: Small, *who: str, booker: str = "bo") -> teams.Team:
    ids = [small.people[one] for one in who]
    return teams.seat(person(small, booker), ids, MORNING, now=NOW, zone=ZONE)


def book(small: Small, *who: str, booker: str = "bo") -> list[Booking]:
    ids = [small.people[one] for one in who]
    with transaction():
        return teams.book(person(small, booker), ids, MORNING, now=NOW, zone=ZONE, title="Sprint")


def desks() -> list[Place]:
    return sorted((one for one in read_house().places.values() if one.kind == "desk"), key=lambda one: one.id)


# -- who sits where ----------------------------------------------------------------------------------------------------


def test_everybody_finds_a_desk_that_is_for_them(context: Flask) -> None:
    first, second, *_rest = desks()
    found = rules.together([frozenset({first.id, second.id}), frozenset({first.id})], desks())
    assert isinstance(found, Seating) and [one.id for one in found.desks] == [second.id, first.id]


def test_where_two_want_the_only_one_nobody_sits(context: Flask) -> None:
    [first, *_rest] = desks()
    assert rules.together([frozenset({first.id})] * 2, desks()) is None
    assert rules.together([frozenset({first.id}), frozenset[int]()], desks()) is None


def test_of_all_seatings_the_closest_is_taken(context: Flask) -> None:
    """Against each pair there is: the sum of how far they are from one of them is the least."""
    every = frozenset(one.id for one in desks())
    found = rules.together([every, every], desks())
    assert found is not None
    pairs = [
        rules.together([frozenset({a.id}), frozenset({b.id})], desks()) for a in desks() for b in desks() if a != b
    ]
    assert found.spread == min(one.spread for one in pairs if one is not None)


# -- booked ------------------------------------------------------------------------------------------------------------


def test_all_are_booked_and_each_is_theirs(context: Flask, small: Small) -> None:
    friends(small)
    made = book(small, "alva", "bo")
    assert {one.member_id for one in made} == {small.people["alva"], small.people["bo"]}
    assert len({one.space_id for one in made}) == 2 and {one.title for one in made} == {"Sprint"}
    by = {one.member_id: one.booked_by_id for one in made}
    assert by == {small.people["alva"]: small.people["bo"], small.people["bo"]: None}
    told = db.session.execute(select(Notice.member_id, Notice.kind)).all()
    assert [tuple(row) for row in told] == [(small.people["alva"], "booked-for-me")]
    assert [one.id for one in book(small, "alva", "bo")] == [one.id for one in made]  # the same tap


def test_who_has_not_let_one_is_in_no_team(context: Flask, small: Small) -> None:
    for who in (("alva", "bo"), ("alva", "host")):
        with pytest.raises(NotAllowed) as error:
            seat(small, *who)
        assert codes(error) == ["no-consent"]
    friends(small)
    assert len(seat(small, "alva", "bo").seats) == 2


@pytest.mark.parametrize("who", [(), ("bo",), ("bo", "bo")])
def test_a_team_is_two_at_least(context: Flask, small: Small, who: tuple[str, ...]) -> None:
    with pytest.raises(Refused) as error:
        seat(small, *who)
    assert codes(error) == ["team-size"]


def test_who_sits_elsewhere_or_is_away_is_named_and_nothing_is_booked(context: Flask, small: Small) -> None:
    friends(small)
    desk = reserve(small, "alva", small.a2, MORNING)
    found = seat(small, "alva", "bo")
    [(who, why)] = found.cannot
    assert not found.seats and who.name == "Alva Lindqvist" and why[0].code == "own-desk"
    with pytest.raises(Conflict) as error:
        book(small, "alva", "bo")
    assert codes(error) == ["team-full"]
    with transaction():
        bookings.cancel(member(small, "alva"), desk.id, now=NOW)
        absences.leave(person(small, "alva"), TUESDAY, TUESDAY, now=NOW, zone=ZONE)
    assert [one.code for _who, why in seat(small, "alva", "bo").cannot for one in why] == ["holder-away"]
    assert db.session.scalar(select(func.count()).select_from(Booking).where(Booking.state == "confirmed")) == 0


def test_too_few_desks_is_none_at_all(context: Flask, small: Small) -> None:
    friends(small)
    free = desks()[1:]
    for number, desk in enumerate(free):
        newcomer(small, f"X{number} Ek")
        reserve(small, f"x{number}", desk.id, MORNING)
    with pytest.raises(Conflict):
        book(small, "alva", "bo")
    assert db.session.scalar(select(func.count()).select_from(Booking)) == len(free)


# -- pages -------------------------------------------------------------------------------------------------------------


def test_pages_show_first_and_book_then(app: Flask, small: Small, bo: FlaskClient) -> None:
    assert "Ingen låter dig boka åt sig än" in bo.get("/book/team").text
    with app.app_context():
        friends(small)
    who: dict[str, Any] = {**DAY, "who": [small.people["alva"], small.people["bo"]]}
    page = bo.get("/book/team", query_string={**who, "look": "1"}).text
    assert "Boka 2 skrivbord" in page and "Alva Lindqvist</dt>" in page
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Booking)) == 0
    answer = post(bo, "/book/team", who)
    assert answer.status_code == 303
    page = bo.get(answer.location).text
    assert "Bokat: Alva Lindqvist" in page and "Bokat åt andra" in page
    assert f"/book/team?date={TUESDAY}" in bo.get(f"/book/{small.a1}?date={TUESDAY}").text


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"who": []}, "Välj minst två"),
        ({"who": [999_999, 1]}, "låter dig inte"),
        ({"date": "x"}, 'class="err"'),
        ({"part": "night"}, 'class="err"'),
        ({"who": ["x"] * 99}, "Välj minst två"),
    ],
)
def test_page_says_what_is_wrong(app: Flask, small: Small, bo: FlaskClient, given: dict[str, Any], said: str) -> None:
    with app.app_context():
        friends(small)
    wish = {**DAY, "who": [small.people["alva"], small.people["bo"]], "look": "1", **given}
    answer = bo.get("/book/team", query_string=wish)
    assert answer.status_code in (403, 422) and said in answer.text
    assert post(bo, "/book/team", wish).status_code == answer.status_code


def test_page_tells_no_more_of_others_than_that_they_cannot(app: Flask, small: Small, bo: FlaskClient) -> None:
    with app.app_context():
        friends(small)
        reserve(small, "alva", small.a2, MORNING)
    wish = {**DAY, "who": [small.people["alva"], small.people["bo"]], "look": "1"}
    page = bo.get("/book/team", query_string=wish).text.partition("<main")[2]
    assert "Alva Lindqvist har ett annat skrivbord då" in page and "A2" not in page
    with app.app_context():
        reserve(small, "bo", small.a1, MORNING)
    page = bo.get("/book/team", query_string=wish).text.partition("<main")[2]
    assert "Du har redan A1" in page and "A2" not in page  # of oneself one reads it all


def test_closed_day_says_why(app: Flask, small: Small, bo: FlaskClient) -> None:
    with app.app_context():
        friends(small)
    wish = {"date": "2026-11-28", "part": "day", "who": [small.people["alva"], small.people["bo"]], "look": "1"}
    page = bo.get("/book/team", query_string=wish).text
    assert "Alla kan inte få ett skrivbord då" in page and "Boka 2" not in page


def test_statements_grow_with_people_and_not_with_desks(app: Flask, small: Small, bo: FlaskClient) -> None:
    with app.app_context():
        school(small, "alva", "bo")
        allow(small, "alva", organisation=True)
    wish = {**DAY, "who": [small.people["alva"], small.people["bo"]], "look": "1"}
    bo.get("/book/team", query_string=wish)
    with statements(app) as few:
        bo.get("/book/team", query_string=wish)
    with app.app_context():
        reserve(small, "host", small.a3, at(MONDAY, "13:00", "15:00"))
        reserve(small, "admin", small.a3, MORNING)
    with statements(app) as many:
        bo.get("/book/team", query_string=wish)
    assert len(many) == len(few) <= 16
