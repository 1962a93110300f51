"""How members are found and put in order, and what may be written about them. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from innovation_station.errors import Refusal
from innovation_station.members.rules import ROLES, STATES
from innovation_station.text import plain
from innovation_station.text import unmarked as without_marks

PAGE = 50
WORDS_LONGEST = 100
WORDS_MOST = 5
NOTE_LONGEST = 2000
SEEN = ("recent", "long-ago", "never")  # when somebody last logged in
RECENT_DAYS, LONG_DAYS = 30, 90  # a log-in that is remembered lasts for 60: who has not been for 90 has not been here
FACTORS = ("on", "off")
BOOKED = ("never", "some")
SORTS = ("name", "newest", "seen")
NONE = "none"  # of a plan or an organisation: those who have none
SORTED_FROM, SORTED_TO = "åÅäÄæÆöÖøØ", "{{||||}}}}"  # å, ä and ö come after z
_SORTED = str.maketrans(SORTED_FROM, SORTED_TO)
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def sortable(text: str) -> str:
    """Give what a name is sorted by, byte by byte: a to z, then å, ä, ö, without other marks."""
    low = unicodedata.normalize("NFC", text).translate(_SORTED)
    return without_marks(low).lower()


@dataclass(frozen=True, slots=True)
class Filter:
    """Which members a list is of, and in which order; an empty value narrows nothing."""

    words: str = ""
    state: str = ""
    role: str = ""
    plan: str = ""
    organisation: str = ""
    seen: str = ""
    factor: str = ""
    booked: str = ""
    waiting: bool = False
    sort: str = "name"

    @classmethod
    def of(cls, args: Mapping[str, str]) -> Filter:
        """Read an address; what it cannot mean narrows nothing."""
        return cls(
            " ".join(args.get("q", "")[:WORDS_LONGEST].split()), _one_of(args, "state", STATES),
            _one_of(args, "role", ROLES), _id_or_none(args, "plan"), _id_or_none(args, "organisation"),
            _one_of(args, "seen", SEEN), _one_of(args, "factor", FACTORS), _one_of(args, "booked", BOOKED),
            args.get("waiting") == "y", _one_of(args, "sort", SORTS) or "name",
        )  # fmt: skip

    @property
    def query(self) -> dict[str, str]:
        """Give the values by which an address says it, without those that narrow nothing."""
        said = {
            "q": self.words, "state": self.state, "role": self.role, "plan": self.plan,
            "organisation": self.organisation, "seen": self.seen, "factor": self.factor, "booked": self.booked,
            "waiting": "y" if self.waiting else "", "sort": "" if self.sort == "name" else self.sort,
        }  # fmt: skip
        return {name: value for name, value in said.items() if value}

    @property
    def narrows(self) -> int:
        """Count what narrows the list beside the words and the state, which stand by themselves."""
        return len(self.query.keys() - {"q", "state", "sort"})

    @property
    def terms(self) -> list[str]:
        """Give the beginnings of words that are looked for."""
        return [plain(word) for word in self.words.split()[:WORDS_MOST]]

    def of_state(self, state: str) -> Filter:
        """Give the same for another state."""
        return replace(self, state=state)


def _one_of(args: Mapping[str, str], name: str, known: tuple[str, ...]) -> str:
    return args.get(name, "") if args.get(name, "") in known else ""


def _id_or_none(args: Mapping[str, str], name: str) -> str:
    text = args.get(name, "")
    return text if text == NONE or re.fullmatch(r"[1-9][0-9]{0,8}", text) else ""


# What is changed of many at once, and which of it can be taken back: what no mail has told, and nothing is priced by.
ACTS = ("plan", "organisation", "end", "invite", "note", "role")
UNDONE = frozenset({"organisation", "end", "note", "role"})
EDITED_MOST = 500  # in one transaction, each with its entry in the trail
FILE_LINES = 20_001
SHOWN_MOST = 600  # lines of a file that are shown
UNDO_FOR = timedelta(minutes=10)


def day_refusals(day: date | None, today: date) -> list[Refusal]:
    """Check from which day on something is to hold: what is over has been priced."""
    if day is None:
        return [Refusal("date-malformed", "day")]
    return [Refusal("note-past", "day")] if day < today else []


def harmless(text: str) -> str:
    """Write a text for a cell so that no program of tables takes it for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def unmarked(text: str) -> str:
    """Take off the mark by which a cell was kept from being a formula."""
    return text[1:] if text.startswith("'") and text[1:].startswith(_FORMULA) else text


def note_text(text: str) -> str:
    """Give a note as it is stored: lines without blanks at their ends, and none around."""
    return "\n".join(line.rstrip() for line in text.replace("\r\n", "\n").split("\n")).strip()


def note_refusals(text: str) -> list[Refusal]:
    """List what is wrong with a note."""
    if not text:
        return [Refusal("member-note-empty", "text")]
    shown = text.replace("\n", "").replace("\t", "")
    if len(text) > NOTE_LONGEST or not shown.isprintable():
        return [Refusal("member-note-long", "text", {"most": NOTE_LONGEST})]
    return []


def facts_of(chosen: Filter) -> dict[str, Any]:
    """Give what the trail keeps of a filter: that words were looked for, and not which; they may be a name."""
    return {name: ("*" if name == "q" else value) for name, value in chosen.query.items()}
