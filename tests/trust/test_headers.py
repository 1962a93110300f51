"""What every answer carries: on pages, parts, feeds, static files, redirects and errors alike."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask import Flask

from innovation_station import settings
from innovation_station.db import db, transaction
from innovation_station.members import joining, queries, totp
from innovation_station.members.models import Member
from innovation_station.web import POLICY
from tests.conftest import PASSWORD, Clock, Small, app_on, browser, log_in, token_in
from tests.members.conftest import fill, press
from tests.trust.conftest import Station, tour

ROOT = Path(__file__).resolve().parents[2]
on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
EVERYWHERE = {"Content-Security-Policy": POLICY, "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY",
              "Cross-Origin-Opener-Policy": "same-origin"}  # fmt: skip


@on_sqlite
def test_every_answer_is_sealed(station: Station) -> None:
    for visit in tour(station):
        headers = visit.answer.headers
        for name, value in EVERYWHERE.items():
            assert headers.getlist(name) == [value], (str(visit), name)
        assert headers["Referrer-Policy"] in ("same-origin", "no-referrer"), str(visit)
        # tickets are read at the door of an event, by staff, and nowhere else
        scans = visit.answer.status_code == 200 and re.search(r"/events/\d+/door$", visit.what.strip()) is not None
        camera = "camera=(self)" if scans else "camera=()"
        assert camera in headers["Permissions-Policy"].split(", "), str(visit)
        assert "Server" not in headers and "X-Powered-By" not in headers, str(visit)
        assert "Access-Control-Allow-Origin" not in headers, str(visit)
        assert visit.answer.status_code < 500, str(visit)


def test_policy_lets_in_nothing_inline_or_foreign() -> None:
    rules = dict(part.split(" ", 1) for part in POLICY.split("; "))
    assert rules["default-src"] == "'self'" and rules["object-src"] == "'none'" and rules["base-uri"] == "'none'"
    assert rules["form-action"] == "'self'" and rules["frame-ancestors"] == "'none'"
    assert not re.search(r"unsafe|\*|https?:|blob:", POLICY)
    assert "data:" not in POLICY.replace(rules["img-src"], "")


@on_sqlite
def test_pages_are_stored_nowhere(station: Station) -> None:
    for visit in tour(station):
        caching, kind = visit.answer.headers["Cache-Control"], visit.answer.mimetype
        if visit.is_page and visit.answer.status_code != 301:
            kept = visit.who == "visitor" and visit.what.startswith("GET /events") and visit.answer.status_code == 200
            assert caching == ("private, no-cache" if kept else "no-store"), str(visit)
            assert {"Cookie", "Accept-Language"} <= set(visit.answer.vary), str(visit)
        elif kind == "text/calendar":
            shared = "/calendar/events.ics" in visit.what or "/events/" in visit.what
            assert caching == ("public, max-age=300" if shared else "private, no-cache"), str(visit)
        if "public" in caching:
            assert "Set-Cookie" not in visit.answer.headers, str(visit)
            assert visit.answer.status_code < 400, str(visit)


@on_sqlite
def test_cookies_come_with_pages_only_and_never_with_feeds(station: Station) -> None:
    for visit in tour(station):
        if visit.answer.mimetype == "text/calendar" or "/feeds/" in visit.what:
            assert "Set-Cookie" not in visit.answer.headers, str(visit)
            assert "Cookie" not in visit.answer.vary, str(visit)
        for cookie in visit.answer.headers.getlist("Set-Cookie"):
            attributes = {part.strip().split("=")[0].lower(): part.strip() for part in cookie.split(";")[1:]}
            assert "httponly" in attributes and attributes["samesite"].lower() == "samesite=lax", (str(visit), cookie)
            assert attributes["path"].lower() == "path=/" and "domain" not in attributes, (str(visit), cookie)


@on_sqlite
def test_feeds_are_sealed_on_wrong_hosts_and_methods_too(station: Station) -> None:
    for method, headers in (
        ("GET", {"Host": "evil.example"}),
        ("TRACE", {}),
        ("POST", {"Origin": "https://evil.example"}),
    ):
        answer = station.visitor.open(station.feed, method=method, headers=headers)
        assert answer.status_code in (400, 405)
        assert station.feed not in answer.text and "Set-Cookie" not in answer.headers


@on_sqlite
@pytest.mark.parametrize("base", [None, "http://station.example.org", "https://station.example.org"])
def test_https_alone_is_kept_to_https(app: Flask, database_url: str, tmp_path: Path, base: str | None) -> None:
    environ = {"STATION_DATABASE_URL": database_url, "STATION_SECRET_KEY": "k" * 40, "STATION_LOG_LEVEL": "error"}
    if base:
        environ["STATION_BASE_URL"] = base
    made = app_on(database_url, tmp_path / "instance", STATION=settings.load(environ, tmp_path / "instance"))
    answer = made.test_client().get("/login", base_url=base or "http://localhost")
    https = base is not None and base.startswith("https")
    assert answer.status_code == 200
    assert ("Strict-Transport-Security" in answer.headers) is https
    (cookie,) = answer.headers.getlist("Set-Cookie")
    assert cookie.startswith("__Host-session=" if https else "session=")
    assert ("Secure" in cookie) is https


@on_sqlite
def test_secret_addresses_are_not_compressed_beside_what_was_asked(station: Station) -> None:
    """The size of a compressed page that repeats the query would tell the address, letter by letter."""
    answer = station.alva.get("/calendars?x=/feeds/a", headers={"Accept-Encoding": "gzip"})
    assert station.feed in answer.text and "Content-Encoding" not in answer.headers
    compressed = station.alva.get("/book", headers={"Accept-Encoding": "gzip"})
    assert compressed.headers["Content-Encoding"] == "gzip"
    refused = station.alva.post("/bookings", headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in refused.headers


@on_sqlite
def test_second_factor_is_not_compressed_beside_what_was_asked(
    app: Flask, small: Small, clock: Clock, database_url: str
) -> None:
    """The app's secret and the recovery codes, on the account's page and where a log-in asks for them."""
    zipped, page = {"Accept-Encoding": "gzip"}, "/account/security/second-factor"
    alva = log_in(browser(app))
    assert press(alva, page, page, password=PASSWORD).status_code == 303
    shown = alva.get(f"{page}?x=AAAA", headers=zipped)
    assert 'class="key"' in shown.text and "x=AAAA" in shown.text and "Content-Encoding" not in shown.headers
    with app.app_context():
        factor = queries.second_factor_of(small.people["alva"])
        secret = totp.unlocked(factor.secret, key=str(app.secret_key), member_id=factor.member_id) if factor else b""
    code = totp.code_at(secret or b"", totp.step_of(clock.now))
    token = token_in(alva.get(page).text)
    codes = alva.post(f"{page}/confirm", data={"csrf_token": token, "code": code}, headers=zipped)
    assert codes.status_code == 200 and codes.text.count("<code>") == 10 and "Content-Encoding" not in codes.headers
    with app.app_context(), transaction():
        admin = db.session.get_one(Member, small.people["admin"])
        joining.settle_admission("", "staff", actor=admin, now=clock.now)
    host, page = browser(app), "/login/second-factor"
    fill(host, "/login", email="host@example.org", password=PASSWORD)
    assert press(host, page, page, begin="1").status_code == 303
    shown = host.get(f"{page}?x=AAAA", headers=zipped)
    assert 'class="key"' in shown.text and "Content-Encoding" not in shown.headers


def test_templates_hold_nothing_inline() -> None:
    """Of pages: a mail program knows no style sheet of ours."""
    mails = ROOT / "templates" / "mail"
    for path in sorted(path for path in (ROOT / "templates").rglob("*.html") if mails not in path.parents):
        source = re.sub(r"\{#.*?#\}", "", path.read_text("utf-8"), flags=re.DOTALL)
        assert not re.search(r"""\sstyle\s*=\s*["'{]|\son[a-z]+\s*=\s*["'{]|<style|javascript:""", source), path
        source = source.replace(
            '<script type="application/ld+json">{{ head.data }}</script>', ""
        )  # data: see test_texts
        for script in re.findall(r"<script\b[^>]*>(.*?)</script>", source, re.DOTALL):
            assert script == "", path
        assert all("src=" in tag for tag in re.findall(r"<script\b[^>]*>", source)), path
        for filtered in re.findall(r"[^{]*\|\s*safe\b", source if path.name != "style.html" else ""):
            assert re.search(r"""_\((["'])[^"']*\1\)\s*\|\s*safe$""", filtered), (path, filtered)
        assert "autoescape false" not in source, path


def test_scripts_make_no_markup_of_text() -> None:
    for path in sorted((ROOT / "static" / "js").glob("*.js")):
        source = path.read_text("utf-8")
        assert not re.search(r"\beval\(|new Function|document\.write|insertAdjacentHTML|\.style\.cssText", source), path
        assert not re.search(r"set(Timeout|Interval)\(\s*[\"'`]", source), path
