"""What attendance does by the clock: those who came are thanked the day after."""

from __future__ import annotations

from datetime import datetime, timedelta

from flask_babel import lazy_gettext as _l

from innovation_station.attendance import after
from innovation_station.db import transaction
from innovation_station.i18n import zone
from innovation_station.jobs.registry import Jobs

jobs = Jobs()


@jobs.every(timedelta(minutes=15), "event-thanks", _l("Thank those who came to events, and ask how it was"))
def thank(now: datetime) -> str:
    """Ask the visitors of each event that ended the day before, in a transaction of its own."""
    told = 0
    for event_id in after.due(now, zone()):
        with transaction():
            told += after.ask(event_id, now=now)
    return f"{told} thanked"
