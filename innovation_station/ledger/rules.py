"""Money and months: whole öre, whole minutes. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from innovation_station.errors import Refusal
from innovation_station.members.rules import Actor, is_staff

WHOLE = 10_000  # a share, and a rate of VAT, are hundredths of a percent
_MONTH = re.compile(r"(20[0-9]{2})-(0[1-9]|1[0-2])")
_PERCENT = re.compile(r"([0-9]{1,3})(?:[.,]([0-9]{1,2}))?")
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


class Payer(NamedTuple):
    """Who bears which part of a use; no organisation is the member."""

    organisation_id: int | None
    share: int
    cost_centre: str = ""


class Line(NamedTuple):
    """Entries of one month that have all of this in common, added up."""

    payer: str
    cost_centre: str
    organisation: str
    member: str
    plan: str
    kind: str
    rate: int
    vat: int
    share: int
    bookings: int
    minutes: int
    amount: int

    @property
    def vat_amount(self) -> int:
        """Give the VAT of the line."""
        return rounded(self.amount * self.vat, WHOLE)

    @property
    def total(self) -> int:
        """Give the line with its VAT."""
        return self.amount + self.vat_amount


class Sums(NamedTuple):
    """What lines add up to."""

    bookings: int
    minutes: int
    amount: int
    vat_amount: int
    total: int


def sums(lines: Sequence[Line]) -> Sums:
    """Add lines up: each column is the sum of what the lines show."""
    return Sums(
        sum(line.bookings for line in lines), sum(line.minutes for line in lines),
        sum(line.amount for line in lines), sum(line.vat_amount for line in lines), sum(line.total for line in lines),
    )  # fmt: skip


def rounded(numerator: int, denominator: int) -> int:
    """Divide whole numbers, half away from zero, so that taking back is the exact opposite."""
    whole, rest = divmod(abs(numerator), denominator)
    whole += rest * 2 >= denominator
    return whole if numerator >= 0 else -whole


def price(minutes: int, rate: int) -> int:
    """Give what minutes cost at a price of an hour, in öre."""
    return rounded(minutes * rate, 60)


def divided(amount: int, shares: Sequence[int]) -> list[int]:
    """Divide an amount by shares that make a WHOLE; the parts add up to it, the first ones bear the rest.

    Raises ValueError where the shares make no whole.
    """
    if sum(shares) != WHOLE or any(share < 0 for share in shares):
        raise ValueError("shares must make a whole")
    parts = [abs(amount) * share // WHOLE for share in shares]
    for index in range(abs(amount) - sum(parts)):
        parts[index] += 1
    return parts if amount >= 0 else [-part for part in parts]


def payers(organisation_id: int | None, cost_centre: str, others: Sequence[Payer]) -> list[Payer]:
    """Name who bears a use: the organisation what the others leave, or without one the member."""
    if organisation_id is None:
        return [Payer(None, WHOLE)]
    left = WHOLE - sum(other.share for other in others)
    own = [Payer(organisation_id, left, cost_centre)] if left else []
    return own + list(others)


def month_of(start: datetime, at: datetime, zone: ZoneInfo) -> str:
    """Give the month an entry belongs to: that of the use, or the present one where that is over."""
    return max(f"{start.astimezone(zone):%Y-%m}", f"{at.astimezone(zone):%Y-%m}")


def parse_month(text: str) -> str | None:
    """Read YYYY-MM, None for anything else."""
    return text if _MONTH.fullmatch(text) else None


def parse_percent(text: str) -> int | None:
    """Read a percentage with at most two decimals as hundredths of a percent, None for anything else."""
    found = _PERCENT.fullmatch(text)
    if not found:
        return None
    share = int(found[1]) * 100 + int((found[2] or "").ljust(2, "0"))
    return share if share <= WHOLE else None


def share_refusals(shares: Sequence[int]) -> list[Refusal]:
    """List what is wrong with the shares that others bear."""
    if any(not 0 < share <= WHOLE for share in shares) or sum(shares) > WHOLE:
        return [Refusal("shares-whole", "share")]
    return []


def harmless(text: str) -> str:
    """Write a text for a cell so that no program takes it for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def decimal(amount: int, mark: str) -> str:
    """Write öre as kronor with two decimals, for a cell."""
    crowns, rest = divmod(abs(amount), 100)
    return f"{'-' if amount < 0 else ''}{crowns}{mark}{rest:02}"


def may_see_ledger(actor: Actor) -> bool:
    """Tell whether a person sees the sums of the months."""
    return is_staff(actor)


def may_export_ledger(actor: Actor) -> bool:
    """Tell whether a person takes lines with people's names out of the house."""
    return actor.role == "admin"
