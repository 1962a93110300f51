"""What a member asks to see of the house: a day, a part of it and filters; and the words for places."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

from werkzeug.datastructures import MultiDict

from innovation_station.bookings.rules import PRESETS, Moment
from innovation_station.forms import parse_id
from innovation_station.i18n import duration, ngettext
from innovation_station.i18n import gettext as _
from innovation_station.spaces.rules import AMENITIES, KINDS, House, Layout, Place

SIGNS = {"room": "door", "booth": "phone", "hall": "people"}  # a desk's own number is its sign
LOOK_AHEAD = 62  # days
ROOMS = frozenset({"room", "booth", "hall"})
ICONS = {
    "window": "window", "screen": "screen", "height-adjustable": "updown", "quiet": "quiet", "whiteboard": "whiteboard",
    "video": "video", "projector": "projector", "hearing-loop": "ear", "step-free": "stepfree",
    "flicker-free": "light",
}  # fmt: skip


@dataclass(frozen=True)
class Choice:
    """What the address asks to see: a day, a part of it and filters. `start` and `end` are minutes of the day."""

    day: date
    kind: str = "desk"
    start: int | None = None
    end: int | None = None
    zone: int | None = None
    seats: int | None = None
    amenities: frozenset[str] = field(default_factory=frozenset)

    @property
    def filtered(self) -> bool:
        """Tell whether more than a kind is asked for."""
        return self.zone is not None or self.seats is not None or bool(self.amenities)

    def query(self, **other: Any) -> str:
        """Write the choice as a query string, with some of it changed; no value of it needs quoting."""
        now = replace(self, **other) if other else self
        query = f"date={now.day.isoformat()}&kind={now.kind}"
        if now.start is not None and now.end is not None:
            query += f"&from={clock_of(now.start)}&to={clock_of(now.end)}"
        return query + now._narrowed()

    @property
    def filters(self) -> str:
        """Write what says which places are shown, on whatever day, as `query` does."""
        return f"kind={self.kind}" + self._narrowed()

    def _narrowed(self) -> str:
        query = f"&zone={self.zone}" if self.zone is not None else ""
        if self.seats is not None:
            query += f"&seats={self.seats}"
        return query + "".join([f"&with={amenity}" for amenity in AMENITIES if amenity in self.amenities])

    def shows(self, place: Place) -> bool:
        """Tell whether a place passes the filters."""
        kind = place.kind == self.kind or (self.kind == "room" and place.kind in ROOMS)
        return (
            kind
            and (self.zone is None or place.zone_id == self.zone)
            and (self.seats is None or place.seats >= self.seats)
            and self.amenities <= place.amenities
        )


def filtered(day: date, args: MultiDict[str, str]) -> Choice:
    """Read which places an address asks for; what cannot be read is as if it was not there."""
    kind = args.get("kind", "desk")
    return Choice(
        day=day,
        kind=kind if kind in KINDS else "desk",
        zone=parse_id(args.get("zone")),
        seats=parse_id(args.get("seats")),
        amenities=frozenset(args.getlist("with")) & frozenset(AMENITIES),
    )


@lru_cache(maxsize=2048)
def clock_of(minute: int) -> str:
    """Write a minute of the day as forms and addresses do: 09:30."""
    return f"{minute // 60:02}:{minute % 60:02}"


def amenity_names() -> dict[str, str]:
    """Name the things that a place can have."""
    return {
        "window": _("by the window"), "screen": _("extra screen"), "height-adjustable": _("height-adjustable"),
        "quiet": _("quiet"), "whiteboard": _("whiteboard"), "video": _("video meeting"), "projector": _("projector"),
        "hearing-loop": _("hearing loop"), "step-free": _("step-free"), "flicker-free": _("flicker-free light"),
    }  # fmt: skip


def filter_names() -> dict[str, str]:
    """Name the same things as shortly as a filter can."""
    return amenity_names() | {
        "window": _("Window"), "screen": _("Screen"), "height-adjustable": _("Sit/stand"), "video": _("Video"),
    }  # fmt: skip


def amenities(place: Place) -> list[dict[str, str]]:
    """List what a place has, with signs, in a fixed order."""
    names = amenity_names()
    return [{"icon": ICONS[name], "text": names[name]} for name in AMENITIES if name in place.amenities]


def layout_names() -> dict[str, str]:
    """Name the ways to furnish a place."""
    return {
        "theatre": _("Theatre"), "classroom": _("Classroom"), "islands": _("Islands"), "standing": _("Standing"),
        "boardroom": _("Round one table"),
    }  # fmt: skip


def layout_text(layout: Layout) -> str:
    """Say how many a way to furnish seats, and how long it takes to change over."""
    seats = ngettext("%(num)d seat", "%(num)d seats", layout.seats)
    if not layout.changeover:
        return seats
    return _("%(seats)s, %(minutes)s to change over", seats=seats, minutes=duration(layout.changeover))


def seats_text(place: Place) -> str:
    """Say how many a place takes."""
    if place.layouts:
        return ngettext("up to %(num)d seat", "up to %(num)d seats", place.seats)
    return ngettext("%(num)d seat", "%(num)d seats", place.capacity)


def place_title(place: Place) -> str:
    """Name a place in full: «Desk A3», «Hågelby»."""
    return _("Desk %(name)s", name=place.name) if place.kind == "desk" else place.name


def presets(choice: Choice, house: House) -> dict[str, tuple[int, int]]:
    """Give the parts of a day as minutes; the whole day follows the house's hours."""
    hours = house.hours.get(choice.day.weekday()) or (8 * 60, 18 * 60)
    return {"day": hours, "morning": PRESETS["morning"], "afternoon": PRESETS["afternoon"]}


def preset_name(preset: str) -> str:
    """Name a part of the day."""
    return {"day": _("All day"), "morning": _("Morning"), "afternoon": _("Afternoon")}[preset]


def opens_on(house: House, day: date, moment: Moment) -> bool:
    """Tell whether any place is open on a day."""
    return day.weekday() in house.weekdays and day not in moment.holidays


def next_open_days(house: House, first: date, moment: Moment, count: int) -> list[date]:
    """List the next open days from `first`; looks two months ahead at most."""
    days = (first + timedelta(days=ahead) for ahead in range(LOOK_AHEAD))
    found = []
    for day in days:
        if opens_on(house, day, moment):
            found.append(day)
            if len(found) == count:
                break
    return found
