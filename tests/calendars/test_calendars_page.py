"""The page of a member's feeds, as browsers use it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from innovation_station.db import transaction
from innovation_station.organisations.models import Grant
from tests.calendars.conftest import Feeds
from tests.conftest import NOW, TUESDAY, Clock, at, browser, log_in, statements

Poll = Callable[..., TestResponse]
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
NEW = {"name": "Min telefon", "language": "sv"}


def address(page: str, number: int = 0) -> str:
    """Give the path of a feed's address on the page."""
    return re.findall(r"<code>http://localhost(/feeds/[^<]+)</code>", page)[number]


def token(client: FlaskClient) -> dict[str, str]:
    """Give the form token of the page."""
    found = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/calendars").text)
    assert found
    return {"csrf_token": found[1]}


def test_page_is_for_members(client: FlaskClient) -> None:
    answer = client.get("/calendars")
    assert answer.status_code == 303
    assert answer.location.startswith("/login?next=")
    assert client.post("/calendars", data=NEW).status_code in (303, 400)


def test_make_copy_and_fetch(alva: FlaskClient, poll: Poll) -> None:
    answer = alva.post("/calendars", data={**NEW, **token(alva)})
    assert answer.status_code == 303
    assert answer.location.endswith("/calendars#feed-1")
    page = alva.get("/calendars").text
    assert "Min telefon" in page
    assert "Inte hämtad ännu" in page
    assert page.count(f'data-copy="http://localhost{address(page)}"') == 1
    assert f'href="webcal://localhost{address(page)}"' in page
    assert b"NAME:Min telefon\r\n" in poll(address(page), User_Agent="Google-Calendar-Importer").data
    assert "Hämtad av Google Calendar i dag 08.10" in alva.get("/calendars").text


def test_last_fetch_is_told_by_day(alva: FlaskClient, feeds: Feeds, poll: Poll, clock: Clock) -> None:
    poll(feeds.make(), User_Agent="Mozilla/5.0")
    clock.now += timedelta(hours=15, minutes=55)
    assert "Hämtad av en webbläsare i går 08.10" in alva.get("/calendars").text
    assert "Fetched by a browser yesterday 08:10" in alva.get("/calendars?lang=en").text


def test_feed_speaks_its_own_language(alva: FlaskClient, poll: Poll, feeds: Feeds) -> None:
    alva.post("/calendars", data={"name": "At work", "language": "en", **token(alva)})
    feeds.book(at(TUESDAY, "08:00", "12:00"))
    text = poll(address(alva.get("/calendars").text), Accept_Language="sv").text
    assert "SUMMARY:Desk A1" in text
    assert "The Platform" in text


@pytest.mark.parametrize(
    ("fields", "shown"),
    [
        ({"name": ""}, ""),
        ({"name": "x" * 61}, "x" * 61),
        ({"name": "a\x07b"}, "a\x07b"),
        ({"language": "xx"}, "Min telefon"),
        ({"language": ""}, "Min telefon"),
    ],
)
def test_wrong_input_keeps_what_was_typed(alva: FlaskClient, fields: dict[str, str], shown: str) -> None:
    answer = alva.post("/calendars", data={**NEW, **fields, **token(alva)})
    assert answer.status_code == 422
    assert f'value="{shown}"' in answer.text
    assert 'role="alert"' in answer.text
    assert "/feeds/" not in alva.get("/calendars").text


def test_name_is_text_and_nothing_else(alva: FlaskClient) -> None:
    alva.post("/calendars", data={**NEW, "name": "<script>alert(1)</script>", **token(alva)})
    page = alva.get("/calendars").text
    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page


@pytest.mark.parametrize("path", ["/calendars", "/calendars/1/name", "/calendars/1/renew", "/calendars/1/revoke"])
def test_every_post_needs_its_token(alva: FlaskClient, feeds: Feeds, poll: Poll, path: str) -> None:
    feed = feeds.make()
    assert alva.post(path, data=NEW).status_code == 400
    assert alva.post(path, data={**NEW, "csrf_token": "wrong"}).status_code == 400
    assert alva.post(path, data={**NEW, **token(alva)}, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 400
    assert poll(feed).status_code == 200


@pytest.mark.parametrize("path", ["/calendars/1/name", "/calendars/1/renew", "/calendars/1/revoke"])
def test_get_changes_nothing(alva: FlaskClient, feeds: Feeds, poll: Poll, path: str) -> None:
    feed = feeds.make()
    assert alva.get(path).status_code == 405
    assert poll(feed).status_code == 200


def test_rename(alva: FlaskClient, feeds: Feeds, poll: Poll) -> None:
    feed = feeds.make()
    before = poll(feed).headers["ETag"]
    assert alva.post("/calendars/1/name", data={"name": " Jobbet ", **token(alva)}).status_code == 303
    after = poll(feed, If_None_Match=before)
    assert after.status_code == 200
    assert b"X-WR-CALNAME:Jobbet\r\n" in after.data


def test_rename_to_nothing_keeps_what_was_typed(alva: FlaskClient, feeds: Feeds) -> None:
    feeds.make()
    answer = alva.post("/calendars/1/name", data={"name": "y" * 61, **token(alva)})
    assert answer.status_code == 422
    assert f'id="name-1" name="name" value="{"y" * 61}"' in answer.text
    assert 'aria-describedby="name-1-error"' in answer.text
    assert '<h2 class="said">Mina bokningar</h2>' in answer.text


def test_renewed_address_works_and_the_old_one_does_not(alva: FlaskClient, feeds: Feeds, poll: Poll) -> None:
    old = feeds.make()
    poll(old)
    assert alva.post("/calendars/1/renew", data=token(alva)).status_code == 303
    page = alva.get("/calendars").text
    assert address(page) != old
    assert "Inte hämtad ännu" in page
    assert poll(old).status_code == 404
    assert poll(address(page)).status_code == 200


def test_revoked_feed_is_gone_at_once(alva: FlaskClient, feeds: Feeds, poll: Poll) -> None:
    feed = feeds.make()
    tag = poll(feed).headers["ETag"]
    assert alva.post("/calendars/1/revoke", data=token(alva)).status_code == 303
    assert poll(feed, If_None_Match=tag).status_code == 404
    assert "/feeds/" not in alva.get("/calendars").text
    assert alva.post("/calendars/1/revoke", data=token(alva)).status_code == 404


@pytest.mark.parametrize("action", ["name", "renew", "revoke"])
def test_other_peoples_feeds_are_404(bo: FlaskClient, feeds: Feeds, poll: Poll, action: str) -> None:
    feed = feeds.make("alva")
    answer = bo.post(f"/calendars/1/{action}", data={"name": "min", **token(bo)})
    assert answer.status_code == 404
    assert poll(feed).status_code == 200
    assert "/feeds/" not in bo.get("/calendars").text


def test_a_host_sees_nobody_elses_feeds(app: Flask, feeds: Feeds) -> None:
    feeds.make("alva")
    host = log_in(browser(app), "host")
    assert "/feeds/" not in host.get("/calendars").text
    assert host.post("/calendars/1/renew", data=token(host)).status_code == 404


def test_twenty_are_enough_and_the_page_says_so(alva: FlaskClient, feeds: Feeds) -> None:
    fields = token(alva)
    for _ in range(20):
        feeds.make()
    answer = alva.post("/calendars", data={**NEW, **fields})
    assert answer.status_code == 422
    assert "20 kalendrar" in answer.text
    assert 'id="language' not in alva.get("/calendars").text


def test_new_secret_key_hides_addresses_and_leaves_them_working(app: Flask, feeds: Feeds, poll: Poll) -> None:
    feed = feeds.make()
    app.config["SECRET_KEY"] = "another-" * 5
    client = log_in(browser(app))
    page = client.get("/calendars").text
    assert "Adressen går inte längre att visa" in page
    assert "/feeds/" not in page
    assert poll(feed).status_code == 200


def test_addresses_begin_with_the_base_url(app: Flask, feeds: Feeds, alva: FlaskClient) -> None:
    feeds.make()
    assert "bara på den här datorn" in alva.get("/calendars").text
    app.config["STATION"] = replace(app.config["STATION"], base_url="https://station.example")
    page = alva.get("/calendars", base_url="http://localhost").text
    assert "<code>https://station.example/feeds/" in page
    assert 'href="webcal://station.example/feeds/' in page
    assert "bara på den här datorn" not in page


def test_page_is_private_and_costs_the_same_for_one_feed_and_three(alva: FlaskClient, feeds: Feeds, app: Flask) -> None:
    feeds.make()
    feeds.book(at(TUESDAY, "08:00", "12:00"))
    alva.get("/calendars")
    with statements(app) as one:
        answer = alva.get("/calendars")
    feeds.make()
    feeds.make()
    with statements(app) as three:
        alva.get("/calendars")
    assert len(one) == len(three) <= 5
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Så ser det ut hos dig" in answer.text


def test_preview_strikes_what_was_cancelled(alva: FlaskClient, feeds: Feeds) -> None:
    booked = feeds.book(at(TUESDAY, "08:00", "12:00"), title="Styrgrupp")
    assert "<s>" not in alva.get("/calendars").text
    alva.post(f"/bookings/{booked}/cancel", data=token(alva))
    assert "<s>Styrgrupp</s>" in alva.get("/calendars").text


# -- subscribe to what one sees ---------------------------------------------------------------------------------------


def new_form(page: str) -> str:
    return page.partition('aria-labelledby="new"')[2].partition("</form>")[0]


def fields(page: str) -> dict[str, str]:
    """Give what the form of a new feed is filled in with."""
    form = new_form(page)
    found = dict(re.findall(r'<input[^>]*name="(name|query|csrf_token)"[^>]*value="([^"]*)"', form))
    for select in ("of", "remind"):
        options = form.partition(f'name="{select}"')[2].partition("</select>")[0]
        chosen = re.findall(r'<option selected value="([^"]*)"', options)
        found[select] = chosen[0] if chosen else re.findall(r'value="([^"]*)"', options)[0]
    return {name: value.replace("&amp;", "&") for name, value in found.items()}


def test_what_the_book_page_shows_can_be_subscribed_to(alva: FlaskClient, feeds: Feeds, poll: Poll) -> None:
    feeds.book(at(TUESDAY, "08:00", "12:00"), "bo", feeds.small.room)
    page = alva.get("/book?date=2026-11-25&kind=room&seats=8&from=08:00&to=12:00").text
    (href,) = re.findall(r'href="(/calendars\?[^"]+)"', page)
    assert href == "/calendars?of=view&amp;kind=room&amp;seats=8#new"
    form = fields(alva.get(href.replace("&amp;", "&")).text)
    assert (form["of"], form["query"], form["name"]) == ("view", "kind=room&seats=8", "Rum, minst 8 platser")
    assert alva.post("/calendars", data={**form, "language": "sv", "detail": "all"}).status_code == 303
    assert b"SUMMARY:Bokad (H" in poll(address(alva.get("/calendars").text)).data


def test_place_can_be_subscribed_to_from_its_sheet(alva: FlaskClient, feeds: Feeds) -> None:
    page = alva.get(f"/book/{feeds.small.room}?date={TUESDAY}").text
    assert f'href="/calendars?of=space:{feeds.small.room}#new"' in page.replace("%3A", ":")
    form = fields(alva.get(f"/calendars?of=space:{feeds.small.room}").text)
    assert (form["of"], form["name"]) == (f"space:{feeds.small.room}", "Hågelby")
    page = alva.get(f"/calendars?of=space:{feeds.small.room}").text
    assert f"<code>http://localhost/calendar/spaces/{feeds.small.room}.ics</code>" in page
    assert "/calendar/spaces/" not in alva.get("/calendars").text


@pytest.mark.parametrize("of", ["staff", "space:999", "organisation:1", "view:3x", "hus", "space", "zone:0", "<b>"])
def test_what_is_not_for_the_member_is_not_offered_and_not_given(alva: FlaskClient, feeds: Feeds, of: str) -> None:
    page = alva.get("/calendars", query_string={"of": of}).text
    assert fields(page)["of"] == "my-bookings"
    answer = alva.post("/calendars", data={**NEW, **token(alva), "of": of})
    made = answer.status_code == 303
    assert answer.status_code in (303, 422)
    assert made == (of in ("hus", "<b>", "view:3x")), "what names nothing is the own bookings"
    if not made:
        assert "Den kalendern finns inte, eller är inte för dig." in answer.text


def test_staff_are_offered_the_whole_house_and_organisations(app: Flask, feeds: Feeds, poll: Poll) -> None:
    feeds.book(at(TUESDAY, "08:00", "12:00"), "bo")
    host = log_in(browser(app), "host")
    form = fields(host.get("/calendars?of=staff").text)
    assert (form["of"], form["name"]) == ("staff", "Alla platser")
    host.post("/calendars", data={**form, "language": "en", "detail": "all"})
    page = host.get("/calendars").text
    assert "Booked by Bo Ek" in poll(address(page)).text
    assert "Med namn" in page


def test_busy_and_reminder_are_chosen_in_the_form(alva: FlaskClient, feeds: Feeds, poll: Poll) -> None:
    feeds.book(at(TUESDAY, "08:00", "12:00"), title="Läkaren")
    asked: tuple[tuple[dict[str, str], int, str], ...] = (
        ({"detail": "busy", "remind": "0"}, 303, ""),
        ({"detail": "all", "remind": "15"}, 303, ""),
        ({"remind": "7"}, 422, ""),
        ({"remind": "x"}, 422, ""),
        ({"detail": "busy", "remind": "15"}, 422, "Bara dina egna bokningar påminner"),
        ({"of": f"space:{feeds.small.room}", "remind": "15"}, 422, "Bara dina egna bokningar påminner"),
        ({"of": "events", "detail": "busy"}, 422, "En kalender med evenemang säger det som deras sidor säger"),
    )
    for more, code, said in asked:
        answer = alva.post("/calendars", data={**NEW, **token(alva), **more})
        assert answer.status_code == code and said in answer.text, more
    page = alva.get("/calendars").text
    busy, full = (poll(address(page, number)).text for number in (0, 1))
    assert "SUMMARY:Bokad\r\n" in busy and "VALARM" not in busy
    assert "TRIGGER:-PT15M" in full
    assert "Bara upptagna tider" in page and "Den påminner dig: 15 minuter före." in page


def test_qr_code_is_its_members(alva: FlaskClient, bo: FlaskClient, feeds: Feeds) -> None:
    path = feeds.make(name="Min telefon")
    answer = alva.get("/calendars/1/phone")
    assert answer.status_code == 200
    assert f"<code>http://localhost{path}</code>" in answer.text and "<svg" in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    assert "<style" not in answer.text and " style=" not in answer.text
    assert bo.get("/calendars/1/phone").status_code == 404


def test_help_stands_on_the_page_for_every_program(alva: FlaskClient) -> None:
    page = alva.get("/calendars").text
    for name in ("google", "outlook-web", "outlook", "iphone", "mac", "thunderbird", "android"):
        assert f'id="steps-{name}"' in page


def test_desks_are_offered_to_who_comes_from_them_or_manages_them(app: Flask, alva: FlaskClient, feeds: Feeds) -> None:
    """A house has hundreds of them, and without a script no list of that length can be searched."""
    desks = [feeds.small.a1, feeds.small.a2]

    def offered(query: str = "") -> set[str]:
        return set(re.findall(r'value="(space:[0-9]+)"', alva.get(f"/calendars{query}").text))

    assert f"space:{feeds.small.room}" in offered() and not offered() & {f"space:{desk}" for desk in desks}
    assert f"space:{desks[0]}" in offered(f"?of=space:{desks[0]}")
    with app.app_context(), transaction() as session:
        session.add(Grant(member_id=feeds.small.people["alva"], kind="space", subject_id=desks[1], granted_at=NOW))
    assert f"space:{desks[1]}" in offered() and f"space:{desks[0]}" not in offered()


def test_the_form_says_that_a_view_has_no_hours(alva: FlaskClient, feeds: Feeds) -> None:
    said = "Dagen och tiderna på sidan följer inte med"
    assert said in alva.get("/calendars?of=view&kind=room&seats=8").text
    assert said not in alva.get("/calendars").text


def test_a_feed_says_when_it_was_made(app: Flask, alva: FlaskClient, feeds: Feeds, clock: Clock) -> None:
    feeds.make()
    assert "Skapad idag" in alva.get("/calendars").text
    clock.now += timedelta(days=3)
    alva = log_in(browser(app), "alva")
    assert "Skapad måndag 23 november" in alva.get("/calendars").text
