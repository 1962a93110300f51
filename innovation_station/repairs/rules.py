"""What a report may say, and who sees to it. Pure."""

from __future__ import annotations

from datetime import date, timedelta

from innovation_station.errors import Refusal
from innovation_station.members.rules import Actor, is_staff
from innovation_station.text import fits_a_line

STATES = ("open", "hand", "done")
SORTS = ("light", "power", "screen", "network", "furniture", "air", "dirt", "other")
TEXT_LONGEST = 500
MOST = 5  # reports of one member within WITHIN
WITHIN = timedelta(hours=1)
CLOSED_AHEAD = 60  # days that a place may be closed for at once


def report_refusals(sort: str, text: str) -> list[Refusal]:
    """List what is wrong with a report; there may be no words."""
    found = [] if sort in SORTS else [Refusal("fault-sort", "sort")]
    if len(text) > TEXT_LONGEST:
        return [*found, Refusal("fault-long", "text", {"longest": TEXT_LONGEST})]
    fits = all(fits_a_line(line) for line in text.split("\n"))
    return found if fits else [*found, Refusal("fault-characters", "text")]


def close_refusals(last: date, today: date) -> list[Refusal]:
    """List why a place cannot be closed until a day, that day included."""
    if today <= last <= today + timedelta(days=CLOSED_AHEAD):
        return []
    return [Refusal("fault-days", "until", {"days": CLOSED_AHEAD})]


def may_see_reports(actor: Actor) -> bool:
    """Tell whether a person sees what is broken, and says that it was seen to."""
    return is_staff(actor)
