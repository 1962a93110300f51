"""Newcomers choose a plan: with approval, without it, and what staff hear of those who wait."""

from __future__ import annotations

import re
import threading
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from innovation_station.audit.models import AuditEntry
from innovation_station.db import db, transaction
from innovation_station.errors import DomainError
from innovation_station.mail.compose import Sender, compose
from innovation_station.mail.models import Mail
from innovation_station.members import joining
from innovation_station.members import queries as members
from innovation_station.notices import service as notices
from innovation_station.notices.models import Notice
from innovation_station.notices.rules import Choice
from innovation_station.plans import service, telling
from innovation_station.plans.models import Membership, PlanRow, PlanWish
from tests.conftest import MONDAY, NOW, TUESDAY, Clock, Small, browser, log_in, post
from tests.members.conftest import Post, fill, press
from tests.plans.conftest import Planned
from tests.plans.test_pages import PLAN, QUOTA

NEW, NAME, SECRET = "nils.ek@example.com", "Nils Ek", "hav-skylt-lampa-tre"


@pytest.fixture
def outbox(app: Flask) -> Post:
    return Post(app)


def mark(app: Flask, plan: int, **fields: Any) -> None:
    """Change a plan."""
    with app.app_context(), transaction():
        row = db.session.get_one(PlanRow, plan)
        admin = members.by_email("admin@example.org")
        assert admin
        given = service.contents(row)
        service.change_plan(
            plan, type(given)(**{**{n: getattr(given, n) for n in given.__slots__}, **fields}), actor=admin
        )


def join(app: Flask, outbox: Post, offer: int | str | None = None, email: str = NEW) -> FlaskClient:
    """Apply and confirm, with the choice made at the second step."""
    client = browser(app)
    assert fill(client, "/join", name=NAME, email=email).status_code == 200
    more = {} if offer is None else {"offer": str(offer)}
    answer = fill(client, f"/join/{outbox.token('join-verify', email)}", name=NAME, password=SECRET, **more)
    assert answer.status_code == 303, answer.text
    return client


def found(app: Flask, email: str = NEW) -> tuple[str, list[tuple[int, bool, int | None]], int | None]:
    """Give a newcomer's state, memberships (plan, trial, days) and wish."""
    with app.app_context():
        member = members.by_email(email)
        assert member
        rows = db.session.scalars(select(Membership).where(Membership.member_id == member.id))
        held = [(r.plan_id, r.trial, (r.ends - r.starts).days + 1 if r.ends else None) for r in rows]
        wish = db.session.get(PlanWish, member.id)
        db.session.remove()
        return member.state, held, wish and wish.plan_id


def number(app: Flask, email: str = NEW) -> int:
    with app.app_context():
        member = members.by_email(email)
        assert member
        return member.id


# -- without approval -------------------------------------------------------------------------------------------------


def test_plan_for_everybody_who_asks_lets_in_and_begins(planned: Planned, outbox: Post) -> None:
    app = planned.app
    mark(app, planned.desks, self_service=True)
    client = join(app, outbox, planned.desks)
    assert found(app) == ("active", [(planned.desks, True, 14)], None)
    wanted = {"space": str(planned.small.a1), "date": str(TUESDAY), "start": "09:00", "end": "10:00"}
    assert post(client, "/bookings", wanted).status_code == 303
    assert post(client, "/bookings", {**wanted, "space": str(planned.small.room)}).status_code == 422
    with app.app_context():
        assert db.session.scalars(select(Notice)).all() == []
        trail = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "membership.given")).all()
        assert [entry.actor_id for entry in trail] == [None, None]  # the fixture's, and this one
    assert outbox.templates(NEW) == ["join-verify", "booking"]


def test_without_days_of_trial_it_begins_until_further_notice(planned: Planned, outbox: Post) -> None:
    mark(planned.app, planned.all, self_service=True)
    join(planned.app, outbox, planned.all)
    assert found(planned.app) == ("active", [(planned.all, False, None)], None)


def test_domain_lets_in_and_what_was_chosen_begins(planned: Planned, outbox: Post) -> None:
    with planned.app.app_context(), transaction():
        joining.settle_admission("example.com", "nobody", actor=planned.member("admin"), now=NOW)
    join(planned.app, outbox, planned.all)
    assert found(planned.app) == ("active", [(planned.all, False, None)], None)
    join(planned.app, outbox, 0, email="eva@example.com")
    assert found(planned.app, "eva@example.com") == ("active", [], None)


# -- with approval ----------------------------------------------------------------------------------------------------


def test_other_plans_wait_for_staff_and_begin_when_they_let_in(planned: Planned, outbox: Post, clock: Clock) -> None:
    app = planned.app
    client = join(app, outbox, planned.desks)
    assert found(app) == ("applied", [], planned.desks) and client.get("/bookings").status_code == 303
    host, page = log_in(browser(app), "host"), f"/staff/members/{number(app)}"
    assert "Vill ha: Skrivbord (14 dagar på prov" in host.get(page).text
    clock.now += timedelta(hours=10)
    assert press(host, page, page, act="approve").status_code == 303
    assert found(app) == ("active", [(planned.desks, True, 14)], None)
    with app.app_context():
        row = db.session.scalars(select(Membership).order_by(Membership.id.desc())).first()
        assert row and row.starts == MONDAY
        entry = db.session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
        assert entry and (entry.action, entry.actor_id) == ("membership.given", planned.small.people["host"])


def test_who_is_turned_down_leaves_no_wish(planned: Planned, outbox: Post) -> None:
    join(planned.app, outbox, planned.all)
    page = f"/staff/members/{number(planned.app)}"
    assert press(log_in(browser(planned.app), "host"), page, page, act="decline").status_code == 303
    with planned.app.app_context():
        assert db.session.scalars(select(PlanWish)).all() == [] and members.by_email(NEW) is None
        assert len(db.session.scalars(select(Membership)).all()) == 1  # the fixture's


def test_plan_that_is_offered_no_longer_does_not_begin(planned: Planned, outbox: Post) -> None:
    join(planned.app, outbox, planned.all)
    mark(planned.app, planned.all, offered=False, self_service=True)
    host, page = log_in(browser(planned.app), "host"), f"/staff/members/{number(planned.app)}"
    assert "Vill ha" not in host.get(page).text
    press(host, page, page, act="approve")
    assert found(planned.app) == ("active", [], None)


def test_two_who_decide_at_once_give_one_membership(planned: Planned, outbox: Post) -> None:
    join(planned.app, outbox, planned.all)
    member_id, barrier, told = number(planned.app), threading.Barrier(4), Counter[str]()

    def decide(who: str) -> None:
        with planned.app.app_context():
            actor = planned.member(who)
            barrier.wait()
            try:
                with transaction():
                    joining.approve(members.by_id(member_id), actor=actor, now=NOW)
                told["fine"] += 1
            except DomainError as error:
                told[error.refusals[0].code] += 1
            db.session.remove()

    threads = [threading.Thread(target=decide, args=(who,)) for who in ("host", "admin") * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert told == {"fine": 1, "member-elsewhere": 3}
    assert found(planned.app) == ("active", [(planned.all, False, None)], None)


# -- what is offered --------------------------------------------------------------------------------------------------


def choices(page: str) -> dict[int, bool]:
    """Give what a page offers, and whether it is chosen."""
    fields = re.findall(r'<input ([^>]*name="offer"[^>]*)>', page)
    return {int(re.search(r'value="(\d+)"', one)[1]): "checked" in one for one in fields}  # type: ignore[index]


def test_choice_is_kept_from_the_application_to_the_account(planned: Planned, outbox: Post) -> None:
    app, client = planned.app, browser(planned.app)
    mark(app, planned.all, self_service=True)
    first = client.get(f"/join?offer={planned.all}").text
    assert choices(first) == {planned.desks: False, planned.all: True, 0: False}
    assert "14 dagar på prov" in first and first.count("Du släpps in direkt.") == 1
    assert choices(client.get("/join?offer=99").text)[0] is True
    fill(client, "/join", name=NAME, email=NEW, offer=str(planned.desks))
    link = f"/join/{outbox.token('join-verify', NEW)}"
    assert choices(client.get(link).text) == {planned.desks: True, planned.all: False, 0: False}
    again = fill(client, link, name=NAME, password="kort", offer=str(planned.all))
    assert again.status_code == 422 and choices(again.text)[planned.all] is True
    assert "Decide later".lower() in browser(app, "en").get("/join").text.lower()


@pytest.mark.parametrize("offer", ["99", "-1", "x", "9" * 30])
def test_what_is_not_offered_cannot_be_chosen(planned: Planned, outbox: Post, offer: str) -> None:
    app, client = planned.app, browser(planned.app)
    mark(app, planned.all, offered=False, self_service=True)
    assert fill(client, "/join", name=NAME, email=NEW, offer=str(planned.all)).status_code == 422
    fill(client, "/join", name=NAME, email=NEW)
    link = f"/join/{outbox.token('join-verify', NEW)}"
    for wrong in (offer, str(planned.all)):
        assert fill(client, link, name=NAME, password=SECRET, offer=wrong).status_code == 422
    with app.app_context():
        assert members.by_email(NEW) is None


def test_plan_that_goes_at_the_last_moment_is_refused_in_words(planned: Planned, outbox: Post) -> None:
    app = planned.app
    fill(browser(app), "/join", name=NAME, email=NEW)
    token = outbox.token("join-verify", NEW)
    mark(app, planned.all, offered=False)
    with app.app_context(), pytest.raises(DomainError) as error, transaction():
        joining.join(token, NAME, "hash", now=NOW, offer=planned.all)
    assert [refusal.code for refusal in error.value.refusals] == ["offer-gone"]
    assert browser(app).get(f"/join/{token}").status_code == 200  # the link is still good


def test_house_without_plans_offers_none(app: Flask, outbox: Post) -> None:
    assert choices(browser(app).get("/join").text) == {}
    join(app, outbox, 1)
    assert found(app) == ("applied", [], None)


def test_administrator_marks_a_plan(planned: Planned) -> None:
    admin = log_in(browser(planned.app), "admin")
    made = post(admin, "/staff/plans", {**QUOTA, **PLAN, "self_service": "y"})
    assert made.status_code == 303
    assert re.search(r'<input [^>]*checked id="self_service"', admin.get(made.location).text)
    assert "Utan godkännande" in admin.get("/staff/plans").text


# -- staff are told ---------------------------------------------------------------------------------------------------


def told(app: Flask) -> list[tuple[int, str]]:
    with app.app_context():
        rows = db.session.scalars(select(Notice).order_by(Notice.member_id)).all()
        db.session.remove()
        return [(row.member_id, row.kind) for row in rows]


def test_staff_hear_of_an_application_until_somebody_decides(app: Flask, small: Small, outbox: Post) -> None:
    host_id, admin_id = small.people["host"], small.people["admin"]
    with app.app_context(), transaction():
        notices.choose(admin_id, {telling.APPLIED.name: Choice("digest", True)}, digest="daily", quiet=None)
    join(app, outbox)
    assert told(app) == [(host_id, "application-waits"), (admin_id, "application-waits")]
    assert outbox.templates("host@example.org") == ["notice"] and outbox.templates("admin@example.org") == []
    host = log_in(browser(app), "host")
    listed = host.get("/notifications").text
    assert "Någon vill bli medlem" in listed and NAME not in listed and NEW not in listed
    with app.app_context():
        mail = db.session.scalars(select(Mail).where(Mail.receiver == "host@example.org")).one()
        message = compose(app, mail, Sender("station@example.org", "https://station.example.org"))
        plain = message.get_body(("plain",))
        assert plain and f"https://station.example.org/staff/members/{number(app)}" in plain.get_content()
    page = f"/staff/members/{number(app)}"
    press(host, page, page, act="approve")
    assert told(app) == [] and outbox.templates("host@example.org") == []  # the mail had not left


def test_declining_takes_it_back_too_and_names_nobody(app: Flask, small: Small, outbox: Post) -> None:
    join(app, outbox)
    page = f"/staff/members/{number(app)}"
    press(log_in(browser(app), "admin"), page, page, act="decline")
    assert told(app) == []


def test_kind_is_for_staff_alone(app: Flask, alva: FlaskClient) -> None:
    assert "ansöker om medlemskap" not in alva.get("/account/notifications").text
    assert "ansöker om medlemskap" in log_in(browser(app), "host").get("/account/notifications").text
