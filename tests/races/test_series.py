"""Series against single bookings, against each other and against their own dates: all of one, or nothing of it."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from typing import Any

from innovation_station.db import transaction
from innovation_station.members.models import Member
from innovation_station.series import queries, service
from innovation_station.series.rules import Rule, Times
from innovation_station.series.steps import Pattern
from tests.conftest import NOW, TUESDAY, ZONE
from tests.races.arena import CONTENDERS, Arena
from tests.races.contenders import Outcome, Shot

DAY, WEEK = timedelta(days=1), timedelta(weeks=1)
FIRSTS = [TUESDAY + WEEK * number for number in (0, 2, 7, 9)]  # three days on which the house is open
TRIES = len(FIRSTS)
DAILY = {"repeat": "daily", "interval": "1", "ends": "count", "count": "3", "skip_closed": "1"}
OF_DAY = "SELECT count(*) FROM allocation"


def series(space: int, first: date, key: str, **more: Any) -> Shot:
    """Try for three days in a row, at nine."""
    times = {"space": space, "date": str(first), "start": "09:00", "end": "10:00", "title": "Möte", "key": key}
    return Shot("/series", times | DAILY | more, part=False)


def begun(arena: Arena, who: str, first: date) -> int:
    """Begin a series of three days in the room, and name it."""
    with arena.app.app_context(), transaction() as session:
        actor = session.query(Member).filter_by(email=who).one()
        pattern = Pattern(Rule("daily", count=3), first, Times(540, 600), arena.small.room, "Möte")
        return service.begin(actor, pattern, {}, now=NOW, zone=ZONE).id


def edit(arena: Arena, series_id: int, at: date, scope: str, hour: int, **more: Any) -> Shot:
    """Try to give dates of a series another hour; the rule stays as it is."""
    last = at if "until" not in more else more.pop("until")
    form = {
        "at": str(at), "scope": scope, "space": arena.small.room, "date": "", "start": f"{hour:02}:00",
        "end": f"{hour:02}:45", "title": "Möte", "repeat": "daily", "interval": "1", "ends": "until", "until": str(last),
    }  # fmt: skip
    return Shot(f"/series/{series_id}/edit", form | more, part=False)


def dates(arena: Arena, series_id: int) -> list[int]:
    with arena.app.app_context():
        return [row.booking_id or 0 for row in queries.occurrences(series_id)]


def faults(found: list[Outcome]) -> list[str]:
    """Say what a round came to, for when it is not what it should be."""
    return [f"{outcome.status} {outcome.location}{outcome.text}" for outcome in found if outcome.status != 409]


def test_a_series_against_a_booking_of_one_of_its_dates(arena: Arena) -> None:
    """Four want three days, four the second of them: one of the eight has all it wants, and the others nothing."""
    room = arena.small.room

    def shot(first: date, who: int) -> Shot:
        if who % 2:
            return series(room, first, f"{first}-{who}")
        one = {"space": room, "date": str(first + DAY), "start": "09:15", "end": "09:45", "key": f"{first}-{who}"}
        return Shot("/bookings", one)

    outcomes = arena.run([[shot(first, who) for who in range(CONTENDERS)] for first in FIRSTS])
    for found in outcomes:
        assert Counter(outcome.status for outcome in found) == {303: 1, 409: CONTENDERS - 1}, faults(found)
    whole = sum(outcome.status == 303 for found in outcomes for outcome in found[1::2])
    assert arena.count(OF_DAY) == 3 * whole + (TRIES - whole)
    arena.sound()


def test_series_that_cross_wait_for_nobody_in_a_circle(arena: Arena) -> None:
    """Four want the room and on one day the hall, four the hall and on that day the room: one of each four has all."""
    room, hall = arena.small.room, arena.small.hall

    def shot(first: date, who: int) -> Shot:
        own, other = (room, hall) if who % 2 else (hall, room)
        return series(own, first, f"cross-{first}-{who}", **{f"answer-{first + DAY}": f"space:{other}"})

    for found in arena.run([[shot(first, who) for who in range(CONTENDERS)] for first in FIRSTS]):
        assert Counter(outcome.status for outcome in found) == {303: 2, 409: CONTENDERS - 2}, faults(found)
        assert {outcome.status for outcome in found[::2]} == {outcome.status for outcome in found[1::2]} == {303, 409}
    assert arena.count(OF_DAY) == TRIES * 2 * 3
    arena.sound()


def test_one_submit_of_a_series_sent_eight_times_is_one_series(arena: Arena) -> None:
    before = arena.count("SELECT count(*) FROM series")
    rounds = [[series(arena.small.room, first, f"tap-{first}") for _ in range(CONTENDERS)] for first in FIRSTS]
    for found in arena.run(rounds, who=[arena.people[0]] * CONTENDERS):
        assert Counter(outcome.status for outcome in found) == {303: CONTENDERS}, faults(found)
        assert len({outcome.location for outcome in found}) == 1
    assert arena.count("SELECT count(*) FROM series") - before == TRIES
    arena.sound()


def test_one_division_sent_eight_times_is_one_division(arena: Arena) -> None:
    ids = [begun(arena, arena.people[1], first) for first in FIRSTS]
    before = arena.count("SELECT count(*) FROM series")
    rounds = [
        [edit(arena, one, first + DAY, "following", 13, until=first + 2 * DAY, key="tap") for _ in range(CONTENDERS)]
        for one, first in zip(ids, FIRSTS, strict=True)
    ]
    for found in arena.run(rounds, who=[arena.people[1]] * CONTENDERS):
        assert Counter(outcome.status for outcome in found) == {303: CONTENDERS}, faults(found)
        assert len({outcome.location for outcome in found}) == 1
    assert arena.count("SELECT count(*) FROM series") - before == TRIES
    arena.sound()


def test_a_date_that_is_cancelled_while_its_series_is_moved_stays_cancelled(arena: Arena) -> None:
    ids = [begun(arena, arena.people[2], first) for first in FIRSTS]
    second = [dates(arena, one)[1] for one in ids]

    def shot(number: int, who: int) -> Shot:
        if who % 4 == 0:
            return Shot(f"/bookings/{second[number]}/cancel")
        first = FIRSTS[number]
        return edit(arena, ids[number], first, "all", 10 + who, until=first + 2 * DAY, key=f"{who}")

    rounds = [[shot(number, who) for who in range(CONTENDERS)] for number in range(TRIES)]
    for found in arena.run(rounds, who=[arena.people[2]] * CONTENDERS):
        assert Counter(outcome.status for outcome in found) == {303: CONTENDERS}, faults(found)
    for number, one in enumerate(ids):
        bookings = dates(arena, one)
        assert bookings[1] == second[number]
        starts = "SELECT count(*) FROM allocation WHERE booking_id = :one"
        assert [arena.count(starts, one=booking) for booking in bookings] == [1, 0, 1]
    arena.sound()


def test_a_series_that_is_cancelled_while_it_is_moved_ends_cancelled(arena: Arena) -> None:
    ids = [begun(arena, arena.people[3], first) for first in FIRSTS]

    def shot(number: int, who: int) -> Shot:
        first = FIRSTS[number]
        if who % 2:
            return Shot(f"/series/{ids[number]}/cancel", {"at": str(first), "scope": "all"}, part=False)
        return edit(arena, ids[number], first, "all", 10 + who, until=first + 2 * DAY, key=f"{who}")

    rounds = [[shot(number, who) for who in range(CONTENDERS)] for number in range(TRIES)]
    for found in arena.run(rounds, who=[arena.people[3]] * CONTENDERS):
        assert [outcome.status for outcome in found[1::2]] == [303] * (CONTENDERS // 2), faults(found)
        assert {outcome.status for outcome in found[::2]} <= {303, 422}, faults(found)
    assert arena.count(OF_DAY) == 0
    cancelled = "SELECT count(*) FROM booking_history WHERE action = 'cancelled' AND booking_id = :one"
    assert {arena.count(cancelled, one=booking) for one in ids for booking in dates(arena, one)} == {1}
    arena.sound()


def test_a_series_against_its_own_members_other_desk(arena: Arena) -> None:
    """One member, eight processes, three desks: whatever comes first keeps the member from sitting twice."""
    desks = (arena.small.a1, arena.small.a2, arena.small.a3)

    def shot(first: date, who: int) -> Shot:
        if who % 2:
            return series(desks[who % 3], first, f"desk-{first}-{who}")
        one = {
            "space": desks[who % 3],
            "date": str(first + DAY),
            "start": "09:15",
            "end": "09:45",
            "key": f"{first}-{who}",
        }
        return Shot("/bookings", one)

    for found in arena.run(
        [[shot(first, who) for who in range(CONTENDERS)] for first in FIRSTS], who=[arena.people[4]] * CONTENDERS
    ):
        statuses = Counter(outcome.status for outcome in found)
        assert statuses.keys() <= {303, 409, 422}, faults(found)
        assert statuses[303] >= 1
    twice = """
        SELECT count(*) FROM allocation a JOIN allocation b ON a.id < b.id AND a.space_id <> b.space_id
        AND a.start < b."end" AND b.start < a."end" WHERE a.space_id IN (:one, :two, :three)
    """
    assert arena.count(twice, one=desks[0], two=desks[1], three=desks[2]) == 0
    arena.sound()
