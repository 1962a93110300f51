"""The places that a member has starred: what is picked for them, and listed, comes from these first."""

from __future__ import annotations

from datetime import datetime
from typing import cast

from sqlalchemy import Table, bindparam, delete, exists, select, text

from innovation_station.bookings import beside
from innovation_station.bookings.models import Favourite
from innovation_station.db import UtcDateTime, connection
from innovation_station.errors import NotFound
from innovation_station.spaces.queries import house as read_house

_favourite = cast(Table, Favourite.__table__)
_OF = select(_favourite.c.space_id).where(_favourite.c.member_id == bindparam("member"))

STARRED = beside.hint(
    "starred", exists().where(_favourite.c.member_id == beside.MEMBER, _favourite.c.space_id == beside.SPACE)
)  # fmt: skip
_KEEP = text(
    "INSERT INTO favourite (member_id, space_id, made_at) VALUES (:member, :space, :at) ON CONFLICT DO NOTHING"
).bindparams(bindparam("at", type_=UtcDateTime))
_LET_GO = delete(_favourite).where(
    _favourite.c.member_id == bindparam("member"), _favourite.c.space_id == bindparam("space")
)


def of(member_id: int) -> frozenset[int]:
    """Give the ids of a member's favourite spaces; one statement."""
    return frozenset(connection().execute(_OF, {"member": member_id}).scalars())


def keep(member_id: int, space_id: int, *, now: datetime) -> None:
    """Make a space a favourite. Twice is the same as once. Raises NotFound."""
    if space_id not in read_house().places:
        raise NotFound("space-unknown")
    connection().execute(_KEEP, {"member": member_id, "space": space_id, "at": now})


def let_go(member_id: int, space_id: int) -> None:
    """Take the star away. Twice is the same as once."""
    connection().execute(_LET_GO, {"member": member_id, "space": space_id})
