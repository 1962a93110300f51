"""Links in mails: what opening one does (nothing), what its button does (one thing, once), and when it is over."""

from __future__ import annotations

import io
import logging
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from itsdangerous import URLSafeSerializer
from sqlalchemy import inspect, select, text
from werkzeug.test import TestResponse

from innovation_station import logs, settings
from innovation_station.bookings import service as bookings
from innovation_station.bookings.deeds import cancelling
from innovation_station.bookings.models import Booking, BookingHistory
from innovation_station.db import db, transaction
from innovation_station.deeds import links
from innovation_station.deeds.registry import Action, Deed, init_app
from innovation_station.members.models import Member
from innovation_station.notices.links import end_path
from innovation_station.spaces import service as spaces
from innovation_station.spaces.models import Space
from tests.conftest import NOW, TUESDAY, ZONE, Clock, Small, app_on, at, browser, log_in, token_in, token_of

SPAN = at(TUESDAY, "13:00", "17:00")


@pytest.fixture
def made(app: Flask, small: Small) -> int:
    """Give Alva A1 on Tuesday afternoon."""
    with app.app_context(), transaction():
        return bookings.reserve(person(small), small.a1, SPAN, now=NOW, zone=ZONE, title="Möte <b>").id


def person(small: Small, who: str = "alva") -> Member:
    return db.session.get_one(Member, small.people[who])


@pytest.fixture
def link(app: Flask, small: Small, made: int) -> str:
    """Give the link that a mail about it carries."""
    return path(app, cancelling(small.people["alva"], made, 0, SPAN.end))


def path(app: Flask, deed: Deed) -> str:
    with app.app_context():
        return links.path(deed)


def press(client: FlaskClient, link: str, **options: Any) -> TestResponse:
    """Press the page's button."""
    data = {"csrf_token": token_of(client)}
    return client.post(link, data=data, **options)


def rows(app: Flask) -> dict[str, list[Any]]:
    with app.app_context():
        tables = inspect(db.engine).get_table_names()
        found = {t: [tuple(r) for r in db.session.execute(text(f'SELECT * FROM "{t}" ORDER BY 1'))] for t in tables}
        db.session.rollback()
        return found


def state(app: Flask, made: int) -> tuple[str, int]:
    with app.app_context():
        booking = db.session.get_one(Booking, made)
        db.session.rollback()
        return booking.state, booking.sequence


def heading(answer: TestResponse) -> str:
    found = re.search(r"<h1>(.*?)</h1>", answer.text)
    assert found
    return found[1]


OVER = "Länken gäller inte längre"


def is_over(answer: TestResponse) -> bool:
    return answer.status_code == 410 and heading(answer) == OVER and 'href="/login"' in answer.text


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_opening_says_what_would_happen_and_does_nothing(
    app: Flask, client: FlaskClient, link: str, method: str
) -> None:
    before = rows(app)
    for _ in range(2):
        answer = client.open(link, method=method)
        assert answer.status_code == 200
    assert rows(app) == before
    if method == "GET":
        assert heading(answer) == "Avboka A1?"
        assert "Tisdag 24 november 2026, 13.00–17.00: Möte &lt;b&gt;" in answer.text
        assert "Avboka A1, tis 24 nov 13–17</button>" in answer.text
        main = answer.text.partition("<main")[2].partition("</main>")[0]
        assert main.count("<form") == main.count("<button") == 1


def test_page_speaks_the_readers_language(app: Flask, link: str) -> None:
    answer = browser(app, "en").get(link)
    assert heading(answer) == "Cancel A1?" and "Nothing has happened yet." in answer.text


def test_answers_tell_nobody_and_stay_nowhere(client: FlaskClient, link: str) -> None:
    for answer in (client.get(link), client.get(f"{link}x"), client.head(link)):
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["X-Robots-Tag"] == "noindex"
        assert answer.headers["Cache-Control"] == "no-store"


def test_button_does_it_once_and_says_so_each_time(app: Flask, client: FlaskClient, made: int, link: str) -> None:
    for _ in range(3):
        answer = press(client, link)
        assert (answer.status_code, answer.location) == (303, link)
    assert state(app, made) == ("cancelled", 1)
    answer = client.get(link)
    assert heading(answer) == "A1 är avbokad, tis 24 nov 13–17" and "Ångra avbokningen</button>" in answer.text
    with app.app_context():
        actions = [row.action for row in db.session.scalars(select(BookingHistory).order_by(BookingHistory.id))]
    assert actions == ["reserved", "cancelled"]


def test_form_token_is_needed(app: Flask, client: FlaskClient, made: int, link: str) -> None:
    strangers = token_in(browser(app).get("/accessibility").text)
    for data in ({}, {"csrf_token": ""}, {"csrf_token": strangers}):
        assert client.post(link, data=data).status_code == 400
    assert press(client, link, headers={"Origin": "https://evil.example"}).status_code == 400
    assert press(client, link, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 400
    assert state(app, made) == ("confirmed", 0)
    assert press(client, link, headers={"Origin": "null"}).status_code == 303  # what browsers send without a Referer


def test_member_acts_whoever_is_logged_in_and_history_says_how(
    app: Flask, small: Small, made: int, link: str, alva: FlaskClient
) -> None:
    bo = log_in(browser(app), "bo")
    assert press(bo, link).status_code == 303
    with app.app_context():
        last = db.session.scalars(select(BookingHistory).order_by(BookingHistory.id.desc())).first()
        assert last and (last.actor_id, last.actor_role) == (small.people["alva"], "member")
        assert last.after == {"state": "cancelled", "way": "mail-link"}
    assert "Du, genom länken i ett mejl" in alva.get(f"/bookings/{made}").text
    assert bo.get(f"/bookings/{made}").status_code == 404


def test_it_is_taken_back_from_the_page_that_says_it_is_done(
    app: Flask, client: FlaskClient, made: int, link: str
) -> None:
    press(client, link)
    [back] = re.findall(r'action="(/do/[^"]+)"', client.get(link).text)
    assert heading(client.get(back)) == "Ångra avbokningen av A1?" and state(app, made) == ("cancelled", 1)
    for _ in range(2):
        assert press(client, back).location == back
    assert state(app, made) == ("confirmed", 2)
    assert heading(client.get(back)) == "A1 är din igen, tis 24 nov 13–17"
    assert is_over(client.get(link)) and is_over(press(client, link)), "the mail's link was for what was before"


def test_way_back_is_closed_when_somebody_has_the_time(
    app: Flask, small: Small, client: FlaskClient, made: int, link: str
) -> None:
    press(client, link)
    [back] = re.findall(r'action="(/do/[^"]+)"', client.get(link).text)
    with app.app_context(), transaction():
        bookings.reserve(person(small, "bo"), small.a1, SPAN, now=NOW, zone=ZONE)
    answer = press(client, back)
    assert answer.status_code == 409 and "A1 är bokad" in answer.text and 'href="/login"' in answer.text
    assert answer.headers["Referrer-Policy"] == "no-referrer" and state(app, made) == ("cancelled", 1)


def move(small: Small, made: int) -> None:
    bookings.move(person(small), made, space_id=small.a1, span=at(TUESDAY, "09:00", "11:00"), now=NOW, zone=ZONE)


def away_and_back(small: Small, made: int) -> None:
    bookings.cancel(person(small), made, now=NOW)
    bookings.restore(person(small), made, now=NOW, zone=ZONE)


def leave(small: Small, made: int) -> None:
    person(small).state = "paused"


def hand_over(small: Small, made: int) -> None:
    db.session.get_one(Booking, made).member_id = small.people["bo"]


@pytest.mark.parametrize("change", [move, away_and_back, leave, hand_over], ids=lambda change: change.__name__)
def test_link_dies_with_the_first_change(
    app: Flask, small: Small, client: FlaskClient, made: int, link: str, change: Callable[[Small, int], None]
) -> None:
    with app.app_context(), transaction():
        change(small, made)
    before = state(app, made)
    assert is_over(client.get(link)) and is_over(press(client, link))
    assert state(app, made) == before


def test_another_title_leaves_it_alive(app: Flask, small: Small, client: FlaskClient, made: int, link: str) -> None:
    with app.app_context(), transaction():
        bookings.move(person(small), made, space_id=small.a1, span=SPAN, now=NOW, zone=ZONE, title="Annat")
    assert press(client, link).status_code == 303 and state(app, made) == ("cancelled", 1)


def test_what_the_rules_refuse_is_said_before_the_button(
    app: Flask, small: Small, client: FlaskClient, made: int, link: str, clock: Clock
) -> None:
    with app.app_context(), transaction():
        spaces.set_policy(space=db.session.get_one(Space, small.a1), cancel_by=24 * 60)
    assert client.get(link).status_code == 200
    clock.now = SPAN.start - timedelta(hours=23)
    for answer in (client.get(link), press(client, link)):
        assert answer.status_code == 422 and heading(answer) == "Det gick inte att göra" and "24 timmar" in answer.text
    assert state(app, made) == ("confirmed", 0)


def test_link_is_over_with_the_booking(app: Flask, client: FlaskClient, made: int, link: str, clock: Clock) -> None:
    clock.now = SPAN.end - timedelta(seconds=1)
    assert client.get(link).status_code == 200
    clock.now = SPAN.end
    assert is_over(client.get(link)) and is_over(press(client, link)) and state(app, made) == ("confirmed", 0)


def test_way_back_lasts_an_hour(app: Flask, client: FlaskClient, link: str, clock: Clock) -> None:
    press(client, link)
    [back] = re.findall(r'action="(/do/[^"]+)"', client.get(link).text)
    clock.now = NOW + timedelta(minutes=59)
    assert client.get(back).status_code == 200
    clock.now = NOW + timedelta(hours=1)
    assert is_over(client.get(back))


def forged(app: Flask, small: Small, made: int) -> dict[str, str]:
    alva, bo = small.people["alva"], small.people["bo"]
    good = path(app, cancelling(alva, made, 0, SPAN.end))
    until = int(SPAN.end.timestamp())
    key = str(app.config["SECRET_KEY"])
    salted = {salt: URLSafeSerializer(key, salt=salt).dumps(["booking-cancel", alva, made, "0", until])
              for salt in ("notices.end-mail", "deeds", "")}  # fmt: skip
    head, _, tail = good.rpartition(".")
    with app.app_context():
        end = end_path(alva, "booking-changed").removeprefix("/notifications/end/")
    return {
        "cut": good[:-1], "longer": good + "A", "nothing": "/do/x", "dots": "/do/...", "signature of another": f"{head}.{'A' * len(tail)}",
        "long": "/do/" + "A" * 5000, "unicode": "/do/å.ö", "end of mails": f"/do/{end}", **{f"salt {s}": f"/do/{t}" for s, t in salted.items()},
        "another's": path(app, cancelling(bo, made, 0, SPAN.end)), "no such booking": path(app, cancelling(alva, 9999, 0, SPAN.end)),
        "no such action": path(app, Deed("booking-steal", alva, made, "0", SPAN.end)), "old": path(app, cancelling(alva, made, 0, NOW)),
        "no such member": path(app, cancelling(9999, made, 0, SPAN.end)), "another state": path(app, cancelling(alva, made, 7, SPAN.end)),
        "no number": path(app, Deed("booking-cancel", alva, made, "x", SPAN.end)),
    }  # fmt: skip


def test_whatever_is_wrong_has_the_same_answer(app: Flask, small: Small, made: int) -> None:
    before, bodies = rows(app), set()
    for name, wrong in forged(app, small, made).items():
        client = browser(app)
        answer = client.get(wrong)
        assert is_over(answer), name
        bodies.add(re.sub(r'value="[^"]*"', "", answer.text))
        assert is_over(press(client, wrong)), name
    assert len(bodies) == 1 and rows(app) == before


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_new_key_ends_all_links(
    app: Flask, small: Small, made: int, database_url: str, tmp_path: Path, link: str
) -> None:
    environ = {"STATION_DATABASE_URL": database_url, "STATION_SECRET_KEY": "other" * 10, "STATION_LOG_LEVEL": "error"}
    other = app_on(database_url, tmp_path / "other", STATION=settings.load(environ, tmp_path / "other"))
    assert is_over(browser(other).get(link)) and browser(app).get(link).status_code == 200


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_forms_on_the_page_work_on_https_too(
    database_url: str, tmp_path: Path, small: Small, app: Flask, made: int
) -> None:
    """A page that sends no Referer still has a language to choose, a session to end, and its own button."""
    base = "https://station.example.org"
    environ = {"STATION_DATABASE_URL": database_url, "STATION_SECRET_KEY": "test-" * 10, "STATION_BASE_URL": base, "STATION_LOG_LEVEL": "error"}  # fmt: skip
    secure = app_on(database_url, tmp_path / "https", STATION=settings.load(environ, tmp_path / "https"))
    client = browser(secure)
    link = path(secure, cancelling(small.people["alva"], made, 0, SPAN.end))
    data = {"csrf_token": token_in(client.get(link, base_url=base).text), "next": link}
    assert client.post("/lang/en", base_url=base, data=data, headers={"Origin": "null"}).location == link
    assert client.post(link, base_url=base, data=data, headers={"Origin": "null"}).status_code == 303
    assert heading(client.get(link, base_url=base)) == "A1 is cancelled, Tue 24 Nov 13–17"


def test_two_at_once_do_it_once(app: Flask, made: int, link: str) -> None:
    clients = [browser(app) for _ in range(4)]
    data = [{"csrf_token": token_in(client.get(link).text)} for client in clients]
    start = Barrier(len(clients))

    def go(number: int) -> int:
        start.wait(10)
        return clients[number].post(link, data=data[number]).status_code

    with ThreadPoolExecutor(len(clients)) as pool:
        assert set(pool.map(go, range(len(clients)))) == {303}
    assert state(app, made) == ("cancelled", 1)
    with app.app_context():
        history = db.session.scalars(select(BookingHistory.action).where(BookingHistory.booking_id == made)).all()
        db.session.rollback()
    assert sorted(history) == ["cancelled", "reserved"]


def test_links_are_in_no_log(app: Flask, made: int, link: str, monkeypatch: pytest.MonkeyPatch) -> None:
    written = io.StringIO()
    logs.configure("json", "debug", written)
    try:
        client = browser(app)
        client.get(link)
        press(client, link)
        logging.getLogger("innovation_station.trial").warning("asked for %s", f"https://station.example{link}?x=1")

        def broken(_who: Any, _deed: Deed, _now: datetime) -> None:
            raise RuntimeError(f"broken at {link}")

        monkeypatch.setitem(app.extensions["station-deeds"], "booking-cancel", Action("booking-cancel", broken, broken))
        assert client.get(link).status_code == 500
    finally:
        logs.configure("auto", "error")
    lines = written.getvalue()
    assert "broken at /do/[hidden]" in lines and '"/do/<token>"' in lines
    assert link.removeprefix("/do/") not in lines and link.removeprefix("/do/")[:40] not in lines


@pytest.mark.parametrize("names", [["Cancel"], ["cancel", "cancel"], [""], ["a b"]])
def test_names_of_actions_are_names_and_one_each(app: Flask, names: list[str]) -> None:
    with pytest.raises(ValueError, match="no name for another action"):
        init_app(
            app, [[Action(name, lambda _who, _deed, _now: None, lambda _who, _deed, _now: None) for name in names]]
        )
