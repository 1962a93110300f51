"""Who may have whom forgotten, held or let go, and how long things take. Pure."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Literal

from innovation_station.errors import Refusal
from innovation_station.members.rules import Actor

STATES = ("waiting", "withdrawn", "done")
EXPORT_STATES = ("waiting", "ready")
LEAVE_KINDS = ("pause", "end")
LeaveKind = Literal["pause", "end"]
COOLING = timedelta(days=7)  # between asking to be forgotten and being forgotten
EXPORT_KEPT = timedelta(days=7)
ENDED_KEPT = timedelta(days=365)  # an account that was ended is forgotten then, without being asked
CASES_KEPT = timedelta(days=3 * 365)  # as long as somebody may ask whether the house did what it had to
LONGEST_PAUSE = timedelta(days=366)
SMALL = 1500  # records that are put together while somebody waits; more are left to the job
REASON_LONGEST = 300


def may_hold(actor: Actor) -> bool:
    """Tell who keeps data from going, and has members forgotten for them: administrators."""
    return actor.role == "admin"


def leave_refusals(kind: str, *, until: date | None, today: date, last_admin: bool) -> list[Refusal]:
    """List what speaks against a leave."""
    found = [Refusal("leave-last-admin")] if last_admin else []
    if kind not in LEAVE_KINDS:
        return [*found, Refusal("leave-kind", "kind")]
    if kind == "pause":
        if until is None:
            found.append(Refusal("pause-until", "until"))
        elif not today < until <= today + LONGEST_PAUSE:
            found.append(Refusal("pause-span", "until", {"last": today + LONGEST_PAUSE}))
    return found
