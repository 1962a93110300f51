"""The staff's schedule in a browser: dragged, refused and let pass with a reason, by mouse and by keys, and taken back."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from innovation_station.bookings.models import RulesPassed
from innovation_station.db import db
from innovation_station.mail.models import Mail
from tests.browser.conftest import ALVA, MAJKEN, REBIN, Station, Visit, track
from tests.conftest import TUESDAY

pytestmark = pytest.mark.browser
DAY = f"/staff/schedule?date={TUESDAY}&hours=own&from=08:00&to=20:00"
OPENS, CLOSES = 8 * 60, 20 * 60


def point(station: Station, page: Page, name: str, minute: float) -> tuple[float, float]:
    box = track(station, page, name).bounding_box()
    assert box
    return box["x"] + box["width"] * (minute - OPENS) / (CLOSES - OPENS), box["y"] + box["height"] / 2


def pull(station: Station, page: Page, start: tuple[str, float], end: tuple[str, float]) -> None:
    """Press at a minute of one row, and let go at a minute of another."""
    track(station, page, start[0]).scroll_into_view_if_needed()
    page.mouse.move(*point(station, page, *start))
    page.mouse.down()
    page.mouse.move(*point(station, page, *end), steps=6)
    page.mouse.up()


def reasons(station: Station) -> list[str]:
    with station.app.app_context():
        return [row.reason for row in db.session.scalars(select(RulesPassed).order_by(RulesPassed.id))]


def mails(station: Station, to: str) -> int:
    with station.app.app_context():
        return len(db.session.scalars(select(Mail).where(Mail.receiver == to, Mail.state == "queued")).all())


def test_a_booking_is_dragged_past_the_rules_with_a_reason_and_taken_back(visit: Visit, station: Station) -> None:
    made = station.book(ALVA, "Lida", TUESDAY, "09:00", "10:00")
    waiting = mails(station, ALVA)
    page = visit("en", (1280, 1300), email=REBIN, allow=("409", "422"))
    page.goto(DAY)
    bar, toast = page.locator(f'[data-move="{made}"]'), page.locator("#toasts [data-toast]")
    pull(station, page, ("Lida", 570), ("Alby", 17.5 * 60))  # until six, when the house closes
    expect(toast).to_contain_text("Moved: Alva L., Alby Tue 24 Nov 17–18. Before: Lida Tue 24 Nov 09–10.")
    assert station.held_by(ALVA, "Alby") == [("17:00", "18:00")]
    pull(station, page, ("Alby", 17.5 * 60), ("Alby", 18.5 * 60))
    expect(toast).to_contain_text("It is open 08:00–18:00 that day")
    expect(bar).to_have_attribute("data-at", str(17 * 60))  # it is back where it was
    why = toast.get_by_label("Past the rules, because")
    expect(why).to_be_focused()
    page.keyboard.type("The train is late")
    page.keyboard.press("Enter")
    expect(toast).to_contain_text("Alby Tue 24 Nov 18–19")
    assert reasons(station) == ["The train is late"] and station.held_by(ALVA, "Alby") == [("18:00", "19:00")]
    assert mails(station, ALVA) == waiting + 1  # one, of both steps, that has not left
    just = page.locator(".sched-acts li")
    expect(just).to_have_count(2)
    for _step in range(2):
        just.first.get_by_role("button", name=re.compile("^Undo")).click()
        expect(toast).to_contain_text("Taken back. Nobody has been told.")
    expect(just).to_have_count(0)
    assert station.held_by(ALVA, "Lida") == [("09:00", "10:00")] and mails(station, ALVA) == waiting

    # its end, and a press is a link to the same by a form
    edge = bar.bounding_box()
    assert edge
    page.mouse.move(edge["x"] + edge["width"] - 3, edge["y"] + 9)
    page.mouse.down()
    page.mouse.move(*point(station, page, "Lida", 11 * 60), steps=6)
    page.mouse.up()
    expect(toast).to_contain_text("Lida Tue 24 Nov 09–11")
    bar.click()
    expect(page).to_have_url(re.compile(f"/staff/schedule/bookings/{made}$"))
    page.get_by_role("link", name="Back to the schedule").click()
    expect(page).to_have_url(re.compile(re.escape("hours=own")))
    # drawn in free time, booked for somebody
    pull(station, page, ("Lida", 12 * 60 + 2), ("Lida", 13 * 60 - 2))
    expect(page).to_have_url(re.compile("/staff/schedule/new/.*from=12%3A00&to=13%3A00"))
    page.get_by_label("For whom").fill("majken")
    page.get_by_role("button", name="Book it").click()
    expect(page.locator(".sched-acts li").first).to_contain_text("Booked: Majken")
    assert station.held_by(MAJKEN, "Lida") == [("12:00", "13:00")]


def test_a_booking_is_moved_by_keys_and_refused(visit: Visit, station: Station) -> None:
    made = station.book(ALVA, "Lida", TUESDAY, "16:00", "17:00")
    page = visit("en", (1280, 900), email=REBIN, allow=("409", "422"))
    page.goto(f"/staff/schedule?date={TUESDAY}&kind=room&hours=day")
    bar, toast, says = (
        page.locator(f'[data-move="{made}"]'),
        page.locator("#toasts [data-toast]"),
        page.locator("#says"),
    )
    bar.focus()
    page.keyboard.press("m")
    expect(says).to_have_text(re.compile("Lida, 16:00–17:00 is lifted"))
    page.keyboard.press("Shift+ArrowRight")
    expect(says).to_have_text("Lida, 16:00–18:00")
    page.keyboard.press("Enter")
    expect(toast).to_contain_text("Lida Tue 24 Nov 16–18")
    expect(bar).to_have_attribute("data-till", str(18 * 60))
    expect(bar).to_be_focused()
    page.keyboard.press("m")
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Enter")
    why = toast.get_by_label("Past the rules, because")
    expect(why).to_be_focused()  # it is typed where one is
    page.keyboard.type("Late guests")
    page.keyboard.press("Enter")
    expect(toast).to_contain_text("Lida Tue 24 Nov 16–19")
    assert reasons(station) == ["Late guests"]
    expect(page.locator(".sched-acts li")).to_have_count(2)
    page.locator(".sched-acts li").first.get_by_role("button", name=re.compile("^Undo")).focus()
    page.keyboard.press("Enter")
    expect(toast).to_contain_text("Taken back")
    assert station.held_by(ALVA, "Lida") == [("16:00", "18:00")]
