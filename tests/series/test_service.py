"""Series on a real database, both kinds: booked, changed, divided, cancelled; all of it or nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, time, timedelta

import pytest
from flask import Flask, current_app
from sqlalchemy import func, select

from innovation_station.bookings import service as bookings
from innovation_station.bookings.models import Allocation, Booking
from innovation_station.db import db, transaction
from innovation_station.errors import Conflict, DomainError, NotFound, Refused
from innovation_station.i18n import local
from innovation_station.members.models import Member
from innovation_station.notices.models import Notice
from innovation_station.plans import service as plans
from innovation_station.plans.models import Membership
from innovation_station.plans.rules import Limit, Quota
from innovation_station.plans.service import Contents
from innovation_station.series import looking, queries, service
from innovation_station.series.models import Occurrence, Series
from innovation_station.series.rules import Rule, Times
from innovation_station.series.steps import Answer, Edit, Pattern
from innovation_station.spaces.queries import house
from innovation_station.timespan import Span
from tests.conftest import NOW, TUESDAY, ZONE, Small, at, statements

TUESDAYS = Rule("weekly", weekdays=frozenset({1}), count=4)
NINE = Times(9 * 60, 11 * 60)
WEEK = timedelta(days=7)


def who(small: Small, name: str = "alva") -> Member:
    return db.session.get_one(Member, small.people[name])


def pattern(small: Small, rule: Rule = TUESDAYS, times: Times = NINE, title: str = "Teammöte") -> Pattern:
    return Pattern(rule, TUESDAY, times, small.room, title)


def begin(small: Small, made: Pattern | None = None, name: str = "alva", **more: object) -> Series:
    answers = more.pop("answers", {})
    with transaction():
        return service.begin(who(small, name), made or pattern(small), answers, now=NOW, zone=ZONE, **more)  # type: ignore[arg-type]


def edit(small: Small, series: Series, edited: Edit, scope: str, at_: date = TUESDAY, **more: object) -> Series:
    given = {"answers": {}, "now": NOW, "name": "alva"} | more
    with transaction():
        return service.edit(
            who(small, given["name"]), series.id, edited, scope, at_, given["answers"], now=given["now"], zone=ZONE,  # type: ignore[arg-type]
        )  # fmt: skip


def spoken(series: Series) -> list[str]:
    """Say each booked date of a series: space, day and hours by the wall clock."""
    db.session.expire_all()
    return [said(row.booking) for row in queries.occurrences(series.id) if row.booking and not row.booking.cancelled]


def said(booking: Booking) -> str:
    start, end = local(booking.start), local(booking.end)
    return f"{booking.space_id} {start:%m-%d %H:%M}-{end:%H:%M}"


def expected(small: Small, *days: date, hours: str = "09:00-11:00", space: int | None = None) -> list[str]:
    return [f"{space or small.room} {day:%m-%d} {hours}" for day in days]


def weeks(*numbers: int) -> Sequence[date]:
    return [TUESDAY + WEEK * number for number in numbers]


def sound() -> None:
    """Check that allocations are what bookings say, each on the space it is of."""
    db.session.expire_all()
    for booking in db.session.scalars(select(Booking)):
        rows = db.session.scalars(select(Allocation).where(Allocation.booking_id == booking.id)).all()
        spans = [Span(row.start, row.end) for row in rows]
        assert spans == ([booking.takes] if booking.takes else []), booking.id


def test_a_series_books_each_date_once(context: None, small: Small) -> None:
    series = begin(small, request_key="tap")
    assert begin(small, request_key="tap").id == series.id
    assert spoken(series) == expected(small, *weeks(0, 1, 2, 3))
    assert {booking.title for booking in db.session.scalars(select(Booking))} == {"Teammöte"}
    assert series.pattern.rule.count == 4 and series.pattern.times == NINE
    assert db.session.scalar(select(func.count()).select_from(Notice)) == 1  # not one for each date
    sound()


def test_who_gave_a_series_back_may_book_it_again_by_the_same_submit(context: None, small: Small) -> None:
    series = begin(small, request_key="tap")
    with transaction():
        service.cancel(who(small), series.id, "following", weeks(1)[0], now=NOW, zone=ZONE)
    assert begin(small, request_key="tap").id == series.id
    with transaction():
        service.cancel(who(small), series.id, "all", TUESDAY, now=NOW, zone=ZONE)
    again = begin(small, request_key="tap")
    assert again.id != series.id and spoken(again) == expected(small, *weeks(0, 1, 2, 3))
    assert begin(small, request_key="tap").id == again.id
    sound()


def test_a_taken_date_stops_all_until_it_is_answered(context: None, small: Small) -> None:
    with transaction():
        bookings.reserve(who(small, "bo"), small.room, at(TUESDAY + WEEK, "10:00", "12:00"), now=NOW, zone=ZONE)
    with pytest.raises(Conflict) as error:
        begin(small)
    assert [(r.code, r.values) for r in error.value.refusals] == [("series-dates", {"count": 1})]
    assert db.session.scalar(select(func.count()).select_from(Booking)) == 1
    change = looking.beginning(pattern(small), {}, now=NOW, zone=ZONE)
    alva = who(small)
    verdicts = looking.look(alva, alva.id, change, house=house(), now=NOW, zone=ZONE)
    (wrong,) = service.refused(verdicts)
    assert (wrong.wanted.day, [r.code for r in wrong.refusals]) == (TUESDAY + WEEK, ["taken"])
    assert wrong.offers
    offer = next(way for way in wrong.offers if way.same_space)
    times = Times(*(local(side).hour * 60 + local(side).minute for side in (offer.span.start, offer.span.end)))
    series = begin(small, answers={TUESDAY + WEEK: Answer(times=times)})
    assert len(spoken(series)) == 4
    (row,) = (row for row in queries.rows(series) if row.moved)
    assert (row.original, row.span) == (TUESDAY + WEEK, offer.span)
    sound()


def test_a_date_may_be_skipped_or_go_elsewhere(context: None, small: Small) -> None:
    answers = {weeks(1)[0]: Answer(skip=True), weeks(2)[0]: Answer(space_id=small.hall)}
    series = begin(small, answers=answers)
    assert spoken(series) == [
        *expected(small, *weeks(0)), *expected(small, *weeks(2), space=small.hall), *expected(small, *weeks(3))
    ]  # fmt: skip
    assert [row.state for row in queries.rows(series)] == ["confirmed", "skipped", "confirmed", "confirmed"]


def test_all_future_is_moved_and_what_was_decided_of_a_date_stays(context: None, small: Small) -> None:
    series = begin(small)
    rows = queries.rows(series)
    with transaction():  # by itself, as any booking
        bookings.cancel(who(small), rows[1].id or 0, now=NOW)
    with transaction():
        bookings.move(
            who(small), rows[2].id or 0, space_id=small.room, span=at(weeks(2)[0], "13:00", "14:00"), now=NOW, zone=ZONE
        )
    edit(small, series, Edit(times=Times(10 * 60, 12 * 60)), "all")
    assert spoken(series) == [
        *expected(small, *weeks(0), hours="10:00-12:00"), *expected(small, *weeks(2), hours="13:00-14:00"),
        *expected(small, *weeks(3), hours="10:00-12:00"),
    ]  # fmt: skip
    assert [row.state for row in queries.rows(series)] == ["confirmed", "cancelled", "confirmed", "confirmed"]
    sound()


def test_dates_may_change_places_with_each_other(context: None, small: Small) -> None:
    series = begin(small, pattern(small, Rule("daily", count=3)))
    edit(small, series, Edit(rule=Rule("daily", count=4)), "all")
    assert len(spoken(series)) == 4
    edit(small, series, Edit(times=Times(9 * 60 + 30, 11 * 60 + 30)), "all")
    assert {line[-11:] for line in spoken(series)} == {"09:30-11:30"}
    sound()


def test_following_divides_a_series(context: None, small: Small) -> None:
    series = begin(small)
    going = edit(small, series, Edit(space_id=small.hall, title="Ny sal"), "following", weeks(2)[0])
    assert going.id != series.id
    assert spoken(series) == expected(small, *weeks(0, 1))
    assert spoken(going) == expected(small, *weeks(2, 3), space=small.hall)
    assert series.pattern.rule.until == weeks(2)[0] - timedelta(days=1)
    assert {booking.title for booking in db.session.scalars(select(Booking).where(Booking.space_id == small.hall))} == {
        "Ny sal"
    }
    sound()


def test_the_past_never_changes(context: None, small: Small) -> None:
    series = begin(small)
    later = NOW + timedelta(days=9)
    before = [(row.id, row.span, row.title) for row in queries.rows(series)[:2]]
    edit(small, series, Edit(times=Times(14 * 60, 15 * 60), title="Sent"), "all", weeks(2)[0], now=later)
    assert [(row.id, row.span, row.title) for row in queries.rows(series)[:2]] == before
    assert spoken(series)[2:] == expected(small, *weeks(2, 3), hours="14:00-15:00")
    with transaction():
        service.cancel(who(small), series.id, "all", weeks(2)[0], now=later, zone=ZONE)
    assert spoken(series) == expected(small, *weeks(0, 1))
    assert series.ended
    with pytest.raises(Refused) as error, transaction():
        service.cancel(who(small), series.id, "all", weeks(2)[0], now=later + WEEK * 2, zone=ZONE)
    assert error.value.refusals[0].code == "series-over"
    sound()


def test_words_touch_no_time(context: None, small: Small) -> None:
    series = begin(small)
    stamps = {b.id: (b.sequence, b.start) for b in db.session.scalars(select(Booking))}
    edit(small, series, Edit(title="Annat"), "all")
    assert {b.id: (b.sequence, b.start) for b in db.session.scalars(select(Booking))} == stamps
    assert {b.title for b in db.session.scalars(select(Booking))} == {"Annat"}


def test_a_collision_on_the_way_leaves_everything_as_it_was(context: None, small: Small) -> None:
    series = begin(small)
    with transaction():
        bookings.reserve(who(small, "bo"), small.room, at(weeks(3)[0], "14:00", "15:00"), now=NOW, zone=ZONE)
    with pytest.raises(Conflict):
        edit(small, series, Edit(times=Times(14 * 60, 16 * 60)), "all")
    assert spoken(series) == expected(small, *weeks(0, 1, 2, 3))
    edit(small, series, Edit(times=Times(14 * 60, 16 * 60)), "all", answers={weeks(3)[0]: Answer(keep=True)})
    assert spoken(series) == [*expected(small, *weeks(0, 1, 2), hours="14:00-16:00"), *expected(small, *weeks(3))]
    sound()


def test_nobody_changes_the_series_of_another(context: None, small: Small) -> None:
    series = begin(small)
    with pytest.raises(NotFound):
        edit(small, series, Edit(title="Min nu"), "all", name="bo")
    with pytest.raises(NotFound), transaction():
        service.cancel(who(small, "bo"), series.id, "all", TUESDAY, now=NOW, zone=ZONE)
    edit(small, series, Edit(title="Flyttad"), "all", name="host")
    assert queries.rows(series)[0].title == "Flyttad"


def test_a_rule_without_bound_is_refused(context: None, small: Small) -> None:
    with pytest.raises(Refused) as error:
        begin(small, pattern(small, Rule("daily", count=201)))
    assert [r.code for r in error.value.refusals] == ["series-too-long"]
    with pytest.raises(DomainError):
        begin(small, pattern(small, Rule("daily")))


def test_local_time_stays_over_the_change_of_the_clocks(context: Flask, small: Small) -> None:
    series = begin(small, pattern(small, Rule("monthly", nth=(-1, 1), count=3)))
    starts = [local(row.booking.start).time() for row in queries.occurrences(series.id) if row.booking]
    assert starts == [time(9)] * 3


def test_a_preview_costs_one_statement_a_table(context: None, small: Small) -> None:
    made = pattern(small, Rule("weekly", weekdays=frozenset({0, 1, 2, 3, 4}), count=55, skip_closed=True))
    alva, known = who(small), house()
    with transaction():
        for day in weeks(0, 1, 2):
            bookings.reserve(who(small, "bo"), small.room, at(day, "09:00", "10:00"), now=NOW, zone=ZONE)
    with statements(current_app._get_current_object()) as seen:
        change = looking.beginning(made, {}, now=NOW, zone=ZONE)
        found = looking.look(alva, alva.id, change, house=known, now=NOW, zone=ZONE)
    assert len(service.refused(found)) == 3
    assert len([one for one in seen if "allocation" in one]) == 1
    assert len(seen) <= 5, seen


def test_every_occurrence_is_a_row(context: None, small: Small) -> None:
    series = begin(small)
    rows = db.session.scalars(select(Occurrence).where(Occurrence.series_id == series.id)).all()
    assert len(rows) == 4 and all(row.booking_id for row in rows)


# -- rules of a plan and quotas for all -------------------------------------------------------------------------------


def given_plan(small: Small, **rule: object) -> None:
    """Give Alva a plan for everything, with rules of its own."""
    with transaction():
        made = plans.add_plan(Contents(names=("Allt", "All")), actor=None)
        plans.give(made.id, member_id=small.people["alva"], starts=NOW.date(), now=NOW, actor=None)
        plans.set_policy(made.id, **rule)  # type: ignore[arg-type]


def test_dates_take_what_the_plan_of_their_member_keeps_free(context: Flask, small: Small) -> None:
    given_plan(small, kind="room", setup=30, clearing=15)
    with transaction():
        bookings.reserve(who(small, "host"), small.room, at(weeks(1)[0], "08:00", "09:00"), now=NOW, zone=ZONE)
    with pytest.raises(Conflict) as error:
        begin(small)
    assert [refusal.values["count"] for refusal in error.value.refusals] == [1]
    series = begin(small, pattern(small, times=Times(10 * 60, 11 * 60)))
    assert {(row.booking.setup, row.booking.clearing) for row in queries.occurrences(series.id) if row.booking} == {
        (30, 15)
    }
    sound()
    edit(small, series, Edit(times=Times(12 * 60, 13 * 60)), "all")
    sound()


def test_dates_are_measured_by_the_plan_of_their_day(context: Flask, small: Small) -> None:
    given_plan(small, kind="room", shortest=180)
    with pytest.raises(Conflict) as error:
        begin(small)
    assert [refusal.values["count"] for refusal in error.value.refusals] == [4]
    with transaction():
        membership = db.session.scalars(select(Membership)).one()
        plans.change_membership(membership.id, ends=weeks(1)[0], actor=None)
        other = plans.add_plan(Contents(names=("Annat", "Other")), actor=None)
        plans.give(
            other.id, member_id=small.people["alva"], starts=weeks(1)[0] + timedelta(days=1), now=NOW, actor=None
        )
    with pytest.raises(Conflict) as error:
        begin(small)
    assert [refusal.values["count"] for refusal in error.value.refusals] == [2]


def test_dates_count_towards_quotas_by_the_day_and_of_a_space(context: Flask, small: Small) -> None:
    with transaction():
        plans.set_limits([Limit(Quota(None, "day", "hours", 120))])
        plans.set_limits([Limit(Quota(None, "month", "bookings", 2))], space_id=small.room)
    daily = Rule("daily", count=3)
    with pytest.raises(Conflict) as error:
        begin(small, Pattern(daily, TUESDAY, NINE, small.room, ""))
    assert [refusal.values["count"] for refusal in error.value.refusals] == [1]  # two a month, each within its day
    begin(small, Pattern(daily, TUESDAY, NINE, small.hall, ""))
    with pytest.raises(Conflict) as error:
        begin(small, Pattern(daily, TUESDAY, Times(14 * 60, 15 * 60), small.booth, ""))
    assert [refusal.values["count"] for refusal in error.value.refusals] == [3]


def test_late_dates_stay_by_the_deadline_of_the_plan(context: Flask, small: Small) -> None:
    given_plan(small, kind="room", cancel_by=24 * 60)
    series = begin(small)
    late = at(TUESDAY, "08:00", "09:00").start
    with pytest.raises(Refused, match="cancel-late"), transaction():
        service.cancel(who(small), series.id, "all", TUESDAY, now=late, zone=ZONE)
    with transaction():
        service.cancel(who(small), series.id, "following", weeks(1)[0], now=late, zone=ZONE)
