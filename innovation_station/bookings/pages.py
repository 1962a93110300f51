"""One day of the Book page: plan, list and timeline of the same places, and their words."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from types import SimpleNamespace
from typing import Any

from innovation_station.bookings import queries
from innovation_station.bookings.choice import ROOMS, SIGNS, Choice, amenity_names, clock_of
from innovation_station.bookings.day import Day
from innovation_station.i18n import clock_short, day_long, hours_short, language, ngettext, span_text
from innovation_station.i18n import gettext as _
from innovation_station.spaces.drawing import drawn
from innovation_station.spaces.rules import AMENITIES, Place, at_minute
from innovation_station.timespan import Span

# What is repeated for every place is an object and not a mapping: Jinja finds an attribute three times as fast.
Part = SimpleNamespace


class DayPage:
    """Composes templates/bookings/_day.html out of one Day; see the comment in book.html for each part."""

    def __init__(self, day: Day, choice: Choice, selected: int | None):
        self.day, self.choice, self.selected = day, choice, selected
        self.house = day.house
        self.query = choice.query()
        self.shown = [place for place in self.house.places.values() if choice.shows(place)]
        self.states = {place.id: day.state(place) for place in self.house.places.values()}
        self.language = language()
        self.amenities = amenity_names()
        self.zones = {place.id: self.house.zone_name(place, self.language) for place in self.house.places.values()}
        self.seats = {place.capacity: ngettext("%(num)d seat", "%(num)d seats", place.capacity)
                      for place in self.house.places.values()}  # fmt: skip
        self.untimed = choice.query(start=None, end=None)
        self.desk_title, self.book_text = (
            _("Desk %(name)s", name="{name}"),
            _("Book %(hours)s", hours="{hours}"),
        )
        self.words = {
            "free": _("free"), "part": _("partly free"), "taken": _("taken"), "mine": _("yours"), "closed": _("closed"),
        }  # fmt: skip

    def href(self, place: Place) -> str:
        """Give the address of a place's sheet."""
        return f"/book/{place.id}?{self.query}"

    def compose(self) -> dict[str, Any]:
        """Give everything that changes when others book."""
        first, last = self.day.window
        hours = hours_short(first * 15, last * 15)
        return {
            "date": self.choice.day.isoformat(),
            "href": f"/book?{self.query}",
            "day_long": day_long(self.choice.day),
            "floors": [self._floor(floor_id) for floor_id in self.house.floors],
            "places": {floor_id: self._places(floor_id) for floor_id in self.house.floors},
            "strip_text": _("The strip in each place is the day %(hours)s: filled is booked.", hours=hours),
            "timeline": self._timeline(),
            "list": self._list(),
            "opening": first,
            "closing": last,
            "now_quarter": self.day.now_quarter,
            "hours_text": self._hours_text(),
            "sheet": None,
        }

    def _hours_text(self) -> str:
        hours = self.house.hours.get(self.choice.day.weekday())
        if hours is None or self.choice.day in self.day.moment.holidays:
            return _("Not open that day")
        opened = Span(*(at_minute(self.choice.day, minute, self.day.moment.zone) for minute in hours))
        return _("Open %(hours)s", hours=span_text(opened))

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

    def _places(self, floor_id: int) -> list[Part]:
        first, last = self.day.window
        return [
            Part(
                id=place.id, kind=place.kind, name=place.name, href=self.href(place), state=self._shown_state(place),
                shape="room" if place.kind in ("room", "hall") else "desk", label=self._label(place),
                strip=self.day.strip(place), strip_width=last - first, dim=not self._passes(place),
                capacity_text=self.seats[place.capacity],
                status_text=self._status(place) if place.kind in ROOMS else "",
            )
            for place in self.house.places.values() if place.floor_id == floor_id
        ]  # fmt: skip

    def _shown_state(self, place: Place) -> str:
        """Mark what is chosen, but never paint over that somebody has it: a script tells the member by it."""
        state = self.states[place.id]
        return "selected" if place.id == self.selected and state in ("free", "part") else state

    def _passes(self, place: Place) -> bool:
        """Tell whether the filters leave a place lit on the plan: kinds that are not filtered stay as they are."""
        return self.choice.shows(place) if self.choice.filtered else True

    def _label(self, place: Place) -> str:
        said = self.day.said(place)
        state = self.words[self.states[place.id]]
        name = self.desk_title.replace("{name}", place.name) if place.kind == "desk" else place.name
        text = f"{name}, {self.zones[place.id]}, {state}"
        return f"{text} ({said})" if said else text

    def _status(self, place: Place) -> str:
        """Say of a room until when it is free or booked: from now today, from the chosen time otherwise."""
        opened = self.day.opened(place)
        chosen = opened and opened.intersection(self.day.chosen)
        if opened is None or chosen is None or not place.bookable:
            return _("Not open then")
        at = self.day.looking_at(chosen)
        rows = self.day.taken.get(place.id, ())
        running = next((row for row in rows if row.span.start <= at < row.span.end), None)
        if running:
            until = self._busy_until(rows, running.span.end)
            return _("Booked until %(time)s", time=clock_short(until))
        following = min((row.span.start for row in rows if row.span.start > at), default=None)
        if following is None:
            return _("Free all day") if at <= opened.start else _("Free the rest of the day")
        return _("Free until %(time)s", time=clock_short(following))

    @staticmethod
    def _busy_until(rows: Iterable[queries.Taken], end: datetime) -> datetime:
        for row in rows:
            if row.span.start <= end < row.span.end:
                end = row.span.end
        return end

    # -- list and filters ---------------------------------------------------------------------------------------------

    def _list(self) -> dict[str, Any]:
        groups: dict[str, list[Part]] = {state: [] for state in self.words}
        for place in self.shown:
            groups[self.states[place.id]].append(self._item(place))
        free, part = len(groups["free"]), len(groups["part"])
        total = len(self.shown)
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
                {"name": _("Free"), "state": "free", "items": groups["free"] + groups["part"]},
                {"name": _("Yours"), "state": "mine", "items": groups["mine"]},
                {"name": _("Taken"), "state": "taken", "items": groups["taken"]},
                {"name": _("Closed"), "state": "closed", "items": groups["closed"]},
            ],
        }  # fmt: skip

    def _item(self, place: Place) -> Part:
        state = self.states[place.id]
        detail = [self.zones[place.id]]
        if place.kind in ROOMS:
            detail.append(self.seats[place.capacity])
        detail += [self.amenities[amenity] for amenity in AMENITIES if amenity in place.amenities]
        text = (
            self._free_text(place)
            if state in ("free", "part")
            else self.day.said(place) or self.words[state].capitalize()
        )
        return Part(
            name=place.name, state="sel" if place.id == self.selected else state, href=self.href(place),
            space_id=place.id, icon=SIGNS.get(place.kind), detail=", ".join(detail),
            text=f"{place.name}: {text}" if place.kind in ROOMS else text,
        )  # fmt: skip

    def _free_text(self, place: Place) -> str:
        free = [span for span in self.day.free(place) if span.end > self.day.chosen.start]
        if len(free) == 1 and free[0] == self.day.opened(place):
            return _("Free all day")
        return _("Free %(times)s", times=", ".join(self.day.hours(span) for span in free[:3])) if free else _("Free")

    # -- the timeline -------------------------------------------------------------------------------------------------

    def _timeline(self) -> list[dict[str, Any]]:
        groups: dict[tuple[int | None, bool], list[Part]] = {}
        for place in self.house.places.values():
            if not self._passes(place):
                continue
            wide = place.kind in ROOMS
            groups.setdefault((None if wide else place.zone_id, wide), []).append(
                Part(name=place.name, space_id=place.id, segments=self._segments(place), pick=None)
            )
        return [
            {"name": self._group_name(zone_id, wide), "wide": wide, "rows": rows}
            for (zone_id, wide), rows in sorted(groups.items(), key=lambda item: item[0][1])
        ]

    def _group_name(self, zone_id: int | None, wide: bool) -> str:
        if wide:
            return _("Rooms and stage")
        return self.house.zones[zone_id].names[language()] if zone_id is not None else _("Desks")

    def _segments(self, place: Place) -> list[Part]:
        segments = [self._free_segment(place, span) for span in self.day.free(place)]
        segments += [self._taken_segment(place, row) for row in self.day.taken.get(place.id, ())]
        first, last = self.day.window
        opened = self.day.opened(place)
        edges = (self.day.quarter(opened.start), self.day.quarter(opened.end, up=True)) if opened else (last, last)
        for start, end in ((first, edges[0]), (edges[1], last)):
            if start < end:
                closed = _("Closed %(hours)s, %(name)s", hours=hours_short(start * 15, end * 15), name=place.name)
                segments.append(Part(s=start, e=end, state="closed", text="", href=None, label=closed))
        return sorted((part for part in segments if part.s < part.e), key=lambda part: part.s)

    def _free_segment(self, place: Place, span: Span) -> Part:
        start, end = self.day.minute(span.start), self.day.minute(span.end)
        text = self.book_text.replace("{hours}", hours_short(start, end))
        href = f"/book/{place.id}?{self.untimed}&from={clock_of(start)}&to={clock_of(end)}"
        label = f"{text}, {place.name}"
        return Part(s=(start + 14) // 15, e=end // 15, state="free", text=text, label=label, href=href)

    def _taken_segment(self, place: Place, row: queries.Taken) -> Part:
        first, last = self.day.window
        who = self.day.who(row)
        mine = row.member_id == self.day.member_id
        return Part(
            s=max(self.day.quarter(row.span.start), first), e=min(self.day.quarter(row.span.end, up=True), last),
            state=self.day.state_of(row), text=who, label=f"{who}, {place.name} {self.day.hours(row.span)}",
            href=f"/bookings/{row.booking_id}" if mine else None,
        )  # fmt: skip
