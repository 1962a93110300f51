"""Reports in the reader's language."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from innovation_station.i18n import clock, day_short
from innovation_station.i18n import gettext as _
from innovation_station.members.rules import short_name
from innovation_station.repairs.models import FaultReport
from innovation_station.repairs.rules import SORTS
from innovation_station.spaces.models import Closure
from innovation_station.spaces.rules import House

MINUTE = timedelta(minutes=1)  # what is closed until midnight is closed until the day before


def sort_names() -> dict[str, str]:
    """Name each sort of fault."""
    names = (
        _("Light"), _("Power or sockets"), _("Screen or sound"), _("Network"), _("Chair, table or door"),
        _("Heat, cold or air"), _("Needs cleaning"), _("Something else"),
    )  # fmt: skip
    return dict(zip(SORTS, names, strict=True))


def state(report: FaultReport) -> tuple[str, str, str]:
    """Give the state as a word with its colour and sign."""
    return {
        "open": (_("New"), "wait", "alarm"),
        "hand": (_("In hand"), "wait", "clock"),
        "done": (_("Mended"), "ok", "check"),
    }[report.state]


def when(instant: datetime) -> str:
    """Write an instant shortly: tis 22 aug 09.10."""
    return f"{day_short(instant)} {clock(instant)}"


def shown(report: FaultReport, house: House, closure: Closure | None) -> dict[str, Any]:
    """Give one line of the staff's list; its member has to be loaded."""
    return {
        "id": report.id, "space_id": report.space_id, "place": house.places[report.space_id].name,
        "sort": sort_names()[report.sort], "text": report.text, "mark": state(report),
        "who": short_name(report.member.name) if report.member else _("Somebody who has left"),
        "at": when(report.at), "datetime": report.at.isoformat(timespec="seconds"),
        "done_at": report.done_at and when(report.done_at),
        "closed": closure and _("Closed until %(when)s.", when=day_short(closure.end - MINUTE)),
        "done": report.state == "done", "open": report.state == "open",
    }  # fmt: skip


def known(report: FaultReport) -> str:
    """Say to members what is known already, without who said it and in which words: «Light: in hand»."""
    return f"{sort_names()[report.sort]}: {state(report)[0].lower()}"
