"""The trail as administrators search it: by whom, of whom, what and when, with what each entry changed."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from innovation_station.audit import queries, service
from innovation_station.db import db, transaction
from innovation_station.members.models import Member
from tests.conftest import NOW, Small, browser, log_in, post, statements
from tests.home.test_pages import words

PAGE = "/staff/operations/trail"


@pytest.fixture
def admin(app: Flask, small: Small) -> FlaskClient:
    return log_in(browser(app), "admin")


@pytest.fixture
def entries(app: Flask, small: Small) -> list[int]:
    """Write what happened: roles on three days, a refusal, and what the house itself did."""
    with app.app_context(), transaction() as session:
        people = {name: session.get_one(Member, small.people[name]) for name in small.people}
        made = [
            service.record(
                "member.role", subject=("member", people[who].id), member_id=people[who].id, actor=people[by],
                before={"role": "member", "title": "=1+1"}, after={"role": role, "title": "Chef"},
                now=NOW + timedelta(days=days),
            )
            for who, by, role, days in (("alva", "admin", "host", 0), ("bo", "host", "admin", 1), ("bo", "admin", "100%", 2))
        ]  # fmt: skip
        made.append(service.record("event.created", subject=("event", 7), actor=people["host"], outcome="refused",
                                   reason="event-nameless", now=NOW + timedelta(days=3)))  # fmt: skip
        made.append(service.record("data.purged", subject=("house", None), actor=None, now=NOW + timedelta(days=4)))
        return [one.id for one in made]


def found(client: FlaskClient, **asked: object) -> list[str]:
    """Name the actions that a search shows, without those of logging in."""
    page = client.get(PAGE, query_string={name: str(value) for name, value in asked.items()}).text
    shown = re.findall(r'<li><div><b lang="en">([a-z.-]+)</b>', page)
    return [one for one in shown if one in ("member.role", "event.created", "data.purged")]


def test_entries_are_found_by_each_field(small: Small, admin: FlaskClient, entries: list[int]) -> None:
    role, made, purged = "member.role", "event.created", "data.purged"
    for asked, expected in (
        ({}, [purged, made, role, role, role]),
        ({"who": "admin@example.org"}, [role, role]), ({"who": small.people["host"]}, [made, role]),
        ({"who": "nobody at all"}, []), ({"whom": "Bo"}, [role, role]), ({"whom": "%"}, []),
        ({"action": "member."}, [role] * 3), ({"action": "m_mber"}, []), ({"kind": "event"}, [made]),
        ({"kind": "member", "subject": small.people["alva"]}, [role]), ({"outcome": "refused"}, [made]),
        ({"first": "2026-11-24", "last": "2026-11-25"}, [role, role]), ({"last": "2026-11-23"}, [role]),
        ({"text": "100%"}, [role]), ({"text": "CHEF"}, [role] * 3), ({"text": "_"}, []),
        ({"who": "admin@example.org", "whom": "Bo", "first": "x", "outcome": "x"}, [role]),
    ):  # fmt: skip
        assert found(admin, **asked) == expected, asked


def test_each_entry_says_what_it_changed_and_who(admin: FlaskClient, entries: list[int]) -> None:
    page = admin.get(PAGE, query_string={"action": "member.role", "whom": "alva@example.org"}).text
    assert re.search(r"<dt[^>]*>role</dt><dd[^>]*><del>member</del> → <ins>host</ins></dd>", page)
    for said in ("Adam Berg", "om Alva Lindqvist", "Administratör", "efter 2 år"):
        assert said in words(page), said
    page = words(admin.get(PAGE, query_string={"first": "2026-11-26"}).text)
    assert "Nekat" in page and "event-nameless" in page and "Huset självt" in page


def test_pages_follow_one_another_and_cost_the_same(
    app: Flask, small: Small, admin: FlaskClient, entries: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    def cost(**asked: object) -> int:
        with statements(app) as seen:
            found(admin, **asked)
        return len(seen)

    found(admin)
    assert cost(kind="event") == cost(action="member.role")
    monkeypatch.setattr("innovation_station.operating.trail.AT_ONCE", 2)
    seen, href = [], f"{PAGE}?action=member.role"
    while href:
        page = admin.get(href).text
        seen += re.findall(r"<ins>(host|admin|100%)</ins>", page)
        more = re.search(r'href="([^"]+)" rel="next"', page)
        href = more[1].replace("&amp;", "&") if more else ""
    assert seen == ["100%", "admin", "host"]


def test_what_is_found_is_taken_along_and_that_stands_in_the_trail(
    app: Flask, small: Small, admin: FlaskClient, entries: list[int]
) -> None:
    answer = post(admin, f"{PAGE}.csv", {"action": "member.role", "whom": "Bo"})
    assert answer.mimetype == "text/csv" and "attachment" in answer.headers["Content-Disposition"]
    head, *rows = csv.reader(io.StringIO(answer.get_data(True).lstrip("\ufeff")), delimiter=";")
    assert len(rows) == 2 and head[2] == "Vad" and {row[2] for row in rows} == {"member.role"}
    assert rows[0][5] == "Adam Berg" and '"title": "=1+1"' in rows[0][12]
    with app.app_context():
        (entry,) = queries.about("audit", None, limit=5)
        assert (entry.action, entry.after) == ("audit.exported", {"action": "member.role", "whom": "Bo"})


def test_who_is_no_administrator_reads_no_trail(app: Flask, small: Small) -> None:
    host = log_in(browser(app), "host")
    assert host.get(PAGE).status_code == host.get("/staff/operations/storage").status_code == 403
    assert post(host, f"{PAGE}.csv").status_code == 403
    assert "Händelselogg" not in host.get("/staff/operations").text


def test_parts_that_were_erased_are_shown_as_nothing(app: Flask, admin: FlaskClient, entries: list[int]) -> None:
    with app.app_context(), transaction():
        by = service.record("audit.erased", subject=("house", None), actor=None, now=NOW)
        service.erase([(entries[0], "what")], by=by)
    with app.app_context():
        assert queries.search(queries.Sought(kind="member"), limit=9)[-1].before == {}
        db.session.rollback()
    assert len(found(admin, action="member.role")) == 3
