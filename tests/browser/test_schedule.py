"""A session pulled in an event's schedule: by mouse, by keys, by its end; refused, and where bookings are in the way."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from innovation_station.db import db, transaction
from innovation_station.events import queries, service
from innovation_station.events.models import Event, Session
from innovation_station.events.rules import Facts, Item
from innovation_station.members.models import Member
from tests.browser.conftest import ALVA, REBIN, Station, Visit
from tests.conftest import TUESDAY, ZONE, at

pytestmark = pytest.mark.browser


def planned(station: Station) -> int:
    """Plan an event with a talk at nine in one room and another without a room."""
    with station.app.app_context(), transaction():
        host, now = db.session.scalars(db.select(Member).where(Member.email == REBIN)).one(), station.clock.now
        event = service.create(host, Facts(("Provdag", "Trial day")), at(TUESDAY, "08:00", "17:00"), now=now)
        for title, start, end, space in (
            ("Tal", "09:00", "10:00", station.ids["Lida"]),
            ("Fika", "12:00", "13:00", None),
        ):
            item = Item(0, "talk", (title, title), at(TUESDAY, start, end), space)
            service.carry_out(host, event.id, lambda p, one=item: p.with_item(one), now=now, zone=ZONE)  # type: ignore[misc]
        return event.id


def when(station: Station, event_id: int, title: str) -> tuple[str, str, int | None]:
    """Say when and where a session is."""
    with station.app.app_context():
        event = db.session.get_one(Event, event_id)
        row: Session = next(row for row in queries.whole(event).sessions if row.title_sv == title)
        found = row.start.astimezone(ZONE), row.end.astimezone(ZONE), row.space_id
        db.session.remove()
    return f"{found[0]:%H:%M}", f"{found[1]:%H:%M}", found[2]


def point(page: Page, space: int, minute: int) -> tuple[float, float]:
    """Give where a minute of a row is on the screen."""
    track = page.locator(f'#row-{space} [data-track="{space}"]')
    track.scroll_into_view_if_needed()
    box = track.bounding_box()
    first, last = (
        int(track.evaluate("(row, name) => getComputedStyle(row).getPropertyValue(name)", name)) * 15
        for name in ("--o", "--c")
    )
    assert box
    return box["x"] + box["width"] * (minute - first) / (last - first), box["y"] + box["height"] / 2


def piece(page: Page, title: str) -> Locator:
    return page.locator("a[data-move]").filter(has_text=title)


def test_sessions_are_moved_by_mouse_and_by_keys(visit: Visit, station: Station) -> None:
    event, lida = planned(station), station.ids["Lida"]
    page = visit("en", (1280, 1400), email=REBIN, allow=("409", "422"))
    page.goto(f"/staff/events/{event}/grid")
    toast, says = page.locator("[data-toast]"), page.locator("#says")

    page.mouse.move(*point(page, 0, 12 * 60 + 30))
    page.mouse.down()
    page.mouse.move(*point(page, lida, 13 * 60 + 30), steps=6)
    page.mouse.up()
    expect(toast).to_contain_text("«Fika»: Lida, 13:00–14:00.")
    assert when(station, event, "Fika") == ("13:00", "14:00", lida)
    expect(page.locator(f"#row-{lida} a").filter(has_text="Fika")).to_be_visible()

    end = piece(page, "Fika").bounding_box()
    assert end
    page.mouse.move(end["x"] + end["width"] - 3, end["y"] + end["height"] / 2)
    page.mouse.down()
    page.mouse.move(*point(page, lida, 15 * 60), steps=6)
    page.mouse.up()
    expect(toast).to_contain_text("«Fika»: Lida, 13:00–15:00.")
    toast.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    page.wait_for_load_state()  # the script that moves is there
    assert when(station, event, "Fika") == ("13:00", "14:00", lida)

    piece(page, "Tal").focus()
    expect(piece(page, "Tal")).to_have_accessible_description(re.compile("press M on it"))
    page.keyboard.press("m")
    expect(says).to_have_text(re.compile("Lida, 09:00–10:00 is lifted"))
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Shift+ArrowRight")
    expect(says).to_have_text("Lida, 09:15–10:45")
    page.keyboard.press("Enter")
    expect(toast).to_contain_text("«Tal»: Lida, 09:15–10:45.")
    expect(piece(page, "Tal")).to_have_attribute("data-at", "555")  # drawn anew, and free to be lifted
    expect(piece(page, "Tal")).to_be_focused()
    page.keyboard.press("m")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Escape")
    expect(says).to_have_text("It stays where it was: Lida, 09:15–10:45.")
    assert when(station, event, "Tal") == ("09:15", "10:45", lida)


def test_a_session_on_a_booking_leads_to_the_plan_and_what_cannot_be_stays(visit: Visit, station: Station) -> None:
    event, lida = planned(station), station.ids["Lida"]
    made = station.book(ALVA, "Lida", TUESDAY, "15:00", "16:00")
    page = visit("en", (1280, 1400), email=REBIN, allow=("409", "ERR_FAILED"))
    page.goto(f"/staff/events/{event}/grid")
    expect(page.locator(f"#row-{lida}").get_by_text("Booked")).to_be_visible()
    page.route("**/move", lambda route: route.abort())
    page.mouse.move(*point(page, lida, 9 * 60 + 30))
    page.mouse.down()
    page.mouse.move(*point(page, lida, 11 * 60 + 30), steps=6)
    page.mouse.up()
    expect(page.locator("#toasts")).to_contain_text("No connection")
    expect(piece(page, "Tal")).not_to_have_class(re.compile("is-moving"))
    page.unroute("**/move")
    page.mouse.move(*point(page, lida, 9 * 60 + 30))
    page.mouse.down()
    page.mouse.move(*point(page, lida, 15 * 60 + 30), steps=6)
    page.mouse.up()
    expect(page.get_by_role("heading", name="It hits one booking")).to_be_visible()
    expect(page.locator(f"[name='hit-{made}']").first).to_be_attached()
    assert when(station, event, "Tal") == ("09:00", "10:00", lida)
    page.locator(f"#hit-{made}-cancel").check()
    page.get_by_role("button", name="Do all of this").click()
    page.wait_for_url(re.compile(rf"/staff/events/{event}/grid\?date={TUESDAY}"))
    assert when(station, event, "Tal") == ("15:00", "16:00", lida)
