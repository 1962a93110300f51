"""When a mail is tried again, and what becomes of texts in it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from innovation_station.mail import rules
from innovation_station.mail.rules import Outcome
from tests.conftest import NOW

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


@pytest.mark.parametrize(
    ("tries", "waits"), [(1, MINUTE), (2, 2 * MINUTE), (3, 4 * MINUTE), (8, 128 * MINUTE), (9, 4 * HOUR), (500, 4 * HOUR)]
)  # fmt: skip
def test_wait_doubles_up_to_hours(tries: int, waits: timedelta) -> None:
    assert rules.wait(tries) == waits


def test_absence_is_looked_at_every_quarter() -> None:
    assert [rules.absence(looks) // MINUTE for looks in (1, 2, 3, 4, 5, 99)] == [1, 2, 4, 8, 15, 15]


@pytest.mark.parametrize(
    ("outcome", "age", "state", "due"),
    [
        (rules.SENT, timedelta(), "sent", timedelta()),
        (Outcome("parked", "refused"), timedelta(), "parked", timedelta()),
        (Outcome("later", "refused"), timedelta(), "queued", 4 * MINUTE),
        (Outcome("away", "unreachable"), timedelta(), "queued", MINUTE),
        (Outcome("later", "refused"), timedelta(days=3), "parked", timedelta()),
        (Outcome("away", "unreachable"), timedelta(days=3), "parked", timedelta()),
        (Outcome("away", "unreachable"), timedelta(days=3) - MINUTE, "queued", MINUTE),
    ],
)
def test_state_after_a_try(outcome: Outcome, age: timedelta, state: str, due: timedelta) -> None:
    assert rules.after(outcome, tries=3, since=NOW - age, now=NOW) == (state, NOW + due)


@pytest.mark.parametrize(
    ("email", "good"),
    [
        ("alva@example.org", True), ("åsa@österåker.example", True), ("a@localhost", True), ("", False), ("alva", False),
        ("a@b@c", False), ("a@b\r\nBcc: c@d", False), ("a@b, c@d", False), ("Alva <a@b>", False), ("a@b c", False),
        ("a" * 64 + "@" + "b" * 200, False),
    ],
)  # fmt: skip
def test_address_is_one_address(email: str, good: bool) -> None:
    assert rules.is_address(email) is good


@pytest.mark.parametrize(
    "text",
    ["http://evil.example/login", "evil.example", "www.evil.example/x", "a@evil.example", "//evil", "1.2.3.4:80"],
)
def test_texts_of_people_become_no_links(text: str) -> None:
    shown = rules.unlinked(text)
    assert text not in shown
    assert rules.intact(shown) == text
    assert not any(left.isalnum() and sign in ".:@" and right.isalnum() for left, sign, right in zip(shown, shown[1:], shown[2:], strict=False))  # fmt: skip


@pytest.mark.parametrize("text", ["Anna-Lena Öberg", "Kickoff: samverkan 2026", "kl. 13.00", "50 % rabatt", "R&D (ny)"])
def test_ordinary_texts_read_the_same(text: str) -> None:
    assert rules.unlinked(text).replace(rules.GAP, "") == text


@given(st.text())
def test_one_line_is_one_line(text: str) -> None:
    line = rules.one_line(text)
    assert len(line.splitlines()) <= 1 and line == line.strip()
    assert not any(ord(letter) < 32 or 0x7F <= ord(letter) < 0xA0 for letter in line)


def test_harmless_reaches_every_text() -> None:
    value = {"a": "x\ny", "b": ["evil.example", {"c": "d\r\ne"}], "n": 3, "t": True, "none": None}
    assert rules.harmless(value) == {
        "a": "x y", "b": [f"evil.{rules.GAP}example", {"c": "d e"}], "n": 3, "t": True, "none": None,
    }  # fmt: skip


def test_reason_holds_no_address_and_no_line() -> None:
    assert rules.reason("550 5.1.1 <alva@example.org>: no\r\nsuch user") == "550 5.1.1 … no such user"
    assert len(rules.reason("x" * 5000)) == rules.REASON_LONGEST
