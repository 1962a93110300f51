"""The demo house: a real place, its real organisations, invented people and eight weeks of their bookings.

The same local date gives the same house, ids included; only password hashes differ. Everything is written in
one transaction, and past bookings as rows, since the service makes none.
"""

from __future__ import annotations

from datetime import time
from random import Random

from flask import Flask
from sqlalchemy import select

from innovation_station import clock
from innovation_station.db import db, transaction
from innovation_station.demo import (
    external,
    feeds,
    floor,
    guests,
    newcomers,
    news,
    people,
    presence,
    profiles,
    registrations,
    texts,
    vain,
    waits,
)
from innovation_station.demo.bookings import Archive
from innovation_station.demo.events import Planner
from innovation_station.demo.people import ACCOUNTS, PASSWORD
from innovation_station.demo.plans import Accountant
from innovation_station.members.models import Member
from innovation_station.spaces.holidays import Calendar
from innovation_station.timespan import to_utc

__all__ = ["ACCOUNTS", "PASSWORD", "NotEmptyError", "load"]


class NotEmptyError(Exception):
    """The database has members; demo data would mix with theirs."""


def load(app: Flask) -> None:
    """Fill a database that has no members. Raises NotEmptyError; Unavailable where it cannot be written."""
    hashes = people.password_hashes()
    zone = app.config["ZONE"]
    today = clock.now().astimezone(zone).date()
    rng = Random(f"innovation station {today}")  # noqa: S311  a plausible house, no secrets
    with app.app_context(), transaction() as session:
        if session.scalar(select(Member.id).limit(1)) is not None:
            raise NotEmptyError("The database has members; demo data goes into an empty one only.")
        spaces = floor.build()
        organisations = people.add_organisations(session, today)
        members = people.add(session, rng, today, zone, hashes, organisations)
        profiles.add(session, members, to_utc(today, time(8), zone))
        papers = texts.add(session, members, today, zone)
        accountant = Accountant(session, members, spaces, organisations, zone)
        accountant.give(today)
        newcomers.add(session, members, accountant.plans, papers, hashes[""], today, zone)
        held = Planner(session, spaces, organisations, zone).fill(today, Calendar("SE"))
        registrations.add(session, members, today, zone)
        drafts, bookings = Archive(session, members, spaces, zone, rng).fill(today, Calendar("SE"), held)
        accountant.enter(drafts, bookings)
        waits.add(session, members, drafts, bookings, today, zone)
        presence.add(session, members, spaces, drafts, bookings, today)
        guests.add(session, drafts, bookings, today, zone)
        if key := app.config["SECRET_KEY"]:  # without one, as before the first start, no address can be made
            feeds.add(session, members, key, to_utc(today, time(), zone))
        news.add(session, today, zone)
        vain.add(session, today)
        external.add(session, members, spaces, today, to_utc(today, time(8), zone), zone)
    with app.app_context():
        db.session.remove()
