"""Mails, the trail and what is stored, in the reader's language."""

from __future__ import annotations

from innovation_station.i18n import gettext as _
from innovation_station.i18n import tenths


def list_names() -> dict[str, str]:
    """Name the lists of mails."""
    return {
        "": _("All"), "waiting": _("Waiting"), "parked": _("Not delivered"), "sent": _("Sent"),
        "discarded": _("Discarded"),
    }  # fmt: skip


def mail_state(state: str) -> tuple[str, str | None, str]:
    """Give the state of a mail as a word with its colour and sign."""
    return {
        "queued": (_("Waiting"), "wait", "clock"), "sending": (_("Being sent"), "wait", "clock"),
        "sent": (_("Sent"), "ok", "check"), "parked": (_("Not delivered"), "no", "alarm"),
        "discarded": (_("Discarded"), None, "x"),
    }[state]  # fmt: skip


def outcome_names() -> dict[str, str]:
    """Name how what was tried has ended."""
    return {"done": _("Done"), "refused": _("Refused")}


def role_name(role: str) -> str:
    """Name in which role somebody acted."""
    return {"member": _("Member"), "host": _("Host"), "admin": _("Administrator"), "house": ""}.get(role, role)


def figure(number: int) -> str:
    """Write a whole number: 1 137 in Swedish, 1,137 in English."""
    return tenths(number)[:-2]


def size(number: int) -> str:
    """Write bytes in the unit that reads best: 12,3 MB."""
    for unit, much in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if number >= much:
            return f"{tenths(number / much)} {unit}"
    return f"{number} B"
