"""What happens to colleagues by the clock."""

from __future__ import annotations

from datetime import datetime, time

from flask_babel import lazy_gettext as _l

from innovation_station.db import db, transaction
from innovation_station.directory import queries, telling
from innovation_station.i18n import local, zone
from innovation_station.jobs.registry import Jobs
from innovation_station.notices import service as notices
from innovation_station.timespan import local_day

jobs = Jobs()


@jobs.daily(time(7, 0), "colleagues-in", _l("Tell members which colleagues are in today"))
def colleagues_in(now: datetime) -> str:
    """Tell each member once which colleagues are in today."""
    day = local(now).date()
    found = queries.colleagues_in(local_day(day, zone()))
    db.session.rollback()
    told = 0
    for member_id, others in found.items():
        with transaction():
            values = {"people": others, "day": day.isoformat()}
            notice = notices.notify(telling.IN, member_id, values, now=now, subject=f"in-{day.isoformat()}", once=True)
            told += notice is not None
    return f"{told} told"
