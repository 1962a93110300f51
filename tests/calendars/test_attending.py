"""Events that one goes to, in the own feed and in mails: the same entry in both, through every change of the event."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from flask import Flask, g
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from innovation_station.calendars import feed_views
from innovation_station.db import db, transaction
from innovation_station.events import service as events
from innovation_station.events.rules import Facts
from innovation_station.events.service import Details
from innovation_station.mail.compose import Sender, compose
from innovation_station.mail.models import Mail
from innovation_station.spaces import service as house
from innovation_station.spaces.models import HouseRow
from tests.calendars.conftest import Feeds, all_faults
from tests.conftest import ZONE, Clock, at
from tests.events.conftest import WEDNESDAY, Stage, two_days
from tests.registration.conftest import AFTERNOON, Desk, desk, move, stage

__all__ = ["desk", "stage", "two_days"]
SENDER = Sender("Teststationen <station@example.org>", "https://station.example")
Poll = Callable[[], str]


@pytest.fixture
def polled(app: Flask, stage: Stage, clock: Clock) -> Poll:
    """Give alva's own feed as it is now; whatever it was before, bytes that changed have another ETag."""
    app.config["STATION"] = replace(app.config["STATION"], base_url="https://station.example")
    feed_views._tried.clear()
    path = Feeds(app, stage.small).make("alva")
    known: dict[str, bytes] = {}

    def fetch() -> TestResponse:
        vars(g._get_current_object()).clear()  # type: ignore[attr-defined]
        return app.test_client(use_cookies=False).get(path, base_url="https://station.example")

    def read() -> str:
        answer = fetch()
        assert answer.status_code == 200 and not all_faults(answer.data)
        assert known.setdefault(answer.headers["ETag"], answer.data) == answer.data, "the same name, other bytes"
        return answer.text.replace("\r\n ", "")

    return read


def values(text: str, name: str) -> list[str]:
    return re.findall(rf"^{name}[;:](.*)\r$", text, re.MULTILINE)


def parts(app: Flask, email: str) -> list[str]:
    """Give the calendars that were mailed to somebody, oldest first."""
    rows = db.session.scalars(select(Mail).where(Mail.receiver == email).order_by(Mail.id)).all()
    with app.test_request_context():
        said = [compose(app, row, SENDER) for row in rows]
    return [
        part.get_payload(decode=True).decode().replace("\r\n ", "")  # type: ignore[union-attr]
        for message in said for part in message.walk()
        if part.get_content_type() in ("text/calendar", "application/ics")
    ]  # fmt: skip


def test_feed_and_mail_say_where_alike(app: Flask, stage: Stage, polled: Poll) -> None:
    with transaction() as session:
        session.execute(update(HouseRow).values(address_sv="Moas båge, plan 6"))
        house.changed()
    for title, facts in (
        ("Nätet", {"format": "online", "online_url": "https://e.example/x"}),
        ("Okänt nät", {"format": "online"}),
        ("Huset", {}),
        ("Länk", {"visibility": "link"}),
    ):
        made = stage.publish(stage.event(AFTERNOON, replace(Facts((title, "")), **facts)))  # type: ignore[arg-type]
        desk = Desk(stage, made)
        desk.settle(capacity=9)
        desk.join("alva")
        db.session.expire_all()
        mailed, feed = parts(app, "alva@example.org")[-1], polled()
        entry = next(one for one in feed.split("BEGIN:VEVENT") if f"SUMMARY:{title}\r" in one)
        for name in ("UID", "SEQUENCE", "DTSTART", "DTEND", "LOCATION", "SUMMARY", "STATUS"):
            assert values(entry, name) == values(mailed.partition("BEGIN:VEVENT")[2], name), (title, name)
        assert values(entry, "URL") == values(mailed, "URL"), title


def test_who_is_named_later_has_the_session_at_once(desk: Desk, polled: Poll) -> None:
    actor, now = desk.stage.who, desk.now
    with transaction():
        row = events.add_speaker(actor(), desk.event.id, name="A", title="", affiliation="", now=now)
    item = desk.stage.whole(desk.event).programme.items[0]
    desk.stage.change(desk.event, lambda p: p.with_item(item), details=Details(item.id, roles={row.id: "speaker"}))
    assert "UID:speaking-" not in polled()
    for more, there in (({"email": "alva@example.org"}, True), ({}, True), ({"unlink": True}, False)):
        with transaction():
            events.change_speaker(
                actor(), desk.event.id, row.id, name="A", title="", affiliation="", now=now, **more
            )  # fmt: skip
        assert ("UID:speaking-" in polled()) is there, more


def test_other_hours_of_a_day_are_news_with_another_number(
    app: Flask, stage: Stage, two_days: object, polled: Poll
) -> None:
    desk = Desk(stage, two_days)  # type: ignore[arg-type]
    stage.publish(desk.event)
    desk.settle(capacity=5)
    desk.join("alva")
    desk.come("gina@example.org")
    before = polled()
    desk.wait(minutes=1).work()
    for item in stage.whole(desk.event).programme.items:
        if item.span.start == at(WEDNESDAY, "09:00", "10:00").start:
            moved = replace(item, span=at(WEDNESDAY, "10:00", "12:00"))
            stage.change(desk.event, lambda p, one=moved: p.with_item(one))
    desk.wait(minutes=1).work()
    after = polled()
    days = values(after, "DTSTART")
    assert "TZID=Europe/Stockholm:20261125T100000" in days
    assert [int(one) for one in values(after, "SEQUENCE")] > [int(one) for one in values(before, "SEQUENCE")]
    assert desk.news("gina@example.org")[-1] == "changed" and "20261125T100000" in parts(app, "gina@example.org")[-1]


def test_what_was_given_back_stays_where_it_was(desk: Desk, polled: Poll) -> None:
    row = desk.join("alva")
    desk.wait(minutes=1).work()
    desk.cancel(desk.of(row))
    desk.wait(minutes=1).work()
    before = polled()
    assert values(before, "STATUS") == ["CANCELLED"]
    move(desk, 1)
    with transaction():
        events.say(desk.stage.who(), desk.event.id, Facts(("Nytt namn", "")), now=desk.now, zone=ZONE)
    after = polled()
    assert values(after, "SUMMARY") == ["Återlämnad: Nytt namn"]
    for name in ("UID", "SEQUENCE", "DTSTART", "DTEND", "STATUS"):
        assert values(after, name) == values(before, name), name


def test_what_is_a_draft_again_is_told_when_it_is_shown(desk: Desk, polled: Poll) -> None:
    desk.join("alva")
    before, who = polled(), desk.stage.who
    with transaction():
        events.withdraw(who(), desk.event.id, now=desk.now, zone=ZONE)
        events.say(who(), desk.event.id, Facts(("Hemligt", "")), now=desk.now, zone=ZONE)
    assert "BEGIN:VEVENT" not in polled()
    desk.wait(minutes=1).work()
    desk.stage.publish(desk.event)
    desk.wait(minutes=1).work()
    after = polled()
    assert values(after, "UID") == values(before, "UID") and values(after, "SUMMARY") == ["Hemligt"]
    assert values(after, "SEQUENCE") > values(before, "SEQUENCE") and desk.notices("alva")[-1] == "changed"
