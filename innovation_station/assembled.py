"""Pages of which large parts are kept as bytes: only the rest is made, and compressed, for each answer.

A day of 50 places is 130 kB of markup that changes when somebody books, in a page of 20 kB that is its reader's. To
join, escape, encode and compress the former each time cost more than all else. So a template leaves a hole where a
part goes (`hole`), and `assembled` puts it there when the page is made.
"""

from __future__ import annotations

import re
import secrets
from collections import OrderedDict
from collections.abc import Hashable, Iterable, Sequence
from functools import cached_property, lru_cache
from threading import Lock
from typing import Generic, Protocol, TypeVar

from flask import Response
from markupsafe import Markup
from werkzeug.datastructures import Accept
from werkzeug.http import parse_accept_header

from innovation_station.packed import Piece, gzipped, packed

LEVEL = 6  # of parts, which are packed once: smaller than what a browser would get of a page packed for it alone
SHORT = 100  # bytes
_MARK = secrets.token_hex(12)  # nobody can write what would be taken for a hole
_HOLES = re.compile(f"<!--{_MARK}-([0-9]+)-->")


class Ready:
    """A part of pages as bytes, packed when the first browser asks for it so."""

    def __init__(self, text: str) -> None:
        self.data = text.encode()

    @cached_property
    def piece(self) -> Piece:
        """Give it packed."""
        return packed(self.data, LEVEL)


class Sized(Protocol):
    """Something that says how many bytes it keeps."""

    @property
    def size(self) -> int: ...


Kept = TypeVar("Kept", bound=Sized)


class Stock(Generic[Kept]):
    """What is kept, by what it was made of, up to a number of bytes; what was not asked for the longest goes first.

    Threads may share it.
    """

    def __init__(self, most: int) -> None:
        self._kept: OrderedDict[Hashable, Kept] = OrderedDict()
        self._size, self._most, self._lock = 0, most, Lock()

    def get(self, key: Hashable) -> Kept | None:
        """Give what is kept under a key."""
        with self._lock:
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
            return found

    def put(self, key: Hashable, made: Kept) -> None:
        """Keep something in place of what is there; nothing that alone would be too much."""
        with self._lock:
            if before := self._kept.pop(key, None):
                self._size -= before.size
            if made.size > self._most:
                return
            self._kept[key] = made
            self._size += made.size
            while self._size > self._most:
                self._size -= self._kept.popitem(last=False)[1].size


@lru_cache(maxsize=32)
def _short(data: bytes) -> Piece:
    """Pack what stands between two parts and is the same each time: to begin takes longer than to pack it."""
    return packed(data)


class Assembled(Response):
    """A page of parts: what was made for it, and what is kept."""

    parts: Sequence[bytes | Ready] = ()

    def put_together(self, *, packed_up: bool) -> None:
        """Make one body of the parts: as gzip, or as it is."""
        if packed_up:
            self.set_data(gzipped(map(_piece, self.parts)))
            self.headers["Content-Encoding"] = "gzip"
        else:
            self.set_data(b"".join(_plain(self.parts)))


def hole(number: int) -> Markup:
    """Leave a hole in a template for the part of that number."""
    return Markup(f"<!--{_MARK}-{number}-->")  # noqa: S704  ours


def assembled(text: str, ready: Sequence[Ready]) -> Assembled:
    """Make a page of its text and what goes into its holes."""
    texts = _HOLES.split(text)  # texts and numbers in turn
    parts = [ready[int(part)] if index % 2 else part.encode() for index, part in enumerate(texts)]
    answer = Assembled(_plain(parts), mimetype="text/html")
    answer.parts = parts
    return answer


def _piece(part: bytes | Ready) -> Piece:
    if isinstance(part, Ready):
        return part.piece
    return _short(part) if len(part) < SHORT else packed(part)


def _plain(parts: Iterable[bytes | Ready]) -> list[bytes]:
    return [part.data if isinstance(part, Ready) else part for part in parts]


@lru_cache(maxsize=64)  # browsers say the same each time, and there are few
def takes_gzip(accepted: str) -> bool:
    """Tell from a header whether a browser takes gzip."""
    asked = parse_accept_header(accepted, Accept)
    return any(name.lower() == "gzip" and quality > 0 for name, quality in asked)
