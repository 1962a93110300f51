"""Reads about organisations and grants."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from innovation_station.db import db
from innovation_station.members.models import Member, Organisation
from innovation_station.organisations.models import Grant, Logo


def managed_spaces(member_id: int) -> frozenset[int]:
    """Give the ids of the spaces that a member manages beyond the own role."""
    statement = select(Grant.subject_id).where(Grant.member_id == member_id, Grant.kind == "space")
    return frozenset(db.session.scalars(statement))


def contact_of(member_id: int) -> frozenset[int]:
    """Give the ids of the organisations that a member is the contact of."""
    statement = select(Grant.subject_id).where(Grant.member_id == member_id, Grant.kind == "contact")
    return frozenset(db.session.scalars(statement))


def grants(member_id: int) -> frozenset[tuple[str, int]]:
    """Give all that a member may do beyond the own role, as pairs of kind and id."""
    rows = db.session.execute(select(Grant.kind, Grant.subject_id).where(Grant.member_id == member_id))
    return frozenset((kind, subject) for kind, subject in rows)


def grants_of(member_ids: Collection[int]) -> dict[int, list[tuple[str, int]]]:
    """Give what each of some members may do beyond the role, as pairs of kind and id; one statement."""
    found: dict[int, list[tuple[str, int]]] = {}
    which = select(Grant.member_id, Grant.kind, Grant.subject_id).where(Grant.member_id.in_(list(member_ids)))
    for member_id, kind, subject in db.session.execute(which) if member_ids else ():
        found.setdefault(member_id, []).append((kind, subject))
    return found


def grants_on(kind: str, subject_id: int) -> Sequence[tuple[Grant, Member]]:
    """List who was granted what on a subject, by name."""
    statement = select(Grant, Member).join(Member, Member.id == Grant.member_id)
    rows = db.session.execute(
        statement.where(Grant.kind == kind, Grant.subject_id == subject_id).order_by(Member.name, Member.id)
    )
    return [(grant, member) for grant, member in rows]


def by_slug(slug: str) -> Organisation | None:
    """Find an organisation by its address."""
    return db.session.scalar(select(Organisation).where(Organisation.slug == slug))


def get(organisation_id: int) -> Organisation | None:
    """Find an organisation."""
    return db.session.get(Organisation, organisation_id)


def every() -> Sequence[tuple[Organisation, int]]:
    """List all organisations by Swedish name, each with how many active members it has; one statement."""
    count = (
        select(func.count())
        .select_from(Member)
        .where(Member.organisation_id == Organisation.id, Member.state == "active")
        .scalar_subquery()
    )
    rows = db.session.execute(select(Organisation, count).order_by(Organisation.name_sv, Organisation.id))
    return [(organisation, members) for organisation, members in rows]


def members(organisation_id: int, *, search: str = "", limit: int = 200) -> Sequence[Member]:
    """List an organisation's active members by name, at most `limit`."""
    statement = select(Member).where(Member.organisation_id == organisation_id, Member.state == "active")
    if search:
        statement = statement.where(Member.name.icontains(search, autoescape=True))
    return db.session.scalars(statement.order_by(Member.name, Member.id).limit(limit)).all()


def logo(organisation_id: int) -> Logo | None:
    """Find an organisation's logo."""
    return db.session.get(Logo, organisation_id)


def of_member(member_id: int) -> Organisation | None:
    """Find the organisation a member belongs to."""
    found = db.session.scalar(select(Member).options(joinedload(Member.organisation)).where(Member.id == member_id))
    return found.organisation if found else None
