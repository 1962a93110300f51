"""Standing in line on the pages: the sheet, the refusal, one's list, the offer with its button, and the mail's links."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from innovation_station.db import db
from innovation_station.errors import Refusal
from innovation_station.mail.compose import Sender, compose, write
from innovation_station.mail.models import Mail
from innovation_station.waits import deeds
from tests.conftest import TUESDAY, Clock, at, browser, log_in, post, statements, token_of
from tests.waits.conftest import HOUR, Line

WISH = {"date": str(TUESDAY), "start": "09:00", "end": "12:00"}
DAY = at(TUESDAY, "08:00", "18:00")


def sheet(client: FlaskClient, space: int, start: str = "09:00", end: str = "12:00") -> str:
    found = client.get(f"/book/{space}?date={TUESDAY}&from={start}&to={end}", headers={"X-Part": "sheet"})
    assert found.status_code == 200
    return found.text


def test_sheet_of_a_taken_place_offers_the_line(line: Line, alva: FlaskClient) -> None:
    a1 = line.small.a1
    assert "Säg till" not in sheet(alva, a1)
    line.book(span=DAY)
    page = sheet(alva, a1)
    assert "Säg till när den blir ledig" in page and '<details class="more wait" open>' in page
    assert 'name="start"' in page and '<option value="09:00" selected>09.00</option>' in page
    assert '<option value="12:00" selected>12.00</option>' in page
    assert (
        "Skrivbord A1" in page
        and "Vilket skrivbord som helst" in page
        and "Perrongen" not in page.partition("Vad som duger")[2].partition("</fieldset>")[0]
    )
    answer = post(alva, "/waits", {"space": a1, **WISH})
    assert answer.status_code == 303
    assert "Du är först i kön." in alva.get(answer.location).text
    page = sheet(alva, a1)
    assert "Du är först i kön." in page and answer.location in page and 'action="/waits"' not in page
    bo = log_in(browser(line.app), "bo")
    page = sheet(bo, a1)
    assert "Fullt, 1 i kö. Ställ dig i kön" in page
    again = post(alva, "/waits", {"space": a1, **WISH})
    assert again.location == answer.location
    page = bo.get(post(bo, "/waits", {"space": a1, **WISH}).location).text
    assert "Du är tvåa i kön." in page and "Lämna kön" in page


def test_sheet_says_it_where_a_part_of_the_day_is_left(line: Line, alva: FlaskClient) -> None:
    line.book()
    page = sheet(alva, line.small.a1)
    assert '<details class="more wait"><summary>' in page  # folded: first what can be booked
    assert "Säg till" not in sheet(alva, line.small.a1, "13:00", "17:00")
    host = log_in(browser(line.app), "host")
    assert "Säg till" not in sheet(host, line.small.a1)  # it is the host's own


def test_closed_and_past_times_have_no_line(line: Line, alva: FlaskClient) -> None:
    line.book(span=DAY)
    assert "Säg till" not in sheet(alva, line.small.a1, "06:00", "08:00")
    found = alva.get(f"/book/{line.small.a1}?date=2026-11-28", headers={"X-Part": "sheet"})
    assert "Säg till" not in found.text


@pytest.mark.parametrize("part", [True, False])
def test_refused_booking_offers_the_line_beside_the_alternatives(line: Line, alva: FlaskClient, part: bool) -> None:
    line.book()
    headers = {"X-Part": "sheet"} if part else {}
    answer = post(alva, "/bookings", {"space": line.small.a1, **WISH}, headers=headers)
    assert answer.status_code == 409
    assert "Säg till när den blir ledig" in answer.text and '<details class="more wait" open>' in answer.text
    assert answer.text.count('action="/bookings"') >= 3 and 'action="/waits"' in answer.text
    refused = post(alva, "/bookings", {"space": line.small.a1, **WISH, "end": "08:00"})
    assert refused.status_code == 422 and "Säg till" not in refused.text


def test_line_for_what_is_free_offers_to_book_it(line: Line, alva: FlaskClient) -> None:
    answer = post(alva, "/waits", {"space": line.small.a1, **WISH})
    assert answer.status_code == 422
    assert "A1 är ledig då. Boka i stället för att vänta." in answer.text and "Boka A1" in answer.text
    for wrong, status in (
        ({"space": 10_000}, 404),
        ({"start": "x"}, 422),
        ({"date": "2026-13-77"}, 422),
        ({"what": "moon"}, 422),
    ):
        assert post(alva, "/waits", {"space": line.small.a1, **WISH, **wrong}).status_code == status, wrong


def test_any_desk_of_the_house(line: Line, alva: FlaskClient) -> None:
    small = line.small
    for name, space in (("cia", small.a1), ("dan", small.a2), ("eva", small.a3)):
        line.book(name, space)
    answer = post(alva, "/waits", {"space": small.a1, **WISH, "what": "kind"})
    page = alva.get(answer.location).text
    assert "<h1>Vilket skrivbord som helst</h1>" in page and "Du är först i kön." in page
    answer = post(alva, "/waits", {"space": small.a1, **WISH, "what": "zone"})
    assert "Vilket skrivbord som helst i Perrongen" in alva.get(answer.location).text


def test_offer_is_taken_with_one_press(line: Line, alva: FlaskClient) -> None:
    booking = line.book()
    wait = line.join("alva")
    line.cancel(booking)
    mine = alva.get("/bookings").text
    assert "I kö" in mine and "Ledig för dig. Den hålls till mån 23 nov 10.10." in mine
    page = alva.get(f"/waits/{wait}").text
    main = page.partition("<main")[2].partition("</main>")[0]
    assert main.count("btn-primary") == 1 and "Ta Skrivbord A1, tis 24 nov 09–12</button>" in main
    answer = post(alva, f"/waits/{wait}/take")
    assert answer.status_code == 303 and answer.location.startswith("/bookings/")
    assert post(alva, f"/waits/{wait}/take").location == answer.location
    assert "A1 är din, tis 24 nov 09–12." in alva.get(answer.location).text
    assert "Du har bokat den." in alva.get(f"/waits/{wait}").text
    assert "I kö" not in alva.get("/bookings").text


def test_offer_that_is_over_says_so_and_what_instead(line: Line, alva: FlaskClient, clock: Clock) -> None:
    booking = line.book()
    wait, second = line.join("alva"), line.join("bo")
    line.cancel(booking)
    clock.now = line.now = line.now + 2 * HOUR
    answer = post(alva, f"/waits/{wait}/take")
    assert answer.status_code == 409 and "Erbjudandet är slut. Nästa i kön har fått frågan." in answer.text
    assert "Boka A" in answer.text  # another desk at the same time
    line.look()
    assert "Erbjudandet gick ut utan svar." in alva.get(f"/waits/{wait}").text
    assert line.state(second) == "offered"


def test_passing_and_leaving(line: Line, alva: FlaskClient, bo: FlaskClient) -> None:
    booking = line.book()
    first, second = line.join("alva"), line.join("bo")
    line.cancel(booking)
    answer = post(alva, f"/waits/{first}/pass")
    assert (answer.status_code, answer.location) == (303, "/bookings")
    assert "Du tackade nej." in alva.get("/bookings").text
    assert post(bo, f"/waits/{second}/leave").status_code == 303
    assert "Du har lämnat kön." in bo.get("/bookings").text
    assert line.states(first, second) == ["passed", "left"]


@pytest.mark.parametrize("act", ["", "/take", "/pass", "/leave"])
def test_another_members_wait_is_unknown(line: Line, bo: FlaskClient, act: str) -> None:
    line.book()
    wait = line.join("alva")
    answer = post(bo, f"/waits/{wait}{act}") if act else bo.get(f"/waits/{wait}")
    assert answer.status_code == 404
    assert line.state(wait) == "waiting"


def test_who_was_passed_over_reads_why(line: Line, alva: FlaskClient) -> None:
    booking = line.book()
    wait = line.join("alva")
    line.book("alva", line.small.a2)
    line.cancel(booking)
    page = alva.get(f"/waits/{wait}").text
    assert "Den var ledig en stund, men inte för dig: Du har redan A2 09.00–12.00." in page
    english = log_in(browser(line.app, "en"), "alva").get(f"/waits/{wait}").text
    assert "You already have A2 09:00–12:00." in english


def test_lists_cost_the_same_for_one_and_for_many(line: Line, alva: FlaskClient) -> None:
    line.book(span=DAY)
    line.join("bo"), line.join("alva")
    alva.get("/bookings")
    with statements(line.app) as one:
        alva.get("/bookings")
    for hour in (9, 10, 11, 13):
        line.join("alva", span=at(TUESDAY, f"{hour:02}:00", f"{hour + 1:02}:00"))
    with statements(line.app) as many:
        page = alva.get("/bookings").text
    assert page.count("/leave") == 5 and page.count("Du är tvåa i kön.") == 4
    assert len(many) == len(one)
    sheet(alva, line.small.a3, "15:00", "17:00")  # reads what is announced, for a while
    with statements(line.app) as with_line:
        sheet(alva, line.small.a1, "15:00", "17:00")
    with statements(line.app) as without:
        sheet(alva, line.small.a2, "15:00", "17:00")
    assert len(with_line) == len(without) + 1  # the line, where there is one


# -- links in mails ---------------------------------------------------------------------------------------------------


def links(app: Flask, line: Line, name: str) -> tuple[Any, dict[str, str]]:
    base = "https://station.example.org"
    sender = Sender("Station <station@example.org>", base)
    with app.app_context():
        mail = db.session.scalars(select(Mail).where(Mail.member_id == line.small.people[name])).one()
        said = write(app, mail, sender)
        assert compose(app, mail, sender)["Subject"] == said.subject
    return said, {words: link.removeprefix(base) for words, link in (said.action, said.other)}


def press(client: FlaskClient, link: str) -> Any:
    return client.post(link, data={"csrf_token": token_of(client)})


def heading(page: str) -> str:
    found = re.search(r"<h1>(.*?)</h1>", page)
    assert found
    return found[1]


def test_mail_carries_the_offer(app: Flask, line: Line, clock: Clock) -> None:
    booking = line.book()
    wait, second = line.join("alva"), line.join("bo")
    line.cancel(booking)
    said, found = links(app, line, "alva")
    assert said.subject == "A1 är ledig för dig, tis 24 nov 09–12"
    assert said.lead == "Det är din tur. Platsen hålls åt dig till mån 23 nov 10.10, sedan får nästa frågan."
    assert list(found) == ["Ta den", "Nej tack, inte för mig"]
    client = browser(app)
    yes, no = found.values()
    for _ in range(2):
        assert heading(client.get(yes).text) == "Ta Skrivbord A1?"
        assert heading(client.get(no).text) == "Tacka nej till Skrivbord A1?"
    assert line.states(wait, second) == ["offered", "waiting"]
    for _ in range(2):
        assert press(client, yes).status_code == 303
    assert heading(client.get(yes).text) == "Skrivbord A1, tis 24 nov 09–12 är din."
    assert client.get(no).status_code == press(client, no).status_code == 410
    assert line.states(wait, second) == ["taken", "waiting"]


def test_links_of_an_offer_end_with_it(app: Flask, line: Line, clock: Clock) -> None:
    booking = line.book()
    wait, second = line.join("alva"), line.join("bo")
    line.cancel(booking)
    _said, found = links(app, line, "alva")
    yes, no = found.values()
    client = browser(app)
    assert press(client, no).status_code == 303
    assert heading(client.get(no).text) == "Du tackade nej."
    assert client.get(yes).status_code == press(client, yes).status_code == 410
    assert line.states(wait, second) == ["passed", "offered"]
    _said, found = links(app, line, "bo")
    clock.now = line.now = line.now + 2 * HOUR
    for link in found.values():
        assert client.get(link).status_code == press(client, link).status_code == 410
    assert line.state(second) == "offered"  # the job has not run yet


def test_link_asks_to_accept_new_rules_first(app: Flask, line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    booking = line.book()
    line.join("alva")
    line.cancel(booking)
    _said, found = links(app, line, "alva")
    monkeypatch.setattr(deeds, "booking_refusals", lambda _person: [Refusal("rules-new")])
    answer = browser(app).get(found["Ta den"])
    assert answer.status_code == 422
