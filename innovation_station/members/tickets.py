"""Rights to do one thing once: made, looked at, redeemed, revoked. Part of the services of members.

A token has 256 bits and is stored hashed. Looking at one changes nothing, so that a program that follows the links of a
mail does no harm; redeeming deletes the row, and of two at once one finds it.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select

from innovation_station.db import db
from innovation_station.errors import NotFound
from innovation_station.members import queries, rules
from innovation_station.members.models import Ticket


def issue(
    purpose: str, *, email: str, now: datetime, member_id: int | None = None, content: Mapping[str, Any] | None = None
) -> str:
    """Make a ticket and give its token, stored nowhere; a log-in's second step aside, older ones of the kind end."""
    if purpose != "second":
        db.session.execute(delete(Ticket).where(Ticket.purpose == purpose, Ticket.email == email))
    token = secrets.token_urlsafe(32)
    db.session.add(
        Ticket(
            purpose=purpose, token_hash=queries.token_hash(token), member_id=member_id, email=email,
            content=dict(content or {}), created_at=now, expires_at=now + rules.LIFETIMES[purpose],
        )
    )  # fmt: skip
    db.session.flush()
    return token


def issue_all(purpose: str, members: Mapping[str, int], *, now: datetime) -> dict[str, str]:
    """Make tickets for new members, given as address and number; give their tokens by address."""
    tokens = {email: secrets.token_urlsafe(32) for email in members}
    rows = [
        {"purpose": purpose, "token_hash": queries.token_hash(tokens[email]), "member_id": member_id, "email": email,
         "content": {}, "created_at": now, "expires_at": now + rules.LIFETIMES[purpose]}
        for email, member_id in members.items()
    ]  # fmt: skip
    db.session.execute(insert(Ticket), rows)
    return tokens


def look(token: str, purpose: str, *, now: datetime) -> Ticket:
    """Give a ticket that is still good. Raises NotFound, the same for wrong, used and old."""
    found = db.session.scalar(
        select(Ticket).where(
            Ticket.token_hash == queries.token_hash(token), Ticket.purpose == purpose, Ticket.expires_at > now
        )
    )
    if found is None:
        raise NotFound("link-over")
    return found


def redeem(token: str, purpose: str, *, now: datetime) -> Ticket:
    """Use a ticket up. Raises NotFound."""
    found = look(token, purpose, now=now)
    db.session.expunge(found)
    gone = db.session.execute(delete(Ticket).where(Ticket.id == found.id).execution_options(synchronize_session=False))
    if not gone.rowcount:  # type: ignore[attr-defined]
        raise NotFound("link-over")
    return found


def revoke(*, member_id: int) -> None:
    """End all tickets of a member: what they were for has changed."""
    db.session.execute(delete(Ticket).where(Ticket.member_id == member_id))


def sweep(*, now: datetime) -> int:
    """Delete tickets that are too old; give how many."""
    return int(db.session.execute(delete(Ticket).where(Ticket.expires_at <= now)).rowcount)  # type: ignore[attr-defined]
