"""Colleagues: both say yes, a no is told to nobody, and only then does one see that the other is in."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from innovation_station import personal
from innovation_station.bookings import service as bookings
from innovation_station.db import db, transaction
from innovation_station.directory import queries, rules, schedule, service
from innovation_station.errors import NotFound, Refused
from innovation_station.members.models import Member
from innovation_station.notices.models import Notice
from innovation_station.personal import Subject
from tests.conftest import MONDAY, NOW, PEOPLE, TUESDAY, ZONE, Clock, Small, at, browser, log_in, post
from tests.directory.test_directory import write


def person(small: Small, who: str) -> Member:
    return db.session.get_one(Member, small.people[who])


def ask(app: Flask, small: Small, who: str, other: str) -> None:
    with app.app_context(), transaction():
        service.ask(person(small, who), small.people[other], now=NOW)


def leave(app: Flask, small: Small, who: str, other: str) -> None:
    with app.app_context(), transaction():
        service.leave(person(small, who), small.people[other], now=NOW)


def relations(app: Flask, small: Small, who: str) -> dict[str, str]:
    with app.app_context():
        ids = {number: name for name, number in small.people.items()}
        return {ids[item.id]: item.relation for item in queries.colleagues(small.people[who])}


def told(app: Flask, small: Small, who: str) -> list[str]:
    with app.app_context():
        rows = db.session.scalars(select(Notice).where(Notice.member_id == small.people[who]).order_by(Notice.id))
        return [row.kind for row in rows]


def book(app: Flask, small: Small, who: str, start: str, end: str, *, public: bool = False, space: str = "a1") -> None:
    with app.app_context(), transaction():
        bookings.reserve(
            person(small, who),
            getattr(small, space),
            at(MONDAY, start, end),
            now=NOW,
            zone=ZONE,
            public=public,
            title="Hemlig titel",
        )


@pytest.fixture(autouse=True)
def listed(app: Flask, small: Small) -> None:
    write(app, small, "alva")
    write(app, small, "bo")


def test_it_takes_both(app: Flask, small: Small, alva: FlaskClient, bo: FlaskClient) -> None:
    a, b = small.people["alva"], small.people["bo"]
    page = alva.get(f"/members/{b}").text
    assert "Fråga om ni ska bli kollegor" in page
    answer = post(alva, f"/members/{b}/follow")
    assert (answer.status_code, answer.location) == (303, f"/members/{b}")
    assert "Du har frågat" in alva.get(f"/members/{b}").text
    assert "Alva L. vill bli kollega med dig" in bo.get("/notifications").text
    assert "Säg ja" in bo.get("/account/colleagues").text
    post(bo, f"/members/{a}/follow", {"next": "/account/colleagues"})
    assert relations(app, small, "alva") == {"bo": "colleagues"} and relations(app, small, "bo") == {
        "alva": "colleagues"
    }
    assert "Bo E. och du är kollegor" in alva.get("/notifications").text
    assert "has-new" not in bo.get("/accessibility").text  # what was answered is read


def test_a_no_is_not_told_and_is_final_until_the_other_asks(app: Flask, small: Small) -> None:
    ask(app, small, "alva", "bo")
    leave(app, small, "bo", "alva")
    assert relations(app, small, "alva") == {"bo": "asked"} and relations(app, small, "bo") == {}
    before = told(app, small, "bo")
    for _ in range(3):
        leave(app, small, "alva", "bo")
        assert relations(app, small, "alva") == {}
        ask(app, small, "alva", "bo")
        assert relations(app, small, "alva") == {"bo": "asked"} and relations(app, small, "bo") == {}
    assert told(app, small, "bo") == before == []
    ask(app, small, "bo", "alva")
    assert relations(app, small, "alva") == {"bo": "colleagues"}


def test_asking_twice_is_asking_once(app: Flask, small: Small) -> None:
    for _ in range(3):
        ask(app, small, "alva", "bo")
    assert told(app, small, "bo") == ["colleague-asked"]


def test_only_who_can_be_found_can_be_asked_and_nobody_is_their_own_colleague(
    app: Flask, small: Small, alva: FlaskClient
) -> None:
    for other in (small.people["host"], small.people["alva"], 99999):
        assert post(alva, f"/members/{other}/follow").status_code == 404
    for other in (small.people["host"], small.people["alva"], 99999):
        assert post(alva, f"/members/{other}/unfollow").status_code == 404


def test_who_was_asked_can_answer_somebody_who_is_hidden(app: Flask, small: Small, bo: FlaskClient) -> None:
    write(app, small, "alva", rules.NOBODY)
    ask(app, small, "alva", "bo")
    page = bo.get("/account/colleagues").text
    assert "Alva L." in page and "Alva Lindqvist" not in page
    answer = post(bo, f"/members/{small.people['alva']}/follow")
    assert answer.location == "/account/colleagues" and relations(app, small, "bo") == {"alva": "colleagues"}


def test_questions_are_bounded(app: Flask, small: Small, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "OPEN_ASKS", 1)
    write(app, small, "host")
    ask(app, small, "alva", "bo")
    with app.app_context(), pytest.raises(Refused), transaction():
        service.ask(person(small, "alva"), small.people["host"], now=NOW)


def test_today_shows_that_a_colleague_is_in_and_no_more_than_they_show(
    app: Flask, small: Small, alva: FlaskClient
) -> None:
    book(app, small, "bo", "09:00", "12:00")
    assert "Bo E." not in alva.get("/").text
    ask(app, small, "alva", "bo")
    assert "Bo E." not in alva.get("/").text  # asked is not answered
    ask(app, small, "bo", "alva")
    page = alva.get("/").text
    assert "Bo E." in page and "is-colleague" in page and f'href="/members/{small.people["bo"]}"' in page
    assert "Hemlig titel" not in page and "Här i dag" in alva.get(f"/members/{small.people['bo']}").text
    host = log_in(browser(app), "host").get("/").text
    assert "Bo E." not in host  # colleagues of each other, not of everybody
    leave(app, small, "bo", "alva")
    assert "Bo E." not in alva.get("/").text


def test_colleagues_come_first_and_once(app: Flask, small: Small, alva: FlaskClient) -> None:
    book(app, small, "host", "08:15", "12:00", public=True, space="a2")
    book(app, small, "bo", "09:00", "10:00")
    book(app, small, "bo", "13:00", "14:00", public=True)
    ask(app, small, "alva", "bo")
    ask(app, small, "bo", "alva")
    page = alva.get("/").text
    names = re.findall(r"(Bo E\.|Hanna L\.)", page[page.index('id="people"') :])
    assert names == ["Bo E.", "Hanna L."] and "Perrongen" in page


def test_morning_tells_each_once_who_is_in(app: Flask, small: Small, clock: Clock) -> None:
    book(app, small, "bo", "09:00", "12:00")
    ask(app, small, "alva", "bo")
    with app.app_context():
        assert schedule.colleagues_in(NOW) == "0 told"
    ask(app, small, "bo", "alva")
    with app.app_context():
        assert (
            schedule.colleagues_in(NOW) == "1 told" and schedule.colleagues_in(NOW + timedelta(minutes=1)) == "0 told"
        )
        assert schedule.colleagues_in(at(TUESDAY, "07:00", "08:00").start) == "0 told"
    assert told(app, small, "alva")[-1] == "colleague-in" and "colleague-in" not in told(app, small, "bo")
    assert "Bo E. är här i dag" in log_in(browser(app)).get("/notifications").text
    assert "Bo E. is in today" in log_in(browser(app, "en")).get("/notifications").text
    with app.app_context():
        rows = [str(row.content) for row in db.session.scalars(select(Notice))]
        assert not [row for row in rows if "Bo" in row or "Ek" in row]  # numbers, no names


def test_ending_it_takes_back_what_was_told(app: Flask, small: Small) -> None:
    book(app, small, "bo", "09:00", "12:00")
    ask(app, small, "alva", "bo")
    ask(app, small, "bo", "alva")
    with app.app_context():
        schedule.colleagues_in(NOW)
    leave(app, small, "bo", "alva")
    assert told(app, small, "alva") == [] == told(app, small, "bo")
    assert relations(app, small, "alva") == {} == relations(app, small, "bo")
    with app.app_context(), pytest.raises(NotFound), transaction():
        service.leave(person(small, "bo"), small.people["alva"], now=NOW)


def test_who_has_left_is_nobodys_colleague_and_their_name_is_gone(app: Flask, small: Small) -> None:
    ask(app, small, "alva", "bo")
    ask(app, small, "bo", "alva")
    data = next(data for data in personal.known(app).classes if data.name == "colleagues")
    with app.app_context(), transaction():
        [record] = data.records(small.people["alva"])
        assert record.title == "Bo Ek" and record.fields["state"] == "colleagues"
        person(small, "bo").state = "ended"
        db.session.flush()
        assert queries.colleagues(small.people["alva"]) == []
        assert data.erase(Subject(small.people["bo"], *PEOPLE["bo"][:2]), NOW) == 1
    page = log_in(browser(app)).get("/notifications").text
    assert "Bo E." not in page and "En medlem och du är kollegor" in page
