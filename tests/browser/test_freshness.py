"""Two people on one day: the page keeps up by itself, a loss is told, and a lost answer books once."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.browser.conftest import ALVA, MAJKEN, Station, Visit, desk, first_free, is_part, track
from tests.conftest import MONDAY, TUESDAY

pytestmark = pytest.mark.browser
DAY = f"/book?date={TUESDAY}&from=08:00&to=12:00"
COUNT_CHANGES = """() => {
  window.touched = 0;
  const everything = {subtree: true, childList: true, attributes: true, characterData: true};
  new MutationObserver((all) => { window.touched += all.length }).observe(document.getElementById('day'), everything)
}"""


def look_again(page: Page, status: int) -> None:
    """Come back to the page, as from another tab, and wait until the answer to its question what is new is drawn."""
    page.evaluate("document.addEventListener('station:day', () => { window.drawn = true }, { once: true })")
    with page.expect_response(is_part("day", status)):
        page.evaluate("window.drawn = false; document.dispatchEvent(new Event('visibilitychange'))")
    if status == 200:
        page.wait_for_function("() => window.drawn")


def in_sheet(page: Page, name: str) -> Locator:
    """Find a button of the open sheet: one beside the plan, for any desk, has the same words until it opens."""
    return page.get_by_role("dialog").get_by_role("button", name=name, exact=True)


def test_two_browsers_want_the_same_desk(visit: Visit, station: Station) -> None:
    hers, his = visit("sv", allow=("409",)), visit("en", email=MAJKEN)
    for page in (hers, his):
        page.goto(DAY)
    name = first_free(station, hers)
    for page in (hers, his):
        desk(station, page, name).click()
        expect(page.get_by_role("dialog")).to_be_visible()
    in_sheet(his, "Book 08–12").click()
    expect(his.locator("[data-toast]")).to_contain_text(f"{name} is yours")

    focus = hers.evaluate("document.activeElement.id")
    look_again(hers, 200)
    expect(hers.locator("#says")).to_have_text(f"{name} togs nyss.")
    expect(hers.locator("[data-lost]")).to_be_visible()
    expect(desk(station, hers, name)).to_have_attribute("data-state", "taken")
    assert hers.evaluate("document.activeElement.id") == focus
    with hers.expect_response(is_part("sheet", 409, "POST")):
        in_sheet(hers, "Boka 08–12").click()
    expect(hers.get_by_role("alert")).to_contain_text(f"{name} togs nyss.")
    expect(hers.get_by_role("alert")).to_be_focused()
    offer = hers.get_by_role("group", name="Ledigt i stället").get_by_role("button").first
    text = offer.inner_text()
    taken = re.match(r"Boka (\w+), 08–12", text)
    assert taken, text
    offer.click()
    expect(hers.locator("[data-toast]")).to_contain_text(f"{taken[1]} är din")
    assert station.held_by(ALVA, taken[1]) == [("08:00", "12:00")] and station.held_by(MAJKEN, name)


def test_a_loss_is_told_only_of_the_time_that_is_chosen(visit: Visit, station: Station) -> None:
    page = visit("sv")
    page.goto(DAY)
    name = first_free(station, page)
    station.book(MAJKEN, name, TUESDAY, "08:00", "12:00")
    look_again(page, 200)
    track(station, page, name).locator("a.is-free").first.click()
    expect(page.get_by_role("dialog")).to_be_visible()
    station.book("samir.haddad@example.org", first_free(station, page), TUESDAY, "09:00", "10:00")
    look_again(page, 200)
    expect(page.locator("[data-lost]")).to_be_hidden()
    chosen = page.get_by_role("dialog").locator("[data-submit]").inner_text()
    start, end = [f"{int(hour):02}:00" for hour in re.findall(r"\d+", chosen)]
    station.book("maja.ostberg@example.org", name, TUESDAY, start, end)
    look_again(page, 200)
    expect(page.locator("[data-lost]")).to_be_visible()


def test_an_unchanged_day_touches_nothing(visit: Visit, station: Station) -> None:
    page = visit("sv")
    page.goto(DAY)
    desk(station, page, first_free(station, page)).click()
    expect(page.get_by_role("dialog")).to_be_visible()
    look_again(page, 200)  # the address is another one now
    page.evaluate(COUNT_CHANGES)
    look_again(page, 304)
    page.wait_for_timeout(100)
    assert page.evaluate("window.touched") == 0
    other = first_free(station, page, skip=[page.locator("[data-nav=plan] [aria-current]").inner_text()])
    station.book(MAJKEN, other, TUESDAY, "08:00", "12:00")
    look_again(page, 200)
    expect(desk(station, page, other)).to_have_attribute("data-state", "taken")
    assert 0 < page.evaluate("window.touched") < 60


def test_without_a_network_nothing_is_lost_and_nothing_booked_twice(visit: Visit, station: Station) -> None:
    page = visit("sv", allow=("ERR_INTERNET_DISCONNECTED", "ERR_FAILED"))
    page.goto(DAY)
    name = first_free(station, page)
    desk(station, page, name).click()
    page.get_by_text("Rubrik, synlighet").click()
    page.get_by_role("textbox", name="Rubrik").fill("Skriva klart")
    button = in_sheet(page, "Boka 08–12")
    page.context.set_offline(True)
    button.click()
    expect(page.locator("[data-says]")).to_contain_text("Ingen kontakt")
    expect(page.get_by_role("textbox", name="Rubrik")).to_have_value("Skriva klart")
    page.context.set_offline(False)
    assert station.held_by(ALVA, name) == []

    def lose(route: Route) -> None:
        route.fetch(max_redirects=0)  # it arrives, and the answer is lost on the way
        route.abort()

    page.route("**/bookings", lose, times=1)
    with page.expect_event("requestfailed"):
        button.click()
    expect(page.locator("[data-says]")).to_contain_text("Ingen kontakt")
    assert station.held_by(ALVA, name) == [("08:00", "12:00")]
    button.click()
    expect(page.locator("[data-toast]")).to_contain_text(f"{name} är din")
    assert station.held_by(ALVA, name) == [("08:00", "12:00")]


def test_two_clicks_book_once(visit: Visit, station: Station) -> None:
    page = visit("sv")
    page.goto(DAY)
    name = first_free(station, page)
    desk(station, page, name).click()
    in_sheet(page, "Boka 08–12").dblclick()
    expect(page.locator("[data-toast]")).to_contain_text(f"{name} är din")
    assert station.held_by(ALVA, name) == [("08:00", "12:00")]


def test_a_stretch_drawn_in_the_timeline_is_what_the_sheet_asks_for(visit: Visit, station: Station) -> None:
    page = visit("sv")
    page.goto(DAY)
    name = first_free(station, page)
    row = track(station, page, name)
    row.scroll_into_view_if_needed()
    box = row.bounding_box()
    assert box
    quarter, middle = box["width"] / 40, box["y"] + box["height"] / 2  # 08 to 18
    page.mouse.move(box["x"] + quarter * 6.5, middle)  # in the quarter from 09.30
    page.mouse.down()
    page.mouse.move(box["x"] + quarter * 8, middle, steps=2)
    page.mouse.move(box["x"] + quarter * 11.5, middle, steps=3)  # in the quarter to 11.00
    expect(row.locator(".tl-pick")).to_contain_text("09.30–11.00")
    page.mouse.up()
    sheet = page.get_by_role("dialog")
    expect(sheet.get_by_label("Från", exact=True)).to_have_value("09:30")
    expect(sheet.get_by_label("Till", exact=True)).to_have_value("11:00")
    sheet.get_by_role("button", name="Boka 09.30–11").click()
    expect(page.locator("[data-toast]")).to_contain_text(f"{name} är din, tis 24 nov 09.30–11")
    assert station.held_by(ALVA, name) == [("09:30", "11:00")]


def test_a_refused_form_of_another_page_leads_to_a_day_that_lives(visit: Visit, station: Station) -> None:
    """Today's forms go without a script: what answers them is a page of its own, where the day is one press away."""
    page = visit("sv", allow=("409",))
    page.goto("/")
    form = page.locator("form[action='/bookings']").first
    values = {name: form.locator(f"[name={name}]").get_attribute("value") or "" for name in ("space", "start", "end")}
    room = station.names[int(values["space"])]
    station.book(MAJKEN, room, MONDAY, values["start"], values["end"])
    form.get_by_role("button").click()
    expect(page.get_by_role("dialog")).to_contain_text(f"{room} togs nyss.")
    page.get_by_role("link", name="Tillbaka till dagen").click()
    expect(page).to_have_url(re.compile(r"/book\?.*date=2026-11-23"))
    page.wait_for_load_state()  # with the scripts that look again
    look_again(page, 304)
    other = first_free(station, page)
    station.book(MAJKEN, other, MONDAY, "09:00", "12:00")
    look_again(page, 200)
    expect(page.locator("#toasts .toast")).to_have_count(0)
    desk(station, page, other).click()
    expect(page.get_by_role("dialog")).to_contain_text(f"Skrivbord {other}")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(desk(station, page, other)).to_be_focused()
    look_again(page, 304)
    page.reload()  # asks for the day, and sends no form again
    expect(page.locator("#day")).to_be_visible()
