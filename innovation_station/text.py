"""What may stand in a line of text that people write and others read. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from innovation_station.errors import Refusal

# Control characters break feeds and logs, lone surrogates cannot be sent at all, and the marks that turn the direction
# of writing make a title read as something it is not. Joiners and hard spaces stay: emoji and names need them.
_UNFIT = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069]")


def fits_a_line(text: str) -> bool:
    """Tell whether a text can be shown in one line anywhere, as what it says."""
    return not _UNFIT.search(text)


def too_long(texts: Iterable[tuple[str, tuple[str, str], int]]) -> list[Refusal]:
    """List what is too long of texts in two languages, each by its name, (sv, en), and the most letters it may have."""
    return [
        Refusal("event-text-long", f"{name}_{language}", {"longest": longest})
        for name, both, longest in texts
        for language, text in zip(("sv", "en"), both, strict=True)
        if len(text) > longest
    ]


SIMPLE_FROM, SIMPLE_TO = "øØæÆđĐłŁı", "ooaaddlli"  # letters that are no other letter with a mark on it
MARKS = "\u0300-\u036f"
_MARKS, _SIMPLE = re.compile(f"[{MARKS}]"), str.maketrans(SIMPLE_FROM, SIMPLE_TO)


def unmarked(text: str) -> str:
    """Take the marks off letters: ö is o, é is e."""
    return _MARKS.sub("", unicodedata.normalize("NFKD", text))


def plain(text: str) -> str:
    """Give a text as it is looked for: small letters without marks, so that «asa» finds Åsa."""
    return unmarked(text).translate(_SIMPLE).lower()


Part = tuple[str, list[str]]


def parts(text: str) -> list[Part]:
    """Divide a text that staff write into what a page shows: ("h", [heading]), ("p", [paragraph]), ("ul", items).

    Blank lines divide; a line that begins with # is a heading, lines that begin with - are a list.
    """
    found: list[Part] = []
    for block in re.split(r"\n\s*\n", text.strip()):
        lines = [line.strip() for line in block.splitlines() if line.strip()]
        if len(lines) == 1 and lines[0].startswith("#"):
            found.append(("h", [lines[0].lstrip("# ")]))
        elif lines and all(line.startswith("- ") for line in lines):
            found.append(("ul", [line[2:] for line in lines]))
        elif lines:
            found.append(("p", [" ".join(lines)]))
    return found
