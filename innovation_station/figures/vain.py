"""What was wanted in vain: written down from time to time, and read."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from flask import Flask
from sqlalchemy import Date, bindparam, func, select, text
from structlog import get_logger

from innovation_station import vain
from innovation_station.db import connection, db, transaction
from innovation_station.errors import Unavailable
from innovation_station.figures.models import FigureVain

log = get_logger(__name__)
_ADD = text(
    "INSERT INTO figure_vain (day, kind, code, count) VALUES (:day, :kind, :code, :count) "
    "ON CONFLICT (day, kind, code) DO UPDATE SET count = figure_vain.count + excluded.count"
).bindparams(bindparam("day", type_=Date()))


@vain.written_by
def write(app: Flask) -> int:
    """Write down what waits, in a short transaction; give how many they were. What cannot be written waits on."""
    found = vain.take()
    if not found:
        return 0
    rows = [
        {"day": day, "kind": kind, "code": code, "count": count} for (day, kind, code), count in sorted(found.items())
    ]  # fmt: skip
    with app.app_context():
        try:
            with transaction():
                connection().execute(_ADD, rows)
        except Unavailable:
            vain.give_back(found)
            log.warning("what was wanted in vain waits to be counted", times=found.total())
            return 0
        finally:
            db.session.remove()
    return found.total()


def counts(first: date, last: date, kinds: Collection[str] | None = None) -> dict[tuple[str, str], int]:
    """Give by kind and code how often something was wanted in vain for the days of a period; one statement."""
    statement = (
        select(FigureVain.kind, FigureVain.code, func.sum(FigureVain.count))
        .where(FigureVain.day.between(first, last))
        .group_by(FigureVain.kind, FigureVain.code)
    )
    if kinds is not None:
        statement = statement.where(FigureVain.kind.in_(kinds))
    return {(kind, code): int(count) for kind, code, count in connection().execute(statement)}


group_of = vain.group_of
