"""What events of a calendar file are called on pages."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from innovation_station.events.intake import Found, Row
from innovation_station.events.models import Source
from innovation_station.external.words import times_text
from innovation_station.i18n import day_short
from innovation_station.i18n import gettext as _
from innovation_station.spaces.rules import House
from innovation_station.timespan import Span

A_MOMENT = timedelta(microseconds=1)


def tag_of(state: str) -> tuple[str, str | None, str]:
    """Name what an event of a file is to those that are known, with how its mark looks."""
    return {
        "new": (_("New"), "ok", "check"), "changed": (_("Changed there"), "wait", "clock"),
        "edited": (_("Changed there and here"), "wait", "alarm"), "planned": (_("Planned here"), None, "lock"),
        "shown": (_("Not a draft any more"), None, "lock"), "cancelled": (_("Cancelled there"), "no", "alarm"),
        "refused": (_("Cannot be taken"), "no", "alarm"), "same": (_("As it was"), None, "info"),
    }[state]  # fmt: skip


def why(row: Row, refused: Sequence[str]) -> str:
    """Say why an event of a file is not ticked, or cannot be taken; "" where it is."""
    return {
        "edited": _("The draft was edited here since. Tick it to have title, text and time as the file has them."),
        "planned": _("The draft has a programme or rooms. Change it on its own pages, so that they move along."),
        "shown": _("Change it on its own pages, where everybody concerned is told."),
        "cancelled": _("The file says that it is cancelled. Nothing was done about it here."),
        "refused": " ".join(refused),
    }.get(row.state, "")


def difference(what: str, was: object, now: object) -> str:
    """Say what of an event is another in its file."""
    if what == "time":
        return _("Time: %(was)s, there %(now)s.", was=_span_said(was), now=_span_said(now))
    if what == "title":
        return _("Title: %(was)s, there %(now)s.", was=was, now=now)
    if what == "place":
        return _("Place: %(was)s, there %(now)s.", was=was or _("none"), now=now or _("none"))
    return _("What it says of itself is another text there.")


def _span_said(span: object) -> str:
    return times_text(span) if isinstance(span, Span) else ""


def wish_text(source: Source | None, house: House) -> str:
    """Say where the file that an event came from says it is; "" where it says nothing."""
    if source is None or not source.place:
        return ""
    place = house.places.get(source.space_id or 0)
    if place is None:
        return _("In the file it came from the place is: %(place)s. Nothing is held.", place=source.place)
    return _(
        "In the file it came from the place is: %(place)s (%(space)s here). Nothing is held yet.",
        place=source.place, space=place.name,
    )  # fmt: skip


def when(found: Found) -> str:
    """Write when an event of a file is: whole days by their dates."""
    if not found.all_day:
        return times_text(found.span)
    first, last = day_short(found.span.start), day_short(found.span.end - A_MOMENT)
    return first if first == last else f"{first}–{last}"
