"""Reads about members."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import ColumnElement, Select, and_, bindparam, exists, func, or_, select

from innovation_station.db import db
from innovation_station.errors import NotFound
from innovation_station.members import rules
from innovation_station.members.models import (
    Acceptance,
    Admission,
    HouseText,
    LoginSession,
    Member,
    RecoveryCode,
    SecondFactor,
    SignInFailure,
)
from innovation_station.members.rules import Person, normal_email


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
_text, _accepted = HouseText.__table__.c, Acceptance.__table__.c
_newest_rules = (
    select(_text.id)
    .where(_text.kind == "rules")
    .order_by(_text.version.desc())
    .limit(1)
    .correlate(None)
    .scalar_subquery()
)
# Whether there are house rules that a member has not accepted in this version. It comes with the statement that finds
# who asks: a booking needs to know it, and pays for no other.
_RULES_DUE = and_(
    _newest_rules.is_not(None),
    ~exists(_accepted.member_id).where(_accepted.member_id == _member.id, _accepted.text_id == _newest_rules),
)
PERSON = (_member.id, _member.role, _member.name, _member.email, _member.visible, _member.access_revision, _RULES_DUE)

# It rises with every change of what a member has booked.
BOOKINGS_REVISION = _member.bookings_revision


def person_of(*more: ColumnElement[Any]) -> Select[Any]:
    """Build the statement that finds who a living login session belongs to; `more` columns come after PERSON's.

    Takes :token_hash and :now. It begins every request of a member, so whatever else is asked then asks with it.
    """
    return (
        select(*PERSON, *more)
        .join_from(LoginSession.__table__, Member.__table__, _member.id == _session.member_id)
        .where(
            _session.token_hash == bindparam("token_hash"),
            _session.expires_at > bindparam("now"),
            _member.state == "active",
        )
    )


def person(member_id: int) -> Person | None:
    """Give a member as who acts, None where the account is not open; one statement."""
    row = db.session.execute(select(*PERSON).where(_member.id == member_id, _member.state == "active")).one_or_none()
    return Person(*row) if row else None


def count() -> int:
    """Count all members."""
    return db.session.scalar(select(func.count()).select_from(Member)) or 0


Counted = Literal["password", "code", "mail", "event"]


def account_key(email: str, what: Counted = "password") -> bytes:
    """Give what is counted for an account, whether there is such an account or not: failures, or mails asked for."""
    return token_hash(normal_email(email) if what == "password" else f"{what} {normal_email(email)}")


def network_key(address: str | None, what: Counted = "password") -> bytes:
    """Give what is counted for a client address; wrong passwords and wrong codes count as one."""
    network = rules.network_of(address)
    return token_hash(f"{what} {network}" if what in ("mail", "event") else network)


def sign_in_wait(email: str, address: str | None, now: datetime, what: Counted = "password") -> timedelta:
    """Give how long this account, or this client address, is to wait before another log-in (one statement)."""
    failed_at = SignInFailure.failed_at
    mine = (SignInFailure.account == account_key(email, what), failed_at > now - rules.FAILURES_COUNT_FOR)
    near = (SignInFailure.network == network_key(address), failed_at > now - rules.NETWORK_WINDOW)
    one_too_many = select(failed_at).where(*near).order_by(failed_at.desc()).offset(rules.NETWORK_FAILURES_FREE - 1)
    failures, last, full = db.session.execute(
        select(func.count(failed_at), func.max(failed_at), one_too_many.limit(1).scalar_subquery()).where(*mine)
    ).one()
    return max(rules.account_wait(failures, last, now), rules.network_wait(full, now))


def mail_wait(email: str, address: str | None, now: datetime, what: Counted = "mail") -> timedelta:
    """Give how long to wait before another mail to this address, or asked for by this client (one statement)."""
    at = SignInFailure.failed_at
    mine = (SignInFailure.account == account_key(email, what), at > now - rules.MAILS_COUNT_FOR)
    near = (SignInFailure.network == network_key(address, what), at > now - rules.NETWORK_WINDOW)
    own_free, near_free = rules.MAILS_FREE, rules.NETWORK_MAILS_FREE
    if what == "event":
        own_free, near_free = rules.EVENT_MAILS_FREE, rules.NETWORK_EVENT_MAILS_FREE

    def one_too_many(free: int, *where: ColumnElement[bool]) -> Any:
        return select(at).where(*where).order_by(at.desc()).offset(free - 1).limit(1).scalar_subquery()

    own, full = db.session.execute(select(one_too_many(own_free, *mine), one_too_many(near_free, *near))).one()
    return rules.mails_wait(own, full, now)


def sessions_of(member_id: int, now: datetime) -> list[LoginSession]:
    """List the living login sessions of a member, the newest first."""
    living = (LoginSession.member_id == member_id, LoginSession.expires_at > now)
    order = (LoginSession.created_at.desc(), LoginSession.id.desc())
    return list(db.session.scalars(select(LoginSession).where(*living).order_by(*order)))


def second_factor_of(member_id: int) -> SecondFactor | None:
    """Give a member's second factor, begun or confirmed."""
    return db.session.get(SecondFactor, member_id, populate_existing=True)


def has_second_factor(member_id: int) -> bool:
    """Tell whether a member logs in with a second factor."""
    found = second_factor_of(member_id)
    return found is not None and found.confirmed_at is not None


def recovery_codes_left(member_id: int) -> int:
    """Count the recovery codes that have not been used."""
    mine = select(func.count()).select_from(RecoveryCode).where(RecoveryCode.member_id == member_id)
    return db.session.scalar(mine) or 0


def password_shortest(member_id: int) -> int:
    """Give how long a member's password has to be: shorter beside a second factor."""
    return rules.PASSWORD_SHORTEST_BESIDE if has_second_factor(member_id) else rules.PASSWORD_SHORTEST


def admission() -> Admission:
    """Give how the house lets people in; a house that has settled nothing approves each, and asks for no code."""
    return db.session.get(Admission, 1) or Admission(id=1, domains="", second_factor="nobody")


def current_texts(kinds: Collection[str] = rules.ACCEPTED_TEXTS) -> dict[str, HouseText]:
    """Give the version in force of each text that the house has, by kind, the rules first; those that are accepted."""
    newest = select(func.max(HouseText.id)).where(HouseText.kind.in_(kinds)).group_by(HouseText.kind)
    found = {text.kind: text for text in db.session.scalars(select(HouseText).where(HouseText.id.in_(newest)))}
    return {kind: found[kind] for kind in rules.TEXT_KINDS if kind in found}


def texts_to_accept(member_id: int) -> dict[str, HouseText]:
    """Give the texts in force that a member has not accepted in this version, by kind."""
    texts = current_texts()
    if not texts:
        return {}
    accepted = set(db.session.scalars(select(Acceptance.text_id).where(Acceptance.member_id == member_id)))
    return {kind: text for kind, text in texts.items() if text.id not in accepted}


def staff() -> list[int]:
    """List who works for the house, by id."""
    working = (Member.role.in_(sorted(rules.STAFF)), Member.state == "active")
    return list(db.session.scalars(select(Member.id).where(*working).order_by(Member.id)))


def waiting() -> int:
    """Count those who have applied and wait for an answer."""
    return db.session.scalar(select(func.count()).where(Member.state == "applied")) or 0


def ids_called(words: str, *, limit: int) -> list[int]:
    """Find members by their address or a part of their name, the newest first; one statement."""
    called = or_(Member.email == words.lower(), Member.name.icontains(words, autoescape=True))
    return list(db.session.scalars(select(Member.id).where(called).order_by(Member.id.desc()).limit(limit)))


def names_of(ids: Collection[int]) -> dict[int, str]:
    """Give whole names, by id; one statement, none for none."""
    if not ids:
        return {}
    rows = db.session.execute(select(Member.id, Member.name).where(Member.id.in_(sorted(ids))))
    return {row[0]: row[1] for row in rows}
