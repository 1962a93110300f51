"""What mailings do by the clock: they leave when their ten minutes are over."""

from __future__ import annotations

from datetime import datetime, timedelta

from flask_babel import lazy_gettext as _l

from innovation_station.db import db, transaction
from innovation_station.jobs.registry import Jobs
from innovation_station.mailings import queries, service

jobs = Jobs()


@jobs.every(timedelta(minutes=1), "mailings", _l("Send mails to groups, and note how they went"))
def leave(now: datetime) -> str:
    """Tell the receivers of what is due, five hundred in a transaction: where it stops, it goes on the next time."""
    told = 0
    for mailing_id in queries.due(now):
        while True:
            with transaction():
                number = service.deliver(mailing_id, now=now)
            db.session.expunge_all()
            told += number
            if not number:
                break
        with transaction():
            service.note(mailing_id, now=now)
    return f"{told} told"
