"""Events of a calendar file as drafts: what one says, where it is here, and what has changed since it was taken. Pure.

An event is known again by UID and RECURRENCE-ID together, and what was taken in by a stamp of what the file said: the
same file twice makes nothing new, and a changed one shows what is others. Where a series moves, or an event becomes
one, its dates have other names there; so what the UID alone knows is laid beside them by the day, then in order.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from innovation_station.errors import Refusal
from innovation_station.events.rules import (
    BODY_LONGEST,
    TITLE_LONGEST,
    Facts,
    Programme,
    facts_refusals,
    is_web,
    programme_refusals,
)  # fmt: skip
from innovation_station.external.reading import Entry
from innovation_station.external.rules import event_key
from innovation_station.spaces.rules import House, Language
from innovation_station.timespan import Span

MOST = 200  # at a time; who has more takes them in turn
AHEAD = timedelta(days=400)
PLACE_LONGEST = 150
State = Literal["new", "same", "changed", "edited", "planned", "shown", "cancelled", "refused"]
TAKEN: tuple[State, ...] = ("new", "changed", "edited")
"""What can be chosen: of an edited one only by who says so."""


@dataclass(frozen=True, slots=True)
class Found:
    """An event of a file. `place` is what it says of where it is, `space_id` the place of the house that this names."""

    key: str
    uid: str
    span: Span
    title: str
    place: str = ""
    about: str = ""
    url: str = ""
    space_id: int | None = None
    all_day: bool = False
    recurring: bool = False

    @property
    def stamp(self) -> str:
        """Name what the file says of it; another where anything of it is another."""
        said = (self.span.start.isoformat(), self.span.end.isoformat(), self.title, self.place, self.about, self.url)
        return hashlib.blake2b("\x1f".join(said).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()

    def facts(self, language: Language, before: Facts | None = None) -> Facts:
        """Give what is said of it in a language; of one that is known the rest stays as it was."""
        web = self.place if is_web(self.place) else ""
        link = f"<{self.url}>" if is_web(self.url) else ""
        body = "\n\n".join(filter(None, (self.about, link)))[:BODY_LONGEST]
        known = before or Facts(("", ""))
        return replace(
            known, titles=_in(language, self.title[:TITLE_LONGEST], known.titles),
            bodies=_in(language, body, known.bodies), format="online" if web else known.format,
            online_url=web or known.online_url,
        )  # fmt: skip


def _in(language: Language, text: str, texts: tuple[str, str]) -> tuple[str, str]:
    return (text, texts[1]) if language == "sv" else (texts[0], text)


@dataclass(frozen=True, slots=True)
class Known:
    """An event that was taken in before, as it is now: `edited` that somebody has changed it here since, `planned` that
    it has a programme or rooms. `language` is that of the texts it was taken in with."""

    event_id: int
    key: str
    uid_key: str
    stamp: str
    state: str
    revision: int
    edited: bool
    planned: bool
    language: Language
    title: str
    span: Span
    place: str


@dataclass(frozen=True, slots=True)
class Row:
    """An event of a file beside what is known of it; `refusals` are why it cannot be a draft."""

    found: Found
    state: State
    known: Known | None = None
    refusals: tuple[Refusal, ...] = ()

    @property
    def differences(self) -> list[tuple[Literal["title", "time", "place", "text"], object, object]]:
        """List what is another now: what, as it is here, and as the file has it. Of texts it is only told that."""
        if self.known is None or self.state in ("new", "same", "cancelled"):
            return []
        pairs: list[tuple[Literal["title", "time", "place", "text"], object, object]] = [
            ("title", self.known.title, self.found.title[:TITLE_LONGEST]),
            ("time", self.known.span, self.found.span),
            ("place", self.known.place, self.found.place),
        ]
        found = [one for one in pairs if one[1] != one[2]]
        return found or [("text", "", "")]


def window(now: datetime) -> Span:
    """Give the time of which events are taken in: what is over is no draft of anything."""
    return Span(now, now + AHEAD)


def found_in(entries: Iterable[Entry], house: House) -> list[Found]:
    """Read the entries of a file as events, by time; what takes nobody's time is an event all the same."""
    names = _names(house)
    return [
        Found(
            entry.key, entry.uid, entry.span, entry.title, entry.place[:PLACE_LONGEST], entry.about, entry.url,
            match_place(entry.place, names), entry.all_day, bool(entry.recurrence),
        )
        for entry in sorted(entries)
        if entry.status != "doubtful"
    ]  # fmt: skip


def _names(house: House) -> Mapping[str, int]:
    """Give the places of the house by what they are called, without those that two share."""
    found: dict[str, int | None] = {}
    for place in house.places.values():
        if place.id not in house.gone:
            name = _plain(place.name)
            found[name] = None if name in found else place.id
    return {name: space_id for name, space_id in found.items() if name and space_id is not None}


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())


def match_place(said: str, names: Mapping[str, int]) -> int | None:
    """Tell which place of the house a text names: one of its parts between commas, or the only name that stands in it
    as whole words. None where it names none, or two."""
    for part in re.split(r"[,;|()/\n]", said):
        if (found := names.get(_plain(part))) is not None:
            return found
    plain = _plain(said)
    inside = {
        space_id
        for name, space_id in names.items()
        if len(name) >= 3 and re.search(rf"(?<!\w){re.escape(name)}(?!\w)", plain)
    }
    return inside.pop() if len(inside) == 1 else None


def compare(
    found: Iterable[Found], known: Mapping[str, Known], cancelled: Iterable[Known], language: Language
) -> list[Row]:  # fmt: skip
    """Lay a file beside what was taken in before, by time; `cancelled` are those that the file says are."""
    rows = [_row(one, known.get(one.key), language) for one in found]
    gone = [
        Row(Found(one.key, "", one.span, one.title, one.place), "cancelled", one)
        for one in cancelled
        if one.state in ("draft", "published")
    ]
    return sorted([*rows, *gone], key=lambda row: (row.found.span, row.found.key))


def _row(found: Found, known: Known | None, language: Language) -> Row:
    if known is not None and known.stamp == found.stamp:
        return Row(found, "same", known)
    refused = (*facts_refusals(found.facts(language)), *programme_refusals(Programme(found.span), {}))
    if refused:
        return Row(found, "refused", known, refused)
    if known is None:
        return Row(found, "new")
    if known.state != "draft":
        return Row(found, "shown", known)
    if known.planned:
        return Row(found, "planned", known)
    return Row(found, "edited" if known.edited else "changed", known)


def renamed(found: Iterable[Found], lost: Iterable[Known], zone: ZoneInfo) -> dict[str, Known]:
    """Tell which of the events that a file does not name any more are new ones of the same UID, by the key of these:
    that of the same day, then in order of time."""
    known: dict[str, list[Known]] = {}
    for old in sorted(lost, key=lambda old: old.span):
        known.setdefault(old.uid_key, []).append(old)
    again: dict[str, Known] = {}
    for by_day in (True, False):
        for one in sorted(found, key=lambda one: one.span):
            rest = known.get(event_key(one.uid), [])
            day = one.span.start.astimezone(zone).date()
            fits = (old for old in rest if not by_day or old.span.start.astimezone(zone).date() == day)
            if one.key not in again and (fit := next(fits, None)) is not None:
                rest.remove(fit)
                again[one.key] = fit
    return again


def token(rows: Iterable[Row]) -> str:
    """Name what was shown, so that nothing else is taken: another where any event of it has changed meanwhile."""
    said = "\n".join(
        f"{row.found.key} {row.found.stamp} {row.state} {row.known.revision if row.known else ''}" for row in rows
    )
    return hashlib.sha256(said.encode()).hexdigest()[:32]
