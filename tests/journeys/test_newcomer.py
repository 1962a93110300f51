"""A newcomer's first day, over HTTP alone: from the public page to a desk, a calendar, a change and a cancelled booking."""

from __future__ import annotations

import html
import re

from flask import Flask
from flask.testing import FlaskClient

from tests.conftest import PASSWORD, PEOPLE, TUESDAY, Small, browser, log_in, post, token_in


def text(client: FlaskClient, path: str) -> str:
    """Read a page as its reader does."""
    answer = client.get(path)
    assert answer.status_code == 200, path
    return html.unescape(re.sub(r"<[^>]+>", " ", answer.text))


def the_entry(app: Flask, address: str, etag: str = "") -> tuple[str, str, str]:
    """Fetch a feed as a calendar program does: no cookie, no language; give its only entry's state, start and tag."""
    answer = app.test_client().get(address, headers={"If-None-Match": etag} if etag else {})
    if answer.status_code == 304:
        return "", "", answer.headers["ETag"]
    assert answer.status_code == 200 and answer.mimetype == "text/calendar"
    lines = answer.text.replace("\r\n ", "").split("BEGIN:VEVENT")[1].split("\r\n")
    found = {name.split(";")[0]: value for name, value in (line.split(":", 1) for line in lines if ":" in line)}
    return found["STATUS"], found["DTSTART"], answer.headers["ETag"]


def test_from_the_front_door_to_a_desk_in_ones_own_calendar(app: Flask, small: Small, client: FlaskClient) -> None:
    assert "Teststationen" in text(client, "/")
    asked = f"/book/{small.a1}?date={TUESDAY}"
    away = client.get(asked)
    assert away.status_code == 303 and away.location.startswith("/login?next=")
    form = client.get(away.location).text
    back = re.findall(r'name="next"[^>]*value="([^"]*)"', form)  # the first is the language switch's
    email = PEOPLE["alva"][0]
    login = {"csrf_token": token_in(form), "email": email, "password": PASSWORD, "next": html.unescape(back[-1])}
    assert client.post("/login", data=login).location == asked

    sheet = client.get(asked).text
    key = re.search(r'name="key" value="([^"]+)"', sheet)
    assert "Skrivbord A1" in sheet and key
    wish = {"space": small.a1, "date": TUESDAY.isoformat(), "preset": "morning", "key": key[1]}
    booked = post(client, "/bookings", wish)
    assert booked.status_code == 303
    assert "A1 är din, tis 24 nov 08–12." in text(client, booked.location)
    assert post(client, "/bookings", wish).location == booked.location  # reloading sends it again

    made = post(client, "/calendars", {"name": "Min telefon", "language": "sv"})
    assert made.status_code == 303
    found = re.search(r'data-copy="[^"]*?(/feeds/[^"]+)"', client.get("/calendars").text)
    assert found
    address = found[1]
    status, start, etag = the_entry(app, address)
    assert (status, start) == ("CONFIRMED", "20261124T080000")
    assert the_entry(app, address, etag) == ("", "", etag)

    change = {"space": small.a2, "date": TUESDAY.isoformat(), "start": "09:15", "end": "11:45", "title": "Läsa"}
    assert post(client, f"{booked.location}/edit", change).status_code == 303
    assert "09.15–11.45" in text(client, "/bookings") and "Läsa" in text(client, booked.location)
    status, start, newer = the_entry(app, address, etag)
    assert (status, start) == ("CONFIRMED", "20261124T091500") and newer != etag

    gone = post(client, f"{booked.location}/cancel")
    assert gone.location == "/bookings"
    page = client.get("/bookings").text
    assert "är avbokad" in page and f'action="{booked.location}/restore"' in page
    assert the_entry(app, address, newer)[0] == "CANCELLED"
    assert post(client, f"{booked.location}/restore").status_code == 303
    assert the_entry(app, address)[0] == "CONFIRMED"


def test_the_same_words_in_english(app: Flask, small: Small) -> None:
    client = log_in(browser(app, "en"), "alva")
    booked = post(client, "/bookings", {"space": small.a1, "date": TUESDAY.isoformat(), "preset": "afternoon"})
    assert "A1 is yours, Tue 24 Nov 13–17." in text(client, booked.location)
    assert post(client, "/lang/sv", {"next": "/bookings"}).location == "/bookings"
    assert "Mina bokningar" in text(client, "/bookings")
