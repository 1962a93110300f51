"""How the house says what state it is in."""

from __future__ import annotations

from datetime import time

from innovation_station.i18n import clock, clock_short, day_short, local
from innovation_station.i18n import gettext as _
from innovation_station.timespan import Span


def state_sentence(opening: Span | None, *, is_open: bool) -> str:
    """Say until when the house is open, or when it opens."""
    if opening is None:
        return _("Closed until further notice")
    if is_open:
        return _("Open until %(time)s", time=clock(opening.end))
    return _("Closed now. Opens %(day)s %(time)s", day=day_short(opening.start), time=clock(opening.start))


def until(span: Span) -> str:
    """Write the end of a span for a label; midnight is 24."""
    return "24" if local(span.end).time() == time() else clock_short(span.end)
