"""The code on a desk, on a phone and without a mouse: scan, book, check in, say what is broken; staff see it."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import ALVA, MAJKEN, PHONE, Station, Visit
from tests.conftest import MONDAY, PASSWORD, at

pytestmark = pytest.mark.browser
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.mark.parametrize("js", [True, False])
def test_who_scans_a_desk_books_checks_in_and_reports_a_fault(visit: Visit, station: Station, js: bool) -> None:
    station.clock.now = at(MONDAY, "12:10", "13:00").start  # her morning at another desk is over
    page = visit("sv", PHONE, email=None, js=js)
    page.goto(f"/q/{station.code('A3')}")  # as the camera opens it
    page.get_by_label("E-post").fill(ALVA)
    page.get_by_label("Lösenord").fill(PASSWORD)
    page.get_by_role("button", name="Logga in").tap()
    expect(page.get_by_role("heading", level=1)).to_contain_text("A3")
    assert station.held_by(ALVA, "A3", MONDAY) == []

    page.get_by_role("button", name="Boka nu, till 13.00").tap()
    expect(page.get_by_text("Din bokning, 12.00–13.00")).to_be_visible()
    assert station.held_by(ALVA, "A3", MONDAY) == [("12:00", "13:00")]
    by_keyboard(page, "Checka in")
    expect(page.get_by_text("Incheckad 12.10").first).to_be_visible()
    if js:
        assert page.evaluate(OVERFLOW) == 0

    page.locator("summary", has_text="Något är trasigt här").tap()
    page.get_by_label("Vad är fel?").select_option(label="Ljus")
    page.get_by_label("Med några ord").fill("Lampan över fönstret blinkar.")
    page.get_by_role("button", name="Skicka anmälan").tap()
    expect(page.get_by_text("Ljus: ny")).to_be_visible()
    expect(page.get_by_text("Tack. Personalen har fått veta")).to_be_visible()

    staff = visit("en", email=MAJKEN, js=js)
    staff.goto("/staff/faults")
    expect(staff.get_by_text("Lampan över fönstret blinkar.")).to_be_visible()
    line = staff.locator(".faults > li", has_text="Lampan över fönstret blinkar.")
    line.get_by_role("button", name="Take in hand").click()
    expect(staff.get_by_text("It is in hand.")).to_be_visible()
    line.get_by_role("button", name="Mended").click()
    expect(staff.get_by_role("heading", name="Mended in the last 30 days")).to_be_visible()
    page.goto("/notifications")
    expect(page.get_by_text("A3 är lagad")).to_be_visible()


def by_keyboard(page: Page, name: str) -> None:
    """Press a button with the keys alone."""
    page.get_by_role("button", name=name, exact=True).focus()
    page.keyboard.press("Enter")


def test_codes_print_a_sheet_each(visit: Visit, station: Station) -> None:
    page = visit("sv", email=MAJKEN)
    page.goto("/staff/plates")
    page.emulate_media(media="print")
    plates = page.locator(".plate")
    assert plates.count() == len(station.ids)
    assert not page.locator(".side").is_visible() and not page.locator(".plate .btn").first.is_visible()
    assert plates.first.evaluate("one => getComputedStyle(one).breakAfter") == "page"
    box = plates.first.locator("svg").bounding_box()
    assert box and box["width"] > 380  # eleven centimetres
