"""Requests that are not what they seem: foreign hosts, foreign pages, other methods, none of which changes anything.

Everything goes over the routes that the app has, so a new one is under the same law from its first day.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from innovation_station import settings
from tests.conftest import TUESDAY, app_on, browser, log_in, post, token_in
from tests.trust.conftest import Station, token

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
EVIL = "https://evil.example"
# A feed takes no form, sets no cookie, and answers 405 to all that is not reading; the link that ends mails is pressed
# by programs, and is its own token (tests/notices). So is the address of a screen, which has no session (tests/displays).
MACHINES = {"calendars.feed", "notices.end", "displays.act"}


def filled(station: Station) -> dict[str, object]:
    """Give a form that every route would take: what books, moves, names and logs in."""
    return {
        "space": station.small.a3, "date": str(TUESDAY), "start": "14:00", "end": "15:00", "title": "x", "visible": "1",
        "name": "Annat namn", "language": "en", "email": "alva@example.org", "password": "plats-for-nasta-ide", "next": "/",
        "act": "retry", "starts": str(TUESDAY), "plan": station.ids["plan_id"],
    }  # fmt: skip


ENDS = ("/account/security/sign-out", "/logout")  # Alva's session, which the others need
FINE = {  # what has nothing to do yet, and what answers with a page
    "/password/reset": (200,), "/join": (200,), "/staff/members/1/return": (404,), "/staff/events/1/move": (200,),
    "/staff/feeds/1/revoke": (404,),  # its member has ended it before
    "/staff/people.csv": (200,), "/staff/people/edits/1/undo": (404,), "/staff/schedule/acts/1/undo": (404,),
    "/staff/operations/trail.csv": (200,), "/staff/organisations.csv": (200,), "/staff/plans.csv": (200,),
    "/account/security/second-factor/codes": (404,), "/account/security/second-factor/end": (404,),
}  # fmt: skip


def posts(station: Station) -> list[tuple[Rule, str]]:
    return [(rule, station.address(rule)) for rule in station.rules("POST") if rule.endpoint not in MACHINES]


def _who(station: Station, path: str) -> FlaskClient:
    theirs = path.startswith(("/staff/", "/tickets/")) or path.endswith("/answer")
    return station.admin if theirs else station.alva


def test_every_form_works_with_its_token_so_that_the_refusals_below_mean_something(station: Station) -> None:
    refused = [
        (path, status)
        for rule, path in posts(station)
        if path not in ENDS
        and rule.endpoint != "feedback.show"  # of an event that is yet to be nobody says how it was
        and (status := post(_who(station, path), path, filled(station)).status_code)
        not in FINE.get(path, (303, 409, 422))
    ]
    assert refused == []
    assert post(station.alva, ENDS[0], filled(station)).location == "/login"
    log_in(station.alva)
    assert post(station.alva, "/logout").status_code == 303


def test_every_form_needs_the_token_of_its_session(station: Station) -> None:
    before = station.everything()
    strange = {"none": {}, "empty": {"csrf_token": ""}, "wrong": {"csrf_token": "wrong"},
               "another's": {"csrf_token": token(station.bo)}, "a visitor's": {"csrf_token": token(browser(station.app))},
               "cut": {"csrf_token": token(station.alva)[:-1]}}  # fmt: skip
    for who in ("alva", "visitor"):
        for _rule, path in posts(station):
            for name, extra in strange.items():
                answer = station.client(who).post(path, data={**filled(station), **extra})
                assert answer.status_code == 400 and "<h1" in answer.text, (who, path, name)
    right = token(station.alva)
    for _rule, path in posts(station):
        for answer in (
            station.alva.post(f"{path}?csrf_token={right}", data=filled(station)),
            station.alva.post(path, json={**filled(station), "csrf_token": right}),
            station.alva.post(path, data=f"csrf_token={right}&space=1", content_type="text/plain"),
        ):
            assert answer.status_code == 400, path
    assert station.everything() == before


ELSEWHERE = [
    {"Origin": EVIL}, {"Origin": "http://localhost.evil.example"}, {"Origin": "http://localhost:8001"}, {"Origin": "x"},
    {"Origin": "http://evil.example@localhost.evil"}, {"Origin": "http://["}, {"Origin": "localhost"},
    {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Sec-Fetch-Site": "anything"},
    {"Sec-Fetch-Site": "same-origin", "Origin": EVIL},
]  # fmt: skip


def test_no_form_comes_from_elsewhere_even_with_a_token(station: Station) -> None:
    before, right = station.everything(), token(station.alva)
    for headers in ELSEWHERE:
        for _rule, path in posts(station):
            answer = station.alva.post(path, data={**filled(station), "csrf_token": right}, headers=headers)
            assert answer.status_code == 400, (path, headers)
    assert station.everything() == before


def test_our_own_pages_are_not_elsewhere(station: Station) -> None:
    for headers in ({"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "none"}, {}):
        assert post(station.alva, "/lang/sv", headers=headers).status_code == 303


def test_reading_changes_nothing(station: Station) -> None:
    station.visitor.get(station.feed)  # the first fetch is noted, those of the next ten minutes are not
    station.visitor.get(f"/calendar/spaces/{station.small.a2}.ics?language=en")  # and stores what it has made
    query = {**filled(station), "_method": "POST", "csrf_token": token(station.alva)}
    override = {"X-HTTP-Method-Override": "POST", "X-HTTP-Method": "DELETE", "X-Method-Override": "POST"}
    before = station.everything()
    methods: dict[str, set[str]] = {}
    for rule in station.rules():
        methods.setdefault(station.address(rule), set()).update(rule.methods or ())
    for path, allowed in methods.items():
        for method in ("GET", "HEAD", "OPTIONS"):
            for client in (station.visitor, station.alva, station.host):
                answer = client.open(path, method=method, query_string=query, headers=override, buffered=True)
                assert answer.status_code < 500, (method, path)
                assert path == station.feed or (method in allowed) is (answer.status_code != 405), (method, path)
    assert station.everything() == before


def test_other_methods_are_refused_and_echo_nothing(station: Station) -> None:
    before, right = station.everything(), token(station.alva)
    for method in ("PUT", "PATCH", "DELETE", "TRACE", "CONNECT", "PROPFIND", "X"):
        for path in {station.address(rule) for rule in station.rules()}:
            answer = station.alva.open(
                path, method=method, data={**filled(station), "csrf_token": right},
                headers={"X-Secret": "trace-me", "X-HTTP-Method-Override": "GET"}, buffered=True,
            )  # fmt: skip
            assert answer.status_code == 405 and answer.headers["Allow"], (method, path)
            assert "trace-me" not in answer.text + str(answer.headers), (method, path)
    assert station.everything() == before


def test_method_in_a_form_means_nothing(station: Station) -> None:
    answer = post(station.alva, f"/bookings/{station.ids['mine']}", {"_method": "DELETE", "method": "delete"})
    assert answer.status_code == 405
    assert "_method" not in station.alva.get(f"/bookings/{station.ids['mine']}").text


# -- the name we are asked under --------------------------------------------------------------------------------------

FOREIGN = ["evil.example", "evil.example:80", "localhost.evil.example", "evil-localhost", "[::ffff:7f00:1]x", "a@localhost",
           "localhost@evil.example", "localhost:80@evil.example", "localhost/evil", "localhost\\evil", "localhost#x",
           "localhost:99999", "localhost:x", "[::1", "", "..", "0x7f.1", "2130706433", "evil.example, localhost"]  # fmt: skip


def test_foreign_names_are_refused_on_every_route(station: Station) -> None:
    before = station.everything()
    for name in FOREIGN:
        answer = station.alva.get("/calendars", headers={"Host": name})
        assert answer.status_code == 400 and station.feed not in answer.text, name
    for rule in station.rules():
        if rule.endpoint.startswith("health."):
            continue  # a load balancer asks by address, and learns nothing else
        for method in sorted((rule.methods or set()) - {"OPTIONS"}):
            answer = station.alva.open(
                station.address(rule), method=method, headers={"Host": "evil.example"}, buffered=True
            )
            assert answer.status_code == 400, rule
            assert "evil.example" not in answer.text + str(answer.headers), rule
    assert station.everything() == before


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:8000", "127.0.0.1:8000", "[::1]:8000", "192.0.2.7", "localhost."]
)
def test_names_without_a_base_url_are_this_machine_and_figures(client: FlaskClient, host: str) -> None:
    assert client.get("/login", headers={"Host": host}).status_code == 200


@pytest.fixture
def based(database_url: str, tmp_path: Path) -> Flask:
    """Give an app that knows its public address."""
    environ = {"STATION_DATABASE_URL": database_url, "STATION_SECRET_KEY": "k" * 40, "STATION_LOG_LEVEL": "error",
               "STATION_BASE_URL": "http://station.example.org"}  # fmt: skip
    return app_on(database_url, tmp_path / "based", STATION=settings.load(environ, tmp_path / "based"))


@pytest.mark.parametrize(
    ("host", "status"),
    [("station.example.org", 200), ("STATION.example.org:80", 200), ("localhost:8000", 200), ("127.0.0.1", 200),
     ("192.0.2.7", 400), ("www.station.example.org", 400), ("station.example.org.evil.example", 400), ("example.org", 400)],
)  # fmt: skip
def test_with_a_base_url_only_its_name(based: Flask, host: str, status: int) -> None:
    assert based.test_client().get("/login", headers={"Host": host}).status_code == status


FORWARDED = {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https", "X-Forwarded-Port": "666",
             "X-Forwarded-Prefix": "/evil", "X-Forwarded-For": "192.0.2.66", "Forwarded": "host=evil.example;proto=https",
             "X-Original-URL": "/calendars", "X-Rewrite-URL": "/calendars", "X-Host": "evil.example"}  # fmt: skip


@pytest.mark.parametrize("hops", ["0", "1"])
def test_forwarded_names_are_never_believed(station: Station, database_url: str, tmp_path: Path, hops: str) -> None:
    environ = {"STATION_DATABASE_URL": database_url, "STATION_LOG_LEVEL": "error", "STATION_TRUSTED_PROXIES": hops,
               "STATION_SECRET_KEY": station.app.config["SECRET_KEY"]}  # fmt: skip
    proxied = app_on(database_url, tmp_path / "proxied", STATION=settings.load(environ, tmp_path / "proxied"))
    alva = log_in(browser(proxied))
    for path in ("/calendars", "/", "/book", f"/bookings/{station.ids['mine']}", station.feed, "/favicon.ico"):
        answer = alva.get(path, headers=FORWARDED)
        assert answer.status_code in (200, 301), path
        assert "evil" not in answer.text + str(answer.headers) and ":666" not in answer.text, path
    visitor = browser(proxied)
    assert visitor.get("/bookings", headers=FORWARDED).location == "/login?next=/bookings"
    data = {"csrf_token": token_in(visitor.get("/login").text), "next": "/book"}
    answer = visitor.post("/lang/en", data=data, headers={**FORWARDED, "Referer": "https://localhost/"})
    assert answer.location == "/book" and "evil" not in str(answer.headers)


def test_links_begin_with_the_base_url_whoever_asks(based: Flask) -> None:
    client = log_in(browser(based))
    post(client, "/calendars", {"name": "Telefon", "language": "sv"})
    for host in ("localhost:8000", "127.0.0.1", "station.example.org"):
        client.set_cookie("session", client.get_cookie("session").value, domain=host.split(":")[0])  # type: ignore[union-attr]
        page = client.get("/calendars", headers={"Host": host, **FORWARDED}).text
        assert "http://station.example.org/feeds/" in page and f"//{host}/feeds" not in page.replace(
            "station.example.org", ""
        )
