"""What runs by itself: retention, erasures, exports, and the end of pauses."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from flask import current_app
from flask_babel import lazy_gettext as _l
from sqlalchemy.exc import DBAPIError
from structlog import get_logger

from innovation_station import personal
from innovation_station.audit.origin import way
from innovation_station.db import db, transaction
from innovation_station.errors import Conflict
from innovation_station.jobs.registry import Jobs
from innovation_station.personal import Personal, Subject
from innovation_station.privacy import queries, service, takeout

log = get_logger(__name__)
jobs = Jobs()


def _known() -> Personal:
    return personal.known(current_app)


@jobs.daily(time(3, 30), "data-retention", _l("Delete and anonymise what has been kept long enough"))
def retention(now: datetime) -> str:
    """Take what has outlived its time, class by class, in batches; ask for those to be forgotten who left long ago."""
    with way("job"):
        told = [f"{name} {count}" for name, count in retain(now).items() if count]
        with transaction():
            ended = service.ask_for_ended(now=now)
    return ", ".join([*told, *([f"accounts {ended}"] if ended else [])]) or "nothing"


def retain(now: datetime) -> dict[str, int]:
    """Purge every class and give how much went of each."""
    gone: dict[str, int] = {}
    for data in _known().classes:
        while True:
            with transaction():
                count = data.purge(now, queries.held())
            if not count:
                break
            gone[data.name] = gone.get(data.name, 0) + count
    if gone:
        wipe()
    return gone


@jobs.every(timedelta(hours=1), "erasures", _l("Forget members whose time to change their mind is over"))
def erasures(now: datetime) -> str:
    """Erase who is due, one transaction each."""
    done = 0
    with way("job"):
        for case_id in queries.due(now):
            try:
                with transaction():
                    subject = service.erase(case_id, _known(), now=now)
            except Conflict:
                continue
            done += 1
            _look(case_id, subject)
    if done:
        wipe()
    return f"{done} erased"


def _look(case_id: int, subject: Subject) -> None:
    """Search everything for who was erased, after the commit: it reads all there is, and nobody has to wait for it."""
    left = queries.left_of(subject)
    db.session.rollback()
    if left:
        log.error("an erasure left something", erasure=case_id, where=sorted(left))
        with transaction():
            service.note_left(case_id, left)


@jobs.every(timedelta(minutes=10), "exports", _l("Put together the copies that members asked for"))
def exports(now: datetime) -> str:
    """Make the exports that were too large to wait for."""
    found = queries.waiting_exports()
    for export_id in found:
        takeout.make(export_id, _known(), now=now, tell=True)
    return f"{len(found)} made"


@jobs.every(timedelta(hours=1), "pauses", _l("Open memberships again whose pause is over"))
def pauses(now: datetime) -> str:
    """End pauses."""
    with way("job"), transaction():
        return f"{service.end_pauses(now=now)} opened"


def wipe() -> None:
    """Have the database forget on disk what was deleted: SQLite's journal and PostgreSQL's dead rows hold it still.

    Deleted pages are overwritten by SQLite itself (secure_delete). Where somebody reads just now it is tried again
    with the next job that deletes.
    """
    db.session.remove()
    try:
        if db.engine.dialect.name == "sqlite":
            connection = db.engine.raw_connection()
            try:
                connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
            finally:
                connection.close()
        else:
            with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connected:
                connected.exec_driver_sql("SET statement_timeout = 0")
                connected.exec_driver_sql("VACUUM")
                connected.exec_driver_sql("RESET statement_timeout")
    except DBAPIError as error:
        log.warning("what was deleted is still on disk", reason=str(error.orig))
