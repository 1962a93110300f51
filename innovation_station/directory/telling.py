"""What members are told of colleagues."""

from __future__ import annotations

from datetime import datetime

from flask_babel import lazy_gettext as _l

from innovation_station.directory.rules import State
from innovation_station.i18n import gettext as _
from innovation_station.i18n import ngettext
from innovation_station.notices import service as notices
from innovation_station.notices.registry import Kind
from innovation_station.notices.rules import Names, Said, Values

NAMED = 3


def _asked(values: Values, names: Names) -> Said:
    name = names[values["people"][0]]
    text = _("If you say yes, each of you sees on which days the other is in.")
    return Said(_("%(name)s wants to be colleagues", name=name), text, _("Answer"), "directory.colleagues", {})


def _accepted(values: Values, names: Names) -> Said:
    name = names[values["people"][0]]
    text = _("Each of you now sees on which days the other is in.")
    return Said(_("%(name)s and you are colleagues", name=name), text, _("Show colleagues"), "directory.colleagues", {})


def _in(values: Values, names: Names) -> Said:
    people = values["people"]
    named = ", ".join(names[person] for person in people[:NAMED])
    more = len(people) - NAMED
    if more > 0:
        named = ngettext("%(names)s and one more", "%(names)s and %(num)d more", more, names=named)
    title = ngettext("%(names)s is in today", "%(names)s are in today", len(people), names=named)
    return Said(title, "", _("Show today"), "home.start", {})


ASKED = Kind(
    "colleague-asked", _l("Somebody wants to be colleagues"), _l("When another member asks to be your colleague."),
    _asked, mail="digest",
)  # fmt: skip
ACCEPTED = Kind(
    "colleague-accepted", _l("Somebody said yes to being colleagues"), _l("When a member you asked has said yes."),
    _accepted, mail="off",
)  # fmt: skip
IN = Kind(
    "colleague-in", _l("Colleagues are in today"), _l("In the morning, when colleagues have a place that day."), _in,
    mail="off",
)  # fmt: skip
KINDS = (ASKED, ACCEPTED, IN)


def answered(state: State, me: int, other: int, *, now: datetime) -> None:
    """Tell the other that they were asked, or that the answer is yes; of a no nothing is told."""
    kind = {"asked": ASKED, "accepted": ACCEPTED}.get(state)
    if kind is not None:
        notices.notify(kind, other, {"people": [me]}, now=now, subject=f"colleague-{me}")
    if state == "accepted":
        notices.settle(me, kind=ASKED, subject=f"colleague-{other}", now=now)
