"""Compressed pieces that are put together without being opened (RFC 1951, RFC 1952). Pure.

A gzip file is one stream of blocks between a head and the checksum of the whole. Pieces that were compressed each
for itself, and flushed to a whole byte, follow each other as blocks of one such stream; and the checksum of the
whole follows from those of the pieces and their lengths. So the answer of a feed is a join, and of a page whose larger
parts are kept only the rest is compressed.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

LEVEL = 5
_HEAD = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"  # deflate, no name, no date: the same bytes each time
_LAST_BLOCK = b"\x03\x00"
_ZEROS = memoryview(bytes(1 << 16))


@dataclass(frozen=True, slots=True)
class Piece:
    """Bytes, deflated without an end; `size` and `crc` are those of what is in it."""

    size: int
    crc: int
    body: bytes


def packed(data: bytes, level: int = LEVEL) -> Piece:
    """Compress a piece."""
    press = zlib.compressobj(level, zlib.DEFLATED, -zlib.MAX_WBITS)
    return Piece(len(data), zlib.crc32(data), press.compress(data) + press.flush(zlib.Z_SYNC_FLUSH))


def opened(pieces: Iterable[Piece]) -> bytes:
    """Give what is in some pieces, one after the other."""
    return zlib.decompressobj(-zlib.MAX_WBITS).decompress(b"".join(piece.body for piece in pieces))


def gzipped(pieces: Iterable[Piece]) -> bytes:
    """Put pieces together as one gzip file of one member."""
    bodies, crc, size = [_HEAD], 0, 0
    for piece in pieces:
        bodies.append(piece.body)
        crc = _moved(crc, piece.size) ^ piece.crc
        size += piece.size
    bodies += [_LAST_BLOCK, crc.to_bytes(4, "little"), (size & 0xFFFFFFFF).to_bytes(4, "little")]
    return b"".join(bodies)


def _moved(crc: int, by: int) -> int:
    """Give what a checksum becomes when `by` bytes follow that count for nothing.

    A checksum is linear but for a constant, which a second one over as many zeros takes out again.
    """
    return zlib.crc32(_zeros(by), crc) ^ _constant(by)


@lru_cache(maxsize=4096)
def _constant(by: int) -> int:
    return zlib.crc32(_zeros(by))


def _zeros(count: int) -> memoryview:
    return _ZEROS[:count] if count <= len(_ZEROS) else memoryview(bytes(count))
