"""What a page weighs, whether it jumps, and how it looks on paper and in forced colours."""

from __future__ import annotations

import base64

import pytest
from playwright.sync_api import Page, Route

from innovation_station.db import transaction
from innovation_station.spaces import service as spaces
from innovation_station.spaces.models import Space
from tests.browser.conftest import ALVA, DESKTOP, PHONE, Station, Visit, desk, first_free
from tests.conftest import MONDAY, TUESDAY

pytestmark = pytest.mark.browser
PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
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


@pytest.mark.parametrize("size", [DESKTOP, PHONE])
def test_photo_of_a_place_fills_the_room_that_was_kept_for_it(
    visit: Visit, station: Station, size: tuple[int, int]
) -> None:
    name = "Flottsbro"
    folder = station.app.config["STATION"].instance / "photos"
    folder.mkdir()
    (folder / "room.png").write_bytes(PICTURE)
    with station.app.app_context(), transaction() as session:
        session.get_one(Space, station.ids[name]).photo = "room.png"
        spaces.changed()
    page = visit("sv", size)
    answered: list[Route] = []
    page.route("**/photo?*", lambda route: answered.append(route))
    page.goto(f"/book/{station.ids[name]}?date={TUESDAY}")
    shown = page.get_by_role("img", name=f"Foto: {name}")
    shown.scroll_into_view_if_needed()
    before = shown.bounding_box()
    assert before and before["height"] > 100
    answered[0].continue_()
    page.wait_for_function("image => image.complete && image.naturalWidth", arg=shown.element_handle())
    assert shown.bounding_box() == before
