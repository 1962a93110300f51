"""The ledger follows every change of a booking, refuses to be rewritten, and adds up to the öre."""

from __future__ import annotations

import csv
import io
import re
from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from innovation_station.bookings import presence, service
from innovation_station.bookings.models import Booking
from innovation_station.bookings.schedule import check_ins
from innovation_station.db import db, transaction
from innovation_station.errors import Conflict, Refused
from innovation_station.ledger import queries, rules
from innovation_station.ledger import service as ledger
from innovation_station.ledger.models import LedgerEntry
from innovation_station.plans import service as plans
from innovation_station.plans.models import PlanRow
from innovation_station.spaces import service as spaces
from tests.conftest import NOW, TUESDAY, ZONE, Small, at, browser, log_in
from tests.plans.conftest import Planned, organisation
from tests.plans.conftest import planned as planned

NEXT_MONTH, WEDNESDAY = date(2026, 12, 8), date(2026, 11, 25)
HALF = timedelta(minutes=30)


def entries(app: Flask) -> list[tuple[str, str, int, int, int | None]]:
    with app.app_context():
        rows = db.session.scalars(select(LedgerEntry).order_by(LedgerEntry.id)).all()
        return [(row.action, row.month, row.minutes, row.amount, row.corrects_id) for row in rows]


def reserve(
    planned: Planned,
    who: str = "alva",
    space: int = 0,
    day: date = TUESDAY,
    start: str = "09:00",
    end: str = "11:00",
    now: datetime = NOW,
) -> Booking:
    with planned.app.app_context(), transaction():
        return service.reserve(planned.member(who), space or planned.small.a1, at(day, start, end), now=now, zone=ZONE)


def move(planned: Planned, booking: Booking, space: int, day: date, start: str, end: str, now: datetime = NOW) -> None:
    with planned.app.app_context(), transaction():
        service.move(planned.member("alva"), booking.id, space_id=space, span=at(day, start, end), now=now, zone=ZONE)


def cancel(planned: Planned, booking: Booking, now: datetime = NOW) -> None:
    with planned.app.app_context(), transaction():
        service.cancel(planned.member("alva"), booking.id, now=now)


def test_each_change_is_entered_and_what_it_replaces_taken_back(planned: Planned) -> None:
    made = reserve(planned)
    move(planned, made, planned.small.a2, NEXT_MONTH, "09:00", "10:30")
    cancel(planned, made)
    with planned.app.app_context(), transaction():
        service.restore(planned.member("alva"), made.id, now=NOW, zone=ZONE)
    assert entries(planned.app) == [
        ("reserved", "2026-11", 120, 6666, None),
        ("moved", "2026-11", -120, -6666, 1),
        ("moved", "2026-12", 90, 5000, None),
        ("cancelled", "2026-12", -90, -5000, 3),
        ("restored", "2026-12", 90, 5000, None),
    ]


def test_no_show_is_paid_whole_and_an_early_leave_until_its_end(planned: Planned) -> None:
    with planned.app.app_context(), transaction():
        spaces.set_policy(kind="desk", check_in=15)
    nobody_came = reserve(planned)
    left = reserve(planned, day=WEDNESDAY)
    nine = at(WEDNESDAY, "09:00", "11:00").start
    with planned.app.app_context():
        check_ins(nobody_came.start + timedelta(minutes=10))
        assert check_ins(nobody_came.start + timedelta(minutes=15)) == "1 released, 0 reminded"
        with transaction():
            presence.reclaim(planned.member("alva"), nobody_came.id, now=nobody_came.start + HALF, zone=ZONE)
        assert len(entries(planned.app)) == 2, "what is paid whole stays so, also when it is taken back"
        with transaction():
            presence.end_now(planned.member("alva"), left.id, now=nine + HALF, zone=ZONE)
        with transaction():
            presence.extend(planned.member("alva"), left.id, nine + 2 * HALF, now=nine + HALF, zone=ZONE)
    assert [row[:1] + row[2:4] for row in entries(planned.app)] == [
        ("reserved", 120, 6666),
        ("reserved", 120, 6666),
        ("ended", -120, -6666),
        ("ended", 30, 1667),
        ("extended", -30, -1667),
        ("extended", 60, 3333),
    ]


def test_no_show_counts_against_a_quota_and_what_was_given_back_does_not(planned: Planned) -> None:
    """Ten hours a week: eight of them nobody came to, so two are left; an early leave gives its rest back."""
    with planned.app.app_context(), transaction():
        spaces.set_policy(kind="desk", check_in=15)
    nobody_came = reserve(planned, start="09:00", end="17:00")
    with planned.app.app_context():
        check_ins(nobody_came.start + timedelta(minutes=10))
        check_ins(nobody_came.start + timedelta(minutes=15))
    with pytest.raises(Refused) as error:
        reserve(planned, day=WEDNESDAY, start="09:00", end="11:15")
    assert [refusal.code for refusal in error.value.refusals] == ["quota-hours"]
    left = reserve(planned, day=WEDNESDAY, start="09:00", end="11:00")
    with planned.app.app_context(), transaction():
        presence.end_now(planned.member("alva"), left.id, now=left.start + HALF, zone=ZONE)
    assert reserve(planned, day=WEDNESDAY, start="13:00", end="14:30")


def test_words_enter_nothing(planned: Planned) -> None:
    made = reserve(planned)
    with planned.app.app_context(), transaction():
        service.move(
            planned.member("alva"), made.id, space_id=made.space_id, span=made.span, title="Ny", now=NOW, zone=ZONE
        )
    assert len(entries(planned.app)) == 1


def test_price_is_that_of_the_booking_whatever_the_plan_costs_later(planned: Planned) -> None:
    made = reserve(planned)
    with planned.app.app_context(), transaction():
        row = db.session.get_one(PlanRow, planned.desks)
        given = plans.contents(row)
        plans.change_plan(
            planned.desks,
            type(given)(names=given.names, kinds=given.kinds, rates={"desk": 9999}),
            actor=planned.member("admin"),
        )
    move(planned, made, planned.small.a2, TUESDAY, "13:00", "14:00")
    assert [row[3] for row in entries(planned.app)] == [6666, -6666, 3333]
    reserve(planned, start="15:00", end="16:00")
    assert entries(planned.app)[-1][3] == 9999


def test_another_kind_is_priced_anew(planned: Planned) -> None:
    planned.change(planned.membership, ends=date(2026, 11, 2))
    planned.give(planned.all, "alva", starts=date(2026, 11, 3))
    made = reserve(planned)
    move(planned, made, planned.small.room, TUESDAY, "09:00", "10:00")
    assert [row[3] for row in entries(planned.app)] == [2000, -2000, 20000]


def test_month_that_is_over_does_not_change(planned: Planned) -> None:
    late = datetime(2026, 11, 30, 22, 50, tzinfo=UTC)  # ten to midnight
    with planned.app.app_context(), transaction():
        spaces.set_hours(dict.fromkeys(range(7), (0, 1440)))
    with planned.app.app_context(), transaction():
        span = type(at(TUESDAY, "09:00", "10:00"))(late - timedelta(minutes=5), late + timedelta(minutes=115))
        made = service.reserve(planned.member("alva"), planned.small.a1, span, now=late, zone=ZONE)
    cancel(planned, made, now=late + timedelta(minutes=30))
    assert [(row[1], row[3]) for row in entries(planned.app)] == [("2026-11", 6666), ("2026-12", -6666)]


def test_own_desk_is_not_paid_by_the_hour(planned: Planned) -> None:
    with planned.app.app_context(), transaction():
        plans.dedicate(planned.small.a3, planned.small.people["alva"], starts=TUESDAY, actor=None)
    reserve(planned, space=planned.small.a3)
    assert entries(planned.app) == [("reserved", "2026-11", 120, 0, None)]


def test_what_fails_is_not_entered(planned: Planned) -> None:
    reserve(planned)
    planned.give(planned.all, "bo")
    with pytest.raises(Conflict):
        reserve(planned, "bo")
    with pytest.raises(Refused):
        reserve(planned, space=planned.small.hall)
    assert len(entries(planned.app)) == 1


def test_house_without_plans_keeps_no_ledger(app: Flask, small: Small) -> None:
    bare = Planned(app, small)
    made = reserve(bare)
    cancel(bare, made)
    assert entries(app) == []


@pytest.mark.parametrize("statement", ["UPDATE ledger_entry SET amount = 0", "DELETE FROM ledger_entry"])
def test_database_refuses_to_rewrite_an_entry(planned: Planned, statement: str) -> None:
    reserve(planned)
    with planned.app.app_context():
        with pytest.raises(DBAPIError, match="ledger_is_kept"):
            db.session.execute(text(statement))
        db.session.rollback()
    assert len(entries(planned.app)) == 1


# -- who pays, and the file -------------------------------------------------------------------------------------------


def shared(planned: Planned) -> int:
    """Let Alva belong to the school, a third of whose use another organisation bears."""
    planned.join("alva", planned.school)
    other = organisation(planned.app, "=Kommunen", cost_centre="+K2").id
    with planned.app.app_context(), transaction():
        ledger.set_shares(planned.school, [(other, 3333)], actor=planned.member("admin"))
    return other


def test_parts_of_a_shared_use_add_up_and_go_back_as_they_came(planned: Planned) -> None:
    other = shared(planned)
    made = reserve(planned)
    with planned.app.app_context():
        rows = queries.open_entries(made.id)
        assert [(row.payer_id, row.amount, row.share, row.bookings) for row in rows] == [
            (planned.school, 4445, 6667, 1), (other, 2221, 3333, 0),
        ]  # fmt: skip
        assert [month.amount for month in queries.months()] == [6666]
        assert [(month.bookings, month.minutes) for month in queries.months()] == [(1, 120)]
    with planned.app.app_context(), transaction():
        ledger.set_shares(planned.school, [], actor=planned.member("admin"))
    cancel(planned, made)
    assert sum(row[3] for row in entries(planned.app)) == 0
    with planned.app.app_context():
        assert list(queries.lines("2026-11")) == []


def test_shares_beyond_a_whole_are_refused(planned: Planned) -> None:
    other = organisation(planned.app, "Kommunen").id
    with planned.app.app_context(), pytest.raises(Refused), transaction():
        ledger.set_shares(planned.school, [(other, 10001)], actor=planned.member("admin"))


def test_month_is_exported_to_the_oere(planned: Planned) -> None:
    shared(planned)
    planned.give(planned.all, "bo")
    for hour in range(9, 14):
        reserve(planned, start=f"{hour:02}:00", end=f"{hour:02}:45")
    gone = reserve(planned, start="15:00", end="16:00")
    cancel(planned, gone)
    reserve(planned, "bo", planned.small.room, start="09:00", end="10:15")
    reserve(planned, "bo", planned.small.room, NEXT_MONTH)
    admin = log_in(browser(planned.app), "admin")
    answer = admin.get("/staff/ledger/2026-11.csv")
    assert answer.status_code == 200 and answer.mimetype == "text/csv"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="ledger-2026-11.csv"'
    assert answer.data.startswith(b"\xef\xbb\xbf")
    header, *rows, last = csv.reader(io.StringIO(answer.data.decode("utf-8-sig")), delimiter=";")
    assert header[:4] == ["Månad", "Betalare", "Kostnadsställe", "Organisation"] and len(rows) == 3
    ours = [dict(zip(header, row, strict=True)) for row in rows]
    assert {row["Betalare"] for row in ours} == {"", "'=Kommunen", "Skolan"}
    assert {row["Kostnadsställe"] for row in ours} == {"", "'+K2", "K1"}
    assert all(cell[:1] not in "=+@\t\r" or not cell for row in rows for cell in row)

    def öre(cell: str) -> int:
        return int(cell.replace(",", ""))

    for name, expected in (("Belopp utan moms", 5 * 2500 + 25000), ("Moms", None), ("Totalt", None)):
        total = öre(last[header.index(name)])
        assert total == sum(öre(row[name]) for row in ours) and total == (expected or total)
    with planned.app.app_context():
        stored = db.session.scalars(select(LedgerEntry.amount).where(LedgerEntry.month == "2026-11")).all()
        assert sum(stored) == 5 * 2500 + 25000
        sums = rules.sums(list(queries.lines("2026-11")))
        assert sums.total == öre(last[header.index("Totalt")])
    assert admin.get("/staff/ledger/2026-13.csv").status_code == 404
    page = admin.get("/staff/ledger").text
    assert '<a href="/staff/ledger/2026-11.csv">november 2026 (CSV)</a>' in page and re.search(
        r'<td class="num">\d+,\d</td>', page
    )
    seen = log_in(browser(planned.app), "host").get("/staff/ledger").text
    assert '<th scope="row">november 2026</th>' in seen  # the file is for administrators


def test_english_file_has_points(planned: Planned) -> None:
    reserve(planned)
    text_ = log_in(browser(planned.app, "en"), "admin").get("/staff/ledger/2026-11.csv").text
    assert "66.66" in text_ and "Alva Lindqvist" in text_ and "Amount without VAT" in text_
