"""How long an act can be taken back, and what may be closed. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Protocol

from innovation_station.bookings import rules as bookings
from innovation_station.errors import Refusal
from innovation_station.timespan import Span

UNDO_FOR = timedelta(minutes=10)
TOLD_AFTER = UNDO_FOR + timedelta(seconds=30)  # an undo that was pressed in time may wait for a lock
REASON_LONGEST = 200
_STANDING = ("space", "start", "end", "state")


class Done(Protocol):
    """What the rules need to know of an act."""

    @property
    def at(self) -> datetime: ...
    @property
    def undone_at(self) -> datetime | None: ...


def undo_refusals(act: Done, now: datetime) -> list[Refusal]:
    """List why an act can no longer be taken back, whatever has become of what it did."""
    if act.undone_at is not None:
        return [Refusal("act-undone")]
    return [Refusal("act-late", None, {"minutes": 10})] if now - act.at > UNDO_FOR else []


def stands(after: Mapping[str, Any], now_is: Mapping[str, Any]) -> bool:
    """Tell whether what an act did is as it left it."""
    return all(after.get(name) == now_is.get(name) for name in _STANDING)


def closing_refusals(span: Span, reasons: tuple[str, str], now: datetime) -> list[Refusal]:
    """List why a place cannot be closed for a span, whatever is booked."""
    found = [] if span.end > now else [Refusal("past", "start")]
    found += bookings.closing_refusals(span, "end")
    if not any(reasons):
        found.append(Refusal("closing-reason", "because"))
    elif max(map(len, reasons)) > REASON_LONGEST:
        found.append(Refusal("closing-reason-long", "because", {"most": REASON_LONGEST}))
    return found
