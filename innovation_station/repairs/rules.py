"""What a report may say, and who sees to it. Pure."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from innovation_station.errors import Refusal
from innovation_station.members.rules import Actor, is_staff
from innovation_station.text import fits_a_line

STATES = ("open", "seen", "hand", "done", "void")
WAITING, ENDED = ("open", "seen", "hand"), ("done", "void")
SORTS = ("light", "power", "screen", "network", "furniture", "air", "dirt", "other")
TEXT_LONGEST, NOTE_LONGEST, REASON_LONGEST = 500, 1000, 100
MOST = 5  # reports of one member within WITHIN
MOST_NOTES = 200  # on one report
WITHIN = timedelta(hours=1)
CLOSED_AHEAD = 60  # days that a place may be closed for a fault at once: fewer than otherwise, see bookings.rules
PHOTO_BOX = (1600, 1600)


def report_refusals(sort: str, text: str) -> list[Refusal]:
    """List what is wrong with a report; there may be no words."""
    found = [] if sort in SORTS else [Refusal("fault-sort", "sort")]
    if len(text) > TEXT_LONGEST:
        return [*found, Refusal("fault-long", "text", {"longest": TEXT_LONGEST})]
    return found if _fits(text) else [*found, Refusal("fault-characters", "text")]


def note_refusals(text: str, count: int) -> list[Refusal]:
    """List why a note cannot be left on a report that has so many."""
    if not text:
        return [Refusal("fault-note", "note")]
    if len(text) > NOTE_LONGEST:
        return [Refusal("fault-long", "note", {"longest": NOTE_LONGEST})]
    if count >= MOST_NOTES:
        return [Refusal("fault-notes", "note", {"most": MOST_NOTES})]
    return [] if _fits(text) else [Refusal("fault-characters", "note")]


def _fits(text: str) -> bool:
    return all(fits_a_line(line) for line in text.split("\n"))


def close_refusals(last: date, today: date) -> list[Refusal]:
    """List why a place cannot be closed until a day, that day included."""
    if today <= last <= today + timedelta(days=CLOSED_AHEAD):
        return []
    return [Refusal("fault-days", "until", {"days": CLOSED_AHEAD})]


def closing_refusals(start: datetime, end: datetime, reason: str) -> list[Refusal]:
    """List why a place cannot be closed until an instant, with a reason that everybody reads; "" for the usual one."""
    found = []
    if end <= start:
        found.append(Refusal("end-before-start", "time"))
    if len(reason) > REASON_LONGEST or not fits_a_line(reason):
        found.append(Refusal("fault-reason", "reason", {"longest": REASON_LONGEST}))
    return found


def joins(sort: str) -> bool:
    """Tell whether reports of a sort on one space are of one fault."""
    return sort != "other"


def may_see_reports(actor: Actor) -> bool:
    """Tell whether a person sees what is broken, and says that it was seen to."""
    return is_staff(actor)
