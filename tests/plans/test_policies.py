"""Booking rules of plans and quotas for all, through the service and over HTTP, on both databases."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.exc import IntegrityError

from innovation_station.bookings import queries, schedule, service
from innovation_station.bookings.models import Booking
from innovation_station.db import db, transaction
from innovation_station.errors import DomainError, Refused
from innovation_station.plans import queries as plan_queries
from innovation_station.plans import service as plans
from innovation_station.plans.models import PlanPolicy
from innovation_station.plans.rules import Limit, Quota
from innovation_station.spaces import service as spaces
from innovation_station.spaces.models import Space
from innovation_station.spaces.queries import house
from tests.conftest import NOW, TUESDAY, ZONE, Clock, Small, at, browser, log_in, post, statements, token_in
from tests.plans.conftest import START, Planned

WISH = {"date": TUESDAY.isoformat(), "start": "09:00", "end": "11:00"}
WEDNESDAY = TUESDAY + timedelta(days=1)
FAR = date(2027, 1, 12)


def rule(planned: Planned, plan: int, **values: Any) -> None:
    with planned.app.app_context(), transaction():
        plans.set_policy(plan, **values)


def limit(planned: Planned, *limits: Limit, **scope: Any) -> None:
    with planned.app.app_context(), transaction():
        plans.set_limits(limits, **scope)


def reserve(planned: Planned, who: str, space: int, day: date, start: str, end: str) -> Booking:
    with planned.app.app_context(), transaction():
        return service.reserve(planned.member(who), space, at(day, start, end), now=NOW, zone=ZONE)


def refused(planned: Planned, who: str, space: int, day: date, start: str, end: str) -> list[str]:
    with pytest.raises(DomainError) as error:
        reserve(planned, who, space, day, start, end)
    return [refusal.code for refusal in error.value.refusals]


def state(client: FlaskClient, space: int, path: str) -> tuple[str, str]:
    """Give a place's state on the plan, and its row in the timeline."""
    page = client.get(path).text
    found = re.search(rf'id="p{space}"[^>]*data-state="([\w-]+)"', page)
    row = re.search(rf'data-track="{space}">.*?</div></div>', page)
    assert found and row
    return found[1], row[0]


# -- rules of a plan --------------------------------------------------------------------------------------------------


def test_each_plan_has_its_own_horizon(planned: Planned) -> None:
    planned.give(planned.all, "bo")
    rule(planned, planned.desks, horizon=14)
    assert refused(planned, "alva", planned.small.a1, FAR, "09:00", "10:00") == ["too-far"]
    assert reserve(planned, "bo", planned.small.a1, FAR, "09:00", "10:00").id
    assert reserve(planned, "host", planned.small.a2, FAR, "09:00", "10:00").id
    rule(planned, planned.desks)
    assert reserve(planned, "alva", planned.small.a3, FAR, "09:00", "10:00").id


def test_moving_and_taking_back_are_measured_by_the_plan_too(planned: Planned) -> None:
    first = reserve(planned, "alva", planned.small.a1, TUESDAY, "09:00", "10:00")
    gone = reserve(planned, "alva", planned.small.a1, TUESDAY, "12:00", "13:00")
    with planned.app.app_context(), transaction():
        service.cancel(planned.member("alva"), gone.id, now=NOW)
    rule(planned, planned.desks, kind="desk", shortest=120)
    span = at(TUESDAY, "14:00", "15:00")
    for who, change in (
        ("alva", lambda who: service.move(who, first.id, space_id=planned.small.a1, span=span, now=NOW, zone=ZONE)),
        ("alva", lambda who: service.restore(who, gone.id, now=NOW, zone=ZONE)),
    ):
        with planned.app.app_context(), pytest.raises(Refused, match="too-short"), transaction():
            change(planned.member(who))
    with planned.app.app_context(), transaction():  # staff is measured by the rules for all
        service.move(planned.member("host"), first.id, space_id=planned.small.a1, span=span, now=NOW, zone=ZONE)


def test_buffers_of_a_plan_are_looked_for_and_taken(planned: Planned) -> None:
    planned.give(planned.all, "bo")
    reserve(planned, "bo", planned.small.a1, TUESDAY, "08:00", "09:00")
    rule(planned, planned.desks, setup=30, clearing=15)
    assert refused(planned, "alva", planned.small.a1, TUESDAY, "09:00", "10:00") == ["too-close"]
    made = reserve(planned, "alva", planned.small.a1, TUESDAY, "09:30", "10:00")
    assert (made.setup, made.clearing) == (30, 15) and made.takes == at(TUESDAY, "09:00", "10:15")
    with planned.app.app_context():
        rows = queries.taken(at(TUESDAY, "08:00", "18:00"), house(), [planned.small.a1])
        assert [row.span for row in rows] == [at(TUESDAY, "08:00", "09:00"), at(TUESDAY, "09:00", "10:15")]


def test_plan_that_keeps_nothing_free_books_between_the_others(planned: Planned) -> None:
    with planned.app.app_context(), transaction():
        spaces.set_policy(kind="desk", setup=60)
    planned.give(planned.all, "bo")
    rule(planned, planned.all, kind="desk", setup=0)
    reserve(planned, "alva", planned.small.a1, TUESDAY, "09:00", "10:00")
    assert reserve(planned, "bo", planned.small.a1, TUESDAY, "10:00", "11:00").setup == 0


def test_deadline_to_cancel_is_that_of_the_plan_on_the_day(planned: Planned) -> None:
    planned.give(planned.all, "bo")
    rule(planned, planned.desks, cancel_by=24 * 60)
    mine = reserve(planned, "alva", planned.small.a1, TUESDAY, "09:00", "10:00")
    theirs = reserve(planned, "bo", planned.small.a2, TUESDAY, "09:00", "10:00")
    late = at(TUESDAY, "08:00", "09:00").start
    with planned.app.app_context(), pytest.raises(Refused, match="cancel-late"), transaction():
        service.cancel(planned.member("alva"), mine.id, now=late)
    with planned.app.app_context(), transaction():
        assert service.cancel(planned.member("bo"), theirs.id, now=late).cancelled


def test_places_are_let_go_by_the_grace_of_the_plan(planned: Planned) -> None:
    planned.give(planned.all, "bo")
    rule(planned, planned.desks, check_in=15)
    mine = reserve(planned, "alva", planned.small.a1, TUESDAY, "09:00", "11:00")
    theirs = reserve(planned, "bo", planned.small.a2, TUESDAY, "09:00", "11:00")
    nine = at(TUESDAY, "09:00", "11:00").start
    with planned.app.app_context():
        told = [schedule.check_ins(nine + timedelta(minutes=late)) for late in (5, 11, 17)]
        assert told == ["0 released, 0 reminded", "0 released, 1 reminded", "1 released, 0 reminded"]
        with statements(planned.app) as seen:
            schedule.check_ins(nine + timedelta(minutes=18))
        assert len(seen) <= 4
        states = [db.session.get_one(Booking, booking.id).state for booking in (mine, theirs)]
    assert states == ["no-show", "confirmed"]


def test_who_must_ask_hangs_on_the_plan(planned: Planned) -> None:
    planned.give(planned.all, "bo")
    rule(planned, planned.all, space_id=planned.small.hall, approval=48 * 60)
    assert reserve(planned, "bo", planned.small.hall, WEDNESDAY, "09:00", "10:00").state == "requested"
    assert reserve(planned, "bo", planned.small.room, WEDNESDAY, "09:00", "10:00").state == "confirmed"


def test_only_the_plan_on_the_wished_day_counts(planned: Planned) -> None:
    rule(planned, planned.desks, kind="desk", shortest=120)
    planned.change(planned.membership, ends=TUESDAY)
    planned.give(planned.all, "alva", starts=WEDNESDAY)
    assert refused(planned, "alva", planned.small.a1, TUESDAY, "09:00", "10:00") == ["too-short"]
    assert reserve(planned, "alva", planned.small.a1, WEDNESDAY, "09:00", "10:00").id


def test_rules_of_a_plan_are_one_for_each_scope(planned: Planned) -> None:
    for scope in ({}, {"kind": "desk"}, {"space_id": planned.small.a1}):
        with planned.app.app_context(), pytest.raises(IntegrityError), transaction() as session:
            session.add_all([PlanPolicy(plan_id=planned.all, notice=1, **scope) for _ in range(2)])
            session.flush()
    with planned.app.app_context(), transaction():
        plans.set_policy(planned.all, kind="desk", notice=60, opens=0, booked_by="member")
        plans.set_policy(planned.all, kind="desk", notice=30)
    with planned.app.app_context():
        (only,) = db.session.query(PlanPolicy).all()
        assert only.rule() == {"notice": 30}


# -- what pages show --------------------------------------------------------------------------------------------------


def test_pages_say_until_when_to_come_by_the_plan(planned: Planned, alva: FlaskClient, clock: Clock) -> None:
    """The house asks nobody; of who has the plan it wants a check-in within a quarter of an hour."""
    planned.give(planned.all, "bo")
    rule(planned, planned.desks, kind="desk", check_in=15)
    mine = reserve(planned, "alva", planned.small.a1, TUESDAY, "09:00", "11:00").id
    theirs = reserve(planned, "bo", planned.small.a2, TUESDAY, "09:00", "11:00").id
    bo = log_in(browser(planned.app), "bo")
    assert "Före 09.15. Sedan släpps platsen." in alva.get(f"/bookings/{mine}").text
    assert "släpps" not in bo.get(f"/bookings/{theirs}").text
    clock.now = at(TUESDAY, "09:00", "11:00").start
    alva, bo = log_in(browser(planned.app)), log_in(browser(planned.app), "bo")  # the evening before has ended both
    for path in ("/", "/bookings", f"/bookings/{mine}"):
        page = alva.get(path).text
        assert "hecka in före 09.15" in page and f'action="/bookings/{mine}/check-in"' in page, path
        other = bo.get(path.replace(str(mine), str(theirs))).text
        assert "hecka in före" not in other and "/check-in" not in other, path
    host = log_in(browser(planned.app), "host").get(f"/bookings/{mine}").text
    assert "Checka in före 09.15" in host and f'action="/bookings/{mine}/check-in"' in host


def test_how_much_longer_is_offered_by_the_plan(planned: Planned, clock: Clock) -> None:
    rule(planned, planned.desks, kind="desk", longest=150, opens=8 * 60, closes=17 * 60)
    mine = reserve(planned, "alva", planned.small.a1, TUESDAY, "09:00", "11:00").id
    clock.now = at(TUESDAY, "10:00", "11:00").start
    page = log_in(browser(planned.app)).get(f"/bookings/{mine}").text
    offered = re.findall(r'name="to" value="[^"]*T(\d\d:\d\d)', page)
    assert offered == ["10:15", "10:30"]  # in UTC: no longer than two hours and a half


def test_list_of_bookings_costs_the_same_for_one_and_for_three(planned: Planned, alva: FlaskClient) -> None:
    rule(planned, planned.desks, kind="desk", check_in=15)
    reserve(planned, "alva", planned.small.a1, TUESDAY, "09:00", "10:00")

    def cost() -> int:
        alva.get("/bookings")
        with statements(planned.app) as seen:
            assert alva.get("/bookings").status_code == 200
        return len(seen)

    one = cost()
    reserve(planned, "alva", planned.small.a1, TUESDAY, "10:00", "11:00")
    reserve(planned, "alva", planned.small.a1, TUESDAY, "11:00", "12:00")
    assert cost() == one


def test_no_reader_sees_another_plans_hours(planned: Planned, alva: FlaskClient, bo: FlaskClient) -> None:
    planned.give(planned.all, "bo")
    rule(planned, planned.desks, kind="desk", opens=10 * 60, notice=60)
    path, a1 = f"/book?date={TUESDAY}&from=08:00&to=18:00", planned.small.a1
    for _again in range(2):
        assert "from=10:00&amp;to=18:00" in state(alva, a1, path)[1]
        assert "from=08:00&amp;to=18:00" in state(bo, a1, path)[1]
    assert post(alva, "/bookings", {"space": a1, **WISH}).status_code == 422
    assert post(bo, "/bookings", {"space": a1, **WISH}).status_code == 303
    preset = post(alva, "/bookings", {"space": planned.small.a2, "date": str(TUESDAY), "preset": "morning"})
    with planned.app.app_context():
        made = db.session.get(Booking, int(preset.location.rsplit("/", 1)[1]))
        assert made and made.span == at(TUESDAY, "10:00", "12:00")


def test_a_day_beyond_the_horizon_is_grey_and_says_why(planned: Planned, alva: FlaskClient, bo: FlaskClient) -> None:
    planned.give(planned.all, "bo")
    rule(planned, planned.desks, horizon=14)
    path = f"/book?date={FAR}&from=09:00&to=11:00"
    assert state(alva, planned.small.a1, path)[0] == "not-for-me" and state(bo, planned.small.a1, path)[0] == "free"
    assert "kan inte bokas än" in alva.get(path).text and "0 lediga" in alva.get(path).text
    sheet = alva.get(f"/book/{planned.small.a1}?date={FAR}&from=09:00&to=11:00", headers={"X-Part": "sheet"}).text
    assert "Du kan boka 14 dagar framåt" in sheet or "14 dagar" in sheet
    assert 'class="alts"' in sheet


def test_sheet_of_a_grey_place_says_every_reason(planned: Planned, alva: FlaskClient) -> None:
    with planned.app.app_context(), transaction():
        spaces.set_policy(space=db.session.get(Space, planned.small.room), booked_by="host", horizon=3, at_once=1)
        spaces.set_bookable(planned.small.room, False)
    sheet = alva.get(
        f"/book/{planned.small.room}?date={FAR}&kind=room&from=07:00&to=11:00", headers={"X-Part": "sheet"}
    ).text
    for said in (
        "Hågelby går inte att boka just nu.", "Hågelby bokas bara av personalen. Fråga dem.", "3 dagar",
        "Hågelby ingår inte i ditt medlemskap Skrivbord.",
    ):  # fmt: skip
        assert said in sheet, said


def test_home_offers_what_the_plan_grants(planned: Planned, alva: FlaskClient, clock: Clock) -> None:
    assert re.search(r'name="start" value="(\d\d:\d\d)"', alva.get("/").text)
    rule(planned, planned.desks, kind="desk", opens=13 * 60)
    starts = re.findall(r'name="start" value="(\d\d:\d\d)"', alva.get("/").text)
    assert starts and min(starts) >= "13:00"


def test_alternatives_keep_to_the_plan(planned: Planned, alva: FlaskClient) -> None:
    rule(planned, planned.desks, kind="desk", opens=10 * 60, closes=15 * 60, longest=120)
    answer = post(alva, "/bookings", {"space": planned.small.a1, **WISH, "start": "08:00", "end": "18:00"})
    assert answer.status_code == 422 and "kan bokas 10.00–15.00 den dagen" in answer.text
    forms = re.findall(r'<form method="post" action="/bookings" data-part>(.*?)</form>', answer.text, re.DOTALL)
    offers = [dict(re.findall(r'name="(\w+)" value="([^"]*)"', form)) for form in forms if 'name="start"' in form]
    assert len(offers) >= 3
    for offer in offers[:3]:
        made = alva.post("/bookings", data=offer)
        assert made.status_code == 303, offer
        post(alva, f"{made.location}/cancel")


# -- quotas for all ---------------------------------------------------------------------------------------------------


def test_quota_of_a_kind_holds_whatever_the_plan(planned: Planned) -> None:
    planned.give(planned.all, "bo")
    limit(planned, Limit(Quota("desk", "day", "hours", 120)), kind="desk")
    reserve(planned, "bo", planned.small.a1, TUESDAY, "09:00", "10:30")
    assert refused(planned, "bo", planned.small.a1, TUESDAY, "11:00", "12:00") == ["limit-hours"]
    assert reserve(planned, "bo", planned.small.a1, TUESDAY, "11:00", "11:30").id
    assert reserve(planned, "bo", planned.small.a1, WEDNESDAY, "08:00", "10:00").id
    assert reserve(planned, "bo", planned.small.room, TUESDAY, "09:00", "12:00").id
    assert reserve(planned, "host", planned.small.a2, TUESDAY, "08:00", "18:00").id  # staff are never limited


def test_quota_of_a_space_counts_that_space_alone(planned: Planned) -> None:
    planned.give(planned.all, "bo")
    limit(planned, Limit(Quota(None, "week", "bookings", 1)), space_id=planned.small.room)
    first = reserve(planned, "bo", planned.small.room, TUESDAY, "09:00", "10:00")
    assert refused(planned, "bo", planned.small.room, WEDNESDAY, "09:00", "10:00") == ["limit-bookings"]
    assert reserve(planned, "bo", planned.small.a1, WEDNESDAY, "09:00", "10:00").id
    with planned.app.app_context(), transaction():  # what is moved counts once
        span = at(WEDNESDAY, "09:00", "10:00")
        service.move(planned.member("bo"), first.id, space_id=planned.small.room, span=span, now=NOW, zone=ZONE)
    client = log_in(browser(planned.app), "bo")
    answer = post(client, "/bookings", {"space": planned.small.room, **WISH})
    assert answer.status_code == 422 and "En medlem kan ha 1 bokningar i veckan för Hågelby" in answer.text
    assert 'class="alts"' in answer.text


def test_quota_of_organisations_counts_their_members_together(planned: Planned) -> None:
    planned.give(planned.all, organisation_id=planned.school)
    planned.change(planned.membership, ends=START)
    limit(planned, Limit(Quota(None, "day", "hours", 120), shared=True), space_id=planned.small.room)
    limit(planned, Limit(Quota(None, "month", "bookings", 3), shared=True))
    for who in ("alva", "bo"):
        planned.join(who, planned.school)
    reserve(planned, "alva", planned.small.room, TUESDAY, "09:00", "10:30")
    assert refused(planned, "bo", planned.small.room, TUESDAY, "12:00", "13:00") == ["limit-shared-hours"]
    reserve(planned, "bo", planned.small.room, WEDNESDAY, "12:00", "13:00")
    reserve(planned, "bo", planned.small.a1, WEDNESDAY, "12:00", "13:00")
    assert refused(planned, "alva", planned.small.a1, TUESDAY, "12:00", "13:00") == ["limit-shared-bookings"]
    planned.join("alva", None)
    planned.give(planned.all, "alva")
    assert reserve(planned, "alva", planned.small.a1, TUESDAY, "12:00", "13:00").id  # alone, no organisation is meant


def test_quotas_hold_in_a_house_without_plans(app: Flask, small: Small, alva: FlaskClient) -> None:
    with app.app_context(), transaction():
        plans.set_limits([Limit(Quota(None, "day", "bookings", 1))])
    assert post(alva, "/bookings", {"space": small.a1, **WISH}).status_code == 303
    answer = post(alva, "/bookings", {"space": small.room, **WISH})
    assert answer.status_code == 422 and "En medlem kan ha 1 bokningar om dagen för allt" in answer.text
    page = alva.get("/account/plan").text
    assert "1 bokning om dagen för allt, mån 23 nov<" in page and "behövs ett medlemskap" not in page
    assert 'data-state="free"' in alva.get(f"/book?date={WEDNESDAY}").text


def test_plan_may_have_a_quota_by_the_day(planned: Planned) -> None:
    planned.plan("Dag", standard=True, quotas=(Quota("desk", "day", "bookings", 1),))
    reserve(planned, "bo", planned.small.a1, TUESDAY, "09:00", "10:00")
    assert refused(planned, "bo", planned.small.a1, TUESDAY, "12:00", "13:00") == ["quota-bookings"]
    assert reserve(planned, "bo", planned.small.a1, WEDNESDAY, "12:00", "13:00").id


def test_quota_outside_of_its_bounds_is_refused(planned: Planned) -> None:
    with planned.app.app_context(), pytest.raises(Refused, match="quota-amount"), transaction():
        plans.set_limits([Limit(Quota(None, "day", "hours", 2_000_000))])


# -- what it costs ----------------------------------------------------------------------------------------------------


def test_rules_of_plans_cost_no_statement(planned: Planned, bo: FlaskClient) -> None:
    planned.give(planned.all, "bo")

    def cost(space: int, hour: int) -> tuple[int, int]:
        token = token_in(bo.get(f"/book?date={TUESDAY}").text)
        with statements(planned.app) as page:
            bo.get(f"/book?date={TUESDAY}")
        hours = {"start": f"{hour:02}:00", "end": f"{hour + 1:02}:00"}
        with statements(planned.app) as booking:
            made = bo.post("/bookings", data={"csrf_token": token, "space": space, **WISH, **hours})
        assert made.status_code == 303, made.text
        return len(page), len(booking)

    cost(planned.small.a2, 8)
    before = cost(planned.small.a1, 9)
    rule(planned, planned.all, horizon=60)
    rule(planned, planned.desks, kind="desk", opens=600)
    bo.get("/book")  # reads the house anew
    assert cost(planned.small.a1, 12) == before


def test_plans_without_rules_share_one_house(planned: Planned) -> None:
    with planned.app.app_context():
        assert plan_queries.catalogue(house()).houses == {}
    rule(planned, planned.desks, kind="hall", horizon=60)
    with planned.app.app_context():
        here = house()
        catalogue = plan_queries.catalogue(here)
        assert set(catalogue.houses) == {None, planned.desks} and catalogue.houses[None] is here
        assert catalogue.houses[planned.desks] is not here
        assert plan_queries.catalogue(catalogue.houses[planned.desks]) is catalogue
