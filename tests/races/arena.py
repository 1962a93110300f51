"""A database and eight whole programs that fight over it; a barrier fires every try."""

from __future__ import annotations

import multiprocessing
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.context import ForkServerContext
from typing import Any

from flask import Flask
from sqlalchemy import text

from innovation_station.bookings import service as bookings
from innovation_station.db import db, transaction
from innovation_station.members.models import Member
from innovation_station.timespan import Span
from tests.conftest import NOW, ZONE, Small
from tests.races.contenders import Outcome, Shot

CONTENDERS = 8
OVERLAPS = """
    SELECT count(*) FROM allocation a JOIN allocation b
    ON a.space_id = b.space_id AND a.id < b.id AND a.start < b."end" AND b.start < a."end"
"""


def forks() -> ForkServerContext:
    """Give what starts processes that have the program loaded: to load it costs each more than what is shown with it."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.races.warm"])
    return context


@dataclass
class Arena:
    """A database and the processes that fight over it."""

    app: Flask
    small: Small
    people: list[str]
    queues: list[Any]
    told: Any

    def run(self, rounds: Sequence[Sequence[Shot | None]], who: Sequence[str] | None = None) -> list[list[Outcome]]:
        """Fire rounds of one shot for each contender; give the outcomes round by round."""
        for number, queue in enumerate(self.queues):
            queue.put(((who or self.people)[number], [shots[number] for shots in rounds]))
        answers = dict(self._hear() for _ in self.queues)
        columns = [answers[number] for number in range(len(self.queues))]
        return [[outcome for outcome in row if outcome] for row in zip(*columns, strict=True)]

    def _hear(self) -> tuple[int, list[Outcome | None]]:
        number, answer = self.told.get(timeout=120)
        assert not isinstance(answer, str), answer
        return number, answer

    def count(self, statement: str, **values: Any) -> int:
        """Ask the database for a number."""
        with self.app.app_context():
            found = db.session.execute(text(statement), values).scalar_one()
            db.session.rollback()
            return int(found)

    def book(self, who: str, space: int, span: Span) -> int:
        """Book through the service and give the booking's id."""
        with self.app.app_context(), transaction() as session:
            actor = session.query(Member).filter_by(email=who).one()
            return bookings.reserve(actor, space, span, now=NOW, zone=ZONE).id

    def sound(self) -> None:
        """See that nothing overlaps and nothing is half done."""
        assert self.count(OVERLAPS) == 0
        holding = "SELECT count(*) FROM booking WHERE state IN ('requested', 'confirmed')"
        assert self.count(holding) == self.count("SELECT count(DISTINCT booking_id) FROM allocation")
        same = 'SELECT count(*) FROM booking b JOIN allocation a ON a.booking_id = b.id WHERE a.start <> b.start OR a."end" <> b."end"'
        assert self.count(same) == 0
        lost = "SELECT count(*) FROM booking WHERE id NOT IN (SELECT booking_id FROM booking_history)"
        assert self.count(lost) == 0
        dates = "SELECT count(*) FROM occurrence o JOIN booking b ON b.id = o.booking_id WHERE o.state <> 'confirmed' AND b.state = 'confirmed'"
        assert self.count(dates) == 0
        told = "SELECT count(*) FROM booking b WHERE revision + 1 <> (SELECT count(*) FROM booking_history h WHERE h.booking_id = b.id)"
        assert self.count(told) == 0

    def clear(self) -> None:
        """Free all the time that is taken; the records stay."""
        with self.app.app_context(), transaction() as session:
            session.execute(text("DELETE FROM allocation"))
            session.execute(text("UPDATE booking SET state = 'cancelled'"))
