"""Eight processes want the same thing at the same moment, on both databases: one gets it, the others hear why."""

from __future__ import annotations

import importlib
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest

from innovation_station.db import transaction
from innovation_station.members.models import Member
from innovation_station.organisations import service as organisations
from innovation_station.organisations.service import Particulars
from innovation_station.plans import service as plans
from innovation_station.plans.rules import Limit, Quota
from innovation_station.plans.service import Contents
from innovation_station.spaces.rules import at_minute
from innovation_station.timespan import Span
from tests.conftest import NOW, TUESDAY, ZONE
from tests.races.arena import CONTENDERS, OVERLAPS, Arena
from tests.races.contenders import Outcome, Shot

SLOTS = 60
MOVES = 12


def slot(number: int, first: date = TUESDAY) -> dict[str, str]:
    """Give the form fields of the n-th quarter of a working day and the next."""
    day, quarter = first + timedelta(days=number // 38), number % 38
    minute = 8 * 60 + 15 * quarter
    return {
        "date": str(day),
        "start": f"{minute // 60:02}:{minute % 60:02}",
        "end": f"{(minute + 15) // 60:02}:{(minute + 15) % 60:02}",
    }


def span(number: int, first: date = TUESDAY) -> Span:
    day, quarter = first + timedelta(days=number // 38), number % 38
    return Span(*(at_minute(day, 8 * 60 + 15 * step, ZONE) for step in (quarter, quarter + 1)))


def assert_one_winner_each(rounds: list[list[Outcome]]) -> None:
    for number, outcomes in enumerate(rounds):
        statuses = Counter(outcome.status for outcome in outcomes)
        assert statuses == {303: 1, 409: CONTENDERS - 1}, (number, statuses, [o.text for o in outcomes if o.text][:1])
        assert all(outcome.offers >= 3 for outcome in outcomes if outcome.status == 409), number


def test_sixty_contested_slots_have_one_winner_each(arena: Arena) -> None:
    spaces = (arena.small.a1, arena.small.room, arena.small.hall)
    rounds = [
        [Shot("/bookings", {"space": spaces[n % 3], **slot(n)}, part=n % 20 > 0) for _ in range(CONTENDERS)]
        for n in range(SLOTS)
    ]
    outcomes = arena.run(rounds)
    assert_one_winner_each(outcomes)
    assert arena.count("SELECT count(*) FROM allocation") == SLOTS
    arena.sound()


def test_contested_targets_of_moves_have_one_winner_each(arena: Arena) -> None:
    homes = [arena.book(email, arena.small.hall, span(4 * n)) for n, email in enumerate(arena.people)]
    spaces = (arena.small.a1, arena.small.room)
    rounds = [
        [Shot(f"/bookings/{homes[n]}/edit", {"space": spaces[r % 2], **slot(r)}, part=False) for n in range(CONTENDERS)]
        for r in range(MOVES)
    ]
    outcomes = arena.run(rounds)
    assert_one_winner_each(outcomes)
    assert arena.count("SELECT count(*) FROM booking_history WHERE action = 'moved'") == MOVES
    assert arena.count("SELECT count(*) FROM allocation") == CONTENDERS
    arena.sound()


def test_database_alone_refuses_all_but_one(arena: Arena) -> None:
    owner = arena.book(arena.people[0], arena.small.hall, span(0, TUESDAY + timedelta(days=7)))
    room = arena.small.room

    def row(number: int, who: int) -> dict[str, Any]:
        wanted = span(number)
        minutes = timedelta(minutes=who % 3)  # not the same span, but all meet
        return {"space_id": room, "start": wanted.start + minutes, "end": wanted.end, "booking_id": owner}

    outcomes = arena.run([[Shot(row=row(n, who)) for who in range(CONTENDERS)] for n in range(SLOTS)])
    for number, found in enumerate(outcomes):
        assert Counter(o.status for o in found) == {201: 1, 409: CONTENDERS - 1}, (
            number,
            [o.text for o in found if o.text],
        )
    assert arena.count(OVERLAPS) == 0
    assert arena.count("SELECT count(*) FROM allocation WHERE space_id = :room", room=room) == SLOTS


def test_one_submit_sent_eight_times_is_one_booking(arena: Arena) -> None:
    tries = 10
    rounds = [
        [Shot("/bookings", {"space": arena.small.room, "key": f"tap-{n}", **slot(n)}) for _ in range(CONTENDERS)]
        for n in range(tries)
    ]
    before = arena.count("SELECT count(*) FROM booking")
    for found in arena.run(rounds, who=[arena.people[0]] * CONTENDERS):
        assert Counter(outcome.status for outcome in found) == {303: CONTENDERS}
        assert len({outcome.location for outcome in found}) == 1
    assert arena.count("SELECT count(*) FROM booking") - before == tries
    arena.sound()


def test_one_member_gets_one_of_several_desks(arena: Arena) -> None:
    desks = (arena.small.a1, arena.small.a2, arena.small.a3)
    rounds = [
        [Shot("/bookings", {"space": desks[who % 3], "key": f"d{n}-{who}", **slot(n)}) for who in range(CONTENDERS)]
        for n in range(6)
    ]
    for found in arena.run(rounds, who=[arena.people[1]] * CONTENDERS):
        assert set(Counter(outcome.status for outcome in found)) == {303, 422}
        assert len({outcome.location for outcome in found if outcome.status == 303}) == 1
    assert arena.count("SELECT count(*) FROM allocation") == 6
    arena.sound()


def test_cancel_against_move_ends_cancelled_and_free(arena: Arena) -> None:
    ids = [arena.book(arena.people[2], arena.small.room, span(2 * n)) for n in range(6)]

    def shot(number: int, who: int) -> Shot:
        if who % 2:
            return Shot(f"/bookings/{ids[number]}/cancel")
        target = {"space": arena.small.hall, **slot(2 * number + who % 3)}
        return Shot(f"/bookings/{ids[number]}/edit", target, part=False)

    rounds = [[shot(n, who) for who in range(CONTENDERS)] for n in range(len(ids))]
    for found in arena.run(rounds, who=[arena.people[2]] * CONTENDERS):
        assert {outcome.status for outcome in found} <= {303, 422}, [o.text for o in found if o.status >= 500]
        assert [outcome.status for outcome in found[1::2]] == [303] * (CONTENDERS // 2)
    assert arena.count("SELECT count(*) FROM allocation") == 0
    arena.sound()


def test_swap_of_two_places_never_deadlocks(arena: Arena) -> None:
    """Moves that cross lock two spaces each, in the same order whichever way they go."""
    ids = [
        arena.book(email, (arena.small.room, arena.small.hall)[n % 2], span(3 * n))
        for n, email in enumerate(arena.people)
    ]
    spaces = (arena.small.room, arena.small.hall)
    rounds = [
        [
            Shot(f"/bookings/{ids[who]}/edit", {"space": spaces[(who + n + 1) % 2], **slot(3 * who)}, part=False)
            for who in range(CONTENDERS)
        ]
        for n in range(8)
    ]
    for found in arena.run(rounds):
        assert Counter(outcome.status for outcome in found) == {303: CONTENDERS}, [o.text for o in found if o.text][:1]
    arena.sound()


@pytest.fixture
def limited(arena: Arena, request: pytest.FixtureRequest) -> Iterator[Arena]:
    """Give the arena with a plan of two bookings a week, and an organisation of all that shares five."""
    with arena.app.app_context(), transaction() as session:
        name, quota = request.node.name[:60], Quota(None, "week", "bookings", 2)
        plan = plans.add_plan(Contents(names=(name, name), quotas=(quota,), rates={"desk": 100}), actor=None)
        school = organisations.create(Particulars((name, name), "university"), actor=None)
        plans.set_shared(school.id, (Quota(None, "week", "bookings", 5),), actor=None)
        racers = [session.query(Member).filter_by(email=email).one().id for email in arena.people]
        for number in racers:
            plans.give(plan.id, member_id=number, starts=NOW.date(), now=NOW, actor=None)
            organisations.join(number, school.id, actor=None)
    yield arena
    with arena.app.app_context(), transaction() as session:
        for number in racers:
            organisations.join(number, None, actor=None)
        plans.change_plan(plan.id, Contents(names=(name, name), standard=True), actor=None)


def test_quota_holds_against_eight_bookings_at_one_moment(limited: Arena) -> None:
    """One member, eight processes, eight places in time, and a quota of two: two are booked, six hear why not."""
    weeks = [TUESDAY + timedelta(weeks=week) for week in range(1, 5)]
    rounds = [[Shot("/bookings", {"space": limited.small.hall, **slot(2 * who, monday)}) for who in range(CONTENDERS)] for monday in weeks]  # fmt: skip
    for found in limited.run(rounds, who=[limited.people[0]] * CONTENDERS):
        assert Counter(outcome.status for outcome in found) == {303: 2, 422: 6}, [
            o.text for o in found if o.status >= 500
        ]
        assert all("bokningar i veckan" in outcome.text for outcome in found if outcome.status == 422)
    limited.sound()


def test_shared_quota_holds_against_eight_members_at_one_moment(limited: Arena) -> None:
    spaces = (limited.small.a1, limited.small.a2, limited.small.a3, limited.small.room)
    weeks = [TUESDAY + timedelta(weeks=week) for week in range(5, 9)]
    rounds = [[Shot("/bookings", {"space": spaces[who % 4], **slot(2 * who, day)}) for who in range(CONTENDERS)] for day in weeks]  # fmt: skip
    for found in limited.run(rounds):
        assert Counter(outcome.status for outcome in found) == {303: 5, 422: 3}, [
            o.text for o in found if o.status >= 500
        ]
        assert all("delar på" in outcome.text for outcome in found if outcome.status == 422)
    entered = "SELECT count(*) FROM ledger_entry WHERE corrects_id IS NULL AND organisation_id IS NOT NULL"
    booked = "SELECT count(*) FROM booking WHERE organisation_id IS NOT NULL"
    assert limited.count(entered) == limited.count(booked)
    limited.sound()


@pytest.fixture
def bounded(arena: Arena, request: pytest.FixtureRequest) -> Iterator[Arena]:
    """Give the arena where of the hall a member may have two bookings a day, and an organisation of all three."""
    with arena.app.app_context(), transaction() as session:
        own, shared = (Quota(None, "day", "bookings", amount) for amount in (2, 3))
        plans.set_limits([Limit(own), Limit(shared, shared=True)], space_id=arena.small.hall)
        name = request.node.name[:60]
        school = organisations.create(Particulars((name, name), "university"), actor=None)
        racers = [session.query(Member).filter_by(email=email).one().id for email in arena.people]
        for number in racers:
            organisations.join(number, school.id, actor=None)
    yield arena
    with arena.app.app_context(), transaction():
        for number in racers:
            organisations.join(number, None, actor=None)
        plans.set_limits([], space_id=arena.small.hall)


def test_quota_of_a_space_holds_against_eight_bookings_at_one_moment(bounded: Arena) -> None:
    days = [TUESDAY + timedelta(weeks=9, days=ahead) for ahead in range(3)]
    rounds = [
        [Shot("/bookings", {"space": bounded.small.hall, **slot(2 * who, day)}) for who in range(CONTENDERS)]
        for day in days
    ]
    for found in bounded.run(rounds, who=[bounded.people[0]] * CONTENDERS):
        assert Counter(o.status for o in found) == {303: 2, 422: 6}, [o.text for o in found if o.status >= 500]
        assert all("En medlem kan ha 2 bokningar om dagen för Scenen" in o.text for o in found if o.status == 422)
    bounded.sound()


def test_quota_of_a_space_holds_against_eight_members_of_one_organisation(bounded: Arena) -> None:
    days = [TUESDAY + timedelta(weeks=10, days=ahead) for ahead in range(3)]
    rounds = [
        [Shot("/bookings", {"space": bounded.small.hall, **slot(2 * who, day)}) for who in range(CONTENDERS)]
        for day in days
    ]
    for found in bounded.run(rounds):
        assert Counter(o.status for o in found) == {303: 3, 422: 5}, [o.text for o in found if o.status >= 500]
        assert all("En organisation kan ha 3 bokningar om dagen" in o.text for o in found if o.status == 422)
    bounded.sound()


def test_fork_server_finds_what_it_is_to_load() -> None:
    """An import that fails there is passed over in silence, and each process starts cold."""
    assert importlib.import_module("tests.races.warm").contenders


def test_slots_do_not_meet_by_themselves() -> None:
    spans = [span(number) for number in range(SLOTS)]
    assert not any(one.overlaps(two) for one in spans for two in spans if one is not two)
    assert all(slot(n)["date"] == str(span(n).start.astimezone(ZONE).date()) for n in range(SLOTS))
