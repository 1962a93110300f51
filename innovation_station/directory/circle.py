"""What the directory tells earlier features: who is a colleague of whom."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, and_, exists, or_

from innovation_station.directory.models import Colleagues
from innovation_station.sharing.circle import known_by


@known_by
def are_colleagues(member: Any, other_id: Any) -> ColumnElement[bool]:
    """Give the condition that a member, a column, and another have both said yes."""
    return exists().where(
        Colleagues.state == "accepted",
        or_(
            and_(Colleagues.low_id == member, Colleagues.high_id == other_id),
            and_(Colleagues.high_id == member, Colleagues.low_id == other_id),
        ),
    )
