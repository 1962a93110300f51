"""What events know of people: who takes part in a programme, and who is to be asked about one."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, func, select, update

from innovation_station.db import db
from innovation_station.events import bringing
from innovation_station.events.models import Event, EventFile, Part, Session, Speaker
from innovation_station.members.models import Member
from innovation_station.personal import DataClass, Personal, Record, Subject

personal = Personal()
personal.impersonal("event_session", "event_room", "event_party", "event_cover", "event_source", "claim")


def _speaking(member_id: int) -> Sequence[Record]:
    rows = db.session.execute(
        select(Speaker, Event.title_sv, Event.title_en, Event.start)
        .join(Event, Event.id == Speaker.event_id)
        .where(Speaker.member_id == member_id)
        .order_by(Event.start, Speaker.id)
    )
    return [
        Record(
            sv or en,
            {"name": row.name, "title": row.title, "affiliation": row.affiliation, "event": start.isoformat(),
             "sessions": _sessions(row.id)},
        )
        for row, sv, en, start in rows
    ]  # fmt: skip


def _sessions(speaker_id: int) -> list[str]:
    rows = db.session.execute(
        select(Session.title_sv, Session.title_en, Part.role)
        .join(Part, Part.session_id == Session.id)
        .where(Part.speaker_id == speaker_id)
        .order_by(Session.start)
    )
    return [f"{sv or en} ({role})" for sv, en, role in rows]


def _erase_speaking(subject: Subject, _now: datetime) -> int:
    """Take a member off every programme: as who is linked, and as who is named with the very same name."""
    theirs = select(Speaker.id).where((Speaker.member_id == subject.id) | (Speaker.name == subject.name))
    ids = list(db.session.scalars(theirs))
    db.session.execute(delete(Part).where(Part.speaker_id.in_(ids)))
    db.session.execute(delete(Speaker).where(Speaker.id.in_(ids)))
    return len(ids)


personal.add(
    DataClass(
        name="speaking",
        tables=("event_speaker", "event_part"),
        title=_l("Events you take part in"),
        holds=_l("Your name, title and organisation in the programme of an event, and what you do there."),
        purpose=_l("So that everybody can read who takes part. A programme that is public is public with its names."),
        basis="consent",
        retention=_l("As long as the event is told of; ask the staff to be taken off."),
        ends="erase",
        records=_speaking,
        erase=_erase_speaking,
    )
)


def _asked(member_id: int) -> Sequence[Record]:
    rows = db.session.scalars(
        select(Event).join(Member, Member.email == Event.contact_email).where(Member.id == member_id).order_by(Event.id)
    )
    return [
        Record(row.title_sv or row.title_en, {"name": row.contact_name, "email": row.contact_email}) for row in rows
    ]


def _erase_asked(subject: Subject, _now: datetime) -> int:
    gone = db.session.execute(
        update(Event)
        .where((Event.contact_email == subject.email) | (Event.contact_name == subject.name))
        .values(contact_name="", contact_email="")
        .execution_options(synchronize_session=False)
    )
    return int(gone.rowcount)  # type: ignore[attr-defined]


personal.add(
    DataClass(
        name="event-contact",
        tables=("event",),
        title=_l("Events you answer questions about"),
        holds=_l("Your name and address on the page of an event."),
        purpose=_l("So that those who come know whom to ask."),
        basis="contract",
        retention=_l("Until somebody else is named, or the event is taken away."),
        ends="erase",
        records=_asked,
        erase=_erase_asked,
    )
)


def _looked_at(member_id: int) -> Sequence[Record]:
    rows = db.session.execute(select(EventFile.name, EventFile.kept_at).where(EventFile.member_id == member_id))
    return [Record(name, {"at": kept.isoformat()}, kept + bringing.KEPT_FOR) for name, kept in rows]


def _erase_looked_at(subject: Subject, _now: datetime) -> int:
    return bringing.forget(subject.id) + bringing.forget_naming(subject)


def _expired_files(now: datetime, _held: Collection[int]) -> int:
    old = EventFile.kept_at <= now - bringing.KEPT_FOR
    return db.session.scalar(select(func.count()).select_from(EventFile).where(old)) or 0


def _purge_files(now: datetime, _held: Collection[int]) -> int:
    return bringing.sweep(now=now)


personal.add(
    DataClass(
        name="event-files",
        tables=("event_file",),
        title=_l("Calendar files that staff take events from"),
        holds=_l("What a calendar file says of its events, people among it where it names them."),
        purpose=_l("So that what is chosen of it is what was looked at."),
        basis="public-task",
        retention=_l("For an hour."),
        ends="erase",
        records=_looked_at,
        erase=_erase_looked_at,
        expired=_expired_files,
        purge=_purge_files,
    )
)
