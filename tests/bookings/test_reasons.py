"""Reasons that come of who asks, of the hours a rule leaves, and of what one has at the same time. No database."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from innovation_station.bookings.rules import Held, Moment, Wish, alternatives, bar, bars, refusals
from innovation_station.plans.rules import Allowance, Catalogue, Plan, Standing, Term
from innovation_station.spaces.rules import POLICY_DEFAULTS, House, Place, Policy, Rule, Scope, scopes
from innovation_station.timespan import Span
from tests.bookings.test_rules import ALWAYS, DESK, NINE, ROOM, WEEK, moment
from tests.conftest import MONDAY, NOW, TUESDAY, ZONE, at

SATURDAY = date(2026, 11, 28)
HALF_PAST = at(TUESDAY, "10:30", "11:30")


def house(*places: Place, rules: dict[Scope, Rule] | None = None) -> House:
    """Give a house of some places, without drawing."""
    return House(1, "Huset", "", {}, None, WEEK, {}, {}, {place.id: place for place in places}, rules or {})


def codes(place: Place, span: Span = NINE, when: Moment | None = None, own: tuple[tuple[Held, str], ...] = ()) -> list[str]:  # fmt: skip
    return [refusal.code for refusal in refusals(Wish(place, span), when or moment(), (), own)]


# -- who may book -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lowest", ["member", "host", "admin"])
def test_places_are_booked_by_a_role_and_those_above_it(lowest: str) -> None:
    place = replace(ROOM, policy=Policy(booked_by=lowest))
    order = ["member", "host", "admin"]
    for role in order:
        refused = order.index(role) < order.index(lowest)
        assert codes(place, when=replace(moment(), role=role)) == (["not-your-role"] if refused else [])
        assert bars(house(place), TUESDAY, replace(moment(), role=role)) == ({5: "not-your-role"} if refused else {})


def test_who_asks_is_a_member_where_nobody_says_more() -> None:
    assert codes(replace(ROOM, policy=Policy(booked_by="host"))) == ["not-your-role"]


# -- how many at the same time ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("most", "spans", "refused"),
    [
        (0, ["09:00-11:00", "09:00-11:00"], False),
        (1, [], False),
        (1, ["09:00-09:30"], True),
        (1, ["08:00-09:00", "11:00-12:00"], False),  # half-open, as everywhere
        (2, ["09:00-11:00"], False),
        (2, ["09:00-10:00", "10:00-11:00"], False),  # never both at once
        (2, ["09:00-10:15", "10:00-11:00"], True),
        (2, ["08:00-12:00", "10:45-17:00"], True),
        (3, ["09:00-10:15", "10:00-11:00"], False),
    ],
)
def test_how_many_of_a_kind_one_has_at_the_same_time(most: int, spans: list[str], refused: bool) -> None:
    own = tuple((Held(6 + n, at(TUESDAY, *text.split("-")), 90 + n, 1), "room") for n, text in enumerate(spans))
    place = replace(ROOM, policy=Policy(at_once=most))
    assert codes(place, own=own) == (["too-many-at-once"] if refused else [])
    assert codes(place, when=replace(moment(), role="host"), own=own) == []
    assert codes(place, own=tuple((held, "booth") for held, _kind in own)) == []


# -- the hours that a rule leaves -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "start", "end", "expected"),
    [
        (TUESDAY, "10:00", "16:00", []),
        (TUESDAY, "09:45", "11:00", ["outside-rule"]),
        (TUESDAY, "15:00", "16:15", ["outside-rule"]),
        (TUESDAY, "07:00", "11:00", ["closed-hours"]),
        (SATURDAY, "10:00", "11:00", ["closed-day"]),
    ],
)
def test_rules_narrow_the_hours(day: date, start: str, end: str, expected: list[str]) -> None:
    place = ROOM.ruled(Policy(opens=600, closes=960))
    assert place.hours == dict.fromkeys(range(5), (600, 960)) and place.doors == WEEK
    assert codes(place, at(day, start, end)) == expected


def test_a_day_that_rules_leave_nothing_of_is_not_called_closed() -> None:
    place = replace(ROOM, hours={1: (480, 720), 2: (480, 1080)}).ruled(Policy(opens=780))
    assert place.hours == {2: (780, 1080)}
    assert codes(place) == ["day-outside-rule"]


def test_hours_come_back_with_the_rule() -> None:
    assert ROOM.ruled(Policy(opens=600)).ruled(Policy()) == replace(ROOM, policy=Policy())


def test_every_day_of_a_long_wish_gives_its_reason() -> None:
    place = replace(ROOM, policy=Policy(longest=10_000))
    span = Span(at(date(2026, 11, 27), "09:00", "10:00").start, at(date(2026, 11, 30), "09:00", "10:00").end)
    assert codes(place, span) == ["closed-hours", "closed-day"]


# -- the most specific rule -------------------------------------------------------------------------------------------

LADDER = scopes("room", 5, 7)


def test_scopes_go_from_the_default_to_the_plan_in_the_space() -> None:
    assert (
        Scope(), Scope(kind="room"), Scope(7), Scope(7, kind="room"), Scope(space=5), Scope(7, space=5),
    ) == LADDER  # fmt: skip
    assert scopes("room", 5) == (Scope(), Scope(kind="room"), Scope(space=5))


values = st.sampled_from([0, 15, 30, 60])
sparse = st.dictionaries(st.sampled_from(["notice", "setup", "clearing", "at_once"]), values, max_size=4)


@given(st.dictionaries(st.sampled_from([*LADDER, Scope(8), Scope(kind="desk"), Scope(space=6)]), sparse))
def test_each_field_follows_the_most_specific_rule_that_sets_it(rules: dict[Scope, Rule]) -> None:
    for plan, ladder in ((7, LADDER), (None, scopes("room", 5))):
        policy = house(ROOM).under(rules, plan).places[5].policy
        for name in ("notice", "setup", "clearing", "at_once"):
            wanted = [rules[scope][name] for scope in ladder if name in rules.get(scope, {})]
            assert getattr(policy, name) == (wanted[-1] if wanted else POLICY_DEFAULTS[name])


def test_house_that_no_rule_changes_is_the_same_house() -> None:
    plain = house(ROOM, DESK)
    assert plain.under({Scope(7, kind="hall"): {"notice": 60}}, 7) is plain
    assert plain.under({Scope(7): {"notice": 60}}) is plain


def planned(rules: dict[Scope, Rule], *terms: Term) -> Moment:
    """Give a moment of a member in a house with two plans, of which some have rules."""
    names = {"sv": "P", "en": "P"}
    kinds = frozenset({"desk", "room"})
    plans = {n: Plan(n, names, {}, kinds, frozenset(), frozenset(), (), 0, {}, 0) for n in (7, 8)}
    catalogue = Catalogue(plans, rules=rules).over(house(ROOM, DESK))
    return replace(moment(), allowance=Allowance(ZONE, catalogue, Standing(1, None, terms)))


def test_the_plan_of_the_wished_day_rules_alone() -> None:
    rules: dict[Scope, Rule] = {Scope(7): {"shortest": 240}}
    first = Term(1, 7, MONDAY, ends=TUESDAY)
    when = planned(rules, first, Term(2, 8, TUESDAY + timedelta(days=1)))
    assert codes(ROOM, NINE, when) == ["too-short"]
    assert codes(ROOM, NINE.shifted(timedelta(days=1)), when) == []
    ruled = when.allowance.house_on(house(ROOM), TUESDAY).places[5]
    assert codes(ruled, NINE.shifted(timedelta(days=1)), when) == []  # whichever house the wish was made with
    assert codes(ROOM, NINE, planned({}, first)) == []


def test_a_rest_of_the_plan_leaves_the_rules_for_all() -> None:
    when = planned({Scope(7): {"shortest": 240}}, Term(1, 7, MONDAY, paused_from=MONDAY))
    assert codes(ROOM, NINE, when) == ["plan-resting"]


def test_plan_widens_what_its_kind_narrows() -> None:
    base: dict[Scope, Rule] = {Scope(kind="room"): {"opens": 600, "closes": 900, "horizon": 0}}
    narrow = house(ROOM).under(base)
    catalogue = Catalogue(planned({}).allowance.catalogue.plans, rules={Scope(7): {"closes": 1440, "horizon": 30}})  # type: ignore[union-attr]
    catalogue = catalogue.over(replace(narrow, rules=base))
    allowance = Allowance(ZONE, catalogue, Standing(1, None, (Term(1, 7, MONDAY),)))
    assert codes(narrow.places[5], at(TUESDAY, "16:00", "17:00")) == ["too-far", "outside-rule"]
    assert codes(narrow.places[5], at(TUESDAY, "16:00", "17:00"), replace(moment(), allowance=allowance)) == []


# -- what a plan of the house shows is what the rules say -------------------------------------------------------------

policies = st.builds(
    Policy, notice=st.sampled_from([0, 60, 2880]), horizon=st.sampled_from([0, 1, 90]),
    booked_by=st.sampled_from(["member", "host"]), opens=st.sampled_from([0, 600]), closes=st.sampled_from([720, 1440]),
)  # fmt: skip


@given(policies, st.integers(0, 12), st.sampled_from(["member", "host"]))
def test_a_grey_place_is_refused_at_any_time_and_for_that_reason(policy: Policy, ahead: int, role: str) -> None:
    place, day, when = ROOM.ruled(policy), MONDAY + timedelta(days=ahead), replace(moment(), role=role)
    found = bar(place, day, when)
    assert bars(house(place), day, when) == ({5: found.code} if found else {})
    opened = place.hours.get(day.weekday())
    for minute in range(*(opened or (0, 0)), 60):
        span = at(day, f"{minute // 60:02}:00", f"{minute // 60:02}:30")
        said = codes(place, span, when)
        if found:
            assert found.code in said or "past" in said


def test_a_place_that_wants_notice_is_grey_once_nothing_of_the_day_is_left() -> None:
    place = replace(ROOM, policy=Policy(notice=9 * 60))
    assert bar(place, MONDAY, moment()) is None  # 08.10: from 17.15
    late = moment(NOW + timedelta(hours=1))
    assert (found := bar(place, MONDAY, late)) and found.code == "too-soon"
    assert bar(place, MONDAY, moment(NOW + timedelta(hours=12))) is None  # over for everybody, and says so itself


# -- ways forward -----------------------------------------------------------------------------------------------------


def test_whole_days_are_offered_as_whole_days() -> None:
    place = replace(DESK, policy=Policy(granularity=1440))
    days = [TUESDAY + timedelta(days=ahead) for ahead in range(3)]
    held = [Held(1, at(TUESDAY, "08:00", "18:00"), 7, 9)]
    found = alternatives(Wish(place, at(TUESDAY, "08:00", "18:00")), [], held, [], moment(), days)
    assert [offer.span for offer in found] == [at(day, "08:00", "18:00") for day in days[1:]]
    assert all(offer.place.hours == WEEK for offer in found) and ALWAYS != WEEK
