"""The way back from cancelling dates of a series: all that one act gave back, by the page and by the link in the mail."""

from __future__ import annotations

import html
import re
from datetime import datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from innovation_station.bookings import service as bookings
from innovation_station.bookings.models import Booking
from innovation_station.bookings.telling import UNDO
from innovation_station.db import db, transaction
from innovation_station.errors import Conflict, NotFound
from innovation_station.mail.compose import compose
from innovation_station.mail.models import Mail
from innovation_station.notices.models import Notice
from innovation_station.series import queries, service
from innovation_station.series.models import Series
from innovation_station.series.service import TakenBack
from tests.conftest import NOW, PEOPLE, ZONE, Clock, Small, at, browser, log_in, post, token_of
from tests.series.test_acts import cancel, ids
from tests.series.test_service import begin, expected, sound, spoken, weeks, who
from tests.series.test_telling import SENDER

LATER = NOW + timedelta(hours=1)


def take_back(
    small: Small, series: Series, since: datetime = LATER, *, now: datetime = LATER + UNDO, name: str = "alva"
) -> TakenBack:  # fmt: skip
    with transaction():
        return service.restore(who(small, name), series.id, since, now=now, zone=ZONE)


def notices() -> list[str]:
    rows = db.session.scalars(select(Notice).where(Notice.kind == "series").order_by(Notice.id))
    return [row.content["action"] for row in rows]


# -- what comes back --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scope", ["this", "following", "all"])
def test_all_that_one_act_cancelled_is_had_back(context: None, small: Small, scope: str) -> None:
    series = begin(small)
    pattern = series.pattern
    cancel(small, series, scope, at=weeks(1)[0], now=LATER)
    assert len(spoken(series)) < 4
    take_back(small, series)
    assert spoken(series) == expected(small, *weeks(0, 1, 2, 3))
    assert not series.ended and series.pattern.first_day == pattern.first_day
    assert series.pattern.rule in (pattern.rule, pattern.rule.ending(weeks(3)[0]))
    assert {(row.state, row.moved) for row in queries.rows(series)} == {("confirmed", False)}
    assert take_back(small, series) == TakenBack()  # twice is the same as once
    sound()


def test_what_another_act_cancelled_stays_so(context: None, small: Small) -> None:
    series = begin(small)
    cancel(small, series, "this", at=weeks(1)[0])
    cancel(small, series, "all", now=LATER)
    with transaction():  # had back, and given back again: somebody decided that since
        bookings.restore(who(small), ids(series)[3], now=LATER + UNDO, zone=ZONE)
        bookings.cancel(who(small), ids(series)[3], now=LATER + UNDO)
    take_back(small, series, now=LATER + 2 * UNDO)
    assert spoken(series) == expected(small, *weeks(0, 2))
    sound()


def test_what_is_not_to_be_had_any_more_is_told(context: None, small: Small) -> None:
    series = begin(small)
    cancel(small, series, now=LATER)
    with transaction():
        bookings.reserve(who(small, "bo"), small.room, at(weeks(2)[0], "10:00", "12:00"), now=LATER, zone=ZONE)
    done = take_back(small, series)
    assert spoken(series) == expected(small, *weeks(0, 1, 3))
    assert [(span, [why.code for why in reasons]) for span, reasons in done.lost] == [
        (at(weeks(2)[0], "09:00", "11:00"), ["taken"])
    ]
    assert [row.state for row in queries.rows(series)] == ["confirmed", "confirmed", "dropped", "confirmed"]
    with pytest.raises(Conflict):
        take_back(small, series)
    sound()


def test_only_who_may_change_a_series_takes_it_back(context: None, small: Small) -> None:
    series = begin(small)
    cancel(small, series, now=LATER)
    with pytest.raises(NotFound):
        take_back(small, series, name="bo")
    take_back(small, series, name="host")
    assert len(spoken(series)) == 4


def test_undo_at_once_is_as_if_nothing_had_been_and_later_is_told(context: None, small: Small) -> None:
    series = begin(small)
    cancel(small, series, now=LATER)
    assert notices() == ["begun", "cancelled"]
    take_back(small, series, now=LATER + UNDO)
    assert notices() == ["begun"]
    assert db.session.scalars(select(Mail).where(Mail.state == "queued")).one().content["notice"]["values"]["action"] == (
        "begun"
    )  # fmt: skip
    again = LATER + timedelta(hours=1)
    cancel(small, series, now=again)
    take_back(small, series, again, now=again + 2 * UNDO)
    assert notices() == ["begun", "cancelled", "restored"]


# -- by the page ------------------------------------------------------------------------------------------------------


def cancelled(app: Flask, small: Small, client: FlaskClient) -> tuple[int, dict[str, str], str]:
    """Have a series cancelled by its page; give its number, the fields of the undo, and the page."""
    with app.app_context():
        series = begin(small).id
    done = post(client, f"/series/{series}/cancel", {"at": str(weeks(0)[0]), "scope": "all"})
    page = client.get(done.location).text
    undo = re.search(rf'action="/series/{series}/restore".*?name="since" value="([^"]+)"', page, re.DOTALL)
    assert undo, "the toast has no way back"
    return series, {"since": html.unescape(undo[1])}, page


def test_toast_takes_all_dates_back(app: Flask, small: Small) -> None:
    client = log_in(browser(app), PEOPLE["alva"][0])
    series, fields, page = cancelled(app, small, client)
    assert "4 dagar är avbokade." in page
    done = post(client, f"/series/{series}/restore", fields)
    assert (done.status_code, done.location) == (303, f"/series/{series}")
    assert "4 dagar är dina igen." in client.get(done.location).text
    again = post(client, f"/series/{series}/restore", fields)
    assert "inget kvar att ta tillbaka" in client.get(again.location).text
    for wrong in ({}, {"since": "x"}, {"since": "2026-11-23T08:00:00"}):
        answer = post(client, f"/series/{series}/restore", wrong)
        assert answer.status_code == 303 and "inget kvar att ta tillbaka" in client.get(answer.location).text
    with app.app_context():
        assert len(spoken(db.session.get_one(Series, series))) == 4


@pytest.mark.parametrize("lost", [[1], [0, 1, 2, 3]])
def test_page_lists_the_dates_that_somebody_has_since(app: Flask, small: Small, lost: list[int]) -> None:
    client = log_in(browser(app), PEOPLE["alva"][0])
    series, fields, _page = cancelled(app, small, client)
    with app.app_context(), transaction():
        for day in weeks(*lost):
            bookings.reserve(who(small, "bo"), small.room, at(day, "10:00", "12:00"), now=NOW, zone=ZONE)
    done = post(client, f"/series/{series}/restore", fields)
    page = html.unescape(client.get(done.location).text)
    assert "är bokad" in page
    if len(lost) == 1:
        assert "3 dagar är dina igen." in page and "Går inte att få tillbaka: tis 1 dec 09–11." in page


# -- by the link in the mail ------------------------------------------------------------------------------------------


def link_in(app: Flask, small: Small) -> str:
    """Give the link of the mail about a series that was cancelled just now."""
    mail = db.session.scalars(select(Mail).where(Mail.state == "queued").order_by(Mail.id.desc())).first()
    assert mail
    body = compose(app, mail, SENDER).get_body(("plain",))
    assert body
    found = re.search(r"/do/\S+", body.get_content())
    assert found, body.get_content()
    return found[0]


def press(client: FlaskClient, link: str) -> int:
    return client.post(link, data={"csrf_token": token_of(client)}).status_code


def test_link_in_the_mail_takes_all_dates_back(app: Flask, small: Small, clock: Clock) -> None:
    with app.app_context():
        series = begin(small)
        cancel(small, series)
        number, link = series.id, link_in(app, small)
    clock.now = LATER
    client = browser(app)
    page = html.unescape(client.get(link).text)
    assert "Ångra avbokningen av 4 dagar?" in page and "tis 1 dec 09–11" in page
    with app.app_context():
        assert spoken(db.session.get_one(Series, number)) == []  # opening it does nothing
    for _twice in range(2):
        assert press(client, link) == 303
    assert "4 dagar är dina igen" in html.unescape(client.get(link).text)
    with app.app_context():
        assert len(spoken(db.session.get_one(Series, number))) == 4
        assert {booking.sequence for booking in db.session.scalars(select(Booking))} == {2}
        sound()


def test_link_says_what_is_lost_and_is_over_when_nothing_is_left(app: Flask, small: Small, clock: Clock) -> None:
    with app.app_context():
        series = begin(small)
        cancel(small, series)
        number, link = series.id, link_in(app, small)
        with transaction():
            bookings.reserve(who(small, "bo"), small.room, at(weeks(1)[0], "10:00", "12:00"), now=NOW, zone=ZONE)
    client = browser(app)
    assert press(client, link) == 303
    shown = html.unescape(client.get(link).text)
    assert "Går inte att få tillbaka: tis 1 dec 09–11" in shown
    with app.app_context():
        cancel(small, db.session.get_one(Series, number), now=LATER)
    clock.now = LATER + timedelta(days=60)
    assert client.get(link).status_code == press(client, link) == 410


def test_what_staff_cancelled_has_no_link(app: Flask, small: Small) -> None:
    with app.app_context():
        series = begin(small)
        cancel(small, series, name="host")
        with pytest.raises(AssertionError):
            link_in(app, small)
