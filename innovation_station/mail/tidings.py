"""What somebody is told of one thing that changes, by one mail for each news of it.

What has not left yet is put together with what comes after it: who is invited and taken off within the time of an undo
hears nothing, and of a thing that is moved twice comes one mail. So each row knows what its person `knew`, and how many
calendars have heard of it (`sequence`); both are kept in the mail that waits, to go back to where it is taken back.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from innovation_station.mail import queries, service


class Knowing(Protocol):
    """A row about something that a person is told of."""

    uid: Any
    sequence: Any
    knew: Any


def key(prefix: str, row: Knowing) -> str:
    """Name the mail about a row; not by its number, which SQLite gives again to another."""
    return f"{prefix}-{row.uid}-{row.sequence}"


def take_back(prefix: str, row: Knowing) -> bool:
    """Take back what somebody was to be told and was not yet; tell whether there was anything."""
    waits = queries.by_key(key(prefix, row))
    content = dict(waits.content or {}) if waits is not None and waits.state == "queued" else None
    if content is None or not service.withdraw(key(prefix, row)):
        return False
    restore(row, content)
    return True


def advance(row: Knowing, fact: Mapping[str, Any]) -> dict[str, Any]:
    """Note that somebody is told; give what goes with the mail so that it can be taken back."""
    before = {"knew": row.knew, "sequence": row.sequence}
    row.sequence, row.knew = (0 if row.knew is None else row.sequence + 1), dict(fact)
    return before


def restore(row: Knowing, before: Mapping[str, Any]) -> None:
    """Note that somebody was not told after all."""
    row.knew, row.sequence = before["knew"], before["sequence"]
