"""What is told of what is broken: staff hear of it, and who said so hears when it is mended."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from flask_babel import lazy_gettext as _l

from innovation_station.i18n import gettext as _
from innovation_station.mail.rules import intact
from innovation_station.members import queries as members
from innovation_station.members.rules import Actor
from innovation_station.notices import service as notices
from innovation_station.notices.registry import Kind
from innovation_station.notices.rules import Names, Said, Values
from innovation_station.repairs.models import FaultReport
from innovation_station.repairs.words import sort_names
from innovation_station.spaces.queries import house as read_house


def _reported(values: Values, _names: Names) -> Said:
    """Say what, and not in whose words: those stand in the list, and go from there with their author."""
    sort = sort_names()[intact(values["sort"])]
    title = _("Something is broken: %(place)s", place=values["place"])
    return Said(title, f"{sort}.", _("Look at it"), "staff_faults.index", {})


def _mended(values: Values, _names: Names) -> Said:
    sort = sort_names()[intact(values["sort"])].lower()
    if values.get("void"):
        title = _("%(place)s: nothing is broken", place=values["place"])
        text = _(
            "You said that something was wrong there (%(sort)s). Somebody looked at it, and it is as it should be. "
            "Tell the host if you think otherwise.", sort=sort,
        )  # fmt: skip
    else:
        title = _("%(place)s is mended", place=values["place"])
        text = _("You said that something was wrong there (%(sort)s). Thank you.", sort=sort)
    return Said(title, text, _("See it on the plan"), "bookings.place", {"space_id": values["space"]})


REPORTED = Kind(
    "fault-reported", _l("Something is broken"), _l("When a member reports a fault."), _reported, staff=True
)
MENDED = Kind("fault-mended", _l("What you reported is mended"), _l("When a fault that you reported has been mended."),
              _mended)  # fmt: skip
KINDS = (REPORTED, MENDED)


def _values(report: FaultReport) -> dict[str, object]:
    place = read_house().places[report.space_id].name
    return {"fault": report.id, "sort": report.sort, "place": place, "space": report.space_id}


def _subject(report: FaultReport) -> str:
    return f"fault-{report.id}"


def reported(report: FaultReport, now: datetime) -> None:
    """Tell all staff, but who said so."""
    for staff_id in members.staff():
        if staff_id != report.member_id:
            notices.notify(REPORTED, staff_id, _values(report), now=now, subject=_subject(report), once=True)


def ended(reports: Sequence[FaultReport], actor: Actor, now: datetime) -> None:
    """Tell all who reported it, each once, and take back what staff have not read yet: somebody has seen to it.

    The first report is the one that staff were told of.
    """
    for staff_id in members.staff():
        notices.settle(staff_id, kind=REPORTED, subject=_subject(reports[0]), now=now)
    told = {actor.id}
    for report in reports:
        if report.member_id is not None and report.member_id not in told:
            told.add(report.member_id)
            values = _values(report) | ({"void": True} if report.state == "void" else {})
            notices.notify(MENDED, report.member_id, values, now=now, subject=_subject(report), once=True)
