"""Who may see what of a profile, how names are sorted and found, what becomes of two who may be colleagues. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Literal

NOBODY, MEMBERS, PUBLIC = 0, 1, 2
AUDIENCES = (NOBODY, MEMBERS, PUBLIC)
Reader = Literal["visitor", "member", "self"]
_LEAST: Mapping[Reader, int] = {"visitor": PUBLIC, "member": MEMBERS, "self": NOBODY}
# What a profile holds beside the name and the picture: field and its longest text.
FIELDS: Mapping[str, int] = {
    "pronouns": 40, "organisation": 100, "field": 100, "ask_about": 300, "looking_for": 300, "languages": 100,
}  # fmt: skip
PHOTO_SIZES = {"small": 96, "large": 384}
QUERY_LONGEST = 60
WORDS_ASKED = 5
WORDS_KEPT = 80
WORD_LONGEST = 40
PAGE = 24
LAST_PAGE = 500
OPEN_ASKS = 30
State = Literal["asked", "accepted", "declined", "withdrawn"]
STATES: tuple[State, ...] = ("asked", "accepted", "declined", "withdrawn")
Relation = Literal["none", "asked", "asks", "colleagues"]
_LETTERS = "åäö"  # letters of their own, not a and o with something on top
_SAME = str.maketrans({"ø": "ö", "æ": "ä", "đ": "d", "ł": "l", "ı": "i"})
_AFTER_Z = str.maketrans({"å": "{a", "ä": "{b", "ö": "{c"})
_WORD = re.compile(r"[^\W_]+")


def least(reader: Reader) -> int:
    """Give what a field must at least be shown to for a reader to see it."""
    return _LEAST[reader]


def may_see(reader: Reader, *, name: int, shown_to: int) -> bool:
    """Tell whether a reader sees a field: it must be shown to them, and so must the name it belongs to."""
    return min(name, shown_to) >= least(reader)


def fold(text: str) -> str:
    """Give a text as it is looked for: small letters without accents, but å, ä and ö are letters."""
    small = unicodedata.normalize("NFC", unicodedata.normalize("NFKC", text).casefold()).translate(_SAME)
    return "".join(letter if letter in _LETTERS else _bare(letter) for letter in small)


def _bare(letter: str) -> str:
    return "".join(part for part in unicodedata.normalize("NFD", letter) if not unicodedata.combining(part))


def sort_key(name: str) -> str:
    """Give what a name is sorted by, byte by byte: a to z, then å, ä, ö."""
    return " ".join(_WORD.findall(fold(name))).translate(_AFTER_Z)[:200]


def words(texts: Iterable[str], *, most: int = WORDS_KEPT) -> list[str]:
    """Give the different words of some texts as they are looked for, in order, at most so many."""
    found = (word[:WORD_LONGEST] for text in texts for word in _WORD.findall(fold(text)))
    return list(dict.fromkeys(found))[:most]


def asked_for(query: str) -> list[str]:
    """Give the beginnings of words that a search asks for."""
    return words([query[:QUERY_LONGEST]], most=WORDS_ASKED)


def relation(state: State | None, asked_by: int | None, me: int) -> Relation:
    """Name what two members are to each other as one of them may know it: a no looks like no answer yet."""
    if state == "accepted":
        return "colleagues"
    if state in (None, "withdrawn"):
        return "none"
    if asked_by == me:
        return "asked"
    return "asks" if state == "asked" else "none"


def after_asking(state: State | None, asked_by: int | None, me: int) -> State:
    """Give the state after one asks the other: who was asked and asks back has said yes."""
    if state is None:
        return "asked"
    if state == "accepted" or (asked_by != me and state in ("asked", "declined")):
        return "accepted"
    return "asked" if state == "asked" or asked_by != me else "declined"


def after_leaving(state: State, asked_by: int, me: int) -> State | None:
    """Give the state after one says no, ends it or takes the question back; None where nothing is left of it.

    A question that was answered with no stays answered, so that it cannot be put again and again.
    """
    if state == "asked" and asked_by != me:
        return "declined"
    if state in ("declined", "withdrawn"):
        return "withdrawn" if asked_by == me else state
    return None
