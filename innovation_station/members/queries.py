"""Reads about members."""

from __future__ import annotations

import hashlib
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from innovation_station.db import db
from innovation_station.members.models import LoginSession, Member
from innovation_station.members.rules import normal_email


def token_hash(token: str) -> bytes:
    """Give what the database keeps of a token: it is random, so one fast hash is enough."""
    return hashlib.sha256(token.encode()).digest()


def by_email(email: str) -> Member | None:
    """Find the member with this address, whatever its case."""
    return db.session.scalar(select(Member).where(Member.email == normal_email(email)))


def session_of(token: str, now: datetime) -> LoginSession | None:
    """Find the living login session of a cookie's token, its member loaded with it (one statement)."""
    return db.session.scalar(
        select(LoginSession)
        .options(joinedload(LoginSession.member, innerjoin=True))
        .join(LoginSession.member)
        .where(LoginSession.token_hash == token_hash(token), LoginSession.expires_at > now, Member.active)
    )


def count() -> int:
    """Count all members."""
    return db.session.scalar(select(func.count()).select_from(Member)) or 0
