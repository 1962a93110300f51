"""The calendar part of a mail, as it arrives: M01 to M03 and M10, read by three programs that know nothing of us."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import icalendar
import pytest
import vobject
from flask import Flask
from ical.calendar_stream import IcsCalendarStream

from innovation_station.db import transaction
from innovation_station.mail import calendar, service
from innovation_station.mail.calendar import Envelope
from innovation_station.mail.postman import Postman
from innovation_station.mail.rules import CALENDAR, CalendarFacts, CalendarPart, Method
from innovation_station.mail.transport import transport
from tests.conftest import NOW, Clock
from tests.mail.conftest import ALVA, SENDER, outbox, queued
from tests.mail.server import Behaviour, serving


def event(uid: str) -> str:
    return (
        f"BEGIN:VEVENT\r\nUID:{uid}\r\nDTSTAMP:20261123T071000Z\r\nDTSTART:20261124T120000Z\r\n"
        "DTEND:20261124T160000Z\r\nSUMMARY:Skrivbord Å3\r\nEND:VEVENT\r\n"
    )


def part(method: Method = "REQUEST", *uids: str) -> CalendarPart:
    head = f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//y//EN\r\nMETHOD:{method}\r\n"
    return CalendarPart(method, head + "".join(map(event, uids or ("a@b",))) + "END:VCALENDAR\r\n")


@pytest.fixture
def behaviour() -> Behaviour:
    return Behaviour()


@pytest.fixture
def post(app: Flask, behaviour: Behaviour) -> Iterator[Callable[[], None]]:
    """Give what sends all that is due to a real server."""
    with serving(behaviour) as port:
        one = Postman(app, transport(f"smtp://127.0.0.1:{port}"), lambda: SENDER)
        yield lambda: one.round(lambda: False)


def shape(message: EmailMessage) -> Any:
    """Write a message as its types, nested."""
    kind = message.get_content_type()
    return (kind, [shape(inner) for inner in message.iter_parts()]) if message.is_multipart() else kind  # type: ignore[arg-type]


@pytest.mark.parametrize("method", ["REQUEST", "CANCEL"])
def test_part_is_the_last_alternative_and_a_file(
    app: Flask, behaviour: Behaviour, post: Callable[[], None], method: Method
) -> None:
    given = part(method)
    queued(app, "Hej", calendar=given)
    post()
    message = behaviour.received[0].message
    texts = ["text/plain", "text/html", "text/calendar"]
    assert shape(message) == ("multipart/mixed", [("multipart/alternative", texts), "application/ics"])
    alternative, file = message.iter_parts()
    last = list(alternative.iter_parts())[-1]  # type: ignore[attr-defined]
    assert last["Content-Type"].params == {"charset": "UTF-8", "method": method}
    assert last["Content-Transfer-Encoding"] == file["Content-Transfer-Encoding"] == "base64"
    assert last.get_content_disposition() is None
    assert (file.get_content_disposition(), file.get_filename()) == ("attachment", "invite.ics")
    assert last.get_payload(decode=True) == file.get_content() == given.text.encode()
    assert message["Auto-Submitted"] == "auto-generated" and message["Message-ID"] and message["Date"]
    assert [message.get_body((kind,)).get_content_type() for kind in ("plain", "html")] == texts[:2]  # type: ignore[union-attr]


def test_three_programs_read_what_arrived(app: Flask, behaviour: Behaviour, post: Callable[[], None]) -> None:
    queued(app, "Hej", calendar=part())
    post()
    [file] = [one for one in behaviour.received[0].message.walk() if one.get_content_type() == "text/calendar"]
    data = file.get_payload(decode=True)
    first = icalendar.Calendar.from_ical(data)
    assert first["METHOD"] == "REQUEST" and str(first.walk("VEVENT")[0]["SUMMARY"]) == "Skrivbord Å3"
    second = IcsCalendarStream.calendar_from_ics(data.decode())
    assert second.method == "REQUEST" and second.events[0].uid == "a@b"
    third = vobject.readOne(data.decode())
    assert third.method.value == "REQUEST" and third.vevent.summary.value == "Skrivbord Å3"


def test_many_things_are_a_file_alone(app: Flask, behaviour: Behaviour, post: Callable[[], None]) -> None:
    queued(app, "Hej", calendar=part("PUBLISH", "a@b", "c@d"))
    post()
    message = behaviour.received[0].message
    alternative = ("multipart/alternative", ["text/plain", "text/html"])
    assert shape(message) == ("multipart/mixed", [alternative, "application/ics"])
    assert list(message.iter_parts())[-1].get_filename() == "bookings.ics"


def test_file_transport_carries_it_too(app: Flask, tmp_path: Path) -> None:
    queued(app, "Hej", calendar=part())
    Postman(app, transport(f"file://{tmp_path / 'out'}"), lambda: SENDER).round(lambda: False)
    [file] = (tmp_path / "out").glob("*.eml")
    message = message_from_bytes(file.read_bytes(), policy=policy.default)
    assert shape(message)[0] == "multipart/mixed" and not message.defects


def test_it_is_gone_when_it_has_left_or_is_forgotten(app: Flask, post: Callable[[], None], clock: Clock) -> None:
    queued(app, "Hej", calendar=part())
    later = queued(app, "Hej", calendar=part(), hold_until=NOW + timedelta(days=1), member_id=7)
    post()
    sent, held = outbox(app)
    assert sent.state == "sent" and sent.content is None
    assert held.id == later[0] and held.content and held.content[CALENDAR]["method"] == "REQUEST"
    with app.app_context(), transaction():
        assert service.forget(member_id=7) == 1
    assert len(outbox(app)) == 1


def test_template_knows_of_it_and_not_what_it_says(app: Flask, behaviour: Behaviour, post: Callable[[], None]) -> None:
    app.jinja_env.loader.loaders[0].mapping["mail/with.txt"] = (  # type: ignore[union-attr]
        "{% set subject = calendar or 'none' %}{% set action = ('Se', link('bookings.mine')) %}"
        "{% set other = ('Avboka', link('home.start')) %}"
    )
    with app.app_context(), transaction():
        for given in (part("CANCEL"), None):
            service.queue(ALVA, "with", {}, now=NOW, calendar=given)
    post()
    assert behaviour.subjects == ["CANCEL", "none"]
    plain, html = (behaviour.received[0].message.get_body((kind,)).get_content() for kind in ("plain", "html"))  # type: ignore[union-attr]
    assert "Se:\nhttps://station.example/bookings\n\nAvboka:\nhttps://station.example/\n" in plain.replace("\r", "")
    assert html.count("<a ") == 2 and html.count("background:#0a6a4f") == 1


def test_writer_is_given_the_facts_and_the_addresses_of_the_headers(
    app: Flask, behaviour: Behaviour, post: Callable[[], None]
) -> None:
    seen: list[tuple[Mapping[str, Any], Envelope]] = []

    def write(values: Mapping[str, Any], envelope: Envelope) -> CalendarPart:
        seen.append((values, envelope))
        return part()

    calendar.register(app, "thing", write)
    queued(app, "Hej", calendar=CalendarFacts("thing", {"number": 1}))
    post()
    assert seen == [({"number": 1}, Envelope(("Stationen", "station@house.example"), ("Alva Lindqvist", "alva@example.org"),
                                             "sv", "https://station.example", NOW))]  # fmt: skip
    assert shape(behaviour.received[0].message)[0] == "multipart/mixed"


def test_without_its_writer_a_mail_leaves_without_the_part(
    app: Flask, behaviour: Behaviour, post: Callable[[], None]
) -> None:
    queued(app, "Hej", calendar=CalendarFacts("nobody", {}))
    post()
    assert shape(behaviour.received[0].message) == ("multipart/alternative", ["text/plain", "text/html"])


def test_part_that_cannot_be_written_parks_the_mail(app: Flask, post: Callable[[], None]) -> None:
    calendar.register(app, "broken", lambda _values, _envelope: part("REQUEST", "a@b", "c@d"))
    queued(app, "Hej", calendar=CalendarFacts("broken", {}))
    post()
    assert (outbox(app)[0].state, outbox(app)[0].problem) == ("parked", "unreadable")


@pytest.mark.parametrize("make", [
    lambda: CalendarPart("REQUEST", part("CANCEL").text), lambda: part("REQUEST", "a@b", "c@d"),
    lambda: CalendarPart("REQUEST", part().text.replace("\r\n", "\n")), lambda: CalendarPart("REQUEST", part().text + "X"),
    lambda: CalendarPart("REPLY", part().text.replace("REQUEST", "REPLY")),  # type: ignore[arg-type]
    lambda: CalendarPart("REQUEST", part().text.replace("METHOD:REQUEST", "METHOD:REQUEST\r\nMETHOD:REQUEST")),
    lambda: CalendarPart("REQUEST", ""),
])  # fmt: skip
def test_part_that_is_none_is_refused(make: Callable[[], CalendarPart]) -> None:
    with pytest.raises(ValueError, match=r"calendar|iCalendar|about"):
        make()


def test_only_what_is_due_rings_the_bell(app: Flask) -> None:
    from innovation_station.db import db

    with app.app_context(), transaction():
        service.queue(ALVA, "plain", {"text": "x"}, now=NOW, hold_until=NOW + timedelta(seconds=10))
        assert "mail_queued" not in db.session.info
        service.queue(ALVA, "plain", {"text": "x"}, now=NOW)
        assert db.session.info["mail_queued"]
