"""What legal bases and ends are called, in the reader's language."""

from __future__ import annotations

from innovation_station.i18n import gettext as _
from innovation_station.personal import Basis, End


def basis_name(basis: Basis) -> str:
    """Name the legal basis by its article of the GDPR."""
    return {
        "contract": _("Contract (article 6.1 b)"),
        "public-task": _("Task of public interest (article 6.1 e)"),
        "legal-duty": _("Legal obligation (article 6.1 c)"),
        "interest": _("Legitimate interest (article 6.1 f)"),
        "consent": _("Your consent (article 6.1 a), which you can take back"),
    }[basis]


def end_name(end: End) -> str:
    """Say what erasure does."""
    return {
        "erase": _("Is erased"),
        "anonymise": _("Is made anonymous: who it was goes, the figures stay"),
        "archive": _("Is kept, because the law asks for it"),
    }[end]
