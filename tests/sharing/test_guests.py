"""Guests: invited once, told what becomes of their visit, received at the door, and forgotten."""

from __future__ import annotations

import csv
import io
import re
from datetime import datetime, timedelta
from email.message import EmailMessage
from typing import Any

import icalendar
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from innovation_station.audit import queries as audit
from innovation_station.audit.models import AuditEntry
from innovation_station.bookings import answers
from innovation_station.bookings import service as bookings
from innovation_station.bookings.models import Booking
from innovation_station.db import db, transaction
from innovation_station.errors import NotFound, Refused
from innovation_station.mail import service as outbox
from innovation_station.mail.compose import Sender, compose
from innovation_station.mail.models import Mail
from innovation_station.mail.rules import SENT
from innovation_station.members import joining
from innovation_station.notices.models import Notice
from innovation_station.organisations.models import Grant
from innovation_station.sharing import guests, letters, links, personal, queries, rules
from innovation_station.sharing.models import Guest
from innovation_station.spaces import service as spaces
from innovation_station.spaces.models import Space
from innovation_station.timespan import Span
from tests.conftest import (
    MONDAY,
    NOW,
    TUESDAY,
    ZONE,
    Clock,
    Small,
    at,
    browser,
    log_in,
    post,
    statements,
    token_in,
    token_of,
)
from tests.sharing.conftest import AFTERNOON, MORNING, codes, friends, member, person, reserve

KARIN, OLLE = ("Karin Ek", "karin@guest.example"), ("Olle Å", "olle@guest.example")
SENDER = Sender("Stationen <hej@station.example>", "https://station.example")
SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)
LATER = NOW + 11 * SECOND


def invite(
    small: Small,
    booking: Booking,
    *people: tuple[str, str],
    who: str = "alva",
    now: datetime = NOW,
    language: str = "sv",
) -> list[Guest]:
    with transaction():
        return guests.invite(person(small, who), booking.id, people, language=language, now=now)


def waiting() -> list[Mail]:
    return list(
        db.session.scalars(select(Mail).where(Mail.template == "guest", Mail.state == "queued").order_by(Mail.id))
    )


def send(app: Flask, now: datetime) -> list[EmailMessage]:
    """Have what is due leave, as the worker does; give the messages to guests."""
    found = []
    while True:
        with transaction():
            mail = outbox.claim("worker", now=now)
            if mail is None:
                return found
            message, number, template = compose(app, mail, SENDER), mail.id, mail.template
        with transaction():
            outbox.settle(number, "worker", SENT, now=now)
        if template == "guest":
            found.append(message)


def entry(message: EmailMessage) -> tuple[str, Any]:
    """Give METHOD and event of the calendar part of a message."""
    [part] = [part for part in message.walk() if part.get_content_type() == "text/calendar"]
    calendar = icalendar.Calendar.from_ical(part.get_payload(decode=True))
    [event] = calendar.walk("VEVENT")
    assert part.get_param("method") == calendar["METHOD"]
    return str(calendar["METHOD"]), event


def text(message: EmailMessage) -> str:
    body = message.get_body(("plain",))
    assert body
    return str(body.get_content())


# -- rules ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("Karin Ek karin@x.example", [("Karin Ek", "karin@x.example")]),
        ("Karin Ek <karin@x.example>\nolle@x.example", [("Karin Ek", "karin@x.example"), ("", "olle@x.example")]),
        ('"Ek, Karin" k@x.example', [("", "Ek"), ("Karin", "k@x.example")]),  # refused, and said so
        (" \n ,; \r\n", []),
        ("", []),
    ],
)
def test_lines_are_read(typed: str, read: list[tuple[str, str]]) -> None:
    assert rules.read_guests(typed) == read


@pytest.mark.parametrize(
    ("people", "before", "after", "then"),
    [(None, 0, 2, 3), (3, 2, 1, 2), (2, 1, 0, None), (6, 0, 2, 6), (2, 0, 4, 5), (6, 4, 3, 6), (None, 0, 0, None)],
)
def test_number_of_people_follows_where_it_is_ours(
    people: int | None, before: int, after: int, then: int | None
) -> None:
    assert rules.people_with(people, before, after) == then


def fact(**changes: Any) -> dict[str, Any]:
    return {"going": True, "space": 1, "start": "a", "end": "b", "host": 1, **changes}


@pytest.mark.parametrize(
    ("knew", "now", "news"),
    [
        (None, fact(), "invited"),
        (None, fact(going=False), None),
        (fact(), fact(), None),
        (fact(), fact(end="c"), "moved"),
        (fact(), fact(space=2), "moved"),
        (fact(), fact(host=2), "moved"),
        (fact(), fact(going=False, start="z"), "off"),
        (fact(going=False), fact(), "invited"),
        (fact(going=False), fact(going=False, space=3), None),
    ],
)
def test_news_is_what_a_guest_does_not_know(knew: Any, now: Any, news: str | None) -> None:
    assert rules.news(knew, now) == news


def test_mails_wait_longer_the_more_there_are() -> None:
    assert [rules.patience(number) for number in (0, 3, 4, 9, 10, 99)] == [
        10 * SECOND, 10 * SECOND, HOUR / 6, HOUR / 6, HOUR, HOUR,
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\t=1", "\r=1"])
def test_formulae_are_texts(text: str) -> None:
    assert rules.harmless(text) == "'" + text and rules.harmless("Karin = Ek") == "Karin = Ek"


# -- inviting ---------------------------------------------------------------------------------------------------------


def test_guest_gets_one_invitation(context: Flask, small: Small) -> None:
    with transaction():
        joining.publish_text(
            "directions",
            "# Vägen hit\n\nTa hissen till plan 6.\n\n- Ring på klockan.",
            "Take the lift.",
            actor=None,
            now=NOW,
        )
        spaces.set_up_house(name="Teststationen", address=("Alfred Nobels allé 7", "7 Alfred Nobel Avenue"))
    booking = reserve(small, title="Planering")
    [guest] = invite(small, booking, KARIN)
    assert send(context, NOW) == []  # the time of an undo
    [message] = send(context, LATER)
    assert message["To"] == "Karin Ek <karin@guest.example>"
    assert message["Subject"] == "Alva Lindqvist bjuder in dig till Innovation Station, tis 24 nov 13–15"
    said = text(message)
    for words in (
        "Planering",
        "Hågelby",
        "Alfred Nobels allé 7",
        "Ta hissen till plan 6.",
        "Ring på klockan.",
        "Alva Lindqvist",
    ):
        assert words in said, words
    assert f"https://station.example/visit/{links.token(guest)}" in said
    assert "alva@example.org" not in message.as_string() and "/bookings/" not in said
    method, event = entry(message)
    assert (method, str(event["STATUS"]), int(event["SEQUENCE"])) == ("REQUEST", "CONFIRMED", 0)
    assert str(event["ATTENDEE"]) == "mailto:karin@guest.example"
    assert (
        event["ATTENDEE"].params["PARTSTAT"] == "NEEDS-ACTION"
        and str(event["ORGANIZER"]) == "mailto:hej@station.example"
    )
    assert str(event["SUMMARY"]) == "Planering (Hågelby)" and "Alfred Nobels allé 7" in str(event["LOCATION"])
    assert "Ta hissen" in str(event["DESCRIPTION"]) and "/bookings/" not in str(event["URL"])
    assert (event["DTSTART"].dt, event["DTEND"].dt) == (AFTERNOON.start, AFTERNOON.end)
    assert booking.uid not in str(event["UID"]) and guest.uid in str(event["UID"])
    assert send(context, LATER + HOUR) == []


def test_invitation_is_in_the_language_that_was_chosen(context: Flask, small: Small) -> None:
    with transaction():
        joining.publish_text("directions", "Ta hissen.", "Take the lift.", actor=None, now=NOW)
    invite(small, reserve(small), KARIN, language="en")
    [message] = send(context, LATER)
    assert message["Subject"] == "Alva Lindqvist invites you to Innovation Station, Tue 24 Nov 13–15"
    assert "Take the lift." in text(message) and "Ta hissen" not in message.as_string()
    assert str(entry(message)[1]["SUMMARY"]) == "Visit to Alva Lindqvist (Hågelby)"


def test_a_member_as_guest_is_a_guest_like_any(app: Flask, context: Flask, small: Small) -> None:
    """Whoever invites learns nothing: the same statements, the same mail, whether the address has an account."""
    seen = []
    for email, span in (("bo@example.org", MORNING), ("nobody@guest.example", AFTERNOON)):
        booking = reserve(small, span=span)
        with statements(app) as ran:
            invite(small, booking, ("Någon", email))
        seen.append([sql.split(" FROM ")[0][:60] for sql in ran])
    assert seen[0] == seen[1]
    first, second = send(context, LATER)
    assert first["Subject"].partition(",")[0] == second["Subject"].partition(",")[0]
    assert db.session.scalar(select(func.count()).select_from(Notice)) == 0


def test_inviting_twice_is_once_and_undoing_is_nothing(context: Flask, small: Small) -> None:
    booking = reserve(small)
    [guest] = invite(small, booking, KARIN)
    assert invite(small, booking, ("Karin", " KARIN@guest.example ")) == []
    assert len(waiting()) == 1
    with transaction():
        guests.remove(person(small, "alva"), booking.id, guest.id, now=NOW + SECOND)
    assert waiting() == [] and queries.guests(booking.id) == []
    [again] = invite(small, booking, KARIN, now=NOW + 2 * SECOND)
    assert again.id != guest.id and len(waiting()) == 1


def test_who_is_taken_off_is_told_once(context: Flask, small: Small) -> None:
    booking = reserve(small, title="Hemligt")
    [guest] = invite(small, booking, KARIN)
    send(context, LATER)
    with transaction():
        guests.remove(person(small, "alva"), booking.id, guest.id, now=LATER)
    with transaction():
        bookings.cancel(member(small, "alva"), booking.id, now=LATER + SECOND)
    [message] = send(context, LATER + HOUR)
    method, event = entry(message)
    assert (method, str(event["STATUS"]), int(event["SEQUENCE"])) == ("CANCEL", "CANCELLED", 1)
    assert "inställt" in message["Subject"] and guest.uid in str(event["UID"])
    assert "Hemligt" not in message.as_string() and "Alva" not in text(message)


# -- what becomes of it -----------------------------------------------------------------------------------------------


def move(small: Small, booking: Booking, span: Span, now: datetime, **more: Any) -> None:
    with transaction():
        bookings.move(member(small, "alva"), booking.id, space_id=small.room, span=span, now=now, zone=ZONE, **more)


def test_a_move_is_an_update_and_a_cancellation_takes_it_out(context: Flask, small: Small) -> None:
    booking = reserve(small)
    invite(small, booking, KARIN, OLLE)
    first = send(context, LATER)
    move(small, booking, MORNING, LATER)
    updates = send(context, LATER + HOUR)
    assert len(first) == len(updates) == 2
    method, event = entry(updates[0])
    assert (method, int(event["SEQUENCE"]), event["DTSTART"].dt) == ("REQUEST", 1, MORNING.start)
    assert event["UID"] == entry(first[0])[1]["UID"] and event["UID"] != entry(updates[1])[1]["UID"]
    assert "13–15" in text(updates[0]) and "08–12" in updates[0]["Subject"]
    with transaction():
        bookings.cancel(member(small, "alva"), booking.id, now=LATER + HOUR)
    [one, other] = send(context, LATER + 2 * HOUR)
    assert [entry(message)[0] for message in (one, other)] == ["CANCEL", "CANCEL"]
    assert int(entry(one)[1]["SEQUENCE"]) == 2
    with transaction():
        bookings.restore(member(small, "alva"), booking.id, now=LATER + 2 * HOUR, zone=ZONE)
    [again, _other] = send(context, LATER + 3 * HOUR)
    assert (entry(again)[0], int(entry(again)[1]["SEQUENCE"])) == ("REQUEST", 3)


def test_what_is_changed_back_in_time_is_not_told(context: Flask, small: Small) -> None:
    booking = reserve(small)
    [guest] = invite(small, booking, KARIN)
    send(context, LATER)
    with transaction():
        bookings.cancel(member(small, "alva"), booking.id, now=LATER)
        bookings.restore(member(small, "alva"), booking.id, now=LATER + SECOND, zone=ZONE)
    move(small, booking, MORNING, LATER + 2 * SECOND)
    move(small, booking, AFTERNOON, LATER + 3 * SECOND)
    assert waiting() == [] and guest.sequence == 0
    move(small, booking, MORNING, LATER + 4 * SECOND)
    move(small, booking, at(TUESDAY, "16:00", "17:00"), LATER + 5 * SECOND)
    [message] = send(context, LATER + HOUR)
    assert int(entry(message)[1]["SEQUENCE"]) == 1 and "16–17" in message["Subject"] and "13–15" in text(message)


def test_moved_and_cancelled_at_once_the_mail_names_what_the_guest_knows(context: Flask, small: Small) -> None:
    booking = reserve(small)
    invite(small, booking, KARIN)
    send(context, LATER)
    with transaction():
        bookings.move(member(small, "alva"), booking.id, space_id=small.hall, span=MORNING, now=LATER, zone=ZONE)
    with transaction():
        bookings.cancel(member(small, "alva"), booking.id, now=LATER + SECOND)
    [message] = send(context, LATER + HOUR)
    said = f"{message['Subject']} {text(message)}"
    assert entry(message)[0] == "CANCEL" and "13–15" in said and "08–12" not in said
    assert "Hågelby" in said and "Scenen" not in said


def test_moved_before_the_invitation_left_it_is_still_an_invitation(context: Flask, small: Small) -> None:
    booking = reserve(small)
    invite(small, booking, KARIN)
    move(small, booking, MORNING, NOW + SECOND)
    [message] = send(context, LATER)
    assert "bjuder in dig" in message["Subject"] and int(entry(message)[1]["SEQUENCE"]) == 0
    assert entry(message)[1]["DTSTART"].dt == MORNING.start


def test_a_new_title_is_no_news(context: Flask, small: Small) -> None:
    booking = reserve(small)
    invite(small, booking, KARIN)
    send(context, LATER)
    move(small, booking, AFTERNOON, LATER, title="Annat")
    assert waiting() == []


def test_many_moves_make_few_mails(context: Flask, small: Small) -> None:
    booking = reserve(small)
    invite(small, booking, KARIN)
    sent, now = 0, LATER
    for number in range(60):
        sent += len(send(context, now))
        now += 30 * SECOND
        move(small, booking, (MORNING, AFTERNOON)[number % 2], now)
    assert sent <= 10


def test_guests_of_a_request_are_invited_when_it_is_granted(context: Flask, small: Small) -> None:
    with transaction():
        spaces.set_policy(space=db.session.get_one(Space, small.hall), approval=2880)
    booking = reserve(small, space=small.hall)
    invite(small, booking, KARIN)
    assert booking.state == "requested" and waiting() == []
    with transaction():
        answers.approve(member(small, "host"), booking.id, now=NOW + HOUR)
    [message] = send(context, NOW + 2 * HOUR)
    assert "bjuder in dig" in message["Subject"]
    with transaction():  # asked for again: the time that the guest knows of is given back already
        bookings.move(
            member(small, "alva"), booking.id, space_id=small.hall, span=MORNING, now=NOW + 2 * HOUR, zone=ZONE
        )
    assert booking.state == "requested"
    [message] = send(context, NOW + 3 * HOUR)
    method, event = entry(message)
    assert (method, event["DTSTART"].dt, int(event["SEQUENCE"])) == ("CANCEL", AFTERNOON.start, 1)
    with transaction():
        answers.approve(member(small, "host"), booking.id, now=NOW + 3 * HOUR)
    [message] = send(context, NOW + 4 * HOUR)
    method, event = entry(message)
    assert (method, event["DTSTART"].dt, int(event["SEQUENCE"])) == ("REQUEST", MORNING.start, 2)


def test_guests_who_know_nothing_hear_nothing_of_a_request_that_is_declined(context: Flask, small: Small) -> None:
    with transaction():
        spaces.set_policy(space=db.session.get_one(Space, small.hall), approval=2880)
    booking = reserve(small, space=small.hall)
    invite(small, booking, KARIN)
    with transaction():
        bookings.move(member(small, "alva"), booking.id, space_id=small.hall, span=MORNING, now=NOW + HOUR, zone=ZONE)
    with transaction():
        answers.decline(member(small, "host"), booking.id, now=NOW + 3 * HOUR, reason="")
    assert send(context, NOW + 4 * HOUR) == []


def test_bookings_of_others_cost_one_statement(app: Flask, context: Flask, small: Small) -> None:
    with statements(app) as made:
        booking = reserve(small)
    assert [sql for sql in made if "guest" in sql] == []
    with statements(app) as gone, transaction():
        bookings.cancel(member(small, "alva"), booking.id, now=NOW)
    assert len([sql for sql in gone if "guest" in sql]) == 1


# -- bounds -----------------------------------------------------------------------------------------------------------


def test_room_has_room_for_so_many(context: Flask, small: Small) -> None:
    booking = reserve(small)
    invite(small, booking, *((f"Gäst {number}", f"g{number}@guest.example") for number in range(7)))
    assert booking.people == 8
    with pytest.raises(Refused) as error:
        invite(small, booking, KARIN)
    assert codes(error) == ["guests-many"] and error.value.refusals[0].values["most"] == 7
    desk = reserve(small, space=small.a1)
    with pytest.raises(Refused) as error:
        invite(small, desk, KARIN)
    assert codes(error) == ["guests-none"]
    with pytest.raises(Refused) as error, transaction():
        bookings.move(member(small, "alva"), booking.id, space_id=small.booth, span=AFTERNOON, now=NOW, zone=ZONE)
    assert "too-small" in codes(error)
    [first, *_rest] = queries.guests(booking.id)
    with transaction():
        guests.remove(person(small, "alva"), booking.id, first.id, now=NOW)
    assert booking.people == 7 and len(invite(small, booking, KARIN)) == 1


def test_nobody_sends_hundreds_of_mails(context: Flask, small: Small) -> None:
    hall = reserve(small, space=small.hall)
    later = reserve(small, space=small.hall, span=at(TUESDAY, "15:30", "17:30"))
    people = [(f"Gäst {number}", f"g{number}@guest.example") for number in range(60)]
    with pytest.raises(Refused) as error:
        invite(small, hall, *people)
    assert codes(error) == ["guests-many"]
    invite(small, hall, *people[:50])
    with transaction():
        guests.remove(person(small, "alva"), hall.id, queries.guests(hall.id)[0].id, now=NOW)
    invite(small, later, *people[:50])  # who is taken off counts all the same
    room = reserve(small, span=MORNING)
    with pytest.raises(Refused) as error:
        invite(small, room, KARIN)
    assert codes(error) == ["guests-day"]
    assert len(invite(small, room, KARIN, now=NOW + timedelta(days=1, seconds=1))) == 1


def test_one_address_is_not_invited_for_ever(context: Flask, small: Small) -> None:
    booking = reserve(small)
    for _ in range(10):
        [guest] = invite(small, booking, KARIN)
        with transaction():
            guests.remove(person(small, "alva"), booking.id, guest.id, now=NOW)
    with pytest.raises(Refused) as error:
        invite(small, booking, KARIN)
    assert codes(error) == ["guests-same"]


@pytest.mark.parametrize(
    ("name", "email", "code"),
    [
        ("", "k@guest.example", "name-malformed"),
        ("x" * 101, "k@guest.example", "name-malformed"),
        ("Karin\u202e", "k@guest.example", "name-malformed"),
        ("Karin", "k", "email-malformed"),
        ("Karin", "k@guest.example, x@guest.example", "email-malformed"),
        ("Karin", "k@guest.example\r\nBcc: x@guest.example", "email-malformed"),
        ("Karin", "x" * 250 + "@guest.example", "email-malformed"),
    ],
)
def test_what_is_no_guest_is_refused(context: Flask, small: Small, name: str, email: str, code: str) -> None:
    with pytest.raises(Refused) as error:
        invite(small, reserve(small), (name, email))
    assert codes(error) == [code] and db.session.scalar(select(func.count()).select_from(Guest)) == 0


@pytest.mark.parametrize("who", ["bo", "alva"])
def test_only_the_host_and_staff_invite(context: Flask, small: Small, who: str) -> None:
    friends(small)
    booking = reserve(small, "host")
    with pytest.raises(NotFound):
        invite(small, booking, KARIN, who=who)
    assert invite(small, booking, KARIN, who="admin")


def test_who_manages_the_place_knows_no_guests(app: Flask, small: Small, bo: FlaskClient) -> None:
    """A manager changes bookings of a room, and reads neither names nor addresses of whom its members meet."""
    with app.app_context():
        booking = reserve(small)
        [guest] = invite(small, booking, KARIN)
        path, number = f"/bookings/{booking.id}", guest.id
        with transaction() as session:
            session.add(Grant(member_id=small.people["bo"], kind="space", subject_id=small.room, granted_at=NOW))
        with pytest.raises(NotFound):
            invite(small, booking, OLLE, who="bo")
        with pytest.raises(NotFound), transaction():
            guests.remove(person(small, "bo"), booking.id, number, now=NOW)
        assert [one.name for one in queries.guests(booking.id)] == ["Karin Ek"]
    page = bo.get(path)
    assert page.status_code == 200 and "Karin" not in page.text and "karin@" not in page.text
    assert bo.get(f"{path}/guests").status_code == 404


def test_attacks_in_names_stay_names(context: Flask, small: Small) -> None:
    """Neither a second header nor a second line of a calendar, a link or a tag comes of what somebody writes."""
    evil = "evil.example/login <b>x</b>;ATTENDEE:mailto:x@evil.example"
    with transaction():
        member(small, "alva").name = evil
    booking = reserve(small, title="=1+1 evil.example/x \\n;,")
    invite(small, booking, (evil[:90], "karin@guest.example"))
    [message] = send(context, LATER)
    raw = message.as_bytes()
    assert raw.count(b"\nTo:") == 1 and b"\nBcc" not in raw
    html = message.get_body(("html",))
    assert html and "<b>x</b>" not in html.get_content() and 'href="http://evil' not in html.get_content()
    assert "evil.example" not in text(message).replace("evil.\u200bexample", "")
    _method, event = entry(message)
    assert str(event["ATTENDEE"]) == "mailto:karin@guest.example"
    assert not isinstance(event["ATTENDEE"], list) and "=1+1 evil.example/x" in str(event["SUMMARY"])


# -- by the guest -----------------------------------------------------------------------------------------------------


@pytest.fixture
def visit(app: Flask, small: Small) -> tuple[str, int]:
    """Give the link of a guest of Alva's, who has the invitation, and the booking."""
    with app.app_context():
        booking = reserve(small, title="Möte <i>")
        [guest] = invite(small, booking, KARIN)
        send(app, LATER)
        return links.path(guest), booking.id


def press(client: FlaskClient, link: str, act: str) -> Any:
    token = token_in(client.get(link).text)
    return client.post(link, data={"csrf_token": token, "act": act})


def test_link_shows_the_visit_and_changes_nothing(app: Flask, visit: tuple[str, int], client: FlaskClient) -> None:
    link, _booking = visit
    for _ in range(2):
        page = client.get(link)
        assert page.status_code == 200 and "Möte &lt;i&gt;" in page.text and "Alva Lindqvist" in page.text
    assert page.headers["Referrer-Policy"] == "no-referrer" and page.headers["X-Robots-Tag"] == "noindex"
    assert "alva@example.org" not in page.text and "karin" not in page.text.lower()
    assert client.head(link).status_code == 200
    with app.app_context():
        assert [guest.state for guest in db.session.scalars(select(Guest))] == ["invited"]


def test_guest_says_no_and_yes_after_all(
    app: Flask, small: Small, visit: tuple[str, int], client: FlaskClient, clock: Clock
) -> None:
    link, booking_id = visit
    clock.now = LATER
    assert press(client, link, "decline").status_code == 303
    page = client.get(link).text
    assert "Du har sagt att du inte kan komma" in page and "Jag kan komma ändå" in page
    assert press(client, link, "decline").status_code == 303  # twice is once
    with app.app_context():
        [told] = db.session.scalars(select(Notice).where(Notice.kind == "guest-answered"))
        assert told.member_id == small.people["alva"] and "Karin" not in str(told.content)
        [message] = send(app, LATER + HOUR)
        assert entry(message)[0] == "CANCEL" and "Du kommer inte" in message["Subject"]
    clock.now = LATER + HOUR
    assert press(client, link, "come").status_code == 303
    with app.app_context():
        [message] = send(app, LATER + 2 * HOUR)
        assert (entry(message)[0], int(entry(message)[1]["SEQUENCE"])) == ("REQUEST", 2)
        said = db.session.scalars(select(Notice).where(Notice.kind == "guest-answered").order_by(Notice.id)).all()
        assert [row.content["comes"] for row in said] == [True]  # what holds, instead of what held
    page = log_in(browser(app), "alva").get(f"/bookings/{booking_id}").text
    assert "Karin Ek" in page


def test_slip_of_the_finger_tells_nobody(app: Flask, visit: tuple[str, int], client: FlaskClient, clock: Clock) -> None:
    clock.now = LATER
    press(client, visit[0], "decline")
    press(client, visit[0], "come")
    with app.app_context():
        assert waiting() == [] and db.session.scalars(select(Notice)).all() == []


@pytest.mark.parametrize("asked", [False, True], ids=["confirmed", "requested"])
def test_who_presses_to_and_fro_fills_no_inbox(context: Flask, small: Small, asked: bool) -> None:
    """A link needs no login: a press every eleven seconds for six minutes comes to a few mails and one notice."""
    booking = reserve(small)
    [guest] = invite(small, booking, KARIN)
    send(context, LATER)
    if asked:
        booking.state = "requested"
    told = 0
    for number in range(33):
        now = LATER + number * 11 * SECOND
        with transaction():
            guests.answer(guest.id, comes=bool(number % 2), now=now)
        seen = select(func.count()).select_from(Mail).where(Mail.kind == "notice", Mail.state == "sent")
        send(context, now + 10 * SECOND)
        told = db.session.scalar(seen) or 0
    assert told <= 5 and db.session.scalar(select(func.count()).select_from(Notice)) <= 1
    with transaction():
        guests.answer(guest.id, comes=guest.state != "invited", now=LATER + 3 * HOUR)
    [last] = db.session.scalars(select(Notice).where(Notice.kind == "guest-answered"))
    assert last.content["comes"] == (guest.state == "invited")  # whatever came before, the host knows what holds


def test_link_dies_with_the_visit(
    app: Flask, small: Small, visit: tuple[str, int], client: FlaskClient, clock: Clock
) -> None:
    link, booking_id = visit
    bad = [link[:-1], link + "x", "/visit/x", "/visit/" + "x" * 300, link.replace("/visit/", "/do/")]
    forged = [client.get(path) for path in bad[:4]]
    assert {answer.status_code for answer in forged} == {410} and client.get(bad[4]).status_code == 410
    assert len({re.sub(r'value="[^"]*"', "", answer.text) for answer in forged}) == 1
    with app.app_context(), transaction():
        bookings.cancel(member(small, "alva"), booking_id, now=NOW)
    gone = client.get(link)
    plain = re.sub(r'value="[^"]*"', "", gone.text)
    assert gone.status_code == 410 and plain == re.sub(r'value="[^"]*"', "", forged[0].text)
    assert press(client, "/accessibility", "x").status_code == 405
    token = token_of(client)
    assert client.post(link, data={"csrf_token": token, "act": "decline"}).status_code == 410
    with app.app_context(), transaction():
        bookings.restore(member(small, "alva"), booking_id, now=NOW, zone=ZONE)
    assert client.get(link).status_code == 200
    clock.now = AFTERNOON.end
    assert client.get(link).status_code == 410
    clock.now = NOW
    with app.app_context():
        [guest] = db.session.scalars(select(Guest))
        with transaction():
            guests.remove(person(small, "alva"), booking_id, guest.id, now=NOW)
    assert client.get(link).status_code == 410


def test_a_button_needs_its_token(visit: tuple[str, int], client: FlaskClient, app: Flask) -> None:
    assert client.post(visit[0], data={"act": "decline"}).status_code == 400
    assert press(client, visit[0], "x").status_code == 303
    with app.app_context():
        assert [guest.state for guest in db.session.scalars(select(Guest))] == ["invited"]


def test_no_room_is_left_for_who_comes_after_all(app: Flask, small: Small, client: FlaskClient) -> None:
    with app.app_context():
        booking = reserve(small)
        people = [(f"Gäst {number}", f"g{number}@guest.example") for number in range(7)]
        [first, *_rest] = invite(small, booking, *people)
        link = links.path(first)
        with transaction():
            guests.answer(first.id, comes=False, now=NOW)
        invite(small, booking, KARIN)
    answer = press(client, link, "come")
    assert answer.status_code == 422 and "Det finns ingen plats kvar" in answer.text


# -- pages ------------------------------------------------------------------------------------------------------------


def test_pages_invite_and_take_off(app: Flask, small: Small, alva: FlaskClient, bo: FlaskClient) -> None:
    with app.app_context():
        booking_id, desk = reserve(small).id, reserve(small, space=small.a1).id
    path = f"/bookings/{booking_id}"
    assert "Ingen är inbjuden" in alva.get(path).text
    assert "Gäster" not in alva.get(f"/bookings/{desk}").text.partition("<main")[2]
    assert (
        post(alva, f"{path}/guests", {"name": "Karin Ek", "email": "karin@guest.example", "language": "en"}).status_code
        == 303
    )
    page = alva.get(path).text
    assert "Karin Ek" in page and "karin@guest.example" in page
    wrong = post(alva, f"{path}/guests", {"name": "", "email": "karin", "language": "xx"})
    assert wrong.status_code == 422 and wrong.text.count('class="err"') == 2 and 'value="karin"' in wrong.text
    with app.app_context():
        [guest] = queries.guests(booking_id)
        assert guest.language == "en"
        number = guest.id
    assert post(bo, f"{path}/guests/{number}/remove").status_code == 404
    assert bo.get(f"{path}/guests").status_code == 404
    assert post(alva, f"/bookings/{desk}/guests/{number}/remove").status_code == 404
    assert post(alva, f"{path}/guests/{number}/remove").status_code == 303
    assert post(alva, f"{path}/guests/{number}/remove").status_code == 404
    assert "Karin" not in alva.get(path).text


def test_form_of_a_booking_invites_too(app: Flask, small: Small, alva: FlaskClient) -> None:
    sheet = alva.get(f"/book/{small.room}?date={TUESDAY}&kind=room").text
    assert 'name="guests"' in sheet and 'name="guests"' not in alva.get(f"/book/{small.a1}?date={TUESDAY}").text
    wish = {"space": small.room, "date": str(TUESDAY), "start": "13:00", "end": "15:00", "key": "k"}
    typed = {**wish, "guests": "Karin Ek karin@guest.example\nOlle Å <olle@guest.example>"}
    answer = post(alva, "/bookings", typed)
    assert answer.status_code == 303
    assert post(alva, "/bookings", typed).location == answer.location  # the same tap
    page = alva.get(answer.location).text
    assert page.count("Karin Ek</b>") == 1 and "olle@guest.example" in page
    with app.app_context():
        assert len(waiting()) == 2
    wrong = post(
        alva, "/bookings", {**wish, "start": "16:00", "end": "17:00", "key": "l", "guests": "karin@guest.example"}
    )
    assert wrong.status_code == 422 and ">karin@guest.example</textarea>" in wrong.text
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Booking)) == 1  # all or nothing


def test_guests_in_the_form_leave_the_receipt_and_its_undo(app: Flask, small: Small, alva: FlaskClient) -> None:
    wish = {"space": small.room, "date": str(TUESDAY), "start": "13:00", "end": "15:00", "key": "k"}
    answer = post(alva, "/bookings", {**wish, "guests": "Karin Ek karin@guest.example"})
    page = alva.get(answer.location).text
    assert "Hågelby är din" in page and f'action="{answer.location}/cancel"' in page and 'name="undo"' in page
    with app.app_context():
        [booking] = db.session.scalars(select(Booking))
        assert (booking.people, booking.revision) == (2, 0)
        invite(small, booking, OLLE)
        assert (booking.people, booking.revision) == (3, 1)


def test_guests_invited_and_taken_off_stand_in_the_trail(context: Flask, small: Small) -> None:
    booking = reserve(small)
    one, other = invite(small, booking, KARIN, OLLE)
    assert invite(small, booking, KARIN) == []
    with transaction():
        guests.remove(person(small, "host"), booking.id, one.id, now=NOW)
    told = audit.about("booking", booking.id, limit=9)
    said = [(row.action, row.member_id, row.actor_id, row.after) for row in reversed(told)]
    alva, host = small.people["alva"], small.people["host"]
    assert said == [
        ("guest.invited", alva, alva, {"guests": [one.id, other.id]}),
        ("guest.removed", alva, host, {"guests": [one.id]}),
    ]
    assert "karin" not in str(said).lower()


def test_guests_at_somebody_elses_booking_are_the_holders(app: Flask, small: Small, bo: FlaskClient) -> None:
    with app.app_context():
        friends(small)
    wish = {"space": small.room, "date": str(TUESDAY), "start": "13:00", "end": "15:00"}
    typed = {**wish, "for": small.people["alva"], "guests": "Karin Ek karin@guest.example"}
    answer = post(bo, "/bookings", typed)
    assert answer.status_code == 303
    assert "Karin" not in bo.get(answer.location).text and bo.get(f"{answer.location}/guests").status_code == 404
    assert "Karin Ek" in log_in(browser(app), "alva").get(answer.location).text
    with app.app_context():
        [mail] = waiting()
        assert mail.content and mail.content["host"] == "Alva Lindqvist"


def test_names_of_guests_are_in_no_feed_and_on_no_page_of_others(
    app: Flask, small: Small, alva: FlaskClient, bo: FlaskClient
) -> None:
    with app.app_context():
        booking = reserve(small, public=True, title="Öppet", span=at(MONDAY, "13:00", "15:00"))
        invite(small, booking, ("Kerstin Ek", "kerstin@guest.example"))
        with transaction():
            member(small, "alva").visible = True
    for path in (
        "/",
        f"/book?date={MONDAY}&kind=room",
        f"/book/{small.room}?date={MONDAY}&kind=room",
        "/members",
        "/bookings",
    ):
        page = bo.get(path).text
        assert "kerstin" not in page.lower(), path
    assert "Öppet" in bo.get("/").text


# -- at the door ------------------------------------------------------------------------------------------------------

TODAY = at(MONDAY, "13:00", "15:00")


@pytest.fixture
def host(app: Flask) -> FlaskClient:
    return log_in(browser(app), "host")


def door(app: Flask, small: Small) -> dict[str, int]:
    with app.app_context():
        found = {
            guest.name: guest.id
            for guest in invite(small, reserve(small, span=TODAY), KARIN, ('=HYPERLINK("x")', "olle@guest.example"))
        }
        reserve(small, "bo", small.a1, at(MONDAY, "09:00", "11:00"))
        invite(small, reserve(small), ("Imorgon Ek", "i@guest.example"))
        return found


def test_hosts_see_who_is_expected_by_time(app: Flask, small: Small, host: FlaskClient) -> None:
    door(app, small)
    page = host.get("/staff/arrivals").text
    main = page.partition("<main")[2]
    assert "Karin Ek" in main and "hos Alva Lindqvist" in main and "Hågelby" in main and "13.00–15.00" in main
    assert "Imorgon" not in main and "karin@guest.example" not in main
    assert "Bo Ek" in main and "A1" in main
    assert "Imorgon Ek" in host.get(f"/staff/arrivals?date={TUESDAY}").text
    assert "Karin" not in host.get("/staff/arrivals?q=bo+ek").text.partition("<main")[2]
    assert "Karin Ek" in host.get("/staff/arrivals?q=KARIN").text
    for odd in ("date=x", "date=0001-01-01", "q=%25", "q=" + "x" * 500):
        assert host.get(f"/staff/arrivals?{odd}").status_code == 200


def test_coming_and_going_is_noted_and_told(app: Flask, small: Small, host: FlaskClient, clock: Clock) -> None:
    karin = door(app, small)["Karin Ek"]
    path = f"/staff/arrivals/{karin}"
    clock.now = TODAY.start
    assert post(host, path, {"act": "arrived"}).status_code == 303
    assert post(host, path, {"act": "arrived"}).status_code == 303
    assert "Här sedan 13.00" in host.get("/staff/arrivals").text
    with app.app_context():
        [told] = db.session.scalars(select(Notice).where(Notice.kind == "guest-arrived"))
        assert told.member_id == small.people["alva"] and "Karin" not in str(told.content)
        entries = db.session.scalars(select(AuditEntry).where(AuditEntry.subject_kind == "guest")).all()
        assert [(row.action, row.subject_id, row.member_id) for row in entries] == [
            ("guest.arrived", karin, small.people["alva"])
        ]
    clock.now = TODAY.end
    assert post(host, path, {"act": "left"}).status_code == 303
    assert "Gick 15.00" in host.get("/staff/arrivals").text
    assert post(host, path, {"act": "arrived"}).status_code == 303
    assert "Här sedan 13.00" in host.get("/staff/arrivals").text
    assert post(host, path, {"act": "not-arrived"}).status_code == 303
    assert "Här sedan" not in host.get("/staff/arrivals").text
    with app.app_context():
        assert db.session.scalars(select(Notice).where(Notice.kind == "guest-arrived")).all() == []
        actions = [
            row.action
            for row in db.session.scalars(
                select(AuditEntry).where(AuditEntry.subject_kind == "guest").order_by(AuditEntry.id)
            )
        ]
        assert actions == ["guest.arrived", "guest.left", "guest.stayed", "guest.not-arrived"]


def test_only_staff_and_only_the_day_itself(app: Flask, small: Small, host: FlaskClient, bo: FlaskClient) -> None:
    karin = door(app, small)["Karin Ek"]
    assert bo.get("/staff/arrivals").status_code == bo.get("/staff/arrivals.csv").status_code == 403
    assert post(bo, f"/staff/arrivals/{karin}", {"act": "arrived"}).status_code == 403
    assert post(host, f"/staff/arrivals/{karin}", {"act": "x"}).status_code == 422
    assert post(host, "/staff/arrivals/999", {"act": "arrived"}).status_code == 404
    with app.app_context():
        [other] = db.session.scalars(select(Guest).where(Guest.name == "Imorgon Ek"))
        number = other.id
    answer = post(host, f"/staff/arrivals/{number}", {"act": "arrived"})
    assert answer.status_code == 422 and "tisdag 24 november" in answer.text


def test_file_is_safe_for_tables(app: Flask, small: Small, host: FlaskClient) -> None:
    door(app, small)
    answer = host.get("/staff/arrivals.csv")
    assert answer.mimetype == "text/csv" and "attachment" in answer.headers["Content-Disposition"]
    head, *rows = csv.reader(io.StringIO(answer.text.lstrip("\ufeff")), delimiter=";")
    assert head == ["Tid", "Gäst", "Värd", "Plats", "Läge"]
    assert {row[1] for row in rows} == {"Karin Ek", '\'=HYPERLINK("x")'}
    assert rows[0][2:] == ["Alva Lindqvist", "Hågelby", "Väntas"]


def test_list_costs_the_same_for_one_and_for_many(app: Flask, small: Small, host: FlaskClient) -> None:
    with app.app_context():
        booking = reserve(small, span=TODAY)
        invite(small, booking, KARIN)
    host.get("/staff/arrivals")
    with statements(app) as few:
        host.get("/staff/arrivals")
    with app.app_context():
        invite(small, booking, *((f"Gäst {number}", f"g{number}@guest.example") for number in range(6)))
        reserve(small, "bo", small.a1, TODAY)
        reserve(small, "host", small.a2, TODAY)
    with statements(app) as many:
        host.get("/staff/arrivals")
    assert len(many) == len(few) <= 4


# -- what is kept -----------------------------------------------------------------------------------------------------


def test_guests_are_forgotten_thirty_days_after(context: Flask, small: Small) -> None:
    invite(small, reserve(small), KARIN)
    [data] = [one for one in personal.personal.classes if one.name == "guests"]
    late = AFTERNOON.end + timedelta(days=30)
    assert data.expired(late, ()) == 0 and data.expired(late + SECOND, ()) == 1
    assert data.expired(late + SECOND, {small.people["alva"]}) == 0
    with transaction():
        assert data.purge(late + SECOND, ()) == 1
    assert db.session.scalar(select(func.count()).select_from(Guest)) == 0


def test_a_row_that_gets_a_number_again_is_another_guest(context: Flask, small: Small) -> None:
    """SQLite gives the number of a guest who was forgotten to the next, who is invited like everybody."""
    booking = reserve(small)
    [first] = invite(small, booking, KARIN)
    number = first.id
    assert len(send(context, LATER)) == 1
    with transaction() as session:
        session.delete(first)
    with transaction() as session:
        again = Guest(
            id=number, booking_id=booking.id, uid="another", name="Olle", email="olle@guest.example", language="sv",
            state="invited", sequence=0, knew=None, invited_by_id=small.people["alva"], created_at=LATER,
            changed_at=LATER,
        )  # fmt: skip
        session.add(again)
        session.flush()
        letters.tell_all(booking, [again], now=LATER)
    [message] = send(context, LATER + HOUR)
    assert "olle@guest.example" in message["To"]


def test_hosts_write_the_way_and_nobody_has_to_accept_it(app: Flask, host: FlaskClient, bo: FlaskClient) -> None:
    assert host.get("/staff/texts/directions").status_code == 200
    assert host.get("/staff/texts/rules").status_code == 403 and bo.get("/staff/texts/directions").status_code == 403
    saved = post(host, "/staff/texts/directions", {"body_sv": "Ta hissen.", "body_en": "Take the lift."})
    assert saved.status_code == 303
    assert "Ta hissen" not in bo.get("/rules").text
    assert bo.get("/rules/accept").status_code == 303
    assert (
        post(bo, "/bookings", {"space": 1, "date": str(TUESDAY), "start": "08:00", "end": "09:00"}).status_code == 303
    )
    again = log_in(browser(app), "bo")
    assert again.get("/").status_code == 200
