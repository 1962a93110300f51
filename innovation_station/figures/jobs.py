"""What figures do by the clock: count anew what has changed, so that who reads has little to count."""

from __future__ import annotations

from datetime import datetime, timedelta

from flask_babel import lazy_gettext as _l

from innovation_station.figures import service
from innovation_station.i18n import zone
from innovation_station.jobs.registry import Jobs

jobs = Jobs()


@jobs.every(timedelta(minutes=1), "figures", _l("Count anew what has changed of the figures"))
def refresh(now: datetime) -> str:
    """Count anew what is marked, in a transaction for each month."""
    return f"{service.refresh(now=now, zone=zone())} counted"
