"""What notices say, on pages and in mails."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from innovation_station.i18n import gettext as _
from innovation_station.mail.rules import harmless, intact
from innovation_station.notices import queries, rules
from innovation_station.notices.registry import kinds
from innovation_station.notices.rules import Names, Said, Values


class Known(dict[int, str]):
    """Short names of members by id; whoever has left is «a member»."""

    def __missing__(self, _member_id: int) -> str:
        return _("A member")


def instant(text: str) -> datetime:
    """Read an instant of a notice's values, on a page or in a mail."""
    return datetime.fromisoformat(intact(text))


def said(kind: str, values: Values, names: Names) -> Said:
    """Say a notice in the language in force; one whose kind the program no longer knows says that something was."""
    known = kinds().get(kind)
    return known.say(values, names) if known else Said(_("Something happened that is no longer kept"))


def said_in_mail(notice: Mapping[str, Any]) -> Said:
    """Say a notice in a mail: its values have been made harmless already, and so are the names."""
    names = queries.names(rules.people_of([notice["values"]]))
    return said(intact(notice["kind"]), notice["values"], Known({key: harmless(name) for key, name in names.items()}))


def said_all(notices: Sequence[tuple[str, Values]]) -> list[Said]:
    """Say notices on a page; one statement for all names."""
    names = Known(queries.names(rules.people_of([values for _kind, values in notices])))
    return [said(kind, values, names) for kind, values in notices]
