"""Reads that only the pages about the whole house need."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from innovation_station.db import db
from innovation_station.members.models import Organisation
from innovation_station.spaces.models import Closure
from innovation_station.timespan import Span

ORGANISATIONS_SHOWN = 24


def organisations() -> Sequence[Organisation]:
    """List those who meet here, in the order they were written down; at most two dozen."""
    return db.session.scalars(select(Organisation).order_by(Organisation.id).limit(ORGANISATIONS_SHOWN)).all()


def house_closures(span: Span) -> Sequence[Closure]:
    """List the times the whole house is shut that meet a span, in order."""
    return db.session.scalars(
        select(Closure)
        .where(Closure.space_id.is_(None), Closure.end > span.start, Closure.start < span.end)
        .order_by(Closure.start, Closure.id)
    ).all()
