"""Calendars of events: for everybody with the filters of the list, for members what they may see, in feeds of places."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import pytest
from flask import Flask, g
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from innovation_station.calendars import feed_views
from innovation_station.calendars.models import Feed
from innovation_station.calendars.scopes import Chosen
from innovation_station.db import db, transaction
from innovation_station.errors import Refused
from innovation_station.events import service
from innovation_station.events.models import Event
from innovation_station.events.rules import Facts, Use
from innovation_station.members.models import Member, Organisation
from innovation_station.organisations import service as organisations
from innovation_station.organisations.service import Particulars
from innovation_station.spaces import service as house
from innovation_station.spaces.models import Space
from innovation_station.timespan import Span
from tests.calendars.conftest import Feeds, all_faults
from tests.conftest import NOW, ZONE, Clock, at, browser, log_in, statements
from tests.events.conftest import THURSDAY, WEDNESDAY, Stage, talk
from tests.external.conftest import Hand, local

Poll = Callable[..., TestResponse]
PUBLIC = "/calendar/events.ics"


@pytest.fixture(autouse=True)
def based(app: Flask) -> None:
    """Give the app its address, and forget between requests what the context that the tests hold open would keep."""
    app.config["STATION"] = replace(app.config["STATION"], base_url="http://localhost")

    def forget() -> None:
        for name in list(g):
            g.pop(name)

    app.before_request_funcs.setdefault(None, []).insert(0, forget)


@pytest.fixture
def feeds(app: Flask, stage: Stage) -> Feeds:
    feed_views._tried.clear()
    return Feeds(app, stage.small)


@pytest.fixture
def poll(app: Flask) -> Poll:
    def fetch(path: str, method: str = "GET", **headers: str) -> TestResponse:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return app.test_client(use_cookies=False).open(path, method=method, headers=named)

    return fetch


def said(answer: TestResponse, name: str = "SUMMARY") -> list[str]:
    assert answer.status_code == 200
    return re.findall(rf"^{name}[;:](.*)\r$", answer.text.replace("\r\n ", ""), re.MULTILINE)


def shown(stage: Stage, title: str, day: date = WEDNESDAY, hour: int = 9, **facts: str) -> Event:
    """Publish an event of an hour in a room."""
    span = at(day, f"{hour:02}:00", f"{hour + 1:02}:00")
    event = stage.event(span, replace(Facts((title, f"{title} (en)")), **facts))  # type: ignore[arg-type]
    stage.add(event, talk(day, f"{hour:02}:00", f"{hour + 1:02}:00", stage.rooms["room"]))
    return stage.publish(event)


@pytest.fixture
def four(stage: Stage) -> dict[str, Event]:
    """Publish an event for each kind of reader, the public ones of two kinds."""
    return {
        "open": shown(stage, "Öppet", category="workshop"),
        "online": shown(stage, "Nätet", hour=10, category="seminar", format="online", online_url="https://e.example/x"),
        "members": shown(stage, "Medlemmar", hour=11, category="workshop", visibility="members"),
        "partners": shown(stage, "Partner", hour=12, visibility="partners"),
    }


# -- for everybody -----------------------------------------------------------------------------------------------------


def test_filters_and_language_are_those_of_the_address(four: dict[str, Event], poll: Poll) -> None:
    for query, titles, name in (
        ("", ["Öppet", "Nätet"], "Evenemang, Teststationen"),
        ("?category=workshop", ["Öppet"], "Workshoppar, Teststationen"),
        ("?format=online", ["Nätet"], "På nätet, Teststationen"),
        ("?category=workshop&format=online", [], "Workshoppar, På nätet, Teststationen"),
        ("?category=none&format=none", ["Öppet", "Nätet"], "Evenemang, Teststationen"),
        ("?lang=en", ["Öppet (en)", "Nätet (en)"], "Events, Teststationen"),
        ("?language=en", ["Öppet (en)", "Nätet (en)"], "Events, Teststationen"),
        ("?lang=xx&month=2026-01&when=past", ["Öppet", "Nätet"], "Evenemang, Teststationen"),
    ):
        answer = poll(PUBLIC + query, Accept_Language="en", Cookie="lang=en")
        assert said(answer) == titles, query
        assert said(answer, "NAME") == [name.replace(",", "\\,")], query
        assert not all_faults(answer.data), query
        assert answer.headers["Cache-Control"] == "public, max-age=300" and answer.headers["Vary"] == "Accept-Encoding"
    assert "Medlemmar" not in poll(PUBLIC).text and said(poll(PUBLIC), "CATEGORIES") == ["Workshop", "Seminarium"]


def test_an_organisation_has_a_list_and_a_calendar_of_its_own(
    app: Flask, stage: Stage, feeds: Feeds, client: FlaskClient, four: dict[str, Event], poll: Poll
) -> None:
    with transaction():
        admin = stage.who("admin")
        school = organisations.create(Particulars(("Skolan", "The School"), "university"), actor=admin)
        for name in ("online", "members"):
            service.set_party(stage.who(), four[name].id, school.id, "co-host", now=NOW)
    page = client.get(f"/events?organisation={school.id}").text
    assert ("Nätet" in page and "Öppet" not in page and 'aria-pressed="true"' in page) or "Skolan" in page
    address = f"{PUBLIC}?lang=en&organisation={school.id}"
    assert address.replace("&", "&amp;").replace("lang=en", "lang=sv") in page
    answer = poll(address)
    assert said(answer) == ["Nätet (en)"] and said(answer, "NAME") == ["Events\\, The School\\, Teststationen"]
    assert f'href="/events?organisation={school.id}"' in client.get(f"/organisations/{school.slug}").text
    own = feeds.make("alva", chosen=Chosen("events", query=f"organisation={school.id}"))
    assert said(poll(own)) == ["Nätet", "Medlemmar"]
    with transaction():
        service.set_party(stage.who(), four["online"].id, school.id, "", now=NOW)
    assert said(poll(address, If_None_Match=answer.headers["ETag"])) == []
    with transaction():
        db.session.get_one(Organisation, school.id).name_en = "Renamed"
    assert said(poll(address), "NAME") == ["Events\\, Renamed\\, Teststationen"]
    assert poll(f"{PUBLIC}?organisation=999").status_code == 404
    assert "Öppet" in client.get("/events?organisation=999").text, "what there is not filters nothing"


def test_unchanged_ones_are_a_304_that_reads_no_event(
    app: Flask, stage: Stage, four: dict[str, Event], poll: Poll, clock: Clock
) -> None:
    clock.now = NOW + timedelta(minutes=1)
    first = poll(PUBLIC)
    packed = poll(PUBLIC, Accept_Encoding="gzip")
    assert gzip.decompress(packed.data) == first.data == poll(PUBLIC).data
    assert packed.headers["ETag"] != first.headers["ETag"]
    with statements(app) as seen:
        assert poll(PUBLIC, If_None_Match=first.headers["ETag"]).status_code == 304
    assert len(seen) == 2 and not any("event_session" in one for one in seen), seen
    with statements(app) as seen:
        assert poll(PUBLIC).status_code == 200
    assert len(seen) <= 5, seen
    assert poll(PUBLIC, If_Modified_Since=first.headers["Last-Modified"]).status_code == 304
    head = poll(PUBLIC, "HEAD")
    assert head.status_code == 200 and not head.data and head.headers["ETag"] == first.headers["ETag"]
    with transaction():
        service.withdraw(stage.who(), four["open"].id, now=clock.now, zone=ZONE)
    clock.now += timedelta(minutes=1)
    for known in ({"If_None_Match": first.headers["ETag"]}, {"If_Modified_Since": first.headers["Last-Modified"]}):
        assert said(poll(PUBLIC, **known)) == ["Nätet"], known


def test_what_is_over_or_cancelled_leaves_when_it_should(
    stage: Stage, four: dict[str, Event], poll: Poll, clock: Clock
) -> None:
    with transaction():
        service.cancel(stage.who(), four["open"].id, ("", ""), now=NOW, zone=ZONE)
    clock.now = at(WEDNESDAY, "09:30", "10:00").start
    first = poll(PUBLIC)
    assert said(first)[0] == "Inställt: Öppet" and said(first, "STATUS")[0] == "CANCELLED"
    clock.now += timedelta(hours=1)
    for known in ({"If_None_Match": first.headers["ETag"]}, {"If_Modified_Since": first.headers["Last-Modified"]}):
        assert said(poll(PUBLIC, **known)) == ["Nätet"], known
    clock.now += timedelta(days=300)
    assert said(poll(PUBLIC)) == ["Nätet"]
    clock.now += timedelta(days=100)
    assert said(poll(PUBLIC)) == []


def test_a_new_name_of_a_place_is_a_change_of_what_says_it(
    stage: Stage, four: dict[str, Event], poll: Poll, clock: Clock
) -> None:
    before, clock.now = poll(PUBLIC), NOW + timedelta(hours=1)
    with transaction():
        db.session.get_one(Space, stage.rooms["room"]).name = "Nyrummet"
        house.changed()
    after = poll(PUBLIC, If_None_Match=before.headers["ETag"])
    assert (
        "Nyrummet" in said(after, "LOCATION")[0] and said(after, "LAST-MODIFIED")[0] > said(before, "LAST-MODIFIED")[0]
    )


def test_the_page_leads_to_the_calendar_of_what_it_shows(
    client: FlaskClient, alva: FlaskClient, four: dict[str, Event]
) -> None:
    for query in ("", "?category=workshop", "?category=workshop&month=2026-11"):
        wanted = "lang=sv" + ("&amp;category=workshop" if "workshop" in query else "")
        page = client.get("/events" + query).text
        assert f"http://localhost{PUBLIC}?{wanted}</code>" in page, query
        assert f'href="webcal://localhost{PUBLIC}?{wanted}"' in page and "of=events" not in page, query
    page = alva.get("/events?category=workshop").text
    assert '/calendars?of=events&amp;category=workshop#new"' in page
    made = alva.get("/calendars?of=events&category=workshop").text
    assert '<option selected value="events">Evenemang: Workshop</option>' in made
    assert 'name="query" type="hidden" value="category=workshop"' in made


# -- for members -------------------------------------------------------------------------------------------------------


def test_members_get_what_they_may_see_when_they_fetch(
    app: Flask, stage: Stage, feeds: Feeds, poll: Poll, four: dict[str, Event]
) -> None:
    of = {who: feeds.make(who, chosen=Chosen("events")) for who in ("alva", "host")}
    assert said(poll(of["alva"])) == ["Öppet", "Nätet", "Medlemmar"]
    assert said(poll(of["host"])) == ["Öppet", "Nätet", "Medlemmar", "Partner"]
    assert not all_faults(poll(of["host"]).data)
    known = poll(of["alva"]).headers["ETag"]
    with statements(app) as seen:
        assert poll(of["alva"], If_None_Match=known).status_code == 304
    assert len(seen) <= 3, seen
    with transaction() as session:
        school = Organisation(name_sv="S", name_en="S", kind="university", partner_from=NOW.date())
        session.add(school)
        session.flush()
        session.get_one(Member, stage.small.people["alva"]).organisation_id = school.id
    joined = poll(of["alva"], If_None_Match=known)
    assert said(joined)[-1] == "Partner" and joined.headers["Cache-Control"] == "private, no-cache"
    with transaction() as session:
        session.get_one(Member, stage.small.people["alva"]).organisation_id = None
    assert "Partner" not in poll(of["alva"], If_None_Match=joined.headers["ETag"]).text
    with transaction() as session:
        session.get_one(Member, stage.small.people["alva"]).state = "ended"
    assert poll(of["alva"]).status_code == 404


def test_a_feed_keeps_its_filters_and_refuses_what_it_cannot_be(
    stage: Stage, feeds: Feeds, poll: Poll, four: dict[str, Event], alva: FlaskClient
) -> None:
    path = feeds.make("alva", "en", "Workshops", Chosen("events", query="x=1&format=&category=workshop"))
    assert db.session.scalars(db.select(Feed)).one().query == "category=workshop"
    assert said(poll(path)) == ["Öppet (en)", "Medlemmar (en)"] and said(poll(path), "NAME") == ["Workshops"]
    with pytest.raises(Refused):
        feeds.make("alva", chosen=Chosen("events", "busy"))
    page = alva.get("/calendars").text
    assert "Evenemang som du får se: Workshop." in page and "Det medlemmar ser" in page


def test_the_page_tells_of_a_change_that_was_not_fetched(
    app: Flask, stage: Stage, feeds: Feeds, poll: Poll, four: dict[str, Event], clock: Clock
) -> None:
    path = feeds.make("alva", chosen=Chosen("events"))
    clock.now = NOW + timedelta(minutes=1)
    poll(path, User_Agent="Thunderbird")
    clock.now = NOW + timedelta(hours=2)
    with transaction():
        service.cancel(stage.who(), four["open"].id, ("", ""), now=clock.now, zone=ZONE)
    clock.now = NOW + timedelta(hours=5)
    said_of = log_in(browser(app), "alva").get("/calendars").text
    assert "Den senaste ändringen, 3 timmar gammal, är inte hämtad ännu." in said_of and "4 poster" not in said_of
    poll(path, User_Agent="Thunderbird")
    assert "är inte hämtad ännu" not in log_in(browser(app), "alva").get("/calendars").text


def test_moved_ones_raise_their_number_and_keep_their_name(
    stage: Stage, feeds: Feeds, poll: Poll, four: dict[str, Event]
) -> None:
    path = feeds.make("alva", chosen=Chosen("events"))
    before = poll(path)
    stage.change(four["members"], lambda p: p.moved(1, 0, ZONE))
    after = poll(path, If_None_Match=before.headers["ETag"])
    assert said(after, "UID") == said(before, "UID")
    assert int(said(after, "SEQUENCE")[2]) > int(said(before, "SEQUENCE")[2])
    assert f"{THURSDAY:%Y%m%d}T110000" in said(after, "DTSTART")[-1]


def test_one_that_gets_another_day_keeps_its_name(stage: Stage, poll: Poll, four: dict[str, Event]) -> None:
    before = poll(f"/events/{four['open'].slug}.ics")
    span = Span(four["open"].start, at(THURSDAY, "09:00", "10:00").end)
    stage.change(four["open"], lambda p: replace(p, span=span).with_item(talk(THURSDAY, "09:00", "10:00")))
    after = poll(f"/events/{four['open'].slug}.ics")
    (first,) = said(before, "UID")
    assert said(after, "UID") == [first, first.replace("@", "-2@")]
    assert int(said(after, "SEQUENCE")[0]) > int(said(before, "SEQUENCE")[0])


# -- in calendars of places --------------------------------------------------------------------------------------------


def test_places_show_what_events_have_of_them(
    app: Flask, stage: Stage, feeds: Feeds, poll: Poll, four: dict[str, Event], clock: Clock
) -> None:
    """By its title where everybody may know that; with the UID of the session, so that it is there once."""
    room, lunch = stage.rooms["room"], stage.rooms["Alby"]
    stage.add(four["open"], Use(0, lunch, "lunch", at(WEDNESDAY, "12:00", "13:00")))
    draft = stage.event(at(WEDNESDAY, "15:00", "16:00"), Facts(("Hemligt", "")))
    stage.add(draft, talk(WEDNESDAY, "15:00", "16:00", room))
    shown_here = ["Öppet", "Nätet", "Evenemang", "Evenemang", "Evenemang"]
    paths = {
        feeds.of("space", room): shown_here, feeds.of("staff", who="host"): [*shown_here[:4], "Öppet", "Evenemang"],
        feeds.of("space", room, level="busy"): ["Bokad"] * 5, f"/calendar/spaces/{room}.ics": ["Bokad"] * 5,
        feeds.of("space", lunch): ["Öppet"], feeds.of("view", query="kind=room&seats=8"): None,
    }  # fmt: skip
    for path, titles in paths.items():
        answer = poll(path)
        assert not all_faults(answer.data) and "Hemligt" not in answer.text, path
        found = [summary.split(" (")[0] for summary in said(answer)]
        assert titles is None or sorted(found) == sorted(titles), path
    (session,) = stage.whole(four["open"]).sessions
    first = next(iter(paths))
    before = poll(first)
    assert said(before, "UID")[0] == f"session-{session.uid}@innovation-station"
    with statements(app) as seen:
        assert poll(first, If_None_Match=before.headers["ETag"]).status_code == 304
    assert len(seen) == 1
    clock.now = NOW + timedelta(minutes=5)
    stage.change(four["open"], lambda p: p.moved(1, 0, ZONE))
    moved = poll(first, If_None_Match=before.headers["ETag"])
    number = said(moved, "UID").index(said(before, "UID")[0])
    assert said(moved, "SEQUENCE")[number] == "1" and said(before, "SEQUENCE")[0] == "0"
    with transaction():
        service.say(stage.who(), four["open"].id, Facts(("Omdöpt", "Renamed")), now=clock.now, zone=ZONE)
    named = poll(first, If_None_Match=moved.headers["ETag"])
    assert any(summary.startswith("Omdöpt") for summary in said(named))
    with transaction():
        service.cancel(stage.who(), four["open"].id, ("", ""), now=clock.now, zone=ZONE)
    assert "Omdöpt" not in poll(first, If_None_Match=named.headers["ETag"]).text


def test_what_changes_no_entry_changes_no_bytes(
    stage: Stage, feeds: Feeds, poll: Poll, four: dict[str, Event], clock: Clock
) -> None:
    path = feeds.of("space", stage.rooms["room"])
    before, clock.now = poll(path), NOW + timedelta(hours=1)
    with transaction():
        facts = Facts(("Öppet", "Öppet (en)"), ("Ny sammanfattning", ""), category="workshop")
        service.say(stage.who(), four["open"].id, facts, now=clock.now, zone=ZONE)
    after = poll(path)
    assert (after.data, after.headers["ETag"]) == (before.data, before.headers["ETag"])


def test_the_title_of_what_is_over_is_changed_in_calendars_too(
    stage: Stage, feeds: Feeds, poll: Poll, four: dict[str, Event], clock: Clock
) -> None:
    path = feeds.of("space", stage.rooms["room"])
    before, clock.now = poll(path), NOW + timedelta(days=30)
    with transaction():
        service.say(stage.who(), four["open"].id, Facts(("Omdöpt", "")), now=clock.now, zone=ZONE)
    assert any(one.startswith("Omdöpt") for one in said(poll(path, If_None_Match=before.headers["ETag"])))


def test_places_are_busy_when_another_calendar_has_them(
    app: Flask, stage: Stage, feeds: Feeds, poll: Poll, clock: Clock
) -> None:
    hand = Hand(app, stage.small)
    file = local("0900", "1000", more="SUMMARY:Styrelsen")
    number = hand.add(file, space=stage.rooms["room"])
    paths = {feeds.of("space", stage.rooms["room"]): "Upptagen", feeds.of("staff", who="host"): "Upptagen",
             feeds.of("space", stage.rooms["room"], level="busy"): "Bokad"}  # fmt: skip
    for path, word in paths.items():
        answer = poll(path)
        assert not all_faults(answer.data) and "Styrelsen" not in answer.text, path
        assert [one.split(" (")[0] for one in said(answer)] == [word], path
    before = poll(path)
    hand.now = clock.now = NOW + timedelta(hours=1)
    hand.again(number, local("1000", "1100", more="SUMMARY:Styrelsen"))
    after = poll(path, If_None_Match=before.headers["ETag"])
    assert said(after, "UID") == said(before, "UID") and said(after, "SEQUENCE") == ["1"]
    hand.again(number, local("1000", "1100", more="SUMMARY:Annat"))
    assert poll(path, If_None_Match=after.headers["ETag"]).status_code == 304, "an hourly look changes no calendar"
    hand.remove(number)
    assert said(poll(path, If_None_Match=after.headers["ETag"])) == []
