"""The page of operations: what staff read, and what an admin can do about parked mail."""

from __future__ import annotations

import re
import threading
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from innovation_station import personal
from innovation_station.audit import queries as trail
from innovation_station.db import transaction
from innovation_station.jobs import service as jobs
from innovation_station.jobs.registry import tasks
from innovation_station.jobs.rules import Schedule
from innovation_station.jobs.words import said
from innovation_station.mail import service
from innovation_station.mail.rules import Outcome, Receiver
from innovation_station.mail.words import lasted, schedule_text
from innovation_station.operating import jobs as operating_jobs
from tests.conftest import NOW, ZONE, Clock, browser, log_in, post, statements, token_in
from tests.home.test_pages import words as words_of
from tests.mail.conftest import outbox, queued

PAGE = "/staff/operations"


@pytest.fixture
def admin(app: Flask) -> FlaskClient:
    return log_in(browser(app), "admin")


@pytest.fixture
def parked(app: Flask) -> int:
    (mail_id,) = queued(app, "very-secret", to=Receiver("b&b@evil.example", "Åsa <b>Öberg", "sv"))
    with app.app_context(), transaction():
        service.claim("w", now=NOW)
        service.settle(mail_id, "w", Outcome("parked", "refused", "550 no <such> user"), now=NOW)
    return mail_id


def test_page_of_a_house_where_all_is_well(admin: FlaskClient) -> None:
    page = admin.get(PAGE).text
    for words in (
        "Drift",
        "Inga mejl väntar",
        "Allt har kommit fram",
        "Radera uppgifter om mejl",
        "dagligen 03.10",
        "Inte kört än",
    ):
        assert words in page, words
    english = log_in(browser(admin.application, "en"), "host").get(PAGE).text
    for words in ("Operations", "No mail waits", "All delivered", "Delete mail records", "daily 03:10", "Not run yet"):
        assert words in english, words


def test_parked_mail_is_shown_and_sent_again(app: Flask, admin: FlaskClient, parked: int) -> None:
    page = admin.get(PAGE).text
    for words in (
        "1 mejl kom inte fram",
        "Åsa &lt;b&gt;Öberg",
        "tar inte emot det",
        "550 no &lt;such&gt; user",
        "mån 23 nov 08.10",
    ):
        assert words in page, words
    assert "very-secret" not in page
    answer = post(admin, f"{PAGE}/mails/{parked}", {"act": "retry"})
    assert (answer.status_code, answer.location) == (303, PAGE)
    assert outbox(app)[0].state == "queued"
    page = admin.get(PAGE).text
    assert (
        "Mejlet är på väg igen." in page and "1 mejl väntar på att skickas. Det äldsta sedan mån 23 nov 08.10." in page
    )


def test_parked_mail_is_discarded_once(app: Flask, admin: FlaskClient, parked: int) -> None:
    for reason, said_ in (
        ("", "Säg varför mejlet ges upp."),
        ("x" * 201, "högst 200"),
    ):  # mail-reason, mail-reason-long
        refused = post(admin, f"{PAGE}/mails/{parked}", {"act": "discard", "reason": reason})
        assert refused.status_code == 422 and said_ in refused.text
    assert post(admin, f"{PAGE}/mails/{parked}", {"act": "discard", "reason": "Fel adress"}).status_code == 303
    mail = outbox(app)[0]
    assert (mail.state, mail.content) == ("discarded", None)
    with app.app_context():
        (entry,) = trail.about("mail", parked, limit=9)
        assert (entry.action, entry.after["reason"]) == ("mail.discarded", "Fel adress")
    again = post(admin, f"{PAGE}/mails/{parked}", {"act": "discard", "reason": "Fel adress"})
    assert again.status_code == 404 and "Det finns inget sådant mejl" in again.text
    assert post(admin, f"{PAGE}/mails/{parked}", {"act": "burn"}).status_code == 400
    assert post(admin, f"{PAGE}/mails/{parked}").status_code == 400


def test_host_sees_and_cannot_act(app: Flask, parked: int) -> None:
    host = log_in(browser(app), "host")
    page = host.get(PAGE).text
    assert "En administratör kan skicka dem igen" in page and 'name="act"' not in page and "Kör nu" not in page
    assert 'name="reason"' not in host.get(f"{PAGE}/mails/{parked}").text
    token = token_in(page)
    for path, fields in (
        (f"mails/{parked}", {"act": "retry"}),
        ("mails/retry", {}),
        ("jobs", {"job": "mail-retention"}),
    ):
        assert host.post(f"{PAGE}/{path}", data={"csrf_token": token, **fields}).status_code == 403
    assert outbox(app)[0].state == "parked"


def test_jobs_tell_how_they_went(app: Flask, admin: FlaskClient, clock: Clock) -> None:
    task = tasks(app)["mail-retention"]
    with app.app_context(), transaction():
        jobs.introduce([task], now=NOW, zone=ZONE)
        jobs.claim(task.name, "w", now=NOW)
    assert "Pågår" in admin.get(PAGE).text
    with app.app_context(), transaction():
        jobs.end(task, "w", succeeded=True, result="12 deleted", now=NOW + timedelta(seconds=3), zone=ZONE)
    page = admin.get(PAGE).text
    for words in ("Klart", "Senast mån 23 nov 08.10, 3 sekunder", "nästa tis 24 nov 03.10", "12 raderade"):
        assert words in page, words
    assert "Ingenting sköter sig självt" not in page
    clock.now = NOW + timedelta(days=2)
    client = log_in(browser(app), "admin")
    assert "Ingenting sköter sig självt just nu." in client.get(PAGE).text
    with app.app_context(), transaction():
        jobs.claim(task.name, "w", now=clock.now)
        jobs.end(task, "w", succeeded=False, result="OSError: disk", now=clock.now, zone=ZONE)
    page = client.get(PAGE).text
    assert "Misslyckades" in page and '<span class="small" lang="en">OSError: disk</span>' in page
    with app.app_context(), transaction():
        jobs.claim(task.name, "w", now=clock.now)
        jobs.end(task, "w", succeeded=True, result="nothing", now=clock.now, zone=ZONE)
    assert "Misslyckades senast ons 25 nov 08.10: OSError: disk" in words_of(client.get(PAGE).text)


def test_page_costs_the_same_for_one_and_many(app: Flask, admin: FlaskClient, parked: int) -> None:
    admin.get(PAGE)
    with statements(app) as one:
        admin.get(PAGE)
    for mail_id in queued(app, "x", "y"):
        with app.app_context(), transaction():
            service.claim("w", now=NOW)
            service.settle(mail_id, "w", Outcome("parked", "unreadable"), now=NOW)
    with statements(app) as three:
        admin.get(PAGE)
    assert len(one) == len(three)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("result", "words"),
    [
        ("0 released, 0 reminded", "Inget att göra"), ("nothing", "Inget att göra"), ("2 released, 0 reminded", "2 släppta"),
        ("1 released, 3 reminded", "1 släppt, 3 påminda"), ("1 digests", "1 sammanfattning skickad"),
        ("trail 3, accounts 1", "Händelseloggen: 3, Konton: 1"), ("", None), ("3 frobbed", None), ("KeyError", None),
    ],
)  # fmt: skip
def test_results_are_said_in_words(app: Flask, result: str, words: str | None) -> None:
    with app.test_request_context(headers={"Accept-Language": "sv"}):
        assert said(result, {"trail": "Händelseloggen", "accounts": "Konton"}) == words


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_every_job_says_what_it_did(app: Flask) -> None:
    """None of them shows English to who reads Swedish."""
    with app.test_request_context(headers={"Accept-Language": "sv"}):
        kinds = {data.name: data.title for data in personal.known(app).classes} | {"accounts": "Konton"}
        for name, task in tasks(app).items():
            result = task.run(NOW)
            assert result and said(result, kinds), f"{name}: {result}"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_times_are_said_in_words(app: Flask) -> None:
    with app.test_request_context(headers={"Accept-Language": "en"}):
        said = [schedule_text(Schedule(every=timedelta(seconds=seconds))) for seconds in (1, 30, 60, 300, 3600, 7200)]
        assert said == [
            "every second",
            "every 30 seconds",
            "every minute",
            "every 5 minutes",
            "every hour",
            "every 2 hours",
        ]
        spans = [lasted(timedelta(seconds=seconds)) for seconds in (0.2, 1, 90, 600)]
        assert spans == ["under a second", "1 second", "90 seconds", "10 minutes"]


def test_mails_are_found_by_whom_what_and_state(app: Flask, admin: FlaskClient, parked: int) -> None:
    queued(app, "one", "two", to=Receiver("100%@evil.example", "", "sv"))
    path = f"{PAGE}/mails"
    for query, count in (
        ("", 3), ("?state=parked", 1), ("?state=waiting", 2), ("?state=sent", 0), ("?text=100%25", 2), ("?text=ÖBERG", 1),
        ("?text=_", 0), ("?kind=account", 3), ("?kind=x", 0), ("?state=nonsense", 3), ("?before=2", 1),
    ):  # fmt: skip
        assert len(re.findall(r'href="/staff/operations/mails/\d', admin.get(path + query).text)) == count, query
    page = words_of(admin.get(f"{path}/{parked}").text)
    assert "550 no" in page and "very-secret" not in page
    assert admin.get(f"{path}/999").status_code == 404


def test_all_parked_mails_are_sent_again_at_once(app: Flask, admin: FlaskClient, parked: int) -> None:
    for mail_id in queued(app, "x", "y"):
        with app.app_context(), transaction():
            service.claim("w", now=NOW)
            service.settle(mail_id, "w", Outcome("parked", "unreadable"), now=NOW)
    assert "Skicka alla 3 igen" in admin.get(f"{PAGE}/mails").text
    with statements(app) as seen:
        assert post(admin, f"{PAGE}/mails/retry").location == f"{PAGE}/mails"
    assert sum("UPDATE mail " in one for one in seen) == 1
    assert [(mail.state, mail.tries, mail.reason) for mail in outbox(app)] == [("queued", 0, "")] * 3
    assert "3 mejl är på väg igen." in admin.get(f"{PAGE}/mails").text
    post(admin, f"{PAGE}/mails/retry")
    with app.app_context():
        assert [one.after for one in trail.about("mail", None, limit=9)] == [{"mails": 3}]


def test_job_is_run_by_hand_and_says_what_it_did(app: Flask, admin: FlaskClient) -> None:
    answer = post(admin, f"{PAGE}/jobs", {"job": "mail-retention"})
    assert (answer.status_code, answer.location) == (303, f"{PAGE}#job-mail-retention")
    page = words_of(admin.get(PAGE).text)
    assert "Radera uppgifter om mejl äldre än 30 dagar: Inget att göra" in page
    with app.app_context():
        (entry,) = trail.about("job", None, limit=9)
        assert (entry.action, entry.after) == ("job.run", {"job": "mail-retention"})
    assert post(admin, f"{PAGE}/jobs", {"job": "format-disk"}).status_code == 422  # job-unknown


def test_job_never_runs_twice_at_once_and_a_failure_is_told(
    app: Flask, admin: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def work(_now: datetime) -> str:
        begun.set()
        assert go_on.wait(20)
        raise OSError("disk full for a@b.example")

    known = tasks(app)
    monkeypatch.setitem(known, "mail-retention", replace(known["mail-retention"], run=work))  # type: ignore[misc]
    monkeypatch.setattr(operating_jobs.run, "__kwdefaults__", {"wait": 0.2})
    post(admin, f"{PAGE}/jobs", {"job": "mail-retention"})
    assert begun.wait(20)
    assert "har börjat och pågår" in admin.get(PAGE).text
    post(admin, f"{PAGE}/jobs", {"job": "mail-retention"})
    assert "pågår redan" in admin.get(PAGE).text
    go_on.set()
    for thread in threading.enumerate():
        if thread.name == "job-mail-retention":
            thread.join(20)
    page = admin.get(PAGE).text
    assert "Misslyckades" in page and "disk full" in page and "a@b" not in page
