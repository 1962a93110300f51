"""Whether an account is open to its owner."""

from __future__ import annotations

from sqlalchemy import ColumnElement

from innovation_station.db import db
from innovation_station.members import service as members
from innovation_station.members.models import Member
from innovation_station.privacy.rules import LeaveKind


def is_open() -> ColumnElement[bool]:
    """Give the condition that an account is open to its owner."""
    return Member.state == "active"


def shut(member: Member, kind: LeaveKind) -> None:
    """Close an account to its owner and end all sessions."""
    member.state = {"pause": "paused", "end": "ended"}[kind]
    members.end_sessions(member)
    db.session.flush()


def reopen(member: Member) -> None:
    """Open an account to its owner again."""
    member.state = "active"
    db.session.flush()
