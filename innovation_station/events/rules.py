"""What an event is, who sees it, what is odd in its programme, what it holds, and what moving it does. Pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Protocol
from zoneinfo import ZoneInfo

from innovation_station.bookings.ripple import Hit, Ripple, undecided, written
from innovation_station.bookings.rules import Wish
from innovation_station.errors import Refusal, Refused
from innovation_station.members.rules import EMAIL_LONGEST, Actor, is_email, is_staff
from innovation_station.spaces.rules import Holidays, Place, open_span
from innovation_station.text import too_long
from innovation_station.timespan import Span, WallTime, to_utc, union, wall_time

STATES = ("draft", "published", "cancelled", "template")
VISIBILITIES = ("public", "members", "partners", "link")
FORMATS = ("on-site", "online", "hybrid")
CATEGORIES = ("kickoff", "conference", "seminar", "workshop", "meeting", "course", "other")
KINDS = ("keynote", "talk", "panel", "workshop", "break", "mingle", "inauguration")
PAUSES = frozenset({"break", "mingle"})
ROLES = ("speaker", "moderator", "panellist")
PARTIES = ("host", "co-host", "partner")
PURPOSES = ("set-up", "tear-down", "lunch", "desks", "other")
TITLE_LONGEST, SUMMARY_LONGEST, BODY_LONGEST, NAME_LONGEST = 150, 400, 8000, 100
LINE_LONGEST, TRACK_LONGEST, REASON_LONGEST, ADDRESS_LONGEST = 120, 60, 300, 200
LONGEST_EVENT = timedelta(days=31)
LONGEST_PIECE = timedelta(hours=24)
MOST_SESSIONS, MOST_ROOMS, MOST_SPEAKERS, MOST_MATERIALS, MOST_COPIES = 200, 200, 200, 10, 24
MOST_BUFFER = 12 * 60
TO_BREAK = timedelta(hours=3)  # so long people sit without a pause, and no longer
RESERVED_SLUGS = frozenset({"mine", "embed"})  # pages of their own under /events/
COVER_BOX = (1200, 630)
_WEB = re.compile(r"https?://[^\s<>\"'\\@/]+\.[^\s<>\"'\\]+")


# -- who sees it -------------------------------------------------------------------------------------------------------


class Seen(Protocol):
    """What the rules need to know of an event to say who sees it."""

    @property
    def id(self) -> int: ...
    @property
    def state(self) -> str: ...
    @property
    def visibility(self) -> str: ...
    @property
    def link_key(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Reader:
    """Who asks for an event: nobody known, or a member with what they may; `partner` tells that their organisation is a
    partner of the house. `key` is what their link carries. `looks_after` are the events that they manage."""

    actor: Actor | None = None
    partner: bool = False
    looks_after: Collection[int] = ()
    key: str = ""


def may_manage_events(actor: Actor) -> bool:
    """Tell whether a person makes, plans and moves events: staff."""
    return is_staff(actor)


def may_look_inside(reader: Reader, event: Seen) -> bool:
    """Tell whether somebody sees a draft: staff, and who looks after it."""
    return reader.actor is not None and (may_manage_events(reader.actor) or event.id in reader.looks_after)


def may_see(reader: Reader, event: Seen) -> bool:
    """Tell whether somebody may read an event's page."""
    if may_look_inside(reader, event):
        return True
    if event.state not in ("published", "cancelled"):
        return False
    if event.visibility == "link":
        return bool(event.link_key) and reader.key == event.link_key
    if event.visibility == "partners":
        return reader.actor is not None and reader.partner
    return event.visibility == "public" or reader.actor is not None


def listed(reader: Reader) -> tuple[str, ...]:
    """Name the visibilities that stand in a reader's lists; who has a link has it alone."""
    if reader.actor is None:
        return ("public",)
    return ("public", "members", "partners") if reader.partner or is_staff(reader.actor) else ("public", "members")


@dataclass(frozen=True, slots=True)
class Filter:
    """Which events a list or a calendar holds: of one kind, one way of taking part, or in which an organisation has a
    part; "" and None for all."""

    category: str = ""
    format: str = ""
    organisation: int | None = None

    @classmethod
    def of(cls, asked: Mapping[str, str]) -> Filter:
        """Read what an address asks for; what there is not filters nothing, as on the page."""
        category, kind, number = (asked.get(name, "") for name in ("category", "format", "organisation"))
        is_number = number.isascii() and number.isdigit() and len(number) < 10
        return cls(
            category if category in CATEGORIES else "", kind if kind in FORMATS else "",
            int(number) if is_number else None,
        )  # fmt: skip

    @property
    def query(self) -> str:
        """Give it as it stands in an address, always alike; "" where it filters nothing."""
        return "&".join(f"{name}={value}" for name, value in self.chosen.items())

    @property
    def chosen(self) -> dict[str, str]:
        """Give what it filters by, as an address says it."""
        given = (("category", self.category), ("format", self.format), ("organisation", str(self.organisation or "")))
        return {name: value for name, value in given if value}


def phase(state: str, span: Span, now: datetime) -> str:
    """Name where an event stands: draft, template, cancelled, past, now or ahead."""
    if state != "published":
        return state
    return "past" if span.end <= now else "now" if span.start <= now else "ahead"


# -- what it says ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Facts:
    """What is said of an event; texts in two languages are (sv, en)."""

    titles: tuple[str, str]
    summaries: tuple[str, str] = ("", "")
    bodies: tuple[str, str] = ("", "")
    practical: tuple[str, str] = ("", "")
    category: str = "other"
    format: str = "on-site"
    visibility: str = "public"
    online_url: str = ""
    contact_name: str = ""
    contact_email: str = ""


def facts_refusals(given: Facts) -> list[Refusal]:
    """List what is wrong with what is said of an event."""
    found = []
    if not any(title.strip() for title in given.titles):
        found.append(Refusal("event-nameless", "title_sv"))
    found += too_long((
        ("title", given.titles, TITLE_LONGEST), ("summary", given.summaries, SUMMARY_LONGEST),
        ("body", given.bodies, BODY_LONGEST), ("practical", given.practical, BODY_LONGEST),
    ))  # fmt: skip
    for field_, value, known in (
        ("category", given.category, CATEGORIES), ("format", given.format, FORMATS),
        ("visibility", given.visibility, VISIBILITIES),
    ):  # fmt: skip
        if value not in known:
            found.append(Refusal("event-choice", field_))
    if given.online_url and not is_web(given.online_url):
        found.append(Refusal("website-malformed", "online_url"))
    if given.contact_email and (len(given.contact_email) > EMAIL_LONGEST or not is_email(given.contact_email)):
        found.append(Refusal("email-malformed", "contact_email"))
    return found


def is_web(address: str) -> bool:
    """Tell whether an address may stand in a link."""
    return len(address) <= ADDRESS_LONGEST and address.isprintable() and bool(_WEB.fullmatch(address))


def in_language(texts: tuple[str, str], language: str) -> tuple[str, str | None]:
    """Give a text in the reader's language, or in the other where it is missing; then also which that is."""
    own, other = (0, 1) if language == "sv" else (1, 0)
    if texts[own].strip() or not texts[other].strip():
        return texts[own], None
    return texts[other], ("sv", "en")[other]


def completeness(given: Facts, *, sessions: int, hosts: int, cover: bool) -> list[tuple[str, bool]]:
    """List what makes an event's page whole, each with whether it is there."""
    return [
        ("titles", all(given.titles)),
        ("summaries", all(given.summaries)),
        ("bodies", all(given.bodies)),
        ("practical", all(given.practical)),
        ("programme", sessions > 0),
        ("hosts", hosts > 0),
        ("contact", bool(given.contact_email)),
        ("place", given.format == "on-site" or bool(given.online_url)),
        ("cover", cover),
    ]


# -- the programme -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Item:
    """A session as plans and warnings see it; a new one has the id 0."""

    id: int
    kind: str
    titles: tuple[str, str]
    span: Span
    space_id: int | None = None
    layout: str | None = None
    people: int | None = None
    setup: int = 0
    clearing: int = 0
    speakers: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Use:
    """Time of a place beside the programme; a new one has the id 0."""

    id: int
    space_id: int
    purpose: str
    span: Span


@dataclass(frozen=True, slots=True)
class Programme:
    """All that has a time in an event, and the event's own."""

    span: Span
    items: tuple[Item, ...] = ()
    uses: tuple[Use, ...] = ()

    def with_item(self, item: Item) -> Programme:
        """Give it with a session changed, or added."""
        rest = tuple(one for one in self.items if one.id != item.id or not item.id)
        return replace(self, items=(*rest, item))

    def with_use(self, use: Use) -> Programme:
        """Give it with a room changed, or added."""
        return replace(self, uses=(*(one for one in self.uses if one.id != use.id or not use.id), use))

    def without(self, *, item: int = 0, use: int = 0) -> Programme:
        """Give it without a session, or a room."""
        return replace(
            self, items=tuple(one for one in self.items if one.id != item or not item),
            uses=tuple(one for one in self.uses if one.id != use or not use),
        )  # fmt: skip

    def moved(self, days: int, minutes: int, zone: ZoneInfo) -> Programme:
        """Give it with everything moved by the wall clock. Raises Refused where the clocks change."""
        by = timedelta(days=days, minutes=minutes)
        return Programme(
            shifted(self.span, by, zone),
            tuple(replace(one, span=shifted(one.span, by, zone)) for one in self.items),
            tuple(replace(one, span=shifted(one.span, by, zone)) for one in self.uses),
        )


def shifted(span: Span, by: timedelta, zone: ZoneInfo) -> Span:
    """Move a span by the wall clock: nine o'clock stays nine o'clock. Raises Refused in an hour that is skipped or
    doubled."""
    if not by:
        return span
    sides = (side.astimezone(zone).replace(tzinfo=None) + by for side in (span.start, span.end))
    return Span(*(at_wall(side, zone, "days") for side in sides))


def at_wall(wall: datetime, zone: ZoneInfo, field_: str) -> datetime:
    """Give the instant that a wall time names. Raises Refused where it never comes, or twice."""
    codes = {WallTime.NEVER: "time-skipped", WallTime.TWICE: "time-doubled"}
    if code := codes.get(wall_time(wall, zone)):
        raise Refused([Refusal(code, field_, {"time": f"{wall:%H:%M}", "day": wall.date()})])
    return to_utc(wall.date(), wall.time(), zone)


def local_span(first: date, start: int, last: date, end: int, zone: ZoneInfo) -> Span:
    """Turn two local days and minutes into a span. Raises Refused: end-before-start, and where the clocks change."""
    midnight = timedelta(days=1) if end == 24 * 60 else timedelta()
    clocks = datetime.combine(first, clock_of(start)), datetime.combine(last, clock_of(end)) + midnight
    if clocks[1] <= clocks[0]:
        raise Refused([Refusal("end-before-start", "end")])
    return Span(at_wall(clocks[0], zone, "start"), at_wall(clocks[1], zone, "end"))


def programme_refusals(programme: Programme, places: Mapping[int, Place]) -> list[Refusal]:
    """List what an event cannot be: too long, too many pieces, one longer than a day, or in a place there is not."""
    found = []
    if programme.span.length > LONGEST_EVENT:
        found.append(Refusal("event-long", "last", {"days": LONGEST_EVENT.days}))
    if len(programme.items) > MOST_SESSIONS or len(programme.uses) > MOST_ROOMS:
        found.append(Refusal("event-full", None, {"most": MOST_SESSIONS}))
    pieces: list[Item | Use] = [*programme.items, *programme.uses]
    if any(one.span.length > LONGEST_PIECE for one in pieces):
        found.append(Refusal("piece-long", "end"))
    if any(one.space_id is not None and one.space_id not in places for one in pieces):
        found.append(Refusal("space-unknown", "space"))
    for item in programme.items:
        place = places.get(item.space_id or 0)
        if item.layout and (place is None or place.layout(item.layout) is None):
            found.append(Refusal("layout-unknown", "layout"))
    far = timedelta(days=2)
    whole = Span(programme.span.start - far, programme.span.end + far)
    if any(not whole.contains(one.span) for one in pieces):
        found.append(Refusal("piece-away", "date", {"days": far.days}))
    return found


def in_order(items: Iterable[Item]) -> list[Item]:
    """Order sessions as they come."""
    return sorted(items, key=lambda one: (one.span, one.id))


def by_day(items: Iterable[Item], zone: ZoneInfo) -> list[tuple[date, list[Item]]]:
    """Group sessions by the local day that they begin on, in order."""
    found: dict[date, list[Item]] = {}
    for item in in_order(items):
        found.setdefault(item.span.start.astimezone(zone).date(), []).append(item)
    return list(found.items())


def days_of(span: Span, zone: ZoneInfo) -> list[date]:
    """List the local days that an event touches."""
    first, last = (side.astimezone(zone).date() for side in (span.start, span.end - timedelta(microseconds=1)))
    return [first + timedelta(days=ahead) for ahead in range((last - first).days + 1)]


def now_and_next(items: Iterable[Item], now: datetime) -> tuple[list[Item], list[Item]]:
    """Give the sessions that run, and those that begin next."""
    ordered = in_order(items)
    running = [one for one in ordered if one.span.start <= now < one.span.end]
    ahead = [one for one in ordered if one.span.start > now]
    return running, [one for one in ahead if one.span.start == ahead[0].span.start]


@dataclass(frozen=True, slots=True)
class Oddity:
    """Something odd that staff may want as it is: a code, the sessions or places it is about, and its numbers."""

    code: str
    items: tuple[Item, ...] = ()
    values: Mapping[str, object] = field(default_factory=dict)


def oddities(
    programme: Programme, places: Mapping[int, Place], zone: ZoneInfo, holidays: Holidays = frozenset()  # type: ignore[assignment]
) -> list[Oddity]:  # fmt: skip
    """List what is odd in a programme, in order of time within each kind."""
    items = in_order(programme.items)
    found = []
    for number, one in enumerate(items):
        for other in items[number + 1 :]:
            if other.span.start >= one.span.end:
                break
            if shared := set(one.speakers) & set(other.speakers):
                found += [Oddity("speaker-twice", (one, other), {"speaker": speaker}) for speaker in sorted(shared)]
            if _share_a_place(one, other, places):
                found.append(Oddity("room-twice", (one, other)))
    found += [Oddity("outside-event", (one,)) for one in items if not programme.span.contains(one.span)]
    for one in items:
        place = places.get(one.space_id or 0)
        layout = place.layout(one.layout) if place else None
        seats = layout.seats if layout else place.seats if place else None
        if place and one.people and seats and one.people > seats:
            found.append(Oddity("room-small", (one,), {"seats": seats, "people": one.people}))
    found += _without_break(items, zone)
    found += [Oddity("change-over", pair) for pair in _short_changes(items, places)]
    found += _when_shut(programme, places, zone, holidays)
    return found


def _share_a_place(one: Item, other: Item, places: Mapping[int, Place]) -> bool:
    takes = [places[item.space_id].takes for item in (one, other) if item.space_id in places]  # type: ignore[index]
    return len(takes) == 2 and bool(takes[0] & takes[1])


def _without_break(items: Sequence[Item], zone: ZoneInfo) -> list[Oddity]:
    """Find stretches of a day in which nobody has a pause for too long."""
    found = []
    for _day, days in by_day(items, zone):
        sat = union(item.span for item in days if item.kind not in PAUSES)
        pauses = [item.span for item in days if item.kind in PAUSES]
        for span in sat:
            cuts = sorted({span.start, span.end, *(p.start for p in pauses if span.contains(p))})
            for first, last in pairwise(cuts):
                if last - first > TO_BREAK:
                    begun = next(item for item in days if item.span.end > first)
                    found.append(Oddity("no-break", (begun,), {"minutes": int((last - first).total_seconds()) // 60}))
    return found


def _short_changes(items: Sequence[Item], places: Mapping[int, Place]) -> list[tuple[Item, Item]]:
    """Find pairs in one place between which the furniture cannot be changed in time."""
    found = []
    placed = [item for item in items if item.space_id in places]
    for number, one in enumerate(placed):
        later = (other for other in placed[number + 1 :] if other.space_id == one.space_id)
        after = next((other for other in later if other.span.start >= one.span.end), None)
        if after is None or after.layout in (None, one.layout):
            continue
        layout = places[after.space_id or 0].layout(after.layout)
        if layout and after.span.start - one.span.end < timedelta(minutes=layout.changeover):
            found.append((one, after))
    return found


def _when_shut(
    programme: Programme, places: Mapping[int, Place], zone: ZoneInfo, holidays: Holidays
) -> list[Oddity]:  # fmt: skip
    found = []
    for item in in_order(programme.items):
        place = places.get(item.space_id or 0)
        day = item.span.start.astimezone(zone).date()
        opened = open_span(place.doors or place.hours, day, zone, holidays) if place else None
        if place and (opened is None or not opened.contains(item.span)):
            found.append(Oddity("when-shut", (item,)))
    return found


# -- what it holds -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, order=True)
class Hold:
    """Time that an event takes of a place, with what is kept free round it; `for_` is the session or the room."""

    span: Span
    space_id: int
    for_: tuple[str, int] = ("", 0)


def holds(programme: Programme, places: Mapping[int, Place]) -> list[Hold]:
    """Give all time that an event takes, in order: sessions with set-up and clearing, and rooms as they are."""
    found = []
    for item in programme.items:
        place = places.get(item.space_id or 0)
        if place is None:
            continue
        before, after = Wish(place, item.span, item.people, item.layout).buffers
        start = item.span.start - timedelta(minutes=before + item.setup)
        found.append(
            Hold(Span(start, item.span.end + timedelta(minutes=after + item.clearing)), place.id, ("item", item.id))
        )
    found += [Hold(use.span, use.space_id, ("use", use.id)) for use in programme.uses if use.space_id in places]
    return sorted(found)


# -- what a change does ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Plan:
    """What a change of an event does to places: what is given back, what is taken, and whom it hits.

    `walls` are what nobody can decide about here: closures and other events. `kept_for` counts places that are kept for
    members who wait, who lose them.
    """

    before: Programme
    after: Programme
    released: tuple[Hold, ...]
    taken: tuple[Hold, ...]
    hits: tuple[Hit, ...] = ()
    walls: tuple[Refusal, ...] = ()
    kept_for: int = 0
    revision: int = 0

    @property
    def token(self) -> str:
        """Name all that the plan was made of: where that changes, it is another plan."""
        said = [
            self.revision, _written(self.after),
            [(hold.space_id, hold.span.start.isoformat(), hold.span.end.isoformat()) for hold in self.taken],
            *written(Ripple(self.hits, self.walls, self.kept_for)),
        ]  # fmt: skip
        return hashlib.sha256(repr(said).encode()).hexdigest()[:32]

    @property
    def clear(self) -> bool:
        """Tell whether nobody is in the way."""
        return not self.hits and not self.walls


def _written(programme: Programme) -> list[object]:
    pieces: list[Item | Use] = [*in_order(programme.items), *sorted(programme.uses, key=lambda use: (use.span, use.id))]
    return [
        programme.span.start.isoformat(), programme.span.end.isoformat(),
        [(one.id, one.space_id, one.span.start.isoformat(), one.span.end.isoformat()) for one in pieces],
    ]  # fmt: skip


def difference(before: Sequence[Hold], after: Sequence[Hold]) -> tuple[tuple[Hold, ...], tuple[Hold, ...]]:
    """Give what is no longer held and what newly is, as it stands in the two lists."""
    had, has = {(one.space_id, one.span) for one in before}, {(one.space_id, one.span) for one in after}
    released = tuple(one for one in before if (one.space_id, one.span) not in has)
    return released, tuple(one for one in after if (one.space_id, one.span) not in had)


def choice_refusals(plan: Plan, choices: Mapping[int, str]) -> list[Refusal]:
    """Say why a plan cannot be carried out as it was decided: somebody is in the way of whom nothing was said."""
    if plan.walls:
        return list(plan.walls)
    left = undecided(plan.hits, choices)
    return [Refusal("event-hits", None, {"count": len(left)})] if left else []


# -- copies ------------------------------------------------------------------------------------------------------------


def monthly(first: date, count: int) -> list[date]:
    """List the same weekday of the months that follow: the second Tuesday of each; the last where there is no fifth."""
    week, weekday = (first.day - 1) // 7, first.weekday()
    found = []
    for ahead in range(1, count + 1):
        year, month = divmod(first.year * 12 + first.month - 1 + ahead, 12)
        begin = date(year, month + 1, 1)
        day = begin + timedelta(days=(weekday - begin.weekday()) % 7 + 7 * week)
        found.append(day if day.month == begin.month else day - timedelta(days=7))
    return found


def clock_of(minute: int) -> time:
    """Turn a minute of the day into a wall time."""
    return time(minute // 60 % 24, minute % 60)
