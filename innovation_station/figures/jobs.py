"""What figures do by the clock: count anew what has changed, so that who reads has little to count."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from flask_babel import lazy_gettext as _l

from innovation_station.db import transaction
from innovation_station.figures import events, service
from innovation_station.i18n import zone
from innovation_station.jobs.registry import Jobs

jobs = Jobs()


@jobs.every(timedelta(minutes=1), "figures", _l("Count anew what has changed of the figures"))
def refresh(now: datetime) -> str:
    """Count anew what is marked, in a transaction for each month."""
    return f"{service.refresh(now=now, zone=zone())} counted"


@jobs.daily(time(3, 40), "figures-events", _l("Keep how many came to events"))
def keep_events(now: datetime) -> str:
    """Write down how many came, while their registrations are there."""
    with transaction():
        return f"{events.keep(now)} counted"
