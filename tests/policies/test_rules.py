"""What rules may say, where the effective one comes from, and what a change would refuse. No database."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from innovation_station.plans.rules import Catalogue, Limit, Plan, Quota, Standing, Term
from innovation_station.policies.rules import Coming, Ruling, below, effective, rule_refusals, scope_is_known, struck
from innovation_station.spaces.rules import POLICY_DEFAULTS, POLICY_FIELDS, House, Rule, Scope
from innovation_station.timespan import Span
from tests.bookings.test_rules import DESK, ROOM, WEEK
from tests.conftest import MONDAY, NOW, TUESDAY, ZONE, at

KIND, PLAN, SPACE = Scope(kind="room"), Scope(7), Scope(space=5)
LADDER = (KIND, PLAN, Scope(7, kind="room"), SPACE, Scope(7, space=5))
NAMES = {"sv": "Medlem", "en": "Member"}


def ruling(rules: dict[Scope, Rule] | None = None, *limits: Limit) -> Ruling:
    """Give a house of a desk (1) and a room (5), and a plan (7) for both."""
    house = House(1, "Huset", "", {}, None, WEEK, {}, {}, {1: DESK, 5: ROOM})
    plan = Plan(7, NAMES, {}, frozenset({"desk", "room"}), frozenset(), frozenset(), (), 0, {}, 0)
    made = Ruling(house, Catalogue({7: plan}, limits=limits).over(house))
    for scope, rule in (rules or {}).items():
        made = made.changed(scope, rule)
    return made


def refused(scope: Scope, rule: Rule, made: Ruling | None = None) -> list[tuple[str, str | None]]:
    return [(one.code, one.field) for one in rule_refusals(scope, rule, made or ruling())]


# -- what a rule may say ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ({}, []),
        ({"granularity": 30, "shortest": 30, "longest": 120}, []),
        ({"granularity": 1440}, []),
        ({"granularity": 45}, []),
        ({"granularity": 50}, [("rule-step", "granularity")]),
        ({"granularity": 4}, [("rule-range", "granularity")]),
        ({"longest": 0, "horizon": 1101}, [("rule-range", "longest"), ("rule-range", "horizon")]),
        ({"notice": -1}, [("rule-range", "notice")]),
        ({"at_once": 101}, [("rule-range", "at_once")]),
        ({"booked_by": "visitor"}, [("role-unknown", "booked_by")]),
        ({"shortest": 60, "longest": 30}, [("rule-lengths", "longest")]),
        ({"granularity": 60, "longest": 45}, [("rule-lengths", "longest")]),
        ({"granularity": 60, "shortest": 61, "longest": 119}, [("rule-lengths", "longest")]),
        ({"granularity": 60, "shortest": 61, "longest": 120}, []),
        ({"opens": 600, "closes": 600}, [("rule-hours", "closes")]),
        ({"opens": 1440}, [("rule-hours", "closes")]),
        ({"shortest": 700, "opens": 900, "closes": 60}, [("rule-lengths", "longest"), ("rule-hours", "closes")]),
    ],
)
def test_every_reason_against_a_rule(rule: Rule, expected: list[tuple[str, str]]) -> None:
    for scope in LADDER:
        assert refused(scope, rule) == expected, scope


def test_rules_are_looked_at_together() -> None:
    made = ruling({KIND: {"longest": 60}})
    assert refused(SPACE, {"shortest": 90}, made) == [("rule-lengths", "longest")]
    assert refused(Scope(7, kind="room"), {"shortest": 90}, made) == [("rule-lengths", "longest")]
    assert refused(Scope(kind="desk"), {"shortest": 90}, made) == []
    assert refused(SPACE, {"shortest": 90, "longest": 120}, made) == []


def test_default_is_no_rule() -> None:
    assert refused(Scope(), {"longest": 60}) == [("rule-scope", None)]
    assert refused(Scope(), {}) == []


def test_scopes_name_what_there_is() -> None:
    made = ruling()
    known = [*LADDER, Scope()]
    unknown = [
        Scope(kind="castle"), Scope(space=9), Scope(8), Scope(8, kind="room"), Scope(7, space=9), Scope(kind="room", space=5)
    ]  # fmt: skip
    assert [scope_is_known(scope, made) for scope in known + unknown] == [True] * 6 + [False] * 6


# -- which rule holds -------------------------------------------------------------------------------------------------


def test_every_field_names_its_value_its_source_and_what_it_goes_before() -> None:
    made = ruling({KIND: {"longest": 60, "notice": 5}, PLAN: {"longest": 120}, SPACE: {"longest": 240}})
    found = {one.name: one for one in effective(made, "room", 5, 7)}
    assert tuple(found) == POLICY_FIELDS
    longest = found["longest"]
    assert (longest.value, longest.scope) == (240, SPACE)
    assert longest.others == ((PLAN, 120), (KIND, 60), (Scope(), POLICY_DEFAULTS["longest"]))
    assert (found["notice"].value, found["notice"].scope) == (5, KIND)
    assert (found["horizon"].value, found["horizon"].scope, found["horizon"].others) == (90, Scope(), ())
    assert {one.name: one.value for one in effective(made, "room", 5, None)}["longest"] == 240


rules_of = st.dictionaries(
    st.sampled_from(LADDER), st.fixed_dictionaries({}, optional={"notice": st.integers(0, 9), "setup": st.integers(0, 9)})
)  # fmt: skip


@given(rules_of)
def test_what_is_told_is_what_the_engine_measures_by(rules: dict[Scope, Rule]) -> None:
    made = ruling(rules)
    for plan in (None, 7):
        house = made.catalogue.houses.get(plan, made.house)
        policy = house.places[5].policy
        for one in effective(made, "room", 5, plan):
            assert getattr(policy, one.name) == one.value
            assert made.rule(one.scope).get(one.name, POLICY_DEFAULTS[one.name]) == one.value


def test_an_empty_field_says_what_holds_then() -> None:
    made = ruling({KIND: {"longest": 60}, PLAN: {"longest": 120}})
    assert below(made, SPACE, "longest") == (60, KIND)
    assert below(made, Scope(7, space=5), "longest") == (120, PLAN)
    assert below(made, Scope(7, kind="room"), "longest") == (120, PLAN)
    assert below(made, KIND, "longest") == (600, Scope())
    assert below(made, PLAN, "longest") is None  # it hangs on the kind


def test_a_rule_without_fields_is_none() -> None:
    made = ruling({KIND: {"longest": 60}}).changed(KIND, {})
    assert made.house.rules == {} and made.house.places[5].policy.longest == 600


# -- what a change would refuse ---------------------------------------------------------------------------------------


def coming(number: int = 1, span: Span | None = None, **more: Any) -> Coming:
    span = span or at(TUESDAY, "09:00", "10:00")
    given: dict[str, Any] = {"made": NOW - timedelta(days=number), "role": "member", "takes": span} | more
    return Coming(number, 1, "Alva", given.pop("role"), 5, "room", span, **given)


def found(scope: Scope, rule: Rule, *bookings: Coming, base: Ruling | None = None, limits: list[Limit] | None = None) -> list[tuple[int, list[str]]]:  # fmt: skip
    made = base or ruling()
    standings = {1: Standing(1, 3, (Term(1, 7, MONDAY - timedelta(days=90)),))}
    touched = struck(
        bookings, made, made.changed(scope, rule, limits), standings, now=NOW, zone=ZONE, holidays={}
    )  # fmt: skip
    return [(one.booking.id, [refusal.code for refusal in one.refusals]) for one in touched]


@pytest.mark.parametrize("scope", LADDER)
def test_what_a_rule_would_refuse_is_named(scope: Scope) -> None:
    long = coming(2, at(TUESDAY, "12:00", "15:00"))
    assert found(scope, {"longest": 60}, coming(), long) == [(2, ["too-long"])]
    assert found(scope, {"longest": 60}, replace(long, role="host")) == ([] if scope.plan else [(2, ["too-long"])])


def test_what_was_refused_before_is_not_named() -> None:
    base = ruling({KIND: {"longest": 60}})
    assert found(KIND, {"longest": 30}, coming(span=at(TUESDAY, "09:00", "11:00")), base=base) == []


def test_bookings_are_asked_for_at_the_instant_they_were_made() -> None:
    near, far = coming(1), coming(2, at(TUESDAY, "12:00", "13:00"), made=NOW - timedelta(days=60))
    assert found(KIND, {"notice": 3 * 24 * 60}, near, far) == [(1, ["too-soon"])]
    assert found(KIND, {"horizon": 30}, near, far) == [(2, ["too-far"])]


def test_what_has_begun_is_left_out_and_counts() -> None:
    limit = [Limit(Quota("room", "week", "bookings", 1), house=True)]
    begun = coming(3, at(MONDAY, "08:00", "09:00"))
    assert found(KIND, {"longest": 15}, begun) == []
    assert found(KIND, {}, begun, coming(1), limits=limit) == [(1, ["limit-bookings"])]


def test_quotas_strike_who_came_last() -> None:
    limit = [Limit(Quota("room", "day", "hours", 120), house=True)]
    first, second, third = (coming(n, at(TUESDAY, f"{9 + n}:00", f"{10 + n}:00")) for n in (3, 2, 1))
    assert found(KIND, {}, third, first, second, limits=limit) == [(1, ["limit-hours"])]
    for_others = [replace(one, role="host", holder="member") for one in (first, second, third)]
    assert found(KIND, {}, *for_others, limits=limit) == [(1, ["limit-hours"])]  # what staff made for a member counts
    shared = [Limit(Quota("room", "day", "hours", 120), shared=True, house=True)]
    assert found(KIND, {}, first, second, third, limits=shared) == []  # booked for no organisation
    ours = [replace(one, organisation_id=3) for one in (first, second, third)]
    assert found(KIND, {}, *ours, limits=shared) == [(1, ["limit-shared-hours"])]


def test_buffers_and_how_many_at_once_strike_the_later_of_two() -> None:
    first, second = coming(2), coming(1, at(TUESDAY, "10:00", "11:00"))
    assert found(KIND, {"setup": 30}, first, second) == [(1, ["too-close"])]
    assert found(KIND, {"at_once": 1}, first, second) == []
    same = replace(first, id=4, made=NOW)
    assert found(KIND, {"at_once": 1}, first, same) == [(4, ["too-many-at-once"])]


def test_hours_and_role_and_whole_days_strike() -> None:
    booking = coming(1)
    assert found(KIND, {"opens": 600}, booking) == [(1, ["outside-rule"])]
    assert found(KIND, {"booked_by": "host"}, booking) == [(1, ["not-your-role"])]
    assert found(KIND, {"booked_by": "host"}, replace(booking, role="host")) == []
    assert found(KIND, {"booked_by": "host"}, replace(booking, role="host", holder="member")) == []
    assert found(KIND, {"granularity": 1440}, booking) == [(1, ["whole-days"])]
