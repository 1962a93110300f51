"""From bytes to busy times: zones, repeats, changes of the clocks, and what is wrong with a file."""

from __future__ import annotations

import codecs
import json
import tracemalloc
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import icalendar
import pytest
import recurring_ical_events
from hypothesis import given, settings
from hypothesis import strategies as st

from innovation_station.errors import Refused
from innovation_station.external import apart, lines, reading
from innovation_station.external.zones import named
from innovation_station.timespan import Span
from tests.external.calendars import ASK, ODD_ZONE, STOCKHOLM, WITHIN, calendar, codes, event, read, times

ZONED = f"DTSTART;TZID={STOCKHOLM}:20261123T090000\nDTEND;TZID={STOCKHOLM}:20261123T100000"
MORNING = "2026-11-23 08:00/2026-11-23 09:00"
WEEKLY = ZONED + "\nRRULE:FREQ=WEEKLY;COUNT=3"
THREE = [MORNING, "2026-11-30 08:00/2026-11-30 09:00", "2026-12-07 08:00/2026-12-07 09:00"]


def test_an_entry_says_when_who_and_how() -> None:
    result = read(event(ZONED + "\nSEQUENCE:3\nSTATUS:TENTATIVE\nSUMMARY:A talk\\, long"), head="X-WR-CALNAME:TimeEdit")
    [entry] = result.entries
    assert (entry.uid, entry.recurrence, entry.sequence, entry.title) == ("one@example.org", "", 3, "A talk, long")
    assert (entry.status, entry.transparent, entry.all_day, entry.zone) == ("tentative", False, False, STOCKHOLM)
    assert entry.span == Span(datetime(2026, 11, 23, 8, tzinfo=UTC), datetime(2026, 11, 23, 9, tzinfo=UTC))
    assert (result.name, result.events, result.zones, result.problems) == ("TimeEdit", 1, {STOCKHOLM: 1}, [])
    assert "one@example.org" not in entry.key and len(entry.key) == 64


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("DTSTART:20261123T080000Z\nDTEND:20261123T090000Z", [MORNING]),
        ("DTSTART:20261123T090000\nDTEND:20261123T100000", [MORNING]),
        ("DTSTART:20261123T080000Z\nDURATION:PT1H", [MORNING]),
        ("DTSTART:20261123T080000Z\nDURATION:P1DT1H", ["2026-11-23 08:00/2026-11-24 09:00"]),
        ("DTSTART:20261123T080000Z\nDURATION:P1W", ["2026-11-23 08:00/2026-11-30 08:00"]),
        ("DTSTART;VALUE=DATE:20261123", ["2026-11-22 23:00/2026-11-23 23:00"]),
        ("DTSTART:20261123", ["2026-11-22 23:00/2026-11-23 23:00"]),
        ("DTSTART;VALUE=DATE:20261123\nDTEND;VALUE=DATE:20261123", ["2026-11-22 23:00/2026-11-23 23:00"]),
        ("DTSTART;VALUE=DATE:20261123\nDTEND;VALUE=DATE:20261125", ["2026-11-22 23:00/2026-11-24 23:00"]),
        ("DTSTART;VALUE=DATE:20261123\nDURATION:P2D", ["2026-11-22 23:00/2026-11-24 23:00"]),
        # the days on which the clocks change are 23 and 25 hours long
        ("DTSTART;VALUE=DATE:20260329", ["2026-03-28 23:00/2026-03-29 22:00"]),
        ("DTSTART;VALUE=DATE:20261025", ["2026-10-24 22:00/2026-10-25 23:00"]),
        # nothing has no time, and takes none
        ("DTSTART:20261123T080000Z", []),
        ("DTSTART:20261123T080000Z\nDTEND:20261123T080000Z", []),
        ("DTSTART:20261123T080000Z\nDURATION:PT0S", []),
        # what is free, off or over
        ("DTSTART:20261123T080000Z\nDTEND:20261123T090000Z\nTRANSP:TRANSPARENT", []),
        ("DTSTART:20261123T080000Z\nDTEND:20261123T090000Z\nX-MICROSOFT-CDO-BUSYSTATUS:FREE", []),
        ("DTSTART:20261123T080000Z\nDTEND:20261123T090000Z\nSTATUS:CANCELLED", []),
        ("DTSTART:20251123T080000Z\nDTEND:20251123T090000Z", []),
        ("DTSTART:20280101T080000Z\nDTEND:20280101T090000Z", []),
        # what began before and goes on
        ("DTSTART:20260227T080000Z\nDTEND:20260302T090000Z", ["2026-02-27 08:00/2026-03-02 09:00"]),
        # a leap second, and both ends in zones of their own
        ("DTSTART:20261123T080000Z\nDTEND:20261123T085960Z", ["2026-11-23 08:00/2026-11-23 08:59"]),
        (f"DTSTART;TZID={STOCKHOLM}:20261123T090000\nDTEND;TZID=Europe/London:20261123T090000", [MORNING]),
    ],
)
def test_times_are_read(text: str, expected: list[str]) -> None:
    result = read(event(text))
    assert times(result) == expected and result.problems == []


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("SUMMARY:never", "no-start"),
        ("DTSTART:tomorrow", "bad-time"),
        ("DTSTART:20260230T080000Z", "bad-time"),
        ("DTSTART:20261123T250000Z", "bad-time"),
        ("DTSTART:00010101T000000Z", "bad-time"),
        ("DTSTART;VALUE=DATE:20261123T080000", "bad-time"),
        ("DTSTART:20261123T080000Z\nDTEND:nonsense", "bad-time"),
        ("DTSTART:20261123T080000Z\nDTEND:20261123T070000Z", "end-before-start"),
        ("DTSTART;VALUE=DATE:20261123\nDTEND;VALUE=DATE:20261122", "end-before-start"),
        ("DTSTART:20261123T080000Z\nDTEND;VALUE=DATE:20261124", "mixed-times"),
        ("DTSTART:20261123T080000Z\nDURATION:-PT1H", "bad-length"),
        ("DTSTART:20261123T080000Z\nDURATION:forever", "bad-length"),
        ("DTSTART:20261123T080000Z\nDURATION:P9999D", "bad-length"),
        ("DTSTART;TZID=Nowhere/At All:20261123T080000\nDURATION:PT1H", "unknown-zone"),
        ("DTSTART:20261123T080000Z\nDTSTART:20261124T080000Z", "given-twice"),
        ("DTSTART 20261123T080000Z", "line-unreadable"),
        (ZONED + "\nRRULE:FREQ=SECONDLY", "rule-too-fine"),
        (ZONED + "\nRRULE:FREQ=HOURLY;COUNT=3", "rule-too-fine"),
        (ZONED + "\nRRULE:FREQ=DAILY;BYHOUR=1,2,3,4,5;BYMINUTE=1,2,3,4,5", "rule-too-fine"),
        (ZONED + "\nRRULE:FREQ=SOMETIMES", "rule-unreadable"),
        (ZONED + "\nRRULE:COUNT=3", "rule-unreadable"),
        (ZONED + "\nRRULE:FREQ=DAILY;INTERVAL=0", "rule-unreadable"),
        (ZONED + "\nRRULE:FREQ=DAILY;COUNT=0", "rule-unreadable"),
        (ZONED + "\nRRULE:FREQ=DAILY;UNTIL=later", "rule-unreadable"),
        (ZONED + "\nRRULE:FREQ=DAILY;BYEASTER=1", "rule-unreadable"),
        (ZONED + "\nRRULE:FREQ=DAILY;FREQ=WEEKLY", "rule-unreadable"),
        (ZONED + "\nRRULE:FREQ=MONTHLY;BYDAY=99MO", "rule-unreadable"),
        (ZONED + "\nRRULE:FREQ=YEARLY;BYMONTH=13", "rule-unreadable"),
        (ZONED + "\nRRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "rule-never"),
        (ZONED + "\nEXRULE:FREQ=DAILY", "rule-except"),
        (ZONED + "\nRDATE:" + ",".join(["20261124T080000"] * 2001), "too-many-dates"),
        (ZONED + "\nEXDATE:soon", "bad-time"),
        (ZONED + "\nRRULE:FREQ=DAILY;BYHOUR=0,1,2,3,4,5,6,7,8,9,10,11", "too-many-times"),
    ],
)
def test_one_bad_event_is_told_with_its_line_and_leaves_the_others(text: str, code: str) -> None:
    result = read(
        event("DTSTART:20261124T080000Z\nDURATION:PT1H", "good-1"), event(text, "bad"), event(ZONED, "good-2")
    )
    assert codes(result) == [code]
    assert times(result) == [MORNING, "2026-11-24 08:00/2026-11-24 09:00"]
    [problem] = result.problems
    assert 10 <= problem.line <= 18 and problem.uid == "bad" and not problem.note
    assert result.unread == {"bad"}


@pytest.mark.parametrize(
    ("name", "zone"),
    [
        ("Europe/Stockholm", STOCKHOLM),
        ("europe/stockholm", STOCKHOLM),
        ("W. Europe Standard Time", "Europe/Berlin"),
        ("Eastern Standard Time", "America/New_York"),
        ("/freeassociation.sourceforge.net/Europe/Stockholm", STOCKHOLM),
        ("/citadel.org/20070227_1/Europe/Stockholm", STOCKHOLM),
        ("/mozilla.org/20050126_1/America/Argentina/Buenos_Aires", "America/Argentina/Buenos_Aires"),
        ("tzone://Microsoft/Utc", "UTC"),
        ("Etc/UTC", "Etc/UTC"),
        ("Customized Time Zone", None),
        ("CEST", None),
        ("GMT+0100", None),
        ("Stockholm", None),
        ("../../etc/passwd", None),
        ("/etc/passwd", None),
        ("localtime", None),
        ("Europe", None),
        ("", None),
        ("\u0000", None),
    ],
)
def test_names_of_zones(name: str, zone: str | None) -> None:
    clock = named(name)
    assert (clock.name.removeprefix("Etc/") if clock else None) == (zone.removeprefix("Etc/") if zone else None)


def test_an_unknown_zone_is_asked_for_and_never_guessed() -> None:
    text = "DTSTART;TZID=Mars/Olympus:20261123T090000\nDURATION:PT1H"
    asked = read(event(text))
    assert (times(asked), codes(asked), asked.unknown) == ([], ["unknown-zone"], {"Mars/Olympus": 1})
    told = read(event(text), zone="America/New_York")
    assert (times(told), told.problems) == (["2026-11-23 14:00/2026-11-23 15:00"], [])
    assert told.unknown == {"Mars/Olympus": 1}


def test_a_zone_that_the_file_defines_is_read_by_its_definition() -> None:
    def at(wall: str) -> list[str]:
        return times(read(ODD_ZONE, event(f"DTSTART;TZID=Customized Time Zone:{wall}\nDURATION:PT1H")))

    assert at("20261123T090000") == [MORNING]
    assert at("20260623T090000") == ["2026-06-23 07:00/2026-06-23 08:00"]
    assert at("20260329T013000") == ["2026-03-29 00:30/2026-03-29 01:30"]
    assert at("20260329T023000") == ["2026-03-29 01:30/2026-03-29 02:30"]  # there is none: by the offset before
    assert at("20260329T033000") == ["2026-03-29 01:30/2026-03-29 02:30"]
    assert at("20261025T023000") == ["2026-10-25 00:30/2026-10-25 01:30"]  # twice: the first
    assert at("20261025T030000") == ["2026-10-25 02:00/2026-10-25 03:00"]


def test_what_the_world_knows_of_a_zone_comes_before_what_the_file_says() -> None:
    wrong = ODD_ZONE.replace("Customized Time Zone", STOCKHOLM).replace("+0100", "-0700").replace("+0200", "-0600")
    assert times(read(wrong, event(ZONED))) == [MORNING]


@pytest.mark.parametrize("wall", ["20260329T013000", "20260329T023000", "20260329T033000", "20261025T023000"])
def test_both_changes_of_the_clocks_are_read_as_the_standard_has_them(wall: str) -> None:
    expected = {"20260329T013000": 30, "20260329T023000": 90, "20260329T033000": 90, "20261025T023000": 30}
    [entry] = read(event(f"DTSTART;TZID={STOCKHOLM}:{wall}\nDURATION:PT1H")).entries
    midnight = datetime(entry.start.year, entry.start.month, entry.start.day, tzinfo=UTC)
    assert entry.start - midnight == timedelta(minutes=expected[wall])


@pytest.mark.parametrize(
    ("head", "zone", "expected"),
    [
        ("", None, "08:00"),  # the house's
        ("X-WR-TIMEZONE:America/New_York", None, "14:00"),
        ("X-WR-TIMEZONE:Eastern Standard Time", None, "14:00"),
        ("X-WR-TIMEZONE:America/New_York", "Europe/London", "09:00"),  # what somebody chose comes first
        ("", "Europe/London", "09:00"),
    ],
)
def test_times_without_a_zone(head: str, zone: str | None, expected: str) -> None:
    result = read(event("DTSTART:20261123T090000\nDURATION:PT1H"), head=head, zone=zone)
    assert f"{result.entries[0].start:%H:%M}" == expected and result.floating == 1
    assert result.entries[0].zone == result.floating_zone and result.stated == head.partition(":")[2]
    assert times(read(event(ZONED), head=head, zone=zone)) == [MORNING]  # what names its zone does not mind


def test_a_stated_zone_that_nobody_knows_is_told() -> None:
    result = read(event("DTSTART:20261123T090000\nDURATION:PT1H"), head="X-WR-TIMEZONE:Olympus")
    assert (codes(result), times(result)) == (["zone-stated-unknown"], [MORNING])
    assert result.problems[0].note and result.unread == frozenset()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (WEEKLY, THREE),
        (ZONED + "\nRRULE:FREQ=WEEKLY;UNTIL=20261207T080000Z", THREE),
        (ZONED + "\nRRULE:FREQ=WEEKLY;UNTIL=20261207T075959Z", THREE[:2]),
        (ZONED + "\nRRULE:FREQ=WEEKLY;UNTIL=20261207", THREE),  # of the wrong type, and clear enough
        (ZONED + "\nRRULE:FREQ=WEEKLY;UNTIL=20261207T090000", THREE),
        (WEEKLY + f"\nEXDATE;TZID={STOCKHOLM}:20261130T090000", [THREE[0], THREE[2]]),
        (WEEKLY + "\nEXDATE:20261130T080000Z", [THREE[0], THREE[2]]),
        (WEEKLY + "\nEXDATE;VALUE=DATE:20261130", [THREE[0], THREE[2]]),  # of another type
        (WEEKLY + "\nEXDATE:20261130T080000Z,20261123T080000Z", THREE[2:]),
        (ZONED + f"\nRDATE;TZID={STOCKHOLM}:20261130T090000,20261207T090000", THREE),
        (ZONED + "\nRDATE;VALUE=PERIOD:20261130T080000Z/PT1H", THREE[:2]),
        (ZONED + "\nRDATE;VALUE=PERIOD:20261123T080000Z/PT5H", ["2026-11-23 08:00/2026-11-23 13:00"]),
        # of the year before, by day since 2001: read no further than has to be
        (
            "DTSTART:20010101T080000Z\nDURATION:PT1H\nRRULE:FREQ=YEARLY;BYMONTH=11;BYMONTHDAY=23",
            ["2026-11-23 08:00/2026-11-23 09:00"],
        ),
        # what begins before the rule fits it is its first date all the same
        (ZONED + "\nRRULE:FREQ=WEEKLY;BYDAY=TU;UNTIL=20261125", [MORNING, "2026-11-24 08:00/2026-11-24 09:00"]),
        # at nine on either side of both changes of the clocks
        (
            f"DTSTART;TZID={STOCKHOLM}:20260322T090000\nDURATION:PT1H\nRRULE:FREQ=WEEKLY;COUNT=2",
            ["2026-03-22 08:00/2026-03-22 09:00", "2026-03-29 07:00/2026-03-29 08:00"],
        ),
        (
            f"DTSTART;TZID={STOCKHOLM}:20261018T090000\nDURATION:PT1H\nRRULE:FREQ=WEEKLY;COUNT=2",
            ["2026-10-18 07:00/2026-10-18 08:00", "2026-10-25 08:00/2026-10-25 09:00"],
        ),
        # as long on every date, also over the night in which an hour comes twice
        (
            f"DTSTART;TZID={STOCKHOLM}:20261023T220000\nDTEND:20261024T040000Z\nRRULE:FREQ=DAILY;COUNT=2",
            ["2026-10-23 20:00/2026-10-24 04:00", "2026-10-24 20:00/2026-10-25 04:00"],
        ),
        (
            "DTSTART;VALUE=DATE:20261024\nRRULE:FREQ=DAILY;COUNT=2",
            ["2026-10-23 22:00/2026-10-24 22:00", "2026-10-24 22:00/2026-10-25 23:00"],
        ),
    ],
)
def test_repeats(text: str, expected: list[str]) -> None:
    result = read(event(text))
    assert times(result) == expected and result.problems == []
    assert len({entry.key for entry in result.entries}) == len(expected)


def test_a_changed_date_takes_the_place_of_its_own() -> None:
    moved = "RECURRENCE-ID:20261130T080000Z\nDTSTART:20261130T120000Z\nDURATION:PT2H"
    result = read(event(WEEKLY), event(moved))
    assert times(result) == [THREE[0], "2026-11-30 12:00/2026-11-30 14:00", THREE[2]]
    before = {entry.recurrence: entry.key for entry in read(event(WEEKLY)).entries}
    assert {entry.recurrence: entry.key for entry in result.entries} == before
    off = "RECURRENCE-ID;VALUE=DATE:20261130\nSTATUS:CANCELLED\nDTSTART:20261130T120000Z\nDURATION:PT2H"
    assert times(read(event(WEEKLY), event(off))) == [THREE[0], THREE[2]]
    assert times(read(event(moved))) == ["2026-11-30 12:00/2026-11-30 14:00"]  # without what it is a change of


def test_a_change_of_all_that_follows_is_told() -> None:
    moved = "RECURRENCE-ID;RANGE=THISANDFUTURE:20261130T080000Z\nDTSTART:20261130T120000Z\nDURATION:PT2H"
    result = read(event(WEEKLY), event(moved))
    assert codes(result) == ["this-and-future"] and result.problems[0].note


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        ("SEQUENCE:1\nDTSTAMP:20260601T000000Z", "SEQUENCE:2\nDTSTAMP:20260101T000000Z"),
        ("SEQUENCE:1\nDTSTAMP:20260101T000000Z", "SEQUENCE:1\nDTSTAMP:20260601T000000Z"),
        ("DTSTAMP:20260101T000000Z", "SEQUENCE:1\nDTSTAMP:20260101T000000Z"),
    ],
)
def test_the_newer_of_one_key_counts(older: str, newer: str) -> None:
    def made(stamp: str, text: str) -> str:
        return f"BEGIN:VEVENT\nUID:one\n{stamp}\n{text}\nEND:VEVENT\n"

    new = made(newer, ZONED)
    for text in ("DTSTART:20261124T080000Z\nDURATION:PT1H", "DTSTART:20261124T080000Z\nSTATUS:CANCELLED"):
        old = made(older, text)
        assert times(read(old, new)) == times(read(new, old)) == [MORNING]
    gone = made(newer, ZONED + "\nSTATUS:CANCELLED")
    assert times(read(made(older, ZONED), gone)) == []


def test_a_cancellation_names_what_it_takes_back() -> None:
    result = read(event(ZONED, "gone"), head="METHOD:CANCEL")
    assert (times(result), result.cancelled, result.partial) == ([], {"gone"}, True)
    assert read(event(ZONED), head="METHOD:PUBLISH").partial is False


def test_text_that_looks_like_properties_is_text() -> None:
    folded = ZONED + "\nDESCRIPTION:See\\nUID:other\\nDTSTART:20300101T000000Z\n UID:another\n\tRRULE:FREQ=SECONDLY"
    result = read(event(folded))
    assert times(result) == [MORNING] and result.entries[0].uid == "one@example.org" and result.problems == []


def test_a_line_of_a_broken_description_is_noted_and_the_event_kept() -> None:
    result = read(event(ZONED + "\nDESCRIPTION:first\n, and the rest of it"))
    assert (times(result), codes(result)) == ([MORNING], ["line-unreadable"]) and result.problems[0].note


def test_alarms_and_what_nobody_reads_are_passed_over() -> None:
    alarm = "BEGIN:VALARM\nTRIGGER:-PT15M\nDTSTART:garbage\nEND:VALARM"
    other = "BEGIN:VTODO\nUID:todo\nDTSTART:garbage\nEND:VTODO\nBEGIN:X-COMP\nRRULE:x\nEND:X-COMP\n"
    result = read(event(f"{ZONED}\n{alarm}"), other)
    assert times(result) == [MORNING] and result.problems == []


def free_busy(*lines: str) -> str:
    """Write a VFREEBUSY of the lines given."""
    return "\n".join(["BEGIN:VFREEBUSY", "UID:fb", "DTSTART:20261101T000000Z", *lines, "END:VFREEBUSY", ""])


def test_busy_times_without_events_are_read() -> None:
    """Exchange and Zimbra publish nothing else."""
    result = read(
        free_busy(
            "FREEBUSY;FBTYPE=BUSY:20261123T080000Z/20261123T090000Z,20261124T080000Z/PT1H",
            "FREEBUSY;FBTYPE=FREE:20261125T080000Z/PT1H",
            "FREEBUSY;FBTYPE=BUSY-TENTATIVE:20261126T080000Z/PT1H",
            "FREEBUSY;FBTYPE=X-AWAY:20261127T080000Z/P1D",
            "FREEBUSY:20261123T083000Z/PT1H,20251123T080000Z/PT1H",
        ),
        free_busy("FREEBUSY;FBTYPE=BUSY-UNAVAILABLE:20261123T091500Z/PT1H"),
        event("DTSTART:20261123T080000Z\nDURATION:PT1H"),
    )
    assert times(result) == [
        MORNING,
        "2026-11-23 08:00/2026-11-23 10:15",
        "2026-11-24 08:00/2026-11-24 09:00",
        "2026-11-26 08:00/2026-11-26 09:00",
        "2026-11-27 08:00/2026-11-28 08:00",
    ]
    assert codes(result) == [] and len({entry.key for entry in result.entries}) == 5
    assert [entry.status for entry in result.entries].count("tentative") == 1
    assert times(read(free_busy())) == []


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("FREEBUSY:20261124T080000Z", "bad-time"),
        ("FREEBUSY:20261124T080000Z/never", "bad-time"),
        ("FREEBUSY:20261124/PT1H", "mixed-times"),
        ("FREEBUSY:20261124T080000Z/20261124T070000Z", "end-before-start"),
        ("FREEBUSY:20261124T080000Z/P9999W", "bad-length"),
        ("FREEBUSY 20261124T080000Z/PT1H", "line-unreadable"),
        ("FREEBUSY:" + "20261124T080000Z/PT1H," * 3000, "line-unreadable"),
        ("\n".join(f"FREEBUSY:{'20250101T080000Z/PT1H,' * 2500}" for _ in range(9)), "too-many-times"),
    ],
    ids=range(8),
)
def test_busy_times_that_cannot_be_read_leave_the_others_and_what_was_known(text: str, code: str) -> None:
    result = read(free_busy("FREEBUSY:20261123T080000Z/PT1H", text))
    assert (times(result), codes(result), result.unread) == ([MORNING], [code], {reading.BUSY_UID})


def test_more_busy_times_than_are_read_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MOST_TIMES", 2)
    result = read(free_busy("FREEBUSY:" + ",".join(f"202611{day}T080000Z/PT1H" for day in range(10, 20))))
    assert len(result.entries) == 2 and codes(result) == ["too-many-times"]


@pytest.mark.parametrize(
    ("period", "expected"),
    [
        ("20261130T080000Z/PT5H", ["2026-11-30 08:00/2026-11-30 13:00"]),
        ("20261130T080000Z/20261130T083000Z", ["2026-11-30 08:00/2026-11-30 08:30"]),
        ("20261130T080000Z/P1DT1H", ["2026-11-30 08:00/2026-12-01 09:00"]),
        (
            "20261130T080000Z/PT5H,20261207T080000Z/PT2H",
            ["2026-11-30 08:00/2026-11-30 13:00", "2026-12-07 08:00/2026-12-07 10:00"],
        ),
    ],
)
def test_a_period_is_as_long_as_it_says(period: str, expected: list[str]) -> None:
    result = read(event(f"{ZONED}\nRDATE;VALUE=PERIOD:{period}"))
    assert (times(result), codes(result)) == ([MORNING, *expected], [])


def test_a_period_may_be_of_wall_times() -> None:
    result = read(event(f"{ZONED}\nRDATE;VALUE=PERIOD;TZID={STOCKHOLM}:20261130T090000/20261130T140000"))
    assert times(result) == [MORNING, "2026-11-30 08:00/2026-11-30 13:00"]


@pytest.mark.parametrize(
    ("period", "code"),
    [
        ("20261130T080000Z/soon", "bad-time"),
        ("20261130T080000Z/20261130T070000Z", "end-before-start"),
        ("20261130T080000Z/20261201", "mixed-times"),
        ("20261130/PT5H", "mixed-times"),
        ("20261130T080000Z/P9999D", "bad-length"),
    ],
)
def test_a_period_that_cannot_be_read_is_told(period: str, code: str) -> None:
    result = read(event(f"{ZONED}\nRDATE;VALUE=PERIOD:{period}"))
    assert (times(result), codes(result), result.unread) == ([], [code], {"one@example.org"})


@pytest.mark.parametrize("place", ["RECURRENCE-ID:20261130T080000Z", f"RECURRENCE-ID;TZID={STOCKHOLM}:20261130T090000"])
@pytest.mark.parametrize(
    "change",
    [
        "DTSTART:20261130T120000Z\nDTEND:nonsense",
        "DTSTART:20261130T120000Z\nDTEND:20261130T110000Z",
        "DTSTART:nonsense\nDURATION:PT2H",
        "DTSTART;TZID=Mars:20261130T120000\nDURATION:PT2H",
        "DTSTART 20261130T120000Z\nDURATION:PT2H",
        "SUMMARY:never",
    ],
)
def test_a_date_that_went_where_cannot_be_read_is_not_free_at_its_old_time(place: str, change: str) -> None:
    result = read(event(WEEKLY), event(f"{place}\n{change}"))
    assert times(result) == THREE and result.unread == {"one@example.org"}
    assert [entry.status for entry in result.entries] == ["confirmed", "doubtful", "confirmed"]
    assert times(read(event(f"{WEEKLY}\nSTATUS:CANCELLED\nSEQUENCE:1"), event(f"{place}\n{change}"))) == []


def test_a_uid_is_never_longer_than_one_may_be() -> None:
    long = "x" * 300
    result = read(
        event(WEEKLY, long), event(ZONED, "å" * 127), event("DTSTART:bad", long + "bad"), event(ZONED, "å" * 128)
    )
    assert all(len(entry.uid.encode()) <= lines.LONGEST_UID for entry in result.entries)
    assert len({entry.uid for entry in result.entries}) == 3 and "å" * 127 in {entry.uid for entry in result.entries}
    assert [len(uid) for uid in result.unread] == [69]
    assert read(event(WEEKLY, long + "y")).entries[0].key != read(event(WEEKLY, long)).entries[0].key
    moved = "RECURRENCE-ID:20261130T080000Z\nDTSTART:20261130T120000Z\nDURATION:PT2H"
    assert times(read(event(WEEKLY, long), event(moved, long)))[1] == "2026-11-30 12:00/2026-11-30 14:00"


def test_what_is_of_an_event_is_told_once_for_all_its_dates() -> None:
    result = read(event(ZONED + "\nRRULE:FREQ=DAILY;COUNT=90\nSUMMARY:A title", "a-uid"))
    text = json.dumps(reading.packed(result))
    assert len(result.entries) == 90 and text.count("a-uid") == text.count("A title") == 1
    assert reading.unpacked(json.loads(text)) == result


PLAIN = calendar(event(ZONED))
SWEDISH = calendar(event(ZONED + "\nSUMMARY:Möte på Återbruket"))


@pytest.mark.parametrize(
    ("data", "noted"),
    [
        (PLAIN, []),
        (PLAIN.replace(b"\r\n", b"\n"), []),
        (PLAIN.replace(b"\r\n", b"\r"), []),
        (codecs.BOM_UTF8 + PLAIN, []),
        (PLAIN.decode().encode("utf-16"), []),
        (b"\r\n\r\n" + PLAIN, []),
        (PLAIN + PLAIN.replace(b"one@example.org", b"two@example.org"), []),
        (PLAIN.lower().replace(b"europe/stockholm", b"Europe/Stockholm"), []),
        (SWEDISH.decode().encode("cp1252"), ["not-utf8"]),
        (PLAIN.replace(b"SUMMARY", b"SUMMARY;X=\x00"), []),
        (PLAIN.replace(b"DTSTAMP", b"ATTACH;ENCODING=BASE64:" + b"A" * 300_000 + b"\r\nDTSTAMP"), []),
        (PLAIN.replace(b"VERSION:2.0", b"VERSION:2.0\r\nEND:VTODO"), ["line-unreadable"]),
    ],
    ids=["crlf", "lf", "cr", "bom", "utf16", "blank", "twice", "lower", "windows", "nul", "long", "stray-end"],
)
def test_files_as_programs_write_them(data: bytes, noted: list[str]) -> None:
    result = reading.read(data, ASK)
    assert set(times(result)) == {MORNING} and codes(result) == noted


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "calendar-none"),
        (b"hello", "calendar-none"),
        (b"{}", "calendar-none"),
        (b"\x00" * 2000, "calendar-none"),
        (b"<!doctype html><title>Sign in</title>BEGIN:VCALENDAR", "calendar-html"),
        (codecs.BOM_UTF8 + b"\r\n <html>", "calendar-html"),
        (b"BEGIN:VCARD\r\nEND:VCARD\r\n", "calendar-none"),
        (PLAIN[:-20], "calendar-truncated"),
        (PLAIN[: len(PLAIN) // 2], "calendar-truncated"),
        (b"BEGIN:VCALENDAR\r\n" + b"BEGIN:VEVENT\r\nBEGIN:VALARM\r\n" * 50, "calendar-truncated"),
        (b"BEGIN:VCALENDAR\r\n" + b"BEGIN:X\r\n" * 5000, "calendar-nested"),
        (b"BEGIN:VCALENDAR\r\n" + b"\n" * (lines.MOST_LINES + 1), "calendar-long"),
    ],
)
def test_what_cannot_be_believed_is_refused_as_a_whole(data: bytes, code: str) -> None:
    with pytest.raises(Refused) as refused:
        reading.read(data, ASK)
    assert [one.code for one in refused.value.refusals] == [code]
    with pytest.raises(Refused) as apart_refused:
        apart.read(data, ASK)
    assert [one.code for one in apart_refused.value.refusals] == [code]


def test_an_event_that_is_not_closed_spoils_itself_alone() -> None:
    result = read("BEGIN:VEVENT\nUID:open\nDTSTART:20261124T080000Z\nDURATION:PT1H\n", event(ZONED))
    assert (times(result), codes(result), result.unread) == ([MORNING], ["event-unclosed"], {"open"})


def test_a_file_with_too_much_keeps_what_it_may_have(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "MOST_EVENTS", 2)
    result = read(*(event(ZONED, str(number)) for number in range(4)))
    assert len(result.entries) == 2 and codes(result) == ["too-many-events"]
    monkeypatch.setattr(reading, "MOST_TIMES", 4)
    result = read(event(WEEKLY, "a"), event(WEEKLY, "b"))
    assert len(result.entries) == 3 and codes(result) == ["too-many-times"] and result.unread == {"b"}


def test_problems_are_counted_where_they_are_not_listed() -> None:
    result = read(*(event("DTSTART:bad", str(number)) for number in range(1500)))
    assert len(result.problems) == lines.MOST_PROBLEMS
    assert result.more_problems == 1500 - lines.MOST_PROBLEMS


def test_what_is_kept_of_a_file_gives_the_same_times_and_no_words() -> None:
    secret = "SUMMARY:Secret\nDESCRIPTION:Secret\n folded Secret\nATTENDEE;CN=Secret:mailto:secret@example.org"
    data = calendar(ODD_ZONE, event(f"{WEEKLY}\n{secret}"), event("DTSTART:bad", "bad"), head="X-WR-CALNAME:Secret")
    kept = lines.stripped(data)
    assert b"ecret" not in kept
    first, second = reading.read(data, ASK), reading.read(kept, ASK)
    assert [(one.key, one.span) for one in first.entries] == [(one.key, one.span) for one in second.entries]
    assert first.problems == second.problems  # in the lines of the file as it came
    with_words = lines.stripped(data, words=True)
    assert b"SUMMARY:Secret" in with_words and b"mailto" not in with_words
    assert reading.read(with_words, ASK).name == "Secret"


def _spoilt(text: str, *cuts: tuple[str, str]) -> bytes:
    for old, new in cuts:
        text = text.replace(old, new, 1)
    return text.replace("\n", "\r\n").encode()


_WHOLE = calendar(ODD_ZONE, event(WEEKLY + "\nSUMMARY:A talk"), event(ZONED, "two"), head="X-WR-CALNAME:N").decode()
_WHOLE = _WHOLE.replace("\r\n", "\n")
CROOKED = {
    "alarm": _spoilt(_WHOLE, ("SUMMARY:A talk", "BEGIN:VALARM\nTRIGGER:x")),
    "stray-begin": _spoilt(_WHOLE, ("SUMMARY:A talk", "BEGIN:FOO")),
    "stray-end": _spoilt(_WHOLE, ("SUMMARY:A talk", "END:VALARM")),
    "spaced-begin": _spoilt(_WHOLE, ("SUMMARY:A talk", "BEGIN :VALARM")),
    "unclosed": _spoilt(_WHOLE, ("END:VEVENT\n", "")),
    "unclosed-without-uid": _spoilt(_WHOLE, ("END:VEVENT\n", ""), ("UID:one@example.org\n", "")),
    "folded-begin": _spoilt(_WHOLE, ("BEGIN:VEVENT", "BEGIN:VEV\n ENT")),
    "no-uids": calendar(event(ZONED + "\nSUMMARY:One", ""), event(ZONED + "\nSUMMARY:Two", "")),
    "no-uids-no-words": calendar(event(ZONED, ""), event("DTSTART:bad\nSUMMARY:Bad", "")),
    "empty-uid": calendar(event("UID: \n" + ZONED + "\nSUMMARY:One", ""), event(ZONED + "\nSUMMARY:Two\nUID:", "")),
    "long-uid": calendar(event(WEEKLY, "x" * 900), event("DTSTART:bad", "y" * 900)),
    "broken-lines": _spoilt(_WHOLE, ("SUMMARY:A talk", "DTEND 20261123\n\n and so on\n\n DTSTART:20261124T080000Z\nSUMMARY x")),
    "broken-note": _spoilt(_WHOLE, ("SUMMARY:A talk", "DESCRIPTION:first\n, the rest")),
    "parameters": _spoilt(_WHOLE, ("TZID=Europe/Stockholm", 'X-A="b:c;d";TZID="/a.b/Europe/Stockholm";TZID=Mars')),
    "microsoft": _spoilt(_WHOLE, ("TZID=Europe/Stockholm", "TZID=tzone://Microsoft/Utc")),
    "zone-unknown": _spoilt(_WHOLE, ("TZID=Europe/Stockholm", 'TZID=a"b')),
    "zone-broken": _spoilt(_WHOLE, ("TZOFFSETFROM:+0200", "TZOFFSETFROM +0200"), ("TZID=Europe", "TZID=Customized Time Zone;X=E")),
    "nested": _spoilt(_WHOLE, ("SUMMARY:A talk", "BEGIN:VEVENT\nUID:inner\nDTSTART:20261125T080000Z\nDURATION:PT1H\nEND:VEVENT")),
    "freebusy": calendar(free_busy("FREEBUSY;FBTYPE=BUSY-TENTATIVE:20261124T080000Z/PT1H", "FREEBUSY:x"), event(ZONED)),
    "range": _spoilt(_WHOLE, ("UID:two", "UID:one@example.org\nRECURRENCE-ID;RANGE=THISANDFUTURE:20261130T080000Z")),
    "windows": _WHOLE.replace("A talk", "Möte \x9d").replace("UID:two", "UID:två\x9d").encode("latin-1"),
    "utf16": _WHOLE.replace("two", "två").encode("utf-16"),
    "blank": b"\n\r\n" + _WHOLE.replace("\n", "\n\n").encode() + b"\n",
    "others": b"BEGIN:VCALENDAR\nEND:VCALENDAR\nBEGIN:VCARD\nUID:x\nEND:VCARD\nnoise\n" + _WHOLE.encode(),
    "long-title": _spoilt(_WHOLE, ("A talk", "x" * 100_000)),
    "long-date": _spoilt(_WHOLE, ("SUMMARY:A talk", "RDATE:" + "20261123T080000Z," * 5000)),
}  # fmt: skip


def alike(data: bytes) -> None:
    """Expect what is kept of a file to read as the file itself."""
    said = apart.answer(data, ASK)
    if "refused" in said:
        for words in (False, True):
            with pytest.raises(Refused, match=said["refused"][0]["code"]):
                lines.stripped(data, words=words)
        return
    first = reading.unpacked(said["reading"])
    assert reading.read(lines.stripped(data, words=True), ASK) == first
    kept = lines.stripped(data)
    assert lines.stripped(kept) == kept
    second = reading.read(kept, ASK)
    assert second.entries == [replace(entry, title="") for entry in first.entries]
    told = [[(one.line, one.code, one.uid, one.note) for one in found.problems] for found in (first, second)]
    assert told[0] == told[1] and first.more_problems == second.more_problems
    untold = {"entries": [], "problems": [], "name": ""}
    assert replace(second, **untold) == replace(first, **untold)


@pytest.mark.parametrize("name", CROOKED)
def test_what_is_kept_of_a_crooked_file_reads_as_the_file(name: str) -> None:
    assert reading.read(CROOKED[name], ASK).entries
    alike(CROOKED[name])


def test_too_many_events_stay_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "MOST_EVENTS", 2)
    alike(calendar(*(event(ZONED, str(number)) for number in range(4))))


_PIECES = st.sampled_from(
    [
        "BEGIN:VCALENDAR", "END:VCALENDAR", "BEGIN:VEVENT", "END:VEVENT", "BEGIN:VALARM", "END:VALARM", "BEGIN:FOO",
        "END:FOO", "BEGIN:VFREEBUSY", "END:VFREEBUSY", "BEGIN :VEVENT", "begin: vevent ", "END:", "UID:a", "UID:b", "UID:",
        "DTSTART:20261123T080000Z", "DTSTART:20261124T080000Z", "DTSTART 20261124T080000Z", "DTEND:bad", "DURATION:PT1H",
        "RRULE:FREQ=WEEKLY;COUNT=3", "RECURRENCE-ID:20261130T080000Z", "SUMMARY:One", "SUMMARY:Two", "SUMMARY Three",
        "STATUS:CANCELLED", "FREEBUSY:20261125T080000Z/PT1H", "FREEBUSY:x", "TRANSP:TRANSPARENT", "", " ", " folded",
        "\tx:y", "words", "DESCRIPTION:words", "BEGIN:VTIMEZONE", "TZID:Own", "END:VTIMEZONE", "METHOD:CANCEL",
        'DTSTART;TZID="Own":20261126T080000', 'EXDATE;VALUE=DATE;X="a:b":20261130', "EXDATE;=:x",
    ]
)  # fmt: skip
_SOUND = st.sampled_from(
    [
        event(ZONED, "a"),
        event(ZONED + "\nSUMMARY:x", ""),
        event(WEEKLY, "b"),
        free_busy("FREEBUSY:20261125T080000Z/P1D"),
    ]
)


@settings(max_examples=250, deadline=None)
@given(st.lists(st.one_of(_PIECES, _SOUND), max_size=25), st.sampled_from(["\r\n", "\n", "\r"]), st.booleans())
def test_what_is_kept_reads_as_the_file_however_it_is_nested(pieces: list[str], end: str, closed: bool) -> None:
    text = "\n".join(["BEGIN:VCALENDAR", *pieces, *(["END:VCALENDAR"] if closed else [])])
    alike(text.replace("\n", end).encode())


def test_a_name_keeps_letters_of_which_windows_has_only_the_small_one() -> None:
    alike(_WHOLE.encode().replace(b"BEGIN:STANDARD", b"BEGIN:\x83\xb5STANDARD", 1))


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_what_is_kept_of_a_spoilt_file_reads_as_the_file(data: st.DataObject) -> None:
    spoilt = bytearray(_WHOLE.encode())
    for _ in range(data.draw(st.integers(1, 12))):
        at = data.draw(st.integers(0, len(spoilt)))
        spoilt[at : at + data.draw(st.integers(0, 30))] = data.draw(st.binary(max_size=4))
    alike(bytes(spoilt))


def test_ends_of_lines_alone_cost_no_more_than_they_may() -> None:
    data = b"BEGIN:VCALENDAR\r\n" + b"\n" * 5_000_000
    tracemalloc.start()
    try:
        with pytest.raises(Refused, match="calendar-long"):
            lines.stripped(data)
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.usefixtures("really_apart")
def test_a_reading_survives_its_way_from_another_process() -> None:
    data = calendar(ODD_ZONE, event(WEEKLY), event("DTSTART;TZID=Mars:20261123T090000", "bad"), head="X-WR-CALNAME:N")
    assert apart.read(data, ASK) == reading.read(data, ASK)


# -- what other programs make of the same file ------------------------------------------------------------------------

_FREQUENCIES = st.sampled_from(["DAILY", "WEEKLY", "MONTHLY", "YEARLY"])
_RULE_DAYS = st.lists(st.sampled_from(["MO", "TU", "WE", "TH", "FR", "SA", "SU"]), min_size=1, max_size=3, unique=True)


@st.composite
def rules(draw: st.DrawFn) -> str:
    """Draw a rule that other programs and we read alike."""
    frequency = draw(_FREQUENCIES)
    parts = [f"FREQ={frequency}", f"INTERVAL={draw(st.integers(1, 4))}"]
    if frequency == "WEEKLY" and draw(st.booleans()):
        parts.append("BYDAY=" + ",".join(draw(_RULE_DAYS)))
    if frequency == "MONTHLY":
        day = draw(
            st.sampled_from(["BYMONTHDAY=15", "BYMONTHDAY=-1", "BYDAY=2TU", "BYDAY=-1FR", "BYDAY=MO;BYSETPOS=1"])
        )
        parts.append(day)
    if draw(st.booleans()):
        parts.append(f"COUNT={draw(st.integers(1, 30))}")
    return ";".join(parts)


@settings(max_examples=60, deadline=None)
@given(rules(), st.dates(date(2025, 6, 1), date(2026, 12, 1)), st.integers(8, 20), st.sampled_from([STOCKHOLM, "UTC"]))
def test_repeats_are_those_that_other_programs_find(rule: str, day: date, hour: int, zone: str) -> None:
    text = f"DTSTART;TZID={zone}:{day:%Y%m%d}T{hour:02}0000\nDURATION:PT1H\nRRULE:{rule}"
    data = calendar(event(text))
    query = recurring_ical_events.of(icalendar.Calendar.from_ical(data))
    expected = sorted(one["DTSTART"].dt.astimezone(UTC) for one in query.between(WITHIN.start, WITHIN.end))
    found = [entry.start for entry in reading.read(data, ASK).entries]
    # of an event that begins off its own rule, programs disagree on whether it counts
    assert [one for one in found if one.date() != day] == [one for one in expected if one.date() != day]
