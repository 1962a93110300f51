"""Mails to groups: whom they find, when they leave, who gets them how, once, and by real SMTP."""

from __future__ import annotations

import re
import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import insert, select

from innovation_station.bookings import service as bookings
from innovation_station.db import db, transaction
from innovation_station.errors import DomainError
from innovation_station.events import service as events
from innovation_station.events.rules import Facts as EventFacts
from innovation_station.mail.models import Mail
from innovation_station.mailings import jobs, personal, queries, service
from innovation_station.mailings.models import Mailing, MailingReceiver
from innovation_station.mailings.queries import Around
from innovation_station.mailings.rules import Facts, Group
from innovation_station.mailings.telling import NEWS
from innovation_station.members.models import Member
from innovation_station.notices import service as notices
from innovation_station.notices.models import Notice
from innovation_station.notices.rules import Choice, Quiet
from innovation_station.organisations import service as organisations
from innovation_station.organisations.service import Particulars
from innovation_station.personal import Subject
from innovation_station.plans import service as plans
from innovation_station.plans.service import Contents
from innovation_station.registration import service as registration
from innovation_station.registration.rules import Terms
from innovation_station.spaces.queries import house
from tests.conftest import MONDAY, NOW, TUESDAY, ZONE, Clock, Small, at, browser, log_in, post, statements
from tests.mail.conftest import SENDER
from tests.mail.server import Behaviour, serving
from tests.mail.test_delivery import rounds

LATER = NOW + timedelta(minutes=10)
ALL = Group()
OWN = Group(first=TUESDAY)
SAID = Facts("news", ("Nytt kök", "New kitchen"), ("Det är **klart**.\n\n- Kaffe\n- Te", "It is done."), ALL)


def who(small: Small, name: str = "host") -> Member:
    return db.session.get_one(Member, small.people[name])


def around() -> Around:
    return Around(house(), MONDAY, ZONE)


def written(small: Small, **more: Any) -> int:
    with transaction():
        return service.write(who(small), replace(SAID, **more), now=NOW).id


def sent(small: Small, number: int, seen: int | None = None) -> Mailing:
    with transaction():
        row = db.session.get_one(Mailing, number)
        found = queries.count(queries.people(row.facts.group, around(), own=row.kind == "own"))
        return service.send(who(small), number, found if seen is None else seen, around(), now=NOW)


def wants(small: Small, name: str, mail: Any, **more: Any) -> None:
    with transaction():
        notices.choose(small.people[name], {NEWS.name: Choice(mail, True)}, digest="daily", quiet=more.get("quiet"))


def mails() -> list[Mail]:
    return list(
        db.session.scalars(select(Mail).where(Mail.template.in_(("mailing", "news-mailing"))).order_by(Mail.id))
    )


def names(group: Group, *, own: bool = False) -> list[str]:
    return queries.names(queries.people(group, around(), own=own))


@pytest.fixture
def furnished(context: Flask, small: Small) -> dict[str, int]:
    """Give Alva an organisation and a desk on Tuesday, Bo a plan and a room; both a place at an event, with a guest."""
    admin, alva, bo = who(small, "admin"), who(small, "alva"), who(small, "bo")
    with transaction():
        bookings.reserve(alva, small.a1, at(TUESDAY, "09:00", "11:00"), now=NOW, zone=ZONE)
        gone = bookings.reserve(bo, small.a2, at(TUESDAY, "09:00", "11:00"), now=NOW, zone=ZONE)
        bookings.cancel(bo, gone.id, now=NOW)
    with transaction():
        school = organisations.create(Particulars(("Skolan", "The School"), "university"), actor=admin)
        organisations.join(alva.id, school.id, actor=admin)
        plan = plans.add_plan(Contents(names=("Plus", "Plus")), actor=admin)
        plans.give(plan.id, starts=MONDAY, now=NOW, actor=admin, member_id=bo.id)
        event = events.create(who(small), EventFacts(("Kickoff", "")), at(TUESDAY, "15:00", "17:00"), now=NOW)
        events.publish(who(small), event.id, now=NOW, zone=ZONE)
        registration.settle(who(small), event.id, Terms(capacity=9), now=NOW, zone=ZONE)
        registration.register(alva, event.id, registration.Form(), now=NOW, zone=ZONE)
        for email in ("gina@guest.example", "bo@example.org"):
            registration.add(who(small), event.id, "Gina Gäst", email, language="en", now=NOW)
    return {
        "organisation": school.id,
        "plan": plan.id,
        "event": event.id,
        "zone": house().places[small.a1].zone_id or 0,
    }


def test_groups_are_found_by_all_that_is_chosen(furnished: dict[str, int], small: Small) -> None:
    alva, every = ["Alva Lindqvist"], ["Adam Berg", "Alva Lindqvist", "Bo Ek", "Hanna Lund"]
    for group, found in (
        (ALL, every), (Group(role="host"), ["Hanna Lund"]), (Group(organisation=furnished["organisation"]), alva),
        (Group(plan=furnished["plan"]), ["Bo Ek"]), (OWN, alva), (Group(first=MONDAY), []),
        (Group(first=MONDAY, last=TUESDAY), alva), (Group(place=("zone", furnished["zone"]), first=TUESDAY), alva),
        (Group(place=("space", small.room), first=TUESDAY), []), (Group(event=furnished["event"]), ["Alva Lindqvist", "Bo Ek"]),
        (Group(event=furnished["event"], role="host"), []), (Group(organisation=999), []),
    ):  # fmt: skip
        assert names(group) == found, group
    # about their own registration, guests are in it too
    assert names(Group(event=furnished["event"]), own=True) == ["Alva Lindqvist", "Bo Ek", "Gina Gäst"]


def test_news_reach_each_by_the_way_they_chose(context: Flask, small: Small, clock: Clock) -> None:
    wants(small, "alva", "now")
    wants(small, "bo", "digest")
    wants(small, "host", "now", quiet=Quiet(0, 23 * 60))
    number = written(small)
    row = sent(small, number)
    assert (row.state, row.people, row.leaves_at) == ("waiting", 4, LATER)
    jobs.leave(LATER - timedelta(seconds=1))
    assert mails() == []  # it waits
    assert jobs.leave(LATER) == "4 told"
    first, quiet = mails()
    assert (first.receiver, first.template, first.kind) == ("alva@example.org", "news-mailing", "notice")
    assert first.unsubscribe_url and first.unsubscribe_url.startswith("/notifications/end/")
    assert quiet.due_at > LATER  # quiet hours hold for news
    assert db.session.query(Notice).filter_by(kind=NEWS.name).count() == 4
    assert queries.result(number) == {"waits": 2, "digest": 1, "list": 1}
    assert jobs.leave(LATER) == "0 told" and len(mails()) == 2
    page = log_in(browser(context), "admin").get("/notifications").text
    assert "Nytt kök" in page
    shown = log_in(browser(context), "bo").get(f"/mailings/{number}").text
    assert "<strong>klart</strong>" in shown
    with transaction():
        notices.end_mail(NEWS, small.people["alva"])  # one press in the mail program
    again = written(small)
    sent(small, again)
    jobs.leave(LATER)
    assert queries.result(again) == {"waits": 1, "digest": 1, "list": 2}


def test_what_is_about_ones_own_goes_to_all_in_their_language(
    furnished: dict[str, int], context: Flask, small: Small
) -> None:
    wants(small, "alva", "off")
    with transaction():
        who(small, "alva").language = "en"
    number = written(small, kind="own", group=Group(event=furnished["event"]))
    sent(small, number)
    behaviour = Behaviour()
    with serving(behaviour) as port:
        jobs.leave(LATER)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("innovation_station.clock.now", lambda: LATER)
            rounds(context, f"smtp://127.0.0.1:{port}")()
    got = {one.receiver: one for one in behaviour.received if one.subject in ("New kitchen", "Nytt kök")}
    assert {name: one.subject for name, one in got.items()} == {
        "alva@example.org": "New kitchen", "bo@example.org": "Nytt kök", "gina@guest.example": "New kitchen",
    }  # fmt: skip
    message = got["bo@example.org"].message
    text = message.get_body(("plain",)).get_content().replace("\r", "")  # type: ignore[union-attr]
    assert "Det är klart." in text and "\n- Kaffe\n\n- Te\n" in text
    assert message["List-Unsubscribe"] is None and SENDER.base_url
    jobs.leave(LATER)
    row = db.session.get_one(Mailing, number)
    db.session.refresh(row)
    assert (row.state, row.result, row.ended_at) == ("done", {"sent": 3}, LATER)


def test_news_by_mail_are_ended_by_one_press(context: Flask, small: Small) -> None:
    wants(small, "alva", "now")
    link = "[Läs](https://example.org/x)"
    sent(small, written(small, bodies=(f"Text {link}", ""), group=Group(role="member")))
    jobs.leave(LATER)
    behaviour = Behaviour()
    with serving(behaviour) as port, pytest.MonkeyPatch.context() as patch:
        patch.setattr("innovation_station.clock.now", lambda: LATER)
        rounds(context, f"smtp://127.0.0.1:{port}")()
    (one,) = behaviour.received
    assert one.message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    found = re.fullmatch(r"<https://station\.example(/notifications/end/\S+)>", one.message["List-Unsubscribe"])
    assert found and "Läs:\r\nhttps://example.org/x" in one.message.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert browser(context).post(found[1], data={"List-Unsubscribe": "One-Click"}).status_code == 200
    sent(small, written(small, group=Group(role="member")))
    jobs.leave(LATER)
    assert len(mails()) == 1


def test_it_reaches_nobody_twice(context: Flask, small: Small, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("innovation_station.mailings.rules.BATCH", 1)
    with transaction():
        for name in ("alva", "bo"):
            bookings.reserve(who(small, name), small.a1 if name == "alva" else small.a2, at(TUESDAY, "09:00", "11:00"), now=NOW, zone=ZONE)  # fmt: skip
    number = written(small, kind="own", group=OWN)
    sent(small, number)
    assert sent(small, number, seen=99).people == 2  # pressed twice
    with transaction():
        assert service.deliver(number, now=LATER) == 1
    with pytest.raises(RuntimeError), transaction():  # the program stops in the middle of a batch
        service.deliver(number, now=LATER)
        raise RuntimeError
    assert len(mails()) == 1
    assert jobs.leave(LATER) == "1 told" and jobs.leave(LATER) == "0 told"
    assert sorted(mail.receiver for mail in mails()) == ["alva@example.org", "bo@example.org"]
    with transaction():
        who(small, "bo").state = "ended"
    gone = written(small, kind="own", group=OWN)
    sent(small, gone)
    with transaction():
        who(small, "alva").state = "paused"
    jobs.leave(LATER)
    assert queries.result(gone) == {"none": 1}  # who left meanwhile is not written to


def test_what_cannot_be_sent_says_why(context: Flask, small: Small) -> None:
    number = written(small)

    def refused(act: Callable[[], Any]) -> str:
        with pytest.raises(DomainError) as found, transaction():
            act()
        return found.value.refusals[0].code

    def write(**more: Any) -> Callable[[], Any]:
        return lambda: service.rewrite(who(small), number, replace(SAID, **more), now=NOW)

    for act, code in (
        (write(subjects=("", " ")), "mailing-empty"), (write(bodies=("x" * 4001, "")), "event-text-long"),
        (write(kind="loud"), "event-choice"), (write(kind="own"), "mailing-whose"),
        (write(group=Group(place=("zone", 1))), "mailing-days"), (write(group=Group(role="king")), "event-choice"),
        (write(group=Group(first=TUESDAY, last=MONDAY)), "end-before-start"),
        (write(group=Group(first=MONDAY, last=MONDAY + timedelta(days=31))), "mailing-long"),
        (lambda: service.write(who(small, "alva"), SAID, now=NOW), "mailing-staff"),
        (lambda: service.send(who(small), number, 3, around(), now=NOW), "mailing-count"),
        (lambda: service.send(who(small), number, None, around(), now=NOW), "mailing-count"),
        (lambda: service.send(who(small), 999, 3, around(), now=NOW), "not-found"),
    ):  # fmt: skip
        assert refused(act) == code
    assert db.session.query(MailingReceiver).count() == 0
    empty = written(small, group=Group(organisation=999))
    assert refused(lambda: service.send(who(small), empty, 0, around(), now=NOW)) == "mailing-nobody"
    sent(small, number)
    assert refused(write()) == "mailing-sent" == refused(lambda: service.discard(who(small), number, now=NOW))
    with transaction():
        assert service.take_back(who(small), number, now=NOW).state == "draft"
    assert db.session.query(MailingReceiver).count() == 0 and jobs.leave(LATER) == "0 told"
    sent(small, number)
    jobs.leave(LATER)
    with transaction():
        db.session.get_one(Mailing, number).state = "leaving"
    assert refused(lambda: service.take_back(who(small), number, now=LATER)) == "mailing-left"


def test_who_got_it_is_forgotten(context: Flask, small: Small) -> None:
    number = written(small)
    sent(small, number)
    jobs.leave(LATER)
    (kept,) = personal.personal.classes
    assert [record.title for record in kept.records(small.people["alva"])] == ["Nytt kök"]
    with transaction():
        assert kept.erase(Subject(small.people["host"], "host@example.org", "Hanna Lund"), LATER) == 2
        assert db.session.get_one(Mailing, number).by_id is None
        assert kept.purge(LATER + timedelta(days=29), []) == 0
        assert kept.purge(LATER + timedelta(days=31), [small.people["alva"]]) == 2
        assert kept.purge(LATER + timedelta(days=31), []) == 1


def test_staff_look_try_out_send_and_take_back(context: Flask, small: Small, clock: Clock) -> None:
    staff = log_in(browser(context), "host")
    form = {"subject_sv": "Hej", "body_sv": "Text", "kind": "news", "role": ""}
    assert post(staff, "/staff/mailings", form | {"kind": "own"}).status_code == 422
    to = post(staff, "/staff/mailings", form).location
    page = staff.get(to).text
    assert "4 personer" in page and "Alva Lindqvist" in page and '<pre class="letter said" lang="sv"' in page
    assert post(staff, f"{to}/act", {"act": "test"}).status_code == 303
    assert [(mail.receiver, mail.language) for mail in mails()] == [
        ("host@example.org", "sv"),
        ("host@example.org", "en"),
    ]
    assert post(staff, f"{to}/act", {"act": "send", "count": "3"}).status_code == 409
    assert post(staff, f"{to}/act", {"act": "send", "count": "x"}).status_code == 409
    assert post(staff, f"{to}/act", {"act": "send", "count": "4"}).status_code == 303
    assert "Det går ut 08.20." in staff.get(to).text
    assert post(staff, f"{to}/act", {"act": "back"}).status_code == 303
    assert post(staff, f"{to}/act", {"act": "send", "count": "4"}).status_code == 303
    jobs.leave(LATER)
    assert "4 har det i listan" in staff.get(to).text and "Skickat" in staff.get("/staff/mailings").text
    assert post(staff, to, form).status_code == 422
    said = [action for (action,) in db.session.execute(db.text("select action from audit_entry order by id"))]
    assert [one for one in said if one.startswith("mailing.")] == [
        "mailing.written", "mailing.sent", "mailing.taken-back", "mailing.sent",
    ]  # fmt: skip
    with transaction():
        people = [
            {"email": f"p{n}@example.org", "name": f"P {n}", "role": "member", "password_hash": "", "state": "active",
             "created_at": NOW, "visible": False, "tour_due": False, "bookings_revision": 0, "access_revision": 0}
            for n in range(20)
        ]  # fmt: skip
        db.session.execute(insert(Member), people)
    answer = post(staff, "/staff/mailings", form)
    assert answer.status_code == 303, answer.text
    many = answer.location
    assert 'name="count"' in staff.get(many).text and 'type="hidden" name="count"' not in staff.get(many).text
    assert log_in(browser(context), "alva").get("/mailings/1").status_code == 200


@pytest.fixture
def crowd(context: Flask, small: Small) -> int:
    """Give ten thousand members, every fifth of whom wants news by mail."""
    rows = [
        {"email": f"m{n}@example.org", "name": f"Medlem {n}", "role": "member", "password_hash": "", "state": "active",
         "created_at": NOW, "visible": False, "tour_due": False, "bookings_revision": 0, "access_revision": 0}
        for n in range(10_000)
    ]  # fmt: skip
    with transaction():
        db.session.execute(insert(Member), rows)
        db.session.execute(db.text(
            "insert into notice_choice (member_id, kind, mail, in_app) "
            "select id, 'house-news', 'now', true from member where email like 'm%0@%' or email like 'm%5@%'"
        ))  # fmt: skip
    return 10_000


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_ten_thousand_are_told_in_bounded_memory_and_statements(context: Flask, small: Small, crowd: int) -> None:
    number = written(small, group=Group(role="member"))
    with statements(context) as asked:
        assert sent(small, number).people == crowd + 2
    assert len(asked) < 30
    tracemalloc.start()
    with statements(context) as asked:
        assert jobs.leave(LATER) == f"{crowd + 2} told"
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(asked) < 21 * 8 + 10 and peak < 24 * 1024 * 1024
    assert queries.result(number) == {"waits": 2000, "list": 8002}
