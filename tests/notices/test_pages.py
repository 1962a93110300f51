"""The list, the choices, and the link in mails: in both languages, for its member alone, and GET changes nothing."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from innovation_station.bookings.telling import CHANGED
from innovation_station.db import transaction
from innovation_station.notices import links, queries, service
from innovation_station.notices.rules import Choice, Quiet
from tests.conftest import NOW, TUESDAY, Small, at, browser, log_in, post, statements

SPAN = at(TUESDAY, "09:00", "11:00")
VALUES = {
    "action": "cancelled",
    "booking": 1,
    "place": "A1",
    "start": SPAN.start.isoformat(),
    "end": SPAN.end.isoformat(),
}


def tell(app: Flask, small: Small, who: str = "alva", times: int = 1) -> list[int]:
    with app.app_context(), transaction():
        made = [
            service.notify(CHANGED, small.people[who], VALUES, now=NOW + timedelta(seconds=n)) for n in range(times)
        ]
        return [notice.id for notice in made if notice]


def words(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def test_list_marks_what_is_new_and_every_page_says_how_many(app: Flask, small: Small, alva: FlaskClient) -> None:
    assert "Inget att berätta" in alva.get("/notifications").text
    tell(app, small, times=2)
    page = alva.get("/notifications").text
    assert page.count("is-unread") == 2 and "A1 är avbokad, tis 24 nov 09–11" in page
    assert "2 nya notiser" in alva.get("/book").text and "has-new" in alva.get("/bookings").text
    english = log_in(browser(app, "en")).get("/notifications").text
    assert "A1 is cancelled, Tue 24 Nov 09–11" in english and "2 new notifications" in english


def test_opening_marks_as_read_and_leads_there(app: Flask, small: Small, alva: FlaskClient) -> None:
    first, _second = tell(app, small, times=2)
    answer = post(alva, f"/notifications/{first}/open")
    assert (answer.status_code, answer.location) == (303, "/bookings/1")
    assert alva.get("/notifications").text.count("is-unread") == 1


def test_reading_all_leaves_what_came_since(app: Flask, small: Small, alva: FlaskClient) -> None:
    tell(app, small, times=2)
    until = re.search(r'name="until" value="(\d+)"', alva.get("/notifications").text)
    assert until
    tell(app, small)
    assert post(alva, "/notifications/read", {"until": until[1]}).status_code == 303
    assert alva.get("/notifications").text.count("is-unread") == 1
    for odd in ("", "x", "-1", "9" * 30):
        assert post(alva, "/notifications/read", {"until": odd}).status_code == 303
    assert alva.get("/notifications").text.count("is-unread") == 1


def test_others_see_nothing_of_it(app: Flask, small: Small, bo: FlaskClient) -> None:
    [number] = tell(app, small)
    assert "avbokad" not in bo.get("/notifications").text and "has-new" not in bo.get("/book").text
    assert post(bo, f"/notifications/{number}/open").status_code == 404


def test_list_pages_on(app: Flask, small: Small, alva: FlaskClient) -> None:
    tell(app, small, times=35)
    first = alva.get("/notifications").text
    older = re.search(r'href="(/notifications\?before=\d+)"', first)
    assert first.count('class="notice ') == 30 and older
    second = alva.get(older[1]).text
    assert second.count('class="notice ') == 5 and "Till de senaste" in second


def test_list_costs_the_same_whatever_is_in_it(app: Flask, small: Small, alva: FlaskClient) -> None:
    tell(app, small)
    alva.get("/notifications")
    with statements(app) as few:
        alva.get("/notifications")
    tell(app, small, times=20)
    with statements(app) as many:
        alva.get("/notifications")
    assert len(few) == len(many) <= 3, many


def test_unread_mark_costs_no_statement(app: Flask, small: Small, alva: FlaskClient) -> None:
    alva.get("/accessibility")
    with statements(app) as none:
        alva.get("/accessibility")
    tell(app, small, times=3)
    with statements(app) as some:
        page = alva.get("/accessibility").text
    assert len(none) == len(some) == 1 and "3 nya notiser" in page


def test_unread_are_counted_through_their_index(
    app: Flask, small: Small, alva: FlaskClient, request: pytest.FixtureRequest
) -> None:
    if "sqlite" not in request.node.callspec.id:
        pytest.skip("PostgreSQL scans small tables whatever the index")
    from innovation_station.db import db

    with statements(app) as seen:
        alva.get("/accessibility")
    with app.app_context():
        plan = (
            db.session.execute(
                db.text("EXPLAIN QUERY PLAN " + seen[0]), dict(enumerate(("x", "y"))) if False else ("x", "y")
            )
            if False
            else None
        )
        raw = db.engine.raw_connection()
        plan = raw.cursor().execute("EXPLAIN QUERY PLAN " + seen[0], ("x",) * seen[0].count("?")).fetchall()
        raw.close()
    assert any("ix_notice_member_id_read_at" in str(row) for row in plan), plan


# -- choices ----------------------------------------------------------------------------------------------------------

WISHES = {"mail_booking_changed": "digest", "digest": "weekly", "quiet_start": "22:00", "quiet_end": "07:00"}


def kept(app: Flask, small: Small) -> tuple[Any, Any]:
    with app.app_context():
        return queries.choices(small.people["alva"]), queries.settings(small.people["alva"])


def filled(app: Flask, **more: str) -> dict[str, str]:
    with app.app_context():
        from innovation_station.notices.registry import kinds

        mail = {f"mail_{name.replace('-', '_')}": "now" for name in kinds()}
    return {**mail, **WISHES, **more}


def test_choices_are_kept_and_shown(app: Flask, small: Small, alva: FlaskClient) -> None:
    page = alva.get("/account/notifications").text
    assert "Stationen ändrar min bokning" in page and page.count(" checked") >= 2
    answer = post(alva, "/account/notifications", filled(app))
    assert answer.status_code == 303
    choices, settings = kept(app, small)
    assert choices[CHANGED.name] == Choice("digest", False) and settings == ("weekly", Quiet(22 * 60, 7 * 60))
    shown = alva.get("/account/notifications").text
    assert 'value="22:00"' in shown and 'value="07:00"' in shown and "Sparat" in shown
    assert "At once" in log_in(browser(app, "en")).get("/account/notifications").text


@pytest.mark.parametrize(
    "wrong",
    [{"quiet_end": ""}, {"quiet_start": ""}, {"quiet_end": "22:00"}, {"quiet_start": "99:00"}, {"digest": "hourly"},
     {"digest": ""}, {"mail_booking_changed": "pigeon"}, {"mail_booking_changed": ""}],
)  # fmt: skip
def test_wrong_choices_are_422_and_change_nothing(
    app: Flask, small: Small, alva: FlaskClient, wrong: dict[str, str]
) -> None:
    answer = post(alva, "/account/notifications", filled(app, **wrong))
    assert answer.status_code == 422 and 'role="alert"' in answer.text
    assert kept(app, small) == ({}, ("daily", None))


def test_typed_values_are_kept(app: Flask, alva: FlaskClient) -> None:
    page = post(alva, "/account/notifications", filled(app, quiet_end="")).text
    assert 'value="22:00"' in page and "Tysta timmar behöver både början och slut" in words(page)


# -- the link in mails ------------------------------------------------------------------------------------------------


def link(app: Flask, small: Small, kind: str = CHANGED.name) -> str:
    with app.app_context():
        return links.end_path(small.people["alva"], kind)


def test_one_press_ends_mails_without_login_or_token(app: Flask, small: Small, client: FlaskClient) -> None:
    """RFC 8058: a mail program posts List-Unsubscribe=One-Click, with no cookie and no Origin."""
    path = link(app, small)
    for _ in range(2):
        answer = client.post(path, data={"List-Unsubscribe": "One-Click"})
        assert answer.status_code == 200 and "Inga fler sådana mejl" in answer.text
    assert kept(app, small)[0] == {CHANGED.name: Choice("off", True)}
    assert client.post(path, data=b"--b\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n--b--\r\n",
                       content_type="multipart/form-data; boundary=b").status_code == 200  # fmt: skip


def test_looking_at_the_link_changes_nothing(app: Flask, small: Small, client: FlaskClient, alva: FlaskClient) -> None:
    path = link(app, small)
    for method in ("GET", "HEAD", "OPTIONS"):
        for who in (client, alva):
            assert who.open(path, method=method).status_code == 200
    page = client.get(path)
    assert "Sluta få de här mejlen?" in page.text and "noindex" in page.headers["X-Robots-Tag"]
    assert page.headers["Referrer-Policy"] == "no-referrer" and "Alva" not in page.text and "alva@" not in page.text
    assert kept(app, small) == ({}, ("daily", None))


def test_link_of_the_digest_ends_the_digest(app: Flask, small: Small, client: FlaskClient) -> None:
    path = link(app, small, "digest")
    assert "sammanfattningarna" in client.get(path).text
    assert "inga fler sammanfattningar" in client.post(path).text
    assert kept(app, small) == ({}, ("off", None))


def test_link_is_good_for_nothing_else_and_cannot_be_made(app: Flask, small: Small, client: FlaskClient) -> None:
    from itsdangerous import URLSafeSerializer

    right = link(app, small)
    head, _, mark = right.rpartition(".")
    key = app.config["SECRET_KEY"]
    forged = [
        URLSafeSerializer(key, salt="another purpose").dumps([small.people["alva"], CHANGED.name]),
        URLSafeSerializer("another key", salt="notices.end-mail").dumps([small.people["alva"], CHANGED.name]),
        URLSafeSerializer(key, salt="notices.end-mail").dumps([small.people["alva"], "no-kind"]),
        URLSafeSerializer(key, salt="notices.end-mail").dumps({"x": 1}),
        "x", "x.y", "a" * 5000,
    ]  # fmt: skip
    paths = [
        f"{head}.{mark[:-1]}",
        right[:-1] + ("A" if right[-1] != "A" else "B"),
        *(links.PATH + text for text in forged),
    ]
    for path in paths:
        assert client.post(path).status_code == 404 and client.get(path).status_code == 404, path
    assert kept(app, small) == ({}, ("daily", None))


def test_link_from_another_site_is_refused(app: Flask, small: Small, client: FlaskClient) -> None:
    assert client.post(link(app, small), headers={"Origin": "https://evil.example"}).status_code == 400
    assert kept(app, small) == ({}, ("daily", None))


def test_link_of_who_has_gone_ends_in_peace(app: Flask, small: Small, client: FlaskClient) -> None:
    with app.app_context():
        path = links.end_path(99999, CHANGED.name)
        digest = links.end_path(99999, "digest")
    assert client.post(path).status_code == 200
    assert client.post(digest).status_code == 200
    assert kept(app, small) == ({}, ("daily", None))
