"""The pages of rules, on both databases: seen by hosts, changed by administrators, and what each change would refuse."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from innovation_station.audit import queries as audit
from innovation_station.bookings import service as bookings
from innovation_station.bookings.models import Booking
from innovation_station.db import db, transaction
from innovation_station.errors import NotAllowed, NotFound, Refused
from innovation_station.members.models import Member
from innovation_station.plans import queries as plan_queries
from innovation_station.plans import service as plans
from innovation_station.plans.rules import Limit, Quota
from innovation_station.plans.service import Contents
from innovation_station.policies import queries, service
from innovation_station.spaces import service as spaces
from innovation_station.spaces.queries import house
from innovation_station.spaces.rules import Scope
from tests.conftest import MONDAY, NOW, TUESDAY, ZONE, Small, at, browser, log_in, post, statements

EMPTY = {
    f"limits-{row}-{name}": value
    for row in range(4)
    for name, value in (("amount", ""), ("unit", "hours"), ("per", "week"), ("whose", "member"))
}


@pytest.fixture
def admin(app: Flask) -> FlaskClient:
    return log_in(browser(app), "admin")


@pytest.fixture
def host(app: Flask) -> FlaskClient:
    return log_in(browser(app), "host")


def plan(app: Flask, small: Small, **more: Any) -> int:
    with app.app_context(), transaction():
        made = plans.add_plan(Contents(names=("Medlem", "Member")), actor=None)
        plans.give(made.id, member_id=small.people["alva"], starts=NOW.date(), now=NOW, actor=None, **more)
        return made.id


def reserve(app: Flask, small: Small, space: int, start: str = "09:00", end: str = "11:00", who: str = "alva") -> int:
    with app.app_context(), transaction():
        member = db.session.get_one(Member, small.people[who])
        return bookings.reserve(member, space, at(TUESDAY, start, end), now=NOW, zone=ZONE).id


def save(client: FlaskClient, scope: str, act: str = "save", **fields: Any) -> Any:
    return post(client, f"/staff/rules/edit?{scope}", {**EMPTY, "act": act, **fields})


def policy(app: Flask, space: int) -> Any:
    with app.app_context():
        return house().places[space].policy


# -- all rules --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("language", "words"), [
    ("sv", ("Mötesrum", "Kortast", "2 timmar", "Bara personal", "Scenen", "Medlem", "1 bokning om dagen för skrivbordsplatser, av varje medlem")),
    ("en", ("Meeting rooms", "Shortest", "2 hours", "Staff only", "Scenen", "Member", "1 booking a day of desks, by each member")),
])  # fmt: skip
def test_matrix_shows_kinds_places_and_plans(
    app: Flask, small: Small, admin: FlaskClient, language: str, words: tuple[str, ...]
) -> None:
    number = plan(app, small)
    with app.app_context(), transaction():
        actor = db.session.get_one(Member, small.people["admin"])
        service.change(Scope(kind="room"), {"longest": 120}, actor=actor)
        service.change(Scope(space=small.hall), {"booked_by": "host"}, actor=actor)
        service.change(Scope(number, kind="desk"), {"horizon": 30}, actor=actor)
        limit = Limit(Quota("desk", "day", "bookings", 1))
        service.change(Scope(kind="desk"), {}, limits=[limit], actor=actor)
    page = log_in(browser(app, language), "host").get("/staff/rules").text
    for word in words:
        assert word in page, word
    assert f'href="/staff/rules/edit?space={small.hall}"' in page
    assert f"plan={number}&amp;kind=desk" in page


def test_pages_cost_the_same_however_many_rules_there_are(app: Flask, small: Small, host: FlaskClient) -> None:
    def cost() -> int:
        host.get("/staff/rules")
        with statements(app) as seen:
            host.get("/staff/rules")
        return len(seen)

    before = cost()
    with app.app_context(), transaction():
        for space in (small.a1, small.a2, small.room):
            plans.set_limits([Limit(Quota(None, "day", "bookings", 1))], space_id=space)
    assert cost() == before


# -- one scope --------------------------------------------------------------------------------------------------------


def test_rule_of_a_kind_is_set_read_again_and_taken_away(app: Flask, small: Small, admin: FlaskClient) -> None:
    given = {
        "granularity": "30", "shortest": "30 min", "longest": "2 h", "notice": "1 d", "horizon": "60", "setup": "15",
        "clearing": "10 min", "approval": "48 h", "check_in": "15", "cancel_by": "1 d", "at_once": "2",
        "booked_by": "host", "opens": "09:00", "closes": "17:00", "limits-0-amount": "10", "limits-0-per": "month",
        "limits-1-amount": "3", "limits-1-unit": "bookings", "limits-1-whose": "organisation",
    }  # fmt: skip
    assert save(admin, "kind=room", **given).status_code == 303
    found = policy(app, small.room)
    assert (found.granularity, found.shortest, found.longest, found.notice) == (30, 30, 120, 1440)
    assert (found.horizon, found.setup, found.clearing, found.approval) == (60, 15, 10, 2880)
    assert (found.check_in, found.cancel_by, found.at_once, found.booked_by) == (15, 1440, 2, "host")
    assert (found.opens, found.closes) == (540, 1020)
    with app.app_context():
        limits = plan_queries.catalogue(house()).limits
    assert [(one.quota.amount, one.quota.per, one.quota.unit, one.shared) for one in limits] == [
        (600, "month", "hours", False), (3, "week", "bookings", True),
    ]  # fmt: skip
    page = admin.get("/staff/rules/edit?kind=room").text
    for value in ("2 h", "1 d", "10 min", "09:00", "17:00"):
        assert f'value="{value}"' in page, value
    assert "Tomt: 10 timmar, enligt grundregeln." in page
    assert save(admin, "kind=room", granularity="", booked_by="").status_code == 303
    assert policy(app, small.room) == policy(app, small.a1)
    told = admin.get("/staff/rules/edit?kind=room").text
    assert "Bokningsregler ändrades" in told and "Längst 2 timmar → –" in told and "Längst – → 2 timmar" in told


def test_hours_that_a_rule_narrows_are_those_of_the_floor_plan(app: Flask, small: Small, admin: FlaskClient) -> None:
    assert save(admin, f"space={small.room}", opens="10:00", granularity="", booked_by="").status_code == 303
    alva = log_in(browser(app))
    assert "from=10:00&amp;to=18:00" in alva.get(f"/book?date={TUESDAY}&kind=room").text
    assert save(admin, f"space={small.room}", granularity="", booked_by="").status_code == 303
    assert "from=08:00&amp;to=18:00" in alva.get(f"/book?date={TUESDAY}&kind=room").text


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"longest": "lång"}, "Skriv en längd, till exempel 45 min"),
        ({"longest": "32 d"}, "Skriv ett tal från 1 till 44640."),
        ({"horizon": "1200"}, "Skriv ett tal från 0 till 1100."),
        ({"at_once": "-1"}, "Skriv ett heltal"),
        ({"shortest": "2 h", "longest": "1 h"}, "Inget skulle gå att boka i Hågelby"),
        ({"opens": "17:00", "closes": "09:00"}, "det skulle stänga innan det öppnar"),
        ({"opens": "25:00"}, "Skriv tider som timmar och minuter"),
        ({"limits-0-amount": "x"}, "Skriv ett heltal"),
    ],
)
def test_bad_rules_are_answered_in_words_and_keep_what_was_typed(
    app: Flask, small: Small, admin: FlaskClient, fields: dict[str, str], said: str
) -> None:
    answer = save(admin, "kind=room", notice="3 h", granularity="", booked_by="", **fields)
    assert answer.status_code == 422 and said in answer.text
    assert 'value="3 h"' in answer.text and f'value="{next(iter(fields.values()))}"' in answer.text
    assert policy(app, small.room).notice == 0


def test_all_reasons_come_at_once(admin: FlaskClient) -> None:
    answer = save(admin, "kind=room", granularity="", booked_by="", horizon="9999", longest="400 d")
    assert "Skriv ett tal från 0 till 1100." in answer.text and "Skriv ett tal från 1 till 44640." in answer.text


def test_unknown_scopes_are_not_found(admin: FlaskClient) -> None:
    for scope in ("kind=castle", "space=999", "space=x", "plan=999", "kind=room&space=1", "plan=0"):
        assert admin.get(f"/staff/rules/edit?{scope}").status_code == 404, scope


def test_rule_of_a_plan_holds_for_its_members_alone(app: Flask, small: Small, admin: FlaskClient) -> None:
    number = plan(app, small)
    assert "Tomt: som för slaget." in admin.get(f"/staff/rules/edit?plan={number}").text
    assert save(admin, f"plan={number}&kind=desk", horizon="7", granularity="", booked_by="").status_code == 303
    assert policy(app, small.a1).horizon == 90
    with app.app_context():
        ruled = plan_queries.catalogue(house()).houses[number]
        assert ruled.places[small.a1].policy.horizon == 7
        told = audit.about("rules-plan", number, limit=5)
        assert [(one.action, one.after["horizon"], one.after["kind"]) for one in told] == [("rules.changed", 7, "desk")]


def test_hosts_read_and_change_nothing(app: Flask, small: Small, admin: FlaskClient, host: FlaskClient) -> None:
    save(admin, "kind=room", longest="2 h", granularity="", booked_by="")
    page = host.get("/staff/rules/edit?kind=room").text
    assert "Längst 2 timmar" in page and 'name="longest"' not in page
    assert save(host, "kind=room", longest="1 h").status_code == 403
    with app.app_context():
        who = db.session.get_one(Member, small.people["host"])
        with pytest.raises(NotAllowed, match="rule-admin"), transaction():
            service.change(Scope(kind="room"), {"longest": 60}, actor=who)
    assert policy(app, small.room).longest == 120


def test_service_refuses_what_the_form_would_not_send(app: Flask, small: Small) -> None:
    with app.app_context():
        who = db.session.get_one(Member, small.people["admin"])
        for scope, rule, error in (
            (Scope(kind="room"), {"granularity": 50}, Refused),
            (Scope(space=999), {"longest": 60}, NotFound),
            (Scope(), {"longest": 60}, Refused),
        ):
            with pytest.raises(error), transaction():
                service.change(scope, rule, actor=who)
        assert audit.about("rules-room", None, limit=5) == []


# -- what a change would refuse ---------------------------------------------------------------------------------------


def test_change_names_what_it_would_refuse_and_leaves_it(app: Flask, small: Small, admin: FlaskClient) -> None:
    booked = reserve(app, small, small.room)
    reserve(app, small, small.hall, "12:00", "15:00", "bo")
    looked = save(admin, "kind=room", "look", longest="1 h", granularity="", booked_by="")
    assert looked.status_code == 200 and "1 kommande bokning skulle inte beviljas längre." in looked.text
    assert f'href="/bookings/{booked}"' in looked.text and "Längsta bokningen här är 1 timme." in looked.text
    assert 'value="1 h"' in looked.text and policy(app, small.room).longest == 600
    none = save(admin, "kind=booth", "look", longest="1 h", granularity="", booked_by="")
    assert "Alla kommande bokningar skulle fortfarande beviljas." in none.text
    saved = save(admin, "kind=room", longest="1 h", granularity="", booked_by="")
    said = admin.get(saved.location).text
    assert "1 kommande bokning skulle inte beviljas enligt det; den står kvar." in said
    with app.app_context():
        row = db.session.get_one(Booking, booked)
        assert (row.state, row.revision, row.span) == ("confirmed", 0, at(TUESDAY, "09:00", "11:00"))


def test_quota_names_whose_bookings_exceed_it(app: Flask, small: Small, admin: FlaskClient) -> None:
    for space, start, end in (
        (small.room, "08:00", "09:00"),
        (small.hall, "10:00", "11:00"),
        (small.booth, "12:00", "13:00"),
    ):
        reserve(app, small, space, start, end)
    fields = {"limits-0-amount": "2", "limits-0-unit": "bookings", "limits-0-per": "day"}
    looked = save(admin, "", "look", **fields)
    assert "1 kommande bokning skulle inte beviljas längre." in looked.text and "Bås 1" in looked.text
    assert save(admin, "", **fields).status_code == 303


def test_rule_of_a_plan_strikes_those_who_have_it(app: Flask, small: Small, admin: FlaskClient) -> None:
    number = plan(app, small)
    with app.app_context(), transaction():
        other = plans.add_plan(Contents(names=("Annat", "Other"), standard=True), actor=None)
        assert other.id
    mine, _theirs = reserve(app, small, small.a1), reserve(app, small, small.a2, who="bo")
    looked = save(admin, f"plan={number}", "look", longest="1 h", granularity="", booked_by="")
    assert "1 kommande bokning" in looked.text and f'href="/bookings/{mine}"' in looked.text


def test_look_at_bookings_costs_the_same_for_one_and_for_many(app: Flask, small: Small, admin: FlaskClient) -> None:
    plan(app, small)
    with app.app_context(), transaction():
        plans.add_plan(Contents(names=("Annat", "Other"), standard=True), actor=None)

    def cost() -> int:
        save(admin, "kind=room", "look", longest="30", granularity="", booked_by="")
        with statements(app) as seen:
            answer = save(admin, "kind=room", "look", longest="30", granularity="", booked_by="")
        assert "skulle inte beviljas" in answer.text
        return len(seen)

    reserve(app, small, small.room)
    one = cost()
    for hour, who in ((12, "bo"), (13, "host"), (14, "alva"), (15, "bo")):
        reserve(app, small, small.room, f"{hour}:00", f"{hour + 1}:00", who)
    assert cost() == one


def test_more_bookings_than_can_be_looked_at_are_said(app: Flask, small: Small) -> None:
    for hour in (9, 10, 11):
        reserve(app, small, small.room, f"{hour:02}:00", f"{hour + 1}:00")
    with app.app_context():
        found, more = queries.coming(Scope(kind="room"), NOW, most=2)
        assert [row.span.start.hour for row in found] == [8, 9] and more
        assert queries.coming(Scope(kind="room"), NOW)[1] is False
        assert queries.coming(Scope(kind="desk"), NOW) == ([], False)
        assert len(queries.coming(Scope(space=small.room), NOW)[0]) == 3


def test_what_is_over_takes_no_room_from_what_is_to_come(app: Flask, small: Small) -> None:
    for day in range(1, 6):
        with app.app_context(), transaction():
            past = at(MONDAY, "09:00", "10:00").shifted(-timedelta(days=day))
            db.session.add(Booking(
                uid=f"u{day}", member_id=small.people["alva"], space_id=small.room, start=past.start, end=past.end,
                public=False, created_at=NOW, changed_at=NOW,
            ))  # fmt: skip
    reserve(app, small, small.room, "09:00", "10:00")
    with app.app_context():
        found, more = queries.coming(Scope(kind="room"), NOW, most=2)
        assert (len(found), found[-1].span.start > NOW, more) == (6, True, False)


# -- which rule holds -------------------------------------------------------------------------------------------------


def explain(client: FlaskClient, **args: Any) -> str:
    answer = client.get("/staff/rules/explain", query_string={"date": str(TUESDAY), **args})
    assert answer.status_code == 200, answer.text
    return str(answer.text)


def row(page: str, name: str) -> str:
    found = re.search(rf'<tr><th scope="row">{name}</th>(.*?)</tr>', page)
    assert found, name
    return re.sub(r"<[^>]+>", "|", found[1])


def test_explains_each_rule_with_its_source_and_the_engines_answer(app: Flask, small: Small, host: FlaskClient) -> None:
    number = plan(app, small)
    with app.app_context(), transaction():
        actor = db.session.get_one(Member, small.people["admin"])
        service.change(Scope(kind="room"), {"longest": 120, "notice": 60}, actor=actor)
        service.change(Scope(number), {"longest": 60}, actor=actor)
        service.change(Scope(space=small.room), {"check_in": 15}, actor=actor)
    page = explain(host, member="alva@example.org", space=small.room, start="09:00", end="11:00")
    assert "|1 timme|" in row(page, "Längst") and "medlemskapet Medlem" in row(page, "Längst")
    assert "2 timmar enligt slaget: mötesrum" in row(page, "Längst")
    assert "platsen Hågelby" in row(page, "Incheckning inom") and "slaget: mötesrum" in row(page, "Framförhållning")
    assert "grundregeln" in row(page, "Samtidigt")
    assert "Medlemskapet Medlem gäller den dagen." in page
    assert "Det skulle nekas." in page and "<code>too-long</code>" in page
    granted = explain(host, member=small.people["alva"], space=small.room, start="09:00", end="10:00")
    assert "Det skulle beviljas." in granted
    assert "Det skulle beviljas." in explain(host, member="alva@example.org", space=small.a1)  # nine to ten


def test_explains_every_reason_of_the_engine(app: Flask, small: Small, host: FlaskClient) -> None:
    plan(app, small)
    reserve(app, small, small.room)
    with app.app_context(), transaction():
        actor = db.session.get_one(Member, small.people["admin"])
        rule = {"booked_by": "host", "longest": 60}
        limit = Limit(Quota(None, "day", "hours", 60))
        service.change(Scope(space=small.room), rule, limits=[limit], actor=actor)
    page = explain(host, member="bo@example.org", space=small.room, start="10:00", end="12:00")
    codes = re.findall(r"<code>([\w-]+)</code>", page)
    assert codes == ["not-your-role", "too-long", "taken", "no-plan", "limit-hours"]
    assert "Du har 1 timme av 1 timme kvar den dagen för Hågelby." in page


def test_explains_for_staff_and_for_nobody(app: Flask, small: Small, host: FlaskClient) -> None:
    plan(app, small)
    nobody = explain(host, space=small.room)
    assert "Ingen är nämnd" in nobody and "Det skulle" not in nobody
    staff = explain(host, member="admin@example.org", space=small.room)
    assert "arbetar för huset" in staff and "Det skulle beviljas." in staff
    english = explain(log_in(browser(app, "en"), "host"), member="bo@example.org", space=small.room)
    assert "No plan is in force that day" in english and "It would be refused." in english


@pytest.mark.parametrize(
    ("args", "said"),
    [
        ({"member": "nobody@example.org"}, "Ingen medlem har den adressen."),
        ({"member": "999"}, "Ingen medlem har den adressen."),
        ({"date": "2026-99-01"}, "Skriv datumet som"),
        ({"space": "999"}, "Not a valid choice"),
        ({"start": "26:00"}, "Skriv tider som"),
    ],
)
def test_questions_that_cannot_be_read_are_answered_in_words(
    small: Small, host: FlaskClient, args: dict[str, str], said: str
) -> None:
    answer = host.get("/staff/rules/explain", query_string={"space": small.room, "date": str(TUESDAY), **args})
    assert answer.status_code == 422
    assert said in answer.text or said == "Not a valid choice"


def test_question_without_a_place_shows_the_form_alone(host: FlaskClient) -> None:
    page = host.get("/staff/rules/explain?member=alva@example.org").text
    assert 'value="alva@example.org"' in page and "Kommer från" not in page


def test_wish_whose_end_is_before_its_start_is_said(small: Small, host: FlaskClient) -> None:
    page = explain(host, member="alva@example.org", space=small.room, start="11:00", end="09:00")
    assert "Slutet måste komma efter början." in page and "Det skulle nekas." in page


def test_what_is_explained_is_what_happens(app: Flask, small: Small, host: FlaskClient) -> None:
    """The page's answer and the booking's are one engine's."""
    plan(app, small)
    with app.app_context(), transaction():
        spaces.set_policy(kind="room", longest=60, notice=60, at_once=1, opens=600)
    for start, end in (("09:00", "10:00"), ("10:00", "11:00"), ("10:00", "12:00"), ("17:00", "18:30")):
        page = explain(host, member="alva@example.org", space=small.room, start=start, end=end)
        told = re.findall(r"<code>([\w-]+)</code>", page)
        with app.app_context():
            try:
                with transaction():
                    member = db.session.get_one(Member, small.people["alva"])
                    made = bookings.reserve(member, small.room, at(TUESDAY, start, end), now=NOW, zone=ZONE)
                with transaction():
                    bookings.cancel(
                        db.session.get_one(Member, small.people["alva"]), made.id, now=NOW + timedelta(minutes=1)
                    )
                happened: list[str] = []
            except Refused as error:
                happened = [refusal.code for refusal in error.refusals]
        assert told == happened, (start, end)
    with app.app_context():
        assert len(db.session.scalars(select(Booking)).all()) == 1
