"""The start, today, and the pages every house has, over HTTP."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from innovation_station import create_app, settings
from innovation_station.bookings import queries, service
from innovation_station.db import db, transaction
from innovation_station.events import service as events
from innovation_station.events.rules import Item
from innovation_station.members.models import Member, Organisation
from innovation_station.spaces import service as spaces
from innovation_station.spaces.models import Space
from innovation_station.timespan import Span
from tests.conftest import MONDAY, NOW, TUESDAY, ZONE, Clock, Small, at, browser, log_in, statements
from tests.events.conftest import FACTS

EARLIER = NOW - timedelta(minutes=30)


def reserve(app: Flask, small: Small, who: str, space: int, span: Span, **facts: Any) -> int:
    with app.app_context(), transaction() as session:
        member = session.get(Member, small.people[who])
        assert member is not None
        return service.reserve(member, space, span, now=EARLIER, zone=ZONE, **facts).id


def close(app: Flask, span: Span, reasons: tuple[str, str], space: int | None = None) -> None:
    with app.app_context(), transaction():
        service.close(span, reasons=reasons, now=EARLIER, zone=ZONE, space_id=space)


def stored(app: Flask, location: str) -> tuple[int, Span]:
    with app.app_context():
        booking = queries.get(int(location.rsplit("/", 1)[1]))
        assert booking is not None
        db.session.rollback()
        return booking.space_id, booking.span


def forms(page: str) -> dict[str, tuple[str, dict[str, str]]]:
    """Give the one-tap forms of a page by what their button says (its accessible name): address and fields."""
    found = {}
    for action, body in re.findall(r'<form method="post" action="([^"]*)"[^>]*>(.*?)</form>', page, re.DOTALL):
        fields = {name: html.unescape(value) for name, value in re.findall(r'name="(\w+)" value="([^"]*)"', body)}
        label = re.search(r'<button[^>]*aria-label="([^"]*)"', body)
        text = label[1] if label else re.sub(r"<[^>]+>", "", body).strip()
        found[text] = (action, fields)
    return found


def tap(client: FlaskClient, page: str, button: str) -> Any:
    action, fields = forms(page)[button]
    return client.post(action, data=fields)


def words(page: str) -> str:
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page)))


# -- the public start ----------------------------------------------------------------------------------------------


def test_start_states_the_numbers_of_now(app: Flask, small: Small, client: FlaskClient) -> None:
    reserve(app, small, "alva", small.a1, at(MONDAY, "08:00", "12:00"))
    reserve(app, small, "alva", small.room, at(MONDAY, "09:00", "12:00"))
    page = client.get("/").text
    assert "Just nu: 2 lediga skrivbord, 1 ledigt rum" in page and "mån 23 nov, 08.10" in page
    assert 'role="img" aria-label="Planritning: 2 av 3 skrivbord och 1 av 1 rum är lediga"' in page
    assert f"sp-{small.a1} is-taken" in page and f"sp-{small.a2} is-free" in page
    assert "Öppet till 18.00" in page and "Öppet vardagar 08.00–18.00" in page


def test_start_names_nobody_and_nothing(app: Flask, small: Small, client: FlaskClient) -> None:
    reserve(app, small, "alva", small.a1, at(MONDAY, "08:00", "12:00"), title="Öppen titel", public=True)
    page = client.get("/").text
    assert "Alva" not in page and "Öppen titel" not in page and "example.org" not in page


def test_start_in_english(app: Flask) -> None:
    page = browser(app, "en").get("/").text
    assert "Room for the next idea." in page and "Right now: 3 free desks, 1 free room" in page
    assert "Floor plan: 3 of 3 desks and 1 of 1 rooms are free" in page and "Open until 18:00" in page


def test_start_of_a_closed_house_shows_its_next_opening(app: Flask, small: Small, clock: Clock) -> None:
    reserve(app, small, "alva", small.a1, at(date(2026, 11, 30), "08:00", "12:00"))
    clock.now = datetime(2026, 11, 27, 18, tzinfo=UTC)  # Friday, 19.00
    page = browser(app).get("/").text
    assert "När vi öppnar: 2 lediga skrivbord" in page and "mån 30 nov, 08.00" in page
    assert "Stängt nu. Öppnar mån 30 nov 08.00" in page and f"sp-{small.a2} is-free" in page


def test_start_shows_what_is_closed(app: Flask, small: Small, client: FlaskClient) -> None:
    close(app, at(MONDAY, "08:00", "18:00"), ("Lampan lagas", "The lamp is mended"), small.a3)
    with app.app_context(), transaction():
        spaces.set_bookable(small.a2, False)
    page = client.get("/").text
    assert f"sp-{small.a3} is-closed" in page and f"sp-{small.a2} is-closed" in page and "1 av 3 skrivbord" in page


def test_start_announces_what_is_next_and_nothing_that_is_not_for_everybody(
    app: Flask, small: Small, client: FlaskClient
) -> None:  # fmt: skip
    assert "Härnäst på stationen" not in client.get("/").text

    def publish(title: str, hour: int, **more: str) -> None:
        with app.app_context():
            host = db.session.get_one(Member, small.people["host"])
            with transaction():
                facts = replace(FACTS, titles=(title, ""), **more)  # type: ignore[arg-type]
                event = events.create(host, facts, at(TUESDAY, f"{hour:02}:00", f"{hour:02}:30"), now=NOW)
            item = Item(0, "talk", ("Tal", "Talk"), at(TUESDAY, f"{hour:02}:00", f"{hour:02}:30"), small.hall)
            with transaction():
                events.carry_out(host, event.id, lambda known: known.with_item(item), now=NOW, zone=ZONE)
            with transaction():
                events.publish(host, event.id, now=NOW, zone=ZONE)

    for number in range(5, 0, -1):
        publish(f"Seminarium {number}", 8 + number)
    with statements(app) as asked:
        page = client.get("/").text
    assert len(asked) <= 9, asked
    board = words(page[page.index('class="departures') : page.index('class="trio"')])
    assert "Härnäst på stationen Alla evenemang tis 24 nov 09.00 Seminarium 1 Scenen" in board
    assert board.index("Seminarium 2") < board.index("Seminarium 4") and "Seminarium 5" not in board
    publish("Hemligt", 15, visibility="members")
    assert "Hemligt" not in client.get("/").text
    assert '<a href="/events/seminarium-1" lang="sv">' in browser(app, "en").get("/").text


def test_start_lists_those_who_meet_here(app: Flask, client: FlaskClient) -> None:
    with app.app_context(), transaction() as session:
        session.add(Organisation(name_sv="Södertörns högskola", name_en="Södertörn University", kind="university"))
    assert "Södertörns högskola" in client.get("/").text
    assert "Södertörn University" in browser(app, "en").get("/").text


def test_start_of_an_empty_house_stands(app: Flask, clock: Clock) -> None:
    with app.app_context(), transaction():
        spaces.set_hours({})
    page = browser(app).get("/")
    assert page.status_code == 200 and "Stängt tills vidare" in page.text
    assert log_in(browser(app)).get("/").status_code == 200


# -- today ---------------------------------------------------------------------------------------------------------


def test_today_is_my_place_and_my_day(app: Flask, small: Small, alva: FlaskClient) -> None:
    desk = reserve(app, small, "alva", small.a1, at(MONDAY, "08:00", "12:00"))
    room = reserve(app, small, "alva", small.room, at(MONDAY, "15:00", "16:00"), title="Handledning")
    page = alva.get("/").text
    text = words(page)
    assert "Måndag 23 november" in text and "Din plats till 12 Skrivbord A1, Perrongen" in text
    assert re.search(r"08\.00 Skrivbord A1 Perrongen, till 12\.00 .*12\.00 Inget skrivbord bokat .*"
                     r"15\.00 Handledning i Hågelby .*18\.00 Stationen stänger", text)  # fmt: skip
    assert f'href="/bookings/{desk}"' in page and f'href="/bookings/{room}"' in page


def test_today_before_and_after_my_bookings(app: Flask, small: Small, clock: Clock) -> None:
    reserve(app, small, "alva", small.a1, at(MONDAY, "13:00", "17:00"))
    reserve(app, small, "alva", small.a2, at(TUESDAY, "09:00", "11:00"))
    assert "Din nästa plats, 13–17" in log_in(browser(app)).get("/").text
    clock.now = at(MONDAY, "17:30", "18:00").start
    assert "Härnäst: tis 24 nov 09–11" in log_in(browser(app)).get("/").text


def test_gap_is_filled_with_one_tap(app: Flask, small: Small, alva: FlaskClient) -> None:
    reserve(app, small, "alva", small.a1, at(MONDAY, "08:00", "12:00"))
    reserve(app, small, "bo", small.a1, at(MONDAY, "14:00", "15:00"))
    answer = tap(alva, alva.get("/").text, "Boka A2, 13–17")
    assert answer.status_code == 303 and stored(app, answer.location) == (small.a2, at(MONDAY, "13:00", "17:00"))


def test_desk_is_kept_with_one_tap_and_stays_one_booking(app: Flask, small: Small, alva: FlaskClient) -> None:
    mine = reserve(app, small, "alva", small.a1, at(MONDAY, "08:00", "12:00"), title="Skriva", public=True)
    answer = tap(alva, alva.get("/").text, "Behåll A1 till 17")
    assert answer.status_code == 303 and answer.location == f"/bookings/{mine}"
    with app.app_context():
        booking = queries.get(mine)
        assert booking is not None and booking.span == at(MONDAY, "08:00", "17:00")
        assert (booking.title, booking.public) == ("Skriva", True)


def test_room_is_taken_now_with_one_tap(app: Flask, small: Small, alva: FlaskClient) -> None:
    page = alva.get("/").text
    assert "Ledigt till 18.00" in page
    answer = tap(alva, page, "1 timme i Hågelby, till 09.15")
    assert answer.status_code == 303 and stored(app, answer.location) == (small.room, at(MONDAY, "08:00", "09:15"))
    assert "1 timme i Hågelby" not in alva.get("/").text


def test_only_those_who_show_themselves_are_here(app: Flask, small: Small, alva: FlaskClient) -> None:
    reserve(app, small, "bo", small.a2, at(MONDAY, "08:00", "12:00"), title="Bos sak", public=False)
    page = alva.get("/").text
    assert "Bo E." not in page and "Bos sak" not in page and "Här i dag" not in page
    reserve(app, small, "host", small.a3, at(MONDAY, "08:00", "12:00"), public=True)
    text = words(alva.get("/").text)
    assert "Hanna L. Perrongen" in text and "Hanna Lund" not in text and "Bo E." not in text


def test_who_has_left_is_not_here_and_nobody_is_here_twice(app: Flask, small: Small, clock: Clock) -> None:
    reserve(app, small, "bo", small.a2, at(MONDAY, "08:00", "09:00"), public=True)
    reserve(app, small, "host", small.a3, at(MONDAY, "08:00", "12:00"), public=True)
    reserve(app, small, "host", small.room, at(MONDAY, "13:00", "14:00"), public=True)
    clock.now = at(MONDAY, "10:00", "11:00").start
    text = words(log_in(browser(app)).get("/").text)
    assert "Bo E." not in text and text.count("Hanna L.") == 1


def test_what_is_on_is_shown_where_its_owner_shows_it(app: Flask, small: Small, alva: FlaskClient) -> None:
    reserve(app, small, "bo", small.hall, at(MONDAY, "12:00", "13:00"), title="Frukostseminarium", public=True)
    reserve(app, small, "host", small.room, at(MONDAY, "12:00", "13:00"), title="Lönesamtal", public=False)
    text = words(alva.get("/").text)
    assert "Frukostseminarium Scenen, 12.00–13.00" in text and "Lönesamtal" not in text


def test_closures_say_what_and_why(app: Flask, small: Small, alva: FlaskClient) -> None:
    close(app, at(MONDAY, "08:00", "18:00"), ("Lampan lagas", "The lamp is mended"), small.a3)
    text = words(alva.get("/").text)
    assert "Avstängt i dag Skrivbord A3 Heldag: Lampan lagas" in text
    close_span = at(MONDAY, "14:00", "18:00")
    with app.app_context(), transaction() as session:
        session.execute(db.text("delete from allocation"))
    close(app, close_span, ("Personaldag", "Staff day"))
    text = words(alva.get("/").text)
    assert "Stationen är stängd 14.00–18.00: Personaldag." in text and "Öppet till 14.00" in text


def test_closed_day_points_to_the_next_open_one(app: Flask, clock: Clock) -> None:
    clock.now = datetime(2026, 12, 24, 9, tzinfo=UTC)
    page = log_in(browser(app)).get("/").text
    text = words(page)
    assert "Stängt i dag, Julafton. Öppnar mån 28 dec 08.00" in text
    assert "Måndag 28 december" in text and "/book?date=2026-12-28" in page


def test_evening_on_the_stage_is_still_my_day(app: Flask, small: Small, clock: Clock) -> None:
    with app.app_context(), transaction() as session:
        hall = session.get(Space, small.hall)
        spaces.set_hours(dict.fromkeys(range(5), (8 * 60, 22 * 60)), hall)
    reserve(app, small, "alva", small.hall, at(MONDAY, "18:00", "21:00"), title="Kvällsföreläsning")
    clock.now = at(MONDAY, "19:00", "20:00").start
    text = words(log_in(browser(app)).get("/").text)
    assert "Din plats till 21" in text and "Kvällsföreläsning i Scenen" in text and "Inget mer i dag" not in text


def test_statements_do_not_grow_with_the_day(app: Flask, small: Small, alva: FlaskClient, client: FlaskClient) -> None:
    reserve(app, small, "alva", small.a1, at(MONDAY, "08:00", "10:00"))
    for path_client in (alva, client):
        path_client.get("/")
    with statements(app) as few:
        alva.get("/")
    with statements(app) as few_public:
        client.get("/")
    for hour in range(10, 18):
        for who, space in (("bo", small.a2), ("host", small.a3), ("admin", small.room), ("alva", small.a1)):
            reserve(app, small, who, space, at(MONDAY, f"{hour}:00", f"{hour + 1}:00"), public=True, title="T")
    with statements(app) as many:
        alva.get("/")
    with statements(app) as many_public:
        client.get("/")
    assert len(many) == len(few) <= 9, many
    assert len(many_public) == len(few_public) <= 7, many_public


# -- pages every house has -----------------------------------------------------------------------------------------


def test_accessibility_is_told_in_both_languages_without_login(app: Flask, client: FlaskClient) -> None:
    page = client.get("/accessibility").text
    assert "delvis förenlig" in page and "i receptionen" in page and "går inte att anmäla över nätet" in page
    assert "partly compliant" in browser(app, "en").get("/accessibility").text
    assert 'href="/accessibility"' in client.get("/").text and 'href="/accessibility"' in client.get("/login").text


def test_accessibility_names_the_houses_address_where_there_is_one(tmp_path: Any, app: Flask) -> None:
    address = "Stationen <hej@station.example.org>"
    environ = {
        "STATION_MAIL_FROM": address,
        "STATION_SECRET_KEY": "test-" * 10,
        "STATION_DATABASE_URL": app.config["SQLALCHEMY_DATABASE_URI"],
    }
    station = settings.load(environ, tmp_path / "instance")
    other = create_app({"STATION": station, "TESTING": True})
    assert 'href="mailto:hej@station.example.org"' in browser(other).get("/accessibility").text
    with other.app_context():
        db.session.remove()
        db.engine.dispose()


def test_robots_keep_out_of_private_pages_and_into_feeds(client: FlaskClient) -> None:
    answer = client.get("/robots.txt")
    rules = re.findall(r"^Disallow: (\S+)$", answer.text, re.MULTILINE)
    assert answer.mimetype == "text/plain" and rules == ["/bookings", "/account", "/calendars"]
    for open_to_all in ("/", "/feeds/x.ics", "/calendar/events.ics", "/accessibility"):
        assert not any(open_to_all.startswith(rule) for rule in rules)


def test_favicon_leads_to_the_picture(client: FlaskClient) -> None:
    answer = client.get("/favicon.ico")
    assert answer.status_code == 301
    with client.get(answer.location) as picture:
        assert picture.mimetype == "image/svg+xml"


def test_style_page_is_for_developing_only(app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    assert client.get("/style").status_code == 404
    monkeypatch.setattr(app, "debug", True)
    assert client.get("/style").status_code == 200


def test_login_page_keeps_the_address_and_the_way_on(client: FlaskClient) -> None:
    page = client.get("/login?next=/bookings").text
    assert 'value="/bookings"' in page and 'type="password"' in page and 'autocomplete="current-password"' in page
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert token
    answer = client.post("/login", data={"email": "alva@example.org", "password": "wrong " * 3, "csrf_token": token[1]})
    assert answer.status_code == 403 and 'value="alva@example.org"' in answer.text and "wrong wrong" not in answer.text
