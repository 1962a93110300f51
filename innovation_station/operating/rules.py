"""What those may do who run the house. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

from innovation_station.errors import Refusal
from innovation_station.members.rules import Actor, is_staff
from innovation_station.text import fits_a_line

REASON_LONGEST = 200
MOST_RETRIED = 1000  # at once: they all leave now, and a mail server has its own patience
BACKUPS_KEPT = 100  # rows, not files


def may_see_operations(actor: Actor) -> bool:
    """Tell whether a person sees how jobs and mails are."""
    return is_staff(actor)


def may_operate(actor: Actor) -> bool:
    """Tell whether a person runs jobs, sends mails again, and reads the trail and what is stored."""
    return actor.role == "admin"


def discard_refusals(reason: str) -> list[Refusal]:
    """List why a mail cannot be given up for a reason."""
    if not reason:
        return [Refusal("mail-reason", "reason")]
    if len(reason) > REASON_LONGEST or not fits_a_line(reason):
        return [Refusal("mail-reason-long", "reason", {"longest": REASON_LONGEST})]
    return []


def is_late(last: datetime | None, now: datetime, days: int) -> bool:
    """Tell whether the last backup is older than it may be, or there is none; 0 days says that nobody asks."""
    return days > 0 and (last is None or last < now - timedelta(days=days))
