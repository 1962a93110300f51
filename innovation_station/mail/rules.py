"""What a mail may be, when it is tried again, and how texts of people are made safe in it. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

State = Literal["queued", "sending", "sent", "parked", "discarded"]
STATES: tuple[State, ...] = ("queued", "sending", "sent", "parked", "discarded")
OPEN: tuple[State, ...] = ("queued", "sending")
Problem = Literal["refused", "unreachable", "unreadable", "interrupted"]
PROBLEMS: tuple[Problem, ...] = ("refused", "unreachable", "unreadable", "interrupted")
LEASE = timedelta(minutes=1)  # of a worker that says no more; a living one renews it
PATIENCE = timedelta(days=3)  # then a mail is parked: what it says is hardly news any more
FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=1), timedelta(hours=4)
LONGEST_ABSENCE = timedelta(minutes=15)  # between two looks whether the server is back
MOST_LOST = 3  # workers that a mail may take down with it
KEPT_FOR = timedelta(days=30)
REASON_LONGEST = 300
KEY_LONGEST, EMAIL_LONGEST, NAME_LONGEST = 200, 254, 200

_BREAKS = re.compile(r"[\x00-\x20\x7f-\xa0\u2028\u2029]+")
_UNFIT = re.compile(r"[\ud800-\udfff\u200b\u202a-\u202e\u2066-\u2069]")
# Where programs see an address in plain text: a dot or colon inside a word, a slash or an at sign.
_LINKABLE = re.compile(r"(?<=\w)([.:@])(?=[\w/])|(?<=/)(?=/)", re.UNICODE)
GAP = "\u200b"
_ADDRESS = re.compile(r"[^@\s\x00-\x1f\x7f,;<>\"()\[\]\\]{1,64}@[^@\s\x00-\x1f\x7f,;<>\"()\[\]\\]{1,253}")


@dataclass(frozen=True, slots=True)
class Receiver:
    """Who is written to, and in which language; None is the house's."""

    email: str
    name: str
    language: Literal["sv", "en"] | None = None


@dataclass(frozen=True, slots=True)
class Addressed:
    """One of many mails under a template: to whom, with which values; see `service.queue` for the rest."""

    to: Receiver
    values: Mapping[str, Any]
    member_id: int | None = None
    unsubscribe_url: str | None = None
    hold_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a try ended: sent; later (refused for now); away (the server could not be talked to); parked."""

    kind: Literal["sent", "later", "away", "parked"]
    problem: Problem | None = None
    reason: str = ""


SENT = Outcome("sent")

Method = Literal["REQUEST", "CANCEL", "PUBLISH"]
METHODS: tuple[Method, ...] = ("REQUEST", "CANCEL", "PUBLISH")
CALENDAR = "calendar part"  # among a mail's values; with a space it is no name that a template could ask for


@dataclass(frozen=True, slots=True)
class CalendarPart:
    """What a mail says to calendar programs: a whole iCalendar object and the METHOD that stands in it (RFC 6047).

    Raises ValueError where the two differ, and for a REQUEST or CANCEL about more than one thing: programs take the
    first UID and drop the rest (RFC 5546 3.2.2 wants one; grommunio/gromox#262). Several go as PUBLISH.
    """

    method: Method
    text: str

    def __post_init__(self) -> None:
        """Refuse what only a fault in the calling code can produce."""
        lines = self.text.split("\r\n")
        if lines[0] != "BEGIN:VCALENDAR" or lines[-2:] != ["END:VCALENDAR", ""]:
            raise ValueError("not an iCalendar object")
        if self.method not in METHODS or [line for line in lines if line[:7] == "METHOD:"] != [f"METHOD:{self.method}"]:
            raise ValueError(f"the calendar object is no {self.method}")
        if self.method != "PUBLISH" and len({line for line in lines if line[:4] == "UID:"}) != 1:
            raise ValueError(f"a {self.method} is about one thing")


@dataclass(frozen=True, slots=True)
class CalendarFacts:
    """What a calendar part is written of when the mail leaves: the name of its writer (see `calendar`) and JSON.

    Facts and not the object: its text names sender, receiver and language, which the outbox knows and who queues need
    not read, and costs nothing while somebody waits. They are those of the moment it was queued: whatever happens to
    the thing until the mail leaves is said by a mail of its own.
    """

    writer: str
    values: Mapping[str, Any]


def with_calendar(values: Mapping[str, Any], calendar: CalendarPart | CalendarFacts | None) -> dict[str, Any]:
    """Give the values of a mail with its calendar part, as the row keeps them: gone when the rest goes."""
    if calendar is None:
        return dict(values)
    if isinstance(calendar, CalendarPart):
        return {**values, CALENDAR: {"method": calendar.method, "text": calendar.text}}
    return {**values, CALENDAR: {"writer": calendar.writer, "values": dict(calendar.values)}}


def is_address(email: str) -> bool:
    """Tell whether a text has the shape of one address: no list, no line breaks, no comment."""
    return len(email) <= EMAIL_LONGEST and bool(_ADDRESS.fullmatch(email))


def wait(tries: int) -> timedelta:
    """Give how long to wait after so many tries: a minute, twice as long each time, four hours at most."""
    return min(FIRST_WAIT * 2 ** min(max(tries, 1) - 1, 20), LONGEST_WAIT)


def absence(looks: int) -> timedelta:
    """Give how long to leave a server alone that was away at so many looks in a row."""
    return min(FIRST_WAIT * 2 ** min(max(looks, 1) - 1, 20), LONGEST_ABSENCE)


def after(outcome: Outcome, *, tries: int, since: datetime, now: datetime) -> tuple[State, datetime]:
    """Give the state after a try and when the mail is due; `since` is when it was first due."""
    if outcome.kind == "sent":
        return "sent", now
    if outcome.kind == "parked" or now - since >= PATIENCE:
        return "parked", now
    return "queued", now + (wait(tries) if outcome.kind == "later" else FIRST_WAIT)


def one_line(text: str) -> str:
    """Give a text as one line: what breaks lines becomes a space, what turns their direction goes."""
    return _UNFIT.sub("", _BREAKS.sub(" ", text)).strip()


def unlinked(text: str) -> str:
    """Give a text of people's in which no program finds an address to turn into a link.

    A name like «evil.example/login» would otherwise be a link in a mail of ours. The gaps have no width.
    """
    return _LINKABLE.sub(lambda found: (found[1] or "") + GAP, one_line(text))


def harmless(value: Any) -> Any:
    """Give a JSON value with every text in it made safe to show."""
    if isinstance(value, str):
        return unlinked(value)
    if isinstance(value, Mapping):
        return {key: harmless(inner) for key, inner in value.items()}
    return [harmless(inner) for inner in value] if isinstance(value, (list, tuple)) else value


def intact(value: Any) -> Any:
    """Give a text as it was before it was made safe to show, for use inside an address."""
    return value.replace(GAP, "") if isinstance(value, str) else value


def reason(text: str) -> str:
    """Give what a server said as one short line, without the addresses that servers like to repeat."""
    return re.sub(r"\S+@\S+", "…", one_line(text))[:REASON_LONGEST]
