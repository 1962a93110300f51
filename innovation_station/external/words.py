"""What external calendars and their readings are called on pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from babel.core import get_global
from flask_babel import lazy_gettext as _l

from innovation_station.errors import Refusal
from innovation_station.external.lines import Problem
from innovation_station.external.models import ExternalCalendar
from innovation_station.external.zones import known_zone
from innovation_station.i18n import clock, day_short, sentence
from innovation_station.i18n import gettext as _
from innovation_station.timespan import Span

PROBLEMS: Mapping[str, Any] = {
    "not-utf8": _l("The file is not in UTF-8. It was read as Windows writes."),
    "line-unreadable": _l("A line that cannot be read."),
    "event-unclosed": _l("The event has no end."),
    "too-many-events": _l("The calendar has more events than are read; the rest was left out."),
    "too-many-times": _l("The event comes more often than is read, and was left out."),
    "zone-stated-unknown": _l("The calendar names a time zone that is not known."),
    "no-start": _l("The event does not say when it begins."),
    "no-length": _l("The event does not say how long it is."),
    "text-left-out": _l("The events say more of themselves than is read; here the text was left out."),
    "bad-time": _l("That is no time."),
    "bad-length": _l("That is no length of time, or one of more than a year."),
    "mixed-times": _l("One side is a day and the other a time."),
    "end-before-start": _l("The event ends before it begins."),
    "given-twice": _l("The event says two different things."),
    "unknown-zone": _l("The time zone is not known. Say which one it is."),
    "this-and-future": _l("A change of all following dates was read for its first date only."),
    "rule-unreadable": _l("How the event repeats cannot be read."),
    "rule-too-fine": _l("The event repeats within hours, minutes or seconds; that is not read."),
    "rule-never": _l("The event repeats on days that never come."),
    "rule-too-long": _l("The event has repeated for too long to be followed."),
    "rule-too-costly": _l("To find out how the event repeats takes too long."),
    "rule-except": _l("Exceptions by a rule (EXRULE) are not read."),
    "too-many-dates": _l("The event names more dates than are read."),
}


def problem_text(line: int, code: str, text: str) -> str:
    """Say what could not be read, with its line and what stands there."""
    said = str(PROBLEMS.get(code, PROBLEMS["line-unreadable"]))
    lead = _("Line %(number)s: %(problem)s", number=line, problem=said)
    return f"{lead} ({text})" if text else lead


def problem_texts(problems: Sequence[Problem]) -> list[str]:
    """Say the problems of a reading."""
    return [problem_text(one.line, one.code, one.text) for one in problems]


def error_text(calendar: ExternalCalendar) -> str | None:
    """Say why the last try failed, in the reader's language; None where it did not."""
    if not calendar.error:
        return None
    return sentence(Refusal(calendar.error["code"], None, calendar.error["values"]))


def state_mark(calendar: ExternalCalendar) -> tuple[str, str | None, str]:
    """Name the state of a calendar, with how its mark looks."""
    if calendar.state == "paused":
        return _("Rests"), None, "clock"
    if calendar.state == "stopped":
        return _("Stopped after many failures"), "no", "alarm"
    return (_("Last try failed"), "wait", "clock") if calendar.error else (_("Up to date"), "ok", "check")


def instant_text(instant: datetime | None) -> str:
    """Write an instant of the house's wall clock, shortly."""
    return f"{day_short(instant)} {clock(instant)}" if instant else _("not yet")


def times_text(span: Span) -> str:
    """Write a span with its days."""
    start, end = instant_text(span.start), span.end
    same_day = day_short(span.start) == day_short(end)
    return f"{start}–{clock(end) if same_day else instant_text(end)}"


def zone_choices(house: ZoneInfo) -> list[tuple[str, str]]:
    """List the zones to choose from; the first is what the calendar says, else the house's."""
    first = _("as the calendar says, else %(zone)s", zone=house.key)
    return [("", first), *((name, name) for name in _zones())]


@lru_cache(maxsize=1)
def _zones() -> tuple[str, ...]:
    windows = set(get_global("windows_zone_mapping").values())
    near = {name for name in available_timezones() if name.startswith("Europe/")}
    found = {known_zone(name) for name in windows | near} | {"UTC"}
    return tuple(sorted((name for name in found if name), key=lambda name: (not name.startswith("Europe/"), name)))
