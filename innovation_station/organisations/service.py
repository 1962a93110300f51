"""What happens to organisations: made, changed, joined and left; and what members are granted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select, update

from innovation_station import pictures
from innovation_station.audit import service as audit
from innovation_station.db import db
from innovation_station.errors import Conflict, NotAllowed, NotFound, Refusal, Refused
from innovation_station.members import queries as members
from innovation_station.members.models import Member, Organisation
from innovation_station.members.rules import Actor, slug_of
from innovation_station.organisations import queries, rules
from innovation_station.organisations.models import Grant, Logo


@dataclass(frozen=True, slots=True)
class Particulars:
    """What is written of an organisation; names and texts are (sv, en), the partner period both days included."""

    names: tuple[str, str]
    kind: str
    about: tuple[str, str] = ("", "")
    website: str = ""
    contact: str = ""
    partner: tuple[date | None, date | None] = (None, None)
    cost_centre: str = ""


def create(given: Particulars, *, actor: Actor | None) -> Organisation:
    """Make an organisation; its address comes from its Swedish name and stays. Raises Refused, Conflict."""
    _check(given)
    row = Organisation(slug=_free_slug(slug_of(given.names[0])))
    _write(row, given)
    db.session.add(row)
    db.session.flush()
    audit.record("organisation.created", subject=("organisation", row.id), actor=actor, after=_facts(row))
    return row


def change(organisation_id: int, given: Particulars, *, actor: Actor) -> Organisation:
    """Change an organisation's particulars. Raises NotFound, Refused, Conflict."""
    row = _get(organisation_id)
    _check(given, but=row.id)
    before = _facts(row)
    _write(row, given)
    db.session.flush()
    audit.record(
        "organisation.changed", subject=("organisation", row.id), actor=actor, before=before, after=_facts(row)
    )
    return row


def set_logo(organisation_id: int, picture: bytes | None, *, actor: Actor) -> None:
    """Store a logo made anew from an uploaded picture, None takes it away. Raises NotFound, Refused."""
    row = _get(organisation_id)
    logo = queries.logo(organisation_id)
    if picture is None:
        if logo is not None:
            db.session.delete(logo)
        row.logo_revision = 0
    else:
        body = pictures.fitted(picture, rules.LOGO_BOX)
        if logo is None:
            db.session.add(Logo(organisation_id=row.id, body=body))
        else:
            logo.body = body
        row.logo_revision += 1
    db.session.flush()
    audit.record(
        "organisation.logo", subject=("organisation", row.id), actor=actor, after={"logo": picture is not None}
    )


def join(member_id: int, organisation_id: int | None, *, actor: Actor | None) -> Member:
    """Let a member belong to an organisation, None to none; what was booked before stays as it was counted.

    Raises NotFound.
    """
    member = db.session.get(Member, member_id)
    if member is None:
        raise NotFound
    if organisation_id is not None:
        _get(organisation_id)
    before = {"organisation": member.organisation_id}
    member.organisation_id = organisation_id
    member.access_revision = Member.access_revision + 1
    db.session.flush()
    db.session.refresh(member)
    audit.record(
        "member.organisation", subject=("member", member.id), member_id=member.id, actor=actor, before=before,
        after={"organisation": organisation_id},
    )  # fmt: skip
    return member


def grant(email: str, kind: str, subject_id: int, *, actor: Actor, now: datetime) -> Grant:
    """Let a member do more than the role says; a second time is the same as once. Raises NotAllowed, Refused."""
    if not rules.may_grant(actor):
        raise NotAllowed([Refusal("grant-admin")])
    if kind not in rules.GRANTS:
        raise Refused([Refusal("grant-unknown", "kind")])
    member = members.by_email(email)
    if member is None or member.state != "active":
        raise Refused([Refusal("address-unknown", "email")])
    known = db.session.scalar(
        select(Grant).where(Grant.member_id == member.id, Grant.kind == kind, Grant.subject_id == subject_id)
    )
    if known is not None:
        return known
    row = Grant(member_id=member.id, kind=kind, subject_id=subject_id, granted_at=now)
    db.session.add(row)
    db.session.flush()
    _record_grant("grant.given", row, actor)
    return row


def revoke(grant_id: int, *, actor: Actor, kind: str, subject_id: int | None = None) -> Grant:
    """Take back a grant of a kind, and where asked of a subject. Raises NotAllowed, NotFound."""
    if not rules.may_grant(actor):
        raise NotAllowed([Refusal("grant-admin")])
    row = db.session.get(Grant, grant_id)
    if row is None or row.kind != kind or subject_id not in (None, row.subject_id):
        raise NotFound
    db.session.delete(row)
    db.session.flush()
    _record_grant("grant.revoked", row, actor)
    return row


def revoke_all(member_id: int, *, actor: Actor | None) -> int:
    """Take back all that was granted to a member, for who leaves; give how many there were."""
    rows = db.session.scalars(select(Grant).where(Grant.member_id == member_id)).all()
    for row in rows:
        db.session.delete(row)
        _record_grant("grant.revoked", row, actor)
    db.session.flush()
    return len(rows)


def touch_members(organisation_id: int) -> None:
    """Raise the revision of what an organisation's members may book, before anything of it changes.

    Their rows come first: who books holds the member's and then waits for the organisation's.
    """
    db.session.execute(
        update(Member)
        .where(Member.organisation_id == organisation_id)
        .values(access_revision=Member.access_revision + 1)
        .execution_options(synchronize_session=False)
    )


def _get(organisation_id: int) -> Organisation:
    row = db.session.get(Organisation, organisation_id)
    if row is None:
        raise NotFound
    return row


def _check(given: Particulars, but: int = 0) -> None:
    found = rules.organisation_refusals(
        names=given.names, kind=given.kind, website=given.website, contact=given.contact, partner=given.partner
    )
    if found:
        raise Refused(found)
    same = select(Organisation.id).where(Organisation.name_sv == given.names[0].strip(), Organisation.id != but)
    if db.session.scalar(same) is not None:
        raise Conflict([Refusal("organisation-taken", "name_sv")])


def _free_slug(wanted: str) -> str:
    taken = set(db.session.scalars(select(Organisation.slug).where(Organisation.slug.startswith(wanted))))
    number, slug = 1, wanted
    while slug in taken:
        number += 1
        slug = f"{wanted}-{number}"
    return slug


def _write(row: Organisation, given: Particulars) -> None:
    row.name_sv, row.name_en = (name.strip() for name in given.names)
    row.kind = given.kind
    row.about_sv, row.about_en = given.about
    row.website, row.contact, row.cost_centre = given.website, given.contact, given.cost_centre
    row.partner_from, row.partner_until = given.partner


def _facts(row: Organisation) -> Mapping[str, Any]:
    first, last = row.partner_from, row.partner_until
    return {
        "name_sv": row.name_sv, "name_en": row.name_en, "kind": row.kind, "website": row.website,
        "contact": row.contact, "cost_centre": row.cost_centre, "about_sv": row.about_sv, "about_en": row.about_en,
        "partner_from": first.isoformat() if first else None, "partner_until": last.isoformat() if last else None,
    }  # fmt: skip


def _record_grant(action: str, row: Grant, actor: Actor | None) -> None:
    facts = {"kind": row.kind, "subject": row.subject_id}
    given = action == "grant.given"
    audit.record(
        action, subject=("grant", row.id), member_id=row.member_id, actor=actor,
        before=None if given else facts, after=facts if given else None,
    )  # fmt: skip
