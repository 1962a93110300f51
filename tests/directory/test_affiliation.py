"""Who belongs to an organisation of the house is shown with that, by the rule of the field, and linked to its page."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from innovation_station import personal
from innovation_station.db import db, transaction
from innovation_station.directory import queries, rules
from innovation_station.directory.models import ProfileField
from innovation_station.members.models import Member
from innovation_station.organisations import service as organisations
from innovation_station.organisations.service import Particulars
from tests.conftest import Small, browser, log_in, post, statements
from tests.directory.test_directory import fields, found, people, write

FREE = "Mitt eget bolag"


@pytest.fixture
def school(app: Flask, small: Small) -> int:
    """Give an organisation that Alva belongs to."""
    with app.app_context(), transaction():
        row = organisations.create(
            Particulars(("Södertörns högskola", "Södertörn University"), "university"), actor=None
        )
        organisations.join(small.people["alva"], row.id, actor=None)
        return row.id


def link(page: str) -> list[tuple[str, str]]:
    main = page.split("<main", 1)[1]
    return re.findall(r'<a href="(/organisations/[^"]+)">([^<]+)</a>', main)


@pytest.mark.parametrize(("language", "name"), [("sv", "Södertörns högskola"), ("en", "Södertörn University")])
def test_organisation_of_the_house_is_a_link(app: Flask, small: Small, school: int, language: str, name: str) -> None:
    write(app, small, texts={"organisation": FREE})
    bo = log_in(browser(app, language), "bo")
    page = bo.get(f"/members/{small.people['alva']}").text
    assert link(page) == [("/organisations/sodertorns-hogskola", name)] and FREE not in page
    assert bo.get("/organisations/sodertorns-hogskola").status_code == 200
    listed = bo.get("/members").text
    assert name in listed and link(listed) == []  # the card is a link itself


@pytest.mark.parametrize(
    ("shown", "member", "visitor"),
    [(rules.NOBODY, False, False), (rules.MEMBERS, True, False), (rules.PUBLIC, True, True)],
)
def test_it_is_shown_to_whom_the_field_is(
    app: Flask, small: Small, school: int, bo: FlaskClient, client: FlaskClient, shown: int, member: bool, visitor: bool
) -> None:
    write(app, small, "alva", rules.PUBLIC, organisation=shown)
    path = f"/members/{small.people['alva']}"
    for reader, sees in ((bo, member), (client, visitor)):
        page = reader.get(path).text
        assert bool(link(page)) is sees and ("högskola" in page.split("<main", 1)[1]) is sees
    assert bool(found(bo, "söder")) is member


def test_who_belongs_to_none_says_it_in_words(app: Flask, small: Small, bo: FlaskClient) -> None:
    write(app, small, texts={"organisation": FREE})
    page = bo.get(f"/members/{small.people['alva']}").text
    assert FREE in page and link(page) == [] and found(bo, "bolag") == ["Alva Lindqvist"]


def test_own_words_wait_while_one_belongs_and_come_back(
    app: Flask, small: Small, school: int, alva: FlaskClient, bo: FlaskClient
) -> None:
    with app.app_context(), transaction():
        organisations.join(small.people["alva"], None, actor=None)
    assert (
        post(alva, "/account/profile", fields(organisation=FREE, shown_organisation="1", shown_name="1")).status_code
        == 303
    )
    with app.app_context(), transaction():
        organisations.join(small.people["alva"], school, actor=None)
    assert found(bo, "bolag") == [] and found(bo, "universi") == found(bo, "högs") == ["Alva Lindqvist"]
    form = alva.get("/account/profile").text
    assert 'name="organisation"' not in form and link(form) == [
        ("/organisations/sodertorns-hogskola", "Södertörns högskola")
    ]
    sent = {
        name: value for name, value in fields(shown_organisation="2", shown_name="2").items() if name != "organisation"
    }
    assert post(alva, "/account/profile", sent).status_code == 303
    assert link(browser(app).get(f"/members/{small.people['alva']}").text)
    with app.app_context():
        assert db.session.get_one(ProfileField, (small.people["alva"], "organisation")).text == FREE
        classes = {data.name: data for data in personal.known(app).classes}
        record = classes["profile"].records(small.people["alva"])[0]
        assert record.fields["organisation"] == {"text": "Södertörns högskola", "shown_to": "public"}
    with app.app_context(), transaction():
        organisations.join(small.people["alva"], None, actor=None)
    assert FREE in bo.get(f"/members/{small.people['alva']}").text and found(bo, "högs") == []


def test_nothing_is_shown_of_who_has_said_nothing(app: Flask, small: Small, school: int, bo: FlaskClient) -> None:
    write(app, small, "alva", rules.MEMBERS, texts={"organisation": ""}, organisation=rules.NOBODY)
    assert "högskola" not in bo.get(f"/members/{small.people['alva']}").text.split("<main", 1)[1]
    with app.app_context():
        assert db.session.get(ProfileField, (small.people["alva"], "organisation")) is None


def test_new_name_of_an_organisation_is_found(app: Flask, small: Small, school: int, bo: FlaskClient) -> None:
    write(app, small)
    with app.app_context(), transaction():
        admin = db.session.get_one(Member, small.people["admin"])
        organisations.change(
            school, Particulars(("Flemingsbergs universitet", "Flemingsberg University"), "university"), actor=admin
        )
    assert found(bo, "flemings") == ["Alva Lindqvist"] and found(bo, "söder") == []


def test_list_asks_as_often_whoever_belongs(app: Flask, small: Small, school: int, bo: FlaskClient) -> None:
    people(app, ["Ada Ek", "Bea Ek", "Cia Ek"], organisation=FREE)
    bo.get("/members")
    with statements(app) as none:
        bo.get("/members")
    with app.app_context(), transaction():
        for person in queries.page([], number=1):
            organisations.join(person.id, school, actor=None)
    with statements(app) as all_of_them:
        page = bo.get("/members").text
    assert len(none) == len(all_of_them) and page.count("Södertörns högskola") == 3
