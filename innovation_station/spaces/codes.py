"""The codes that stand on places as pictures: made with a place, read, and made anew.

A code is random, so that nobody walks from place to place by counting: whoever opens its address has stood before the
place, or has it from somebody who did. It opens nothing without a login. It stands on no page for members; staff print
it, and make it anew where a picture has gone about.

Twelve of 30 letters are 58 bits: the address fits into a small picture and can be typed. (Without 0, 1, i, l, o and u
nothing is read as something else.)
"""

from __future__ import annotations

import re
import secrets

from sqlalchemy import select

from innovation_station.audit import service as audit
from innovation_station.audit.rules import Actor
from innovation_station.db import db
from innovation_station.errors import NotFound
from innovation_station.spaces.models import Space, SpaceCode

LETTERS = "23456789abcdefghjkmnpqrstvwxyz"
LONG = 12
_CODE = re.compile(f"[{LETTERS}]{{{LONG}}}")


def fresh() -> str:
    """Give a new code."""
    return "".join(secrets.choice(LETTERS) for _ in range(LONG))


def space_of(code: str) -> int | None:
    """Give the id of the space that a code stands on; one statement at most."""
    if not _CODE.fullmatch(code):
        return None
    return db.session.scalar(select(SpaceCode.space_id).where(SpaceCode.code == code))


def of(space_id: int) -> str | None:
    """Give the code that stands on a space; one statement."""
    return db.session.scalar(select(SpaceCode.code).where(SpaceCode.space_id == space_id))


def every() -> dict[int, str]:
    """Give all codes by the ids of their spaces; one statement."""
    rows = db.session.execute(select(SpaceCode.space_id, SpaceCode.code))
    return {space_id: code for space_id, code in rows}  # noqa: C416  rows, as the type checker sees them, are no pairs


def renew(space_id: int, *, actor: Actor) -> SpaceCode:
    """Give a space another code; the old one is dead with the commit. Raises NotFound."""
    space = db.session.get(Space, space_id, with_for_update=True)
    if space is None:
        raise NotFound("space-unknown")
    row = db.session.merge(SpaceCode(space_id=space_id, code=fresh()))
    db.session.flush()
    audit.record("space.code", subject=("space", space_id), actor=actor)
    return row
