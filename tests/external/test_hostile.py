"""A hundred files that want to hang, swell or fool whoever reads them.

Each is read apart, as the program reads all; its limits are of the processor and of memory, not of the clock on the
wall. The good event that stands beside the trap has to come through, or the whole is refused with a reason.
"""

from __future__ import annotations

import random
import threading
import time
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import product

import pytest

from innovation_station.errors import Refused, Unavailable
from innovation_station.external import apart, lines, reading, safe
from innovation_station.external.reading import Reading
from tests.external.calendars import ASK, calendar, codes, event

GOOD = event("DTSTART:20261123T080000Z\nDURATION:PT1H\nSUMMARY:good", "good")
START = "DTSTART:20261123T080000Z\nDURATION:PT1H\n"
_BY = (
    "BYMONTH=2;BYMONTHDAY=30",
    "BYYEARDAY=366;BYMONTH=1",
    "BYWEEKNO=53;BYMONTH=6",
    "BYDAY=MO;BYSETPOS=366",
    "BYHOUR=24",
)

RULES = [
    *(f"FREQ={often}" for often in ("SECONDLY", "MINUTELY", "HOURLY")),
    *(f"FREQ={often};{by}" for often, by in product(("DAILY", "WEEKLY", "MONTHLY", "YEARLY"), _BY)),
    "FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30",
    "FREQ=DAILY;INTERVAL=999999999999",
    "FREQ=DAILY;INTERVAL=-1",
    "FREQ=DAILY;COUNT=99999999999999999999",
    "FREQ=DAILY;BYHOUR=" + ",".join(map(str, range(24))) + ";BYMINUTE=" + ",".join(map(str, range(60))),
    "FREQ=DAILY;BYSECOND=" + ",".join(["1"] * 5000),
    "FREQ=YEARLY;BYYEARDAY=" + ",".join(map(str, range(1, 367))),
    "FREQ=YEARLY;BYDAY=" + ",".join(f"{number}MO" for number in range(1, 54)) * 20,
    "FREQ=MONTHLY;BYMONTHDAY=31;BYMONTH=2,4,6,9,11",
    "FREQ=MONTHLY;BYDAY=5MO;BYMONTHDAY=1",
    "FREQ=YEARLY;BYEASTER=0",
    "FREQ=YEARLY;RSCALE=CHINESE",
    "FREQ=DAILY;UNTIL=99991231T235959Z;BYMONTHDAY=30;BYMONTH=2",
    ";" * 500,
    "=" * 500,
    "FREQ=DAILY;" * 50,
    "FREQ=\x00DAILY",
    "FREQ=ДNEVNO",
    "FREQ=DAILY;INTERVAL=١",
]
PROPERTIES = [
    START + "RDATE:" + ",".join(["20261124T080000Z"] * 3000),
    START + "EXDATE:" + ",".join(["20261124T080000Z"] * 3000),
    START + "\n".join(["RDATE:20261124T080000Z"] * 3000),
    START + "\n".join(["EXDATE:20261124T080000Z"] * 3000),
    START + "RDATE;VALUE=PERIOD:" + ",".join(["20261124T080000Z/P9999W"] * 2500),
    START + "RRULE:FREQ=DAILY\n" * 100,
    START + "RECURRENCE-ID:never",
    START + "RECURRENCE-ID;RANGE=THISANDPRIOR;TZID=Mars:20261124T080000",
    "DTSTART:99991231T235959Z\nDURATION:PT9999999H",
    "DTSTART:00000101T000000Z",
    "DTSTART:20261123T080000Z\nDURATION:P99999W",
    "DTSTART:20261123T080000Z\nDURATION:" + "P" * 5000,
    "DTSTART:20261123T080000Z\nDURATION:PT" + "9" * 4000 + "S",
    "DTSTART:20261123T080000Z\nDTEND:99991231T000000Z",
    "DTSTART;TZID=" + "/" * 3000 + ":20261123T080000\nDURATION:PT1H",
    "DTSTART;TZID=" + "A" * 3000 + ":20261123T080000\nDURATION:PT1H",
    "DTSTART;TZID=../../../etc/passwd:20261123T080000\nDURATION:PT1H",
    'DTSTART;TZID="Europe/Stockholm:20261123T080000\nDURATION:PT1H',
    "DTSTART;" + "X=1;" * 2000 + ":20261123T080000Z\nDURATION:PT1H",
    "DTSTART;=:20261123T080000Z\nDURATION:PT1H",
    "DTSTART;TZID:20261123T080000Z\nDURATION:PT1H",
    "DTSTART:" + "2" * 100_000,
    "DTSTART:20261123T080000Z\nDTEND:20261123T080000Z\x00",
    "DTSTART:٢٠٢٦١١٢٣",
    "DTSTART:-20261123T080000Z",
    "DTSTART:2026-11-23T08:00:00Z",
    "DTSTART:20261123T080000+0100",
    "\n".join(f"DTSTART:202611{day:02}T080000Z" for day in range(1, 30)),
    "BEGIN:VEVENT\n" * 3 + START,
    "BEGIN:VALARM\nEND:VEVENT\nBEGIN:VALARM",
    START + "SEQUENCE:" + "9" * 5000,
    START + "SEQUENCE:-5",
    START + "STATUS:" + "CANCELLED" * 5000,
    START + "SUMMARY:" + "x" * 1_000_000,
    START + "SUMMARY:\x1b[31m\u202egnisrever\x07",
    START + "DESCRIPTION:" + "\\n" * 200_000,
    START + "\n ".join(["ATTACH:"] + ["QUJD" * 15] * 20_000),
    START + "X-A:1\n" * 50_000,
    START + "UID:second",
    START + "CLASS:PRIVATE\nUID;X=;;;:",
]
ZONES = [
    "BEGIN:VTIMEZONE\nTZID:Bomb\n"
    + "BEGIN:STANDARD\nDTSTART:16010101T000000\nTZOFFSETFROM:+0100\nTZOFFSETTO:+0200\nEND:STANDARD\n" * 5000
    + "END:VTIMEZONE\n",
    *(
        "BEGIN:VTIMEZONE\nTZID:Bomb\nBEGIN:STANDARD\nDTSTART:16010101T000000\nTZOFFSETFROM:+0100\nTZOFFSETTO:+0200\n"
        f"RRULE:{rule}\nEND:STANDARD\nEND:VTIMEZONE\n"
        for rule in ("FREQ=SECONDLY", "FREQ=DAILY", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "FREQ=YEARLY;BYDAY=9MO", "=")
    ),
    "BEGIN:VTIMEZONE\nTZID:Bomb\nBEGIN:STANDARD\nDTSTART:x\nTZOFFSETFROM:+9999\nTZOFFSETTO:z\nEND:STANDARD\nEND:VTIMEZONE\n",
    "BEGIN:VTIMEZONE\nTZID:Bomb\nEND:VTIMEZONE\n",
    "".join(f"BEGIN:VTIMEZONE\nTZID:Bomb{number}\nEND:VTIMEZONE\n" for number in range(5000)),
]
EVENTS = [event(text, "trap") for text in PROPERTIES]
EVENTS += [zone + event("DTSTART;TZID=Bomb:20261123T080000\nDURATION:PT1H", "trap") for zone in ZONES]
EVENTS += [
    "".join(event(START + "RRULE:FREQ=DAILY", f"many-{number}") for number in range(3000)),
    "".join(event(START + f"RECURRENCE-ID:20261124T08{number:02}00Z", "trap") for number in range(60)),
    "BEGIN:VTODO\n" * 3 + "END:VTODO\n" * 3,
    "BEGIN:VFREEBUSY\nFREEBUSY:" + "20261123T080000Z/PT1H," * 20_000 + "\nEND:VFREEBUSY\n",
    "BEGIN:VFREEBUSY\n" + ("FREEBUSY:" + "20251123T080000Z/PT1H," * 2000 + "\n") * 30 + "END:VFREEBUSY\n",
    "BEGIN:VFREEBUSY\nFREEBUSY:20261124T080000Z/P99999W\n",
    event(START + "RRULE:FREQ=DAILY;COUNT=1400", "x" * 30_000),
]


def _noise(seed: int) -> bytes:
    """Spoil a good file at random, the same way each time."""
    hand = random.Random(seed)
    data = bytearray(calendar(event(START + "RRULE:FREQ=DAILY;COUNT=5", "trap"), GOOD))
    for _ in range(hand.randrange(1, 40)):
        at = hand.randrange(len(data))
        data[at : at + hand.randrange(3)] = bytes(hand.randrange(256) for _ in range(hand.randrange(4)))
    return bytes(data)


def test_there_are_a_hundred() -> None:
    assert len(EVENTS) + len(RULES) + 30 >= 120 and len(set(EVENTS)) == len(EVENTS)


@pytest.mark.parametrize("trap", EVENTS, ids=range(len(EVENTS)))
def test_a_trap_is_told_or_harmless_and_what_stands_beside_it_is_read(trap: str) -> None:
    result = _read(calendar(GOOD.replace("good", "first"), trap, GOOD))
    assert {"first", "good"} <= {entry.title for entry in result.entries}
    assert len(result.entries) <= reading.MOST_TIMES and len(result.problems) <= 200
    told = [problem for problem in result.problems if not problem.note]
    trapped = [entry for entry in result.entries if entry.uid not in ("good", "first")]
    assert told or len(trapped) <= reading.MOST_TIMES - 2
    assert all(problem.line > 0 and len(problem.text) <= 80 for problem in result.problems)
    assert all(entry.title.isprintable() for entry in result.entries)


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_that_is_a_trap_gives_no_time_but_its_reason_or_what_it_says(rule: str) -> None:
    """Whether it is refused before it is expanded or stopped while it is, the event is told and nothing of it taken."""
    result = _read(calendar(GOOD.replace("good", "first"), event(START + "RRULE:" + rule, "trap"), GOOD))
    assert {"first", "good"} <= {entry.title for entry in result.entries}
    trapped = [entry for entry in result.entries if entry.uid == "trap"]
    assert bool(trapped) != bool(result.unread)
    assert len(trapped) <= 30


def test_a_rule_that_never_matches_is_stopped_and_told() -> None:
    result = _read(calendar(GOOD, event(START + "RRULE:FREQ=DAILY;BYWEEKNO=53;BYYEARDAY=100", "trap")))
    assert codes(result) in (["rule-unreadable"], ["rule-too-costly"]) and len(result.entries) == 1
    slow = _read(calendar(GOOD, event(START + "RRULE:FREQ=DAILY;BYYEARDAY=100;BYMONTH=1", "trap")))
    assert codes(slow) in (["rule-too-costly"], ["rule-never"], ["rule-too-long"]), codes(slow)


@pytest.mark.parametrize("seed", range(30))
def test_noise_is_refused_or_read(seed: int) -> None:
    said = apart.answer(_noise(seed), ASK)
    if "refused" in said:
        assert said["refused"][0]["code"].startswith("calendar-")
    else:
        assert len(said["reading"]["entries"]) <= 10


@pytest.mark.usefixtures("really_apart")
def test_a_file_that_costs_too_much_is_stopped_by_the_limit_of_the_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many slow rules, each within its own time, are more than the whole may have."""
    monkeypatch.setattr(apart, "_START", apart._START.replace("apart.main()", "apart.SECONDS = 2; apart.main()"))
    slow = "".join(event(START + "RRULE:FREQ=DAILY;BYYEARDAY=100;BYMONTH=1", f"slow-{number}") for number in range(12))
    with pytest.raises(Refused) as refused:
        apart.read(calendar(slow), ASK)
    assert [one.code for one in refused.value.refusals] == ["calendar-costly"]


@pytest.mark.usefixtures("really_apart")
def test_a_file_that_wants_memory_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    code = "from innovation_station.external import apart; apart.limit(); x = bytearray(2 << 30)"
    monkeypatch.setattr(apart, "_START", f"import sys; sys.path.insert(0, sys.argv[1]); {code}")
    with pytest.raises(Refused) as refused:
        apart.read(calendar(GOOD), ASK)
    assert [one.code for one in refused.value.refusals] == ["calendar-costly"]


@contextmanager
def peak(most: int) -> Iterator[None]:
    """Expect this process, which has no limits, to need no more memory than so many bytes."""
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < most
    finally:
        tracemalloc.stop()


BUSY = "DTSTART:20260302T080000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY;BYHOUR=8,12,16;COUNT=1400\nSUMMARY:"


@pytest.mark.parametrize(
    "data",
    [
        calendar(*(event(BUSY, str(number) + "x" * 30_000) for number in range(3))),
        calendar(event(BUSY, "x" * 59_000)),
        calendar(*(event(BUSY + "\U0001f600" * 20_000, f"{number}\x01") for number in range(3))),
        calendar(*(event("DTSTART:bad", str(number) + "x" * 20_000) for number in range(200))),
        calendar(*(event("DTSTART:20261124T080000Z", str(number) + "x" * 2000) for number in range(1500)), head="METHOD:CANCEL"),
    ],
    ids=["three-uids", "one-uid", "titles", "problems", "cancelled"],
)  # fmt: skip
def test_what_a_file_says_of_its_dates_is_small_here(data: bytes) -> None:
    """A UID of 30,000 characters for each of 3,500 dates would be hundreds of MB, of a file of 90 kB."""
    with peak(24_000_000):
        result = _read(data)
    assert result.entries or result.problems or result.cancelled


@pytest.mark.parametrize("forever", [True, False])
@pytest.mark.usefixtures("really_apart")
def test_a_child_that_says_too_much_is_stopped(monkeypatch: pytest.MonkeyPatch, forever: bool) -> None:
    loop = "while True" if forever else "for _ in range(200)"
    code = f"import sys\n{loop}: sys.stdout.write('x' * 65536)"
    monkeypatch.setattr(apart, "_START", code)
    with peak(3 * apart.MOST_SAID), pytest.raises(Refused, match="calendar-costly"):
        apart.read(calendar(GOOD), ASK)
    with peak(3 * apart.MOST_SAID), pytest.raises(Refused, match="calendar-costly"):
        apart.kept(calendar(GOOD), words=True)


@pytest.mark.parametrize(
    "code", ["import time; time.sleep(60)", "import sys; sys.stdout.close(); import time; time.sleep(60)"]
)
@pytest.mark.usefixtures("really_apart")
def test_a_child_that_waits_for_nothing_is_stopped(monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    monkeypatch.setattr(apart, "PATIENCE", 1.0)
    monkeypatch.setattr(apart, "_START", code)
    started = time.monotonic()
    with pytest.raises(Refused, match="calendar-costly"):
        apart.read(calendar(GOOD) + b"\n" * 1_000_000, ASK)  # more than a pipe holds
    assert time.monotonic() - started < 20


@pytest.mark.usefixtures("really_apart")
def test_what_is_kept_is_made_apart() -> None:
    data = calendar(GOOD, event(START + "SUMMARY:Secret", "secret"))
    for words in (True, False):
        assert safe.unpacked(apart.kept(data, words=words)) == lines.stripped(data, words=words)
    with peak(8_000_000), pytest.raises(Refused, match="calendar-long"):
        apart.kept(calendar(GOOD) + b"\n" * 1_000_000, words=True)
    with pytest.raises(Refused, match="calendar-html"):
        apart.kept(b"<html>", words=True)


@pytest.mark.usefixtures("really_apart")
def test_the_child_may_write_no_file_and_gets_nothing_of_the_house(monkeypatch: pytest.MonkeyPatch) -> None:
    code = "import os, json; print(json.dumps({'refused': [{'code': ','.join(sorted(os.environ))}]}))"
    monkeypatch.setattr(apart, "_START", code)
    monkeypatch.setenv("STATION_SECRET_KEY", "x" * 40)
    with pytest.raises(Refused) as refused:
        apart.read(calendar(GOOD), ASK)
    assert "STATION" not in refused.value.refusals[0].code


@pytest.mark.usefixtures("really_apart")
def test_only_so_many_are_read_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apart, "AT_ONCE", threading.BoundedSemaphore(1))
    monkeypatch.setattr(apart, "TURN", 0.01)
    with apart.AT_ONCE, pytest.raises(Unavailable):
        apart.read(calendar(GOOD), ASK)
    with apart.AT_ONCE, pytest.raises(Unavailable):
        apart.kept(calendar(GOOD), words=True)
    assert len(_read(calendar(GOOD)).entries) == 1


def _read(data: bytes) -> Reading:
    return apart.read(data, ASK)
