"""What waits do by the clock: offers end, lines are looked at, and what has come too late is over."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import groupby

from flask_babel import lazy_gettext as _l

from innovation_station.db import db, transaction
from innovation_station.i18n import local, zone
from innovation_station.jobs.registry import Jobs
from innovation_station.spaces.queries import house as read_house
from innovation_station.spaces.rules import House
from innovation_station.waits import queries, service
from innovation_station.waits.models import Wait

jobs = Jobs()
BATCH = 500


@jobs.every(timedelta(minutes=1), "waits", _l("End offers, and offer what has become free"))
def look(now: datetime) -> str:
    """End what is over and offer what is free, each in its own short transaction.

    What frees time makes its offers itself; this finds what nobody told of, such as a closure that was lifted.
    """
    ended = offered = 0
    for wait_id in queries.ended_offers(now, BATCH):
        with transaction():
            ended += service.end_offer(wait_id, now=now, zone=zone())
    for wait_id in queries.too_late(now, BATCH):
        with transaction():
            ended += service.end_wait(wait_id, now=now)
    for wait_id, booking_id in queries.fulfilled(now, BATCH):
        with transaction():
            ended += service.settle(wait_id, booking_id, now=now)
    for space_id in sorted(set(free(now))):
        with transaction():
            offered += service.offer_at(space_id, now=now, zone=zone())
    return f"{ended} ended, {offered} offered"


def free(now: datetime) -> Iterator[int]:
    """Give the spaces at which a look would change something, day by day; writes and locks nothing."""
    house = read_house()
    waits = sorted(queries.all_waiting(now, BATCH), key=lambda wait: wait.start)
    for _day, group in groupby(waits, key=lambda wait: local(wait.start).date()):
        yield from _free(sorted(group, key=lambda wait: wait.id), house, now)
    db.session.rollback()


def _free(waits: Sequence[Wait], house: House, now: datetime) -> Iterator[int]:
    places = [place for place in house.places.values() if any(wait.wanted.fits(place) for wait in waits)]
    held = service.taken(places, waits)
    for wait in waits:
        found = service.free_places(wait, places, held, now, zone())
        if not found:
            continue
        chosen, refused = service.choose(wait, found, house, now, zone())
        if chosen is not None:
            yield chosen.wish.place.id
        elif refused and (wait.skipped or {}).get("code") != refused[0].code:
            yield found[0].id
