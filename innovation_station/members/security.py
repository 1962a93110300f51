"""How an account is kept safe: new password, new address, second factor, and word of each change. Services of members.

A hash takes a fifth of a second: callers make it before they begin to write.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, insert, update

from innovation_station.audit import service as audit
from innovation_station.db import db
from innovation_station.errors import Conflict, NotAllowed, NotFound, Refusal, Refused
from innovation_station.mail import service as mail
from innovation_station.mail.rules import Receiver
from innovation_station.members import queries, rules, service, tickets, totp
from innovation_station.members.models import Member, RecoveryCode, SecondFactor
from innovation_station.members.rules import Language
from innovation_station.members.service import Proof


def receiver(member: Member, language: Language | None = None) -> Receiver:
    """Give a member as a receiver of mail, in their own language, else the one that is given, else the house's."""
    return Receiver(member.email, member.name, _language(member.language) or language)


def _language(code: str | None) -> Language | None:
    return "sv" if code == "sv" else "en" if code == "en" else None


def tell(member: Member, what: str, *, now: datetime, to: Receiver | None = None) -> None:
    """Write to a member that something about the account has changed, so that a theft does not stay unseen."""
    values = {"what": what, "at": now.isoformat()}
    mail.queue(to or receiver(member), "account-notice", values, now=now, member_id=member.id)


# -- passwords --------------------------------------------------------------------------------------------------------


def ask_reset(email: str, *, now: datetime, language: Language) -> None:
    """Send a link for a new password to a member, and word that there is no account to anybody else.

    Both cost the same: a ticket and a mail. (The ticket of who is unknown opens nothing.)
    """
    email = rules.normal_email(email)
    member = queries.by_email(email)
    known = member if member is not None and member.state == "active" else None
    to = receiver(known, language) if known else Receiver(email, "", language)
    token = tickets.issue("reset", email=email, now=now, member_id=known.id if known else None)
    template, values = ("reset-password", {"token": token}) if known else ("no-account", {})
    mail.queue(to, template, values, now=now, member_id=known.id if known else None)


def resetting(token: str, *, now: datetime) -> Member:
    """Give whom a link for a new password is for. Raises NotFound."""
    ticket = tickets.look(token, "reset", now=now)
    member = db.session.get(Member, ticket.member_id) if ticket.member_id else None
    if member is None or member.state != "active" or member.email != ticket.email:
        raise NotFound("link-over")
    return member


def reset_password(token: str, password_hash: str, *, now: datetime) -> Member:
    """Store the new password of a link, once; all sessions end. Raises NotFound."""
    member = resetting(token, now=now)
    tickets.redeem(token, "reset", now=now)
    _new_password(member, password_hash, "password.reset", now)
    return member


def change_password(member: Member, password_hash: str, *, now: datetime) -> None:
    """Store a new password; all sessions end, the caller opens one anew."""
    _new_password(member, password_hash, "password.change", now)


def _new_password(member: Member, password_hash: str, action: str, now: datetime) -> None:
    service.store_password(member, password_hash)
    audit.record(action, subject=("member", member.id), member_id=member.id, actor=member, now=now)
    tell(member, "password", now=now)


# -- address ----------------------------------------------------------------------------------------------------------


def ask_email(member: Member, email: str, *, now: datetime, language: Language) -> None:
    """Send a link to a member's new address, and word to the old one. An address that is taken is told so there.

    Raises Refused for what is no address, or the one it is already.
    """
    email = rules.normal_email(email)
    if not rules.is_email(email):
        raise Refused([Refusal("email-malformed", "email")])
    if email == member.email:
        raise Refused([Refusal("email-same", "email")])
    to = Receiver(email, member.name, _language(member.language) or language)
    taken = queries.by_email(email) is not None
    token = tickets.issue("email", email=email, now=now, member_id=None if taken else member.id)
    if taken:
        mail.queue(Receiver(email, "", language), "join-known", {}, now=now)
    else:
        mail.queue(to, "confirm-email", {"token": token}, now=now, member_id=member.id)
    tell(member, "email-asked", now=now)


def new_email(token: str, *, now: datetime) -> tuple[Member, str]:
    """Give whose address a link changes, and to which. Raises NotFound."""
    ticket = tickets.look(token, "email", now=now)
    member = db.session.get(Member, ticket.member_id) if ticket.member_id else None
    if member is None or member.state != "active":
        raise NotFound("link-over")
    return member, ticket.email


def change_email(token: str, *, now: datetime) -> Member:
    """Change the address of a link, once; links on their way to the old one end. Raises NotFound, Conflict."""
    member, email = new_email(token, now=now)
    tickets.redeem(token, "email", now=now)
    if queries.by_email(email):
        raise Conflict([Refusal("email-taken", "email")])
    before, old = member.email, receiver(member)
    member.email = email
    tickets.revoke(member_id=member.id)
    db.session.flush()
    audit.record("member.email", subject=("member", member.id), member_id=member.id, actor=member, now=now,
                 before={"email": before}, after={"email": email})  # fmt: skip
    tell(member, "email", now=now, to=old)
    return member


# -- second factor ----------------------------------------------------------------------------------------------------


def begin_second_factor(member: Member, *, key: str, now: datetime) -> None:
    """Make a secret for a member's app, which is nothing until a code confirms it. Raises Conflict where one is."""
    if queries.has_second_factor(member.id):
        raise Conflict([Refusal("factor-on")])
    secret = totp.locked(totp.new_secret(), key=key, member_id=member.id)
    db.session.execute(delete(SecondFactor).where(SecondFactor.member_id == member.id))
    db.session.add(SecondFactor(member_id=member.id, secret=secret, created_at=now))
    db.session.flush()


def begun_secret(member_id: int, *, key: str) -> bytes:
    """Give the secret that waits for its first code. Raises NotFound."""
    found = queries.second_factor_of(member_id)
    secret = totp.unlocked(found.secret, key=key, member_id=member_id) if found and not found.confirmed_at else None
    if secret is None:
        raise NotFound("factor-unknown")
    return secret


def confirm_second_factor(member: Member, code: str, *, key: str, now: datetime) -> list[str]:
    """Turn the second factor on with a first code and give the recovery codes, which are shown this once.

    Raises NotFound where none was begun, Refused for a wrong code.
    """
    step = totp.matching_step(begun_secret(member.id, key=key), code, now, after=0)
    if step is None:
        raise Refused([Refusal("code-wrong", "code")])
    mine = (SecondFactor.member_id == member.id, SecondFactor.confirmed_at.is_(None))
    done = db.session.execute(update(SecondFactor).where(*mine).values(confirmed_at=now, last_step=step))
    if not done.rowcount:  # type: ignore[attr-defined]
        raise NotFound("factor-unknown")
    audit.record("factor.on", subject=("member", member.id), member_id=member.id, actor=member, now=now)
    tell(member, "factor-on", now=now)
    return _new_codes(member)


def renew_recovery_codes(member: Member, *, now: datetime) -> list[str]:
    """Give new recovery codes in place of the old ones. Raises NotFound where there is no second factor."""
    if not queries.has_second_factor(member.id):
        raise NotFound("factor-unknown")
    audit.record("factor.codes", subject=("member", member.id), member_id=member.id, actor=member, now=now)
    tell(member, "codes", now=now)
    return _new_codes(member)


def _new_codes(member: Member) -> list[str]:
    db.session.execute(delete(RecoveryCode).where(RecoveryCode.member_id == member.id))
    codes = totp.new_recovery_codes()
    rows = [{"member_id": member.id, "code_hash": queries.token_hash(totp.plain_recovery_code(code))} for code in codes]
    db.session.execute(insert(RecoveryCode), rows)
    return codes


def end_second_factor(member: Member, *, actor: rules.Actor, now: datetime) -> None:
    """Turn the second factor off, by the member or by an administrator; other log-ins that wait for a code end."""
    on = (SecondFactor.member_id == member.id, SecondFactor.confirmed_at.is_not(None))
    gone = db.session.execute(delete(SecondFactor).where(*on))
    if not gone.rowcount:  # type: ignore[attr-defined]
        raise NotFound("factor-unknown")
    db.session.execute(delete(RecoveryCode).where(RecoveryCode.member_id == member.id))
    tickets.revoke(member_id=member.id)
    audit.record("factor.off", subject=("member", member.id), member_id=member.id, actor=actor, now=now)
    tell(member, "factor-off", now=now)


@dataclass(frozen=True, slots=True)
class HalfWay:
    """A log-in whose password was right and whose code is still to come."""

    member: Member
    remember: bool


def ask_code(proof: Proof, *, remember: bool, now: datetime) -> str:
    """Keep that a password was right until the code comes, ten minutes at most; give the token of it."""
    if proof.new_hash:
        proof.member.password_hash = proof.new_hash
    member = proof.member
    content = {"remember": remember}
    return tickets.issue("second", email=member.email, now=now, member_id=member.id, content=content)


def half_way(token: str, *, now: datetime) -> HalfWay:
    """Give whose code is waited for. Raises NotFound."""
    ticket = tickets.look(token, "second", now=now)
    member = db.session.get(Member, ticket.member_id) if ticket.member_id else None
    if member is None or member.state != "active":
        raise NotFound("link-over")
    return HalfWay(member, bool(ticket.content.get("remember")))


def check_code(member: Member, code: str, *, key: str, now: datetime) -> None:
    """Take a code of the app or a recovery code, each good once. Raises NotAllowed, for all wrong ones alike."""
    factor = queries.second_factor_of(member.id)
    if factor is not None and factor.confirmed_at is not None:
        if _takes_step(factor, code, key, now):
            return
        if _takes_recovery_code(member, code):
            audit.record("factor.recovery", subject=("member", member.id), member_id=member.id, actor=member, now=now)
            tell(member, "code-used", now=now)
            return
    raise NotAllowed([Refusal("code-wrong", "code")])


def _takes_step(factor: SecondFactor, code: str, key: str, now: datetime) -> bool:
    secret = totp.unlocked(factor.secret, key=key, member_id=factor.member_id)
    step = secret and totp.matching_step(secret, code, now, after=factor.last_step)
    if not step:
        return False
    # of two that bring one code at once, one raises the step
    mine = (SecondFactor.member_id == factor.member_id, SecondFactor.last_step < step)
    taken = update(SecondFactor).where(*mine).values(last_step=step).execution_options(synchronize_session=False)
    return bool(db.session.execute(taken).rowcount)  # type: ignore[attr-defined]


def _takes_recovery_code(member: Member, code: str) -> bool:
    code_hash = queries.token_hash(totp.plain_recovery_code(code))
    mine = (RecoveryCode.member_id == member.id, RecoveryCode.code_hash == code_hash)
    return bool(db.session.execute(delete(RecoveryCode).where(*mine)).rowcount)  # type: ignore[attr-defined]


def code_came(token: str, *, now: datetime) -> None:
    """Use a log-in's first half up. Raises NotFound."""
    tickets.redeem(token, "second", now=now)


def malformed() -> Refused:
    """Give the refusal of what is no address."""
    return Refused([Refusal("email-malformed", "email")])


def wrong_password(field: str) -> NotAllowed:
    """Give the refusal of a wrong password of somebody who is logged in."""
    return NotAllowed([Refusal("password-wrong", field)])


def may_end(member: Member, password: str) -> None:
    """Keep a second factor that the house asks for, or beside a password too short to stand alone. Raises Refused."""
    if rules.needs_second_factor(member.role, queries.admission().second_factor):
        raise Refused([Refusal("factor-needed", "password")])
    if len(password) < rules.PASSWORD_SHORTEST:
        raise Refused([Refusal("password-leans", "password", {"shortest": rules.PASSWORD_SHORTEST})])
