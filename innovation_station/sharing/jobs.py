"""What sharing does by the clock: offers that nobody has answered in time are over."""

from __future__ import annotations

from datetime import datetime, timedelta

from flask_babel import lazy_gettext as _l

from innovation_station.db import transaction
from innovation_station.jobs.registry import Jobs
from innovation_station.sharing import handing, queries

jobs = Jobs()


@jobs.every(timedelta(minutes=5), "offers", _l("End offers of bookings that nobody has answered"))
def close(now: datetime) -> str:
    """End what is over, each in its own short transaction."""
    ended = 0
    for offer_id in queries.ended_offers(now):
        with transaction():
            ended += handing.close(offer_id, now=now)
    return f"{ended} ended"
