"""What happens to bookings by the clock: who has not come is reminded, and loses the place."""

from __future__ import annotations

from datetime import datetime, timedelta

from flask_babel import lazy_gettext as _l

from innovation_station.bookings import grace, presence, queries
from innovation_station.bookings.allowances import policies_of
from innovation_station.db import db, transaction
from innovation_station.i18n import zone
from innovation_station.jobs.registry import Jobs
from innovation_station.plans.queries import catalogue
from innovation_station.spaces.queries import house as read_house

jobs = Jobs()


@jobs.every(timedelta(minutes=1), "check-ins", _l("Remind of checking in, and release places that nobody comes to"))
def check_ins(now: datetime) -> str:
    """Remind and release, one transaction each, where the rules ask for a check-in; elsewhere nothing is looked at."""
    house = read_house()
    asks = {
        place.id
        for ruled in (house, *catalogue(house).houses.values())
        for place in ruled.places.values()
        if place.policy.check_in
    }
    found = queries.awaited(asks, now) if asks else []
    waiting = list(zip(found, policies_of(house, found, zone()), strict=True))
    remind = [booking.id for booking, policy in waiting if grace.must_remind(booking, policy, now)]
    release = [booking.id for booking, policy in waiting if grace.must_release(booking, policy, now)]
    db.session.rollback()
    released = reminded = 0
    for booking_id in release:
        with transaction():
            released += presence.release(booking_id, now=now, zone=zone())
    for booking_id in remind:
        with transaction():
            reminded += presence.remind(booking_id, now=now)
    return f"{released} released, {reminded} reminded"
