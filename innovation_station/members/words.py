"""What roles and states are called, in the reader's language."""

from __future__ import annotations

from innovation_station.i18n import gettext as _


def role_name(role: str) -> str:
    """Name a role."""
    return {"member": _("Member"), "host": _("Host"), "admin": _("Administrator")}[role]


def text_name(kind: str) -> str:
    """Name a text of the house."""
    return {
        "rules": _("House rules"), "privacy": _("How we look after what we know of you"),
        "directions": _("How guests find us"),
    }[kind]  # fmt: skip


def state_name(state: str) -> str:
    """Name the state of an account."""
    return {
        "invited": _("Invited"), "applied": _("Has applied"), "active": _("Active"), "paused": _("Paused"),
        "ended": _("Ended"),
    }[state]  # fmt: skip
