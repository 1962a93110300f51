"""Windows, words, names of programs and secret addresses, without a database."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from innovation_station.calendars import rules
from innovation_station.calendars.rules import Setting, Wording
from innovation_station.spaces.rules import Area, Box, House, Place, Policy, Storey

STOCKHOLM = ZoneInfo("Europe/Stockholm")
HOW = Wording("Skrivbord A1", "A1, Perrongen, Stationen", "Skrivbord", "sv")


def booking(**changes: object) -> SimpleNamespace:
    """Return a row of a booking."""
    moment = datetime(2026, 11, 24, 12, tzinfo=UTC)
    plain: dict[str, object] = {
        "id": 17, "uid": "0b7c8f0e-5d1b-4a7e-9a52-1f2f3a4b5c6d", "space_id": 1, "revision": 0,
        "start": moment,
        "end": moment + timedelta(hours=4), "title": "", "state": "confirmed", "sequence": 0,
        "created_at": moment, "changed_at": moment, "released_at": None,
    }  # fmt: skip
    return SimpleNamespace(**{**plain, **changes})


def test_window_is_the_past_year_and_400_days_ahead() -> None:
    found = rules.window(date(2026, 11, 24), STOCKHOLM, 12)
    assert found.first == datetime(2025, 11, 23, 23, tzinfo=UTC)
    assert found.last == datetime(2027, 12, 29, 23, tzinfo=UTC)
    assert found.cancelled == datetime(2026, 11, 9, 23, tzinfo=UTC)


@pytest.mark.parametrize(
    ("today", "months", "first"),
    [
        (date(2027, 3, 31), 1, date(2027, 2, 28)),
        (date(2028, 3, 30), 1, date(2028, 2, 29)),
        (date(2026, 12, 31), 6, date(2026, 6, 30)),
        (date(2026, 1, 15), 1, date(2025, 12, 15)),
        (date(2026, 1, 15), 0, date(2026, 1, 15)),
        (date(2026, 1, 15), 120, date(2016, 1, 15)),
    ],
)
def test_window_goes_back_by_calendar_months(today: date, months: int, first: date) -> None:
    assert rules.window(today, ZoneInfo("UTC"), months).first.date() == first


@given(st.dates(date(2000, 1, 1), date(2199, 12, 31)), st.integers(0, 120))
def test_window_exists_for_every_day(today: date, months: int) -> None:
    found = rules.window(today, STOCKHOLM, months)
    assert found.first < found.last
    assert found.cancelled < found.last


def test_entry_of_a_booking() -> None:
    made = rules.entry(booking(title="Styrgrupp"), HOW, "https://station.example")
    assert made.uid == "booking-0b7c8f0e-5d1b-4a7e-9a52-1f2f3a4b5c6d@innovation-station"
    assert made.summary == "Styrgrupp (Skrivbord A1)"
    assert made.url == "https://station.example/bookings/17"
    assert made.description == "Ändra eller avboka: https://station.example/bookings/17"
    assert (made.status, made.transparent, made.categories) == ("CONFIRMED", False, ("Skrivbord",))
    assert rules.entry(booking(), HOW, "").summary == "Skrivbord A1"
    assert rules.entry(booking(), HOW, "").url == ""


@pytest.mark.parametrize(("language", "summary"), [("sv", "Avbokad: Skrivbord A1"), ("en", "Cancelled: Skrivbord A1")])
def test_e07_entry_of_a_cancelled_booking_says_so(language: rules.Language, summary: str) -> None:
    how = Wording(HOW.label, HOW.location, HOW.category, language)
    made = rules.entry(booking(state="cancelled", sequence=1), how, "https://station.example")
    assert (made.summary, made.status, made.transparent, made.sequence) == (summary, "CANCELLED", True, 1)


@pytest.mark.parametrize(
    ("state", "summary", "said"),
    [
        ("declined", "Fick nej: Fest (Skrivbord A1)", "Bokningen beviljades inte."),
        ("expired", "Fick inget svar i tid: Fest (Skrivbord A1)", "Ingen svarade i tid, så platsen är inte bokad."),
        ("cancelled", "Avbokad: Fest (Skrivbord A1)", "Bokningen är avbokad."),
        ("requested", "Väntar på svar: Fest (Skrivbord A1)", "Ändra eller avboka: https://station.example/bookings/17"),
    ],
)
def test_each_way_to_have_no_booking_has_its_words(state: str, summary: str, said: str) -> None:
    made = rules.entry(booking(state=state, title="Fest", id=17), HOW, "https://station.example")
    assert (made.summary, made.description) == (summary, said)
    assert made.status == ("TENTATIVE" if state == "requested" else "CANCELLED")


@pytest.mark.parametrize(("language", "summary"), [("sv", "Släppt: Skrivbord A1"), ("en", "Released: Skrivbord A1")])
def test_e07_entry_of_a_booking_that_nobody_came_to_ends_when_it_was_released(
    language: rules.Language, summary: str
) -> None:
    made = booking(state="no-show", sequence=1)
    made.released_at = made.start + timedelta(minutes=15)
    found = rules.entry(made, Wording("Skrivbord A1", "A1", "Skrivbord", language), "https://station.example")
    assert (found.status, found.transparent, found.sequence) == ("CONFIRMED", False, 1)
    assert (found.start, found.end, found.summary) == (made.start, made.released_at, summary)
    assert "http" not in found.description and found.url.endswith("/bookings/17")


def test_words_are_complete_in_both_languages() -> None:
    assert rules.WORDS["sv"].keys() == rules.WORDS["en"].keys()
    assert all(word for words in rules.WORDS.values() for word in words.values())


def test_token_has_256_bits_and_hangs_on_all_it_is_made_of() -> None:
    tokens = {
        rules.feed_token(key, member, nonce)
        for key in ("k" * 32, "l" * 32)
        for member in (1, 11)
        for nonce in ("a" * 32, "1" + "a" * 31)
    }
    assert len(tokens) == 8
    assert all(len(token) == 43 and token.replace("-", "").replace("_", "").isalnum() for token in tokens)
    assert all(len(rules.token_hash(token)) == 32 for token in tokens)


@given(st.lists(st.text(max_size=5), max_size=4), st.lists(st.text(max_size=5), max_size=4))
def test_digest_tells_lists_apart(one: list[str], other: list[str]) -> None:
    plain = all("\x1f" not in text for text in one + other) and bool(one) and bool(other)
    if plain:
        assert (rules.digest(*one) == rules.digest(*other)) == (one == other)


@pytest.mark.parametrize(
    ("zone", "address", "location"),
    [
        (None, "Plan 6, Moas båge", "Flottsbro, Stationen, Plan 6, Moas båge"),
        (None, "Moas båge, plan 6", "Flottsbro, Stationen, Moas båge, plan 6"),
        (None, "Moas båge, plan 66", "Flottsbro, Stationen, Plan 6, Moas båge, plan 66"),
        (None, "", "Flottsbro, Stationen, Plan 6"),
        (1, "Plan 6, Moas båge", "Flottsbro, Perrongen, Stationen, Plan 6, Moas båge"),
        (1, "Moas båge", "Flottsbro, Perrongen, Stationen, Plan 6, Moas båge"),
    ],
)
def test_location_names_the_floor_once(zone: int | None, address: str, location: str) -> None:
    floor = Storey(1, {"sv": "Plan 6", "en": "Floor 6"}, 10, 10, [], [])
    area = Area(1, 1, {"sv": "Perrongen", "en": "The Platform"}, None, None)
    words = {"sv": address, "en": ""}
    house = House(1, "Stationen", "", words, None, {}, {1: floor}, {1: area}, {})  # type: ignore[arg-type]
    box, policy = Box(0, 0, 1, 1), Policy()
    place = Place(1, 1, zone, "room", "Flottsbro", 4, box, frozenset(), (), None, True, policy, {})
    assert rules.wording(place, house, "sv").location == location


def test_setting_and_places_change_the_stamp() -> None:
    """A new address, zone, place name or house name makes every stored entry out of date."""

    def stamp(zone: str = "Europe/Stockholm", base: str = "https://a", address: str = "", name: str = "A1") -> str:
        places = {1: SimpleNamespace(id=1, name=name, kind="desk", zone_id=None, worded_at=None)}
        house = SimpleNamespace(
            name="Stationen",
            places=places,
            address_of=lambda place, language: address,
        )
        return rules.phrasebook(house, "sv", Setting(ZoneInfo(zone), base)).stamp  # type: ignore[arg-type]

    stamps = [stamp(zone="Europe/Oslo"), stamp(base="https://b"), stamp(address="Moas"), stamp(name="A2")]
    assert len({stamp(), *stamps}) == 5
    assert stamp() == stamp()


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        ("Google-Calendar-Importer", "Google Calendar"),
        ("Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0)", "Outlook"),
        ("Microsoft.Exchange/15.20 (Windows NT 10.0; Win64; x64)", "Outlook"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Thunderbird/153.0", "Thunderbird"),
        ("iOS/19.1 (21B80) dataaccessd/1.0", "Apple Calendar"),
        ("macOS/26.0 (25A354) CalendarAgent/1000", "Apple Calendar"),
        ("vdirsyncer/0.21.0", "vdirsyncer"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/150", "a browser"),
        ("curl/8.5.0", "curl"),
        ("<script>alert(1)</script>", ""),
        ("x\r\nSet-Cookie: a=b", "x"),
        ("\x00\ud800", ""),
        ("", ""),
        ("a" * 5000, "a" * 39),
    ],
)
def test_program_is_named_in_plain_words(agent: str, name: str) -> None:
    assert rules.program(agent) == name


@pytest.mark.parametrize("name", ["", "   ", "x" * 61, "rad\nrad", "\x07"])
def test_name_of_a_feed_is_bounded(name: str) -> None:
    assert [refusal.code for refusal in rules.name_refusals(name)] == ["name-malformed"]
    assert rules.name_refusals("Mina, bokningar; å") == []
