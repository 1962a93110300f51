"""One day of the Book page: plan, list and timeline of the same places, and their words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from markupsafe import Markup

from innovation_station.bookings.choice import ROOMS, Choice
from innovation_station.bookings.day import Day
from innovation_station.bookings.drawings import Drawn
from innovation_station.bookings.frame import Frame
from innovation_station.i18n import day_long, hours_short, language, minute_long, ngettext
from innovation_station.i18n import gettext as _
from innovation_station.spaces.drawing import drawn


class DayPage:
    """Composes templates/bookings/_plans.html, _places.html and _hours.html out of one Day; see the comments there."""

    def __init__(self, day: Day, choice: Choice, drawings: Mapping[int, Drawn], needs: frozenset[str]):
        self.day, self.choice, self.drawings, self.needs = day, choice, drawings, needs
        self.house = day.house
        self.places = [place for place in day.house.places.values() if place.id not in day.house.gone]
        self.lit = {place.id for place in self.places if choice.shows(place)}

    def compose(self) -> dict[str, Any]:
        """Give everything that changes when others book, but for the list."""
        first, last = self.day.window
        hours = hours_short(first * 15, last * 15)
        return {
            "day_long": day_long(self.choice.day),
            "floors": [self._floor(floor.id) for floor in self.house.storeys],
            "places": {floor_id: self._places(floor_id) for floor_id in self.house.floors},
            "barred": bool(self.day.barred),
            "strip_text": _("The strip in each place is the day %(hours)s: filled is booked.", hours=hours),
            "timeline": self._timeline(),
            "opening": first,
            "closing": last,
            "now_quarter": self.day.now_quarter,
            "hours_text": self._hours_text(),
        }

    def compose_list(self) -> dict[str, Any]:
        """Give the list, and what it can be narrowed by."""
        return {"list": self._list(), "filters": Frame(self.house, self.choice, self.day.moment).filters()}

    def _hours_text(self) -> str:
        hours = self.house.hours.get(self.choice.day.weekday())
        if hours is None or self.choice.day in self.day.moment.holidays:
            return _("Not open that day")
        return _("Open %(hours)s", hours=f"{minute_long(hours[0])}–{minute_long(hours[1])}")

    # -- the plan -----------------------------------------------------------------------------------------------------

    def _floor(self, floor_id: int) -> dict[str, Any]:
        floor = self.house.floors[floor_id]
        return {
            "id": floor.id, "name": floor.names[language()], "width": floor.width, "height": floor.height,
            "shapes": drawn(self.house)[floor_id][0],
            "furniture": drawn(self.house)[floor_id][1],
            "labels": self._labels(floor_id),
        }  # fmt: skip

    def _labels(self, floor_id: int) -> list[dict[str, Any]]:
        named = [
            {"text": zone.names[language()], "landscape": f"zn-{zone.id}", "align": "left" if index == 0 else None,
             "portrait": f"zn-{zone.id}-turned" if zone.label_turned else f"zn-{zone.id}"}
            for index, zone in enumerate(self.house.zones.values()) if zone.floor_id == floor_id and zone.label
        ]  # fmt: skip
        written = [
            {
                "text": label["text"][language()],
                "landscape": f"lb-{floor_id}-{index}",
                "portrait": f"lb-{floor_id}-{index}" + ("-turned" if label.get("turned") else ""),
            }
            for index, label in enumerate(self.house.floors[floor_id].labels)
        ]
        return named + written

    def _places(self, floor_id: int) -> Markup:
        return markup(self.drawings[place.id].link for place in self.places if place.floor_id == floor_id)

    # -- list and filters ---------------------------------------------------------------------------------------------

    def _list(self) -> dict[str, Any]:
        groups: dict[str, list[Markup]] = {
            state: [] for state in ("free", "part", "mine", "taken", "event", "not-for-me", "closed")
        }
        for place in self.places:
            if place.id in self.lit:
                drawn = self.drawings[place.id]
                groups[drawn.state].append(markup([drawn.item]))
        free, part = len(groups["free"]), len(groups["part"])
        total = len(self.lit)
        desks = ngettext("%(num)d desk", "%(num)d desks", total)
        rooms = ngettext("%(num)d room", "%(num)d rooms", total)
        heading = (
            _("%(free)d free, %(part)d partly", free=free, part=part)
            if part
            else ngettext("%(num)d free", "%(num)d free", free)
        )
        return {
            "heading": heading,
            "total_text": desks if self.choice.kind == "desk" else rooms,
            "groups": [
                *self._free(groups["free"] + groups["part"]),
                {"name": _("Yours"), "state": "mine", "items": groups["mine"]},
                {"name": _("Taken"), "state": "taken", "items": groups["taken"]},
                {"name": _("Event"), "state": "event", "items": groups["event"]},
                {"name": _("Not yours to book"), "state": "not-for-me", "items": groups["not-for-me"]},
                {"name": _("Closed"), "state": "closed", "items": groups["closed"]},
            ],
        }  # fmt: skip

    def _free(self, items: list[Markup]) -> list[dict[str, Any]]:
        """Give what is free as one group, or what suits the reader before the rest.

        The drawings are the same for everybody and kept for all; that a place suits is said by where it stands.
        """
        if not self.needs:
            return [{"name": _("Free"), "state": "free", "items": items}]
        missing = {self.drawings[place.id].item: len(self.needs - place.amenities) for place in self.places}
        suits = [item for item in items if not missing[item]]
        rest = sorted((item for item in items if missing[item]), key=lambda item: missing[item])
        return [
            {"name": _("Free, suits you"), "state": "suits", "items": suits, "marked": True},
            {"name": _("Other free places") if suits else _("Free"), "state": "free", "items": rest},
        ]

    # -- the timeline -------------------------------------------------------------------------------------------------

    def _timeline(self) -> list[dict[str, Any]]:
        groups: dict[tuple[int | None, bool], list[str]] = {}
        for place in self.places:
            if self.choice.filtered and place.id not in self.lit:
                continue
            wide = place.kind in ROOMS
            groups.setdefault((None if wide else place.zone_id, wide), []).append(self.drawings[place.id].row)
        return [
            {"name": self._group_name(zone_id, wide), "wide": wide, "rows": markup(rows)}
            for (zone_id, wide), rows in sorted(groups.items(), key=lambda item: item[0][1])
        ]

    def _group_name(self, zone_id: int | None, wide: bool) -> str:
        if wide:
            return _("Rooms and stage")
        return self.house.zones[zone_id].names[language()] if zone_id is not None else _("Desks")


def markup(parts: Iterable[str]) -> Markup:
    """Join drawings."""
    return Markup("".join(parts))  # noqa: S704  rows.py and drawings.py escape what people wrote
