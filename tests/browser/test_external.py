"""A calendar from outside, added in a browser by file: looked at, blocked, seen on the plan; in both languages' pages."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.browser.conftest import ALVA, REBIN, Station, Visit
from tests.browser.test_pages import faults_of, open_page
from tests.external.calendars import calendar, event
from tests.external.conftest import local

pytestmark = pytest.mark.browser
FILE = calendar(
    local("0900", "1000", "lecture", more="SUMMARY:Föreläsning\nRRULE:FREQ=WEEKLY;COUNT=20"),
    event("DTSTART;TZID=Mars/Olympus:20261124T090000\nDURATION:PT1H", "mars"),
    event("DTSTART:nonsense", "bad"),
    event("DTSTART:20261126T090000\nDURATION:PT2H", "floating"),
    head="X-WR-CALNAME:Rum MB 612",
)


def test_a_calendar_is_added_and_seen(visit: Visit, station: Station, tmp_path: Path) -> None:
    file = tmp_path / "rum.ics"
    file.write_bytes(FILE)
    faults: list[str] = []
    for email, path, name in ((REBIN, "/staff/external", "TimeEdit 2"), (ALVA, "/calendars/external", "Jobbet")):
        page = visit("sv", email=email, allow=("status of 4",))
        open_page(page, path)
        page.get_by_label("Namn").fill(name)
        page.locator("#file").set_input_files(file)
        page.get_by_role("button", name="Se vad den säger").click()
        page.wait_for_url("**/drafts/*")
        assert "Mars/Olympus" in page.inner_text("main") and page.locator("button[value=take]").count() == 0
        faults += [f"{path} asked: {fault}" for fault in faults_of(page, "sv")]
        page.locator("#zone").select_option("Europe/London")
        page.get_by_role("button", name="Läs den i den här zonen").click()
        page.wait_for_load_state()
        assert "Föreläsning" in page.inner_text("main")
        faults += [f"{path} ready: {fault}" for fault in faults_of(page, "sv")]
        page.locator("button[value=take]").click()
        page.wait_for_url(f"**{path}")
        assert name in page.inner_text("main")
        faults += [f"{path} added: {fault}" for fault in faults_of(page, "sv")]
    assert faults == []
