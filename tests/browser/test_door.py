"""The door on a phone: a ticket read by the camera, one button, and back to the next; and what another door does."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from innovation_station.attendance import links
from innovation_station.attendance import service as attendance
from innovation_station.db import db, transaction
from innovation_station.events import service as events
from innovation_station.events.rules import Facts
from innovation_station.members.models import Member
from innovation_station.registration import service
from innovation_station.registration.rules import Terms
from tests.browser.conftest import PHONE, REBIN, Station, Visit
from tests.conftest import MONDAY, ZONE, at

pytestmark = pytest.mark.browser
# The browser of the tests has neither a camera nor what reads codes: both are given by the test.
CAMERA = """
window.BarcodeDetector = class { async detect() { return window.shown ? [{ rawValue: window.shown }] : []; } };
Object.defineProperty(navigator, 'mediaDevices', { value: { getUserMedia: async () => new MediaStream() } });
HTMLMediaElement.prototype.play = async () => {};
"""


def test_a_ticket_is_read_and_checked_in(visit: Visit, station: Station) -> None:
    with station.app.app_context(), transaction():
        host, now = db.session.scalars(db.select(Member).where(Member.email == REBIN)).one(), station.clock.now
        event = events.create(host, Facts(("Öppet hus", "Open house")), at(MONDAY, "08:00", "17:00"), now=now)
        events.publish(host, event.id, now=now, zone=ZONE)
        service.settle(host, event.id, Terms(capacity=9), now=now, zone=ZONE)
        rows = [service.add(host, event.id, name, "", language="sv", now=now) for name in ("Gina Gäst", "Gro Gäst")]
        path, other, event_id = links.path(rows[0]), rows[1].id, event.id
    page = visit("sv", PHONE, email=REBIN)
    page.add_init_script(CAMERA)
    page.goto(f"/staff/events/{event_id}/door")
    page.get_by_role("button", name="Läs av biljetter").click()
    expect(page.get_by_role("button", name="Stäng av kameran")).to_be_visible()
    page.evaluate("window.shown = 'https://elsewhere.example/tickets/x'")
    expect(page.get_by_text("Det här är ingen av våra biljetter.")).to_be_visible()
    page.evaluate("path => { window.shown = location.origin + path }", path)
    page.wait_for_url(re.compile(r"/tickets/"))
    page.get_by_role("button", name="Checka in: Gina Gäst").click()
    page.wait_for_url(re.compile(rf"/staff/events/{event_id}/door\?scan=1"), wait_until="commit")
    expect(page.get_by_text("Gina Gäst är här.")).to_be_visible()
    expect(page.get_by_role("button", name="Stäng av kameran")).to_be_visible()  # ready for the next
    expect(page.locator("#door-count")).to_have_text(re.compile(r"1 av 2 är här\."))
    with station.app.app_context(), transaction():
        host = db.session.scalars(db.select(Member).where(Member.email == REBIN)).one()
        attendance.check_in(host, other, "list", now=station.clock.now)
    page.evaluate("document.dispatchEvent(new CustomEvent('station:refresh'))")
    expect(page.locator("#door-count")).to_have_text(re.compile(r"2 av 2 är här\."))
    page.get_by_role("button", name="Inte här än: Gro Gäst").click()
    expect(page.locator("#door-count")).to_have_text(re.compile(r"1 av 2 är här\."))
