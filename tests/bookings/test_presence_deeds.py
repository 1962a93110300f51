"""The links in a reminder, and in what one is told of a release: asked first, done once, over when things have changed."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from innovation_station.bookings import presence, queries, service
from innovation_station.bookings.models import Booking
from innovation_station.bookings.schedule import check_ins
from innovation_station.db import db, transaction
from innovation_station.members.models import Member
from innovation_station.notices import words
from innovation_station.notices.models import Notice
from innovation_station.spaces import service as spaces
from innovation_station.timespan import Span
from tests.conftest import MONDAY, NOW, ZONE, Clock, Small, at, browser
from tests.deeds.test_deeds import press
from tests.home.test_pages import words as text_of

MINUTE = timedelta(minutes=1)
NINE = at(MONDAY, "09:00", "12:00")


def minutes(count: float) -> datetime:
    """Give an instant so many minutes after nine."""
    return NINE.start + count * MINUTE


@pytest.fixture
def booked(app: Flask, small: Small, clock: Clock) -> int:
    """Give Alva a desk that waits for her until a quarter past nine; it is ten past, and she has been reminded."""
    with app.app_context():
        with transaction() as session:
            spaces.set_policy(kind="desk", check_in=15)
        with transaction() as session:
            alva = session.get_one(Member, small.people["alva"])
            made = service.reserve(alva, small.a1, NINE, now=NOW, zone=ZONE).id
        check_ins(minutes(10))
        db.session.remove()
    clock.now = minutes(11)
    return made


def told(app: Flask) -> dict[str, str]:
    """Give the links of the one notice there is, by what they say."""
    with app.test_request_context(headers={"Accept-Language": "sv"}):
        [notice] = db.session.scalars(select(Notice)).all()
        [said] = words.said_all([(notice.kind, notice.content)])
        db.session.rollback()
        return dict(said.links)


def stored(app: Flask, booking_id: int) -> tuple[str, bool, datetime]:
    with app.app_context():
        booking = db.session.get_one(Booking, booking_id)
        found = booking.state, booking.checked_in_at is not None, booking.end
        db.session.rollback()
        return found


def changes(app: Flask, booking_id: int) -> list[tuple[str, object]]:
    with app.app_context():
        found = [(row.action, row.after.get("way")) for row in queries.history(booking_id)]
        db.session.rollback()
        return found


def test_check_in_by_the_mail(app: Flask, clock: Clock, booked: int) -> None:
    link, client = told(app)["Checka in"], browser(app)
    for _twice in range(2):  # a program that looks through mails opens it too
        page = client.get(link)
        assert page.status_code == 200 and "Checka in på A1?" in page.text
    assert stored(app, booked) == ("confirmed", False, NINE.end)
    for _twice in range(2):
        assert press(client, link).status_code == 303
    assert "Du är incheckad: A1 till 12.00." in text_of(client.get(link).text)
    assert changes(app, booked) == [("reserved", None), ("checked-in", "mail-link")]
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Notice)) == 0, "the reminder is answered"
        check_ins(minutes(15))
    assert stored(app, booked)[0] == "confirmed"


def test_who_is_not_coming_gives_it_back_by_the_mail(app: Flask, small: Small, clock: Clock, booked: int) -> None:
    link, client = told(app)["Jag kommer inte"], browser(app)
    assert "Lämna tillbaka A1?" in client.get(link).text
    for _twice in range(2):
        assert press(client, link).status_code == 303
    clock.now = minutes(20)
    assert "A1 är ledig för andra från 09.11." in text_of(client.get(link).text)
    assert stored(app, booked) == ("confirmed", False, minutes(11))
    clock.now = minutes(80)
    assert client.get(link).status_code == 410


@pytest.mark.parametrize("name", ["Checka in", "Jag kommer inte"])
def test_links_are_over_when_the_place_was_released(app: Flask, clock: Clock, booked: int, name: str) -> None:
    link, client = told(app)[name], browser(app)
    with app.app_context():
        check_ins(minutes(15))
        db.session.remove()
    clock.now = minutes(16)
    assert (client.get(link).status_code, press(client, link).status_code) == (410, 410)
    assert stored(app, booked)[0] == "no-show"


def test_a_longer_booking_is_not_given_back_by_an_older_mail(
    app: Flask, small: Small, clock: Clock, booked: int
) -> None:
    link, client = told(app)["Jag kommer inte"], browser(app)
    with app.app_context(), transaction() as session:
        alva = session.get_one(Member, small.people["alva"])
        presence.extend(alva, booked, NINE.end + 30 * MINUTE, now=minutes(11), zone=ZONE)
    assert (client.get(link).status_code, press(client, link).status_code) == (410, 410)


def test_a_released_place_is_had_back_by_the_mail(app: Flask, clock: Clock, booked: int) -> None:
    with app.app_context():
        check_ins(minutes(15))
        db.session.remove()
    clock.now = minutes(20)
    link, client = told(app)["Ta tillbaka platsen"], browser(app)
    assert "Ta tillbaka A1?" in client.get(link).text
    for _twice in range(2):
        assert press(client, link).status_code == 303
    assert "A1 är din igen, mån 23 nov 09–12" in text_of(client.get(link).text)
    assert stored(app, booked) == ("confirmed", False, NINE.end)


def test_a_released_place_that_somebody_has_is_said_so(app: Flask, small: Small, clock: Clock, booked: int) -> None:
    with app.app_context():
        check_ins(minutes(15))
        with transaction() as session:
            bo = session.get_one(Member, small.people["bo"])
            service.reserve(bo, small.a1, Span(minutes(15), minutes(60)), now=minutes(16), zone=ZONE)
        db.session.remove()
    clock.now = minutes(20)
    answer = press(browser(app), told(app)["Ta tillbaka platsen"])
    assert answer.status_code == 409 and "A1 är bokad 09.15–10.00." in text_of(answer.text)
