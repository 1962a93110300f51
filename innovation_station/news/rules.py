"""What a news item is and who sees it. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from innovation_station.errors import Refusal
from innovation_station.members.rules import Actor, is_staff
from innovation_station.text import too_long

STATES = ("draft", "published", "archived")
TITLE_LONGEST, SUMMARY_LONGEST, BODY_LONGEST, ALT_LONGEST, SLUG_LONGEST = 150, 400, 8000, 250, 80
PICTURE_BOX = (1200, 630)
LISTED = 20  # on a page of the list
IN_FEED = 30
FARTHEST = timedelta(days=366)  # ahead that something may be published
_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


class Seen(Protocol):
    """What the rules need to know of a news item to say who sees it."""

    @property
    def state(self) -> str: ...
    @property
    def shown_from(self) -> datetime | None: ...


@dataclass(frozen=True, slots=True)
class Facts:
    """What a news item says; texts in two languages are (sv, en). `alts` tell what its picture shows."""

    titles: tuple[str, str]
    summaries: tuple[str, str] = ("", "")
    bodies: tuple[str, str] = ("", "")
    alts: tuple[str, str] = ("", "")


def may_tell(actor: Actor) -> bool:
    """Tell whether somebody writes news: staff."""
    return is_staff(actor)


def phase(item: Seen, now: datetime) -> str:
    """Name where a news item stands: draft, ahead of its hour, published or archived."""
    if item.state == "published" and (item.shown_from is None or item.shown_from > now):
        return "ahead"
    return item.state


def may_see(reader: Actor | None, item: Seen, now: datetime) -> bool:
    """Tell whether somebody may read its page: everybody once it is out, staff before."""
    return phase(item, now) in ("published", "archived") or (reader is not None and may_tell(reader))


def facts_refusals(given: Facts) -> list[Refusal]:
    """List what is wrong with what a news item says."""
    found = []
    if not any(title.strip() for title in given.titles):
        found.append(Refusal("event-nameless", "title_sv"))
    found += too_long((
        ("title", given.titles, TITLE_LONGEST), ("summary", given.summaries, SUMMARY_LONGEST),
        ("body", given.bodies, BODY_LONGEST), ("alt", given.alts, ALT_LONGEST),
    ))  # fmt: skip
    return found


def publish_refusals(given: Facts, *, picture: bool, at: datetime | None, now: datetime) -> list[Refusal]:
    """List why a news item cannot be shown, or not from then on."""
    found = []
    languages = [bool(title.strip() and body.strip()) for title, body in zip(given.titles, given.bodies, strict=True)]
    if not any(languages):
        found.append(Refusal("news-empty", "body_sv"))
    if picture and not any(alt.strip() for alt in given.alts):
        found.append(Refusal("news-alt", "alt_sv"))
    if at is not None and at > now + FARTHEST:
        found.append(Refusal("news-far", "date"))
    return found


def is_slug(text: str) -> bool:
    """Tell whether a text may be the last part of an address."""
    return len(text) <= SLUG_LONGEST and bool(_SLUG.fullmatch(text))


def shown_from(known: datetime | None, at: datetime | None, now: datetime) -> datetime:
    """Give from when on a news item is shown: as asked, else since it was first, else now."""
    if at is not None and at > now:
        return at
    return known if known is not None and known <= now else now


def updated(item: Seen, changed_at: datetime) -> datetime:
    """Give when what readers see changed last: nobody saw what changed before it was shown."""
    return max(changed_at, item.shown_from) if item.shown_from is not None else changed_at
