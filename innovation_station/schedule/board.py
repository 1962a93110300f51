"""What the page of the schedule shows: the places of a day or a week, what was just done, and the ways round it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Protocol

from flask import url_for
from markupsafe import Markup

from innovation_station.bookings import refresh, service
from innovation_station.bookings.choice import ROOMS, clock_of, filter_names, place_title
from innovation_station.bookings.day import Day
from innovation_station.bookings.own_pages import when_short
from innovation_station.bookings.queries import Taken
from innovation_station.bookings.rules import Moment
from innovation_station.i18n import (
    capital,
    clock,
    day_long,
    day_short,
    hours_short,
    language,
    local,
    minute_long,
    weekday_short,
    zone,
)
from innovation_station.i18n import gettext as _
from innovation_station.members.rules import Person, short_name
from innovation_station.schedule import queries
from innovation_station.schedule.choice import ONLY, STEPS, Look
from innovation_station.schedule.drawing import PATH, count_text, day_rows, week_rows, widest
from innovation_station.schedule.rules import UNDO_FOR
from innovation_station.spaces.queries import space_revisions
from innovation_station.spaces.rules import AMENITIES, House, Place
from innovation_station.timespan import Span, local_day

Row = dict[str, Any]


class Board:
    """Composes templates/schedule/_board.html; the same number of statements however much there is."""

    def __init__(self, actor: Person, house: House, look: Look, now: datetime):
        self.actor, self.house, self.look, self.now = actor, house, look, now
        self.moment: Moment = service.moment(now, zone(), house)
        first, last = (local_day(day, self.moment.zone) for day in (look.days[0], look.days[-1]))
        self.span = Span(first.start, last.end)
        self.marks = queries.marked(self.span)
        self.acts = queries.fresh(actor.id, now - UNDO_FOR)

    def tag(self, stamp: tuple[int, int], query: str) -> str:
        """Name the state of the page: what takes places, what has to be seen to, and what was just done."""
        known = refresh.tag(stamp, self.actor, frozenset(), language(), self.now, query)
        rest = f"{sorted(map(str, self.marks))}|{[one.id for one in self.acts]}|{local(self.now).date()}"
        return hashlib.sha256(f"{known}|{rest}".encode()).hexdigest()[:24]

    def compose(self) -> Row:
        """Give what changes when something is booked, moved or closed."""
        look = self.look
        shown = [place for place in self.house.places.values() if place.id not in self.house.gone and look.shows(place)]
        if look.only:
            wanted = {mark.space_id for mark in self.marks if mark.what in ONLY[look.only]}
            shown = [place for place in shown if wanted & {place.id, *place.takes}]
        days = [self._day(day) for day in look.days]
        opening, closing = look.window(widest(days))
        page: Row = {"opening": opening, "closing": closing, "acts": self._acts(), "view": look.view, "step": look.step}
        if look.view == "list":
            rows = self._list(days[0], shown)
            return page | {"rows": rows, "count": count_text(len(shown))}
        drawn = (
            week_rows(days, look, space_revisions(), self.marks, shown)
            if look.view == "week"
            else day_rows(days[0], look, space_revisions(), self.marks, shown)
        )
        words = look.words.casefold().split()
        shown = [place for place in shown if all(word in drawn[place.id].link for word in words)]
        return page | {
            "groups": self._groups(shown, {place.id: drawn[place.id].row for place in shown}),
            "now_quarter": days[0].now_quarter, "days": [self._column(day) for day in look.days],
            "count": count_text(len(shown)),
        }  # fmt: skip

    def _day(self, day: date) -> Day:
        """Give a day without a reader: nothing on it is anybody's own."""
        return Day(self.house, day, self.moment, 0, True, local_day(day, self.moment.zone))

    def _groups(self, shown: Iterable[Place], rows: dict[int, str]) -> list[Row]:
        """Put rooms first and then desks by zone, floor by floor."""
        groups: dict[tuple[int, bool, int | None], list[str]] = {}
        for place in shown:
            desk = place.kind not in ROOMS
            groups.setdefault((place.floor_id, desk, place.zone_id if desk else None), []).append(rows[place.id])
        order = {floor_id: number for number, floor_id in enumerate(self.house.floors)}
        keys = sorted(groups, key=lambda key: (order.get(key[0], 0), key[1]))
        return [
            {"name": self._group_name(*key), "wide": True, "rows": Markup("".join(groups[key]))}  # noqa: S704  escaped
            for key in keys
        ]

    def _group_name(self, floor_id: int, desk: bool, zone_id: int | None) -> str:
        name = _("Rooms and stage")
        if desk:
            name = self.house.zones[zone_id].names[language()] if zone_id is not None else _("Desks")
        floor = self.house.floors.get(floor_id)
        return f"{name}, {floor.names[language()]}" if floor and len(self.house.floors) > 1 else name

    def _column(self, day: date) -> Row:
        return {
            "text": f"{weekday_short(day)} {day.day}", "label": capital(day_long(day)),
            "href": f"{PATH}?{self.look.query(day=day, view='day')}", "current": day == local(self.now).date(),
        }  # fmt: skip

    # -- as a list -----------------------------------------------------------------------------------------------------

    def _list(self, day: Day, shown: Sequence[Place]) -> list[Row]:
        """List what takes the shown places, by time; what a place has as a part of another stands there once."""
        day = day.read({place.id for place in shown})
        said = {mark.booking_id: mark.what for mark in self.marks if mark.booking_id}
        rows = [
            self._line(day, place, row, said.get(row.booking_id) if row.booking_id else None)
            for place in shown
            for row in day.taken.get(place.id, ())
            if row.booked_id in (None, place.id)
        ]
        words = self.look.words.casefold().split()
        found = [row for row in rows if all(word in f"{row['place']} {row['who']}".casefold() for word in words)]
        return sorted(found, key=lambda row: (row["sort"], row["place"]))

    def _line(self, day: Day, place: Place, row: Taken, what: str | None) -> Row:
        booked = row.booked or row.span
        start, end = day.minute(booked.start), day.minute(booked.end)
        href = None
        if row.booking_id is not None:
            href = url_for("schedule.booking", held_id=row.booking_id)
        elif row.closure_id is not None:
            href = url_for("schedule.closure", shut_id=row.closure_id)
        who = day.who(row)
        name = short_name(row.name) if row.name else ""
        marks = {
            "waiting": (_("Waits for an answer"), "wait", "clock"), "gone": (_("Nobody came"), "no", "x"),
        }  # fmt: skip
        return {
            "sort": (start, end), "hours": hours_short(start, end), "place": place_title(place), "href": href,
            "who": f"{who}, {name}" if row.title and name and name not in who else who,
            "mark": marks.get(what or "") or ((_("Closed"), None, "x") if row.closure else None),
        }  # fmt: skip

    # -- what was just done --------------------------------------------------------------------------------------------

    def _acts(self) -> list[Row]:
        return [
            {
                "id": one.id, "text": act_text(one, one.name, self.house),
                "until": clock(one.at + UNDO_FOR) if one.stands else None,
                "action": url_for("schedule.undo", act_id=one.id),
            }
            for one in self.acts
        ]  # fmt: skip

    # -- round it ------------------------------------------------------------------------------------------------------

    def frame(self) -> Row:
        """Give the heading, the ways to other days and views, and what the filters hold."""
        look, today = self.look, local(self.now).date()
        week = look.view == "week"
        step = timedelta(days=7 if week else 1)
        names = filter_names()
        present = set().union(*(place.amenities for place in self.house.places.values()))
        return {
            "heading": self._heading(), "date": look.day.isoformat(),
            "before": f"{PATH}?{look.query(day=look.day - step)}", "after": f"{PATH}?{look.query(day=look.day + step)}",
            "today": f"{PATH}?{look.query(day=today)}", "is_today": today in look.days,
            "views": [
                {"label": label, "href": f"{PATH}?{look.query(view=view)}", "current": look.view == view}
                for view, label in (("day", _("Day")), ("week", _("Week")), ("list", _("List")))
            ],
            "kinds": [
                {"label": label, "href": f"{PATH}?{look.query(kind=kind)}", "current": look.kind == kind}
                for kind, label in (("", _("All")), ("room", _("Rooms")), ("desk", _("Desks")))
            ],
            "clocks": [(clock_of(hour * 60), minute_long(hour * 60)) for hour in range(25)],
            "floors": [(floor.id, floor.names[language()]) for floor in self.house.floors.values()],
            "zones": [(one.id, one.names[language()]) for one in self.house.zones.values()],
            "amenities": [(one, capital(names[one])) for one in AMENITIES if one in present],
            "onlys": [("", _("Everything")), ("waiting", _("What waits for an answer")),
                      ("problems", _("What has to be seen to"))],
            "hours": [("open", _("Opening hours")), ("day", _("The whole day")), ("own", _("From and to"))],
            "steps": [(step, _("%(minutes)d minutes", minutes=step)) for step in STEPS],
            "feed": f"/calendars?{look.feed}#new" if look.feed else None,
            "new": url_for("schedule.new", date=look.day.isoformat()),
            "unfiltered": f"{PATH}?{Look(look.day, look.view, look.kind).query()}",
        }  # fmt: skip

    def _heading(self) -> str:
        days = self.look.days
        if len(days) == 1:
            return capital(day_long(days[0]))
        return _("Week %(number)d, %(first)s – %(last)s", number=days[0].isocalendar().week,
                 first=day_short(days[0]), last=day_short(days[-1]))  # fmt: skip


class Done(Protocol):
    """What is told of an act."""

    @property
    def kind(self) -> str: ...
    @property
    def before(self) -> Mapping[str, Any] | None: ...
    @property
    def after(self) -> Mapping[str, Any]: ...


def act_text(act: Done, name: str | None, house: House) -> str:
    """Say what was done: «Moved: Alva L., A3 tis 24 nov 9–11, now A2 tis 24 nov 13–15»."""
    after, before = _where(act.after, house), _where(act.before, house)
    values = {"who": short_name(name or ""), "what": after or before, "before": before}
    return {
        "booked": _("Booked: %(who)s, %(what)s"), "moved": _("Moved: %(who)s, %(what)s. Before: %(before)s"),
        "cancelled": _("Cancelled: %(who)s, %(what)s"), "closed": _("Closed: %(what)s"),
        "opened": _("Opened again: %(what)s"),
    }[act.kind] % values  # fmt: skip


def _where(facts: Any, house: House) -> str:
    if not facts:
        return ""
    place = house.places.get(facts.get("space") or 0)
    span = Span(datetime.fromisoformat(facts["start"]), datetime.fromisoformat(facts["end"]))
    return f"{place.name if place else house.name} {when_short(span)}"
