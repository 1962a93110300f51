"""Whatever is typed into a field or an address: a clear answer, never a fault, and nothing half done."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.conftest import TUESDAY, post
from tests.trust.conftest import Station, token

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
WORDS = [
    "' OR '1'='1", "1; DROP TABLE booking; --", "1 UNION SELECT password_hash FROM member", "\\", "%", "_", "%' --", '"',
    "{{7*7}}", "${7*7}", "#{7*7}", "{% debug %}", "{{config.SECRET_KEY}}", "{0.__class__}", "%(password)s", "%s%n", "$(id)", "`id`",
    "../../etc/passwd", "..%2f..%2fetc/passwd", "/etc/passwd", "file:///etc/passwd", "..\\..\\x", "C:\\x", "con", "~root",
    "a\x00b", "\x00", "a\rb", "a\nb", "a\r\nSet-Cookie: x=y", "\x1b[31m", "\x07", "\x7f", "\u2028", "\u202e", "\ufeff", "\ufffe",
    "\U0001f4a9", "é" * 200, "x" * 70_000, "<", "&", "\u0661", "\u0967", "٣", "１", "²", "Ⅷ", "𝟙",
    "0", "-1", "1.5", "1e3", "0x10", "1_0", " 1", "1 ", "+1", "01", "10" * 10, str(2**31), str(2**63), str(10**20), "9" * 5000,
    "NaN", "Infinity", "None", "null", "true", "[]", "{}", "2026-02-30", "0001-01-01", "9999-12-31", "10000-01-01", "2026-W48-2",
    "20261124", "-2026-11-24", "2026-11-24T09:00", "٢٠٢٦-١١-٢٤", "2026-11-24\n", "25:00", "24:01", "24:00", "00:00", "09:60", "9:00",
    "09:00:00", "٠٩:٠٠", "09:00\x00", "09:00-", "-09:00", "10:00-09:00", "09:00-25:00", "a-b-c",
]  # fmt: skip
SHARP = [
    "\x00",
    "a\x00b",
    "\u2028",
    " ",
    "'",
    "%",
    "x" * 70_000,
    "\u0661",
    str(2**31),
    str(10**20),
    "0001-01-01",
    "25:00",
    "{{7*7}}",
]
PATHS = [
    *SHARP[:6],
    *WORDS[:30:3],
    "../../etc/passwd",
    "..\\..\\x",
    "٣",
    "１",
    "²",
    "01",
    "1.5",
    "1e3",
    str(2**63),
    "9" * 5000,
]
SURROGATES = [b"%ED%A0%80", b"%FF%FE", b"%C0%AF", b"%E0%80%80", b"%", b"%zz", b"%00"]


def booking(station: Station) -> dict[str, Any]:
    return {"space": station.small.a3, "date": str(TUESDAY), "start": "14:00", "end": "15:00", "preset": "", "title": "x",
            "visible": "1", "key": "k"}  # fmt: skip


def forms(station: Station) -> dict[str, dict[str, Any]]:
    """List every form with fields that are right."""
    mine, feed = station.ids["mine"], station.ids["feed"]
    return {
        "/bookings": booking(station),
        f"/bookings/{mine}/edit": {
            name: value for name, value in booking(station).items() if name not in ("key", "preset")
        },
        "/login": {"email": "alva@example.org", "password": "x", "remember": "y", "next": "/"},
        "/calendars": {"name": "Telefon", "language": "sv"},
        f"/calendars/{feed}/name": {"name": "Telefon"},
        "/lang/sv": {"next": "/"},
    }


def sound(station: Station) -> None:
    """See that the database holds nothing half done and the pages still open."""
    rows = station.everything()
    holding = {row[0] for row in rows["booking"] if "confirmed" in row or "requested" in row}
    allocated = {owner for row in rows["allocation"] for owner in row[4:5] if owner is not None}
    assert holding == allocated
    assert {row[0] for row in rows["booking"]} == {row[1] for row in rows["booking_history"]}
    for path in ("/", "/book", "/bookings", "/calendars"):
        assert station.alva.get(path).status_code == 200


def test_sharp_words_in_each_field_are_answered(station: Station) -> None:
    for path, fields in forms(station).items():
        for name in fields:
            for word in SHARP:
                typed(station, path, {**fields, name: word})
        sound(station)


@on_sqlite
def test_any_word_in_all_fields_at_once_is_answered(station: Station) -> None:
    for word in WORDS:
        for path, fields in forms(station).items():
            typed(station, path, dict.fromkeys(fields, word))
    sound(station)


def typed(station: Station, path: str, data: dict[str, Any]) -> None:
    """Post a form and see that it is answered in words."""
    station.right = station.right or token(station.alva)
    answer = station.alva.post(path, data={**data, "csrf_token": station.right}, headers={"X-Part": "sheet"})
    expected = (
        303,
        403,
        404,
        409,
        413,
        422,
        *([429] if path == "/login" else []),
    )  # so many wrong passwords have to wait
    assert answer.status_code in expected, (path, str(data)[:300], answer.status_code)
    if path == "/login" and answer.status_code == 303:
        station.right = None


@on_sqlite
def test_any_word_in_any_query_is_answered(station: Station) -> None:
    names = (
        "date",
        "kind",
        "from",
        "to",
        "zone",
        "seats",
        "with",
        "space",
        "lang",
        "before",
        "next",
        "preset",
        "v",
        "sort",
        "undo",
    )
    before = station.everything()
    for path in (f"/book/{station.small.a1}", "/bookings", "/login", station.feed):
        for word in (word for word in WORDS if len(word) < 6000):
            answer = station.alva.get(
                path, query_string=dict.fromkeys(names, word), headers={"X-Part": "day"}, buffered=True
            )
            expected = (400,) if "\x00" in word and path != station.feed else (200, 303, 400)
            assert answer.status_code in expected, (path, word[:40], answer.status_code)
            assert "root:" not in answer.text and "Traceback" not in answer.text
    after = station.everything()
    assert {name: rows for name, rows in after.items() if name != "feed"} == {
        name: rows for name, rows in before.items() if name != "feed"
    }


@on_sqlite
def test_any_word_in_any_path_is_answered(station: Station) -> None:
    rules = [rule for rule in station.rules("GET") if rule.arguments]
    for rule in rules:
        name = min(rule.arguments)  # of several, all that stands between them gives way to the word too
        for word in PATHS:
            path = rule.rule[: rule.rule.index("<")] + word + rule.rule[rule.rule.rindex(">") + 1 :]
            who = station.admin if path.startswith("/staff/") else station.alva
            answer = who.get(path, buffered=True)
            assert answer.status_code in (200, 303, 308, 400, 404, 410, 422), (path[:60], answer.status_code)
            assert answer.status_code != 200 or name == "revision" or word in ("01", " 1", "1 "), path[:60]
            assert b"root:" not in answer.data


@on_sqlite
def test_ids_are_plain_figures(alva: FlaskClient, station: Station) -> None:
    mine = station.ids["mine"]
    assert mine == 2 and alva.get("/bookings/2").status_code == 200
    for spelling in (
        "٢",
        "２",
        "2.0",
        "+2",
        "%2B2",
        "2%00",
        "2%20",
        "0x2",
        "2e0",
        "2/",
        "-2",
        str(2 + 2**32),
        str(2 + 2**64),
    ):
        assert alva.get(f"/bookings/{spelling}").status_code in (400, 404), spelling


@on_sqlite
def test_broken_bytes_are_answered(station: Station) -> None:
    right = token(station.alva).encode()
    for path, fields in forms(station).items():
        for name in fields:
            for raw in SURROGATES:
                body = b"csrf_token=" + right + b"&" + name.encode() + b"=" + raw + b"&date=2026-11-24&space=1"
                answer = station.alva.post(path, data=body, content_type="application/x-www-form-urlencoded")
                assert answer.status_code < 500, (path, name, raw)
    for raw in SURROGATES:
        for path in (
            f"/book?date={raw.decode()}",
            f"/{raw.decode()}",
            f"/static/{raw.decode()}",
            f"/feeds/{raw.decode()}.ics",
        ):
            assert station.alva.get(path, buffered=True).status_code in (200, 303, 400, 404), path
    sound(station)


HEADERS = ["User-Agent", "Accept-Language", "Referer", "X-Part", "If-None-Match", "If-Modified-Since", "Range", "Cookie",
           "X-Request-Id", "Accept-Encoding", "Authorization", "Accept"]  # fmt: skip
ODD = [
    "",
    ",",
    ";q=",
    "x" * 9000,
    "\xff\xfe",
    "en;q=9" * 50,
    '"',
    "bytes=-1",
    "bytes=0-99999999999999999999",
    "W/",
    "*",
    "sv\x01",
    "😀",
]


@on_sqlite
def test_any_header_is_answered(station: Station) -> None:
    for path in ("/book", station.feed, "/static/css/station.css"):
        for word in ODD:
            environ = {"HTTP_" + name.upper().replace("-", "_"): word.encode().decode("latin-1") for name in HEADERS}
            answer = station.visitor.get(path, environ_overrides=environ, buffered=True)
            assert answer.status_code in (200, 206, 303, 304, 401, 416), (path, word[:30], answer.status_code)
    for name in HEADERS:
        for word in ODD[2:6]:
            environ = {"HTTP_" + name.upper().replace("-", "_"): word.encode().decode("latin-1")}
            assert station.alva.get("/bookings", environ_overrides=environ).status_code in (200, 303), (name, word[:30])


def log_in_with_strange_agent(station: Station, agent: str) -> None:
    fields = {"email": "alva@example.org", "password": "plats-for-nasta-ide", "csrf_token": token(station.visitor)}
    environ = {"HTTP_USER_AGENT": agent.encode().decode("latin-1")}
    assert station.visitor.post("/login", data=fields, environ_overrides=environ).status_code == 303


def test_agent_of_any_bytes_logs_in(station: Station) -> None:
    log_in_with_strange_agent(station, "Mozilla\x00\ufffd\x1b" * 90)


@on_sqlite
def test_too_much_is_413_and_a_page(station: Station) -> None:
    before, right = station.everything(), token(station.alva)
    wish = "&".join(f"{name}={value}" for name, value in booking(station).items())
    bodies = {
        "long field": (f"csrf_token={right}&{wish}&title={'x' * 1_100_000}", "application/x-www-form-urlencoded"),
        "many fields": (f"csrf_token={right}&" + "&".join(f"f{n}=1" for n in range(100_000)), "application/x-www-form-urlencoded"),
        "many parts": ("".join(f'--b\r\nContent-Disposition: form-data; name="f{n}"\r\n\r\n1\r\n' for n in range(500)) + "--b--",
                       "multipart/form-data; boundary=b"),
        "large file": ('--b\r\nContent-Disposition: form-data; name="f"; filename="a"\r\n\r\n' + "x" * 1_100_000 + "\r\n--b--",
                       "multipart/form-data; boundary=b"),
    }  # fmt: skip
    for name, (body, kind) in bodies.items():
        for path in ("/bookings", "/login", f"/bookings/{station.ids['mine']}/edit", "/calendars"):
            answer = station.alva.post(path, data=body, content_type=kind)
            assert answer.status_code == 413 and "Det var för mycket" in answer.text, (name, path)
    assert station.everything() == before


@on_sqlite
def test_broken_forms_are_400(station: Station) -> None:
    for body, kind in ((b"\xff\xfe\x00", "application/x-www-form-urlencoded"), (b"--b\r\nx", "multipart/form-data; boundary=b"),
                       (b"x", "multipart/form-data"), (b"{", "application/json"), (b"<a/>", "text/xml"), (b"", "")):  # fmt: skip
        assert station.alva.post("/bookings", data=body, content_type=kind).status_code == 400, (body, kind)


@on_sqlite
def test_fields_twice_count_once(station: Station) -> None:
    small = station.small
    data = [("csrf_token", token(station.alva)), ("space", small.a3), ("space", small.hall), ("date", str(TUESDAY)),
            ("start", "14:00"), ("start", "99:99"), ("end", "15:00"), ("title", "en"), ("title", "två")]  # fmt: skip
    body = "&".join(f"{name}={value}" for name, value in data)
    answer = station.alva.post("/bookings", data=body, content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 303
    page = station.alva.get(answer.location).text
    assert "A3" in page and "två" not in page


@on_sqlite
def test_words_that_are_only_strange_are_kept_as_they_are(station: Station) -> None:
    for word in (
        "' OR '1'='1",
        "{{7*7}}",
        "%(x)s %s",
        "100 % _ \\",
        "=cmd|'/c calc'!A1",
        "räksmörgås 🦐",
        "<b>&amp;</b>",
    ):
        answer = post(station.alva, f"/bookings/{station.ids['mine']}/edit", {
            "space": station.small.a1, "date": str(TUESDAY), "start": "09:00", "end": "11:00", "title": word})  # fmt: skip
        assert answer.status_code == 303, word
        rows = station.everything()["booking"]
        assert [row for row in rows if row[0] == station.ids["mine"] and word in row], word
