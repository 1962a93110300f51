"""The main job from end to end: a desk booked on a phone, and again without JavaScript, into one's own calendar."""

from __future__ import annotations

import re
import urllib.request
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import ALVA, MAJKEN, PHONE, Station, Visit, desk, first_free, track
from tests.conftest import PASSWORD, TUESDAY

pytestmark = pytest.mark.browser
TOMORROW = f"a.day[href*='{TUESDAY}']"


class Thumb:
    """Taps, and counts the taps."""

    def __init__(self, page: Page) -> None:
        self.page, self.taps = page, 0

    def __call__(self, selector: str) -> None:
        self.page.locator(selector).tap()
        self.taps += 1


def events(address: str) -> dict[str, str]:
    """Fetch a feed as a calendar program does; give the state of each entry by its title and start."""
    with urllib.request.urlopen(address) as answer:
        text = answer.read().decode().replace("\r\n ", "")
    found = {}
    for event in text.split("BEGIN:VEVENT")[1:]:
        values = dict(line.split(":", 1) for line in event.split("\r\n") if ":" in line)
        start = next(value for name, value in values.items() if name.startswith("DTSTART"))
        found[f"{values['SUMMARY']} {start}"] = values["STATUS"]
    return found


def test_a_desk_on_a_phone_from_login_to_the_calendar_and_back(visit: Visit, station: Station) -> None:
    page = visit("sv", PHONE, email=None, permissions=["clipboard-read", "clipboard-write"])
    page.goto("/book")
    expect(page).to_have_url(re.compile("/login"))
    page.get_by_label("E-post").fill(ALVA)
    page.get_by_label("Lösenord").fill(PASSWORD)
    page.get_by_label("Håll mig inloggad").check()
    page.get_by_role("button", name="Logga in").tap()
    expect(page).to_have_url(re.compile("/book$"))

    name = book_by_thumb(page, station)
    toast = page.locator("[data-toast]")
    expect(toast).to_contain_text(f"{name} är din, tis 24 nov 08–12.")
    expect(desk(station, page, name)).to_be_focused()
    expect(desk(station, page, name)).to_have_attribute("data-state", "mine")

    toast.get_by_role("button", name="Ångra").tap()
    expect(toast).to_contain_text("är avbokad")
    expect(desk(station, page, name)).not_to_have_attribute("data-state", "mine")
    assert station.held_by(ALVA, name) == []

    toast.get_by_role("button", name="Ångra").tap()  # and the undo of the undo
    expect(toast).to_contain_text(f"{name} är din")
    expect(desk(station, page, name)).to_have_attribute("data-state", "mine")
    expect(track(station, page, name).locator("a.is-mine")).to_have_attribute("aria-label", f"Du, {name} 08–12")
    assert station.held_by(ALVA, name) == [("08:00", "12:00")]
    it_stands_in_mine_and_today(page, station, name)
    it_comes_to_the_calendar_and_goes(page, name)
    assert station.held_by(ALVA, name) == []


def book_by_thumb(page: Page, station: Station) -> str:
    """Book a desk for tomorrow morning with four taps at most; give its name."""
    tap = Thumb(page)
    tap(TOMORROW)
    expect(page.locator(TOMORROW)).to_have_attribute("aria-current", "date")
    plan = page.locator("[data-nav=plan]").bounding_box()
    assert plan and plan["y"] < 320, "most of the first view is the plan"
    name = first_free(station, page)
    tap(f"#p{station.ids[name]}")
    sheet = page.get_by_role("dialog")
    expect(sheet.get_by_role("heading", name=f"Skrivbord {name}")).to_be_focused()
    expect(desk(station, page, name)).to_have_class(re.compile("is-sel"))
    box, edge = desk(station, page, name).bounding_box(), sheet.bounding_box()
    assert box and edge and box["y"] + box["height"] <= edge["y"], "the sheet covers the desk"
    tap(".sheet .preset:has([value=morning])")
    button = sheet.get_by_role("button", name="Boka 08–12")
    expect(button).to_be_in_viewport(ratio=1)
    tap(".sheet [data-submit]")
    expect(sheet).to_have_count(0)
    assert tap.taps <= 4
    return name


def it_stands_in_mine_and_today(page: Page, station: Station, name: str) -> None:
    page.locator(".tabbar").get_by_role("link", name="Mitt").tap()
    line = page.locator("section", has=page.get_by_role("heading", name=re.compile("24 nov"))).last
    expect(line).to_contain_text(f"Skrivbord {name}")
    station.clock.now += timedelta(days=1)
    page.goto("/")
    expect(page.locator("main")).to_contain_text(f"Skrivbord {name}")
    station.clock.now -= timedelta(days=1)


def it_comes_to_the_calendar_and_goes(page: Page, name: str) -> None:
    page.locator("button.me").tap()
    page.locator("#account").get_by_role("link", name="Kalendrar").tap()
    page.get_by_role("button", name="Skapa kalendern").tap()
    page.get_by_role("button", name=re.compile("Kopiera adressen")).first.tap()
    expect(page.get_by_role("button", name=re.compile("Kopiera adressen")).first).to_have_text("Kopierad")
    expect(page.locator(".url [role=status]").first).to_have_text("Kopierad")
    address = page.evaluate("navigator.clipboard.readText()")
    entry = f"Skrivbord {name} 20261124T080000"
    assert events(address).get(entry) == "CONFIRMED", events(address)
    page.goto("/bookings")
    page.get_by_role("button", name=re.compile(f"Avboka.*{name}.*24 nov")).tap()
    expect(page.locator("[data-toast]")).to_contain_text("är avbokad")
    expect(page.locator("[data-toast]").get_by_role("button", name="Ångra")).to_be_visible()
    assert [state for title, state in events(address).items() if entry in title] == ["CANCELLED"]


def test_everything_without_javascript(visit: Visit, station: Station) -> None:
    page = visit("en", js=False)
    page.goto("/book")
    page.locator(TOMORROW).click()
    page.get_by_role("link", name="Morning").click()
    name = first_free(station, page)
    desk(station, page, name).click()
    own_time(page)
    page.get_by_role("button", name=f"Book {name}").click()
    expect(page.locator("main")).to_contain_text(f"{name} is yours, Tue 24 Nov 09:15–11:45.")
    assert station.held_by(ALVA, name) == [("09:15", "11:45")]

    page.get_by_role("link", name="Change").click()
    page.goto(page.url)  # an address like any other
    other = another_desk(station, page, name)
    page.get_by_label("Place").select_option(str(station.ids[other]))
    page.get_by_role("button", name="Save the change").click()
    receipt = page.locator("[data-toast]")
    expect(receipt).to_contain_text(f"{other} is yours, Tue 24 Nov 09:15–11:45.")
    expect(receipt).to_be_in_viewport(ratio=1)
    assert station.held_by(ALVA, other) == [("09:15", "11:45")] and station.held_by(ALVA, name) == []
    page.get_by_role("button", name="Cancel the booking").click()
    expect(page.locator("[data-toast]")).to_contain_text("is cancelled")
    assert station.held_by(ALVA, other) == []


def test_somebody_was_faster_without_javascript(visit: Visit, station: Station) -> None:
    page = visit("en", js=False, allow=("409",))
    page.goto(f"/book?date={TUESDAY}&from=08:00&to=12:00")
    name = first_free(station, page)
    desk(station, page, name).click()
    own_time(page)
    page.get_by_text("Title, visibility").click()
    page.get_by_role("textbox", name="Title").fill("Notes & plans")
    station.book(MAJKEN, name, TUESDAY, "09:00", "10:00")
    with page.expect_response(lambda answer: answer.status == 409):
        page.get_by_role("button", name=f"Book {name}").click()
    expect(page.get_by_role("alert")).to_contain_text(f"{name} was just taken.")
    expect(page.get_by_role("textbox", name="Title")).to_have_value("Notes & plans")
    expect(page.locator("#sheet-start")).to_have_value("09:15")
    offers = page.get_by_role("group", name="Free instead").get_by_role("button")
    assert offers.count() == 3
    offers.first.click()
    expect(page.locator("main")).to_contain_text("is yours, Tue 24 Nov")


def own_time(page: Page) -> None:
    page.locator(".preset", has=page.locator("[value=own]")).click()
    page.locator("#sheet-start").select_option("09:15")
    page.locator("#sheet-end").select_option("11:45")


def another_desk(station: Station, page: Page, than: str) -> str:
    plan = page.context.request.get(f"/book?date={TUESDAY}&from=09:15&to=11:45").text()
    free = re.findall(r'data-space="(\d+)" data-state="free"', plan)
    return next(station.names[int(key)] for key in free if len(station.names[int(key)]) == 2 and key != than)
