"""Feeds of places, organisations and chosen views: what is in them, for whom, and what a fetch costs."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from importlib import import_module
from threading import Event, Thread
from time import monotonic

import pytest
from flask import Flask
from sqlalchemy import delete, event, func, select, update
from sqlalchemy import text as text_of
from werkzeug.test import TestResponse

from innovation_station import personal
from innovation_station.bookings import dividing, handing, presence
from innovation_station.bookings import service as bookings
from innovation_station.bookings.dividing import NewPart
from innovation_station.bookings.models import Booking
from innovation_station.bookings.rules import Furnished
from innovation_station.calendars import rules, shelf_queries, shelves
from innovation_station.calendars.models import Feed, FeedContents, FeedPart
from innovation_station.calendars.scopes import Chosen
from innovation_station.db import db, transaction
from innovation_station.errors import Refused
from innovation_station.members.models import Member, Organisation
from innovation_station.organisations import service as organisations
from innovation_station.organisations.models import Grant
from innovation_station.personal import Subject
from innovation_station.plans import service as plans
from innovation_station.spaces import queries as spaces
from innovation_station.spaces import service as house
from innovation_station.spaces.models import HouseRow, Space, Zone
from innovation_station.timespan import Span
from tests.calendars.conftest import Feeds
from tests.conftest import MONDAY, NOW, TUESDAY, ZONE, Clock, Small, at, statements

MORNING, AFTERNOON = at(TUESDAY, "08:00", "12:00"), at(TUESDAY, "13:00", "17:00")
Poll = Callable[..., TestResponse]
Faults = Callable[[bytes], list[str]]


def bounded(feeds: Feeds, poll: Poll, monkeypatch: pytest.MonkeyPatch, path: str) -> TestResponse:
    """Poll as if few bookings were too many."""
    shelf_queries._bounding.cache_clear()
    monkeypatch.setattr(shelf_queries, "AHEAD_MOST", 9)
    monkeypatch.setattr(shelf_queries, "BACK_MOST", 4)
    try:
        return poll(path)
    finally:
        shelf_queries._bounding.cache_clear()


@pytest.fixture(autouse=True)
def based(app: Flask) -> Flask:
    """Give the app its address."""
    app.config["STATION"] = replace(app.config["STATION"], base_url="http://localhost")
    return app


def unfolded(answer: TestResponse) -> str:
    assert answer.status_code == 200
    return answer.text.replace("\r\n ", "")


def summaries(answer: TestResponse) -> list[str]:
    return re.findall(r"^SUMMARY:(.*)\r$", unfolded(answer), re.MULTILINE)


def uids(answer: TestResponse) -> set[str]:
    return set(re.findall(r"^UID:(.*)\r$", unfolded(answer), re.MULTILINE))


def grant(app: Flask, small: Small, kind: str, subject_id: int, who: str = "alva") -> None:
    with app.app_context(), transaction() as session:
        session.add(Grant(member_id=small.people[who], kind=kind, subject_id=subject_id, granted_at=NOW))


def organisation(app: Flask, *members: int) -> int:
    with app.app_context(), transaction() as session:
        row = Organisation(name_sv="Skolan", name_en="The School", kind="university")
        session.add(row)
        session.flush()
        session.execute(update(Member).where(Member.id.in_(members)).values(organisation_id=row.id))
        return row.id


def join(app: Flask, small: Small, school: int | None, who: str = "bo") -> None:
    with app.app_context(), transaction():
        organisations.join(small.people[who], school, actor=None)


@pytest.fixture
def three(feeds: Feeds, app: Flask) -> list[int]:
    """Give three bookings of Bo's: one that everybody may read, one that nobody may, one without a title."""
    ids = [
        feeds.book(MORNING, "bo", title="Öppet möte"),
        feeds.book(AFTERNOON, "bo", feeds.small.room, title="Hemligt"),
        feeds.book(at(TUESDAY, "17:00", "18:00"), "bo", feeds.small.booth),
    ]
    with app.app_context(), transaction() as session:
        session.execute(update(Booking).where(Booking.id == ids[0]).values(public=True))
    return ids


# -- what is in them, for whom ----------------------------------------------------------------------------------------


def test_members_read_titles_that_are_shown_and_no_names(
    feeds: Feeds, poll: Poll, three: list[int], ics_faults: Faults
) -> None:
    answer = poll(feeds.of("view", query="kind=room"))
    assert summaries(answer) == ["Bokad (Hågelby)", "Bokad (Bås 1)"]
    assert summaries(poll(feeds.of("space", feeds.small.a1))) == ["Öppet möte (Skrivbord A1)"]
    for path in (feeds.of("space", feeds.small.a1), feeds.of("view", query="kind=room")):
        answer = poll(path)
        assert ics_faults(answer.data) == []
        assert re.findall(r"\bBo\b|\bEk\b|Hemligt|@example|/bookings/|ATTENDEE", unfolded(answer)) == []


def test_what_is_asked_for_says_that_it_waits(feeds: Feeds, poll: Poll, ics_faults: Faults) -> None:
    feeds.take(1, NOW + timedelta(hours=1), state="requested", title="Fest", public=True)
    a1 = feeds.small.a1
    paths = [
        feeds.make(language="en"), feeds.of("space", a1), feeds.of("staff", who="host"),
        feeds.of("space", a1, level="busy"),
    ]  # fmt: skip
    answers = [poll(path) for path in paths]
    assert [summaries(answer) for answer in answers] == [
        ["Awaiting an answer: Fest (Desk A1)"], ["Väntar på svar: Fest (Skrivbord A1)"],
        ["Väntar på svar: Fest (Skrivbord A1)"], ["Bokad"],
    ]  # fmt: skip
    assert all("STATUS:TENTATIVE" in answer.text and not ics_faults(answer.data) for answer in answers)
    assert "DESCRIPTION:Change or cancel: http" in unfolded(answers[0])


def test_busy_says_that_it_is_taken_and_where(feeds: Feeds, poll: Poll, three: list[int], ics_faults: Faults) -> None:
    answer = poll(feeds.of("space", feeds.small.a1, level="busy", language="en"))
    assert summaries(answer) == ["Booked"]
    text = unfolded(answer)
    assert "LOCATION:A1\\, The Platform" in text
    assert ics_faults(answer.data) == []
    assert "Öppet" not in text and "DESCRIPTION:Bok" not in text and "/bookings/" not in text


def test_staff_read_titles_and_who(feeds: Feeds, poll: Poll, three: list[int], ics_faults: Faults) -> None:
    answer = poll(feeds.of("staff", who="host"))
    assert summaries(answer) == ["Öppet möte (Skrivbord A1)", "Hemligt (Hågelby)", "Bo E. (Bås 1)"]
    text = unfolded(answer)
    assert text.count("Bokad av Bo Ek\\nÄndra eller avboka: http://localhost/bookings/") == 3
    assert ics_faults(answer.data) == []
    assert "bo@example.org" not in text


def test_one_booking_has_one_uid_in_every_feed(feeds: Feeds, poll: Poll) -> None:
    feeds.book(MORNING)
    small = feeds.small
    zone = next(iter(_zones(feeds.app)))
    paths = [
        feeds.make(), feeds.make(chosen=Chosen(level="busy")), feeds.of("space", small.a1),
        feeds.of("space", small.a1, level="busy"), feeds.of("zone", zone), feeds.of("view", query="kind=desk"),
        feeds.of("staff", who="host"),
    ]  # fmt: skip
    found = {frozenset(uids(poll(path))) for path in (*paths, f"/calendar/spaces/{small.a1}.ics")}
    assert len(found) == 1 and len(next(iter(found))) == 1


def _zones(app: Flask) -> list[int]:
    with app.app_context():
        return list(spaces.house().zones)


def test_zone_and_view_hold_what_is_in_them(feeds: Feeds, poll: Poll, three: list[int]) -> None:
    zone = _zones(feeds.app)[0]
    assert len(summaries(poll(feeds.of("zone", zone)))) == 1
    assert len(summaries(poll(feeds.of("view", query=f"kind=desk&zone={zone}&with=screen")))) == 1
    assert summaries(poll(feeds.of("view", query="kind=desk&with=quiet"))) == []
    assert summaries(poll(feeds.of("view", query="kind=room&seats=8"))) == ["Bokad (Hågelby)"]


def test_view_is_looked_at_when_it_is_fetched(feeds: Feeds, poll: Poll, app: Flask, three: list[int]) -> None:
    path = feeds.of("view", query="kind=room&seats=20")
    first = poll(path)
    assert summaries(first) == []
    with app.app_context(), transaction() as session:
        session.get_one(Space, feeds.small.room).capacity = 20
        house.changed()
    answer = poll(path, If_None_Match=first.headers["ETag"])
    assert summaries(answer) == ["Bokad (Hågelby)"]


def test_part_shows_what_its_whole_is_booked_for_once(feeds: Feeds, poll: Poll, app: Flask) -> None:
    hall = feeds.small.hall
    with app.app_context():
        with transaction():
            halves = [NewPart("Scenen A", 30), NewPart("Scenen B", 30)]
            dividing.divide(feeds.member("admin"), hall, [], now=NOW, zone=ZONE, new=halves)
        parts = list(spaces.house().places[hall].parts)
    feeds.book(MORNING, "bo", hall)
    feeds.book(AFTERNOON, "bo", parts[0])
    both = {len(uids(poll(feeds.of("space", space)))) for space in (hall, parts[0])}
    assert both == {2}
    assert len(uids(poll(feeds.of("space", parts[1])))) == 1
    text = unfolded(poll(feeds.of("staff", who="host")))
    assert text.count("BEGIN:VEVENT") == 2, "the time of two parts is one booking"


def test_what_is_shut_is_not_free(feeds: Feeds, poll: Poll, app: Flask, clock: Clock, ics_faults: Faults) -> None:
    """One entry a closure, at every level, that ends earlier where the place is opened earlier."""
    small = feeds.small
    with app.app_context(), transaction():
        reasons = ("Målas om", "Painting")
        one = bookings.close(MORNING, reasons=reasons, now=NOW, zone=ZONE, space_id=small.a1).id
        summer = at(TUESDAY + timedelta(days=1), "00:00", "23:00")
        bookings.close(summer, reasons=("Sommar", "Summer"), now=NOW, zone=ZONE)
    wanted = {
        feeds.of("space", small.a1): ["Stängt: Målas om (Skrivbord A1)", "Stängt: Sommar (Teststationen)"],
        feeds.of("space", small.a1, level="busy", language="en"): ["Closed", "Closed"],
        feeds.of("space", small.a2): ["Stängt: Sommar (Teststationen)"],
        feeds.of("staff", who="host"): ["Stängt: Målas om (Skrivbord A1)", "Stängt: Sommar (Teststationen)"],
        feeds.of("zone", _zones(app)[0]): ["Stängt: Målas om (Skrivbord A1)", "Stängt: Sommar (Teststationen)"],
        f"/calendar/spaces/{small.a1}.ics": ["Stängt", "Stängt"],
    }
    clock.now += timedelta(minutes=5)
    kept, dates = {path: poll(path) for path in wanted}, {}
    clock.now += timedelta(minutes=5)
    for path, said in wanted.items():
        answer = poll(path)
        assert summaries(answer) == said and ics_faults(answer.data) == []
        assert uids(answer) <= {f"closure-{one}@innovation-station", f"closure-{one + 1}@innovation-station"}
        dates[path] = answer.headers["Last-Modified"]
    with app.app_context(), transaction():
        bookings.reopen(one + 1, now=clock.now)
        bookings.reopen(one, now=MORNING.start + timedelta(hours=1))
    clock.now += timedelta(minutes=5)
    path = next(iter(wanted))
    answer = poll(path, If_None_Match=kept[path].headers["ETag"])
    assert summaries(answer) == ["Stängt: Målas om (Skrivbord A1)"]
    assert "SEQUENCE:1" in answer.text and "DTEND;TZID=Europe/Stockholm:20261124T090000" in answer.text
    for path, date in dates.items():
        assert poll(path, If_Modified_Since=date).status_code == 200


def test_new_name_of_place_zone_or_house_is_a_change_of_what_says_it(
    feeds: Feeds, poll: Poll, app: Flask, clock: Clock, ics_faults: Faults
) -> None:
    """Programs that go by LAST-MODIFIED show the old door otherwise. SEQUENCE stays: no time has changed."""
    small = feeds.small
    feeds.book(MORNING)
    feeds.book(MORNING, "bo", small.a2)
    zone = _zones(app)[0]
    paths = {
        feeds.make(): 1, feeds.of("space", small.a1): 1, feeds.of("staff", who="host"): 2,
        feeds.of("zone", zone, level="busy"): 2,
    }  # fmt: skip

    def stamps(path: str, tag: str = '""') -> list[str]:
        answer = poll(path, If_None_Match=tag)
        assert ics_faults(answer.data) == [] and "SEQUENCE:1" not in answer.text
        return re.findall(r"LAST-MODIFIED:(\w+)", answer.text)

    def change(minutes: int, model: type, number: int, **values: object) -> str:
        clock.now = NOW + timedelta(minutes=minutes)
        with app.app_context(), transaction() as session:
            row = session.get_one(model, number)
            for name, value in values.items():
                setattr(row, name, value)
            house.changed()
        return f"{clock.now:%Y%m%dT%H%M%SZ}"

    first = f"{NOW:%Y%m%dT%H%M%SZ}"
    assert all(stamps(path) == [first] * count for path, count in paths.items())
    change(1, Space, small.a1, capacity=2)
    assert all(stamps(path) == [first] * count for path, count in paths.items())
    named = change(2, Space, small.a1, name="Nyplats")
    assert all(sorted(stamps(path)) == [first, named][-count:] for path, count in paths.items())
    zoned = change(3, Zone, zone, name_sv="Kajen", name_en="The Quay")
    assert all(stamps(path) == [zoned] * count for path, count in paths.items())
    moved = change(4, HouseRow, 1, address_sv="Nya gatan 1", address_en="1 New Street")
    assert all(stamps(path) == [moved] * count for path, count in paths.items())


def test_cancelled_ones_go_at_once(feeds: Feeds, poll: Poll, app: Flask) -> None:
    booked = feeds.book(MORNING)
    paths = [feeds.of("space", feeds.small.a1), feeds.of("staff", who="host"), feeds.make(chosen=Chosen(level="busy"))]
    assert [len(uids(poll(path))) for path in paths] == [1, 1, 1]
    with app.app_context(), transaction():
        bookings.cancel(feeds.member(), booked, now=NOW)
    assert [len(uids(poll(path))) for path in paths] == [0, 0, 0]
    assert "STATUS:CANCELLED" in poll(feeds.make()).text


def test_own_bookings_can_be_shared_as_busy(feeds: Feeds, poll: Poll, ics_faults: Faults) -> None:
    feeds.book(MORNING, title="Läkaren")
    answer = poll(feeds.make(chosen=Chosen(level="busy")))
    assert summaries(answer) == ["Bokad"]
    assert ics_faults(answer.data) == []
    text = unfolded(answer)
    assert not any(word in text for word in ("Läkaren", "LOCATION", "CATEGORIES", "\r\nDESCRIPTION", "/bookings/"))


def test_e12_reminder_is_complete_and_only_where_it_is_asked_for(feeds: Feeds, poll: Poll, app: Flask) -> None:
    booked = feeds.book(MORNING, title="Styrgrupp; tre")
    path, plain = feeds.make(chosen=Chosen(remind=15)), feeds.make()
    alarm = (
        "BEGIN:VALARM\r\nACTION:DISPLAY\r\nDESCRIPTION:Styrgrupp\\; tre (Skrivbord A1)\r\nTRIGGER:-PT15M\r\nEND:VALARM"
    )
    assert unfolded(poll(path)).count(alarm) == 1
    assert "VALARM" not in poll(plain).text
    with pytest.raises(Refused, match="feed-remind"):  # a place reminds nobody
        feeds.of("space", feeds.small.a1, remind=15)
    with app.app_context(), transaction():
        bookings.cancel(feeds.member(), booked, now=NOW)
    assert "STATUS:CANCELLED" in poll(path).text and "VALARM" not in poll(path).text


def test_organisation_is_for_its_contact_and_staff(feeds: Feeds, poll: Poll, app: Flask) -> None:
    small = feeds.small
    school = organisation(app, small.people["bo"])
    feeds.book(MORNING, "bo", title="Kursmöte")
    feeds.book(AFTERNOON, "host", small.a2, title="Annat")
    with pytest.raises(Refused) as error:
        feeds.of("organisation", school)
    assert [refusal.code for refusal in error.value.refusals] == ["feed-not-there"]
    grant(app, small, "contact", school)
    for path in (feeds.of("organisation", school), feeds.of("organisation", school, "host")):
        assert summaries(poll(path)) == ["Kursmöte (Skrivbord A1)"]
        assert "Bokad av Bo Ek" in poll(path).text and "/bookings/" not in poll(path).text, (
            "which a contact may not open"
        )
    assert summaries(poll(feeds.of("organisation", school, level="busy"))) == ["Bokad"]


def test_organisation_has_what_was_booked_for_it_and_nothing_from_before_or_after(
    feeds: Feeds, poll: Poll, app: Flask
) -> None:
    """In a house without plans too: what one booked for oneself is nobody else's when one joins."""
    small = feeds.small
    school = organisation(app)
    path = feeds.of("organisation", school, "host")
    feeds.book(MORNING, "bo", title="Privat läkartid")
    join(app, small, school)
    feeds.book(AFTERNOON, "bo", title="Kursmöte")
    answer = poll(path)
    assert summaries(answer) == ["Kursmöte (Skrivbord A1)"]
    join(app, small, None)
    assert poll(path, If_None_Match=answer.headers["ETag"]).status_code == 304
    feeds.book(at(TUESDAY, "17:00", "18:00"), "bo", small.booth, title="Eget")
    assert summaries(poll(path)) == ["Kursmöte (Skrivbord A1)"]


def test_handed_and_repeated_bookings_are_of_who_has_them(feeds: Feeds, app: Flask) -> None:
    small = feeds.small
    school = organisation(app, small.people["bo"])
    booked = feeds.book(MORNING)
    with app.app_context():
        with transaction():
            bo = feeds.member("bo")
            handing.lock(small.people["alva"], bo.id)
            handing.hand(small.people["alva"], booked, bo, now=NOW, zone=ZONE)
        assert db.session.get_one(Booking, booked).organisation_id == school


def test_bookings_of_before_are_given_to_whom_they_were_made_for(feeds: Feeds, app: Flask) -> None:
    small = feeds.small
    school = organisation(app, small.people["alva"])
    of_alva = feeds.take(1, NOW)[0]
    of_bo = feeds.take(1, NOW, small.a2, "bo", created_at=NOW - timedelta(days=1))[0]
    join(app, small, school)
    late = feeds.take(1, NOW, small.a3, "bo", created_at=NOW + timedelta(days=1))[0]
    fill = import_module("innovation_station.migrations.versions.0029_bookings_of_organisations").FILL
    with app.app_context():
        with transaction() as session:
            session.execute(text_of(fill))
        known = {row.id: row.organisation_id for row in db.session.scalars(select(Booking))}
        assert known == {of_alva: school, of_bo: None, late: school}


# -- the right to it is asked for at every fetch ----------------------------------------------------------------------


def test_lost_role_grant_and_account_are_the_same_404(feeds: Feeds, poll: Poll, app: Flask) -> None:
    small = feeds.small
    school = organisation(app, small.people["bo"])
    grant(app, small, "contact", school)
    grant(app, small, "space", small.a1)
    paths = [
        feeds.of("organisation", school), feeds.of("space", small.a1, level="full"), feeds.of("staff", who="host"),
        feeds.of("zone", _zones(app)[0], "host", level="full"), feeds.of("space", small.a1, "bo"),
    ]  # fmt: skip
    tags = [poll(path).headers["ETag"] for path in paths]
    with app.app_context(), transaction() as session:
        session.execute(delete(Grant))
        session.execute(update(Member).where(Member.id == small.people["host"]).values(role="member"))
        session.execute(update(Member).where(Member.id == small.people["bo"]).values(state="paused"))
    for path, tag in zip(paths, tags, strict=True):
        for asked in ({}, {"If_None_Match": tag}):
            with statements(app) as ran:
                answer = poll(path, **asked)
            with statements(app) as unknown:
                wrong = poll("/feeds/" + "A" * 43 + ".ics", **asked)
            assert (answer.status_code, answer.data, ran) == (404, wrong.data, unknown)


@pytest.mark.parametrize(
    ("scope", "level"),
    [("staff", "full"), ("staff", "busy"), ("space", "full"), ("zone", "full"), ("view", "full"), ("space", "all"),
     ("my-bookings", "public"), ("house", "busy"), ("", "busy")],
)  # fmt: skip
def test_members_cannot_have_more_than_pages_show_them(feeds: Feeds, scope: str, level: str) -> None:
    subject = _zones(feeds.app)[0] if scope == "zone" else feeds.small.a1
    with pytest.raises(Refused):
        feeds.of(scope, subject, level=level)


def test_what_is_not_there_cannot_be_had(feeds: Feeds) -> None:
    for scope, subject in (("space", 999), ("space", None), ("zone", 999), ("organisation", 999)):
        with pytest.raises(Refused):
            feeds.of(scope, subject, who="host")


def test_manager_of_a_place_reads_all_of_it(feeds: Feeds, poll: Poll, app: Flask, three: list[int]) -> None:
    grant(app, feeds.small, "space", feeds.small.room)
    assert summaries(poll(feeds.of("space", feeds.small.room, level="full"))) == ["Hemligt (Hågelby)"]
    with pytest.raises(Refused):
        feeds.of("view", query="kind=room", level="full")


# -- the public feed of a space ---------------------------------------------------------------------------------------


def test_public_feed_tells_when_and_nothing_else(
    feeds: Feeds, poll: Poll, three: list[int], ics_faults: Faults
) -> None:
    answer = poll(f"/calendar/spaces/{feeds.small.a1}.ics")
    assert summaries(answer) == ["Bokad"], "a title that members show is for members"
    assert ics_faults(answer.data) == []
    assert answer.headers["Cache-Control"] == "public, max-age=300"
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert "Set-Cookie" not in answer.headers and "Cookie" not in answer.headers["Vary"]
    assert "X-WR-CALNAME:Skrivbord A1\\, Teststationen" in unfolded(answer)
    english = poll(f"/calendar/spaces/{feeds.small.a1}.ics?language=en")
    assert summaries(english) == ["Booked"]
    assert english.headers["ETag"] != answer.headers["ETag"]
    assert poll(f"/calendar/spaces/{feeds.small.a1}.ics?lang=en").data == english.data, "as that of events has it"
    assert poll(f"/calendar/spaces/{feeds.small.a1}.ics?lang=xx").data == answer.data
    other = poll(f"/calendar/spaces/{feeds.small.a1}.ics", Accept_Language="en", Cookie="lang=en")
    assert other.data == answer.data


def test_public_feed_is_304_until_somebody_books(feeds: Feeds, poll: Poll, app: Flask) -> None:
    path = f"/calendar/spaces/{feeds.small.a1}.ics"
    tag = poll(path).headers["ETag"]
    with statements(app) as ran:
        answer = poll(path, If_None_Match=tag)
    assert (answer.status_code, answer.data, len(ran)) == (304, b"", 1)
    assert answer.headers["Cache-Control"] == "public, max-age=300"
    assert poll(path, If_None_Match=f'"x", W/{tag}').status_code == 304
    assert poll(path, "HEAD").headers["ETag"] == tag
    feeds.book(MORNING)
    answer = poll(path, If_None_Match=tag)
    assert (answer.status_code, len(uids(answer))) == (200, 1)
    assert poll(path, "POST").status_code == 405


def test_place_that_is_not_for_all_is_not_there(feeds: Feeds, poll: Poll, app: Flask) -> None:
    small = feeds.small
    with app.app_context(), transaction() as session:
        session.get_one(Space, small.a1).bookable = False
        house.set_policy(space=session.get_one(Space, small.a2), booked_by="host")
    paths = [f"/calendar/spaces/{number}.ics" for number in (small.a1, small.a2, 999)]
    answers = [poll(path) for path in paths]
    assert {(answer.status_code, answer.data) for answer in answers} == {(404, b"Not found\n")}
    assert poll(f"/calendar/spaces/{small.a3}.ics").status_code == 200


def test_own_desk_is_nobody_elses_to_follow(feeds: Feeds, poll: Poll, app: Flask) -> None:
    """When it is taken is when its owner is in."""
    path = f"/calendar/spaces/{feeds.small.a1}.ics"
    tag = poll(path).headers["ETag"]
    with app.app_context(), transaction():
        plans.dedicate(feeds.small.a1, feeds.small.people["alva"], starts=TUESDAY, actor=None)
    for asked in ({}, {"If_None_Match": tag}):
        assert poll(path, **asked).status_code == 404
    assert poll(feeds.of("space", feeds.small.a1, "bo", level="busy")).status_code == 200


def test_view_of_nothing_is_nobodys_in_full(feeds: Feeds) -> None:
    """Whoever had it would lose it with the first place that comes."""
    with pytest.raises(Refused):
        feeds.of("view", query="kind=room&seats=500", level="full")
    feeds.of("view", query="kind=room&seats=500", level="public")
    feeds.of("view", who="host", query="kind=room&seats=500", level="full")


# -- what is stored, and what a fetch costs ---------------------------------------------------------------------------


def parts() -> dict[tuple[int, str], list[str]]:
    rows = db.session.execute(
        select(FeedContents.space_id, FeedPart.part, FeedPart.made_of)
        .join(FeedPart, FeedPart.contents_id == FeedContents.id)
        .where(FeedContents.space_id.is_not(None))
    )
    return {(space, part): [token.split(".")[0] for token in made_of.split()[1:]] for space, part, made_of in rows}


def test_booking_writes_nothing_of_places(feeds: Feeds, poll: Poll, app: Flask) -> None:
    poll(feeds.of("space", feeds.small.a1))
    with app.app_context():
        before = db.session.execute(select(FeedContents.id, FeedContents.revision)).all()
    with statements(app) as ran:
        feeds.book(MORNING)
    assert not any("feed_contents" in statement or "feed_part" in statement for statement in ran)
    with app.app_context():
        assert db.session.execute(select(FeedContents.id, FeedContents.revision)).all() == before


def test_only_weeks_that_are_others_are_made_anew(
    feeds: Feeds, poll: Poll, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    feeds.take(3, NOW + timedelta(days=1))
    feeds.take(3, NOW + timedelta(days=8))
    feeds.take(3, NOW + timedelta(days=8), feeds.small.a2)
    path = feeds.of("zone", _zones(app)[0])
    poll(path)
    made: list[int] = []
    entry = rules.entry_of_place
    monkeypatch.setattr(rules, "entry_of_place", lambda row, *more: made.append(row.id) or entry(row, *more))
    assert len(uids(poll(path))) == 9 and made == []
    (new,) = feeds.take(1, NOW + timedelta(days=9))
    answer = poll(path)
    assert len(uids(answer)) == 10
    assert sorted(made) == [4, 5, 6, new]
    with app.app_context():
        assert {week: len(tokens) for (space, week), tokens in parts().items() if space == feeds.small.a1} == {
            "2026-11-23": 3, "2026-11-30": 4,
        }  # fmt: skip


def test_feeds_of_all_kinds_join_the_same_stored_parts(feeds: Feeds, poll: Poll, app: Flask) -> None:
    feeds.take(3, NOW + timedelta(days=1))
    poll(feeds.of("space", feeds.small.a1))
    with app.app_context():
        first = db.session.execute(select(FeedContents.id, FeedContents.space_id)).all()
    poll(feeds.of("zone", _zones(app)[0]))
    poll(feeds.of("view", who="bo", query="kind=desk&with=screen"))
    with app.app_context():
        rows = db.session.execute(select(FeedContents.id, FeedContents.space_id)).all()
    assert set(first) < set(rows) and len(rows) == 3


def test_fetch_costs_as_many_statements_for_one_place_as_for_all(feeds: Feeds, poll: Poll, app: Flask) -> None:
    small, told = feeds.small, {}
    for number, space in enumerate((small.a1, small.a2, small.a3, small.room)):
        feeds.take(2, NOW + timedelta(days=number), space)
    for path in (feeds.of("space", small.a1), feeds.of("staff", who="host")):
        with statements(app) as first:
            tag = poll(path).headers["ETag"]
        with statements(app) as whole:
            poll(path)
        with statements(app) as same:
            assert poll(path, If_None_Match=tag).status_code == 304
        told[path] = (len(whole), len(same))
        assert len(first) <= 14
        assert not any(re.search(r"\bFROM booking\b|\ballocation\b", statement) for statement in same)
    assert set(told.values()) == {(4, 1)}


def test_changed_booking_is_in_the_next_fetch(feeds: Feeds, poll: Poll, app: Flask) -> None:
    booked = feeds.book(MORNING, title="Före")
    paths = {
        "staff": feeds.of("staff", who="host"), "space": feeds.of("space", feeds.small.a1, "host", level="full"),
        "zone": feeds.of("zone", _zones(app)[0], "host", level="full"),
    }  # fmt: skip
    tags = {name: poll(path).headers["ETag"] for name, path in paths.items()}
    with app.app_context(), transaction():
        bookings.move(
            feeds.member(), booked, space_id=feeds.small.a1, span=AFTERNOON, now=NOW, zone=ZONE, title="Efter"
        )
    for name, path in paths.items():
        answer = poll(path, If_None_Match=tags[name])
        assert summaries(answer) == ["Efter (Skrivbord A1)"]
        assert "SEQUENCE:1" in answer.text


def test_organisation_that_nobody_booked_for_is_304_although_the_house_is_busy(
    feeds: Feeds, poll: Poll, app: Flask
) -> None:
    school = organisation(app, feeds.small.people["bo"])
    feeds.book(MORNING, "bo")
    path = feeds.of("organisation", school, "host")
    tag = poll(path).headers["ETag"]
    with statements(app) as ran:
        assert poll(path, If_None_Match=tag).status_code == 304
    assert len(ran) == 1
    feeds.book(AFTERNOON, "alva", feeds.small.a2)
    assert poll(path, If_None_Match=tag).status_code == 304
    with statements(app) as ran:
        assert poll(path, If_None_Match=tag).status_code == 304
    assert len(ran) == 1
    feeds.book(AFTERNOON, "bo")
    assert len(uids(poll(path, If_None_Match=tag))) == 2


def test_renamed_member_is_renamed(feeds: Feeds, poll: Poll, app: Flask) -> None:
    feeds.book(MORNING)
    path = feeds.of("staff", who="host")
    tag = poll(path).headers["ETag"]
    with app.app_context(), transaction():
        feeds.member().name = "Alva Nyman"
    answer = poll(path, If_None_Match=tag)
    assert "Bokad av Alva Nyman" in answer.text


def test_renamed_member_is_renamed_in_what_is_past_too(feeds: Feeds, poll: Poll, app: Flask) -> None:
    small = feeds.small
    school = organisation(app, small.people["bo"])
    feeds.take(1, NOW - timedelta(days=20), small.a1, "bo", organisation_id=school)
    paths = [
        feeds.of("staff", who="host"), feeds.of("space", small.a1, "host", level="full"),
        feeds.of("organisation", school, "host"),
    ]  # fmt: skip
    tags = [poll(path).headers["ETag"] for path in paths]
    with app.app_context(), transaction():
        feeds.member("bo").name = "Bo Nyman"
    for path, tag in zip(paths, tags, strict=True):
        text = unfolded(poll(path, If_None_Match=tag))
        assert "Bokad av Bo Nyman" in text and "Bo Ek" not in text


def test_who_has_come_and_how_many_come_changes_no_bytes(feeds: Feeds, poll: Poll, app: Flask, clock: Clock) -> None:
    """So that a shelf which is made anew has the bytes that its name was given for."""
    booked = feeds.book(at(MONDAY, "08:15", "12:00"), space=feeds.small.room)
    paths = [feeds.of("staff", who="host"), f"/calendar/spaces/{feeds.small.room}.ics"]
    first = [poll(path) for path in paths]
    clock.now = NOW + timedelta(minutes=5)
    with app.app_context(), transaction() as session:
        presence.check_in(feeds.member(), booked, now=clock.now)
        span = at(MONDAY, "08:15", "12:00")
        bookings.move(
            feeds.member(), booked, space_id=feeds.small.room, span=span, now=clock.now, zone=ZONE,
            furnished=Furnished(4, None),
        )  # fmt: skip
        session.execute(delete(FeedContents))
    for path, before in zip(paths, first, strict=True):
        after = poll(path)
        assert after.data == before.data


def test_feed_is_bounded_and_says_so(
    feeds: Feeds, poll: Poll, monkeypatch: pytest.MonkeyPatch, ics_faults: Faults
) -> None:
    """Whole weeks are left out, the farthest first, and never the one that runs."""
    small = feeds.small
    for week in range(-4, 5):
        feeds.take(4, NOW + timedelta(weeks=week, days=1))
    of_few = feeds.of("space", small.a1)
    zone, house = feeds.of("zone", _zones(feeds.app)[0]), feeds.of("staff", who="host", language="sv")
    for path in (of_few, zone, house):
        answer = bounded(feeds, poll, monkeypatch, path)
        assert ics_faults(answer.data) == []
        text = unfolded(answer)
        assert "Bokningar från 2026-11-16 till 2026-12-06. Fler än så får inte plats i en kalender." in text
        assert len(uids(answer)) == 12


def test_what_is_shut_held_or_divided_fills_no_feed(
    feeds: Feeds, poll: Poll, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bookings are counted, each once, and of those only what goes into the feed."""
    small = feeds.small
    with app.app_context():
        with transaction():
            halves = [NewPart(f"Scenen {name}", 30) for name in "ABCD"]
            dividing.divide(feeds.member("admin"), small.hall, [], now=NOW, zone=ZONE, new=halves)
        part = min(spaces.house().places[small.hall].parts)
        later = NOW + timedelta(days=9)
        with transaction():
            shut = Span(later, later + timedelta(days=7))
            bookings.close(shut, reasons=("Sommar", "Summer"), now=NOW, zone=ZONE)
            held = at(TUESDAY, "20:00", "21:00")
            bookings.hold(small.people["bo"], small.room, held, until=later, now=NOW, zone=ZONE)
    for day in (0, 1):
        feeds.book(at(TUESDAY + timedelta(days=day), "08:00", "12:00"), "bo", small.hall)
    feeds.take(1, NOW + timedelta(days=30))
    for path, count in (
        (feeds.of("staff", who="host"), 3), (feeds.of("space", part), 2), (feeds.of("view", query="kind=hall"), 2),
        (feeds.of("space", small.a1), 1), (feeds.of("view", query="kind=desk"), 1),
    ):  # fmt: skip
        answer = bounded(feeds, poll, monkeypatch, path)
        assert "Fler än så" not in unfolded(answer)
        assert sum("booking-" in uid for uid in uids(answer)) == count


def test_what_runs_on_into_the_first_week_is_in_it(
    feeds: Feeds, poll: Poll, monkeypatch: pytest.MonkeyPatch, ics_faults: Faults
) -> None:
    small, monday = feeds.small, NOW - timedelta(days=NOW.weekday())
    feeds.take(6, monday - timedelta(days=3), title="Före")
    feeds.take(1, monday - timedelta(days=2), small.a2, end=monday + timedelta(days=6), title="Pågår")
    feeds.take(1, monday - timedelta(days=30), small.a3, end=monday + timedelta(hours=1), title="Länge")
    zone = feeds.of("zone", _zones(feeds.app)[0], "host", level="full")
    answer = poll(zone)
    assert len(uids(answer)) == 8 and ics_faults(answer.data) == []
    for path in (zone, feeds.of("staff", who="host")):
        answer = bounded(feeds, poll, monkeypatch, path)
        assert sorted(re.findall("(Pågår|Länge|Före)", unfolded(answer))) == ["Länge", "Pågår"]
        assert ics_faults(answer.data) == []


def test_past_is_as_long_as_the_setting_says(feeds: Feeds, poll: Poll, app: Flask) -> None:
    feeds.take(1, NOW - timedelta(days=360))
    path = feeds.of("space", feeds.small.a1)
    assert len(uids(poll(path))) == 1
    app.config["STATION"] = replace(app.config["STATION"], feed_past_months=3)
    answer = poll(path)
    assert len(uids(answer)) == 0
    assert "Bokningar från 2026-08-17" in unfolded(answer)


def test_same_name_is_the_same_bytes_on_every_day(feeds: Feeds, poll: Poll, clock: Clock) -> None:
    """The end of what it covers moves on Mondays, as its begin does."""
    path, seen = feeds.of("space", feeds.small.a1), {}
    for day in range(15):
        clock.now = NOW + timedelta(days=day)
        answer = poll(path)
        assert seen.setdefault(answer.headers["ETag"], answer.data) == answer.data
    assert len(seen) == 3


def test_who_asks_by_date_gets_a_304_until_something_changes(
    feeds: Feeds, poll: Poll, app: Flask, clock: Clock
) -> None:
    small = feeds.small
    school = organisation(app, small.people["bo"])
    clock.now = NOW + timedelta(minutes=5)
    feeds.book(MORNING, "bo")
    paths = [
        feeds.of("space", small.a1), feeds.of("organisation", school, "host"), feeds.of("view", query="kind=desk&seats=1"),
        f"/calendar/spaces/{small.a1}.ics",
    ]  # fmt: skip
    for path in paths:
        poll(path)
    clock.now += timedelta(minutes=5)
    dates = [poll(path).headers["Last-Modified"] for path in paths]
    clock.now += timedelta(minutes=5)
    for path, date in zip(paths, dates, strict=True):
        assert poll(path, If_Modified_Since=date).status_code == 304
    feeds.book(AFTERNOON, "bo")
    clock.now += timedelta(minutes=5)
    for path, date in zip(paths, dates, strict=True):
        assert poll(path, If_Modified_Since=date).status_code == 200
    clock.now += timedelta(minutes=5)
    date = poll(paths[2]).headers["Last-Modified"]
    with app.app_context(), transaction() as session:
        session.get_one(Space, small.a1).kind = "booth"
        house.changed()
    clock.now += timedelta(minutes=5)
    answer = poll(paths[2], If_Modified_Since=date)
    assert len(uids(answer)) == 0, "what it is joined of has changed, and no booking"


def test_week_that_runs_is_never_left_out(feeds: Feeds, poll: Poll, monkeypatch: pytest.MonkeyPatch) -> None:
    feeds.take(30, NOW)
    feeds.take(3, NOW + timedelta(weeks=1))
    assert len(uids(bounded(feeds, poll, monkeypatch, feeds.of("space", feeds.small.a1)))) == 30


def test_widest_feed_says_its_days(feeds: Feeds, poll: Poll) -> None:
    text = unfolded(poll(feeds.of("space", feeds.small.a1, language="en")))
    assert "X-WR-CALDESC:Bookings from 2025-11-17 to 2028-01-02." in text


def test_next_monday_moves_the_window(feeds: Feeds, poll: Poll, clock: Clock) -> None:
    feeds.take(1, NOW - timedelta(days=370), title="Förr")
    path = feeds.of("space", feeds.small.a1, "host", level="full")
    first = poll(path)
    assert len(uids(first)) == 1
    clock.now += timedelta(days=6)
    assert poll(path, If_None_Match=first.headers["ETag"]).status_code == 304
    clock.now += timedelta(days=1)
    assert uids(poll(path, If_None_Match=first.headers["ETag"])) == set()


def test_feed_is_read_while_nothing_can_be_written(feeds: Feeds, poll: Poll, app: Flask) -> None:
    path = feeds.of("staff", who="host")
    feeds.take(3, NOW + timedelta(days=1))
    with app.app_context():
        engine = db.engine
        engine.dispose()
        pragma = engine.dialect.name == "sqlite"
        forbid = "PRAGMA query_only = ON" if pragma else "SET default_transaction_read_only = on"
        event.listen(engine, "connect", lambda connection, _: _run(connection, forbid))
    answer = poll(path)
    assert len(uids(answer)) == 3
    assert poll(path, If_None_Match=answer.headers["ETag"]).status_code == 304
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(FeedPart)) == 0


def _run(connection: object, sql: str) -> None:
    cursor = connection.cursor()  # type: ignore[attr-defined]
    cursor.execute(sql)
    cursor.close()
    if "read_only" in sql:
        connection.commit()  # type: ignore[attr-defined]


def test_poisoned_title_stays_in_its_line(feeds: Feeds, poll: Poll, ics_faults: Faults) -> None:
    feeds.take(1, NOW, title="a\r\nEND:VEVENT\r\nX-EVIL:1\x1b", public=True)
    feeds.take(1, NOW + timedelta(days=1), uid="a/b", title="Omöjlig", public=True)
    data = poll(feeds.of("space", feeds.small.a1)).data
    assert ics_faults(data) == []
    assert b"\nX-EVIL" not in data and b"Om\xc3\xb6jlig" not in data


@pytest.mark.parametrize("own", [False, True])
def test_fetch_waits_for_nobody_who_writes(feeds: Feeds, poll: Poll, app: Flask, own: bool) -> None:
    """Neither for its note nor for storing what it has made; the next fetch does both."""
    feeds.take(3, NOW + timedelta(days=1))
    path = feeds.make() if own else feeds.of("space", feeds.small.a1)
    with app.app_context(), transaction() as session:
        session.execute(delete(FeedContents))
    started, done = Event(), Event()

    def write() -> None:
        with app.app_context(), transaction():
            started.set()
            done.wait(20)

    writer = Thread(target=write)
    writer.start()
    started.wait(5)
    try:
        begun = monotonic()
        assert poll(path).status_code == 200
        assert monotonic() - begun < 3
    finally:
        done.set()
        writer.join()
    with app.app_context():
        assert db.session.scalars(select(FeedPart)).all() == []
        queued = db.engine.dialect.name == "sqlite"
        assert any(db.session.scalars(select(Feed.last_fetched_at))) != queued, "a note waits for one lock alone"
    poll(path)
    with app.app_context():
        assert len(db.session.scalars(select(FeedPart)).all()) == 1
        assert db.session.scalars(select(Feed.last_fetched_at).order_by(Feed.id)).first() == NOW


def test_names_of_who_is_forgotten_are_in_no_stored_part(feeds: Feeds, poll: Poll, app: Flask) -> None:
    feeds.book(MORNING, "bo", title="Bos hemlighet")
    path = feeds.of("staff", who="host")
    assert "Bo Ek" in poll(path).text
    feeds.make()
    with app.app_context():
        known = {data.name: data for data in personal.known(app).classes}
        with transaction():
            known["feeds"].erase(Subject(feeds.small.people["bo"], "bo@example.org", "Bo Ek"), NOW)
        left = db.session.scalars(select(FeedContents.member_id)).all()
        assert left == [feeds.small.people["alva"]]


def test_names_that_were_read_before_they_were_forgotten_are_not_stored(
    feeds: Feeds, poll: Poll, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between reading and storing all is forgotten; right after another erasure nothing was stored before either."""
    feeds.book(MORNING, "bo", title="Bos hemlighet")
    path = feeds.of("staff", who="host")
    store = shelves._store

    def late(*given: object) -> None:
        eraser = Thread(target=erase)
        eraser.start()
        eraser.join()
        store(*given)  # type: ignore[arg-type]

    def erase() -> None:
        with app.app_context():
            known = {data.name: data for data in personal.known(app).classes}
            with transaction():
                for name in ("bookings", "feeds"):
                    known[name].erase(Subject(feeds.small.people["bo"], "bo@example.org", "Bo Ek"), NOW)

    monkeypatch.setattr(shelves, "_store", late)
    assert "Bo Ek" in poll(path).text
    with app.app_context():
        assert parts() == {}
    monkeypatch.setattr(shelves, "_store", store)
    assert "Bo Ek" not in poll(path).text
    with app.app_context():
        assert len(parts()) == 1


def test_what_nobody_polls_goes_after_ninety_days(feeds: Feeds, poll: Poll, app: Flask, clock: Clock) -> None:
    feeds.take(3, NOW + timedelta(days=1))
    poll(feeds.of("space", feeds.small.a1))
    feeds.make()
    with app.app_context():
        feeds_class = next(data for data in personal.known(app).classes if data.name == "feeds")
        assert feeds_class.expired(NOW + timedelta(days=89), ()) == 0
        later = NOW + timedelta(days=91)
        assert feeds_class.expired(later, ()) == 1
        with transaction():
            assert feeds_class.purge(later, ()) == 1
        assert db.session.scalars(select(FeedContents.member_id)).all() == [feeds.small.people["alva"]]
        assert parts() == {}
    clock.now = NOW + timedelta(hours=1)
    assert len(uids(poll(feeds.of("space", feeds.small.a1)))) == 3


def test_pieces_of_many_places_are_one_gzip_file(feeds: Feeds, poll: Poll) -> None:
    for space in (feeds.small.a1, feeds.small.a2, feeds.small.room):
        for week in range(4):
            feeds.take(3, NOW + timedelta(weeks=week, days=1), space)
    path = feeds.of("staff", who="host")
    plain, zipped = poll(path), poll(path, Accept_Encoding="gzip")
    assert gzip.decompress(zipped.data) == plain.data
    assert zipped.headers["ETag"] == plain.headers["ETag"][:-1] + '-gz"'
    assert len(uids(plain)) == 36


def test_programs_that_come_at_once_get_the_same_and_store_it_once(feeds: Feeds, app: Flask, poll: Poll) -> None:
    for space in (feeds.small.a1, feeds.small.a2, feeds.small.room):
        feeds.take(5, NOW + timedelta(days=1), space)
    paths = [feeds.of("staff", who="host"), feeds.of("staff", who="admin")] * 3
    with ThreadPoolExecutor(len(paths)) as pool:
        answers = list(pool.map(poll, paths))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.data for answer in answers}) == 1
    assert poll(paths[0]).data == answers[0].data
    with app.app_context():
        stored = db.session.scalars(select(FeedContents.space_id).where(FeedContents.space_id.is_not(None))).all()
        assert len(stored) == len(set(stored)) in (0, 6)
