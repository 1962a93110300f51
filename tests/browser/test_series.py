"""A place on a phone, without a mouse: every other Tuesday, what collides settled, one date moved, the rest ended; then
a desk left early, and in line for the room until it is offered."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import ALVA, MAJKEN, PHONE, Station, Visit
from tests.conftest import MONDAY, TUESDAY

pytestmark = pytest.mark.browser
ROOM = "Lida"
WEEK = timedelta(days=7)


def choose(field: Locator, label: str) -> None:
    """Choose from a list as a keyboard does: by typing the words."""
    field.focus()
    field.press_sequentially(label)
    expect(field.locator("option:checked")).to_have_text(re.compile(re.escape(label)))


def fill(field: Locator, text: str) -> None:
    field.focus()
    field.press("ControlOrMeta+a")
    field.press_sequentially(text)


def settle(page: Page, day: str, answer: str) -> None:
    """Answer for a date that cannot be had."""
    group = page.get_by_role("group", name=re.compile(day))
    group.get_by_label(answer).focus()
    group.get_by_label(answer).press("Space")


def test_a_team_books_its_room_and_changes_its_mind(visit: Visit, station: Station) -> None:
    for weeks in (2, 4):  # somebody has it on two of the dates
        station.book(MAJKEN, ROOM, TUESDAY + weeks * WEEK, "16:00", "17:00")
    page = visit("sv", PHONE, email=ALVA)
    page.goto(f"/series/new?space={station.ids[ROOM]}&date={TUESDAY}&start=16:00&end=17:00")
    fill(page.get_by_label("Var", exact=True), "2")
    fill(page.get_by_label("Gånger"), "4")
    fill(page.get_by_role("textbox", name="Rubrik"), "Teammöte")
    page.get_by_role("button", name="Visa alla dagar").press("Enter")

    expect(page.get_by_text("2 dagar går inte att få som de är")).to_be_visible()
    settle(page, "8 december", "Hoppa över den här dagen")
    later = page.get_by_role("group", name=re.compile("22 december"))
    later.get_by_label("En annan tid").press("Space")
    for label, digits in (("Från", "1500"), ("Till", "1600")):
        later.get_by_label(label).focus()
        later.get_by_label(label).fill(f"{digits[:2]}:{digits[2:]}")
    page.get_by_role("button", name="Boka med de här valen").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("varannan vecka på tisdag")
    assert station.held_by(ALVA, ROOM) != []

    page.get_by_role("link", name="Tisdag 24 november").press("Enter")  # one date moves by itself
    page.get_by_role("link", name="Ändra", exact=True).press("Enter")
    choose(page.get_by_label("Från"), "17")
    choose(page.get_by_label("Till"), "18")
    page.get_by_role("button", name="Spara ändringen").press("Enter")
    expect(page.get_by_text("Del av en serie")).to_be_visible()
    page.get_by_role("link", name="Avboka fler dagar").press("Enter")
    page.get_by_role("button", name=re.compile("Avboka 3 dagar: Den och de följande")).press("Enter")
    expect(page.get_by_text("3 dagar är avbokade.")).to_be_visible()
    assert station.held_by(ALVA, ROOM) == []

    station.clock.now += timedelta(hours=1)  # at her desk since eight, and gone before the time is out
    page.goto("/bookings")
    page.locator("main a[href^='/bookings/']").first.press("Enter")
    desk = page.get_by_role("heading", level=1).inner_text().split()[-1]
    page.get_by_role("button", name=re.compile("^Avsluta nu")).press("Enter")
    expect(page.get_by_role("status").first).to_contain_text("09.10")
    assert station.held_by(ALVA, desk, MONDAY) == [("08:00", "09:10")]

    taken = station.book(MAJKEN, ROOM, TUESDAY, "16:00", "17:00")
    page.goto(f"/book/{station.ids[ROOM]}?date={TUESDAY}&from=16:00&to=17:00")
    page.locator(".wait summary").press("Enter")
    page.get_by_role("button", name="Säg till när den blir ledig").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text(ROOM)
    expect(page.locator("main .note").first).to_contain_text("först")
    station.cancel(MAJKEN, taken)
    page.reload()
    page.get_by_role("button", name=re.compile(f"^Ta {ROOM}")).press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text(ROOM)
    assert station.held_by(ALVA, ROOM) == [("16:00", "17:00")]
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
