"""How people become members: they apply or are invited, are let in, and accept the texts of the house. Services.

The password is set by who has the mailbox, never by who typed its address first. What is answered does not tell
whether an address is known: the mailbox learns it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, insert, select

from innovation_station.audit import service as audit
from innovation_station.db import db
from innovation_station.errors import Conflict, NotAllowed, NotFound, Refusal, Refused
from innovation_station.mail import service as mail
from innovation_station.mail.rules import Receiver
from innovation_station.members import queries, rules, security, service, tickets
from innovation_station.members.models import Acceptance, Admission, HouseText, LoginSession, Member, SecondFactor
from innovation_station.members.reception import reception
from innovation_station.members.rules import Actor, Language
from innovation_station.members.security import receiver

NO_PASSWORD = "!"  # noqa: S105  no hash is like it


def apply(email: str, name: str, *, now: datetime, language: Language, offer: int | None = None) -> None:
    """Take an application: its mailbox gets a link to go on with, or word that there is an account already.

    `offer` is what is wanted beside the account; it is asked for again where the account is made.

    Both cost the same, a ticket and a mail. Raises Refused for what is no address or no name.
    """
    email, name = rules.normal_email(email), name.strip()
    found = [] if rules.is_email(email) else [Refusal("email-malformed", "email")]
    if found := found + rules.name_refusals(name):
        raise Refused(found)
    member = queries.by_email(email)
    if member is not None and member.state == "invited":
        _send_invitation(member, now=now, language=language)
        return
    token = tickets.issue("join", email=email, now=now, content={"name": name, "language": language, "offer": offer})
    if member is None:
        mail.queue(Receiver(email, name, language), "join-verify", {"token": token}, now=now)
    else:
        template = "join-waiting" if member.state == "applied" else "join-known"
        mail.queue(receiver(member, language), template, {}, now=now, member_id=member.id)


@dataclass(frozen=True, slots=True)
class Newcomer:
    """Whom a link makes a member: from an application, or the account that staff have made for them.

    `offer` is what an applicant wanted beside the account.
    """

    email: str
    name: str
    member: Member | None = None
    offer: int | None = None


def applicant(token: str, *, now: datetime) -> Newcomer:
    """Give whose application a link confirms. Raises NotFound, also where the address has an account by now."""
    ticket = tickets.look(token, "join", now=now)
    if queries.by_email(ticket.email):
        raise NotFound("link-over")
    return Newcomer(ticket.email, str(ticket.content.get("name", "")), offer=ticket.content.get("offer"))


def join(token: str, name: str, password_hash: str, *, now: datetime, offer: int | None = None) -> Member:
    """Make the account of an application whose address is confirmed; staff let it in, or its domain or offer does.

    What was chosen begins when it is let in. Raises NotFound, Refused.
    """
    newcomer = applicant(token, now=now)
    ticket = tickets.redeem(token, "join", now=now)
    _check_name(name)
    let_in = rules.is_let_in(newcomer.email, queries.admission().domains.split())
    member = Member(
        email=newcomer.email, name=name.strip(), password_hash=password_hash, created_at=now, tour_due=True,
        language=ticket.content.get("language"), state="applied",
    )  # fmt: skip
    db.session.add(member)
    db.session.flush()
    if offer is not None and reception().wish(member, offer, now=now):
        let_in = True
    member.state = "active" if let_in else "applied"
    db.session.flush()
    accept_texts(member, now=now)
    audit.record("member.join", subject=("member", member.id), member_id=member.id, actor=member, now=now,
                 after={"state": member.state})  # fmt: skip
    if let_in:
        reception().decided(member, actor=None, let_in=True, now=now)
    else:
        mail.queue(receiver(member), "join-waiting", {}, now=now, member_id=member.id)
        reception().waits(member, now=now)
    return member


def _check_name(name: str) -> None:
    if found := rules.name_refusals(name):
        raise Refused(found)


# -- invitations ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Invited:
    """What came of one invitation: new, again (was sent once more), known (is a member), or refused."""

    email: str
    outcome: str
    refusal: Refusal | None = None


def invite(people: Sequence[tuple[str, str]], *, actor: Actor, now: datetime, language: Language) -> list[Invited]:
    """Make accounts for addresses and send each its link; who has one is left alone, who was invited is so again.

    Raises Refused for none, or more than INVITED_AT_ONCE.
    """
    if not people or len(people) > rules.INVITED_AT_ONCE:
        raise Refused([Refusal("invited-count", "people", {"most": rules.INVITED_AT_ONCE})])
    return [_invite(email, name, actor, now, language) for email, name in people]


def _invite(email: str, name: str, actor: Actor, now: datetime, language: Language) -> Invited:
    if not rules.is_email(email):
        return Invited(email, "refused", Refusal("email-malformed", "email"))
    if name and (found := rules.name_refusals(name)):
        return Invited(email, "refused", found[0])
    member = queries.by_email(email)
    if member is not None and member.state != "invited":
        return Invited(email, "known")
    outcome = "again" if member else "new"
    if member is None:
        member = Member(email=email, name=name or email.partition("@")[0][: rules.NAME_LONGEST], state="invited",
                        password_hash=NO_PASSWORD, language=language, created_at=now, tour_due=True)  # fmt: skip
        db.session.add(member)
        db.session.flush()
    audit.record("member.invite", subject=("member", member.id), member_id=member.id, actor=actor, now=now)
    _send_invitation(member, now=now, language=language)
    return Invited(email, outcome)


def _send_invitation(member: Member, *, now: datetime, language: Language) -> None:
    token = tickets.issue("invite", email=member.email, now=now, member_id=member.id)
    mail.queue(receiver(member, language), "invitation", {"token": token}, now=now, member_id=member.id)


def invite_again(member: Member, *, actor: Actor, now: datetime, language: Language) -> None:
    """Send an invitation once more; the link before it ends. Raises Conflict where it was taken."""
    _must_be(member, "invited")
    audit.record("member.invite", subject=("member", member.id), member_id=member.id, actor=actor, now=now)
    _send_invitation(member, now=now, language=language)


def invited(token: str, *, now: datetime) -> Newcomer:
    """Give whom an invitation is for. Raises NotFound, also where the account has been taken."""
    ticket = tickets.look(token, "invite", now=now)
    member = db.session.get(Member, ticket.member_id) if ticket.member_id else None
    if member is None or member.state != "invited" or member.email != ticket.email:
        raise NotFound("link-over")
    return Newcomer(member.email, member.name, member)


def take_invitation(token: str, name: str, password_hash: str, *, now: datetime) -> Member:
    """Hand an account over to who was invited. Raises NotFound, Refused."""
    member = invited(token, now=now).member
    tickets.redeem(token, "invite", now=now)
    _check_name(name)
    if member is None:
        raise NotFound("link-over")
    member.name, member.state = name.strip(), "active"
    service.store_password(member, password_hash)
    accept_texts(member, now=now)
    audit.record("member.join", subject=("member", member.id), member_id=member.id, actor=member, now=now,
                 before={"state": "invited"}, after={"state": "active"})  # fmt: skip
    return member


# -- what staff decide ------------------------------------------------------------------------------------------------


def _must_be(member: Member, state: str) -> None:
    """Lock a member's row and look at the state anew: of two who decide at once one does."""
    mine = select(Member).where(Member.id == member.id).with_for_update().execution_options(populate_existing=True)
    found = db.session.scalar(mine)
    if found is None or found.state != state:
        raise Conflict([Refusal("member-elsewhere")])


def approve(member: Member, *, actor: Actor, now: datetime) -> None:
    """Let an applicant in, begin what they chose, and tell them. Raises Conflict where somebody has decided already."""
    _must_be(member, "applied")
    member.state = "active"
    audit.record("member.approve", subject=("member", member.id), member_id=member.id, actor=actor, now=now,
                 before={"state": "applied"}, after={"state": "active"})  # fmt: skip
    reception().decided(member, actor=actor, let_in=True, now=now)
    mail.queue(receiver(member), "join-approved", {}, now=now, member_id=member.id)


def decline(member: Member, *, actor: Actor, now: datetime) -> None:
    """Turn an applicant down, tell them, and keep nothing of them but that it was done. Raises Conflict."""
    _must_be(member, "applied")
    audit.record("member.decline", subject=("member", member.id), member_id=None, actor=actor, now=now)
    reception().decided(member, actor=actor, let_in=False, now=now)
    mail.queue(receiver(member), "join-declined", {}, now=now)
    tickets.revoke(member_id=member.id)
    db.session.execute(delete(Acceptance).where(Acceptance.member_id == member.id))
    db.session.delete(member)
    db.session.flush()


def withdraw_invitation(member: Member, *, actor: Actor, now: datetime) -> None:
    """Take an invitation back that nobody has taken; its account goes. Raises Conflict."""
    _must_be(member, "invited")
    audit.record("member.uninvite", subject=("member", member.id), member_id=None, actor=actor, now=now)
    tickets.revoke(member_id=member.id)
    db.session.delete(member)
    db.session.flush()


def change_role(member: Member, role: str, *, actor: Actor, now: datetime) -> None:
    """Make somebody member, host or administrator: administrators only, and nobody their own.

    Who now needs a second factor and has none is logged out. Raises NotAllowed, Refused.
    """
    if not rules.may_change_roles(actor) or actor.id == member.id:
        raise NotAllowed([Refusal("role-not-yours")])
    if role not in rules.ROLES:
        raise Refused([Refusal("role-unknown", "role")])
    before, member.role = member.role, role
    needs = rules.needs_second_factor(role, queries.admission().second_factor)
    if needs and not queries.has_second_factor(member.id):
        service.end_sessions(member)
    db.session.flush()
    audit.record("member.role", subject=("member", member.id), member_id=member.id, actor=actor, now=now,
                 before={"role": before}, after={"role": role})  # fmt: skip


def help_in(member: Member, *, actor: Actor, now: datetime) -> None:
    """Turn a second factor off whose phone and codes are gone: administrators only. Raises NotAllowed, NotFound."""
    if not rules.may_change_roles(actor):
        raise NotAllowed([Refusal("role-not-yours")])
    security.end_second_factor(member, actor=actor, now=now)
    service.end_sessions(member)


def settle_admission(domains: str, second_factor: str, *, actor: Actor, now: datetime) -> None:
    """Settle whose people need no approval and who needs a second factor; who has none of those is logged out.

    Raises Refused for what is no domain.
    """
    fine, wrong = rules.read_domains(domains)
    if wrong:
        raise Refused([Refusal("domain-malformed", "domains", {"domain": wrong[0][:100]})])
    if second_factor not in rules.PROTECTED:
        raise Refused([Refusal("factor-unknown", "second_factor")])
    row = db.session.get(Admission, 1)
    before = {"domains": row.domains.split(), "second_factor": row.second_factor} if row else {}
    if row is None:
        row = Admission(id=1)
        db.session.add(row)
    row.domains, row.second_factor = "\n".join(fine), second_factor
    _end_unprotected(second_factor)
    db.session.flush()
    audit.record("admission.change", subject=("house", None), actor=actor, now=now, before=before,
                 after={"domains": fine, "second_factor": second_factor})  # fmt: skip


def _end_unprotected(protected: str) -> None:
    roles = [role for role in rules.ROLES if rules.needs_second_factor(role, protected)]
    safe = select(SecondFactor.member_id).where(SecondFactor.confirmed_at.is_not(None))
    bare = select(Member.id).where(Member.role.in_(roles), Member.id.not_in(safe))
    ended = delete(LoginSession).where(LoginSession.member_id.in_(bare))
    db.session.execute(ended.execution_options(synchronize_session=False))


# -- texts ------------------------------------------------------------------------------------------------------------


def publish_text(kind: str, body_sv: str, body_en: str, *, actor: Actor | None, now: datetime) -> HouseText:
    """Put a new version of a text in force; members accept it at their next log-in. Raises Refused."""
    bodies = [body.replace("\r\n", "\n").strip() for body in (body_sv, body_en)]
    if kind not in rules.TEXT_KINDS or not all(bodies) or max(map(len, bodies)) > rules.TEXT_LONGEST:
        raise Refused([Refusal("text-malformed", None, {"longest": rules.TEXT_LONGEST})])
    before = db.session.scalar(select(func.max(HouseText.version)).where(HouseText.kind == kind)) or 0
    text = HouseText(kind=kind, version=before + 1, body_sv=bodies[0], body_en=bodies[1], published_at=now)
    db.session.add(text)
    db.session.flush()
    audit.record("text.publish", subject=("text", text.id), actor=actor, now=now,
                 before={"version": before}, after={"version": text.version, "kind": kind})  # fmt: skip
    return text


def accept_texts(member: Member, *, now: datetime) -> int:
    """Write down that a member accepts the texts in force; give how many were new."""
    rows = [
        {"member_id": member.id, "text_id": text.id, "accepted_at": now}
        for text in queries.texts_to_accept(member.id).values()
    ]
    if rows:
        db.session.execute(insert(Acceptance), rows)
    return len(rows)


def end_tour(member: Member) -> None:
    """Remember that the tour was seen, or passed over."""
    member.tour_due = False
    db.session.flush()
