"""How a subscription fares, and what is said of it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from innovation_station.audit.models import AuditEntry
from innovation_station.bookings import presence
from innovation_station.bookings import service as bookings
from innovation_station.calendars import rules, words
from innovation_station.calendars.health import Fetches, health
from innovation_station.calendars.models import Feed
from innovation_station.db import db, transaction
from innovation_station.i18n import speaking
from innovation_station.mail.models import Mail
from innovation_station.members.models import Member
from tests.calendars.conftest import Feeds
from tests.conftest import MONDAY, NOW, TUESDAY, ZONE, Clock, at, browser, log_in, post, statements

MORNING = at(TUESDAY, "08:00", "12:00")
Poll = Callable[..., TestResponse]
H = timedelta(hours=1)


def state(last: timedelta | None, program: str = "Thunderbird", every: timedelta | None = None, **more: object) -> str:
    newest = more.get("newest")
    fetches = Fetches(
        NOW - timedelta(days=30), None if last is None else NOW - last, program,
        None if every is None else int(every.total_seconds()),
    )  # fmt: skip
    return health(fetches, NOW - newest if isinstance(newest, timedelta) else None, NOW).state


@pytest.mark.parametrize(
    ("found", "wanted"),
    [
        (state(None), "never"),
        (state(H), "well"),
        (state(H, newest=2 * H), "well"),
        (state(2 * H, newest=H), "behind"),
        (state(47 * H), "well"),
        (state(49 * H), "stopped"),
        (state(49 * H, newest=H), "stopped"),
        (state(71 * H, "Google Calendar"), "well"),
        (state(73 * H, "Google Calendar"), "stopped"),
        (state(20 * 24 * H, "curl", 7 * 24 * H), "well"),
        (state(22 * 24 * H, "curl", 7 * 24 * H), "stopped"),
        (state(4 * 24 * H, "curl"), "stopped"),
    ],
)
def test_states(found: str, wanted: str) -> None:
    assert found == wanted


def test_new_feed_is_given_a_day() -> None:
    assert health(Fetches(NOW - 23 * H, None, "", None), NOW, NOW).state == "new"
    assert health(Fetches(NOW - 24 * H, None, "", None), NOW, NOW).state == "never"


def test_age_of_what_was_not_fetched() -> None:
    found = health(Fetches(NOW - 90 * H, NOW - 3 * H, "Outlook", 3 * 3600), NOW - 2 * H, NOW)
    assert (found.state, found.every, found.waits) == ("behind", 3 * H, 2 * H)


@given(st.lists(st.integers(600, 10**6), min_size=1, max_size=30))
def test_usual_interval_lies_between_the_shortest_and_the_longest(pauses: list[int]) -> None:
    usual, last = None, NOW
    for pause in pauses:
        now = last + timedelta(seconds=pause)
        usual, last = rules.usual_interval(usual, last, now), now
    assert usual is not None
    assert min(pauses) - 1 <= usual <= max(pauses)


def test_usual_interval_survives_a_holiday_and_a_clock_that_was_set_back() -> None:
    assert rules.usual_interval(None, None, NOW) is None
    assert rules.usual_interval(None, NOW, NOW + H) == 3600
    assert rules.usual_interval(3600, NOW, NOW + 21 * 24 * H) == 6300
    assert rules.usual_interval(3600, NOW, NOW - H) == 3600


@pytest.mark.parametrize("language", ["sv", "en"])
def test_every_state_and_program_has_its_words(app: Flask, language: rules.Language) -> None:
    with app.test_request_context(), speaking(language):
        for one in ("new", "never", "stopped", "behind", "well"):
            assert all(words.state_name(one)[0::2])
        for program in ("Google Calendar", "Outlook", "Apple Calendar", "Thunderbird", "ICSx⁵", "curl"):
            found = health(Fetches(NOW - 90 * H, NOW - 3 * H, program, 3 * 3600), NOW - 2 * H, NOW)
            said = words.advice(found, program, own=True)
            assert bool(said) == (program != "curl")
            assert ("mejl" if language == "sv" else "by mail") in said or program == "curl"
            assert "mejl" not in words.advice(found, program, own=False)
        ids = [one["id"] for one in words.help_steps()]
        assert ids == ["google", "outlook-web", "outlook", "iphone", "mac", "thunderbird", "android"]
        assert all(len(one["steps"]) >= 3 for one in words.help_steps())


# -- what is noted, and what the pages say ----------------------------------------------------------------------------


def noted(app: Flask) -> tuple[datetime | None, str, int | None, int | None]:
    with app.app_context():
        row = db.session.scalars(select(Feed)).one()
        return row.last_fetched_at, row.last_client, row.last_items, row.usual_interval


def test_fetch_notes_how_much_it_got_and_how_often_it_comes(feeds: Feeds, poll: Poll, app: Flask, clock: Clock) -> None:
    path = feeds.make()
    feeds.book(MORNING)
    tag = poll(path, User_Agent="Thunderbird/153").headers["ETag"]
    assert noted(app) == (NOW, "Thunderbird", 1, None)
    clock.now += timedelta(minutes=30)
    assert poll(path, User_Agent="Thunderbird/153", If_None_Match=tag).status_code == 304
    assert noted(app) == (clock.now, "Thunderbird", 1, 1800)
    clock.now += timedelta(minutes=5)
    poll(path)
    assert noted(app)[3] == 1800, "noted once in ten minutes"
    clock.now += timedelta(minutes=55)
    poll(path)
    assert noted(app) == (clock.now, "Werkzeug", 1, (3 * 1800 + 3600) // 4)
    with app.app_context(), transaction():
        from innovation_station.calendars import service

        service.renew_feed(feeds.member(), 1, secret_key=app.config["SECRET_KEY"])
    assert noted(app) == (None, "", None, None)


def text(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def test_page_tells_of_a_change_that_was_not_fetched(feeds: Feeds, poll: Poll, app: Flask, clock: Clock) -> None:
    path = feeds.make()
    for _ in range(3):
        poll(path, User_Agent="Google-Calendar-Importer")
        clock.now += timedelta(hours=24)
    feeds.book(at(TUESDAY + timedelta(days=6), "08:00", "12:00"))
    clock.now += timedelta(hours=3)
    alva = log_in(browser(app))
    said = text(alva.get("/calendars").text)
    assert "Hämtad av Google Calendar i går 08.10" in said
    assert "oftast en gång om dagen" in said
    assert "Den senaste ändringen, 3 timmar gammal, är inte hämtad ännu." in said
    assert "Google hämtar ungefär en gång om dygnet, och går inte att skynda på. Ändringar når dig med mejl" in said
    poll(path, User_Agent="Google-Calendar-Importer")
    assert "inte hämtad ännu" not in text(alva.get("/calendars").text)


def test_page_tells_of_changes_of_places(feeds: Feeds, poll: Poll, alva: FlaskClient, clock: Clock) -> None:
    paths = [feeds.of("space", feeds.small.a1), feeds.of("space", feeds.small.a2)]
    for path in paths:
        poll(path)
    clock.now += timedelta(minutes=20)
    feeds.book(MORNING, "bo")
    clock.now += timedelta(minutes=40)
    page = alva.get("/calendars").text
    assert page.count("Den senaste ändringen, 40 minuter gammal, är inte hämtad ännu.") == 1


def test_changes_that_were_fetched_within_ten_minutes_were_fetched(
    feeds: Feeds, poll: Poll, app: Flask, clock: Clock
) -> None:
    path = feeds.make()
    for minute in (0, 5, 7):
        clock.now = NOW + timedelta(minutes=minute)
        if minute == 5:
            feeds.book(MORNING)
        else:
            poll(path, User_Agent="Google-Calendar-Importer")
    assert noted(app)[:3] == (clock.now, "Google Calendar", 1)
    clock.now += timedelta(hours=4)
    assert "inte hämtad ännu" not in text(log_in(browser(app)).get("/calendars").text)


def test_check_in_is_no_change_that_waits(feeds: Feeds, poll: Poll, app: Flask, clock: Clock) -> None:
    booked = feeds.book(at(MONDAY, "08:30", "12:00"))
    for path in (feeds.make(), feeds.of("space", feeds.small.a1)):
        poll(path)
    clock.now += timedelta(minutes=20)
    with app.app_context(), transaction():
        presence.check_in(feeds.member(), booked, now=clock.now)
    clock.now += timedelta(minutes=30)
    assert "inte hämtad ännu" not in text(log_in(browser(app)).get("/calendars").text)


def test_place_that_was_moved_away_from_has_changed_too(
    feeds: Feeds, poll: Poll, app: Flask, alva: FlaskClient, clock: Clock
) -> None:
    small = feeds.small
    booked = feeds.book(MORNING, "bo")
    for space in (small.a1, small.a2, small.a3):
        poll(feeds.of("space", space))
    clock.now += timedelta(minutes=20)
    with app.app_context(), transaction():
        bookings.move(feeds.member("bo"), booked, space_id=small.a2, span=MORNING, now=clock.now, zone=ZONE)
    clock.now += timedelta(minutes=40)
    assert alva.get("/calendars").text.count("40 minuter gammal, är inte hämtad ännu.") == 2


def test_page_gives_advice_to_what_nobody_fetches(feeds: Feeds, poll: Poll, app: Flask, clock: Clock) -> None:
    def page() -> str:
        return text(log_in(browser(app)).get("/calendars").text)

    feeds.make()
    assert "De flesta program hämtar inom en timme" in page()
    clock.now += timedelta(days=2)
    assert "Ingen har hämtat den. Se efter att hela adressen" in page()
    poll(feeds.make(name="Två"))
    clock.now += timedelta(days=5)
    assert "Den hämtas inte längre." in page()


# -- for staff --------------------------------------------------------------------------------------------------------


@pytest.fixture
def host(app: Flask) -> FlaskClient:
    return log_in(browser(app), "host")


def test_staff_see_how_all_fare_and_no_address(feeds: Feeds, poll: Poll, host: FlaskClient, app: Flask) -> None:
    path = feeds.make(name="Min telefon")
    poll(path, User_Agent="Microsoft Outlook 16")
    feeds.of("space", feeds.small.a1, "bo")
    page = host.get("/staff/feeds").text
    assert "/feeds/" not in page.replace("/staff/feeds/", "") and "webcal" not in page
    assert [name in page for name in ("Min telefon", "Alva Lindqvist", "Bo Ek", "Outlook", "space")] == [True] * 5
    assert path[7:20] not in page
    only = host.get("/staff/feeds?shown=never").text
    assert "Bo Ek" in only and "Alva Lindqvist" not in only
    assert "Alva Lindqvist" in host.get("/staff/feeds?shown=Outlook").text
    assert "Bo Ek" not in host.get("/staff/feeds?q=telefon").text
    assert "Ingen kalender hittades" in host.get("/staff/feeds?q=%25_").text


def test_list_of_staff_is_paged_and_costs_the_same_for_few_and_many(
    feeds: Feeds, host: FlaskClient, app: Flask
) -> None:
    feeds.make()
    feeds.of("space", feeds.small.a1, "bo")
    feeds.of("staff", who="admin")
    host.get("/staff/feeds")
    with statements(app) as few:
        host.get("/staff/feeds")
    for who in ("alva", "bo", "admin", "host"):
        for number in range(14):
            feeds.of("space", (feeds.small.a1, feeds.small.a2)[number % 2], who)
    with statements(app) as many:
        page = host.get("/staff/feeds").text
    assert len(few) == len(many) <= 8
    assert "1–50 av 59" in page
    assert "51–59 av 59" in host.get("/staff/feeds?page=2").text


def test_staff_end_a_feed_with_an_entry_and_a_mail(feeds: Feeds, poll: Poll, host: FlaskClient, app: Flask) -> None:
    path = feeds.make(name="Läckt")
    assert poll(path).status_code == 200
    answer = post(host, "/staff/feeds/1/revoke")
    assert answer.status_code == 303
    assert poll(path).status_code == 404
    with app.app_context():
        entry = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "feed.revoked")).one()
        assert (entry.member_id, entry.actor_id) == (feeds.small.people["alva"], feeds.small.people["host"])
        mails = db.session.scalars(select(Mail)).all()
        assert [mail.member_id for mail in mails] == [feeds.small.people["alva"]]
    assert post(host, "/staff/feeds/1/revoke").status_code == 404


def test_hosts_end_no_feed_of_their_own_kind(feeds: Feeds, poll: Poll, host: FlaskClient, app: Flask) -> None:
    path = feeds.of("staff", who="admin")
    assert post(host, "/staff/feeds/1/revoke").status_code == 403
    assert poll(path).status_code == 200
    assert post(log_in(browser(app), "admin"), "/staff/feeds/1/revoke").status_code == 303


def test_feed_that_is_lost_says_so(feeds: Feeds, alva: FlaskClient, app: Flask, host: FlaskClient) -> None:
    with app.app_context(), transaction() as session:
        session.execute(update(Member).where(Member.id == feeds.small.people["alva"]).values(role="host"))
    path = feeds.of("staff")
    with app.app_context(), transaction() as session:
        session.execute(update(Member).where(Member.id == feeds.small.people["alva"]).values(role="member"))
    page = alva.get("/calendars").text
    assert "Du har inte längre tillgång till det här" in page and path not in page
    assert "Medlemmen får inte längre se den." in host.get("/staff/feeds").text
