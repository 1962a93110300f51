"""What is somebody else's: not to be read, changed, guessed or counted, whatever the verb."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.conftest import TUESDAY, post
from tests.trust.conftest import Station, token

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
UNKNOWN = 87_654
FIELDS = {"date": str(TUESDAY), "start": "14:00", "end": "15:00", "title": "Kapad", "visible": "1", "name": "Kapad"}


def said(answer: TestResponse, number: int) -> str:
    """Give an answer without what differs by the address and the form token."""
    text = re.sub(r'name="csrf_token"[^>]*value="[^"]+"', "", answer.text)
    headers = sorted(
        (name, value) for name, value in answer.headers if name not in ("X-Request-Id", "Set-Cookie", "Content-Length")
    )
    return f"{answer.status_code} {headers} {text}".replace(f"/{number}", "/N")


def ask(client: FlaskClient, method: str, path: str, station: Station, **headers: str) -> TestResponse:
    data = None if method in ("GET", "HEAD") else {"csrf_token": token(client), "space": station.small.a3, **FIELDS}
    return client.open(path, method=method, data=data, headers=headers)


def test_others_things_are_as_unknown_as_what_never_was(station: Station) -> None:
    before = station.everything()
    seen = 0
    for rule in station.rules():
        for name, whose in (
            ("booking_id", station.bo),
            ("feed_id", station.bo),
            ("feed_id", station.host),
            ("notice_id", station.bo),
            ("notice_id", station.host),
        ):
            if name not in rule.arguments:
                continue
            theirs = _own(station, name)
            for method in sorted((rule.methods or set()) - {"OPTIONS"}):
                for part in ({}, {"X-Part": "sheet"}):
                    first = ask(whose, method, station.address(rule), station, **part)
                    second = ask(whose, method, station.address(rule, **{name: UNKNOWN}), station, **part)
                    unknown = 403 if rule.rule.startswith("/staff/") else 404  # that is no place for members at all
                    assert first.status_code == second.status_code == unknown, (rule, method)
                    assert said(first, theirs) == said(second, UNKNOWN), (rule, method)
                    seen += 1
    assert station.everything() == before
    assert seen >= 24


def _own(station: Station, name: str) -> int:
    return station.ids[{"booking_id": "mine", "feed_id": "feed", "notice_id": "notice"}.get(name, name)]


def test_a_visitor_learns_nothing_from_an_id(station: Station) -> None:
    before = station.everything()
    for rule in station.rules():
        if rule.arguments & {"booking_id", "feed_id", "notice_id"}:
            method = "POST" if "GET" not in (rule.methods or ()) else "GET"
            ours = {name: _own(station, name) for name in rule.arguments}
            first = ask(station.visitor, method, station.address(rule, **ours), station)
            assert first.status_code == 303 and (first.location or "").startswith("/login")
            for name in ours:
                second = ask(station.visitor, method, station.address(rule, **ours | {name: UNKNOWN}), station)
                assert re.sub(r"\d+", "N", second.location or "") == re.sub(r"\d+", "N", first.location or "")
    assert station.everything() == before


def test_a_calendars_uid_opens_nothing(station: Station) -> None:
    text = station.visitor.get(station.feed).text
    uids = re.findall(r"UID:(\S+)", text)
    assert uids
    for uid in uids:
        for path in (f"/bookings/{uid}", f"/feeds/{uid}.ics", f"/feeds/{uid}", f"/calendars/{uid}"):
            assert station.bo.get(path).status_code == 404, path


def test_feed_is_opened_by_its_address_and_nothing_less(station: Station) -> None:
    secret = station.feed.removeprefix("/feeds/").removesuffix(".ics")
    near = [
        secret[:-1],
        secret + "A",
        secret.lower(),
        secret[::-1],
        secret + "/",
        f"x/{secret}",
        secret + ".ICS",
        "",
    ]
    for wrong in near:
        assert station.alva.get(f"/feeds/{wrong}.ics").status_code == 404, wrong
    assert station.alva.get(station.feed.removesuffix(".ics")).status_code == 404
    assert station.visitor.get(station.feed).status_code == 200


def test_fields_that_are_not_yours_are_ignored(station: Station) -> None:
    small, bo = station.small, station.small.people["bo"]
    foreign = {
        "id": 99, "uid": "mine", "member": bo, "member_id": bo, "owner": bo, "actor": bo, "state": "cancelled", "sequence": 9,
        "revision": 9, "request_key": "x", "created_at": "2020-01-01", "role": "admin", "is_staff": "1", "organisation": 1,
        "price": 0, "active": "0", "email": "bo@example.org", "token": "x", "nonce": "x", "scope": "all", "space_id": small.hall,
    }  # fmt: skip
    before = {row[0]: row for row in station.everything()["member"]}
    made = post(station.alva, "/bookings", {**foreign, "space": small.a3, **FIELDS})
    assert made.status_code == 303
    mine = f"/bookings/{station.ids['mine']}"
    moved = {**foreign, "space": small.a2, **FIELDS, "start": "08:00", "end": "09:00"}
    assert post(station.alva, f"{mine}/edit", moved).status_code == 303
    assert post(station.alva, "/calendars", {**foreign, "name": "Ny", "language": "sv"}).status_code == 303
    rows = station.everything()
    columns = {"booking": 2, "feed": 1}
    number = int(made.location.rsplit("/", 1)[1])
    booked = {row[0]: row for row in rows["booking"]}
    assert booked[number][columns["booking"]] == booked[station.ids["mine"]][columns["booking"]] == small.people["alva"]
    assert "confirmed" in booked[number] and "mine" not in booked[number] and booked[number][3] == small.a3
    assert {row[columns["feed"]] for row in rows["feed"]} == {small.people["alva"]}
    assert all("my-bookings" in row for row in rows["feed"])
    after = {row[0]: row for row in rows["member"]}
    changed = {n: [i for i, (a, b) in enumerate(zip(before[n], after[n], strict=True)) if a != b] for n in before}
    assert all(len(columns) <= 1 for columns in changed.values())  # the count of changes of her bookings, nothing else


def test_staff_act_for_a_member_in_their_own_name(station: Station) -> None:
    mine = station.ids["mine"]
    page = station.host.get(f"/bookings/{mine}").text
    assert "&lt;x-member" in page
    data = {"space": station.small.a2, **FIELDS}
    assert post(station.host, f"/bookings/{mine}/edit", data).status_code == 303
    assert post(station.host, f"/bookings/{mine}/cancel").status_code == 303
    assert post(station.host, f"/bookings/{mine}/restore").status_code == 303
    rows = station.everything()
    (booking,) = [row for row in rows["booking"] if row[0] == mine]
    assert booking[2] == station.small.people["alva"]
    acted = [row for row in rows["booking_history"] if row[1] == mine and row[3] == station.small.people["host"]]
    assert [row[4] for row in acted] == ["host"] * 3


def test_members_see_no_names_and_titles_that_are_not_shown(station: Station) -> None:
    for path in (f"/book?date={TUESDAY}", f"/book/{station.small.a1}?date={TUESDAY}", "/", "/bookings"):
        page = station.bo.get(path).text
        assert "alva@example.org" not in page, path
        assert "x-title" not in page or path == "/", path  # today's booking is shown, tomorrow's is not
    visitor = station.visitor.get("/").text
    assert not re.search(r"x-(member|other|title|shown|open|feed|reason)\b", visitor)
