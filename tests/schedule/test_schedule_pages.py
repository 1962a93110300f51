"""The schedule's pages: what is shown, what is done by plain forms and by what a script sends, and what it costs."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from innovation_station.bookings import service as bookings
from innovation_station.bookings.models import Booking
from innovation_station.db import db, transaction
from innovation_station.members.models import Member
from innovation_station.repairs import service as repairs
from innovation_station.spaces import service as spaces
from innovation_station.spaces.models import Floor, Space
from innovation_station.spaces.rules import Box
from tests.conftest import MONDAY, NOW, TUESDAY, ZONE, Clock, Small, at, browser, log_in, post, statements

DAY = f"/staff/schedule?date={TUESDAY}"
PART = {"X-Part": "sheet"}


@pytest.fixture
def host(app: Flask) -> FlaskClient:
    return log_in(browser(app, "en"), "host")


def member(small: Small, who: str) -> Member:
    return db.session.get_one(Member, small.people[who])


@pytest.fixture
def made(app: Flask, small: Small) -> int:
    """Have Alva book a desk on Tuesday morning."""
    with app.app_context(), transaction():
        span = at(TUESDAY, "09:00", "11:00")
        return bookings.reserve(member(small, "alva"), small.a1, span, now=NOW, zone=ZONE, title="Skrivstuga").id


def board(client: FlaskClient, more: str = "") -> str:
    page = client.get(DAY + more)
    assert page.status_code == 200
    return unescape(page.text.partition('id="day"')[2].partition("</main>")[0])


def names(page: str) -> list[str]:
    return re.findall(r'role="rowheader">([^<]+)', page)


def held(app: Flask, made: int) -> tuple[int, str, str, str]:
    with app.app_context():
        row = db.session.get_one(Booking, made)
        hours = [side.astimezone(ZONE).strftime("%H:%M") for side in (row.start, row.end)]
        return row.space_id, hours[0], hours[1], row.state


def test_a_day_a_week_and_a_list_show_what_takes_the_places(
    app: Flask, small: Small, host: FlaskClient, made: int
) -> None:  # fmt: skip
    with app.app_context(), transaction():
        spaces.set_policy(kind="hall", approval=600)
        span = at(TUESDAY, "13:00", "15:00")
        bookings.reserve(member(small, "bo"), small.hall, span, now=NOW, zone=ZONE, title="Repetition")
        repairs.report(member(small, "bo"), small.booth, sort="light", text="Mörkt", now=NOW)
        bookings.close(
            at(TUESDAY, "08:00", "10:00"), reasons=("Målning", "Painting"), now=NOW, zone=ZONE, space_id=small.room
        )
    day = board(host)
    assert names(day) == ["Hågelby", "Bås 1", "Scenen", "A1", "A2", "A3"]
    assert f'href="/staff/schedule/bookings/{made}"' in day and "data-bends" in day and "Skrivstuga" in day
    assert "Repetition (waits for an answer)" in day and "Closed: Painting" in day and "a fault is reported" in day
    assert re.search(rf'href="/staff/schedule/new/{small.a2}\?date={TUESDAY}&(amp;)?from=08:00&(amp;)?to=18:00"', day)
    for more, shown in (
        ("&kind=desk", ["A1", "A2", "A3"]), ("&with=screen&kind=room", []), ("&only=waiting", ["Scenen"]),
        ("&only=problems", ["Bås 1"]), ("&q=skrivstuga", ["A1"]), ("&q=platf+a2", ["A2"]), ("&zone=999", []),
        ("&floor=x&zone=1&step=7&hours=own&from=9", ["A1", "A2", "A3"]), ("&view=<&kind=%22&q=%F0", []),
    ):  # fmt: skip
        assert names(board(host, more)) == shown or more.startswith("&view"), more
    for more, opening, closing in (
        ("", 32, 72),
        ("&hours=day&step=30", 0, 96),
        ("&hours=own&from=09:00&to=12:30", 36, 50),
    ):
        assert f'class="tl o{opening} c{closing}"' in board(host, more), more
    assert 'data-move="' in board(host, "&hours=own&from=09:00&to=12:30")
    assert 'data-move="' not in board(host, "&hours=own&from=10:00&to=12:30&kind=desk")  # it would not stay whole
    assert f'data-move="{made}" data-at="540" data-till="660" data-step="30"' in board(host, "&step=30")

    week = board(host, "&view=week")
    assert names(week) == names(day) and week.count('class="wk-day') == 6 * 7
    assert "A1, Tue 24 Nov: 09–11 Skrivstuga" in week and "wk-day is-shut" in week
    rows = board(host, "&view=list")
    listed = re.findall(r"<tr><td>([^<]+)</td><td>([^<]+)", rows)
    assert listed == [("08–10", "Hågelby"), ("09–11", "Desk A1"), ("13–15", "Scenen")] and "Waits for an answer" in rows
    page = host.get(DAY + "&kind=room").text
    assert '/calendars?of=view&amp;kind=room#new"' in page and "of=staff#new" in host.get(DAY).text
    assert 'aria-current="page"' in page and "Schedule" in page
    narrowed = host.get(DAY + "&kind=room&with=screen&hours=day").text
    assert f'href="{DAY}&amp;kind=room">Show everything' in narrowed and "Show everything" not in page


def test_a_booking_is_made_for_somebody_who_is_found_by_name(
    app: Flask, small: Small, host: FlaskClient, made: int, clock: Clock
) -> None:  # fmt: skip
    form = host.get(f"/staff/schedule/new/{small.a2}?date={TUESDAY}&from=09:00&to=10:30")
    assert f'<option selected value="{small.a2}">' in form.text and '<option selected value="10:30">' in form.text
    wish = {"space": small.a2, "date": str(TUESDAY), "start": "09:00", "end": "10:30", "next": DAY + "&kind=desk"}
    for who, said in (
        ("", "There is no such member"),
        ("nobody", "There is no such member"),
        ("e", "Several people are called so"),
    ):
        answer = post(host, "/staff/schedule/bookings", wish | {"who": who})
        assert answer.status_code == 422 and said in answer.text, who
    assert "bo@example.org" in answer.text
    answer = post(host, "/staff/schedule/bookings", wish | {"who": "e", "holder": small.people["bo"], "title": "Möte"})
    assert answer.status_code == 303 and answer.location == DAY + "&kind=desk"
    page = unescape(host.get(answer.location).text)
    assert "Booked: Bo E., A2 Tue 24 Nov 09–10:30" in page and "Nobody is told before 08:20." in page
    with app.app_context():
        [row] = db.session.scalars(select(Booking).where(Booking.member_id == small.people["bo"]))
        assert (row.booked_by_id, row.title) == (small.people["host"], "Möte")
    # all reasons are told, and where a reason of staff passes them the field for it is there
    wish |= {"who": "alva@example.org", "space": small.room, "start": "18:00", "end": "20:00", "next": "//evil.example"}
    refused = post(host, "/staff/schedule/bookings", wish)
    assert refused.status_code == 422 and "It is open 08:00–18:00 that day" in refused.text
    assert "Book it all the same" in refused.text and 'value="alva@example.org"' in refused.text
    answer = post(host, "/staff/schedule/bookings", wish | {"reason": "Vakten vet"})
    assert answer.status_code == 303 and answer.location == DAY
    with app.app_context():
        late = db.session.scalars(select(Booking.id).order_by(Booking.id.desc())).first()
    seen = unescape(host.get(f"/staff/schedule/bookings/{late}").text), unescape(host.get(f"/bookings/{late}").text)
    assert all("Past the rules, Mon 23 Nov 08:10: Vakten vet" in page for page in seen)
    assert "Vakten vet" not in log_in(browser(app, "en"), "alva").get(f"/bookings/{late}").text
    taken = post(host, "/staff/schedule/bookings", wish | {"start": "17:00", "end": "19:00", "reason": "Vakten vet"})
    assert taken.status_code == 409 and "Hågelby is booked" in taken.text and "all the same" not in taken.text


def test_a_script_moves_a_booking_is_refused_in_words_and_takes_it_back(
    app: Flask, small: Small, host: FlaskClient, made: int
) -> None:  # fmt: skip
    def move(start: str, end: str, space: int = small.a1, **more: str) -> tuple[int, str]:
        wish = {"space": space, "date": str(TUESDAY), "start": start, "end": end, **more}
        answer = post(host, f"/staff/schedule/bookings/{made}/move", wish, headers=PART)
        return answer.status_code, unescape(answer.text)

    status, told = move("12:00", "13:00", small.a2)
    assert status == 200 and "Moved: Alva L., A2 Tue 24 Nov 12–13. Before: A1 Tue 24 Nov 09–11." in told
    [undo] = re.findall(r'action="(/staff/schedule/acts/\d+/undo)"', told)
    assert held(app, made) == (small.a2, "12:00", "13:00", "confirmed")
    status, told = move("17:00", "19:00", small.a2)
    assert status == 422 and "data-refused" in told and "It is open 08:00–18:00" in told and 'name="reason"' in told
    assert held(app, made)[1] == "12:00"
    status, told = move("17:00", "19:00", small.a2, reason="Tåget är försenat")
    assert status == 200
    with app.app_context(), transaction():
        bookings.reserve(member(small, "bo"), small.a1, at(TUESDAY, "09:00", "10:00"), now=NOW, zone=ZONE)
    status, told = move("09:00", "10:00")
    assert status == 409 and "A1 is booked" in told and 'name="reason"' not in told  # no reason passes that
    assert move("x", "10:00")[0] == 422 and move("09:00", "10:00", 999)[0] == 422
    assert move("17:00", "19:00", small.a2)[1].count("<form") == 0  # nothing was done, nothing is taken back
    answer = post(host, undo, {}, headers=PART)
    assert answer.status_code == 422 and "It has been changed since" in answer.text
    [last] = re.findall(r'action="(/staff/schedule/acts/\d+/undo)"', board(host))[:1]
    assert "Taken back" in post(host, last, {}, headers=PART).text and held(app, made)[1:3] == ("12:00", "13:00")
    lost = post(host, undo, {})
    assert lost.status_code == 409 and "A1 is booked" in lost.text and 'id="day"' in lost.text
    # the same by plain forms, back to where one came from
    page = host.get(f"/staff/schedule/bookings/{made}", headers={"Referer": f"http://localhost{DAY}&kind=desk"})
    assert unescape(page.text).count(f'name="next" value="{DAY}&kind=desk"') == 2
    gone = post(host, f"/staff/schedule/bookings/{made}/cancel", {"next": DAY})
    assert gone.status_code == 303 and held(app, made)[3] == "cancelled"
    page = unescape(host.get(gone.location).text)
    assert "Cancelled: Alva L., A2 Tue 24 Nov 12–13" in page
    [last] = re.findall(r'action="(/staff/schedule/acts/\d+/undo)"', page.partition("acts-h")[2])[:1]
    assert post(host, last, {"next": DAY}).status_code == 303 and held(app, made)[3] == "confirmed"


def test_a_place_is_closed_by_a_form_that_names_what_is_in_the_way(
    app: Flask, small: Small, host: FlaskClient, made: int
) -> None:  # fmt: skip
    wish = {"close-space": small.a1, "close-date": str(TUESDAY), "close-start": "08:00", "close-end": "12:00",
            "close-because": "Målning", "close-because_en": "Painting", "next": DAY}  # fmt: skip
    hit = post(host, "/staff/schedule/closures", wish)
    assert (
        hit.status_code == 409 and f'<a href="/staff/schedule/bookings/{made}">Alva Lindqvist, Tue 24 Nov' in hit.text
    )
    way = re.search(r'href="(/staff/house/closures\?where=space-\d+)"', hit.text)
    assert way and host.get(way[1]).status_code == 200  # where one decides about each of them
    until = TUESDAY + timedelta(days=2)
    answer = post(host, "/staff/schedule/closures", wish | {"close-space": small.a2, "close-until": str(until)})
    assert answer.status_code == 303
    page = unescape(host.get(answer.location).text)
    assert "Closed: A2 Tue 24 Nov 08 – Thu 26 Nov 12" in page
    [href] = set(re.findall(r'href="(/staff/schedule/closures/\d+)"', page))
    shut = host.get(href).text
    assert "Closed: Painting" in shut and "Open the place again" in shut
    assert post(host, f"{href}/open", {"next": DAY}).status_code == 303
    assert host.get(href).status_code == 404
    [again] = re.findall(r'action="(/staff/schedule/acts/\d+/undo)"', board(host))[:1]
    assert post(host, again, {}).status_code == 303 and "Closed: Painting" in board(host)


def test_the_page_stays_fresh_for_next_to_nothing(app: Flask, small: Small, host: FlaskClient, made: int) -> None:
    named = {"X-Part": "day", "If-None-Match": unescape(re.findall(r'data-etag="([^"]+)"', host.get(DAY).text)[0])}
    with statements(app) as asked:
        assert host.get(DAY, headers=named).status_code == 304
    assert len(asked) <= 4
    other = {"X-Part": "day", "If-None-Match": named["If-None-Match"]}
    assert host.get(DAY + "&view=week", headers=other).status_code == 200
    post(host, f"/staff/schedule/bookings/{made}/cancel", {})
    fresh = host.get(DAY, headers=named)
    assert fresh.status_code == 200 and "<main" not in fresh.text and "Just done by you" in fresh.text


def test_a_large_house_takes_as_many_statements_as_a_small_one(app: Flask, small: Small, host: FlaskClient) -> None:
    """200 places on a day and 20 rooms in a week; what is kept is not read again."""

    def cost(more: str) -> tuple[int, int]:
        counts = []
        for _look in range(2):
            with statements(app) as asked:
                assert host.get(f"/staff/schedule?date={MONDAY}{more}").status_code == 200
            counts.append(len(asked))
        return counts[0], counts[1]

    host.get("/staff")
    before = {more: cost(more) for more in ("", "&view=week", "&view=list")}
    assert all(again <= first for first, again in before.values())
    with app.app_context():
        with transaction():
            floor = db.session.scalars(select(Floor)).one()
            many = [
                spaces.add_space(
                    floor=floor, kind=kind, name=f"{kind} {number}", box=Box(10, 10, 40, 40), capacity=4
                ).id
                for kind, count in (("desk", 177), ("room", 17))
                for number in range(count)
            ]
        with transaction():
            for day in range(5):
                for space_id in many[:20] if day else many:
                    kept = db.session.get_one(Space, space_id).kind == "desk"
                    who, span = member(small, "alva"), at(MONDAY + timedelta(days=day), "16:00", "17:00")
                    if not kept or space_id == many[0]:
                        bookings.reserve(who, space_id, span, now=NOW, zone=ZONE)
    host.get("/staff")  # the house is read anew, once
    for more, (first, _again) in before.items():
        found = cost(more)
        assert found[0] <= first, (more, found, first)
    assert len(names(board(host))) == 200
