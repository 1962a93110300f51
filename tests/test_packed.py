"""Pieces that are put together without being opened."""

from __future__ import annotations

import gzip
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from innovation_station.packed import gzipped, opened, packed

PARTS = st.lists(st.binary(max_size=400) | st.binary(max_size=40).map(lambda data: data * 3000), max_size=6)


@given(PARTS)
def test_pieces_are_one_gzip_file_of_what_was_packed(parts: list[bytes]) -> None:
    pieces = [packed(part) for part in parts]
    assert opened(pieces) == b"".join(parts)
    assert gzip.decompress(gzipped(pieces)) == b"".join(parts)


@given(PARTS)
def test_file_has_one_member_and_ends_where_it_ends(parts: list[bytes]) -> None:
    """Programs differ on what follows the first member of a file; there is nothing."""
    reader = zlib.decompressobj(zlib.MAX_WBITS | 16)
    assert reader.decompress(gzipped([packed(part) for part in parts])) == b"".join(parts)
    assert reader.eof and reader.unused_data == b""


@pytest.mark.parametrize("size", [0, 1, 65535, 65536, 65537, 3_000_000])
def test_checksum_holds_for_pieces_of_any_size(size: int) -> None:
    data = bytes(range(256)) * (size // 256) + bytes(size % 256)
    assert gzip.decompress(gzipped([packed(b"head"), packed(data), packed(b"tail")])) == b"head" + data + b"tail"


def test_same_pieces_are_the_same_file() -> None:
    assert gzipped([packed(b"BEGIN"), packed(b"END")]) == gzipped(iter([packed(b"BEGIN"), packed(b"END")]))
