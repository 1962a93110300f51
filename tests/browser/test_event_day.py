"""An event from its template to the list of who came, as staff, a guest with a phone and a member live it."""

from __future__ import annotations

import csv
import re
from datetime import date
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from innovation_station.bookings.models import Booking
from innovation_station.db import db
from innovation_station.events.models import Event
from innovation_station.registration import links
from innovation_station.registration.models import Registration
from tests.browser.conftest import ALVA, PHONE, REBIN, Station, Visit
from tests.conftest import at

pytestmark = pytest.mark.browser
DAY = date(2027, 1, 21)
SAMIR = "samir.haddad@example.org"
ROOMS = {"Hågelby": "Stad", "Flottsbro": "Trygghet", "Björnkulla": "Demokrati"}


def test_a_kickoff_from_its_template_to_who_came(visit: Visit, station: Station) -> None:
    alva = station.book(ALVA, "Hågelby", DAY, "11:30", "13:00")
    samir = station.book(SAMIR, "Flottsbro", DAY, "12:00", "13:00")
    staff = visit("sv", email=REBIN, allow=("status of 409",))
    event_id, slug = kickoff(staff, station)
    for room, title in ROOMS.items():
        session(staff, station, event_id, room, title)
    programme = staff.goto(f"/staff/events/{event_id}/programme")
    assert programme and programme.status == 200
    for title in ROOMS.values():
        expect(staff.get_by_text(title, exact=True).first).to_be_visible()
    with station.app.app_context():
        assert db.session.get_one(Booking, alva).space_id != station.ids["Hågelby"]  # it was led to a place like it
        assert db.session.get_one(Booking, samir).state == "cancelled"
        db.session.remove()

    staff.goto(f"/staff/events/{event_id}/signup")
    staff.fill("#capacity", "1")
    staff.check("#guests")
    staff.check("#waitlist")
    staff.locator("form:has(#capacity) .btn-primary").click()
    staff.goto(f"/staff/events/{event_id}")
    staff.locator("button[name=act][value=publish], form:has(input[value=publish]) button").first.click()
    expect(staff.get_by_text("Publicerat").first).to_be_visible()

    guest = visit("sv", PHONE, email=None)
    guest.goto(f"/events/{slug}")
    guest.fill("#reg-name", "Gina Gäst")
    guest.fill("#reg-email", "gina@guest.example")
    guest.locator("#registration .btn-primary").click()
    link = link_of(station, event_id, "gina@guest.example")
    guest.goto(link)
    guest.get_by_role("button", name="Bekräfta min anmälan").click()
    expect(guest.get_by_role("link", name="Visa min biljett")).to_be_visible()

    member = visit("sv", PHONE, email=ALVA)
    member.goto(f"/events/{slug}")
    member.locator("#registration .btn-primary").click()
    expect(member.locator("#registration")).to_contain_text("först")  # in the line

    guest.goto(link)
    guest.get_by_role("button", name="Jag kan inte komma").click()
    member.goto(f"/events/{slug}")
    member.locator("#registration").get_by_role("button", name="Ta den").click()
    expect(member.locator("#registration .note-ok")).to_be_visible()

    station.clock.now = at(DAY, "08:30", "09:00").start
    door = visit("sv", PHONE, email=REBIN)
    door.goto(f"/staff/events/{event_id}/door?q=alva")
    door.get_by_role("button", name=re.compile("^Checka in: Alva")).click()
    expect(door.locator("#door-count")).to_contain_text("1 av 1 är här")
    door.goto(f"/staff/events/{event_id}/door")
    with door.expect_download() as loading:
        door.get_by_role("link", name="Som fil (CSV)").click()
    rows = list(csv.reader(Path(loading.value.path()).read_text("utf-8-sig").splitlines(), delimiter=";"))
    came = next(row for row in rows if any("Alva" in cell for cell in row))
    assert any("08.30" in cell or "08:30" in cell for cell in came), rows


def kickoff(staff: Page, station: Station) -> tuple[int, str]:
    """Make a template of the kickoff, and of that one on a day; give its id and its name in addresses."""
    with station.app.app_context():
        first = db.session.scalars(select(Event.id).where(Event.title_sv.startswith("Kickoff"))).one()
        db.session.remove()
    copied(staff, first, "template")
    template = latest(station)
    copied(staff, template[0], "copy")
    return latest(station)


def copied(staff: Page, event_id: int, what: str) -> None:
    staff.goto(f"/staff/events/{event_id}/copy")
    staff.select_option("#what", what)
    staff.fill("#date", DAY.isoformat())
    staff.locator("form:has(#what) .btn-primary").click()
    staff.wait_for_url(re.compile(r"/staff/events(/\d+)?$"))


def latest(station: Station) -> tuple[int, str]:
    with station.app.app_context():
        event = db.session.scalars(select(Event).order_by(Event.id.desc()).limit(1)).one()
        found = event.id, event.slug
        db.session.remove()
    return found


def session(staff: Page, station: Station, event_id: int, room: str, title: str) -> None:
    """Add a session beside the workshop. Alva, who has one of the rooms, is led to another; Samir is cancelled."""
    staff.goto(f"/staff/events/{event_id}/sessions")
    staff.fill("#title_sv", title)
    staff.select_option("#kind", "workshop")
    staff.fill("#date", DAY.isoformat())
    staff.fill("#start", "11:30")
    staff.fill("#end", "13:00")
    staff.select_option("#space", str(station.ids[room]))
    staff.locator("form:has(#title_sv) .btn-primary").click()
    hits = staff.locator("fieldset.hit")
    if room != "Björnkulla":
        expect(hits).to_have_count(1)
        hits.locator("input[value=move]" if room == "Hågelby" else "input[value=cancel]").check()
        staff.get_by_role("button", name="Gör allt det här").click()
    expect(hits).to_have_count(0)


def link_of(station: Station, event_id: int, email: str) -> str:
    """Give the link in the mail that a guest got."""
    with station.app.app_context():
        wanted = (Registration.event_id == event_id, Registration.email == email)
        path = links.path(db.session.scalars(select(Registration).where(*wanted)).one())
        db.session.remove()
    return path
