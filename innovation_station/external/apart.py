"""Reads a file in a process of its own, which may use little memory and little time and has nothing of the house.

A rule that never ends, a file that unfolds to gigabytes or a fault in a parser then cost one child. The child gets the
bytes and what is asked, gives back a reading as JSON, and knows no setting, no database and no network.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from innovation_station.errors import Refusal, Refused, Unavailable
from innovation_station.external import reading
from innovation_station.external.reading import Ask, Reading
from innovation_station.timespan import Span

MEMORY = 768 << 20  # bytes of address space, of which an interpreter takes a part without using it
SECONDS = 10  # of the processor
PATIENCE = 60  # seconds by the clock on the wall: a machine under load gives a child little
A_RULE = 0.5  # seconds of the processor for one rule
AT_ONCE = threading.BoundedSemaphore(2)  # of one process: a page that is asked for again and again fills no machine
TURN = 5.0  # seconds that is waited for a turn

_ROOT = str(Path(__file__).resolve().parents[2])
_START = "import sys; sys.path.insert(0, sys.argv[1]); from innovation_station.external import apart; apart.main()"


def read(data: bytes, ask: Ask) -> Reading:
    """Read a file apart.

    Raises Refused as `reading.read` does, and calendar-costly where the child was stopped; Unavailable where too many
    are being read.
    """
    if not AT_ONCE.acquire(timeout=TURN):
        raise Unavailable([Refusal("database-busy")])
    try:
        return _read(data, ask)
    finally:
        AT_ONCE.release()


def _read(data: bytes, ask: Ask) -> Reading:
    first, last = ask.within.start.isoformat(), ask.within.end.isoformat()
    question = json.dumps({"first": first, "last": last, "house": ask.house, "zone": ask.zone})
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-X", "utf8", "-c", _START, _ROOT, question],
            input=data, capture_output=True, timeout=PATIENCE, env={}, check=False,
        )  # fmt: skip
        answer = json.loads(done.stdout) if done.returncode == 0 else {}
    except (subprocess.TimeoutExpired, ValueError):
        answer = {}
    if "refused" in answer:
        raise Refused([Refusal(**one) for one in answer["refused"]])
    if "reading" not in answer:
        raise Refused([Refusal("calendar-costly", "file")])
    return reading.unpacked(answer["reading"])


def main() -> None:
    """Be the child: limits first, then the bytes."""
    limit()
    question = json.loads(sys.argv[2])
    ask = Ask(
        Span(datetime.fromisoformat(question["first"]), datetime.fromisoformat(question["last"])),
        question["house"], question["zone"],
    )  # fmt: skip
    sys.stdout.write(json.dumps(answer(sys.stdin.buffer.read(), ask)))


def answer(data: bytes, ask: Ask) -> Mapping[str, Any]:
    """Give what the child says of a file."""
    try:
        return {"reading": reading.packed(reading.read(data, ask, timed))}
    except Refused as refused:
        return {"refused": [asdict(one) for one in refused.refusals]}


def limit() -> None:
    """Take from this process what it does not need. Where the system knows no limits, the parent's patience is one."""
    try:
        import resource  # Windows has none
    except ImportError:
        return
    wanted = {
        resource.RLIMIT_AS: MEMORY, resource.RLIMIT_CPU: SECONDS, resource.RLIMIT_FSIZE: 0, resource.RLIMIT_CORE: 0,
    }  # fmt: skip
    for kind, most in wanted.items():
        hard = resource.getrlimit(kind)[1]
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (most, most))


@contextmanager
def timed() -> Iterator[None]:
    """Raise TimeoutError in what takes the processor for longer than a rule may; only for a process of its own."""

    def stop(_number: int, _frame: object) -> None:
        raise TimeoutError

    if not hasattr(signal, "setitimer"):
        yield
        return
    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, A_RULE)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
