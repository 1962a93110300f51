"""The pages on which the house is arranged: floors, the plan of one, places, files and signs."""

from __future__ import annotations

import json
import re
from io import BytesIO
from typing import Any

import pytest
from click.testing import CliRunner, Result
from flask import Flask
from flask.cli import ScriptInfo
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import select

from innovation_station.cli import cli
from innovation_station.db import db, transaction
from innovation_station.housing import arranging
from innovation_station.spaces import service as spaces
from innovation_station.spaces.models import Closure, Floor, FloorPicture, Space
from innovation_station.spaces.queries import house
from innovation_station.spaces.rules import Box
from tests.conftest import Small, browser, log_in, post, statements
from tests.housing.test_closures_pages import booked, token_of

PATH = "/staff/house"


def admin(app: Flask) -> FlaskClient:
    return log_in(browser(app, "en"), "admin")


def fields(page: str) -> dict[str, str]:
    """Read the form of a floor as a browser would send it."""
    page = re.sub(r"<template.*?</template>", "", page, flags=re.DOTALL)
    part = page[page.index('id="plan-form"') : page.index("</form>", page.index('id="plan-form"'))]
    found: dict[str, str] = {}
    for tag in re.findall(r"<input[^>]*>", part):
        name = re.search(r'name="([^"]+)"', tag)
        if name and (('type="checkbox"' not in tag and 'type="radio"' not in tag) or " checked" in tag):
            value = re.search(r'value="([^"]*)"', tag)
            found[name[1]] = value[1] if value else ""
    for name, options in re.findall(r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', part, flags=re.DOTALL):
        chosen = re.search(r'<option value="([^"]*)" selected', options) or re.search(
            r'<option value="([^"]*)"', options
        )
        found[name] = chosen[1] if chosen else ""
    return {name: value for name, value in found.items() if name != "csrf_token"}


def key_of(form: dict[str, str], name: str) -> str:
    return next(
        key.rpartition("-")[0]
        for key, value in form.items()
        if key.startswith("s-") and key.endswith("-name") and value == name
    )


def floor_path(app: Flask) -> str:
    with app.app_context():
        return f"{PATH}/floors/{next(iter(house().floors))}"


def test_a_floor_is_arranged_by_its_form_alone_and_the_book_page_shows_it_at_once(app: Flask, small: Small) -> None:
    client, path, member = admin(app), floor_path(app), log_in(browser(app))
    member.get("/book?date=2026-11-24")
    form = fields(client.get(path).text)
    a1 = key_of(form, "A1")
    form |= {f"{a1}-x": "400", f"{a1}-y": "200", "s-new-name": "B1", "s-new-x": "500", "s-new-y": "200", "s-new-w": "50",
             "s-new-h": "50", "h-newline-x1": "0", "h-newline-y1": "10", "h-newline-x2": "90", "h-newline-y2": "10"}  # fmt: skip
    assert post(client, path, form | {"act": "save"}).status_code == 303
    page = member.get("/book?date=2026-11-24").text
    sheet = member.get(re.search(r'href="(/floors/plan-\d+\.css)"', page)[1]).text  # type: ignore[index]
    assert f".sp-{small.a1}{{--x:400;--y:200;" in sheet and "B1" in page and '<line class="p-wall" x1="0"' in page
    # a second look, unchanged, changes nothing; an empty row is none
    again = fields(client.get(path).text)
    assert post(client, path, again | {"act": "save"}).status_code == 303
    assert again["base"] == fields(client.get(path).text)["base"]


def test_what_is_wrong_is_said_and_what_was_typed_stands(app: Flask, small: Small) -> None:
    client, path = admin(app), floor_path(app)
    form = fields(client.get(path).text)
    a1 = key_of(form, "A1")
    for typed, said in (
        ({f"{a1}-x": "940"}, "A1 lies outside the floor."), ({f"{a1}-w": "5"}, "A1 is too small"),
        ({f"{a1}-x": "80"}, "lies over"), ({f"{a1}-x": "one"}, "Write a whole number"), ({f"{a1}-x": "1.5"}, "Write a whole number"),
        ({f"{a1}-name": "A2"}, "There is a place named A2 already."), ({"width": "9"}, "A drawing is from 200 to 4000"),
    ):  # fmt: skip
        answer = post(client, path, form | typed | {"act": "save"})
        assert answer.status_code == 422 and said in answer.text, typed
        assert fields(answer.text) | {"base": ""} == form | typed | {"base": ""}
    assert post(client, path, form | {f"{a1}-x": "80", "overlaps": "1", "act": "save"}).status_code == 303


def test_two_who_edit_one_floor_lose_nothing(app: Flask, small: Small) -> None:
    client, path = admin(app), floor_path(app)
    mine = fields(client.get(path).text)
    theirs = dict(mine)
    theirs |= {f"{key_of(theirs, 'A2')}-y": "200", "s-new-name": "B1", "s-new-x": "500", "s-new-y": "200",
               "s-new-w": "50", "s-new-h": "50", "act": "save"}  # fmt: skip
    assert post(client, path, theirs).status_code == 303
    answer = post(client, path, mine | {f"{key_of(mine, 'A1')}-y": "150", "act": "save"})
    assert answer.status_code == 409
    assert "Somebody else has saved this floor" in answer.text
    assert "A2: where it lies 89, 200, 50 × 48 → 89, 22, 50 × 48" in answer.text
    form = fields(answer.text)
    assert form[f"{key_of(form, 'A1')}-y"] == "150" and key_of(form, "B1")  # what they added is in mine
    form[f"{key_of(form, 'A2')}-y"] = "200"
    assert post(client, path, form | {"act": "save"}).status_code == 303
    with app.app_context():
        places = {place.name: place.box for place in house().places.values()}
    assert (places["A1"].y, places["A2"].y, places["B1"]) == (150, 200, Box(500, 200, 50, 50))


def test_what_somebody_adds_meanwhile_is_not_archived_by_the_form_of_another_place(
    app: Flask, small: Small, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, save = admin(app), arranging.save
    said = {"name": "A1", "kind": "desk", "capacity": "1", "zone": "0", "bookable": "y"}
    assert post(client, f"{PATH}/spaces/{small.a2}/archive").status_code == 303

    def later(*given: Any, **more: Any) -> Any:
        floor = db.session.scalars(select(Floor)).one()
        spaces.add_space(floor=floor, kind="desk", name="B9", box=Box(700, 300, 20, 20))
        return save(*given, **more)

    monkeypatch.setattr(arranging, "save", later)
    for path, data in ((f"{small.a1}", said), (f"{small.a1}/archive", {}), (f"{small.a2}/restore", {})):
        answer = post(client, f"{PATH}/spaces/{path}", data)
        assert answer.status_code == 409 and "Somebody else has saved this floor" in answer.text, path
    with app.app_context():
        assert not house().places[small.a1].archived_at and house().places[small.a2].archived_at


def test_what_is_taken_away_is_decided_about_on_the_page(app: Flask, small: Small) -> None:
    client, path = admin(app), floor_path(app)
    booking = booked(app, small, small.a1, "09:00", "10:00")
    form = fields(client.get(path).text)
    form |= {f"{key_of(form, 'A1')}-gone": "1", "act": "save"}
    answer = post(client, path, form)
    assert answer.status_code == 409 and "It hits one booking" in answer.text and "Move it to Desk A2" in answer.text
    sent = fields(answer.text) | {"act": "save", f"hit-{booking}": "move"}
    assert post(client, path, sent).status_code == 303
    page = log_in(browser(app)).get("/book?date=2026-11-24").text
    assert f"sp-{small.a1}" not in page and f'data-space="{small.a1}"' not in page
    assert "A1" in client.get(PATH).text and post(client, f"{PATH}/spaces/{small.a1}/restore").status_code == 303
    assert f"sp-{small.a1} " in log_in(browser(app)).get("/book?date=2026-11-24").text


def test_desks_are_laid_out_without_a_script(app: Flask, small: Small) -> None:
    client, path = admin(app), floor_path(app)
    form = fields(client.get(path).text)
    lay = {"lay_prefix": "A", "lay_count": "4", "lay_across": "2", "lay_x": "400", "lay_y": "200"}
    answer = post(client, path, form | lay | {"act": "lay"})
    assert answer.status_code == 200
    filled = fields(answer.text)
    assert [filled[f"{key_of(filled, name)}-x"] for name in ("A4", "A5", "A6", "A7")] == ["400", "460", "400", "460"]
    assert post(client, path, filled | {"act": "save"}).status_code == 303
    assert post(client, path, form | lay | {"lay_count": "101", "act": "lay"}).status_code == 422


def test_floors_come_are_ordered_go_and_come_back(app: Flask, small: Small) -> None:
    client = admin(app)
    made = post(client, PATH, {"name_sv": "Källaren", "width": "600", "height": "400"})
    assert made.status_code == 303
    path = made.location
    assert post(client, PATH, {"name_sv": "", "width": "600", "height": "400"}).status_code == 422
    form = fields(client.get(path).text)
    assert (
        post(
            client,
            path,
            form
            | {"s-new-name": "K1", "s-new-x": "0", "s-new-y": "0", "s-new-w": "50", "s-new-h": "50", "act": "save"},
        ).status_code
        == 303
    )
    number = path.rpartition("/")[2]
    post(client, f"{path}/order", {"to": "up"})
    page = client.get(PATH).text
    assert page.index("Källaren") < page.index("Floor 6")
    assert client.get(f"{path}/archive").status_code == 200 and post(client, f"{path}/archive").status_code == 303
    assert client.get(path).status_code == 404
    assert "Källaren" not in log_in(browser(app)).get("/book?date=2026-11-24").text
    assert post(client, f"{PATH}/floors/{number}/restore").status_code == 303
    assert "K1" in log_in(browser(app)).get("/book?date=2026-11-24").text


def picture(kind: str = "PNG", size: tuple[int, int] = (300, 200)) -> BytesIO:
    file = BytesIO()
    Image.new("RGB", size, "navy").save(file, kind)
    file.seek(0)
    return file


def test_photographs_and_plans_are_made_anew(app: Flask, small: Small) -> None:
    client, path = admin(app), f"{PATH}/spaces/{small.room}"
    saved = {
        "name": "Hågelby",
        "kind": "room",
        "capacity": "10",
        "zone": "0",
        "amenities": ["screen"],
        "bookable": "y",
        "photo_en": "A table",
    }
    assert post(client, path, saved).status_code == 303
    assert post(client, f"{path}/photo", {"photo": (picture(), "x.png")}).status_code == 303
    sheet = log_in(browser(app, "en")).get(f"/book/{small.room}?date=2026-11-24").text
    assert 'alt="A table"' in sheet and "10" in sheet
    answer = client.get(f"/spaces/{small.room}/photo")
    assert answer.mimetype == "image/webp" and Image.open(BytesIO(answer.data)).size == (300, 200)
    svg = b'<svg xmlns="http://www.w3.org/2000/svg"><script>1</script></svg>'
    refused = post(client, f"{path}/photo", {"photo": (BytesIO(svg), "x.png")})
    assert refused.status_code == 422 and "Hågelby" in refused.text
    assert post(client, f"{path}/photo", {"remove": "1"}).status_code == 303
    assert client.get(f"/spaces/{small.room}/photo").status_code == 404
    plan = floor_path(app)
    assert post(client, f"{plan}/picture", {"plan": (picture("JPEG"), "x.jpg")}).status_code == 303
    assert f'data-picture="{plan}/picture?v=1"' in client.get(plan).text
    assert client.get(f"{plan}/picture").mimetype == "image/webp"
    assert log_in(browser(app)).get(f"{plan}/picture").status_code == 403
    assert post(client, f"{plan}/picture", {"plan": (BytesIO(svg), "plan.svg")}).status_code == 422
    assert post(client, f"{plan}/picture", {"remove": "1"}).status_code == 303
    with app.app_context():
        assert db.session.get(FloorPicture, 1) is None
    for wrong, said in (
        ({"capacity": "0"}, "must have room"),
        ({"name": "A1"}, "There is a place named A1"),
        ({"name": ""}, "Give it a name"),
    ):
        answer = post(client, path, saved | wrong)
        assert answer.status_code == 422 and said in answer.text, wrong


def test_a_file_is_looked_at_and_taken_in(app: Flask, small: Small) -> None:
    client = admin(app)
    booking = booked(app, small, small.a1, "09:00", "10:00")
    data: dict[str, Any] = json.loads(client.get(f"{PATH}/house.json").text)
    assert client.get(f"{PATH}/house.json?floor=987").status_code == 404
    assert (
        len(json.loads(client.get(f"{PATH}/house.json?floor={floor_path(app).rpartition('/')[2]}").text)["floors"]) == 1
    )
    spaces = data["floors"][0]["spaces"]
    del spaces[0]
    spaces[0]["capacity"] = 2
    text = json.dumps(data)
    page = post(client, f"{PATH}/import", {"file": (BytesIO(text.encode()), "house.json"), "act": "look"}).text
    assert "Goes: A1" in page and "Changed: A2: seats 1 → 2" in page and "It hits one booking" in page
    token = token_of(page)
    undecided = post(client, f"{PATH}/import", {"text": text, "token": token, "act": "take", f"hit-{booking}": ""})
    assert undecided.status_code == 409
    done = post(client, f"{PATH}/import", {"text": text, "token": token, "act": "take", f"hit-{booking}": "cancel"})
    assert done.status_code == 303
    with app.app_context():
        assert house().places[small.a1].archived_at and house().places[small.a2].capacity == 2
    assert (
        "Nothing: the house is as the file says." in post(client, f"{PATH}/import", {"text": text, "act": "look"}).text
    )
    for broken, said in (
        (b"{", "cannot be read here: JSON"),
        (text.replace('"kind": "desk"', '"kind": "x"').encode(), "floors[0].spaces[0].kind"),
    ):
        answer = post(client, f"{PATH}/import", {"file": (BytesIO(broken), "x.json")})
        assert answer.status_code == 422 and said in answer.text
    assert post(client, f"{PATH}/import", {}).status_code == 422


def test_the_program_writes_the_house_out_and_takes_it_in(app: Flask, small: Small, tmp_path: Any) -> None:
    runner, path = CliRunner(), tmp_path / "house.json"

    def run(*arguments: str) -> Result:
        return runner.invoke(cli, ["house", *arguments], obj=ScriptInfo(create_app=lambda: app))

    assert run("export", str(path)).exit_code == 0
    data = json.loads(path.read_text("utf-8"))
    data["floors"][0]["spaces"][0]["capacity"] = 4
    path.write_text(json.dumps(data), "utf-8")
    tried = run("import", str(path), "--dry-run")
    assert tried.exit_code == 0 and "A1: seats 1 → 4" in tried.output and "Nothing is changed." in tried.output
    assert run("import", str(path)).exit_code == 0
    with app.app_context():
        assert db.session.get_one(Space, small.a1).capacity == 4
    booked(app, small, small.a1, "09:00", "10:00")
    del data["floors"][0]["spaces"][0]
    path.write_text(json.dumps(data), "utf-8")
    hit = run("import", str(path))
    assert hit.exit_code == 1 and "It would hit 1 bookings to come" in hit.output
    path.write_text("{", "utf-8")
    assert run("import", str(path)).exit_code == 1


def test_signs_are_of_the_size_and_language_that_is_wished_for(app: Flask, small: Small) -> None:
    host = log_in(browser(app, "en"), "host")
    page = host.get(f"{PATH}/signs?kind=room&size=a6&lang=sv").text
    assert 'class="signs size-a6"' in page and page.count('class="sign card"') == 1 and "Hågelby" in page
    assert 'lang="sv"' in page and 'lang="en"><p' not in page and "<svg" in page
    both = host.get(f"{PATH}/signs?kind=&size=x").text
    assert 'class="signs size-a5"' in both and both.count('class="sign card"') == 6 and 'lang="en"><p' in both
    assert host.get(f"{PATH}/signs?space={small.hall}").text.count('class="sign card"') == 1


def test_a_page_takes_the_same_statements_however_large_the_house_is(app: Flask, small: Small) -> None:
    client = admin(app)
    counts = []
    for _turn in range(2):
        for path in (PATH, floor_path(app), f"{PATH}/signs?kind=", f"{PATH}/closures"):
            client.get(path)
            with statements(app) as seen:
                client.get(path)
            counts.append(len(seen))
        with app.app_context(), transaction():
            from innovation_station.spaces import service as spaces

            floor = db.session.get_one(spaces.Floor, next(iter(house().floors)))
            for number in range(3):
                spaces.add_space(
                    floor=floor, kind="desk", name=f"N{number}{_turn}", box=Box(400 + 60 * number, 200, 50, 50)
                )
    assert counts[:4] == counts[4:]
    with app.app_context():
        assert list(db.session.scalars(db.select(Closure))) == []


def test_what_is_archived_is_counted_and_listed_nowhere(app: Flask, small: Small) -> None:
    client, visitor = admin(app), browser(app, "en")
    assert "of 3 desks" in visitor.get("/").text and "Hågelby" in client.get("/staff").text
    for space in (small.a1, small.room):
        assert post(client, f"{PATH}/spaces/{space}/archive").status_code == 303
    assert "of 2 desks" in visitor.get("/").text and "Hågelby" not in client.get("/staff").text
    assert "Hågelby" not in log_in(browser(app)).get("/").text
