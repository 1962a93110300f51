"""Screens by doors: eight hours with a network that comes and goes, and what is pressed at one."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from innovation_station.db import db, transaction
from innovation_station.displays import rules, service, views
from innovation_station.displays.service import Settings
from innovation_station.members.models import Member
from tests.browser.conftest import MAJKEN, REBIN, Server, Station, Visit
from tests.conftest import MONDAY, ZONE, at

pytestmark = pytest.mark.browser
MINUTE = timedelta(minutes=1)
HOURS = 8
LOOK = """() => {
  const seen = (at) => { const one = document.querySelector(at); return one && one.checkVisibility() ? one.innerText : '' };
  const shown = [...document.querySelectorAll('#acts button, #acts a')].filter((one) => one.checkVisibility());
  return {body: document.body.className.trim(), word: seen('#word'), til: seen('#til'), old: seen('#old'),
          clock: seen('#clock'), buttons: shown.length, day: document.querySelectorAll('.stop').length}
}"""
# The tablet: its clocks and timers, moved by hand. While they stand still what was asked for is answered, so that a
# minute takes as long as its requests; with `silent` nothing is waited for.
TABLET = """(() => {
  const timers = new Map();
  let next = 1, perf = 5, date = Date.UTC(2031, 4, 1, 3, 33), open = 0, settled = null;
  const add = (work, wait, every) => { timers.set(next, {work, at: perf + wait, every}); return next++ };
  window.setTimeout = (work, wait) => add(work, wait || 0, 0);
  window.setInterval = (work, wait) => add(work, wait, wait);
  window.clearTimeout = window.clearInterval = (number) => { timers.delete(number) };
  Date.now = () => date;
  performance.now = () => perf;
  const send = XMLHttpRequest.prototype.send;
  XMLHttpRequest.prototype.send = function (...more) {
    open += 1;
    this.addEventListener('loadend', () => { open -= 1; if (!open && settled) settled(); });
    return send.apply(this, more);
  };
  window.pass = async (ms, silent) => {
    for (let end = perf + ms, works = 0; ;) {
      if ((works += 1) > 5000) throw new Error('the screen does not rest');
      if (open && !silent) await new Promise((done) => { settled = done });
      let number = 0;
      for (const [known, timer] of timers)
        if (timer.at <= end && (!number || timer.at < timers.get(number).at)) number = known;
      const timer = timers.get(number), to = timer ? Math.max(timer.at, perf) : end;
      date += to - perf;
      perf = to;
      if (!timer) return;
      if (timer.every) timer.at = perf + timer.every; else timers.delete(number);
      timer.work();
    }
  };
  window.setClock = (ms) => { date += ms };
  window.sleep = (ms) => { date += ms };  // some devices stop all clocks but the one on the wall
})()"""


def put_up(station: Station, name: str, **more: Any) -> str:
    """Put up a screen by a room, as staff do; give its address."""
    key = str(station.app.config["SECRET_KEY"])
    with station.app.app_context(), transaction():
        host = db.session.scalars(db.select(Member).where(Member.email == REBIN)).one()
        row = service.add(host, Settings("room", station.ids[name], **more), secret_key=key, now=station.clock.now)
        return f"/door/{rules.display_token(key, row.nonce)}"


class Network:
    """Stands before the served app, and answers for it as networks do when they fail."""

    def __init__(self, server: Server, page: Page) -> None:
        self.server, self.page, self.app, self.mode = server, page, server.app, "on"
        self.old: list[tuple[str, list[Any], bytes]] = []
        server.app = self  # type: ignore[assignment]

    def __call__(self, environ: Any, start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer as the mode says: the app, what a cache had, a log-in page, an error, or nothing."""
        if not environ["PATH_INFO"].startswith("/door/") or self.mode in ("on", "off"):
            assert self.app
            kept: list[Any] = []

            def keep(status: str, headers: list[Any], *_more: Any) -> Any:
                kept.append((status, headers))
                return start_response(status, headers)

            body = b"".join(self.app(environ, keep))
            if kept[0][0].startswith("200") and environ.get("HTTP_X_PART"):
                self.old.append((*kept[0], body))
            return [body]
        if self.mode == "cached":
            status, headers, body = self.old[0]
            start_response(status, headers)
            return [body]
        if self.mode == "silent":
            time.sleep(0.2)
        start_response(
            "200 OK" if self.mode == "portal" else "503 Service Unavailable", [("Content-Type", "text/html")]
        )
        return [b'<title>Log in</title><div id="part">']

    def turn(self, mode: str) -> None:
        """Fail so from now on, or work again."""
        if "off" in (self.mode, mode):
            self.page.context.set_offline(mode == "off")
        self.mode = mode


def truth(booked: Iterable[tuple[str, str]], now: datetime) -> tuple[str, str]:
    """Give what a room is at an instant: the word, and until when; by counting, and not by what the pages do."""
    spans = sorted(at(MONDAY, *hours) for hours in booked)
    free = now
    for span in spans:
        if span.start <= free < span.end:
            free = span.end
    if free > now:
        return "Upptaget", f"till {free.astimezone(ZONE):%H.%M}"
    until = min([at(MONDAY, "18:00", "19:00").start, *(span.start for span in spans if span.start > now)])
    return "Ledigt", f"till {until.astimezone(ZONE):%H.%M}"


# Minutes after eight, and what the network does from then on; a tablet sleeps, and its clock is set.
FAILS = {
    40: "off", 52: "on", 95: "portal", 110: "on", 140: "cached", 165: "on", 190: "broken", 200: "on", 230: "silent",
    236: "on", 270: "off", 271: "on", 300: "off", 345: "on", 400: "cached", 402: "on", 430: "off", 460: "on",
}  # fmt: skip
BACK, SLEEP, NAP = 310, 430, 20 * MINUTE
BOOKED = {30: ("09:15", "10:30"), 45: ("08:45", "09:15"), 145: ("10:30", "11:00"), 250: ("12:30", "13:30"),
          305: ("13:30", "14:00"), 435: ("15:30", "16:30")}  # fmt: skip


def check(shown: dict[str, Any], contact: datetime, now: datetime, says: tuple[tuple[str, str], ...]) -> None:
    """Compare what is shown with what the server would have said, now and a minute ago, and its age with the mark."""
    what, age = f"{now.astimezone(ZONE):%H.%M}: {shown}, {says}", (now - contact).total_seconds()
    assert shown["day"] > 0, what
    if shown["body"]:
        assert f"{contact.astimezone(ZONE):%H.%M}" in shown["old"], what
    else:
        assert not shown["old"] and (shown["word"], shown["til"]) in says, what
        assert shown["clock"] in (f"{side.astimezone(ZONE):%H.%M}" for side in (now, now - MINUTE)), what
    if "lost" in shown["body"]:
        assert not shown["word"] and not shown["til"] and not shown["buttons"], what
    assert age <= views.MARKED + 60 or shown["body"], what
    assert age <= views.LOST + 60 or shown["body"] == "lost", what
    assert age > 60 or not shown["body"], f"right again by itself, {what}"


def test_eight_hours_with_cuts_never_show_a_stale_state_as_fresh(
    visit: Visit, station: Station, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "POLL", 40)
    station.clock.now = contact = start = at(MONDAY, "08:00", "09:00").start
    page = visit("sv", email=None, allow=("ERR_INTERNET_DISCONNECTED", "503", "ERR_FAILED"))
    page.add_init_script(TABLET)
    page.goto(put_up(station, "Lida"))
    net, seen, booked = Network(server, page), Counter[str](), []
    for minute in range(HOURS * 60 - NAP // MINUTE):
        net.turn(FAILS.get(minute, net.mode))
        now = station.clock.now = start + minute * MINUTE + (NAP if minute >= SLEEP else timedelta())
        if minute in BOOKED:
            booked.append(BOOKED[minute])
            station.book(MAJKEN, "Lida", MONDAY, *BOOKED[minute])
        if minute in (BACK, SLEEP):
            page.evaluate("setClock(-3 * 3600 * 1000)" if minute == BACK else f"sleep({NAP // MINUTE} * 60 * 1000)")
        contact = now if net.mode == "on" else contact
        shown = page.evaluate(f"() => pass(60000, {str(net.mode == 'silent').lower()}).then({LOOK})")
        check(shown, contact, now + MINUTE, tuple(truth(booked, now + side * MINUTE) for side in (0, 1)))
        seen[shown["body"]] += 1
    net.turn("on")
    server.app = net.app
    assert seen["lost"] > 60 and seen["marked"] > 5 and seen[""] > 300, seen
    assert station.clock.now == start + HOURS * 60 * MINUTE - MINUTE


def test_what_is_pressed_at_a_door(visit: Visit, station: Station) -> None:
    station.clock.now = at(MONDAY, "10:02", "11:00").start
    address = put_up(station, "Lida", language="en")
    page = visit("en", email=None, allow=("ERR_INTERNET_DISCONNECTED", "409", "ERR_FAILED"))
    page.goto(address)
    expect(page.locator("#word")).to_have_text("Free")
    take = page.get_by_role("button", name=re.compile("^30 min"))
    page.context.set_offline(True)
    take.click()
    expect(page.locator("#old")).to_contain_text("No contact. Do not count on it")
    expect(page.locator("#word")).to_have_text("Free")
    page.context.set_offline(False)
    take.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#word")).to_have_text("Taken")
    expect(page.locator(".cur")).to_contain_text("Booked at the door")
    page.get_by_role("link", name="End now").click()
    page.get_by_role("link", name="Keep it").click()
    page.get_by_role("link", name="End now").click()
    station.clock.now += 5 * MINUTE
    page.get_by_role("button", name="End now").click()
    expect(page.locator("#word")).to_have_text("Free")
    page.get_by_role("button", name="Go on after all").click()
    expect(page.locator("#word")).to_have_text("Taken")
    assert page.evaluate("location.search") == "", "nothing was navigated to"
    other = visit("en", email=None, js=False, allow=("409",))
    other.goto(address)
    expect(other.locator("#word")).to_have_text("Taken")
