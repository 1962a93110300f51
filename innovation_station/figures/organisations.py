"""Which organisations there are, and how many belong to each."""

from __future__ import annotations

from sqlalchemy import func, select

from innovation_station.db import db
from innovation_station.members.models import Member, Organisation
from innovation_station.organisations.words import name_of


def named() -> dict[int, str]:
    """Name all organisations; one statement."""
    return {row.id: name_of(row) for row in db.session.scalars(select(Organisation))}


def people() -> dict[int, int]:
    """Give how many members belong to each organisation; one statement."""
    rows = db.session.execute(
        select(Member.organisation_id, func.count())
        .where(Member.organisation_id.is_not(None), Member.state == "active")
        .group_by(Member.organisation_id)
    )
    return {organisation_id: count for organisation_id, count in rows if organisation_id is not None}
