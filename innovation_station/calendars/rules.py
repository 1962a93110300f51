"""What a feed covers, what an entry says, and how a secret address is made. Pure."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Literal, Protocol
from zoneinfo import ZoneInfo

from innovation_station.bookings.rules import GONE, is_shown, kept_until
from innovation_station.calendars.ics import Entry
from innovation_station.calendars.vtimezone import zone_text
from innovation_station.errors import Refusal
from innovation_station.members.rules import short_name
from innovation_station.spaces.rules import House, Language, Place
from innovation_station.timespan import local_day

VERSION = 14
"""Rises with every change of the bytes a feed is made of; entries and ETags of before are void then."""

UID_HOST = "@innovation-station"
"""A constant and not the base URL: a house that moves would double every entry in every calendar."""

FEEDS_MOST = 20
NAME_LONGEST = 60
DAYS_AHEAD = 400
CANCELLED_DAYS = 14
BEFORE = datetime(2026, 1, 1, tzinfo=UTC)  # when what was not dated then was there
FETCH_NOTED = timedelta(minutes=10)
COLOUR = "seagreen"
OWN = "my-bookings"
EVENTS = "events"
ANNOUNCED = frozenset({"announcement", "withdrawn"})
"""What the house announces at a time, and what it has taken back: neither takes any place."""

LEVELS = ("busy", "public", "full")
"""How much an entry says: that the time is taken; what its member shows to all; and who has it for what."""

QUERY_LONGEST = 200
REMINDERS = (0, 5, 10, 15, 30, 60, 120, 1440)
REMIND_MOST = 10_080
OVERRUN = 5
"""In so many weeks before one a booking may begin that still runs in it: none is longer than 31 days."""
AHEAD_MOST, BACK_MOST = 7_000, 3_000
"""So many bookings of places go into one feed from this week on and before it; farther weeks are left out."""


Level = Literal["busy", "public", "full"]


@dataclass(frozen=True, slots=True)
class Edition:
    """In which language entries are written, how much they say, and how long before they remind (minutes, 0: never)."""

    language: Language
    level: Level = "full"
    remind: int = 0


@dataclass(frozen=True, slots=True)
class Coverage:
    """Whose stored entries a feed is joined of: spaces, each with what it was booked for itself, or an organisation.

    Events are few and not stored, and it hangs on who polls which of them there are.
    """

    kind: Literal["space", "organisation", "events"]
    ids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Weeks:
    """The weeks that a feed of places covers, by the Mondays of the first and the last one (UTC)."""

    first: date
    last: date

    @property
    def span(self) -> tuple[datetime, datetime]:
        """Give when the first begins and the last ends."""
        return midnight(self.first), midnight(self.last) + timedelta(days=7)

    @property
    def until(self) -> date:
        """Give the last day of the last one."""
        return self.last + timedelta(days=6)

    @property
    def running(self) -> list[str]:
        """Name the parts of weeks before in which bookings are that may still run when the first begins."""
        return [str(self.first - timedelta(days=1 + 7 * ago)) for ago in range(OVERRUN)]

    def hold(self, part: str) -> bool:
        """Tell whether a part is in a feed of these weeks."""
        return str(self.first) <= part <= str(self.until) or part in self.running

    def joined(self, first: str, last: str) -> Weeks:
        """Give what covers these and others, "" and "" for none; never more than `widest` of the last Monday here."""
        if not first:
            return self
        return Weeks(min(self.first, date.fromisoformat(first)), max(self.last, date.fromisoformat(last)))


def midnight(day: date) -> datetime:
    """Give when a day begins (UTC)."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def monday(day: date) -> date:
    """Give the Monday of a day's week."""
    return day - timedelta(days=day.weekday())


def part_of(start: datetime, end: datetime) -> str:
    """Name the part that a booking of a place is stored in: the Monday of the week in which it begins, and of one that
    runs on into the next that week's Sunday, so that it is found where it still runs."""
    week = monday(start.date())
    return str(week if end <= midnight(week) + timedelta(days=7) else week + timedelta(days=6))


def weeks(now: datetime, months: int, past: datetime | None = None, ahead: datetime | None = None) -> Weeks:
    """Give the weeks of a feed of places: some months back and 400 days ahead, or as many as it takes bookings of.

    `past` and `ahead` are when the first bookings begin that are too many, None where there are not so many. What is
    left out are whole weeks, never the one that runs. All of it moves on Mondays.
    """
    this = monday(now.astimezone(UTC).date())
    first, last = monday(_months_before(this, months)), monday(this + timedelta(days=DAYS_AHEAD))
    if past is not None:
        first = min(this, max(first, monday(past.astimezone(UTC).date()) + timedelta(weeks=1)))
    if ahead is not None:
        last = max(this, min(last, monday(ahead.astimezone(UTC).date()) - timedelta(weeks=1)))
    return Weeks(first, last)


@dataclass(frozen=True, slots=True)
class Window:
    """What a feed covers on a day: bookings that meet [first, last), cancellations since `cancelled`."""

    first: datetime
    last: datetime
    cancelled: datetime


@lru_cache(maxsize=16)
def window(today: date, zone: ZoneInfo, past_months: int) -> Window:
    """Give a local date's window, in UTC. It moves at local midnight, so that a day's bytes stay the same."""
    return Window(
        first=local_day(_months_before(today, past_months), zone).start,
        last=local_day(today + timedelta(days=DAYS_AHEAD), zone).end,
        cancelled=local_day(today - timedelta(days=CANCELLED_DAYS), zone).start,
    )


def _months_before(day: date, months: int) -> date:
    years, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    for last in (day.day, 30, 29, 28):
        try:
            return date(years, month + 1, min(day.day, last))
        except ValueError:
            continue
    raise ValueError(f"no day {months} months before {day}")


# A feed speaks its own language whoever asks, and its bytes hang on nothing but this code and the rows: a
# catalogue compiled anew would change them unseen. So these few words stand here and not in the catalogue.
WORDS: Mapping[Language, Mapping[str, str]] = {
    "sv": {
        "desk": "Skrivbord", "room": "Mötesrum", "booth": "Samtalsbås", "hall": "Scen",
        "cancelled": "Avbokad", "gone": "Bokningen är avbokad.",
        "declined": "Fick nej", "not_granted": "Bokningen beviljades inte.",
        "expired": "Fick inget svar i tid", "not_answered": "Ingen svarade i tid, så platsen är inte bokad.",
        "requested": "Väntar på svar",
        "released": "Släppt", "let_go": "Platsen släpptes, för ingen hade checkat in.",
        "change": "Ändra eller avboka:", "feed": "Mina bokningar", "booked": "Bokad", "by": "Bokad av",
        "closed": "Stängt", "busy": "Upptagen",
        "covers": "Bokningar från {} till {}.", "more": "Fler än så får inte plats i en kalender.",
    },
    "en": {
        "desk": "Desk", "room": "Meeting room", "booth": "Phone booth", "hall": "Stage",
        "cancelled": "Cancelled", "gone": "This booking is cancelled.",
        "declined": "Declined", "not_granted": "This booking was not granted.",
        "expired": "Not answered in time", "not_answered": "Nobody answered in time, so the place is not booked.",
        "requested": "Awaiting an answer",
        "released": "Released", "let_go": "The place was released, for nobody had checked in.",
        "change": "Change or cancel:", "feed": "My bookings", "booked": "Booked", "by": "Booked by",
        "closed": "Closed", "busy": "Busy",
        "covers": "Bookings from {} to {}.", "more": "There is no room for more in one calendar.",
    },
}  # fmt: skip


# The same of events: what a calendar of some is called, and what kind one is of.
EVENT_WORDS: Mapping[Language, Mapping[str, str]] = {
    "sv": {
        "events": "Evenemang", "cancelled": "Inställt: ", "given_back": "Återlämnad: ", "event": "Evenemang",
        "kickoff": "Kickoff", "conference": "Konferens", "seminar": "Seminarium", "workshop": "Workshop",
        "meeting": "Mötesplats", "course": "Kurs", "other": "Annat evenemang",
        "kickoff-many": "Kickoffer", "conference-many": "Konferenser", "seminar-many": "Seminarier",
        "workshop-many": "Workshoppar", "meeting-many": "Mötesplatser", "course-many": "Kurser",
        "other-many": "Andra evenemang", "on-site-many": "På plats", "online-many": "På nätet",
        "hybrid-many": "På plats och på nätet",
    },
    "en": {
        "events": "Events", "cancelled": "Cancelled: ", "given_back": "Given back: ", "event": "Event",
        "kickoff": "Kickoff", "conference": "Conference", "seminar": "Seminar", "workshop": "Workshop",
        "meeting": "Meeting place", "course": "Course", "other": "Other event",
        "kickoff-many": "Kickoffs", "conference-many": "Conferences", "seminar-many": "Seminars",
        "workshop-many": "Workshops", "meeting-many": "Meeting places", "course-many": "Courses",
        "other-many": "Other events", "on-site-many": "On site", "online-many": "Online",
        "hybrid-many": "On site and online",
    },
}  # fmt: skip

# What a booking that is not simply booked is called, and what is said of one that cannot be changed any more.
SIGNS = {
    "cancelled": ("cancelled", "gone"), "declined": ("declined", "not_granted"), "expired": ("expired", "not_answered"),
    "no-show": ("released", "let_go"), "requested": ("requested", ""),
}  # fmt: skip


def covered(found: Weeks, language: Language, *, is_cut: bool) -> str:
    """Say which days a feed of places holds, and that it holds no more where there are."""
    said = WORDS[language]["covers"].format(found.first, found.until)
    return f"{said} {WORDS[language]['more']}" if is_cut else said


@dataclass(frozen=True, slots=True)
class Setting:
    """What all entries of an installation share: the zone, and what links begin with ("" where unknown)."""

    zone: ZoneInfo
    base_url: str


@dataclass(frozen=True, slots=True)
class Today:
    """The local date, and what it makes of a feed; `weeks` are those of a feed of places that leaves none out."""

    now: datetime
    date: date
    window: Window
    shared: Setting
    past_months: int
    weeks: Weeks

    @classmethod
    def at(cls, now: datetime, shared: Setting, past_months: int) -> Today:
        """Give the day of an instant."""
        day = now.astimezone(shared.zone).date()
        return cls(now, day, window(day, shared.zone, past_months), shared, past_months, weeks(now, past_months))


@dataclass(frozen=True, slots=True)
class Wording:
    """How a place is written in one language, and since when, None where it always was."""

    label: str
    location: str
    category: str
    language: Language
    since: datetime | None = None

    def modified(self, changed_at: datetime) -> datetime:
        """Give when an entry changed last that says it: programs that go by that see a new name."""
        return changed_at if self.since is None else max(changed_at, self.since)


@dataclass(frozen=True, slots=True)
class Phrasebook:
    """The words for every place by its id; `stamp` names them and all else that entries share.

    One stamp for the whole house: an entry stored under another one is out of date, and the database can tell.
    """

    words: Mapping[int, Wording]
    stamp: str


class Booked(Protocol):
    """What an entry needs of a booking: the model and a plain row both have it."""

    @property
    def id(self) -> int: ...
    @property
    def space_id(self) -> int: ...
    @property
    def revision(self) -> int: ...
    @property
    def uid(self) -> str: ...
    @property
    def start(self) -> datetime: ...
    @property
    def end(self) -> datetime: ...
    @property
    def title(self) -> str: ...
    @property
    def state(self) -> str: ...
    @property
    def sequence(self) -> int: ...
    @property
    def created_at(self) -> datetime: ...
    @property
    def changed_at(self) -> datetime: ...
    @property
    def released_at(self) -> datetime | None: ...


class Taking(Booked, Protocol):
    """What an entry of a place needs of a booking beside that: whether others see its words, and whose it is."""

    @property
    def public(self) -> bool: ...
    @property
    def member(self) -> str: ...


def wording(place: Place, house: House, language: Language) -> Wording:
    """Give the words for a place."""
    words = WORDS[language]
    label = f"{words['desk']} {place.name}" if place.kind == "desk" else place.name
    zone = house.zones[place.zone_id].names[language] if place.zone_id is not None else ""
    parts = (place.name, zone, house.name, house.address_of(place, language))
    return Wording(label, ", ".join(part for part in parts if part), words[place.kind], language, place.worded_at)


def phrasebook(house: House, language: Language, setting: Setting) -> Phrasebook:
    """Give the words for all places of a house, and the stamp of what entries depend on besides bookings."""
    words = {place.id: wording(place, house, language) for place in house.places.values()}
    said = [
        str((place_id, how.label, how.location, how.category, how.since)) for place_id, how in sorted(words.items())
    ]
    block = zone_text(setting.zone).block
    stamp = digest(VERSION, language, setting.base_url, setting.zone.key, block, *said)
    return Phrasebook(words, stamp[:16])


def contents_name(stamp: str, window: Window) -> str:
    """Name all that the months of a feed are made from besides bookings."""
    return digest(stamp, window.first, window.last, window.cancelled)


def entry(booking: Booked, how: Wording, base_url: str, edition: Edition | None = None) -> Entry:
    """Say a booking as an entry of its member's. Raises ValueError where its row makes no sense (see `ics.Entry`).

    One that nobody came to stands until its place was released: as long as that the time was kept. At the level busy it
    says that the time is taken and nothing else.
    """
    words = WORDS[how.language]
    if edition and edition.level == "busy":
        return _bare(booking, words["booked"])
    cancelled = booking.state in GONE
    summary = f"{booking.title} ({how.label})" if booking.title else how.label
    url = f"{base_url}/bookings/{booking.id}" if base_url else ""
    sign, ended = _sign(booking)
    said = words[ended] if ended else f"{words['change']} {url}" if url else ""
    return Entry(
        uid=f"booking-{booking.uid}{UID_HOST}",
        start=booking.start,
        end=kept_until(booking),
        summary=f"{words[sign]}: {summary}" if sign else summary,
        created=booking.created_at,
        modified=how.modified(booking.changed_at),
        description=said,
        location=how.location,
        url=url,
        status="CANCELLED" if cancelled else "TENTATIVE" if booking.state == "requested" else "CONFIRMED",
        sequence=booking.sequence,
        categories=(how.category,),
        transparent=cancelled,
        alarm=edition.remind if edition and edition.remind and not cancelled else None,
    )


def _sign(booking: Booked) -> tuple[str, str]:
    """Give the words of what became of a booking; a no-show that was not released is as booked."""
    if booking.state == "no-show" and booking.released_at is None:
        return "", ""
    return SIGNS.get(booking.state, ("", ""))


def _bare(booking: Booked, summary: str) -> Entry:
    """Say when a booking is, and that it is one."""
    return Entry(
        uid=f"booking-{booking.uid}{UID_HOST}",
        start=booking.start,
        end=kept_until(booking),
        summary=summary,
        created=booking.created_at,
        modified=booking.changed_at,
        status="TENTATIVE" if booking.state == "requested" else "CONFIRMED",
        sequence=booking.sequence,
    )


def entry_of_place(booking: Taking, how: Wording, base_url: str, level: Level) -> Entry:
    """Say a booking as an entry of its place's. Raises ValueError where its row makes no sense.

    Only at the level full it says whose it is and leads to it: who polls that works for the place.
    """
    words = WORDS[how.language]
    bare = replace(_bare(booking, words["booked"]), modified=how.modified(booking.changed_at))
    if level == "busy":
        return replace(bare, location=how.location, categories=(how.category,))
    waiting = f"{words['requested']}: " if booking.state == "requested" else ""
    said = booking.title if is_shown(booking.public, sees_all=level == "full") else ""
    if level == "public":
        summary = f"{waiting}{said or words['booked']} ({how.label})"
        return replace(bare, summary=summary, location=how.location, categories=(how.category,))
    url = f"{base_url}/bookings/{booking.id}" if base_url else ""
    lines = [f"{words['by']} {booking.member}", f"{words['change']} {url}" if url else ""]
    return replace(
        bare,
        summary=f"{waiting}{said or short_name(booking.member)} ({how.label})",
        description="\n".join(line for line in lines if line),
        location=how.location,
        url=url,
        categories=(how.category,),
    )


class Beside(Protocol):
    """What takes a place and is no booking: a closure (without a space the house is shut), a session of an event, a
    room of one, or what another calendar has; `said` is what everybody may know of it."""

    @property
    def sort(self) -> str: ...
    @property
    def key(self) -> str: ...
    @property
    def start(self) -> datetime: ...
    @property
    def end(self) -> datetime: ...
    @property
    def said_sv(self) -> str: ...
    @property
    def said_en(self) -> str: ...
    @property
    def sequence(self) -> int: ...
    @property
    def created_at(self) -> datetime | None: ...
    @property
    def changed_at(self) -> datetime | None: ...


def entry_beside(use: Beside, where: Wording, level: Level) -> Entry:
    """Say what takes a place beside bookings: that it is shut, and to members why, as their pages do; that an event is
    there, by its title where that may be known; that another calendar has it, and nothing of what. What is announced
    takes none."""
    first, announced = use.created_at or use.changed_at or BEFORE, use.sort in ANNOUNCED
    return Entry(
        uid=f"{'announcement' if announced else use.sort}-{use.key}{UID_HOST}",
        start=use.start,
        end=use.end,
        summary=_summary_beside(use, where, level),
        created=first,
        modified=where.modified(use.changed_at or first),
        location=where.location,
        sequence=use.sequence,
        categories=(where.category,) if where.category else (),
        status="CANCELLED" if use.sort == "withdrawn" else "CONFIRMED",
        transparent=announced,
    )


def _summary_beside(use: Beside, where: Wording, level: Level) -> str:
    words = WORDS[where.language]
    said = use.said_sv if where.language == "sv" else use.said_en
    if use.sort in ANNOUNCED:
        words = EVENT_WORDS[where.language]
        return ("" if use.sort == "announcement" else words["cancelled"]) + (said or use.said_sv or use.said_en)
    if use.sort == "closure":
        return words["closed"] if level == "busy" else f"{words['closed']}: {said} ({where.label})"
    if level == "busy":
        return words["booked"]
    if use.sort == "busy":
        return f"{words['busy']} ({where.label})"
    return f"{said or EVENT_WORDS[where.language]['event']} ({where.label})"


def digest(*parts: object) -> str:
    """Name a list of values by 32 hexadecimal digits; different lists have different names."""
    text = "\x1f".join(part.hex() if isinstance(part, bytes) else str(part) for part in parts)
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def feed_token(secret_key: str, member_id: int, nonce: str) -> str:
    """Derive the secret part of an address: 256 bits as 43 characters; the nonce alone tells nothing."""
    message = f"feed:{member_id}:{nonce}".encode()
    secret = hmac.digest(secret_key.encode(), message, "sha256")
    return base64.urlsafe_b64encode(secret).rstrip(b"=").decode()


def token_hash(token: str) -> bytes:
    """Give what the database keeps of a token: it is random, so one fast hash is enough."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def usual_interval(usual: int | None, last: datetime | None, now: datetime) -> int | None:
    """Give how many seconds a program usually lets pass, after one more fetch; None after the first.

    A running average, in which one long pause (a laptop that was shut) counts as four usual ones at most.
    """
    if last is None or now <= last:
        return usual
    passed = int((now - last).total_seconds())
    return passed if usual is None else (3 * usual + min(passed, 4 * usual)) // 4


def name_refusals(name: str) -> list[Refusal]:
    """List what is wrong with a feed's name."""
    if not name.strip() or len(name) > NAME_LONGEST or not name.isprintable():
        return [Refusal("name-malformed", "name", {"longest": NAME_LONGEST})]
    return []


_PROGRAMS = (
    ("google-calendar", "Google Calendar"), ("outlook", "Outlook"), ("microsoft", "Outlook"),
    ("exchange", "Outlook"), ("thunderbird", "Thunderbird"), ("fantastical", "Fantastical"),
    ("dataaccessd", "Apple Calendar"), ("calendaragent", "Apple Calendar"), ("remindd", "Apple Calendar"),
    ("icsx5", "ICSx⁵"), ("davx5", "DAVx⁵"), ("nextcloud", "Nextcloud"), ("vdirsyncer", "vdirsyncer"),
    ("proton", "Proton Calendar"), ("evolution", "Evolution"), ("korganizer", "KOrganizer"),
    ("homeassistant", "Home Assistant"), ("mozilla/", "a browser"),
)  # fmt: skip
_PRODUCT = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._+-]{0,38}")


def program(user_agent: str) -> str:
    """Name the program behind a User-Agent, "" where it does not say; at most 40 plain characters."""
    lower = user_agent[:500].lower()
    for sign, name in _PROGRAMS:
        if sign in lower:
            return name
    found = _PRODUCT.match(user_agent.split("/")[0].strip())
    return found[0].strip() if found else ""


def wants_identity(user_agent: str) -> bool:
    """Tell whether a program is safer without gzip: Outlook was seen to fail on it."""
    lower = user_agent.lower()
    return "microsoft" in lower or "exchange" in lower or "outlook" in lower
