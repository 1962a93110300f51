"""What staff see of how the house is used: questions, answers, tables, files; and a month's report by its link."""

from __future__ import annotations

import csv
import io
import re
from datetime import date, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from innovation_station import vain as noted
from innovation_station.attendance import service as attendance
from innovation_station.audit.models import AuditEntry
from innovation_station.bookings import service as bookings
from innovation_station.db import db, transaction
from innovation_station.errors import Refusal, Unavailable
from innovation_station.events import service as events
from innovation_station.events.rules import Item
from innovation_station.figures import events as visits
from innovation_station.figures import periods, plots, service, sharing, vain
from innovation_station.figures.models import FigureEvent, FigureReport
from innovation_station.members.models import Member, Organisation
from innovation_station.registration import service as registration
from innovation_station.registration.models import Registration
from innovation_station.registration.rules import Terms
from innovation_station.registration.service import Form
from innovation_station.spaces.queries import house
from tests.conftest import MONDAY, NOW, TUESDAY, ZONE, Small, at, browser, log_in, post, statements
from tests.events.conftest import FACTS

WEEK = f"/staff/figures?period=week&date={MONDAY}"


@pytest.fixture
def host(app: Flask) -> FlaskClient:
    return log_in(browser(app), "host")


@pytest.fixture
def week(app: Flask, small: Small) -> None:
    """Have an organisation of one and one of five; both book, and somebody of neither."""
    with app.app_context(), transaction() as session:
        big = Organisation(name_sv="Storbolaget", name_en="The big one", kind="company")
        lone = Organisation(name_sv="=Ensam AB", name_en="=Lone", kind="company")
        session.add_all([big, lone])
        session.flush()
        people = [session.get_one(Member, small.people[name]) for name in ("alva", "bo", "host", "admin")]
        people[0].organisation_id, people[1].organisation_id = lone.id, big.id
        for number in range(4):
            session.add(
                Member(
                    email=f"m{number}@example.org", name=f"M {number}", role="member", password_hash="x", visible=False,
                    state="active", created_at=NOW, bookings_revision=0, organisation_id=big.id,
                )
            )  # fmt: skip
        session.flush()
        bookings.reserve(people[0], small.a1, at(TUESDAY, "10:00", "15:00"), now=NOW, zone=ZONE)
        bookings.reserve(people[1], small.a2, at(TUESDAY, "10:00", "12:00"), now=NOW, zone=ZONE)
        gone = bookings.reserve(people[2], small.a3, at(TUESDAY, "10:00", "12:00"), now=NOW, zone=ZONE)
        bookings.cancel(people[2], gone.id, now=NOW)


def text_of(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.partition("<main")[2]))


def table_of(client: FlaskClient, name: str, query: str = f"period=week&date={MONDAY}") -> list[list[str]]:
    answer = client.get(f"/staff/figures/{name}.csv?{query}")
    assert answer.status_code == 200 and answer.mimetype == "text/csv", name
    assert f'filename="{name}-' in answer.headers["Content-Disposition"]
    return list(csv.reader(io.StringIO(answer.get_data().decode("utf-8-sig")), delimiter=";"))


def test_each_plot_answers_its_question_in_both_languages(app: Flask, week: None) -> None:
    for language, title, answers in (
        ("sv", "Statistik", ("Tisdagen klockan 10 är tätast: 33 % av 6 platser.", "A1 används mest: 10 % av tiden",
                             "1 bokning avbokades, 33 % av alla.", "0 % av bokningarna gjordes mindre än ett dygn")),
        ("en", "Figures", ("Tuesday at 10 is the fullest: 33% of 6 places.", "A1 is used the most: 10% of the time",
                           "1 booking was cancelled, 33% of all.", "0% of the bookings were made less than a day")),
    ):  # fmt: skip
        page = log_in(browser(app, language), "host").get(WEEK).text
        said = text_of(page)
        for words in (title, *answers):
            assert words in said.replace("\N{NO-BREAK SPACE}", " "), words
        assert page.count('<section class="card pad fig-plot') == len(plots.NAMES)
        assert page.count("<title id=") == page.count("<desc id=") == 1
        assert 'style="' not in page and page.count(".csv?") == len(plots.NAMES)


def test_a_plot_is_a_file_in_which_nothing_is_a_formula(host: FlaskClient, week: None) -> None:
    heat = table_of(host, "heat")
    assert heat[0][:3] == ["Veckodag", "08", "09"] and heat[2][:4] == ["Tisdag", "0", "0", "33"]
    spaces = {row[0]: row for row in table_of(host, "spaces")[1:]}
    assert spaces["A1"][1:4] == ["10", "0", "5,00"] and spaces["A3"][8] == "0"
    for name in plots.NAMES:
        rows = table_of(host, name)
        assert len({len(row) for row in rows}) == 1, name
    assert host.get("/staff/figures/passwords.csv").status_code == 404
    assert host.get("/staff/figures/heat.csv?period=own&from=2026-02-01&to=2026-01-01").status_code == 404
    kinds = table_of(host, "spaces", f"period=week&date={MONDAY}&kind=room")
    assert [row[0] for row in kinds[1:]] == ["Hågelby"]


def test_what_few_have_done_is_put_together(host: FlaskClient, week: None) -> None:
    """One organisation has one member: what it books is what one person books."""
    rows = {row[0]: row[1:4] for row in table_of(host, "organisations")[1:]}
    assert rows == {"Storbolaget": ["29", "2,00", "1"], "Organisationer med färre än fem": ["71", "5,00", "1"]}
    assert "Ensam" not in host.get(WEEK).text


def test_any_period_is_compared_with_another() -> None:
    november = periods.of("month", MONDAY)
    assert (november.first, november.last) == (date(2026, 11, 1), date(2026, 11, 30))
    assert november.previous == periods.of("month", date(2026, 10, 5)) and november.following.first.month == 12
    assert november.year_before.first == date(2025, 11, 1)
    assert periods.of("quarter", MONDAY).previous.first == date(2026, 7, 1)
    assert periods.of("year", date(2028, 2, 29)).year_before.last == date(2027, 12, 31)
    week = periods.of("week", date(2027, 1, 1))
    assert (week.first, week.year_before.first.weekday()) == (date(2026, 12, 28), 0)
    own = periods.own(date(2026, 11, 3), date(2026, 11, 12))
    assert own and (own.previous.first, own.previous.last) == (date(2026, 10, 24), date(2026, 11, 2))
    assert periods.own(date(2026, 2, 1), date(2026, 1, 1)) is None
    assert periods.own(date(2020, 1, 1), date(2026, 1, 1)) is None
    for kind, step, parts in (("week", "day", 7), ("month", "day", 30), ("quarter", "week", 14), ("year", "month", 12)):
        period = periods.of(kind, MONDAY)
        assert (period.step, len(list(period.buckets()))) == (step, parts), kind


def test_periods_that_cannot_be_are_said_and_never_break(host: FlaskClient) -> None:
    for query, status in (
        ("period=own&from=2026-02-01&to=2026-01-01", 422), ("period=own&from=x", 422), ("period=own", 200),
        ("period=year&date=0001-01-01", 200), ("period=week&date=9999-12-31", 200), ("period=x&kind=y&against=z", 200),
        ("period=year&date=2024-02-29&against=year&kind=desk", 200), ("period=quarter", 200),
        ("period=own&from=2025-03-15&to=2026-03-14", 200),
    ):  # fmt: skip
        assert host.get(f"/staff/figures?{query}").status_code == status, query
    for month in ("2026-13", "", "9999-12", "0001-01", "2026-11"):
        assert host.get(f"/staff/figures/report?month={month}").status_code == 200, month


def test_the_page_asks_as_much_however_much_there_is(app: Flask, small: Small, host: FlaskClient) -> None:
    year = "/staff/figures?period=year&date=2026-11-23"
    with app.app_context():
        service.refresh(now=NOW, zone=ZONE)
    host.get(year)
    asked = []
    for day in range(3):
        with app.app_context(), transaction():
            alva = db.session.get_one(Member, small.people["alva"])
            span = at(TUESDAY + timedelta(days=day), "09:00", "10:00")
            bookings.reserve(alva, small.a1, span, now=NOW, zone=ZONE)
        with app.app_context():
            service.refresh(now=NOW, zone=ZONE)
        with statements(app) as seen:
            host.get(year)
        asked.append(len(seen))
    assert asked[0] == asked[1] == asked[2] <= 20, asked


# -- what was wanted in vain ------------------------------------------------------------------------------------------


def test_what_is_refused_or_not_found_is_counted_without_whom(
    app: Flask, small: Small, host: FlaskClient, alva: FlaskClient, bo: FlaskClient, week: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    noted.take()
    booked = {"space": small.a1, "date": f"{TUESDAY}", "preset": "own", "start": "13:00", "end": "14:00", "title": ""}
    with statements(app) as seen:
        assert post(bo, "/bookings", {**booked, "key": "x"}).status_code == 409
    assert not any("figure_vain" in one for one in seen)  # nobody waits for it
    early = {**booked, "start": "06:00", "end": "07:00", "key": "y"}
    assert post(bo, "/bookings", early).status_code == 422
    closed = {**booked, "date": "2026-11-28", "key": "z"}
    assert post(alva, "/bookings", closed).status_code == 422
    none = f"kind=room&people=100&length=60&date={TUESDAY}&until={TUESDAY}&from=09:00&to=12:00"
    for _again in range(3):  # a page that is loaded anew is no other wish
        assert bo.get(f"/find?{none}").status_code == 200

    def fail() -> None:
        raise Unavailable([Refusal("database-busy")])

    with monkeypatch.context() as patch:
        patch.setattr(vain, "transaction", fail)
        assert vain.write(app) == 0  # it waits on
    counted = vain.write(app)
    assert vain.write(app) == 0
    with app.app_context():
        found = vain.counts(MONDAY, MONDAY + timedelta(days=6))
    desks = {("desk", code): 1 for code in ("taken", "closed-day", "closed-hours")}
    assert found == desks | {("room", "too-small"): 1} and counted == 4
    rows = table_of(host, "vain")
    assert ["Skrivbord", "Upptagen", "1", "0"] in rows or ["Skrivbord", "Upptaget", "1", "0"] in rows, rows
    assert f"{counted} gånger hittade någon inget." in text_of(host.get(WEEK).text)
    for ahead, code in ((-1, "taken"), (500, "taken"), (1, "title-long")):
        noted.note(MONDAY + timedelta(days=ahead), "desk", [code], today=MONDAY)
    assert not noted.take()


# -- events -----------------------------------------------------------------------------------------------------------


def test_who_came_to_an_event_is_known_when_their_registrations_are_gone(
    app: Flask, small: Small, host: FlaskClient
) -> None:  # fmt: skip
    with app.app_context(), transaction() as session:
        staff = session.get_one(Member, small.people["host"])
        event = events.create(staff, FACTS, at(TUESDAY, "15:00", "17:00"), now=NOW)
        item = Item(0, "talk", ("Välkommen", "Welcome"), at(TUESDAY, "15:00", "16:00"), small.hall)
        events.carry_out(staff, event.id, lambda programme: programme.with_item(item), now=NOW, zone=ZONE)
        events.publish(staff, event.id, now=NOW, zone=ZONE)
        registration.settle(staff, event.id, Terms(capacity=9), now=NOW, zone=ZONE)
        for name in ("alva", "bo"):
            registration.register(session.get_one(Member, small.people[name]), event.id, Form(), now=NOW, zone=ZONE)
        rows = session.query(Registration).order_by(Registration.id).all()
        attendance.check_in(staff, rows[0].id, "list", now=NOW + timedelta(hours=31))
        event_id = event.id
    assert table_of(host, "events")[1][2:] == ["2", "1", "50"]
    with app.app_context(), transaction() as session:
        assert visits.keep(NOW + timedelta(days=2)) == 1
        for row in session.query(Registration):
            session.delete(row)
    with app.app_context(), transaction() as session:
        visits.keep(NOW + timedelta(days=3))
        kept = session.get_one(FigureEvent, event_id)
        assert (kept.registered, kept.came) == (2, 1)
    assert table_of(host, "events")[1][2:] == ["2", "1", "50"]
    assert "1 evenemang. 1 kom, 50" in text_of(host.get(WEEK).text)


# -- the report -------------------------------------------------------------------------------------------------------


def test_a_report_is_read_by_whoever_has_its_link_until_it_is_ended(
    app: Flask, host: FlaskClient, client: FlaskClient, week: None
) -> None:  # fmt: skip
    assert post(host, "/staff/figures/report", {"month": "2026-11"}).status_code == 303
    assert post(host, "/staff/figures/report", {"month": "2026-11", "organisations": "1"}).status_code == 303
    page = host.get("/staff/figures/report?month=2026-11").text
    open_, plain = (path for path in re.findall(r"<code>http://localhost(/figures/[^<]+)</code>", page))
    answer = client.get(plain)
    assert answer.status_code == 200 and answer.headers["X-Robots-Tag"] == "noindex"
    assert "November 2026" in answer.text and "A1 används mest" in answer.text and "Storbolaget" not in answer.text
    assert "Storbolaget" in client.get(open_).text and "Ensam" not in client.get(open_).text
    for name in ("Alva", "Bo Ek", "/staff/", ".csv"):
        assert name not in answer.text, name
    share = re.findall(r"/staff/figures/report/(\d+)/end", page)[1]
    assert post(host, f"/staff/figures/report/{share}/end").status_code == 303
    assert post(host, f"/staff/figures/report/{share}/end").status_code == 303
    assert client.get(plain).status_code == 404 and client.get(open_).status_code == 200
    assert client.get(plain[:-1]).status_code == client.get("/figures/x").status_code == 404
    assert post(host, "/staff/figures/report/987/end").status_code == 404
    with app.app_context():
        told = [row.action for row in db.session.query(AuditEntry).order_by(AuditEntry.id) if "report." in row.action]
        assert told == ["report.shared", "report.shared", "report.ended"]
        row = db.session.query(FigureReport).order_by(FigureReport.id).first()
        assert row and sharing.opened(sharing.links.token(row)) is None
        assert house().places
