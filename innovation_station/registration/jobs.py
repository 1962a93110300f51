"""What registration does by the clock: offers and unconfirmed places end, lines are looked at, registrants are told."""

from __future__ import annotations

from datetime import datetime, timedelta

from flask_babel import lazy_gettext as _l

from innovation_station.db import db, transaction
from innovation_station.i18n import zone
from innovation_station.jobs.registry import Jobs
from innovation_station.registration import queries, rules, service, telling

jobs = Jobs()
BATCH = 500


@jobs.every(timedelta(minutes=1), "registrations", _l("Ask who is next in line for events, and tell of changes"))
def look(now: datetime) -> str:
    """End what is over, offer what is free and tell what is new, each in its own short transaction."""
    ended = offered = 0
    for registration_id in queries.ended_offers(now, BATCH):
        with transaction():
            ended += service.end_offer(registration_id, now=now, zone=zone())
    for registration_id, _event_id in queries.unconfirmed(now, now - rules.CONFIRMED_WITHIN, BATCH):
        with transaction():
            ended += service.end_unconfirmed(registration_id, now=now, zone=zone())
    for event_id in queries.lines(now, BATCH):
        with transaction():
            offered += service.look(event_id, now=now, zone=zone())
    return f"{ended} ended, {offered} offered, {_tell(now)} told"


def _tell(now: datetime) -> int:
    found = queries.to_tell(now)
    for event_id, at in found:
        last = 0
        while True:
            with transaction():
                last = service.tell_of(event_id, at, last, now=now, zone=zone())
            if not last:
                break
    return len(found)


@jobs.every(timedelta(minutes=10), "event-reminders", _l("Remind of events that are soon"))
def remind(now: datetime) -> str:
    """Remind those who have a place, the day before; who registered since needs none."""
    reminded = 0
    for registration_id, event_id in queries.to_remind(now, now + rules.REMINDED, now - rules.REMINDED, BATCH):
        with transaction():
            found = queries.locked(event_id)
            row = queries.fresh(registration_id)
            if found and row is not None and row.state == "registered" and row.reminded_at is None:
                row.reminded_at = now
                telling.remind(row, found[1], now=now)
                reminded += 1
    db.session.rollback()
    return f"{reminded} reminded"
