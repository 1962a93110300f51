"""A member's own bookings over HTTP: the list, the receipt, changing, cancelling and taking that back."""

from __future__ import annotations

import html
import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from innovation_station.bookings import queries, service
from innovation_station.bookings.models import Allocation, Booking
from innovation_station.db import db, transaction
from innovation_station.members.models import Member
from innovation_station.spaces import service as spaces
from innovation_station.timespan import Span
from tests.conftest import MONDAY, NOW, TUESDAY, ZONE, Clock, Small, at, browser, log_in, post, statements

SHEET = {"X-Part": "sheet"}


def reserve(app: Flask, small: Small, who: str, space: int, span: Span, **facts: Any) -> int:
    """Book past the pages; the moment of booking is half an hour ago, so that the page shows no fresh receipt."""
    with app.app_context(), transaction() as session:
        member = session.get(Member, small.people[who])
        assert member is not None
        return service.reserve(member, space, span, now=NOW - timedelta(minutes=30), zone=ZONE, **facts).id


def stored(app: Flask, booking_id: int) -> Booking:
    with app.app_context():
        booking = queries.get(booking_id)
        assert booking is not None
        db.session.expunge_all()
        return booking


def held(app: Flask) -> int:
    with app.app_context():
        return db.session.query(Allocation).count()


def change(client: FlaskClient, booking_id: int, space: int, **fields: str) -> Any:
    data = {"space": space, "date": str(TUESDAY), "start": "09:00", "end": "11:00", "title": "", **fields}
    return post(client, f"/bookings/{booking_id}/edit", data)


def forms(page: str, action: str) -> list[dict[str, str]]:
    """Give the hidden fields of each form of a page that posts to an address."""
    found = re.findall(r'<form method="post" action="([^"]*)"[^>]*>(.*?)</form>', page, re.DOTALL)
    return [
        {name: html.unescape(value) for name, value in re.findall(r'name="(\w+)" value="([^"]*)"', body)}
        for target, body in found
        if target == action
    ]


# -- who may see what ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/bookings", "/bookings/1", "/bookings/1/edit"])
def test_visitors_are_sent_to_log_in(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 303 and answer.location == f"/login?next={path}"


def test_another_members_booking_is_as_unknown_as_none(app: Flask, small: Small, bo: FlaskClient) -> None:
    mine = reserve(app, small, "alva", small.a1, at(TUESDAY, "09:00", "11:00"), title="Hemligt")
    for verb, path in (("get", ""), ("get", "/edit"), ("post", "/edit"), ("post", "/cancel"), ("post", "/restore")):
        answers = []
        for booking in (mine, 424242):
            send = bo.get if verb == "get" else lambda p: post(bo, p, {"space": small.a2, "date": str(TUESDAY)})
            answer = send(f"/bookings/{booking}{path}")
            assert answer.status_code == 404 and "Hemligt" not in answer.text
            answers.append(re.sub(r'value="[^"]*"|424242|/bookings/\d+|<code>[^<]*</code>', "", answer.text))
        assert answers[0] == answers[1]
    assert not stored(app, mine).cancelled and stored(app, mine).space_id == small.a1


def test_staff_see_whose_it_is(app: Flask, small: Small) -> None:
    mine = reserve(app, small, "alva", small.a1, at(TUESDAY, "09:00", "11:00"))
    page = log_in(browser(app), "host").get(f"/bookings/{mine}").text
    assert "Alva Lindqvist" in page and "Bokad av" in page


def test_only_forms_change_anything(app: Flask, small: Small, alva: FlaskClient) -> None:
    mine = reserve(app, small, "alva", small.a1, at(TUESDAY, "09:00", "11:00"))
    for path in ("cancel", "restore"):
        for send in (alva.get, alva.head):
            assert send(f"/bookings/{mine}/{path}").status_code == 405
    for path in ("cancel", "restore", "edit"):
        for token in ({}, {"csrf_token": "wrong"}):
            assert alva.post(f"/bookings/{mine}/{path}", data=token).status_code == 400
    assert stored(app, mine).revision == 0


# -- the receipt ---------------------------------------------------------------------------------------------------


def test_booking_leads_to_a_receipt_with_the_way_back(app: Flask, small: Small, alva: FlaskClient) -> None:
    wish = {"space": small.a1, "date": str(TUESDAY), "start": "13:00", "end": "17:00", "title": "Skriva"}
    page = alva.get(post(alva, "/bookings", wish).location).text
    assert "A1 är din, tis 24 nov 13–17." in page
    assert "Skrivbord A1, Perrongen" in page and "tisdag 24 november 2026, 13.00–17.00" in page and "Skriva" in page
    (booking,) = [int(x) for x in re.findall(r'action="/bookings/(\d+)/cancel"', page)[:1]]
    undo = forms(page, f"/bookings/{booking}/cancel")[0]
    assert undo["undo"] == "1"
    answer = alva.post(f"/bookings/{booking}/cancel", data=undo)
    assert answer.status_code == 303 and answer.location == f"/book?date={TUESDAY}"
    assert stored(app, booking).cancelled and held(app) == 0
    assert "A1, tis 24 nov 13–17 är avbokad." in alva.get(answer.location).text


def test_receipt_is_gone_after_a_while_and_after_a_change(
    app: Flask, small: Small, alva: FlaskClient, clock: Clock
) -> None:
    path = post(alva, "/bookings", {"space": small.a1, "date": str(TUESDAY), "start": "09:00", "end": "11:00"}).location
    assert "note-ok" in alva.get(path).text
    clock.now += timedelta(minutes=11)
    assert "note-ok" not in alva.get(path).text


def test_receipt_speaks_the_readers_language(app: Flask, small: Small, alva: FlaskClient) -> None:
    room = reserve(app, small, "alva", small.room, at(TUESDAY, "09:00", "10:30"))
    assert "Hågelby är din, tis 24 nov 09–10.30." in alva.get(f"/bookings/{room}", headers=SHEET).text
    english = log_in(browser(app, "en"), "alva").get(f"/bookings/{room}", headers=SHEET).text
    assert "Hågelby is yours, Tue 24 Nov 09–10:30." in english


def test_script_gets_the_receipt_alone(app: Flask, small: Small, alva: FlaskClient) -> None:
    wish = {"space": small.a1, "date": str(TUESDAY), "preset": "afternoon"}
    made = post(alva, "/bookings", wish, headers=SHEET, follow_redirects=True)
    assert "<html" not in made.text and "data-toast" in made.text and "A1 är din, tis 24 nov 13–17." in made.text
    (action,) = re.findall(r'action="([^"]+)"', made.text)
    undone = post(alva, action, {"undo": "1"}, headers=SHEET, follow_redirects=True)
    assert "<html" not in undone.text and "A1, tis 24 nov 13–17 är avbokad." in undone.text
    (action,) = re.findall(r'action="([^"]+)"', undone.text)
    back = post(alva, action, headers=SHEET, follow_redirects=True)
    assert "data-toast" in back.text and "A1 är din" in back.text


def test_history_says_who_did_what(app: Flask, small: Small, alva: FlaskClient) -> None:
    mine = reserve(app, small, "alva", small.a1, at(TUESDAY, "09:00", "11:00"))
    change(alva, mine, small.a2, title="Läsa")
    change(alva, mine, small.a2, title="Läsa", visible="1")
    post(alva, f"/bookings/{mine}/cancel")
    post(log_in(browser(app), "host"), f"/bookings/{mine}/restore")
    page = html.unescape(alva.get(f"/bookings/{mine}").text)
    said = [re.sub(r"<[^>]+>|\s+", " ", line) for line in re.findall(r"<li><time.*?</li>", page, re.DOTALL)]
    clocks = ["07.40", "08.10", "08.10", "08.10", "08.10"]
    what = [
        "Bokad: A1, tis 24 nov 09–11 · Du",
        "Ändrad till A2, tis 24 nov 09–11 · Du",
        "Visas för andra medlemmar · Du",
        "Avbokad · Du",
        "Avbokningen ångrad: A2, tis 24 nov 09–11 · Hanna Lund",
    ]
    expected = [f"mån 23 nov {clock} {line}" for clock, line in zip(clocks, what, strict=True)]
    assert [re.sub(" +", " ", line).strip() for line in said] == expected


# -- to change one -------------------------------------------------------------------------------------------------


def test_edit_shows_what_is_and_changes_it(app: Flask, small: Small, alva: FlaskClient) -> None:
    mine = reserve(app, small, "alva", small.a1, at(TUESDAY, "09:00", "11:00"), title="Skriva", public=True)
    page = alva.get(f"/bookings/{mine}/edit").text
    assert re.search(rf'<option selected value="{small.a1}">A1', page) and 'value="2026-11-24"' in page
    assert 'selected value="09:00">09.00' in page and 'selected value="11:00"' in page and 'value="Skriva"' in page
    assert re.search(r'<input checked[^>]*name="visible"', page)
    answer = change(alva, mine, small.room, date="2026-11-25", start="13:00", end="14:30", title="Möte")
    assert answer.status_code == 303 and answer.location == f"/bookings/{mine}"
    booking = stored(app, mine)
    assert (booking.space_id, booking.span) == (small.room, at(date(2026, 11, 25), "13:00", "14:30"))
    assert (booking.title, booking.public, booking.member_id) == ("Möte", False, small.people["alva"])
    assert "Hågelby är din, ons 25 nov 13–14.30." in alva.get(answer.location).text


def test_change_can_be_undone_from_its_receipt(app: Flask, small: Small, alva: FlaskClient) -> None:
    mine = reserve(app, small, "alva", small.a1, at(TUESDAY, "09:00", "11:00"), title="Skriva", public=True)
    page = alva.get(change(alva, mine, small.a2, start="13:00", end="15:00").location).text
    (undo,) = forms(page, f"/bookings/{mine}/edit")
    assert alva.post(f"/bookings/{mine}/edit", data=undo).status_code == 303
    booking = stored(app, mine)
    assert (booking.space_id, booking.span) == (small.a1, at(TUESDAY, "09:00", "11:00"))
    assert (booking.title, booking.public) == ("Skriva", True)


def test_taken_time_keeps_what_was_typed_and_offers_three_ways(app: Flask, small: Small, alva: FlaskClient) -> None:
    mine = reserve(app, small, "alva", small.a1, at(TUESDAY, "09:00", "11:00"))
    reserve(app, small, "bo", small.a2, at(TUESDAY, "13:00", "15:00"))
    answer = change(alva, mine, small.a2, start="13:00", end="15:00", title="Mitt möte", visible="1")
    assert answer.status_code == 409 and "A2 är bokad 13.00–15.00." in answer.text
    assert 'value="Mitt möte"' in answer.text and 'selected value="13:00"' in answer.text
    offers = forms(answer.text, f"/bookings/{mine}/edit")
    assert len(offers) == 3 and "Ändra till A3, tis 24 nov 13–15" in answer.text
    assert stored(app, mine).space_id == small.a1
    for offer in offers:
        assert alva.post(f"/bookings/{mine}/edit", data=offer).status_code == 303
        assert (stored(app, mine).title, stored(app, mine).public) == ("Mitt möte", True)


def test_every_reason_is_said_at_once_and_something_is_offered(app: Flask, small: Small, alva: FlaskClient) -> None:
    mine = reserve(app, small, "alva", small.a1, at(TUESDAY, "09:00", "11:00"))
    answer = change(alva, mine, small.a1, start="07:05", end="07:10")
    assert answer.status_code == 422
    for reason in ("steg om 15 minuter", "Kortaste bokningen här är", "öppet 08.00–18.00"):
        assert reason in answer.text
    offers = forms(answer.text, f"/bookings/{mine}/edit")
    assert offers and alva.post(f"/bookings/{mine}/edit", data=offers[0]).status_code == 303


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"date": "2026-13-40"}, "Skriv datumet som"),
        ({"date": ""}, "Välj en dag"),
        ({"start": ""}, "Välj en tid"),
        ({"start": "25:00"}, "Skriv tider som"),
        ({"end": "24:01"}, "Skriv tider som"),
        ({"start": "11:00", "end": "09:00"}, "Slutet måste komma efter början"),
        ({"title": "x" * 5000}, "Högst 120 tecken"),
        ({"title": "a\x00b"}, "tecken som inte går att visa"),
        ({"space": "99999"}, "Platsen finns inte"),
        ({"space": "abc"}, "Platsen finns inte"),
        ({"space": ""}, "Välj en plats"),
        ({"date": "2026-11-28"}, "stängd lördag 28 november"),
        ({"date": "2026-11-20"}, "Den tiden har passerat"),
    ],
)  # fmt: skip
def test_bad_input_changes_nothing(
    app: Flask, small: Small, alva: FlaskClient, fields: dict[str, str], said: str
) -> None:
    mine = reserve(app, small, "alva", small.a1, at(TUESDAY, "09:00", "11:00"))
    answer = change(alva, mine, **{"space": small.a1, **fields})  # type: ignore[arg-type]
    assert answer.status_code == 422 and said in answer.text
    assert stored(app, mine).revision == 0


def test_fields_that_are_not_yours_are_ignored(app: Flask, small: Small, alva: FlaskClient) -> None:
    mine = reserve(app, small, "alva", small.a1, at(TUESDAY, "09:00", "11:00"))
    other = {"member": str(small.people["bo"]), "member_id": str(small.people["bo"]), "state": "cancelled", "uid": "x"}
    assert change(alva, mine, small.a1, title="Ny", **other).status_code == 303
    assert (stored(app, mine).member_id, stored(app, mine).state) == (small.people["alva"], "confirmed")


def test_second_desk_at_the_same_time_is_named(app: Flask, small: Small, alva: FlaskClient) -> None:
    reserve(app, small, "alva", small.a1, at(TUESDAY, "13:00", "15:00"))
    mine = reserve(app, small, "alva", small.a2, at(TUESDAY, "09:00", "11:00"))
    answer = change(alva, mine, small.a2, start="13:00", end="15:00")
    assert answer.status_code == 422 and "Du har redan A1 13.00–15.00." in answer.text


def test_what_is_over_or_cancelled_stays(app: Flask, small: Small, alva: FlaskClient, clock: Clock) -> None:
    over = reserve(app, small, "alva", small.a1, at(MONDAY, "08:00", "09:00"))
    gone = reserve(app, small, "alva", small.a1, at(TUESDAY, "09:00", "11:00"))
    post(alva, f"/bookings/{gone}/cancel")
    clock.now += timedelta(hours=3)
    for booking, said in ((over, "Bokningen är över"), (gone, "Bokningen är avbokad")):
        assert alva.get(f"/bookings/{booking}/edit").status_code == 422
        answer = change(alva, booking, small.a2)
        assert answer.status_code == 422 and said in answer.text
    assert post(alva, f"/bookings/{over}/cancel").status_code == 422
    page = alva.get(f"/bookings/{over}").text
    assert "Avslutad" in page and f"/bookings/{over}/cancel" not in page and f"/bookings/{over}/edit" not in page


@pytest.fixture
def always_open(app: Flask) -> None:
    with app.app_context(), transaction():
        spaces.set_up_house(name="Dygnet runt")  # Easter Sunday 2027 is the day the clocks go forward
        spaces.set_hours(dict.fromkeys(range(7), (0, 1440)))


@pytest.mark.usefixtures("always_open")
def test_doubled_hour_is_kept_as_it_was_but_not_guessed(
    app: Flask, small: Small, alva: FlaskClient, clock: Clock
) -> None:
    clock.now = datetime(2026, 10, 20, 8, tzinfo=UTC)
    span = Span(datetime(2026, 10, 25, 1, 30, tzinfo=UTC), datetime(2026, 10, 25, 4, tzinfo=UTC))
    with app.app_context(), transaction() as session:
        member = session.get(Member, small.people["alva"])
        assert member is not None
        mine = service.reserve(member, small.a1, span, now=clock.now, zone=ZONE).id
    page = log_in(browser(app), "alva").get(f"/bookings/{mine}/edit").text
    assert 'selected value="02:30"' in page and 'selected value="05:00"' in page
    client = log_in(browser(app), "alva")
    fields = {"date": "2026-10-25", "start": "02:30", "end": "05:00"}
    assert change(client, mine, small.a1, title="Natt", **fields).status_code == 303
    assert stored(app, mine).span == span
    refused = change(client, mine, small.a1, **{**fields, "end": "06:00"})
    assert refused.status_code == 422 and "02:30 inträffar två gånger" in refused.text
    assert stored(app, mine).span == span


@pytest.mark.usefixtures("always_open")
def test_skipped_hour_is_refused_and_midnight_is_the_days_end(app: Flask, small: Small, clock: Clock) -> None:
    clock.now = datetime(2027, 3, 20, 8, tzinfo=UTC)
    client = log_in(browser(app), "alva")
    day = {"date": "2027-03-28"}
    made = post(client, "/bookings", {"space": small.a1, **day, "start": "18:00", "end": "24:00"}).location
    mine = int(made.rsplit("/", 1)[1])
    assert 'selected value="24:00"' in client.get(f"{made}/edit").text
    refused = change(client, mine, small.a1, **day, start="02:30", end="05:00")
    assert refused.status_code == 422 and "finns inte" in refused.text
    assert change(client, mine, small.a1, **day, start="01:00", end="04:00").status_code == 303
    assert stored(app, mine).span.length == timedelta(hours=2)


# -- staff, in another member's booking -----------------------------------------------------------------------------


def test_staff_are_told_whose_it_is_and_stay_with_the_booking(app: Flask, small: Small) -> None:
    """Another member's booking is never said to be the host's own, and its page is where the host comes back to."""
    theirs = reserve(app, small, "alva", small.a1, at(TUESDAY, "09:00", "11:00"))
    host, own = log_in(browser(app), "host"), f"/bookings/{theirs}"

    def told(answer: Any) -> str:
        assert answer.status_code == 303 and answer.location == own
        page = host.get(own).text
        assert "är din" not in page
        return re.findall(r"(?:A2 är bokad|Alva Lindqvist: A2)[^<]*", page)[0]

    said = [told(change(host, theirs, small.a2))]
    said += [told(post(host, f"{own}/{way}")) for way in ("cancel", "restore")]
    booked = "A2 är bokad för Alva Lindqvist, tis 24 nov 09–11."
    assert said == [booked, "Alva Lindqvist: A2, tis 24 nov 09–11 är avbokad.", booked]
    assert booked in host.get(own, headers=SHEET).text
    assert post(host, f"{own}/cancel", {"undo": "1"}).location == own


def test_staff_are_told_what_the_member_has_already(app: Flask, small: Small) -> None:
    reserve(app, small, "alva", small.a1, at(TUESDAY, "13:00", "15:00"))
    theirs = reserve(app, small, "alva", small.a2, at(TUESDAY, "09:00", "11:00"))
    answer = change(log_in(browser(app), "host"), theirs, small.a2, start="13:00", end="15:00")
    assert answer.status_code == 422 and "Alva Lindqvist har redan A1 13.00–15.00." in answer.text


def test_staff_are_not_offered_to_book_for_themselves_what_a_member_lost(
    app: Flask, small: Small, bo: FlaskClient
) -> None:
    span = at(TUESDAY, "13:00", "17:00")
    theirs = reserve(app, small, "alva", small.a1, span)
    host = log_in(browser(app), "host")
    post(host, f"/bookings/{theirs}/cancel")
    reserve(app, small, "bo", small.a1, span)
    answer = post(host, f"/bookings/{theirs}/restore")
    assert answer.status_code == 409 and "A1 togs nyss." in answer.text and not forms(answer.text, "/bookings")


# -- to cancel, and to take that back ------------------------------------------------------------------------------


def test_cancel_leads_to_the_list_with_the_way_back(app: Flask, small: Small, alva: FlaskClient) -> None:
    mine = reserve(app, small, "alva", small.a1, at(TUESDAY, "13:00", "17:00"))
    answer = post(alva, f"/bookings/{mine}/cancel")
    assert answer.status_code == 303 and answer.location == "/bookings" and held(app) == 0
    page = alva.get("/bookings").text
    assert "A1, tis 24 nov 13–17 är avbokad." in page
    undo = forms(page, f"/bookings/{mine}/restore")[0]
    answer = alva.post(f"/bookings/{mine}/restore", data=undo)
    assert answer.status_code == 303 and answer.location == f"/bookings/{mine}"
    assert not stored(app, mine).cancelled and held(app) == 1


def test_cancelling_and_restoring_twice_is_the_same_as_once(app: Flask, small: Small, alva: FlaskClient) -> None:
    mine = reserve(app, small, "alva", small.a1, at(TUESDAY, "13:00", "17:00"))
    for path, sequence in (("cancel", 1), ("restore", 2)):
        for _ in range(2):
            assert post(alva, f"/bookings/{mine}/{path}").status_code == 303
        assert stored(app, mine).sequence == sequence


def test_lost_place_is_told_and_three_others_offered(
    app: Flask, small: Small, alva: FlaskClient, bo: FlaskClient
) -> None:
    span = at(TUESDAY, "13:00", "17:00")
    mine = reserve(app, small, "alva", small.a1, span)
    post(alva, f"/bookings/{mine}/cancel")
    reserve(app, small, "bo", small.a1, span)
    answer = post(alva, f"/bookings/{mine}/restore")
    assert answer.status_code == 409
    assert "<h1>A1 togs nyss.</h1>" in answer.text and "A1 är bokad 13.00–17.00." in answer.text
    offers = forms(answer.text, "/bookings")
    assert len(offers) == 3 and alva.post("/bookings", data=offers[0]).status_code == 303
    assert stored(app, mine).cancelled and held(app) == 2


# -- the list ------------------------------------------------------------------------------------------------------


def test_list_is_by_day_and_leads_everywhere(app: Flask, small: Small, alva: FlaskClient, clock: Clock) -> None:
    today = reserve(app, small, "alva", small.a1, at(MONDAY, "08:00", "12:00"))
    later = reserve(app, small, "alva", small.room, at(TUESDAY, "09:00", "10:00"), title="Handledning")
    reserve(app, small, "bo", small.a2, at(MONDAY, "08:00", "12:00"), title="Bos")
    page = alva.get("/bookings").text
    assert page.index("I dag, mån 23 nov") < page.index("I morgon, tis 24 nov") and "Handledning" in page
    assert "Bos" not in page and "Inget bokat" not in page
    for booking in (today, later):
        assert f'href="/bookings/{booking}"' in page and f'href="/bookings/{booking}/edit"' in page
        assert f'action="/bookings/{booking}/cancel"' in page


def test_empty_list_offers_a_desk_that_one_tap_books(app: Flask, small: Small, alva: FlaskClient) -> None:
    reserve(app, small, "bo", small.a1, at(TUESDAY, "09:00", "10:00"))
    page = alva.get("/bookings").text
    assert "Inga bokningar ännu" in page and "A2 är ledig i morgon." in page
    (offer,) = forms(page, "/bookings")
    answer = alva.post("/bookings", data=offer)
    assert answer.status_code == 303
    assert stored(app, int(answer.location.rsplit("/", 1)[1])).span == at(TUESDAY, "08:00", "18:00")


def test_empty_list_before_a_weekend_offers_the_next_open_day(
    app: Flask, small: Small, alva: FlaskClient, clock: Clock
) -> None:
    clock.now = datetime(2026, 11, 27, 12, tzinfo=UTC)
    assert "A1 är ledig mån 30 nov." in log_in(browser(app), "alva").get("/bookings").text


def fill_past(app: Flask, small: Small, days: int) -> None:
    """Two bookings that begin at the same minute on each of so many days: a desk and a room."""
    with app.app_context(), transaction() as session:
        for ahead in range(days):
            start = NOW - timedelta(days=ahead + 1)
            for number, space in enumerate((small.a1, small.room)):
                session.add(Booking(
                    uid=f"{ahead}-{number}", member_id=small.people["alva"], space_id=space, start=start,
                    end=start + timedelta(hours=1), title=f"P{ahead}-{number}.", created_at=start, changed_at=start,
                ))  # fmt: skip
        session.flush()


def test_past_pages_hold_every_booking_once(app: Flask, small: Small, alva: FlaskClient) -> None:
    fill_past(app, small, 50)
    seen: list[str] = []
    path: str | None = "/bookings"
    while path:
        page = alva.get(path).text
        seen += re.findall(r"P\d+-\d\.", re.sub(r'aria-label="[^"]*"', "", page))
        older = re.search(r'href="(/bookings\?before=[^"#]+)#past"', page)
        path = html.unescape(older[1]) if older else None
    assert len(seen) == 100 == len(set(seen))


@pytest.mark.parametrize("before", ["", "x", "2026-02-30", "0001-01-01", "2000-01-01", "9999-12-31"])
def test_strange_marks_still_give_a_list(alva: FlaskClient, before: str) -> None:
    assert alva.get("/bookings", query_string={"before": before}).status_code == 200


@pytest.mark.parametrize(("path", "most"), [("/bookings", 8), ("/bookings/{id}", 6), ("/bookings/{id}/edit", 5)])
def test_statements_do_not_grow_with_bookings(
    app: Flask, small: Small, alva: FlaskClient, path: str, most: int
) -> None:  # fmt: skip
    mine = reserve(app, small, "alva", small.a1, at(TUESDAY, "09:00", "10:00"))
    alva.get(path.format(id=mine))
    with statements(app) as few:
        alva.get(path.format(id=mine))
    fill_past(app, small, 20)
    for hour in range(10, 17):
        reserve(app, small, "alva", small.room, at(TUESDAY, f"{hour}:00", f"{hour + 1}:00"))
    with statements(app) as many:
        alva.get(path.format(id=mine))
    assert len(many) == len(few) <= most, many


def test_what_people_write_is_shown_as_text(app: Flask, small: Small, alva: FlaskClient) -> None:
    evil = "<script>alert(1)</script>\"'{{7*7}}"
    mine = reserve(app, small, "alva", small.a1, at(MONDAY, "08:00", "12:00"), title=evil, public=True)
    for path in ("/", "/bookings", f"/bookings/{mine}", f"/bookings/{mine}/edit"):
        page = alva.get(path).text
        assert "<script>alert" not in page and "&lt;script&gt;alert(1)" in page and "{{7*7}}" in page


@pytest.mark.parametrize("path", ["/", "/bookings", "/bookings/{id}", "/bookings/{id}/edit"])
def test_private_pages_are_not_kept(app: Flask, small: Small, alva: FlaskClient, path: str) -> None:
    mine = reserve(app, small, "alva", small.a1, at(TUESDAY, "09:00", "10:00"))
    answer = alva.get(path.format(id=mine))
    assert answer.headers["Cache-Control"] == "no-store" and "style=" not in answer.text
