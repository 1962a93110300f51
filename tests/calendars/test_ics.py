"""The serializer byte by byte. Names carry the handles of the rules: F files, Z zones, E events."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta, timezone
from pathlib import Path
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from innovation_station.calendars import ics, rules, vtimezone
from innovation_station.calendars.ics import Entry, calendar_bytes, event_bytes, vtimezone_bytes

STOCKHOLM = ZoneInfo("Europe/Stockholm")
GOLDEN = Path(__file__).parent / "golden"
Faults = Callable[[bytes], list[str]]


def entry(**changes: object) -> Entry:
    """Return a plain booking of four hours, with `changes`."""
    plain = Entry(
        uid="booking-0b7c8f0e-5d1b-4a7e-9a52-1f2f3a4b5c6d@station.example",
        start=datetime(2026, 11, 24, 12, tzinfo=UTC),
        end=datetime(2026, 11, 24, 16, tzinfo=UTC),
        summary="Skrivbord A3",
        created=datetime(2026, 11, 20, 8, 30, tzinfo=UTC),
        modified=datetime(2026, 11, 21, 9, 15, 7, tzinfo=UTC),
        url="https://station.example/bookings/17",
    )
    return replace(plain, **changes)


def lines(data: bytes) -> list[str]:
    """Return the unfolded lines."""
    return data.decode().replace("\r\n ", "").split("\r\n")[:-1]


def feed(*entries: Entry, zone: ZoneInfo = STOCKHOLM, name: str = "Mina bokningar") -> bytes:
    """Return a calendar of `entries`."""
    return calendar_bytes(name, "seagreen", zone, [event_bytes(each, zone) for each in entries])


def week(zone: ZoneInfo, monday: date) -> bytes:
    """Return a calendar of mornings at nine, the first hours of Sunday, and one cancelled."""
    entries = []
    for day in range(7):
        start = datetime.combine(monday + timedelta(days=day), time(9), zone).astimezone(UTC)
        entries.append(made(len(entries), start, start + timedelta(hours=3), f"Skrivbord A{day + 1}"))
    midnight = datetime.combine(monday + timedelta(days=6), time(), zone).astimezone(UTC)
    for hour in range(5):
        start = midnight + timedelta(hours=hour)
        entries.append(made(len(entries), start, start + timedelta(minutes=45), f"Natt {hour}"))
    gone = replace(entries[0], uid="booking-gone@station.example", status="CANCELLED", sequence=2)
    entries.append(replace(gone, summary="Avbokad: Visättra; rum, 4", url="https://station.example/bookings/99"))
    return feed(*entries, zone=zone, name="Mina bokningar, Flemingsberg")


def made(number: int, start: datetime, end: datetime, summary: str) -> Entry:
    """Return one entry of a golden week."""
    return entry(
        uid=f"booking-{number:04}@station.example",
        start=start,
        end=end,
        summary=summary,
        description="Höj- och sänkbart skrivbord vid fönstret, i tyst zon.\nÄndra eller avboka på bokningens sida.",
        location="Perrongen, Innovation Station Flemingsberg, Moas båge, plan 6",
        url=f"https://station.example/bookings/{number}",
        categories=("Skrivbord",),
    )


GOLDEN_WEEKS = {
    "stockholm-autumn": ("Europe/Stockholm", date(2026, 10, 19)),
    "stockholm-spring": ("Europe/Stockholm", date(2027, 3, 22)),
    "sydney-spring": ("Australia/Sydney", date(2026, 9, 28)),
    "tokyo": ("Asia/Tokyo", date(2026, 10, 19)),
    "casablanca": ("Africa/Casablanca", date(2026, 10, 19)),
}


@pytest.mark.parametrize("name", sorted(GOLDEN_WEEKS))
def test_golden_week_is_unchanged_and_without_fault(name: str, ics_faults: Faults) -> None:
    """Compare with a file that was read by eye; a change of bytes makes every subscriber fetch again."""
    key, monday = GOLDEN_WEEKS[name]
    data = week(ZoneInfo(key), monday)
    assert ics_faults(data) == []
    assert data == (GOLDEN / f"{name}.ics").read_bytes()


def test_event_bytes_exact() -> None:
    """The whole VEVENT in its order."""
    full = entry(description="Rad 1\nRad 2", location="Perrongen, plan 6", sequence=3, categories=("Skrivbord", "a,b"))
    assert event_bytes(full, STOCKHOLM).decode() == (
        "BEGIN:VEVENT\r\n"
        "UID:booking-0b7c8f0e-5d1b-4a7e-9a52-1f2f3a4b5c6d@station.example\r\n"
        "DTSTAMP:20261121T091507Z\r\n"
        "CREATED:20261120T083000Z\r\n"
        "LAST-MODIFIED:20261121T091507Z\r\n"
        "SEQUENCE:3\r\n"
        "DTSTART;TZID=Europe/Stockholm:20261124T130000\r\n"
        "DTEND;TZID=Europe/Stockholm:20261124T170000\r\n"
        "SUMMARY:Skrivbord A3\r\n"
        "DESCRIPTION:Rad 1\\nRad 2\r\n"
        "LOCATION:Perrongen\\, plan 6\r\n"
        "URL:https://station.example/bookings/17\r\n"
        "STATUS:CONFIRMED\r\n"
        "TRANSP:OPAQUE\r\n"
        "CATEGORIES:Skrivbord,a\\,b\r\n"
        "END:VEVENT\r\n"
    )


def test_f01_f06_empty_calendar_has_its_zone_alone(ics_faults: Faults) -> None:
    """RFC 5545 3.6 wants a component."""
    data = feed()
    assert ics_faults(data) == []
    assert data.count(b"BEGIN:VTIMEZONE") == 1
    assert ics_faults(feed(zone=ZoneInfo("UTC"))) == []
    assert ics_faults(feed(zone=ZoneInfo("Africa/Cairo"))) == []


@pytest.mark.parametrize("length", range(60, 90))
@pytest.mark.parametrize("character", ["a", "å", "漢", "😀", ",", "\\"])
def test_f02_f04_lines_fold_between_characters(length: int, character: str, ics_faults: Faults) -> None:
    """Every length round the limit, one to four octets, and escapes."""
    data = feed(entry(summary="x" + character * length))
    assert ics_faults(data) == []
    for line in data.split(b"\r\n"):
        stripped = line.rstrip(b"\\")
        assert (len(line) - len(stripped)) % 2 == 0, "an escape was split"


def test_f05_controls_and_broken_surrogates_go(ics_faults: Faults) -> None:
    """What takes feeds down elsewhere: NUL, bell, ESC, NEL, line separators, half characters."""
    data = feed(
        entry(summary="a\x00b\x07c\x1b[0m\x7f\x9b", location="x\x85y\u2028z", description="\ud83d\ude00 \ud800.")
    )
    assert ics_faults(data) == []
    assert "SUMMARY:abc[0m" in lines(data)
    assert "LOCATION:x\\ny\\nz" in lines(data)
    assert "DESCRIPTION:😀 \ufffd." in lines(data)


def test_f08_f16_no_method_no_calendar_uid_no_default_zone() -> None:
    """Each of these breaks a client, see the package's docstring."""
    data = feed(entry())
    head = data.split(b"BEGIN:VTIMEZONE")[0]
    assert not re.search(rb"^(METHOD|UID|X-WR-TIMEZONE|DTSTAMP|LAST-MODIFIED)", head, re.MULTILINE)


def test_f07_f12_head_exact() -> None:
    """The head in its order, names escaped."""
    data = calendar_bytes("Rum 1, plan 2; norr\nx", "seagreen", STOCKHOLM, [], description="Dina, alla")
    assert lines(data)[:11] == [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Innovation Station//Innovation Station//EN",
        "CALSCALE:GREGORIAN",
        "NAME:Rum 1\\, plan 2\\; norr x",
        "X-WR-CALNAME:Rum 1\\, plan 2\\; norr x",
        "DESCRIPTION:Dina\\, alla",
        "X-WR-CALDESC:Dina\\, alla",
        "COLOR:seagreen",
        "REFRESH-INTERVAL;VALUE=DURATION:PT1H",
        "X-PUBLISHED-TTL:PT1H",
    ]


@pytest.mark.parametrize("colour", ["", "#00ff00", "red\r\nX-A:b", "Red", "a" * 30])
def test_f12_only_colour_names(colour: str) -> None:
    """RFC 7986 5.9 wants a CSS3 name."""
    assert b"COLOR" not in calendar_bytes("n", colour, STOCKHOLM, [])


def test_f17_entry_without_address_gets_a_url_of_its_own() -> None:
    """Two entries equal but for UID would be merged by vdirsyncer."""
    urls = {
        line
        for number in range(3)
        for line in lines(event_bytes(entry(uid=f"b-{number}@x", url=""), STOCKHOLM))
        if line.startswith("URL:")
    }
    assert len(urls) == 3
    assert all(line.startswith("URL:urn:uuid:") for line in urls)


@pytest.mark.parametrize(
    ("url", "written"),
    [
        ("https://x.example/b/1?a=1&b=2#c", "https://x.example/b/1?a=1&b=2#c"),
        ("https://x.example/å b\r\nX-EVIL:1", "https://x.example/%C3%A5%20b%0D%0AX-EVIL:1"),
        (
            'https://x.example/\x00\ud800<>"\\^`{|}',
            "https://x.example/%00%EF%BF%BD%3C%3E%22%5C%5E%60%7B%7C%7D",
        ),
        ("https://x.example/%20ok", "https://x.example/%20ok"),
        ("javascript:alert(1)", ""),
        ("/bookings/1", ""),
        ("https://", ""),
        ("https://x.example/" + "a" * 5000, ""),
    ],
)
def test_e13_url_is_absolute_and_safe(url: str, written: str) -> None:
    """Everything outside RFC 3986 is percent-encoded; what is no web address is dropped."""
    assert ics.clean_url(url) == written


def test_e03_e19_stamps_are_the_records_change() -> None:
    """DTSTAMP never moves by itself, and CREATED never passes it."""
    early = entry(modified=datetime(2026, 1, 1, tzinfo=UTC))
    assert event_bytes(early, STOCKHOLM).count(b":20260101T000000Z") == 3
    elsewhere = entry(modified=datetime(2026, 11, 21, 12, 15, 7, tzinfo=timezone(timedelta(hours=3))))
    assert b"DTSTAMP:20261121T091507Z\r\n" in event_bytes(elsewhere, STOCKHOLM)


def test_e06_summary_is_never_empty() -> None:
    """The place stands in for a missing title, the house for a missing place."""
    assert b"SUMMARY:A3\\, Perrongen\r\n" in event_bytes(entry(summary=" \n\x00", location="A3, Perrongen"), STOCKHOLM)
    assert b"SUMMARY:Innovation Station\r\n" in event_bytes(entry(summary=""), STOCKHOLM)


def test_e07_cancelled_frees_the_time() -> None:
    """A cancelled entry is transparent whatever the caller says."""
    data = event_bytes(entry(status="CANCELLED"), STOCKHOLM)
    assert b"STATUS:CANCELLED\r\nTRANSP:TRANSPARENT\r\n" in data
    assert b"TRANSP:TRANSPARENT\r\n" in event_bytes(entry(transparent=True), STOCKHOLM)


def test_e14_text_is_escaped_once() -> None:
    """Backslash first."""
    assert ics.escape("a\\n;b,c\nd") == "a\\\\n\\;b\\,c\\nd"


def test_text_over_the_limit_is_cut(ics_faults: Faults) -> None:
    """A pasted book does not make the feed a megabyte."""
    data = feed(entry(description="å" * 70_000, summary="s" * 70_000))
    assert ics_faults(data) == []
    assert len(data) < 20_000
    assert len(ics.clean("å" * 70_000)) == ics.TEXT_LIMIT


NAIVE = datetime(2026, 11, 24, 12)  # noqa: DTZ001


@pytest.mark.parametrize(
    "changes",
    [
        {"start": NAIVE},
        {"end": NAIVE},
        {"created": NAIVE},
        {"modified": NAIVE},
        {"end": datetime(2026, 11, 24, 12, tzinfo=UTC)},
        {"end": datetime(2026, 11, 24, 11, tzinfo=UTC)},
        {"status": "CANCELED"},
        {"sequence": -1},
        {"uid": ""},
        {"uid": "a/b@x"},
        {"uid": "a\r\nX-EVIL:1"},
        {"uid": "a" * 256},
    ],
)
def test_entry_refuses_what_only_code_gets_wrong(changes: dict[str, object]) -> None:
    """A floating time, a fourth status, a UID that is none."""
    with pytest.raises(ValueError, match="entry"):
        entry(**changes)


def test_f08_bytes_are_the_same_twice() -> None:
    """H08 as well: no clock, no random, no order of a set."""
    assert feed(entry(), entry(uid="b@x", url="")) == feed(entry(), entry(uid="b@x", url=""))


# ---- zones


def test_z03_z04_stockholm_block_exact() -> None:
    """RRULE observances by weekday; this very text was read alike by eight engines."""
    assert vtimezone_bytes(STOCKHOLM).decode() == (
        "BEGIN:VTIMEZONE\r\nTZID:Europe/Stockholm\r\n"
        "BEGIN:DAYLIGHT\r\nDTSTART:19700329T020000\r\nTZOFFSETFROM:+0100\r\nTZOFFSETTO:+0200\r\nTZNAME:CEST\r\n"
        "RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU\r\nEND:DAYLIGHT\r\n"
        "BEGIN:STANDARD\r\nDTSTART:19701025T030000\r\nTZOFFSETFROM:+0200\r\nTZOFFSETTO:+0100\r\nTZNAME:CET\r\n"
        "RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU\r\nEND:STANDARD\r\n"
        "END:VTIMEZONE\r\n"
    )


def test_z01_z02_zone_stands_only_where_it_is_used(ics_faults: Faults) -> None:
    """A calendar whose only entry is in the doubled hour has no VTIMEZONE; a title cannot ask for one."""
    night = datetime(2026, 10, 25, 0, 15, tzinfo=UTC)
    tricky = "\r\nDTSTART;TZID=Europe/Stockholm:1"
    alone = feed(entry(start=night, end=night + timedelta(minutes=30), summary=tricky, description=tricky))
    assert b"VTIMEZONE" not in alone
    assert ics_faults(alone) == []


@pytest.mark.parametrize(
    ("start", "minutes", "written"),
    [
        ("2026-10-24T23:30", 29, ";TZID=Europe/Stockholm:20261025T013000"),
        ("2026-10-24T23:30", 30, ":20261024T233000Z"),
        ("2026-10-24T23:59", 30, ":20261024T235900Z"),
        ("2026-10-25T00:00", 30, ":20261025T000000Z"),
        ("2026-10-25T00:59", 300, ":20261025T005900Z"),
        ("2026-10-25T01:00", 30, ":20261025T010000Z"),
        ("2026-10-25T01:59", 300, ":20261025T015900Z"),
        ("2026-10-25T02:00", 30, ";TZID=Europe/Stockholm:20261025T030000"),
        ("2027-03-28T00:59", 1, ";TZID=Europe/Stockholm:20270328T015900"),
        ("2027-03-28T01:00", 30, ";TZID=Europe/Stockholm:20270328T030000"),
    ],
)
def test_z08_doubled_hour_goes_out_in_utc(start: str, minutes: int, written: str) -> None:
    """Both ends, so that they share a type; the hour before and after stays local."""
    begin = datetime.fromisoformat(start).replace(tzinfo=UTC)
    text = lines(event_bytes(entry(start=begin, end=begin + timedelta(minutes=minutes)), STOCKHOLM))
    (first,) = [line for line in text if line.startswith("DTSTART")]
    (last,) = [line for line in text if line.startswith("DTEND")]
    assert first == "DTSTART" + written
    assert ("TZID" in first) == ("TZID" in last)


@pytest.mark.parametrize(
    ("start", "end", "written"),
    [
        ("2026-11-10T00:00", "2026-11-12T00:00", [";VALUE=DATE:20261110", ";VALUE=DATE:20261112"]),
        ("2026-10-25T00:00", "2026-10-26T00:00", [";VALUE=DATE:20261025", ";VALUE=DATE:20261026"]),
        ("2027-03-28T00:00", "2027-03-29T00:00", [";VALUE=DATE:20270328", ";VALUE=DATE:20270329"]),
        (
            "2026-11-10T00:00",
            "2026-11-10T23:59",
            [";TZID=Europe/Stockholm:20261110T000000", ";TZID=Europe/Stockholm:20261110T235900"],
        ),
    ],
)
def test_e04_whole_days_are_dates_and_their_end_is_exclusive(
    start: str, end: str, written: list[str], ics_faults: Faults
) -> None:
    """Midnight to midnight of the house's own days, also of those that have 23 hours or 25."""
    first, last = (datetime.fromisoformat(text).replace(tzinfo=STOCKHOLM).astimezone(UTC) for text in (start, end))
    data = event_bytes(entry(start=first, end=last), STOCKHOLM)
    assert [line for line in lines(data) if line[:5] in ("DTSTA", "DTEND") and "DTSTAMP" not in line] == [
        f"DTSTART{written[0]}",
        f"DTEND{written[1]}",
    ]
    assert ics_faults(calendar_bytes("Dagar", "seagreen", STOCKHOLM, [data])) == []


def test_z04_southern_half_and_no_daylight() -> None:
    """Australia begins in October; Japan has one observance and no RRULE."""
    sydney, tokyo = vtimezone_bytes(ZoneInfo("Australia/Sydney")), vtimezone_bytes(ZoneInfo("Asia/Tokyo"))
    assert b"BEGIN:DAYLIGHT\r\nDTSTART:19701004T020000\r\nTZOFFSETFROM:+1000\r\nTZOFFSETTO:+1100" in sydney
    assert b"RRULE:FREQ=YEARLY;BYMONTH=4;BYDAY=1SU\r\nEND:STANDARD" in sydney
    assert b"RRULE" not in tokyo
    assert tokyo.count(b"BEGIN:") == 2


def test_z04_ireland_has_daylight_in_summer() -> None:
    """The data's negative saving is turned round: DAYLIGHT is the larger offset."""
    assert b"BEGIN:DAYLIGHT\r\nDTSTART:19700329T010000\r\nTZOFFSETFROM:+0000" in vtimezone_bytes(
        ZoneInfo("Europe/Dublin")
    )


def test_z04_onset_beside_its_weekday() -> None:
    """Greenland changes on the Saturday before the last Sunday."""
    block = vtimezone_bytes(ZoneInfo("America/Nuuk"))
    assert b"DTSTART:19700328T230000" in block
    assert b"RRULE:FREQ=YEARLY;BYMONTH=3;BYMONTHDAY=24,25,26,27,28,29,30;BYDAY=SA" in block


@pytest.mark.parametrize("key", ["UTC", "Etc/UTC", "Africa/Cairo", "Africa/Casablanca"])
def test_z03_zone_that_cannot_be_written_is_utc(key: str, ics_faults: Faults) -> None:
    """Cairo's 24:00 has no RRULE, Morocco's Ramadan no footer."""
    data = feed(entry(), zone=ZoneInfo(key))
    assert b"DTSTART:20261124T120000Z\r\n" in data
    assert ics_faults(data) == []


@pytest.mark.parametrize("year", [1, 1900, 1969, 9998])
def test_z03_years_outside_the_rule_are_utc(year: int) -> None:
    """The observances begin in 1970; nothing raises at the ends of the calendar."""
    start = datetime(year, 1, 1, tzinfo=UTC)
    assert f"DTSTART:{year:04}0101T000000Z".encode() in event_bytes(
        entry(start=start, end=start + timedelta(hours=1)), STOCKHOLM
    )


def test_z03_nameless_zone_is_utc() -> None:
    """A zone read from a file has no name to refer to."""
    with (Path(vtimezone.zoneinfo.TZPATH[0]) / "Europe/Stockholm").open("rb") as file:
        zone = ZoneInfo.from_file(file)
    assert b"DTSTART:20261124T120000Z" in event_bytes(entry(), zone)
    with pytest.raises(vtimezone.ZoneNotExpressibleError):
        vtimezone_bytes(zone)


@pytest.mark.parametrize("key", ["../../etc/passwd", "No/Such", "Europe", "", "/etc/localtime"])
def test_footer_reads_only_zone_files(key: str) -> None:
    """A key is a zone's name, never a path."""
    with pytest.raises(vtimezone.ZoneNotExpressibleError):
        vtimezone.footer(key)


def test_footer_comes_from_the_package_where_the_system_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows and slim containers have no zone files."""
    monkeypatch.setattr(vtimezone.zoneinfo, "TZPATH", ())
    assert vtimezone.footer("Europe/Stockholm") == "CET-1CEST,M3.5.0,M10.5.0/3"
    with pytest.raises(vtimezone.ZoneNotExpressibleError):
        vtimezone.footer("No/Such")


@pytest.mark.parametrize("text", ["", "CET-1CEST", "CET-1CEST,J60,J300", "CET-1CEST,M3.5.0,M10.5.7", "x\n"])
def test_footer_of_another_kind_is_refused(text: str) -> None:
    """Only M-rules, and both of them."""
    with pytest.raises(vtimezone.ZoneNotExpressibleError):
        vtimezone.parse_footer(text)


@pytest.mark.parametrize(
    "key",
    [
        "Europe/Stockholm",
        "America/New_York",
        "Australia/Lord_Howe",
        "Pacific/Chatham",
        "Asia/Tokyo",
        "Europe/Dublin",
    ],
)
def test_z03_rule_agrees_with_the_zone(key: str) -> None:
    """Checked for the years a feed can reach."""
    text = vtimezone.zone_text(ZoneInfo(key))
    assert all(text.holds(year) for year in range(2025, 2030))


# ---- properties

TEXT = st.text(max_size=200) | st.text(alphabet=',;:\\\n\r\t nN="aå漢😀\x00\x85\u2028\ud800\udc00', max_size=120)


@settings(max_examples=150, deadline=None)
@given(summary=TEXT, description=TEXT, location=TEXT, name=TEXT, url=TEXT, category=TEXT)
def test_any_text_stays_inside_its_property(
    ics_faults: Faults,
    ics_properties: Callable[[bytes], list[tuple[bytes, bytes, bytes]]],
    summary: str,
    description: str,
    location: str,
    name: str,
    url: str,
    category: str,
) -> None:
    """No text raises, adds a property, breaks a line or leaves a control character."""
    poisoned = entry(
        summary=summary,
        description=description,
        location=location,
        url=f"https://x/{url}",
        categories=(category,),
    )
    data = feed(poisoned, name=name)
    assert ics_faults(data) == []
    names = [name for name, _, _ in ics_properties(data)]
    optional = {b"DESCRIPTION", b"LOCATION", b"CATEGORIES"}
    plain = [name for name, _, _ in ics_properties(feed(entry()))]
    assert [name for name in names if name not in optional] == plain


@settings(max_examples=150, deadline=None)
@given(text=TEXT)
def test_clean_is_idempotent(text: str) -> None:
    """Cleaning a clean text changes nothing, so old and new rows look alike."""
    once = ics.clean(text)
    assert ics.clean(once) == once
    assert ics.clean_line(ics.clean_line(text)) == ics.clean_line(text)


@settings(max_examples=100, deadline=None)
@given(
    start=st.integers(1767225600, 1893456000).map(lambda seconds: datetime.fromtimestamp(seconds, UTC)),
    minutes=st.integers(1, 60 * 48),
    key=st.sampled_from(["Europe/Stockholm", "America/New_York", "Australia/Lord_Howe", "Asia/Gaza"]),
)
def test_local_time_says_one_instant(start: datetime, minutes: int, key: str) -> None:
    """What is written with a TZID has exactly one reading, and it is the entry's."""
    zone = ZoneInfo(key)
    text = lines(event_bytes(entry(start=start, end=start + timedelta(minutes=minutes)), zone))
    for line, moment in ((text[6], start), (text[7], start + timedelta(minutes=minutes))):
        value = line.partition(":")[2]
        if "VALUE=DATE:" in line:
            assert datetime.strptime(value, "%Y%m%d").replace(tzinfo=zone).astimezone(UTC) == moment
        elif value.endswith("Z"):
            assert datetime.strptime(value, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC) == moment
        else:
            local = datetime.strptime(value, "%Y%m%dT%H%M%S").replace(tzinfo=zone)
            assert local.astimezone(UTC) == moment == local.replace(fold=1).astimezone(UTC)


def test_version_rises_with_the_bytes() -> None:
    """A stored entry or a tag of before must not outlive a change of what is written.

    When this fails, the bytes of a feed have changed: raise rules.VERSION by one and write the new digest here.
    """
    booked = SimpleNamespace(
        id=17, uid="0b7c8f0e-5d1b-4a7e-9a52-1f2f3a4b5c6d", start=entry().start, end=entry().end, title="Ett möte",
        state="confirmed", sequence=2, created_at=entry().created, changed_at=entry().modified,
        released_at=entry().start + timedelta(minutes=15),
    )  # fmt: skip
    pieces = []
    for language in ("sv", "en"):
        for state in ("confirmed", "cancelled", "no-show"):
            booked.state = state
            how = rules.Wording("Skrivbord A1", "A1, Perrongen", "Skrivbord", language)  # type: ignore[arg-type]
            pieces.append(event_bytes(rules.entry(booked, how, "https://station.example"), STOCKHOLM))
    data = calendar_bytes("Mina bokningar", rules.COLOUR, STOCKHOLM, pieces)
    assert (rules.VERSION, hashlib.sha256(data).hexdigest()[:16]) == (14, "635505e07bd2e9e9")


def test_version_rises_with_the_bytes_of_places() -> None:
    """As above, of what places and those who share their busy times say."""
    booked = SimpleNamespace(
        id=17, uid="0b7c8f0e-5d1b-4a7e-9a52-1f2f3a4b5c6d", start=entry().start, end=entry().end, title="Ett möte",
        state="confirmed", sequence=2, created_at=entry().created, changed_at=entry().modified, released_at=None,
        public=True, member="Bo Ek",
    )  # fmt: skip
    pieces = []
    for language in ("sv", "en"):
        how = rules.Wording("Skrivbord A1", "A1, Perrongen", "Skrivbord", language)  # type: ignore[arg-type]
        for booked.public, booked.state in ((True, "confirmed"), (False, "requested")):
            told = [rules.entry_of_place(booked, how, "https://station.example", level) for level in rules.LEVELS]  # type: ignore[arg-type]
            editions = (rules.Edition(language, "busy"), rules.Edition(language, "full", 15))  # type: ignore[arg-type]
            told += [rules.entry(booked, how, "https://station.example", edition) for edition in editions]
            pieces += [event_bytes(made, STOCKHOLM) for made in told]
    data = calendar_bytes("Platser", rules.COLOUR, STOCKHOLM, pieces, description="Bokningar")
    assert (rules.VERSION, hashlib.sha256(data).hexdigest()[:16]) == (14, "ef79301cf444115e")
