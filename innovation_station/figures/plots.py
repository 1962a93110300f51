"""The figures of a period as plots: each a question, its answer as a sentence, and the table that its picture is of."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from innovation_station.daynames import written
from innovation_station.figures import events, vain
from innovation_station.figures.organisations import named, people
from innovation_station.figures.periods import Period
from innovation_station.figures.queries import Counted, counted
from innovation_station.figures.rules import HOURS, LEADS, WEEK, Tally, cells, few_apart, share, step, total
from innovation_station.figures.words import (
    change,
    day_words,
    hours,
    kind_names,
    lead_names,
    number,
    percent,
    points,
    reason_names,
    weekday_name,
)
from innovation_station.i18n import capital, language, ngettext, weekday_definite, weekday_short
from innovation_station.i18n import gettext as _
from innovation_station.spaces.rules import KINDS, House

MONDAY = date(2024, 1, 1)  # a Monday, to name weekdays by
PEAKS, SHOWN = 5, 12
Cell = int | float | str | date | None


@dataclass(frozen=True, slots=True)
class Plot:
    """A question and its answer. `columns` are (title, what it holds); the first holds the name of the row.

    What a column holds is "text", "count", "percent", "hours" (seconds) or "day". `bar` is the column that is drawn. A
    `picture` of "heat" or "line" says what is drawn instead; a `note` what one has to know.
    """

    name: str
    title: str
    answer: str
    columns: tuple[tuple[str, str], ...]
    rows: Sequence[Sequence[Cell]]
    bar: int | None = None
    picture: Mapping[str, Any] = field(default_factory=dict)
    note: str = ""

    @property
    def shown(self) -> list[list[str]]:
        """Give the table as people read it."""
        return [
            [_SHOWN[holds](value) for value, (_title, holds) in zip(row, self.columns, strict=True)]
            for row in self.rows
        ]  # fmt: skip

    @property
    def bars(self) -> list[int]:
        """Give the length of each row's bar, in whole per cent of the longest there can be."""
        if self.bar is None:
            return []
        values = [_whole(row[self.bar]) for row in self.rows]
        most = 100 if self.columns[self.bar][1] == "percent" else max([*values, 1])
        return [value * 100 // most for value in values]


_SHOWN: Mapping[str, Callable[[Any], str]] = {
    "text": lambda value: str(value or ""),
    "count": lambda value: "–" if value is None else number(value),
    "percent": lambda value: "–" if value is None else percent(value),
    "hours": lambda value: "–" if value is None else hours(value),
    "day": lambda value: day_words(value) if value else "",
}


def _whole(value: Cell) -> int:
    return value if isinstance(value, int) else 0


class Figures:
    """Everything about one period, compared with another; of one kind of places, or of all."""

    def __init__(
        self, period: Period, against: Period, kind: str | None, *, house: House, now: datetime, zone: ZoneInfo
    ) -> None:  # fmt: skip
        self.period, self.against, self.kind, self.house = period, against, kind, house
        self.zone, self.now = zone, now
        self.chosen = frozenset(place.id for place in house.places.values() if kind in (None, place.kind))

    @cached_property
    def counted(self) -> Counted:
        """What was counted of the period."""
        return self._counted(self.period)

    @cached_property
    def before(self) -> Counted:
        """What was counted of the one that it is compared with; not every plot asks."""
        return self._counted(self.against)

    @cached_property
    def total(self) -> Tally:
        """All places of the period together."""
        return self.counted.total(self.chosen)

    @cached_property
    def past(self) -> Tally:
        """All places of the other one together."""
        return self.before.total(self.chosen)

    def _counted(self, period: Period) -> Counted:
        by_month = self.period.step == "month"
        return counted(
            period.first, period.last, self.chosen, by_month=by_month, now=self.now, zone=self.zone, house=self.house
        )  # fmt: skip

    # -- what stands on top --------------------------------------------------------------------------------------------

    def heads(self) -> list[dict[str, str]]:
        """Give the four figures that stand on top: the figure, what it is, and how it has changed."""
        used, was = self._use(self.counted), self._use(self.before)
        kept, missed = self.total.count("bookings"), self.total.count("no_shows")
        came, came_was = events.came(self._events()), events.came(self._events(past=True))
        gone = share(missed, kept)
        return [
            {"figure": _SHOWN["percent"](used), "text": _("of the time was used"), "change": points(used, was)},
            {
                "figure": number(kept), "text": ngettext("booking", "bookings", kept),
                "change": change(kept, self.past.count("bookings")),
            },
            {
                "figure": _SHOWN["percent"](gone), "text": _("of the bookings: nobody came"),
                "change": points(gone, share(self.past.count("no_shows"), self.past.count("bookings"))),
            },
            {
                "figure": number(came), "text": ngettext("visitor of an event", "visitors of events", came),
                "change": change(came, came_was),
            },
        ]  # fmt: skip

    def _use(self, found: Counted, chosen: Iterable[int] | None = None) -> int | None:
        chosen = self.chosen if chosen is None else chosen
        return share(total(found.total(chosen).taken), total(found.offered(chosen)))

    # -- the plots -----------------------------------------------------------------------------------------------------

    def plots(self, *, organisations: bool = True) -> list[Plot]:
        """Give all of them, in the order of the page."""
        found = [self.heat(), self.trend(), self.spaces(), self.zones()]
        if self.kind is None:
            found.append(self.kinds())
        found += [self.peaks(), self.leads(), self.missed(), self.cancelled(), self.vain(), self.events()]
        return [*found, self.organisations()] if organisations else found

    def plot(self, name: str) -> Plot | None:
        """Give one of them by its name."""
        return getattr(self, name)() if name in NAMES else None

    def _hourly(self) -> list[int | None]:
        """Give the utilisation of each hour of the week."""
        taken, offered = cells(self.total.taken, WEEK), cells(self.counted.offered(self.chosen), WEEK)
        return [share(*pair) for pair in zip(taken, offered, strict=True)]

    def heat(self) -> Plot:
        """Say when it is full: utilisation by weekday and hour.

        The fullest is looked for where at least half of what there is was open: one hall that is open late, and in use,
        is not the house.
        """
        found = self._hourly()
        used = [(day, hour) for day in range(7) for hour in range(HOURS) if found[day * HOURS + hour] is not None]
        shown = sorted({hour for _day, hour in used})
        clocks = range(shown[0], shown[-1] + 1) if shown else range(0)
        days = sorted({day for day, _hour in used})
        rows = [[weekday_name(day), *(found[day * HOURS + hour] for hour in clocks)] for day in days]
        open_for = cells(self.counted.offered(self.chosen), WEEK)
        wide = [cell for cell in used if 2 * open_for[cell[0] * HOURS + cell[1]] >= max(open_for)]
        fullest = max(wide, key=lambda cell: (found[cell[0] * HOURS + cell[1]] or 0, -cell[0], -cell[1]), default=None)
        answer = _("The places were not open in this time.")
        if fullest is not None and (most := found[fullest[0] * HOURS + fullest[1]]):
            places = sum(1 for one in self.chosen if self.counted.open.get(one))
            answer = ngettext(
                "%(day)s at %(hour)02d is the fullest: %(most)s of %(num)d place.",
                "%(day)s at %(hour)02d is the fullest: %(most)s of %(num)d places.", places,
                day=capital(weekday_definite(MONDAY + timedelta(days=fullest[0]))), hour=fullest[1],
                most=percent(most),
            )  # fmt: skip
        elif fullest is not None:
            answer = _("Nothing was booked in this time.")
        shades = [
            {
                "name": weekday_short(MONDAY + timedelta(days=day)), "full": weekday_name(day),
                "cells": [
                    {"shade": 0 if value is None else step(value), "text": "–" if value is None else str(value)}
                    for value in (found[day * HOURS + hour] for hour in clocks)
                ],
            }
            for day in days
        ]  # fmt: skip
        return Plot(
            "heat", _("When is it full?"), answer,
            ((_("Weekday"), "text"), *((f"{hour:02}", "percent") for hour in clocks)), rows,
            picture={"kind": "heat", "hours": [f"{hour:02}" for hour in clocks], "days": shades},
        )  # fmt: skip

    def _buckets(self, period: Period, found: Counted) -> list[tuple[date, int | None]]:
        taken: dict[date, list[int]] = {}
        for bucket, seconds in found.opened.items():
            taken.setdefault(period.bucket(bucket), [0, 0])[1] += total(seconds)
        for bucket, tally in found.buckets.items():
            pair = taken.setdefault(period.bucket(bucket), [0, 0])
            pair[0] += total(tally.taken)
            pair[1] -= total(tally.withheld)
        return [(day, share(*taken.get(day, (0, 0)))) for day in period.buckets()]

    def trend(self) -> Plot:
        """Say how utilisation went, by day, week or month, beside the period that it is compared with."""
        now = self._buckets(self.period, self.counted)
        past = [value for _day, value in self._buckets(self.against, self.before)]
        past += [None] * (len(now) - len(past))
        used, was = self._use(self.counted), self._use(self.before)
        if used is None:
            answer = _("The places were not open in this time.")
        elif was is None:
            answer = _("%(used)s of the time was used.", used=percent(used))
        elif used == was:
            answer = _("%(used)s of the time was used, as much as before.", used=percent(used))
        elif used > was:
            answer = _("%(used)s of the time was used, up from %(was)s.", used=percent(used), was=percent(was))
        else:
            answer = _("%(used)s of the time was used, down from %(was)s.", used=percent(used), was=percent(was))
        titles = {"day": _("Day"), "week": _("Week from"), "month": _("Month from")}
        return Plot(
            "trend", _("How much is it used?"), answer,
            ((titles[self.period.step], "day"), (_("Used"), "percent"), (_("In the other period"), "percent")),
            [[day, value, past[at]] for at, (day, value) in enumerate(now)],
            picture={
                "kind": "line", "names": [_short(day, self.period.step) for day, _value in now],
                **drawn([value for _day, value in now], past[: len(now)]),
            },
        )  # fmt: skip

    def _row(self, name: str, chosen: Sequence[int]) -> list[Cell]:
        tally, offered = self.counted.total(chosen), self.counted.offered(chosen)
        return [
            name, share(total(tally.taken), total(offered)), self._use(self.before, chosen), total(tally.booked),
            total(tally.used), total(tally.events) + total(tally.elsewhere), total(offered),
            tally.count("outside"), tally.count("bookings"),
        ]  # fmt: skip

    def _by_use(
        self, name: str, title: str, most: Callable[[str, str], str], groups: Iterable[tuple[str, Sequence[int]]], *,
        note: str = "",
    ) -> Plot:  # fmt: skip
        """Compare groups of places by how much of their time was used; those that were not open at all are left out."""
        rows = [row for row in (self._row(label, chosen) for label, chosen in groups) if row[6] or row[8]]
        rows.sort(key=lambda row: -1 if row[1] is None else _whole(row[1]), reverse=True)
        best = next((row for row in rows if row[1]), None)
        answer = _("Nothing was booked in this time.")
        if best is not None:
            answer = most(str(best[0]), percent(_whole(best[1])))
        columns = (
            (_("Place"), "text"), (_("Used"), "percent"), (_("Before"), "percent"), (_("Booked"), "hours"),
            (_("Came"), "hours"), (_("Events"), "hours"), (_("Offered"), "hours"), (_("Outside"), "hours"),
            (_("Bookings"), "count"),
        )  # fmt: skip
        return Plot(name, title, answer, columns, rows, bar=1, note=note)

    def spaces(self) -> Plot:
        """Say which places are used the most."""
        places = [place for place in self.house.places.values() if place.id in self.chosen]
        groups = [(place.name, [place.id]) for place in places]
        note = _("A place that is divided is counted by its parts.") if any(place.parts for place in places) else ""

        def most(name: str, used: str) -> str:
            return _("%(name)s is used the most: %(used)s of the time it is offered.", name=name, used=used)

        return self._by_use("spaces", _("Which places are used?"), most, groups, note=note)

    def zones(self) -> Plot:
        """Say where people want to be."""
        groups: dict[str, list[int]] = {}
        for place in self.house.places.values():
            if place.id in self.chosen:
                groups.setdefault(self.house.zone_name(place, language()), []).append(place.id)

        def most(name: str, used: str) -> str:
            return _("%(name)s is the fullest: %(used)s of its time is used.", name=name, used=used)

        return self._by_use("zones", _("Where do people want to be?"), most, groups.items())

    def kinds(self) -> Plot:
        """Say which kinds of places are used."""
        names = kind_names()
        groups = [
            (names[kind], [place.id for place in self.house.places.values() if place.kind == kind]) for kind in KINDS
        ]  # fmt: skip

        def most(name: str, used: str) -> str:
            return _("%(name)s are used the most: %(used)s of their time.", name=name, used=used)

        return self._by_use("kinds", _("Which kinds are used?"), most, groups)

    def peaks(self) -> Plot:
        """Say how full it gets: the fullest hours, of single days where the period is short."""
        found: list[tuple[int, str, int, int]] = []
        if self.period.step == "month":
            taken, offered = cells(self.total.taken, WEEK), cells(self.counted.offered(self.chosen), WEEK)
            for at, (part, whole) in enumerate(zip(taken, offered, strict=True)):
                found.append((share(part, whole) or 0, f"{weekday_name(at // HOURS)} {at % HOURS:02}", part, whole))
        else:
            for day, tally in self.counted.buckets.items():
                offered = cells(self.counted.opened.get(day, 0) - tally.withheld, WEEK)
                for hour in range(HOURS):
                    at = day.weekday() * HOURS + hour
                    part = cells(tally.taken, WEEK)[at] if offered[at] else 0
                    if part:
                        name = f"{day_words(day)} {hour:02}"
                        found.append((share(part, offered[at]) or 0, name, part, offered[at]))
        widest = max((one[3] for one in found), default=0)
        found = sorted(
            (one for one in found if one[2] and 2 * one[3] >= widest), key=lambda one: (-one[0], -one[2], one[1])
        )[:PEAKS]
        full = sum(1 for one in found if one[0] >= 100)
        if not found:
            answer = _("Nothing was booked in this time.")
        elif full == PEAKS:
            answer = _("Everything was taken at times.")
        else:
            answer = _("At its fullest it was %(most)s: %(when)s.", most=percent(found[0][0]), when=found[0][1])
        return Plot(
            "peaks", _("How full does it get?"), answer,
            ((_("Hour"), "text"), (_("Used"), "percent"), (_("Taken"), "hours"), (_("Offered"), "hours")),
            [[name, most, part, whole] for most, name, part, whole in found], bar=1,
        )  # fmt: skip

    def leads(self) -> Plot:
        """Say how long before it begins people book."""
        names = lead_names()
        values = [self.total.count(f"lead{at}") for at in range(len(LEADS) + 1)]
        was = [self.past.count(f"lead{at}") for at in range(len(LEADS) + 1)]
        whole = sum(values)
        answer = _("Nothing was booked in this time.")
        if whole:
            soon = share(sum(values[:2]), whole) or 0
            answer = _("%(soon)s of the bookings were made less than a day before.", soon=percent(soon))
        return Plot(
            "leads", _("How far ahead do people book?"), answer,
            (
                (_("Made before it began"), "text"), (_("Bookings"), "count"), (_("Share"), "percent"),
                (_("Before"), "count"),
            ),
            [[name, value, share(value, whole), past] for name, value, past in zip(names, values, was, strict=True)],
            bar=1,
        )  # fmt: skip

    def _kindly(self) -> Iterable[tuple[str, Tally, Tally]]:
        """Give by kind what was counted now and before."""
        for kind, name in kind_names().items():
            some = [place.id for place in self.house.places.values() if place.kind == kind and place.id in self.chosen]
            if some:
                yield name, self.counted.total(some), self.before.total(some)

    def missed(self) -> Plot:
        """Say who books and does not come."""
        missed, kept, lost = self.total.count("no_shows"), self.total.count("bookings"), self.total.count("lost")
        answer = _("Nothing was booked in this time.")
        if kept and missed:
            answer = ngettext(
                "To %(num)d booking nobody came, %(part)s of all. %(lost)s were free for others again.",
                "To %(num)d bookings nobody came, %(part)s of all. %(lost)s were free for others again.", missed,
                part=percent(share(missed, kept) or 0), lost=hours(lost),
            )  # fmt: skip
        elif kept:
            answer = _("No place was let go because nobody came.")
        return Plot(
            "missed", _("How many never come?"), answer,
            (
                (_("Kind"), "text"), (_("Nobody came"), "count"), (_("Share"), "percent"), (_("Before"), "percent"),
                (_("Checked in"), "count"), (_("Bookings"), "count"), (_("Given back"), "hours"),
            ),
            [
                [
                    name, now.count("no_shows"), share(now.count("no_shows"), now.count("bookings")),
                    share(past.count("no_shows"), past.count("bookings")), now.count("came"), now.count("bookings"),
                    now.count("lost"),
                ]
                for name, now, past in self._kindly()
            ],
            bar=2,
        )  # fmt: skip

    def cancelled(self) -> Plot:
        """Say how many bookings are given back."""
        gone, kept = self.total.count("cancelled"), self.total.count("bookings")
        answer = _("Nothing was booked in this time.")
        if gone:
            answer = ngettext(
                "%(num)d booking was cancelled, %(part)s of all.", "%(num)d bookings were cancelled, %(part)s of all.",
                gone, part=percent(share(gone, gone + kept) or 0),
            )  # fmt: skip
        elif kept:
            answer = _("Nobody cancelled anything.")
        return Plot(
            "cancelled", _("How many are cancelled?"), answer,
            (
                (_("Kind"), "text"), (_("Cancelled"), "count"), (_("Share"), "percent"), (_("Before"), "percent"),
                (_("Kept"), "count"), (_("Declined or not answered"), "count"),
            ),
            [
                [
                    name, now.count("cancelled"), share(now.count("cancelled"), now.count("cancelled", "bookings")),
                    share(past.count("cancelled"), past.count("cancelled", "bookings")), now.count("bookings"),
                    now.count("declined"),
                ]
                for name, now, past in self._kindly()
            ],
            bar=2,
        )  # fmt: skip

    def vain(self) -> Plot:
        """Say what people wanted and did not get."""
        kinds = None if self.kind is None else (self.kind,)
        now = vain.counts(self.period.first, self.period.last, kinds)
        past = vain.counts(self.against.first, self.against.last, kinds)
        names, kind_name = reason_names(), kind_names()
        found: dict[tuple[str, str], int] = {}
        were: dict[tuple[str, str], int] = {}
        for counts, into in ((now, found), (past, were)):
            for (kind, code), count in counts.items():
                key = (kind, vain.group_of(code))
                into[key] = into.get(key, 0) + count
        whole = sum(found.values())
        answer = _("Nobody looked for anything in vain.")
        if whole:
            (kind, reason), most = max(found.items(), key=lambda item: (item[1], item[0]))
            answer = ngettext(
                "%(num)d time somebody found nothing. Mostly: %(kind)s, %(reason)s (%(most)s).",
                "%(num)d times somebody found nothing. Mostly: %(kind)s, %(reason)s (%(most)s).", whole,
                kind=kind_name[kind].lower(), reason=names[reason].lower(), most=number(most),
            )  # fmt: skip
        rows = sorted(found.keys() | were.keys(), key=lambda key: (-found.get(key, 0), key))
        return Plot(
            "vain", _("What was wanted and not there?"), answer,
            ((_("Kind"), "text"), (_("Why"), "text"), (_("Times"), "count"), (_("Before"), "count")),
            [[kind_name[kind], names[reason], found.get((kind, reason), 0), were.get((kind, reason), 0)]
             for kind, reason in rows],
            bar=2,
            note=_("Searches that found nothing and bookings that were refused, by the day wanted; not by whom."),
        )  # fmt: skip

    def _events(self, *, past: bool = False) -> list[events.Visited]:
        period = self.against if past else self.period
        return events.visited(period.first, period.last, self.zone)

    def events(self) -> Plot:
        """Say who comes to events: whatever kind of place they are in."""
        found = self._events()
        registered, came = sum(one.registered for one in found), events.came(found)
        answer = _("There was no event in this time.")
        if found:
            answer = ngettext(
                "%(num)d event. %(came)s came, %(part)s of those who had a place.",
                "%(num)d events. %(came)s came, %(part)s of those who had a place.", len(found),
                came=number(came), part=_SHOWN["percent"](share(came, registered)),
            )  # fmt: skip
        return Plot(
            "events", _("Who comes to events?"), answer,
            (
                (_("Event"), "text"), (_("Day"), "day"), (_("Had a place"), "count"), (_("Came"), "count"),
                (_("Share"), "percent"),
            ),
            [[one.title, one.day, one.registered, one.came, share(one.came, one.registered)] for one in found],
            bar=4,
        )  # fmt: skip

    def organisations(self) -> Plot:
        """Say which organisations use the house; what few have done is put together."""
        names, belong = named(), people()
        now, past = (few_apart(tally.organisations, belong) for tally in (self.total, self.past))
        special = {0: _("Without an organisation"), -1: _("Organisations of fewer than five")}
        known = names | special
        whole = sum(seconds for _bookings, seconds in now.values())
        order = sorted(now, key=lambda key: (key <= 0, -now[key][1], known.get(key, "")))
        rows: list[list[Cell]] = [
            [known.get(key, ""), share(now[key][1], whole), now[key][1], now[key][0], past.get(key, (0, 0))[1]]
            for key in order
        ]
        first = next((key for key in order if key > 0), None)
        answer = _("No organisation of five or more has booked anything.")
        if first is not None:
            answer = _(
                "%(name)s books the most: %(part)s of all the time.", name=known[first],
                part=percent(share(now[first][1], whole) or 0),
            )  # fmt: skip
        return Plot(
            "organisations", _("Which organisations use the house?"), answer,
            (
                (_("Organisation"), "text"), (_("Share"), "percent"), (_("Booked"), "hours"), (_("Bookings"), "count"),
                (_("Before"), "hours"),
            ),
            rows, bar=1,
            note=_("Organisations of fewer than five members are put together, so that no person is shown."),
        )  # fmt: skip


def _short(day: date, by: str) -> str:
    """Name a part of the drawing where there is little room."""
    if by == "month":
        return written(day, "MMM", language())
    return str(day.day) if by == "day" else written(day, "d MMM", language())


NAMES = (
    "heat", "trend", "spaces", "zones", "kinds", "peaks", "leads", "missed", "cancelled", "vain", "events",
    "organisations",
)  # fmt: skip


# -- pictures ---------------------------------------------------------------------------------------------------------

TOP, BOTTOM, LEFT, RIGHT = 16, 74, 24, 336


def drawn(now: Sequence[int | None], past: Sequence[int | None]) -> dict[str, Any]:
    """Give the points of two lines, which lead over what has no value, such as days on which it was closed."""
    across = (RIGHT - LEFT) / max(len(now) - 1, 1)

    def points_of(values: Sequence[int | None]) -> list[dict[str, Any]]:
        return [
            {"x": round(LEFT + at * across, 1), "y": round(BOTTOM - (BOTTOM - TOP) * min(value, 100) / 100, 1),
             "value": value, "at": at}
            for at, value in enumerate(values)
            if value is not None
        ]  # fmt: skip

    def lines(found: Sequence[dict[str, Any]]) -> list[str]:
        return [" ".join(f"{one['x']},{one['y']}" for one in found)] if len(found) > 1 else []

    shown, other = points_of(now), points_of(past)
    every = -(-len(now) // SHOWN)
    return {
        "points": shown, "lines": lines(shown), "past": lines(other), "dots": len(now) <= SHOWN * 3,
        "labels": [at for at in range(len(now)) if at % every == 0],
        "xs": [round(LEFT + at * across, 1) for at in range(len(now))],
    }  # fmt: skip
