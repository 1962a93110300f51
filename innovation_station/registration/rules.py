"""When one may register, what is asked, how many may be there at once, and what is news to a registrant. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from innovation_station.errors import Refusal
from innovation_station.members.rules import is_email, name_refusals
from innovation_station.text import fits_a_line
from innovation_station.timespan import Span

STATES = ("pending", "registered", "offered", "waiting", "cancelled")
LIVE = ("pending", "registered", "offered", "waiting")
ENDINGS = ("self", "staff", "event", "expired")
QUESTION_KINDS = ("text", "choice", "check", "diet")
LABEL_LONGEST, ANSWER_LONGEST, NAME_LONGEST, REASON_LONGEST = 150, 500, 100, 200
MOST_QUESTIONS, MOST_CHOICES, MOST_PLACES, MOST_LINKS, MOST_HOURS, MOST_DAYS = 10, 12, 5000, 50, 168, 90
HELD_UNCONFIRMED = timedelta(minutes=30)
CONFIRMED_WITHIN = timedelta(hours=24)
KEPT_FOR = timedelta(days=90)
REMINDED = timedelta(hours=24)  # so long before an event those who have a place are reminded


@dataclass(frozen=True, slots=True)
class Question:
    """One field of the form: a short name of its own, what is asked in Swedish and English, and what may be chosen."""

    name: str
    kind: str
    labels: tuple[str, str]
    choices: tuple[tuple[str, str], ...] = ()
    required: bool = False

    @classmethod
    def read(cls, stored: Mapping[str, Any]) -> Question:
        """Read what a row keeps."""
        choices = tuple((str(sv), str(en)) for sv, en in stored.get("choices", ()))
        labels = str(stored["labels"][0]), str(stored["labels"][1])
        return cls(str(stored["name"]), str(stored["kind"]), labels, choices, bool(stored.get("required")))

    @property
    def written(self) -> dict[str, Any]:
        """Give it as a row keeps it."""
        return {
            "name": self.name, "kind": self.kind, "labels": list(self.labels),
            "choices": [list(pair) for pair in self.choices], "required": self.required,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Terms:
    """What staff settle for an event. Without `opens` it is open once the event is published, without `closes` until
    the event begins; without a `capacity` as many come as the house takes."""

    opens: datetime | None = None
    closes: datetime | None = None
    capacity: int | None = None
    waitlist: bool = True
    answer_hours: int = 12
    guests: bool = True
    diet_days: int = 14
    questions: tuple[Question, ...] = ()

    def last(self, span: Span) -> datetime:
        """Give until when one may register for an event of that time."""
        return min(self.closes, span.end) if self.closes else span.start


Phase = Literal["before", "open", "closed"]


def phase(terms: Terms, span: Span, now: datetime) -> Phase:
    """Tell whether one may register now, by the clock."""
    if terms.opens is not None and now < terms.opens:
        return "before"
    return "open" if now < terms.last(span) else "closed"


def time_refusals(terms: Terms, state: str, span: Span, now: datetime) -> list[Refusal]:
    """Say why nobody may register for an event now."""
    if state != "published":
        return [Refusal("registration-none")]
    stands = phase(terms, span, now)
    if stands == "before":
        return [Refusal("registration-early", None, {"at": terms.opens})]
    return [Refusal("registration-closed", None, {"at": terms.last(span)})] if stands == "closed" else []


def person_refusals(name: str, email: str) -> list[Refusal]:
    """Say what is wrong with the name and the address that somebody registers by."""
    found = name_refusals(name)
    return found if is_email(email) else [*found, Refusal("email-malformed", "email")]


def terms_refusals(terms: Terms, span: Span, taken: int) -> list[Refusal]:
    """Say what staff cannot settle."""
    found = []
    if terms.capacity is not None and not 1 <= terms.capacity <= MOST_PLACES:
        found.append(Refusal("registration-capacity", "capacity", {"most": MOST_PLACES}))
    elif terms.capacity is not None and terms.capacity < taken:
        found.append(Refusal("registration-below", "capacity", {"count": taken}))
    if terms.opens and terms.closes and terms.closes <= terms.opens:
        found.append(Refusal("registration-order", "closes"))
    if terms.closes and terms.closes > span.end:
        found.append(Refusal("registration-late", "closes"))
    if not 1 <= terms.answer_hours <= MOST_HOURS:
        found.append(Refusal("registration-hours", "answer_hours", {"most": MOST_HOURS}))
    if not 0 <= terms.diet_days <= MOST_DAYS:
        found.append(Refusal("registration-days", "diet_days", {"most": MOST_DAYS}))
    return found + question_refusals(terms.questions)


def question_refusals(questions: Sequence[Question]) -> list[Refusal]:
    """Say what cannot be asked."""
    found = []
    if len(questions) > MOST_QUESTIONS:
        found.append(Refusal("question-many", None, {"most": MOST_QUESTIONS}))
    for question in questions:
        said = [label for label in question.labels if label.strip()]
        if not said or question.kind not in QUESTION_KINDS or any(len(label) > LABEL_LONGEST for label in said):
            found.append(Refusal("question-malformed", "labels", {"longest": LABEL_LONGEST}))
        if question.kind == "choice" and not 2 <= len(question.choices) <= MOST_CHOICES:
            found.append(Refusal("question-choices", "choices", {"most": MOST_CHOICES}))
    if len({question.name for question in questions}) != len(questions):
        found.append(Refusal("question-malformed", "labels", {"longest": LABEL_LONGEST}))
    return found


@dataclass(frozen=True, slots=True)
class Answers:
    """What somebody has answered: by the name of the question, and what they eat by itself, for it goes earlier."""

    given: Mapping[str, str]
    diet: str = ""


def read_answers(questions: Iterable[Question], typed: Mapping[str, str]) -> tuple[Answers, list[Refusal]]:
    """Read a form's fields, each named by its question; what was not asked is left out.

    A choice is the number of what was chosen, a checkbox is "1" or nothing.
    """
    given: dict[str, str] = {}
    diet, found = "", []
    for question in questions:
        text = " ".join(typed.get(question.name, "").split())
        if question.kind == "check":
            text = "1" if text else ""
        fine = len(text) <= ANSWER_LONGEST and fits_a_line(text)
        if question.kind == "choice" and text:
            fine = text in {str(number) for number in range(len(question.choices))}
        if not fine:
            found.append(Refusal("answer-malformed", question.name, {"longest": ANSWER_LONGEST}))
        elif question.required and not text:
            found.append(Refusal("answer-missing", question.name))
        elif question.kind == "diet":
            diet = text
        elif text:
            given[question.name] = text
    return Answers(given, diet), found


def renamed_answers(before: Iterable[Question], after: Iterable[Question]) -> dict[str, dict[str, str]]:
    """Give by question what each number that was chosen is called, where the answers to choose from have changed.

    An answer is known again by its words, and where as many are left by its place: it is worded anew. One that is gone
    stays as words.
    """
    now = {question.name: question for question in after}
    found: dict[str, dict[str, str]] = {}
    for old in before:
        new = now.get(old.name)
        if old.kind != "choice" or new is None or (new.kind, new.choices) == (old.kind, old.choices):
            continue
        choices = new.choices if new.kind == "choice" else ()
        found[old.name] = {str(number): _renamed(number, old.choices, choices) for number in range(len(old.choices))}
    return found


def _renamed(number: int, before: Sequence[tuple[str, str]], after: Sequence[tuple[str, str]]) -> str:
    pair = before[number]
    for known in ([one == pair for one in after], [one[0] == pair[0] or one[1] == pair[1] for one in after]):
        if any(known):
            return str(known.index(True))
    if len(before) == len(after) and after[number] not in before:
        return str(number)
    said = pair[0] or pair[1]
    return f"«{said}»" if said.isdecimal() else said  # a number alone is that of an answer


# -- the house ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Presence:
    """How many people are on a floor for a time."""

    span: Span
    people: int


def most_at_once(found: Iterable[Presence], within: Iterable[Span]) -> int:
    """Give how many people there are at the fullest moment of some times."""
    spans, there = list(within), list(found)
    begins = {span.start for span in spans} | {one.span.start for one in there}
    moments = [at for at in begins if any(span.start <= at < span.end for span in spans)]
    return max((sum(one.people for one in there if one.span.start <= at < one.span.end) for at in moments), default=0)


# -- what is told ------------------------------------------------------------------------------------------------------

News = Literal["confirm", "registered", "waiting", "offered", "changed", "off", "expired", "left"]
TOLD = ("start", "end", "where", "titles", "sessions", "online")  # of a place that one has: a change of it is news


def news(knew: Mapping[str, Any] | None, now: Mapping[str, Any]) -> News | None:
    """Tell what is new to a registrant who last heard `knew` and with whom it stands `now` so; None where nothing is.

    Of a line that one leaves oneself nothing is told.
    """
    was, stands = (knew or {}).get("state", ""), now["state"]
    if was != stands:
        if stands == "cancelled":
            if now["by"] == "expired" and was == "offered":
                return "expired"
            return "off" if was == "registered" or (was and now["by"] != "self") else None
        return {"pending": "confirm", "registered": "registered", "waiting": "waiting", "offered": "offered"}[stands]  # type: ignore[return-value]
    if stands == "offered" and (knew or {}).get("until") != now["until"]:
        return "offered"
    if stands not in ("registered", "waiting", "offered"):
        return None
    hours = (knew or {}).get("hours", now["hours"])  # of each day; who was told before they were noted knows these
    differs = hours != now["hours"] or any((knew or {}).get(name) != now[name] for name in TOLD)
    return "changed" if differs else None


def hours(terms: Terms) -> timedelta:
    """Give how long an offer stands at the most."""
    return timedelta(hours=terms.answer_hours)


def joined(texts: Iterable[str]) -> str:
    """Give names as one line."""
    return ", ".join(filter(None, texts))


def days(span: Span, pieces: Iterable[Span], zone: ZoneInfo) -> list[Span]:
    """Give the hours of each day of an event: from its first session to its last, of one day its own."""
    if span.start.astimezone(zone).date() == (span.end - timedelta(microseconds=1)).astimezone(zone).date():
        return [span]
    first, last = (side.astimezone(zone).date() for side in (span.start, span.end - timedelta(microseconds=1)))
    found: dict[date, Span] = {}
    for piece in sorted(pieces):
        day = piece.start.astimezone(zone).date()
        if not first <= day <= last:
            continue
        known = found.get(day, piece)
        found[day] = Span(min(known.start, piece.start), max(known.end, piece.end))
    return list(found.values()) or [span]
