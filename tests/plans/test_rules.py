"""What plans let one book, in tables of cases: without a database."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from innovation_station.members.rules import Person
from innovation_station.plans.rules import (
    UNLIMITED,
    Allowance,
    Catalogue,
    Dedication,
    Plan,
    Quota,
    Standing,
    Term,
    Use,
    allowance,
    period,
    reach,
    term_refusals,
)
from innovation_station.spaces.rules import Box, Place, Policy
from innovation_station.timespan import Span
from tests.conftest import ZONE, at

DAY = date(2026, 11, 24)
START = date(2026, 1, 1)


def place(id_: int = 1, kind: str = "desk", zone: int | None = 1) -> Place:
    return Place(
        id=id_, floor_id=1, zone_id=zone, kind=kind, name=f"P{id_}", capacity=1, box=Box(0, 0, 1, 1),
        amenities=frozenset(), furniture=(), photo=None, bookable=True, policy=Policy(), hours={},
    )  # fmt: skip


def plan(id_: int = 1, *quotas: Quota, kinds: set[str] = frozenset({"desk"}), **more: Any) -> Plan:  # type: ignore[assignment]
    fields: dict[str, Any] = {"zones": frozenset(), "spaces": frozenset(), "price": 0, "rates": {}, "vat": 2500} | more
    names = {"sv": f"Plan {id_}", "en": f"Plan {id_}"}
    return Plan(id_, names, {}, frozenset(kinds), quotas=quotas, **fields)  # type: ignore[arg-type]


def allowed(*terms: Term, plans: tuple[Plan, ...] = (plan(),), uses: tuple[Use, ...] = (), **more: Any) -> Allowance:
    shared_uses = more.pop("shared_uses", ())
    catalogue = Catalogue({one.id: one for one in plans}, **more)
    return Allowance(ZONE, catalogue, Standing(7, 3, terms), uses, shared_uses)


def codes(found: Allowance, where: Place | None = None, span: Span | None = None) -> list[str]:
    return [refusal.code for refusal in found.refusals(where or place(), span or at(DAY, "09:00", "11:00"))]


@pytest.mark.parametrize(
    ("term", "code"),
    [
        (Term(1, 1, START), []),
        (Term(1, 1, START, ends=DAY), []),
        (Term(1, 1, DAY), []),
        (Term(1, 1, START, ends=DAY - timedelta(days=1)), ["plan-ended"]),
        (Term(1, 1, DAY + timedelta(days=1)), ["plan-begins"]),
        (Term(1, 1, START, paused_from=DAY), ["plan-resting"]),
        (Term(1, 1, START, paused_from=DAY, paused_until=DAY), ["plan-paused"]),
        (Term(1, 1, START, paused_from=DAY + timedelta(days=1)), []),
        (Term(1, 1, START, paused_from=START, paused_until=DAY - timedelta(days=1)), []),
        (None, ["no-plan"]),
    ],
)
def test_membership_holds_from_its_first_day_to_its_last(term: Term | None, code: list[str]) -> None:
    assert codes(allowed(*([term] if term else []))) == code


def test_last_day_is_local() -> None:
    found = allowed(Term(1, 1, START, ends=DAY))
    late = Span(datetime(2026, 11, 24, 22, tzinfo=UTC), datetime(2026, 11, 24, 23, tzinfo=UTC))  # 23-24 in Stockholm
    assert codes(found, span=late) == []
    assert codes(found, span=late.shifted(timedelta(hours=1))) == ["plan-ended"]
    assert codes(found, span=Span(late.start, late.end + timedelta(hours=1))) == ["plan-ended"]


@pytest.mark.parametrize(
    ("where", "covered"),
    [
        (place(1), True),
        (place(1, zone=2), False),
        (place(9, zone=2), True),  # by name
        (place(1, "room", None), True),  # in no zone: its kind decides
        (place(1, "hall", None), False),
        (place(9, "hall"), True),
    ],
)
def test_plan_covers_kinds_zones_and_single_places(where: Place, covered: bool) -> None:
    found = plan(kinds={"desk", "room"}, zones=frozenset({1}), spaces=frozenset({9}))
    assert found.covers(where) is covered
    wanted = [] if covered else ["not-in-plan"]
    assert codes(allowed(Term(1, 1, START), plans=(found,)), where) == wanted


def test_own_plan_goes_before_the_organisations_and_that_before_everybodys() -> None:
    plans = (plan(1), plan(2), plan(3, standard=True))
    own, shared = Term(1, 1, DAY), Term(2, 2, START, shared=True)
    names = [
        found.id for terms in ((own, shared), (shared,), ()) if isinstance(found := allowed(*terms, plans=plans).plan_on(DAY), Plan)
    ]  # fmt: skip
    assert names == [1, 2, 3]
    before = allowed(own, shared, plans=plans).plan_on(DAY - timedelta(days=1))
    assert isinstance(before, Plan) and before.id == 2


def test_pause_is_no_way_to_the_plan_for_everybody() -> None:
    found = allowed(Term(1, 1, START, paused_from=START), plans=(plan(1), plan(3, standard=True)))
    assert codes(found) == ["plan-resting"]


@pytest.mark.parametrize(
    ("quota", "used", "length", "code"),
    [
        (Quota("desk", "week", "hours", 600), 480, 2, []),
        (Quota("desk", "week", "hours", 600), 481, 2, ["quota-hours"]),
        (Quota("room", "week", "hours", 0), 0, 2, []),
        (Quota(None, "week", "hours", 119), 0, 2, ["quota-hours"]),
        (Quota("desk", "month", "bookings", 2), 480, 2, []),
        (Quota("desk", "month", "bookings", 1), 480, 2, ["quota-bookings"]),
        (Quota("desk", "week", "bookings", 0), 0, 2, ["quota-bookings"]),
    ],
)
def test_quota_is_used_up_to_its_last_minute(quota: Quota, used: int, length: int, code: list[str]) -> None:
    uses = (Use(DAY - timedelta(days=1), "desk", used),) if used else ()
    found = allowed(Term(1, 1, START), plans=(plan(1, quota),), uses=uses)
    assert codes(found, span=at(DAY, "09:00", f"{9 + length}:00")) == code


def test_quota_counts_within_its_period_only() -> None:
    sunday, monday = date(2026, 11, 22), date(2026, 11, 23)
    found = allowed(
        Term(1, 1, START),
        plans=(plan(1, Quota("desk", "week", "bookings", 1), Quota("desk", "month", "bookings", 9)),),
        uses=(Use(sunday, "desk", 60), Use(monday, "room", 60)),
    )
    assert codes(found) == []
    assert [(left.used, left.first, left.last) for left in found.left(DAY)] == [
        (0, monday, date(2026, 11, 29)),
        (1, date(2026, 11, 1), date(2026, 11, 30)),
    ]


def test_shared_quota_is_counted_for_all_members_together() -> None:
    found = allowed(
        Term(1, 1, START), shared={3: (Quota("desk", "week", "hours", 120),)}, shared_uses=(Use(DAY, "desk", 60),)
    )
    assert codes(found) == ["shared-hours"]
    assert codes(found, span=at(DAY, "09:00", "10:00")) == []


def test_dedicated_place_is_its_members_and_free_of_quotas() -> None:
    own = {1: (Dedication(1, 7, START, None),), 2: (Dedication(2, 8, START, DAY),)}
    found = allowed(Term(1, 1, START), plans=(plan(1, Quota("desk", "week", "hours", 0)),), dedications=own)
    assert codes(found) == []
    assert codes(found, place(2)) == ["dedicated", "quota-hours"]  # every reason, not the first alone
    assert codes(found, place(2), at(DAY + timedelta(days=1), "09:00", "10:00")) == ["quota-hours"]
    bars = [found.bar(one, DAY) for one in (place(1), place(2), place(3, "hall"))]
    assert [bar and bar.code for bar in bars] == [None, "dedicated", "not-in-plan"]


def test_staff_and_houses_without_plans_are_measured_by_the_same_value() -> None:
    full, empty = Catalogue({1: plan()}), Catalogue()
    host, member = (Person(7, role, "N", "n@example.org", False) for role in ("host", "member"))
    assert allowance(host, ZONE, full, Standing(7)) is UNLIMITED
    assert allowance(member, ZONE, empty, Standing(7)) is UNLIMITED
    assert allowance(member, ZONE, full, Standing(7)) is not UNLIMITED
    assert codes(UNLIMITED) == [] and UNLIMITED.bar(place(), DAY) is None and UNLIMITED.left(DAY) == []


@pytest.mark.parametrize(
    ("term", "field"),
    [
        (Term(0, 1, DAY, DAY), None),
        (Term(0, 1, DAY, DAY - timedelta(days=1)), "ends"),
        (Term(0, 1, DAY, paused_from=DAY, paused_until=START), "paused_until"),
        (Term(0, 1, DAY, paused_until=DAY), "paused_from"),
    ],
)
def test_days_of_a_membership_are_in_order(term: Term, field: str | None) -> None:
    assert [refusal.field for refusal in term_refusals(term)] == ([field] if field else [])


@given(st.dates(date(2020, 1, 1), date(2035, 1, 1)), st.sampled_from(["day", "week", "month"]))
def test_periods_follow_one_another_without_gaps(day: date, per: Any) -> None:
    first, after = period(day, per)
    assert first <= day < after
    assert period(after, per)[0] == after and period(after - timedelta(days=1), per) == (first, after)


@given(st.dates(date(2026, 1, 1), date(2027, 1, 1)), st.integers(0, 60))
def test_reach_holds_every_period_that_counts(first: date, length: int) -> None:
    zone, last = ZoneInfo("Europe/Stockholm"), first + timedelta(days=length)
    quotas = (Quota(None, "week", "hours", 1), Quota(None, "month", "hours", 1))
    span = reach(first, last, quotas, zone)
    assert span
    days = (span.start.astimezone(zone).date(), span.end.astimezone(zone).date())
    assert days[0] == min(period(first, "week")[0], period(first, "month")[0])
    assert days[1] == max(period(last, "week")[1], period(last, "month")[1])
    assert reach(first, last, (), zone) is None
