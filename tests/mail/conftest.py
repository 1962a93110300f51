"""What the tests of mail share: a receiver, and templates of their own beside the real ones."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from jinja2 import ChoiceLoader, DictLoader
from sqlalchemy import select

from innovation_station import db as database
from innovation_station.mail import service
from innovation_station.mail.compose import Sender
from innovation_station.mail.models import Mail
from innovation_station.mail.rules import Receiver
from tests.conftest import NOW

ALVA = Receiver("alva@example.org", "Alva Lindqvist", "sv")
BO = Receiver("bo@example.org", "Bo Ek", "en")
SENDER = Sender("Stationen <station@house.example>", "https://station.example", organisation="Södertörns högskola")
SECOND = timedelta(seconds=1)
TEMPLATES = {
    "mail/plain.txt": "{% set subject = text %}",
    "mail/door.txt": """
{% set subject = space ~ (" är din, " if language() == "sv" else " is yours, ") ~ instant(start)|day_long %}
{% set title = space ~ " är din" %}
{% set lead = instant(start)|day_long ~ ", " ~ instant(start)|clock %}
{% set facts = [("Plats", place), ("Checka in", "Senast 13.30. Sedan släpps platsen.")] %}
{% set paragraphs = ["Hej " ~ name ~ ". " ~ note] %}
{% set action = ("Visa bokningen", link("bookings.show", booking_id=booking)) %}
{% set small = "Inget händer av att länken öppnas." %}
{% set why = "Du får det här mejlet för att du bokade en plats." %}
""",
    "mail/poison.txt": "{% set subject = missing.thing %}",
}


@pytest.fixture(autouse=True)
def own_templates(app: Flask) -> None:
    """Add the tests' templates to the app."""
    assert app.jinja_loader
    app.jinja_env.loader = ChoiceLoader([DictLoader(TEMPLATES), app.jinja_loader])


def queued(app: Flask, *texts: str, to: Receiver = ALVA, **options: Any) -> list[int]:
    """Queue plain mails, each in a transaction of its own, and give their ids."""
    ids = []
    for text in texts:
        with app.app_context(), database.transaction():
            ids.append(service.queue(to, "plain", {"text": text}, **{"now": NOW, **options}).id)
    return ids


def outbox(app: Flask) -> list[Mail]:
    """Give all mails in the order they were queued."""
    with app.app_context():
        found = list(database.db.session.scalars(select(Mail).order_by(Mail.id)))
        database.db.session.expunge_all()
        database.db.session.rollback()
        return found
