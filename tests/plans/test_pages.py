"""Plans on the pages of staff and of members, and what is told when one ends."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from innovation_station.bookings import service as bookings
from innovation_station.db import db, transaction
from innovation_station.mail import compose
from innovation_station.mail.models import Mail
from innovation_station.notices import queries as notice_queries
from innovation_station.notices import service as notices
from innovation_station.notices.rules import Choice, Frequency, Quiet
from innovation_station.organisations import service as organisations
from innovation_station.plans import queries, reminders, telling
from innovation_station.plans.models import Membership
from innovation_station.spaces.queries import house
from tests.conftest import MONDAY, NOW, TUESDAY, ZONE, Small, at, browser, log_in, post
from tests.plans.conftest import Planned

QUOTA = {
    f"quotas-{row}-{name}": value
    for row in range(4)
    for name, value in {"amount": "", "unit": "hours", "kind": "", "per": "week"}.items()
}
PLAN = {
    "name_sv": "Student",
    "name_en": "Student",
    "kinds": ["desk", "booth"],
    "vat": "2500",
    "price": "1 200,50",
    "offered": "y",
}


def plans(app: Flask) -> dict[str, object]:
    with app.app_context():
        return {plan.names["sv"]: plan for plan in queries.catalogue(house()).plans.values()}


def test_administrator_makes_a_plan_and_staff_gives_it(app: Flask, small: Small) -> None:
    admin, host = (log_in(browser(app), who) for who in ("admin", "host"))
    wanted = {**QUOTA, **PLAN, "quotas-0-amount": "20", "quotas-0-kind": "desk", "quotas-1-amount": "4", "quotas-1-unit": "bookings", "quotas-1-per": "month", "desk": "33,33", "trial_days": "14", "zones": ["1"], "spaces": [str(small.room)]}  # fmt: skip
    made = post(admin, "/staff/plans", wanted)
    assert made.status_code == 303, made.text
    plan = plans(app)["Student"]
    assert (plan.price, plan.rates, plan.trial_days, plan.zones, plan.spaces) == (120050, {"desk": 3333}, 14, {1}, {small.room})  # type: ignore[attr-defined]  # fmt: skip
    assert [(q.kind, q.per, q.unit, q.amount) for q in plan.quotas] == [("desk", "week", "hours", 1200), (None, "month", "bookings", 4)]  # type: ignore[attr-defined]  # fmt: skip
    page = host.get(made.location).text
    assert "20 timmar i veckan för skrivbordsplatser" in page and "4 bokningar i månaden för allt" in page
    given = post(
        host, f"{made.location}/give", {"plan": "1", "email": "alva@example.org", "starts": str(MONDAY), "trial": "y"}
    )
    assert given.status_code == 303
    with app.app_context():
        row = db.session.scalars(select(Membership)).one()
        assert (row.trial, row.ends) == (True, MONDAY + timedelta(days=13))
    refused = post(host, f"{made.location}/give", {"plan": "1", "email": "nobody@example.org", "starts": str(MONDAY)})
    assert refused.status_code == 422 and "Ingen medlem har den adressen." in refused.text
    held = host.get(f"/staff/memberships/{row.id}").text
    assert "Alva Lindqvist" in held and "Medlemskap gavs" in held
    paused = post(host, f"/staff/memberships/{row.id}", {"ends": str(row.ends), "paused_from": str(TUESDAY)})
    assert paused.status_code == 303 and "Medlemskapet ändrades" in host.get(f"/staff/memberships/{row.id}").text
    wrong = post(host, f"/staff/memberships/{row.id}", {"ends": "2026-01-01"})
    assert wrong.status_code == 422 and 'value="2026-01-01"' in wrong.text


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"name_sv": ""}, "Skriv namnet."),
        ({"price": "gratis"}, "Skriv ett belopp i kronor"),
        ({"price": "99999999"}, "Skriv ett belopp i kronor"),
        ({"quotas-0-amount": "-1"}, "Skriv ett heltal"),
        ({"quotas-0-amount": "٣"}, "Skriv ett heltal"),
        ({"quotas-0-per": "year"}, ""),
        ({"kinds": ["castle"]}, ""),
        ({"name_sv": "Allt"}, "Det finns redan ett medlemskap"),
    ],
)
def test_bad_plans_are_answered_in_words_and_keep_what_was_typed(
    planned: Planned, change: dict[str, object], said: str
) -> None:
    admin = log_in(browser(planned.app), "admin")
    answer = post(admin, "/staff/plans", {**QUOTA, **PLAN, **change})
    assert answer.status_code in (409, 422) and said in answer.text and 'value="Student"' in answer.text
    assert "Student" not in plans(planned.app)


def test_my_plan_says_what_is_left_until_when_and_what_happened(planned: Planned) -> None:
    with planned.app.app_context(), transaction():
        bookings.reserve(planned.member("alva"), planned.small.a1, at(TUESDAY, "09:00", "10:30"), now=NOW, zone=ZONE)
    for language, left, reach in (
        ("sv", "8 timmar 30 minuter kvar", "Skrivbordsplatser"),
        ("en", "8 hours 30 minutes left", "Desks"),
    ):
        page = log_in(browser(planned.app, language), "alva").get("/account/plan").text
        assert left in page and reach in page and "33" in page
    bo = log_in(browser(planned.app), "bo").get("/account/plan").text
    assert "behövs ett medlemskap" in bo
    assert "arbetar för huset" in log_in(browser(planned.app), "host").get("/account/plan").text


def test_own_places_and_managers_are_given_and_taken_back(planned: Planned) -> None:
    admin = log_in(browser(planned.app), "admin")
    desk = {"space": planned.small.a1, "email": "alva@example.org", "starts": str(TUESDAY)}
    assert post(admin, "/staff/desks", desk).status_code == 303
    again = post(admin, "/staff/desks", desk | {"email": "bo@example.org"})
    assert again.status_code == 409 and "någons egen" in again.text
    assert post(admin, "/staff/desks", desk | {"what": "manager", "space": planned.small.room}).status_code == 303
    page = admin.get("/staff/desks").text
    assert "A1" in page and page.count("Alva Lindqvist") == 3
    assert post(admin, "/staff/desks/1/release").status_code == 303
    assert post(admin, "/staff/managers/1/revoke").status_code == 303
    assert "Alva Lindqvist" not in admin.get("/staff/desks").text


def test_organisation_gets_plan_quota_and_shares(planned: Planned) -> None:
    admin = log_in(browser(planned.app), "admin")
    page = f"/staff/organisations/{planned.school}"
    assert (
        post(
            admin,
            f"{page}/plan",
            {"plan": planned.all, "starts": str(MONDAY)},
        ).status_code
        == 303
    )
    assert post(admin, f"{page}/quota", {**QUOTA, "quotas-0-amount": "5", "quotas-0-kind": "room"}).status_code == 303
    with planned.app.app_context(), transaction():
        other = organisations.create(organisations.Particulars(("Kommunen", "Town"), "municipality"), actor=None).id
    assert post(admin, f"{page}/shares", {"payer-0": other, "share-0": "33,33"}).status_code == 303
    assert post(admin, f"{page}/shares", {"payer-0": other, "share-0": "101"}).status_code == 422
    shown = admin.get(page).text
    assert 'value="33,33"' in shown and 'value="5"' in shown and "Allt" in shown


def test_reminders_come_twice_for_each_last_day_and_never_again(planned: Planned) -> None:
    planned.change(planned.membership, ends=MONDAY + timedelta(days=14))

    def run(day: int) -> str:
        with planned.app.app_context():
            return reminders.remind(NOW + timedelta(days=day))

    assert [run(day) for day in (0, 1, 11, 12, 13, 14, 15)] == [f"{n} reminded" for n in (1, 0, 0, 1, 0, 0, 0)]
    planned.change(planned.membership, ends=MONDAY + timedelta(days=40))
    assert [run(day) for day in (25, 26, 39)] == ["0 reminded", "1 reminded", "1 reminded"]
    with planned.app.app_context():
        mails = db.session.scalars(select(Mail)).all()
        assert {mail.template for mail in mails} == {"notice"} and len(mails) == 4
        assert {mail.receiver for mail in mails} == {"alva@example.org"}


def test_reminder_of_an_organisation_goes_to_its_contact(planned: Planned) -> None:
    planned.give(planned.all, organisation_id=planned.school, ends=date(2026, 11, 30))
    with planned.app.app_context(), transaction():
        organisations.grant("bo@example.org", "contact", planned.school, actor=planned.member("admin"), now=NOW)
    with planned.app.app_context():
        assert reminders.remind(NOW) == "1 reminded"
        assert db.session.scalars(select(Mail.receiver)).all() == ["bo@example.org"]


@pytest.mark.parametrize(("language", "said"), [("sv", "Ditt medlemskap slutar måndag 30 november"), ("en", "Your membership ends on Monday 30 November")])  # fmt: skip
def test_reminder_is_written_in_the_language_of_its_receiver(planned: Planned, language: str, said: str) -> None:
    planned.change(planned.membership, ends=date(2026, 11, 30))
    with planned.app.app_context(), transaction():
        planned.member("alva").language = language
    with planned.app.app_context():
        reminders.remind(NOW)
        mail = db.session.scalars(select(Mail)).one()
        sender = compose.Sender("station@example.org", "https://station.example.org")
        message = compose.compose(planned.app, mail, sender)
    assert message["Subject"] == said
    plain = message.get_body(("plain",))
    assert plain and "https://station.example.org/account/plan" in plain.get_content()


@pytest.mark.parametrize(
    ("choice", "digest", "told", "mails", "listed", "waiting"),
    [
        (Choice("now", True), "daily", 1, 1, 1, 0), (Choice("digest", True), "daily", 1, 0, 1, 1),
        (Choice("off", True), "daily", 1, 0, 1, 0), (Choice("now", False), "off", 1, 1, 0, 0),
        (Choice("off", False), "daily", 0, 0, 0, 0),
    ],
)  # fmt: skip
def test_reminder_comes_by_the_ways_its_receiver_chose(
    planned: Planned, choice: Choice, digest: Frequency, told: int, mails: int, listed: int, waiting: int
) -> None:
    alva = planned.small.people["alva"]
    planned.change(planned.membership, ends=MONDAY + timedelta(days=14))
    with planned.app.app_context(), transaction():
        notices.choose(alva, {telling.ENDS.name: choice}, digest=digest, quiet=None)
    with planned.app.app_context():
        assert [reminders.remind(NOW), reminders.remind(NOW)] == [f"{told} reminded", "0 reminded"]
        assert db.session.scalar(select(func.count()).select_from(Mail)) == mails
        assert len(notice_queries.of_member(alva, limit=9)) == listed
        assert len(notice_queries.waiting(alva)) == waiting
    page = log_in(browser(planned.app)).get("/notifications").text
    assert ("Ditt medlemskap slutar måndag 7 december" in page and "/account/plan" not in page) is bool(listed)


def test_reminder_waits_for_the_end_of_quiet_hours(planned: Planned) -> None:
    planned.change(planned.membership, ends=MONDAY + timedelta(days=2))
    with planned.app.app_context(), transaction():
        notices.choose(planned.small.people["alva"], {}, digest="daily", quiet=Quiet(6 * 60, 10 * 60))
    with planned.app.app_context():
        assert reminders.remind(NOW) == "1 reminded"  # ten past eight
        mail = db.session.scalars(select(Mail)).one()
        assert mail.due_at == datetime(2026, 11, 23, 9, tzinfo=UTC) and mail.unsubscribe_url
