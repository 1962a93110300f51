"""Reads about plans, memberships and desks of one's own."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, timedelta
from threading import Lock
from weakref import WeakKeyDictionary

from sqlalchemy import bindparam, func, or_, select
from sqlalchemy.orm import joinedload

from innovation_station.db import db
from innovation_station.members.models import Member
from innovation_station.plans.models import DedicatedDesk, HouseQuota, Membership, PlanPolicy, PlanRow, QuotaRow
from innovation_station.plans.rules import Catalogue, Dedication, Limit, Plan, Quota, Standing, Term
from innovation_station.spaces.queries import changes_house
from innovation_station.spaces.rules import House, Scope

MOST = 4000  # standings kept of a catalogue, half a kilobyte each
KEPT = "catalogue"
"""Where a house keeps its catalogue."""

_standings: WeakKeyDictionary[Catalogue, dict[tuple[int, int], Standing]] = WeakKeyDictionary()
_lock = Lock()


def catalogue(house: House) -> Catalogue:
    """Give all plans as they are at the house's revision; five statements where it is new, else none.

    Inside a transaction that changes the house nothing new is kept: it may be taken back, and the house that was read
    before it, which has the revision it had, lives on.
    """
    found: Catalogue | None = house.kept.get(KEPT)
    if found is None:
        found = _read().over(house)
        if not changes_house():
            house.kept[KEPT] = found
    return found


def _read() -> Catalogue:
    session = db.session
    quotas = list(session.scalars(select(QuotaRow).order_by(QuotaRow.id)))
    plans = session.scalars(select(PlanRow).order_by(PlanRow.position, PlanRow.id))
    shared: dict[int, list[Quota]] = {}
    for row in quotas:
        if row.organisation_id is not None:
            shared.setdefault(row.organisation_id, []).append(quota_of(row))
    dedications: dict[int, list[Dedication]] = {}
    for desk in session.scalars(select(DedicatedDesk).order_by(DedicatedDesk.space_id, DedicatedDesk.starts)):
        own = Dedication(desk.space_id, desk.member_id, desk.starts, desk.ends)
        dedications.setdefault(desk.space_id, []).append(own)
    return Catalogue(
        {plan.id: plan_of(plan, [quota_of(row) for row in quotas if row.plan_id == plan.id]) for plan in plans},
        dedications,
        shared,
        [limit_of(row) for row in session.scalars(_LIMITS)],
        {Scope(row.plan_id, row.kind, row.space_id): row.rule() for row in session.scalars(select(PlanPolicy))},
    )


_LIMITS = select(HouseQuota).options(joinedload(HouseQuota.space)).order_by(HouseQuota.id)


def limit_of(row: HouseQuota) -> Limit:
    """Give a quota for all detached from the database; its space must be loaded."""
    name = row.space.name if row.space else ""
    return Limit(Quota(row.kind, row.per, row.unit, row.amount, row.space_id, name), row.shared, house=True)  # type: ignore[arg-type]


def quota_of(row: QuotaRow) -> Quota:
    """Give a quota detached from the database."""
    return Quota(row.kind, row.per, row.unit, row.amount)  # type: ignore[arg-type]


def plan_of(row: PlanRow, quotas: Sequence[Quota]) -> Plan:
    """Give a plan detached from the database."""
    return Plan(
        row.id, {"sv": row.name_sv, "en": row.name_en}, {"sv": row.text_sv, "en": row.text_en},
        frozenset(row.kinds), frozenset(row.zones), frozenset(row.spaces), tuple(quotas), row.price, dict(row.rates),
        row.vat, row.standard, row.offered, row.trial_days, row.self_service,
    )  # fmt: skip


_member, _membership = Member.__table__.c, Membership.__table__.c
_STANDINGS = (
    select(
        _member.id, _member.organisation_id, _membership.id, _membership.plan_id, _membership.starts, _membership.ends,
        _membership.trial, _membership.paused_from, _membership.paused_until, _membership.organisation_id.is_not(None),
    )
    .select_from(
        Member.__table__.outerjoin(
            Membership.__table__,
            or_(
                _membership.member_id == _member.id,
                _membership.organisation_id == _member.organisation_id,
            ),
        )
    )
    .where(_member.id.in_(bindparam("members", expanding=True)))
)  # fmt: skip


def standing(catalogue: Catalogue, member_id: int, access: int) -> Standing:
    """Give where a member stands at an `access_revision`; one statement where it is not known, else none.

    Inside a transaction nothing new is kept: it may be rolled back, and its revision given to something else.
    """
    kept = _standings.setdefault(catalogue, {})
    found = kept.get((member_id, access))
    if found is None:
        found = standings([member_id])[member_id]
        if not db.session().info.get("writing"):
            with _lock:
                if len(kept) >= MOST:
                    kept.clear()
                kept[member_id, access] = found
    return found


def standings(member_ids: Collection[int]) -> dict[int, Standing]:
    """Give where some members stand; one statement, whoever is known."""
    organisations: dict[int, int | None] = dict.fromkeys(member_ids)
    terms: dict[int, list[Term]] = {member_id: [] for member_id in member_ids}
    for member_id, organisation_id, *term in db.session.connection().execute(
        _STANDINGS, {"members": sorted(member_ids)}
    ):
        organisations[member_id] = organisation_id
        if term[0] is not None:
            terms[member_id].append(Term(*term))
    return {one: Standing(one, organisations[one], tuple(terms[one])) for one in member_ids}


def access_of(member_id: int) -> int:
    """Give the revision of what a member may book."""
    return db.session.scalar(select(_member.access_revision).where(_member.id == member_id)) or 0


def organisation_of(member_id: int) -> int | None:
    """Give the organisation that a member belongs to."""
    return db.session.scalar(select(_member.organisation_id).where(_member.id == member_id))


def accesses(member_ids: Collection[int]) -> dict[int, int]:
    """Give the revisions of what some members may book; one statement."""
    rows = db.session.execute(select(_member.id, _member.access_revision).where(_member.id.in_(member_ids)))
    return {member_id: access for member_id, access in rows}  # noqa: C416  rows, no pairs


def memberships(
    *, plan_id: int | None = None, member_id: int | None = None, organisation_id: int | None = None, limit: int = 200
) -> Sequence[Membership]:
    """List memberships of a plan, a member or an organisation, the latest first; plan and holder loaded."""
    statement = select(Membership).options(
        joinedload(Membership.plan, innerjoin=True), joinedload(Membership.member), joinedload(Membership.organisation)
    )
    for column, value in (
        (Membership.plan_id, plan_id), (Membership.member_id, member_id), (Membership.organisation_id, organisation_id)
    ):  # fmt: skip
        if value is not None:
            statement = statement.where(column == value)
    return db.session.scalars(statement.order_by(Membership.starts.desc(), Membership.id.desc()).limit(limit)).all()


def holders(today: date) -> dict[int, int]:
    """Count the active members who have each plan on a day, their own or their organisation's; one statement."""
    theirs = or_(_membership.member_id == _member.id, _membership.organisation_id == _member.organisation_id)
    valid = (_membership.starts <= today, or_(_membership.ends.is_(None), _membership.ends >= today))
    rows = db.session.execute(
        select(_membership.plan_id, func.count(_member.id.distinct()))
        .select_from(Membership.__table__.join(Member.__table__, theirs))
        .where(*valid, _member.state == "active")
        .group_by(_membership.plan_id)
    )
    return {plan_id: count for plan_id, count in rows}  # noqa: C416  rows, no pairs


def term_of(row: Membership) -> Term:
    """Give a membership detached from the database."""
    return Term(
        row.id, row.plan_id, row.starts, row.ends, row.trial, row.paused_from, row.paused_until,
        row.organisation_id is not None,
    )  # fmt: skip


def plan_row(plan_id: int) -> PlanRow:
    """Find a stored plan that is known to be there."""
    return db.session.get_one(PlanRow, plan_id)


def membership(membership_id: int) -> Membership | None:
    """Find a membership with its plan, member and organisation."""
    return db.session.scalar(
        select(Membership)
        .options(joinedload(Membership.plan), joinedload(Membership.member), joinedload(Membership.organisation))
        .where(Membership.id == membership_id)
    )


def ending(today: date, within: int) -> Sequence[Membership]:
    """List memberships that end from today on within some days, each with plan, member and organisation."""
    return db.session.scalars(
        select(Membership)
        .options(joinedload(Membership.plan), joinedload(Membership.member), joinedload(Membership.organisation))
        .where(Membership.ends >= today, Membership.ends <= today + timedelta(days=within))
        .order_by(Membership.ends, Membership.id)
    ).all()


def dedicated(*, member_id: int | None = None) -> Sequence[DedicatedDesk]:
    """List the desks that are somebody's own, members loaded; of one member where asked."""
    statement = select(DedicatedDesk).options(joinedload(DedicatedDesk.member, innerjoin=True))
    if member_id is not None:
        statement = statement.where(DedicatedDesk.member_id == member_id)
    return db.session.scalars(statement.order_by(DedicatedDesk.space_id, DedicatedDesk.starts)).all()
