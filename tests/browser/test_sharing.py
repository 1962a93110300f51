"""Pages that concern more than one: whom I book for, my guests, and who is expected."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from itertools import count
from pathlib import Path

from playwright.sync_api import Page

from innovation_station.db import db, transaction
from innovation_station.errors import Conflict
from innovation_station.members.models import Member
from innovation_station.sharing import guests, handing, links, service
from tests.browser.conftest import ALVA, DESKTOP, PHONE, REBIN, Station, Visit
from tests.browser.test_pages import LOOKS, by_turns, faults_of, open_page
from tests.conftest import NOW, TUESDAY

PICTURES = os.environ.get("STATION_PICTURES")  # where to put what they look like, for who works on them
ROOM, SAMIR = "Hågelby", "samir.haddad@example.org"
HOURS = range(9, 17)
LATER = NOW + timedelta(days=1, hours=5)


def booked(station: Station) -> int:
    """Give Alva the room for the first hour of Tuesday that is free."""
    for hour in HOURS:
        with suppress(Conflict):
            return station.book(ALVA, ROOM, TUESDAY, f"{hour:02}:00", f"{hour + 1:02}:00")
    raise AssertionError("the room is full")


def invited(station: Station) -> tuple[int, str]:
    """Let Alva have two guests on Tuesday, and one of them a link; let somebody book for her."""
    booking_id = booked(station)
    with station.app.app_context():
        with transaction():
            alva = db.session.get_one(Member, station.member(ALVA))
            service.allow(alva.id, organisation=True, colleagues=False, people=["kim@guest.example"], now=NOW)
            people = [("Karin Ek", "karin@guest.example"), ("Aleksandra von Långtnamn-Ström", "a@guest.example")]
            made = guests.invite(alva, booking_id, people, language="sv", now=NOW)
        found = booking_id, links.path(made[0])
        db.session.remove()
    return found


def offer(station: Station, booking_id: int) -> int:
    """Have Alva offer her booking to Rebin; give the offer's id."""
    with station.app.app_context():
        with transaction():
            alva = db.session.get_one(Member, station.member(ALVA))
            made = handing.make(alva, booking_id, to=REBIN, now=NOW).id
        db.session.remove()
    return made


Pages = Iterator[tuple[str, Page]]


def look(pages: Pages, path: str, name: str, turn: int) -> Iterator[str]:
    """Open a page in the language whose turn it is, keep how it looks, and name its faults."""
    language, page = next(pages)
    open_page(page, path)
    if PICTURES:
        for size in (PHONE, DESKTOP):
            page.set_viewport_size({"width": size[0], "height": size[1]})
            page.screenshot(path=Path(PICTURES) / f"{name}-{language}-{size[0]}.png", full_page=True)
    wanted = turn - turn % 2 + list(LOOKS).index(language)  # a turn at which this language is asked of
    yield from (f"{path}: {fault}" for fault in faults_of(page, language, wanted))


def test_pages_of_sharing(visit: Visit, station: Station) -> None:
    turns = count()
    booking_id, link = invited(station)
    member = by_turns(visit, ALVA)
    faults = [*look(member, "/account/sharing", "consent", next(turns))]
    faults += look(member, f"/bookings/{booking_id}", "booking", next(turns))
    faults += look(member, f"/bookings/{booking_id}/guests", "guests", next(turns))
    faults += look(member, f"/book/{station.ids[ROOM]}?date=2026-11-26&kind=room", "sheet", next(turns))
    faults += look(by_turns(visit, None), link, "visit", next(turns))
    offered = offer(station, booking_id)
    faults += look(member, f"/bookings/{booking_id}", "booking-offered", next(turns))
    faults += look(by_turns(visit, REBIN), f"/offers/{offered}", "offer", next(turns))
    other = station.book(ALVA, "B1", TUESDAY, "08:00", "09:00")
    faults += look(member, f"/bookings/{other}/hand-over", "hand-over", next(turns))
    away = visit("sv")
    faults += look(iter([("sv", away)]), "/account/away?first=2026-11-24&last=2026-12-04", "away-look", next(turns))
    away.locator("main form[method=post] .btn-primary").click()
    faults += look(member, "/account/away", "away", next(turns))
    station.clock.now = LATER
    staff = by_turns(visit, REBIN)
    faults += look(staff, "/staff/arrivals", "arrivals", next(turns))
    faults += look(staff, f"/book/for?space={station.ids[ROOM]}", "choose", next(turns))
    faults += look(staff, "/staff/texts/directions", "directions", next(turns))
    asked = f"date=2026-11-26&part=day&look=1&who={station.member(SAMIR)}&who={station.member(REBIN)}"
    faults += look(staff, f"/book/team?{asked}", "team", next(turns))
    assert faults == []


def test_a_guest_comes_by_keyboard_and_without_script(visit: Visit, station: Station) -> None:
    booking_id = booked(station)
    page = visit("sv", PHONE, js=False)
    open_page(page, f"/bookings/{booking_id}")
    page.get_by_role("link", name="Bjud in en gäst").focus()
    page.keyboard.press("Enter")
    page.get_by_label("Namn", exact=True).fill("Karin Ek")
    page.keyboard.press("Tab")
    page.keyboard.type("karin@guest.example")
    page.keyboard.press("Enter")
    page.get_by_text("karin@guest.example").wait_for()
    station.clock.now = LATER
    staff = visit("sv", PHONE, email=REBIN, js=False)
    open_page(staff, "/staff/arrivals")
    staff.get_by_role("button", name="Har kommit: Karin Ek").focus()
    staff.keyboard.press("Enter")
    staff.get_by_text("Här sedan 13.10").wait_for()


def test_away_and_back_by_keyboard_and_without_script(visit: Visit, station: Station) -> None:
    booked(station)
    page = visit("sv", PHONE, js=False)
    open_page(page, "/account/away")
    page.get_by_label("Första dagen borta").fill("2026-11-24")
    page.get_by_label("Sista dagen borta").fill("2026-11-26")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Jag är borta, släpp").focus()
    page.keyboard.press("Enter")
    page.get_by_text("Du är borta tisdag 24 november – torsdag 26 november 2026.").wait_for()
    page.get_by_role("button", name="Jag är här ändå").focus()
    page.keyboard.press("Enter")
    page.get_by_text(re.compile("(är din|är dina) igen")).wait_for()


def test_a_booking_goes_over_by_keyboard_and_without_script(visit: Visit, station: Station) -> None:
    booking_id = booked(station)
    page = visit("sv", PHONE, js=False)
    open_page(page, f"/bookings/{booking_id}")
    page.get_by_role("link", name="Erbjud den till någon").focus()
    page.keyboard.press("Enter")
    page.get_by_label("E-post").fill(REBIN)
    page.keyboard.press("Enter")
    page.get_by_text(f"Erbjuden till {REBIN}").wait_for()
    other = visit("sv", PHONE, email=REBIN, js=False)
    open_page(other, "/bookings")
    other.get_by_role("link", name="Svara:").focus()
    other.keyboard.press("Enter")
    other.get_by_role("button", name="Ta över den").focus()
    other.keyboard.press("Enter")
    other.get_by_text("Övertagen:").wait_for()
    assert other.url.endswith(f"/bookings/{booking_id}")
