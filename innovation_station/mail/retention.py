"""What the outbox does by itself."""

from __future__ import annotations

from datetime import datetime, time

from innovation_station.db import transaction
from innovation_station.jobs.registry import Jobs
from innovation_station.mail import service

jobs = Jobs()


@jobs.daily(time(3, 10), "mail-retention")
def retention(now: datetime) -> str:
    """Delete what ended thirty days ago."""
    with transaction():
        return f"{service.purge(now=now)} deleted"
