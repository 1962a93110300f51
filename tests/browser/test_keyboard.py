"""Everything without a mouse: skip link, arrow keys in plan and timeline, the sheet, and a booking with Enter."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import ALVA, Station, Visit, desk, first_free, track
from tests.conftest import TUESDAY

pytestmark = pytest.mark.browser
DAY = f"/book?date={TUESDAY}&from=08:00&to=12:00"
FOCUSED = """() => {
  const item = document.activeElement, box = item.getBoundingClientRect(), style = getComputedStyle(item);
  return {
    id: item.id, page: item === document.body, text: (item.ariaLabel || item.textContent).trim(),
    x: box.x + box.width / 2, y: box.y + box.height / 2, within: box.top >= 0 && box.bottom <= innerHeight,
    ring: style.outlineStyle + ' ' + style.outlineWidth,
    nav: item.closest('[data-nav]')?.dataset.nav, row: item.closest('[data-track]')?.dataset.track,
  }
}"""


def pressed(page: Page, *keys: str) -> dict[str, Any]:
    """Press keys and tell what has focus."""
    for key in keys:
        page.keyboard.press(key)
    found: dict[str, Any] = page.evaluate(FOCUSED)
    return found


def test_arrows_walk_the_plan_and_enter_books(visit: Visit, station: Station) -> None:
    page = visit("sv")
    page.goto(DAY)
    assert pressed(page, "Tab")["text"] == "Hoppa till innehållet"
    assert pressed(page, "Enter")["id"] == "main"

    name = first_free(station, page)
    desk(station, page, "A1").focus()
    seen = [page.evaluate(FOCUSED)]
    for key, axis, sign in (
        ("ArrowRight", "x", 1),
        ("ArrowRight", "x", 1),
        ("ArrowDown", "y", 1),
        ("ArrowLeft", "x", -1),
        ("ArrowUp", "y", -1),
    ):
        seen.append(pressed(page, key))
        assert (seen[-1][axis] - seen[-2][axis]) * sign > 6, (key, seen[-2:])
        assert seen[-1]["ring"] == "solid 3px" and seen[-1]["within"]
    assert [where["id"] for where in seen[:3]] == [f"p{station.ids[n]}" for n in ("A1", "A2", "A3")]
    first, last = pressed(page, "Home")["id"], pressed(page, "End")["id"]
    everything = page.locator("[data-nav=plan] [data-space]")
    assert [first, last] == [everything.first.get_attribute("id"), everything.last.get_attribute("id")]
    assert page.locator('[data-nav=plan] [data-space][tabindex="0"]').count() == 1

    desk(station, page, name).focus()
    pressed(page, "Enter")
    sheet = page.get_by_role("dialog")
    expect(sheet.get_by_role("heading")).to_be_focused()
    pressed(page, "Escape")
    expect(sheet).to_have_count(0)
    expect(desk(station, page, name)).to_be_focused()
    pressed(page, "Enter")
    expect(sheet.get_by_role("heading")).to_be_focused()
    for _step in range(12):
        if pressed(page, "Tab")["text"] == "Boka 08–12":
            break
    assert page.evaluate(FOCUSED)["ring"] == "solid 3px"
    pressed(page, "Enter")
    expect(page.locator("[data-toast]")).to_contain_text(f"{name} är din")
    expect(desk(station, page, name)).to_be_focused()
    assert station.held_by(ALVA, name) == [("08:00", "12:00")]


def test_arrows_walk_the_timeline(visit: Visit, station: Station) -> None:
    page = visit("en")
    page.goto(DAY)
    row, other = track(station, page, "B1"), track(station, page, "B2")
    row.get_by_role("gridcell").first.locator("a").focus()
    below = pressed(page, "ArrowDown")
    assert below["row"] == other.get_attribute("data-track") and below["ring"] == "solid 3px"
    assert pressed(page, "ArrowUp")["row"] == row.get_attribute("data-track")
    grid = page.get_by_role("grid").filter(has=row)
    assert pressed(page, "Home")["row"] == str(station.ids["B1"])
    assert pressed(page, "End")["row"] == str(station.ids["B8"])
    assert grid.locator('[tabindex="0"]').count() == 1
    cells = page.locator("[data-track]:has([role=gridcell] + [role=gridcell])").first.get_by_role("gridcell")
    cells.first.evaluate("cell => (cell.querySelector('a') || cell).focus()")
    was, now = page.evaluate(FOCUSED), pressed(page, "ArrowRight")
    assert now["row"] == was["row"] and now["x"] > was["x"]


def test_tab_passes_plan_and_timelines_in_single_steps(visit: Visit, station: Station) -> None:
    page = visit("en")
    page.goto(DAY)
    passed = [pressed(page, "Tab")]
    while not (stop := pressed(page, "Tab"))["page"] and stop != passed[0]:
        passed.append(stop)
    plan = [stop for stop in passed if stop["nav"] == "plan"]
    grids = [stop for stop in passed if stop["nav"] == "grid"]
    assert len(plan) == 1 and len(grids) == page.get_by_role("grid").count()
    texts = [stop["text"] for stop in passed]
    order = [
        next(i for i, text in enumerate(texts) if text.startswith(word))
        for word in (
            "Skip to content",
            "Today",
            "Svenska",
            "Desks",
            "Morning",
            plan[0]["text"],
            "Screen",
            grids[0]["text"],
        )
    ]
    assert order == sorted(order), texts
    assert [stop for stop in passed if stop["ring"] != "solid 3px"] == []
