"""Today for a member: the place one has, the day as stops, free rooms, who is here and what is on.

When the house is shut and nothing of the day is left, the next open day takes its place: an empty page helps nobody.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any

from flask import url_for
from flask_babel import pgettext

from innovation_station.bookings import presence_pages
from innovation_station.bookings import queries as bookings
from innovation_station.bookings.choice import SIGNS, place_title, seats_text
from innovation_station.bookings.models import Booking
from innovation_station.bookings.offers import booking_fields
from innovation_station.bookings.own_pages import WALLED, edit_fields, when_short
from innovation_station.bookings.queries import Taken
from innovation_station.bookings.rules import Held, Moment
from innovation_station.directory import queries as directory
from innovation_station.directory.queries import Company
from innovation_station.external import beside as elsewhere
from innovation_station.external.queries import own_busy
from innovation_station.home import queries, rules, words
from innovation_station.home.rules import DayTaken, Mine, Offer, RoomOffer, Stop
from innovation_station.i18n import capital, clock, day_long, day_short, language, local, span_short, span_text
from innovation_station.i18n import gettext as _
from innovation_station.members.rules import Actor, initials, short_name
from innovation_station.spaces.rules import House, Place, at_minute, open_span
from innovation_station.timespan import Span

PEOPLE_SHOWN = 8
FEW_PLACES = 3


class Today:
    """Composes templates/home/today.html out of one list of the day's allocations."""

    def __init__(self, member: Actor, house: House, moment: Moment, needs: frozenset[str] = frozenset()):
        self.member, self.house, self.moment, self.needs = member, house, moment, needs
        self.today = self.date = local(moment.now).date()
        ahead = Span(moment.now, moment.now + timedelta(days=rules.DAYS_AHEAD))
        closures = queries.house_closures(ahead)
        self.openings = rules.openings(house.hours, moment, [Span(c.start, c.end) for c in closures])
        first = self.openings[0] if self.openings else None
        self._read(self.today)
        left = any(booking.span.end > moment.now for booking in self.mine)  # the stage is open in the evening
        if first and not left and local(first.start).date() > self.today:
            self._read(local(first.start).date())
        self.house = moment.allowance.house_on(house, self.date)
        self.opened = first if first and local(first.start).date() == self.date else None
        self.is_open = bool(self.opened and self.opened.start <= moment.now)

    def _read(self, day: date) -> None:
        """Read what is taken on a day; one statement."""
        zone = self.moment.zone
        self.date = day
        self.rows = bookings.taken(Span(at_minute(day, 0, zone), at_minute(day, 24 * 60, zone)), self.house)
        self.mine = sorted((self._mine(row) for row in self.rows if self._is_mine(row)), key=lambda m: m.span)

    def _is_mine(self, row: Taken) -> bool:
        own = row.member_id == self.member.id and row.booking_id is not None
        return own and row.space_id == row.booked_id and row.booked is not None

    def _mine(self, row: Taken) -> Mine:
        return Mine(row.booking_id or 0, self.house.places[row.space_id], row.booked or row.span, row.title, row.public)

    def page(self) -> dict[str, Any]:
        """Give what the template shows; at most six statements more."""
        taken = self._taken()
        self.own = self._own()
        return {
            "heading": capital(day_long(self.today)),
            "titles": self._titles(),
            "state": self._state(),
            "ticket": self._ticket(),
            "stops": [self._stop(stop) for stop in self._stops(taken)],
            "elsewhere": elsewhere.lines(own_busy(self.member, self._whole), self._whole),
            "rooms": [self._room(offer) for offer in self._rooms(taken)],
            "people": self._people(),
            "people_shown": PEOPLE_SHOWN,
            "on": self._on(),
            "house_closed": self._house_closed(),
            "closed": self._closed(),
            "is_open": self.is_open,
        }

    @property
    def _whole(self) -> Span:
        """Give the span of the day that is shown."""
        return Span(*(at_minute(self.date, minute, self.moment.zone) for minute in (0, 24 * 60)))

    def _own(self) -> dict[int, Booking]:
        """Read the day's own bookings by their ids: who has come to them, and what was let go."""
        if not self.mine:
            return {}
        zone = self.moment.zone
        day = Span(at_minute(self.date, 0, zone), at_minute(self.date, 24 * 60, zone))
        return {booking.id: booking for booking in bookings.running(self.member.id, day)}

    def _taken(self) -> DayTaken:
        held: dict[int, list[Held]] = {}
        for row in self.rows:
            held.setdefault(row.space_id, []).append(row.held)
        own = [(row.held, self.house.places[row.space_id].kind) for row in self.rows if self._is_mine(row)]
        return DayTaken(held, own)

    # -- where the house stands -----------------------------------------------------------------------------

    def _state(self) -> str:
        opening = self.openings[0] if self.openings else None
        if self.today in self.moment.holidays and opening:
            holiday = self.moment.holidays[self.today][language()]
            day, time = day_short(opening.start), clock(opening.start)
            return _("Closed today, %(holiday)s. Opens %(day)s %(time)s", holiday=holiday, day=day, time=time)
        return words.state_sentence(opening, is_open=self.is_open)

    def _titles(self) -> dict[str, str]:
        """Name the parts of the page after the day they show."""
        if self.date == self.today:
            return {
                "day": _("Your day"), "on": _("On today"), "people": _("Here today"), "closed": _("Closed today"),
            }  # fmt: skip
        day = day_long(self.date)
        return {
            "day": capital(day), "on": _("On %(day)s", day=day), "people": _("Here %(day)s", day=day),
            "closed": _("Closed %(day)s", day=day),
        }  # fmt: skip

    def _closures(self) -> list[tuple[Span, str, list[Place]]]:
        """List what is shut today and why, each stretch and reason with its places."""
        groups: dict[tuple[Span, str], list[Place]] = {}
        for row in self.rows:
            if row.closure and row.span.end > self.moment.now:
                reason = (row.reason_sv if language() == "sv" else row.reason_en) or ""
                groups.setdefault((row.span, reason), []).append(self.house.places[row.space_id])
        return [(span, reason, places) for (span, reason), places in groups.items()]

    def _house_closed(self) -> list[str]:
        return [
            _("The station is closed %(span)s: %(reason)s.", span=span_text(span), reason=reason)
            for span, reason, places in self._closures()
            if len(places) == len(self.house.places)
        ]

    def _closed(self) -> list[dict[str, str]]:
        return [
            {"title": self._few(places), "text": f"{self._hours(span)}: {reason}"}
            for span, reason, places in self._closures()
            if len(places) < len(self.house.places)
        ]

    @staticmethod
    def _few(places: Sequence[Place]) -> str:
        if len(places) > FEW_PLACES:
            return _("%(count)d places", count=len(places))
        return ", ".join(place_title(place) for place in places)

    def _hours(self, span: Span) -> str:
        opened = open_span(self.house.hours, self.date, self.moment.zone, self.moment.holidays)
        shown = span.intersection(opened) if opened else None
        return _("All day") if shown is None or shown == opened else span_text(shown)

    # -- my place and my day --------------------------------------------------------------------------------

    def _ticket(self) -> dict[str, Any] | None:
        now = rules.ticket(self.mine, self.moment.now) if self.date == self.today else None
        running = now is not None and now.span.start <= self.moment.now
        if not running and (let_go := self._released_ticket()):
            return let_go
        if now is None:
            return self._later_ticket()
        title = (
            _("Your place until %(time)s", time=words.until(now.span))
            if running
            else _("Your next place, %(span)s", span=span_short(now.span))
        )
        return self._ticket_of(now.place, title, now.booking_id)

    def _released_ticket(self) -> dict[str, Any] | None:
        """Offer a place back that was let go, as long as nobody else has the rest of it."""
        for booking in self.own.values():
            place = self.house.places[booking.space_id]
            title = presence_pages.let_go(booking, place, self.moment.now)
            rest = Span(booking.released_at or booking.start, booking.end)
            if title and not any(row.space_id == place.id and row.span.overlaps(rest) for row in self.rows):
                return self._ticket_of(place, title, booking.id)
        return None

    def _later_ticket(self) -> dict[str, Any] | None:
        coming = bookings.upcoming(self.member.id, self.moment.now, limit=1)
        if not coming:
            return None
        booking = coming[0]
        return self._ticket_of(
            self.house.places[booking.space_id],
            _("Next: %(when)s", when=when_short(booking.span)),
            booking.id,
            asked=booking.state == "requested",
        )

    def _is_asked(self, booking_id: int) -> bool:
        """Tell whether one of the day's bookings is a request: of these alone the day does not read more."""
        return booking_id not in self.own and any(mine.booking_id == booking_id for mine in self.mine)

    def _ticket_of(self, place: Place, title: str, booking_id: int, *, asked: bool = False) -> dict[str, Any]:
        booking, now, text = self.own.get(booking_id), self.moment.now, self._where(place)
        if asked or self._is_asked(booking_id):
            text = f"{text}. {_('Waits for an answer')}."
        place = self.house.places[place.id]  # under the rules of one's plan
        mark = presence_pages.mark(booking, place, now) if booking and booking.state == "confirmed" else None
        acts = presence_pages.buttons(booking, place, now, back="/") if booking else []
        return {
            "name": place.name, "icon": SIGNS.get(place.kind), "title": title,
            "text": f"{text}. {mark[0]}." if mark else text, "href": url_for("bookings.show", booking_id=booking_id),
            "act": next((act for act in acts if act["kind"]), None),
        }  # fmt: skip

    def _where(self, place: Place) -> str:
        return f"{place_title(place)}, {self.house.zone_name(place, language())}"

    def _stops(self, taken: DayTaken) -> list[Stop]:
        desks = self._suiting(place for place in self.house.places.values() if place.kind == "desk" and place.bookable)
        usual = self.opened and bookings.usual(
            self.member.id, "desk", self.moment.now - bookings.HABIT, self.moment.now
        )
        return rules.stops(self.mine, self.opened, self.moment, desks, taken, usual or [])

    def _stop(self, stop: Stop) -> dict[str, Any]:
        line: dict[str, Any] = {
            "time": clock(stop.at),
            "state": None,
            "offers": [],
            "title": None,
            "href": None,
        }
        if stop.mine:
            return line | self._booked(stop.mine)
        if stop.kind == "closing":
            return line | {"state": "break", "text": _("The station closes")}
        hours: dict[str, Any] = {"from": f"{local(stop.at):%H:%M}", "to": f"{local(stop.until):%H:%M}"}
        return line | {
            "state": "gap", "title": _("No desk booked"), "text": _("until %(time)s", time=clock(stop.until)),
            "offers": [self._offer(offer) for offer in stop.offers],
            "more": url_for("bookings.book", date=self.date.isoformat(), **hours),
        }  # fmt: skip

    def _booked(self, mine: Mine) -> dict[str, Any]:
        where = self.house.zone_name(mine.place, language())
        title = place_title(mine.place)
        if mine.title:
            title = _("%(title)s in %(place)s", title=mine.title, place=mine.place.name)
        if mine.title and mine.place.kind == "desk":
            title = _("%(title)s at %(place)s", title=mine.title, place=mine.place.name)
        running = mine.span.start <= self.moment.now < mine.span.end
        text = _("%(where)s, until %(time)s", where=where, time=clock(mine.span.end))
        booking = self.own.get(mine.booking_id)
        if booking and (mark := self._mark(booking)):
            text = f"{where}. {mark[0]}" if booking.state == "no-show" else f"{text}. {mark[0]}"
        if self._is_asked(mine.booking_id):
            text = f"{text}. {_('Waits for an answer')}"
        return {
            "title": title, "text": text,
            "state": "now" if running else None, "href": url_for("bookings.show", booking_id=mine.booking_id),
        }  # fmt: skip

    def _mark(self, booking: Booking) -> tuple[str, str, str] | None:
        """Say who has come, by the rules of one's plan."""
        return presence_pages.mark(booking, self.house.places[booking.space_id], self.moment.now)

    @staticmethod
    def _offer(offer: Offer) -> dict[str, Any]:
        wish = offer.wish
        if offer.extends:
            return {
                "text": _("Keep %(place)s until %(time)s", place=wish.place.name, time=words.until(wish.span)),
                "action": url_for("bookings.edit", booking_id=offer.extends.booking_id),
                "fields": edit_fields(wish, title=offer.extends.title, public=offer.extends.public),
            }
        what = f"{wish.place.name}, {span_short(wish.span)}"
        return {
            "text": _("Book %(what)s", what=what),
            "action": url_for("bookings.create"),
            "fields": booking_fields(wish),
        }

    def _suiting(self, places: Iterable[Place]) -> list[Place]:
        """Put first what has all that the member needs; their habits still come before that."""
        return sorted(places, key=lambda place: len(self.needs - place.amenities))

    # -- the house ------------------------------------------------------------------------------------------

    def _rooms(self, taken: DayTaken) -> Iterable[RoomOffer]:
        there = (place for place in self.house.places.values() if place.archived_at is None)
        rooms = self._suiting(place for place in there if place.kind in WALLED)
        return rules.rooms_now(rooms, self.moment, taken) if self.is_open else []

    def _room(self, offer: RoomOffer) -> dict[str, Any]:
        place = offer.place
        lengths = {30: _("30 min"), 60: _("1 hour")}
        return {
            "name": place.name, "seats": seats_text(place),
            "text": _("Free until %(time)s", time=clock(offer.until)),
            "buttons": [
                {
                    "text": lengths[minutes], "fields": booking_fields(wish),
                    "label": pgettext(
                        "room", "%(length)s in %(place)s, until %(time)s",
                        length=lengths[minutes], place=place.name, time=clock(wish.span.end),
                    ),
                }
                for minutes, wish in offer.wishes
            ],
        }  # fmt: skip

    def _people(self) -> list[dict[str, Any]]:
        """List who has not left, once each: colleagues, then others who show their booking, in the order they come."""
        others = (row for row in self.rows if row.member_id not in (None, self.member.id))
        here = [row for row in others if row.space_id == row.booked_id]
        company = directory.company(self.member.id, {row.member_id or 0 for row in here})
        found: dict[int, Taken] = {}
        for row in here:
            if row.span.end <= self.moment.now or not (row.public or row.member_id in company.colleagues):
                continue
            kept = found.setdefault(row.member_id or 0, row)
            if row.public and not kept.public:
                found[row.member_id or 0] = row
        people = [self._person(row, company) for row in found.values()]
        return sorted(people, key=lambda person: not person["colleague"])

    def _person(self, row: Taken, company: Company) -> dict[str, Any]:
        """Say of a colleague that they are in, and where only if they show the booking."""
        colleague = row.member_id in company.colleagues
        return {
            "name": short_name(row.name or ""), "initials": initials(row.name or ""), "colleague": colleague,
            "where": self._seen_at(row) if row.public else _("Colleague"),
            "href": url_for("directory.show", member_id=row.member_id) if row.member_id in company.listed else None,
        }  # fmt: skip

    def _seen_at(self, row: Taken) -> str:
        place = self.house.places[row.space_id]
        return self.house.zone_name(place, language()) if place.kind == "desk" else place.name

    def _on(self) -> list[dict[str, str]]:
        """List what is on in rooms and on the stage, where the owner shows it and has named it; and the events."""
        swedish = language() == "sv"
        events: dict[str, list[str]] = {}
        for row in self.rows:
            if (title := row.claim_sv if swedish else row.claim_en) and row.span.end > self.moment.now:
                place = self.house.places[row.space_id]
                if place.kind in ("room", "hall") and place.id not in self.house.wholes:
                    events.setdefault(title, []).append(f"{place.name}, {span_text(row.span)}")
        return [{"title": title, "text": "; ".join(where)} for title, where in events.items()] + [
            {"title": row.title, "text": f"{place.name}, {span_text(row.span)}"}
            for row in self.rows
            if (place := self.house.places[row.space_id]).kind in ("room", "hall")
            and row.public and row.title and row.span.end > self.moment.now
        ]  # fmt: skip
