"""What ends by itself: requests that nobody answers."""

from __future__ import annotations

from datetime import datetime, timedelta

from flask_babel import lazy_gettext as _l

from innovation_station.bookings import answers, queries
from innovation_station.db import transaction
from innovation_station.jobs.registry import Jobs

jobs = Jobs()
BATCH = 200


@jobs.every(timedelta(minutes=1), "requests-expire", _l("Free what was asked for and nobody answered"))
def expire(now: datetime) -> str:
    """Free the time of requests that were not answered in time, each in its own transaction."""
    late = queries.unanswered(now, BATCH)
    done = 0
    for booking_id in late:
        with transaction():
            done += answers.expire(booking_id, now=now)
    return f"{done} expired"
