"""The list of people, its file, and what stands on one member's page."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta
from time import perf_counter
from urllib.parse import parse_qsl

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import insert, select, update

from innovation_station import personal
from innovation_station.audit import queries as trail
from innovation_station.bookings import service as bookings
from innovation_station.db import db, transaction
from innovation_station.members.models import Member, SecondFactor
from innovation_station.organisations import service as organisations
from innovation_station.organisations.service import Particulars
from innovation_station.people import service
from innovation_station.people.models import MemberEdit, MemberNote
from innovation_station.personal import Subject
from innovation_station.plans import service as plans
from innovation_station.plans.service import Contents
from innovation_station.waits import service as waits
from innovation_station.waits.rules import Wanted
from tests.conftest import MONDAY, NOW, TUESDAY, ZONE, Small, at, browser, log_in, post, statements

STAFF = {"Hanna Lund", "Adam Berg"}


@pytest.fixture
def host(app: Flask) -> FlaskClient:
    return log_in(browser(app), "host")


@pytest.fixture
def admin(app: Flask) -> FlaskClient:
    return log_in(browser(app), "admin")


def member(small: Small, who: str) -> Member:
    return db.session.get_one(Member, small.people[who])


def add(*names: str, **more: object) -> None:
    """Add members by name; their addresses are numbers."""
    count = db.session.scalar(select(db.func.count()).select_from(Member)) or 0
    blank = {
        "role": "member",
        "state": "active",
        "password_hash": "!",
        "visible": False,
        "created_at": NOW,
        "tour_due": False,
    }
    rows = [{**blank, "email": f"p{count + n}@example.com", "name": name, **more} for n, name in enumerate(names)]
    db.session.execute(insert(Member), rows)


def listed(page: str) -> list[str]:
    return re.findall(r'<b class="wrap-any">([^<]*)</b>', page)


def lines(answer: object) -> list[list[str]]:
    return list(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff")), delimiter=";"))  # type: ignore[attr-defined]


def test_people_are_found_by_beginnings_without_accents(app: Flask, small: Small, host: FlaskClient) -> None:
    with app.app_context(), transaction():
        add("Åsa Öberg", "Zoë Müller-Lüdenscheidt", "Søren Ærø", "100 %_ Rabatt", "asa Ek")
        school = organisations.create(Particulars(("Södertörns högskola", "University"), "university"), actor=None)
        organisations.join(small.people["bo"], school.id, actor=None)
    for words, names in {
        "asa": ["asa Ek", "Åsa Öberg"], "ÅSA öb": ["Åsa Öberg"], "ludens": ["Zoë Müller-Lüdenscheidt"],
        "soren aero": [], "søren ær": ["Søren Ærø"], "soren ar": ["Søren Ærø"], "sodertorns": ["Bo Ek"],
        "univ": ["Bo Ek"], "bo@": ["Bo Ek"], "%_": ["100 %_ Rabatt"], "erg": [], "lindq alva": ["Alva Lindqvist"],
        "erased.invalid": [], "'": [],
    }.items():  # fmt: skip
        assert listed(host.get("/staff/people", query_string={"q": words}).text) == names, words
    assert "Ingen hittades" in host.get("/staff/people?q=nobody").text
    assert host.get("/staff/members?q=asa&state=active").location == "/staff/people?q=asa&state=active"


def test_people_are_narrowed_down_and_the_address_says_it(app: Flask, small: Small, host: FlaskClient) -> None:
    with app.app_context(), transaction():
        alva, bo, boss = (member(small, who) for who in ("alva", "bo", "admin"))
        plan = plans.add_plan(Contents(names=("Flex", "Flex")), actor=None)
        firm = organisations.create(Particulars(("Firman", "The Firm"), "company"), actor=None)
        organisations.join(bo.id, firm.id, actor=None)
        plans.give(plan.id, starts=MONDAY, now=NOW, actor=None, organisation_id=firm.id)
        plans.give(plan.id, starts=TUESDAY, now=NOW, actor=None, member_id=alva.id)  # not yet
        add("Gammal Gäst", state="ended", logged_in_at=NOW - timedelta(days=100))
        add("Ny Sökande", state="applied")
        span = at(TUESDAY, "09:00", "11:00")
        bookings.reserve(boss, small.a1, span, now=NOW, zone=ZONE)
        waits.join(alva, Wanted(small.a1), span, now=NOW, zone=ZONE)
        db.session.add(SecondFactor(member_id=boss.id, secret=b"x", created_at=NOW, confirmed_at=NOW))
        db.session.add(SecondFactor(member_id=bo.id, secret=b"x", created_at=NOW))  # begun only
        ids = {"plan": plan.id, "firm": firm.id}
    everybody = {"Alva Lindqvist", "Bo Ek", "Gammal Gäst", "Ny Sökande", *STAFF}
    for query, names in {
        "": everybody, "role=host": {"Hanna Lund"}, f"plan={ids['plan']}": {"Bo Ek"}, f"organisation={ids['firm']}": {"Bo Ek"},
        "organisation=none": everybody - {"Bo Ek"}, "plan=none": everybody - {"Bo Ek"}, "state=ended": {"Gammal Gäst"},
        "seen=long-ago": {"Gammal Gäst"}, "seen=recent": {"Hanna Lund"}, "seen=never": everybody - {"Gammal Gäst", "Hanna Lund"},
        "factor=on": {"Adam Berg"}, "factor=off": everybody - {"Adam Berg"}, "booked=some": {"Adam Berg"},
        "booked=never&role=admin": set(), "waiting=y": {"Alva Lindqvist"}, "state=nonsense&plan=1;2&seen=x": everybody,
    }.items():  # fmt: skip
        page = host.get(f"/staff/people?{query}").text
        assert set(listed(page)) == names, query
        file = post(host, "/staff/people.csv", dict(parse_qsl(query)))
        assert {line[1] for line in lines(file)[1:]} == names, query
    page = host.get(f"/staff/people?plan={ids['plan']}&booked=never").text
    assert "(2)" in page and f'value="{ids["plan"]}" selected' in page and 'name="plan" value=' in page
    assert f"/staff/people?state=active&amp;plan={ids['plan']}&amp;booked=never" in page  # chips keep the rest


def test_a_large_house_is_paged_by_where_one_was_and_costs_the_same(
    app: Flask, small: Small, host: FlaskClient
) -> None:
    host.get("/staff/people")
    with statements(app) as few:
        host.get("/staff/people")
    with app.app_context(), transaction():
        add(*(f"{letter}{n:03} Person" for n in range(400) for letter in "ÖaÅbÄ"))
        db.session.execute(update(Member).where(Member.name.like("a%")).values(logged_in_at=NOW - timedelta(days=3)))
    with statements(app) as many:
        began = perf_counter()
        page = host.get("/staff/people").text
        assert perf_counter() - began < 2
    assert len(many) <= len(few) <= 12
    for sort in ("name", "newest", "seen"):
        seen: list[str] = []
        page = host.get(f"/staff/people?q=person&sort={sort}").text
        while True:
            seen += listed(page)
            following = re.search(r'href="([^"]+)" rel="next"', page)
            if not following:
                break
            assert "Person" not in following[1]  # no name stands in an address
            page = host.get(following[1].replace("&amp;", "&")).text
        assert len(seen) == len(set(seen)) == 2000, sort
        before = re.search(r'href="([^"]+)" rel="prev"', page)
        assert before and listed(host.get(before[1].replace("&amp;", "&")).text) == seen[1900:1950], sort
        if sort == "name":
            assert [name[0] for name in seen[::400]] == ["a", "b", "Å", "Ä", "Ö"]
        if sort == "seen":
            assert {name[0] for name in seen[:400]} == {"a"}


def test_the_file_is_the_list_harmless_and_leaves_a_trace(app: Flask, small: Small, host: FlaskClient) -> None:
    with app.app_context(), transaction():
        add("=HYPERLINK(1)", 'Vanlig; "Citat"')
    answer = post(host, "/staff/people.csv", {"q": "vanlig", "column": ["name", "factor", "nonsense", "bookings"]})
    assert answer.mimetype == "text/csv" and "attachment" in answer.headers["Content-Disposition"]
    assert lines(answer)[1:] == [['Vanlig; "Citat"', "Nej", "0"]]
    assert ["'=HYPERLINK(1)"] in lines(post(host, "/staff/people.csv", {"column": "name"}))
    with app.app_context():
        told = trail.about("house", None, limit=2)
    assert [entry.action for entry in told] == ["people.exported", "people.exported"]
    after = told[1].after
    assert after["count"] == 1 and after["columns"] == ["name", "factor", "bookings"]
    assert after["filter"] == {"q": "*"}  # not whom somebody looked for


def test_notes_are_for_staff_with_author_and_go_with_the_account(
    app: Flask, small: Small, host: FlaskClient, admin: FlaskClient, alva: FlaskClient
) -> None:  # fmt: skip
    page = f"/staff/members/{small.people['alva']}"
    notes = f"/staff/people/{small.people['alva']}/notes"
    assert post(host, notes, {"text": "  Har nyckel 7.\r\n<b>Viktigt</b>\n"}).location.startswith(page)
    shown = host.get(page).text
    assert "Har nyckel 7.\n&lt;b&gt;Viktigt&lt;/b&gt;" in shown and "Hanna Lund" in shown
    assert "Enligt lag ingår den i den kopia" in shown
    # member-note-empty, member-note-long
    for text, said in (("", "Skriv vad"), ("x" * 2001, "högst 2000"), ("a\u202eb\x07", "högst 2000")):
        refused = post(host, notes, {"text": text})
        assert refused.status_code == 422 and said in refused.text, text[:5]
    own = alva.get("/account/privacy/data/member-notes").text
    assert "Har nyckel 7." in own and "Hanna" not in own
    trace = alva.get("/account/privacy/trail").text
    assert "Personalen skrev en anteckning om dig" in trace and "nyckel" not in trace
    assert "nyckel" not in alva.get("/account").text and "nyckel" not in alva.get("/").text

    # hosts look after members alone
    about_staff = f"/staff/people/{small.people['admin']}/notes"
    assert post(host, about_staff, {"text": "x"}).status_code == 404
    assert post(admin, f"/staff/people/{small.people['host']}/notes", {"text": "Bra på Bo Ek"}).status_code == 303
    assert "Bra på" not in host.get(f"/staff/members/{small.people['host']}").text
    with app.app_context():
        number = db.session.scalars(select(MemberNote.id).where(MemberNote.member_id == small.people["alva"])).one()
    assert post(host, f"/staff/people/{small.people['bo']}/notes", {"remove": number}).status_code == 303
    assert "Har nyckel" in host.get(page).text  # not another's
    assert post(host, notes, {"remove": number}).status_code == 303
    assert "Har nyckel" not in host.get(page).text


def test_a_members_page_shows_what_goes_on_in_as_many_statements_however_much(
    app: Flask, small: Small, host: FlaskClient, admin: FlaskClient
) -> None:  # fmt: skip
    page = f"/staff/members/{small.people['alva']}"
    with app.app_context(), transaction():
        alva = member(small, "alva")
        bookings.reserve(alva, small.a1, at(TUESDAY, "09:00", "11:00"), now=NOW, zone=ZONE)
        plan = plans.add_plan(Contents(names=("Flex", "Flex")), actor=None)
        plans.give(plan.id, starts=MONDAY, now=NOW, actor=None, member_id=alva.id)
        service.write_note(member(small, "host"), alva.id, "Ett", now=NOW)
    host.get(page)
    with statements(app) as few:
        shown = host.get(page).text
    assert "A1" in shown and "Flex" in shown and "En bokning" in shown and "Ett" in shown
    with app.app_context(), transaction():
        for day in (1, 2, 3):
            span = at(TUESDAY + timedelta(days=day), "09:00", "11:00")
            bookings.reserve(member(small, "alva"), small.a2, span, now=NOW, zone=ZONE)
            service.write_note(member(small, "admin"), small.people["alva"], "Till", now=NOW)
    with statements(app) as many:
        assert host.get(page).text.count("Till") >= 3
    assert len(many) <= len(few)
    closed = host.get(f"/staff/members/{small.people['admin']}").text
    assert "notes-h" not in closed and "notes-h" in admin.get(f"/staff/members/{small.people['host']}").text


def test_organisations_and_plans_are_found_counted_and_taken_along(
    app: Flask, small: Small, host: FlaskClient
) -> None:  # fmt: skip
    with app.app_context(), transaction():
        today = MONDAY
        firm = organisations.create(Particulars(("Åkerö; bygg", "-Field Builders"), "company"), actor=None)
        school = organisations.create(
            Particulars(
                ("Södra skolan", "South School"), "university", partner=(today, None), contact="kim@example.org"
            ),
            actor=None,
        )
        flex = plans.add_plan(Contents(names=("Flex", "Flex"), price=120_050), actor=None).id
        organisations.join(small.people["bo"], firm.id, actor=None)
        plans.give(flex, starts=MONDAY, now=NOW, actor=None, organisation_id=firm.id)
        plans.give(flex, starts=MONDAY, now=NOW, actor=None, member_id=small.people["bo"])  # counts once
        plans.give(flex, starts=MONDAY, now=NOW, actor=None, member_id=small.people["alva"])
        ids = {"firm": firm.id, "school": school.id}
    for query, names in {
        "": {"firm", "school"}, "q=akero": {"firm"}, "q=build": {"firm"}, "q=kolan": set(), "q=sodra+sko": {"school"},
        "kind=company": {"firm"}, "partner=yes": {"school"}, "partner=no&kind=university": set(), "kind=x": {"firm", "school"},
    }.items():  # fmt: skip
        page = host.get(f"/staff/organisations?{query}").text
        assert {name for name, number in ids.items() if f'href="/staff/organisations/{number}"' in page} == names, query
        file = lines(post(host, "/staff/organisations.csv", dict(parse_qsl(query))))
        assert len(file) - 1 == len(names), query
    page = host.get("/staff/organisations?q=akero").text
    assert f"/staff/people?organisation={ids['firm']}&amp;state=active" in page
    assert "1 medlem" in page
    row = lines(post(host, "/staff/organisations.csv", {"q": "akero"}))[1]
    assert row[:2] == ["Åkerö; bygg", "'-Field Builders"] and row[5] == "1"
    with app.app_context():
        assert trail.about("house", None, limit=1)[0].action == "organisations.exported"
    page = host.get("/staff/plans").text
    assert "2 medlemmar" in page and f"plan={flex}" in page
    assert listed(host.get(f"/staff/people?plan={flex}&state=active").text) == ["Alva Lindqvist", "Bo Ek"]
    file = lines(post(host, "/staff/plans.csv"))
    assert file[1][:2] == ["Flex", "1200,50"] and file[1][-1] == "2"


def test_what_is_written_about_somebody_goes_with_the_account(app: Flask, small: Small) -> None:
    alva, bo, host = (small.people[who] for who in ("alva", "bo", "host"))
    with app.app_context(), transaction():
        for about, text in ((alva, "Har nyckel 7"), (bo, "Delar nyckel med Alva Lindqvist"), (bo, "Kommer sent")):
            service.write_note(member(small, "host"), about, text, now=NOW)
        mine = [[alva, None, 1]], [[bo, None, 1]]
        db.session.add_all(MemberEdit(by_id=host, at=NOW, act="organisation", items=items) for items in mine)
    classes = {data.name: data for data in personal.known(app).classes}
    with app.app_context(), transaction():
        for name in ("member-notes", "member-edits"):
            classes[name].erase(Subject(alva, "alva@example.org", "Alva Lindqvist"), NOW)
        assert list(db.session.scalars(select(MemberNote.text))) == ["Kommer sent"]
        assert [row.items for row in db.session.scalars(select(MemberEdit))] == [[[bo, None, 1]]]
        classes["member-notes"].erase(Subject(host, "host@example.org", "Hanna Lund"), NOW)
        assert (
            db.session.scalars(select(MemberNote.by_id)).one() is None
        )  # what was written stays, without who wrote it
        later = NOW + timedelta(minutes=11)
        assert classes["member-edits"].expired(later, ()) == classes["member-edits"].purge(later, ()) == 1
