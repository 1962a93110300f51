"""Money in whole öre: what is divided adds up, what is taken back is the exact opposite."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from innovation_station.ledger import rules
from innovation_station.ledger.rules import WHOLE, Line, Payer
from tests.conftest import ZONE


def line(amount: int, vat: int = 2500) -> Line:
    return Line("P", "K", "O", "M", "Plan", "desk", 100, vat, WHOLE, 1, 60, amount)


@pytest.mark.parametrize(
    ("minutes", "rate", "öre"),
    [(60, 20000, 20000), (45, 9999, 7499), (15, 1, 0), (30, 1, 1), (-30, 1, -1), (20, 3333, 1111)],
)
def test_price_is_rounded_half_away_from_zero(minutes: int, rate: int, öre: int) -> None:
    assert rules.price(minutes, rate) == öre


@given(st.integers(-(10**9), 10**9), st.lists(st.integers(0, 4000), max_size=3))
def test_parts_add_up_to_the_amount(amount: int, others: list[int]) -> None:
    shares = others if sum(others) < WHOLE else []
    parts = rules.divided(amount, [WHOLE - sum(shares), *shares])
    assert sum(parts) == amount
    assert all(
        abs(part * WHOLE - amount * share) < WHOLE * 2
        for part, share in zip(parts, [WHOLE - sum(shares), *shares], strict=True)
    )
    assert rules.divided(-amount, [WHOLE - sum(shares), *shares]) == [-part for part in parts]


@pytest.mark.parametrize("shares", [[], [WHOLE - 1], [WHOLE, 1], [WHOLE + 1, -1]])
def test_shares_make_a_whole(shares: list[int]) -> None:
    with pytest.raises(ValueError, match="whole"):
        rules.divided(100, shares)


@given(st.lists(st.builds(line, st.integers(-(10**7), 10**7), st.sampled_from([0, 600, 1200, 2500])), max_size=40))
def test_sums_are_those_of_the_lines(lines: list[Line]) -> None:
    found = rules.sums(lines)
    assert found.total == found.amount + found.vat_amount == sum(one.total for one in lines)
    assert found.amount == sum(one.amount for one in lines)


@given(st.integers(-(10**9), 10**9), st.integers(1, WHOLE))
def test_taking_back_is_the_opposite(numerator: int, denominator: int) -> None:
    assert rules.rounded(numerator, denominator) == -rules.rounded(-numerator, denominator)


def test_payers_bear_all_of_it() -> None:
    other = Payer(2, 2500, "K2")
    assert rules.payers(None, "", [other]) == [Payer(None, WHOLE)]
    assert rules.payers(1, "K1", [other]) == [Payer(1, 7500, "K1"), other]
    assert rules.payers(1, "K1", [Payer(2, WHOLE)]) == [Payer(2, WHOLE)]


def test_month_is_that_of_the_use_but_never_one_that_is_over() -> None:
    start = datetime(2026, 11, 30, 23, 30, tzinfo=UTC)  # in Stockholm December has begun
    assert rules.month_of(start, start, ZONE) == "2026-12"
    assert rules.month_of(start, datetime(2027, 1, 1, tzinfo=UTC), ZONE) == "2027-01"


@pytest.mark.parametrize(
    ("text", "share"),
    [
        ("25", 2500),
        ("33,33", 3333),
        ("0.5", 50),
        ("100", WHOLE),
        ("100,01", None),
        ("-1", None),
        ("", None),
        ("٥", None),
        ("1e1", None),
    ],
)
def test_percent_is_read(text: str, share: int | None) -> None:
    assert rules.parse_percent(text) == share


@pytest.mark.parametrize("text", ["=1+1", "+46", "-x", "@cmd", "\tx", "\rx"])
def test_formulae_are_made_harmless(text: str) -> None:
    assert rules.harmless(text).startswith("'")
    assert rules.harmless("Södertörns högskola") == "Södertörns högskola"


@pytest.mark.parametrize(
    ("amount", "text"), [(0, "0,00"), (5, "0,05"), (-5, "-0,05"), (123456, "1234,56"), (-100, "-1,00")]
)
def test_amounts_are_written_with_two_decimals(amount: int, text: str) -> None:
    assert rules.decimal(amount, ",") == text


@pytest.mark.parametrize(
    ("text", "month"),
    [("2026-11", "2026-11"), ("2026-13", None), ("2026-1", None), ("1999-01", None), ("2026-11x", None)],
)
def test_months_are_read(text: str, month: str | None) -> None:
    assert rules.parse_month(text) == month
