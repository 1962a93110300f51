"""What the outbox does by itself."""

from __future__ import annotations

from datetime import datetime, time

from flask_babel import lazy_gettext as _l

from innovation_station.db import transaction
from innovation_station.jobs.registry import Jobs
from innovation_station.mail import service

jobs = Jobs()


@jobs.daily(time(3, 10), "mail-retention", _l("Delete mail records older than 30 days"))
def retention(now: datetime) -> str:
    """Delete what ended thirty days ago."""
    with transaction():
        return f"{service.purge(now=now)} deleted"
