"""What happens to members: made, signed in, signed out, given a new password. See also security, tickets."""

from __future__ import annotations

import math
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import delete, update

from innovation_station.audit.rules import shortened
from innovation_station.db import db, in_turn
from innovation_station.errors import Conflict, NotAllowed, NotFound, Refusal, Refused, TooMany
from innovation_station.members import guesses, queries, rules, tickets
from innovation_station.members.models import LoginSession, Member, SignInFailure
from innovation_station.members.queries import Counted

BROWSER_SESSION = timedelta(hours=16)
REMEMBERED = timedelta(days=60)

_hasher = PasswordHasher()  # RFC 9106's low-memory profile: 64 MiB, 3 passes
_hashing = threading.BoundedSemaphore(2)  # 64 MiB each: a burst of log-ins must not eat the machine
# Of a process's eight threads two hash and four wait, so that two are left for those who ask for pages.
_waiting = threading.BoundedSemaphore(4)
WAIT_SECONDS = 2.0
BUSY_RETRY_SECONDS = 3
# Verified for unknown addresses, so that both cost the same. It is of a password that nobody kept; hashing one at
# every start would cost each process a fifth of a second.
_nobody = "$argon2id$v=19$m=65536,t=3,p=4$nMTUVatyquwo8ClwEHqEUA$sLbZmXIWWuBqppACEjiM7eyTunHLSqQVn+87kpx5k7o"


def create_member(
    *, email: str, name: str, password: str, now: datetime, role: str = "member", language: str | None = None
) -> Member:
    """Make an account. Raises Refused with every fault, Conflict where the address is taken."""
    email = rules.normal_email(email)
    found = rules.account_refusals(email=email, name=name, role=role, password=password)
    if found or guesses.is_guessed(password, of=(email, name)):
        raise Refused(found or [Refusal("password-common", "password")])
    if queries.by_email(email):
        raise Conflict([Refusal("email-taken", "email")])
    member = Member(
        email=email,
        name=name.strip(),
        role=role,
        language=language,
        created_at=now,
        password_hash=hashed(password),
    )
    db.session.add(member)
    db.session.flush()
    return member


def check_password(member: Member, password: str) -> None:
    """Refuse a new password that is too short or guessed early. Outside of a write: it is work. Raises Refused."""
    check_new_password(password, of=(member.email, member.name), shortest=queries.password_shortest(member.id))


def check_new_password(password: str, *, of: tuple[str, str], shortest: int = rules.PASSWORD_SHORTEST) -> None:
    """Refuse a password for somebody with this address and name, `of`. Outside of a write. Raises Refused."""
    found = rules.password_refusals(password, of=of, shortest=shortest)
    if found or guesses.is_guessed(password, of=of):
        raise Refused(found or [Refusal("password-common", "password")])


def hashed(password: str) -> str:
    """Hash a password with argon2id. Raises TooMany."""
    with _turn():
        return _hasher.hash(password)


@contextmanager
def _turn() -> Iterator[None]:
    """Wait for a turn to hash: two have one at once in this process, few wait, and not long. Raises TooMany."""
    if not _waiting.acquire(blocking=False):
        raise TooMany(Refusal("login-busy"), retry_after=BUSY_RETRY_SECONDS)
    try:
        mine = _hashing.acquire(timeout=WAIT_SECONDS)
    finally:
        _waiting.release()
    if not mine:
        raise TooMany(Refusal("login-busy"), retry_after=BUSY_RETRY_SECONDS)
    try:
        yield
    finally:
        _hashing.release()


def admit(email: str, *, address: str | None, now: datetime, what: Counted = "password") -> None:
    """Let a log-in go on to its password, unless account or client address have failed too often. Raises TooMany.

    Before any hash and any write, and the same for accounts that exist and that do not. A right password has to wait
    too: one that came through would end the guessing, not stop it.
    """
    if wait := queries.sign_in_wait(email, address, now, what):
        refusal = Refusal("login-wait", None, {"minutes": math.ceil(wait / timedelta(minutes=1))})
        raise TooMany(refusal, retry_after=math.ceil(wait.total_seconds()))


def begin_try(email: str, *, address: str | None, now: datetime, what: Counted = "password") -> int:
    """Count a try as a failure before it is made, and give its number for `end_try`. Raises TooMany.

    In the caller's transaction, which has to end before the password is looked at. Counted after it, as many as come
    at once would all be tried: none has failed yet while they are let in. (2026-11: six of six came through.)
    """
    in_turn(queries.account_key(email, what), queries.network_key(address, what))
    admit(email, address=address, now=now, what=what)
    return count_failure(email, address=address, now=now, what=what)


def end_try(number: int) -> None:
    """Take a try out of the count: it was right, or was not made."""
    db.session.execute(delete(SignInFailure).where(SignInFailure.id == number))


def admit_mail(email: str, *, address: str | None, now: datetime, what: Counted = "mail") -> None:
    """Let somebody have a mail sent to an address they only name, unless there were too many. Raises TooMany.

    The same for addresses that are known and that are not. Counts it, in the caller's transaction; what is asked for
    from an account's pages (`mail`) and by who registers for events (`event`) each by itself.
    """
    in_turn(queries.account_key(email, what), queries.network_key(address, what))
    if wait := queries.mail_wait(email, address, now, what):
        refusal = Refusal("mail-wait", None, {"minutes": math.ceil(wait / timedelta(minutes=1))})
        raise TooMany(refusal, retry_after=math.ceil(wait.total_seconds()))
    count_failure(email, address=address, now=now, what=what)


def count_failure(email: str, *, address: str | None, now: datetime, what: Counted = "password") -> int:
    """Write down that a password or code was wrong, or a mail asked for; what has stopped to count goes."""
    db.session.execute(delete(SignInFailure).where(SignInFailure.failed_at <= now - rules.FAILURES_COUNT_FOR))
    account, network = queries.account_key(email, what), queries.network_key(address, what)
    row = SignInFailure(account=account, network=network, failed_at=now)
    db.session.add(row)
    db.session.flush()
    return row.id


@dataclass(frozen=True, slots=True)
class Proof:
    """A password that was right: whose, and the stronger hash to store where the old one has fallen behind."""

    member: Member
    new_hash: str | None


def prove(email: str, password: str) -> Proof:
    """Check a password, outside of any write: hashing takes a fifth of a second and must not hold a lock.

    Raises NotAllowed with the same refusal, after the same time, for a wrong password, an unknown address and a
    disabled account; TooMany where too many passwords are being checked already.
    """
    member = queries.by_email(email) if len(email) <= rules.EMAIL_LONGEST else None
    # an account without a password (its hash is no argon2 hash) costs what all others cost
    known = member.password_hash if member and member.password_hash.startswith("$argon2") else _nobody
    with _turn():
        try:
            _hasher.verify(known, password)
        except (VerificationError, InvalidHashError):
            raise NotAllowed([Refusal("login-wrong", "password")]) from None
        if member is None or member.state != "active" or known is _nobody or len(password) > rules.PASSWORD_LONGEST:
            raise NotAllowed([Refusal("login-wrong", "password")])
        return Proof(member, _hasher.hash(password) if _hasher.check_needs_rehash(known) else None)


def log_in(
    proof: Proof, *, remember: bool, agent: str, now: datetime, address: str | None = None
) -> tuple[str, LoginSession]:
    """Open a login session and give its token, which is stored nowhere but in the cookie; failures are forgiven."""
    if proof.new_hash:
        proof.member.password_hash = proof.new_hash
    token = secrets.token_urlsafe(32)
    row = LoginSession(
        member_id=proof.member.id,
        token_hash=queries.token_hash(token),
        created_at=now,
        expires_at=now + (REMEMBERED if remember else BROWSER_SESSION),
        agent="".join(letter for letter in agent[:200] if letter.isprintable()),
        address=shortened(address),
    )
    db.session.add(row)
    db.session.execute(delete(LoginSession).where(LoginSession.expires_at <= now))
    email = proof.member.email
    accounts = (queries.account_key(email), queries.account_key(email, "code"))
    db.session.execute(delete(SignInFailure).where(SignInFailure.account.in_(accounts)))
    seen = update(Member).where(Member.id == proof.member.id).values(logged_in_at=now)
    db.session.execute(seen.execution_options(synchronize_session=False))
    db.session.flush()
    return token, row


def log_out(token: str) -> None:
    """End the login session of this token; every copy of the cookie is dead with it."""
    db.session.execute(delete(LoginSession).where(LoginSession.token_hash == queries.token_hash(token)))


def change_password(member: Member, password: str) -> None:
    """Store a new password and end all the member's sessions and links that are on their way. Raises Refused."""
    check_password(member, password)
    store_password(member, hashed(password))


def store_password(member: Member, password_hash: str) -> None:
    """Store what `hashed` gave; all sessions and links that are on their way end."""
    member.password_hash = password_hash
    end_sessions(member)
    tickets.revoke(member_id=member.id)
    db.session.flush()


def disable(member: Member) -> None:
    """Close the account to its owner and end all sessions and links that are on their way; bookings stand."""
    member.state = "paused"
    end_sessions(member)
    tickets.revoke(member_id=member.id)
    db.session.flush()


def end_sessions(member: Member, *, but: bytes | None = None) -> int:
    """Sign the member out everywhere, but in the session whose token has the hash `but`; give how many ended."""
    ended = delete(LoginSession).where(LoginSession.member_id == member.id)
    if but is not None:
        ended = ended.where(LoginSession.token_hash != but)
    return int(db.session.execute(ended).rowcount)  # type: ignore[attr-defined]


def end_session(member: Member, session_id: int) -> None:
    """End one login session of the member. Raises NotFound."""
    mine = delete(LoginSession).where(LoginSession.id == session_id, LoginSession.member_id == member.id)
    if not db.session.execute(mine).rowcount:  # type: ignore[attr-defined]
        raise NotFound("session-unknown")
