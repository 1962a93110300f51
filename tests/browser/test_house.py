"""The plan of a floor arranged by mouse, by keys and by numbers, taken back and saved; and what members then see."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from innovation_station.spaces.queries import house
from innovation_station.spaces.rules import Box
from tests.browser.conftest import ALVA, REBIN, Station, Visit
from tests.conftest import TUESDAY

pytestmark = pytest.mark.browser


def boxes(station: Station) -> dict[str, Box]:
    with station.app.app_context():
        return {place.name: place.box for place in house().places.values() if place.archived_at is None}


def thing(page: Page, name: str) -> str:
    return f'svg.ed .ed-s[aria-label^="{name}:"]'


def test_a_floor_is_drawn_by_mouse_keys_and_numbers(visit: Visit, station: Station) -> None:
    page, before = visit("en", email=REBIN), boxes(station)
    page.set_viewport_size({"width": 1280, "height": 900})
    page.goto("/staff/house/floors/1")
    expect(page.locator("svg.ed")).to_be_visible()
    expect(page.locator(".ed-saved")).to_be_hidden()

    # by mouse: A1 goes down, and snaps to the grid
    scale = page.locator("svg.ed").evaluate("svg => svg.getScreenCTM().a")
    box = page.locator(thing(page, "A1")).bounding_box()
    assert box
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 3 * scale, y + 83 * scale, steps=6)
    page.mouse.up()
    expect(page.locator(thing(page, "A1"))).to_have_attribute("aria-label", re.compile(r"A1: [34]0, 1[01]0, 50 × 48"))

    # by keys: from it to the next, down, taller, turned
    page.keyboard.press("Tab")
    expect(page.locator(thing(page, "A2"))).to_be_focused()
    for key in ("ArrowDown", "ArrowDown", "ArrowDown", "Shift+ArrowDown", "r"):
        page.keyboard.press(key)
    expect(page.locator(thing(page, "A2"))).to_have_attribute("aria-label", "A2: 85, 56, 58 × 50")
    expect(page.get_by_role("status").filter(has_text="A2 is turned.")).to_be_attached()
    page.keyboard.press("c")  # a copy with the next free number, which goes, comes back, and goes again
    expect(page.locator(thing(page, "A9"))).to_be_focused()
    page.keyboard.press("Delete")
    expect(page.locator(thing(page, "A9"))).to_be_hidden()
    page.locator(thing(page, "A2")).focus()
    page.keyboard.press("Control+z")
    expect(page.locator(thing(page, "A9"))).to_be_visible()
    page.keyboard.press("Control+Shift+z")
    expect(page.locator(thing(page, "A9"))).to_be_hidden()

    # by numbers, at the side
    page.locator(thing(page, "A3")).focus()
    side = page.get_by_role("group", name="A3", exact=True)
    side.get_by_label("y", exact=True).fill("30")
    side.get_by_label("y", exact=True).press("Tab")
    page.get_by_role("button", name="Save the floor").click()
    expect(page.get_by_text("Saved. Members see it at once.")).to_be_visible()
    after = boxes(station)
    assert after["A2"] == Box(85, 56, 58, 50) and after["A3"].y == 30 and "A9" not in after
    assert after["A1"].y in (100, 110) and after["A1"] != before["A1"]
    assert {name for name in before if before[name] != after[name]} == {"A1", "A2", "A3"}

    member = visit("sv", email=ALVA)
    member.goto(f"/book?date={TUESDAY}")
    drawn = member.locator(f"#day .sp-{station.ids['A2']}").first
    assert drawn.evaluate("one => getComputedStyle(one).getPropertyValue('--y')").strip() == "56"


def test_walls_are_reached_when_they_are_asked_for_and_several_desks_are_laid_out(
    visit: Visit, station: Station
) -> None:
    page = visit("en", email=REBIN)
    page.set_viewport_size({"width": 1280, "height": 900})
    page.goto("/staff/house/floors/1")
    page.get_by_role("button", name="New wall").click()
    walls = page.get_by_role("button", name="Walls and furniture")
    expect(walls).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("ArrowRight")
    page.get_by_label("Letter").fill("D")
    page.get_by_label("How many").fill("2")
    for name, value in (("lay_x", "180"), ("lay_y", "100")):
        page.locator(f'[name="{name}"]').fill(value)
    page.get_by_role("button", name="Lay them out").click()
    expect(page.locator(thing(page, "D2"))).to_have_count(1)
    page.get_by_role("button", name="Save the floor").click()
    expect(page.get_by_text("Saved. Members see it at once.")).to_be_visible()
    after = boxes(station)
    assert (after["D1"], after["D2"]) == (Box(180, 100, 50, 50), Box(240, 100, 50, 50))
    with station.app.app_context():
        lines = [shape for shape in house().storeys[0].shapes if shape["kind"] == "line"]
    assert lines == [{"kind": "line", "class": "wall", "x1": 110, "y1": 100, "x2": 210, "y2": 100}]


def test_signs_are_printed_a_page_each_in_the_size_that_is_chosen(visit: Visit, station: Station) -> None:
    page = visit("en", email=REBIN)
    for size, points in (("a4", (595, 842)), ("a5", (420, 595)), ("a6", (298, 420))):
        page.goto(f"/staff/house/signs?kind=room&size={size}")
        signs = page.locator(".sign").count()
        printed = page.pdf(prefer_css_page_size=True)
        boxes_of = re.findall(rb"/MediaBox\s*\[\s*0 0 ([\d.]+) ([\d.]+)\s*\]", printed)
        assert len(boxes_of) == signs == 4
        assert {(round(float(w)), round(float(h))) for w, h in boxes_of} == {points}
