"""Reports in the reader's language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, time, timedelta
from typing import Any

from innovation_station.audit.queries import Told
from innovation_station.i18n import clock, day_short, local, ngettext
from innovation_station.i18n import gettext as _
from innovation_station.members.models import Member
from innovation_station.members.rules import short_name
from innovation_station.repairs.models import FaultNote, FaultReport
from innovation_station.repairs.rules import ENDED, SORTS
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


def state(report: FaultReport) -> tuple[str, str | None, str]:
    """Give the state as a word with its colour and sign."""
    return {
        "open": (_("New"), "wait", "alarm"),
        "seen": (_("Seen"), "wait", "search"),
        "hand": (_("In hand"), "wait", "clock"),
        "done": (_("Mended"), "ok", "check"),
        "void": (_("Not a fault"), None, "x"),
    }[report.state]


def when(instant: datetime) -> str:
    """Write an instant shortly: tis 22 aug 09.10."""
    return f"{day_short(instant)} {clock(instant)}"


def shown(report: FaultReport, house: House, closure: Closure | None, others: int = 0) -> dict[str, Any]:
    """Give one line of the staff's list; its member and assignee have to be loaded where it is not ended.

    `others` is how many more have reported the same.
    """
    done = report.state in ENDED
    return {
        "id": report.id, "space_id": report.space_id, "place": house.places[report.space_id].name,
        "sort": sort_names()[report.sort], "text": report.text, "mark": state(report), "who": who(report.member),
        "others": ngettext("also reported by %(num)d", "also reported by %(num)d", others) if others else None,
        "at": when(report.at), "datetime": report.at.isoformat(timespec="seconds"),
        "done_at": report.done_at and when(report.done_at),
        "closed": closure and closed_until(closure),
        "assignee": None if done or report.assignee is None else short_name(report.assignee.name),
        "done": done, "open": report.state == "open", "hand": report.state == "hand",
    }  # fmt: skip


def closed_until(closure: Closure) -> str:
    """Say until when a place is closed; until midnight is until and including the day before."""
    if local(closure.end).time() == time():
        return _("Closed until %(when)s.", when=day_short(closure.end - MINUTE))
    return _("Closed until %(when)s at %(time)s.", when=day_short(closure.end), time=clock(closure.end))


def who(member: Member | None) -> str:
    """Name who has reported, noted or done something."""
    return short_name(member.name) if member else _("Somebody who has left")


def history(told: Iterable[Told], notes: Iterable[FaultNote], names: Mapping[int, str]) -> list[dict[str, Any]]:
    """Give what was done and noted, the latest first; `names` are those of staff, by id."""
    lines = [
        (one.at, one.id, names.get(one.actor_id or 0) or _("Somebody who has left"), _happened(one, names), "")
        for one in told
        if one.action != "fault.noted"
    ]
    lines += [(one.at, one.id, who(one.by), "", one.text) for one in notes]
    return [
        {"at": when(at), "datetime": at.isoformat(timespec="seconds"), "who": by, "what": what, "text": text}
        for at, _id, by, what, text in sorted(lines, key=lambda line: line[:2], reverse=True)
    ]


def _happened(one: Told, names: Mapping[int, str]) -> str:
    if one.action == "fault.assigned":
        chosen = one.after.get("assignee")
        return _("Seen to by %(name)s", name=names.get(chosen, "…")) if chosen else _("Seen to by nobody in particular")
    if one.action == "fault.returned":
        return _("A booking moved back")
    if "closed" in one.after:
        parts = [_("The place closed")]
        if moved := one.after.get("moved"):
            parts.append(ngettext("%(num)d booking moved", "%(num)d bookings moved", moved))
        if gone := one.after.get("cancelled"):
            parts.append(ngettext("%(num)d booking cancelled", "%(num)d bookings cancelled", gone))
        return ", ".join(parts)
    if "opened" in one.after:
        return _("The place opened again")
    return {
        "seen": _("Seen"), "hand": _("Taken in hand"), "done": _("Mended"), "void": _("Not a fault"),
    }.get(one.after.get("state", ""), one.action)  # fmt: skip


def known(report: FaultReport) -> str:
    """Say to members what is known already, without who said it and in which words: «Light: in hand»."""
    return f"{sort_names()[report.sort]}: {state(report)[0].lower()}"
