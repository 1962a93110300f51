"""How a subscription fares: whether its program comes, how often, and what it has not fetched yet. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

State = Literal["new", "never", "stopped", "behind", "well"]
NEW_FOR = timedelta(days=1)
QUIET_FOR = timedelta(days=2)
ANYTHING = timedelta(days=1)
# What programs do by themselves, as long as they have not been seen to do otherwise.
PACES = {
    "Google Calendar": timedelta(days=1), "Outlook": timedelta(hours=3), "Apple Calendar": timedelta(hours=1),
    "Thunderbird": timedelta(minutes=30), "ICSx⁵": timedelta(days=1),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Fetches:
    """What is known of a subscription: since when there is one, its last fetch, by what, and how far apart they are."""

    created: datetime
    last: datetime | None
    program: str
    interval: int | None


@dataclass(frozen=True, slots=True)
class Health:
    """How it fares. `every` is how far apart its fetches are, None as long as there were not two.

    `waits` is for how long the newest change has not been fetched, None where it has.
    """

    state: State
    every: timedelta | None = None
    waits: timedelta | None = None


def health(fetches: Fetches, newest: datetime | None, now: datetime) -> Health:
    """Tell how a subscription fares; `newest` is when what it holds changed last, None where that is not known.

    It has stopped when its program let three times its usual pause pass, and two days.
    """
    if fetches.last is None:
        return Health("new" if now - fetches.created < NEW_FOR else "never")
    every = timedelta(seconds=fetches.interval) if fetches.interval else None
    waits = now - newest if newest is not None and fetches.last < newest <= now else None
    pause = max(3 * (every or PACES.get(fetches.program, ANYTHING)), QUIET_FOR)
    if now - fetches.last > pause:
        return Health("stopped", every, waits)
    return Health("behind" if waits is not None else "well", every, waits)
