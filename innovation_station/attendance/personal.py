"""What attendance knows of people: that they came to an event, and which staff noted it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, or_, select, update

from innovation_station.attendance.models import Answered, EventArrival
from innovation_station.db import db
from innovation_station.events.models import Event
from innovation_station.personal import DataClass, Personal, Record, Subject
from innovation_station.registration.models import Registration
from innovation_station.registration.rules import KEPT_FOR

personal = Personal()
# What was answered leads to nobody: see `after`.
personal.impersonal("event_followup", "event_answer")


def _records(member_id: int) -> Sequence[Record]:
    rows = db.session.execute(
        select(EventArrival, Event)
        .join(Event, Event.id == EventArrival.event_id)
        .join(Registration, Registration.id == EventArrival.registration_id)
        .where(Registration.member_id == member_id)
        .order_by(EventArrival.at)
    )
    return [
        Record(event.title_sv or event.title_en, {"came": row.at.isoformat(), "way": row.way}, event.end + KEPT_FOR)
        for row, event in rows
    ]


def _erase(subject: Subject, _now: datetime) -> int:
    theirs = select(Registration.id).where(
        or_(Registration.member_id == subject.id, Registration.email == subject.email)
    )
    db.session.execute(
        delete(Answered).where(Answered.registration_id.in_(theirs)).execution_options(synchronize_session=False)
    )
    gone = db.session.execute(
        delete(EventArrival)
        .where(EventArrival.registration_id.in_(theirs))
        .execution_options(synchronize_session=False)
    )
    db.session.execute(
        update(EventArrival).where(EventArrival.by_id == subject.id).values(by_id=None)
        .execution_options(synchronize_session=False)
    )  # fmt: skip
    return int(gone.rowcount)  # type: ignore[attr-defined]


personal.add(
    DataClass(
        name="event-arrivals",
        tables=("event_arrival", "event_answered"),
        title=_l("Events you have come to"),
        holds=_l(
            "When you were checked in, how, and who of the staff did it; and that you have said how it was, not what."
        ),
        purpose=_l("So that those at the door know who is here, also in an emergency."),
        basis="contract",
        retention=_l("As long as the registration: ninety days after the event."),
        ends="erase",
        records=_records,
        erase=_erase,
    )
)
