"""Members in a CSV file, line by line: as spreadsheets write them, in bounded memory, with a reason for what is wrong.

UTF-8 with or without a mark, UTF-16 with one, else Windows' Latin-1; commas, semicolons or tabs; any line ends. A field
holds no line break: an open quote then spoils its own line, and not the rest of the file.
"""

from __future__ import annotations

import codecs
import csv
import io
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import BinaryIO

from innovation_station.errors import Refusal, Refused
from innovation_station.members import rules

MOST_LINES = 200_000
LONGEST_LINE = 2_000  # characters
BATCH = 500
_CHUNK = 1 << 16
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_NAMES = {
    "email": "email", "e-mail": "email", "e-post": "email", "epost": "email", "mail": "email", "adress": "email",
    "name": "name", "namn": "name", "language": "language", "språk": "language", "sprak": "language",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """One line: its number in the file, and what it says; or why it cannot be a member."""

    number: int
    email: str = ""
    name: str = ""
    language: str | None = None
    refusal: Refusal | None = None


def batches(file: BinaryIO) -> Iterator[list[Row]]:
    """Read a file that can be read twice, a batch at a time. Raises Refused where it has no column of addresses."""
    rows = _rows(file)
    while batch := list(islice(rows, BATCH)):
        yield batch


def _rows(file: BinaryIO) -> Iterator[Row]:
    text = io.TextIOWrapper(file, encoding=encoding(file), errors="replace", newline=None)
    try:
        columns: list[str] | None = None
        delimiter = ","
        for number, line in _lines(text):
            if number > MOST_LINES:
                raise Refused([Refusal("file-long", "file", {"most": MOST_LINES})])
            if not line.strip(" \t,;\n"):
                continue
            if columns is None:
                delimiter = max(",;\t", key=line.count)
                columns = _columns(line, delimiter)
                continue
            yield _row(number, line, delimiter, columns)
        if columns is None:
            raise Refused([Refusal("file-columns", "file")])
    finally:
        text.detach()  # the file is the caller's to close


def encoding(file: BinaryIO) -> str:
    """Find how a file is written: its mark says so, else it is UTF-8 if it can be."""
    start = file.read(4)
    file.seek(0)
    for mark, name in _MARKS:
        if start.startswith(mark):
            return name
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        while chunk := file.read(_CHUNK):
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return "cp1252"
    finally:
        file.seek(0)
    return "utf-8"


def _lines(text: io.TextIOWrapper) -> Iterator[tuple[int, str]]:
    """Number the lines; of one without end only its beginning is kept, long enough to be seen as too long."""
    number = 0
    while line := text.readline(LONGEST_LINE + 1):
        number += 1
        rest = line
        while len(rest) > LONGEST_LINE and not rest.endswith("\n"):
            rest = text.readline(LONGEST_LINE + 1)
        yield number, line


def _columns(line: str, delimiter: str) -> list[str]:
    names = [_NAMES.get(_plain(cell).casefold(), "") for cell in next(csv.reader([line], delimiter=delimiter))]
    if names.count("email") != 1:
        raise Refused([Refusal("file-columns", "file")])
    return names


def _plain(cell: str) -> str:
    return unicodedata.normalize("NFC", cell).strip()


def _row(number: int, line: str, delimiter: str, columns: Sequence[str]) -> Row:
    if len(line) > LONGEST_LINE:
        return Row(number, refusal=Refusal("line-long"))
    try:
        cells = next(csv.reader([line.rstrip("\n")], delimiter=delimiter, strict=True))
    except (csv.Error, StopIteration):
        return Row(number, refusal=Refusal("line-broken"))
    given = {name: _plain(cell) for name, cell in zip(columns, cells, strict=False) if name}
    email = rules.normal_email(given.get("email", ""))
    name = given.get("name") or email.partition("@")[0]
    language = given.get("language", "").lower() or None
    return Row(number, email, name, language, _refusal(email, name, language))


def _refusal(email: str, name: str, language: str | None) -> Refusal | None:
    if not rules.is_email(email):
        return Refusal("email-malformed")
    if language not in (None, "sv", "en"):
        return Refusal("language-unknown")
    return next(iter(rules.name_refusals(name)), None)
