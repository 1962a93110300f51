"""What members' data does by itself."""

from __future__ import annotations

from datetime import datetime, time

from flask_babel import lazy_gettext as _l

from innovation_station.db import transaction
from innovation_station.jobs.registry import Jobs
from innovation_station.members import tickets

jobs = Jobs()


@jobs.daily(time(3, 20), "ticket-retention", _l("Delete links that are too old to be used"))
def retention(now: datetime) -> str:
    """Delete the rights of links that are too old."""
    with transaction():
        return f"{tickets.sweep(now=now)} deleted"
