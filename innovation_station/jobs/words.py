"""What a job's result is in the words of who looks at it; stored and on the command line it is plain English."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from innovation_station.i18n import gettext as _
from innovation_station.i18n import ngettext

_COUNT = re.compile(r"(\d{1,9}) ([a-z]+)")
_SAID: dict[str, Callable[[int], str]] = {
    "changed": lambda n: ngettext("%(num)d time changed", "%(num)d times changed", n),
    "counted": lambda n: ngettext("%(num)d day counted", "%(num)d days counted", n),
    "deleted": lambda n: ngettext("%(num)d deleted", "%(num)d deleted", n),
    "digests": lambda n: ngettext("%(num)d summary sent", "%(num)d summaries sent", n),
    "ended": lambda n: ngettext("%(num)d ended", "%(num)d ended", n),
    "erased": lambda n: ngettext("%(num)d forgotten", "%(num)d forgotten", n),
    "expired": lambda n: ngettext("%(num)d freed", "%(num)d freed", n),
    "failed": lambda n: ngettext("%(num)d failed", "%(num)d failed", n),
    "made": lambda n: ngettext("%(num)d put together", "%(num)d put together", n),
    "offered": lambda n: ngettext("%(num)d offered", "%(num)d offered", n),
    "opened": lambda n: ngettext("%(num)d opened", "%(num)d opened", n),
    "read": lambda n: ngettext("%(num)d calendar read", "%(num)d calendars read", n),
    "released": lambda n: ngettext("%(num)d released", "%(num)d released", n),
    "reminded": lambda n: ngettext("%(num)d reminded", "%(num)d reminded", n),
    "thanked": lambda n: ngettext("%(num)d thanked", "%(num)d thanked", n),
    "told": lambda n: ngettext("%(num)d told", "%(num)d told", n),
}


def said(result: str, kinds: Mapping[str, object]) -> str | None:
    """Say the counts of a result; None for one that has no words here, such as an error.

    `kinds` has the words for counts that come after their name ("trail 3"): the classes of data about people.
    """
    if result == "nothing":
        return _("Nothing to do")
    parts = [_part(part, kinds) for part in result.split(", ")]
    if None in parts:
        return None
    return ", ".join(filter(None, parts)) or _("Nothing to do")


def _part(part: str, kinds: Mapping[str, object]) -> str | None:
    if found := _COUNT.fullmatch(part):
        number, name = found.groups()
        return (_SAID[name](int(number)) if int(number) else "") if name in _SAID else None
    name, _space, number = part.partition(" ")
    return f"{kinds[name]}: {number}" if name in kinds and number.isdigit() else None
