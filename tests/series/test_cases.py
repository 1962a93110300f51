"""Cases of series, with the local times a person would write into a paper calendar.

Holidays are the Swedish ones, the house is open every day round the clock unless a case says otherwise. A date is written
with its wall time and what the clock is ahead of UTC by: `2026-10-24 09:00+2`.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

import pytest

from innovation_station.series.rules import WEEKDAYS, Expansion, Rule, Shut, Times, anchored, occurrences
from innovation_station.series.steps import Change, Edit, Pattern
from innovation_station.spaces.holidays import Calendar
from innovation_station.spaces.rules import Hours, at_minute
from innovation_station.timespan import Span
from tests.bookings.test_rules import ALWAYS, DESK, WEEK
from tests.conftest import ZONE
from tests.series.stories import Story, tally

MO, TU, WE, TH, FR, SA, SU = (frozenset({number}) for number in range(7))
NINE = "09:00-10:00"


def day(text: str) -> date:
    return date.fromisoformat(text)


def clock(text: str) -> Times:
    start, end = (int(side[:2]) * 60 + int(side[3:]) for side in text.split("-"))
    return Times(start, end)


def stretch(first: str, first_minute: int, last: str, last_minute: int) -> Span:
    return Span(at_minute(day(first), first_minute, ZONE), at_minute(day(last), last_minute, ZONE))


def told(expansion: Expansion) -> list[str]:
    """Write dates as the cases do; an unclear one as its date and the reason."""
    lines = []
    for occurrence in expansion.occurrences:
        if occurrence.span is None:
            lines.append(f"{occurrence.day} {occurrence.refusals[0].code}")
            continue
        local = occurrence.span.start.astimezone(ZONE)
        ahead = local.utcoffset() or timedelta()
        lines.append(f"{local:%Y-%m-%d %H:%M}{ahead // timedelta(hours=1):+d}")
    return lines


@dataclass
class Case:
    """A rule with its first day, and what must come of it."""

    rule: Rule
    first: str
    expected: list[str]
    times: str = NINE
    skipped: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    closures: tuple[Span, ...] = ()
    hours: Hours = field(default_factory=lambda: ALWAYS)


def nine(*days: str) -> list[str]:
    """Write dates of winter at nine."""
    return [f"{one} 09:00+1" for one in days]


CASES: dict[str, Case] = {
    # -- the clocks change --------------------------------------------------------------------------------------------
    "daily over the autumn change": Case(
        Rule("daily", count=3), "2026-10-24", ["2026-10-24 09:00+2", "2026-10-25 09:00+1", "2026-10-26 09:00+1"]
    ),
    "daily over the spring change": Case(
        Rule("daily", count=3), "2027-03-27", ["2027-03-27 09:00+1", "2027-03-28 09:00+2", "2027-03-29 09:00+2"]
    ),
    "weekly over the autumn change": Case(
        Rule("weekly", weekdays=TU, count=3), "2026-10-20", ["2026-10-20 09:00+2", "2026-10-27 09:00+1", "2026-11-03 09:00+1"]
    ),
    "weekly over the spring change": Case(
        Rule("weekly", weekdays=TU, count=2), "2027-03-23", ["2027-03-23 09:00+1", "2027-03-30 09:00+2"]
    ),
    "Sundays over the change of 2027": Case(
        Rule("weekly", weekdays=SU, count=3), "2027-10-24", ["2027-10-24 09:00+2", "2027-10-31 09:00+1", "2027-11-07 09:00+1"]
    ),
    "monthly through both changes": Case(
        Rule("monthly", 5, month_day=25, count=3), "2026-10-25", ["2026-10-25 09:00+1", "2027-03-25 09:00+1", "2027-08-25 09:00+2"]
    ),
    "start in the doubled hour": Case(
        Rule("daily", count=3), "2026-10-24", ["2026-10-24 02:30+2", "2026-10-25 time-doubled", "2026-10-26 02:30+1"], "02:30-03:30"
    ),
    "end in the doubled hour": Case(
        Rule("daily", count=2), "2026-10-24", ["2026-10-24 01:30+2", "2026-10-25 time-doubled"], "01:30-02:30"
    ),
    "doubled hour of 2027": Case(
        Rule("weekly", weekdays=SU, count=2), "2027-10-31", ["2027-10-31 time-doubled", "2027-11-07 02:00+1"], "02:00-04:00"
    ),
    "start in the gap": Case(
        Rule("daily", count=3), "2027-03-27", ["2027-03-27 02:30+1", "2027-03-28 time-skipped", "2027-03-29 02:30+2"], "02:30-03:30"
    ),
    "end in the gap": Case(
        Rule("daily", count=2), "2027-03-28", ["2027-03-28 time-skipped", "2027-03-29 01:30+2"], "01:30-02:30"
    ),
    "end on the edge of the gap": Case(
        Rule("daily", count=2), "2027-03-28", ["2027-03-28 time-skipped", "2027-03-29 01:00+2"], "01:00-02:00"
    ),
    "start just after the gap": Case(
        Rule("daily", count=2), "2027-03-27", ["2027-03-27 03:00+1", "2027-03-28 03:00+2"], "03:00-04:00"
    ),
    "round the doubled hour": Case(
        Rule("daily", count=2), "2026-10-24", ["2026-10-24 01:30+2", "2026-10-25 01:30+2"], "01:30-03:00"
    ),
    "round the gap": Case(
        Rule("daily", count=2), "2027-03-27", ["2027-03-27 01:30+1", "2027-03-28 01:30+1"], "01:30-03:00"
    ),
    "whole days of 24 and 25 hours": Case(
        Rule("daily", count=2), "2026-10-24", ["2026-10-24 00:00+2", "2026-10-25 00:00+2"], "00:00-24:00"
    ),
    "whole days of 24 and 23 hours": Case(
        Rule("daily", count=2), "2027-03-27", ["2027-03-27 00:00+1", "2027-03-28 00:00+1"], "00:00-24:00"
    ),
    # -- ends of months and leap years --------------------------------------------------------------------------------
    "the 31st": Case(
        Rule("monthly", month_day=31, count=4), "2026-10-31",
        ["2026-10-31 09:00+1", "2026-12-31 09:00+1", "2027-01-31 09:00+1", "2027-03-31 09:00+2"],
        missing=("2026-11-01", "2027-02-01"),
    ),
    "the 31st to the end of a short month": Case(
        Rule("monthly", month_day=31, until=day("2026-11-30")), "2026-10-31", ["2026-10-31 09:00+1"], missing=("2026-11-01",)
    ),
    "the 31st to the middle of a short month": Case(
        Rule("monthly", month_day=31, until=day("2026-11-29")), "2026-10-31", ["2026-10-31 09:00+1"]
    ),
    "the 30th": Case(
        Rule("monthly", month_day=30, count=4), "2026-12-30",
        [*nine("2026-12-30", "2027-01-30"), "2027-03-30 09:00+2", "2027-04-30 09:00+2"], missing=("2027-02-01",),
    ),
    "the 29th in a common year": Case(
        Rule("monthly", month_day=29, until=day("2027-04-30")), "2027-01-29",
        ["2027-01-29 09:00+1", "2027-03-29 09:00+2", "2027-04-29 09:00+2"], missing=("2027-02-01",),
    ),
    "the 29th in a leap year": Case(
        Rule("monthly", month_day=29, count=3), "2028-01-29", ["2028-01-29 09:00+1", "2028-02-29 09:00+1", "2028-03-29 09:00+2"]
    ),
    "every leap day": Case(
        Rule("monthly", 12, month_day=29, count=2), "2028-02-29", nine("2028-02-29", "2032-02-29"),
        missing=("2029-02-01", "2030-02-01", "2031-02-01"),
    ),
    "the 28th misses nothing": Case(Rule("monthly", month_day=28, count=3), "2027-01-28", [*nine("2027-01-28", "2027-02-28"), "2027-03-28 09:00+2"]),
    "every other month's 31st": Case(
        Rule("monthly", 2, month_day=31, count=3), "2026-12-31", ["2026-12-31 09:00+1", "2027-08-31 09:00+2", "2027-10-31 09:00+1"],
        missing=("2027-02-01", "2027-04-01", "2027-06-01"),
    ),
    "daily over a leap day": Case(Rule("daily", count=3), "2028-02-28", nine("2028-02-28", "2028-02-29", "2028-03-01")),
    "daily over the end of a common February": Case(Rule("daily", count=2), "2027-02-28", nine("2027-02-28", "2027-03-01")),
    # -- weekdays of months -------------------------------------------------------------------------------------------
    "second Tuesday": Case(Rule("monthly", nth=(2, 1), count=3), "2026-12-08", nine("2026-12-08", "2027-01-12", "2027-02-09")),
    "first Monday": Case(Rule("monthly", nth=(1, 0), count=4), "2026-12-07", nine("2026-12-07", "2027-01-04", "2027-02-01", "2027-03-01")),
    "fourth Thursday is not the last": Case(Rule("monthly", nth=(4, 3), count=3), "2026-12-24", nine("2026-12-24", "2027-01-28", "2027-02-25")),
    "last Thursday": Case(Rule("monthly", nth=(-1, 3), count=3), "2026-12-31", nine("2026-12-31", "2027-01-28", "2027-02-25")),
    "last Friday": Case(Rule("monthly", nth=(-1, 4), count=4), "2026-11-27", nine("2026-11-27", "2026-12-25", "2027-01-29", "2027-02-26")),
    "last Sunday of a February of four weeks": Case(Rule("monthly", nth=(-1, 6), count=2), "2027-01-31", nine("2027-01-31", "2027-02-28")),
    "every third month's first Wednesday": Case(
        Rule("monthly", 3, nth=(1, 2), count=3), "2026-12-02", [*nine("2026-12-02", "2027-03-03"), "2027-06-02 09:00+2"]
    ),
    "last Friday but for Christmas Day": Case(
        Rule("monthly", nth=(-1, 4), count=3, skip_closed=True), "2026-11-27", nine("2026-11-27", "2027-01-29", "2027-02-26"),
        skipped=("2026-12-25 holiday",),
    ),
    # -- weeks, A and B -----------------------------------------------------------------------------------------------
    "weekdays over a weekend": Case(
        Rule("weekly", weekdays=WEEKDAYS, count=4), "2026-11-26", nine("2026-11-26", "2026-11-27", "2026-11-30", "2026-12-01")
    ),
    "every other Tuesday from a Wednesday": Case(
        Rule("weekly", 2, TU, count=3), "2026-11-25", nine("2026-12-01", "2026-12-15", "2026-12-29")
    ),
    "every other week from its second day": Case(
        Rule("weekly", 2, TU | TH, count=4), "2026-11-26", nine("2026-11-26", "2026-12-08", "2026-12-10", "2026-12-22")
    ),
    "every third week, Monday and Friday": Case(
        Rule("weekly", 3, MO | FR, count=5), "2026-11-27", nine("2026-11-27", "2026-12-14", "2026-12-18", "2027-01-04", "2027-01-08")
    ),
    "every other week over week 53": Case(
        Rule("weekly", 2, MO, count=3), "2026-12-21", nine("2026-12-21", "2027-01-04", "2027-01-18")
    ),
    "week 53 itself, to week 1": Case(Rule("weekly", weekdays=MO, count=2), "2026-12-28", nine("2026-12-28", "2027-01-04")),
    "every third day over New Year": Case(Rule("daily", 3, count=3), "2026-12-30", nine("2026-12-30", "2027-01-02", "2027-01-05")),
    "A weeks over Epiphany": Case(
        Rule("weekly", 2, WE, until=day("2027-02-03"), skip_closed=True), "2026-11-25",
        nine("2026-11-25", "2026-12-09", "2026-12-23", "2027-01-20", "2027-02-03"), skipped=("2027-01-06 holiday",),
    ),
    "A weeks over Christmas Eve": Case(
        Rule("weekly", 2, TH, count=4, skip_closed=True), "2026-11-26", nine("2026-11-26", "2026-12-10", "2027-01-07", "2027-01-21"),
        skipped=("2026-12-24 holiday",),
    ),
    "B weeks over New Year's Eve": Case(
        Rule("weekly", 2, TH, count=4, skip_closed=True), "2026-12-03", nine("2026-12-03", "2026-12-17", "2027-01-14", "2027-01-28"),
        skipped=("2026-12-31 holiday",),
    ),
    "A weeks, holidays or not": Case(
        Rule("weekly", 2, TH, count=4), "2026-11-26", nine("2026-11-26", "2026-12-10", "2026-12-24", "2027-01-07")
    ),
    # -- holidays and closures ----------------------------------------------------------------------------------------
    "weekdays over Christmas and Epiphany": Case(
        Rule("weekly", weekdays=WEEKDAYS, until=day("2027-01-08"), skip_closed=True), "2026-12-21",
        nine("2026-12-21", "2026-12-22", "2026-12-23", "2026-12-28", "2026-12-29", "2026-12-30", "2027-01-04", "2027-01-05",
             "2027-01-07", "2027-01-08"),
        skipped=("2026-12-24 holiday", "2026-12-25 holiday", "2026-12-31 holiday", "2027-01-01 holiday", "2027-01-06 holiday"),
    ),
    "five times means five, skipped or not": Case(
        Rule("weekly", weekdays=TH, count=5, skip_closed=True), "2026-12-17",
        nine("2026-12-17", "2027-01-07", "2027-01-14", "2027-01-21", "2027-01-28"),
        skipped=("2026-12-24 holiday", "2026-12-31 holiday"),
    ),
    "five times without skipping": Case(
        Rule("weekly", weekdays=TH, count=5), "2026-12-17", nine("2026-12-17", "2026-12-24", "2026-12-31", "2027-01-07", "2027-01-14")
    ),
    "last day is a holiday": Case(
        Rule("weekly", weekdays=WE, until=day("2027-01-06"), skip_closed=True), "2026-12-23", nine("2026-12-23", "2026-12-30"),
        skipped=("2027-01-06 holiday",),
    ),
    "first day is a holiday": Case(
        Rule("weekly", 2, TH, count=2, skip_closed=True), "2026-12-24", nine("2027-01-07", "2027-01-21"), skipped=("2026-12-24 holiday",)
    ),
    "Easter and the spring change in one": Case(
        Rule("weekly", weekdays=MO, count=2, skip_closed=True), "2027-03-22", ["2027-03-22 09:00+1", "2027-04-05 09:00+2"],
        skipped=("2027-03-29 holiday",),
    ),
    "Midsummer's Eve, by custom": Case(
        Rule("weekly", weekdays=FR, count=2, skip_closed=True), "2027-06-18", ["2027-06-18 09:00+2", "2027-07-02 09:00+2"],
        skipped=("2027-06-25 holiday",),
    ),
    "the first of January": Case(
        Rule("monthly", month_day=1, count=2, skip_closed=True), "2026-12-01", nine("2026-12-01", "2027-02-01"), skipped=("2027-01-01 holiday",)
    ),
    "daily where weekends are closed": Case(
        Rule("daily", count=3, skip_closed=True), "2026-11-26", nine("2026-11-26", "2026-11-27", "2026-11-30"),
        skipped=("2026-11-28 closed-day", "2026-11-29 closed-day"), hours=WEEK,
    ),
    "every other day keeps step over a weekend": Case(
        Rule("daily", 2, count=3, skip_closed=True), "2026-11-26", nine("2026-11-26", "2026-11-30", "2026-12-02"),
        skipped=("2026-11-28 closed-day",), hours=WEEK,
    ),
    "a week of closure": Case(
        Rule("weekly", weekdays=TU, count=3, skip_closed=True), "2026-11-24", nine("2026-11-24", "2026-12-08", "2026-12-15"),
        skipped=("2026-12-01 closed-space",), closures=(stretch("2026-11-30", 0, "2026-12-06", 1440),),
    ),
    "closed in the afternoon only": Case(
        Rule("weekly", weekdays=TU, count=2, skip_closed=True), "2026-11-24", nine("2026-11-24", "2026-12-01"),
        closures=(stretch("2026-12-01", 600, "2026-12-01", 1080),),
    ),
    "closed until half past nine": Case(
        Rule("weekly", weekdays=TU, count=2, skip_closed=True), "2026-11-24", nine("2026-11-24", "2026-12-08"),
        skipped=("2026-12-01 closed-space",), closures=(stretch("2026-12-01", 0, "2026-12-01", 570),),
    ),
    "closed and told of, not skipped": Case(
        Rule("weekly", weekdays=TU, count=2), "2026-11-24", nine("2026-11-24", "2026-12-01"),
        closures=(stretch("2026-12-01", 0, "2026-12-01", 1440),),
    ),
    # -- the last day -------------------------------------------------------------------------------------------------
    "last day belongs to it": Case(Rule("weekly", weekdays=TU, until=day("2026-12-01")), "2026-11-24", nine("2026-11-24", "2026-12-01")),
    "the day before does not reach it": Case(Rule("weekly", weekdays=TU, until=day("2026-11-30")), "2026-11-24", nine("2026-11-24")),
    "last day, at the last hour": Case(
        Rule("weekly", weekdays=TU, until=day("2026-12-01")), "2026-11-24", ["2026-11-24 23:00+1", "2026-12-01 23:00+1"], "23:00-24:00"
    ),
    "last day, at midnight": Case(
        Rule("weekly", weekdays=TU, until=day("2026-12-01")), "2026-11-24", ["2026-11-24 00:00+1", "2026-12-01 00:00+1"], "00:00-01:00"
    ),
    "last day is the change of the clocks": Case(
        Rule("daily", until=day("2026-10-25")), "2026-10-24", ["2026-10-24 23:30+2", "2026-10-25 23:30+1"], "23:30-24:00"
    ),
    "one day": Case(Rule("daily", until=day("2026-11-24")), "2026-11-24", nine("2026-11-24")),
    "once": Case(Rule("weekly", 4, SA, count=1), "2026-11-28", nine("2026-11-28")),
}  # fmt: skip


def expanded(case: Case) -> Expansion:
    first = anchored(case.rule, day(case.first))
    shut = Shut.of(replace(DESK, hours=case.hours), Calendar("SE"), ZONE, case.closures)
    return occurrences(case.rule, first, clock(case.times), ZONE, shut=shut)


@pytest.mark.parametrize("name", CASES)
def test_dates_of_a_rule(name: str) -> None:
    case = CASES[name]
    found = expanded(case)
    assert told(found) == case.expected
    assert [f"{one} {reason.code}" for one, reason in found.skipped] == list(case.skipped)
    assert [one.isoformat() for one in found.missing] == list(case.missing)
    assert found.refusals == ()


@pytest.mark.parametrize("name", CASES)
def test_rule_of_a_case_reads_back(name: str) -> None:
    rule = CASES[name].rule
    assert Rule.parse(rule.rrule(ZONE), ZONE, skip_closed=rule.skip_closed) == rule


# -- stories: edits, and edits on edits -------------------------------------------------------------------------------

TUESDAYS = Pattern(Rule("weekly", weekdays=TU, count=5), day("2026-11-24"), clock(NINE), 1)
THURSDAYS = Pattern(Rule("weekly", weekdays=TH, count=6), day("2026-12-03"), clock(NINE), 1)
EVERY_OTHER = Pattern(Rule("weekly", 2, TU, until=day("2027-01-05")), day("2026-11-24"), clock(NINE), 1)
TEN = Edit(times=clock("10:00-11:00"))

Act = tuple[str, str, str, Edit | None]


def said(text: str) -> Act:
    return ("now", text, "", None)


def gone(scope: str, at: str) -> Act:
    return ("cancel", scope, at, None)


def made(scope: str, at: str, edit: Edit) -> Act:
    return ("change", scope, at, edit)


def weekly(weekdays: frozenset[int], until: str, interval: int = 1, **more: bool) -> Edit:
    return Edit(rule=Rule("weekly", interval, weekdays, until=day(until), **more))  # type: ignore[arg-type]


# Each: the series, what happens to it, what the last of that counts, and how the series stand afterwards.
STORIES: dict[str, tuple[Pattern, list[Act], str, list[str]]] = {
    # -- one date -----------------------------------------------------------------------------------------------------
    "cancel one": (
        TUESDAYS, [gone("this", "2026-12-08")], "x1",
        ["11-24 09:00 | 12-01 09:00 | 12-08 09:00 cancelled | 12-15 09:00 | 12-22 09:00"],
    ),
    "move one to another day": (
        TUESDAYS, [made("this", "2026-12-08", Edit(day=day("2026-12-09")))], ">1",
        ["11-24 09:00 | 12-01 09:00 | 12-09 09:00 of 12-08 | 12-15 09:00 | 12-22 09:00"],
    ),
    "give one another space and title": (
        TUESDAYS, [made("this", "2026-12-08", Edit(space_id=2, title="Guests"))], ">1 ~1",
        ["11-24 09:00 | 12-01 09:00 | 12-08 09:00 in 2 Guests | 12-15 09:00 | 12-22 09:00"],
    ),
    "change one into what it is": (
        TUESDAYS, [made("this", "2026-12-08", Edit(times=clock(NINE), space_id=1, title=""))], "=1",
        ["11-24 09:00 | 12-01 09:00 | 12-08 09:00 | 12-15 09:00 | 12-22 09:00"],
    ),
    "cancel one while it goes on": (
        TUESDAYS, [said("2026-12-01 09:30"), gone("this", "2026-12-01")], "x1",
        ["11-24 09:00 | 12-01 09:00 cancelled | 12-08 09:00 | 12-15 09:00 | 12-22 09:00"],
    ),
    # -- exceptions survive -------------------------------------------------------------------------------------------
    "cancel one, then move all": (
        TUESDAYS, [gone("this", "2026-12-08"), made("all", "2026-11-24", TEN)], ">4",
        ["11-24 10:00 | 12-01 10:00 | 12-08 09:00 cancelled | 12-15 10:00 | 12-22 10:00"],
    ),
    "cancel one, then add a weekday": (
        TUESDAYS, [gone("this", "2026-12-08"), made("all", "2026-11-24", weekly(TU | TH, "2026-12-10"))], "+3 =2 -2",
        ["11-24 09:00 | 11-26 09:00 | 12-01 09:00 | 12-03 09:00 | 12-08 09:00 cancelled | 12-10 09:00"],
    ),
    "cancel one, then change this and following from it": (
        TUESDAYS, [gone("this", "2026-12-08"), made("following", "2026-12-08", TEN)], ">2",
        ["11-24 09:00 | 12-01 09:00 | 12-08 09:00 cancelled", "12-15 10:00 | 12-22 10:00"],
    ),
    "cancel one, leave its weekday and come back": (
        TUESDAYS,
        [gone("this", "2026-12-08"), made("all", "2026-11-24", weekly(WE, "2026-12-16")),
         made("all", "2026-11-25", weekly(TU, "2026-12-15"))],
        "+3 -4", ["11-24 09:00 | 12-01 09:00 | 12-08 09:00 cancelled | 12-15 09:00"],
    ),
    "move one, then all to another time": (
        TUESDAYS, [made("this", "2026-12-08", Edit(times=clock("13:00-14:00"))), made("all", "2026-11-24", TEN)], "=1 >4",
        ["11-24 10:00 | 12-01 10:00 | 12-08 13:00 | 12-15 10:00 | 12-22 10:00"],
    ),
    "move one, then all to another space": (
        TUESDAYS, [made("this", "2026-12-08", Edit(day=day("2026-12-09"))), made("all", "2026-11-24", Edit(space_id=3))], "=1 >4",
        ["11-24 09:00 in 3 | 12-01 09:00 in 3 | 12-09 09:00 of 12-08 | 12-15 09:00 in 3 | 12-22 09:00 in 3"],
    ),
    "move one, then retitle all": (
        TUESDAYS, [made("this", "2026-12-08", Edit(space_id=2)), made("all", "2026-11-24", Edit(title="Team"))], "~5",
        ["11-24 09:00 Team | 12-01 09:00 Team | 12-08 09:00 in 2 Team | 12-15 09:00 Team | 12-22 09:00 Team"],
    ),
    "move one to Wednesday, then all to Wednesdays": (
        TUESDAYS,
        [made("this", "2026-12-08", Edit(day=day("2026-12-09"), times=clock("15:00-16:00"))),
         made("all", "2026-11-24", weekly(WE, "2026-12-23"))],
        "+4 =1 -4", ["11-25 09:00 | 12-02 09:00 | 12-09 15:00 of 12-08 | 12-16 09:00 | 12-23 09:00"],
    ),
    "move one, then let the series end before it": (
        TUESDAYS,
        [made("this", "2026-12-22", Edit(day=day("2026-12-23"))), made("all", "2026-11-24", weekly(TU, "2026-12-15"))],
        "=4 -1", ["11-24 09:00 | 12-01 09:00 | 12-08 09:00 | 12-15 09:00"],
    ),
    "move one, cancel it, then take its new weekday": (
        TUESDAYS,
        [made("this", "2026-12-08", Edit(day=day("2026-12-09"))), gone("this", "2026-12-08"),
         made("all", "2026-11-24", weekly(TU | WE, "2026-12-09"))],
        "+2 =2 -2", ["11-24 09:00 | 11-25 09:00 | 12-01 09:00 | 12-02 09:00 | 12-09 09:00 of 12-08 cancelled"],
    ),
    "move one and back, then move all": (
        TUESDAYS,
        [made("this", "2026-12-08", Edit(day=day("2026-12-09"))), made("this", "2026-12-08", Edit(day=day("2026-12-08"))),
         made("all", "2026-11-24", TEN)],
        ">5", ["11-24 10:00 | 12-01 10:00 | 12-08 10:00 | 12-15 10:00 | 12-22 10:00"],
    ),
    "retitle one, then all": (
        TUESDAYS, [made("this", "2026-12-08", Edit(title="Guests")), made("all", "2026-11-24", Edit(title="Team"))], "=1 ~4",
        ["11-24 09:00 Team | 12-01 09:00 Team | 12-08 09:00 Guests | 12-15 09:00 Team | 12-22 09:00 Team"],
    ),
    "retitle one, then move all": (
        TUESDAYS, [made("this", "2026-12-08", Edit(title="Guests")), made("all", "2026-11-24", TEN)], ">5",
        ["11-24 10:00 | 12-01 10:00 | 12-08 10:00 Guests | 12-15 10:00 | 12-22 10:00"],
    ),
    # -- the past -----------------------------------------------------------------------------------------------------
    "retitle over the past": (
        TUESDAYS, [said("2026-12-09 12:00"), made("all", "2026-11-24", Edit(title="Team"))], "~2",
        ["11-24 09:00 | 12-01 09:00 | 12-08 09:00 | 12-15 09:00 Team | 12-22 09:00 Team"],
    ),
    "move all from a date that is over": (
        TUESDAYS, [said("2026-12-09 12:00"), made("following", "2026-12-01", TEN)], ">2",
        ["11-24 09:00 | 12-01 09:00 | 12-08 09:00", "12-15 10:00 | 12-22 10:00"],
    ),
    "move all while one goes on": (
        TUESDAYS, [said("2026-12-01 09:30"), made("all", "2026-12-01", TEN)], ">3",
        ["11-24 09:00 | 12-01 09:00 | 12-08 10:00 | 12-15 10:00 | 12-22 10:00"],
    ),
    "another rule over the past": (
        TUESDAYS, [said("2026-12-09 12:00"), made("all", "2026-12-15", weekly(TU, "2027-01-12", 2))], "+2 =1 -1",
        ["11-24 09:00 | 12-01 09:00 | 12-08 09:00 | 12-15 09:00 | 12-29 09:00 | 01-12 09:00"],
    ),
    "this week's other day is no more when it has passed": (
        TUESDAYS, [said("2026-12-08 12:00"), made("all", "2026-12-15", weekly(MO, "2026-12-21"))], "+2 -2",
        ["11-24 09:00 | 12-01 09:00 | 12-08 09:00 | 12-14 09:00 | 12-21 09:00"],
    ),
    "following from the first of a later rule divides nothing": (
        TUESDAYS,
        [said("2026-12-09 12:00"), made("all", "2026-12-15", weekly(TU, "2026-12-29", 2)), made("following", "2026-12-15", Edit(title="B"))],
        "~2", ["11-24 09:00 | 12-01 09:00 | 12-08 09:00 | 12-15 09:00 B | 12-29 09:00 B"],
    ),
    "another rule on the day itself, to an hour that has passed": (
        TUESDAYS,
        [said("2026-12-01 08:00"), made("all", "2026-12-01", Edit(rule=Rule("weekly", weekdays=TU | WE, count=3), times=clock("07:00-08:00")))],
        "+1 >2 -2", ["11-24 09:00 | 12-01 07:00 | 12-02 07:00 | 12-08 07:00"],
    ),
    "another rule with a date put off from the past": (
        TUESDAYS,
        [made("this", "2026-11-24", Edit(day=day("2026-12-11"))), said("2026-12-02 12:00"), made("all", "2026-12-08", weekly(TH, "2026-12-17"))],
        "+2 =1 -3", ["12-11 09:00 of 11-24 | 12-01 09:00 | 12-10 09:00 | 12-17 09:00"],
    ),
    "another rule from a date that was moved": (
        TUESDAYS,
        [made("this", "2026-12-08", Edit(space_id=2)), made("following", "2026-12-08", weekly(TU | TH, "2026-12-15"))],
        "+1 =2 -1", ["11-24 09:00 | 12-01 09:00", "12-08 09:00 in 2 | 12-10 09:00 | 12-15 09:00"],
    ),
    "cancel all that is to come": (
        TUESDAYS, [said("2026-12-09 12:00"), gone("all", "2026-12-15")], "-2", ["11-24 09:00 | 12-01 09:00 | 12-08 09:00"],
    ),
    "cancel following while one goes on": (
        TUESDAYS, [said("2026-12-01 09:30"), gone("following", "2026-12-01")], "-3", ["11-24 09:00 | 12-01 09:00"],
    ),
    "what was brought forward and is over stays when the series is divided": (
        TUESDAYS,
        [made("this", "2026-12-08", Edit(day=day("2026-11-24"), times=clock("15:00-16:00"))), said("2026-11-25 12:00"),
         made("following", "2026-12-01", Edit(title="Team")), made("all", "2026-12-15", weekly(TU, "2026-12-15"))],
        "=2 -1", ["11-24 09:00", "12-01 09:00 Team | 11-24 15:00 of 12-08 | 12-15 09:00 Team"],
    ),
    # -- this and following -------------------------------------------------------------------------------------------
    "following from the first is all": (
        TUESDAYS, [made("following", "2026-11-24", TEN)], ">5", ["11-24 10:00 | 12-01 10:00 | 12-08 10:00 | 12-15 10:00 | 12-22 10:00"],
    ),
    "divide by words": (
        TUESDAYS, [made("following", "2026-12-15", Edit(title="Team"))], "~2",
        ["11-24 09:00 | 12-01 09:00 | 12-08 09:00", "12-15 09:00 Team | 12-22 09:00 Team"],
    ),
    "divide twice": (
        TUESDAYS, [made("following", "2026-12-08", Edit(title="B")), made("following", "2026-12-22", Edit(title="C"))], "~1",
        ["11-24 09:00 | 12-01 09:00", "12-08 09:00 B | 12-15 09:00 B", "12-22 09:00 C"],
    ),
    "divide, then change the first part": (
        TUESDAYS, [made("following", "2026-12-15", Edit(title="B")), made("all", "2026-11-24", TEN)], ">3",
        ["11-24 10:00 | 12-01 10:00 | 12-08 10:00", "12-15 09:00 B | 12-22 09:00 B"],
    ),
    "divide, then lengthen the second part": (
        TUESDAYS, [made("following", "2026-12-15", Edit(title="B")), made("all", "2026-12-15", weekly(TU, "2027-01-05"))], "+2 =2",
        ["11-24 09:00 | 12-01 09:00 | 12-08 09:00", "12-15 09:00 B | 12-22 09:00 B | 12-29 09:00 B | 01-05 09:00 B"],
    ),
    "divide with a date cancelled and one moved behind": (
        TUESDAYS,
        [gone("this", "2026-12-15"), made("this", "2026-12-22", Edit(space_id=2)), made("following", "2026-12-08", TEN)],
        "=1 >1", ["11-24 09:00 | 12-01 09:00", "12-08 10:00 | 12-15 09:00 cancelled | 12-22 09:00 in 2"],
    ),
    "following, two more times": (
        TUESDAYS, [made("following", "2026-12-08", Edit(rule=Rule("weekly", weekdays=TU, count=2)))], "=2 -1",
        ["11-24 09:00 | 12-01 09:00", "12-08 09:00 | 12-15 09:00"],
    ),
    "cancel this and following": (
        TUESDAYS, [gone("following", "2026-12-08")], "-3", ["11-24 09:00 | 12-01 09:00"],
    ),
    "cancel this and following, then lengthen again": (
        TUESDAYS, [gone("this", "2026-12-15"), gone("following", "2026-12-08"), made("all", "2026-11-24", weekly(TU, "2026-12-22"))],
        "+2 =2", ["11-24 09:00 | 12-01 09:00 | 12-08 09:00 | 12-15 09:00 cancelled | 12-22 09:00"],
    ),
    # -- another rule -------------------------------------------------------------------------------------------------
    "Tuesdays become Mondays of the same weeks": (
        TUESDAYS, [made("following", "2026-12-08", weekly(MO, "2026-12-21"))], "+3 -3",
        ["11-24 09:00 | 12-01 09:00", "12-07 09:00 | 12-14 09:00 | 12-21 09:00"],
    ),
    "Mondays from today, an hour ahead": (
        TUESDAYS, [made("all", "2026-11-24", weekly(MO, "2026-12-07"))], "+3 -5", ["11-23 09:00 | 11-30 09:00 | 12-07 09:00"],
    ),
    "Mondays from next week, today's hour being past": (
        TUESDAYS, [said("2026-11-23 09:00"), made("all", "2026-11-24", weekly(MO, "2026-12-07"))], "+2 -5", ["11-30 09:00 | 12-07 09:00"],
    ),
    "two weekdays become two others, from the second of a week": (
        Pattern(Rule("weekly", weekdays=TU | TH, until=day("2026-12-10")), day("2026-11-24"), clock(NINE), 1),
        [made("following", "2026-12-03", weekly(MO | FR, "2026-12-11"))], "+3 -3",
        ["11-24 09:00 | 11-26 09:00 | 12-01 09:00", "12-04 09:00 | 12-07 09:00 | 12-11 09:00"],
    ),
    "A weeks stay A weeks when the weekday comes later": (
        EVERY_OTHER, [made("following", "2026-12-08", weekly(TH, "2027-01-08", 2))], "+3 -3",
        ["11-24 09:00", "12-10 09:00 | 12-24 09:00 | 01-07 09:00"],
    ),
    "A weeks stay A weeks when the weekday comes earlier": (
        Pattern(Rule("weekly", 2, TH, until=day("2027-01-07")), day("2026-11-26"), clock(NINE), 1),
        [made("following", "2026-12-10", weekly(TU, "2027-01-08", 2))], "+3 -3",
        ["11-26 09:00", "12-08 09:00 | 12-22 09:00 | 01-05 09:00"],
    ),
    "A weeks stay A weeks when divided": (
        EVERY_OTHER, [made("following", "2026-12-22", Edit(title="B")), made("all", "2026-12-22", weekly(TU, "2027-02-02", 2))], "+2 =2",
        ["11-24 09:00 | 12-08 09:00", "12-22 09:00 B | 01-05 09:00 B | 01-19 09:00 B | 02-02 09:00 B"],
    ),
    "a date of its own leads no rhythm astray": (
        EVERY_OTHER,
        [made("this", "2026-12-08", Edit(day=day("2026-12-10"))),
         made("all", "2026-11-24", Edit(rule=Rule("daily", 3, until=day("2026-12-15")))),
         made("following", "2026-12-08", Edit(title="B")),
         made("all", "2026-12-09", Edit(rule=Rule("daily", 3, until=day("2026-12-18"))))],
        "+1 =4", ["11-24 09:00 | 11-27 09:00 | 11-30 09:00 | 12-03 09:00 | 12-06 09:00",
                  "12-10 09:00 of 12-08 B | 12-09 09:00 B | 12-12 09:00 B | 12-15 09:00 B | 12-18 09:00 B"],
    ),
    "every week becomes every other": (
        TUESDAYS, [made("all", "2026-11-24", weekly(TU, "2026-12-22", 2))], "=3 -2", ["11-24 09:00 | 12-08 09:00 | 12-22 09:00"],
    ),
    "and every week again": (
        TUESDAYS, [made("all", "2026-11-24", weekly(TU, "2026-12-22", 2)), made("all", "2026-11-24", weekly(TU, "2026-12-22"))], "+2 =3",
        ["11-24 09:00 | 12-01 09:00 | 12-08 09:00 | 12-15 09:00 | 12-22 09:00"],
    ),
    "longer": (
        TUESDAYS, [made("all", "2026-11-24", weekly(TU, "2027-01-05"))], "+2 =5",
        ["11-24 09:00 | 12-01 09:00 | 12-08 09:00 | 12-15 09:00 | 12-22 09:00 | 12-29 09:00 | 01-05 09:00"],
    ),
    "shorter and longer again": (
        TUESDAYS, [made("all", "2026-11-24", weekly(TU, "2026-12-02")), made("all", "2026-11-24", weekly(TU, "2026-12-15"))], "+2 =2",
        ["11-24 09:00 | 12-01 09:00 | 12-08 09:00 | 12-15 09:00"],
    ),
    "the rule it has already, with other times": (
        TUESDAYS, [made("all", "2026-11-24", Edit(rule=TUESDAYS.rule, times=clock("10:00-11:00")))], ">5",
        ["11-24 10:00 | 12-01 10:00 | 12-08 10:00 | 12-15 10:00 | 12-22 10:00"],
    ),
    "the rule it has already, written with its last day": (
        TUESDAYS, [made("following", "2026-12-15", Edit(rule=Rule("weekly", weekdays=TU, until=day("2026-12-22")), title="B"))], "~2",
        ["11-24 09:00 | 12-01 09:00 | 12-08 09:00", "12-15 09:00 B | 12-22 09:00 B"],
    ),
    "another rule and other times at once": (
        TUESDAYS,
        [made("this", "2026-12-01", Edit(title="Guests")),
         made("all", "2026-11-24", Edit(rule=Rule("weekly", weekdays=TU | WE, until=day("2026-12-02")), times=clock("10:00-11:00")))],
        "+2 >2 -3", ["11-24 10:00 | 11-25 10:00 | 12-01 10:00 Guests | 12-02 10:00"],
    ),
    "weekly becomes monthly": (
        TUESDAYS, [made("following", "2026-12-08", Edit(rule=Rule("monthly", nth=(2, 1), count=2)))], "+1 =1 -2",
        ["11-24 09:00 | 12-01 09:00", "12-08 09:00 | 01-12 09:00"],
    ),
    "monthly by date becomes the last Friday of the same months": (
        Pattern(Rule("monthly", month_day=30, count=3), day("2026-11-30"), clock(NINE), 1),
        [made("following", "2026-12-30", Edit(rule=Rule("monthly", nth=(-1, 4), until=day("2027-01-31"))))], "+2 -2",
        ["11-30 09:00", "12-25 09:00 | 01-29 09:00"],
    ),
    "weekly becomes daily": (
        TUESDAYS, [made("following", "2026-12-15", Edit(rule=Rule("daily", until=day("2026-12-17"))))], "+2 =1 -1",
        ["11-24 09:00 | 12-01 09:00 | 12-08 09:00", "12-15 09:00 | 12-16 09:00 | 12-17 09:00"],
    ),
    "leave out holidays": (
        THURSDAYS, [made("all", "2026-12-03", weekly(TH, "2027-01-07", skip_closed=True))], "=4 -2",
        ["12-03 09:00 | 12-10 09:00 | 12-17 09:00 | 01-07 09:00"],
    ),
    "leave out holidays, then not": (
        THURSDAYS, [made("all", "2026-12-03", weekly(TH, "2027-01-07", skip_closed=True)), made("all", "2026-12-03", weekly(TH, "2027-01-07"))],
        "+2 =4", ["12-03 09:00 | 12-10 09:00 | 12-17 09:00 | 12-24 09:00 | 12-31 09:00 | 01-07 09:00"],
    ),
    # -- the clocks ---------------------------------------------------------------------------------------------------
    "other times over the spring change stay local": (
        Pattern(Rule("weekly", weekdays=SU, count=3), day("2027-03-21"), clock(NINE), 1), [made("all", "2027-03-21", TEN)], ">3",
        ["03-21 10:00 | 03-28 10:00 | 04-04 10:00"],
    ),
    "over New Year": (
        Pattern(Rule("weekly", weekdays=MO, count=3), day("2026-12-21"), clock(NINE), 1),
        [made("following", "2026-12-28", weekly(MO | FR, "2027-01-04"))], "+1 =2", ["12-21 09:00", "12-28 09:00 | 01-01 09:00 | 01-04 09:00"],
    ),
}  # fmt: skip


def played(pattern: Pattern, acts: list[Act]) -> tuple[Story, Change]:
    story = Story(shut=Shut.of(replace(DESK, hours=ALWAYS), Calendar("SE"), ZONE))
    change = story.begin(pattern)
    for kind, scope, at, edit in acts:
        if kind == "now":
            story.now = datetime.fromisoformat(scope).replace(tzinfo=ZONE)
        elif edit is None:
            change = story.cancel(scope, day(at))  # type: ignore[arg-type]
        else:
            change = story.change(scope, day(at), edit)  # type: ignore[arg-type]
        assert change.refusals == () and not change.unclear
    return story, change


@pytest.mark.parametrize("name", STORIES)
def test_story(name: str) -> None:
    pattern, acts, counted, expected = STORIES[name]
    story, change = played(pattern, acts)
    assert (tally(change), story.told()) == (counted, expected)


@pytest.mark.parametrize("name", STORIES)
def test_patterns_after_a_story_make_its_dates(name: str) -> None:
    """What a series says of itself is what its rows are, but for what people decided of single dates."""
    pattern, acts, _counted, _expected = STORIES[name]
    story, _change = played(pattern, acts)
    for kept in story.series:
        if kept.pattern is None:
            continue
        says = {
            one.day: one.span
            for one in occurrences(
                kept.pattern.rule, kept.pattern.first_day, kept.pattern.times, ZONE, shut=story.shut
            ).occurrences
        }
        rows = [row for row in kept.rows if row.original >= kept.pattern.first_day and row.state != "dropped"]
        plain = {row.original: row.span for row in rows if not row.moved and row.booked and not row.begun(story.now)}
        assert plain.items() <= says.items()
        days_moved_to = {row.span.start.astimezone(ZONE).date() for row in rows if row.span}
        assert set(says) - {row.original for row in rows} <= days_moved_to
        assert {row.space_id for row in rows if not row.moved and row.booked and not row.begun(story.now)} <= {
            kept.pattern.space_id
        }
