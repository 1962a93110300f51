"""Logging in with a second factor in a browser, as a person with a phone does it, and without the phone."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from innovation_station.db import db
from innovation_station.members import totp
from innovation_station.members.models import SecondFactor
from tests.browser.conftest import ALVA, PHONE, Station, Visit
from tests.browser.test_pages import faults_of
from tests.conftest import PASSWORD

pytestmark = pytest.mark.browser


def secret_in(station: Station) -> bytes:
    with station.app.app_context():
        row = db.session.query(SecondFactor).one()
        found = totp.unlocked(row.secret, key=str(station.app.secret_key), member_id=row.member_id)
        db.session.remove()
    assert found
    return found


@pytest.mark.parametrize("js", [True, False])
def test_log_in_with_a_code_and_with_a_recovery_code(visit: Visit, station: Station, js: bool) -> None:
    page = visit("en", size=PHONE, js=js)
    page.goto("/account/security")
    page.get_by_role("link", name="Turn on").click()
    page.get_by_label("Your password").fill(PASSWORD)
    page.get_by_role("button", name="Begin").click()
    expect(page.get_by_role("img", name="The picture for the app.")).to_be_visible()
    if js:
        assert list(faults_of(page, "en")) == []
    secret = secret_in(station)
    shown = page.locator("code.key").inner_text()
    assert shown == totp.readable(secret)
    step = totp.step_of(station.clock.now)
    page.get_by_role("textbox", name="Code").fill(totp.code_at(secret, step))
    page.get_by_role("button", name="Turn on").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    if js:
        assert list(faults_of(page, "en")) == []
    codes = re.findall(r"[a-z2-7]{4}(?:-[a-z2-7]{4}){5}", page.locator("ol.codes").inner_text())
    assert len(codes) == 10

    for way in ("app", "recovery"):
        other = visit("en", email=None, size=PHONE, js=js)
        other.goto("/calendars")
        other.get_by_label("E-mail").fill(ALVA)
        other.get_by_label("Password").fill(PASSWORD)
        other.get_by_role("button", name="Log in").click()
        expect(other.get_by_role("heading", name="One more step")).to_be_visible()
        if way == "recovery":
            other.get_by_role("link", name="Use a recovery code instead").click()
            other.get_by_label("Recovery code").fill(codes[3])
        else:
            other.get_by_role("textbox", name="Code").fill(
                totp.code_at(secret, step + 1)
            )  # the phone is a little ahead
        if js:
            assert list(faults_of(other, "en")) == []
        other.get_by_role("button", name="Log in").click()
        expect(other.get_by_role("heading", name="Calendars", exact=True)).to_be_visible()
        assert other.url.endswith("/calendars")
