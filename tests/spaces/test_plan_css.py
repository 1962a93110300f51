"""The style sheet that places everything on the plan, and photographs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from innovation_station.db import db, transaction
from innovation_station.spaces import queries, service
from innovation_station.spaces.drawing import plan_css
from innovation_station.spaces.models import Floor, Space
from innovation_station.spaces.rules import Area, Box, House, Storey
from tests.conftest import Small, browser, statements

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 16


def revision(app: Flask) -> int:
    with app.app_context():
        return queries.house().revision


def test_sheet_places_floor_zone_and_space(app: Flask, small: Small, client: FlaskClient) -> None:
    answer = client.get(f"/floors/plan-{revision(app)}.css")
    assert answer.status_code == 200 and answer.mimetype == "text/css"
    assert f".sp-{small.a2}{{--x:89;--y:22;--w:50;--h:48}}" in answer.text
    assert "{--W:960;--H:500}" in answer.text and "{--x:34;--y:90;--w:300;--h:20}" in answer.text


def test_sheet_is_kept_for_ever_under_its_own_revision_only(app: Flask, client: FlaskClient) -> None:
    now = revision(app)
    assert "immutable" in client.get(f"/floors/plan-{now}.css").headers["Cache-Control"]
    for other in (now - 1, now + 1):
        kept = client.get(f"/floors/plan-{other}.css").headers["Cache-Control"]
        assert "immutable" not in kept and "max-age=10" in kept


def test_sheet_changes_its_address_with_the_house(app: Flask, small: Small) -> None:
    before = revision(app)
    with app.app_context(), transaction():
        service.set_bookable(small.a1, False)
    assert revision(app) > before


def test_sheet_touches_no_session_and_costs_one_statement(app: Flask, client: FlaskClient) -> None:
    address = f"/floors/plan-{revision(app)}.css"
    with statements(app) as seen:
        answer = client.get(address)
    assert "Set-Cookie" not in answer.headers and "Cookie" not in answer.headers.get("Vary", "")
    assert len(seen) == 1, seen


@pytest.mark.parametrize(
    "path", ["/floors/plan-.css", "/floors/plan--1.css", "/floors/plan-x.css", "/floors/plan-1.svg"]
)
def test_sheet_of_no_revision_is_no_page(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code == 404


def test_labels_get_in_as_figures_only() -> None:
    labels = [
        {
            "text": {"sv": "Köket", "en": "Kitchen"},
            "x": 1,
            "y": 2,
            "w": 3,
            "h": 4,
            "turned": {"x": 5, "y": 6, "w": 7, "h": 8},
        },
        {"text": {"sv": "x", "en": "x"}, "x": "0}body{display:none", "y": 2, "w": 3, "h": 4},
        {"text": {"sv": "x", "en": "x"}},
    ]
    floor = Storey(3, {"sv": "Plan", "en": "Floor"}, 960, 500, [], labels)
    zone = Area(9, 3, {"sv": "Z", "en": "Z"}, Box(1, 1, 1, 1), Box(2, 2, 2, 2))
    house = House(1, "H", "", {"sv": "", "en": ""}, None, {}, {3: floor}, {9: zone}, {})
    assert plan_css(house).splitlines() == [
        ".fl-3{--W:960;--H:500}",
        ".lb-3-0{--x:1;--y:2;--w:3;--h:4}",
        ".lb-3-0-turned{--x:5;--y:6;--w:7;--h:8}",
        ".zn-9{--x:1;--y:1;--w:1;--h:1}",
        ".zn-9-turned{--x:2;--y:2;--w:2;--h:2}",
    ]


def photo(app: Flask, space_id: int, name: str | None) -> None:
    with app.app_context(), transaction() as session:
        space = session.get(Space, space_id)
        assert space is not None
        space.photo = name
        session.flush()
        service.changed()


def test_photo_is_a_picture_from_the_photo_folder(app: Flask, small: Small) -> None:
    folder = Path(app.config["STATION"].instance) / "photos"
    folder.mkdir()
    (folder / "a1.png").write_bytes(PNG)
    photo(app, small.a1, "a1.png")
    with browser(app).get(f"/spaces/{small.a1}/photo") as answer:
        assert answer.status_code == 200 and answer.mimetype == "image/png" and answer.data == PNG
        assert answer.headers["X-Content-Type-Options"] == "nosniff" and "Set-Cookie" not in answer.headers


def test_sheet_shows_the_photo_where_there_is_one(app: Flask, small: Small, alva: FlaskClient) -> None:
    folder = Path(app.config["STATION"].instance) / "photos"
    folder.mkdir()
    (folder / "a1.png").write_bytes(PNG)
    photo(app, small.a1, "a1.png")
    (shown,) = re.findall(r"<img[^>]*>", alva.get(f"/book/{small.a1}").text)
    assert 'alt="Foto: Skrivbord A1"' in shown and 'loading="lazy"' in shown
    assert re.search(r'width="\d+" height="\d+"', shown)
    (address,) = re.findall(r'src="([^"]+)"', shown)
    with alva.get(address) as answer:
        assert answer.status_code == 200 and answer.data == PNG
    assert "<img" not in alva.get(f"/book/{small.a2}").text


@pytest.mark.parametrize(
    "name", [None, "", "gone.png", "../station.toml", "../secret.png", "/etc/passwd", "a.svg", "a.html", "photos"]
)
def test_photo_of_anything_else_is_no_page(app: Flask, small: Small, name: str | None) -> None:
    folder = Path(app.config["STATION"].instance)
    (folder / "photos").mkdir()
    for file in ("photos/a.svg", "photos/a.html", "secret.png", "station.toml"):
        (folder / file).write_bytes(PNG)
    photo(app, small.a1, name)
    assert browser(app).get(f"/spaces/{small.a1}/photo").status_code == 404


def test_photo_of_unknown_space_is_no_page(client: FlaskClient) -> None:
    for space in ("99999", str(10**20), "0", "-1", "x"):
        assert client.get(f"/spaces/{space}/photo").status_code == 404


def test_two_floors_have_their_own_size(app: Flask) -> None:
    with app.app_context(), transaction() as session:
        session.add(Floor(name_sv="Plan 7", name_en="Floor 7", width=300, height=200, shapes=[], labels=[]))
        session.flush()
        service.changed()
    with app.app_context():
        text = plan_css(queries.house())
        db.session.rollback()
    assert "--W:960;--H:500" in text and "--W:300;--H:200" in text
