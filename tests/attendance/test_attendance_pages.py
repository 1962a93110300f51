"""The ticket, the door, badges, the file and the list for an evacuation, as they are met over HTTP."""

from __future__ import annotations

import html
import re
from datetime import datetime
from io import BytesIO

import pytest
from flask import Flask
from flask.testing import FlaskClient
from openpyxl import load_workbook
from sqlalchemy import select, update

from innovation_station.attendance import links, queries, sheets
from innovation_station.db import db, transaction
from innovation_station.events import service as events
from innovation_station.members.models import Member
from innovation_station.registration import links as registration_links
from innovation_station.registration.models import Registration
from innovation_station.registration.rules import Question
from tests.attendance.conftest import LATER
from tests.conftest import NOW, Clock, browser, log_in, post, statements
from tests.events.test_event_pages import each_request_by_itself, main
from tests.registration.conftest import Desk

assert each_request_by_itself


@pytest.fixture
def host(app: Flask, clock: Clock) -> FlaskClient:
    clock.now = LATER
    return log_in(browser(app), "host")


def test_a_ticket_is_a_page_and_a_picture_and_opens_nothing(app: Flask, desk: Desk, client: FlaskClient) -> None:
    row = desk.come("gina@example.org")
    path = links.path(row)
    answer = client.get(path)
    text = main(answer.text)
    assert answer.status_code == 200 and "Gina Gäst" in text and "Scenen" in text and "<svg" in answer.text
    assert "Checka in" not in text and "gina@example.org" not in answer.text
    assert answer.headers["X-Robots-Tag"] == "noindex" and answer.headers["Referrer-Policy"] == "no-referrer"
    picture = client.get(f"{path}.png")
    assert picture.mimetype == "image/png" and picture.data.startswith(b"\x89PNG")
    assert "Set-Cookie" not in picture.headers
    stranger = browser(app)
    stranger.get("/login")
    assert post(stranger, path, {"act": "arrived"}).status_code == 403
    alva = log_in(browser(app), "alva")
    alva.get(path)
    assert post(alva, path, {"act": "arrived"}).status_code == 403
    assert queries.came(desk.event.id) == 0
    for wrong in ("x", path[9:-2], registration_links.token(row)):
        assert client.get(f"/tickets/{wrong}").status_code == 410
    assert html.escape(path) in client.get(registration_links.path(row)).text, "the guest's own page leads to it"
    desk.join("alva")
    assert "Visa min biljett" in alva.get(f"/events/{desk.event.slug}").text
    assert "Visa min biljett" not in client.get(f"/events/{desk.event.slug}").text
    desk.cancel(row)
    assert "<svg" not in main(client.get(path).text) and "Avbokad" in main(client.get(path).text)


def test_staff_who_open_a_ticket_check_in_with_one_button(desk: Desk, host: FlaskClient) -> None:
    row = desk.come("gina@example.org")
    path = links.path(row)
    assert "Checka in" in main(host.get(path).text) and queries.came(desk.event.id) == 0
    done = post(host, path, {"act": "arrived"})
    assert done.status_code == 303 and done.location.endswith(f"/staff/events/{desk.event.id}/door?scan=1")
    assert "Gina Gäst är här." in main(host.get(done.location).text)
    again = post(host, path, {"act": "arrived"})
    assert again.status_code == 409 and "Redan incheckad mån 23 nov 09.10, av Hanna Lund." in main(again.text)
    assert post(host, path, {"act": "undo"}).status_code == 303 and queries.came(desk.event.id) == 0
    assert post(host, path, {"act": "fly"}).status_code == 422


def test_the_door_finds_names_and_follows_other_doors(app: Flask, desk: Desk, host: FlaskClient) -> None:
    desk.settle(capacity=60)
    row = desk.join("alva")
    desk.come("gina@example.org")
    path = f"/staff/events/{desk.event.id}/door"
    page = host.get(path)
    assert (
        "camera=(self)" in page.headers["Permissions-Policy"]
        and "camera=()" in host.get("/staff").headers["Permissions-Policy"]
    )
    text = main(page.text)
    assert "0 av 2 är här." in text and "Alva Lindqvist" in text and "Gina Gäst" in text
    assert (
        "Gina" not in main(host.get(f"{path}?q=lindq").text) and "Ingen med det namnet" in host.get(f"{path}?q=zz").text
    )
    tag = html.unescape(re.search(r'data-etag="([^"]+)"', page.text)[1])  # type: ignore[index]
    asked = {"X-Part": "day", "If-None-Match": tag}
    assert host.get(path, headers=asked).status_code == 304
    done = post(host, f"{path}/{row.id}", {"act": "arrived", "q": "alva"})
    assert done.status_code == 303 and done.location.endswith("door?q=alva")
    fresh = host.get(path, headers=asked)
    assert fresh.status_code == 200 and "1 av 2 är här." in fresh.text and "Här 09.10, Hanna Lund" in fresh.text
    assert post(host, f"{path}/{row.id}", {"act": "arrived"}).status_code == 409
    assert post(host, f"{path}/99999", {"act": "arrived"}).status_code == 404
    with statements(app) as few:
        host.get(path)
    for number in range(6):
        desk.come(f"guest{number}@example.org")
    with statements(app) as many:
        host.get(path)
    assert len(many) == len(few)
    assert post(host, f"{path}/{row.id}", {"act": "undo"}).status_code == 303 and queries.came(desk.event.id) == 0


def test_somebody_without_a_registration_is_let_in(desk: Desk, host: FlaskClient) -> None:
    desk.settle(capacity=1)
    path = f"/staff/events/{desk.event.id}"
    assert post(host, f"{path}/walk-in", {"name": ""}).status_code == 422
    assert post(host, f"{path}/walk-in", {"name": "Kim Sand"}).status_code == 303
    full = post(host, f"{path}/walk-in", {"name": "Lo Berg", "email": "lo@example.org"})
    assert full.status_code == 409 and "Alla 1 platser är tagna." in main(full.text) and 'value="Lo Berg"' in full.text
    sent = {"name": "Lo Berg", "email": "lo@example.org", "reason": "Kommer med talaren"}
    assert post(host, f"{path}/walk-in", sent).status_code == 303
    assert "2 av 2 är här." in main(host.get(f"{path}/door").text)
    waiting = desk.guest("vera@example.org", "Vera Väntar")
    desk.confirm(waiting)
    page = host.get(f"{path}/door").text
    assert "Vera Väntar" in page and "Ge plats och checka in" in page
    assert post(host, f"{path}/door/{waiting.id}", {"act": "arrived"}).status_code == 409
    assert post(host, f"{path}/door/{waiting.id}", {"act": "arrived", "reason": "Ryms"}).status_code == 303


def test_badges_the_file_and_the_list_of_the_house(desk: Desk, host: FlaskClient) -> None:
    row = desk.join("alva")
    desk.come("gina@example.org", typed={})
    with transaction():
        db.session.execute(update(Member).where(Member.email == "alva@example.org").values(name="=Alva"))
        row = desk.of(row)
        row.name = "=Alva"
        events.add_speaker(
            desk.stage.who(), desk.event.id, name="Ida Alm", title="Docent", affiliation="Skolan", now=NOW
        )
    path = f"/staff/events/{desk.event.id}"
    assert post(host, f"{path}/door/{row.id}", {"act": "arrived"}).status_code == 303
    text = main(host.get(f"{path}/badges").text)
    assert "3 namnskyltar" in text and text.index("Ida Alm") < text.index("Gina Gäst")
    assert "Skolan Talare" in re.sub(r"\s+", " ", text) and text.split("Talare")[1].count("Deltagare") == 2
    file = host.get(f"{path}/attendance.csv")
    assert file.mimetype == "text/csv" and "-attendance.csv" in file.headers["Content-Disposition"]
    lines = file.text.lstrip("\ufeff").splitlines()
    assert lines[0] == "Nummer;Namn;E-post;Organisation;Läge;Kom;Hur"
    assert lines[1] == "1;'=Alva;alva@example.org;;Har plats;2026-11-23 09:10;Från listan"
    assert lines[2].startswith("2;Gina Gäst;gina@example.org;;Har plats;;")
    desk.settle(questions=(
        Question("day", "choice", ("Dag", "Day"), (("Ett", "One"), ("Två", "Two"))),
        Question("food", "diet", ("Mat", "Food")), Question("why", "text", ("Varför", "Why")),
    ))  # fmt: skip
    with transaction():
        row = desk.of(row)
        row.answers, row.diet = {"day": "1", "why": "=2+2"}, "Vegan"
    asked = desk.settle().terms.questions
    desk.settle(questions=(Question("k7", "text", ("Organisation", "Organisation")), *asked))
    with transaction():
        gina = db.session.scalars(select(Registration).where(Registration.name == "Gina Gäst")).one()
        gina.answers = {"k7": "Gästbolaget"}
    assert "Gästbolaget" in main(host.get(f"{path}/badges").text)
    desk.settle(questions=asked)
    lines = host.get(f"{path}/attendance.csv").text.lstrip("\ufeff").splitlines()
    assert lines[0].endswith(";Hur;Dag;Varför") and lines[1].endswith(";Från listan;Två;'=2+2"), "no food in files"
    file = host.get(f"{path}/attendance.xlsx")
    assert file.mimetype == sheets.MIMETYPE and "-attendance.xlsx" in file.headers["Content-Disposition"]
    sheet = load_workbook(BytesIO(file.data)).active
    table = [[cell.value for cell in line] for line in sheet.rows]
    came = datetime.fromisoformat("2026-11-23 09:10")
    assert table[0] == lines[0].split(";") and table[1][5] == came
    assert table[1] == [1, "=Alva", "alva@example.org", None, "Har plats", came, "Från listan", "Två", "=2+2"]
    assert {sheet["B2"].data_type, sheet["I2"].data_type} == {"s"}  # a name is no formula, nor an answer
    page = main(host.get("/staff/evacuation").text)
    assert "mån 23 nov 2026 09.10" in page and "1 person är noterad som här" in page and "=Alva" in page
    assert "Gina" not in page, "who has not come is not in the house"
