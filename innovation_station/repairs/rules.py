"""What a report may say, and who sees to it. Pure."""

from __future__ import annotations

from innovation_station.errors import Refusal
from innovation_station.members.rules import Actor, is_staff
from innovation_station.text import fits_a_line

STATES = ("open", "done")
TEXT_LONGEST = 500
OPEN_MOST = 20  # of one member


def text_refusals(text: str) -> list[Refusal]:
    """List what is wrong with the words of a report; there may be none."""
    if len(text) > TEXT_LONGEST:
        return [Refusal("fault-long", "text", {"longest": TEXT_LONGEST})]
    fits = all(fits_a_line(line) for line in text.split("\n"))
    return [] if fits else [Refusal("fault-characters", "text")]


def may_see_reports(actor: Actor) -> bool:
    """Tell whether a person sees what is broken, and says that it was seen to."""
    return is_staff(actor)
