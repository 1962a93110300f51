"""Every page as everybody meets it: rules of accessibility, widths, dark, print, forced colours, both languages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from functools import cache
from itertools import count, cycle
from typing import Any, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from innovation_station.bookings import queries
from innovation_station.db import db, transaction
from innovation_station.displays import service as displays
from innovation_station.displays.rules import display_token
from innovation_station.errors import Refusal, Unavailable
from innovation_station.members.models import Member
from tests.browser.conftest import ALVA, DESKTOP, PHONE, REBIN, Station, Visit, first_free
from tests.conftest import NOW, TUESDAY, ZONE

pytestmark = pytest.mark.browser
# Words that are too long show in the narrowest; between the widths that the looks have, the layout changes once.
WIDTHS = {"sv": (320, 768), "en": (320,)}
DAY = f"/book?date={TUESDAY}"
MINE = ("/account", "/account/security", "/account/security/password")
# Words of the interface that the other language does not have; what members and the house wrote stays as it is.
SWEDISH = re.compile(
    r"\b(och|är|din|boka|bokad|avboka|ångra|ändra|lediga?|upptagen|stängt?|i morgon|plats|platser|skrivbord|rum"
    r"|kalender|förmiddag|eftermiddag|heldag|måndag|tisdag|från|till|idag|mitt)\b",
    re.IGNORECASE,
)
ENGLISH = re.compile(
    r"\b(and|is|your|yours|book|booked|cancel|undo|change|free|taken|closed|tomorrow|place|desks?|rooms?|morning"
    r"|(?<!Google )calendar|afternoon|monday|tuesday|seats?|from|until|today|mine)\b",
    re.IGNORECASE,
)
# Visible text, labels and titles, without what is marked as another language and without what people wrote.
WORDS = """() => {
  const skip = '[lang]:not(html), script, style, code, .tl-seg.is-taken, .tl-seg.is-mine, [data-mine], .zone, .folk, .said, .house-text';
  const found = [document.title], walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node; (node = walk.nextNode());) if (!node.parentElement.closest(skip)) found.push(node.data.trim());
  for (const item of document.querySelectorAll('[aria-label], [placeholder], [alt]'))
    if (!item.closest(skip + ', .tl-cell, .desk, .room')) found.push(item.ariaLabel || item.placeholder || item.alt);
  return found.filter(Boolean)
}"""
SEND = """fields => {
  const make = (name, more) => Object.assign(document.createElement(name), more);
  const form = make('form', {method: 'post', action: '/bookings'});
  for (const [name, value] of Object.entries(fields)) form.append(make('input', {type: 'hidden', name, value}));
  document.body.append(form);
  form.submit()
}"""
# The plan and the timelines are the largest part of what is looked at; beside a sheet they are those of the Book page.
AXE = """() => {
  const exclude = location.pathname.startsWith('/book/') ? ['.plan-box', '#timeline'] : [];
  return axe.run({exclude}, {resultTypes: ['violations']}).then(result => result.violations)
}"""
Look = tuple[tuple[int, int], Literal["light", "dark"]]
# A page is seen wide and narrow, light and dark, in Swedish and in English, but not in all eight ways: what the rules of
# axe can find depends on one of the three alone, almost always. From page to page the ways take turns, so that what all
# pages share is seen in all of them; the page of styles, which has every component, is seen in all four looks. Words and
# widths are looked at in both languages, and the rules of axe asked in one of them.
LOOKS: dict[str, list[Look]] = {
    "sv": [(DESKTOP, "light"), (PHONE, "dark"), (DESKTOP, "dark"), (PHONE, "light")],
    "en": [(PHONE, "dark"), (DESKTOP, "light"), (PHONE, "light"), (DESKTOP, "dark")],
}
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def seen(page: Page, station: Station, patch: pytest.MonkeyPatch) -> Iterator[str]:
    """Open one page after the other, as a member who has a booking; say which it is."""
    name = first_free(station, open_page(page, f"{DAY}&from=08:00&to=12:00"))
    yield "book"
    open_page(page, f"{DAY}&with=height-adjustable")
    yield "book, filtered"
    for path in (
        f"/book/{station.ids[name]}?date={TUESDAY}",
        f"/book/{station.ids['Hågelby']}?date={TUESDAY}&kind=room",
    ):
        open_page(page, path)
        yield path
    made = station.book(ALVA, name, TUESDAY, "08:00", "12:00")
    booked = f"/book/{station.ids[name]}?date={TUESDAY}&from=08:00&to=12:00"
    own = (f"/bookings/{made}", f"/bookings/{made}/edit", "/bookings", "/waits/2", "/")
    for path in (
        booked,
        "/book?date=2026-11-28",
        f"/book/for?space={station.ids[name]}",
        *own,
        "/accessibility",
        "/style",
        "/account",
        "/account/security",
        "/account/security/password",
        "/account/profile",
        "/account/colleagues",
        "/account/access",
        "/account/sharing",
        "/account/away?first=2026-11-24&last=2026-12-04",
        "/notifications",
        "/account/notifications",
        "/privacy",
        "/account/privacy",
        "/account/privacy/data/bookings",
        "/account/export",
        "/account/erase",
        "/account/leave",
        "/news",
        "/news/station-x-soker-fragor-fran-foretag-och-studenter",
        "/find",
        f"/find?kind=room&people=6&length=60&date={TUESDAY}&until=2026-11-27&from=13:00&to=15:00&with=video",
    ):
        open_page(page, path)
        yield path
    yield from series(page, station)
    page.goto("/calendars")
    page.locator("main form button").last.click()
    yield "calendars"
    page.locator(".feed-open a[href$='/phone']").first.click()
    yield "calendar as a QR code"
    open_page(page, f"/calendars?of=space:{station.ids['Hågelby']}")
    yield "calendar of a place"
    link = station.cancel_link(made)
    open_page(page, link)
    yield "link in a mail"
    page.locator("main form button").click()
    yield "done by the link"
    page.locator("main form button").click()
    yield "taken back by the link"
    for path in ("/nothing", f"/bookings/{made}/cancel", link):
        page.goto(path)
        yield path
    yield from refusals(page, station)
    patch.setattr(queries, "upcoming", busy)
    page.goto("/bookings")
    yield "503"
    patch.undo()


def series(page: Page, station: Station) -> Iterator[str]:
    """Begin a series of which some dates collide, and look at it from all sides."""
    room = station.ids["Hågelby"]
    asked = f"space={room}&date={TUESDAY}&start=09:00&end=11:00&repeat=weekly&interval=1&weekdays=1&ends=count&count=9"
    open_page(page, f"/series/new?{asked}&skip_closed=1&title=Veckan&key=look")
    yield "dates of a new series"
    page.locator("form[method=post] .btn-primary").click()
    yield "series"
    shown = page.url
    for path in ("edit", "cancel"):
        open_page(page, f"{shown}/{path}")
        yield f"series, {path}"


def open_page(page: Page, path: str) -> Page:
    answer = page.goto(path, wait_until="load")
    assert answer and answer.status == 200, path
    return page


def refusals(page: Page, station: Station) -> Iterator[str]:
    """Send what is refused: an end before the start, a day that is none, a time that somebody has."""
    desk = station.ids[first_free(station, open_page(page, "/book?date=2026-11-26"))]
    open_page(page, f"/book/{desk}?date=2026-11-26")
    station.book(REBIN, station.names[desk], date(2026, 11, 26), "09:00", "10:00")
    common = {"space": desk, "csrf_token": page.locator("[name=csrf_token]").first.input_value()}
    for day, start, end, status in (
        ("2026-11-26", "11:00", "09:00", 422),
        ("2026-13-77", "09:00", "11:00", 422),
        ("2026-11-26", "09:00", "10:00", 409),
    ):
        send(page, {**common, "date": day, "start": start, "end": end}, status)
        yield f"{status} {day}"


def send(page: Page, fields: dict[str, Any], status: int) -> None:
    """Post a form as the browser does without our scripts."""
    with page.expect_navigation() as answer:
        page.evaluate(SEND, {key: str(value) for key, value in fields.items()})
    assert answer.value.status == status


def busy(*_arguments: Any, **_more: Any) -> None:
    raise Unavailable([Refusal("database-busy")])


@pytest.mark.parametrize("language", ["sv", "en"])
def test_every_page(visit: Visit, station: Station, monkeypatch: pytest.MonkeyPatch, language: str) -> None:
    station.app.debug = True  # shows the style page
    faults: list[str] = []
    page = visit(language, allow=("status of 4", "status of 5"))
    visitor = visit(language, email=None)
    admin = visit(language, email=REBIN)
    turns = count()
    for where in seen(page, station, monkeypatch):
        faults += [f"{where}: {fault}" for fault in faults_of(page, language, next(turns))]
    events = ("/events", "/events?month=2026-12", "/events/innovations-och-samverkansdagarna")
    for path in ("/", "/login", "/accessibility", "/password/reset", *events):
        open_page(visitor, path)
        faults += [f"visitor {path}: {fault}" for fault in faults_of(visitor, language, next(turns))]
    staff = ("/staff", "/staff/operations", "/staff/requests", "/staff/privacy", "/staff/members/1/privacy")
    for path in (*staff, "/staff/members/1/leave", f"/bookings/{station.request()}", f"/book?date={TUESDAY}"):
        open_page(admin, path)
        faults += [f"admin {path}: {fault}" for fault in faults_of(admin, language, next(turns))]
    assert faults == []


# The rest of what is known of people, organisations and plans: each page in one of the languages, by turns, since what is
# looked for here has nothing to do with words; those of joining and sharing stand in files of their own. {waiting} is
# somebody who has applied.
MEMBERS = ("/members", "/members/{listed}", "/organisations", "/organisations/botkyrka-kommun", "/account/plan",
           "/account/spaces", "/rules", "/q/{code}", "/spaces/{room}/fault", "/calendars/external", "/events", "/events?month=2026-12",
           "/events/innovations-och-samverkansdagarna", "/events/station-x-ux", "/events/mine", "/registrations/{registration}", "/embed/events", "/events/station-x-ux/embed", "/book?date=2026-12-03&kind=room")  # fmt: skip
EVENTS = ("/staff/events", "/staff/events/2", "/staff/events/2/programme", "/staff/events/2/sessions",
          "/staff/events/2/grid", "/staff/events/2/door", "/staff/events/2/badges", "/staff/events/2/after",
          "/staff/evacuation", "/staff/events/2/programme/file", "/staff/events/2/speakers/5",
          "/staff/events/2/sessions/9", "/staff/events/2/rooms", "/staff/events/2/signup",
          "/staff/events/2/signup/questions", "/staff/events/2/registrations", "/staff/events/2/move",
          "/staff/events/2/copy", "/staff/events/import")  # fmt: skip
STAFF = ("/staff/displays", "/staff/displays/{display}", "/staff/schedule?date=2026-11-24",
         "/staff/schedule?date=2026-11-24&view=week&kind=room", "/staff/schedule?date=2026-11-24&view=list",
         "/staff/schedule/new?date=2026-11-24", "/staff/news", "/staff/news/2", "/staff/mailings",
         "/staff/announcements", "/staff/announcements/1", "/staff/spaces", "/staff/arrivals",
         "/staff/arrivals?date=2026-11-24", "/staff/feeds", "/staff/ledger", "/staff/plans", "/staff/plans/1",
         "/staff/memberships/1", "/staff/organisations", "/staff/organisations/2", "/staff/desks",
         "/staff/people?booked=never", "/staff/people/file", "/staff/members/{listed}",
         "/staff/members/{waiting}", "/staff/rules", "/staff/rules/edit?kind=room", "/staff/rules/edit",
         "/staff/rules/hours", "/staff/faults", "/staff/faults/1", "/staff/operations/mails",
         "/staff/operations/trail?kind=member", "/staff/operations/storage",
         "/staff/figures?period=year&date=2026-11-23", "/staff/figures/report?month=2026-11", "/staff/plates",
         "/staff/house", "/staff/house/floors/1", "/staff/house/spaces/1", "/staff/house/spaces/1/archive",
         "/staff/house/import", "/staff/house/signs", "/staff/house/closures", "/staff/external",
         "/staff/rules/explain?member=member@example.org&space={room}&date=2026-11-24&start=09:00&end=11:00")  # fmt: skip
VISITORS = ("/door", "{foyer}", "{door}", "{paper}", "{door}?ask=end", "/tickets/{ticket}", "/feedback/{feedback}",
            "/organisations/sodertorns-hogskola")  # fmt: skip


def screens(station: Station) -> dict[str, str]:
    """Put up a screen by a room that was taken at it, one of electronic paper, and one in the foyer."""
    with station.app.app_context(), transaction():
        key, host = str(station.app.secret_key), db.session.get_one(Member, station.member(REBIN))
        lida, paper = station.ids["Lida"], station.ids["Hågelby"]
        wanted = (("room", lida, "", "sv"), ("room", paper, "", "en", True), ("foyer", None, "", "en"))
        made = [displays.add(host, displays.Settings(*one), secret_key=key, now=NOW) for one in wanted]
        displays.take(made[0].id, 60, now=NOW, zone=ZONE)
        found = [f"/door/{display_token(key, row.nonce)}" for row in made]
        return {"display": str(made[0].id), "door": found[0], "paper": found[1], "foyer": found[2]}


@pytest.mark.parametrize("who", ["members", "staff of events", "staff", "visitors"])
def test_pages_of_people_organisations_and_plans(visit: Visit, station: Station, who: str) -> None:
    email, paths = {"members": (ALVA, MEMBERS), "staff of events": (REBIN, EVENTS), "staff": (REBIN, STAFF),
                    "visitors": (None, VISITORS)}[who]  # fmt: skip
    ids = {
        "listed": station.member("samir.haddad@example.org"),
        "waiting": station.member("moa.silfverfalk@example.org"),
        "room": station.ids["Hågelby"],
        "code": station.code("A3"),
        "registration": station.registration(),
        **screens(station),
    }
    if email is None:
        ids |= station.visitor()
    pages = by_turns(visit, email)
    faults: list[str] = []
    for number, path in enumerate(paths):
        language, page = next(pages)
        open_page(page, path.format(**ids))
        faults += [f"{path}: {fault}" for fault in faults_of(page, language, number)]
    assert faults == []


def by_turns(visit: Visit, email: str | None, **options: Any) -> Iterator[tuple[str, Page]]:
    """Give somebody's browser in Swedish, and in English, and so on."""
    return cycle([(language, visit(language, email=email, **options)) for language in LOOKS])


def faults_of(page: Page, language: str, turn: int | None = None) -> Iterator[str]:
    """Name what is wrong with the page that is open, in the look whose turn it is, if any; without a turn, in one."""
    if page.locator("html").get_attribute("lang") != language:
        yield "wrong lang"
    if "/style" not in page.url:  # a page for those who develop, in English
        wrong = ENGLISH if language == "sv" else SWEDISH
        yield from (f"{language}: {text!r}" for text in page.evaluate(WORDS) if wrong.search(text))
    looks = looks_at(page, language, turn)
    if looks:
        page.evaluate(axe_script())
    for size, scheme in looks:
        page.set_viewport_size({"width": size[0], "height": size[1]})
        page.emulate_media(color_scheme=scheme)
        for found in page.evaluate(AXE):
            where = found["nodes"][0]
            yield f"{size[0]} {scheme}: {found['id']}: {where['html'][:160]} {where['failureSummary'][:200]}"
        yield from sideways(page, size[0])
    for width in WIDTHS[language]:
        page.set_viewport_size({"width": width, "height": 844})
        yield from sideways(page, width)


def looks_at(page: Page, language: str, turn: int | None) -> list[Look]:
    """Say how a page is looked at by the rules of axe."""
    looks = LOOKS[language]
    if "/style" in page.url:
        return looks if language == "sv" else []
    if turn is None:
        return looks[:1]
    mine = turn % 2 == list(LOOKS).index(language)
    return [looks[turn // 2 % len(looks)]] if mine else []


@cache
def axe_script() -> str:
    """Read the rules once."""
    return str(Axe().axe_script)


def sideways(page: Page, width: int) -> Iterator[str]:
    if (over := page.evaluate(OVERFLOW)) > 0:
        yield f"{over} px sideways at {width}"
