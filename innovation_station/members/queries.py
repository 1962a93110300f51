"""Reads about members."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, func, select

from innovation_station.db import db
from innovation_station.errors import NotFound
from innovation_station.members import rules
from innovation_station.members.models import LoginSession, Member, SignInFailure
from innovation_station.members.rules import normal_email


def token_hash(token: str) -> bytes:
    """Give what the database keeps of a token: it is random, so one fast hash is enough."""
    return hashlib.sha256(token.encode()).digest()


def by_email(email: str) -> Member | None:
    """Find the member with this address, whatever its case."""
    return db.session.scalar(select(Member).where(Member.email == normal_email(email)))


def by_id(member_id: int) -> Member:
    """Give the member with this id. Raises NotFound."""
    member = db.session.get(Member, member_id)
    if member is None:
        raise NotFound("member-unknown")
    return member


_session, _member = LoginSession.__table__.c, Member.__table__.c
PERSON = (_member.id, _member.role, _member.name, _member.email, _member.visible)


def person_of(*more: ColumnElement[Any]) -> Select[Any]:
    """Build the statement that finds who a living login session belongs to; `more` columns come after PERSON's.

    Takes :token_hash and :now. It begins every request of a member, so whatever else is asked then asks with it.
    """
    return (
        select(*PERSON, *more)
        .join_from(LoginSession.__table__, Member.__table__, _member.id == _session.member_id)
        .where(_session.token_hash == bindparam("token_hash"), _session.expires_at > bindparam("now"), _member.active)
    )


def count() -> int:
    """Count all members."""
    return db.session.scalar(select(func.count()).select_from(Member)) or 0


def account_key(email: str) -> bytes:
    """Give what failures of an account are counted under, whether there is such an account or not."""
    return token_hash(normal_email(email))


def network_key(address: str | None) -> bytes:
    """Give what failures from a client address are counted under."""
    return token_hash(rules.network_of(address))


def sign_in_wait(email: str, address: str | None, now: datetime) -> timedelta:
    """Give how long this account, or this client address, is to wait before another log-in (one statement)."""
    failed_at = SignInFailure.failed_at
    mine = (SignInFailure.account == account_key(email), failed_at > now - rules.FAILURES_COUNT_FOR)
    near = (SignInFailure.network == network_key(address), failed_at > now - rules.NETWORK_WINDOW)
    one_too_many = select(failed_at).where(*near).order_by(failed_at.desc()).offset(rules.NETWORK_FAILURES_FREE - 1)
    failures, last, full = db.session.execute(
        select(func.count(failed_at), func.max(failed_at), one_too_many.limit(1).scalar_subquery()).where(*mine)
    ).one()
    return max(rules.account_wait(failures, last, now), rules.network_wait(full, now))
