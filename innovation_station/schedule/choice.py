"""What an address of the schedule asks to see: a day or a week, which places, which hours and how large."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from werkzeug.datastructures import MultiDict

from innovation_station.bookings.choice import ROOMS, clock_of
from innovation_station.forms import parse_date, parse_id, parse_time
from innovation_station.spaces.rules import AMENITIES, DAY_MINUTES, Place

VIEWS = ("day", "week", "list")
KINDS = ("desk", "room")  # a room is all that is no desk, as on the Book page
ONLY: Mapping[str, frozenset[str]] = {
    "waiting": frozenset({"waiting"}), "problems": frozenset({"gone", "contested", "fault"}),
}  # fmt: skip
HOURS = ("open", "day", "own")
STEPS = (15, 30, 60)
WORDS_LONGEST = 60


@dataclass(frozen=True)
class Look:
    """`start` and `end` are the minutes of a chosen stretch of the day, where `hours` is own."""

    day: date
    view: str = "day"
    kind: str = ""
    floor: int | None = None
    zone: int | None = None
    amenities: frozenset[str] = field(default_factory=frozenset)
    words: str = ""
    only: str = ""
    hours: str = "open"
    start: int = 8 * 60
    end: int = 18 * 60
    step: int = 60

    @classmethod
    def read(cls, args: MultiDict[str, str], today: date) -> Look:
        """Read an address; what cannot be read is as if it was not there."""

        def one_of(name: str, known: Collection[str], default: str) -> str:
            given = args.get(name, default)
            return given if given in known else default

        start, end = parse_time(args.get("from")), parse_time(args.get("to"))
        own = start is not None and end is not None and start < end
        hours = one_of("hours", HOURS, "open")
        step = parse_id(args.get("step"))
        return cls(
            parse_date(args.get("date")) or today, one_of("view", VIEWS, "day"), one_of("kind", KINDS, ""),
            parse_id(args.get("floor")), parse_id(args.get("zone")),
            frozenset(args.getlist("with")) & frozenset(AMENITIES),
            " ".join(args.get("q", "")[:WORDS_LONGEST].split()), one_of("only", ONLY, ""),
            "open" if hours == "own" and not own else hours,
            start if own and start is not None else 8 * 60, end if own and end is not None else 18 * 60,
            step if step in STEPS else 60,
        )  # fmt: skip

    def query(self, **other: Any) -> str:
        """Write it as a query string, with some of it changed."""
        now = replace(self, **other) if other else self
        own = now.hours == "own"
        pairs = {
            "date": now.day.isoformat(), "view": now.view if now.view != "day" else "", "kind": now.kind,
            "floor": now.floor, "zone": now.zone, "with": [one for one in AMENITIES if one in now.amenities],
            "q": now.words, "only": now.only, "hours": now.hours if now.hours != "open" else "",
            "from": clock_of(now.start) if own else "", "to": clock_of(now.end) if own else "",
            "step": now.step if now.step != 60 else "",
        }  # fmt: skip
        return urlencode({name: value for name, value in pairs.items() if value}, doseq=True)

    @property
    def monday(self) -> date:
        """Give the first day of the week that is looked at."""
        return self.day - timedelta(days=self.day.weekday())

    @property
    def days(self) -> list[date]:
        """List the days that are looked at."""
        if self.view != "week":
            return [self.day]
        return [self.monday + timedelta(days=ahead) for ahead in range(7)]

    @property
    def narrowed(self) -> bool:
        """Tell whether some places are left out."""
        return bool(self.kind or self.floor or self.zone or self.amenities or self.words or self.only)

    @property
    def folded_out(self) -> bool:
        """Tell whether the form of filters and hours says anything that is not said beside it."""
        return replace(self, kind="").narrowed or self.hours != "open" or self.step != 60

    def window(self, opened: tuple[int, int]) -> tuple[int, int]:
        """Give the first and last quarter that are shown; `opened` are those of the opening hours."""
        if self.hours == "day":
            return 0, DAY_MINUTES // 15
        return (self.start // 15, -(-self.end // 15)) if self.hours == "own" else opened

    def shows(self, place: Place) -> bool:
        """Tell whether a place passes the filters that hang on what it is."""
        return (
            (not self.kind or place.kind == self.kind or (self.kind == "room" and place.kind in ROOMS))
            and self.floor in (None, place.floor_id)
            and self.zone in (None, place.zone_id)
            and self.amenities <= place.amenities
        )

    @property
    def feed(self) -> str | None:
        """Write the address at which one subscribes to these places; None for a choice that no calendar can follow."""
        if not self.narrowed:
            return "of=staff"
        if self.floor or self.words or self.only or (self.amenities and not self.kind):
            return None
        if not self.kind:
            return f"of=zone:{self.zone}"
        pairs: dict[str, Any] = {"of": "view", "kind": self.kind, "zone": self.zone}
        pairs["with"] = [one for one in AMENITIES if one in self.amenities]
        return urlencode({name: value for name, value in pairs.items() if value}, doseq=True)
