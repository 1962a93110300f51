"""What external calendars do by the clock: those whose time has come are fetched and read."""

from __future__ import annotations

from datetime import datetime, timedelta
from urllib.parse import urlsplit

from flask import current_app
from flask_babel import lazy_gettext as _l
from structlog import get_logger

from innovation_station.bookings import busy
from innovation_station.db import db, transaction
from innovation_station.errors import DomainError, Unavailable
from innovation_station.external import fetching, queries, service
from innovation_station.external.fetching import Reach
from innovation_station.external.service import Means
from innovation_station.jobs.registry import Jobs

log = get_logger(__name__)
jobs = Jobs()
MOST = 20  # in one run: a run of servers that are all slow must not hold up what else is due


def means() -> Means:
    """Give with what the running app gets calendars."""
    station = current_app.config["STATION"]
    reach = Reach(
        station.external_size_mb * 1_000_000, frozenset(station.external_ports),
        frozenset(fetching.trusted_hosts(station.external_hosts or "")), station.external_closed or (),
        urlsplit(station.base_url or "").hostname,
    )  # fmt: skip
    config = current_app.config
    return Means(config.get("EXTERNAL_REACH", reach), config["SECRET_KEY"], config["ZONE"])


@jobs.every(timedelta(minutes=1), "external-calendars", _l("Fetch calendars from outside"))
def fetch(now: datetime) -> str:
    """Fetch and read what is due, each on its own: one that fails keeps what it had said and holds nobody up."""
    with transaction():
        service.sweep(now)
    for space_id in busy.outdated(now):
        with transaction():
            busy.settle([space_id], now=now, zone=means().zone)
    changed = lost = 0
    due = queries.due(now, MOST)
    for calendar_id in due:
        done = fetch_one(calendar_id, now)
        changed, lost = changed + (done or 0), lost + (done is None)
    return f"{len(due)} read, {changed} changed, {lost} failed"


def fetch_one(calendar_id: int, now: datetime, given: Means | None = None) -> int | None:
    """Fetch and read one calendar; give how many times have changed, None where it failed."""
    with_what = given or means()
    calendar = queries.get(calendar_id)
    db.session.rollback()  # nothing is held while a server takes its time
    if calendar is None:
        return 0
    try:
        come = service.try_again(calendar, with_what, now=now)
    except Unavailable:  # we were too busy to read it: that is no failure of the calendar's
        return None
    except DomainError as error:
        log.info("external calendar failed", calendar=calendar_id, code=error.refusals[0].code)
        with transaction():
            service.failed(calendar_id, error.refusals[0], now=now)
        return None
    with transaction():
        return service.came(calendar_id, come, now=now, zone=with_what.zone)
