"""The house that the machine lives in: on each database, as it was before every example.

Beside the desks there are a hall in two parts that staff are asked for, two linked rooms, one of them with time kept
free round it, a desk to check in to, and a plan that prices all of it.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import select

from innovation_station.db import Base, db, transaction
from innovation_station.members.models import Member
from innovation_station.plans import service as plans
from innovation_station.plans.service import Contents
from innovation_station.spaces import service as spaces
from innovation_station.spaces.models import Space
from tests.bookings.test_occupancy import divide
from tests.conftest import NOW, Clock, Small, forget

PEOPLE = ("alva", "bo", "host")
# What an act may write; the rest is of people and pages. `member` and `space` go by their stamps alone.
TABLES = (
    "booking", "allocation", "booking_history", "closure", "space_hold", "series", "occurrence", "ledger_entry", "wait",
    "notice", "mail", "member", "space",
)  # fmt: skip
Row = dict[str, Any]
Rows = dict[Any, Row]


@dataclass(frozen=True)
class Facts:
    """All there is at an instant, by table and key; `leaves` says by space whose time a booking of it takes."""

    now: datetime
    tables: dict[str, Rows]
    leaves: dict[int, frozenset[int]]
    since: datetime  # when the house was last divided or linked anew: what was over by then was taken as it was before

    def __getattr__(self, name: str) -> Rows:
        return self.tables[name]

    @property
    def without_stamps(self) -> dict[str, Rows]:
        """Leave out what every look behind a lock counts up."""
        stamps = {"member": ("bookings_revision", "access_revision"), "space": ("revision",)}
        return {
            name: {key: {n: v for n, v in row.items() if n not in stamps.get(name, ())} for key, row in rows.items()}
            for name, rows in self.tables.items()
        }


class Arena:
    """A house on one database that can be put back to its beginning."""

    def __init__(self, app: Flask, small: Small, clock: Clock, keep: Callable[[], Callable[[], None]]) -> None:
        self.app, self.small, self.clock = app, small, clock
        self.met: Counter[str] = Counter()
        with app.app_context():
            self._furnish()
            db.session.remove()
            db.engine.dispose()
        self._put_back = keep()

    def _furnish(self) -> None:
        small = self.small
        self.parts = divide(small)
        with transaction() as session:

            def space(space_id: int) -> Space:
                return session.get_one(Space, space_id)

            spaces.set_links(space(small.room), [space(small.booth)])
            spaces.set_policy(space=space(small.room), setup=15, clearing=30, cancel_by=60)
            spaces.set_policy(space=space(small.hall), setup=30, approval=24 * 60)
            spaces.set_policy(space=space(small.a3), check_in=15)
            rates = {"desk": 1000, "room": 20000, "hall": 50000}
            plans.add_plan(Contents(names=("Alla", "All"), standard=True, rates=rates), actor=None)
            for name in PEOPLE:  # told by nothing but the ledger and the history: what is mailed has tests of its own
                session.get_one(Member, small.people[name]).visible = True

    @property
    def leaves(self) -> dict[int, frozenset[int]]:
        small, (first, second) = self.small, self.parts
        alone = {one: frozenset((one,)) for one in (small.a1, small.a2, small.a3, first, second)}
        pair = frozenset((small.room, small.booth)) if self.linked else frozenset[int]()
        hall = frozenset((first, second) if self.divided else (small.hall,))
        return alone | {one: pair or frozenset((one,)) for one in (small.room, small.booth)} | {small.hall: hall}

    def begin(self) -> None:
        """Put everything back to the beginning."""
        with self.app.app_context():
            db.session.remove()
            db.engine.dispose()
        self._put_back()
        forget()
        self.clock.now = self.since = NOW
        self.divided = self.linked = True

    def facts(self) -> Facts:
        """Read all there is."""
        with self.app.app_context():
            read = {name: self._rows(name) for name in TABLES}
            db.session.rollback()
        return Facts(self.clock.now, read, self.leaves, self.since)

    def _rows(self, name: str) -> Rows:
        table = Base.metadata.tables[name]
        keys = [column.name for column in table.primary_key]
        found = {}
        for row in db.session.execute(select(table)):
            values = dict(row._mapping)
            key = tuple(values[column] for column in keys)
            found[key if len(key) > 1 else key[0]] = values
        return found

    @contextmanager
    def acting(self) -> Any:
        """Give a transaction as a request has it."""
        with self.app.app_context(), transaction() as session:
            yield session


def sqlite_keeper(path: Path) -> Callable[[], Callable[[], None]]:
    """Keep a database file; give what brings it back."""
    kept = path.with_suffix(".kept")

    def put_back() -> None:
        for beside in ("-wal", "-shm"):
            Path(f"{path}{beside}").unlink(missing_ok=True)
        shutil.copy(kept, path)

    def keep() -> Callable[[], None]:
        shutil.copy(path, kept)
        return put_back

    return keep


def postgres_keeper(server: Any, url: str) -> Callable[[], Callable[[], None]]:
    """Keep a database as the template of itself."""
    name = url.rpartition("/")[2].partition("?")[0]

    def put_back() -> None:
        server.drop_database(name)
        server._execute(f'CREATE DATABASE "{name}" TEMPLATE "{name}_kept" STRATEGY file_copy')

    def keep() -> Callable[[], None]:
        server._execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")
        server._execute(f'CREATE DATABASE "{name}_kept" TEMPLATE "{name}" STRATEGY file_copy')
        return put_back

    return keep
