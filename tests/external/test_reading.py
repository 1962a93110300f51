"""From bytes to busy times: zones, repeats, changes of the clocks, and what is wrong with a file."""

from __future__ import annotations

import codecs
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


def test_free_busy_lists_are_told_of() -> None:
    busy = "BEGIN:VFREEBUSY\nUID:fb\nFREEBUSY:20261123T080000Z/PT1H\nEND:VFREEBUSY\n"
    assert codes(read(busy)) == ["freebusy"]


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
    assert codes(first) == codes(second)
    with_words = lines.stripped(data, words=True)
    assert b"SUMMARY:Secret" in with_words and b"mailto" not in with_words
    assert reading.read(with_words, ASK).name == "Secret"


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
