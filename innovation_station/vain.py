"""What was wanted in vain: counted by day, kind and reason, without who wanted it, and outside of any transaction.

A refusal is answered while others want the same place. So it is only noted in the memory of its process, and written
down with others a few seconds later, by a thread of its own; what a process has not written when it is killed is lost.
"""

from __future__ import annotations

import hashlib
import secrets
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from flask import Flask, current_app

SECONDS = 10
# The reasons that are counted, by what they come to; of several the first of these counts. What is only typed wrongly,
# such as a start that has passed, is nothing that anybody went without.
GROUPS: Mapping[str, tuple[str, ...]] = {
    "full": ("no-hit", "none-free", "taken", "held", "event-has-it", "busy-elsewhere", "too-close"),
    "size": ("too-small",),
    "closed": ("closed-space", "closed-day", "closed-hours", "holiday", "day-outside-rule", "outside-rule"),
    "plan": (
        "no-plan", "not-in-plan", "dedicated", "plan-resting", "plan-paused", "plan-ended", "plan-begins",
        "quota-hours", "quota-bookings", "shared-hours", "shared-bookings", "limit-hours", "limit-bookings",
        "limit-shared-hours", "limit-shared-bookings",
    ),
    "rules": (
        "too-far", "too-soon", "too-long", "too-short", "whole-days", "own-desk", "too-many-at-once", "not-your-role",
        "not-bookable",
    ),
}  # fmt: skip
_GROUP = {code: group for group, codes in GROUPS.items() for code in codes}
_ORDER = {code: order for order, code in enumerate(_GROUP)}
AHEAD = 400  # days: what somebody wants later than that is typed wrongly, most likely

ASKED_MOST = 10_000  # searches of an hour that a process knows again
_ASKED = "vain-asked"

Key = tuple[date, str, str]
Write = Callable[[Flask], object]


@dataclass(slots=True)
class _Asked:
    hour: datetime | None = None
    hashes: set[bytes] = field(default_factory=set)
    key: bytes = field(default_factory=lambda: secrets.token_bytes(32))


_waiting: Counter[Key] = Counter()
_lock = threading.Lock()
_writers: list[Write] = []
_timers: list[threading.Timer] = []


def group_of(code: str) -> str:
    """Give what a reason comes to."""
    return _GROUP.get(code, "rules")


def written_by(write: Write) -> Write:
    """Have a function write down what waits; it gets the app and asks `take`."""
    _writers[:] = [write]
    return write


def is_new(hour: datetime, *asked: object) -> bool:
    """Tell whether somebody asks for something for the first time in an hour, so that a page loaded anew counts once.

    Who asked for what is kept as a hash, in the memory of the process alone, with a key that ends with it, for an hour.
    """
    kept: _Asked = current_app.extensions.setdefault(_ASKED, _Asked())
    said = hashlib.blake2b(repr(asked).encode(), key=kept.key, digest_size=16).digest()
    with _lock:
        if kept.hour != hour or len(kept.hashes) >= ASKED_MOST:
            kept.hour, kept.hashes = hour, set()
        if said in kept.hashes:
            return False
        kept.hashes.add(said)
        return True


def note(day: date, kind: str, codes: Iterable[str], *, today: date) -> None:
    """Note that somebody wanted a place of a kind on a local day and did not get it, for these reasons."""
    found = min((code for code in codes if code in _GROUP), key=_ORDER.__getitem__, default=None)
    if found is None or not 0 <= (day - today).days <= AHEAD:
        return
    with _lock:
        _waiting[day, kind, found] += 1
        if _timers or not _writers or current_app.testing:
            return
        app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
        timer = threading.Timer(SECONDS, _run, (app,))
        timer.daemon = True
        _timers.append(timer)
    timer.start()


def _run(app: Flask) -> None:
    with _lock:
        _timers.clear()
    for write in _writers:
        write(app)


def take() -> Counter[Key]:
    """Take what waits to be written."""
    with _lock:
        found = Counter(_waiting)
        _waiting.clear()
    return found


def give_back(found: Counter[Key]) -> None:
    """Keep what could not be written for the next time."""
    with _lock:
        _waiting.update(found)
