"""What the page of a plate shows: whose the place is now, one's own booking with its buttons, and what may be had."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from flask import url_for

from innovation_station.bookings import allowances, grace, presence_pages, queries, sheets, wish_queries
from innovation_station.bookings.choice import SIGNS, place_title, seats_text
from innovation_station.bookings.models import Booking
from innovation_station.bookings.offers import alternatives_for
from innovation_station.bookings.own_pages import named
from innovation_station.bookings.rules import Held, Moment, Wish, refusals
from innovation_station.bookings.service import moment as moment_of
from innovation_station.errors import Refusal
from innovation_station.i18n import clock, language, local, span_text, zone
from innovation_station.i18n import gettext as _
from innovation_station.members.rules import Person, booking_refusals
from innovation_station.plates import rules
from innovation_station.repairs import queries as repairs
from innovation_station.repairs import words as fault_words
from innovation_station.spaces.holidays import Calendar
from innovation_station.spaces.rules import DAY_MINUTES, House, Place, at_minute
from innovation_station.timespan import Span
from innovation_station.web import own_needs, reason

HOUR = timedelta(hours=1)


class Plate:
    """Composes templates/plates/show.html for one place, one member, now."""

    def __init__(self, code: str, place_id: int, who: Person, house: House, now: datetime) -> None:
        self.code, self.who, self.now = code, who, now
        Calendar(house.holidays).learn(local(now), local(now) + timedelta(days=1))
        today = local(now).date()
        self.moment: Moment = allowances.measured(moment_of(now, zone(), house), house, who, who.access, today)
        self.moment = replace(self.moment, role=who.role)
        self.plain, self.house = house, self.moment.allowance.house_on(house, today)
        self.place: Place = self.house.places[place_id]
        self.day = Span(at_minute(today, 0, zone()), at_minute(today, DAY_MINUTES, zone()))
        self.held: list[Held] = wish_queries.held(self.day, self.place.takes)
        self.own = wish_queries.held_by(who.id, self.day)
        self.wishes: Sequence[Wish] = () if booking_refusals(who) else self._wishes()

    def _wishes(self) -> Sequence[Wish]:
        kept = [one for one in self.held if one.hold_id is None or one.member_id != self.who.id]
        return rules.offers(self.place, self.moment, kept, self.own)

    def page(self, reasons: Sequence[Refusal] = (), refused: Wish | None = None) -> dict[str, Any]:
        """Give what the template shows; `reasons` and `refused` where a button could not be obeyed."""
        here = url_for("plates.show", code=self.code)
        mine = self._mine()
        said = [reason(one, here) for one in named(reasons, self.plain)]
        due = [] if said else [reason(one, here) for one in booking_refusals(self.who)]
        none = not mine and not self.wishes and not due
        return {
            "name": self.place.name, "icon": SIGNS.get(self.place.kind), "heading": place_title(self.place),
            "where": self.plain.zone_name(self.place, language()), "seats": seats_text(self.place),
            "state": self._state(),
            "reasons": said, "due": due, "mine": [self._booked(one, here) for one in mine],
            "book": [] if mine else [self._offer(wish) for wish in self.wishes],
            "why": [reason(one, here) for one in named(self._why(), self.plain)] if none and not said else [],
            "alternatives": self._alternatives(refused) if (none or refused) and not booking_refusals(self.who) else [],
            "sheet": url_for("bookings.place", space_id=self.place.id, date=f"{local(self.now):%Y-%m-%d}"),
            "action": url_for("plates.book", code=self.code), "here": here,
            "fault": url_for("faults.report", space_id=self.place.id),
            "known": [fault_words.known(one) for one in repairs.of_space(self.place.id)],
        }  # fmt: skip

    def _state(self) -> tuple[str, str, str]:
        """Say how the place stands now, as a word with its colour and sign."""
        now = [one for one in self.held if one.span.start <= self.now < one.span.end]
        if any(one.member_id == self.who.id and one.booking_id for one in now):
            return _("Yours until %(time)s", time=clock(max(one.span.end for one in now))), "ok", "check"
        if any(one.closure for one in now):
            return _("Closed"), "no", "lock"
        if now:
            return _("Booked until %(time)s", time=clock(max(one.span.end for one in now))), "no", "me"
        free = rules.free_next(self.place, self.moment, self.held)
        if free is None or free.start > self.now:
            return _("Not to be booked now"), "no", "clock"
        return _("Free until %(time)s", time=clock(free.end)), "ok", "check"

    def _mine(self) -> list[Booking]:
        """Read the own bookings of the place that run, begin in a moment, or were let go and run still."""
        if not any(one.member_id == self.who.id for one in self.held) and self.place.policy.check_in == 0:
            return []
        found = queries.running(self.who.id, self.day)
        return [one for one in found if one.space_id == self.place.id and grace.is_in_time(one.span, self.now)]

    def _booked(self, booking: Booking, here: str) -> dict[str, Any]:
        buttons = presence_pages.buttons(booking, self.place, self.now, back=here)
        may = booking.checked_in_at is None and not grace.check_in_refusals(booking, self.now)
        if may and not any(button["kind"] == "primary" for button in buttons):
            buttons.insert(0, presence_pages.check_in_button(booking, self.place, here))
        return {
            "when": span_text(booking.span), "title": booking.title, "buttons": buttons,
            "href": url_for("bookings.show", booking_id=booking.id),
            "mark": presence_pages.mark(booking, self.place, self.now),
            "longer": presence_pages.longer(booking, self.plain, self.who, self.now, back=here),
        }  # fmt: skip

    def _offer(self, wish: Wish) -> dict[str, Any]:
        start, end = wish.span.start, wish.span.end
        if start <= self.now:
            text = _("Book now, until %(time)s", time=clock(end))
        else:
            text = _("Book %(span)s", span=span_text(wish.span))
        fields = {"start": start.isoformat(), "end": end.isoformat(), "key": secrets.token_urlsafe(12)}
        return {"text": text, "fields": fields}

    def _near(self) -> Wish:
        return Wish(self.place, Span(self.now, self.now + HOUR))

    def _why(self) -> list[Refusal]:
        """List why nothing of the place can be had for the hour that begins now."""
        found = refusals(self._near(), self.moment, self.held, self.own)
        return [one for one in found if one.code not in ("off-grid", "past")]

    def _alternatives(self, refused: Wish | None) -> list[dict[str, Any]]:
        wish = refused or self._near()
        found = alternatives_for(
            self.plain, self.who, self.who.id, wish, moment_of(self.now, zone(), self.plain), access=self.who.access,
            needs=own_needs(),
        )  # fmt: skip
        return [sheets.offer(way, wish) for way in found]
