"""What arrives: text and HTML twins in the receiver's language, one action, nothing that people could slip in."""

from __future__ import annotations

import re
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from flask import Flask

from innovation_station.db import db
from innovation_station.mail.compose import Sender, compose, templates
from innovation_station.mail.models import Mail
from innovation_station.mail.rules import GAP
from tests.conftest import NOW
from tests.mail.conftest import SENDER

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
VALUES = {"space": "A3", "start": "2026-11-24T12:00:00+00:00", "place": "Skrivbord A3, Perrongen, vid fönster", "note": "Välkommen.",
          "booking": 7}  # fmt: skip


def arrived(app: Flask, template: str = "door", values: dict[str, Any] | None = None, **columns: Any) -> EmailMessage:
    """Compose a mail and read it as a program of the receiver's does."""
    mail = Mail(
        template=template, content=VALUES if values is None else values, ordered_at=NOW, created_at=NOW,
        **{"receiver": "alva@example.org", "name": "Alva Lindqvist", "language": "sv", "message_id": "ab" * 16, **columns},
    )  # fmt: skip
    with app.app_context():
        sent = compose(app, mail, SENDER).as_bytes(policy=policy.SMTP)
        db.session.rollback()
    read = message_from_bytes(sent, policy=policy.default)
    assert not read.defects
    return read


def twins(message: EmailMessage) -> tuple[str, str]:
    plain, html = message.get_body(("plain",)), message.get_body(("html",))
    assert plain and html
    return plain.get_content().replace("\r\n", "\n"), html.get_content().replace("\r\n", "\n")


GOLDEN = """A3 är din

tisdag 24 november, 13.00

Plats:     Skrivbord A3, Perrongen, vid fönster
Checka in: Senast 13.30. Sedan släpps platsen.

Hej Alva Lindqvist. Välkommen.

Visa bokningen:
https://station.example/bookings/7

Inget händer av att länken öppnas.

--\x20
Du får det här mejlet för att du bokade en plats.
Innovation Station, Södertörns högskola
"""


def test_headers(app: Flask) -> None:
    message = arrived(app)
    assert message["From"] == "Stationen <station@house.example>"
    assert message["To"] == "Alva Lindqvist <alva@example.org>"
    assert message["Subject"] == "A3 är din, tisdag 24 november"
    assert message["Message-ID"] == f"<{'ab' * 16}@house.example>"
    assert message["Date"].datetime == NOW
    assert (message["Auto-Submitted"], message["Content-Language"]) == ("auto-generated", "sv")
    assert "List-Unsubscribe" not in message
    assert message.get_content_type() == "multipart/alternative"


def test_text_reads_well(app: Flask) -> None:
    assert twins(arrived(app))[0] == GOLDEN


def test_html_says_the_same_with_one_action_and_loads_nothing(app: Flask) -> None:
    plain, html = twins(arrived(app))
    assert re.findall(r'href="([^"]*)"', html) == ["https://station.example/bookings/7"]
    assert re.findall(r"https?://\S+", plain) == ["https://station.example/bookings/7"]
    for word in ("src=", "<img", "<link", "<script", "@import", "url("):
        assert word not in html
    assert html.startswith('<!doctype html>\n<html lang="sv">')
    words = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))
    for line in filter(None, (line.strip() for line in plain.splitlines())):
        if not line.startswith(("http", "--", "Visa", "Plats", "Checka")):
            assert line in words, line
    assert "Skrivbord A3, Perrongen, vid fönster" in words and '<th scope="row"' in html


def test_language_is_the_receivers_else_the_houses(app: Flask) -> None:
    assert arrived(app, language="en")["Subject"] == "A3 is yours, Tuesday 24 November"
    assert arrived(app, language=None)["Subject"] == "A3 är din, tisdag 24 november"


@pytest.mark.parametrize(("language", "subject", "why"), [
    ("sv", "Mejl från Innovation Station kommer fram", "Du får det här mejlet"),
    ("en", "Mail from Innovation Station arrives", "You get this mail"),
])  # fmt: skip
def test_test_mail_in_both_languages(app: Flask, language: str, subject: str, why: str) -> None:
    message = arrived(app, "test", {}, language=language)
    plain, html = twins(message)
    assert message["Subject"] == subject
    assert why in plain and why in html
    assert re.findall(r'href="([^"]*)"', html) == ["https://station.example/"]
    assert max(len(line) for line in plain.splitlines()) <= 72


def test_unsubscribe_header_and_link(app: Flask) -> None:
    message = arrived(app, unsubscribe_url="/mail/end/TOKEN")
    assert message["List-Unsubscribe"] == "<https://station.example/mail/end/TOKEN>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    plain, html = twins(message)
    assert plain.endswith("Sluta få sådana mejl:\nhttps://station.example/mail/end/TOKEN\n")
    assert '<a href="https://station.example/mail/end/TOKEN"' in html


INJECTIONS = [
    "Eve\r\nBcc: victim@example.org", "Eve\nSubject: other", "Eve\r\n\r\n<b>body</b>", "Eve\u2028X", "Eve\x00\x0b\x1b[31m",
    'Eve" <evil@example.org>, "', "Eve\u202etxt.exe", "=?utf-8?q?Eve?=", "Eve\ud800", "Eve, Bob; Mallory <m@x.y>", "a" * 3000,
]  # fmt: skip


@pytest.mark.parametrize("text", INJECTIONS, ids=range(len(INJECTIONS)))
def test_nothing_is_slipped_into_headers(app: Flask, text: str) -> None:
    usual = sorted(arrived(app).keys())
    message = arrived(app, "plain", {"text": text}, name=text[:200])
    assert sorted(message.keys()) == usual
    (to,) = message["To"].addresses
    assert to.addr_spec == "alva@example.org"
    assert [one.addr_spec for one in message["From"].addresses] == ["station@house.example"]
    assert len(str(message["Subject"]).splitlines()) == 1 and "\u202e" not in str(message["Subject"])


def test_texts_of_people_are_texts(app: Flask) -> None:
    evil = "Vinn på http://evil.example/login nu <a href='x'>k</a> {{ 7*7 }}\r\n-- \r\nfalsk rad"
    plain, html = twins(arrived(app, values={**VALUES, "note": evil}, name="evil.example"))
    assert "evil.example" not in plain and "evil.example" not in html
    assert f"evil.{GAP}example" in plain
    assert re.findall(r'href="([^"]*)"', html) == ["https://station.example/bookings/7"]
    assert "&lt;a href" in html and "49" not in html
    assert plain.count("\n-- \n") == 1


def test_tokens_in_links_arrive_whole(app: Flask) -> None:
    app.jinja_env.loader.loaders[0].mapping["mail/token.txt"] = (  # type: ignore[union-attr]
        '{% set subject = "x" %}{% set action = ("Go", link("bookings.book", date=token)) %}'
    )
    _plain, html = twins(arrived(app, "token", {"token": "WyJ4Il0.aBc:d.e-f_G"}))
    assert 'href="https://station.example/book?date=WyJ4Il0.aBc:d.e-f_G"' in html


def test_links_know_only_the_settings(app: Flask) -> None:
    with app.test_request_context("/", base_url="http://evil.example", headers={"X-Forwarded-Host": "evil.example"}):
        _plain, html = twins(arrived(app))
    assert "evil" not in html


def test_domain_of_another_script_is_sent_as_ascii(app: Flask) -> None:
    assert arrived(app, receiver="asa@österåker.example")["To"].addresses[0].domain.isascii()


def test_sender_without_a_name() -> None:
    assert Sender("station@localhost", "http://localhost").domain == "localhost"


def test_every_template_is_known(app: Flask) -> None:
    assert "test" in templates(app)
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", name) for name in templates(app))
