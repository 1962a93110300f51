"""The Book page and the booking over HTTP: what a member sees, and what nobody may get through."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from innovation_station.bookings.models import Allocation, Booking
from innovation_station.db import db, transaction
from tests.conftest import MONDAY, TUESDAY, Clock, Small, browser, log_in, post, statements, token_in

WISH = {"date": TUESDAY.isoformat(), "start": "09:00", "end": "11:00"}


def bookings(app: Flask) -> list[Booking]:
    with app.app_context():
        return list(db.session.scalars(select(Booking).order_by(Booking.id)))


def book(client: FlaskClient, space: int, **fields: Any) -> Any:
    return post(client, "/bookings", {"space": space, **WISH, **fields})


def test_a_tap_books_and_leads_to_the_booking(app: Flask, small: Small, alva: FlaskClient) -> None:
    answer = book(alva, small.a1, title="Skriva")
    (made,) = bookings(app)
    assert answer.status_code == 303 and answer.location == f"/bookings/{made.id}"
    assert "A1" in alva.get(answer.location).text
    day = alva.get(f"/book?date={TUESDAY}").text
    assert re.search(rf'id="p{small.a1}"[^>]*data-state="mine"', day)


@pytest.mark.parametrize(
    ("preset", "hours"),
    [("morning", (8, 12)), ("afternoon", (13, 17)), ("day", (8, 18)), ("10:15-11:45", (10.25, 11.75))],
)
def test_presets_are_local_hours(
    app: Flask, small: Small, alva: FlaskClient, preset: str, hours: tuple[float, float]
) -> None:
    answer = post(alva, "/bookings", {"space": small.a1, "date": str(TUESDAY), "preset": preset})
    assert answer.status_code == 303
    (made,) = bookings(app)
    assert [made.start.hour + made.start.minute / 60 + 1, made.end.hour + made.end.minute / 60 + 1] == list(hours)


def test_morning_begun_is_booked_from_the_running_quarter(
    app: Flask, small: Small, alva: FlaskClient, clock: Clock
) -> None:
    clock.now += timedelta(hours=1, minutes=7)  # 09.17
    assert post(alva, "/bookings", {"space": small.a1, "date": str(MONDAY), "preset": "morning"}).status_code == 303
    (made,) = bookings(app)
    assert f"{made.start:%H:%M}" == "08:15"


def test_loser_gets_409_with_the_reason_and_three_ways_that_work(
    app: Flask, small: Small, alva: FlaskClient, bo: FlaskClient
) -> None:
    book(alva, small.a1)
    answer = book(bo, small.a1, title="Mitt möte")
    assert answer.status_code == 409
    assert "A1 togs nyss." in answer.text and "A1 är bokad 09.00–11.00." in answer.text
    assert 'value="Mitt möte"' in answer.text
    offers = re.findall(
        r'<form method="post" action="/bookings" data-part>(.*?)</form>',
        answer.text.split('class="alts"')[1],
        re.DOTALL,
    )
    assert len(offers) >= 3
    fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', offers[0]))
    assert bo.post("/bookings", data=fields).status_code == 303
    assert [(row.space_id, row.member_id) for row in bookings(app)] == [
        (small.a1, small.people["alva"]),
        (small.a2, small.people["bo"]),
    ]


def test_part_answers_are_fragments_with_the_same_status(small: Small, alva: FlaskClient, bo: FlaskClient) -> None:
    book(alva, small.a1)
    part = {"X-Part": "sheet"}
    sheet = bo.get(f"/book/{small.a2}?date={TUESDAY}", headers=part)
    assert sheet.status_code == 200 and "<html" not in sheet.text and 'role="dialog"' in sheet.text
    token = token_in(sheet.text)
    lost = bo.post("/bookings", data={"csrf_token": token, "space": small.a1, **WISH}, headers=part)
    assert lost.status_code == 409 and "<html" not in lost.text and 'class="alts"' in lost.text


def test_loser_is_told_at_once_while_others_write(app: Flask, small: Small, alva: FlaskClient, bo: FlaskClient) -> None:
    book(alva, small.a1)
    token = token_in(bo.get("/book").text)
    with app.app_context(), transaction():  # holds SQLite's one lock: to queue for it would take seconds and end in 503
        lost = bo.post("/bookings", data={"csrf_token": token, "space": small.a1, **WISH})
    assert lost.status_code == 409 and 'class="alts"' in lost.text


def test_whoever_asks_for_what_was_just_asked_for_is_refused_without_a_write(
    app: Flask, small: Small, alva: FlaskClient, bo: FlaskClient
) -> None:
    book(alva, small.a1)
    book(bo, small.a1)
    token = token_in(bo.get("/book").text)
    with statements(app) as seen:
        lost = bo.post("/bookings", data={"csrf_token": token, "space": small.a1, **WISH})
    assert lost.status_code == 409 and not any(one.startswith(("UPDATE", "INSERT", "WITH")) for one in seen)
    assert len(seen) == 4, seen  # who asks, what is there, what there is to say, and what bo has; the rest was read


def test_what_several_are_refused_is_read_anew_when_anything_has_changed(
    app: Flask, small: Small, alva: FlaskClient, bo: FlaskClient
) -> None:
    book(alva, small.a1)
    first = offers_in(book(bo, small.a1).text)[0]
    assert first["space"] == str(small.a2)
    host = log_in(browser(app), "host")
    taken = book(host, small.a2).location
    page = book(bo, small.a1).text
    assert str(small.a2) not in {offer["space"] for offer in offers_in(page) if offer["start"] == WISH["start"]}
    post(host, f"{taken}/cancel")
    assert offers_in(book(bo, small.a1).text)[0]["space"] == str(small.a2)
    post(alva, f"/bookings/{bookings(app)[0].id}/cancel")
    assert book(bo, small.a1).status_code == 303


def test_refused_form_without_script_is_a_page_of_its_own_with_the_way_back(
    small: Small, alva: FlaskClient, bo: FlaskClient
) -> None:
    book(alva, small.a1)
    page = book(bo, small.a1, title="Mitt möte").text
    assert "<h1" in page and 'value="Mitt möte"' in page and 'id="plan"' not in page
    back = re.search(r'href="(/book\?[^"]*)">[^\n]*Tillbaka till dagen', page)
    assert back and f"date={TUESDAY}" in back[1]
    assert bo.get(back[1].replace("&amp;", "&")).status_code == 200


def test_repeated_submit_makes_one_booking(app: Flask, small: Small, alva: FlaskClient) -> None:
    answers = [book(alva, small.a1, key="k1") for _ in range(3)]
    assert {answer.status_code for answer in answers} == {303} and len({answer.location for answer in answers}) == 1
    assert len(bookings(app)) == 1


def offers_in(page: str) -> list[dict[str, str]]:
    forms = re.findall(
        r'<form method="post" action="/bookings" data-part>(.*?)</form>', page.split('class="alts"')[1], re.DOTALL
    )
    return [dict(re.findall(r'name="(\w+)" value="([^"]*)"', form)) for form in forms]


@pytest.mark.parametrize(
    ("day", "start", "end", "status"),
    [
        ("2026-12-23", "09:00", "11:00", 409),  # taken, and the next three days are holidays and a weekend
        ("2026-12-31", "09:00", "11:00", 422),
        ("2026-11-24", "09:05", "10:05", 422),  # off the grid
        ("2026-11-24", "09:00", "09:05", 422),  # too short, and off the grid
        ("2026-11-24", "08:00", "19:00", 422),  # too long, and outside the hours
        ("2026-11-24", "11:00", "10:00", 422),  # ends before it starts
        ("2027-09-01", "09:00", "11:00", 422),  # too far ahead
        ("2026-11-28", "09:00", "11:00", 422),  # closed that day
        ("2026-11-22", "09:00", "11:00", 422),  # over
        ("2026-11-24", "06:00", "07:00", 422),  # before the house opens
    ],
)
def test_every_refusal_offers_three_ways_and_each_is_granted(
    app: Flask, small: Small, alva: FlaskClient, bo: FlaskClient, day: str, start: str, end: str, status: int
) -> None:
    if status == 409:
        book(bo, small.a1, date=day, start=start, end=end)
    answer = book(alva, small.a1, date=day, start=start, end=end)
    offers = offers_in(answer.text)
    assert answer.status_code == status and len(offers) == 3
    for offer in offers:
        made = alva.post("/bookings", data=offer)
        assert made.status_code == 303, offer
        post(alva, f"{made.location}/cancel")


def test_nobody_is_told_of_a_race_that_was_none(
    app: Flask, small: Small, alva: FlaskClient, bo: FlaskClient, clock: Clock
) -> None:
    book(alva, small.a1)

    def said() -> str:
        answer = book(bo, small.a1)
        assert answer.status_code == 409
        return answer.text.split('role="alert"')[1].split("</ul>")[0]

    assert "togs nyss" in said()
    clock.now += timedelta(hours=1)
    assert "togs nyss" not in said() and "09.00–11.00" in said()


def test_holidays_are_named_in_the_readers_language(app: Flask, small: Small, alva: FlaskClient) -> None:
    assert "Julafton" in book(alva, small.a1, date="2026-12-24").text
    english = log_in(browser(app, "en"), "bo")
    page = book(english, small.a1, date="2026-12-24").text
    assert "Christmas Eve" in page and "Julafton" not in page


def test_closed_days_are_not_counted_as_free(small: Small, alva: FlaskClient) -> None:
    page = alva.get("/book?date=2026-12-05").text
    assert re.search(r'class="day is-closed"[^>]*aria-current="date"', page)
    assert "Stängt den dagen" in page


def test_same_span_again_with_other_words_keeps_the_words(app: Flask, small: Small, alva: FlaskClient) -> None:
    first = book(alva, small.a1, key="one")
    second = book(alva, small.a1, key="two", title="Handledning")
    assert first.location == second.location
    (made,) = bookings(app)
    assert (made.title, made.sequence) == ("Handledning", 0)


def test_marks_that_turn_the_writing_are_refused(app: Flask, small: Small, alva: FlaskClient) -> None:
    assert book(alva, small.a1, title="gpj.\u202etxt").status_code == 422
    assert bookings(app) == []


@pytest.mark.parametrize(
    ("fields", "status", "said"),
    [
        ({"date": "2026-13-40"}, 422, "Skriv datumet som"),
        ({"date": "24/11/2026"}, 422, "Skriv datumet som"),
        ({"date": "0001-01-01"}, 422, "Skriv datumet som"),
        ({"date": ""}, 422, "Välj en dag"),
        ({"start": "25:00"}, 422, "Skriv tider som"),
        ({"start": "٠٩:٠٠"}, 422, "Skriv tider som"),
        ({"end": "9"}, 422, "Skriv tider som"),
        ({"start": "11:00", "end": "09:00"}, 422, "Slutet måste komma efter början"),
        ({"start": "11:00", "end": "11:00"}, 422, "Slutet måste komma efter början"),
        ({"start": "", "end": ""}, 422, "Skriv tider som"),
        ({"preset": "evening"}, 422, "Välj en av tiderna"),
        ({"space": "99999"}, 404, "Platsen finns inte"),
        ({"space": "1e3"}, 422, "Platsen finns inte"),
        ({"space": str(10**20)}, 422, "Platsen finns inte"),
        ({"space": "-1"}, 422, "Platsen finns inte"),
        ({"title": "x" * 5000}, 422, "Högst 120 tecken"),
        ({"title": "a\x00b"}, 422, "tecken som inte går att visa"),
        ({"title": "a\r\nb"}, 422, "tecken som inte går att visa"),
        ({"key": "k" * 5000}, 422, ""),
        ({"date": "2026-11-22"}, 422, "Den tiden har passerat"),
        ({"date": "2026-11-28"}, 422, "Stationen är stängd lördag 28 november"),
        ({"date": "2026-12-25"}, 422, "Juldagen"),
        ({"date": "2027-11-24"}, 422, "dagar framåt"),
        ({"start": "06:00", "end": "07:00"}, 422, "Den dagen är det öppet 08.00–18.00"),
        ({"start": "09:07", "end": "10:00"}, 422, "steg om 15 minuter"),
    ],
)  # fmt: skip
def test_bad_input_is_answered_in_words_and_does_nothing(
    app: Flask, small: Small, alva: FlaskClient, fields: dict[str, str], status: int, said: str
) -> None:
    answer = post(alva, "/bookings", {"space": small.a1, **WISH, **fields})
    assert answer.status_code == status, answer.text
    assert said in answer.text
    assert bookings(app) == []


def test_english_speakers_read_english(app: Flask, small: Small) -> None:
    client = log_in(browser(app, "en-GB"), "alva")
    answer = book(client, small.a1, date="2026-11-28")
    assert "The house is closed on Saturday 28 November." in answer.text and '<html lang="en">' in answer.text


def test_fields_that_are_not_yours_are_ignored(app: Flask, small: Small, alva: FlaskClient) -> None:
    book(
        alva,
        small.a1,
        member_id=small.people["bo"],
        member="bo",
        state="cancelled",
        id="77",
        uid="x",
        sequence="9",
    )
    (made,) = bookings(app)
    assert (made.member_id, made.state, made.sequence) == (small.people["alva"], "confirmed", 0)


def test_token_is_needed_and_nothing_happens_without(app: Flask, small: Small, alva: FlaskClient) -> None:
    for token in ({}, {"csrf_token": "wrong"}):
        answer = alva.post("/bookings", data={"space": small.a1, **WISH, **token})
        assert answer.status_code == 400 and "<h1" in answer.text
    assert bookings(app) == []


def test_get_and_head_never_book(app: Flask, small: Small, alva: FlaskClient) -> None:
    query = f"space={small.a1}&date={TUESDAY}&start=09:00&end=11:00"
    alva.get(f"/bookings?{query}")
    alva.head(f"/bookings?{query}")
    alva.get(f"/book/{small.a1}?{query}&_method=POST")
    assert bookings(app) == []


def test_visitors_are_asked_to_log_in_and_come_back(client: FlaskClient) -> None:
    answer = client.get("/book?date=2026-11-24&kind=room")
    assert answer.status_code == 303
    assert answer.location == "/login?next=/book?date%3D2026-11-24%26kind%3Droom"
    assert client.get("/book", headers={"X-Part": "day"}).status_code == 401


@pytest.mark.parametrize("query", ["date=nonsense", "date=2026-02-30", "from=25:00&to=1", "kind=castle", "zone=1e9", "seats=-4", "with=%3Cscript%3E",
                                   "date=%00", "date=2026-11-24&from=17:00&to=09:00"])  # fmt: skip
def test_strange_addresses_still_show_a_day(alva: FlaskClient, query: str) -> None:
    answer = alva.get(f"/book?{query}")
    assert answer.status_code == (400 if "%00" in query else 200)
    assert "<script>" not in answer.text


# -- privacy ----------------------------------------------------------------------------------------------------------


def test_names_and_titles_show_only_where_their_owner_said_so(
    small: Small, alva: FlaskClient, bo: FlaskClient, app: Flask
) -> None:
    book(alva, small.a1, title="Hemligt", preset="09:00-11:00")
    page = bo.get(f"/book?date={TUESDAY}").text
    assert "Hemligt" not in page and "Alva" not in page and "Bokad" in page
    book(alva, small.room, title="Öppen träff", visible="y", preset="13:00-14:00")
    page = bo.get(f"/book?date={TUESDAY}").text
    assert "Öppen träff" in page and "Hemligt" not in page
    host = log_in(browser(app), "host")
    assert "Hemligt" in host.get(f"/book?date={TUESDAY}").text


def test_what_people_write_is_never_markup(small: Small, alva: FlaskClient, bo: FlaskClient) -> None:
    book(alva, small.a1, title='"><script>alert(1)</script><b x="', visible="y", preset="09:00-11:00")
    for client in (alva, bo):
        page = client.get(f"/book/{small.a1}?date={TUESDAY}").text
        assert "<script>alert" not in page and "&lt;script&gt;" in page


# -- freshness --------------------------------------------------------------------------------------------------------


def test_unchanged_day_is_304_and_any_booking_changes_it(small: Small, alva: FlaskClient, bo: FlaskClient) -> None:
    path, part = f"/book?date={TUESDAY}", {"X-Part": "day"}
    etag = alva.get(path, headers=part).headers["ETag"]
    unchanged = alva.get(path, headers={**part, "If-None-Match": etag})
    assert unchanged.status_code == 304 and not unchanged.data
    book(bo, small.a2)
    changed = alva.get(path, headers={**part, "If-None-Match": etag})
    assert changed.status_code == 200 and changed.headers["ETag"] != etag
    assert re.search(rf'id="p{small.a2}"[^>]*data-state="(part|taken)"', changed.text)


def test_page_and_part_carry_the_same_tag(alva: FlaskClient) -> None:
    page = alva.get(f"/book?date={TUESDAY}").text
    tag = re.search(r'data-etag="([^"]+)"', page)
    assert tag
    assert (
        alva.get(
            f"/book?date={TUESDAY}", headers={"X-Part": "day", "If-None-Match": tag[1].replace("&#34;", '"')}
        ).status_code
        == 304
    )


def test_tag_is_not_shared_between_members_languages_or_quarters(
    small: Small, alva: FlaskClient, bo: FlaskClient, clock: Clock
) -> None:
    path, part = f"/book?date={TUESDAY}", {"X-Part": "day"}
    tags = [client.get(path, headers=part).headers["ETag"] for client in (alva, bo)]
    tags.append(alva.get(path, headers={**part, "Accept-Language": "en"}).headers["ETag"])
    clock.now += timedelta(minutes=15)
    tags.append(alva.get(path, headers=part).headers["ETag"])
    assert len(set(tags)) == 4


# -- statements -------------------------------------------------------------------------------------------------------


def test_book_page_costs_the_same_whatever_is_booked(
    app: Flask, small: Small, alva: FlaskClient, bo: FlaskClient
) -> None:
    path = f"/book?date={TUESDAY}"

    def cost(**headers: str) -> int:
        with statements(app) as seen:
            alva.get(path, headers=headers)
        return len(seen)

    alva.get(path)
    counts = []
    for index, space in enumerate((small.a1, small.room, small.booth)):
        book(bo, space, start=f"{9 + index:02}:00", end=f"{10 + index:02}:00")
        counts.append(cost())
    assert counts == [4, 4, 4] and cost() == 1
    etag = alva.get(path, headers={"X-Part": "day"}).headers["ETag"]
    assert cost(**{"X-Part": "day", "If-None-Match": etag}) == 1


def test_one_booking_takes_a_fixed_number_of_statements(app: Flask, small: Small, alva: FlaskClient) -> None:
    token = token_in(alva.get("/book").text)
    counts = []
    for hour in (9, 11, 13):
        with statements(app) as seen:
            alva.post(
                "/bookings",
                data={
                    "csrf_token": token,
                    "space": small.a1,
                    "date": str(TUESDAY),
                    "start": f"{hour}:00".zfill(5),
                    "end": f"{hour + 1}:00",
                },
            )
        counts.append(len(seen))
    assert len(set(counts)) == 1 and counts[0] <= 14, counts


def test_look_ups_use_their_indexes(app: Flask, small: Small, request: pytest.FixtureRequest) -> None:
    if "sqlite" not in request.node.callspec.id:
        pytest.skip("PostgreSQL scans small tables whatever the index; the bench looks at its plans")
    from innovation_station.bookings import queries, wish_queries
    from innovation_station.bookings.rules import Wish
    from innovation_station.spaces.queries import house
    from tests.conftest import at

    with statements(app) as seen, app.app_context():
        queries.taken(at(TUESDAY, "08:00", "18:00"), house())
        wish_queries.held(at(TUESDAY, "08:00", "18:00"), [1, 2])
        wish_queries.held_by(1, at(TUESDAY, "08:00", "18:00"))
        wish_queries.standing(1, Wish(house().places[small.a1], at(TUESDAY, "08:00", "18:00")), "key")
        wish_queries.same_request(1, "key")
        wish_queries.same_span(1, 1, at(TUESDAY, "08:00", "18:00"))
        queries.busy_spaces([at(TUESDAY, "08:00", "18:00")], ["desk"], house())
        queries.upcoming(1, at(TUESDAY, "08:00", "18:00").start)
        for statement in list(seen):
            count = statement.count("?")
            plan = db.session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", (1,) * count)
            for row in plan:
                assert not re.match(r"SCAN (allocation|booking)\b(?!.* USING )", row[3]), row[3]


# -- daylight saving --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "before", "utc"),
    [(date(2026, 10, 25), date(2026, 10, 23), "09:00"), (date(2026, 10, 24), date(2026, 10, 23), "08:00"),
     (date(2027, 3, 28), date(2027, 3, 26), "08:00"), (date(2027, 3, 27), date(2027, 3, 26), "09:00")],
)  # fmt: skip
def test_ten_o_clock_is_ten_o_clock_round_the_changes(
    app: Flask, small: Small, clock: Clock, day: date, before: date, utc: str
) -> None:
    from innovation_station.db import transaction
    from innovation_station.spaces import service as spaces

    clock.now = clock.now.replace(year=before.year, month=before.month, day=before.day)
    with app.app_context(), transaction():
        spaces.set_up_house(name="Alltid öppet")  # that Sunday in March is Easter Day
        spaces.set_hours(dict.fromkeys(range(7), (0, 1440)))
    alva = log_in(browser(app), "alva")
    assert (
        post(alva, "/bookings", {"space": small.a1, "date": str(day), "start": "10:00", "end": "12:00"}).status_code
        == 303
    )
    (made,) = bookings(app)
    assert f"{made.start:%H:%M}" == utc
    assert "10–12" in alva.get(f"/book?date={day}").text
    edited = post(
        alva,
        f"/bookings/{made.id}/edit",
        {"space": small.a1, "date": str(day), "start": "11:00", "end": "13:00"},
    )
    assert edited.status_code == 303
    assert "11–13" in alva.get(f"/book?date={day}").text and "11" in alva.get(f"/bookings/{made.id}").text


@pytest.mark.parametrize(
    ("day", "start", "end", "said"),
    [
        ("2027-03-28", "02:30", "05:00", "finns inte"),
        ("2026-10-25", "02:30", "05:00", "inträffar två gånger"),
        ("2026-10-25", "01:00", "02:15", "inträffar två gånger"),
    ],
)
def test_hours_that_do_not_exist_or_come_twice_are_refused(
    app: Flask, small: Small, clock: Clock, day: str, start: str, end: str, said: str
) -> None:
    clock.now = clock.now.replace(month=10, day=1) if day < "2027" else clock.now.replace(year=2027, month=3, day=1)
    alva = log_in(browser(app), "alva")
    answer = post(alva, "/bookings", {"space": small.a1, "date": day, "start": start, "end": end})
    assert answer.status_code == 422 and said in answer.text
    assert bookings(app) == []


def test_nothing_is_allocated_without_a_booking(app: Flask, small: Small, alva: FlaskClient) -> None:
    book(alva, small.a1)
    book(alva, small.a2)
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Allocation)) == 1
