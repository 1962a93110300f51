"""What happens to notes. Every function runs inside `db.transaction()`, flushes and never commits."""

from __future__ import annotations

from datetime import date, datetime

from innovation_station.db import db
from innovation_station.errors import NotFound, Refused
from innovation_station.hosting.models import HostNote
from innovation_station.hosting.rules import note_refusals
from innovation_station.members.rules import Actor


def write(actor: Actor, text: str, day: date, *, today: date, now: datetime) -> HostNote:
    """Leave a note for whoever has the house from a local day on. Raises Refused."""
    text = " ".join(text.split())
    if found := note_refusals(text, day, today):
        raise Refused(found)
    row = HostNote(day=day, text=text, by_id=actor.id, at=now)
    db.session.add(row)
    db.session.flush()
    return row


def tick(actor: Actor, note_id: int, *, done: bool, now: datetime) -> HostNote:
    """Say that a note was seen to, or that it was not after all; twice is the same as once. Raises NotFound."""
    row = db.session.get(HostNote, note_id, with_for_update=True)
    if row is None:
        raise NotFound("note-unknown")
    if done and row.done_at is None:
        row.done_at, row.done_by_id = now, actor.id
    elif not done:
        row.done_at = row.done_by_id = None
    db.session.flush()
    return row
