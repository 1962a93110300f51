"""Seeing the house as a member: what staff see then, what they do not, that nothing can be changed, and how it ends."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from innovation_station.bookings import service as bookings
from innovation_station.db import db, transaction
from innovation_station.external import queries as elsewhere
from innovation_station.members import viewing
from innovation_station.members.models import LoginSession, Member, MemberView
from innovation_station.timespan import Span
from tests.conftest import NOW, TUESDAY, ZONE, Clock, Small, at, browser, log_in, post
from tests.trust.conftest import Station, station

__all__ = ["station"]  # the house full of attacks, with something of everything

REASON = "Alva ringde om sin bokning"


def see_as(client: FlaskClient, small: Small, who: str = "alva", reason: str = REASON) -> int:
    return int(post(client, f"/staff/members/{small.people[who]}/view", {"reason": reason}).status_code)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_every_route_that_changes_something_refuses_and_every_page_with_a_secret_hides(station: Station) -> None:
    """Over all routes there are: one that comes later is under the same law."""
    host, small = station.host, station.small
    assert see_as(host, small) == 303
    before = station.everything()
    unsafe, hidden, shown = 0, 0, {}
    for rule in station.rules():
        if rule.endpoint in ("calendars.feed", "calendars.of_space"):
            continue  # programs read them, by an address, and none of them knows of a session
        path = station.address(rule)
        for method in (rule.methods or set()) - {"GET", "HEAD", "OPTIONS"}:
            if rule.endpoint in viewing.ENDINGS:
                continue
            answer = post(host, path, {"reason": "x"}) if method == "POST" else host.open(path, method=method)
            assert answer.status_code == 403 and "inget kan ändras" in answer.text, (method, path)
            unsafe += 1
        if "GET" in (rule.methods or ()):
            answer = host.get(path, buffered=True)
            if answer.status_code == 403:
                assert "bara är för medlemmen" in answer.text and "/viewing/end" in answer.text, path
                hidden += 1
            elif answer.status_code == 200 and answer.mimetype == "text/html" and rule.endpoint in viewing.PAGES:
                shown[rule.endpoint] = answer.text
    assert (
        station.everything() == before
    )  # nothing was changed, fetched, read or counted, of the member's or of others'
    assert unsafe > 120 and hidden > 100
    assert {"home.start", "bookings.book", "bookings.mine", "bookings.show", "calendars.index"} <= shown.keys()
    secrets = [station.feed.removesuffix(".ics").rpartition("/")[2], *station.tokens.values(), station.end]
    for endpoint, page in shown.items():
        assert "Du ser huset som" in page and "/viewing/end" in page, endpoint
        assert [secret for secret in secrets if len(secret) > 8 and secret in page] == [], endpoint
    assert "Den hemliga adressen visas bara" in shown["calendars.index"] and "webcal" not in shown["calendars.index"]


def test_staff_see_what_the_member_sees_and_the_member_reads_why(
    app: object, small: Small, alva: FlaskClient, clock: Clock
) -> None:  # fmt: skip
    host = log_in(browser(alva.application), "host")
    with alva.application.app_context(), transaction():
        member = db.session.get_one(Member, small.people["alva"])
        bookings.reserve(member, small.a1, at(TUESDAY, "09:00", "11:00"), now=NOW, zone=ZONE)
        seen = member.logged_in_at
    assert see_as(host, small, reason=" ") == 303
    assert "Säg kort varför" in host.get(f"/staff/members/{small.people['alva']}").text  # view-reason
    assert see_as(host, small) == 303
    page = host.get("/bookings").text
    assert "A1" in page and "Du ser huset som Alva Lindqvist till 08.25" in page
    assert host.get("/staff").status_code == 403 and see_as(host, small, "bo") == 403
    assert host.get("/").status_code == 200
    clock.now = NOW + timedelta(minutes=14)
    assert host.get("/bookings").text.count("Du ser huset som") >= 1
    ended = post(host, "/viewing/end")
    assert ended.location == f"/staff/members/{small.people['alva']}"
    assert "Du är dig själv igen" in host.get(ended.location).text
    assert post(host, "/viewing/end").status_code == 303  # twice is the same as once
    trail = alva.get("/account/privacy/trail").text
    assert trail.count("Personalen såg huset så som du ser det") == 1 and "Hanna Lund" in trail and REASON in trail
    assert "slutade se huset" in trail
    with alva.application.app_context():
        assert db.session.get_one(Member, small.people["alva"]).logged_in_at == seen
        assert db.session.scalars(select(MemberView)).all() == []


def test_it_ends_by_itself_with_the_session_and_with_the_right_to_it(
    app: object, small: Small, alva: FlaskClient, clock: Clock
) -> None:  # fmt: skip
    there = alva.application
    host = log_in(browser(there), "host")
    see_as(host, small)
    clock.now = NOW + timedelta(minutes=15)
    assert host.get("/staff").status_code == 200 and "Du ser huset" not in host.get("/").text
    see_as(host, small)
    assert post(host, "/logout").status_code == 303
    with there.app_context():
        assert db.session.scalars(select(MemberView)).all() == []
    log_in(host, "host")
    assert host.get("/staff").status_code == 200  # not in the next session

    see_as(host, small)
    with there.app_context(), transaction():  # whoever becomes staff is no member that a host may be
        db.session.get_one(Member, small.people["alva"]).role = "admin"
    assert host.get("/staff").status_code == 200
    with there.app_context(), transaction():
        db.session.get_one(Member, small.people["alva"]).role = "member"
    assert host.get("/staff").status_code == 403
    with there.app_context(), transaction():
        db.session.get_one(Member, small.people["alva"]).state = "paused"
    assert host.get("/staff").status_code == 200


def test_hosts_see_as_members_and_admins_as_anybody_else(small: Small, alva: FlaskClient) -> None:
    there = alva.application
    host, admin = log_in(browser(there), "host"), log_in(browser(there), "admin")
    for client, who, status in (
        (alva, "bo", 403), (host, "admin", 403), (host, "host", 403), (admin, "admin", 403), (admin, "host", 303),
    ):  # fmt: skip
        assert see_as(client, small, who) == status, who  # view-not-yours
    assert admin.get("/staff").status_code == 403  # the member's pages, also of who works here
    assert see_as(host, small, "bo") == 303
    page = f"/staff/members/{small.people['alva']}"
    assert "view-reason" in log_in(browser(there), "host").get(page).text
    assert post(host, "/staff/members/99999/view", {"reason": REASON}).status_code == 403  # still as Bo
    assert post(log_in(browser(there), "host"), "/staff/members/99999/view", {"reason": REASON}).status_code == 404


def test_what_is_for_the_members_own_eyes_is_not_there(
    small: Small, alva: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    there = alva.application
    host = log_in(browser(there), "host")
    day = Span(NOW, NOW + timedelta(hours=9))
    busy = [elsewhere.Busy(day, "Hemlig kalender")]
    monkeypatch.setattr(elsewhere, "busy_of", lambda *_: busy)
    post(alva, "/account/access", {"step_free": "y"})
    own = alva.get("/").text
    assert "Hemlig kalender" in own
    see_as(host, small)
    pages = [host.get(path).text for path in ("/", "/book", f"/book/{small.a1}", "/bookings")]
    assert all("Du ser huset som" in page and "Hemlig kalender" not in page for page in pages)
    # the refresh of the day is answered by a layer before: it knows the view, too
    first = host.get("/book", headers={"X-Part": "day"})
    assert first.status_code == 200
    again = host.get("/book", headers={"X-Part": "day", "If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304
    post(host, "/viewing/end")
    now_own = host.get("/book", headers={"X-Part": "day", "If-None-Match": first.headers["ETag"]})
    assert now_own.status_code == 200  # the host's own day is another
    with there.app_context():
        assert db.session.scalars(select(LoginSession)).all()
