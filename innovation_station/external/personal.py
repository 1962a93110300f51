"""What external calendars know of people: their own, and who added those of spaces."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, select

from innovation_station.db import db
from innovation_station.external import queries, service
from innovation_station.external.models import ExternalCalendar, ExternalEntry
from innovation_station.personal import Aged, DataClass, Farewell, Personal, Record, Subject

personal = Personal()


def _records(member_id: int) -> Sequence[Record]:
    mine = queries.of_member(member_id)
    times: dict[int, list[str]] = {calendar.id: [] for calendar in mine}
    rows = db.session.execute(
        select(ExternalEntry.calendar_id, ExternalEntry.start, ExternalEntry.end)
        .where(ExternalEntry.calendar_id.in_(times))
        .order_by(ExternalEntry.start)
    )
    for calendar_id, start, end in rows:
        times[calendar_id].append(f"{start.isoformat()}/{end.isoformat()}")
    return [
        Record(
            calendar.name,
            {
                "name": calendar.name, "host": calendar.host, "zone": calendar.zone, "state": calendar.state,
                "added": calendar.made_at.isoformat(), "busy": times[calendar.id],
            },
        )
        for calendar in mine
    ]  # fmt: skip


def _erase(subject: Subject, _now: datetime) -> int:
    service.disown(subject.id)
    return service.remove_all(subject.id)


def _past(now: datetime, held: Collection[int]) -> ColumnElement[bool]:
    """Find times that are over, of calendars that are read no more: of the others the next reading lets them go."""
    theirs = select(ExternalCalendar.id).where(
        ExternalCalendar.member_id.is_not(None), ExternalCalendar.member_id.not_in(held)
    )
    return (ExternalEntry.end < now - service.PAST_FOR) & ExternalEntry.calendar_id.in_(theirs)


_aged = Aged(ExternalEntry.id, _past, batch=500)


def _tells(member_id: int, _now: datetime, _until: datetime | None) -> Sequence[str]:
    return [calendar.name for calendar in queries.of_member(member_id)]


def _release(_actor: object, member_id: int, _now: datetime, _until: datetime | None) -> int:
    return service.remove_all(member_id)


personal.add(
    DataClass(
        name="external-calendars",
        tables=("external_calendar", "external_entry", "external_draft"),
        title=_l("Your calendars from elsewhere"),
        holds=_l("The name you gave each, its address (encrypted), and when it says that you are busy; not with what."),
        purpose=_l("So that you see when you are busy elsewhere before you book. Nobody else sees it."),
        basis="consent",
        retention=_l("Until you remove the calendar. Times that are over go within a week."),
        ends="erase",
        records=_records,
        erase=_erase,
        expired=_aged.expired,
        purge=_aged.purge,
    )
)
personal.impersonal("space_busy")
personal.lets_go(
    Farewell(
        name="external-calendars", title=_l("calendars from elsewhere"), tells=_tells, release=_release,
        when=frozenset({"end"}),
    )
)  # fmt: skip
