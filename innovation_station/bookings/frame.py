"""What stands round a day on the Book page: the heading, the strip of days, switches (_bar.html) and filters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from innovation_station.bookings.choice import ICONS, Choice, filter_names, opens_on, preset_name, presets
from innovation_station.bookings.rules import Moment
from innovation_station.i18n import day_long, day_short, hours_short, language, ngettext, weekday_short
from innovation_station.i18n import gettext as _
from innovation_station.spaces.rules import House, at_minute

SEATS_CHOICES = (4, 8, 12)
FILTERED = {
    "desk": ("screen", "height-adjustable", "window", "quiet"),
    "room": ("screen", "whiteboard", "video", "projector", "hearing-loop", "step-free", "flicker-free"),
}
NO_FILTERS: Mapping[str, Any] = {"amenities": frozenset(), "zone": None, "seats": None}


class Frame:
    """Composes the parts of templates/bookings/book.html that are links to other days, times and filters."""

    def __init__(self, house: House, choice: Choice, moment: Moment):
        self.house, self.choice, self.moment = house, choice, moment

    def href(self, **other: Any) -> str:
        """Give the address of the same page with some of the choice changed."""
        return "/book?" + self.choice.query(**other)

    def compose(self, today: date, free: Mapping[date, int], strip: Sequence[date]) -> dict[str, Any]:
        """Give all of it; `free` counts what is free on each day of the `strip`."""
        choice = self.choice
        what = _("Book a desk, %(day)s") if choice.kind == "desk" else _("Book a room, %(day)s")
        return {
            "heading": what % {"day": day_long(choice.day)},
            "days": [self._strip_day(day, free.get(day)) for day in strip],
            "days_note": self._days_note(strip),
            "pick": {
                "action": "/book", "name": "date", "value": choice.day.isoformat(), "min": today.isoformat(),
                "max": (today + timedelta(days=self._horizon())).isoformat(), "fields": {"kind": choice.kind},
            },
            "presets": self._presets(),
            "kinds": [
                {"label": label, "href": self.href(kind=kind, **NO_FILTERS), "current": choice.kind == kind}
                for kind, label in (("desk", _("Desks")), ("room", _("Rooms")))
            ],
            "closed_reason": self._closed_reason(),
        }  # fmt: skip

    def _horizon(self) -> int:
        return max((place.policy.horizon for place in self.house.places.values()), default=0)

    def _strip_day(self, day: date, free: int | None) -> dict[str, Any]:
        return {
            "date": day.isoformat(), "weekday_short": weekday_short(day), "day_number": day.day,
            "free_text": "" if free is None else ngettext("%(num)d free", "%(num)d free", free),
            "href": self.href(day=day), "current": day == self.choice.day, "label": day_long(day),
            "closed": free is None,
        }  # fmt: skip

    def _days_note(self, strip: Sequence[date]) -> str | None:
        """Say why a working day is left out of the strip."""
        if not strip:
            return None
        holidays = self.moment.holidays
        between = (strip[0] + timedelta(days=ahead) for ahead in range((strip[-1] - strip[0]).days))
        reasons = [
            _("%(day)s is closed: %(holiday)s.", day=day_short(day).capitalize(), holiday=holidays[day][language()])
            for day in between
            if day in holidays and day.weekday() in self.house.hours
        ]
        return " ".join(reasons) or None

    def _closed_reason(self) -> str | None:
        day = self.choice.day
        if opens_on(self.house, day, self.moment):
            if self._over():
                return _("That time has passed. Choose a later one.")
            return None
        if day in self.moment.holidays:
            name = self.moment.holidays[day][language()]
            return _("The house is closed on %(day)s, %(holiday)s.", day=day_long(day), holiday=name)
        return _("The house is closed on %(day)s.", day=day_long(day))

    def _over(self) -> bool:
        end = 24 * 60 if self.choice.end is None else self.choice.end
        return at_minute(self.choice.day, end, self.moment.zone) <= self.moment.now

    def _presets(self) -> list[dict[str, Any]]:
        items = []
        chosen = (self.choice.start, self.choice.end)
        for name, (start, end) in presets(self.choice, self.house).items():
            over = at_minute(self.choice.day, end, self.moment.zone) <= self.moment.now
            items.append({
                "label": preset_name(name), "hint": hours_short(start, end), "current": chosen == (start, end),
                "href": self.href(start=start, end=end), "off": _("is over") if over else None,
            })  # fmt: skip
        if not any(item["current"] for item in items) and chosen[0] is not None and chosen[1] is not None:
            items.append({
                "label": hours_short(chosen[0], chosen[1]), "current": True, "href": self.href(),
            })  # fmt: skip
        return items

    def filters(self) -> list[dict[str, Any]]:
        """Give what the list can be narrowed by: what the places of this kind have, and seats or zones."""
        kind = "desk" if self.choice.kind == "desk" else "room"
        present: set[str] = set()
        for place in self.house.places.values():
            present |= place.amenities if (place.kind == "desk") == (kind == "desk") else frozenset()
        names, chosen = filter_names(), self.choice.amenities
        return [
            {
                "label": names[amenity][0].upper() + names[amenity][1:],
                "icon": ICONS[amenity],
                "pressed": amenity in chosen,
                "href": self.href(amenities=chosen ^ {amenity}),
            }
            for amenity in FILTERED[kind]
            if amenity in present
        ] + (self._zone_filters() if kind == "desk" else self._seat_filters())

    def _seat_filters(self) -> list[dict[str, Any]]:
        return [
            {
                "label": _("At least %(seats)d seats", seats=seats),
                "icon": "people",
                "pressed": self.choice.seats == seats,
                "href": self.href(seats=None if self.choice.seats == seats else seats),
            }
            for seats in SEATS_CHOICES
        ]

    def _zone_filters(self) -> list[dict[str, Any]]:
        used = {place.zone_id for place in self.house.places.values() if place.kind == "desk"}
        return [
            {
                "label": zone.names[language()],
                "pressed": self.choice.zone == zone.id,
                "href": self.href(zone=None if self.choice.zone == zone.id else zone.id),
            }
            for zone in self.house.zones.values()
            if zone.id in used and len(used) > 1
        ]
