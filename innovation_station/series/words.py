"""Series in words: how one repeats, its dates, and what a change would do to them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from innovation_station.bookings.choice import place_title
from innovation_station.i18n import (
    capital,
    day_full,
    day_long,
    day_long_in,
    day_short,
    hours_in,
    hours_short,
    language,
    local,
    ngettext,
    sentence,
    span_short,
    zone,
)
from innovation_station.i18n import gettext as _
from innovation_station.series.preview import Verdict
from innovation_station.series.rules import Rule
from innovation_station.series.steps import Change, Pattern, Row, Scope, Step
from innovation_station.spaces.rules import DAY_MINUTES, House
from innovation_station.timespan import Span

MOST_NAMED = 6


def weekday_names() -> list[str]:
    """Name the days of the week, Monday first."""
    return [
        _("Monday"), _("Tuesday"), _("Wednesday"), _("Thursday"), _("Friday"), _("Saturday"), _("Sunday")
    ]  # fmt: skip


def ordinals() -> dict[int, str]:
    """Name the places that a weekday has in a month."""
    return {1: _("the first"), 2: _("the second"), 3: _("the third"), 4: _("the fourth"), -1: _("the last")}


def _weekdays(numbers: Iterable[int]) -> str:
    names = [weekday_names()[number] for number in sorted(numbers)]
    return _("%(first)s and %(last)s", first=", ".join(names[:-1]), last=names[-1]) if names[1:] else names[0]


def rule_text(rule: Rule) -> str:
    """Say how a rule repeats: «every other week on Tuesday, 10 times»."""
    end = (
        ngettext("%(num)d time", "%(num)d times", rule.count)
        if rule.count
        else _("until %(day)s", day=day_full(rule.until))
        if rule.until
        else ""
    )
    return ", ".join(filter(None, (_rhythm(rule), end)))


def _rhythm(rule: Rule) -> str:
    n = rule.interval
    if rule.frequency == "daily":
        return _("every day") if n == 1 else ngettext("every %(num)d days", "every %(num)d days", n)
    if rule.frequency == "weekly":
        every = (
            _("every week") if n == 1 else _("every other week") if n == 2
            else ngettext("every %(num)d weeks", "every %(num)d weeks", n)
        )  # fmt: skip
        return _("%(every)s on %(days)s", every=every, days=_weekdays(rule.weekdays)) if rule.weekdays else every
    every = _("every month") if n == 1 else ngettext("every %(num)d months", "every %(num)d months", n)
    if rule.nth is None:
        return _("%(every)s on day %(day)d", every=every, day=rule.month_day or 0)
    return _(
        "%(every)s on %(which)s %(weekday)s", every=every, which=ordinals()[rule.nth[0]],
        weekday=weekday_names()[rule.nth[1]],
    )  # fmt: skip


def spans(times: Sequence[Span]) -> str:
    """Name the first of some dates, each with its hours."""
    said = [f"{day_short(span.start)} {span_short(span)}" for span in times[:MOST_NAMED]]
    more = len(times) - len(said)
    return ", ".join([*said, *([ngettext("and %(num)d more", "and %(num)d more", more)] if more else [])])


def heading(pattern: Pattern, house: House) -> str:
    """Name a series: «Hågelby, every other week on Tuesday»."""
    place = house.places.get(pattern.space_id)
    return f"{place_title(place) if place else '?'}, {_rhythm(pattern.rule)}"


def summary(pattern: Pattern, house: House) -> dict[str, str]:
    """Give the facts of a series."""
    return {
        "place": place_title(house.places[pattern.space_id]),
        "hours": hours_short(pattern.times.start, pattern.times.end),
        "rule": capital(rule_text(pattern.rule)), "first": capital(day_full(pattern.first_day)), "title": pattern.title,
    }  # fmt: skip


def few(days: Sequence[date]) -> str:
    """Name some dates, and say how many more there are."""
    named = ", ".join(day_short(day) for day in days[:MOST_NAMED])
    more = len(days) - MOST_NAMED
    return _("%(days)s and %(more)d more", days=named, more=more) if more > 0 else named


def scope_choices(touched: Mapping[Scope, Sequence[Row]], at: date, cancelling: bool) -> list[dict[str, Any]]:
    """Give the three choices of how far a change reaches, each with the dates it touches and their number."""
    names = {
        "this": _("Only %(day)s", day=day_long(at)),
        "following": _("This and the following"),
        "all": _("All that are to come"),
    }
    found = []
    for scope, rows in touched.items():
        days = [row.span.start.date() if row.span is None else local(row.span.start).date() for row in rows if row.span]
        count = len(rows)
        said = ngettext("%(num)d date", "%(num)d dates", count)
        button = ngettext("Cancel %(num)d date", "Cancel %(num)d dates", count) if cancelling else ""
        found.append({
            "value": scope, "label": names[scope], "text": f"{said}: {few(days)}" if count else _("None is left."),
            "count": count, "button": button,
        })  # fmt: skip
    return found


def counts(change: Change) -> list[dict[str, Any]]:
    """Say what a change adds, moves, keeps and drops, with the dates; nothing is said of what is none."""
    said: dict[str, Callable[[int], str]] = {
        "added": lambda n: ngettext("%(num)d date is added", "%(num)d dates are added", n),
        "moved": lambda n: ngettext("%(num)d date is moved", "%(num)d dates are moved", n),
        "retitled": lambda n: ngettext("%(num)d date gets the new title", "%(num)d dates get the new title", n),
        "dropped": lambda n: ngettext("%(num)d date is dropped", "%(num)d dates are dropped", n),
        "cancelled": lambda n: ngettext("%(num)d date is cancelled", "%(num)d dates are cancelled", n),
        "kept": lambda n: ngettext("%(num)d date stays as it is", "%(num)d dates stay as they are", n),
    }
    found = []
    for kind, say in said.items():
        steps = change.of(kind)  # type: ignore[arg-type]
        if steps:
            days = few([_day_of(step) for step in steps])
            found.append({"kind": kind, "text": say(len(steps)), "days": days})
    return found


def _day_of(step: Step) -> date:
    span = step.after.span
    return local(span.start).date() if span else step.after.original


class Dates:
    """Says the dates of one list: the language, the zone and the names of places are looked up once for all of them."""

    def __init__(self, house: House) -> None:
        self.places, self.language, self.zone = house.places, language(), zone()
        self.titles: dict[int, str] = {}

    def item(self, row: Row) -> dict[str, Any]:
        """Give a date for a list: the day, the hours and the place."""
        day, hours = row.original, ""
        if row.span:
            start, end = row.span.start.astimezone(self.zone), row.span.end.astimezone(self.zone)
            day = start.date()
            until = end.hour * 60 + end.minute or DAY_MINUTES
            hours = hours_in(self.language, start.hour * 60 + start.minute, until)
        return {
            "original": row.original.isoformat(), "day": capital(day_long_in(self.language, day)), "year": day.year,
            "hours": hours, "place": self._title(row.space_id), "booking_id": row.id, "state": row.state,
            "moved": row.moved or day != row.original, "title": row.title,
        }  # fmt: skip

    def _title(self, space_id: int) -> str:
        if space_id not in self.titles:
            place = self.places.get(space_id)
            self.titles[space_id] = place_title(place) if place else "?"
        return self.titles[space_id]


def verdict_item(verdict: Verdict, step: Step, dates: Dates, chosen: str, typed: tuple[str, str]) -> dict[str, Any]:
    """Give a date of a preview: granted, or why not and what may be answered."""
    item = dates.item(step.after)
    options: list[dict[str, Any]] = []
    for way in verdict.offers:
        if way.same_space:
            value = "time:" + _clocks(way.span)
            options.append({"value": value, "label": _("Take %(hours)s instead", hours=span_short(way.span))})
        else:
            label = _("Take %(place)s instead", place=place_title(way.place))
            options.append({"value": f"space:{way.place.id}", "label": label})
    if step.stood:
        options.append({"value": "keep", "label": _("Leave it as it is")})
    options.append({"value": "skip", "label": _("Give this date up") if step.stood else _("Skip this date")})
    values = [option["value"] for option in options]
    for option in options:
        option["checked"] = option["value"] == (chosen if chosen in (*values, "own") else values[0])
    return item | {
        "refusals": [sentence(refusal) for refusal in verdict.refusals], "options": options,
        "own": {"checked": chosen == "own", "start": typed[0], "end": typed[1]},
    }  # fmt: skip


def _clocks(span: Span) -> str:
    start, end = local(span.start), local(span.end)
    return f"{start:%H:%M}-{'24:00' if end.date() > start.date() else f'{end:%H:%M}'}"


def left_out(change: Change) -> list[str]:
    """Say which dates are left out and why: closed days, and months that lack the date."""
    said = [f"{capital(day_long(day))}: {sentence(reason)}" for day, reason in change.skipped]
    if change.missing:
        days = ", ".join(f"{month:%Y-%m}" for month in change.missing[:MOST_NAMED])
        said.append(_("These months have no such date: %(months)s.", months=days))
    return said
