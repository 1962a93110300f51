"""After an event: who is thanked and asked, once; what is kept of the answer and what not; who sees it when."""

from __future__ import annotations

import html
import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import inspect, select

from innovation_station.attendance import after, jobs, links, service
from innovation_station.attendance.after import Wish
from innovation_station.attendance.models import Answered, EventAnswer
from innovation_station.db import db, transaction
from innovation_station.deeds.registry import Over
from innovation_station.errors import NotAllowed, Refused
from innovation_station.mail.models import Mail
from innovation_station.notices.models import Notice
from innovation_station.registration.models import Registration
from tests.attendance.conftest import LATER
from tests.conftest import NOW, Clock, browser, log_in, post
from tests.events.test_event_pages import each_request_by_itself, main
from tests.registration.conftest import Desk

assert each_request_by_itself
MORNING_AFTER = NOW + timedelta(hours=25)  # 09.10
WISH = Wish(("Tack för en fin dag.", "Thanks for a good day."), (("Vad var bäst?", "What was best?"),), ask=True)


def came(desk: Desk, count: int) -> list[Registration]:
    """Have some people come, the first of them a member."""
    desk.settle(capacity=20)
    rows = [desk.join("alva"), *(desk.come(f"guest{number}@example.org") for number in range(count - 1))]
    for row in rows:
        with transaction():
            service.check_in(desk.stage.who(), row.id, "list", now=LATER)
    return rows


def settle(desk: Desk, wish: Wish = WISH, who: str = "host") -> None:
    with transaction():
        after.settle(desk.stage.who(who), desk.event.id, wish, now=NOW)


def answer(desk: Desk, row: Registration, rating: int | None, text: str = "", **more: Any) -> None:
    with transaction():
        after.answer(desk.of(row), rating, text, {0: "Maten"}, now=more.get("now", MORNING_AFTER))


@pytest.fixture
def host(app: Flask, clock: Clock) -> FlaskClient:
    clock.now = MORNING_AFTER
    return log_in(browser(app), "host")


def test_who_came_is_thanked_once_the_day_after(desk: Desk) -> None:
    rows = came(desk, 2)
    desk.come("stayed@example.org")  # registered, and not there
    jobs.thank(MORNING_AFTER)
    assert not db.session.scalars(select(Mail).where(Mail.template == "event-after")).all(), "only where it was settled"
    settle(desk)
    assert jobs.thank(NOW + timedelta(hours=24)) == "0 thanked", "not before nine"
    assert jobs.thank(MORNING_AFTER) == "2 thanked" and jobs.thank(MORNING_AFTER) == "0 thanked"
    (mail,) = db.session.scalars(select(Mail).where(Mail.template == "event-after"))
    assert mail.receiver == rows[1].email
    notices = db.session.scalars(select(Notice).where(Notice.kind == "event-after")).all()
    assert [one.member_id for one in notices] == [rows[0].member_id]
    with pytest.raises(NotAllowed):
        settle(desk, who="alva")
    settle(desk, Wish(("Nytt", ""), (("Annat?", ""),), ask=False))
    stored = after.followup(desk.event.id)
    assert stored and stored.thanks_sv == "Nytt" and stored.questions == [["Vad var bäst?", "What was best?"]]


def test_an_answer_leads_to_nobody_and_is_given_once(desk: Desk) -> None:
    rows = came(desk, 3)
    settle(desk)
    with pytest.raises(Over) as over:
        answer(desk, rows[0], 5)
    assert [one.code for one in over.value.refusals] == ["feedback-over"]
    jobs.thank(MORNING_AFTER)
    for wrong in (6, 0, None):
        with pytest.raises(Refused), transaction():
            after.answer(desk.of(rows[0]), wrong, " ", {}, now=MORNING_AFTER)
    assert not db.session.scalars(select(Answered)).all()
    answer(desk, rows[0], 5, "Mycket bra")
    with pytest.raises(Over):
        answer(desk, rows[0], 1)
    with pytest.raises(Over):
        answer(desk, rows[1], 1, now=MORNING_AFTER + timedelta(days=30))
    columns = {column["name"] for column in inspect(db.engine).get_columns("event_answer")}
    assert columns == {"uid", "event_id", "rating", "text", "answers"}, "no person and no time"
    (one,) = db.session.scalars(select(EventAnswer))
    assert (one.rating, one.text, one.answers) == (5, "Mycket bra", ["Maten"])
    assert {column["name"] for column in inspect(db.engine).get_columns("event_answered")} == {"registration_id"}


def test_the_form_behind_the_link(app: Flask, desk: Desk, client: FlaskClient, clock: Clock) -> None:
    rows = came(desk, 2)
    settle(desk)
    jobs.thank(MORNING_AFTER)
    path, clock.now = links.feedback.path(rows[1]), MORNING_AFTER
    page = client.get(path)
    assert page.status_code == 200 and "Vad var bäst?" in page.text and page.headers["Referrer-Policy"] == "no-referrer"
    assert not db.session.scalars(select(Answered)).all(), "opening changes nothing"
    empty = post(client, path, {"text": " "})
    assert empty.status_code == 422 and "Välj ett betyg, eller skriv något." in main(empty.text)
    kept = post(client, path, {"rating": "9", "text": "<b>Bra</b>", "question-0": "Kaffet"})
    assert kept.status_code == 422 and "&lt;b&gt;Bra&lt;/b&gt;" in kept.text and "Kaffet" in kept.text
    done = post(client, path, {"rating": "4", "text": "<b>Bra</b>", "question-0": "Kaffet"})
    assert done.status_code == 303 and "Ditt svar sparas utan ditt namn" in main(client.get(path).text)
    assert post(client, path, {"rating": "1"}).status_code == 410
    for wrong in ("x", path[10:-2], links.token(rows[0])):
        assert client.get(f"/feedback/{wrong}").status_code == 410
    clock.now = MORNING_AFTER + timedelta(days=31)
    assert client.get(links.feedback.path(rows[0])).status_code == 410


def test_results_are_shown_where_nobody_can_be_told_by_them(desk: Desk, host: FlaskClient) -> None:
    rows = came(desk, 4)
    settle(desk)
    jobs.thank(MORNING_AFTER)
    path = f"/staff/events/{desk.event.id}"
    for row, rating in zip(rows[:2], (5, 2), strict=True):
        answer(desk, row, rating, "=Hemligt")
    page = host.get(f"{path}/after").text
    assert "2 svar" in main(page) and "Hemligt" not in page and "<rect" not in page and "Visas när minst tre" in page
    assert host.get(f"{path}/answers.csv").status_code == 404
    answer(desk, rows[2], 5, "")
    page = host.get(f"{path}/after").text
    text = main(page)
    assert "3 svar" in text and "1: 0, 2: 1, 3: 0, 4: 0, 5: 2. Medel 4,0." in text and "=Hemligt" in text
    assert page.count("<rect") == 5 and 'role="img" aria-labelledby="plot-t plot-d"' in page and "<table" in page
    assert "Alva" not in page and "guest0" not in page
    file = host.get(f"{path}/answers.csv").text.lstrip("\ufeff").splitlines()
    assert file[0] == "Betyg;Vad var bäst?;Något annat" and sorted(file[1:]) == [
        "2;Maten;'=Hemligt",
        "5;Maten;",
        "5;Maten;'=Hemligt",
    ]


def test_staff_settle_it_and_the_page_of_the_event_says_it_when_it_is_over(
    app: Flask, desk: Desk, clock: Clock
) -> None:  # fmt: skip
    clock.now = LATER
    host = log_in(browser(app), "host")
    path = f"/staff/events/{desk.event.id}/after"
    sent = {"thanks_sv": "Tack <i>alla</i>.", "ask": "y", "questions": "Vad var bäst? | What was best?\nOch sämst?"}
    assert post(host, path, sent).status_code == 303
    stored = after.followup(desk.event.id)
    assert stored and stored.ask and stored.questions == [["Vad var bäst?", "What was best?"], ["Och sämst?", ""]]
    assert "Vad var bäst? | What was best?\nOch sämst?" in html.unescape(host.get(path).text)
    many = post(host, path, {**sent, "questions": "a\nb\nc\nd"})
    assert many.status_code == 422 and "Skriv högst 3 frågor, var och en på högst 150 tecken." in main(many.text)
    with pytest.raises(Refused) as refused:
        settle(desk, Wish(questions=(("a", ""),) * 4))
    assert [one.code for one in refused.value.refusals] == ["feedback-questions"]
    assert post(host, path, {**sent, "thanks_sv": "x" * 1001}).status_code == 422
    shown = f"/events/{desk.event.slug}"
    assert "Tack &lt;i&gt;alla" not in browser(app).get(shown).text
    clock.now = MORNING_AFTER
    page = browser(app).get(shown).text
    assert "Tack &lt;i&gt;alla&lt;/i&gt;." in page and re.search(r"Efteråt", page)
