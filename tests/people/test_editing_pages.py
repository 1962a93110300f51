"""Changing several members at once: shown first, done as it was shown or not at all, and taken back."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, insert, select

from innovation_station.audit.models import AuditEntry
from innovation_station.db import db, transaction
from innovation_station.members import joining
from innovation_station.members.models import Member
from innovation_station.organisations import service as organisations
from innovation_station.organisations.service import Particulars
from innovation_station.people.models import MemberEdit, MemberNote
from innovation_station.people.rules import EDITED_MOST
from innovation_station.plans import service as plans
from innovation_station.plans.models import Membership
from innovation_station.plans.service import Contents
from tests.conftest import MONDAY, NOW, TUESDAY, Clock, Small, browser, log_in, post

EDIT = "/staff/people/edit"


@pytest.fixture
def host(app: Flask) -> FlaskClient:
    return log_in(browser(app), "host")


@pytest.fixture
def admin(app: Flask) -> FlaskClient:
    return log_in(browser(app), "admin")


@pytest.fixture
def known(app: Flask, small: Small) -> dict[str, int]:
    """Make two plans and an organisation; Alva has the first plan."""
    with app.app_context(), transaction():
        flex, fast = (plans.add_plan(Contents(names=(name, name)), actor=None).id for name in ("Flex", "Fast"))
        firm = organisations.create(Particulars(("Firman", "The Firm"), "company"), actor=None).id
        plans.give(flex, starts=MONDAY - timedelta(days=30), now=NOW, actor=None, member_id=small.people["alva"])
        return {"flex": flex, "fast": fast, "firm": firm}


def preview(client: FlaskClient, ids: list[int], status: int = 200, **wish: Any) -> tuple[str, dict[str, Any]]:
    """Ask what would happen; give the page, and the form that would do it."""
    answer = post(client, EDIT, {"id": ids, **wish})
    assert answer.status_code == status, answer.text
    shown = re.search(r'name="shown" value="(\w+)"', answer.text)
    return answer.text, {"id": ids, **wish, "shown": shown[1] if shown else ""}


def counts(page: str) -> list[int]:
    return [int(number) for number in re.findall(r"<dd>(\d+)</dd>", page)][:3]


def entries(app: Flask, action: str) -> list[int | None]:
    with app.app_context():
        return list(db.session.scalars(select(AuditEntry.member_id).where(AuditEntry.action == action)))


def toast_undo(client: FlaskClient) -> str:
    page = client.get("/staff/people").text
    found = re.search(r'action="(/staff/people/edits/\d+/undo)"', page)
    assert found, page
    return found[1]


def test_what_would_happen_is_shown_and_then_done_for_each_with_its_entry(
    app: Flask, small: Small, host: FlaskClient, known: dict[str, int]
) -> None:  # fmt: skip
    alva, bo, boss = (small.people[who] for who in ("alva", "bo", "admin"))
    chosen = post(host, EDIT, {"id": [alva, bo], "list": "q=x"})
    assert chosen.status_code == 200 and "Ändra 2 medlemmar" in chosen.text and 'value="role"' not in chosen.text
    page, do = preview(host, [alva, bo, boss], act="organisation", organisation=str(known["firm"]))
    assert counts(page) == [2, 0, 1] and "be en administratör" in page  # edit-not-yours
    assert "<ins>Firman</ins>" in page and "<del>Ingen</del>" in page
    with app.app_context():
        assert db.session.get_one(Member, alva).organisation_id is None  # shown only
    assert post(host, EDIT, do | {"list": "q=ek&plan=none"}).location == "/staff/people?q=ek&plan=none"
    assert sorted(entries(app, "member.organisation")) == [alva, bo]
    undo = toast_undo(host)
    page, do = preview(host, [alva, bo], act="organisation", organisation=str(known["firm"]))
    assert counts(page) == [0, 2, 0] and "Gör det" not in page

    assert post(log_in(browser(app), "admin"), undo).status_code == 404  # edit-gone: another's
    assert post(host, undo).status_code == 303
    with app.app_context():
        assert db.session.get_one(Member, bo).organisation_id is None
    assert post(host, undo).status_code == 404


def test_nothing_is_done_where_somebody_was_changed_in_between(
    app: Flask, small: Small, host: FlaskClient, admin: FlaskClient, known: dict[str, int], clock: Clock
) -> None:  # fmt: skip
    alva, bo = small.people["alva"], small.people["bo"]
    _page, do = preview(host, [alva, bo], act="organisation", organisation=str(known["firm"]))
    with app.app_context(), transaction():
        organisations.join(bo, known["firm"], actor=None)
    answer = post(host, EDIT, do)
    assert answer.status_code == 409 and "inget gjordes" in answer.text  # people-changed
    assert counts(answer.text) == [1, 1, 0]  # as it is now
    with app.app_context():
        assert db.session.get_one(Member, alva).organisation_id is None
    _page, do = preview(host, [alva, bo], act="organisation", organisation=str(known["firm"]))
    assert post(host, EDIT, do).status_code == 303
    undo = toast_undo(host)
    with app.app_context(), transaction():
        organisations.join(alva, None, actor=None)
    assert post(host, undo).status_code == 303
    assert "inget gjordes" in host.get("/staff/people").text
    with app.app_context():
        assert db.session.scalar(select(func.count(MemberEdit.id))) == 1
    _page, do = preview(host, [alva], act="organisation", organisation=str(known["firm"]))
    post(host, EDIT, do)
    undo = toast_undo(host)
    clock.now = NOW + timedelta(minutes=11)
    assert post(host, undo).status_code == 404 and post(host, EDIT, do).status_code == 409


def test_plans_are_changed_from_a_day_and_end_with_one(
    app: Flask, small: Small, host: FlaskClient, known: dict[str, int]
) -> None:  # fmt: skip
    alva, bo = small.people["alva"], small.people["bo"]
    wish = {"act": "plan", "plan": str(known["fast"]), "day": str(TUESDAY)}
    page, do = preview(host, [alva, bo], **wish)
    assert counts(page) == [2, 0, 0] and f"<ins>Fast från {TUESDAY}</ins>" in page and "<del>Flex</del>" in page
    assert post(host, EDIT, do).status_code == 303
    with app.app_context():
        rows = db.session.execute(
            select(Membership.member_id, Membership.plan_id, Membership.starts, Membership.ends)
        ).all()
    assert set(map(tuple, rows)) == {
        (alva, known["flex"], MONDAY - timedelta(days=30), MONDAY),
        (alva, known["fast"], TUESDAY, None), (bo, known["fast"], TUESDAY, None),
    }  # fmt: skip
    assert counts(preview(host, [alva, bo], **wish)[0]) == [0, 2, 0]  # the same once more is nothing
    page, _do = preview(host, [alva], act="plan", plan=str(known["flex"]), day=str(TUESDAY))
    assert counts(page) == [0, 0, 1] and "börjar då eller senare" in page  # plan-later

    last = date(2026, 12, 31)
    page, do = preview(host, [alva, bo, small.people["host"]], act="end", day=str(last))
    assert counts(page) == [2, 0, 1]
    assert post(host, EDIT, do).status_code == 303
    with app.app_context():
        assert set(db.session.scalars(select(Membership.ends).where(Membership.starts == TUESDAY))) == {last}
    assert post(host, toast_undo(host)).status_code == 303
    with app.app_context():
        assert set(db.session.scalars(select(Membership.ends).where(Membership.starts == TUESDAY))) == {None}
    with app.app_context(), transaction():
        for row in db.session.scalars(select(Membership)):
            db.session.delete(row)
    assert "inget eget medlemskap" in preview(host, [bo], act="end", day=str(last))[0]  # plan-none-own


def test_hosts_never_make_hosts_and_nobody_themselves(
    app: Flask, small: Small, host: FlaskClient, admin: FlaskClient
) -> None:  # fmt: skip
    alva, me = small.people["alva"], small.people["admin"]
    page, _do = preview(host, [alva], 422, act="role", role="admin")
    assert "Välj vad som ska göras" in page  # edit-unknown: hosts have no such choice
    page, do = preview(admin, [alva, me], act="role", role="host")
    assert counts(page) == [1, 0, 1]
    forged = post(host, EDIT, do)
    assert forged.status_code == 422
    assert post(admin, EDIT, do).status_code == 303
    with app.app_context():
        assert db.session.get_one(Member, alva).role == "host" and db.session.get_one(Member, me).role == "admin"
    assert entries(app, "member.role") == [alva]
    assert post(admin, toast_undo(admin)).status_code == 303
    with app.app_context():
        assert db.session.get_one(Member, alva).role == "member"


def test_invitations_and_notes_for_many_and_all_that_fit(
    app: Flask, small: Small, host: FlaskClient, clock: Clock
) -> None:  # fmt: skip
    with app.app_context(), transaction():
        boss = db.session.get_one(Member, small.people["host"])
        joining.invite([(f"n{n}@example.org", "") for n in range(3)], actor=boss, now=NOW, language="sv")
        left = Member(email="gone@example.org", name="Gunnar", state="ended", password_hash="!", created_at=NOW)
        waits = Member(email="new@example.org", name="Nora", state="applied", password_hash="!", created_at=NOW)
        db.session.add_all((left, waits))
    answer = post(host, EDIT, {"all": "y", "list": "state=invited"})
    assert "Ändra 3 medlemmar" in answer.text
    ids = [int(number) for number in dict.fromkeys(re.findall(r'name="id" value="(\d+)"', answer.text))]
    clock.now = NOW + timedelta(minutes=1)
    page, do = preview(host, [*ids, small.people["alva"]], act="invite")
    assert counts(page) == [3, 0, 1] and "Har ingen öppen inbjudan" in page  # member-not-invited
    assert post(host, EDIT, do).status_code == 303 and len(entries(app, "member.invite")) == 6
    assert "/undo" not in host.get("/staff/people").text  # a mail is on its way

    page, do = preview(host, ids, act="note", text="Kommer på torsdag")
    assert post(host, EDIT, do).status_code == 303
    with app.app_context():
        assert db.session.scalar(select(func.count(MemberNote.id))) == 3
        assert "torsdag" not in str(db.session.scalars(select(MemberEdit.items)).all())
    assert post(host, toast_undo(host)).status_code == 303
    with app.app_context():
        assert db.session.scalar(select(func.count(MemberNote.id))) == 0
        gone = db.session.scalars(select(Member.id).where(Member.name == "Gunnar")).one()
    with app.app_context(), transaction():
        firm = organisations.create(Particulars(("Firman", "The Firm"), "company"), actor=None).id
        applied = db.session.scalars(select(Member.id).where(Member.name == "Nora")).one()
    page, _do = preview(host, [applied, gone], act="organisation", organisation=str(firm))
    assert counts(page) == [0, 0, 2]
    assert "väntar på svar" in page and "Kontot är inte öppet" in page  # member-applied, member-closed


def test_what_cannot_be_read_is_said(app: Flask, small: Small, host: FlaskClient) -> None:
    alva = small.people["alva"]
    for data, said in (
        ({}, "Välj minst en medlem"),  # people-none
        ({"id": "x"}, "Välj minst en medlem"), ({"id": alva, "act": "burn"}, "Välj vad som ska göras"),
        ({"id": alva, "act": "plan", "day": "2026-01-01", "plan": "1"}, "Den dagen är över"),
        ({"id": alva, "act": "end", "day": "nonsense"}, "datum"), ({"id": alva, "act": "note", "text": " "}, "Skriv vad"),
        ({"id": alva, "act": "organisation", "organisation": "999"}, "Välj vad som ska göras"),
    ):  # fmt: skip
        answer = post(host, EDIT, data)
        assert answer.status_code == 422 and said in answer.text, data
    with app.app_context(), transaction():
        blank = {
            "role": "member",
            "state": "active",
            "password_hash": "!",
            "visible": False,
            "created_at": NOW,
            "tour_due": False,
        }
        rows = [{**blank, "email": f"p{n}@example.com", "name": f"P {n}"} for n in range(EDITED_MOST + 1)]
        db.session.execute(insert(Member), rows)
    answer = post(host, EDIT, {"all": "y"})
    assert answer.status_code == 422 and "Högst 500 medlemmar" in answer.text  # people-many
