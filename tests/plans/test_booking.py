"""Plans as they meet bookings: through the service and over HTTP, on both databases."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from innovation_station.bookings import queries, service
from innovation_station.bookings.models import Booking
from innovation_station.db import db, transaction
from innovation_station.errors import Refused
from innovation_station.plans import service as plans
from innovation_station.plans.rules import Quota
from tests.conftest import NOW, TUESDAY, ZONE, Clock, Small, at, browser, log_in, post, statements, token_in
from tests.plans.conftest import START, Planned

WISH = {"date": TUESDAY.isoformat(), "start": "09:00", "end": "11:00"}
WEDNESDAY, NEXT_MONDAY = TUESDAY + timedelta(days=1), TUESDAY + timedelta(days=6)


def book(client: FlaskClient, space: int, **fields: Any) -> Any:
    return post(client, "/bookings", {"space": space, **WISH, **fields})


def reserve(planned: Planned, who: str, space: int, day: date, start: str, end: str) -> Booking:
    with planned.app.app_context(), transaction():
        return service.reserve(planned.member(who), space, at(day, start, end), now=NOW, zone=ZONE)


def refused(planned: Planned, who: str, space: int, day: date, start: str, end: str) -> list[str]:
    with pytest.raises(Refused) as error:
        reserve(planned, who, space, day, start, end)
    return [refusal.code for refusal in error.value.refusals]


def offers_in(page: str) -> list[dict[str, str]]:
    forms = re.findall(r'<form method="post" action="/bookings" data-part>(.*?)</form>', page.split('class="alts"')[1], re.DOTALL)  # fmt: skip
    return [dict(re.findall(r'name="(\w+)" value="([^"]*)"', form)) for form in forms]


def test_plan_says_no_in_words_and_offers_what_it_covers(planned: Planned, alva: FlaskClient) -> None:
    answer = book(alva, planned.small.room)
    assert answer.status_code == 422
    assert "Hågelby ingår inte i ditt medlemskap Skrivbord." in answer.text
    offers = offers_in(answer.text)
    assert len(offers) == 3
    for offer in offers:
        made = alva.post("/bookings", data=offer)
        assert made.status_code == 303, offer
        post(alva, f"{made.location}/cancel")


def test_used_quota_names_the_rule_and_offers_days_of_the_next_week(planned: Planned, alva: FlaskClient) -> None:
    for day in (TUESDAY, WEDNESDAY):
        assert book(alva, planned.small.a1, date=str(day), start="08:00", end="12:30").status_code == 303
    answer = book(alva, planned.small.a1, date=str(WEDNESDAY), start="13:00", end="15:00")
    assert answer.status_code == 422
    assert "Skrivbord rymmer 10 timmar i veckan för skrivbordsplatser; kvar: 1 timme." in answer.text
    offers = offers_in(answer.text)
    assert len(offers) == 3 and all(offer["date"] >= str(NEXT_MONDAY) for offer in offers)
    assert alva.post("/bookings", data=offers[0]).status_code == 303
    assert book(alva, planned.small.a1, date=str(WEDNESDAY), start="13:00", end="14:00").status_code == 303
    english = log_in(browser(planned.app, "en"), "alva")
    said = book(english, planned.small.a1, date=str(WEDNESDAY), start="15:00", end="17:00").text
    assert "Skrivbord (en) holds 10 hours of desks a week; left: 0 minutes." in said


def test_membership_that_ends_offers_earlier_days(planned: Planned, alva: FlaskClient) -> None:
    planned.change(planned.membership, ends=WEDNESDAY)
    answer = book(alva, planned.small.a1, date=str(NEXT_MONDAY))
    assert answer.status_code == 422 and "gäller till och med onsdag 25 november" in answer.text
    offers = offers_in(answer.text)
    assert offers and all(offer["date"] <= str(WEDNESDAY) for offer in offers)
    assert alva.post("/bookings", data=offers[0]).status_code == 303


def test_pause_refuses_its_days_and_offers_those_after(planned: Planned, alva: FlaskClient) -> None:
    planned.change(planned.membership, paused_from=TUESDAY, paused_until=NEXT_MONDAY)
    answer = book(alva, planned.small.a1)
    assert answer.status_code == 422 and "vilar till och med måndag 30 november" in answer.text
    offers = offers_in(answer.text)
    assert len(offers) == 3 and all(offer["date"] > str(NEXT_MONDAY) for offer in offers)
    assert alva.post("/bookings", data=offers[0]).status_code == 303


def test_member_without_a_plan_is_told_whom_to_ask(planned: Planned, bo: FlaskClient) -> None:
    answer = book(bo, planned.small.a1)
    assert answer.status_code == 422 and "behövs ett medlemskap" in answer.text
    page = bo.get(f"/book?date={TUESDAY}").text
    assert "behövs ett medlemskap" in page and 'data-state="free"' not in page


def test_plan_for_everybody_holds_for_who_has_none(planned: Planned, bo: FlaskClient) -> None:
    planned.plan("Öppet", kinds=("booth",), standard=True)
    assert book(bo, planned.small.booth).status_code == 303
    assert book(bo, planned.small.a1).status_code == 422


def test_organisations_plan_holds_for_its_members(planned: Planned, bo: FlaskClient) -> None:
    planned.give(planned.all, organisation_id=planned.school)
    assert book(bo, planned.small.room).status_code == 422
    planned.join("bo", planned.school)
    assert book(bo, planned.small.room).status_code == 303
    planned.join("bo", None)
    assert book(bo, planned.small.room, start="12:00", end="13:00").status_code == 422


def test_staff_books_what_it_likes_and_moves_others_beyond_their_plan(planned: Planned, alva: FlaskClient) -> None:
    host = log_in(browser(planned.app), "host")
    assert book(host, planned.small.hall).status_code == 303
    made = book(alva, planned.small.a1)
    moved = post(host, f"{made.location}/edit", {"space": planned.small.room, **WISH})
    assert moved.status_code == 303
    back = post(alva, f"{made.location}/edit", {"space": planned.small.hall, **WISH, "date": str(WEDNESDAY)})
    assert back.status_code == 422


def test_moving_counts_the_booking_once(planned: Planned) -> None:
    first = reserve(planned, "alva", planned.small.a1, TUESDAY, "08:00", "17:00")
    with planned.app.app_context(), transaction():
        alva = planned.member("alva")
        service.move(alva, first.id, space_id=planned.small.a2, span=at(TUESDAY, "08:00", "18:00"), now=NOW, zone=ZONE)
    assert refused(planned, "alva", planned.small.a1, WEDNESDAY, "08:00", "09:00") == ["quota-hours"]
    with planned.app.app_context(), transaction():
        service.cancel(planned.member("alva"), first.id, now=NOW)
    assert reserve(planned, "alva", planned.small.a1, WEDNESDAY, "08:00", "18:00").id
    with planned.app.app_context(), transaction(), pytest.raises(Refused):
        service.restore(planned.member("alva"), first.id, now=NOW, zone=ZONE)


def test_words_alone_are_measured_by_no_plan(planned: Planned) -> None:
    made = reserve(planned, "alva", planned.small.a1, TUESDAY, "08:00", "10:00")
    planned.change(planned.membership, ends=START)
    with planned.app.app_context(), transaction():
        changed = service.move(
            planned.member("alva"), made.id, space_id=made.space_id, span=made.span, title="Ny", now=NOW, zone=ZONE
        )
        assert changed.title == "Ny"


def test_shared_quota_counts_all_members_and_follows_who_booked(planned: Planned) -> None:
    planned.give(planned.all, organisation_id=planned.school)
    planned.share(Quota("room", "week", "hours", 180), Quota(None, "month", "bookings", 3))
    for who in ("alva", "bo"):
        planned.join(who, planned.school)
    planned.change(planned.membership, ends=START)
    reserve(planned, "alva", planned.small.room, TUESDAY, "08:00", "10:00")
    assert refused(planned, "bo", planned.small.room, TUESDAY, "12:00", "14:00") == ["shared-hours"]
    reserve(planned, "bo", planned.small.room, TUESDAY, "12:00", "13:00")
    planned.join("alva", None)  # what was booked for the organisation stays counted
    assert refused(planned, "bo", planned.small.room, WEDNESDAY, "12:00", "13:00") == ["shared-hours"]
    reserve(planned, "bo", planned.small.a1, TUESDAY, "08:00", "10:00")
    assert refused(planned, "bo", planned.small.a1, WEDNESDAY, "08:00", "10:00") == ["shared-bookings"]
    reserve(planned, "bo", planned.small.a1, date(2026, 12, 1), "08:00", "10:00")
    with planned.app.app_context():
        uses = queries.shared_uses(planned.school, at(TUESDAY, "08:00", "18:00"), ZONE)
        assert sorted((use.kind, use.minutes, use.bookings) for use in uses) == [("desk", 120, 1), ("room", 180, 2)]


def test_shared_uses_stretch_from_week_to_week_and_month_to_month(planned: Planned) -> None:
    planned.give(planned.all, organisation_id=planned.school)
    planned.join("bo", planned.school)
    days = [date(2026, 11, 26), date(2026, 11, 27), date(2026, 11, 30), date(2026, 12, 1), date(2026, 12, 8)]
    for day in days:
        reserve(planned, "bo", planned.small.room, day, "09:00", "10:30")
    with planned.app.app_context():
        span = at(date(2026, 11, 1), "00:00", "01:00")
        until = at(date(2027, 1, 1), "00:00", "01:00").start
        uses = queries.shared_uses(planned.school, type(span)(span.start, until), ZONE)
    assert sorted((use.day, use.minutes, use.bookings) for use in uses) == [
        (date(2026, 11, 23), 180, 2), (date(2026, 11, 30), 90, 1), (date(2026, 12, 1), 90, 1),
        (date(2026, 12, 7), 90, 1),
    ]  # fmt: skip


def test_dedicated_desk_is_its_owners_alone_and_counts_for_nothing(planned: Planned, bo: FlaskClient) -> None:
    planned.give(planned.all, "bo")
    with planned.app.app_context(), transaction():
        desk = plans.dedicate(planned.small.a3, planned.small.people["alva"], starts=TUESDAY, actor=None)
    answer = book(bo, planned.small.a3)
    assert answer.status_code == 422 and "A3 är en medlems egen plats." in answer.text
    assert re.search(
        rf'id="p{planned.small.a3}"[^>]*data-state="not-for-me"[^>]*någons egen', bo.get(f"/book?date={TUESDAY}").text
    )
    for day in range(4):
        reserve(planned, "alva", planned.small.a3, TUESDAY + timedelta(days=day if day < 4 else 6), "08:00", "18:00")
    assert reserve(planned, "alva", planned.small.a1, NEXT_MONDAY, "08:00", "18:00").id
    with planned.app.app_context(), transaction():
        plans.release(desk.id, today=date(2026, 11, 24), actor=None)
    assert book(bo, planned.small.a3, start="18:00").status_code in (409, 422)


def test_book_page_shows_what_is_not_for_me_with_sign_and_words(planned: Planned, alva: FlaskClient) -> None:
    page = alva.get(f"/book?date={TUESDAY}&kind=room").text
    room = re.search(rf'<a id="p{planned.small.room}".*?</a>', page, re.DOTALL)
    assert room and 'data-state="not-for-me"' in room[0] and "ingår inte i ditt medlemskap" in room[0]
    assert "#i-lock" in room[0] and "Ingår inte i ditt medlemskap" in room[0]
    booth = re.search(rf'<a id="p{planned.small.booth}".*?</a>', page, re.DOTALL)
    assert booth and "#g-lock" in booth[0]
    assert re.search(rf'<li id="l{planned.small.room}">.*?Ingår inte i ditt medlemskap', page, re.DOTALL)
    assert re.search(r"tl-seg is-not-for-me", page)
    assert "0 lediga" in page
    legend = page.split('class="legend"')[1].split("</ul>")[0]
    assert "Inte för dig att boka" in legend and "#g-lock" in legend
    sheet = alva.get(f"/book/{planned.small.room}?date={TUESDAY}&kind=room", headers={"X-Part": "sheet"}).text
    assert "Hågelby ingår inte i ditt medlemskap Skrivbord." in sheet and 'class="alts"' in sheet


def test_readers_of_different_plans_see_their_own_in_any_order(
    planned: Planned, alva: FlaskClient, bo: FlaskClient
) -> None:
    planned.give(planned.all, "bo")

    def states(client: FlaskClient) -> tuple[str, str]:
        page = client.get(f"/book?date={TUESDAY}").text
        found = [
            re.search(rf'id="p{space}"[^>]*data-state="([\w-]+)"', page)
            for space in (planned.small.a1, planned.small.room)
        ]
        return tuple(match[1] for match in found if match)  # type: ignore[return-value]

    for _ in range(2):
        assert states(alva) == ("free", "not-for-me") and states(bo) == ("free", "free")


def test_what_changes_a_plan_changes_the_tag_of_the_day(planned: Planned, alva: FlaskClient) -> None:
    path, part = f"/book?date={TUESDAY}", {"X-Part": "day"}
    tags = [alva.get(path, headers=part).headers["ETag"]]
    planned.change(planned.membership, ends=WEDNESDAY)
    tags.append(alva.get(path, headers=part).headers["ETag"])
    planned.plan("Ny")
    tags.append(alva.get(path, headers=part).headers["ETag"])
    with planned.app.app_context(), transaction():
        plans.dedicate(planned.small.a3, planned.small.people["bo"], starts=TUESDAY, actor=None)
    tags.append(alva.get(path, headers=part).headers["ETag"])
    assert len(set(tags)) == 4
    assert alva.get(path, headers={**part, "If-None-Match": tags[-1]}).status_code == 304


def test_sheet_says_what_is_left(planned: Planned, alva: FlaskClient) -> None:
    book(alva, planned.small.a1)
    sheet = alva.get(f"/book/{planned.small.a2}?date={WEDNESDAY}", headers={"X-Part": "sheet"}).text
    assert "Du har 8 timmar av 10 timmar kvar den veckan för skrivbordsplatser." in sheet
    whole = re.search(r'value="day"[^>]*', sheet)
    assert whole and "disabled" in whole[0] and "mer än som är kvar" in sheet


def test_nothing_is_offered_on_other_pages_that_the_plan_refuses(
    planned: Planned, bo: FlaskClient, clock: Clock
) -> None:
    assert (
        "Boka " not in bo.get("/bookings").text.split("<main")[1].split("Ledigt")[0]
        or 'action="/bookings"' not in bo.get("/bookings").text
    )
    page = bo.get("/").text
    assert 'action="/bookings"' not in page
    planned.give(planned.all, "bo")
    assert 'action="/bookings"' in bo.get("/").text


# -- statements -------------------------------------------------------------------------------------------------------


def test_plans_cost_the_book_page_one_statement_where_there_are_quotas_and_none_elsewhere(
    planned: Planned, alva: FlaskClient, bo: FlaskClient
) -> None:
    planned.give(planned.all, "bo")
    path = f"/book?date={TUESDAY}"

    def cost(client: FlaskClient, **headers: str) -> int:
        with statements(planned.app) as seen:
            client.get(path, headers=headers)
        return len(seen)

    for client, more in ((bo, 0), (alva, 1)):
        client.get(path)
        assert cost(client) == 1 + more
        etag = client.get(path, headers={"X-Part": "day"}).headers["ETag"]
        assert cost(client, **{"X-Part": "day", "If-None-Match": etag}) == 1


def test_plans_cost_a_booking_a_fixed_number_of_statements(
    planned: Planned, alva: FlaskClient, bo: FlaskClient
) -> None:
    planned.give(planned.all, "bo")

    def cost(client: FlaskClient, space: int, hour: int) -> int:
        token = token_in(client.get("/book").text)
        wish = {
            "csrf_token": token,
            "space": space,
            "date": str(TUESDAY),
            "start": f"{hour:02}:00",
            "end": f"{hour + 1}:00",
        }
        with statements(planned.app) as seen:
            assert client.post("/bookings", data=wish).status_code == 303
        return len(seen)

    free = cost(bo, planned.small.room, 9)  # a plan without quotas: the ledger alone
    counted = cost(alva, planned.small.a1, 9)
    assert counted - free == 1
    planned.join("alva", planned.school)
    planned.share(Quota("desk", "month", "hours", 6000))
    alva.get("/book")
    shared = cost(alva, planned.small.a1, 11)
    assert shared - counted == 3 and cost(alva, planned.small.a1, 13) == shared


def test_what_counts_is_found_by_an_index(planned: Planned, request: pytest.FixtureRequest) -> None:
    if "sqlite" not in request.node.callspec.id:
        pytest.skip("PostgreSQL scans small tables whatever the index; the bench looks at its plans")
    with statements(planned.app) as seen, planned.app.app_context():
        queries.booked(1, at(TUESDAY, "08:00", "18:00"))
        queries.shared_uses(planned.school, at(TUESDAY, "08:00", "18:00"), ZONE)
        for statement in list(seen):
            count = statement.count("?")
            for row in db.session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", (1,) * count):
                assert not re.match(r"SCAN booking\b", row[3]), row[3]


def test_house_without_plans_asks_nothing_of_them(app: Flask, small: Small, alva: FlaskClient) -> None:
    alva.get(f"/book?date={TUESDAY}")
    with statements(app) as seen:
        alva.get(f"/book?date={TUESDAY}")
        book(alva, small.a1)
    assert not [
        statement for statement in seen if re.search(r"\b(plan|membership|ledger_entry|dedicated_desk)\b", statement)
    ]
    with app.app_context():
        assert (
            db.session.scalar(select(func.count()).select_from(Booking).where(Booking.organisation_id.is_not(None)))
            == 0
        )
