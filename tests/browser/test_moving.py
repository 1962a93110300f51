"""A booking moved in the timeline by mouse and by keyboard: the server decides, and what it refuses is back in its place."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import ALVA, MAJKEN, PHONE, REBIN, Station, Visit, is_part, track
from tests.conftest import TUESDAY

pytestmark = pytest.mark.browser
DAY = f"/book?date={TUESDAY}&from=08:00&to=12:00"
OPENS, CLOSES = 8 * 60, 18 * 60


def own(station: Station, page: Page, name: str) -> Locator:
    """Find the reader's booking in a place's row."""
    return track(station, page, name).locator("a.is-mine")


def point(station: Station, page: Page, name: str, minute: int) -> tuple[float, float]:
    """Give where a minute of a place's day is on the screen."""
    box = track(station, page, name).bounding_box()
    assert box
    return box["x"] + box["width"] * (minute - OPENS) / (CLOSES - OPENS), box["y"] + box["height"] / 2


def drag(station: Station, page: Page, held: Locator, at: int, name: str, to: int, *, drop: bool = True) -> None:
    """Take a booking at a minute of its row, and pull it to a minute of another."""
    row = held.locator("xpath=ancestor::*[@data-track]").get_attribute("data-track")
    track(station, page, name).scroll_into_view_if_needed()
    page.mouse.move(*point(station, page, station.names[int(row or 0)], at))
    page.mouse.down()
    page.mouse.move(*point(station, page, name, to), steps=6)
    if drop:
        page.mouse.up()


def test_a_booking_is_dragged_to_another_place_and_time_and_back(visit: Visit, station: Station) -> None:
    made = station.book(ALVA, "C7", TUESDAY, "08:00", "10:00")
    station.book(MAJKEN, "C8", TUESDAY, "13:00", "15:00")
    page = visit("sv", (1280, 1400), allow=("409",))
    page.goto(DAY)
    expect(page.get_by_text("Dra i en bokning för att flytta den")).to_be_visible()

    drag(station, page, own(station, page, "C7"), 540, "C8", 600, drop=False)
    ghost = track(station, page, "C8").locator(".tl-pick")
    expect(ghost).to_have_text("09.00–11.00")
    expect(own(station, page, "C7")).to_have_class(re.compile("is-moving"))
    page.mouse.up()
    toast = page.locator("[data-toast]")
    expect(toast).to_contain_text("C8 är din, tis 24 nov 09–11.")
    expect(own(station, page, "C8")).to_have_attribute("aria-label", re.compile("C8 09–11"))
    expect(own(station, page, "C7")).to_have_count(0)
    expect(page.locator(".tl-pick")).to_have_count(0)
    expect(page).to_have_url(re.compile(r"/book\?"))  # the click that ended the drag opened nothing
    assert station.held_by(ALVA, "C8") == [("09:00", "11:00")]

    with page.expect_response(is_part("sheet", 409, "POST")):
        drag(station, page, own(station, page, "C8"), 600, "C8", 840)  # where Majken sits
    expect(toast).to_contain_text("C8 är bokad")
    expect(own(station, page, "C8")).not_to_have_class(re.compile("is-moving"))
    expect(page.locator(".tl-pick")).to_have_count(0)
    assert station.held_by(ALVA, "C8") == [("09:00", "11:00")]
    expect(page.locator("#toasts")).to_have_attribute("role", "status")  # it is read out
    offer = toast.get_by_role("button", name=re.compile("^Ändra till"))
    expect(offer).to_be_visible()

    drag(station, page, own(station, page, "C8"), 600, "C7", 840, drop=False)
    page.keyboard.press("Escape")
    page.mouse.up()
    expect(page.locator(".tl-pick")).to_have_count(0)
    assert station.held_by(ALVA, "C8") == [("09:00", "11:00")]

    drag(station, page, own(station, page, "C8"), 600, "C7", 660)
    expect(toast).to_contain_text("C7 är din, tis 24 nov 10–12.")
    toast.get_by_role("button", name="Ångra").click()
    expect(toast).to_contain_text("C8 är din, tis 24 nov 09–11.")
    expect(own(station, page, "C8")).to_have_attribute("data-move", str(made))
    own(station, page, "C8").click()
    expect(page).to_have_url(re.compile(f"/bookings/{made}$"))  # a press is still a link


def test_a_booking_is_moved_by_keys(visit: Visit, station: Station) -> None:
    station.book(ALVA, "C7", TUESDAY, "08:00", "10:00")
    station.book(MAJKEN, "C8", TUESDAY, "08:00", "09:00")
    page = visit("en", allow=("409",))
    page.goto(DAY)
    says, toast = page.locator("#says"), page.locator("[data-toast]")
    own(station, page, "C7").focus()
    expect(own(station, page, "C7")).to_have_accessible_description(re.compile("press M on it"))
    page.keyboard.press("m")
    expect(says).to_have_text(re.compile("C7, 08:00–10:00 is lifted"))
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(says).to_have_text("C7, 08:30–10:30")
    page.keyboard.press("Escape")
    expect(says).to_have_text("It stays where it was: C7, 08:00–10:00.")
    expect(page.locator(".tl-pick")).to_have_count(0)
    expect(own(station, page, "C7")).to_be_focused()

    page.keyboard.press("m")
    page.keyboard.press("ArrowDown")
    expect(says).to_have_text("C8, 08:00–10:00")
    page.keyboard.press("Enter")
    expect(toast).to_contain_text("C8 is booked")
    expect(own(station, page, "C7")).to_be_focused()
    assert station.held_by(ALVA, "C7") == [("08:00", "10:00")]

    page.keyboard.press("m")
    page.keyboard.press("ArrowDown")
    for _quarter in range(4):
        page.keyboard.press("ArrowRight")
    expect(says).to_have_text("C8, 09:00–11:00")
    page.keyboard.press("Enter")
    expect(toast).to_contain_text("C8 is yours, Tue 24 Nov 09–11.")
    expect(own(station, page, "C8")).to_be_focused()
    assert station.held_by(ALVA, "C8") == [("09:00", "11:00")] and station.held_by(ALVA, "C7") == []
    page.keyboard.press("ArrowLeft")  # not lifted: the arrows walk again
    expect(own(station, page, "C8")).not_to_be_focused()


def test_staff_move_a_members_booking(visit: Visit, station: Station) -> None:
    made = station.book(ALVA, "C7", TUESDAY, "08:00", "10:00")
    page = visit("sv", (1280, 1400), email=REBIN)
    page.goto(DAY)
    drag(station, page, page.locator(f'[data-move="{made}"]'), 540, "C7", 660)
    expect(page.locator("[data-toast]")).to_contain_text("C7 är bokad för")
    assert station.held_by(ALVA, "C7") == [("10:00", "12:00")]


def test_fingers_scroll_and_tap(visit: Visit, station: Station) -> None:
    made = station.book(ALVA, "C7", TUESDAY, "08:00", "10:00")
    page = visit("sv", PHONE)
    page.goto(DAY)
    held = own(station, page, "C7")
    held.scroll_into_view_if_needed()
    assert held.evaluate("link => getComputedStyle(link).touchAction") == "auto"
    box = held.bounding_box()
    assert box
    wire = page.context.new_cdp_session(page)
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    before = page.evaluate("scrollY")
    wire.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
    for step in range(1, 9):
        wire.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [{"x": x, "y": y + step * 25}]})
    assert page.locator(".tl-pick").count() == 0
    wire.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    page.wait_for_function("before => scrollY < before", arg=before)
    assert station.held_by(ALVA, "C7") == [("08:00", "10:00")]
    held.tap()
    expect(page).to_have_url(re.compile(f"/bookings/{made}$"))
