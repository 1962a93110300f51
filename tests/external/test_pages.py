"""The pages of external calendars: added after a look, fetched, let rest, removed; and what is seen of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from innovation_station.audit.models import AuditEntry
from innovation_station.bookings.models import SpaceBusy
from innovation_station.db import db, transaction
from innovation_station.external import apart, lines, pages, rules, service
from innovation_station.external.fetching import Reach
from innovation_station.external.models import ExternalCalendar, ExternalDraft
from innovation_station.external.words import PROBLEMS, zone_choices
from innovation_station.external.zones import known_zone
from tests.conftest import NOW, ZONE, Clock, browser, log_in, post, statements
from tests.external.calendars import calendar, event
from tests.external.conftest import Hand, local
from tests.external.server import Site, serving

STAFF = "/staff/external"
OWN = "/calendars/external"
MARS = "BEGIN:VEVENT\nUID:m\nDTSTART;TZID=Mars/Olympus:20261124T090000\nDURATION:PT1H\nEND:VEVENT\n"


@pytest.fixture
def host(app: Flask) -> FlaskClient:
    return log_in(browser(app, "en"), "host")


@pytest.fixture
def member(app: Flask) -> FlaskClient:
    return log_in(browser(app, "en"), "alva")


@pytest.fixture
def site(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    with serving() as found:
        monkeypatch.setitem(app.config, "EXTERNAL_REACH", found.reach())
        yield found


def upload(client: FlaskClient, path: str, data: bytes, **fields: Any) -> Any:
    """Add a calendar by a file."""
    given = {"name": "TimeEdit", "file": (BytesIO(data), "a.ics"), **fields}
    return post(client, path, given, content_type="multipart/form-data")


def counted(app: Flask, model: type = ExternalCalendar) -> int:
    with app.app_context():
        return len(db.session.scalars(select(model)).all())


def test_a_file_is_looked_at_before_it_blocks(app: Flask, hand: Hand, host: FlaskClient) -> None:
    booking = hand.book("10:00", "11:00")
    broken = event("DTSTART:nonsense", "bad")
    data = calendar(local("0900", "1200", more="SUMMARY:Lecture"), broken, head="X-WR-CALNAME:Room list")
    answer = upload(host, STAFF, data, space=str(hand.small.a1))
    assert answer.status_code == 303 and answer.location.startswith(f"{STAFF}/drafts/")
    page = host.get(answer.location).text
    assert "Nothing is blocked yet" in page and "Room list" in page and "Lecture" in page
    assert "1 time to come" in page and "09:00" in page and "Europe/Stockholm" in page
    assert "1 booking is in the way" in page and f"/bookings/{booking}" in page
    assert "Tue 24 Nov 10:00–11:00, Alva Lindqvist" in page
    assert re.search(r"Line \d+: That is no time. \(nonsense\)", page)
    assert hand.taken() == [] and counted(app) == 0
    done = post(host, answer.location, {"act": "take"})
    assert (done.status_code, done.location) == (303, STAFF)
    assert hand.taken() == ["09:00-10:00", "11:00-12:00"] and counted(app, ExternalDraft) == 0
    page = host.get(STAFF).text
    assert "TimeEdit counts from now on." in page and "meets 1 booking" in page and "an uploaded file" in page
    assert "1 remark on what it says" in page and "Alva Lindqvist" in page
    assert "TimeEdit meets bookings of A1" in host.get("/notifications").text


def test_an_address_is_fetched_and_only_its_host_is_shown(
    app: Flask, hand: Hand, host: FlaskClient, site: Site, clock: Clock
) -> None:
    site.give("/secret.ics", calendar(local("0900", "1000")))
    answer = post(host, STAFF, {"name": "Outlook", "address": site.at("/secret.ics"), "space": str(hand.small.a1)})
    assert answer.status_code == 303
    post(host, answer.location, {"act": "take"})
    page = host.get(STAFF).text
    assert "127.0.0.1" in page and "secret.ics" not in page and hand.taken() == ["09:00-10:00"]
    site.give("/secret.ics", calendar(local("1300", "1400")))
    [calendar_id] = _ids(app)
    post(host, f"{STAFF}/{calendar_id}", {"act": "fetch"})
    assert "fetched just now" in host.get(STAFF).text and hand.taken() == ["09:00-10:00"]
    clock.now += timedelta(minutes=2)
    post(host, f"{STAFF}/{calendar_id}", {"act": "fetch"})
    assert hand.taken() == ["13:00-14:00"]
    site.give("/secret.ics", b"", 404)
    clock.now += timedelta(minutes=2)
    post(host, f"{STAFF}/{calendar_id}", {"act": "fetch"})
    page = host.get(STAFF).text
    assert "could not be fetched" in page and "error 404" in page and hand.taken() == ["13:00-14:00"]


def _ids(app: Flask) -> list[int]:
    with app.app_context():
        return list(db.session.scalars(select(ExternalCalendar.id)))


def test_a_calendar_rests_goes_on_and_is_removed(app: Flask, hand: Hand, host: FlaskClient) -> None:
    calendar_id = hand.add(local("0900", "1000"))
    path = f"{STAFF}/{calendar_id}"
    post(host, path, {"act": "pause"})
    assert "Rests" in host.get(STAFF).text
    post(host, path, {"act": "fetch"})
    assert "Let it go on first" in host.get(STAFF).text
    post(host, path, {"act": "resume"})
    assert "Up to date" in host.get(STAFF).text
    refused = post(host, path, {"act": "burn"})
    assert refused.status_code == 422 and "Choose what to do with the calendar." in refused.text
    post(host, path, {"act": "remove"})
    assert "its time is free" in host.get(STAFF).text and hand.taken() == []
    assert post(host, path, {"act": "remove"}).status_code == 404


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({}, "Give an address or choose a file"),
        (
            {"address": "https://example.org/a.ics", "file": (b"x", "a.ics")},
            "Give an address or choose a file",
        ),
        ({"address": "http://169.254.169.254/latest"}, "leads into a private network"),
        ({"address": "http://localhost/a.ics"}, "private network"),
        ({"address": "file:///etc/passwd"}, "begin with https://"),
        ({"address": "http://a:b@example.org/"}, "a name or a password"),
        ({"address": "nonsense"}, "begin with https://"),
        ({"file": (b"<html>", "a.ics")}, "That is a web page"),
        ({"file": (b"hello", "a.ics")}, "That is no calendar"),
        ({"file": (calendar(local("0900", "1000")), "a.ics"), "name": ""}, "Give the calendar a name"),
        ({"file": (calendar(local("0900", "1000")), "a.ics"), "zone": "Mars"}, "Choose one of the time zones"),
        ({"file": (b"B" * 100_001, "a.ics")}, "larger than the 0.1 MB"),
    ],
)
def test_what_cannot_be_added_is_refused_in_words(
    app: Flask, hand: Hand, host: FlaskClient, monkeypatch: pytest.MonkeyPatch, fields: dict[str, Any], said: str
) -> None:
    monkeypatch.setitem(app.config, "EXTERNAL_REACH", Reach(100_000))
    given = {"name": "X", "space": str(hand.small.a1), **fields}
    if file := given.get("file"):
        given["file"] = (BytesIO(file[0]), file[1])
    answer = post(host, STAFF, given, content_type="multipart/form-data")
    assert answer.status_code == 422 and said in answer.text
    assert 'role="alert"' in answer.text and counted(app) == 0


@pytest.mark.usefixtures("really_apart")
def test_foreign_bytes_are_worked_on_apart_and_in_no_transaction(
    app: Flask, hand: Hand, host: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A large file must not make who writes wait, nor take the memory of the server."""
    inside: list[str] = []
    asked: list[list[str]] = []
    real_said, real_transaction = apart._said, transaction

    @contextmanager
    def watched() -> Iterator[None]:
        with real_transaction():
            inside.append("open")
            yield
            inside.pop()

    def said(*given: Any) -> bytes:
        asked.append(list(inside))
        return real_said(*given)

    monkeypatch.setattr(pages, "transaction", watched)
    monkeypatch.setattr(apart, "_said", said)
    for name in ("stripped", "unfolded", "components"):
        monkeypatch.setattr(lines, name, lambda *_a, **_k: pytest.fail("read in the server"))
    preview = upload(host, STAFF, calendar(local("0900", "1000")), space=str(hand.small.a1)).location
    assert asked == [[]]
    post(host, preview, {"act": "take"})
    assert len(asked) == 3 and not any(asked) and hand.taken() == ["09:00-10:00"]


def test_a_broken_file_is_refused_before_the_preview(app: Flask, hand: Hand, host: FlaskClient) -> None:
    data = calendar(local("0900", "1000"))[:-20]
    answer = upload(host, STAFF, data, space=str(hand.small.a1))
    assert answer.status_code == 422 and "breaks off before its end" in answer.text and hand.taken() == []


def test_a_file_that_costs_too_much_is_refused_in_the_preview(
    app: Flask, hand: Hand, host: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    preview = upload(host, STAFF, calendar(local("0900", "1000")), space=str(hand.small.a1)).location
    monkeypatch.setattr(apart, "MOST_SAID", 10)
    page = host.get(preview).text
    assert "Nothing is blocked yet" in page and 'value="take"' not in page
    post(host, preview, {"act": "take"})
    assert hand.taken() == [] and counted(app) == 0


def test_an_unknown_zone_is_asked_for(app: Flask, hand: Hand, host: FlaskClient) -> None:
    answer = upload(host, STAFF, calendar(MARS), space=str(hand.small.a1))
    page = host.get(answer.location).text
    assert "Mars/Olympus" in page and "Choose which one it is" in page and 'value="take"' not in page
    refused = post(host, answer.location, {"act": "take"})
    assert refused.status_code == 422 and hand.taken() == []
    refused = post(host, answer.location, {"act": "zone", "zone": "Mars/Olympus"})
    assert refused.status_code == 422 and "Choose one of the time zones." in refused.text
    assert post(host, answer.location, {"act": "zone", "zone": "Europe/London"}).status_code == 303
    page = host.get(answer.location).text
    assert 'value="Europe/London" selected' in page.replace("selected value", "value") or "selected" in page
    post(host, answer.location, {"act": "take"})
    assert hand.taken() == ["10:00-11:00"]


def test_times_without_a_zone_say_how_they_were_read(app: Flask, hand: Hand, host: FlaskClient) -> None:
    floating = event("DTSTART:20261124T090000\nDURATION:PT1H")
    answer = upload(host, STAFF, calendar(floating, head="X-WR-TIMEZONE:Europe/London"), space=str(hand.small.a1))
    page = host.get(answer.location).text
    assert "1 event names no zone and is read in Europe/London" in page and "The calendar says: Europe/London" in page


def test_what_is_looked_at_is_let_go(app: Flask, hand: Hand, host: FlaskClient, clock: Clock) -> None:
    answer = upload(host, STAFF, calendar(local("0900", "1000")), space=str(hand.small.a1))
    assert post(host, answer.location, {"act": "drop"}).status_code == 303
    assert host.get(answer.location).status_code == 404
    answer = upload(host, STAFF, calendar(local("0900", "1000")), space=str(hand.small.a1))
    clock.now += rules.DRAFT_FOR
    assert post(host, answer.location, {"act": "take"}).status_code == 404


def test_who_looks_without_end_has_to_wait(app: Flask, hand: Hand, host: FlaskClient) -> None:
    with app.app_context(), transaction():
        for _ in range(rules.MOST_LOOKS):
            service.begin(hand.who(), now=NOW)
    answer = upload(host, STAFF, calendar(local("0900", "1000")), space=str(hand.small.a1))
    assert (
        answer.status_code == 429
        and answer.headers["Retry-After"] == "3600"
        and "You have looked at 20 calendars within an hour" in answer.text
    )


def test_members_see_that_a_place_is_taken_and_staff_by_what(app: Flask, hand: Hand, host: FlaskClient) -> None:
    hand.add(local("0900", "1200"), name="TimeEdit A")
    member = log_in(browser(app, "en"), "alva")
    path = "/book?date=2026-11-24&kind=desk&from=09:00&to=12:00&view=timeline"
    assert "TimeEdit A" not in member.get(path).text
    sheet = f"/book/{hand.small.a1}?date=2026-11-24&from=09:00&to=10:00"
    assert "TimeEdit A" not in member.get(sheet).text and "Booked" in member.get(sheet).text
    assert "Busy in TimeEdit A" in host.get(sheet).text
    answer = post(
        member, "/bookings", {"space": str(hand.small.a1), "date": "2026-11-24", "start": "09:00", "end": "10:00"}
    )
    assert answer.status_code == 409 and "A1 is used for something else" in answer.text
    assert "Book A2" in answer.text or 'name="space" value="2"' in answer.text


def test_a_members_own_are_the_members_alone(app: Flask, hand: Hand, member: FlaskClient, bo: FlaskClient) -> None:
    answer = upload(member, OWN, calendar(local("0900", "1000", more="SUMMARY:Dentist")), name="Work")
    assert answer.location.startswith(f"{OWN}/drafts/")
    page = member.get(answer.location).text
    assert "For your eyes alone" in page and "Dentist" in page
    staff = log_in(browser(app, "en"), "host")
    for other in (bo, staff):
        assert other.get(answer.location).status_code == 404
    assert staff.get(answer.location.replace(OWN, STAFF)).status_code == 404
    post(member, answer.location, {"act": "take"})
    assert "Work" in member.get(OWN).text and "Work" not in bo.get(OWN).text and "Work" not in staff.get(STAFF).text
    [own_id] = _ids(app)
    for client, path in ((bo, OWN), (staff, OWN), (staff, STAFF)):
        assert post(client, f"{path}/{own_id}", {"act": "remove"}).status_code == 404
        assert post(client, f"{path}/{own_id}", {"act": "fetch"}).status_code == 404
    post(member, f"{OWN}/{own_id}", {"act": "remove"})
    assert counted(app) == 0


def test_a_member_has_only_so_many(app: Flask, hand: Hand, member: FlaskClient) -> None:
    for number in range(rules.MOST_OF_ONE):
        hand.add(local("0900", "1000", str(number)), own=True, who="alva")
    page = member.get(OWN).text
    assert "You have as many as are read for one member" in page and 'name="file"' not in page
    answer = upload(member, OWN, calendar(local("0900", "1000")))
    refused = post(member, answer.location, {"act": "take"})
    assert refused.status_code == 422 and "There are 5 calendars already." in refused.text


@pytest.mark.parametrize("who", ["staff", "own"])
def test_a_longer_list_costs_no_more_statements(app: Flask, hand: Hand, who: str) -> None:
    client = log_in(browser(app), "host" if who == "staff" else "alva")
    path, own = (STAFF, False) if who == "staff" else (OWN, True)
    spaces = (hand.small.a1, hand.small.a2, hand.small.a3)
    costs = []
    for number in range(3):
        more = {"own": True, "who": "alva"} if own else {"space": spaces[number]}
        hand.add(local("0900", "1000"), **more)  # type: ignore[arg-type]
        client.get(path)
        with statements(app) as seen:
            assert client.get(path).status_code == 200
        costs.append(len(seen))
    assert costs[0] == costs[2]


def test_every_problem_has_its_words() -> None:
    found = set()
    for module in ("lines", "reading", "recurring"):
        text = Path(rules.__file__).with_name(f"{module}.py").read_text("utf-8")
        found |= set(re.findall(r'(?:Problem\([^"\n]*|Unreadable\(|_at\([^"\n]*)"([a-z0-9-]+)"', text))
    assert found - {"problems"} == set(PROBLEMS)


def test_zones_to_choose_from_are_known(app: Flask) -> None:
    with app.test_request_context():
        names = [name for name, _text in zone_choices(ZONE) if name]
    assert "Europe/Stockholm" in names and "America/New_York" in names and "UTC" in names
    assert all(known_zone(name) == name for name in names) and len(names) == len(set(names)) > 100


def test_a_calendar_is_changed_after_a_look(app: Flask, hand: Hand, host: FlaskClient, site: Site) -> None:
    """Another file, zone, address or name; the times that both have stay the rows they were."""
    number = hand.add(local("0900", "1000"), local("1300", "1400", "two"))
    edit = f"{STAFF}/{number}"
    assert f'href="{edit}"' in host.get(STAFF).text
    form = host.get(edit).text
    assert 'value="TimeEdit"' in form and "It is read from an uploaded file." in form

    def send(**fields: Any) -> Any:
        return post(
            host, edit, {"act": "edit", "name": "TimeEdit", "zone": "", **fields}, content_type="multipart/form-data"
        )

    assert send(name="Outlook").location == STAFF
    with hand.open():
        before = hand.rows(number)
        assert hand.calendar(number).name == "Outlook"
        sources = db.session.scalars(select(SpaceBusy.source)).all()
        assert set(sources) == {"Outlook"}
        db.session.rollback()
    other = calendar(local("0900", "1000"), local("1500", "1600", "three"))
    looked = send(name="Outlook", file=(BytesIO(other), "b.ics"))
    assert looked.status_code == 303 and hand.taken() == ["09:00-10:00", "13:00-14:00"], "nothing counts yet"
    assert "15:00" in host.get(looked.location).text
    assert post(host, looked.location, {"act": "take"}).status_code == 303
    assert hand.taken() == ["09:00-10:00", "15:00-16:00"] and counted(app) == 1
    with hand.open():
        after = hand.rows(number)
        assert set(before.items()) & set(after.items()), "what both say is not touched"
        db.session.rollback()
    zone = send(name="Outlook", zone="Europe/Helsinki")
    assert post(host, zone.location, {"act": "take"}).status_code == 303
    site.give("/secret.ics", calendar(local("1100", "1200")))
    moved = send(name="Outlook", address=site.at("/secret.ics"))
    assert moved.status_code == 303, moved.text
    assert post(host, moved.location, {"act": "take"}).status_code == 303
    assert hand.taken() == ["11:00-12:00"]
    with hand.open():
        row = hand.calendar(number)
        assert (row.file, row.zone) == (None, None) and row.host
        db.session.rollback()
    assert "secret.ics" not in host.get(edit).text, "an address is shown by its host alone"
    again = send(name="Outlook", zone="Europe/Helsinki")
    assert again.status_code == 303 and len(site.asked) >= 2, "the address that there is is asked again"
    with hand.open():
        actions = list(db.session.scalars(select(AuditEntry.action)))
        db.session.rollback()
    assert actions.count("external.edited") == 4


def test_a_wrong_change_keeps_what_was_typed_and_changes_nothing(
    app: Flask, hand: Hand, host: FlaskClient, member: FlaskClient
) -> None:
    bo = log_in(browser(app), "bo")
    number, own = hand.add(local("0900", "1000")), hand.add(local("0900", "1000"), own=True, who="alva")
    for fields, said in (
        ({"name": ""}, "name"), ({"name": "x", "zone": "Mars"}, "zone"), ({"name": "x", "address": "ftp://x"}, "address"),
        ({"name": "x", "file": (BytesIO(b"<html>"), "a.ics")}, "file"),
    ):  # fmt: skip
        answer = post(host, f"{STAFF}/{number}", {"act": "edit", **fields}, content_type="multipart/form-data")
        assert answer.status_code == 422 and 'role="alert"' in answer.text, said
    assert hand.taken() == ["09:00-10:00"]
    for client, path in (
        (bo, f"{OWN}/{own}"),
        (host, f"{OWN}/{own}"),
        (host, f"{STAFF}/{own}"),
        (member, f"{OWN}/{number}"),
    ):
        assert client.get(path).status_code == 404, path
        assert post(client, path, {"act": "edit", "name": "x"}).status_code == 404, path
    renamed = post(member, f"{OWN}/{own}", {"act": "edit", "name": "Mitt", "zone": ""})
    assert renamed.status_code == 303 and "Mitt" in member.get(OWN).text
