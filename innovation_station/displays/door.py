"""What the screen by a door shows: how the room stands, the rest of its day, and what may be done here."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from flask_babel import pgettext

from innovation_station.announcements import queries as announcements
from innovation_station.announcements.models import Announcement
from innovation_station.announcements.words import place_name
from innovation_station.bookings import grace
from innovation_station.bookings import queries as bookings
from innovation_station.bookings.choice import seats_text
from innovation_station.bookings.models import Booking
from innovation_station.bookings.queries import Taken
from innovation_station.bookings.rules import Moment, is_shown
from innovation_station.bookings.service import moment as moment_of
from innovation_station.displays import queries, rules
from innovation_station.displays.models import Display
from innovation_station.displays.rules import Length, Use
from innovation_station.displays.service import Anybody
from innovation_station.events.rules import in_language
from innovation_station.events.words import when_text
from innovation_station.i18n import (
    LANGUAGES,
    capital,
    clock,
    day_long,
    language,
    local,
    ngettext,
    sentence,
    span_text,
    speaking,
    zone,
)
from innovation_station.i18n import gettext as _
from innovation_station.members.rules import short_name
from innovation_station.spaces import codes
from innovation_station.spaces.holidays import Calendar
from innovation_station.spaces.rules import House, Language, Place, open_span
from innovation_station.timespan import Span, local_day

NEAR = 6  # rooms that are looked at for a free one
STOPS = 7
TOLD = 2  # announcements by a door
Said = list[tuple[str, str]]
"""A text in each language of the screen that says it otherwise, with the language."""


def languages(display: Display) -> tuple[Language, ...]:
    """Give the languages that a screen speaks, its first one first."""
    return LANGUAGES if display.language == "both" else ("en",) if display.language == "en" else ("sv",)


def say(spoken: Sequence[Language], text: Callable[[], str]) -> Said:
    """Say something in some languages, once where they say it alike."""
    said: Said = []
    for one in spoken:
        with speaking(one):
            words = text()
        if words not in [known for _language, known in said]:
            said.append((one, words))
    return said


def told(rows: Sequence[Announcement], house: House, spoken: Sequence[Language]) -> list[dict[str, Any]]:
    """Give announcements as a screen shows them, each in the languages that it is written in."""
    found: list[dict[str, Any]] = []
    for row in rows:
        text: Said = []
        for one in spoken:
            words, other = in_language(row.texts, one)
            if (other or one, words) not in text:
                text.append((other or one, words))
        found.append({
            "text": text, "where": [one for one in say(spoken, partial(place_name, row.place, house)) if one[1]],
            "when": say(spoken, partial(when_text, row.happens)) if row.happens else [],
            "important": say(spoken, lambda: _("Important:")) if row.level == "important" else [],
        })  # fmt: skip
    return found


class Door:
    """Composes templates/displays/_room.html; `asks` puts the question whether to end what goes on."""

    def __init__(self, display: Display, house: House, now: datetime, *, asks: bool = False) -> None:
        self.display, self.house, self.now, self.asks = display, house, now, asks
        self.spoken = languages(display)
        self.place: Place = house.places[display.space_id or 0]
        Calendar(house.holidays).learn(local(now))
        self.moment: Moment = moment_of(now, zone(), house)
        self.day = local_day(self.moment.today, self.moment.zone)
        self.near = rules.by_nearness(self.place, house)[:NEAR]
        found = bookings.taken(self.day, house, {self.place.id, *(place.id for place in self.near)})
        self.rows: dict[int, list[Taken]] = {}
        for row in found:
            self.rows.setdefault(row.space_id, []).append(row)
        self.uses = sorted((use for row in self._of(self.place) for use in self._used(row)), key=lambda use: use.span)
        self.current = rules.running(self.uses, now)
        self.opened = open_span(self.place.hours, self.moment.today, self.moment.zone, self.moment.holidays)
        self.is_open = self.opened is not None and self.opened.start <= now < self.opened.end and self.place.bookable
        self.state = "taken" if self.current else "free" if self.is_open else "closed"
        if self.current and self.current.kind == "closed":
            self.state = "closed"
        self.here = self._expected()

    def page(self, reasons: Sequence[str] = ()) -> dict[str, Any]:
        """Give what the template shows."""
        return {
            "kind": "room", "state": self.state, "name": self.place.name, "seats": self.say(self._seats),
            "ink": self.display.ink, "word": self.say(self._word), "until": self.say(self._until),
            "current": self._current(), "date": self.say(lambda: capital(day_long(self.moment.today))),
            "stops": self._stops(), "hours": self.say(self._hours),
            "instead": self._instead(), "lengths": self._lengths(), "check_in": self._check_in(),
            "end": self._end(), "undo": self._undo(), "code": codes.of(self.place.id), "reasons": list(reasons),
            "words": self._words(), "told": self._told(),
        }  # fmt: skip

    def _told(self) -> list[dict[str, Any]]:
        """Give what is announced of the room, of its part of the house, and of all of it."""
        return told(announcements.on_door(self.now, self.place)[:TOLD], self.house, self.spoken)

    def _words(self) -> dict[str, Said]:
        """Give what stands on the buttons and beside them."""
        return {
            "undo": self.say(lambda: _("Go on after all")), "check_in": self.say(lambda: _("Check in")),
            "sure": self.say(lambda: _("End it now? Others may have the room then.")),
            "end": self.say(lambda: _("End now")), "keep": self.say(lambda: _("Keep it")),
            "take": self.say(lambda: _("Take the room now")), "instead": self.say(lambda: _("Free right now:")),
            "phone": self.say(lambda: _("In your own name, or for longer: scan the code with your phone.")),
        }  # fmt: skip

    def say(self, text: Callable[[], str]) -> Said:
        """Say something in the languages of the screen."""
        return say(self.spoken, text)

    # -- when it changes -----------------------------------------------------------------------------------------------

    def holds_until(self) -> datetime:
        """Give until when the room stands as it does, whatever is booked meanwhile."""
        return min(change for change in (*self._changes(), self.day.end) if change > self.now)

    def looks_again(self) -> datetime:
        """Give until when the page may be as it is, where nothing is booked."""
        others = (side for place in self.near for row in self._of(place) for side in (row.start, row.end))
        more = [self.day.end, self.now + rules.SEEN_EVERY] if self._awaited() else [self.day.end]
        if self.display.ended_at is not None:
            more.append(self.display.ended_at + rules.UNDO)
        return rules.look_again(self.now, [*self._changes(), *others, *more])

    def _changes(self) -> Iterator[datetime]:
        for use in self.uses:
            yield from (use.span.start - grace.EARLY, use.span.start, use.span.end)
        if self.opened:
            yield from (self.opened.start, self.opened.end)

    def _awaited(self) -> bool:
        return any(grace.awaited(booking) for booking in self.here)

    # -- what takes the room -------------------------------------------------------------------------------------------

    def _of(self, place: Place) -> list[Taken]:
        return self.rows.get(place.id, [])

    def _used(self, row: Taken) -> Iterator[Use]:
        """Give what takes the room, and what is kept free round it by itself."""
        kind = "closed" if row.closure else "event" if row.claim is not None else "kept" if row.hold_id else "busy"
        kind = "booking" if row.booking_id is not None else "walk-up" if row.claim_kind == "door" else kind
        booked = row.booked if row.booked_start is not None else row.span
        if booked is None:
            yield Use(row.span, "busy")
            return
        if row.start < booked.start:
            yield Use(Span(row.start, booked.start), "busy")
        shown = row.booking_id is not None and is_shown(row.public, sees_all=False) and self.display.names
        who = short_name(row.name or "") if shown else ""
        yield Use(booked, kind, self._title(row, shown=shown), who, row.booking_id)
        if booked.end < row.end:
            yield Use(Span(booked.end, row.end), "busy")

    def _title(self, row: Taken, *, shown: bool) -> str:
        """Give what everybody may read of it, one line a language; empty where that is nothing."""
        if row.closure:
            texts = (row.reason_sv or "", row.reason_en or "")
        elif row.claim_kind == "event":
            texts = row.claim or ("", "")
        else:
            texts = (row.title, row.title) if shown else ("", "")
        return "\n".join(texts) if any(texts) else ""

    def _named(self, use: Use) -> str:
        """Say in the language that is spoken what it is."""
        if title := use.title.split("\n")[0 if language() == "sv" else -1]:
            return title
        names = {
            "booking": _("Booked"), "walk-up": _("Booked at the door"), "event": _("Event"), "busy": _("Booked"),
            "kept": _("Kept for somebody"), "closed": _("Closed"),
        }  # fmt: skip
        return names[use.kind]

    def _expected(self) -> Sequence[Booking]:
        """Read the bookings to which somebody may come now; no statement where there are none."""
        return queries.bookings(
            [use.booking_id for use in self.uses if use.booking_id and grace.is_in_time(use.span, self.now)]
        )

    # -- in words ------------------------------------------------------------------------------------------------------

    def _seats(self) -> str:
        return seats_text(self.place)

    def _word(self) -> str:
        if self.state == "free":
            return pgettext("door", "Free")
        return pgettext("door", "Taken") if self.state == "taken" else pgettext("door", "Closed")

    def _free_until(self) -> datetime:
        following = rules.next_use(self.uses, self.now)
        ends = self.opened.end if self.opened else self.day.end
        return min(ends, following.span.start) if following else ends

    def _until(self) -> str:
        if self.state == "free":
            return _("until %(time)s", time=clock(self._free_until()))
        if self.current:
            return _("until %(time)s", time=clock(rules.free_from(self.uses, self.now)))
        if self.opened and self.now < self.opened.start:
            return _("opens %(time)s", time=clock(self.opened.start))
        return _("for today")

    def _current(self) -> dict[str, Any] | None:
        """Tell what goes on: it is shown always."""
        use = self.current
        if use is None:
            return None
        at = next((one.checked_in_at for one in self.here if one.id == use.booking_id), None)
        return {
            "title": self.say(lambda: self._named(use)), "when": span_text(use.span), "who": use.who,
            "here": self.say(lambda: _("Checked in %(time)s", time=clock(at))) if at else [],
        }  # fmt: skip

    def _hours(self) -> str:
        if self.opened is None:
            return _("Closed today")
        return _("Open %(hours)s today", hours=span_text(self.opened))

    def _stops(self) -> list[dict[str, Any]]:
        """List the rest of the day as stops, what was over last before it."""
        past = [use for use in self.uses if use.span.end <= self.now][-1:]
        ahead = [use for use in self.uses if use.span.end > self.now]
        found = [self._stop(use, "gone") for use in past]
        if self.current is None and self.is_open:
            found.append(self._gap(None, self._free_until()))
        for number, use in enumerate(ahead, 1):
            following = ahead[number] if number < len(ahead) else None
            found.append(self._stop(use, "now" if use is self.current else ""))
            ends = following.span.start if following else self.opened.end if self.opened else use.span.end
            if use.span.end < ends:
                found.append(self._gap(use.span.end, ends))
        return found[:STOPS]

    def _stop(self, use: Use, kind: str) -> dict[str, Any]:
        def about() -> str:
            until = _("until %(time)s", time=clock(use.span.end))
            return _("%(name)s, %(when)s", name=use.who, when=until) if use.who else until

        title = self.say(lambda: self._named(use))
        return {"time": clock(use.span.start), "kind": kind, "title": title, "about": self.say(about)}

    def _gap(self, start: datetime | None, end: datetime) -> dict[str, Any]:
        kind = "free" if start else "now free"
        title = self.say(lambda: pgettext("door", "Free"))
        return {
            "time": clock(start) if start else _("Now"), "kind": kind, "title": title,
            "about": self.say(lambda: _("until %(time)s", time=clock(end))),
        }  # fmt: skip

    def _instead(self) -> dict[str, Any] | None:
        """Point to the nearest room that can be gone into now, where this one cannot."""
        if self.state == "free":
            return None
        found = next(((other, until) for other in self.near if (until := self._open_until(other))), None)
        if found is None:
            return None
        return {"name": found[0].name, "about": self.say(lambda: self._way(*found))}

    def _open_until(self, other: Place) -> datetime | None:
        """Give until when another room is free, where that is a quarter of an hour at least."""
        opened = open_span(other.hours, self.moment.today, self.moment.zone, self.moment.holidays)
        soon = Span(self.now, self.now + timedelta(minutes=rules.LENGTHS[0]))
        rows = self._of(other)
        if opened is None or not opened.contains(soon) or any(row.span.overlaps(soon) for row in rows):
            return None
        return min([opened.end, *(row.start for row in rows if row.start > self.now)])

    def _way(self, other: Place, until: datetime) -> str:
        free = _("free until %(time)s", time=clock(until))
        where = self.house.zone_name(other, language())
        far = rules.way(self.place, other)
        if far == "beside":
            where = _("next door")
        elif far == "floor" and other.zone_id is None:
            where = _("on this floor")
        elif far == "away":
            floor = self.house.floors[other.floor_id].names[language()]
            where = floor if other.zone_id is None else f"{floor}, {where}"
        return f"{seats_text(other)}, {where}, {free}"

    # -- what may be done ----------------------------------------------------------------------------------------------

    def _lengths(self) -> dict[str, Any] | None:
        """Offer the room for a while, each length with until when that is; say why one cannot be had."""
        if not self.display.touch or self.state != "free":
            return None
        held = [row.held for row in self._of(self.place)]
        found = rules.lengths(self.place, self.moment, held, Anybody())
        refused: list[Said] = []
        for one in found:
            if one.refusals and (said := self._why(one)) not in refused:
                refused.append(said)
        return {"offers": [self._offer(one) for one in found], "why": refused}

    def _why(self, one: Length) -> Said:
        return self.say(lambda: sentence(one.refusals[0]))

    def _offer(self, one: Length) -> dict[str, Any]:
        """Give a button; until when that is moves with the minute, and electronic paper is not to be drawn for that."""
        until = [] if self.display.ink else self.say(lambda: _("until %(time)s", time=clock(one.wish.span.end)))
        return {
            "minutes": one.minutes, "may": not one.refusals, "until": until,
            "text": self.say(lambda: self._long(one.minutes)),
        }  # fmt: skip

    @staticmethod
    def _long(minutes: int) -> str:
        if minutes % 60:
            return _("%(num)s min", num=minutes)
        return ngettext("%(num)d hour", "%(num)d hours", minutes // 60)

    def _check_in(self) -> dict[str, Any] | None:
        """Ask whoever has booked to check in, from a quarter of an hour before."""
        found = (one for one in self.here if one.checked_in_at is None and not grace.check_in_refusals(one, self.now))
        booking = next(found, None) if self.display.touch else None
        if booking is None:
            return None
        latest = grace.check_in_by(booking, self.place.policy)
        runs = self.current is not None and self.current.booking_id == booking.id

        def about() -> str:
            when = _("Booked %(span)s.", span=span_text(booking.span))
            if latest is None:
                return "" if runs else when
            return ("" if runs else f"{when} ") + _("Before %(time)s. Then the place is released.", time=clock(latest))

        return {"id": booking.id, "about": self.say(about)}

    def _end(self) -> dict[str, Any] | None:
        """Offer to end what goes on: a walk-up, or a booking that somebody has come to."""
        use = self.current
        if not self.display.touch or use is None:
            return None
        if use.kind == "walk-up":
            row = queries.walk_up_at(self.place.id, self.now)
            return {"kind": "walk-up", "id": row.id, "asks": self.asks} if row else None
        here = any(one.id == use.booking_id and one.checked_in_at for one in self.here)
        return {"kind": "booking", "id": use.booking_id, "asks": self.asks} if here else None

    def _undo(self) -> bool:
        at = self.display.ended_at
        return self.display.touch and at is not None and self.now - at <= rules.UNDO
