"""When a door is open, who may be let in, and who counts as in the house. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from innovation_station.errors import Refusal
from innovation_station.timespan import Span, to_utc

WAYS = ("ticket", "list", "walk-in")
BEFORE, AFTER = timedelta(hours=12), timedelta(hours=12)  # so long round an event people are checked in
LINGERING = timedelta(hours=1)  # after its end who came to an event is still counted as in the house
SURE_FOR = timedelta(hours=18)  # of who came longer ago, to an event of several days, nobody knows: they may be here
ASKED_FOR = timedelta(days=30)  # so long after an event its visitors may say how it was
FEWEST = 3  # answers below this are shown to nobody: who knows who came would know whose they are
RATINGS = (1, 2, 3, 4, 5)
MOST_QUESTIONS, QUESTION_LONGEST, THANKS_LONGEST, ANSWER_LONGEST = 3, 150, 1000, 2000
PLACED = frozenset({"registered"})


def door_refusals(state: str, span: Span, now: datetime) -> list[Refusal]:
    """List why nobody is checked in to an event: it is not published, or not around now."""
    if state != "published":
        return [Refusal("event-state")]
    if not span.start - BEFORE <= now < span.end + AFTER:
        return [Refusal("door-shut", None, {"at": span.start})]
    return []


def ticket_refusals(state: str) -> list[Refusal]:
    """List why a registration lets nobody in."""
    return [] if state in PLACED else [Refusal("ticket-none")]


@dataclass(frozen=True, slots=True)
class Present:
    """Somebody who is in the house, or should be: `sure` where that was noted. A person has one `key`."""

    key: str
    name: str
    why: str
    where: str
    since: datetime | None = None
    sure: bool = False


def once(found: Iterable[Present]) -> list[Present]:
    """Name each person once, with all that is known of where they are, by name; who is sure to be here stays so."""
    people: dict[str, Present] = {}
    for one in found:
        known = people.get(one.key)
        if known is None:
            people[one.key] = one
            continue
        where = ", ".join(dict.fromkeys(filter(None, (*known.where.split(", "), one.where))))
        starts = [at for at in (known.since, one.since) if at is not None]
        why = known.why if known.why == one.why else f"{known.why}, {one.why}"
        people[one.key] = Present(
            one.key, known.name, why, where, min(starts, default=None), known.sure or one.sure
        )  # fmt: skip
    return sorted(people.values(), key=lambda one: (one.name.casefold(), one.key))


# -- afterwards --------------------------------------------------------------------------------------------------------


def asked_at(end: datetime, zone: ZoneInfo) -> datetime:
    """Give when the visitors of an event are asked: at nine the day after."""
    return to_utc(end.astimezone(zone).date() + timedelta(days=1), time(9), zone)


def wish_refusals(thanks: Iterable[str], questions: Iterable[tuple[str, str]]) -> list[Refusal]:
    """List what is wrong with what staff want to say and ask."""
    found, pairs = [], list(questions)
    if any(len(text) > THANKS_LONGEST for text in thanks):
        found.append(Refusal("event-text-long", "thanks_sv", {"longest": THANKS_LONGEST}))
    if len(pairs) > MOST_QUESTIONS or any(len(text) > QUESTION_LONGEST for pair in pairs for text in pair):
        found.append(Refusal("feedback-questions", "questions", {"most": MOST_QUESTIONS, "longest": QUESTION_LONGEST}))
    return found


def answer_refusals(rating: int | None, text: str, answers: Iterable[str]) -> list[Refusal]:
    """List why an answer cannot be kept: it is empty, too long, or not from one to five."""
    given = [text.strip(), *answers]
    found = []
    if rating is not None and rating not in RATINGS:
        found.append(Refusal("event-choice", "rating"))
    if any(len(one) > ANSWER_LONGEST for one in given):
        found.append(Refusal("event-text-long", "text", {"longest": ANSWER_LONGEST}))
    if rating is None and not any(given):
        found.append(Refusal("feedback-empty", "rating"))
    return found
