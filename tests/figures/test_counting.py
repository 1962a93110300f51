"""The figures are those of a slow recount, whatever was done, whether the summary was brought up to date or not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import bindparam, func, select, text

from innovation_station.bookings import busy, claims, dividing, presence
from innovation_station.bookings import service as bookings
from innovation_station.bookings.claims import Claimant
from innovation_station.bookings.dividing import NewPart
from innovation_station.bookings.models import Booking
from innovation_station.bookings.schedule import check_ins
from innovation_station.cli import cli
from innovation_station.db import UtcDateTime, db, transaction
from innovation_station.errors import DomainError
from innovation_station.figures import queries, service
from innovation_station.figures.models import FigureDay, FigureMonth
from innovation_station.figures.rules import HOURS, WEEK, cells
from innovation_station.members.models import Member
from innovation_station.spaces import service as spaces
from innovation_station.spaces.models import Space
from innovation_station.spaces.queries import house
from innovation_station.spaces.rules import at_minute
from innovation_station.timespan import Span
from tests.conftest import MONDAY, NOW, TUESDAY, ZONE, Clock, Small, at, statements
from tests.figures import recount

HOUR = 3600
FRIDAY = date(2026, 10, 23)  # before the clock goes back
AUTUMN = datetime(2026, 10, 23, 6, 0, tzinfo=UTC)


def who(small: Small, name: str = "alva") -> Member:
    return db.session.get_one(Member, small.people[name])


def reserve(small: Small, space: int, span: Span, name: str = "alva", now: datetime = NOW) -> Booking:
    with transaction():
        return bookings.reserve(who(small, name), space, span, now=now, zone=ZONE)


def refresh(now: datetime = NOW) -> int:
    return service.refresh(now=now, zone=ZONE)


def counted(first: date = MONDAY, last: date = TUESDAY, now: datetime = NOW, **more: Any) -> queries.Counted:
    given = {"chosen": list(house().places), "by_month": False} | more
    return queries.counted(first, last, now=now, zone=ZONE, **given)


def hours(number: int) -> dict[tuple[int, int], float]:
    """Give what is not nothing by weekday and hour, in hours."""
    return {(n // HOURS, n % HOURS): value / HOUR for n, value in enumerate(cells(number, WEEK)) if value}


@pytest.fixture
def furnished(context: Flask, small: Small) -> tuple[int, int]:
    """Divide the hall, link the room and the booth, keep time free round the room, ask for check-ins; open Sundays."""
    with transaction() as session:
        dividing.divide(
            who(small, "admin"), small.hall, (), new=(NewPart("Östra", 30), NewPart("Västra", 30)), now=NOW, zone=ZONE
        )
        dividing.link(who(small, "admin"), small.room, (small.booth,), now=NOW, zone=ZONE)
        spaces.set_policy(space=session.get_one(Space, small.room), setup=15, clearing=30)
        spaces.set_policy(kind="desk", check_in=15)
        spaces.set_hours(OPEN)
    one, other = house().places[small.hall].parts
    return one, other


OPEN = dict.fromkeys(range(5), (7 * 60, 19 * 60)) | {6: (0, 24 * 60)}
ACTS = (
    *("reserve",) * 12, "move", "arrive", "arrive", "cancel", "restore", "arrive", "end", "extend", "close",
    "reopen", "event", "busy", *("wait",) * 4, "count", "hours",
)  # fmt: skip


class Life:
    """What may happen to the house, each act by four numbers."""

    def __init__(self, small: Small, parts: tuple[int, int]) -> None:
        self.small, self.now = small, AUTUMN
        self.places = (small.a1, small.a2, small.a3, small.room, small.booth, small.hall, *parts)
        self.names = ("alva", "bo", "host")
        self.closures: list[int] = []

    def live(self, chance: Random) -> None:
        what, one = chance.choice(ACTS), chance.randrange(8)
        space_id, actor = self.places[one], who(self.small, chance.choice(self.names))
        day, start, length = chance.choice((0, 0, 0, 2, 3, 3, 4)), chance.randrange(28, 72), chance.randint(1, 16)
        if day == 2:  # the night in which the clock goes back
            start = chance.randrange(0, 24)
        begin = at_minute(FRIDAY + timedelta(days=day), start * 15, ZONE)
        span = Span(begin, begin + timedelta(minutes=15 * length))
        last = Booking.start < self.now + timedelta(hours=1)
        found = db.session.scalars(select(Booking.id).order_by(last.desc(), Booking.end.desc()).limit(9)).all()
        booking = chance.choice(found) if found else 0
        given: dict[str, Any] = {"now": self.now, "zone": ZONE}
        host, row = who(self.small, "host"), db.session.get(Booking, booking, populate_existing=True)
        done: dict[str, Callable[[], Any]] = {
            "reserve": lambda: bookings.reserve(actor, space_id, span, **given),
            "move": lambda: bookings.move(host, booking, space_id=space_id, span=span, **given),
            "cancel": lambda: bookings.cancel(host, booking, now=self.now),
            "restore": lambda: bookings.restore(host, booking, **given),
            "arrive": lambda: presence.check_in(host, booking, now=self.now),
            "end": lambda: presence.end_now(host, booking, **given),
            "extend": lambda: row and presence.extend(host, booking, row.end + timedelta(minutes=30), **given),
            "close": lambda: self.closures.append(
                bookings.close(span, reasons=("Stängt", "Closed"), space_id=None if one == 7 else space_id, **given).id
            ),
            "reopen": lambda: self.closures and bookings.reopen(self.closures[-1], now=self.now),
            "event": lambda: claims.take(Claimant("event", 1 + one), [(space_id, span)], **given),
            "busy": lambda: (busy.add(space_id, [span], "Outlook", now=self.now), busy.settle([space_id], **given)),
        }
        if what == "wait":
            self.now += timedelta(minutes=length * 5)
            check_ins(self.now)
        elif what == "count":
            service.refresh(now=self.now, zone=ZONE)
        else:
            try:
                with transaction():
                    if what == "hours":
                        spaces.set_hours(OPEN | {chance.randrange(5): (6 * 60 + start, 18 * 60 + length)})
                    else:
                        done[what]()
            except DomainError:
                pass


@settings(max_examples=3, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(1, 2**32))
def test_whatever_is_done_the_figures_are_those_of_a_recount(
    furnished: tuple[int, int], small: Small, clock: Clock, seed: int
) -> None:
    """The period holds the day of 25 hours, parts of two months, and a public holiday."""
    life, chance = Life(small, furnished), Random(seed)
    first, last = date(2026, 10, 20), date(2026, 11, 2)
    for number in range(80):
        life.live(chance)
        clock.now = life.now
        if number % 20 == 19:
            recount.check(life.now, first, last, ZONE)
    recount.check(life.now, first, last, ZONE)  # what is marked, anew
    refresh(life.now)
    assert queries.marks() == []
    found = recount.check(life.now, first, last, ZONE)  # all from the summary
    known, _since = queries.shapes(house(), life.now.astimezone(ZONE).date())
    open_for = recount.open_minutes(first, last, known, ZONE)
    assert {one: hours(seconds) for one, seconds in found.open.items() if seconds} == {
        one: {cell: seconds / HOUR for cell, seconds in each.items()} for one, each in open_for.items()
    }


def test_each_figure_by_hand(furnished: tuple[int, int], small: Small, clock: Clock) -> None:
    """A desk that is used, a no-show, a hall in parts, a linked room, time kept free, an event after closing time."""
    east, west = furnished
    desk = reserve(small, small.a1, at(MONDAY, "09:00", "11:30"))
    missed = reserve(small, small.a2, at(MONDAY, "08:15", "10:15"), "bo")
    reserve(small, small.hall, at(TUESDAY, "10:00", "12:00"), "host")
    reserve(small, small.room, at(TUESDAY, "09:00", "10:00"))
    gone = reserve(small, small.a3, at(TUESDAY, "09:00", "10:00"), "bo")
    with transaction():
        claims.take(Claimant("event", 1), [(east, at(MONDAY, "18:00", "20:00"))], now=NOW, zone=ZONE)
        bookings.close(
            at(TUESDAY, "07:00", "09:00"), reasons=("Stängt", "Closed"), now=NOW, zone=ZONE, space_id=small.a1
        )  # fmt: skip
        bookings.cancel(who(small, "bo"), gone.id, now=NOW)
    refresh()
    clock.now = NOW + timedelta(hours=1)
    with transaction():
        presence.check_in(who(small), desk.id, now=clock.now)
    for minutes in (0, 20):
        clock.now += timedelta(minutes=minutes)
        check_ins(clock.now)
    assert db.session.get_one(Booking, missed.id).state == "no-show"
    for _twice in "marked", "counted":
        found = counted(now=clock.now)
        tallies = found.spaces
        assert hours(tallies[small.a1].booked) == hours(tallies[small.a1].used) == {(0, 9): 1, (0, 10): 1, (0, 11): 0.5}
        assert hours(tallies[small.a1].withheld) == {(1, 7): 1, (1, 8): 1}
        kept = (clock.now - at(MONDAY, "08:15", "09:00").start).seconds
        assert sum(cells(tallies[small.a2].booked, WEEK)) == kept and not tallies[small.a2].used
        assert tallies[small.a2].count("no_shows") == 1 and tallies[small.a2].count("lost") == 2 * HOUR - kept
        assert hours(tallies[east].booked) == hours(tallies[west].booked) == {(1, 10): 1, (1, 11): 1}
        assert not tallies[small.hall].booked and tallies[small.hall].count("bookings") == 1
        assert tallies[east].count("bookings") == 0
        assert hours(tallies[small.room].booked) == {(1, 9): 1}
        assert hours(tallies[small.room].withheld) == {(1, 8): 0.25, (1, 10): 0.5}
        assert hours(tallies[small.booth].withheld) == {(1, 8): 0.25, (1, 9): 1, (1, 10): 0.5}
        assert hours(tallies[east].events) == {(0, 18): 1} and tallies[east].count("outside") == HOUR
        assert tallies[small.a3].count("cancelled") == 1 and tallies[small.a3].count("bookings") == 0
        total = found.total(found.spaces)
        assert [total.count(f"lead{number}") for number in range(7)] == [2, 0, 2, 0, 0, 0, 0]
        assert total.organisations == {0: (4, 5 * HOUR + HOUR // 2 + kept)}
        assert hours(found.offered([small.a1]))[1, 9] == 1 and (1, 8) not in hours(found.offered([small.a1]))
        refresh(clock.now)


def test_who_checks_in_to_a_hall_uses_its_parts(furnished: tuple[int, int], small: Small) -> None:
    """Nothing of the parts' own rows changes then."""
    hall = reserve(small, small.hall, at(MONDAY, "08:15", "09:00"), "host")
    refresh()
    with transaction():
        presence.check_in(who(small, "host"), hall.id, now=NOW)
    refresh()
    assert [hours(counted().spaces[part].used) for part in furnished] == [{(0, 8): 0.75}] * 2


def test_the_past_is_measured_by_the_hours_that_it_had(context: Flask, small: Small) -> None:
    reserve(small, small.a1, at(MONDAY, "16:00", "18:00"))
    refresh()
    assert hours(counted().open[small.a1]) == {(day, hour): 1 for day in (0, 1) for hour in range(8, 18)}
    later = NOW + timedelta(days=1)
    with transaction():
        spaces.set_hours(dict.fromkeys(range(5), (9 * 60, 17 * 60)))
    for _twice in "noticed", "written down":
        found = counted(now=later)
        assert sum(hours(found.open[small.a1]).values()) == 10 + 8
        assert hours(found.spaces[small.a1].booked) == {(0, 16): 1, (0, 17): 1}
        refresh(later)
    with transaction():
        spaces.set_hours(dict.fromkeys(range(5), (12 * 60, 13 * 60)))
    refresh(later)  # twice on a day: the last holds for it
    assert hours(counted(now=later).open[small.a1]) == {(0, hour): 1 for hour in range(8, 18)} | {(1, 12): 1}


def test_reading_writes_nothing_and_costs_the_same_whatever_there_is(app: Flask, context: Flask, small: Small) -> None:
    """Marks cost two statements for each stretch of days; what is booked costs none."""
    refresh()
    counted()  # what the house offers is read once
    asked = []
    for day in (MONDAY, TUESDAY, MONDAY + timedelta(days=2)):
        reserve(small, small.a1, at(day, "09:00", "10:00"))
        reserve(small, small.a2, at(day, "09:00", "10:00"), "bo")
        with statements(app) as marked:
            counted(last=MONDAY + timedelta(days=6))
        refresh()
        with statements(app) as clean:
            counted(first=date(2026, 1, 1), last=date(2026, 12, 31), by_month=True)
        assert not [one for one in marked + clean if not one.startswith("SELECT")]
        asked.append((len(marked), len(clean)))
    assert asked == [(6, 4)] * 3, asked  # two each for the house itself
    rows = [db.session.scalar(select(func.count()).select_from(table)) for table in (FigureDay, FigureMonth)]
    assert rows == [6, 2]


def test_more_than_can_be_looked_at_mark_by_mark_is_counted_all_the_same(
    context: Flask, small: Small, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after an import: a reader counts what lies between the first and the last of a space, the job goes on and on."""
    refresh()
    monkeypatch.setattr(queries, "MOST", 3)
    for day in range(5):
        reserve(small, small.a1, at(MONDAY + timedelta(days=day), "09:00", "10:00"))
    assert len(queries.first_marks(20)) == 10 and len(queries.marks()) == 1
    recount.check(NOW, MONDAY, MONDAY + timedelta(days=6), ZONE)
    refresh()
    assert queries.marks() == []
    recount.check(NOW, MONDAY, MONDAY + timedelta(days=6), ZONE)


def test_whoever_writes_past_the_service_leaves_a_mark(context: Flask, small: Small) -> None:
    """The database does it, so that no later migration and no import may forget to: rows are deleted and put back."""
    booking = reserve(small, small.a1, at(MONDAY, "09:00", "10:00"))
    refresh()
    start = booking.start + timedelta(hours=1)
    for statement in (
        "update booking set state = 'cancelled' where id = :id",
        'update allocation set start = :start, "end" = :end where booking_id = :id',
        "delete from allocation where booking_id = :id",
        'insert into allocation (space_id, start, "end", booking_id) values (:space, :start, :end, :id)',
        "update booking set state = 'confirmed', checked_in_at = :start, start = :start, \"end\" = :end where id = :id",
    ):
        values = {"id": booking.id, "start": start, "end": start + timedelta(hours=1), "space": small.a1}
        with transaction() as session:
            session.execute(
                text(statement).bindparams(
                    *(bindparam(name, type_=UtcDateTime()) for name in ("start", "end") if f":{name}" in statement)
                ),
                {name: value for name, value in values.items() if f":{name}" in statement},
            )
        assert queries.marks(), statement
        recount.check(NOW, MONDAY, TUESDAY, ZONE)
        refresh()
        recount.check(NOW, MONDAY, TUESDAY, ZONE)


def test_everything_can_be_counted_anew(context: Flask, small: Small) -> None:
    """Whatever stands in the summary: the command counts it from the rows, as a new version does that brings it."""
    reserve(small, small.a1, at(MONDAY, "09:00", "10:00"))
    refresh()
    with transaction() as session:
        for row in session.scalars(select(FigureDay)):
            row.booked = b""
    assert not counted().spaces[small.a1].booked
    answer = context.test_cli_runner().invoke(cli, ["figures", "rebuild"])
    assert (answer.output, answer.exit_code) == ("1 days of spaces counted.\n", 0)
    assert hours(counted().spaces[small.a1].booked) == {(0, 9): 1}
