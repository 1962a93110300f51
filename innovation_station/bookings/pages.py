"""What the Book page shows: the strip of days, plan, list and timeline of one day, and the offer to repeat."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from flask_babel import gettext as _
from flask_babel import ngettext

from innovation_station.bookings import queries, rules
from innovation_station.bookings.day import Day
from innovation_station.bookings.rules import PRESETS, Moment, Wish
from innovation_station.i18n import (
    clock_short, day_long, day_short, language, local, span_short, span_text, weekday_definite, weekday_short,
)  # fmt: skip
from innovation_station.spaces.queries import public_holidays
from innovation_station.spaces.rules import AMENITIES, House, Place, at_minute, open_span
from innovation_station.timespan import Span

STRIP_DAYS = 6
SEATS_CHOICES = (4, 8, 12)
ROOMS = frozenset({"room", "booth", "hall"})
FILTERED = {"desk": ("screen", "height-adjustable", "window", "quiet"),
            "room": ("screen", "whiteboard", "video", "projector", "hearing-loop", "step-free")}  # fmt: skip
ICONS = {
    "window": "window", "screen": "screen", "height-adjustable": "updown", "quiet": "quiet", "whiteboard": "whiteboard",
    "video": "video", "projector": "projector", "hearing-loop": "ear", "step-free": "stepfree",
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

    def query(self, **other: Any) -> str:
        """Write the choice as a query string, with some of it changed."""
        now = replace(self, **other)
        pairs: list[tuple[str, object]] = [("date", now.day.isoformat()), ("kind", now.kind)]
        if now.start is not None and now.end is not None:
            pairs += [("from", _clock(now.start)), ("to", _clock(now.end))]
        pairs += [(name, value) for name, value in (("zone", now.zone), ("seats", now.seats)) if value is not None]
        pairs += [("with", amenity) for amenity in AMENITIES if amenity in now.amenities]
        return urlencode(pairs)

    def shows(self, place: Place) -> bool:
        """Tell whether a place passes the filters."""
        kind = place.kind == self.kind or (self.kind == "room" and place.kind in ROOMS)
        return (
            kind
            and (self.zone is None or place.zone_id == self.zone)
            and (self.seats is None or place.capacity >= self.seats)
            and self.amenities <= place.amenities
        )


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def amenity_name(amenity: str) -> str:
    """Name a thing that a place can have."""
    return {
        "window": _("by the window"), "screen": _("extra screen"), "height-adjustable": _("height-adjustable"),
        "quiet": _("quiet"), "whiteboard": _("whiteboard"), "video": _("video meeting"), "projector": _("projector"),
        "hearing-loop": _("hearing loop"), "step-free": _("step-free"),
    }[amenity]  # fmt: skip


def amenities(place: Place) -> list[dict[str, str]]:
    """List what a place has, with signs, in a fixed order."""
    return [
        {"icon": ICONS[amenity], "text": amenity_name(amenity)} for amenity in AMENITIES if amenity in place.amenities
    ]


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


def hours_short(start: int, end: int) -> str:
    """Write minutes of the day for a label: 08–12, 08.30–12."""
    def one(minute: int) -> str:
        sign = "." if language() == "sv" else ":"
        return f"{minute // 60:02}" + (f"{sign}{minute % 60:02}" if minute % 60 else "")

    return f"{one(start)}–{one(end)}"


def opens_on(house: House, day: date, moment: Moment) -> bool:
    """Tell whether any place is open on a day."""
    return any(open_span(place.hours, day, moment.zone, moment.holidays) for place in house.places.values())


def next_open_days(house: House, first: date, moment: Moment, count: int) -> list[date]:
    """List the next open days from `first`; looks two months ahead at most."""
    days = (first + timedelta(days=ahead) for ahead in range(62))
    found = []
    for day in days:
        if opens_on(house, day, moment):
            found.append(day)
            if len(found) == count:
                break
    return found


class BookPage:
    """Composes templates/bookings/book.html out of one Day; see the comment there for each part."""

    def __init__(self, day: Day, choice: Choice, usual: Sequence[tuple[int, datetime, datetime]], selected: int | None):
        self.day, self.choice, self.usual, self.selected = day, choice, usual, selected
        self.house = day.house
        self.query = choice.query()
        self.shown = [place for place in self.house.places.values() if choice.shows(place)]
        self.states = {place.id: day.state(place) for place in self.house.places.values()}
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
            "day_long": day_long(self.choice.day),
            "floors": [self._floor(floor_id) for floor_id in self.house.floors],
            "places": {floor_id: self._places(floor_id) for floor_id in self.house.floors},
            "strip_text": _("The strip in each place is the day %(hours)s: filled is booked.", hours=hours),
            "timeline": self._timeline(),
            "list": self._list(),
            "filters": self._filters(),
            "again": self._again(),
            "opening": first,
            "closing": last,
            "now_quarter": self.day.now_quarter,
            "hours_text": self._hours_text(),
            "sheet": None,
        }

    def frame(self, today: date, free: Mapping[date, int], strip: Sequence[date]) -> dict[str, Any]:
        """Give what stands round the day: heading, strip of days, switches."""
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
                {"label": label, "href": "/book?" + choice.query(kind=kind, amenities=frozenset(), zone=None, seats=None),
                 "current": choice.kind == kind}
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
            "href": "/book?" + self.choice.query(day=day), "current": day == self.choice.day, "label": day_long(day),
            "closed": free is None,
        }  # fmt: skip

    def _days_note(self, strip: Sequence[date]) -> str | None:
        """Say why a working day is left out of the strip."""
        if not strip:
            return None
        left_out = public_holidays(self.house.holidays, strip[0], strip[-1], language())
        reasons = [
            _("%(day)s is closed: %(holiday)s.", day=day_short(day).capitalize(), holiday=name)
            for day, name in sorted(left_out.items())
            if day.weekday() in self.house.hours and day not in strip
        ]
        return " ".join(reasons) or None

    def _closed_reason(self) -> str | None:
        day = self.choice.day
        if opens_on(self.house, day, self.day.moment):
            if self.day.chosen.end <= self.day.moment.now:
                return _("That time has passed. Choose a later one.")
            return None
        name = public_holidays(self.house.holidays, day, day, language()).get(day)
        if name:
            return _("The house is closed on %(day)s, %(holiday)s.", day=day_long(day), holiday=name)
        return _("The house is closed on %(day)s.", day=day_long(day))

    def _presets(self) -> list[dict[str, Any]]:
        items = []
        chosen = (self.choice.start, self.choice.end)
        for name, (start, end) in presets(self.choice, self.house).items():
            over = at_minute(self.choice.day, end, self.day.moment.zone) <= self.day.moment.now
            items.append({
                "label": preset_name(name), "hint": hours_short(start, end), "current": chosen == (start, end),
                "href": "/book?" + self.choice.query(start=start, end=end), "off": _("is over") if over else None,
            })  # fmt: skip
        if not any(item["current"] for item in items) and chosen[0] is not None and chosen[1] is not None:
            items.append({
                "label": hours_short(chosen[0], chosen[1]), "current": True, "href": "/book?" + self.query,
            })  # fmt: skip
        return items

    def _hours_text(self) -> str:
        hours = self.house.hours.get(self.choice.day.weekday())
        if hours is None or self.choice.day in self.day.moment.holidays:
            return _("Closed")
        opened = Span(*(at_minute(self.choice.day, minute, self.day.moment.zone) for minute in hours))
        return _("Open %(hours)s", hours=span_text(opened))

    # -- the plan -----------------------------------------------------------------------------------------------------

    def _floor(self, floor_id: int) -> dict[str, Any]:
        floor = self.house.floors[floor_id]
        return {
            "id": floor.id, "name": floor.names[language()], "width": floor.width, "height": floor.height,
            "shapes": floor.shapes,
            "furniture": [shape for place in self.house.places.values() if place.floor_id == floor_id
                          for shape in place.furniture],
            "labels": self._labels(floor_id),
        }  # fmt: skip

    def _labels(self, floor_id: int) -> list[dict[str, Any]]:
        named = [
            {"text": zone.names[language()], "landscape": f"zn-{zone.id}", "align": "left" if index == 0 else None,
             "portrait": f"zn-{zone.id}-turned" if zone.label_turned else f"zn-{zone.id}"}
            for index, zone in enumerate(self.house.zones.values()) if zone.floor_id == floor_id and zone.label
        ]  # fmt: skip
        written = [
            {"text": label["text"][language()], "landscape": f"lb-{floor_id}-{index}", "portrait": f"lb-{floor_id}-{index}"}
            for index, label in enumerate(self.house.floors[floor_id].labels)
        ]  # type: ignore[index]
        return named + written

    def _places(self, floor_id: int) -> list[dict[str, Any]]:
        first, last = self.day.window
        return [
            {
                "id": place.id, "kind": place.kind, "name": place.name, "href": self.href(place),
                "state": "selected" if place.id == self.selected else self.states[place.id],
                "label": self._label(place), "strip": self.day.strip(place), "strip_width": last - first,
                "icon": "phone" if place.kind == "booth" else None, "dim": not self._passes(place),
                "capacity_text": ngettext("%(num)d seat", "%(num)d seats", place.capacity),
                "status_text": self._status(place) if place.kind in ROOMS else "",
            }
            for place in self.house.places.values() if place.floor_id == floor_id
        ]  # fmt: skip

    def _passes(self, place: Place) -> bool:
        """Tell whether the filters leave a place lit on the plan: kinds that are not filtered stay as they are."""
        filtered = self.choice.zone is not None or self.choice.seats is not None or self.choice.amenities
        return self.choice.shows(place) if filtered else True

    def _label(self, place: Place) -> str:
        said = self.day.said(place)
        state = self.words[self.states[place.id]]
        where = self.house.zone_name(place, language())
        text = f"{place_title(place)}, {where}, {state}"
        return f"{text} ({said})" if said else text

    def _status(self, place: Place) -> str:
        """Say of a room until when it is free or booked: from now today, from the chosen time otherwise."""
        opened = self.day.opened(place)
        chosen = opened and opened.intersection(self.day.chosen)
        if opened is None or chosen is None or not place.bookable:
            return _("Closed")
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
        groups: dict[str, list[dict[str, Any]]] = {"free": [], "part": [], "mine": [], "taken": [], "closed": []}
        for place in self.shown:
            groups[self.states[place.id]].append(self._item(place))
        free, part = len(groups["free"]), len(groups["part"])
        total = len(self.shown)
        desks = ngettext("%(num)d desk", "%(num)d desks", total)
        rooms = ngettext("%(num)d room", "%(num)d rooms", total)
        heading = (
            _("%(free)d free, %(part)d partly", free=free, part=part) if part else ngettext("%(num)d free", "%(num)d free", free)
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

    def _item(self, place: Place) -> dict[str, Any]:
        state = self.states[place.id]
        detail = [self.house.zone_name(place, language())]
        if place.kind in ROOMS:
            detail.append(ngettext("%(num)d seat", "%(num)d seats", place.capacity))
        detail += [amenity_name(amenity) for amenity in AMENITIES if amenity in place.amenities]
        text = self._free_text(place) if state in ("free", "part") else self.day.said(place) or self.words[state].capitalize()
        return {
            "name": place.name, "state": state, "href": self.href(place), "space_id": place.id,
            "icon": {"booth": "phone", "hall": "people"}.get(place.kind, "door") if place.kind in ROOMS else None,
            "text": f"{place.name}: {text}" if place.kind in ROOMS else text, "detail": ", ".join(detail),
        }  # fmt: skip

    def _free_text(self, place: Place) -> str:
        free = self.day.free(place)
        if len(free) == 1 and free[0] == self.day.opened(place):
            return _("Free all day")
        return _("Free %(times)s", times=", ".join(span_short(span) for span in free[:3])) if free else _("Free")

    def _filters(self) -> list[dict[str, Any]]:
        kind = "desk" if self.choice.kind == "desk" else "room"
        present = set().union(*(p.amenities for p in self.house.places.values() if p.kind == kind or kind == "room"))
        chips = [
            {"label": amenity_name(amenity).capitalize(), "icon": ICONS[amenity], "pressed": amenity in self.choice.amenities,
             "href": "/book?" + self.choice.query(amenities=self.choice.amenities ^ {amenity})}
            for amenity in FILTERED[kind] if amenity in present
        ]  # fmt: skip
        if kind == "room":
            return chips + [
                {"label": _("At least %(seats)d seats", seats=seats), "pressed": self.choice.seats == seats, "icon": "people",
                 "href": "/book?" + self.choice.query(seats=None if self.choice.seats == seats else seats)}
                for seats in SEATS_CHOICES
            ]  # fmt: skip
        used = {place.zone_id for place in self.house.places.values() if place.kind == "desk"}
        return chips + [
            {"label": zone.names[language()], "pressed": self.choice.zone == zone.id,
             "href": "/book?" + self.choice.query(zone=None if self.choice.zone == zone.id else zone.id)}
            for zone in self.house.zones.values() if zone.id in used and len(used) > 1
        ]  # fmt: skip

    # -- the timeline -------------------------------------------------------------------------------------------------

    def _timeline(self) -> list[dict[str, Any]]:
        filtered = self.choice.zone is not None or self.choice.seats is not None or bool(self.choice.amenities)
        groups: dict[tuple[int | None, bool], list[dict[str, Any]]] = {}
        for place in self.house.places.values():
            if filtered and not self.choice.shows(place):
                continue
            wide = place.kind in ROOMS
            groups.setdefault((None if wide else place.zone_id, wide), []).append(
                {"name": place.name, "space_id": place.id, "segments": self._segments(place), "pick": None}
            )
        return [
            {"name": self._group_name(zone_id, wide), "wide": wide, "rows": rows}
            for (zone_id, wide), rows in sorted(groups.items(), key=lambda item: item[0][1])
        ]

    def _group_name(self, zone_id: int | None, wide: bool) -> str:
        if wide:
            return _("Rooms and stage")
        return self.house.zones[zone_id].names[language()] if zone_id is not None else _("Desks")

    def _segments(self, place: Place) -> list[dict[str, Any]]:
        segments = [self._free_segment(place, span) for span in self.day.free(place)]
        segments += [self._taken_segment(place, row) for row in self.day.taken.get(place.id, ())]
        first, last = self.day.window
        opened = self.day.opened(place)
        edges = (self.day.quarter(opened.start), self.day.quarter(opened.end, up=True)) if opened else (last, last)
        for start, end in ((first, edges[0]), (edges[1], last)):
            if start < end:
                segments.append({"s": start, "e": end, "state": "closed", "text": "", "href": None,
                                 "label": _("Closed %(hours)s, %(name)s", hours=hours_short(start * 15, end * 15), name=place.name)})  # fmt: skip
        drawn = [s for s in segments if s["s"] < s["e"]]
        return sorted(drawn, key=lambda segment: segment["s"])

    def _free_segment(self, place: Place, span: Span) -> dict[str, Any]:
        start, end = local(span.start), local(span.end)
        minutes = start.hour * 60 + start.minute, (end.hour * 60 + end.minute) or 24 * 60
        text = _("Book %(hours)s", hours=span_short(span))
        return {
            "s": self.day.quarter(span.start, up=True), "e": self.day.quarter(span.end), "state": "free", "text": text,
            "label": f"{text}, {place.name}",
            "href": f"/book/{place.id}?" + self.choice.query(start=minutes[0], end=minutes[1]),
        }  # fmt: skip

    def _taken_segment(self, place: Place, row: queries.Taken) -> dict[str, Any]:
        first, last = self.day.window
        who = self.day.who(row)
        mine = row.member_id == self.day.member_id
        return {
            "s": max(self.day.quarter(row.span.start), first), "e": min(self.day.quarter(row.span.end, up=True), last),
            "state": "closed" if row.booking_id is None else "mine" if mine else "taken", "text": who,
            "label": f"{who}, {place.name} {span_short(row.span)}",
            "href": f"/bookings/{row.booking_id}" if mine else None,
        }  # fmt: skip

    # -- the offer ----------------------------------------------------------------------------------------------------

    def _again(self) -> dict[str, Any] | None:
        """Offer what the member mostly books on this weekday, else at all, where it can be had today."""
        same = [row for row in self.usual if local(row[1]).weekday() == self.choice.day.weekday()]
        for rows in (same, self.usual):
            wishes = Counter((space, local(start).time(), local(end).time()) for space, start, end in rows)
            for (space_id, start, end), _count in wishes.most_common(3):
                wish = self._granted(space_id, start.hour * 60 + start.minute, end.hour * 60 + end.minute)
                if wish:
                    return self._offer(wish, last_week=rows is same)
        return None

    def _granted(self, space_id: int, start: int, end: int) -> Wish | None:
        place = self.house.places.get(space_id)
        if place is None or not self.choice.shows(place) or end <= start:
            return None
        zone = self.day.moment.zone
        wish = Wish(place, Span(at_minute(self.choice.day, start, zone), at_minute(self.choice.day, end, zone)))
        held = [row.held for rows in self.day.taken.values() for row in rows]
        own = [(row, self.house.places[row.space_id].kind) for row in held if row.member_id == self.day.member_id]
        refused = rules.refusals(wish, self.day.moment, [row for row in held if row.space_id == space_id], own)
        return None if refused or any(row.span.overlaps(wish.span) for row, _kind in own) else wish

    def _offer(self, wish: Wish, *, last_week: bool) -> dict[str, Any]:
        what = f"{wish.place.name}, {span_short(wish.span)}"
        return {
            "text": _("Same as last %(weekday)s", weekday=weekday_definite(self.choice.day)) if last_week else _("Your usual place"),
            "title": what,
            "button": _("Book %(what)s", what=what),
            "action": "/bookings",
            "fields": booking_fields(wish),
        }  # fmt: skip


def booking_fields(wish: Wish) -> dict[str, object]:
    """Give the hidden fields that book a wish with one tap; the key makes a second tap the same booking."""
    start, end = local(wish.span.start), local(wish.span.end)
    return {
        "space": wish.place.id, "date": start.date().isoformat(), "start": f"{start:%H:%M}",
        "end": "24:00" if end.date() > start.date() else f"{end:%H:%M}", "key": secrets.token_urlsafe(12),
    }  # fmt: skip


def alternatives_for(
    house: House, member_id: int, wish: Wish, moment: Moment, *, without: int | None = None
) -> list[rules.Alternative]:
    """Find three ways forward on the wished day or the next open one; two statements. `without` is a moved booking."""
    day = local(wish.span.start).date()
    days = next_open_days(house, max(day, local(moment.now).date()), moment, 3)
    if not days:
        return []
    around = Span(at_minute(min(day, days[0]), 0, moment.zone), at_minute(days[-1], 24 * 60, moment.zone))
    similar = [place for place in house.places.values() if place.kind == wish.place.kind]
    held = queries.held(around, [place.id for place in similar], without=without)
    own = queries.held_by(member_id, around, without=without)
    return rules.alternatives(wish, similar, held, own, moment, days)
