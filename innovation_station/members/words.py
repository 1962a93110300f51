"""What roles and states are called, in the reader's language."""

from __future__ import annotations

from innovation_station.i18n import gettext as _


def role_name(role: str) -> str:
    """Name a role."""
    return {"member": _("Member"), "host": _("Host"), "admin": _("Administrator")}[role]
