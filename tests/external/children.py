"""Children that read a file apart without the start of an interpreter, which is most of what such a child takes.

One process has what a child needs and makes a copy of itself for each file: under the same limits, and with what it says
of one file gone before the next. That the program's own children are such is what tests/external/test_hostile.py shows,
with `really_apart`.
"""

from __future__ import annotations

import json
import os
import struct
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

from innovation_station.external import apart

_HEAD = struct.Struct("!QQ")
_START = "import sys; sys.path.insert(0, sys.argv[1]); from tests.external import children; children.serve()"


class Children:
    """The process that makes them, from the first file on."""

    def __init__(self) -> None:
        self.process: subprocess.Popen[bytes] | None = None

    def said(self, question: Mapping[str, Any], data: bytes, most: int) -> bytes:
        """Take the place of `apart._said`."""
        if self.process is None:
            self.process = subprocess.Popen(
                [sys.executable, "-I", "-X", "utf8", "-c", _START, apart._ROOT],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={},
            )  # fmt: skip
        asked = json.dumps(question).encode()
        given, taken = self.process.stdin, self.process.stdout
        assert given and taken
        given.write(_HEAD.pack(len(asked), len(data)) + asked + data)
        given.flush()
        status, length = _HEAD.unpack(taken.read(_HEAD.size))
        said = taken.read(length)
        return said if not status and length <= most else b""

    def close(self) -> None:
        """End the process."""
        if self.process:
            with self.process as ended:
                ended.kill()


def serve() -> None:
    """Be the process. A rule has less time than in the program: one that is stopped is stopped sooner."""
    apart.A_RULE = 0.1
    given, taken = sys.stdin.buffer, sys.stdout.buffer
    while head := given.read(_HEAD.size):
        asked, length = _HEAD.unpack(head)
        question, data = json.loads(given.read(asked)), given.read(length)
        read, write = os.pipe()
        if not (child := os.fork()):
            _answer(question, data, write)
        os.close(write)
        with os.fdopen(read, "rb") as pipe:
            said = pipe.read()
        _child, status = os.waitpid(child, 0)
        taken.write(_HEAD.pack(status, len(said)) + said)
        taken.flush()


def _answer(question: Mapping[str, Any], data: bytes, write: int) -> None:
    status = 1
    try:
        apart.limit()
        with os.fdopen(write, "wb") as pipe:
            pipe.write(apart.said(question, data))
        status = 0
    finally:
        os._exit(status)
