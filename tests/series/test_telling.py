"""What the mail about a series tells calendar programs: all that one tap did, in one file."""

from __future__ import annotations

from email.message import EmailMessage
from typing import Any

import icalendar
import pytest
from flask import Flask
from sqlalchemy import select, update

from innovation_station.db import db, transaction
from innovation_station.mail.compose import Sender, compose
from innovation_station.mail.models import Mail
from innovation_station.series.models import Series
from innovation_station.series.rules import Times
from innovation_station.series.steps import Edit
from tests.conftest import TUESDAY, Small
from tests.series.test_acts import cancel
from tests.series.test_service import begin, edit, weeks

pytestmark = pytest.mark.usefixtures("context")
SENDER = Sender("Stationen <hej@station.example>", "https://station.example")


def letter(app: Flask) -> EmailMessage:
    """Give the one mail that waits, and let it leave."""
    [mail] = db.session.scalars(select(Mail).where(Mail.state == "queued")).all()
    message = compose(app, mail, SENDER)
    with transaction():
        db.session.execute(update(Mail).values(state="sent", content=None))
    return message


def told(message: EmailMessage) -> tuple[str, list[Any]]:
    """Give the method and each entry as status, sequence and day."""
    [file] = [part for part in message.walk() if part.get_content_type() == "application/ics"]
    found = icalendar.Calendar.from_ical(file.get_content())
    entries = [(str(e["STATUS"]), e["SEQUENCE"], e.start.date()) for e in found.walk("VEVENT")]
    return str(found["METHOD"]), entries


def begun(app: Flask, small: Small) -> Series:
    series = begin(small)
    method, entries = told(letter(app))
    assert method == "PUBLISH" and entries == [("CONFIRMED", 0, day) for day in weeks(*range(len(entries)))]
    assert len(entries) > 2
    return series


def test_series_is_one_mail_with_all_its_dates(app: Flask, small: Small) -> None:
    begun(app, small)


def test_change_of_all_is_one_mail_with_the_next_numbers(app: Flask, small: Small) -> None:
    series = begun(app, small)
    edit(small, series, Edit(times=Times(13 * 60, 14 * 60)), "all")
    method, entries = told(letter(app))
    assert method == "PUBLISH" and {entry[:2] for entry in entries} == {("CONFIRMED", 1)} and len(entries) > 2


def test_one_date_is_an_invitation_and_its_end_a_cancellation(app: Flask, small: Small) -> None:
    series = begun(app, small)
    edit(small, series, Edit(times=Times(13 * 60, 14 * 60)), "this")
    assert told(letter(app)) == ("REQUEST", [("CONFIRMED", 1, TUESDAY)])
    cancel(small, series, "this")
    assert told(letter(app)) == ("CANCEL", [("CANCELLED", 2, TUESDAY)])
    cancel(small, series, "all")
    _method, entries = told(letter(app))
    assert {entry[:2] for entry in entries} == {("CANCELLED", 1)} and TUESDAY not in [entry[2] for entry in entries]
