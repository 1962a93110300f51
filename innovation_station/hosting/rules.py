"""Who counts as here, who as expected, and which notes stand on a day. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from innovation_station.errors import Refusal
from innovation_station.timespan import Span

NOTE_LONGEST = 300
SOON = timedelta(minutes=60)  # ahead of its start from when on an arrival stands in the short list
MISSED = timedelta(minutes=10)  # after its start from when on the page offers to let the place go
LATE = timedelta(minutes=90)  # after its start until when it still does, while nobody has come


@dataclass(frozen=True, slots=True)
class Arrival:
    """Somebody and when. `person` names who, as one may come to several bookings."""

    person: tuple[str, int]
    span: Span
    came: datetime | None = None
    left: datetime | None = None
    expected: bool = True

    def here(self, now: datetime) -> bool:
        """Tell whether they are in the house: come, not gone, and their time is not over."""
        return self.came is not None and self.left is None and now < self.span.end

    def awaited(self, now: datetime) -> bool:
        """Tell whether they may still come."""
        return self.expected and self.came is None and now < self.span.end

    def near(self, now: datetime) -> bool:
        """Tell whether a host at the door has to do with them about now: they are due, or have just come."""
        if self.came is not None:
            return self.left is None and now < min(self.span.end, self.came + LATE)
        return self.awaited(now) and self.span.start - SOON <= now < max(self.span.start + LATE, self.span.start)


def here_and_awaited(arrivals: list[Arrival], now: datetime) -> tuple[int, int]:
    """Count the persons who are here, and those who may still come and are not here, each once."""
    here = {one.person for one in arrivals if one.here(now)}
    return len(here), len({one.person for one in arrivals if one.awaited(now)} - here)


def note_refusals(text: str, day: date, today: date) -> list[Refusal]:
    """List what is wrong with a note."""
    found = [] if text else [Refusal("note-empty", "text")]
    if len(text) > NOTE_LONGEST:
        found.append(Refusal("note-long", "text", {"most": NOTE_LONGEST}))
    if day < today:
        found.append(Refusal("note-past", "day"))
    return found
