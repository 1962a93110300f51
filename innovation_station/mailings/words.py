"""Mailings in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from innovation_station.announcements.words import place_name
from innovation_station.events.words import said
from innovation_station.i18n import clock, day_short, ngettext
from innovation_station.i18n import gettext as _
from innovation_station.mailings.models import Mailing
from innovation_station.mailings.rules import Group
from innovation_station.spaces.rules import House


def state_names() -> dict[str, tuple[str, str, str]]:
    """Name where a mailing stands, with the colour and the sign of its tag."""
    return {
        "draft": (_("Draft"), "wait", "edit"), "waiting": (_("Waits for ten minutes"), "event", "clock"),
        "leaving": (_("Leaves now"), "event", "clock"), "done": (_("Sent"), "ok", "check"),
    }  # fmt: skip


def kind_names() -> dict[str, str]:
    """Name the kinds of mailings."""
    return {"news": _("News"), "own": _("About one's own")}


def role_names() -> dict[str, str]:
    """Name the roles that a group can be found by."""
    return {"member": _("Members without a role"), "host": _("Hosts"), "admin": _("Administrators")}


def row(mailing: Mailing) -> dict[str, Any]:
    """Give a mailing as it stands in the list."""
    at = mailing.leaves_at or mailing.changed_at
    return {
        "id": mailing.id, "subject": said((mailing.subject_sv, mailing.subject_en)), "state": mailing.state,
        "tag": state_names()[mailing.state], "kind": kind_names()[mailing.kind],
        "when": f"{day_short(at)} {clock(at)}",
        "people": ngettext("%(num)d person", "%(num)d persons", mailing.people) if mailing.people else "",
    }  # fmt: skip


def group_text(group: Group, house: House, names: Mapping[str, Mapping[int, str]]) -> str:
    """Say whom a mailing is for."""
    parts = []
    if group.role:
        parts.append(role_names()[group.role])
    for kind, number in (("plans", group.plan), ("organisations", group.organisation), ("events", group.event)):
        if number is not None:
            parts.append(names[kind].get(number, "?"))
    if group.first is not None:
        last = group.last or group.first
        days = day_short(group.first) if last == group.first else f"{day_short(group.first)} – {day_short(last)}"
        where = place_name(group.place, house) or ("?" if group.place else _("the house"))
        parts.append(_("who has booked in %(place)s %(days)s", place=where, days=days))
    return ", ".join(parts) or _("All members")


def result_lines(result: Mapping[str, int]) -> list[str]:
    """Say how it went, or goes."""

    def number(name: str) -> int:
        return int(result.get(name, 0))

    n = {name: number(name) for name in ("sent", "waits", "failed", "digest", "list", "none", "left")}
    lines = {
        "sent": ngettext("%(num)d mail sent", "%(num)d mails sent", n["sent"]),
        "waits": ngettext("%(num)d mail waits to be sent", "%(num)d mails wait to be sent", n["waits"]),
        "failed": ngettext("%(num)d mail could not be sent", "%(num)d mails could not be sent", n["failed"]),
        "digest": ngettext("%(num)d reads it in the summary", "%(num)d read it in the summary", n["digest"]),
        "list": ngettext("%(num)d has it in the list", "%(num)d have it in the list", n["list"]),
        "none": ngettext("%(num)d does not want it, or has left", "%(num)d do not want it, or have left", n["none"]),
        "left": ngettext("%(num)d person not told yet", "%(num)d persons not told yet", n["left"]),
    }
    return [line for name, line in lines.items() if n[name]]
