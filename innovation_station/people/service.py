"""What happens to notes about members. Every function runs inside `db.transaction()`, flushes and never commits."""

from __future__ import annotations

from datetime import datetime

from innovation_station.audit import service as audit
from innovation_station.db import db
from innovation_station.errors import NotFound, Refused
from innovation_station.members.models import Member
from innovation_station.members.rules import Actor, may_look_after
from innovation_station.people import queries, rules
from innovation_station.people.models import MemberNote
from innovation_station.privacy.queries import erasure_of


def looked_after(actor: Actor, member_id: int) -> Member:
    """Find a member whom the actor looks after. Raises NotFound for others, and for who has been forgotten."""
    found = db.session.get(Member, member_id)
    case = erasure_of(member_id) if found else None
    if found is None or not may_look_after(actor, found) or (case is not None and case.state == "done"):
        raise NotFound("member-unknown")
    return found


def write_note(actor: Actor, member_id: int, text: str, *, now: datetime) -> MemberNote:
    """Write something down about a member. The trail tells that, and not what. Raises NotFound, Refused."""
    member, text = looked_after(actor, member_id), rules.note_text(text)
    if found := rules.note_refusals(text):
        raise Refused(found)
    row = MemberNote(member_id=member.id, text=text, by_id=actor.id, at=now)
    db.session.add(row)
    db.session.flush()
    audit.record("member.noted", subject=("member", member.id), member_id=member.id, actor=actor, now=now)
    return row


def remove_note(actor: Actor, member_id: int, note_id: int, *, now: datetime) -> None:
    """Delete a note; twice is the same as once. Raises NotFound for whom the actor does not look after."""
    member = looked_after(actor, member_id)
    row = queries.note(member.id, note_id)
    if row is None:
        return
    db.session.delete(row)
    db.session.flush()
    audit.record("member.note-removed", subject=("member", member.id), member_id=member.id, actor=actor, now=now)
