"""Pictures of the house that are uploaded: photographs of places, and plans that floors are drawn over.

Each is made anew from its pixels; an SVG, being a program as much as a picture, is refused with the rest of what is
none.
"""

from __future__ import annotations

import hashlib
from datetime import datetime

from innovation_station import pictures
from innovation_station.audit import service as audit
from innovation_station.db import db
from innovation_station.errors import NotAllowed, NotFound, Refusal
from innovation_station.members.rules import Actor, is_admin
from innovation_station.spaces import service as spaces
from innovation_station.spaces.models import STORED, Floor, FloorPicture, Space, SpacePicture

PHOTO_BOX, PLAN_BOX = (1280, 640), (2000, 2000)


def photograph(actor: Actor, space_id: int, data: bytes | None, *, now: datetime) -> None:
    """Store a place's photograph, or take it away. Raises NotAllowed, NotFound, Refused for what is no picture."""
    _admins_only(actor)
    space = db.session.get(Space, space_id)
    if space is None:
        raise NotFound("space-unknown")
    row = db.session.get(SpacePicture, space_id)
    if data is None:
        if row is not None:
            db.session.delete(row)
        space.photo = None
    else:
        body = pictures.fitted(data, PHOTO_BOX, field="photo")
        row = row or SpacePicture(space_id=space_id)
        row.body = body
        db.session.add(row)
        space.photo = STORED + hashlib.sha256(body).hexdigest()[:16]
    db.session.flush()
    spaces.changed()
    audit.record("space.pictured", subject=("space", space_id), actor=actor, now=now, after={"photo": data is not None})


def trace(actor: Actor, floor_id: int, data: bytes | None, *, now: datetime) -> None:
    """Store a plan that a floor is drawn over, or take it away. Raises NotAllowed, NotFound, Refused."""
    _admins_only(actor)
    if db.session.get(Floor, floor_id) is None:
        raise NotFound
    row = db.session.get(FloorPicture, floor_id)
    if data is None:
        if row is not None:
            db.session.delete(row)
    else:
        body = pictures.fitted(data, PLAN_BOX, field="plan")
        row = row or FloorPicture(floor_id=floor_id, revision=0)
        row.body, row.revision = body, row.revision + 1
        db.session.add(row)
    db.session.flush()
    audit.record(
        "floor.traced", subject=("floor", floor_id), actor=actor, now=now, after={"plan": data is not None}
    )  # fmt: skip


def _admins_only(actor: Actor) -> None:
    if not is_admin(actor):
        raise NotAllowed([Refusal("rule-admin")])
