"""The short way of an unchanged day: the same answer as the long one, and all else goes the long way."""

from __future__ import annotations

import json
from io import StringIO

import pytest
from flask import Flask, request
from flask.testing import FlaskClient
from sqlalchemy import delete, update

from innovation_station import logs
from innovation_station.db import transaction
from innovation_station.members.models import LoginSession, Member
from tests.conftest import TUESDAY, Clock, Small, post, statements

PATH = f"/book?date={TUESDAY}"


@pytest.fixture
def long_way(app: Flask) -> list[str]:
    """List the requests that reach the page's code."""
    seen: list[str] = []
    app.before_request_funcs.setdefault(None, []).insert(0, lambda: seen.append(request.method))
    return seen


def asked(client: FlaskClient, **headers: str) -> dict[str, str]:
    """Give the headers of the refresh of a day that is as it was."""
    tag = client.get(PATH, headers={"X-Part": "day", **headers}).headers["ETag"]
    return {"X-Part": "day", "If-None-Match": tag, **headers}


def test_unchanged_day_costs_one_statement_and_says_what_the_long_way_says(
    app: Flask, small: Small, alva: FlaskClient, long_way: list[str]
) -> None:
    refresh = asked(alva)
    long_way.clear()
    with statements(app) as seen:
        short = alva.get(PATH, headers=refresh)
    assert short.status_code == 304 and len(seen) == 1 and long_way == []
    long = alva.head(PATH, headers=refresh)
    assert long.status_code == 304 and long_way == ["HEAD"]
    assert {**short.headers, "X-Request-Id": ""} == {**long.headers, "X-Request-Id": ""}
    assert short.headers["Cache-Control"] == "no-store" and "Set-Cookie" not in short.headers


def test_line_of_the_log_names_rule_and_member(app: Flask, small: Small, alva: FlaskClient) -> None:
    refresh, stream = asked(alva), StringIO()
    logs.configure("json", "info", stream)
    try:
        answer = alva.get(PATH, headers=refresh)
    finally:
        logs.configure("json", "info")
    line = json.loads(stream.getvalue())
    assert (line["rule"], line["status"], line["member"]) == ("/book", 304, small.people["alva"])
    assert line["request_id"] == answer.headers["X-Request-Id"]


@pytest.mark.parametrize("end", ["log out", "end", "delete", "expire"])
def test_session_that_has_ended_sees_nothing(
    app: Flask, small: Small, alva: FlaskClient, clock: Clock, end: str
) -> None:
    refresh = asked(alva)
    if end == "log out":
        cookies = alva.get_cookie("session")
        post(alva, "/logout", {})
        assert cookies is not None
        alva.set_cookie("session", cookies.value)  # a copy that was taken before
    with app.app_context(), transaction() as session:
        if end == "end":
            session.execute(update(Member).where(Member.email == "alva@example.org").values(state="ended"))
        if end == "delete":
            session.execute(delete(LoginSession))
        if end == "expire":
            session.execute(update(LoginSession).values(expires_at=clock.now))
    assert alva.get(PATH, headers=refresh).status_code == 401


def test_what_has_changed_is_shown(small: Small, alva: FlaskClient, bo: FlaskClient) -> None:
    refresh = asked(alva)
    assert alva.get(PATH, headers=refresh).status_code == 304
    assert alva.get(PATH, headers={**refresh, "Accept-Language": "en"}).status_code == 200
    assert alva.get(f"{PATH}&kind=room", headers=refresh).status_code == 200
    assert bo.get(PATH, headers=refresh).status_code == 200
    wish = {"space": small.a1, "date": str(TUESDAY), "start": "09:00", "end": "11:00"}
    assert post(bo, "/bookings", wish).status_code == 303
    changed = alva.get(PATH, headers=refresh)
    assert changed.status_code == 200 and changed.headers["ETag"] != refresh["If-None-Match"]


def test_every_spelling_of_the_condition_is_known(small: Small, alva: FlaskClient) -> None:
    tag = asked(alva)["If-None-Match"]
    for spelt in (tag, tag.removeprefix("W/"), f'"other", {tag}', "*"):
        assert alva.get(PATH, headers={"X-Part": "day", "If-None-Match": spelt}).status_code in (200, 304), spelt
    assert alva.get(PATH, headers={"X-Part": "day", "If-None-Match": f'"other", {tag}'}).status_code == 304


def test_odd_requests_go_the_way_of_all_pages(app: Flask, small: Small, client: FlaskClient, alva: FlaskClient) -> None:
    refresh = asked(alva)
    assert alva.get(PATH, headers={**refresh, "Host": "evil.example"}).status_code == 400
    assert alva.get(f"{PATH}%00", headers=refresh).status_code == 400
    assert client.get(PATH, headers=refresh).status_code == 401
    client.set_cookie("session", "forged")
    assert client.get(PATH, headers=refresh).status_code == 401
