"""Whatever is done to bookings, in whatever order: every law of `laws` holds after each step, on both databases.

The run of the suite is short and always the same. `STATION_TEST_EXAMPLES=500` looks for what it has not met yet, and
with `STATION_TEST_SHRINK` for the shortest life that breaks a law, which takes minutes.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from innovation_station.bookings import answers, deadlines, dividing, presence, schedule
from innovation_station.bookings import service as bookings
from innovation_station.db import db
from innovation_station.errors import DomainError
from innovation_station.figures import service as figures
from innovation_station.i18n import REFUSALS
from innovation_station.members.models import Member
from innovation_station.series import looking
from innovation_station.series import queries as series_queries
from innovation_station.series import service as series
from innovation_station.series.rules import Rule, Times
from innovation_station.series.steps import SCOPES, Answer, Change, Edit, Pattern
from innovation_station.spaces.queries import house
from innovation_station.spaces.rules import at_minute
from innovation_station.timespan import Span
from innovation_station.waits import jobs as wait_jobs
from innovation_station.waits import service as waits
from innovation_station.waits.rules import Wanted
from tests.conftest import ZONE, Clock, Small
from tests.figures import recount
from tests.machine.house import PEOPLE, Arena, Facts, postgres_keeper, sqlite_keeper
from tests.machine.laws import HOLDING, Act, check

MORE = int(os.environ.get("STATION_TEST_EXAMPLES", "0"))
RUN = settings(
    max_examples=MORE or 6, stateful_step_count=50 if MORE else 25, derandomize=not MORE, deadline=None, database=None,
    suppress_health_check=list(HealthCheck), print_blob=bool(MORE), report_multiple_bugs=False,
    phases=[Phase.generate, *([Phase.shrink] if "STATION_TEST_SHRINK" in os.environ else [])],
)  # fmt: skip
SPACES = ("a1", "a2", "a3", "room", "booth", "hall", "part", "other")
TITLES = ("", "Möte", "Workshop")

people = st.sampled_from(PEOPLE)
spaces = st.sampled_from(SPACES)
picks = st.integers(0, 11)
days = st.sampled_from((0, 0, 1, 1, 1, 2, 3, 4, 7, 8))
clocks = st.builds(
    lambda start, length: Times(start, min(start + length, 18 * 60)),
    st.sampled_from(range(8 * 60, 17 * 60 + 1, 30)), st.sampled_from((15, 60, 60, 120, 240)),
)  # fmt: skip
rules = st.one_of(
    st.builds(
        Rule, st.just("weekly"), interval=st.sampled_from((1, 1, 2)), count=st.integers(2, 4),
        weekdays=st.sampled_from((frozenset({0}), frozenset({1}), frozenset({1, 3}), frozenset(range(5)))),
        skip_closed=st.booleans(),
    ),
    st.builds(Rule, st.just("daily"), interval=st.sampled_from((1, 2)), count=st.integers(2, 5), skip_closed=st.just(True)),
)  # fmt: skip
ways = st.sampled_from(("skip", "skip", "keep", "offer"))


class Machine(RuleBasedStateMachine):
    """One life of the house."""

    def __init__(self, arena: Arena) -> None:
        super().__init__()
        self.arena = arena

    @initialize()
    def begin(self) -> None:
        """Begin with a day in which something is booked: a desk that runs, a request, and series."""
        self.arena.begin()
        self.facts: Facts = self.arena.facts()
        weekly = Rule("weekly", weekdays=frozenset({1}), count=3)
        self.reserve("bo", "a3", 0, Times(8 * 60, 12 * 60), "", twice=False)
        self.reserve("alva", "hall", 2, Times(10 * 60, 12 * 60), "Möte", twice=True)
        self.begin_series("alva", "room", 1, Times(9 * 60, 10 * 60), weekly, "Möte", "skip", twice=True)
        self.begin_series("bo", "part", 1, Times(13 * 60, 15 * 60), weekly, "", "skip", twice=False)
        self.join_for("bo", 2)

    # -- what everybody does with one booking -------------------------------------------------------------------------

    @rule(who=people, where=spaces, day=days, times=clocks, title=st.sampled_from(TITLES), twice=st.booleans())
    def reserve(self, who: str, where: str, day: int, times: Times, title: str, twice: bool) -> None:
        span = self.span(day, times)

        def do() -> int:
            return bookings.reserve(
                self.member(who), self.space(where), span, now=self.now, zone=ZONE, title=title,
                request_key=f"{len(self.facts.booking_history)}" if twice else None,
            ).id  # fmt: skip

        own = self.mine(who, self.space(where), span)
        made = self.act(Act("reserve", own), do)
        if made and twice:
            self.again(Act("reserve", {made}), do, made)

    @precondition(lambda self: self.facts.booking)
    @rule(who=people, pick=picks, where=spaces, day=days, times=clocks, title=st.sampled_from((None, *TITLES)))
    def move(self, who: str, pick: int, where: str, day: int, times: Times, title: str | None) -> None:
        booking = self.booking(pick)
        self.act(
            Act("move", {booking}),
            lambda: bookings.move(
                self.member(who), booking, space_id=self.space(where), span=self.span(day, times), now=self.now,
                zone=ZONE, title=title,
            ).id,
        )  # fmt: skip

    @precondition(lambda self: self.facts.booking)
    @rule(who=people, pick=picks, minutes=st.sampled_from((-60, -15, 15, 60)))
    def change_end(self, who: str, pick: int, minutes: int) -> None:
        row = self.facts.booking[self.booking(pick)]
        span = Span(row["start"], max(row["end"] + timedelta(minutes=minutes), row["start"] + timedelta(minutes=15)))
        self.act(
            Act("move", {row["id"]}),
            lambda: (
                bookings.move(
                    self.member(who), row["id"], space_id=row["space_id"], span=span, now=self.now, zone=ZONE
                ).id
            ),
        )

    @precondition(lambda self: self.facts.booking)
    @rule(who=people, pick=picks)
    def cancel(self, who: str, pick: int) -> None:
        booking = self.booking(pick)

        def do() -> int:
            return bookings.cancel(self.member(who), booking, now=self.now).id

        if self.act(Act("cancel", {booking}), do):
            self.again(Act("cancel", {booking}), do, booking)

    @precondition(lambda self: self.facts.booking)
    @rule(who=people, pick=picks)
    def restore(self, who: str, pick: int) -> None:
        booking = self.booking(pick)

        def do() -> int:
            return bookings.restore(self.member(who), booking, now=self.now, zone=ZONE).id

        if self.act(Act("restore", {booking}), do):
            self.again(Act("restore", {booking}), do, booking)

    @precondition(lambda self: self.running())
    @rule(
        who=people,
        pick=picks,
        what=st.sampled_from(("check in", "undo", "end", "extend", "reclaim")),
        minutes=st.sampled_from((15, 60)),
    )
    def be_here(self, who: str, pick: int, what: str, minutes: int) -> None:
        """Do to a booking what one does while it runs."""
        booking = self.running()[pick % len(self.running())]
        to = self.facts.booking[booking]["end"] + timedelta(minutes=minutes)
        acts: dict[str, Callable[[Member], Any]] = {
            "check in": lambda actor: presence.check_in(actor, booking, now=self.now),
            "undo": lambda actor: presence.undo_check_in(actor, booking, now=self.now),
            "end": lambda actor: presence.end_now(actor, booking, now=self.now, zone=ZONE),
            "extend": lambda actor: presence.extend(actor, booking, to, now=self.now, zone=ZONE),
            "reclaim": lambda actor: presence.reclaim(actor, booking, now=self.now, zone=ZONE),
        }

        def do() -> int:
            return acts[what](self.member(who)).id

        if self.act(Act(what, {booking}), do) and what != "end":  # ended is over, and over is told
            self.again(Act(what, {booking}), do, booking)

    # -- what staff do ------------------------------------------------------------------------------------------------

    @precondition(lambda self: self.requests())
    @rule(who=people, pick=picks, yes=st.booleans())
    def answer(self, who: str, pick: int, yes: bool) -> None:
        booking = self.requests()[pick % len(self.requests())]

        def do() -> int:
            say = answers.approve if yes else answers.decline
            return say(self.member(who), booking, now=self.now).id

        if self.act(Act("answer", {booking}), do):
            self.again(Act("answer", {booking}), do, booking)

    @rule(where=st.sampled_from((*SPACES, None)), day=days, times=clocks)
    def close(self, where: str | None, day: int, times: Times) -> None:
        self.act(
            Act("close"),
            lambda: bookings.close(
                self.span(day, times), reasons=("Stängt", "Closed"), now=self.now, zone=ZONE,
                space_id=where and self.space(where),
            ).id,
        )  # fmt: skip

    @rule(who=people, where=spaces, day=days, times=clocks, minutes=st.sampled_from((10, 120)))
    def hold(self, who: str, where: str, day: int, times: Times, minutes: int) -> None:
        until = self.now + timedelta(minutes=minutes)
        self.act(
            Act("hold"),
            lambda: (
                bookings.hold(
                    self.member(who).id, self.space(where), self.span(day, times), until=until, now=self.now, zone=ZONE
                ).id
            ),
        )

    @precondition(lambda self: self.facts.space_hold)
    @rule(pick=picks)
    def release(self, pick: int) -> None:
        held = sorted(self.facts.space_hold)
        self.act(Act("release"), lambda: bookings.release(held[pick % len(held)]) or True)

    @precondition(lambda self: self.facts.space_hold)
    @rule(pick=picks, series_of=st.none() | rules)
    def take_what_is_held(self, pick: int, series_of: Rule | None) -> None:
        """Book, or begin a series with, what is held for the member."""
        held = sorted(self.facts.space_hold)
        row = self.facts.space_hold[held[pick % len(held)]]
        if series_of is None:
            own = self.mine_by_id(row["member_id"], row["space_id"], Span(row["start"], row["end"]))
            self.act(
                Act("reserve", own),
                lambda: bookings.reserve(
                    self.person(row["member_id"]), row["space_id"], Span(row["start"], row["end"]), now=self.now,
                    zone=ZONE,
                ).id,
            )  # fmt: skip
        else:
            start, end = (row[side].astimezone(ZONE) for side in ("start", "end"))
            times = Times(start.hour * 60 + start.minute, end.hour * 60 + end.minute)
            self._begin(row["member_id"], Pattern(series_of, start.date(), times, row["space_id"]), "skip", False)

    @rule(what=st.sampled_from(("divided", "linked")), value=st.booleans())
    def rearrange(self, what: str, value: bool) -> None:
        """Divide the hall in use, or make it whole; link two rooms, or let them go."""
        hall, room = self.space("hall"), self.space("room")
        acts: dict[str, Callable[[Member], None]] = {
            "divided": lambda actor: dividing.divide(
                actor, hall, self.arena.parts if value else (), now=self.now, zone=ZONE
            ),
            "linked": lambda actor: dividing.link(
                actor, room, [self.space("booth")] if value else [], now=self.now, zone=ZONE
            ),
        }  # fmt: skip
        had = getattr(self.arena, what), self.arena.since
        setattr(self.arena, what, value)
        self.arena.since = self.now

        def done() -> bool:
            try:
                acts[what](self.member("host"))
            except DomainError:
                setattr(self.arena, what, had[0])
                self.arena.since = had[1]
                raise
            return True

        self.act(Act(what), done)

    # -- in line ------------------------------------------------------------------------------------------------------

    @rule(who=people, where=spaces, any_of=st.booleans(), day=days, times=clocks)
    def join(self, who: str, where: str, any_of: bool, day: int, times: Times) -> None:
        kind = self.facts.space[self.space(where)]["kind"]
        wanted = Wanted(None, kind, None) if any_of else Wanted(self.space(where), None, None)

        def do() -> int:
            return waits.join(self.member(who), wanted, self.span(day, times), now=self.now, zone=ZONE).id

        if wait := self.act(Act("join"), do):
            self.again(Act("join"), do, wait)

    @precondition(lambda self: self.facts.booking)
    @rule(who=people, pick=picks)
    def join_for(self, who: str, pick: int) -> None:
        """Stand in line for the very time that somebody has."""
        row = self.facts.booking[self.booking(pick)]
        wanted, span = Wanted(row["space_id"], None, None), Span(row["start"], row["end"])
        self.act(Act("join"), lambda: waits.join(self.member(who), wanted, span, now=self.now, zone=ZONE).id)

    @precondition(lambda self: self.facts.wait)
    @rule(pick=picks, what=st.sampled_from(("take", "take", "pass", "leave")))
    def in_line(self, pick: int, what: str) -> None:
        rows = sorted(self.facts.wait.values(), key=lambda row: (row["state"] != "offered", -row["id"]))
        row = rows[pick % len(rows)]
        acts = {"take": waits.take, "pass": waits.pass_on, "leave": waits.leave}
        own = self.mine_by_id(row["member_id"], row["offered_id"] or 0, Span(row["start"], row["end"]))

        def do() -> int:
            return acts[what](self.person(row["member_id"]), row["id"], now=self.now, zone=ZONE).id  # type: ignore[operator]

        if done := self.act(Act(what, own), do):
            self.again(Act(what), do, done)

    # -- series -------------------------------------------------------------------------------------------------------

    @rule(
        who=people, where=spaces, day=days, times=clocks, repeat=rules, title=st.sampled_from(TITLES), way=ways,
        twice=st.booleans(),
    )  # fmt: skip
    def begin_series(
        self, who: str, where: str, day: int, times: Times, repeat: Rule, title: str, way: str, twice: bool
    ) -> None:
        first = self.day(day)
        self._begin(self.id(who), Pattern(repeat, first, times, self.space(where), title), way, twice)

    def _begin(self, member_id: int, pattern: Pattern, way: str, twice: bool) -> None:
        key = f"{len(self.facts.booking_history)}" if twice else None
        given, expected = self.preview(
            lambda answered: looking.beginning(pattern, answered, now=self.now, zone=ZONE), member_id, member_id, way
        )

        def do() -> int:
            return series.begin(
                self.person(member_id), pattern, given, now=self.now, zone=ZONE, request_key=key
            ).id  # fmt: skip

        made = self.act(Act("begin"), do, expected)
        if made and twice:
            self.again(Act("begin", series={made}), do, made)

    @precondition(lambda self: self.facts.series)
    @rule(
        who=people, pick=picks, date_pick=picks, scope=st.sampled_from(SCOPES), times=st.none() | clocks,
        title=st.sampled_from((None, None, *TITLES)), where=st.none() | st.none() | spaces, repeat=st.none() | rules,
        day=st.none() | st.none() | days, way=ways,
    )  # fmt: skip
    def edit_series(
        self, who: str, pick: int, date_pick: int, scope: Any, times: Times | None, title: str | None,
        where: str | None, repeat: Rule | None, day: int | None, way: str,
    ) -> None:  # fmt: skip
        number, original = self.date(pick, date_pick)
        edited = Edit(
            title, times, where and self.space(where), self.day(day) if day is not None and scope == "this" else None,
            repeat if scope != "this" else None,
        )  # fmt: skip
        member_id = self.facts.series[number]["member_id"]

        def change(given: Mapping[date, Answer]) -> Change:
            found = series_queries.get(number)
            assert found is not None
            return looking.changing(found, edited, scope, original, given, now=self.now, zone=ZONE)

        given, expected = self.preview(change, self.id(who), member_id, way)
        own = {self.facts.occurrence[number, original]["booking_id"]} if scope == "this" else set()
        act = Act("edit", own, {number}, scope, original)
        if who not in ("host", self.name(member_id)):
            expected = ["series-unknown"]
        self.act(
            act,
            lambda: series.edit(
                self.member(who), number, edited, scope, original, given, now=self.now, zone=ZONE
            ).id,
            expected, but={"cancel-late", "already-over"},
        )  # fmt: skip

    @precondition(lambda self: self.facts.series)
    @rule(who=people, pick=picks, date_pick=picks, scope=st.sampled_from(SCOPES))
    def cancel_series(self, who: str, pick: int, date_pick: int, scope: Any) -> None:
        number, original = self.date(pick, date_pick)
        own = {self.facts.occurrence[number, original]["booking_id"]} if scope == "this" else set()
        act = Act("cancel", own, {number}, scope, original)

        def do() -> int:
            series.cancel(self.member(who), number, scope, original, now=self.now, zone=ZONE)
            return number

        if self.act(act, do):
            self.again(act, do, number)

    # -- time ---------------------------------------------------------------------------------------------------------

    @rule(minutes=st.sampled_from((5, 15, 15, 60, 60, 300, 24 * 60, 3 * 24 * 60)))
    def time(self, minutes: int) -> None:
        """Let time pass, and then what runs by itself run."""
        self.arena.clock.now += timedelta(minutes=minutes)
        self.facts = replace(self.facts, now=self.now)
        with self.arena.app.app_context():
            deadlines.expire(self.now)
            schedule.check_ins(self.now)
            wait_jobs.look(self.now)
            self.count()
        before, self.facts = self.facts, self.arena.facts()
        check(before, self.facts, Act("time"))
        late = [
            row for row in self.facts.booking.values() if row["state"] == "requested" and row["answer_by"] <= self.now
        ]
        assert not late

    def count(self) -> None:
        """See that the figures are those of a recount; every other time the summary is brought up to date after it."""
        first = self.now.astimezone(ZONE).date()
        recount.check(self.now, first - timedelta(days=8), first + timedelta(days=15), ZONE)
        db.session.rollback()
        if self.now.minute % 10:
            figures.refresh(now=self.now, zone=ZONE)

    # -- acting -------------------------------------------------------------------------------------------------------

    def act(
        self, act: Act, do: Callable[[], Any], expected: Collection[str] | None = None, but: Collection[str] = ()
    ) -> Any:
        """Do something in a transaction; give what it gives, None where it was refused, which changes nothing.

        With `expected`, what a preview said, it is refused for these reasons, or `but` for others, or not at all.
        """
        before, codes, done = self.facts, [], None
        try:
            with self.arena.acting():
                done = do()
        except DomainError as error:
            codes = [refusal.code for refusal in error.refusals]
        self.facts = self.arena.facts()
        self.arena.met[f"{act.name}: {', '.join(sorted(set(codes))) or 'done'}"] += 1
        if done is None:
            assert codes and REFUSALS.keys() >= set(codes), codes
            assert self.facts.tables == before.tables, "what was refused has changed something"
        check(before, self.facts, act)
        if expected is not None and not set(but) & set(codes):
            assert codes == list(expected), (codes, expected)
        return done

    def again(self, act: Act, do: Callable[[], Any], made: Any) -> None:
        """Do the same once more: it gives the same, and nothing has happened."""
        before = self.facts
        assert self.act(act, do) == made
        assert self.facts.without_stamps == before.without_stamps, "what was done twice was done twice"

    def preview(
        self, plan: Callable[[Mapping[date, Answer]], Change], actor_id: int, member_id: int, way: str
    ) -> tuple[dict[date, Answer], list[str]]:  # fmt: skip
        """Look at a change of a series and answer for the dates that may not be had; give the answers, and what is to
        be expected with them."""
        given: dict[date, Answer] = {}
        for _look in range(3):
            with self.arena.app.app_context():
                change = plan(given)
                if change.refusals:
                    return given, [refusal.code for refusal in change.refusals]
                verdicts = looking.look(
                    self.person(actor_id), member_id, change, house=house(), now=self.now, zone=ZONE
                )  # fmt: skip
                db.session.rollback()
            wrong = series.refused(verdicts)
            if not wrong:
                does = any(step.after.booked or step.cancelled or step.dropped for step in change.steps)
                return given, [] if does else ["series-empty"]
            for verdict in wrong:
                given[verdict.wanted.day] = _answer(verdict.offers, way if _look == 0 else "skip")
        return given, ["series-dates"]

    # -- naming -------------------------------------------------------------------------------------------------------

    @property
    def now(self) -> datetime:
        return self.arena.clock.now

    def day(self, ahead: int) -> date:
        return self.now.astimezone(ZONE).date() + timedelta(days=ahead)

    def span(self, ahead: int, times: Times) -> Span:
        return Span(*(at_minute(self.day(ahead), minute, ZONE) for minute in (times.start, times.end)))

    def space(self, name: str) -> int:
        parts = dict(zip(("part", "other"), self.arena.parts, strict=True))
        return parts[name] if name in parts else getattr(self.arena.small, name)

    def id(self, who: str) -> int:
        return self.arena.small.people[who]

    def name(self, member_id: int) -> str:
        return next(name for name, number in self.arena.small.people.items() if number == member_id)

    def member(self, who: str) -> Member:
        return self.person(self.id(who))

    def person(self, member_id: int) -> Member:
        return db.session.get_one(Member, member_id)

    def booking(self, pick: int) -> int:
        """Name a booking, mostly one that stands, the newest first."""
        rows = sorted(self.facts.booking.values(), key=lambda row: (row["state"] not in HOLDING, -row["id"]))
        return rows[pick % len(rows)]["id"]

    def requests(self) -> list[int]:
        return sorted(row["id"] for row in self.facts.booking.values() if row["state"] == "requested")

    def running(self) -> list[int]:
        """Name what runs or is about to, or has just ended."""
        near = timedelta(minutes=30)
        rows = self.facts.booking.values()
        return sorted(row["id"] for row in rows if row["start"] - near <= self.now <= row["end"] + near)

    def date(self, pick: int, date_pick: int) -> tuple[int, date]:
        numbers = sorted(self.facts.series, reverse=True)
        number = numbers[pick % len(numbers)]
        originals = sorted(original for series_id, original in self.facts.occurrence if series_id == number)
        if not originals:  # all of them went along with a series that was divided off
            number, originals = min(self.facts.occurrence)[0], sorted(
                original for series_id, original in self.facts.occurrence if series_id == min(self.facts.occurrence)[0]
            )  # fmt: skip
        return number, originals[date_pick % len(originals)]

    def mine(self, who: str, space_id: int, span: Span) -> set[int]:
        return self.mine_by_id(self.id(who), space_id, span)

    def mine_by_id(self, member_id: int, space_id: int, span: Span) -> set[int]:
        """Name the booking that another request for the same span gives other words."""
        same = {"member_id": member_id, "space_id": space_id, "start": span.start, "end": span.end}
        return {n for n, row in self.facts.booking.items() if all(row[name] == v for name, v in same.items())}


def _answer(offers: Collection[Any], way: str) -> Answer:
    if way == "keep":
        return Answer(keep=True)
    if way == "skip" or not offers:
        return Answer(skip=True)
    offer = next(iter(offers))
    if not offer.same_space:
        return Answer(space_id=offer.place.id)
    start, end = (side.astimezone(ZONE) for side in (offer.span.start, offer.span.end))
    return Answer(times=Times(start.hour * 60 + start.minute, end.hour * 60 + end.minute))


@pytest.fixture
def arena(app: Flask, small: Small, clock: Clock, request: pytest.FixtureRequest, tmp_path: Path) -> Arena:
    """Give the house on a database that can be put back."""
    url = app.config["STATION"].database_url
    if url.startswith("sqlite"):
        keep = sqlite_keeper(tmp_path / "station.db")
    else:
        keep = postgres_keeper(request.getfixturevalue("postgres_server"), url)
    return Arena(app, small, clock, keep)


def test_every_law_holds_whatever_is_done(arena: Arena) -> None:
    run_state_machine_as_test(lambda: Machine(arena), settings=RUN)
    print(*(f"{count:6} {what}" for what, count in sorted(arena.met.items())), sep="\n")
