"""Codes of authenticator apps against the examples of RFC 6238, and how secrets are kept."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from innovation_station.members import totp

SECRET = b"12345678901234567890"  # RFC 6238, appendix B
KEY = "k" * 40
# The RFC shows eight figures; six are its last six.
EXAMPLES = [(59, "287082"), (1111111109, "081804"), (1111111111, "050471"), (1234567890, "005924"),
            (2000000000, "279037"), (20000000000, "353130")]  # fmt: skip


@pytest.mark.parametrize(("seconds", "code"), EXAMPLES)
def test_codes_are_those_of_the_standard(seconds: int, code: str) -> None:
    now = datetime.fromtimestamp(seconds, UTC)
    assert totp.code_at(SECRET, totp.step_of(now)) == code
    assert totp.matching_step(SECRET, code, now, after=0) == seconds // 30
    assert totp.matching_step(SECRET, f" {code[:3]} {code[3:]} ", now, after=0) == seconds // 30


@pytest.mark.parametrize(("drift", "taken"), [(-61, False), (-30, True), (0, True), (30, True), (61, False)])
def test_a_clock_may_be_one_step_off(drift: int, taken: bool) -> None:
    now = datetime.fromtimestamp(1111111111 - 1, UTC)  # a step begins
    code = totp.code_at(SECRET, totp.step_of(now + timedelta(seconds=drift)))
    assert (totp.matching_step(SECRET, code, now, after=0) is not None) == taken


def test_no_step_is_taken_again() -> None:
    now = datetime.fromtimestamp(59, UTC)
    assert totp.matching_step(SECRET, "287082", now, after=1) is None
    assert totp.matching_step(SECRET, "287082", now, after=0) == 1


@pytest.mark.parametrize("typed", ["", "28708", "2870820", "abcdef", "２８７０８２", "-87082", "287082\x00", "287 08"])
def test_what_is_no_code_is_none(typed: str) -> None:
    assert totp.matching_step(SECRET, typed, datetime.fromtimestamp(59, UTC), after=0) is None


def test_address_for_the_app_says_all_it_needs() -> None:
    found = urlsplit(totp.address(SECRET, email="åsa+x@example.org", house="Hus: Ett & Två"))
    assert (found.scheme, found.netloc) == ("otpauth", "totp")
    assert unquote(found.path) == "/Hus: Ett & Två:åsa+x@example.org"
    assert parse_qs(found.query) == {"secret": ["GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"], "issuer": ["Hus: Ett & Två"]}
    assert totp.readable(SECRET) == "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ"


def test_secrets_are_locked_for_one_member_and_one_key() -> None:
    stored = totp.locked(SECRET, key=KEY, member_id=7)
    assert SECRET not in stored and stored != totp.locked(SECRET, key=KEY, member_id=7)
    assert totp.unlocked(stored, key=KEY, member_id=7) == SECRET
    assert totp.unlocked(stored, key=KEY, member_id=8) is None
    assert totp.unlocked(stored, key=KEY + "x", member_id=7) is None
    assert totp.unlocked(stored[:-1] + bytes([stored[-1] ^ 1]), key=KEY, member_id=7) is None


def test_recovery_codes_are_long_and_forgiving() -> None:
    codes = totp.new_recovery_codes()
    assert len(set(codes)) == 10
    for code in codes:
        plain = totp.plain_recovery_code(f"  {code.upper().replace('-', ' ')}\n")
        assert plain == code.replace("-", "") and len(plain) == 24  # 120 bits in base32
