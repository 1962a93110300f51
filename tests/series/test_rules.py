"""Rules of series: their text, what is refused before anything is expanded, and properties that hold for any rule."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import icalendar
import pytest
import recurring_ical_events
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from innovation_station.errors import Refused
from innovation_station.series import rules
from innovation_station.series.rules import (
    LIMIT,
    Rule,
    Shut,
    Times,
    anchored,
    dates,
    occurrences,
    rule_refusals,
    times_refusals,
)
from innovation_station.timespan import Span, WallTime, wall_time
from tests.bookings.test_rules import DESK
from tests.conftest import TUESDAY, ZONE, at

NINE = Times(9 * 60, 10 * 60)
LAST = date(2027, 6, 30)
WEEKLY = Rule("weekly", weekdays=frozenset({1}), until=LAST)


def codes(found: Any) -> list[str]:
    return [refusal.code for refusal in found]


# -- the text of a rule -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        (Rule("daily", count=5), "FREQ=DAILY;COUNT=5"),
        (Rule("daily", 3, until=date(2026, 12, 31)), "FREQ=DAILY;INTERVAL=3;UNTIL=20261231T225959Z"),
        (Rule("daily", until=date(2027, 6, 30)), "FREQ=DAILY;UNTIL=20270630T215959Z"),  # summer time
        (Rule("weekly", weekdays=rules.WEEKDAYS, count=9), "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR;COUNT=9"),
        (Rule("weekly", 2, frozenset({3, 1}), count=9), "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,TH;COUNT=9;WKST=MO"),
        (Rule("monthly", month_day=31, count=4), "FREQ=MONTHLY;BYMONTHDAY=31;COUNT=4"),
        (Rule("monthly", nth=(2, 1), count=4), "FREQ=MONTHLY;BYDAY=2TU;COUNT=4"),
        (Rule("monthly", 2, nth=(-1, 4), count=4), "FREQ=MONTHLY;INTERVAL=2;BYDAY=-1FR;COUNT=4"),
        (Rule("daily", until=date(2026, 10, 25)), "FREQ=DAILY;UNTIL=20261025T225959Z"),  # the day of 25 hours
    ],
)
def test_rule_is_written_and_read(rule: Rule, text: str) -> None:
    assert rule.rrule(ZONE) == text
    assert Rule.parse(text, ZONE) == rule


def test_parts_may_come_in_any_order() -> None:
    assert Rule.parse("WKST=MO;COUNT=2;BYDAY=TH,TU;FREQ=WEEKLY;INTERVAL=1", ZONE) == Rule(
        "weekly", weekdays=frozenset({1, 3}), count=2
    )


def test_skipping_is_no_part_of_the_text() -> None:
    rule = replace(WEEKLY, skip_closed=True)
    assert rule.rrule(ZONE) == WEEKLY.rrule(ZONE)
    assert Rule.parse(rule.rrule(ZONE), ZONE, skip_closed=True) == rule


@pytest.mark.parametrize(
    "text",
    [
        "",
        "FREQ",
        "FREQ=",
        "INTERVAL=2;COUNT=2",
        "FREQ=SECONDLY;COUNT=10",
        "FREQ=MINUTELY;COUNT=10",
        "FREQ=HOURLY;COUNT=10",
        "FREQ=YEARLY;COUNT=10",
        "freq=DAILY;COUNT=10",
        "FREQ=DAILY; COUNT=10",
        "FREQ=DAILY;COUNT=10;",
        "FREQ=DAILY;COUNT=10\n",
        "FREQ=DAILY;COUNT=1٠",
        "FREQ=DAILY;COUNT=0",
        "FREQ=DAILY;COUNT=-1",
        "FREQ=DAILY;COUNT=" + "9" * 10,
        "FREQ=DAILY;INTERVAL=0;COUNT=2",
        "FREQ=DAILY;COUNT=2;COUNT=3",
        "FREQ=DAILY;FREQ=WEEKLY;COUNT=2",
        "FREQ=DAILY;BYDAY=MO;COUNT=2",
        "FREQ=DAILY;BYHOUR=9;COUNT=2",
        "FREQ=DAILY;BYSETPOS=1;COUNT=2",
        "FREQ=DAILY;RSCALE=GREGORIAN;COUNT=2",
        "FREQ=DAILY;X-NAME=1;COUNT=2",
        "FREQ=WEEKLY;BYDAY=2TU;COUNT=2",
        "FREQ=WEEKLY;BYDAY=XX;COUNT=2",
        "FREQ=WEEKLY;BYDAY=;COUNT=2",
        "FREQ=WEEKLY;BYDAY=MO,;COUNT=2",
        "FREQ=WEEKLY;BYMONTHDAY=3;COUNT=2",
        "FREQ=WEEKLY;BYDAY=TU;WKST=SU;COUNT=2",
        "FREQ=MONTHLY;BYDAY=TU;COUNT=2",
        "FREQ=MONTHLY;BYDAY=5TU;COUNT=2",
        "FREQ=MONTHLY;BYDAY=0TU;COUNT=2",
        "FREQ=MONTHLY;BYDAY=-2TU;COUNT=2",
        "FREQ=MONTHLY;BYDAY=1MO,3MO;COUNT=2",
        "FREQ=MONTHLY;BYMONTHDAY=32;COUNT=2",
        "FREQ=MONTHLY;BYMONTHDAY=-1;COUNT=2",
        "FREQ=MONTHLY;BYMONTHDAY=1,15;COUNT=2",
        "FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=30;COUNT=2",
        "FREQ=DAILY;UNTIL=20261231",
        "FREQ=DAILY;UNTIL=20261231T235959",
        "FREQ=DAILY;UNTIL=20261231T120000Z",  # no end of a local day
        "FREQ=DAILY;UNTIL=20261331T225959Z",
        "FREQ=DAILY;UNTIL=99991231T235959Z",  # the year 10,000 in Stockholm
        "FREQ=DAILY;UNTIL=00010101T000000Z",
        "RRULE:FREQ=DAILY;COUNT=2",
        "FREQ=DAILY;COUNT=2" + ";" * 10_000,
        "FREQ=WEEKLY;COUNT=2;BYDAY=" + ",".join(["MO"] * 50_000),
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(Refused) as refused:
        Rule.parse(text, ZONE)
    assert codes(refused.value.refusals) == ["rrule-unknown"]
    assert len(str(refused.value.refusals[0].values["part"])) <= 40


@settings(max_examples=300)
@given(st.text(alphabet="FREQ=DAILYWKNTUO;,-0123456789ZBMH\n ", max_size=60))
def test_no_text_breaks_the_reader(text: str) -> None:
    try:
        rule = Rule.parse("FREQ=" + text, ZONE)
    except Refused:
        return
    assert not rule_refusals(rule, TUESDAY) or codes(rule_refusals(rule, TUESDAY))[0].startswith("series-")


# -- what is refused --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (Rule("daily", count=1), []),
        (Rule("daily", count=LIMIT), []),
        (Rule("daily", count=LIMIT + 1), ["series-too-long"]),
        (Rule("daily", count=10**6), ["series-too-long"]),
        (Rule("daily", count=0), ["series-count"]),
        (Rule("daily", count=-3), ["series-count"]),
        (Rule("daily"), ["series-endless"]),
        (Rule("daily", count=2, until=LAST), ["series-two-ends"]),
        (Rule("daily", until=TUESDAY), []),
        (Rule("daily", until=TUESDAY - timedelta(days=1)), ["series-ends-early"]),
        (Rule("daily", until=date(2031, 11, 25)), []),
        (Rule("daily", until=date(2031, 12, 1)), ["series-far"]),
        (Rule("daily", until=date(9999, 12, 31)), ["series-far"]),
        (Rule("daily", 0, count=2), ["series-interval"]),
        (Rule("daily", 99, count=2), []),
        (Rule("daily", 100, count=2), ["series-interval"]),
        (Rule("daily", 10**9, count=2), ["series-interval"]),
        (Rule("weekly", count=2), ["series-weekdays"]),
        (Rule("weekly", weekdays=frozenset({7}), count=2), ["series-weekdays"]),
        (Rule("monthly", count=2), ["series-month-day"]),
        (Rule("monthly", month_day=32, count=2), ["series-month-day"]),
        (Rule("monthly", month_day=0, count=2), ["series-month-day"]),
        (Rule("monthly", month_day=3, nth=(1, 1), count=2), ["series-month-day"]),
        (Rule("monthly", nth=(5, 1), count=2), ["series-month-day"]),
        (Rule("monthly", nth=(0, 1), count=2), ["series-month-day"]),
        (Rule("monthly", nth=(1, 7), count=2), ["series-month-day"]),
        (Rule("monthly", month_day=32, nth=(1, 1), count=2), ["series-month-day"]),
        (Rule("weekly", 0, count=0), ["series-interval", "series-weekdays", "series-count"]),  # all reasons at once
    ],
)
def test_what_may_be_a_rule(rule: Rule, expected: list[str]) -> None:
    assert codes(rule_refusals(rule, TUESDAY)) == expected


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (0, 1440, []),
        (1439, 1440, []),
        (540, 540, ["end-before-start"]),
        (1380, 60, ["end-before-start"]),  # past midnight: no booking of this house does
        (-1, 60, ["time-malformed"]),
        (1440, 1500, ["time-malformed", "time-malformed"]),
    ],
)
def test_times_lie_within_a_day(start: int, end: int, expected: list[str]) -> None:
    assert codes(times_refusals(Times(start, end))) == expected


def test_bomb_is_refused_before_a_date_is_worked_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def explode(*_: object) -> Iterator[date]:
        raise AssertionError("expanded")

    monkeypatch.setattr(rules, "dates", explode)
    for text in ("FREQ=DAILY;COUNT=1000000", "FREQ=DAILY;UNTIL=99981231T225959Z", "FREQ=DAILY;INTERVAL=999999;COUNT=9"):
        found = occurrences(Rule.parse(text, ZONE), TUESDAY, NINE, ZONE)
        assert found.refusals and not found.occurrences
    assert codes(occurrences(Rule("weekly", count=0), TUESDAY, Times(9, 9), ZONE).refusals) == [
        "series-weekdays",
        "series-count",
        "end-before-start",
    ]


def test_too_long_a_rule_is_left_after_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    walked = []
    whole = rules.dates

    def watched(rule: Rule, first_day: date) -> Iterator[date]:
        for day in whole(rule, first_day):
            walked.append(day)
            yield day

    monkeypatch.setattr(rules, "dates", watched)
    found = occurrences(Rule("daily", until=date(2031, 11, 24)), TUESDAY, NINE, ZONE, limit=30)
    assert codes(found.refusals) == ["series-too-long"] and found.refusals[0].values == {"limit": 30}
    assert len(found.occurrences) == 30 and len(walked) == 31


def test_exactly_the_limit_is_fine() -> None:
    found = occurrences(Rule("daily", until=TUESDAY + timedelta(days=199)), TUESDAY, NINE, ZONE)
    assert not found.refusals and len(found.occurrences) == 200


def test_rule_that_the_house_is_never_open_for_ends() -> None:
    shut = Shut("A1", {0: (0, 1440)}, {})
    sundays = Rule("weekly", weekdays=frozenset({6}), count=10, skip_closed=True)
    found = occurrences(sundays, TUESDAY, NINE, ZONE, shut=shut)
    assert codes(found.refusals) == ["series-empty"] and len(found.skipped) < 270


def test_rule_that_cannot_be_done_in_five_years_says_so() -> None:
    found = occurrences(Rule("monthly", 6, month_day=1, count=20), date(2026, 12, 1), NINE, ZONE)
    assert codes(found.refusals) == ["series-far"]


def test_ending_keeps_the_rhythm_and_drops_the_count() -> None:
    rule = Rule("weekly", 2, frozenset({1}), count=10, skip_closed=True)
    assert rule.ending(LAST) == Rule("weekly", 2, frozenset({1}), until=LAST, skip_closed=True)


def test_what_a_frequency_has_no_use_for_is_left_out() -> None:
    everything = {"weekdays": frozenset({1}), "month_day": 3, "nth": (1, 1), "count": 2}
    assert Rule("daily", **everything) == Rule("daily", count=2)  # type: ignore[arg-type]
    assert Rule("weekly", **everything) == Rule("weekly", weekdays=frozenset({1}), count=2)  # type: ignore[arg-type]


# -- properties -------------------------------------------------------------------------------------------------------

ZONES = [
    ZoneInfo(name) for name in ("Europe/Stockholm", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "UTC")
]
first_days = st.dates(date(2026, 1, 1), date(2029, 12, 31))
minutes = st.integers(0, 24 * 4 - 1).map(lambda quarter: quarter * 15)
times = st.builds(
    lambda start, length: Times(start, min(start + length, 1440)), minutes, st.sampled_from([15, 60, 600])
)


@st.composite
def ruled(draw: st.DrawFn) -> tuple[Rule, date]:
    """Draw a rule that may be, with a day it begins on."""
    first = draw(first_days)
    frequency = draw(st.sampled_from(["daily", "weekly", "monthly"]))
    by_date = draw(st.booleans())
    ends = draw(st.booleans())
    rule = Rule(
        frequency,
        interval=draw(st.integers(1, 9)),
        weekdays=draw(st.frozensets(st.integers(0, 6), min_size=1)),
        month_day=draw(st.integers(1, 31)) if by_date else None,
        nth=None if by_date else (draw(st.sampled_from([1, 2, 3, 4, -1])), draw(st.integers(0, 6))),
        until=first + timedelta(days=draw(st.integers(0, 400))) if ends else None,
        count=None if ends else draw(st.integers(1, 40)),
        skip_closed=draw(st.booleans()),
    )
    return rule, first


@given(ruled(), st.sampled_from(ZONES))
def test_text_of_any_rule_reads_back(drawn: tuple[Rule, date], zone: ZoneInfo) -> None:
    rule, first = drawn
    assert rule_refusals(rule, first) == []
    assert Rule.parse(rule.rrule(zone), zone, skip_closed=rule.skip_closed) == rule


def walked(rule: Rule, first: date, last: date) -> list[date]:
    """Give the dates of a rule by asking of each day whether it is one: no cleverness, no library."""
    found = []
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        weeks = (day - timedelta(days=day.weekday()) - (first - timedelta(days=first.weekday()))).days // 7
        months = (day.year - first.year) * 12 + day.month - first.month
        steps = {"daily": number, "weekly": weeks, "monthly": months}[rule.frequency]
        if steps % rule.interval:
            continue
        if rule.frequency == "weekly" and day.weekday() not in rule.weekdays:
            continue
        if rule.frequency == "monthly":
            same = [other for other in month_of(day) if other.weekday() == day.weekday()]
            place = same.index(day)
            if rule.month_day is not None and day.day != rule.month_day:
                continue
            if rule.nth and (
                rule.nth[1] != day.weekday() or place != (rule.nth[0] - 1 if rule.nth[0] > 0 else len(same) - 1)
            ):
                continue
        found.append(day)
    return found


def month_of(day: date) -> list[date]:
    days = [day.replace(day=1) + timedelta(days=number) for number in range(31)]
    return [other for other in days if other.month == day.month]


@settings(max_examples=100, deadline=None)
@given(ruled())
def test_dates_are_those_that_a_walk_through_the_calendar_finds(drawn: tuple[Rule, date]) -> None:
    rule, first = drawn
    last = rule.until or first + timedelta(days=500)
    found = [day for day in dates(rule, first) if day <= last]
    assert found == walked(rule, first, last)
    assert all(rule.fits(day) for day in found)


@settings(max_examples=200, deadline=None)
@given(ruled(), times, st.sampled_from(ZONES))
def test_no_occurrence_lies_outside_of_its_rule(drawn: tuple[Rule, date], when: Times, zone: ZoneInfo) -> None:
    rule, first = drawn
    found = occurrences(rule, first, when, zone)
    days = [occurrence.day for occurrence in found.occurrences]
    assert days == sorted(set(days)) and all(rule.fits(day) and day >= first for day in days)
    assert len(days) <= LIMIT
    assert rule.count is None or len(days) == rule.count or "series-far" in codes(found.refusals)
    assert rule.until is None or all(day <= rule.until for day in days)
    for occurrence in found.occurrences:
        if occurrence.span is None:
            assert codes(occurrence.refusals)[0] in ("time-skipped", "time-doubled")
            continue
        start, end = (side.astimezone(zone) for side in (occurrence.span.start, occurrence.span.end))
        assert (start.date(), start.hour * 60 + start.minute) == (occurrence.day, when.start)
        assert (end.hour * 60 + end.minute, end.date()) in (
            (when.end, occurrence.day),
            (0, occurrence.day + timedelta(days=1)),
        )
        assert occurrence.span.start.tzinfo is UTC and start.second == end.second == 0


@settings(max_examples=150, deadline=None)
@given(ruled(), st.sets(st.integers(0, 60), max_size=20))
def test_what_is_skipped_is_taken_out_and_shifts_nothing(drawn: tuple[Rule, date], closed: set[int]) -> None:
    rule, first = replace(drawn[0], skip_closed=True), drawn[1]
    holidays: dict[date, Any] = {first + timedelta(days=number): {"sv": "Helg", "en": "Feast"} for number in closed}
    shut = Shut("A1", dict.fromkeys(range(7), (0, 1440)), holidays)
    bare = occurrences(replace(rule, count=None, until=first + timedelta(days=300)), first, NINE, ZONE, limit=400)
    found = occurrences(rule, first, NINE, ZONE, shut=shut)
    open_days = [occurrence.day for occurrence in bare.occurrences if occurrence.day not in holidays]
    days = [occurrence.day for occurrence in found.occurrences if occurrence.day <= first + timedelta(days=300)]
    assert days == [day for day in open_days if not rule.until or day <= rule.until][: len(days)]
    assert {day for day, _reason in found.skipped} <= set(holidays)
    assert rule.count is None or len(found.occurrences) == rule.count or found.refusals


@settings(max_examples=150, deadline=None)
@given(ruled(), st.integers(0, 200))
def test_beginning_later_keeps_the_rhythm(drawn: tuple[Rule, date], later: int) -> None:
    rule, first = replace(drawn[0], count=None, until=drawn[1] + timedelta(days=500)), drawn[1]
    begin = first + timedelta(days=later)
    whole = occurrences(rule, first, NINE, ZONE, limit=600).occurrences
    assert occurrences(rule, first, NINE, ZONE, limit=600, begin=begin).occurrences == tuple(
        occurrence for occurrence in whole if occurrence.day >= begin
    )


@given(ruled())
def test_a_new_series_begins_on_a_date_of_it(drawn: tuple[Rule, date]) -> None:
    rule, asked = drawn
    first = anchored(rule, asked)
    assert asked <= first <= asked + timedelta(days=62) and rule.fits(first)
    assert not any(rule.fits(asked + timedelta(days=n)) for n in range((first - asked).days))
    assert anchored(rule, first) == first
    assert next(dates(replace(rule, until=None), first)) == first


def read_by_others(rule: Rule, first: date, when: Times, zone: ZoneInfo) -> list[datetime]:
    """Have a calendar program's library expand the same text from the same first date."""
    start = datetime.combine(first, time(when.start // 60, when.start % 60), tzinfo=zone)
    calendar, event = icalendar.Calendar(), icalendar.Event()
    event.add("uid", "series-1@station.example")
    event.add("dtstart", start)
    event.add("duration", timedelta(minutes=15))
    event.add("rrule", icalendar.vRecur.from_ical(rule.rrule(zone)))
    calendar.add_component(event)
    calendar = icalendar.Calendar.from_ical(calendar.to_ical())
    found = recurring_ical_events.of(calendar).between(first, first + timedelta(days=1900))
    return sorted(one.start.astimezone(UTC) for one in found)


@settings(max_examples=50, deadline=None)
@given(ruled(), times, st.sampled_from(ZONES))
def test_other_programs_read_the_same_dates(drawn: tuple[Rule, date], when: Times, zone: ZoneInfo) -> None:
    rule, asked = replace(drawn[0], skip_closed=False), drawn[1]
    first = anchored(rule, asked)
    assume(rule.until is None or rule.until >= first)
    clock = datetime.combine(first, time(when.start // 60, when.start % 60))
    assume(wall_time(clock, zone) is WallTime.ONCE)
    found = occurrences(rule, first, when, zone)
    assume(not found.refusals)
    clear = {occurrence.day: occurrence.span.start for occurrence in found.occurrences if occurrence.span}
    theirs = {start.astimezone(zone).date(): start for start in read_by_others(rule, first, when, zone)}
    unclear = {occurrence.day for occurrence in found.unclear}
    # what the clocks skip or repeat each program reads in its own way, which is why we ask
    assert {day: start for day, start in theirs.items() if day not in unclear} == {
        day: start for day, start in clear.items() if day not in unclear
    }


def test_others_read_both_changes_of_the_clocks() -> None:
    rule = Rule("weekly", 2, frozenset({6, 1}), until=date(2027, 11, 14))
    first = anchored(rule, date(2026, 10, 18))
    mine = [occurrence.span.start for occurrence in occurrences(rule, first, NINE, ZONE).occurrences if occurrence.span]
    assert read_by_others(rule, first, NINE, ZONE) == mine
    assert len(mine) == 57 and {start.hour for start in mine} == {7, 8}


# -- closures ---------------------------------------------------------------------------------------------------------


def test_closure_of_some_hours_counts_where_it_meets_the_time() -> None:
    shut = Shut("A1", {1: (480, 1080)}, {}, {TUESDAY: [at(TUESDAY, "12:00", "14:00")]})
    assert shut.on(TUESDAY, at(TUESDAY, "09:00", "12:00")) is None
    met = shut.on(TUESDAY, at(TUESDAY, "09:00", "12:15"))
    assert met and met.code == "closed-space"
    whenever = shut.on(TUESDAY, None)
    assert whenever and whenever.code == "closed-space"


def test_long_closure_is_known_by_each_of_its_days() -> None:
    week = Span(at(TUESDAY, "12:00", "13:00").start, at(TUESDAY + timedelta(days=3), "12:00", "13:00").start)
    shut = Shut.of(DESK, {}, ZONE, [week])
    nine = [at(TUESDAY + timedelta(days=number), "09:00", "10:00") for number in range(4)]
    reasons = [shut.on(TUESDAY + timedelta(days=number), span) for number, span in enumerate(nine)]
    assert [reason.code if reason else None for reason in reasons] == [
        None,
        "closed-space",
        "closed-space",
        "closed-space",
    ]
