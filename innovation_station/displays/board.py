"""What the screen in the foyer shows: what is on and next, where, which rooms are free, and who is here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from innovation_station.announcements import queries as announcements
from innovation_station.bookings import queries as bookings
from innovation_station.bookings.choice import seats_text
from innovation_station.bookings.queries import Taken
from innovation_station.bookings.rules import Moment, is_shown
from innovation_station.bookings.service import moment as moment_of
from innovation_station.displays import rules
from innovation_station.displays.door import Said, languages, say, told
from innovation_station.displays.models import Display
from innovation_station.events import queries as events
from innovation_station.events.models import Event
from innovation_station.events.queries import Wanted
from innovation_station.events.rules import Reader
from innovation_station.events.words import title_of
from innovation_station.i18n import capital, clock, day_long, day_short, hours_summary, language, local, zone
from innovation_station.i18n import gettext as _
from innovation_station.members.rules import short_name
from innovation_station.spaces.holidays import Calendar
from innovation_station.spaces.rules import House, Place, Storey, open_span
from innovation_station.timespan import local_day

ROWS, EVENTS, PEOPLE, ROOMS, TOLD = 4, 3, 12, 6, 3
MEETING = ("room", "hall")


class Board:
    """Composes templates/displays/_foyer.html."""

    def __init__(self, display: Display, house: House, now: datetime) -> None:
        self.display, self.house, self.now = display, house, now
        self.spoken = languages(display)
        Calendar(house.holidays).learn(local(now))
        self.moment: Moment = moment_of(now, zone(), house)
        self.day = local_day(self.moment.today, self.moment.zone)
        self.rows = bookings.taken(self.day, house)
        self.rooms = [place for place in house.places.values() if place.kind in MEETING and place.id not in house.gone]

    def page(self, _reasons: Sequence[str] = ()) -> dict[str, Any]:
        """Give what the template shows; four statements, however much goes on."""
        shown = sorted(self._shown(), key=lambda row: (row.start, row.space_id))
        on = [row for row in shown if row.start <= self.now < row.end]
        following = [row for row in shown if row.start > self.now]
        return {
            "kind": "foyer", "state": "foyer", "name": self.display.name or self.house.name, "ink": self.display.ink,
            "date": self.say(lambda: capital(day_long(self.moment.today))),
            "hours": self.say(lambda: hours_summary(self.house.hours)),
            "on": [self._line(row) for row in on[:ROWS]], "next": [self._line(row) for row in following[:ROWS]],
            "floors": self._floors(), "events": self._events(), "people": self._people(), "reasons": [],
            "words": self._words(),
            "told": told(announcements.on_displays(self.now)[:TOLD], self.house, self.spoken),
        }  # fmt: skip

    def _words(self) -> dict[str, Said]:
        return {
            "on": self.say(lambda: _("On now")), "next": self.say(lambda: _("Later today")),
            "nothing": self.say(lambda: _("Nothing that is for everybody just now.")),
            "free": self.say(lambda: _("Free rooms")), "none_free": self.say(lambda: _("No room is free just now.")),
            "here": self.say(lambda: _("Here today")), "events": self.say(lambda: _("Next at the station")),
        }  # fmt: skip

    def say(self, text: Callable[[], str]) -> Said:
        """Say something in the languages of the screen."""
        return say(self.spoken, text)

    def holds_until(self) -> datetime:
        """Give until when the board is true, whatever is booked meanwhile."""
        sides = (side for row in self.rows for side in (row.start, row.end))
        return min(side for side in (*sides, self.day.end) if side > self.now)

    def looks_again(self) -> datetime:
        """Give until when the board may be as it is: events and people come without a change of the house."""
        return min(rules.look_again(self.now, []), self.now + timedelta(minutes=1), self.holds_until())

    def _shown(self) -> list[Taken]:
        """List what everybody may read that goes on in rooms, once where it takes several."""
        rooms, seen, found = {place.id for place in self.rooms}, set(), []
        for row in self.rows:
            named = row.claim_kind == "event" or (row.title and is_shown(row.public, sees_all=False))
            key = (row.booking_id, row.claim_sv, row.start, row.end, None if row.booking_id else row.space_id)
            if row.space_id not in rooms or not named or row.busy_id or row.closure or key in seen:
                continue
            if row.booked_id not in (None, row.space_id):
                continue
            seen.add(key)
            found.append(row)
        return found

    def _line(self, row: Taken) -> dict[str, Any]:
        place = self.house.places[row.space_id]
        booked = row.booked or row.span

        def title() -> str:
            if row.claim is not None:
                return row.claim[0 if language() == "sv" else 1] or _("Event")
            return row.title

        return {
            "time": clock(booked.start), "until": self.say(lambda: _("until %(time)s", time=clock(booked.end))),
            "title": self.say(title), "where": self.say(lambda: self._where(place)),
        }  # fmt: skip

    def _where(self, place: Place) -> str:
        floor = self.house.floors[place.floor_id].names[language()]
        return f"{place.name}, {floor}" if len(self.house.storeys) > 1 else place.name

    def _floors(self) -> list[dict[str, Any]]:
        """List the free rooms of each floor, with until when."""
        found = []
        for floor in self.house.storeys:
            free = [(place, until) for place in self._on(floor.id) if (until := self._free_until(place)) is not None]
            found.append({"name": self._floor(floor), "rooms": [self._room(*one) for one in free[:ROOMS]]})
        return [one for one in found if one["rooms"]] or found[:1]

    def _floor(self, floor: Storey) -> Said:
        return self.say(lambda: floor.names[language()])

    def _room(self, place: Place, until: datetime) -> dict[str, Any]:
        def about() -> str:
            return f"{seats_text(place)}, " + _("free until %(time)s", time=clock(until))

        return {"name": place.name, "about": self.say(about)}

    def _on(self, floor_id: int) -> list[Place]:
        apart = self.house.wholes.keys()
        return [one for one in self.rooms if one.floor_id == floor_id and one.bookable and one.id not in apart]

    def _free_until(self, place: Place) -> datetime | None:
        opened = open_span(place.hours, self.moment.today, self.moment.zone, self.moment.holidays)
        if opened is None or not opened.start <= self.now < opened.end:
            return None
        spans = [row.span for row in self.rows if row.space_id == place.id]
        if any(span.start <= self.now < span.end for span in spans):
            return None
        return min([opened.end, *(span.start for span in spans if span.start > self.now)])

    def _events(self) -> list[dict[str, Any]]:
        found = events.listing(Reader(), Wanted(limit=EVENTS), self.now)
        return [self._event(event) for event in found if event.state == "published"]

    def _event(self, event: Event) -> dict[str, Any]:
        return {
            "day": self.say(lambda: day_short(event.start)), "time": clock(event.start),
            "title": self.say(lambda: title_of(event)),
        }  # fmt: skip

    def _people(self) -> list[str]:
        """List who shows that they are here, by name; nobody where the board is not to tell."""
        if not self.display.names:
            return []
        rows = [row for row in self.rows if row.booking_id and is_shown(row.public, sees_all=False) and row.name]
        names = {row.member_id: short_name(row.name or "") for row in rows if row.end > self.now}
        return sorted(names.values())[:PEOPLE]
