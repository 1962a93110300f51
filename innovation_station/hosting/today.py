"""The host's day: who comes, what the rooms are used for, what waits for somebody."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from flask import url_for
from markupsafe import Markup

from innovation_station.attendance.rules import door_refusals
from innovation_station.bookings import grace, presence_pages, service
from innovation_station.bookings import queries as bookings
from innovation_station.bookings.choice import place_title
from innovation_station.bookings.day import Day
from innovation_station.bookings.models import Booking
from innovation_station.bookings.requests import lines as request_lines
from innovation_station.bookings.rows import Pen, lines
from innovation_station.db import db
from innovation_station.events import queries as events
from innovation_station.events import words as event_words
from innovation_station.events.models import Event, Session
from innovation_station.hosting import queries
from innovation_station.hosting.models import HostNote
from innovation_station.hosting.rules import MISSED, Arrival, here_and_awaited
from innovation_station.i18n import capital, clock, day_long, day_short, language, local, ngettext, span_short, zone
from innovation_station.i18n import gettext as _
from innovation_station.mail.queries import PARKED
from innovation_station.members import queries as members
from innovation_station.members.models import Organisation
from innovation_station.members.rules import Actor, initials, short_name
from innovation_station.organisations.words import name_of
from innovation_station.registration.models import Registration
from innovation_station.repairs import queries as repairs
from innovation_station.repairs import words as repair_words
from innovation_station.sharing import queries as sharing
from innovation_station.spaces.rules import House, Place
from innovation_station.timespan import Span, local_day

FEW = 5  # of one kind of what waits; the page behind the link has them all
TICKED_SHOWN = timedelta(hours=12)
MINUTE = timedelta(minutes=1)
SOON = timedelta(hours=2)  # before an event from when on minutes say more than the clock
Row = dict[str, Any]
Mark = tuple[str, str | None, str | None]  # a word with its colour and sign


class Today:
    """Composes templates/hosting/_today.html; `words` are parts of names that are looked for, `near` shortens the list
    to whom somebody at the door has to do with now."""

    def __init__(self, actor: Actor, house: House, now: datetime, words: str = "", *, near: bool = True):
        self.actor, self.house, self.now, self.words = actor, house, now, words
        self.near = near and not words
        self.date: date = local(now).date()
        moment = service.moment(now, zone(), house)
        self.span = local_day(self.date, moment.zone)
        self.day = Day(house, self.date, moment, actor.id, True, self.span).read(house.places)
        self.here = url_for("hosting.today", q=words or None, show=None if near else "all")

    def page(self) -> dict[str, Any]:
        """Give what the template shows; the same number of statements, however many come."""
        booked, events = sharing.booked_on(self.span), self._events()
        arrivals, rows = self._arrivals(booked, events)
        shown = [row for one, row in zip(arrivals, rows, strict=True) if not self.near or one.near(self.now)]
        if self.words:
            shown = [row for row in shown if self._matches(row)]
        here, awaited = here_and_awaited(arrivals, self.now)
        return {
            "heading": capital(day_long(self.date)), "date": self.date.isoformat(),
            "figures": self._figures(here, awaited),
            "rows": shown, "count": len(rows), "words": self.words, "near": self.near, "single": len(shown) == 1,
            "events": events, **self._timeline(), "todo": self._todo(),
            "gone": [self._gone(row) for row in booked if row.state == "no-show" and row.released_at is not None],
            "notes": self._notes(), "here": self.here,
        }  # fmt: skip

    # -- who comes -----------------------------------------------------------------------------------------------------

    def _arrivals(self, booked: Sequence[Booking], events: Sequence[Row]) -> tuple[list[Arrival], list[Row]]:
        """List members, guests and visitors of events by time and name: what the rules know of each, and the row."""
        guests, on = sharing.expected(self.span), {event["id"]: event for event in events}
        visitors = queries.visitors(on)
        for event in events:
            own = [at for row, at in visitors if row.event_id == event["id"]]
            event["came"], event["of"] = sum(at is not None for at in own), len(own)
        who = {row.member_id for row in booked} | {row.member_id for row, _at in visitors if row.member_id}
        of = queries.organisations_of(who)
        ruled = presence_pages.ruled(booked, self.house, self.now)
        found = [
            (self._member_arrival(row), self._member(row, of.get(row.member_id), ruled.get(row.id))) for row in booked
        ]
        found += [(self._guest_arrival(one), self._guest(one)) for one in guests]
        found += [self._visitor(row, at, on[row.event_id], of.get(row.member_id or 0)) for row, at in visitors]
        found.sort(key=lambda pair: (pair[0].span.start, pair[1]["name"].casefold()))
        return [arrival for arrival, _row in found], [row for _arrival, row in found]

    @staticmethod
    def _member_arrival(row: Booking) -> Arrival:
        return Arrival(("member", row.member_id), row.span, row.checked_in_at, expected=row.state == "confirmed")

    @staticmethod
    def _guest_arrival(one: sharing.Arrival) -> Arrival:
        guest, span = one.guest, one.booking.span
        expected = guest.state != "declined" and one.booking.state != "requested"
        return Arrival(("guest", guest.id), span, guest.arrived_at, guest.left_at, expected)

    def _member(self, row: Booking, organisation: Organisation | None, ruled: Place | None) -> Row:
        name = row.member.name
        button = None
        if row.checked_in_at is None and not grace.check_in_refusals(row, self.now):
            given = presence_pages.check_in_button(row, self.house.places[row.space_id], self.here)
            button = {"text": given["text"], "action": given["action"], "fields": given["fields"]}
        return self._row(
            f"b{row.id}", row, name, name_of(organisation) if organisation else _("Member"),
            self._member_mark(row, ruled), button, self._let_go_button(row),
        )  # fmt: skip

    def _let_go_button(self, row: Booking) -> Row | None:
        """Offer to let a place go whose member is late."""
        if grace.let_go_refusals(row, self.now) or self.now < grace.counted_from(row) + MISSED:
            return None
        action = url_for("hosting.let_go", booking_id=row.id)
        return {"text": _("Did not come"), "action": action, "fields": {"next": self.here}, "kind": "quiet"}

    def _member_mark(self, row: Booking, ruled: Place | None) -> Mark | None:
        if row.checked_in_at is not None:
            return _("Here %(time)s", time=clock(row.checked_in_at)), "ok", "check"
        if row.state == "requested":
            return _("Waits for an answer"), "wait", "clock"
        return presence_pages.mark(row, ruled or self.house.places[row.space_id], self.now)

    def _guest(self, one: sharing.Arrival) -> Row:
        guest, booking = one.guest, one.booking
        mark: Mark | None = None
        button = None
        if guest.left_at is not None:
            mark = _("Left %(time)s", time=clock(guest.left_at)), None, None
        elif guest.arrived_at is not None:
            mark = _("Here %(time)s", time=clock(guest.arrived_at)), "ok", "check"
            button = self._guest_button(guest.id, "left", _("Has gone")) | {"kind": "quiet"}
        elif guest.state == "declined":
            mark = _("Cannot come"), "no", "x"
        elif booking.state == "requested":
            mark = _("Waits for an answer"), "wait", "clock"
        else:
            button = self._guest_button(guest.id, "arrived", _("Check in"))
        return self._row(f"g{guest.id}", booking, guest.name, _("Guest of %(name)s", name=one.host), mark, button)

    def _visitor(
        self, row: Registration, at: datetime | None, event: Row, organisation: Organisation | None
    ) -> tuple[Arrival, Row]:  # fmt: skip
        """Give who has a place at an event of today: what the rules know of them, and the row."""
        person = ("member", row.member_id) if row.member_id else ("visitor", row.id)
        button, mark = None, None
        if at is not None:
            mark = _("Here %(time)s", time=clock(at)), "ok", "check"
        elif event["open"]:
            action = url_for("staff_door.act", event_id=event["id"], registration_id=row.id)
            button = {"text": _("Check in"), "action": action, "fields": {"act": "arrived", "next": self.here}}
        about = name_of(organisation) if organisation else _("Member") if row.member_id else _("Visitor")
        return Arrival(person, event["span"], at), {
            "key": f"v{row.id}", "time": clock(event["span"].start), "initials": initials(row.name), "name": row.name,
            "about": about, "place": event["title"], "when": span_short(event["span"]), "mark": mark, "button": button,
            "href": event["door"], "in": at is not None,
        }  # fmt: skip

    def _guest_button(self, guest_id: int, act: str, text: str) -> Row:
        action = url_for("staff_arrivals.act", guest_id=guest_id)
        return {"text": text, "action": action, "fields": {"act": act, "next": self.here}}

    def _row(
        self, key: str, booking: Booking, name: str, about: str, mark: Mark | None, button: Row | None,
        other: Row | None = None,
    ) -> Row:  # fmt: skip
        place = self.house.places[booking.space_id]
        return {
            "key": key, "time": clock(booking.start), "initials": initials(name), "name": name, "about": about,
            "place": place_title(place), "when": span_short(booking.span), "mark": mark, "button": button,
            "other": other, "in": bool(mark and mark[1] == "ok"),
            "href": url_for("bookings.show", booking_id=booking.id),
        }  # fmt: skip

    def _matches(self, row: Row) -> bool:
        """Tell whether each word that is looked for stands in what the row says."""
        said = f"{row['name']} {row['about']} {row['place']}".casefold()
        return all(word in said for word in self.words.casefold().split())

    def _gone(self, row: Booking) -> dict[str, str]:
        name, place = short_name(row.member.name), self.house.places[row.space_id].name
        text = _("%(place)s, %(name)s", place=place, name=name)
        assert row.released_at is not None  # noqa: S101  the caller has looked
        return {
            "text": text, "at": _("Released %(time)s", time=clock(row.released_at)),
            "href": url_for("bookings.show", booking_id=row.id),
        }  # fmt: skip

    # -- the house -----------------------------------------------------------------------------------------------------

    def _figures(self, here: int, awaited: int) -> list[dict[str, Any]]:
        desks, rooms = self._free("desk"), self._free("room", "hall")
        return [
            {"number": here, "text": ngettext("is here", "are here", here)},
            {"number": awaited, "text": _("may still come")},
            {"number": desks, "text": ngettext("free desk", "free desks", desks)},
            {"number": rooms, "text": ngettext("free room", "free rooms", rooms)},
        ]

    def _free(self, *kinds: str) -> int:
        """Count the places of some kinds that are open, and that nothing takes, right now."""
        now = self.day.now
        return sum(
            1
            for place in self.house.places.values()
            if place.kind in kinds and place.bookable and (opened := self.day.opened(place))
            if opened[0] <= now < opened[1] and not any(one.start <= now < one.end for one in self.day.of(place))
        )

    def _timeline(self) -> dict[str, Any]:
        there = (place for place in self.house.places.values() if place.archived_at is None)
        rooms = [place for place in there if place.kind in ("room", "hall")]
        named = lines(self.house, language())
        query = f"date={self.date.isoformat()}&kind=room"
        pen = Pen(language(), query, query, self.day.window, self.day.now, manages=True)
        drawn = [
            pen.row(
                named[one.id], self.day.left(one), self.day.of(one), self.day.opened(one), step=one.policy.granularity
            )
            for one in rooms
        ]
        rows = Markup("".join(drawn))  # noqa: S704  rows.py escapes
        groups = [{"name": _("Rooms and stage"), "wide": True, "rows": rows}] if rooms else []
        opening, closing = self.day.window
        return {"timeline": groups, "opening": opening, "closing": closing, "now_quarter": self.day.now_quarter}

    def _events(self) -> list[Row]:
        found = queries.events_on(self.span)
        spaces = events.spaces_of([event.id for event in found])
        sessions = events.sessions_of([event.id for event in found])
        return [self._event(event, spaces.get(event.id, []), sessions.get(event.id, [])) for event in found]

    def _event(self, event: Event, spaces: Sequence[int], sessions: Iterable[Session]) -> Row:
        today = [row for row in sessions if row.start < self.span.end and row.end > self.span.start]
        start = min((row.start for row in today), default=max(event.start, self.span.start))
        end = max((row.end for row in today), default=min(event.end, self.span.end))
        span = Span(start, end)
        return {
            "id": event.id, "key": f"e{event.id}", "span": span, "door": url_for("staff_door.door", event_id=event.id),
            "open": not door_refusals(event.state, event.span, self.now), "title": event_words.title_of(event),
            "where": event_words.where(event, self.house, spaces),
            "when": self._begins(span), "href": url_for("staff_events.programme", event_id=event.id),
            "needs": self._needs(today),
        }  # fmt: skip

    def _begins(self, span: Span) -> str:
        start, end = span.start, span.end
        if self.now >= end:
            return _("ended %(time)s", time=clock(end))
        if self.now >= start:
            return _("on until %(time)s", time=clock(end))
        if start - self.now > SOON:
            return _("begins %(time)s", time=clock(start))
        minutes = -(-(start - self.now) // MINUTE)
        return ngettext(
            "begins %(time)s, in %(num)d minute", "begins %(time)s, in %(num)d minutes", minutes, time=clock(start)
        )

    def _needs(self, sessions: Sequence[Session]) -> list[str]:
        """Say how each place is to stand and from when on, the first time of each way it stands."""
        layouts, said, known = dict(event_words.layouts_of(self.house)), [], set()
        for row in sessions:
            if row.space_id is None or (row.space_id, row.layout) in known:
                continue
            known.add((row.space_id, row.layout))
            parts = [self.house.places[row.space_id].name]
            if row.layout:
                parts.append(layouts.get(row.layout, row.layout).lower())
            if row.people:
                parts.append(ngettext("%(num)d person", "%(num)d persons", row.people))
            parts.append(_("ready %(time)s", time=clock(row.start)))
            said.append(", ".join(parts))
        return said

    # -- what waits ----------------------------------------------------------------------------------------------------

    def _todo(self) -> list[Row]:
        """List what waits for somebody of the house, each with the way to it."""
        found = []
        requests = bookings.requests()
        for line in request_lines(requests[:FEW], self.house, self.now):
            text = _("Request: %(place)s %(when)s, %(name)s", place=line["name"], when=line["when"], name=line["owner"])
            found.append({"text": text, "href": url_for("requests.index"), "link": _("Answer")})
        found += self._more(len(requests), _("All requests"), url_for("requests.index"))
        faults = repairs.waiting()
        closures = repairs.closures(faults, self.now)
        for report in faults[:FEW]:
            shown = repair_words.shown(report, self.house, closures.get(report.id))
            said = ", ".join(
                filter(None, [f"{shown['place']}: {shown['sort'].lower()}", shown["text"], shown["closed"]])
            )
            href = url_for("staff_faults.show", report_id=report.id)
            found.append({"text": said, "href": href, "link": _("See to it")})
        found += self._more(len(faults), _("All faults"), url_for("staff_faults.index"))
        if applied := members.waiting():
            text = ngettext("%(num)d person waits to be let in.", "%(num)d persons wait to be let in.", applied)
            found.append({"text": text, "href": url_for("people.index", state="applied"), "link": _("See who")})
        if parked := db.session.scalar(PARKED):
            text = ngettext("%(num)d mail could not be sent.", "%(num)d mails could not be sent.", parked)
            found.append({"text": text, "href": url_for("operations.index"), "link": _("See why")})
        return found

    @staticmethod
    def _more(count: int, link: str, href: str) -> list[Row]:
        if count <= FEW:
            return []
        return [{"text": _("%(num)s more", num=count - FEW), "href": href, "link": link}]

    def _notes(self) -> list[Row]:
        return [self._note(row) for row in queries.notes(self.date, self.now - TICKED_SHOWN)]

    def _note(self, row: HostNote) -> Row:
        who = short_name(row.by.name) if row.by else _("Somebody who has left")
        day = local(row.at).date()
        at = clock(row.at) if day == self.date else day_short(row.at)
        return {
            "id": row.id, "text": row.text, "done": row.done_at is not None,
            "about": _("%(name)s, %(when)s", name=who, when=at),
        }  # fmt: skip
