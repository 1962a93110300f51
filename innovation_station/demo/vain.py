"""What was wanted in vain these eight weeks: rooms in the middle of the week above all."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random
from typing import Any

from innovation_station.figures.models import FigureVain

WEEKS = 8
# On how many of a hundred weekdays something was missed, by kind and reason.
MISSED = (("room", "taken", 45), ("room", "no-hit", 25), ("desk", "taken", 20), ("hall", "event-has-it", 8),
          ("room", "too-small", 10), ("desk", "closed-hours", 5), ("room", "too-far", 4))  # fmt: skip


def add(session: Any, today: date) -> None:
    """Add what was noted up to yesterday; Tuesdays to Thursdays twice as much."""
    chance = Random(f"in vain {today}")  # noqa: S311  a plausible house, no secrets
    for back in range(WEEKS * 7, 0, -1):
        day = today - timedelta(days=back)
        for kind, code, often in MISSED if day.weekday() < 5 else ():
            count = sum(chance.randrange(100) < often for _try in range(2 if 1 <= day.weekday() <= 3 else 1))
            if count:
                session.add(FigureVain(day=day, kind=kind, code=code, count=count))
    session.flush()
