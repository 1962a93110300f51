"""Changes of series: what is refused, what is answered for single dates, and what holds after any edits whatever."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from innovation_station.series.changes import (
    answered,
    begin,
    cancel,
    cancel_refusals,
    change,
    edit_refusals,
    ended_by_date,
    times_of,
    touched,
)
from innovation_station.series.rules import Rule, Shut, Times, occurrences
from innovation_station.series.steps import SCOPES, Answer, Edit, Pattern, Row
from innovation_station.spaces.holidays import Calendar
from tests.bookings.test_rules import ALWAYS
from tests.conftest import NOW, TUESDAY, ZONE, at
from tests.series.stories import Kept, Story, tally

NINE, TEN = Times(540, 600), Times(600, 660)
TU, WE = frozenset({1}), frozenset({2})
WEEK = timedelta(days=7)
TUESDAYS = Pattern(Rule("weekly", weekdays=TU, count=5), TUESDAY, NINE, 1, "Team")
ROWS = [Row(TUESDAY + WEEK * n, at(TUESDAY + WEEK * n, "09:00", "10:00"), 1, "Team", id=n + 1) for n in range(5)]
DURING = at(TUESDAY + WEEK, "09:30", "10:00").start  # the second date goes on


def codes(found: Any) -> list[str]:
    return [refusal.code for refusal in found]


def after(row: int, **changes: Any) -> list[Row]:
    return [replace(one, **changes) if number == row else one for number, one in enumerate(ROWS)]


# -- beginning --------------------------------------------------------------------------------------------------------


def test_series_begins_on_its_first_date() -> None:
    found = begin(replace(TUESDAYS, first_day=date(2026, 11, 25)), NOW, ZONE)
    assert found.pattern == replace(TUESDAYS, first_day=date(2026, 12, 1))
    assert [step.after.original for step in found.of("added")] == [date(2026, 12, 1) + WEEK * n for n in range(5)]
    assert {step.after.title for step in found.steps} == {"Team"} and tally(found) == "+5"


def test_series_cannot_begin_in_the_past_or_by_no_rule() -> None:
    wrong = Pattern(Rule("weekly"), date(2026, 11, 22), Times(600, 540), 1)
    assert codes(begin(wrong, NOW, ZONE).refusals) == ["past", "series-weekdays", "series-endless", "end-before-start"]
    assert codes(begin(replace(TUESDAYS, first_day=NOW.date()), NOW, ZONE).refusals) == []


def test_unclear_date_waits_for_an_answer() -> None:
    sundays = Pattern(Rule("weekly", weekdays=frozenset({6}), count=3), date(2027, 3, 21), Times(150, 210), 1)
    found = begin(sundays, NOW, ZONE)
    (unclear,) = found.unclear
    assert (unclear.after.original, unclear.after.span, codes(unclear.refusals)) == (
        date(2027, 3, 28),
        None,
        ["time-skipped"],
    )
    clear = answered(found, {date(2027, 3, 28): Answer(times=Times(180, 240))}, ZONE)
    assert clear.unclear == [] and [step.after.moved for step in clear.steps] == [False, True, False]
    given_up = answered(found, {date(2027, 3, 28): Answer(skip=True)}, ZONE)
    assert given_up.unclear == [] and tally(given_up) == "+2" and given_up.steps[1].after.state == "skipped"
    still = answered(found, {date(2027, 3, 28): Answer(times=Times(125, 210))}, ZONE)
    assert codes(still.unclear[0].refusals) == ["time-skipped"]
    elsewhere = answered(found, {date(2027, 3, 28): Answer(space_id=2)}, ZONE)
    assert codes(elsewhere.unclear[0].refusals) == ["time-skipped"]
    on_another_day = answered(found, {date(2027, 3, 28): Answer(day=date(2027, 3, 29))}, ZONE)
    assert len(on_another_day.unclear) == 1  # a day alone gives no time


# -- which dates a choice reaches -------------------------------------------------------------------------------------


def test_choices_spell_out_what_they_reach() -> None:
    rows = after(3, state="cancelled")
    found = touched(rows, TUESDAY + WEEK * 2, NOW)
    assert {scope: [row.id for row in found[scope]] for scope in SCOPES} == {
        "this": [3],
        "following": [3, 5],
        "all": [1, 2, 3, 5],
    }


def test_what_goes_on_is_reached_alone() -> None:
    found = touched(ROWS, TUESDAY + WEEK, DURING)
    assert {scope: [row.id for row in found[scope]] for scope in SCOPES} == {
        "this": [2],
        "following": [3, 4, 5],
        "all": [3, 4, 5],
    }
    assert touched(ROWS, TUESDAY, DURING)["this"] == ()


def test_moved_date_is_reached_by_its_original_and_begun_by_its_time() -> None:
    rows = after(1, span=at(TUESDAY + WEEK * 3, "12:00", "13:00"), moved=True)
    later = datetime(2026, 12, 9, tzinfo=UTC)
    assert [row.id for row in touched(rows, TUESDAY + WEEK * 3, later)["all"]] == [2, 4, 5]
    assert [row.id for row in touched(rows, TUESDAY + WEEK * 3, later)["following"]] == [4, 5]


@pytest.mark.parametrize(
    ("scope", "when", "now", "expected"),
    [
        ("this", TUESDAY, NOW, []),
        ("this", TUESDAY, DURING, ["already-over"]),
        ("this", TUESDAY + WEEK * 3, NOW, ["already-cancelled"]),
        ("this", date(2026, 11, 25), NOW, ["date-unknown"]),
        ("following", date(2026, 11, 25), NOW, []),
        ("following", date(2027, 1, 1), NOW, ["series-over"]),
        ("all", TUESDAY, datetime(2027, 1, 1, tzinfo=UTC), ["series-over"]),
    ],
)
def test_what_reaches_nothing_is_refused(scope: Any, when: date, now: datetime, expected: list[str]) -> None:
    rows = after(3, state="cancelled")
    assert codes(cancel_refusals(rows, scope, when, now)) == expected
    assert codes(edit_refusals(rows, Edit(title="x"), scope, when, now)) == expected
    assert codes(cancel(TUESDAYS, rows, scope, when, now).refusals) == expected
    found = change(TUESDAYS, rows, Edit(title="x"), scope, when, now, ZONE)
    assert codes(found.refusals) == expected and (not expected or not found.steps)


def test_all_reasons_against_an_edit_come_at_once() -> None:
    edit = Edit(rule=Rule("weekly"), times=Times(600, 540))
    found = edit_refusals(ROWS, edit, "this", date(2026, 11, 25), NOW)
    assert codes(found) == ["date-unknown", "series-rule-alone", "end-before-start"]
    assert codes(edit_refusals(ROWS, Edit(day=TUESDAY), "all", TUESDAY, NOW)) == ["series-day-alone"]


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (Rule("weekly", weekdays=TU, count=201), ["series-too-long"]),
        (Rule("daily", until=date(2027, 12, 31)), ["series-too-long"]),
        (Rule("weekly", weekdays=TU, until=date(2026, 11, 22)), ["series-ends-early"]),
        (Rule("weekly", weekdays=WE, until=date(2026, 11, 24)), ["series-empty"]),
        (Rule("weekly", count=5), ["series-weekdays"]),
    ],
)
def test_rule_that_may_not_be_changes_nothing(rule: Rule, expected: list[str]) -> None:
    found = change(TUESDAYS, ROWS, Edit(rule=rule), "all", TUESDAY, NOW, ZONE)
    assert codes(found.refusals) == expected and found.steps == () and found.pattern == TUESDAYS


# -- cancelling -------------------------------------------------------------------------------------------------------


def test_series_that_is_cancelled_before_it_begins_has_ended() -> None:
    found = cancel(TUESDAYS, ROWS, "all", TUESDAY, NOW)
    assert found.pattern is None and tally(found) == "-5" and found.released == {1, 2, 3, 4, 5}


def test_cancelling_the_rest_ends_the_rule_the_day_before() -> None:
    found = cancel(TUESDAYS, ROWS, "following", TUESDAY + WEEK * 2, NOW)
    assert found.pattern and found.pattern.rule.until == date(2026, 12, 7) and found.released == {3, 4, 5}


def test_cancelled_date_is_the_same_date() -> None:
    found = cancel(TUESDAYS, ROWS, "this", TUESDAY, NOW)
    assert found.pattern == TUESDAYS and found.steps[0].after == replace(ROWS[0], state="cancelled")


# -- one date ---------------------------------------------------------------------------------------------------------


def test_date_that_is_moved_to_another_day_keeps_its_times() -> None:
    (step,) = change(TUESDAYS, ROWS, Edit(day=date(2026, 12, 9)), "this", TUESDAY + WEEK * 2, NOW, ZONE).steps
    assert step.after == replace(ROWS[2], span=at(date(2026, 12, 9), "09:00", "10:00"), moved=True)


def test_date_that_is_moved_into_the_gap_is_unclear() -> None:
    found = change(TUESDAYS, ROWS, Edit(day=date(2027, 3, 28), times=Times(150, 210)), "this", TUESDAY, NOW, ZONE)
    assert codes(found.unclear[0].refusals) == ["time-skipped"] and found.steps[0].after.moved


def test_title_of_one_date_is_its_own_until_it_is_the_series_again() -> None:
    (step,) = change(TUESDAYS, ROWS, Edit(title="Guests"), "this", TUESDAY, NOW, ZONE).steps
    assert step.after.retitled and not step.after.moved
    (back,) = change(TUESDAYS, [step.after], Edit(title="Team"), "this", TUESDAY, NOW, ZONE).steps
    assert back.after == ROWS[0]


def test_times_of_a_day_end_at_midnight() -> None:
    assert times_of(at(TUESDAY, "09:00", "10:30"), ZONE) == Times(540, 630)
    midnight = at(TUESDAY + timedelta(days=1), "00:00", "01:00").start
    assert times_of(replace(at(TUESDAY, "23:00", "23:30"), end=midnight), ZONE) == Times(1380, 1440)


# -- answers ----------------------------------------------------------------------------------------------------------


def test_answers_are_of_single_dates_and_stay_theirs() -> None:
    story = Story()
    first = story.begin(
        TUESDAYS, {TUESDAY + WEEK: Answer(skip=True), TUESDAY + WEEK * 2: Answer(space_id=2), TUESDAY + WEEK * 3: Answer(times=TEN)}
    )  # fmt: skip
    assert tally(first) == "+4"
    story.change("all", TUESDAY, Edit(times=Times(840, 900), title="Lag"))
    assert story.told() == [
        "11-24 14:00 Lag | 12-01 09:00 Team skipped | 12-08 09:00 in 2 Lag | 12-15 10:00 Lag | 12-22 14:00 Lag"
    ]


def test_booked_date_that_collides_may_be_kept_or_given_up() -> None:
    found = change(TUESDAYS, ROWS, Edit(times=TEN), "all", TUESDAY, NOW, ZONE)
    chosen = answered(found, {TUESDAY: Answer(keep=True), TUESDAY + WEEK: Answer(skip=True)}, ZONE)
    assert tally(chosen) == "=1 >3 x1"
    assert chosen.steps[0].after == replace(ROWS[0], moved=True)
    assert chosen.steps[1].after == replace(ROWS[1], state="cancelled")
    assert chosen.released == {2, 3, 4, 5}


def test_answers_reach_only_dates_that_want_something() -> None:
    found = change(TUESDAYS, ROWS, Edit(title="Lag"), "all", TUESDAY, NOW, ZONE)
    assert answered(found, {TUESDAY: Answer(skip=True)}, ZONE) == found


def test_wrong_times_in_an_answer_are_told() -> None:
    found = answered(begin(TUESDAYS, NOW, ZONE), {TUESDAY: Answer(times=Times(600, 540))}, ZONE)
    assert codes(found.unclear[0].refusals) == ["end-before-start"]


def test_answer_may_name_another_day() -> None:
    found = answered(begin(TUESDAYS, NOW, ZONE), {TUESDAY: Answer(day=date(2026, 11, 25))}, ZONE)
    assert (
        found.steps[0].after.span == at(date(2026, 11, 25), "09:00", "10:00")
        and found.steps[0].after.original == TUESDAY
    )


def test_change_of_times_over_the_gap_asks_for_that_date() -> None:
    pattern = Pattern(Rule("weekly", weekdays=frozenset({6}), count=2), date(2027, 3, 21), NINE, 1)
    rows = [replace(step.after, id=number) for number, step in enumerate(begin(pattern, NOW, ZONE).steps)]
    found = change(pattern, rows, Edit(times=Times(150, 210)), "all", date(2027, 3, 21), NOW, ZONE)
    assert [step.after.original for step in found.unclear] == [date(2027, 3, 28)] and found.released == {0, 1}


# -- the rule, ended by date ------------------------------------------------------------------------------------------


def test_count_is_read_off_the_rows() -> None:
    assert ended_by_date(TUESDAYS, ROWS).until == date(2026, 12, 22)
    assert ended_by_date(TUESDAYS, after(4, state="dropped")).until == date(2026, 12, 15)
    assert ended_by_date(TUESDAYS, after(4, state="cancelled")).until == date(2026, 12, 22)
    until = replace(TUESDAYS, rule=Rule("weekly", weekdays=TU, until=date(2026, 12, 24)))
    assert ended_by_date(until, ROWS) == until.rule


def test_count_of_an_edit_is_kept_as_its_last_date() -> None:
    rows = after(4, state="cancelled")
    twice = Edit(rule=Rule("weekly", weekdays=TU, count=2))
    found = change(TUESDAYS, rows, twice, "following", TUESDAY + WEEK * 2, NOW, ZONE)
    assert found.pattern and found.pattern.rule == Rule("weekly", weekdays=TU, until=date(2026, 12, 15))


def test_date_that_comes_again_is_the_row_it_was() -> None:
    rows = after(4, state="dropped")
    longer = Edit(rule=Rule("weekly", weekdays=TU, until=date(2026, 12, 29)))
    found = change(replace(TUESDAYS, rule=ended_by_date(TUESDAYS, rows)), rows, longer, "all", TUESDAY, NOW, ZONE)
    assert [(step.before and step.before.id, step.after.id, step.after.state) for step in found.of("added")] == [
        (5, 5, "confirmed"),
        (None, None, "confirmed"),
    ]


# -- whatever people do -----------------------------------------------------------------------------------------------

quarter_hours = st.integers(0, 90).map(lambda quarter: Times(quarter * 15, quarter * 15 + 60))


@st.composite
def some_rules(draw: st.DrawFn, first: date) -> Rule:
    frequency = draw(st.sampled_from(["daily", "weekly", "weekly", "weekly", "monthly"]))
    by_count = draw(st.booleans())
    return Rule(
        frequency,
        draw(st.integers(1, 3)),
        draw(st.frozensets(st.integers(0, 6), min_size=1, max_size=3)),
        nth=(draw(st.sampled_from([1, 2, -1])), draw(st.integers(0, 6))) if frequency == "monthly" else None,
        until=None if by_count else first + timedelta(days=draw(st.integers(0, 120))),
        count=draw(st.integers(1, 15)) if by_count else None,
        skip_closed=draw(st.booleans()),
    )


@st.composite
def edits(draw: st.DrawFn, first: date) -> Edit:
    kind = draw(st.sampled_from(["title", "times", "space", "rule", "day", "much"]))
    return Edit(
        title=draw(st.sampled_from("ABC")) if kind in ("title", "much") else None,
        times=draw(quarter_hours) if kind in ("times", "much") else None,
        space_id=draw(st.integers(1, 3)) if kind in ("space", "much") else None,
        rule=draw(some_rules(first)) if kind in ("rule", "much") else None,
        day=first + timedelta(days=draw(st.integers(0, 100))) if kind == "day" else None,
    )


def days_of(story: Story) -> list[date]:
    return sorted({row.original for row in story.live()})


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_what_people_decided_and_what_is_past_outlives_any_edits(data: st.DataObject) -> None:
    first = date(2026, 12, 1) + timedelta(days=data.draw(st.integers(0, 100)))
    story = Story(now=datetime(2026, 11, 30, 8, tzinfo=UTC), shut=Shut("A1", ALWAYS, Calendar("SE")))
    started = begin(
        Pattern(data.draw(some_rules(first)), first, data.draw(quarter_hours), 1, "A"), story.now, ZONE, shut=story.shut
    )
    if started.refusals or started.unclear:
        return
    story.series.append(Kept(started.pattern, []))
    story.save(started, story.series[0])
    for _ in range(data.draw(st.integers(1, 6))):
        story.now += timedelta(hours=data.draw(st.sampled_from([0, 0, 1, 30, 200])))
        days = days_of(story)
        if not days:
            return
        when = data.draw(st.sampled_from(days))
        kept = story.of(when)
        if kept.pattern is None:
            continue
        before = {row.id: row for row in story.live()}
        scope = data.draw(st.sampled_from(SCOPES))
        edit = data.draw(edits(when)) if data.draw(st.integers(0, 3)) else None
        found = story.cancel(scope, when) if edit is None else story.change(scope, when, edit)
        saved = not found.refusals and not found.unclear
        check(story, before, when if scope == "this" else None, edit, found if saved else None)


def check(story: Story, before: dict[int | None, Row], alone: date | None, edit: Edit | None, found: Any) -> None:
    """Look at the series after an act; `alone` is the date that was chosen by itself."""
    rows = {row.id: row for kept in story.series for row in kept.rows}
    for number, row in before.items():
        assert rows[number].original == row.original, "a row is its date for ever"
        if row.original != alone:
            outlives(row, rows[number], story.now)
    if found is None:
        assert {row.id: row for row in story.live()} == before, "what is refused changes nothing"
        return
    if edit and not edit.rule:
        assert not found.of("added") and not found.of("dropped"), "only a rule adds and drops"
    if edit and not (edit.rule or edit.times or edit.space_id or edit.day):
        assert not found.of("wants"), "words touch no time"
    if found.left:
        assert found.left.rule.until < found.pattern.first_day, "of two parts one ends before the other begins"
    for kept in story.series:
        says_what_there_is(kept, story)


def outlives(row: Row, after: Row, now: datetime) -> None:
    if row.begun(now):
        assert after == row, "the past never changes"
    if not row.booked:
        assert after == row, "nobody books again what was given up by hand"
    if row.moved and after.booked:
        assert (after.span, after.space_id, after.moved) == (row.span, row.space_id, True)
    if row.retitled and after.booked:
        assert (after.title, after.retitled) == (row.title, True)


def says_what_there_is(kept: Kept, story: Story) -> None:
    originals = [row.original for row in kept.rows if row.state != "dropped"]
    assert len(originals) == len(set(originals))
    pattern = kept.pattern
    assert pattern is None or pattern.rule.fits(pattern.first_day)
    plain = [row for row in kept.rows if row.booked and not row.moved and not row.begun(story.now)]
    if pattern is None or not plain:
        return
    says = occurrences(pattern.rule, pattern.first_day, pattern.times, ZONE, shut=story.shut)
    spans = {one.day: one.span for one in says.occurrences}
    for row in plain:
        assert (spans[row.original], pattern.space_id) == (row.span, row.space_id)
        assert row.retitled or row.title == pattern.title


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_the_same_edit_twice_changes_nothing_more(data: st.DataObject) -> None:
    story = Story(shut=Shut("A1", ALWAYS, Calendar("SE")))
    story.begin(TUESDAYS)
    when = data.draw(st.sampled_from(days_of(story)))
    edit = replace(data.draw(edits(when)), day=None)
    if edit.rule and edit.rule.count:
        edit = replace(edit, rule=None)  # a count is counted anew from where the edit begins
    found = story.change("following", when, edit)
    if found.refusals or found.unclear:
        return
    then = story.series[-1].rows[0].original
    again = story.change("following", then, edit)
    assert not again.of("added") and not again.of("moved") and not again.of("dropped") and not again.of("retitled")
