"""Requests: who is asked, one answer and no more, what ends by itself, and what the pages say of it."""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from innovation_station.audit.models import AuditEntry
from innovation_station.bookings import answers, asking, deadlines, queries, rules, service, wish_queries
from innovation_station.bookings.models import Allocation, Booking, BookingHistory
from innovation_station.bookings.rules import Wish
from innovation_station.db import db, transaction
from innovation_station.errors import Conflict, DomainError, NotFound, Refused
from innovation_station.ledger.models import LedgerEntry
from innovation_station.mail.compose import Sender, compose, write
from innovation_station.mail.models import Mail
from innovation_station.members.models import Member
from innovation_station.notices.models import Notice
from innovation_station.organisations import service as organisations
from innovation_station.plans import service as plans
from innovation_station.plans.service import Contents
from innovation_station.spaces import service as spaces
from innovation_station.spaces.models import Space
from innovation_station.spaces.queries import house
from innovation_station.timespan import Span
from tests.conftest import NOW, TUESDAY, ZONE, Clock, Small, at, browser, log_in, post, statements, token_of
from tests.plans.conftest import Planned
from tests.plans.conftest import planned as planned

SPAN = at(TUESDAY, "13:00", "17:00")
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
TUESDAY_MORNING = at(TUESDAY, "09:00", "10:00").start


@pytest.fixture(autouse=True)
def asks(app: Flask, small: Small) -> None:
    """Have the hall asked for, and answered within two days."""
    with app.app_context(), transaction():
        spaces.set_policy(space=db.session.get_one(Space, small.hall), approval=2880, setup=30)


def who(small: Small, name: str = "alva") -> Member:
    return db.session.get_one(Member, small.people[name])


def ask(small: Small, span: Span = SPAN, name: str = "alva", **more: Any) -> Booking:
    with transaction():
        return service.reserve(who(small, name), small.hall, span, now=NOW, zone=ZONE, title="Möte <b>", **more)


@pytest.fixture
def asked(app: Flask, small: Small) -> int:
    """Give the id of Alva's request for the hall on Tuesday afternoon."""
    with app.app_context():
        return ask(small).id


def codes(error: pytest.ExceptionInfo[DomainError]) -> list[str]:
    return [refusal.code for refusal in error.value.refusals]


def taken(small: Small) -> list[Span]:
    return [held.span for held in wish_queries.held(SPAN, [small.hall])]


def approve(small: Small, booking_id: int, name: str = "host", now: datetime = NOW) -> Booking:
    with transaction():
        return answers.approve(who(small, name), booking_id, now=now)


def decline(small: Small, booking_id: int, name: str = "host", now: datetime = NOW, reason: str = "") -> Booking:
    with transaction():
        return answers.decline(who(small, name), booking_id, now=now, reason=reason)


# -- rules ------------------------------------------------------------------------------------------------------------


class Who:
    def __init__(self, role: str) -> None:
        self.id, self.role = 7, role


@pytest.mark.parametrize(
    ("role", "had", "granted", "state"),
    [
        ("member", "", None, "requested"),
        ("host", "", None, "confirmed"),
        ("member", "confirmed", at(TUESDAY, "09:00", "12:00"), "requested"),  # another time
        ("member", "confirmed", at(TUESDAY, "12:00", "18:00"), "confirmed"),  # a part of what was granted
        ("member", "requested", at(TUESDAY, "12:00", "18:00"), "requested"),
        ("host", "requested", SPAN, "requested"),  # moved, not answered
        ("host", "confirmed", None, "confirmed"),
    ],
)
def test_who_sets_the_time_asks_or_not(
    context: Flask, small: Small, role: str, had: str, granted: Span | None, state: str
) -> None:
    wish = Wish(house().places[small.hall], SPAN)
    until = {"requested": SPAN.start, "confirmed": None}[state]
    assert rules.asked(Who(role), wish, NOW, had, granted) == (state, until)


@pytest.mark.parametrize(
    ("now", "until"),
    [
        (SPAN.start - 5 * DAY, SPAN.start - 3 * DAY),
        (SPAN.start - HOUR, SPAN.start),
        (SPAN.start + HOUR, SPAN.end),
    ],
)
def test_deadline_is_the_staffs_time_and_never_past_the_start(
    context: Flask, small: Small, now: datetime, until: datetime
) -> None:
    assert rules.answer_by(Wish(house().places[small.hall], SPAN), now) == until


def test_place_that_asks_nobody_confirms_what_is_moved_there(context: Flask, small: Small) -> None:
    booking = ask(small)
    with transaction():
        service.move(who(small), booking.id, space_id=small.room, span=SPAN, now=NOW, zone=ZONE)
    assert (booking.state, booking.answer_by) == ("confirmed", None)


# -- answers ----------------------------------------------------------------------------------------------------------


def test_yes_confirms_and_is_written_down(context: Flask, small: Small) -> None:
    booking = ask(small)
    before = taken(small)
    approve(small, booking.id)
    assert (booking.state, booking.sequence, booking.answer_by) == ("confirmed", 1, None)
    assert taken(small) == before == [Span(SPAN.start - HOUR / 2, SPAN.end)]
    entry = queries.history(booking.id)[-1]
    assert (entry.action, entry.actor_id, entry.actor_role) == ("approved", small.people["host"], "host")
    assert (entry.before, entry.after) == ({"state": "requested"}, {"state": "confirmed"})
    trail = db.session.scalars(select(AuditEntry).where(AuditEntry.subject_kind == "booking")).one()
    assert (trail.action, trail.member_id) == ("booking.approved", booking.member_id)


def test_no_frees_the_time_and_keeps_the_reason(context: Flask, small: Small) -> None:
    booking = ask(small)
    decline(small, booking.id, reason="  Golvet   lackas ")
    assert (booking.state, booking.sequence, booking.answer_reason) == ("declined", 1, "Golvet lackas")
    assert taken(small) == [] and booking.takes is None
    assert ask(small, name="bo").state == "requested"
    with pytest.raises(Refused) as error, transaction():
        service.restore(who(small), booking.id, now=NOW, zone=ZONE)
    assert codes(error) == ["not-cancelled"]


@pytest.mark.parametrize("reason", ["x" * 301, "rad\x07"])
def test_reason_is_one_line(context: Flask, small: Small, reason: str) -> None:
    booking = ask(small)
    with pytest.raises(Refused) as error:
        decline(small, booking.id, reason=reason)
    assert codes(error) == ["reason-malformed"] and taken(small)


def test_nobody_answers_and_the_time_frees_itself(context: Flask, small: Small) -> None:
    booking = ask(small)
    for minutes, said in ((-1, "0 expired"), (0, "1 expired"), (1, "0 expired")):
        assert deadlines.expire(SPAN.start + timedelta(minutes=minutes)) == said
    db.session.expire_all()
    assert (booking.state, booking.sequence) == ("expired", 1)
    assert db.session.scalar(select(func.count()).select_from(Allocation)) == 0
    entry = queries.history(booking.id)[-1]
    assert (entry.action, entry.actor_id, entry.actor_role) == ("expired", None, "house")


Change = Callable[[Small, int], object]


@pytest.mark.parametrize(
    ("first", "code"),
    [
        (lambda small, one: approve(small, one, "admin"), "answer-confirmed"),
        (lambda small, one: decline(small, one, "admin"), "answer-declined"),
        (lambda small, one: deadlines.expire(SPAN.start), "answer-late"),
        (lambda small, one: cancelled(small, one), "already-cancelled"),
    ],
)
@pytest.mark.parametrize("second", [approve, decline])
def test_who_comes_second_is_told(context: Flask, small: Small, first: Change, code: str, second: Any) -> None:
    booking = ask(small)
    first(small, booking.id)
    state = booking.state
    with pytest.raises(Conflict) as error:
        second(small, booking.id)
    assert codes(error) == [code]
    db.session.expire_all()
    assert booking.state == state


def cancelled(small: Small, booking_id: int) -> None:
    with transaction():
        service.cancel(who(small), booking_id, now=NOW)


@pytest.mark.parametrize("answer", [approve, decline])
def test_same_answer_twice_is_one(context: Flask, small: Small, answer: Any) -> None:
    booking = ask(small)
    answer(small, booking.id)
    answer(small, booking.id)
    assert [row.action for row in queries.history(booking.id)][1:] in (["approved"], ["declined"])


def test_too_late_is_too_late_before_the_job_has_run(context: Flask, small: Small) -> None:
    booking = ask(small)
    with pytest.raises(Conflict) as error:
        approve(small, booking.id, now=SPAN.start)
    assert codes(error) == ["answer-late"]


@pytest.mark.parametrize("name", ["alva", "bo"])
def test_answers_are_for_staff_and_who_manages_the_space(context: Flask, small: Small, name: str) -> None:
    booking = ask(small)
    with pytest.raises(NotFound):
        approve(small, booking.id, name)
    with transaction():
        organisations.grant("bo@example.org", "space", small.hall, actor=who(small, "admin"), now=NOW)
    assert approve(small, booking.id, "bo").state == "confirmed"


def test_requester_may_move_and_cancel(context: Flask, small: Small) -> None:
    booking = ask(small)
    with transaction():
        service.move(
            who(small), booking.id, space_id=small.hall, span=at(TUESDAY, "14:00", "15:00"), now=NOW, zone=ZONE
        )
    assert (booking.state, booking.answer_by) == ("requested", at(TUESDAY, "14:00", "15:00").start)
    cancelled(small, booking.id)
    assert taken(small) == []


def test_what_was_granted_is_granted_still_when_a_cancellation_is_taken_back(context: Flask, small: Small) -> None:
    for answered in (True, False):
        booking = ask(small)
        if answered:
            approve(small, booking.id)
        cancelled(small, booking.id)
        with transaction():
            service.restore(who(small), booking.id, now=NOW, zone=ZONE)
        assert booking.state == ("confirmed" if answered else "requested")
        cancelled(small, booking.id)


# -- who is told ------------------------------------------------------------------------------------------------------


def told(kind: str) -> list[tuple[int, dict[str, Any]]]:
    rows = db.session.scalars(select(Notice).where(Notice.kind == kind).order_by(Notice.member_id)).all()
    return [(row.member_id, row.content) for row in rows]


def mails(kind: str) -> list[Mail]:
    found = db.session.scalars(select(Mail).order_by(Mail.id)).all()
    return [mail for mail in found if (mail.content or {})["notice"]["kind"] == kind]


def test_staff_and_managers_are_asked_and_no_longer_when_it_is_answered(context: Flask, small: Small) -> None:
    with transaction():
        organisations.grant("bo@example.org", "space", small.hall, actor=who(small, "admin"), now=NOW)
    booking = ask(small)
    everybody = sorted(small.people[name] for name in ("bo", "host", "admin"))
    assert [member for member, _content in told("booking-asked")] == everybody
    assert sorted(mail.member_id or 0 for mail in mails("booking-asked")) == everybody
    approve(small, booking.id)
    assert told("booking-asked") == []
    assert mails("booking-asked") == []  # they had not left
    assert [mail.member_id for mail in mails("booking-answered")] == [booking.member_id]
    ((_member, content),) = told("booking-answered")
    assert content["action"] == "approved"


def test_a_moved_request_is_asked_about_anew(context: Flask, small: Small) -> None:
    booking = ask(small)
    with transaction():
        service.move(
            who(small), booking.id, space_id=small.hall, span=at(TUESDAY, "09:00", "11:00"), now=NOW, zone=ZONE
        )
    assert {content["sequence"] for _member, content in told("booking-asked")} == {1}
    cancelled(small, booking.id)
    assert told("booking-asked") == []


def test_several_requests_of_one_transaction_are_asked_about_once(context: Flask, small: Small) -> None:
    with transaction():
        for hour in ("08", "10", "12"):
            span = at(TUESDAY, f"{hour}:30", f"{hour}:45")
            span = Span(span.start, span.start + HOUR / 2)
            service.reserve(who(small), small.hall, span, now=NOW, zone=ZONE)
    assert [content["count"] for _member, content in told("booking-asked")] == [3, 3]


def test_several_are_asked_about_until_none_of_them_waits(context: Flask, small: Small) -> None:
    with transaction():
        organisations.grant("bo@example.org", "space", small.hall, actor=who(small, "admin"), now=NOW)
    spans = [at(TUESDAY, f"{hour}:30", f"{hour}:45") for hour in ("08", "10", "12")]
    with transaction():
        made = [service.reserve(who(small), small.hall, span, now=NOW, zone=ZONE).id for span in spans]
    staff = {member: content["staff"] for member, content in told("booking-asked")}
    assert staff == {small.people["bo"]: False, small.people["host"]: True, small.people["admin"]: True}
    cancelled(small, made[0])
    assert len(told("booking-asked")) == 3, "two wait still"
    approve(small, made[2])
    assert len(told("booking-asked")) == 3
    approve(small, made[1])
    assert told("booking-asked") == []


def test_managers_are_led_to_a_page_of_theirs(app: Flask, small: Small) -> None:
    values = {"people": [small.people["alva"]], "until": NOW.isoformat(), "count": 3, "staff": False}
    with app.test_request_context():
        said = asking._say_asked(values, {small.people["alva"]: "Alva L."})
        assert said.endpoint == "standing.spaces"
        assert (
            asking._say_asked(values | {"staff": True}, {small.people["alva"]: "Alva L."}).endpoint == "requests.index"
        )


def letter(app: Flask, mail: Mail) -> Any:
    sender = Sender("Station <station@example.org>", "https://station.example.org")
    return write(app, mail, sender)


def test_mail_to_staff_carries_two_answers(app: Flask, small: Small, asked: int) -> None:
    with app.app_context():
        mail = db.session.scalars(select(Mail).where(Mail.member_id == small.people["host"])).one()
        said = letter(app, mail)
        assert said.subject == "Alva L. ber om Scenen, tis 24 nov 13–17"
        assert "tis 24 nov 13.00" in said.lead and (said.action[0], said.other[0]) == ("Godkänn", "Säg nej")
        base = "https://station.example.org"
        yes, no = (link[1].removeprefix(base) for link in (said.action, said.other))
        stored = repr([row.content for row in db.session.scalars(select(Notice))])
        assert yes.removeprefix("/do/") not in stored
        db.session.rollback()
    client = browser(app)
    page = client.get(no)
    assert "Säg nej till Scenen för Alva Lindqvist?" in page.text and "Inget har hänt än." in page.text
    page = client.get(yes)
    assert page.status_code == 200 and "Möte &lt;b&gt;" in page.text
    assert state(app, asked) == "requested"
    data = {"csrf_token": token_of(client)}
    assert client.post(yes, data=data).status_code == 303
    assert state(app, asked) == "confirmed"
    assert "Scenen är bokad för Alva Lindqvist" in client.get(yes).text
    answer = client.get(no)
    assert answer.status_code == 409 and "Den här bokningen är redan bekräftad." in answer.text
    assert client.post(no, data=data).status_code == 409
    with app.app_context():
        last = db.session.scalars(select(BookingHistory).order_by(BookingHistory.id.desc())).first()
        assert last and (last.actor_id, last.after["way"]) == (small.people["host"], "mail-link")


def test_links_die_with_the_request_and_the_role(app: Flask, small: Small, asked: int) -> None:
    with app.app_context():
        links = {}
        for name in ("host", "admin"):
            mail = db.session.scalars(select(Mail).where(Mail.member_id == small.people[name])).one()
            links[name] = letter(app, mail).action[1].removeprefix("https://station.example.org")
        with transaction():
            who(small, "host").role = "member"
        assert browser(app).get(links["host"]).status_code == 410
        span = at(TUESDAY, "09:00", "11:00")
        with transaction():
            service.move(who(small), asked, space_id=small.hall, span=span, now=NOW, zone=ZONE)
    client = browser(app)
    assert client.get(links["admin"]).status_code == 410
    data = {"csrf_token": token_of(client)}
    assert client.post(links["admin"], data=data).status_code == 410
    assert state(app, asked) == "requested"


def state(app: Flask, booking_id: int) -> str:
    with app.app_context():
        found = db.session.get_one(Booking, booking_id).state
        db.session.rollback()
        return found


# -- the ledger -------------------------------------------------------------------------------------------------------


def test_ledger_knows_a_request_from_its_approval_on(planned: Planned) -> None:
    app, small = planned.app, planned.small
    plan = planned.plan("Scen", rates={"hall": 12000})
    planned.give(plan, "bo")

    def price(rate: int) -> None:
        with transaction():
            plans.change_plan(plan, Contents(names=("Scen", "Stage"), rates={"hall": rate}), actor=None)

    def entered() -> list[tuple[str, int, int]]:
        rows = db.session.scalars(select(LedgerEntry).order_by(LedgerEntry.id))
        return [(row.action, row.minutes, row.rate) for row in rows]

    with app.app_context():
        booking = ask(small, name="bo")
        assert entered() == []
        price(15000)
        approve(small, booking.id)
        assert entered() == [("approved", 240, 15000)]
        price(18000)
        with transaction():
            service.move(
                who(small, "bo"),
                booking.id,
                space_id=small.hall,
                span=at(TUESDAY, "09:00", "11:00"),
                now=NOW,
                zone=ZONE,
            )
        assert booking.state == "requested"
        assert entered()[1:] == [("moved", -240, 15000)]
        approve(small, booking.id)
        assert entered()[2:] == [("approved", 120, 15000)]  # what was agreed once stays
        decided = ask(small, at(TUESDAY, "14:00", "15:00"), "bo")
        decline(small, decided.id)
        assert len(entered()) == 3


# -- pages ------------------------------------------------------------------------------------------------------------


def test_requester_sees_the_state(app: Flask, small: Small, alva: FlaskClient) -> None:
    wish = {"space": small.hall, "date": str(TUESDAY), "start": "13:00", "end": "17:00"}
    answer = post(alva, "/bookings", wish)
    assert answer.status_code == 303
    page = alva.get(answer.location).text
    assert "Du har bett om Scenen, tis 24 nov 13–17. Platsen hålls till tis 24 nov 13.00." in page
    assert "Väntar på svar till tis 24 nov 13.00. Till dess hålls platsen." in page
    assert "Svara på förfrågan" not in page and "Avboka" in page and "Förfrågan: Scenen" in page
    mine = alva.get("/bookings").text
    assert "Väntar på svar till tis 24 nov 13.00." in mine
    booking_id = int(answer.location.rpartition("/")[2])
    with app.app_context():
        decline(small, booking_id, reason="Golvet <lackas>")
    page = alva.get(answer.location).text
    assert "Fick nej" in page and "Golvet &lt;lackas&gt;" in page and "Ångra avbokningen" not in page


def test_today_says_that_it_waits(app: Flask, small: Small, clock: Clock) -> None:
    with app.app_context():
        one = ask(small)
    for now in (NOW, TUESDAY_MORNING):
        clock.now = now
        alva = log_in(browser(app), "alva")
        page = alva.get("/").text
        assert "Scenen" in page and "Väntar på svar." in page
    with app.app_context():
        approve(small, one.id, now=TUESDAY_MORNING)
    assert "Väntar på svar" not in alva.get("/").text


def test_answer_tells_the_calendar(app: Flask, small: Small) -> None:
    sender = Sender("Station <station@example.org>", "https://station.example.org")
    for answer, method, status in ((approve, "REQUEST", "CONFIRMED"), (decline, "CANCEL", "CANCELLED")):
        with app.app_context():
            one = ask(small)
            answer(small, one.id)
            *_earlier, mail = mails("booking-answered")
            part = next(
                part for part in compose(app, mail, sender).walk() if part.get_content_type() == "text/calendar"
            )
            text = part.get_content()
            assert f"METHOD:{method}" in text and f"STATUS:{status}" in text and "SEQUENCE:1" in text
            db.session.rollback()
            if one.state == "confirmed":
                cancelled(small, one.id)


def test_staff_answer_on_their_page(app: Flask, small: Small, asked: int) -> None:
    host = log_in(browser(app), "host")
    page = host.get("/staff/requests").text
    assert "Scenen, tis 24 nov 13–17" in page and "Alva Lindqvist" in page and "Möte &lt;b&gt;" in page
    answer = post(host, f"/bookings/{asked}/answer", {"answer": "no", "reason": "Nej <tyvärr>", "from": "staff"})
    assert (answer.status_code, answer.location) == (303, "/staff/requests")
    page = host.get("/staff/requests").text
    assert "Ingen väntar på svar." in page and "Nej sagt." in page
    answer = post(host, f"/bookings/{asked}/answer", {"answer": "yes", "from": "//evil.example"})
    assert answer.status_code == 409 and "redan fått ett nej" in answer.text


def test_answer_from_anywhere_else_goes_to_the_booking(app: Flask, small: Small, asked: int) -> None:
    host = log_in(browser(app), "host")
    assert "Svara på förfrågan" in host.get(f"/bookings/{asked}").text
    answer = post(host, f"/bookings/{asked}/answer", {"answer": "yes", "from": "https://evil.example"})
    assert (answer.status_code, answer.location) == (303, f"/bookings/{asked}")
    assert state(app, asked) == "confirmed"


def test_manager_answers_without_being_staff(app: Flask, small: Small, asked: int, bo: FlaskClient) -> None:
    with app.app_context(), transaction():
        organisations.grant("bo@example.org", "space", small.hall, actor=who(small, "admin"), now=NOW)
    assert bo.get("/staff/requests").status_code == 403
    page = bo.get("/account/spaces").text
    assert "Förfrågningar" in page and f"/bookings/{asked}/answer" in page
    answer = post(bo, f"/bookings/{asked}/answer", {"answer": "yes", "from": "spaces"})
    assert (answer.status_code, answer.location) == (303, "/account/spaces")
    assert state(app, asked) == "confirmed"


def test_list_costs_the_same_for_one_and_for_many(app: Flask, small: Small, asked: int) -> None:
    host = log_in(browser(app), "host")
    host.get("/staff/requests")
    with statements(app) as one:
        host.get("/staff/requests")
    with app.app_context():
        for hour in ("09", "10", "11"):
            ask(small, at(TUESDAY, f"{hour}:00", f"{hour}:30"), "bo")
    with statements(app) as many:
        assert len(re.findall("/answer", host.get("/staff/requests").text)) == 4
    assert len(many) == len(one)


# -- at the same moment -----------------------------------------------------------------------------------------------


def together(app: Flask, *acts: Callable[[], object]) -> list[str]:
    """Do several things at one moment, in threads of their own; give for each "done" or the code of its refusal."""
    barrier = Barrier(len(acts))

    def do(act: Callable[[], object]) -> str:
        with app.app_context():
            try:
                barrier.wait(10)
                done = act()
                return "nothing" if done is False else "done"
            except DomainError as error:
                return error.refusals[0].code
            finally:
                db.session.remove()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(do, acts))


def history(app: Flask, booking_id: int) -> list[str]:
    with app.app_context():
        found = [row.action for row in queries.history(booking_id)]
        db.session.remove()
        return found


TRIES = 8


def requests(app: Flask, small: Small) -> list[int]:
    with app.app_context():
        made = [ask(small, at(TUESDAY + n * DAY, "13:00", "14:00")).id for n in (0, 1, 2, 6, 7, 8, 9, 13)]
        db.session.remove()
    return made[:TRIES]


def test_two_approvals_at_once_are_one(app: Flask, small: Small) -> None:
    for one in requests(app, small):
        found = together(
            app, lambda one=one: approve(small, one, "host"), lambda one=one: approve(small, one, "admin"),
            lambda one=one: decline(small, one, "admin"),
        )  # fmt: skip
        assert sorted(found).count("done") in (1, 2)  # an admin whose yes and no come at once may be the same person
        assert history(app, one)[1:] in (["approved"], ["declined"])
        assert all(said in ("done", "answer-confirmed", "answer-declined") for said in found)


def test_yes_against_no_has_one_winner(app: Flask, small: Small) -> None:
    for one in requests(app, small):
        found = together(app, lambda one=one: approve(small, one, "host"), lambda one=one: decline(small, one, "admin"))
        assert sorted(found) in (["answer-confirmed", "done"], ["answer-declined", "done"])
        assert history(app, one)[1:] == (["approved"] if "answer-confirmed" in found else ["declined"])


def test_approve_against_cancel_ends_cancelled(app: Flask, small: Small) -> None:
    for one in requests(app, small):
        found = together(app, lambda one=one: approve(small, one), lambda one=one: cancelled(small, one))
        assert found in (["done", "done"], ["already-cancelled", "done"])
        assert history(app, one)[1:] == (["cancelled"] if found[0] != "done" else ["approved", "cancelled"])
        assert state(app, one) == "cancelled"


def test_approve_against_expiry_has_one_winner(app: Flask, small: Small, clock: Clock) -> None:
    """Two machines whose clocks differ by a second: one says it is in time, the other that it is not."""
    for one in requests(app, small):
        with app.app_context():
            deadline = db.session.get_one(Booking, one).answer_by
            db.session.remove()
        assert deadline

        def expire(one: int = one, deadline: datetime = deadline) -> bool:
            with transaction():
                return answers.expire(one, now=deadline)

        just = deadline - timedelta(seconds=1)
        found = together(app, lambda one=one, just=just: approve(small, one, now=just), expire)
        assert found in (["done", "nothing"], ["answer-late", "done"])
        assert history(app, one)[1:] == (["approved"] if found[0] == "done" else ["expired"])
    with app.app_context():
        kept = db.session.scalar(select(func.count()).select_from(Booking).where(Booking.state == "confirmed"))
        assert db.session.scalar(select(func.count()).select_from(Allocation)) == kept
        db.session.remove()
