"""A host's morning on a tablet: who comes and who does not, a broken desk, a meeting moved and put back, a new screen."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from innovation_station.bookings.models import Booking
from innovation_station.db import db, transaction
from innovation_station.displays import views
from innovation_station.members.models import Member
from innovation_station.repairs import service as repairs
from tests.browser.conftest import ALVA, MAJKEN, Station, Visit
from tests.browser.test_pages import faults_of
from tests.conftest import NOW, TUESDAY, ZONE

pytestmark = pytest.mark.browser
TABLET = (834, 1112)
SAMIR = "samir.haddad@example.org"


def placed(station: Station, booking_id: int) -> tuple[str, str, str]:
    """Say what has become of a booking: its state, its place, and when it begins."""
    with station.app.app_context():
        row = db.session.get_one(Booking, booking_id)
        db.session.remove()
        return row.state, station.names[row.space_id], f"{row.start.astimezone(ZONE):%H:%M}"


def broken(station: Station, name: str) -> None:
    """Report a place as somebody does who stands before it."""
    with station.app.app_context():
        with transaction():
            alva = db.session.get_one(Member, station.member(ALVA))
            repairs.report(alva, station.ids[name], sort="furniture", text="Benet är av", now=NOW)
        db.session.remove()


def test_a_host_runs_the_morning(visit: Visit, station: Station, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "POLL", 1)
    hit = [station.book(ALVA, "C7", TUESDAY, "08:00", "12:00"), station.book(SAMIR, "C7", TUESDAY, "13:00", "17:00")]
    meeting = station.book(ALVA, "Lida", TUESDAY, "09:00", "10:00")
    broken(station, "C7")
    host = visit("sv", TABLET, email=MAJKEN, allow=("status of 409",))

    host.goto("/staff")
    waiting = host.locator(".arr", has=host.get_by_role("button", name=re.compile("^Checka in")))
    first, second, missed = (waiting.nth(number).get_attribute("id") for number in range(3))
    for key in (first, second):
        host.locator(f"#{key}").get_by_role("button", name=re.compile("^Checka in")).click()
        expect(host.locator(f"#{key}")).to_contain_text("Här 08.10")
    station.clock.now = NOW + timedelta(minutes=14)
    host.goto("/staff")
    host.locator(f"#{missed}").get_by_role("button", name=re.compile("^Kom inte")).click()
    expect(host.locator("[data-toast]")).to_contain_text("är ledig för andra nu.")
    expect(host.locator("section:has(#gone-h)")).to_contain_text("Släppt 08.24")
    assert placed(station, int((missed or "b0")[1:]))[0] == "no-show"

    host.goto("/staff/faults")
    host.get_by_role("link", name=re.compile("^C7")).click()
    host.fill("#until", f"{TUESDAY}")
    host.fill("#reason", "Benet lagas")
    host.get_by_role("button", name="Stäng platsen").click()
    expect(host.get_by_role("heading", name=re.compile("bokningar drabbas"))).to_be_visible()
    assert list(faults_of(host, "sv")) == []
    host.set_viewport_size({"width": TABLET[0], "height": TABLET[1]})
    host.locator("main .btn-primary").click()
    expect(host.locator("main")).to_contain_text("Stängd till och med tis 24 nov.")
    for booking_id in hit:
        state, name, _start = placed(station, booking_id)
        assert state == "confirmed" and name != "C7"
    host.goto(f"/book/{station.ids['C7']}?date={TUESDAY}")
    expect(host.locator("main")).to_contain_text("Benet lagas")

    host.goto(f"/staff/schedule?date={TUESDAY}")
    host.locator(f"a[href*='/staff/schedule/bookings/{meeting}']").first.click()
    host.select_option("#start", "14:00")
    host.select_option("#end", "15:00")
    host.get_by_role("button", name="Spara ändringen").click()
    assert placed(station, meeting) == ("confirmed", "Lida", "14:00")
    host.locator(".sched-acts").get_by_role("button", name=re.compile("Ångra")).first.click()
    expect(host.locator(".sched-acts")).to_have_count(0)
    assert placed(station, meeting) == ("confirmed", "Lida", "09:00")

    screen = visit("sv", (1024, 600), email=None, allow=("status of 404",))  # as long as it hangs nowhere
    screen.goto("/door")
    screen.get_by_role("button", name="Visa koden").click()
    expect(screen.locator("#code")).to_be_visible()
    code = screen.locator("#code").inner_text()
    host.goto("/staff/displays")
    assert host.evaluate("scrollY") == 0  # its section is seen at the side, and the page begins with its heading
    host.get_by_label(re.compile("^Kod")).fill(code)
    host.get_by_label(re.compile("^Var")).select_option(label="Lida")
    host.get_by_role("button", name="Sätt upp den").click()
    expect(host.get_by_role("link", name="Lida")).to_be_visible()
    screen.reload()
    expect(screen.get_by_role("heading", name="Lida")).to_be_visible()
    expect(screen.locator("body")).to_contain_text("Ledigt")
    host.get_by_role("link", name="Lida").click()
    host.get_by_role("button", name="Ta ner den").click()
    expect(screen.get_by_role("heading", name="Den här skärmen är nedtagen")).to_be_visible(timeout=20_000)
    screen.get_by_role("link", name="Sätt upp en skärm").click()
    expect(screen.get_by_role("button", name="Visa koden")).to_be_visible()
