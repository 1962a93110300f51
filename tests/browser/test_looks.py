"""What a page weighs, whether it jumps, and how it looks on paper and in forced colours."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import ALVA, PHONE, Station, Visit, desk, first_free
from tests.conftest import MONDAY, TUESDAY

pytestmark = pytest.mark.browser
MOST = 100_000  # bytes of a first view, everything, as they come over the wire
JUMPS = """
  window.jumped = 0;
  new PerformanceObserver((list) => { for (const jump of list.getEntries()) window.jumped += jump.value })
    .observe({type: 'layout-shift', buffered: true})
"""
DARKEST = """() => Math.min(...[...document.querySelectorAll('body, main, main *')]
  .filter((item) => item.checkVisibility() && item.clientWidth * item.clientHeight > 20000)
  .map((item) => getComputedStyle(item).backgroundColor.match(/[\\d.]+/g).map(Number))
  .filter(([, , , alpha = 1]) => alpha > .5).map(([r, g, b]) => (r + g + b) / 3).concat(255))"""


@pytest.mark.parametrize(("path", "email"), [("/", None), ("/login", None), (f"/book?date={TUESDAY}", ALVA)])
def test_first_view_is_light_and_stands_still(visit: Visit, path: str, email: str | None) -> None:
    page = visit("sv", PHONE, email=email)
    page.add_init_script(JUMPS)
    sizes: list[int] = []
    wire = page.context.new_cdp_session(page)
    wire.send("Network.enable")
    wire.on("Network.loadingFinished", lambda answer: sizes.append(int(answer["encodedDataLength"])))
    page.goto(path, wait_until="networkidle")
    page.evaluate("document.fonts.ready")
    assert len(sizes) >= 6 and sum(sizes) < MOST, sizes
    assert page.evaluate("jumped") < 0.01


FRAME_AND_SIGN = """(item) => {
  const style = getComputedStyle(item), sign = item.querySelector('.g use')?.href.baseVal.split('#')[1];
  return [style.borderStyle, style.borderWidth, sign].join()
}"""


def drawn(page: Page, state: str) -> str:
    """Describe a desk of a state without its colours: frame and sign."""
    found: str = page.locator(f"[data-nav=plan] .desk.is-{state}").first.evaluate(FRAME_AND_SIGN)
    return found


def test_states_differ_in_forced_colours_and_paper_is_white(visit: Visit, station: Station) -> None:
    page = visit("sv", color_scheme="dark")
    day = f"/book?date={TUESDAY}&from=08:00&to=18:00"
    page.goto(day)
    name = first_free(station, page)
    station.book(ALVA, name, TUESDAY, "08:00", "12:00")
    page.goto(day)
    page.emulate_media(forced_colors="active")
    states = [
        state for state in ("free", "part", "taken", "mine", "closed") if page.locator(f".plan .is-{state}").count()
    ]
    assert {"free", "taken", "mine"} <= set(states)
    assert len({drawn(page, state) for state in states}) == len(states)
    chosen = first_free(station, page)
    desk(station, page, chosen).click()
    page.locator(f"#p{station.ids[chosen]}.is-sel").wait_for()
    colour = "item => getComputedStyle(item).backgroundColor"
    other = page.locator("[data-nav=plan] .desk.is-free").first.evaluate(colour)
    assert desk(station, page, chosen).evaluate(colour) != other

    station.book(ALVA, "Lida", MONDAY, "17:00", "17:30")  # so that Today has its ticket
    page.emulate_media(forced_colors="none", media="print", color_scheme="dark")
    for path in (day, "/bookings", "/"):
        page.goto(path)
        assert page.locator(".top").is_hidden() and page.evaluate(DARKEST) > 200, path
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
