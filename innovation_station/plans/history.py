"""What happened to plans and memberships, told from the audit trail."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from innovation_station.audit.queries import Told
from innovation_station.i18n import clock, day_short
from innovation_station.i18n import gettext as _


def lines(told: Iterable[Told], reader_id: int) -> Iterator[dict[str, Any]]:
    """Give each entry as when, what and who: the reader, the staff or the station itself."""
    names = {
        "membership.given": _("Plan given"), "membership.changed": _("Membership changed"),
        "plan.created": _("Plan made"), "plan.changed": _("Plan changed"),
        "desk.dedicated": _("Own place given"), "desk.released": _("Own place given back"),
    }  # fmt: skip
    for entry in told:
        who = _("You") if entry.actor_id == reader_id else _("Staff") if entry.actor_id else _("The station")
        yield {
            "datetime": entry.at.isoformat(timespec="seconds"), "at": f"{day_short(entry.at)} {clock(entry.at)}",
            "what": names.get(entry.action, entry.action), "who": who, "details": _details(entry),
        }  # fmt: skip


def _details(entry: Told) -> str:
    words = {
        "starts": _("from"), "ends": _("until"), "paused_from": _("paused from"), "paused_until": _("paused until"),
        "price": _("price"), "quotas": _("quotas"), "trial": _("trial"), "kinds": _("kinds"), "rates": _("prices"),
        "vat": _("VAT"), "name_sv": _("name"), "zones": _("zones"), "spaces": _("places"),
    }  # fmt: skip
    shown = []
    for name, word in words.items():
        if name in entry.after and (entry.before or entry.after[name]):
            old = f"{_value(entry.before[name])} → " if name in entry.before else ""
            shown.append(f"{word} {old}{_value(entry.after[name])}")
    return ", ".join(shown)


def _value(value: Any) -> str:
    if value is None or value == [] or value == {}:
        return "–"
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, list):
        return "; ".join(map(str, value))
    return str(value)
