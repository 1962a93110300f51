"""The list as a file that is taken along, changed and brought back."""

from __future__ import annotations

import io
import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from innovation_station.db import db, transaction
from innovation_station.members.models import ImportFile, Member
from innovation_station.organisations import service as organisations
from innovation_station.organisations.service import Particulars
from innovation_station.plans import service as plans
from innovation_station.plans.models import Membership
from innovation_station.plans.service import Contents
from tests.conftest import MONDAY, NOW, Small, browser, log_in, post
from tests.people.test_editing_pages import counts, entries

FILE = "/staff/people/file"
ALL = {
    "column": [
        "email",
        "name",
        "role",
        "organisation",
        "plan",
        "language",
        "state",
        "shared",
        "since",
        "seen",
        "bookings",
    ]
}


@pytest.fixture
def known(app: Flask, small: Small) -> dict[str, int]:
    """Make two plans, two organisations, and names that make trouble in tables."""
    with app.app_context(), transaction():
        flex, fast = (plans.add_plan(Contents(names=(f"{name} å", name)), actor=None).id for name in ("Flex", "Fast"))
        firm = organisations.create(Particulars(("Firman; AB", "The Firm"), "company"), actor=None).id
        school = organisations.create(Particulars(("=Skolan", "-School"), "university"), actor=None).id
        plans.give(flex, starts=MONDAY - timedelta(days=9), now=NOW, actor=None, member_id=small.people["alva"])
        organisations.join(small.people["alva"], firm, actor=None)
        organisations.join(small.people["bo"], school, actor=None)
        db.session.get_one(Member, small.people["bo"]).name = '=Bo "Ek"'
        return {"flex": flex, "fast": fast, "firm": firm, "school": school}


def bring(client: FlaskClient, text: str | bytes, status: int = 200) -> str:
    body = text if isinstance(text, bytes) else text.encode()
    data = {"file": (io.BytesIO(body), "members.csv")}
    answer = post(client, FILE, data, content_type="multipart/form-data")
    assert answer.status_code == status
    return str(answer.text)


def do(client: FlaskClient, page: str) -> Any:
    shown = re.search(r'name="shown" value="(\w+)"', page)
    return post(client, FILE, {"shown": shown[1] if shown else "none"})


def test_a_file_that_nobody_has_touched_changes_nothing_in_either_language(
    app: Flask, small: Small, known: dict[str, int]
) -> None:  # fmt: skip
    for written in ("sv", "en"):
        text = post(log_in(browser(app, written), "admin"), "/staff/people.csv", ALL).get_data()
        for reader in ("sv", "en"):
            page = bring(log_in(browser(app, reader), "admin"), text)
            assert counts(page) == [0, 4, 0], (written, reader)
            assert 'name="shown"' not in page
        for other in (
            text.decode("utf-8-sig").encode("cp1252"),
            text.replace(b"\r\n", b"\n"),
            text.decode().encode("utf-16"),
        ):
            assert counts(bring(log_in(browser(app), "admin"), other)) == [0, 4, 0]


def test_what_was_changed_in_it_is_shown_done_once_and_is_nothing_the_second_time(
    app: Flask, small: Small, known: dict[str, int]
) -> None:  # fmt: skip
    admin = log_in(browser(app), "admin")
    text = post(admin, "/staff/people.csv", ALL).get_data(as_text=True)
    changed = text.replace("Alva Lindqvist", "Alva Lind").replace("Flex å", "Fast å")
    changed = re.sub(r"(bo@example.org;.*?);Medlem;'=Skolan;;", r"\1;Värd;;;", changed)
    page = bring(admin, changed)
    assert counts(page) == [2, 2, 0]
    assert (
        "<del>Alva Lindqvist</del>" in page
        and "<ins>Alva Lind</ins>" in page
        and "Kolumner som inte läses: Läge" in page
    )
    with app.app_context():
        assert db.session.get_one(Member, small.people["alva"]).name == "Alva Lindqvist"  # shown only
    assert do(admin, page).status_code == 303
    with app.app_context():
        alva, bo = (db.session.get_one(Member, small.people[who]) for who in ("alva", "bo"))
        assert alva.name == "Alva Lind" and bo.role == "host" and bo.organisation_id is None
        assert list(db.session.scalars(select(Membership.plan_id).where(Membership.ends.is_(None)))) == [known["fast"]]
        assert db.session.scalars(select(ImportFile)).all() == []
    for action in ("member.rename", "member.role", "member.organisation"):
        assert entries(app, action).count(small.people["alva" if action == "member.rename" else "bo"]) >= 1, action
    assert do(admin, page).status_code == 422  # the file is no longer kept
    again = bring(admin, changed)
    assert counts(again)[0] == 0


def test_wrong_lines_are_left_out_and_say_why_and_hosts_change_no_roles(
    app: Flask, small: Small, known: dict[str, int]
) -> None:  # fmt: skip
    host = log_in(browser(app), "host")
    broken = """email,name,role,organisation,plan,language,joy
alva@example.org,Alva Lindqvist,admin,Firman; AB,Flex å,,x
nobody@example.org,N,,,,,
ALVA@example.org,Annan,,,,,
bo@example.org,"open,,,,,
admin@example.org,Ny,,,,,
"""
    page = bring(host, broken)
    assert counts(page) == [0, 0, 5]
    for said in ("role-not-yours|Bara en administratör", "address-unknown|Ingen medlem", "line-twice|Adressen står tidigare",
                 "line-broken|Raden kan inte", "edit-not-yours|be en administratör"):  # fmt: skip
        assert said.partition("|")[2] in page, said
    page = bring(
        host, "e-post;medlemskap;organisation;namn;språk\nalva@example.org;;Ingenstans;;de\nbo@example.org;Guld;;;"
    )
    for said in ("avslutas inte av en tom cell", "heter Ingenstans", "heter Guld", "Språket är sv eller en"):
        assert said in page, said  # plan-emptied, organisation-unnamed, plan-unnamed
    for first in ('x@example.org;"open', "x@example.org"):  # a first line that says nothing of plans
        page = bring(host, f"e-post;medlemskap\n{first}\nalva@example.org;\n")
        assert "avslutas inte av en tom cell" in page, first
    assert bring(host, "namn;roll\nx;y", 422).count("email") >= 1
    assert "Välj en fil" in post(host, FILE, {}).text
    with app.app_context():
        assert db.session.get_one(Member, small.people["alva"]).role == "member"


def test_nothing_of_a_file_is_done_where_somebody_was_changed_in_between(
    app: Flask, small: Small, known: dict[str, int]
) -> None:  # fmt: skip
    host = log_in(browser(app), "host")
    page = bring(host, "email;name;language\nalva@example.org;Alva Ny;en\nbo@example.org;Bo Ny;sv")
    assert counts(page) == [2, 0, 0]
    with app.app_context(), transaction():
        db.session.get_one(Member, small.people["bo"]).language = "sv"
    answer = do(host, page)
    assert answer.status_code == 409 and "inget gjordes" in answer.text
    with app.app_context():
        assert db.session.get_one(Member, small.people["alva"]).name == "Alva Lindqvist"
    assert do(host, answer.text).status_code == 303
    with app.app_context():
        alva = db.session.get_one(Member, small.people["alva"])
        assert (alva.name, alva.language) == ("Alva Ny", "en")
