"""Reads a file in a process of its own, which may use little memory and little time and has nothing of the house.

A rule that never ends, a file that unfolds to gigabytes or a fault in a parser then cost one child. The child gets the
bytes and what is asked, gives back a reading as JSON, or what is to be kept of them packed, and knows no setting, no
database and no network. It is believed for so many bytes and no more.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from innovation_station.errors import Refusal, Refused, Unavailable
from innovation_station.external import lines, reading, safe
from innovation_station.external.reading import Ask, Reading
from innovation_station.timespan import Span

MEMORY = 768 << 20  # bytes of address space, of which an interpreter takes a part without using it
SECONDS = 10  # of the processor
PATIENCE = 60  # seconds by the clock on the wall: a machine under load gives a child little
A_RULE = 0.5  # seconds of the processor for one rule
AT_ONCE = threading.BoundedSemaphore(2)  # of one process: a page that is asked for again and again fills no machine
TURN = 5.0  # seconds that is waited for a turn
MOST_SAID = 8 << 20  # bytes that a child may answer: what it says is unpacked here, where nothing limits it

_PACKED = b"z"  # begins what is no JSON
_ROOT = str(Path(__file__).resolve().parents[2])
_START = "import sys; sys.path.insert(0, sys.argv[1]); from innovation_station.external import apart; apart.main()"


def read(data: bytes, ask: Ask) -> Reading:
    """Read a file apart.

    Raises Refused as `reading.read` does, and calendar-costly where the child was stopped; Unavailable where too many
    are being read.
    """
    first, last = ask.within.start.isoformat(), ask.within.end.isoformat()
    with _turn():
        question = {"first": first, "last": last, "house": ask.house, "zone": ask.zone, "texts": ask.texts}
        answer = _json(_said(question, data, MOST_SAID))
        if "reading" not in answer:
            raise Refused([Refusal("calendar-costly", "file")])
        return reading.unpacked(answer["reading"])


def kept(data: bytes, *, words: bool, texts: bool = False) -> bytes:
    """Give what is kept of a file (`lines.stripped`), packed. Raises Refused and Unavailable as `read`."""
    with _turn():
        packed = _said({"words": words, "keep": texts}, data, len(data) + MOST_SAID)
    if packed[:1] == _PACKED:
        return packed[1:]
    _json(packed)
    raise Refused([Refusal("calendar-costly", "file")])


@contextmanager
def _turn() -> Iterator[None]:
    """Wait until there are not too many at it, and no longer than who waits for a page would."""
    if not AT_ONCE.acquire(timeout=TURN):
        raise Unavailable([Refusal("database-busy")])
    try:
        yield
    finally:
        AT_ONCE.release()


def _json(said: bytes) -> Mapping[str, Any]:
    """Read what the child says in words. Raises Refused where it has refused the file."""
    try:
        answer = json.loads(said or b"{}")
    except ValueError:
        answer = {}
    if "refused" in answer:
        raise Refused([Refusal(**one) for one in answer["refused"]])
    return dict(answer)


def _said(question: Mapping[str, Any], data: bytes, most: int) -> bytes:
    """Give what a child says of a file; nothing where it fails, takes too long or says more than `most` bytes."""
    command = [sys.executable, "-I", "-X", "utf8", "-c", _START, _ROOT, json.dumps(question)]
    heard = bytearray()
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env={}
    ) as child:
        end = threading.Timer(PATIENCE, child.kill)
        feeder = threading.Thread(target=_feed, args=(child.stdin, data), daemon=True)
        end.daemon = True
        end.start()
        feeder.start()
        try:
            while len(heard) <= most and (piece := child.stdout.read1(1 << 16)):  # type: ignore[union-attr]
                heard += piece
            whole = len(heard) <= most and child.wait() == 0
        finally:
            end.cancel()
            child.kill()
            feeder.join()
    return bytes(heard) if whole else b""


def _feed(pipe: IO[bytes], data: bytes) -> None:
    """Give a child its file; it may be stopped before it has read it."""
    with suppress(OSError), pipe:
        pipe.write(data)


def main() -> None:
    """Be the child: limits first, then the bytes."""
    limit()
    question = json.loads(sys.argv[2])
    sys.stdout.buffer.write(said(question, sys.stdin.buffer.read()))


def said(question: Mapping[str, Any], data: bytes) -> bytes:
    """Give what the child says of a file to what it is asked."""
    if "words" in question:
        return shortened(data, words=question["words"], texts=question["keep"])
    within = Span(datetime.fromisoformat(question["first"]), datetime.fromisoformat(question["last"]))
    return _bytes(answer(data, Ask(within, question["house"], question["zone"], question["texts"])))


def shortened(data: bytes, *, words: bool, texts: bool = False) -> bytes:
    """Give what the child says of what is kept of a file."""
    try:
        found = lines.stripped(data, words=words, texts=texts)
        if len(found) > safe.LARGEST_FILE:
            raise Refused([Refusal("calendar-costly", "file")])
    except Refused as refused:
        return _bytes({"refused": [asdict(one) for one in refused.refusals]})
    return _PACKED + safe.packed(found)


def _bytes(said: Mapping[str, Any]) -> bytes:
    return json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")


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
