"""The pages of joining and of staff who let people in, as everybody meets them."""

from __future__ import annotations

from itertools import count

import pytest
from playwright.sync_api import expect

from innovation_station.db import db, transaction
from innovation_station.mail.models import Mail
from innovation_station.members import joining
from tests.browser.conftest import PHONE, REBIN, Station, Visit
from tests.browser.test_pages import by_turns, faults_of, open_page
from tests.conftest import NOW

pytestmark = pytest.mark.browser
TEXTS = {
    "sv": "# Först\n\nStäda efter dig.\n\n- Lämna platsen som du fann den.",
    "en": "# First\n\nTidy up after you.\n\n- Leave the desk as it was.",
}


def test_pages_of_joining(visit: Visit, station: Station) -> None:
    with station.app.app_context(), transaction():
        joining.publish_text("rules", TEXTS["sv"], TEXTS["en"], actor=None, now=NOW)
        joining.apply("nils@example.com", "Nils Ek", now=NOW, language="sv")
    visitor = by_turns(visit, None, allow=("status of 4",))
    admin = by_turns(visit, REBIN, allow=("status of 4",))
    faults: list[str] = []
    turns = count()
    for pages, paths in (
        (visitor, ("/join", "/rules")),
        (admin, ("/staff", "/staff/members", "/staff/members/3", "/staff/members/import", "/staff/invitations",
                 "/staff/admission", "/staff/texts", "/staff/texts/rules", "/welcome/1", "/welcome/3", "/rules/accept")),
    ):  # fmt: skip
        for path in paths:
            language, page = next(pages)
            open_page(page, path)
            faults += [f"{path}: {fault}" for fault in faults_of(page, language, next(turns))]
    assert faults == []


def test_invited_person_comes_in_by_phone_without_script(visit: Visit, station: Station) -> None:
    with station.app.app_context(), transaction():
        joining.publish_text("rules", TEXTS["sv"], TEXTS["en"], actor=None, now=NOW)
    admin = visit("en", email=REBIN, js=False)
    admin.goto("/staff/invitations")
    admin.get_by_label("Addresses").fill("Nils Ek <nils@example.com>")
    admin.get_by_role("button", name="Send the invitations").click()
    expect(admin.get_by_text("nils@example.com")).to_be_visible()
    with station.app.app_context():
        mail = db.session.query(Mail).filter_by(template="invitation").one()
        link = f"/invitation/{(mail.content or {})['token']}"
        db.session.remove()
    page = visit("en", email=None, size=PHONE, js=False)
    page.goto(link)
    page.get_by_label("Choose a password").fill("hav-skylt-lampa-tre")
    page.get_by_label("I have read this and keep to it").check()
    page.get_by_role("button", name="Make the account").click()
    expect(page.get_by_role("heading", name="Find a place on the plan")).to_be_visible()
    page.get_by_role("link", name="Next").click()
    page.get_by_role("link", name="Next").click()
    page.get_by_role("button", name="Book a place").click()
    assert "/book" in page.url
