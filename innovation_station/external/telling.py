"""What staff are told of external calendars: that they meet bookings, and that one is fetched no more."""

from __future__ import annotations

from datetime import datetime

from flask_babel import lazy_gettext as _l

from innovation_station.external.models import ExternalCalendar
from innovation_station.i18n import gettext as _
from innovation_station.members import queries as members
from innovation_station.notices import service as notices
from innovation_station.notices.registry import Kind
from innovation_station.notices.rules import Names, Said, Values
from innovation_station.spaces.queries import house as read_house


def _contested(values: Values, _names: Names) -> Said:
    title = _("%(calendar)s meets bookings of %(place)s", calendar=values["calendar"], place=values["place"])
    text = _("The bookings stand. Move them, or ask whoever keeps the calendar.")
    return Said(title, text, _("See which"), "staff_external.index", {})


def _stopped(values: Values, _names: Names) -> Said:
    title = _("%(calendar)s is fetched no more", calendar=values["calendar"])
    text = _("It could not be fetched for a long time. What it has said of %(place)s stands.", place=values["place"])
    return Said(title, text, _("Look at it"), "staff_external.index", {})


CONTESTED = Kind(
    "external-contested", _l("A calendar from outside meets bookings"),
    _l("When another calendar has a place at a time that is booked here."), _contested, staff=True,
)  # fmt: skip
STOPPED = Kind(
    "external-stopped", _l("A calendar from outside is fetched no more"),
    _l("When it could not be fetched for a long time."), _stopped, staff=True,
)  # fmt: skip
KINDS = (CONTESTED, STOPPED)


def contested(calendar: ExternalCalendar, now: datetime) -> None:
    """Tell all staff that a calendar of a space meets bookings, once until they have seen it."""
    _tell(CONTESTED, calendar, now)


def stopped(calendar: ExternalCalendar, now: datetime) -> None:
    """Tell all staff that a calendar of a space has stopped; of one's own the member's page tells."""
    if calendar.space_id is not None:
        _tell(STOPPED, calendar, now)


def _tell(kind: Kind, calendar: ExternalCalendar, now: datetime) -> None:
    place = read_house().places[calendar.space_id or 0].name
    for staff_id in members.staff():
        notices.notify(
            kind, staff_id, {"calendar": calendar.name, "place": place}, now=now,
            subject=f"external-{calendar.id}", once=True,
        )  # fmt: skip
